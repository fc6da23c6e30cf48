//! The one way by which this server reaches out: to where people had messages sent on, and to the
//! push services of their browsers. Both name the address, so it is guarded here and nowhere else:
//!
//! - Only what is public is reached (`public.rs`), or what the settings name. Names are looked up by a
//!   resolver of our own that passes on no other address, so what was checked is what is connected to,
//!   whatever the name means a moment later. An address that stands in the URL itself is read as
//!   the URL standard does, which knows 127.1 and 0x7f000001 too.
//! - By https alone; http only to what the settings name.
//! - An answer that leads elsewhere is an answer: nothing is followed. No proxy is asked.
//! - All of it within a time, and of an answer no more than was asked for.

mod public;

use crate::protocol::{At, Refusal};
use crate::server::config::Config;
use crate::words::Word;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

pub use public::is_public;

/// Characters of a URL that is taken: push services' are the longest, with some 500.
pub const URL: usize = 2_048;
/// How long the way to a server may take, of the patience for all of it.
const CONNECT: Duration = Duration::from_secs(5);
/// Connections that are kept for the next call to the same server, and for how long.
const IDLE: usize = 2;
const IDLE_FOR: Duration = Duration::from_secs(30);
/// Ports below this belong to services that speak something else and might take a request for it.
const PORTS: u16 = 1_024;

/// What is asked to look up a name: the system, or what a test has in its place.
pub type Lookup = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync;

/// What is sent, by POST.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Where to.
    pub url: String,
    /// With these headers.
    pub headers: HeaderMap,
    /// What.
    pub body: Bytes,
    /// Whether it may go to what the settings name, next to what is public.
    pub inside: bool,
    /// How long all of it may take.
    pub patience: Duration,
    /// Bytes of the answer that are read; the rest is left.
    pub most_answer_bytes: usize,
}

/// What came back, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// When it is to be tried again, from now.
    pub retry_after: Option<Duration>,
    /// Its body, as far as it was wanted.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It may not be reached: no public address, or not in this way.
    #[error("That address may not be reached from here.")]
    NotAllowed,
    /// Nobody is there, or they do not speak HTTP or TLS as we do.
    #[error("It could not be reached.")]
    Unreachable,
    /// It took too long.
    #[error("It did not answer in time.")]
    TimedOut,
    /// This machine knows no authority whose certificates count.
    #[error("This server has no CA certificates, so it can check nobody's.")]
    NoCertificates,
}

/// The client. What it needs it makes at its first letter: a house that sends none needs no certificates.
pub struct Outside {
    reachable: Arc<[IpNet]>,
    lookup: Arc<Lookup>,
    /// By https, to what is public.
    public: OnceCell<Client>,
    /// By https, to what is public or reachable.
    secure: OnceCell<Client>,
    /// By http, to what is reachable alone.
    plain: OnceCell<Client>,
}

impl Outside {
    /// A client that reaches what is public and what the settings name.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::with_lookup(&config.reachable, |name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        })
    }

    /// The same, which asks somebody else what names mean: for tests.
    #[must_use]
    pub fn with_lookup(
        reachable: &[IpNet],
        lookup: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            reachable: reachable.into(),
            lookup: Arc::new(lookup),
            public: OnceCell::new(),
            secure: OnceCell::new(),
            plain: OnceCell::new(),
        }
    }

    /// Whether letters may be addressed to this URL, as somebody typed it. Where a name leads is
    /// looked up with each letter.
    ///
    /// # Errors
    /// `invalid` of the field `url`, or `too_long`.
    pub fn check_url(&self, url: &str) -> Result<(), Refusal> {
        check(url, &self.reachable)
    }

    /// The same, as if the settings named nothing.
    ///
    /// # Errors
    /// Those of [`Outside::check_url`].
    pub fn check_public_url(&self, url: &str) -> Result<(), Refusal> {
        check(url, &[])
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// When there is no answer at all. What is up to this machine is logged.
    pub async fn send(&self, letter: Letter) -> Result<Answer, Failed> {
        let Letter { url, headers, body, inside, patience, most_answer_bytes } = letter;
        let reachable = if inside { Arc::clone(&self.reachable) } else { Arc::default() };
        let url = read(&url, &reachable).map_err(|_| Failed::NotAllowed)?;
        let exchange = async {
            let client = self.client(url.scheme() == "https", reachable).await?;
            let sent = client.post(url).headers(headers).body(body).send().await;
            let mut response = sent.map_err(|error| failed(&error))?;
            let (status, retry_after) = (response.status(), retry_after(response.headers()));
            let mut body = Vec::new();
            while body.len() < most_answer_bytes {
                // Its status counts even where the rest of it is lost.
                let Ok(Some(piece)) = response.chunk().await else { break };
                body.extend(piece.iter().take(most_answer_bytes - body.len()));
            }
            Ok(Answer { status, retry_after, body })
        };
        tokio::time::timeout(patience, exchange).await.unwrap_or(Err(Failed::TimedOut))
    }

    async fn client(&self, secure: bool, reachable: Arc<[IpNet]>) -> Result<&Client, Failed> {
        let cell = match secure {
            true if reachable.is_empty() => &self.public,
            true => &self.secure,
            false => &self.plain,
        };
        let guard = Guard { reachable, lookup: Arc::clone(&self.lookup), secure };
        let built = cell.get_or_try_init(|| async move {
            // Reads the system's certificates from the disk.
            let built = tokio::task::spawn_blocking(move || build(guard)).await;
            built.map_err(|_| Failed::Unreachable)?.map_err(|error| {
                let why = causes(&error);
                tracing::error!(
                    why,
                    "nothing can be sent: install CA certificates (ca-certificates)"
                );
                Failed::NoCertificates
            })
        });
        built.await
    }
}

