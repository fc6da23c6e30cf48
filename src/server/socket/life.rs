//! The life of a connection, the same for both sockets: hear, write what waits, ping, give up on
//! silence, and say goodbye with a code.

use super::connection::{Connection, Going, going};
use crate::protocol::close as codes;
use crate::server::groups::queue::Taken;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt as _;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// A write that makes no progress for this long: the peer is gone, or reads nothing.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// How long a goodbye may take: the peer may read nothing any more.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// What differs between the two sockets.
pub trait Talk: Send {
    /// Whose life it is.
    fn connection(&self) -> &Connection;

    /// Acts on what the client sent; answers the code to close with, if any.
    fn hear(&mut self, frame: Message) -> impl Future<Output = Option<u16>> + Send;

    /// Puts what waits into the socket, not yet flushed.
    fn feed(
        &mut self,
        socket: &mut WebSocket,
        taken: Taken,
    ) -> impl Future<Output = Result<(), axum::Error>> + Send;

    /// Asks whether the client is alive.
    fn ping(
        &mut self,
        socket: &mut WebSocket,
    ) -> impl Future<Output = Result<(), axum::Error>> + Send;
}

/// The peer is gone, and there is nobody to say goodbye to.
struct Lost;

/// Lives until either side ends it.
pub async fn live(mut socket: WebSocket, mut talk: impl Talk, mut watch: watch::Receiver<Going>) {
    let config = &talk.connection().domain.config;
    let (heartbeat, patience) = (config.heartbeat, config.heartbeat + config.heartbeat_grace);
    let queue = Arc::clone(&talk.connection().queue);
    let mut heard = Instant::now();
    let mut ping_at = Instant::now() + heartbeat;

    let code = loop {
        let deadline = ping_at.min(heard + patience);
        tokio::select! {
            frame = socket.recv() => match frame {
                Some(Ok(frame)) => {
                    heard = Instant::now();
                    // Boxed: an idle connection is not to hold room for the longest answer.
                    if let Some(code) = Box::pin(talk.hear(frame)).await {
                        break code;
                    }
                }
                Some(Err(error)) => break code_of(&error),
                None => return,
            },
            () = queue.ready() => match write(&mut talk, &mut socket, WRITE_PATIENCE).await {
                Ok(None) => {}
                Ok(Some(code)) => break code,
                Err(Lost) => return,
            },
            () = tokio::time::sleep_until(deadline) => {
                let now = Instant::now();
                if now >= heard + patience {
                    break codes::NO_PONG;
                }
                if now >= ping_at {
                    ping_at = now + heartbeat;
                    if !matches!(timeout(WRITE_PATIENCE, talk.ping(&mut socket)).await, Ok(Ok(()))) {
                        return;
                    }
                    // A session also ends by its age.
                    let connection = talk.connection();
                    if let Ok(false) = connection.domain.goes_on(&connection.who).await {
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
    let rest = write(&mut talk, &mut socket, CLOSE_PATIENCE).await;
    drop(talk);
    if rest.is_ok() {
        close(socket, code).await;
    }
}

/// Writes all that waits in one go; answers the code to close with, if any.
async fn write(
    talk: &mut impl Talk,
    socket: &mut WebSocket,
    patience: Duration,
) -> Result<Option<u16>, Lost> {
    let taken = talk.connection().queue.take();
    let code = taken.close;
    let writing = async {
        talk.feed(socket, taken).await?;
        socket.flush().await
    };
    match timeout(patience, writing).await {
        Ok(Ok(())) => Ok(code),
        Ok(Err(_)) | Err(_) => Err(Lost),
    }
}

/// Says one last thing, within patience.
pub async fn last_words(socket: &mut WebSocket, text: Utf8Bytes) {
    // Whoever is gone needs none.
    let _ = timeout(CLOSE_PATIENCE, socket.send(Message::Text(text))).await;
}

/// Says goodbye with a code.
pub async fn close(mut socket: WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    let goodbye = async {
        // The peer may be gone already; there is nobody left to tell.
        let _ = socket.send(Message::Close(Some(frame))).await;
        // Reading to the end lets the close arrive: dropping a socket with unread input resets it.
        while let Some(Ok(_)) = socket.recv().await {}
    };
    let _ = timeout(CLOSE_PATIENCE, goodbye).await;
}

/// The close code for a socket that could not be read.
fn code_of(error: &axum::Error) -> u16 {
    // The capacity error is the one that a client can do something about.
    let error = error.to_string();
    if error.contains("too long") || error.contains("too big") {
        codes::TOO_BIG
    } else {
        codes::NORMAL
    }
}
