//! What other programs' integrations send, read as a message of ours. They are written for Slack's
//! incoming webhooks, which many chats take: a `text`, `attachments` with texts, or `blocks` with texts,
//! in which `<https://…|label>` is a link, `*so*` is bold, and `&amp;`, `&lt;` and `&gt;` are characters.
//! (<https://docs.slack.dev/messaging/formatting-message-text>)

use serde_json::Value;
use std::borrow::Cow;

/// Bytes of one `<…>` at most: past it, it is a bracket.
const LINK: usize = 4_096;

/// What a call says; empty where it says nothing. As there, blocks stand in place of the text, which is
/// then for where they cannot be shown, and attachments come after either.
#[must_use]
pub fn text(said: &Value) -> String {
    let own = field(said, "text");
    let mut lines: Vec<String> = parts(said, "blocks").flat_map(block).collect();
    if lines.iter().all(|line| line.trim().is_empty()) {
        lines = vec![mrkdwn(own)];
    }
    for attached in parts(said, "attachments") {
        lines.extend(attachment(attached, own));
    }
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

fn field<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn parts<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A text, which is a string or says itself of what kind it is.
fn worded(text: Option<&Value>) -> String {
    match text {
        Some(Value::String(text)) => mrkdwn(text),
        Some(text @ Value::Object(_)) if field(text, "type") == "plain_text" => {
            plain(field(text, "text"))
        }
        Some(text @ Value::Object(_)) => mrkdwn(field(text, "text")),
        _ => String::new(),
    }
}

/// What a block says, or one of its elements, and what is in it: JSON is read to a depth, so this ends.
fn block(part: &Value) -> Vec<String> {
    match field(part, "type") {
        // Is written as we write.
        "markdown" => vec![field(part, "text").to_owned()],
        "mrkdwn" | "plain_text" => vec![worded(Some(part))],
        "rich_text_section" => vec![rich(part)],
        "rich_text_preformatted" => vec![format!("```\n{}\n```", rich(part))],
        "rich_text_quote" => rich(part).lines().map(|line| format!("> {line}")).collect(),
        "rich_text_list" => {
            let is_ordered = field(part, "style") == "ordered";
            let sign = |nth: usize| if is_ordered { format!("{nth}.") } else { "-".to_owned() };
            let items = parts(part, "elements").map(rich);
            (1..).zip(items).map(|(nth, item)| format!("{} {item}", sign(nth))).collect()
        }
        kind => {
            let names = [worded(part.get("text")), worded(part.get("title"))];
            let alt = plain(field(part, "alt_text"));
            let name = names.into_iter().chain([alt]).find(|it| !it.trim().is_empty());
            let url = ["url", "image_url", "title_url"].map(|name| field(part, name));
            let url = url.into_iter().find(|url| is_link(url));
            let own = match (url, name) {
                (Some(url), name) => linked(url, &name.unwrap_or_default()),
                // A button that leads nowhere would do something there that it cannot do here.
                (None, Some(name)) if kind != "button" => name,
                (None, _) => String::new(),
            };
            let fields = parts(part, "fields").map(|it| worded(Some(it)));
            let within = parts(part, "elements").chain(part.get("accessory")).flat_map(block);
            [own].into_iter().chain(fields).chain(within).collect()
        }
    }
}

/// A line of rich text: its pieces are not in signs but in styles.
fn rich(line: &Value) -> String {
    let piece = |piece: &Value| {
        let text = field(piece, "text");
        let said = match field(piece, "type") {
            "link" => linked(field(piece, "url"), text),
            "emoji" => emoji(piece),
            "user" => format!("@{}", field(piece, "user_id")),
            "channel" => format!("#{}", field(piece, "channel_id")),
            "broadcast" => field(piece, "range").to_owned(),
            "date" => field(piece, "fallback").to_owned(),
            _ => text.to_owned(),
        };
        styled(said, piece)
    };
    parts(line, "elements").map(piece).collect()
}

fn emoji(piece: &Value) -> String {
    let point = |hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?);
    let drawn: Option<String> = field(piece, "unicode").split('-').map(point).collect();
    drawn.unwrap_or_else(|| format!(":{}:", field(piece, "name")))
}

