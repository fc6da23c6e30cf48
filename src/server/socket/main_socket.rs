//! The main socket (`docs/protocol.md`).

use super::connection::Connection;
use super::life::{Heard, Talk, begin};
use super::upgrade::Opened;
use crate::protocol::frames::{
    ClientFrame, Follow, Followed, FrameId, Hello, Incoming, Reply, ServerFrame, SubOk, read_client,
};
use crate::protocol::{Code, Refusal, Target, VERSION, close as codes, limits};
use crate::server::domain::changes::Wish;
use crate::server::domain::connections::Seat;
use crate::server::domain::places::Place;
use crate::server::domain::post::Draft;
use crate::server::groups::wire::Comings;
use crate::server::groups::{Group, Queue};
use crate::server::security::rate::{Pace, Paced};
use crate::server::store::writer::Done;
use crate::server::websocket::Frame;
use crate::words::Word;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One conversation that is followed.
struct Followed_ {
    to: Target,
    place: Place,
}

struct Session {
    connection: Connection,
    follows: Vec<Followed_>,
    here: Option<Group>,
    /// When its user was last said to be writing.
    typed: Option<Instant>,
    /// How fast it asks.
    paced: Paced,
}

/// Serves a connection until it ends.
pub fn serve(opened: Opened, connection: Connection, seat: Seat) {
    let config = &connection.domain.config;
    let hello = ServerFrame::Hello(Hello {
        v: VERSION,
        conn: format!("c-{}", connection.id().0),
        user: connection.who.name().map(ToString::to_string),
        heartbeat_ms: config.heartbeat.as_millis() as u64,
        limits: config.limits(),
    });
    connection.queue.greet(&Frame::json(&hello));
    let session = Session {
        connection,
        follows: Vec::new(),
        here: None,
        typed: None,
        paced: Paced::default(),
    };
    begin(opened.stream, session, opened.early, seat);
}

impl Talk for Session {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn word(&mut self, _: &Comings, _: &mut Vec<u8>) {}

    fn list_afresh(&mut self, place: Group, out: &mut Vec<u8>) {
        let Some(followed) = self.follows.iter().find(|one| one.place.group() == place) else {
            return;
        };
        let Some(online) = self.connection.domain.online(&followed.place) else { return };
        let frame = Frame::json(&ServerFrame::Online {
            to: followed.to.clone(),
            join: Vec::new(),
            leave: Vec::new(),
            all: online.users,
            idle: online.idle,
            awake: Vec::new(),
            count: online.count,
        });
        out.extend_from_slice(frame.wire());
    }

    fn lose(&mut self, group: Group) {
        if let Some(at) = self.follows.iter().position(|one| one.place.group() == group) {
            self.follows.remove(at);
            self.connection.part(group);
        }
        if self.here == Some(group) {
            self.connection.exit(group);
            self.connection.shows(None);
            self.here = None;
        }
    }

    fn ping(&self) -> Frame {
        let tops: BTreeMap<Target, i64> = self
            .connection
            .queue
            .tops()
            .into_iter()
            .filter_map(|(group, top)| {
                let followed = self.follows.iter().find(|f| f.place.group() == group)?;
                Some((followed.to.clone(), top))
            })
            .collect();
        Frame::json(&ServerFrame::Ping { tops })
    }

    async fn hear(&mut self, heard: Heard) -> Option<u16> {
        let queue = Arc::clone(&self.connection.queue);
        let most = self.connection.domain.config.frame_limit;
        let incoming = match heard {
            Heard::Text(text) if text.len() > most => {
                let id = match read_client(&text) {
                    Incoming::Frame(id, _) | Incoming::Unknown(id) | Incoming::Bad(id, _) => id,
                };
                if let Err(close) = self.in_time(id.as_ref()) {
                    return close;
                }
                let why = format!("A frame has at most {most} bytes; this one has {}.", text.len());
                refuse(&queue, id, Refusal::new(Code::TooLong, why));
                return None;
            }
            Heard::Text(text) => read_client(&text),
            Heard::Binary => Incoming::Bad(
                None,
                Refusal::new(Code::BadFrame, "Frames are JSON text, not binary."),
            ),
        };
        match incoming {
            Incoming::Frame(id, frame) => {
                if !is_written(&frame)
                    && let Err(close) = self.in_time(id.as_ref())
                {
                    return close;
                }
                self.act(id, frame).await;
                None
            }
            Incoming::Unknown(id) => {
                if let Err(close) = self.in_time(id.as_ref()) {
                    return close;
                }
                id.as_ref()?;
                refuse(
                    &queue,
                    id,
                    Refusal::new(Code::BadFrame, "This server does not know that type of frame."),
                );
                None
            }
            Incoming::Bad(id, refusal) => {
                refuse(&queue, id, refusal);
                self.connection.bad_frame().then_some(codes::BAD_PROTOCOL)
            }
        }
    }
}

