//! Where everything stands that a page shows beside its messages, as of one moment.

use super::heads::UNREAD_AMONG;
use super::notifications::UNSEEN_AMONG;
use super::{Connection, LogId, Result, UserId, json, logs::Head, sqlite};
use crate::protocol::notices::Unseen;
use crate::protocol::people::{Access, Level, Role};
use crate::protocol::{At, limits::UNREAD_MOST};
use serde::de::DeserializeOwned;

/// For whom: a user, and their own log.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// The user.
    pub id: UserId,
    /// Their own log.
    pub own: LogId,
}

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Rooms that one knows, and conversations.
    pub known: usize,
    /// Rooms of the house that a visitor is told of.
    pub newest: usize,
}

/// A line of the side column: a room by its log, or a person.
#[derive(Clone, Debug)]
pub struct Line<Key> {
    /// Which.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// When something was last said.
    pub said_at: At,
    /// Messages of others since one read, counted up to [`UNREAD_MOST`].
    pub unread: i64,
    /// Those of them that call the viewer, likewise.
    pub mentions: i64,
    /// Of what the viewer wishes to be told.
    pub level: Level,
}

/// How the viewer stands in the room whose page it is: who may see it, what they are in it, of what they
/// are told.
pub type Stands = (Access, Option<Role>, Option<Level>);

/// See the module.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The page's log. One that is made with its first message stands at the beginning.
    pub head: Head,
    /// How far the viewer has read in it.
    pub read: i64,
    /// The viewer's own log.
    pub own: Option<Head>,
    /// The notices that the viewer has yet to see.
    pub notices: Vec<Unseen>,
    /// Rooms that the viewer has joined, the latest spoken in first.
    pub rooms: Vec<Line<LogId>>,
    /// Those whom the viewer has a conversation with, likewise.
    pub people: Vec<Line<UserId>>,
    /// The rooms of the house, likewise; asked for only for a visitor.
    pub newest: Vec<Line<LogId>>,
    /// Whom the viewer blocked.
    pub blocked: Vec<String>,
    /// How the viewer stands in it; none for a conversation.
    pub stands: Option<Stands>,
}

type Row = (
    String,
    i64,
    i64,
    Option<String>,
    Option<i64>,
    String,
    String,
    String,
    Option<String>,
    String,
    Option<String>,
);

/// Where everything stands for this viewer (none is a visitor) of this log.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(
    db: &mut Connection,
    log: Option<LogId>,
    viewer: Option<Viewer>,
    most: Most,
) -> Result<Standing> {
    let (epoch, top, read, own_epoch, own_top, notices, rooms, people, newest, blocked, stands): Row =
        sqlx::query_as(sqlite::STANDING)
            .bind(log)
            .bind(viewer.map(|viewer| viewer.id))
            .bind(viewer.map(|viewer| viewer.own))
            .bind(most.known as i64)
            .bind(UNREAD_MOST)
            .bind(most.newest as i64)
            .bind(UNREAD_AMONG)
            .bind(UNSEEN_AMONG)
            .fetch_one(db)
            .await?;
    Ok(Standing {
        head: Head { epoch, top },
        read,
        own: own_epoch.zip(own_top).map(|(epoch, top)| Head { epoch, top }),
        notices: json::read(&notices)?,
        rooms: lines(&rooms)?,
        people: lines(&people)?,
        newest: newest.as_deref().map_or_else(|| Ok(Vec::new()), lines)?,
        blocked: json::read(&blocked)?,
        stands: stands.as_deref().map(json::read).transpose()?,
    })
}

