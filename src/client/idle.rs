//! Whether somebody is at the page: it is in view, and was used lately.

/// Who has used nothing for so long is idle, though the page is in view: long enough to read what is
/// on the screen.
pub const IDLE_MS: u64 = 10 * 60_000;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    visible: bool,
    /// When it was used last.
    used: u64,
    idle: bool,
}

impl Idle {
    /// A page that was just loaded; from when on is said by [`Self::used`].
    #[must_use]
    pub fn new(visible: bool) -> Self {
        Self { visible, used: 0, idle: false }
    }

    /// Whether the page is in view.
    #[must_use]
    pub fn visible(self) -> bool {
        self.visible
    }

    /// Whether somebody is at it.
    #[must_use]
    pub fn active(self) -> bool {
        self.visible && !self.idle
    }

    /// It came into view, for which somebody did something, or went out of it. Whether that is news.
    pub fn seen(&mut self, visible: bool, ms: u64) -> bool {
        let news = self.visible != visible;
        self.visible = visible;
        if news && visible {
            self.used(ms);
        }
        news
    }

    /// Somebody used it. Whether [`Self::active`] is another by that.
    pub fn used(&mut self, ms: u64) -> bool {
        self.used = ms;
        std::mem::take(&mut self.idle) && self.visible
    }

    /// Time has passed. Whether [`Self::active`] is another by that.
    pub fn tick(&mut self, ms: u64) -> bool {
        let over = self.due().is_some_and(|due| ms >= due);
        self.idle |= over;
        over
    }

    /// When a tick is wanted.
    #[must_use]
    pub fn due(self) -> Option<u64> {
        self.active().then_some(self.used + IDLE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_uses_nothing_for_ten_minutes_is_idle_until_they_do() {
        let mut it = Idle::new(true);
        assert!(!it.used(5) && it.active());
        assert_eq!(it.due(), Some(5 + IDLE_MS));
        assert!(!it.used(100), "it was in use anyway");
        assert!(!it.tick(5 + IDLE_MS) && it.active(), "used since");
        assert!(it.tick(100 + IDLE_MS) && !it.active());
        assert!(!it.tick(200 + IDLE_MS), "said once");
        assert_eq!(it.due(), None);
        assert!(it.used(900_000) && it.active());
    }

    #[test]
    fn nobody_is_at_a_page_out_of_view() {
        let mut it = Idle::new(true);
        it.used(0);
        assert!(it.seen(false, 10) && !it.active());
        assert_eq!(it.due(), None);
        assert!(!it.used(20) && !it.active(), "a pointer that only passed over it");
        assert!(!it.tick(IDLE_MS * 2));
        assert!(it.seen(true, IDLE_MS * 3) && it.active());
        assert!(!it.seen(true, IDLE_MS * 3));
        assert_eq!(it.due(), Some(IDLE_MS * 4));
    }

    #[test]
    fn coming_into_view_ends_being_idle() {
        let mut it = Idle::new(true);
        it.used(0);
        assert!(it.tick(IDLE_MS));
        assert!(it.seen(false, IDLE_MS + 1));
        assert!(it.seen(true, IDLE_MS + 2) && it.active());
    }
}
