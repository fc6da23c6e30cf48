use super::*;
use crate::protocol::people::Access;
use crate::protocol::views::AuthorKind;
use crate::server::store::replay::{self, Stretch};
use crate::server::store::{Store, heads, rooms, users};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

/// A database with people and rooms, and what was committed to it.
struct Told {
    store: Store,
    people: Vec<(Party, LogId)>,
    rooms: Vec<Place>,
    _dir: tempfile::TempDir,
}

/// What came of a job, in a form that can be compared.
type Outcome = std::result::Result<(String, i64), Code>;

impl Told {
    async fn open() -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("r.db"), Duration::from_secs(5)).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let (mut people, mut places) = (Vec::new(), Vec::new());
        for name in ["ann", "bob", "cat"] {
            let name = crate::protocol::names::check(crate::protocol::names::Kind::User, name);
            let name = name.unwrap();
            let id = users::make(&mut tx, &name, "-", false).await.unwrap().unwrap();
            let (own, _) = logs::own(&mut tx, id).await.unwrap();
            people.push((Party { id, name: name.shown.into(), own }, own));
        }
        for name in ["north", "south"] {
            let name = crate::protocol::names::check(crate::protocol::names::Kind::Room, name);
            let room = rooms::make(&mut tx, &name.unwrap(), Access::Open, None).await.unwrap();
            places.push(Place::Room { log: room.log_id, name: room.name });
        }
        tx.commit().await.unwrap();
        Self { store, people, rooms: places, _dir: dir }
    }

    fn direct(&self, a: usize, b: usize) -> Place {
        let (low, high) = (a.min(b), a.max(b));
        Place::Direct { low: self.people[low].0.clone(), high: self.people[high].0.clone() }
    }

    fn say(&self, author: usize, place: &Place, cid: &str, body: &str) -> Job {
        self.answer(author, place, cid, body, None)
    }

    fn answer(
        &self,
        author: usize,
        place: &Place,
        cid: &str,
        body: &str,
        reply_to: Option<String>,
    ) -> Job {
        Job::Post(Post {
            author: self.people[author].0.clone(),
            author_kind: AuthorKind::User,
            place: place.clone(),
            cid: cid.to_owned(),
            body: body.to_owned(),
            reply_to,
            notices: Vec::new(),
            files: Vec::new(),
            done: Box::new(|_| {}),
        })
    }

    fn mark(&self, user: usize, place: &Place, seq: i64) -> Job {
        let (party, own) = &self.people[user];
        Job::Mark(Mark {
            user: party.id,
            own: *own,
            place: Some(place.clone()),
            to: Target::Room("as they see it".to_owned()),
            seq,
            done: Box::new(|_| {}),
        })
    }

    /// Commits the jobs as one batch.
    async fn batch(&self, jobs: &[Job]) -> (Vec<Committed>, Vec<Outcome>) {
        let mut turn = self.store.write_batch().await.unwrap();
        let (committed, answers) = commit(turn.db().unwrap(), jobs, true).await.unwrap();
        turn.is_over();
        let outcome = |answer| match answer {
            Answer::Post(Ok(ok)) => Ok((ok.id, ok.seq)),
            Answer::Post(Err(refusal)) => Err(refusal.code),
            Answer::Change(Ok(ok)) => Ok((String::new(), ok.seq)),
            Answer::Change(Err(refusal)) => Err(refusal.code),
            Answer::Mark => Ok((String::new(), 0)),
        };
        (committed, answers.into_iter().map(outcome).collect())
    }

    /// (seq, kind, body or data) of all that the log holds.
    async fn log(&self, log: LogId) -> Vec<(i64, String, String)> {
        let mut db = self.store.glance().await.unwrap();
        let head = heads::of(&mut db, None, &[heads::Of::Log(log)]).await.unwrap().remove(0);
        let all = [Stretch { log, after: 0, top: head.top }];
        let events = replay::of(&mut db, &all).await.unwrap().remove(0);
        let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=head.top).collect::<Vec<_>>(), "no gap, and the top is the last");
        events.into_iter().map(plain).collect()
    }

    async fn head(&self, user: usize, of: heads::Of) -> heads::Head {
        let mut db = self.store.glance().await.unwrap();
        heads::of(&mut db, Some(self.people[user].0.id), &[of]).await.unwrap().remove(0)
    }
}

