//! One WebSocket, without any opinion on what is said over it.

use super::soon;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
    },
};

/// The code for an end without a close frame.
pub const NO_CLOSE_FRAME: u16 = 1006;

/// What came.
#[derive(Debug)]
pub enum Got {
    /// A text frame, as JSON.
    Json(Value),
    /// A WebSocket ping; its pong is on its way.
    Ping,
    /// The end, and its code.
    Closed(u16),
}

/// A WebSocket.
pub struct Wire {
    ws: WebSocketStream<TcpStream>,
}

impl Wire {
    /// Opens a socket, or says with which status the upgrade was refused.
    pub async fn open(
        addr: SocketAddr,
        path: &str,
        headers: &[(String, String)],
    ) -> Result<Self, u16> {
        let stream = soon(&format!("the socket {path}"), TcpStream::connect(addr)).await;
        Self::over(stream.expect("the house answers"), addr, path, headers).await
    }

    /// The same as one whose system holds next to nothing for it: when it does not read, the
    /// server soon cannot write.
    pub async fn open_narrow(
        addr: SocketAddr,
        path: &str,
        headers: &[(String, String)],
    ) -> Result<Self, u16> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("a buffer's size");
        let stream = soon(&format!("the socket {path}"), socket.connect(addr)).await;
        Self::over(stream.expect("the house answers"), addr, path, headers).await
    }

    async fn over(
        stream: TcpStream,
        addr: SocketAddr,
        path: &str,
        headers: &[(String, String)],
    ) -> Result<Self, u16> {
        let mut request =
            format!("ws://{addr}{path}").into_client_request().expect("an address of a socket");
        for (name, value) in headers {
            request.headers_mut().append(
                name.parse::<HeaderName>().expect("a header's name"),
                HeaderValue::from_str(value).expect("a header's value"),
            );
        }
        let opened = soon(&format!("the socket {path}"), async {
            let _ = stream.set_nodelay(true);
            client_async(request, stream).await
        })
        .await;
        match opened {
            Ok((ws, _)) => Ok(Self { ws }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("the socket {path} could not be opened: {other}"),
        }
    }

    /// Sends a text.
    pub async fn text(&mut self, text: impl Into<String>) {
        let sent = soon("a frame to go out", self.ws.send(Message::text(text.into()))).await;
        sent.expect("the socket is open");
    }

    /// Sends a text, whether or not the other side is still there.
    pub async fn text_if_open(&mut self, text: impl Into<String>) {
        let _ = soon("a frame to go out", self.ws.send(Message::text(text.into()))).await;
    }

    /// Sends bytes.
    pub async fn bytes(&mut self, bytes: Vec<u8>) {
        let sent = soon("a frame to go out", self.ws.send(Message::binary(bytes))).await;
        sent.expect("the socket is open");
    }

    /// Sends a text while reading, for one that is larger than what the network holds.
    /// Gives the close code.
    pub async fn text_until_closed(self, text: String) -> u16 {
        let (mut sink, mut stream) = self.ws.split();
        let say = async {
            let _ = sink.send(Message::text(text)).await;
            std::future::pending::<()>().await;
        };
        let hear = async {
            loop {
                if let Some(code) = closed(stream.next().await.as_ref()) {
                    return code;
                }
            }
        };
        soon("the close", async {
            tokio::select! {
                () = say => NO_CLOSE_FRAME,
                code = hear => code,
            }
        })
        .await
    }

    /// What comes next.
    pub async fn got(&mut self, what: &str) -> Got {
        soon(what, async {
            loop {
                let next = self.ws.next().await;
                if let Some(code) = closed(next.as_ref()) {
                    return Got::Closed(code);
                }
                match next {
                    Some(Ok(Message::Text(text))) => {
                        let json = serde_json::from_str(&text)
                            .unwrap_or_else(|e| panic!("the server said no JSON: {e}: {text}"));
                        return Got::Json(json);
                    }
                    Some(Ok(Message::Ping(_))) => {
                        let _ = self.ws.flush().await;
                        return Got::Ping;
                    }
                    Some(Ok(Message::Binary(_))) => panic!("the server said bytes"),
                    _ => {}
                }
            }
        })
        .await
    }

    /// Reads to the end and gives its code.
    pub async fn closed(mut self) -> u16 {
        loop {
            if let Got::Closed(code) = self.got("the socket to be closed").await {
                return code;
            }
        }
    }

    /// Is gone as a crashed machine's is: without a close, with a TCP reset.
    pub fn reset(self) {
        self.ws.get_ref().set_zero_linger().expect("a socket that can be reset");
    }

    /// Closes in good manners, and waits until the server knows.
    pub async fn close(mut self) {
        let _ = self.ws.close(None).await;
        self.closed().await;
    }
}

fn closed(next: Option<&Result<Message, Error>>) -> Option<u16> {
    match next {
        Some(Ok(Message::Close(Some(frame)))) => Some(frame.code.into()),
        Some(Ok(Message::Close(None))) => Some(1005),
        Some(Err(_)) | None => Some(NO_CLOSE_FRAME),
        Some(Ok(_)) => None,
    }
}
