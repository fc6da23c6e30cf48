//! The index in SQLite: FTS5, its statements, and how a question is put to it.
//!
//! FTS5 walks the messages that have one word and skips through those of the next; where it begins
//! and ends cannot be told to it, and two words that are often said and never together would have it
//! walk through all that was ever said. So each message also has the terms of its day, month and year, and is
//! looked for among some days at a time.

use super::super::heads::Of;
use super::super::search::{Asked, Doc, Has, Hit, Phrase, Place, Rooms, Stand, Stretch};
use super::super::{Connection, LogId, Result, UserId, json};
use crate::protocol::At;
use std::collections::{BTreeMap, BTreeSet};

/// The numbers of one millisecond.
pub const SLOT: i64 = 1 << 20;
/// The last millisecond that has numbers: in the year 2248.
const LAST: i64 = (1 << 43) - 1;
/// Rooms, or people, that a question names, at most: each costs at every step. Past it they are left
/// out of the question, and hits are looked at one by one.
const NAMED_MOST: usize = 1_024;
/// The mark of what is said in rooms.
pub const ROOM: &str = "room";

/// Begins the transaction that [`PUT`] ends, as [`super::LOOK`] does: where the logs `$1`, each (log,
/// low, high), its key or the two of a conversation, stand, and are in the index. What is not there,
/// or is somebody's own log, is left out. A log that is new to the index begins at its top.
pub const LOOK: &str = "BEGIN IMMEDIATE; SELECT json_group_array(json_array(
        q.key, l.id, l.top, COALESCE(s.low, l.top), COALESCE(s.high, l.top), b.low, b.high))
    FROM jsonb_each($1) q
    LEFT JOIN directs d ON d.low = q.value ->> 1 AND d.high = q.value ->> 2
    CROSS JOIN logs l ON l.id = COALESCE(q.value ->> 0, d.log_id)
    LEFT JOIN directs b ON b.log_id = l.id
    LEFT JOIN search_logs s ON s.log_id = l.id
    WHERE l.kind <> 'own'";
/// What the stretches `$1` (log, after, up to) hold: messages of (log, seq, author, at, text, whether with files), and
/// changes to messages of (log, data).
pub const READ: &str = "SELECT
    (SELECT json_group_array(json_array(m.log_id, m.seq, m.author_id, m.at, m.body, m.files IS NOT NULL))
     FROM jsonb_each($1) q CROSS JOIN messages m
     ON m.log_id = q.value ->> 0 AND m.seq > q.value ->> 1 AND m.seq <= q.value ->> 2
     WHERE m.deleted_at IS NULL),
    (SELECT json_group_array(json_array(e.log_id, e.data))
     FROM jsonb_each($1) q CROSS JOIN events e
     ON e.log_id = q.value ->> 0 AND e.seq > q.value ->> 1 AND e.seq <= q.value ->> 2
     WHERE e.kind IN ('edit', 'delete'))";
/// The last number that is taken in each of the slots `$1`, of `$2` numbers each.
pub const FREE: &str = "SELECT json_group_array(json_array(q.value, (
        SELECT MAX(docid) FROM search_docs WHERE docid >= q.value AND docid < q.value + $2)))
    FROM json_each($1) q";
/// Takes the messages `$1` of (log, seq) out, puts `$2` of (key, log, seq, words, marks) in, notes
/// how far logs are in the index, `$3` of (log, low, high), and commits.
pub const PUT: &str = "DELETE FROM search WHERE rowid IN (
        SELECT s.docid FROM jsonb_each($1) q CROSS JOIN search_docs s
        ON s.log_id = q.value ->> 0 AND s.seq = q.value ->> 1);
    DELETE FROM search_docs WHERE docid IN (
        SELECT s.docid FROM jsonb_each($1) q CROSS JOIN search_docs s
        ON s.log_id = q.value ->> 0 AND s.seq = q.value ->> 1);
    INSERT INTO search_docs (docid, log_id, seq)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM jsonb_each($2);
    INSERT INTO search (rowid, words, marks)
    SELECT value ->> 0, value ->> 3, value ->> 4 FROM jsonb_each($2);
    INSERT INTO search_logs (log_id, low, high)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM jsonb_each($3) WHERE TRUE
    ON CONFLICT (log_id) DO UPDATE SET low = excluded.low, high = excluded.high;
    COMMIT";
