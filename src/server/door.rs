//! The door: takes connections, waits for their requests, and answers them until they end or become
//! sockets. Whoever only waits never keeps out whoever asks.

mod files;
mod head;

use super::http::Routes;
use super::security::line::{Line, Place, Step};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, StatusCode};
use futures_util::future::Abortable;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

pub use files::raise_limit;

/// Connections at the door at once, sockets not counted: more than come back in one moment after a
/// restart. One that says nothing takes 1 KiB.
pub const AT_DOOR: usize = 8_192;
/// While there are more than this at the door, nobody is kept after an answer: such a one takes 22
/// KiB, hyper's buffers most of it, so that all of them stay below 45 MiB.
const KEPT: usize = 2_048;
/// How long a request's head may take, and how long a connection may be kept without one: whoever
/// sends it byte by byte would hold the connection for ever.
pub const HEAD: Duration = Duration::from_secs(15);

/// Connections that the system holds until they are taken: after a restart everybody comes back at
/// once, and whom it cannot hold tries again after a whole second.
const BACKLOG: u32 = 4_096;
/// Files that are not for connections: the database's, and the listener.
const SPARE_FILES: usize = 128;
/// However many sockets there are, this many connections may ask for something.
const AT_LEAST: usize = 64;
/// How long to wait when no connection can be taken, for files to be closed.
const BREATH: Duration = Duration::from_millis(50);
/// Whoever has just come, or was just answered, is given this long to ask before they may have to
/// make room: after a restart all come back in one moment, and a request is a round trip away.
const GRACE: Duration = Duration::from_millis(100);
/// How long to wait when nobody at the door can be sent away.
const MOMENT: Duration = Duration::from_millis(1);
/// How often at most a line is logged that would be the same each time.
const SAY_AGAIN: Duration = Duration::from_secs(10);
/// How often the door looks for connections that are stuck, …
const LOOK: Duration = Duration::from_secs(60);
/// … and after how many looks without a step they are: five minutes, in which the slowest phone
/// has the largest file. Only an answer that nobody reads takes that long.
const LOOKS: usize = 5;

/// Whether the server serves, or goes down and how: what connections at the door watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It serves.
    Open,
    /// It goes down soon: finish, close, tell the client to come back.
    Draining,
    /// It is gone now, as if the machine had lost power (tests).
    Gone,
}

/// Waits until the server goes down, and how.
pub async fn going(watch: &mut watch::Receiver<Phase>) -> Phase {
    match watch.wait_for(|phase| *phase != Phase::Open).await {
        Ok(phase) => *phase,
        // Whoever could have said it is gone: so is the server.
        Err(_) => Phase::Gone,
    }
}

/// How the door is kept.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Connections at the door at once ([`AT_DOOR`]).
    pub at_door: usize,
    /// How long a head may take ([`HEAD`]).
    pub head: Duration,
    /// Files that this process may have open.
    pub files: usize,
}

impl Rules {
    /// How many may stand at the door while so many sockets are open.
    fn most(&self, sockets: usize) -> usize {
        let files = self.files.saturating_sub(SPARE_FILES + sockets).max(AT_LEAST);
        self.at_door.min(files)
    }
}