fn plain(event: Event) -> (i64, String, String) {
    let said = match event.reading() {
        Some(Kind::Message(said)) => said.body.unwrap_or_default(),
        _ => event.data.get().to_owned(),
    };
    (event.seq, event.kind, said)
}

fn log_of(place: &Place) -> LogId {
    match place {
        Place::Room { log, .. } => *log,
        Place::Direct { .. } => panic!("its log is the batch's to make"),
    }
}

fn said(bodies: &[&str]) -> Vec<(i64, String, String)> {
    let seqs = 1..;
    seqs.zip(bodies).map(|(n, body)| (n, "message".to_owned(), (*body).to_owned())).collect()
}

#[tokio::test]
async fn a_double_in_one_batch_gets_the_first_one_s_answer_and_a_conflict_is_refused() {
    let told = Told::open().await;
    let (north, south) = (&told.rooms[0], &told.rooms[1]);
    let jobs = [
        told.say(0, north, "c", "one"),
        told.say(0, north, "c", "one"),
        told.say(0, north, "c", "another"),
        told.say(0, south, "c", "one"),
        told.say(1, north, "c", "one"),
    ];
    let log = log_of(north);
    let first = Ok((message_id(log, 1), 1));
    let others = Ok((message_id(log, 2), 2));
    let conflict = Err(Code::CidConflict);
    let (committed, outcomes) = told.batch(&jobs).await;
    assert_eq!(outcomes, [first.clone(), first, conflict.clone(), conflict, others]);
    assert_eq!(committed.len(), 2);
    // And the same in a batch of its own.
    let (committed, again) = told.batch(&jobs).await;
    assert_eq!((again, committed.len()), (outcomes, 0));
    assert_eq!(told.log(log).await, said(&["one", "one"]));
    assert!(told.log(log_of(south)).await.is_empty());
}

#[tokio::test]
async fn two_logs_are_counted_apart_and_told_in_the_order_of_the_jobs() {
    let told = Told::open().await;
    let (north, south) = (&told.rooms[0], &told.rooms[1]);
    for round in 0..2 {
        let jobs: Vec<Job> = (0..6)
            .map(|n| {
                told.say(n % 3, if n % 2 == 0 { north } else { south }, &format!("{round}{n}"), "x")
            })
            .collect();
        let (committed, outcomes) = told.batch(&jobs).await;
        let seqs: Vec<i64> = outcomes.into_iter().map(|outcome| outcome.unwrap().1).collect();
        let base = round * 3;
        assert_eq!(seqs, [1, 1, 2, 2, 3, 3].map(|seq| seq + base));
        let order: Vec<(LogId, i64)> = committed
            .iter()
            .map(|one| match one {
                Committed::Said { place, event } => (log_of(place), event.seq),
                _ => panic!("nobody's own"),
            })
            .collect();
        let (n, s) = (log_of(north), log_of(south));
        let expected = [(n, 1), (s, 1), (n, 2), (s, 2), (n, 3), (s, 3)];
        assert_eq!(order, expected.map(|(log, seq)| (log, seq + base)));
    }
}

