//! What concerns somebody: told at once, kept as a list, unread until it is seen on any device, and not
//! told at all of what is open before their eyes.

use super::push::{fleeting, person as aimed, program_of, stored};
use crate::support::{House, MainSocket, Person, cid, encoded, house::LOBBY};
use roomful::protocol::notices::Noticed;
use roomful::protocol::people::{Access, Level, NoticeKind};
use roomful::protocol::{Refusal, Target};
use roomful::server::domain::push::{Aim, Pushing};
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

/// The list as this person sees it.
async fn lines(house: &House, person: &Person) -> Vec<Noticed> {
    house.verbs().notifications(&house.who(person).await, None).await.unwrap().lines
}

/// What each line says, how many it stands for, and whether it is new.
async fn listed(house: &House, person: &Person) -> Vec<(NoticeKind, String, usize, bool)> {
    let lines = lines(house, person).await;
    lines.into_iter().map(|it| (it.kind, it.text, it.count, it.new)).collect()
}

/// How many wait to be seen, as every way of asking says it.
async fn unread(house: &House, person: &Person) -> usize {
    let answer = person.socket().await.sub(&["~"]).await.remove(0);
    let notices = answer["notices"].as_array().map_or(0, Vec::len);
    assert_eq!(answer["unread"], notices as u64, "{answer}");
    let id = house.who(person).await.member().unwrap().id;
    assert_eq!(house.verbs().unread_notices(id).await.unwrap(), notices);
    let page = person.get("/api/open_place?to=%23lobby").await.is(200).json();
    assert_eq!(page["side"]["notices"].as_array().map_or(0, Vec::len), notices, "{page}");
    let new = lines(house, person).await.iter().filter(|it| it.new).map(|it| it.count).sum();
    assert_eq!(notices, new, "the list says the same");
    new
}

fn reply(to: &str, body: &str, of: &Value) -> Value {
    json!({"t": "send", "to": to, "cid": cid(), "body": body, "reply_to": of["id"]})
}

fn react(to: &str, of: &Value, emoji: &str, on: bool) -> Value {
    json!({"t": "react", "to": to, "message": of["id"], "emoji": emoji, "on": on})
}

fn edit(to: &str, of: &Value, body: &str) -> Value {
    json!({"t": "edit", "to": to, "message": of["id"], "body": body})
}

