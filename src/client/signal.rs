//! What the page shows and what follows it. On the server these are Leptos' own signals. In the
//! browser a Leptos signal is compiled anew for each type that it holds, some five kilobytes of
//! program each; there, one of a single type says that something has changed, and what it is lies
//! beside it.

#[cfg(feature = "ssr")]
pub use leptos::prelude::RwSignal as Signal;

#[cfg(not(feature = "ssr"))]
pub use small::Signal;

#[cfg(not(feature = "ssr"))]
mod small {
    use leptos::prelude::{Notify, RwSignal, Track};
    use std::sync::{PoisonError, RwLock, RwLockReadGuard};

    /// A value that can be followed, for as long as the page lives: it is never given back. The
    /// methods are those of Leptos' signals.
    pub struct Signal<T: 'static> {
        value: &'static RwLock<T>,
        changed: RwSignal<()>,
    }

    impl<T> Clone for Signal<T> {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<T> Copy for Signal<T> {}

    impl<T> Signal<T> {
        /// With its first value.
        pub fn new(value: T) -> Self {
            Self { value: Box::leak(Box::new(RwLock::new(value))), changed: RwSignal::new(()) }
        }

        // A panic ends the program: there is nobody to see what it left.
        fn read(&self) -> RwLockReadGuard<'static, T> {
            self.value.read().unwrap_or_else(PoisonError::into_inner)
        }

        /// Follows it without looking.
        pub fn track(&self) {
            self.changed.track();
        }

        /// Looks at it, and follows it.
        pub fn with<U>(&self, look: impl FnOnce(&T) -> U) -> U {
            self.track();
            self.with_untracked(look)
        }

        /// Looks at it.
        pub fn with_untracked<U>(&self, look: impl FnOnce(&T) -> U) -> U {
            look(&self.read())
        }

        /// Changes it without a word.
        pub fn update_untracked<U>(&self, change: impl FnOnce(&mut T) -> U) -> U {
            change(&mut self.value.write().unwrap_or_else(PoisonError::into_inner))
        }

        /// The same; it is always there.
        pub fn try_update_untracked<U>(&self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
            Some(self.update_untracked(change))
        }

        /// Changes it.
        pub fn update(&self, change: impl FnOnce(&mut T)) {
            self.update_untracked(change);
            self.changed.notify();
        }

        /// The same, with an answer; it is always there.
        pub fn try_update<U>(&self, change: impl FnOnce(&mut T) -> U) -> Option<U> {
            let answer = self.update_untracked(change);
            self.changed.notify();
            Some(answer)
        }

        /// Puts another in its place.
        pub fn set(&self, value: T) {
            // What was there before is dropped when nothing is held any more.
            let _before = self.update_untracked(|it| std::mem::replace(it, value));
            self.changed.notify();
        }
    }

    impl<T: Clone> Signal<T> {
        /// A copy, and follows it.
        pub fn get(&self) -> T {
            self.with(T::clone)
        }

        /// A copy.
        pub fn get_untracked(&self) -> T {
            self.with_untracked(T::clone)
        }
    }
}