/// Listens.
///
/// # Errors
/// Those of the system.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart is not to wait for the connections of the run before.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Takes connections until the server goes down, and then waits for those that are left. Dropped, it
/// ends them all.
pub async fn keep(
    listener: TcpListener,
    routes: Routes,
    rules: Rules,
    mut watch: watch::Receiver<Phase>,
) {
    let line = Arc::new(Line::default());
    let _all_end_with_me = EndAll(Arc::clone(&line));
    let routes = Arc::new(routes);
    let mut stuck = Stuck::default();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut said: Option<Instant> = None;
    let mut grace = Grace::default();
    loop {
        // Whom the system holds loses nothing; so who is being served comes before who is new.
        let ripe = grace.past(&line);
        let full = line.count() >= rules.most(routes.sockets())
            && (line.all_are_served() || !line.anybody_since(ripe));
        let accepted = tokio::select! {
            accepted = listener.accept(), if !full => accepted,
            () = sleep(MOMENT), if full => continue,
            _ = look.tick() => {
                stuck.look(&line);
                continue;
            }
            _ = going(&mut watch) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let most = rules.most(routes.sockets());
                // One is new; of those who are here one more than the bound may have to go, where
                // sockets have taken room meanwhile.
                line.send_away_of((line.count() + 1).saturating_sub(most), ripe);
                let (place, registration) = line.enter();
                // Until somebody has looked whether they have asked already, they wait for us: after
                // a restart all come back in one moment, and nobody of them is to be sent away.
                place.is_served();
                let served = serve(stream, peer, Arc::clone(&routes), place, rules, watch.clone());
                tokio::spawn(Abortable::new(served, registration));
            }
            Err(error) if is_the_peer_s(&error) => {}
            Err(error) => {
                if said.is_none_or(|at| at.elapsed() >= SAY_AGAIN) {
                    said = Some(Instant::now());
                    tracing::warn!(%error, "no connection can be accepted for now");
                }
                // Too many files are open: some of those that wait give theirs up, so that whoever
                // comes next is served.
                line.send_away(line.count().div_ceil(8));
                sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    line.emptied().await;
}

/// Whether a connection ended before it was taken, which is nobody's trouble.
fn is_the_peer_s(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

struct EndAll(Arc<Line>);

impl Drop for EndAll {
    fn drop(&mut self) {
        self.0.send_all_away();
    }
}

/// Knows where the line stood a [`GRACE`] ago, or somewhat longer.
#[derive(Default)]
struct Grace {
    past: Step,
    notes: VecDeque<(Instant, Step)>,
}

impl Grace {
    fn past(&mut self, line: &Line) -> Step {
        let now = Instant::now();
        // A few notes in a grace are enough.
        if self.notes.back().is_none_or(|(at, _)| now - *at >= GRACE / 10) {
            self.notes.push_back((now, line.now()));
        }
        while let Some((_, step)) = self.notes.pop_front_if(|(at, _)| now - *at >= GRACE) {
            self.past = step;
        }
        self.past
    }
}

/// Remembers where the line stood at the last looks.
#[derive(Default)]
struct Stuck(VecDeque<Step>);

impl Stuck {
    fn look(&mut self, line: &Line) {
        self.0.push_back(line.now());
        if self.0.len() > LOOKS
            && let Some(long_ago) = self.0.pop_front()
        {
            let count = line.send_away_since(long_ago);
            if count > 0 {
                tracing::debug!(count, "connections were stuck");
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Arc<Routes>,
    place: Place,
    rules: Rules,
    mut watch: watch::Receiver<Phase>,
) {
    let come = match head::look(&stream) {
        Ok(come) => come,
        Err(_) => {
            place.waits();
            tokio::select! {
                come = timeout(rules.head, head::has_come(&stream)) => come == Ok(true),
                _ = going(&mut watch) => return,
            }
        }
    };
    if come {
        // Boxed: whoever only waits is not to hold room for a conversation.
        Box::pin(converse(stream, peer, routes, place, rules.head, watch)).await;
    }
}

/// Answers one request after the other.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Arc<Routes>,
    place: Place,
    head: Duration,
    mut watch: watch::Receiver<Phase>,
) {
    // Without this a page that is written in parts waits for the client's delayed ACK, 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let place = Arc::new(place);
    let service = service_fn(|request: Request<Incoming>| {
        place.is_served();
        let (routes, place) = (Arc::clone(&routes), Arc::clone(&place));
        async move {
            let mut answer = routes.answer(request, peer).await;
            if place.in_line() > KEPT && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            place.waits();
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(head::MOST)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = going(&mut watch) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}
