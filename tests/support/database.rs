//! The database from outside: a second connection that locks it, and looks that know nothing of
//! its tables.

use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

/// A second connection to the file.
pub async fn connect(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(10));
    SqliteConnection::connect_with(&options).await.expect("the database opens")
}

/// Runs a statement.
pub async fn run(connection: &mut SqliteConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.expect("a statement");
}

/// Holds the database against every other writer until it is dropped or let go.
pub struct Locked(SqliteConnection);

impl Locked {
    /// Locks the file.
    pub async fn lock(file: &Path) -> Self {
        let mut connection = connect(file).await;
        run(&mut connection, "BEGIN IMMEDIATE".to_owned()).await;
        Self(connection)
    }

    /// Lets go.
    pub async fn release(mut self) {
        run(&mut self.0, "ROLLBACK".to_owned()).await;
        let _ = self.0.close().await;
    }
}

/// Every column of every table.
async fn columns(connection: &mut SqliteConnection) -> Vec<(String, String)> {
    let sql = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c \
               WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '\\_sqlx%' \
               ESCAPE '\\'";
    let rows = sqlx::query(sql).fetch_all(connection).await.expect("the tables");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// How many fields, anywhere, are exactly this text.
pub async fn fields_with(file: &Path, text: &str) -> i64 {
    let mut connection = connect(file).await;
    let mut found = 0;
    for (table, column) in columns(&mut connection).await {
        let sql = format!(
            "SELECT count(*) FROM \"{table}\" WHERE typeof(\"{column}\") = 'text' \
             AND \"{column}\" = ?"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(text).fetch_one(&mut connection).await;
        found += row.expect("a count").get::<i64, _>(0);
    }
    found
}

/// Lets everything that expires be over.
pub async fn expire_everything(file: &Path) -> usize {
    let mut connection = connect(file).await;
    let mut changed = 0;
    for (table, column) in columns(&mut connection).await {
        if column.contains("expire") {
            run(&mut connection, format!("UPDATE \"{table}\" SET \"{column}\" = 1")).await;
            changed += 1;
        }
    }
    changed
}

/// What SQLite itself thinks of the file.
pub async fn assert_sound(file: &Path) {
    let mut connection = connect(file).await;
    let row = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await;
    assert_eq!(row.expect("an answer").get::<String, _>(0), "ok");
}

/// The first column of what a statement finds.
pub async fn texts(file: &Path, sql: &'static str) -> Vec<String> {
    let mut connection = connect(file).await;
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("a statement");
    rows.iter().map(|row| row.get(0)).collect()
}
