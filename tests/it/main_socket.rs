//! The main socket: its frames, its refusals, its limits and its close codes.

use crate::support::{
    House, MainSocket, cid, database, eventually,
    house::{LOBBY, PASSWORD, quick_heartbeat, rate},
    main_socket::saying,
    wire::Got,
};
use roomful::protocol::people::Access;
use roomful::protocol::{SUBPROTOCOL, close};
use serde_json::{Value, json};
use std::time::Duration;

// Hello.

#[tokio::test(flavor = "multi_thread")]
async fn hello_says_who_one_is_and_what_the_server_takes() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let (one, other) = (alice.socket().await, alice.socket().await);
    assert_eq!(one.hello["v"], 1);
    assert_eq!(one.hello["user"], "alice");
    assert_eq!(one.hello["heartbeat_ms"], 25_000);
    assert_eq!(
        one.hello["limits"],
        json!({"body": 4000, "frame": 65536, "rooms": 128, "file": 20971520})
    );
    assert!(one.hello["conn"].as_str().is_some_and(|id| id.starts_with("c-")), "{}", one.hello);
    assert_ne!(one.hello["conn"], other.hello["conn"], "ids are the server's and differ");
    assert_eq!(house.visitor().socket().await.hello["user"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_and_a_token_both_log_in() {
    let house = House::open().await;
    let browser = house.in_browser("alice").await;
    assert_eq!(browser.socket().await.hello["user"], "alice");
    assert_eq!(house.by_token("alice").await.socket().await.hello["user"], "alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_subprotocol_is_picked_and_an_unknown_one_closed_4501() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    // The client fails by itself when the one it offered does not come back.
    let both = alice.clone().with("Sec-WebSocket-Protocol", &format!("roomful.v9, {SUBPROTOCOL}"));
    MainSocket::over(both.wire("/ws").await.expect("one of them is known")).await;
    let newer = alice.with("Sec-WebSocket-Protocol", "roomful.v9");
    let wire = newer.wire("/ws").await.expect("accepted, then closed");
    assert_eq!(wire.closed().await, close::UNSUPPORTED_VERSION);
}

// Who may come in.

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_session_or_token_is_closed_4001_and_never_anonymous() {
    let house = House::open().await;
    let visitor = house.visitor().with("Sec-WebSocket-Protocol", SUBPROTOCOL);
    for person in
        [visitor.clone().with_session("nobody"), visitor.with("Authorization", "Bearer nobody")]
    {
        let wire = person.wire("/ws").await.expect("accepted, then closed");
        assert_eq!(wire.closed().await, close::LOGIN_NEEDED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_is_closed_4001() {
    let mut house = House::open().await;
    let alice = house.in_browser("alice").await;
    assert_eq!(alice.socket().await.hello["user"], "alice");
    assert!(database::expire_everything(&house.database()).await > 0, "sessions expire");
    // The server knows the end of a session that it has seen, and not that this one was moved.
    house.restart().await;
    let wire = alice.wire("/ws").await.expect("accepted, then closed");
    assert_eq!(wire.closed().await, close::LOGIN_NEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expires_ends_its_open_sockets() {
    let house = House::open_with(quick_heartbeat).await;
    let alice = house.in_browser("alice").await;
    let socket = alice.socket().await;
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    assert!(database::expire_everything(&house.database()).await > 0, "sessions expire");
    let (socket, room) = tokio::join!(socket.closed(), room.closed());
    assert_eq!((socket, room), (close::LOGIN_NEEDED, close::LOGIN_NEEDED));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_logged_out_is_closed_4001() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    alice.post("/api/log_out", &[]).await;
    let wire = alice.wire("/ws").await.expect("accepted, then closed");
    assert_eq!(wire.closed().await, close::LOGIN_NEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_not_ours_is_refused_with_403() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let own = format!("http://{}", house.addr());
    assert!(alice.clone().with("Origin", &own).wire("/ws").await.is_ok());
    let other_port = format!("http://127.0.0.1:{}", house.addr().port() ^ 1);
    for foreign in ["http://evil.example", "https://127.0.0.1", &other_port, "null", "", "nonsense"]
    {
        let refused = alice.clone().with("Origin", foreign).wire("/ws").await;
        assert_eq!(refused.err(), Some(403), "{foreign:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_public_address_only_its_origin_is_ours() {
    let house =
        House::open_with(|config| config.public_url = Some("https://chat.example".into())).await;
    let alice = house.person("alice").await;
    assert!(alice.clone().with("Origin", "https://chat.example").wire("/ws").await.is_ok());
    let own = format!("http://{}", house.addr());
    for foreign in
        [&own, "http://chat.example", "https://chat.example:8443", "https://x.chat.example"]
    {
        let refused = alice.clone().with("Origin", foreign).wire("/ws").await;
        assert_eq!(refused.err(), Some(403), "{foreign}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_a_user_s_limit_are_closed_4030() {
    let house = House::open_with(|config| config.connections_per_user = 2).await;
    let alice = house.person("alice").await;
    let (first, _second) = (alice.socket().await, alice.socket().await);
    let third = alice.wire("/ws").await.expect("accepted, then closed");
    assert_eq!(third.closed().await, close::TOO_MANY_CONNECTIONS);
    let _somebody_else = house.person("bob").await.socket().await;
    first.close().await;
    place_is_free(&alice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_an_address_s_limit_are_closed_4030() {
    let house = House::open_with(|config| config.connections_per_address = 2).await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (first, _second) = (alice.socket().await, bob.socket().await);
    let third = house.visitor().wire("/ws").await.expect("accepted, then closed");
    assert_eq!(third.closed().await, close::TOO_MANY_CONNECTIONS);
    first.close().await;
    place_is_free(&alice).await;
}

// Following.

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_answers_each_in_order_with_its_canonical_spelling() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    alice.make_room("Küche").await;
    let mut socket = alice.socket().await;
    let answers = socket.sub(&["#LOBBY", "#nowhere", "~", "#kÜCHE"]).await;
    assert_eq!(answers[0]["to"], LOBBY);
    assert!(answers[0]["epoch"].is_string() && answers[0]["top"] == 0, "{}", answers[0]);
    assert_eq!(answers[1]["err"]["code"], "not_found");
    assert!(answers[1].get("top").is_none(), "{}", answers[1]);
    assert_eq!(answers[2]["to"], "~");
    assert_eq!(answers[3]["to"], "#Küche");
    // And it is the canonical spelling under which one hears of it.
    socket.send("#LoBBy", "hello").await;
    assert_eq!(socket.event(LOBBY).await["data"]["body"], "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_event_has_the_form_of_the_contract() {
    let house = House::open().await;
    let (alice, bob) = (house.in_browser("alice").await, house.person("bob").await);
    let (mut speaks, mut hears) = (alice.socket().await, bob.socket().await);
    speaks.sub(&[LOBBY]).await;
    hears.sub(&[LOBBY]).await;
    let one = cid();
    let ok = speaks.ask_ok(saying(LOBBY, "a *bold* <b>word</b> 中文 🏠", &one)).await;
    for socket in [&mut hears, &mut speaks] {
        let event = socket.event(LOBBY).await;
        let expected = json!({"t": "event", "to": LOBBY, "seq": 1, "kind": "message", "cid": one,
            "data": {"id": ok["id"], "author": "alice", "author_kind": "user",
                "body": "a *bold* <b>word</b> 中文 🏠", "at": ok["at"], "reply_to": null}});
        assert_eq!(event, expected);
    }
    let at = ok["at"].as_str().and_then(roomful::protocol::At::parse).expect("a time");
    assert!((roomful::protocol::At::now().0 - at.0).abs() < 60_000, "the server's own clock");
    let answer = hears.ask_ok(json!({"t": "send", "to": LOBBY, "cid": cid(), "body": "indeed",
        "reply_to": ok["id"]}));
    answer.await;
    assert_eq!(speaks.event(LOBBY).await["data"]["reply_to"], ok["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_from_what_one_does_not_follow_any_more() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.make_room("kitchen").await;
    let (mut speaks, mut hears) = (alice.socket().await, bob.socket().await);
    hears.sub(&[LOBBY, "#kitchen"]).await;
    speaks.send(LOBBY, "heard").await;
    hears.event(LOBBY).await;
    assert_eq!(hears.ask_ok(json!({"t": "unsub", "rooms": [LOBBY, "#nowhere"]})).await, json!({}));
    speaks.send(LOBBY, "not heard").await;
    speaks.send("#kitchen", "after it").await;
    hears.event("#kitchen").await;
    hears.assert_none(|f| f["t"] == "event" && f["to"] == LOBBY);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_may_send_without_following() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    socket.send(LOBBY, "said in passing").await;
    socket.sub(&[LOBBY]).await;
    socket.send(LOBBY, "and now I listen").await;
    assert_eq!(socket.event(LOBBY).await["seq"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_reads_public_rooms_and_nothing_else() {
    let house = House::open().await;
    let (mut alice, mut visitor) =
        (house.person("alice").await.socket().await, house.visitor().socket().await);
    assert_eq!(visitor.sub(&[LOBBY]).await[0]["to"], LOBBY);
    alice.send(LOBBY, "welcome").await;
    assert_eq!(visitor.event(LOBBY).await["data"]["body"], "welcome");
    assert_eq!(visitor.ask_err(saying(LOBBY, "hello", &cid())).await["code"], "login_needed");
    for mine in ["~", "@alice"] {
        let code = visitor.sub_refused(mine).await["code"].clone();
        assert!(code == "login_needed" || code == "not_found", "{mine}: {code}");
    }
    visitor.tell(json!({"t": "read", "to": LOBBY, "seq": 1})).await;
    visitor.fence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_public_reading_is_off_a_visitor_follows_nothing() {
    let house = House::open_with(|config| config.public_reading = false).await;
    let wire = house.visitor().wire("/ws").await.expect("accepted");
    // Either it is closed for want of a login, or every conversation is refused.
    let mut wire = wire;
    match wire.got("a first frame").await {
        Got::Closed(code) => assert_eq!(code, close::LOGIN_NEEDED),
        _ => {
            wire.text(json!({"id": 1, "t": "sub", "rooms": [{"to": LOBBY}]}).to_string()).await;
            match wire.got("an answer").await {
                Got::Json(reply) => {
                    let inner = &reply["ok"]["rooms"][0]["err"];
                    assert!(reply.get("err").is_some() || inner.is_object(), "{reply}");
                }
                Got::Closed(code) => assert_eq!(code, close::LOGIN_NEEDED),
                Got::Ping => panic!("a ping instead of an answer"),
            }
        }
    }
    let mut alice = house.person("alice").await.socket().await;
    assert_eq!(alice.sub(&[LOBBY]).await[0]["to"], LOBBY);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_is_not_found() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    for to in ["#nowhere", "@nobody", "#a/b", "#..", "@a b", "@lobby", "#alice"] {
        assert_eq!(socket.sub_refused(to).await["code"], "not_found", "{to}");
        assert_eq!(socket.ask_err(saying(to, "hi", &cid())).await["code"], "not_found", "{to}");
        socket.tell(json!({"t": "here", "to": to, "active": true})).await;
        socket.tell(json!({"t": "read", "to": to, "seq": 1})).await;
    }
    socket.fence().await;
    alice.get("/chat/nowhere/").await.is(404);
}

// Sending.

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_message_is_invalid_and_a_long_one_too_long() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    for empty in ["", "   ", "\n\t\n"] {
        let err = socket.ask_err(saying(LOBBY, empty, &cid())).await;
        assert_eq!((&err["code"], &err["field"]), (&json!("invalid"), &json!("body")), "{empty:?}");
    }
    // Characters are counted, not bytes: these are 16,000.
    socket.send(LOBBY, &"🏠".repeat(4_000)).await;
    let err = socket.ask_err(saying(LOBBY, &"a".repeat(4_001), &cid())).await;
    assert_eq!((&err["code"], &err["field"]), (&json!("too_long"), &json!("body")));
    assert!(err["message"].as_str().is_some_and(|m| m.contains("4000") || m.contains("4,000")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_s_limit_is_the_configured_one() {
    let house = House::open_with(|config| config.body_limit = 10).await;
    let mut socket = house.person("alice").await.socket().await;
    assert_eq!(socket.hello["limits"]["body"], 10);
    socket.send(LOBBY, "0123456789").await;
    let err = socket.ask_err(saying(LOBBY, "0123456789a", &cid())).await;
    assert_eq!(err["code"], "too_long");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cid_that_cannot_be_one_is_invalid() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    for wrong in ["", &"c".repeat(65)] {
        let err = socket.ask_err(saying(LOBBY, "hi", wrong)).await;
        assert_eq!(err["field"], "cid", "{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_speak_into_their_own_log() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    socket.sub(&["~"]).await;
    socket.ask_err(saying("~", "a forged notice", &cid())).await;
    socket.fence().await;
    socket.assert_none(|f| f["t"] == "event");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_message_rate_one_is_told_when_again() {
    let house = House::open_with(|config| config.message_rate = rate("3/60s")).await;
    let alice = house.person("alice").await;
    let (mut one, mut other) = (alice.socket().await, alice.socket().await);
    one.send(LOBBY, "1").await;
    other.send(LOBBY, "2").await;
    one.send(LOBBY, "3").await;
    for socket in [&mut one, &mut other] {
        let err = socket.ask_err(saying(LOBBY, "4", &cid())).await;
        assert_eq!((&err["code"], &err["temporary"]), (&json!("rate_limited"), &json!(true)));
        let wait = err["retry_ms"].as_u64().expect("a wait");
        assert!((1..=60_000).contains(&wait), "{wait}");
    }
    house.person("bob").await.socket().await.send(LOBBY, "the limit is each one's own").await;
    one.fence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_wait_that_one_was_told_the_message_is_taken() {
    let house = House::open_with(|config| config.message_rate = rate("1/1s")).await;
    let mut socket = house.person("alice").await.socket().await;
    socket.send(LOBBY, "1").await;
    let again = saying(LOBBY, "2", &cid());
    let reply = socket.ask(again.clone()).await;
    if let Some(wait) = reply["err"]["retry_ms"].as_u64() {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        socket.ask_ok(again).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_rate_of_the_contract_is_20_in_10_seconds() {
    let house = House::open_with(|config| config.message_rate = rate("20/10s")).await;
    let mut socket = house.person("alice").await.socket().await;
    for n in 0..20 {
        socket.send(LOBBY, &n.to_string()).await;
    }
    let refused = eventually("the limit", async || {
        let reply = socket.ask(saying(LOBBY, "more", &cid())).await;
        reply.get("err").cloned()
    })
    .await;
    assert_eq!(refused["code"], "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_frame_rate_one_is_told_when_again_and_who_goes_on_is_closed() {
    let house = House::open_with(|config| config.frame_rate = rate("5/600s")).await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    for _ in 0..2 {
        socket.sub(&["#lobby"]).await;
        socket.tell(json!({"t": "typing", "to": LOBBY})).await;
    }
    let sent = socket.send(LOBBY, "messages have a limit of their own").await;
    socket.ask_ok(json!({"t": "read", "to": LOBBY, "seq": sent["seq"]})).await;
    for frame in [
        json!({"t": "sub", "rooms": [{"to": "~"}]}),
        json!({"t": "unsub", "rooms": [LOBBY]}),
        json!({"t": "read", "to": LOBBY, "seq": 1}),
        json!({"t": "nonsense"}),
    ] {
        let err = socket.ask_err(frame).await;
        assert_eq!((&err["code"], &err["temporary"]), (&json!("rate_limited"), &json!(true)));
        let wait = err["retry_ms"].as_u64().expect("a wait");
        assert!((1..=600_000).contains(&wait), "{wait}");
        assert_eq!(err["why"]["args"], json!(["5", "600"]), "{err}");
    }
    // It still follows what it did, and is told; what has no number is passed over in silence.
    socket.tell(json!({"t": "here", "to": LOBBY})).await;
    socket.send(LOBBY, "and go on").await;
    socket.event(LOBBY).await;
    socket.event(LOBBY).await;
    socket.assert_none(|f| f["t"] == "error" || f["t"] == "online");
    let mut other = alice.socket().await;
    other.sub(&["~"]).await;
    socket.tell(json!({"t": "pong"})).await;
    assert_eq!(socket.closed().await, close::TOO_FAST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_and_reads_on_never_meets_the_frame_rate() {
    let house = House::open_with(|config| config.frame_rate = rate("600/10s")).await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let rooms: Vec<String> = (0..120).map(|n| format!("r{n}")).collect();
    let verbs = house.verbs();
    let who = house.who(&bob).await;
    for room in &rooms {
        verbs.make_room(&who, room, Access::Open).await.unwrap();
    }
    let targets: Vec<String> = rooms.iter().map(|room| format!("#{room}")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    // Five times within a moment, sixteen rooms at a time; and then through all of them, as one who
    // holds a key does.
    for _ in 0..5 {
        let mut socket = alice.socket().await;
        for some in targets.chunks(16) {
            assert!(socket.sub(some).await.iter().all(|answer| answer["err"].is_null()));
        }
        for to in &targets {
            socket.ask_ok(json!({"t": "here", "to": to})).await;
            socket.ask_ok(json!({"t": "unsub", "rooms": [to]})).await;
            socket.sub(&[to]).await;
            socket.ask_ok(json!({"t": "read", "to": to, "seq": 1})).await;
        }
        socket.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_conversations_than_the_limit_are_too_many() {
    let house = House::open_with(|config| config.rooms_per_connection = 3).await;
    let alice = house.person("alice").await;
    for room in ["attic", "cellar"] {
        alice.make_room(room).await;
    }
    let mut socket = alice.socket().await;
    assert_eq!(socket.hello["limits"]["rooms"], 3);
    socket.sub(&[LOBBY, "#attic", "~"]).await;
    socket.sub(&[LOBBY]).await;
    assert_eq!(socket.sub_refused("#cellar").await["code"], "too_many");
    socket.ask_ok(json!({"t": "unsub", "rooms": ["#attic"]})).await;
    assert_eq!(socket.sub(&["#cellar"]).await[0]["to"], "#cellar");
}

// Read markers.

#[tokio::test(flavor = "multi_thread")]
async fn a_read_marker_never_goes_back_and_counts_what_others_said() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut speaks, mut reads) = (alice.socket().await, bob.socket().await);
    for n in 1..=4 {
        speaks.send(LOBBY, &n.to_string()).await;
    }
    // A marker has no answer: that it was taken is told through the own log.
    reads.sub(&["~"]).await;
    reads.tell(json!({"t": "read", "to": LOBBY, "seq": 3})).await;
    assert_eq!(reads.event_of("~", "read").await["data"]["seq"], 3);
    let answer = reads.sub(&[LOBBY]).await.remove(0);
    assert_eq!((&answer["read"], &answer["unread"]), (&json!(3), &json!(1)));
    // Another device of his knows the same.
    assert_eq!(bob.socket().await.sub(&[LOBBY]).await[0]["read"], 3);
    // It does not go back, and one above the top does not swallow what is still to come.
    reads.tell(json!({"t": "read", "to": LOBBY, "seq": 1})).await;
    reads.tell(json!({"t": "read", "to": LOBBY, "seq": 1_000_000})).await;
    assert_eq!(reads.event_of("~", "read").await["data"]["seq"], 4);
    speaks.send(LOBBY, "5").await;
    let answer = reads.sub(&[LOBBY]).await.remove(0);
    assert_eq!((&answer["read"], &answer["unread"]), (&json!(4), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_never_been_in_a_room_owes_it_nothing() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.socket().await.send(LOBBY, "before bob came").await;
    let mut socket = bob.socket().await;
    let answer = socket.sub(&[LOBBY]).await.remove(0);
    assert_eq!((&answer["read"], &answer["unread"]), (&json!(0), &json!(0)), "as the page says");
    socket.sub(&["~"]).await;
    socket.tell(json!({"t": "read", "to": LOBBY, "seq": 1})).await;
    socket.event_of("~", "read").await;
    alice.socket().await.send(LOBBY, "since").await;
    assert_eq!(socket.sub(&[LOBBY]).await[0]["unread"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_said_oneself_is_not_unread() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    socket.send(LOBBY, "1").await;
    socket.send(LOBBY, "2").await;
    assert_eq!(socket.sub(&[LOBBY]).await[0]["unread"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_marker_reaches_the_other_devices_through_the_own_log() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.socket().await.send(LOBBY, "hello").await;
    let (mut here, mut there) = (bob.socket().await, bob.socket().await);
    let own = there.sub(&["~"]).await.remove(0);
    let mut stranger = alice.socket().await;
    stranger.sub(&["~"]).await;
    here.tell(json!({"t": "read", "to": LOBBY, "seq": 1})).await;
    let event = there.event_of("~", "read").await;
    assert_eq!(event["data"]["to"], LOBBY);
    assert_eq!(event["data"]["seq"], 1);

    // It is a log like any other: nothing of it is lost while a device is away.
    let (epoch, top) = (own["epoch"].as_str().expect("an epoch"), own["top"].as_i64());
    let mut later = bob.socket().await;
    let answer = later.sub_after("~", epoch, top.expect("a top")).await;
    assert_eq!(answer["recovered"], true);
    let events = answer["events"].as_array().expect("events");
    assert!(events.iter().any(|e| e["kind"] == "read" && e["data"]["to"] == LOBBY), "{answer}");
    // And nobody else's.
    stranger.fence().await;
    stranger.assert_none(|f| f["t"] == "event");
}

// What cannot be read.

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_unknown_types_and_unknown_fields_are_passed_over() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    for _ in 0..20 {
        socket.tell(json!({"t": "wave", "to": 7})).await;
    }
    for _ in 0..20 {
        let err = socket.ask_err(json!({"t": "wave"})).await;
        assert_eq!(err["code"], "bad_frame", "a number is answered, once");
    }
    let ok = socket.ask_ok(json!({"t": "unsub", "rooms": [], "colour": "red", "x": [1]})).await;
    assert_eq!(ok, json!({}));
    socket.assert_none(|_| true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_is_answered_and_ten_in_a_minute_close_4500() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    let unnumbered = [
        "",
        "hello",
        "[]",
        "null",
        r#"{"to":"x"}"#,
        r#"{"t":7}"#,
        r##"{"t":"send","to":"#lobby"}"##,
    ];
    for text in unnumbered {
        socket.text(text).await;
        let error = socket.next("an error").await;
        assert_eq!(error["t"], "error", "{text}: {error}");
        assert_eq!(error["err"]["code"], "bad_frame", "{text}: {error}");
    }
    socket.bytes(vec![0, 159, 146, 150]).await;
    assert_eq!(socket.next("an error").await["err"]["code"], "bad_frame");
    let wrong = json!({"t": "send", "to": "lobby", "cid": "c", "body": "no sign before the name"});
    assert_eq!(socket.ask_err(wrong).await["code"], "bad_frame");
    socket.send(LOBBY, "nine are forgiven").await;
    socket.text("{").await;
    assert_eq!(socket.closed().await, close::BAD_PROTOCOL);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_commands_do_not_count_as_bad_frames() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    for _ in 0..15 {
        socket.ask_err(saying("#nowhere", "hi", &cid())).await;
        socket.ask_err(saying(LOBBY, "", &cid())).await;
    }
    socket.send(LOBBY, "still welcome").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_more_than_64_kib_is_too_long_and_the_socket_stays_open() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    for size in [65 * 1024, 1000 * 1024].into_iter().cycle().take(12) {
        socket.tell(saying(LOBBY, &"x".repeat(size), &cid())).await;
        let error = socket.next("an error").await;
        assert_eq!(error["err"]["code"], "too_long", "{error}");
    }
    socket.send(LOBBY, "shorter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_more_than_a_mebibyte_is_closed_1009() {
    let house = House::open().await;
    let socket = house.person("alice").await.socket().await;
    let code = socket.into_wire().text_until_closed("x".repeat(1024 * 1024 + 1024)).await;
    assert_eq!(code, close::TOO_BIG);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_that_json_has_may_number_a_frame() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    for id in [json!(0), json!(-1), json!(9_007_199_254_740_993_i64), json!(1.5)] {
        socket.tell(json!({"id": id, "t": "unsub", "rooms": []})).await;
        assert_eq!(socket.next("a reply").await["re"], id);
    }
}

// The end of a session.

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_closes_that_session_s_sockets_4503_and_no_others() {
    let house = House::open().await;
    let here = house.in_browser("alice").await;
    let elsewhere = house.log_in("alice").await;
    let token = house.by_token("alice").await;
    let (one, two) = (here.socket().await, here.socket().await);
    let (mut other, mut bot) = (elsewhere.socket().await, token.socket().await);
    let mut bob = house.person("bob").await.socket().await;

    here.post("/api/log_out", &[]).await;

    assert_eq!(one.closed().await, close::LOGGED_OUT);
    assert_eq!(two.closed().await, close::LOGGED_OUT);
    for socket in [&mut other, &mut bot, &mut bob] {
        socket.send(LOBBY, "still here").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions() {
    let house = House::open().await;
    let here = house.in_browser("alice").await;
    let elsewhere = house.log_in("alice").await;
    let other = elsewhere.socket().await;
    let fields = [("current", PASSWORD), ("new", "another lamp"), ("page", "/account")];
    here.post("/api/change_password", &fields).await.is(303);
    assert_eq!(other.closed().await, close::LOGGED_OUT);
    assert_eq!(
        house.visitor().in_browser().try_log_in("alice", PASSWORD).await.refused().status / 100,
        4
    );
    house.visitor().in_browser().try_log_in("alice", "another lamp").await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_4010() {
    let mut house = House::open().await;
    let socket = house.person("alice").await.socket().await;
    let room = house.person("bob").await.enter("lobby").await;
    house.stop().await;
    assert_eq!(socket.closed().await, close::DRAINING);
    assert_eq!(room.closed().await, close::DRAINING);
}

async fn place_is_free(person: &crate::support::Person) {
    eventually("the place to be free again", async || {
        let mut wire = person.wire("/ws").await.ok()?;
        matches!(wire.got("a first frame").await, Got::Json(_)).then_some(())
    })
    .await;
}

// What an attack found.

#[tokio::test(flavor = "multi_thread")]
async fn one_frame_cannot_ask_for_more_than_a_connection_follows() {
    let house = House::open().await;
    let mut visitor = house.visitor().socket().await;
    let many: Vec<_> = (0..4_000).map(|_| json!({"to": LOBBY})).collect();
    let err = visitor.ask_err(json!({"t": "sub", "rooms": many})).await;
    assert_eq!(err["code"], "too_many");
    let many: Vec<_> = (0..4_000).map(|n| format!("#{n}")).collect();
    let err = visitor.ask_err(json!({"t": "unsub", "rooms": many})).await;
    assert_eq!(err["code"], "too_many");
    let answers =
        visitor.ask_ok(json!({"t": "sub", "rooms": [{"to": LOBBY}, {"to": "#LOBBY"}]})).await;
    assert_eq!(answers["rooms"][0]["top"], 0);
    assert_eq!(answers["rooms"][1]["err"]["code"], "invalid", "twice in one frame");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_whose_id_is_no_number_is_not_acted_on() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    for id in [r#""id":"x""#, r#""id":1,"id":2"#] {
        socket.text(format!(r##"{{{id},"t":"send","to":"#lobby","cid":"c","body":"b"}}"##)).await;
        let refused = socket.frame("a refusal", |frame| frame["err"].is_object()).await;
        assert_eq!(refused["err"]["code"], "bad_frame");
    }
    assert!(house.bodies(&alice, LOBBY).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_a_thousand_things_at_once_and_reads_is_answered_them_all() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.socket().await;
    let mut asked = Vec::new();
    for _ in 0..1_000 {
        asked.push(socket.number(json!({"t": "unsub", "rooms": []})).await);
    }
    for id in asked {
        socket.reply(id).await;
    }
}
