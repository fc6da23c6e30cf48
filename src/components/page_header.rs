//! The header of the pages outside the rooms: the house's name and my account.

use super::{
    bell::bell,
    face::face,
    side::{find, log_out},
    tree::Out,
    window::window,
};
use crate::{
    pages::{Shell, SignUp},
    protocol::urls,
    words::{Word, words},
};
use leptos::prelude::*;

/// The header; `account` leaves the menu out where the page itself is about logging in.
pub fn page_header(shell: &Shell, account: bool) -> impl IntoView + use<> {
    view! {
        <header class="top">
            <a class="logo" href=urls::INDEX>
                {window(true, false)}
                <b>"Roomful"</b>
            </a>
            // Nobody can log in before the first account is made.
            {(account && !shell.setting_up).then(|| account_menu(shell))}
        </header>
    }
}

fn account_menu(shell: &Shell) -> AnyView {
    let w = words();
    let Some(me) = &shell.me else {
        let sign_up = shell.sign_up == SignUp::Open;
        return view! {
            <nav class="account" aria-label=w.say(Word::Account)>
                {Out::view(find)}
                <a class="button quiet" href=urls::LOG_IN>{w.say(Word::LogIn)}</a>
                {sign_up.then(|| view! { <a class="button" href=urls::SIGN_UP>{w.say(Word::SignUp)}</a> })}
            </nav>
        }
        .into_any();
    };
    view! {
        <nav class="account" aria-label=w.say(Word::Account)>
            {Out::view(find)}
            {Out::view(|out| bell(shell.notices, out))}
            <a class="who" href=urls::ACCOUNT>
                {face(&me.name, true, false)}
                <bdi dir="auto">{me.name.clone()}</bdi>
            </a>
            {Out::view(|out| log_out(&me.name, &shell.path, out))}
        </nav>
    }
    .into_any()
}

/// The foot of the pages outside the rooms.
pub fn foot() -> impl IntoView {
    let w = words();
    view! {
        <footer class="foot">
            <a class="link" href=urls::SETTINGS data-panel="">{w.say(Word::Settings)}</a>
            <a class="link" href=urls::HELP data-panel="">{w.say(Word::Shortcuts)}</a>
        </footer>
    }
}
