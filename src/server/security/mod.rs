//! What guards the doors: secrets, passwords, patience with those who guess, and where a request
//! comes from.

pub mod addresses;
pub mod line;
pub mod origin;
pub mod passwords;
pub mod rate;
pub mod secrets;
pub mod slowdown;
