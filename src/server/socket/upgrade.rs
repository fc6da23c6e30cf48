//! From an HTTP request to a socket: origin, limits, subprotocol, and who it is.

use super::connection::{Connection, Going};
use super::life::close;
use super::{main_socket, room_socket};
use crate::protocol::{Refusal, SUBPROTOCOL, close as codes, limits, urls};
use crate::server::domain::Who;
use crate::server::groups::queue::Dialect;
use crate::server::http::{App, problem, visit};
use crate::server::security::addresses::network;
use crate::server::security::origin;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use std::net::SocketAddr;
use tokio::sync::watch;

/// Bytes kept for reading a connection, of which most frames need a tenth: axum's default of 128 KiB
/// would be most of an idle connection's memory, and 4 KiB still a quarter of it.
const READ_BUFFER: usize = 1024;

/// Whom the upgrade is for.
enum Arrival {
    Welcome(Box<Connection>),
    Closed(u16),
}

fn offered(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|one| one.trim().to_owned())
        .collect()
}

async fn arrive(
    app: &App,
    headers: &HeaderMap,
    peer: SocketAddr,
    dialect: Dialect,
) -> Result<Arrival, Refusal> {
    let domain = &app.domain;
    let Some(who) = domain.recognise(visit::credentials(headers)).await? else {
        return Ok(Arrival::Closed(codes::LOGIN_NEEDED));
    };
    if matches!(who, Who::Visitor) && !domain.config.public_reading {
        return Ok(Arrival::Closed(codes::LOGIN_NEEDED));
    }
    let user = match &who {
        Who::Member(me) => Some(me.id),
        Who::Visitor => None,
    };
    let address = network(visit::address(&domain.config, peer, headers));
    Ok(match domain.connections.sit(user, address) {
        Some(seat) => {
            Arrival::Welcome(Box::new(Connection::open(app.domain.clone(), who, seat, dialect)))
        }
        None => Arrival::Closed(codes::TOO_MANY_CONNECTIONS),
    })
}

fn ready(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(limits::FRAME_READ)
        .max_frame_size(limits::FRAME_READ)
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
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Some(refused) = refuse_foreign(&app, &headers) {
        return refused;
    }
    let offers = offered(&headers);
    let known = offers.is_empty() || offers.iter().any(|offer| offer == SUBPROTOCOL);
    // The one that was offered is echoed even when it is unknown: a browser reads the close code
    // only of a handshake that it accepts.
    let echo =
        if known { SUBPROTOCOL.to_owned() } else { offers.first().cloned().unwrap_or_default() };
    let arrival = match if known {
        arrive(&app, &headers, peer, Dialect::Main).await
    } else {
        Ok(Arrival::Closed(codes::UNSUPPORTED_VERSION))
    } {
        Ok(arrival) => arrival,
        Err(refusal) => return problem::json(&refusal),
    };
    let going = app.going.clone();
    ready(upgrade).protocols([echo]).on_upgrade(move |socket| serve(socket, arrival, going, None))
}

/// `GET /ws/chat/<room>/`.
pub async fn room(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Some(refused) = refuse_foreign(&app, &headers) {
        return refused;
    }
    let arrival = match arrive(&app, &headers, peer, Dialect::Room).await {
        Ok(arrival) => arrival,
        Err(refusal) => return problem::json(&refusal),
    };
    // What is not UTF-8 is a name that no room has: said on the socket, where a browser can read it.
    let segment = uri.path().trim_start_matches("/ws/chat/").trim_end_matches('/');
    let name = urls::decode(segment).unwrap_or_default();
    let going = app.going.clone();
    ready(upgrade).on_upgrade(move |socket| serve(socket, arrival, going, Some(name)))
}

async fn serve(
    socket: WebSocket,
    arrival: Arrival,
    going: watch::Receiver<Going>,
    room: Option<String>,
) {
    match (arrival, room) {
        (Arrival::Closed(code), _) => close(socket, code).await,
        (Arrival::Welcome(connection), None) => {
            main_socket::serve(socket, *connection, going).await
        }
        (Arrival::Welcome(connection), Some(name)) => {
            room_socket::serve(socket, *connection, name, going).await;
        }
    }
}
