//! A push service of the test's own, and browsers that are turned on there.

use crate::support::{Person, http::attribute, soon};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::mpsc,
};

const OPEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/webpush/open.mjs");

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// With this status.
    Status(u16),
    /// With 429, and after how many seconds to try again.
    After(u64),
    /// With this status, and the rest of the answer never comes.
    Unfinished(u16),
    /// Not at all.
    Silence,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Got {
    /// For which browser.
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    /// Sealed.
    pub body: Vec<u8>,
    /// When.
    pub at: Instant,
}

/// See the module. Every browser is answered 201, unless it is told otherwise.
pub struct Service {
    pub addr: SocketAddr,
    replies: Arc<Mutex<HashMap<String, VecDeque<Reply>>>>,
    got: mpsc::UnboundedReceiver<Got>,
    browsers: usize,
}

impl Service {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let (came, got) = mpsc::unbounded_channel();
        let replies = Arc::<Mutex<HashMap<String, VecDeque<Reply>>>>::default();
        let answers = Arc::clone(&replies);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answers), came.clone()));
            }
        });
        Self { addr, replies, got, browsers: 0 }
    }

    /// A new browser, with keys of its own.
    pub async fn browser(&mut self) -> Browser {
        self.browsers += 1;
        let keys = node(&["keys"], "").await;
        Browser { path: format!("/for/{}?v=1", self.browsers), service: self.addr, keys }
    }

    /// So it answers this browser from now on, one after the other, and then 201 again.
    pub fn answers(&self, browser: &Browser, with: impl IntoIterator<Item = Reply>) {
        self.replies.lock().unwrap().insert(browser.path.clone(), with.into_iter().collect());
    }

    /// The next that comes.
    pub async fn next(&mut self) -> Got {
        soon("something to come to the push service", self.got.recv()).await.expect("it is open")
    }

    /// All that came and was not looked at.
    pub fn rest(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.got.try_recv().ok()).collect()
    }
}

async fn serve(
    stream: TcpStream,
    replies: Arc<Mutex<HashMap<String, VecDeque<Reply>>>>,
    came: mpsc::UnboundedSender<Got>,
) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let (mut first, mut headers) = (String::new(), HashMap::new());
        read.read_line(&mut first).await.ok().filter(|n| *n > 0)?;
        loop {
            let mut line = String::new();
            read.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
        read.read_exact(&mut body).await.ok()?;
        let path = first.split(' ').nth(1)?.to_owned();
        let reply = replies.lock().unwrap().get_mut(&path).and_then(VecDeque::pop_front);
        let _ = came.send(Got { path, headers, body, at: Instant::now() });
        let (status, more) = match reply.unwrap_or(Reply::Status(201)) {
            Reply::Status(status) => (status, String::new()),
            Reply::After(seconds) => (429, format!("Retry-After: {seconds}\r\n")),
            Reply::Unfinished(status) => {
                let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 10\r\n\r\nbe");
                write.write_all(answer.as_bytes()).await.ok()?;
                let _ = read.read(&mut [0; 1]).await;
                return None;
            }
            Reply::Silence => {
                // Until the other side gives up.
                let _ = read.read(&mut [0; 1]).await;
                return None;
            }
        };
        let answer = format!("HTTP/1.1 {status} So\r\n{more}Content-Length: 0\r\n\r\n");
        write.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// What was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What the service worker is given.
    pub shown: Value,
    /// How many bytes it had.
    pub bytes: usize,
    /// What the house says of itself.
    pub claims: Value,
}

/// A browser with keys of its own.
#[derive(Clone, Debug)]
pub struct Browser {
    pub path: String,
    service: SocketAddr,
    keys: Value,
}

impl Browser {
    /// Where its push service takes messages for it.
    pub fn endpoint(&self) -> String {
        format!("http://{}{}", self.service, self.path)
    }

    /// The fields of the form that turns it on.
    pub fn fields(&self) -> [(&'static str, String); 3] {
        let key = |name| self.keys[name].as_str().unwrap_or_default().to_owned();
        [("endpoint", self.endpoint()), ("p256dh", key("p256dh")), ("auth", key("auth"))]
    }

    /// Is turned on by somebody who is logged in.
    pub async fn turn_on(&self, person: &Person) {
        let fields = self.fields();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = person.post("/api/subscribe_device", &fields).await.is(303);
        assert_eq!(answer.leads_to(), "/devices");
    }

    /// Opens what came for it, and checks who sent it: by the house's key as a page has it.
    pub async fn open(&self, got: &Got, key: &str) -> Opened {
        assert_eq!(got.path, self.path, "for another browser");
        let input = json!({
            "private": self.keys["private"],
            "auth": self.keys["auth"],
            "authorization": got.headers.get("authorization"),
            "body": STANDARD.encode(&got.body),
            "key": key,
            "origin": format!("http://{}", self.service),
        });
        let opened = node(&[], &input.to_string()).await;
        let plain = opened["plain"].as_str().expect("a text");
        let shown = serde_json::from_str(plain).expect("JSON");
        Opened { shown, bytes: plain.len(), claims: opened["claims"].clone() }
    }
}

/// The house's public key, as a page has it for the script.
pub async fn key(person: &Person) -> String {
    let page = person.get("/devices").await.is(200).text();
    let form = page.split("<form").find(|form| form.contains("data-push-on"));
    attribute(form.expect("a form that turns this browser on"), "data-push-on").expect("a key")
}

/// The ids of somebody's devices, as their page has them.
pub async fn devices(person: &Person) -> Vec<String> {
    let page = person.get("/devices").await.is(200).text();
    let forms = page.split("<form").filter(|form| form.contains("/api/remove_device"));
    let id = |form: &str| {
        let input =
            form.split("<input").find(|it| attribute(it, "name").as_deref() == Some("device"));
        attribute(input.expect("which device"), "value").expect("an id")
    };
    forms.map(id).collect()
}

async fn node(arguments: &[&str], input: &str) -> Value {
    let mut node = Command::new("node")
        .arg(OPEN)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node");
    let mut stdin = node.stdin.take().expect("its input");
    stdin.write_all(input.as_bytes()).await.expect("its input");
    drop(stdin);
    let output = soon("node", node.wait_with_output()).await.expect("its output");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
