//! Why a socket was closed: the codes of the contract, and what a client does about each.

/// A frame over the size the server reads at all (1 MiB).
pub const TOO_BIG: u16 = 1009;
/// Login needed or expired.
pub const LOGIN_NEEDED: u16 = 4001;
/// Nothing was heard from the client for the heartbeat and 10 s.
pub const NO_PONG: u16 = 4002;
/// The client should subscribe afresh.
pub const RESYNC: u16 = 4003;
/// The client read too slowly; its queue was full.
pub const TOO_SLOW: u16 = 4008;
/// The server is going down for a moment.
pub const DRAINING: u16 = 4010;
/// Too many frames.
pub const TOO_FAST: u16 = 4029;
/// Too many connections of this user or address.
pub const TOO_MANY_CONNECTIONS: u16 = 4030;
/// No such room (room socket).
pub const NO_SUCH_ROOM: u16 = 4404;
/// Ten frames in a minute could not be read.
pub const BAD_PROTOCOL: u16 = 4500;
/// A subprotocol that this server does not speak.
pub const UNSUPPORTED_VERSION: u16 = 4501;
/// Logged out, deactivated or banned.
pub const LOGGED_OUT: u16 = 4503;

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Stay away: trying again would give the same answer.
    Stop,
    /// Come back with backoff.
    Retry,
    /// Come back after 30–60 s.
    RetryLate,
    /// Come back, but give up the message that was too big.
    RetryWithoutLast,
}

/// The client's rule for a close code. Unknown codes below 4500 are retried, those above are final.
#[must_use]
pub fn after(code: u16) -> After {
    match code {
        LOGIN_NEEDED | NO_SUCH_ROOM | LOGGED_OUT => After::Stop,
        TOO_MANY_CONNECTIONS => After::RetryLate,
        TOO_BIG => After::RetryWithoutLast,
        c if c >= BAD_PROTOCOL => After::Stop,
        _ => After::Retry,
    }
}
