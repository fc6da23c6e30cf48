//! Searching what was said: the form, what can be typed, and what was found.

use super::{
    Shell,
    document::{Page, document},
};
use crate::{
    components::{face::mark, notice, page_header::page_header, words},
    protocol::{
        Refusal, Target,
        search::{Asked, Found, Hit, Piece, QUESTION},
        urls,
    },
};
use leptos::{either::Either, prelude::*};

/// What can be typed, and what it does.
const HINTS: [(&str, &str); 6] = [
    ("\u{201c}laser cutter\u{201d}", "these words beside each other"),
    ("from:alice", "said by alice"),
    ("in:lobby  in:@bob", "in a room, or with a person"),
    ("after:2026-01-31  before:2026-03-01", "between two days"),
    ("on:2026-02-14", "on a day"),
    ("has:link", "with a link in it"),
];

/// The search: with nothing asked, what can be; else what was found, or why not.
#[must_use]
pub fn search(shell: &Shell, asked: &Asked, found: Result<Found, Refusal>) -> String {
    let title = match asked.q.trim() {
        "" => "Search".to_owned(),
        q => format!("{q} · Search"),
    };
    let page = Page { title, class: "outside", wakes: false, data: None };
    document(shell, page, || {
        let refusal = found.as_ref().err().cloned();
        let below = match found {
            Err(_) => None,
            Ok(_) if asked.is_empty() => Some(Either::Left(hints())),
            Ok(found) => Some(Either::Right(results(asked, found))),
        };
        view! {
            <div class="page">
                {page_header(shell, true)}
                <main class="search-page">
                    <h1>"Search"</h1>
                    {form(asked, refusal)}
                    {below}
                </main>
            </div>
        }
    })
}

fn form(asked: &Asked, refusal: Option<Refusal>) -> impl IntoView + use<> {
    let about = |field: &str| {
        let refusal = refusal.as_ref().filter(|it| it.field.as_deref() == Some(field));
        refusal.map(|refusal| refusal.message.clone())
    };
    let wrong = about("q");
    let others = [
        ("from", "Person", "text", &asked.from),
        ("in", "Room or @person", "text", &asked.r#in),
        ("since", "From day", "date", &asked.since),
        ("until", "To day", "date", &asked.until),
    ];
    let open = others.iter().any(|(name, .., value)| !value.is_empty() || about(name).is_some());
    let elsewhere = wrong.is_none() && others.iter().all(|(name, ..)| about(name).is_none());
    let general = refusal.as_ref().filter(|_| elsewhere);
    let general = general.map(|refusal| notice::refused(refusal.message.clone()));
    let others = others
        .map(|(name, label, kind, value)| narrow(name, label, kind, value.clone(), about(name)))
        .collect_view();
    view! {
        <form class="search-form" method="get" action=urls::SEARCH role="search">
            {general}
            <div class="search-words">
                <input
                    id="field-q"
                    name="q"
                    type="search"
                    aria-label="Words to search for"
                    placeholder="Words, or part of a sentence"
                    maxlength=QUESTION
                    autocomplete="off"
                    autofocus=asked.is_empty()
                    dir="auto"
                    value=asked.q.clone()
                    aria-invalid=wrong.is_some().then_some("true")
                    aria-describedby=wrong.is_some().then_some("field-q-error")
                />
                <button class="button">"Search"</button>
            </div>
            {wrong.map(|why| view! { <p class="error" id="field-q-error" role="alert">{why}</p> })}
            <details class="search-more" open=open>
                <summary>"Person, room, days"</summary>
                <div class="search-fields">{others}</div>
            </details>
        </form>
    }
}

/// A field that narrows the search.
fn narrow(
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    value: String,
    wrong: Option<String>,
) -> impl IntoView + use<> {
    let id = format!("field-{name}");
    let error = format!("{id}-error");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                type=kind
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                dir=(kind == "text").then_some("auto")
                value=(!value.is_empty()).then_some(value)
                aria-invalid=wrong.is_some().then_some("true")
                aria-describedby=wrong.is_some().then(|| error.clone())
            />
            {wrong.map(|why| view! { <p class="error" id=error role="alert">{why}</p> })}
        </div>
    }
}

