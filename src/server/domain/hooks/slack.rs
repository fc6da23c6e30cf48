//! What other programs' integrations send, read as a message of ours. They are written for Slack's
//! incoming webhooks, which many chats take: a `text`, `attachments` with texts, or `blocks` with texts,
//! in which `<https://…|label>` is a link and `&amp;`, `&lt;` and `&gt;` are characters.
//! (<https://docs.slack.dev/messaging/formatting-message-text>)

use serde_json::Value;
use std::borrow::Cow;

/// Bytes of one `<…>` at most: past it, it is a bracket.
const LINK: usize = 4_096;

/// What a call says; empty where it says nothing.
#[must_use]
pub fn text(said: &Value) -> String {
    let own = field(said, "text");
    if !own.trim().is_empty() {
        return plain(own);
    }
    let blocks = parts(said, "blocks").flat_map(block);
    let attached = parts(said, "attachments").flat_map(attachment);
    let said: Vec<String> = blocks.chain(attached).filter(|it| !it.trim().is_empty()).collect();
    said.join("\n")
}

fn field<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn parts<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A block's texts: its own, its fields', its elements'.
fn block(block: &Value) -> Vec<String> {
    let own = block.get("text").into_iter();
    let all = own.chain(parts(block, "fields")).chain(parts(block, "elements"));
    all.map(|it| plain(field(it, "text"))).collect()
}

/// What stands around an attachment, its title, and its text, or what it says where none of this shows.
fn attachment(attachment: &Value) -> Vec<String> {
    let title = plain(field(attachment, "title"));
    let title = match field(attachment, "title_link") {
        "" => title,
        _ if title.is_empty() => title,
        link => linked(link, &title),
    };
    let texts = [plain(field(attachment, "pretext")), title, plain(field(attachment, "text"))];
    let mut said: Vec<String> = texts.into_iter().filter(|it| !it.is_empty()).collect();
    said.extend(parts(attachment, "blocks").flat_map(block));
    if said.is_empty() {
        said.push(plain(field(attachment, "fallback")));
    }
    said
}

/// A text of theirs as one of ours.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        said.push_str(&unescaped(before));
        let end = after.find(['>', '<', '\n']).filter(|end| *end <= LINK);
        let inside = end.and_then(|end| after[end..].starts_with('>').then(|| &after[..end]));
        match inside.and_then(|inside| Some((inside, sign(inside)?))) {
            Some((inside, sign)) => {
                said.push_str(&sign);
                rest = &after[inside.len() + 1..];
            }
            None => {
                said.push('<');
                rest = after;
            }
        }
    }
    said.push_str(&unescaped(rest));
    said
}

/// What stands between brackets, if that means anything.
fn sign(inside: &str) -> Option<String> {
    let (what, label) = match inside.split_once('|') {
        Some((what, label)) => (what, Some(unescaped(label))),
        None => (inside, None),
    };
    let label = label.filter(|label| !label.trim().is_empty());
    let link = what.starts_with("https://") || what.starts_with("http://");
    if link {
        return Some(match label {
            Some(label) => linked(what, &label),
            None => unescaped(what).into_owned(),
        });
    }
    let first = what.chars().next()?;
    let named = |sign: &str, name: &str| {
        label.as_deref().map_or_else(|| format!("{sign}{name}"), str::to_owned)
    };
    match first {
        '@' => Some(named("@", &what[1..])),
        '#' => Some(match &label {
            Some(label) => format!("#{label}"),
            None => what.to_owned(),
        }),
        // `<!here>`, `<!date^…|yesterday>`: people whom it would call there are others here.
        '!' => Some(named("", what[1..].split('^').next().unwrap_or_default())),
        _ => what.strip_prefix("mailto:").map(|address| named("", address)),
    }
}

/// A link with a label. What would end either of them early is written otherwise.
fn linked(url: &str, label: &str) -> String {
    let url = unescaped(url).replace(' ', "%20").replace('(', "%28").replace(')', "%29");
    let label = label.replace('[', "(").replace(']', ")").replace('\n', " ");
    if url == label { url } else { format!("[{label}]({url})") }
}

