//! My account: password, sessions, and the invitations of those who look after the house.

use super::{
    Account, Returned, SessionLine, Shell, agent,
    document::{Outside, outside},
    parts::times,
};
use crate::{
    components::{
        face,
        field::{Field, field},
        notice,
        tree::Out,
    },
    protocol::{limits, sheets::Sheet, urls},
    words::{Word, Words, words},
};
use leptos::prelude::*;

const CHANGE_PASSWORD: &str = "/api/change_password";

/// My password and my sessions.
#[must_use]
pub fn account(shell: &Shell, account: Account, returned: Option<Returned>) -> String {
    let title = Words::of(shell.lang).say(Word::YourAccount);
    outside(shell, Outside::new(title, "account-page"), || {
        let (password, other) = match returned {
            Some(returned) if returned.action == CHANGE_PASSWORD => (Some(returned), None),
            other => (None, other),
        };
        view! {
            <h1>{title}</h1>
            {account.done.map(|done| view! { <p class="notice" role="status">{words().say(done)}</p> })}
            {other.map(|returned| notice::refused(&returned.refusal))}
            {my_face(shell, account.face.as_deref())}
            {change_password(shell, password.as_ref())}
            {sessions(shell, account.sessions)}
            {devices()}
            {house(shell)}
            {shell.way_back()}
        }
    })
}

/// The way to the devices that are told of what concerns me.
fn devices() -> impl IntoView + use<> {
    let w = words();
    view! {
        <section class="panel">
            <h2>{w.say(Word::DevicesTitle)}</h2>
            <p class="quiet">{w.say(Word::DevicesMeans)}</p>
            <p><a class="button quiet" href=urls::DEVICES data-panel="">{w.say(Word::DevicesWay)}</a></p>
        </section>
    }
}

/// The way to looking after the house, for those who do.
fn house(shell: &Shell) -> Option<impl IntoView + use<>> {
    shell.me.as_ref().filter(|me| me.admin)?;
    let w = words();
    Some(view! {
        <section class="panel">
            <h2>{w.say(Word::TheHouse)}</h2>
            <p class="quiet">{w.say(Word::TheHouseMeans)}</p>
            <p><a class="button quiet" href=Sheet::HousePeople.address() data-panel="">{w.say(Word::LookAfterHouse)}</a></p>
        </section>
    })
}

/// The picture beside my name: a form that carries it.
fn my_face(shell: &Shell, version: Option<&str>) -> impl IntoView + use<> {
    let w = words();
    let name = shell.me.as_ref().map(|me| me.name.clone()).unwrap_or_default();
    let has_one = version.is_some();
    view! {
        <section class="panel">
            <h2>{w.say(Word::Face)}</h2>
            <form class="face-form" method="post" action=urls::FACE enctype="multipart/form-data">
                <input type="hidden" name="page" value=shell.path.clone()/>
                {Out::view(|out| face::put(&name, version, false, false, out))}
                <input
                    type="file"
                    name="face"
                    accept="image/png,image/jpeg,image/gif,image/webp"
                    aria-label=w.say(Word::FaceChoose)
                />
                <button class="button">{w.say(Word::FaceSave)}</button>
                {has_one.then(|| view! {
                    <button class="button quiet" name="remove" value="1">{w.say(Word::FaceRemove)}</button>
                })}
            </form>
            <p class="hint">{w.say(Word::FaceHint)}</p>
        </section>
    }
}

fn change_password(shell: &Shell, returned: Option<&Returned>) -> impl IntoView + use<> {
    let (current, new) =
        (returned.and_then(|r| r.about("current")), returned.and_then(|r| r.about("new")));
    let general = returned
        .filter(|_| current.is_none() && new.is_none())
        .map(|r| notice::refused(&r.refusal));
    let (wrong_current, wrong_new) = (current.is_some(), new.is_some());
    let (least, most) = limits::PASSWORD;
    view! {
        <section class="panel">
            <h2>{words().say(Word::Password)}</h2>
            <form class="stack" method="post" action=CHANGE_PASSWORD>
                <input type="hidden" name="page" value=shell.path.clone()/>
                // Tells a password manager whose password this is.
                <input
                    type="text"
                    hidden=true
                    autocomplete="username"
                    value=shell.me.as_ref().map(|me| me.name.clone())
                />
                {general}
                {field(Field {
                    label: words().say(Word::CurrentPassword),
                    name: "current",
                    secret: true,
                    autocomplete: "current-password",
                    error: current,
                    first: wrong_current,
                    ..Field::default()
                })}
                {field(Field {
                    label: words().say(Word::NewPassword),
                    name: "new",
                    secret: true,
                    autocomplete: "new-password",
                    hint: Some(words().with(Word::NewPasswordHint, &[&least.to_string(), &most.to_string()])),
                    error: new,
                    first: wrong_new,
                    ..Field::default()
                })}
                <button class="button">{words().say(Word::ChangePassword)}</button>
            </form>
        </section>
    }
}

fn sessions(shell: &Shell, sessions: Vec<SessionLine>) -> impl IntoView + use<> {
    let lines = sessions
        .into_iter()
        .map(|session| {
            view! {
                <li>
                    <div class="what">
                        <b>{agent::in_words(&session.agent)}</b>
                        {session.this.then(|| view! { <span class="tag">{words().say(Word::ThisOne)}</span> })}
                        <p class="quiet">
                            {times(Word::Begun, &[session.created_at, session.seen_at])}
                        </p>
                    </div>
                    // This one is ended by logging out.
                    {(!session.this)
                        .then(|| end_button("/api/end_session", "session", session.id, &shell.path))}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <h2>{words().say(Word::WhereLoggedIn)}</h2>
            <ul class="lines">{lines}</ul>
        </section>
    }
}

fn end_button(
    action: &'static str,
    name: &'static str,
    id: String,
    path: &str,
) -> impl IntoView + use<> {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="page" value=path.to_owned()/>
            <input type="hidden" name=name value=id/>
            <button class="button quiet">{words().say(Word::End)}</button>
        </form>
    }
}
