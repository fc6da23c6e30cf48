//! `roomful push`: telling something to a person, a room or everybody, through a server's HTTP API.

use crate::Outcome;
use clap::Args;
use reqwest::{StatusCode, Url};
use roomful::protocol::urls::encode;
use roomful::server::security::secrets;
use serde_json::{Value, json};
use std::io::Read as _;
use std::time::Duration;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tries in all, where the server cannot be reached or is busy: with the same key, so that it is pushed
/// once.
const TRIES: u32 = 4;
/// The wait before the second try; twice as long before each one after it.
const FIRST_WAIT: Duration = Duration::from_millis(300);
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Bytes that are read of standard input, and of an answer.
const MOST: u64 = 256 * 1024;

/// What is pushed, at whom, and through which server.
#[derive(Args)]
#[command(group(clap::ArgGroup::new("aim").required(true).args(["user", "room", "all"])))]
pub struct Push {
    /// Push to this person.
    #[arg(long)]
    user: Option<String>,
    /// Push to this room.
    #[arg(long)]
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
    #[arg(long, env = "ROOMFUL_URL", default_value = "http://127.0.0.1:3000")]
    url: Url,
    /// The token to push with. Better in the environment, where nobody sees it in a list of processes.
    #[arg(long, env = "ROOMFUL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The text; without it, what comes on standard input.
    text: Option<String>,
}

fn every(text: &str) -> Result<i64, &'static str> {
    roomful::server::domain::tokens::read_time(text).ok_or("must look like 2s, 5m or 1h")
}

/// What one try came to.
enum Tried {
    /// An answer that counts.
    Answer(StatusCode, Value),
    /// It may go better in a while, which the server may have named.
    Again(String, Option<Duration>),
}

impl Push {
    /// Does it.
    pub async fn run(self) -> Outcome {
        let token = self.token.clone().filter(|token| !token.is_empty());
        let token =
            token.ok_or("Set ROOMFUL_TOKEN to a token with the scope push (roomful token add).")?;
        let text = match &self.text {
            Some(text) => text.clone(),
            None => {
                let mut text = String::new();
                std::io::stdin().take(MOST).read_to_string(&mut text)?;
                text.trim_end_matches(['\n', '\r']).to_owned()
            }
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
        // The client's TLS needs its cryptography named once; a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| format!("no connection can be made from here: {error}"))?;
        let (status, answer) = self.push(&client, &at, &token, &body).await?;
        if status.is_success() {
            println!("{}", said(&answer));
            return Ok(());
        }
        Err(refused(status, &answer, &self.url).into())
    }

    async fn push(
        &self,
        client: &reqwest::Client,
        at: &str,
        token: &str,
        body: &Value,
    ) -> Result<(StatusCode, Value), String> {
        let key = secrets::short_id();
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            match self.once(client, at, token, &key, body).await {
                Tried::Answer(status, answer) => return Ok((status, answer)),
                Tried::Again(why, _) if tries == TRIES => return Err(why),
                Tried::Again(_, after) => {
                    tokio::time::sleep(after.unwrap_or(wait).min(LONGEST_WAIT)).await;
                    wait *= 2;
                    tries += 1;
                }
            }
        }
    }

    async fn once(
        &self,
        client: &reqwest::Client,
        at: &str,
        token: &str,
        key: &str,
        body: &Value,
    ) -> Tried {
        let request = client.post(at).bearer_auth(token).header("Idempotency-Key", key).json(body);
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(_) => {
                let why = format!("{} cannot be reached. Is ROOMFUL_URL right?", self.url);
                return Tried::Again(why, None);
            }
        };
        let status = response.status();
        let after =
            response.headers().get("retry-after").and_then(|it| it.to_str().ok()?.parse().ok());
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() as u64 <= MOST => bytes.extend_from_slice(&chunk),
                Ok(_) => break,
                // What was done is known by the key.
                Err(_) => return Tried::Again(format!("{} hung up.", self.url), None),
            }
        }
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let is_underway = status == StatusCode::CONFLICT && answer["code"] == "in_progress";
        if status == StatusCode::SERVICE_UNAVAILABLE || is_underway {
            return Tried::Again(
                refused(status, &answer, &self.url),
                after.map(Duration::from_secs),
            );
        }
        Tried::Answer(status, answer)
    }
}

/// What was done, in a sentence.
fn said(answer: &Value) -> String {
    if let Some(every) = answer["every_ms"].as_u64() {
        let id = answer["id"].as_str().unwrap_or_default();
        return format!("Pushed every {} s from now on; its id is {id}.", every as f64 / 1_000.0);
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
        (status, None) => format!("What answers at {url} is no Roomful: it says {status}."),
    }
}
