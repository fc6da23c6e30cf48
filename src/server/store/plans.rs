//! No statement of a page, a batch or a `sub` walks through a table, or sorts what is not the viewer's
//! own, however large the house is.

use super::sqlite::search;
use super::{
    Connection, Store, deliveries, devices, directs, files, hooks, kept_answers, pushes, repeats,
    revisions, rooms, sqlite, token_uses, tokens, users,
};
use crate::server::store::sqlite::BUSY;
use sqlx::AssertSqlSafe;

/// Rooms and messages of the house that the statements are planned for.
const LARGE: &str = "
    INSERT INTO logs (id, kind, epoch, top, said_seq, said_at)
        WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
        SELECT i, 'room', 'e', 1, 1, i FROM n;
    INSERT INTO rooms (log_id, name, folded, skeleton, created_at)
        SELECT id, 'r' || id, 'r' || id, 'r' || id, 0 FROM logs WHERE id > 1;
    INSERT INTO logs (id, kind, epoch) VALUES (10000, 'own', 'e');
    INSERT INTO users (id, name, folded, skeleton, password, log_id, created_at)
        VALUES (1, 'a', 'a', 'a', '', 10000, 0);
    INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
        SELECT id, 1, 1, 'user', id, '', id FROM logs WHERE kind = 'room';
    INSERT INTO reads (user_id, log_id, seq) SELECT 1, id, 0 FROM logs WHERE kind = 'room';
    INSERT INTO memberships (user_id, log_id, joined_at)
        SELECT 1, id, 0 FROM logs WHERE kind = 'room';
    INSERT INTO mentions (user_id, log_id, seq, notice, kind)
        SELECT 1, id, 1, id, 'mention' FROM logs WHERE kind = 'room';
    INSERT INTO events (log_id, seq, kind, data, at)
        SELECT 10000, id, CASE WHEN id % 2 THEN 'notify' ELSE 'read' END, '{}', 0
        FROM logs WHERE kind = 'room';";

/// Statements, and how many lists in each are sorted: the rooms and the conversations of whoever
/// looks; on the index, the rooms that are not for everybody and that they may see.
const STATEMENTS: [(&str, &str, usize); 56] = [
    ("MESSAGES_AROUND", sqlite::MESSAGES_AROUND, 0),
    ("MESSAGES_AT", sqlite::MESSAGES_AT, 0),
    ("PUT_CHANGES", sqlite::PUT_CHANGES, 0),
    ("STANDING", sqlite::STANDING, 2),
    ("ROOMS", sqlite::ROOMS, 2),
    ("ROOMS_NAMED", sqlite::ROOMS_NAMED, 2),
    ("SEEN", sqlite::SEEN, 0),
    ("SHUT_OUT", sqlite::SHUT_OUT, 0),
    ("KEEPS_NO_ORDER", sqlite::KEEPS_NO_ORDER, 0),
    ("STANDS", sqlite::STANDS, 0),
    ("HEARERS", sqlite::HEARERS, 0),
    ("HEARING_AUTHOR", sqlite::HEARING_AUTHOR, 0),
    ("NOTICES", sqlite::NOTICES, 0),
    ("CALLS", sqlite::CALLS, 0),
    ("UNSEEN", sqlite::UNSEEN, 0),
    ("CARDS", sqlite::CARDS, 0),
    ("rooms::FIND", rooms::FIND, 0),
    ("rooms::FIND_LIKE", rooms::FIND_LIKE, 0),
    ("rooms::BY_LOG", rooms::BY_LOG, 0),
    ("rooms::OF_ADMINS", rooms::OF_ADMINS, 0),
    ("revisions::OF", revisions::OF, 0),
    ("directs::FIND", directs::FIND, 0),
    ("LOOK", sqlite::LOOK, 0),
    ("PUT", sqlite::PUT, 0),
    ("HEADS", sqlite::HEADS, 0),
    ("REPLAY", sqlite::REPLAY, 0),
    ("search::LOOK", search::LOOK, 0),
    ("search::READ", search::READ, 0),
    ("search::FREE", search::FREE, 0),
    ("search::PUT", search::PUT, 0),
    ("search::BEHIND", search::BEHIND, 0),
    ("search::STRETCH", search::STRETCH, 0),
    ("search::ANY_BEFORE", search::ANY_BEFORE, 0),
    ("search::FIND", search::FIND, 0),
    ("files::FIND", files::FIND, 0),
    ("devices::OF_USER", devices::OF_USER, 0),
    ("devices::REACH", devices::REACH, 0),
    ("tokens::FIND", tokens::FIND, 0),
    ("tokens::EXPIRED", tokens::EXPIRED, 0),
    ("tokens::ID", tokens::ID, 0),
    ("token_uses::OF_TOKEN", token_uses::OF_TOKEN, 0),
    ("token_uses::OF_ALL", token_uses::OF_ALL, 0),
    ("kept_answers::FIND", kept_answers::FIND, 0),
    ("FREE", sqlite::FREE, 0),
    ("UNNAMED", sqlite::UNNAMED, 0),
    ("hooks::CALLED", hooks::CALLED, 0),
    ("hooks::SAID_SINCE", hooks::SAID_SINCE, 0),
    ("users::COUNT_BOTS", users::COUNT_BOTS, 0),
    ("deliveries::DUE", deliveries::DUE, 0),
    ("deliveries::TOLD", deliveries::TOLD, 0),
    ("pushes::BLOCKERS", pushes::BLOCKERS, 0),
    ("pushes::TAKE", pushes::TAKE, 0),
    ("pushes::FORGET", pushes::FORGET, 0),
    ("repeats::DUE", repeats::DUE, 0),
    ("repeats::MOVE_ON", repeats::MOVE_ON, 0),
    ("repeats::AHEAD", repeats::AHEAD, 0),
];

