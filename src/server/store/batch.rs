//! One batch of jobs, put in order in memory between one look at the database and one statement
//! per table: a statement is a switch between two threads, whatever it does, so their number must
//! not grow with that of the jobs.

use super::history::{author_kind_word, quote};
use super::writer::{Change, Committed, Deed, Job, Mark, Party, Place, Post};
use super::{
    Connection, LogId, Result, UserId, directs, files, json, logs, message_id, message_place,
    sqlite,
};
use crate::protocol::frames::{ChangeOk, Event, Kind, MessageData, SendOk};
use crate::protocol::glimpse::glimpse;
use crate::protocol::views::{FileView, Quote};
use crate::protocol::{At, Code, Refusal, Target};
use crate::words::Word;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

mod changes;
pub mod notices;
#[cfg(test)]
mod tests;

use changes::Changes;
use notices::Of;

/// What came of a job.
pub enum Answer {
    /// Of a message: stored now or before, or refused.
    Post(std::result::Result<SendOk, Refusal>),
    /// Of a change: made, or so before, or refused.
    Change(std::result::Result<ChangeOk, Refusal>),
    /// Of a read marker: it is taken.
    Mark,
}

/// Runs the jobs in their order and commits them. Answers what is to be published, and what came of
/// each job. `doubtful`: who may speak where has changed lately, and is asked once more.
///
/// # Errors
/// When a statement fails: then nothing is stored, and the transaction may still be open.
pub async fn commit(
    db: &mut Connection,
    jobs: &[Job],
    doubtful: bool,
) -> Result<(Vec<Committed>, Vec<Answer>)> {
    let mut batch = Batch::look(db, jobs).await?;
    let (shut_out, keeps_none) = if doubtful {
        (shut_out(db, jobs).await?, keeps_no_order(db, jobs).await?)
    } else {
        <(HashSet<usize>, HashSet<usize>)>::default()
    };
    let mut answers = Vec::with_capacity(jobs.len());
    for (at, job) in jobs.iter().enumerate() {
        answers.push(match job {
            Job::Post(post) if shut_out.contains(&at) => {
                Answer::Post(Err(refused(post.author.id, &post.place)))
            }
            Job::Change(change) if shut_out.contains(&at) => {
                Answer::Change(Err(refused(change.by.id, &change.place)))
            }
            Job::Post(post) => Answer::Post(batch.post(db, post).await?),
            Job::Change(change) => {
                let moderates = change.moderates && !keeps_none.contains(&at);
                Answer::Change(batch.change(change, moderates)?)
            }
            Job::Mark(mark) => {
                batch.mark(mark)?;
                Answer::Mark
            }
        });
    }
    let committed = batch.write(db).await?;
    Ok((committed, answers))
}

/// Which of these jobs may not be any more, by their places among them.
async fn shut_out(db: &mut Connection, jobs: &[Job]) -> Result<HashSet<usize>> {
    type Asked = (usize, UserId, Option<LogId>, Option<UserId>);
    let asked = |(at, job): (usize, &Job)| -> Option<Asked> {
        let (by, place) = match job {
            Job::Post(post) => (post.author.id, &post.place),
            Job::Change(change) => (change.by.id, &change.place),
            // It tells nobody but whoever sets it.
            Job::Mark(_) => return None,
        };
        Some(match place {
            Place::Room { log, .. } => (at, by, Some(*log), None),
            Place::Direct { low, high } => {
                (at, by, None, Some(if low.id == by { high.id } else { low.id }))
            }
        })
    };
    let asked: Vec<Asked> = jobs.iter().enumerate().filter_map(asked).collect();
    let found: String =
        sqlx::query_scalar(sqlite::SHUT_OUT).bind(json::write(&asked)?).fetch_one(db).await?;
    json::read(&found)
}

/// Which of these jobs are of somebody who kept order where they are, and does not any more.
async fn keeps_no_order(db: &mut Connection, jobs: &[Job]) -> Result<HashSet<usize>> {
    let asked = |(at, job): (usize, &Job)| match job {
        Job::Change(Change { by, moderates: true, place: Place::Room { log, .. }, .. }) => {
            Some((at, by.id, *log))
        }
        _ => None,
    };
    let asked: Vec<(usize, UserId, LogId)> = jobs.iter().enumerate().filter_map(asked).collect();
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let found: String =
        sqlx::query_scalar(sqlite::KEEPS_NO_ORDER).bind(json::write(&asked)?).fetch_one(db).await?;
    json::read(&found)
}

