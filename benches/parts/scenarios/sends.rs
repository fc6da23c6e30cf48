//! Stored sends: each is on disk before its answer. Afterwards the server is killed, and what it
//! answered is counted in the database.

use super::super::Outcome;
use super::super::crowd::{Arrived, Count, Entrance, arrive, listen};
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::socket::say;
use super::super::table::{Aim, Line};
use super::{Scale, send};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::tcp::OwnedWriteHalf;

/// Senders, each in a room of its own.
const SENDERS: usize = 32;
const IN_FLIGHT: u64 = 8;
/// Acknowledged sends per second of the server's CPU time.
const AIM: f64 = 20_000.0;
/// How often it is looked whether the last answers have come, and how often at most.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: usize = 500;

/// Measures it.
pub async fn run(scale: Scale) -> Outcome<Vec<Line>> {
    let server = Server::roomful(House::make(Plan::people_and_rooms(SENDERS, SENDERS)).await?)?;
    let mut senders = Vec::new();
    for n in 1..=SENDERS {
        senders.push((n, arrive(&server, n, Entrance { room: n, here: false }).await?));
    }
    let sent = drive(scale, &server, senders).await?;
    let house = server.kill().ok_or("the floor stores nothing")?;
    let stored = house.messages().await?;
    if stored != sent.in_all as i64 {
        return Err(format!("{} sends were acknowledged, {stored} are stored", sent.in_all));
    }
    let what = format!("stored sends, {SENDERS} senders in {SENDERS} rooms, {IN_FLIGHT} in flight");
    Ok(vec![
        Line::new(what, sent.per_cpu, "sends/CPU s").aim(Aim::AtLeast(AIM)),
        Line::new("  the same per second of the clock", sent.per_second, "sends/s"),
    ])
}

/// What sending came to.
pub struct Sent {
    /// Acknowledged sends per second of the server's CPU time.
    pub per_cpu: f64,
    /// The same per second of the clock.
    pub per_second: f64,
    /// Acknowledged in all, warm-up and all.
    in_all: u64,
}

/// Lets everyone send into their room (its number stands beside them), so many in flight each.
pub async fn drive(scale: Scale, server: &Server, senders: Vec<(usize, Arrived)>) -> Outcome<Sent> {
    let count = Rc::new(Count::default());
    let going = Rc::new(Cell::new(true));
    // Several in one room see each other's messages: there the answers are counted, not the events.
    let mut firsts = Vec::new();
    for (n, (in_room, one)) in senders.into_iter().enumerate() {
        let write = Rc::clone(&one.client.write);
        let say_next = move |write: &OwnedWriteHalf, number: u64| {
            say(write, &send(number, &room(in_room), &format!("send-{n}-{number}")))
        };
        firsts.push((Rc::clone(&write), say_next));
        let (going, fault) = (Rc::clone(&going), Rc::clone(&count));
        let next = move |number: u64, _: &[u8]| {
            if going.get() && !say_next(&write, number + IN_FLIGHT) {
                fault.fail("the server does not read".to_owned());
            }
        };
        listen(one.client, &count, Some(one.top), |_, _| {}, next);
    }
    // Each answer to the message `n` leads to `n` and so many, so all numbers are used once.
    for (write, say_next) in &firsts {
        for number in 1..=IN_FLIGHT {
            say_next(write, number);
        }
    }
    tokio::time::sleep(scale.warm_up).await;
    let (start, answers, cpu) = (Instant::now(), count.answers.get(), server.cpu());
    tokio::time::sleep(scale.measured).await;
    let (wall, cpu) = (start.elapsed().as_secs_f64(), server.cpu() - cpu);
    let answered = (count.answers.get() - answers) as f64;
    going.set(false);
    let in_all = settled(&count).await?;
    Ok(Sent { per_cpu: answered / cpu.max(0.01), per_second: answered / wall, in_all })
}

/// Waits until nothing is answered any more; how much was in all.
async fn settled(count: &Count) -> Outcome<u64> {
    let mut still = 0;
    let mut last = count.answers.get();
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK).await;
        count.sound()?;
        let now = count.answers.get();
        still = if now == last { still + 1 } else { 0 };
        last = now;
        if still == 25 {
            return Ok(last);
        }
    }
    Err("the last sends were not answered".to_owned())
}