/// Up to `$2` logs after `$1` of which something is not in the index, each with whether it is in it
/// but not up to its top. It goes through all of them,
/// once when a house opens.
pub const BEHIND: &str = "SELECT l.id, COALESCE(s.high < l.top, 0)
    FROM logs l LEFT JOIN search_logs s ON s.log_id = l.id
    WHERE l.id > $1 AND l.kind <> 'own' AND l.top > 0
    AND (s.log_id IS NULL OR s.low > 0 OR s.high < l.top) ORDER BY l.id LIMIT $2 + 0";
/// The newest key before `$1`, and the one `$2` before it, or else the first of all.
pub const STRETCH: &str = "SELECT
    (SELECT docid FROM search_docs WHERE docid < $1 ORDER BY docid DESC LIMIT 1),
    COALESCE(
        (SELECT docid FROM search_docs WHERE docid < $1 ORDER BY docid DESC LIMIT 1 OFFSET $2 + 0),
        (SELECT MIN(docid) FROM search_docs))";
/// Whether there is a key before `$1`.
pub const ANY_BEFORE: &str = "SELECT EXISTS (SELECT 1 FROM search_docs WHERE docid < $1)";
/// Up to `$4` of the messages that `$1` asks for, from the key `$2` to before `$3`, the newest first;
/// without the text of one that was deleted meanwhile.
pub const FIND: &str = "SELECT json_group_array(json_array(
        k.docid, m.log_id, m.seq, m.at, u.id, u.name, CASE WHEN m.deleted_at IS NULL THEN m.body END,
        r.name, d.low, a.name, d.high, b.name))
    FROM (SELECT rowid AS docid FROM search
          WHERE search MATCH $1 AND rowid >= $2 AND rowid < $3
          ORDER BY rowid DESC LIMIT $4 + 0) k
    CROSS JOIN search_docs s ON s.docid = k.docid
    CROSS JOIN messages m ON m.log_id = s.log_id AND m.seq = s.seq
    CROSS JOIN users u ON u.id = m.author_id
    LEFT JOIN rooms r ON r.log_id = s.log_id
    LEFT JOIN directs d ON d.log_id = s.log_id
    LEFT JOIN users a ON a.id = d.low
    LEFT JOIN users b ON b.id = d.high";

/// The first key of a moment.
#[must_use]
pub fn slot(at: At) -> i64 {
    at.0.clamp(0, LAST) * SLOT
}

/// The moment of a key.
#[must_use]
pub fn moment(docid: i64) -> At {
    At(docid.div_euclid(SLOT))
}

/// The mark of a log.
#[must_use]
pub fn of_log(log: LogId) -> String {
    format!("l{}", log.0)
}

/// The mark of an author.
#[must_use]
pub fn of_author(author: UserId) -> String {
    format!("u{}", author.0)
}

/// The mark of what one of two may read.
#[must_use]
pub fn of_member(member: UserId) -> String {
    format!("p{}", member.0)
}

/// The mark of a thing in a message.
#[must_use]
pub fn of_thing(has: Has) -> &'static str {
    match has {
        Has::Link => "link",
        Has::File => "file",
    }
}

/// The marks of a day: its own, its month's and its year's.
#[must_use]
pub fn of_day(day: i64) -> [String; 3] {
    // Of the form 2026-11-20.
    let date = At::of_day(day.clamp(0, moment(LAST * SLOT).day())).date();
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    [format!("d{digits}"), format!("m{}", &digits[..6]), format!("y{}", &digits[..4])]
}

/// The fewest marks of days that have these days, first and last included, and no other.
#[must_use]
pub fn days(first: i64, last: i64) -> Vec<String> {
    let mut marks = Vec::new();
    let mut day = first.max(0);
    let last = last.min(moment(LAST * SLOT).day());
    while day <= last {
        let [of_day, month, year] = of_day(day);
        // A year or a month is taken whole where it begins here and ends within.
        let whole = |is_first: bool, mark: &str, after: i64| {
            (is_first && after <= last + 1).then(|| (mark.to_owned(), after))
        };
        let (mark, next) = whole(of_day.ends_with("0101"), &year, after_year(day))
            .or_else(|| whole(of_day.ends_with("01"), &month, after_month(day)))
            .unwrap_or((of_day, day + 1));
        marks.push(mark);
        day = next;
    }
    marks
}

