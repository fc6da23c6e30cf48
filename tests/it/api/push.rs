//! Pushing by calls: requirement 4, and the faults K1, K2 and K5 of what was before.

use super::{delete, get, post, program, programs};
use crate::support::{House, eventually};
use serde_json::{Value, json};

/// 400 that names the missing field, 404 for nobody, 401 and 403 without the right token, and success;
/// never the text of an exception.
#[tokio::test(flavor = "multi_thread")]
async fn r04_an_http_call_pushes_to_one_user() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    let bob = house.person("bob").await;
    let mut socket = bob.socket().await;
    let path = "/api/v1/push/users/bob";
    let pushed = post(&alice, path, json!({"text": "hello", "stored": false})).await.is(200).json();
    assert_eq!((&pushed["people"], &pushed["connections"]), (&json!(1), &json!(1)), "{pushed}");
    assert_eq!(pushed["stored"], false);
    socket.frame("the push", |frame| frame.to_string().contains("hello")).await;

    for (body, field) in [
        (json!({}), Some("text")),
        (json!({"text": 1}), Some("text")),
        (json!({"text": null}), Some("text")),
        (json!({"text": "a", "stored": "yes"}), Some("stored")),
        (json!({"text": "a", "link": 7}), Some("link")),
        (json!({"text": "a", "every_ms": "2 s"}), Some("every_ms")),
        (json!({"text": "a", "every_ms": -1}), Some("every_ms")),
        (json!({"text": "a", "every_ms": 2000.5}), Some("every_ms")),
        (json!({"text": "a", "every_ms": 2000, "until": "tomorrow"}), Some("until")),
        (json!({"text": "a", "every_ms": 2000, "until": 4102444800000_i64}), Some("until")),
        (json!({"text": "a", "every_ms": 2000, "until": "2099-02-29T00:00:00Z"}), Some("until")),
        (json!([]), None),
        (json!("text"), None),
    ] {
        let refusal = post(&alice, path, body.clone()).await.is(400).refusal();
        assert_eq!(refusal["field"].as_str(), field, "{body}: {refusal}");
        let said = refusal["detail"].as_str().unwrap();
        assert!(
            !said.contains("line ") && !said.contains("expected"),
            "an exception's text: {said}"
        );
    }
    for (body, field) in [
        (json!({"text": ""}), "text"),
        (json!({"text": " "}), "text"),
        (json!({"text": "a\0b"}), "text"),
        (json!({"text": "a".repeat(4_001)}), "text"),
        (json!({"text": "a", "link": "javascript:alert(1)"}), "link"),
        (json!({"text": "a", "times": 3}), "times"),
        (json!({"text": "a", "every_ms": 499}), "every_ms"),
        (json!({"text": "a", "every_ms": 2000, "until": "2026-11-20T08:00:00+05:00"}), "until"),
    ] {
        let refusal = post(&alice, path, body.clone()).await.is(422).refusal();
        assert_eq!(refusal["field"], field, "{body}: {refusal}");
    }
    let text = json!({"text": "hello"});
    assert_eq!(
        post(&alice, "/api/v1/push/users/nobody", text.clone()).await.is(404).code(),
        "not_found"
    );
    let refused = post(&house.visitor(), path, text.clone()).await.is(401);
    assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer"));
    post(&house.visitor().with_token("x", "wrong"), path, text.clone()).await.is(401);
    let reader = program(&house, "alice", "read,write").await;
    assert_eq!(post(&reader, path, text).await.is(403).code(), "forbidden");
}

/// The push call is open to anyone and speaks as "Admin".
#[tokio::test(flavor = "multi_thread")]
async fn k01_a_push_needs_its_scope_and_names_whose_it_is() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    let bob = house.person("bob").await;
    let mut socket = bob.socket().await;
    let fleeting = json!({"text": "who says so?", "stored": false});
    for aim in ["users/bob", "rooms/lobby", "broadcast"] {
        let path = format!("/api/v1/push/{aim}");
        post(&house.visitor(), &path, fleeting.clone()).await.is(401);
        post(&bob, &path, fleeting.clone()).await.is(403);
    }
    // To everybody: neither without being an administrator, nor without the scope.
    post(&alice, "/api/v1/push/broadcast", fleeting.clone()).await.is(403);
    house.account("root", true).await;
    let root = program(&house, "root", "push").await;
    post(&root, "/api/v1/push/broadcast", fleeting.clone()).await.is(403);
    post(&alice, "/api/v1/push/users/bob", fleeting).await.is(200);
    let frame = socket.frame("the push", |frame| frame.to_string().contains("who says so?")).await;
    assert!(frame.to_string().contains("\"alice\""), "{frame}");
}

