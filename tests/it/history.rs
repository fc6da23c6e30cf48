//! Pages of history in both directions and around a message, and how a place opens.

use super::support::{House, Person, database, house::LOBBY, http::form};
use serde_json::{Value, json};

/// So many messages of bob's as these seqs, each `line N.`, in the lobby.
async fn seed(house: &House, seqs: std::ops::RangeInclusive<i64>) {
    let (first, last) = (seqs.start(), seqs.end());
    let mut db = database::connect(&house.database()).await;
    let sql = format!(
        "INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
            WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
            SELECT l.id, i, u.id, 'user', 'seeded-' || i, 'line ' || i || '.', i * 60000
            FROM n, (SELECT log_id AS id FROM rooms WHERE folded = 'lobby') l,
                (SELECT id FROM users WHERE folded = 'bob') u;
         UPDATE logs SET top = {last}, said_seq = {last}, said_at = {last} * 60000
            WHERE id = (SELECT log_id FROM rooms WHERE folded = 'lobby');"
    );
    database::run(&mut db, sql).await;
}

/// A house in which bob has said so much.
async fn house(messages: i64) -> (House, Person) {
    let house = House::open().await;
    let alice = house.person("alice").await;
    house.person("bob").await;
    seed(&house, 1..=messages).await;
    (house, alice)
}

async fn read(person: &Person, seq: i64) {
    let mut socket = person.socket().await;
    socket.ask_ok(json!({"t": "read", "to": LOBBY, "seq": seq})).await;
    socket.close().await;
}

fn seqs(page: &Value) -> Vec<i64> {
    let messages = page["messages"].as_array().unwrap();
    messages.iter().map(|message| message["seq"].as_i64().unwrap()).collect()
}