/// What can be typed.
fn hints() -> impl IntoView {
    let hints = HINTS
        .map(|(typed, means)| view! { <dt><code>{typed}</code></dt> <dd>{means}</dd> })
        .collect_view();
    view! {
        <section class="search-hints">
            <p>"Everything that you may read is searched: rooms, and your own conversations. The newest comes first."</p>
            <dl>{hints}</dl>
        </section>
    }
}

fn results(asked: &Asked, found: Found) -> impl IntoView + use<> {
    let Found { hits, older, back_to, whole } = found;
    let none = hits.is_empty();
    let hits = hits.into_iter().map(hit).collect_view();
    let list = if none {
        Either::Left(nothing(asked, back_to.is_some()))
    } else {
        Either::Right(view! { <ol class="hits">{hits}</ol> })
    };
    let back_to = back_to.map(|at| {
        view! { <p class="quiet">{format!("Looked at so far: back to {}.", words::day(&at.date()))}</p> }
    });
    let coming = (!whole).then(|| {
        view! { <p class="quiet">"What was said long ago is still being made ready for searching; it will be found a little later."</p> }
    });
    let newest = (!asked.older.is_empty())
        .then(|| view! { <a class="button quiet" href=address(asked, None)>"Newest"</a> });
    let older = older.map(
        |older| view! { <a class="button quiet" href=address(asked, Some(older))>"Older"</a> },
    );
    let paging = (newest.is_some() || older.is_some())
        .then(|| view! { <nav class="paging" aria-label="Pages">{newest} {older}</nav> });
    view! {
        <section aria-label="What was found">{list} {back_to} {coming} {paging}</section>
    }
}

fn nothing(asked: &Asked, so_far: bool) -> impl IntoView + use<> {
    let narrowed = [&asked.from, &asked.r#in, &asked.since, &asked.until];
    let narrowed = narrowed.iter().any(|field| !field.is_empty());
    let everywhere = (narrowed && !asked.q.is_empty()).then(|| {
        let anywhere = Asked { q: asked.q.clone(), ..Asked::default() };
        view! {
            <p><a class="link" href=address(&anywhere, None)>"Search everywhere, by anybody, on any day"</a></p>
        }
    });
    let heading = match (so_far, asked.older.is_empty()) {
        (true, _) => "Nothing was found so far.",
        (false, true) => "Nothing was found.",
        (false, false) => "Nothing older was found.",
    };
    view! {
        <div class="search-nothing">
            <h2>{heading}</h2>
            <p>"Every word must be in the message. Try fewer words, another form of one, or only the beginning of the last."</p>
            {everywhere}
        </div>
    }
}

/// The page of this question, from `older` on.
fn address(asked: &Asked, older: Option<String>) -> String {
    let older = older.unwrap_or_default();
    let fields = [
        ("q", &asked.q),
        ("from", &asked.from),
        ("in", &asked.r#in),
        ("since", &asked.since),
        ("until", &asked.until),
        ("older", &older),
    ];
    let mut address = urls::SEARCH.to_owned();
    for (name, value) in fields {
        if !value.is_empty() {
            address.push(if address.contains('?') { '&' } else { '?' });
            address.push_str(name);
            address.push('=');
            address.push_str(&urls::encode(value));
        }
    }
    address
}

fn hit(hit: Hit) -> impl IntoView {
    let Hit { to, id, author, at, pieces, .. } = hit;
    let place = match &to {
        Target::Room(name) => {
            Either::Left(view! { <bdi class="name" dir="auto">{name.clone()}</bdi> })
        }
        _ => Either::Right(view! {
            <span class="name">"You and " <bdi dir="auto">{to.name().to_owned()}</bdi></span>
        }),
    };
    let text =
        pieces
            .into_iter()
            .map(|Piece { text, lit }| {
                if lit { Either::Left(view! { <mark>{text}</mark> }) } else { Either::Right(text) }
            })
            .collect_view();
    view! {
        <li>
            <a class="hit" href=urls::message(&to, &id)>
                {mark(&to, false)}
                <span class="hit-place">{place}</span>
                <time datetime=at.to_string()>{words::moment(at)}</time>
                <span class="hit-text" dir="auto">
                    <b><bdi dir="auto">{author}</bdi></b> " " {text}
                </span>
            </a>
        </li>
    }
}
