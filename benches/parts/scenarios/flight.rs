//! One room, four senders who keep eight messages in flight each: much coalesces. A message is in
//! flight until every reader has it, so that no reader is ever more than all of them behind; with
//! one sender and one message this would be the other fan-out.

use super::super::Outcome;
use super::super::crowd::{Count, Entrance, gather, listen};
use super::super::process::{Server, most_connections};
use super::super::seed::{House, Plan, room};
use super::super::socket::{after, number, say};
use super::super::table::{Aim, Line};
use super::super::turns::{self, Side};
use super::{Scale, event, send};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
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
    let both_fit = 2 * readers <= most_connections();
    let mut ours = Room::fill(Server::roomful(house)?, readers).await?;
    let (ours, floor) = if both_fit {
        let mut floor = Room::fill(Server::floor()?, readers).await?;
        turns::take(scale, &mut [&mut ours, &mut floor]).await?;
        (ours.measured(), floor.measured())
    } else {
        turns::take(scale, &mut [&mut ours]).await?;
        let ours = ours.measured();
        let mut floor = Room::fill(Server::floor()?, readers).await?;
        turns::take(scale, &mut [&mut floor]).await?;
        (ours, floor.measured())
    };
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
    readers: usize,
    senders: Vec<Rc<OwnedWriteHalf>>,
    start: Instant,
    /// When each message was sent, in µs since the start.
    sent: RefCell<Vec<u32>>,
    /// How many have the event of that seq.
    have: RefCell<Vec<u32>>,
    going: Cell<bool>,
    /// How long messages took, in µs.
    took: RefCell<Vec<u32>>,
}

impl Talk {
    fn now(&self) -> u32 {
        self.start.elapsed().as_micros() as u32
    }

    /// The next message of a sender; its number is in its `cid`, and then the sender's.
    fn say(&self, sender: usize) -> bool {
        let number = {
            let mut sent = self.sent.borrow_mut();
            sent.push(self.now());
            sent.len() as u64
        };
        let (room, cid) = (room(1), format!("{number}-{sender}"));
        let text = if self.floor { event(number, &room, &cid) } else { send(number, &room, &cid) };
        self.senders.get(sender).is_some_and(|write| say(write, &text))
    }

    /// A reader has that event. True unless the next one cannot be sent.
    fn heard(&self, seq: i64, text: &[u8]) -> bool {
        let seq = seq as usize;
        let mut have = self.have.borrow_mut();
        if have.len() <= seq {
            have.resize(seq + 1, 0);
        }
        have[seq] += 1;
        let all = have[seq] as usize == self.readers;
        drop(have);
        !all || !self.going.get() || sender_of(text).is_some_and(|sender| self.say(sender))
    }

    /// Notes how long that event took.
    fn look(&self, text: &[u8]) {
        let message = number(text, CID).unwrap_or(0) as usize;
        let sent = self.sent.borrow().get(message.wrapping_sub(1)).copied();
        self.took.borrow_mut().push(self.now().saturating_sub(sent.unwrap_or(0)));
    }
}

const CID: &[u8] = b"\"cid\":\"";

fn sender_of(text: &[u8]) -> Option<usize> {
    let rest = after(text, CID)?;
    let dash = rest.iter().position(|byte| *byte == b'-')?;
    Some(usize::from(rest.get(dash + 1)?.wrapping_sub(b'0')))
}

/// A server, and a room full of readers.
struct Room {
    server: Server,
    count: Rc<Count>,
    talk: Rc<Talk>,
    events: u64,
    cpu: f64,
    wall: f64,
}

impl Room {
    async fn fill(server: Server, readers: usize) -> Outcome<Self> {
        let arrived = gather(&server, readers, Entrance { room: 1, here: true }).await?;
        let count = Rc::new(Count::default());
        let talk = Rc::new(Talk {
            floor: server.is_floor(),
            readers,
            senders: arrived.iter().take(SENDERS).map(|one| Rc::clone(&one.client.write)).collect(),
            start: Instant::now(),
            sent: RefCell::default(),
            have: RefCell::default(),
            going: Cell::new(false),
            took: RefCell::default(),
        });
        for (n, one) in arrived.into_iter().enumerate() {
            // The floor gives out no numbers: there, senders overtake one another.
            let last = (!server.is_floor()).then_some(one.top);
            let sampled = n.is_multiple_of(SAMPLE);
            let (talk, fault) = (Rc::clone(&talk), Rc::clone(&count));
            let on_event = move |seq, text: &[u8]| {
                if sampled {
                    talk.look(text);
                }
                if !talk.heard(seq, text) {
                    fault.fail("the server does not read".to_owned());
                }
            };
            listen(one.client, &count, last, on_event, |_, _| {});
        }
        count.quiet().await?;
        Ok(Self { server, count, talk, events: 0, cpu: 0.0, wall: 0.0 })
    }

    fn measured(self) -> Measured {
        let mut took = self.talk.took.take();
        took.sort_unstable();
        let at =
            |part: usize| took.get(took.len() * part / 100).map_or(0.0, |us| f64::from(*us) / 1e3);
        Measured {
            per_cpu: self.events as f64 / self.cpu.max(0.01),
            per_second: self.events as f64 / self.wall.max(0.01),
            p50: at(50),
            p99: at(99),
        }
    }
}

impl Side for Room {
    async fn turn(&mut self, how_long: Duration, counts: bool) -> Outcome<()> {
        let (start, events, cpu) = (Instant::now(), self.count.events.get(), self.server.cpu());
        self.talk.going.set(true);
        for sender in (0..SENDERS).cycle().take(SENDERS * IN_FLIGHT) {
            if !self.talk.say(sender) {
                return Err("the server does not read".to_owned());
            }
        }
        tokio::time::sleep(how_long).await;
        self.talk.going.set(false);
        let all = (self.talk.sent.borrow().len() * self.talk.readers) as u64;
        self.count.events_to_be(all).await?;
        if self.count.events.get() != all {
            return Err(format!("{} frames came instead of {all}", self.count.events.get()));
        }
        if counts {
            self.events += all - events;
            self.cpu += self.server.cpu() - cpu;
            self.wall += start.elapsed().as_secs_f64();
        } else {
            self.talk.took.borrow_mut().clear();
        }
        self.count.sound()
    }
}
