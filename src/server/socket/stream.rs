//! A WebSocket over TCP. It reads and writes by way of buffers that all connections of a thread
//! share: an idle connection holds none, and what has gathered for it goes out in one write.

use crate::server::websocket::{Message, Reader, Violation};
use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

/// Bytes read, and gathered for a write, at once.
pub const AT_ONCE: usize = 64 * 1024;

thread_local! {
    /// For reading: always [`AT_ONCE`] bytes, which are not cleared between two reads.
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; AT_ONCE]);
    /// For what is gathered for a write.
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// See the module.
pub struct Stream {
    tcp: TcpStream,
    reader: Reader,
    /// What the system did not take: the end of the last write.
    rest: Vec<u8>,
}

/// Why nothing more can be read.
#[derive(Debug)]
pub enum Ended {
    /// The peer is gone.
    Lost,
    /// The peer broke the rules.
    Broken(Violation),
}

impl Stream {
    /// A socket whose handshake is done, and which reads messages of up to `most` bytes.
    #[must_use]
    pub fn new(tcp: TcpStream, most: usize) -> Self {
        Self { tcp, reader: Reader::new(most), rest: Vec::new() }
    }

    /// What came together with the handshake.
    ///
    /// # Errors
    /// When the peer broke the rules.
    pub fn begin(&mut self, early: &[u8], messages: &mut Vec<Message>) -> Result<(), Ended> {
        self.reader.feed(&mut early.to_vec(), messages).map_err(Ended::Broken)
    }

    /// Ready when something may be read.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        // An error shows when it is read.
        self.tcp.poll_read_ready(cx).map(drop)
    }

    /// Ready when something may be written.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.tcp.poll_write_ready(cx).map(drop)
    }

    /// Reads what has come, once anything has.
    ///
    /// # Errors
    /// [`Ended`]; the messages before it are there all the same.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        messages: &mut Vec<Message>,
    ) -> Poll<Result<(), Ended>> {
        INPUT.with_borrow_mut(|shared| {
            let mut read = ReadBuf::new(shared);
            let done = ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut read));
            Poll::Ready(match (done, read.filled_mut()) {
                (Err(_), _) | (Ok(()), []) => Err(Ended::Lost),
                (Ok(()), bytes) => self.reader.feed(bytes, messages).map_err(Ended::Broken),
            })
        })
    }

    /// Reads to see whether anything more comes, and forgets what it was.
    ///
    /// # Errors
    /// When nothing more will come.
    pub fn read_in_vain(&mut self) -> io::Result<()> {
        INPUT.with_borrow_mut(|shared| match self.tcp.try_read(shared) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if !is_later(&error) => Err(error),
            _ => Ok(()),
        })
    }

    /// Whether the end of the last write still waits to be taken.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Writes the end of the last write, as much as the system takes.
    ///
    /// # Errors
    /// When the peer is gone.
    pub fn write_rest(&mut self) -> io::Result<()> {
        let written = write(&self.tcp, &self.rest)?;
        if written == self.rest.len() {
            self.rest = Vec::new();
        } else {
            self.rest.drain(..written);
        }
        Ok(())
    }

    /// Writes what `gather` puts into the buffer. What the system does not take at once waits, and
    /// the stream [`Stream::is_blocked`].
    ///
    /// # Errors
    /// When the peer is gone.
    pub fn write<T>(&mut self, gather: impl FnOnce(&mut Vec<u8>) -> T) -> io::Result<T> {
        OUTPUT.with_borrow_mut(|shared| {
            shared.clear();
            let gathered = gather(shared);
            let written = if self.rest.is_empty() { write(&self.tcp, shared)? } else { 0 };
            self.rest.extend_from_slice(shared.get(written..).unwrap_or_default());
            // An answer may have been longer than the buffer is to stay.
            if shared.capacity() > 2 * AT_ONCE {
                *shared = Vec::new();
            }
            Ok(gathered)
        })
    }

    /// Says that nothing more will be written.
    ///
    /// # Errors
    /// When the peer is gone.
    pub async fn shut_down(&mut self) -> io::Result<()> {
        self.tcp.shutdown().await
    }
}

/// Writes as much as the system takes; answers how much that was.
fn write(tcp: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while let Some(rest @ [_, ..]) = bytes.get(written..) {
        match tcp.try_write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(some) => written += some,
            Err(error) if is_later(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
