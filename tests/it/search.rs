//! Searching what was said: what is found, by whom, and that nothing that is typed breaks it.

use super::support::{
    Answer, House, MainSocket, Person, cid, database, eventually, house::LOBBY, http::form,
};
use serde_json::{Value, json};

/// The answer to a search by its fields.
async fn ask(person: &Person, fields: &[(&str, &str)]) -> Answer {
    person.get(&format!("/api/v1/search?{}", form(fields))).await
}

/// What is found, the newest first: the text of each hit, with what is lit in brackets.
async fn found_by(person: &Person, fields: &[(&str, &str)]) -> Vec<String> {
    texts(&ask(person, fields).await.is(200).json())
}

async fn found(person: &Person, q: &str) -> Vec<String> {
    found_by(person, &[("q", q)]).await
}

fn texts(page: &Value) -> Vec<String> {
    let text = |hit: &Value| {
        let pieces = hit["pieces"].as_array().expect("pieces");
        let piece = |it: &Value| {
            let text = it["text"].as_str().unwrap_or_default();
            if it["lit"] == true { format!("[{text}]") } else { text.to_owned() }
        };
        pieces.iter().map(piece).collect()
    };
    page["hits"].as_array().expect("hits").iter().map(text).collect()
}

async fn say_all(socket: &mut MainSocket, to: &str, bodies: &[&str]) {
    for body in bodies {
        socket.send(to, body).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_said_is_found_at_once() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let mut socket = alice.socket().await;
    for n in 0..30 {
        let said = socket.send(LOBBY, &format!("the kettle number {n} boils")).await;
        let page = ask(&bob, &[("q", &format!("\"number {n}\""))]).await.is(200).json();
        assert_eq!(texts(&page), [format!("the kettle [number {n}] boils")]);
        let hit = &page["hits"][0];
        assert_eq!((&hit["id"], &hit["seq"]), (&said["id"], &said["seq"]));
        assert_eq!((&hit["to"], &hit["author"]), (&json!(LOBBY), &json!("alice")));
        assert_eq!(page["older"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_every_script_are_found() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    say_all(
        &mut socket,
        LOBBY,
        &[
            "明天下午的会议改到三点了，请大家准时参加",
            "会不会下雨？议论纷纷",
            "今日の会議は東京タワーで",
            "내일 회의는 세 시에 시작합니다",
            "Un CAFÉ s'il vous plaît, à l'hôtel",
            "die Straße nach Łódź",
            "พรุ่งนี้มีประชุมตอนบ่าย",
            "اجتماع الغدِ في الثالثة",
            "see you at the Roomful会议 in B2 🍅",
        ],
    )
    .await;
    for (q, lit) in [
        ("会议", vec!["[会议]", "[会议]"]),
        ("会", vec!["[会]", "[会]", "[会]", "[会]"]),
        ("会議", vec!["[会議]"]),
        ("三点", vec!["[三点]"]),
        ("タワー", vec!["[タワー]"]),
        ("회의", vec!["[회의]"]),
        ("シ", vec![]),
        ("cafe hotel", vec!["[CAFÉ]"]),
        ("HÔTEL", vec!["[hôtel]"]),
        ("strasse lodz", vec!["[Straße]"]),
        ("ประชุม", vec!["[ประชุม]"]),
        ("الغد", vec!["[الغدِ]"]),
        ("roomful 会议 b2", vec!["[Roomful会议]"]),
        ("🍅", vec!["[🍅]"]),
        ("ｒｏｏｍｆｕｌ", vec!["[Roomful]"]),
        ("room", vec!["[Roomful]"]),
        ("\"room\"", vec![]),
        ("会议 下雨", vec![]),
    ] {
        let found = found(&alice, q).await;
        assert_eq!(found.len(), lit.len(), "{q}: {found:?}");
        for (text, lit) in found.iter().zip(lit) {
            assert!(text.contains(lit), "{q}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_is_found_as_it_is_and_what_was_deleted_is_not() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    let (one, other) =
        (socket.send(LOBBY, "a heron").await, socket.send(LOBBY, "a xyzzyplugh").await);
    assert_eq!(found(&alice, "heron").await, ["a [heron]"]);
    assert_eq!(found(&alice, "xyzzyplugh").await, ["a [xyzzyplugh]"]);
    socket.ask_ok(json!({"t": "edit", "to": LOBBY, "message": one["id"], "body": "a stork"})).await;
    assert_eq!(found(&alice, "stork").await, ["a [stork]"]);
    assert!(found(&alice, "heron").await.is_empty());
    socket.ask_ok(json!({"t": "delete", "to": LOBBY, "message": other["id"]})).await;
    assert!(found(&alice, "xyzzyplugh").await.is_empty());
    assert_eq!(found(&alice, "from:alice").await, ["a stork"]);
    // Not anywhere in the index either. The end of the word, since beginnings are shared.
    let mut db = database::connect(&house.database()).await;
    let kept = "SELECT (SELECT COUNT(*) FROM search_content WHERE instr(c0, 'zyplugh'))
        + (SELECT COUNT(*) FROM search_data WHERE instr(block, CAST('zyplugh' AS BLOB)))";
    let kept: i64 = sqlx::query_scalar(kept).fetch_one(&mut db).await.expect("a count");
    assert_eq!(kept, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_words_are_found_by_the_two_alone() {
    let house = House::open_with(|config| config.public_reading = true).await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    alice.socket().await.send("@bob", "the key is under the third pot").await;
    bob.socket().await.send(LOBBY, "where is the key?").await;
    for (person, to) in [(&alice, "@bob"), (&bob, "@alice")] {
        let page = ask(person, &[("q", "key pot")]).await.is(200).json();
        assert_eq!(page["hits"][0]["to"], to);
        assert_eq!(found(person, "key").await.len(), 2);
        assert_eq!(found(person, &format!("in:{to} key")).await.len(), 1);
    }
    for q in ["key", "\"under the\"", "pot", "from:alice", "in:@alice key", "in:@bob", "in:lobby"] {
        for text in found(&carol, q).await {
            assert!(!text.contains("pot"), "{q}: {text}");
        }
    }
    let visitor = house.visitor();
    assert_eq!(found(&visitor, "key").await, ["where is the [key]?"]);
    assert_eq!(ask(&visitor, &[("q", "key in:@bob")]).await.is(401).code(), "login_needed");
    let page = carol.get("/search?q=key").await.is(200).text();
    assert!(page.contains("where is the") && !page.contains("third pot"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_search_where_they_may_read() {
    let house = House::open_with(|config| config.public_reading = false).await;
    house.person("alice").await.socket().await.send(LOBBY, "for members").await;
    assert_eq!(ask(&house.visitor(), &[("q", "members")]).await.is(401).code(), "login_needed");
    assert_eq!(
        house.visitor().get("/search?q=members").await.leads_to(),
        "/login?next=%2Fsearch%3Fq%3Dmembers"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn places_people_days_and_links() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    alice.make_room("book club").await;
    let (mut hers, mut his) = (alice.socket().await, bob.socket().await);
    hers.send(LOBBY, "tea in the lobby").await;
    his.send(LOBBY, "no tea, thanks").await;
    his.send("#book club", "tea with chapter nine: https://example.org/nine").await;
    hers.send("@bob", "tea?").await;
    let count = async |q: &str| found(&alice, q).await.len();
    for (q, wanted) in [
        ("tea", 4),
        ("tea from:alice", 2),
        ("tea from:@BOB", 2),
        ("tea from:alice from:bob", 4),
        ("in:lobby tea", 2),
        ("in:#lobby from:bob tea", 1),
        ("in:\"book club\" tea", 1),
        ("in:\"book club\" in:@bob tea", 2),
        ("in:@bob", 1),
        ("has:link", 1),
        ("has:link from:alice", 0),
        ("after:2001-01-01 tea", 4),
        ("before:2001-01-01 tea", 0),
        ("tea on:2001-01-01", 0),
    ] {
        assert_eq!(count(q).await, wanted, "{q}");
    }
    let by = async |fields: &[(&str, &str)]| found_by(&alice, fields).await.len();
    assert_eq!(by(&[("q", "tea"), ("from", "bob")]).await, 2);
    assert_eq!(by(&[("q", "tea"), ("in", "book club")]).await, 1);
    assert_eq!(by(&[("from", "bob"), ("in", "#lobby"), ("since", "2001-01-01")]).await, 1);
    assert_eq!(by(&[("q", "tea"), ("until", "2001-01-01")]).await, 0);
    // Days end at midnight, and both of a stretch count.
    let mut db = database::connect(&house.database()).await;
    let day = "UPDATE messages SET at = 980985600000 + seq * 43200000;
        DELETE FROM search; DELETE FROM search_docs; DELETE FROM search_logs;";
    database::run(&mut db, day.to_owned()).await;
    let mut house = house;
    house.restart().await;
    let alice = house.by_token("alice").await;
    // 2001-02-01 12:00 and 2001-02-02 00:00.
    for (q, wanted) in [
        ("in:lobby on:2001-02-01", vec!["tea in the lobby"]),
        ("in:lobby on:2001-02-02", vec!["no tea, thanks"]),
        ("in:lobby before:2001-02-02", vec!["tea in the lobby"]),
        ("in:lobby after:2001-02-01", vec!["no tea, thanks"]),
        ("in:lobby after:2001-02-02", vec![]),
    ] {
        // What was said before the index was made is taken up in the background.
        eventually(q, async || (found(&alice, q).await == wanted).then_some(())).await;
    }
    let both = [("in", "lobby"), ("since", "2001-02-01"), ("until", "2001-02-02")];
    assert_eq!(found_by(&alice, &both).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_or_what_is_not_there_is_said_of_the_field() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for (fields, status, field) in [
        ([("q", "x from:nobody"), ("in", "")], 404, "from"),
        ([("q", "x"), ("from", "nobody")], 404, "from"),
        ([("q", "x in:nowhere"), ("from", "")], 404, "in"),
        ([("q", "x"), ("in", "@nobody")], 404, "in"),
        ([("q", "x"), ("in", "@alice")], 422, "in"),
        ([("q", "x"), ("in", "~")], 422, "in"),
        ([("q", "x"), ("since", "yesterday")], 422, "since"),
        ([("q", "x"), ("until", "2026-02-31")], 422, "until"),
        ([("q", "x"), ("older", "far back")], 422, "older"),
    ] {
        let refusal = ask(&alice, &fields).await.is(status).refusal();
        assert_eq!(refusal["field"], field, "{refusal}");
        let page = alice.get(&format!("/search?{}", form(&fields))).await.is(status).text();
        assert!(page.contains("role=\"alert\"") && page.contains("value=\"x"), "{page}");
    }
    let twice = alice.get("/api/v1/search?q=a&q=b").await.is(400);
    assert_eq!(twice.code(), "bad_frame");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_typed_breaks_it() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    socket.send(LOBBY, "100% \"quoted\" AND a NEAR miss: c++ o'clock; DROP TABLE x -- *").await;
    let piled = format!("z{}", "\u{301}".repeat(3_900));
    socket.send(LOBBY, &piled).await;
    let many = "a ".repeat(128);
    let long_phrase = format!("\"{}\"", "会".repeat(250));
    let long_word = "b".repeat(256);
    let marks = format!("z{}", "\u{335}".repeat(255));
    let hostile = [
        "\"",
        "\"\"",
        "\"unbalanced",
        "a \"b",
        "quoted\" AND",
        "AND",
        "OR OR",
        "NOT",
        "a NOT b",
        "NEAR(a b, 2)",
        "a NEAR/2 b",
        "near miss",
        "words:a",
        "marks:l1",
        "marks : room",
        "{words}:a",
        "-a",
        "+a",
        "^a",
        "a*",
        "*",
        "**",
        "a + b",
        "(",
        ")",
        "(a",
        "a)",
        "((((((((((",
        "'",
        "';--",
        "'; DROP TABLE messages; --",
        "%",
        "_",
        "\\",
        "\u{0}",
        "a\u{0}b",
        "\u{0}\"\u{0}",
        "\u{301}",
        "\u{202e}abc",
        "\u{feff}",
        "\u{200b}",
        "🏳️‍🌈",
        "\u{fdfa}",
        "ﷺﷺﷺ",
        "from:",
        "in:",
        "in:\"",
        "from:\"\"",
        "has:",
        "before:",
        "before:9999-12-31 a",
        "after:0000-01-01 a",
        "after:9999-12-31",
        "on:0000-00-00",
        "before:-1",
        "in:#",
        "in:@",
        "from:@",
        "：",
        ":",
        "::",
        "a:b:c",
        "\n\t\r",
        "1e309",
        "\u{10ffff}",
        &many,
        &long_phrase,
        &long_word,
        &marks,
        "l1",
        "room",
        "u1",
        "p1",
        "y2026",
    ];
    for (n, q) in hostile.iter().enumerate() {
        // The searches of one person are limited.
        let asker = match n % 30 {
            0 => house.person(&format!("asker{n}")).await,
            _ => house.by_token(&format!("asker{}", n - n % 30)).await,
        };
        let answer = ask(&asker, &[("q", q)]).await;
        assert!(
            matches!(answer.status, 200 | 404 | 422),
            "{q:?}: {} {}",
            answer.status,
            answer.text()
        );
        if answer.status != 200 {
            assert!(!answer.refusal()["field"].is_null(), "{q:?}: {}", answer.text());
        }
        let page = asker.get(&format!("/search?{}", form(&[("q", q)]))).await;
        assert_eq!(page.status, answer.status, "{q:?}: {}", page.text());
    }
    let bob = house.person("bob").await;
    for (q, wanted) in [
        ("100%", 1),
        ("c++", 1),
        ("o'clock", 1),
        ("\"near miss\"", 1),
        ("and", 1),
        ("drop table", 1),
        ("z", 1),
    ] {
        assert_eq!(found(&bob, q).await.len(), wanted, "{q}");
    }
    // A text that is nearly all marks is shown in part.
    let shown = found(&bob, "z").await.remove(0);
    assert!(shown.chars().count() < 4_000, "{}", shown.len());
    for q in ["!?", "…", "。、", "\u{301}\u{301}"] {
        let refusal = ask(&bob, &[("q", q)]).await.is(422).refusal();
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!("invalid"), &json!("q")), "{q}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_refused_in_words() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let long = "a".repeat(10_000);
    for field in ["q", "from", "in"] {
        let refusal = ask(&alice, &[(field, &long)]).await.is(422).refusal();
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!("too_long"), &json!(field)));
        assert!(refusal["message"].as_str().is_some_and(|why| why.contains("256")), "{refusal}");
    }
    let page = alice.get(&format!("/search?q={long}")).await.is(422).text();
    assert!(page.contains("at most 256 characters"), "{page}");
    let chinese = alice.clone().with("Accept-Language", "zh-CN");
    let page = chinese.get(&format!("/search?q={long}")).await.is(422).text();
    assert!(page.contains("最多可以搜索 256 个字"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_everything_once_the_newest_first() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    alice.make_room("cellar").await;
    let mut socket = alice.socket().await;
    for n in 0..55 {
        let to = if n % 3 == 0 { "#cellar" } else { LOBBY };
        socket.send(to, &format!("jar {n} of plums")).await;
    }
    let (mut all, mut older) = (Vec::new(), String::new());
    loop {
        let page = ask(&alice, &[("q", "plums"), ("older", &older)]).await.is(200).json();
        all.extend(texts(&page));
        // What is said meanwhile moves nothing.
        socket.send(LOBBY, "more plums").await;
        match page["older"].as_str() {
            Some(next) => older = next.to_owned(),
            None => break,
        }
    }
    let expected: Vec<_> = (0..55).rev().map(|n| format!("jar {n} of [plums]")).collect();
    assert_eq!(all, expected);
    let page = alice.get("/search?q=jar+of+plums").await.is(200).text();
    assert_eq!(page.matches("class=\"hit\"").count(), 20, "{page}");
    let older = page.split("href=\"").find_map(|rest| {
        let href = rest.split('"').next()?;
        href.contains("older=").then(|| href.replace("&amp;", "&"))
    });
    let next = alice.get(&older.expect("a way to older ones")).await.is(200).text();
    assert!(next.contains("Newest") && !next.contains("jar 54"), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_can_be_typed_and_shows_hits_in_their_place() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let empty = alice.get("/search").await.is(200).text();
    assert!(empty.contains("from:alice") && empty.contains("name=\"q\""), "{empty}");
    let said =
        house.by_token("alice").await.socket().await.send(LOBBY, "<b>bold</b> & brave").await;
    let page = alice.get("/search?q=brave").await.is(200).text();
    let link = format!("/chat/lobby/?at={}", said["id"].as_str().unwrap_or_default());
    assert!(page.contains(&link), "{page}");
    assert!(page.contains("<mark>brave</mark>") && !page.contains("<b>bold"), "{page}");
    let nothing = alice.get("/search?q=cowardly&from=alice").await.is(200).text();
    assert!(
        nothing.contains("Nothing was found") && nothing.contains("/search?q=cowardly\""),
        "{nothing}"
    );
    let panel =
        alice.clone().with("X-Roomful-Panel", "1").get("/search?q=brave").await.is(200).text();
    assert!(!panel.contains("<html") && panel.contains("<mark>brave</mark>"), "{panel}");
    for page in ["/chat/", "/chat/lobby/"] {
        assert!(alice.get(page).await.is(200).text().contains("href=\"/search\""), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_house_is_taken_up_in_the_background() {
    let mut house = House::open().await;
    let alice = house.person("alice").await;
    alice.socket().await.send(LOBBY, "as it was").await;
    // As it was before there was an index, with a year of talk.
    let many = "DELETE FROM search; DELETE FROM search_docs; DELETE FROM search_logs;
        INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
            WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= 3000)
            SELECT log_id, i, author_id, 'user', 'old' || i, 'page ' || i || ' of the diary', at + i
            FROM n, messages WHERE seq = 1;
        UPDATE logs SET top = 3001, said_seq = 3001 WHERE kind = 'room';";
    let mut db = database::connect(&house.database()).await;
    database::run(&mut db, many.to_owned()).await;
    house.restart().await;
    let alice = house.by_token("alice").await;
    eventually("the newest page", async || {
        (found(&alice, "\"page 3001\"").await.len() == 1).then_some(())
    })
    .await;
    // Nobody who talks meanwhile waits, and they are found at once.
    alice.socket().await.send(LOBBY, "a new page").await;
    assert_eq!(found(&alice, "\"new page\"").await, ["a [new page]"]);
    let bob = house.person("bob").await;
    eventually("the whole diary", async || {
        let page = ask(&bob, &[("q", "\"page 2\"")]).await.is(200).json();
        (texts(&page).len() == 1 && page["whole"] == true).then_some(())
    })
    .await;
    assert_eq!(found(&bob, "\"as it was\"").await.len(), 1);
    house.stop().await;
    database::assert_sound(&house.database()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_crash_is_found_after_it() {
    let mut house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    for n in 0..20 {
        socket.send(LOBBY, &format!("log book {n}")).await;
        if n == 10 {
            assert_eq!(found(&alice, "log book").await.len(), 11);
        }
    }
    house.crash_and_restart().await;
    let alice = house.by_token("alice").await;
    assert_eq!(found(&alice, "log book").await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_are_limited_and_say_when_again() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut last = ask(&alice, &[("q", "x")]).await;
    for _ in 0..60 {
        // An empty question asks nothing.
        ask(&alice, &[("q", "")]).await.is(200);
        last = ask(&alice, &[("q", "x")]).await;
    }
    let refusal = last.clone().is(429).refusal();
    assert_eq!(refusal["code"], "rate_limited");
    assert!(last.header("retry-after").is_some());
    alice.get("/search?q=x").await.is(429);
    let bob = house.person("bob").await;
    ask(&bob, &[("q", "x")]).await.is(200);
    // Saying something is another matter.
    assert_eq!(bob.say(LOBBY, "still here", &cid()).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_that_one_may_not_see_are_not_searched() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    for room in ["den", "hall", "attic"] {
        alice.make_room(room).await;
        alice.socket().await.send(&format!("#{room}"), &format!("marbles in the {room}")).await;
    }
    let marbles = async |person: &Person| {
        let mut found = found(person, "marbles").await;
        found.sort();
        found
    };
    let all = ["[marbles] in the attic", "[marbles] in the den", "[marbles] in the hall"];
    assert_eq!(marbles(&bob).await, all);
    let mut db = database::connect(&house.database()).await;
    let log = "(SELECT log_id FROM rooms WHERE folded = ";
    let closed = format!(
        "UPDATE rooms SET access = 'members' WHERE folded = 'den';
         UPDATE rooms SET deleted_at = 1 WHERE folded = 'attic';
         UPDATE logs SET listed = 0 WHERE id IN ({log}'attic'), {log}'den'));
         INSERT INTO bans (user_id, log_id, banned_by, at)
         SELECT b.id, {log}'hall'), a.id, 0 FROM users a, users b
         WHERE a.folded = 'alice' AND b.folded = 'bob';"
    );
    database::run(&mut db, closed).await;
    // What is known by heart of rooms is learned from commits: here it was changed behind their back.
    let mut house = house;
    house.restart().await;
    let (alice, bob) = (house.by_token("alice").await, house.by_token("bob").await);
    assert_eq!(marbles(&alice).await, all[1..]);
    assert!(marbles(&bob).await.is_empty());
    assert_eq!(marbles(&house.visitor()).await, all[2..]);
    for q in ["marbles in:den", "in:hall", "in:attic"] {
        assert_eq!(ask(&bob, &[("q", q)]).await.is(404).refusal()["field"], "in", "{q}");
    }
    // Whom one has blocked one does not hear, unless one asks for them.
    let block = "INSERT INTO blocks (user_id, blocked_id, at) SELECT b.id, a.id, 0
        FROM users a, users b WHERE a.folded = 'alice' AND b.folded = 'bob';";
    alice.socket().await.send(LOBBY, "marbles for everybody").await;
    assert_eq!(marbles(&bob).await.len(), 1);
    database::run(&mut db, block.to_owned()).await;
    assert!(marbles(&bob).await.is_empty());
    assert_eq!(found(&bob, "marbles from:alice").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_asked_for() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let plan =
        alice.request("POST", "/api/v1/files?name=plan.txt", b"the plan").await.is(201).json();
    let mut socket = alice.socket().await;
    let sent =
        json!({"t": "send", "to": LOBBY, "cid": cid(), "body": "see this", "files": [plan["id"]]});
    socket.ask_ok(sent).await;
    socket.send(LOBBY, "see that").await;
    assert_eq!(found(&alice, "has:file see").await, ["[see] this"]);
    assert_eq!(found(&alice, "has:link see").await.len(), 0);
}
