//! One device under load: it says things as fast as they are answered, comes back after every loss,
//! and in the end waits until it has heard everything.

use crate::support::{
    PATIENCE,
    client::{Client, ledger::log_name},
};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use roomful::{client::timeline::Timeline, protocol::Target};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How long a device listens before it looks whether something else is to be done.
const LISTEN: Duration = Duration::from_millis(10);
/// The first wait before coming back is up to this long: the contract's full jitter, but shorter,
/// since the server is away for a moment only…
const BACKOFF_MS: u64 = 20;
/// …and no later one is longer than this.
const BACKOFF_MOST_MS: u64 = 320;
/// So many messages wait at a time.
const WAITING: usize = 8;
/// One in so many is sent a second time on purpose.
const AGAIN: u32 = 20;
/// After one in so many looks the device itself cuts its connection…
const CUT: u32 = 1_000;
/// …and of these, one in so many stays away…
const NAP: u32 = 2;
/// …for up to this long: long enough to fall further behind than a replay brings.
const NAP_MS: u64 = 4_000;
/// One look in so many moves a read marker.
const READ: u32 = 50;

/// What everybody is to do.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Speak.
    Speak,
    /// Say nothing new, and wait for what is not answered.
    Settle,
    /// Read until these tops.
    Reach(Arc<BTreeMap<String, i64>>),
}

/// Runs until everything is heard, or until that takes too long: what is missing, the audit finds.
pub async fn run(
    mut client: Client,
    mut dice: StdRng,
    places: Vec<Target>,
    phase: watch::Receiver<Phase>,
    quiet: Arc<AtomicBool>,
) -> Client {
    let (mut tries, mut tired) = (0, false);
    let mut reaching: Option<Instant> = None;
    loop {
        if !client.is_up() {
            quiet.store(false, Ordering::Relaxed);
            let most = match std::mem::take(&mut tired) {
                true => NAP_MS,
                false => BACKOFF_MOST_MS.min(BACKOFF_MS << tries.min(10)),
            };
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..=most))).await;
            tries = if client.connect().await { 0 } else { tries + 1 };
        }
        let now = phase.borrow().clone();
        match now {
            Phase::Speak => {
                speak(&mut client, &mut dice, &places);
                if dice.random_ratio(1, CUT) {
                    client.cut();
                    tired = dice.random_ratio(1, NAP);
                    continue;
                }
            }
            Phase::Settle => {}
            Phase::Reach(tops) => {
                let since = *reaching.get_or_insert_with(Instant::now);
                if at(&client, &tops) {
                    for to in client.followed() {
                        client.read_all(&to).await;
                    }
                    return client;
                }
                if since.elapsed() > PATIENCE {
                    return client;
                }
            }
        }
        client.turn(LISTEN).await;
        quiet.store(client.is_quiet(), Ordering::Relaxed);
    }
}

fn speak(client: &mut Client, dice: &mut StdRng, places: &[Target]) {
    while client.waiting() < WAITING {
        let Some(to) = places.choose(dice) else { return };
        let body = format!("{} of {}", client.said().len(), client.number);
        client.say(to, body);
    }
    if dice.random_ratio(1, AGAIN)
        && let Some(said) = client.settled().choose(dice).cloned()
    {
        client.say_again(said);
    }
    if dice.random_ratio(1, READ)
        && let Some(to) = client.followed().choose(dice)
    {
        client.mark_read(to, 0);
    }
}

/// Whether the device has come to these tops.
fn at(client: &Client, tops: &BTreeMap<String, i64>) -> bool {
    let own = client.own.after.as_ref().map(|after| after.seq);
    client.is_quiet()
        && own == tops.get(&format!("~{}", client.user)).copied()
        && client.followed().iter().all(|to| {
            let top = tops.get(&log_name(to, &client.user)).copied().unwrap_or(0);
            client.timeline(to).map(Timeline::last) == Some(top)
        })
}
