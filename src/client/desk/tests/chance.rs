//! Whatever happens in whatever order: in the end everybody sees the same, once.

use super::world::{ME, Page, Server, person, room};
use crate::client::{Act, desk::Input};
use crate::protocol::{Refusal, Target, frames::Kind};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What the server holds of a conversation, in words.
fn held(server: &Server, to: &Target) -> Vec<String> {
    let log = server.logs.get(to).map(Vec::as_slice).unwrap_or_default();
    log.iter()
        .filter_map(|event| match event.reading() {
            Some(Kind::Message(data)) => data.body,
            _ => None,
        })
        .collect()
}

/// The messages that are shown, without quiet lines.
fn shown(page: &Page) -> Vec<String> {
    page.log().into_iter().filter(|line| !line.starts_with("To ") && line != "NEW").collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn in_the_end_everything_is_there_once_and_in_order(
        steps in prop::collection::vec((0u8..22, 0u8..3, any::<u8>()), 0..140),
    ) {
        let places = [room("a"), room("b"), person("bob")];
        let mut server = Server::new(&places[..2]);
        server.replay = 6;
        for place in &places[..2] {
            // Read once, so that the rest is owed.
            server.say(place, "bob", "t000", None);
            server.read.insert(place.clone(), 1);
        }
        let mut page = Page::load(&server, &places[0], BTreeMap::new(), 1_000);
        let (mut mine, mut theirs) = (0, 0);
        for (what, which, dice) in steps {
            let place = &places[usize::from(which)];
            page.dice = dice;
            page.ms += u64::from(dice) * 3;
            match what {
                0 | 1 => {
                    mine += 1;
                    page.say(&format!("m{mine:03}"));
                }
                2 => {
                    mine += 1;
                    page.say(&format!("/pm bob m{mine:03}"));
                }
                3 | 4 => {
                    theirs += 1;
                    let frames = server.say(place, "bob", &format!("t{theirs:03}"), None);
                    page.deliver(frames);
                }
                5..=7 => {
                    page.one_up(&mut server);
                }
                8..=10 => {
                    page.one_down();
                }
                11 => {
                    page.answer(&server);
                }
                12 if page.open => page.lose(if dice % 4 == 0 { 4030 } else { 1006 }),
                13 if page.open && page.status != crate::client::Status::Quiet => {
                    page.down.push_back(server.hello());
                }
                13 if page.open && page.up.is_empty() && page.down.is_empty() => {
                    page.down.push_back(server.hello());
                }
                14 => page.act(Act::Go(place.clone())),
                15 => server.refuse.push_back(Refusal::rate_limited("", 300)),
                16 => {
                    page.input(Input::Tick);
                }
                17 if dice < 40 => {
                    page = Page::load(&server, place, page.storage, page.ms + 1);
                }
                17 if dice < 80 => {
                    page.input(if dice % 2 == 0 { Input::Offline } else { Input::Online });
                }
                17 => page.act(Act::AtEnd(dice % 2 == 0)),
                18 => page.act(Act::Older),
                19 => page.act(Act::Newer),
                20 => page.act(Act::ToEnd),
                21 => {
                    let id = format!("id-{}", 1 + u64::from(dice) / 2);
                    page.act(Act::Jump { to: place.clone(), id });
                }
                _ => {}
            }
        }
        // Peace: the wire is carried, the server says yes.
        server.refuse.clear();
        page.settle(&mut server);
        if page.open {
            page.lose(1006);
        }
        page.pass(70_000, &mut server);
        if !page.open {
            page.reconnect(&mut server);
        } else {
            page.connect(&mut server);
        }
        page.pass(30_000, &mut server);
        page.act(Act::ToEnd);
        page.settle(&mut server);

        prop_assert!(page.storage.is_empty(), "{:?}", page.storage);
        let mut all = Vec::new();
        for place in &places {
            let held = held(&server, place);
            let of = |who: char| held.iter().filter(|body| body.starts_with(who)).cloned().collect::<Vec<_>>();
            prop_assert!(of('m').is_sorted(), "{held:?}");
            prop_assert!(of('t').is_sorted());
            all.extend(of('m'));
            if page.place == *place {
                let shown = shown(&page);
                prop_assert_eq!(&shown[..], &held[held.len() - shown.len()..]);
                prop_assert!(shown.len() == held.len() || shown.len() >= 50);
            } else if let Some(unread) = page.unread(place) {
                let read = server.read.get(place).copied().unwrap_or(0);
                let log = &server.logs[place][read as usize..];
                let others = log.iter().filter(|event| !event.data.get().contains(&format!(r#""author":"{ME}""#))).count();
                prop_assert_eq!(unread, others as i64, "{} of {:?}", place, page.side);
            }
        }
        all.sort();
        let written: Vec<String> = (1..=mine).map(|n| format!("m{n:03}")).collect();
        prop_assert_eq!(all, written);
    }
}
