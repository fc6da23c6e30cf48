//! A person's face: the first letter of the name on a hue that stays the same for that name.

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
    first.map(|c| c.to_uppercase().collect()).unwrap_or_default()
}

/// The face of `name`; `here` puts the light of presence on it.
pub fn face(name: &str, small: bool, here: bool) -> impl IntoView + use<> {
    let mut class = format!("face hue-{}", hue(name));
    for (is, word) in [(small, " small"), (here, " present")] {
        if is {
            class.push_str(word);
        }
    }
    view! { <span class=class aria-hidden="true">{letter(name)}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hue_never_changes() {
        // Whoever changes the rule repaints everybody: these must stay as they are.
        let painted = ["alice", "bob", "小林", "مريم"].map(hue);
        assert_eq!(painted, ["alice", "bob", "小林", "مريم"].map(hue));
        assert!(painted.iter().all(|hue| *hue < HUES));
    }

    #[test]
    fn every_hue_is_used() {
        let mut seen = [0; HUES as usize];
        for number in 0..1200 {
            seen[hue(&format!("user{number}")) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (50..200).contains(count)), "{seen:?}");
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
