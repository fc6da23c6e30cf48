//! What is done to messages: shown at once, sent until it is answered, undone when it is refused; and
//! who is writing.

use super::world::{ME, Page, Server, connected, person, room};
use crate::client::{
    Act, SaidState, Status,
    desk::Input,
    house::{Chip, Mode, Waits},
};
use crate::protocol::{
    At, Code, Refusal, Target,
    frames::{ClientFrame, Kind, ServerFrame, What},
    people::Mine,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn edit(id: &str, body: &str) -> Act {
    Act::Edit { id: id.into(), body: body.into() }
}

fn delete(id: &str) -> Act {
    Act::Delete { id: id.into() }
}

fn react(id: &str, emoji: &str) -> Act {
    Act::React { id: id.into(), emoji: emoji.into() }
}

fn reacted(by: &str, emoji: &str, on: bool) -> What {
    What::Reacted { emoji: emoji.into(), user: by.into(), on }
}

fn edited(body: &str) -> What {
    What::Edited { body: Some(body.into()), at: At(1) }
}

/// What others do, and the page hears of it.
fn others(server: &mut Server, page: &mut Page, to: &Target, id: &str, what: What) {
    let frames = server.change(to, "bob", id, what).unwrap_or_default();
    page.deliver(frames);
    page.settle(server);
}

fn chips(page: &Page, id: &str) -> Vec<(String, usize, bool, bool)> {
    let of = |chip: &Chip| (chip.emoji.clone(), chip.count, chip.mine, chip.waits);
    page.said(id).reactions.iter().map(of).collect()
}

/// A room in which bob has said something and alice has answered.
fn talk() -> (Server, Page) {
    let (mut server, mut page) = connected(&["a", "b"]);
    let frames = server.say(&room("a"), "bob", "one", None);
    page.deliver(frames);
    page.settle(&mut server);
    page.say("two");
    page.settle(&mut server);
    (server, page)
}

fn heard(server: &Server, which: fn(&ClientFrame) -> bool) -> usize {
    server.heard.iter().filter(|frame| which(frame)).count()
}

fn is_edit(frame: &ClientFrame) -> bool {
    matches!(frame, ClientFrame::Edit { .. })
}

#[test]
fn a_reaction_shows_at_once_and_a_second_click_takes_it_back() {
    let (mut server, mut page) = talk();
    others(&mut server, &mut page, &room("a"), "id-1", reacted("bob", "👍", true));
    assert_eq!(chips(&page, "id-1"), [("👍".into(), 1, false, false)]);
    page.act(react("id-1", "👍"));
    assert_eq!(chips(&page, "id-1"), [("👍".into(), 2, true, true)]);
    page.settle(&mut server);
    assert_eq!(chips(&page, "id-1"), [("👍".into(), 2, true, false)]);
    assert_eq!(page.said("id-1").reactions[0].names, ["bob"], "I am not named but known");
    page.act(react("id-1", "👍"));
    page.act(react("id-1", "🎉"));
    assert_eq!(
        chips(&page, "id-1"),
        [("👍".into(), 1, false, false), ("🎉".into(), 1, true, true)]
    );
    page.settle(&mut server);
    let of = &server.messages(&room("a"))[0].reactions;
    assert_eq!(of.iter().map(|it| it.users.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_reaction_that_is_refused_goes_again_and_says_why() {
    let (mut server, mut page) = talk();
    server.refuse.push_back(Refusal::invalid("emoji", "That is not an emoji."));
    page.act(react("id-1", "x"));
    assert_eq!(chips(&page, "id-1").len(), 1);
    page.settle(&mut server);
    assert_eq!((chips(&page, "id-1"), page.refusal_code()), (vec![], Some(Code::Invalid)));
}

#[test]
fn an_edit_says_that_it_is_being_saved_until_it_is() {
    let (mut server, mut page) = talk();
    page.act(edit("id-2", "  two!\n"));
    assert_eq!((&*page.said("id-2").body, page.said("id-2").waits), ("  two!", Some(Waits::Edit)));
    page.settle(&mut server);
    let said = page.said("id-2");
    assert_eq!((&*said.body, said.waits), ("  two!", None));
    let before = said.edited.as_ref().and_then(|edited| edited.before.as_deref());
    assert_eq!(before, Some("/chat/a/edits/id-2"), "I may look at what it said before");
    others(&mut server, &mut page, &room("a"), "id-1", edited("one!"));
    assert!(page.said("id-1").edited.as_ref().is_some_and(|edited| edited.before.is_none()));
}

#[test]
fn an_edit_that_changes_nothing_is_not_sent_and_an_empty_one_is_refused() {
    let (mut server, mut page) = talk();
    page.draft = "two".into();
    page.act(edit("id-2", "two"));
    assert_eq!(page.draft, "");
    page.act(edit("id-2", " \n"));
    assert_eq!(page.refusal_code(), Some(Code::Invalid));
    page.act(edit("id-2", &"x".repeat(4_001)));
    assert_eq!(page.refusal_code(), Some(Code::TooLong));
    page.settle(&mut server);
    assert_eq!(heard(&server, is_edit), 0);
}

#[test]
fn answered_but_unheard_it_stays_as_it_is() {
    let (mut server, mut page) = talk();
    page.act(edit("id-2", "two!"));
    page.one_up(&mut server);
    page.one_down();
    assert_eq!((&*page.said("id-2").body, page.said("id-2").waits), ("two!", None));
    page.one_down();
    assert_eq!((&*page.said("id-2").body, page.said("id-2").edited.is_some()), ("two!", true));
}

#[test]
fn what_was_not_answered_is_asked_again_and_happens_once() {
    let (mut server, mut page) = talk();
    page.act(edit("id-2", "two!"));
    page.act(react("id-1", "👍"));
    page.one_up(&mut server);
    page.lose(1006);
    assert_eq!(page.said("id-2").waits, Some(Waits::Edit));
    page.reconnect(&mut server);
    assert_eq!((heard(&server, is_edit), server.logs[&room("a")].len()), (2, 4));
    assert_eq!(page.said("id-2").waits, None);
    assert_eq!(chips(&page, "id-1"), [("👍".into(), 1, true, false)]);
}

#[test]
fn what_is_changed_offline_goes_out_on_the_way_back_also_from_elsewhere() {
    let (mut server, mut page) = talk();
    page.lose(1006);
    page.act(edit("id-2", "two!"));
    page.act(delete("id-2"));
    page.act(edit("id-2", "three"));
    page.act(react("id-1", "🎉"));
    page.reconnect(&mut server);
    // The last word about a text counts; the deletion came before it and is not overtaken.
    assert!(server.messages(&room("a"))[1].deleted);
    page.lose(1006);
    page.act(react("id-1", "👍"));
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    assert_eq!(page.place, room("b"));
    page.reconnect(&mut server);
    let given = &server.messages(&room("a"))[0].reactions;
    assert_eq!(given.iter().map(|it| it.emoji.as_str()).collect::<Vec<_>>(), ["🎉", "👍"]);
    page.act(Act::Go(room("a")));
    page.settle(&mut server);
    assert_eq!(chips(&page, "id-1").len(), 2);
}

#[test]
fn a_refusal_for_now_waits() {
    let (mut server, mut page) = talk();
    server.refuse.push_back(Refusal::rate_limited("", 300));
    page.act(react("id-1", "👍"));
    page.settle(&mut server);
    assert_eq!(chips(&page, "id-1"), [("👍".into(), 1, true, true)]);
    page.pass(300, &mut server);
    assert_eq!(chips(&page, "id-1"), [("👍".into(), 1, true, false)]);
}

#[test]
fn an_edit_of_what_was_deleted_meanwhile_comes_back_into_the_composer() {
    let (mut server, mut page) = talk();
    page.lose(1006);
    page.act(edit("id-2", "much better"));
    assert!(server.change(&room("a"), ME, "id-2", What::Deleted { at: At(1) }).is_ok());
    page.reconnect(&mut server);
    assert!(page.said("id-2").deleted);
    assert_eq!((&*page.draft, page.refusal_code()), ("much better", Some(Code::NotFound)));
    assert!(page.storage.is_empty());
}

#[test]
fn a_refused_edit_waits_beside_what_is_being_written() {
    let (mut server, mut page) = talk();
    server.refuse.push_back(Refusal::new(Code::Forbidden, "No."));
    page.act(edit("id-2", "much better"));
    page.draft = "something else".into();
    page.settle(&mut server);
    assert_eq!(page.draft, "something else");
    assert_eq!(page.log(), ["one", "two", "much better✗"]);
    assert_eq!(page.storage.len(), 1, "over a reload too");
    let key = page.keys()[2].to_owned();
    page.act(Act::Discard(key));
    assert_eq!(page.log(), ["one", "two"]);
}

#[test]
fn a_deletion_says_so_and_leaves_its_place() {
    let (mut server, mut page) = talk();
    page.act(Act::Choose(Some("id-2".into())));
    assert!(page.choices.is_some());
    page.act(delete("id-2"));
    assert_eq!(
        (page.said("id-2").waits, page.said("id-2").deleted),
        (Some(Waits::Deletion), false)
    );
    assert_eq!(page.choices, None, "nothing is to be done with it any more");
    page.settle(&mut server);
    let said = page.said("id-2");
    assert_eq!((said.waits, said.deleted, &*said.author), (None, true, ME));
}

#[test]
fn what_may_be_done_depends_on_who_asks() {
    let (mut server, mut page) = talk();
    let choose = |page: &mut Page, id: &str| {
        page.act(Act::Choose(Some(id.into())));
        page.choices.clone().unwrap_or_else(|| panic!("nothing to do with {id}"))
    };
    let others = choose(&mut page, "id-1");
    assert_eq!((others.member, others.change, others.pinned), (true, false, None));
    assert_eq!((&*others.link, &*others.text), ("/chat/a/?at=id-1#m-id-1", "one"));
    let mine = choose(&mut page, "id-2");
    assert_eq!((mine.change, mine.pinned, mine.edits), (true, None, None));
    page.act(edit("id-2", "two!"));
    page.act(react("id-2", "👍"));
    page.settle(&mut server);
    let mine = page.choices.clone().unwrap_or_else(|| panic!("gone"));
    assert_eq!(mine.edits.as_deref(), Some("/chat/a/edits/id-2"));
    assert_eq!((&*mine.text, &mine.given[..]), ("two!", &["👍".to_owned()][..]));
    page.act(Act::Choose(None));
    assert_eq!(page.choices, None);

    let mut house = server.house(&room("a"));
    house.mine = Some(Mine { moderates: true, ..Mine::default() });
    page.desk = crate::client::desk::Desk::new(&house, true, &[]);
    let order = choose(&mut page, "id-1");
    assert_eq!((order.change, order.pinned), (true, Some(false)));

    server.say(&person("bob"), "bob", "psst", None);
    page.desk = crate::client::desk::Desk::new(&server.house(&person("bob")), true, &[]);
    let between = choose(&mut page, "id-3");
    assert_eq!((between.change, between.pinned), (false, Some(false)), "both may pin there");

    server.hello_user = None;
    page.desk = crate::client::desk::Desk::new(&server.house(&room("a")), true, &[]);
    let visitor = choose(&mut page, "id-1");
    assert_eq!((visitor.member, visitor.change, visitor.pinned), (false, false, None));
    page.act(react("id-1", "👍"));
    assert_eq!(page.refusal_code(), Some(Code::LoginNeeded));
}

#[test]
fn the_composer_is_told_what_it_is_for() {
    let (_, mut page) = talk();
    page.act(Act::StartEdit { id: "id-1".into() });
    assert_eq!(page.mode, Mode::Writing, "bob's");
    page.act(Act::StartEdit { id: "id-2".into() });
    assert_eq!((&page.mode, &*page.draft), (&Mode::Editing { id: "id-2".into() }, "two"));
    page.act(edit("id-2", "two!"));
    assert_eq!((&page.mode, &*page.draft), (&Mode::Writing, ""));
    page.draft = "I think".into();
    page.act(Act::StartReply { id: "id-1".into() });
    let (author, text) = ("bob".into(), "one".into());
    assert_eq!(page.mode, Mode::Replying { id: "id-1".into(), author, text });
    assert_eq!(page.draft, "I think", "what is written is part of the answer");
}

#[test]
fn pins_and_topic_are_live() {
    let (mut server, mut page) = talk();
    let frames = server.commit(&room("a"), None, &Kind::Topic { text: "cooking".into() });
    page.deliver(frames);
    page.act(Act::Pin { id: "id-1".into(), on: true });
    page.settle(&mut server);
    assert_eq!((&*page.about.topic, &page.about.pins[..]), ("cooking", &["id-1".to_owned()][..]));
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    assert_eq!(page.about, Default::default());
}

#[test]
fn unread_counts_follow_deletions_in_a_room_that_is_not_shown() {
    let (mut server, mut page) = talk();
    server.read.insert(room("a"), 2);
    server.read.insert(room("b"), 1);
    for text in ["x", "y", "z", "mine"] {
        let by = if text == "mine" { ME } else { "bob" };
        let frames = server.say(&room("b"), by, text, None);
        page.deliver(frames);
        page.settle(&mut server);
    }
    let counted = page.unread(&room("b"));
    assert_eq!(counted, Some(3));
    page.lose(1006);
    page.reconnect(&mut server);
    assert_eq!(page.unread(&room("b")), Some(2), "x has been read");
    others(&mut server, &mut page, &room("b"), "id-4", What::Deleted { at: At(1) });
    assert_eq!((page.unread(&room("b")), page.title.starts_with("(1) ")), (Some(1), true));
    // One that was read, and one of mine, were never counted.
    others(&mut server, &mut page, &room("b"), "id-3", What::Deleted { at: At(1) });
    let frames = server.change(&room("b"), ME, "id-6", What::Deleted { at: At(1) });
    page.deliver(frames.unwrap_or_default());
    page.settle(&mut server);
    assert_eq!(page.unread(&room("b")), Some(1));
    others(&mut server, &mut page, &room("b"), "id-5", What::Deleted { at: At(1) });
    assert_eq!(page.unread(&room("b")), Some(0));
    let frames = server.say(&room("b"), "bob", "more", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.unread(&room("b")), Some(1), "counting goes on");
}

#[test]
fn a_room_that_was_never_read_counts_what_comes_and_stays() {
    let (mut server, mut page) = talk();
    server.say(&room("b"), "bob", "before", None);
    page.lose(1006);
    page.reconnect(&mut server);
    for text in ["x", "y"] {
        let frames = server.say(&room("b"), "bob", text, None);
        page.deliver(frames);
    }
    page.settle(&mut server);
    let before = page.unread(&room("b"));
    others(&mut server, &mut page, &room("b"), "id-4", What::Deleted { at: At(1) });
    assert_eq!(page.unread(&room("b")), before.map(|before| before - 1));
    assert!(page.unread(&room("b")) >= Some(1));
}

#[test]
fn many_deletions_at_once_are_asked_about_once() {
    let (mut server, mut page) = talk();
    server.say(&room("b"), "bob", "read", None);
    server.read.insert(room("b"), 1);
    page.lose(1006);
    page.reconnect(&mut server);
    for text in ["x", "y", "z"] {
        let frames = server.say(&room("b"), "bob", text, None);
        page.deliver(frames);
    }
    page.settle(&mut server);
    // From here on they are counted by the server.
    page.lose(1006);
    page.reconnect(&mut server);
    assert_eq!(page.unread(&room("b")), Some(3));
    server.heard.clear();
    for id in ["id-4", "id-5"] {
        let frames = server.change(&room("b"), "bob", id, What::Deleted { at: At(1) });
        page.deliver(frames.unwrap_or_default());
        page.one_down();
    }
    page.settle(&mut server);
    assert_eq!(heard(&server, |frame| matches!(frame, ClientFrame::Sub { .. })), 1);
    assert_eq!(page.unread(&room("b")), Some(1));
}

#[test]
fn what_is_shown_and_not_read_counts_what_is_still_there() {
    let (mut server, mut page) = talk();
    page.pass(2_000, &mut server);
    page.act(Act::AtEnd(false));
    for text in ["x", "y"] {
        let frames = server.say(&room("a"), "bob", text, None);
        page.deliver(frames);
    }
    page.settle(&mut server);
    assert_eq!((page.fresh, page.unread(&room("a"))), (2, Some(2)));
    others(&mut server, &mut page, &room("a"), "id-3", What::Deleted { at: At(1) });
    assert_eq!((page.fresh, page.unread(&room("a"))), (1, Some(1)));
    others(&mut server, &mut page, &room("a"), "id-1", What::Deleted { at: At(1) });
    assert_eq!((page.fresh, page.unread(&room("a"))), (1, Some(1)), "read long ago");
}

fn typing(page: &mut Page, to: &Target, user: &str) {
    let frame = ServerFrame::Typing { to: to.clone(), user: user.into() };
    page.deliver(vec![super::world::text(&frame)]);
    page.one_down();
}

#[test]
fn who_is_writing_is_shown_until_they_have_said_it_or_stopped() {
    let (mut server, mut page) = talk();
    typing(&mut page, &room("a"), "bob");
    typing(&mut page, &room("b"), "kim");
    typing(&mut page, &room("a"), ME);
    assert_eq!(page.typing, ["bob"]);
    page.pass(5_999, &mut server);
    assert_eq!(page.typing, ["bob"]);
    page.pass(1, &mut server);
    assert!(page.typing.is_empty());
    typing(&mut page, &room("a"), "bob");
    typing(&mut page, &room("a"), "kim");
    let frames = server.say(&room("a"), "bob", "there", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.typing, ["kim"]);
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    assert!(page.typing.is_empty());
    typing(&mut page, &room("b"), "kim");
    page.lose(1006);
    assert!(page.typing.is_empty());
}

#[test]
fn that_i_write_is_told_now_and_then_and_of_commands_nothing() {
    let (mut server, mut page) = talk();
    let told = |server: &Server| heard(server, |it| matches!(it, ClientFrame::Typing { .. }));
    for text in ["", " ", "/", "/pm bob the code is 4711", "/nonsense"] {
        page.act(Act::Wrote(text.into()));
    }
    page.settle(&mut server);
    assert_eq!(told(&server), 0);
    for at in 0..7 {
        page.act(Act::Wrote(format!("text {at}")));
        page.pass(1_000, &mut server);
    }
    assert_eq!(told(&server), 3);
    page.lose(1006);
    page.pass(10, &mut server);
    page.act(Act::Wrote("offline".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever alice and bob do to messages, and whatever becomes of the wire: in the end the page
    /// shows what the server holds, and nothing of it waits.
    #[test]
    fn in_the_end_the_page_shows_what_the_server_holds(
        steps in prop::collection::vec((0u8..16, any::<u8>(), any::<u8>()), 0..120),
    ) {
        let places = [room("a"), room("b")];
        let mut server = Server::new(&places);
        server.replay = 8;
        let mut page = Page::load(&server, &places[0], BTreeMap::new(), 1_000);
        let emoji = ["👍", "🎉"];
        for (what, which, dice) in steps {
            page.dice = dice;
            page.ms += u64::from(dice) * 3;
            let place = places[usize::from(which % 2)].clone();
            let all = server.messages(&place);
            let pick = all.get(usize::from(dice) % all.len().max(1)).map(|it| it.id.clone());
            let here = place == page.place;
            match (what, pick) {
                (0, _) => page.say("mine"),
                (1 | 2, _) => {
                    let frames = server.say(&place, "bob", "his", None);
                    page.deliver(frames);
                }
                (3, Some(id)) if here => page.act(edit(&id, &format!("edit {dice}"))),
                (4, Some(id)) if here => page.act(delete(&id)),
                (5 | 6, Some(id)) if here => page.act(react(&id, emoji[usize::from(which / 2 % 2)])),
                (7, Some(id)) => {
                    let what = match dice % 4 {
                        0 => edited(&format!("bob {dice}")),
                        1 => What::Deleted { at: At(1) },
                        _ => reacted("bob", emoji[usize::from(dice % 2)], dice < 128),
                    };
                    let frames = server.change(&place, "bob", &id, what);
                    page.deliver(frames.unwrap_or_default());
                }
                (8 | 9, _) => {
                    page.one_up(&mut server);
                }
                (10 | 11, _) => {
                    page.one_down();
                }
                (12, _) => {
                    page.answer(&server);
                }
                (13, _) if page.open => page.lose(1006),
                (13, _) => page.reconnect(&mut server),
                (14, _) => page.act(Act::Go(place)),
                (15, _) if dice < 60 => server.refuse.push_back(Refusal::rate_limited("", 300)),
                (15, _) => page.input(Input::Tick),
                _ => {}
            }
        }
        server.refuse.clear();
        page.settle(&mut server);
        if page.open {
            page.lose(1006);
        }
        page.reconnect(&mut server);
        page.pass(20_000, &mut server);
        prop_assert!(matches!(page.status, Status::Quiet | Status::Back));
        let shown: Vec<_> = page
            .rows
            .iter()
            .filter_map(|(_, row)| match row {
                crate::client::Row::Said(said) if said.state == SaidState::Sent => Some(said.clone()),
                _ => None,
            })
            .collect();
        let held = server.messages(&page.place);
        let held = &held[held.len() - shown.len()..];
        prop_assert!(shown.len() == server.messages(&page.place).len() || shown.len() >= 50);
        for (said, message) in shown.iter().zip(held) {
            prop_assert_eq!(said.id.as_ref(), Some(&message.id));
            prop_assert_eq!((&said.body, said.deleted), (&message.body, message.deleted));
            prop_assert_eq!(said.waits, None);
            let chips: Vec<_> =
                said.reactions.iter().map(|it| (&*it.emoji, it.count, it.waits)).collect();
            let given: Vec<_> =
                message.reactions.iter().map(|it| (&*it.emoji, it.users.len(), false)).collect();
            prop_assert_eq!(chips, given);
        }
        for place in places.iter().filter(|place| **place != page.place) {
            if server.read.get(place).is_some_and(|read| *read > 0) {
                prop_assert_eq!(page.unread(place), Some(server.unread(place)));
            }
        }
    }
}
