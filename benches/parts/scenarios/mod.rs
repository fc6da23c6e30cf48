//! What is measured, one file each.

mod arrivals;
mod cut;
mod entering;
mod fanout;
mod flight;
mod growth;
mod pages;
mod sends;

use super::Outcome;
use super::table::Line;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Before it counts.
    pub warm_up: Duration,
    /// What counts.
    pub measured: Duration,
    /// The largest crowd.
    pub most: usize,
}

impl Scale {
    /// As the table in `docs/performance.md` was made.
    pub fn whole() -> Self {
        Self { warm_up: Duration::from_secs(1), measured: Duration::from_secs(4), most: 10_000 }
    }

    /// For a first look.
    pub fn quick() -> Self {
        let ms = Duration::from_millis;
        Self { warm_up: ms(300), measured: ms(1_500), most: 2_000 }
    }

    /// So many, or as many as this scale and the system allow.
    pub fn crowd(self, wanted: usize) -> usize {
        wanted.min(self.most).min(super::process::most_connections())
    }
}

type Run = Pin<Box<dyn Future<Output = Outcome<Vec<Line>>>>>;

/// Something to measure.
pub struct Scenario {
    /// To run it alone.
    pub name: &'static str,
    /// Runs it.
    pub run: fn(Scale) -> Run,
}

/// All of them, in the order of the table.
pub const ALL: [Scenario; 10] = [
    Scenario { name: "fanout1000", run: |scale| Box::pin(fanout::run(scale, 1_000)) },
    Scenario { name: "fanout5000", run: |scale| Box::pin(fanout::run(scale, 5_000)) },
    Scenario { name: "flight1000", run: |scale| Box::pin(flight::run(scale, 1_000)) },
    Scenario { name: "flight10000", run: |scale| Box::pin(flight::run(scale, 10_000)) },
    Scenario { name: "sends", run: |scale| Box::pin(sends::run(scale)) },
    Scenario { name: "arrivals", run: |scale| Box::pin(arrivals::run(scale)) },
    Scenario { name: "cut", run: |scale| Box::pin(cut::run(scale)) },
    Scenario { name: "entering", run: |scale| Box::pin(entering::run(scale)) },
    Scenario { name: "pages", run: |scale| Box::pin(pages::run(scale)) },
    Scenario { name: "growth", run: |scale| Box::pin(growth::run(scale)) },
];

/// What people say here, in one message.
const WORDS: &str = "Of the size that people usually write, now and then with a second sentence.";

/// A message of a client's to the server.
fn send(id: u64, room: &str, cid: &str) -> String {
    format!(r##"{{"id":{id},"t":"send","to":"#{room}","cid":"{cid}","body":"{WORDS}"}}"##)
}

/// The same at the floor, which passes on what it is given: the very frame that the server makes.
fn event(seq: u64, room: &str, cid: &str) -> String {
    format!(
        r##"{{"t":"event","to":"#{room}","seq":{seq},"kind":"message","cid":"{cid}","data":{{"id":"2000001-{seq}","author":"user00001","author_kind":"user","body":"{WORDS}","at":"2026-11-20T08:00:00.000Z","reply_to":null}}}}"##
    )
}
