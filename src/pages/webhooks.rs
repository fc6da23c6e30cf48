//! A room's webhooks: where programs leave messages in it, and which are told of its own.

use super::{
    Returned, Shell,
    document::{Outside, outside},
    parts::{ago, hidden, moment, page, press, refused, sure, to_copy},
};
use crate::{
    components::{
        face::face,
        field::{Field, field},
    },
    protocol::{
        At, Target,
        sheets::Sheet,
        urls,
        webhooks::{Delivery, InHook, Made, OutHook, Webhooks},
    },
    words::{Word, Words, words},
};
use leptos::prelude::*;

const MAKE_IN: &str = "/api/make_incoming_hook";
const MAKE_OUT: &str = "/api/make_outgoing_hook";

/// A room's webhooks.
#[must_use]
pub fn webhooks(shell: &Shell, hooks: Webhooks, now: At, returned: Option<&Returned>) -> String {
    let w = Words::of(shell.lang);
    let title = w.with(Word::WebhooksOf, &[&hooks.room]);
    outside(shell, Outside::new(title.clone(), "sheet-page"), || {
        let at_field = |action: &str, fields: &[&str]| {
            returned.filter(|it| {
                let field = it.refusal.field.as_deref().unwrap_or_default();
                it.action == action && fields.contains(&field)
            })
        };
        let (wrong_in, wrong_out) =
            (at_field(MAKE_IN, &["name"]), at_field(MAKE_OUT, &["url", "word"]));
        let general = returned.filter(|_| wrong_in.is_none() && wrong_out.is_none());
        let room = &*hooks.room;
        let incoming = hooks.incoming.iter().map(|it| in_line(shell, room, it, now)).collect_view();
        let outgoing =
            hooks.outgoing.iter().map(|it| out_line(shell, room, it, now)).collect_view();
        let about = Sheet::About(hooks.room.clone()).address();
        view! {
            <h1 dir="auto">{title}</h1>
            {refused(general)}
            {hooks.made.map(made)}
            <section class="part hooks">
                <h2>{w.say(Word::HooksIn)}</h2>
                <p class="quiet">{w.say(Word::HooksInMean)}</p>
                <ul class="hook-list">{incoming}</ul>
                {make_in(shell, room, wrong_in)}
            </section>
            <section class="part hooks">
                <h2>{w.say(Word::HooksOut)}</h2>
                <p class="quiet">{w.say(Word::HooksOutMean)}</p>
                <ul class="hook-list">{outgoing}</ul>
                {make_out(shell, room, wrong_out)}
            </section>
            <p class="aside"><a class="link" href=about data-panel="">{w.say(Word::AboutRoom)}</a></p>
        }
    })
}

/// What is shown this once.
fn made(made: Made) -> AnyView {
    let w = words();
    let copied = |id, label, value| to_copy(id, None, label, value);
    let (says, first, second) = match made {
        Made::Incoming { name, address } => {
            let curl = format!(
                "curl -H 'Content-Type: application/json' -d '{{\"text\": \"hello\"}}' {address}"
            );
            (
                w.with(Word::HookMadeIn, &[&name]),
                copied("made-address", Word::HookAddress, address),
                Some(copied("made-curl", Word::HookTry, curl)),
            )
        }
        Made::Outgoing { url, secret } => (
            w.with(Word::HookMadeOut, &[&url]),
            copied("made-secret", Word::HookSecret, secret),
            None,
        ),
    };
    view! {
        <div class="hook-made" role="status">
            <p>{says}</p>
            {first}
            {second}
        </div>
    }
    .into_any()
}

fn make_in(shell: &Shell, room: &str, returned: Option<&Returned>) -> impl IntoView + use<> {
    let w = words();
    let wrong = returned.and_then(|it| it.about("name"));
    view! {
        <form class="stack" method="post" action=MAKE_IN>
            {page(shell)}
            {hidden("room", room)}
            {field(Field {
                label: w.say(Word::HookName),
                name: "name",
                autocomplete: "off",
                hint: Some(w.say(Word::HookNameHint).to_owned()),
                value: returned.map(|it| it.typed("name").to_owned()).unwrap_or_default(),
                first: wrong.is_some(),
                error: wrong,
                ..Field::default()
            })}
            <button class="button">{w.say(Word::MakeHookIn)}</button>
        </form>
    }
}

fn make_out(shell: &Shell, room: &str, returned: Option<&Returned>) -> impl IntoView + use<> {
    let w = words();
    let typed = |name| returned.map(|it| it.typed(name).to_owned()).unwrap_or_default();
    let about = |name| returned.and_then(|it| it.about(name));
    let (wrong_url, wrong_word) = (about("url"), about("word"));
    view! {
        <form class="stack" method="post" action=MAKE_OUT>
            {page(shell)}
            {hidden("room", room)}
            {field(Field {
                label: w.say(Word::HookUrl),
                name: "url",
                autocomplete: "off",
                hint: Some(w.say(Word::HookUrlHint).to_owned()),
                value: typed("url"),
                first: wrong_url.is_some(),
                error: wrong_url,
                ..Field::default()
            })}
            {field(Field {
                label: w.say(Word::HookWord),
                name: "word",
                autocomplete: "off",
                optional: true,
                hint: Some(w.say(Word::HookWordHint).to_owned()),
                value: typed("word"),
                first: wrong_word.is_some(),
                error: wrong_word,
                ..Field::default()
            })}
            <button class="button">{w.say(Word::MakeHookOut)}</button>
        </form>
    }
}

