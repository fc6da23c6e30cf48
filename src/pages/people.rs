//! The people of the house, and one of them.

use super::{
    Returned, Shell,
    document::{Outside, outside},
    parts::{
        Light, Part, about, ago, day, find, lit_face, paging, press, refused, someone, sure,
        sure_calmly,
    },
};
use crate::{
    components::face::mark,
    protocol::{
        At, Target, limits,
        people::{People, PersonView, Role},
        sheets::Sheet,
        urls,
    },
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// Everybody in the house.
#[must_use]
pub fn people(shell: &Shell, people: People) -> String {
    let w = Words::of(shell.lang);
    outside(shell, Outside::new(w.say(Word::PeopleOfTheHouse), "sheet-page"), || {
        let address = Sheet::People.address();
        let part = Part {
            address: address.clone(),
            find: &people.query,
            offset: people.offset,
            shown: people.people.len(),
            more: people.more,
        };
        let paging = paging(&part);
        let nobody = people
            .people
            .is_empty()
            .then(|| view! { <p class="none">{w.with(Word::NobodyFound, &[&people.query])}</p> });
        // A few are seen at once: nobody looks for them.
        let many = people.more || people.offset > 0 || !people.query.is_empty();
        let find = (many || people.people.len() > limits::SEARCHED)
            .then(|| find(address, Word::FindSomebody, &people.query));
        let lines = people
            .people
            .iter()
            .map(|line| {
                let tag = line.admin.then_some(Word::Administrator);
                view! { <li>{someone(&line.name, Light::of(line), tag, None)}</li> }
            })
            .collect_view();
        view! {
            <h1>{w.say(Word::PeopleOfTheHouse)}</h1>
            {find}
            <ul class="someones">{lines}</ul>
            {nobody}
            {paging}
            {shell.way_back()}
        }
    })
}

/// What may be done with somebody in a room.
#[derive(Clone, Debug)]
pub struct InRoom {
    /// Its name.
    pub room: String,
    /// What they are in it; none for who does not belong to it.
    pub role: Option<Role>,
    /// Whether they are kept out of it.
    pub banned: bool,
}

/// Somebody's card. `room`: it is seen from there, by one who keeps order in it.
#[must_use]
pub fn person(
    shell: &Shell,
    person: PersonView,
    room: Option<InRoom>,
    now: At,
    returned: Option<Returned>,
) -> String {
    let name = person.line.name.clone();
    outside(shell, Outside::new(name, "sheet-page card-page"), || {
        let w = words();
        let line = &person.line;
        let light = Light::of(line);
        let seen = match (about(light), line.last_seen) {
            (Some(word), _) => view! { <span class="is-here">{w.say(word)}</span> }.into_any(),
            (None, Some(at)) => view! { {w.say(Word::LastHere)} " " {ago(at, now)} }.into_any(),
            (None, None) => w.say(Word::NotHere).into_any(),
        };
        let tags = [
            (person.me, Word::ThisIsYou),
            (line.admin, Word::Administrator),
            (person.banned, Word::KeptOut),
            (person.blocked, Word::YouBlocked),
        ];
        let tags = tags
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, tag)| view! { <span class="tag">{w.say(tag)}</span> })
            .collect_view();
        let main = if person.me {
            view! {
                <a class="button quiet" href=urls::ACCOUNT data-panel="">{w.say(Word::ToYourAccount)}</a>
            }
            .into_any()
        } else {
            let talk = urls::page(&Target::Person(line.name.clone()));
            view! { <a class="button" href=talk>{w.say(Word::WriteTo)}</a> }.into_any()
        };
        let common = person
            .in_common
            .iter()
            .map(|room| {
                view! {
                    <li><a class="someone" href=urls::page(room)>
                        {mark(room, None, false)}
                        <bdi class="name" dir="auto">{room.name().to_owned()}</bdi>
                    </a></li>
                }
            })
            .collect_view();
        let common = (!person.in_common.is_empty() && !person.me).then(|| {
            view! {
                <section class="part">
                    <h2>{w.say(Word::RoomsInCommon)}</h2>
                    <ul class="someones">{common}</ul>
                </section>
            }
        });
        let harsh = harsh(shell, &person, room);
        view! {
            <div class="card-head">
                <span class="big">{lit_face(&line.name, light)}</span>
                <h1><bdi dir="auto">{line.name.clone()}</bdi></h1>
                <p class="quiet">{seen}</p>
                <p class="tags">{tags}</p>
                {refused(returned.as_ref())}
                <p class="card-main">{main}</p>
            </div>
            <p class="quiet since">{w.with(Word::HereSince, &[&day(person.since)])}</p>
            {common}
            {harsh}
            {shell.way_back()}
        }
    })
}

