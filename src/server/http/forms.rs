//! Server functions over HTTP. A plain form that is refused is answered with its own page, filled
//! in as it was; one that succeeds is answered with a redirect, so that a reload posts nothing.

use super::guard::Nonce;
use super::{App, body, multipart, pages, problem, visit};
use crate::pages::Returned;
use crate::protocol::{Refusal, panel, urls};
use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::sync::Arc;

/// Tells a browser what to forget. Only one that came encrypted, or from the same machine, obeys.
const CLEAR_SITE_DATA: &str = "clear-site-data";

/// What a server function finds of the request that it runs in.
#[derive(Clone)]
pub struct Doorway {
    /// The house and its settings.
    pub app: App,
}

/// Runs the server function that the path names, in the name of whoever asks.
async fn run(app: &App, request: Request) -> Response {
    let (path, method) = (request.uri().path().to_owned(), request.method().clone());
    if server_fn::axum::get_server_fn_service(&path, method).is_none() {
        return problem::json(&Refusal::not_found("such call"));
    }
    let doorway = Doorway { app: app.clone() };
    let provide = move || provide_context(doorway.clone());
    leptos_axum::handle_server_fns_with_context(provide, request).await.into_response()
}

/// A call of the browser's program by GET.
pub async fn call(State(app): State<App>, mut request: Request) -> Response {
    // Never a redirect to wherever the call came from.
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = run(&app, request).await;
    as_refusal(response).await
}

/// A call of the browser's program, or a plain form.
pub async fn post(
    State(app): State<App>,
    Extension(nonce): Extension<Nonce>,
    request: Request,
) -> Response {
    let request = if multipart::is(request.headers()) {
        match without_files(&app, &nonce, request).await {
            Ok(request) => request,
            Err(answer) => return answer,
        }
    } else {
        match body::take_in(&app, request).await {
            Ok(request) => request,
            Err(answer) => return answer,
        }
    };
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("text/html")) {
        return as_refusal(run(&app, request).await).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, super::BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = parts.headers.clone();
    let action = parts.uri.path().to_owned();
    // The server function answers as to a program; what a person sees is made of that here.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = run(&app, Request::from_parts(parts, Body::from(body.clone()))).await;
    if response.status().is_success() {
        return redirect(response, &fields(&body), &headers);
    }
    let refusal = refusal_of(response).await;
    let fields = fields(&body);
    let page = came_from(&fields, &headers);
    let returned = Returned {
        action,
        refusal,
        fields: fields.into_iter().filter(|(name, _)| !is_secret(name)).collect(),
    };
    pages::again(&app, &headers, &nonce.0, &page, returned).await
}

/// A form whose files are taken in first: what is refused of them is the form's own refusal.
async fn without_files(app: &App, nonce: &Nonce, request: Request) -> Result<Request, Response> {
    let headers = request.headers().clone();
    let action = request.uri().path().to_owned();
    let who = app.domain.recognise(visit::credentials(&headers)).await;
    let who = who.map_err(|refusal| problem::json(&refusal))?.unwrap_or_default();
    match body::in_line(app, multipart::plain(app, &who, request)).await? {
        Ok(request) => Ok(request),
        Err(multipart::Refused { refusal, fields }) => {
            let page = came_from(&fields, &headers);
            let fields = fields.into_iter().filter(|(name, _)| !is_secret(name)).collect();
            let returned = Returned { action, refusal, fields };
            Err(pages::again(app, &headers, &nonce.0, &page, returned).await)
        }
    }
}

fn is_secret(field: &str) -> bool {
    matches!(field, "password" | "current" | "new" | "key")
}

fn fields(body: &Bytes) -> Vec<(String, String)> {
    serde_urlencoded::from_bytes(body).unwrap_or_default()
}

/// The page that the form stands on: it says so itself, since a Referer may be missing.
fn came_from(fields: &[(String, String)], headers: &HeaderMap) -> String {
    let said = fields.iter().find(|(name, _)| name == "page").map(|(_, page)| page.clone());
    let referer = || {
        let referer = headers.get(header::REFERER)?.to_str().ok()?;
        let (_, rest) = referer.split_once("://")?;
        rest.find('/').map(|at| rest[at..].to_owned())
    };
    urls::safe_next(said.or_else(referer).as_deref())
}

/// Leads whoever sent a form to where an answer says.
pub(super) fn redirect(
    mut done: Response,
    fields: &[(String, String)],
    headers: &HeaderMap,
) -> Response {
    let location = done.headers_mut().remove(header::LOCATION);
    let location = location.unwrap_or_else(|| {
        HeaderValue::from_str(&came_from(fields, headers)).unwrap_or(HeaderValue::from_static("/"))
    });
    // A panel is told where it leads rather than led: the program may have the place already.
    let (status, where_to) = if visit::is_for_panel(headers) {
        (StatusCode::NO_CONTENT, HeaderName::from_static(panel::GO))
    } else {
        (StatusCode::SEE_OTHER, header::LOCATION)
    };
    let mut response = status.into_response();
    for name in [header::SET_COOKIE, HeaderName::from_static(CLEAR_SITE_DATA)] {
        for value in done.headers().get_all(&name) {
            response.headers_mut().append(&name, value.clone());
        }
    }
    response.headers_mut().insert(where_to, location);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static(panel::HEADER));
    response
}

async fn refusal_of(response: Response) -> Refusal {
    let body = to_bytes(response.into_body(), super::BODY).await.unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_else(|_| Refusal::unavailable())
}

/// A refused call keeps its JSON and gets the status that goes with it.
async fn as_refusal(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, super::BODY).await.unwrap_or_default();
    if let Ok(refusal) = serde_json::from_slice::<Refusal>(&body) {
        parts.status = problem::status(&refusal);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Body::from(body))
}

/// For server functions: the house, and who asks.
pub async fn asking() -> Result<(Arc<super::Domain>, crate::server::domain::Who), Refusal> {
    let (app, parts) = surroundings()?;
    let who = app.domain.recognise(visit::credentials(&parts.headers)).await?;
    Ok((Arc::clone(&app.domain), who.unwrap_or_default()))
}

/// For server functions: the house, and the request they run in.
///
/// # Errors
/// `unavailable` outside of a request.
pub fn surroundings() -> Result<(App, axum::http::request::Parts), Refusal> {
    let doorway = leptos::prelude::use_context::<Doorway>();
    let parts = leptos::prelude::use_context::<axum::http::request::Parts>();
    doorway.map(|doorway| doorway.app).zip(parts).ok_or_else(Refusal::unavailable)
}

/// For server functions: sets a cookie in the answer.
pub fn set_cookie(cookie: &str) {
    if let (Some(response), Ok(value)) = (
        leptos::prelude::use_context::<leptos_axum::ResponseOptions>(),
        HeaderValue::from_str(cookie),
    ) {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// For server functions: has the browser forget what the house's pages keep in it, drafts and unsent
/// messages. What was chosen for every visit is in cookies, and stays.
pub fn forget_storage() {
    if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
        let name = HeaderName::from_static(CLEAR_SITE_DATA);
        response.insert_header(name, HeaderValue::from_static("\"storage\""));
    }
}
