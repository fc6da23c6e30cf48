//! A WebSocket client that costs little: what is measured is the server. It keeps no buffer, reads
//! into one that all share, and looks into a frame no further than it must.

use super::{Outcome, seed};
use std::cell::RefCell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// What one read takes, at most.
const READ: usize = 256 * 1024;
/// Every client's frames are masked; which mask makes no difference to the work.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x17, 0x9e];
/// Where the fields that are looked for stand, counted from a frame's beginning.
const NEAR: usize = 192;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// A frame that came.
pub enum Said<'a> {
    /// Something happened in a room. What one's own log tells beside it is not counted.
    Event {
        /// Its place in the log.
        seq: i64,
        /// All of it.
        text: &'a [u8],
    },
    /// The answer to the frame of that number.
    Answer(u64, &'a [u8]),
    /// People came or went.
    Online,
    /// Are you there?
    Ping,
    /// Goodbye, with this code.
    Close(u16),
    /// Anything else.
    Other,
}

/// Whom a connection is of, and where it leads.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    /// The server.
    pub addr: SocketAddr,
    /// The path.
    pub path: &'a str,
    /// Who comes, if anybody known.
    pub person: Option<usize>,
}

/// Says something on that connection; false when the socket does not take it at once, which it
/// always does unless the server has stopped reading.
pub fn say(write: &OwnedWriteHalf, text: &str) -> bool {
    let mut frame = Vec::with_capacity(text.len() + 8);
    frame.push(0x81);
    match u8::try_from(text.len()) {
        Ok(short @ ..126) => frame.push(0x80 | short),
        _ => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(text.len() as u16).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(text.bytes().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    write.try_write(&frame).is_ok_and(|sent| sent == frame.len())
}

/// One connection.
pub struct Client {
    read: OwnedReadHalf,
    /// For whoever says something on it.
    pub write: Rc<OwnedWriteHalf>,
    /// The beginning of a frame.
    rest: Vec<u8>,
}

impl Client {
    /// Connects and upgrades.
    pub async fn open(door: Door<'_>) -> Outcome<Self> {
        let failed = |why: std::io::Error| format!("no connection: {why}");
        let mut stream = TcpStream::connect(door.addr).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let cookie = door.person.map_or_else(String::new, |person| {
            format!("Cookie: roomful_session={}\r\n", seed::secret(person))
        });
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: roomful.v1\r\n{cookie}\r\n",
            door.path, door.addr
        );
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut rest = Vec::with_capacity(512);
        let head = loop {
            if stream.read_buf(&mut rest).await.map_err(failed)? == 0 {
                return Err("the server hung up during the handshake".to_owned());
            }
            if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        if !rest.starts_with(b"HTTP/1.1 101") {
            return Err(format!("no upgrade: {}", String::from_utf8_lossy(&rest)));
        }
        let rest = rest[head..].to_vec();
        let (read, write) = stream.into_split();
        Ok(Self { read, write: Rc::new(write), rest })
    }

    /// Says something.
    pub fn say(&self, text: &str) -> Outcome<()> {
        say(&self.write, text).then_some(()).ok_or_else(|| "the server does not read".to_owned())
    }

    /// Reads once, and shows the frames that are whole.
    pub async fn read(&mut self, mut on: impl FnMut(Said<'_>)) -> Outcome<()> {
        // What came with the handshake is there before anything is read.
        let used = frames(&self.rest, &mut on);
        if used > 0 {
            self.rest.drain(..used);
            return Ok(());
        }
        let read = poll_fn(|cx| {
            INPUT.with_borrow_mut(|input| {
                let mut buffer = ReadBuf::new(input);
                ready!(Pin::new(&mut self.read).poll_read(cx, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            })
        });
        let read = read.await.map_err(|why: std::io::Error| format!("cut off: {why}"))?;
        if read == 0 {
            return Err("the server hung up".to_owned());
        }
        INPUT.with_borrow(|input| {
            if self.rest.is_empty() {
                let used = frames(&input[..read], &mut on);
                self.rest.extend_from_slice(&input[used..read]);
            } else {
                self.rest.extend_from_slice(&input[..read]);
                let used = frames(&self.rest, &mut on);
                self.rest.drain(..used);
            }
            if self.rest.is_empty() {
                self.rest = Vec::new();
            }
        });
        Ok(())
    }

    /// Reads until the answer to the frame of that number, and returns it.
    pub async fn answer(&mut self, re: u64) -> Outcome<String> {
        let mut found = None;
        let mut closed = None;
        while found.is_none() {
            self.read(|said| match said {
                Said::Answer(number, text) if number == re => {
                    found = Some(String::from_utf8_lossy(text).into_owned());
                }
                Said::Close(code) => closed = Some(code),
                _ => {}
            })
            .await?;
            if let Some(code) = closed {
                return Err(format!("closed with {code}"));
            }
        }
        Ok(found.unwrap_or_default())
    }
}

/// Shows the whole frames in `input`; answers how many bytes they were.
fn frames(input: &[u8], on: &mut impl FnMut(Said<'_>)) -> usize {
    let mut at = 0;
    while let [first, second, rest @ ..] = &input[at..] {
        let (length, more) = match (*second, rest) {
            (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 2),
            (127, [a, b, c, d, e, f, g, h, ..]) => {
                (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as usize, 8)
            }
            (short @ ..126, _) => (usize::from(short), 0),
            _ => break,
        };
        let Some(payload) = rest.get(more..more + length) else { break };
        on(match first & 0x0f {
            1 => reading(payload),
            8 => Said::Close(
                payload.get(..2).map_or(1005, |two| u16::from_be_bytes([two[0], two[1]])),
            ),
            _ => Said::Other,
        });
        at += 2 + more + length;
    }
    at
}

fn reading(text: &[u8]) -> Said<'_> {
    if text.starts_with(br#"{"t":"event","to":"~""#) {
        Said::Other
    } else if text.starts_with(br#"{"t":"event""#) {
        Said::Event { seq: number(text, b"\"seq\":").unwrap_or(-1), text }
    } else if text.starts_with(br#"{"re":"#) {
        Said::Answer(number(text, b"\"re\":").unwrap_or(0) as u64, text)
    } else if text.starts_with(br#"{"t":"online""#) {
        Said::Online
    } else if text.starts_with(br#"{"t":"ping""#) {
        Said::Ping
    } else {
        Said::Other
    }
}

/// What follows the key, near the frame's beginning.
pub fn after<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let near = &text[..text.len().min(NEAR)];
    let at = near.windows(key.len()).position(|window| window == key)?;
    Some(&text[at + key.len()..])
}

/// The number that follows the key, near the frame's beginning.
pub fn number(text: &[u8], key: &[u8]) -> Option<i64> {
    let digits = after(text, key)?;
    let mut value = None;
    for digit in digits.iter().take_while(|byte| byte.is_ascii_digit()) {
        value = Some(value.unwrap_or(0) * 10 + i64::from(digit - b'0'));
    }
    value
}