/// The three characters that are written as names.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        said.push_str(before);
        let names = [("amp;", '&'), ("lt;", '<'), ("gt;", '>')];
        match names.into_iter().find(|(name, _)| after.starts_with(name)) {
            Some((name, c)) => {
                said.push(c);
                rest = &after[name.len()..];
            }
            None => {
                said.push('&');
                rest = after;
            }
        }
    }
    said.push_str(rest);
    Cow::Owned(said)
}

/// Cuts a text to so many characters, and says by a mark that something is missing: a program cannot shorten
/// what it says.
#[must_use]
pub fn cut(text: String, most: usize) -> String {
    const MARK: &str = " […]";
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most.saturating_sub(MARK.chars().count())).collect();
    format!("{}{MARK}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn links_names_and_characters_are_read() {
        for (theirs, ours) in [
            ("plain", "plain"),
            ("<https://a.b>", "https://a.b"),
            ("<https://a.b/?x=1&amp;y=2>", "https://a.b/?x=1&y=2"),
            ("see <https://a.b|the build>.", "see [the build](https://a.b)."),
            ("<https://a.b/x_(y)|z>", "[z](https://a.b/x_%28y%29)"),
            ("<https://a.b|[JIRA-1] &lt;done&gt;>", "[(JIRA-1) <done>](https://a.b)"),
            ("<https://a.b|>", "https://a.b"),
            ("<mailto:a@b.c|Ann>", "Ann"),
            ("<mailto:a@b.c>", "a@b.c"),
            ("<@U024BE7LH>", "@U024BE7LH"),
            ("<#C024BE7LR|general>", "#general"),
            ("<!here> <!channel>", "here channel"),
            ("<!date^1392734382^{date}|yesterday>", "yesterday"),
            ("1 < 2 > 0 &amp;amp; <b>x</b> &lt;i&gt;", "1 < 2 > 0 &amp; <b>x</b> <i>"),
            ("a & b &copy; <", "a & b &copy; <"),
            ("<https://a.b", "<https://a.b"),
            ("<javascript:alert(1)|x>", "<javascript:alert(1)|x>"),
        ] {
            assert_eq!(plain(theirs), ours);
        }
    }

    #[test]
    fn what_has_no_text_of_its_own_is_read_from_its_parts() {
        assert_eq!(text(&json!({"text": "hi", "attachments": [{"text": "no"}]})), "hi");
        assert_eq!(text(&json!({"text": " ", "attachments": [{"fallback": "f"}]})), "f");
        let attached = json!({"attachments": [
            {"pretext": "Build", "title": "#7", "title_link": "https://ci/7", "text": "failed", "fallback": "f"},
            {"text": "second"}, {}, 7,
        ]});
        assert_eq!(text(&attached), "Build\n[#7](https://ci/7)\nfailed\nsecond");
        let blocks = json!({"blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Deployed"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "<https://a.b|it>"},
             "fields": [{"type": "mrkdwn", "text": "one"}]},
            {"type": "context", "elements": [{"type": "image"}, {"type": "mrkdwn", "text": "two"}]},
            {"type": "divider"},
        ]});
        assert_eq!(text(&blocks), "Deployed\n[it](https://a.b)\none\ntwo");
        for nothing in [json!({}), json!(null), json!([1]), json!("x"), json!({"text": 5})] {
            assert_eq!(text(&nothing), "");
        }
    }

    #[test]
    fn a_text_is_cut_and_says_so() {
        assert_eq!(cut("12345678".to_owned(), 8), "12345678");
        assert_eq!(cut("123456789".to_owned(), 8), "1234 […]");
        assert_eq!(cut("🍅".repeat(9), 8), "🍅🍅🍅🍅 […]");
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(theirs in "(<|>|\\||&|&amp;|https://a|@|!|#|\n|[a-z]|🍅){0,40}") {
            let ours = plain(&theirs);
            prop_assert!(ours.len() <= theirs.len() * 4 + 8);
        }

        #[test]
        fn what_has_no_signs_stays_as_it_is(theirs in "[^<&]{0,60}") {
            prop_assert_eq!(plain(&theirs), theirs);
        }
    }
}