fn ends(page: &Value) -> (i64, i64, bool, bool) {
    let seqs = seqs(page);
    assert!(seqs.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {seqs:?}");
    let flag = |name: &str| page[name].as_bool().unwrap();
    (seqs[seqs.len() - 1], seqs[0], flag("older"), flag("newer"))
}

/// The id of the message at that seq.
async fn id(person: &Person, seq: i64) -> String {
    let page = person.try_history(LOBBY, &format!("&before={}&limit=1", seq + 1)).await.is(200);
    page.json()["messages"][0]["id"].as_str().unwrap().to_owned()
}

/// The numbers of the lines on a page, from above.
fn lines(page: &str) -> Vec<i64> {
    let rows = page.split("<article").skip(1);
    rows.filter_map(|row| row.split("line ").nth(1)?.split('.').next()?.parse().ok()).collect()
}

fn found(page: &str) -> Vec<i64> {
    let rows = page.split("<article").skip(1).filter(|row| row.contains(" found\""));
    rows.filter_map(|row| row.split("line ").nth(1)?.split('.').next()?.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_in_both_directions_and_tell_whether_there_is_more() {
    let (_house, alice) = house(120).await;
    for (asked, wanted) in [
        ("", (71, 120, true, false)),
        ("&before=71", (21, 70, true, true)),
        ("&before=21", (1, 20, false, true)),
        ("&before=1000", (71, 120, true, false)),
        ("&after=0", (1, 50, false, true)),
        ("&after=50", (51, 100, true, true)),
        ("&after=100", (101, 120, true, false)),
        ("&after=70", (71, 120, true, false)),
        ("&after=-5", (1, 50, false, true)),
        ("&after=118&limit=1", (119, 119, true, true)),
        ("&before=2&limit=1", (1, 1, false, true)),
        ("&before=121&limit=200", (1, 120, false, false)),
    ] {
        let page = alice.try_history(LOBBY, asked).await.is(200).json();
        assert_eq!(ends(&page), wanted, "{asked}");
        assert_eq!(page["top"], 120);
    }
    let page = alice.try_history(LOBBY, "&after=120").await.is(200).json();
    assert_eq!(
        (seqs(&page), &page["older"], &page["newer"]),
        (vec![], &json!(true), &json!(false))
    );
    let page = alice.try_history(LOBBY, &format!("&after={}", i64::MAX)).await.is(200).json();
    assert!(seqs(&page).is_empty());
    // The browser's program gets the same.
    let path = format!("/api/history?{}", form(&[("to", LOBBY), ("after", "50")]));
    assert_eq!(ends(&alice.get(&path).await.is(200).json()), (51, 100, true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_around_a_message_has_it_in_its_middle() {
    let (_house, alice) = house(120).await;
    for (seq, wanted) in [
        (60, (35, 84, true, true)),
        (1, (1, 25, false, true)),
        (26, (1, 50, false, true)),
        (27, (2, 51, true, true)),
        (96, (71, 120, true, false)),
        (95, (70, 119, true, true)),
        (120, (95, 120, true, false)),
    ] {
        let around = format!("&around={}", id(&alice, seq).await);
        let page = alice.try_history(LOBBY, &around).await.is(200).json();
        assert_eq!(ends(&page), wanted, "{seq}");
        let one = alice.try_history(LOBBY, &format!("{around}&limit=1")).await.is(200).json();
        assert_eq!(seqs(&one), [seq]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_cannot_be_is_refused() {
    let (_house, alice) = house(3).await;
    for wrong in ["&after=x", "&before=", "&after=1.5", "&limit=x", "&limit=-1"] {
        let refused = alice.try_history(LOBBY, wrong).await.is(400);
        assert_eq!(refused.code(), "bad_frame", "{wrong}");
    }
    for wrong in ["&before=2&after=1", "&after=1&around=1-1"] {
        alice.try_history(LOBBY, wrong).await.is(422);
    }
    alice.try_history(LOBBY, "&after=1&after=2").await.is(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_here_sounds_the_same_whatever_it_is() {
    let (house, alice) = house(80).await;
    let carol = house.person("carol").await;
    let room = alice.make_room("attic");
    room.await;
    let mut bob = house.by_token("bob").await.socket().await;
    let elsewhere = bob.send("#attic", "up here").await["id"].as_str().unwrap().to_owned();
    let private = bob.send("@carol", "between us").await["id"].as_str().unwrap().to_owned();
    let mut mine = alice.socket().await;
    let deleted = mine.send(LOBBY, "never mind").await["id"].as_str().unwrap().to_owned();
    mine.ask_ok(json!({"t": "delete", "to": LOBBY, "message": deleted})).await;
    let log = id(&alice, 1).await.split('-').next().unwrap().to_owned();
    let future = format!("{log}-9999");
    let none = ["", "x", "-", "1-", "-1", "1-1-1", "01-1", "９-1", "1-99999999999999999999"];
    let ids = [&*elsewhere, &*private, &*deleted, &*future].into_iter().chain(none);
    for id in ids {
        let around = format!("&around={}", super::support::encoded(id));
        let refusal = alice.try_history(LOBBY, &around).await.is(404).refusal();
        assert_eq!(refusal["code"], "not_found", "{id}");
        assert_eq!(refusal["message"], "That message is not here any more.", "{id}");
        // Its page is the room as it opens, and says so.
        let address = format!("/chat/lobby/?at={}", super::support::encoded(id));
        let page = alice.get(&address).await.is(200).text();
        assert!(page.contains("That message is not here any more."), "{id}: {page}");
        assert!(page.contains("line 80.") && found(&page).is_empty(), "{id}");
        assert!(!page.contains("between us"), "{id}");
    }
    // Where it is, those see it who may.
    let around = format!("&around={private}");
    let page = carol.try_history("@bob", &around).await.is(200).json();
    assert_eq!(page["messages"][0]["body"], "between us");
    alice.try_history("@bob", &around).await.is(404);
    house.visitor().try_history("@bob", &around).await.is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_message_shows_it_with_ways_up_and_down() {
    let (house, alice) = house(200).await;
    for person in [&alice, &house.visitor()] {
        let id = id(&alice, 100).await;
        let page = person.get(&format!("/chat/lobby/?at={id}")).await.is(200).text();
        assert_eq!(lines(&page), (75..=124).collect::<Vec<_>>());
        assert_eq!(found(&page), [100]);
        assert!(page.contains(&format!("id=\"m-{id}\"")), "for its address' fragment");
        for way in ["?before=75\"", "?after=124#beginning\"", "?before=201\""] {
            assert!(page.contains(way), "{way} in {page}");
        }
        let up = person.get("/chat/lobby/?before=75").await.is(200).text();
        assert_eq!(lines(&up), (25..=74).collect::<Vec<_>>());
        let down = person.get("/chat/lobby/?after=124").await.is(200).text();
        assert_eq!(lines(&down), (125..=174).collect::<Vec<_>>());
        let newest = person.get("/chat/lobby/?before=201").await.is(200).text();
        assert_eq!(lines(&newest), (151..=200).collect::<Vec<_>>());
        assert!(!newest.contains("Newer messages") && found(&newest).is_empty());
    }
    // The same for the browser's program.
    let fields = [("to", LOBBY), ("at", &*id(&alice, 100).await)];
    let opened = alice.get(&format!("/api/open_place?{}", form(&fields))).await.is(200).json();
    assert_eq!(ends(&opened["history"]), (75, 124, true, true));
    assert_eq!(opened["at"], fields[1].1);
    // One address per place, and the message stays in it.
    let moved = alice.get(&format!("/chat/LOBBY/?at={}", fields[1].1)).await.is(308);
    assert_eq!(moved.leads_to(), format!("/chat/lobby/?at={}", fields[1].1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_has_pages_of_messages_too() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let bob = house.person("bob").await;
    let said = bob.socket().await.send("@alice", "line 1.").await;
    let id = said["id"].as_str().unwrap();
    let page = alice.get(&format!("/talk/bob/?at={id}")).await.is(200).text();
    assert_eq!(found(&page), [1]);
    // Between others there is nothing to be found.
    let carol = house.person("carol").await;
    let page = carol.get(&format!("/talk/bob/?at={id}")).await.is(200).text();
    assert!(page.contains("not here any more") && lines(&page).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_opens_where_the_new_begins() {
    let (house, alice) = house(200).await;
    let opens = async |person: &Person| {
        let page = person.get("/chat/lobby/").await.is(200).text();
        let new = page.split_once("day new").map(|(above, below)| {
            (lines(above).last().copied(), lines(&format!("<article{below}")).get(1).copied())
        });
        (lines(&page).first().copied(), lines(&page).last().copied(), new)
    };
    let newest = (Some(151), Some(200), None);
    assert_eq!(opens(&alice).await, newest, "who has never read here owes nothing");
    assert_eq!(opens(&house.visitor()).await, newest);
    read(&alice, 40).await;
    let (first, last, new) = opens(&alice).await;
    assert_eq!((first, last), (Some(16), Some(65)));
    assert_eq!(new.map(|(above, _)| above), Some(Some(40)));
    // Twice the same, by what is kept, and others see theirs.
    assert_eq!(opens(&alice).await.0, Some(16));
    assert_eq!(opens(&house.visitor()).await, newest);
    // A page that is asked for is that page.
    let page = alice.get("/chat/lobby/?before=201").await.is(200).text();
    assert_eq!(lines(&page).last(), Some(&200));
    assert!(!page.contains("day new"), "what is new began further up");
    read(&alice, 150).await;
    let (first, last, new) = opens(&alice).await;
    assert_eq!((first, last), (Some(151), Some(200)), "the newest page holds all of it");
    assert_eq!(new.map(|(above, _)| above), Some(None));
    read(&alice, 40).await;
    assert_eq!(opens(&alice).await.0, Some(151), "a marker never goes back");
    // Whoever speaks was there: the page after a plain form shows what was said.
    let (_house, alice) = self::house(200).await;
    read(&alice, 40).await;
    alice.socket().await.send(LOBBY, "line 201.").await;
    assert_eq!(opens(&alice).await.1, Some(201));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_device_is_read_on_all() {
    let (_house, alice) = house(5).await;
    let mut phone = alice.socket().await;
    let before = phone.sub(&[LOBBY, "~"]).await;
    read(&alice, 1).await;
    assert_eq!(before[0]["read"], 0);
    let event = phone.event("~").await;
    assert_eq!((&event["kind"], &event["data"]["seq"]), (&json!("read"), &json!(1)));
    assert_eq!(phone.sub(&[LOBBY]).await[0]["unread"], 4);
    read(&alice, 5).await;
    assert_eq!(phone.event("~").await["data"]["seq"], 5);
    assert_eq!(phone.sub(&[LOBBY]).await[0]["unread"], 0);
    let page = alice.get("/chat/lobby/").await.is(200).text();
    assert!(!page.contains("day new"));
}

/// A page of a room with a hundred thousand messages is found by its index, wherever it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_room_is_paged_like_a_short_one() {
    let (_house, alice) = house(100_000).await;
    for (asked, wanted) in [
        ("", (99_951, 100_000, true, false)),
        ("&before=50000", (49_950, 49_999, true, true)),
        ("&after=50000", (50_001, 50_050, true, true)),
        ("&after=0", (1, 50, false, true)),
    ] {
        let page = alice.try_history(LOBBY, asked).await.is(200).json();
        assert_eq!(ends(&page), wanted, "{asked}");
    }
    let id = id(&alice, 31_415).await;
    let page = alice.get(&format!("/chat/lobby/?at={id}")).await.is(200).text();
    assert_eq!(found(&page), [31_415]);
}
