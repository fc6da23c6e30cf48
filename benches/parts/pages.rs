//! Asking for one page over and over, over connections that are kept.

use super::Outcome;
use super::process::Server;
use super::seed;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Connections that ask for pages: enough to keep one core busy.
const ASKING: usize = 16;
/// What an answer may be.
const BUFFER: usize = 256 * 1024;

/// What asking for a page came to.
pub struct Asked {
    /// Answers per second of the server's CPU time.
    pub per_cpu: f64,
    /// The time in milliseconds within which 99 of 100 answers came.
    pub p99: f64,
    /// Bytes of one answer.
    pub bytes: usize,
}

/// Asks for the page, as different people or as visitors.
pub async fn ask(
    server: &Server,
    path: &str,
    logged_in: bool,
    warm_up: Duration,
    how_long: Duration,
) -> Outcome<Asked> {
    let drive = async |how_long| {
        let until = Instant::now() + how_long;
        let asking = (1..=ASKING).map(|n| keep_asking(server, path, logged_in.then_some(n), until));
        futures_util::future::try_join_all(asking).await
    };
    drive(warm_up).await?;
    let before = server.cpu();
    let answers = drive(how_long).await?;
    let cpu = server.cpu() - before;
    let bytes = answers.first().map_or(0, |(_, bytes)| *bytes);
    let mut times: Vec<Duration> = answers.into_iter().flat_map(|(times, _)| times).collect();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Asked {
        per_cpu: times.len() as f64 / cpu.max(0.01),
        p99: p99.as_secs_f64() * 1_000.0,
        bytes,
    })
}

async fn keep_asking(
    server: &Server,
    path: &str,
    person: Option<usize>,
    until: Instant,
) -> Outcome<(Vec<Duration>, usize)> {
    let failed = |why: std::io::Error| format!("{path}: {why}");
    let mut stream = TcpStream::connect(server.addr).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let cookie = person.map_or_else(String::new, |person| {
        format!("Cookie: roomful_session={}\r\n", seed::secret(person))
    });
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n{cookie}\r\n",
        server.addr
    );
    let mut times = Vec::new();
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        let start = Instant::now();
        if start >= until {
            return Ok((times, buffer.len()));
        }
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        read_answer(&mut stream, &mut buffer).await.map_err(|why| format!("{path}: {why}"))?;
        times.push(start.elapsed());
    }
}

/// Reads exactly one answer, which must be a 200.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Outcome<()> {
    buffer.clear();
    let mut whole = None;
    loop {
        let read = stream.read_buf(buffer).await.map_err(|why| why.to_string())?;
        if read == 0 {
            return Err("the server hung up".to_owned());
        }
        if whole.is_none()
            && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            if !head.starts_with("http/1.1 200") {
                return Err(head);
            }
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.and_then(|length| length.trim().parse::<usize>().ok());
            whole = Some(end + 4 + length.ok_or("an answer without a length")?);
        }
        if whole.is_some_and(|whole| buffer.len() >= whole) {
            return Ok(());
        }
    }
}
