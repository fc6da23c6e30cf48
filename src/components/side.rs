//! The side column: rooms and people I talk to, what is unread there, and my account. On narrow
//! screens it is a drawer (a popover: it opens and closes without a script, and Esc closes it).

use super::{
    face::{face, mark},
    icons::{self, icon},
    live::live,
    window::window,
    words as dates,
};
use crate::{
    client::HouseState,
    protocol::{
        Target, urls,
        views::{Line, Me, Side},
    },
    words::{Word, words},
};
use leptos::prelude::*;

/// The drawer's id, for the buttons that open it.
pub const ID: &str = "rooms";

/// The column.
pub fn side(state: HouseState) -> impl IntoView {
    let w = words();
    let me = state.fixed.with_value(|fixed| fixed.me.clone());
    // Both lists are of one type.
    let lines = |of: fn(&Side) -> &Vec<Line>| {
        move || {
            let place = state.place.get();
            let line = |known: &Line| line(known, known.to == place);
            state.side.with(|side| of(side).iter().map(line).collect_view())
        }
    };
    let somebody = live(move || state.side.with(|side| !side.people.is_empty()));
    view! {
        <nav class="side" id=ID popover="auto" aria-label=w.say(Word::RoomsAndPeople)>
            <div class="side-top">
                <a class="logo" href=urls::INDEX>
                    {window(true, true)}
                    <b>"Roomful"</b>
                </a>
                {find()}
                {super::icons::close_drawer(ID)}
            </div>
            <div class="side-lists">
                <section>
                    <h2>{w.say(Word::Rooms)}</h2>
                    <ul>{lines(|side| &side.rooms)}</ul>
                    <a class="all" href=urls::INDEX>{w.say(Word::AllRooms)}</a>
                </section>
                {me.is_some().then(|| view! {
                    <section>
                        <h2>{w.say(Word::People)}</h2>
                        <ul>{lines(|side| &side.people)}</ul>
                        <p class="hint" hidden=somebody>
                            {w.say(Word::NoPeopleYet)}
                        </p>
                    </section>
                })}
            </div>
            <p class="side-links">
                <a class="link" href=urls::SETTINGS data-panel="">{w.say(Word::Settings)}</a>
                <a class="link" href=urls::HELP data-panel="">{w.say(Word::Shortcuts)}</a>
            </p>
            {me.map(|me| mine(me, state))}
        </nav>
    }
}

/// The way to the search.
pub fn find() -> impl IntoView {
    let search = words().say(Word::Search);
    view! {
        <a class="icon-button find" href=urls::SEARCH data-panel="" aria-label=search title=search>
            {icon(icons::FIND)}
        </a>
    }
}

fn line(known: &Line, current: bool) -> impl IntoView + use<> {
    let w = words();
    let name = known.to.name().to_owned();
    let lit = known.online > 0;
    let person_here = lit && matches!(known.to, Target::Person(_));
    let class = if known.unread > 0 { "unread" } else { "" };
    let count = |count: i64, class, before, word: Word| {
        (count > 0).then(|| {
            view! { <span class=class>{before}{dates::unread(count)}<span class="sr">" " {w.say(word)}</span></span> }
        })
    };
    let mentions = count(known.mentions, "count mentions", "@", Word::OfYou);
    let unread = count(known.unread, "count", "", Word::Unread);
    view! {
        <li class=class>
            <a href=urls::page(&known.to) data-go="" aria-current=current.then_some("page")>
                {mark(&known.to, lit)}
                <bdi class="name" dir="auto">{name}</bdi>
                {person_here.then(|| view! { <span class="sr">{w.say(Word::HereNow)}</span> })}
                {mentions}
                {unread}
            </a>
        </li>
    }
}

/// My account, at the foot of the column.
fn mine(me: Me, state: HouseState) -> impl IntoView {
    let w = words();
    let page = live(move || urls::page(&state.place.get()));
    view! {
        <div class="side-foot">
            <a class="who" href=urls::ACCOUNT data-panel="">
                {face(&me.name, true, false)}
                <bdi class="name" dir="auto">{me.name}</bdi>
            </a>
            <form method="post" action="/api/log_out">
                <input type="hidden" name="page" value=page/>
                <button class="icon-button" aria-label=w.say(Word::LogOut) title=w.say(Word::LogOut)>
                    {icon(icons::LEAVE)}
                </button>
            </form>
        </div>
    }
}
