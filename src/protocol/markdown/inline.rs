//! Within a block: signs in pairs, code, links and names, in one pass from left to right.
//!
//! What a sign opens is kept open until its like closes it; each kind is open once at most, so the
//! tree is no deeper than there are kinds. What is never closed becomes words again: a piece moves
//! down once for each kind at most, and that is all the work there is.

use super::{
    Kind, Node,
    address::{Address, address, ends},
    blocks::lines_of_code,
    push_text,
};
use crate::protocol::{limits, names};

/// Code stands between as many backticks at most; more are words.
const TICKS: usize = 3;
/// The signs that a backslash before them makes plain.
const PLAIN: &[u8] = b"`*_~|<>@#-";
/// `¯\_(ツ)_/¯` keeps its arm.
const SHRUG: char = '¯';

/// The pieces of a text.
pub fn inline(text: &str) -> Vec<Node> {
    let mut it = Inline {
        text,
        done: 0,
        frames: vec![Frame { sign: "", nodes: Vec::new() }],
        parens: if text.contains("](") { parens(text) } else { Vec::new() },
        never: [false; TICKS + 1],
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'`' => it.code(at),
            b'*' | b'_' | b'~' | b'|' => it.signs(at),
            b'\\' => it.backslash(at),
            b'[' if !it.parens.is_empty() => it.opens_link(at),
            b']' if !it.parens.is_empty() => it.closes_link(at),
            b'<' => it.bracketed(at),
            b':' => it.address(at),
            b'@' => it.person(at),
            b'#' => it.room(at),
            _ => at + 1,
        };
    }
    it.flush(text.len());
    while it.frames.len() > 1 {
        it.dissolve(it.frames.len() - 1);
    }
    it.frames.pop().map(|base| base.nodes).unwrap_or_default()
}

/// What a sign has opened and nothing has closed yet. The first is opened by nothing.
struct Frame {
    sign: &'static str,
    nodes: Vec<Node>,
}

struct Inline<'a> {
    text: &'a str,
    /// What comes before is in the frames.
    done: usize,
    frames: Vec<Frame>,
    /// For each `(` the `)` that closes it, or 0; empty where there is no link.
    parens: Vec<usize>,
    /// Runs of so many backticks do not come any more.
    never: [bool; TICKS + 1],
}

