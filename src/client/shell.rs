//! The one thin shell of browser calls around the [`Desk`]: what happens goes in, what is to be done
//! is done. It decides nothing. Where a browser refuses a call, it goes on without.

mod ask;
mod browser;
mod files;
mod index;
mod keyboard;
mod look;
mod panel;
mod socket;

use super::{
    Act, HouseState,
    desk::{Desk, Effect as Task, Input, Show, ZoneOf},
    drafts::{self, Aside},
    house::Mode,
    outbox,
};
use crate::{
    components::{house::HouseView, live::effect},
    protocol::{Target, urls, views::House},
};
use gloo_timers::callback::Timeout;
use leptos::{mount::hydrate_from, prelude::*, task::spawn_local};
use socket::Socket;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

/// A timer is never set for longer: browsers keep the number in 31 bits. It is set again then.
const TIMER_MOST_MS: u64 = 1 << 30;
/// That the page is used is told so often: every move of a pointer would be work without use.
const USED_EVERY_MS: f64 = 5_000.0;

thread_local! {
    static SHELL: RefCell<Option<Shell>> = const { RefCell::new(None) };
    static INPUTS: RefCell<VecDeque<Input>> = const { RefCell::new(VecDeque::new()) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
    /// Whether whoever was here has logged out: nothing that is written is kept any more.
    static LEFT: Cell<bool> = const { Cell::new(false) };
    /// When it was told last that the page is used.
    static USED: Cell<f64> = const { Cell::new(0.0) };
}

struct Shell {
    desk: Desk,
    state: HouseState,
    /// Whose messages are stored; none for a visitor.
    user: Option<String>,
    socket: Option<Socket>,
    /// When it rings, and the timer itself.
    alarm: Option<(u64, Timeout)>,
    /// What is half written in other places, while the page is open.
    drafts: Vec<(Target, String)>,
    /// What was being written before a message was taken up to be changed.
    aside: Aside,
}

/// Wakes the page that the server rendered.
pub fn wake() {
    index::wake();
    panel::wake();
    // Whoever logs out leaves nothing half written on this device.
    browser::on_document("submit", |event| {
        if let Some(user) = browser::leaves(&event) {
            leave(&user);
        }
    });
    keyboard::wake();
    look::wake();
    if let Some((element, house)) = browser::page_data::<House>("house", "house-data") {
        hydrate_from(element, move || {
            let state = super::state_acting(&house, Callback::new(|act| put(Input::Act(act))));
            // Effects run once the page is hydrated: only from then on are clock, zone and
            // storage read.
            effect(move || begin(&house, state));
            view! { <HouseView state /> }
        })
        .forget();
    }
}

fn leave(user: &str) {
    LEFT.set(true);
    browser::forget_all(&drafts::prefix(user));
}

fn begin(house: &House, state: HouseState) {
    let user = house.me.as_ref().map(|me| me.name.clone());
    let stored = user.as_ref().map(|user| browser::stored(&outbox::prefix(user)));
    let desk = Desk::new(house, browser::is_visible(), &stored.unwrap_or_default());
    let shell = Shell {
        desk,
        state,
        user,
        socket: None,
        alarm: None,
        drafts: Vec::new(),
        aside: Aside::default(),
    };
    keep_draft(shell.user.clone(), state);
    SHELL.set(Some(shell));
    listen();
    files::listen();
    if browser::is_kept() {
        put(Input::Kept);
    }
    put(Input::Start(ZoneOf(browser::zone())));
}

/// What is written here outlives the page. What came back refused is not written over.
fn keep_draft(user: Option<String>, state: HouseState) {
    let Some(user) = user else { return };
    let key = move |to: &Target| drafts::key(&user, to);
    let stored = browser::load(&state.place.with_untracked(&key));
    let refused = state.refusal.with_untracked(Option::is_some);
    state.draft.set(drafts::opening(stored, state.draft.get_untracked(), refused));
    effect(move || {
        let draft = state.draft.get();
        // Of a message that is being changed there is a copy already.
        if state.mode.with_untracked(|mode| !matches!(mode, Mode::Editing { .. })) && !LEFT.get() {
            let key = state.place.with_untracked(&key);
            if draft.trim().is_empty() {
                browser::forget(&key)
            } else {
                browser::store(&key, &draft)
            }
        }
    });
}

fn listen() {
    browser::on_window("online", |_| put(Input::Online));
    browser::on_window("offline", |_| put(Input::Offline));
    // A page with an open socket is not kept for "back": it is closed before and opened after.
    browser::on_window("pagehide", |_| put(Input::Away));
    browser::on_window("pageshow", |_| put(Input::Return));
    browser::on_window("storage", |event| {
        if let Some(key) = browser::removed_key(&event) {
            put_gone(&key);
        }
    });
    browser::on_document("visibilitychange", |_| put(Input::Visible(browser::is_visible())));
    // Whoever scrolls does so by one of these.
    for name in ["pointermove", "pointerdown", "keydown", "wheel"] {
        browser::on_document(name, |event| {
            if event.time_stamp() - USED.get() > USED_EVERY_MS {
                USED.set(event.time_stamp());
                put(Input::Used);
            }
        });
    }
}

/// Whether the page is a room's or a conversation's, so that places are gone to without leaving.
fn is_house() -> bool {
    SHELL.with_borrow(Option::is_some)
}

/// Another tab removed this key.
fn put_gone(key: &str) {
    let user = SHELL.with_borrow(|shell| shell.as_ref().and_then(|shell| shell.user.clone()));
    if let Some(cid) = user.and_then(|user| key.strip_prefix(&outbox::prefix(&user))) {
        put(Input::Gone(cid.to_owned()));
    }
}

/// Something happened. What happens while something else is being done waits for its turn.
fn put(input: Input) {
    INPUTS.with_borrow_mut(|inputs| inputs.push_back(input));
    if BUSY.replace(true) {
        return;
    }
    while let Some(input) = INPUTS.with_borrow_mut(VecDeque::pop_front) {
        SHELL.with_borrow_mut(|shell| {
            if let Some(shell) = shell {
                shell.on(input);
            }
        });
    }
    BUSY.set(false);
}

impl Shell {
    fn on(&mut self, input: Input) {
        if matches!(input, Input::Tick) {
            self.alarm = None;
        }
        let now = browser::moment();
        for task in self.desk.on(input, &now) {
            self.carry_out(task);
        }
        let due = self.desk.due(&now);
        if due != self.alarm.as_ref().map(|(at, _)| *at) {
            self.alarm = due.map(|at| {
                // A moment more than is due: a timer may ring a fraction too early.
                let wait = (at.saturating_sub(now.ms) + 1).min(TIMER_MOST_MS);
                (at, Timeout::new(wait as u32, || put(Input::Tick)))
            });
        }
    }

    fn carry_out(&mut self, task: Task) {
        match task {
            Task::Open(generation) => {
                self.socket = None;
                self.socket = Socket::open(generation);
                if let Some(user) = &self.user {
                    put(Input::Stored(browser::stored(&outbox::prefix(user))));
                }
            }
            Task::Close => self.socket = None,
            Task::Send(text) => {
                if let Some(socket) = &self.socket {
                    socket.send(&text);
                }
            }
            Task::History { ticket, to, span } => spawn_local(async move {
                let result = ask::ask(urls::history(&to, span)).await;
                put(Input::History { ticket, result });
            }),
            Task::Place { ticket, to, at } => spawn_local(async move {
                let result = ask::ask(urls::open_place(&to, at.as_deref())).await.map(Box::new);
                put(Input::Opened { ticket, result });
            }),
            Task::Push { to, at } => {
                // The way back leads to what was read, unless that was the end.
                let read =
                    if self.state.away.get_untracked() { browser::being_read() } else { None };
                let address = at.map_or_else(|| urls::page(&to), |id| urls::message(&to, &id));
                browser::push(&address, read.as_deref());
            }
            Task::Visit(address) => browser::visit(&address),
            Task::Left => {
                if let Some(user) = &self.user {
                    leave(user);
                }
            }
            Task::Help => panel::ask(urls::HELP.to_owned(), None),
            Task::Keep { cid, stored } => {
                if let Some(user) = &self.user {
                    browser::store(&outbox::key(user, &cid), &stored);
                }
            }
            Task::Forget(cid) => {
                if let Some(user) = &self.user {
                    browser::forget(&outbox::key(user, &cid));
                }
            }
            Task::Taken => {
                self.state.mode.set(Mode::Writing);
                self.state.draft.set(self.aside.taken());
            }
            Task::GiveBack { cid, text } => {
                if self.state.draft.with_untracked(|draft| draft.trim().is_empty()) {
                    self.state.draft.set(text);
                    put(Input::Act(Act::Discard(cid)));
                }
            }
            Task::Upload(key) => files::upload(key),
            Task::Abort(key) => files::abort(key),
            Task::Compose { mode, text } => {
                self.turn(mode, text);
            }
            Task::Show(show) => self.show(show),
        }
    }

    fn show(&mut self, show: Show) {
        let state = self.state;
        match show {
            Show::Place(to) => {
                self.swap_drafts(&to);
                state.place.set(to);
            }
            Show::Rows(rows) => state.rows.set(rows),
            Show::Older(older) => state.older.set(older),
            Show::Newer(newer) => state.newer.set(newer),
            Show::Away(away) => state.away.set(away),
            Show::Fresh(fresh) => state.fresh.set(fresh),
            Show::Spot(spot) => state.spot.set(Some(spot)),
            Show::Online(online) => state.online.set(online),
            Show::Side(side) => state.side.set(side),
            Show::Status(status) => state.status.set(status),
            Show::Refusal(refusal) => state.refusal.set(refusal),
            Show::Files(files) => state.files.set(files),
            Show::Faces(faces) => state.faces.set(faces),
            Show::Title(title) => document().set_title(&title),
            Show::Typing(names) => state.typing.set(names),
            Show::About(about) => state.about.set(about),
            Show::Choices(choices) => state.choices.set(choices),
            Show::Waiting(count) => browser::light(count > 0),
            Show::Told(told) => {
                browser::hand_focus_on(|id| told.iter().any(|one| one.id == id));
                state.told.set(told);
            }
        }
    }

    /// The composer is for this from now on.
    fn turn(&mut self, mode: Mode, text: Option<String>) {
        let (was, draft) = (self.state.mode.get_untracked(), self.state.draft.get_untracked());
        let draft = self.aside.turn(&was, &mode, draft, text);
        self.state.mode.set(mode);
        self.state.draft.set(draft);
    }

    /// What was written for one place is not said in another.
    fn swap_drafts(&mut self, to: &Target) {
        self.turn(Mode::Writing, None);
        let left = (self.state.place.get_untracked(), self.state.draft.get_untracked());
        let back = self.drafts.iter().position(|(place, _)| place == to);
        let stored = || browser::load(&drafts::key(self.user.as_deref()?, to));
        let draft =
            back.map(|at| self.drafts.swap_remove(at).1).or_else(stored).unwrap_or_default();
        if !left.1.is_empty() {
            self.drafts.push(left);
        }
        self.state.draft.set(draft);
    }
}
