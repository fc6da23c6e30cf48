//! When storing fails: a locked database, a full disk. Whoever sends hears that it failed for now,
//! nobody else hears anything, nothing is half-stored, and the same cid succeeds later.

use crate::support::{
    House, MainSocket, Person, Served, cid,
    database::{self, Locked},
    house::LOBBY,
    http::unescaped,
    main_socket::saying,
    served::{command_after, roomful_ok},
};
use serde_json::{Value, json};
use std::{process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_locked_a_send_is_unavailable_and_later_succeeds() {
    let house = impatient_house().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut speaks, mut hears) = (alice.socket().await, bob.socket().await);
    hears.sub(&[LOBBY]).await;
    let lock = Locked::lock(&house.database()).await;

    let held = saying(LOBBY, "held back", &cid());
    is_unavailable(&speaks.ask_err(held.clone()).await);
    // Reading goes on meanwhile, and so do the sockets.
    assert_eq!(speaks.sub(&[LOBBY]).await[0]["top"], 0);
    bob.get("/chat/lobby/").await.is(200);
    assert!(house.bodies(&alice, LOBBY).await.is_empty());

    lock.release().await;
    assert_eq!(speaks.ask_ok(held.clone()).await["seq"], 1);
    assert_eq!(speaks.ask_ok(held).await["seq"], 1);
    assert_eq!(hears.event(LOBBY).await["seq"], 1, "the first that anybody heard of it");
    speaks.send(LOBBY, "and on").await;
    assert_eq!(hears.event(LOBBY).await["seq"], 2);
    assert_eq!(house.bodies(&bob, LOBBY).await, ["held back", "and on"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sends_to_a_locked_database_each_hears_and_none_is_half_stored() {
    let house = impatient_house().await;
    let alice = house.person("alice").await;
    house.account("bob", false).await;
    let mut socket = alice.socket().await;
    let lock = Locked::lock(&house.database()).await;
    let frames: Vec<Value> = (0..20)
        .map(|n| saying(if n % 2 == 0 { LOBBY } else { "@bob" }, &format!("{n}"), &cid()))
        .collect();
    let mut ids = Vec::new();
    for frame in &frames {
        ids.push(socket.number(frame.clone()).await);
    }
    for id in ids {
        is_unavailable(&socket.reply(id).await["err"]);
    }
    lock.release().await;
    assert!(house.bodies(&alice, LOBBY).await.is_empty());
    assert!(house.bodies(&alice, "@bob").await.is_empty());
    for frame in frames {
        socket.ask_ok(frame).await;
    }
    assert_eq!(house.bodies(&alice, LOBBY).await.len(), 10);
    assert_eq!(house.bodies(&alice, "@bob").await.len(), 10);
    assert_eq!(alice.history("@bob").await["top"], 10, "no seq was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_lock_is_waited_for() {
    let house = House::open_with(|config| config.busy_timeout = Duration::from_secs(10)).await;
    let mut socket = house.person("alice").await.socket().await;
    let lock = Locked::lock(&house.database()).await;
    let id = socket.number(saying(LOBBY, "patience", &cid())).await;
    socket.fence().await;
    lock.release().await;
    assert_eq!(socket.reply(id).await["ok"]["seq"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_socket_hears_of_it_in_words_and_stays_open() {
    let house = impatient_house().await;
    let mut room = house.person("alice").await.enter("lobby").await;
    room.entered().await;
    let lock = Locked::lock(&house.database()).await;
    room.say("held back").await;
    room.hears_error().await;
    lock.release().await;
    room.says_and_hears_only_that("again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_form_comes_back_with_its_text() {
    let house = impatient_house().await;
    let alice = house.in_browser("alice").await;
    let one = cid();
    let lock = Locked::lock(&house.database()).await;
    let page = alice.say(LOBBY, "a <long> story", &one).await.is(503);
    assert!(unescaped(&page.text()).contains("a <long> story"), "{}", page.text());
    assert_eq!(
        page.field("cid"),
        Some(one.clone()),
        "under the same id, so that it is one message"
    );
    lock.release().await;
    alice.say(LOBBY, "a <long> story", &one).await.is(303);
    assert_eq!(house.bodies(&house.by_token("alice").await, LOBBY).await, ["a <long> story"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_that_writes_brings_the_server_down() {
    let house = impatient_house().await;
    let alice = house.in_browser("alice").await;
    let mut socket = alice.socket().await;
    let lock = Locked::lock(&house.database()).await;
    socket.tell(json!({"t": "read", "to": LOBBY, "seq": 1})).await;
    socket.here(json!(LOBBY)).await;
    for (path, fields) in [
        ("/api/enter_room", vec![("name", "attic"), ("page", "/chat/")]),
        ("/api/log_in", vec![("name", "alice"), ("password", crate::support::PASSWORD)]),
        ("/api/sign_up", vec![("name", "carol"), ("password", crate::support::PASSWORD)]),
        ("/api/log_out", vec![("page", "/chat/")]),
    ] {
        let answer = alice.call(path, &fields).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.text());
        assert_eq!(answer.code(), "unavailable", "{path}");
    }
    let wire = alice.wire("/ws/chat/attic/").await.expect("accepted");
    wire.closed().await;
    lock.release().await;
    alice.get("/chat/attic/").await.is(404);
    socket.send(LOBBY, "still here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_a_send_is_unavailable_and_later_succeeds() {
    let dir = TempDir::new().expect("a temporary folder");
    // A limit on the size of files, set and lifted from outside, stands in for the full disk; what
    // the server prints goes nowhere, so that the limit does not count for it.
    let mut command = command_after("trap '' XFSZ", dir.path(), &["serve"]);
    command.stderr(Stdio::null());
    let served = Served::from(command, dir.path()).await;
    let (alice, bob) = (served.person("alice").await, served.person("bob").await);
    let (mut speaks, mut hears) = (alice.socket().await, bob.socket().await);
    hears.sub(&[LOBBY]).await;
    speaks.send(LOBBY, "while there is room").await;
    assert_eq!(hears.event(LOBBY).await["seq"], 1);

    if !limit_files(served.pid(), "1:unlimited").await {
        eprintln!("prlimit is not here or not allowed: nothing was tested");
        return;
    }
    let held = saying(LOBBY, &"a long story ".repeat(200), &cid());
    is_unavailable(&speaks.ask_err(held.clone()).await);
    is_unavailable(&speaks.ask_err(saying("@bob", "never stored", &cid())).await);
    bob.get("/chat/lobby/").await.is(200);
    assert_eq!(alice.history(LOBBY).await["top"], 1);

    assert!(limit_files(served.pid(), "unlimited:unlimited").await);
    assert_eq!(sent_at_last(&mut speaks, held.clone()).await["seq"], 2);
    assert_eq!(hears.event(LOBBY).await["seq"], 2, "the first that anybody heard of it");
    assert_eq!(speaks.ask_ok(held).await["seq"], 2);

    // And it holds over a crash.
    served.kill().await;
    let served = Served::start(dir.path(), &[]).await;
    let token = roomful_ok(dir.path(), &["token", "add", "--user", "alice"], "").await;
    let alice = Person::at(served.addr).with_token("alice", token.trim());
    assert_eq!(alice.history(LOBBY).await["top"], 2);
    assert_eq!(alice.history("@bob").await["top"], 0);
    database::assert_sound(&dir.path().join("roomful.db")).await;
}

/// One that gives a locked database up soon.
async fn impatient_house() -> House {
    House::open_with(|config| config.busy_timeout = Duration::from_millis(100)).await
}

#[track_caller]
fn is_unavailable(err: &Value) {
    assert_eq!((&err["code"], &err["temporary"]), (&json!("unavailable"), &json!(true)), "{err}");
}

/// As a client does it: again with the same cid while it is only refused for now.
async fn sent_at_last(socket: &mut MainSocket, frame: Value) -> Value {
    for _ in 0..20 {
        let reply = socket.ask(frame.clone()).await;
        if reply.get("ok").is_some() {
            return reply["ok"].clone();
        }
        is_unavailable(&reply["err"]);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is still refused")
}

/// Sets the largest size of a file that a process may write.
async fn limit_files(pid: u32, size: &str) -> bool {
    let (pid, size) = (pid.to_string(), format!("--fsize={size}"));
    let set = Command::new("prlimit").args(["--pid", &pid, &size]).status().await;
    set.is_ok_and(|status| status.success())
}
