//! What was said right before the house stopped, or died, reaches the devices all the same.

use super::{Pocket, service::Reply, unhurried};
use serde_json::json;
use std::time::Duration;

impl Pocket {
    /// Whoever was there has a moment to come back after a start.
    async fn open_briefly() -> Self {
        Self::open_with(|config| {
            unhurried(config);
            config.settling = Duration::from_millis(100);
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_right_before_a_stop_is_told_once() {
    let mut it = Pocket::open_briefly().await;
    it.speaker("alice").await.send("@bob", "one").await;
    assert_eq!(it.next().await.shown["body"], "one");
    it.speaker("dave").await.send("@bob", "right before").await;
    it.house.stop().await;
    assert_eq!(it.next().await.shown["body"], "right before");
    it.house.restart().await;
    it.nothing_but("carol").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_right_before_a_crash_is_told_after_it() {
    let mut it = Pocket::open_briefly().await;
    let mut dave = it.speaker("dave").await;
    dave.send("@bob", "right before").await;
    it.house.crash_and_restart().await;
    assert_eq!(it.next().await.shown["body"], "right before");
    // It is known then how far this device was told.
    it.house.restart().await;
    it.nothing_but("carol").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stop_did_not_get_rid_of_is_told_after_it_unless_it_was_read() {
    let mut it = Pocket::open_briefly().await;
    it.service.answers(&it.browser, [Reply::After(3_600)]);
    it.speaker("alice").await.send("@bob", "one").await;
    assert_eq!(it.next().await.shown["body"], "one");
    let sent = it.speaker("dave").await.send("@bob", "is read meanwhile").await;
    let mut his = it.house.by_token("bob").await.socket().await;
    his.ask_ok(json!({"t": "read", "to": "@dave", "seq": sent["seq"]})).await;
    drop(his);
    it.house.restart().await;
    assert_eq!(it.next().await.shown["body"], "one");
    it.nothing_but("carol").await;
}
