//! Ids by which the browser's program finds parts of pages.

/// What changes with what is typed: the browser's side takes these elements out of the page that
/// the plain form would lead to.
pub const FOLLOWS: [&str; 2] = ["house-now", "rooms-found"];
/// The field.
pub const FIELD: &str = "room-name";
/// What was refused, until something else is typed.
pub const REFUSED: &str = "room-name-error";

/// The field of the list that one jumps from…
pub const JUMP_FIELD: &str = "jump-field";
/// …the list…
pub const JUMP_LIST: &str = "jump-list";
/// …what is said of it: `data-nothing` where nothing is found, `data-alone` where only what the page
/// itself knows is in it…
pub const JUMP_SAYS: &str = "jump-says";
/// …and all of it, empty, as it is held ready.
pub const JUMP_FRAME: &str = "jump-frame";

/// The attribute of the form that logs somebody out: their name.
pub const LEAVES: &str = "data-leaves";
