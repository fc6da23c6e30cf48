//! Black-box tests: a real server, real sockets, a real database. One binary, so that it links
//! once.

// Where a test cannot go on, it says so and fails: that is what these are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

// What `make chaos` runs; its short version is a test here.
#[path = "../chaos/storm/mod.rs"]
mod storm;

mod api;
mod attacks;
mod bad_frames;
mod bad_input;
mod changes;
mod chaos;
mod churn;
mod cli;
mod direct;
mod drain;
mod emoji;
mod faults;
mod files;
mod fuzz;
mod history;
mod http;
mod installed;
mod known_faults;
mod language;
mod main_socket;
mod notifications;
mod notify;
mod pages;
mod panels;
mod people;
mod presence;
mod promises;
mod push;
mod races;
mod repeats;
mod room_socket;
mod rooms;
mod search;
mod slow_readers;
mod state;
mod tokens;
mod webhooks;
mod webpush;
