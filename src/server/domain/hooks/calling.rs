//! Telling outgoing addresses. They follow a room's log by its seqs, as every reader does: nobody who says
//! something waits for them, and what was said while the server was away is taken up when it is back.
//! What is to be told is a row until it has arrived or was given up, so it is told at least once, under one
//! id. A message is read where it stands each time it is told: deleted, it is told no more.

use super::super::sessions::away;
use super::super::{Domain, Who, unavailable};
use super::{signed, turns};
use crate::protocol::refusal::Reason;
use crate::protocol::sheets::Sheet;
use crate::protocol::views::{AuthorKind, FileView};
use crate::protocol::{At, Target, urls};
use crate::server::outside::{Answer, Failed, Letter, host};
use crate::server::store::deliveries::{self, Due, Next, Outcome, Told};
use crate::server::store::{LogId, Result, UserId, hooks, message_id, users};
use crate::server::terms;
use crate::words::Word;
use bytes::Bytes;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// How long a call may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const ANSWER: usize = 64 * 1024;
/// Characters of an answer that are kept, to be looked at.
const KEPT: usize = 500;
/// How long after the first try that failed the second one comes…
pub const RETRY: Duration = Duration::from_secs(5);
/// …and each later one after the one before it, in such times: 8 tries over some 4 hours.
const RETRIES: [u32; 7] = [1, 6, 24, 120, 360, 720, 1_440];
/// How long an address rests that did not answer in time, by how often in a row that was, in the same
/// times; later as often as the last. All that waits for it waits with it.
const RESTS: [u32; 3] = [1, 6, 24];
/// An address that asks for more time is given this much at most.
const RETRY_AFTER: Duration = Duration::from_secs(3_600);
/// Deliveries given up in a row, after which an address is switched off.
const GIVEN_UP: i64 = 20;
/// Deliveries that wait for one address; more stay in the log until there is room.
const WAITING: usize = 100;
/// Messages of a log looked at in one step.
const STEP: usize = 100;
/// How far an address may be behind in what is noted of it, where nothing was to be told.
const UNNOTED: i64 = 1_000;
/// Deliveries that are kept to be looked at, of one address, and for how long.
const LOG: usize = 1_000;
const LOG_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// What is said within this time is taken up at once.
const GATHER: Duration = Duration::from_millis(50);
/// After the database failed.
const FAILED: Duration = Duration::from_secs(5);
/// Looked at again after this time at the latest, should a note have been missed.
const AT_LATEST: Duration = Duration::from_secs(60);

/// What is told.
#[derive(Serialize)]
struct Call<'a> {
    r#type: &'static str,
    timestamp: At,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    room: &'a str,
    #[serde(flatten)]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    seq: i64,
    author: &'a str,
    author_kind: AuthorKind,
    body: &'a str,
    at: At,
    reply_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<File<'a>>,
    link: String,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(flatten)]
    file: &'a FileView,
    link: String,
}

/// What the task remembers from turn to turn.
#[derive(Default)]
struct Work {
    /// How far each address has been looked at, beyond what is noted.
    seen: HashMap<String, i64>,
    /// Addresses that are being called, by whom.
    busy: HashMap<Id, Next>,
}

/// Whether there is more to be taken up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum More {
    None,
    /// Once less waits.
    Later,
    Now,
}

/// Whether this message is to be told to an address that asks for a word.
fn says(body: &str, word: &str) -> bool {
    let word = terms::joined(word);
    word.is_empty() || format!(" {} ", terms::joined(body)).contains(&format!(" {word} "))
}

/// The id under which a message is told to an address, at every try.
fn delivery_id(hook: &str, seq: i64) -> String {
    format!("msg_{hook}_{seq}")
}

/// The same of a test.
pub(super) fn test_id(hook: &str, now: At) -> String {
    format!("msg_{hook}_test{}", now.0)
}

/// How long the next try waits after so many: a tenth more or less than planned, so that not all come at
/// once. None when it is to be given up.
fn retry_in(
    tries: usize,
    first: Duration,
    asked: Option<Duration>,
    chance: f64,
) -> Option<Duration> {
    let planned = first * *RETRIES.get(tries.checked_sub(1)?)?;
    let planned = planned.mul_f64(0.9 + 0.2 * chance);
    Some(asked.map_or(planned, |asked| planned.max(asked.min(RETRY_AFTER))))
}

