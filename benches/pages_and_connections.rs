//! How fast pages come and how little an idle connection costs. A benchmark, not a test: it starts
//! the release server on one core, drives it from another, and prints one table.
//!
//!     cargo bench --features ssr --bench pages_and_connections
//!
//! What a line says: requests per second as they came, the same per second of the server's own CPU
//! time (which does not depend on how fast this program asks), and how long an answer took. Nagle's
//! algorithm against delayed acknowledgements would show as a p99 of 40 ms.

// Where a benchmark cannot go on, it says so and ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// The tests use all of it, a benchmark some.
#[allow(dead_code, unused_imports)]
#[path = "../tests/support/mod.rs"]
mod support;

#[path = "parts/load.rs"]
mod load;
#[path = "parts/process.rs"]
mod process;

use load::Load;
use process::{Usage, pin_this_process, pinned};
use std::time::Duration;
use support::{MainSocket, Person, Served, house::LOBBY};
use tempfile::TempDir;

/// The aim for both pages: requests per second of one core.
const PAGES_AIM: f64 = 3_000.0;
/// The aim for an idle, logged-in, subscribed connection.
const CONNECTION_AIM_KIB: f64 = 10.0;
/// Connections that ask for pages: enough to keep one core busy.
const ASKING: usize = 16;
/// Before it counts.
const WARM_UP: Duration = Duration::from_secs(1);
/// What counts.
const MEASURED: Duration = Duration::from_secs(5);
/// Messages on the room's page.
const MESSAGES: usize = 50;
/// Idle connections.
const IDLE: usize = 2_000;
/// Opened at the same time.
const AT_ONCE: usize = 50;
/// People the idle connections belong to.
const PEOPLE: usize = 4;
/// Until what opening needed for a moment has been given back.
const SETTLE: Duration = Duration::from_secs(2);

/// Core of the server, core of this program.
const CORES: (usize, usize) = (0, 1);

fn main() {
    pin_this_process(CORES.1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        println!(
            "{:<34}{:>12}{:>14}{:>10}{:>10}{:>10}{:>9}",
            "", "requests/s", "per CPU s", "p50", "p99", "longest", "of aim"
        );
        pages().await;
        println!();
        connections().await;
    });
}

async fn serve(dir: &TempDir) -> Served {
    let settings = [
        ("ROOMFUL_MESSAGE_RATE", "off"),
        ("ROOMFUL_CONNECTIONS_PER_USER", "0"),
        ("ROOMFUL_CONNECTIONS_PER_ADDRESS", "0"),
        ("ROOMFUL_LOG", "warn"),
    ];
    let mut command = pinned(CORES.0, dir.path());
    command.envs(settings).stderr(std::process::Stdio::inherit());
    Served::from(command, dir.path()).await
}

async fn pages() {
    let dir = TempDir::new().expect("a folder");
    let served = serve(&dir).await;
    let alice = served.person("alice").await;
    let mut socket = alice.socket().await;
    for n in 0..MESSAGES {
        let words = "of the size that people usually write, now and then with a second sentence.";
        socket.send(LOBBY, &format!("Message {n} {words}")).await;
    }
    for n in 0..20 {
        alice.make_room(&format!("room {n}")).await;
    }
    let visitor = Person::at(served.addr);
    let member = visitor.clone().log_in("alice").await;
    for (name, path, person) in [
        ("/chat/, a visitor", "/chat/", &visitor),
        ("/chat/lobby/, a visitor", "/chat/lobby/", &visitor),
        ("/chat/, a member", "/chat/", &member),
        ("/chat/lobby/, a member", "/chat/lobby/", &member),
    ] {
        let page = person.get(path).await.is(200);
        let load = Load::new(served.addr, path, person.headers());
        load.drive(ASKING, WARM_UP).await;
        let before = Usage::of(served.pid());
        let result = load.drive(ASKING, MEASURED).await;
        let cpu = Usage::of(served.pid()).cpu - before.cpu;
        let per_cpu = result.times.len() as f64 / cpu.as_secs_f64().max(0.01);
        println!(
            "{:<34}{:>12.0}{:>14.0}{:>8.1}ms{:>8.1}ms{:>8.1}ms{:>8.2}x",
            format!("{name} ({} KiB)", page.body.len() / 1024),
            result.per_second(),
            per_cpu,
            result.at(0.50),
            result.at(0.99),
            result.at(1.0),
            per_cpu / PAGES_AIM,
        );
    }
}

async fn connections() {
    let dir = TempDir::new().expect("a folder");
    let served = serve(&dir).await;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(served.person(&format!("person{n}")).await);
    }
    // Whatever the first connection makes for all is not counted for the others.
    let _first = subscribed(&people[0]).await;
    tokio::time::sleep(SETTLE).await;
    let before = Usage::of(served.pid());
    let mut open: Vec<MainSocket> = Vec::with_capacity(IDLE);
    while open.len() < IDLE {
        let some = (open.len()..IDLE).take(AT_ONCE).map(|n| subscribed(&people[n % PEOPLE]));
        open.extend(futures_util::future::join_all(some).await);
    }
    tokio::time::sleep(SETTLE).await;
    let grown = Usage::of(served.pid()).rss_kib - before.rss_kib;
    let each = grown / open.len() as f64;
    println!(
        "{} idle connections, logged in and subscribed: {each:.1} KiB of RSS each (aim {CONNECTION_AIM_KIB:.0} KiB: {:.2}x), {:.1} MiB in all, {:.1} MiB before",
        open.len(),
        each / CONNECTION_AIM_KIB,
        grown / 1024.0,
        before.rss_kib / 1024.0,
    );
}

async fn subscribed(person: &Person) -> MainSocket {
    let mut socket = person.socket().await;
    socket.sub(&[LOBBY, "~"]).await;
    socket
}