/// What one does to somebody and would rather not.
fn harsh(shell: &Shell, person: &PersonView, room: Option<InRoom>) -> Option<AnyView> {
    let me = shell.me.as_ref().filter(|_| !person.me)?;
    let w = words();
    let name = &person.line.name;
    let to = || vec![("person", name.clone())];
    let switch = |on: bool| vec![("person", name.clone()), ("on", on.to_string())];
    let quiet = "button quiet";
    let mut all = vec![if person.blocked {
        press(shell, "/api/block", quiet, Word::Unblock, switch(false))
    } else {
        sure(shell, "/api/block", Word::Block, w.with(Word::BlockMeans, &[name]), switch(true))
    }];
    if let Some(InRoom { room, role, banned }) = room {
        let there = |more: &[(&'static str, &str)]| {
            let mut along = vec![("room", room.clone()), ("person", name.clone())];
            along.extend(more.iter().map(|(field, value)| (*field, (*value).to_owned())));
            along
        };
        let both = [name.as_str(), room.as_str()];
        all.push(view! { <h2 dir="auto">{w.with(Word::SaidIn, &[&room])}</h2> }.into_any());
        if let Some(role) = role {
            let (word, means, next) = match role {
                Role::Member => (Word::MakeModerator, Word::MakeModeratorMeans, Role::Moderator),
                Role::Moderator => {
                    (Word::UnmakeModerator, Word::UnmakeModeratorMeans, Role::Member)
                }
            };
            let along = there(&[("role", next.word())]);
            all.push(sure_calmly(shell, "/api/set_role", word, w.with(means, &both), along));
            let means = w.with(Word::RemoveMeans, &both);
            all.push(sure(shell, "/api/remove", Word::RemoveFromRoom, means, there(&[])));
        }
        all.push(if banned {
            press(shell, "/api/ban", quiet, Word::LetIntoRoom, there(&[("on", "false")]))
        } else {
            let means = w.with(Word::BanMeans, &both);
            sure(shell, "/api/ban", Word::BanFromRoom, means, there(&[("on", "true")]))
        });
    }
    if me.admin {
        all.push(view! { <h2>{w.say(Word::InTheHouse)}</h2> }.into_any());
        if person.banned {
            all.push(press(shell, "/api/ban_user", quiet, Word::LetIntoHouse, switch(false)));
        } else {
            let (word, means) = if person.line.admin {
                (Word::UnmakeAdmin, Word::UnmakeAdminMeans)
            } else {
                (Word::MakeAdmin, Word::MakeAdminMeans)
            };
            let means = w.with(means, &[name]);
            all.push(sure_calmly(shell, "/api/set_admin", word, means, switch(!person.line.admin)));
            let means = w.with(Word::EndSessionsMeans, &[name]);
            all.push(sure(shell, "/api/end_sessions_of", Word::EndSessions, means, to()));
            let means = w.with(Word::BanFromHouseMeans, &[name]);
            all.push(sure(shell, "/api/ban_user", Word::BanFromHouse, means, switch(true)));
        }
    }
    Some(view! { <section class="part harsh">{all}</section> }.into_any())
}
