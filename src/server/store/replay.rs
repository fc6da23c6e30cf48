//! What clients missed: the events of several logs, each from where its client stands.

use super::{Connection, LogId, Result, history, json, message_id, sqlite};
use crate::protocol::At;
use crate::protocol::frames::{Change, Event, Kind, MessageData, What};
use crate::protocol::glimpse::glimpse;
use crate::protocol::people::Notify;
use crate::protocol::views::FileView;
use serde_json::value::RawValue;

/// A stretch of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Which log.
    pub log: LogId,
    /// After this seq.
    pub after: i64,
    /// Up to and with this one.
    pub top: i64,
}

/// (Stretch, seq, author, their kind, cid, body, reply_to, at, quote, files): see [`sqlite::REPLAY`].
type Said = (
    usize,
    i64,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    i64,
    Option<(String, Option<String>)>,
    Option<Vec<FileView>>,
);
/// (Stretch, seq, kind, data, the text of an edit or of what a notice tells).
type Other = (usize, i64, String, String, Option<String>);

/// The events of each stretch, in order. A log only grows: what it holds up to its top is the same
/// in a later snapshot than the one that told the top.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(db: &mut Connection, stretches: &[Stretch]) -> Result<Vec<Vec<Event>>> {
    let asked: Vec<_> = stretches.iter().map(|s| (s.log, s.after, s.top)).collect();
    let (said, other): (String, String) =
        sqlx::query_as(sqlite::REPLAY).bind(json::write(&asked)?).fetch_one(db).await?;
    let mut events: Vec<Vec<Event>> = stretches.iter().map(|_| Vec::new()).collect();
    for (place, seq, author, kind, cid, body, reply_to, at, quoted, files) in
        json::read::<Vec<Said>>(&said)?
    {
        let (Some(stretch), Some(events)) = (stretches.get(place), events.get_mut(place)) else {
            continue;
        };
        let data = MessageData {
            id: message_id(stretch.log, seq),
            author,
            author_kind: history::author_kind(&kind),
            body,
            at: At(at),
            reply_to,
            quote: quoted.map(history::quote),
            files: files.unwrap_or_default(),
        };
        events.push(Event::new(seq, Some(cid), &Kind::Message(data)));
    }
    for (place, seq, kind, data, text) in json::read::<Vec<Other>>(&other)? {
        if let Some(events) = events.get_mut(place) {
            let data = RawValue::from_string(data).unwrap_or_default();
            let event = Event { seq, kind, cid: None, data };
            events.push(match text {
                Some(text) if event.kind == "notify" => notice(event, &text),
                Some(_) => with_text(event, text),
                None => event,
            });
        }
    }
    for events in &mut events {
        events.sort_unstable_by_key(|event| event.seq);
    }
    Ok(events)
}

/// A notice with how its message begins.
fn notice(event: Event, text: &str) -> Event {
    let Ok(mut data) = serde_json::from_str::<Notify>(event.data.get()) else { return event };
    data.text = glimpse(text);
    match serde_json::value::to_raw_value(&data) {
        Ok(data) => Event { data, ..event },
        Err(_) => event,
    }
}

/// An edit with the text that stands now.
fn with_text(event: Event, text: Option<String>) -> Event {
    match event.reading() {
        Some(Kind::Change(Change { id, what: What::Edited { at, .. } })) => {
            let what = What::Edited { body: text, at };
            Event::new(event.seq, None, &Kind::Change(Change { id, what }))
        }
        _ => event,
    }
}
