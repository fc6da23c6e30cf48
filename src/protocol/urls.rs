//! Addresses of pages, made and read in one place, so that every name survives its URL.

use super::{Target, views::Span};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters is encoded.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The room index.
pub const INDEX: &str = "/chat/";
/// Where one logs in.
pub const LOG_IN: &str = "/login";
/// Where one signs up.
pub const SIGN_UP: &str = "/signup";
/// My password and my sessions.
pub const ACCOUNT: &str = "/account";
/// Which of my devices are told of what concerns me.
pub const DEVICES: &str = "/devices";
/// The house's picture…
pub const ICON: &str = "/favicon.svg";
/// …and with a light in it, while something waits.
pub const ICON_LIT: &str = "/favicon-lit.svg";
/// What concerns me…
pub const NOTICES: &str = "/notifications/";
/// …and of that only what calls me.
#[cfg(feature = "ssr")]
pub const MENTIONS: &str = "/notifications/?only=mentions";
/// What was said, searched.
pub const SEARCH: &str = "/search";
/// Language, light or dark, keys.
pub const SETTINGS: &str = "/settings";
/// The list of shortcuts.
pub const HELP: &str = "/help";
/// Rooms and people by name, to jump to.
pub const JUMP: &str = "/jump";
/// What a browser is told of the house before it installs it.
pub const MANIFEST: &str = "/manifest.webmanifest";
/// What another program on the device shares.
pub const SHARE: &str = "/share";
/// What is shown in place of a page that cannot be had.
pub const OFFLINE: &str = "/offline";
/// The house's picture on a phone's first screen.
pub const APPLE_ICON: &str = "/apple-touch-icon.png";
/// Where the first administrator is made.
pub const SET_UP: &str = "/setup";

/// Where files are sent to.
pub const UPLOAD: &str = "/api/v1/files";
/// Where a picture is sent to that becomes my face.
pub const FACE: &str = "/account/avatar";

/// Where a file is; the name is there for whoever saves it. `small`: a picture's small version.
#[must_use]
pub fn file(id: &str, name: &str, small: bool) -> String {
    let small = if small { "?small" } else { "" };
    format!("/files/{id}/{}{small}", encode(name))
}

/// Where a person's face is; `version` changes with it.
#[must_use]
pub fn face(name: &str, version: &str) -> String {
    format!("/face/{}?v={version}", encode(name))
}

/// One name as a segment of a path or a value of a query.
#[must_use]
pub fn encode(name: &str) -> String {
    utf8_percent_encode(name, NAME).to_string()
}

/// The inverse of [`encode`]; `None` where the bytes are not UTF-8.
#[must_use]
pub fn decode(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(Into::into)
}

/// The page of a target; my own log has none and leads to the index.
#[must_use]
pub fn page(target: &Target) -> String {
    match target {
        Target::Room(name) => format!("/chat/{}/", encode(name)),
        Target::Person(name) => format!("/talk/{}/", encode(name)),
        Target::Own => INDEX.to_owned(),
    }
}

/// The page of a target that shows this message, by its id.
#[must_use]
pub fn message(target: &Target, id: &str) -> String {
    format!("{}?at={}#{}", page(target), encode(id), anchor(id))
}

/// The page of a target with this text in its composer.
#[must_use]
pub fn with_draft(target: &Target, text: &str) -> String {
    format!("{}?draft={}", page(target), encode(text))
}

/// The id that the row of a message has in its page.
#[must_use]
pub fn anchor(id: &str) -> String {
    format!("m-{id}")
}

/// The page that shows how a message read before it was changed.
#[must_use]
pub fn edits(target: &Target, id: &str) -> String {
    format!("{}edits/{}", page(target), encode(id))
}

/// The page about a room.
#[must_use]
pub fn about(room: &str) -> String {
    format!("/chat/{}/about", encode(room))
}

/// Where a program asks for a page of history.
#[must_use]
pub fn history(to: &Target, span: Span) -> String {
    let (by, which) = match span {
        Span::Newest => ("", String::new()),
        Span::Before(seq) => ("&before=", seq.to_string()),
        Span::After(seq) => ("&after=", seq.to_string()),
        Span::Around(id) => ("&around=", encode(&id)),
    };
    ["/api/history?to=", &encode(&to.to_string()), by, &which].concat()
}