/// The refusal of what was allowed when it was handed in.
fn refused(by: UserId, place: &Place) -> Refusal {
    match place {
        Place::Room { .. } => Refusal::not_found("such room"),
        Place::Direct { low, high } => {
            let other = if low.id == by { high } else { low };
            Refusal::new(Code::Forbidden, Word::TakesNoMessages.of(&[&other.name]))
        }
    }
}

/// Rows for one statement, as a JSON array of arrays.
#[derive(Default)]
struct Rows(String);

impl Rows {
    fn push(&mut self, row: &impl Serialize) -> Result<()> {
        let row = json::write(row)?;
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        self.0.push_str(&row);
        Ok(())
    }

    fn json(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "[]" } else { "]" });
        self.0
    }
}

/// Where a log stands, and what this batch adds to it.
struct Top {
    seq: i64,
    said: Option<(i64, At)>,
    grew: bool,
}

impl Top {
    fn at(seq: i64) -> Self {
        Self { seq, said: None, grew: false }
    }
}

/// The message for which a cid was used first.
struct First<'a> {
    log: LogId,
    seq: i64,
    /// None where nobody knows any more.
    body: Option<Cow<'a, str>>,
    /// The ids of its uploads.
    files: Cow<'a, [String]>,
    at: At,
}

type Pair = (UserId, UserId);

struct Batch<'a> {
    now: At,
    tops: HashMap<LogId, Top>,
    directs: HashMap<Pair, LogId>,
    used: HashMap<(UserId, Cow<'a, str>), First<'a>>,
    /// Messages that are there to be answered, as far as anybody in this batch asks, and how they
    /// begin.
    said: HashMap<(LogId, i64), Quote>,
    changes: Changes,
    /// How far each has read, and whether this batch moved it.
    marks: BTreeMap<(UserId, LogId), (i64, bool)>,
    messages: Rows,
    events: Rows,
    /// Which messages call whom.
    calls: Rows,
    /// Whom the messages that are edited called before.
    called: HashSet<(UserId, LogId, i64)>,
    committed: Vec<Committed>,
}

