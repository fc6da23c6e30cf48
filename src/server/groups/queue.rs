//! What waits for one connection: bounded in frames and bytes, so that a slow reader hurts only
//! itself. Presence is shed first; when even that does not help, the connection is closed with
//! 4008 and its client resumes from the log.
//!
//! It also joins a log's past with its present without a hole: while a `sub` is being answered,
//! live events of that log are held; the answer goes out first, then what is newer than it.

use super::wire::{Comings, Encoded, Piece, Run, index};
use super::{Group, Side};
use crate::protocol::close;
use crate::server::store::UserId;
use crate::server::websocket::Frame;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// An empty queue with room for more than this gives it back.
const KEPT: usize = 16;
/// Bytes around the name in a room socket's frame of who came or went.
const COMING: usize = 40;

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
enum Item {
    /// Frames for this connection alone, or of events.
    Frames(Piece),
    /// The answer to a `sub`: its bytes have a bound of their own.
    Answer(Bytes),
    /// People came or went (main socket).
    Online(Group, Bytes),
    /// People came or went (room socket, which words it itself).
    Comings(Group, Arc<Comings>),
    /// Somebody is writing.
    Typing(Bytes),
}

impl Item {
    /// Bytes that count against the bound.
    fn bytes(&self) -> usize {
        match self {
            Self::Frames(piece) => piece.bytes.len(),
            Self::Online(_, bytes) | Self::Typing(bytes) => bytes.len(),
            Self::Answer(_) => 0,
            Self::Comings(_, comings) => self.frames() * COMING + comings.bytes(),
        }
    }

    /// Frames that count against the bound. Events that were told together count as one: a commit
    /// may hold as many as may wait, and whoever has not been woken yet is not slow.
    fn frames(&self) -> usize {
        match self {
            Self::Frames(_) | Self::Online(..) | Self::Answer(_) | Self::Typing(_) => 1,
            Self::Comings(_, comings) => comings.join.len() + comings.leave.len(),
        }
    }

    /// The place whose presence it tells, which a fresh list can tell as well.
    fn tells_presence_of(&self) -> Option<Group> {
        match self {
            Self::Online(place, _) | Self::Comings(place, _) => Some(*place),
            Self::Frames(_) | Self::Answer(_) | Self::Typing(_) => None,
        }
    }

    /// Whether it may be dropped where too much waits.
    fn may_be_shed(&self) -> bool {
        matches!(self, Self::Typing(_)) || self.tells_presence_of().is_some()
    }
}

/// What came while a `sub` was being answered.
enum Held {
    /// Events, and those that are newer than the answer are told after it.
    Events(Run),
    /// Anything else.
    Other(Item),
}

impl Held {
    fn bytes(&self) -> usize {
        match self {
            Self::Events(run) => run.bytes(),
            Self::Other(item) => item.bytes(),
        }
    }
}

struct Follow {
    group: Group,
    /// Events up to here were delivered, or answered for.
    floor: i64,
    /// Something came since the last ping.
    changed: bool,
    /// Live items that wait for the answer to a `sub`.
    held: Option<Vec<Held>>,
    /// It may not be followed any more; it ends with the answer that is on its way.
    ended: bool,
}

#[derive(Default)]
struct Inner {
    items: VecDeque<Item>,
    frames: usize,
    bytes: usize,
    /// Bytes of answers to `sub`s, which are not among the others.
    answers: usize,
    follows: Vec<Follow>,
    /// Groups that may not be followed any more, for the connection to leave.
    gone: Vec<Group>,
    /// Groups whose presence was shed: each gets a fresh list once there is room.
    stale: Vec<Group>,
    close: Option<u16>,
    going: Option<Going>,
    /// Answers that others still owe this connection: sends that are being stored.
    owed: usize,
    /// What the connection asked to be woken for, and has come.
    rings: bool,
    readable: bool,
    /// Who waits for anything of this to change.
    waker: Option<Waker>,
}

/// See the module.
pub struct Queue {
    inner: Mutex<Inner>,
    dialect: Dialect,
    session: Option<String>,
    /// Whose connection it is; none for a visitor.
    user: Option<UserId>,
    most_frames: usize,
    most_bytes: usize,
}

/// The server goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// Soon: what was accepted is answered, then the connection is closed with this code.
    Closing(u16),
    /// Now, as if the machine had lost power (tests).
    Gone,
}

