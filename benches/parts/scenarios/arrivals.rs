//! Thousands connect, log in and subscribe, each a person of their own; and then they idle, and the
//! memory they take is counted.

use super::super::Outcome;
use super::super::crowd::{Arrived, Entrance, arrive, gather};
use super::super::process::Server;
use super::super::seed::{House, Plan};
use super::super::table::{Aim, Line};
use super::Scale;
use std::time::{Duration, Instant};

/// Connections.
const MANY: usize = 5_000;
/// Accepted and subscribed per second of the server's CPU time.
const AIM: f64 = 5_000.0;
/// KiB of resident memory for each.
const MEMORY_AIM: f64 = 8.0;
/// Until what opening needed for a moment has been given back.
const SETTLE: Duration = Duration::from_secs(2);

/// Measures both.
pub async fn run(scale: Scale) -> Outcome<Vec<Line>> {
    let many = scale.crowd(MANY);
    let house = House::make(Plan::people_and_rooms(many + 1, 1)).await?;
    let ours = come(Server::roomful(house)?, many).await?;
    let floor = come(Server::floor()?, many).await?;
    Ok(vec![
        Line::new(
            format!("{many} connections accepted and subscribed"),
            ours.per_cpu,
            "conn/CPU s",
        )
        .beside(floor.per_cpu)
        .aim(Aim::AtLeast(AIM)),
        Line::new("  the same per second of the clock", ours.per_second, "conn/s")
            .beside(floor.per_second),
        Line::new(format!("memory of each of {many}, idle and subscribed"), ours.kib, "KiB")
            .beside(floor.kib)
            .aim(Aim::AtMost(MEMORY_AIM)),
    ])
}

struct Came {
    per_cpu: f64,
    per_second: f64,
    kib: f64,
}

async fn come(server: Server, many: usize) -> Outcome<Came> {
    let how = Entrance { room: 1, here: false };
    // Whatever the first connection makes for all is not counted for the others.
    let _first: Arrived = arrive(&server, many + 1, how).await?;
    tokio::time::sleep(SETTLE).await;
    let (start, before) = (Instant::now(), server.usage());
    let arrived = gather(&server, many, how).await?;
    let wall = start.elapsed().as_secs_f64();
    let cpu = (server.usage().cpu - before.cpu).as_secs_f64();
    tokio::time::sleep(SETTLE).await;
    let kib = (server.usage().rss_kib - before.rss_kib) / many as f64;
    drop(arrived);
    Ok(Came { per_cpu: many as f64 / cpu.max(0.01), per_second: many as f64 / wall, kib })
}
