//! What the tests stand on: a house of their own, people in it, and their sockets. Everything goes
//! through real sockets and a real database; nothing here knows the inside of the server.
//!
//! Tests wait for conditions, never for time: [`soon`] only says when waiting has become pointless.

pub mod client;
pub mod database;
pub mod gates;
pub mod house;
pub mod http;
pub mod main_socket;
pub mod raw;
pub mod room_socket;
pub mod served;
pub mod wire;

pub use house::{House, PASSWORD, Person};
pub use http::Answer;
pub use main_socket::MainSocket;
pub use room_socket::RoomSocket;
pub use served::Served;

use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// When a test gives up. Long, because it is only ever waited for by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks at a condition that cannot be waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What `future` gives, or a failure that says what was waited for.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// Looks again and again until `check` gives something.
pub async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    soon(what, async {
        loop {
            if let Some(value) = check().await {
                return value;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    })
    .await
}

/// A fresh id for a message.
pub fn cid() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}-0000-4000-8000-{number:012x}", std::process::id())
}

/// A room's name as a segment of an address.
pub fn encoded(name: &str) -> String {
    roomful::protocol::urls::encode(name)
}
