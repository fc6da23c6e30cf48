//! Reading what a client sends (RFC 6455, sections 5 to 7): messages out of whatever bytes have
//! come. Between two messages it keeps nothing; of an unfinished one, the bytes that have arrived
//! and never what a header promises.

use std::mem::take;

/// A header at its longest: two bytes, a length of eight, a mask of four.
const HEADER: usize = 14;
/// Bytes a control frame may carry.
const CONTROL: usize = 125;
/// A buffer larger than this is given back once it is empty.
const KEPT: usize = 4 * 1024;

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(String),
    /// Bytes; nobody looks at which.
    Binary,
    /// To be answered with a pong of the same payload.
    Ping(Vec<u8>),
    /// The answer to a ping.
    Pong,
    /// Goodbye, perhaps with a code. Nothing comes after it.
    Close(Option<u16>),
}

/// What ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Against the RFC.
    Protocol,
    /// A text that is not UTF-8.
    NotText,
    /// A message longer than is read.
    TooBig,
}

impl Violation {
    /// The close code that says so (RFC 6455, section 7.4.1).
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::NotText => 1007,
            Self::TooBig => 1009,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

struct Header {
    last: bool,
    opcode: Opcode,
    mask: [u8; 4],
    /// Its own bytes, and those of the payload.
    size: usize,
    payload: usize,
}

/// See the module.
pub struct Reader {
    /// The beginning of a frame whose rest has not come.
    partial: Vec<u8>,
    /// What the fragments of a message have brought so far, and whether it is a text.
    fragments: Option<(bool, Vec<u8>)>,
    /// Bytes of the longest message.
    most: usize,
    /// The other side has closed: whatever comes after that says nothing (RFC 6455, 5.5.1).
    closed: bool,
}

impl Reader {
    /// One that reads messages of up to `most` bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { partial: Vec::new(), fragments: None, most, closed: false }
    }

