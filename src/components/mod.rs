//! The parts of pages, a file each.

pub mod house;
pub mod room_picker;
