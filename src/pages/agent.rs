//! A browser's own name in plain words: enough to tell one's devices apart.

use crate::words::{Word, words};

/// Looked for in this order: later browsers also carry the names of those they descend from.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
/// With what they are called, where that is not their own name.
const SYSTEMS: [(&str, Option<Word>); 7] = [
    ("iPhone", Some(Word::AnIphone)),
    ("iPad", Some(Word::AnIpad)),
    ("Android", None),
    ("Windows", None),
    ("Mac OS X", Some(Word::AMac)),
    ("CrOS", Some(Word::AChromebook)),
    ("Linux", None),
];
/// An unknown program's own words are cut here.
const MOST: usize = 48;

/// "Firefox on Windows".
#[must_use]
pub fn in_words(agent: &str) -> String {
    let w = words();
    let browser = BROWSERS.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let system = SYSTEMS.iter().find(|(mark, _)| agent.contains(mark));
    match (browser, system.map(|(mark, word)| word.map_or(*mark, |word| w.say(word)))) {
        (Some(browser), Some(system)) => w.with(Word::BrowserOn, &[browser, system]),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => w.with(Word::ProgramOn, &[system]),
        (None, None) if agent.trim().is_empty() => w.say(Word::ProgramUnnamed).to_owned(),
        (None, None) => agent.chars().take(MOST).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn tells_devices_apart() {
        for (agent, words) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari on an iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("", "A program without a name"),
            ("my-bot 1.0", "my-bot 1.0"),
        ] {
            assert_eq!(in_words(agent), words);
        }
    }
}
