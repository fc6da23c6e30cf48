//! A line of those who may have to make room: connections at the door, bodies on their way. Each
//! stands where it last got on; when there is no room for a new one, the one that has not got on for
//! the longest makes it. So however many only wait, whoever comes is served. Whoever is being served
//! has a place too, but is never sent away.

use futures_util::future::{AbortHandle, AbortRegistration};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A count of steps, which orders them; no time.
pub type Step = u64;
/// Instead of a last step: it is being served.
const SERVED: Step = Step::MAX;

/// See the module.
#[derive(Default)]
pub struct Line {
    steps: AtomicU64,
    standing: Mutex<BTreeMap<Step, Standing>>,
    served: AtomicUsize,
    emptied: Notify,
}

struct Standing {
    marks: Arc<Marks>,
    task: AbortHandle,
}

struct Marks {
    /// When it last got on. Written without the lock: nobody is to wait for others.
    last: AtomicU64,
    /// Under which step it stands in the line; changed under the lock alone.
    filed: AtomicU64,
}

/// A place in the line, given up when dropped.
pub struct Place {
    line: Arc<Line>,
    marks: Arc<Marks>,
}

impl Line {
    /// Lines up. The registration is for the future that ends when it is sent away.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> (Place, AbortRegistration) {
        let (task, registration) = AbortHandle::new_pair();
        let now = self.next_step();
        let marks = Arc::new(Marks { last: now.into(), filed: now.into() });
        self.lock().insert(now, Standing { marks: Arc::clone(&marks), task });
        (Place { line: Arc::clone(self), marks }, registration)
    }

    /// How many stand here.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody here could be sent away.
    #[must_use]
    pub fn all_are_served(&self) -> bool {
        self.served.load(Ordering::Relaxed) >= self.count()
    }

    /// Now, as a step.
    #[must_use]
    pub fn now(&self) -> Step {
        self.steps.load(Ordering::Relaxed)
    }

    /// Sends away up to `count`, those first that have not got on for the longest.
    pub fn send_away(&self, count: usize) {
        self.send_away_of(count, self.now());
    }

    /// The same among those who have not got on since that step.
    pub fn send_away_of(&self, count: usize, step: Step) {
        let mut standing = self.lock();
        for _ in 0..count {
            let Some(longest) = self.take_longest(&mut standing, step) else { break };
            longest.task.abort();
        }
    }

    /// Whether somebody has not got on since that step, and may be sent away.
    #[must_use]
    pub fn anybody_since(&self, step: Step) -> bool {
        let mut standing = self.lock();
        let Some(longest) = self.take_longest(&mut standing, step) else { return false };
        standing.insert(longest.marks.filed.load(Ordering::Relaxed), longest);
        true
    }

    /// Sends away everybody, whoever is being served too.
    pub fn send_all_away(&self) {
        for (_, it) in std::mem::take(&mut *self.lock()) {
            it.task.abort();
        }
        self.emptied.notify_waiters();
    }

    /// Sends away all that have not got on since that step, and says how many there were.
    pub fn send_away_since(&self, step: Step) -> usize {
        let mut standing = self.lock();
        let mut count = 0;
        while let Some(longest) = self.take_longest(&mut standing, step) {
            longest.task.abort();
            count += 1;
        }
        count
    }

    /// Waits until nobody stands here.
    pub async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// Takes out the first that has not got on since `step`, a step of the past. Those that did, and
    /// those that are being served, are filed anew on the way.
    fn take_longest(
        &self,
        standing: &mut BTreeMap<Step, Standing>,
        step: Step,
    ) -> Option<Standing> {
        loop {
            let first = standing.first_entry().filter(|first| *first.key() <= step)?;
            let filed = *first.key();
            let it = first.remove();
            let last = match it.marks.last.load(Ordering::Relaxed) {
                SERVED => self.next_step(),
                last if last == filed => return Some(it),
                last => last,
            };
            it.marks.filed.store(last, Ordering::Relaxed);
            standing.insert(last, it);
        }
    }

    fn next_step(&self) -> Step {
        self.steps.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Step, Standing>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// How many stand in its line.
    #[must_use]
    pub fn in_line(&self) -> usize {
        self.line.count()
    }

    /// Notes that whoever stands here is being served from now on.
    pub fn is_served(&self) {
        if self.marks.last.swap(SERVED, Ordering::Relaxed) != SERVED {
            self.line.served.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that whoever stands here got on, and waits from now on.
    pub fn waits(&self) {
        if self.marks.last.swap(self.line.next_step(), Ordering::Relaxed) == SERVED {
            self.line.served.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waits();
        let mut standing = self.line.lock();
        standing.remove(&self.marks.filed.load(Ordering::Relaxed));
        if standing.is_empty() {
            self.line.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{Abortable, Pending, pending};
    use proptest::prelude::*;

    type Task = Abortable<Pending<()>>;

    fn enter(line: &Arc<Line>) -> (Place, Task) {
        let (place, registration) = line.enter();
        (place, Abortable::new(pending(), registration))
    }

    fn stays(task: &(Place, Task)) -> bool {
        !task.1.is_aborted()
    }

    #[test]
    fn whoever_has_not_got_on_for_the_longest_goes_first() {
        let line = Arc::new(Line::default());
        let people: Vec<_> = (0..4).map(|_| enter(&line)).collect();
        people[0].0.waits();
        people[2].0.waits();
        line.send_away(1);
        assert_eq!(people.iter().map(stays).collect::<Vec<_>>(), [true, false, true, true]);
        line.send_away(2);
        assert_eq!(people.iter().map(stays).collect::<Vec<_>>(), [false, false, true, false]);
        assert_eq!(line.count(), 1);
        drop(people);
        assert_eq!(line.count(), 0);
        line.send_away(1);
    }

    #[test]
    fn whoever_is_being_served_is_not_sent_away() {
        let line = Arc::new(Line::default());
        let people: Vec<_> = (0..3).map(|_| enter(&line)).collect();
        people[0].0.is_served();
        people[1].0.is_served();
        assert!(!line.all_are_served());
        line.send_away(3);
        assert_eq!(people.iter().map(stays).collect::<Vec<_>>(), [true, true, false]);
        people[1].0.waits();
        line.send_away(1);
        assert_eq!(people.iter().map(stays).collect::<Vec<_>>(), [true, false, false]);
        line.send_all_away();
        assert!(!people.iter().any(stays) && line.count() == 0);
        drop(people);
        assert_eq!(line.served.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn whoever_is_stuck_since_a_step_goes() {
        let line = Arc::new(Line::default());
        let (stuck, alive) = (enter(&line), enter(&line));
        let step = line.now();
        alive.0.waits();
        let new = enter(&line);
        assert!(line.anybody_since(step) && line.count() == 3);
        assert_eq!(line.send_away_since(step), 1);
        assert!(!line.anybody_since(step));
        assert_eq!((stays(&stuck), stays(&alive), stays(&new)), (false, true, true));
    }

    proptest! {
        /// Against a plain list.
        #[test]
        fn the_order_is_that_of_the_steps(acts in prop::collection::vec((0u8..4, 0usize..8), 0..200)) {
            let line = Arc::new(Line::default());
            // In the order of their last steps.
            let mut here: Vec<(Place, Task)> = Vec::new();
            let mut gone: Vec<(Place, Task)> = Vec::new();
            for (act, which) in acts {
                match act {
                    0 => here.push(enter(&line)),
                    1 if which < here.len() => {
                        let it = here.remove(which);
                        it.0.waits();
                        here.push(it);
                    }
                    2 if which < here.len() => drop(here.remove(which)),
                    3 => {
                        line.send_away(1);
                        if !here.is_empty() {
                            gone.push(here.remove(0));
                        }
                    }
                    _ => {}
                }
                prop_assert_eq!(line.count(), here.len());
                prop_assert!(here.iter().all(stays) && !gone.iter().any(stays));
            }
            drop((here, gone));
            prop_assert_eq!(line.count(), 0);
        }
    }
}
