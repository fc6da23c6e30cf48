//! A server that keeps its promises, a page around a [`Desk`], and a wire that carries nothing by
//! itself.

use crate::client::{
    Act, Moment, Row, SaidState, Status,
    attach::{Item, Picked},
    desk::{Desk, Effect, Input, Show, ZoneOf},
    house::{Choices, Mode, Older, Said, Spot},
    rows::Zone,
};
use crate::protocol::{
    At, Code, Refusal, Target,
    frames::{
        After, Change, ClientFrame, Event, FrameId, Hello, Incoming, Kind, MessageData, Online,
        Outgoing, Reply, SendOk, ServerFrame, What, read_client, read_server,
    },
    limits::{Limits, PAGE},
    notices::Unseen,
    people::Notify,
    urls,
    views::{About, AuthorKind, FileView, History, House, Line, Me, Message, Reaction, Side, Span},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub const ME: &str = "alice";

pub fn room(name: &str) -> Target {
    Target::Room(name.into())
}

pub fn person(name: &str) -> Target {
    Target::Person(name.into())
}

/// The logs as alice sees them, and the socket's other end.
pub struct Server {
    pub logs: BTreeMap<Target, Vec<Event>>,
    pub epoch: String,
    /// Replays no more events than this at once.
    pub replay: usize,
    pub people: BTreeSet<String>,
    pub read: BTreeMap<Target, i64>,
    /// The next frames that ask for an answer get this one instead.
    pub refuse: VecDeque<Refusal>,
    pub heard: Vec<ClientFrame>,
    pub hello_user: Option<String>,
    /// What alice has yet to see, as this server counts it.
    pub notices: Vec<Unseen>,
    subs: BTreeSet<Target>,
    ids: u64,
}

impl Server {
    pub fn new(targets: &[Target]) -> Self {
        let mut logs: BTreeMap<Target, Vec<Event>> =
            targets.iter().map(|to| (to.clone(), Vec::new())).collect();
        logs.insert(Target::Own, Vec::new());
        Self {
            logs,
            epoch: "e1".into(),
            replay: 500,
            people: ["bob", "kim", ME].map(str::to_owned).into(),
            read: BTreeMap::new(),
            refuse: VecDeque::new(),
            heard: Vec::new(),
            hello_user: Some(ME.into()),
            notices: Vec::new(),
            subs: BTreeSet::new(),
            ids: 0,
        }
    }

    /// Commits an event; the live frame, if this connection follows the log.
    pub fn commit(&mut self, to: &Target, cid: Option<String>, kind: &Kind) -> Vec<String> {
        let log = self.logs.entry(to.clone()).or_default();
        let event = Event::new(log.len() as i64 + 1, cid, kind);
        log.push(event.clone());
        if !self.subs.contains(to) {
            return vec![];
        }
        vec![text(&ServerFrame::Event { to: to.clone(), event })]
    }

    /// Somebody says something; live frames for alice.
    pub fn say(&mut self, to: &Target, author: &str, body: &str, cid: Option<&str>) -> Vec<String> {
        let mut frames = Vec::new();
        if matches!(to, Target::Person(_)) && self.logs.get(to).is_none_or(Vec::is_empty) {
            let kind = Kind::Conversation { to: to.clone() };
            frames = self.commit(&Target::Own, None, &kind);
        }
        self.ids += 1;
        let kind = Kind::Message(MessageData {
            id: format!("id-{}", self.ids),
            author: author.into(),
            author_kind: AuthorKind::User,
            body: Some(body.into()),
            at: At(self.ids as i64 * 1_000),
            reply_to: None,
            quote: None,
            files: Vec::new(),
        });
        frames.extend(self.commit(to, cid.map(str::to_owned), &kind));
        frames
    }

    fn top(&self, to: &Target) -> i64 {
        self.logs.get(to).map_or(0, |log| log.len() as i64)
    }

    /// All messages of a conversation as they stand now, oldest first.
    pub fn messages(&self, to: &Target) -> Vec<Message> {
        let log = self.logs.get(to).map(Vec::as_slice).unwrap_or_default();
        let mut all: Vec<Message> = log.iter().filter_map(Self::said).collect();
        for change in log.iter().filter(|event| event.kind != "message") {
            let Some(Kind::Change(Change { id, what })) = change.reading() else { continue };
            let Some(it) = all.iter_mut().find(|it| it.id == id && !it.deleted) else { continue };
            match what {
                What::Edited { body, at } => {
                    it.body = body.unwrap_or_default();
                    it.edited_at = Some(at);
                }
                What::Deleted { .. } => {
                    it.deleted = true;
                    it.body.clear();
                    it.edited_at = None;
                    it.reactions.clear();
                }
                What::Reacted { emoji, user, on } => {
                    let of = it.reactions.iter_mut().find(|it| it.emoji == emoji);
                    match (of, on) {
                        (Some(of), true) => of.users.push(user),
                        (Some(of), false) => of.users.retain(|other| *other != user),
                        (None, _) => it.reactions.push(Reaction { emoji, users: vec![user] }),
                    }
                    it.reactions.retain(|it| !it.users.is_empty());
                }
            }
        }
        all
    }

    /// Somebody changes something; live frames for alice, or why not.
    pub fn change(
        &mut self,
        to: &Target,
        by: &str,
        id: &str,
        what: What,
    ) -> Result<Vec<String>, Refusal> {
        let gone = || Refusal::new(Code::NotFound, "That message was deleted.");
        let messages = self.messages(to);
        let message = messages.iter().find(|message| message.id == id);
        let message = message.ok_or_else(|| Refusal::not_found("such message"))?;
        let react = matches!(what, What::Reacted { .. });
        if !react && message.author != by {
            return Err(Refusal::new(Code::Forbidden, "Only its author."));
        }
        let was = match &what {
            What::Deleted { .. } => message.deleted,
            _ if message.deleted => return Err(gone()),
            What::Edited { body, .. } => body.as_ref() == Some(&message.body),
            What::Reacted { emoji, user, on } => {
                let of = message.reactions.iter().find(|it| it.emoji == *emoji);
                of.is_some_and(|of| of.users.contains(user)) == *on
            }
        };
        if was {
            return Ok(vec![]);
        }
        let kind = Kind::Change(Change { id: id.to_owned(), what });
        Ok(self.commit(to, None, &kind))
    }

    fn said(event: &Event) -> Option<Message> {
        let Some(Kind::Message(data)) = event.reading() else { return None };
        Some(Message {
            id: data.id,
            seq: event.seq,
            author: data.author,
            author_kind: data.author_kind,
            body: data.body.unwrap_or_default(),
            at: data.at,
            edited_at: None,
            deleted: false,
            reply_to: None,
            quote: None,
            files: Vec::new(),
            reactions: vec![],
            cid: event.cid.clone(),
        })
    }

    pub fn history(&self, to: &Target, span: &Span) -> Result<History, Refusal> {
        let log = self.logs.get(to).map(Vec::as_slice).unwrap_or_default();
        let mut about = About::default();
        let others = log.iter().filter(|event| event.kind != "message");
        for kind in others.filter_map(Event::reading) {
            match kind {
                Kind::Topic { text } => about.topic = text,
                Kind::Pin { message, on } => about.pin(&message, on),
                Kind::Change(Change { id, what: What::Deleted { .. } }) => about.pin(&id, false),
                _ => {}
            }
        }
        let all = self.messages(to);
        let (pivot, below, above) = match span {
            Span::Newest => (i64::MAX, PAGE, 0),
            Span::Before(seq) => (*seq, PAGE, 0),
            Span::After(seq) => (seq + 1, 0, PAGE),
            Span::Around(id) => match all.iter().find(|message| message.id == *id) {
                Some(message) => (message.seq, PAGE / 2, PAGE / 2),
                None => return Err(Refusal::not_found("such message")),
            },
        };
        let middle = all.iter().filter(|message| message.seq < pivot).count();
        let (first, end) = (middle.saturating_sub(below), (middle + above).min(all.len()));
        Ok(History {
            to: to.clone(),
            epoch: self.epoch.clone(),
            top: self.top(to),
            messages: all[first..end].iter().rev().cloned().collect(),
            older: first > 0,
            newer: end < all.len(),
            about,
        })
    }

    /// The newest page.
    pub fn page(&self, to: &Target) -> History {
        self.history(to, &Span::Newest).unwrap()
    }

    pub fn unread(&self, to: &Target) -> i64 {
        let read = self.read.get(to).copied().unwrap_or(0);
        let owed = |it: &&Message| it.seq > read && it.author != ME && !it.deleted;
        self.messages(to).iter().filter(owed).count() as i64
    }

    /// Those of them that name alice.
    fn mentions(&self, to: &Target) -> i64 {
        let read = self.read.get(to).copied().unwrap_or(0);
        let calls = |it: &&Message| it.seq > read && it.body.contains("@alice");
        self.messages(to).iter().filter(calls).count() as i64
    }

    pub fn house(&self, to: &Target) -> House {
        self.house_at(to, None)
    }

    pub fn house_at(&self, to: &Target, at: Option<String>) -> House {
        let span = at.clone().map_or(Span::Newest, Span::Around);
        let (history, at, refusal) = match self.history(to, &span) {
            Ok(history) => (history, at, None),
            Err(refusal) => (self.page(to), None, Some(refusal)),
        };
        let own = After { epoch: self.epoch.clone(), seq: self.top(&Target::Own) };
        let mut side = Side { own: Some(own), ..Side::default() };
        for to in self.logs.keys() {
            let line = Line {
                to: to.clone(),
                online: 0,
                unread: self.unread(to),
                mentions: 0,
                level: crate::protocol::people::Level::All,
                at: None,
            };
            match to {
                Target::Room(_) => side.rooms.push(line),
                Target::Person(_) if self.top(to) > 0 => side.people.push(line),
                _ => {}
            }
        }
        House {
            me: self.hello_user.clone().map(|name| Me { name, admin: false, blocked: Vec::new() }),
            limits: Limits::default(),
            history,
            at,
            read: self.read.get(to).copied().unwrap_or(0),
            mine: None,
            online: Online::default(),
            side,
            faces: Default::default(),
            cid: "form".into(),
            draft: String::new(),
            refusal,
        }
    }

    pub fn hello(&mut self) -> String {
        self.subs.clear();
        text(&ServerFrame::Hello(Hello {
            v: 1,
            conn: "c-1".into(),
            user: self.hello_user.clone(),
            heartbeat_ms: 25_000,
            limits: Limits::default(),
        }))
    }

    fn follow(&mut self, to: &Target, after: Option<After>) -> Value {
        let known = *to == Target::Own || self.logs.contains_key(to);
        if !known {
            return json!({"to": to, "err": Refusal::not_found("conversation")});
        }
        self.subs.insert(to.clone());
        let top = self.top(to);
        let mut answer = json!({"to": to, "epoch": self.epoch, "top": top,
            "read": self.read.get(to).copied().unwrap_or(0), "unread": self.unread(to),
            "mentions": self.mentions(to), "online": {"count": 1, "users": [ME]}});
        if *to == Target::Own {
            answer["notices"] = json!(self.notices);
        }
        if let Some(after) = after {
            let missed = (top - after.seq).max(0) as usize;
            let recovered = after.epoch == self.epoch && after.seq <= top && missed <= self.replay;
            answer["recovered"] = recovered.into();
            if recovered {
                answer["events"] = json!(self.logs[to][after.seq as usize..]);
            }
        }
        answer
    }

    /// Takes a frame of alice's; what is sent back, in order.
    pub fn take(&mut self, frame: &str) -> Vec<String> {
        let Incoming::Frame(id, frame) = read_client(frame) else { return vec!["?".into()] };
        self.heard.push(frame.clone());
        let reply = |id: Option<FrameId>, ok: Option<Value>, err: Option<Refusal>| match id {
            Some(re) => vec![text(&Reply { re, ok, err })],
            None => vec![],
        };
        if id.is_some()
            && let Some(refusal) = self.refuse.pop_front()
        {
            return reply(id, None, Some(refusal));
        }
        match frame {
            ClientFrame::Sub { rooms } => {
                let rooms: Vec<Value> =
                    rooms.into_iter().map(|it| self.follow(&it.to, it.after)).collect();
                reply(id, Some(json!({"rooms": rooms})), None)
            }
            ClientFrame::Unsub { rooms } => {
                rooms.iter().for_each(|to| {
                    self.subs.remove(to);
                });
                reply(id, Some(json!({})), None)
            }
            ClientFrame::Send { to, cid, body, .. } => {
                if matches!(&to, Target::Person(name) if !self.people.contains(name)) {
                    return reply(id, None, Some(Refusal::not_found("such person")));
                }
                let mut out = Vec::new();
                if self.stored(&to, &cid).is_none() {
                    out = self.say(&to, ME, &body, Some(&cid));
                }
                let ok = self.stored(&to, &cid).map(|ok| json!(ok));
                out.splice(0..0, reply(id, ok, None));
                out
            }
            ClientFrame::Read { to, seq } => {
                self.read.insert(to.clone(), seq);
                self.commit(&Target::Own, None, &Kind::Read { to, seq })
            }
            ClientFrame::Edit { to, message, body } => {
                let what = What::Edited { body: Some(body), at: At(7) };
                let changed = self.change(&to, ME, &message, what);
                self.answer(id, &to, changed)
            }
            ClientFrame::Delete { to, message } => {
                let changed = self.change(&to, ME, &message, What::Deleted { at: At(7) });
                self.answer(id, &to, changed)
            }
            ClientFrame::React { to, message, emoji, on } => {
                let what = What::Reacted { emoji, user: ME.into(), on };
                let changed = self.change(&to, ME, &message, what);
                self.answer(id, &to, changed)
            }
            ClientFrame::Pin { to, message, on } => {
                let frames = self.commit(&to, None, &Kind::Pin { message, on });
                self.answer(id, &to, Ok(frames))
            }
            ClientFrame::Topic { .. } => reply(id, Some(json!({"seq": 0})), None),
            ClientFrame::Here { .. } | ClientFrame::Typing { .. } | ClientFrame::Pong => vec![],
        }
    }

    fn answer(
        &self,
        id: Option<FrameId>,
        to: &Target,
        changed: Result<Vec<String>, Refusal>,
    ) -> Vec<String> {
        let (ok, err, frames) = match changed {
            Ok(frames) => (Some(json!({"seq": self.top(to)})), None, frames),
            Err(refusal) => (None, Some(refusal), vec![]),
        };
        let reply = id.map(|re| text(&Reply { re, ok, err }));
        reply.into_iter().chain(frames).collect()
    }

    fn stored(&self, to: &Target, cid: &str) -> Option<SendOk> {
        let event = self.logs.get(to)?.iter().find(|event| event.cid.as_deref() == Some(cid))?;
        let message = Self::said(event)?;
        Some(SendOk { id: message.id, seq: message.seq, at: message.at })
    }
}

pub fn text(frame: &impl serde::Serialize) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}

