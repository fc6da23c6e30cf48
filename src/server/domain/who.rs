//! Who is asking.

use crate::protocol::tokens::Scopes;
use crate::protocol::views::{AuthorKind, Me};
use crate::protocol::{At, Code, Refusal, close};
use crate::server::store::writer::Party;
use crate::server::store::{LogId, UserId};
use crate::words::Word;
use std::sync::Arc;

pub use crate::protocol::tokens::Scope;

/// The token by which a program is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUse {
    /// Its public id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<At>,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The token they are here by; none for a session.
    pub token: Option<Arc<TokenUse>>,
    /// A person in a browser, or a program with a token.
    pub kind: AuthorKind,
    /// The room whose program this is, which comes by one of the room's own addresses: it speaks there and
    /// nowhere else.
    pub bot_of: Option<LogId>,
}

impl Member {
    /// The public id of what they are here by, a session or a token.
    #[must_use]
    pub fn here_by(&self) -> Option<&str> {
        let token = self.token.as_ref().map(|token| token.id.as_str());
        token.or(self.session.as_deref())
    }

    /// The session that they are here by, in person; `why` says why a token will not do.
    ///
    /// # Errors
    /// `forbidden` for a token.
    pub fn in_person(&self, why: Word) -> Result<&str, Refusal> {
        self.session.as_deref().ok_or_else(|| Refusal::new(Code::Forbidden, why))
    }

    /// What their sockets are closed with when that has ended.
    #[must_use]
    pub fn end_code(&self) -> u16 {
        if self.token.is_some() { close::LOGIN_NEEDED } else { close::LOGGED_OUT }
    }

    /// Whether they may do what this scope is about: a token what it was made for, a session all that
    /// its person may. To push is for programs, and in person for administrators: what is pushed stands
    /// above everybody's log. Asked at each use, since an administrator may be none any more.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn may(&self, scope: Scope) -> Result<(), Refusal> {
        if let Some(token) = &self.token
            && !token.scopes.has(scope)
        {
            return Err(Refusal::new(Code::Forbidden, Word::TokenMayNot.of(&[&scope])));
        }
        let for_admins =
            scope == Scope::Broadcast || (scope == Scope::Push && self.token.is_none());
        if for_admins && !self.admin {
            return Err(Refusal::new(Code::Forbidden, Word::AdminsOnly));
        }
        Ok(())
    }

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

    /// The member, if they may change anything: what every verb asks that does.
    ///
    /// # Errors
    /// `login_needed`; `forbidden` of a token that only reads.
    pub fn writer(&self) -> Result<&Arc<Member>, Refusal> {
        let me = self.member()?;
        me.may(Scope::Write)?;
        Ok(me)
    }

    /// Whether they may do what this scope is about, as far as it is the token that says so. What
    /// visitors may read is asked where it is read.
    ///
    /// # Errors
    /// `login_needed` of a visitor who wants more than to read; `forbidden` of a token.
    pub fn may(&self, scope: Scope) -> Result<(), Refusal> {
        match self {
            Self::Member(me) => me.may(scope),
            Self::Visitor if scope == Scope::Read => Ok(()),
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
