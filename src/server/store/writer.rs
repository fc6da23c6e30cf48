//! The one writer of logs: takes whatever has gathered and commits it at once, so that a hundred
//! sends cost one wait for the disk. Seqs are given out inside the transaction; what was stored is
//! handed on in that order, and only then answered.

use super::acts::{self, Act, Changed};
use super::batch::notices::Notice;
use super::batch::{self, Answer};
use super::{LogId, Result, Store, UserId};
use crate::protocol::frames::{ChangeOk, Event, SendOk};
use crate::protocol::views::AuthorKind;
use crate::protocol::{Refusal, Target};
use crate::server::vital::Vital;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};

/// Jobs in one commit: past it the gain is gone and the wait of the first grows.
const BATCH: usize = 256;
/// Whoever was found to be allowed something hands it in within this time: then a room may have been
/// closed to them meanwhile.
const DOUBT: Duration = Duration::from_secs(1);
/// Jobs that may wait. A full line is answered `unavailable` rather than growing without bound.
const LINE: usize = 8_192;

/// Called once with what came of a job.
pub type Done<T> = Box<dyn FnOnce(std::result::Result<T, Refusal>) + Send + Sync>;

/// For whoever waits for what comes of a job: what is called, and what then has the answer.
pub fn answered<T: Send + 'static>()
-> (Done<T>, impl Future<Output = std::result::Result<T, Refusal>>) {
    let (answer, answered) = oneshot::channel();
    let done = Box::new(move |result| {
        // Whoever asked may have gone; it is done all the same.
        let _ = answer.send(result);
    });
    (done, async { answered.await.unwrap_or_else(|_| Err(Refusal::unavailable())) })
}

/// One of the two of a conversation.
#[derive(Clone, Debug)]
pub struct Party {
    /// Key.
    pub id: UserId,
    /// Name.
    pub name: Arc<str>,
    /// Their own log.
    pub own: LogId,
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
    /// Who is to be told of it.
    pub notices: Vec<Notice>,
    /// The ids of its uploads, in their order.
    pub files: Vec<String>,
    /// Who waits for the answer.
    pub done: Done<SendOk>,
}

/// A read marker to move.
pub struct Mark {
    /// Whose.
    pub user: UserId,
    /// Their own log, which tells their other devices.
    pub own: LogId,
    /// Where; none is their own log.
    pub place: Option<Place>,
    /// Its target as they see it.
    pub to: Target,
    /// How far.
    pub seq: i64,
    /// Who waits for it.
    pub done: Done<()>,
}

/// What is to happen to a message, or to a place. `M` names the message: its id as long as nobody has
/// looked which log that is of, then its seq.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed<M = i64> {
    /// The message gets another text.
    Edit { message: M, body: String },
    /// The message goes; its place stays.
    Delete { message: M },
    /// A reaction to the message is given, or taken back.
    React { message: M, emoji: String, on: bool },
    /// The message is pinned, or no longer.
    Pin { message: M, on: bool },
    /// The room is about something else.
    Topic { text: String },
}

impl<M> Deed<M> {
    /// The same, with another name for the message.
    ///
    /// # Errors
    /// What `name` says of the one it has.
    pub fn renamed<N, E>(
        self,
        name: impl FnOnce(M) -> std::result::Result<N, E>,
    ) -> std::result::Result<Deed<N>, E> {
        Ok(match self {
            Self::Edit { message, body } => Deed::Edit { message: name(message)?, body },
            Self::Delete { message } => Deed::Delete { message: name(message)? },
            Self::React { message, emoji, on } => {
                Deed::React { message: name(message)?, emoji, on }
            }
            Self::Pin { message, on } => Deed::Pin { message: name(message)?, on },
            Self::Topic { text } => Deed::Topic { text },
        })
    }
}

impl Deed {
    /// The message that it happens to.
    #[must_use]
    pub fn seq(&self) -> Option<i64> {
        match self {
            Self::Edit { message, .. }
            | Self::Delete { message }
            | Self::React { message, .. }
            | Self::Pin { message, .. } => Some(*message),
            Self::Topic { .. } => None,
        }
    }
}

/// A change to what is in a log already.
pub struct Change {
    /// Who makes it.
    pub by: Party,
    /// Whether they keep order there: they may change what others said.
    pub moderates: bool,
    /// Where.
    pub place: Place,
    /// The log that the message's id names, if it is about one: it must be the place's.
    pub log: Option<LogId>,
    /// What.
    pub deed: Deed,
    /// Who is to be told of it, if it happens.
    pub notices: Vec<Notice>,
    /// Who waits for the answer.
    pub done: Done<ChangeOk>,
}

/// Something to write into a log.
pub enum Job {
    /// A change.
    Change(Change),
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
            Self::Change(change) => (change.done)(Err(Refusal::unavailable())),
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
    /// What was known by heart is so no longer.
    Changed(Changed),
}

/// What is handed in.
#[allow(clippy::large_enum_variant, reason = "nearly all of it is jobs")]
enum Handed {
    Job(Job),
    Act(Act),
}

impl Handed {
    fn refuse(self) {
        match self {
            Self::Job(job) => job.refuse(),
            Self::Act(act) => (act.done)(Err(Refusal::unavailable())),
        }
    }
}

/// Where jobs are handed in.
#[derive(Clone)]
pub struct Writer {
    line: mpsc::Sender<Handed>,
}

/// The writer at work.
pub struct Writing {
    ended: oneshot::Receiver<()>,
    abandoned: Arc<Notify>,
}

