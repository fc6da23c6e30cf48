//! What the scenarios are made of.

pub mod crowd;
pub mod floor;
pub mod pages;
pub mod process;
pub mod scenarios;
pub mod seed;
pub mod socket;
pub mod table;
pub mod turns;

/// What went wrong, in a sentence: a fault of what was measured, or of the machine.
pub type Outcome<T> = Result<T, String>;
