//! The connection and what comes by it: frames and answers, handed to whom they concern.

use super::{Asked, BELIEVED_MS, Desk, Effect};
use crate::client::{
    Moment,
    connection::{Do, Event as Link},
};
use crate::protocol::{
    Code, Refusal,
    close::{self, After as AfterClose},
    frames::{ClientFrame, Hello, Online, Outgoing, Reply, ServerFrame, read_server, write_client},
    json,
};
use crate::words::{Word, words};

impl Desk {
    pub(super) fn link(&mut self, event: Link, now: &Moment) {
        let was_up = self.connection.is_up();
        match self.connection.on(event, now) {
            Some(Do::Open(generation)) => self.effects.push(Effect::Open(generation)),
            Some(Do::Close) => self.effects.push(Effect::Close),
            // An empty `unsub` changes nothing and has an answer.
            Some(Do::Probe) => self.ask(&ClientFrame::Unsub { rooms: Vec::new() }, Asked::Nothing),
            None => {}
        }
        if was_up && !self.connection.is_up() {
            self.lost();
            self.doubt_at.get_or_insert(now.ms + BELIEVED_MS);
        }
    }

    /// Nothing that was asked on the old connection is answered on the next.
    pub(super) fn lost(&mut self) {
        self.asked.clear();
        self.outbox.land();
        self.wishes.land();
        self.typing.clear();
        self.unfollow_all();
        self.read_due = None;
    }

    pub(super) fn closed(&mut self, generation: u64, code: u16, now: &Moment) {
        if self.connection.is_current(generation)
            && close::after(code) == AfterClose::RetryWithoutLast
            && let Some(entry) = self.outbox.too_big()
        {
            self.failed(entry, Code::TooLong);
        }
        if self.connection.is_current(generation) && code == close::LOGGED_OUT {
            self.effects.push(Effect::Left);
        }
        self.link(Link::Closed { generation, code }, now);
    }

    pub(super) fn text(&mut self, generation: u64, text: &str, now: &Moment) {
        if !self.connection.is_current(generation) {
            return;
        }
        self.link(Link::Heard { generation }, now);
        match read_server(text) {
            Outgoing::Reply(reply) => self.reply(reply, now),
            Outgoing::Frame(frame) => self.frame(generation, *frame, now),
            Outgoing::Unknown => {}
        }
    }

    pub(super) fn frame(&mut self, generation: u64, frame: ServerFrame, now: &Moment) {
        match frame {
            ServerFrame::Hello(hello) => self.hello(generation, &hello, now),
            ServerFrame::Event { to, event } => self.event(&to, event),
            ServerFrame::Online { to, join, leave, all, idle, awake, count } => {
                // Whether somebody was active lately moves nobody.
                let stirs = all.is_none() && idle.len() + awake.len() > 0;
                if !stirs || join.len() + leave.len() > 0 {
                    let whole = all.is_some();
                    let idle = if whole { idle.clone() } else { Vec::new() };
                    self.online(&to, &join, &leave, Online { count, users: all, idle }, now);
                }
                if stirs && to == *self.timeline.to() {
                    self.presence.stir(&idle, &awake);
                }
            }
            ServerFrame::Gone { to, reason } => self.gone(&to, &reason),
            ServerFrame::Ping { tops } => {
                self.effects.push(Effect::Send(write_client(None, &ClientFrame::Pong)));
                for (to, top) in tops {
                    self.catch_up(&to, top);
                }
            }
            ServerFrame::Typing { to, user } => self.writes(&to, user, now),
            ServerFrame::Push(push) => self.tell(push),
            ServerFrame::Error { .. } => {}
        }
    }

    pub(super) fn hello(&mut self, generation: u64, hello: &Hello, now: &Moment) {
        if hello.user.as_deref() != self.name() {
            // The cookie belongs to somebody else by now (or to nobody): what waits here must not
            // go out in their name.
            let why = match &hello.user {
                Some(name) => words().with(Word::SomebodyElse, &[name]),
                None => words().say(Word::NobodyNow).to_owned(),
            };
            self.link(Link::Stop(why), now);
            return;
        }
        self.limits = hello.limits;
        let heartbeat_ms = hello.heartbeat_ms;
        self.link(Link::Hello { generation, heartbeat_ms }, now);
        if self.connection.is_up() {
            self.follow_all();
            self.say_here();
        }
    }

    pub(super) fn reply(&mut self, reply: Reply, now: &Moment) {
        let Some(number) = reply.re.as_u64() else { return };
        let Some(at) = self.asked.iter().position(|(id, _)| *id == number) else { return };
        match self.asked.remove(at).1 {
            Asked::Nothing => {}
            Asked::Topic => {
                if reply.err.is_some() {
                    self.refusal = reply.err;
                }
            }
            Asked::Change(number) => self.changed(number, reply, now),
            Asked::Sub(rooms) => self.followed(rooms, reply, now),
            Asked::Send(cid) => match (reply.ok, reply.err) {
                (_, Some(refusal)) => self.refused(&cid, &refusal, now),
                (Some(ok), None) => match json::read(ok.get()) {
                    Some(ok) => self.acknowledged(&cid, ok),
                    None => self.refused(&cid, &Refusal::unavailable(), now),
                },
                (None, None) => self.refused(&cid, &Refusal::unavailable(), now),
            },
        }
    }

    /// Sends a frame whose answer is wanted.
    pub(super) fn ask(&mut self, frame: &ClientFrame, asked: Asked) {
        self.frames += 1;
        self.asked.push((self.frames, asked));
        self.effects.push(Effect::Send(write_client(Some(self.frames), frame)));
    }

    /// Tells what is on the screen; a visitor is not counted among those present.
    pub(super) fn say_here(&mut self) {
        if self.me.is_some() && self.connection.is_up() {
            let here = ClientFrame::Here {
                to: Some(self.timeline.to().clone()),
                active: self.idle.active(),
            };
            self.effects.push(Effect::Send(write_client(None, &here)));
        }
    }
}
