//! What is rendered is kept, and what is shown is never stale.

use super::support::{House, Person, database, house::LOBBY};
use roomful::protocol::{Target, urls};
use serde_json::json;

async fn room(person: &Person) -> String {
    person.get("/chat/lobby/").await.is(200).text()
}

async fn index(person: &Person) -> String {
    person.get("/chat/").await.is(200).text()
}

/// Names of the rooms on a page of the index, in their order.
fn rooms(page: &str) -> Vec<String> {
    let links = page.split("<li><a href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter_map(|link| urls::target(link).map(|to: Target| to.name().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_said_is_shown_to_everybody() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let everybody = [house.visitor(), alice.clone(), house.person("bob").await];
    let mut socket = alice.socket().await;
    for n in 0..60 {
        let said = socket.send(LOBBY, &format!("number {n}.")).await;
        for person in &everybody {
            assert!(room(person).await.contains(&format!("number {n}.")), "{}", person.name);
            assert!(index(person).await.contains(&format!("number {n}.")), "{}", person.name);
        }
        let older = format!("/chat/lobby/?before={}", said["seq"]);
        let older = house.visitor().get(&older).await.is(200).text();
        assert!(!older.contains(&format!("number {n}.")));
        assert!(n == 0 || older.contains(&format!("number {}.", n - 1)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_message_is_shown_as_it_is_now() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    alice.socket().await.send(LOBBY, "as it was").await;
    assert!(room(&alice).await.contains("as it was"));
    assert!(index(&alice).await.contains("as it was"));
    // An edit and a deletion as the log will have them: each takes the next seq.
    let mut db = database::connect(&house.database()).await;
    for (change, shown) in [
        ("body = 'as it is', edited_at = 1", "as it is"),
        ("deleted_at = 1", "This message was deleted."),
    ] {
        let sql =
            format!("UPDATE messages SET {change}; UPDATE logs SET top = top + 1 WHERE top > 0");
        database::run(&mut db, sql).await;
        for person in [&alice, &house.visitor()] {
            let page = room(person).await;
            assert!(page.contains(shown) && !page.contains("as it was"), "{page}");
            assert!(!index(person).await.contains("as it was"));
        }
    }
}

/// The rows of a page: what is kept for all who read the same.
fn rows(page: &str) -> &str {
    let (_, rest) = page.split_once("class=\"rows\"").unwrap();
    rest.split_once("class=\"compose\"").unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_to_messages_can_be_read_without_a_script_and_is_the_same_for_all() {
    let house = House::open().await;
    let [alice, bob] = [house.person("alice").await, house.person("bob").await];
    let mut socket = alice.socket().await;
    let first = socket.send(LOBBY, "lunch at on").await["id"].clone();
    let edit = json!({"t": "edit", "to": LOBBY, "message": first, "body": "lunch at one"});
    socket.ask_ok(edit).await;
    for (person, emoji) in [(&alice, "👍"), (&bob, "👍"), (&bob, "🎉")] {
        let react =
            json!({"t": "react", "to": LOBBY, "message": first, "emoji": emoji, "on": true});
        person.socket().await.ask_ok(react).await;
    }
    let answer =
        json!({"t": "send", "to": LOBBY, "cid": "answer-1", "body": "gladly", "reply_to": first});
    socket.ask_ok(answer).await;

    let page = room(&house.visitor()).await;
    let shown = rows(&page);
    let id = urls::encode(first.as_str().unwrap());
    for part in [
        "lunch at one",
        "(edited)",
        "alice and bob reacted with 👍",
        "bob reacted with 🎉",
        &format!("href=\"/chat/lobby/?at={id}#m-{id}\""),
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains(" mine") && !shown.contains("aria-pressed"), "{shown}");
    for person in [&alice, &bob] {
        // Each has read nothing yet: no line says what is new to whom.
        assert_eq!(rows(&room(person).await), shown, "{}", person.name);
    }
    socket.ask_ok(json!({"t": "delete", "to": LOBBY, "message": first})).await;
    let shown = room(&bob).await;
    let shown = rows(&shown);
    assert!(!shown.contains("lunch") && shown.contains("a message that was deleted"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_above_what_is_new_is_each_readers_own() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let readers = [house.person("bob").await, house.person("carol").await];
    let mut socket = alice.socket().await;
    for n in 1..=3 {
        socket.send(LOBBY, &format!("number {n}.")).await;
    }
    for (reader, read) in readers.iter().zip([1, 2]) {
        let mut socket = reader.socket().await;
        socket.tell(json!({"t": "read", "to": LOBBY, "seq": read})).await;
        super::support::eventually("the line", async || {
            let page = room(reader).await;
            let (above, below) = page.split_once("day new")?;
            assert!(above.contains(&format!("number {read}.")), "{page}");
            assert!(below.contains(&format!("number {}.", read + 1)), "{page}");
            Some(())
        })
        .await;
    }
    for person in [&alice, &house.visitor()] {
        assert!(!room(person).await.contains("day new"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_room_is_on_one_page_of_the_index() {
    let house = House::open().await;
    let mut db = database::connect(&house.database()).await;
    let many = "INSERT INTO logs (kind, epoch, said_at)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130)
            SELECT 'room', 'e', i / 2 FROM n;
        INSERT INTO rooms (log_id, name, folded, skeleton, created_at)
            SELECT id, 'Room ' || id, 'room ' || id, 'room ' || id, 0 FROM logs WHERE epoch = 'e';";
    database::run(&mut db, many.to_owned()).await;
    let alice = house.person("alice").await;
    let mut here = Vec::new();
    for room in ["Room 20", "Room 40", "Room 90"] {
        let mut socket = alice.enter(room).await;
        socket.entered().await;
        here.push(socket);
    }
    for (filter, most) in [("", 131), ("OOM", 130), ("room 1", 42)] {
        let mut all = Vec::new();
        loop {
            let path = format!("/chat/?offset={}&name={}", all.len(), urls::encode(filter));
            let page = rooms(&alice.get(&path).await.is(200).text());
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 50);
            all.extend(page);
        }
        let mut names = all.clone();
        names.sort();
        names.dedup();
        assert_eq!((all.len(), names.len()), (most, most), "{filter}");
        let fits = |name: &str| name.to_lowercase().contains(&filter.to_lowercase());
        assert!(all.iter().all(|name| fits(name)), "{all:?}");
        let lit: Vec<_> =
            ["Room 20", "Room 40", "Room 90"].into_iter().filter(|name| fits(name)).collect();
        assert_eq!(all[..lit.len()], lit, "{filter}");
    }
    for socket in here {
        socket.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_reader_does_not_wish_to_hear_is_folded_away_for_them_alone() {
    let house = House::open().await;
    let (alice, bob, carol) =
        (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    bob.socket().await.send("#lobby", "so loud").await;
    house.verbs().block(&house.who(&alice).await, "bob", true).await.unwrap();
    for (reader, folded) in [(&carol, false), (&alice, true), (&carol, false), (&alice, true)] {
        let page = room(reader).await;
        assert!(page.contains("so loud"));
        assert_eq!(rows(&page).contains("<details"), folded, "{}", reader.name);
    }
    house.verbs().block(&house.who(&alice).await, "bob", false).await.unwrap();
    assert!(!rows(&room(&alice).await).contains("<details"));
}
