//! The one machine behind the page: it owns the others, takes whatever happens, and says what is to
//! be done. It calls nothing itself; the shell does that.

mod follow;
#[cfg(test)]
mod tests;

use super::{
    Act, Moment, Row, SaidState, Status,
    commands::{self, Meaning},
    connection::{Connection, Do, Event as Link},
    conversations::{self, Conversations},
    house::Older,
    outbox::{Entry, Outbox, Refused},
    presence::{Notes, Presence},
    rows::{self, Picture, Tail, Zone},
    timeline::Timeline,
};
use crate::protocol::{
    Code, Refusal, Target,
    close::{self, After as AfterClose},
    frames::{
        After, ClientFrame, Follow, Hello, Online, Outgoing, Reply, SendOk, ServerFrame,
        read_server, write_client,
    },
    limits::{Limits, PAGE},
    urls,
    views::{History, House, Me, Side},
};
use crate::words::{Word, words};
use follow::Hold;

/// How long a room is looked at before it counts as read.
const READ_MS: u64 = 1_000;
/// After a page of older history could not be had, the next try waits this long, however much one
/// scrolls.
const OLDER_MS: u64 = 3_000;
/// The page of history is loaded anew no more often than this.
const RELOAD_MS: u64 = 2_000;
/// A private message is confirmed by its beginning.
const CONFIRMED: usize = 200;

/// What happens.
#[derive(Clone, Debug)]
pub enum Input {
    /// The page is awake; times are shown in this zone from now on.
    Start(ZoneOf),
    /// A text came by the socket of that generation.
    Text { generation: u64, text: String },
    /// That socket is closed, or could not be opened.
    Closed { generation: u64, code: u16 },
    /// Time has passed.
    Tick,
    /// The browser came online.
    Online,
    /// The browser says that it is offline.
    Offline,
    /// The page came into view, or went out of it.
    Visible(bool),
    /// The page is put away.
    Away,
    /// The page came back as it was.
    Return,
    /// A person did something.
    Act(Act),
    /// The browser's back or forward leads to this place.
    WentTo(Target),
    /// A page of history came.
    History { ticket: u64, result: Result<History, Refusal> },
    /// A place came.
    Opened { ticket: u64, result: Result<Box<House>, Refusal> },
    /// Another tab settled this message of mine.
    Gone(String),
    /// What is stored of my messages by now: a tab may have left some behind.
    Stored(Vec<String>),
}

/// A [`Zone`] that can be written down.
#[derive(Clone, Copy)]
pub struct ZoneOf(pub Zone);

impl std::fmt::Debug for ZoneOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Zone")
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open a socket of this generation.
    Open(u64),
    /// Drop the socket.
    Close,
    /// Send this text.
    Send(String),
    /// Load a page of history.
    History { ticket: u64, to: Target, before: Option<i64> },
    /// Load a place.
    Place { ticket: u64, to: Target },
    /// Put a place's address into the address line.
    Push(Target),
    /// Leave for this address as a page of its own.
    Visit(String),
    /// Store a message of mine.
    Keep { cid: String, stored: String },
    /// Forget one.
    Forget(String),
    /// What was written has been taken: the composer is free.
    Taken,
    /// Back into the composer if it is free, and then discard the failed message `cid`.
    GiveBack { cid: String, text: String },
    /// Show this.
    Show(Show),
}

/// What has changed on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Show {
    /// Another place is shown.
    Place(Target),
    /// The log.
    Rows(Vec<(String, Row)>),
    /// Whether there is more above.
    Older(Older),
    /// How many came while the log was not at its end.
    Fresh(usize),
    /// Who is here.
    Online(Online),
    /// The side column.
    Side(Side),
    /// The status line.
    Status(Status),
    /// The refusal above the composer.
    Refusal(Option<Refusal>),
    /// The page's title.
    Title(String),
}

/// What a numbered frame asked for.
enum Asked {
    Sub(Vec<Follow>),
    Send(String),
    Nothing,
}

/// What a request to the server is for.
enum Fetch {
    /// Going there; `push`: the address line does not say so yet.
    Go { to: Target, push: bool },
    /// The side column afresh.
    Side,
    /// Older history, before that seq.
    Older(Option<i64>),
    /// The newest page of history anew.
    Anew,
}

