//! Ids by which the browser's program finds parts of the room index.

/// What changes with what is typed: the browser's side takes these elements out of the page that
/// the plain form would lead to.
pub const FOLLOWS: [&str; 2] = ["house-now", "rooms-found"];
/// The field.
pub const FIELD: &str = "room-name";
/// What was refused, until something else is typed.
pub const REFUSED: &str = "room-name-error";
