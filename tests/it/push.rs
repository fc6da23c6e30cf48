//! Pushing: what a program tells a person, a room or everybody, and who hears it.

use crate::support::{
    House, MainSocket, Person, cid, database, eventually,
    gates::{Gates, Point},
    house::LOBBY,
};
use roomful::protocol::{Code, people::Access};
use roomful::server::domain::{
    Who,
    push::{Aim, Pushed, Pushing},
    sessions::Credentials,
    tokens::NewToken,
};
use roomful::server::groups::{Group, Groups};
use roomful::server::store::{LogId, UserId};
use serde_json::{Value, json};
use std::sync::Arc;

/// A program of somebody who has an account, which may push; and its token's id.
pub async fn program_of(house: &House, name: &str, scopes: &str) -> (Who, String) {
    let scopes = scopes.parse().unwrap();
    let made = house.verbs().add_token(NewToken { scopes, ..NewToken::plain(name) }).await.unwrap();
    let person = house.visitor().with_token(name, &made.secret);
    (house.who(&person).await, made.id)
}

async fn program(house: &House, name: &str) -> Who {
    program_of(house, name, "push").await.0
}

pub fn person(name: &str) -> Aim {
    Aim::Person(name.to_owned())
}

pub fn room(name: &str) -> Aim {
    Aim::Room(name.to_owned())
}

/// Told to those who are there, and stored nowhere.
pub fn fleeting(text: &str) -> Pushing {
    Pushing { text: text.to_owned(), link: None, stored: false, cid: None, by_house: None }
}

/// Waits for those who are away.
pub fn stored(text: &str) -> Pushing {
    Pushing { stored: true, ..fleeting(text) }
}

fn heard(pushed: &Pushed) -> (usize, usize) {
    (pushed.people, pushed.connections)
}

async fn pushed_frame(socket: &mut MainSocket) -> Value {
    socket.frame("a push", |f| f["t"] == "push").await
}

async fn own(person: &Person) -> MainSocket {
    let mut socket = person.socket().await;
    socket.sub(&["~"]).await;
    socket
}

/// The notices of pushes in somebody's own log, as they are replayed from its beginning.
pub async fn kept(person: &Person) -> Vec<Value> {
    let mut socket = person.socket().await;
    let start = socket.sub(&["~"]).await.remove(0);
    let missed = socket.sub_after("~", start["epoch"].as_str().unwrap(), 0).await;
    assert_eq!(missed["recovered"], true, "{missed}");
    let events = missed["events"].as_array().unwrap().iter();
    let pushes = events.filter(|e| e["kind"] == "notify").map(|e| e["data"].clone());
    pushes.filter(|data| data["kind"] == "push" || data["kind"] == "broadcast").collect()
}