/// How long an address rests after so many calls in a row that it did not answer in time.
fn rests(silent: i64, first: Duration) -> Duration {
    let nth = usize::try_from(silent - 1).unwrap_or(0).min(RESTS.len() - 1);
    first * RESTS[nth]
}

fn after(now: At, wait: Duration) -> At {
    At(now.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
}

impl Failed {
    /// As it is stored.
    fn word(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::NoCertificates => "no_certificates",
        }
    }
}

impl Domain {
    /// Tells outgoing addresses what concerns them, for as long as the house is open.
    pub async fn keep_calling(self: Arc<Self>) {
        let mut work = Work::default();
        let mut calls = JoinSet::new();
        self.hooks.have_changed();
        loop {
            let turn = async {
                self.learn_hooks().await?;
                self.take_up_grown(&mut work).await?;
                self.call_next(&mut work, &mut calls).await
            };
            let rest = match turn.await {
                Ok(rest) => rest,
                Err(error) => {
                    tracing::warn!(%error, "webhooks could not be called");
                    FAILED
                }
            };
            tokio::select! {
                () = self.hooks.woken.notified() => tokio::time::sleep(GATHER).await,
                Some(ended) = calls.join_next_with_id() => {
                    let id = match ended {
                        Ok((id, ())) => id,
                        Err(error) => {
                            tracing::error!(%error, "calling a webhook failed");
                            error.id()
                        }
                    };
                    work.busy.remove(&id);
                }
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// Learns which rooms have outgoing addresses, if that may be others by now, and looks at all of them.
    async fn learn_hooks(&self) -> Result<()> {
        if !self.hooks.begin_to_learn() {
            return Ok(());
        }
        let read = async {
            let mut db = self.store.glance().await?;
            hooks::rooms(&mut db).await
        };
        match read.await {
            Ok(rooms) => {
                self.hooks.learn(rooms);
                Ok(())
            }
            Err(error) => {
                self.hooks.have_changed();
                Err(error)
            }
        }
    }

    /// Takes up what was said in rooms that have grown.
    async fn take_up_grown(&self, work: &mut Work) -> Result<()> {
        let mut grown = self.hooks.take_grown().into_iter();
        for log in grown.by_ref() {
            match self.take_up_log(work, log).await {
                Ok(More::None) => {}
                Ok(More::Later) => self.hooks.have_grown([log]),
                Ok(More::Now) => {
                    self.hooks.have_grown([log]);
                    self.hooks.woken.notify_one();
                }
                Err(error) => {
                    self.hooks.have_grown(grown.chain([log]));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn take_up_log(&self, work: &mut Work, log: LogId) -> Result<More> {
        let mut db = self.store.glance().await?;
        let (mut more, mut wanted, mut far) = (More::None, Vec::new(), Vec::new());
        for hook in hooks::listening(&mut db, log).await? {
            let room = WAITING.saturating_sub(usize::try_from(hook.waiting).unwrap_or(WAITING));
            let from = work.seen.get(&hook.id).copied().unwrap_or(0).max(hook.seq);
            let said = hooks::said_since(&mut db, log, from, STEP).await?;
            let whole_step = said.len() == STEP;
            let mut held = false;
            let (mut seen, mut taken) = (from, 0);
            for (seq, body, passed_over) in said {
                if !passed_over && says(&body, &hook.word) {
                    if taken == room {
                        held = true;
                        break;
                    }
                    taken += 1;
                    wanted.push((hook.id.clone(), seq));
                }
                seen = seq;
            }
            if taken > 0 || seen - hook.seq > UNNOTED {
                far.push((hook.id.clone(), seen));
            }
            more = more.max(match (held, whole_step) {
                (true, _) => More::Later,
                (false, true) => More::Now,
                (false, false) => More::None,
            });
            work.seen.insert(hook.id, seen);
        }
        drop(db);
        if far.is_empty() {
            return Ok(more);
        }
        let noted = self.note_wanted(&wanted, &far).await;
        if noted.is_err() {
            // Looked at again from what is noted.
            work.seen.clear();
        }
        noted.map(|()| more)
    }

    async fn note_wanted(&self, wanted: &[(String, i64)], far: &[(String, i64)]) -> Result<()> {
        let now = At::now();
        let mut tx = self.store.write().await?;
        for (hook, seq) in wanted {
            deliveries::add(&mut tx, &delivery_id(hook, *seq), hook, Some(*seq), now).await?;
        }
        for (hook, seq) in far {
            hooks::took_up(&mut tx, hook, *seq).await?;
            deliveries::forget(&mut tx, hook, At(now.0 - LOG_MS), LOG).await?;
        }
        tx.commit().await
    }

    /// Begins the calls whose time has come, as far as there is room. Answers when the next one is due.
    async fn call_next(
        self: &Arc<Self>,
        work: &mut Work,
        calls: &mut JoinSet<()>,
    ) -> Result<Duration> {
        let mut db = self.store.glance().await?;
        let next = deliveries::next(&mut db).await?;
        drop(db);
        let now = At::now();
        let calling = work.busy.values().cloned().collect();
        // Whoever is left out for others is looked at again when a call ends.
        let (chosen, later) = turns::whose(next, calling, now);
        for one in chosen {
            let (domain, counted) = (Arc::clone(self), self.hooks.counted());
            let called = one.hook_id.clone();
            let call = calls.spawn(async move {
                let _counted = counted;
                if let Err(error) = domain.call(&called).await {
                    tracing::warn!(%error, "what came of a call is not noted: it is made again");
                    tokio::time::sleep(FAILED).await;
                }
            });
            work.busy.insert(call.id(), one);
        }
        let wait = later.map(|at| Duration::from_millis(u64::try_from(at.0 - now.0).unwrap_or(0)));
        Ok(wait.unwrap_or(AT_LATEST).min(AT_LATEST))
    }

    /// Makes the call of this address whose time has come, and notes what came of it.
    async fn call(&self, hook: &str) -> Result<()> {
        let mut db = self.store.glance().await?;
        let Some(due) = deliveries::due(&mut db, hook, At::now()).await? else { return Ok(()) };
        let told = match due.seq {
            Some(seq) => deliveries::told(&mut db, due.log_id, seq).await?,
            None => None,
        };
        drop(db);
        if due.seq.is_some() && told.is_none() {
            // It was deleted meanwhile.
            let mut tx = self.store.write().await?;
            deliveries::remove(&mut tx, &due.id).await?;
            return tx.commit().await;
        }
        let now = At::now();
        let body = self.said(&due, told.as_ref(), now);
        let letter = Letter {
            url: due.url.clone(),
            headers: signed::headers(&due.secret, &due.id, now, &body),
            body: Bytes::from(body),
            inside: due.inside,
            patience: self.config.hook_patience,
            most_answer_bytes: ANSWER,
        };
        let answer = self.outside.send(letter).await;
        self.settle(&due, answer).await
    }

    fn said(&self, due: &Due, told: Option<&Told>, now: At) -> String {
        let id = due.seq.map(|seq| message_id(due.log_id, seq)).unwrap_or_default();
        let to = Target::Room(due.room.clone());
        let linked =
            |file: &FileView| format!("{}{}", self.base(), urls::file(&file.id, &file.name, false));
        let call = Call {
            r#type: if told.is_some() { "message.created" } else { "test" },
            timestamp: told.map_or(now, |told| told.at),
            data: Data {
                room: &due.room,
                message: told.map(|told| Message {
                    id: &id,
                    seq: due.seq.unwrap_or_default(),
                    author: &told.author,
                    author_kind: told.author_kind,
                    body: &told.body,
                    at: told.at,
                    reply_to: told.reply_to.as_deref(),
                    files: told
                        .files
                        .iter()
                        .map(|file| File { file, link: linked(file) })
                        .collect(),
                    link: format!("{}{}", self.base(), urls::message(&to, &id)),
                }),
            },
        };
        // Plain data with text keys always has a JSON form.
        serde_json::to_string(&call).unwrap_or_default()
    }

    /// Forgets what was told long ago, also where nothing is told any more; called now and then.
    pub async fn sweep_deliveries(&self) {
        let swept = async {
            let mut tx = self.store.write().await?;
            deliveries::forget_all(&mut tx, At(At::now().0 - LOG_MS)).await?;
            tx.commit().await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "old deliveries were not forgotten");
        }
    }

    async fn settle(&self, due: &Due, answer: std::result::Result<Answer, Failed>) -> Result<()> {
        let mut outcome = match &answer {
            Ok(answer) => {
                let text = String::from_utf8_lossy(&answer.body);
                let begins: String = text.chars().take(KEPT).collect();
                let answer_kept = (!begins.is_empty()).then_some(begins);
                Outcome {
                    status: Some(answer.status.as_u16()),
                    answer: answer_kept,
                    ..Outcome::default()
                }
            }
            Err(failed) => Outcome { error: Some(failed.word()), ..Outcome::default() },
        };
        let arrived = answer.as_ref().is_ok_and(|answer| answer.status.is_success());
        let gone = outcome.status == Some(410);
        let tries = usize::try_from(due.tries).unwrap_or(usize::MAX).saturating_add(1);
        let timed_out = matches!(answer, Err(Failed::TimedOut));
        let asked = answer.ok().and_then(|answer| answer.retry_after);
        let now = At::now();
        let silent = if timed_out { due.silent.saturating_add(1) } else { 0 };
        let rest = match outcome.status {
            None if timed_out => Some(rests(silent, self.config.hook_retry)),
            // Not this message alone is too much for it.
            Some(429 | 503) => asked.map(|asked| asked.min(RETRY_AFTER)),
            _ => None,
        };
        let not_before = rest.map_or(At(0), |rest| after(now, rest));
        // A test is one try: whoever asked for it looks at what comes of it.
        if !arrived && !gone && due.seq.is_some() {
            let next = retry_in(tries, self.config.hook_retry, asked, rand::random());
            outcome.next = next.map(|wait| after(now, wait));
        }
        let mut tx = self.store.write().await?;
        deliveries::tried(&mut tx, &due.id, &outcome).await?;
        hooks::was_called(&mut tx, &due.hook_id, now, silent, not_before).await?;
        let mut off = None;
        if gone {
            off = Some(("gone", Word::HookToldGone.of(&[&host(&due.url)])));
        } else if outcome.next.is_none() && (arrived || due.seq.is_some()) {
            let failed = hooks::note_outcome(&mut tx, &due.hook_id, arrived).await?;
            if failed >= GIVEN_UP {
                off = Some(("failing", Word::HookToldFailing.of(&[&host(&due.url), &GIVEN_UP])));
            }
        }
        let Some((why, said)) = off else { return tx.commit().await };
        let made_by = hooks::turn_off(&mut tx, &due.hook_id, why).await?;
        tx.commit().await?;
        if let Some(made_by) = made_by {
            self.tell_maker(made_by, &due.room, said.into()).await;
        }
        Ok(())
    }

    /// Whoever made an address that was switched off hears of it, as long as they keep order in its room: they may
    /// not look at its page for weeks.
    async fn tell_maker(&self, maker: UserId, room: &str, said: Reason) {
        let told = async {
            let mut db = self.store.glance().await.map_err(unavailable)?;
            let user = users::by_id(&mut db, maker).await.map_err(unavailable)?;
            drop(db);
            let who = user.map_or(Who::Visitor, |user| Who::Member(Arc::new(away(user))));
            let (maker, room) = self.my_order(&who, room).await?;
            let page = Sheet::Webhooks(room.name.clone()).address();
            self.tell_of(&maker, &Target::Room(room.name), said, page).await
        };
        // It is switched off all the same, and its page says so.
        if let Err(refusal) = told.await
            && refusal.temporary
        {
            tracing::warn!(%refusal, "whose webhook was switched off was not told");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_a_word_in_any_script() {
        assert!(says("anything", ""));
        assert!(says("please Deploy, now", "deploy"));
        assert!(says("@GitBot hello", "gitbot"));
        assert!(says("请部署到生产", "部署"));
        assert!(says("run the big build", "big build"));
        assert!(!says("redeployed", "deploy"));
        assert!(!says("", "deploy"));
    }

    #[test]
    fn who_is_silent_rests_longer_and_longer_up_to_a_bound() {
        let waits: Vec<_> = (1..=5).map(|silent| rests(silent, RETRY).as_secs()).collect();
        assert_eq!(waits, [5, 30, 120, 120, 120]);
    }

    #[test]
    fn tries_come_further_and_further_apart_and_end() {
        let second = Duration::from_secs(1);
        let waits: Vec<_> = (1..=8).map_while(|tries| retry_in(tries, RETRY, None, 0.5)).collect();
        assert_eq!(waits.len(), 7, "8 tries");
        assert!(waits.is_sorted() && waits[0] == RETRY);
        let all: Duration = waits.iter().sum();
        assert!(all > 3 * RETRY_AFTER && all < 5 * RETRY_AFTER, "{all:?}");
        assert_eq!(retry_in(8, RETRY, Some(second), 0.5), None);
        assert_eq!(retry_in(1, second, Some(7 * second), 0.5), Some(7 * second));
        assert_eq!(retry_in(1, second, Some(99 * RETRY_AFTER), 0.5), Some(RETRY_AFTER));
        assert!(retry_in(1, second, None, 0.0) < retry_in(1, second, None, 1.0));
    }
}
