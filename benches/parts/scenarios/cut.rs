//! Thousands are cut off at once, ten messages are sent meanwhile, and all come back at the same
//! moment: how long until the last has what it missed.

use super::super::Outcome;
use super::super::crowd::{Arrived, Entrance, arrive, gather, stand};
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::socket::{Client, Door, Said};
use super::super::table::{Aim, Line};
use super::{Scale, send};
use std::time::{Duration, Instant};

/// Clients.
const MANY: usize = 5_000;
/// Sent while they are away.
const MISSED: i64 = 10;
/// Seconds until all have resumed.
const AIM: f64 = 10.0;
/// A client that cannot connect tries again after this, at first (the contract's backoff).
const BACKOFF: Duration = Duration::from_millis(500);
const TRIES: u32 = 8;

/// Measures it.
pub async fn run(scale: Scale) -> Outcome<Vec<Line>> {
    let many = scale.crowd(MANY);
    let server = Server::roomful(House::make(Plan::people_and_rooms(many + 1, 1)).await?)?;
    let how = Entrance { room: 1, here: true };
    let mut sender = arrive(&server, many + 1, how).await?;
    let arrived = gather(&server, many, how).await?;
    let epoch = sender.epoch.clone();
    drop(arrived);
    for n in 1..=MISSED {
        say(&mut sender, n).await?;
    }
    let (start, cpu) = (Instant::now(), server.cpu());
    let coming = (1..=many).map(|person| resume(&server, person, &epoch));
    let mut back = futures_util::future::try_join_all(coming).await?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), server.cpu() - cpu);
    // And the stream goes on where the answer ended.
    say(&mut sender, MISSED + 1).await?;
    for (client, _) in &mut back {
        next_is(client, MISSED + 1).await?;
    }
    let again: u32 = back.iter().map(|(_, tries)| tries).sum();
    let what = format!("{many} cut at once, {MISSED} messages behind, all resumed");
    Ok(vec![
        Line::new(what, seconds, "s").aim(Aim::AtMost(AIM)),
        Line::new("  CPU time of the server for it", cpu, "CPU s"),
        Line::new("  connections that were tried again", f64::from(again), ""),
    ])
}

async fn say(sender: &mut Arrived, n: i64) -> Outcome<()> {
    let number = 100 + n as u64;
    sender.client.say(&send(number, &room(1), &format!("cut-{n}")))?;
    let answer = sender.client.answer(number).await?;
    answer.contains("\"ok\":").then_some(()).ok_or(answer)
}

/// Comes back until it is in; how often it was turned away.
async fn resume(server: &Server, person: usize, epoch: &str) -> Outcome<(Client, u32)> {
    let mut tries = 0;
    loop {
        match resume_once(server, person, epoch).await {
            Ok(client) => return Ok((client, tries)),
            Err(why) if tries == TRIES || !why.starts_with("no connection") => return Err(why),
            Err(_) => {
                tokio::time::sleep(BACKOFF * 2_u32.pow(tries.min(5))).await;
                tries += 1;
            }
        }
    }
}

async fn resume_once(server: &Server, person: usize, epoch: &str) -> Outcome<Client> {
    let mut client =
        Client::open(Door { addr: server.addr, path: "/ws", person: Some(person) }).await?;
    let to = room(1);
    client.say(&format!(
        r##"{{"id":1,"t":"sub","rooms":[{{"to":"#{to}","after":{{"epoch":"{epoch}","seq":0}}}},{{"to":"~"}}]}}"##
    ))?;
    let answer = client.answer(1).await?;
    let (top, _) = stand(&answer)?;
    // In the order of the log, each once, none missing.
    let seqs: Vec<i64> = answer
        .split("\"seq\":")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .collect();
    if top != MISSED || !seqs.iter().copied().eq(1..=MISSED) {
        return Err(format!("person {person} has {seqs:?} of {top}"));
    }
    Ok(client)
}

async fn next_is(client: &mut Client, seq: i64) -> Outcome<()> {
    let mut came = None;
    while came.is_none() {
        client
            .read(|said| match said {
                Said::Event { seq, .. } => came = Some(Ok(seq)),
                Said::Close(code) => came = Some(Err(format!("closed with {code}"))),
                _ => {}
            })
            .await?;
    }
    match came {
        Some(Ok(it)) if it == seq => Ok(()),
        other => Err(format!("after the answer came {other:?}, not {seq}")),
    }
}
