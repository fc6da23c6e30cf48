//! Who is to be told of what is said or done: decided before it is stored, and stored with it. A message
//! that calls nobody asks nothing and costs nothing.
//!
//! What comes before somebody's eyes need not be told of: of a private message or a reaction no notice is
//! made then, while what calls them is noted as seen, since it stands among their mentions.

use super::places::Place;
use super::{Domain, Member, unavailable};
use crate::protocol::people::NoticeKind;
use crate::protocol::{Refusal, Target};
use crate::server::store::batch::notices::Notice;
use crate::server::store::mentions::{self, named};
use crate::server::store::{LogId, history, message_place};

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
        let before = before.map(|message| mentions::named(&message.body)).unwrap_or_default();
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
}
