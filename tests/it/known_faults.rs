//! The known faults (K) of the systems that this one replaces: each is a test that they fail.
//!
//! Here is what the server decides. K6 (the socket's address, `protocol/urls.rs`), K7 and K19
//! (reconnecting), K20 (input methods) are the browser's and are tested there; K1, K5's repeated push and K2's answer are
//! tested once more where they come in, over HTTP (`api/push.rs`); K11 belongs to a part that comes later.

use crate::push::{fleeting, kept, person, program_of, room, stored};
use crate::support::{
    House, MainSocket, cid, database, encoded, eventually,
    house::LOBBY,
    http::form,
    main_socket::saying,
    room_socket::{chat, join, leave},
    wire::Got,
};
use roomful::protocol::{Code, close, people::Access};
use roomful::server::domain::push::Aim;
use roomful::server::groups::Group;
use serde_json::json;
use std::time::Duration;

/// The push call is open to anyone and speaks as "Admin".
#[tokio::test(flavor = "multi_thread")]
async fn k01_only_who_may_pushes_and_in_their_own_name() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut socket = bob.socket().await;
    let may_not = program_of(&house, "alice", "read,write").await.0;
    for (who, code) in [
        (house.who(&house.visitor()).await, Code::LoginNeeded),
        (house.who(&alice).await, Code::Forbidden),
        (may_not, Code::Forbidden),
    ] {
        for pushing in [fleeting("hi"), stored("hi")] {
            let refused = house.verbs().push(&who, &person("bob"), pushing).await.unwrap_err();
            assert_eq!(refused.code, code);
        }
    }
    let may = program_of(&house, "alice", "push").await.0;
    house.verbs().push(&may, &person("bob"), fleeting("hi")).await.unwrap();
    let frame = socket.frame("the push", |f| f["t"] == "push").await;
    assert_eq!(frame["from"], "alice");
    socket.fence().await;
    socket.assert_none(|f| f["t"] == "push");
}

/// It answers success for users who do not exist or are offline, and stores nothing.
#[tokio::test(flavor = "multi_thread")]
async fn k02_nobody_is_told_that_somebody_heard_who_did_not() {
    let mut house = House::open().await;
    house.account("alice", false).await;
    let bob = house.person("bob").await;
    let program = program_of(&house, "alice", "push").await.0;
    for pushing in [fleeting("hi"), stored("hi")] {
        let refused = house.verbs().push(&program, &person("nobody"), pushing).await.unwrap_err();
        assert_eq!(refused.code, Code::NotFound);
    }
    let pushed = house.verbs().push(&program, &person("bob"), fleeting("gone")).await.unwrap();
    assert_eq!((pushed.people, pushed.connections, pushed.stored), (0, 0, false));
    let pushed = house.verbs().push(&program, &person("bob"), stored("waits")).await.unwrap();
    assert_eq!((pushed.people, pushed.connections, pushed.stored), (0, 0, true));
    house.crash_and_restart().await;
    let kept = kept(&bob).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!((&kept[0]["text"], &kept[0]["id"]), (&json!("waits"), &json!(pushed.id)));
}

/// A user name is used raw as a group name, so a user named like a room receives its traffic.
#[tokio::test(flavor = "multi_thread")]
async fn k03_what_is_pushed_to_a_room_is_not_for_a_user_of_its_name() {
    let house = House::open().await;
    house.account("alice", false).await;
    let (lobby, bob) = (house.person("lobby").await, house.person("bob").await);
    house.verbs().make_room(&house.who(&bob).await, "bob", Access::Open).await.unwrap();
    let mut namesake = lobby.socket().await;
    let mut room_of_bob = lobby.enter("bob").await;
    room_of_bob.entered().await;
    let mut his = bob.socket().await;
    his.sub(&[LOBBY]).await;
    let program = program_of(&house, "alice", "push").await.0;
    let push = |aim, text| {
        let (verbs, program) = (house.verbs(), &program);
        async move { verbs.push(program, &aim, fleeting(text)).await.unwrap().connections }
    };
    assert_eq!(push(room("lobby"), "for the room").await, 1);
    assert_eq!(push(person("lobby"), "for the person").await, 2);
    assert_eq!(push(person("bob"), "for bob").await, 1);
    let text = async |socket: &mut MainSocket| {
        socket.frame("a push", |f| f["t"] == "push").await["text"].clone()
    };
    assert_eq!(text(&mut namesake).await, "for the person");
    room_of_bob.hears(json!({"type": "private_message", "message": "for the person"})).await;
    assert_eq!(text(&mut his).await, "for the room");
    assert_eq!(text(&mut his).await, "for bob");
    room_of_bob.says_and_hears_only_that("nothing else").await;
    namesake.fence().await;
    namesake.assert_none(|f| f["t"] == "push");
}

