//! The one machine behind the page: it owns the others, takes whatever happens, and says what is to
//! be done. It calls nothing itself; the shell does that.

mod changes;
mod follow;
mod history;
mod link;
mod mine;
mod places;
mod reading;
mod show;
#[cfg(test)]
mod tests;
mod typing;

use super::{
    Act, Moment, Row, Status,
    attach::{Attach, Item, Picked},
    connection::{Connection, Event as Link},
    conversations::{self, Conversations},
    house::{Choices, Mode, Older, Spot},
    idle::Idle,
    outbox::{Entry, Outbox},
    presence::{Notes, Presence},
    rows::{Unread, Zone},
    timeline::Timeline,
    typing::Typing,
    wishes::{Wish, Wishes},
};
use crate::protocol::{
    Refusal, Target,
    frames::{After, Follow, Online, SendOk},
    limits::Limits,
    people::Notify,
    views::{About, FileView, History, House, Me, Side, Span},
};
use follow::Hold;
use std::collections::BTreeMap;

/// Without a connection, it is shown for so long who was here: most are back by then, and nobody has moved.
const BELIEVED_MS: u64 = 10_000;

/// What happens.
#[derive(Clone, Debug)]
pub enum Input {
    /// The page is one that was kept on this device, whenever that was.
    Kept,
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
    /// Somebody used the page: a key, the pointer, the wheel.
    Used,
    /// The page is put away.
    Away,
    /// The page came back as it was.
    Return,
    /// A person did something.
    Act(Act),
    /// The browser's back or forward leads to this place, and to the message of this id.
    WentTo { to: Target, at: Option<String> },
    /// A page of history came.
    History { ticket: u64, result: Result<History, Refusal> },
    /// A place came.
    Opened { ticket: u64, result: Result<Box<House>, Refusal> },
    /// Another tab settled this message of mine.
    Gone(String),
    /// What is stored of my messages by now: a tab may have left some behind.
    Stored(Vec<String>),
    /// A form was taken that may have changed what is shown beside the log.
    Changed,
    /// I look at what concerns me.
    Looks,
    /// Files were picked for the next message.
    Picked(Vec<Picked>),
    /// So much of a file is there, of 100.
    Went { key: u64, percent: u8 },
    /// A file is there, or was refused.
    Came { key: u64, result: Result<FileView, Refusal> },
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
    History { ticket: u64, to: Target, span: Span },
    /// Load a place, around the message of this id.
    Place { ticket: u64, to: Target, at: Option<String> },
    /// Put the address of a place, or of a message there, into the address line.
    Push { to: Target, at: Option<String> },
    /// Leave for this address as a page of its own.
    Visit(String),
    /// I am logged out: nothing that I write is kept here any more.
    Left,
    /// Store a message of mine.
    Keep { cid: String, stored: String },
    /// Forget one.
    Forget(String),
    /// Show the list of keys and commands.
    Help,
    /// What was written has been taken: the composer is free.
    Taken,
    /// Back into the composer if it is free, and then discard the failed message `cid`.
    GiveBack { cid: String, text: String },
    /// Send the file with this key.
    Upload(u64),
    /// The file with this key is not wanted any more.
    Abort(u64),
    /// The composer is for something else from now on, with this text in it.
    Compose { mode: Mode, text: Option<String> },
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
    /// Whether there is more below.
    Newer(bool),
    /// Whether something else is read than the end.
    Away(bool),
    /// How many came while the log was not at its end.
    Fresh(usize),
    /// Scroll there.
    Spot(Spot),
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
    /// The files above the composer.
    Files(Vec<Item>),
    /// The versions of people's faces.
    Faces(BTreeMap<String, String>),
    /// Who is writing.
    Typing(Vec<String>),
    /// The topic, and what is pinned.
    About(About),
    /// What may be done with the message that is pointed at.
    Choices(Option<Choices>),
    /// How many messages wait for me, in all conversations.
    Waiting(i64),
    /// What was pushed to me.
    Told(Vec<Notify>),
}

/// What a numbered frame asked for.
enum Asked {
    Sub(Vec<Follow>),
    Send(String),
    Change(u64),
    Topic,
    Nothing,
}

/// What a request to the server is for.
enum Fetch {
    /// Going there; `push`: the address line does not say so yet.
    Go { to: Target, at: Option<String>, push: bool },
    /// The side column afresh.
    Side,
    /// Older history, before that seq.
    Older(Option<i64>),
    /// Newer history, after that seq.
    Newer(Option<i64>),
    /// Another page of the log in place of what is shown: the newest, or around a message.
    Turn { span: Span, push: bool },
    /// The newest page of history anew.
    Anew,
}

