//! One letter to a push service, and what its answer means.

use super::keys::Keys;
use super::sealed::Seal;
use crate::server::outside::{Answer, Failed, Letter};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::time::Duration;

/// What nobody fetched within a day is old news.
const TTL_SECONDS: u32 = 86_400;
/// Of an answer its status says all; so much of the rest is logged.
const ANSWER: usize = 256;

/// How soon a device is to be woken for it (RFC 8030, 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits for an answer.
    High,
    /// Everything else.
    Normal,
}

impl Urgency {
    fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
        }
    }
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// The push service took it.
    Taken,
    /// It is not to be sent any more; nothing was.
    Nothing,
    /// There is no such subscription any more.
    Gone,
    /// It was too large for it.
    TooLarge,
    /// Not now; after this time, if it named one.
    Later(Option<Duration>),
    /// Never: we are refused, or the answer is none that we know. The status, if there was one.
    Refused(Option<u16>),
}

impl Came {
    /// What an answer means. Nothing but 404 and 410 says that a subscription is over (RFC 8030, 7.3):
    /// everything else may be our fault, or pass.
    #[must_use]
    pub fn of(answer: &Result<Answer, Failed>) -> Self {
        match answer {
            Ok(answer) => match answer.status.as_u16() {
                200..300 => Self::Taken,
                404 | 410 => Self::Gone,
                413 => Self::TooLarge,
                408 | 429 | 500..600 => Self::Later(answer.retry_after),
                status => Self::Refused(Some(status)),
            },
            Err(Failed::NotAllowed) => Self::Refused(None),
            Err(Failed::Unreachable | Failed::TimedOut | Failed::NoCertificates) => {
                Self::Later(None)
            }
        }
    }
}

/// What is to be sent.
pub struct Parcel<'a> {
    /// Where its push service takes messages for the device.
    pub endpoint: &'a str,
    /// What it is sealed with.
    pub seal: &'a Seal,
    /// What is shown, as JSON.
    pub shown: Vec<u8>,
    /// One for each person and conversation.
    pub topic: String,
    /// How soon.
    pub urgency: Urgency,
    /// How long a try may take.
    pub patience: Duration,
}

impl Parcel<'_> {
    /// The letter to the push service; none where it cannot be written.
    #[must_use]
    pub fn letter(self, keys: &Keys) -> Option<Letter> {
        let signed = keys.authorization(&origin(self.endpoint)?).ok()?;
        let body = self.seal.seal(self.shown).ok()?;
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&signed).ok()?);
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(HeaderName::from_static("ttl"), HeaderValue::from(TTL_SECONDS));
        headers.insert(
            HeaderName::from_static("urgency"),
            HeaderValue::from_static(self.urgency.word()),
        );
        headers.insert(HeaderName::from_static("topic"), HeaderValue::from_str(&self.topic).ok()?);
        Some(Letter {
            url: self.endpoint.to_owned(),
            headers,
            body: body.into(),
            inside: true,
            patience: self.patience,
            most_answer_bytes: ANSWER,
        })
    }
}

/// Scheme, host and port of an endpoint.
fn origin(endpoint: &str) -> Option<String> {
    let origin = reqwest::Url::parse(endpoint).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn only_two_answers_say_that_a_subscription_is_over() {
        let after = Duration::from_secs(7);
        for status in 200..600 {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, retry_after: Some(after), body: Vec::new() };
            let came = Came::of(&Ok(answer));
            let wanted = match status.as_u16() {
                200..300 => Came::Taken,
                404 | 410 => Came::Gone,
                413 => Came::TooLarge,
                408 | 429 | 500.. => Came::Later(Some(after)),
                other => Came::Refused(Some(other)),
            };
            assert_eq!(came, wanted, "{status}");
        }
        assert_eq!(Came::of(&Err(Failed::TimedOut)), Came::Later(None));
        assert_eq!(Came::of(&Err(Failed::NotAllowed)), Came::Refused(None));
    }

    #[test]
    fn an_origin_has_its_port_where_it_is_not_the_usual_one() {
        for (endpoint, origin) in [
            ("https://push.example/a/b?c", Some("https://push.example")),
            ("https://push.example:443/a", Some("https://push.example")),
            ("https://push.example:8443/a", Some("https://push.example:8443")),
            ("http://127.0.0.1:9/a", Some("http://127.0.0.1:9")),
            ("mailto:a@b", None),
            ("nothing", None),
        ] {
            assert_eq!(super::origin(endpoint).as_deref(), origin, "{endpoint}");
        }
    }
}