/// A user name is used raw as a group name, so a user named like a room receives its traffic.
#[tokio::test(flavor = "multi_thread")]
async fn k03_a_user_named_like_a_room_does_not_hear_it() {
    let house = House::open().await;
    let (alice, lobby) = (house.person("alice").await, house.person("lobby").await);
    let mut namesake = lobby.enter("attic").await;
    namesake.entered().await;
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    room.says_and_hears_only_that("for the room").await;
    room.say("/pm lobby for the person").await;
    room.hears(json!({"type": "private_message_delivered", "target": "lobby"})).await;
    namesake.hears(json!({"type": "private_message", "message": "for the person"})).await;
}

/// The repeat is an endless loop that outlives its connection.
#[tokio::test(flavor = "multi_thread")]
async fn k04_nothing_of_a_connection_outlives_it() {
    let house = House::open_with(|config| config.connections_per_user = 1).await;
    let alice = house.person("alice").await;
    let mut bob = house.person("bob").await.enter("lobby").await;
    bob.entered().await;
    for _ in 0..10 {
        // With a limit of one, the next comes in only when the one before is gone altogether.
        let mut socket = eventually("the place to be free", async || {
            let mut wire = alice.wire("/ws/chat/lobby/").await.ok()?;
            match wire.got("a frame").await {
                Got::Json(frame) if frame["type"] == "user_list" => Some(wire),
                _ => None,
            }
        })
        .await;
        socket.text(r#"{"message":"hello"}"#).await;
        drop(socket);
    }
    eventually("alice to be gone", async || {
        let list = format!("/api/list_rooms?{}", form(&[("filter", ""), ("offset", "0")]));
        let list = house.visitor().get(&list).await.is(200).json();
        (list["rooms"][0]["online"] == 1).then_some(())
    })
    .await;
}

/// Anyone may start it, by GET.
#[tokio::test(flavor = "multi_thread")]
async fn k05_nothing_is_set_off_by_a_get() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let mut room = house.person("bob").await.enter("lobby").await;
    room.entered().await;
    let say = form(&[("to", LOBBY), ("body", "by get"), ("cid", &cid())]);
    for path in [format!("/api/say?{say}"), format!("/api/v1/messages?{say}&to=%23lobby")] {
        alice.get(&path).await;
    }
    room.says_and_hears_only_that("nothing but this").await;
}

/// Anyone may join any pair's group.
#[tokio::test(flavor = "multi_thread")]
async fn k08_nobody_joins_the_conversation_of_two_others() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut carol = house.person("carol").await.socket().await;
    for to in ["@alice", "@bob", "@alice,bob", "#alice-bob", "#chat_1_2", LOBBY] {
        carol.ask(json!({"t": "sub", "rooms": [{"to": to}]})).await;
    }
    for room in ["alice", "bob", "alice-bob", "chat_1_2"] {
        carol_enters_and_leaves(&house, room).await;
    }
    let mut hers = alice.socket().await;
    hers.send("@bob", "between us").await;
    bob.socket().await.send("@alice", "of course").await;
    hers.send(LOBBY, "in public").await;
    carol.event(LOBBY).await;
    carol.assert_none(|f| f["t"] == "event");
}

