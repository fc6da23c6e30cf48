//! One row of the log: a message, a day, the line above what is new, somebody who came.

use super::{
    face::face,
    links::{Piece, pieces},
    words,
};
use crate::client::{
    Act, Row,
    house::{Said, SaidState},
};
use leptos::{either::Either, prelude::*};

/// The row with this key.
pub fn row(key: &str, row: Row, act: Callback<Act>) -> AnyView {
    match row {
        Row::Day(date) => view! {
            <p class="day"><time datetime=date.clone()>{words::day(&date)}</time></p>
        }
        .into_any(),
        Row::New => view! { <p class="day new">"New"</p> }.into_any(),
        Row::Came(who) => view! { <p class="came" dir="auto">{who}</p> }.into_any(),
        Row::Said(said) => message(key, said, act).into_any(),
    }
}

fn message(key: &str, said: Said, act: Callback<Act>) -> impl IntoView + use<> {
    let mut class = "msg".to_owned();
    for (is, word) in [
        (said.first, " first"),
        (said.state == SaidState::Pending, " pending"),
        (matches!(said.state, SaidState::Failed(_)), " failed"),
        (said.deleted, " deleted"),
    ] {
        if is {
            class.push_str(word);
        }
    }
    let label = format!("{}, {}", said.author, said.clock);
    let time = view! {
        <time datetime=said.at.to_string() title=words::moment(said.at)>{said.clock}</time>
    };
    // The first of a group shows who and when; the others show when, on hover, in place of a face.
    let head = if said.first {
        Either::Left(view! {
            <span class="gutter">{face(&said.author, false, false)}</span>
            <p class="by"><b><bdi dir="auto">{said.author}</bdi></b> {time}</p>
        })
    } else {
        Either::Right(view! { <span class="gutter">{time}</span> })
    };
    let body = if said.deleted {
        Either::Left(view! { <p class="body">"This message was deleted."</p> })
    } else {
        Either::Right(view! {
            <p class="body" dir="auto">
                {text(&said.body)}
                {said.edited.then(|| view! { <span class="edited">" (changed)"</span> })}
            </p>
        })
    };
    let failed = match said.state {
        SaidState::Failed(why) => Some(not_sent(key.to_owned(), why, act)),
        SaidState::Sent | SaidState::Pending => None,
    };
    view! { <article class=class aria-label=label>{head} {body} {failed}</article> }
}

fn not_sent(key: String, why: String, act: Callback<Act>) -> impl IntoView {
    let again = key.clone();
    view! {
        <p class="not-sent">
            <span>{format!("Not sent. {why}")}</span>
            <button class="link" type="button" on:click=move |_| act.run(Act::Retry(again.clone()))>
                "Retry"
            </button>
            <button class="link" type="button" on:click=move |_| act.run(Act::Discard(key.clone()))>
                "Discard"
            </button>
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
