//! Who is to be told of what is said or done: decided before it is stored, and stored with it. A message
//! that calls nobody asks nothing and costs nothing.
//!
//! What comes before somebody's eyes need not be told of: of a private message or a reaction no notice is
//! made then, while what calls them is noted as seen, since it stands among their mentions.

use super::places::Place;
use super::{Domain, Member, ONE_MORE, Scope, Who, cut, unavailable};
use crate::protocol::markdown;
use crate::protocol::names::fold;
use crate::protocol::people::{Mentioned, Mentions, NoticeKind};
use crate::protocol::{At, Refusal, Target};
use crate::server::store::batch::notices::Notice;
use crate::server::store::{LogId, history, mentions, message_id, message_place};
use std::collections::HashSet;

/// The folded `@names` of a text, each once, in their order; [`markdown::MENTIONS`] at most.
fn named(body: &str) -> Vec<String> {
    let mut known = HashSet::new();
    markdown::mentions(body)
        .into_iter()
        .map(|name| fold(&name))
        .filter(|name| known.insert(name.clone()))
        .collect()
}

impl Domain {
    /// Who is to be told of a message: in a room those whom it names and whoever said what it answers,
    /// as far as they may read it, wish to be told and did not block its author; in a conversation the
    /// other one, unless they wish to hear nothing of it.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub(super) async fn notices(
        &self,
        me: &Member,
        place: &Place,
        body: &str,
        reply_to: Option<&str>,
    ) -> Result<Vec<Notice>, Refusal> {
        match place {
            Place::Own { .. } => Ok(Vec::new()),
            Place::Direct { other, .. } => {
                let muted = self.between(me.id, other.id).await?.muted;
                if muted || self.presence.attends(place.group(), other.id) {
                    return Ok(Vec::new());
                }
                let to = Target::Person(me.name.to_string());
                let (user, own, kind) = (other.id, other.own, NoticeKind::Direct);
                Ok(vec![Notice { user, own, kind, to, seen: false }])
            }
            Place::Room { log, name } => {
                let named = named(body);
                let answered = reply_to.and_then(message_place).filter(|(of, _)| of == log);
                if named.is_empty() && answered.is_none() {
                    return Ok(Vec::new());
                }
                let mut db = self.store.glance().await.map_err(unavailable)?;
                let mut notices = Vec::new();
                let mut tell = |(user, own), kind| {
                    let known = notices.iter().any(|notice: &Notice| notice.user == user);
                    if !known {
                        let to = Target::Room(name.clone());
                        let seen = self.presence.attends(place.group(), user);
                        notices.push(Notice { user, own, kind, to, seen });
                    }
                };
                // Whoever is answered and named is told once: of the answer.
                if let Some((log, seq)) = answered {
                    let author = mentions::author(&mut db, log, seq, me.id).await;
                    if let Some(author) = author.map_err(unavailable)? {
                        tell(author, NoticeKind::Reply);
                    }
                }
                if !named.is_empty() {
                    let found = mentions::hearers(&mut db, *log, me.id, &named, None).await;
                    for hearer in found.map_err(unavailable)? {
                        tell(hearer, NoticeKind::Mention);
                    }
                }
                Ok(notices)
            }
        }
    }

    /// Who is to be told of an edit of this message: those in a room whom it names and whom it did not
    /// name before, under the same conditions. Whoever was told of this message at all is not told again:
    /// that is known where it is stored.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub(super) async fn notices_of_edit(
        &self,
        me: &Member,
        place: &Place,
        (log, seq): (LogId, i64),
        body: &str,
    ) -> Result<Vec<Notice>, Refusal> {
        let Place::Room { log: here, name } = place else { return Ok(Vec::new()) };
        let mut named = named(body);
        if named.is_empty() || log != *here {
            return Ok(Vec::new());
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let before = history::at(&mut db, log, &[seq]).await.map_err(unavailable)?.pop();
        let before = before.map(|message| self::named(&message.body)).unwrap_or_default();
        named.retain(|name| !before.contains(name));
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let found = mentions::hearers(&mut db, log, me.id, &named, Some(seq)).await;
        let notice = |(user, own)| {
            let (kind, to) = (NoticeKind::Mention, Target::Room(name.clone()));
            let seen = self.presence.attends(place.group(), user);
            Notice { user, own, kind, to, seen }
        };
        Ok(found.map_err(unavailable)?.into_iter().map(notice).collect())
    }

    /// Who is to be told of a reaction to this message: whoever said it, under the same conditions.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub(super) async fn notice_of_reaction(
        &self,
        me: &Member,
        place: &Place,
        (log, seq): (LogId, i64),
    ) -> Result<Option<Notice>, Refusal> {
        let (user, own, to) = match place {
            Place::Room { log: here, name } if *here == log => {
                let mut db = self.store.glance().await.map_err(unavailable)?;
                let author = mentions::author(&mut db, log, seq, me.id).await;
                let Some((user, own)) = author.map_err(unavailable)? else { return Ok(None) };
                (user, own, Target::Room(name.clone()))
            }
            Place::Direct { other, .. } if !self.between(me.id, other.id).await?.muted => {
                (other.id, other.own, Target::Person(me.name.to_string()))
            }
            _ => return Ok(None),
        };
        let kind = NoticeKind::Reaction;
        let notice = Notice { user, own, kind, to, seen: false };
        Ok((!self.presence.attends(place.group(), user)).then_some(notice))
    }

    /// Messages that called me, the latest first, as they stand now: what was deleted, and where I may
    /// not look any more, falls out. `before` is the `notice` of the last one I have.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn mentions(&self, who: &Who, before: Option<i64>) -> Result<Mentions, Refusal> {
        let me = who.member()?;
        me.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let page = mentions::page(&mut db, me.id, me.admin, before, ONE_MORE).await;
        let mut page = page.map_err(unavailable)?;
        let more = cut(&mut page);
        let mentioned = |called: mentions::Called| Mentioned {
            notice: called.notice,
            kind: called.kind,
            to: Target::Room(called.room),
            id: message_id(called.log, called.seq),
            seq: called.seq,
            author: called.author,
            body: called.body,
            at: At(called.at),
            unread: called.unread,
        };
        Ok(Mentions { mentions: page.into_iter().map(mentioned).collect(), more })
    }
}
