//! Promise 6 under what really happens to connections: tabs, reloads, crashes, networks that fall
//! silent, machines that sleep, and crowds.

use crate::support::{
    House, MainSocket, Person, eventually,
    house::{LOBBY, quick_heartbeat},
    main_socket::names,
    room_socket::{join, leave},
};
use roomful::protocol::{close, limits};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_tabs_closing_is_silent_whichever_sockets_they_are() {
    let house = House::open().await;
    let mut watch = watching(&house, LOBBY).await;
    let bob = house.person("bob").await;
    let mut main = bob.socket().await;
    main.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "bob").await;
    let mut room = bob.enter("lobby").await;
    assert_eq!(room.entered().await, ["bob"], "his other tab");
    main.close().await;
    settle(&house, "carol", &mut watch).await;
    let mut again = bob.socket().await;
    again.here(json!(LOBBY)).await;
    room.close().await;
    settle(&house, "dave", &mut watch).await;
    watch.assert_none(|f| about(f, "bob"));
    again.close().await;
    watch.sees_leave(LOBBY, "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_fifty_clients_is_silent() {
    const CLIENTS: usize = 50;
    let house = House::open_with(|config| config.leave_grace = Duration::from_secs(60)).await;
    let mut watch = watching(&house, LOBBY).await;
    let mut people = Vec::new();
    for n in 0..CLIENTS {
        people.push(house.person(&format!("guest{n}")).await);
    }
    let mut sockets = all_here(&people).await;
    all_in(&mut watch, CLIENTS).await;
    for (n, socket) in sockets.drain(..).enumerate() {
        match n % 3 {
            0 => socket.close().await,
            1 => drop(socket),
            _ => socket.into_wire().reset(),
        }
    }
    let _sockets = all_here(&people).await;
    let mut carol = house.person("carol").await.socket().await;
    carol.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "carol").await;
    watch.assert_none(|f| about(f, "guest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_crashes_without_a_close_leaves_after_the_grace_and_not_before() {
    let mut house = House::open_with(|config| config.leave_grace = Duration::from_secs(60)).await;
    let mut watch = watching(&house, LOBBY).await;
    let bob = here(&house.person("bob").await).await;
    watch.sees_join(LOBBY, "bob").await;
    bob.into_wire().reset();
    // Only carol's connection is left of the two: bob's has ended, and he is still there.
    let mut carol = house.person("carol").await.socket().await;
    carol.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "carol").await;
    eventually("bob's connection to end", async || {
        (house.running().domain().connections.open() == 2).then_some(())
    })
    .await;
    assert_eq!(watch.sub(&[LOBBY]).await[0]["online"]["users"], json!(["bob", "carol"]));
    watch.assert_none(|f| names(f, LOBBY, "leave", "bob"));
    house.stop().await;

    let house = House::open().await;
    let mut watch = watching(&house, LOBBY).await;
    for cut in ["reset", "dropped"] {
        let bob = here(&house.by_token_or_new("bob").await).await;
        watch.sees_join(LOBBY, "bob").await;
        if cut == "reset" {
            bob.into_wire().reset();
        } else {
            drop(bob);
        }
        watch.sees_leave(LOBBY, "bob").await;
    }
}

