//! Repeating pushes: they arrive in time, end in each of their ways, outlive a restart, and leave nothing
//! behind.

use crate::push::{fleeting, kept, person, program_of, room, stored};
use crate::support::{House, MainSocket, cid, database, eventually, house::LOBBY};
use roomful::protocol::{At, Code};
use roomful::server::domain::push::{Aim, Pushing};
use roomful::server::domain::repeats::{Reason, Repeat, Repetition};
use roomful::server::domain::{Domain, Who};
use roomful::server::store::{Store, sqlite::BUSY};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn every(every_ms: u64) -> Repetition {
    Repetition { every_ms, times: None, until: None }
}

/// Whoever is not there has gone: nobody is on their way back.
async fn house() -> House {
    House::open_with(|config| config.settling = Duration::ZERO).await
}

async fn ticks(socket: &mut MainSocket, text: &str, count: usize) {
    for _ in 0..count {
        socket.frame("a tick", |f| f["t"] == "push" && f["text"] == text).await;
    }
}

/// Nothing of it comes any more: what would be due meanwhile has had its time.
async fn silent(socket: &mut MainSocket, text: &str) {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    socket.fence().await;
    socket.assert_none(|f| f["t"] == "push" && f["text"] == text);
}

async fn find(house: &House, who: &Who, id: &str) -> Repeat {
    let all = house.verbs().repeating(who).await.unwrap();
    all.into_iter().find(|repeat| repeat.id == id).expect("it is in the list")
}

async fn ended(house: &House, who: &Who, id: &str) -> Reason {
    eventually("it to end", async || Some(find(house, who, id).await.ended?.1)).await
}

async fn all_is_quiet(house: &House) {
    eventually("the gauge at zero", async || {
        let gauges = house.verbs().gauges();
        (gauges.repeats == 0 && gauges.ticking == 0).then_some(())
    })
    .await;
}