/// What waits for the server's functions.
#[derive(Clone, Debug)]
pub enum Call {
    History { ticket: u64, to: Target, span: Span },
    Place { ticket: u64, to: Target, at: Option<String> },
}

/// A page.
pub struct Page {
    pub desk: Desk,
    pub ms: u64,
    pub dice: u8,
    cids: u64,
    pub generation: u64,
    /// The browser's socket is open or opening.
    pub open: bool,
    /// On their way to the server, and from it.
    pub up: VecDeque<String>,
    pub down: VecDeque<String>,
    pub calls: VecDeque<Call>,
    pub storage: BTreeMap<String, String>,
    pub place: Target,
    pub rows: Vec<(String, Row)>,
    pub status: Status,
    pub side: Side,
    pub online: Online,
    pub older: Older,
    pub fresh: usize,
    pub title: String,
    pub refusal: Option<Refusal>,
    pub newer: bool,
    pub away: bool,
    pub spot: Option<Spot>,
    pub waiting: i64,
    pub told: Vec<Notify>,
    pub pushed: Vec<String>,
    pub visits: Vec<String>,
    pub left: bool,
    pub helped: usize,
    pub draft: String,
    pub files: Vec<Item>,
    /// Uploads that were begun, and those that were given up.
    pub uploads: Vec<u64>,
    pub aborted: Vec<u64>,
    pub mode: Mode,
    pub typing: Vec<String>,
    pub about: About,
    pub choices: Option<Choices>,
}

