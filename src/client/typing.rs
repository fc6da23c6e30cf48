//! Who is writing in the place on the screen, and when I say that I am.

use crate::protocol::limits::{TYPING_EVERY_MS, TYPING_SHOWN_MS};

/// So many are known of at most: more than two are "several people" anyway, but those who stop are
/// to leave the others there.
const MOST: usize = 20;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    /// Who, and until when they are shown, in the order in which they began.
    writers: Vec<(String, u64)>,
    /// Before then I say nothing about myself…
    quiet_until: u64,
    /// …and then I do, since I wrote something meanwhile.
    owes: bool,
}

impl Typing {
    /// Somebody says that they are writing.
    pub fn heard(&mut self, user: String, ms: u64) {
        let until = ms + TYPING_SHOWN_MS;
        if let Some(known) = self.writers.iter_mut().find(|(name, _)| *name == user) {
            known.1 = until;
        } else if self.writers.len() < MOST {
            self.writers.push((user, until));
        }
    }

    /// Somebody said it.
    pub fn spoke(&mut self, user: &str) {
        self.writers.retain(|(name, _)| name != user);
    }

    /// Another place is shown, or nothing is heard any more.
    pub fn clear(&mut self) {
        self.writers.clear();
        self.owes = false;
    }

    /// Time has passed: whether I am to say that I am writing.
    pub fn tick(&mut self, ms: u64) -> bool {
        self.writers.retain(|(_, until)| *until > ms);
        self.owes && self.wrote(ms)
    }

    /// When something is to happen by itself.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        let end = self.writers.iter().map(|(_, until)| *until).min();
        end.into_iter().chain(self.owes.then_some(self.quiet_until)).min()
    }

    /// Who is writing: those who began first; a third stands for all others.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        self.writers.iter().take(3).map(|(name, _)| name.clone()).collect()
    }

    /// I wrote something: whether that is to be said now.
    pub fn wrote(&mut self, ms: u64) -> bool {
        let now = ms >= self.quiet_until;
        if now {
            self.quiet_until = ms + TYPING_EVERY_MS;
        }
        self.owes = !now;
        now
    }

    /// There is nothing of mine that is being written.
    pub fn rest(&mut self) {
        self.owes = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_shown_for_six_seconds_after_the_last_sign() {
        let mut it = Typing::default();
        it.heard("bob".into(), 0);
        it.heard("kim".into(), 2_000);
        it.heard("bob".into(), 3_000);
        assert_eq!((it.shown(), it.due()), (vec!["bob".into(), "kim".into()], Some(8_000)));
        it.tick(8_000);
        assert_eq!((it.shown(), it.due()), (vec!["bob".to_owned()], Some(9_000)));
        it.spoke("bob");
        assert_eq!((it.shown(), it.due()), (Vec::<String>::new(), None));
    }

    #[test]
    fn a_crowd_is_bounded() {
        let mut it = Typing::default();
        (0..100).for_each(|n| it.heard(format!("user{n}"), n));
        assert_eq!((it.writers.len(), it.shown().len()), (MOST, 3));
    }

    #[test]
    fn i_say_it_every_three_seconds_at_most() {
        let mut it = Typing::default();
        let said = (0..10).filter(|n| it.wrote(10_000 + n * 1_000)).collect::<Vec<_>>();
        assert_eq!(said, [0, 3, 6, 9]);
    }

    #[test]
    fn what_i_write_right_after_a_message_is_said_as_soon_as_may_be() {
        let mut it = Typing::default();
        assert!(it.wrote(0));
        it.rest();
        assert_eq!(it.due(), None);
        assert!(!it.wrote(1_000));
        assert_eq!(it.due(), Some(3_000));
        assert!(it.tick(3_000) && !it.tick(3_000));
        assert_eq!(it.due(), None);
    }
}
