//! The way to a server that may be gone at any moment: nothing here fails a test, what does not
//! work is `None`.

use crate::support::{PATIENCE, http};
use futures_util::{FutureExt, SinkExt, StreamExt};
use roomful::protocol::SUBPROTOCOL;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
    },
};

/// What came over a link.
#[derive(Debug)]
pub enum Heard {
    /// A text frame.
    Text(String),
    /// The end.
    End,
}

/// A main socket.
pub struct Link(WebSocketStream<TcpStream>);

impl Link {
    /// Opens one, if there is a server.
    pub async fn open(addr: SocketAddr, headers: &http::Headers) -> Option<Self> {
        let mut request = format!("ws://{addr}/ws").into_client_request().ok()?;
        for (name, value) in headers {
            let name = name.parse::<HeaderName>().ok()?;
            request.headers_mut().append(name, HeaderValue::from_str(value).ok()?);
        }
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        request.headers_mut().append("Sec-WebSocket-Protocol", protocol);
        let opened = timeout(PATIENCE, async {
            let stream = TcpStream::connect(addr).await.ok()?;
            stream.set_nodelay(true).ok()?;
            client_async(request, stream).await.ok()
        });
        opened.await.ok().flatten().map(|(ws, _)| Self(ws))
    }

    /// Writes a text; whether the network took it.
    pub async fn say(&mut self, text: String) -> bool {
        matches!(timeout(PATIENCE, self.0.send(Message::text(text))).await, Ok(Ok(())))
    }

    /// What comes next. Nothing is lost when this is dropped half-way.
    pub async fn hear(&mut self) -> Heard {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Heard::Text(text.as_str().to_owned()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Heard::End,
                Some(Ok(_)) => {}
            }
        }
    }

    /// What has come already.
    pub fn heard(&mut self) -> Option<Heard> {
        self.hear().now_or_never()
    }
}

/// The body of a `GET` that was answered with 200, whole.
pub async fn get(addr: SocketAddr, headers: &http::Headers, path: &str) -> Option<Vec<u8>> {
    let mut head = format!("GET {path} HTTP/1.1\r\nConnection: close\r\nHost: {addr}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("Accept: application/json\r\n\r\n");
    let answer = timeout(PATIENCE, async {
        let mut stream = TcpStream::connect(addr).await.ok()?;
        stream.write_all(head.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.ok()?;
        Some(bytes)
    });
    let bytes = answer.await.ok().flatten()?;
    // A server that died while it answered leaves a part; JSON tells whether the body is whole.
    bytes
        .windows(4)
        .any(|w| w == b"\r\n\r\n")
        .then(|| http::parse(&bytes))
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.body)
}