fn styled(said: String, piece: &Value) -> String {
    let is = |style| piece.pointer(style).and_then(Value::as_bool) == Some(true);
    let within = said.trim();
    if within.is_empty() {
        return said;
    }
    let mut signs = String::new();
    for (style, sign) in [
        ("/style/strike", "~~"),
        ("/style/bold", "**"),
        ("/style/italic", "_"),
        ("/style/code", "`"),
    ] {
        if is(style) {
            signs.push_str(sign);
        }
    }
    if signs.is_empty() {
        return said;
    }
    let (before, after) = said.split_once(within).unwrap_or_default();
    let closing: String = signs.chars().rev().collect();
    format!("{before}{signs}{within}{closing}{after}")
}

/// What stands around an attachment, its title, its text, its fields, or what it says where none of this
/// shows, if that is not what stands above it already.
fn attachment(it: &Value, own: &str) -> Vec<String> {
    let titled = |name: &str, link: &str| {
        let (name, link) = (plain(field(it, name)), field(it, link));
        if is_link(link) && !name.is_empty() { linked(link, &name) } else { name }
    };
    let mut lines = vec![
        mrkdwn(field(it, "pretext")),
        titled("author_name", "author_link"),
        titled("title", "title_link"),
        mrkdwn(field(it, "text")),
    ];
    lines.extend(parts(it, "fields").map(|it| {
        let value = match it.get("value") {
            Some(Value::String(value)) => mrkdwn(value),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            _ => String::new(),
        };
        let title = plain(field(it, "title"));
        if title.is_empty() || value.is_empty() {
            title + &value
        } else {
            format!("{title}: {value}")
        }
    }));
    lines.extend(parts(it, "blocks").chain(parts(it, "actions")).flat_map(block));
    lines.extend(Some(field(it, "image_url")).filter(|url| is_link(url)).map(plain));
    let fallback = field(it, "fallback");
    if lines.iter().all(|line| line.trim().is_empty()) && fallback.trim() != own.trim() {
        lines.push(plain(fallback));
    }
    lines
}

/// A text with signs: links and names as in [`plain`], `*so*` and `~so~` as we write them.
#[must_use]
pub fn mrkdwn(text: &str) -> String {
    plain(&doubled(text))
}

/// Slack's one `*` and one `~` around words as our two. Code and what stands between brackets is left
/// alone, and so is what is two already: many programs write to Slack as they would anywhere else.
fn doubled(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut open = [None; 2];
    let mut signs: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let run = || bytes[at..].iter().take_while(|other| *other == byte).count();
        at += match byte {
            b'`' => {
                let ticks = run();
                let fence = &"```"[..ticks.min(3)];
                text[at + ticks..].find(fence).map_or(ticks, |end| ticks + end + fence.len())
            }
            b'<' => inside(&text[at + 1..]).map_or(1, |inside| inside.len() + 2),
            b'\n' => {
                open = [None; 2];
                1
            }
            b'*' | b'~' if run() == 1 => {
                let before = text[..at].chars().next_back();
                let after = text[at + 1..].chars().next();
                let opened = &mut open[usize::from(*byte == b'~')];
                let is_end = after.is_none_or(|c| !c.is_alphanumeric());
                match opened.filter(|_| is_end && before.is_some_and(|c| !c.is_whitespace())) {
                    Some(from) => {
                        signs.extend([from, at]);
                        *opened = None;
                    }
                    None if before.is_none_or(|c| !c.is_alphanumeric())
                        && after.is_some_and(|c| !c.is_whitespace()) =>
                    {
                        *opened = Some(at);
                    }
                    None => {}
                }
                1
            }
            b'*' | b'~' => run(),
            _ => 1,
        };
    }
    if signs.is_empty() {
        return Cow::Borrowed(text);
    }
    signs.sort_unstable();
    let mut said = String::with_capacity(text.len() + signs.len());
    let mut done = 0;
    for at in signs {
        said.push_str(&text[done..=at]);
        done = at;
    }
    said.push_str(&text[done..]);
    Cow::Owned(said)
}

/// What stands before a bracket that closes, if one does.
fn inside(after: &str) -> Option<&str> {
    let end = after.find(['>', '<', '\n']).filter(|end| *end <= LINK)?;
    after[end..].starts_with('>').then(|| &after[..end])
}

