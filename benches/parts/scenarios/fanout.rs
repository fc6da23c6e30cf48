//! One room, and the next message is sent when all have the last: nothing coalesces, so this is the
//! price of one delivery.

use super::super::Outcome;
use super::super::crowd::{Count, Entrance, gather, listen};
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::socket::say;
use super::super::table::{Aim, Line};
use super::super::turns::{self, Side};
use super::{Scale, event, send};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::tcp::OwnedWriteHalf;

/// Of the floor.
const AIM: f64 = 0.9;

/// Measures both.
pub async fn run(scale: Scale, readers: usize) -> Outcome<Vec<Line>> {
    let readers = scale.crowd(readers);
    let house = House::make(Plan::people_and_rooms(readers, 1)).await?;
    let mut ours = Room::fill(Server::roomful(house)?, readers).await?;
    let mut floor = Room::fill(Server::floor()?, readers).await?;
    turns::take(scale, &mut [&mut ours, &mut floor]).await?;
    let what = format!("fan-out, {readers} readers, nothing coalesces");
    Ok(vec![
        Line::new(what, ours.per_cpu(), "deliv/CPU s")
            .beside(floor.per_cpu())
            .aim(Aim::OfTheFloor(AIM)),
    ])
}

/// A server, and a room full of readers.
struct Room {
    server: Server,
    readers: u64,
    count: Rc<Count>,
    sender: Rc<OwnedWriteHalf>,
    /// Messages in all.
    said: u64,
    /// What was measured: messages, and seconds of CPU time.
    measured: (u64, f64),
}

impl Room {
    async fn fill(server: Server, readers: usize) -> Outcome<Self> {
        let arrived = gather(&server, readers, Entrance { room: 1, here: true }).await?;
        let count = Rc::new(Count::default());
        let sender = Rc::clone(&arrived.first().ok_or("nobody came")?.client.write);
        for one in arrived {
            listen(one.client, &count, Some(one.top), |_, _| {}, |_, _| {});
        }
        count.quiet().await?;
        Ok(Self { server, readers: readers as u64, count, sender, said: 0, measured: (0, 0.0) })
    }

    /// Deliveries per second of the server's CPU time.
    fn per_cpu(&self) -> f64 {
        let (messages, cpu) = self.measured;
        (messages * self.readers) as f64 / cpu.max(0.01)
    }
}

impl Side for Room {
    async fn turn(&mut self, how_long: Duration, counts: bool) -> Outcome<()> {
        let (start, cpu, first) = (Instant::now(), self.server.cpu(), self.said);
        while start.elapsed() < how_long {
            self.said += 1;
            let (room, cid) = (room(1), format!("fan-{}", self.said));
            let text = if self.server.is_floor() {
                event(self.said, &room, &cid)
            } else {
                send(self.said, &room, &cid)
            };
            if !say(&self.sender, &text) {
                return Err("the server does not read".to_owned());
            }
            self.count.events_to_be(self.said * self.readers).await?;
        }
        if counts {
            self.measured.0 += self.said - first;
            self.measured.1 += self.server.cpu() - cpu;
        }
        self.count.sound()
    }
}
