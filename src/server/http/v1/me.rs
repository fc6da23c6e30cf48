//! Who is calling.

use super::super::visit::Calling;
use super::super::{App, problem};
use crate::protocol::At;
use crate::protocol::tokens::Scope;
use crate::protocol::views::AuthorKind;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Whoever calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct Myself {
    /// Your name.
    name: String,
    /// Whether you look after the house.
    admin: bool,
    /// How what you say is marked: a program's or a person's.
    kind: AuthorKind,
    /// The token that you show; none for a session.
    token: Option<MyToken>,
}

/// A token, to its program.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyToken {
    /// Its public id.
    id: String,
    /// What it is called; may be empty.
    name: String,
    /// What it may be used for.
    scopes: Vec<Scope>,
    /// When it ends by itself.
    expires_at: Option<At>,
}

/// Who am I
///
/// Whose token this is, and what it may be used for. Needs no scope.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "me", tag = "me",
    responses((status = 200, description = "You.", body = Myself)))]
pub async fn show(State(_): State<App>, Calling(who): Calling) -> Response {
    match who.member() {
        Ok(me) => Json(Myself {
            name: me.name.to_string(),
            admin: me.admin,
            kind: me.kind,
            token: me.token.as_ref().map(|token| MyToken {
                id: token.id.clone(),
                name: token.name.clone(),
                scopes: token.scopes.each().collect(),
                expires_at: token.expires_at,
            }),
        })
        .into_response(),
        Err(refusal) => problem::json(&refusal),
    }
}
