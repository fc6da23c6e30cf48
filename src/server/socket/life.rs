//! The life of a connection, the same for both sockets: hear, write what waits, ping, give up on
//! silence, and say goodbye with a code.

use super::connection::Connection;
use super::stream::{AT_ONCE, Ended, Stream};
use crate::protocol::close as codes;
use crate::server::domain::connections::Seat;
use crate::server::groups::queue::{Dialect, Going, Ready};
use crate::server::groups::wire::Comings;
use crate::server::groups::{Group, Queue};
use crate::server::websocket::{Frame, Message};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

/// A write that makes no progress for this long: the peer is gone, or reads nothing. A reader that
/// was too slow, too, has this long to read why it is being closed.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// How long a goodbye may take: the peer may read nothing any more.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
/// The code of an answer to a close that had none.
const NO_CODE: u16 = 0;

/// What a client says, as far as both sockets care.
pub enum Heard {
    /// A frame.
    Text(String),
    /// A frame of bytes, which neither socket speaks.
    Binary,
}

/// What differs between the two sockets.
pub trait Talk: Send {
    /// Whose life it is.
    fn connection(&self) -> &Connection;

    /// Acts on what the client sent; answers the code to close with, if any.
    fn hear(&mut self, heard: Heard) -> impl Future<Output = Option<u16>> + Send;

    /// Puts who came and who left into frames; for a language that tells it one by one.
    fn word(&mut self, comings: &Comings, out: &mut Vec<u8>);

    /// Puts a fresh list of who is in a place into frames.
    fn list_afresh(&mut self, place: Group, out: &mut Vec<u8>);

    /// A group may not be followed any more: whatever is held for it is given back.
    fn lose(&mut self, group: Group);

    /// Asks whether the client is alive.
    fn ping(&self) -> Frame;
}

/// What a connection wakes up for.
enum Woken {
    /// Something waits to be written.
    ToWrite,
    /// The system takes more of the last write.
    Writable,
    /// Something has come, or nothing more will.
    Heard(Result<(), Ended>),
    /// It is time for a ping, or to give up.
    Time,
}

/// How a life ends.
enum End {
    /// With a goodbye.
    Close(u16),
    /// The peer is gone, and there is nobody to say goodbye to.
    Lost,
}

impl From<std::io::Error> for End {
    fn from(_: std::io::Error) -> Self {
        Self::Lost
    }
}

struct Life<T> {
    talk: T,
    stream: Stream,
    queue: Arc<Queue>,
    alarm: Pin<Box<Sleep>>,
    /// Whether something may be read; if not, `reader` is woken when it may.
    may_read: bool,
    reader: Waker,
    messages: Vec<Message>,
    /// When the client was last heard.
    heard: Instant,
    ping_at: Instant,
    /// Since when the system has taken nothing of the last write.
    blocked_at: Option<Instant>,
    /// The server goes down: nothing more is heard, and once everything is answered, this code.
    going: Option<u16>,
}

/// Begins the life of a connection, which goes on until either side ends it. `seat` is given back
/// when it is closed for good.
///
/// It is a task of its own: what the handshake needed is given back, and what a task touches each
/// time it wakes is small.
pub fn begin(stream: Stream, talk: impl Talk + 'static, early: Vec<Message>, seat: Seat) {
    let now = Instant::now();
    let ping_at = now + talk.connection().domain.config.heartbeat;
    let life = Life {
        queue: Arc::clone(&talk.connection().queue),
        stream,
        alarm: Box::pin(sleep_until(ping_at)),
        may_read: true,
        reader: talk.connection().queue.signal(Ready::Read),
        messages: early,
        talk,
        heard: now,
        ping_at,
        blocked_at: None,
        going: None,
    };
    tokio::spawn(life.live(seat));
}