impl Page {
    /// Loads the page and wakes it.
    pub fn load(
        server: &Server,
        place: &Target,
        storage: BTreeMap<String, String>,
        ms: u64,
    ) -> Self {
        let house = server.house(place);
        let stored: Vec<String> = storage.values().cloned().collect();
        let mut it = Self {
            desk: Desk::new(&house, true, &stored),
            ms,
            dice: 0,
            cids: ms,
            generation: 0,
            open: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
            calls: VecDeque::new(),
            storage,
            place: place.clone(),
            rows: vec![],
            status: Status::Quiet,
            side: house.side.clone(),
            online: house.online.clone(),
            older: Older::Beginning,
            fresh: 0,
            title: String::new(),
            refusal: None,
            newer: house.history.newer,
            away: false,
            spot: None,
            waiting: 0,
            told: Vec::new(),
            pushed: vec![],
            visits: vec![],
            left: false,
            helped: 0,
            draft: String::new(),
            files: vec![],
            uploads: vec![],
            aborted: vec![],
            mode: Mode::Writing,
            typing: vec![],
            about: house.history.about.clone(),
            choices: None,
        };
        it.input(Input::Start(ZoneOf(Zone::UTC)));
        it
    }

    pub fn now(&mut self) -> Moment {
        self.cids += 1;
        let mut dice = [self.dice; 16];
        dice[8..].copy_from_slice(&self.cids.to_be_bytes());
        Moment { ms: self.ms, at: At(self.ms as i64), dice }
    }

