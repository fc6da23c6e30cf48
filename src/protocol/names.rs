//! Which names there are: for users and for rooms. The browser checks lengths only; what needs
//! Unicode's tables (normal form, look-alikes) is checked on the server.

#[cfg(feature = "ssr")]
use super::Refusal;
use super::limits;
#[cfg(feature = "ssr")]
use crate::words::Word;

/// What kind of thing a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person: 1–32 letters, marks and digits of any script and `_ . -`.
    User,
    /// A room: 1–128 characters of any script, no control characters, no `/`.
    Room,
}

impl Kind {
    /// The most characters such a name has.
    #[must_use]
    pub fn most(self) -> usize {
        match self {
            Self::User => limits::USER_NAME,
            Self::Room => limits::ROOM_NAME,
        }
    }

    #[cfg(feature = "ssr")]
    fn refuse(self, word: Word) -> Refusal {
        Refusal::invalid("name", word)
    }
}

/// A name that was checked, with the two forms that make it unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As it is shown: trimmed and in normal form C.
    pub shown: String,
    /// What finds it: regardless of case.
    pub folded: String,
    /// What no two names may share: regardless of case and of look-alikes.
    pub skeleton: String,
}

/// Checks a name and brings it into its one form.
///
/// # Errors
/// [`super::Code::Invalid`] with the field `name` and a sentence that says what is allowed.
#[cfg(feature = "ssr")]
pub fn check(kind: Kind, given: &str) -> Result<Name, Refusal> {
    use unicode_normalization::UnicodeNormalization;

    // Bounded before any work is done on it: a normal form can be longer than what was given.
    if given.len() > 8 * kind.most() {
        return Err(too_long(kind));
    }
    let shown: String = given.trim().nfc().collect();
    let count = shown.chars().count();
    if count == 0 {
        return Err(kind.refuse(Word::NameEmpty));
    }
    if count > kind.most() {
        return Err(too_long(kind));
    }
    if shown == "." || shown == ".." {
        return Err(kind.refuse(Word::NameDots));
    }
    match kind {
        Kind::User if !shown.chars().all(in_user_name) => {
            return Err(kind.refuse(Word::NameLetters));
        }
        Kind::Room if shown.contains('/') => {
            return Err(kind.refuse(Word::NameSlash));
        }
        Kind::Room
            if shown
                .chars()
                .any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER || steers_text(c)) =>
        {
            return Err(kind.refuse(Word::NameControls));
        }
        _ => {}
    }
    if !shown.chars().any(is_visible) {
        return Err(kind.refuse(Word::NameUnseen));
    }
    let folded = fold(&shown);
    let skeleton = skeleton(&folded);
    Ok(Name { shown, folded, skeleton })
}

#[cfg(feature = "ssr")]
fn too_long(kind: Kind) -> Refusal {
    Refusal::too_long("name", Word::NameTooLong.of(&[&kind.most()]))
}

