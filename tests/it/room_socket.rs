//! The room socket: the whole order of frames, as the requirements have it.

use crate::support::{
    House, RoomSocket, eventually,
    house::{quick_heartbeat, rate},
    room_socket::{chat, join, leave},
    wire::{Got, NO_CLOSE_FRAME},
};
use roomful::protocol::close;
use serde_json::json;
use std::time::Duration;

/// What a client of the room socket may get wrong, each of which is malformed.
pub const MALFORMED: [&str; 8] = [
    "",
    "hello",
    "{",
    "[]",
    "null",
    "{}",
    r#"{"text":"no message here"}"#,
    r#"{"message":{"not":"a text"}}"#,
];

#[tokio::test(flavor = "multi_thread")]
async fn alice_alone_gets_an_empty_list_and_then_her_own_join() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.enter("lobby").await;
    socket.hears(json!({"type": "user_list", "users": []})).await;
    socket.hears(join("alice")).await;
    socket.says_and_hears_only_that("hello?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_gets_the_list_as_it_was_before_him_and_alice_hears_him_come() {
    let house = House::open().await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.hears(json!({"type": "user_list", "users": ["alice"]})).await;
    bob.hears(join("bob")).await;
    alice.hears(join("bob")).await;
    bob.says_and_hears_only_that("hello").await;
    alice.hears(chat("bob", "hello")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_gets_the_list_with_its_own_name_and_nobody_else_hears_of_it() {
    let house = House::open().await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;

    let mut second = house.by_token("bob").await.enter("lobby").await;
    second.hears(json!({"type": "user_list", "users": ["alice", "bob"]})).await;
    second.hears(join("bob")).await;

    second.says_and_hears_only_that("from the second tab").await;
    alice.hears(chat("bob", "from the second tab")).await;
    bob.hears(chat("bob", "from the second tab")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_back_to_everyone_once_its_sender_included() {
    let house = House::open().await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;

    alice.say("first").await;
    alice.say("second").await;
    for socket in [&mut alice, &mut bob] {
        socket.hears(chat("alice", "first")).await;
        socket.hears(chat("alice", "second")).await;
    }
    bob.says_and_hears_only_that("third").await;
    alice.hears(chat("bob", "third")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_in_one_room_is_not_heard_in_another() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut lobby = alice.enter("lobby").await;
    let mut kitchen = bob.enter("kitchen").await;
    lobby.entered().await;
    kitchen.entered().await;
    lobby.says_and_hears_only_that("in the lobby").await;
    kitchen.says_and_hears_only_that("in the kitchen").await;
    lobby.says_and_hears_only_that("still in the lobby").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_message_reaches_every_room_socket_of_its_target_and_nobody_else() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    let mut alice_sends = alice.enter("lobby").await;
    alice_sends.entered().await;
    let mut alice_elsewhere = alice.enter("kitchen").await;
    alice_elsewhere.entered().await;
    let mut bob_here = bob.enter("lobby").await;
    bob_here.entered().await;
    alice_sends.hears(join("bob")).await;
    let mut bob_elsewhere = bob.enter("attic").await;
    bob_elsewhere.entered().await;
    let mut carol_here = carol.enter("lobby").await;
    carol_here.entered().await;
    alice_sends.hears(join("carol")).await;
    bob_here.hears(join("carol")).await;

    alice_sends.say("/pm bob come to the attic").await;

    let delivered = json!({"type": "private_message_delivered", "target": "bob",
        "message": "come to the attic"});
    let private =
        json!({"type": "private_message", "user": "alice", "message": "come to the attic"});
    alice_sends.hears(delivered).await;
    bob_here.hears(private.clone()).await;
    bob_elsewhere.hears(private).await;

    alice_elsewhere.says_and_hears_only_that("nothing here").await;
    bob_elsewhere.says_and_hears_only_that("once is enough").await;
    carol_here.says_and_hears_only_that("did anybody say anything?").await;
    alice_sends.hears(chat("carol", "did anybody say anything?")).await;
    bob_here.hears(chat("carol", "did anybody say anything?")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_message_keeps_the_spaces_of_its_text() {
    let house = House::open().await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;
    alice.say("/pm bob one  two\nthree").await;
    alice.hears(json!({"type": "private_message_delivered", "message": "one  two\nthree"})).await;
    bob.hears(json!({"type": "private_message", "message": "one  two\nthree"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leave_comes_only_when_the_last_connection_has_gone() {
    let house = House::open().await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;
    let mut second = house.by_token("bob").await.enter("lobby").await;
    second.entered().await;

    bob.close().await;
    // Carol comes and goes after the first tab was closed: her leave would come after bob's.
    let mut carol = house.person("carol").await.enter("lobby").await;
    carol.entered().await;
    alice.hears(join("carol")).await;
    carol.close().await;
    alice.hears(leave("carol")).await;

    second.close().await;
    alice.hears(leave("bob")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leave_waits_for_the_grace() {
    let grace = Duration::from_millis(600);
    let house = House::open_with(move |config| config.leave_grace = grace).await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;
    let gone = std::time::Instant::now();
    bob.close().await;
    alice.hears(leave("bob")).await;
    assert!(gone.elapsed() >= grace, "only {:?}", gone.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_within_the_grace_is_silent() {
    let house = House::open_with(|config| config.leave_grace = Duration::from_secs(60)).await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;
    bob.close().await;
    let mut back = house.by_token("bob").await.enter("lobby").await;
    back.hears(json!({"type": "user_list"})).await;
    back.hears(join("bob")).await;
    back.says_and_hears_only_that("I am back").await;
    alice.hears(chat("bob", "I am back")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_gets_the_list_and_hears_the_room_but_is_not_heard() {
    let house = House::open().await;
    let mut alice = house.person("alice").await.enter("lobby").await;
    alice.entered().await;
    let mut visitor = house.visitor().enter("lobby").await;
    visitor.hears(json!({"type": "user_list", "users": ["alice"]})).await;

    visitor.say("can you hear me?").await;
    visitor.say("/pm alice hello").await;
    alice.says_and_hears_only_that("quiet today").await;
    visitor.hears(chat("alice", "quiet today")).await;

    // It is neither seen to go.
    visitor.close().await;
    let mut bob = house.person("bob").await.enter("lobby").await;
    bob.hears(json!({"type": "user_list", "users": ["alice"]})).await;
    alice.hears(join("bob")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_room_is_made_for_somebody_who_is_logged_in() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    alice.get("/chat/attic/").await.is(404);
    let mut socket = alice.enter("attic").await;
    socket.entered().await;
    socket.says_and_hears_only_that("dusty").await;
    alice.get("/chat/attic/").await.is(200);
    assert_eq!(house.bodies(&alice, "#attic").await, ["dusty"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_room_is_an_error_and_4404_for_a_visitor() {
    let house = House::open().await;
    let mut socket = house.visitor().enter("attic").await;
    socket.hears_error().await;
    assert_eq!(socket.closed().await, close::NO_SUCH_ROOM);
    house.visitor().get("/chat/attic/").await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_no_room_can_have_is_an_error_and_ends_the_socket() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for name in ["a/b", "a\nb", "\u{202e}gnp.exe", &"x".repeat(129)] {
        let mut socket = alice.enter(name).await;
        socket.hears_error().await;
        assert_eq!(socket.closed().await, close::NO_SUCH_ROOM, "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_is_percent_decoded() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for name in ["中文 聊天室", "100%", "a?b#c+d", "%2525", "café 🍅", "שלום עולם", "a (b) & <c>"]
    {
        let mut socket = alice.enter(name).await;
        socket.entered().await;
        socket.says_and_hears_only_that("here").await;
        let page = alice.history(&format!("#{name}")).await;
        assert_eq!(page["to"], format!("#{name}"));
        assert_eq!(page["messages"][0]["body"], "here", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_spelling_of_a_name_leads_to_the_same_room() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut one = alice.enter("lobby").await;
    one.entered().await;
    let mut other = bob.enter("LOBBY").await;
    other.hears(json!({"type": "user_list", "users": ["alice"]})).await;
    other.hears(join("bob")).await;
    one.hears(join("bob")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_and_a_cookie_both_log_in() {
    let house = House::open().await;
    let browser = house.in_browser("alice").await;
    let mut by_cookie = browser.enter("lobby").await;
    by_cookie.hears(json!({"type": "user_list", "users": []})).await;
    by_cookie.hears(join("alice")).await;
    let mut by_token = house.by_token("alice").await.enter("lobby").await;
    by_token.hears(json!({"type": "user_list", "users": ["alice"]})).await;
    by_token.hears(join("alice")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_session_or_token_is_closed_4001_and_never_anonymous() {
    let house = House::open().await;
    let visitor = house.visitor();
    for person in
        [visitor.clone().with_session("nobody"), visitor.with("Authorization", "Bearer nobody")]
    {
        let wire = person.wire("/ws/chat/lobby/").await.expect("accepted, then closed");
        assert_eq!(wire.closed().await, close::LOGIN_NEEDED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_origin_is_refused_before_the_socket_opens() {
    let house = House::open().await;
    let alice = house.person("alice").await.with("Origin", "http://evil.example");
    assert_eq!(alice.wire("/ws/chat/lobby/").await.err(), Some(403));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_kept_alive_by_websocket_pings_and_never_by_json() {
    let house = House::open_with(quick_heartbeat).await;
    let mut alice = house.person("alice").await.enter("lobby").await;
    alice.entered().await;
    for _ in 0..5 {
        alice.ping().await;
    }
    alice.says_and_hears_only_that("still here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_answers_no_ping_is_gone_after_the_heartbeat() {
    let house = House::open_with(quick_heartbeat).await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;
    // Nobody reads from bob's socket, so nobody answers for him.
    alice.hears(leave("bob")).await;
    let code = bob.closed().await;
    assert!([close::NO_PONG, NO_CLOSE_FRAME].contains(&code), "{code}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_malformed_frames_in_a_minute_close_it() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.enter("lobby").await;
    socket.entered().await;
    for text in MALFORMED {
        socket.text(text).await;
        socket.hears_error().await;
    }
    socket.bytes(vec![0, 159, 146, 150]).await;
    socket.hears_error().await;
    socket.says_and_hears_only_that("nine are forgiven").await;
    socket.text("the tenth").await;
    assert_eq!(socket.closed().await, close::BAD_PROTOCOL);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_errors_that_do_not_count_as_malformed() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.enter("lobby").await;
    socket.entered().await;
    let too_long = "x".repeat(4_001);
    for text in ["/pm", "/pm bob", "/pm nobody hi", "", "   ", &too_long].repeat(3) {
        socket.say(text).await;
        socket.hears_error().await;
    }
    socket.says_and_hears_only_that("still welcome").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_more_than_64_kib_is_an_error_that_does_not_count() {
    let house = House::open().await;
    let mut socket = house.person("alice").await.enter("lobby").await;
    socket.entered().await;
    for _ in 0..11 {
        socket.say(&"x".repeat(65 * 1024)).await;
        socket.hears_error().await;
    }
    socket.says_and_hears_only_that("shorter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_rate_counts_here_too() {
    let house = House::open_with(|config| config.message_rate = rate("2/60s")).await;
    let mut socket = house.person("alice").await.enter("lobby").await;
    socket.entered().await;
    socket.says_and_hears_only_that("one").await;
    socket.says_and_hears_only_that("two").await;
    socket.say("three").await;
    socket.hears_error().await;
    let alice = house.by_token("alice").await;
    assert_eq!(house.bodies(&alice, "#lobby").await, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sockets_tell_of_the_same_room() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut main = alice.socket().await;
    main.sub(&["#lobby"]).await;
    let mut room = bob.enter("lobby").await;
    room.entered().await;
    main.sees_join("#lobby", "bob").await;

    room.says_and_hears_only_that("from the room socket").await;
    let event = main.event_of("#lobby", "message").await;
    assert_eq!(event["data"]["body"], "from the room socket");
    assert_eq!(event["data"]["author"], "bob");

    main.send("#lobby", "from the main socket").await;
    room.hears(chat("alice", "from the main socket")).await;

    room.close().await;
    main.sees_leave("#lobby", "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_on_the_main_socket_is_seen_in_the_room() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut room = bob.enter("lobby").await;
    room.entered().await;
    let mut main = alice.socket().await;
    main.here(json!("#lobby")).await;
    room.hears(join("alice")).await;
    main.here(json!(null)).await;
    room.hears(leave("alice")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_closes_the_session_s_room_sockets() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let mut socket = alice.enter("lobby").await;
    socket.entered().await;
    alice.post("/api/log_out", &[]).await;
    assert_eq!(socket.closed().await, close::LOGGED_OUT);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replayed_on_entering() {
    let house = House::open().await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;
    alice.says_and_hears_only_that("long ago").await;
    let mut carol = house.person("carol").await.enter("lobby").await;
    carol.entered().await;
    carol.says_and_hears_only_that("what did I miss?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_cut_without_a_word_is_gone_after_the_grace() {
    let house = House::open().await;
    let (mut alice, mut bob) = alice_and_bob(&house).await;
    bob.entered().await;
    alice.hears(join("bob")).await;
    drop(bob);
    alice.hears(leave("bob")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_the_limit_are_closed_4030() {
    let house = House::open_with(|config| config.connections_per_user = 1).await;
    let alice = house.person("alice").await;
    let mut first = alice.enter("lobby").await;
    first.entered().await;
    let second = alice.wire("/ws/chat/lobby/").await.expect("accepted, then closed");
    assert_eq!(second.closed().await, close::TOO_MANY_CONNECTIONS);
    first.close().await;
    eventually("the place to be free again", async || {
        let mut wire = alice.wire("/ws/chat/lobby/").await.ok()?;
        matches!(wire.got("a frame").await, Got::Json(_)).then_some(())
    })
    .await;
}

async fn alice_and_bob(house: &House) -> (RoomSocket, RoomSocket) {
    let mut alice = house.person("alice").await.enter("lobby").await;
    alice.entered().await;
    let bob = house.person("bob").await.enter("lobby").await;
    (alice, bob)
}
