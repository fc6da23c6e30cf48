//! Direct conversations: one log between two people, stored, and found by nobody else.

use crate::support::{House, Person, cid, encoded, house::LOBBY, http::form, main_socket::saying};
use serde_json::json;

const SECRET: &str = "the key is under the third pot";

#[tokio::test(flavor = "multi_thread")]
async fn it_is_one_conversation_whoever_opens_it_first() {
    let house = House::open().await;
    for (first, second) in [("anna", "zora"), ("yann", "bert")] {
        let (one, other) = (house.person(first).await, house.person(second).await);
        let (to_other, to_one) = (format!("@{second}"), format!("@{first}"));
        one.socket().await.send(&to_other, "from the first").await;
        other.socket().await.send(&to_one, "from the second").await;
        let (hers, his) = (one.history(&to_other).await, other.history(&to_one).await);
        assert_eq!(hers["to"], to_other, "each sees the other's name");
        assert_eq!(his["to"], to_one);
        assert_eq!(hers["messages"], his["messages"]);
        assert_eq!(hers["epoch"], his["epoch"]);
        assert_eq!(hers["top"], 2);
        let said = ["from the first", "from the second"];
        assert_eq!(house.bodies(&one, &to_other).await, said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_open_it_at_the_same_moment_share_it() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for n in 0..8 {
        let name = format!("friend{n}");
        let friend = house.person(&name).await;
        let (mut hers, mut his) = (alice.socket().await, friend.socket().await);
        let to = format!("@{name}");
        tokio::join!(hers.send(&to, "from her"), his.send("@alice", "from him"));
        let page = alice.history(&to).await;
        assert_eq!(page["top"], 2, "{page}");
        assert_eq!(page["messages"], friend.history("@alice").await["messages"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_hear_it_live_each_under_the_other_s_name() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut her_phone, mut his) =
        (alice.socket().await, alice.socket().await, bob.socket().await);
    // Followed before there is anything in it.
    for (socket, to) in [(&mut hers, "@bob"), (&mut her_phone, "@bob"), (&mut his, "@alice")] {
        let answer = socket.sub(&[to]).await.remove(0);
        assert_eq!((&answer["to"], &answer["top"]), (&json!(to), &json!(0)), "{answer}");
    }
    hers.send("@bob", "can you hear me?").await;
    assert_eq!(his.event("@alice").await["data"]["body"], "can you hear me?");
    assert_eq!(her_phone.event("@bob").await["data"]["author"], "alice");
    assert_eq!(hers.event("@bob").await["seq"], 1);
    his.send("@alice", "clearly").await;
    assert_eq!(hers.event("@bob").await["seq"], 2);
    assert_eq!(his.event("@alice").await["seq"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_followed_while_empty_can_be_resumed() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut his = bob.socket().await;
    let before = his.sub(&["@alice"]).await.remove(0);
    his.close().await;
    alice.socket().await.send("@bob", "while you were away").await;
    let mut his = bob.socket().await;
    let epoch = before["epoch"].as_str().expect("an epoch, even of an empty log");
    let answer = his.sub_after("@alice", epoch, 0).await;
    // Nothing is lost: it is replayed, or he is told to read the page.
    if answer["recovered"] == true {
        assert_eq!(answer["events"][0]["data"]["body"], "while you were away");
    }
    assert_eq!(answer["top"], 1);
    assert_eq!(house.bodies(&bob, "@alice").await, ["while you were away"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_who_is_away() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut his = bob.socket().await;
    let own = his.sub(&["~"]).await.remove(0);
    his.close().await;

    alice.socket().await.send("@bob", "call me back").await;

    let mut his = bob.socket().await;
    let (epoch, top) = (own["epoch"].as_str().expect("an epoch"), own["top"].as_i64());
    let missed = his.sub_after("~", epoch, top.expect("a top")).await;
    assert_eq!(missed["recovered"], true);
    let events = missed["events"].as_array().expect("events");
    let told = |e: &&serde_json::Value| e["kind"] == "conversation" && e["data"]["to"] == "@alice";
    assert_eq!(events.iter().filter(told).count(), 1, "{missed}");
    let answer = his.sub(&["@alice"]).await.remove(0);
    assert_eq!((&answer["top"], &answer["unread"]), (&json!(1), &json!(1)), "{answer}");
    assert_eq!(house.bodies(&bob, "@alice").await, ["call me back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_is_told_once_to_all_devices_of_both() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut carol = house.person("carol").await.socket().await;
    let (mut hers, mut her_phone, mut his, mut his_phone) =
        (alice.socket().await, alice.socket().await, bob.socket().await, bob.socket().await);
    for socket in [&mut hers, &mut her_phone, &mut his, &mut his_phone, &mut carol] {
        socket.sub(&["~"]).await;
    }
    hers.send("@bob", "one").await;
    his.send("@alice", "two").await;
    for socket in [&mut his, &mut his_phone] {
        assert_eq!(socket.event_of("~", "conversation").await["data"]["to"], "@alice");
    }
    for socket in [&mut hers, &mut her_phone] {
        assert_eq!(socket.event_of("~", "conversation").await["data"]["to"], "@bob");
    }
    // A later conversation comes next, with nothing of the first between.
    carol.send("@bob", "three").await;
    assert_eq!(his.event_of("~", "conversation").await["data"]["to"], "@carol");
    her_phone.fence().await;
    her_phone.assert_none(|f| f["kind"] == "conversation");
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_counts_and_read_markers_are_the_same_on_all_devices() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut hers = alice.socket().await;
    hers.send("@bob", "one").await;
    hers.send("@bob", "two").await;
    let (mut desk, mut phone) = (bob.socket().await, bob.socket().await);
    phone.sub(&["~"]).await;
    for socket in [&mut desk, &mut phone] {
        assert_eq!(socket.sub(&["@alice"]).await[0]["unread"], 2);
    }
    desk.tell(json!({"t": "read", "to": "@alice", "seq": 2})).await;
    let event = phone.event_of("~", "read").await;
    assert_eq!(event["data"]["to"], "@alice");
    assert_eq!(event["data"]["seq"], 2);
    let answer = phone.sub(&["@alice"]).await.remove(0);
    assert_eq!((&answer["read"], &answer["unread"]), (&json!(2), &json!(0)));
    // His marker is his: she has her own.
    assert_eq!(hers.sub(&["@bob"]).await[0]["unread"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_counts_unread_messages_too() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let bob = house.in_browser("bob").await;
    alice.socket().await.send("@bob", SECRET).await;
    let place =
        bob.get(&format!("/api/open_place?{}", form(&[("to", LOBBY)]))).await.is(200).json();
    let people = place["side"]["people"].as_array().expect("people");
    let line = people.iter().find(|line| line["to"] == "@alice").expect("alice is listed");
    assert_eq!(line["unread"], 1);
    assert!(bob.get("/talk/alice/").await.is(200).text().contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_whether_the_other_is_online() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut hers = alice.socket().await;
    hers.send("@bob", "are you there?").await;
    assert_eq!(hers.sub(&["@bob"]).await[0]["online"], json!({"count": 1, "users": ["alice"]}));
    let his = bob.socket().await;
    hers.sees_join("@bob", "bob").await;
    his.close().await;
    hers.sees_leave("@bob", "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_two_can_find_it_at_any_entrance() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut carol_hears = house.person("carol").await.socket().await;
    let attempts = [
        "@alice",
        "@bob",
        "@alice:bob",
        "@alice|bob",
        "@alice,bob",
        "@alice-bob",
        "@alice_bob",
        "#alice",
        "#bob",
        "#alice:bob",
        "#@alice",
        "#@bob",
        "#dm:alice:bob",
        "#~",
        "~",
        "#1",
        "@1",
    ];
    for to in attempts {
        carol_hears.ask(json!({"t": "sub", "rooms": [{"to": to}]})).await;
    }
    alice.socket().await.send("@bob", SECRET).await;
    bob.socket().await.send("@alice", SECRET).await;
    carol_hears.sub(&[LOBBY]).await;
    alice.socket().await.send(LOBBY, "something public").await;
    carol_hears.event(LOBBY).await;
    carol_hears.assert_none(|f| f.to_string().contains(SECRET));

    let in_browser = house.log_in("carol").await;
    let with_token = house.by_token("carol").await;
    for person in [&in_browser, &with_token, &house.visitor()] {
        for to in attempts {
            finds_nothing(person, to).await;
        }
        for page in ["/chat/", "/chat/lobby/"] {
            assert!(!person.get(page).await.text().contains(SECRET), "{page}");
        }
    }
    for person in [&in_browser, &with_token] {
        let mut socket = person.socket().await;
        for to in attempts {
            let reply = socket
                .ask(json!({"t": "sub", "rooms": [
                {"to": to, "after": {"epoch": "e1", "seq": 0}}]}))
                .await;
            assert!(!reply.to_string().contains(SECRET), "{to}: {reply}");
        }
    }
}

/// None of the ways to read shows the secret.
async fn finds_nothing(person: &Person, to: &str) {
    let name: String = to.chars().skip(1).collect();
    let ways = [
        format!("/api/v1/messages?to={}", encoded(to)),
        format!("/api/open_place?{}", form(&[("to", to)])),
        format!("/api/history?{}", form(&[("to", to)])),
        format!("/talk/{}/", encoded(&name)),
        format!("/chat/{}/", encoded(&name)),
    ];
    for way in ways {
        let answer = person.get(&way).await;
        assert!(!answer.text().contains(SECRET), "{way}: {}", answer.text());
        assert!(answer.status < 500, "{way}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_write_into_the_conversation_of_two_others() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.socket().await.send("@bob", "between us").await;
    let mut carol = house.person("carol").await.socket().await;
    carol.send("@alice", "hello alice").await;
    carol.send("@bob", "hello bob").await;
    assert_eq!(house.bodies(&alice, "@bob").await, ["between us"]);
    assert_eq!(house.bodies(&bob, "@alice").await, ["between us"]);
    assert_eq!(house.bodies(&alice, "@carol").await, ["hello alice"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_nobody_is_not_found_and_nothing_is_stored() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    let err = socket.ask_err(saying("@nobody", "hello?", &cid())).await;
    assert_eq!(err["code"], "not_found");
    assert_eq!(crate::support::database::fields_with(&house.database(), "hello?").await, 0);
    house.account("nobody", false).await;
    assert!(house.bodies(&alice, "@nobody").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_any_script_have_conversations() {
    let house = House::open().await;
    for (one, other) in [("小林", "مريم"), ("Ada_L.-9", "हिन्दी"), ("Ὀδυσσεύς", "x.y")]
    {
        let (first, second) = (house.person(one).await, house.person(other).await);
        let mut hears = second.socket().await;
        hears.sub(&[&format!("@{one}")]).await;
        first.socket().await.send(&format!("@{other}"), "hello").await;
        let event = hears.event(&format!("@{one}")).await;
        assert_eq!(
            (&event["data"]["author"], &event["data"]["body"]),
            (&json!(one), &json!("hello"))
        );
        assert_eq!(house.bodies(&first, &format!("@{other}")).await, ["hello"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_spelling_of_a_name_leads_to_the_same_conversation() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("Bob").await);
    let mut hers = alice.socket().await;
    assert_eq!(hers.sub(&["@bOB"]).await[0]["to"], "@Bob");
    hers.send("@BOB", "hello").await;
    assert_eq!(hers.event("@Bob").await["seq"], 1);
    assert_eq!(house.bodies(&bob, "@ALICE").await, ["hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_message_from_a_room_lands_in_the_conversation() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut main = bob.socket().await;
    main.sub(&["~", "@alice"]).await;
    let mut room = alice.enter("lobby").await;
    room.entered().await;
    room.say("/pm bob from the lobby").await;
    room.hears(json!({"type": "private_message_delivered", "target": "bob"})).await;
    assert_eq!(main.event("@alice").await["data"]["body"], "from the lobby");
    assert_eq!(main.event_of("~", "conversation").await["data"]["to"], "@alice");
    assert_eq!(house.bodies(&bob, "@alice").await, ["from the lobby"]);
    assert!(house.bodies(&bob, LOBBY).await.is_empty(), "and not in the room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_message_from_the_main_socket_reaches_the_room_sockets() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut room = bob.enter("kitchen").await;
    room.entered().await;
    alice.socket().await.send("@bob", "dinner?").await;
    room.hears(json!({"type": "private_message", "user": "alice", "message": "dinner?"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_named_like_a_room_receives_none_of_its_traffic() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let lobby = house.person("lobby").await;
    let mut namesake = lobby.socket().await;
    namesake.sub(&["~", "@alice"]).await;
    let mut hers = alice.socket().await;
    hers.sub(&[LOBBY, "@lobby"]).await;
    hers.send(LOBBY, "for the room").await;
    assert_eq!(hers.event(LOBBY).await["data"]["body"], "for the room");
    hers.send("@lobby", "for the person").await;
    assert_eq!(namesake.event("@alice").await["data"]["body"], "for the person");
    namesake.assert_none(|f| f.to_string().contains("for the room"));
    assert_eq!(hers.event("@lobby").await["data"]["body"], "for the person");
    hers.assert_none(|f| f["to"] == LOBBY);
    assert_eq!(house.bodies(&alice, LOBBY).await, ["for the room"]);
    assert_eq!(house.bodies(&alice, "@lobby").await, ["for the person"]);
}
