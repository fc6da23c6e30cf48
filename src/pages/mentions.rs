//! What called me.

use super::{
    Shell,
    document::{Outside, outside},
    parts::ago,
};
use crate::{
    components::{facade::facade, face::face},
    protocol::{
        At, Target,
        people::{Mentioned, Mentions, NoticeKind},
        sheets::Sheet,
        urls,
        views::glimpse,
    },
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// The messages that called me, the latest first.
#[must_use]
pub fn mentions(shell: &Shell, page: Mentions, now: At) -> String {
    let w = Words::of(shell.lang);
    outside(shell, Outside::new(w.say(Word::MentionsOfYou), "sheet-page"), || {
        let me = shell.me.as_ref().map(|me| me.name.as_str()).unwrap_or_default();
        let none = page.mentions.is_empty().then(|| {
            view! {
                <div class="empty">{facade(0)}<p>{w.with(Word::NoMentions, &[me])}</p></div>
            }
        });
        let more = page.mentions.last().filter(|_| page.more).map(|last| {
            let href = format!("{}?before={}", Sheet::Mentions.address(), last.notice);
            view! {
                <nav class="paging" aria-label=w.say(Word::OtherParts)>
                    <a class="button quiet" href=href data-panel="">{w.say(Word::PartAfter)}</a>
                </nav>
            }
        });
        let lines = page.mentions.into_iter().map(|it| line(it, now)).collect_view();
        view! {
            <h1>{w.say(Word::MentionsOfYou)}</h1>
            <ul class="glimpses">{lines}</ul>
            {none}
            {more}
            {shell.way_back()}
        }
    })
}

fn line(it: Mentioned, now: At) -> impl IntoView {
    let w = words();
    let place = it.to.name().to_owned();
    let why = match (&it.to, it.kind) {
        (Target::Person(_), _) => w.say(Word::InPrivate).to_owned(),
        (_, NoticeKind::Reply) => w.with(Word::AnsweredIn, &[&place]),
        _ => w.with(Word::SaidIn, &[&place]),
    };
    let class = if it.unread { "glimpse unread" } else { "glimpse" };
    view! {
        <li>
            <a class=class href=urls::message(&it.to, &it.id)>
                {face(&it.author, false, false)}
                <span class="said-by">
                    <b><bdi dir="auto">{it.author}</bdi></b>
                    " " <span class="where" dir="auto">{why}</span>
                    " " {ago(it.at, now)}
                    {it.unread.then(|| view! { <span class="tag new">{w.say(Word::NewMention)}</span> })}
                </span>
                <span class="text" dir="auto">{glimpse(&it.body)}</span>
            </a>
        </li>
    }
}