/// Whether a frame writes into a log: how fast that may be is asked of its user, on whichever connection.
fn is_written(frame: &ClientFrame) -> bool {
    match frame {
        ClientFrame::Send { .. }
        | ClientFrame::Edit { .. }
        | ClientFrame::Delete { .. }
        | ClientFrame::React { .. }
        | ClientFrame::Pin { .. }
        | ClientFrame::Topic { .. } => true,
        ClientFrame::Sub { .. }
        | ClientFrame::Unsub { .. }
        | ClientFrame::Here { .. }
        | ClientFrame::Read { .. }
        | ClientFrame::Typing { .. }
        | ClientFrame::Pong => false,
    }
}

impl Session {
    /// Whether one more frame comes in time. If not it is refused, or where nobody waits for an answer
    /// passed over; the error is the code to close with, if that happened too often.
    fn in_time(&mut self, id: Option<&FrameId>) -> Result<(), Option<u16>> {
        let Some(rate) = self.connection.domain.config.frame_rate.0 else { return Ok(()) };
        match self.paced.one_more(rate, Instant::now()) {
            Pace::Fine => Ok(()),
            Pace::TooSoon(wait) => {
                if let Some(id) = id {
                    let why = Word::AskedTooFast.of(&[&rate.count, &rate.period.as_secs()]);
                    let wait = wait.as_millis().max(1) as u64;
                    refuse(
                        &self.connection.queue,
                        Some(id.clone()),
                        Refusal::rate_limited(why, wait),
                    );
                }
                Err(None)
            }
            Pace::Enough => Err(Some(codes::TOO_FAST)),
        }
    }

    async fn act(&mut self, id: Option<FrameId>, frame: ClientFrame) {
        let queue = Arc::clone(&self.connection.queue);
        let done = match frame {
            ClientFrame::Pong => return,
            // Boxed: a message is not to take the room of the longest answer.
            ClientFrame::Sub { rooms } => return Box::pin(self.follow(id, rooms)).await,
            ClientFrame::Send { to, cid, body, reply_to, files } => {
                let done = answers(&queue, id.clone());
                let draft = Draft { to, cid, body, reply_to, files };
                match self.connection.domain.post(&self.connection.who, draft, done).await {
                    Ok(()) => return,
                    Err(refusal) => Err(refusal),
                }
            }
            ClientFrame::Edit { to, message, body } => {
                return self.change(id, &to, Wish::Edit { message, body }).await;
            }
            ClientFrame::Delete { to, message } => {
                return self.change(id, &to, Wish::Delete { message }).await;
            }
            ClientFrame::React { to, message, emoji, on } => {
                return self.change(id, &to, Wish::React { message, emoji, on }).await;
            }
            ClientFrame::Pin { to, message, on } => {
                return self.change(id, &to, Wish::Pin { message, on }).await;
            }
            ClientFrame::Topic { to, text } => {
                return self.change(id, &to, Wish::Topic { text }).await;
            }
            ClientFrame::Typing { to } => self.typing(&to).await,
            ClientFrame::Unsub { rooms } => self.fits_one_frame(rooms.len()).map(|()| {
                for to in &rooms {
                    self.unfollow(to);
                }
            }),
            ClientFrame::Here { to, active } => self.here(to, active).await,
            ClientFrame::Read { to, seq } => {
                self.connection.domain.mark_read(&self.connection.who, &to, seq).await
            }
        };
        match done {
            Ok(()) => reply(&queue, id, serde_json::json!({})),
            Err(refusal) => refuse(&queue, id, refusal),
        }
    }

