use super::*;
use crate::server::store::sqlite::BUSY;

const ALICE: UserId = UserId(1);
const DAY: i64 = 86_400_000;

/// A house with alice, and a room a thousand times over.
const HOUSE: &str = "
    INSERT INTO logs (id, kind, epoch)
        WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1009)
        SELECT i, 'room', 'e' FROM n;
    INSERT INTO rooms (log_id, name, folded, skeleton, created_at)
        SELECT id, 'r' || id, 'r' || id, 'r' || id, 0 FROM logs WHERE id >= 10;
    INSERT INTO logs (id, kind, epoch) VALUES (2, 'own', 'e');
    INSERT INTO users (id, name, folded, skeleton, password, log_id, created_at)
        VALUES (1, 'alice', 'alice', 'alice', '', 2, 0);";

async fn house(dir: &tempfile::TempDir) -> Store {
    let store = Store::open(&dir.path().join("house.db"), BUSY).await.unwrap();
    run(&store, HOUSE).await;
    store
}

async fn run(store: &Store, sql: &str) {
    let mut tx = store.write().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// Something is said in a log at a moment.
async fn say(store: &Store, log: i64, at: i64, body: &str) {
    let sql = format!(
        "UPDATE logs SET top = top + 1, said_seq = top + 1, said_at = {at} WHERE id = {log};
         INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
         SELECT id, top, 1, 'user', id || '-' || top, '{body}', {at} FROM logs WHERE id = {log};"
    );
    run(store, &sql).await;
}

/// Takes up everything; how many turns it took.
async fn follow_all(store: &Store) -> usize {
    let mut turns = 0;
    loop {
        let (logs, _) = survey(&mut store.glance().await.unwrap(), LogId(0)).await.unwrap();
        if logs.is_empty() {
            return turns;
        }
        let logs: Vec<Of> = logs.into_iter().take(64).map(|(log, _)| Of::Log(log)).collect();
        store.follow(&logs).await.unwrap();
        turns += 1;
    }
}

fn anything(word: &str, rooms: Rooms) -> Asked {
    let phrases = vec![Phrase {
        terms: terms::terms(word).into_iter().map(|term| term.text).collect(),
        begins: false,
    }];
    Asked {
        phrases,
        authors: Vec::new(),
        logs: Vec::new(),
        has: Vec::new(),
        since: At(0),
        until: At(i64::MAX),
        reach: Reach { rooms, member: Some(ALICE), blocked: BTreeSet::new() },
    }
}

fn everywhere() -> Rooms {
    Rooms::AllBut(BTreeSet::new())
}

async fn bodies(store: &Store, asked: &Asked, docs: i64) -> Vec<String> {
    let mut db = store.glance().await.unwrap();
    let (mut before, mut bodies) = (i64::MAX, Vec::new());
    loop {
        let window = find(&mut db, asked, before, docs, 3).await.unwrap();
        bodies.extend(window.hits.into_iter().map(|hit| hit.body));
        match window.next {
            Some(next) => {
                assert!(next < before, "it goes on");
                before = next;
            }
            None => return bodies,
        }
    }
}

#[tokio::test]
async fn a_log_is_taken_up_from_its_newest_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = house(&dir).await;
    for n in 1..=600 {
        say(&store, 10, n * DAY, &format!("said {n}.")).await;
    }
    let followed = store.follow(&[Of::Log(LogId(10))]).await.unwrap();
    let stands = |news, past| vec![Followed { place: 0, log: LogId(10), news, past }];
    assert_eq!(followed, stands(false, true));
    let said = anything("said", everywhere());
    let newest = bodies(&store, &said, 100).await;
    assert_eq!((newest[0].as_str(), newest.len()), ("said 600.", ROWS as usize));
    // What is said meanwhile comes first.
    say(&store, 10, 601 * DAY, "said just now").await;
    store.follow(&[Of::Log(LogId(10))]).await.unwrap();
    assert_eq!(bodies(&store, &said, 100).await[0], "said just now");
    follow_all(&store).await;
    let all = bodies(&store, &said, 100).await;
    assert_eq!((all.len(), all[600].as_str()), (601, "said 1."));
    assert_eq!(store.follow(&[Of::Log(LogId(10))]).await.unwrap(), stands(false, false));
}

