//! A client as `docs/protocol.md` asks for one, over the browser's own machines: the fold is
//! [`Timeline`], the messages that wait are an [`Outbox`]. It follows many conversations, comes back
//! after any loss, and never fails a test by itself: what must not happen is written into the
//! [`Ledger`].

pub mod ledger;
pub mod link;

use super::{Person, house::Place, http::Headers};
use ledger::{Ledger, Sent, log_name};
use link::{Heard, Link};
use roomful::{
    client::{
        Moment,
        outbox::{Entry, Outbox, Refused},
        timeline::{Applied, Timeline},
    },
    protocol::{
        At, Target,
        frames::{
            After, ClientFrame, Event, Follow, Followed, Kind, Outgoing, Reply, SendOk,
            ServerFrame, SubOk, read_server, write_client,
        },
        people::{Level, Levelled},
        views::{History, House, Span},
    },
    server::domain::changes::Wish,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

/// Of what was said, so many are looked through for one that may be said again.
const LATEST: usize = 100;

/// How a conversation is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    /// Not at all, for now.
    Away,
    /// By the frame of that number; not answered yet.
    Asked(u64),
    /// Every event comes.
    Live,
    /// Its page must be read first.
    Reloading,
    /// Not wanted any more; not answered yet.
    Leaving,
    /// Not wanted any more: nothing may come from it.
    Left,
}

struct Log {
    timeline: Option<Timeline>,
    hold: Hold,
}

/// What the own log says.
#[derive(Default)]
pub struct Own {
    /// Where it stands.
    pub after: Option<After>,
    asked: Option<u64>,
    live: bool,
    /// My read markers, as far as they were asked for.
    pub reads: BTreeMap<Target, i64>,
    /// My conversations.
    pub people: BTreeSet<Target>,
    /// The rooms I have joined, of those I follow, and of what in them I am told.
    pub rooms: BTreeMap<Target, Level>,
    /// They must be read anew.
    stale: bool,
}

enum Asked {
    Sub(Vec<Follow>),
    Unsub(Target),
    Send(String),
    Nothing,
}

/// One device of one person.
pub struct Client {
    /// Which of all.
    pub number: usize,
    /// Whose.
    pub user: String,
    place: Place,
    headers: Headers,
    link: Option<Link>,
    greeted: bool,
    logs: BTreeMap<Target, Log>,
    /// The own log.
    pub own: Own,
    outbox: Outbox,
    /// Everything that was ever said here.
    said: Vec<(Target, String, String)>,
    unsure: BTreeSet<String>,
    asked: BTreeMap<u64, Asked>,
    numbers: u64,
    writes: VecDeque<String>,
    reloads: BTreeSet<Target>,
    /// Pages that were read and are not in place yet.
    late: Vec<(Target, Span<i64>, History)>,
    begun: Instant,
    ledger: Ledger,
}

impl Client {
    /// A device of `person` that follows these conversations, not connected yet.
    pub fn new(number: usize, person: &Person, rooms: &[&str], ledger: &Ledger) -> Self {
        let mut it = Self {
            number,
            user: person.name.clone(),
            place: person.place(),
            headers: person.headers().clone(),
            link: None,
            greeted: false,
            logs: BTreeMap::new(),
            own: Own::default(),
            outbox: Outbox::default(),
            said: Vec::new(),
            unsure: BTreeSet::new(),
            asked: BTreeMap::new(),
            numbers: 0,
            writes: VecDeque::new(),
            reloads: BTreeSet::new(),
            late: Vec::new(),
            begun: Instant::now(),
            ledger: ledger.clone(),
        };
        for room in rooms.iter().filter_map(|room| Target::parse(room)) {
            it.want(&room);
        }
        it
    }

    // ---- what it holds ----

    /// Whether it has a connection.
    pub fn is_up(&self) -> bool {
        self.link.is_some()
    }

    /// Whether nothing is waited for but what others do.
    pub fn is_quiet(&self) -> bool {
        let live = |log: &Log| matches!(log.hold, Hold::Live | Hold::Left);
        self.greeted
            && self.asked.is_empty()
            && self.writes.is_empty()
            && self.reloads.is_empty()
            && self.outbox.entries().is_empty()
            && self.own.live
            && !self.own.stale
            && self.logs.values().all(live)
    }

    /// How many messages wait for their answer.
    pub fn waiting(&self) -> usize {
        self.outbox.entries().len()
    }

