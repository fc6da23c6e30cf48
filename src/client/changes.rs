//! Changes to messages that are there already: edits, deletions, reactions. A change is an event of
//! its own, later than its message, so pages and changes can meet in any order:
//!
//! - a page that was read *before* changes which are here already lacks them: they are kept, and
//!   applied to the page when it comes ([`Changes::bring_forward`]);
//! - a page that was read *after* changes which are still to come has them already: when they come
//!   they are passed over for its messages, as long as these are held;
//! - a message that is on no page here is none of our business, until its page comes.
//!
//! So what is held is at every moment what a read at the last event would return, but for pages
//! that are further on; and those agree as soon as the events have come that far.

use crate::protocol::{
    frames::{Change, What},
    glimpse::glimpse,
    views::{Message, Reaction},
};
use std::collections::VecDeque;

/// So many changes are kept. A page that is on its way while more of them happen is asked for again.
const MOST: usize = 500;

/// A page that was read at `top`, which the events have not reached yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ahead {
    first: i64,
    last: i64,
    top: i64,
}

/// The changes of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Every change after this seq is kept.
    since: i64,
    kept: VecDeque<(i64, Change)>,
    ahead: Vec<Ahead>,
}

impl Changes {
    /// For a log that is held from a page read at `top`.
    #[must_use]
    pub fn new(top: i64) -> Self {
        Self { since: top, kept: VecDeque::new(), ahead: Vec::new() }
    }

    /// The log's next event is a change: it is applied to the message, if that is here, and kept.
    pub fn apply(&mut self, messages: &mut [Message], seq: i64, change: Change) {
        self.ahead.retain(|page| page.top >= seq);
        let ahead = &self.ahead;
        let has_it = |of: i64| ahead.iter().any(|page| (page.first..=page.last).contains(&of));
        fold(messages, &change, |of| !has_it(of));
        self.kept.push_back((seq, change));
        if self.kept.len() > MOST
            && let Some((seq, _)) = self.kept.pop_front()
        {
            self.since = seq;
        }
    }

    /// Whether a page read at `top` can be brought up to date.
    #[must_use]
    pub fn know(&self, top: i64) -> bool {
        top >= self.since
    }

    /// Only the messages between these seqs, themselves included, are still held.
    pub fn hold(&mut self, range: Option<(i64, i64)>) {
        let (first, last) = range.unwrap_or((i64::MAX, i64::MIN));
        self.ahead.retain_mut(|page| {
            page.first = page.first.max(first);
            page.last = page.last.min(last);
            page.first <= page.last
        });
    }

    /// A page, read at `top`, comes to a timeline that stands at `last`: what has happened to
    /// it since is applied. False when that is not known any more; then it must be read again.
    pub fn bring_forward(&mut self, page: &mut [Message], top: i64, last: i64) -> bool {
        if !self.know(top) {
            return false;
        }
        for (_, change) in self.kept.iter().filter(|(seq, _)| *seq > top) {
            fold(page, change, |_| true);
        }
        let seqs = page.iter().map(|message| message.seq);
        if let (true, Some(first), Some(end)) = (top > last, seqs.clone().min(), seqs.max()) {
            self.ahead.push(Ahead { first, last: end, top });
        }
        true
    }
}

/// The one place that says what a change does.
fn fold(messages: &mut [Message], change: &Change, counts: impl Fn(i64) -> bool) {
    quote(messages, change, &counts);
    // What changes is mostly new.
    let found = messages.iter_mut().rev().find(|message| message.id == change.id);
    let Some(message) = found.filter(|message| counts(message.seq)) else { return };
    match &change.what {
        What::Edited { body, at } => {
            // Replayed without its text: it was deleted since, and that follows.
            if let Some(body) = body {
                message.body.clone_from(body);
                message.edited_at = Some(*at);
            }
        }
        What::Deleted { .. } => {
            message.deleted = true;
            message.body.clear();
            message.edited_at = None;
            message.reactions.clear();
            message.files.clear();
        }
        What::Reacted { emoji, user, on } => react(&mut message.reactions, emoji, user, *on),
    }
}

/// Those who answer a message show how it begins.
fn quote(messages: &mut [Message], change: &Change, counts: &impl Fn(i64) -> bool) {
    let text = match &change.what {
        What::Edited { body: Some(body), .. } => Some(glimpse(body)),
        What::Deleted { .. } => None,
        What::Edited { body: None, .. } | What::Reacted { .. } => return,
    };
    let answers = messages.iter_mut().filter(|it| it.reply_to.as_ref() == Some(&change.id));
    for answer in answers.filter(|answer| counts(answer.seq)) {
        if let Some(quote) = &mut answer.quote {
            quote.text.clone_from(&text);
        }
    }
}

/// A reaction is given, or taken back; again changes nothing.
pub(super) fn react(reactions: &mut Vec<Reaction>, emoji: &str, user: &str, on: bool) {
    let place = reactions.iter().position(|reaction| reaction.emoji == emoji);
    match (place, on) {
        (Some(at), true) => {
            if !reactions[at].users.iter().any(|other| other == user) {
                reactions[at].users.push(user.to_owned());
            }
        }
        (None, true) => {
            reactions.push(Reaction { emoji: emoji.to_owned(), users: vec![user.to_owned()] });
        }
        (Some(at), false) => {
            reactions[at].users.retain(|other| other != user);
            if reactions[at].users.is_empty() {
                reactions.remove(at);
            }
        }
        (None, false) => {}
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
