//! A log that is longer than what is held of it: read in both directions, jumped about in.

use super::world::{Page, Server, connected, room};
use crate::client::{Act, Row, desk::Input, desk::history::MOST, house::Spot};
use crate::protocol::{Code, frames::ClientFrame, limits::PAGE, urls};
use std::collections::BTreeMap;

/// A room in which bob has said the numbers from 1 on, and its page.
fn long(count: usize) -> (Server, Page) {
    let mut server = Server::new(&[room("a"), room("b")]);
    for n in 1..=count {
        server.say(&room("a"), "bob", &n.to_string(), None);
    }
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 1_000_000);
    page.connect(&mut server);
    (server, page)
}

/// The same, where the log is not at its end.
fn long_and_away(count: usize) -> (Server, Page) {
    let (server, mut page) = long(count);
    page.act(Act::AtEnd(false));
    (server, page)
}

fn says(server: &mut Server, page: &mut Page, text: &str) {
    let frames = server.say(&room("a"), "bob", text, None);
    page.deliver(frames);
    page.settle(server);
}

fn ends(page: &Page) -> (String, String) {
    let log = page.log();
    (log.first().cloned().unwrap_or_default(), log.last().cloned().unwrap_or_default())
}

fn numbers(from: usize, to: usize) -> Vec<String> {
    (from..=to).map(|n| n.to_string()).collect()
}

fn jump(page: &mut Page, server: &mut Server, id: &str) {
    page.spot = None;
    page.act(Act::Jump { to: room("a"), id: id.into() });
    page.settle(server);
}

fn found(page: &Page) -> Vec<&str> {
    let found = page.rows.iter().filter_map(|(_, row)| match row {
        Row::Said(said) if said.found => Some(said.body.as_str()),
        _ => None,
    });
    found.collect()
}

#[test]
fn two_thousand_messages_up_and_back_with_few_in_the_page() {
    let (mut server, mut page) = long_and_away(2_000);
    let mut seen = 0;
    while page.log()[0] != "1" {
        page.act(Act::Older);
        page.settle(&mut server);
        let log = page.log();
        let first: usize = log[0].parse().unwrap();
        assert!(log.len() <= MOST);
        assert_eq!(log, numbers(first, first + log.len() - 1), "no hole");
        seen += 1;
    }
    assert_eq!((seen, page.newer, page.log().len()), ((2_000 - PAGE) / PAGE, true, MOST));
    says(&mut server, &mut page, "2001");
    while page.newer {
        page.act(Act::Newer);
        page.settle(&mut server);
        let log = page.log();
        assert!(log.len() <= MOST);
        let first: usize = log[0].parse().unwrap();
        assert_eq!(log, numbers(first, first + log.len() - 1), "no hole");
    }
    assert_eq!(ends(&page).1, "2001");
    page.act(Act::AtEnd(true));
    says(&mut server, &mut page, "2002");
    assert_eq!(ends(&page).1, "2002", "at the end what comes is put there");
}

#[test]
fn what_comes_while_something_else_is_read_is_counted_and_moves_nothing() {
    let (mut server, mut page) = long_and_away(2_000);
    for _ in 0..8 {
        page.act(Act::Older);
        page.settle(&mut server);
    }
    let before = page.rows.clone();
    for n in 2_001..=2_400 {
        says(&mut server, &mut page, &n.to_string());
    }
    assert_eq!((page.rows.clone(), page.fresh, page.away), (before, 400, true));
    assert!(page.calls.is_empty());
    page.act(Act::ToEnd);
    page.settle(&mut server);
    assert_eq!((ends(&page).1.as_str(), page.newer, page.fresh), ("2400", false, 0));
    assert_eq!(page.spot, Some(Spot::End));
}

#[test]
fn who_reads_near_the_end_holds_a_full_window_and_no_more() {
    let (mut server, mut page) = long_and_away(60);
    for n in 61..=MOST + 100 {
        says(&mut server, &mut page, &n.to_string());
    }
    assert_eq!(page.log().len(), MOST);
    assert!(page.newer);
    page.act(Act::AtEnd(true));
    assert!(page.away, "the end of a part is not the end");
    page.act(Act::Newer);
    page.settle(&mut server);
    page.act(Act::Newer);
    page.settle(&mut server);
    page.act(Act::AtEnd(true));
    assert_eq!((ends(&page).1, page.log().len()), ((MOST + 100).to_string(), MOST));
    assert!(!page.away);
    for n in MOST + 101..=MOST + 200 {
        says(&mut server, &mut page, &n.to_string());
        assert!(page.log().len() <= MOST);
    }
}

#[test]
fn only_the_end_of_the_log_counts_as_read() {
    let (mut server, mut page) = long(200);
    jump(&mut page, &mut server, "id-20");
    page.act(Act::AtEnd(true));
    page.pass(5_000, &mut server);
    let read = |server: &Server| {
        server.heard.iter().any(|frame| matches!(frame, ClientFrame::Read { .. }))
    };
    assert!(!read(&server));
    page.act(Act::ToEnd);
    page.settle(&mut server);
    page.act(Act::AtEnd(true));
    page.pass(5_000, &mut server);
    assert!(read(&server));
}

