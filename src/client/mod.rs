//! The browser's side: connection, outbox, timeline and presence as pure state machines (event in,
//! effects out; tested natively), and one thin shell of browser calls.

pub mod house;

pub use house::{Act, HouseState, Row, Said, SaidState, Status};

/// Wakes the page that the server rendered.
#[cfg(feature = "hydrate")]
pub fn wake() {}
