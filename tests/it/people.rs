//! People: who there is, who is idle or gone, whom one blocked, and who is kept out of the house.

use crate::support::{House, PASSWORD, cid, eventually, main_socket::saying};
use roomful::protocol::people::Access;
use roomful::protocol::{Code, Target};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_beyond_those_who_are_here() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for n in 0..60 {
        house.account(&format!("guest{n:02}"), false).await;
    }
    let (who, verbs) = (house.who(&alice).await, house.verbs());
    let all = verbs.people(&who, "", 0).await.unwrap();
    assert_eq!((all.people.len(), all.more), (50, true));
    let rest = verbs.people(&who, "", 50).await.unwrap();
    assert_eq!((rest.people.len(), rest.more), (11, false));
    let found = verbs.people(&who, "EST5", 0).await.unwrap();
    let names: Vec<_> = found.people.iter().map(|person| &*person.name).collect();
    assert_eq!(names.len(), 10);
    assert_eq!(names[0], "guest50");
    let visitor = house.who(&house.visitor()).await;
    assert_eq!(verbs.people(&visitor, "", 0).await.unwrap_err().code, Code::LoginNeeded);
    let long = "x".repeat(10_000);
    assert_eq!(verbs.people(&who, &long, 0).await.unwrap_err().code, Code::TooLong);
    assert!(verbs.people(&who, "%_'\"", 0).await.unwrap().people.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_a_card() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    alice.make_room("square").await;
    let (hers, verbs) = (house.who(&alice).await, house.verbs());
    verbs.make_room(&hers, "den", Access::Members).await.unwrap();
    verbs.invite(&hers, "den", "bob").await.unwrap();
    bob.socket().await.send("#square", "hi").await;
    carol.socket().await.send("#square", "hi").await;
    let card = verbs.person(&hers, "BOB").await.unwrap();
    let rooms: Vec<String> = card.in_common.iter().map(Target::to_string).collect();
    assert_eq!((&*card.line.name, rooms.len(), card.me), ("bob", 2, false));
    let theirs = house.who(&carol).await;
    let card = verbs.person(&theirs, "bob").await.unwrap();
    assert_eq!(card.in_common, [Target::Room("square".to_owned())], "nothing of the den");
    assert_eq!(verbs.person(&hers, "nobody").await.unwrap_err().code, Code::NotFound);
    assert!(verbs.person(&hers, "alice").await.unwrap().me);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_gone_was_last_seen_then() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (who, verbs) = (house.who(&alice).await, house.verbs());
    let before = verbs.person(&who, "bob").await.unwrap().line;
    assert_eq!((before.online, before.last_seen), (false, None));
    let socket = bob.socket().await;
    let here = verbs.person(&who, "bob").await.unwrap().line;
    assert_eq!((here.online, here.last_seen), (true, None));
    socket.close().await;
    eventually("bob to have gone", async || {
        verbs.person(&who, "bob").await.unwrap().line.last_seen
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_active_nowhere_is_idle() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut hers = alice.socket().await;
    hers.sub(&["#lobby", "@bob"]).await;
    let (mut one, mut two) = (bob.socket().await, bob.socket().await);
    one.here(json!("#lobby")).await;
    two.here(json!("#lobby")).await;
    hers.sees_join("#lobby", "bob").await;
    let told = |to: &'static str, what: &'static str| {
        move |f: &serde_json::Value| {
            f["t"] == "online" && f["to"] == to && f[what] == json!(["bob"])
        }
    };
    one.tell(json!({"t": "here", "to": "#lobby", "active": false})).await;
    one.fence().await;
    hers.fence().await;
    hers.assert_none(told("#lobby", "idle"));
    two.tell(json!({"t": "here", "to": "#lobby", "active": false})).await;
    let idle = hers.frame("bob to be idle", told("#lobby", "idle")).await;
    assert_eq!((&idle["count"], &idle["join"]), (&json!(1), &json!([])));
    hers.frame("bob to be idle", told("@bob", "idle")).await;
    let followed = alice.socket().await.sub(&["#lobby"]).await.remove(0);
    assert_eq!(followed["online"]["idle"], json!(["bob"]), "{followed}");
    assert!(house.verbs().person(&house.who(&alice).await, "bob").await.unwrap().line.idle);
    one.here(json!("#lobby")).await;
    hers.frame("bob to be awake", told("#lobby", "awake")).await;
    let followed = alice.socket().await.sub(&["#lobby"]).await.remove(0);
    assert!(followed["online"]["idle"].is_null(), "{followed}");
    // The one that is used goes: what is left is idle.
    one.close().await;
    hers.frame("bob to be idle", told("#lobby", "idle")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_i_blocked_cannot_reach_me() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, bob.socket().await);
    hers.sub(&["~", "@bob"]).await;
    his.send("@alice", "before").await;
    hers.event_of("~", "notify").await;
    let (who, verbs) = (house.who(&alice).await, house.verbs());
    verbs.block(&who, "Bob", true).await.unwrap();
    verbs.block(&who, "bob", true).await.unwrap();
    let told = hers.event_of("~", "block").await;
    assert_eq!(told["data"], json!({"user": "bob", "on": true}));
    let page = alice.get("/api/open_place?to=%23lobby").await.is(200).json();
    assert_eq!(page["me"]["blocked"], json!(["bob"]));
    // Neither a message, by any door, nor a mention, nor an invitation.
    let message = bob.history("@alice").await["messages"][0]["id"].clone();
    for frame in [
        saying("@alice", "hello?", &cid()),
        json!({"t": "edit", "to": "@alice", "message": message, "body": "hello?"}),
        json!({"t": "react", "to": "@alice", "message": message, "emoji": "👍", "on": true}),
    ] {
        assert_eq!(his.ask_err(frame).await["code"], "forbidden");
    }
    assert_eq!(bob.say("@alice", "hello?", &cid()).await.status, 403);
    let mut room = bob.enter("lobby").await;
    room.entered().await;
    room.say("/pm alice hello?").await;
    room.hears_error().await;
    his.send("#lobby", "@alice, hello?").await;
    bob.make_room("trap").await;
    let invited = verbs.invite(&house.who(&bob).await, "trap", "alice").await;
    assert_eq!(invited.unwrap_err().code, Code::Forbidden);
    // And she does not write to somebody who could not answer.
    assert_eq!(hers.ask_err(saying("@bob", "bye", &cid())).await["code"], "forbidden");
    hers.fence().await;
    hers.assert_none(|f| f["kind"] == "notify" || f["data"]["body"] == "hello?");
    verbs.block(&who, "bob", false).await.unwrap();
    his.send("@alice", "thank you").await;
    assert_eq!(hers.event_of("~", "notify").await["data"]["text"], "thank you");
    assert_eq!(verbs.block(&who, "alice", true).await.unwrap_err().code, Code::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_kept_out_of_the_house_is_out_at_once() {
    let house = House::open().await;
    let (root, bot) = (house.admin("root").await, house.person("mallory").await);
    let browser = house.log_in("mallory").await;
    let (socket, other) = (browser.socket().await, bot.socket().await);
    let mut room = bot.enter("lobby").await;
    room.entered().await;
    let (boss, verbs) = (house.who(&root).await, house.verbs());
    let own = house.who(&bot).await;
    assert_eq!(verbs.ban_user(&own, "root", true).await.unwrap_err().code, Code::Forbidden);
    assert_eq!(verbs.ban_user(&boss, "root", true).await.unwrap_err().code, Code::Invalid);
    verbs.ban_user(&boss, "mallory", true).await.unwrap();
    assert_eq!(socket.closed().await, 4503);
    assert_eq!(other.closed().await, 4503);
    assert_eq!(room.closed().await, 4503);
    // Neither the token nor the session opens anything.
    assert_eq!(bot.try_history("#lobby", "").await.status, 401);
    assert_eq!(browser.try_history("#lobby", "").await.status, 401);
    assert_eq!(bot.wire("/ws").await.unwrap().closed().await, 4001);
    // Logging in says so to whoever has the password, and to nobody else.
    let visitor = house.visitor().in_browser();
    let log_in = async |name, password| {
        visitor.call("/api/log_in", &[("name", name), ("password", password)]).await
    };
    let wrong = log_in("mallory", "not the password").await;
    let nobody = log_in("nobody", "not the password").await;
    assert_eq!((wrong.status, wrong.text()), (nobody.status, nobody.text()));
    let right = log_in("mallory", PASSWORD).await;
    assert_eq!((right.status, right.code()), (403, "forbidden".to_owned()));
    let people = verbs.people(&boss, "mall", 0).await.unwrap();
    assert!(people.people.is_empty(), "nobody looks for them");
    let accounts = verbs.accounts(&boss, "mall", 0).await.unwrap();
    assert!(accounts.accounts[0].banned, "but those who look after the house");
    verbs.ban_user(&boss, "mallory", false).await.unwrap();
    assert_eq!(bot.try_history("#lobby", "").await.status, 200);
    let back = house.log_in("mallory").await;
    back.socket().await.sub(&["~"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_ends_somebody_s_sessions() {
    let house = House::open().await;
    let (root, bob) = (house.admin("root").await, house.in_browser("bob").await);
    let socket = bob.socket().await;
    let boss = house.who(&root).await;
    let count =
        async || house.verbs().accounts(&boss, "bob", 0).await.unwrap().accounts[0].sessions;
    assert_eq!(count().await, 1);
    house.verbs().end_sessions_of(&boss, "bob").await.unwrap();
    assert_eq!(socket.closed().await, 4503);
    assert_eq!(count().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_and_one_who_is_kept_out_is_not_the_last() {
    let house = House::open().await;
    let (root, other) = (house.admin("root").await, house.admin("other").await);
    let (boss, verbs) = (house.who(&root).await, house.verbs());
    verbs.ban_user(&boss, "other", true).await.unwrap();
    assert_eq!(verbs.set_admin(&boss, "root", false).await.unwrap_err().code, Code::Invalid);
    verbs.set_admin(&boss, "other", false).await.expect("they look after nothing any more");
    verbs.ban_user(&boss, "other", false).await.unwrap();
    let who = house.who(&other).await;
    assert_eq!(verbs.accounts(&who, "", 0).await.unwrap_err().code, Code::Forbidden);
}
