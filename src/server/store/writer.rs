//! The one writer of logs: takes whatever has gathered and commits it at once, so that a hundred
//! sends cost one wait for the disk. Seqs are given out inside the transaction; what was stored is
//! handed on in that order, and only then answered.

use super::history::author_kind_word;
use super::{
    Connection, LogId, Result, Store, UserId, directs, history, logs, message_id, message_place,
    reads,
};
use crate::protocol::frames::{Event, Kind, MessageData, SendOk};
use crate::protocol::views::AuthorKind;
use crate::protocol::{At, Code, Refusal, Target};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Jobs in one commit: past it the gain is gone and the wait of the first grows.
const BATCH: usize = 256;
/// Jobs that may wait. A full line is answered `unavailable` rather than growing without bound.
const LINE: usize = 8_192;

/// Called once with what came of a job.
pub type Done<T> = Box<dyn FnOnce(std::result::Result<T, Refusal>) + Send + Sync>;

/// One of the two of a conversation.
#[derive(Clone, Debug)]
pub struct Party {
    /// Key.
    pub id: UserId,
    /// Name.
    pub name: Arc<str>,
}

/// Where a message goes.
#[derive(Clone, Debug)]
pub enum Place {
    /// A room.
    Room { log: LogId, name: String },
    /// The conversation of two, made with its first message.
    Direct { low: Party, high: Party },
}

/// A message to store.
pub struct Post {
    /// Who says it.
    pub author: Party,
    /// As a person or as a program.
    pub author_kind: AuthorKind,
    /// Where.
    pub place: Place,
    /// The sender's own id, unique among theirs.
    pub cid: String,
    /// What.
    pub body: String,
    /// The id of the message it answers.
    pub reply_to: Option<String>,
    /// Who waits for the answer.
    pub done: Done<SendOk>,
}

/// A read marker to move.
pub struct Mark {
    /// Whose.
    pub user: UserId,
    /// Their own log, which tells their other devices.
    pub own: LogId,
    /// Where.
    pub log: LogId,
    /// Its target as they see it.
    pub to: Target,
    /// How far.
    pub seq: i64,
    /// Who waits for it.
    pub done: Done<()>,
}

/// Something to write into a log.
pub enum Job {
    /// A message.
    Post(Post),
    /// A read marker.
    Mark(Mark),
}

impl Job {
    fn refuse(self) {
        match self {
            Self::Post(post) => (post.done)(Err(Refusal::unavailable())),
            Self::Mark(mark) => (mark.done)(Err(Refusal::unavailable())),
        }
    }
}

/// What was committed, in the order of its seqs.
#[derive(Clone, Debug)]
pub enum Committed {
    /// An event in a place.
    Said { place: Place, event: Event },
    /// An event in a user's own log.
    Own { user: UserId, event: Event },
}

/// Where jobs are handed in.
#[derive(Clone)]
pub struct Writer {
    line: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the writer. It ends, after storing what it was handed, when every handle is gone.
    pub fn start(
        store: Store,
        publish: impl Fn(Committed) + Send + Sync + 'static,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (line, mut jobs) = mpsc::channel(LINE);
        let task = tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while jobs.recv_many(&mut batch, BATCH).await > 0 {
                write(&store, std::mem::take(&mut batch), &publish).await;
            }
        });
        (Self { line }, task)
    }

    /// Hands in a message; `done` is called when it is stored or refused.
    pub fn post(&self, post: Post) {
        self.hand_in(Job::Post(post));
    }

    /// Hands in a read marker; `done` is called when it is stored.
    pub fn mark(&self, mark: Mark) {
        self.hand_in(Job::Mark(mark));
    }

    /// Jobs that wait to be taken up.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.line.max_capacity() - self.line.capacity()
    }

    fn hand_in(&self, job: Job) {
        if let Err(full) = self.line.try_send(job) {
            full.into_inner().refuse();
        }
    }
}

/// What came of each job, in their order.
enum Answer {
    Post(std::result::Result<SendOk, Refusal>),
    Mark,
}

async fn write(store: &Store, batch: Vec<Job>, publish: &(impl Fn(Committed) + Sync)) {
    match commit(store, &batch).await {
        Ok((committed, answers)) => {
            committed.into_iter().for_each(publish);
            for (job, answer) in batch.into_iter().zip(answers) {
                match (job, answer) {
                    (Job::Post(post), Answer::Post(answer)) => (post.done)(answer),
                    (Job::Mark(mark), _) => (mark.done)(Ok(())),
                    (job, _) => job.refuse(),
                }
            }
        }
        Err(error) => {
            tracing::error!(%error, jobs = batch.len(), "nothing of this batch was stored");
            batch.into_iter().for_each(Job::refuse);
        }
    }
}

async fn commit(store: &Store, jobs: &[Job]) -> Result<(Vec<Committed>, Vec<Answer>)> {
    let mut tx = store.write().await?;
    let mut batch = Batch { now: At::now(), tops: HashMap::new(), committed: Vec::new() };
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        answers.push(match job {
            Job::Post(post) => Answer::Post(batch.post(&mut tx, post).await?),
            Job::Mark(mark) => {
                batch.mark(&mut tx, mark).await?;
                Answer::Mark
            }
        });
    }
    for (log, top) in &batch.tops {
        if top.grew {
            logs::advance(&mut tx, *log, top.seq, top.said).await?;
        }
    }
    tx.commit().await?;
    Ok((batch.committed, answers))
}

