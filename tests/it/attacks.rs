//! What somebody with a browser's console, curl and patience tries.

use crate::support::{
    House, Person, cid, database, encoded,
    house::{LOBBY, rate},
    main_socket::saying,
};
use futures_util::future::join_all;
use roomful::protocol::people::Access;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const SECRET: &str = "the key is under the third pot";

/// Alice's room for its members, with something said in it; its id.
async fn den(house: &House, alice: &Person) -> String {
    let who = house.who(alice).await;
    house.verbs().make_room(&who, "den", Access::Members).await.expect("a room");
    let said = alice.socket().await.send("#den", SECRET).await;
    said["id"].as_str().expect("an id").to_owned()
}

/// A message's id names its place, and anybody may guess one: by way of a place of their own it leads
/// nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_opens_nothing_by_way_of_another_place() {
    let house = House::open().await;
    let (alice, carol) = (house.person("alice").await, house.person("carol").await);
    let id = den(&house, &alice).await;
    let mut socket = carol.socket().await;
    socket.sub(&[LOBBY, "~"]).await;
    carol.make_room("mine").await;
    for to in [LOBBY, "#mine", "#den", "@alice"] {
        for mut frame in [
            json!({"t": "send", "cid": cid(), "body": "what was that?", "reply_to": id}),
            json!({"t": "edit", "message": id, "body": "nothing"}),
            json!({"t": "delete", "message": id}),
            json!({"t": "react", "message": id, "emoji": "👍", "on": true}),
            json!({"t": "pin", "message": id, "on": true}),
        ] {
            frame["to"] = json!(to);
            let err = socket.ask_err(frame.clone()).await;
            assert!(!err.to_string().contains(SECRET), "{frame}: {err}");
        }
    }
    for who in [&carol, &house.visitor()] {
        for to in [LOBBY, "#mine", "#den"] {
            for part in [format!("&around={id}"), "&after=0".to_owned(), "&before=99".to_owned()] {
                let page = who.try_history(to, &part).await;
                assert!(!page.text().contains(SECRET), "{to}{part}");
            }
        }
        for path in [
            format!("/chat/lobby/?at={id}"),
            format!("/chat/mine/?at={id}"),
            format!("/chat/den/?at={id}"),
            format!("/chat/lobby/edits/{id}"),
            format!("/chat/den/edits/{id}"),
            "/chat/den/about".to_owned(),
            "/chat/den/people".to_owned(),
            format!("/api/open_place?to={}&at={id}", encoded(LOBBY)),
            format!("/api/history?to={}&around={id}", encoded(LOBBY)),
            "/people/alice?room=den".to_owned(),
            "/notifications/".to_owned(),
            "/notifications/?only=mentions".to_owned(),
        ] {
            let page = who.get(&path).await;
            assert!(!page.text().contains("third pot"), "{path}");
        }
    }
    socket.fence().await;
    socket.assert_none(|frame| frame.to_string().contains("third pot"));
    assert_eq!(house.bodies(&alice, "#den").await, [SECRET]);
}