/// It answers success for users who do not exist or are offline, and stores nothing.
#[tokio::test(flavor = "multi_thread")]
async fn k02_who_is_away_finds_a_push_later_and_nobody_is_not_found() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    let bob = house.person("bob").await;
    let fleeting = json!({"text": "gone", "stored": false});
    let heard = post(&alice, "/api/v1/push/users/bob", fleeting.clone()).await.is(200).json();
    assert_eq!(
        (&heard["people"], &heard["connections"]),
        (&json!(0), &json!(0)),
        "nobody was there"
    );
    post(&alice, "/api/v1/push/users/nobody", fleeting).await.is(404);
    let kept = post(&alice, "/api/v1/push/users/bob", json!({"text": "kept"})).await.is(200).json();
    assert_eq!((&kept["stored"], &kept["people"]), (&json!(true), &json!(0)));
    let again = json!({"text": "the first of many", "every_ms": 60000});
    let place = post(&alice, "/api/v1/push/users/bob", again).await.is(201);
    let place = place.header("location").unwrap().to_owned();
    eventually("the first of them", async || {
        (get(&alice, &place).await.json()["done"] == 1).then_some(())
    })
    .await;
    let own = eventually("it to be stored", async || {
        let mut socket = bob.socket().await;
        let own = socket.sub_after("~", &epoch(&bob).await, 0).await.to_string();
        own.contains("the first of many").then_some(own)
    })
    .await;
    assert!(own.contains("kept") && !own.contains("gone"), "{own}");
}

async fn epoch(person: &crate::support::Person) -> String {
    let mut socket = person.socket().await;
    let own = socket.sub(&["~"]).await;
    own[0]["epoch"].as_str().unwrap().to_owned()
}

