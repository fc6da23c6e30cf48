//! Both sockets: the upgrade, and what they share as connections.

pub mod connection;
pub mod life;
pub mod main_socket;
pub mod room_socket;
pub mod stream;
pub mod upgrade;