/// The server can push to a room on its own: one call starts a push, and it may repeat, every 2 s, until
/// it is stopped, its count is used up, or nobody is in the room.
#[tokio::test(flavor = "multi_thread")]
async fn r08_every_two_seconds_ten_watchers_hear_a_tick_until_its_count_is_used_up() {
    let house = house().await;
    house.account("alice", false).await;
    let (who, _) = program_of(&house, "alice", "push").await;
    let mut watchers = Vec::new();
    for n in 0..10 {
        let mut socket = house.person(&format!("watcher{n}")).await.socket().await;
        socket.sub(&[LOBBY]).await;
        watchers.push(socket);
    }
    let repetition = Repetition { times: Some(3), ..every(2_000) };
    let begun =
        house.verbs().start_repeating(&who, &room("lobby"), fleeting("tick"), repetition).await;
    let begun = begun.unwrap();
    assert_eq!((begun.done, begun.every_ms, begun.times), (0, 2_000, Some(3)));
    assert_eq!((begun.aim.clone(), &*begun.by), (room("lobby"), "alice"));
    let mut beats = Vec::new();
    for n in 0..3 {
        for socket in &mut watchers {
            let tick = socket.frame("a tick", |f| f["t"] == "push" && f["text"] == "tick").await;
            let at = At::parse(tick["at"].as_str().unwrap()).unwrap();
            beats.push((at.0 - begun.started_at.0).div_euclid(2_000));
        }
        if n == 0 {
            assert_eq!(house.verbs().gauges().repeats, 1);
        }
    }
    // One a beat, the same for all, and the first at once. (A machine that is busy may leave one out.)
    beats.dedup();
    assert_eq!((beats.len(), beats[0]), (3, 0), "{beats:?}");
    assert!(beats.is_sorted(), "{beats:?}");
    assert_eq!(ended(&house, &who, &begun.id).await, Reason::Count);
    assert_eq!(find(&house, &who, &begun.id).await.done, 3);
    all_is_quiet(&house).await;
    for socket in &mut watchers {
        socket.fence().await;
        socket.assert_none(|f| f["t"] == "push");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r08_it_ends_when_it_is_stopped_and_nothing_comes_after_that_is_answered() {
    let house = house().await;
    house.admin("root").await;
    let (bob, _) = (house.person("bob").await, house.account("alice", false).await);
    let (who, _) = program_of(&house, "alice", "push").await;
    let (root, _) = program_of(&house, "root", "push").await;
    let bobs = program_of(&house, "bob", "push,write").await.0;
    let mut socket = bob.socket().await;
    for by in [&who, &root] {
        let text = cid();
        let begun =
            house.verbs().start_repeating(&who, &person("bob"), fleeting(&text), every(500)).await;
        let begun = begun.unwrap();
        ticks(&mut socket, &text, 2).await;
        // It is not there for anybody else.
        assert!(house.verbs().repeating(&bobs).await.unwrap().is_empty());
        let refused = house.verbs().stop_repeating(&bobs, &begun.id).await.unwrap_err();
        assert_eq!(refused.code, Code::NotFound);
        house.verbs().stop_repeating(by, &begun.id).await.unwrap();
        // What was pushed before it was answered has come by now, and nothing comes after it.
        socket.fence().await;
        socket.taken(|f| f["t"] == "push");
        silent(&mut socket, &text).await;
        assert_eq!(find(&house, by, &begun.id).await.ended.unwrap().1, Reason::Stopped);
        // So it is already.
        house.verbs().stop_repeating(by, &begun.id).await.unwrap();
        all_is_quiet(&house).await;
    }
}

/// Whoever made it may not do it any more.
#[tokio::test(flavor = "multi_thread")]
async fn r08_it_ends_when_its_token_is_revoked_or_expired_or_its_maker_is_kept_out() {
    let house = house().await;
    house.admin("root").await;
    for name in ["alice", "carol", "dave", "erin"] {
        house.account(name, name == "erin").await;
    }
    let root = house.who(&house.by_token("root").await).await;
    let lists = program_of(&house, "root", "push").await.0;
    let bob = house.person("bob").await;
    let mut socket = bob.socket().await;
    let (revoked, token) = program_of(&house, "alice", "push").await;
    let (expired, ending) = program_of(&house, "carol", "push").await;
    let (banned, _) = program_of(&house, "dave", "push").await;
    let (demoted, _) = program_of(&house, "erin", "push,broadcast").await;
    // What is rare does not wait until it is due.
    let mut rare = Vec::new();
    for (who, aim) in [
        (&revoked, person("bob")),
        (&expired, person("bob")),
        (&banned, person("bob")),
        (&demoted, Aim::Everyone),
    ] {
        let one = house.verbs().start_repeating(who, &aim, fleeting("rare"), every(86_400_000));
        rare.push(one.await.unwrap().id);
    }
    ticks(&mut socket, "rare", 4).await;
    let mut begun = Vec::new();
    for (who, aim) in [
        (&revoked, person("bob")),
        (&expired, person("bob")),
        (&banned, person("bob")),
        (&demoted, Aim::Everyone),
    ] {
        let text = cid();
        let one = house.verbs().start_repeating(who, &aim, fleeting(&text), every(500)).await;
        begun.push((one.unwrap().id, text));
    }
    for (_, text) in &begun {
        ticks(&mut socket, text, 2).await;
    }
    house.verbs().revoke_token(&token).await.unwrap();
    let mut db = database::connect(&house.database()).await;
    let over = format!("UPDATE tokens SET expires_at = {} WHERE id = '{ending}'", At::now().0);
    database::run(&mut db, over).await;
    house.verbs().ban_user(&root, "dave", true).await.unwrap();
    house.verbs().set_admin(&root, "erin", false).await.unwrap();
    all_is_quiet(&house).await;
    for id in &rare {
        assert_eq!(find(&house, &lists, id).await.ended.unwrap().1, Reason::NotAllowed);
    }
    for (id, text) in &begun {
        assert_eq!(find(&house, &lists, id).await.ended.unwrap().1, Reason::NotAllowed);
        socket.fence().await;
        socket.taken(|f| f["t"] == "push" && f["text"] == *text);
        silent(&mut socket, text).await;
    }
}

/// The repeat is an endless loop that outlives its connection.
#[tokio::test(flavor = "multi_thread")]
async fn k04_it_ends_when_nobody_is_there_and_not_by_a_reload() {
    let house = House::open_with(|config| {
        config.settling = Duration::ZERO;
        config.leave_grace = Duration::from_secs(3);
    })
    .await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    let (who, _) = program_of(&house, "alice", "push,broadcast").await;
    let mut socket = bob.socket().await;
    socket.sub(&[LOBBY]).await;
    let mut begun = Vec::new();
    for aim in [room("lobby"), person("bob"), Aim::Everyone] {
        let text = aim.word();
        let one = house.verbs().start_repeating(&who, &aim, fleeting(&text), every(500)).await;
        begun.push((one.unwrap().id, text));
    }
    for (_, text) in &begun {
        ticks(&mut socket, text, 2).await;
    }
    // A reload: a tick passes with nobody there, and is not pushed.
    drop(socket);
    eventually("him to be gone", async || (house.verbs().connections.open() == 0).then_some(()))
        .await;
    for (id, _) in &begun {
        let due = find(&house, &who, id).await.next_at;
        eventually("a tick to pass", async || {
            (find(&house, &who, id).await.next_at.0 > due.0).then_some(())
        })
        .await;
    }
    let mut socket = bob.socket().await;
    socket.sub(&[LOBBY]).await;
    for (id, text) in &begun {
        ticks(&mut socket, text, 2).await;
        assert!(find(&house, &who, id).await.ended.is_none());
    }
    // Whoever is there and does not follow the room is not there to hear it.
    socket.ask_ok(serde_json::json!({"t": "unsub", "rooms": [LOBBY]})).await;
    assert_eq!(ended(&house, &who, &begun[0].0).await, Reason::Nobody);
    assert!(find(&house, &who, &begun[1].0).await.ended.is_none());
    drop(socket);
    for (id, _) in &begun {
        assert_eq!(ended(&house, &who, id).await, Reason::Nobody);
    }
    all_is_quiet(&house).await;
    let gauges = house.verbs().gauges();
    assert_eq!((gauges.connections, gauges.memberships), (0, 0));
}

/// It answers success for users who are offline, and stores nothing.
#[tokio::test(flavor = "multi_thread")]
async fn k02_the_first_of_what_is_stored_waits_for_whoever_is_away_and_then_it_ends() {
    let house = House::open_with(|config| {
        config.settling = Duration::ZERO;
        config.leave_grace = Duration::from_millis(300);
    })
    .await;
    house.admin("alice").await;
    let bob = house.person("bob").await;
    let (who, _) = program_of(&house, "alice", "push,broadcast").await;
    bob.make_room("attic").await;
    for aim in [person("bob"), room("attic"), Aim::Everyone] {
        let text = aim.word();
        let one = house.verbs().start_repeating(&who, &aim, stored(&text), every(60_000)).await;
        let id = one.unwrap().id;
        assert_eq!(ended(&house, &who, &id).await, Reason::Nobody);
        assert_eq!(find(&house, &who, &id).await.done, 1);
    }
    all_is_quiet(&house).await;
    let texts = eventually("what was stored", async || {
        let kept = kept(&bob).await;
        (kept.len() == 2).then_some(kept)
    })
    .await;
    assert_eq!((&texts[0]["text"], &texts[1]["text"]), (&json!("@bob"), &json!("*")));
    assert_eq!(house.bodies(&bob, "#attic").await, ["#attic"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn r08_it_goes_on_after_a_restart_and_a_crash_and_keeps_its_time() {
    let mut house = House::open().await;
    house.account("alice", false).await;
    let bob = house.person("bob").await;
    let (who, _) = program_of(&house, "alice", "push").await;
    let mut socket = bob.socket().await;
    let repetition = Repetition { times: Some(6), ..every(500) };
    let begun =
        house.verbs().start_repeating(&who, &person("bob"), fleeting("tick"), repetition).await;
    let begun = begun.unwrap();
    ticks(&mut socket, "tick", 2).await;
    drop(socket);
    house.restart().await;
    let mut socket = bob.socket().await;
    ticks(&mut socket, "tick", 1).await;
    drop(socket);
    house.crash_and_restart().await;
    // For a while after a start nobody is missed: clients come back by and by.
    tokio::time::sleep(Duration::from_millis(700)).await;
    let mut socket = bob.socket().await;
    ticks(&mut socket, "tick", 1).await;
    let one = find(&house, &who, &begun.id).await;
    assert_eq!((one.started_at, one.ended), (begun.started_at, None));
    assert_eq!((one.next_at.0 - one.started_at.0) % 500, 0, "{one:?}");
    assert_eq!(ended(&house, &who, &begun.id).await, Reason::Count);
    let all = find(&house, &who, &begun.id).await;
    assert_eq!(all.done, 6);
    all_is_quiet(&house).await;
}

/// On a cluster each process looks, and one of them does it.
#[tokio::test(flavor = "multi_thread")]
async fn r08_of_two_processes_one_does_what_is_due() {
    let house = house().await;
    house.account("alice", false).await;
    let bob = house.person("bob").await;
    let (who, _) = program_of(&house, "alice", "push").await;
    let _there = bob.socket().await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let (config, groups) = (house.verbs().config.clone(), Arc::clone(&house.verbs().groups));
        let store = Store::open(&house.database(), BUSY).await.unwrap();
        let (domain, writing) = Domain::new(config, store, groups).unwrap();
        let domain = Arc::new(domain);
        let at_work = Arc::clone(&domain);
        others.push((tokio::spawn(async move { at_work.keep_repeating().await }), domain, writing));
    }
    // Each of them looks when it is told of one, which nobody does here: one is begun by each.
    let mut begun = Vec::new();
    for (n, (_, domain, _)) in others.iter().enumerate() {
        let repetition = Repetition { times: Some(4), ..every(500) };
        let (aim, pushing) = (person("bob"), stored(&n.to_string()));
        let one = domain.start_repeating(&who, &aim, pushing, repetition);
        begun.push(one.await.unwrap().id);
    }
    for id in &begun {
        assert_eq!(ended(&house, &who, id).await, Reason::Count);
    }
    // What was begun last is pushed before it counts as done by everybody.
    let told = eventually("all of them", async || {
        let kept = kept(&bob).await;
        (kept.len() >= 12).then_some(kept)
    })
    .await;
    for n in 0..3 {
        let text = n.to_string();
        let count = told.iter().filter(|data| data["text"] == *text).count();
        assert_eq!(count, 4, "each tick once: {told:?}");
    }
    for (task, ..) in others {
        task.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r08_it_ends_at_its_time_and_its_bounds_are_kept() {
    let house = house().await;
    house.account("alice", false).await;
    let bob = house.person("bob").await;
    let (who, _) = program_of(&house, "alice", "push").await;
    let mut socket = bob.socket().await;
    let until = At(At::now().0 + 1_200);
    let repetition = Repetition { until: Some(until), ..every(500) };
    let begun =
        house.verbs().start_repeating(&who, &person("bob"), fleeting("tick"), repetition).await;
    let id = begun.unwrap().id;
    assert_eq!(ended(&house, &who, &id).await, Reason::Until);
    ticks(&mut socket, "tick", 3).await;
    socket.fence().await;
    socket.assert_none(|f| f["t"] == "push");
    let bad = [
        ("every_ms", every(499)),
        ("every_ms", every(86_400_001)),
        ("times", Repetition { times: Some(0), ..every(500) }),
        ("times", Repetition { times: Some(1_000_001), ..every(500) }),
        ("until", Repetition { until: Some(At::now()), ..every(500) }),
    ];
    let start = |aim: Aim, pushing: Pushing, repetition: Repetition| {
        let (verbs, who) = (house.verbs(), &who);
        async move { verbs.start_repeating(who, &aim, pushing, repetition).await }
    };
    for (field, repetition) in bad {
        let refused = start(person("bob"), fleeting("x"), repetition).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::Invalid, Some(field)));
    }
    for (aim, code) in [
        (person("nobody"), Code::NotFound),
        (room("nowhere"), Code::NotFound),
        (Aim::Everyone, Code::Forbidden),
    ] {
        let refused = start(aim, fleeting("x"), every(500)).await.unwrap_err();
        assert_eq!(refused.code, code);
    }
    // A cid is one of them, and nothing else.
    let with_cid = |text: &str| Pushing { cid: Some("one".to_owned()), ..fleeting(text) };
    let first = start(person("bob"), with_cid("x"), every(60_000)).await.unwrap();
    assert_eq!(start(person("bob"), with_cid("x"), every(60_000)).await.unwrap().id, first.id);
    for (text, rate) in [("y", 60_000), ("x", 60_001)] {
        let refused = start(person("bob"), with_cid(text), every(rate)).await.unwrap_err();
        assert_eq!(refused.code, Code::CidConflict);
    }
    for _ in 1..20 {
        start(person("bob"), fleeting("x"), every(60_000)).await.unwrap();
    }
    let refused = start(person("bob"), fleeting("x"), every(60_000)).await.unwrap_err();
    assert_eq!(refused.code, Code::TooMany);
    house.verbs().stop_repeating(&who, &first.id).await.unwrap();
    start(person("bob"), fleeting("x"), every(60_000)).await.unwrap();
    assert_eq!(house.verbs().repeating(&who).await.unwrap().len(), 22);
    let visitor = Who::Visitor;
    assert_eq!(house.verbs().repeating(&visitor).await.unwrap_err().code, Code::LoginNeeded);
    let (reads, _) = program_of(&house, "alice", "read,write").await;
    assert_eq!(house.verbs().repeating(&reads).await.unwrap_err().code, Code::Forbidden);
    assert_eq!(
        house.verbs().stop_repeating(&reads, &first.id).await.unwrap_err().code,
        Code::Forbidden
    );
}
