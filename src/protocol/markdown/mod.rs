//! What people mean by the signs they type: `**bold**`, `` `code` ``, lists, links, `@names`. Every
//! text is read as something, in time that grows with its length, into a tree whose depth has a
//! bound; what is no markup stays as it was typed.
//!
//! Blocks (`blocks.rs`) are found line by line, as in CommonMark where that agrees with what is
//! typed in chats: `>` quotes only with a space after it (`>.<` is a face), a number in a list stays
//! the one that was typed, and a fence that nothing closes is text. Within them (`inline.rs`) signs
//! work where words begin and end, so that `snake_case` and `2*3*4` are left alone; around scripts
//! that know no spaces they work everywhere.

mod address;
mod blocks;
mod inline;
#[cfg(test)]
mod tests;

pub use address::Address;

/// Quotes and lists within one another; what is deeper is text. Deeper than anyone writes by hand,
/// and shallow enough that each level may read its text anew.
const DEEP: usize = 4;
/// Mentions of one text that count. Whoever wants to reach more people writes to a room.
pub const MENTIONS: usize = 50;

/// A piece of what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Words, with their line breaks; never empty.
    Text(String),
    /// Code in the middle of a line.
    Code(String),
    /// Lines of code, and the word that names their language, if there is one.
    Lines { language: String, code: String },
    /// `@name`: whether there is such a person is not known here.
    Person(String),
    /// `#name` or `#[name with spaces]`.
    Room(String),
    /// A link; what is shown holds no other link.
    Link { to: Address, shown: Vec<Node> },
    /// Pieces that share something.
    Within(Kind, Vec<Node>),
}

/// What pieces share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `**so**`
    Bold,
    /// `*so*` or `_so_`
    Italic,
    /// `~~so~~`
    Strike,
    /// `||so||`: shown when one asks for it.
    Spoiler,
    /// `> so`
    Quote,
    /// Lines with `-` or `*` before them; holds items.
    Bullets,
    /// Lines with `1.` or `1)` before them; holds items.
    Numbers,
    /// A line of a list, with its number as it was typed.
    Item(Option<u32>),
}

/// Reads a text.
#[must_use]
pub fn parse(body: &str) -> Vec<Node> {
    blocks::blocks(body, 0)
}

/// What `/me waves` says, where the text is of that kind.
#[must_use]
pub fn action(body: &str) -> Option<&str> {
    let rest = body.strip_prefix("/me")?;
    let said = rest.trim_start();
    (said.len() < rest.len() && !said.is_empty()).then_some(said)
}

/// The `@names` of a text as they were typed, each once, in their order, up to [`MENTIONS`]. What is
/// code mentions nobody.
#[must_use]
pub fn mentions(body: &str) -> Vec<String> {
    fn gather(nodes: Vec<Node>, found: &mut Vec<String>) {
        for node in nodes {
            match node {
                Node::Person(name) if found.len() < MENTIONS && !found.contains(&name) => {
                    found.push(name);
                }
                Node::Within(_, nodes) | Node::Link { shown: nodes, .. } => gather(nodes, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    if body.contains('@') {
        gather(parse(action(body).unwrap_or(body)), &mut found);
    }
    found
}

/// Puts a text after what is there already.
fn push_text(nodes: &mut Vec<Node>, text: &str) {
    if let Some(Node::Text(last)) = nodes.last_mut() {
        last.push_str(text);
    } else if !text.is_empty() {
        nodes.push(Node::Text(text.to_owned()));
    }
}
