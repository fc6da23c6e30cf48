//! `POST /api/v1/files` and `GET /files/<id>/<name>`: what people send that is no text.
//!
//! Whatever it is, nothing of it runs here: it has the type of its content or none, is never taken
//! for another one (`nosniff`), may load and do nothing (its policy), belongs to this site's pages
//! alone, and is saved rather than shown unless it is a picture that was drawn anew.

use super::visit::{Asking, Calling};
use super::{App, multipart, problem};
use crate::protocol::views::FileView;
use crate::protocol::{Code, Refusal, urls};
use crate::server::domain::Who;
use crate::server::domain::files::Shown;
use crate::words::Word;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use std::collections::HashMap;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::time::timeout;

/// How long a file may take to arrive: 20 MiB by a slow telephone.
const PATIENCE: Duration = Duration::from_secs(600);
/// Bytes that are read from the disk at a time.
const PIECE: u64 = 64 * 1024;
/// What nobody runs, whatever it is.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");
/// An id never names another content. It is for whoever was let in and nobody between.
const KEPT: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// How long this request may take, where it carries a file.
#[must_use]
pub fn patience(request: &Request) -> Option<Duration> {
    let carries = *request.method() == Method::POST
        && (request.uri().path() == urls::UPLOAD || multipart::is(request.headers()));
    carries.then_some(PATIENCE)
}

/// The next piece of a body.
///
/// # Errors
/// When it does not come in time or breaks off.
pub async fn piece(app: &App, body: &mut BodyDataStream) -> io::Result<Option<Bytes>> {
    match timeout(app.domain.config.body_patience, body.next()).await {
        Ok(piece) => piece.transpose().map_err(io::Error::other),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Send a file
///
/// The bytes are the body; a form (multipart/form-data) is taken too, its first file. It waits a day for a
/// message of yours that takes it. Needs the scope `write`.
#[utoipa::path(post, path = "/api/v1/files", operation_id = "send_file", tag = "messages",
    params(("name" = Option<String>, Query, nullable = false, description = "What the file is called.", example = "plan.pdf")),
    request_body(content = inline(super::v1::schemas::Bytes), content_type = "application/octet-stream", description = "The bytes."),
    responses((status = 201, description = "It was taken in.", body = FileView)))]
pub async fn take(
    State(app): State<App>,
    Calling(who): Calling,
    Query(asked): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    if let Err(refusal) = who.member() {
        return problem::json(&refusal);
    }
    let taken = if multipart::is(request.headers()) {
        multipart::first_file(&app, &who, request).await
    } else {
        let name = asked.get("name").map(String::as_str).unwrap_or_default();
        take_body(&app, &who, name, request).await
    };
    match taken {
        Ok(view) => (StatusCode::CREATED, axum::Json(view)).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

/// The answer to a file that is refused. One that is too large is a body that is too large, which has a status
/// of its own in HTTP; its code and its words are those that it has everywhere.
#[must_use]
pub fn refused(refusal: &Refusal) -> Response {
    let is_file = refusal.field.as_deref() == Some("file");
    if refusal.code == Code::TooLong && is_file {
        problem::of_kind(refusal, "too_large")
    } else {
        problem::json(refusal)
    }
}

async fn take_body(
    app: &App,
    who: &Who,
    name: &str,
    request: Request,
) -> Result<FileView, Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let mut file = app.domain.receive(who, name, length).await?;
    let mut body = request.into_body().into_data_stream();
    while let Some(bytes) = piece(app, &mut body).await.map_err(broken)? {
        file.write(&bytes).await?;
    }
    app.domain.received(file).await
}

/// The refusal of a body that did not come to its end.
pub fn broken(error: io::Error) -> Refusal {
    tracing::debug!(%error, "a file broke off");
    Refusal { temporary: true, ..Refusal::invalid("file", Word::FileBroke) }
}

/// A file for whoever may see it. (The name in the address is not looked at.)
pub async fn show(
    State(app): State<App>,
    Asking(who): Asking,
    Path((id, _)): Path<(String, String)>,
    Query(asked): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let small = asked.contains_key("small");
    match app.domain.file(&who, &id, small).await {
        Ok(shown) => send(&app, shown, &headers).await,
        Err(refusal) => problem::json(&refusal),
    }
}

async fn send(app: &App, shown: Shown, asked: &HeaderMap) -> Response {
    let Shown { name, kind, hash } = shown;
    let (mut file, bytes) = match app.domain.files.shelf.open(&hash).await {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, hash, "the content of a file is not there");
            return problem::json(&Refusal::not_found("such file"));
        }
    };
    let range = asked.get(header::RANGE).and_then(|range| range.to_str().ok());
    let mut response = match range.map_or(Part::Whole, |range| part(range, bytes)) {
        Part::Whole => whole(Body::from_stream(pieces(file, bytes)), bytes),
        Part::Some { from, to } => {
            if let Err(error) = file.seek(io::SeekFrom::Start(from)).await {
                tracing::error!(%error, hash, "the content of a file cannot be read");
                return problem::json(&Refusal::unavailable());
            }
            let count = to - from + 1;
            let mut response = whole(Body::from_stream(pieces(file, count)), count);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes {from}-{to}/{bytes}"));
            response
        }
        Part::None => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{bytes}"));
            response
        }
    };
    let is_picture = kind.starts_with("image/");
    let kind = if kind == "text/plain" { "text/plain; charset=utf-8" } else { &kind };
    let how = if is_picture { "inline" } else { "attachment" };
    set(&mut response, header::CONTENT_TYPE, kind);
    let disposition = format!("{how}; filename*=UTF-8''{}", urls::encode(&name));
    set(&mut response, header::CONTENT_DISPOSITION, &disposition);
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    harmless(&mut response);
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    response
}

/// What keeps a content from doing anything anywhere.
pub fn harmless(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
}

fn whole(body: Body, bytes: u64) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    // Made of numbers, of our own words, and of what is encoded.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn pieces(
    file: tokio::fs::File,
    bytes: u64,
) -> impl stream::Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((file, bytes), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(left.min(PIECE) as usize);
        let read = (&mut file).take(left.min(PIECE)).read_to_end(&mut bytes).await? as u64;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some((Bytes::from(bytes), (file, left - read))))
    })
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// With the byte at `to`.
    Some {
        from: u64,
        to: u64,
    },
    None,
}

/// Reads a range (RFC 9110, section 14). One of several parts, or of another unit, is passed over.
fn part(range: &str, bytes: u64) -> Part {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Part::Whole;
    };
    let number = |text: &str| -> Result<Option<u64>, ()> {
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| ()) }
    };
    let last = bytes.saturating_sub(1);
    match (number(from), number(to)) {
        (Ok(Some(from)), Ok(to)) if to.is_none_or(|to| to >= from) => {
            if from >= bytes {
                return Part::None;
            }
            Part::Some { from, to: to.unwrap_or(last).min(last) }
        }
        (Ok(None), Ok(Some(0))) => Part::None,
        (Ok(None), Ok(Some(_))) if bytes == 0 => Part::None,
        (Ok(None), Ok(Some(count))) => Part::Some { from: bytes.saturating_sub(count), to: last },
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_meant() {
        let some = |from, to| Part::Some { from, to };
        for (range, read) in [
            ("bytes=0-", some(0, 99)),
            ("bytes=0-0", some(0, 0)),
            ("bytes=10-19", some(10, 19)),
            ("bytes=90-1000", some(90, 99)),
            ("bytes=-5", some(95, 99)),
            ("bytes=-500", some(0, 99)),
            ("bytes=100-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=x-", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            assert_eq!(part(range, 100), read, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Part::None);
    }
}