fn read(to: &str, of: &Value) -> Value {
    json!({"t": "read", "to": to, "seq": of["seq"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_where_it_is_open_the_message_appears_and_elsewhere_a_notification_names_it() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    his.sub(&["@alice"]).await;
    his.here(json!("@alice")).await;
    hers.send("@bob", "do you see me?").await;
    assert_eq!(his.event("@alice").await["data"]["body"], "do you see me?");
    told_nothing(&mut his).await;
    assert_eq!(unread(&house, &bob).await, 0);
    his.here(json!(LOBBY)).await;
    let sent = hers.send("@bob", "and now?").await;
    let data = told(&mut his).await;
    assert_eq!((&data["kind"], &data["to"]), (&json!("direct"), &json!("@alice")));
    assert_eq!((&data["text"], &data["message"]), (&json!("and now?"), &sent["id"]));
    assert_eq!(listed(&house, &bob).await, [(NoticeKind::Direct, "and now?".into(), 1, true)]);
    // It is seen once it was read in its place.
    his.ask_ok(read("@alice", &sent)).await;
    assert_eq!(unread(&house, &bob).await, 0);
    assert_eq!(listed(&house, &bob).await, [(NoticeKind::Direct, "and now?".into(), 1, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_open_is_what_is_in_view_and_was_used_lately() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    let here = |to: Value, active: bool| json!({"t": "here", "to": to, "active": active});
    // Out of view, or not used lately.
    his.tell(here(json!("@alice"), false)).await;
    his.fence().await;
    hers.send("@bob", "one").await;
    told(&mut his).await;
    // Only followed; or open as a room socket, of which nobody knows whether anybody looks at it.
    his.tell(here(Value::Null, true)).await;
    his.sub(&["@alice"]).await;
    hers.send("@bob", "two").await;
    told(&mut his).await;
    let mut script = bob.enter("lobby").await;
    script.entered().await;
    hers.send(LOBBY, "@bob three").await;
    assert!(told(&mut his).await["seen"].is_null());
    // One who has gone has nothing open.
    his.here(json!("@alice")).await;
    let mut phone = own(&bob).await;
    his.close().await;
    let (talk, his) = (direct(&house, &alice, &bob).await, id(&house, &bob).await);
    let attends = async || (!house.verbs().presence.attends(talk, his)).then_some(());
    crate::support::eventually("the screen to be gone", attends).await;
    hers.send("@bob", "five").await;
    assert_eq!(told(&mut phone).await["text"], "five");
}

async fn id(house: &House, person: &Person) -> roomful::server::store::UserId {
    house.who(person).await.member().unwrap().id
}

async fn direct(house: &House, one: &Person, other: &Person) -> roomful::server::groups::Group {
    let (one, other) = (id(house, one).await, id(house, other).await);
    roomful::server::groups::Group::Direct(one.min(other), one.max(other))
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_what_calls_somebody_before_their_eyes_is_listed_and_nothing_new() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    his.here(json!(LOBBY)).await;
    let said = his.send(LOBBY, "who knows?").await;
    hers.send(LOBBY, "@bob look").await;
    assert_eq!(told(&mut his).await["seen"], true);
    hers.ask_ok(reply(LOBBY, "I do", &said)).await;
    assert_eq!(told(&mut his).await["seen"], true);
    hers.ask_ok(react(LOBBY, &said, "👍", true)).await;
    told_nothing(&mut his).await;
    assert_eq!(unread(&house, &bob).await, 0);
    let who = house.who(&bob).await;
    assert_eq!(house.verbs().mentions(&who, None).await.unwrap().lines.len(), 2);
    assert_eq!(lines(&house, &bob).await.len(), 2);
    // In another room it is new.
    alice.make_room("square").await;
    his.here(json!("#square")).await;
    let edit = hers.send(LOBBY, "nobody").await;
    hers.ask_ok(json!({"t": "edit", "to": LOBBY, "message": edit["id"], "body": "@bob!"})).await;
    assert!(told(&mut his).await["seen"].is_null());
    assert_eq!(unread(&house, &bob).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_each_thing_that_concerns_somebody_stands_in_their_list() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, bob.socket().await);
    let said = his.send(LOBBY, "who knows?").await;
    hers.send(LOBBY, "@bob ask me").await;
    hers.ask_ok(reply(LOBBY, "I do", &said)).await;
    hers.ask_ok(react(LOBBY, &said, "👍", true)).await;
    hers.ask_ok(react(LOBBY, &said, "🎉", true)).await;
    hers.send("@bob", "come").await;
    hers.send("@bob", "now").await;
    let (who, verbs) = (house.who(&alice).await, house.verbs());
    verbs.make_room(&who, "den", Access::Members).await.unwrap();
    verbs.invite(&who, "den", "bob").await.unwrap();
    assert_eq!(
        listed(&house, &bob).await,
        [
            (NoticeKind::Invite, "den".to_owned(), 1, true),
            (NoticeKind::Direct, "now".to_owned(), 2, true),
            (NoticeKind::Reaction, "who knows?".to_owned(), 2, true),
            (NoticeKind::Reply, "I do".to_owned(), 1, true),
            (NoticeKind::Mention, "@bob ask me".to_owned(), 1, true),
        ]
    );
    let lines = lines(&house, &bob).await;
    assert_eq!((lines[2].emoji.len(), &lines[2].from[..]), (2, &["alice".to_owned()][..]));
    assert_eq!(unread(&house, &bob).await, 7);
    assert_eq!(unread(&house, &alice).await, 0, "one's own doing concerns others");
    // Reading a place sees what is told of it, reactions too; the list is marked as a whole.
    let top = bob.history(LOBBY).await["top"].clone();
    his.ask_ok(json!({"t": "read", "to": LOBBY, "seq": top})).await;
    assert_eq!(unread(&house, &bob).await, 3);
    let top = bob.socket().await.sub(&["~"]).await[0]["top"].clone();
    his.ask_ok(json!({"t": "read", "to": "~", "seq": top})).await;
    assert_eq!(unread(&house, &bob).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_what_is_pushed_and_kept_stands_there_until_the_list_is_marked() {
    let house = House::open().await;
    house.account("keeper", true).await;
    let (keeper, _) = program_of(&house, "keeper", "push,broadcast").await;
    let bob = house.person("bob").await;
    let link = Some("/chat/lobby/".to_owned());
    let pushing = Pushing { link, ..stored("build 7 <b>failed</b>") };
    house.verbs().push(&keeper, &aimed("bob"), pushing).await.unwrap();
    house.verbs().push(&keeper, &Aim::Everyone, stored("we sleep at ten")).await.unwrap();
    house.verbs().push(&keeper, &aimed("bob"), fleeting("nothing to keep")).await.unwrap();
    assert_eq!(
        listed(&house, &bob).await,
        [
            (NoticeKind::Broadcast, "we sleep at ten".to_owned(), 1, true),
            (NoticeKind::Push, "build 7 <b>failed</b>".to_owned(), 1, true),
        ]
    );
    assert_eq!(unread(&house, &bob).await, 2);
    let page = bob.get("/notifications/").await.is(200).text();
    assert!(page.contains("build 7 &lt;b&gt;failed") && page.contains("told everybody"), "{page}");
    assert!(page.contains("href=\"/chat/lobby/\""), "{page}");
    // It is said nowhere but there: to read elsewhere is not to have seen it.
    let mut his = bob.socket().await;
    his.ask_ok(json!({"t": "read", "to": LOBBY, "seq": 99})).await;
    let answer = his.sub(&["~"]).await.remove(0);
    assert!(answer["notices"].as_array().unwrap().iter().all(|it| it["to"] == "~"), "{answer}");
    his.ask_ok(json!({"t": "read", "to": "~", "seq": answer["notices"][1]["notice"]})).await;
    assert_eq!(unread(&house, &bob).await, 1);
    his.ask_ok(json!({"t": "read", "to": "~", "seq": answer["top"]})).await;
    assert_eq!(unread(&house, &bob).await, 0);
    // Nothing of whom they blocked.
    house.verbs().block(&house.who(&bob).await, "keeper", true).await.unwrap();
    assert!(lines(&house, &bob).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_nobody_hears_or_reads_what_concerns_another() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let carol = house.person("carol").await;
    let mut theirs = own(&carol).await;
    // However they name it.
    for to in ["~bob", "~@bob", "@bob~", "~2", "@~", "#~"] {
        let asked = theirs.ask(json!({"t": "sub", "rooms": [{"to": to}]})).await;
        assert!(asked["ok"]["rooms"][0]["err"].is_object() || asked["err"].is_object(), "{asked}");
        theirs.ask(json!({"t": "read", "to": to, "seq": 99})).await;
    }
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    hers.send("@bob", "the third pot").await;
    told(&mut his).await;
    told_nothing(&mut theirs).await;
    let start = theirs.sub(&["~"]).await.remove(0);
    let past = theirs.sub_after("~", start["epoch"].as_str().unwrap(), 0).await;
    assert!(!past.to_string().contains("pot") && past["notices"].is_null(), "{past}");
    for path in [
        "/notifications/".to_owned(),
        "/notifications/?only=mentions".to_owned(),
        "/notifications/?before=99&user=bob".to_owned(),
        format!("/api/history?to={}", encoded("~")),
        format!("/api/v1/messages?to={}", encoded("~")),
        format!("/api/open_place?to={}", encoded("~")),
    ] {
        assert!(!carol.get(&path).await.text().contains("third pot"), "{path}");
    }
    assert!(bob.get("/notifications/").await.text().contains("the third pot"));
    // A visitor has nothing that concerns them.
    let visitor = house.visitor();
    assert!(visitor.get("/notifications/").await.leads_to().starts_with("/login"));
    let refused = visitor.socket().await.sub_refused("~").await;
    assert_eq!(refused["code"], "login_needed");
    let refused = visitor.call("/api/see_notices", &[("seq", "9")]).await;
    assert_eq!(refused.code(), "login_needed");
    // Nor does somebody else mark them as seen.
    carol.post("/api/see_notices", &[("seq", "99")]).await;
    assert_eq!(unread(&house, &bob).await, 1);
}

/// Anyone may join any pair's group: what is told of a conversation reaches its two alone.
#[tokio::test(flavor = "multi_thread")]
async fn k08_what_is_told_of_two_reaches_no_third() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let carol = house.person("carol").await;
    let mut theirs = own(&carol).await;
    for to in ["@alice", "@bob", "@alice,bob"] {
        theirs.ask(json!({"t": "sub", "rooms": [{"to": to}]})).await;
        theirs.ask(json!({"t": "here", "to": to, "active": true})).await;
    }
    let (mut hers, mut his) = (own(&alice).await, own(&bob).await);
    let said = hers.send("@bob", "between us").await;
    // Somebody else who has "@bob" open keeps nothing from bob.
    told(&mut his).await;
    his.ask_ok(react("@alice", &said, "👍", true)).await;
    assert_eq!(told(&mut hers).await["kind"], "reaction");
    told_nothing(&mut theirs).await;
    assert!(lines(&house, &carol).await.is_empty());
}

/// Two tabs of one user count as "both are there".
#[tokio::test(flavor = "multi_thread")]
async fn k09_two_tabs_of_one_do_not_stand_for_the_other() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut one, mut two) = (alice.socket().await, alice.socket().await);
    one.here(json!("@bob")).await;
    two.here(json!("@bob")).await;
    let mut his = own(&bob).await;
    one.send("@bob", "are you there?").await;
    assert_eq!(told(&mut his).await["text"], "are you there?");
    // Of bob's own two tabs one is enough, whatever the other shows.
    let mut open = bob.socket().await;
    open.here(json!("@alice")).await;
    his.here(json!(LOBBY)).await;
    one.send("@bob", "there you are").await;
    told_nothing(&mut his).await;
    // …until it shows something else as well.
    open.here(Value::Null).await;
    one.send("@bob", "gone again").await;
    assert_eq!(told(&mut his).await["text"], "gone again");
}

/// Nothing is stored, so an offline user loses it.
#[tokio::test(flavor = "multi_thread")]
async fn k10_all_of_it_waits_for_whoever_is_offline() {
    let mut house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut hers = alice.socket().await;
    hers.send("@bob", "when you are back").await;
    house.restart().await;
    let mut hers = alice.socket().await;
    hers.send(LOBBY, "@bob this too").await;
    house.crash_and_restart().await;
    assert_eq!(unread(&house, &bob).await, 2);
    let said: Vec<_> = lines(&house, &bob).await.into_iter().map(|it| it.text).collect();
    assert_eq!(said, ["@bob this too", "when you are back"]);
    let mut his = bob.socket().await;
    let top = his.sub(&["~"]).await[0]["top"].clone();
    his.ask_ok(json!({"t": "read", "to": "~", "seq": top})).await;
    house.crash_and_restart().await;
    assert_eq!(unread(&house, &bob).await, 0, "what was seen stays so");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_seen_on_one_device_is_seen_on_all_and_never_less() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut phone, mut desk) = (own(&bob).await, own(&bob).await);
    let mut hers = alice.socket().await;
    for text in ["one", "two"] {
        hers.send("@bob", text).await;
        told(&mut phone).await;
        told(&mut desk).await;
    }
    let answer = desk.sub(&["~"]).await.remove(0);
    assert_eq!((&answer["unread"], &answer["read"]), (&json!(2), &json!(0)));
    let notices = answer["notices"].as_array().unwrap();
    assert!(notices.iter().all(|it| it["to"] == "@alice" && it["notice"].is_i64()), "{answer}");
    let top = answer["top"].as_i64().unwrap();
    phone.ask_ok(json!({"t": "read", "to": "~", "seq": top})).await;
    let heard = desk.event_of("~", "read").await;
    assert_eq!(heard["data"], json!({"to": "~", "seq": top}));
    assert_eq!(unread(&house, &bob).await, 0);
    // It never goes back, nor beyond what there is.
    for seq in [0, -1, i64::MIN, 1] {
        phone.ask_ok(json!({"t": "read", "to": "~", "seq": seq})).await;
    }
    phone.ask_ok(json!({"t": "read", "to": "~", "seq": i64::MAX})).await;
    let answer = desk.sub(&["~"]).await.remove(0);
    assert_eq!(answer["read"], top + 1, "its own event was the last there was");
    hers.send("@bob", "three").await;
    told(&mut desk).await;
    assert_eq!(unread(&house, &bob).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_or_taken_back_falls_out_and_what_was_changed_reads_anew() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, bob.socket().await);
    let said = his.send(LOBBY, "hm").await;
    let gone = hers.send("@bob", "gone").await;
    let changed = hers.send(LOBBY, "@bob before").await;
    hers.ask_ok(react(LOBBY, &said, "👍", true)).await;
    assert_eq!(unread(&house, &bob).await, 3);
    hers.ask_ok(json!({"t": "delete", "to": "@bob", "message": gone["id"]})).await;
    hers.ask_ok(react(LOBBY, &said, "👍", false)).await;
    let edit = json!({"t": "edit", "to": LOBBY, "message": changed["id"], "body": "@bob after"});
    hers.ask_ok(edit).await;
    let after = (NoticeKind::Mention, "@bob after".to_owned(), 1, true);
    assert_eq!(listed(&house, &bob).await, [after]);
    assert_eq!(unread(&house, &bob).await, 1);
    // A reaction that was given twice is one.
    for on in [true, false, true] {
        hers.ask_ok(react(LOBBY, &said, "👍", on)).await;
    }
    let first = lines(&house, &bob).await.remove(0);
    assert_eq!((first.kind, first.count), (NoticeKind::Reaction, 1));
    his.ask_ok(json!({"t": "delete", "to": LOBBY, "message": said["id"]})).await;
    assert_eq!(lines(&house, &bob).await.len(), 1);
    // Where they may not look any more, nothing is left.
    let (alices, verbs) = (house.who(&alice).await, house.verbs());
    verbs.make_room(&alices, "den", Access::Members).await.unwrap();
    verbs.invite(&alices, "den", "bob").await.unwrap();
    hers.send("#den", "@bob welcome").await;
    assert_eq!(lines(&house, &bob).await.len(), 3);
    verbs.ban(&alices, "den", "bob", true).await.unwrap();
    assert_eq!(listed(&house, &bob).await.len(), 1);
    assert_eq!(unread(&house, &bob).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_is_muted_or_blocked() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    let (bobs, verbs) = (house.who(&bob).await, house.verbs());
    let lobby = Target::Room("lobby".to_owned());
    let talk = Target::Person("alice".to_owned());
    let said = his.send(LOBBY, "quiet").await;
    let word = his.send("@alice", "a word").await;
    // Everything that may be told of a place, and nothing of it where the level is `nothing`.
    let all = async |hers: &mut MainSocket| {
        hers.send(LOBBY, "@bob!").await;
        hers.ask_ok(reply(LOBBY, "well", &said)).await;
        hers.ask_ok(react(LOBBY, &said, "👍", true)).await;
        hers.ask_ok(react(LOBBY, &said, "👍", false)).await;
        let edited = hers.send(LOBBY, "nobody").await;
        let edit = json!({"t": "edit", "to": LOBBY, "message": edited["id"], "body": "@bob"});
        hers.ask_ok(edit).await;
        hers.send("@bob", "psst").await;
        hers.ask_ok(react("@bob", &word, "👍", true)).await;
        hers.ask_ok(react("@bob", &word, "👍", false)).await;
    };
    for level in [Level::All, Level::Mentions] {
        for to in [&lobby, &talk] {
            verbs.set_level(&bobs, to, level).await.unwrap();
        }
        all(&mut hers).await;
        let mut kinds = Vec::new();
        for _ in 0..6 {
            kinds.push(told(&mut his).await["kind"].as_str().unwrap().to_owned());
        }
        let expected = ["mention", "reply", "reaction", "mention", "direct", "reaction"];
        assert_eq!(kinds, expected, "{level:?}");
    }
    // What was told before waits no longer while the place is muted.
    let before = unread(&house, &bob).await;
    for to in [&lobby, &talk] {
        verbs.set_level(&bobs, to, Level::Nothing).await.unwrap();
    }
    assert_eq!(unread(&house, &bob).await, 0);
    all(&mut hers).await;
    told_nothing(&mut his).await;
    for to in [&lobby, &talk] {
        verbs.set_level(&bobs, to, Level::All).await.unwrap();
    }
    assert_eq!(unread(&house, &bob).await, before);
    // Nor is anything left of whom they blocked.
    verbs.block(&bobs, "alice", true).await.unwrap();
    assert!(lines(&house, &bob).await.is_empty());
    assert_eq!(unread(&house, &bob).await, 0);
    verbs.block(&bobs, "alice", false).await.unwrap();
    assert_eq!(unread(&house, &bob).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_parts_and_every_line_stands_in_one_of_them() {
    let house = House::open_with(|config| {
        config.message_rate = crate::support::house::rate("10000/10s");
    })
    .await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut hers = alice.socket().await;
    for n in 0..120 {
        hers.send(LOBBY, &format!("@bob {n}")).await;
        if n % 40 == 0 {
            hers.send("@bob", &format!("aside {n}")).await;
        }
    }
    let who = house.who(&bob).await;
    let (mut before, mut all, mut sizes) = (None, Vec::new(), Vec::new());
    loop {
        let page = house.verbs().notifications(&who, before).await.unwrap();
        sizes.push(page.lines.len());
        all.extend(page.lines.into_iter().map(|it| (it.kind, it.text, it.count)));
        assert!(page.new);
        match page.before {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(sizes, [50, 50, 23]);
    let calls: Vec<_> =
        all.iter().filter(|(kind, ..)| *kind == NoticeKind::Mention).map(|it| &*it.1).collect();
    let expected: Vec<_> = (0..120).rev().map(|n| format!("@bob {n}")).collect();
    assert_eq!(calls, expected);
    // Counted no further than it must be.
    let answer = bob.socket().await.sub(&["~"]).await.remove(0);
    assert_eq!(answer["unread"], 100);
    assert!(bob.get("/notifications/").await.text().contains("99+"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_it_and_its_form_marks_it_without_a_script() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let empty = bob.get("/notifications/").await.is(200).text();
    assert!(
        empty.contains("Nothing has happened yet") && !empty.contains("see_notices"),
        "{empty}"
    );
    let mut hers = alice.socket().await;
    let sent = hers.send(LOBBY, "@bob <b>look</b>").await;
    hers.send("@bob", "one").await;
    hers.send("@bob", "two").await;
    let page = bob.get("/notifications/").await.is(200);
    let text = page.text();
    assert!(text.contains("@bob &lt;b&gt;look&lt;/b&gt;") && text.contains("2 private messages"));
    let link = format!("/chat/lobby/?at={}", sent["id"].as_str().unwrap());
    assert!(text.contains(&link) && text.contains("href=\"/talk/alice/\""), "{text}");
    // The bell says how many, in the header of this page and of a room's.
    for path in ["/notifications/", "/chat/", "/chat/lobby/", "/talk/alice/"] {
        let page = bob.get(path).await.text();
        assert!(page.contains("Notifications · 3 unread"), "{path}");
    }
    let seq = page.field("seq").unwrap();
    hers.send("@bob", "after the page was shown").await;
    let fields = [("seq", &*seq), ("page", "/notifications/")];
    let done = bob.post("/api/see_notices", &fields).await;
    assert_eq!(done.leads_to(), "/notifications/");
    assert_eq!(unread(&house, &bob).await, 1);
    let refused = bob.post("/api/see_notices", &[("seq", "x"), ("page", "/notifications/")]).await;
    assert!((400..500).contains(&refused.status), "{}", refused.status);
    // As it was once called.
    assert_eq!(bob.get("/mentions").await.leads_to(), "/notifications/?only=mentions");
    assert_eq!(
        bob.get("/mentions?before=3").await.leads_to(),
        "/notifications/?only=mentions&before=3"
    );
    assert_eq!(bob.get("/notifications").await.leads_to(), "/notifications/");
    let only = bob.get("/notifications/?only=mentions").await.is(200).text();
    assert!(only.contains("look") && !only.contains("after the page was shown"));
    let nobody: Result<_, Refusal> =
        house.verbs().notifications(&house.who(&house.visitor()).await, None).await;
    assert_eq!(nobody.unwrap_err().code, roomful::protocol::Code::LoginNeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_everything_in_its_place_need_not_mark_the_list() {
    let house = House::open_with(|config| {
        config.message_rate = crate::support::house::rate("10000/10s");
    })
    .await;
    house.account("alice", false).await;
    house.account("bob", false).await;
    let (alice, bob) = (house.log_in("alice").await, house.log_in("bob").await);
    let mut hers = alice.socket().await;
    let mut last = Value::Null;
    for n in 0..70 {
        last = hers.send(LOBBY, &format!("@bob {n}")).await;
    }
    let marker = async || bob.socket().await.sub(&["~"]).await[0]["read"].as_i64().unwrap();
    assert_eq!((marker().await, marker().await), (0, 0), "it is new");
    let mut his = bob.socket().await;
    his.ask_ok(read(LOBBY, &last)).await;
    let moved = async || (marker().await > 70).then_some(());
    crate::support::eventually("the marker to move", moved).await;
    // What comes then is new all the same.
    hers.send("@bob", "and now").await;
    let answer = bob.socket().await.sub(&["~"]).await.remove(0);
    assert_eq!(answer["unread"], 1, "{answer}");
}

/// What called this person, as the list of that alone shows it: text, and whether it is new.
async fn calls(house: &House, person: &Person) -> Vec<(String, bool)> {
    let page = house.verbs().mentions(&house.who(person).await, None).await.unwrap();
    page.lines.into_iter().map(|it| (it.text, it.new)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_calls_goes_by_the_rules_of_the_whole_list() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    let (bobs, verbs) = (house.who(&bob).await, house.verbs());
    let lobby = Target::Room("lobby".to_owned());
    let said = his.send(LOBBY, "who?").await;
    hers.send(LOBBY, "@bob one").await;
    hers.ask_ok(reply(LOBBY, "two", &said)).await;
    hers.send("@bob", "not a call").await;
    let one_and_two = |new| [("two".to_owned(), new), ("@bob one".to_owned(), new)];
    assert_eq!(calls(&house, &bob).await, one_and_two(true));
    // Whom they block, they do not see there either.
    verbs.block(&bobs, "alice", true).await.unwrap();
    assert!(calls(&house, &bob).await.is_empty());
    let page = bob.get("/notifications/?only=mentions").await.is(200).text();
    assert!(!page.contains("@bob one") && !page.contains("see_notices"), "{page}");
    verbs.block(&bobs, "alice", false).await.unwrap();
    // What is muted is nothing new.
    verbs.set_level(&bobs, &lobby, Level::Nothing).await.unwrap();
    assert_eq!(calls(&house, &bob).await, one_and_two(false));
    verbs.set_level(&bobs, &lobby, Level::All).await.unwrap();
    assert_eq!(calls(&house, &bob).await, one_and_two(true));
    // Here too all is marked at once, and it leads back here.
    let address = "/notifications/?only=mentions";
    let page = bob.get(address).await.is(200);
    let seq = page.field("seq").expect("the button");
    assert_eq!(page.field("page").as_deref(), Some(address));
    let done = bob.post("/api/see_notices", &[("seq", &*seq), ("page", address)]).await;
    assert_eq!(done.leads_to(), address);
    assert_eq!(calls(&house, &bob).await, one_and_two(false));
    let page = bob.get(address).await.is(200).text();
    assert!(!page.contains("see_notices") && !page.contains("tag new"), "{page}");
    // What came before their eyes is listed and not new.
    his.here(json!(LOBBY)).await;
    hers.send(LOBBY, "@bob three").await;
    assert_eq!(calls(&house, &bob).await[0], ("@bob three".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_an_edit_adds_is_new_to_whoever_has_read_the_message() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    let sent = hers.send(LOBBY, "who is in?").await;
    his.ask_ok(read(LOBBY, &sent)).await;
    let edited = hers.ask_ok(edit(LOBBY, &sent, "who is in? @bob")).await;
    let data = told(&mut his).await;
    assert_eq!((&data["message"], &data["seq"]), (&sent["id"], &edited["seq"]));
    assert_eq!(unread(&house, &bob).await, 1);
    let told_of = vec![("who is in? @bob".to_owned(), true)];
    assert_eq!(calls(&house, &bob).await, told_of);
    // Among the messages that they have not read there is none.
    let lobby = his.sub(&[LOBBY]).await.remove(0);
    assert_eq!((&lobby["unread"], &lobby["mentions"]), (&json!(0), &Value::Null));
    his.ask_ok(read(LOBBY, &edited)).await;
    assert_eq!(unread(&house, &bob).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_an_edit_takes_away_calls_nobody() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    let said = his.send(LOBBY, "who?").await;
    let sent = hers.send(LOBBY, "@bob is it you?").await;
    told(&mut his).await;
    assert_eq!(unread(&house, &bob).await, 1);
    let counted = async |socket: &mut MainSocket| socket.sub(&[LOBBY]).await[0]["mentions"].clone();
    assert_eq!(counted(&mut his).await, 1);
    hers.ask_ok(edit(LOBBY, &sent, "is it you?")).await;
    assert_eq!((unread(&house, &bob).await, lines(&house, &bob).await.len()), (0, 0));
    assert!(calls(&house, &bob).await.is_empty());
    assert_eq!(counted(&mut his).await, Value::Null);
    // The name comes back, and with it what they were told of; nobody is told again.
    hers.ask_ok(edit(LOBBY, &sent, "@Bob, it is you?")).await;
    told_nothing(&mut his).await;
    assert_eq!((unread(&house, &bob).await, lines(&house, &bob).await.len()), (1, 1));
    assert_eq!(counted(&mut his).await, 1);
    // An answer is one, whomever it names.
    let answer = hers.ask_ok(reply(LOBBY, "@bob, so it is", &said)).await;
    told(&mut his).await;
    for body in ["so it is", "so it was, @bob", "so it will be"] {
        hers.ask_ok(edit(LOBBY, &answer, body)).await;
    }
    assert_eq!(calls(&house, &bob).await[0], ("so it will be".to_owned(), true));
    assert_eq!(unread(&house, &bob).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_in_a_message_stays_hidden_in_the_list() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut hers = alice.socket().await;
    hers.send(LOBBY, "@bob ||the butler did it|| and **bold** `code`").await;
    hers.send("@bob", &format!("||{}||", "butler ".repeat(60))).await;
    hers.send(LOBBY, "/me nods at @bob").await;
    for address in ["/notifications/", "/notifications/?only=mentions"] {
        let page = bob.get(address).await.is(200).text();
        assert!(page.contains("@bob ▒▒▒ and bold code"), "{page}");
        assert!(page.contains(">nods at @bob<"), "{page}");
        assert!(!page.contains("butler") && !page.contains("||") && !page.contains("**"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_who_did_what_in_each_language() {
    let house = House::open().await;
    let people = ["alice", "carol", "dave", "erin", "frank"];
    let bob = house.person("bob").await;
    let said = bob.socket().await.send(LOBBY, "well?").await;
    for name in people {
        let mut socket = house.person(name).await.socket().await;
        socket.ask_ok(react(LOBBY, &said, "👍", true)).await;
    }
    house.by_token("alice").await.socket().await.send(LOBBY, "@bob").await;
    let seen = async |lang: &str| {
        let page = bob.clone().with("Accept-Language", lang).get("/notifications/").await;
        let text = page.is(200).text();
        let list = text.split("glimpses notices").nth(1).unwrap().split("</ul>").next().unwrap();
        let tags =
            |piece: &str| piece.split_once('>').map_or(String::new(), |(_, text)| text.into());
        list.split('<').map(tags).collect::<String>()
    };
    let english = seen("en").await;
    assert!(english.contains("frank, erin, dave and 2 more"), "{english}");
    assert!(english.contains("mentioned you in lobby") && english.contains(" new"), "{english}");
    let chinese = seen("zh").await;
    assert!(chinese.contains("frank、erin、dave 和另外 2 人"), "{chinese}");
    assert!(
        chinese.contains("在 lobby 用 👍 回应了你") && chinese.contains("在 lobby 提到了你"),
        "{chinese}"
    );
}

/// One notice, as somebody keeps count of it by hand.
struct Counted {
    own: i64,
    private: bool,
    seq: i64,
    id: Value,
    emoji: bool,
    stands: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn however_it_goes_the_count_is_that_of_whoever_counts_by_hand() {
    let house = House::open_with(|config| {
        config.message_rate = crate::support::house::rate("10000/10s");
    })
    .await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, own(&bob).await);
    let said = his.send(LOBBY, "react to this").await;
    // Numbers that are as good as any, and the same each time.
    let mut dice: u64 = 2026;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let (mut all, mut talk, mut lobby, mut own) = (Vec::<Counted>::new(), 0, 0, 0);
    let (mut tops, mut steps) = ((0, 1, 0), Vec::new());
    for step in 0..240 {
        let what = roll(9);
        match what {
            0..=2 => {
                let private = what == 0;
                let (to, body) = if private { ("@bob", "psst") } else { (LOBBY, "@bob") };
                let sent = hers.send(to, body).await;
                let event = his.event_of("~", "notify").await;
                let (own, seq) = (event["seq"].as_i64().unwrap(), sent["seq"].as_i64().unwrap());
                let id = sent["id"].clone();
                all.push(Counted { own, private, seq, id, emoji: false, stands: true });
                *(if private { &mut tops.0 } else { &mut tops.1 }) = seq;
                tops.2 = own;
            }
            3 | 4 => {
                let given = all.iter_mut().find(|it| it.emoji && it.stands);
                let on = given.is_none();
                let ok = hers.ask_ok(react(LOBBY, &said, "👍", on)).await;
                let seq = ok["seq"].as_i64().unwrap();
                tops.1 = seq;
                if let Some(given) = given {
                    given.stands = false;
                } else {
                    // What was taken back and given again stands again, by the seq of now: every notice of it.
                    all.iter_mut().filter(|it| it.emoji).for_each(|it| {
                        (it.stands, it.seq) = (false, seq);
                    });
                    let own = his.event_of("~", "notify").await["seq"].as_i64().unwrap();
                    let id = Value::Null;
                    all.push(Counted { own, private: false, seq, id, emoji: true, stands: true });
                    tops.2 = own;
                }
            }
            5 => {
                let mine: Vec<usize> =
                    (0..all.len()).filter(|at| all[*at].stands && !all[*at].emoji).collect();
                let Some(at) = mine.get(roll(mine.len().max(1) as u64) as usize) else { continue };
                let it = &mut all[*at];
                let to = if it.private { "@bob" } else { LOBBY };
                let ok = hers.ask_ok(json!({"t": "delete", "to": to, "message": it.id})).await;
                it.stands = false;
                *(if it.private { &mut tops.0 } else { &mut tops.1 }) = ok["seq"].as_i64().unwrap();
            }
            6 | 7 => {
                let (to, top, marker) = match what {
                    6 => ("@alice", tops.0, &mut talk),
                    _ => (LOBBY, tops.1, &mut lobby),
                };
                let seq = roll(top as u64 + 1) as i64;
                his.ask_ok(json!({"t": "read", "to": to, "seq": seq})).await;
                *marker = (*marker).max(seq);
            }
            _ if roll(4) == 0 => {
                let seq = roll(tops.2 as u64 + 1) as i64;
                his.ask_ok(json!({"t": "read", "to": "~", "seq": seq})).await;
                own = own.max(seq);
            }
            _ => {}
        }
        steps.push(what);
        if step % 12 == 0 {
            let new = |it: &&Counted| {
                it.stands && it.own > own && it.seq > if it.private { talk } else { lobby }
            };
            let by_hand = all.iter().filter(new).count().min(100);
            assert_eq!(unread(&house, &bob).await, by_hand, "after {steps:?}");
        }
    }
}
