//! What a request tells of whoever sends it: credentials, address, browser; and the cookie that
//! answers it.

use super::{App, problem};
use crate::protocol::{Refusal, panel};
use crate::server::config::Config;
use crate::server::domain::Who;
use crate::server::domain::accounts::Visit;
use crate::server::domain::sessions::{Begun, Credentials, cookie_seconds};
use crate::server::security::addresses;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use std::net::{IpAddr, SocketAddr};

/// The session's cookie. (No `__Host-` prefix: a house on plain http could not set it.)
pub const COOKIE: &str = "roomful_session";

/// What the request shows; a token counts before a cookie.
#[must_use]
pub fn credentials(headers: &HeaderMap) -> Credentials {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        // Credentials of a kind that is not known are wrong ones, not none.
        return Credentials::Token(token.unwrap_or_default());
    }
    match CookieJar::from_headers(headers).get(COOKIE) {
        Some(cookie) => Credentials::Session(cookie.value().to_owned()),
        None => Credentials::None,
    }
}

/// The client's address.
#[must_use]
pub fn address(config: &Config, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    addresses::client(peer.ip(), headers, &config.trusted_proxies)
}

/// Address and browser of a request.
#[must_use]
pub fn visit(config: &Config, parts: &Parts) -> Visit {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |info| info.0);
    let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Visit {
        address: address(config, peer, &parts.headers),
        agent: agent.unwrap_or_default().to_owned(),
    }
}

/// The cookie of a session that has begun.
#[must_use]
pub fn cookie(config: &Config, begun: Begun) -> String {
    build(config, begun.secret, cookie_seconds())
}

/// The cookie that takes the session's away.
#[must_use]
pub fn no_cookie(config: &Config) -> String {
    build(config, String::new(), 0)
}

fn build(config: &Config, value: String, seconds: i64) -> String {
    let mut cookie = Cookie::new(COOKIE, value);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(config.is_https());
    cookie.set_path("/");
    format!("{cookie}; Max-Age={seconds}")
}

/// Whether only a page's content is wanted, for a panel.
#[must_use]
pub fn is_for_panel(headers: &HeaderMap) -> bool {
    headers.contains_key(panel::HEADER)
}

/// Whoever asks for a page: an ended session is a visitor's there.
pub struct Asking(pub Who);

impl FromRequestParts<App> for Asking {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match app.domain.recognise(credentials(&parts.headers)).await {
            Ok(who) => Ok(Self(who.unwrap_or_default())),
            Err(refusal) => Err(problem::json(&refusal)),
        }
    }
}

/// Whoever calls the HTTP API: credentials that are wrong are refused.
pub struct Calling(pub Who);

impl FromRequestParts<App> for Calling {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match app.domain.recognise(credentials(&parts.headers)).await {
            Ok(Some(who)) => Ok(Self(who)),
            Ok(None) => Err(problem::json(&Refusal::login_needed())),
            Err(refusal) => Err(problem::json(&refusal)),
        }
    }
}
