//! Which browsers are told of something: turned on with keys and an endpoint that can be, one's own, and
//! no longer than the session there.

use super::{
    Pocket, reachable,
    service::{Service, devices},
};
use crate::support::{House, PASSWORD, database, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_ends_with_its_session_however_that_ends() {
    let mut it = Pocket::open().await;
    it.bob.post("/api/log_out", &[]).await.is(303);
    let again = it.house.log_in("bob").await;
    assert!(devices(&again).await.is_empty(), "logged out");

    let other = it.house.log_in("bob").await;
    it.browser.turn_on(&other).await;
    let new = "another lamp entirely";
    again.post("/api/change_password", &[("current", PASSWORD), ("new", new)]).await.is(303);
    assert!(devices(&again).await.is_empty(), "another password");

    it.browser.turn_on(&again).await;
    let boss = it.house.admin("boss").await;
    let boss = it.house.who(&boss).await;
    let verbs = it.house.verbs();
    verbs.ban_user(&boss, "bob", true).await.unwrap();
    verbs.ban_user(&boss, "bob", false).await.unwrap();
    let carol = it.house.in_browser("carol").await;
    it.browser = it.service.browser().await;
    it.browser.turn_on(&carol).await;
    let mut alice = it.speaker("alice").await;
    alice.send("@bob", "nobody hears this").await;
    alice.send("@carol", "but this").await;
    assert_eq!(it.next().await.shown["body"], "but this", "kept out, and let in again");

    let mut db = database::connect(&it.house.database()).await;
    database::run(&mut db, "UPDATE sessions SET expires_at = 1".to_owned()).await;
    alice.send("@carol", "too late").await;
    eventually("all that waited to go", async || {
        (it.house.verbs().gauges().for_devices == 0).then_some(())
    })
    .await;
    assert!(it.service.rest().is_empty(), "its time is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_browser_belongs_to_whoever_uses_it_now() {
    let mut it = Pocket::open().await;
    let carol = it.house.in_browser("carol").await;
    it.browser.turn_on(&carol).await;
    assert_eq!((devices(&it.bob).await.len(), devices(&carol).await.len()), (0, 1));
    let mut alice = it.speaker("alice").await;
    alice.send("@bob", "for bob").await;
    alice.send("@carol", "for carol").await;
    assert_eq!(it.next().await.shown["body"], "for carol");
    // Turned on twice it is one.
    it.browser.turn_on(&carol).await;
    assert_eq!(devices(&carol).await.len(), 1);
    // Its push service gave it another address.
    let renewed = it.service.browser().await;
    let (fields, before) = (renewed.fields(), it.browser.endpoint());
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("before", &before));
    carol.call("/api/subscribe_device", &fields).await.is(200);
    assert_eq!(devices(&carol).await.len(), 1);
    alice.send("@carol", "renewed").await;
    let got = it.service.next().await;
    assert_eq!(renewed.open(&got, &it.key).await.shown["body"], "renewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_device_is_refused() {
    let house = House::open().await;
    let mut service = Service::open().await;
    let bob = house.in_browser("bob").await;
    let browser = service.browser().await;
    let mut good = browser.fields();
    assert!(good[0].1.starts_with("http://127.0.0.1:"));
    let local = std::mem::replace(&mut good[0].1, "https://push.example/1".to_owned());
    let with = async |name: &str, value: &str| {
        let fields: Vec<_> = good
            .iter()
            .map(|(key, good)| (*key, if *key == name { value } else { good.as_str() }))
            .collect();
        bob.call("/api/subscribe_device", &fields).await
    };
    for endpoint in [
        "",
        "nothing",
        &local,
        "http://push.example/1",
        "ftp://push.example/1",
        "https://10.0.0.1/1",
        "https://192.168.1.1:8443/1",
        "https://[::1]:8443/1",
        "https://[fd00::1]/1",
        "https://169.254.169.254/latest",
        "https://user:secret@push.example/1",
    ] {
        let refused = with("endpoint", endpoint).await.refused().refusal();
        assert_eq!(refused["field"], "endpoint", "{endpoint}: {refused}");
    }
    for (name, value) in [
        ("p256dh", "AAAA"),
        ("p256dh", &good[1].1[..40]),
        ("auth", "AAAA"),
        ("auth", ""),
        (
            "p256dh",
            "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ),
    ] {
        assert_eq!(with(name, value).await.is(422).refusal()["field"], "p256dh", "{name} {value}");
    }
    let fields: Vec<_> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();
    house.by_token("bob").await.call("/api/subscribe_device", &fields).await.is(403);
    house.visitor().in_browser().call("/api/subscribe_device", &fields).await.is(401);
    assert!(devices(&bob).await.is_empty());
    house.visitor().get("/devices").await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_devices_are_kept_and_each_is_its_owners_to_remove() {
    let it = Pocket::open().await;
    let first = devices(&it.bob).await.remove(0);
    let [(_, _), p256dh, auth] = it.browser.fields();
    for n in 0..20 {
        let endpoint = format!("http://{}/more/{n}", it.service.addr);
        let fields = [("endpoint", endpoint.as_str()), ("p256dh", &p256dh.1), ("auth", &auth.1)];
        it.bob.call("/api/subscribe_device", &fields).await.is(200);
    }
    let kept = devices(&it.bob).await;
    assert_eq!(kept.len(), 20);
    assert!(!kept.contains(&first), "the oldest goes");
    let carol = it.house.in_browser("carol").await;
    let remove = [("device", kept[0].as_str()), ("page", "/devices")];
    carol.post("/api/remove_device", &remove).await.is(404);
    assert_eq!(it.bob.post("/api/remove_device", &remove).await.is(303).leads_to(), "/devices");
    assert_eq!(devices(&it.bob).await.len(), 19);
    it.bob.post("/api/remove_device", &remove).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_is_not_reached_even_if_it_is_stored() {
    let mut house = House::open_with(reachable).await;
    let mut service = Service::open().await;
    let bob = house.in_browser("bob").await;
    service.browser().await.turn_on(&bob).await;
    house.set(|_| {}).await;
    house.person("alice").await.socket().await.send("@bob", "hello").await;
    eventually("it to be given up", async || {
        let page = bob.get("/devices").await.text();
        page.contains("has not taken what was sent lately").then_some(())
    })
    .await;
    assert!(service.rest().is_empty());
    assert_eq!(devices(&bob).await.len(), 1, "it may be the settings");
}