/// What was shown last, so that only what changes is said.
struct Shown {
    older: Older,
    fresh: usize,
    online: Online,
    side: Side,
    status: Status,
    refusal: Option<Refusal>,
    title: String,
}

/// The machine.
pub struct Desk {
    me: Option<Me>,
    limits: Limits,
    connection: Connection,
    outbox: Outbox,
    /// Acknowledged, but their events have not come yet.
    acked: Vec<(Entry, SendOk)>,
    timeline: Timeline,
    hold: Hold,
    presence: Presence,
    notes: Notes,
    conversations: Conversations,
    /// Where I am in my own log.
    own: Option<After>,
    own_asked: bool,
    /// These were refused for a while; asked for again at that time.
    ask_again: Vec<Target>,
    ask_again_at: u64,
    unread_after: Option<i64>,
    read: i64,
    read_due: Option<u64>,
    at_end: bool,
    visible: bool,
    fresh: usize,
    older_from: u64,
    zone: Zone,
    refusal: Option<Refusal>,
    asked: Vec<(u64, Asked)>,
    frames: u64,
    fetches: Vec<(u64, Fetch)>,
    tickets: u64,
    /// The page is loaded anew at that time…
    reload_at: Option<u64>,
    /// …and not again before this, whatever the server says.
    reload_from: u64,
    rows_changed: bool,
    shown: Shown,
    effects: Vec<Effect>,
}

/// My read marker, where the page shows something that I have not read. Whoever has never read here
/// is not shown that everything is new.
#[must_use]
pub fn unread_after(house: &House) -> Option<i64> {
    let me = house.me.as_ref()?;
    let unread = |message: &crate::protocol::views::Message| {
        message.seq > house.read && message.author != me.name
    };
    (house.read > 0 && house.history.messages.iter().any(unread)).then_some(house.read)
}

impl Desk {
    /// For the page that was loaded, with what was stored of my messages.
    #[must_use]
    pub fn new(house: &House, visible: bool, stored: &[String]) -> Self {
        let name = house.me.as_ref().map(|me| me.name.clone());
        let stored = if name.is_some() { stored } else { &[] };
        let place = &house.history.to;
        let online = super::presence::sorted(house.online.clone());
        let mut it = Self {
            me: house.me.clone(),
            limits: house.limits,
            connection: Connection::default(),
            outbox: Outbox::restore(stored.iter().map(String::as_str)),
            acked: Vec::new(),
            timeline: Timeline::new(house.history.clone(), house.older),
            hold: Hold::Away,
            presence: Presence::new(name, online.clone()),
            notes: Notes::default(),
            conversations: Conversations::new(&house.side),
            own: house.side.own.clone(),
            own_asked: false,
            ask_again: Vec::new(),
            ask_again_at: 0,
            unread_after: unread_after(house),
            read: house.read,
            read_due: None,
            at_end: true,
            visible,
            fresh: 0,
            older_from: 0,
            zone: Zone::UTC,
            refusal: house.refusal.clone(),
            asked: Vec::new(),
            frames: 0,
            fetches: Vec::new(),
            tickets: 0,
            reload_at: None,
            reload_from: 0,
            rows_changed: false,
            shown: Shown {
                older: if house.older { Older::More } else { Older::Beginning },
                fresh: 0,
                online,
                side: Side { own: None, ..house.side.clone() },
                status: Status::Quiet,
                refusal: house.refusal.clone(),
                title: conversations::title(place, 0),
            },
            effects: Vec::new(),
        };
        if house.before.is_some() {
            // A page from further back, read without a script so far: there is a hole between it
            // and what comes live.
            it.hold = Hold::Reloading;
        }
        it
    }