    /// The conversations that are followed.
    pub fn followed(&self) -> Vec<Target> {
        let live = |(to, log): (&Target, &Log)| (log.hold != Hold::Left).then(|| to.clone());
        self.logs.iter().filter_map(live).collect()
    }

    /// What is held of a conversation.
    pub fn timeline(&self, to: &Target) -> Option<&Timeline> {
        self.logs.get(to)?.timeline.as_ref()
    }

    /// Everything that was ever said here: where, its cid, and what.
    pub fn said(&self) -> &[(Target, String, String)] {
        &self.said
    }

    /// Those of them that do not wait any more.
    pub fn settled(&self) -> Vec<(Target, String, String)> {
        let waits = |cid: &str| self.outbox.entries().iter().any(|entry| entry.cid == cid);
        self.said.iter().rev().take(LATEST).filter(|(_, cid, _)| !waits(cid)).cloned().collect()
    }

    fn now(&self) -> Moment {
        Moment { ms: self.begun.elapsed().as_millis() as u64, ..Moment::default() }
    }

    // ---- what a person does ----

    /// Follows a conversation: from where it stands, or from a page.
    pub fn want(&mut self, to: &Target) {
        let log = self.logs.entry(to.clone()).or_insert(Log { timeline: None, hold: Hold::Left });
        if matches!(log.hold, Hold::Left | Hold::Leaving) {
            log.hold = Hold::Away;
            if log.timeline.is_none() {
                self.reload(to);
            } else {
                self.follow(vec![to.clone()]);
            }
        }
    }

    /// Follows it no more; what is held of it stays.
    pub fn leave(&mut self, to: &Target) {
        let Some(log) = self.logs.get_mut(to) else { return };
        if self.greeted {
            log.hold = Hold::Leaving;
            self.reloads.remove(to);
            let frame = ClientFrame::Unsub { rooms: vec![to.clone()] };
            self.ask(&frame, Asked::Unsub(to.clone()));
        }
    }

    /// Says something: it waits in the outbox until it is known to be stored.
    pub fn say(&mut self, to: &Target, body: String) {
        let cid = format!("{}-{}-{}", self.user, self.number, self.said.len());
        self.said.push((to.clone(), cid.clone(), body.clone()));
        let order = At(self.said.len() as i64);
        // Full is full: what does not fit was never said.
        if self.outbox.add(Entry::new(to.clone(), cid, body, order)).is_err() {
            self.said.pop();
        }
    }

    /// Sends a message once more that went out before, from this device or another of the same
    /// person.
    pub fn say_again(&mut self, (to, cid, body): (Target, String, String)) {
        if self.greeted {
            self.send(to, cid, body);
        }
    }

    /// Sets the read marker `back` before the last event that is here.
    pub fn mark_read(&mut self, to: &Target, back: i64) {
        let Some(last) = self.timeline(to).map(Timeline::last) else { return };
        if self.greeted {
            let frame = ClientFrame::Read { to: to.clone(), seq: (last - back).max(0) };
            self.ask(&frame, Asked::Nothing);
        }
    }

    /// Changes the `which`th message that is here, or what belongs to the whole conversation. It may be
    /// refused: the message may be another's, or gone.
    pub fn change(&mut self, to: &Target, which: usize, wish: impl FnOnce(String) -> Wish) {
        let ids = self.timeline(to).map(|it| it.messages().iter().map(|it| it.id.clone()));
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        if !self.greeted || ids.is_empty() {
            return;
        }
        let to = to.clone();
        let frame = match wish(ids[which % ids.len()].clone()) {
            Wish::Edit { message, body } => ClientFrame::Edit { to, message, body },
            Wish::Delete { message } => ClientFrame::Delete { to, message },
            Wish::React { message, emoji, on } => ClientFrame::React { to, message, emoji, on },
            Wish::Pin { message, on } => ClientFrame::Pin { to, message, on },
            Wish::Topic { text } => ClientFrame::Topic { to, text },
        };
        self.ask(&frame, Asked::Nothing);
    }

    /// Answers the `which`th message that is here.
    pub fn answer(&mut self, to: &Target, which: usize, body: String) {
        let ids = self.timeline(to).map(|it| it.messages().iter().map(|it| it.id.clone()));
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        if !self.greeted || ids.is_empty() {
            return;
        }
        let (reply_to, cid) = (Some(ids[which % ids.len()].clone()), super::cid());
        let files = Vec::new();
        let sent = ClientFrame::Send { to: to.clone(), cid, body, reply_to, files };
        self.ask(&sent, Asked::Nothing);
    }