    /// Boxed: what is rare is not to make all that is said larger.
    async fn change(&self, id: Option<FrameId>, to: &Target, wish: Wish) {
        let queue = &self.connection.queue;
        let done = answers(queue, id.clone());
        let asked = self.connection.domain.change(&self.connection.who, to, wish, done);
        if let Err(refusal) = Box::pin(asked).await {
            refuse(queue, id, refusal);
        }
    }

    /// I am writing. Said again too soon it is not heard.
    async fn typing(&mut self, to: &Target) -> Result<(), Refusal> {
        let now = Instant::now();
        let every = Duration::from_millis(limits::TYPING_EVERY_MS);
        if self.typed.is_some_and(|at| now.saturating_duration_since(at) < every) {
            return Ok(());
        }
        self.typed = Some(now);
        self.connection.domain.is_typing(&self.connection.who, to).await
    }

    /// Each name in a frame takes work, and a frame has room for thousands.
    fn fits_one_frame(&self, conversations: usize) -> Result<(), Refusal> {
        let most = self.connection.domain.config.rooms_per_connection;
        if conversations > most {
            let why = format!("One frame names at most {most} conversations.");
            return Err(Refusal::new(Code::TooMany, why));
        }
        Ok(())
    }

    /// Follows conversations: live events wait, the log is read, the answer goes out, and then
    /// what came meanwhile.
    async fn follow(&mut self, id: Option<FrameId>, asked: Vec<Follow>) {
        let queue = Arc::clone(&self.connection.queue);
        if let Err(refusal) = self.fits_one_frame(asked.len()) {
            return refuse(&queue, id, refusal);
        }
        let most = self.connection.domain.config.rooms_per_connection;
        let (answers, tops) = self.follow_all(&asked, most).await;
        let Some(re) = id else {
            // Without a number there is no answer to wait for, but the stream goes on.
            queue.answer(
                &Frame::json(&serde_json::json!({"t": "sub", "ok": SubOk { rooms: answers }})),
                &tops,
            );
            return;
        };
        let ok = Some(SubOk { rooms: answers });
        queue.answer(&Frame::json(&Reply { re, ok, err: None }), &tops);
    }

    /// The answers, and the tops they told. All are found and held first, and then read together.
    async fn follow_all(
        &mut self,
        asked: &[Follow],
        most: usize,
    ) -> (Vec<Followed>, Vec<(Group, i64)>) {
        if self.follows.is_empty() {
            // Most connections follow once: their list needs no room to grow.
            self.follows.reserve_exact(asked.len());
        }
        let domain = Arc::clone(&self.connection.domain);
        let rights = domain.rights_so_far();
        let mut held = Vec::with_capacity(asked.len());
        let mut found = Vec::with_capacity(asked.len());
        for follow in asked {
            let place = self.follow_one(follow, most, &held).await;
            held.extend(place.as_ref().map(Place::group));
            found.push(place);
        }
        let places: Vec<_> = found
            .iter()
            .zip(asked)
            .filter_map(|(place, follow)| Some((place.as_ref().ok()?, follow.after.as_ref())))
            .collect();
        let mut read = domain.catch_up(&self.connection.who, &places).await.map(Vec::into_iter);
        // A follow that began to hear once it was found hears when it is lost. What was so before it
        // began, it did not hear; and what was read since is not for it.
        if domain.rights_so_far() != rights {
            self.find_again(asked, &mut found, &mut read).await;
        }
        let mut tops = Vec::with_capacity(held.len());
        let mut answers = Vec::with_capacity(asked.len());
        for (follow, place) in asked.iter().zip(found) {
            let followed = match (place, &mut read) {
                (Err(refusal), _) => Err(refusal),
                (Ok(place), Ok(read)) => read
                    .next()
                    .inspect(|followed| tops.push((place.group(), followed.top.unwrap_or(0))))
                    .ok_or_else(Refusal::unavailable),
                (Ok(_), Err(refusal)) => {
                    self.unfollow(&follow.to);
                    Err(refusal.clone())
                }
            };
            answers.push(followed.unwrap_or_else(|refusal| Followed::refused(follow, refusal)));
        }
        (answers, tops)
    }

