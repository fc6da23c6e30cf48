//! One row of the log: a message, a day, the line above what is new, somebody who came.

use super::{
    attachment::attachments,
    face,
    quote::quote,
    reactions::reactions,
    text::text,
    tree::{Out, Tree},
    words as dates,
};
use crate::{
    client::{
        Row,
        attach::is_here,
        house::{Edited, Said, SaidState, Waits},
    },
    protocol::{markdown, sheets::Sheet, urls},
    words::{Word, words},
};
use std::sync::Arc;

/// Finds a button on a message of mine that is not stored; its value is the message's key.
pub const RETRY: &str = "data-retry";
/// Likewise.
pub const DISCARD: &str = "data-discard";

/// The row with this key.
pub fn row(key: &str, row: &Row) -> Arc<Tree> {
    let mut out = Out::default();
    match row {
        Row::Day(date) => {
            out.open("p", &[("class", "day")]);
            out.leaf("time", &[("datetime", date)], &dates::day(date));
            out.close();
        }
        Row::New => line("day new", words().say(Word::New), &mut out),
        Row::Came(who) => line("came", who, &mut out),
        Row::Said(said) => message(key, said, &mut out),
    }
    out.keyed(key)
}

fn line(class: &str, words: &str, out: &mut Out) {
    out.leaf("p", &[("class", class), ("dir", "auto")], words);
}

fn message(key: &str, said: &Said, out: &mut Out) {
    let w = words();
    // "alice waves": told of whoever said so.
    let action = markdown::action(&said.body).filter(|_| !said.deleted);
    let mut class = "msg".to_owned();
    for (is, word) in [
        (said.first, " first"),
        (said.state == SaidState::Pending, " pending"),
        (matches!(said.state, SaidState::Failed(_)), " failed"),
        (said.waits.is_some(), " waits"),
        (said.deleted, " deleted"),
        (action.is_some(), " action"),
        (said.hushed, " hushed"),
        (said.calls, " calls"),
        (said.found, " found"),
    ] {
        if is {
            class.push_str(word);
        }
    }
    let clock = &*said.local.clock();
    let label = match said.hushed {
        true => w.say(Word::Hushed).to_owned(),
        false => [&*said.author, ", ", clock].concat(),
    };
    let title = &*dates::moment_of(said.at, said.local);
    let at = &*said.at.to_string();
    let time = |out: &mut Out| out.leaf("time", &[("datetime", at), ("title", title)], clock);
    // A message can be pointed at with the keyboard: see `message_menu`.
    out.open("article", &[("class", &class), ("tabindex", "-1"), ("aria-label", &label)]);
    out.maybe("id", said.id.as_deref().map(urls::anchor).as_deref());
    if said.hushed {
        // It opens without a script, too.
        out.open("details", &[]);
        out.open("summary", &[]);
        out.words(w.say(Word::Hushed));
        out.words(" · ");
        out.leaf("span", &[("class", "link")], w.say(Word::ShowIt));
        out.close();
        out.open("div", &[("class", "msg first")]);
    }
    // The first of a group shows who and when; the others show when, on hover, in place of a face.
    out.open("span", &[("class", "gutter")]);
    if said.first {
        face::put(&said.author, said.face.as_deref(), false, false, out);
        out.close();
        out.open("p", &[("class", "by")]);
        out.open("b", &[]);
        // The way to their card.
        let card = Sheet::Person(said.author.clone()).address();
        out.open("a", &[("href", &card), ("data-panel", "")]);
        out.leaf("bdi", &[("dir", "auto")], &said.author);
        out.close();
        out.close();
        out.words(" ");
        time(out);
    } else {
        time(out);
    }
    out.close();
    if let Some(quoted) = said.quote.as_ref().filter(|_| !said.deleted) {
        quote(quoted, out);
    }
    out.open("div", &[("class", "body"), ("dir", "auto")]);
    if action.is_some() {
        out.open("b", &[]);
        out.leaf("bdi", &[("dir", "auto")], &said.author);
        out.words(" ");
        out.close();
    }
    let body = if said.deleted { w.say(Word::Deleted) } else { &said.body };
    text(action.unwrap_or(body), out);
    if let Some(it) = &said.edited {
        edited(it, out);
    }
    if let Some(waits) = said.waits {
        let word = match waits {
            Waits::Edit => Word::SavingEdit,
            Waits::Deletion => Word::Deleting,
        };
        out.words(" ");
        out.leaf("span", &[("class", "edited")], w.say(word));
    }
    out.close();
    attachments(&said.files, out);
    if !said.reactions.is_empty() {
        reactions(&said.reactions, out);
    }
    match &said.state {
        SaidState::Failed(why) => not_sent(key, Some(why), out),
        // What waits for its files may be given up.
        SaidState::Pending if !said.files.iter().all(is_here) => not_sent(key, None, out),
        SaidState::Sent | SaidState::Pending => {}
    }
    if said.hushed {
        out.close();
        out.close();
    }
    out.close();
}

/// The mark of a message that was changed; for those who may look, a link to how it read before.
fn edited(edited: &Edited, out: &mut Out) {
    let w = words();
    out.words(" ");
    out.open(if edited.before.is_some() { "a" } else { "span" }, &[("class", "edited")]);
    if let Some(page) = &edited.before {
        out.attribute("href", page);
        out.attribute("data-panel", "");
    }
    out.attribute("title", &w.with(Word::EditedAt, &[&dates::moment_of(edited.at, edited.local)]));
    out.words(w.say(Word::Edited));
    out.close();
}

/// Why it was refused; nothing where its files are still coming.
fn not_sent(key: &str, why: Option<&str>, out: &mut Out) {
    let w = words();
    out.open("p", &[("class", "not-sent")]);
    out.open("span", &[]);
    match why {
        Some(why) => out.words(&w.with(Word::NotSent, &[why])),
        None => out.words(w.say(Word::FilesComing)),
    }
    out.close();
    if why.is_some() {
        let retry = [("class", "link"), ("type", "button"), (RETRY, key)];
        out.leaf("button", &retry, w.say(Word::Retry));
    }
    let discard = [("class", "link"), ("type", "button"), (DISCARD, key)];
    out.leaf("button", &discard, w.say(Word::Discard));
    out.close();
}
