//! Language, light or dark, and keys: for visitors too, since it is kept in cookies.

use super::{
    Returned, Shell, Theme,
    document::{Outside, outside},
};
use crate::{
    components::notice,
    protocol::urls,
    words::{Lang, Word, Words, words},
};
use leptos::prelude::*;

const THEMES: [Word; Theme::ALL.len()] = [Word::ThemeSystem, Word::ThemeLight, Word::ThemeDark];

/// The settings.
#[must_use]
pub fn settings(shell: &Shell, returned: Option<Returned>) -> String {
    let title = Words::of(shell.lang).say(Word::Settings);
    outside(shell, Outside::new(title, "sheet-page"), || {
        let w = words();
        let (theme, off, breaks) = (shell.theme, shell.letters_off, shell.enter_breaks);
        // The whole page is in another language then: one comes back to what is beneath the panel.
        let back = (!shell.panel).then(page);
        view! {
            <h1>{title}</h1>
            {returned.map(|returned| notice::refused(&returned.refusal))}
            <form class="part" method="post" action="/api/choose" data-whole="">
                {back}
                <h2 id="choose-lang">{w.say(Word::Language)}</h2>
                <div class="choice" role="group" aria-labelledby="choose-lang">
                    {Lang::ALL.map(|lang| choice("lang", lang.code(), lang.name(), Some(lang.tag()), lang == shell.lang))}
                </div>
            </form>
            <form class="part" method="post" action="/api/choose" data-look="">
                {page()}
                <h2 id="choose-theme">{w.say(Word::Look)}</h2>
                <div class="choice" role="group" aria-labelledby="choose-theme">
                    {Theme::ALL.map(|it| choice("theme", it.code(), w.say(THEMES[it as usize]), None, it == theme))}
                </div>
            </form>
            <form class="part" method="post" action="/api/choose" data-look="">
                {page()}
                <h2 id="choose-enter">{w.say(Word::EnterKey)}</h2>
                <p class="quiet">{w.say(Word::EnterHint)}</p>
                <div class="choice" role="group" aria-labelledby="choose-enter">
                    {choice("enter", "send", w.say(Word::EnterSends), None, !breaks)}
                    {choice("enter", "line", w.say(Word::EnterBreaks), None, breaks)}
                </div>
            </form>
            <form class="part" method="post" action="/api/choose" data-look="">
                {page()}
                <h2 id="choose-letters">{w.say(Word::SingleKeys)}</h2>
                <p class="hint">{w.say(Word::SingleKeysHint)}</p>
                <div class="choice" role="group" aria-labelledby="choose-letters">
                    {choice("letters", "on", w.say(Word::On), None, !off)}
                    {choice("letters", "off", w.say(Word::Off), None, off)}
                </div>
            </form>
            <p><a class="link" href=urls::HELP data-panel="">{w.say(Word::Shortcuts)}</a></p>
            {shell.way_back()}
        }
    })
}

/// Comes back to the settings.
fn page() -> impl IntoView + use<> {
    view! { <input type="hidden" name="page" value=urls::SETTINGS/> }
}

fn choice(
    name: &'static str,
    value: &'static str,
    label: &'static str,
    lang: Option<&'static str>,
    chosen: bool,
) -> impl IntoView + use<> {
    view! {
        <button name=name value=value lang=lang aria-pressed=chosen.to_string()>
            {label}
        </button>
    }
}