    /// Looks for all that was found once more, and gives up what is not to be found any more.
    async fn find_again(
        &mut self,
        asked: &[Follow],
        found: &mut [Result<Place, Refusal>],
        read: &mut Result<std::vec::IntoIter<Followed>, Refusal>,
    ) {
        let domain = Arc::clone(&self.connection.domain);
        let mut kept = Vec::with_capacity(found.len());
        for (follow, place) in asked.iter().zip(found) {
            if place.is_err() {
                continue;
            }
            let answer = read.as_mut().ok().and_then(Iterator::next);
            match domain.locate(&self.connection.who, &follow.to).await {
                Ok(_) => kept.extend(answer),
                Err(refusal) => {
                    self.unfollow(&follow.to);
                    *place = Err(refusal);
                }
            }
        }
        if read.is_ok() {
            *read = Ok(kept.into_iter());
        }
    }

    /// Finds one and holds its live events: the log is read after that, so nothing falls between.
    async fn follow_one(
        &mut self,
        follow: &Follow,
        most: usize,
        held: &[Group],
    ) -> Result<Place, Refusal> {
        let domain = &self.connection.domain;
        let place = domain.locate(&self.connection.who, &follow.to).await?;
        let group = place.group();
        if held.contains(&group) {
            return Err(Refusal::invalid("to", "It is in this frame already."));
        }
        let known = self.follows.iter().any(|f| f.place.group() == group);
        if !known && self.follows.len() >= most {
            return Err(Refusal::new(
                Code::TooMany,
                format!("One connection follows at most {most} conversations."),
            ));
        }
        self.connection.queue.hold(group);
        self.connection.join(group, place.side());
        if !known {
            self.follows.push(Followed_ { to: place.target(), place: place.clone() });
        }
        Ok(place)
    }

    fn unfollow(&mut self, to: &Target) {
        use crate::protocol::names::fold;
        let name = fold(to.name());
        let same = |other: &Target| match (to, other) {
            (Target::Room(_), Target::Room(other)) | (Target::Person(_), Target::Person(other)) => {
                fold(other) == name
            }
            (to, other) => to == other,
        };
        if let Some(at) = self.follows.iter().position(|followed| same(&followed.to)) {
            let group = self.follows.remove(at).place.group();
            self.connection.part(group);
        }
    }

    /// What is on the screen. Being `here` in a room is being present in it; whoever has a place on the
    /// screen, room or conversation, is not told of what they see there.
    async fn here(&mut self, to: Option<Target>, active: bool) -> Result<(), Refusal> {
        self.connection.active(active);
        let rights = self.connection.domain.rights_so_far();
        let found = match &to {
            Some(to) => Some(self.connection.domain.locate(&self.connection.who, to).await?),
            None => None,
        };
        let next = match found {
            Some(Place::Room { log, .. }) => Some(Group::Room(log)),
            _ => None,
        };
        self.connection.shows(found.as_ref().map(Place::group));
        if next != self.here {
            if let Some(before) = self.here.take() {
                self.connection.exit(before);
            }
            if let Some(next) = next {
                self.connection.enter(next);
            }
            self.here = next;
            // Whoever lost it just now may have been taken out before they were in.
            if let (Some(next), Some(to)) = (next, &to)
                && self.connection.domain.rights_so_far() != rights
                && let Err(refusal) = self.connection.domain.locate(&self.connection.who, to).await
            {
                self.lose(next);
                return Err(refusal);
            }
        }
        Ok(())
    }
}

/// Answers a frame once it is known what came of it; until then the answer is owed.
fn answers<T: serde::Serialize>(queue: &Arc<Queue>, re: Option<FrameId>) -> Done<T> {
    let (answer, owed) = (Arc::clone(queue), queue.owe());
    Box::new(move |result| {
        match result {
            Ok(ok) => reply(&answer, re, ok),
            Err(refusal) => refuse(&answer, re, refusal),
        }
        drop(owed);
    })
}

fn reply(queue: &Queue, re: Option<FrameId>, ok: impl serde::Serialize) {
    if let Some(re) = re {
        queue.say(&Frame::json(&Reply { re, ok: Some(ok), err: None }));
    }
}

fn refuse(queue: &Queue, re: Option<FrameId>, refusal: Refusal) {
    match re {
        Some(re) => queue.say(&Frame::json(&Reply::<()> { re, ok: None, err: Some(refusal) })),
        None => queue.say(&Frame::json(&ServerFrame::Error { err: refusal })),
    }
}
