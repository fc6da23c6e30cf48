//! One WebSocket: opened, read to its end, dropped.

use super::{browser, put};
use crate::client::desk::Input;
use crate::protocol::SUBPROTOCOL;
use futures_util::{Sink, Stream};
use gloo_net::websocket::{Message, WebSocketError, futures::WebSocket};
use leptos::task::spawn_local;
use std::{cell::RefCell, future::poll_fn, pin::Pin, rc::Rc, task::Poll};

/// The close code of a connection that broke, or never was.
const BROKEN: u16 = 1006;

/// An open socket; dropping it closes it.
pub struct Socket(Rc<RefCell<WebSocket>>);

impl Socket {
    /// Opens a socket and reads it; what comes of it bears its generation.
    pub fn open(generation: u64) -> Option<Self> {
        let Ok(socket) = WebSocket::open_with_protocol(&browser::socket_url(), SUBPROTOCOL) else {
            put(Input::Closed { generation, code: BROKEN });
            return None;
        };
        let socket = Rc::new(RefCell::new(socket));
        let weak = Rc::downgrade(&socket);
        spawn_local(async move {
            let code = loop {
                // Borrowed only while it is asked: what comes of a frame may drop the socket.
                let next = poll_fn(|cx| match weak.upgrade() {
                    Some(socket) => Pin::new(&mut *socket.borrow_mut()).poll_next(cx),
                    None => Poll::Ready(None),
                });
                match next.await {
                    Some(Ok(Message::Text(text))) => put(Input::Text { generation, text }),
                    Some(Err(WebSocketError::ConnectionClose(event))) => break event.code,
                    // An error is followed by its close.
                    Some(Ok(Message::Bytes(_)) | Err(_)) => {}
                    None => break BROKEN,
                }
            };
            put(Input::Closed { generation, code });
        });
        Some(Self(socket))
    }

    /// Sends a text. What cannot be sent any more is sent again on the next connection.
    pub fn send(&self, text: String) {
        let _ = Pin::new(&mut *self.0.borrow_mut()).start_send(Message::Text(text));
    }
}