/// Every user has a personal group that holds all of their connections; a message to the user reaches
/// every one of them.
#[tokio::test(flavor = "multi_thread")]
async fn r02_a_push_to_a_person_is_heard_by_every_connection_of_theirs_once() {
    let house = House::open().await;
    house.account("alice", false).await;
    let (bob, carol) = (house.person("bob").await, house.person("carol").await);
    let (mut one, mut two) = (own(&bob).await, own(&bob).await);
    // It follows nothing at all.
    let mut bare = bob.socket().await;
    let (mut lobby, mut attic) = (bob.enter("lobby").await, bob.enter("attic").await);
    lobby.entered().await;
    attic.entered().await;
    let mut other = own(&carol).await;
    let program = program(&house, "alice").await;
    let pushing = Pushing { link: Some("/chat/lobby/".to_owned()), ..stored("build 7 is done") };
    let pushed = house.verbs().push(&program, &person("Bob"), pushing).await.unwrap();
    assert!(pushed.stored);
    assert_eq!(heard(&pushed), (1, 5));
    let data = json!({"kind": "push", "id": pushed.id, "from": "alice", "to": "~",
        "text": "build 7 is done", "link": "/chat/lobby/", "at": pushed.at});
    for socket in [&mut one, &mut two] {
        assert_eq!(socket.event_of("~", "notify").await["data"], data);
        socket.fence().await;
        socket.assert_none(|f| f["t"] == "push" || f["kind"] == "notify");
    }
    let mut frame = data.clone();
    frame["t"] = json!("push");
    assert_eq!(pushed_frame(&mut bare).await, frame);
    bare.fence().await;
    bare.assert_none(|f| f["t"] == "push");
    let private = json!({"type": "private_message", "user": "alice", "message": "build 7 is done",
        "id": pushed.id, "kind": "push", "link": "/chat/lobby/", "at": pushed.at});
    for socket in [&mut lobby, &mut attic] {
        socket.hears(private.clone()).await;
        socket.says_and_hears_only_that(&cid()).await;
    }
    // What is fleeting is heard by the same, and is stored nowhere.
    let pushed = house.verbs().push(&program, &person("bob"), fleeting("tick")).await.unwrap();
    assert_eq!((heard(&pushed), pushed.stored), ((1, 5), false));
    for socket in [&mut one, &mut two, &mut bare] {
        let frame = pushed_frame(socket).await;
        assert_eq!((&frame["text"], &frame["to"]), (&json!("tick"), &json!("~")));
        assert_eq!((&frame["kind"], &frame["link"]), (&json!("push"), &Value::Null));
    }
    for socket in [&mut lobby, &mut attic] {
        socket.hears(json!({"type": "private_message", "message": "tick"})).await;
    }
    assert_eq!(kept(&bob).await, [data]);
    other.fence().await;
    other.assert_none(|f| f["t"] == "push" || f["kind"] == "notify");
    // Of a connection that has gone nothing is left.
    drop((one, two, bare));
    eventually("three to be gone", async || {
        let pushed = house.verbs().push(&program, &person("bob"), fleeting("?")).await.unwrap();
        (pushed.connections == 2).then_some(())
    })
    .await;
}

