//! What concerns me, as a list: the notices that my own log keeps, as they stand now.

use super::who::Scope;
use super::{Domain, Who, unavailable};
use crate::protocol::glimpse::{beginning, plain};
use crate::protocol::notices::{Noticed, Notices};
use crate::protocol::people::{NoticeKind, Notify};
use crate::protocol::{Refusal, limits};
use crate::server::store::UserId;
use crate::server::store::notifications::{self, Noted, Stretch};

impl Domain {
    /// A page of what concerns me, the latest first: what was deleted or taken back, what names me no more,
    /// and where I may not look any more, falls out. `before` is what the page before it says.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn notifications(&self, who: &Who, before: Option<i64>) -> Result<Notices, Refusal> {
        self.list_of_notices(who, false, before).await
    }

    /// The same of what called me alone: messages that name or answer me.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn mentions(&self, who: &Who, before: Option<i64>) -> Result<Notices, Refusal> {
        self.list_of_notices(who, true, before).await
    }

    async fn list_of_notices(
        &self,
        who: &Who,
        only_calls: bool,
        before: Option<i64>,
    ) -> Result<Notices, Refusal> {
        let me = who.member()?;
        me.may(Scope::Read)?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let stretch = notifications::page(&mut db, me.id, me.own, only_calls, before).await;
        let unseen = notifications::unseen(&mut db, me.id).await.map_err(unavailable)?;
        Ok(Notices { new: !unseen.is_empty(), ..folded(stretch.map_err(unavailable)?) })
    }

    /// How many notices somebody has yet to see, counted up to [`limits::UNREAD_MOST`].
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub async fn unread_notices(&self, user: UserId) -> Result<usize, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        Ok(notifications::unseen(&mut db, user).await.map_err(unavailable)?.len())
    }
}

/// The lines of a page: one for each conversation that somebody wrote in and one for each message that got
/// reactions, as far as they are all new or all seen; everything else is a line by itself.
fn folded(stretch: Stretch) -> Notices {
    let Stretch { top, noted, mut before, .. } = stretch;
    let mut lines: Vec<Noticed> = Vec::new();
    let mut last = None;
    for one in noted {
        let Noted { seq, notify, new, text, files } = one;
        let with = lines.iter().position(|line| line.new == new && belongs(line, &notify));
        if let Some(line) = with.and_then(|at| lines.get_mut(at)) {
            add(line, notify);
        } else if lines.len() < limits::PAGE {
            lines.push(line(notify, new, text, files));
        } else {
            before = last;
            break;
        }
        last = Some(seq);
    }
    Notices { lines, new: false, top, before }
}

/// Whether a notice is told of in this line.
fn belongs(line: &Noticed, notify: &Notify) -> bool {
    line.kind == notify.kind
        && match notify.kind {
            NoticeKind::Direct => line.to == notify.to,
            NoticeKind::Reaction => line.message == notify.message,
            _ => false,
        }
}

fn line(notify: Notify, new: bool, text: Option<String>, files: bool) -> Noticed {
    let Notify { kind, from, to, message, text: told, why, link, at, .. } = notify;
    let (emoji, told) = match kind {
        NoticeKind::Reaction => (vec![told], String::new()),
        _ => (Vec::new(), told),
    };
    let text = text.map_or_else(|| plain(&told), |text| beginning(&text));
    let from = vec![from];
    Noticed { kind, to, from, message, text, why, files, emoji, link, at, count: 1, new }
}

/// An earlier one of the same line.
fn add(line: &mut Noticed, notify: Notify) {
    let Notify { kind, from, text, .. } = notify;
    if !line.from.contains(&from) {
        line.from.push(from);
    }
    if kind == NoticeKind::Reaction && !line.emoji.contains(&text) {
        line.emoji.push(text);
    }
    line.count += 1;
}