impl Inline<'_> {
    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn after(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    fn push(&mut self, node: Node) {
        if let Some(top) = self.frames.last_mut() {
            top.nodes.push(node);
        }
    }

    /// The words up to here are words.
    fn flush(&mut self, to: usize) {
        if let Some(top) = self.frames.last_mut() {
            push_text(&mut top.nodes, &self.text[self.done..to]);
        }
        self.done = to;
    }

    /// A piece in place of the text between these.
    fn put(&mut self, from: usize, to: usize, node: Node) -> usize {
        self.flush(from);
        self.push(node);
        self.done = to;
        to
    }

    fn opened(&self, sign: &str) -> Option<usize> {
        self.frames.iter().rposition(|frame| frame.sign == sign)
    }

    fn open(&mut self, at: usize, sign: &'static str) {
        self.flush(at);
        self.frames.push(Frame { sign, nodes: Vec::new() });
        self.done = at + sign.len();
    }

    /// What was opened here was never closed: it and what is in it are part of what is around it.
    fn dissolve(&mut self, frame: usize) {
        let Frame { sign, nodes } = self.frames.remove(frame);
        let around = &mut self.frames[frame - 1].nodes;
        push_text(around, sign);
        for node in nodes {
            match node {
                Node::Text(text) => push_text(around, &text),
                node => around.push(node),
            }
        }
    }

    /// Closes what was opened by a frame; what was opened in it and not closed is words.
    fn close(&mut self, at: usize, frame: usize) -> Vec<Node> {
        self.flush(at);
        while self.frames.len() > frame + 1 {
            self.dissolve(self.frames.len() - 1);
        }
        self.frames.pop().map(|closed| closed.nodes).unwrap_or_default()
    }

    fn run(&self, at: usize) -> usize {
        let byte = self.text.as_bytes()[at];
        self.text.as_bytes()[at..].iter().take_while(|other| **other == byte).count()
    }

    /// `**`, `*`, `_`, `~~` and `||`, alone or several together.
    fn signs(&mut self, at: usize) -> usize {
        let run = self.run(at);
        let end = at + run;
        let signs: &[&'static str] = match (self.text.as_bytes()[at], run) {
            (b'*', 1..=3) => &["**", "*"],
            (b'_', 1) => &["_"],
            (b'~', 2) => &["~~"],
            (b'|', 2) => &["||"],
            _ => return end,
        };
        let (before, after) = (self.before(at), self.after(end));
        let mut from = at;
        if before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(runs_on) {
            // The innermost first, as `***` closes what it opened.
            let fits =
                |frame: &Frame, from| signs.contains(&frame.sign) && frame.sign.len() <= end - from;
            while let Some(frame) = self.frames.iter().rposition(|frame| fits(frame, from)) {
                let sign = self.frames[frame].sign;
                let nodes = self.close(from, frame);
                from += sign.len();
                self.done = from;
                self.push(Node::Within(kind(sign), nodes));
            }
        }
        if after.is_some_and(|c| !c.is_whitespace()) && !before.is_some_and(runs_on) {
            for sign in signs {
                if sign.len() <= end - from && self.opened(sign).is_none() {
                    self.open(from, sign);
                    from += sign.len();
                }
            }
        }
        end
    }

    fn code(&mut self, at: usize) -> usize {
        let ticks = self.run(at);
        let from = at + ticks;
        if ticks > TICKS || self.never[ticks] {
            return from;
        }
        let Some(to) = self.closing_ticks(from, ticks) else {
            self.never[ticks] = true;
            return from;
        };
        let code = &self.text[from..to];
        let node = match code.split_once('\n') {
            Some((info, code)) if ticks == TICKS => {
                lines_of_code(info.trim(), code.trim_end_matches('\n'))
            }
            _ => {
                // A space on both sides keeps a backtick from the fence.
                let inner = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
                Node::Code(inner.filter(|code| !code.trim().is_empty()).unwrap_or(code).to_owned())
            }
        };
        self.put(at, to + ticks, node)
    }

    fn closing_ticks(&self, from: usize, ticks: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += self.text[at..].find('`')?;
            let run = self.run(at);
            if run == ticks {
                return Some(at);
            }
            at += run;
        }
    }

    fn backslash(&mut self, at: usize) -> usize {
        let plain = self.text.as_bytes().get(at + 1).is_some_and(|next| PLAIN.contains(next));
        if !plain {
            return at + 1;
        }
        if self.before(at) != Some(SHRUG) {
            self.flush(at);
            self.done = at + 1;
        }
        at + 2
    }

    fn opens_link(&mut self, at: usize) -> usize {
        // Of two brackets that open, the second may be a link's.
        if let Some(frame) = self.opened("[") {
            self.flush(at);
            self.dissolve(frame);
        }
        self.open(at, "[");
        at + 1
    }

    fn closes_link(&mut self, at: usize) -> usize {
        let Some(frame) = self.opened("[") else { return at + 1 };
        let open = at + 1;
        let close = self.parens.get(open).copied().unwrap_or_default();
        let target = (close > open).then(|| self.text[open + 1..close].trim());
        match target.and_then(Address::given) {
            Some(to) => {
                let mut shown = unlinked(self.close(at, frame));
                if shown.is_empty() {
                    push_text(&mut shown, to.as_str());
                }
                self.done = close + 1;
                self.push(Node::Link { to, shown });
                close + 1
            }
            None => {
                self.flush(at);
                self.dissolve(frame);
                at + 1
            }
        }
    }

    /// `<https://example.org>`
    fn bracketed(&mut self, at: usize) -> usize {
        let rest = &self.text[at + 1..];
        let end = rest.find(|c: char| matches!(c, '<' | '>') || c.is_whitespace());
        let Some(end) = end.filter(|end| rest[*end..].starts_with('>')) else { return at + 1 };
        match Address::given(&rest[..end]).filter(|to| to.host().is_some()) {
            Some(to) => {
                let shown = vec![Node::Text(to.as_str().to_owned())];
                self.put(at, at + 1 + end + 1, Node::Link { to, shown })
            }
            None => at + 1,
        }
    }

    fn address(&mut self, at: usize) -> usize {
        let Some((from, to)) = address(self.text, self.done, at) else { return at + 1 };
        let shown = &self.text[from..to];
        match Address::given(shown) {
            Some(link) => {
                let shown = vec![Node::Text(shown.to_owned())];
                self.put(from, to, Node::Link { to: link, shown })
            }
            // Too long for one: not looked at again from its middle.
            None => to,
        }
    }

    fn person(&mut self, at: usize) -> usize {
        match self.name(at, limits::USER_NAME) {
            Some(name) => {
                let end = at + 1 + name.len();
                let person = Node::Person(name.to_owned());
                self.put(at, end, person)
            }
            None => at + 1,
        }
    }

    fn room(&mut self, at: usize) -> usize {
        let rest = &self.text[at + 1..];
        if let Some(rest) = rest.strip_prefix('[') {
            let ends = |c: char| matches!(c, ']' | '[' | '/') || c.is_control();
            let end = rest.char_indices().take(limits::ROOM_NAME + 1).find(|(_, c)| ends(*c));
            let name = end.filter(|(_, c)| *c == ']').map(|(end, _)| &rest[..end]);
            return match name.filter(|name| !name.is_empty() && name.trim() == *name) {
                Some(name) => {
                    let end = at + 2 + name.len() + 1;
                    let room = Node::Room(name.to_owned());
                    self.put(at, end, room)
                }
                None => at + 1,
            };
        }
        match self.name(at, limits::ROOM_NAME) {
            // `#12` is a number.
            Some(name) if !name.bytes().all(|byte| byte.is_ascii_digit()) => {
                let end = at + 1 + name.len();
                let room = Node::Room(name.to_owned());
                self.put(at, end, room)
            }
            _ => at + 1,
        }
    }

    /// The name after the sign at `at`, unless it is longer than names are.
    fn name(&self, at: usize, most: usize) -> Option<&str> {
        // A sign that was taken as such is no part of a word.
        let before = self.before(at).filter(|_| self.done < at);
        if before.is_some_and(|c| runs_on(c) || matches!(c, '_' | '/' | '@' | '#' | '&')) {
            return None;
        }
        let rest = &self.text[at + 1..];
        let end = rest.find(|c| !names::in_user_name(c)).unwrap_or(rest.len());
        // A sentence, or the sign around it, ends after the name.
        let mut name = rest[..end].trim_end_matches(['.', '-']);
        if self.opened("_").is_some() {
            name = name.trim_end_matches('_');
        }
        let fine = name.contains(char::is_alphanumeric) && name.chars().nth(most).is_none();
        fine.then_some(name)
    }
}