/// What was shown last, so that only what changes is said.
struct Shown {
    older: Older,
    newer: bool,
    away: bool,
    fresh: usize,
    online: Online,
    side: Side,
    status: Status,
    refusal: Option<Refusal>,
    title: String,
    files: Vec<Item>,
    typing: Vec<String>,
    about: About,
    choices: Option<Choices>,
    waiting: i64,
    told: Vec<Notify>,
}

/// The machine.
pub struct Desk {
    me: Option<Me>,
    limits: Limits,
    connection: Connection,
    outbox: Outbox,
    attach: Attach,
    faces: BTreeMap<String, String>,
    /// Acknowledged, but their events have not come yet.
    acked: Vec<(Entry, SendOk)>,
    /// Whether I keep order in the place on the screen.
    moderates: bool,
    /// What I want changed.
    wishes: Wishes,
    /// The message that is pointed at, by its id.
    chosen: Option<String>,
    typing: Typing,
    timeline: Timeline,
    hold: Hold,
    presence: Presence,
    notes: Notes,
    /// What was pushed to me and I have not put away.
    told: Vec<Notify>,
    /// What I have put away and still counts as new, by its seq in my own log.
    put_away: Vec<i64>,
    /// From then on it is not known who is here; none while it is told.
    doubt_at: Option<u64>,
    conversations: Conversations,
    /// Where I am in my own log.
    own: Option<After>,
    own_asked: bool,
    /// These were refused for a while; asked for again at that time.
    ask_again: Vec<Target>,
    ask_again_at: u64,
    unread: Option<Unread>,
    /// The message that somebody wanted to see, by its id.
    found: Option<String>,
    read: i64,
    read_due: Option<u64>,
    at_end: bool,
    idle: Idle,
    fresh: usize,
    /// Where the log is to be scrolled once its rows are shown.
    spot: Option<Spot>,
    pages_from: u64,
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

/// Whether I keep order in the place that this page shows.
fn moderates(house: &House) -> bool {
    house.mine.as_ref().is_some_and(|mine| mine.moderates)
}

impl Desk {
    /// For the page that was loaded, with what was stored of my messages.
    #[must_use]
    pub fn new(house: &House, visible: bool, stored: &[String]) -> Self {
        let name = house.me.as_ref().map(|me| me.name.clone());
        let stored = if name.is_some() { stored } else { &[] };
        let place = &house.history.to;
        let online = super::presence::sorted(house.online.clone());
        Self {
            me: house.me.clone(),
            limits: house.limits,
            connection: Connection::default(),
            outbox: Outbox::restore(stored.iter().map(String::as_str)),
            attach: Attach::default(),
            faces: house.faces.clone(),
            acked: Vec::new(),
            moderates: moderates(house),
            wishes: Wishes::default(),
            chosen: None,
            typing: Typing::default(),
            timeline: Timeline::new(house.history.clone()),
            hold: Hold::Away,
            presence: Presence::new(name, online.clone()),
            notes: Notes::default(),
            told: Vec::new(),
            put_away: Vec::new(),
            doubt_at: None,
            conversations: Conversations::new(&house.side),
            own: house.side.own.clone(),
            own_asked: false,
            ask_again: Vec::new(),
            ask_again_at: 0,
            unread: Unread::of(house),
            found: house.at.clone(),
            read: house.read,
            read_due: None,
            at_end: !house.history.newer && house.at.is_none(),
            idle: Idle::new(visible),
            fresh: 0,
            spot: None,
            pages_from: 0,
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
                older: if house.history.older { Older::More } else { Older::Beginning },
                newer: house.history.newer,
                away: false,
                fresh: 0,
                online,
                side: Side { own: None, ..house.side.clone() },
                status: Status::Quiet,
                refusal: house.refusal.clone(),
                title: conversations::title(place, 0),
                files: Vec::new(),
                typing: Vec::new(),
                about: house.history.about.clone(),
                choices: None,
                waiting: 0,
                told: Vec::new(),
            },
            effects: Vec::new(),
        }
    }

