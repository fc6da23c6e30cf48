//! What every use of a token passes and leaves: how fast it may be used, and the note of it.

use super::{App, hooks, problem, visit};
use crate::protocol::At;
use crate::protocol::tokens::TokenUseView;
use crate::server::domain::Who;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use std::net::SocketAddr;

/// The id of the token that a request shows, also of one that has ended. Nothing is looked at where no header
/// says so.
async fn shown(app: &App, headers: &HeaderMap) -> Option<String> {
    headers.get(header::AUTHORIZATION)?;
    let credentials = visit::credentials(headers);
    // Whether wrong credentials or a database that fails refuse it is for what is asked to say.
    match app.domain.recognise(credentials.clone()).await.ok()? {
        Some(Who::Member(me)) => me.token.as_ref().map(|token| token.id.clone()),
        Some(Who::Visitor) => None,
        None => app.domain.ended_token(&credentials).await,
    }
}

/// Answers what may be answered, and notes it where a token was used.
pub async fn noted(
    app: &App,
    request: Request,
    peer: SocketAddr,
    answer: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let Some(token) = shown(app, request.headers()).await else { return answer(request).await };
    let path = hooks::without_secret(request.uri().path()).to_owned();
    let method = request.method().to_string();
    let address = visit::address(&app.domain.config, peer, request.headers());
    let response = match app.domain.token_rate.may_use(&token) {
        Ok(()) => answer(request).await,
        Err(refusal) => problem::json(&refusal),
    };
    let is_socket = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    app.domain.audit.note(TokenUseView {
        token,
        at: At::now(),
        method: if is_socket { "socket".to_owned() } else { method },
        path,
        status: response.status().as_u16(),
        address: address.to_string(),
    });
    response
}