fn lines<Key: DeserializeOwned>(column: &str) -> Result<Vec<Line<Key>>> {
    let rows: Vec<(Key, String, i64, i64, i64, Level)> = json::read(column)?;
    let line = |(key, name, said_at, unread, mentions, level)| Line {
        key,
        name,
        said_at: At(said_at),
        unread,
        mentions,
        level,
    };
    Ok(rows.into_iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::{Store, heads, sqlite::BUSY};

    /// Two people; room 2, where alice has read up to 10, and their conversation 3.
    const HOUSE: &str = "
        INSERT INTO logs (id, kind, epoch) VALUES
            (2, 'room', 'e'), (3, 'direct', 'e'), (4, 'own', 'e'), (5, 'own', 'e');
        INSERT INTO rooms (log_id, name, folded, skeleton, created_at)
            VALUES (2, 'Kitchen', 'kitchen', 'kitchen', 0);
        INSERT INTO users (id, name, folded, skeleton, password, log_id, created_at) VALUES
            (1, 'alice', 'alice', 'alice', '', 4, 0), (2, 'bob', 'bob', 'bob', '', 5, 0);
        INSERT INTO directs (log_id, low, high) VALUES (3, 1, 2);
        INSERT INTO reads (user_id, log_id, seq) VALUES (1, 2, 10), (2, 3, 1);
        INSERT INTO memberships (user_id, log_id, joined_at) VALUES (1, 2, 0);
        UPDATE logs SET top = 7 WHERE id = 4;";
    const ALICE: Viewer = Viewer { id: UserId(1), own: LogId(4) };
    const BOB: Viewer = Viewer { id: UserId(2), own: LogId(5) };
    const MOST: Most = Most { known: 60, newest: 4 };

    async fn house(dir: &tempfile::TempDir) -> Store {
        let store = Store::open(&dir.path().join("house.db"), BUSY).await.unwrap();
        run(&store, HOUSE.to_owned()).await;
        store
    }

    async fn run(store: &Store, sql: String) {
        let mut tx = store.write().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Says something at each of these seqs, at the time of its seq.
    async fn say(store: &Store, log: i64, author: i64, seqs: std::ops::RangeInclusive<i64>) {
        let (first, last) = (seqs.start(), seqs.end());
        run(
            store,
            format!(
                "INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, at)
                    WITH RECURSIVE n (i) AS
                        (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
                    SELECT {log}, i, {author}, 'user', '{log}-' || i, '', i FROM n;
                 UPDATE logs SET top = {last}, said_seq = {last}, said_at = {last}
                    WHERE id = {log};"
            ),
        )
        .await;
    }

    async fn of(store: &Store, log: i64, viewer: Option<Viewer>) -> Standing {
        let mut db = store.glance().await.unwrap();
        super::of(&mut db, Some(LogId(log)), viewer, MOST).await.unwrap()
    }

    #[tokio::test]
    async fn tells_where_everything_stands() {
        let dir = tempfile::tempdir().unwrap();
        let store = house(&dir).await;
        say(&store, 2, 2, 1..=12).await;
        say(&store, 3, 1, 1..=3).await;
        let alice = of(&store, 2, Some(ALICE)).await;
        assert_eq!((alice.head, alice.read), (Head { epoch: "e".into(), top: 12 }, 10));
        assert_eq!(alice.own, Some(Head { epoch: "e".into(), top: 7 }));
        let lines = |lines: &[Line<LogId>]| {
            let line = |line: &Line<LogId>| (line.name.clone(), line.said_at.0, line.unread);
            lines.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(lines(&alice.rooms), [("Kitchen".to_owned(), 12, 2)]);
        assert!(alice.newest.is_empty(), "she has rooms of her own");
        let with = &alice.people[0];
        assert_eq!((with.key, &*with.name, with.unread), (UserId(2), "bob", 0), "her own words");
        let bob = of(&store, 3, Some(BOB)).await;
        assert_eq!((bob.read, bob.people[0].unread, bob.rooms.len()), (1, 2, 0));
        let visitor = of(&store, 2, None).await;
        assert_eq!((visitor.head.top, visitor.read, visitor.own), (12, 0, None));
        assert_eq!((visitor.rooms.len(), visitor.people.len()), (0, 0));
        let newest = [("Kitchen".to_owned(), 12, 0), ("lobby".to_owned(), 0, 0)];
        assert_eq!(lines(&visitor.newest), newest);
    }

    #[tokio::test]
    async fn a_log_that_is_not_there_yet_stands_where_it_will_begin() {
        let dir = tempfile::tempdir().unwrap();
        let store = house(&dir).await;
        let mut db = store.glance().await.unwrap();
        let stand = super::of(&mut db, None, Some(ALICE), MOST).await.unwrap();
        let begins = crate::server::store::logs::head_of_none(&mut db).await.unwrap();
        assert_eq!((stand.head, stand.read), (begins, 0));
    }

    #[tokio::test]
    async fn counts_what_others_said_and_no_further_than_it_must() {
        let dir = tempfile::tempdir().unwrap();
        let store = house(&dir).await;
        let unread = async |store: &Store| {
            let counted = of(store, 2, Some(ALICE)).await.rooms[0].unread;
            let mut db = store.glance().await.unwrap();
            let asked = [heads::Of::Log(LogId(2))];
            let heads = heads::of(&mut db, Some(ALICE.id), &asked).await.unwrap();
            assert_eq!(counted, heads[0].unread, "both ways of counting");
            counted
        };
        say(&store, 2, 2, 1..=13).await;
        run(&store, "UPDATE messages SET deleted_at = 1 WHERE seq = 12".to_owned()).await;
        assert_eq!(unread(&store).await, 2);
        say(&store, 2, 1, 14..=15).await;
        assert_eq!(unread(&store).await, 2);
        say(&store, 2, 2, 16..=200).await;
        assert_eq!(unread(&store).await, UNREAD_MOST);
        run(&store, "UPDATE messages SET author_id = 1".to_owned()).await;
        say(&store, 2, 1, 201..=10 + UNREAD_AMONG).await;
        say(&store, 2, 2, 11 + UNREAD_AMONG..=12 + UNREAD_AMONG).await;
        assert_eq!(unread(&store).await, 0, "too far on to be looked for");
    }
}
