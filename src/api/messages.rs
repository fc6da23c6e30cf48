//! Messages: the composer's plain form, and history.

use crate::protocol::json::Answer;
use crate::protocol::{Refusal, Target, views};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use crate::{protocol::urls, server::http::forms::asking};

/// Says something by a plain form: a message, or a command such as `/pm bob hi`. `files`: the ids of
/// its uploads, parted by commas.
///
/// # Errors
/// Those of sending; the form comes back as it was.
#[server(endpoint = "say")]
pub async fn say(
    to: Target,
    body: String,
    cid: String,
    files: Option<String>,
) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    let files = files.iter().flat_map(|ids| ids.split(',')).filter(|id| !id.is_empty());
    let files = files.map(str::to_owned).collect();
    let next = domain.say(&who, to, &body, cid, files).await?;
    leptos_axum::redirect(&next.map_or_else(|| urls::HELP.to_owned(), |to| urls::page(&to)));
    Ok(())
}

/// A page of history, newest first: before a seq, after a seq, or around a message. At most one of
/// the three is said.
///
/// # Errors
/// `not_found` for what is not there or not for me, a message included.
#[server(endpoint = "history", input = GetUrl, output = Answer)]
pub async fn history(
    to: Target,
    before: Option<i64>,
    after: Option<i64>,
    around: Option<String>,
) -> Result<views::History, Refusal> {
    let (domain, who) = asking().await?;
    domain.history(&who, &to, views::Span::of(before, after, around)?, None).await
}
