//! Rooms for some: whoever may not see one finds nothing of it at any door, and whoever loses one hears
//! it at once.

use crate::support::{House, Person, cid, encoded, eventually, main_socket::saying, wire::Got};
use roomful::protocol::people::{Access, Role};
use roomful::protocol::{Code, Target, close};
use roomful::server::domain::{Who, changes::Wish};
use roomful::server::store::{acts, memberships, message_place};
use serde_json::{Value, json};

const DEN: &str = "den";
const IN_DEN: &str = "#den";
const SECRET: &str = "under the third pot";

/// Alice's room for its members, with something said in it; bob is one of them, carol is not.
async fn den(house: &House) -> (Person, Person, Person) {
    let people =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    let alice = house.who(&people.0).await;
    house.verbs().make_room(&alice, DEN, Access::Members).await.expect("a room");
    house.verbs().invite(&alice, DEN, "bob").await.expect("an invitation");
    people.0.socket().await.send(IN_DEN, SECRET).await;
    people
}

/// What a room that is not there answers, with its name in place of the other.
fn alike(told: &str, name: &str) -> String {
    told.replace(name, "…")
}

#[tokio::test(flavor = "multi_thread")]
async fn for_everybody_else_a_private_room_is_not_there() {
    let house = House::open().await;
    let (alice, bob, carol) = den(&house).await;
    assert_eq!(house.bodies(&bob, IN_DEN).await, [SECRET], "a member reads it");
    let found = bob.get("/api/v1/search?q=third").await.is(200).json();
    assert_eq!(found["hits"][0]["to"], IN_DEN, "and finds it");
    for who in [&carol, &house.visitor()] {
        // History, and the page.
        let (den, none) = (who.try_history(IN_DEN, "").await, who.try_history("#none", "").await);
        assert_eq!(
            (den.status, alike(&den.text(), DEN)),
            (none.status, alike(&none.text(), "none"))
        );
        assert_eq!(den.status, 404);
        let (den, none) = (who.get("/chat/den/").await, who.get("/chat/none/").await);
        assert_eq!(den.status, none.status);
        assert!(!den.text().contains(SECRET));
        // The server functions.
        let to = encoded(IN_DEN);
        for call in ["history?to=", "open_place?to="] {
            assert_eq!(who.get(&format!("/api/{call}{to}")).await.status, 404, "{call}");
        }
        // The index, and looking for it there.
        for page in ["/chat/", "/chat/?name=den"] {
            let index = who.get(page).await.is(200).text();
            assert!(!index.contains("/chat/den/"), "{page}");
            assert!(!index.contains(SECRET));
        }
        let cards = who.get("/api/list_rooms?filter=den&offset=0").await.is(200).json();
        assert_eq!(cards["rooms"], json!([]));
        let found = who.get("/api/v1/search?q=third").await.is(200).json();
        assert_eq!(found["hits"], json!([]));
        let named = who.get("/api/v1/search?q=third&in=%23den").await;
        assert!(!named.text().contains(SECRET), "{}", named.text());
        // The main socket.
        let mut socket = who.socket().await;
        assert_eq!(socket.sub_refused(IN_DEN).await, socket.sub_refused("#nine").await);
        let here = json!({"t": "here", "to": IN_DEN, "active": true});
        let absent = json!({"t": "here", "to": "#nine", "active": true});
        assert_eq!(socket.ask_err(here).await, socket.ask_err(absent).await);
    }
    let mut socket = carol.socket().await;
    for frame in [
        saying(IN_DEN, "let me in", &cid()),
        json!({"t": "read", "to": IN_DEN, "seq": 1}),
        json!({"t": "typing", "to": IN_DEN}),
        json!({"t": "react", "to": IN_DEN, "message": "2-2", "emoji": "👍", "on": true}),
        json!({"t": "edit", "to": IN_DEN, "message": "2-2", "body": "mine"}),
    ] {
        assert_eq!(socket.ask_err(frame.clone()).await["code"], "not_found", "{frame}");
    }
    // The form under the log.
    assert_eq!(carol.say(IN_DEN, "let me in", &cid()).await.status, 404);
    // The room socket tells a visitor nothing, and a member of the house that the name is not free.
    let mut room = house.visitor().enter(DEN).await;
    room.hears_error().await;
    assert_eq!(room.closed().await, 4404);
    let mut room = carol.enter(DEN).await;
    let told = room.hears_error().await;
    assert!(told["message"].as_str().unwrap().contains("another name"), "{told}");
    assert_eq!(room.closed().await, 4404);
    for name in ["den", "DEN", "dén\u{200b}".trim_end_matches('\u{200b}')] {
        let refused = carol.call("/api/enter_room", &[("name", name)]).await;
        assert!(!refused.text().contains("“den”"), "{}", refused.text());
    }
    // Verbs.
    let who = house.who(&carol).await;
    let verbs = house.verbs();
    for refused in [
        verbs.join(&who, DEN).await,
        verbs.leave(&who, DEN).await,
        verbs.invite(&who, DEN, "carol").await,
        verbs.remove(&who, DEN, "bob").await,
        verbs.ban(&who, DEN, "bob", true).await,
        verbs.set_role(&who, DEN, "carol", Role::Moderator).await,
        verbs.set_access(&who, DEN, Access::Open).await,
        verbs.about_room(&who, DEN, 0).await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code, Code::NotFound);
    }
    assert_eq!(house.bodies(&alice, IN_DEN).await, [SECRET], "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_private_room_is_told_to_nobody_else() {
    let house = House::open().await;
    let (alice, bob, carol) = den(&house).await;
    let (mut hers, mut his, mut theirs) =
        (alice.socket().await, bob.socket().await, carol.socket().await);
    theirs.sub(&["#lobby"]).await;
    hers.sub(&[IN_DEN]).await;
    his.here(json!(IN_DEN)).await;
    hers.sees_join(IN_DEN, "bob").await;
    theirs.fence().await;
    theirs.assert_none(|frame| frame.to_string().contains("den"));
    let index = carol.get("/api/list_rooms?filter=&offset=0").await.is(200).json();
    assert_eq!(index["lit"], 0, "{index}");
    let index = alice.get("/api/list_rooms?filter=&offset=0").await.is(200).json();
    assert_eq!((&index["lit"], &index["rooms"][0]["name"]), (&json!(1), &json!("den")));
    let side = carol.get("/api/open_place?to=%23lobby").await.is(200).text();
    assert!(!side.contains("den"), "{side}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_invited_hears_of_it_and_comes_in() {
    let house = House::open().await;
    let (alice, bob, carol) = den(&house).await;
    let mut socket = carol.socket().await;
    socket.sub(&["~"]).await;
    let (member, verbs) = (house.who(&bob).await, house.verbs());
    let mut hers = alice.socket().await;
    hers.sub(&[IN_DEN]).await;
    verbs.invite(&member, DEN, "Carol").await.unwrap();
    assert_eq!(socket.event_of("~", "rooms").await["data"], json!({"to": IN_DEN, "on": true}));
    let told = socket.event_of("~", "notify").await["data"].clone();
    assert_eq!(
        (&told["kind"], &told["from"], &told["to"]),
        (&json!("invite"), &json!("bob"), &json!(IN_DEN))
    );
    assert_eq!(hers.event_of(IN_DEN, "member").await["data"], json!({"user": "carol", "on": true}));
    let followed = socket.sub(&[IN_DEN]).await.remove(0);
    assert!(followed["err"].is_null(), "{followed}");
    socket.send(IN_DEN, "thank you").await;
    assert_eq!(hers.event_of(IN_DEN, "message").await["data"]["author"], "carol");
    // Once more is no second invitation, and nobody invites who may not come.
    verbs.invite(&member, DEN, "carol").await.unwrap();
    assert_eq!(verbs.invite(&member, DEN, "nobody").await.unwrap_err().code, Code::NotFound);
    assert_eq!(verbs.invite(&member, DEN, "bob").await.unwrap_err().code, Code::Invalid);
    let view = verbs.about_room(&member, DEN, 0).await.unwrap();
    let names: Vec<_> = view.members.iter().map(|it| (&*it.name, it.role)).collect();
    let (role, boss) = (Role::Member, Role::Moderator);
    assert_eq!(names, [("alice", boss), ("bob", role), ("carol", role)]);
}

/// Somebody's sockets, each following a room: two main sockets, and one of the room's own.
async fn follows(
    person: &Person,
    room: &str,
) -> (Vec<crate::support::MainSocket>, crate::support::RoomSocket) {
    let to = format!("#{room}");
    let mut mains = Vec::new();
    for _ in 0..2 {
        let mut socket = person.socket().await;
        socket.sub(&[&to]).await;
        socket.here(json!(to)).await;
        mains.push(socket);
    }
    let mut socket = person.enter(room).await;
    socket.hears(json!({"type": "user_list"})).await;
    socket.hears(json!({"type": "user_join"})).await;
    (mains, socket)
}

async fn hears_gone(socket: &mut crate::support::MainSocket, to: &str, reason: &str) {
    let gone = socket.frame("gone", |f| f["t"] == "gone").await;
    assert_eq!(gone, json!({"t": "gone", "to": to, "reason": reason}));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_out_hears_it_at_once_everywhere_and_nothing_after() {
    for (banned, reason, code) in [(false, "removed", 4404), (true, "banned", 4503)] {
        let house = House::open().await;
        let (alice, bob, _) = den(&house).await;
        let mut hers = alice.socket().await;
        hers.sub(&[IN_DEN]).await;
        let (mut mains, mut room) = follows(&bob, DEN).await;
        hers.sees_join(IN_DEN, "bob").await;
        let (boss, verbs) = (house.who(&alice).await, house.verbs());
        match banned {
            true => verbs.ban(&boss, DEN, "bob", true).await.unwrap(),
            false => verbs.remove(&boss, DEN, "bob").await.unwrap(),
        }
        hers.send(IN_DEN, "about him").await;
        for socket in &mut mains {
            hears_gone(socket, IN_DEN, reason).await;
            socket.fence().await;
            socket.assert_none(|f| f["t"] == "event" && f["kind"] == "message");
            assert_eq!(socket.sub_refused(IN_DEN).await["code"], "not_found");
            let err = socket.ask_err(saying(IN_DEN, "still here?", &cid())).await;
            assert_eq!(err["code"], "not_found");
        }
        room.hears_error().await;
        assert_eq!(room.closed().await, code);
        hers.sees_leave(IN_DEN, "bob").await;
        assert_eq!(bob.try_history(IN_DEN, "").await.status, 404);
        let invited = verbs.invite(&boss, DEN, "bob").await;
        assert_eq!(invited.is_err(), banned, "whoever is kept out is not invited");
        if banned {
            verbs.ban(&boss, DEN, "bob", false).await.unwrap();
            verbs.invite(&boss, DEN, "bob").await.unwrap();
        }
        // Back in, the same socket follows again and is told again.
        let followed = mains[0].sub(&[IN_DEN]).await.remove(0);
        assert!(followed["err"].is_null(), "{followed}");
        hers.send(IN_DEN, "welcome back").await;
        let heard = mains[0].event_of(IN_DEN, "message").await;
        assert_eq!(heard["data"]["body"], "welcome back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_kept_out_of_an_open_room_does_not_find_it() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.make_room("square").await;
    let (mut mains, room) = follows(&bob, "square").await;
    mains[0].send("#square", "hello").await;
    let (boss, verbs) = (house.who(&alice).await, house.verbs());
    verbs.ban(&boss, "square", "bob", true).await.unwrap();
    for socket in &mut mains {
        hears_gone(socket, "#square", "banned").await;
    }
    assert_eq!(room.closed().await, 4503);
    assert_eq!(bob.try_history("#square", "").await.status, 404);
    let index = bob.get("/api/list_rooms?filter=squ&offset=0").await.is(200).json();
    assert_eq!(index["rooms"], json!([]));
    let side = bob.get("/api/open_place?to=%23lobby").await.is(200).text();
    assert!(!side.contains("#square"), "{side}");
    assert_eq!(house.visitor().try_history("#square", "").await.status, 200, "it is open");
    verbs.ban(&boss, "square", "bob", false).await.unwrap();
    assert_eq!(bob.try_history("#square", "").await.status, 200);
    // Nobody but its moderator may, and an administrator is not sent away.
    let boss = house.admin("boss").await;
    let his = house.who(&bob).await;
    assert_eq!(verbs.ban(&his, "square", "alice", true).await.unwrap_err().code, Code::Forbidden);
    let hers = house.who(&alice).await;
    assert_eq!(verbs.remove(&hers, "square", "boss").await.unwrap_err().code, Code::Forbidden);
    verbs.remove(&house.who(&boss).await, "square", "alice").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_closed_is_lost_to_all_but_its_members() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    alice.make_room("square").await;
    bob.socket().await.send("#square", "I am in").await;
    let (mut hers, mut his, mut theirs) =
        (alice.socket().await, bob.socket().await, carol.socket().await);
    let mut visitor = house.visitor().socket().await;
    for socket in [&mut hers, &mut his, &mut theirs, &mut visitor] {
        socket.sub(&["#square"]).await;
    }
    let verbs = house.verbs();
    verbs.set_access(&house.who(&alice).await, "square", Access::Members).await.unwrap();
    hears_gone(&mut theirs, "#square", "removed").await;
    hears_gone(&mut visitor, "#square", "removed").await;
    hers.send("#square", "among us").await;
    assert_eq!(his.event_of("#square", "message").await["data"]["body"], "among us");
    for socket in [&mut theirs, &mut visitor] {
        socket.fence().await;
        socket.assert_none(|f| f["kind"] == "message");
    }
    assert_eq!(carol.try_history("#square", "").await.status, 404);
    verbs.set_access(&house.who(&alice).await, "square", Access::Open).await.unwrap();
    assert_eq!(carol.try_history("#square", "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_of_the_administrators_is_found_by_them_alone() {
    let house = House::open().await;
    let (root, alice) = (house.admin("root").await, house.person("alice").await);
    let verbs = house.verbs();
    let (boss, her) = (house.who(&root).await, house.who(&alice).await);
    let refused = verbs.make_room(&her, "engine", Access::Admins).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    verbs.make_room(&boss, "engine", Access::Admins).await.unwrap();
    assert_eq!(alice.try_history("#engine", "").await.status, 404);
    assert_eq!(house.visitor().try_history("#engine", "").await.status, 404);
    assert_eq!(root.try_history("#engine", "").await.status, 200);
    assert_eq!(verbs.invite(&boss, "engine", "alice").await.unwrap_err().code, Code::Forbidden);
    verbs.set_admin(&boss, "alice", true).await.unwrap();
    let mut socket = alice.socket().await;
    assert!(socket.sub(&["#engine"]).await[0]["err"].is_null());
    assert_eq!(alice.try_history("#engine", "").await.status, 200);
    let index = alice.get("/api/list_rooms?filter=eng&offset=0").await.is(200).json();
    assert_eq!(index["rooms"][0]["name"], "engine");
    socket.send("#engine", "in").await;
    // With the office goes the room, and every socket is opened anew.
    verbs.set_admin(&boss, "alice", false).await.unwrap();
    assert_eq!(socket.closed().await, 4003);
    assert_eq!(alice.try_history("#engine", "").await.status, 404);
    let side = alice.get("/api/open_place?to=%23lobby").await.is(200).text();
    assert!(!side.contains("engine"), "{side}");
    let last = verbs.set_admin(&boss, "root", false).await.unwrap_err();
    assert_eq!(last.code, Code::Invalid, "the house needs one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_deleted_is_gone_for_everybody_and_its_name_stays_taken() {
    let house = House::open().await;
    let (alice, bob, _) = den(&house).await;
    let root = house.admin("root").await;
    let mut his = bob.socket().await;
    his.sub(&[IN_DEN, "~"]).await;
    let (boss, verbs) = (house.who(&root).await, house.verbs());
    assert_eq!(root.try_history(IN_DEN, "").await.status, 404, "an administrator may not read it");
    let rooms = verbs.rooms_of_house(&boss, "den", 0).await.unwrap();
    assert_eq!((&*rooms.rooms[0].name, rooms.rooms[0].members), ("den", 2), "but knows of it");
    let hers = house.who(&alice).await;
    assert_eq!(verbs.delete_room(&hers, DEN).await.unwrap_err().code, Code::Forbidden);
    verbs.delete_room(&boss, DEN).await.unwrap();
    hears_gone(&mut his, IN_DEN, "deleted").await;
    assert_eq!(his.event_of("~", "rooms").await["data"], json!({"to": IN_DEN, "on": false}));
    for person in [&alice, &bob, &root] {
        assert_eq!(person.try_history(IN_DEN, "").await.status, 404);
        assert_eq!(person.call("/api/enter_room", &[("name", DEN)]).await.code(), "invalid");
    }
    assert_eq!(verbs.delete_room(&boss, DEN).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_joins_by_making_by_joining_or_by_the_first_word_and_leaves() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut own = bob.socket().await;
    own.sub(&["~"]).await;
    let rooms = async |person: &Person| -> Vec<String> {
        let page = person.get("/api/open_place?to=%23lobby").await.is(200).json();
        let lines = page["side"]["rooms"].as_array().cloned().unwrap_or_default();
        lines.iter().map(|line| line["to"].as_str().unwrap().to_owned()).collect()
    };
    for n in 0..9 {
        alice.make_room(&format!("a{n}")).await;
    }
    assert!(rooms(&alice).await.contains(&"#a3".to_owned()), "made");
    bob.socket().await.send("#a1", "one").await;
    bob.socket().await.send("#a1", "two").await;
    let joined = own.event_of("~", "rooms").await;
    assert_eq!(joined["data"], json!({"to": "#a1", "on": true}));
    let (who, verbs) = (house.who(&bob).await, house.verbs());
    verbs.join(&who, "A2").await.unwrap();
    verbs.join(&who, "a2").await.unwrap();
    let joined = own.event_of("~", "rooms").await;
    assert_eq!(joined["data"], json!({"to": "#a2", "on": true}), "once");
    // To read is not to join: a marker stays without it.
    let mut socket = bob.socket().await;
    socket.send("#a3", "three").await;
    socket.ask_ok(json!({"t": "read", "to": "#a3", "seq": 1})).await;
    verbs.leave(&who, "a3").await.unwrap();
    let left = own.frame("left", |f| f["kind"] == "rooms" && f["data"]["on"] == false).await;
    assert_eq!(left["data"]["to"], "#a3");
    let view = verbs.about_room(&who, "a3", 0).await.unwrap();
    assert_eq!(view.mine.role, None);
    assert_eq!(socket.sub(&["#a3"]).await[0]["read"], 1, "an open room is still there to read");
    let refused = verbs.leave(&who, "nowhere").await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    // A house that is opened again knows it all.
    let page: Value = bob.get("/api/open_place?to=%23a1").await.is(200).json();
    assert_eq!(page["mine"]["role"], "member", "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_was_joined_while_it_was_empty_owes_all_that_came_after() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let carol = house.person("carol").await;
    alice.make_room("square").await;
    house.verbs().join(&house.who(&bob).await, "square").await.unwrap();
    let mut hers = alice.socket().await;
    hers.send("#square", "one").await;
    hers.send("#square", "@bob two").await;
    let followed = async |who: &Person| who.socket().await.sub(&["#square"]).await.remove(0);
    let his = followed(&bob).await;
    assert_eq!((&his["read"], &his["unread"], &his["mentions"]), (&json!(0), &json!(2), &json!(1)));
    let page = bob.get("/api/open_place?to=%23lobby").await.is(200).json();
    let line = &page["side"]["rooms"][0];
    assert_eq!((&line["to"], &line["unread"]), (&json!("#square"), &json!(2)), "{page}");
    assert_eq!(followed(&alice).await["unread"], 0, "her own words");
    assert_eq!(followed(&carol).await["unread"], 0, "she only looks at it");
    // Whoever joins now has all of it behind them.
    house.verbs().join(&house.who(&carol).await, "square").await.unwrap();
    let hers = followed(&carol).await;
    assert_eq!((&hers["read"], &hers["unread"]), (&json!(2), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn my_rooms_are_those_i_joined_and_a_visitor_is_shown_some() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    for n in 0..9 {
        alice.make_room(&format!("a{n}")).await;
    }
    let side = async |person: &Person, at: &str| {
        let page = person.get(&format!("/api/open_place?to=%23{at}")).await.is(200).json();
        let lines = page["side"]["rooms"].as_array().cloned().unwrap_or_default();
        let names: Vec<String> =
            lines.iter().map(|line| line["to"].as_str().unwrap().to_owned()).collect();
        (names, page["side"]["outside"] == true)
    };
    assert_eq!(side(&bob, "a1").await, (vec![], true), "he has joined nothing");
    let (who, verbs) = (house.who(&bob).await, house.verbs());
    verbs.join(&who, "a1").await.unwrap();
    assert_eq!(side(&bob, "a1").await, (vec!["#a1".to_owned()], false));
    assert_eq!(side(&bob, "a2").await, (vec!["#a1".to_owned()], true));
    verbs.leave(&who, "a1").await.unwrap();
    assert_eq!(side(&bob, "a1").await, (vec![], true));
    let talk = bob.get("/api/open_place?to=@alice").await.is(200).json();
    assert!(talk["side"]["outside"].is_null(), "a conversation is not joined: {talk}");
    let visitor = house.visitor();
    let page = visitor.get("/api/open_place?to=%23a4").await.is(200).json();
    assert_eq!(page["side"]["rooms"].as_array().map(Vec::len), Some(8), "{page}");
    assert_eq!(page["side"]["rooms"][0]["to"], "#a4");
    assert!(page["side"]["outside"].is_null(), "{page}");
    let first = bob.get("/chat/a1/").await.is(200).text();
    assert!(first.contains("All rooms") && first.contains("No rooms yet"), "a way to them");
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_rooms_a_day_are_made_by_one_person_and_more_by_an_administrator() {
    let house = House::open_with(|config| config.rooms_per_day = 3).await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let who = house.who(&alice).await;
    let verbs = house.verbs();
    for n in 0..3 {
        alice.make_room(&format!("a{n}")).await;
        // What is there already is entered, and what is not free is refused as ever: neither is made.
        verbs.enter_room(&who, "a0").await.unwrap();
        verbs.make_room(&who, "a0", Access::Open).await.unwrap_err();
    }
    let form = [("name", "a3"), ("text", ""), ("access", "open"), ("page", "/chat/")];
    let browser = house.log_in("alice").await;
    let refused = browser.post("/api/make_room", &form).await.is(429).text();
    assert!(refused.contains("One person makes at most 3 rooms a day."), "{refused}");
    let refused = verbs.enter_room(&who, "a3").await.unwrap_err();
    assert_eq!((refused.code, refused.temporary), (Code::RateLimited, true));
    let wait = refused.retry_ms.expect("a wait");
    assert!(wait > 0 && wait <= 8 * 60 * 60 * 1_000, "{wait}");
    let mut socket = alice.wire("/ws/chat/a3/").await.expect("accepted, then told");
    match socket.got("why there is no such room").await {
        Got::Json(told) => assert_eq!(told["message"], refused.message),
        other => panic!("{other:?}"),
    }
    assert_eq!(socket.closed().await, close::RESYNC);
    bob.make_room("b0").await;
    let root = house.admin("root").await;
    for n in 0..5 {
        root.make_room(&format!("c{n}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_room_is_never_left_without_a_moderator() {
    let house = House::open().await;
    let (alice, bob, carol) = den(&house).await;
    let (hers, his, verbs) = (house.who(&alice).await, house.who(&bob).await, house.verbs());
    verbs.invite(&hers, DEN, "carol").await.unwrap();
    let mut socket = alice.socket().await;
    socket.sub(&[IN_DEN]).await;
    verbs.leave(&hers, DEN).await.unwrap();
    hears_gone(&mut socket, IN_DEN, "removed").await;
    let view = verbs.about_room(&his, DEN, 0).await.unwrap();
    assert_eq!(view.mine.role, Some(Role::Moderator), "who has been in it longest");
    verbs.remove(&his, DEN, "carol").await.unwrap();
    assert_eq!(carol.try_history(IN_DEN, "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_kept_out_while_they_subscribe_hears_nothing_of_the_room() {
    let house = House::open().await;
    let (alice, bob, _) = den(&house).await;
    let (boss, verbs) = (house.who(&alice).await, house.verbs());
    for round in 0..30 {
        let mut his = bob.socket().await;
        let asked = his.number(json!({"t": "sub", "rooms": [{"to": IN_DEN}]})).await;
        verbs.remove(&boss, DEN, "bob").await.unwrap();
        let body = format!("after {round}");
        alice.socket().await.send(IN_DEN, &body).await;
        his.reply(asked).await;
        his.fence().await;
        his.assert_none(|f| f["data"]["body"] == json!(body));
        verbs.invite(&boss, DEN, "bob").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_held_for_a_room_that_was_lost() {
    let house = House::open().await;
    let (alice, bob, _) = den(&house).await;
    let (mut mains, room) = follows(&bob, DEN).await;
    let (boss, verbs) = (house.who(&alice).await, house.verbs());
    verbs.remove(&boss, DEN, "bob").await.unwrap();
    for socket in &mut mains {
        hears_gone(socket, IN_DEN, "removed").await;
    }
    room.closed().await;
    for socket in mains {
        socket.close().await;
    }
    let target = Target::Room(DEN.to_owned());
    let place = verbs.locate(&boss, &target).await.unwrap();
    eventually("nobody to be in the room", async || {
        (verbs.online(&place)?.count == 0).then_some(())
    })
    .await;
}

/// What somebody may is asked before they act, and once more when it is their turn: here they lose it
/// in between, while what they do waits for the writer.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_the_right_before_it_is_their_turn_does_not_use_it() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    let (hers, his, theirs) =
        (house.who(&alice).await, house.who(&bob).await, house.who(&carol).await);
    let verbs = house.verbs();
    verbs.make_room(&hers, "square", Access::Open).await.unwrap();
    for who in [&his, &theirs] {
        verbs.join(who, "square").await.unwrap();
    }
    let said = carol.socket().await.send("#square", "mine").await;
    let message = said["id"].as_str().unwrap().to_owned();
    let (square, log) = {
        let (log, _) = message_place(&message).unwrap();
        (Target::Room("square".to_owned()), log)
    };
    let Who::Member(me) = &his else { panic!("bob has an account") };
    let bob_id = me.id;
    let wishes = || {
        let message = message.clone();
        [
            Wish::Edit { message: message.clone(), body: "his".to_owned() },
            Wish::Delete { message: message.clone() },
            Wish::Pin { message, on: true },
            Wish::Topic { text: "his".to_owned() },
        ]
    };
    for n in 0..8 {
        verbs.set_role(&hers, "square", "bob", Role::Moderator).await.unwrap();
        let (go, gone) = tokio::sync::oneshot::channel();
        let work: acts::Work = Box::new(move |acting| {
            Box::pin(async move {
                let _ = gone.await;
                memberships::set_role(acting.db, bob_id, log, Role::Member).await?;
                acting.changed(acts::Changed::Standing { user: bob_id, log });
                Ok(Ok(()))
            })
        });
        verbs.writer.act(acts::Act { work, done: Box::new(|_| {}), rights: true });
        let begun = async || (verbs.writer.waiting() == 0).then_some(());
        eventually("his right to be about to go", begun).await;
        let act = async {
            match n {
                0 => verbs.remove(&his, "square", "carol").await,
                1 => verbs.ban(&his, "square", "carol", true).await,
                2 => verbs.set_role(&his, "square", "carol", Role::Moderator).await,
                3 => verbs.set_access(&his, "square", Access::Members).await,
                _ => {
                    let wish = wishes().into_iter().nth(n - 4).unwrap();
                    verbs.change_and_wait(&his, &square, wish).await.map(drop)
                }
            }
        };
        let then = async {
            eventually("his act to wait", async || (verbs.writer.waiting() > 0).then_some(()))
                .await;
            go.send(()).unwrap();
        };
        let (done, ()) = tokio::join!(act, then);
        assert_eq!(done.unwrap_err().code, Code::Forbidden, "{n}");
    }
    let view = verbs.about_room(&theirs, "square", 0).await.unwrap();
    assert_eq!((view.mine.role, view.mine.access), (Some(Role::Member), Access::Open));
    let page = carol.history("#square").await;
    assert_eq!(page["messages"][0]["body"], "mine", "{page}");
    assert!(page["about"].is_null(), "{page}");
}
