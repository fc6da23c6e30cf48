//! The pages' handlers: load, render, answer. A page makes nothing.

use super::guard::Nonce;
use super::visit::Asking;
use super::{App, assets, compressed, problem, visit, wishes};
use crate::client;
use crate::pages::{self, Account, InviteLine, Returned, SessionLine, Shell};
use crate::protocol::sheets::Sheet;
use crate::protocol::{At, Code, Refusal, Target, panel, search, urls, views::Span};
use crate::server::domain::Who;
use crate::server::domain::house::Opened;
use crate::server::store::invites;
use crate::words::Word;
use axum::Extension;
use axum::extract::{ConnectInfo, OriginalUri, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// What a page's bytes depend on besides its address and who asks.
const VARY: &str = "x-roomful-panel, accept-encoding, accept-language";

type Values = Query<HashMap<String, String>>;

/// Says whose page it is, in letters of URLs; empty for a visitor. The service worker keeps pages for one
/// person at a time.
pub const WHOSE: &str = "roomful-user";

/// So many rooms, and so many people, stand in the list that one jumps from.
const JUMPS: usize = 8;

/// A request for a page.
pub(super) struct Visitor<'a> {
    pub(super) app: &'a App,
    pub(super) who: Who,
    pub(super) shell: Shell,
    pub(super) returned: Option<Returned>,
    takes_brotli: bool,
}

impl<'a> Visitor<'a> {
    async fn new(
        app: &'a App,
        who: Who,
        headers: &HeaderMap,
        nonce: &str,
        path: &str,
    ) -> Result<Self, Refusal> {
        let panel = visit::is_for_panel(headers);
        let notices = match &who {
            // A place tells it with all else that is beside the log, and a panel has no header.
            Who::Member(me) if !panel && urls::target(path_of(path)).is_none() => {
                app.domain.unread_notices(me.id).await?
            }
            _ => 0,
        };
        let shell = Shell {
            lang: wishes::lang(headers),
            theme: wishes::theme(headers),
            letters_off: wishes::letters_off(headers),
            enter_breaks: wishes::enter_breaks(headers),
            nonce: nonce.to_owned(),
            assets: (*app.assets).clone(),
            me: who.me(),
            notices,
            setting_up: !app.domain.is_inhabited().await?,
            sign_up: app.domain.config.sign_up,
            path: path.to_owned(),
            panel,
            run: app.run.as_deref().map(str::to_owned),
        };
        let takes_brotli = assets::takes_brotli(headers);
        Ok(Self { app, who, shell, returned: None, takes_brotli })
    }

    pub(super) fn answer(&self, html: String) -> Response {
        self.answer_with(StatusCode::OK, html)
    }

    /// A page with a form that was refused says so in its status.
    pub(super) fn answer_with(&self, status: StatusCode, html: String) -> Response {
        let status =
            self.returned.as_ref().map_or(status, |returned| problem::status(&returned.refusal));
        // What is somebody's own is kept by no cache: after a log-out, "back" would show it.
        let (whose, cache) = match &self.shell.me {
            Some(me) => (urls::encode(&me.name), "no-store"),
            None => (String::new(), "no-cache, private"),
        };
        let said = [
            (header::CACHE_CONTROL, cache),
            (header::VARY, VARY),
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        ];
        let is_content = self.shell.panel && !html.starts_with("<!DOCTYPE");
        let mark = is_content.then_some([(panel::HEADER, "1")]);
        let (body, is_brotli) = match self.takes_brotli {
            true => compressed::page(html),
            false => (html.into_bytes(), false),
        };
        let coding = is_brotli.then_some([(header::CONTENT_ENCODING, "br")]);
        (status, said, [(WHOSE, whose)], mark, coding, body).into_response()
    }

    pub(super) fn trouble(&self, refusal: &Refusal) -> Response {
        match refusal.code {
            Code::LoginNeeded => {
                Redirect::to(&urls::log_in_and_return(&self.shell.path)).into_response()
            }
            Code::NotFound => self.answer_with(StatusCode::NOT_FOUND, pages::no_page(&self.shell)),
            _ => self.answer_with(problem::status(refusal), pages::trouble(&self.shell, refusal)),
        }
    }

