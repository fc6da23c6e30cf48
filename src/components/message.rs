//! One row of the log: a message, a day, the line above what is new, somebody who came.

use super::{
    face::face,
    links::{Piece, pieces},
    live::click,
    words as dates,
};
use crate::{
    client::{
        Act, Row,
        house::{Said, SaidState},
    },
    protocol::urls,
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
    let mut class = "msg".to_owned();
    for (is, word) in [
        (said.first, " first"),
        (said.state == SaidState::Pending, " pending"),
        (matches!(said.state, SaidState::Failed(_)), " failed"),
        (said.deleted, " deleted"),
        (said.found, " found"),
    ] {
        if is {
            class.push_str(word);
        }
    }
    let clock = said.local.clock();
    let label = format!("{}, {clock}", said.author);
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
            <span class="gutter">{face(&said.author, false, false)}</span>
            <p class="by"><b><bdi dir="auto">{said.author}</bdi></b> {time}</p>
        })
    } else {
        Either::Right(view! { <span class="gutter">{time}</span> })
    };
    let body = if said.deleted { w.say(Word::Deleted) } else { &said.body };
    let body = view! {
        <p class="body" dir="auto">
            {text(body)}
            {said.edited.then(|| view! { <span class="edited">" " {w.say(Word::Changed)}</span> })}
        </p>
    };
    let failed = match said.state {
        SaidState::Failed(why) => Some(not_sent(key.to_owned(), why, act)),
        SaidState::Sent | SaidState::Pending => None,
    };
    view! { <article id=id class=class aria-label=label>{head} {body} {failed}</article> }
}

fn not_sent(key: String, why: String, act: Callback<Act>) -> impl IntoView {
    let w = words();
    let again = key.clone();
    let retry = click(move || act.run(Act::Retry(again.clone())));
    let discard = click(move || act.run(Act::Discard(key.clone())));
    view! {
        <p class="not-sent">
            <span>{w.with(Word::NotSent, &[&why])}</span>
            <button class="link" type="button" on:click=retry>{w.say(Word::Retry)}</button>
            <button class="link" type="button" on:click=discard>{w.say(Word::Discard)}</button>
        </p>
    }
}

/// What was written, as typed nodes: words and links, never HTML.
fn text(body: &str) -> impl IntoView + use<> {
    pieces(body)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => Either::Left(text.to_owned()),
            Piece::Link(link) => Either::Right(view! {
                <a href=link.to_owned() target="_blank" rel="noopener noreferrer nofollow">
                    {link.to_owned()}
                </a>
            }),
        })
        .collect_view()
}
