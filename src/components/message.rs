//! One row of the log: a message, a day, the line above what is new, somebody who came.

use super::{
    attachment::attachments, face::pictured, live::click, quote::quote, reactions::reactions,
    text::text, words as dates,
};
use crate::{
    client::{
        Act, Row,
        attach::is_here,
        house::{Edited, Said, SaidState, Waits},
    },
    protocol::{markdown, sheets::Sheet, urls},
    words::{Word, words},
};
use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

/// The row with this key.
pub fn row(key: &str, row: Row, act: Callback<Act>) -> impl IntoView + use<> {
    match row {
        Row::Day(date) => EitherOf3::A(view! {
            <p class="day"><time datetime=date.clone()>{dates::day(&date)}</time></p>
        }),
        Row::New => EitherOf3::B(line("day new", words().say(Word::New).to_owned())),
        Row::Came(who) => EitherOf3::B(line("came", who)),
        Row::Said(said) => EitherOf3::C(message(key, said, act)),
    }
}

fn line(class: &'static str, words: String) -> impl IntoView {
    view! { <p class=class dir="auto">{words}</p> }
}

fn message(key: &str, said: Said, act: Callback<Act>) -> impl IntoView + use<> {
    let w = words();
    // "alice waves": told of whoever said so.
    let action = markdown::action(&said.body).filter(|_| !said.deleted);
    let actor = action.map(|_| view! { <b><bdi dir="auto">{said.author.clone()}</bdi>" "</b> });
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
    let clock = said.local.clock();
    let label = match said.hushed {
        true => w.say(Word::Hushed).to_owned(),
        false => format!("{}, {clock}", said.author),
    };
    // As the server renders it, and where it is the same anyway, it says whose clock that is.
    let title = match said.local == said.at {
        true => dates::moment(said.at),
        false => dates::moment_here(said.local),
    };
    let time = view! { <time datetime=said.at.to_string() title=title>{clock}</time> };
    let id = said.id.as_deref().map(urls::anchor);
    // The first of a group shows who and when; the others show when, on hover, in place of a face.
    let head = if said.first {
        Either::Left(view! {
            <span class="gutter">
                {pictured(&said.author, said.face.as_deref(), false, false)}
            </span>
            <p class="by"><b>{author(said.author)}</b> {time}</p>
        })
    } else {
        Either::Right(view! { <span class="gutter">{time}</span> })
    };
    let body = if said.deleted { w.say(Word::Deleted) } else { &said.body };
    let body = view! {
        <div class="body" dir="auto">
            {actor}
            {text(action.unwrap_or(body))}
            {said.edited.map(edited)}
            {said.waits.map(waits)}
        </div>
    };
    let files = attachments(&said.files);
    let failed = match said.state {
        SaidState::Failed(why) => Some(not_sent(key.to_owned(), why, act)),
        // What waits for its files may be given up.
        SaidState::Pending if !said.files.iter().all(is_here) => {
            Some(not_sent(key.to_owned(), String::new(), act))
        }
        SaidState::Sent | SaidState::Pending => None,
    };
    let quoted = said.quote.filter(|_| !said.deleted).map(quote);
    let chips = (!said.reactions.is_empty()).then(|| reactions(said.reactions));
    let all = view! { {head} {quoted} {body} {files} {chips} {failed} };
    let all = match said.hushed {
        true => Either::Left(view! {
            <details>
                <summary>{w.say(Word::Hushed)}" · "<span class="link">{w.say(Word::ShowIt)}</span></summary>
                <div class="msg first">{all}</div>
            </details>
        }),
        false => Either::Right(all),
    };
    // A message can be pointed at with the keyboard: see `message_menu`.
    view! { <article class=class id=id tabindex="-1" aria-label=label>{all}</article> }
}

/// Who said it: the way to their card.
fn author(name: String) -> impl IntoView {
    let card = Sheet::Person(name.clone()).address();
    view! { <a href=card data-panel=""><bdi dir="auto">{name}</bdi></a> }
}

/// The mark of a message that was changed; for those who may look, a link to how it read before.
fn edited(edited: Edited) -> impl IntoView {
    let w = words();
    let title = w.with(Word::EditedAt, &[&dates::moment(edited.at)]);
    let mark = w.say(Word::Edited);
    match edited.before {
        Some(page) => Either::Left(view! {
            " " <a class="edited" href=page data-panel="" title=title>{mark}</a>
        }),
        None => Either::Right(view! { " " <span class="edited" title=title>{mark}</span> }),
    }
}

/// What of it is not stored yet.
fn waits(waits: Waits) -> impl IntoView {
    let word = match waits {
        Waits::Edit => Word::SavingEdit,
        Waits::Deletion => Word::Deleting,
    };
    view! { " " <span class="edited">{words().say(word)}</span> }
}

fn not_sent(key: String, why: String, act: Callback<Act>) -> impl IntoView {
    let w = words();
    let coming = why.is_empty();
    let said =
        if coming { w.say(Word::FilesComing).to_owned() } else { w.with(Word::NotSent, &[&why]) };
    let again = key.clone();
    let retry = click(move || act.run(Act::Retry(again.clone())));
    let discard = click(move || act.run(Act::Discard(key.clone())));
    view! {
        <p class="not-sent">
            <span>{said}</span>
            <button class="link" type="button" hidden=coming on:click=retry>{w.say(Word::Retry)}</button>
            <button class="link" type="button" on:click=discard>{w.say(Word::Discard)}</button>
        </p>
    }
}