#[tokio::test]
async fn who_may_read_one_room_of_a_thousand_finds_what_was_said_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = house(&dir).await;
    say(&store, 500, DAY, "the word, long ago").await;
    let many = "
        UPDATE logs SET top = top + 1 WHERE id >= 10;
        INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
        SELECT id, top, 1, 'user', 'm' || id, 'the word', 900 * 86400000 + id FROM logs WHERE id >= 10;";
    run(&store, many).await;
    follow_all(&store).await;
    let only = |rooms: &[i64]| Rooms::Only(rooms.iter().map(|id| LogId(*id)).collect());
    let asked = anything("word", only(&[500]));
    assert_eq!(bodies(&store, &asked, 4_096).await, ["the word", "the word, long ago"]);
    // In one step, since the others are not even looked at.
    let mut db = store.glance().await.unwrap();
    let window = find(&mut db, &asked, i64::MAX, 4_096, 10).await.unwrap();
    assert_eq!((window.hits.len(), window.next), (2, None));
    drop(db);
    assert!(bodies(&store, &anything("word", only(&[])), 100).await.is_empty());
    let closed: BTreeSet<LogId> = (11..=200).map(LogId).collect();
    assert_eq!(bodies(&store, &anything("word", Rooms::AllBut(closed)), 4_096).await.len(), 811);
    let most = || (10..=1_008).map(LogId);
    let asked = anything("word", Rooms::AllBut(most().collect()));
    assert_eq!(bodies(&store, &asked, 4_096).await, ["the word"]);
    // More rooms than a question can name: who asks looks at each hit by itself.
    let more = most().chain((5_000..5_100).map(LogId)).collect();
    let asked = anything("word", Rooms::AllBut(more));
    assert_eq!(bodies(&store, &asked, 4_096).await.len(), 1_001);
    let hits = find(&mut store.glance().await.unwrap(), &asked, i64::MAX, 4_096, 2_000).await;
    let hits = hits.unwrap().hits;
    let held = hits.iter().filter(|hit| asked.reach.holds(hit.log, &hit.place));
    assert_eq!(held.map(|hit| hit.log).collect::<Vec<_>>(), [LogId(1_009)]);
}

#[tokio::test]
async fn what_was_changed_or_deleted_leaves_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = house(&dir).await;
    for body in ["first xyzzyplugh", "second", "third 会议"] {
        say(&store, 10, DAY, body).await;
    }
    let log = [Of::Log(LogId(10))];
    store.follow(&log).await.unwrap();
    // The end of the word, since what it begins with may stand elsewhere.
    let kept = "SELECT (SELECT COUNT(*) FROM search_content WHERE instr(c0, 'zyplugh'))
        + (SELECT COUNT(*) FROM search_data WHERE instr(block, CAST('zyplugh' AS BLOB)))";
    let kept = async || -> i64 {
        sqlx::query_scalar(kept).fetch_one(&mut *store.glance().await.unwrap()).await.unwrap()
    };
    assert!(kept().await > 1);
    let event = |kind: &str, seq: i64, change: &str| {
        format!(
            "UPDATE messages SET {change} WHERE log_id = 10 AND seq = {seq};
             UPDATE logs SET top = top + 1 WHERE id = 10;
             INSERT INTO events (log_id, seq, kind, data, at)
             SELECT 10, top, '{kind}', '{{\"message\":\"10-{seq}\"}}', 0 FROM logs WHERE id = 10;"
        )
    };
    run(&store, &event("edit", 2, "body = 'second fiddle', edited_at = 1")).await;
    run(&store, &event("delete", 1, "deleted_at = 1")).await;
    store.follow(&log).await.unwrap();
    assert_eq!(kept().await, 0);
    let found = async |word| bodies(&store, &anything(word, everywhere()), 100).await;
    assert_eq!(found("fiddle").await, ["second fiddle"]);
    assert_eq!(found("second").await, ["second fiddle"]);
    assert!(found("xyzzyplugh").await.is_empty() && found("first").await.is_empty());
    assert_eq!(found("会").await, ["third 会议"]);
    // Said, changed and deleted before the index ever came by.
    say(&store, 10, DAY, "fourth xyzzyplugh").await;
    run(&store, &event("edit", 6, "body = 'fifth xyzzyplugh'")).await;
    run(&store, &event("delete", 6, "deleted_at = 1")).await;
    store.follow(&log).await.unwrap();
    assert_eq!(kept().await, 0);
    let mut db = store.glance().await.unwrap();
    let sound = sqlx::query("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)");
    sound.execute(&mut *db).await.unwrap();
}