    async fn index(&mut self, filter: &str, offset: usize) -> Response {
        let domain = &self.app.domain;
        let index = async {
            let index = domain.index(&self.who, filter, offset).await?;
            let cards = self.app.rendered.of(self.shell.lang).cards(domain, &index.rooms).await?;
            Ok(index.map(|_| cards))
        };
        match index.await {
            Ok(index) => {
                let html = pages::index_around(&self.shell, index, self.returned.clone());
                self.answer(html)
            }
            Err(refusal) => self.trouble(&refusal),
        }
    }

    /// `draft`: what is to stand in the composer.
    async fn place(&mut self, to: Target, span: Span, draft: &str) -> Response {
        match self.app.domain.open(&self.who, &to, span).await {
            Ok(Opened { house, .. }) if house.history.to != to => {
                // One address per place: names have one spelling.
                let page = urls::page(&house.history.to);
                let query = self.shell.path.split_once('?').map(|(_, query)| format!("?{query}"));
                Redirect::permanent(&(page + &query.unwrap_or_default())).into_response()
            }
            Ok(opened) => {
                let rows = self.app.rendered.of(self.shell.lang).rows(&opened);
                let mut house = opened.house;
                if house.me.is_some() {
                    house.draft = draft.chars().take(house.limits.body).collect();
                }
                let ends = client::ends(&house.history.messages.messages);
                let returned = self.returned.clone();
                let html = pages::house_around(&self.shell, house, &rows, ends, returned);
                self.answer(html)
            }
            Err(refusal) => match (&to, refusal.code) {
                (Target::Room(name), Code::NotFound) => {
                    let html = pages::no_room(&self.shell, name, self.returned.clone());
                    self.answer_with(StatusCode::NOT_FOUND, html)
                }
                _ => self.trouble(&refusal),
            },
        }
    }

    async fn search(&self, address: IpAddr, asked: search::Asked) -> Response {
        let found = self.app.domain.search(&self.who, address, &asked).await;
        match found {
            Err(refusal) if refusal.code == Code::LoginNeeded => self.trouble(&refusal),
            found => {
                let status = found.as_ref().err().map_or(StatusCode::OK, problem::status);
                self.answer_with(status, pages::search(&self.shell, &asked, found))
            }
        }
    }

    /// The rooms and people whose names hold this, the busiest rooms first.
    pub(super) async fn places(&self, name: &str) -> Result<Vec<(Target, bool)>, Refusal> {
        let domain = &self.app.domain;
        let rooms = match domain.list_rooms(&self.who, name, 0).await {
            Ok(index) => index.rooms,
            // No name is so long, so there is none that holds it.
            Err(refusal) if refusal.code == Code::TooLong => return Ok(Vec::new()),
            Err(refusal) => return Err(refusal),
        };
        let rooms = rooms.into_iter().map(|room| (Target::Room(room.name), room.online > 0));
        let mut places: Vec<_> = rooms.take(JUMPS).collect();
        if let Ok(me) = self.who.member() {
            let people = match domain.people(&self.who, name, 0).await {
                Ok(found) => found.people,
                Err(refusal) if refusal.code == Code::TooLong => return Ok(Vec::new()),
                Err(refusal) => return Err(refusal),
            };
            let others = people.into_iter().filter(|person| person.name != *me.name);
            places.extend(others.take(JUMPS).map(|it| (Target::Person(it.name), it.online)));
        }
        Ok(places)
    }

    async fn jump(&self, name: &str) -> Response {
        match self.places(name).await {
            Ok(places) => self.answer(pages::jump(&self.shell, name, places)),
            Err(refusal) => self.trouble(&refusal),
        }
    }

    fn log_in(&self, next: Option<&str>) -> Response {
        if let (Who::Member(_), None) = (&self.who, &self.returned) {
            return Redirect::to(&urls::safe_next(next)).into_response();
        }
        self.answer(pages::log_in(&self.shell, &urls::safe_next(next), self.returned.clone()))
    }

    fn sign_up(&self, next: Option<&str>, invite: Option<String>) -> Response {
        if let (Who::Member(_), None) = (&self.who, &self.returned) {
            return Redirect::to(&urls::safe_next(next)).into_response();
        }
        self.answer(pages::sign_up(
            &self.shell,
            &urls::safe_next(next),
            invite,
            self.returned.clone(),
        ))
    }

