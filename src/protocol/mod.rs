//! What crosses the wire, shared by server and browser: frames, targets, names, limits, refusals
//! and the data that pages are made of. Nothing here may import anything else of the project.

pub mod at;
pub mod close;
pub mod commands;
pub mod frames;
pub mod glimpse;
pub mod json;
pub mod limits;
pub mod markdown;
mod marks;
pub mod names;
pub mod notices;
pub mod panel;
pub mod people;
pub mod refusal;
#[cfg(feature = "ssr")]
pub mod search;
pub mod sheets;
pub mod target;
#[cfg(feature = "ssr")]
pub mod tokens;
pub mod urls;
pub mod views;
#[cfg(feature = "ssr")]
pub mod webhooks;

pub use at::At;
pub use refusal::{Code, Refusal};
pub use target::Target;

/// The WebSocket subprotocol of the main socket.
pub const SUBPROTOCOL: &str = "roomful.v1";
/// The version said in `hello`.
pub const VERSION: u32 = 1;
