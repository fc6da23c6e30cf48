//! Following conversations: what is subscribed to, from where, and what the events do.

use super::{
    Asked, Desk, Effect, Fetch,
    history::{KEPT, MOST},
};
use crate::client::{
    Moment,
    conversations::Counted,
    house::GONE,
    presence::{Change, Presence},
    timeline::Applied,
};
use crate::protocol::{
    Code, Refusal, Target,
    frames::{
        After, ClientFrame, Event, Follow, Followed, Kind, Online, Reply, SubOk, What, write_client,
    },
    json,
    limits::UNREAD_MOST,
    notices::Unseen,
    people::{NoticeKind, Notify},
    views::Side,
};
use crate::words::{Word, words};

/// Conversations asked for in one frame: their names fit into it by far, and the answer about the
/// place on the screen, which goes first, does not wait for all the others.
const ASKED_AT_ONCE: usize = 16;
/// What was pushed to me is shown so many at once: more would cover what I read.
const TOLD: usize = 3;
/// After a temporary refusal that names no time.
const AGAIN_MS: u64 = 3_000;

/// How the place on the screen is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Not.
    Away,
    /// Asked for by the frame of that number; the next event counts, a jump waits for the answer.
    Asked(u64),
    /// Every event comes.
    Live,
    /// The page of history is being loaded anew; until then events mean nothing.
    Reloading,
}

impl Desk {
    /// After `hello`: my own log, the place on the screen, then the side column, as many as the
    /// server allows.
    pub(super) fn follow_all(&mut self) {
        let place = self.timeline.to().clone();
        let mut all = Vec::new();
        if self.me.is_some() {
            all.push(Target::Own);
        }
        all.push(place.clone());
        all.extend(self.conversations.targets().filter(|to| **to != place).cloned());
        all.truncate(self.limits.rooms);
        let rest = all.split_off(all.len().min(2));
        self.follow(all);
        self.follow(rest);
    }

    /// Subscribes; each from where it stands.
    pub(super) fn follow(&mut self, targets: Vec<Target>) {
        if !self.connection.is_up() {
            return;
        }
        for some in targets.chunks(ASKED_AT_ONCE) {
            let mut rooms: Vec<Follow> = Vec::with_capacity(some.len());
            for to in some {
                let after = match to {
                    Target::Own => {
                        self.own_asked = true;
                        self.own.clone()
                    }
                    to if to == self.timeline.to() => {
                        if self.hold != Hold::Reloading {
                            self.hold = Hold::Asked(self.frames + 1);
                        }
                        Some(self.timeline.after())
                    }
                    _ => None,
                };
                rooms.push(Follow { to: to.clone(), after });
            }
            self.ask(&ClientFrame::Sub { rooms: rooms.clone() }, Asked::Sub(rooms));
        }
    }

    pub(super) fn unfollow(&mut self, to: Target) {
        if self.connection.is_up() {
            self.ask(&ClientFrame::Unsub { rooms: vec![to] }, Asked::Nothing);
        }
    }

    /// The connection is gone.
    pub(super) fn unfollow_all(&mut self) {
        if self.hold != Hold::Reloading {
            self.hold = Hold::Away;
        }
        self.own_asked = false;
        self.ask_again.clear();
        self.conversations.lost();
    }

    /// The answer to a `sub`.
    pub(super) fn followed(&mut self, asked: Vec<Follow>, reply: Reply, now: &Moment) {
        self.doubt_at = None;
        let number = reply.re.as_u64().unwrap_or(0);
        let ok = reply.ok.and_then(|ok| json::read::<SubOk>(ok.get()));
        let mut answers = ok.map(|ok| ok.rooms).unwrap_or_default().into_iter();
        for follow in asked {
            let answer = answers.next().map(|mut answer| (answer.err.take(), answer));
            match answer {
                Some((None, answer)) => self.followed_one(number, &follow, answer, now),
                Some((Some(refusal), _)) => self.not_followed(&follow.to, refusal, now),
                None => {
                    let refusal = reply.err.clone().unwrap_or_else(Refusal::unavailable);
                    self.not_followed(&follow.to, refusal, now);
                }
            }
        }
    }

    fn not_followed(&mut self, to: &Target, refusal: Refusal, now: &Moment) {
        if refusal.temporary {
            self.ask_again_at = now.ms + refusal.retry_ms.unwrap_or(AGAIN_MS);
            self.ask_again.push(to.clone());
        } else if to == self.timeline.to() {
            self.hold = Hold::Away;
            // A conversation in which nobody has spoken yet is not there to follow. It will be
            // announced in my own log.
            let begun = !self.timeline.messages().is_empty();
            let room = matches!(to, Target::Room(_));
            match refusal.code {
                // Why it is gone may have been said already.
                _ if self.is_gone() => {}
                Code::NotFound if room => self.lose_place(refusal),
                _ if room || begun => self.refusal = Some(refusal),
                _ => {}
            }
        }
    }

