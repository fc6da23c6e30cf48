//! The list of keys and commands.

use super::{
    Shell,
    document::{Outside, outside},
};
use crate::{
    client::{
        completion::{COMMANDS, hint},
        shortcuts::list,
    },
    protocol::urls,
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// The list, as `client::shortcuts` and `client::completion` have it.
#[must_use]
pub fn help(shell: &Shell) -> String {
    let title = Words::of(shell.lang).say(Word::Shortcuts);
    outside(shell, Outside::new(title, "sheet-page"), || {
        let w = words();
        let line = |(keys, word): &(&'static [&'static [&'static str]], Word)| {
            let combination = |keys: &&'static [&'static str]| {
                keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()
            };
            let keys: Vec<_> = keys
                .iter()
                .map(|it| view! { <span class="keys">{combination(it)}</span> })
                .collect();
            view! { <div><dt>{keys}</dt><dd>{w.say(*word)}</dd></div> }
        };
        let command = |name| {
            view! { <div><dt><kbd>{format!("/{name}")}</kbd></dt><dd>{w.say(hint(name))}</dd></div> }
        };
        view! {
            <h1>{title}</h1>
            <dl class="shortcuts">{list(shell.enter_breaks).iter().map(line).collect_view()}</dl>
            <h2>{w.say(Word::Commands)}</h2>
            <dl class="shortcuts">{COMMANDS.map(command).collect_view()}</dl>
            <p><a class="link" href=urls::SETTINGS data-panel="">{w.say(Word::Settings)}</a></p>
            {shell.way_back()}
        }
    })
}