fn in_line(shell: &Shell, room: &str, hook: &InHook, now: At) -> AnyView {
    let w = words();
    let used = match hook.used_at {
        Some(at) => view! { {w.say(Word::HookUsed)} " " {ago(at, now)} }.into_any(),
        None => w.say(Word::HookNeverUsed).into_any(),
    };
    let along = vec![("room", room.to_owned()), ("hook", hook.id.clone())];
    let means = w.with(Word::EndHookInMeans, &[&hook.name]);
    view! {
        <li>
            <p class="hook-name">
                {face(&hook.name, false, false)}
                <bdi dir="auto">{hook.name.clone()}</bdi>
            </p>
            <p class="quiet">{w.with(Word::HookMadeBy, &[&hook.made_by])} " · " {used}</p>
            {sure(shell, "/api/end_incoming_hook", Word::EndHook, means, along)}
        </li>
    }
    .into_any()
}

fn out_line(shell: &Shell, room: &str, hook: &OutHook, now: At) -> AnyView {
    let w = words();
    let along = || vec![("room", room.to_owned()), ("hook", hook.id.clone())];
    let tells = match &*hook.word {
        "" => w.say(Word::HookTellsAll).to_owned(),
        word => w.with(Word::HookTellsWord, &[word]),
    };
    let act = match hook.off.as_deref() {
        None => press(shell, "/api/test_hook", "button quiet", Word::HookTest, along()),
        Some(why) => {
            let why = if why == "gone" { Word::HookGone } else { Word::HookFailing };
            view! {
                <div class="hook-off">
                    <p>{w.say(why)}</p>
                    {press(shell, "/api/turn_on_hook", "button", Word::HookTurnOn, along())}
                    <p class="hint">{w.say(Word::HookTurnOnMeans)}</p>
                </div>
            }
            .into_any()
        }
    };
    let is_on = hook.off.is_none();
    let lines = hook.last.iter().map(|it| delivery(shell, room, it, is_on, now)).collect_view();
    let none =
        hook.last.is_empty().then(|| view! { <p class="quiet">{w.say(Word::NoDeliveries)}</p> });
    let means = w.say(Word::EndHookOutMeans).to_owned();
    view! {
        <li>
            <p class="hook-name mono">{hook.url.clone()}</p>
            <p class="quiet" dir="auto">{tells} " · " {w.with(Word::HookMadeBy, &[&hook.made_by])}</p>
            {act}
            <details class="deliveries">
                <summary>{w.say(Word::Deliveries)}</summary>
                <ul>{lines}</ul>
                {none}
            </details>
            {sure(shell, "/api/end_outgoing_hook", Word::EndHook, means, along())}
        </li>
    }
    .into_any()
}

fn delivery(shell: &Shell, room: &str, it: &Delivery, is_on: bool, now: At) -> AnyView {
    let w = words();
    let what = match it.seq {
        Some(seq) => {
            let place = urls::page(&Target::Room(room.to_owned()));
            let href = format!("{place}?after={}", seq - 1);
            let said = w.with(Word::DeliveryOfMessage, &[&seq.to_string()]);
            view! { <a class="link" href=href>{said}</a> }.into_any()
        }
        None => w.say(Word::DeliveryOfTest).into_any(),
    };
    let arrived = it.status.is_some_and(|status| (200..300).contains(&status));
    let stands = match it.next_at {
        Some(next) if it.tries > 0 => {
            view! { {w.say(Word::DeliveryNext)} " " {moment(next)} }.into_any()
        }
        Some(_) => w.say(Word::DeliveryWaits).into_any(),
        None if arrived => w.say(Word::DeliveryArrived).into_any(),
        None => w.say(Word::DeliveryGivenUp).into_any(),
    };
    let answered = it.status.map(|status| w.with(Word::DeliveryStatus, &[&status.to_string()]));
    let failed = it.error.as_deref().map(|error| {
        w.say(match error {
            "not_allowed" => Word::DeliveryNotAllowed,
            "timed_out" => Word::DeliveryTimedOut,
            "no_certificates" => Word::DeliveryNoCertificates,
            _ => Word::DeliveryUnreachable,
        })
        .to_owned()
    });
    let tries = (it.tries > 0).then(|| w.count(Word::DeliveryTries, it.tries));
    let came: Vec<String> = [answered, failed, tries].into_iter().flatten().collect();
    let came = (!came.is_empty()).then(|| format!(" · {}", came.join(" · ")));
    let answer = it.answer.clone().map(|answer| view! { <pre dir="auto">{answer}</pre> });
    let again = (is_on && it.next_at.is_none()).then(|| {
        let along = vec![("room", room.to_owned()), ("delivery", it.id.clone())];
        press(shell, "/api/send_again", "button quiet", Word::DeliveryAgain, along)
    });
    let class = if it.next_at.is_none() && !arrived { "delivery lost" } else { "delivery" };
    view! {
        <li class=class>
            <p>{what} " " <span class="quiet">{ago(it.at, now)}</span></p>
            <p class="quiet">{stands} {came}</p>
            {answer}
            {again}
        </li>
    }
    .into_any()
}

/// The card of a program that writes in a room.
#[must_use]
pub fn program(shell: &Shell, name: &str, room: &str) -> String {
    outside(shell, Outside::new(name.to_owned(), "sheet-page"), || {
        let w = words();
        let to = urls::page(&Target::Room(room.to_owned()));
        view! {
            <div class="room-head">
                {face(name, false, false)}
                <h1><bdi dir="auto">{name.to_owned()}</bdi></h1>
                <p class="quiet">
                    {w.say(Word::ProgramOf)} " "
                    <a class="link" href=to><bdi dir="auto">{room.to_owned()}</bdi></a>
                </p>
            </div>
            <p class="quiet">{w.say(Word::ProgramMeans)}</p>
            {shell.way_back()}
        }
    })
}