#[tokio::test]
async fn a_million_of_one_moment_would_have_a_number_each() {
    let dir = tempfile::tempdir().unwrap();
    let store = house(&dir).await;
    // The last number of that millisecond is taken, and the first of the next.
    let last = first_of(At(DAY)) + index::SLOT - 1;
    let taken = format!("INSERT INTO search_docs VALUES ({last}, 0, 1), ({}, 0, 2)", last + 1);
    run(&store, &taken).await;
    for body in ["one", "two"] {
        say(&store, 10, DAY, body).await;
    }
    follow_all(&store).await;
    let numbers: Vec<i64> =
        sqlx::query_scalar("SELECT docid FROM search_docs WHERE log_id = 10 ORDER BY seq")
            .fetch_all(&mut *store.glance().await.unwrap())
            .await
            .unwrap();
    assert_eq!(numbers, [last + 2, last + 3]);
}

#[tokio::test]
async fn a_log_that_is_taken_up_twice_is_in_the_index_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = house(&dir).await;
    for body in ["one word", "two words", "three words"] {
        say(&store, 10, DAY, body).await;
    }
    follow_all(&store).await;
    run(&store, "DELETE FROM search_logs").await;
    follow_all(&store).await;
    assert_eq!(bodies(&store, &anything("words", everywhere()), 10).await.len(), 2);
}

/// As the indexer does when something is said in a log whose past is not in the index yet.
#[tokio::test]
async fn a_log_that_is_asked_for_in_several_ways_is_taken_up_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = house(&dir).await;
    run(
        &store,
        "INSERT INTO logs (id, kind, epoch) VALUES (3, 'own', 'e'), (4, 'direct', 'e');
         INSERT INTO users (id, name, folded, skeleton, password, log_id, created_at)
            VALUES (2, 'bob', 'bob', 'bob', '', 3, 0);
         INSERT INTO directs (log_id, low, high) VALUES (4, 1, 2);",
    )
    .await;
    for log in [4, 10] {
        for body in ["one word", "two words", "three words"] {
            say(&store, log, DAY, body).await;
        }
    }
    let room = Of::Log(LogId(10));
    let (by_key, by_people) = (Of::Log(LogId(4)), Of::Direct(ALICE, UserId(2)));
    let followed = store.follow(&[room, by_people, room, by_key]).await.unwrap();
    let stands = |place, log| Followed { place, log: LogId(log), news: false, past: false };
    assert_eq!(followed, [stands(0, 10), stands(1, 4), stands(2, 10), stands(3, 4)]);
    assert_eq!(bodies(&store, &anything("words", everywhere()), 10).await.len(), 4);
    say(&store, 4, DAY, "more words").await;
    store.follow(&[by_key, by_people]).await.unwrap();
    assert_eq!(bodies(&store, &anything("words", everywhere()), 10).await.len(), 5);
}

#[tokio::test]
async fn days_bound_a_search() {
    let dir = tempfile::tempdir().unwrap();
    let store = house(&dir).await;
    for day in 0..40 {
        say(&store, 10, day * DAY * 20, &format!("day {day}")).await;
    }
    follow_all(&store).await;
    for (since, until) in [(0, 0), (0, 1), (20, 21), (60, 301), (390, 10_000), (781, 10_000)] {
        let asked = Asked {
            since: At::of_day(since),
            until: At::of_day(until),
            ..anything("day", everywhere())
        };
        let expected: Vec<String> = (0..40)
            .rev()
            .filter(|day| (since..until).contains(&(day * 20)))
            .map(|day| format!("day {day}"))
            .collect();
        for docs in [1, 7, 1_000] {
            assert_eq!(bodies(&store, &asked, docs).await, expected, "{since} {until} {docs}");
        }
    }
}

#[test]
fn links_are_seen() {
    for body in ["https://example.org", "see HTTP://a.b for", "(http://x)"] {
        assert!(has_link(body), "{body}");
    }
    for body in ["", "https://", "http:// x", "example.org", "htt p://a"] {
        assert!(!has_link(body), "{body}");
    }
}
