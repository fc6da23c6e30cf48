//! Thousands enter one room at once. Told one by one to each, that is the square of them; presence
//! is batched and past 200 people counted.

use super::super::Outcome;
use super::super::crowd::{Count, Entrance, gather, listen};
use super::super::process::Server;
use super::super::seed::{House, Plan, room};
use super::super::socket::say;
use super::super::table::{Aim, Line};
use super::Scale;
use std::rc::Rc;

/// People.
const MANY: usize = 5_000;
/// A hundredth of what telling each of each would be.
const AIM: f64 = 0.01;

/// Counts the frames.
pub async fn run(scale: Scale) -> Outcome<Vec<Line>> {
    let many = scale.crowd(MANY);
    let server = Server::roomful(House::make(Plan::people_and_rooms(many, 1)).await?)?;
    let arrived = gather(&server, many, Entrance { room: 1, here: false }).await?;
    let count = Rc::new(Count::default());
    let writes: Vec<_> = arrived.iter().map(|one| Rc::clone(&one.client.write)).collect();
    for one in arrived {
        listen(one.client, &count, Some(one.top), |_, _| {}, |_, _| {});
    }
    let cpu = server.cpu();
    let here = format!(r##"{{"id":2,"t":"here","to":"#{}","active":true}}"##, room(1));
    for write in &writes {
        if !say(write, &here) {
            return Err("the server does not read".to_owned());
        }
    }
    count.quiet().await?;
    if count.answers.get() != many as u64 {
        return Err(format!("{} of {many} were let in", count.answers.get()));
    }
    let cpu = server.cpu() - cpu;
    let frames = count.online.get() as f64;
    let most = (many * many) as f64 * AIM;
    Ok(vec![
        Line::new(format!("{many} enter one room at once: presence frames"), frames, "frames")
            .aim(Aim::AtMost(most)),
        Line::new("  CPU time of the server for it", cpu, "CPU s"),
    ])
}
