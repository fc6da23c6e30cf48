//! A small HTTP/1.1 client: one request a connection, every header in the test's hands.

use super::soon;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Headers of a request.
pub type Headers = Vec<(String, String)>;

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in order.
    pub headers: Headers,
    /// The body, without its transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text()))
    }

    /// The value of a cookie that the answer sets, and the whole line.
    pub fn cookie(&self, name: &str) -> Option<(String, String)> {
        self.headers.iter().filter(|(n, _)| n == "set-cookie").find_map(|(_, line)| {
            let (key, value) = line.split(';').next()?.split_once('=')?;
            (key.trim() == name).then(|| (value.to_owned(), line.clone()))
        })
    }

    /// The refusal in a JSON body.
    pub fn refusal(&self) -> Value {
        let body = self.json();
        assert!(body["message"].as_str().is_some_and(|m| !m.is_empty()), "{body}");
        body
    }

    /// The code of the refusal in a JSON body; empty where there is none.
    pub fn code(&self) -> String {
        self.refusal()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts the status; a failure shows the whole answer.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.headers, self.text());
        self
    }

    /// Asserts a status of the four hundreds.
    #[track_caller]
    pub fn refused(self) -> Self {
        assert!((400..500).contains(&self.status), "{} {}", self.status, self.text());
        self
    }

    /// Asserts that it leads elsewhere, and says where.
    #[track_caller]
    pub fn leads_to(&self) -> String {
        assert!((300..400).contains(&self.status), "{} {}", self.status, self.text());
        self.header("location").unwrap_or_default().to_owned()
    }

    /// The value of the first hidden or visible input field of that name in an HTML page, or of the first
    /// field of several lines.
    pub fn field(&self, name: &str) -> Option<String> {
        let page = self.text();
        let input = page.split("<input").skip(1).find_map(|rest| {
            let tag = rest.split('>').next()?;
            (attribute(tag, "name")? == name).then(|| attribute(tag, "value"))?
        });
        let lines = || {
            page.split("<textarea").skip(1).find_map(|rest| {
                let (tag, rest) = rest.split_once('>')?;
                let named = attribute(tag, "name")? == name;
                named.then(|| unescaped(rest.split("</textarea").next().unwrap_or_default()))
            })
        };
        input.or_else(lines)
    }
}

/// An attribute of a tag, with the usual entities resolved.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag[from..].split('"').next()?;
    Some(unescaped(value))
}

/// HTML text with its entities resolved.
pub fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#x2F;", "/")
        .replace("&amp;", "&")
}

/// Fields as a form sends them.
pub fn form(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!("{}={}", super::encoded(name), super::encoded(value))
    };
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// One request and its answer. `Host` is the address unless the headers say otherwise.
pub async fn exchange(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Answer {
    soon(&format!("the answer to {method} {path}"), async {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("Host: {addr}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let stream = TcpStream::connect(addr).await.expect("the house answers");
        let (mut read, mut write) = stream.into_split();
        let mut bytes = Vec::new();
        // A server that refuses a large body answers before it was all sent, and may hang up: what
        // it said is read all the same.
        let say = async {
            if write.write_all(head.as_bytes()).await.is_ok() {
                let _ = write.write_all(body).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = say => {}
            _ = read.read_to_end(&mut bytes) => {}
        }
        parse(&bytes)
    })
    .await
}

/// Reads an answer.
pub fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok())
        .expect("an answer has a status");
    let headers: Headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned()))
        .collect();
    let raw = &bytes[end + 4..];
    let chunked =
        headers.iter().any(|(n, v)| n == "transfer-encoding" && v.eq_ignore_ascii_case("chunked"));
    let body = if chunked { unchunked(raw) } else { raw.to_vec() };
    Answer { status, headers, body }
}

fn unchunked(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = raw.windows(2).position(|w| w == b"\r\n") {
        let size = String::from_utf8_lossy(&raw[..end]).into_owned();
        let size = size.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        let Some(chunk) = raw.get(end + 2..end + 2 + size) else { break };
        if size == 0 {
            break;
        }
        body.extend_from_slice(chunk);
        raw = raw.get(end + 4 + size..).unwrap_or_default();
    }
    body
}
