//! What was pushed to me: told quietly above the log, which it does not move, until I put it away.

use super::{
    icons,
    tree::{Grown, Out},
};
use crate::{
    client::HouseState,
    protocol::{
        Target,
        people::{NoticeKind, Notify},
    },
    words::{Word, words},
};
use leptos::prelude::*;

/// On what puts one away, with its id: its button, and its link once it is followed.
pub const PUT_AWAY: &str = "data-put-away";

/// Those that I have not put away. Each is read out when it comes.
pub fn told(state: HouseState) -> impl IntoView {
    let inside = Grown::told(move |out| {
        state.told.with(|all| all.iter().for_each(|one| put(one, out)));
    });
    view! { <div class="told" role="status" aria-atomic="false" inner_html=inside></div> }
}

fn put(push: &Notify, out: &mut Out) {
    out.open("div", &[("class", "notice")]);
    out.key(&push.id);
    out.open("p", &[]);
    out.leaf("bdi", &[("dir", "auto")], &push.from);
    out.words(" ");
    let w = words();
    let whom = match (push.kind, &push.to) {
        (NoticeKind::Broadcast, _) => w.say(Word::ToldEverybody),
        // What is aimed at me has no place.
        (_, Target::Own) => w.say(Word::ToldYou),
        (_, to) => to.name(),
    };
    out.leaf("span", &[("dir", "auto")], whom);
    out.close();
    let text = [("class", "text"), ("dir", "auto")];
    let said = w.known(push.why.as_deref(), &push.text);
    match push.link.as_deref() {
        Some(link) => {
            out.open("a", &text);
            out.attribute("href", link);
            out.attribute(PUT_AWAY, &push.id);
            if !link.starts_with('/') {
                out.attribute("target", "_blank");
                out.attribute("rel", "noopener noreferrer");
            }
            out.words(&said);
            out.close();
        }
        None => out.leaf("span", &text, &said),
    }
    let close = w.say(Word::Close);
    out.open(
        "button",
        &[
            ("class", "icon-button"),
            ("type", "button"),
            ("aria-label", close),
            (PUT_AWAY, &push.id),
        ],
    );
    icons::put(icons::CLOSE, out);
    out.close();
    out.close();
}
