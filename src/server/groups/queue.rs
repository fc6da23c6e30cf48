//! What waits for one connection: bounded in frames and bytes, so that a slow reader hurts only
//! itself. Presence is shed first; when even that does not help, the connection is closed with
//! 4008 and its client resumes from the log.
//!
//! It also joins a log's past with its present without a hole: while a `sub` is being answered,
//! live events of that log are held; the answer goes out first, then what is newer than it.

mod item;

use super::wire::{Comings, Encoded, Piece, Pushed, index};
use super::{Group, Side};
use crate::protocol::close;
use crate::server::store::UserId;
use crate::server::websocket::Frame;
use item::{Held, Item};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// An empty queue with room for more than this gives it back.
const KEPT: usize = 16;

/// Which language the connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The main socket.
    Main,
    /// A room's socket.
    Room,
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
    /// It has been told what it is to hear first.
    greeted: bool,
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

/// The server goes down: how a connection ends with it.
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
    /// An empty queue of the connection of `session`: the public id of a session or a token.
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

    /// Whose connection it is; none for a visitor.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.user
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
                self.push(&mut inner, Item::alone(frame));
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
                        self.keep(&mut inner, *group, Held::Other(Item::alone(main)));
                    }
                    (Dialect::Main, Some(at), None) => {
                        inner.follows.remove(at);
                        self.push(&mut inner, Item::alone(main));
                    }
                    (Dialect::Room, Some(at), _) => {
                        inner.follows.remove(at);
                        self.push(&mut inner, Item::alone(room));
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

    /// A push reaches this connection; whether it hears it, or has heard it already.
    pub fn hear(&self, pushed: &Pushed) -> bool {
        let mut inner = self.lock();
        let is_there = inner.greeted && inner.close.is_none();
        if !is_there || self.user.is_some_and(|user| pushed.but.contains(&user)) {
            return false;
        }
        let of = |group| inner.follows.iter().find(|f| f.group == group);
        let (frame, log) = match (self.dialect, pushed.group) {
            (Dialect::Main, room @ Group::Room(_)) => (&pushed.main, Some(room)),
            (Dialect::Main, _) => (&pushed.main, self.user.map(Group::Own)),
            (Dialect::Room, room @ Group::Room(_)) => (&pushed.room, Some(room)),
            (Dialect::Room, _) => (&pushed.room, None),
        };
        // It came with its log, or will with the answer that is on its way.
        if pushed.stored && log.and_then(of).is_some() {
            return true;
        }
        let item = Item::alone(frame);
        match (pushed.group, of(pushed.group).map(|follow| follow.held.is_some())) {
            (Group::Room(_), None) => return false,
            (Group::Room(_), Some(true)) => self.keep(&mut inner, pushed.group, Held::Other(item)),
            _ => self.push(&mut inner, item),
        }
        let heard = inner.close.is_none();
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        heard
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
        self.change(|inner| self.push(inner, Item::alone(frame)));
    }

    /// The same, and the last of what a connection hears before anything else.
    pub fn greet(&self, frame: &Frame) {
        self.change(|inner| {
            self.push(inner, Item::alone(frame));
            inner.greeted = true;
        });
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
            inner.greeted = true;
            // It was asked for and has a bound of its own: however long it is, it does not make its
            // reader a slow one, as long as what waited before it did not.
            let keeps_up = inner.frames < self.most_frames
                && (inner.answers == 0 || inner.answers + frame.len() <= self.most_bytes);
            if inner.close.is_none() && keeps_up {
                inner.answers += frame.len();
                inner.frames += 1;
                inner.items.push_back(Item::Answer(frame.wire().clone()));
            } else {
                self.push(inner, Item::alone(frame));
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

#[cfg(test)]
mod tests;
