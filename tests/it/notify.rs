//! What one does tells another: mentions, answers, reactions and private messages, in the log of whoever
//! it concerns, and in nobody else's.

use crate::support::{House, MainSocket, Person, cid};
use roomful::protocol::people::{Access, Level};
use roomful::protocol::{Code, Target};
use serde_json::{Value, json};

async fn own(person: &Person) -> MainSocket {
    let mut socket = person.socket().await;
    socket.sub(&["~"]).await;
    socket
}

async fn told(socket: &mut MainSocket) -> Value {
    socket.event_of("~", "notify").await["data"].clone()
}

/// Nothing was told until here: the fence is a read marker, which comes through the same log.
async fn told_nothing(socket: &mut MainSocket) {
    socket.fence().await;
    socket.assert_none(|f| f["kind"] == "notify");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_named_is_told_once() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    let (mut hers, mut his, mut theirs) = (own(&alice).await, own(&bob).await, own(&carol).await);
    let sent = hers.send("#lobby", "@Bob and @bob, look: @alice @nobody a@carol").await;
    let data = told(&mut his).await;
    assert_eq!(data["kind"], "mention");
    assert_eq!((&data["from"], &data["to"]), (&json!("alice"), &json!("#lobby")));
    assert_eq!((&data["message"], &data["id"]), (&sent["id"], &sent["id"]));
    assert_eq!(data["seq"], sent["seq"]);
    assert!(data["text"].as_str().unwrap().starts_with("@Bob and"));
    // Sent again with its cid it is the same message: told once.
    let again = cid();
    for _ in 0..2 {
        hers.ask_ok(json!({"t": "send", "to": "#lobby", "cid": again, "body": "@bob!"})).await;
    }
    told(&mut his).await;
    told_nothing(&mut his).await;
    told_nothing(&mut hers).await;
    told_nothing(&mut theirs).await;
    // It is there for whoever was away.
    let mut later = bob.socket().await;
    let start = later.sub(&["~"]).await.remove(0);
    let missed = later.sub_after("~", start["epoch"].as_str().unwrap(), 0).await;
    let kinds: Vec<_> = missed["events"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "notify").count(), 2, "{missed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_a_reaction_and_a_private_message_tell_whom_they_concern() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (own(&alice).await, own(&bob).await);
    let sent = his.send("#lobby", "who knows?").await;
    let answer = json!({"t": "send", "to": "#lobby", "cid": cid(), "body": "@bob I do",
        "reply_to": sent["id"]});
    hers.ask_ok(answer).await;
    assert_eq!(told(&mut his).await["kind"], "reply", "and not a mention as well");
    let react =
        |on| json!({"t": "react", "to": "#lobby", "message": sent["id"], "emoji": "👍", "on": on});
    hers.ask_ok(react(true)).await;
    let data = told(&mut his).await;
    assert_eq!((&data["kind"], &data["text"]), (&json!("reaction"), &json!("👍")));
    assert_eq!(data["message"], sent["id"]);
    hers.ask_ok(react(false)).await;
    // One's own answer, and one's own reaction, tell nobody.
    let own_answer = json!({"t": "send", "to": "#lobby", "cid": cid(), "body": "never mind",
        "reply_to": sent["id"]});
    his.ask_ok(own_answer).await;
    his.ask_ok(react(true)).await;
    told_nothing(&mut his).await;
    let direct = hers.send("@bob", "a word").await;
    let data = told(&mut his).await;
    assert_eq!(
        (&data["kind"], &data["to"], &data["text"]),
        (&json!("direct"), &json!("@alice"), &json!("a word"))
    );
    assert_eq!(data["message"], direct["id"]);
    // A reaction to my own words concerns me alone.
    let own =
        json!({"t": "react", "to": "@bob", "message": direct["id"], "emoji": "👍", "on": true});
    hers.ask_ok(own).await;
    told_nothing(&mut his).await;
    told_nothing(&mut hers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_they_may_not_read_or_do_not_wish_to_hear() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    let (mut hers, mut his, mut theirs) = (own(&alice).await, own(&bob).await, own(&carol).await);
    let verbs = house.verbs();
    verbs.make_room(&house.who(&alice).await, "den", Access::Members).await.unwrap();
    hers.send("#den", "@bob must not know").await;
    told_nothing(&mut his).await;
    let (bobs, lobby) = (house.who(&bob).await, Target::Room("lobby".to_owned()));
    verbs.set_level(&bobs, &lobby, Level::Nothing).await.unwrap();
    let level = his.event_of("~", "level").await;
    assert_eq!(level["data"], json!({"to": "#lobby", "level": "nothing"}));
    let said = his.send("#lobby", "quiet please").await;
    hers.send("#lobby", "@bob @carol!").await;
    let answer =
        json!({"t": "send", "to": "#lobby", "cid": cid(), "body": "no", "reply_to": said["id"]});
    hers.ask_ok(answer).await;
    told(&mut theirs).await;
    told_nothing(&mut his).await;
    verbs.set_level(&bobs, &lobby, Level::Mentions).await.unwrap();
    hers.send("#lobby", "@bob now?").await;
    told(&mut his).await;
    // A conversation is muted the same way.
    hers.send("@bob", "psst").await;
    told(&mut his).await;
    let person = Target::Person("alice".to_owned());
    verbs.set_level(&bobs, &person, Level::Nothing).await.unwrap();
    hers.send("@bob", "psst!").await;
    told_nothing(&mut his).await;
    let nobody = Target::Person("carol".to_owned());
    let refused = verbs.set_level(&bobs, &nobody, Level::Nothing).await.unwrap_err();
    assert_eq!(refused.code, Code::Invalid, "nothing was said there");
    let page = bob.get("/api/open_place?to=%23lobby").await.is(200).json();
    assert_eq!(page["mine"]["level"], "mentions", "{page}");
    assert_eq!(page["side"]["people"][0]["level"], "nothing", "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_tells_those_whom_it_names_anew() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    let dave = house.person("dave").await;
    let (mut hers, mut his, mut theirs) = (own(&alice).await, own(&bob).await, own(&carol).await);
    let mut daves = own(&dave).await;
    let verbs = house.verbs();
    let (carols, lobby) = (house.who(&carol).await, Target::Room("lobby".to_owned()));
    verbs.set_level(&carols, &lobby, Level::Nothing).await.unwrap();
    let sent = hers.send("#lobby", "@bob and @carol, look").await;
    told(&mut his).await;
    let edit =
        |body: &str| json!({"t": "edit", "to": "#lobby", "message": sent["id"], "body": body});
    // Who was named before is not told again, nor whoever did not wish to hear it then.
    verbs.set_level(&carols, &lobby, Level::All).await.unwrap();
    let edited = edit("@bob and @carol and @Dave and @dave, look: @alice @nobody");
    let edited = hers.ask_ok(edited).await;
    let data = told(&mut daves).await;
    assert_eq!((&data["kind"], &data["from"]), (&json!("mention"), &json!("alice")));
    // It happened when the message was edited, whoever has read that before.
    assert_eq!((&data["message"], &data["seq"]), (&sent["id"], &edited["seq"]));
    assert!(data["text"].as_str().unwrap().contains("@Dave"), "{data}");
    told_nothing(&mut his).await;
    told_nothing(&mut theirs).await;
    told_nothing(&mut hers).await;
    // A message calls somebody once, also when the name went and came back.
    for body in ["look", "@dave @bob look", "@dave @bob look again"] {
        hers.ask_ok(edit(body)).await;
    }
    told_nothing(&mut daves).await;
    told_nothing(&mut his).await;
    let dave_is = house.who(&dave).await;
    let list = verbs.mentions(&dave_is, None).await.unwrap().lines;
    let listed: Vec<_> = list.iter().map(|it| (&*it.text, it.new)).collect();
    assert_eq!(listed, [("@dave @bob look again", true)]);
    // It is counted as what calls me, as long as I have not read it.
    let dave_sees = daves.sub(&["#lobby"]).await.remove(0);
    assert_eq!(dave_sees["mentions"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_tells_nobody_whom_a_message_would_not() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    let (mut hers, mut his, mut theirs) = (own(&alice).await, own(&bob).await, own(&carol).await);
    let verbs = house.verbs();
    let (bobs, carols) = (house.who(&bob).await, house.who(&carol).await);
    let edit = |to: &str, id: &Value, body: &str| json!({"t": "edit", "to": to, "message": id, "body": body});
    // Into a room that they do not see…
    verbs.make_room(&house.who(&alice).await, "den", Access::Members).await.unwrap();
    let sent = hers.send("#den", "nothing").await;
    hers.ask_ok(edit("#den", &sent["id"], "@bob must not know")).await;
    // …by whom they blocked, also where somebody else edits it…
    house.verbs().make_room(&carols, "square", Access::Open).await.unwrap();
    verbs.block(&bobs, "alice", true).await.unwrap();
    let sent = hers.send("#square", "nothing").await;
    hers.ask_ok(edit("#square", &sent["id"], "@bob!")).await;
    let sent = hers.send("#square", "nothing").await;
    theirs.ask_ok(edit("#square", &sent["id"], "@bob, says carol")).await;
    verbs.block(&bobs, "alice", false).await.unwrap();
    // …where they wish to hear nothing, and in a conversation, where everything is told anyway.
    verbs.set_level(&bobs, &Target::Room("square".to_owned()), Level::Nothing).await.unwrap();
    let sent = hers.send("#square", "nothing").await;
    hers.ask_ok(edit("#square", &sent["id"], "@bob?")).await;
    told_nothing(&mut his).await;
    let sent = hers.send("@bob", "a word").await;
    told(&mut his).await;
    hers.ask_ok(edit("@bob", &sent["id"], "@bob, a word")).await;
    told_nothing(&mut his).await;
    // Whoever keeps order and adds a name tells of it in their own.
    let sent = hers.send("#square", "help").await;
    theirs.ask_ok(edit("#square", &sent["id"], "help, @alice")).await;
    assert_eq!(told(&mut hers).await["from"], "carol");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_calls_so_many_and_no_more() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let names: Vec<String> = (0..60).map(|n| format!("guest{n:02}")).collect();
    for name in &names {
        house.account(name, false).await;
    }
    let all: Vec<String> = names.iter().map(|name| format!("@{name}")).collect();
    alice.socket().await.send("#lobby", &all.join(" ")).await;
    let mut told = 0;
    for name in &names {
        let guest = house.who(&house.by_token(name).await).await;
        told += house.verbs().mentions(&guest, None).await.unwrap().lines.len();
    }
    assert_eq!(told, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_called_me_is_counted_until_i_read_it_and_listed_as_it_stands() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.make_room("square").await;
    let (mut hers, mut his) = (own(&alice).await, own(&bob).await);
    let (who, verbs) = (house.who(&bob).await, house.verbs());
    hers.send("#square", "before he came").await;
    verbs.join(&who, "square").await.unwrap();
    hers.send("#square", "nothing for him").await;
    let first = hers.send("#square", "@bob one").await;
    let second = hers.send("#square", "@bob two").await;
    let followed = his.sub(&["#square"]).await.remove(0);
    assert_eq!((&followed["unread"], &followed["mentions"]), (&json!(3), &json!(2)));
    let line = async || {
        let page = bob.get("/api/open_place?to=%23lobby").await.is(200).json();
        let lines = page["side"]["rooms"].as_array().cloned().unwrap();
        lines.into_iter().find(|line| line["to"] == "#square").unwrap()
    };
    assert_eq!(line().await["mentions"], 2);
    let list = verbs.mentions(&who, None).await.unwrap();
    let told: Vec<_> = list.lines.iter().map(|it| (&*it.text, it.new)).collect();
    assert_eq!(told, [("@bob two", true), ("@bob one", true)]);
    // The last event of his own log tells of the second.
    let rest = verbs.mentions(&who, Some(list.top)).await.unwrap();
    assert_eq!((rest.lines.len(), rest.before), (1, None));
    let read = json!({"t": "read", "to": "#square", "seq": first["seq"]});
    his.ask_ok(read).await;
    assert_eq!(line().await["mentions"], 1);
    let edit =
        |body: &str| json!({"t": "edit", "to": "#square", "message": second["id"], "body": body});
    hers.ask_ok(edit("@bob, three")).await;
    let list = verbs.mentions(&who, None).await.unwrap();
    let told: Vec<_> = list.lines.iter().map(|it| (&*it.text, it.new)).collect();
    assert_eq!(told, [("@bob, three", true), ("@bob one", false)]);
    hers.ask_ok(json!({"t": "delete", "to": "#square", "message": second["id"]})).await;
    assert!(line().await["mentions"].is_null());
    assert_eq!(verbs.mentions(&who, None).await.unwrap().lines.len(), 1);
    // Where they may not look any more, nothing is left in the list.
    verbs.ban(&house.who(&alice).await, "square", "bob", true).await.unwrap();
    assert!(verbs.mentions(&who, None).await.unwrap().lines.is_empty());
}
