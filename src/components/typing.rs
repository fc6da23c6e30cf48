//! Who is writing, in the line above the composer that is always there; and telling the others that I
//! am.

use super::{live::effect, tree::Out};
use crate::{
    client::{Act, HouseState, house::Mode},
    words::{Word, words},
};
use leptos::prelude::*;

/// The words. They are not read out: whoever listens to a page would hear nothing else.
pub fn typing(names: &[String], out: &mut Out) {
    let w = words();
    let said = match names {
        [] => String::new(),
        [one] => w.with(Word::OneTypes, &[one]),
        [one, two] => w.with(Word::TwoType, &[one, two]),
        _ => w.say(Word::ManyType).to_owned(),
    };
    out.leaf("p", &[("class", "typing"), ("dir", "auto")], &said);
}

/// Tells of every change to what is written here. What another place's draft brings is none, nor is
/// what is changed in a message that was said already.
pub fn tell(state: HouseState) {
    let mut before = None;
    effect(move || {
        let draft = state.draft.get();
        let now = (state.place.get_untracked(), state.mode.get_untracked());
        let here = before.as_ref() == Some(&now);
        let editing = matches!(now.1, Mode::Editing { .. });
        before = Some(now);
        if here && !editing {
            state.act.run(Act::Wrote(draft));
        }
    });
}
