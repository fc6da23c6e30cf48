//! What concerns me: the form leads back to the list.

use crate::protocol::Refusal;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{protocol::Target, server::http::forms::asking};

/// Marks what concerns me as seen, as far as the list told when it was shown.
///
/// # Errors
/// `login_needed` for a visitor.
#[server(endpoint = "see_notices")]
pub async fn see_notices(seq: i64) -> Result<(), Refusal> {
    let (domain, who) = asking().await?;
    domain.mark_read(&who, &Target::Own, seq).await
}