impl Writing {
    /// Waits until everything that was handed in is stored; every handle must be gone before.
    pub async fn ended(self) {
        // An error says the same: the writer is gone.
        let _ = self.ended.await;
    }

    /// Ends it without storing what waits, as a loss of power would: for tests.
    pub async fn abandon(self) {
        self.abandoned.notify_one();
        self.ended().await;
    }
}

impl Writer {
    /// Starts the writer. It ends, after storing what it was handed, when every handle is gone.
    /// `publish` is told, once a commit and before anybody is answered, all that was committed.
    ///
    /// It has a thread of its own: among the connections' tasks it would wait, after each switch to
    /// the database and back, behind all that it has just woken. So what is said while a crowd is
    /// being told is stored meanwhile, and reaches most of them in the same write.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        store: Store,
        publish: impl Fn(Vec<Committed>) + Send + Sync + 'static,
    ) -> std::io::Result<(Self, Writing)> {
        let (line, mut jobs) = mpsc::channel(LINE);
        let (end, ended) = oneshot::channel();
        let abandoned = Arc::new(Notify::new());
        let left = Arc::clone(&abandoned);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let work = async move {
            let mut batch = Vec::with_capacity(BATCH);
            let mut acted = None;
            while jobs.recv_many(&mut batch, BATCH).await > 0 {
                write(&store, std::mem::take(&mut batch), &mut acted, &publish).await;
            }
        };
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            let _vital = Vital("the writer");
            runtime.block_on(async move {
                tokio::select! {
                    () = work => {}
                    () = left.notified() => {}
                }
            });
            // Nobody may wait for it any more.
            let _ = end.send(());
        })?;
        Ok((Self { line }, Writing { ended, abandoned }))
    }

    /// Hands in a message; `done` is called when it is stored or refused.
    pub fn post(&self, post: Post) {
        self.hand_in(Job::Post(post));
    }

    /// Hands in a change; `done` is called when it is stored or refused.
    pub fn change(&self, change: Change) {
        self.hand_in(Job::Change(change));
    }

    /// Hands in a read marker; `done` is called when it is stored.
    pub fn mark(&self, mark: Mark) {
        self.hand_in(Job::Mark(mark));
    }

    /// Hands in an act; `done` is called when it is stored or refused.
    pub fn act(&self, act: Act) {
        self.hand(Handed::Act(act));
    }

    /// Jobs that wait to be taken up.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.line.max_capacity() - self.line.capacity()
    }

    fn hand_in(&self, job: Job) {
        self.hand(Handed::Job(job));
    }

    fn hand(&self, handed: Handed) {
        if let Err(full) = self.line.try_send(handed) {
            full.into_inner().refuse();
        }
    }
}

/// Acts come first, in a commit of their own: they are rare, and who joins and speaks at once has joined.
/// For a while after one that changes who may do what, all that is handed in is asked once more whether it may be.
async fn write(
    store: &Store,
    handed: Vec<Handed>,
    acted: &mut Option<Instant>,
    publish: &(impl Fn(Vec<Committed>) + Sync),
) {
    let (mut batch, mut acts) = (Vec::with_capacity(handed.len()), Vec::new());
    for one in handed {
        match one {
            Handed::Job(job) => batch.push(job),
            Handed::Act(act) => acts.push(act),
        }
    }
    if !acts.is_empty() {
        let rights = acts.iter().any(|act| act.rights);
        acts::commit(store, acts, publish).await;
        if rights {
            *acted = Some(Instant::now());
        }
    }
    if batch.is_empty() {
        return;
    }
    let doubtful = acted.is_some_and(|at| at.elapsed() < DOUBT);
    match commit(store, &batch, doubtful).await {
        Ok((committed, answers)) => {
            publish(committed);
            for (job, answer) in batch.into_iter().zip(answers) {
                match (job, answer) {
                    (Job::Post(post), Answer::Post(answer)) => (post.done)(answer),
                    (Job::Change(change), Answer::Change(answer)) => (change.done)(answer),
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

async fn commit(
    store: &Store,
    jobs: &[Job],
    doubtful: bool,
) -> Result<(Vec<Committed>, Vec<Answer>)> {
    let mut turn = store.write_batch().await?;
    let done = batch::commit(turn.db()?, jobs, doubtful).await?;
    turn.is_over();
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    const THIS: &str = "server::store::writer::tests::a_writer_that_is_lost_ends_the_process";
    /// Says to this very test, in a process of its own, that it is to lose its writer.
    const LOSE: &str = "ROOMFUL_TEST_LOSES_ITS_WRITER";
    const SIGABRT: i32 = 6;

    #[tokio::test]
    async fn a_writer_that_is_lost_ends_the_process() {
        if std::env::var_os(LOSE).is_some() {
            return lose_it().await;
        }
        let mut again = Command::new(std::env::current_exe().unwrap());
        let ended = again.args(["--exact", THIS]).env(LOSE, "1").output().unwrap();
        assert_eq!(ended.status.signal(), Some(SIGABRT), "{ended:?}");
    }

    async fn lose_it() {
        let dir = tempfile::TempDir::new().unwrap();
        let store =
            Store::open(&dir.path().join("r.db"), super::super::sqlite::BUSY).await.unwrap();
        let (writer, writing) = Writer::start(store, |_| panic!("lost")).unwrap();
        let party = |id, name: &str| Party { id: UserId(id), name: name.into(), own: LogId(id) };
        writer.mark(Mark {
            user: UserId(1),
            own: LogId(1),
            place: Some(Place::Direct { low: party(1, "a"), high: party(2, "b") }),
            to: Target::Own,
            seq: 1,
            done: Box::new(|_| {}),
        });
        writing.ended().await;
    }
}
