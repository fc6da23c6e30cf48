//! Promise 5, events and pages agree: whatever happens to the connections, what a client holds by its
//! events is what a fresh read returns.
//!
//! Random actions of several people on several devices run against a real server. The actions of a
//! step do not wait for each other; after each step every device that is awake must hold what the
//! server's pages say. The devices fold with the browser's own `Timeline`. What fails is shrunk to
//! the shortest script; `ROOMFUL_CASES` runs more of them.
//!
//! A new kind of event joins by one more [`Action`] and its line in [`actions`] and
//! [`World::perform`]. What it changes is compared without further ado where it is part of a page of
//! history, and in `compare.rs` where it is not.

mod compare;
mod world;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;
use world::World;

/// How many random scripts `make test` runs: about ten seconds of them.
const CASES: u32 = 24;
/// How long a script that failed is shortened, in milliseconds. Each attempt runs a house of its own,
/// and waits in vain if that is how it fails.
const SHRINK_MS: u32 = 60_000;

/// What a person does, or what happens to a device or the server. `device` and `place` are counted
/// round: every number means one of those that there are.
#[derive(Clone, Debug)]
pub enum Action {
    /// Says something; `long`: four thousand characters of it.
    Say { device: usize, place: usize, long: bool },
    /// Says once more, with its cid, what this person said before on any of their devices.
    SayAgain { device: usize, which: usize },
    /// Names one of the three, who is told of it.
    Call { device: usize, place: usize, whom: usize },
    /// Joins a room, or leaves it.
    Join { device: usize, place: usize, on: bool },
    /// Wishes to be told of everything in a room, or of what calls them; with that they join it.
    Level { device: usize, place: usize, all: bool },
    /// Answers a message.
    Reply { device: usize, place: usize, which: usize },
    /// Changes a message's text; it may be another's.
    Edit { device: usize, place: usize, which: usize },
    /// Deletes a message.
    Delete { device: usize, place: usize, which: usize },
    /// Gives one of a few reactions, or takes it back.
    React { device: usize, place: usize, which: usize, emoji: usize, on: bool },
    /// Pins a message, or takes it down.
    Pin { device: usize, place: usize, which: usize, on: bool },
    /// Says what the room is about.
    Topic { device: usize, place: usize },
    /// Sets the read marker, that far before the end.
    Read { device: usize, place: usize, back: i64 },
    /// Asks for an older page, which comes late.
    Older { device: usize, place: usize },
    /// Asks for a newer page, which comes late.
    Newer { device: usize, place: usize },
    /// Asks for the page around a message, which comes late and takes the place of what is held.
    Jump { device: usize, place: usize, which: usize },
    /// Lets go of all but so many messages, of the newest or of the oldest.
    LetGo { device: usize, place: usize, most: usize, newest: bool },
    /// Follows a conversation.
    Sub { device: usize, place: usize },
    /// Follows it no more.
    Unsub { device: usize, place: usize },
    /// Hears what has come by now.
    Hear { device: usize },
    /// Loses the connection, and stays away.
    Cut { device: usize },
    /// Stops reading, and keeps the connection.
    Sleep { device: usize },
    /// Comes back, or reads again.
    Return { device: usize },
    /// More is said than a replay brings: too many messages, or too large ones.
    Flood { place: usize, large: bool },
    /// The server dies and starts again.
    Crash,
    /// The server is stopped in good order and starts again.
    Restart,
    /// A backup is made.
    BackUp,
    /// The last backup takes the place of the database.
    BringBack,
}

fn actions() -> impl Strategy<Value = Action> {
    let device = || 0..world::DEVICES;
    let place = || 0..world::PLACES;
    // Few, so that the same message is met again.
    let which = || 0..4usize;
    prop_oneof![
        12 => (device(), place(), prop::bool::weighted(0.1))
            .prop_map(|(device, place, long)| Action::Say { device, place, long }),
        3 => (device(), 0..50usize).prop_map(|(device, which)| Action::SayAgain { device, which }),
        3 => (device(), place(), 0..3usize)
            .prop_map(|(device, place, whom)| Action::Call { device, place, whom }),
        2 => (device(), place(), any::<bool>())
            .prop_map(|(device, place, on)| Action::Join { device, place, on }),
        2 => (device(), place(), any::<bool>())
            .prop_map(|(device, place, all)| Action::Level { device, place, all }),
        3 => (device(), place(), which())
            .prop_map(|(device, place, which)| Action::Reply { device, place, which }),
        5 => (device(), place(), which())
            .prop_map(|(device, place, which)| Action::Edit { device, place, which }),
        3 => (device(), place(), which())
            .prop_map(|(device, place, which)| Action::Delete { device, place, which }),
        6 => (device(), place(), which(), 0..world::EMOJI.len(), any::<bool>()).prop_map(
            |(device, place, which, emoji, on)| Action::React { device, place, which, emoji, on }
        ),
        3 => (device(), place(), which(), any::<bool>())
            .prop_map(|(device, place, which, on)| Action::Pin { device, place, which, on }),
        1 => (device(), place()).prop_map(|(device, place)| Action::Topic { device, place }),
        4 => (device(), place(), 0..4i64)
            .prop_map(|(device, place, back)| Action::Read { device, place, back }),
        2 => (device(), place()).prop_map(|(device, place)| Action::Older { device, place }),
        2 => (device(), place()).prop_map(|(device, place)| Action::Newer { device, place }),
        1 => (device(), place(), 0..50usize)
            .prop_map(|(device, place, which)| Action::Jump { device, place, which }),
        2 => (device(), place(), 1..20usize, any::<bool>()).prop_map(
            |(device, place, most, newest)| Action::LetGo { device, place, most, newest }
        ),
        2 => (device(), place()).prop_map(|(device, place)| Action::Sub { device, place }),
        2 => (device(), place()).prop_map(|(device, place)| Action::Unsub { device, place }),
        3 => device().prop_map(|device| Action::Hear { device }),
        4 => device().prop_map(|device| Action::Cut { device }),
        2 => device().prop_map(|device| Action::Sleep { device }),
        5 => device().prop_map(|device| Action::Return { device }),
        1 => (place(), any::<bool>()).prop_map(|(place, large)| Action::Flood { place, large }),
        1 => Just(Action::Crash),
        1 => Just(Action::Restart),
        1 => Just(Action::BackUp),
        1 => Just(Action::BringBack),
    ]
}

