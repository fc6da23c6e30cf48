//! `roomful push`: telling something to a person, a room or everybody, through a server's HTTP API.

use crate::Outcome;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use reqwest::{Client, StatusCode, Url};
use roomful::protocol::urls::encode;
use roomful::server::outside::retry_after;
use roomful::server::security::secrets;
use serde_json::{Value, json};
use std::error::Error;
use std::io::{self, Read as _};
use std::time::Duration;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tries in all, where the server cannot be reached or is busy: with the same key, so that it is pushed
/// once.
const TRIES: u32 = 4;
/// The wait before the second try; twice as long before each one after it.
const FIRST_WAIT: Duration = Duration::from_millis(300);
/// All waits together, where the server says how long: whoever is to wait longer hears so instead.
const WAITS: Duration = Duration::from_secs(60);
/// Bytes that are read of standard input: as many as a call takes.
const MOST: usize = 256 * 1024;
/// Bytes that are read of an answer, which may say again what was sent.
const ANSWER: usize = 2 * MOST;
/// Where the server is unless it is said.
const HERE: &str = "http://127.0.0.1:3000";

/// What is pushed, at whom, and through which server.
#[derive(Args)]
#[command(group(clap::ArgGroup::new("aim").required(true).args(["user", "room", "all"])))]
pub struct Push {
    /// Push to this person.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    user: Option<String>,
    /// Push to this room.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    room: Option<String>,
    /// Push to everybody; takes an administrator's token.
    #[arg(long)]
    all: bool,
    /// Reach only those who are there now, and store nothing.
    #[arg(long)]
    fleeting: bool,
    /// Where it leads: a path of the house, or an https address.
    #[arg(long)]
    link: Option<String>,
    /// Push it again and again, such as every 2s or 5m.
    #[arg(long, value_parser = every)]
    every: Option<i64>,
    /// How often at most.
    #[arg(long, requires = "every")]
    times: Option<u64>,
    /// The server's address, such as https://chat.example.org.
    #[arg(long, env = "ROOMFUL_URL", default_value = HERE, value_parser = address)]
    url: Url,
    /// The token to push with. Better in the environment, where nobody sees it in a list of processes.
    #[arg(long, env = "ROOMFUL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The text; without it, or as -, what comes on standard input.
    #[arg(allow_hyphen_values = true)]
    text: Option<String>,
}

fn every(text: &str) -> Result<i64, &'static str> {
    roomful::protocol::tokens::read_time(text).ok_or("must look like 2s, 5m or 1h")
}

/// Whether a text is rather an option that was mistyped: a text may begin with a hyphen, too.
fn is_like_an_option(text: &str) -> bool {
    let word = text.strip_prefix("--").is_some_and(|rest| {
        rest.starts_with(char::is_alphabetic) && !rest.contains(char::is_whitespace)
    });
    word && !std::env::args_os().any(|argument| argument == "--")
}

/// The server's address; nothing at all means the usual one.
fn address(text: &str) -> Result<Url, &'static str> {
    let text = if text.trim().is_empty() { HERE } else { text.trim() };
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.filter(Url::has_host).ok_or("must be an address such as https://chat.example.org")
}

/// What one try came to.
enum Tried {
    /// An answer that counts.
    Answer(StatusCode, Value),
    /// It may go better in a while, which the server may have named.
    Again(String, Option<Duration>),
    /// Nor will it the next time.
    Never(String),
}

