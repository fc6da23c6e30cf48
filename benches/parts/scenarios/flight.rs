//! One room, four senders who keep eight messages in flight each: much coalesces. A sender sends
//! the next when one of its own has come back to it.

use super::super::Outcome;
use super::super::crowd::{Count, Entrance, gather, listen};
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::socket::{number, say};
use super::super::table::{Aim, Line};
use super::{Scale, event, send};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;
use tokio::net::tcp::OwnedWriteHalf;

const SENDERS: usize = 4;
const IN_FLIGHT: usize = 8;
/// One reader in so many looks at the clock: looking at it for every frame would be most of the work.
const SAMPLE: usize = 10;
/// Of the floor's deliveries.
const AIM: f64 = 0.7;
/// Times the floor's p99.
const P99_AIM: f64 = 1.5;

/// Measures both.
pub async fn run(scale: Scale, readers: usize) -> Outcome<Vec<Line>> {
    let readers = scale.crowd(readers);
    let house = House::make(Plan::people_and_rooms(readers, 1)).await?;
    let ours = deliveries(scale, Server::roomful(house)?, readers).await?;
    let floor = deliveries(scale, Server::floor()?, readers).await?;
    let what = format!("fan-out, {readers} readers, {SENDERS} senders × {IN_FLIGHT} in flight");
    let line = |what: &str, ours, unit, floor| {
        Line::new(format!("  {readers} readers: {what}"), ours, unit).beside(floor)
    };
    Ok(vec![
        Line::new(what, ours.per_cpu, "deliv/CPU s")
            .beside(floor.per_cpu)
            .aim(Aim::OfTheFloor(AIM)),
        line("the same per second of the clock", ours.per_second, "deliv/s", floor.per_second),
        line("p50 from send to receipt", ours.p50, "ms", floor.p50),
        line("p99 from send to receipt", ours.p99, "ms", floor.p99)
            .aim(Aim::TimesTheFloor(P99_AIM)),
    ])
}

struct Measured {
    per_cpu: f64,
    per_second: f64,
    /// Milliseconds.
    p50: f64,
    p99: f64,
}

/// What the senders share.
struct Talk {
    floor: bool,
    start: Instant,
    /// When each message was sent, in µs since the start.
    sent: RefCell<Vec<u32>>,
    going: Cell<bool>,
    /// How long messages took, in µs.
    took: RefCell<Vec<u32>>,
}

impl Talk {
    fn now(&self) -> u32 {
        self.start.elapsed().as_micros() as u32
    }

    /// The next message; its number is in its `cid`.
    fn say(&self, sender: usize, write: &OwnedWriteHalf) -> bool {
        let number = {
            let mut sent = self.sent.borrow_mut();
            sent.push(self.now());
            sent.len() as u64
        };
        // The number of the message, then of its sender.
        let cid = format!("{number}-{sender}");
        let room = room(1);
        say(write, &if self.floor { event(number, &room, &cid) } else { send(number, &room, &cid) })
    }
}

fn message(text: &[u8]) -> usize {
    number(text, b"\"cid\":\"").unwrap_or(0) as usize
}

fn sender_of(text: &[u8]) -> Option<usize> {
    let rest = super::super::socket::after(text, b"\"cid\":\"")?;
    let dash = rest.iter().position(|byte| *byte == b'-')?;
    Some(usize::from(rest.get(dash + 1)?.wrapping_sub(b'0')))
}

async fn deliveries(scale: Scale, server: Server, readers: usize) -> Outcome<Measured> {
    let arrived = gather(&server, readers, Entrance { room: 1, here: true }).await?;
    let count = Rc::new(Count::default());
    let talk = Rc::new(Talk {
        floor: server.is_floor(),
        start: Instant::now(),
        sent: RefCell::default(),
        going: Cell::new(true),
        took: RefCell::default(),
    });
    let mut senders = Vec::new();
    for (n, one) in arrived.into_iter().enumerate() {
        // The floor gives out no numbers: there, senders overtake one another.
        let last = (!server.is_floor()).then_some(one.top);
        let write = Rc::clone(&one.client.write);
        if n < SENDERS {
            senders.push(Rc::clone(&write));
            let (talk, fault) = (Rc::clone(&talk), Rc::clone(&count));
            let next = move |text: &[u8]| {
                if talk.going.get() && sender_of(text) == Some(n) && !talk.say(n, &write) {
                    fault.fail("the server does not read".to_owned());
                }
            };
            listen(one.client, &count, last, next, |_, _| {});
        } else if n.is_multiple_of(SAMPLE) {
            let talk = Rc::clone(&talk);
            let look = move |text: &[u8]| {
                let sent = talk.sent.borrow().get(message(text).wrapping_sub(1)).copied();
                let took = talk.now().saturating_sub(sent.unwrap_or(0));
                talk.took.borrow_mut().push(took);
            };
            listen(one.client, &count, last, look, |_, _| {});
        } else {
            listen(one.client, &count, last, |_| {}, |_, _| {});
        }
    }
    count.quiet().await?;
    for _ in 0..IN_FLIGHT {
        for (n, write) in senders.iter().enumerate() {
            if !talk.say(n, write) {
                return Err("the server does not read".to_owned());
            }
        }
    }
    tokio::time::sleep(scale.warm_up).await;
    talk.took.borrow_mut().clear();
    let (start, events, cpu) = (Instant::now(), count.events.get(), server.cpu());
    tokio::time::sleep(scale.measured).await;
    let (wall, cpu) = (start.elapsed().as_secs_f64(), server.cpu() - cpu);
    let events = (count.events.get() - events) as f64;
    let mut took = std::mem::take(&mut *talk.took.borrow_mut());
    talk.going.set(false);
    let all = (talk.sent.borrow().len() * readers) as u64;
    count.events_to_be(all).await?;
    if count.events.get() != all {
        return Err(format!("{} frames came instead of {all}", count.events.get()));
    }
    took.sort_unstable();
    let at = |part: usize| took.get(took.len() * part / 100).map_or(0.0, |us| f64::from(*us) / 1e3);
    let (p50, p99) = (at(50), at(99));
    Ok(Measured { per_cpu: events / cpu.max(0.01), per_second: events / wall, p50, p99 })
}