    /// Takes what happened; returns what is to be done, in order.
    pub fn on(&mut self, input: Input, now: &Moment) -> Vec<Effect> {
        match input {
            Input::Start(zone) => self.start(zone.0, now),
            Input::Text { generation, text } => self.text(generation, &text, now),
            Input::Closed { generation, code } => self.closed(generation, code, now),
            Input::Tick => self.tick(now),
            Input::Online => self.link(Link::Wake, now),
            Input::Offline => self.link(Link::Offline, now),
            Input::Visible(visible) => self.visible(visible, now),
            Input::Away => {
                self.mark_read();
                self.link(Link::Away, now);
            }
            Input::Return => self.link(Link::Return, now),
            Input::Act(act) => self.act(act, now),
            Input::WentTo(to) => self.go(to, false),
            Input::History { ticket, result } => self.history(ticket, result, now),
            Input::Opened { ticket, result } => self.opened(ticket, result, now),
            Input::Stored(stored) => {
                if self.me.is_some() && self.outbox.adopt(stored.iter().map(String::as_str)) {
                    self.rows_changed = true;
                    self.settle_all();
                }
            }
            Input::Gone(cid) => {
                if self.outbox.gone(&cid) {
                    self.rows_changed = true;
                }
            }
        }
        self.send_ready(now);
        self.plan_reading(now);
        self.show(now);
        std::mem::take(&mut self.effects)
    }

