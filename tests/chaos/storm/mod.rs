//! Several devices of several people send under load while the server is killed and started again
//! on the same database; then everything is compared with everything.

pub mod audit;
mod device;
mod records;

use crate::support::{
    PATIENCE, Person, Served,
    client::{
        Client,
        ledger::{Counts, Ledger},
    },
    eventually,
    house::{LOBBY, Place},
};
use audit::{Held, Records, View, audit};
use device::Phase;
use rand::{Rng, SeedableRng, rngs::StdRng};
use roomful::{client::timeline::Timeline, protocol::Target};
use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinSet};

const ROOMS: [&str; 3] = [LOBBY, "#kitchen", "#attic"];
const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
/// A server lives at most this long past the first answers that it gave.
const LIFE_MS: u64 = 1_200;
/// So much earlier than its own patience a wait is given up that may go on without its end.
const LOOK: Duration = Duration::from_secs(1);
/// One server in so many is killed without having answered anything: in the middle of its start,
/// or of everybody's coming back.
const EARLY: u32 = 4;

/// What is to happen.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often the server is killed.
    pub kills: u32,
    /// How many people there are, up to five; each has two devices.
    pub people: usize,
    /// What the dice begin with. What they decide is the same every time; what the network and the
    /// scheduler decide is not.
    pub seed: u64,
}

/// What happened.
pub struct Report {
    /// By how many devices.
    pub devices: usize,
    /// How often the server was killed.
    pub kills: u32,
    /// Of messages that were sent, each counted once.
    pub sent: usize,
    /// Of these, how many are known to be stored.
    pub acknowledged: usize,
    /// How many are in the database.
    pub stored: usize,
    /// In how many logs.
    pub logs: usize,
    /// How many timelines were compared.
    pub views: usize,
    /// The clients' own counts.
    pub counts: Counts,
    /// What must not be.
    pub breaches: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let lines = [
            ("devices", self.devices as u64),
            ("kills", u64::from(self.kills)),
            ("messages sent", self.sent as u64),
            ("send frames, with repeats", counts.sends),
            ("acknowledged messages", self.acknowledged as u64),
            ("unsure, settled later", counts.unsure),
            ("messages in the database", self.stored as u64),
            ("logs", self.logs as u64),
            ("timelines compared", self.views as u64),
            ("connections", counts.connections),
            ("resumes", counts.resumes),
            ("pages read anew", counts.reloads),
            ("events applied", counts.applied),
            ("of these replayed", counts.replayed),
            ("events that were here already", counts.old),
        ];
        for (what, count) in lines {
            writeln!(f, "  {count:>9}  {what}")?;
        }
        write!(f, "  {:>7.1} s  in all", self.took.as_secs_f64())
    }
}

/// Runs it; `tell` hears a line now and then.
pub async fn run(plan: Plan, tell: impl Fn(&str)) -> Report {
    let begun = Instant::now();
    let mut dice = StdRng::seed_from_u64(plan.seed);
    let dir = TempDir::new().expect("a temporary folder");
    let mut served = serve(dir.path()).await;
    let place = Place::at(served.addr);
    tell("making the house and its people");
    let people = people(&served, plan.people).await;

    let ledger = Ledger::default();
    let (phase, watch) = watch::channel(Phase::Speak);
    let mut quiet = Vec::new();
    let mut devices = JoinSet::new();
    for number in 0..people.len() * 2 {
        let person = people[number % people.len()].clone().moving(&place);
        let client = Client::new(number, &person, &ROOMS, &ledger);
        let is_quiet = Arc::new(AtomicBool::new(false));
        quiet.push(Arc::clone(&is_quiet));
        let (places, dice) = (places(&person, &people), StdRng::from_rng(&mut dice));
        devices.spawn(device::run(client, dice, places, watch.clone(), is_quiet));
    }

    for kill in 1..=plan.kills {
        if !dice.random_ratio(1, EARLY) {
            let before = ledger.book().counts.oks;
            eventually("the server to answer", async || {
                (ledger.book().counts.oks > before).then_some(())
            })
            .await;
        }
        // When it dies is up to the dice; nothing waits for this time to have an effect.
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..=LIFE_MS))).await;
        served.kill().await;
        served = serve(dir.path()).await;
        place.moved(served.addr);
        let counts = ledger.book().counts;
        tell(&format!(
            "kill {kill:>3} of {}: {} sends, {} answers, {} connections",
            plan.kills, counts.sends, counts.oks, counts.connections
        ));
    }

    tell("waiting until everything is answered and heard");
    phase.send_replace(Phase::Settle);
    let answered = eventually("everything to be answered", async || {
        quiet.iter().all(|quiet| quiet.load(Ordering::Relaxed)).then_some(())
    });
    // Where that takes for ever, something was lost on its way: the audit says more.
    if tokio::time::timeout(PATIENCE - LOOK, answered).await.is_err() {
        ledger.book().breach("not everything that was asked was answered");
    }
    let file = dir.path().join("roomful.db");
    let tops = records::read(&file).await.into_iter().map(|(name, log)| (name, log.top)).collect();
    phase.send_replace(Phase::Reach(Arc::new(tops)));
    let clients = devices.join_all().await;
    assert!(served.terminate().await, "the last server ends well");

    tell("the audit");
    let records = gather(&file, &clients, &ledger).await;
    let mut breaches: Vec<String> = audit(&records).iter().map(ToString::to_string).collect();
    breaches.append(&mut ledger.book().breaches);
    let acknowledged: std::collections::BTreeSet<_> =
        records.acked.iter().map(|acked| (&acked.author, &acked.cid)).collect();
    Report {
        devices: clients.len(),
        kills: plan.kills,
        sent: records.sent.len(),
        acknowledged: acknowledged.len(),
        stored: records.logs.values().map(|log| log.messages.len()).sum(),
        logs: records.logs.len(),
        views: records.expected.len(),
        counts: ledger.book().counts,
        breaches,
        took: begun.elapsed(),
    }
}