    pub fn input(&mut self, input: Input) {
        let now = self.now();
        // As in the shell: what an effect puts in waits until the others are done.
        let mut next = Vec::new();
        for effect in self.desk.on(input, &now) {
            match effect {
                Effect::Open(generation) => {
                    assert!(!self.open, "two sockets");
                    self.generation = generation;
                    self.open = true;
                }
                Effect::Close => {
                    assert!(self.open);
                    self.cut();
                }
                Effect::Send(text) => {
                    assert!(self.open, "nothing is sent without a socket");
                    self.up.push_back(text);
                }
                Effect::History { ticket, to, span } => {
                    self.calls.push_back(Call::History { ticket, to, span });
                }
                Effect::Place { ticket, to, at } => {
                    self.calls.push_back(Call::Place { ticket, to, at });
                }
                Effect::Push { to, at } => {
                    self.pushed
                        .push(at.map_or_else(|| urls::page(&to), |id| urls::message(&to, &id)));
                }
                Effect::Visit(address) => self.visits.push(address),
                Effect::Left => self.left = true,
                Effect::Help => self.helped += 1,
                Effect::Keep { cid, stored } => {
                    self.storage.insert(cid, stored);
                }
                Effect::Forget(cid) => {
                    self.storage.remove(&cid);
                }
                Effect::Taken => {
                    self.draft.clear();
                    self.mode = Mode::Writing;
                }
                Effect::Compose { mode, text } => {
                    self.mode = mode;
                    if let Some(text) = text {
                        self.draft = text;
                    }
                }
                Effect::GiveBack { cid, text } => {
                    if self.draft.is_empty() {
                        self.draft = text;
                        next.push(Input::Act(Act::Discard(cid)));
                    }
                }
                Effect::Upload(key) => self.uploads.push(key),
                Effect::Abort(key) => self.aborted.push(key),
                Effect::Show(show) => match show {
                    Show::Place(to) => self.place = to,
                    Show::Rows(rows) => self.rows = rows,
                    Show::Older(older) => self.older = older,
                    Show::Newer(newer) => self.newer = newer,
                    Show::Away(away) => self.away = away,
                    Show::Spot(spot) => self.spot = Some(spot),
                    Show::Waiting(waiting) => self.waiting = waiting,
                    Show::Told(told) => self.told = told,
                    Show::Fresh(fresh) => self.fresh = fresh,
                    Show::Online(online) => self.online = online,
                    Show::Side(side) => self.side = side,
                    Show::Status(status) => self.status = status,
                    Show::Refusal(refusal) => self.refusal = refusal,
                    Show::Title(title) => self.title = title,
                    Show::Files(files) => self.files = files,
                    Show::Faces(_) => {}
                    Show::Typing(typing) => self.typing = typing,
                    Show::About(about) => self.about = about,
                    Show::Choices(choices) => self.choices = choices,
                },
            }
        }
        next.into_iter().for_each(|input| self.input(input));
    }