/// The call works from any ordinary server code too: one function.
#[tokio::test(flavor = "multi_thread")]
async fn r05_one_function_pushes_to_a_person_a_room_and_everybody() {
    let house = House::open().await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    let mut socket = bob.socket().await;
    socket.sub(&["~", LOBBY]).await;
    let program = program_of(&house, "alice", "push,broadcast").await.0;
    for (aim, to) in [(person("bob"), "~"), (room("lobby"), LOBBY), (Aim::Everyone, "~")] {
        let pushed = house.verbs().push(&program, &aim, fleeting("now")).await.unwrap();
        assert_eq!(heard(&pushed), (1, 1), "{aim:?}");
        assert_eq!(pushed_frame(&mut socket).await["to"], to);
        let pushed = house.verbs().push(&program, &aim, stored("and later")).await.unwrap();
        assert_eq!(heard(&pushed), (1, 1), "{aim:?}");
        let (data, id, text) = match aim {
            Aim::Room(_) => (socket.event_of(LOBBY, "message").await, "id", "body"),
            _ => (socket.event_of("~", "notify").await, "id", "text"),
        };
        assert_eq!(
            (&data["data"][id], &data["data"][text]),
            (&json!(pushed.id), &json!("and later"))
        );
    }
    assert_eq!(house.bodies(&bob, LOBBY).await, ["and later"]);
    assert_eq!(bob.history(LOBBY).await["messages"][0]["author_kind"], "bot");
    assert_eq!(kept(&bob).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_into_a_room_is_heard_by_those_who_follow_it() {
    let house = House::open().await;
    house.account("alice", false).await;
    let (bob, carol) = (house.person("bob").await, house.person("carol").await);
    let (mut his, mut hers) = (bob.socket().await, carol.socket().await);
    his.sub(&[LOBBY]).await;
    hers.sub(&["~"]).await;
    let mut plain = bob.enter("lobby").await;
    plain.entered().await;
    // Bob is in the list that a visitor gets, so his coming is not told as well.
    let mut visitor = house.visitor().enter("lobby").await;
    visitor.entered().await;
    let program = program(&house, "alice").await;
    let pushed = house.verbs().push(&program, &room("LOBBY"), fleeting("tea?")).await.unwrap();
    assert_eq!(heard(&pushed), (1, 3), "bob twice, and a visitor, who is nobody");
    let frame = pushed_frame(&mut his).await;
    assert_eq!((&frame["to"], &frame["from"]), (&json!(LOBBY), &json!("alice")));
    let said = json!({"type": "chat_message", "user": "alice", "message": "tea?", "kind": "push",
        "id": pushed.id});
    assert!(plain.hears(said.clone()).await.get("seq").is_none());
    visitor.hears(said).await;
    hers.fence().await;
    hers.assert_none(|f| f["t"] == "push");
    assert!(house.bodies(&bob, LOBBY).await.is_empty());
    // A stored one is a message, which tells where it leads.
    let link = Some("https://ci.example/7".to_owned());
    let pushing = Pushing { link, ..stored("@carol, it is red") };
    let pushed = house.verbs().push(&program, &room("lobby"), pushing).await.unwrap();
    assert_eq!(heard(&pushed), (1, 3));
    let event = his.event(LOBBY).await;
    assert_eq!(event["data"]["body"], "@carol, it is red\nhttps://ci.example/7");
    assert_eq!(event["data"]["id"], json!(pushed.id));
    plain.hears(json!({"type": "chat_message", "id": pushed.id})).await;
    assert_eq!(hers.event_of("~", "notify").await["data"]["kind"], "mention");
    his.fence().await;
    his.assert_none(|f| f["t"] == "push");
    // A room that is not there for the program is not there to push into.
    let carols = house.who(&carol).await;
    house.verbs().make_room(&carols, "den", Access::Members).await.unwrap();
    for (name, pushing) in [("den", stored("x")), ("den", fleeting("x")), ("none", fleeting("x"))] {
        let refused = house.verbs().push(&program, &room(name), pushing).await.unwrap_err();
        assert_eq!(refused.code, Code::NotFound, "{name}");
    }
}

/// A message to every connected client, stored or not as its sender chooses.
#[tokio::test(flavor = "multi_thread")]
async fn r23_everybody_who_is_connected_hears_an_announcement_and_a_stored_one_waits() {
    let house = House::open().await;
    house.admin("alice").await;
    let (bob, carol) = (house.person("bob").await, house.person("carol").await);
    let away = house.person("dave").await;
    let (mut his, mut bare) = (own(&bob).await, carol.socket().await);
    let mut plain = carol.enter("attic").await;
    plain.entered().await;
    let (mut visitor, mut visits) =
        (house.visitor().socket().await, house.visitor().enter("lobby").await);
    visits.entered().await;
    let program = program_of(&house, "alice", "broadcast").await.0;
    let pushed = house.verbs().push(&program, &Aim::Everyone, fleeting("hear!")).await.unwrap();
    assert_eq!(heard(&pushed), (2, 5));
    let private = |text| json!({"type": "private_message", "message": text, "kind": "broadcast"});
    for socket in [&mut his, &mut bare, &mut visitor] {
        let frame = pushed_frame(socket).await;
        assert_eq!((&frame["kind"], &frame["text"]), (&json!("broadcast"), &json!("hear!")));
        assert_eq!((&frame["to"], &frame["from"]), (&json!("~"), &json!("alice")));
    }
    plain.hears(private("hear!")).await;
    visits.hears(private("hear!")).await;
    let text = "down at eight";
    let pushed = house.verbs().push(&program, &Aim::Everyone, stored(text)).await.unwrap();
    assert_eq!(heard(&pushed), (2, 5));
    assert_eq!(his.event_of("~", "notify").await["data"]["kind"], "broadcast");
    for socket in [&mut bare, &mut visitor] {
        assert_eq!(pushed_frame(socket).await["text"], text);
    }
    plain.hears(private(text)).await;
    visits.hears(private(text)).await;
    his.fence().await;
    his.assert_none(|f| f["t"] == "push");
    for one in [&bob, &away] {
        let kept = kept(one).await;
        assert_eq!(kept.len(), 1);
        assert_eq!((&kept[0]["text"], &kept[0]["id"]), (&json!(text), &json!(pushed.id)));
    }
    // It is for administrators alone, and for a token that says so.
    let only_pushes = program_of(&house, "alice", "push").await.0;
    for who in [only_pushes, house.who(&bob).await, house.who(&house.visitor()).await] {
        let refused = house.verbs().push(&who, &Aim::Everyone, fleeting("x")).await.unwrap_err();
        assert!(matches!(refused.code, Code::Forbidden | Code::LoginNeeded), "{refused:?}");
    }
    his.fence().await;
    his.assert_none(|f| f["t"] == "push");
}

/// Point to point by user id through the registry of connections.
#[tokio::test(flavor = "multi_thread")]
async fn r24_what_is_for_one_is_heard_by_nobody_else() {
    let house = House::open().await;
    house.account("alice", false).await;
    let program = program(&house, "alice").await;
    let mut sockets = Vec::new();
    for n in 0..8 {
        sockets.push(own(&house.person(&format!("guest{n}")).await).await);
    }
    for n in 0..8 {
        let text = format!("for guest{n}");
        let aim = person(&format!("guest{n}"));
        let pushed = house.verbs().push(&program, &aim, fleeting(&text)).await.unwrap();
        assert_eq!(heard(&pushed), (1, 1));
    }
    for (n, socket) in sockets.iter_mut().enumerate() {
        assert_eq!(pushed_frame(socket).await["text"], format!("for guest{n}"));
        socket.fence().await;
        socket.assert_none(|f| f["t"] == "push");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_cid_is_one_push_and_has_one_answer() {
    let mut house = House::open().await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    let mut socket = bob.socket().await;
    socket.sub(&["~", LOBBY]).await;
    let program = program_of(&house, "alice", "push,broadcast").await.0;
    let of = |pushing: Pushing, cid: &str| Pushing { cid: Some(cid.to_owned()), ..pushing };
    let aims = [person("bob"), room("lobby"), Aim::Everyone];
    let mut answers = Vec::new();
    for (n, aim) in aims.iter().enumerate() {
        for (kind, pushing) in [("s", stored("once")), ("f", fleeting("once"))] {
            let cid = format!("{kind}{n}");
            let push = || house.verbs().push(&program, aim, of(pushing.clone(), &cid));
            let first = push().await.unwrap();
            assert_eq!(heard(&first), (1, 1), "{aim:?}");
            assert_eq!(push().await.unwrap(), first);
            let other = of(Pushing { text: "twice".into(), ..pushing.clone() }, &cid);
            let refused = house.verbs().push(&program, aim, other).await.unwrap_err();
            assert_eq!(refused.code, Code::CidConflict, "{aim:?}");
            let elsewhere = &aims[(n + 1) % 3];
            let refused = house
                .verbs()
                .push(&program, elsewhere, of(pushing.clone(), &cid))
                .await
                .unwrap_err();
            assert_eq!(refused.code, Code::CidConflict, "{aim:?}");
            answers.push((aim, of(pushing, &cid), first));
        }
    }
    socket.fence().await;
    for _ in 0..3 {
        pushed_frame(&mut socket).await;
    }
    socket.event_of("~", "notify").await;
    socket.event_of("~", "notify").await;
    socket.event(LOBBY).await;
    socket.assert_none(|f| f["t"] == "push" || f["t"] == "event");
    drop(socket);
    house.restart().await;
    let again = program_of(&house, "alice", "push,broadcast").await.0;
    for (aim, pushing, first) in answers {
        assert_eq!(house.verbs().push(&again, aim, pushing).await.unwrap(), first);
    }
    assert_eq!(kept(&bob).await.len(), 2);
    assert_eq!(house.bodies(&bob, LOBBY).await, ["once"]);
    // What was refused was not done: its cid is free.
    let den = room("den");
    house.verbs().push(&again, &den, of(stored("x"), "free")).await.unwrap_err();
    house.verbs().push(&again, &person("bob"), of(stored("y"), "free")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_blocked_the_pusher_hears_nothing_of_it() {
    let house = House::open().await;
    house.admin("alice").await;
    let (bob, carol) = (house.person("bob").await, house.person("carol").await);
    let (mut his, mut hers) = (bob.socket().await, carol.socket().await);
    his.sub(&["~", LOBBY]).await;
    hers.sub(&["~", LOBBY]).await;
    house.verbs().block(&house.who(&bob).await, "alice", true).await.unwrap();
    his.event_of("~", "block").await;
    let program = program_of(&house, "alice", "push,broadcast").await.0;
    for pushing in [fleeting("x"), stored("x")] {
        let refused = house.verbs().push(&program, &person("bob"), pushing.clone()).await;
        assert_eq!(refused.unwrap_err().code, Code::Forbidden);
        let pushed = house.verbs().push(&program, &Aim::Everyone, pushing).await.unwrap();
        assert_eq!(heard(&pushed), (1, 1));
    }
    let pushed = house.verbs().push(&program, &room("lobby"), fleeting("x")).await.unwrap();
    assert_eq!(heard(&pushed), (1, 1));
    for _ in 0..2 {
        pushed_frame(&mut hers).await;
    }
    his.fence().await;
    his.assert_none(|f| f["t"] == "push" || f["kind"] == "notify");
    assert!(kept(&bob).await.is_empty());
    // A room's log is one for all.
    let pushed = house.verbs().push(&program, &room("lobby"), stored("for all")).await.unwrap();
    assert_eq!(heard(&pushed), (2, 2));
    his.event(LOBBY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_pushed_is_refused() {
    let house = House::open_with(|config| config.body_limit = 20).await;
    house.account("alice", false).await;
    let program = program(&house, "alice").await;
    let with = |link: &str| Pushing { link: Some(link.to_owned()), ..stored("hi") };
    let cid = |cid: &str| Pushing { cid: Some(cid.to_owned()), ..stored("hi") };
    for (aim, pushing, code) in [
        (person("alice"), stored(" "), Code::Invalid),
        (person("alice"), stored("a\0"), Code::Invalid),
        (person("alice"), stored(&"x".repeat(21)), Code::TooLong),
        (person("alice"), with("javascript:alert(1)"), Code::Invalid),
        (person("alice"), with(&format!("/{}", "x".repeat(2_000))), Code::TooLong),
        (person("alice"), cid(""), Code::Invalid),
        (person("alice"), cid(&"x".repeat(65)), Code::Invalid),
        // With the link it is too long for a message.
        (room("lobby"), with("/chat/lobby/?at=1-1"), Code::TooLong),
        (person(""), stored("hi"), Code::NotFound),
        (person("nobody"), stored("hi"), Code::NotFound),
        (person("nobody"), fleeting("hi"), Code::NotFound),
        (room("nowhere"), stored("hi"), Code::NotFound),
        (Aim::Everyone, stored("hi"), Code::Forbidden),
    ] {
        let refused = house.verbs().push(&program, &aim, pushing.clone()).await.unwrap_err();
        assert_eq!(refused.code, code, "{aim:?} {pushing:?}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_may_push_to_oneself_and_a_session_at_the_pace_of_speech() {
    let house = House::open_with(|config| {
        config.message_rate = crate::support::house::rate("2/60s");
    })
    .await;
    let alice = house.person("alice").await;
    let program = program(&house, "alice").await;
    let mut socket = own(&alice).await;
    for _ in 0..4 {
        let pushed = house.verbs().push(&program, &person("alice"), stored("done")).await.unwrap();
        assert_eq!(heard(&pushed), (1, 1));
        assert_eq!(socket.event_of("~", "notify").await["data"]["from"], "alice");
        house.verbs().push(&program, &room("lobby"), stored("done")).await.unwrap();
    }
    house.admin("ada").await;
    let who = in_person(&house, "ada").await;
    for _ in 0..2 {
        house.verbs().push(&who, &person("alice"), fleeting("hm")).await.unwrap();
    }
    let refused = house.verbs().push(&who, &person("alice"), fleeting("hm")).await.unwrap_err();
    assert_eq!(refused.code, Code::RateLimited);
}

/// Somebody in their browser.
async fn in_person(house: &House, name: &str) -> Who {
    let session = Credentials::Session(house.log_in(name).await.session());
    house.verbs().recognise(session).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_person_administrators_alone_push() {
    let house = House::open().await;
    house.person("alice").await;
    let alice = in_person(&house, "alice").await;
    for aim in [person("alice"), room("lobby"), Aim::Everyone] {
        let refused = house.verbs().push(&alice, &aim, fleeting("hm")).await.unwrap_err();
        assert_eq!(refused.code, Code::Forbidden, "{aim:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hello_is_the_first_thing_that_is_heard_and_a_sub_is_answered_before_what_is_pushed() {
    let gates = Arc::new(Gates::default());
    let shared = Arc::clone(&gates);
    let house = House::open_on(move || Arc::clone(&shared) as Arc<dyn Groups>, |_| {}).await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    let program = program_of(&house, "alice", "push,broadcast").await.0;
    let gate = gates.shut_for(1, Point::AfterJoin, Group::House);
    let coming = tokio::spawn({
        let bob = bob.clone();
        async move { bob.socket().await }
    });
    gate.holds(1).await;
    let pushed = house.verbs().push(&program, &Aim::Everyone, fleeting("early")).await.unwrap();
    assert_eq!(heard(&pushed), (0, 0), "it is not there yet");
    gate.open();
    let mut socket = coming.await.unwrap();
    socket.fence().await;
    socket.assert_none(|f| f["t"] == "push");
    // The lobby is the first log of a house.
    let gate = gates.shut_for(1, Point::AfterJoin, Group::Room(LogId(1)));
    let asked = socket.number(json!({"t": "sub", "rooms": [{"to": LOBBY}]})).await;
    gate.holds(1).await;
    let pushed = house.verbs().push(&program, &room("lobby"), fleeting("meanwhile")).await.unwrap();
    assert_eq!(heard(&pushed), (1, 1));
    gate.open();
    assert_eq!(socket.next("the answer").await["re"], json!(asked));
    assert_eq!(socket.next("the push").await["text"], "meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_are_told_and_counted() {
    const PEOPLE: i64 = 10_000;
    let mut house = House::open().await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    house.stop().await;
    let mut db = database::connect(&house.database()).await;
    database::run(
        &mut db,
        format!(
            "BEGIN;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PEOPLE})
             INSERT INTO logs (id, kind, epoch) SELECT 100000 + i, 'own', 'e' FROM n;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PEOPLE})
             INSERT INTO users (id, name, folded, skeleton, password, log_id, created_at)
             SELECT 100000 + i, 'u' || i, 'u' || i, 'u' || i, '', 100000 + i, 0 FROM n;
             UPDATE users SET banned_at = 1 WHERE id = 100001;
             COMMIT"
        ),
    )
    .await;
    drop(db);
    house.restart().await;
    let program = program_of(&house, "alice", "broadcast").await.0;
    let mut socket = own(&bob).await;
    let pushed = house.verbs().push(&program, &Aim::Everyone, stored("hello")).await.unwrap();
    assert_eq!(heard(&pushed), (1, 1));
    socket.event_of("~", "notify").await;
    let told = "SELECT CAST(COUNT(*) AS TEXT) FROM events WHERE kind = 'notify'";
    let told = database::texts(&house.database(), told).await;
    // Alice and bob among them, and not the one who is kept out.
    assert_eq!(told, [(PEOPLE + 1).to_string()]);
    let tops = "SELECT CAST(COUNT(*) AS TEXT) FROM logs WHERE kind = 'own' AND top = 1";
    assert_eq!(database::texts(&house.database(), tops).await, [(PEOPLE + 1).to_string()]);
    assert!(house.verbs().groups.is_heard(Group::House));
    let nobody = Group::User(UserId(100_002));
    assert!(!house.verbs().groups.is_heard(nobody));
}
