//! The bell: the way to what concerns me, with how much of it I have yet to see.

use super::{icons, tree::Out, words as dates};
use crate::{
    protocol::urls,
    words::{Word, words},
};

/// The bell in a header.
pub fn bell(count: usize, out: &mut Out) {
    let w = words();
    let name = w.say(Word::Notifications);
    let count = if count > 0 { dates::unread(count as i64) } else { String::new() };
    let label = match &*count {
        "" => name.to_owned(),
        count => [name, " · ", count, " ", w.say(Word::Unread)].concat(),
    };
    out.open("a", &[("class", "icon-button bell"), ("href", urls::NOTICES), ("data-panel", "")]);
    out.attribute("aria-label", &label);
    out.attribute("title", &label);
    icons::put(icons::BELL, out);
    // An empty one keeps its place among the elements, and is not seen.
    out.leaf("b", &[], &count);
    out.close();
}