/// Whatever was handed in before somebody was kept out is in the log when that is answered, or never.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_by_whoever_was_kept_out() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.make_room("square").await;
    let (boss, verbs) = (house.who(&alice).await, house.verbs());
    for round in 0..12 {
        let mut sockets = Vec::new();
        for _ in 0..4 {
            sockets.push(bob.socket().await);
        }
        let shouting = join_all(sockets.iter_mut().map(async |socket| {
            for n in 0..25 {
                socket.tell(saying("#square", &format!("{round}: {n}"), &cid())).await;
            }
            socket.fence().await;
        }));
        let keeping_out = async {
            tokio::time::sleep(Duration::from_millis(round)).await;
            verbs.ban(&boss, "square", "bob", true).await.expect("kept out");
            alice.history("#square").await["top"].clone()
        };
        let (_, then) = tokio::join!(shouting, keeping_out);
        let err = sockets[0].ask_err(saying("#square", "and now?", &cid())).await;
        assert_eq!(err["code"], "not_found");
        assert_eq!(alice.history("#square").await["top"], then, "in round {round}");
        verbs.ban(&boss, "square", "bob", false).await.expect("let in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_blocked_does_not_show_themselves_by_writing() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (mut hers, mut his) = (alice.socket().await, bob.socket().await);
    his.send("@alice", "hello?").await;
    hers.sub(&["@bob"]).await;
    house.verbs().block(&house.who(&alice).await, "bob", true).await.expect("blocked");
    his.ask_ok(json!({"t": "typing", "to": "@alice"})).await;
    // What is told comes in its order: a message of hers to herself would come after it.
    bob.socket().await.send(LOBBY, "so I say it here").await;
    hers.sub(&[LOBBY]).await;
    alice.socket().await.send(LOBBY, "fine").await;
    hers.event(LOBBY).await;
    hers.assert_none(|frame| frame["t"] == "typing");
}

/// A notice in somebody's own log is no copy of what was said.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_deleted_message_no_notice_keeps_the_text() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut hers = alice.socket().await;
    let mut his = bob.socket().await;
    let start = his.sub(&["~"]).await.remove(0);
    let epoch = start["epoch"].as_str().expect("an epoch").to_owned();
    let mut ids = Vec::new();
    for (to, body) in [
        (LOBBY, "@bob the oven stays"),
        (LOBBY, "@bob the oven goes"),
        (LOBBY, "@bob the oven changes"),
        ("@bob", "the pot goes"),
    ] {
        let sent = hers.send(to, body).await;
        ids.push(sent["id"].clone());
        let told = his.event_of("~", "notify").await;
        assert_eq!(told["data"]["text"], body, "told whole, once");
    }
    for (to, at) in [(LOBBY, 1), ("@bob", 3)] {
        hers.ask_ok(json!({"t": "delete", "to": to, "message": ids[at]})).await;
    }
    let edit = json!({"t": "edit", "to": LOBBY, "message": ids[2], "body": "never mind"});
    hers.ask_ok(edit).await;
    let missed = his.sub_after("~", &epoch, 0).await;
    let events = missed["events"].as_array().expect("events");
    let told = events.iter().filter(|event| event["kind"] == "notify");
    let texts: Vec<&Value> = told.map(|event| &event["data"]["text"]).collect();
    assert_eq!(texts, ["@bob the oven stays", "", "", ""]);
    let stored = database::texts(&house.database(), "SELECT data FROM events").await;
    for gone in ["the oven goes", "the pot goes"] {
        assert!(!stored.iter().any(|data| data.contains(gone)), "{stored:#?}");
    }
}

/// What one does to rooms and people costs the house more than a message: it is as limited.
#[tokio::test(flavor = "multi_thread")]
async fn making_joining_and_blocking_are_limited_as_messages_are() {
    let house = House::open_with(|config| config.message_rate = rate("5/600s")).await;
    let (alice, bob) = (house.in_browser("alice").await, house.in_browser("bob").await);
    bob.make_room("stairs").await;
    let forms: [(&str, &[(&str, &str)]); 5] = [
        ("/api/join", &[("room", "stairs")]),
        ("/api/leave", &[("room", "stairs")]),
        ("/api/block", &[("person", "bob"), ("on", "true")]),
        ("/api/set_level", &[("to", "#stairs"), ("level", "nothing")]),
        ("/api/make_room", &[("name", "attic"), ("text", ""), ("access", "open")]),
    ];
    for (path, fields) in forms {
        assert!(alice.call(path, fields).await.status < 400, "{path}");
    }
    for (path, fields) in forms {
        let refused = alice.call(path, fields).await;
        assert_eq!((refused.status, &*refused.code()), (429, "rate_limited"), "{path}");
    }
    // To say something is another matter.
    alice.socket().await.send(LOBBY, "hello").await;
}

