//! Frames of a server (RFC 6455, section 5): whole, not masked, ready for the wire.

use bytes::Bytes;
use serde::Serialize;

/// Bytes that a header takes at most: two, and eight for a long length.
const HEADER: usize = 10;
/// FIN with the opcode of a text, a close, a ping, a pong.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
/// Bytes that most frames fit into.
const USUAL: usize = 256;

/// A frame as it goes over the wire. Copies share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

/// Writes a header so that it ends where `payload` begins; answers where it begins.
fn head(buffer: &mut [u8], payload: usize, first: u8) -> usize {
    let length = buffer.len() - payload;
    let (start, second) = match length {
        0..=125 => (payload - 2, length as u8),
        126..=0xffff => {
            buffer[payload - 2..payload].copy_from_slice(&(length as u16).to_be_bytes());
            (payload - 4, 126)
        }
        _ => {
            buffer[payload - 8..payload].copy_from_slice(&(length as u64).to_be_bytes());
            (payload - 10, 127)
        }
    };
    buffer[start] = first;
    buffer[start + 1] = second;
    start
}

fn finish(mut buffer: Vec<u8>, first: u8) -> Frame {
    let start = head(&mut buffer, HEADER, first);
    Frame(Bytes::from(buffer).slice(start..))
}

fn control(first: u8, payload: &[u8]) -> Frame {
    let mut buffer = vec![0; HEADER];
    buffer.extend_from_slice(payload);
    finish(buffer, first)
}

impl Frame {
    /// A text frame of this text.
    #[cfg(test)]
    pub fn text(text: &str) -> Self {
        control(TEXT, text.as_bytes())
    }

    /// A text frame of this value as JSON.
    #[must_use]
    pub fn json(value: &impl Serialize) -> Self {
        let mut buffer = Vec::with_capacity(USUAL);
        buffer.resize(HEADER, 0);
        // What is sent is plain data with text keys, which always has a JSON form.
        if serde_json::to_writer(&mut buffer, value).is_err() {
            buffer.truncate(HEADER);
        }
        finish(buffer, TEXT)
    }

    /// A ping without a payload.
    #[must_use]
    pub fn ping() -> Self {
        control(PING, &[])
    }

    /// The answer to a ping, with its payload: at most 125 bytes.
    #[must_use]
    pub fn pong(payload: &[u8]) -> Self {
        control(PONG, payload)
    }

    /// A close with this code.
    #[must_use]
    pub fn close(code: u16) -> Self {
        control(CLOSE, &code.to_be_bytes())
    }

    /// A close that says nothing: the answer to one that said nothing.
    #[must_use]
    pub fn close_without_code() -> Self {
        control(CLOSE, &[])
    }

    /// What goes over the wire.
    #[must_use]
    pub fn wire(&self) -> &Bytes {
        &self.0
    }

    /// Its bytes on the wire.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: there is always a header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it carries.
    #[cfg(test)]
    fn payload(&self) -> &[u8] {
        let start = match self.0.get(1) {
            Some(126) => 4,
            Some(127) => 10,
            _ => 2,
        };
        self.0.get(start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_shortest_header() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (0xffff, 4), (0x1_0000, 10)] {
            let text = "x".repeat(length);
            let frame = Frame::text(&text);
            assert_eq!(frame.len(), header + length);
            assert_eq!(frame.payload(), text.as_bytes());
        }
    }

    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(&Frame::text("Hello").wire()[..], b"\x81\x05Hello");
        assert_eq!(&Frame::pong(b"Hello").wire()[..], b"\x8a\x05Hello");
        assert_eq!(&Frame::close(1000).wire()[..], b"\x88\x02\x03\xe8");
        let long = Frame::text(&"x".repeat(256));
        assert_eq!(&long.wire()[..4], b"\x81\x7e\x01\x00");
    }

    #[test]
    fn json_is_a_text() {
        assert_eq!(Frame::json(&[1, 2]), Frame::text("[1,2]"));
    }
}