    pub fn act(&mut self, act: Act) {
        self.input(Input::Act(act));
    }

    /// Files of these keys are picked.
    pub fn pick(&mut self, keys: &[u64]) {
        let picked = |key: &u64| Picked { key: *key, name: format!("{key}.png"), bytes: 10 };
        self.input(Input::Picked(keys.iter().map(picked).collect()));
    }

    /// The upload of this key ends.
    pub fn came(&mut self, key: u64, result: Result<(), Refusal>) {
        let view = FileView {
            id: format!("f{key}"),
            name: format!("{key}.png"),
            kind: "image/png".into(),
            bytes: 10,
            width: None,
            height: None,
        };
        self.input(Input::Came { key, result: result.map(|()| view) });
    }

    pub fn say(&mut self, text: &str) {
        self.draft = text.into();
        self.act(Act::Say(text.into()));
    }

    /// The wire breaks; what was on it is gone. The page has not noticed.
    fn cut(&mut self) {
        self.open = false;
        self.up.clear();
        self.down.clear();
    }

    /// The wire breaks, and the browser says so.
    pub fn lose(&mut self, code: u16) {
        self.cut();
        self.input(Input::Closed { generation: self.generation, code });
    }

    /// The server hears the first frame that is on its way.
    pub fn one_up(&mut self, server: &mut Server) -> bool {
        let Some(frame) = self.up.pop_front() else { return false };
        self.down.extend(server.take(&frame));
        true
    }

