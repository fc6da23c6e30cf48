//! What a push service answers, and what happens to the device and to the message by it.

use super::{
    Pocket, reachable,
    service::{Reply, devices},
};
use crate::support::eventually;
use roomful::server::pocket::waiting::Pace;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_goes_with_404_and_410() {
    for reply in [Reply::Status(404), Reply::Status(410), Reply::Unfinished(410)] {
        let mut it = Pocket::open().await;
        it.service.answers(&it.browser, [reply]);
        let mut alice = it.speaker("alice").await;
        alice.send("@bob", "one").await;
        it.service.next().await;
        eventually("the device to go", async || devices(&it.bob).await.is_empty().then_some(()))
            .await;
        alice.send("@bob", "two").await;
        // Turned on again it is told again, and of nothing that came before.
        eventually("all that waited to go", async || {
            (it.house.verbs().gauges().for_devices == 0).then_some(())
        })
        .await;
        it.browser.turn_on(&it.bob).await;
        it.nothing_but("carol").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_stays_whatever_else_is_answered_and_the_message_is_given_up() {
    for status in [301, 400, 401, 403, 405] {
        let mut it = Pocket::open().await;
        it.service.answers(&it.browser, [Reply::Status(status)]);
        it.speaker("alice").await.send("@bob", "one").await;
        assert_eq!(it.next().await.shown["body"], "one");
        it.nothing_but("carol").await;
        assert_eq!(devices(&it.bob).await.len(), 1, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_not_sent_again_however_long_the_answer_takes() {
    let mut it = Pocket::open().await;
    it.service.answers(&it.browser, [Reply::Unfinished(201)]);
    it.speaker("alice").await.send("@bob", "one").await;
    assert_eq!(it.next().await.shown["body"], "one");
    eventually("the try to end", async || {
        (it.house.verbs().gauges().for_devices == 0).then_some(())
    })
    .await;
    it.nothing_but("carol").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_served_before_is_made_anew_where_it_is_refused() {
    let mut it = Pocket::open().await;
    let mut alice = it.speaker("alice").await;
    alice.send("@bob", "one").await;
    let signed = |got: &super::service::Got| got.headers["authorization"].clone();
    let mut before = signed(&it.service.next().await);
    for status in [401, 403] {
        it.service.answers(&it.browser, [Reply::Status(status)]);
        alice.send("@bob", "two").await;
        let refused = it.service.next().await;
        let again = it.service.next().await;
        assert_eq!(signed(&refused), before);
        assert_ne!(signed(&again), before);
        before = signed(&again);
        assert_eq!(it.browser.open(&again, &it.key).await.shown["body"], "two");
    }
    it.nothing_but("carol").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_whose_push_service_says_nothing_delays_nobody() {
    let mut it = Pocket::open_with(|config| {
        reachable(config);
        config.push_pace.patience = Duration::from_secs(3_600);
    })
    .await;
    for n in 0..20 {
        let mut more = it.browser.clone();
        more.path = format!("/more/{n}");
        more.turn_on(&it.bob).await;
        it.service.answers(&more, [Reply::Silence; 2]);
    }
    let ada = it.house.in_browser("ada").await;
    let adas = it.service.browser().await;
    adas.turn_on(&ada).await;
    let mut alice = it.speaker("alice").await;
    alice.send("@bob", "hello?").await;
    alice.send("@ada", "hello!").await;
    let got = loop {
        let got = it.service.next().await;
        if got.path == adas.path {
            break got;
        }
    };
    assert_eq!(adas.open(&got, &it.key).await.shown["body"], "hello!");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_sent_once_more_without_its_text() {
    let mut it = Pocket::open().await;
    it.service.answers(&it.browser, [Reply::Status(413), Reply::Status(413)]);
    it.speaker("alice").await.send("@bob", "a long story").await;
    assert_eq!(it.next().await.shown["body"], "a long story");
    let shorter = it.next().await;
    assert_eq!((&shorter.shown["body"], &shorter.shown["title"]), (&"".into(), &"alice".into()));
    it.nothing_but("carol").await;
    assert_eq!(devices(&it.bob).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_that_asks_to_wait_is_waited_for() {
    let mut it = Pocket::open().await;
    it.service.answers(&it.browser, [Reply::After(1)]);
    it.speaker("alice").await.send("@bob", "one").await;
    let first = it.service.next().await;
    let second = it.service.next().await;
    assert!(second.at - first.at >= Duration::from_secs(1), "{:?}", second.at - first.at);
    for got in [&first, &second] {
        assert_eq!(it.browser.open(got, &it.key).await.shown["body"], "one");
    }
    assert_eq!(first.headers["topic"], second.headers["topic"]);
    it.nothing_but("carol").await;
    assert_eq!(devices(&it.bob).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_that_is_down_or_silent_is_tried_again() {
    let mut it = Pocket::open().await;
    let replies = [Reply::Status(500), Reply::Silence, Reply::Status(503)];
    it.service.answers(&it.browser, replies);
    it.speaker("alice").await.send("@bob", "one").await;
    for _ in 0..4 {
        assert_eq!(it.next().await.shown["body"], "one");
    }
    it.nothing_but("carol").await;
    assert_eq!(devices(&it.bob).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_tries_are_enough_and_the_device_stays() {
    let mut it = Pocket::open().await;
    it.service.answers(&it.browser, [Reply::Status(502); 5]);
    it.speaker("alice").await.send("@bob", "one").await;
    for _ in 0..5 {
        assert_eq!(it.next().await.shown["body"], "one");
    }
    let page = it.bob.get("/devices").await.text();
    assert!(page.contains("has not taken what was sent lately"), "{page}");
    it.nothing_but("carol").await;
    eventually("the page to have nothing to complain of", async || {
        (!it.bob.get("/devices").await.text().contains("has not taken")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_waits_for_each_conversation_and_a_newer_one_takes_its_place() {
    let mut it = Pocket::open().await;
    it.service.answers(&it.browser, [Reply::After(2)]);
    let (mut alice, mut carol) = (it.speaker("alice").await, it.speaker("carol").await);
    alice.send("@bob", "one").await;
    assert_eq!(it.next().await.shown["body"], "one");
    for text in ["two", "three", "four"] {
        alice.send("@bob", text).await;
    }
    carol.send("@bob", "hello").await;
    let (a, b) = (it.next().await.shown, it.next().await.shown);
    let mut bodies = [a["body"].as_str().unwrap(), b["body"].as_str().unwrap()];
    bodies.sort_unstable();
    assert_eq!(bodies, ["four", "hello"]);
    assert_ne!(a["tag"], b["tag"]);
    it.nothing_but("dave").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_came_of_it() {
    let mut it = Pocket::open().await;
    let device = devices(&it.bob).await.remove(0);
    let fields = [("device", device.as_str()), ("page", "/devices")];
    let test =
        async |person: &crate::support::Person| person.post("/api/test_device", &fields).await;
    let done = test(&it.bob).await.is(303).leads_to();
    assert_eq!(it.next().await.shown["title"], "Notifications work");
    assert!(it.bob.get(&done).await.is(200).text().contains("has taken the test"));
    // With a signature that served before, and with a new one.
    it.service.answers(&it.browser, [Reply::Status(403); 2]);
    let page = test(&it.bob).await.is(503).text();
    assert!(page.contains("refused"), "{page}");
    it.service.answers(&it.browser, [Reply::Status(500)]);
    let page = test(&it.bob).await.is(503).text();
    assert!(page.contains("tried again"), "{page}");
    // It is somebody's own.
    let carol = it.house.in_browser("carol").await;
    test(&carol).await.is(404);
    it.service.answers(&it.browser, [Reply::Status(410); 2]);
    test(&it.bob).await.is(404);
    assert!(devices(&it.bob).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_leaves_nothing_behind() {
    let mut it = Pocket::open_with(|config| {
        reachable(config);
        let patience = Duration::from_secs(3_600);
        config.push_pace = Pace { wait: Duration::ZERO, patience, ..Pace::DEFAULT };
    })
    .await;
    it.service.answers(&it.browser, [Reply::Status(500), Reply::Silence]);
    it.speaker("alice").await.send("@bob", "waits for a quarter of a minute").await;
    it.service.next().await;
    let other = it.service.browser().await;
    other.turn_on(&it.house.log_in("bob").await).await;
    it.service.answers(&other, [Reply::Silence]);
    it.speaker("carol").await.send("@bob", "on its way").await;
    it.service.next().await;
    assert!(it.house.verbs().gauges().for_devices > 0);
    let house = Arc::downgrade(it.house.running().domain());
    let begun = Instant::now();
    it.house.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    eventually("nothing to be left that could send", async || {
        (house.strong_count() == 0).then_some(())
    })
    .await;
    assert!(it.service.rest().is_empty());
}
