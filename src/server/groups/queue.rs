//! What waits for one connection: bounded in frames and bytes, so that a slow reader hurts only
//! itself. Presence is shed first; when even that does not help, the connection is closed with
//! 4008 and its client resumes from the log.
//!
//! It also joins a log's past with its present without a hole: while a `sub` is being answered,
//! live events of that log are held; the answer goes out first, then what is newer than it.

use super::wire::{Comings, Encoded, index};
use super::{Group, Side};
use crate::protocol::close;
use axum::extract::ws::Utf8Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Which language the connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The main socket.
    Main,
    /// A room's socket.
    Room,
}

/// Something to write.
#[derive(Clone, Debug)]
pub enum Item {
    /// A frame.
    Text(Utf8Bytes),
    /// People came or went (main socket).
    Online(Group, Utf8Bytes),
    /// People came or went (room socket, which words it itself).
    Comings(Arc<Comings>),
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Online(_, text) => text.len(),
            Self::Comings(_) => 64,
        }
    }

    fn may_be_shed(&self) -> bool {
        matches!(self, Self::Online(..))
    }
}

struct Follow {
    group: Group,
    /// Events up to here were delivered, or answered for.
    floor: i64,
    /// Something came since the last ping.
    changed: bool,
    /// Live items that wait for the answer to a `sub`.
    held: Option<Vec<(i64, Item)>>,
}

#[derive(Default)]
struct Inner {
    items: VecDeque<Item>,
    bytes: usize,
    /// Bytes of answers to `sub`s, which are not among the others.
    answers: usize,
    follows: Vec<Follow>,
    /// Groups whose presence was shed: each gets a fresh list once there is room.
    stale: Vec<Group>,
    close: Option<u16>,
}

/// See the module.
pub struct Queue {
    inner: Mutex<Inner>,
    ready: Notify,
    dialect: Dialect,
    session: Option<String>,
    most_frames: usize,
    most_bytes: usize,
}

/// What [`Queue::take`] found.
#[derive(Default)]
pub struct Taken {
    /// To be written, in order.
    pub items: VecDeque<Item>,
    /// Groups that need a fresh list of people.
    pub stale: Vec<Group>,
    /// Close with this code after writing.
    pub close: Option<u16>,
}