impl Push {
    /// Does it.
    pub async fn run(self) -> Outcome {
        let token = self.token.as_deref().unwrap_or_default().trim();
        if token.is_empty() {
            return Err(
                "Set ROOMFUL_TOKEN to a token with the scope push (roomful token add).".into()
            );
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("What ROOMFUL_TOKEN holds is no token: it has a space or a line break in \
                        it, or a letter that no token has."
                .into());
        }
        let text = match self.text.as_deref() {
            None | Some("-") => read(io::stdin())?,
            Some(text) if is_like_an_option(text) => {
                let how = "To push just that, put -- before it";
                return Err(format!("There is no option {text}. {how}.").into());
            }
            Some(text) => text.to_owned(),
        };
        if text.trim().is_empty() {
            return Err("There is nothing to push: give a text, or one on standard input.".into());
        }
        let aim = match (&self.user, &self.room) {
            (Some(user), _) => format!("users/{}", encode(user)),
            (_, Some(room)) => format!("rooms/{}", encode(room)),
            (None, None) => "broadcast".to_owned(),
        };
        let at = format!("{}/api/v1/push/{aim}", self.url.as_str().trim_end_matches('/'));
        let mut body = json!({"text": text, "stored": !self.fleeting});
        for (name, value) in [
            ("link", self.link.clone().map(Value::from)),
            ("every_ms", self.every.map(Value::from)),
            ("times", self.times.map(Value::from)),
        ] {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        let client = client(&self.url)?;
        let (status, answer) = self.push(&client, &at, token, &body).await?;
        // Whatever else answers with 200 has pushed nothing.
        if status.is_success() && answer["id"].is_string() {
            println!("{}", said(&answer));
            return Ok(());
        }
        Err(refused(status, &answer, &self.url).into())
    }

    async fn push(
        &self,
        client: &Client,
        at: &str,
        token: &str,
        body: &Value,
    ) -> Result<(StatusCode, Value), String> {
        let key = secrets::short_id();
        let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
        let mut tries = 1;
        loop {
            let (why, after) = match self.once(client, at, token, &key, body).await {
                Tried::Answer(status, answer) => return Ok((status, answer)),
                Tried::Never(why) => return Err(why),
                Tried::Again(why, after) => (why, after),
            };
            let next = after.map_or(wait, |after| after.max(FIRST_WAIT));
            if tries == TRIES || waited + next > WAITS {
                let again = after.map(|after| format!(" Again in {} s.", after.as_secs()));
                return Err(why + &again.unwrap_or_default());
            }
            tokio::time::sleep(next).await;
            (wait, waited, tries) = (wait * 2, waited + next, tries + 1);
        }
    }

    async fn once(&self, client: &Client, at: &str, token: &str, key: &str, body: &Value) -> Tried {
        let request = client.post(at).bearer_auth(token).header("Idempotency-Key", key).json(body);
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return failed(&error, &self.url),
        };
        let status = response.status();
        let after = retry_after(response.headers());
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() <= ANSWER => bytes.extend_from_slice(&chunk),
                Ok(_) => break,
                // What was done is known by the key.
                Err(_) => return Tried::Again(format!("{} hung up.", self.url), None),
            }
        }
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let again = match status {
            // Those that a proxy says too, while the server behind it is away.
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => true,
            StatusCode::TOO_MANY_REQUESTS => after.is_some(),
            StatusCode::CONFLICT => answer["code"] == "in_progress",
            _ => false,
        };
        if again {
            return Tried::Again(refused(status, &answer, &self.url), after);
        }
        Tried::Answer(status, answer)
    }
}

/// What calls the server.
fn client(url: &Url) -> Result<Client, String> {
    // The client's TLS needs its cryptography named once; a second time changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    // By http no certificates are needed, nor looked for.
    let builder = if url.scheme() == "https" { builder } else { builder.tls_certs_only([]) };
    builder
        .build()
        .map_err(|error| format!("No connection can be made from here: {}.", cause(&error)))
}

