//! What happens to messages after they were said: edits, deletions, reactions, pins, topics, quotes;
//! and who is writing.

use crate::support::{
    House, Person, cid,
    house::LOBBY,
    main_socket::{MainSocket, saying},
};
use serde_json::{Value, json};

/// Alice looks after the house; bob and carol do not.
async fn people(house: &House) -> [Person; 3] {
    house.account("alice", true).await;
    [house.by_token("alice").await, house.person("bob").await, house.person("carol").await]
}

fn edit(to: &str, message: &Value, body: &str) -> Value {
    json!({"t": "edit", "to": to, "message": message, "body": body})
}

fn delete(to: &str, message: &Value) -> Value {
    json!({"t": "delete", "to": to, "message": message})
}

fn react(to: &str, message: &Value, emoji: &str, on: bool) -> Value {
    json!({"t": "react", "to": to, "message": message, "emoji": emoji, "on": on})
}

fn pin(to: &str, message: &Value, on: bool) -> Value {
    json!({"t": "pin", "to": to, "message": message, "on": on})
}

async fn first(reader: &Person, to: &str) -> Value {
    let page = reader.history(to).await;
    page["messages"].as_array().and_then(|all| all.last()).cloned().expect("a message")
}

async fn said(socket: &mut MainSocket, to: &str, body: &str) -> Value {
    socket.send(to, body).await["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_an_event_and_what_is_read_afterwards() {
    let house = House::open().await;
    let [_, bob, carol] = people(&house).await;
    let (mut speaks, mut hears) = (bob.socket().await, carol.socket().await);
    hears.sub(&[LOBBY]).await;
    let id = said(&mut speaks, LOBBY, "helo").await;
    let ok = speaks.ask_ok(edit(LOBBY, &id, "hello")).await;
    assert_eq!(ok, json!({"seq": 2}));
    let event = hears.event_of(LOBBY, "edit").await;
    let at = event["data"]["at"].clone();
    assert!(at.is_string());
    let expected = json!({"message": id, "body": "hello", "at": at});
    assert_eq!((&event["seq"], &event["data"]), (&json!(2), &expected));
    let read = first(&carol, LOBBY).await;
    assert_eq!(
        (&read["body"], &read["edited_at"], &read["seq"]),
        (&json!("hello"), &at, &json!(1))
    );
    // The same again is so already, and nothing happens.
    assert_eq!(speaks.ask_ok(edit(LOBBY, &id, "hello")).await, json!({"seq": 2}));
    let wrong = [("", "invalid"), (" \n", "invalid"), ("a\0", "invalid")];
    for (body, code) in wrong {
        assert_eq!(speaks.ask_err(edit(LOBBY, &id, body)).await["code"], code);
    }
    let long = "x".repeat(4_001);
    assert_eq!(speaks.ask_err(edit(LOBBY, &id, &long)).await["code"], "too_long");
    hears.send(LOBBY, "fence").await;
    hears.event_of(LOBBY, "message").await;
    hears.assert_none(|frame| frame["kind"] == "edit");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_author_or_who_keeps_order_changes_a_message() {
    let house = House::open().await;
    let [alice, bob, carol] = people(&house).await;
    let [mut admin, mut author, mut other] =
        [alice.socket().await, bob.socket().await, carol.socket().await];
    let id = said(&mut author, LOBBY, "mine").await;
    for frame in [edit(LOBBY, &id, "yours"), delete(LOBBY, &id)] {
        assert_eq!(other.ask_err(frame).await["code"], "forbidden");
    }
    admin.ask_ok(edit(LOBBY, &id, "in order")).await;
    let visitor = house.visitor();
    let mut reads = visitor.socket().await;
    for frame in [
        edit(LOBBY, &id, "x"),
        delete(LOBBY, &id),
        react(LOBBY, &id, "👍", true),
        pin(LOBBY, &id, true),
        json!({"t": "topic", "to": LOBBY, "text": "x"}),
        json!({"t": "typing", "to": LOBBY}),
    ] {
        assert_eq!(reads.ask_err(frame).await["code"], "login_needed");
    }
    admin.ask_ok(delete(LOBBY, &id)).await;
    assert_eq!(first(&carol, LOBBY).await["deleted"], true);
    // In a conversation of two nobody but the author does.
    let id = said(&mut author, "@alice", "between us").await;
    for frame in [edit("@bob", &id, "x"), delete("@bob", &id)] {
        assert_eq!(admin.ask_err(frame).await["code"], "forbidden");
    }
    author.ask_ok(edit("@alice", &id, "between the two of us")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_leaves_its_place_and_nothing_else() {
    let house = House::open().await;
    let [alice, bob, carol] = people(&house).await;
    let (mut admin, mut author) = (alice.socket().await, bob.socket().await);
    let own = cid();
    let id = author.ask_ok(saying(LOBBY, "my secret", &own)).await["id"].clone();
    author.ask_ok(edit(LOBBY, &id, "my other secret")).await;
    author.ask_ok(react(LOBBY, &id, "👍", true)).await;
    admin.ask_ok(pin(LOBBY, &id, true)).await;
    let ok = author.ask_ok(delete(LOBBY, &id)).await;
    assert_eq!(author.ask_ok(delete(LOBBY, &id)).await, ok, "deleted is deleted");
    let page = carol.history(LOBBY).await;
    let read = page["messages"][0].clone();
    assert_eq!(read["body"], "");
    assert_eq!((&read["deleted"], &read["edited_at"]), (&json!(true), &Value::Null));
    assert_eq!((&read["reactions"], page.get("about")), (&json!([]), None), "nor is it pinned");
    for frame in [
        edit(LOBBY, &id, "again"),
        react(LOBBY, &id, "👍", true),
        edit(LOBBY, &json!("1-99"), "none"),
        edit(LOBBY, &json!("no id"), "none"),
        edit(LOBBY, &json!("1--1"), "none"),
    ] {
        assert_eq!(author.ask_err(frame.clone()).await["code"], "not_found", "{frame}");
    }
    assert_eq!(admin.ask_err(pin(LOBBY, &id, true)).await["code"], "not_found");
    // A replay tells of it without a word of what was said.
    let mut late = carol.socket().await;
    let epoch = page["epoch"].as_str().unwrap_or_default();
    let told = late.sub_after(LOBBY, epoch, 0).await;
    let kinds: Vec<&str> = told["events"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["message", "edit", "reaction", "pin", "delete"]);
    assert!(!told.to_string().contains("secret"), "{told}");
    // Who is not sure whether it was said hears that it was.
    assert_eq!(author.ask_ok(saying(LOBBY, "my secret", &own)).await["id"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_again_after_an_edit_gets_the_first_answer() {
    let house = House::open().await;
    let [_, bob, _] = people(&house).await;
    let mut author = bob.socket().await;
    let own = cid();
    let ok = author.ask_ok(saying(LOBBY, "as sent", &own)).await;
    for body in ["changed", "changed again"] {
        author.ask_ok(edit(LOBBY, &ok["id"], body)).await;
    }
    assert_eq!(author.ask_ok(saying(LOBBY, "as sent", &own)).await, ok);
    let other = author.ask_err(saying(LOBBY, "changed again", &own)).await;
    assert_eq!(other["code"], "cid_conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_another_place_is_not_here() {
    let house = House::open().await;
    let [alice, bob, carol] = people(&house).await;
    alice.make_room("kitchen").await;
    let (mut admin, mut author) = (alice.socket().await, bob.socket().await);
    let mut other = carol.socket().await;
    let secret = said(&mut author, "@alice", "between us").await;
    let elsewhere = said(&mut admin, "#kitchen", "elsewhere").await;
    for id in [&secret, &elsewhere] {
        for to in [LOBBY, "@bob"] {
            for frame in [edit(to, id, "x"), delete(to, id), react(to, id, "👍", true)] {
                assert_eq!(other.ask_err(frame.clone()).await["code"], "not_found", "{frame}");
            }
        }
        assert_eq!(admin.ask_err(pin(LOBBY, id, true)).await["code"], "not_found");
        let answer = json!({"t": "send", "to": LOBBY, "cid": cid(), "body": "re", "reply_to": id});
        assert_eq!(other.ask_err(answer).await["field"], "reply_to");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_are_given_once_each_and_keep_their_order() {
    let house = House::open().await;
    let [_, bob, carol] = people(&house).await;
    let (mut one, mut two) = (bob.socket().await, carol.socket().await);
    let id = said(&mut one, LOBBY, "well?").await;
    one.ask_ok(react(LOBBY, &id, "👍", true)).await;
    two.ask_ok(react(LOBBY, &id, "🎉", true)).await;
    two.ask_ok(react(LOBBY, &id, "👍", true)).await;
    let again = one.ask_ok(react(LOBBY, &id, "👍", true)).await;
    assert_eq!(again, json!({"seq": 4}), "it was so already");
    // Its first giver takes it back: the others keep its place.
    one.ask_ok(react(LOBBY, &id, "👍", false)).await;
    let read = first(&bob, LOBBY).await;
    let given = |emoji: &str, users: &[&str]| json!({"emoji": emoji, "users": users});
    assert_eq!(read["reactions"], json!([given("👍", &["carol"]), given("🎉", &["carol"])]));
    one.ask_ok(react(LOBBY, &id, "👍", true)).await;
    two.ask_ok(react(LOBBY, &id, "🎉", false)).await;
    // A heart has two spellings and is one reaction.
    one.ask_ok(react(LOBBY, &id, "❤", true)).await;
    two.ask_ok(react(LOBBY, &id, "❤️", true)).await;
    let read = first(&bob, LOBBY).await;
    let expected = json!([given("👍", &["carol", "bob"]), given("❤️", &["bob", "carol"])]);
    assert_eq!(read["reactions"], expected);
    for wrong in ["", "a", ":+1:", "👍👍", "<b>", "1", "\u{202e}", &"👍".repeat(1_000)] {
        let refused = one.ask_err(react(LOBBY, &id, wrong, true)).await;
        assert_eq!((&refused["code"], &refused["field"]), (&json!("invalid"), &json!("emoji")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_so_many_different_reactions_and_no_more() {
    let house = House::open().await;
    let [_, bob, carol] = people(&house).await;
    let (mut one, mut two) = (bob.socket().await, carol.socket().await);
    let id = said(&mut one, LOBBY, "well?").await;
    let many: Vec<char> = ('😀'..='😩').collect();
    let mut taken = 0;
    for (n, emoji) in many.iter().cycle().take(500).enumerate() {
        let reply = one.ask(react(LOBBY, &id, &emoji.to_string(), true)).await;
        match reply.get("ok") {
            Some(_) => taken += usize::from(n < many.len()),
            None => assert_eq!(reply["err"]["code"], "too_many", "{reply}"),
        }
    }
    assert_eq!(taken, 20);
    // Who gives one that is there already adds no other.
    two.ask_ok(react(LOBBY, &id, "😀", true)).await;
    assert_eq!(first(&bob, LOBBY).await["reactions"].as_array().map(Vec::len), Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_carries_how_that_begins_which_it_answers() {
    let house = House::open().await;
    let [_, bob, carol] = people(&house).await;
    let (mut asks, mut answers) = (bob.socket().await, carol.socket().await);
    asks.sub(&[LOBBY]).await;
    let id = said(&mut asks, LOBBY, &format!("why\n {}", "so ".repeat(100))).await;
    let answer = json!({"t": "send", "to": LOBBY, "cid": cid(), "body": "because", "reply_to": id});
    answers.ask_ok(answer).await;
    let quote = |text: Option<&str>| match text {
        Some(text) => json!({"author": "bob", "text": text}),
        None => json!({"author": "bob"}),
    };
    let begins: String = format!("why {}", "so ".repeat(100)).chars().take(120).collect();
    let heard = asks.frame("the answer", |f| f["data"]["reply_to"] == id).await;
    assert_eq!(heard["data"]["quote"], quote(Some(&begins)));
    asks.ask_ok(edit(LOBBY, &id, "what for")).await;
    let page = bob.history(LOBBY).await;
    assert_eq!(page["messages"][0]["quote"], quote(Some("what for")));
    asks.ask_ok(delete(LOBBY, &id)).await;
    let page = bob.history(LOBBY).await;
    assert_eq!(page["messages"][0]["quote"], quote(None));
    let mut late = carol.socket().await;
    let told = late.sub_after(LOBBY, page["epoch"].as_str().unwrap_or_default(), 1).await;
    assert_eq!(told["events"][0]["data"]["quote"], quote(None), "as it stands now");
}

#[tokio::test(flavor = "multi_thread")]
async fn pins_and_topics_are_for_who_keeps_order_and_read_with_the_page() {
    let house = House::open().await;
    let [alice, bob, _] = people(&house).await;
    let (mut admin, mut author) = (alice.socket().await, bob.socket().await);
    author.sub(&[LOBBY]).await;
    let id = said(&mut author, LOBBY, "the wifi's name").await;
    let topic = |text: &str| json!({"t": "topic", "to": LOBBY, "text": text});
    for frame in [pin(LOBBY, &id, true), topic("mine now")] {
        assert_eq!(author.ask_err(frame).await["code"], "forbidden");
    }
    admin.ask_ok(pin(LOBBY, &id, true)).await;
    admin.ask_ok(topic("  What is\ncooking  ")).await;
    assert_eq!(author.event_of(LOBBY, "pin").await["data"], json!({"message": id, "on": true}));
    assert_eq!(author.event_of(LOBBY, "topic").await["data"], json!({"text": "What is cooking"}));
    let about = bob.history(LOBBY).await["about"].clone();
    assert_eq!(about, json!({"topic": "What is cooking", "pins": [id]}));
    admin.ask_ok(pin(LOBBY, &id, false)).await;
    assert_eq!(bob.history(LOBBY).await["about"], json!({"topic": "What is cooking"}));
    let long = admin.ask_err(topic(&"x".repeat(251))).await;
    assert_eq!((&long["code"], &long["field"]), (&json!("too_long"), &json!("text")));
    let direct = json!({"t": "topic", "to": "@bob", "text": "us"});
    assert_eq!(admin.ask_err(direct).await["code"], "invalid");
    // The two of a conversation pin as they like.
    let id = said(&mut author, "@alice", "my number").await;
    admin.ask_ok(pin("@bob", &id, true)).await;
    assert_eq!(bob.history("@alice").await["about"], json!({"pins": [id]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_is_told_to_those_who_look_and_not_too_often() {
    let house = House::open().await;
    let [_, bob, carol] = people(&house).await;
    let (mut writes, mut looks) = (bob.socket().await, carol.socket().await);
    let mut elsewhere = carol.socket().await;
    looks.sub(&[LOBBY, "@bob"]).await;
    for _ in 0..5 {
        writes.tell(json!({"t": "typing", "to": LOBBY})).await;
    }
    let told = looks.frame("somebody to write", |f| f["t"] == "typing").await;
    assert_eq!(told, json!({"t": "typing", "to": LOBBY, "user": "bob"}));
    writes.send(LOBBY, "there").await;
    looks.event_of(LOBBY, "message").await;
    looks.assert_none(|frame| frame["t"] == "typing");
    elsewhere.fence().await;
    elsewhere.assert_none(|frame| frame["t"] == "typing");
    let mut again = bob.socket().await;
    again.tell(json!({"t": "typing", "to": "@carol"})).await;
    let told = looks.frame("somebody to write", |f| f["t"] == "typing").await;
    assert_eq!(told["to"], "@bob");
    let mut lost = bob.socket().await;
    assert_eq!(lost.ask_err(json!({"t": "typing", "to": "#none"})).await["code"], "not_found");
}
