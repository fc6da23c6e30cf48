//! The server: opens the house, listens, and closes it again.

pub mod config;
pub mod domain;
pub mod door;
pub mod groups;
pub mod http;
pub mod kept;
pub mod outside;
pub mod pictures;
pub mod pocket;
pub mod presence;
pub mod security;
pub mod shelf;
pub mod socket;
pub mod store;
pub mod terms;
pub mod vital;
pub mod websocket;

mod run;

pub use run::{Running, StartError, start, start_with};