    /// The page hears the first frame that is on its way.
    pub fn one_down(&mut self) -> bool {
        let Some(text) = self.down.pop_front() else { return false };
        self.input(Input::Text { generation: self.generation, text });
        true
    }

    /// Frames of the server by itself.
    pub fn deliver(&mut self, frames: Vec<String>) {
        if self.open {
            self.down.extend(frames);
        }
    }

    /// Answers the first call.
    pub fn answer(&mut self, server: &Server) -> bool {
        let Some(call) = self.calls.pop_front() else { return false };
        match call {
            Call::History { ticket, to, span } => {
                let result = server.history(&to, &span);
                self.input(Input::History { ticket, result });
            }
            Call::Place { ticket, to, at } => {
                let result = if server.logs.contains_key(&to) {
                    Ok(Box::new(server.house_at(&to, at)))
                } else {
                    Err(Refusal::not_found("room"))
                };
                self.input(Input::Opened { ticket, result });
            }
        }
        true
    }

    /// Everything that can happen by itself happens, at this moment.
    pub fn settle(&mut self, server: &mut Server) {
        while self.one_up(server) || self.one_down() || self.answer(server) {}
    }

    /// Time passes, with a tick whenever one was wanted, until then; the wire is carried on.
    pub fn pass(&mut self, ms: u64, server: &mut Server) {
        let end = self.ms + ms;
        self.settle(server);
        loop {
            let now = self.now();
            match self.desk.due(&now) {
                Some(due) if due <= end => {
                    self.ms = self.ms.max(due);
                    self.input(Input::Tick);
                    self.settle(server);
                }
                _ => break,
            }
        }
        self.ms = end;
    }

    /// The socket that is being opened opens.
    pub fn connect(&mut self, server: &mut Server) {
        assert!(self.open, "no socket is being opened");
        let hello = server.hello();
        self.input(Input::Text { generation: self.generation, text: hello });
        self.settle(server);
    }

    /// After a loss: waits until the next try, and connects.
    pub fn reconnect(&mut self, server: &mut Server) {
        while !self.open {
            let now = self.now();
            self.ms = self.ms.max(self.desk.due(&now).unwrap_or(self.ms));
            self.input(Input::Tick);
        }
        self.connect(server);
    }

    /// The log in words: bodies, with `…` for pending, `✗` for failed; `NEW`, and quiet lines.
    pub fn log(&self) -> Vec<String> {
        self.rows
            .iter()
            .filter_map(|(_, row)| match row {
                Row::Day(_) => None,
                Row::New => Some("NEW".into()),
                Row::Came(text) => Some(text.clone()),
                Row::Said(said) => Some(match &said.state {
                    SaidState::Sent => said.body.clone(),
                    SaidState::Pending => format!("{}…", said.body),
                    SaidState::Failed(_) => format!("{}✗", said.body),
                }),
            })
            .collect()
    }

    /// The row of the message with this id.
    pub fn said(&self, id: &str) -> &Said {
        let row = self.rows.iter().find_map(|(_, row)| match row {
            Row::Said(said) if said.id.as_deref() == Some(id) => Some(said),
            _ => None,
        });
        row.unwrap_or_else(|| panic!("{id} is not shown"))
    }

    pub fn keys(&self) -> Vec<&str> {
        self.rows
            .iter()
            .filter(|(_, row)| matches!(row, Row::Said(_)))
            .map(|(key, _)| key.as_str())
            .collect()
    }

    pub fn unread(&self, to: &Target) -> Option<i64> {
        let lines = self.side.rooms.iter().chain(&self.side.people);
        lines.into_iter().find(|line| line.to == *to).map(|line| line.unread)
    }

    pub fn refusal_code(&self) -> Option<Code> {
        self.refusal.as_ref().map(|refusal| refusal.code)
    }
}

/// Whether a frame on its way to the page is an answer.
pub fn is_reply(text: &str) -> bool {
    matches!(read_server(text), Outgoing::Reply(_))
}

/// A server with some rooms, and a page of the first that is connected.
pub fn connected(rooms: &[&str]) -> (Server, Page) {
    let targets: Vec<Target> = rooms.iter().map(|name| room(name)).collect();
    let mut server = Server::new(&targets);
    let mut page = Page::load(&server, &targets[0], BTreeMap::new(), 1_000);
    page.connect(&mut server);
    (server, page)
}
