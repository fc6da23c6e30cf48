//! What a frame is about: a room, a conversation with a person, or my own log.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// `#room`, `@user` or `~`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A room, by its name.
    Room(String),
    /// The direct conversation between me and that user.
    Person(String),
    /// My own log.
    Own,
}

impl Target {
    /// Reads a target; the name in it is checked by whoever looks it up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "~" {
            return Some(Self::Own);
        }
        let mut chars = text.chars();
        let kind = chars.next()?;
        let name = chars.as_str();
        if name.is_empty() {
            return None;
        }
        match kind {
            '#' => Some(Self::Room(name.to_owned())),
            '@' => Some(Self::Person(name.to_owned())),
            _ => None,
        }
    }

    /// The name without its sign; empty for my own log.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Room(name) | Self::Person(name) => name,
            Self::Own => "",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(name) => write!(f, "#{name}"),
            Self::Person(name) => write!(f, "@{name}"),
            Self::Own => f.write_str("~"),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a target is #room, @user or ~"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_no_target() {
        for wrong in ["", "#", "@", "lobby", "~x", " #lobby"] {
            assert_eq!(Target::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in "\\PC{1,40}") {
            for target in [Target::Room(name.clone()), Target::Person(name.clone()), Target::Own] {
                prop_assert_eq!(Target::parse(&target.to_string()), Some(target));
            }
        }
    }
}
