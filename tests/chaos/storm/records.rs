//! The database as it is, read behind the server's back.

use super::audit::{Held, Log};
use crate::support::database::connect;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use std::{collections::BTreeMap, path::Path};

/// Everything that is stored, by the names that the ledger uses; see
/// [`log_name`](crate::support::client::ledger::log_name). The own log of alice is `~alice`.
pub async fn read(file: &Path) -> BTreeMap<String, Log> {
    let mut db = connect(file).await;
    let named = rows(
        &mut db,
        "SELECT l.id, l.top, r.name AS room, a.name AS low, b.name AS high, o.name AS own
         FROM logs l
         LEFT JOIN rooms r ON r.log_id = l.id
         LEFT JOIN directs d ON d.log_id = l.id
         LEFT JOIN users a ON a.id = d.low
         LEFT JOIN users b ON b.id = d.high
         LEFT JOIN users o ON o.log_id = l.id",
    )
    .await;
    let names: BTreeMap<i64, String> =
        named.iter().map(|row| (row.get("id"), name_of(row))).collect();
    let mut logs: BTreeMap<String, Log> = named
        .iter()
        .map(|row| (name_of(row), Log { top: row.get("top"), ..Log::default() }))
        .collect();
    let said = rows(
        &mut db,
        "SELECT m.log_id, m.seq, u.name AS author, m.cid, m.body
         FROM messages m JOIN users u ON u.id = m.author_id ORDER BY m.log_id, m.seq",
    )
    .await;
    for row in said {
        let (log, seq): (i64, i64) = (row.get("log_id"), row.get("seq"));
        logs.entry(names[&log].clone()).or_default().messages.push(Held {
            seq,
            // An id names its place.
            id: format!("{log}-{seq}"),
            author: row.get("author"),
            cid: row.get("cid"),
            body: row.get("body"),
        });
    }
    for row in rows(&mut db, "SELECT log_id, seq FROM events ORDER BY log_id, seq").await {
        let log: i64 = row.get("log_id");
        logs.entry(names[&log].clone()).or_default().others.push(row.get("seq"));
    }
    logs
}

async fn rows(db: &mut SqliteConnection, sql: &'static str) -> Vec<SqliteRow> {
    sqlx::query(sql).fetch_all(db).await.expect("the database can be read")
}

fn name_of(row: &SqliteRow) -> String {
    let text = |column| row.get::<Option<String>, _>(column);
    match (text("room"), text("low"), text("high"), text("own")) {
        (Some(room), ..) => format!("#{room}"),
        (_, Some(a), Some(b), _) => format!("@{}+{}", a.clone().min(b.clone()), a.max(b)),
        (.., Some(user)) => format!("~{user}"),
        _ => format!("of nobody ({})", row.get::<i64, _>("id")),
    }
}
