//! Scenarios: a page, a server and the wire between them, with every race in the test's hands.

mod chance;
mod changes;
mod concerns;
mod scenarios;
mod window;
mod world;
