//! Many clients at once, and what they count together.

use super::Outcome;
use super::process::Server;
use super::seed;
use super::socket::{Client, Door, Said, number, say};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;

/// Handshakes at the same time.
const AT_ONCE: usize = 64;
/// Without any progress for this long, something was lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// People who come are told of at most once a second; after this much silence all is told.
const QUIET: Duration = Duration::from_millis(1_500);
/// How often silence is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// What everybody counts together.
#[derive(Default)]
pub struct Count {
    /// Room events that came.
    pub events: Cell<u64>,
    /// Presence frames that came.
    pub online: Cell<u64>,
    /// Answers that came.
    pub answers: Cell<u64>,
    goal: Cell<u64>,
    reached: Notify,
    fault: RefCell<Option<String>>,
}

/// One more.
pub fn add(cell: &Cell<u64>) -> u64 {
    cell.set(cell.get() + 1);
    cell.get()
}

impl Count {
    /// Something is wrong; the first such thing is told.
    pub fn fail(&self, why: String) {
        self.fault.borrow_mut().get_or_insert(why);
        self.reached.notify_one();
    }

    /// An event came.
    fn event(&self) {
        if add(&self.events) == self.goal.get() {
            self.reached.notify_one();
        }
    }

    /// What is wrong, if anything is.
    pub fn sound(&self) -> Outcome<()> {
        self.fault.borrow().clone().map_or(Ok(()), Err)
    }

    /// Waits until so many events have come in all.
    pub async fn events_to_be(&self, goal: u64) -> Outcome<()> {
        self.goal.set(goal);
        loop {
            self.sound()?;
            let before = self.events.get();
            if before >= goal {
                return Ok(());
            }
            let waited = tokio::time::timeout(PATIENCE, self.reached.notified()).await;
            if waited.is_err() && self.events.get() == before {
                return Err(format!("{before} frames came of {goal}: some are missing"));
            }
        }
    }

    /// Waits until no presence frame has come for a while.
    pub async fn quiet(&self) -> Outcome<()> {
        let (mut last, mut still) = (self.online.get(), Duration::ZERO);
        while still < QUIET {
            tokio::time::sleep(LOOK).await;
            still += LOOK;
            let now = self.online.get();
            if now != last {
                (last, still) = (now, Duration::ZERO);
            }
        }
        self.sound()
    }
}

/// How a client comes in.
#[derive(Clone, Copy)]
pub struct Entrance {
    /// The number of their room.
    pub room: usize,
    /// Whether it is on their screen.
    pub here: bool,
}

/// A client who has arrived.
pub struct Arrived {
    /// Its connection.
    pub client: Client,
    /// Where its room stood.
    pub top: i64,
    /// Its room's epoch.
    pub epoch: String,
}

/// Connects, logs in and subscribes; at the floor, connects.
pub async fn arrive(server: &Server, person: usize, how: Entrance) -> Outcome<Arrived> {
    let room = seed::room(how.room);
    if server.is_floor() {
        let path = format!("/{room}");
        let door = Door { addr: server.addr, path: &path, person: None };
        let client = Client::open(door).await?;
        return Ok(Arrived { client, top: 0, epoch: String::new() });
    }
    let door = Door { addr: server.addr, path: "/ws", person: Some(person) };
    let mut client = Client::open(door).await?;
    client.say(&format!(r##"{{"id":1,"t":"sub","rooms":[{{"to":"#{room}"}},{{"to":"~"}}]}}"##))?;
    let answer = client.answer(1).await?;
    let (top, epoch) = stand(&answer)?;
    if how.here {
        client.say(&format!(r##"{{"id":2,"t":"here","to":"#{room}","active":true}}"##))?;
        client.answer(2).await?;
    }
    Ok(Arrived { client, top, epoch })
}

/// Top and epoch of the first conversation in an answer to a `sub`.
pub fn stand(answer: &str) -> Outcome<(i64, String)> {
    let top = number(answer.as_bytes(), b"\"top\":");
    let epoch = answer.split("\"epoch\":\"").nth(1).and_then(|rest| rest.split('"').next());
    match (top, epoch) {
        (Some(top), Some(epoch)) => Ok((top, epoch.to_owned())),
        _ => Err(format!("the answer to a sub is another one: {answer}")),
    }
}

/// People 1 to `many` arrive.
pub async fn gather(server: &Server, many: usize, how: Entrance) -> Outcome<Vec<Arrived>> {
    let coming = (1..=many).map(|person| arrive(server, person, how));
    stream::iter(coming).buffer_unordered(AT_ONCE).try_collect().await
}

/// Lets a client read from now on: counts, checks that no event is missing or comes twice where
/// `last` says what came last, answers pings; `on_event` sees every event, and `on_answer` every
/// answer.
pub fn listen(
    mut client: Client,
    count: &Rc<Count>,
    mut last: Option<i64>,
    mut on_event: impl FnMut(i64, &[u8]) + 'static,
    mut on_answer: impl FnMut(u64, &[u8]) + 'static,
) {
    let count = Rc::clone(count);
    tokio::task::spawn_local(async move {
        let write = Rc::clone(&client.write);
        loop {
            let read = client.read(|said| match said {
                Said::Event { seq, text } => {
                    if let Some(last) = &mut last {
                        if seq != *last + 1 {
                            count.fail(format!("event {seq} came after {last}"));
                        }
                        *last = seq;
                    }
                    count.event();
                    on_event(seq, text);
                }
                Said::Answer(re, text) => {
                    if !has_ok(text) {
                        count.fail(format!("refused: {}", String::from_utf8_lossy(text)));
                    }
                    add(&count.answers);
                    on_answer(re, text);
                }
                Said::Online => {
                    add(&count.online);
                }
                Said::Ping => {
                    say(&write, r#"{"t":"pong"}"#);
                }
                Said::Close(code) => count.fail(format!("closed with {code}")),
                Said::Other => {}
            });
            if let Err(why) = read.await {
                return count.fail(why);
            }
        }
    });
}

fn has_ok(text: &[u8]) -> bool {
    let near = &text[..text.len().min(64)];
    near.windows(5).any(|window| window == b"\"ok\":")
}
