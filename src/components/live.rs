//! What follows a signal, behind one type for each kind of value. Every closure has a type of its
//! own, and all that keeps a text or an attribute up to date is compiled once for each type: behind
//! one type it is in the browser's program once.

use leptos::{ev, prelude::*};

/// A value that follows the signals that it reads.
pub type Live<T> = Box<dyn Fn() -> T + Send + Sync>;

/// A text, an attribute or a part of a view that is made anew whenever what it reads changes.
pub fn live<T>(value: impl Fn() -> T + Send + Sync + 'static) -> Live<T> {
    Box::new(value)
}

/// Runs once the page is hydrated, and again whenever what it reads changes.
pub fn effect(run: impl FnMut() + 'static) {
    fn boxed(run: Box<dyn FnMut()>) {
        Effect::new(run);
    }
    boxed(Box::new(run));
}

/// What a click does.
pub fn click(run: impl FnMut() + 'static) -> Box<dyn FnMut(ev::MouseEvent)> {
    fn boxed(mut run: Box<dyn FnMut()>) -> Box<dyn FnMut(ev::MouseEvent)> {
        Box::new(move |_| run())
    }
    boxed(Box::new(run))
}