    /// Reads an older page. It is put in place by [`Self::turn_pages`]: by then it is an old one.
    pub async fn read_older(&mut self, to: &Target) {
        let before = self.timeline(to).filter(|it| it.has_older()).and_then(Timeline::before);
        if let Some(before) = before
            && let Some(page) = self.page(to, Some(before)).await
        {
            self.late.push((to.clone(), Span::Before(before), page));
        }
    }

    /// Reads a newer page, likewise.
    pub async fn read_newer(&mut self, to: &Target) {
        let after = self.timeline(to).filter(|it| it.has_newer()).and_then(Timeline::ends);
        if let Some(after) = after
            && let Some(page) = self.page_of(to, &format!("&after={after}")).await
        {
            self.late.push((to.clone(), Span::After(after), page));
        }
    }

    /// Reads the page around the `which`th message that is here, likewise.
    pub async fn jump(&mut self, to: &Target, which: usize) {
        let messages = self.timeline(to).map(Timeline::messages).unwrap_or_default();
        let some = messages.get(which % messages.len().max(1));
        let Some((id, seq)) = some.map(|message| (message.id.clone(), message.seq)) else { return };
        if let Some(page) = self.page_of(to, &format!("&around={id}&limit=20")).await {
            self.late.push((to.clone(), Span::Around(seq), page));
        }
    }

    /// Lets go of all but so many messages: of the oldest, or of the newest.
    pub fn let_go(&mut self, to: &Target, most: usize, newest: bool) {
        if let Some(Log { timeline: Some(timeline), .. }) = self.logs.get_mut(to) {
            match newest {
                true => timeline.keep_oldest(most),
                false => timeline.keep_newest(most),
            }
        }
    }

    /// Puts the pages in place that were read.
    pub fn turn_pages(&mut self) {
        for (to, span, page) in std::mem::take(&mut self.late) {
            if let Some(Log { timeline: Some(timeline), .. }) = self.logs.get_mut(&to) {
                match span {
                    Span::Before(before) => timeline.prepend(Some(before), page),
                    Span::After(after) => timeline.append(Some(after), page),
                    Span::Newest | Span::Around(_) => timeline.turn_to(page),
                };
            }
        }
    }

    /// Reads back to the beginning, as far as there is a server.
    pub async fn read_all(&mut self, to: &Target) {
        while self.timeline(to).is_some_and(Timeline::has_older) {
            let before = self.timeline(to).and_then(Timeline::before);
            self.read_older(to).await;
            self.turn_pages();
            if self.timeline(to).and_then(Timeline::before) == before {
                return;
            }
        }
    }

    // ---- the connection ----

    /// Opens a connection, if there is a server.
    pub async fn connect(&mut self) -> bool {
        self.link = Link::open(self.place.addr(), &self.headers).await;
        if self.link.is_some() {
            self.ledger.book().counts.connections += 1;
        }
        self.link.is_some()
    }

    /// The connection is gone, however that came.
    pub fn cut(&mut self) {
        self.link = None;
        self.greeted = false;
        self.writes.clear();
        for asked in std::mem::take(&mut self.asked).into_values() {
            if let Asked::Send(cid) = asked {
                self.unsure.insert(cid);
            }
        }
        self.outbox.land();
        for log in self.logs.values_mut() {
            log.hold = match log.hold {
                Hold::Reloading => Hold::Reloading,
                Hold::Left | Hold::Leaving => Hold::Left,
                _ => Hold::Away,
            };
        }
        self.own.asked = None;
        self.own.live = false;
    }

    /// Does what is to be done, and hears what comes next, or nothing for that long.
    pub async fn turn(&mut self, most: Duration) {
        self.work().await;
        let Some(link) = &mut self.link else {
            tokio::time::sleep(most).await;
            return;
        };
        if let Ok(heard) = tokio::time::timeout(most, link.hear()).await {
            self.take(heard);
            self.hear_what_is_here();
        }
        self.work().await;
    }

    /// Hears what has come already, and does nothing about it yet.
    pub fn hear_what_is_here(&mut self) {
        while let Some(heard) = self.link.as_mut().and_then(Link::heard) {
            self.take(heard);
        }
    }

