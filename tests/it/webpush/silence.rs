//! When no device is told: somebody has it already, or is not to have it any more.

use super::{Pocket, reachable, unhurried};
use crate::support::house::quick_heartbeat;
use roomful::protocol::{
    Target,
    people::{Access, Level},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_looking_is_told_by_no_device() {
    let mut it = Pocket::open().await;
    // By a session: somebody sits before it.
    let mut page = it.bob.socket().await;
    page.here(json!("#lobby")).await;
    page.fence().await;
    it.speaker("alice").await.send("@bob", "on the screen").await;
    page.tell(json!({"t": "here", "to": "#lobby", "active": false})).await;
    page.fence().await;
    it.nothing_but("carol").await;
}

/// A network that is gone without a word: no FIN, no RST.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_seems_to_look_is_told_once_their_connection_is_missed() {
    let mut it = Pocket::open_with(|config| {
        reachable(config);
        quick_heartbeat(config);
    })
    .await;
    let mut page = it.bob.socket().await;
    page.here(json!("#lobby")).await;
    page.fence().await;
    // It is not read from here on, and so does not answer.
    it.speaker("alice").await.send("@bob", "into the dark").await;
    assert_eq!(it.next().await.shown["body"], "into the dark");
    it.nothing_but("carol").await;
    drop(page);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_and_is_there_is_told_by_no_device_later_either() {
    let mut it = Pocket::open_with(|config| {
        reachable(config);
        quick_heartbeat(config);
    })
    .await;
    let mut page = it.bob.socket().await;
    page.here(json!("#lobby")).await;
    page.fence().await;
    let there = tokio::spawn(async move { page.frame("the end", |_| false).await });
    // What is said to Ben after that is looked at later than what is said to Bob.
    let ben = it.house.in_browser("ben").await;
    let bens = it.service.browser().await;
    bens.turn_on(&ben).await;
    let mut gone = ben.socket().await;
    gone.here(json!("#lobby")).await;
    gone.fence().await;
    let mut alice = it.speaker("alice").await;
    alice.send("@bob", "on the screen").await;
    alice.send("@ben", "into the dark").await;
    let got = it.service.next().await;
    assert_eq!(bens.open(&got, &it.key).await.shown["body"], "into the dark");
    there.abort();
    it.nothing_but("carol").await;
    drop(gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_connected_and_does_not_look_is_told() {
    let mut it = Pocket::open().await;
    // A program of theirs shows them nothing, and a plain client cannot say whether it is seen.
    let mut program = it.house.by_token("bob").await.socket().await;
    program.here(json!("#lobby")).await;
    program.fence().await;
    let mut plain = it.bob.enter("lobby").await;
    plain.entered().await;
    it.nothing_but("alice").await;
    let mut page = it.bob.socket().await;
    page.tell(json!({"t": "here", "to": "#lobby", "active": false})).await;
    page.fence().await;
    it.nothing_but("carol").await;
    page.tell(json!({"t": "here", "to": "#lobby", "active": true})).await;
    page.fence().await;
    it.speaker("dave").await.send("@bob", "seen").await;
    page.close().await;
    it.nothing_but("erin").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_or_read_or_unwanted_meanwhile_is_not_sent() {
    let mut it = Pocket::open_with(unhurried).await;
    let verbs = it.house.verbs();
    let bob = it.house.by_token("bob").await;
    let bobs = it.house.who(&bob).await;
    let mut his = bob.socket().await;

    let mut deletes = it.speaker("deletes").await;
    let sent = deletes.send("@bob", "a slip").await;
    deletes.ask_ok(json!({"t": "delete", "to": "@bob", "message": sent["id"]})).await;

    let sent = it.speaker("isread").await.send("@bob", "read at once").await;
    his.ask_ok(json!({"t": "read", "to": "@isread", "seq": sent["seq"]})).await;

    it.speaker("muted").await.send("@bob", "over and over").await;
    let muted = Target::Person("muted".to_owned());
    verbs.set_level(&bobs, &muted, Level::Nothing).await.unwrap();

    it.speaker("blocked").await.send("@bob", "you!").await;
    verbs.block(&bobs, "blocked", true).await.unwrap();

    let mut named = it.speaker("named").await;
    named.send("#lobby", "@bob, all of you").await;
    let lobby = Target::Room("lobby".to_owned());
    verbs.set_level(&bobs, &lobby, Level::Nothing).await.unwrap();

    let host = it.house.person("host").await;
    let hosts = it.house.who(&host).await;
    verbs.make_room(&hosts, "den", Access::Members).await.unwrap();
    verbs.invite(&hosts, "den", "bob").await.unwrap();
    host.socket().await.send("#den", "@bob, between us").await;
    verbs.remove(&hosts, "den", "bob").await.unwrap();

    it.nothing_but("alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_an_edit_adds_is_sent_and_one_that_it_takes_away_is_not() {
    let mut it = Pocket::open_with(unhurried).await;
    let bob = it.house.by_token("bob").await;
    let mut his = bob.socket().await;
    let mut alice = it.speaker("alice").await;
    let edit = |of: &serde_json::Value, body: &str| json!({"t": "edit", "to": "#lobby", "message": of["id"], "body": body});
    let sent = alice.send("#lobby", "@bob, or not").await;
    alice.ask_ok(edit(&sent, "or not")).await;
    it.nothing_but("carol").await;
    // He has read the message, and not what it says now…
    let sent = alice.send("#lobby", "who is in?").await;
    his.ask_ok(json!({"t": "read", "to": "#lobby", "seq": sent["seq"]})).await;
    alice.ask_ok(edit(&sent, "who is in? @bob")).await;
    let shown = it.next().await.shown;
    assert_eq!(
        (&shown["title"], &shown["body"]),
        (&json!("alice in #lobby"), &json!("who is in? @bob"))
    );
    // …which he may have read before it was sent.
    let sent = alice.send("#lobby", "and who is out?").await;
    let edited = alice.ask_ok(edit(&sent, "and who is out? @bob")).await;
    his.ask_ok(json!({"t": "read", "to": "#lobby", "seq": edited["seq"]})).await;
    it.nothing_but("dave").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_that_was_taken_back_is_not_sent_and_levels_count() {
    let mut it = Pocket::open_with(unhurried).await;
    let bob = it.house.by_token("bob").await;
    let mut his = bob.socket().await;
    let own = his.send("#lobby", "my own").await;
    let mut alice = it.speaker("alice").await;
    let react =
        |on| json!({"t": "react", "to": "#lobby", "message": own["id"], "emoji": "👍", "on": on});
    alice.ask_ok(react(true)).await;
    alice.ask_ok(react(false)).await;
    it.nothing_but("carol").await;
    // Only what calls me: a reaction does not.
    let (bobs, lobby) = (it.house.who(&bob).await, Target::Room("lobby".to_owned()));
    it.house.verbs().set_level(&bobs, &lobby, Level::Mentions).await.unwrap();
    alice.ask_ok(react(true)).await;
    it.nothing_but("dave").await;
    alice.send("#lobby", "@bob").await;
    assert_eq!(it.next().await.shown["title"], "alice in #lobby");
}
