//! Tokens: what they may be used for, how long, and what is noted of them.

use crate::support::{
    House, Person, eventually, house::LOBBY, http::unescaped, main_socket::saying,
    served::roomful_ok,
};
use roomful::{
    protocol::{
        At, close,
        tokens::{Scopes, TokenUseView},
    },
    server::domain::tokens::NewToken,
};
use serde_json::json;

/// Somebody with a token of these scopes for an account that exists, and the token's id.
async fn with_scopes(house: &House, name: &str, scopes: &str) -> (Person, String) {
    let scopes: Scopes = scopes.parse().unwrap();
    let made = house.verbs().add_token(NewToken { scopes, ..NewToken::plain(name) }).await.unwrap();
    (house.visitor().with_token(name, &made.secret), made.id)
}

async fn uses(house: &House, token: &str) -> Vec<TokenUseView> {
    house.verbs().all_token_uses(Some(token), None).await.unwrap().uses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_what_its_scopes_say_at_every_door() {
    let house = House::open().await;
    house.person("bob").await.enter("lobby").await.entered().await;
    house.account("alice", false).await;
    let (reads, _) = with_scopes(&house, "alice", "read").await;
    let (writes, _) = with_scopes(&house, "alice", "write").await;
    reads.get("/api/v1/messages?to=%23lobby").await.is(200);
    reads.get("/api/v1/search?q=x").await.is(200);
    writes.get("/api/v1/messages?to=%23lobby").await.is(403);
    writes.get("/api/v1/search?q=x").await.is(403);
    let say = [("to", LOBBY), ("body", "hi"), ("cid", "one")];
    assert_eq!(reads.call("/api/say", &say).await.is(403).code(), "forbidden");
    writes.call("/api/say", &say).await.is(200);
    reads.call("/api/join", &[("room", "lobby")]).await.is(403);
    reads.call("/api/make_room", &[("name", "x"), ("text", ""), ("access", "open")]).await.is(403);
    // A socket hears: it needs read; what is said on it needs write.
    writes.get("/ws").await.refused();
    let mut main = reads.socket().await;
    main.sub(&[LOBBY]).await;
    let answer = main.ask(saying(LOBBY, "hi", "two")).await;
    assert_eq!(answer["err"]["code"], "forbidden", "{answer}");
    let answer = main.ask(json!({"t": "read", "to": LOBBY, "seq": 1})).await;
    assert_eq!(answer["err"]["code"], "forbidden", "{answer}");
    let mut room = reads.enter("lobby").await;
    room.entered().await;
    room.say("hi").await;
    room.hears(json!({"type": "error"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_ended_opens_nothing_from_then_on_and_its_sockets_close() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let (program, id) = with_scopes(&house, "alice", "read,write").await;
    let (mine, mut others) = (program.socket().await, alice.socket().await);
    let mut room = program.enter("lobby").await;
    room.entered().await;
    house.verbs().revoke_token(&id).await.unwrap();
    assert_eq!(mine.closed().await, close::LOGIN_NEEDED);
    assert_eq!(room.closed().await, close::LOGIN_NEEDED);
    program.get("/api/v1/messages?to=%23lobby").await.is(401);
    // Another token of the same person goes on.
    others.sub(&[LOBBY]).await;
    alice.get("/api/v1/messages?to=%23lobby").await.is(200);
    assert!(house.verbs().revoke_token(&id).await.is_err(), "it is over already");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_time_is_over_opens_nothing_and_its_sockets_close() {
    let house = House::open().await;
    house.account("alice", false).await;
    let (program, id) = with_scopes(&house, "alice", "read").await;
    let socket = program.socket().await;
    // What no verb does: a token's time is a minute at least.
    let mut tx = house.verbs().store.write().await.unwrap();
    sqlx::query("UPDATE tokens SET expires_at = $1 WHERE id = $2")
        .bind(At::now().0 + 700)
        .bind(&id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(socket.closed().await, close::LOGIN_NEEDED);
    program.get("/api/v1/messages?to=%23lobby").await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_use_is_noted() {
    let house = House::open().await;
    house.person("bob").await.enter("lobby").await.entered().await;
    house.account("alice", false).await;
    let (program, id) = with_scopes(&house, "alice", "read").await;
    program.get("/api/v1/messages?to=%23lobby").await.is(200);
    program.get("/api/v1/messages?to=%23nowhere").await.is(404);
    let _socket = program.socket().await;
    let noted = uses(&house, &id).await;
    let seen: Vec<_> =
        noted.iter().map(|it| (it.method.as_str(), it.path.as_str(), it.status)).collect();
    let messages = "/api/v1/messages";
    assert_eq!(seen, [("socket", "/ws", 101), ("GET", messages, 404), ("GET", messages, 200)]);
    assert!(noted.iter().all(|it| it.address == "127.0.0.1"));
    let (list, _) = house.verbs().all_tokens(0).await.unwrap();
    let token = list.iter().find(|token| token.id == id).unwrap();
    assert!(token.used_at.is_some() && token.user == "alice");
    eventually("all to be written", async || (house.verbs().gauges().uses == 0).then_some(()))
        .await;
}

/// Somebody has what leaked, and tries it after it was ended.
#[tokio::test(flavor = "multi_thread")]
async fn who_tries_a_token_that_has_ended_is_noted() {
    let house = House::open().await;
    house.account("alice", false).await;
    let (program, id) = with_scopes(&house, "alice", "read").await;
    house.verbs().revoke_token(&id).await.unwrap();
    program.get("/api/v1/search?q=x").await.is(401);
    program.get("/api/v1/me").await.is(401);
    house.visitor().with_token("x", "never-was-one").get("/api/v1/search?q=x").await.is(401);
    let noted = house.verbs().all_token_uses(None, None).await.unwrap().uses;
    let seen: Vec<_> =
        noted.iter().map(|it| (it.token.as_str(), it.path.as_str(), it.status)).collect();
    assert_eq!(seen, [(id.as_str(), "/api/v1/me", 401), (id.as_str(), "/api/v1/search", 401)]);
    assert_eq!(noted[0].address, "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_was_noted_can_be_read_page_by_page() {
    let house = House::open().await;
    house.account("root", true).await;
    let root = house.log_in("root").await;
    let (program, id) = with_scopes(&house, "root", "read").await;
    for n in 0..120 {
        program.get(&format!("/api/v1/rooms/nowhere-{n}")).await.is(404);
    }
    let (mut before, mut read) = (None, Vec::new());
    loop {
        let page = house.verbs().all_token_uses(Some(&id), before).await.unwrap();
        read.extend(page.uses.into_iter().map(|used| used.path));
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    let all: Vec<_> = (0..120).rev().map(|n| format!("/api/v1/rooms/nowhere-{n}")).collect();
    assert_eq!(read, all);
    // In a browser too, one page after the other.
    let (mut address, mut lines) = (format!("/house/tokens?token={id}"), 0);
    loop {
        let page = root.get(&address).await.is(200).text();
        lines += page.matches("/api/v1/rooms/nowhere-").count();
        let Some((before, _)) = page.split_once("Earlier uses") else { break };
        let (_, href) = before.rsplit_once("href=\"").unwrap();
        address = unescaped(href.split('#').next().unwrap());
    }
    assert_eq!(lines, 120);
    // And on the command line all of it.
    let log = roomful_ok(house.database().parent().unwrap(), &["token", "log", &id], "").await;
    assert_eq!(log.lines().count(), 120);
    assert!(log.lines().last().is_some_and(|line| line.contains("nowhere-0 ")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_noted_outlives_a_restart() {
    let mut house = House::open().await;
    house.account("alice", false).await;
    let (program, id) = with_scopes(&house, "alice", "read").await;
    for _ in 0..20 {
        program.get("/api/v1/search?q=x").await.is(200);
    }
    house.restart().await;
    assert_eq!(uses(&house, &id).await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_used_too_fast_hears_when_again() {
    let house = House::open_with(|config| {
        config.api_rate = roomful::server::config::MessageRate("3/60s".parse().ok());
    })
    .await;
    house.account("alice", false).await;
    let (program, id) = with_scopes(&house, "alice", "read").await;
    for _ in 0..3 {
        program.get("/api/v1/search?q=x").await.is(200);
    }
    let answer = program.get("/api/v1/search?q=x").await.is(429);
    assert_eq!(answer.code(), "rate_limited");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    // Another one of the same person has its own.
    with_scopes(&house, "alice", "read").await.0.get("/api/v1/search?q=x").await.is(200);
    assert_eq!(uses(&house, &id).await[0].status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_people_who_look_after_the_house_make_tokens() {
    let house = House::open().await;
    house.account("root", true).await;
    let root = house.log_in("root").await;
    let alice = house.in_browser("alice").await;
    let fields =
        [("user", "alice"), ("name", "ci"), ("read", "on"), ("push", "on"), ("expires", "30d")];
    alice.call("/api/make_token", &fields).await.is(403);
    // A token of an administrator makes no tokens: it could give itself any scope.
    let program = house.by_token("root").await;
    program.call("/api/make_token", &fields).await.is(403);
    root.call("/api/make_token", &[("user", "nobody"), ("read", "on")]).await.is(404);
    root.call("/api/make_token", &[("user", "alice")]).await.is(422);
    root.call("/api/make_token", &[("user", "alice"), ("broadcast", "on")]).await.is(422);
    root.call("/api/make_token", &fields).await.is(200);
    let (list, _) = house.verbs().all_tokens(0).await.unwrap();
    let made = list.iter().find(|token| token.name == "ci").unwrap();
    assert_eq!(
        (made.scopes.to_string(), made.made_by.as_deref()),
        ("read,push".into(), Some("root"))
    );
    assert!(made.expires_at.is_some_and(|at| at.0 > At::now().0 + 29 * 86_400_000));

    // Its secret is on the page of whoever made it, and opens the door.
    let page = root.get("/house/tokens").await.is(200);
    let secret = page.field("secret").expect("the secret");
    let program = house.visitor().with("Authorization", &format!("Bearer {secret}"));
    program.get("/api/v1/search?q=x").await.is(200);
    house.account("second", true).await;
    let second = house.log_in("second").await;
    assert_eq!(second.get("/house/tokens").await.is(200).field("secret"), None);
    alice.get("/house/tokens").await.is(403);
    let page = root.get(&format!("/house/tokens?token={}", made.id)).await.is(200).text();
    assert!(page.contains("/api/v1/search"), "its last uses: {page}");

    alice.call("/api/end_token", &[("token", &made.id)]).await.is(403);
    root.call("/api/end_token", &[("token", &made.id)]).await.is(200);
    program.get("/api/v1/search?q=x").await.is(401);
}