/// Without the limits that would only make it slower.
async fn serve(dir: &Path) -> Served {
    let settings = [
        ("ROOMFUL_LOG", "error"),
        ("ROOMFUL_MESSAGE_RATE", "off"),
        ("ROOMFUL_FRAME_RATE", "off"),
        ("ROOMFUL_CONNECTIONS_PER_USER", "0"),
        ("ROOMFUL_CONNECTIONS_PER_ADDRESS", "0"),
    ];
    Served::start(dir, &settings).await
}

async fn people(served: &Served, count: usize) -> Vec<Person> {
    let mut people = Vec::new();
    for name in NAMES.iter().take(count) {
        people.push(served.person(name).await);
    }
    for room in &ROOMS[1..] {
        people[0].make_room(&room[1..]).await;
    }
    people
}

/// Where somebody speaks: in all rooms, and to everybody else.
fn places(person: &Person, people: &[Person]) -> Vec<Target> {
    let rooms = ROOMS.iter().filter_map(|room| Target::parse(room));
    let others = people.iter().filter(|other| other.name != person.name);
    rooms.chain(others.map(|other| Target::Person(other.name.clone()))).collect()
}

async fn gather(file: &Path, clients: &[Client], ledger: &Ledger) -> Records {
    use crate::support::client::ledger::log_name;
    let logs = records::read(file).await;
    let (mut views, mut expected) = (Vec::new(), Vec::new());
    for client in clients {
        let who = format!("{}/{}", client.user, client.number);
        let own = format!("~{}", client.user);
        let theirs = |name: &&String| {
            let mut pair = name.strip_prefix('@').into_iter().flat_map(|pair| pair.split('+'));
            name.starts_with('#') || **name == own || pair.any(|one| one == client.user)
        };
        expected.extend(logs.keys().filter(theirs).map(|log| (who.clone(), log.clone())));
        let seq = client.own.after.as_ref().map_or(-1, |after| after.seq);
        views.push(View { who: who.clone(), log: own.clone(), last: seq, messages: Vec::new() });
        for to in client.followed() {
            let Some(timeline) = client.timeline(&to) else { continue };
            views.push(view(who.clone(), log_name(&to, &client.user), timeline));
        }
    }
    let book = ledger.book();
    Records { sent: book.sent.clone(), acked: book.acked.clone(), logs, views, expected }
}

fn view(who: String, log: String, timeline: &Timeline) -> View {
    let held = |message: &roomful::protocol::views::Message| Held {
        seq: message.seq,
        id: message.id.clone(),
        author: message.author.clone(),
        cid: message.cid.clone().unwrap_or_default(),
        body: message.body.clone(),
    };
    View {
        who,
        log,
        last: timeline.last(),
        messages: timeline.messages().iter().map(held).collect(),
    }
}
