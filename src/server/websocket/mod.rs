//! WebSocket (RFC 6455) as a server speaks it: frames as bytes that many sockets share, a reader
//! that keeps nothing between two messages, and the handshake. No extension is negotiated, so
//! there is nothing to decompress. It knows nothing of Roomful, and does no input or output.
//!
//! It is our own for the sake of delivery: a frame is encoded once however many hear it, what has
//! gathered for a socket is one write, and an idle socket costs no buffer.

pub mod frame;
pub mod handshake;
pub mod reader;

pub use frame::Frame;
pub use reader::{Message, Reader, Violation};
