//! About a room: what it is, how I stand in it, who belongs to it, and keeping order in it.

use super::{
    Returned, Shell,
    document::{Outside, outside},
    parts::{Light, Part, ago, day, hidden, page, paging, press, refused, someone, sure},
};
use crate::{
    components::{
        field::{Field, field},
        window::window,
    },
    protocol::{
        At, Target, limits,
        people::{Access, Level, MemberLine, Role, RoomView},
        sheets::Sheet,
    },
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// Members shown on the page itself; the others are one step away.
const MEMBERS: usize = 8;

/// A message that is pinned.
#[derive(Clone, Debug)]
pub struct PinLine {
    /// Where it is.
    pub link: String,
    /// Who said it.
    pub author: String,
    /// How it begins.
    pub text: String,
    /// When.
    pub at: At,
    /// Its id, for taking the pin away.
    pub id: String,
}

/// What the page shows beside what the room is.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// What it is about, as its people put it.
    pub topic: String,
    /// How many are in it now.
    pub online: usize,
    /// What is pinned, the latest first.
    pub pins: Vec<PinLine>,
}

/// About a room.
#[must_use]
pub fn about(
    shell: &Shell,
    room: RoomView,
    inside: Inside,
    now: At,
    returned: Option<Returned>,
) -> String {
    outside(shell, Outside::new(room.name.clone(), "sheet-page"), || {
        let w = words();
        let lit = inside.online > 0;
        let counts = [
            w.count(Word::PeopleHere, inside.online as i64),
            w.count(Word::PeopleJoined, room.count as i64),
        ]
        .join(" · ");
        // Said at the field that it is about, else above everything.
        let general = returned
            .as_ref()
            .filter(|it| !["/api/invite", "/api/set_topic"].contains(&it.action.as_str()));
        let topic = (!inside.topic.is_empty())
            .then(|| view! { <p class="topic" dir="auto">{inside.topic.clone()}</p> });
        let locked = access_note(room.mine.access);
        let made = match &room.made_by {
            Some(name) => w.with(Word::MadeBy, &[name, &day(room.since)]),
            None => w.with(Word::MadeOn, &[&day(room.since)]),
        };
        view! {
            <div class="room-head">
                {window(lit, false)}
                <h1><bdi dir="auto">{room.name.clone()}</bdi></h1>
                <p class="quiet">{counts}</p>
            </div>
            {topic}
            {locked}
            {refused(general)}
            {shell.me.is_some().then(|| mine(shell, &room))}
            {pins(shell, &room, inside.pins, now)}
            {members(shell, &room, returned.as_ref())}
            {room.mine.moderates.then(|| order(shell, &room, &inside.topic, returned.as_ref()))}
            <p class="quiet since" dir="auto">{made}</p>
            {shell.way_back()}
        }
    })
}

/// For whom the room is, where not for everybody.
fn access_note(access: Access) -> Option<impl IntoView> {
    let word = match access {
        Access::Open => return None,
        Access::Members => Word::RoomOfMembers,
        Access::Admins => Word::RoomOfAdmins,
    };
    Some(view! { <p class="quiet">{words().say(word)}</p> })
}

/// How I stand in it.
fn mine(shell: &Shell, room: &RoomView) -> AnyView {
    let w = words();
    let name = || vec![("room", room.name.clone())];
    if room.mine.role.is_none() {
        return view! {
            <section class="part">
                {press(shell, "/api/join", "button", Word::Join, name())}
                <p class="hint">{w.say(Word::JoinMeans)}</p>
            </section>
        }
        .into_any();
    }
    let level = |level: Level, word: Word| {
        let chosen = room.mine.level == level;
        view! {
            <button
                id=format!("level-{}", level.word())
                name="level"
                value=level.word()
                aria-pressed=if chosen { "true" } else { "false" }
            >{w.say(word)}</button>
        }
    };
    let levels = [
        level(Level::All, Word::LevelAll),
        level(Level::Mentions, Word::LevelMentions),
        level(Level::Nothing, Word::LevelNothing),
    ];
    let leave = match room.mine.access {
        Access::Open => press(shell, "/api/leave", "button quiet", Word::Leave, name()),
        // There is no way back in but an invitation.
        _ => sure(shell, "/api/leave", Word::Leave, w.say(Word::LeaveMeans).to_owned(), name()),
    };
    view! {
        <section class="part">
            <h2 id="told">{w.say(Word::TellMeOf)}</h2>
            <form method="post" action="/api/set_level">
                {page(shell)}
                {hidden("to", Target::Room(room.name.clone()).to_string())}
                <div class="choice" role="group" aria-labelledby="told">{levels}</div>
            </form>
            {leave}
        </section>
    }
    .into_any()
}