/// Anyone may start it, by GET.
#[tokio::test(flavor = "multi_thread")]
async fn k05_a_repeated_push_is_never_set_off_by_a_get() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    let mut socket = house.person("bob").await.socket().await;
    for aim in ["users/bob", "rooms/lobby", "broadcast"] {
        let path = format!("/api/v1/push/{aim}?text=hi&every_ms=2000");
        let refused = alice.get(&path).await.is(405);
        assert_eq!(
            (refused.code().as_str(), refused.header("allow")),
            ("wrong_method", Some("POST"))
        );
        house.visitor().get(&path).await.is(405);
    }
    assert_eq!(get(&alice, "/api/v1/pushes").await.is(200).json()["pushes"], json!([]));
    socket.fence().await;
    socket.assert_none(|frame| frame.to_string().contains("\"hi\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeating_push_is_started_listed_and_stopped_by_calls() {
    let house = House::open().await;
    let (alice, carol) =
        (programs(&house, "alice", false).await, programs(&house, "carol", false).await);
    let mut socket = house.person("bob").await.socket().await;
    let body = json!({"text": "tick", "stored": false, "every_ms": 1000, "times": 100});
    let started = post(&alice, "/api/v1/push/users/bob", body).await.is(201);
    let place = started.header("location").unwrap().to_owned();
    let started = started.json();
    assert_eq!((&started["aim"], &started["by"]), (&json!("users/bob"), &json!("alice")));
    socket.frame("a tick", |frame| frame.to_string().contains("tick")).await;
    let list = get(&alice, "/api/v1/pushes").await.is(200).json();
    assert_eq!(
        (&list["pushes"][0]["id"], &list["pushes"][0]["ended"]),
        (&started["id"], &Value::Null)
    );
    assert_eq!(get(&carol, "/api/v1/pushes").await.json()["pushes"], json!([]));
    let shown = get(&alice, &place).await.is(200).json();
    assert_eq!((&shown["id"], &shown["text"]), (&started["id"], &json!("tick")));
    get(&carol, &place).await.is(404);
    get(&house.visitor(), &place).await.is(401);
    get(&program(&house, "alice", "read,write").await, &place).await.is(403);
    get(&alice, "/api/v1/pushes/none").await.is(404);
    let root = programs(&house, "root", true).await;
    get(&root, &place).await.is(200);
    delete(&carol, &place).await.is(404);
    delete(&house.visitor(), &place).await.is(401);
    delete(&program(&house, "alice", "read,write").await, &place).await.is(403);
    delete(&alice, &place).await.is(204);
    let list = get(&alice, "/api/v1/pushes").await.json();
    assert_eq!(list["pushes"][0]["ended"], "stopped");
    get(&alice, &place).await.is(404);
    delete(&alice, &place).await.is(204);
    delete(&alice, "/api/v1/pushes/none").await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_times_are_taken_in_every_form_that_their_standards_know() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    let _there = house.person("bob").await.socket().await;
    for (until, utc) in [
        ("2099-12-31T12:00:00Z", "2099-12-31T12:00:00.000Z"),
        ("2099-12-31T12:00:00+00:00", "2099-12-31T12:00:00.000Z"),
        ("2099-12-31T12:00:00.5+05:00", "2099-12-31T07:00:00.500Z"),
        ("2099-12-31t12:00:00.123456z", "2099-12-31T12:00:00.123Z"),
    ] {
        let body = json!({"text": "tick", "every_ms": 60000.0, "times": 3e0, "until": until});
        let begun = post(&alice, "/api/v1/push/users/bob", body).await.is(201).json();
        assert_eq!((&begun["every_ms"], &begun["times"]), (&json!(60_000), &json!(3)));
        assert_eq!(begun["until"], utc, "{until}");
    }
    let body = json!({"text": "tick", "every_ms": 60000, "until": "soon"});
    let refusal = post(&alice, "/api/v1/push/users/bob", body).await.is(400).refusal();
    let said = refusal["detail"].as_str().unwrap();
    assert!(said.contains("until") && said.contains("RFC 3339") && said.contains("Z"), "{said}");
}

/// A limit of how many there are is no rate: waiting does not help.
#[tokio::test(flavor = "multi_thread")]
async fn more_that_repeat_than_there_may_be_are_in_conflict_with_those_that_do() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    let _there = house.person("bob").await.socket().await;
    let body = json!({"text": "tick", "stored": false, "every_ms": 60000});
    let mut last = String::new();
    for _ in 0..20 {
        let begun = post(&alice, "/api/v1/push/users/bob", body.clone()).await.is(201);
        begun.header("location").unwrap().clone_into(&mut last);
    }
    let refused = post(&alice, "/api/v1/push/users/bob", body.clone()).await.is(409);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("too_many", None));
    delete(&alice, &last).await.is(204);
    post(&alice, "/api/v1/push/users/bob", body).await.is(201);
}

/// What is stored in a room is a message there, whose link stands in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_too_long_with_its_link_is_told_so() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    alice.make_room("lobby").await;
    house.account("bob", false).await;
    let body = json!({"text": "a".repeat(3_990), "link": "https://a.example/"});
    post(&alice, "/api/v1/push/users/bob", body.clone()).await.is(200);
    let refusal = post(&alice, "/api/v1/push/rooms/lobby", body).await.is(422).refusal();
    assert_eq!((&refusal["code"], &refusal["field"]), (&json!("too_long"), &json!("text")));
    let said = refusal["detail"].as_str().unwrap();
    assert!(said.contains("link") && said.contains("4009"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_hears_what_an_administrator_pushes_to_all() {
    let house = House::open().await;
    let root = programs(&house, "root", true).await;
    let (mut bob, mut carol) =
        (house.person("bob").await.socket().await, house.person("carol").await.socket().await);
    let body = json!({"text": "to all", "stored": false});
    let pushed = post(&root, "/api/v1/push/broadcast", body).await.is(200).json();
    assert_eq!(pushed["people"], 2, "{pushed}");
    for socket in [&mut bob, &mut carol] {
        socket.frame("the push", |frame| frame.to_string().contains("to all")).await;
    }
}
