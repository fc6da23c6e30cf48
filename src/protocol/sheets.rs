//! Pages that open as panels: their addresses, made and read in one place.

use super::{
    Target,
    urls::{self, decode, encode, page, target},
};

/// A page that opens as a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// About a room.
    About(String),
    /// Who is in a room, and who belongs to it.
    Inside(String),
    /// What other programs say in a room, and what they are told of it.
    Webhooks(String),
    /// What a message said before it was changed: where it is, and its id.
    Edits(Target, String),
    /// Everybody in the house.
    People,
    /// One of them.
    Person(String),
    /// What concerns me.
    Notices,
    /// My devices.
    Devices,
    /// Making a room.
    NewRoom,
    /// Looking after the house: the people in it…
    HousePeople,
    /// …its rooms…
    HouseRooms,
    /// …the invitations to it…
    HouseInvites,
    /// …and the tokens of its programs.
    HouseTokens,
}

impl Sheet {
    /// The page about a place: about the room, or the person whom one talks to.
    #[must_use]
    pub fn about(place: &Target) -> Self {
        match place {
            Target::Person(name) => Self::Person(name.clone()),
            place => Self::About(place.name().to_owned()),
        }
    }

    /// Its path.
    #[must_use]
    pub fn address(&self) -> String {
        let (before, name, after) = match self {
            Self::Edits(to, message) => {
                let mut address = page(to);
                address.push_str("edits/");
                address.push_str(&encode(message));
                return address;
            }
            Self::About(room) => ("/chat/", room, "/about"),
            Self::Inside(room) => ("/chat/", room, "/people"),
            Self::Webhooks(room) => ("/chat/", room, "/webhooks"),
            Self::Person(name) => ("/people/", name, ""),
            Self::People => return "/people".to_owned(),
            Self::Notices => return urls::NOTICES.to_owned(),
            Self::Devices => return urls::DEVICES.to_owned(),
            Self::NewRoom => return "/rooms/new".to_owned(),
            Self::HousePeople => return "/house".to_owned(),
            Self::HouseRooms => return "/house/rooms".to_owned(),
            Self::HouseInvites => return "/house/invitations".to_owned(),
            Self::HouseTokens => return "/house/tokens".to_owned(),
        };
        let mut address = before.to_owned();
        address.push_str(&encode(name));
        address.push_str(after);
        address
    }

    /// The page with this path, the inverse of [`Self::address`].
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        if let Some((place, message)) = path.split_once("/edits/") {
            return Some(Self::Edits(target(place)?, named(message)?));
        }
        let mut parts = path.strip_prefix('/')?.split('/');
        let (first, second, third) = (parts.next()?, parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        match (first, second, third) {
            ("people", None, None) => Some(Self::People),
            ("notifications", Some(""), None) => Some(Self::Notices),
            ("devices", None, None) => Some(Self::Devices),
            ("house", None, None) => Some(Self::HousePeople),
            ("house", Some("rooms"), None) => Some(Self::HouseRooms),
            ("house", Some("invitations"), None) => Some(Self::HouseInvites),
            ("house", Some("tokens"), None) => Some(Self::HouseTokens),
            ("rooms", Some("new"), None) => Some(Self::NewRoom),
            ("people", Some(name), None) => named(name).map(Self::Person),
            ("chat", Some(room), Some("about")) => named(room).map(Self::About),
            ("chat", Some(room), Some("people")) => named(room).map(Self::Inside),
            ("chat", Some(room), Some("webhooks")) => named(room).map(Self::Webhooks),
            _ => None,
        }
    }
}

/// A person's page, seen from a room: what one may do there is offered too.
#[must_use]
pub fn person_in(name: &str, room: &str) -> String {
    let mut address = Sheet::Person(name.to_owned()).address();
    address.push_str("?room=");
    address.push_str(&encode(room));
    address
}

fn named(segment: &str) -> Option<String> {
    decode(segment).filter(|name| !name.is_empty() && !segment.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_page_has_one_address() {
        use Sheet::{HouseInvites, HousePeople, HouseRooms, HouseTokens, NewRoom, Notices, People};
        for sheet in [People, Notices, NewRoom, HousePeople, HouseRooms, HouseInvites, HouseTokens]
        {
            assert_eq!(Sheet::at(&sheet.address()), Some(sheet));
        }
        for nowhere in
            ["", "/", "/people/", "/chat//about", "/chat/a/b/about", "/chat/a/b", "/house/x"]
        {
            assert_eq!(Sheet::at(nowhere), None, "{nowhere}");
        }
    }

    proptest! {
        #[test]
        fn every_name_survives_its_address(name in "[^/]{1,40}") {
            let edits = |name: String| Sheet::Edits(Target::Room(name), "1-2".to_owned());
            for make in [Sheet::About, Sheet::Inside, Sheet::Webhooks, edits, Sheet::Person] {
                let sheet = make(name.clone());
                prop_assert_eq!(Sheet::at(&sheet.address()), Some(sheet));
            }
        }
    }
}
