//! What a commit changes in who may be where takes effect here, on the writer's thread and before
//! anybody hears of it: what was known by heart is forgotten, and those who may not see a room any more
//! are taken out of it and told.

use super::known::Known;
use super::tell;
use crate::protocol::{Target, close};
use crate::server::groups::{Broadcast, Group, Groups};
use crate::server::presence::Presence;
use crate::server::store::UserId;
use crate::server::store::acts::{Changed, Reason, Whom};
use crate::server::store::writer::Committed;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Reason {
    /// As `gone` has it.
    fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Banned => "banned",
            Self::Deleted => "deleted",
        }
    }

    /// With which code a room socket is closed.
    fn code(self) -> u16 {
        match self {
            Self::Banned => close::LOGGED_OUT,
            Self::Removed | Self::Deleted => close::NO_SUCH_ROOM,
        }
    }
}

/// All that must know of a commit.
pub(super) struct Aware {
    /// Who hears what.
    pub groups: Arc<dyn Groups>,
    /// Who is where.
    pub presence: Arc<Presence>,
    /// What is known by heart.
    pub known: Arc<Known>,
}

impl Aware {
    /// Learns of a commit, and tells of it.
    pub fn learn(&self, committed: Vec<Committed>) {
        let changed = |one: &Committed| match one {
            Committed::Changed(changed) => Some(changed.clone()),
            Committed::Said { .. } | Committed::Own { .. } => None,
        };
        let changes: Vec<Changed> = committed.iter().filter_map(changed).collect();
        for change in &changes {
            self.known.forget(change);
        }
        for change in changes {
            self.act_on(change);
        }
        tell::tell(&*self.groups, committed);
    }

    fn act_on(&self, change: Changed) {
        match change {
            Changed::Lost { log, name, whom, reason } => {
                let group = Group::Room(log);
                let gone = |but: BTreeSet<UserId>| Broadcast::Gone {
                    group,
                    to: Target::Room(name),
                    reason: reason.word().to_owned(),
                    code: reason.code(),
                    but,
                };
                match whom {
                    Whom::These(users) => {
                        let gone = gone(BTreeSet::new());
                        for user in &users {
                            self.groups.publish(Group::User(*user), &gone);
                        }
                        self.presence.oust(group, |user| users.contains(&user));
                    }
                    Whom::AllBut(but) => {
                        let gone = gone(but);
                        self.groups.publish(group, &gone);
                        if let Broadcast::Gone { but, .. } = gone {
                            self.presence.oust(group, |user| !but.contains(&user));
                        }
                    }
                }
            }
            // Sockets keep who opened them: they are opened anew with the rights of now.
            Changed::Rights { user } => self.end(user, None, close::RESYNC),
            Changed::Banned { user } => self.end(user, None, close::LOGGED_OUT),
            Changed::Ended { user, sessions } => {
                for session in sessions {
                    self.end(user, Some(session), close::LOGGED_OUT);
                }
            }
            Changed::Standing { .. } | Changed::Room { .. } | Changed::Between { .. } => {}
        }
    }

    fn end(&self, user: UserId, session: Option<String>, code: u16) {
        self.groups.publish(Group::User(user), &Broadcast::End { session, code });
    }
}
