//! Whose turn it is: those who never answer, or ask for time, hold up nobody else.

use super::{
    house, in_person, last,
    receiver::{Receiver, Reply},
    say, tell, told,
};
use crate::support::{House, cid, eventually};
use roomful::server::config::Config;
use std::time::Duration;

fn here(config: &mut Config) {
    config.reachable = vec!["127.0.0.1/32".parse().unwrap()];
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_answers_in_one_room_holds_up_no_other() {
    let house = House::open_with(here).await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    alice.make_room("den").await;
    let silent = Receiver::open(vec![Reply::Silence; 1_000]).await;
    for _ in 0..8 {
        house.verbs().make_outgoing(&who, "den", &silent.url(), "").await.unwrap();
    }
    let mut quick = Receiver::open([]).await;
    tell(&house, &who, &quick.url(), "").await;
    for n in 0..20 {
        alice.say("#den", &format!("{n}"), &cid()).await.is(303);
    }
    // As many as a room may have called at once: no more before one of them is given up.
    eventually("the silent to be called", async || (silent.came() >= 4).then_some(())).await;
    for n in 0..20 {
        say(&alice, &format!("{n}")).await;
        assert_eq!(quick.next().await.says(), format!("{n}"));
    }
    assert_eq!(silent.came(), 4, "none of them was given up before the quick one was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_answer_rests_as_a_whole() {
    let house = House::open_with(|config| {
        here(config);
        config.hook_patience = Duration::from_millis(200);
    })
    .await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let mut silent = Receiver::open([Reply::Silence]).await;
    tell(&house, &who, &silent.url(), "").await;
    let mut quick = Receiver::open([]).await;
    tell(&house, &who, &quick.url(), "").await;
    for n in 0..5 {
        say(&alice, &format!("{n}")).await;
    }
    eventually("the silence to be noted", async || {
        let tried = told(&house, &who).await.last.iter().any(|it| it.tries > 0);
        tried.then_some(())
    })
    .await;
    say(&alice, "6").await;
    for _ in 0..6 {
        quick.next().await;
    }
    assert_eq!(silent.came(), 1, "what comes after waits too");
    // Somebody who looks after it need not wait.
    house.verbs().test_outgoing(&who, "lobby", &told(&house, &who).await.id).await.unwrap();
    silent.next().await;
    silent.next().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_time_is_given_it_for_all_that_waits() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let later = Reply::With(429, "retry-after: 3600\r\n", String::new());
    let mut busy = Receiver::open([later]).await;
    tell(&house, &who, &busy.url(), "").await;
    let mut quick = Receiver::open([]).await;
    tell(&house, &who, &quick.url(), "").await;
    say(&alice, "0").await;
    busy.next().await;
    eventually("the answer to be noted", async || {
        last(&house, &who).await.filter(|it| it.tries == 1)
    })
    .await;
    for n in 1..6 {
        say(&alice, &format!("{n}")).await;
    }
    for _ in 0..6 {
        quick.next().await;
    }
    assert_eq!(busy.came(), 1);
    let waits = told(&house, &who).await.last.iter().filter(|it| it.next_at.is_some()).count();
    assert_eq!(waits, 6);
}