/// Nothing comes, and nothing says so: no FIN, no RST.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_falls_silent_is_found_by_the_heartbeat_and_leaves_no_ghost() {
    let house = House::open_with(quick_heartbeat).await;
    let mut watch = watching(&house, LOBBY).await;
    let bob = house.person("bob").await;
    let main = here(&bob).await;
    let mut room = bob.enter("lobby").await;
    room.entered().await;
    watch.sees_join(LOBBY, "bob").await;
    // Neither is read from here on, so neither answers.
    watch.sees_leave(LOBBY, "bob").await;
    assert_eq!(watch.sub(&[LOBBY]).await[0]["online"], json!({"count": 0, "users": []}));
    eventually("nobody but the one who watches", async || {
        (house.running().domain().connections.open() == 1).then_some(())
    })
    .await;
    drop((main, room));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_slept_is_told_4002_and_comes_back_with_a_join() {
    let house = House::open_with(quick_heartbeat).await;
    let mut watch = watching(&house, LOBBY).await;
    let bob = house.person("bob").await;
    let asleep = here(&bob).await;
    watch.sees_join(LOBBY, "bob").await;
    watch.sees_leave(LOBBY, "bob").await;
    // He wakes, reads what lay there, and his pongs come too late.
    assert_eq!(asleep.closed().await, close::NO_PONG);
    let _awake = here(&bob).await;
    watch.sees_join(LOBBY, "bob").await;
    watch.assert_none(|f| about(f, "bob"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_one_of_a_conversation_hears_however_many_are_online() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut crowd = Vec::new();
    for n in 0..=limits::PRESENCE_NAMES {
        crowd.push(house.person(&format!("guest{n}")).await.socket().await);
    }
    let mut watch = alice.socket().await;
    // Nothing was said between them yet: it makes no difference.
    let answer = watch.sub(&["@bob"]).await.remove(0);
    assert_eq!(answer["online"], json!({"count": 1, "users": ["alice"]}));
    for _ in 0..2 {
        let socket = bob.socket().await;
        let came = watch.frame("bob to come", |f| names(f, "@bob", "join", "bob")).await;
        assert_eq!(came["count"], 2, "{came}");
        drop(socket);
        let went = watch.frame("bob to go", |f| names(f, "@bob", "leave", "bob")).await;
        assert_eq!(went["count"], 1, "{went}");
    }
    watch.ask_ok(json!({"t": "unsub", "rooms": ["@bob"]})).await;
    let _socket = bob.socket().await;
    watch.sub(&[LOBBY]).await;
    settle(&house, "carol", &mut watch).await;
    watch.assert_none(|f| about(f, "bob"));
}

#[tokio::test(flavor = "multi_thread")]
async fn past_200_a_room_socket_is_told_of_nobody_and_of_everybody_once_there_are_fewer() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut main = watching(&house, LOBBY).await;
    let mut people = Vec::new();
    for n in 0..=limits::PRESENCE_NAMES {
        people.push(house.person(&format!("guest{n}")).await);
    }
    let mut crowd = all_here(&people).await;
    let full = limits::PRESENCE_NAMES + 1;
    main.frame("the last to come", |f| f["t"] == "online" && f["count"] == full).await;
    let mut room = alice.enter("lobby").await;
    assert!(room.entered().await.is_empty());
    main.frame("alice to come", |f| f["t"] == "online" && f["count"] == full + 1).await;
    room.says_and_hears_only_that("so many").await;

    for socket in crowd.drain(1..) {
        socket.close().await;
    }
    let fresh = main.frame("a fresh list", |f| f["all"].is_array()).await;
    let listed = fresh["all"].as_array().map_or(0, Vec::len);
    assert_eq!(fresh["count"], listed, "{fresh}");
    // She hears of each that was left, and of each that went after; guest0 stays.
    let (mut here, mut stayed) = (1, false);
    while here > 2 || !stayed {
        let frame = room.next("somebody to come or go").await;
        match frame["type"].as_str() {
            Some("user_join") => here += 1,
            Some("user_leave") => here -= 1,
            other => panic!("{other:?}: {frame}"),
        }
        stayed |= frame == join("guest0");
        assert!(frame != leave("guest0"), "{frame}");
        assert!(here <= limits::PRESENCE_NAMES, "{here}");
    }
    eventually("the others to be gone", async || {
        let online = main.sub(&[LOBBY]).await[0]["online"].clone();
        (online == json!({"count": 2, "users": ["alice", "guest0"]})).then_some(())
    })
    .await;
}

/// A socket that follows the place and is not in it.
async fn watching(house: &House, to: &str) -> MainSocket {
    let mut watch = house.person("watcher").await.socket().await;
    watch.sub(&[to]).await;
    watch
}

/// A socket with the lobby on its screen.
async fn here(person: &Person) -> MainSocket {
    let mut socket = person.socket().await;
    socket.here(json!(LOBBY)).await;
    socket
}

async fn all_here(people: &[Person]) -> Vec<MainSocket> {
    futures_util::future::join_all(people.iter().map(here)).await
}

/// Waits until so many are known to be in the lobby, and forgets how they came.
async fn all_in(watch: &mut MainSocket, count: usize) {
    let mut joined = 0;
    while joined < count {
        let frame = watch.frame("everybody to come", |f| f["t"] == "online").await;
        joined += frame["join"].as_array().map_or(0, Vec::len);
    }
}

/// Somebody comes into the lobby and goes: what was to be told before has been told by then.
async fn settle(house: &House, name: &str, watch: &mut MainSocket) {
    let socket = here(&house.person(name).await).await;
    watch.sees_join(LOBBY, name).await;
    socket.close().await;
    watch.sees_leave(LOBBY, name).await;
}

/// Whether it says that somebody of such a name came or went.
fn about(frame: &Value, name: &str) -> bool {
    frame["t"] == "online" && frame.to_string().contains(name)
}