    fn followed_one(&mut self, number: u64, follow: &Follow, mut answer: Followed, now: &Moment) {
        let events = answer.events.take().unwrap_or_default();
        if follow.to == Target::Own {
            self.followed_own(answer, events);
            return;
        }
        self.conversations.followed(&follow.to, &answer);
        if follow.to != *self.timeline.to() {
            return;
        }
        if let Some(online) = answer.online.take() {
            self.presence.replace(online, now.ms);
        }
        self.read = self.read.max(answer.read.unwrap_or(0));
        if self.hold != Hold::Asked(number) {
            // Of an earlier visit, or asked for again since.
            return;
        }
        if answer.recovered != Some(true) {
            self.reload(now);
            return;
        }
        self.hold = Hold::Live;
        for event in events {
            self.place_event(event);
        }
        if answer.top.is_some_and(|top| top > self.timeline.last()) {
            self.reload(now);
        }
    }

    fn reload(&mut self, now: &Moment) {
        self.hold = Hold::Reloading;
        self.fetch_anew(now);
    }

    fn followed_own(&mut self, answer: Followed, events: Vec<Event>) {
        self.own_asked = false;
        let missed = self.own.is_some() && answer.recovered == Some(false);
        if answer.recovered == Some(true) && self.own.is_some() {
            for event in events {
                self.own_event(event);
            }
        } else if let (Some(epoch), Some(top)) = (answer.epoch, answer.top) {
            self.own = Some(After { epoch, seq: top });
        }
        self.conversations.notices = answer.notices;
        if missed {
            // What happened there is seen in the side column, as the server has it now.
            self.ask_side();
        }
    }

    /// What concerns me may be gone from places that I do not follow: what is left is asked for.
    pub(super) fn look_again(&mut self) {
        if self.me.is_some() && self.connection.is_up() && !self.own_asked {
            self.follow(vec![Target::Own]);
        }
    }

    /// Asks for the side column afresh.
    pub(super) fn ask_side(&mut self) {
        let to = self.timeline.to().clone();
        let ticket = self.fetch(Fetch::Side);
        self.effects.push(Effect::Place { ticket, to, at: None });
    }

    /// Something happened.
    pub(super) fn event(&mut self, to: &Target, event: Event) {
        if *to == Target::Own {
            self.own_event(event);
        } else if to == self.timeline.to() {
            self.place_event(event);
        } else {
            self.other_event(to, event);
        }
    }

    fn place_event(&mut self, event: Event) {
        if self.hold == Hold::Reloading {
            return;
        }
        let seq = event.seq;
        let place = self.timeline.to().clone();
        self.doubt(&place, &event);
        let (deleted, edit) = (Self::deletes(&event), event.kind == "edit");
        if let Some(id) = &deleted {
            self.less_fresh(id);
        }
        if !self.at_end && event.kind == "message" && self.timeline.messages().len() >= MOST {
            // What is read is not let go for what is out of sight.
            self.timeline.detach();
        }
        match self.timeline.apply(event) {
            Applied::Old => {}
            Applied::Gap => {
                if self.hold == Hold::Live {
                    self.follow(vec![place]);
                }
            }
            Applied::Done(None) => {
                // It may have changed a message.
                self.rows_changed = true;
                self.settle_wishes();
                let counted = match &deleted {
                    Some(id) => self.conversations.deleted(&place, seq, id),
                    None => self.conversations.event(&place, seq, edit),
                };
                if counted == Counted::Gap && self.hold == Hold::Live {
                    self.follow(vec![place]);
                }
            }
            Applied::Done(Some(message)) => {
                self.rows_changed = true;
                self.typing.spoke(&message.author);
                let mine = self.name() == Some(message.author.as_str());
                if mine {
                    if let Some(cid) = &message.cid {
                        self.settle(cid);
                    }
                } else if !self.at_end {
                    self.fresh += 1;
                }
                let unread = (!mine && !self.is_reading()).then_some(&*message.id);
                self.conversations.message(&place, seq, message.at, unread);
                self.drop_acked();
                if self.at_end && self.timeline.messages().len() > MOST {
                    self.timeline.keep_newest(KEPT);
                }
            }
        }
    }

    /// The message that an event deletes.
    fn deletes(event: &Event) -> Option<String> {
        // The other kinds need not be read twice.
        match (event.kind == "delete").then(|| event.reading())?? {
            Kind::Change(change) => Some(change.id),
            _ => None,
        }
    }

