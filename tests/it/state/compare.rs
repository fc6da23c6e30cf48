//! What a device holds, against what a fresh read returns.

use super::world::back_again;
use crate::support::{
    Person,
    client::{Client, Own},
    soon,
};
use roomful::{
    client::timeline::Timeline,
    protocol::{
        Target,
        frames::After,
        limits::UNREAD_MOST,
        views::{History, Message},
    },
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long a device listens before it is looked at again.
const LISTEN: Duration = Duration::from_millis(5);

/// Waits until the device is where the server is, and asserts that it holds what the server says.
/// What was on its way when a connection was cut may still be stored meanwhile; so where the two
/// differ in how far they are, both are looked at again.
pub async fn with_a_fresh_read(client: &mut Client, person: &Person) {
    let who = format!("{}/{}", client.user, client.number);
    for to in client.followed() {
        let what = format!("{who} to be at the top of {to}");
        soon(&what, async {
            while !log(client, &to, &who).await {
                listen(client).await;
            }
        })
        .await;
    }
    soon(&format!("{who} to be at the top of ~"), async {
        while !own(client, person, &who).await {
            listen(client).await;
        }
    })
    .await;
}

async fn listen(client: &mut Client) {
    back_again(client).await;
    client.turn(LISTEN).await;
}

fn after(page: &History) -> After {
    After { epoch: page.epoch.clone(), seq: page.top }
}

/// One conversation; false if the two are not equally far.
async fn log(client: &mut Client, to: &Target, who: &str) -> bool {
    let Some(timeline) = client.timeline(to).cloned() else { return false };
    let Some(fresh) = client.page(to, None).await else { return false };
    if timeline.after() != after(&fresh) {
        return false;
    }
    let first = timeline.before().unwrap_or(i64::MAX);
    let mut read = fresh.messages.clone();
    while read.last().is_some_and(|message| message.seq > first) {
        let before = read.last().map(|message| message.seq);
        let Some(page) = client.page(to, before).await else { return false };
        if after(&page) != after(&fresh) {
            return false;
        }
        assert!(!page.messages.is_empty(), "{who} holds {first} of {to}, and nobody else does");
        read.extend(page.messages);
    }
    // Of a part that ends earlier the rest is not held.
    let end = timeline.ends().filter(|_| timeline.has_newer()).unwrap_or(i64::MAX);
    read.retain(|message| message.seq <= end);
    read.reverse();
    let (before, read): (Vec<Message>, Vec<Message>) =
        read.into_iter().partition(|message| message.seq < first);
    assert_eq!(timeline.messages(), &read[..], "{to} as {who} holds it, and as it is read");
    assert_eq!(*timeline.about(), fresh.about, "{to} as {who} holds it, and as it is read");
    assert!(before.is_empty() || timeline.has_older(), "{who} lacks the beginning of {to}");
    true
}

/// The own log: read markers, conversations, and what is unread; false if the two are not equally
/// far.
async fn own(client: &mut Client, person: &Person, who: &str) -> bool {
    let mut targets = vec![Target::Own.to_string()];
    targets.extend(client.own.reads.keys().map(ToString::to_string));
    let names: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut socket = person.socket().await;
    let fresh = socket.sub(&names).await;
    let Some(house) = client.house().await else { return false };
    let Some(rooms) = client.rooms().await else { return false };
    let again = socket.sub(&names[..1]).await;
    socket.close().await;
    let stands = |answer: &Value| {
        let epoch = answer["epoch"].as_str().unwrap_or_default().to_owned();
        Some(After { epoch, seq: answer["top"].as_i64().unwrap_or(-1) })
    };
    let own = &client.own;
    if stands(&fresh[0]) != own.after || stands(&again[0]) != own.after {
        return false;
    }
    let fresh: BTreeMap<Target, &Value> = own.reads.keys().cloned().zip(&fresh[1..]).collect();
    let read: BTreeMap<Target, i64> = fresh
        .iter()
        .map(|(to, answer)| (to.clone(), answer["read"].as_i64().unwrap_or(-1)))
        .collect();
    assert_eq!(own.reads, read, "the read markers as {who} holds them, and as they are read");

    let people: BTreeSet<Target> = house.side.people.into_iter().map(|line| line.to).collect();
    assert_eq!(own.people, people, "the conversations as {who} holds them, and as they are read");

    assert_eq!(
        own.rooms, rooms,
        "the rooms that {who} joined, as they hold them and as they are read"
    );

    for (to, answer) in fresh {
        if let Some(timeline) = client.timeline(&to)
            && stands(answer) == Some(timeline.after())
            && let Some(count) = calling(&to, timeline, own.reads[&to], &client.user)
        {
            let told = answer["mentions"].as_i64().unwrap_or(0);
            assert_eq!(told, count, "what calls {who} in {to}");
        }
        if let Some(timeline) = client.timeline(&to)
            && stands(answer) == Some(timeline.after())
            && let owes = owes(&client.own, &to)
            && let Some(count) = unread(owes, timeline, own.reads[&to], &client.user)
        {
            assert_eq!(answer["unread"], count, "what is unread of {to} for {who}");
        }
    }
    true
}

/// Those of them that call me; none where they are not all here as they were said, and where somebody
/// answers: whom an answer calls, it does not say by itself.
fn calling(to: &Target, timeline: &Timeline, read: i64, me: &str) -> Option<i64> {
    let whole = !timeline.has_newer()
        && (!timeline.has_older() || timeline.before().is_some_and(|first| first <= read + 1));
    let Target::Room(_) = to else { return whole.then_some(0) };
    let past =
        timeline.messages().iter().filter(|it| it.seq > read && it.author != me && !it.deleted);
    let past: Vec<_> = past.collect();
    let known = past.iter().all(|it| it.edited_at.is_none() && it.reply_to.is_none());
    let named = format!("@{me}");
    let calls = past.iter().filter(|it| it.body.split_whitespace().any(|word| word == named));
    (whole && known).then(|| (calls.count() as i64).min(UNREAD_MOST))
}

/// Who has neither read in a room nor joined it owes it nothing.
fn owes(own: &Own, to: &Target) -> bool {
    !matches!(to, Target::Room(_)) || own.reads[to] > 0 || own.rooms.contains_key(to)
}

/// The messages of others past the marker, as far as they are owed; none where they are not all here.
fn unread(owes: bool, timeline: &Timeline, read: i64, me: &str) -> Option<i64> {
    if !owes {
        return Some(0);
    }
    let begins = !timeline.has_older() || timeline.before().is_some_and(|first| first <= read + 1);
    let whole = begins && !timeline.has_newer();
    let others =
        timeline.messages().iter().filter(|it| it.seq > read && it.author != me && !it.deleted);
    whole.then(|| (others.count() as i64).min(UNREAD_MOST))
}
