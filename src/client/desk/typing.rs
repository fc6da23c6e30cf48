//! Who is writing, and that I am.

use super::{Desk, Effect};
use crate::client::Moment;
use crate::protocol::{
    Target,
    frames::{ClientFrame, write_client},
};

impl Desk {
    /// Somebody is writing somewhere. Of my own other devices I need not be told.
    pub(super) fn writes(&mut self, to: &Target, user: String, now: &Moment) {
        if to == self.timeline.to() && self.name() != Some(user.as_str()) && !self.blocks(&user) {
            self.typing.heard(user, now.ms);
        }
    }

    /// Whether I wish to hear nothing of somebody.
    pub(super) fn blocks(&self, user: &str) -> bool {
        self.me.as_ref().is_some_and(|me| me.blocked.iter().any(|other| other == user))
    }

    /// I wrote something, and this is how it reads now. What begins as a command is nobody else's
    /// business: it may become a private message.
    pub(super) fn wrote(&mut self, text: &str, now: &Moment) {
        let text = text.trim_start();
        let said = !text.is_empty() && (!text.starts_with('/') || text.starts_with("//"));
        if !said || self.me.is_none() || !self.connection.is_up() {
            self.typing.rest();
        } else if self.typing.wrote(now.ms) {
            self.say_typing();
        }
    }

    pub(super) fn say_typing(&mut self) {
        if self.connection.is_up() {
            let frame = ClientFrame::Typing { to: self.timeline.to().clone() };
            self.effects.push(Effect::Send(write_client(None, &frame)));
        }
    }
}