    async fn set_up(&self, key: Option<String>) -> Response {
        if !self.shell.setting_up && self.returned.is_none() {
            return Redirect::to(urls::INDEX).into_response();
        }
        let key = match key {
            Some(key) if self.app.domain.is_set_up_key(&key).await.unwrap_or(false) => Some(key),
            _ => None,
        };
        let status = if key.is_some() { StatusCode::OK } else { StatusCode::FORBIDDEN };
        self.answer_with(status, pages::set_up(&self.shell, key, self.returned.clone()))
    }

    /// The invitations that still open the door.
    pub(super) async fn invites(&self) -> Result<Vec<InviteLine>, Refusal> {
        let base = self.app.domain.config.public_url.clone().unwrap_or_default();
        let invites = self.app.domain.invites(&self.who).await?;
        let line = |invite: invites::Invite| InviteLine {
            link: format!("{base}{}?invite={}", urls::SIGN_UP, invite.id),
            id: invite.id,
            expires_at: At(invite.expires_at),
        };
        Ok(invites.into_iter().map(line).collect())
    }

    async fn account(&self, done: bool) -> Response {
        let account = async {
            let this = self.who.member()?.session.clone();
            let sessions = self.app.domain.sessions(&self.who).await?;
            let sessions = sessions
                .into_iter()
                .map(|session| SessionLine {
                    this: this.as_ref() == Some(&session.id),
                    id: session.id,
                    agent: session.agent,
                    created_at: At(session.created_at),
                    seen_at: At(session.seen_at),
                })
                .collect();
            let done = done.then_some(Word::PasswordChanged);
            let name = self.who.name().map(|name| &**name);
            let face = self.app.domain.faces.known().of(name.into_iter()).into_values().next();
            Ok(Account { face, sessions, done })
        };
        match account.await {
            Ok(account) => self.answer(pages::account(&self.shell, account, self.returned.clone())),
            Err(refusal) => self.trouble(&refusal),
        }
    }
}

/// A path without its query.
fn path_of(address: &str) -> &str {
    address.split_once('?').map_or(address, |(path, _)| path)
}

/// What every handler is given.
#[derive(axum::extract::FromRequestParts)]
#[from_request(state(App))]
pub struct Asked {
    app: State<App>,
    nonce: Extension<Nonce>,
    uri: OriginalUri,
    asking: Asking,
    headers: HeaderMap,
    values: Values,
}

impl Asked {
    pub(super) async fn visitor(&self) -> Result<Visitor<'_>, Response> {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        Visitor::new(&self.app, self.asking.0.clone(), &self.headers, &self.nonce.0.0, path)
            .await
            .map_err(|refusal| problem::json(&refusal))
    }

    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(super) fn values(&self) -> &HashMap<String, String> {
        &self.values
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.value(name)?.parse().ok()
    }
}

/// `/chat/`.
pub async fn index(asked: Asked) -> Result<Response, Response> {
    let mut visitor = asked.visitor().await?;
    let filter = asked.value("name").unwrap_or_default();
    Ok(visitor.index(filter, asked.number("offset").unwrap_or(0)).await)
}

/// `/chat/<room>/` and `/talk/<person>/`.
pub async fn place(asked: Asked) -> Result<Response, Response> {
    let mut visitor = asked.visitor().await?;
    Ok(match urls::target(asked.uri.path()) {
        Some(to) => {
            visitor
                .place(to, span(|name| asked.value(name)), asked.value("draft").unwrap_or(""))
                .await
        }
        None => visitor.trouble(&Refusal::not_found("page")),
    })
}

/// Which page of its log a place's address asks for. What cannot be read asks for nothing.
fn span<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Span {
    let seq = |name| value(name).and_then(|text| text.parse().ok());
    Span::of(seq("before"), seq("after"), value("at").map(str::to_owned)).unwrap_or_default()
}

/// `/search`.
pub async fn search(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    asked: Asked,
) -> Result<Response, Response> {
    let address = visit::address(&asked.app.domain.config, peer, &asked.headers);
    let value = |name: &str| asked.value(name).unwrap_or_default().to_owned();
    let question = search::Asked {
        q: value("q"),
        from: value("from"),
        r#in: value("in"),
        since: value("since"),
        until: value("until"),
        older: value("older"),
    };
    Ok(asked.visitor().await?.search(address, question).await)
}

