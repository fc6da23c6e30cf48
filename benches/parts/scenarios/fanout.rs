//! One room, and the next message is sent when all have the last: nothing coalesces, so this is the
//! price of one delivery.

use super::super::Outcome;
use super::super::crowd::{Count, Entrance, gather, listen};
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::socket::say;
use super::super::table::{Aim, Line};
use super::{Scale, event, send};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Of the floor.
const AIM: f64 = 0.9;

/// Measures both.
pub async fn run(scale: Scale, readers: usize) -> Outcome<Vec<Line>> {
    let readers = scale.crowd(readers);
    let house = House::make(Plan::people_and_rooms(readers, 1)).await?;
    let ours = deliveries(scale, Server::roomful(house)?, readers).await?;
    let floor = deliveries(scale, Server::floor()?, readers).await?;
    let what = format!("fan-out, {readers} readers, nothing coalesces");
    Ok(vec![Line::new(what, ours, "deliv/CPU s").beside(floor).aim(Aim::OfTheFloor(AIM))])
}

/// Deliveries per second of the server's CPU time.
async fn deliveries(scale: Scale, server: Server, readers: usize) -> Outcome<f64> {
    let arrived = gather(&server, readers, Entrance { room: 1, here: true }).await?;
    let count = Rc::new(Count::default());
    let sender = Rc::clone(&arrived[0].client.write);
    for one in arrived {
        listen(one.client, &count, Some(one.top), |_, _| {}, |_, _| {});
    }
    count.quiet().await?;
    let mut said = 0;
    let mut talk = async |how_long: Duration| {
        let (start, first) = (Instant::now(), said);
        while start.elapsed() < how_long {
            said += 1;
            let cid = format!("fan-{said}");
            let text = if server.is_floor() {
                event(said, &room(1), &cid)
            } else {
                send(said, &room(1), &cid)
            };
            if !say(&sender, &text) {
                return Err("the server does not read".to_owned());
            }
            count.events_to_be(said * readers as u64).await?;
        }
        Ok(said - first)
    };
    talk(scale.warm_up).await?;
    let before = server.cpu();
    let messages = talk(scale.measured).await?;
    let cpu = server.cpu() - before;
    count.sound()?;
    Ok((messages * readers as u64) as f64 / cpu.max(0.01))
}