#[test]
fn a_jump_to_what_is_here_scrolls() {
    let (mut server, mut page) = long(40);
    jump(&mut page, &mut server, "id-7");
    assert_eq!(found(&page), ["7"]);
    assert_eq!(page.spot, Some(Spot::Message("id-7".into())));
    assert_eq!(page.pushed, [urls::message(&room("a"), "id-7")]);
    assert_eq!(page.log().len(), 40);
    // The room's own link leads to its end, and its address says so.
    page.act(Act::Go(room("a")));
    page.settle(&mut server);
    assert_eq!((page.spot.clone(), found(&page).len()), (Some(Spot::End), 0));
    assert_eq!(page.pushed.last(), Some(&urls::page(&room("a"))));
}

#[test]
fn a_jump_to_what_is_not_here_loads_around_it() {
    let (mut server, mut page) = long(2_000);
    jump(&mut page, &mut server, "id-1000");
    assert_eq!(found(&page), ["1000"]);
    assert_eq!(ends(&page), ("975".to_owned(), "1024".to_owned()));
    assert_eq!(page.spot, Some(Spot::Message("id-1000".into())));
    assert!(page.newer && page.away);
    says(&mut server, &mut page, "2001");
    assert_eq!((ends(&page).1.as_str(), page.fresh), ("1024", 1));
    // Back, as the browser says it.
    page.input(Input::WentTo { to: room("a"), at: Some("id-1990".into()) });
    page.settle(&mut server);
    assert_eq!((found(&page), page.pushed.len()), (vec!["1990"], 1));
    page.input(Input::WentTo { to: room("a"), at: None });
    page.settle(&mut server);
    assert_eq!((ends(&page).1.as_str(), page.newer), ("2001", false));
}

#[test]
fn a_jump_to_another_place_opens_it_there() {
    let (mut server, mut page) = long(200);
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    page.spot = None;
    page.act(Act::Jump { to: room("a"), id: "id-50".into() });
    page.settle(&mut server);
    assert_eq!((&page.place, found(&page)), (&room("a"), vec!["50"]));
    assert_eq!((page.spot.clone(), page.away), (Some(Spot::Opening), true));
    assert_eq!(page.pushed.last(), Some(&urls::message(&room("a"), "id-50")));
    says(&mut server, &mut page, "201");
    assert_eq!((ends(&page).1.as_str(), page.fresh), ("74", 1), "it is followed");
}

#[test]
fn a_message_that_is_not_there_is_told_of_and_nothing_moves() {
    let (mut server, mut page) = long(200);
    let before = page.rows.clone();
    jump(&mut page, &mut server, "id-999");
    assert_eq!((page.refusal_code(), page.spot.clone()), (Some(Code::NotFound), None));
    assert_eq!((page.rows.clone(), page.pushed.len()), (before, 0));
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    page.act(Act::Jump { to: room("a"), id: "id-999".into() });
    page.settle(&mut server);
    assert_eq!((&page.place, page.refusal_code()), (&room("a"), Some(Code::NotFound)));
    assert_eq!((ends(&page).1.as_str(), page.newer), ("200", false), "as it opens");
    assert_eq!(page.pushed.last(), Some(&urls::page(&room("a"))));
}

#[test]
fn what_one_says_one_sees() {
    let (mut server, mut page) = long(200);
    jump(&mut page, &mut server, "id-50");
    page.say("hello from up here");
    page.settle(&mut server);
    assert_eq!(ends(&page).1, "hello from up here");
    assert!(!page.newer && page.storage.is_empty());
}

#[test]
fn the_last_of_two_jumps_counts() {
    let (mut server, mut page) = long(2_000);
    page.act(Act::Jump { to: room("a"), id: "id-100".into() });
    page.act(Act::Older);
    page.act(Act::Jump { to: room("a"), id: "id-900".into() });
    page.settle(&mut server);
    assert_eq!((found(&page), page.pushed.len()), (vec!["900"], 1));
    assert_eq!(page.log().len(), PAGE);
}

#[test]
fn a_part_that_missed_something_goes_on_after_a_loss() {
    let (mut server, mut page) = long(300);
    jump(&mut page, &mut server, "id-100");
    page.lose(1006);
    for n in 301..=310 {
        server.say(&room("a"), "bob", &n.to_string(), None);
    }
    page.reconnect(&mut server);
    assert_eq!((found(&page), page.fresh, page.newer), (vec!["100"], 10, true));
    while page.newer {
        page.act(Act::Newer);
        page.settle(&mut server);
    }
    assert_eq!(ends(&page).1, "310");
}

#[test]
fn the_line_above_the_new_stays_where_it_was() {
    let (mut server, _) = long(200);
    server.read.insert(room("a"), 40);
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 2_000_000);
    page.connect(&mut server);
    let line = |page: &Page| page.log().iter().position(|line| line == "NEW");
    assert_eq!(line(&page), None, "it is further up");
    jump(&mut page, &mut server, "id-41");
    let at = line(&page).unwrap();
    assert_eq!(page.log()[at + 1], "41");
    for _ in 0..3 {
        page.act(Act::Newer);
        page.settle(&mut server);
    }
    says(&mut server, &mut page, "201");
    page.act(Act::AtEnd(true));
    page.pass(5_000, &mut server);
    assert_eq!(server.read.get(&room("a")), Some(&201));
    assert_eq!(line(&page), Some(at), "also when it has been read");
}

#[test]
fn what_waits_is_told_outside_of_the_page() {
    let (mut server, mut page) = connected(&["a", "b"]);
    server.read.insert(room("b"), 0);
    let frames = server.say(&room("b"), "bob", "hi", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!((page.waiting, page.title.as_str()), (1, "(1) a · Roomful"));
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    page.pass(5_000, &mut server);
    assert_eq!((page.waiting, page.title.as_str()), (0, "b · Roomful"));
}