/// Where a program asks for all that a place's page shows; `at`: around the message of that id.
#[must_use]
pub fn open_place(to: &Target, at: Option<&str>) -> String {
    let (by, which) = at.map_or_else(Default::default, |id| ("&at=", encode(id)));
    ["/api/open_place?to=", &encode(&to.to_string()), by, &which].concat()
}

/// Where an address of [`page`] or [`message`] leads, and to which message there. None for any other
/// address: also for one with another query, which is a page of its own.
#[must_use]
pub fn place(address: &str) -> Option<(Target, Option<String>)> {
    let address = address.split('#').next().unwrap_or_default();
    let (path, id) = match address.split_once('?') {
        Some((path, query)) => (path, Some(decode(query.strip_prefix("at=")?)?)),
        None => (address, None),
    };
    Some((target(path)?, id))
}

/// The target of a page's path, the inverse of [`page`].
#[must_use]
pub fn target(path: &str) -> Option<Target> {
    let (make, rest): (fn(String) -> Target, _) = match path {
        p if p.starts_with("/chat/") => (Target::Room, &p[6..]),
        p if p.starts_with("/talk/") => (Target::Person, &p[6..]),
        _ => return None,
    };
    let segment = rest.strip_suffix('/').unwrap_or(rest);
    if segment.is_empty() || segment.contains('/') {
        return None;
    }
    decode(segment).map(make)
}

/// Where to log in and come back to `next`.
#[must_use]
pub fn log_in_and_return(next: &str) -> String {
    format!("{LOG_IN}?next={}", encode(next))
}

/// A path of this house to go to next, or the index: never another site.
#[must_use]
pub fn safe_next(next: Option<&str>) -> String {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && path.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\') =>
        {
            path.to_owned()
        }
        _ => INDEX.to_owned(),
    }
}

/// The main socket's address, for a page of this scheme (`https:`) and host: encrypted where the page is.
pub fn socket(scheme: &str, host: &str) -> String {
    let scheme = if scheme == "https:" { "wss" } else { "ws" };
    [scheme, "://", host, "/ws"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k06_behind_https_the_socket_is_encrypted_and_of_the_same_house() {
        assert_eq!(socket("https:", "chat.example"), "wss://chat.example/ws");
        assert_eq!(socket("http:", "127.0.0.1:3000"), "ws://127.0.0.1:3000/ws");
    }
    use proptest::prelude::*;

    #[test]
    fn never_leads_to_another_site() {
        for wrong in [
            "//evil.example/",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil",
            "javascript:1",
        ] {
            assert_eq!(safe_next(Some(wrong)), INDEX, "{wrong}");
        }
        assert_eq!(safe_next(Some("/chat/%E4%B8%AD/")), "/chat/%E4%B8%AD/");
    }

    #[test]
    fn programs_ask_for_one_part_of_a_log() {
        let (room, own) = (Target::Room("a&b c".into()), Target::Own);
        for (span, asked) in [
            (Span::Newest, ""),
            (Span::Before(7), "&before=7"),
            (Span::After(0), "&after=0"),
            (Span::Around("1-4&".into()), "&around=1-4%26"),
        ] {
            assert_eq!(history(&room, span), format!("/api/history?to=%23a%26b%20c{asked}"));
        }
        assert_eq!(open_place(&own, None), "/api/open_place?to=~");
        assert_eq!(open_place(&room, Some("1-4")), "/api/open_place?to=%23a%26b%20c&at=1-4");
    }

    #[test]
    fn other_queries_are_pages_of_their_own() {
        assert_eq!(place("/chat/a/?before=4"), None);
        assert_eq!(
            place("/chat/a/?at=1&b=2"),
            Some((Target::Room("a".into()), Some("1&b=2".into())))
        );
        assert_eq!(place("/chat/a/#log"), Some((Target::Room("a".into()), None)));
        assert_eq!(place("/account?at=1-2"), None);
    }

    proptest! {
        #[test]
        fn every_name_survives_its_url(name in "[^/]{1,40}") {
            for target_ in [Target::Room(name.clone()), Target::Person(name.clone())] {
                prop_assert_eq!(target(&page(&target_)), Some(target_.clone()));
                let address = message(&target_, "1-45");
                prop_assert_eq!(place(&address), Some((target_, Some("1-45".to_owned()))));
            }
        }
    }
}