impl<'a> Batch<'a> {
    /// Asks the database, in one statement, all that the order of these jobs depends on. The logs'
    /// tops stay as they are told until the transaction ends.
    async fn look(db: &mut Connection, jobs: &[Job]) -> Result<Self> {
        let (mut logs, mut pairs) = (HashSet::new(), HashSet::new());
        let (mut cids, mut answered, mut marks, mut called) =
            (Rows::default(), Rows::default(), Rows::default(), Rows::default());
        let mut changed = HashSet::new();
        for job in jobs {
            let place = match job {
                Job::Post(post) => {
                    logs.extend(post.notices.iter().map(|notice| notice.own));
                    cids.push(&(post.author.id, &post.cid))?;
                    if let Some(place) = post.reply_to.as_deref().and_then(message_place) {
                        answered.push(&place)?;
                    }
                    &post.place
                }
                Job::Change(change) => {
                    let message = change.log.zip(change.deed.seq());
                    changed.extend(message);
                    for notice in &change.notices {
                        logs.insert(notice.own);
                        if let (Some((log, seq)), Deed::Edit { .. }) = (message, &change.deed) {
                            called.push(&(notice.user, log, seq))?;
                        }
                    }
                    &change.place
                }
                Job::Mark(mark) => {
                    let (log, pair) = match &mark.place {
                        Some(Place::Room { log, .. }) => (Some(*log), None),
                        Some(Place::Direct { low, high }) => (None, Some((low.id, high.id))),
                        None => (Some(mark.own), None),
                    };
                    let (low, high) = pair.unzip();
                    marks.push(&(mark.user, log, low, high))?;
                    logs.insert(mark.own);
                    let Some(place) = &mark.place else { continue };
                    place
                }
            };
            match place {
                Place::Room { log, .. } => logs.insert(*log),
                Place::Direct { low, high } => pairs.insert((low.id, high.id)),
            };
        }
        type Seen = (String, String, String, String, String, String, String);
        let (cids, tops, directs, answered, marks, changed, called): Seen =
            sqlx::query_as(sqlite::LOOK)
                .bind(cids.json())
                .bind(json::write(&logs)?)
                .bind(json::write(&pairs)?)
                .bind(answered.json())
                .bind(marks.json())
                .bind(json::write(&changed)?)
                .bind(called.json())
                .fetch_one(db)
                .await?;
        type Cid = (UserId, String, LogId, i64, Option<String>, i64, Option<Vec<FileView>>);
        let cids: Vec<Cid> = json::read(&cids)?;
        let answered: Vec<(LogId, i64, String, Option<String>)> = json::read(&answered)?;
        let said = |(log, seq, author, text)| ((log, seq), quote((author, text)));
        let tops: Vec<(LogId, i64)> = json::read(&tops)?;
        let directs: Vec<(UserId, UserId, LogId, i64)> = json::read(&directs)?;
        let marks: Vec<(UserId, LogId, i64)> = json::read(&marks)?;
        let used = |(author, cid, log, seq, body, at, files): Cid| {
            let files = files.into_iter().flatten().map(|file| file.id).collect();
            let (body, files) = (body.map(Cow::Owned), Cow::Owned(files));
            ((author, Cow::Owned(cid)), First { log, seq, body, files, at: At(at) })
        };
        let of_directs = directs.iter().map(|(.., log, top)| (*log, *top));
        Ok(Self {
            now: At::now(),
            tops: tops
                .into_iter()
                .chain(of_directs)
                .map(|(log, top)| (log, Top::at(top)))
                .collect(),
            directs: directs.iter().map(|(low, high, log, _)| ((*low, *high), *log)).collect(),
            used: cids.into_iter().map(used).collect(),
            said: answered.into_iter().map(said).collect(),
            changes: Changes::read(&changed)?,
            marks: marks.into_iter().map(|(user, log, seq)| ((user, log), (seq, false))).collect(),
            messages: Rows::default(),
            events: Rows::default(),
            calls: Rows::default(),
            called: json::read(&called)?,
            committed: Vec::with_capacity(jobs.len()),
        })
    }

    /// The log of a place, if it has one.
    fn log(&self, place: &Place) -> Option<LogId> {
        match place {
            Place::Room { log, .. } => Some(*log),
            Place::Direct { low, high } => self.directs.get(&(low.id, high.id)).copied(),
        }
    }

    /// The top of a log that was looked at, or has just been made.
    fn top(&mut self, log: LogId) -> &mut Top {
        self.tops.entry(log).or_insert_with(|| Top::at(0))
    }

    async fn post(
        &mut self,
        db: &mut Connection,
        post: &'a Post,
    ) -> Result<std::result::Result<SendOk, Refusal>> {
        let log = self.log(&post.place);
        let key = (post.author.id, Cow::Borrowed(post.cid.as_str()));
        if let Some(first) = self.used.get(&key) {
            let same = |body: &Cow<str>| *body == post.body && first.files == post.files;
            let same = first.body.as_ref().is_none_or(same);
            return Ok(if Some(first.log) == log && same {
                Ok(SendOk { id: message_id(first.log, first.seq), seq: first.seq, at: first.at })
            } else {
                let why = "This cid was already used for another message.";
                Err(Refusal::new(Code::CidConflict, why))
            });
        }
        // One that has gone since it was found is no reason to refuse what others say.
        if let Place::Room { log, .. } = &post.place
            && !self.tops.contains_key(log)
        {
            return Ok(Err(Refusal::not_found("such room")));
        }
        let mut quote = None;
        if let Some(id) = &post.reply_to {
            let here = message_place(id).filter(|(place, _)| Some(*place) == log);
            let Some(answered) = here.and_then(|place| self.said.get(&place)) else {
                return Ok(Err(Refusal::invalid("reply_to", Word::AnsweredIsGone)));
            };
            quote = Some(answered.clone());
        }
        let files = match &post.files[..] {
            [] => Vec::new(),
            ids => files::free(db, post.author.id, ids).await?,
        };
        if files.len() != post.files.len() {
            return Ok(Err(Refusal::invalid("files", Word::FileGone)));
        }
        let log = match (log, &post.place) {
            (None, Place::Direct { low, high }) => self.begin(db, low, high).await?,
            (Some(log), _) => log,
            (None, Place::Room { log, .. }) => *log,
        };
        let at = self.now;
        let top = self.top(log);
        let seq = top.seq + 1;
        *top = Top { seq, said: Some((seq, at)), grew: true };
        self.messages.push(&(
            log,
            seq,
            post.author.id,
            author_kind_word(post.author_kind),
            &post.cid,
            &post.body,
            &post.reply_to,
            at.0,
            (!files.is_empty()).then_some(&files),
        ))?;
        if !files.is_empty() {
            files::attach(db, log, seq, &post.files).await?;
        }
        let data = MessageData {
            id: message_id(log, seq),
            author: post.author.name.to_string(),
            author_kind: post.author_kind,
            body: Some(post.body.clone()),
            at,
            reply_to: post.reply_to.clone(),
            quote,
            files,
        };
        let ok = SendOk { id: data.id.clone(), seq, at };
        let event = Event::new(seq, Some(post.cid.clone()), &Kind::Message(data));
        self.committed.push(Committed::Said { place: post.place.clone(), event });
        for notice in &post.notices {
            let (from, text, id) = (&*post.author.name, &*post.body, &*ok.id);
            self.tell(notice, Of { from, message: (log, seq), seq, id, text })?;
        }
        let begins =
            Quote { author: post.author.name.to_string(), text: Some(glimpse(&post.body)) };
        self.said.insert((log, seq), begins);
        let body = Some(Cow::Borrowed(post.body.as_str()));
        let files = Cow::Borrowed(&post.files[..]);
        self.used.insert(key, First { log, seq, body, files, at });
        Ok(Ok(ok))
    }