    /// A message is about to be deleted: if it is one of those that came while the log was not at its
    /// end, there is one less of them.
    fn less_fresh(&mut self, id: &str) {
        let me = self.name();
        let others = self
            .timeline
            .messages()
            .iter()
            .rev()
            .filter(|message| !message.deleted && me != Some(message.author.as_str()));
        if others.take(self.fresh).any(|message| message.id == id) {
            self.fresh -= 1;
        }
    }

    /// What I was told of may be gone, or name me no more: then I ask what is left.
    fn doubt(&mut self, to: &Target, event: &Event) {
        let goes = || match event.reading() {
            Some(Kind::Change(change)) => !matches!(change.what, What::Reacted { on: true, .. }),
            _ => false,
        };
        if self.conversations.is_told_of(to) && goes() {
            self.follow(vec![Target::Own]);
        }
    }

    fn other_event(&mut self, to: &Target, event: Event) {
        self.doubt(to, &event);
        let counted = match (Self::deletes(&event), event.reading()) {
            (Some(id), _) => self.conversations.deleted(to, event.seq, &id),
            (None, Some(Kind::Message(message))) => {
                let mine = self.name() == Some(message.author.as_str());
                if mine && let Some(cid) = &event.cid {
                    self.settle(cid);
                }
                let unread = (!mine).then_some(&*message.id);
                self.conversations.message(to, event.seq, message.at, unread)
            }
            _ => self.conversations.event(to, event.seq, event.kind == "edit"),
        };
        if counted == Counted::Gap {
            self.follow(vec![to.clone()]);
        }
    }

    fn own_event(&mut self, event: Event) {
        let Some(own) = &mut self.own else { return };
        if event.seq <= own.seq {
            return;
        }
        if event.seq != own.seq + 1 {
            if !self.own_asked {
                self.follow(vec![Target::Own]);
            }
            return;
        }
        own.seq = event.seq;
        match event.reading() {
            Some(Kind::Read { to, seq }) => {
                self.conversations.seen(&to, seq);
                if to == Target::Own {
                    self.told.retain(|push| push.seq.is_none_or(|own| own > seq));
                    self.put_away.retain(|own| *own > seq);
                }
                if to == *self.timeline.to() {
                    self.read = self.read.max(seq);
                    if seq >= self.timeline.last() {
                        self.conversations.read(&to, seq);
                    }
                } else if self.conversations.read(&to, seq) {
                    self.follow(vec![to]);
                }
            }
            Some(Kind::Conversation { to } | Kind::Joined { to, on: true }) => {
                let new = self.conversations.add(&to);
                let shown = to == *self.timeline.to();
                self.conversations.outside &= !shown;
                let here = shown && self.hold == Hold::Away;
                if here && self.is_gone() {
                    // I am let in again.
                    self.refusal = None;
                }
                if new || here {
                    self.follow(vec![to]);
                }
            }
            Some(Kind::Joined { to, on: false }) => {
                if self.conversations.is_told_of(&to) {
                    self.follow(vec![Target::Own]);
                }
                let known = self.conversations.has(&to);
                self.conversations.remove(&to);
                if to == *self.timeline.to() {
                    // It may still be read until one goes elsewhere, and joined again.
                    self.conversations.outside = !self.is_gone();
                } else if known {
                    self.unfollow(to);
                }
            }
            Some(Kind::Level { to, level }) => {
                self.conversations.level(&to, level);
                // What is told of a place that is muted is not new, and is so again when it is not.
                self.follow(vec![Target::Own]);
            }
            Some(Kind::Block { user, on }) => {
                if let Some(me) = &mut self.me {
                    me.blocked.retain(|other| *other != user);
                    if on {
                        self.typing.spoke(&user);
                        me.blocked.push(user);
                    }
                    self.rows_changed = true;
                }
                self.follow(vec![Target::Own]);
            }
            Some(Kind::Notify(notice)) => self.notified(notice, event.seq),
            // Messages and what happens to them are of other logs.
            Some(Kind::Message(_) | Kind::Change(_) | Kind::Pin { .. } | Kind::Topic { .. })
            | None => {}
        }
    }

    /// Something concerns me: it stands in the column, wherever it was said.
    fn notified(&mut self, notice: Notify, own: i64) {
        let Notify { kind, to, from, seq, .. } = &notice;
        if !notice.seen {
            let (to, seq) = seq.map_or((Target::Own, own), |seq| (to.clone(), seq));
            self.conversations.told(Unseen { notice: own, to, seq });
        }
        match (kind, *seq) {
            (NoticeKind::Invite, _) => {
                let said = words().with(Word::InvitedYou, &[from, to.name()]);
                self.notes.say(said, self.timeline.last());
                self.rows_changed = true;
            }
            (NoticeKind::Mention | NoticeKind::Reply, Some(seq)) => {
                if to == self.timeline.to() && self.is_reading() {
                    return;
                }
                // An edit calls me by its message, which counts among those that I have not read.
                let said =
                    notice.message.as_deref().and_then(|id| id.split_once('-')?.1.parse().ok());
                let new = self.conversations.add(to);
                if self.conversations.calls(to, said.unwrap_or(seq)) || new {
                    self.follow(vec![notice.to]);
                }
            }
            (_, None) => self.tell(Notify { seq: Some(own), ..notice }),
            // A reaction is seen where it was given, and a private message is counted by itself.
            _ => {}
        }
    }

