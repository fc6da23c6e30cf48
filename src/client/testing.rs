//! What the tests of several machines are made of.

use crate::protocol::{
    At, Target,
    frames::{Event, Kind, MessageData},
    views::{About, AuthorKind, History, Message},
};

/// A message of `author`; every seq has its own minute.
pub fn message(seq: i64, author: &str) -> Message {
    Message {
        id: format!("m{seq}"),
        seq,
        author: author.into(),
        author_kind: AuthorKind::User,
        body: format!("body {seq}"),
        at: At(seq * 60_000),
        edited_at: None,
        deleted: false,
        reply_to: None,
        quote: None,
        files: Vec::new(),
        reactions: Vec::new(),
        cid: None,
    }
}

/// The event of the message that [`message`] makes, with another body.
pub fn said(seq: i64, author: &str, body: &str) -> Event {
    let data = MessageData {
        id: format!("m{seq}"),
        author: author.into(),
        author_kind: AuthorKind::User,
        body: Some(body.into()),
        at: At(seq * 60_000),
        reply_to: None,
        quote: None,
        files: Vec::new(),
    };
    Event::new(seq, None, &Kind::Message(data))
}

/// A page with bob's messages of these seqs; the last is the log's top.
pub fn history(to: &str, seqs: std::ops::RangeInclusive<i64>) -> History {
    History {
        to: Target::parse(to).unwrap_or(Target::Own),
        epoch: "e1".into(),
        top: *seqs.end(),
        messages: seqs.rev().map(|seq| message(seq, "bob")).collect(),
        older: false,
        newer: false,
        about: About::default(),
    }
}
