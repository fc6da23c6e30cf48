//! Somebody who is told: a server that notes each call, and answers as the test wishes.

use super::super::support::soon;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    io::Write as _,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// How a call is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With this status, these header lines and this text.
    With(u16, &'static str, String),
    /// Never.
    Silence,
    /// With as much as is taken.
    Endless,
}

impl Reply {
    /// With a status and nothing else.
    pub fn status(status: u16) -> Self {
        Self::With(status, "", String::new())
    }
}

/// A call that came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: String,
    /// When it came.
    pub at: Instant,
}

impl Call {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Under which id it is told.
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// What is told.
    pub fn says(&self) -> String {
        self.json()["data"]["body"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether an independent reader of the specification takes it for ours.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/webhooks/verify.mjs");
        let mut node =
            Command::new("node").arg(script).stdin(Stdio::piped()).spawn().expect("node");
        let said = json!({"secret": secret, "headers": self.headers, "body": self.body});
        let mut input = node.stdin.take().expect("its input");
        input.write_all(said.to_string().as_bytes()).expect("it reads");
        drop(input);
        node.wait().expect("it ends").success()
    }
}

/// See the module.
pub struct Receiver {
    /// Where it is.
    pub addr: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
    came: Arc<AtomicUsize>,
}

impl Receiver {
    /// Answers these in their order, and everything after them with 200.
    pub async fn open(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::open_at("127.0.0.1:0", replies).await
    }

    /// The same at an address.
    pub async fn open_at(addr: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind(addr).await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let (tell, calls) = mpsc::unbounded_channel();
        let came = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&came);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counting.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(stream, Arc::clone(&replies), tell.clone()));
            }
        });
        Self { addr, calls, came }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/told", self.addr)
    }

    /// The next call.
    pub async fn next(&mut self) -> Call {
        soon("a call", self.calls.recv()).await.expect("somebody calls")
    }

    /// The next call of those that came, if there is one.
    pub fn waiting(&mut self) -> Option<Call> {
        self.calls.try_recv().ok()
    }

    /// Whether nothing more came than was looked at.
    pub fn is_quiet(&mut self) -> bool {
        self.waiting().is_none()
    }

    /// How often somebody connected.
    pub fn came(&self) -> usize {
        self.came.load(Ordering::Relaxed)
    }
}

async fn answer(
    mut stream: TcpStream,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    tell: mpsc::UnboundedSender<Call>,
) -> Option<()> {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; 16_384]);
    let head = loop {
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let headers: HashMap<String, String> = text.lines().skip(1).filter_map(header).collect();
    let length: usize = headers.get("content-length").map_or(0, |it| it.parse().unwrap());
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        body.extend_from_slice(&piece[..count]);
    }
    let reply = replies.lock().unwrap().pop_front().unwrap_or(Reply::status(200));
    let body = String::from_utf8(body).expect("text");
    tell.send(Call { headers, body, at: Instant::now() }).ok()?;
    match reply {
        Reply::With(status, headers, text) => {
            let length = text.len();
            let answer = format!(
                "HTTP/1.1 {status} So\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n{text}"
            );
            stream.write_all(answer.as_bytes()).await.ok()
        }
        Reply::Silence => std::future::pending().await,
        Reply::Endless => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n")
                .await
                .ok()?;
            loop {
                stream.write_all(&[b'x'; 16_384]).await.ok()?;
            }
        }
    }
}