/// What a connection is woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// There is something to take.
    Take,
    /// The alarm rang.
    Alarm,
    /// Something may have come from the client.
    Read,
}

/// What [`Queue::take`] found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Groups that need a fresh list of people.
    pub stale: Vec<Group>,
    /// Close with this code once everything has been written.
    pub close: Option<u16>,
    /// The server goes down.
    pub going: Option<Going>,
    /// Groups that may not be followed any more.
    pub gone: Vec<Group>,
    /// More waits than was taken.
    pub more: bool,
}

/// An answer that is on its way to a connection; dropped when it was given.
pub struct Owed(Arc<Queue>);

impl Drop for Owed {
    fn drop(&mut self) {
        self.0.change(|inner| inner.owed -= 1);
    }
}

/// Tells a queue what its connection is woken for.
struct Signal(Weak<Queue>, Ready);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(queue) = self.0.upgrade() {
            queue.change(|inner| match self.1 {
                Ready::Alarm => inner.rings = true,
                Ready::Read => inner.readable = true,
                Ready::Take => {}
            });
        }
    }
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
        Self { inner: Mutex::default(), dialect, session, user: None, most_frames, most_bytes }
    }

    /// The same for a connection of this user.
    #[must_use]
    pub fn of(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and wakes whoever waits for it.
    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.lock();
        let done = change(&mut inner);
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        done
    }

    /// A broadcast reaches this connection.
    pub fn deliver(&self, encoded: &Encoded, side: Side) {
        let mut inner = self.lock();
        match encoded {
            Encoded::Events { group, main, room } => {
                let run = match self.dialect {
                    Dialect::Main => &main[index(side)],
                    Dialect::Room => match room.run() {
                        Some(run) => run,
                        None => return,
                    },
                };
                let Some(follow) = inner.follows.iter_mut().find(|f| f.group == *group) else {
                    return;
                };
                let Some(piece) = run.after(follow.floor) else { return };
                follow.changed = true;
                if follow.held.is_some() {
                    return self.keep(&mut inner, *group, Held::Events(run.clone()));
                }
                follow.floor = run.last().unwrap_or(follow.floor);
                self.push(&mut inner, Item::Frames(piece));
            }
            Encoded::Online { group, main, room } => {
                let item = match self.dialect {
                    Dialect::Main => Item::Online(*group, main[index(side)].wire().clone()),
                    Dialect::Room => Item::Comings(*group, Arc::clone(room)),
                };
                let follow = inner.follows.iter().find(|f| f.group == *group);
                match follow.map(|f| f.held.is_some()) {
                    Some(true) => return self.keep(&mut inner, *group, Held::Other(item)),
                    Some(false) => self.push(&mut inner, item),
                    None => return,
                }
            }
            Encoded::Typing { group, main } => {
                // Only where it comes after what was said before it.
                let follow = inner.follows.iter().find(|f| f.group == *group);
                if self.dialect == Dialect::Room || follow.is_none_or(|f| f.held.is_some()) {
                    return;
                }
                self.push(&mut inner, Item::Typing(main[index(side)].wire().clone()));
            }
            Encoded::Whisper(frame) => {
                if self.dialect == Dialect::Main {
                    return;
                }
                self.push(&mut inner, alone(frame));
            }
            Encoded::Gone { group, main, room, code, but } => {
                if self.user.is_some_and(|user| but.contains(&user)) {
                    return;
                }
                if !inner.gone.contains(group) {
                    inner.gone.push(*group);
                }
                let at = inner.follows.iter().position(|f| f.group == *group);
                let held = at.and_then(|at| inner.follows.get_mut(at)).filter(|f| f.held.is_some());
                match (self.dialect, at, held) {
                    // The answer comes first, if it is given at all.
                    (Dialect::Main, _, Some(follow)) => {
                        follow.ended = true;
                        self.keep(&mut inner, *group, Held::Other(alone(main)));
                    }
                    (Dialect::Main, Some(at), None) => {
                        inner.follows.remove(at);
                        self.push(&mut inner, alone(main));
                    }
                    (Dialect::Room, Some(at), _) => {
                        inner.follows.remove(at);
                        self.push(&mut inner, alone(room));
                        inner.close.get_or_insert(*code);
                    }
                    (_, None, _) => {}
                }
            }
            Encoded::End { session, code } => {
                if session.is_some() && *session != self.session.as_deref() {
                    return;
                }
                inner.close.get_or_insert(*code);
            }
        }
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Keeps what comes while a `sub` is being answered. Where that takes so long that it becomes
    /// too much, of all that is followed together, the client is told to begin anew.
    fn keep(&self, inner: &mut Inner, group: Group, one: Held) {
        let Some(follow) = inner.follows.iter_mut().find(|f| f.group == group) else { return };
        let Some(held) = &mut follow.held else { return };
        held.push(one);
        let held = inner.follows.iter().filter_map(|follow| follow.held.as_ref());
        if held.flatten().map(Held::bytes).sum::<usize>() > self.most_bytes {
            for held in inner.follows.iter_mut().filter_map(|follow| follow.held.as_mut()) {
                *held = Vec::new();
            }
            inner.close.get_or_insert(close::RESYNC);
        }
    }

    fn push(&self, inner: &mut Inner, item: Item) {
        if inner.close.is_some() {
            return;
        }
        // What a reader is given when nothing waits for it cannot make it a slow one, whatever its
        // size: a commit's events come in one piece.
        let over = |inner: &Inner, item: &Item| {
            !inner.items.is_empty()
                && (inner.frames + item.frames() > self.most_frames
                    || inner.bytes + item.bytes() > self.most_bytes)
        };
        if over(inner, &item) {
            let mut shed = Vec::new();
            inner.items.retain(|waiting| {
                shed.extend(waiting.tells_presence_of());
                !waiting.may_be_shed()
            });
            shed.extend(item.tells_presence_of());
            inner.bytes = inner.items.iter().map(Item::bytes).sum();
            inner.frames = inner.items.iter().map(Item::frames).sum();
            for group in shed {
                if !inner.stale.contains(&group) {
                    inner.stale.push(group);
                }
            }
            if item.may_be_shed() {
                return;
            }
            if over(inner, &item) {
                (inner.items, inner.bytes, inner.frames, inner.answers) = Default::default();
                inner.close = Some(close::TOO_SLOW);
                return;
            }
        }
        inner.bytes += item.bytes();
        inner.frames += item.frames();
        inner.items.push_back(item);
    }

    /// A frame for this connection alone; never shed.
    pub fn say(&self, frame: &Frame) {
        self.change(|inner| self.push(inner, alone(frame)));
    }

    /// The server goes down.
    pub fn go(&self, how: Going) {
        self.change(|inner| inner.going = Some(how));
    }

    /// Somebody owes this connection an answer: it is not closed, if it can be helped, before the
    /// answer was given.
    #[must_use]
    pub fn owe(self: &Arc<Self>) -> Owed {
        self.lock().owed += 1;
        Owed(Arc::clone(self))
    }

    /// From now on live events of this group wait for [`Queue::answer`].
    pub fn hold(&self, group: Group) {
        let mut inner = self.lock();
        // It was found again after it had gone.
        inner.gone.retain(|gone| *gone != group);
        match inner.follows.iter_mut().find(|f| f.group == group) {
            Some(follow) => (follow.held, follow.ended) = (Some(Vec::new()), false),
            None => inner.follows.push(Follow {
                group,
                floor: 0,
                changed: false,
                held: Some(Vec::new()),
                ended: false,
            }),
        }
    }

    /// The answer to a `sub`: goes out first, then of each group what is newer than the top it
    /// told.
    pub fn answer(&self, frame: &Frame, tops: &[(Group, i64)]) {
        self.change(|inner| {
            // It was asked for and has a bound of its own: however long it is, it does not make its
            // reader a slow one, as long as what waited before it did not.
            let keeps_up = inner.frames < self.most_frames
                && (inner.answers == 0 || inner.answers + frame.len() <= self.most_bytes);
            if inner.close.is_none() && keeps_up {
                inner.answers += frame.len();
                inner.frames += 1;
                inner.items.push_back(Item::Answer(frame.wire().clone()));
            } else {
                self.push(inner, alone(frame));
            }
            for (group, top) in tops {
                let Some(follow) = inner.follows.iter_mut().find(|f| f.group == *group) else {
                    continue;
                };
                follow.floor = *top;
                let mut waiting = Vec::new();
                for held in follow.held.take().unwrap_or_default() {
                    match held {
                        Held::Other(item) => waiting.push(item),
                        Held::Events(run) => {
                            if let Some(piece) = run.after(follow.floor) {
                                follow.floor = run.last().unwrap_or(follow.floor);
                                waiting.push(Item::Frames(piece));
                            }
                        }
                    }
                }
                for item in waiting {
                    self.push(inner, item);
                }
            }
            // Of what ended meanwhile, nothing comes after this.
            for (group, _) in tops {
                inner.follows.retain(|f| f.group != *group || !f.ended);
            }
        });
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

    /// Wakes the connection for this, and only for this: one that is woken because something waits
    /// for it need not ask its alarm and its socket.
    #[must_use]
    pub fn signal(self: &Arc<Self>, what: Ready) -> Waker {
        Waker::from(Arc::new(Signal(Arc::downgrade(self), what)))
    }

    /// Ready when there is something to take.
    pub fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Ready> {
        self.poll(cx, |inner| {
            !inner.items.is_empty()
                || !inner.stale.is_empty()
                || !inner.gone.is_empty()
                || inner.close.is_some()
                || inner.going.is_some()
        })
    }

    /// Ready when the connection is to end, whatever waits.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<Ready> {
        self.poll(cx, |inner| inner.close.is_some() || inner.going.is_some())
    }

    /// Ready for what it was to be woken for, and nothing else.
    pub fn poll_nothing(&self, cx: &mut Context<'_>) -> Poll<Ready> {
        self.poll(cx, |_| false)
    }

    /// Ready when there is something to take, or nobody owes this connection an answer any more.
    pub fn poll_settled(&self, cx: &mut Context<'_>) -> Poll<Ready> {
        self.poll(cx, |inner| !inner.items.is_empty() || inner.owed == 0)
    }

    /// Ready when the server goes down.
    pub fn poll_going(&self, cx: &mut Context<'_>) -> Poll<()> {
        // What else it was to be woken for means nothing any more.
        while let Poll::Ready(ready) = self.poll(cx, |inner| inner.going.is_some()) {
            if ready == Ready::Take {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }

    /// Whether half of what may wait does.
    #[must_use]
    pub fn is_half_full(&self) -> bool {
        let inner = self.lock();
        inner.frames > self.most_frames / 2 || inner.bytes > self.most_bytes / 2
    }

    /// Whether nothing waits, and nobody owes this connection an answer.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let inner = self.lock();
        inner.items.is_empty() && inner.owed == 0
    }

    /// Whether and how the connection is to end, whatever waits.
    #[must_use]
    pub fn end(&self) -> (Option<u16>, Option<Going>) {
        let inner = self.lock();
        (inner.close, inner.going)
    }

    fn poll(&self, cx: &mut Context<'_>, is_so: impl FnOnce(&Inner) -> bool) -> Poll<Ready> {
        let mut inner = self.lock();
        // Something to take there may be always; the other two must have their turn.
        if std::mem::take(&mut inner.rings) {
            return Poll::Ready(Ready::Alarm);
        }
        if std::mem::take(&mut inner.readable) {
            return Poll::Ready(Ready::Read);
        }
        if is_so(&inner) {
            return Poll::Ready(Ready::Take);
        }
        match &mut inner.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Puts what waits at the end of `out`, in order, until that has `enough` bytes or nothing
    /// waits. `word` puts people's comings and goings into frames, for a room socket.
    pub fn take(
        &self,
        out: &mut Vec<u8>,
        enough: usize,
        mut word: impl FnMut(&Comings, &mut Vec<u8>),
    ) -> Taken {
        let mut inner = self.lock();
        while out.len() < enough {
            let Some(item) = inner.items.pop_front() else { break };
            match &item {
                Item::Frames(Piece { bytes, .. })
                | Item::Online(_, bytes)
                | Item::Typing(bytes) => {
                    out.extend_from_slice(bytes);
                }
                Item::Answer(bytes) => {
                    out.extend_from_slice(bytes);
                    inner.answers -= bytes.len();
                }
                Item::Comings(_, comings) => word(comings, out),
            }
            inner.frames -= item.frames();
            inner.bytes -= item.bytes();
        }
        let more = !inner.items.is_empty();
        if !more && inner.items.capacity() > KEPT {
            inner.items = VecDeque::new();
        }
        Taken {
            stale: if more { Vec::new() } else { std::mem::take(&mut inner.stale) },
            close: inner.close.filter(|_| !more),
            going: inner.going,
            gone: std::mem::take(&mut inner.gone),
            more,
        }
    }

    /// Frames and bytes that wait, but for answers to `sub`s.
    #[cfg(test)]
    fn waiting(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.frames, inner.bytes)
    }
}

fn alone(frame: &Frame) -> Item {
    Item::Frames(Piece { bytes: frame.wire().clone(), frames: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Target;
    use crate::protocol::frames::Event;
    use crate::server::groups::{Addressed, Broadcast};
    use crate::server::store::LogId;

    const ROOM: Group = Group::Room(LogId(1));

    fn deliver(queue: &Queue, broadcast: &Broadcast) {
        queue.deliver(&Encoded::of(ROOM, broadcast), Side::Low);
    }

    fn events(seqs: impl Iterator<Item = i64>) -> Broadcast {
        let event = |seq| Event {
            seq,
            kind: "topic".into(),
            cid: None,
            data: serde_json::value::RawValue::NULL.to_owned(),
        };
        let to = Addressed::All(Target::Room("r".into()));
        Broadcast::Events { to, events: seqs.map(event).collect() }
    }

    fn online() -> Broadcast {
        let to = Addressed::All(Target::Room("r".into()));
        let join = vec!["a".into()];
        let (leave, idle, awake) = (vec![], vec![], vec![]);
        Broadcast::Online { to, join, leave, all: false, idle, awake, count: 1 }
    }

    fn queue(frames: usize) -> Queue {
        let queue = Queue::new(Dialect::Main, Some("s1".into()), frames, 1 << 20);
        queue.hold(ROOM);
        queue
    }

    fn answer(queue: &Queue, top: i64) {
        queue.answer(&Frame::text("answer"), &[(ROOM, top)]);
    }

    /// All that waits: seqs of events, and words for the rest.
    fn texts(queue: &Queue) -> Vec<String> {
        let mut bytes = Vec::new();
        queue.take(&mut bytes, usize::MAX, |_, _| {});
        let (mut rest, mut texts) = (&bytes[..], Vec::new());
        while let [_, length, ..] = *rest {
            let (start, length) = match length {
                126 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
                length => (2, usize::from(length)),
            };
            let text = String::from_utf8(rest[start..start + length].to_vec()).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            texts.push(match (value["seq"].as_i64(), value["t"].as_str()) {
                (Some(seq), _) => seq.to_string(),
                (_, Some(t)) => t.to_owned(),
                _ => text,
            });
            rest = &rest[start + length..];
        }
        texts
    }

    fn taken(queue: &Queue) -> Taken {
        queue.take(&mut Vec::new(), usize::MAX, |_, _| {})
    }

    #[test]
    fn a_long_answer_does_not_make_a_reader_slow() {
        let queue = Queue::new(Dialect::Main, None, 9, 100);
        queue.hold(ROOM);
        queue.answer(&Frame::text(&"x".repeat(1_000)), &[(ROOM, 0)]);
        queue.say(&Frame::text("said"));
        assert_eq!(texts(&queue), ["x".repeat(1_000).as_str(), "said"]);
        assert_eq!((taken(&queue).close, queue.waiting()), (None, (0, 0)));
    }

    #[test]
    fn the_answer_comes_before_what_happened_meanwhile_and_nothing_twice() {
        let queue = queue(256);
        deliver(&queue, &events(4..=5));
        deliver(&queue, &events(6..=6));
        answer(&queue, 5);
        for again in [6, 5] {
            deliver(&queue, &events(again..=again));
        }
        deliver(&queue, &events(5..=7));
        deliver(&queue, &events(8..=8));
        assert_eq!(texts(&queue), ["answer", "6", "7", "8"]);
    }

    #[test]
    fn presence_is_shed_first_and_told_anew() {
        let queue = queue(3);
        answer(&queue, 0);
        deliver(&queue, &online());
        deliver(&queue, &events(1..=1));
        deliver(&queue, &events(2..=2));
        deliver(&queue, &online());
        assert_eq!(texts(&queue), ["answer", "1", "2"]);
        deliver(&queue, &online());
        assert_eq!(texts(&queue), ["online"]);
    }

    #[test]
    fn a_room_socket_s_presence_is_shed_too() {
        let queue = Queue::new(Dialect::Room, None, 2, 1 << 20);
        queue.hold(ROOM);
        answer(&queue, 0);
        deliver(&queue, &online());
        queue.say(&Frame::text("said"));
        let mut out = Vec::new();
        let taken = queue.take(&mut out, usize::MAX, |_, out| out.extend(b"worded"));
        assert_eq!((taken.stale, taken.close), (vec![ROOM], None));
        assert!(out.ends_with(b"said"));
    }

    #[test]
    fn whose_presence_was_shed_is_named_once_all_was_taken() {
        let queue = queue(2);
        answer(&queue, 0);
        deliver(&queue, &online());
        deliver(&queue, &events(1..=1));
        let some = queue.take(&mut Vec::new(), 1, |_, _| {});
        assert_eq!((some.more, some.stale), (true, vec![]));
        let rest = taken(&queue);
        assert_eq!((rest.more, rest.stale, rest.close), (false, vec![ROOM], None));
    }

    #[test]
    fn a_reader_that_is_too_slow_is_closed_and_loses_no_event_silently() {
        let queue = queue(3);
        answer(&queue, 0);
        for seq in 1..=3 {
            deliver(&queue, &events(seq..=seq));
        }
        assert_eq!(queue.waiting(), (0, 0));
        assert_eq!((texts(&queue), taken(&queue).close), (vec![], Some(close::TOO_SLOW)));
    }

    #[test]
    fn who_has_read_everything_is_not_slow_however_much_comes_at_once() {
        let queue = queue(3);
        answer(&queue, 0);
        taken(&queue);
        deliver(&queue, &events(1..=9));
        assert_eq!((queue.waiting().0, taken(&queue).close), (1, None));
    }

    #[test]
    fn commits_as_large_as_they_may_be_do_not_make_a_reader_slow() {
        let queue = queue(256);
        answer(&queue, 0);
        for first in (0..1_024).step_by(64) {
            deliver(&queue, &events(first + 1..=first + 64));
        }
        queue.say(&Frame::text("reply"));
        assert_eq!((texts(&queue).len(), taken(&queue).close), (1_026, None));
    }

    #[test]
    fn an_answer_that_never_comes_does_not_gather_events_for_ever() {
        let queue = Queue::new(Dialect::Main, None, 9, 1_000);
        queue.hold(ROOM);
        for seq in 1..100 {
            deliver(&queue, &events(seq..=seq));
        }
        assert_eq!(taken(&queue).close, Some(close::RESYNC));
    }

    #[test]
    fn what_waits_for_answers_has_one_bound_however_many_they_are() {
        let queue = Queue::new(Dialect::Main, None, 9, 1_000);
        let rooms = (1..=50).map(|log| Group::Room(LogId(log)));
        for room in rooms {
            queue.hold(room);
            queue.deliver(&Encoded::of(room, &events(1..=1)), Side::Low);
        }
        assert_eq!(taken(&queue).close, Some(close::RESYNC));
    }

    #[test]
    fn what_is_not_followed_is_not_heard() {
        let queue = queue(9);
        answer(&queue, 0);
        queue.forget(ROOM);
        deliver(&queue, &events(1..=1));
        deliver(&queue, &online());
        assert_eq!(texts(&queue), ["answer"]);
    }

    #[test]
    fn only_the_session_that_ended_is_closed() {
        let queue = queue(9);
        let end = |session: &str| Broadcast::End {
            session: Some(session.to_owned()),
            code: close::LOGGED_OUT,
        };
        deliver(&queue, &end("s2"));
        assert_eq!(taken(&queue).close, None);
        deliver(&queue, &end("s1"));
        assert_eq!(taken(&queue).close, Some(close::LOGGED_OUT));
    }

    #[test]
    fn a_ping_tells_the_tops_of_what_changed_once() {
        let queue = queue(9);
        answer(&queue, 0);
        deliver(&queue, &events(1..=1));
        assert_eq!(queue.tops(), [(ROOM, 1)]);
        assert_eq!(queue.tops(), []);
    }

    #[test]
    fn what_is_owed_is_waited_for() {
        let queue = Arc::new(Queue::new(Dialect::Main, None, 9, 1_000));
        let mut cx = Context::from_waker(Waker::noop());
        let owed = queue.owe();
        assert!(!queue.is_settled() && queue.poll_settled(&mut cx).is_pending());
        drop(owed);
        assert!(queue.is_settled() && queue.poll_settled(&mut cx).is_ready());
    }
}
