//! Following a conversation: what a client missed, and where the live stream takes over.

use super::places::Place;
use super::{Domain, Who, unavailable};
use crate::protocol::frames::{After, Event, Follow, Followed, Online};
use crate::protocol::{Refusal, Target, limits};
use crate::server::groups::Group;
use crate::server::store::heads::{self, Head, Of};
use crate::server::store::replay::{self, Stretch};
use crate::server::store::rooms::Room;
use crate::server::store::writer::Mark;
use crate::server::store::{Connection, directs, logs};

/// So much of somebody's own log is looked through for what is new to them, though nothing is.
const LOOKED_THROUGH: i64 = 64;

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
            mentions: 0,
            notices: Vec::new(),
        }
    }
}

impl Domain {
    /// The answers to the follows of one frame, in their order. All or nothing for each: what
    /// cannot be replayed whole is answered `recovered: false`. The places' logs are found here,
    /// once their live events are held: a conversation's may have been made just before.
    ///
    /// # Errors
    /// `unavailable` when the logs cannot be read.
    pub async fn catch_up(
        &self,
        who: &Who,
        follows: &[(&Place, Option<&After>)],
    ) -> Result<Vec<Followed>, Refusal> {
        let user = match who {
            Who::Member(me) => Some(me.id),
            Who::Visitor => None,
        };
        let logs: Vec<Of> = follows.iter().map(|(place, _)| of(place)).collect();
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let heads = heads::of(&mut db, user, &logs).await.map_err(unavailable)?;
        follows.iter().zip(&heads).for_each(|((place, _), head)| self.tidy(place, head));
        let afters = follows.iter().map(|(_, after)| *after);
        let missed: Vec<Missed> =
            heads.iter().zip(afters).map(|(head, after)| missed(head, after)).collect();
        let missed = replay(&mut db, missed).await.map_err(unavailable)?;
        drop(db);
        let answer = |((place, head), missed): ((&Place, Head), Missed)| {
            let counts = user.is_some();
            let unread = match place {
                Place::Own { .. } => head.notices.len() as i64,
                _ => head.unread,
            };
            let (recovered, events) = match missed {
                Missed::NotAsked => (None, None),
                Missed::TooMuch | Missed::Behind(_) => (Some(false), None),
                Missed::Events(events) => (Some(true), Some(events)),
            };
            Followed {
                to: place.target(),
                err: None,
                epoch: Some(head.epoch),
                top: Some(head.top),
                recovered,
                events,
                online: self.online(place),
                read: counts.then_some(head.read),
                unread: counts.then_some(unread),
                mentions: if counts { head.mentions } else { 0 },
                notices: head.notices,
            }
        };
        let places = follows.iter().map(|(place, _)| *place);
        Ok(places.zip(heads).zip(missed).map(answer).collect())
    }

    /// Moves the marker of somebody's own log on where nothing after it is new to them: whoever reads
    /// everything in its place never marks the list, and all of it would be looked through with each of their
    /// pages.
    fn tidy(&self, place: &Place, head: &Head) {
        if let Place::Own { me } = place
            && me.token.is_none()
            && head.notices.is_empty()
            && head.top - head.read > LOOKED_THROUGH
        {
            let (user, own, seq) = (me.id, me.own, head.top);
            let done = Box::new(|_| ());
            self.writer.mark(Mark { user, own, place: None, to: Target::Own, seq, done });
        }
    }

    /// The last seq given out in a room.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub async fn top(&self, room: &Room) -> Result<i64, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        Ok(logs::head(&mut db, room.log_id).await.map_err(unavailable)?.top)
    }

    /// Who is there: in a room, or which of the two of a conversation are online.
    #[must_use]
    pub fn online(&self, place: &Place) -> Option<Online> {
        match place {
            Place::Room { log, .. } => Some(self.presence.look().online(Group::Room(*log))),
            Place::Direct { me, other, .. } => Some(self.presence.look().online_of([me, other])),
            Place::Own { .. } => None,
        }
    }
}

/// The log of a place that was found.
fn of(place: &Place) -> Of {
    match place {
        Place::Room { log, .. } => Of::Log(*log),
        Place::Own { me } => Of::Log(me.own),
        Place::Direct { me, other, .. } => {
            let (low, high) = directs::pair(me.id, other.id);
            Of::Direct(low, high)
        }
    }
}

/// What a client has missed of one log.
enum Missed {
    /// It does not ask.
    NotAsked,
    /// These events.
    Events(Vec<Event>),
    /// These events, which are still to be read.
    Behind(Stretch),
    /// More than is replayed, or what no replay can mend.
    TooMuch,
}

fn missed(head: &Head, after: Option<&After>) -> Missed {
    let Some(After { epoch, seq }) = after else { return Missed::NotAsked };
    if *epoch != head.epoch || !(0..=head.top).contains(seq) {
        return Missed::TooMuch;
    }
    match head.log {
        _ if *seq == head.top => Missed::Events(Vec::new()),
        Some(log) if head.top - seq <= limits::REPLAY_EVENTS as i64 => {
            Missed::Behind(Stretch { log, after: *seq, top: head.top })
        }
        _ => Missed::TooMuch,
    }
}

/// Reads what is still to be read: of as many logs at once as one of them alone may be behind, and
/// so mostly of all. One answer replays so many bytes, over all that it answers.
async fn replay(
    db: &mut Connection,
    mut missed: Vec<Missed>,
) -> crate::server::store::Result<Vec<Missed>> {
    let mut room = limits::REPLAY_BYTES;
    let mut next = 0;
    while next < missed.len() {
        let (mut places, mut stretches, mut count) = (Vec::new(), Vec::new(), 0);
        while let Some(one) = missed.get(next) {
            if let Missed::Behind(stretch) = one {
                count += stretch.top - stretch.after;
                if count > limits::REPLAY_EVENTS as i64 {
                    break;
                }
                places.push(next);
                stretches.push(*stretch);
            }
            next += 1;
        }
        if stretches.is_empty() {
            break;
        }
        let read = replay::of(db, &stretches).await?;
        for ((place, stretch), events) in places.into_iter().zip(stretches).zip(read) {
            let whole = events.len() as i64 == stretch.top - stretch.after;
            let bytes: usize = events
                .iter()
                .map(|event| serde_json::to_string(event).map_or(0, |e| e.len()))
                .sum();
            missed[place] = if whole && bytes <= room {
                room -= bytes;
                Missed::Events(events)
            } else {
                Missed::TooMuch
            };
        }
    }
    Ok(missed)
}
