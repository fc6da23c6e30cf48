//! Tokens for programs: what they are for, and how lists show them.

use super::At;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading what its person may read, and hearing it.
    Read,
    /// Saying and changing what its person may say and change.
    Write,
    /// Pushing to people and rooms.
    Push,
    /// Pushing to everybody; for administrators' tokens alone.
    Broadcast,
}

impl Scope {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Push, Self::Broadcast];

    /// Its name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Push => "push",
            Self::Broadcast => "broadcast",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Some of them: `read,write`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether it is among them.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are among them, in their order.
    pub fn each(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.each().map(Scope::code).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Scopes {
    type Err = String;

    /// Reads what [`fmt::Display`] writes, in any order.
    fn from_str(text: &str) -> Result<Self, String> {
        let known = |name: &str| {
            let scope = Scope::ALL.into_iter().find(|scope| scope.code() == name.trim());
            scope.ok_or_else(|| {
                format!("“{name}” is no scope: they are read, write, push and broadcast.")
            })
        };
        text.split(',').map(known).collect()
    }
}

/// A time such as 30d, 12h, 90m or 15s, in milliseconds.
#[must_use]
pub fn read_time(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let of_unit = match unit {
        'd' => 86_400_000,
        'h' => 3_600_000,
        'm' => 60_000,
        's' => 1_000,
        _ => return None,
    };
    let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
    count.checked_mul(of_unit).filter(|ms| *ms > 0)
}

/// A token in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenView {
    /// Its public id.
    pub id: String,
    /// What it was called when it was made; may be empty.
    pub name: String,
    /// In whose name it acts.
    pub user: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// The administrator who made it; none for the command line.
    pub made_by: Option<String>,
    /// Made.
    pub created_at: At,
    /// When it ends by itself.
    pub expires_at: Option<At>,
    /// When somebody ended it.
    pub revoked_at: Option<At>,
    /// Last used.
    pub used_at: Option<At>,
}

impl TokenView {
    /// Whether it opens anything.
    #[must_use]
    pub fn is_good(&self, now: At) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

/// One use of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUseView {
    /// The token's public id.
    pub token: String,
    /// When.
    pub at: At,
    /// `GET`, `POST`, …, or `socket`.
    pub method: String,
    /// The path without what stands behind the question mark.
    pub path: String,
    /// How it was answered.
    pub status: u16,
    /// Where it came from.
    pub address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for text in ["read", "read,write", "push", "read,write,push,broadcast"] {
            assert_eq!(text.parse::<Scopes>().map(|it| it.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("push, read".parse::<Scopes>().unwrap().to_string(), "read,push");
        for wrong in ["", "all", "read,", "READ"] {
            assert!(wrong.parse::<Scopes>().is_err(), "{wrong}");
        }
    }
}
