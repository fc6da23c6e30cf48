//! A person's face: the first letter of the name on a hue that stays the same for that name.

use super::{tree::Out, window};
use crate::{
    client::letters::capital,
    protocol::{Target, urls},
};
#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// How many hues there are; `style/30-faces.css` has a class for each.
pub const HUES: u32 = 12;

/// The hue of a name, `hue-0` to `hue-11`: FNV-1a over its bytes, so that every page, every visit
/// and every machine gives the same.
#[must_use]
pub fn hue(name: &str) -> u32 {
    let hash = name
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // The low bits alone favour some hues for short names: fold the high ones in.
    (hash ^ (hash >> 16)) % HUES
}

/// The letter on the face.
#[must_use]
pub fn letter(name: &str) -> String {
    let first = name.chars().find(|c| c.is_alphanumeric()).or_else(|| name.chars().next());
    first.map(|c| capital(c.encode_utf8(&mut [0; 4]))).unwrap_or_default()
}

/// The face of `name`, on pages that are rendered and stay as they are.
#[cfg(feature = "ssr")]
pub fn face(name: &str, small: bool, here: bool) -> impl IntoView + use<> {
    Out::view(|out| put(name, None, small, here, out))
}

/// The small mark before a name, likewise.
#[cfg(feature = "ssr")]
pub fn mark(of: &Target, version: Option<&str>, lit: bool) -> impl IntoView + use<> {
    Out::view(|out| put_mark(of, version, lit, out))
}

/// The face of `name`, with the picture that they have put there, if there is one of that version;
/// `here` puts the light of presence on it.
pub fn put(name: &str, version: Option<&str>, small: bool, here: bool, out: &mut Out) {
    out.open("span", &[("class", &class(name, small, here)), ("aria-hidden", "true")]);
    inside(name, version, small, out);
    out.close();
}

fn inside(name: &str, version: Option<&str>, small: bool, out: &mut Out) {
    let Some(version) = version else { return out.words(&letter(name)) };
    let side = if small { "26" } else { "36" };
    let src = &*urls::face(name, version);
    out.leaf("img", &[("src", src), ("width", side), ("height", side), ("alt", "")], "");
}

/// The small mark before a name: a person's face, or a room's window.
pub fn put_mark(of: &Target, version: Option<&str>, lit: bool, out: &mut Out) {
    match of {
        Target::Person(name) => put(name, version, true, lit, out),
        _ => window::put(lit, true, out),
    }
}

fn class(name: &str, small: bool, here: bool) -> String {
    let mut class = format!("face hue-{}", hue(name));
    for (is, word) in [(small, " small"), (here, " present")] {
        if is {
            class.push_str(word);
        }
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hue_never_changes() {
        // Whoever changes the rule repaints everybody: these must stay as they are.
        assert_eq!(["alice", "bob", "小林", "مريم"].map(hue), [1, 10, 10, 8]);
    }

    #[test]
    fn every_hue_is_used() {
        let mut seen = [0; HUES as usize];
        for number in 0..1200 {
            seen[hue(&format!("user{number}")) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (50..200).contains(count)), "{seen:?}");
    }

    /// After WCAG 2.2, "relative luminance", of `#rrggbb`.
    fn luminance(colour: &str) -> Option<f64> {
        let channel = |from: usize| {
            let part = u8::from_str_radix(colour.get(from..from + 2)?, 16).ok()?;
            let c = f64::from(part) / 255.0;
            Some(if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
        };
        Some(0.2126 * channel(1)? + 0.7152 * channel(3)? + 0.0722 * channel(5)?)
    }

    #[test]
    fn every_hue_has_a_class_that_white_can_be_read_on() {
        let style = include_str!("../../style/30-faces.css");
        for hue in 0..HUES {
            let colour = style
                .split_once(&format!(".hue-{hue} {{"))
                .and_then(|(_, rest)| rest.split_once('#'))
                .and_then(|(_, rest)| rest.get(..6))
                .map(|hex| format!("#{hex}"))
                .unwrap_or_default();
            let contrast = luminance(&colour).map(|l| 1.05 / (l + 0.05));
            assert!(contrast.is_some_and(|it| it >= 4.5), "hue-{hue} {colour} {contrast:?}");
        }
    }

    #[test]
    fn the_letter_is_one_that_can_be_seen() {
        for (name, shown) in
            [("alice", "A"), ("小林", "小"), ("_x", "X"), ("...", "."), ("ß", "SS")]
        {
            assert_eq!(letter(name), shown, "{name}");
        }
    }
}
