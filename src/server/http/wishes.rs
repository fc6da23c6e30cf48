//! How somebody wants the house to speak and look: chosen in a cookie, else as the browser says.

use crate::words::Lang;
use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::CookieJar;

/// The cookie with the code of a language.
pub const LANG: &str = "lang";

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
