//! `roomful token`: making tokens for programs, listing and ending them.

use crate::{Database, Outcome};
use clap::Subcommand;
use roomful::protocol::At;
use roomful::protocol::tokens::read_time;
use roomful::protocol::tokens::{Scopes, TokenView};
use roomful::server::domain::tokens::NewToken;
use std::io::Write as _;

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
        #[arg(long, value_parser = lasts)]
        expires: Option<i64>,
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
    /// Show what a token was used for, or what all were, the latest first: all that is kept.
    Log {
        /// The token's id, as the list has it.
        id: Option<String>,
        #[command(flatten)]
        database: Database,
    },
}

fn lasts(text: &str) -> Result<i64, &'static str> {
    read_time(text).ok_or("must look like 30d, 12h or 90m")
}

impl Token {
    /// Does it.
    pub async fn run(self) -> Outcome {
        let mut out = std::io::stdout();
        match self {
            Self::Add { user, name, scope, expires, database } => {
                let new = NewToken { user, name, scopes: scope, lasts_ms: expires };
                let made = database.domain().await?.add_token(new).await?;
                // The secret alone, so that a script can keep it.
                writeln!(out, "{}", made.secret)?;
            }
            Self::List { database } => {
                let domain = database.domain().await?;
                let (now, mut offset) = (At::now(), 0);
                loop {
                    let (tokens, more) = domain.all_tokens(offset).await?;
                    offset += tokens.len();
                    for token in &tokens {
                        writeln!(out, "{}", line(token, now))?;
                    }
                    if !more {
                        break;
                    }
                }
                if offset == 0 {
                    writeln!(out, "There are no tokens.")?;
                }
            }
            Self::Revoke { id, database } => {
                database.domain().await?.revoke_token(&id).await?;
                writeln!(out, "The token {id} opens nothing any more.")?;
            }
            Self::Log { id, database } => {
                let domain = database.domain().await?;
                let (mut before, mut any) = (None, false);
                loop {
                    let page = domain.all_token_uses(id.as_deref(), before).await?;
                    for used in &page.uses {
                        let (at, token, method) = (used.at, &used.token, &used.method);
                        let (path, status, address) = (&used.path, used.status, &used.address);
                        writeln!(out, "{at}  {token}  {status}  {method} {path}  {address}")?;
                    }
                    any |= !page.uses.is_empty();
                    before = page.before;
                    if before.is_none() {
                        break;
                    }
                }
                if !any {
                    writeln!(out, "Nothing was noted.")?;
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
