//! The audit is shown records that are wrong, each in one way: it must say so.

use crate::{
    storm::audit::{Breach, Held, Log, Records, View, audit},
    support::client::ledger::{Acked, Sent},
};
use std::collections::BTreeMap;

const LOG: &str = "#lobby";

fn held(seq: i64) -> Held {
    Held {
        seq,
        id: format!("1-{seq}"),
        author: "alice".into(),
        cid: format!("c{seq}"),
        body: format!("body {seq}"),
    }
}

fn log_of(seqs: impl IntoIterator<Item = i64>) -> Log {
    let messages: Vec<Held> = seqs.into_iter().map(held).collect();
    Log { top: messages.len() as i64, messages, others: Vec::new() }
}

/// Alice said ten messages; all are answered, stored, and held by bob.
fn sound() -> Records {
    let stored = log_of(1..=10);
    let sent = |held: &Held| Sent {
        author: held.author.clone(),
        cid: held.cid.clone(),
        log: LOG.into(),
        body: held.body.clone(),
        client: 0,
        tries: 1,
    };
    let acked = |held: &Held| Acked {
        author: held.author.clone(),
        cid: held.cid.clone(),
        id: held.id.clone(),
        seq: held.seq,
        by_answer: true,
    };
    Records {
        sent: stored.messages.iter().map(sent).collect(),
        acked: stored.messages.iter().map(acked).collect(),
        views: vec![View {
            who: "bob/1".into(),
            log: LOG.into(),
            last: 10,
            messages: stored.messages.clone(),
        }],
        expected: vec![("bob/1".into(), LOG.into())],
        logs: BTreeMap::from([(LOG.to_owned(), stored)]),
    }
}

fn stored(records: &mut Records) -> &mut Log {
    records.logs.get_mut(LOG).unwrap()
}

/// What the audit says once the records were changed.
fn found(change: impl FnOnce(&mut Records)) -> Vec<Breach> {
    let mut records = sound();
    change(&mut records);
    audit(&records)
}

fn of_the_view(change: impl FnOnce(&mut View)) -> String {
    match &found(|records| change(&mut records.views[0]))[..] {
        [Breach::View { who, log, what }] if who == "bob/1" && log == LOG => what.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sound_records_pass() {
    assert_eq!(audit(&sound()), []);
}

#[test]
fn what_is_not_answered_may_be_stored_or_not() {
    let unanswered = |records: &mut Records| drop(records.acked.pop());
    assert_eq!(found(unanswered), []);
    let never_arrived = |records: &mut Records| {
        let sent = Sent { cid: "c11".into(), ..records.sent[0].clone() };
        records.sent.push(sent);
    };
    assert_eq!(found(never_arrived), []);
}

#[test]
fn a_lost_message_is_found() {
    let breaches = found(|records| {
        let log = stored(records);
        (log.messages, log.top) = (log_of(1..=9).messages, 9);
        records.views[0].messages.pop();
        records.views[0].last = 9;
    });
    assert_eq!(breaches, [Breach::Lost { author: "alice".into(), cid: "c10".into(), seq: 10 }]);
}

#[test]
fn a_doubled_message_is_found() {
    let breaches = found(|records| {
        let again = Held { seq: 11, id: "1-11".into(), ..held(10) };
        stored(records).messages.push(again.clone());
        stored(records).top = 11;
        records.views[0].messages.push(again);
        records.views[0].last = 11;
    });
    assert_eq!(breaches, [Breach::Doubled { author: "alice".into(), cid: "c10".into(), times: 2 }]);
}

#[test]
fn a_message_in_another_place_than_was_answered_is_found() {
    let breaches = found(|records| records.acked[4].seq = 6);
    assert!(matches!(&breaches[..], [Breach::Moved { cid, .. }] if cid == "c5"), "{breaches:?}");
    let breaches = found(|records| records.acked[4].id = "2-5".into());
    assert!(matches!(&breaches[..], [Breach::Moved { cid, .. }] if cid == "c5"), "{breaches:?}");
}

#[test]
fn two_answers_to_one_cid_are_found() {
    let breaches = found(|records| {
        let again = Acked { seq: 7, id: "1-7".into(), ..records.acked[2].clone() };
        records.acked.push(again);
    });
    assert!(matches!(&breaches[..], [Breach::Moved { cid, .. }] if cid == "c3"), "{breaches:?}");
}

#[test]
fn messages_that_changed_places_are_found() {
    let breaches = found(|records| {
        records.sent.swap(3, 4);
    });
    let expected = Breach::Disordered { log: LOG.into(), first: "c5".into(), then: "c4".into() };
    assert_eq!(breaches, [expected]);
}

#[test]
fn a_gap_in_the_log_is_found() {
    let breaches = found(|records| {
        stored(records).messages.remove(4);
        records.acked.remove(4);
        records.views[0].messages.remove(4);
    });
    assert_eq!(breaches, [Breach::Hole { log: LOG.into(), seq: 5 }]);
    let filled = found(|records| {
        stored(records).messages.remove(4);
        stored(records).others.push(5);
        records.acked.remove(4);
        records.views[0].messages.remove(4);
    });
    assert_eq!(filled, [], "an event that is no message takes a seq too");
}

#[test]
fn a_seq_that_was_given_out_twice_or_lies_past_the_top_is_found() {
    let misplaced = |seq| Breach::Misplaced { log: LOG.into(), seq };
    assert_eq!(found(|records| stored(records).others.push(3)), [misplaced(3)]);
    assert_eq!(found(|records| stored(records).others.push(11)), [misplaced(11)]);
}

#[test]
fn what_nobody_sent_is_found() {
    let breaches = found(|records| drop(records.sent.remove(7)));
    assert_eq!(breaches, [Breach::Stray { log: LOG.into(), seq: 8 }]);
}

#[test]
fn another_text_or_conversation_is_found() {
    let changed = [Breach::Changed { author: "alice".into(), cid: "c3".into() }];
    assert_eq!(found(|records| records.sent[2].body.push('!')), changed);
    let elsewhere = found(|records| records.sent[2].log = "#attic".into());
    assert_eq!(elsewhere, changed);
}

#[test]
fn a_timeline_that_lacks_doubles_swaps_or_invents_is_found() {
    assert_eq!(of_the_view(|view| drop(view.messages.remove(3))), "4 is missing");
    assert_eq!(of_the_view(|view| drop(view.messages.pop())), "10 is missing");
    assert_eq!(of_the_view(|view| view.messages.insert(4, held(4))), "4 is shown twice");
    assert_eq!(of_the_view(|view| view.messages.push(held(4))), "4 is shown twice");
    assert_eq!(of_the_view(|view| view.messages.swap(3, 4)), "4 is shown after 5");
    assert_eq!(of_the_view(|view| view.messages.push(held(11))), "11 is shown and not stored");
    let other = of_the_view(|view| view.messages[2].body.push('!'));
    assert!(other.starts_with("3 is Held"), "{other}");
    assert_eq!(of_the_view(|view| view.last = 9), "it has come to 9 of 10");
}

#[test]
fn a_device_that_never_heard_of_a_log_is_found() {
    let breaches = found(|records| records.views.clear());
    assert_eq!(breaches, [Breach::NoView { who: "bob/1".into(), log: LOG.into() }]);
}
