//! Promise 7: a slow reader hurts only itself.

use crate::support::{
    House, MainSocket, cid,
    database::Locked,
    gates::Gates,
    house::LOBBY,
    main_socket::saying,
    wire::{Got, Wire},
};
use roomful::protocol::{SUBPROTOCOL, close};
use roomful::server::groups::Groups as _;
use serde_json::{Value, json};
use std::sync::Arc;

/// What may wait for a connection in this house.
const QUEUE_BYTES: usize = 256 * 1024;
/// A message's body: large, so that the system's buffers are soon full.
const BODY: usize = 16_000;
/// What the system may hold of a connection that does not read, unless it says otherwise.
const SYSTEM_BYTES: usize = 4 << 20;
/// Those who read.
const READERS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_reading_hurts_nobody_is_told_4008_and_resumes_without_a_gap() {
    let gates = Arc::new(Gates::default());
    let given = Arc::clone(&gates);
    let house =
        House::open_on(move || given.clone(), |config| config.queue_bytes = QUEUE_BYTES).await;
    let bob = house.person("bob").await.with("Sec-WebSocket-Protocol", SUBPROTOCOL);
    let mut speaker = house.person("speaker").await.socket().await;
    let mut readers = Vec::new();
    for n in 0..READERS {
        let mut socket = house.person(&format!("reader{n}")).await.socket().await;
        socket.sub(&[LOBBY]).await;
        readers.push(socket);
    }
    let without_bob = gates.memberships();
    let wire = Wire::open_narrow(house.addr(), "/ws", bob.headers()).await.expect("it opens");
    let mut stuck = MainSocket::over(wire).await;
    let epoch = stuck.sub(&[LOBBY]).await[0]["epoch"].as_str().expect("an epoch").to_owned();
    let mut stuck = stuck.into_wire();

    // He stops reading. Everybody else has each message before the next is said.
    let most = (system_bytes() + 4 * QUEUE_BYTES) / BODY;
    let mut said = 0;
    while gates.memberships() > without_bob && said < most {
        said += 1;
        let body = format!("{said} {}", "🏠".repeat(BODY / 4 - 10));
        assert_eq!(speaker.send(LOBBY, &body).await["seq"], said);
        for reader in &mut readers {
            assert_eq!(reader.event(LOBBY).await["seq"], said);
        }
    }
    assert!(said < most, "after {said} messages the server still keeps all of them for him");

    // He reads again: what the system held for him, no more than a queue's worth of the rest, and
    // why it ends there.
    let (mut seqs, mut bytes) = (Vec::new(), 0);
    let code = loop {
        match stuck.got("the rest and the end").await {
            Got::Json(frame) if frame["t"] == "event" => {
                bytes += frame.to_string().len();
                seqs.push(frame["seq"].as_i64().expect("a seq"));
            }
            Got::Closed(code) => break code,
            _ => {}
        }
    };
    assert_eq!(code, close::TOO_SLOW);
    let last = seqs.len() as i64;
    assert_eq!(seqs, (1..=last).collect::<Vec<_>>(), "what came has no hole");
    assert!(bytes <= system_bytes() + 2 * QUEUE_BYTES, "{bytes} bytes were kept for him");

    let said_meanwhile = speaker.send(LOBBY, "where is bob?").await["seq"].as_i64();
    let mut back = bob.socket().await;
    let answer = back.sub_after(LOBBY, &epoch, last).await;
    assert_eq!(answer["recovered"], true, "he missed {} messages", said as i64 - last);
    let replayed = answer["events"].as_array().expect("events");
    seqs.extend(replayed.iter().filter_map(|event| event["seq"].as_i64()));
    assert_eq!(Some(seqs), said_meanwhile.map(|top| (1..=top).collect()), "no gap, nothing twice");
    let newest = house.by_token("bob").await.history(LOBBY).await["messages"][0].take();
    let told = replayed.last().map(|event| event["data"]["body"].clone());
    assert_eq!(told, Some(newest["body"].clone()));
    speaker.send(LOBBY, "there you are").await;
    assert_eq!(back.event(LOBBY).await["data"]["body"], "there you are");
}

/// The same for somebody in a room socket, who has nothing to resume.
#[tokio::test(flavor = "multi_thread")]
async fn who_stops_reading_a_room_socket_is_told_4008_too() {
    let gates = Arc::new(Gates::default());
    let given = Arc::clone(&gates);
    let house =
        House::open_on(move || given.clone(), |config| config.queue_bytes = QUEUE_BYTES).await;
    let bob = house.person("bob").await;
    let mut speaker = house.person("speaker").await.enter("lobby").await;
    speaker.entered().await;
    let without_bob = gates.memberships();
    let mut stuck =
        Wire::open_narrow(house.addr(), "/ws/chat/lobby/", bob.headers()).await.expect("it opens");
    let mut frame = Value::Null;
    while frame["type"] != "user_join" {
        if let Got::Json(next) = stuck.got("to be let in").await {
            frame = next;
        }
    }
    speaker.hears(json!({"type": "user_join", "user": "bob"})).await;
    let most = (system_bytes() + 4 * QUEUE_BYTES) / BODY;
    let mut said = 0;
    while gates.memberships() > without_bob && said < most {
        said += 1;
        speaker.says_and_hears_only_that(&"🏠".repeat(BODY / 4)).await;
    }
    assert!(said < most, "after {said} messages the server still keeps all of them for him");
    assert_eq!(stuck.closed().await, close::TOO_SLOW);
}

/// What the system may hold of one connection's output.
fn system_bytes() -> usize {
    let limits = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_wmem").unwrap_or_default();
    limits.split_whitespace().nth(2).and_then(|most| most.parse().ok()).unwrap_or(SYSTEM_BYTES)
}

/// Many speak at once, so that a commit is as large as it may be.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_is_not_slow_however_much_is_stored_at_once() {
    let house = House::open().await;
    let mut crowd = Vec::new();
    for n in 0..32 {
        let mut socket = house.person(&format!("p{n}")).await.socket().await;
        socket.sub(&[LOBBY]).await;
        crowd.push((socket, Vec::new()));
    }
    let lock = Locked::lock(&house.database()).await;
    for (socket, ids) in &mut crowd {
        for n in 0..10 {
            ids.push(socket.number(saying(LOBBY, &format!("{n}"), &cid())).await);
        }
    }
    lock.release().await;
    for (socket, ids) in &mut crowd {
        for id in ids.drain(..) {
            assert!(socket.reply(id).await["ok"].is_object());
        }
    }
}
