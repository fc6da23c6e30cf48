//! Who may see a room, keep order in it, and write to whom: decided here, at every call.

use super::known::Rights;
use super::places::Place;
use super::{Domain, Member, Who, unavailable};
use crate::protocol::people::{Access, Role};
use crate::protocol::{Code, Refusal};
use crate::server::store::memberships::{self, Standing};
use crate::server::store::people::{self, Between};
use crate::server::store::rooms::{self, Room};
use crate::server::store::{Connection, LogId, UserId};
use crate::words::Word;
use std::collections::HashSet;
use std::sync::Arc;

/// The one rule of who sees a room. A visitor stands nowhere; a room's own program sees that room alone.
fn may_see(who: &Who, room: &Room, standing: Standing) -> bool {
    let (admin, bot_of) = match who {
        Who::Member(me) => (me.admin, me.bot_of),
        Who::Visitor => (false, None),
    };
    !room.deleted
        && match (bot_of, room.access) {
            (Some(its), _) => its == room.log_id,
            (None, Access::Open) => !standing.banned,
            (None, Access::Members) => standing.role.is_some(),
            (None, Access::Admins) => admin,
        }
}

/// The one rule of who keeps order in a room that they may see.
pub(super) fn keeps_order(admin: bool, role: Option<Role>) -> bool {
    admin || role == Some(Role::Moderator)
}

/// The one rule of whom words go to: neither of the two blocked the other, whose name is `other`.
pub(super) fn takes_words(between: Between, other: &str) -> Result<(), Refusal> {
    let why = match between {
        Between { theirs: true, .. } => Word::TakesNoMessages.of(&[&other]),
        Between { mine: true, .. } => Word::YouBlockedThem.of(&[&other]),
        Between { .. } => return Ok(()),
    };
    Err(Refusal::new(Code::Forbidden, why))
}

impl Domain {
    /// Stands for who may see what: another one when that has changed. Whoever asks, acts and finds
    /// another one asks again.
    #[must_use]
    pub fn rights_so_far(&self) -> Rights {
        self.known.rights()
    }

    /// Whether whoever asks may see a room; none where that must be read first.
    pub(super) fn sees_as_known(&self, who: &Who, room: &Room) -> Option<bool> {
        let decides = match room.access {
            Access::Open => room.keeps_out,
            Access::Members => true,
            Access::Admins => false,
        };
        let standing = match who {
            Who::Member(me) if decides => self.known.standings.get(&(me.id, room.log_id))?,
            _ => Standing::default(),
        };
        Some(may_see(who, room, standing))
    }

    /// The same, and reads what must be read.
    pub(super) async fn sees(
        &self,
        db: &mut Connection,
        who: &Who,
        room: &Room,
    ) -> Result<bool, Refusal> {
        if let Some(sees) = self.sees_as_known(who, room) {
            return Ok(sees);
        }
        let Who::Member(me) = who else { return Ok(false) };
        let standing = self.read_standing(db, me.id, room.log_id).await?;
        Ok(may_see(who, room, standing))
    }

    async fn read_standing(
        &self,
        db: &mut Connection,
        user: UserId,
        log: LogId,
    ) -> Result<Standing, Refusal> {
        let reading = self.known.standings.reading();
        let standing = memberships::standing(db, user, log).await.map_err(unavailable)?;
        self.known.standings.put(reading, (user, log), standing);
        Ok(standing)
    }

    /// How a user stands in a room: mostly known by heart.
    pub(super) async fn standing(&self, user: UserId, log: LogId) -> Result<Standing, Refusal> {
        if let Some(standing) = self.known.standings.get(&(user, log)) {
            return Ok(standing);
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        self.read_standing(&mut db, user, log).await
    }

    /// Whether I keep order in this place: a room's moderators do, and administrators wherever they
    /// may look; in a conversation nobody does.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub async fn moderates(&self, me: &Member, place: &Place) -> Result<bool, Refusal> {
        match place {
            Place::Room { log, .. } => {
                Ok(me.admin || keeps_order(me.admin, self.standing(me.id, *log).await?.role))
            }
            Place::Direct { .. } | Place::Own { .. } => Ok(false),
        }
    }

    /// How I stand to another; mostly known by heart.
    pub(super) async fn between(&self, me: UserId, other: UserId) -> Result<Between, Refusal> {
        if let Some(between) = self.known.between.get(&(me, other)) {
            return Ok(between);
        }
        let reading = self.known.between.reading();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let between = people::between(&mut db, me, other).await.map_err(unavailable)?;
        self.known.between.put(reading, (me, other), between);
        Ok(between)
    }

    /// Whether I may say or change something here. In a conversation: neither of the two blocked the
    /// other. It is said openly, and nothing is stored: whoever is not heard should know that they are
    /// not, and words that nobody will read are not taken in.
    ///
    /// # Errors
    /// `forbidden` where one blocked the other.
    pub async fn may_write(&self, me: &Member, place: &Place) -> Result<(), Refusal> {
        let Place::Direct { other, .. } = place else { return Ok(()) };
        takes_words(self.between(me.id, other.id).await?, &other.name)
    }

    /// The rooms that not everybody may see.
    pub(super) async fn guarded(
        &self,
        db: &mut Connection,
    ) -> Result<Arc<HashSet<LogId>>, Refusal> {
        if let Some(guarded) = self.known.guarded.get(&()) {
            return Ok(guarded);
        }
        let reading = self.known.guarded.reading();
        let guarded = rooms::guarded(db).await.map_err(unavailable)?;
        let guarded: Arc<HashSet<LogId>> = Arc::new(guarded.into_iter().collect());
        self.known.guarded.put(reading, (), Arc::clone(&guarded));
        Ok(guarded)
    }

    /// The rooms that whoever asks may not see.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub(super) async fn closed(
        &self,
        db: &mut Connection,
        who: &Who,
    ) -> Result<HashSet<LogId>, Refusal> {
        let guarded: Vec<LogId> = self.guarded(db).await?.iter().copied().collect();
        self.unseen(db, who, &guarded).await
    }

    /// Those of these rooms that whoever asks may not see. For what goes through many rooms, such as
    /// lists and searches.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub async fn unseen(
        &self,
        db: &mut Connection,
        who: &Who,
        logs: &[LogId],
    ) -> Result<HashSet<LogId>, Refusal> {
        let guarded = self.guarded(db).await?;
        let mut unsure: HashSet<LogId> =
            logs.iter().filter(|log| guarded.contains(log)).copied().collect();
        if unsure.is_empty() {
            return Ok(unsure);
        }
        let asked: Vec<LogId> = unsure.iter().copied().collect();
        let (user, admin) = viewer(who);
        for log in rooms::seen(db, user, admin, &asked).await.map_err(unavailable)? {
            unsure.remove(&log);
        }
        Ok(unsure)
    }
}

/// Who looks, for statements: their key, and whether they look after the house.
#[must_use]
pub fn viewer(who: &Who) -> (Option<UserId>, bool) {
    match who {
        Who::Member(me) => (Some(me.id), me.admin),
        Who::Visitor => (None, false),
    }
}