fn is_link(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// A text of theirs as one of ours.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        said.push_str(&unescaped(before));
        match inside(after).and_then(|inside| Some((inside, sign(inside)?))) {
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
    if is_link(what) {
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
    if url == label || label.trim().is_empty() { url } else { format!("[{label}]({url})") }
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
    fn stars_and_waves_around_words_are_written_as_ours() {
        for (theirs, ours) in [
            ("*bold* and ~gone~", "**bold** and ~~gone~~"),
            ("(*a b*), *c*!", "(**a b**), **c**!"),
            ("*<https://a.b/*x*|the *build*>*", "**[the *build*](https://a.b/*x*)**"),
            ("`*code*` ```a *b*\n*c*``` *d*", "`*code*` ```a *b*\n*c*``` **d**"),
            ("~*both*~", "~~**both**~~"),
            // Not around words, not of one line, or ours already.
            ("2*3*4 * a * b*", "2*3*4 * a * b*"),
            ("* a\n* b", "* a\n* b"),
            ("*a\nb*", "*a\nb*"),
            ("**bold** ~~gone~~ ***", "**bold** ~~gone~~ ***"),
            ("~/a and ~/b", "~/a and ~/b"),
            ("`* ``* *é*", "`* ``* **é**"),
        ] {
            assert_eq!(mrkdwn(theirs), ours);
        }
    }

    #[test]
    fn what_slack_shows_is_said_and_once() {
        let section = json!({"type": "section", "text": {"type": "mrkdwn", "text": "*Deployed*"}});
        for (theirs, ours) in [
            (json!({"text": "hi", "attachments": [{"text": "more"}]}), "hi\nmore"),
            (json!({"text": "hi", "attachments": [{"fallback": "hi"}]}), "hi"),
            (json!({"text": "hi", "attachments": [{"fallback": "else"}]}), "hi\nelse"),
            (json!({"text": "for notices", "blocks": [section]}), "**Deployed**"),
            (json!({"text": "hi", "blocks": [{"type": "divider"}]}), "hi"),
            (
                json!({"attachments": [{"author_name": "Ann", "title": "[FIRING:1] Disk",
                    "title_link": "https://am/1", "fallback": "[FIRING:1] Disk",
                    "fields": [{"title": "Severity", "value": "*high*", "short": true},
                        {"title": "Count", "value": 3}, {"value": "alone"}, {}],
                    "actions": [{"type": "button", "text": "Runbook", "url": "https://rb"}]}]}),
                "Ann\n[(FIRING:1) Disk](https://am/1)\nSeverity: **high**\nCount: 3\nalone\n[Runbook](https://rb)",
            ),
            (
                json!({"blocks": [
                    {"type": "rich_text", "elements": [
                        {"type": "rich_text_section", "elements": [
                            {"type": "text", "text": "Hello "},
                            {"type": "text", "text": "there ", "style": {"bold": true, "strike": true}},
                            {"type": "link", "url": "https://a.b", "text": "you"},
                            {"type": "emoji", "name": "wave", "unicode": "1f44b"},
                            {"type": "emoji", "name": "ours"},
                        ]},
                        {"type": "rich_text_list", "style": "ordered", "elements": [
                            {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                            {"type": "rich_text_section", "elements": [{"type": "link", "url": "https://two"}]},
                        ]},
                        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a\nb"}]},
                        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]},
                    ]},
                ]}),
                "Hello ~~**there**~~ [you](https://a.b)👋:ours:\n1. one\n2. https://two\n> a\n> b\n```\nx = 1\n```",
            ),
            (json!({"blocks": [{"type": "markdown", "text": "**so** <b>"}]}), "**so** <b>"),
            (
                json!({"blocks": [{"type": "image", "image_url": "https://a.b/c.png", "alt_text": "A cat"}]}),
                "[A cat](https://a.b/c.png)",
            ),
            (
                json!({"blocks": [
                    {"type": "actions", "elements": [
                        {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://o"},
                        {"type": "button", "text": {"type": "plain_text", "text": "Approve"}},
                    ]},
                    {"type": "section", "text": "with", "accessory":
                        {"type": "image", "image_url": "javascript:x", "alt_text": "a sign"}},
                ]}),
                "[Open](https://o)\nwith\na sign",
            ),
        ] {
            assert_eq!(text(&theirs), ours);
        }
    }

    #[test]
    fn what_has_no_text_of_its_own_is_read_from_its_parts() {
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
        fn stars_are_made_more_and_nothing_else(theirs in "(\\*|~|`|<|>|https://a| |\n|[a-z]|é){0,40}") {
            let ours = doubled(&theirs);
            prop_assert!(ours.len() <= theirs.len() * 2);
            let rest = |text: &str| text.replace(['*', '~'], "");
            prop_assert_eq!(rest(&ours), rest(&theirs));
        }

        #[test]
        fn what_has_no_signs_stays_as_it_is(theirs in "[^<&]{0,60}") {
            prop_assert_eq!(plain(&theirs), theirs);
        }
    }
}