    /// Makes the log of a conversation, with its first message, and tells both.
    async fn begin(&mut self, db: &mut Connection, low: &Party, high: &Party) -> Result<LogId> {
        let log = directs::make(db, low.id, high.id).await?;
        self.directs.insert((low.id, high.id), log);
        for (me, other) in [(low, high), (high, low)] {
            let (own, top) = logs::own(db, me.id).await?;
            self.tops.entry(own).or_insert_with(|| Top::at(top));
            self.own(
                me.id,
                own,
                &Kind::Conversation { to: Target::Person(other.name.to_string()) },
            )?;
        }
        Ok(log)
    }

    /// Puts an event into a user's own log.
    fn own(&mut self, user: UserId, log: LogId, kind: &Kind) -> Result<()> {
        let at = self.now;
        let top = self.top(log);
        top.seq += 1;
        top.grew = true;
        let event = Event::new(top.seq, None, kind);
        self.events.push(&(log, event.seq, &event.kind, event.data.get(), at.0))?;
        self.committed.push(Committed::Own { user, event });
        Ok(())
    }

    fn mark(&mut self, mark: &Mark) -> Result<()> {
        let log = match &mark.place {
            Some(place) => self.log(place),
            None => Some(mark.own),
        };
        // In a conversation without a log there is nothing to read.
        let Some(log) = log else { return Ok(()) };
        let seq = mark.seq.min(self.top(log).seq);
        let (read, moved) = self.marks.entry((mark.user, log)).or_default();
        if seq <= *read {
            return Ok(());
        }
        (*read, *moved) = (seq, true);
        self.own(mark.user, mark.own, &Kind::Read { to: mark.to.clone(), seq })
    }

    /// Stores what was put in order.
    async fn write(self, db: &mut Connection) -> Result<Vec<Committed>> {
        let (mut tops, mut reads) = (Rows::default(), Rows::default());
        for (log, top) in self.tops.iter().filter(|(_, top)| top.grew) {
            let (seq, at) = top.said.map(|(seq, at)| (seq, at.0)).unzip();
            tops.push(&(log, top.seq, seq, at))?;
        }
        for ((user, log), (seq, _)) in self.marks.iter().filter(|(_, (_, moved))| *moved) {
            reads.push(&(user, log, seq))?;
        }
        notices::note(db, self.calls).await?;
        let put = if self.changes.is_empty() { sqlite::PUT } else { sqlite::PUT_CHANGES };
        let query = sqlx::query(put)
            .bind(self.messages.json())
            .bind(self.events.json())
            .bind(reads.json())
            .bind(tops.json());
        let query = if self.changes.is_empty() { query } else { self.changes.bind(query)? };
        query.execute(db).await?;
        Ok(self.committed)
    }
}
