//! What the panels' pages are made of: lists of people, searches, buttons that are forms, and what
//! is asked once more before it is done.

use super::{Returned, Shell};
use crate::{
    components::{
        face::face,
        icons::{self, icon},
        notice,
    },
    protocol::{
        At, limits,
        people::PersonLine,
        sheets::{self, Sheet},
        urls,
    },
    words::{Word, words},
};
use leptos::{either::Either, prelude::*};

/// Whether somebody is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// At the screen.
    Here,
    /// Connected, but not lately active.
    Idle,
    /// Not connected.
    Out,
}

impl Light {
    /// Of somebody in a list.
    pub fn of(line: &PersonLine) -> Self {
        match (line.online, line.idle) {
            (true, true) => Self::Idle,
            (true, false) => Self::Here,
            (false, _) => Self::Out,
        }
    }
}

/// Fields that a form carries along, unseen.
pub type Along = Vec<(&'static str, String)>;

/// A value that a form carries along.
pub fn hidden(name: &'static str, value: impl Into<String>) -> AnyView {
    view! { <input type="hidden" name=name value=value.into()/> }.into_any()
}

fn all_hidden(along: Along) -> impl IntoView {
    along.into_iter().map(|(name, value)| hidden(name, value)).collect_view()
}

/// Tells a form where it stands: there it comes back to.
pub fn page(shell: &Shell) -> impl IntoView + use<> {
    hidden("page", shell.path.clone())
}

/// A value to take along, whole however narrow the page is, and a button that copies it
/// (`public/installed.js`).
pub fn to_copy(
    id: &'static str,
    name: Option<&'static str>,
    label: Word,
    value: String,
) -> impl IntoView {
    let w = words();
    view! {
        <div class="field to-copy">
            <label for=id>{w.say(label)}</label>
            <textarea id=id name=name class="mono" dir="ltr" rows="2" readonly=true autocomplete="off"
                spellcheck="false">{value}</textarea>
            <button class="button quiet" type="button" data-copies="">{w.say(Word::CopyCode)}</button>
        </div>
    }
}

/// A form that is one button.
pub fn press(
    shell: &Shell,
    action: &'static str,
    class: &'static str,
    label: Word,
    along: Along,
) -> AnyView {
    view! {
        <form method="post" action=action>
            {page(shell)}
            {all_hidden(along)}
            <button class=class>{words().say(label)}</button>
        </form>
    }
    .into_any()
}

/// What is not easily taken back: a first press says what it means, and shows the button that does
/// it.
pub fn sure(
    shell: &Shell,
    action: &'static str,
    label: Word,
    meaning: String,
    along: Along,
) -> AnyView {
    asked_again(("sure", "button danger"), shell, action, label, meaning, along)
}

/// The same where nobody loses anything by it.
pub fn sure_calmly(
    shell: &Shell,
    action: &'static str,
    label: Word,
    meaning: String,
    along: Along,
) -> AnyView {
    asked_again(("sure calm", "button"), shell, action, label, meaning, along)
}

fn asked_again(
    (class, button): (&'static str, &'static str),
    shell: &Shell,
    action: &'static str,
    label: Word,
    meaning: String,
    along: Along,
) -> AnyView {
    view! {
        <details class=class>
            <summary>{words().say(label)}</summary>
            <div class="sure-meaning">
                <p>{meaning}</p>
                {press(shell, action, button, label, along)}
            </div>
        </details>
    }
    .into_any()
}

/// What was refused, where no field of the page's own shows it.
pub fn refused(returned: Option<&Returned>) -> Option<impl IntoView + use<>> {
    returned.map(|returned| notice::refused(&returned.refusal))
}

/// The field that looks for something in a list.
pub fn find(address: String, label: Word, typed: &str) -> impl IntoView + use<> {
    let label = words().say(label);
    view! {
        <form class="find" method="get" action=address role="search">
            <input
                id="find"
                name="find"
                type="search"
                dir="auto"
                autocomplete="off"
                aria-label=label
                placeholder=label
                value=typed.to_owned()
            />
            <button class="icon-button" aria-label=label title=label>{icon(icons::FIND)}</button>
        </form>
    }
}

/// Which part of a list is shown.
pub struct Part<'a> {
    /// Where the list is.
    pub address: String,
    /// What was looked for; empty for everything.
    pub find: &'a str,
    /// How many before this part were left out.
    pub offset: usize,
    /// How many are in it.
    pub shown: usize,
    /// Whether more follow.
    pub more: bool,
}