struct Top {
    seq: i64,
    said: Option<(i64, At)>,
    grew: bool,
}

struct Batch {
    now: At,
    tops: HashMap<LogId, Top>,
    committed: Vec<Committed>,
}

impl Batch {
    /// The log's top, read once a batch and held until its end.
    async fn top(&mut self, db: &mut Connection, log: LogId) -> Result<&mut Top> {
        match self.tops.entry(log) {
            Entry::Occupied(top) => Ok(top.into_mut()),
            Entry::Vacant(place) => {
                let seq = logs::hold(db, log).await?;
                Ok(place.insert(Top { seq, said: None, grew: false }))
            }
        }
    }

    async fn post(
        &mut self,
        db: &mut Connection,
        post: &Post,
    ) -> Result<std::result::Result<SendOk, Refusal>> {
        if let Some(first) = first_answer(db, post).await? {
            return Ok(first);
        }
        let log = match &post.place {
            Place::Room { log, .. } => *log,
            Place::Direct { low, high } => self.conversation(db, low, high).await?,
        };
        if let Some(id) = &post.reply_to {
            let answered = message_place(id).filter(|(place, _)| *place == log);
            let known = match answered {
                Some((log, seq)) => history::holds(db, log, seq).await?,
                None => false,
            };
            if !known {
                return Ok(Err(Refusal::invalid(
                    "reply_to",
                    "The message that this answers is not here.",
                )));
            }
        }
        let now = self.now;
        let top = self.top(db, log).await?;
        let seq = top.seq + 1;
        sqlx::query(
            "INSERT INTO messages (log_id, seq, author_id, author_kind, cid, body, reply_to, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(log)
        .bind(seq)
        .bind(post.author.id)
        .bind(author_kind_word(post.author_kind))
        .bind(&post.cid)
        .bind(&post.body)
        .bind(&post.reply_to)
        .bind(now.0)
        .execute(db)
        .await?;
        *top = Top { seq, said: Some((seq, now)), grew: true };
        let data = MessageData {
            id: message_id(log, seq),
            author: post.author.name.to_string(),
            author_kind: post.author_kind,
            body: Some(post.body.clone()),
            at: now,
            reply_to: post.reply_to.clone(),
        };
        let ok = SendOk { id: data.id.clone(), seq, at: now };
        let event = Event::new(seq, Some(post.cid.clone()), &Kind::Message(data));
        self.committed.push(Committed::Said { place: post.place.clone(), event });
        Ok(Ok(ok))
    }

    /// The log of the conversation; with the first message it is made, and both are told.
    async fn conversation(
        &mut self,
        db: &mut Connection,
        low: &Party,
        high: &Party,
    ) -> Result<LogId> {
        if let Some(log) = directs::find(db, low.id, high.id).await? {
            return Ok(log);
        }
        let log = directs::make(db, low.id, high.id).await?;
        for (me, other) in [(low, high), (high, low)] {
            let own: LogId = sqlx::query_scalar("SELECT log_id FROM users WHERE id = $1")
                .bind(me.id)
                .fetch_one(&mut *db)
                .await?;
            let kind = Kind::Conversation { to: Target::Person(other.name.to_string()) };
            self.own(db, me.id, own, &kind).await?;
        }
        Ok(log)
    }

    async fn own(
        &mut self,
        db: &mut Connection,
        user: UserId,
        log: LogId,
        kind: &Kind,
    ) -> Result<()> {
        let now = self.now;
        let top = self.top(db, log).await?;
        top.seq += 1;
        top.grew = true;
        let seq = top.seq;
        let event = logs::put(db, log, seq, kind, now).await?;
        self.committed.push(Committed::Own { user, event });
        Ok(())
    }

    async fn mark(&mut self, db: &mut Connection, mark: &Mark) -> Result<()> {
        let top = self.top(db, mark.log).await?.seq;
        let seq = mark.seq.clamp(0, top);
        if seq > 0 && reads::advance(db, mark.user, mark.log, seq).await? {
            self.own(db, mark.user, mark.own, &Kind::Read { to: mark.to.clone(), seq }).await?;
        }
        Ok(())
    }
}

/// What this cid was answered the first time; a conflict if it was used for something else.
async fn first_answer(
    db: &mut Connection,
    post: &Post,
) -> Result<Option<std::result::Result<SendOk, Refusal>>> {
    let first: Option<(LogId, i64, String, i64)> = sqlx::query_as(
        "SELECT log_id, seq, body, at FROM messages WHERE author_id = $1 AND cid = $2",
    )
    .bind(post.author.id)
    .bind(&post.cid)
    .fetch_optional(&mut *db)
    .await?;
    let Some((log, seq, body, at)) = first else { return Ok(None) };
    let same_place = match &post.place {
        Place::Room { log: room, .. } => *room == log,
        Place::Direct { low, high } => directs::find(db, low.id, high.id).await? == Some(log),
    };
    Ok(Some(if same_place && body == post.body {
        Ok(SendOk { id: message_id(log, seq), seq, at: At(at) })
    } else {
        Err(Refusal::new(Code::CidConflict, "This cid was already used for another message."))
    }))
}
