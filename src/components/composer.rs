//! Where one writes. A plain form that works by itself; with the program running it says
//! [`Act::Say`] instead.

use super::{
    attach::{self, attached},
    icons::{self, icon},
    keys::Press,
    live::{click, effect, live},
    status_line::status_line,
};
use crate::{
    client::{Act, HouseState},
    protocol::urls,
    words::{Word, words},
};
use leptos::{either::Either, ev, html, prelude::*};
use std::{cell::Cell, rc::Rc};

/// From how many characters before the limit on the rest is counted down.
const COUNT_FROM: i64 = 200;

/// Status line, refusal, and the form or the way to log in.
pub fn composer(state: HouseState) -> impl IntoView {
    let w = words();
    let member = state.fixed.with_value(|fixed| fixed.me.is_some());
    let refusal = move || {
        state.refusal.with(|refusal| refusal.as_ref().map(|r| w.refusal(r)).unwrap_or_default())
    };
    let fine = move || state.refusal.with(Option::is_none);
    let dismiss = click(move || state.act.run(Act::Dismiss));
    view! {
        <div class="compose">
            {status_line(state)}
            <div class="refusal" hidden=live(fine)>
                <p role="alert" id="refusal">{live(refusal)}</p>
                <button
                    class="icon-button awake-only"
                    type="button"
                    aria-label=w.say(Word::Dismiss)
                    on:click=dismiss
                >
                    {icon(icons::CLOSE)}
                </button>
            </div>
            {if member { Either::Left(form(state)) } else { Either::Right(visitor(state)) }}
        </div>
    }
}

fn visitor(state: HouseState) -> impl IntoView {
    let w = words();
    let href = move || urls::log_in_and_return(&urls::page(&state.place.get()));
    view! {
        <p class="visitor">
            <span>{w.say(Word::ReadAlong)}</span>
            <a class="button" href=live(href)>{w.say(Word::LogInToTalk)}</a>
        </p>
    }
}

fn form(state: HouseState) -> impl IntoView {
    let w = words();
    let area = NodeRef::<html::Textarea>::new();
    keep_draft(state, area);
    let composed_at = Rc::new(Cell::new(None::<f64>));
    let composed = composed_at.clone();

    let say = move || {
        let text = state.draft.get_untracked();
        if !text.trim().is_empty() || state.files.with_untracked(|files| !files.is_empty()) {
            state.act.run(Act::Say(text));
        }
    };
    let on_key = move |ev: ev::KeyboardEvent| {
        let press = Press {
            enter: ev.key() == "Enter",
            modified: ev.shift_key() || ev.alt_key() || ev.ctrl_key() || ev.meta_key(),
            composing: ev.is_composing(),
            key_code: ev.key_code(),
            since_composition: composed_at.get().map(|at| ev.time_stamp() - at),
            touch: touch(),
        };
        if press.sends() {
            ev.prevent_default();
            say();
        }
    };
    let on_submit = move |ev: ev::SubmitEvent| {
        ev.prevent_default();
        say();
        if let Some(area) = area.get_untracked() {
            // The worst that can happen is that the focus stays where it is.
            let _ = area.focus();
        }
    };
    let limit = state.fixed.with_value(|fixed| fixed.limits.body) as i64;
    let left = move || limit - state.draft.with(|draft| draft.chars().count()) as i64;
    let far = live(move || left() > COUNT_FROM);
    let class = live(move || if left() < 0 { "left over" } else { "left" });
    let count = live(move || match left() {
        left @ 0.. => w.count(Word::LettersLeft, left),
        left => w.count(Word::LettersOver, -left),
    });
    let if_refused = move |word| live(move || state.refusal.with(Option::is_some).then_some(word));
    let to = live(move || state.place.get().to_string());
    let page = live(move || urls::page(&state.place.get()));
    let draft = live(move || state.draft.get());
    let placeholder = live(move || w.with(Word::SayTo, &[state.place.get().name()]));
    view! {
        {attached(state)}
        <form
            class="composer"
            method="post"
            action="/api/say"
            enctype="multipart/form-data"
            on:submit=on_submit
        >
            <input type="hidden" name="to" value=to/>
            <input type="hidden" name="cid" value=state.fixed.with_value(|fixed| fixed.cid.clone())/>
            <input type="hidden" name="page" value=page/>
            // The same text again, unseen: it gives the box its height without measuring.
            <div class="grow" data-text=draft>
                <textarea
                    id="message"
                    name="body"
                    rows="1"
                    dir="auto"
                    autocomplete="off"
                    aria-label=w.say(Word::Message)
                    placeholder=placeholder
                    aria-invalid=if_refused("true")
                    aria-describedby=if_refused("refusal")
                    inner_html=escape(&state.draft.get_untracked())
                    node_ref=area
                    on:input=move |ev| state.draft.set(event_target_value(&ev))
                    on:keydown=on_key
                    on:compositionend=move |ev| composed.set(Some(ev.time_stamp()))
                ></textarea>
            </div>
            <span class=class hidden=far>{count}</span>
            // After what is written: should a file be refused, the words have come.
            {attach::button()}
            <button
                class="icon-button send"
                aria-label=w.say(Word::Send)
                title=w.say(Word::Send)
                // The focus stays in the text, and a phone's keyboard stays up.
                on:mousedown=|ev| ev.prevent_default()
            >
                {icon(icons::SEND)}
            </button>
        </form>
    }
}

/// A text inside `<textarea>`. It is written as it is there, so it must be escaped here; and the
/// first line break after the tag would be dropped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    if text.starts_with('\n') {
        escaped.push('\n');
    }
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Keeps the box and the draft alike. What was typed (or came back refused) before the program was
/// there is taken over, not wiped.
fn keep_draft(state: HouseState, area: NodeRef<html::Textarea>) {
    let mut woken = false;
    effect(move || {
        let draft = state.draft.get();
        let Some(area) = area.get() else { return };
        let typed = area.value();
        if !woken && !typed.is_empty() {
            state.draft.set(typed);
        } else if typed != draft {
            area.set_value(&draft);
        }
        woken = true;
    });
    let mut before = None;
    effect(move || {
        let place = Some(state.place.get());
        if place != before
            && !touch()
            && let Some(area) = area.get()
        {
            let _ = area.focus();
        }
        before = place;
    });
}

/// Whether the main pointer is a finger.
fn touch() -> bool {
    #[cfg(feature = "hydrate")]
    return window()
        .match_media("(pointer: coarse)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    #[cfg(not(feature = "hydrate"))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_cannot_leave_its_box() {
        assert_eq!(escape("</textarea><script>&"), "&lt;/textarea&gt;&lt;script&gt;&amp;");
        assert_eq!(escape("\nx"), "\n\nx");
    }
}
