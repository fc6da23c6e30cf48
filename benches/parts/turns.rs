//! The server and the floor in turns, a second each: what the machine does besides falls on both.

use super::Outcome;
use super::scenarios::Scale;

/// How many turns each takes.
const TURNS: u32 = 4;

/// One of the two, with its clients.
pub trait Side {
    /// Works for so long; `counts`: it is measured.
    async fn turn(&mut self, how_long: std::time::Duration, counts: bool) -> Outcome<()>;
}

/// Each warms up, and then they take turns.
pub async fn take(scale: Scale, sides: &mut [&mut impl Side]) -> Outcome<()> {
    for side in sides.iter_mut() {
        side.turn(scale.warm_up, false).await?;
    }
    for _ in 0..TURNS {
        for side in sides.iter_mut() {
            side.turn(scale.measured / TURNS, true).await?;
        }
    }
    Ok(())
}
