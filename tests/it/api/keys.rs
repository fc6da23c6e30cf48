//! Idempotency-Key: what was done is not done again.

use super::{get, post, programs};
use crate::support::{House, Person, database::Locked};
use serde_json::{Value, json};
use std::time::Duration;

fn keyed(person: &Person, key: &str) -> Person {
    person.clone().with("Idempotency-Key", key)
}

async fn bodies(person: &Person) -> Vec<Value> {
    let page = get(person, "/api/v1/messages?to=%23lobby&limit=200").await.json();
    page["messages"].as_array().unwrap().iter().map(|it| it["body"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_request_is_answered_as_before() {
    let mut house = House::open().await;
    house.person("bob").await.enter("lobby").await.entered().await;
    let alice = programs(&house, "alice", false).await;
    let say = json!({"to": "#lobby", "body": "once"});
    let first = post(&keyed(&alice, "\"k-1\""), "/api/v1/messages", say.clone()).await.is(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    for key in ["\"k-1\"", "k-1"] {
        let again = post(&keyed(&alice, key), "/api/v1/messages", say.clone()).await.is(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.json(), first.json());
    }
    let other = json!({"to": "#lobby", "body": "something else"});
    let refused = post(&keyed(&alice, "k-1"), "/api/v1/messages", other.clone()).await.is(422);
    assert_eq!(refused.code(), "key_reused");
    let refused = post(&keyed(&alice, "k-1"), "/api/v1/push/users/bob", json!({"text": "x"})).await;
    assert_eq!(refused.is(422).code(), "key_reused");
    assert_eq!(bodies(&alice).await, ["once"]);
    // Another program's key is another key.
    let carol = programs(&house, "carol", false).await;
    post(&keyed(&carol, "k-1"), "/api/v1/messages", other).await.is(201);

    house.restart().await;
    let again = post(&keyed(&alice, "k-1"), "/api/v1/messages", say).await.is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(bodies(&alice).await, ["something else", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_may_be_tried_again_with_its_key() {
    let house = House::open().await;
    let alice = keyed(&programs(&house, "alice", false).await, "again");
    let say = json!({"to": "@bob", "body": "hi"});
    post(&alice, "/api/v1/messages", say.clone()).await.is(404);
    house.account("bob", false).await;
    post(&alice, "/api/v1/messages", say).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_done() {
    let house = House::open().await;
    house.person("bob").await.enter("lobby").await.entered().await;
    let alice = keyed(&programs(&house, "alice", false).await, "all-at-once");
    let say = json!({"to": "#lobby", "body": "only once"});
    let tries = (0..20).map(|_| post(&alice, "/api/v1/messages", say.clone()));
    let answers = futures_util::future::join_all(tries).await;
    for answer in &answers {
        match answer.status {
            201 => {}
            409 => assert_eq!(answer.code(), "in_progress"),
            other => panic!("{other} {}", answer.text()),
        }
    }
    assert!(answers.iter().any(|answer| answer.status == 201));
    assert_eq!(bodies(&alice).await, ["only once"]);
}

/// A crash between doing something and keeping its answer: the answer is lost, what was done is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_answer_was_kept_does_not_do_it_twice() {
    let mut house = House::open().await;
    house.person("bob").await.enter("lobby").await.entered().await;
    let alice = keyed(&programs(&house, "alice", false).await, "crash");
    let say = json!({"to": "#lobby", "body": "once and for all"});
    let first = post(&alice, "/api/v1/messages", say.clone()).await.is(201).json();
    let mut tx = house.verbs().store.write().await.unwrap();
    sqlx::query("DELETE FROM kept_answers").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    house.crash_and_restart().await;
    let again = post(&alice, "/api/v1/messages", say).await.is(201);
    assert_eq!(again.header("idempotency-replayed"), None, "nothing was kept of it");
    assert_eq!(again.json(), first);
    assert_eq!(bodies(&alice).await, ["once and for all"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_told_from_another_one() {
    let house = House::open().await;
    let alice = keyed(&programs(&house, "alice", false).await, "file");
    let path = "/api/v1/files?name=a.txt";
    let first = alice.request("POST", path, b"one").await.is(201).json();
    let again = alice.request("POST", path, b"one").await.is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first);
    assert_eq!(alice.request("POST", path, b"two").await.is(422).code(), "key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_is_refused() {
    let house = House::open().await;
    let alice = programs(&house, "alice", false).await;
    for key in ["\"\"", "\"half", &"k".repeat(256)] {
        let say = json!({"to": "#lobby", "body": "x"});
        let refused = post(&keyed(&alice, key), "/api/v1/messages", say).await.is(400);
        assert_eq!(refused.refusal()["field"], "Idempotency-Key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_let_go_after_a_day() {
    let house = House::open().await;
    house.person("bob").await.enter("lobby").await.entered().await;
    let alice = keyed(&programs(&house, "alice", false).await, "old");
    let say = json!({"to": "#lobby", "body": "x"});
    post(&alice, "/api/v1/messages", say.clone()).await.is(201);
    let mut tx = house.verbs().store.write().await.unwrap();
    let day = 24 * 3_600 * 1_000_i64;
    sqlx::query("UPDATE kept_answers SET at = at - $1").bind(day).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let again = post(&alice, "/api/v1/messages", say).await.is(201);
    assert_eq!(again.header("idempotency-replayed"), None);
    house.verbs().sweep_notes().await;
    let mut db = house.verbs().store.glance().await.unwrap();
    let kept: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM kept_answers").fetch_one(&mut *db).await.unwrap();
    assert_eq!(kept, 1, "the new one alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_answer_there_is_is_kept() {
    let house = House::open_with(|config| config.body_limit = 60_000).await;
    house.person("bob").await.make_room("lobby").await;
    let alice = keyed(&programs(&house, "alice", false).await, "long");
    let body = json!({"text": "😀".repeat(60_000), "every_ms": 60_000});
    assert!(body.to_string().len() > 240_000, "as large as a body may be, or nearly");
    let first = post(&alice, "/api/v1/push/rooms/lobby", body.clone()).await.is(201);
    let again = post(&alice, "/api/v1/push/rooms/lobby", body).await.is(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
}

/// What the writer was given is done, though nobody was told: with the key one finds out.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_answered_in_time_is_done_once_with_its_key() {
    let house =
        House::open_with(|config| config.answer_patience = Duration::from_millis(300)).await;
    house.person("bob").await.enter("lobby").await.entered().await;
    let alice = keyed(&programs(&house, "alice", false).await, "slow");
    let say = json!({"to": "#lobby", "body": "sooner or later"});
    let lock = Locked::lock(&house.database()).await;
    let late = post(&alice, "/api/v1/messages", say.clone()).await.is(503);
    assert_eq!(late.code(), "unanswered");
    assert_eq!(late.json()["temporary"], true);
    lock.release().await;
    post(&alice, "/api/v1/messages", say.clone()).await.is(201);
    post(&alice, "/api/v1/messages", say).await.is(201);
    assert_eq!(bodies(&alice).await, ["sooner or later"]);
}
