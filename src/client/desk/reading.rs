//! How far I have read, and when that is said.

use super::{Desk, Effect, follow::Hold};
use crate::client::Moment;
use crate::protocol::frames::{ClientFrame, write_client};

/// How long a room is looked at before it counts as read.
const READ_MS: u64 = 1_000;

impl Desk {
    /// The log is, or is no longer, at its end.
    pub(super) fn at_end(&mut self, at_end: bool) {
        self.at_end = at_end && !self.timeline.has_newer();
        if self.at_end {
            self.fresh = 0;
        }
    }

    pub(super) fn is_reading(&self) -> bool {
        self.idle.visible() && self.at_end
    }

    pub(super) fn plan_reading(&mut self, now: &Moment) {
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
    pub(super) fn mark_read(&mut self) {
        if self.read_due.take().is_none() {
            return;
        }
        let (to, seq) = (self.timeline.to().clone(), self.timeline.last());
        self.read = seq;
        self.conversations.read(&to, seq);
        self.effects.push(Effect::Send(write_client(None, &ClientFrame::Read { to, seq })));
    }
}
