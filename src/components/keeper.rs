//! Keeps the log where the reader is: at its end while they are there, and otherwise on the very
//! line they read, whatever is added above or below.

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
/// moved by `shift` inside the content.
#[must_use]
pub fn step(then: Lie, now: Lie, shift: f64) -> Step {
    if then.content == now.content && then.window == now.window {
        return Step::Stay;
    }
    // Where the reader stands in the log as it was: they may have scrolled since.
    let stood = Lie { top: now.top, ..then };
    if stood.at_end() || now.at_end() {
        return Step::End;
    }
    if shift == 0.0 { Step::Stay } else { Step::By(shift) }
}

#[cfg(feature = "hydrate")]
pub use browser::keep;

#[cfg(feature = "hydrate")]
mod browser {
    use super::{Lie, Step, step};
    use crate::{
        client::{Act, HouseState, Row, house::Older},
        components::live::effect,
        protocol::Target,
    };
    use leptos::{
        html,
        prelude::*,
        wasm_bindgen::{JsCast, closure::Closure},
        web_sys::{Element, HtmlElement},
    };
    use std::{cell::RefCell, rc::Rc};

    /// Older messages are asked for when, on the way up, less than this many pixels are left above.
    const ASK_OLDER: f64 = 800.0;
    /// How far from the window's top the line above the new messages comes to lie.
    const NEW_FROM_TOP: f64 = 48.0;

    /// Begins once the log is in the page.
    pub fn keep(state: HouseState, log: NodeRef<html::Div>, rows: NodeRef<html::Div>) {
        let keeper = Rc::new(RefCell::new(None::<Rc<Keeper>>));
        effect(move || {
            let (Some(log), Some(rows)) = (log.get(), rows.get()) else { return };
            // Another room opens as a page does: at its end, or where the new begins.
            state.place.track();
            // Whoever waits at the top while older messages come may want still older ones.
            state.older.track();
            let known = keeper.borrow().clone();
            match known {
                Some(keeper) if keeper.is_elsewhere() => keeper.open_soon(),
                Some(keeper) => keeper.settle(),
                None => {
                    let made = Keeper::begin(state, log.into(), rows.into());
                    *keeper.borrow_mut() = Some(made);
                }
            }
        });
    }

    struct Keeper {
        state: HouseState,
        log: HtmlElement,
        rows: Element,
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
        /// The reader's last move was upwards.
        climbing: bool,
        /// The place was changed and its rows are not laid out yet.
        opening: bool,
        /// What is shown.
        place: Option<Target>,
    }

    impl Keeper {
        fn begin(state: HouseState, log: HtmlElement, rows: Element) -> Rc<Self> {
            let keeper = Rc::new(Self { state, log, rows, kept: RefCell::default() });
            keeper.is_elsewhere();
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
                self.open();
            } else {
                self.remember();
            }
        }

        fn lie(&self) -> Lie {
            Lie {
                top: f64::from(self.log.scroll_top()),
                content: f64::from(self.log.scroll_height()),
                window: f64::from(self.log.client_height()),
            }
        }

        /// Whether another place is shown than the last time.
        fn is_elsewhere(&self) -> bool {
            let place = Some(self.state.place.get_untracked());
            let mut kept = self.kept.borrow_mut();
            let elsewhere = kept.place != place;
            kept.place = place;
            elsewhere
        }

        fn open_soon(self: &Rc<Self>) {
            self.kept.borrow_mut().opening = true;
            let keeper = self.clone();
            request_animation_frame(move || keeper.settle());
        }

        /// To the end, or to where the new begins if that would be out of sight.
        fn open(&self) {
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
            {
                let mut kept = self.kept.borrow_mut();
                kept.opening = false;
                kept.climbing = false;
            }
            self.remember();
        }

        /// After anything that may have moved the log or its content.
        fn settle(&self) {
            let opening = self.kept.borrow().opening;
            if opening {
                if self.state.rows.with_untracked(|rows| !rows.is_empty()) {
                    self.open();
                }
                return;
            }
            let step = {
                let kept = self.kept.borrow();
                let shift = match &kept.anchor {
                    Some((row, began)) if row.is_connected() => self.begins(row) - began,
                    _ => 0.0,
                };
                step(kept.lie, self.lie(), shift)
            };
            let (now, then) = (self.lie().top, self.kept.borrow().lie.top);
            if now != then {
                self.kept.borrow_mut().climbing = now < then;
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
            let at_end = lie.at_end();
            let told = {
                let mut kept = self.kept.borrow_mut();
                kept.lie = lie;
                kept.anchor = anchor;
                kept.told.replace(at_end)
            };
            if told != Some(at_end) {
                self.state.act.run(Act::AtEnd(at_end));
            }
            // A log that does not fill its window cannot be scrolled up: it asks by itself.
            let climbing = self.kept.borrow().climbing;
            let wanted = climbing && lie.top < ASK_OLDER || lie.content <= lie.window;
            if wanted && lie.window > 0.0 && self.state.older.get_untracked() == Older::More {
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
            assert_eq!(step(READING, Lie { top, ..READING }, 0.0), Step::Stay);
        }
    }

    #[test]
    fn the_end_is_kept_when_something_is_said_or_the_window_shrinks() {
        assert_eq!(step(END, Lie { content: 3400.0, ..END }, 0.0), Step::End);
        assert_eq!(step(END, Lie { window: 500.0, ..END }, 0.0), Step::End);
    }

    #[test]
    fn older_history_moves_nothing_that_is_read() {
        let loaded = Lie { content: 5500.5, ..READING };
        assert_eq!(step(READING, loaded, 2500.5), Step::By(2500.5));
    }

    #[test]
    fn what_is_said_below_moves_nothing() {
        assert_eq!(step(READING, Lie { content: 3400.0, ..READING }, 0.0), Step::Stay);
    }

    #[test]
    fn who_scrolls_away_while_something_is_said_is_let_go() {
        let away = Lie { top: 1500.0, content: 3040.0, ..END };
        assert_eq!(step(END, away, 0.0), Step::Stay);
    }
}
