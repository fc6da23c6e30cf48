//! What 2,000 connections leave behind: nothing.

use crate::support::{
    House, Person, cid, eventually,
    gates::Gates,
    house::{LOBBY, quick_heartbeat},
    main_socket::saying,
    wire::Wire,
};
use futures_util::future::join_all;
use roomful::protocol::{SUBPROTOCOL, close};
use roomful::server::domain::gauges::Gauges;
use serde_json::json;
use std::sync::Arc;

/// Connections in all.
const CONNECTIONS: usize = 2_000;
/// Of these at once.
const AT_ONCE: usize = 50;
/// Ways in which a connection comes and goes.
const WAYS: usize = 10;
/// Connections of one user, as the house allows them.
const EACH: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn of_2000_connections_nothing_is_left() {
    let gates = Arc::new(Gates::default());
    let given = Arc::clone(&gates);
    let house = House::open_on(
        move || given.clone(),
        |config| {
            quick_heartbeat(config);
            config.connections_per_user = EACH;
        },
    )
    .await;
    // Those who hold all the connections they may, so that one more is refused.
    let greedy = house.person("greedy").await;
    let mut held = Vec::new();
    for mut socket in join_all((0..EACH).map(|_| greedy.socket())).await {
        held.push(tokio::spawn(async move {
            // Answers pings for as long as it may.
            socket.frame("nothing", |_| false).await;
        }));
    }
    let mut people = Vec::new();
    for n in 0..AT_ONCE {
        people.push(house.person(&format!("guest{n}")).await);
    }
    let at_rest = gauges(&house);
    assert_eq!((at_rest.connections, at_rest.users), (EACH, 1));
    let mut silent = Vec::new();
    for round in 0..CONNECTIONS / AT_ONCE {
        let each = people
            .iter()
            .enumerate()
            .map(|(n, guest)| one(&house, &greedy, guest, round * AT_ONCE + n));
        silent.extend(join_all(each).await.into_iter().flatten());
    }
    assert_eq!(silent.len(), CONNECTIONS / WAYS);
    for socket in held {
        socket.abort();
    }
    eventually("everything to be back at zero", async || {
        let left = gauges(&house);
        let done = left == Gauges::default() && gates.queues() == 0;
        if !done {
            eprintln!("{left:?}, {} queues", gates.queues());
        }
        done.then_some(())
    })
    .await;
    drop(silent);
}

fn gauges(house: &House) -> Gauges {
    house.running().domain().gauges()
}

/// A connection comes, does something, and goes, each in another way; or falls silent, and is for
/// the server to give up.
async fn one(house: &House, greedy: &Person, guest: &Person, n: usize) -> Option<Wire> {
    match n % WAYS {
        // Cut in the middle of a subscribe, of a send, or of nothing.
        0 => {
            let mut socket = guest.socket().await;
            socket.here(json!(LOBBY)).await;
            socket.tell(json!({"t": "sub", "rooms": [{"to": LOBBY}, {"to": "@greedy"}]})).await;
            socket.into_wire().reset();
        }
        1 => {
            let mut socket = guest.socket().await;
            socket.sub(&[LOBBY, "~", "@greedy"]).await;
            socket.tell(saying(LOBBY, "and gone", &cid())).await;
            drop(socket);
        }
        2 => drop(guest.wire("/ws").await),
        // Closed in good manners.
        3 => {
            let mut socket = guest.socket().await;
            socket.sub(&[LOBBY, "@greedy"]).await;
            socket.here(json!(LOBBY)).await;
            socket.send("@greedy", "are you there?").await;
            socket.ask_ok(json!({"t": "unsub", "rooms": ["@greedy"]})).await;
            socket.close().await;
        }
        4 => {
            let mut room = guest.enter("lobby").await;
            room.entered().await;
            room.say("hello").await;
            room.close().await;
        }
        5 => {
            let mut room = guest.enter("lobby").await;
            room.entered().await;
            room.say("/pm greedy hello").await;
            drop(room);
        }
        // Logged out.
        6 => {
            let alice = house.log_in(&guest.name).await;
            let mut socket = alice.socket().await;
            socket.sub(&[LOBBY, "~"]).await;
            socket.here(json!(LOBBY)).await;
            alice.post("/api/log_out", &[]).await;
            // Or by a heartbeat that finds the session gone before the log-out says so.
            let code = socket.closed().await;
            assert!(matches!(code, close::LOGGED_OUT | close::LOGIN_NEEDED), "{code}");
        }
        // Refused: one too many, a login that is none, an origin of others.
        7 => {
            let wire = greedy.wire("/ws").await.expect("accepted, then closed");
            assert_eq!(wire.closed().await, close::TOO_MANY_CONNECTIONS);
        }
        8 => {
            let nobody = house.visitor().with("Authorization", "Bearer nobody");
            let wire = nobody.wire("/ws/chat/lobby/").await.expect("accepted, then closed");
            assert_eq!(wire.closed().await, close::LOGIN_NEEDED);
            let foreign = guest.clone().with("Origin", "https://evil.example");
            assert_eq!(foreign.wire("/ws").await.err(), Some(403));
        }
        // A visitor who is shut out, and one whose network falls silent.
        _ => {
            let visitor = house.visitor();
            let wire = visitor.wire("/ws/chat/nowhere/").await.expect("accepted, then closed");
            assert_eq!(wire.closed().await, close::NO_SUCH_ROOM);
            let visitor = visitor.with("Sec-WebSocket-Protocol", SUBPROTOCOL);
            let mut wire = visitor.wire("/ws").await.expect("the socket opens");
            wire.text(json!({"t": "sub", "rooms": [{"to": LOBBY}]}).to_string()).await;
            return Some(wire);
        }
    }
    None
}
