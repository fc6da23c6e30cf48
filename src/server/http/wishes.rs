//! How somebody wants the house to speak and look: chosen in a cookie, else as the browser says.

use crate::pages::Theme;
use crate::server::config::Config;
use crate::words::Lang;
use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

/// The cookie with the code of a language.
pub const LANG: &str = "lang";

/// The cookie with the name of a theme.
pub const THEME: &str = "theme";
/// The cookie that says whether keys of one letter do anything: `off` where they do not.
pub const LETTERS: &str = "letters";
/// The cookie that says what Enter does in the composer: `line` where it breaks the line.
pub const ENTER: &str = "enter";

/// A choice is kept for a year after it was made.
const KEPT_SECONDS: u32 = 365 * 86_400;

/// Light or dark, as chosen.
#[must_use]
pub fn theme(headers: &HeaderMap) -> Theme {
    let jar = CookieJar::from_headers(headers);
    jar.get(THEME).and_then(|it| Theme::from_code(it.value())).unwrap_or_default()
}

/// Whether keys of one letter are turned off.
#[must_use]
pub fn letters_off(headers: &HeaderMap) -> bool {
    CookieJar::from_headers(headers).get(LETTERS).is_some_and(|it| it.value() == "off")
}

/// Whether Enter breaks the line.
#[must_use]
pub fn enter_breaks(headers: &HeaderMap) -> bool {
    CookieJar::from_headers(headers).get(ENTER).is_some_and(|it| it.value() == "line")
}

/// The cookie that keeps a choice.
#[must_use]
pub fn cookie(config: &Config, name: &'static str, value: String) -> String {
    let mut cookie = Cookie::new(name, value);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(config.is_https());
    cookie.set_path("/");
    format!("{cookie}; Max-Age={KEPT_SECONDS}")
}

/// The language of whoever asks. What a cookie or header holds that no language is called by counts
/// as nothing.
#[must_use]
pub fn lang(headers: &HeaderMap) -> Lang {
    let chosen =
        CookieJar::from_headers(headers).get(LANG).and_then(|it| Lang::from_code(it.value()));
    let accepted = || {
        let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Lang::accepted(header)
    };
    chosen.or_else(accepted).unwrap_or_default()
}