/// Two tabs of one user count as "both are there".
#[tokio::test(flavor = "multi_thread")]
async fn k09_two_tabs_of_one_are_not_two_people() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut one, mut two) = (alice.socket().await, alice.socket().await);
    one.here(json!("@bob")).await;
    two.here(json!("@bob")).await;
    // It does not count as seen: it waits for bob, unread.
    one.send("@bob", "are you there?").await;
    let answer = bob.socket().await.sub(&["@alice"]).await.remove(0);
    assert_eq!((&answer["unread"], &answer["read"]), (&json!(1), &json!(0)), "{answer}");
    one.here(json!(LOBBY)).await;
    two.here(json!(LOBBY)).await;
    let online = bob.socket().await.sub(&[LOBBY]).await[0]["online"].clone();
    assert_eq!(online, json!({"count": 1, "users": ["alice"]}));
}

/// Two tabs of one user count as "both are there".
#[tokio::test(flavor = "multi_thread")]
async fn k09_two_tabs_that_hear_a_push_are_one_person() {
    let house = House::open().await;
    house.account("alice", false).await;
    let bob = house.person("bob").await;
    let (mut one, mut two) = (bob.socket().await, bob.socket().await);
    one.sub(&[LOBBY, "~"]).await;
    two.sub(&[LOBBY]).await;
    let program = program_of(&house, "alice", "push").await.0;
    for aim in [person("bob"), room("lobby")] {
        for pushing in [fleeting("hi"), stored("hi")] {
            let pushed = house.verbs().push(&program, &aim, pushing).await.unwrap();
            assert_eq!((pushed.people, pushed.connections), (1, 2), "{aim:?}");
        }
    }
}

