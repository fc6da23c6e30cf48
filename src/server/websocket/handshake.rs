//! The opening handshake (RFC 6455, section 4.2).

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha1::{Digest as _, Sha1};

/// What the RFC has every server add to the key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes of a key.
const KEY: usize = 16;
/// The only version there is.
const VERSION: &str = "13";

/// Why a request is no handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoHandshake {
    /// A request like any other.
    NotAsked,
    /// Another version of the protocol.
    Version,
    /// A key that is none.
    Key,
}

impl NoHandshake {
    /// The answer that says so.
    #[must_use]
    pub fn response(self) -> Response {
        let (status, why) = match self {
            Self::NotAsked => (StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket.\n"),
            Self::Version => (StatusCode::UPGRADE_REQUIRED, "WebSocket version 13, please.\n"),
            Self::Key => (StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing or no key.\n"),
        };
        let mut response = Response::new(Body::from(why));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
        response
    }
}

fn lists(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case(word))
}

/// What the server answers to prove that it read the key.
fn accept(key: &[u8]) -> String {
    BASE64.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// The answer to a handshake, without a subprotocol.
///
/// # Errors
/// [`NoHandshake`] for any other request.
pub fn answer(request: &Parts) -> Result<Response, NoHandshake> {
    let headers = &request.headers;
    if request.method != Method::GET
        || !lists(headers, header::CONNECTION, "upgrade")
        || !lists(headers, header::UPGRADE, "websocket")
    {
        return Err(NoHandshake::NotAsked);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != VERSION) {
        return Err(NoHandshake::Version);
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(NoHandshake::Key)?.as_bytes();
    if BASE64.decode(key).ok().is_none_or(|key| key.len() != KEY) {
        return Err(NoHandshake::Key);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    // Base64 is always a header's value.
    if let Ok(accept) = HeaderValue::from_str(&accept(key)) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn asked(change: impl FnOnce(&mut HeaderMap)) -> Result<Response, NoHandshake> {
        let request = Request::get("/ws")
            .header("Connection", "keep-alive, Upgrade")
            .header("Upgrade", "WebSocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .body(())
            .unwrap();
        let (mut parts, ()) = request.into_parts();
        change(&mut parts.headers);
        answer(&parts)
    }

    #[test]
    fn the_example_of_the_rfc() {
        let response = asked(|_| {}).unwrap();
        assert_eq!(response.status(), 101);
        let accept = &response.headers()[header::SEC_WEBSOCKET_ACCEPT];
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn what_is_no_handshake_is_told_why() {
        let no = |change: fn(&mut HeaderMap)| asked(change).err().unwrap();
        assert_eq!(no(|h| drop(h.remove("upgrade"))), NoHandshake::NotAsked);
        assert_eq!(no(|h| drop(h.remove("connection"))), NoHandshake::NotAsked);
        assert_eq!(
            no(|h| drop(h.insert("sec-websocket-version", HeaderValue::from_static("8")))),
            NoHandshake::Version
        );
        assert_eq!(no(|h| drop(h.remove("sec-websocket-key"))), NoHandshake::Key);
        assert_eq!(
            no(|h| drop(h.insert("sec-websocket-key", HeaderValue::from_static("c2hvcnQ=")))),
            NoHandshake::Key
        );
        assert_eq!(NoHandshake::Version.response().status(), 426);
    }
}
