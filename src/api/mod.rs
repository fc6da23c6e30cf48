//! Server functions, a file per noun: what plain forms post to and what the browser's program
//! calls. Each calls one verb of the domain.

pub mod accounts;
pub mod devices;
pub mod members;
pub mod messages;
pub mod notices;
pub mod people;
pub mod rooms;
pub mod settings;
pub mod tokens;
pub mod webhooks;
