//! Following a conversation: what a client missed, and where the live stream takes over.

use super::places::Place;
use super::{Domain, Who, unavailable};
use crate::protocol::frames::{Event, Follow, Followed, Online};
use crate::protocol::{Refusal, limits};
use crate::server::groups::Group;
use crate::server::store::{Connection, history, logs, reads};

impl Followed {
    /// A follow that was refused.
    #[must_use]
    pub fn refused(follow: &Follow, refusal: Refusal) -> Self {
        Self {
            to: follow.to.clone(),
            err: Some(refusal),
            epoch: None,
            top: None,
            recovered: None,
            events: None,
            online: None,
            read: None,
            unread: None,
        }
    }
}

impl Domain {
    /// The answer to one follow, from one snapshot of the log. All or nothing: what cannot be
    /// replayed whole is answered `recovered: false`. `room` is what is left of the bytes that one
    /// answer replays, over all that it answers.
    ///
    /// # Errors
    /// `unavailable` when the log cannot be read.
    pub async fn catch_up(
        &self,
        db: &mut Connection,
        who: &Who,
        place: &Place,
        follow: &Follow,
        room: &mut usize,
    ) -> Result<Followed, Refusal> {
        let head = match place.log() {
            Some(log) => logs::head(db, log).await,
            None => logs::head_of_none(db).await,
        };
        let head = head.map_err(unavailable)?;
        let missed = match (&follow.after, place.log()) {
            (None, _) => None,
            (Some(after), _)
                if after.epoch != head.epoch || after.seq > head.top || after.seq < 0 =>
            {
                Some(None)
            }
            (Some(after), _) if after.seq == head.top => Some(Some(Vec::new())),
            (Some(after), Some(log)) => {
                Some(replay(db, log, after.seq, head.top, room).await.map_err(unavailable)?)
            }
            (Some(_), None) => Some(None),
        };
        let (read, unread) = match (who, place, place.log()) {
            (_, Place::Own { .. }, _) | (Who::Visitor, ..) => (None, None),
            (Who::Member(_), _, None) => (Some(0), Some(0)),
            (Who::Member(me), _, Some(log)) => {
                let read = reads::get(db, me.id, log).await.map_err(unavailable)?;
                let unread = reads::unread(db, me.id, log, read).await.map_err(unavailable)?;
                (Some(read), Some(unread))
            }
        };
        Ok(Followed {
            to: place.target(),
            err: None,
            epoch: Some(head.epoch),
            top: Some(head.top),
            recovered: missed.as_ref().map(Option::is_some),
            events: missed.flatten(),
            online: self.online(place),
            read,
            unread,
        })
    }

    /// Who is there: in a room, or which of the two of a conversation are online.
    #[must_use]
    pub fn online(&self, place: &Place) -> Option<Online> {
        match place {
            Place::Room { log, .. } => Some(self.presence.look().online(Group::Room(*log))),
            Place::Direct { me, other, .. } => {
                let look = self.presence.look();
                let here = |name: &str| look.is_here(Group::House, name).then(|| name.to_owned());
                let mut users: Vec<_> =
                    [&me.name, &other.name].into_iter().filter_map(|n| here(n)).collect();
                users.sort();
                Some(Online { count: users.len(), users: Some(users) })
            }
            Place::Own { .. } => None,
        }
    }
}

/// The events after `after`, if they are not too many.
async fn replay(
    db: &mut Connection,
    log: crate::server::store::LogId,
    after: i64,
    top: i64,
    room: &mut usize,
) -> crate::server::store::Result<Option<Vec<Event>>> {
    if top - after > limits::REPLAY_EVENTS as i64 {
        return Ok(None);
    }
    let events = history::events(db, log, after, limits::REPLAY_EVENTS).await?;
    let whole = events.len() as i64 == top - after;
    let bytes: usize =
        events.iter().map(|event| serde_json::to_string(event).map_or(0, |e| e.len())).sum();
    if !whole || bytes > *room {
        return Ok(None);
    }
    *room -= bytes;
    Ok(Some(events))
}