/// Nothing is stored, so an offline user loses it.
#[tokio::test(flavor = "multi_thread")]
async fn k10_what_is_pushed_waits_in_its_order() {
    let mut house = House::open().await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    let program = program_of(&house, "alice", "push,broadcast").await.0;
    house.verbs().push(&program, &person("bob"), stored("one")).await.unwrap();
    house.verbs().push(&program, &Aim::Everyone, stored("two")).await.unwrap();
    house.verbs().push(&program, &person("bob"), fleeting("lost")).await.unwrap();
    house.verbs().push(&program, &person("bob"), stored("three")).await.unwrap();
    house.restart().await;
    let texts: Vec<_> = kept(&bob).await.iter().map(|data| data["text"].clone()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

/// Nothing is stored, so an offline user loses it.
#[tokio::test(flavor = "multi_thread")]
async fn k10_who_is_away_loses_nothing() {
    let mut house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    room.say("/pm bob for when you are back").await;
    room.hears(json!({"type": "private_message_delivered", "target": "bob"})).await;
    house.restart().await;
    assert_eq!(house.bodies(&bob, "@alice").await, ["for when you are back"]);
    assert_eq!(bob.socket().await.sub(&["@alice"]).await[0]["unread"], 1);
}

/// Presence is a row per user, so one of two tabs closing shows you offline, and a crash leaves
/// ghosts for ever.
#[tokio::test(flavor = "multi_thread")]
async fn k12_a_tab_that_closes_leaves_the_other_present_and_a_crash_leaves_no_ghost() {
    let mut house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut watch = alice.enter("lobby").await;
    watch.entered().await;
    let mut first = bob.enter("lobby").await;
    first.entered().await;
    watch.hears(join("bob")).await;
    let mut second = bob.enter("lobby").await;
    second.entered().await;
    first.close().await;
    let mut carol = house.person("carol").await.enter("lobby").await;
    assert_eq!(carol.entered().await, ["alice", "bob"]);
    watch.hears(join("carol")).await;
    carol.close().await;
    watch.hears(leave("carol")).await;
    second.hears(join("carol")).await;
    second.hears(leave("carol")).await;
    second.says_and_hears_only_that("still here").await;

    house.crash_and_restart().await;
    let mut after = alice.enter("lobby").await;
    assert!(after.entered().await.is_empty(), "ghosts");
}

/// Bad JSON, a missing or non-text `message`, a binary frame, `/pm bob`, an unknown room: each
/// kills the connection.
#[tokio::test(flavor = "multi_thread")]
async fn k13_bad_input_kills_no_connection() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    house.account("bob", false).await;
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    let texts = crate::room_socket::MALFORMED.into_iter().take(6);
    for text in texts {
        room.text(text).await;
        room.hears_error().await;
    }
    room.text(r#"{"message":7}"#).await;
    room.hears_error().await;
    room.bytes(b"\xff\xfe{}".to_vec()).await;
    room.hears_error().await;
    for command in ["/pm", "/pm bob", "/pm  ", "/pm nobody hi"] {
        room.say(command).await;
        room.hears_error().await;
    }
    room.says_and_hears_only_that("still here").await;

    let mut main = alice.socket().await;
    main.sub(&["#nowhere"]).await;
    main.text("not json").await;
    main.bytes(vec![0xff]).await;
    main.send(LOBBY, "still here too").await;
    room.hears(chat("alice", "still here too")).await;
}

/// `/pm nobody hi` is answered "delivered".
#[tokio::test(flavor = "multi_thread")]
async fn k14_a_message_to_nobody_is_not_said_to_be_delivered() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    room.say("/pm nobody hi").await;
    room.hears_error().await;
    room.says_and_hears_only_that("and nothing more").await;
    let err = alice.socket().await.ask_err(saying("@nobody", "hi", &cid())).await;
    assert_eq!(err["code"], "not_found");
    assert_eq!(database::fields_with(&house.database(), "hi").await, 0);
}

/// Chinese room names, and user names with `@` or `+`, break the group layer.
#[tokio::test(flavor = "multi_thread")]
async fn k15_names_of_any_script_work_and_those_that_cannot_be_are_refused() {
    let house = House::open().await;
    let (wen, layla) = (house.person("文").await, house.person("ليلى").await);
    let name = "中文 聊天室";
    let mut room = wen.enter(name).await;
    room.entered().await;
    let mut main = layla.socket().await;
    main.sub(&[&format!("#{name}")]).await;
    room.says_and_hears_only_that("你好").await;
    assert_eq!(main.event(&format!("#{name}")).await["data"]["body"], "你好");
    main.send("@文", "مرحبا").await;
    room.hears(json!({"type": "private_message", "user": "ليلى", "message": "مرحبا"})).await;
    for wrong in ["bob@home", "bob+1"] {
        let fields = [("name", wrong), ("password", crate::support::PASSWORD)];
        let refusal = house.visitor().call("/api/sign_up", &fields).await.refused().refusal();
        assert_eq!(refusal["field"], "name", "{refusal}");
        main.sub_refused(&format!("@{wrong}")).await;
        room.say(&format!("/pm {wrong} hi")).await;
        room.hears_error().await;
    }
}

/// The broadcast goes out before the row is stored; no id, order or gap recovery.
#[tokio::test(flavor = "multi_thread")]
async fn k16_what_is_heard_is_stored_and_has_an_id_and_a_place_in_order() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    for seq in 1..=5 {
        let body = format!("number {seq}");
        room.says_and_hears_only_that(&body).await;
        let newest = alice.history(LOBBY).await["messages"][0].clone();
        assert_eq!((&newest["body"], &newest["seq"]), (&json!(body), &json!(seq)));
        assert!(newest["id"].as_str().is_some_and(|id| !id.is_empty()));
    }
    // A message that cannot be stored is heard by nobody: see `faults`.
}

/// Rooms are not unique; anonymous GETs make rooms; a name with `/` or ` (` breaks the index.
#[tokio::test(flavor = "multi_thread")]
async fn k17_rooms_are_unique_and_made_on_purpose() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let enter = async |name: &str| {
        alice.post("/api/enter_room", &[("name", name), ("page", "/chat/")]).await
    };
    let made = futures_util::future::join_all(["Attic (old)"; 6].map(&enter)).await;
    for answer in made {
        assert_eq!(answer.leads_to(), format!("/chat/{}/", encoded("Attic (old)")));
    }
    for same in ["attic (old)", "ATTIC (OLD)", "  Attic (old) "] {
        assert_eq!(enter(same).await.leads_to(), format!("/chat/{}/", encoded("Attic (old)")));
    }
    // A look-alike is neither made nor taken for the other.
    for wrong in ["Аttic (old)", "Attic\u{200b} (old)", "a/b", "", "..", "x\ny"] {
        enter(wrong).await.refused();
    }
    let index = house.visitor().get("/chat/").await.is(200).text();
    let links = index.matches(&format!("\"/chat/{}/\"", encoded("Attic (old)"))).count();
    assert_eq!(links, 1, "{index}");
    house.visitor().get("/chat/by%20get/").await.is(404);
    assert!(!house.visitor().get("/chat/").await.text().contains("by get"));
}

