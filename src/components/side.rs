//! The side column: rooms and people I talk to, what is unread there, and my account. On narrow
//! screens it is a drawer (a popover: it opens and closes without a script, and Esc closes it).

use super::{
    face::{self, pictured},
    icons::{self, icon},
    live::live,
    tree::{Grown, Out, Tree},
    window::window,
    words as dates,
};
use crate::{
    client::HouseState,
    protocol::{
        Target,
        people::Level,
        sheets::Sheet,
        urls,
        views::{Line, Me, Side},
    },
    words::{Word, words},
};
use leptos::prelude::*;
use std::sync::Arc;

/// The drawer's id, for the buttons that open it.
pub const ID: &str = "rooms";

/// The column.
pub fn side(state: HouseState) -> impl IntoView {
    let w = words();
    let me = state.fixed.with_value(|fixed| fixed.me.clone());
    let member = me.is_some();
    let lines = |of: fn(&Side) -> &Vec<Line>| {
        Grown::new(move || {
            let place = state.place.get();
            let faces = state.faces.get();
            let version = |to: &Target| faces.get(to.name()).map(String::as_str);
            let line = |known: &Line| line(known, version(&known.to), known.to == place, member);
            state.side.with(|side| of(side).iter().map(line).collect())
        })
    };
    view! {
        <nav class="side" id=ID popover="auto" aria-label=w.say(Word::RoomsAndPeople)>
            <div class="side-top">
                <a class="logo" href=urls::INDEX>
                    {window(true, true)}
                    <b>"Roomful"</b>
                </a>
                {me.is_some().then(mentions)}
                {find()}
                {super::icons::close_drawer(ID)}
            </div>
            <div class="side-lists">
                <section>
                    <h2>{w.say(Word::Rooms)}</h2>
                    <ul inner_html=lines(|side| &side.rooms)></ul>
                    <p class="hint">{w.say(Word::NoRoomsYet)}</p>
                    <a class="all" href=urls::INDEX>{w.say(Word::AllRooms)}</a>
                    {me.is_some().then(|| way(Sheet::NewRoom, Word::OpenARoom))}
                </section>
                {me.is_some().then(|| view! {
                    <section>
                        <h2>{w.say(Word::People)}</h2>
                        <ul inner_html=lines(|side| &side.people)></ul>
                        <p class="hint">{w.say(Word::NoPeopleYet)}</p>
                        {way(Sheet::People, Word::Everybody)}
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

/// The way to a page that opens as a panel.
fn way(sheet: Sheet, word: Word) -> impl IntoView {
    view! { <a class="all" href=sheet.address() data-panel="">{words().say(word)}</a> }
}

/// The way to what called me.
fn mentions() -> impl IntoView {
    let words = words().say(Word::YourMentions);
    view! {
        <a class="icon-button bell" href=Sheet::Mentions.address() data-panel="" aria-label=words title=words>
            {icon(icons::BELL)}
        </a>
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

fn line(known: &Line, version: Option<&str>, current: bool, member: bool) -> Arc<Tree> {
    let w = words();
    let mut out = Out::default();
    let lit = known.online > 0;
    let muted = known.level == Level::Nothing;
    let class = match (muted, known.waiting()) {
        (true, _) => "muted",
        (_, 1..) => "unread",
        _ => "",
    };
    out.open("li", &[("class", class)]);
    out.open("a", &[("href", &urls::page(&known.to)), ("data-go", "")]);
    out.maybe("aria-current", current.then_some("page"));
    face::put_mark(&known.to, version, lit, &mut out);
    out.leaf("bdi", &[("class", "name"), ("dir", "auto")], known.to.name());
    let sr = [("class", "sr")];
    if lit && matches!(known.to, Target::Person(_)) {
        out.leaf("span", &sr, w.say(Word::HereNow));
    }
    if muted {
        out.open("span", &[("class", "sign")]);
        icons::put(icons::MUTED, &mut out);
        out.leaf("span", &sr, w.say(Word::Muted));
        out.close();
    }
    // Of a room that tells of mentions alone only they are counted.
    let told = matches!((known.level, &known.to), (Level::All, _) | (_, Target::Person(_)));
    let unread = if told { known.waiting() } else { 0 };
    let mentions = if muted { 0 } else { known.mentions };
    for (count, class, before, word) in
        [(mentions, "count mentions", "@", Word::OfYou), (unread, "count", "", Word::Unread)]
    {
        if count > 0 {
            out.open("span", &[("class", class)]);
            out.words(before);
            out.words(&dates::unread(count));
            out.leaf("span", &sr, &[" ", w.say(word)].concat());
            out.close();
        }
    }
    out.close();
    if member {
        let sheet = match &known.to {
            Target::Person(name) => Sheet::Person(name.clone()),
            to => Sheet::About(to.name().to_owned()),
        };
        icons::more(&sheet, &mut out);
    }
    out.close();
    out.keyed(&known.to.to_string())
}

/// My account, at the foot of the column.
fn mine(me: Me, state: HouseState) -> impl IntoView {
    let w = words();
    let page = live(move || urls::page(&state.place.get()));
    let version = state.faces.with_untracked(|faces| faces.get(&me.name).cloned());
    view! {
        <div class="side-foot">
            <a class="who" href=urls::ACCOUNT data-panel="">
                {pictured(&me.name, version.as_deref(), true, false)}
                <bdi class="name" dir="auto">{me.name.clone()}</bdi>
            </a>
            <form method="post" action="/api/log_out" data-leaves=me.name.clone()>
                <input type="hidden" name="page" value=page/>
                <button class="icon-button" aria-label=w.say(Word::LogOut) title=w.say(Word::LogOut)>
                    {icon(icons::LEAVE)}
                </button>
            </form>
        </div>
    }
}