fn pins(shell: &Shell, room: &RoomView, pins: Vec<PinLine>, now: At) -> Option<AnyView> {
    let w = words();
    let moderates = room.mine.moderates;
    if pins.is_empty() {
        return None;
    }
    let lines = pins
        .into_iter()
        .map(|pin| {
            let unpin = moderates.then(|| {
                let along = vec![
                    ("message", pin.id),
                    ("to", Target::Room(room.name.clone()).to_string()),
                    ("on", "false".to_owned()),
                ];
                press(shell, "/api/pin", "button quiet", Word::Unpin, along)
            });
            view! {
                <li>
                    <a class="glimpse" href=pin.link>
                        <span class="said-by">
                            <b><bdi dir="auto">{pin.author}</bdi></b> " " {ago(pin.at, now)}
                        </span>
                        <span class="text" dir="auto">{pin.text}</span>
                    </a>
                    {unpin}
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="part">
                <h2>{w.say(Word::Pinned)}</h2>
                <ul class="glimpses">{lines}</ul>
            </section>
        }
        .into_any(),
    )
}

fn member(line: &MemberLine, room: &str) -> impl IntoView + use<> {
    let light = if line.online { Light::Here } else { Light::Out };
    let tag = (line.role == Role::Moderator).then_some(Word::Moderator);
    view! { <li>{someone(&line.name, light, tag, Some(room))}</li> }
}

fn members(shell: &Shell, room: &RoomView, returned: Option<&Returned>) -> impl IntoView + use<> {
    let w = words();
    let shown = room.members.iter().take(MEMBERS).map(|it| member(it, &room.name)).collect_view();
    let all = (room.count > MEMBERS.min(room.members.len())).then(|| {
        let href = Sheet::Inside(room.name.clone()).address();
        view! { <a class="link" href=href data-panel="">{w.count(Word::AllMembers, room.count as i64)}</a> }
    });
    let invite = room.mine.role.is_some().then(|| invite(shell, room, returned));
    view! {
        <section class="part">
            <h2>{w.say(Word::Members)}</h2>
            <ul class="someones">{shown}</ul>
            {all}
            {invite}
        </section>
    }
}

fn invite(shell: &Shell, room: &RoomView, returned: Option<&Returned>) -> impl IntoView + use<> {
    let returned = returned.filter(|it| it.action == "/api/invite");
    let w = words();
    let wrong = returned.map(|it| w.refusal(&it.refusal));
    view! {
        <form class="beside" method="post" action="/api/invite">
            {page(shell)}
            {hidden("room", room.name.clone())}
            {field(Field {
                label: w.say(Word::InviteSomebody),
                name: "person",
                autocomplete: "off",
                value: returned.map(|it| it.typed("person").to_owned()).unwrap_or_default(),
                first: wrong.is_some(),
                error: wrong,
                ..Field::default()
            })}
            <button class="button quiet">{w.say(Word::Invite)}</button>
        </form>
    }
}

/// What those may do who keep order in it.
fn order(
    shell: &Shell,
    room: &RoomView,
    topic: &str,
    returned: Option<&Returned>,
) -> impl IntoView + use<> {
    let w = words();
    let returned = returned.filter(|it| it.action == "/api/set_topic");
    let wrong = returned.map(|it| w.refusal(&it.refusal));
    let topic = returned.map_or_else(|| topic.to_owned(), |it| it.typed("text").to_owned());
    let banned = room
        .banned
        .iter()
        .map(|name| {
            let along = vec![
                ("room", room.name.clone()),
                ("person", name.clone()),
                ("on", "false".to_owned()),
            ];
            view! {
                <li>
                    {someone(name, Light::Out, None, Some(&room.name))}
                    {press(shell, "/api/ban", "button quiet", Word::LetBackIn, along)}
                </li>
            }
        })
        .collect_view();
    let banned = (!room.banned.is_empty()).then(|| {
        view! { <h3>{w.say(Word::KeptOut)}</h3> <ul class="someones">{banned}</ul> }
    });
    let admin = shell.me.as_ref().is_some_and(|me| me.admin);
    let means = w.with(Word::DeleteRoomMeans, &[&room.name]);
    view! {
        <section class="part">
            <h2>{w.say(Word::KeepingOrder)}</h2>
            <form class="beside" method="post" action="/api/set_topic">
                {page(shell)}
                {hidden("to", Target::Room(room.name.clone()).to_string())}
                {field(Field {
                    label: w.say(Word::TopicOfRoom),
                    name: "text",
                    autocomplete: "off",
                    optional: true,
                    value: topic,
                    first: wrong.is_some(),
                    error: wrong,
                    ..Field::default()
                })}
                <button class="button quiet">{w.say(Word::Save)}</button>
            </form>
            <form class="stack" method="post" action="/api/set_access">
                {page(shell)}
                {hidden("room", room.name.clone())}
                {access_choice(room.mine.access, admin)}
                <button class="button quiet">{w.say(Word::Save)}</button>
            </form>
            <p><a class="link" href=Sheet::Webhooks(room.name.clone()).address() data-panel="">{w.say(Word::Webhooks)}</a></p>
            {banned}
            {admin.then(|| view! {
                <div class="harsh">
                    {sure(shell, "/api/delete_room", Word::DeleteRoom, means, vec![("room", room.name.clone())])}
                </div>
            })}
        </section>
    }
}

/// Who may read a room.
pub fn access_choice(chosen: Access, admin: bool) -> impl IntoView {
    let w = words();
    let one = |access: Access, name: Word, meaning: Word| {
        view! {
            <label class="option">
                <input type="radio" name="access" value=access.word() checked=access == chosen/>
                <span><b>{w.say(name)}</b><span class="hint">{w.say(meaning)}</span></span>
            </label>
        }
    };
    // Nobody shuts themselves out.
    let admins = (admin || chosen == Access::Admins)
        .then(|| one(Access::Admins, Word::ForAdmins, Word::ForAdminsMeans));
    view! {
        <fieldset class="options">
            <legend>{w.say(Word::WhoMayRead)}</legend>
            {one(Access::Open, Word::ForAll, Word::ForAllMeans)}
            {one(Access::Members, Word::ForMembers, Word::ForMembersMeans)}
            {admins}
        </fieldset>
    }
}

/// Everybody who belongs to a room.
#[must_use]
pub fn inside(shell: &Shell, room: RoomView) -> String {
    let w = Words::of(shell.lang);
    let title = w.with(Word::MembersOf, &[&room.name]);
    outside(shell, Outside::new(title.clone(), "sheet-page"), || {
        let lines = room.members.iter().map(|it| member(it, &room.name)).collect_view();
        let back = Sheet::About(room.name.clone()).address();
        let part = Part {
            address: Sheet::Inside(room.name.clone()).address(),
            find: "",
            offset: room.offset,
            shown: room.members.len(),
            more: room.more,
        };
        view! {
            <h1 dir="auto">{title}</h1>
            <ul class="someones">{lines}</ul>
            {paging(&part)}
            <p class="aside"><a class="link" href=back data-panel="">{w.say(Word::AboutRoom)}</a></p>
        }
    })
}

/// Making a room.
#[must_use]
pub fn new_room(shell: &Shell, name: &str, returned: Option<Returned>) -> String {
    let w = Words::of(shell.lang);
    outside(shell, Outside::new(w.say(Word::MakeARoom), "sheet-page"), || {
        let typed = |field: &str| returned.as_ref().map(|it| it.typed(field).to_owned());
        let about = |field: &str| returned.as_ref().and_then(|it| it.about(field));
        let (wrong_name, wrong_topic) = (about("name"), about("text"));
        let general = returned.as_ref().filter(|_| wrong_name.is_none() && wrong_topic.is_none());
        let access = typed("access").and_then(|it| Access::of_word(&it)).unwrap_or_default();
        view! {
            <h1>{w.say(Word::MakeARoom)}</h1>
            <form class="stack" method="post" action="/api/make_room">
                {page(shell)}
                {refused(general)}
                {field(Field {
                    label: w.say(Word::NameOfRoom),
                    name: "name",
                    autocomplete: "off",
                    hint: Some(w.with(Word::NameOfRoomHint, &[&limits::ROOM_NAME.to_string()])),
                    value: typed("name").unwrap_or_else(|| name.to_owned()),
                    first: wrong_topic.is_none(),
                    error: wrong_name,
                    ..Field::default()
                })}
                {field(Field {
                    label: w.say(Word::TopicOfRoom),
                    name: "text",
                    autocomplete: "off",
                    optional: true,
                    hint: Some(w.say(Word::TopicOfRoomHint).to_owned()),
                    value: typed("text").unwrap_or_default(),
                    first: wrong_topic.is_some(),
                    error: wrong_topic,
                    ..Field::default()
                })}
                {access_choice(access, shell.me.as_ref().is_some_and(|me| me.admin))}
                <button class="button">{w.say(Word::MakeRoom)}</button>
            </form>
            {shell.way_back()}
        }
    })
}