    /// When a tick is wanted, at the latest.
    #[must_use]
    pub fn due(&self, now: &Moment) -> Option<u64> {
        let up = self.connection.is_up();
        let ask_again = (up && !self.ask_again.is_empty()).then_some(self.ask_again_at);
        [
            self.connection.due(now),
            self.outbox.due().filter(|_| up),
            self.read_due,
            self.reload_at.filter(|_| up),
            ask_again,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn name(&self) -> Option<&str> {
        self.me.as_ref().map(|me| me.name.as_str())
    }

    fn start(&mut self, zone: Zone, now: &Moment) {
        self.zone = zone;
        self.rows_changed = true;
        self.settle_all();
        if self.hold == Hold::Reloading {
            self.fetch_anew(now);
        }
        self.link(Link::Start, now);
    }

    // ---- the connection ----

    fn link(&mut self, event: Link, now: &Moment) {
        let was_up = self.connection.is_up();
        match self.connection.on(event, now) {
            Some(Do::Open(generation)) => self.effects.push(Effect::Open(generation)),
            Some(Do::Close) => self.effects.push(Effect::Close),
            // An empty `unsub` changes nothing and has an answer.
            Some(Do::Probe) => self.ask(&ClientFrame::Unsub { rooms: Vec::new() }, Asked::Nothing),
            None => {}
        }
        if was_up && !self.connection.is_up() {
            self.lost();
        }
    }

    /// Nothing that was asked on the old connection is answered on the next.
    fn lost(&mut self) {
        self.asked.clear();
        self.outbox.land();
        self.unfollow_all();
        self.read_due = None;
    }

    fn closed(&mut self, generation: u64, code: u16, now: &Moment) {
        if self.connection.is_current(generation)
            && close::after(code) == AfterClose::RetryWithoutLast
            && let Some(entry) = self.outbox.too_big()
        {
            self.failed(entry, Code::TooLong);
        }
        self.link(Link::Closed { generation, code }, now);
    }

    fn tick(&mut self, now: &Moment) {
        self.link(Link::Tick, now);
        if self.read_due.is_some_and(|due| now.ms >= due) {
            self.mark_read();
        }
        if self.connection.is_up() {
            if self.reload_at.is_some_and(|due| now.ms >= due) {
                self.fetch_anew(now);
            }
            if !self.ask_again.is_empty() && now.ms >= self.ask_again_at {
                let again = std::mem::take(&mut self.ask_again);
                self.follow(again);
            }
        }
    }

    fn visible(&mut self, visible: bool, now: &Moment) {
        if self.visible == visible {
            return;
        }
        if visible {
            self.visible = true;
            self.link(Link::Wake, now);
        } else {
            // What was on the screen until now has been seen.
            self.mark_read();
            self.visible = false;
        }
        self.say_here();
    }

    fn text(&mut self, generation: u64, text: &str, now: &Moment) {
        if !self.connection.is_current(generation) {
            return;
        }
        self.link(Link::Heard { generation }, now);
        match read_server(text) {
            Outgoing::Reply(reply) => self.reply(reply, now),
            Outgoing::Frame(frame) => self.frame(generation, *frame, now),
            Outgoing::Unknown => {}
        }
    }

    fn frame(&mut self, generation: u64, frame: ServerFrame, now: &Moment) {
        match frame {
            ServerFrame::Hello(hello) => self.hello(generation, &hello, now),
            ServerFrame::Event { to, event } => self.event(&to, event),
            ServerFrame::Online { to, join, leave, all, count } => {
                self.online(&to, &join, &leave, all, count, now);
            }
            ServerFrame::Gone { to, reason } => self.gone(&to, &reason),
            ServerFrame::Ping { tops } => {
                self.effects.push(Effect::Send(write_client(None, &ClientFrame::Pong)));
                for (to, top) in tops {
                    self.catch_up(&to, top);
                }
            }
            ServerFrame::Error { .. } => {}
        }
    }

    fn hello(&mut self, generation: u64, hello: &Hello, now: &Moment) {
        if hello.user.as_deref() != self.name() {
            // The cookie belongs to somebody else by now (or to nobody): what waits here must not
            // go out in their name.
            let why = match &hello.user {
                Some(name) => words().with(Word::SomebodyElse, &[name]),
                None => words().say(Word::NobodyNow).to_owned(),
            };
            self.link(Link::Stop(why), now);
            return;
        }
        self.limits = hello.limits;
        let heartbeat_ms = hello.heartbeat_ms;
        self.link(Link::Hello { generation, heartbeat_ms }, now);
        if self.connection.is_up() {
            self.follow_all();
            self.say_here();
        }
    }

    fn reply(&mut self, reply: Reply, now: &Moment) {
        let Some(number) = reply.re.as_u64() else { return };
        let Some(at) = self.asked.iter().position(|(id, _)| *id == number) else { return };
        match self.asked.remove(at).1 {
            Asked::Nothing => {}
            Asked::Sub(rooms) => self.followed(rooms, reply, now),
            Asked::Send(cid) => match (reply.ok, reply.err) {
                (_, Some(refusal)) => self.refused(&cid, &refusal, now),
                (Some(ok), None) => match serde_json::from_str(ok.get()) {
                    Ok(ok) => self.acknowledged(&cid, ok),
                    Err(_) => self.refused(&cid, &Refusal::unavailable(), now),
                },
                (None, None) => self.refused(&cid, &Refusal::unavailable(), now),
            },
        }
    }

    /// Sends a frame whose answer is wanted.
    fn ask(&mut self, frame: &ClientFrame, asked: Asked) {
        self.frames += 1;
        self.asked.push((self.frames, asked));
        self.effects.push(Effect::Send(write_client(Some(self.frames), frame)));
    }

    /// Tells what is on the screen; a visitor is not counted among those present.
    fn say_here(&mut self) {
        if self.me.is_some() && self.connection.is_up() {
            let here =
                ClientFrame::Here { to: Some(self.timeline.to().clone()), active: self.visible };
            self.effects.push(Effect::Send(write_client(None, &here)));
        }
    }

    // ---- what a person does ----

    fn act(&mut self, act: Act, now: &Moment) {
        match act {
            Act::Say(text) => match self.say(&text, now) {
                Ok(()) => self.refusal = None,
                Err(refusal) => self.refusal = Some(refusal),
            },
            Act::Go(to) => self.go(to, true),
            Act::Older => self.older(now),
            Act::Retry(cid) => {
                if let Some(entry) = self.outbox.retry(&cid, now.uuid(), now.at) {
                    let kept = Effect::Keep { cid: entry.cid.clone(), stored: entry.stored() };
                    if entry.cid != cid {
                        self.effects.push(Effect::Forget(cid));
                    }
                    self.effects.push(kept);
                    self.rows_changed = true;
                }
            }
            Act::Discard(cid) => {
                if self.outbox.discard(&cid) {
                    self.effects.push(Effect::Forget(cid));
                    self.rows_changed = true;
                }
            }
            Act::AtEnd(at_end) => {
                self.at_end = at_end;
                if at_end {
                    self.fresh = 0;
                }
            }
            Act::ConnectNow => self.link(Link::Now, now),
            Act::Dismiss => self.refusal = None,
        }
    }

    fn say(&mut self, text: &str, now: &Moment) -> Result<(), Refusal> {
        let place = self.timeline.to().clone();
        let (to, body) = match commands::read(text, self.limits.body)? {
            Meaning::Nothing => return Ok(()),
            Meaning::Here(body) => (place.clone(), body),
            Meaning::Private { to, body } => (Target::Person(to), body),
        };
        if self.me.is_none() {
            return Err(Refusal::new(Code::LoginNeeded, Word::LogInToJoin));
        }
        if let Some(why) = self.connection.stopped() {
            return Err(Refusal::new(Code::Unavailable, why));
        }
        let mut entry = Entry::new(to, now.uuid(), body, now.at);
        if entry.to != place {
            entry.from = Some(place);
        }
        if write_client(Some(u64::MAX), &send(&entry)).len() > self.limits.frame {
            return Err(Refusal::too_long("body", Word::TooLongForOne));
        }
        let entry = self.outbox.add(entry)?;
        let kept = Effect::Keep { cid: entry.cid.clone(), stored: entry.stored() };
        self.effects.push(kept);
        self.effects.push(Effect::Taken);
        self.rows_changed = true;
        Ok(())
    }

    fn older(&mut self, now: &Moment) {
        let busy = self
            .fetches
            .iter()
            .any(|(_, fetch)| matches!(fetch, Fetch::Older(_) | Fetch::Anew | Fetch::Go { .. }));
        if busy || !self.timeline.has_more() || now.ms < self.older_from {
            return;
        }
        let (to, before) = (self.timeline.to().clone(), self.timeline.before());
        let ticket = self.fetch(Fetch::Older(before));
        self.effects.push(Effect::History { ticket, to, before });
    }

    fn go(&mut self, to: Target, push: bool) {
        // Of two places asked for in a row only the last counts.
        self.fetches.retain(|(_, fetch)| !matches!(fetch, Fetch::Go { .. }));
        if to == *self.timeline.to() {
            return;
        }
        let ticket = self.fetch(Fetch::Go { to: to.clone(), push });
        self.effects.push(Effect::Place { ticket, to });
    }

    // ---- my messages ----

    fn send_ready(&mut self, now: &Moment) {
        if !self.connection.is_up() || self.me.is_none() {
            return;
        }
        for entry in self.outbox.take_ready(now) {
            self.ask(&send(&entry), Asked::Send(entry.cid.clone()));
        }
    }

    fn acknowledged(&mut self, cid: &str, ok: SendOk) {
        if let Some(entry) = self.settle(cid)
            && entry.to == *self.timeline.to()
            && ok.seq > self.timeline.last()
        {
            // Its event is still to come; until then it stays where it is.
            self.acked.push((entry, ok));
        }
    }

    /// A message of mine is stored: by its answer, its event or a page of history.
    fn settle(&mut self, cid: &str) -> Option<Entry> {
        let entry = self.outbox.settle(cid)?;
        self.effects.push(Effect::Forget(entry.cid.clone()));
        self.rows_changed = true;
        if entry.from.as_ref() == Some(self.timeline.to()) {
            self.notes.say(privately(&entry, Word::Privately), self.timeline.last());
        }
        Some(entry)
    }

    /// Settles whatever the log shows to be stored.
    fn settle_all(&mut self) {
        let mine: Vec<String> = {
            let me = self.name();
            self.timeline
                .messages()
                .iter()
                .filter(|message| me == Some(message.author.as_str()))
                .filter_map(|message| message.cid.clone())
                .collect()
        };
        for cid in mine {
            self.settle(&cid);
        }
        self.drop_acked();
    }

    /// What has come back by its event is no longer shown by its answer.
    fn drop_acked(&mut self) {
        let (place, last) = (self.timeline.to(), self.timeline.last());
        self.acked.retain(|(entry, ok)| entry.to == *place && ok.seq > last);
    }

    fn refused(&mut self, cid: &str, refusal: &Refusal, now: &Moment) {
        if let Refused::Failed(entry) = self.outbox.refused(cid, refusal, now) {
            self.failed(entry, refusal.code);
        }
    }

    fn failed(&mut self, entry: Entry, code: Code) {
        self.rows_changed = true;
        self.effects.push(Effect::Keep { cid: entry.cid.clone(), stored: entry.stored() });
        if entry.from.is_some() {
            let why = entry.failed.clone().unwrap_or_default();
            self.refusal = Some(Refusal::new(code, why));
            let text = as_written(&entry);
            self.effects.push(Effect::GiveBack { cid: entry.cid, text });
        }
    }

    // ---- reading ----

    fn is_reading(&self) -> bool {
        self.visible && self.at_end
    }

    fn plan_reading(&mut self, now: &Moment) {
        let wanted = self.connection.is_up()
            && self.me.is_some()
            && self.hold == Hold::Live
            && self.is_reading()
            && self.timeline.last() > self.read;
        if !wanted {
            self.read_due = None;
        } else if self.read_due.is_none() {
            self.read_due = Some(now.ms + READ_MS);
        }
    }

    /// Says that I have read what is on the screen, if that is due.
    fn mark_read(&mut self) {
        if self.read_due.take().is_none() {
            return;
        }
        let (to, seq) = (self.timeline.to().clone(), self.timeline.last());
        self.read = seq;
        self.conversations.read(&to, seq);
        self.effects.push(Effect::Send(write_client(None, &ClientFrame::Read { to, seq })));
    }

    // ---- what was loaded ----

    fn fetch(&mut self, what: Fetch) -> u64 {
        self.tickets += 1;
        self.fetches.push((self.tickets, what));
        self.tickets
    }

    fn fetched(&mut self, ticket: u64) -> Option<Fetch> {
        let at = self.fetches.iter().position(|(number, _)| *number == ticket)?;
        Some(self.fetches.remove(at).1)
    }

    /// The newest page of history in place of what is shown.
    fn fetch_anew(&mut self, now: &Moment) {
        if now.ms < self.reload_from {
            self.reload_at = Some(self.reload_from);
            return;
        }
        self.reload_at = None;
        self.reload_from = now.ms + RELOAD_MS;
        // A page of older history would be of the log before.
        self.fetches.retain(|(_, fetch)| !matches!(fetch, Fetch::Older(_) | Fetch::Anew));
        let to = self.timeline.to().clone();
        let ticket = self.fetch(Fetch::Anew);
        self.effects.push(Effect::History { ticket, to, before: None });
    }

    fn history(&mut self, ticket: u64, result: Result<History, Refusal>, now: &Moment) {
        match (self.fetched(ticket), result) {
            (Some(Fetch::Older(before)), Ok(page)) => {
                // One that does not fit any more is asked for again by scrolling on.
                self.timeline.prepend(before, page);
                self.settle_all();
                self.rows_changed = true;
            }
            (Some(Fetch::Older(_)), Err(refusal)) => {
                self.older_from = now.ms + OLDER_MS;
                self.refusal = Some(refusal);
            }
            (Some(Fetch::Anew), Ok(page)) => {
                let more = page.messages.len() >= PAGE;
                self.timeline = Timeline::new(page, more);
                self.settle_all();
                self.rows_changed = true;
                self.hold = Hold::Away;
                self.follow(vec![self.timeline.to().clone()]);
            }
            (Some(Fetch::Anew), Err(refusal)) => {
                if refusal.temporary {
                    self.reload_at = Some(now.ms + refusal.retry_ms.unwrap_or(OLDER_MS));
                } else {
                    self.refusal = Some(refusal);
                }
            }
            _ => {}
        }
    }

    fn opened(&mut self, ticket: u64, result: Result<Box<House>, Refusal>, now: &Moment) {
        match (self.fetched(ticket), result) {
            (Some(Fetch::Go { push, .. }), Ok(house)) => self.enter(*house, push),
            (Some(Fetch::Go { to, push }), Err(refusal)) => {
                if !refusal.temporary {
                    // The server has a page for it: one that makes the room, or asks to log in.
                    self.effects.push(Effect::Visit(urls::page(&to)));
                    return;
                }
                if !push {
                    // The address line has moved already: it says again what is shown.
                    self.effects.push(Effect::Push(self.timeline.to().clone()));
                }
                self.refusal = Some(refusal);
            }
            (Some(Fetch::Side), Ok(house)) => self.conversations.merge(&house.side),
            (Some(Fetch::Side), Err(refusal)) if refusal.temporary => {
                self.ask_again.push(Target::Own);
                self.ask_again_at = now.ms + refusal.retry_ms.unwrap_or(OLDER_MS);
            }
            _ => {}
        }
    }

    fn enter(&mut self, house: House, push: bool) {
        let to = house.history.to.clone();
        if house.me != self.me {
            self.effects.push(Effect::Visit(urls::page(&to)));
            return;
        }
        self.mark_read();
        let left = self.timeline.to().clone();
        self.conversations.merge(&house.side);
        if left != to && !self.conversations.has(&left) {
            self.unfollow(left);
        }
        self.unread_after = unread_after(&house);
        self.read = house.read;
        let me = self.name().map(str::to_owned);
        self.presence = Presence::new(me, house.online);
        self.timeline = Timeline::new(house.history, house.older);
        self.hold = Hold::Away;
        self.notes.clear();
        self.fetches.retain(|(_, fetch)| matches!(fetch, Fetch::Side));
        self.reload_at = None;
        self.reload_from = 0;
        self.older_from = 0;
        self.at_end = true;
        self.fresh = 0;
        self.refusal = None;
        self.settle_all();
        self.rows_changed = true;
        if push {
            self.effects.push(Effect::Push(to.clone()));
        }
        self.effects.push(Effect::Show(Show::Place(to.clone())));
        self.follow(vec![to]);
        self.say_here();
    }

    // ---- showing ----

    fn show(&mut self, now: &Moment) {
        if std::mem::take(&mut self.rows_changed) {
            let rows = self.rows();
            self.effects.push(Effect::Show(Show::Rows(rows)));
        }
        let loading = self.fetches.iter().any(|(_, fetch)| matches!(fetch, Fetch::Older(_)));
        let older = match (loading, self.timeline.has_more()) {
            (true, _) => Older::Loading,
            (false, true) => Older::More,
            (false, false) => Older::Beginning,
        };
        let title = conversations::title(self.timeline.to(), self.conversations.unread());
        let shown = &mut self.shown;
        let effects = &mut self.effects;
        changed(&mut shown.older, older, Show::Older, effects);
        changed(&mut shown.fresh, self.fresh, Show::Fresh, effects);
        changed(&mut shown.online, self.presence.online().clone(), Show::Online, effects);
        changed(&mut shown.side, self.conversations.side(), Show::Side, effects);
        changed(&mut shown.status, self.connection.status(now), Show::Status, effects);
        changed(&mut shown.refusal, self.refusal.clone(), Show::Refusal, effects);
        changed(&mut shown.title, title, Show::Title, effects);
    }

    fn rows(&self) -> Vec<(String, Row)> {
        let place = self.timeline.to();
        let acked = self.acked.iter().map(|(entry, ok)| Tail::Mine {
            cid: entry.cid.clone(),
            id: Some(ok.id.clone()),
            body: entry.body.clone(),
            at: ok.at,
            state: SaidState::Sent,
        });
        let waiting = self.outbox.entries().iter().filter_map(|entry| {
            let (cid, at) = (entry.cid.clone(), entry.at);
            match (&entry.failed, &entry.from) {
                (None, Some(from)) if from == place => {
                    let text = privately(entry, Word::PrivatelySending);
                    Some(Tail::Quiet { key: cid, text })
                }
                (Some(why), Some(from)) if from == place => {
                    let state = SaidState::Failed(why.clone());
                    Some(Tail::Mine { cid, id: None, body: as_written(entry), at, state })
                }
                (_, from) if entry.to == *place && (from.is_none() || entry.failed.is_none()) => {
                    let state = match &entry.failed {
                        Some(why) => SaidState::Failed(why.clone()),
                        None => SaidState::Pending,
                    };
                    Some(Tail::Mine { cid, id: None, body: entry.body.clone(), at, state })
                }
                _ => None,
            }
        });
        rows::rows(Picture {
            timeline: &self.timeline,
            me: self.name(),
            unread_after: self.unread_after,
            notes: self.notes.all(),
            tail: acked.chain(waiting).collect(),
            zone: self.zone,
        })
    }
}

fn changed<T: PartialEq + Clone>(
    shown: &mut T,
    is: T,
    show: fn(T) -> Show,
    effects: &mut Vec<Effect>,
) {
    if *shown != is {
        shown.clone_from(&is);
        effects.push(Effect::Show(show(is)));
    }
}

fn send(entry: &Entry) -> ClientFrame {
    ClientFrame::Send {
        to: entry.to.clone(),
        cid: entry.cid.clone(),
        body: entry.body.clone(),
        reply_to: None,
    }
}

/// "To bob, privately: hi"
fn privately(entry: &Entry, how: Word) -> String {
    let mut body: String = entry.body.chars().take(CONFIRMED).collect();
    if body.len() < entry.body.len() {
        body.push('…');
    }
    words().with(how, &[entry.to.name(), &body])
}

/// The command as it was written.
fn as_written(entry: &Entry) -> String {
    format!("/pm {} {}", entry.to.name(), entry.body)
}
