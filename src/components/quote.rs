//! The beginning of the message that another one answers: a link to it.

use super::tree::Out;
use crate::{
    client::house::Quoted,
    words::{Word, words},
};

/// The quote above an answer.
pub fn quote(quoted: &Quoted, out: &mut Out) {
    let w = words();
    let class = if quoted.text.is_some() { "quote" } else { "quote gone" };
    let text = quoted.text.as_deref().unwrap_or_else(|| w.say(Word::QuoteGone));
    let label = [&*w.with(Word::InAnswerTo, &[&quoted.author]), ": ", text].concat();
    let address = &*quoted.address;
    out.open("a", &[("class", class), ("href", address), ("data-go", ""), ("aria-label", &label)]);
    out.open("b", &[]);
    out.leaf("bdi", &[("dir", "auto")], &quoted.author);
    out.close();
    out.words(" ");
    out.leaf("span", &[("dir", "auto")], text);
    out.close();
}
