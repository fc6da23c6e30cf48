//! What the house knows by heart: who shows which credentials, which room or person has which name,
//! who may see a room, and who stands how in it. What changes any of it is committed by the writer, who
//! has it forgotten here before anybody hears of the commit; what somebody may do is decided from it
//! at every call.

use super::Member;
use super::remembered::{Reading, Remembered};
use crate::protocol::At;
use crate::server::store::acts::Changed;
use crate::server::store::memberships::Standing;
use crate::server::store::people::Between;
use crate::server::store::rooms::Room;
use crate::server::store::writer::Party;
use crate::server::store::{LogId, UserId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sessions and tokens: three times the connections that a house is built for, some 300 bytes each.
const CALLERS: usize = 16_384;
/// Rooms, some 200 bytes each.
const ROOMS: usize = 8_192;
/// People, likewise.
const PEOPLE: usize = 16_384;
/// How somebody stands in a room they speak in, some 40 bytes each.
const STANDINGS: usize = 65_536;
/// How two who write to each other stand, likewise.
const PAIRS: usize = 16_384;
/// A session is read again after this time: its use is noted then, and what changed it by ways
/// that nobody told us of does not last.
const FRESH: Duration = Duration::from_secs(60);

/// What a request shows, by the hash of its secret. The two kinds are apart: one is no use as the
/// other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// A session's cookie.
    Session(String),
    /// A program's token.
    Token(String),
}

/// Who shows it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// One for all connections of the session.
    pub member: Arc<Member>,
    /// When the database last said so.
    pub read: Instant,
    /// When the session or token ends by its age.
    pub expires: Option<At>,
}

impl Caller {
    /// Whether this may be relied on without reading it again.
    #[must_use]
    pub fn counts(&self, at: Instant, now: At) -> bool {
        at.saturating_duration_since(self.read) < FRESH
            && self.expires.is_none_or(|expires| now < expires)
    }
}

/// See the module.
pub struct Known {
    /// Sessions and tokens.
    pub callers: Remembered<Shown, Caller>,
    /// Rooms by folded name, with who may see them. They do not change their name.
    pub rooms: Remembered<String, Room>,
    /// People by folded name. Nothing forgets one: they neither go nor change their name.
    pub people: Remembered<String, Party>,
    /// How somebody stands in a room.
    pub standings: Remembered<(UserId, LogId), Standing>,
    /// How the first stands to the second.
    pub between: Remembered<(UserId, UserId), Between>,
    /// The rooms that not everybody may see, all of them.
    pub guarded: Remembered<(), Arc<HashSet<LogId>>>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            callers: Remembered::new(CALLERS),
            rooms: Remembered::new(ROOMS),
            people: Remembered::new(PEOPLE),
            standings: Remembered::new(STANDINGS),
            between: Remembered::new(PAIRS),
            guarded: Remembered::new(2),
        }
    }
}

/// Stands for what may be seen by whom, as far as it is known: another one when that has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(Reading, Reading);

impl Known {
    /// See [`Rights`].
    pub fn rights(&self) -> Rights {
        Rights(self.rooms.reading(), self.standings.reading())
    }

    /// A commit says that this is so no longer.
    pub fn forget(&self, changed: &Changed) {
        match changed {
            Changed::Standing { user, log } => self.standings.forget_one(&(*user, *log)),
            Changed::Room { log } | Changed::Lost { log, .. } => {
                self.rooms.forget(|room| room.log_id == *log);
                self.guarded.forget_one(&());
            }
            Changed::Between { one, other } => {
                self.between.forget_one(&(*one, *other));
                self.between.forget_one(&(*other, *one));
            }
            Changed::Rights { user } | Changed::Banned { user } => {
                self.callers.forget(|caller| caller.member.id == *user);
            }
            Changed::Ended { user, sessions } => {
                for session in sessions {
                    self.forget_session(*user, session);
                }
            }
        }
    }

    /// A session or token of this user has ended, by its public id.
    pub fn forget_session(&self, user: UserId, ended: &str) {
        self.callers
            .forget(|caller| caller.member.id == user && caller.member.here_by() == Some(ended));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::views::AuthorKind;
    use crate::server::store::LogId;

    fn caller(session: &str, expires: Option<At>) -> Caller {
        let member = Member {
            id: UserId(1),
            name: "alice".into(),
            admin: false,
            own: LogId(1),
            session: Some(session.to_owned()),
            token: None,
            kind: AuthorKind::User,
            bot_of: None,
        };
        Caller { member: Arc::new(member), read: Instant::now(), expires }
    }

    #[test]
    fn a_session_counts_until_it_expires_and_not_for_long_unread() {
        let caller = caller("s", Some(At(1_000)));
        assert!(caller.counts(caller.read, At(999)));
        assert!(!caller.counts(caller.read, At(1_000)), "refused by its time");
        assert!(!caller.counts(caller.read + FRESH, At(999)), "read again");
    }

    #[test]
    fn an_ended_session_is_forgotten_and_no_other_one() {
        let known = Known::default();
        let shown = |session: &str| Shown::Session(session.to_owned());
        for session in ["one", "two"] {
            known.callers.put(known.callers.reading(), shown(session), caller(session, None));
        }
        known.forget_session(UserId(2), "one");
        assert!(known.callers.get(&shown("one")).is_some(), "it is not theirs");
        known.forget_session(UserId(1), "one");
        assert!(known.callers.get(&shown("one")).is_none());
        assert!(known.callers.get(&shown("two")).is_some());
        assert!(known.callers.get(&Shown::Token("two".to_owned())).is_none());
    }
}
