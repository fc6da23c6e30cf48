//! What is shown of a text where it does not stand whole: above an answer, in a list, on a locked screen.

use super::markdown::{Kind, Node, action, parse};

/// Characters of a message that [`glimpse`] and [`beginning`] look at: what a database hands out of it.
pub const GLIMPSE_OF: usize = 240;
/// Characters of a glimpse: a line of it, or two on a phone.
const GLIMPSE: usize = 120;
/// In place of what is hidden until one asks for it.
const HIDDEN: &str = "▒▒▒";
/// What begins and ends what is hidden.
const SPOILER: &str = "||";

/// How a text begins, on one line and as it was written, unless something in it is hidden: then as
/// [`beginning`] has it.
#[must_use]
pub fn glimpse(body: &str) -> String {
    if body.contains(SPOILER) { beginning(body) } else { one_line(body) }
}

/// How a text begins, on one line and without the signs that mark it up. Only its own beginning may be at
/// hand ([`GLIMPSE_OF`] characters): what is hidden and was cut off before its end stays hidden.
#[must_use]
pub fn beginning(body: &str) -> String {
    let mut said = plain(action(body).unwrap_or(body));
    let is_cut = body.chars().nth(GLIMPSE_OF - 1).is_some();
    if let Some(at) = said.find(SPOILER).filter(|_| is_cut) {
        said.truncate(at);
        said.push_str(HIDDEN);
    }
    one_line(&said)
}

fn one_line(text: &str) -> String {
    let end = text.char_indices().nth(GLIMPSE_OF).map_or(text.len(), |(at, _)| at);
    let line = text.get(..end).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(GLIMPSE) {
        Some((at, _)) => line.get(..at).unwrap_or_default().to_owned(),
        None => line,
    }
}

/// What was written, without the signs that mark it up.
#[must_use]
pub fn plain(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    put(&parse(body), &mut text);
    text.trim().to_owned()
}

fn put(nodes: &[Node], text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(words) | Node::Code(words) => text.push_str(words),
            Node::Lines { code, .. } => line(text, code),
            Node::Person(name) => text.extend(["@", name]),
            Node::Room(name) => text.extend(["#", name]),
            Node::Link { shown, .. } => put(shown, text),
            Node::Within(Kind::Spoiler, _) => text.push_str(HIDDEN),
            Node::Within(Kind::Quote, nodes) => {
                line(text, "> ");
                put(nodes, text);
                text.push('\n');
            }
            Node::Within(Kind::Item(number), nodes) => {
                match number {
                    Some(number) => line(text, &format!("{number}. ")),
                    None => line(text, "• "),
                }
                put(nodes, text);
            }
            Node::Within(Kind::Bullets | Kind::Numbers, nodes) => {
                put(nodes, text);
                text.push('\n');
            }
            Node::Within(Kind::Bold | Kind::Italic | Kind::Strike, nodes) => put(nodes, text),
        }
    }
}

/// On a line of its own.
fn line(text: &mut String, what: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_left_out_and_what_is_hidden_stays_hidden() {
        for (body, text) in [
            ("**so** _much_ `code`", "so much code"),
            ("||the butler|| did it, @bob in #[the library]", "▒▒▒ did it, @bob in #the library"),
            ("> she said\n\nno", "> she said\n\nno"),
            ("- one\n- two", "• one\n• two"),
            ("[here](https://example.org)", "here"),
            ("snake_case * 2", "snake_case * 2"),
        ] {
            let plain = plain(body);
            let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(squeezed(&plain), squeezed(text), "{body}");
        }
    }

    #[test]
    fn the_beginning_of_a_text_shows_nothing_hidden_wherever_it_was_cut() {
        assert_eq!(beginning("||the *butler*|| **did**\n`it`"), "▒▒▒ did it");
        assert_eq!(beginning("/me waves *so*"), "waves so");
        assert_eq!(beginning("a || b"), "a || b", "nothing was cut");
        let cut = |text: String| beginning(&text.chars().take(GLIMPSE_OF).collect::<String>());
        assert_eq!(cut(format!("so: ||{}||", "butler ".repeat(60))), "so: ▒▒▒");
        assert_eq!(cut(format!("||a|| and ||{}", "butler ".repeat(60))), "▒▒▒ and ▒▒▒");
        assert!(cut("**so** much ".repeat(60)).starts_with("so much so much"));
    }

    #[test]
    fn a_glimpse_is_as_it_was_written_unless_something_is_hidden() {
        assert_eq!(glimpse("**so**\n  much"), "**so** much");
        assert_eq!(glimpse("**so** ||the butler||"), "so ▒▒▒");
        assert_eq!(glimpse("`a || b || c`"), "a || b || c");
        assert_eq!(glimpse("a || b"), "a || b");
        assert_eq!(glimpse(&"x".repeat(500)).len(), GLIMPSE);
        let cut: String =
            format!("so: ||{}||", "butler ".repeat(60)).chars().take(GLIMPSE_OF).collect();
        assert_eq!(glimpse(&cut), "so: ▒▒▒");
    }
}
