//! The parts of pages, a file each.

pub mod awake;
pub mod composer;
pub mod facade;
pub mod face;
#[cfg(feature = "ssr")]
pub mod field;
pub mod house;
pub mod icons;
pub mod ids;
pub mod keeper;
pub mod keys;
pub mod links;
pub mod live;
pub mod message;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod page_header;
pub mod panel;
#[cfg(feature = "ssr")]
pub mod room_picker;
pub mod roster;
pub mod side;
pub mod status_line;
pub mod timeline;
pub mod window;
pub mod words;

pub use house::HouseView;
#[cfg(feature = "ssr")]
pub use room_picker::RoomPicker;
