//! Line by line: fenced code, quotes, lists, and the words between them.

use super::{DEEP, Kind, Node, inline::inline};

/// As many backticks fence code.
const FENCE: usize = 3;
/// A word after a fence that is longer names no language.
const LANGUAGE: usize = 20;
/// A list's number has no more digits: what is longer is a year, a date or a price.
const DIGITS: usize = 3;
/// A line that stands so much further in belongs to the item above.
const INDENT: usize = 2;

/// The blocks of a text that stands `deep` levels within others.
pub fn blocks(text: &str, deep: usize) -> Vec<Node> {
    if deep >= DEEP {
        return inline(text);
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let closing = closing(&lines);
    let mut nodes = Vec::new();
    // Where the words begin that are in no block yet, and where the line begins.
    let (mut words, mut start) = (0, 0);
    let mut at = 0;
    while at < lines.len() {
        let (node, end) = match block(&lines, &closing, at, deep) {
            Some(found) => found,
            None => {
                start += lines[at].len() + 1;
                at += 1;
                continue;
            }
        };
        say(&mut nodes, &text[words..start]);
        nodes.push(node);
        start += lines[at..end].iter().map(|line| line.len() + 1).sum::<usize>();
        words = start;
        at = end;
    }
    say(&mut nodes, text.get(words..).unwrap_or_default());
    nodes
}

/// The block that begins at a line, and the line after its end.
fn block(lines: &[&str], closing: &[usize], at: usize, deep: usize) -> Option<(Node, usize)> {
    let line = lines[at];
    if let Some((ticks, info)) = fence(line) {
        if closing[at + 1] < ticks {
            return None;
        }
        let mut end = at + 1;
        while ends_fence(lines[end]) < ticks {
            end += 1;
        }
        let mut code = lines[at + 1..end].to_vec();
        let last = lines[end].trim_end();
        let last = &last[..last.len() - ends_fence(last)];
        if !last.trim().is_empty() {
            code.push(last);
        }
        return Some((lines_of_code(info, &code.join("\n")), end + 1));
    }
    if quoted(line).is_some() {
        let within: Vec<&str> = lines[at..].iter().map_while(|line| quoted(line)).collect();
        let end = at + within.len();
        return Some((Node::Within(Kind::Quote, blocks(&within.join("\n"), deep + 1)), end));
    }
    let first = Marker::of(line)?;
    let mut items = Vec::new();
    let mut next = at;
    while let Some(line) = lines.get(next) {
        let Some(marker) = Marker::of(line) else { break };
        if marker.number.is_some() != first.number.is_some()
            || marker.indent.abs_diff(first.indent) >= INDENT
        {
            break;
        }
        let mut item = line[marker.width..].to_owned();
        next += 1;
        while let Some(more) = lines.get(next) {
            if indent(more) < first.indent + INDENT || more.trim().is_empty() {
                break;
            }
            item.push('\n');
            item.push_str(less_indented(more, marker.width));
            next += 1;
        }
        items.push(Node::Within(Kind::Item(marker.number), blocks(&item, deep + 1)));
    }
    let kind = if first.number.is_some() { Kind::Numbers } else { Kind::Bullets };
    Some((Node::Within(kind, items), next))
}

/// The words between two blocks, without the empty lines around them.
fn say(nodes: &mut Vec<Node>, words: &str) {
    let words = words.trim_matches(['\n', '\r']);
    if !words.trim().is_empty() {
        nodes.append(&mut inline(words));
    }
}

/// How many spaces a line begins with; a tab counts as one that is wide enough.
fn indent(line: &str) -> usize {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    if line[spaces..].starts_with('\t') { INDENT.max(spaces) } else { spaces }
}

/// A line without the spaces, so many at most, or the tab that it begins with.
fn less_indented(line: &str, most: usize) -> &str {
    let spaces = line.bytes().take(most).take_while(|byte| *byte == b' ').count();
    let tab = if spaces == 0 { line.strip_prefix('\t') } else { None };
    tab.unwrap_or(&line[spaces..])
}

/// A quote's line without its sign.
fn quoted(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('>')?;
    let text = rest.trim_start_matches('>');
    if !text.is_empty() && !text.starts_with([' ', '\r']) {
        return None;
    }
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// What makes a line one of a list.
struct Marker {
    indent: usize,
    /// Bytes before its text.
    width: usize,
    number: Option<u32>,
}

impl Marker {
    fn of(line: &str) -> Option<Self> {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        let (number, rest) = match text.strip_prefix(['-', '*']) {
            Some(rest) => (None, rest),
            None => {
                let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
                let digits = &text[..text.len() - rest.len()];
                if digits.len() > DIGITS {
                    return None;
                }
                (Some(digits.parse().ok()?), rest.strip_prefix(['.', ')'])?)
            }
        };
        let words = rest.strip_prefix(' ')?;
        (!words.trim().is_empty()).then_some(Self {
            indent,
            width: line.len() - words.len(),
            number,
        })
    }
}

/// Of a line that opens a fence: how many backticks, and what stands after them.
fn fence(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let info = line.trim_start_matches('`');
    let ticks = line.len() - info.len();
    (ticks >= FENCE && !info.contains('`')).then_some((ticks, info.trim()))
}

/// How many backticks close a fence at the end of a line; none where it holds others.
fn ends_fence(line: &str) -> usize {
    let line = line.trim_end();
    let code = line.trim_end_matches('`');
    let ticks = line.len() - code.len();
    if ticks < FENCE || code.contains('`') { 0 } else { ticks }
}

/// For each line, and for the end, the longest fence that is closed from there on: so that looking
/// for one that is never closed takes no time.
fn closing(lines: &[&str]) -> Vec<usize> {
    let mut closing = vec![0; lines.len() + 1];
    for (at, line) in lines.iter().enumerate().rev() {
        closing[at] = closing[at + 1].max(ends_fence(line));
    }
    closing
}

/// Lines of code after what stands beside the fence: the name of a language, or code.
pub fn lines_of_code(info: &str, code: &str) -> Node {
    let names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
    if info.len() <= LANGUAGE && info.chars().all(names) {
        Node::Lines { language: info.to_owned(), code: code.to_owned() }
    } else {
        Node::Lines { language: String::new(), code: format!("{info}\n{code}") }
    }
}