/// How SQLite would go about a statement, step by step.
async fn plan(db: &mut Connection, sql: &str) -> Vec<String> {
    let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(db).await.unwrap();
    steps.into_iter().map(|(.., step)| step).collect()
}

/// Whether a step walks through all of a table: not through one row (`h` is the house's), what another
/// step gives (`k`), or a list that was handed in.
fn walks(step: &str) -> bool {
    let Some(what) = step.strip_prefix("SCAN ") else { return false };
    let own = matches!(what, "CONSTANT ROW" | "k" | "h") || what.starts_with('(');
    !own && !what.contains("VIRTUAL TABLE") && what != "some" && what != "next"
}

async fn is_planned_well(db: &mut Connection, name: &str, sql: &str, sorted: usize) {
    // One plan each: SQLite explains the first of several statements alone.
    let statements = sql.split(';').map(str::trim);
    let mut steps = Vec::new();
    for one in statements.filter(|one| !matches!(*one, sqlite::BEGIN_WRITE | "COMMIT")) {
        steps.extend(plan(db, one).await);
    }
    let all = steps.join("\n");
    assert!(!steps.iter().any(|step| walks(step)), "{name} walks through a table:\n{all}");
    let sorts = steps.iter().filter(|step| step.contains("TEMP B-TREE")).count();
    assert_eq!(sorts, sorted, "{name} sorts:\n{all}");
    for step in &steps {
        // A join that began with the rooms of the house would be a search as well.
        let by_said = step.contains("USING INDEX logs_by_said (kind=?");
        // Where rooms are what is asked for, to go through them in their order is the way.
        let lists = name.starts_with("ROOMS");
        assert!(
            !by_said || sorted == 0 || lists,
            "{name} goes through the rooms to find some:\n{all}"
        );
    }
}

/// SQLite plans a statement anew, at ten times the cost of many a page's, for each value of a bare
/// parameter after LIMIT; a sum is not looked into.
#[test]
fn no_limit_is_a_bare_parameter() {
    let sources = [
        include_str!("sqlite.rs"),
        include_str!("sqlite/search.rs"),
        include_str!("deliveries.rs"),
        include_str!("devices.rs"),
        include_str!("directs.rs"),
        include_str!("history.rs"),
        include_str!("hooks.rs"),
        include_str!("rooms.rs"),
    ];
    for source in sources {
        for (at, _) in source.match_indices("LIMIT $") {
            let rest =
                source[at + "LIMIT $".len()..].trim_start_matches(|c: char| c.is_ascii_digit());
            assert!(rest.starts_with(" + 0"), "{}", &source[at..(at + 40).min(source.len())]);
        }
    }
}

#[tokio::test]
async fn every_statement_uses_indexes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("house.db"), BUSY).await.unwrap();
    let mut small = store.glance().await.unwrap();
    for (name, sql, sorted) in STATEMENTS {
        is_planned_well(&mut small, name, sql, sorted).await;
    }
    drop(small);
    let mut tx = store.write().await.unwrap();
    sqlx::raw_sql(LARGE).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    // Opened and closed, so that whatever is noted about the tables at such times is noted.
    for _ in 0..2 {
        let store = Store::open(&dir.path().join("house.db"), BUSY).await.unwrap();
        let mut large = store.glance().await.unwrap();
        for (name, sql, sorted) in STATEMENTS {
            is_planned_well(&mut large, name, sql, sorted).await;
        }
        drop(large);
        store.close().await;
    }
}

#[tokio::test]
async fn what_an_earlier_version_noted_about_a_small_house_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("house.db"), BUSY).await.unwrap();
    let mut tx = store.write().await.unwrap();
    sqlx::raw_sql(
        "ANALYZE; DROP INDEX rooms_by_log; DELETE FROM _sqlx_migrations WHERE version = 2",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let store = Store::open(&dir.path().join("house.db"), BUSY).await.unwrap();
    let mut db = store.glance().await.unwrap();
    let noted: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'sqlite_stat%'")
            .fetch_one(&mut *db)
            .await
            .unwrap();
    assert_eq!(noted, 0);
}