#[tokio::test]
async fn a_reply_may_be_to_a_message_of_the_same_batch_and_to_none_that_is_not_here() {
    let told = Told::open().await;
    let (north, south) = (&told.rooms[0], &told.rooms[1]);
    let log = log_of(north);
    let id = |seq| Some(message_id(log, seq));
    let jobs = [
        told.answer(1, north, "early", "before it is there", id(1)),
        told.say(0, north, "a", "first"),
        told.answer(1, north, "b", "to the first", id(1)),
        told.answer(1, south, "c", "from elsewhere", id(1)),
        told.answer(1, north, "d", "to nothing", id(9)),
        told.answer(1, north, "e", "to nonsense", Some("-".to_owned())),
        told.answer(1, &told.direct(0, 1), "f", "in nowhere", id(1)),
    ];
    let (_, outcomes) = told.batch(&jobs).await;
    let refused: Vec<bool> = outcomes.iter().map(|o| *o == Err(Code::Invalid)).collect();
    assert_eq!(refused, [true, false, false, true, true, true, true]);
    let (_, later) = told.batch(&[told.answer(0, north, "g", "to the second", id(2))]).await;
    assert_eq!(later, [Ok((message_id(log, 3), 3))]);
    assert_eq!(told.log(log).await, said(&["first", "to the first", "to the second"]));
    let direct = told.head(0, heads::Of::Direct(told.people[0].0.id, told.people[1].0.id)).await;
    assert_eq!(direct.log, None, "a refused message begins no conversation");
}

#[tokio::test]
async fn the_first_messages_of_both_sides_begin_one_conversation() {
    let told = Told::open().await;
    let between = told.direct(0, 1);
    let jobs = [
        told.mark(1, &between, 5),
        told.say(1, &between, "c", "from bob"),
        told.say(0, &between, "c", "from ann"),
        told.mark(1, &between, 5),
    ];
    let (committed, outcomes) = told.batch(&jobs).await;
    let seqs: Vec<i64> = outcomes.into_iter().map(|outcome| outcome.unwrap().1).collect();
    assert_eq!(seqs, [0, 1, 2, 0]);
    assert_eq!(committed.len(), 5, "two conversations, two messages, one marker");
    let (ann, bob) = (told.people[0].1, told.people[1].1);
    let to = |name: &str| format!("{{\"to\":\"@{name}\"}}");
    assert_eq!(told.log(ann).await, [(1, "conversation".to_owned(), to("bob"))]);
    let his = told.log(bob).await;
    assert_eq!((his.len(), &his[0].2, his[1].1.as_str()), (2, &to("ann"), "read"));
    let of = heads::Of::Direct(told.people[0].0.id, told.people[1].0.id);
    let head = told.head(1, of).await;
    assert_eq!((head.top, head.read, head.unread), (2, 2, 0));
    // The marker is in the past of what comes next.
    told.batch(&[told.say(0, &between, "d", "more"), told.mark(1, &between, 2)]).await;
    let head = told.head(1, of).await;
    assert_eq!((head.top, head.read, head.unread), (3, 2, 1));
    assert_eq!(told.head(0, of).await.unread, 1, "from the start: it was said to her");
    let log = head.log.unwrap();
    assert_eq!(told.log(log).await, said(&["from bob", "from ann", "more"]));
}

#[tokio::test]
async fn marks_go_forward_only_and_no_further_than_the_log_at_their_turn() {
    let told = Told::open().await;
    let north = &told.rooms[0];
    let log = log_of(north);
    let jobs = [
        told.mark(1, north, 7),
        told.say(0, north, "a", "1"),
        told.mark(1, north, 1_000),
        told.say(0, north, "b", "2"),
        told.say(0, north, "c", "3"),
        told.mark(1, north, 2),
        told.mark(1, north, 1),
        told.mark(1, north, -1),
        told.mark(2, north, i64::MIN),
    ];
    let (committed, _) = told.batch(&jobs).await;
    let own: Vec<i64> = committed
        .iter()
        .filter_map(|one| match one {
            Committed::Own { user, event } => {
                assert_eq!(*user, told.people[1].0.id);
                Some(event.seq)
            }
            Committed::Said { .. } | Committed::Changed(_) => None,
        })
        .collect();
    assert_eq!(own, [1, 2], "to 1, then to 2");
    assert_eq!(told.log(told.people[1].1).await.len(), 2);
    let head = told.head(1, heads::Of::Log(log)).await;
    assert_eq!((head.read, head.unread), (2, 1));
    let (committed, _) = told.batch(&[told.mark(1, north, 2), told.mark(1, north, 1)]).await;
    assert!(committed.is_empty(), "it stood there");
    let never = told.head(2, heads::Of::Log(log)).await;
    assert_eq!((never.read, never.unread), (0, 0), "who has never been there owes it nothing");
    assert_eq!(told.head(0, heads::Of::Log(told.people[0].1)).await.top, 0);
}

