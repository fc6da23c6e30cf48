//! Fills a room with messages behind the server's back, for tests and measurements of long rooms:
//! `fill <database> <room> <messages> [<milliseconds between them>]`. The room must be there, and people
//! to have said them.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

/// The messages are this far apart unless told, in milliseconds: a few to a group, and some days in all.
const APART: i64 = 60_000;

/// Each of the house's people says something in turn, up to now.
const MESSAGES: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2),
    people (id, turn, of_all) AS
        (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1, COUNT(*) OVER () FROM users)
    INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
    SELECT $1, (SELECT top FROM logs WHERE id = $1) + i,
           people.id, 'user', 'filled-' || $1 || '-' || i,
           'Message ' || i || ' of the size that people usually write, now and then with a second '
           || 'sentence. ' || CASE WHEN i % 7 = 0 THEN 'And a third, so that some are taller than '
           || 'others and nothing about where they stand can be guessed.' ELSE '' END,
           $3 - ($2 - i) * $4 FROM n JOIN people ON turn = (i / 3) % of_all";
const TOP: &str = "UPDATE logs SET top = top + $2, said_seq = top + $2, said_at = $3 WHERE id = $1";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(database), Some(room), Some(count)) = (args.next(), args.next(), args.next()) else {
        return Err("fill <database> <room> <messages> [<milliseconds between them>]".into());
    };
    let count: i64 = count.parse()?;
    let apart: i64 = args.next().map_or(Ok(APART), |apart| apart.parse())?;
    let now = roomful::protocol::At::now().0;
    let options = SqliteConnectOptions::new().filename(&database);
    let mut db = SqliteConnection::connect_with(&options).await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut db).await?;
    let log: i64 = sqlx::query_scalar("SELECT log_id FROM rooms WHERE name = $1")
        .bind(&room)
        .fetch_one(&mut db)
        .await?;
    sqlx::query(MESSAGES).bind(log).bind(count).bind(now).bind(apart).execute(&mut db).await?;
    sqlx::query(TOP).bind(log).bind(count).bind(now).execute(&mut db).await?;
    sqlx::query("COMMIT").execute(&mut db).await?;
    db.close().await?;
    Ok(())
}
