//! Where one writes. A plain form that works by itself; with the program running it says
//! [`Act::Say`] instead.

use super::{
    attach::{self, attached},
    completion::{Completing, ID as COMPLETION, completion},
    icons::{self, icon},
    keys::Press,
    live::{click, effect, live},
    status_line::status_line,
};
use crate::{
    client::{
        Act, HouseState, Row,
        house::{GONE, Mode, SaidState},
    },
    protocol::{Refusal, urls},
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
    // Where the place itself is gone, there is a way to all others.
    let gone = |refusal: &Refusal| refusal.field.as_deref() == Some(GONE);
    let here = live(move || !state.refusal.with(|refusal| refusal.as_ref().is_some_and(gone)));
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
                <a class="link" href=urls::INDEX hidden=here>{w.say(Word::AllRooms)}</a>
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

    let completing = Completing::new(state, area);
    let say = move || {
        let body = state.draft.get_untracked();
        let mode = state.mode.get_untracked();
        let files = state.files.with_untracked(|files| !files.is_empty());
        let is_edit = matches!(mode, Mode::Editing { .. });
        if !body.trim().is_empty() || files && !is_edit {
            state.act.run(match mode {
                Mode::Writing => Act::Say(body),
                Mode::Editing { id } => Act::Edit { id, body },
                Mode::Replying { id, .. } => Act::Answer { id, body },
            });
        }
    };
    let on_key = move |ev: ev::KeyboardEvent| {
        let press = Press {
            enter: ev.key() == "Enter",
            modified: ev.shift_key() || ev.alt_key(),
            command: ev.ctrl_key() || ev.meta_key(),
            composing: ev.is_composing(),
            key_code: ev.key_code(),
            since_composition: composed_at.get().map(|at| ev.time_stamp() - at),
            touch: touch(),
            breaks: enter_breaks(),
        };
        if press.is_of_composition() {
            return;
        }
        let bare = !press.modified && !press.command;
        let done = (bare && completing.key(&ev.key()))
            || match &*ev.key() {
                "Escape" => leave_mode(state),
                "ArrowUp" if bare => edit_last(state),
                _ => false,
            };
        if done {
            ev.prevent_default();
            // Esc has done its work: it closes nothing around the composer.
            ev.stop_propagation();
        } else if press.sends() {
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
        {bar(state)}
        {attached(state)}
        <form
            class="composer"
            method="post"
            action="/api/say"
            enctype="multipart/form-data"
            on:submit=on_submit
        >
            {completion(completing)}
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
                    aria-autocomplete="list"
                    aria-haspopup="listbox"
                    aria-controls=COMPLETION
                    aria-activedescendant=live(move || completing.active())
                    aria-invalid=if_refused("true")
                    aria-describedby=if_refused("refusal")
                    inner_html=escape(&state.draft.get_untracked())
                    node_ref=area
                    on:input=move |ev| {
                        state.draft.set(event_target_value(&ev));
                        completing.look();
                    }
                    on:click=click(move || completing.look())
                    on:blur=move |_| completing.close()
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

/// What the composer is for, if it is not for a message of its own, and the way out of that.
fn bar(state: HouseState) -> impl IntoView {
    let w = words();
    let plain = live(move || state.mode.with(|mode| *mode == Mode::Writing));
    let what = live(move || {
        state.mode.with(|mode| match mode {
            Mode::Writing => String::new(),
            Mode::Editing { .. } => w.say(Word::EditingIt).to_owned(),
            Mode::Replying { author, text, .. } => w.with(Word::ReplyingTo, &[author, text]),
        })
    });
    let cancel = click(move || {
        leave_mode(state);
    });
    view! {
        <div class="compose-bar" hidden=plain>
            <p dir="auto" role="status">{what}</p>
            <button class="icon-button" type="button" aria-label=w.say(Word::CancelIt) on:click=cancel>
                {icon(icons::CLOSE)}
            </button>
        </div>
    }
}

/// Back to writing messages; whether it was something else.
fn leave_mode(state: HouseState) -> bool {
    let else_ = state.mode.with_untracked(|mode| *mode != Mode::Writing);
    if else_ {
        state.act.run(Act::Write);
    }
    else_
}

/// In an empty box: takes up what I said last here. Whether there was anything.
fn edit_last(state: HouseState) -> bool {
    let Some(me) = state.fixed.with_value(|fixed| fixed.me.as_ref().map(|me| me.name.clone()))
    else {
        return false;
    };
    if !state.draft.with_untracked(String::is_empty)
        || state.mode.with_untracked(|mode| *mode != Mode::Writing)
    {
        return false;
    }
    let last = state.rows.with_untracked(|rows| {
        rows.iter().rev().find_map(|(_, row)| match row {
            Row::Said(said)
                if said.author == me && !said.deleted && said.state == SaidState::Sent =>
            {
                said.id.clone()
            }
            _ => None,
        })
    });
    let Some(id) = last else { return false };
    state.act.run(Act::StartEdit { id });
    true
}

/// A text inside `<textarea>`, on any page, as `inner_html`: Leptos writes a text that stands there as it
/// is, and so it could end the box. And the first line break after the tag would be dropped.
pub fn escape(text: &str) -> String {
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

/// Keeps the box and the draft alike. What was typed before the program was there, other than the page
/// brought, is taken over, not wiped.
fn keep_draft(state: HouseState, area: NodeRef<html::Textarea>) {
    let mut woken = false;
    let brought = state.draft.get_untracked();
    effect(move || {
        let draft = state.draft.get();
        let Some(area) = area.get() else { return };
        let typed = area.value();
        if !woken && typed != brought {
            state.draft.set(typed);
        } else if typed != draft {
            area.set_value(&draft);
        }
        woken = true;
    });
    // Whoever wants to change or to answer a message goes on by writing, a finger too.
    effect(move || {
        if state.mode.with(|mode| *mode != Mode::Writing)
            && let Some(area) = area.get()
        {
            let _ = area.focus();
        }
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

/// Whether Enter is to break the line, as chosen in the settings.
fn enter_breaks() -> bool {
    #[cfg(feature = "hydrate")]
    return document()
        .document_element()
        .and_then(|root| root.get_attribute("data-enter"))
        .is_some_and(|it| it == "line");
    #[cfg(not(feature = "hydrate"))]
    false
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
