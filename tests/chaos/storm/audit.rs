//! The audit: what was said and answered, what is stored, and what everybody holds, against each
//! other. It knows neither server nor sockets, so that it can be shown records that are wrong.

use crate::support::client::ledger::{Acked, Sent};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A message: in the database, or in a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its place in its log.
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// Who said it.
    pub author: String,
    /// The sender's own id for it.
    pub cid: String,
    /// What it says.
    pub body: String,
}

/// A log as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The last seq given out.
    pub top: i64,
    /// Its messages, in order.
    pub messages: Vec<Held>,
    /// The seqs of everything else in it.
    pub others: Vec<i64>,
}

/// What one device holds of a log.
#[derive(Clone, Debug)]
pub struct View {
    /// Whose device.
    pub who: String,
    /// Which log.
    pub log: String,
    /// The seq of the last event that it has applied.
    pub last: i64,
    /// The messages, in the order in which they are shown.
    pub messages: Vec<Held>,
}

/// Everything there is to compare.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// What went out, in that order for each device.
    pub sent: Vec<Sent>,
    /// What was known to be stored.
    pub acked: Vec<Acked>,
    /// What is stored, by the names of the logs.
    pub logs: BTreeMap<String, Log>,
    /// What the devices hold.
    pub views: Vec<View>,
    /// Every device and every log that it should hold.
    pub expected: Vec<(String, String)>,
}

/// What must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// It was acknowledged, and is not stored.
    Lost { author: String, cid: String, seq: i64 },
    /// One cid is stored more than once.
    Doubled { author: String, cid: String, times: usize },
    /// It is stored, but not where it was acknowledged.
    Moved { author: String, cid: String, acked: (String, i64), stored: (String, i64) },
    /// It is stored with another text, or in another conversation.
    Changed { author: String, cid: String },
    /// It is stored, and nobody sent it.
    Stray { log: String, seq: i64 },
    /// Nothing is stored at a seq that was given out.
    Hole { log: String, seq: i64 },
    /// A seq is stored twice, or lies past the top.
    Misplaced { log: String, seq: i64 },
    /// Two messages of one device are stored in another order than they were said in.
    Disordered { log: String, first: String, then: String },
    /// A device has no timeline of a log that it follows.
    NoView { who: String, log: String },
    /// A device holds something else than the log.
    View { who: String, log: String, what: String },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { author, cid, seq } => {
                write!(f, "LOST: {author}'s {cid} was acknowledged as {seq} and is not stored")
            }
            Self::Doubled { author, cid, times } => {
                write!(f, "DOUBLED: {author}'s {cid} is stored {times} times")
            }
            Self::Moved { author, cid, acked, stored } => write!(
                f,
                "MOVED: {author}'s {cid} was acknowledged as {acked:?} and is stored as {stored:?}"
            ),
            Self::Changed { author, cid } => {
                write!(f, "CHANGED: {author}'s {cid} is stored otherwise than it was sent")
            }
            Self::Stray { log, seq } => write!(f, "STRAY: nobody sent what is {seq} in {log}"),
            Self::Hole { log, seq } => write!(f, "GAP: {log} has nothing at {seq}"),
            Self::Misplaced { log, seq } => {
                write!(f, "MISPLACED: {log} has more than one {seq}, or has it past its top")
            }
            Self::Disordered { log, first, then } => {
                write!(f, "REORDERED: in {log}, {first} was said before {then} and stands after it")
            }
            Self::NoView { who, log } => write!(f, "UNSEEN: {who} has never heard of {log}"),
            Self::View { who, log, what } => write!(f, "TIMELINE: {who} in {log}: {what}"),
        }
    }
}

/// Compares everything; what must not be, in no order that means anything.
pub fn audit(records: &Records) -> Vec<Breach> {
    let mut breaches = Vec::new();
    once_and_as_acknowledged(records, &mut breaches);
    nothing_but_what_was_sent(records, &mut breaches);
    for (name, log) in &records.logs {
        without_gaps(name, log, &mut breaches);
    }
    in_the_order_of_saying(records, &mut breaches);
    for (who, log) in &records.expected {
        match records.views.iter().find(|view| view.who == *who && view.log == *log) {
            Some(view) => {
                let stored = records.logs.get(log).cloned().unwrap_or_default();
                if let Some(what) = difference(view, &stored) {
                    breaches.push(Breach::View { who: who.clone(), log: log.clone(), what });
                }
            }
            None => breaches.push(Breach::NoView { who: who.clone(), log: log.clone() }),
        }
    }
    breaches
}

type Key<'a> = (&'a str, &'a str);

