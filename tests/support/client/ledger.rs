//! What the clients of one test did and were told, in one place: for counts, and for whoever
//! audits it.

use roomful::protocol::frames::SendOk;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A message that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// By whom.
    pub author: String,
    /// The sender's own id for it.
    pub cid: String,
    /// Which conversation, by the same name for everybody in it; see [`log_name`].
    pub log: String,
    /// What it says.
    pub body: String,
    /// Which client of all sent it.
    pub client: usize,
    /// How often it went out.
    pub tries: u32,
}

/// That a message is stored, as its sender was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acked {
    /// Whose message.
    pub author: String,
    /// The sender's own id for it.
    pub cid: String,
    /// The message's id.
    pub id: String,
    /// Its place.
    pub seq: i64,
    /// Told by the answer to a `send`; otherwise by the event alone.
    pub by_answer: bool,
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `send` frames that went out.
    pub sends: u64,
    /// `ok`s to them.
    pub oks: u64,
    /// Messages that lost their connection before they were answered, and were stored in the end.
    pub unsure: u64,
    /// Connections opened.
    pub connections: u64,
    /// Conversations resumed by `sub … after`.
    pub resumes: u64,
    /// Resumes that were answered `recovered: false`: the page was read anew.
    pub reloads: u64,
    /// Events applied, live and replayed.
    pub applied: u64,
    /// Events of these that were replayed.
    pub replayed: u64,
    /// Events that were here already.
    pub old: u64,
}

/// The book that all clients of a test write into.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

/// What is written in it.
#[derive(Default)]
pub struct Book {
    /// In the order of their first going out.
    pub sent: Vec<Sent>,
    by_cid: BTreeMap<(String, String), usize>,
    /// In the order in which it was heard.
    pub acked: Vec<Acked>,
    first: BTreeMap<(String, String), SendOk>,
    /// How often what happened.
    pub counts: Counts,
    /// What must never happen, in words.
    pub breaches: Vec<String>,
}

impl Ledger {
    /// Opens the book.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// A message goes out.
    pub fn sends(&mut self, sent: Sent) {
        self.counts.sends += 1;
        let key = (sent.author.clone(), sent.cid.clone());
        match self.by_cid.get(&key) {
            Some(&at) => self.sent[at].tries += 1,
            None => {
                self.by_cid.insert(key, self.sent.len());
                self.sent.push(sent);
            }
        }
    }

    /// The answer to a `send`. For one cid it is always the same.
    pub fn answered(&mut self, author: &str, cid: &str, ok: SendOk) {
        self.counts.oks += 1;
        let key = (author.to_owned(), cid.to_owned());
        let first = self.first.entry(key).or_insert_with(|| ok.clone());
        if *first != ok {
            let what = format!("{author}'s {cid} was answered {first:?}, then {ok:?}");
            self.breach(what);
        }
        self.acked.push(Acked {
            author: author.to_owned(),
            cid: cid.to_owned(),
            id: ok.id,
            seq: ok.seq,
            by_answer: true,
        });
    }

    /// Its author heard a message as an event.
    pub fn heard(&mut self, author: &str, cid: &str, id: &str, seq: i64) {
        self.acked.push(Acked {
            author: author.to_owned(),
            cid: cid.to_owned(),
            id: id.to_owned(),
            seq,
            by_answer: false,
        });
    }

    /// Something that must never happen.
    pub fn breach(&mut self, what: impl fmt::Display) {
        self.breaches.push(what.to_string());
    }

    /// A backup was brought back: what was answered since it was made does not count any more.
    pub fn forget_answers(&mut self) {
        self.first.clear();
        self.acked.clear();
    }
}

/// A conversation by a name that is the same for both who are in it.
pub fn log_name(to: &roomful::protocol::Target, me: &str) -> String {
    use roomful::protocol::Target;
    match to {
        Target::Person(other) => {
            let (low, high) =
                if me < other.as_str() { (me, other.as_str()) } else { (other.as_str(), me) };
            format!("@{low}+{high}")
        }
        other => other.to_string(),
    }
}