/// Runs a script; after each step, and at the end with everybody back, all must agree.
async fn run(script: &[Vec<Action>]) -> World {
    let mut world = World::open().await;
    for step in script {
        for action in step {
            world.perform(action).await;
        }
        world.settle().await;
    }
    for device in 0..world::DEVICES {
        world.perform(&Action::Return { device }).await;
    }
    world.settle().await;
    world
}

#[test]
fn p5_state_by_events_equals_state_by_reading() {
    let cases = std::env::var("ROOMFUL_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(CASES),
        max_shrink_time: SHRINK_MS,
        failure_persistence: None,
        ..Config::default()
    };
    let scripts = prop::collection::vec(prop::collection::vec(actions(), 1..8), 1..7);
    let runtime = Runtime::new().unwrap();
    let outcome = TestRunner::new(config).run(&scripts, |script| {
        runtime.block_on(run(&script));
        Ok(())
    });
    if let Err(why) = outcome {
        panic!("{why}");
    }
}

#[tokio::test]
async fn p5_whoever_is_too_far_behind_reads_the_page_anew() {
    for large in [false, true] {
        let world = run(&[
            vec![Action::Say { device: 1, place: 0, long: false }],
            vec![Action::Cut { device: 0 }, Action::Flood { place: 0, large }],
            vec![Action::Return { device: 0 }],
            vec![
                Action::Older { device: 0, place: 0 },
                Action::Say { device: 0, place: 0, long: false },
            ],
        ])
        .await;
        assert!(world.counts().reloads > 0, "{:?}", world.counts());
    }
}

#[tokio::test]
async fn p5_after_a_backup_was_brought_back_everybody_reads_anew() {
    let say = |device, place| Action::Say { device, place, long: false };
    let world = run(&[
        vec![say(0, 0), say(1, 2), Action::BackUp],
        vec![say(0, 0), say(2, 2), say(3, 1), Action::Read { device: 0, place: 0, back: 0 }],
        // What is said again is in no log any more, and is said anew.
        vec![Action::BringBack, Action::SayAgain { device: 0, which: 1 }],
        vec![say(2, 0), Action::Read { device: 2, place: 0, back: 0 }],
    ])
    .await;
    assert!(world.counts().reloads > 0, "{:?}", world.counts());
}

#[tokio::test]
async fn p5_what_was_not_answered_is_said_once() {
    let say = |device| Action::Say { device, place: 0, long: false };
    let world = run(&[
        vec![say(0), say(1), Action::Cut { device: 0 }, Action::Crash],
        vec![Action::Return { device: 0 }, Action::SayAgain { device: 1, which: 0 }],
    ])
    .await;
    assert!(world.counts().sends > world.counts().oks, "{:?}", world.counts());
}

#[tokio::test]
async fn p5_with_edits_deletions_reactions_pins_and_topics() {
    let say = |device| Action::Say { device, place: 0, long: false };
    let react = |device, which, on| Action::React { device, place: 0, which, emoji: 0, on };
    let edit = |device, which| Action::Edit { device, place: 0, which };
    let world = run(&[
        vec![say(0), say(1), say(2)],
        vec![Action::Reply { device: 1, place: 0, which: 0 }, react(1, 0, true), react(2, 0, true)],
        // All of it while somebody is away, and while a page is on its way.
        vec![Action::Cut { device: 3 }, Action::Older { device: 4, place: 0 }],
        vec![
            edit(0, 0),
            edit(0, 0),
            react(1, 0, false),
            react(1, 0, true),
            Action::Pin { device: 0, place: 0, which: 1, on: true },
            Action::Topic { device: 0, place: 0 },
        ],
        vec![Action::Delete { device: 0, place: 0, which: 0 }, edit(0, 0), edit(1, 1)],
        vec![Action::Crash, Action::Return { device: 3 }],
    ])
    .await;
    assert!(world.counts().resumes > 0, "{:?}", world.counts());
}

#[tokio::test]
async fn p5_with_rooms_joined_left_and_levels_and_calls() {
    let join = |device, on| Action::Join { device, place: 1, on };
    let level = |device, all| Action::Level { device, place: 1, all };
    let call = |device, whom| Action::Call { device, place: 1, whom };
    let world = run(&[
        vec![join(1, true), level(1, false), call(0, 1), call(2, 1)],
        vec![Action::Cut { device: 4 }, join(1, false), call(0, 1), level(2, false)],
        vec![Action::Read { device: 1, place: 1, back: 0 }, join(2, true), Action::BackUp],
        vec![join(2, false), call(2, 0), Action::Return { device: 4 }],
        vec![Action::Crash, Action::BringBack],
    ])
    .await;
    assert!(world.counts().resumes > 0, "{:?}", world.counts());
}
