//! The pages, a file each: data in, HTML out. Pages read nothing from anywhere; what they show is
//! handed to them.

#[cfg(feature = "ssr")]
mod about;
#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod agent;
#[cfg(feature = "ssr")]
mod api;
#[cfg(feature = "ssr")]
mod devices;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod edits;
#[cfg(feature = "ssr")]
mod entrance;
#[cfg(feature = "ssr")]
mod help;
#[cfg(feature = "ssr")]
mod house;
#[cfg(feature = "ssr")]
mod index;
#[cfg(feature = "ssr")]
mod installed;
#[cfg(feature = "ssr")]
mod jump;
#[cfg(feature = "ssr")]
mod keeping;
mod look;
#[cfg(feature = "ssr")]
mod missing;
#[cfg(feature = "ssr")]
mod notifications;
#[cfg(feature = "ssr")]
mod parts;
#[cfg(feature = "ssr")]
mod people;
#[cfg(feature = "ssr")]
mod search;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "ssr")]
mod share;
#[cfg(feature = "ssr")]
mod tokens;
#[cfg(feature = "ssr")]
mod webhooks;

#[cfg(feature = "ssr")]
pub use {
    about::{Inside, PinLine, about, inside, new_room},
    account::account,
    api::{Answer, Call, Docs, Field, ProblemLine, api},
    devices::devices,
    edits::edits,
    entrance::{log_in, set_up, sign_up},
    help::help,
    house::{house, house_around, new_line, row, rows},
    index::{card, index, index_around},
    installed::{manifest, offline},
    jump::jump,
    keeping::{house_invites, house_people, house_rooms, house_tokens},
    missing::{no_page, no_room, trouble},
    notifications::notifications,
    people::{InRoom, people, person},
    search::search,
    settings::settings,
    share::share,
    tokens::Tokens,
    webhooks::{program, webhooks},
};

pub use look::Theme;

use crate::{
    protocol::{At, Refusal, views::Me},
    words::{Lang, Word, words},
};

/// Addresses of the hashed files of the browser's side.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The script that loads the program.
    pub js: String,
    /// The program.
    pub wasm: String,
    /// What the program says, by language.
    pub words: [String; Lang::ALL.len()],
    /// The script that every page has: it begins the service worker.
    pub glue: String,
    /// Names all of them together; the service worker bears it too.
    pub release: String,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SignUp {
    /// Anyone.
    #[default]
    Open,
    /// Whoever has an invitation link.
    Invite,
    /// Nobody; the administrator makes accounts.
    Closed,
}

/// What every page needs.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// The nonce of this answer's scripts.
    pub nonce: String,
    /// The browser's side.
    pub assets: Assets,
    /// The reader's language.
    pub lang: Lang,
    /// Light, dark, or as the system is.
    pub theme: Theme,
    /// Whether keys of one letter are turned off.
    pub letters_off: bool,
    /// Whether Enter breaks the line in the composer.
    pub enter_breaks: bool,
    /// Who is looking.
    pub me: Option<Me>,
    /// How much concerns them that they have yet to see, on pages outside the rooms.
    pub notices: usize,
    /// No user exists yet: every page says that the house is being set up.
    pub setting_up: bool,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// The page's own path and query, for forms that come back to it.
    pub path: String,
    /// Only the page's content is wanted, for a panel.
    pub panel: bool,
    /// Names this run of the server, where the page is to be loaded again after it (`make dev`).
    pub run: Option<String>,
}

/// A form that was refused: shown again as it was filled in.
#[derive(Clone, Debug)]
pub struct Returned {
    /// The form's action, `/api/say`.
    pub action: String,
    /// Why.
    pub refusal: Refusal,
    /// What was typed, passwords left out.
    pub fields: Vec<(String, String)>,
}

/// One of my sessions.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// Names it in the form that ends it.
    pub id: String,
    /// The program it was begun with, as the browser names itself.
    pub agent: String,
    /// Begun.
    pub created_at: At,
    /// Last used, to within some minutes.
    pub seen_at: At,
    /// Whether it is the one that is looking.
    pub this: bool,
}

/// A browser that is told of what concerns me.
#[derive(Clone, Debug)]
pub struct DeviceLine {
    /// Names it in the forms that test and remove it.
    pub id: String,
    /// The browser's name for itself.
    pub agent: String,
    /// Since when.
    pub made_at: At,
    /// When its push service last took something.
    pub sent_at: Option<At>,
    /// Whether what was sent since then came to nothing.
    pub failing: bool,
    /// Whether it is the one that is looking.
    pub this: bool,
}

/// The data of the page about my devices.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    /// The house's public key.
    pub key: String,
    /// My devices, the latest first.
    pub devices: Vec<DeviceLine>,
    /// Whether a test was taken just now.
    pub tested: bool,
}

/// An invitation link that still opens the door.
#[derive(Clone, Debug)]
pub struct InviteLine {
    /// The whole address.
    pub link: String,
    /// Names it in the form that ends it.
    pub id: String,
    /// Until when.
    pub expires_at: At,
}

/// The account page's data.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The version of my face, if I have put one there.
    pub face: Option<String>,
    /// My sessions, the latest first.
    pub sessions: Vec<SessionLine>,
    /// "Your password was changed.", after it was.
    pub done: Option<Word>,
}

#[cfg(feature = "ssr")]
impl Shell {
    /// The way back to the rooms. A panel has none: it stands beside them.
    fn way_back(&self) -> Option<impl leptos::prelude::IntoView + use<>> {
        use leptos::prelude::*;
        (!self.panel).then(|| {
            let back = words().say(Word::BackToRooms);
            view! { <p class="aside"><a class="link" href=crate::protocol::urls::INDEX>{back}</a></p> }
        })
    }
}

impl Returned {
    /// What was typed in a field.
    #[must_use]
    pub fn typed(&self, field: &str) -> &str {
        self.fields.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }

    /// The sentence, in the reader's language, if the refusal is about this field.
    #[must_use]
    pub fn about(&self, field: &str) -> Option<String> {
        (self.refusal.field.as_deref() == Some(field)).then(|| words().refusal(&self.refusal))
    }
}
