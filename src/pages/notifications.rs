//! What concerns me: all of it, or only what called me.

use super::{
    Returned, Shell,
    document::{Outside, outside},
    parts::{ago, press, refused},
};
use crate::{
    components::{facade::facade, face::face},
    protocol::{
        At, Target,
        notices::{Noticed, Notices, Shown},
        people::NoticeKind,
        urls,
    },
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// Names that a line says; the others are counted.
const NAMED: usize = 3;

/// The list, the latest first.
#[must_use]
pub fn notifications(shell: &Shell, shown: Shown, now: At, returned: Option<&Returned>) -> String {
    let w = Words::of(shell.lang);
    outside(shell, Outside::new(w.say(Word::Notifications), "sheet-page"), || {
        let all = matches!(shown, Shown::All(_));
        let tab = |(address, word, here): (&'static str, Word, bool)| {
            let current = here.then_some("page");
            view! { <a href=address data-panel="" aria-current=current>{w.say(word)}</a> }
        };
        let tabs =
            [(urls::NOTICES, Word::AllNotices, all), (urls::MENTIONS, Word::OnlyMentions, !all)];
        let list = match shown {
            Shown::All(page) => {
                part(shell, urls::NOTICES, page, w.say(Word::NoNotices).to_owned(), now)
            }
            Shown::Mentions(page) => {
                let me = shell.me.as_ref().map(|me| me.name.as_str()).unwrap_or_default();
                part(shell, urls::MENTIONS, page, w.with(Word::NoMentions, &[me]), now)
            }
        };
        view! {
            <h1>{w.say(Word::Notifications)}</h1>
            <nav class="tabs" aria-label=w.say(Word::Notifications)>{tabs.map(tab)}</nav>
            {refused(returned)}
            {list}
            {shell.way_back()}
        }
    })
}

/// A page of the list: `none` is said where nothing stands in it.
fn part(shell: &Shell, address: &str, page: Notices, none: String, now: At) -> AnyView {
    let Notices { lines, new, top, before } = page;
    // "Nothing yet" is true only where nothing comes further down either.
    let none = (lines.is_empty() && before.is_none()).then_some(none);
    let more = before.map(|before| {
        let and = if address.contains('?') { '&' } else { '?' };
        format!("{address}{and}before={before}")
    });
    let mark = new.then(|| {
        let along = vec![("seq", top.to_string())];
        let form = press(shell, "/api/see_notices", "button quiet", Word::MarkAllRead, along);
        view! { <div class="all-read">{form}</div> }
    });
    let lines = lines.into_iter().map(|it| noticed(it, now)).collect_view();
    view! { {mark} {list(lines, none, more)} }.into_any()
}

/// The lines, what is said where there are none, and the way to earlier ones.
fn list(lines: impl IntoView + 'static, none: Option<String>, more: Option<String>) -> AnyView {
    let w = words();
    let none = none.map(|none| view! { <div class="empty">{facade(0)}<p>{none}</p></div> });
    let more = more.map(|href| {
        view! {
            <nav class="paging" aria-label=w.say(Word::OtherParts)>
                <a class="button quiet" href=href data-panel="">{w.say(Word::PartAfter)}</a>
            </nav>
        }
    });
    view! { <ul class="glimpses notices">{lines}</ul> {none} {more} }.into_any()
}

/// Where a line leads.
fn leads_to(it: &Noticed) -> Option<String> {
    Some(match (&it.message, it.kind) {
        // What is unread there begins at the earliest of them.
        (_, NoticeKind::Direct) if it.new => urls::page(&it.to),
        (Some(id), _) => urls::message(&it.to, id),
        (None, _) if it.to != Target::Own => urls::page(&it.to),
        _ => it.link.clone()?,
    })
}

/// What happened, in a few words.
fn why(it: &Noticed) -> String {
    let w = words();
    let place = it.to.name();
    let private = matches!(it.to, Target::Person(_));
    match it.kind {
        NoticeKind::Reaction if private => w.with(Word::ReactedInPrivate, &[&it.emoji.join(" ")]),
        NoticeKind::Reaction => w.with(Word::ReactedIn, &[&it.emoji.join(" "), place]),
        NoticeKind::Invite => w.with(Word::InvitedYouTo, &[place]),
        NoticeKind::Push => w.say(Word::ToldYou).to_owned(),
        NoticeKind::Broadcast => w.say(Word::ToldEverybody).to_owned(),
        _ if private && it.count > 1 => w.count(Word::PrivateMessages, it.count as i64),
        _ if private => w.say(Word::InPrivate).to_owned(),
        NoticeKind::Reply => w.with(Word::AnsweredIn, &[place]),
        _ => w.with(Word::MentionedIn, &[place]),
    }
}

fn who(from: &[String]) -> AnyView {
    let w = words();
    let names = from.iter().take(NAMED).enumerate().map(|(at, name)| {
        let comma = (at > 0).then(|| w.with(Word::NamesComma, &["", ""]));
        view! { {comma}<b><bdi dir="auto">{name.clone()}</bdi></b> }
    });
    let others = from.len().saturating_sub(NAMED);
    let others = (others > 0).then(|| w.count(Word::AndOthers, others as i64));
    view! { {names.collect_view()} " " {others} }.into_any()
}

fn noticed(it: Noticed, now: At) -> impl IntoView {
    let w = words();
    let why = why(&it);
    let text = match (it.kind, it.text.is_empty()) {
        (NoticeKind::Invite, _) => String::new(),
        (_, true) if it.files => w.say(Word::OnlyFiles).to_owned(),
        _ => w.known(it.why.as_deref(), &it.text),
    };
    let inside = view! {
        {face(it.from.first().map_or("", String::as_str), false, false)}
        <span class="said-by">
            {who(&it.from)}
            <span class="where" dir="auto">{why}</span>
            " · " {ago(it.at, now)}
            {it.new.then(|| view! { " " <span class="tag new">{w.say(Word::NewMention)}</span> })}
        </span>
        {(!text.is_empty()).then(|| view! { <span class="text" dir="auto">{text}</span> })}
    };
    let class = if it.new { "glimpse unread" } else { "glimpse" };
    match leads_to(&it) {
        Some(href) => view! { <li><a class=class href=href>{inside}</a></li> }.into_any(),
        None => view! { <li><div class=class>{inside}</div></li> }.into_any(),
    }
}
