//! How the house speaks and looks to somebody, kept in cookies.

use crate::protocol::Refusal;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    pages::Theme,
    protocol::urls,
    server::http::{
        forms::{set_cookie, surroundings},
        visit, wishes,
    },
    words::{Lang, Word},
};

/// Chooses what is given: a language, light or dark, keys of one letter (`on`, `off`), what Enter
/// does (`send`, `line`). Then back to `page`, or to where the form stood.
///
/// # Errors
/// `invalid` for what cannot be chosen.
#[server(endpoint = "choose")]
pub async fn choose(
    lang: Option<String>,
    theme: Option<String>,
    letters: Option<String>,
    enter: Option<String>,
    page: Option<String>,
) -> Result<(), Refusal> {
    let (app, parts) = surroundings()?;
    let speaks = lang.as_deref().and_then(Lang::from_code);
    type CanBe = fn(&str) -> bool;
    let chosen: [(&str, Option<String>, CanBe); 4] = [
        (wishes::LANG, lang, |it: &str| Lang::from_code(it).is_some()),
        (wishes::THEME, theme, |it: &str| Theme::from_code(it).is_some()),
        (wishes::LETTERS, letters, |it: &str| matches!(it, "on" | "off")),
        (wishes::ENTER, enter, |it: &str| matches!(it, "send" | "line")),
    ];
    for (name, value, can_be) in chosen {
        let Some(value) = value else { continue };
        if !can_be(&value) {
            return Err(Refusal::invalid(name, Word::NotAChoice));
        }
        set_cookie(&wishes::cookie(&app.domain.config, name, value));
    }
    if let Some(lang) = speaks
        && let Some(who) = app.domain.recognise(visit::credentials(&parts.headers)).await?
    {
        app.domain.device_speaks(&who, lang).await?;
    }
    if let Some(page) = page {
        leptos_axum::redirect(&urls::safe_next(Some(&page)));
    }
    Ok(())
}
