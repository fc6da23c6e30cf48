//! The main socket (`docs/protocol.md`).

use super::connection::{CLOSE_PATIENCE, Connection, Going, close, going};
use crate::protocol::frames::{
    ClientFrame, Follow, Followed, FrameId, Hello, Incoming, Reply, ServerFrame, SubOk, read_client,
};
use crate::protocol::{Code, Refusal, Target, VERSION, close as codes, limits};
use crate::server::domain::places::Place;
use crate::server::domain::post::Draft;
use crate::server::domain::unavailable;
use crate::server::groups::queue::Item;
use crate::server::groups::wire::text;
use crate::server::groups::{Group, Queue};
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A write that makes no progress for this long: the peer is gone, or reads nothing.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// One conversation that is followed.
struct Followed_ {
    to: Target,
    place: Place,
}

struct Session {
    connection: Connection,
    follows: Vec<Followed_>,
    here: Option<Group>,
}

/// Serves a connection until it ends.
pub async fn serve(
    mut socket: WebSocket,
    connection: Connection,
    mut watch: watch::Receiver<Going>,
) {
    let config = &connection.domain.config;
    let (heartbeat, patience) = (config.heartbeat, config.heartbeat + config.heartbeat_grace);
    let hello = ServerFrame::Hello(Hello {
        v: VERSION,
        conn: format!("c-{}", connection.id().0),
        user: connection.who.name().map(ToString::to_string),
        heartbeat_ms: heartbeat.as_millis() as u64,
        limits: config.limits(),
    });
    let queue = Arc::clone(&connection.queue);
    queue.say(text(&hello));
    let mut session = Session { connection, follows: Vec::new(), here: None };
    let mut heard = Instant::now();
    let mut ping_at = Instant::now() + heartbeat;

    let code = loop {
        let deadline = ping_at.min(heard + patience);
        tokio::select! {
            frame = socket.recv() => match frame {
                Some(Ok(frame)) => {
                    heard = Instant::now();
                    if let Some(code) = Box::pin(session.hear(frame)).await {
                        break code;
                    }
                }
                Some(Err(error)) => break code_of(&error),
                None => return,
            },
            () = queue.ready() => {
                match session.write(&mut socket).await {
                    Ok(None) => {}
                    Ok(Some(code)) => break code,
                    Err(()) => return,
                }
            }
            () = tokio::time::sleep_until(deadline) => {
                let now = Instant::now();
                if now >= heard + patience {
                    break codes::NO_PONG;
                }
                if now >= ping_at {
                    ping_at = now + heartbeat;
                    session.ping();
                    // A session may have ended elsewhere: at the command line, or by its age.
                    if let Ok(false) = session.connection.domain.goes_on(&session.connection.who).await {
                        break codes::LOGIN_NEEDED;
                    }
                }
            }
            how = going(&mut watch) => match how {
                Going::Gone => return,
                _ => break codes::DRAINING,
            },
        }
    };
    let _ = tokio::time::timeout(CLOSE_PATIENCE, session.write(&mut socket)).await;
    drop(session);
    close(socket, code).await;
}

/// The close code for a socket that could not be read.
pub(super) fn code_of(error: &axum::Error) -> u16 {
    // The capacity error is the one that a client can do something about.
    if error.to_string().contains("too long") || error.to_string().contains("too big") {
        codes::TOO_BIG
    } else {
        codes::NORMAL
    }
}

impl Session {
    /// Writes all that waits in one go; answers the code to close with, if any.
    async fn write(&mut self, socket: &mut WebSocket) -> Result<Option<u16>, ()> {
        let taken = self.connection.queue.take();
        let writing = async {
            for item in taken.items {
                match item {
                    Item::Text(text) | Item::Online(_, text) => {
                        socket.feed(Message::Text(text)).await?
                    }
                    Item::Comings(_) => {}
                }
            }
            for group in taken.stale {
                if let Some(fresh) = self.fresh_list(group) {
                    socket.feed(Message::Text(text(&fresh))).await?;
                }
            }
            socket.flush().await
        };
        match tokio::time::timeout(WRITE_PATIENCE, writing).await {
            Ok(Ok(())) => Ok(taken.close),
            Ok(Err(_)) | Err(_) => Err(()),
        }
    }

    fn fresh_list(&self, group: Group) -> Option<ServerFrame> {
        let followed = self.follows.iter().find(|followed| followed.place.group() == group)?;
        let online = self.connection.domain.online(&followed.place)?;
        Some(ServerFrame::Online {
            to: followed.to.clone(),
            join: Vec::new(),
            leave: Vec::new(),
            all: online.users,
            count: online.count,
        })
    }

    fn ping(&self) {
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
        self.connection.queue.say(text(&ServerFrame::Ping { tops }));
    }