    /// Writes what is to be written, and reads the pages that are missing.
    pub async fn work(&mut self) {
        loop {
            self.send_ready();
            while let (Some(link), Some(text)) = (&mut self.link, self.writes.pop_front()) {
                if !link.say(text).await {
                    self.cut();
                }
            }
            if !self.greeted {
                return;
            }
            if self.own.stale {
                let Some(house) = self.house().await else { return };
                for line in house.side.people {
                    self.own_person(line.to);
                }
                let Some(rooms) = self.rooms().await else { return };
                self.own.rooms = rooms;
                self.own.stale = false;
            }
            let Some(to) = self.reloads.pop_first() else { return };
            match self.page(&to, None).await {
                Some(page) => self.take_page(&to, page),
                None => {
                    self.reloads.insert(to);
                    return;
                }
            }
        }
    }

    fn take_page(&mut self, to: &Target, page: History) {
        // Pages that are still under way belong to what was here before.
        self.late.retain(|(other, ..)| other != to);
        for message in &page.messages {
            if let (Some(cid), true) = (&message.cid, message.author == self.user) {
                self.settle(&cid.clone(), &message.id, message.seq);
            }
        }
        if let Some(log) = self.logs.get_mut(to) {
            log.timeline = Some(Timeline::new(page));
            log.hold = Hold::Away;
            self.follow(vec![to.clone()]);
        }
    }

    /// A page of history, if there is a server.
    pub async fn page(&self, to: &Target, before: Option<i64>) -> Option<History> {
        self.page_of(to, &before.map(|seq| format!("&before={seq}")).unwrap_or_default()).await
    }

    async fn page_of(&self, to: &Target, which: &str) -> Option<History> {
        let to = super::encoded(&to.to_string());
        let path = format!("/api/v1/messages?to={to}{which}");
        serde_json::from_slice(&link::get(self.place.addr(), &self.headers, &path).await?).ok()
    }

    /// What a page of the lobby is made of, if there is a server.
    pub async fn house(&self) -> Option<House> {
        self.house_at(super::house::LOBBY).await
    }

    /// The rooms I have joined, of those I follow, as the server says.
    pub async fn rooms(&self) -> Option<BTreeMap<Target, Level>> {
        let mut rooms = BTreeMap::new();
        for to in self.logs.keys().filter(|to| matches!(to, Target::Room(_))) {
            let mine = self.house_at(&to.to_string()).await?.mine?;
            rooms.extend(mine.role.map(|_| (to.clone(), mine.level)));
        }
        Some(rooms)
    }

    async fn house_at(&self, to: &str) -> Option<House> {
        let path = format!("/api/open_place?to={}", super::encoded(to));
        serde_json::from_slice(&link::get(self.place.addr(), &self.headers, &path).await?).ok()
    }

    // ---- what is said ----

    fn ask(&mut self, frame: &ClientFrame, asked: Asked) -> u64 {
        self.numbers += 1;
        self.asked.insert(self.numbers, asked);
        self.writes.push_back(write_client(Some(self.numbers), frame));
        self.numbers
    }

    fn send(&mut self, to: Target, cid: String, body: String) {
        self.ledger.book().sends(Sent {
            author: self.user.clone(),
            cid: cid.clone(),
            log: log_name(&to, &self.user),
            body: body.clone(),
            client: self.number,
            tries: 1,
        });
        let asked = Asked::Send(cid.clone());
        self.ask(&ClientFrame::Send { to, cid, body, reply_to: None, files: Vec::new() }, asked);
    }

    fn send_ready(&mut self) {
        if self.greeted {
            let now = self.now();
            for entry in self.outbox.take_ready(&now) {
                self.send(entry.to, entry.cid, entry.body);
            }
        }
    }

    fn reload(&mut self, to: &Target) {
        if let Some(log) = self.logs.get_mut(to) {
            log.hold = Hold::Reloading;
            self.reloads.insert(to.clone());
        }
    }

    fn follow(&mut self, targets: Vec<Target>) {
        if !self.greeted {
            return;
        }
        let id = self.numbers + 1;
        let mut rooms = Vec::with_capacity(targets.len());
        for to in targets {
            let after = match (&to, self.logs.get_mut(&to)) {
                (Target::Own, _) => {
                    self.own.asked = Some(id);
                    self.own.after.clone()
                }
                (_, Some(Log { timeline: Some(timeline), hold })) if *hold != Hold::Reloading => {
                    *hold = Hold::Asked(id);
                    Some(timeline.after())
                }
                _ => continue,
            };
            self.ledger.book().counts.resumes += u64::from(after.is_some());
            rooms.push(Follow { to, after });
        }
        if !rooms.is_empty() {
            self.ask(&ClientFrame::Sub { rooms: rooms.clone() }, Asked::Sub(rooms));
        }
    }

