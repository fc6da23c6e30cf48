//! Keeps the log where the reader is: at its end while they are there, and otherwise on the very
//! line they read, whatever is added above or below.

use leptos::{html, prelude::*};
use std::sync::{
    Arc,
    atomic::{AtomicI32, Ordering},
};

/// Nothing is noted.
pub const UNKNOWN: i32 = -1;
/// Within this many pixels of its end the log counts as being there.
pub const NEAR_END: f64 = 100.0;

/// How the log lies in its window, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lie {
    /// What is scrolled away above.
    pub top: f64,
    /// The whole content.
    pub content: f64,
    /// The window.
    pub window: f64,
}

impl Lie {
    /// What lies below the window.
    #[must_use]
    pub fn below(self) -> f64 {
        self.content - self.top - self.window
    }

    /// Whether it is at its end.
    #[must_use]
    pub fn at_end(self) -> bool {
        self.below() <= NEAR_END
    }
}

/// What keeps the reader's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// To the end.
    End,
    /// By so many pixels.
    By(f64),
}

/// What to do when the log lay like `then` and now lies like `now`, and the line that is read has
/// moved by `shift` inside the content; `whole`: its end is in the page, as it was before.
#[must_use]
pub fn step(then: Lie, now: Lie, shift: f64, whole: bool) -> Step {
    // What comes at one end and is let go at the other may leave the size as it was.
    if then.content == now.content && then.window == now.window && shift == 0.0 {
        return Step::Stay;
    }
    // Where the reader stands in the log as it was: they may have scrolled since.
    let stood = Lie { top: now.top, ..then };
    if whole && (stood.at_end() || now.at_end()) {
        return Step::End;
    }
    // Content that became shorter above takes the log with it, as far as it must to end with it.
    let taken = if now.below() < 1.0 { (then.top - now.top).max(0.0) } else { 0.0 };
    let shift = shift + taken;
    if shift == 0.0 { Step::Stay } else { Step::By(shift) }
}

/// Where the log was scrolled to when its rows were about to change. It may have been scrolled since the
/// keeper was last told, and become too short to be scrolled so far when it is told next.
pub type Scrolled = Arc<AtomicI32>;

/// Notes it; for whoever changes the rows, right before.
pub fn note(scrolled: &Scrolled, log: NodeRef<html::Div>) {
    if let Some(log) = log.get_untracked() {
        scrolled.store(log.scroll_top(), Ordering::Relaxed);
    }
}

#[cfg(feature = "hydrate")]
pub use browser::keep;

#[cfg(feature = "hydrate")]
mod browser {
    use super::{Lie, Scrolled, Step, UNKNOWN, step};
    use crate::{
        client::{
            Act, HouseState, Row,
            house::{Older, Spot},
        },
        components::live::effect,
        protocol::urls,
    };
    use leptos::{
        html,
        prelude::*,
        wasm_bindgen::{JsCast, closure::Closure},
        web_sys::{Element, HtmlElement},
    };
    use std::{cell::RefCell, rc::Rc, sync::atomic::Ordering};

    /// Older messages are asked for when, on the way up, less than this many pixels are left above;
    /// newer ones when less are left below.
    const ASK: f64 = 800.0;
    /// How far from the window's top the line above the new messages comes to lie.
    const NEW_FROM_TOP: f64 = 48.0;

    /// Begins once the log is in the page.
    pub fn keep(
        state: HouseState,
        log: NodeRef<html::Div>,
        rows: NodeRef<html::Div>,
        scrolled: Scrolled,
    ) {
        let keeper = Rc::new(RefCell::new(None::<Rc<Keeper>>));
        effect(move || {
            let (Some(log), Some(rows)) = (log.get(), rows.get()) else { return };
            state.spot.track();
            // Whoever waits at one end while messages come there may want still more of them.
            state.older.track();
            state.newer.track();
            let known = keeper.borrow().clone();
            match (known, state.spot.try_update_untracked(Option::take).flatten()) {
                (Some(keeper), Some(spot)) => keeper.go_soon(spot),
                (Some(keeper), None) => keeper.settle(),
                (None, _) => {
                    let made = Keeper::begin(state, log.into(), rows.into(), scrolled.clone());
                    *keeper.borrow_mut() = Some(made);
                }
            }
        });
    }

    struct Keeper {
        state: HouseState,
        log: HtmlElement,
        rows: Element,
        scrolled: Scrolled,
        kept: RefCell<Kept>,
    }

    #[derive(Default)]
    struct Kept {
        /// How the log lay last.
        lie: Lie,
        /// The row that is read, and where in the rows it began.
        anchor: Option<(Element, f64)>,
        /// What was said last about being at the end.
        told: Option<bool>,
        /// Whether the end of the log was in the page.
        whole: bool,
        /// The reader's last move was upwards.
        climbing: bool,
        /// Where to go to once its rows are laid out.
        going: Option<Spot>,
    }

