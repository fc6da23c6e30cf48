use super::{
    address, hooks, house, in_person, last,
    receiver::{Receiver, Reply},
    say, tell, told,
};
use crate::support::{House, Person, cid, eventually, house::LOBBY};
use roomful::{
    protocol::{Code, Target, people::Role},
    server::store::writer::Deed,
};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_told_and_signed() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([]).await;
    say(&alice, "before").await;
    let secret = tell(&house, &who, &receiver.url(), "").await;
    say(&alice, "你好 & <hello>").await;
    let call = receiver.next().await;
    let said = call.json();
    let message = alice.history(LOBBY).await["messages"][0].take();
    let id = message["id"].as_str().unwrap();
    assert_eq!(said["type"], "message.created");
    assert_eq!(said["timestamp"], message["at"]);
    let link = format!("http://{}/chat/lobby/?at={id}#m-{id}", house.addr());
    let data = json!({
        "room": "lobby", "id": id, "seq": message["seq"], "author": "alice", "author_kind": "bot",
        "body": "你好 & <hello>", "at": message["at"], "reply_to": null, "link": link,
    });
    assert_eq!(said["data"], data);
    assert_eq!(call.headers["content-type"], "application/json");
    assert!(call.headers["user-agent"].starts_with("Roomful/"));
    assert!(secret.starts_with("whsec_"));
    assert!(call.is_signed_with(&secret));
    let mut other = call.clone();
    other.body = other.body.replace("hello", "hullo");
    assert!(!other.is_signed_with(&secret), "another text");
    let mut later = call.clone();
    later.headers.insert("webhook-timestamp".to_owned(), "1".to_owned());
    assert!(!later.is_signed_with(&secret), "another time");
    assert!(!call.is_signed_with(&format!("whsec_{}", "A".repeat(44))), "another secret");
    let arrived = eventually("it to be noted", async || {
        last(&house, &who).await.filter(|it| it.next_at.is_none())
    })
    .await;
    assert_eq!((arrived.status, arrived.tries), (Some(200), 1));
    assert!(receiver.is_quiet(), "what was said before is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_says_the_word_is_told() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([]).await;
    tell(&house, &who, &receiver.url(), "deploy").await;
    for body in ["hello", "redeployed", "please @Deploy now", "bye", "DEPLOY!"] {
        say(&alice, body).await;
    }
    assert_eq!(receiver.next().await.says(), "please @Deploy now");
    assert_eq!(receiver.next().await.says(), "DEPLOY!");
    assert!(receiver.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rooms_own_programs_say_is_not_told() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([]).await;
    tell(&house, &who, &receiver.url(), "").await;
    let path = address(&house, &who, "lobby", "Echo").await;
    let echo = house.visitor().with("Content-Type", "application/json");
    echo.request("POST", &path, br#"{"text": "around"}"#).await.is(200);
    say(&alice, "and around").await;
    assert_eq!(receiver.next().await.says(), "and around");
    assert!(receiver.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_under_the_same_id() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let replies = [Reply::status(500), Reply::status(404), Reply::status(301)];
    let mut receiver = Receiver::open(replies).await;
    let secret = tell(&house, &who, &receiver.url(), "").await;
    say(&alice, "hello").await;
    let first = receiver.next().await;
    for _ in 0..3 {
        let again = receiver.next().await;
        assert_eq!((again.id(), &again.body), (first.id(), &first.body));
        assert!(again.is_signed_with(&secret));
    }
    let arrived = eventually("it to arrive", async || {
        last(&house, &who).await.filter(|it| it.next_at.is_none())
    })
    .await;
    assert_eq!((arrived.status, arrived.tries), (Some(200), 4));
    // By hand it is told once more, still under that id.
    house.verbs().send_again(&who, "lobby", &arrived.id).await.unwrap();
    assert_eq!(receiver.next().await.id(), first.id());
    house.verbs().test_outgoing(&who, "lobby", &told(&house, &who).await.id).await.unwrap();
    let test = receiver.next().await;
    assert_eq!(test.json()["type"], "test");
    assert!(test.is_signed_with(&secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_time_is_given_it() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let later = Reply::With(429, "retry-after: 1\r\n", "slowly".to_owned());
    let mut receiver = Receiver::open([later]).await;
    tell(&house, &who, &receiver.url(), "").await;
    say(&alice, "hello").await;
    let first = receiver.next().await;
    let waits = eventually("the answer to be noted", async || {
        last(&house, &who).await.filter(|it| it.tries == 1)
    })
    .await;
    assert_eq!((waits.status, waits.answer.as_deref()), (Some(429), Some("slowly")));
    let second = receiver.next().await;
    assert!(second.at - first.at >= Duration::from_millis(990), "{:?}", second.at - first.at);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_told_as_the_message_has_them() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([]).await;
    tell(&house, &who, &receiver.url(), "").await;
    let file = alice.request("POST", "/api/v1/files?name=a%20plan.txt", b"the plan").await;
    let mut file = file.is(201).json();
    let sent = json!({"t": "send", "to": LOBBY, "cid": cid(), "body": "", "files": [file["id"]]});
    alice.socket().await.ask(sent).await;
    let mut said = receiver.next().await.json();
    let path = format!("/files/{}/a%20plan.txt", file["id"].as_str().unwrap());
    file["link"] = format!("http://{}{path}", house.addr()).into();
    assert_eq!(said["data"]["files"].take(), json!([file]));
    alice.get(&path).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_public_is_reached_for_administrators_alone() {
    let house = house().await;
    let alice = house.admin("alice").await;
    house.account("bob", false).await;
    let (who, bob) = (in_person(&house, "alice").await, in_person(&house, "bob").await);
    let verbs = house.verbs();
    let inner = Reply::With(403, "", "what is inside".to_owned());
    let mut receiver = Receiver::open(vec![inner; 100]).await;
    alice.make_room("den").await;
    verbs.join(&bob, "den").await.unwrap();
    verbs.set_role(&who, "den", "bob", Role::Moderator).await.unwrap();
    for url in [receiver.url(), receiver.url().replace("http:", "https:")] {
        let refused = verbs.make_outgoing(&bob, "den", &url, "").await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("url"), "{url}");
    }
    // By a name it is found out when it is called.
    let name = format!("https://localhost:{}/", receiver.addr.port());
    verbs.make_outgoing(&bob, "den", &name, "").await.unwrap();
    verbs.make_outgoing(&who, "den", &receiver.url(), "").await.unwrap();
    alice.say("#den", "hello", &cid()).await.is(303);
    receiver.next().await;
    let both = eventually("both to be noted", async || {
        let hooks = verbs.webhooks(&bob, "den", "").await.unwrap().outgoing;
        hooks.iter().all(|it| it.last.iter().any(|it| it.tries > 0)).then_some(hooks)
    })
    .await;
    assert_eq!(both[0].last[0].error.as_deref(), Some("not_allowed"));
    assert_eq!(both[1].last[0].answer, None, "what is inside is not for bob");
    let theirs = verbs.webhooks(&who, "den", "").await.unwrap().outgoing;
    assert_eq!(theirs[1].last[0].answer.as_deref(), Some("what is inside"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_gone_is_switched_off() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([Reply::status(410)]).await;
    tell(&house, &who, &receiver.url(), "").await;
    say(&alice, "hello").await;
    receiver.next().await;
    let off = eventually("it to be off", async || {
        let hook = told(&house, &who).await;
        hook.off.is_some().then_some(hook)
    })
    .await;
    assert_eq!(off.off.as_deref(), Some("gone"));
    is_told(&alice, "it answered that it is gone for good").await;
    let browser = house.log_in("alice").await;
    let page = browser.get("/chat/lobby/webhooks").await.is(200).text();
    assert!(page.contains("gone for good") && page.contains("/api/turn_on_hook"), "{page}");
    say(&alice, "nobody hears this").await;
    let refused = house.verbs().test_outgoing(&who, "lobby", &off.id).await.unwrap_err();
    assert_eq!(refused.code, Code::Invalid);
    // Switched on, it is told of what is said from then on.
    house.verbs().turn_on_outgoing(&who, "lobby", &off.id).await.unwrap();
    say(&alice, "here again").await;
    assert_eq!(receiver.next().await.says(), "here again");
}

/// Whoever made it is told on all of their devices and in their list, in their language, and is led to its page.
async fn is_told(maker: &Person, why: &str) {
    let told = eventually("its maker to be told", async || {
        let own = maker.socket().await.sub(&["~"]).await.remove(0);
        (own["unread"] == 1).then_some(own["notices"][0]["to"].clone())
    })
    .await;
    assert_eq!(told, "~");
    let page = maker.get("/notifications/").await.is(200).text();
    assert!(page.contains("#lobby") && page.contains(why), "{page}");
    assert!(page.contains("The webhook to 127.0.0.1 was switched off"), "{page}");
    assert!(page.contains("href=\"/chat/lobby/webhooks\""), "{page}");
    let chinese = maker.clone().with("Accept-Language", "zh-CN");
    let page = chinese.get("/notifications/").await.is(200).text();
    assert!(page.contains("发往 127.0.0.1 的 Webhook 已停用"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_made_it_hears_of_it_only_while_they_keep_order_there() {
    let house = house().await;
    let root = house.who(&house.admin("root").await).await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([Reply::status(410)]).await;
    tell(&house, &who, &receiver.url(), "").await;
    house.verbs().set_admin(&root, "alice", false).await.unwrap();
    say(&alice, "hello").await;
    receiver.next().await;
    eventually("it to be off", async || told(&house, &root).await.off.is_some().then_some(()))
        .await;
    // Whoever is to be told hears it before the call is over.
    eventually("the call to be over", async || (house.verbs().gauges().calls == 0).then_some(()))
        .await;
    let own = alice.socket().await.sub(&["~"]).await.remove(0);
    assert_eq!(own["unread"], 0, "{own}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_and_fails_is_switched_off() {
    let house = House::open_with(|config| {
        config.reachable = vec!["127.0.0.1/32".parse().unwrap()];
        config.hook_retry = Duration::from_micros(10);
    })
    .await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open(vec![Reply::status(500); 1_000]).await;
    tell(&house, &who, &receiver.url(), "").await;
    for n in 0..21 {
        say(&alice, &format!("{n}")).await;
    }
    let off = eventually("it to be off", async || {
        let hook = told(&house, &who).await;
        hook.off.is_some().then_some(hook)
    })
    .await;
    assert_eq!(off.off.as_deref(), Some("failing"));
    is_told(&alice, "20 messages in a row could not be delivered").await;
    assert!(off.last.iter().all(|it| it.next_at.is_none()), "{:?}", off.last);
    let mut tries = HashMap::<String, usize>::new();
    while let Some(call) = receiver.waiting() {
        *tries.entry(call.id().to_owned()).or_default() += 1;
    }
    assert!(tries.values().all(|tries| *tries <= 8), "{tries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_silent_or_does_not_end_holds_nothing_up() {
    let house = House::open_with(|config| {
        config.reachable = vec!["127.0.0.1/32".parse().unwrap()];
        config.hook_retry = Duration::from_millis(20);
        config.hook_patience = Duration::from_millis(500);
    })
    .await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut silent = Receiver::open([Reply::Silence]).await;
    tell(&house, &who, &silent.url(), "").await;
    let mut endless = Receiver::open([Reply::Endless]).await;
    tell(&house, &who, &endless.url(), "").await;
    let mut quick = Receiver::open([]).await;
    tell(&house, &who, &quick.url(), "").await;
    say(&alice, "hello").await;
    let (first, other) = (silent.next().await, endless.next().await);
    quick.next().await;
    assert_eq!((first.says(), other.says()), ("hello".to_owned(), "hello".to_owned()));
    let noted = eventually("the silence to be noted", async || {
        last(&house, &who).await.filter(|it| it.tries > 0)
    })
    .await;
    assert_eq!((noted.status, noted.error.as_deref()), (None, Some("timed_out")));
    assert_eq!(silent.next().await.id(), first.id());
    let large = eventually("the flood to be noted", async || {
        let mut hook = hooks(&house, &who).await.outgoing.remove(1);
        hook.last.pop().filter(|it| it.tries > 0)
    })
    .await;
    assert_eq!((large.status, large.answer.map(|it| it.len())), (Some(200), Some(500)));
    eventually("all calls to end", async || (house.verbs().gauges().calls == 0).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_around_a_crash_is_told() {
    let mut house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([Reply::Silence]).await;
    let secret = tell(&house, &who, &receiver.url(), "").await;
    say(&alice, "1").await;
    // It is told, and nobody knows whether it arrived.
    let first = receiver.next().await;
    for n in 2..=30 {
        say(&alice, &format!("{n}")).await;
    }
    house.crash_and_restart().await;
    for n in 31..=40 {
        say(&alice, &format!("{n}")).await;
    }
    let mut ids = HashMap::new();
    while ids.len() < 40 {
        let call = receiver.next().await;
        assert!(
            call.is_signed_with(&secret) || ids.len() > 2,
            "the first few are looked at closely"
        );
        let before = ids.insert(call.says(), call.id().to_owned());
        assert!(before.is_none_or(|before| before == call.id()), "one message, one id");
    }
    assert_eq!(ids["1"], first.id(), "told again under the same id");
    let each: HashSet<_> = ids.values().collect();
    assert_eq!(each.len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_told_no_more() {
    let house = House::open_with(|config| {
        config.reachable = vec!["127.0.0.1/32".parse().unwrap()];
        config.hook_retry = Duration::from_millis(300);
    })
    .await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([Reply::status(500)]).await;
    tell(&house, &who, &receiver.url(), "").await;
    say(&alice, "a secret").await;
    let first = receiver.next().await;
    let id = alice.history(LOBBY).await["messages"][0]["id"].as_str().unwrap().to_owned();
    let to = Target::parse(LOBBY).unwrap();
    let delete = Deed::Delete { message: id };
    house.verbs().change_and_wait(&who, &to, delete).await.unwrap();
    eventually("the delivery to go", async || {
        told(&house, &who).await.last.is_empty().then_some(())
    })
    .await;
    say(&alice, "afterwards").await;
    let next = receiver.next().await;
    assert_eq!(next.says(), "afterwards");
    assert_ne!(next.id(), first.id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_ended_is_told_nothing() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut receiver = Receiver::open([]).await;
    tell(&house, &who, &receiver.url(), "").await;
    let mut other = Receiver::open([]).await;
    tell(&house, &who, &other.url(), "").await;
    let id = told(&house, &who).await.id;
    house.verbs().remove_outgoing(&who, "lobby", &id).await.unwrap();
    assert_eq!(
        house.verbs().remove_outgoing(&who, "lobby", &id).await.unwrap_err().code,
        Code::NotFound
    );
    say(&alice, "hello").await;
    other.next().await;
    assert!(receiver.is_quiet());
    // With its room they all end.
    alice.make_room("den").await;
    let den = Receiver::open([]).await;
    house.verbs().make_outgoing(&who, "den", &den.url(), "").await.unwrap();
    house.verbs().delete_room(&who, "den").await.unwrap();
    say(&alice, "still here").await;
    other.next().await;
    assert_eq!(den.came(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_private_is_reached() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    // Of this machine's addresses the settings name one; this is another.
    let inner = Receiver::open_at("127.0.0.2:0", []).await;
    let port = inner.addr.port();
    for host in [
        "127.0.0.2",
        "127.2",
        "2130706434",
        "0x7f000002",
        "0177.0.0.2",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.2]",
        "[::ffff:7f00:2]",
        "[::127.0.0.2]",
        "[64:ff9b::7f00:2]",
        "[64:ff9b:1::7f00:2]",
        "[2002:7f00:2::]",
        "[2001:0:7f00:2::]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            let refused = house.verbs().make_outgoing(&who, "lobby", &url, "").await.unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("url"), "{url}");
        }
    }
    // By a name that leads here: looked up when it is used, and refused then.
    tell(&house, &who, &format!("https://localhost:{port}/"), "").await;
    // By an answer that leads here.
    let onwards = format!("location: http://{}/\r\n", inner.addr);
    let onwards = Reply::With(307, Box::leak(onwards.into_boxed_str()), String::new());
    let mut outer = Receiver::open(vec![onwards; 100]).await;
    tell(&house, &who, &outer.url(), "").await;
    alice.say(LOBBY, "hello", &cid()).await.is(303);
    outer.next().await;
    outer.next().await;
    let refused = eventually("the name to be refused", async || {
        last(&house, &who).await.filter(|it| it.tries > 0)
    })
    .await;
    // localhost is also ::1, and may be 127.0.0.1, which may be reached here: nobody is there.
    assert!(matches!(refused.error.as_deref(), Some("not_allowed" | "unreachable")), "{refused:?}");
    assert_eq!(inner.came(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_this_machine_is_refused_when_it_is_used() {
    let house = House::open().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let inner = Receiver::open([]).await;
    tell(&house, &who, &format!("https://localhost:{}/", inner.addr.port()), "").await;
    say(&alice, "hello").await;
    let refused = eventually("the name to be refused", async || {
        last(&house, &who).await.filter(|it| it.tries > 0)
    })
    .await;
    assert_eq!(refused.error.as_deref(), Some("not_allowed"));
    assert_eq!(inner.came(), 0);
}
