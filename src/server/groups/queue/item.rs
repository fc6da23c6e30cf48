//! What waits for a connection, and how much of its bounds that takes.

use super::super::Group;
use super::super::wire::{Comings, Piece, Run};
use crate::server::websocket::Frame;
use bytes::Bytes;
use std::sync::Arc;

/// Bytes around the name in a room socket's frame of who came or went.
const COMING: usize = 40;

/// Something to write.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// Frames for this connection alone, or of events.
    Frames(Piece),
    /// The answer to a `sub`: its bytes have a bound of their own.
    Answer(Bytes),
    /// People came or went (main socket).
    Online(Group, Bytes),
    /// People came or went (room socket, which words it itself).
    Comings(Group, Arc<Comings>),
    /// Somebody is writing.
    Typing(Bytes),
}

impl Item {
    /// A frame for this connection alone.
    pub(super) fn alone(frame: &Frame) -> Self {
        Self::Frames(Piece { bytes: frame.wire().clone(), frames: 1 })
    }

    /// Bytes that count against the bound.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Frames(piece) => piece.bytes.len(),
            Self::Online(_, bytes) | Self::Typing(bytes) => bytes.len(),
            Self::Answer(_) => 0,
            Self::Comings(_, comings) => self.frames() * COMING + comings.bytes(),
        }
    }

    /// Frames that count against the bound. Events that were told together count as one: a commit
    /// may hold as many as may wait, and whoever has not been woken yet is not slow.
    pub(super) fn frames(&self) -> usize {
        match self {
            Self::Frames(_) | Self::Online(..) | Self::Answer(_) | Self::Typing(_) => 1,
            Self::Comings(_, comings) => comings.join.len() + comings.leave.len(),
        }
    }

    /// The place whose presence it tells, which a fresh list can tell as well.
    pub(super) fn tells_presence_of(&self) -> Option<Group> {
        match self {
            Self::Online(place, _) | Self::Comings(place, _) => Some(*place),
            Self::Frames(_) | Self::Answer(_) | Self::Typing(_) => None,
        }
    }

    /// Whether it may be dropped where too much waits.
    pub(super) fn may_be_shed(&self) -> bool {
        matches!(self, Self::Typing(_)) || self.tells_presence_of().is_some()
    }
}

/// What came while a `sub` was being answered.
pub(super) enum Held {
    /// Events, and those that are newer than the answer are told after it.
    Events(Run),
    /// Anything else.
    Other(Item),
}

impl Held {
    /// Bytes that count against the bound.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Events(run) => run.bytes(),
            Self::Other(item) => item.bytes(),
        }
    }
}
