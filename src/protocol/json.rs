//! JSON on the wire, read in one way only: each type that is read in two ways is compiled twice, and
//! in the browser's program that is a tenth of its size. The server reads with `serde_json`, the
//! browser with a smaller reader.

#[cfg(any(test, not(feature = "ssr")))]
mod reader;

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use server_fn::{ContentType, Decodes, Encodes, Format, FormatType};

/// What a text says; nothing where it says something else.
#[cfg(feature = "ssr")]
#[must_use]
pub fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// What a text says; nothing where it says something else.
#[cfg(not(feature = "ssr"))]
#[must_use]
pub fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let mut reader = reader::Reader::new(text);
    let value = T::deserialize(&mut reader).ok()?;
    reader.ended().then_some(value)
}

/// An answer that says something else than what it should.
#[derive(Debug)]
pub struct Unreadable;

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unreadable JSON")
    }
}

/// JSON read from text, as a codec of server functions.
pub struct Text;

/// What server functions answer with.
pub type Answer = server_fn::codec::Post<Text>;

impl ContentType for Text {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Text {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Text {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Text {
    type Error = Unreadable;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        // What is not UTF-8 is no JSON either; the empty text says so.
        read(std::str::from_utf8(&bytes).unwrap_or_default()).ok_or(Unreadable)
    }
}
