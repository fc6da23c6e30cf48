//! The emoji that the program offers are those that the house takes.

use emojis::UnicodeVersion;
use std::fmt::Write as _;

/// What every system of the last years can show.
const NEWEST: UnicodeVersion = UnicodeVersion::new(14, 0);

#[test]
fn every_emoji_that_is_offered_is_one_that_is_taken() {
    let mut list = String::new();
    for emoji in emojis::iter().filter(|emoji| emoji.unicode_version() <= NEWEST) {
        let _ = write!(list, "{emoji} {}", emoji.name().to_lowercase());
        for word in emoji.shortcodes().filter(|word| !emoji.name().contains(word)) {
            let _ = write!(list, " {word}");
        }
        list.push('\n');
    }
    let offered = include_str!("../../public/emoji.txt");
    // To renew the file, where the library has grown: EMOJI=public/emoji.txt cargo test emoji
    if let Ok(path) = std::env::var("EMOJI") {
        std::fs::write(path, &list).unwrap();
        return;
    }
    assert!(offered == list, "public/emoji.txt is not what the library has");
    for emoji in ["👍", "❤️", "😂", "🎉"] {
        assert!(offered.contains(&format!("{emoji} ")), "{emoji} is one click away");
    }
}
