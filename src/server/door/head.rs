//! Waiting for a request's head without keeping anything for it: what has come stays with the system
//! until it is whole. So a peer that opens a connection and says nothing, or says it byte by byte,
//! costs a file and a task, not buffers.

use rustix::net::{RecvFlags, recv};
use std::io;
use std::mem::MaybeUninit;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Bytes of a request's head: cookies and the longest path, several times over. Past it the answer
/// is 431.
pub const MOST: usize = 16 * 1024;

/// Waits until a head is there, or something that is none and is to be refused. False: nothing will
/// come any more.
pub async fn has_come(stream: &TcpStream) -> bool {
    loop {
        let Ok(ready) = stream.ready(Interest::READABLE).await else { return false };
        // Asked inside `try_io`, so that what arrives meanwhile wakes us again.
        let looked = stream.try_io(Interest::READABLE, || peek(stream, ready.is_read_closed()));
        match looked {
            Ok(come) => return come,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
    }
}

/// Whether a head has come already.
///
/// # Errors
/// `WouldBlock` when it has not, or not whole.
pub fn look(stream: &TcpStream) -> io::Result<bool> {
    peek(stream, false)
}

/// `ended`: the peer has said all that it will say.
fn peek(stream: &TcpStream, ended: bool) -> io::Result<bool> {
    let mut space = [MaybeUninit::uninit(); MOST];
    let ((seen, _), _) = recv(stream, &mut space, RecvFlags::PEEK)?;
    if is_whole(seen) || seen.len() == MOST {
        Ok(true)
    } else if ended || seen.is_empty() {
        Ok(false)
    } else {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// Whether there is nothing more to wait for: an empty line, or a beginning that no request has.
fn is_whole(seen: &[u8]) -> bool {
    // Empty lines before a request are passed over (RFC 9112, 2.2).
    let from = seen.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    let Some(head) = from.map(|from| &seen[from..]) else { return false };
    let starts_well = head.first().is_some_and(u8::is_ascii_alphabetic);
    let mut lines = head.split(|byte| *byte == b'\n').skip(1);
    // The last part is a line that has not ended yet.
    let mut line = lines.next();
    while let Some(this) = line {
        line = lines.next();
        if line.is_some() && matches!(this, b"" | b"\r") {
            return true;
        }
    }
    !starts_well
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for whole in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\n\n",
            "\r\n\r\nGET / HTTP/1.1\r\n\r\nmore",
            "POST / HTTP/1.1\nA: b\n\r\nbody",
        ] {
            assert!(is_whole(whole.as_bytes()), "{whole:?}");
            let head = whole.trim_end_matches("more").trim_end_matches("body");
            for end in 0..head.len() {
                assert!(!is_whole(&head.as_bytes()[..end]), "{:?}", &head[..end]);
            }
        }
    }

    #[test]
    fn what_begins_like_no_request_is_refused_at_once() {
        for wrong in [&b"\x16\x03\x01"[..], b"\0", b"{", b" GET", b"\r\n\xff"] {
            assert!(is_whole(wrong), "{wrong:?}");
        }
    }
}
