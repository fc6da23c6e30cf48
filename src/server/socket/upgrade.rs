//! From an HTTP request to a socket: origin, limits, subprotocol, and who it is.

use super::connection::Connection;
use super::life::turn_away;
use super::stream::Stream;
use super::{main_socket, room_socket};
use crate::protocol::{Refusal, SUBPROTOCOL, close as codes, limits, urls};
use crate::server::domain::connections::Seat;
use crate::server::domain::{Scope, Who};
use crate::server::groups::queue::Dialect;
use crate::server::http::{App, problem, visit};
use crate::server::security::addresses::network;
use crate::server::security::origin;
use crate::server::websocket::{Message, handshake};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Whom the upgrade is for.
enum Arrival {
    Welcome(Box<Connection>, Seat),
    Closed(u16),
}

/// A socket, and what came together with its handshake.
pub struct Opened {
    /// The socket.
    pub stream: Stream,
    /// Messages that came already.
    pub early: Vec<Message>,
}

fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
}

async fn arrive(
    app: &App,
    headers: &HeaderMap,
    peer: SocketAddr,
    dialect: Dialect,
) -> Result<Arrival, Refusal> {
    let domain = &app.domain;
    let before = domain.ended_so_far();
    let Some(who) = domain.recognise(visit::credentials(headers)).await? else {
        return Ok(Arrival::Closed(codes::LOGIN_NEEDED));
    };
    if matches!(who, Who::Visitor) && !domain.config.public_reading {
        return Ok(Arrival::Closed(codes::LOGIN_NEEDED));
    }
    // A socket hears, whatever else is done by it.
    who.may(Scope::Read)?;
    let user = match &who {
        Who::Member(me) => Some(me.id),
        Who::Visitor => None,
    };
    let address = network(visit::address(&domain.config, peer, headers));
    Ok(match domain.connections.sit(user, address) {
        Ok(seat) => {
            let connection = Connection::open(app.domain.clone(), who, &seat, dialect);
            // From here on it hears when its session ends. What ended before that it did not hear.
            if domain.ended_so_far() != before && !domain.goes_on(&connection.who).await? {
                let code = connection.who.member().map_or(codes::LOGGED_OUT, |me| me.end_code());
                return Ok(Arrival::Closed(code));
            }
            Arrival::Welcome(Box::new(connection), seat)
        }
        Err(code) => Arrival::Closed(code),
    })
}

fn refuse_foreign(app: &App, headers: &HeaderMap) -> Option<Response> {
    let ours = origin::is_ours(headers, app.domain.config.public_origin().as_deref());
    (!ours).then(|| {
        problem::json(&Refusal::new(
            crate::protocol::Code::Forbidden,
            "Another site may not open this socket.",
        ))
    })
}

/// `GET /ws`.
pub async fn main(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let headers = request.headers();
    let offers: Vec<&str> = offered(headers).filter(|offer| !offer.is_empty()).collect();
    let ours = offers.iter().find(|offer| **offer == SUBPROTOCOL);
    let known = offers.is_empty() || ours.is_some();
    // The one that was offered is echoed even when it is unknown: a browser reads the close code
    // only of a handshake that it accepts.
    let echo = ours.or(offers.first()).and_then(|echo| HeaderValue::from_str(echo).ok());
    let refused = (!known).then_some(codes::UNSUPPORTED_VERSION);
    let mut response = open(&app, peer, request, Dialect::Main, refused, None).await;
    if let (true, Some(echo)) = (is_upgrade(&response), echo) {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, echo);
    }
    response
}

/// `GET /ws/chat/<room>/`.
pub async fn room(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    // What is not UTF-8 is a name that no room has: said on the socket, where a browser can read it.
    let path = request.uri().path();
    let segment = path.trim_start_matches("/ws/chat/").trim_end_matches('/');
    let name = urls::decode(segment).unwrap_or_default();
    open(&app, peer, request, Dialect::Room, None, Some(name)).await
}

fn is_upgrade(response: &Response) -> bool {
    response.status() == axum::http::StatusCode::SWITCHING_PROTOCOLS
}

async fn open(
    app: &App,
    peer: SocketAddr,
    request: Request,
    dialect: Dialect,
    refused: Option<u16>,
    room: Option<String>,
) -> Response {
    let (mut request, _) = request.into_parts();
    if let Some(refused) = refuse_foreign(app, &request.headers) {
        return refused;
    }
    let response = match handshake::answer(&request) {
        Ok(response) => response,
        Err(no_handshake) => return no_handshake.response(),
    };
    let Some(upgrade) = request.extensions.remove::<OnUpgrade>() else {
        return handshake::NoHandshake::NotAsked.response();
    };
    let arrival = match refused {
        Some(code) => Arrival::Closed(code),
        None => match arrive(app, &request.headers, peer, dialect).await {
            Ok(arrival) => arrival,
            Err(refusal) => return problem::json(&refusal),
        },
    };
    // What is known of the request is not needed while the connection lives.
    drop(request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => serve(upgraded, arrival, room).await,
            Err(error) => tracing::debug!(%error, "a socket was not opened"),
        }
    });
    response
}

async fn serve(upgraded: Upgraded, arrival: Arrival, room: Option<String>) {
    // Below HTTP there is a plain socket, and nothing of HTTP is kept.
    let parts = match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => parts,
        Err(_) => return tracing::error!("a socket is not on TCP"),
    };
    let mut stream = Stream::new(parts.io.into_inner(), limits::FRAME_READ);
    let mut early = Vec::new();
    if stream.begin(&parts.read_buf, &mut early).is_err() {
        return turn_away(stream, None, codes::BAD_PROTOCOL).await;
    }
    drop(parts.read_buf);
    let opened = Opened { stream, early };
    match (arrival, room) {
        (Arrival::Closed(code), _) => turn_away(opened.stream, None, code).await,
        (Arrival::Welcome(connection, seat), None) => {
            main_socket::serve(opened, *connection, seat);
        }
        (Arrival::Welcome(connection, seat), Some(name)) => {
            room_socket::serve(opened, *connection, seat, name).await;
        }
    }
}
