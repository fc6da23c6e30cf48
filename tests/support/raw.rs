//! A peer that keeps to no rule: bytes over TCP, and WebSocket frames made by hand (RFC 6455).

use super::{soon, wire::NO_CLOSE_FRAME};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A continuation of a message.
pub const CONTINUATION: u8 = 0x0;
/// Text.
pub const TEXT: u8 = 0x1;
/// Bytes.
pub const BINARY: u8 = 0x2;
/// The end.
pub const CLOSE: u8 = 0x8;
/// Are you there?
pub const PING: u8 = 0x9;
/// I am.
pub const PONG: u8 = 0xA;

/// The bit that ends a message.
pub const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// The bytes that mask whatever is sent here; any do.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame of a client: `first` is its first byte, flags and opcode.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = promise(first, payload.len() as u64);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The head of a masked frame that promises so many bytes, in the shortest form.
pub fn promise(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(MASKED | length as u8),
        126..0x1_0000 => {
            bytes.push(MASKED | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(MASKED | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes
}

/// A whole text.
pub fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

/// A close frame: a code, and a reason.
pub fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// A frame of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub opcode: u8,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The code of a close frame; 1005 where it has none.
    pub fn code(&self) -> u16 {
        self.payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))
    }
}

/// A connection.
pub struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Raw {
    /// Connects and says nothing.
    pub async fn connect(addr: SocketAddr) -> Self {
        let stream = soon("a connection", TcpStream::connect(addr)).await;
        let stream = stream.expect("the house answers");
        stream.set_nodelay(true).expect("a TCP socket");
        Self { stream, unread: Vec::new() }
    }

    /// Opens a WebSocket; gives the head of the answer too.
    pub async fn upgrade(
        addr: SocketAddr,
        path: &str,
        headers: &[(String, String)],
    ) -> (Self, String) {
        let mut raw = Self::connect(addr).await;
        let mut head = format!(
            "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        raw.send(head.as_bytes()).await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        (raw, head)
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) {
        let sent = soon("bytes to go out", self.stream.write_all(bytes)).await;
        sent.expect("the connection is open");
    }

    /// Sends bytes, whether or not anybody is still there. False: nobody is.
    pub async fn send_if_open(&mut self, bytes: &[u8]) -> bool {
        soon("bytes to go out", self.stream.write_all(bytes)).await.is_ok()
    }

    /// Sends as much as is taken without anything being read here; gives how much that was.
    pub async fn send_until_full(&mut self, bytes: &[u8]) -> usize {
        // The other side has stopped reading when nothing moves for this long.
        const STILL: std::time::Duration = std::time::Duration::from_millis(500);
        let mut sent = 0;
        while sent < bytes.len() {
            match tokio::time::timeout(STILL, self.stream.write(&bytes[sent..])).await {
                Ok(Ok(count)) => sent += count,
                Ok(Err(_)) | Err(_) => break,
            }
        }
        sent
    }

    /// Says that nothing more will be said.
    pub async fn hang_up(&mut self) {
        // It may be gone already.
        let _ = self.stream.shutdown().await;
    }

    /// The head of an HTTP answer.
    pub async fn head(&mut self) -> String {
        soon("the head of an answer", async {
            loop {
                if let Some(end) = self.unread.windows(4).position(|w| w == b"\r\n\r\n") {
                    let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                    return String::from_utf8(head).expect("a head is text");
                }
                assert!(self.more().await, "the end came first: {:?}", self.unread);
            }
        })
        .await
    }

    /// Everything that still comes, up to the end.
    pub async fn rest(&mut self) -> Vec<u8> {
        soon("the end of the connection", async { while self.more().await {} }).await;
        std::mem::take(&mut self.unread)
    }

    /// Whether the end has come, without waiting for it.
    pub async fn has_ended(&mut self) -> bool {
        let now = std::time::Duration::from_millis(1);
        matches!(tokio::time::timeout(now, self.more()).await, Ok(false))
    }

    async fn more(&mut self) -> bool {
        // A reset is an end too.
        self.stream.read_buf(&mut self.unread).await.is_ok_and(|count| count > 0)
    }

    /// The next frame; `None` at the end.
    pub async fn frame(&mut self) -> Option<Frame> {
        soon("a frame", async {
            loop {
                if let Some(frame) = self.take_frame() {
                    return Some(frame);
                }
                if !self.more().await {
                    return None;
                }
            }
        })
        .await
    }

    fn take_frame(&mut self) -> Option<Frame> {
        let [first, second] = *self.unread.first_chunk()?;
        // What a server sends is whole here, uses no extension, and is never masked.
        assert_eq!(first & 0xF0, FIN, "{first:#x}");
        assert_eq!(second & MASKED, 0, "a server masks nothing");
        let (from, length) = match second {
            126 => (4, u16::from_be_bytes(*self.unread.get(2..)?.first_chunk()?) as usize),
            127 => (10, u64::from_be_bytes(*self.unread.get(2..)?.first_chunk()?) as usize),
            length => (2, length as usize),
        };
        let payload = self.unread.get(from..from + length)?.to_vec();
        self.unread.drain(..from + length);
        Some(Frame { opcode: first & 0x0F, payload })
    }

    /// The first frame of that kind; others are passed over.
    pub async fn next(&mut self, opcode: u8) -> Frame {
        while let Some(frame) = self.frame().await {
            if frame.opcode == opcode {
                return frame;
            }
        }
        panic!("the end came before a frame of kind {opcode:#x}");
    }

    /// The first JSON frame that is `wanted`; others are passed over.
    pub async fn json(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next(TEXT).await;
            let json = serde_json::from_slice(&frame.payload).expect("the server says JSON");
            if wanted(&json) {
                return json;
            }
        }
    }

    /// Reads to the end; gives the code of the close frame before it.
    pub async fn closed(mut self) -> u16 {
        while let Some(frame) = self.frame().await {
            if frame.opcode == CLOSE {
                // We answer, as is due; then the server ends the connection.
                self.send_if_open(&super::raw::frame(FIN | CLOSE, &frame.payload)).await;
                self.rest().await;
                return frame.code();
            }
        }
        NO_CLOSE_FRAME
    }
}