    impl Keeper {
        fn begin(
            state: HouseState,
            log: HtmlElement,
            rows: Element,
            scrolled: Scrolled,
        ) -> Rc<Self> {
            let keeper = Rc::new(Self { state, log, rows, scrolled, kept: RefCell::default() });
            keeper.awaken();
            let moved = {
                let keeper = keeper.clone();
                Closure::<dyn Fn()>::new(move || keeper.settle())
            };
            // Where one of these fails the log still scrolls, by hand.
            let _ = keeper
                .log
                .add_event_listener_with_callback("scroll", moved.as_ref().unchecked_ref());
            // Told of new rows before anything is drawn or measured, of any other change of size
            // before it is drawn.
            let new_rows = web_sys::MutationObserverInit::new();
            new_rows.set_child_list(true);
            if let Ok(observer) = web_sys::MutationObserver::new(moved.as_ref().unchecked_ref()) {
                let _ = observer.observe_with_options(&keeper.rows, &new_rows);
            }
            if let Ok(observer) = web_sys::ResizeObserver::new(moved.as_ref().unchecked_ref()) {
                observer.observe(&keeper.log);
                observer.observe(&keeper.rows);
            }
            // The log lives as long as the page does.
            moved.forget();
            keeper
        }

        /// Without the program the log grows upwards from its end, so that it opens there. From
        /// here on it is an ordinary one, scrolled to the same place.
        fn awaken(&self) {
            let below = f64::from(-self.log.scroll_top());
            let _ = self.log.class_list().add_1("kept");
            let now = self.lie();
            self.log.set_scroll_top((now.content - now.window - below) as i32);
            if below == 0.0 {
                self.go(&Spot::Opening);
            }
            self.remember();
        }

        fn lie(&self) -> Lie {
            Lie {
                top: f64::from(self.log.scroll_top()),
                content: f64::from(self.log.scroll_height()),
                window: f64::from(self.log.client_height()),
            }
        }

        /// The rows of the new place may be laid out in a moment or be there already.
        fn go_soon(self: &Rc<Self>, spot: Spot) {
            {
                let mut kept = self.kept.borrow_mut();
                if spot == Spot::Opening {
                    // Of another place nothing was told yet.
                    kept.told = None;
                }
                kept.climbing = false;
                kept.going = Some(spot);
            }
            let keeper = self.clone();
            request_animation_frame(move || {
                keeper.settle();
                keeper.kept.borrow_mut().going = None;
                keeper.remember();
            });
        }

        fn go(&self, spot: &Spot) {
            match spot {
                Spot::End => self.log.set_scroll_top(self.log.scroll_height()),
                Spot::Message(id) => {
                    if let Some(row) = document().get_element_by_id(&urls::anchor(id)) {
                        self.show(&row);
                    }
                }
                Spot::Opening => self.open(),
            }
        }

        /// To the message that was asked for, to the end, or to where the new begins if that would be
        /// out of sight.
        fn open(&self) {
            if let Ok(Some(row)) = self.rows.query_selector(".found") {
                self.show(&row);
                return;
            }
            self.log.set_scroll_top(self.log.scroll_height());
            let new = self
                .state
                .rows
                .with_untracked(|rows| rows.iter().any(|(_, row)| matches!(row, Row::New)));
            if new && let Ok(Some(line)) = self.rows.query_selector(".new") {
                let above = line.get_bounding_client_rect().top()
                    - self.log.get_bounding_client_rect().top();
                if above < NEW_FROM_TOP {
                    self.log.scroll_by_with_x_and_y(0.0, above - NEW_FROM_TOP);
                }
            }
        }

        /// Into the middle, unless it is in sight.
        fn show(&self, row: &Element) {
            let (row, window) =
                (row.get_bounding_client_rect(), self.log.get_bounding_client_rect());
            if row.top() < window.top() || row.bottom() > window.bottom() {
                let middle = window.top() + (window.height() - row.height()) / 2.0;
                self.log.scroll_by_with_x_and_y(0.0, row.top() - middle);
            }
        }

        /// Whether the end of the log is in the page.
        fn is_whole(&self) -> bool {
            !self.state.newer.get_untracked()
        }

        /// After anything that may have moved the log or its content.
        fn settle(&self) {
            let going = self.kept.borrow().going.clone();
            if let Some(spot) = going {
                if self.state.rows.with_untracked(|rows| !rows.is_empty()) {
                    self.go(&spot);
                    self.remember();
                }
                return;
            }
            let scrolled = self.scrolled.swap(UNKNOWN, Ordering::Relaxed);
            if scrolled != UNKNOWN {
                self.kept.borrow_mut().lie.top = f64::from(scrolled);
            }
            let step = {
                let kept = self.kept.borrow();
                let shift = match &kept.anchor {
                    Some((row, began)) if row.is_connected() => self.begins(row) - began,
                    _ => 0.0,
                };
                step(kept.lie, self.lie(), shift, kept.whole && self.is_whole())
            };
            let (now, then) = (self.lie(), self.kept.borrow().lie);
            // What the log does by itself when its content changes is no move of the reader's.
            if now.top != then.top && now.content == then.content {
                self.kept.borrow_mut().climbing = now.top < then.top;
            }
            match step {
                Step::Stay => {}
                Step::End => self.log.set_scroll_top(self.log.scroll_height()),
                Step::By(shift) => self.log.scroll_by_with_x_and_y(0.0, shift),
            }
            self.remember();
        }