impl Queue {
    /// An empty queue of the connection of `session`.
    #[must_use]
    pub fn new(
        dialect: Dialect,
        session: Option<String>,
        most_frames: usize,
        most_bytes: usize,
    ) -> Self {
        Self {
            inner: Mutex::default(),
            ready: Notify::new(),
            dialect,
            session,
            most_frames,
            most_bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A broadcast reaches this connection.
    pub fn deliver(&self, encoded: &Encoded, side: Side) {
        let mut inner = self.lock();
        match encoded {
            Encoded::Event { group, seq, main, room } => {
                let item = match self.dialect {
                    Dialect::Main => Item::Text(main[index(side)].clone()),
                    Dialect::Room => match room {
                        Some(text) => Item::Text(text.clone()),
                        None => return,
                    },
                };
                if let Some(follow) = inner.follows.iter_mut().find(|f| f.group == *group) {
                    if *seq <= follow.floor {
                        return;
                    }
                    follow.changed = true;
                    if let Some(held) = &mut follow.held {
                        held.push((*seq, item));
                        return;
                    }
                    follow.floor = *seq;
                } else {
                    return;
                }
                self.push(&mut inner, item);
            }
            Encoded::Online { group, main, room } => {
                let item = match self.dialect {
                    Dialect::Main => Item::Online(*group, main[index(side)].clone()),
                    Dialect::Room => Item::Comings(Arc::clone(room)),
                };
                let follow = inner.follows.iter_mut().find(|f| f.group == *group);
                match follow.map(|f| &mut f.held) {
                    Some(Some(held)) => held.push((i64::MAX, item)),
                    Some(None) => self.push(&mut inner, item),
                    None => {}
                }
            }
            Encoded::Whisper(text) => {
                if self.dialect == Dialect::Room {
                    self.push(&mut inner, Item::Text(text.clone()));
                }
            }
            Encoded::End { session, code } => {
                if session.is_none() || *session == self.session {
                    inner.close.get_or_insert(*code);
                }
            }
        }
        drop(inner);
        self.ready.notify_one();
    }

    fn push(&self, inner: &mut Inner, item: Item) {
        if inner.close.is_some() {
            return;
        }
        let over = |inner: &Inner, item: &Item| {
            inner.items.len() >= self.most_frames || inner.bytes + item.bytes() > self.most_bytes
        };
        if over(inner, &item) {
            let mut shed = Vec::new();
            inner.items.retain(|waiting| match waiting {
                Item::Online(group, _) => {
                    shed.push(*group);
                    false
                }
                _ => true,
            });
            if let Item::Online(group, _) = &item {
                shed.push(*group);
            }
            inner.bytes = inner.items.iter().map(Item::bytes).sum();
            for group in shed {
                if !inner.stale.contains(&group) {
                    inner.stale.push(group);
                }
            }
            if item.may_be_shed() {
                return;
            }
            if over(inner, &item) {
                inner.items.clear();
                inner.bytes = 0;
                inner.close = Some(close::TOO_SLOW);
                return;
            }
        }
        inner.bytes += item.bytes();
        inner.items.push_back(item);
    }

    /// A frame for this connection alone; never shed.
    pub fn say(&self, text: Utf8Bytes) {
        self.push(&mut self.lock(), Item::Text(text));
        self.ready.notify_one();
    }

    /// Closes the connection once what waits has been written.
    pub fn close(&self, code: u16) {
        self.lock().close.get_or_insert(code);
        self.ready.notify_one();
    }

    /// From now on live events of this group wait for [`Queue::answer`].
    pub fn hold(&self, group: Group) {
        let mut inner = self.lock();
        match inner.follows.iter_mut().find(|f| f.group == group) {
            Some(follow) => follow.held = Some(Vec::new()),
            None => inner.follows.push(Follow {
                group,
                floor: 0,
                changed: false,
                held: Some(Vec::new()),
            }),
        }
    }

    /// The answer to a `sub`: goes out first, then of each group what is newer than the top it
    /// told.
    pub fn answer(&self, text: Utf8Bytes, tops: &[(Group, i64)]) {
        let mut inner = self.lock();
        // It was asked for and has a bound of its own: however long it is, it does not make its
        // reader a slow one, as long as what waited before it did not.
        let keeps_up = inner.items.len() < self.most_frames
            && (inner.answers == 0 || inner.answers + text.len() <= self.most_bytes);
        if inner.close.is_none() && keeps_up {
            inner.answers += text.len();
            inner.items.push_back(Item::Text(text));
        } else {
            self.push(&mut inner, Item::Text(text));
        }
        for (group, top) in tops {
            let Some(follow) = inner.follows.iter_mut().find(|f| f.group == *group) else {
                continue;
            };
            follow.floor = *top;
            let mut waiting = Vec::new();
            for (seq, item) in follow.held.take().unwrap_or_default() {
                if seq == i64::MAX {
                    waiting.push(item);
                } else if seq > follow.floor {
                    follow.floor = seq;
                    waiting.push(item);
                }
            }
            for item in waiting {
                self.push(&mut inner, item);
            }
        }
        drop(inner);
        self.ready.notify_one();
    }

    /// Follows the group no more.
    pub fn forget(&self, group: Group) {
        self.lock().follows.retain(|f| f.group != group);
    }

    /// The tops of what changed since the last call.
    pub fn tops(&self) -> Vec<(Group, i64)> {
        let mut inner = self.lock();
        let changed = |f: &mut Follow| std::mem::take(&mut f.changed).then_some((f.group, f.floor));
        inner.follows.iter_mut().filter_map(changed).collect()
    }

    /// Waits until there is something to take.
    pub async fn ready(&self) {
        self.ready.notified().await;
    }

    /// All that waits.
    pub fn take(&self) -> Taken {
        let mut inner = self.lock();
        inner.bytes = 0;
        inner.answers = 0;
        Taken {
            items: std::mem::take(&mut inner.items),
            stale: std::mem::take(&mut inner.stale),
            close: inner.close,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Target;
    use crate::protocol::frames::Event;
    use crate::server::groups::{Addressed, Broadcast};
    use crate::server::store::LogId;

    const ROOM: Group = Group::Room(LogId(1));

    fn event(seq: i64) -> Encoded {
        let event = Event {
            seq,
            kind: "topic".into(),
            cid: None,
            data: serde_json::value::RawValue::NULL.to_owned(),
        };
        Encoded::of(ROOM, &Broadcast::Event { to: Addressed::All(Target::Room("r".into())), event })
    }

    fn online() -> Encoded {
        let to = Addressed::All(Target::Room("r".into()));
        Encoded::of(
            ROOM,
            &Broadcast::Online { to, join: vec!["a".into()], leave: vec![], all: false, count: 1 },
        )
    }

    fn queue(frames: usize) -> Queue {
        let queue = Queue::new(Dialect::Main, Some("s1".into()), frames, 1 << 20);
        queue.hold(ROOM);
        queue
    }

    #[test]
    fn a_long_answer_does_not_make_a_reader_slow() {
        let queue = Queue::new(Dialect::Main, None, 9, 100);
        queue.hold(ROOM);
        queue.answer("x".repeat(1_000).into(), &[(ROOM, 0)]);
        queue.say("said".into());
        let taken = queue.take();
        assert_eq!((taken.close, taken.items.len()), (None, 2));
    }

    fn texts(taken: Taken) -> Vec<String> {
        let seq = |text: &Utf8Bytes| match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) if value["seq"].is_i64() => value["seq"].to_string(),
            _ => text.to_string(),
        };
        taken
            .items
            .iter()
            .map(|item| match item {
                Item::Text(text) => seq(text),
                _ => "online".into(),
            })
            .collect()
    }

    #[test]
    fn the_answer_comes_before_what_happened_meanwhile_and_nothing_twice() {
        let queue = queue(256);
        for seq in [4, 5, 6] {
            queue.deliver(&event(seq), Side::Low);
        }
        queue.answer("answer".into(), &[(ROOM, 5)]);
        queue.deliver(&event(6), Side::Low);
        queue.deliver(&event(5), Side::Low);
        queue.deliver(&event(7), Side::Low);
        assert_eq!(texts(queue.take()), ["answer", "6", "7"]);
    }

    #[test]
    fn presence_is_shed_first_and_told_anew() {
        let queue = queue(3);
        queue.answer("answer".into(), &[(ROOM, 0)]);
        queue.deliver(&online(), Side::Low);
        queue.deliver(&event(1), Side::Low);
        queue.deliver(&event(2), Side::Low);
        queue.deliver(&online(), Side::Low);
        let taken = queue.take();
        assert_eq!(taken.stale, [ROOM]);
        assert_eq!(taken.close, None);
        assert_eq!(texts(taken), ["answer", "1", "2"]);
    }

    #[test]
    fn a_reader_that_is_too_slow_is_closed_and_loses_no_event_silently() {
        let queue = queue(3);
        queue.answer("answer".into(), &[(ROOM, 0)]);
        for seq in 1..=3 {
            queue.deliver(&event(seq), Side::Low);
        }
        let taken = queue.take();
        assert_eq!((taken.close, taken.items.len()), (Some(close::TOO_SLOW), 0));
    }

    #[test]
    fn what_is_not_followed_is_not_heard() {
        let queue = queue(9);
        queue.answer("answer".into(), &[(ROOM, 0)]);
        queue.forget(ROOM);
        queue.deliver(&event(1), Side::Low);
        queue.deliver(&online(), Side::Low);
        assert_eq!(texts(queue.take()), ["answer"]);
    }

    #[test]
    fn only_the_session_that_ended_is_closed() {
        let queue = queue(9);
        let end = |session: &str| {
            let session = Some(session.to_owned());
            Encoded::of(ROOM, &Broadcast::End { session, code: close::LOGGED_OUT })
        };
        queue.deliver(&end("s2"), Side::Low);
        assert_eq!(queue.take().close, None);
        queue.deliver(&end("s1"), Side::Low);
        assert_eq!(queue.take().close, Some(close::LOGGED_OUT));
    }

    #[test]
    fn a_ping_tells_the_tops_of_what_changed_once() {
        let queue = queue(9);
        queue.answer("answer".into(), &[(ROOM, 0)]);
        queue.deliver(&event(1), Side::Low);
        assert_eq!(queue.tops(), [(ROOM, 1)]);
        assert_eq!(queue.tops(), []);
    }
}