impl<T: Talk> Life<T> {
    async fn live(mut self, seat: Seat) {
        let mut heard_last = false;
        self.set_alarm();
        let end = loop {
            if !self.messages.is_empty()
                && let Some(end) = Box::pin(self.take_in()).await
            {
                break end;
            }
            let woken = poll_fn(|cx| self.poll(cx, heard_last)).await;
            heard_last = matches!(woken, Woken::Heard(_));
            let done = match woken {
                Woken::ToWrite => self.write(),
                Woken::Writable => self.write_rest(),
                Woken::Time => Box::pin(self.time()).await,
                Woken::Heard(Ok(())) => Ok(()),
                Woken::Heard(Err(Ended::Lost)) => Err(End::Lost),
                Woken::Heard(Err(Ended::Broken(violation))) => {
                    let ended = Box::pin(self.take_in()).await;
                    Err(ended.unwrap_or(End::Close(violation.code())))
                }
            };
            if let Err(end) = done {
                break end;
            }
            if let Some(code) = self.going
                && !self.stream.is_blocked()
                && self.queue.is_settled()
            {
                break End::Close(code);
            }
            tokio::task::consume_budget().await;
        };
        let Self { talk, stream, queue, .. } = self;
        // The others need not wait for the goodbye.
        drop(talk);
        if let End::Close(code) = end {
            Box::pin(close(stream, &queue, code)).await;
        }
        drop(seat);
    }

    /// Reading and writing come first in turn: whoever is told much must be heard all the same, and
    /// whoever says much must be answered.
    fn poll(&mut self, cx: &mut Context<'_>, heard_last: bool) -> Poll<Woken> {
        if !heard_last && let Poll::Ready(heard) = self.poll_hear() {
            return Poll::Ready(heard);
        }
        loop {
            let hears = self.going.is_none();
            let ready = match (self.stream.is_blocked(), hears) {
                (true, _) if self.stream.poll_write_ready(cx).is_ready() => {
                    return Poll::Ready(Woken::Writable);
                }
                // What waits cannot be written now, but the end does not wait for that.
                (true, true) => self.queue.poll_end(cx),
                (true, false) => self.queue.poll_nothing(cx),
                (false, true) => self.queue.poll_ready(cx),
                (false, false) => self.queue.poll_settled(cx),
            };
            match ready {
                Poll::Ready(Ready::Take) => return Poll::Ready(Woken::ToWrite),
                Poll::Ready(Ready::Alarm) => return Poll::Ready(Woken::Time),
                Poll::Ready(Ready::Read) => self.may_read = true,
                Poll::Pending => {
                    if !self.may_read || !hears {
                        return Poll::Pending;
                    }
                }
            }
            if let Poll::Ready(heard) = self.poll_hear() {
                return Poll::Ready(heard);
            }
        }
    }

    fn poll_hear(&mut self) -> Poll<Woken> {
        if !self.may_read || self.going.is_some() {
            return Poll::Pending;
        }
        let mut cx = Context::from_waker(&self.reader);
        let heard = self.stream.poll_read(&mut cx, &mut self.messages);
        self.may_read = heard.is_ready();
        heard.map(Woken::Heard)
    }

    /// Acts on messages; answers how they end the connection, if they do.
    async fn take_in(&mut self) -> Option<End> {
        self.heard = Instant::now();
        // Taken whole: what a burst needed is not kept.
        for message in std::mem::take(&mut self.messages) {
            // Whoever was shut out says nothing more, even if it was sent before they knew.
            if let (Some(code), _) = self.queue.end() {
                return Some(End::Close(code));
            }
            let heard = match message {
                Message::Text(text) => Heard::Text(text),
                Message::Binary => Heard::Binary,
                Message::Ping(payload) => {
                    self.queue.say(&Frame::pong(&payload));
                    continue;
                }
                Message::Pong => continue,
                Message::Close(code) => return Some(End::Close(code.unwrap_or(NO_CODE))),
            };
            if let Some(code) = self.talk.hear(heard).await {
                return Some(End::Close(code));
            }
            // Whoever asks much at once and reads the answers is no slow reader.
            if !self.stream.is_blocked()
                && self.queue.is_half_full()
                && let Err(end) = self.write()
            {
                return Some(end);
            }
        }
        None
    }

    /// Writes what waits, as much as goes out at once.
    fn write(&mut self) -> Result<(), End> {
        if self.stream.is_blocked() {
            let (close, going) = self.queue.end();
            return self.ended(close, going);
        }
        let (queue, talk) = (&self.queue, &mut self.talk);
        let taken = self.stream.write(|out| {
            let taken = queue.take(out, AT_ONCE, |comings, out| talk.word(comings, out));
            for place in &taken.stale {
                talk.list_afresh(*place, out);
            }
            taken
        })?;
        for group in &taken.gone {
            self.talk.lose(*group);
        }
        if self.stream.is_blocked() {
            self.blocked_at = Some(Instant::now());
            self.set_alarm();
        }
        self.ended(taken.close, taken.going)
    }