fn kind(sign: &str) -> Kind {
    match sign {
        "**" => Kind::Bold,
        "~~" => Kind::Strike,
        "||" => Kind::Spoiler,
        _ => Kind::Italic,
    }
}

/// Whether a word goes on with this character, so that no sign begins or ends there. Scripts that
/// are written without spaces, or that put endings to a word, break anywhere.
pub fn runs_on(c: char) -> bool {
    let breaks = ends(c)
        || matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{AC00}'..='\u{D7AF}');
    c.is_alphanumeric() && !breaks
}

/// For each `(` of a text the `)` that closes it before the next space, or 0.
fn parens(text: &str) -> Vec<usize> {
    let mut close = vec![0; text.len()];
    let mut open = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' => open.push(at),
            ')' => {
                if let Some(from) = open.pop() {
                    close[from] = at;
                }
            }
            c if c.is_whitespace() => open.clear(),
            _ => {}
        }
    }
    close
}

/// The same without the links and names in it: a link holds no other.
fn unlinked(nodes: Vec<Node>) -> Vec<Node> {
    let mut plain = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Text(text) => push_text(&mut plain, &text),
            Node::Person(name) => push_text(&mut plain, &format!("@{name}")),
            Node::Room(name) => push_text(&mut plain, &format!("#{name}")),
            Node::Link { shown, .. } => {
                for node in shown {
                    match node {
                        Node::Text(text) => push_text(&mut plain, &text),
                        node => plain.push(node),
                    }
                }
            }
            Node::Within(kind, nodes) => plain.push(Node::Within(kind, unlinked(nodes))),
            node => plain.push(node),
        }
    }
    plain
}
