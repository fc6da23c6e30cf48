//! The promises of the main socket, each by its number: 1 stored first, 2 once, 3 in order,
//! 4 resume from anywhere, 6 presence is a lease, 8 liveness from what arrives.

use crate::support::{
    House, MainSocket, Person, cid, database, eventually,
    house::{LOBBY, quick_heartbeat},
    main_socket::{names, saying},
};
use roomful::protocol::{close, limits};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

// 1. Stored first.

#[tokio::test(flavor = "multi_thread")]
async fn p1_an_ok_survives_a_crash() {
    let mut house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    let one = cid();
    let ok = socket.ask_ok(saying(LOBBY, "for ever", &one)).await;
    let before = alice.history(LOBBY).await;

    house.crash_and_restart().await;

    let after = alice.history(LOBBY).await;
    assert_eq!(after["messages"][0]["body"], "for ever");
    assert_eq!(after["messages"][0]["id"], ok["id"]);
    assert_eq!(after["messages"][0]["seq"], ok["seq"]);
    assert_eq!(after["messages"][0]["at"], ok["at"]);
    assert_eq!(after["epoch"], before["epoch"], "a restart makes no new log");
    let again = alice.socket().await.ask_ok(saying(LOBBY, "for ever", &one)).await;
    assert_eq!(again, ok, "the same cid gets the first answer, even now");
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_message_is_in_the_database_when_anyone_hears_of_it() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut speaks, mut hears) = (alice.socket().await, bob.socket().await);
    hears.sub(&[LOBBY]).await;
    for n in 0..20 {
        let body = format!("stored first {n}");
        let id = speaks.number(saying(LOBBY, &body, &cid())).await;
        assert_eq!(hears.event(LOBBY).await["data"]["body"], body);
        assert!(database::fields_with(&house.database(), &body).await > 0, "not stored yet");
        speaks.reply(id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_every_ok_of_a_busy_room_survives_a_crash() {
    let mut house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    let mut sent = Vec::new();
    for n in 0..100 {
        let id = socket.number(saying(LOBBY, &format!("{n}"), &cid())).await;
        sent.push((id, n));
    }
    // Dies in the middle: what was answered by then must be there.
    let mut answered = Vec::new();
    for (id, n) in sent.into_iter().take(40) {
        let reply = socket.reply(id).await;
        answered.push((reply["ok"]["seq"].as_i64().expect("an ok"), n.to_string()));
    }
    house.crash_and_restart().await;
    let page = alice.try_history(LOBBY, "&limit=200").await.is(200).json();
    let messages = page["messages"].as_array().expect("messages");
    for (seq, body) in answered {
        assert!(messages.iter().any(|m| m["seq"] == seq && m["body"] == body), "{body} is gone");
    }
}

// 2. Once.

#[tokio::test(flavor = "multi_thread")]
async fn p2_the_same_cid_gets_the_first_answer_and_is_seen_once() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut reader = bob.socket().await;
    reader.sub(&[LOBBY]).await;
    let (mut first, mut second) = (alice.socket().await, alice.socket().await);
    let one = cid();
    let ok = first.ask_ok(saying(LOBBY, "once", &one)).await;
    assert_eq!(first.ask_ok(saying(LOBBY, "once", &one)).await, ok);
    assert_eq!(second.ask_ok(saying(LOBBY, "once", &one)).await, ok);

    second.send(LOBBY, "and then").await;
    assert_eq!(reader.event(LOBBY).await["data"]["body"], "once");
    assert_eq!(reader.event(LOBBY).await["data"]["body"], "and then");
    assert_eq!(house.bodies(&bob, LOBBY).await, ["once", "and then"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_copies_sent_at_the_same_time_are_one_message() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut sockets = Vec::new();
    for _ in 0..8 {
        sockets.push(alice.socket().await);
    }
    for round in 0..10 {
        let (one, body) = (cid(), format!("round {round}"));
        let copies = sockets.iter_mut().map(|socket| socket.ask_ok(saying(LOBBY, &body, &one)));
        let answers = futures_util::future::join_all(copies).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    assert_eq!(house.bodies(&alice, LOBBY).await.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_a_cid_with_another_body_or_target_is_a_conflict() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    house.account("bob", false).await;
    alice.make_room("kitchen").await;
    let mut socket = alice.socket().await;
    let one = cid();
    let ok = socket.ask_ok(saying(LOBBY, "this", &one)).await;
    for other in [
        saying(LOBBY, "that", &one),
        saying("#kitchen", "this", &one),
        saying("@bob", "this", &one),
    ] {
        assert_eq!(socket.ask_err(other).await["code"], "cid_conflict");
    }
    assert_eq!(socket.ask_ok(saying(LOBBY, "this", &one)).await, ok, "the first stands");
    assert_eq!(house.bodies(&alice, LOBBY).await, ["this"]);
    assert!(house.bodies(&alice, "#kitchen").await.is_empty());
    assert!(house.bodies(&alice, "@bob").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_two_people_may_use_the_same_cid() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let one = cid();
    let hers = alice.socket().await.ask_ok(saying(LOBBY, "hers", &one)).await;
    let his = bob.socket().await.ask_ok(saying(LOBBY, "his", &one)).await;
    assert_ne!(hers["id"], his["id"]);
    assert_eq!(house.bodies(&bob, LOBBY).await, ["hers", "his"]);
}

// 3. In order, no gaps.

#[tokio::test(flavor = "multi_thread")]
async fn p3_many_senders_make_one_order_without_gaps() {
    const SENDERS: usize = 4;
    const EACH: usize = 25;
    let house = House::open().await;
    let mut readers = Vec::new();
    for name in ["rosa", "rudi", "ruth"] {
        let mut socket = house.person(name).await.socket().await;
        socket.sub(&[LOBBY]).await;
        readers.push(socket);
    }
    let mut senders = Vec::new();
    for n in 0..SENDERS {
        let mut socket = house.person(&format!("sender{n}")).await.socket().await;
        senders.push(tokio::spawn(async move {
            let mut seqs = Vec::new();
            for m in 0..EACH {
                let ok = socket.send(LOBBY, &format!("{n}/{m}")).await;
                seqs.push((ok["seq"].as_i64().expect("a seq"), format!("{n}/{m}")));
            }
            seqs
        }));
    }
    let mut answered = Vec::new();
    for sender in senders {
        let seqs = sender.await.expect("a sender");
        assert!(seqs.windows(2).all(|w| w[0].0 < w[1].0), "each sender's own order is kept");
        answered.extend(seqs);
    }
    answered.sort();

    for reader in &mut readers {
        let mut seen = Vec::new();
        for _ in 0..SENDERS * EACH {
            let event = reader.event(LOBBY).await;
            let body = event["data"]["body"].as_str().unwrap_or_default().to_owned();
            seen.push((event["seq"].as_i64().expect("a seq"), body));
        }
        assert_eq!(seen, answered, "commit order is seq order is the order of arrival");
    }
    let seqs: Vec<i64> = answered.iter().map(|(seq, _)| *seq).collect();
    let expected: Vec<i64> = (1..).take(SENDERS * EACH).collect();
    assert_eq!(seqs, expected, "no gaps");
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_the_reply_to_a_sub_comes_before_any_live_event() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let speaker = Speaker::start(&alice, LOBBY).await;
    for _ in 0..20 {
        let mut socket = bob.socket().await;
        let id = socket.number(json!({"t": "sub", "rooms": [{"to": LOBBY}]})).await;
        let first =
            socket.frame("a frame of the room", |f| f.get("t") != Some(&json!("online"))).await;
        assert_eq!(first["re"], id, "an event came before the reply: {first}");
        let top = first["ok"]["rooms"][0]["top"].as_i64().expect("a top");
        for seq in top + 1..=top + 3 {
            assert_eq!(socket.event(LOBBY).await["seq"], seq);
        }
    }
    speaker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_every_conversation_counts_for_itself() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    house.account("bob", false).await;
    alice.make_room("kitchen").await;
    let mut socket = alice.socket().await;
    for to in [LOBBY, "#kitchen", "@bob"] {
        assert_eq!(socket.send(to, "one").await["seq"], 1, "{to}");
        assert_eq!(socket.send(to, "two").await["seq"], 2, "{to}");
    }
}

// 4. Resume from anywhere.

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_resume_brings_what_was_missed() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let (mut live, mut speaker) = (alice.socket().await, alice.socket().await);
    let epoch = text(&live.sub(&[LOBBY]).await[0]["epoch"]);
    for n in 1..=5 {
        speaker.send(LOBBY, &format!("number {n}")).await;
    }
    let answer = speaker.sub_after(LOBBY, &epoch, 2).await;
    assert_eq!(answer["recovered"], true);
    assert_eq!(answer["top"], 5);
    let events = answer["events"].as_array().expect("events");
    assert_eq!(events.len(), 3);
    for (event, seq) in events.iter().zip(3..) {
        let mut told = live.frame("the same live", |f| f["seq"] == seq).await;
        let parts = told.as_object_mut().expect("an event");
        parts.remove("t");
        parts.remove("to");
        assert_eq!(*event, told, "replayed as it was told, without t and to");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_whoever_missed_nothing_gets_nothing_and_is_recovered() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    socket.send(LOBBY, "hello").await;
    let epoch = text(&socket.sub(&[LOBBY]).await[0]["epoch"]);
    let answer = socket.sub_after(LOBBY, &epoch, 1).await;
    assert_eq!(answer["recovered"], true);
    assert_eq!(answer["events"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_sub_without_after_brings_no_events_and_says_nothing_of_recovery() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    socket.send(LOBBY, "hello").await;
    let answer = &socket.sub(&[LOBBY]).await[0];
    assert_eq!(answer["top"], 1);
    assert!(answer.get("events").is_none() && answer.get("recovered").is_none(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_another_epoch_or_a_seq_above_the_top_is_not_recovered() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    socket.send(LOBBY, "hello").await;
    let epoch = text(&socket.sub(&[LOBBY]).await[0]["epoch"]);
    for (epoch, seq) in [("another", 1), ("", 0), (&epoch, 2), (&epoch, i64::MAX), (&epoch, -1)] {
        let answer = socket.sub_after(LOBBY, epoch, seq).await;
        assert_not_recovered(&answer);
        assert_eq!(answer["top"], 1, "{answer}");
    }
    // It follows all the same.
    socket.send(LOBBY, "and on").await;
    assert_eq!(socket.event(LOBBY).await["seq"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_over_500_events_are_not_replayed() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    let most = limits::REPLAY_EVENTS as i64;
    say_many(&mut socket, limits::REPLAY_EVENTS + 1, "x").await;
    let epoch = text(&alice.history(LOBBY).await["epoch"]);
    assert_not_recovered(&socket.sub_after(LOBBY, &epoch, 0).await);
    let answer = socket.sub_after(LOBBY, &epoch, 1).await;
    assert_eq!(answer["recovered"], true);
    let seqs: Vec<i64> = answer["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|e| e["seq"].as_i64())
        .collect();
    assert_eq!(seqs, (2..=most + 1).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_over_a_mebibyte_is_not_replayed() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    // 16,000 bytes each: 70 are over 1 MiB, 60 are under it.
    say_many(&mut socket, 70, &"🏠".repeat(4_000)).await;
    let epoch = text(&alice.history(LOBBY).await["epoch"]);
    assert_not_recovered(&socket.sub_after(LOBBY, &epoch, 0).await);
    let answer = socket.sub_after(LOBBY, &epoch, 10).await;
    assert_eq!(answer["recovered"], true);
    assert_eq!(answer["events"].as_array().map(Vec::len), Some(60));
}

/// Each is under the limit, together they are over what may wait for one connection: the answer is
/// not the reader being slow.
#[tokio::test(flavor = "multi_thread")]
async fn p4_several_conversations_are_resumed_at_once() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let rooms = ["#attic", "#cellar", "#garden"];
    for room in rooms {
        alice.make_room(&room[1..]).await;
    }
    let mut socket = alice.socket().await;
    let epoch = text(&socket.sub(&[LOBBY]).await[0]["epoch"]);
    let body = "🏠".repeat(4_000);
    for room in rooms {
        for _ in 0..45 {
            socket.send(room, &body).await;
        }
    }
    let follow = |to| json!({"to": to, "after": {"epoch": epoch, "seq": 0}});
    let asked = json!({"t": "sub", "rooms": rooms.map(follow)});
    let answer = alice.socket().await.ask_ok(asked).await;
    for (room, answer) in rooms.iter().zip(answer["rooms"].as_array().expect("answers")) {
        assert_eq!(answer["to"], *room);
        let events = answer["events"].as_array().map_or(0, Vec::len);
        // All or nothing, for each.
        assert!(answer["recovered"] == false || events == 45, "{room}: {events} events");
    }
}

/// Read in one go or in several, refused or not: each answer is that of its own conversation.
#[tokio::test(flavor = "multi_thread")]
async fn p4_one_sub_of_many_is_answered_in_order_each_with_what_it_missed() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut socket = alice.socket().await;
    let epoch = text(&socket.sub(&[LOBBY]).await[0]["epoch"]);
    // Together more than one conversation alone may be behind.
    let behind = [("#attic", 210), ("@bob", 3), ("#cellar", 240), (LOBBY, 0), ("#garden", 120)];
    for (to, count) in behind {
        if let Some(room) = to.strip_prefix('#') {
            alice.make_room(room).await;
        }
        for n in 1..=count {
            socket.send(to, &format!("{to} {n}")).await;
        }
    }
    bob.socket().await.send("@alice", "the fourth").await;
    let follow = |to: &str| json!({"to": to, "after": {"epoch": epoch, "seq": 0}});
    let mut asked = vec![follow("#nowhere")];
    asked.extend(behind.map(|(to, _)| follow(to)));
    asked.extend([follow("#ATTIC"), follow("~"), json!({"to": "@house"}), follow("@alice")]);
    let answer = alice.socket().await.ask_ok(json!({"t": "sub", "rooms": asked})).await;
    let answers = answer["rooms"].as_array().expect("answers");
    let codes: Vec<_> = answers.iter().map(|a| a["err"]["code"].as_str().unwrap_or("")).collect();
    let refused = ["not_found", "", "", "", "", "", "invalid", "", "not_found", "invalid"];
    assert_eq!(codes, refused, "{answers:?}");
    for ((to, count), answer) in behind.iter().zip(&answers[1..]) {
        assert_eq!((&answer["to"], &answer["recovered"]), (&json!(to), &json!(true)));
        let bodies: Vec<_> = answer["events"]
            .as_array()
            .expect("events")
            .iter()
            .map(|event| text(&event["data"]["body"]))
            .collect();
        let mut said: Vec<_> = (1..=*count).map(|n| format!("{to} {n}")).collect();
        if *to == "@bob" {
            said.push("the fourth".to_owned());
            assert_eq!((&answer["read"], &answer["unread"]), (&json!(0), &json!(1)));
        }
        assert_eq!(bodies, said);
        assert_eq!(answer["top"], bodies.len());
    }
    let own = answers[7]["events"].as_array().expect("events");
    let begun = own.iter().find(|event| event["kind"] == "conversation");
    assert_eq!(begun.expect("a conversation")["data"]["to"], "@bob", "{}", answers[7]);
    assert_eq!(answers[7]["unread"], 1, "what bob wrote, {}", answers[7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_resume_while_others_talk_has_no_hole() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let epoch = text(&alice.history(LOBBY).await["epoch"]);
    let speaker = Speaker::start(&alice, LOBBY).await;
    let mut last = 0;
    for _ in 0..25 {
        let mut socket = bob.socket().await;
        let answer = socket.sub_after(LOBBY, &epoch, last).await;
        assert_eq!(answer["recovered"], true, "{answer}");
        for event in answer["events"].as_array().expect("events") {
            assert_eq!(event["seq"], last + 1, "a hole in what was replayed");
            last += 1;
        }
        assert_eq!(answer["top"], last, "the replay reaches the top");
        for _ in 0..5 {
            assert_eq!(socket.event(LOBBY).await["seq"], last + 1, "a hole in the join");
            last += 1;
        }
    }
    speaker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_page_of_history_and_a_sub_after_it_meet_without_a_hole() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let speaker = Speaker::start(&alice, LOBBY).await;
    for _ in 0..10 {
        let page = bob.history(LOBBY).await;
        let top = page["top"].as_i64().expect("a top");
        if let Some(newest) = page["messages"].get(0) {
            assert_eq!(newest["seq"], top, "top and messages are one snapshot");
        }
        let mut socket = bob.socket().await;
        let answer = socket.sub_after(LOBBY, &text(&page["epoch"]), top).await;
        assert_eq!(answer["recovered"], true);
        let first = match answer["events"].get(0) {
            Some(event) => event.clone(),
            None => socket.event(LOBBY).await,
        };
        assert_eq!(first["seq"], top + 1);
    }
    speaker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_resume_goes_on_after_a_crash_of_the_server() {
    let mut house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut reader = bob.socket().await;
    let epoch = text(&reader.sub(&[LOBBY]).await[0]["epoch"]);
    alice.socket().await.send(LOBBY, "before").await;
    assert_eq!(reader.event(LOBBY).await["seq"], 1);

    house.crash_and_restart().await;
    alice.socket().await.send(LOBBY, "after").await;

    let answer = bob.socket().await.sub_after(LOBBY, &epoch, 1).await;
    assert_eq!(answer["recovered"], true);
    assert_eq!(answer["events"][0]["data"]["body"], "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_second_sub_of_the_same_conversation_tells_nothing_twice() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    let epoch = text(&socket.sub(&[LOBBY]).await[0]["epoch"]);
    socket.sub(&[LOBBY, LOBBY]).await;
    socket.sub_after(LOBBY, &epoch, 0).await;
    socket.send(LOBBY, "one").await;
    socket.send(LOBBY, "two").await;
    assert_eq!(socket.event(LOBBY).await["seq"], 1);
    assert_eq!(socket.event(LOBBY).await["seq"], 2);
}

// 6. Presence is a lease.

#[tokio::test(flavor = "multi_thread")]
async fn p6_subscribing_does_not_make_present_but_here_does() {
    let house = House::open().await;
    let mut alice = house.person("alice").await.socket().await;
    let mut bob = house.person("bob").await.socket().await;
    alice.sub(&[LOBBY]).await;
    bob.sub(&[LOBBY]).await;
    let mut carol = house.person("carol").await.socket().await;
    carol.here(json!(LOBBY)).await;
    alice.sees_join(LOBBY, "carol").await;
    alice.assert_none(|f| names(f, LOBBY, "join", "bob"));
    let answer = &bob.sub(&[LOBBY]).await[0];
    assert_eq!(answer["online"], json!({"count": 1, "users": ["carol"]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_here_elsewhere_or_nowhere_leaves_the_room() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    alice.make_room("kitchen").await;
    let mut watch = alice.socket().await;
    watch.sub(&[LOBBY, "#kitchen"]).await;
    let mut bob = house.person("bob").await.socket().await;
    bob.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "bob").await;
    bob.here(json!("#kitchen")).await;
    watch.sees_join("#kitchen", "bob").await;
    watch.sees_leave(LOBBY, "bob").await;
    bob.here(json!(null)).await;
    watch.sees_leave("#kitchen", "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_two_tabs_are_one_person_until_the_last_has_gone() {
    let house = House::open().await;
    let mut watch = house.person("alice").await.socket().await;
    watch.sub(&[LOBBY]).await;
    let bob = house.person("bob").await;
    let (mut first, mut second) = (bob.socket().await, bob.socket().await);
    first.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "bob").await;
    second.here(json!(LOBBY)).await;

    first.close().await;
    // Carol comes and goes after bob's first tab: by then his leave would be here.
    come_and_go(&house, "carol", &mut watch).await;
    watch.assert_none(|f| names(f, LOBBY, "leave", "bob") || names(f, LOBBY, "join", "bob"));

    second.close().await;
    watch.sees_leave(LOBBY, "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_reload_within_the_grace_is_silent() {
    let house = House::open_with(|config| config.leave_grace = Duration::from_secs(60)).await;
    let mut watch = house.person("alice").await.socket().await;
    watch.sub(&[LOBBY]).await;
    let bob = house.person("bob").await;
    let mut before = bob.socket().await;
    before.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "bob").await;

    before.close().await;
    let mut after = bob.socket().await;
    after.here(json!(LOBBY)).await;
    let mut carol = house.person("carol").await.socket().await;
    carol.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "carol").await;
    watch.assert_none(|f| f["t"] == "online" && f.to_string().contains("bob"));
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_connection_that_hangs_is_gone_after_the_heartbeat() {
    let house = House::open_with(quick_heartbeat).await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut watch = alice.socket().await;
    watch.sub(&[LOBBY]).await;
    let mut bob = bob.socket().await;
    bob.here(json!(LOBBY)).await;
    // Bob's network is gone: nothing comes from him, and nothing says so.
    watch.sees_leave(LOBBY, "bob").await;
    drop(bob);
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_connection_that_is_cut_is_gone_after_the_grace() {
    let house = House::open().await;
    let mut watch = house.person("alice").await.socket().await;
    watch.sub(&[LOBBY]).await;
    let mut bob = house.person("bob").await.socket().await;
    bob.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, "bob").await;
    drop(bob);
    watch.sees_leave(LOBBY, "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_crash_of_the_server_leaves_no_ghosts() {
    let mut house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut socket = bob.socket().await;
    socket.here(json!(LOBBY)).await;
    house.crash_and_restart().await;
    let answer = &alice.socket().await.sub(&[LOBBY]).await[0];
    assert_eq!(answer["online"], json!({"count": 0, "users": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_room_socket_is_present_by_being_open() {
    let house = House::open().await;
    let mut watch = house.person("alice").await.socket().await;
    watch.sub(&[LOBBY]).await;
    let mut room = house.person("bob").await.enter("lobby").await;
    room.entered().await;
    watch.sees_join(LOBBY, "bob").await;
    room.close().await;
    watch.sees_leave(LOBBY, "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_visitor_is_nobody() {
    let house = House::open().await;
    let mut watch = house.person("alice").await.socket().await;
    watch.sub(&[LOBBY]).await;
    let mut visitor = house.visitor().socket().await;
    visitor.here(json!(LOBBY)).await;
    come_and_go(&house, "carol", &mut watch).await;
    assert_eq!(watch.sub(&[LOBBY]).await[0]["online"]["count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_joins_come_in_batches_of_at_most_one_frame_a_second() {
    const PEOPLE: usize = 20;
    let house = House::open_with(|config| config.presence_every = Duration::from_secs(1)).await;
    let mut watch = house.person("alice").await.socket().await;
    watch.sub(&[LOBBY]).await;
    let mut sockets = Vec::new();
    for n in 0..PEOPLE {
        sockets.push(house.person(&format!("guest{n}")).await.socket().await);
    }
    let start = Instant::now();
    for socket in &mut sockets {
        socket.here(json!(LOBBY)).await;
    }
    let (mut frames, mut joined) = (0, 0);
    while joined < PEOPLE {
        let frame = watch.frame("the guests", |f| f["t"] == "online").await;
        frames += 1;
        joined += frame["join"].as_array().map_or(0, Vec::len);
        assert_eq!(frame["count"], joined);
    }
    let most = start.elapsed().as_secs() + 2;
    assert!(frames <= most, "{frames} frames in {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_past_200_people_a_room_says_how_many_and_not_who() {
    let house = House::open_with(|config| config.leave_grace = Duration::from_secs(60)).await;
    let mut sockets = Vec::new();
    for n in 0..limits::PRESENCE_NAMES {
        let mut socket = house.person(&format!("guest{n}")).await.socket().await;
        socket.here(json!(LOBBY)).await;
        sockets.push(socket);
    }
    let alice = house.person("alice").await;
    let mut watch = alice.socket().await;
    let full = eventually("everybody to be in", async || {
        let online = watch.sub(&[LOBBY]).await[0]["online"].clone();
        (online["count"] == limits::PRESENCE_NAMES).then_some(online)
    })
    .await;
    assert_eq!(full["users"].as_array().map(Vec::len), Some(limits::PRESENCE_NAMES));

    let mut last = house.person("zoe").await.socket().await;
    last.here(json!(LOBBY)).await;
    let over = limits::PRESENCE_NAMES + 1;
    let frame = watch.frame("the last to come", |f| f["t"] == "online" && f["count"] == over).await;
    assert!(frame.get("all").is_none_or(Value::is_null), "{frame}");
    assert!(frame.get("join").is_none_or(|join| *join == json!([])), "{frame}");
    assert_eq!(watch.sub(&[LOBBY]).await[0]["online"], json!({"count": over}));
}

// 8. Liveness from what arrives.

#[tokio::test(flavor = "multi_thread")]
async fn p8_silence_is_closed_4002() {
    let house = House::open_with(quick_heartbeat).await;
    let mut socket = house.person("alice").await.socket().await;
    socket.answers_pings = false;
    socket.keeps_pings = true;
    socket.frame("a ping", |f| f["t"] == "ping").await;
    assert_eq!(socket.closed().await, close::NO_PONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn p8_a_visitor_s_silence_is_closed_too() {
    let house = House::open_with(quick_heartbeat).await;
    let mut socket = house.visitor().socket().await;
    socket.answers_pings = false;
    assert_eq!(socket.closed().await, close::NO_PONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn p8_any_frame_is_a_sign_of_life() {
    let house = House::open_with(quick_heartbeat).await;
    let mut socket = house.person("alice").await.socket().await;
    socket.answers_pings = false;
    socket.keeps_pings = true;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        socket.frame("a ping", |f| f["t"] == "ping").await;
        socket.tell(json!({"t": "something newer"})).await;
    }
    socket.fence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p8_a_ping_carries_the_tops_of_what_changed_since_the_last() {
    let house = House::open_with(quick_heartbeat).await;
    let alice = house.person("alice").await;
    alice.make_room("kitchen").await;
    let mut speaker = house.person("bob").await.socket().await;
    let mut socket = alice.socket().await;
    socket.keeps_pings = true;
    socket.sub(&[LOBBY]).await;
    let quiet = socket.frame("a ping", |f| f["t"] == "ping").await;
    assert_eq!(quiet["tops"], json!({}), "nothing has changed");

    speaker.send(LOBBY, "one").await;
    speaker.send("#kitchen", "not followed").await;
    let told = socket.frame("a ping with a top", |f| f["tops"].get(LOBBY).is_some()).await;
    assert_eq!(told["tops"], json!({LOBBY: 1}));
    let after = socket.frame("the ping after it", |f| f["t"] == "ping").await;
    assert_eq!(after["tops"], json!({}));
}

/// Somebody who does not stop talking.
struct Speaker {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Speaker {
    async fn start(person: &Person, to: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (mut socket, to, stopped) = (person.socket().await, to.to_owned(), stop.clone());
        let task = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                socket.send(&to, "and another thing").await;
            }
        });
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("everything said was taken");
    }
}

/// Somebody comes into the lobby and goes, and `watch` has seen both.
async fn come_and_go(house: &House, name: &str, watch: &mut MainSocket) {
    let mut socket = house.person(name).await.socket().await;
    socket.here(json!(LOBBY)).await;
    watch.sees_join(LOBBY, name).await;
    socket.close().await;
    watch.sees_leave(LOBBY, name).await;
}

/// Says the same many times, never with more answers outstanding than a queue holds.
async fn say_many(socket: &mut MainSocket, times: usize, body: &str) {
    let mut left = times;
    while left > 0 {
        let some = left.min(50);
        let mut ids = Vec::new();
        for _ in 0..some {
            ids.push(socket.number(saying(LOBBY, body, &cid())).await);
        }
        for id in ids {
            assert!(socket.reply(id).await.get("ok").is_some());
        }
        left -= some;
    }
}

#[track_caller]
fn assert_not_recovered(answer: &Value) {
    assert_eq!(answer["recovered"], false, "{answer}");
    assert!(answer.get("events").is_none_or(|events| *events == json!([])), "{answer}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
