//! Pages, rendered by the server from the database.

use super::super::Outcome;
use super::super::pages::ask;
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::table::{Aim, Line};
use super::Scale;

/// Pages per second of the server's CPU time.
const INDEX_AIM: f64 = 6_000.0;
const ROOM_AIM: f64 = 5_100.0;
/// What stands in the house: a page of messages, a page of rooms, some people.
const PLAN: Plan = Plan { people: 64, rooms: 20, first: 50, others: 3, readers: 64 };

/// Measures four.
pub async fn run(scale: Scale) -> Outcome<Vec<Line>> {
    let server = Server::roomful(House::make(PLAN).await?)?;
    let mut lines = Vec::new();
    let place = format!("/chat/{}/", room(1));
    for (name, path, aim) in
        [("room index", "/chat/", INDEX_AIM), ("room, 50 messages", &place, ROOM_AIM)]
    {
        for (whose, logged_in) in [("logged in", true), ("a visitor", false)] {
            let asked = ask(&server, path, logged_in, scale.warm_up, scale.measured).await?;
            let what = format!("{name}, {whose} ({} KiB)", asked.bytes / 1024);
            let line = Line::new(what, asked.per_cpu, "pages/CPU s");
            lines.push(if logged_in { line.aim(Aim::AtLeast(aim)) } else { line });
            lines.push(Line::new("  p99", asked.p99, "ms"));
        }
    }
    Ok(lines)
}
