//! How the cost grows: a house of 5,000 rooms, the first with 500,000 messages, next to one of 500
//! rooms, the first with 50. (Ten times the readers are in the fan-outs.)

use super::super::Outcome;
use super::super::crowd::{Entrance, arrive};
use super::super::pages::ask;
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::table::{Aim, Line};
use super::{Scale, sends};
use std::time::{Duration, Instant};

const SMALL: Plan = Plan { people: 64, rooms: 500, first: 50, others: 1, readers: 64 };
const LARGE: Plan = Plan { people: 64, rooms: 5_000, first: 500_000, others: 1, readers: 64 };
/// As fast as the small one, but for what is in the noise.
const AIM: f64 = 0.9;
/// Clients that resume over and over.
const RESUMING: usize = 16;
/// Messages each resumes over.
const MISSED: i64 = 10;
/// Senders into the one room.
const SENDERS: usize = 8;

/// Measures both houses.
pub async fn run(scale: Scale) -> Outcome<Vec<Line>> {
    let scale = Scale { measured: scale.measured / 2, ..scale };
    let small = measure(scale, SMALL).await?;
    let large = measure(scale, LARGE).await?;
    let line = |what: &str, of: fn(&Measured) -> f64, unit| {
        Line::new(what, of(&large), unit).beside(of(&small)).aim(Aim::OfTheFloor(AIM))
    };
    Ok(vec![
        line("room of 500,000 messages beside one of 50: its page", |m| m.room, "pages/CPU s"),
        line("  its last 10 messages resumed", |m| m.resumes, "subs/CPU s"),
        line("  stored sends into it", |m| m.sends, "sends/CPU s"),
        line("index of 5,000 rooms beside one of 500", |m| m.index, "pages/CPU s"),
    ])
}

struct Measured {
    index: f64,
    room: f64,
    resumes: f64,
    sends: f64,
}

async fn measure(scale: Scale, plan: Plan) -> Outcome<Measured> {
    let server = Server::roomful(House::make(plan).await?)?;
    server.settled().await?;
    let page = async |path: &str| ask(&server, path, true, scale.warm_up, scale.measured).await;
    let index = page("/chat/").await?.per_cpu;
    let room = page(&format!("/chat/{}/", room(1))).await?.per_cpu;
    let resumes = resumes(scale, &server).await?;
    let mut senders = Vec::new();
    for person in 1..=SENDERS {
        senders.push((1, arrive(&server, person, Entrance { room: 1, here: false }).await?));
    }
    let sends = sends::drive(scale, &server, senders).await?.per_cpu;
    Ok(Measured { index, room, resumes, sends })
}

/// Resumed subscriptions per second of the server's CPU time.
async fn resumes(scale: Scale, server: &Server) -> Outcome<f64> {
    let keep = async |how_long: Duration| {
        let until = Instant::now() + how_long;
        let all = (1..=RESUMING).map(|person| keep_resuming(server, person, until));
        let each = futures_util::future::try_join_all(all).await?;
        Ok::<_, String>(each.into_iter().sum::<u64>())
    };
    keep(scale.warm_up).await?;
    let cpu = server.cpu();
    let done = keep(scale.measured).await?;
    Ok(done as f64 / (server.cpu() - cpu).max(0.01))
}

async fn keep_resuming(server: &Server, person: usize, until: Instant) -> Outcome<u64> {
    let mut one = arrive(server, person, Entrance { room: 1, here: false }).await?;
    let mut done = 0;
    while Instant::now() < until {
        done += 1;
        let id = 10 + done;
        let (to, epoch, seq) = (room(1), &one.epoch, one.top - MISSED);
        one.client.say(&format!(
            r##"{{"id":{id},"t":"sub","rooms":[{{"to":"#{to}","after":{{"epoch":"{epoch}","seq":{seq}}}}}]}}"##
        ))?;
        let answer = one.client.answer(id).await?;
        if !answer.contains("\"recovered\":true") {
            return Err(format!("not resumed: {answer}"));
        }
    }
    Ok(done)
}