/// All of standard input, but for the line break at its end.
fn read(input: impl io::Read) -> Result<String, Box<dyn Error>> {
    let mut bytes = Vec::new();
    input.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MOST {
        let most = MOST / 1024;
        return Err(format!("Standard input has more than {most} KiB, which is too much.").into());
    }
    let text =
        String::from_utf8(bytes).map_err(|_| "Standard input is no text (UTF-8) all through.")?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// An error and all that it comes from, one inside of the other.
fn inwards<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        // What is inside of an error of input and output is not its source, but has the same one.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

/// The innermost of the causes of an error: what went wrong, without what was being done.
fn cause(error: &(dyn Error + 'static)) -> String {
    inwards(error).last().unwrap_or(error).to_string()
}

/// What is wrong with the encryption, where it is that.
fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    inwards(error).find_map(|error| error.downcast_ref())
}

/// Why there was no answer, and whether there may be one in a while.
fn failed(error: &reqwest::Error, url: &Url) -> Tried {
    match of_tls(error) {
        Some(rustls::Error::InvalidCertificate(why)) => Tried::Never(format!(
            "{url} shows a certificate that does not count here ({why:?}): nothing was sent."
        )),
        Some(why) => Tried::Never(format!("{url} does not speak https as it should: {why}.")),
        None if error.is_builder() => {
            Tried::Never(format!("This cannot be sent to {url}: {}.", cause(error)))
        }
        None => {
            let why = format!("{url} cannot be reached: {}. Is ROOMFUL_URL right?", cause(error));
            Tried::Again(why, None)
        }
    }
}

/// What was done, in a sentence.
fn said(answer: &Value) -> String {
    if let Some(every) = answer["every_ms"].as_u64() {
        let id = answer["id"].as_str().unwrap_or_default();
        let every = every as f64 / 1_000.0;
        if answer["ended_at"].is_string() {
            return format!("Pushed every {every} s; that has ended already. Its id was {id}.");
        }
        return format!(
            "Pushed every {every} s from now on, while somebody is there to hear it; its id is {id}."
        );
    }
    let people = answer["people"].as_u64().unwrap_or(0);
    let heard = match people {
        0 => "nobody was there to hear it".to_owned(),
        1 => "one person heard it now".to_owned(),
        _ => format!("{people} people heard it now"),
    };
    if answer["stored"] == true {
        format!("Pushed and stored; {heard}.")
    } else {
        format!("Pushed; {heard}.")
    }
}

/// Why it was not, in a sentence.
fn refused(status: StatusCode, answer: &Value, url: &Url) -> String {
    let detail = answer["detail"].as_str();
    match (status, detail) {
        (StatusCode::UNAUTHORIZED, _) => {
            "The token is not good (any more): see ROOMFUL_TOKEN.".into()
        }
        (_, Some(detail)) => detail.to_owned(),
        (
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS,
            None,
        ) => format!("What stands before Roomful at {url} says {status}."),
        (status, None) => format!("What answers at {url} is no Roomful: it says {status}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_nothing_means_the_usual_one() {
        let read = |text| address(text).map(String::from);
        assert_eq!(read(""), Ok("http://127.0.0.1:3000/".to_owned()));
        assert_eq!(read(" https://x.example/a "), Ok("https://x.example/a".to_owned()));
        for wrong in ["x.example", "/chat", "ftp://x.example", "mailto:a@x.example"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_found_however_deep() {
        let wrong = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let error = io::Error::other(io::Error::other(wrong.clone()));
        assert_eq!(of_tls(&error), Some(&wrong));
        assert_eq!(cause(&error), wrong.to_string());
        assert!(of_tls(&io::Error::other("gone")).is_none());
        assert_eq!(cause(&io::Error::from_raw_os_error(111)), "Connection refused (os error 111)");
    }

    #[test]
    fn what_comes_on_standard_input_is_text_and_not_too_much() {
        let read = |bytes: &[u8]| read(bytes).map_err(|why| why.to_string());
        assert_eq!(read(b"a\nb\r\n\n"), Ok("a\nb".to_owned()));
        // Too much comes before what is cut by it.
        assert!(read("é".repeat(MOST).as_bytes()).unwrap_err().contains("256 KiB"));
        assert!(read(b"\xff").unwrap_err().contains("UTF-8"));
        assert_eq!(read(&vec![b'x'; MOST]).map(|text| text.len()), Ok(MOST));
    }
}
