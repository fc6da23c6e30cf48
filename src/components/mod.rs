//! The parts of pages, a file each.

pub mod attach;
pub mod attachment;
pub mod awake;
pub mod completion;
pub mod composer;
pub mod facade;
pub mod face;
pub mod field;
pub mod house;
pub mod icons;
pub mod keeper;
pub mod keys;
pub mod live;
pub mod message;
#[cfg(feature = "hydrate")]
pub mod message_menu;
pub mod notice;
pub mod page_header;
pub mod panel;
#[cfg(feature = "hydrate")]
pub mod picker;
pub mod quote;
pub mod reactions;
pub mod room_picker;
pub mod roster;
pub mod side;
pub mod status_line;
pub mod text;
pub mod timeline;
pub mod typing;
pub mod window;
pub mod words;

pub use house::HouseView;
pub use room_picker::RoomPicker;
