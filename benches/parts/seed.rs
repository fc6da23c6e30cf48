//! Houses with people, rooms and histories in them, written before the server starts: the program
//! itself makes the database, plain SQL fills it in one transaction.

use super::{Outcome, process};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What stands in a house.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// People, each with a session.
    pub people: usize,
    /// Rooms next to the lobby.
    pub rooms: usize,
    /// Messages in the first room.
    pub first: usize,
    /// Messages in each other room.
    pub others: usize,
    /// So many people have joined the first rooms and read in them, as people do who look in often.
    pub readers: usize,
}

impl Plan {
    /// People and empty rooms, which they have joined.
    pub fn people_and_rooms(people: usize, rooms: usize) -> Self {
        Self { people, rooms, first: 0, others: 0, readers: people }
    }
}

/// Rooms in which a reader has a marker.
const MARKED: usize = 20;
/// Whose words the seeded messages are.
const AUTHORS: usize = 50;
/// Keys of logs, far from those that the program gives out first.
const OWN_LOGS: i64 = 1_000_000;
const ROOM_LOGS: i64 = 2_000_000;
/// A day, in milliseconds.
const DAY: i64 = 24 * 3_600 * 1_000;

/// Logs that are not whole in the index yet.
const NOT_INDEXED: &str = "SELECT COUNT(*) FROM logs l LEFT JOIN search_logs s ON s.log_id = l.id
    WHERE l.kind <> 'own' AND l.top > 0 AND (s.log_id IS NULL OR s.low > 0 OR s.high < l.top)";
const INDEXED_WITHIN: Duration = Duration::from_secs(300);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(250);

/// A house on disk; gone when dropped.
pub struct House {
    dir: TempDir,
}

/// The secret of a person's session.
pub fn secret(person: usize) -> String {
    format!("a-session-of-the-benchmark-number-{person:09}")
}

/// As the program stores a session's secret.
fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

/// A room's name, from 1 on.
pub fn room(n: usize) -> String {
    format!("room{n:05}")
}

impl House {
    /// Makes it.
    pub async fn make(plan: Plan) -> Outcome<Self> {
        let dir = TempDir::new().map_err(|e| format!("no folder for a house: {e}"))?;
        let house = Self { dir };
        let made = std::process::Command::new(process::program())
            .arg("migrate")
            .env("ROOMFUL_DATABASE_URL", house.url())
            .output()
            .map_err(|e| format!("{}: {e}", process::program().display()))?;
        if !made.status.success() {
            return Err(format!("no database: {}", String::from_utf8_lossy(&made.stderr)));
        }
        house.fill(plan).await.map_err(|e| format!("the house cannot be filled: {e}"))?;
        Ok(house)
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("roomful.db")
    }

    /// For the program's settings.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    async fn open(&self) -> sqlx::Result<SqliteConnection> {
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(self.file())).await
    }

    async fn fill(&self, plan: Plan) -> sqlx::Result<()> {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
        let now = now as i64;
        let Plan { people, rooms, first, others, readers } = plan;
        let hashes: Vec<String> = (1..=people).map(|n| hash(&secret(n))).collect();
        let hashes = serde_json::to_string(&hashes).unwrap_or_default();
        let to = |most: usize| {
            format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 WHERE {most} > 0 \
                 UNION ALL SELECT i + 1 FROM n WHERE i < {most})"
            )
        };
        let messages = |many: usize, rooms: &str| {
            format!(
                "{}, r(log) AS (SELECT id FROM logs WHERE kind = 'room' AND {rooms})
                 INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
                 SELECT log, i, 1 + i % {authors}, 'user', 'seed-' || log || '-' || i,
                        'Message ' || i || ' of the size that people usually write, now and then '
                        || 'with a second sentence.', {now} - ({many} - i) * 1000
                 FROM r, n;",
                to(many),
                authors = AUTHORS.min(people.max(1)),
            )
        };
        let first_log = ROOM_LOGS + 1;
        let statements = [
            "BEGIN IMMEDIATE;".to_owned(),
            format!(
                "{} INSERT INTO logs (id, kind, epoch)
                 SELECT {OWN_LOGS} + i, 'own', (SELECT epoch FROM house) FROM n;",
                to(people)
            ),
            format!(
                "{} INSERT INTO users (id, name, folded, skeleton, password, log_id, created_at)
                 SELECT i, printf('user%05d', i), printf('user%05d', i), printf('user%05d', i), '!',
                        {OWN_LOGS} + i, {now} FROM n;",
                to(people)
            ),
            format!(
                "INSERT INTO sessions (id, hash, user_id, agent, created_at, seen_at, expires_at)
                 SELECT 'session-' || key, value, key + 1, 'benchmark', {now}, {now}, {now} + {DAY}
                 FROM json_each('{hashes}');"
            ),
            format!(
                "{} INSERT INTO logs (id, kind, epoch)
                 SELECT {ROOM_LOGS} + i, 'room', (SELECT epoch FROM house) FROM n;",
                to(rooms)
            ),
            format!(
                "{} INSERT INTO rooms (log_id, name, folded, skeleton, created_at)
                 SELECT {ROOM_LOGS} + i, printf('room%05d', i), printf('room%05d', i),
                        printf('room%05d', i), {now} FROM n;",
                to(rooms)
            ),
            messages(first, &format!("id = {first_log}")),
            messages(others, &format!("id > {first_log}")),
            format!(
                "UPDATE logs SET top = {first}, said_seq = {first}, said_at = {now}
                 WHERE id = {first_log} AND {first} > 0;
                 UPDATE logs SET top = {others}, said_seq = {others}, said_at = {now} - id % 1000000
                 WHERE id > {first_log} AND {others} > 0;"
            ),
            format!(
                "{} INSERT INTO reads (user_id, log_id, seq)
                 SELECT i, id, MAX(top - 3, 0) FROM n, logs
                 WHERE kind = 'room' AND id BETWEEN {first_log} AND {ROOM_LOGS} + {MARKED};",
                to(readers)
            ),
            // Whoever reads in a room has joined it.
            "INSERT INTO memberships (user_id, log_id, joined_at)
             SELECT r.user_id, r.log_id, o.created_at FROM reads r
             JOIN rooms o ON o.log_id = r.log_id;"
                .to_owned(),
            "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);".to_owned(),
        ];
        let mut one = self.open().await?;
        for statement in statements {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut one).await?;
        }
        one.close().await
    }

    /// Waits until all that stands in the house can be found: putting half a million messages into the
    /// index of the search takes a while, happens once, and is not what is measured.
    pub async fn indexed(&self) -> Outcome<()> {
        let until = Instant::now() + INDEXED_WITHIN;
        while Instant::now() < until {
            let left = async {
                let mut one = self.open().await?;
                sqlx::query_scalar::<_, i64>(NOT_INDEXED).fetch_one(&mut one).await
            };
            match left.await {
                Ok(0) => return Ok(()),
                Ok(_) => tokio::time::sleep(LOOK).await,
                Err(e) => return Err(format!("the index cannot be looked at: {e}")),
            }
        }
        Err("the index is not whole yet".to_owned())
    }

    /// How many messages are stored.
    pub async fn messages(&self) -> Outcome<i64> {
        let count = async {
            let mut one = self.open().await?;
            sqlx::query_scalar("SELECT COUNT(*) FROM messages").fetch_one(&mut one).await
        };
        count.await.map_err(|e: sqlx::Error| format!("the messages cannot be counted: {e}"))
    }
}
