//! Who is asking.

use crate::protocol::Refusal;
use crate::protocol::views::{AuthorKind, Me};
use crate::server::store::writer::Party;
use crate::server::store::{LogId, UserId};
use std::sync::Arc;

/// Somebody with an account.
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    /// Key.
    pub id: UserId,
    /// Name.
    pub name: Arc<str>,
    /// Whether they look after the house.
    pub admin: bool,
    /// Their own log.
    pub own: LogId,
    /// The session they are here by; none for a token.
    pub session: Option<String>,
    /// A person in a browser, or a program with a token.
    pub kind: AuthorKind,
    /// The room whose program this is, which comes by one of the room's own addresses: it speaks there and
    /// nowhere else.
    pub bot_of: Option<LogId>,
}

impl Member {
    /// As one of the two of a conversation.
    #[must_use]
    pub fn party(&self) -> Party {
        Party { id: self.id, name: Arc::clone(&self.name), own: self.own }
    }
}

/// Whoever is asking.
#[derive(Clone, Debug, Default)]
pub enum Who {
    /// Nobody we know.
    #[default]
    Visitor,
    /// Somebody with an account.
    Member(Arc<Member>),
}

impl Who {
    /// The member, or the refusal for a visitor.
    ///
    /// # Errors
    /// `login_needed`.
    pub fn member(&self) -> Result<&Arc<Member>, Refusal> {
        match self {
            Self::Member(member) => Ok(member),
            Self::Visitor => Err(Refusal::login_needed()),
        }
    }

    /// The member's name.
    #[must_use]
    pub fn name(&self) -> Option<&Arc<str>> {
        match self {
            Self::Member(member) => Some(&member.name),
            Self::Visitor => None,
        }
    }

    /// As pages show it.
    #[must_use]
    pub fn me(&self) -> Option<Me> {
        match self {
            Self::Member(member) => {
                Some(Me { name: member.name.to_string(), admin: member.admin, blocked: Vec::new() })
            }
            Self::Visitor => None,
        }
    }
}
