//! Pages, rendered by the server from the database.

use super::super::Outcome;
use super::super::crowd::{Entrance, arrive};
use super::super::pages::ask;
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::socket::Client;
use super::super::table::{Aim, Line};
use super::{Scale, send};
use std::time::Duration;

/// Pages per second of the server's CPU time.
const INDEX_AIM: f64 = 6_000.0;
const ROOM_AIM: f64 = 5_100.0;
/// Between two messages of somebody who talks meanwhile: a busy room.
const PAUSE: Duration = Duration::from_millis(100);
/// What stands in the house: a page of messages, a page of rooms, some people.
const PLAN: Plan = Plan { people: 64, rooms: 20, first: 50, others: 3, readers: 64 };

/// Measures each page, logged in and not, and the room's once more while somebody talks in it.
pub async fn run(scale: Scale) -> Outcome<Vec<Line>> {
    let server = Server::roomful(House::make(PLAN).await?)?;
    server.settled().await?;
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
    // What is kept of a page is worth less where people talk.
    let mut talker = arrive(&server, 1, Entrance { room: 1, here: false }).await?.client;
    let asked = tokio::select! {
        asked = ask(&server, &place, true, scale.warm_up, scale.measured) => asked?,
        fault = keep_talking(&mut talker) => return Err(fault),
    };
    let per_second = 1_000 / PAUSE.as_millis();
    let what = format!("room, logged in, {per_second} messages a second said in it");
    lines.push(Line::new(what, asked.per_cpu, "pages/CPU s"));
    lines.push(Line::new("  p99", asked.p99, "ms"));
    Ok(lines)
}

/// Says one thing after another; answers what went wrong.
async fn keep_talking(client: &mut Client) -> String {
    let mut number = 10;
    loop {
        number += 1;
        let said = async {
            client.say(&send(number, &room(1), &format!("talk-{number}")))?;
            client.answer(number).await
        };
        match said.await {
            Ok(answer) if answer.contains("\"ok\":") => tokio::time::sleep(PAUSE).await,
            Ok(fault) | Err(fault) => return fault,
        }
    }
}