    /// Takes what happened; returns what is to be done, in order.
    pub fn on(&mut self, input: Input, now: &Moment) -> Vec<Effect> {
        match input {
            Input::Kept => self.doubt_at = Some(0),
            Input::Start(zone) => self.start(zone.0, now),
            Input::Text { generation, text } => self.text(generation, &text, now),
            Input::Closed { generation, code } => self.closed(generation, code, now),
            Input::Tick => self.tick(now),
            Input::Online => self.link(Link::Wake, now),
            Input::Offline => self.link(Link::Offline, now),
            Input::Visible(visible) => self.visible(visible, now),
            Input::Used => {
                if self.idle.used(now.ms) {
                    self.say_here();
                }
            }
            Input::Away => {
                self.mark_read();
                self.link(Link::Away, now);
            }
            Input::Return => self.link(Link::Return, now),
            Input::Act(act) => self.act(act, now),
            Input::WentTo { to, at } => self.go(to, at, false),
            Input::History { ticket, result } => self.history(ticket, result, now),
            Input::Opened { ticket, result } => self.opened(ticket, result, now),
            Input::Stored(stored) => {
                if self.me.is_some() && self.outbox.adopt(stored.iter().map(String::as_str)) {
                    self.rows_changed = true;
                    self.settle_all();
                }
            }
            Input::Changed => self.ask_side(),
            Input::Looks => self.look_again(),
            Input::Picked(picked) => self.pick(picked),
            Input::Went { key, percent } => self.attach.went(key, percent),
            Input::Came { key, result } => self.came(key, result),
            Input::Gone(cid) => {
                if self.outbox.gone(&cid) {
                    self.rows_changed = true;
                }
            }
        }
        self.effects.extend(self.attach.start().into_iter().map(Effect::Upload));
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
            self.wishes.due().filter(|_| up),
            self.typing.due(),
            self.idle.due(),
            self.read_due,
            self.reload_at.filter(|_| up),
            self.doubt_at.filter(|at| *at > now.ms),
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
        self.idle.used(now.ms);
        self.rows_changed = true;
        self.settle_all();
        if self.hold == Hold::Reloading {
            self.fetch_anew(now);
        }
        self.doubt_at.get_or_insert(now.ms + BELIEVED_MS);
        self.link(Link::Start, now);
    }

    fn tick(&mut self, now: &Moment) {
        self.link(Link::Tick, now);
        if self.typing.tick(now.ms) {
            self.say_typing();
        }
        if self.idle.tick(now.ms) {
            self.say_here();
        }
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
        if !visible {
            // What was on the screen until now has been seen.
            self.mark_read();
        }
        if self.idle.seen(visible, now.ms) {
            if visible {
                self.link(Link::Wake, now);
                self.look_again();
            }
            self.say_here();
        }
    }

    fn act(&mut self, act: Act, now: &Moment) {
        match act {
            Act::Say(text) => {
                let said = self.say(&text, None, now);
                self.refuse(said);
            }
            Act::Answer { id, body } => {
                let said = self.say(&body, Some(id), now);
                self.refuse(said);
            }
            Act::Write => {
                self.effects.push(Effect::Compose { mode: Mode::Writing, text: None });
            }
            Act::Go(to) => self.go(to, None, true),
            Act::Jump { to, id } => self.go(to, Some(id), true),
            Act::Older => self.older(now),
            Act::Newer => self.newer(now),
            Act::ToEnd => self.go_to_end(),
            Act::Retry(cid) => self.retry(cid, now),
            Act::Discard(cid) => self.discard(cid),
            Act::AtEnd(at_end) => self.at_end(at_end),
            Act::ConnectNow => self.link(Link::Now, now),
            Act::Dismiss => self.refusal = None,
            Act::PutAway(id) => self.put_away(&id),
            Act::Detach(key) => self.detach(key),
            Act::AttachAgain(key) => drop(self.attach.again(key)),
            Act::Wrote(text) => self.wrote(&text, now),
            Act::Choose(id) => self.chosen = id,
            Act::StartEdit { id } => self.begin(&id, true),
            Act::StartReply { id } => self.begin(&id, false),
            Act::Edit { id, body } => {
                let asked = self.edit(id, &body);
                self.refuse(asked);
            }
            Act::Delete { id } => {
                let asked = self.wish(id, Wish::Delete);
                self.refuse(asked);
            }
            Act::React { id, emoji } => {
                let asked = self.react(id, emoji);
                self.refuse(asked);
            }
            Act::Pin { id, on } => {
                let asked = self.wish(id, Wish::Pin(on));
                self.refuse(asked);
            }
        }
    }

    /// Says why something cannot be, and otherwise takes back what was said of what was tried last.
    fn refuse(&mut self, tried: Result<(), Refusal>) {
        // That the place is gone stays said.
        if tried.is_err() || !self.is_gone() {
            self.refusal = tried.err();
        }
    }
}
