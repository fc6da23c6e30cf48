//! `roomful token`: making tokens for programs, listing and ending them.

use crate::{Database, Outcome};
use clap::Subcommand;
use roomful::protocol::At;
use roomful::protocol::tokens::{Scopes, TokenView};
use roomful::server::domain::tokens::NewToken;

/// What is done with tokens.
#[derive(Subcommand)]
pub enum Token {
    /// Make a token and print it, once: only its hash is stored.
    Add {
        /// The user in whose name the program acts.
        #[arg(long)]
        user: String,
        /// What it is called in lists.
        #[arg(long, default_value = "")]
        name: String,
        /// What it may be used for, parted by commas: read, write, push, broadcast.
        #[arg(long, default_value = "read,write")]
        scope: Scopes,
        /// When it ends by itself, such as 30d, 12h or 90m; without it, never.
        #[arg(long, value_parser = read_time)]
        expires: Option<Lasts>,
        #[command(flatten)]
        database: Database,
    },
    /// List all tokens, the newest first.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// End a token by its id. Whatever was opened with it is closed within a second.
    Revoke {
        /// The token's id, as the list has it.
        id: String,
        #[command(flatten)]
        database: Database,
    },
    /// Show what a token was used for last, or what all were.
    Log {
        /// The token's id, as the list has it.
        id: Option<String>,
        #[command(flatten)]
        database: Database,
    },
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasts(i64);

fn read_time(text: &str) -> Result<Lasts, &'static str> {
    let wrong = "must look like 30d, 12h or 90m";
    let unit = text.chars().next_back().ok_or(wrong)?;
    let of_unit = match unit {
        'd' => 86_400_000,
        'h' => 3_600_000,
        'm' => 60_000,
        's' => 1_000,
        _ => return Err(wrong),
    };
    let count: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong)?;
    count.checked_mul(of_unit).filter(|ms| *ms > 0).map(Lasts).ok_or(wrong)
}

impl Token {
    /// Does it.
    pub async fn run(self) -> Outcome {
        match self {
            Self::Add { user, name, scope, expires, database } => {
                let lasts_ms = expires.map(|lasts| lasts.0);
                let new = NewToken { user, name, scopes: scope, lasts_ms };
                let made = database.domain().await?.add_token(new).await?;
                // The secret alone, so that a script can keep it.
                println!("{}", made.secret);
            }
            Self::List { database } => {
                let domain = database.domain().await?;
                let (now, mut offset) = (At::now(), 0);
                loop {
                    let (tokens, more) = domain.all_tokens(offset).await?;
                    offset += tokens.len();
                    tokens.iter().for_each(|token| println!("{}", line(token, now)));
                    if !more {
                        break;
                    }
                }
                if offset == 0 {
                    println!("There are no tokens.");
                }
            }
            Self::Revoke { id, database } => {
                database.domain().await?.revoke_token(&id).await?;
                println!("The token {id} opens nothing any more.");
            }
            Self::Log { id, database } => {
                let uses = database.domain().await?.all_token_uses(id.as_deref()).await?;
                for used in &uses {
                    let (at, token, method) = (used.at, &used.token, &used.method);
                    let (path, status, address) = (&used.path, used.status, &used.address);
                    println!("{at}  {token}  {status}  {method} {path}  {address}");
                }
                if uses.is_empty() {
                    println!("Nothing was noted.");
                }
            }
        }
        Ok(())
    }
}

fn line(token: &TokenView, now: At) -> String {
    let TokenView { id, name, user, scopes, made_by, created_at, .. } = token;
    let name = if name.is_empty() { "-" } else { name };
    let by = made_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let state = match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if now >= at => format!("expired {at}"),
        (None, Some(at)) => format!("expires {at}"),
        (None, None) => "does not expire".to_owned(),
    };
    let used = token.used_at.map_or("never used".to_owned(), |at| format!("used {at}"));
    format!("{id}  {user}  {name}  {scopes}  made {created_at}{by}  {state}  {used}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(read_time("30d"), Ok(Lasts(30 * 86_400_000)));
        assert_eq!(read_time("90m"), Ok(Lasts(5_400_000)));
        for wrong in ["", "d", "30", "-1d", "0d", "1w", "30日", "9999999999999999d"] {
            assert!(read_time(wrong).is_err(), "{wrong}");
        }
    }
}