/// The head of a part has no end of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_whose_part_never_begins_is_refused_early() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    for (path, cookie) in [
        ("/api/say", None),
        ("/api/say", Some(alice.session())),
        ("/api/v1/files", Some(alice.session())),
        ("/account/avatar", Some(alice.session())),
    ] {
        let mut wire = TcpStream::connect(house.addr()).await.expect("connected");
        let cookie = cookie.map(|it| format!("Cookie: roomful_session={it}\r\n"));
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{}Content-Type: multipart/form-data; \
             boundary=edge\r\nContent-Length: 200000000\r\n\r\n--edge\r\nX-Pad: ",
            house.addr(),
            cookie.unwrap_or_default(),
        );
        wire.write_all(head.as_bytes()).await.expect("sent");
        let (began, pad) = (Instant::now(), [b'x'; 64 * 1024]);
        let mut sent = 0;
        // Until the server has had enough and closes, or answers.
        while began.elapsed() < Duration::from_secs(20) && sent < 150_000_000 {
            match wire.try_read(&mut [0; 1]) {
                Ok(_) => break,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            match tokio::time::timeout(Duration::from_secs(5), wire.write(&pad)).await {
                Ok(Ok(written)) => sent += written,
                _ => break,
            }
        }
        assert!(sent < 50_000_000, "{path} took {sent} bytes of a head");
    }
    alice.get("/healthz").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_s_texts_are_bounded_together() {
    let house = House::open().await;
    let mut body = Vec::new();
    let text = "x".repeat(200 * 1024);
    for n in 0..10 {
        let head =
            format!("--edge\r\nContent-Disposition: form-data; name=\"f{n}\"\r\n\r\n{text}\r\n");
        body.extend_from_slice(head.as_bytes());
    }
    body.extend_from_slice(b"--edge--\r\n");
    let visitor = house.visitor().with("Content-Type", "multipart/form-data; boundary=edge");
    let answer = visitor.request("POST", "/api/say", &body).await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

/// A visitor's file is refused before it comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_s_file_is_not_waited_for() {
    let house = House::open().await;
    for kind in ["application/octet-stream", "multipart/form-data; boundary=edge"] {
        let mut wire = TcpStream::connect(house.addr()).await.expect("connected");
        let head = format!(
            "POST /api/v1/files?name=a HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n\
             Content-Length: 1000\r\n\r\n--edge\r\n",
            house.addr()
        );
        wire.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = [0; 12];
        let read = tokio::time::timeout(Duration::from_secs(5), wire.read_exact(&mut answer)).await;
        read.expect("answered at once").expect("answered");
        assert_eq!(&answer, b"HTTP/1.1 401", "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_at_the_end_of_their_range_break_nothing() {
    let house = House::open().await;
    house.account("keeper", true).await;
    let keeper = house.log_in("keeper").await;
    let mut socket = keeper.socket().await;
    let id = socket.send(LOBBY, "hello https://example.org").await["id"].clone();
    let log = id.as_str().and_then(|id| id.split_once('-')).expect("a place").0.to_owned();
    let offsets = [u64::MAX.to_string(), i64::MAX.to_string(), "-1".to_owned(), "0".to_owned()];
    for offset in &offsets {
        for path in [
            format!("/chat/?offset={offset}"),
            format!("/chat/?name=l&offset={offset}"),
            format!("/people?offset={offset}"),
            format!("/chat/lobby/people?offset={offset}"),
            format!("/house?offset={offset}"),
            format!("/house/rooms?offset={offset}"),
        ] {
            assert!(keeper.get(&path).await.status < 500, "{path}");
        }
    }
    for seq in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        for path in [
            format!("/notifications/?before={seq}"),
            format!("/notifications/?only=mentions&before={seq}"),
            format!("/api/v1/search?q=hello&older={seq}"),
            format!("/search?q=hello&older={seq}"),
            format!("/api/v1/messages?to=%23lobby&before={seq}"),
            format!("/api/v1/messages?to=%23lobby&after={seq}"),
            format!("/api/v1/messages?to=%23lobby&around={log}-{seq}"),
            format!("/api/history?to=%23lobby&after={seq}"),
            format!("/chat/lobby/?at={log}-{seq}"),
            format!("/chat/lobby/edits/{log}-{seq}"),
        ] {
            assert!(keeper.get(&path).await.status < 500, "{path}");
        }
        let message = format!("{log}-{seq}");
        for frame in [
            json!({"t": "read", "to": LOBBY, "seq": seq}),
            json!({"t": "delete", "to": LOBBY, "message": message}),
            json!({"t": "react", "to": LOBBY, "message": message, "emoji": "👍", "on": true}),
            json!({"t": "send", "to": LOBBY, "cid": cid(), "body": "?", "reply_to": message}),
            json!({"t": "sub", "rooms": [{"to": LOBBY, "after": {"epoch": "e", "seq": seq}}]}),
        ] {
            socket.ask(frame).await;
        }
    }
    for day in ["0000-01-01", "9999-12-31", "+99999-01-01", "2026-02-30", "-0001-01-01"] {
        for path in [
            format!("/search?q=hello&since={day}&until={day}"),
            format!("/api/v1/search?q={}", encoded(&format!("hello on:{day} after:{day}"))),
        ] {
            assert!(keeper.get(&path).await.status < 500, "{path}");
        }
    }
}

/// One visitor has as many addresses as they like, in a network of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_with_many_addresses_searches_no_more_than_others() {
    let house = House::open_with(|config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let from = |address: String| house.visitor().with("X-Forwarded-For", &address);
    let mut last = 0;
    for n in 1..=61 {
        last = from(format!("2001:db8::{n:x}")).get("/api/v1/search?q=x").await.status;
    }
    assert_eq!(last, 429);
    from("2001:db8:0:1::1".to_owned()).get("/api/v1/search?q=x").await.is(200);
}