    /// Something was pushed: it is shown until I put it away, as the first of a few. One that is kept in my
    /// own log has its seq there.
    pub(super) fn tell(&mut self, push: Notify) {
        if self.told.iter().all(|one| one.id != push.id) {
            self.told.truncate(TOLD - 1);
            self.told.insert(0, push);
        }
    }

    /// I put away what was pushed, or followed its link. My own log counts as read up to the last of those
    /// before which nothing is new but what I have put away.
    pub(super) fn put_away(&mut self, id: &str) {
        let own = |push: &Notify| push.seq.filter(|_| push.id == id);
        let Some(seq) = self.told.iter().find_map(own) else {
            return self.told.retain(|push| push.id != id);
        };
        self.told.retain(|push| push.id != id);
        self.put_away.push(seq);
        let new = &self.conversations.notices;
        if new.len() as i64 >= UNREAD_MOST {
            // There may be more before these.
            return;
        }
        let stays =
            new.iter().map(|one| one.notice).filter(|one| !self.put_away.contains(one)).min();
        let before = |seq: &&i64| stays.is_none_or(|stays| **seq < stays);
        if let Some(seq) = self.put_away.iter().filter(before).max().copied()
            && self.connection.is_up()
        {
            self.put_away.retain(|one| *one > seq);
            self.conversations.seen(&Target::Own, seq);
            let read = ClientFrame::Read { to: Target::Own, seq };
            self.effects.push(Effect::Send(write_client(None, &read)));
        }
    }

    /// The side column as the server had it; what I have heard since is known better here.
    pub(super) fn take_side(&mut self, side: &Side) {
        self.conversations.merge(side);
        let seen = |side: &After, own: &After| side.epoch == own.epoch && side.seq >= own.seq;
        if side.own.as_ref().zip(self.own.as_ref()).is_some_and(|(side, own)| seen(side, own)) {
            for line in side.rooms.iter().chain(&side.people) {
                self.conversations.level(&line.to, line.level);
            }
            self.conversations.notices.clone_from(&side.notices);
        }
    }

    /// A ping names a log's top: whether something got lost on the way here.
    pub(super) fn catch_up(&mut self, to: &Target, top: i64) {
        let behind = match to {
            Target::Own => !self.own_asked && self.own.as_ref().is_some_and(|own| own.seq < top),
            to if to == self.timeline.to() => self.hold == Hold::Live && self.timeline.last() < top,
            to => self.conversations.is_behind(to, top),
        };
        if behind {
            self.follow(vec![to.clone()]);
        }
    }

    /// People came or went, or a whole list came.
    pub(super) fn online(
        &mut self,
        to: &Target,
        join: &[String],
        leave: &[String],
        online: Online,
        now: &Moment,
    ) {
        let here = to == self.timeline.to();
        let count = online.count;
        if online.users.is_some() || (join.is_empty() && leave.is_empty()) {
            self.conversations.online(to, &online);
            if here {
                self.presence.replace(online, now.ms);
            }
            return;
        }
        self.conversations.moved(to, join, leave, count);
        if here {
            let change = self.presence.change(join, leave, count, now.ms);
            // Whether the other one of a conversation is there stands in its head.
            if change != Change::default() && matches!(to, Target::Room(_)) {
                self.notes.moved(change, self.timeline.last());
                self.rows_changed = true;
            }
        }
    }

    /// I may not see it any more.
    pub(super) fn gone(&mut self, to: &Target, reason: &str) {
        self.conversations.remove(to);
        if to == self.timeline.to() {
            let name = to.name();
            let why = match reason {
                "deleted" => words().with(Word::RoomClosed, &[name]),
                _ => words().with(Word::NotInRoom, &[name]),
            };
            self.lose_place(Refusal::new(Code::NotFound, why));
        }
    }

    /// The place on the screen is not mine to see any more, and this is why. What was read stays until
    /// one goes elsewhere, and what is written until one discards it.
    fn lose_place(&mut self, why: Refusal) {
        self.hold = Hold::Away;
        self.conversations.outside = false;
        let nobody = Online { users: Some(Vec::new()), ..Online::default() };
        self.presence = Presence::new(self.name().map(str::to_owned), nobody);
        self.typing.clear();
        self.refusal = Some(Refusal { field: Some(GONE.to_owned()), ..why });
    }

    pub(super) fn is_gone(&self) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(GONE))
    }
}