        /// Where in the rows this one begins.
        fn begins(&self, row: &Element) -> f64 {
            row.get_bounding_client_rect().top() - self.rows.get_bounding_client_rect().top()
        }

        /// The message in the middle of the window, where one reads. Not the first: it may lose its
        /// face and name to what is put in above it, and all below would move up. Not the line of
        /// a day, which stays on top of what is put in under it.
        fn being_read(&self) -> Option<Element> {
            let window = self.log.get_bounding_client_rect();
            let edge = window.top() + window.height() / 2.0;
            let rows = self.rows.children();
            let (mut low, mut high) = (0, rows.length());
            while low < high {
                let middle = low + (high - low) / 2;
                let bottom = rows.item(middle)?.get_bounding_client_rect().bottom();
                if bottom > edge { high = middle } else { low = middle + 1 }
            }
            let seen = rows.item(low)?;
            let mut row = Some(seen.clone());
            while let Some(other) = row.take_if(|row| row.tag_name() != "ARTICLE") {
                row = other.next_element_sibling();
            }
            Some(row.unwrap_or(seen))
        }

        fn remember(&self) {
            let lie = self.lie();
            let anchor = self.being_read().map(|row| {
                let began = self.begins(&row);
                (row, began)
            });
            let whole = self.is_whole();
            let at_end = whole && lie.at_end();
            let told = {
                let mut kept = self.kept.borrow_mut();
                kept.lie = lie;
                kept.anchor = anchor;
                kept.whole = whole;
                kept.told.replace(at_end)
            };
            if told != Some(at_end) {
                self.state.act.run(Act::AtEnd(at_end));
            }
            // A log that does not fill its window cannot be scrolled: it asks by itself.
            let climbing = self.kept.borrow().climbing;
            let short = lie.content <= lie.window;
            if lie.window <= 0.0 {
                return;
            }
            if !climbing && lie.below() < ASK && !whole {
                self.state.act.run(Act::Newer);
            }
            if (climbing && lie.top < ASK || short)
                && self.state.older.get_untracked() == Older::More
            {
                self.state.act.run(Act::Older);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: Lie = Lie { top: 500.0, content: 3000.0, window: 800.0 };
    const END: Lie = Lie { top: 2200.0, content: 3000.0, window: 800.0 };

    #[test]
    fn scrolling_alone_is_never_corrected() {
        for top in [0.0, 1000.0, 2150.0, 2200.0] {
            assert_eq!(step(READING, Lie { top, ..READING }, 0.0, true), Step::Stay);
        }
    }

    #[test]
    fn the_end_is_kept_when_something_is_said_or_the_window_shrinks() {
        assert_eq!(step(END, Lie { content: 3400.0, ..END }, 0.0, true), Step::End);
        assert_eq!(step(END, Lie { window: 500.0, ..END }, 0.0, true), Step::End);
    }

    #[test]
    fn older_history_moves_nothing_that_is_read() {
        let loaded = Lie { content: 5500.5, ..READING };
        assert_eq!(step(READING, loaded, 2500.5, true), Step::By(2500.5));
    }

    #[test]
    fn as_much_let_go_as_was_loaded_moves_nothing_that_is_read() {
        assert_eq!(step(READING, READING, 1200.0, false), Step::By(1200.0));
        assert_eq!(step(READING, READING, -1200.0, true), Step::By(-1200.0));
    }

    #[test]
    fn the_end_of_a_part_is_not_the_end() {
        let loaded = Lie { content: 5000.0, ..END };
        assert_eq!(step(END, loaded, 0.0, false), Step::Stay);
        let let_go = Lie { content: 3500.0, ..END };
        assert_eq!(step(END, let_go, -1500.0, false), Step::By(-1500.0));
        let shorter = Lie { content: 2900.0, top: 2100.0, ..END };
        assert_eq!(step(END, shorter, -1500.0, false), Step::By(-1400.0), "100 by itself");
    }

    #[test]
    fn what_is_said_below_moves_nothing() {
        assert_eq!(step(READING, Lie { content: 3400.0, ..READING }, 0.0, true), Step::Stay);
    }

    #[test]
    fn who_scrolls_away_while_something_is_said_is_let_go() {
        let away = Lie { top: 1500.0, content: 3040.0, ..END };
        assert_eq!(step(END, away, 0.0, true), Step::Stay);
    }
}