    // ---- what is heard ----

    fn take(&mut self, heard: Heard) {
        let Heard::Text(text) = heard else { return self.cut() };
        match read_server(&text) {
            Outgoing::Reply(reply) => self.reply(reply),
            Outgoing::Frame(frame) => self.frame(*frame),
            Outgoing::Unknown => self.breach(format_args!("cannot read {text}")),
        }
    }

    fn frame(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Hello(hello) => {
                if hello.user.as_deref() != Some(&self.user) {
                    self.breach(format_args!("is taken for {:?}", hello.user));
                }
                self.greeted = true;
                // My own log first: what is read of the others is then not older.
                let wanted = self.followed();
                self.follow([vec![Target::Own], wanted].concat());
            }
            ServerFrame::Event { to: Target::Own, event } => self.own_event(event),
            ServerFrame::Event { to, event } => self.live_event(&to, event),
            ServerFrame::Ping { tops } => {
                self.writes.push_back(write_client(None, &ClientFrame::Pong));
                for (to, top) in tops {
                    let live = |log: &&Log| log.hold == Hold::Live;
                    let timeline =
                        self.logs.get(&to).filter(live).and_then(|log| log.timeline.as_ref());
                    if timeline.is_some_and(|it| it.last() < top) {
                        self.follow(vec![to]);
                    }
                }
            }
            ServerFrame::Online { .. } | ServerFrame::Typing { .. } | ServerFrame::Push(_) => {}
            ServerFrame::Gone { to, .. } => self.breach(format_args!("was shut out of {to}")),
            ServerFrame::Error { err } => self.breach(format_args!("was refused: {err:?}")),
        }
    }

    fn reply(&mut self, reply: Reply) {
        let number = reply.re.as_u64().unwrap_or(0);
        match self.asked.remove(&number) {
            None => self.breach(format_args!("asked nothing that {reply:?} answers")),
            Some(Asked::Nothing) => {}
            Some(Asked::Unsub(to)) => {
                if let Some(log) = self.logs.get_mut(&to).filter(|log| log.hold == Hold::Leaving) {
                    log.hold = Hold::Left;
                }
            }
            Some(Asked::Send(cid)) => self.sent(&cid, reply),
            Some(Asked::Sub(asked)) => {
                let ok =
                    reply.ok.as_ref().and_then(|ok| serde_json::from_str::<SubOk>(ok.get()).ok());
                let Some(ok) = ok else {
                    self.breach(format_args!("may not follow: {:?}", reply.err));
                    return;
                };
                for (follow, answer) in asked.iter().zip(ok.rooms) {
                    self.followed_one(number, follow, answer);
                }
            }
        }
    }

    fn sent(&mut self, cid: &str, reply: Reply) {
        let ok = reply.ok.as_ref().and_then(|ok| serde_json::from_str::<SendOk>(ok.get()).ok());
        match (ok, reply.err) {
            (Some(ok), _) => {
                self.ledger.book().answered(&self.user, cid, ok);
                self.is_stored(cid);
            }
            (None, Some(refusal)) => {
                let now = self.now();
                if self.outbox.refused(cid, &refusal, &now) != Refused::Later {
                    self.breach(format_args!("may not say {cid}: {refusal:?}"));
                }
            }
            (None, None) => self.breach(format_args!("got an answer to {cid} that says nothing")),
        }
    }

    /// Known to be stored, by its event or a page.
    fn settle(&mut self, cid: &str, id: &str, seq: i64) {
        self.ledger.book().heard(&self.user, cid, id, seq);
        self.is_stored(cid);
    }

    fn is_stored(&mut self, cid: &str) {
        self.outbox.settle(cid);
        if self.unsure.remove(cid) {
            self.ledger.book().counts.unsure += 1;
        }
    }

    fn followed_one(&mut self, number: u64, follow: &Follow, mut answer: Followed) {
        let to = &follow.to;
        if let Some(refusal) = answer.err.take() {
            if refusal.temporary {
                self.follow(vec![to.clone()]);
            } else {
                self.breach(format_args!("may not follow {to}: {refusal:?}"));
            }
            return;
        }
        let events = answer.events.take().unwrap_or_default();
        if *to == Target::Own {
            return self.followed_own(number, answer, events);
        }
        if let Some(read) = answer.read {
            let mine = self.own.reads.entry(to.clone()).or_default();
            *mine = read.max(*mine);
        }
        if self.logs.get(to).is_none_or(|log| log.hold != Hold::Asked(number)) {
            // Asked for again since, or not wanted any more.
            return;
        }
        if answer.recovered != Some(true) {
            self.ledger.book().counts.reloads += 1;
            self.reload(to);
            return;
        }
        if let Some(log) = self.logs.get_mut(to) {
            log.hold = Hold::Live;
        }
        self.ledger.book().counts.replayed += events.len() as u64;
        for event in events {
            self.apply(to, event);
        }
        let last = self.timeline(to).map(Timeline::last);
        if last != answer.top {
            let top = answer.top;
            self.breach(format_args!("was brought to {last:?} of {to}, not to its top {top:?}"));
        }
    }

    fn followed_own(&mut self, number: u64, answer: Followed, events: Vec<Event>) {
        if self.own.asked != Some(number) {
            return;
        }
        self.own.asked = None;
        self.own.live = true;
        if answer.recovered == Some(true) {
            self.ledger.book().counts.replayed += events.len() as u64;
            for event in events {
                self.own_event(event);
            }
            return;
        }
        let anew = self.own.after.take().is_some();
        self.own.after = answer.epoch.zip(answer.top).map(|(epoch, seq)| After { epoch, seq });
        self.own.people.clear();
        self.own.rooms.clear();
        self.own.reads.clear();
        self.own.stale = true;
        if anew {
            self.ledger.book().counts.reloads += 1;
            // Their answers tell the read markers; those that come with this one, too.
            self.follow(self.followed());
        }
    }

    fn live_event(&mut self, to: &Target, event: Event) {
        match self.logs.get(to).map(|log| log.hold) {
            None | Some(Hold::Left | Hold::Away) => {
                self.breach(format_args!("does not follow {to}, and heard {}", event.seq));
            }
            Some(Hold::Live | Hold::Asked(_)) => self.apply(to, event),
            Some(Hold::Reloading | Hold::Leaving) => {}
        }
    }

    fn apply(&mut self, to: &Target, event: Event) {
        let Some(Log { timeline: Some(timeline), hold }) = self.logs.get_mut(to) else { return };
        let (seq, last) = (event.seq, timeline.last());
        match timeline.apply(event) {
            Applied::Old => self.ledger.book().counts.old += 1,
            Applied::Gap => {
                // While a `sub` is under way its answer brings what is missing.
                if *hold == Hold::Live {
                    self.breach(format_args!("heard {seq} of {to} after {last}"));
                    self.follow(vec![to.clone()]);
                }
            }
            Applied::Done(said) => {
                self.ledger.book().counts.applied += 1;
                if let Some(said) = said
                    && let (Some(cid), true) = (&said.cid, said.author == self.user)
                {
                    self.settle(cid, &said.id, said.seq);
                }
            }
        }
    }

    fn own_event(&mut self, event: Event) {
        let Some(own) = &mut self.own.after else { return };
        if event.seq <= own.seq {
            self.ledger.book().counts.old += 1;
            return;
        }
        if event.seq != own.seq + 1 {
            let last = own.seq;
            if self.own.live {
                self.breach(format_args!("heard {} of ~ after {last}", event.seq));
                self.follow(vec![Target::Own]);
            }
            return;
        }
        own.seq = event.seq;
        self.ledger.book().counts.applied += 1;
        match event.reading() {
            Some(Kind::Read { to, seq }) => {
                // Markers that were never asked for stay unknown.
                if let Some(mine) = self.own.reads.get_mut(&to) {
                    *mine = seq.max(*mine);
                }
            }
            Some(Kind::Conversation { to }) => self.own_person(to),
            Some(Kind::Joined { to, on: true }) => drop(self.own.rooms.insert(to, Level::All)),
            Some(Kind::Joined { to, on: false }) => drop(self.own.rooms.remove(&to)),
            // The browser learns of it when a page is loaded.
            _ if event.kind == "level" => {
                match serde_json::from_str::<Levelled>(event.data.get()) {
                    Ok(it) => drop(self.own.rooms.insert(it.to, it.level)),
                    Err(error) => self.breach(format_args!("cannot read a level: {error}")),
                }
            }
            _ => {}
        }
    }

    /// Somebody I talk to.
    fn own_person(&mut self, to: Target) {
        if !self.logs.contains_key(&to) {
            self.want(&to);
        }
        self.own.people.insert(to);
    }

    fn breach(&self, what: std::fmt::Arguments<'_>) {
        self.ledger.book().breach(format_args!("{}/{} {what}", self.user, self.number));
    }
}
