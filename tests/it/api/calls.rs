//! Reading and saying by calls.

use super::{get, post, program, programs};
use crate::support::{House, house::LOBBY};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_says_something_and_reads_it() {
    let house = House::open().await;
    let mut bob = house.person("bob").await.enter("lobby").await;
    bob.entered().await;
    let alice = programs(&house, "alice", false).await;
    let said =
        post(&alice, "/api/v1/messages", json!({"to": LOBBY, "body": "by a call"})).await.is(201);
    let place = said.header("location").unwrap().to_owned();
    let said = said.json();
    bob.hears(json!({"type": "chat_message", "user": "alice", "message": "by a call"})).await;
    let page = get(&alice, "/api/v1/messages?to=%23lobby").await.is(200).json();
    assert_eq!(page["messages"][0]["id"], said["id"]);
    assert_eq!(page["messages"][0]["author_kind"], "bot");
    let around = get(&alice, &place).await.is(200).json();
    assert_eq!(around["messages"][0]["body"], "by a call");
    let answer = json!({"to": LOBBY, "body": "an answer", "reply_to": said["id"], "cid": "mine"});
    let first = post(&alice, "/api/v1/messages", answer.clone()).await.is(201).json();
    let again = post(&alice, "/api/v1/messages", answer).await.is(201).json();
    assert_eq!(first, again, "the same cid is the same message");
    let other = json!({"to": LOBBY, "body": "another", "cid": "mine"});
    assert_eq!(post(&alice, "/api/v1/messages", other).await.is(409).code(), "cid_conflict");
    let page = get(&alice, "/api/v1/messages?to=%23lobby").await.json();
    assert_eq!(page["messages"][0]["quote"]["author"], "alice");
    post(&alice, "/api/v1/messages", json!({"to": "@bob", "body": "to you"})).await.is(201);
    assert_eq!(
        get(&alice, "/api/v1/messages?to=%40bob").await.json()["messages"][0]["body"],
        "to you"
    );
    let found = get(&alice, "/api/v1/search?q=call").await.is(200).json();
    assert_eq!(found["hits"][0]["author"], "alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_by_a_call_and_a_message_takes_it() {
    let house = House::open().await;
    house.person("bob").await.enter("lobby").await.entered().await;
    let alice = programs(&house, "alice", false).await;
    let path = "/api/v1/files?name=plan.txt";
    let sent = alice.request("POST", path, b"the plan").await.is(201);
    super::fits(super::Method::Post, path, &sent);
    let id = sent.json()["id"].clone();
    let message = json!({"to": LOBBY, "body": "", "files": [id]});
    post(&alice, "/api/v1/messages", message).await.is(201);
    let page = get(&alice, "/api/v1/messages?to=%23lobby").await.json();
    assert_eq!(page["messages"][0]["files"][0]["name"], "plan.txt");
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_are_listed_page_by_page_and_shown() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    for n in 0..60 {
        alice.make_room(&format!("room {n:02}")).await;
    }
    let mut bob = house.person("bob").await.enter("room 07").await;
    bob.entered().await;
    let first = get(&alice, "/api/v1/rooms").await.is(200).json();
    assert_eq!(first["rooms"][0]["name"], "room 07", "people first");
    assert_eq!(first["rooms"][0]["to"], "#room 07");
    let next = first["next"].as_u64().unwrap();
    let second = get(&alice, &format!("/api/v1/rooms?offset={next}")).await.is(200).json();
    assert_eq!(second["next"], Value::Null);
    let count = |page: &Value| page["rooms"].as_array().unwrap().len();
    assert_eq!(count(&first) + count(&second), 61, "the lobby too");
    let found = get(&alice, "/api/v1/rooms?find=07").await.is(200).json();
    assert_eq!(count(&found), 1);

    let room = get(&alice, "/api/v1/rooms/room%2007").await.is(200).json();
    assert_eq!((&room["access"], &room["role"]), (&json!("open"), &json!("moderator")));
    assert_eq!((&room["online"], &room["made_by"]), (&json!(1), &json!("alice")));
    let online = get(&alice, "/api/v1/rooms/room%2007/online").await.is(200).json();
    assert_eq!(online["users"], json!(["bob"]));
    // A visitor reads what is public.
    get(&house.visitor(), "/api/v1/rooms/ROOM%2007/online").await.is(200);
    get(&alice, "/api/v1/rooms/nowhere").await.is(404);
    get(&alice, "/api/v1/rooms/nowhere/online").await.is(404);
    assert_eq!(get(&alice, "/api/v1/rooms?offset=x").await.is(400).refusal()["field"], "offset");
    get(&alice, "/api/v1/rooms?offset=9999999").await.is(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_not_for_a_program_is_not_there() {
    let house = House::open().await;
    let root = house.admin("root").await;
    let fields = [("name", "den"), ("text", ""), ("access", "members")];
    root.call("/api/make_room", &fields).await.is(200);
    let alice = programs(&house, "alice", false).await;
    for path in ["/api/v1/rooms/den", "/api/v1/rooms/den/online", "/api/v1/messages?to=%23den"] {
        assert_eq!(get(&alice, path).await.is(404).code(), "not_found");
    }
    post(&alice, "/api/v1/push/rooms/den", json!({"text": "hi", "stored": false})).await.is(404);
    post(&alice, "/api/v1/messages", json!({"to": "#den", "body": "hi"})).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_hears_who_it_is() {
    let house = House::open().await;
    house.account("alice", true).await;
    let alice = program(&house, "alice", "read,broadcast").await;
    let me = get(&alice, "/api/v1/me").await.is(200).json();
    assert_eq!(
        (&me["name"], &me["admin"], &me["kind"]),
        (&json!("alice"), &json!(true), &json!("bot"))
    );
    assert_eq!(me["token"]["scopes"], json!(["read", "broadcast"]));
    let browser = house.log_in("alice").await;
    assert_eq!(get(&browser, "/api/v1/me").await.is(200).json()["token"], Value::Null);
    get(&house.visitor(), "/api/v1/me").await.is(401);
}