    /// Takes what has come and puts the messages that are whole into `messages`. `bytes` is
    /// unmasked in place.
    ///
    /// # Errors
    /// What the connection must end for. The messages before it are there all the same.
    pub fn feed(&mut self, bytes: &mut [u8], messages: &mut Vec<Message>) -> Result<(), Violation> {
        if self.closed {
            return Ok(());
        }
        if self.partial.is_empty() {
            let used = self.read(bytes, messages)?;
            self.partial.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        self.partial.extend_from_slice(bytes);
        let mut waiting = take(&mut self.partial);
        let used = self.read(&mut waiting, messages)?;
        waiting.drain(..used);
        if waiting.is_empty() && waiting.capacity() > KEPT {
            waiting = Vec::new();
        }
        self.partial = waiting;
        Ok(())
    }

    /// Reads all whole frames; answers how many bytes they were.
    fn read(&mut self, bytes: &mut [u8], messages: &mut Vec<Message>) -> Result<usize, Violation> {
        let mut used = 0;
        while let Some(header) = self.header(&bytes[used..])? {
            let start = used + header.size;
            let Some(payload) = bytes.get_mut(start..start + header.payload) else { break };
            unmask(payload, header.mask);
            used = start + header.payload;
            if let Some(message) = self.message(&header, payload)? {
                self.closed = matches!(message, Message::Close(_));
                messages.push(message);
                if self.closed {
                    return Ok(bytes.len());
                }
            }
        }
        Ok(used)
    }

    /// The header that `bytes` begin with, once it is whole.
    fn header(&self, bytes: &[u8]) -> Result<Option<Header>, Violation> {
        let &[first, second, ..] = bytes else { return Ok(None) };
        let opcode = Opcode::of(first & 0x0f).ok_or(Violation::Protocol)?;
        let (last, reserved, masked) = (first & 0x80 != 0, first & 0x70, second & 0x80 != 0);
        let starts = matches!(opcode, Opcode::Text | Opcode::Binary);
        let goes_on = opcode == Opcode::Continuation;
        if reserved != 0
            || !masked
            || (starts && self.fragments.is_some())
            || (goes_on && self.fragments.is_none())
        {
            return Err(Violation::Protocol);
        }
        let (length, at) = match second & 0x7f {
            126 => match bytes.get(2..4) {
                Some(length) => (length.iter().fold(0, |sum, b| sum << 8 | u64::from(*b)), 4),
                None => return Ok(None),
            },
            127 => match bytes.get(2..10) {
                Some(length) => (length.iter().fold(0, |sum, b| sum << 8 | u64::from(*b)), 10),
                None => return Ok(None),
            },
            length => (u64::from(length), 2),
        };
        if opcode.is_control() && (!last || length > CONTROL as u64) {
            return Err(Violation::Protocol);
        }
        // The highest bit of a length of eight bytes must be zero.
        if length >> 63 != 0 {
            return Err(Violation::Protocol);
        }
        let before = self.fragments.as_ref().map_or(0, |(_, before)| before.len());
        let payload = usize::try_from(length).map_err(|_| Violation::TooBig)?;
        if !opcode.is_control() && payload > self.most - before.min(self.most) {
            return Err(Violation::TooBig);
        }
        let Some(&[a, b, c, d]) = bytes.get(at..at + 4) else { return Ok(None) };
        debug_assert!(at + 4 <= HEADER);
        Ok(Some(Header { last, opcode, mask: [a, b, c, d], size: at + 4, payload }))
    }

    fn message(&mut self, header: &Header, payload: &[u8]) -> Result<Option<Message>, Violation> {
        let whole = |text: bool, payload: Vec<u8>| {
            if text {
                String::from_utf8(payload).map(Message::Text).map_err(|_| Violation::NotText)
            } else {
                Ok(Message::Binary)
            }
        };
        Ok(Some(match header.opcode {
            Opcode::Text | Opcode::Binary => {
                let text = header.opcode == Opcode::Text;
                if !header.last {
                    self.fragments = Some((text, payload.to_vec()));
                    return Ok(None);
                }
                whole(text, payload.to_vec())?
            }
            Opcode::Continuation => {
                let Some((text, mut before)) = self.fragments.take() else {
                    return Err(Violation::Protocol);
                };
                before.extend_from_slice(payload);
                if !header.last {
                    self.fragments = Some((text, before));
                    return Ok(None);
                }
                whole(text, before)?
            }
            Opcode::Ping => Message::Ping(payload.to_vec()),
            Opcode::Pong => Message::Pong,
            Opcode::Close => Message::Close(close_code(payload)?),
        }))
    }
}

/// The code of a close frame (RFC 6455, sections 5.5.1 and 7.4).
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let &[high, low, ref reason @ ..] = payload else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::Protocol) };
    };
    let code = u16::from_be_bytes([high, low]);
    let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    if !may_be_sent {
        return Err(Violation::Protocol);
    }
    std::str::from_utf8(reason).map_err(|_| Violation::NotText)?;
    Ok(Some(code))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    // Eight bytes at a time: the compiler makes wide instructions of it.
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let mut chunks = payload.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut eight = [0; 8];
        eight.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(eight) ^ wide).to_ne_bytes());
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: usize = 1_000;

    /// A client's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..=125 => bytes.push(0x80 | length as u8),
            length @ 126..=0xffff => {
                bytes.push(0x80 | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn read(bytes: &[u8], step: usize) -> (Vec<Message>, Option<Violation>) {
        let mut reader = Reader::new(MOST);
        let mut messages = Vec::new();
        for chunk in bytes.chunks(step.max(1)) {
            if let Err(violation) = reader.feed(&mut chunk.to_vec(), &mut messages) {
                return (messages, Some(violation));
            }
        }
        (messages, None)
    }

    fn text(text: &str) -> Message {
        Message::Text(text.to_owned())
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        assert_eq!(read(masked, 99), (vec![text("Hello")], None));
    }

    #[test]
    fn fragments_make_one_text_and_a_ping_may_come_between() {
        let bytes =
            [frame(0x01, b"Hel"), frame(0x89, b"?"), frame(0x00, b""), frame(0x80, b"lo")].concat();
        assert_eq!(read(&bytes, 99), (vec![Message::Ping(b"?".to_vec()), text("Hello")], None));
    }

    #[test]
    fn what_is_against_the_rfc_ends_it() {
        let protocol = |bytes: &[u8]| assert_eq!(read(bytes, 99).1, Some(Violation::Protocol));
        protocol(b"\x81\x05Hello"); // not masked
        protocol(&frame(0xc1, b"x")); // a reserved bit
        protocol(&frame(0x83, b"x")); // an opcode nobody knows
        protocol(&frame(0x80, b"x")); // goes on with nothing
        protocol(&[frame(0x01, b"x"), frame(0x81, b"y")].concat());
        protocol(&frame(0x09, b"x")); // a ping in parts
        protocol(&frame(0x89, &[0; 126]));
        protocol(&frame(0x88, b"\x03"));
        for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000_u16] {
            protocol(&frame(0x88, &code.to_be_bytes()));
        }
        protocol(b"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00"); // 2^63
        assert_eq!(read(&frame(0x81, b"\xff"), 99).1, Some(Violation::NotText));
    }

    #[test]
    fn a_promise_of_too_much_is_refused_before_it_is_kept() {
        let too_big = |bytes: &[u8]| assert_eq!(read(bytes, 99).1, Some(Violation::TooBig));
        too_big(b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff");
        too_big(&frame(0x82, &[0; MOST + 1])[..4]);
        too_big(&[frame(0x02, &[0; MOST]), frame(0x80, &[0; 1])].concat());
        assert_eq!(read(&frame(0x82, &[0; MOST]), 99), (vec![Message::Binary], None));
    }

    #[test]
    fn nothing_comes_after_a_close() {
        let bytes = [frame(0x88, &1000_u16.to_be_bytes()), frame(0x81, b"late")].concat();
        assert_eq!(read(&bytes, 9_999), (vec![Message::Close(Some(1000))], None));
        assert_eq!(read(&frame(0x88, b""), 1), (vec![Message::Close(None)], None));
        // What comes after it is not looked at, whether it came with it or later.
        let more = [frame(0x88, b""), vec![0, 0]].concat();
        for step in [1, 9_999] {
            assert_eq!(read(&more, step), (vec![Message::Close(None)], None));
        }
    }

    #[test]
    fn an_idle_reader_keeps_nothing() {
        let mut reader = Reader::new(1 << 20);
        let long = frame(0x82, &[0; 100_000]);
        let mut messages = Vec::new();
        for chunk in long.chunks(4_000) {
            assert_eq!(reader.feed(&mut chunk.to_vec(), &mut messages), Ok(()));
        }
        assert_eq!((messages.len(), reader.partial.capacity()), (1, 0));
    }

    proptest! {
        #[test]
        fn however_the_bytes_come_the_messages_are_the_same(
            texts in prop::collection::vec("\\PC{0,90}", 0..6),
            step in 1usize..200,
        ) {
            let bytes: Vec<u8> = texts.iter().flat_map(|t| frame(0x81, t.as_bytes())).collect();
            let said: Vec<_> = texts.iter().map(|t| text(t)).collect();
            prop_assert_eq!(read(&bytes, step), (said, None));
        }

        #[test]
        fn no_bytes_are_too_strange(
            mut bytes in prop::collection::vec(any::<u8>(), 0..400),
            step in 1usize..50,
            masked in any::<bool>(),
        ) {
            if let (true, Some(second)) = (masked, bytes.get_mut(1)) { *second |= 0x80 }
            let whole = read(&bytes, 400);
            prop_assert_eq!(read(&bytes, step), whole);
        }
    }
}
