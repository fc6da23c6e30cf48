//! Looking after the house: its people, its rooms, and the invitations to it. For administrators.

use super::{
    InviteLine, Returned, Shell,
    document::{Outside, outside},
    parts::{Light, Part, ago, find, moment, page, paging, press, refused, someone},
    tokens::{Tokens, tokens},
};
use crate::{
    components::window::window,
    protocol::{
        At,
        people::{Access, Accounts, Rooms},
        sheets::Sheet,
    },
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// The pages of it, in their order.
const PARTS: [(Sheet, Word); 4] = [
    (Sheet::HousePeople, Word::PeopleTab),
    (Sheet::HouseRooms, Word::RoomsTab),
    (Sheet::HouseInvites, Word::InvitationsTab),
    (Sheet::HouseTokens, Word::TokensTab),
];

fn frame<V: IntoView + 'static>(
    shell: &Shell,
    here: &Sheet,
    returned: Option<&Returned>,
    inside: impl FnOnce() -> V,
) -> String {
    let w = Words::of(shell.lang);
    outside(shell, Outside::new(w.say(Word::TheHouse), "sheet-page"), || {
        let tab = |(sheet, word): &(Sheet, Word)| {
            let current = (sheet == here).then_some("page");
            view! { <a href=sheet.address() data-panel="" aria-current=current>{w.say(*word)}</a> }
        };
        view! {
            <h1>{w.say(Word::TheHouse)}</h1>
            <nav class="tabs" aria-label=w.say(Word::TheHouse)>{PARTS.each_ref().map(tab)}</nav>
            {refused(returned)}
            {inside()}
            {shell.way_back()}
        }
    })
}

/// The accounts.
#[must_use]
pub fn house_people(shell: &Shell, page: Accounts, now: At, returned: Option<&Returned>) -> String {
    frame(shell, &Sheet::HousePeople, returned, || {
        let w = words();
        let address = Sheet::HousePeople.address();
        let part = Part {
            address: address.clone(),
            find: &page.query,
            offset: page.offset,
            shown: page.accounts.len(),
            more: page.more,
        };
        let nobody = page
            .accounts
            .is_empty()
            .then(|| view! { <p class="none">{w.with(Word::NobodyFound, &[&page.query])}</p> });
        let lines = page
            .accounts
            .iter()
            .map(|account| {
                let tag = match (account.banned, account.line.admin) {
                    (true, _) => Some(Word::KeptOut),
                    (false, true) => Some(Word::Administrator),
                    (false, false) => None,
                };
                let seen = account
                    .line
                    .last_seen
                    .map(|at| view! { " · " {w.say(Word::LastHere)} " " {ago(at, now)} });
                view! {
                    <li>
                        {someone(&account.line.name, Light::of(&account.line), tag, None)}
                        <p class="quiet under">
                            {w.count(Word::SessionsOpen, account.sessions as i64)} {seen}
                        </p>
                    </li>
                }
            })
            .collect_view();
        view! {
            {find(address, Word::FindSomebody, &page.query)}
            <p class="hint">{w.say(Word::ChooseToManage)}</p>
            <ul class="someones">{lines}</ul>
            {nobody}
            {paging(&part)}
        }
    })
}

/// The rooms, also those that no administrator has joined.
#[must_use]
pub fn house_rooms(shell: &Shell, page: Rooms, now: At, returned: Option<&Returned>) -> String {
    frame(shell, &Sheet::HouseRooms, returned, || {
        let w = words();
        let address = Sheet::HouseRooms.address();
        let part = Part {
            address: address.clone(),
            find: &page.query,
            offset: page.offset,
            shown: page.rooms.len(),
            more: page.more,
        };
        let none = page
            .rooms
            .is_empty()
            .then(|| view! { <p class="none">{w.with(Word::NoRoomFound, &[&page.query])}</p> });
        let lines = page
            .rooms
            .iter()
            .map(|room| {
                let access = match room.access {
                    Access::Open => None,
                    Access::Members => Some(Word::ForMembers),
                    Access::Admins => Some(Word::ForAdmins),
                };
                let said = room.said_at.map(|at| view! { " · " {w.say(Word::LastSaid)} " " {ago(at, now)} });
                let about = Sheet::About(room.name.clone()).address();
                view! {
                    <li>
                        <a class="someone" href=about data-panel="">
                            {window(false, true)}
                            <bdi class="name" dir="auto">{room.name.clone()}</bdi>
                            {access.map(|word| view! { <span class="tag">{w.say(word)}</span> })}
                        </a>
                        <p class="quiet under">{w.count(Word::PeopleJoined, room.members as i64)} {said}</p>
                    </li>
                }
            })
            .collect_view();
        view! {
            {find(address, Word::FindRoom, &page.query)}
            <ul class="someones rooms-list">{lines}</ul>
            {none}
            {paging(&part)}
        }
    })
}

/// The invitations that still open the door.
#[must_use]
pub fn house_invites(
    shell: &Shell,
    invites: Vec<InviteLine>,
    returned: Option<&Returned>,
) -> String {
    frame(shell, &Sheet::HouseInvites, returned, || invitations(shell, invites))
}

/// The tokens of the house's programs.
#[must_use]
pub fn house_tokens(shell: &Shell, all: Tokens, now: At, returned: Option<&Returned>) -> String {
    frame(shell, &Sheet::HouseTokens, returned, || tokens(shell, all, now, returned))
}

/// The list of invitations, and the button that makes one.
fn invitations(shell: &Shell, invites: Vec<InviteLine>) -> impl IntoView + use<> {
    let w = words();
    let lines = invites
        .into_iter()
        .map(|invite| {
            view! {
                <li>
                    <div class="what">
                        <input readonly=true type="text" aria-label=w.say(Word::InvitationLink) value=invite.link/>
                        <p class="quiet">{w.say(Word::OpensUntil)} " " {moment(invite.expires_at)}</p>
                    </div>
                    {press(shell, "/api/end_invite", "button quiet", Word::EndIt, vec![("invite", invite.id)])}
                </li>
            }
        })
        .collect_view();
    view! {
        <p>{w.say(Word::InvitationsMean)}</p>
        <form method="post" action="/api/make_invite">
            {page(shell)}
            <button class="button">{w.say(Word::MakeInvitation)}</button>
        </form>
        <ul class="lines">{lines}</ul>
    }
}