/// No Origin check, no rate limit, no frame limit, HTML built from names.
#[tokio::test(flavor = "multi_thread")]
async fn k18_origin_rate_frame_and_names_are_guarded() {
    let house = House::open_with(|config| {
        config.message_rate = crate::support::house::rate("3/60s");
    })
    .await;
    let alice = house.person("alice").await;
    for path in ["/ws", "/ws/chat/lobby/"] {
        let foreign = alice.clone().with("Origin", "https://evil.example");
        assert_eq!(foreign.wire(path).await.err(), Some(403));
    }
    let name = "<img src=x onerror=alert(1)>";
    let mut room = alice.enter(name).await;
    room.entered().await;
    for text in ["one", "two", "three"] {
        room.says_and_hears_only_that(text).await;
    }
    room.say("four").await;
    room.hears_error().await;
    room.say(&"x".repeat(65 * 1024)).await;
    room.hears_error().await;
    for path in ["/chat/".to_owned(), format!("/chat/{}/", encoded(name))] {
        let page = house.visitor().get(&path).await.is(200).text();
        assert!(!page.contains("<img src=x"), "{path}: {page}");
    }
    let socket = alice.socket().await;
    let code = socket.into_wire().text_until_closed("x".repeat(2 * 1024 * 1024)).await;
    assert_eq!(code, close::TOO_BIG);
}

/// (The server's half of K19.) A client that missed something on a lost connection gets it.
#[tokio::test(flavor = "multi_thread")]
async fn k19_what_was_sent_on_a_dead_socket_can_be_sent_again_without_harm() {
    let house = House::open_with(|config| config.leave_grace = Duration::from_secs(60)).await;
    let alice = house.person("alice").await;
    let frame = saying(LOBBY, "did it arrive?", &cid());
    let mut socket = alice.socket().await;
    socket.tell(frame.clone()).await;
    drop(socket);
    let mut again = alice.socket().await;
    again.ask_ok(frame).await;
    assert_eq!(house.bodies(&alice, LOBBY).await, ["did it arrive?"]);
}

async fn carol_enters_and_leaves(house: &House, room: &str) {
    let mut socket = house.by_token("carol").await.enter(room).await;
    socket.entered().await;
    socket.close().await;
}

/// The broadcast's group has no members: nobody ever joins it.
#[tokio::test(flavor = "multi_thread")]
async fn k21_everybody_is_in_the_group_of_a_broadcast_until_they_go() {
    let house = House::open().await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    let program = program_of(&house, "alice", "broadcast").await.0;
    let broadcast = || house.verbs().push(&program, &Aim::Everyone, fleeting("hear"));
    assert_eq!(broadcast().await.unwrap().connections, 0);
    let (mut one, mut two) = (bob.socket().await, house.visitor().socket().await);
    let mut room = bob.enter("lobby").await;
    room.entered().await;
    let pushed = broadcast().await.unwrap();
    assert_eq!((pushed.people, pushed.connections), (1, 3));
    for socket in [&mut one, &mut two] {
        assert_eq!(socket.frame("it", |f| f["t"] == "push").await["kind"], "broadcast");
    }
    room.hears(json!({"type": "private_message", "message": "hear"})).await;
    one.close().await;
    two.close().await;
    room.close().await;
    eventually("nobody", async || (broadcast().await.unwrap().connections == 0).then_some(()))
        .await;
    assert!(!house.verbs().groups.is_heard(Group::House));
}
