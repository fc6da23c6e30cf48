//! Who is where. Presence is a lease: a user is in a place while at least one live connection of
//! theirs is there. The others hear of it on 0→1 and 1→0, at most once a second and place; a leave
//! waits a few seconds, so that a reload is silent.
//!
//! [`State`] is a pure machine that is told the time; [`Presence`] is the one that the server
//! shares. Both live in memory alone: nothing here asks the database.

mod place;
mod state;
#[cfg(test)]
mod tests;
mod watched;

use super::groups::{ConnId, Group};
use super::store::writer::Party;
use super::store::{LogId, UserId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

pub use state::State;

/// How patient presence is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long a leave waits.
    pub grace: Duration,
    /// At most one announcement a place in this time.
    pub every: Duration,
}

/// Where people came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Into or out of a room.
    Room(LogId),
    /// Online or away, as the other one of a conversation is told.
    Conversation { low: (UserId, Arc<str>), high: (UserId, Arc<str>) },
}

/// What the others hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Where.
    pub scene: Scene,
    /// Came; empty where there are too many to name.
    pub join: Vec<String>,
    /// Went; likewise.
    pub leave: Vec<String>,
    /// `join` is everybody who is there, and replaces what was told before.
    pub all: bool,
    /// Not active any more; with `all`, everybody who is not.
    pub idle: Vec<String>,
    /// Active again.
    pub awake: Vec<String>,
    /// How many are there now.
    pub count: usize,
}

/// The one that the server shares.
pub struct Presence {
    state: Mutex<State>,
    /// Something is to be told sooner than was known.
    sooner: Notify,
}

impl Presence {
    /// Nobody anywhere.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self { state: Mutex::new(State::new(patience)), sooner: Notify::new() }
    }

    /// The state, to ask it something. Held for a moment only.
    pub fn look(&self) -> MutexGuard<'_, State> {
        // A poisoned lock cannot happen: nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State, Instant)) {
        let mut state = self.look();
        let before = state.next();
        change(&mut state, Instant::now());
        let sooner = state.next().is_some_and(|next| before.is_none_or(|before| next < before));
        drop(state);
        // A crowd that enters at once wakes the announcer once.
        if sooner {
            self.sooner.notify_one();
        }
    }

    /// See [`State::enter`].
    pub fn enter(&self, group: Group, who: &Party, conn: ConnId) {
        self.change(|state, now| state.enter(group, who, conn, now));
    }

    /// See [`State::leave`].
    pub fn leave(&self, group: Group, name: &str, conn: ConnId) {
        self.change(|state, now| state.leave(group, name, conn, now));
    }

    /// See [`State::active`].
    pub fn active(&self, user: UserId, conn: ConnId, active: bool) {
        self.change(|state, now| state.active(user, conn, active, now));
    }

    /// See [`State::show`].
    pub fn show(&self, user: UserId, conn: ConnId, shows: Option<Group>) {
        self.look().show(user, conn, shows);
    }

    /// See [`State::is_blind`].
    pub fn is_blind(&self, user: UserId, conn: ConnId) {
        self.look().is_blind(user, conn);
    }

    /// See [`State::attends`].
    #[must_use]
    pub fn attends(&self, group: Group, user: UserId) -> bool {
        self.look().attends(group, user)
    }

    /// See [`State::oust`].
    pub fn oust(&self, group: Group, gone: impl Fn(UserId) -> bool) {
        self.change(|state, now| state.oust(group, gone, now));
    }

    /// See [`State::tell_anew`].
    pub fn tell_anew(&self, group: Group) {
        self.change(|state, now| state.tell_anew(group, now));
    }

    /// See [`State::watch`].
    pub fn watch(&self, group: Group) {
        self.look().watch(group);
    }

    /// See [`State::unwatch`].
    pub fn unwatch(&self, group: Group) {
        self.look().unwatch(group);
    }

    /// Waits for the next announcements, and for who went.
    pub async fn next(&self) -> (Vec<Announcement>, Vec<UserId>) {
        loop {
            let next = {
                let mut state = self.look();
                let due = state.due(Instant::now());
                let away = state.take_away();
                if !due.is_empty() || !away.is_empty() {
                    return (due, away);
                }
                state.next()
            };
            match next {
                Some(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at.into()) => {}
                        () = self.sooner.notified() => {}
                    }
                }
                None => self.sooner.notified().await,
            }
        }
    }
}
