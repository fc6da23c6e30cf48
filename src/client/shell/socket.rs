//! One WebSocket: opened, heard until it closes, dropped.

use super::{browser, put};
use crate::{client::desk::Input, protocol::SUBPROTOCOL};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

/// The close code of a connection that broke, or never was.
const BROKEN: u16 = 1006;

/// An open socket; dropping it closes it, and nothing more is heard of it.
pub struct Socket(WebSocket);

impl Socket {
    /// Opens a socket and hears it; what comes of it bears its generation.
    pub fn open(generation: u64) -> Option<Self> {
        let Ok(socket) = WebSocket::new_with_str(&browser::socket_url(), SUBPROTOCOL) else {
            put(Input::Closed { generation, code: BROKEN });
            return None;
        };
        let heard = move |event: Event| {
            if let Some(close) = event.dyn_ref::<CloseEvent>() {
                put(Input::Closed { generation, code: close.code() });
            } else if let Some(text) =
                event.dyn_ref().and_then(|it: &MessageEvent| it.data().as_string())
            {
                put(Input::Text { generation, text });
            }
        };
        // An error is followed by its close.
        let heard = Closure::<dyn FnMut(Event)>::new(heard).into_js_value();
        socket.set_onmessage(Some(heard.unchecked_ref()));
        socket.set_onclose(Some(heard.unchecked_ref()));
        Some(Self(socket))
    }

    /// Sends a text. What cannot be sent any more is sent again on the next connection.
    pub fn send(&self, text: &str) {
        let _ = self.0.send_with_str(text);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.set_onmessage(None);
        self.0.set_onclose(None);
        // One that is closed already stays so.
        let _ = self.0.close();
    }
}
