//! The one task that does what repeating pushes are due. It sleeps until the first of them is, and is woken
//! when one is begun or ended. On a cluster each process has one; whoever moves a push on in the database
//! does it.

use super::step::{Look, step};
use super::{Reason, Repeats};
use crate::protocol::{At, Refusal};
use crate::server::domain::push::{Aim, Found, Pushing};
use crate::server::domain::sessions::{away, by_token};
use crate::server::domain::{Domain, Member, Who, unavailable};
use crate::server::store::repeats::{self, Row, Stand};
use crate::server::store::{UserId, tokens, users};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long it sleeps at most: another process may be gone whose pushes are due, and the clock may have
/// been set.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// After a failure of the database.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// One that is being pushed.
struct Ticking<'a>(&'a AtomicUsize);

impl<'a> Ticking<'a> {
    fn one(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a look at one has found.
struct Looked {
    row: Row,
    stand: Stand,
    /// Who pushes it, and to whom, if it is to be pushed now.
    pushes: Option<(Arc<Member>, Found)>,
}

impl Domain {
    /// Does what repeating pushes are due; runs as long as the server.
    pub async fn keep_repeating(&self) {
        loop {
            let sleep = match self.repeat_what_is_due().await {
                Ok(Some(next)) => {
                    let left = u64::try_from(next.0 - At::now().0).unwrap_or(0);
                    Duration::from_millis(left).min(LOOK_AGAIN)
                }
                Ok(None) => LOOK_AGAIN,
                // It was logged.
                Err(_) => TRY_AGAIN,
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = self.repeats.news.notified() => {}
            }
        }
    }

    /// Pushes what is due, and answers when the next is. Nothing of it is under way any more when this ends.
    async fn repeat_what_is_due(&self) -> Result<Option<At>, Refusal> {
        let _turn = self.repeats.turn.lock().await;
        let now = At::now();
        let again = std::mem::take(&mut *self.repeats.again());
        if !again.is_empty() {
            self.look_again(again, now).await.map_err(unavailable)?;
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let due = repeats::due(&mut db, now).await.map_err(unavailable)?;
        drop(db);
        if !due.is_empty() {
            let mut looked = Vec::with_capacity(due.len());
            for row in due {
                looked.push(self.look_at(row, now).await?);
            }
            let mine = self.move_on(looked, now).await.map_err(unavailable)?;
            let pushes = mine.into_iter().filter_map(|looked| {
                let (me, found) = looked.pushes?;
                Some(self.repeat_once(looked.row, me, found))
            });
            futures_util::future::join_all(pushes).await;
        }
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let (live, next) = repeats::ahead(&mut db).await.map_err(unavailable)?;
        self.repeats.live.store(usize::try_from(live).unwrap_or(0), Ordering::Relaxed);
        Ok(next.map(At))
    }

    async fn look_again(
        &self,
        users: BTreeSet<UserId>,
        now: At,
    ) -> crate::server::store::Result<()> {
        let mut tx = self.store.write().await?;
        for user in users {
            repeats::look_again(&mut tx, user, now).await?;
        }
        tx.commit().await
    }

    /// Who made it and whether they may do it are asked each time, and whether anybody is there.
    async fn look_at(&self, row: Row, now: At) -> Result<Looked, Refusal> {
        let found = match self.maker(&row).await? {
            Some(me) => {
                // One that a later version wrote is nothing that this one may push.
                let aim = Aim::of_word(&row.aim).ok_or_else(|| Refusal::not_found("such place"));
                let who = Who::Member(Arc::clone(&me));
                match aim {
                    Ok(aim) => self.aimed(&who, &aim).await.map(|found| (me, found)),
                    Err(refusal) => Err(refusal),
                }
            }
            None => Err(Refusal::login_needed()),
        };
        let (me, found) = match found {
            Ok(found) => found,
            Err(refusal) if refusal.temporary => return Err(refusal),
            Err(_) => {
                let ended = Some((now.0, Reason::NotAllowed.word()));
                let Row { next_at, done, absent_at, .. } = row;
                let stand = Stand { next_at, done, absent_at, ended };
                return Ok(Looked { row, stand, pushes: None });
            }
        };
        let (stand, pushes) = step(
            &row,
            Look {
                now: now.0,
                heard: self.groups.is_heard(found.group()),
                settling: self.repeats.began.elapsed() < self.config.settling,
                grace: i64::try_from(self.config.leave_grace.as_millis()).unwrap_or(i64::MAX),
            },
        );
        Ok(Looked { row, stand, pushes: pushes.then_some((me, found)) })
    }

    /// Whoever made it, with the rights of now; none where they have none any more.
    async fn maker(&self, row: &Row) -> Result<Option<Arc<Member>>, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        if let Some(token) = &row.token {
            let owner = tokens::by_id(&mut db, token, At::now()).await.map_err(unavailable)?;
            return Ok(owner.map(|owner| Arc::new(by_token(owner))));
        }
        let user = users::by_id(&mut db, row.user_id).await.map_err(unavailable)?;
        Ok(user.map(|user| Arc::new(away(user))))
    }

    /// Moves them on, all in one short transaction; those that nobody else has moved on are mine to do.
    async fn move_on(
        &self,
        looked: Vec<Looked>,
        now: At,
    ) -> crate::server::store::Result<Vec<Looked>> {
        let mut mine = Vec::with_capacity(looked.len());
        let mut tx = self.store.write().await?;
        let mut ended = false;
        for one in looked {
            if repeats::move_on(&mut tx, &one.row.id, one.row.next_at, &one.stand).await? {
                ended |= one.stand.ended.is_some();
                mine.push(one);
            }
        }
        if ended {
            Repeats::tidy(&mut tx, now).await?;
        }
        tx.commit().await?;
        Ok(mine)
    }

    async fn repeat_once(&self, row: Row, me: Arc<Member>, found: Found) {
        let _ticking = Ticking::one(&self.repeats.ticking);
        let Row { id, text, link, stored, .. } = row;
        let pushing = Pushing { text, link, stored, cid: None, by_house: None };
        match self.push_to(&me, found, pushing).await {
            Ok(_) => {}
            Err(refusal) if refusal.temporary => {
                tracing::warn!(%refusal, repeat = id, "a repeating push missed a turn");
            }
            Err(_) => {
                let done = async {
                    let mut tx = self.store.write().await?;
                    repeats::end(&mut tx, &id, At::now(), Reason::NotAllowed.word()).await?;
                    tx.commit().await
                };
                if let Err(error) = done.await {
                    // It is refused again the next time, and ended then.
                    tracing::warn!(%error, "a repeating push was not ended");
                }
            }
        }
    }
}