fn stored_by_cid(records: &Records) -> BTreeMap<Key<'_>, Vec<(&str, &Held)>> {
    let mut stored: BTreeMap<Key<'_>, Vec<_>> = BTreeMap::new();
    for (name, log) in &records.logs {
        for held in &log.messages {
            let key = (held.author.as_str(), held.cid.as_str());
            stored.entry(key).or_default().push((name.as_str(), held));
        }
    }
    stored
}

fn once_and_as_acknowledged(records: &Records, breaches: &mut Vec<Breach>) {
    let stored = stored_by_cid(records);
    for ((author, cid), places) in &stored {
        if places.len() > 1 {
            let (author, cid) = ((*author).to_owned(), (*cid).to_owned());
            breaches.push(Breach::Doubled { author, cid, times: places.len() });
        }
    }
    let mut told = BTreeSet::new();
    for acked in &records.acked {
        let (author, cid) = (acked.author.clone(), acked.cid.clone());
        let as_acked = (acked.id.clone(), acked.seq);
        if !told.insert((author.clone(), cid.clone(), as_acked.clone())) {
            continue;
        }
        match stored.get(&(acked.author.as_str(), acked.cid.as_str())) {
            None => breaches.push(Breach::Lost { author, cid, seq: acked.seq }),
            Some(places) => {
                let (_, held) = places[0];
                let stored = (held.id.clone(), held.seq);
                if stored != as_acked {
                    breaches.push(Breach::Moved { author, cid, acked: as_acked, stored });
                }
            }
        }
    }
}

fn nothing_but_what_was_sent(records: &Records, breaches: &mut Vec<Breach>) {
    let sent: BTreeMap<Key<'_>, &Sent> =
        records.sent.iter().map(|sent| ((sent.author.as_str(), sent.cid.as_str()), sent)).collect();
    for (name, log) in &records.logs {
        for held in &log.messages {
            match sent.get(&(held.author.as_str(), held.cid.as_str())) {
                None => breaches.push(Breach::Stray { log: name.clone(), seq: held.seq }),
                Some(sent) if sent.body != held.body || sent.log != *name => {
                    let (author, cid) = (held.author.clone(), held.cid.clone());
                    breaches.push(Breach::Changed { author, cid });
                }
                Some(_) => {}
            }
        }
    }
}

fn without_gaps(name: &str, log: &Log, breaches: &mut Vec<Breach>) {
    let mut left: BTreeSet<i64> = (1..=log.top).collect();
    let seqs = log.messages.iter().map(|held| held.seq).chain(log.others.iter().copied());
    for seq in seqs {
        if !left.remove(&seq) {
            breaches.push(Breach::Misplaced { log: name.to_owned(), seq });
        }
    }
    breaches.extend(left.into_iter().map(|seq| Breach::Hole { log: name.to_owned(), seq }));
}

/// A device sends to one conversation one by one, so the order of saying is the order in the log.
fn in_the_order_of_saying(records: &Records, breaches: &mut Vec<Breach>) {
    let stored = stored_by_cid(records);
    let mut last: BTreeMap<(usize, &str), (i64, &str)> = BTreeMap::new();
    for sent in &records.sent {
        let Some(places) = stored.get(&(sent.author.as_str(), sent.cid.as_str())) else { continue };
        let seq = places[0].1.seq;
        if let Some((before, first)) =
            last.insert((sent.client, sent.log.as_str()), (seq, sent.cid.as_str()))
            && before >= seq
        {
            breaches.push(Breach::Disordered {
                log: sent.log.clone(),
                first: first.to_owned(),
                then: sent.cid.clone(),
            });
        }
    }
}

/// The first thing in which a device differs from the log.
fn difference(view: &View, log: &Log) -> Option<String> {
    let mut times: BTreeMap<i64, usize> = BTreeMap::new();
    for held in &view.messages {
        *times.entry(held.seq).or_default() += 1;
    }
    for pair in view.messages.windows(2) {
        let (a, b) = (pair[0].seq, pair[1].seq);
        if times[&b] > 1 {
            return Some(format!("{b} is shown twice"));
        }
        if a > b {
            return Some(format!("{b} is shown after {a}"));
        }
    }
    let shown: BTreeMap<i64, &Held> = view.messages.iter().map(|held| (held.seq, held)).collect();
    for held in &log.messages {
        match shown.get(&held.seq) {
            None => return Some(format!("{} is missing", held.seq)),
            Some(other) if *other != held => {
                return Some(format!("{} is {other:?} and not {held:?}", held.seq));
            }
            Some(_) => {}
        }
    }
    let stored: BTreeSet<i64> = log.messages.iter().map(|held| held.seq).collect();
    if let Some(stray) = view.messages.iter().find(|held| !stored.contains(&held.seq)) {
        return Some(format!("{} is shown and not stored", stray.seq));
    }
    (view.last != log.top).then(|| format!("it has come to {} of {}", view.last, log.top))
}