/// `/settings`.
pub async fn settings(asked: Asked) -> Result<Response, Response> {
    let visitor = asked.visitor().await?;
    Ok(visitor.answer(pages::settings(&visitor.shell, None)))
}

/// `/help`.
pub async fn help(asked: Asked) -> Result<Response, Response> {
    let visitor = asked.visitor().await?;
    Ok(visitor.answer(pages::help(&visitor.shell)))
}

/// `/jump`.
pub async fn jump(asked: Asked) -> Result<Response, Response> {
    Ok(asked.visitor().await?.jump(asked.value("name").unwrap_or_default().trim()).await)
}

/// `/login`.
pub async fn log_in(asked: Asked) -> Result<Response, Response> {
    Ok(asked.visitor().await?.log_in(asked.value("next")))
}

/// `/signup`.
pub async fn sign_up(asked: Asked) -> Result<Response, Response> {
    Ok(asked
        .visitor()
        .await?
        .sign_up(asked.value("next"), asked.value("invite").map(str::to_owned)))
}

/// `/setup`.
pub async fn set_up(asked: Asked) -> Result<Response, Response> {
    Ok(asked.visitor().await?.set_up(asked.value("key").map(str::to_owned)).await)
}

/// `/account`.
pub async fn account(asked: Asked) -> Result<Response, Response> {
    Ok(asked.visitor().await?.account(asked.value("done").is_some()).await)
}

/// A page's address without its last slash.
pub async fn with_slash(uri: Uri) -> Redirect {
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    Redirect::permanent(&format!("{}/{query}", uri.path()))
}

/// Everything else: a file of the browser's side, or nothing.
pub async fn other(
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Response, Response> {
    if matches!(method, Method::GET | Method::HEAD) {
        let file = assets::serve(uri, headers).await;
        if file.status() != StatusCode::NOT_FOUND {
            return Ok(file);
        }
    }
    let visitor = asked.visitor().await?;
    Ok(visitor.answer_with(StatusCode::NOT_FOUND, pages::no_page(&visitor.shell)))
}

/// The page that a refused form stands on, once more.
pub async fn again(
    app: &App,
    headers: &HeaderMap,
    nonce: &str,
    page: &str,
    returned: Returned,
) -> Response {
    let who = match app.domain.recognise(visit::credentials(headers)).await {
        Ok(who) => who.unwrap_or_default(),
        Err(refusal) => return problem::json(&refusal),
    };
    let log_in_first = returned.refusal.code == Code::LoginNeeded;
    let mut visitor = match Visitor::new(app, who, headers, nonce, page).await {
        Ok(visitor) => visitor,
        Err(refusal) => return problem::json(&refusal),
    };
    visitor.returned = Some(returned);
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let values: HashMap<String, String> = serde_urlencoded::from_str(query).unwrap_or_default();
    let value = |name: &str| values.get(name).map(String::as_str);
    if log_in_first {
        // What was typed is shown there; after logging in one is back on the page.
        visitor.shell.path = urls::log_in_and_return(page);
        return visitor.log_in(Some(page));
    }
    match path {
        urls::INDEX => visitor.index("", 0).await,
        urls::SETTINGS => {
            let returned = visitor.returned.clone();
            visitor.answer(pages::settings(&visitor.shell, returned))
        }
        urls::LOG_IN => visitor.log_in(value("next")),
        urls::SIGN_UP => visitor.sign_up(value("next"), value("invite").map(str::to_owned)),
        urls::SET_UP => visitor.set_up(value("key").map(str::to_owned)).await,
        urls::ACCOUNT => visitor.account(false).await,
        _ => match (Sheet::at(path), urls::target(path)) {
            (Some(sheet), _) => visitor.sheet(sheet, &values).await,
            (None, Some(to)) => visitor.place(to, span(value), "").await,
            (None, None) => {
                let refusal = visitor
                    .returned
                    .take()
                    .map_or_else(Refusal::unavailable, |returned| returned.refusal);
                visitor.answer_with(
                    problem::status(&refusal),
                    pages::trouble(&visitor.shell, &refusal),
                )
            }
        },
    }
}