/// A file's name as it may be shown and saved: the last part of a path, without what breaks lines,
/// turns the direction of the text or cannot be seen, and with `extension` at its end where the
/// content has one of its own.
#[cfg(feature = "ssr")]
#[must_use]
pub fn file(given: &str, extension: Option<&str>) -> String {
    use unicode_normalization::UnicodeNormalization;

    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    // Bounded before any work is done on it.
    let last = last.chars().take(8 * limits::FILE_NAME);
    let shown: String = last
        .filter(|c| !c.is_control() && !steers_text(*c) && !is_ignorable(*c))
        .filter(|c| !matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*'))
        .nfc()
        .collect();
    let shown = shown.trim_matches(|c: char| c.is_whitespace() || c == '.');
    let (stem, own) = match shown.rsplit_once('.') {
        Some((stem, own)) if !stem.is_empty() && own.chars().count() <= EXTENSION => (stem, own),
        _ => (shown, ""),
    };
    let end = match extension {
        // Two ways to write one.
        Some("jpg") if own.eq_ignore_ascii_case("jpeg") => own,
        Some(extension) if !own.eq_ignore_ascii_case(extension) => extension,
        _ => own,
    };
    let room = limits::FILE_NAME - end.chars().count() - 1;
    let stem: String = stem.trim_end().chars().take(room).collect();
    let stem = if stem.chars().any(is_visible) { &stem } else { "file" };
    if end.is_empty() { stem.to_owned() } else { format!("{stem}.{end}") }
}

/// Characters of what is still taken for the end of a file's name.
#[cfg(feature = "ssr")]
const EXTENSION: usize = 12;

/// What finds a name: normal form C, trimmed, regardless of case.
#[cfg(feature = "ssr")]
#[must_use]
pub fn fold(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    name.trim().nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// What two look-alikes share, after Unicode Technical Standard 39, section 4 (confusables).
#[cfg(feature = "ssr")]
fn skeleton(folded: &str) -> String {
    let seen: String = folded.chars().filter(|c| !is_ignorable(*c)).collect();
    // A look-alike may itself be upper case (a Cyrillic capital for a Latin one): fold once more.
    let once: String = unicode_security::skeleton(&seen).collect();
    let lower: String = once.chars().flat_map(char::to_lowercase).collect();
    unicode_security::skeleton(&lower).collect()
}

/// What a user's name is made of: letters, marks and digits of any script, and `_ . -`.
#[must_use]
pub fn in_user_name(c: char) -> bool {
    let letter = c.is_alphanumeric() || super::marks::is_mark(c);
    (letter && !is_ignorable(c)) || matches!(c, '_' | '.' | '-')
}

#[cfg(feature = "ssr")]
fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !is_ignorable(c) && !unicode_normalization::char::is_combining_mark(c)
}

/// Characters that turn the direction of the text around them (UAX 9) or break its lines.
#[cfg(feature = "ssr")]
fn steers_text(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Unicode's Default_Ignorable_Code_Point: characters that show nothing.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn user(name: &str) -> Result<Name, Refusal> {
        check(Kind::User, name)
    }

    #[test]
    fn takes_names_of_any_script() {
        for name in ["alice", "Ada_L.-9", "小林", "Αλίκη", "हिन्दी", "مريم", "x"]
        {
            assert!(user(name).is_ok(), "{name}");
        }
        for name in ["中文 聊天室", "100%", "a?b#c+d", "release 2.4", "café 🍅", "👩‍🚀", "שלום"]
        {
            assert!(check(Kind::Room, name).is_ok(), "{name}");
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        let long = "a".repeat(33);
        for name in [
            "",
            " ",
            ".",
            "..",
            "a b",
            "a/b",
            "a@b",
            "bob+1",
            "\u{200b}",
            "\u{3164}",
            "a\u{202e}b",
            "\u{301}",
            &long,
        ] {
            assert!(user(name).is_err(), "{name:?}");
        }
        let long = "室".repeat(129);
        for name in ["", "..", "a/b", "a\nb", "a\u{202e}b", "\u{200b}", "\u{feff} ", &long] {
            assert!(check(Kind::Room, name).is_err(), "{name:?}");
        }
        assert!(check(Kind::Room, &"室".repeat(128)).is_ok());
    }

    #[test]
    fn a_files_name_is_a_name_and_no_way_to_anywhere() {
        for (given, extension, shown) in [
            ("notes.txt", None, "notes.txt"),
            ("../../etc/passwd", None, "passwd"),
            ("C:\\Users\\ada\\plan.pdf", None, "plan.pdf"),
            ("invoice\u{202e}fdp.exe", None, "invoicefdp.exe"),
            ("a\0b\r\nSet-Cookie: x.txt", None, "abSet-Cookie x.txt"),
            ("..", None, "file"),
            ("", Some("png"), "file.png"),
            (".htaccess", None, "htaccess"),
            ("\u{200b}\u{301}", None, "file"),
            ("page.html", Some("gif"), "page.gif"),
            ("IMG_1.JPEG", Some("jpg"), "IMG_1.JPEG"),
            ("照片.webp", Some("jpg"), "照片.jpg"),
            ("a\"b<c>.txt", None, "abc.txt"),
        ] {
            assert_eq!(file(given, extension), shown, "{given:?}");
        }
        let long = format!("{}.txt", "长".repeat(500));
        assert_eq!(file(&long, None).chars().count(), limits::FILE_NAME);
        assert!(file(&long, None).ends_with(".txt"));
    }

    #[test]
    fn look_alikes_and_cases_share_a_skeleton() -> Result<(), Refusal> {
        let alice = user("alice")?.skeleton;
        for same in ["Alice", "ALICE", "аlice", "аliсе"] {
            assert_eq!(user(same)?.skeleton, alice, "{same}");
        }
        assert_ne!(user("bob")?.skeleton, alice);
        assert_eq!(user("cafe\u{301}")?.shown, user("café")?.shown);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_checked_name_is_its_own_form(name in "\\PC{0,40}") {
            for kind in [Kind::User, Kind::Room] {
                if let Ok(first) = check(kind, &name) {
                    prop_assert_eq!(check(kind, &first.shown), Ok(first.clone()));
                    prop_assert_eq!(fold(&first.shown), first.folded);
                }
            }
        }
    }
}