fn check(url: &str, reachable: &[IpNet]) -> Result<(), Refusal> {
    if url.chars().count() > URL {
        return Err(Refusal::too_long("url", Word::UrlTooLong.of(&[&URL])));
    }
    read(url, reachable).map(drop).map_err(|why| Refusal::invalid("url", why))
}

/// Reads a URL that may be reached as far as it shows.
fn read(url: &str, reachable: &[IpNet]) -> Result<Url, Word> {
    let url = Url::parse(url.trim()).map_err(|_| Word::NotAUrl)?;
    let is_secure = match url.scheme() {
        "https" => true,
        "http" if !reachable.is_empty() => false,
        _ => return Err(Word::UrlNotSecure),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Word::UrlWithPassword);
    }
    // None is the scheme's own.
    if url.port().is_some_and(|port| port < PORTS) {
        return Err(Word::UrlPort);
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Word::NotAUrl)?;
    match literal(host) {
        Some(address) if !may_reach(reachable, is_secure, address) => Err(Word::UrlNotPublic),
        _ => Ok(url),
    }
}

fn build(guard: Guard) -> reqwest::Result<Client> {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let secure = guard.secure;
    let builder = Client::builder()
        .dns_resolver(guard)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("Roomful/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE)
        .pool_idle_timeout(IDLE_FOR)
        .https_only(secure);
    // By http no certificates are needed, nor looked for.
    if secure { builder } else { builder.tls_certs_only([]) }.build()
}

/// Passes on the addresses of a name that may be reached.
struct Guard {
    reachable: Arc<[IpNet]>,
    lookup: Arc<Lookup>,
    secure: bool,
}

/// A name that leads nowhere but to what may not be reached.
#[derive(Debug, thiserror::Error)]
#[error("no address of that name may be reached")]
struct NotPublic;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (reachable, secure) = (Arc::clone(&self.reachable), self.secure);
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let mut found = found.await?;
            let any = !found.is_empty();
            found.retain(|address| may_reach(&reachable, secure, *address));
            if any && found.is_empty() {
                return Err(NotPublic.into());
            }
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

fn may_reach(reachable: &[IpNet], secure: bool, address: IpAddr) -> bool {
    let named = reachable.iter().any(|net| net.contains(&address.to_canonical()));
    named || (secure && is_public(address))
}

/// The address that stands in a URL in place of a name. The URL standard has brought it into its one form.
fn literal(host: &str) -> Option<IpAddr> {
    let six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match six {
        Some(six) => six.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    }
}

/// The host that a URL leads to: what may be shown of one that is a secret.
#[must_use]
pub fn host(url: &str) -> String {
    let url = Url::parse(url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

fn failed(error: &reqwest::Error) -> Failed {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if one.is::<NotPublic>() {
            return Failed::NotAllowed;
        }
        cause = one.source();
    }
    if error.is_timeout() {
        return Failed::TimedOut;
    }
    tracing::debug!(why = causes(error), "a server could not be reached");
    Failed::Unreachable
}

/// All that an error says, without the URL, which may be a secret.
fn causes(error: &reqwest::Error) -> String {
    let mut said = Vec::new();
    let mut cause = error.source();
    while let Some(one) = cause {
        said.push(one.to_string());
        cause = one.source();
    }
    said.join(": ")
}

/// `Retry-After` in either of its forms (RFC 9110, 10.2.3), from now.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let ms = date(text)?.0.saturating_sub(At::now().0);
    Some(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

/// A date as HTTP writes it, `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<At> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month) = (parts.next()?, parts.next()?);
    let (year, clock) = (parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|one| *one == month)? + 1;
    (parts.next() == Some("GMT"))
        .then(|| At::parse(&format!("{year}-{month:02}-{day}T{clock}Z")))
        .flatten()
}

#[cfg(test)]
mod tests;
