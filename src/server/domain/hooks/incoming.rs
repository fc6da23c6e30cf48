//! What comes in at a room's own addresses: one call is one message, said by the address's program.

use super::super::post::Draft;
use super::super::{Domain, Member, Who, unavailable};
use super::slack;
use crate::protocol::frames::SendOk;
use crate::protocol::views::AuthorKind;
use crate::protocol::{At, Refusal, Target};
use crate::server::security::secrets;
use crate::server::store::hooks;
use crate::words::Word;
use serde_json::Value;
use std::sync::Arc;

/// Use is noted this often at most, so that a busy address does not write twice a message.
const NOTED_MS: i64 = 10 * 60 * 1_000;

impl Domain {
    /// Says in a room what came at one of its addresses. `key` makes saying it again harmless. What is too
    /// long is cut, and says so: a program cannot shorten it.
    ///
    /// # Errors
    /// `not_found` for an address that is not there or has another secret; `invalid` where nothing is
    /// said; `rate_limited`; those of [`Domain::post`].
    pub async fn take_in(
        &self,
        (id, secret): (&str, &str),
        said: &Value,
        key: Option<&str>,
    ) -> Result<SendOk, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let called = hooks::called(&mut db, id, &secrets::hash(secret)).await;
        drop(db);
        let called = called.map_err(unavailable)?;
        let called = called.ok_or_else(|| Refusal::not_found("such address"))?;
        let text = slack::text(said);
        if text.trim().is_empty() {
            return Err(Refusal::invalid("text", Word::HookSaidNothing));
        }
        let body = slack::cut(text, self.config.body_limit);
        // Keys of different addresses never meet, though they may be one program's.
        let keyed = |key| secrets::hash(&format!("{id}\n{key}"));
        let cid = key.map_or_else(secrets::short_id, keyed);
        let bot = Member {
            id: called.id,
            name: called.name.into(),
            admin: false,
            own: called.own,
            session: None,
            token: None,
            kind: AuthorKind::Bot,
            bot_of: Some(called.log_id),
        };
        let to = Target::Room(called.room);
        let draft = Draft { to, cid, body, reply_to: None, files: Vec::new() };
        let ok = self.post_and_wait(&Who::Member(Arc::new(bot)), draft).await?;
        let now = At::now();
        if called.used_at.is_none_or(|used| now.0 - used > NOTED_MS)
            && let Err(error) = self.note_hook(id, now).await
        {
            // It was said all the same.
            tracing::warn!(%error, "an address's use was not noted");
        }
        Ok(ok)
    }

    async fn note_hook(&self, id: &str, now: At) -> crate::server::store::Result<()> {
        let mut tx = self.store.write().await?;
        hooks::used(&mut tx, id, now).await?;
        tx.commit().await
    }
}