/// The first day of the month after this first day of one.
fn after_month(first: i64) -> i64 {
    let month = |day: i64| At::of_day(day).date()[..7].to_owned();
    // No month has less days than 28 or more than 31.
    (28..31).map(|days| first + days).find(|day| month(*day) != month(first)).unwrap_or(first + 31)
}

/// The first day of the year after this first day of one.
fn after_year(first: i64) -> i64 {
    let is_leap = At::of_day(first + 59).date().ends_with("02-29");
    first + 365 + i64::from(is_leap)
}

fn phrase(phrase: &Phrase) -> String {
    // Terms have no character that means anything to FTS5, quotes least of all.
    let begins = if phrase.begins { " *" } else { "" };
    format!("\"{}\"{begins}", phrase.terms.join(" "))
}

fn either(marks: impl IntoIterator<Item = String>) -> String {
    let marks: Vec<_> = marks.into_iter().collect();
    format!("({})", marks.join(" OR "))
}

/// The question in FTS5's own language, about what was said on these days; `None` where nothing can
/// be the answer.
#[must_use]
pub fn expression(asked: &Asked, first: i64, last: i64) -> Option<String> {
    let mut marks = Vec::new();
    if asked.logs.is_empty() {
        let mut places: Vec<String> = asked.reach.member.map(of_member).into_iter().collect();
        let mut closed = String::new();
        match &asked.reach.rooms {
            Rooms::Only(open) if open.len() <= NAMED_MOST => {
                places.extend(open.iter().copied().map(of_log));
            }
            Rooms::AllBut(rooms) if (1..=NAMED_MOST).contains(&rooms.len()) => {
                places.push(ROOM.to_owned());
                closed = format!(" NOT {}", either(rooms.iter().copied().map(of_log)));
            }
            Rooms::Only(_) | Rooms::AllBut(_) => places.push(ROOM.to_owned()),
        }
        if places.is_empty() {
            return None;
        }
        marks.push(format!("({}{closed})", either(places)));
    } else {
        marks.push(either(asked.logs.iter().copied().map(of_log)));
    }
    let blocked = &asked.reach.blocked;
    if asked.authors.is_empty() && (1..=NAMED_MOST).contains(&blocked.len()) {
        let place = marks.pop().unwrap_or_default();
        marks.push(format!("({place} NOT {})", either(blocked.iter().copied().map(of_author))));
    }
    if !asked.authors.is_empty() {
        marks.push(either(asked.authors.iter().copied().map(of_author)));
    }
    marks.extend(asked.has.iter().map(|has| of_thing(*has).to_owned()));
    marks.push(either(days(first, last)));
    let marks = format!("marks : ({})", marks.join(" AND "));
    if asked.phrases.is_empty() {
        return Some(marks);
    }
    let words: Vec<_> = asked.phrases.iter().map(phrase).collect();
    Some(format!("words : ({}) AND {marks}", words.join(" AND ")))
}

/// See [`LOOK`].
pub(in super::super) async fn look(db: &mut Connection, logs: &[Of]) -> Result<Vec<Stand>> {
    let asked: Vec<_> = logs
        .iter()
        .map(|of| match of {
            Of::Log(log) => (Some(*log), None, None),
            Of::Direct(low, high) => (None, Some(*low), Some(*high)),
        })
        .collect();
    let found: String = sqlx::query_scalar(LOOK).bind(json::write(&asked)?).fetch_one(db).await?;
    type Row = (usize, LogId, i64, i64, i64, Option<UserId>, Option<UserId>);
    let stand = |(place, log, top, low, high, one, other): Row| Stand {
        place,
        log,
        top,
        low,
        high,
        between: one.zip(other),
    };
    Ok(json::read::<Vec<Row>>(&found)?.into_iter().map(stand).collect())
}

/// (Log, seq, author, at, text, whether with files): see [`READ`].
pub(in super::super) type Said = (LogId, i64, UserId, i64, String, u8);

/// See [`READ`].
pub(in super::super) async fn read(
    db: &mut Connection,
    stretches: &[Stretch],
) -> Result<(Vec<Said>, Vec<(LogId, String)>)> {
    let (said, events): (String, String) =
        sqlx::query_as(READ).bind(json::write(stretches)?).fetch_one(db).await?;
    Ok((json::read(&said)?, json::read(&events)?))
}

