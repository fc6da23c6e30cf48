//! Asking for one page over and over, over connections that are kept.

use std::{
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One request, again and again.
pub struct Load {
    addr: SocketAddr,
    request: Rc<str>,
}

/// How long each answer took.
pub struct Times {
    /// Sorted.
    pub times: Vec<Duration>,
    /// From the first question to the last answer.
    pub whole: Duration,
}

impl Times {
    /// Answers per second.
    pub fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.whole.as_secs_f64()
    }

    /// The time in milliseconds within which this part of the answers came.
    pub fn at(&self, part: f64) -> f64 {
        let place = (self.times.len() as f64 * part).ceil() as usize;
        let time = self.times.get(place.clamp(1, self.times.len()) - 1);
        time.map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }
}

impl Load {
    /// A GET of that page.
    pub fn new(addr: SocketAddr, path: &str, headers: &[(String, String)]) -> Self {
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nAccept: text/html\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        Self { addr, request: request.into() }
    }

    /// Asks over so many connections for so long.
    pub async fn drive(&self, connections: usize, how_long: Duration) -> Times {
        let start = Instant::now();
        let until = start + how_long;
        let asking = (0..connections).map(|_| ask(self.addr, Rc::clone(&self.request), until));
        let mut times = futures_util::future::join_all(asking).await.concat();
        let whole = start.elapsed();
        times.sort_unstable();
        Times { times, whole }
    }
}

async fn ask(addr: SocketAddr, request: Rc<str>, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(addr).await.expect("the server answers");
    stream.set_nodelay(true).expect("a socket");
    let mut times = Vec::new();
    let mut buffer = Vec::with_capacity(256 * 1024);
    loop {
        let start = Instant::now();
        if start >= until {
            return times;
        }
        stream.write_all(request.as_bytes()).await.expect("the server listens");
        read_answer(&mut stream, &mut buffer).await;
        times.push(start.elapsed());
    }
}

/// Reads exactly one answer, which must be a 200.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut head = None;
    loop {
        let read = stream.read_buf(buffer).await.expect("an answer");
        assert!(read > 0, "the server hung up");
        if head.is_none() {
            head = buffer.windows(4).position(|w| w == b"\r\n\r\n").map(|end| end + 4);
        }
        let Some(body) = head else { continue };
        let text = String::from_utf8_lossy(&buffer[..body]).to_ascii_lowercase();
        assert!(text.starts_with("http/1.1 200"), "{text}");
        let length = text
            .split("content-length:")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next()?.trim().parse::<usize>().ok());
        let done = match length {
            Some(length) => buffer.len() >= body + length,
            None => buffer.ends_with(b"\r\n0\r\n\r\n"),
        };
        if done {
            return;
        }
    }
}
