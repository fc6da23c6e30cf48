//! Searching what was said: the form, what can be typed, and what was found.

use super::{
    Shell,
    document::{Outside, outside},
};
use crate::{
    components::{
        face::mark,
        notice,
        words::{day, moment},
    },
    protocol::{
        Refusal, Target,
        search::{Asked, Found, Hit, Piece, QUESTION},
        urls,
    },
    words::{Word, Words, words},
};
use leptos::{either::Either, prelude::*};

/// What can be typed, and what it does.
const HINTS: [(Word, Word); 6] = [
    (Word::HintPhrase, Word::HintPhraseMeans),
    (Word::HintFrom, Word::HintFromMeans),
    (Word::HintIn, Word::HintInMeans),
    (Word::HintDays, Word::HintDaysMeans),
    (Word::HintOn, Word::HintOnMeans),
    (Word::HintHas, Word::HintHasMeans),
];

/// The search: with nothing asked, what can be; else what was found, or why not.
#[must_use]
pub fn search(shell: &Shell, asked: &Asked, found: Result<Found, Refusal>) -> String {
    let w = Words::of(shell.lang);
    let title = match asked.q.trim() {
        "" => w.say(Word::Search).to_owned(),
        q => w.with(Word::SearchFor, &[q]),
    };
    outside(shell, Outside::new(title, "search-page"), || {
        let refusal = found.as_ref().err().cloned();
        let below = match found {
            Err(_) => None,
            Ok(_) if asked.is_empty() => Some(Either::Left(hints(shell.me.is_some()))),
            Ok(found) => Some(Either::Right(results(asked, found))),
        };
        view! {
            <h1>{w.say(Word::Search)}</h1>
            {form(asked, refusal)}
            {below}
        }
    })
}

fn form(asked: &Asked, refusal: Option<Refusal>) -> impl IntoView + use<> {
    let w = words();
    let about = |field: &str| {
        let refusal = refusal.as_ref().filter(|it| it.field.as_deref() == Some(field));
        refusal.map(|refusal| w.refusal(refusal))
    };
    let wrong = about("q");
    let others = [
        ("from", Word::SearchPerson, "text", &asked.from),
        ("in", Word::SearchPlace, "text", &asked.r#in),
        ("since", Word::SearchSince, "date", &asked.since),
        ("until", Word::SearchUntil, "date", &asked.until),
    ];
    let open = others.iter().any(|(name, .., value)| !value.is_empty() || about(name).is_some());
    let elsewhere = wrong.is_none() && others.iter().all(|(name, ..)| about(name).is_none());
    let general = refusal.as_ref().filter(|_| elsewhere);
    let general = general.map(notice::refused);
    let others = others
        .map(|(name, label, kind, value)| {
            narrow(name, w.say(label), kind, value.clone(), about(name))
        })
        .collect_view();
    view! {
        <form class="search-form" method="get" action=urls::SEARCH role="search">
            {general}
            <div class="search-words">
                <input
                    id="field-q"
                    name="q"
                    type="search"
                    aria-label=w.say(Word::SearchWords)
                    placeholder=w.say(Word::SearchWordsHere)
                    maxlength=QUESTION
                    autocomplete="off"
                    autofocus=asked.is_empty()
                    dir="auto"
                    value=asked.q.clone()
                    aria-invalid=wrong.is_some().then_some("true")
                    aria-describedby=wrong.is_some().then_some("field-q-error")
                />
                <button class="button">{w.say(Word::Search)}</button>
            </div>
            {wrong.map(|why| view! { <p class="error" id="field-q-error" role="alert">{why}</p> })}
            <details class="search-more" open=open>
                <summary>{w.say(Word::SearchMore)}</summary>
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
fn hints(is_member: bool) -> impl IntoView {
    let w = words();
    let what = if is_member { Word::SearchWhat } else { Word::SearchWhatVisitor };
    let hints = HINTS
        .map(
            |(typed, means)| view! { <dt><code>{w.say(typed)}</code></dt> <dd>{w.say(means)}</dd> },
        )
        .collect_view();
    view! {
        <section class="search-hints">
            <p>{w.say(what)}</p>
            <dl>{hints}</dl>
        </section>
    }
}

fn results(asked: &Asked, found: Found) -> impl IntoView + use<> {
    let w = words();
    let Found { hits, older, back_to, whole } = found;
    let none = hits.is_empty();
    let hits = hits.into_iter().map(hit).collect_view();
    let list = if none {
        Either::Left(nothing(asked, back_to.is_some()))
    } else {
        Either::Right(view! { <ol class="hits">{hits}</ol> })
    };
    let back_to = back_to.map(|at| {
        view! { <p class="quiet">{w.with(Word::SearchBackTo, &[&day(&at.date())])}</p> }
    });
    let coming = (!whole).then(|| {
        view! { <p class="quiet">{w.say(Word::SearchComing)}</p> }
    });
    let newest = (!asked.older.is_empty())
        .then(|| view! { <a class="button quiet" href=address(asked, None)>{w.say(Word::SearchNewest)}</a> });
    let older = older.map(
        |older| view! { <a class="button quiet" href=address(asked, Some(older))>{w.say(Word::SearchOlder)}</a> },
    );
    let paging = (newest.is_some() || older.is_some()).then(
        || view! { <nav class="paging" aria-label=w.say(Word::SearchPages)>{newest} {older}</nav> },
    );
    view! {
        <section class="search-found" aria-label=w.say(Word::SearchFound)>{list} {back_to} {coming} {paging}</section>
    }
}

fn nothing(asked: &Asked, so_far: bool) -> impl IntoView + use<> {
    let w = words();
    let narrowed = [&asked.from, &asked.r#in, &asked.since, &asked.until];
    let narrowed = narrowed.iter().any(|field| !field.is_empty());
    let everywhere = (narrowed && !asked.q.is_empty()).then(|| {
        let anywhere = Asked { q: asked.q.clone(), ..Asked::default() };
        view! {
            <p><a class="link" href=address(&anywhere, None)>{w.say(Word::SearchEverywhere)}</a></p>
        }
    });
    let heading = match (so_far, asked.older.is_empty()) {
        (true, _) => Word::NothingSoFar,
        (false, true) => Word::NothingFound,
        (false, false) => Word::NothingOlder,
    };
    view! {
        <div class="search-nothing">
            <h2>{w.say(heading)}</h2>
            <p>{w.say(Word::NothingHelp)}</p>
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
            <bdi class="name" dir="auto">{words().with(Word::YouAnd, &[to.name()])}</bdi>
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
                {mark(&to, None, false)}
                <span class="hit-head">
                    <b><bdi class="name" dir="auto">{author}</bdi></b>
                    <span class="hit-place">{place}</span>
                </span>
                <time datetime=at.to_string()>{moment(at)}</time>
                <span class="hit-text" dir="auto">{text}</span>
            </a>
        </li>
    }
}