    /// Acts on what the client sent; answers the code to close with, if any.
    async fn hear(&mut self, frame: Message) -> Option<u16> {
        let queue = Arc::clone(&self.connection.queue);
        let most = self.connection.domain.config.frame_limit;
        let incoming = match frame {
            Message::Text(text) if text.len() > most => {
                let id = match read_client(&text) {
                    Incoming::Frame(id, _) | Incoming::Unknown(id) | Incoming::Bad(id, _) => id,
                };
                let why = format!("A frame has at most {most} bytes; this one has {}.", text.len());
                refuse(&queue, id, Refusal::new(Code::TooLong, why));
                return None;
            }
            Message::Text(text) => read_client(&text),
            Message::Binary(_) => Incoming::Bad(
                None,
                Refusal::new(Code::BadFrame, "Frames are JSON text, not binary."),
            ),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
        };
        match incoming {
            Incoming::Frame(id, frame) => {
                self.act(id, frame).await;
                None
            }
            Incoming::Unknown(None) => None,
            Incoming::Unknown(id) => {
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

    async fn act(&mut self, id: Option<FrameId>, frame: ClientFrame) {
        let queue = Arc::clone(&self.connection.queue);
        let done = match frame {
            ClientFrame::Pong => return,
            ClientFrame::Sub { rooms } => return self.follow(id, rooms).await,
            ClientFrame::Send { to, cid, body, reply_to } => {
                let answer = Arc::clone(&queue);
                let re = id.clone();
                let done = Box::new(move |result: Result<_, Refusal>| match result {
                    Ok(ok) => reply(&answer, re, ok),
                    Err(refusal) => refuse(&answer, re, refusal),
                });
                let draft = Draft { to, cid, body, reply_to };
                match self.connection.domain.post(&self.connection.who, draft, done).await {
                    Ok(()) => return,
                    Err(refusal) => Err(refusal),
                }
            }
            ClientFrame::Unsub { rooms } => {
                for to in &rooms {
                    self.unfollow(to);
                }
                Ok(())
            }
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

    /// Follows conversations: live events wait, the log is read, the answer goes out, and then
    /// what came meanwhile.
    async fn follow(&mut self, id: Option<FrameId>, asked: Vec<Follow>) {
        let queue = Arc::clone(&self.connection.queue);
        let domain = Arc::clone(&self.connection.domain);
        let most = domain.config.rooms_per_connection;
        if asked.len() > most {
            let why = format!("One frame follows at most {most} conversations.");
            return refuse(&queue, id, Refusal::new(Code::TooMany, why));
        }
        let mut answers = Vec::with_capacity(asked.len());
        let mut tops = Vec::new();
        let mut room = limits::REPLAY_BYTES;
        for follow in &asked {
            let followed = match self.follow_one(follow, most, &mut tops, &mut room).await {
                Ok(followed) => followed,
                Err(refusal) => Followed::refused(follow, refusal),
            };
            answers.push(followed);
        }
        let Some(re) = id else {
            // Without a number there is no answer to wait for, but the stream goes on.
            queue.answer(
                text(&serde_json::json!({"t": "sub", "ok": SubOk { rooms: answers }})),
                &tops,
            );
            return;
        };
        let ok = Some(SubOk { rooms: answers });
        queue.answer(text(&Reply { re, ok, err: None }), &tops);
    }

    async fn follow_one(
        &mut self,
        follow: &Follow,
        most: usize,
        tops: &mut Vec<(Group, i64)>,
        room: &mut usize,
    ) -> Result<Followed, Refusal> {
        let domain = Arc::clone(&self.connection.domain);
        let who = self.connection.who.clone();
        let mut db = domain.store.read().await.map_err(unavailable)?;
        let place = domain.find(&mut db, &who, &follow.to).await?;
        drop(db);
        let group = place.group();
        if tops.iter().any(|(answered, _)| *answered == group) {
            return Err(Refusal::invalid("to", "It is in this frame already."));
        }
        let known = self.follows.iter().any(|f| f.place.group() == group);
        if !known && self.follows.len() >= most {
            return Err(Refusal::new(
                Code::TooMany,
                format!("One connection follows at most {most} conversations."),
            ));
        }
        // From here on live events are kept; the log is read after that, so nothing falls between.
        self.connection.queue.hold(group);
        self.connection.join(group, place.side());
        if !known {
            self.follows.push(Followed_ { to: place.target(), place: place.clone() });
        }
        let caught_up = async {
            let mut db = domain.store.read().await.map_err(unavailable)?;
            // Found again: a conversation's log may have been made since.
            let place = domain.find(&mut db, &who, &follow.to).await?;
            domain.catch_up(&mut db, &who, &place, follow, room).await
        };
        match caught_up.await {
            Ok(followed) => {
                tops.push((group, followed.top.unwrap_or(0)));
                Ok(followed)
            }
            Err(refusal) => {
                self.unfollow(&follow.to);
                Err(refusal)
            }
        }
    }

    fn unfollow(&mut self, to: &Target) {
        use crate::protocol::names::fold;
        let same = |a: &Target, b: &Target| match (a, b) {
            (Target::Room(a), Target::Room(b)) | (Target::Person(a), Target::Person(b)) => {
                fold(a) == fold(b)
            }
            (a, b) => a == b,
        };
        if let Some(at) = self.follows.iter().position(|followed| same(&followed.to, to)) {
            let group = self.follows.remove(at).place.group();
            self.connection.part(group);
        }
    }

    /// What is on the screen. Being `here` in a room is being present in it.
    async fn here(&mut self, to: Option<Target>, _active: bool) -> Result<(), Refusal> {
        let next = match &to {
            Some(to) => {
                let domain = &self.connection.domain;
                let mut db = domain.store.read().await.map_err(unavailable)?;
                match domain.find(&mut db, &self.connection.who, to).await? {
                    Place::Room { log, .. } => Some(Group::Room(log)),
                    _ => None,
                }
            }
            None => None,
        };
        if next != self.here {
            if let Some(before) = self.here.take() {
                self.connection.exit(before);
            }
            if let Some(next) = next {
                self.connection.enter(next);
            }
            self.here = next;
        }
        Ok(())
    }
}

fn reply(queue: &Queue, re: Option<FrameId>, ok: impl serde::Serialize) {
    if let Some(re) = re {
        queue.say(text(&Reply { re, ok: Some(ok), err: None }));
    }
}

fn refuse(queue: &Queue, re: Option<FrameId>, refusal: Refusal) {
    match re {
        Some(re) => queue.say(text(&Reply::<()> { re, ok: None, err: Some(refusal) })),
        None => queue.say(text(&ServerFrame::Error { err: refusal })),
    }
}

/// The largest frame that is read at all.
pub const READ_MOST: usize = limits::FRAME_READ;