    fn write_rest(&mut self) -> Result<(), End> {
        self.stream.write_rest()?;
        self.blocked_at = self.stream.is_blocked().then(Instant::now);
        Ok(())
    }

    fn ended(&mut self, close: Option<u16>, going: Option<Going>) -> Result<(), End> {
        match going {
            Some(Going::Gone) => return Err(End::Lost),
            Some(Going::Closing(code)) => self.going = Some(code),
            None => {}
        }
        close.map_or(Ok(()), |code| Err(End::Close(code)))
    }

    /// Has the time looked at when something is due. The alarm wakes the queue, not the task: a
    /// task that wakes because something waits for it need not look at the clock.
    fn set_alarm(&mut self) {
        let silent = self.heard + self.patience();
        let next = silent.min(self.ping_at);
        let next = self.blocked_at.map_or(next, |since| next.min(since + WRITE_PATIENCE));
        self.alarm.as_mut().reset(next);
        let waker = self.queue.signal(Ready::Alarm);
        if self.alarm.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            waker.wake();
        }
    }

    /// How long a client may be silent.
    fn patience(&self) -> Duration {
        let config = &self.talk.connection().domain.config;
        config.heartbeat + config.heartbeat_grace
    }

    async fn time(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.blocked_at.is_some_and(|since| now >= since + WRITE_PATIENCE) {
            return Err(End::Lost);
        }
        if now >= self.heard + self.patience() {
            return Err(End::Close(codes::NO_PONG));
        }
        if now >= self.ping_at {
            let connection = self.talk.connection();
            self.ping_at = now + connection.domain.config.heartbeat;
            self.queue.say(&self.talk.ping());
            // A session also ends by its age.
            if let Ok(false) = connection.domain.goes_on(&connection.who).await {
                return Err(End::Close(codes::LOGIN_NEEDED));
            }
        }
        self.set_alarm();
        Ok(())
    }
}

/// Says one last thing and goodbye, to somebody who was never let in.
pub async fn turn_away(stream: Stream, last_words: Option<Frame>, code: u16) {
    let queue = Queue::new(Dialect::Room, None, 1, AT_ONCE);
    if let Some(words) = last_words {
        queue.say(&words);
    }
    close(stream, &queue, code).await;
}

/// Writes what waits, says goodbye with a code, and waits a moment for it to arrive.
async fn close(mut stream: Stream, queue: &Queue, code: u16) {
    let patience = if code == codes::TOO_SLOW { WRITE_PATIENCE } else { CLOSE_PATIENCE };
    let written = {
        let mut writing = pin!(say_goodbye(&mut stream, queue, code));
        tokio::select! {
            written = timeout(patience, writing.as_mut()) => written,
            // The server goes down: there is less time.
            () = poll_fn(|cx| queue.poll_going(cx)) => timeout(CLOSE_PATIENCE, writing).await,
        }
    };
    if let Ok(Ok(())) = written {
        // Reading to the end lets the goodbye arrive: a socket that is dropped with input unread is
        // reset.
        let reading = async {
            loop {
                poll_fn(|cx| stream.poll_read_ready(cx)).await;
                if stream.read_in_vain().is_err() {
                    return;
                }
            }
        };
        // Whoever does not go by then is left alone.
        let _ = timeout(CLOSE_PATIENCE, reading).await;
    }
}

async fn say_goodbye(stream: &mut Stream, queue: &Queue, code: u16) -> std::io::Result<()> {
    let goodbye = if code == NO_CODE { Frame::close_without_code() } else { Frame::close(code) };
    loop {
        while stream.is_blocked() {
            poll_fn(|cx| stream.poll_write_ready(cx)).await;
            stream.write_rest()?;
        }
        let more = stream.write(|out| {
            let taken = queue.take(out, AT_ONCE, |_, _| {});
            if !taken.more {
                out.extend_from_slice(goodbye.wire());
            }
            taken.more
        })?;
        if !more {
            break;
        }
    }
    while stream.is_blocked() {
        poll_fn(|cx| stream.poll_write_ready(cx)).await;
        stream.write_rest()?;
    }
    stream.shut_down().await
}
