//! Black-box tests: a real server, real sockets, a real database. One binary, so that it links
//! once.

// Where a test cannot go on, it says so and fails: that is what these are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod bad_frames;
mod bad_input;
mod cli;
mod direct;
mod faults;
mod fuzz;
mod http;
mod known_faults;
mod main_socket;
mod promises;
mod room_socket;