/// The first number that is free in each of these slots; it may be past the slot's end.
pub(in super::super) async fn free(
    db: &mut Connection,
    slots: &BTreeSet<i64>,
) -> Result<BTreeMap<i64, i64>> {
    let taken: String =
        sqlx::query_scalar(FREE).bind(json::write(slots)?).bind(SLOT).fetch_one(db).await?;
    let taken: Vec<(i64, Option<i64>)> = json::read(&taken)?;
    Ok(taken.into_iter().map(|(slot, last)| (slot, last.map_or(slot, |last| last + 1))).collect())
}

/// See [`PUT`].
pub(in super::super) async fn put(
    db: &mut Connection,
    gone: &BTreeSet<(LogId, i64)>,
    docs: &[(i64, Doc)],
    reached: &[(LogId, i64, i64)],
) -> Result<()> {
    let docs: Vec<_> =
        docs.iter().map(|(id, doc)| (id, doc.log, doc.seq, &doc.words, &doc.marks)).collect();
    sqlx::query(PUT)
        .bind(json::write(gone)?)
        .bind(json::write(&docs)?)
        .bind(json::write(reached)?)
        .execute(db)
        .await
        .map(drop)
}

/// See [`STRETCH`]; `None` where there is no key before `until`.
pub(in super::super) async fn stretch(
    db: &mut Connection,
    until: i64,
    docs: i64,
) -> Result<Option<(i64, i64)>> {
    let (newest, oldest): (Option<i64>, Option<i64>) =
        sqlx::query_as(STRETCH).bind(until).bind(docs).fetch_one(db).await?;
    Ok(newest.zip(oldest))
}

/// See [`ANY_BEFORE`].
pub(in super::super) async fn any_before(db: &mut Connection, docid: i64) -> Result<bool> {
    sqlx::query_scalar(ANY_BEFORE).bind(docid).fetch_one(db).await
}

/// See [`FIND`].
type Row = (
    i64,
    LogId,
    i64,
    i64,
    UserId,
    String,
    Option<String>,
    Option<String>,
    Option<UserId>,
    Option<String>,
    Option<UserId>,
    Option<String>,
);

/// What is found, and the key of the last of `most`, if there were as many.
pub(in super::super) async fn find(
    db: &mut Connection,
    expression: &str,
    from: i64,
    until: i64,
    most: usize,
) -> Result<(Vec<Hit>, Option<i64>)> {
    let found: String = sqlx::query_scalar(FIND)
        .bind(expression)
        .bind(from)
        .bind(until)
        .bind(most as i64)
        .fetch_one(db)
        .await?;
    let mut rows: Vec<Row> = json::read(&found)?;
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.0));
    let last = rows.last().filter(|_| rows.len() == most).map(|row| row.0);
    let hit = |(docid, log, seq, at, author_id, author, body, room, low, a, high, b): Row| {
        let place = match room {
            Some(name) => Place::Room(name),
            None => Place::Direct((low?, a?), (high?, b?)),
        };
        Some(Hit { docid, log, seq, at: At(at), author, author_id, body: body?, place })
    };
    Ok((rows.into_iter().filter_map(hit).collect(), last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stretch_of_days_has_few_marks() {
        let day = |date: &str| At::parse(&format!("{date}T00:00:00Z")).unwrap().day();
        let marks = |first, last| days(day(first), day(last)).join(" ");
        assert_eq!(marks("2026-11-20", "2026-11-20"), "d20261120");
        assert_eq!(
            marks("2023-12-30", "2026-02-02"),
            "d20231230 d20231231 y2024 y2025 m202601 d20260201 d20260202"
        );
        assert_eq!(marks("2024-02-01", "2024-02-29"), "m202402");
        assert!(days(0, i64::MAX / 2).len() < 400, "as many years as there are");
        assert!(days(5, 4).is_empty());
    }

    proptest! {
        #[test]
        fn the_marks_of_days_are_those_of_the_days(first in 0i64..60_000, count in 0i64..2_000) {
            let last = first + count;
            let marks = days(first, last);
            for day in first - 3..=last + 3 {
                let of = if day < 0 { continue } else { of_day(day) };
                let among = marks.iter().filter(|mark| of.contains(mark)).count();
                prop_assert_eq!(among, usize::from((first..=last).contains(&day)));
            }
        }

        #[test]
        fn a_key_has_its_moment(ms in 0..=LAST, number in 0..SLOT) {
            prop_assert_eq!(moment(slot(At(ms)) + number), At(ms));
        }
    }
}