/// The ways to the parts before and after this one.
pub fn paging(part: &Part<'_>) -> Option<impl IntoView + use<>> {
    let Part { address, find, offset, shown, more } = part;
    if *offset == 0 && !more {
        return None;
    }
    let w = words();
    let to = |offset: usize, word: Word| {
        let mut href = format!("{address}?offset={offset}");
        if !find.is_empty() {
            href.push_str("&find=");
            href.push_str(&urls::encode(find));
        }
        view! { <a class="button quiet" href=href data-panel="">{w.say(word)}</a> }
    };
    let before = (*offset > 0).then(|| to(offset.saturating_sub(limits::PAGE), Word::PartBefore));
    let after = more.then(|| to(offset + shown, Word::PartAfter));
    Some(view! { <nav class="paging" aria-label=w.say(Word::OtherParts)>{before} {after}</nav> })
}

/// Whether somebody is about, in a word; nothing for who is out.
pub fn about(light: Light) -> Option<Word> {
    match light {
        Light::Here => Some(Word::IsHere),
        Light::Idle => Some(Word::IsIdle),
        Light::Out => None,
    }
}

/// A person's face, with the light of presence.
pub fn lit_face(name: &str, light: Light) -> impl IntoView + use<> {
    let class = if light == Light::Idle { "lit-face idle" } else { "lit-face" };
    view! { <span class=class>{face(name, false, light != Light::Out)}</span> }
}

/// A name that leads to somebody's card; seen from a room, what one may do there is on it too.
pub fn someone(name: &str, light: Light, tag: Option<Word>, room: Option<&str>) -> AnyView {
    let w = words();
    let href = match room {
        Some(room) => sheets::person_in(name, room),
        None => Sheet::Person(name.to_owned()).address(),
    };
    view! {
        <a class="someone" href=href data-panel="">
            {lit_face(name, light)}
            <bdi class="name" dir="auto">{name.to_owned()}</bdi>
            {tag.map(|tag| view! { <span class="tag">{w.say(tag)}</span> })}
            {about(light).map(|word| view! { <span class="state">{w.say(word)}</span> })}
        </a>
    }
    .into_any()
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Longer ago than this many days, the date says more.
const DAYS: i64 = 60;

/// How long ago something was, in the largest whole unit: "3 hours ago".
pub fn ago(at: At, now: At) -> impl IntoView {
    let w = words();
    let said = match (now.0 - at.0).max(0) {
        past if past < MINUTE => w.say(Word::JustNow).to_owned(),
        past if past < HOUR => w.count(Word::MinutesAgo, past / MINUTE),
        past if past < DAY => w.count(Word::HoursAgo, past / HOUR),
        past if past < DAYS * DAY => w.count(Word::DaysAgo, past / DAY),
        _ => day(at),
    };
    view! {
        <time datetime=at.to_string() title=crate::components::words::moment(at)>{said}</time>
    }
}

/// A sentence around moments, in the order that its language has them in.
pub fn times(word: Word, times: &[At]) -> impl IntoView + use<> {
    let piece = |piece: &str| match piece.split_once('}') {
        None => Either::Left(piece.to_owned()),
        Some((number, after)) => {
            // The build saw to it that these are numbers of what is put in.
            let at = number.parse().ok().and_then(|n: usize| times.get(n)).copied();
            let at = at.unwrap_or_default();
            Either::Right(view! {
                <time datetime=at.to_string()>{crate::components::words::moment(at)}</time>
                {after.to_owned()}
            })
        }
    };
    words().say(word).split('{').map(piece).collect_view()
}

/// The day of a moment, without the day of the week.
pub fn day(at: At) -> String {
    crate::components::words::date(at)
}

/// A moment: its day and its time.
pub fn moment(at: At) -> impl IntoView {
    view! { <time datetime=at.to_string()>{crate::components::words::moment(at)}</time> }
}
