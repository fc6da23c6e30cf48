//! `GET /face/<name>` and the form that puts a picture there.

use super::guard::Nonce;
use super::visit::Asking;
use super::{App, files, forms, multipart, pages, problem};
use crate::pages::Returned;
use crate::protocol::{Refusal, urls};
use crate::words::Word;
use axum::Extension;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use std::collections::HashMap;
use tokio::io::AsyncReadExt as _;

/// The field that the picture is in.
pub const FIELD: &str = "face";
/// The field that takes it away.
const REMOVE: &str = "remove";

/// A person's face.
pub async fn show(
    State(app): State<App>,
    Asking(who): Asking,
    Path(name): Path<String>,
    Query(asked): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    match app.domain.face(&who, &name) {
        Ok((hash, version)) => {
            let this = asked.get("v").is_some_and(|asked| *asked == version);
            send(&app, &hash, this, &headers).await
        }
        Err(refusal) => problem::json(&refusal),
    }
}

async fn send(app: &App, hash: &str, this: bool, asked: &HeaderMap) -> Response {
    let tag = format!("\"{hash}\"");
    let held = asked.get(header::IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    let mut response = if held.is_some_and(|held| held.contains(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut bytes = Vec::new();
        let read = async {
            let (mut file, _) = app.domain.files.shelf.open(hash).await?;
            file.read_to_end(&mut bytes).await
        };
        if let Err(error) = read.await {
            tracing::error!(%error, hash, "a face is not there");
            return problem::json(&Refusal::not_found("such face"));
        }
        // It was drawn here: it is of one of two kinds.
        let kind = if bytes.starts_with(b"RIFF") { "image/webp" } else { "image/jpeg" };
        ([(header::CONTENT_TYPE, kind)], bytes).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    // Under its version it never changes; by its name alone it must be asked for again.
    let kept = if this { "private, max-age=31536000, immutable" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    files::harmless(&mut response);
    response
}

/// Puts a picture there, or takes it away.
pub async fn put(
    State(app): State<App>,
    Asking(who): Asking,
    Extension(nonce): Extension<Nonce>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let put = async {
        let _place = app.domain.line_up(&who)?;
        let form = multipart::in_memory(&app, request, FIELD).await?;
        let picture = match form {
            form if form.fields.iter().any(|(name, _)| name == REMOVE) => None,
            multipart::Small { file: Some(bytes), .. } => Some(bytes),
            _ => return Err(Refusal::invalid(FIELD, Word::FaceNone)),
        };
        app.domain.set_face(&who, picture).await
    };
    match put.await {
        Ok(()) => forms::redirect(Redirect::to(urls::ACCOUNT).into_response(), &[], &headers),
        Err(refusal) => {
            let html = headers
                .get(header::ACCEPT)
                .and_then(|accept| accept.to_str().ok())
                .is_some_and(|accept| accept.contains("text/html"));
            if !html {
                return problem::json(&refusal);
            }
            let action = urls::FACE.to_owned();
            let returned = Returned { action, refusal, fields: Vec::new() };
            pages::again(&app, &headers, &nonce.0, urls::ACCOUNT, returned).await
        }
    }
}