#[tokio::test]
async fn any_text_comes_back_as_it_was() {
    let told = Told::open().await;
    let texts = [
        "\"quoted\" \\ back \\u0041 \\n",
        "line\nbreak\ttab\r\u{1}\u{1f}\u{7f}",
        "\u{2028}\u{2029}\u{fffd}\u{10ffff} 👩‍🚀 שלום 中文",
        "[1,2]",
        "null",
        "12",
        " ",
    ];
    let jobs: Vec<Job> = texts.iter().map(|text| told.say(0, &told.rooms[0], text, text)).collect();
    told.batch(&jobs).await;
    assert_eq!(told.log(log_of(&told.rooms[0])).await, said(&texts));
    let (committed, outcomes) = told.batch(&jobs).await;
    assert!(committed.is_empty() && outcomes.iter().all(|o| o.is_ok()), "each cid is known");
}

/// What somebody does: (who, where, cid, body, what is answered or how far is read).
type Deed = (usize, usize, u8, u8, Option<i64>, bool);

fn deed() -> impl Strategy<Value = Deed> {
    (0..3usize, 0..4usize, 0..6u8, 0..2u8, proptest::option::of(0..8i64), any::<bool>())
}

impl Told {
    fn job(&self, deed: &Deed) -> Job {
        let (who, place, cid, body, number, mark) = *deed;
        let place = match place {
            0 | 1 => self.rooms[place].clone(),
            other => self.direct(who, (who + other - 1) % 3),
        };
        match number {
            Some(seq) if mark => self.mark(who, &place, seq),
            number => {
                let reply = number.map(|seq| message_id(log_of(&self.rooms[0]), seq));
                self.answer(who, &place, &cid.to_string(), &body.to_string(), reply)
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// However jobs are cut into batches, the same comes of them.
    #[test]
    fn a_batch_does_what_its_jobs_do_one_by_one(
        deeds in proptest::collection::vec(deed(), 1..40), cut in 1..40usize
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (together, alone) = (Told::open().await, Told::open().await);
            let (mut outcomes, mut told) = (Vec::new(), Vec::new());
            for (at, size) in [(&together, cut), (&alone, 1)] {
                let (mut outcome, mut events) = (Vec::new(), Vec::new());
                for deeds in deeds.chunks(size) {
                    let jobs: Vec<Job> = deeds.iter().map(|deed| at.job(deed)).collect();
                    let (committed, answers) = at.batch(&jobs).await;
                    outcome.extend(answers);
                    events.extend(committed.into_iter().map(|one| match one {
                        Committed::Said { event, .. } => (None, bare(event)),
                        Committed::Own { user, event } => (Some(user), bare(event)),
                        Committed::Changed(_) => panic!("a batch changes nobody's rights"),
                    }));
                }
                outcomes.push(outcome);
                told.push(events);
            }
            assert_eq!(outcomes[0], outcomes[1]);
            assert_eq!(told[0], told[1]);
            let logs: BTreeSet<LogId> = together.people.iter().map(|(_, own)| *own)
                .chain(together.rooms.iter().map(log_of)).collect();
            for log in logs {
                assert_eq!(together.log(log).await, alone.log(log).await);
            }
        });
    }
}

/// An event without its time, which differs.
fn bare(event: Event) -> (i64, String, Option<String>, String) {
    let cid = event.cid.clone();
    let (seq, kind, said) = plain(event);
    (seq, kind, cid, said)
}

#[tokio::test]
async fn a_message_for_a_room_that_is_gone_is_refused_alone() {
    let told = Told::open().await;
    let north = told.rooms[0].clone();
    let gone = Place::Room { log: LogId(4_711), name: "gone".to_owned() };
    let jobs = [
        told.say(0, &north, "a", "before"),
        told.say(1, &gone, "b", "to nobody"),
        told.mark(1, &gone, 3),
        told.say(2, &north, "c", "after"),
    ];
    let (committed, outcomes) = told.batch(&jobs).await;
    assert_eq!(outcomes[1], Err(Code::NotFound));
    assert!(outcomes[0].is_ok() && outcomes[3].is_ok() && committed.len() == 2);
    assert_eq!(told.log(log_of(&north)).await, said(&["before", "after"]));
}

#[tokio::test]
async fn any_text_is_a_cid_and_none_is_taken_for_another() {
    let told = Told::open().await;
    let north = told.rooms[0].clone();
    let cids =
        ["a", "a\0b", "a\0c", "A", "a ", "\u{1}", "\"", "\\u0000", "1", "1.0", "null", "\u{ffff}"];
    for again in [false, true] {
        for (n, cid) in (1..).zip(cids) {
            let (committed, outcomes) = told.batch(&[told.say(0, &north, cid, cid)]).await;
            assert_eq!(outcomes[0].as_ref().map(|(_, seq)| *seq), Ok(n), "{cid:?}");
            assert_eq!(committed.is_empty(), again, "{cid:?}");
        }
    }
    assert_eq!(told.log(log_of(&north)).await, said(&cids));
}

/// What was allowed when it was handed in, and is not when it is its turn.
#[tokio::test]
async fn whoever_was_shut_out_meanwhile_says_and_changes_nothing() {
    let told = Told::open().await;
    let (north, south) = (told.rooms[0].clone(), told.rooms[1].clone());
    let (mine, theirs) = (told.direct(0, 1), told.direct(1, 2));
    let first = told.batch(&[told.say(1, &north, "1", "while I may")]).await.1;
    let Ok((id, seq)) = first[0].clone() else { panic!("{first:?}") };
    let run = async |sql: String| {
        let mut tx = told.store.write().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    let [ann, bob] = [0, 1].map(|at: usize| told.people[at].0.id.0);
    let log = log_of(&north).0;
    run(format!(
        "INSERT INTO bans (user_id, log_id, banned_by, at) VALUES ({bob}, {log}, {ann}, 0);
         INSERT INTO blocks (user_id, blocked_id, at) VALUES ({ann}, {bob}, 0);"
    ))
    .await;
    use crate::server::store::writer::{Change, Deed};
    let edit = Job::Change(Change {
        by: told.people[1].0.clone(),
        moderates: false,
        place: north.clone(),
        log: Some(log_of(&north)),
        deed: Deed::Edit { message: seq, body: "not any more".to_owned() },
        notices: Vec::new(),
        done: Box::new(|_| {}),
    });
    let jobs = [
        told.say(1, &north, "2", "still here"),
        edit,
        told.say(0, &north, "3", "good"),
        told.say(1, &south, "4", "here I may"),
        told.say(1, &mine, "5", "ann?"),
        told.say(0, &mine, "6", "bob?"),
        told.say(1, &theirs, "7", "cat?"),
    ];
    let codes: Vec<_> = told.batch(&jobs).await.1.into_iter().map(|it| it.err()).collect();
    let (gone, no) = (Some(Code::NotFound), Some(Code::Forbidden));
    assert_eq!(codes, [gone, gone, None, None, no, no, None]);
    assert_eq!(told.log(log_of(&north)).await, said(&["while I may", "good"]), "{id}");

    run(format!("UPDATE users SET banned_at = 0 WHERE id = {bob}")).await;
    let after = told.batch(&[told.say(1, &south, "8", "and here")]).await.1;
    assert_eq!(after, [Err(Code::NotFound)]);
}
