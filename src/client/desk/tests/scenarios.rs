use super::world::{Call, ME, Page, Server, connected, is_reply, person, room, text};
use crate::client::{Act, Row, SaidState, Status, desk::Input, house::Older};
use crate::protocol::{
    Code, Refusal, Target,
    frames::{ClientFrame, ServerFrame},
    limits::PAGE,
    urls,
    views::Span,
};
use std::collections::BTreeMap;

fn sends(server: &Server) -> Vec<&str> {
    let body = |frame: &'_ ClientFrame| matches!(frame, ClientFrame::Send { .. });
    server
        .heard
        .iter()
        .filter(|frame| body(frame))
        .map(|frame| match frame {
            ClientFrame::Send { body, .. } => body.as_str(),
            _ => "",
        })
        .collect()
}

#[test]
fn after_hello_it_follows_its_own_log_the_place_and_the_side_column() {
    let (server, page) = connected(&["a", "b", "c"]);
    let subs: Vec<Vec<String>> = server
        .heard
        .iter()
        .filter_map(|frame| match frame {
            ClientFrame::Sub { rooms } => {
                Some(rooms.iter().map(|follow| follow.to.to_string()).collect())
            }
            _ => None,
        })
        .collect();
    assert_eq!(subs, [vec!["~", "#a"], vec!["#b", "#c"]]);
    let here = ClientFrame::Here { to: Some(room("a")), active: true };
    assert!(server.heard.contains(&here));
    assert_eq!(page.status, Status::Quiet);
    assert_eq!(page.online.count, 1);
}

#[test]
fn a_visitor_follows_no_own_log_and_is_nowhere() {
    let mut server = Server::new(&[room("a")]);
    server.hello_user = None;
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 0);
    page.connect(&mut server);
    assert!(matches!(&server.heard[..], [ClientFrame::Sub { rooms }] if rooms.len() == 1));
    page.say("hi");
    assert_eq!(page.refusal_code(), Some(Code::LoginNeeded));
    assert_eq!(page.draft, "hi");
    let frames = server.say(&room("a"), "bob", "hello", None);
    page.deliver(frames);
    page.pass(60_000, &mut server);
    assert_eq!(page.log(), ["hello"]);
    assert!(!server.heard.iter().any(|frame| matches!(frame, ClientFrame::Read { .. })));
}

#[test]
fn a_message_shows_at_once_and_keeps_its_key() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("hi");
    assert_eq!((page.log(), page.draft.as_str()), (vec!["hi…".into()], ""));
    let key = page.keys()[0].to_owned();
    assert_eq!(page.storage.len(), 1);
    page.settle(&mut server);
    assert_eq!(page.log(), ["hi"]);
    assert_eq!(page.keys(), [key]);
    assert!(page.storage.is_empty());
}

#[test]
fn acknowledged_but_unseen_is_sent_and_still_there() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("hi");
    page.one_up(&mut server);
    assert!(page.down.front().is_some_and(|text| is_reply(text)));
    page.one_down();
    assert_eq!(page.log(), ["hi"], "by its answer");
    let other = server.say(&room("a"), "bob", "too", None);
    page.deliver(other);
    page.one_down();
    assert_eq!(page.log(), ["hi"], "by its event");
    page.one_down();
    assert_eq!(page.log(), ["hi", "too"]);
}

#[test]
fn an_answer_lost_after_the_event_changes_nothing() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("hi");
    page.one_up(&mut server);
    page.down.pop_front();
    page.one_down();
    assert_eq!(page.log(), ["hi"]);
    page.lose(1006);
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["hi"]);
    assert_eq!(sends(&server), ["hi"]);
}

#[test]
fn the_event_before_the_answer_is_one_message() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("one");
    page.say("two");
    page.one_up(&mut server);
    page.down.swap(0, 1);
    page.settle(&mut server);
    assert_eq!(page.log(), ["one", "two"]);
    assert_eq!(sends(&server), ["one", "two"]);
}

#[test]
fn what_is_written_offline_goes_out_once_and_in_order() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    page.say("one");
    page.say("two");
    assert_eq!(page.log(), ["one…", "two…"]);
    let before = server.say(&room("a"), "bob", "meanwhile", None);
    assert!(!page.open);
    drop(before);
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["meanwhile", "one", "two"]);
    assert_eq!(sends(&server), ["one", "two"]);
    assert_eq!(page.status, Status::Back);
    page.pass(3_000, &mut server);
    assert_eq!(page.status, Status::Quiet);
}

#[test]
fn stored_but_unanswered_is_sent_again_and_stored_once() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("hi");
    page.one_up(&mut server);
    page.lose(4010);
    assert_eq!(page.log(), ["hi…"]);
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["hi"]);
    assert_eq!(server.logs[&room("a")].len(), 1);
    assert!(page.storage.is_empty());
}

#[test]
fn what_was_missed_comes_in_order() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    for n in 1..=5 {
        server.say(&room("a"), "bob", &n.to_string(), None);
    }
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["1", "2", "3", "4", "5"]);
    assert!(page.calls.is_empty());
}

#[test]
fn a_jump_asks_again_from_the_last_once() {
    let (mut server, mut page) = connected(&["a"]);
    let mut frames = Vec::new();
    for n in 1..=4 {
        frames.extend(server.say(&room("a"), "bob", &n.to_string(), None));
    }
    page.deliver(vec![frames.remove(0)]);
    page.one_down();
    frames.remove(0);
    page.deliver(frames);
    while page.one_down() {}
    assert_eq!(page.log(), ["1"]);
    assert_eq!(page.up.len(), 1);
    page.settle(&mut server);
    assert_eq!(page.log(), ["1", "2", "3", "4"]);
}

#[test]
fn too_much_missed_loads_the_page_anew() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("before");
    page.settle(&mut server);
    page.lose(1006);
    page.say("mine");
    server.replay = 3;
    for n in 0..60 {
        server.say(&room("a"), "bob", &n.to_string(), None);
    }
    page.reconnect(&mut server);
    let log = page.log();
    assert_eq!(log.len(), PAGE);
    assert_eq!(log[PAGE - 2..], ["59", "mine"]);
    assert_eq!(page.older, Older::More);
    let live = server.say(&room("a"), "bob", "live", None);
    page.deliver(live);
    page.settle(&mut server);
    assert_eq!(page.log()[PAGE..], ["live"]);
}

#[test]
fn what_comes_while_the_page_is_loaded_anew_is_not_lost() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    server.epoch = "e2".into();
    server.say(&room("a"), "bob", "1", None);
    server.replay = 500;
    page.open = false;
    page.pass(500, &mut server);
    assert!(page.open);
    let hello = server.hello();
    page.input(Input::Text { generation: page.generation, text: hello });
    while page.one_up(&mut server) || page.one_down() {}
    let Some(Call::History { ticket, to, span: Span::Newest }) = page.calls.pop_front() else {
        return assert_eq!(page.calls.len(), 1);
    };
    let answer = server.page(&to);
    let live = server.say(&room("a"), "bob", "2", None);
    page.deliver(live);
    page.one_down();
    page.input(Input::History { ticket, result: Ok(answer) });
    page.settle(&mut server);
    assert_eq!(page.log(), ["1", "2"]);
}

#[test]
fn a_page_that_cannot_be_loaded_anew_is_tried_again() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    server.epoch = "e2".into();
    server.say(&room("a"), "bob", "1", None);
    page.pass(500, &mut server);
    let hello = server.hello();
    page.input(Input::Text { generation: page.generation, text: hello });
    while page.one_up(&mut server) || page.one_down() {}
    let Some(Call::History { ticket, .. }) = page.calls.pop_front() else {
        return assert_eq!(page.calls.len(), 1);
    };
    page.input(Input::History { ticket, result: Err(Refusal::unavailable()) });
    assert!(page.calls.is_empty());
    page.pass(10_000, &mut server);
    assert_eq!(page.log(), ["1"]);
}

#[test]
fn a_log_that_never_agrees_is_not_loaded_in_a_circle() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    page.pass(500, &mut server);
    let hello = server.hello();
    page.input(Input::Text { generation: page.generation, text: hello });
    let mut loads = 0;
    let until = page.ms + 10_000;
    while page.ms < until {
        server.epoch = format!("e{}", page.ms);
        while page.one_up(&mut server) || page.one_down() {}
        server.epoch.push('x');
        while page.answer(&server) {
            loads += 1;
        }
        page.ms += 10;
        page.input(Input::Tick);
    }
    assert!((4..=6).contains(&loads), "{loads}");
}

#[test]
fn a_refusal_that_came_with_the_page_goes_when_something_is_said() {
    let mut server = Server::new(&[room("a")]);
    let mut house = server.house(&room("a"));
    house.refusal = Some(Refusal::new(Code::TooLong, "Too long."));
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 0);
    page.desk = crate::client::desk::Desk::new(&house, true, &[]);
    page.refusal = house.refusal.clone();
    page.open = false;
    page.input(Input::Start(crate::client::desk::ZoneOf(crate::client::rows::Zone::UTC)));
    page.connect(&mut server);
    assert_eq!(page.refusal_code(), Some(Code::TooLong));
    page.say("shorter");
    assert_eq!(page.refusal, None);
}

#[test]
fn a_refusal_for_now_waits_and_keeps_the_order() {
    let (mut server, mut page) = connected(&["a"]);
    server.refuse.push_back(Refusal::rate_limited("Slower.", 1_200));
    page.say("one");
    page.say("two");
    page.settle(&mut server);
    assert_eq!(page.log(), ["one…", "two…"]);
    assert_eq!(page.refusal, None);
    page.pass(1_199, &mut server);
    assert_eq!(page.log(), ["one…", "two…"]);
    page.pass(1, &mut server);
    assert_eq!(page.log(), ["one", "two"]);
}

#[test]
fn a_refusal_for_good_is_shown_and_can_be_tried_again_or_given_up() {
    let (mut server, mut page) = connected(&["a"]);
    server.refuse.push_back(Refusal::new(Code::Forbidden, "Only for keepers."));
    page.say("one");
    page.settle(&mut server);
    assert_eq!(page.log(), ["one✗"]);
    let key = page.keys()[0].to_owned();
    assert!(matches!(
        &page.rows.last(),
        Some((_, Row::Said(said))) if said.state == SaidState::Failed("Only for keepers.".into())
    ));
    assert_eq!(page.storage.len(), 1, "a reload does not lose it");
    page.act(Act::Retry(key));
    page.settle(&mut server);
    assert_eq!(page.log(), ["one"]);
    server.refuse.push_back(Refusal::new(Code::Forbidden, "No."));
    page.say("two");
    page.settle(&mut server);
    let key = page.keys()[1].to_owned();
    page.act(Act::Discard(key));
    assert_eq!(page.log(), ["one"]);
    assert!(page.storage.is_empty());
}

#[test]
fn a_cid_in_use_gets_a_new_one_on_the_next_try() {
    let (mut server, mut page) = connected(&["a"]);
    server.refuse.push_back(Refusal::new(Code::CidConflict, "Used."));
    page.say("one");
    page.settle(&mut server);
    let key = page.keys()[0].to_owned();
    page.act(Act::Retry(key.clone()));
    assert_ne!(page.keys()[0], key);
    page.settle(&mut server);
    assert_eq!(page.log(), ["one"]);
    assert!(page.storage.is_empty());
}

#[test]
fn a_frame_too_big_gives_up_that_message_alone() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("a very long one");
    page.say("short");
    page.up.clear();
    page.lose(1009);
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["short", "a very long one✗"]);
}

#[test]
fn text_too_long_is_refused_before_it_is_sent_and_stays() {
    let (server, mut page) = connected(&["a"]);
    let long = "室".repeat(4_001);
    page.say(&long);
    assert_eq!((page.refusal_code(), page.draft == long), (Some(Code::TooLong), true));
    assert!(page.up.is_empty() && sends(&server).is_empty());
    page.say(&"室".repeat(4_000));
    assert_eq!((page.refusal_code(), page.draft.as_str()), (None, ""));
    page.say("/dance");
    assert_eq!((page.refusal_code(), page.draft.as_str()), (Some(Code::Invalid), "/dance"));
    page.act(Act::Dismiss);
    assert_eq!(page.refusal, None);
}

#[test]
fn the_outbox_survives_a_reload() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    page.say("one");
    page.say("two");
    let mut again = Page::load(&server, &room("a"), page.storage.clone(), 9_000);
    assert_eq!(again.log(), ["one…", "two…"]);
    assert_eq!(again.keys(), page.keys());
    again.connect(&mut server);
    assert_eq!(again.log(), ["one", "two"]);
    assert!(again.storage.is_empty());
    // The first tab comes back and sends the same: nobody sees it twice.
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["one", "two"]);
    assert_eq!(server.logs[&room("a")].len(), 2);
}

#[test]
fn a_reload_after_the_answer_was_lost_knows_its_message_in_the_history() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("hi");
    page.one_up(&mut server);
    let mut again = Page::load(&server, &room("a"), page.storage.clone(), 9_000);
    assert_eq!(again.log(), ["hi"]);
    assert!(again.storage.is_empty());
    again.connect(&mut server);
    assert_eq!(sends(&server), ["hi"]);
}

#[test]
fn what_a_closed_tab_left_behind_goes_out_with_the_next_connection() {
    let (mut server, mut page) = connected(&["a"]);
    let mut closed = Page::load(&server, &room("a"), BTreeMap::new(), 2_000);
    closed.lose(1006);
    closed.say("left behind");
    page.lose(1006);
    page.say("later");
    page.storage.extend(closed.storage);
    page.input(Input::Stored(page.storage.values().cloned().collect()));
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["later", "left behind"], "by the time of writing");
    page.input(Input::Stored(page.storage.values().cloned().collect()));
    page.settle(&mut server);
    assert_eq!(sends(&server).len(), 2);
    assert!(page.storage.is_empty());
}

#[test]
fn a_conversation_that_begins_before_the_socket_is_open_appears() {
    let mut server = Server::new(&[room("a")]);
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 0);
    server.say(&person("kim"), "kim", "hello", None);
    page.connect(&mut server);
    assert_eq!(page.unread(&person("kim")), Some(1));
}

#[test]
fn what_another_tab_settled_is_gone_here() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    page.say("one");
    let cid = page.keys()[0].to_owned();
    page.input(Input::Gone(cid));
    assert!(page.log().is_empty());
    page.reconnect(&mut server);
    assert!(sends(&server).is_empty());
}

#[test]
fn a_log_out_in_another_tab_stops_this_one_and_keeps_the_text() {
    let (mut server, mut page) = connected(&["a"]);
    assert!(!page.left);
    page.lose(4503);
    assert!(page.left, "nothing more of it is kept");
    assert_eq!(page.status, Status::Stopped("You were logged out.".into()));
    page.pass(120_000, &mut server);
    page.input(Input::Online);
    page.act(Act::ConnectNow);
    assert!(!page.open);
    page.say("still here");
    assert_eq!((page.refusal_code(), page.draft.as_str()), (Some(Code::Unavailable), "still here"));
}

#[test]
fn nothing_is_sent_in_anothers_name() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    page.say("alice's");
    server.hello_user = Some("mallory".into());
    while !page.open {
        page.pass(100, &mut server);
    }
    let before = server.heard.len();
    let hello = server.hello();
    page.input(Input::Text { generation: page.generation, text: hello });
    assert!(matches!(&page.status, Status::Stopped(why) if why.contains("mallory")));
    assert!(!page.open);
    assert_eq!(server.heard.len(), before);
    assert_eq!(page.storage.len(), 1, "alice finds it when she is back");
    server.hello_user = None;
    let visitor = Page::load(&server, &room("a"), page.storage, 0);
    assert!(visitor.log().is_empty());
}

#[test]
fn going_elsewhere_leaves_a_pending_message_where_it_was_said() {
    let (mut server, mut page) = connected(&["a", "b"]);
    page.say("for a");
    page.act(Act::Go(room("b")));
    assert_eq!(page.place, room("a"), "until the other is there");
    page.answer(&server);
    assert_eq!((&page.place, page.pushed.as_slice()), (&room("b"), &[urls::page(&room("b"))][..]));
    assert!(page.log().is_empty());
    page.settle(&mut server);
    page.say("for b");
    page.settle(&mut server);
    assert_eq!(page.log(), ["for b"]);
    page.act(Act::Go(room("a")));
    page.settle(&mut server);
    assert_eq!(page.log(), ["for a"]);
    assert_eq!(server.logs[&room("a")].len(), 1);
    assert!(page.storage.is_empty());
    let here = ClientFrame::Here { to: Some(room("a")), active: true };
    assert_eq!(server.heard.iter().filter(|frame| **frame == here).count(), 2);
}

#[test]
fn of_two_goings_the_last_counts() {
    let (mut server, mut page) = connected(&["a", "b", "c"]);
    page.act(Act::Go(room("b")));
    page.act(Act::Go(room("c")));
    page.settle(&mut server);
    assert_eq!((&page.place, page.pushed.len()), (&room("c"), 1));
    page.input(Input::WentTo { to: room("a"), at: None });
    page.settle(&mut server);
    assert_eq!((&page.place, page.pushed.len()), (&room("a"), 1), "back is in the address already");
}

#[test]
fn going_where_there_is_nothing_asks_the_server_for_its_page() {
    let (mut server, mut page) = connected(&["a"]);
    page.act(Act::Go(room("neu ☂")));
    page.settle(&mut server);
    assert_eq!(
        (&page.place, page.visits.as_slice()),
        (&room("a"), &["/chat/neu%20%E2%98%82/".to_owned()][..])
    );
}

#[test]
fn going_while_offline_says_so_and_stays() {
    let (_, mut page) = connected(&["a", "b"]);
    page.act(Act::Go(room("b")));
    let Some(Call::Place { ticket, .. }) = page.calls.pop_front() else {
        return assert_eq!(page.calls.len(), 1);
    };
    page.input(Input::Opened { ticket, result: Err(Refusal::unavailable()) });
    assert_eq!((&page.place, page.refusal_code()), (&room("a"), Some(Code::Unavailable)));
    assert!(page.pushed.is_empty() && page.visits.is_empty());
}

#[test]
fn pm_goes_to_one_person_and_is_confirmed_once_stored() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("/pm bob psst");
    assert_eq!(page.log(), ["To bob, privately, on its way: psst"]);
    page.settle(&mut server);
    assert_eq!(page.log(), ["To bob, privately: psst"]);
    assert_eq!(server.logs[&person("bob")].len(), 1);
    assert!(server.logs[&room("a")].is_empty());
    assert_eq!(page.side.people.len(), 1, "the conversation has appeared");
    let frames = server.say(&person("bob"), "bob", "what?", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.unread(&person("bob")), Some(1));
    assert_eq!(page.title, "(1) a · Roomful");
    page.act(Act::Go(person("bob")));
    page.settle(&mut server);
    assert_eq!(page.log(), ["psst", "what?"]);
}

#[test]
fn help_is_shown_and_nothing_is_said() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    page.draft = "/help".into();
    page.say("/help");
    assert_eq!((page.helped, page.draft.as_str()), (1, ""), "without a connection too");
    page.settle(&mut server);
    assert!(page.log().is_empty() && page.storage.is_empty());
    assert!(server.logs[&room("a")].is_empty());
}

#[test]
fn pm_to_nobody_is_refused_and_the_text_comes_back() {
    let (mut server, mut page) = connected(&["a"]);
    page.say("/pm nobody hi");
    page.settle(&mut server);
    assert_eq!(page.refusal_code(), Some(Code::NotFound));
    assert_eq!(page.draft, "/pm nobody hi");
    assert!(page.log().is_empty() && page.storage.is_empty());
    page.say("/pm nobody again");
    page.draft = "the next thought".into();
    page.settle(&mut server);
    assert_eq!(page.log(), ["/pm nobody again✗"], "not into what is being written");
    assert_eq!(page.draft, "the next thought");
}

#[test]
fn a_new_conversation_appears_and_counts() {
    let (mut server, mut page) = connected(&["a"]);
    let frames = server.say(&person("kim"), "kim", "hello", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.unread(&person("kim")), Some(1));
    let frames = server.say(&person("kim"), "kim", "there?", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.unread(&person("kim")), Some(2));
}

#[test]
fn a_conversation_that_begins_while_i_am_away_appears_on_the_way_back() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    server.say(&person("kim"), "kim", "hello", None);
    page.reconnect(&mut server);
    assert_eq!(page.unread(&person("kim")), Some(1));
}

#[test]
fn too_much_missed_in_my_own_log_reads_the_side_column_afresh() {
    let (mut server, mut page) = connected(&["a"]);
    page.lose(1006);
    server.say(&person("kim"), "kim", "hello", None);
    server.say(&person("bob"), "bob", "hello", None);
    server.replay = 1;
    page.reconnect(&mut server);
    assert_eq!(page.side.people.len(), 2);
}

#[test]
fn an_empty_conversation_comes_alive_with_its_first_message() {
    let (mut server, mut page) = connected(&["a"]);
    server.logs.insert(person("bob"), vec![]);
    page.act(Act::Go(person("bob")));
    server.logs.remove(&person("kim"));
    page.answer(&server);
    server.logs.remove(&person("bob"));
    page.settle(&mut server);
    assert_eq!((page.refusal.clone(), &page.place), (None, &person("bob")));
    page.say("hi");
    page.settle(&mut server);
    let frames = server.say(&person("bob"), "bob", "hi alice", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.log(), ["hi", "hi alice"]);
}

#[test]
fn a_room_counts_as_read_after_a_second_at_its_end_and_in_view() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let speak = |server: &mut Server, page: &mut Page, to: &str| {
        let frames = server.say(&room(to), "bob", "hi", None);
        page.deliver(frames);
        page.settle(server);
    };
    speak(&mut server, &mut page, "a");
    assert_eq!(page.unread(&room("a")), Some(0), "it is being read");
    page.pass(999, &mut server);
    assert_eq!(server.read.get(&room("a")), None);
    page.pass(1, &mut server);
    assert_eq!(server.read.get(&room("a")), Some(&1));

    page.act(Act::AtEnd(false));
    speak(&mut server, &mut page, "a");
    page.pass(5_000, &mut server);
    assert_eq!((server.read.get(&room("a")), page.fresh), (Some(&1), 1));
    assert_eq!(page.unread(&room("a")), Some(1));
    page.act(Act::AtEnd(true));
    page.pass(1_000, &mut server);
    assert_eq!((server.read.get(&room("a")), page.fresh), (Some(&2), 0));
    assert_eq!(page.unread(&room("a")), Some(0));

    page.input(Input::Visible(false));
    speak(&mut server, &mut page, "a");
    page.pass(5_000, &mut server);
    assert_eq!(server.read.get(&room("a")), Some(&2));
    assert_eq!(page.title, "(1) a · Roomful");
    page.input(Input::Visible(true));
    page.pass(1_000, &mut server);
    assert_eq!((server.read.get(&room("a")), page.title.as_str()), (Some(&3), "a · Roomful"));

    speak(&mut server, &mut page, "b");
    page.pass(5_000, &mut server);
    assert_eq!(page.unread(&room("b")), Some(1));
    let me = server.read.insert(room("b"), 1);
    assert_eq!(me, None);
    let elsewhere = crate::protocol::frames::Kind::Read { to: room("b"), seq: 1 };
    let frames = server.commit(&Target::Own, None, &elsewhere);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.unread(&room("b")), Some(0), "read on another device");
}

#[test]
fn the_new_line_stays_until_i_leave() {
    let mut server = Server::new(&[room("a"), room("b")]);
    for n in 1..=4 {
        server.say(&room("a"), "bob", &n.to_string(), None);
    }
    server.read.insert(room("a"), 2);
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 0);
    page.connect(&mut server);
    page.pass(5_000, &mut server);
    assert_eq!(server.read[&room("a")], 4);
    page.say("mine");
    page.settle(&mut server);
    assert_eq!(page.log(), ["1", "2", "NEW", "3", "4", "mine"]);
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    page.act(Act::Go(room("a")));
    page.settle(&mut server);
    assert_eq!(page.log(), ["1", "2", "3", "4", "mine"]);
}

#[test]
fn coming_and_going_is_quiet_and_follows_the_place() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let online = |to: &str, join: &[&str], leave: &[&str], count| {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        text(&ServerFrame::Online {
            to: room(to),
            join: list(join),
            leave: list(leave),
            all: None,
            idle: vec![],
            awake: vec![],
            count,
        })
    };
    page.deliver(vec![online("a", &["sam", "noor", ME], &[], 3), online("b", &["kim"], &[], 1)]);
    page.settle(&mut server);
    assert_eq!(page.log(), ["sam and noor came in"]);
    assert_eq!(page.online.users.as_ref().map(Vec::len), Some(3));
    let counts: Vec<usize> = page.side.rooms.iter().map(|line| line.online).collect();
    assert_eq!(counts, [3, 1]);
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    assert!(page.log().is_empty());
}

#[test]
fn older_history_goes_in_front_once_at_a_time() {
    let mut server = Server::new(&[room("a")]);
    for n in 1..=120 {
        server.say(&room("a"), "bob", &n.to_string(), None);
    }
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 10_000);
    page.connect(&mut server);
    page.act(Act::Older);
    page.act(Act::Older);
    assert_eq!((page.calls.len(), page.older), (1, Older::Loading));
    page.settle(&mut server);
    assert_eq!((page.log()[0].as_str(), page.log().len()), ("21", 100));
    page.act(Act::Older);
    let Some(Call::History { ticket, .. }) = page.calls.pop_front() else {
        return assert_eq!(page.calls.len(), 1);
    };
    page.input(Input::History { ticket, result: Err(Refusal::unavailable()) });
    assert_eq!((page.older, page.refusal_code()), (Older::More, Some(Code::Unavailable)));
    page.act(Act::Older);
    assert!(page.calls.is_empty(), "not at once again");
    page.pass(3_000, &mut server);
    page.act(Act::Older);
    page.settle(&mut server);
    assert_eq!((page.log()[0].as_str(), page.older), ("1", Older::Beginning));
}

#[test]
fn an_older_page_for_a_place_left_is_ignored() {
    let mut server = Server::new(&[room("a"), room("b")]);
    for n in 1..=120 {
        server.say(&room("a"), "bob", &n.to_string(), None);
    }
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 10_000);
    page.connect(&mut server);
    page.act(Act::Older);
    page.act(Act::Go(room("b")));
    let late = page.calls.pop_front();
    page.settle(&mut server);
    page.calls.extend(late);
    page.settle(&mut server);
    assert_eq!((&page.place, page.log().len()), (&room("b"), 0));
}

#[test]
fn pings_are_answered_and_tell_what_was_missed() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let read = server.say(&room("b"), "bob", "read long ago", None);
    page.deliver(read);
    page.settle(&mut server);
    server.read.insert(room("b"), 1);
    server.say(&room("a"), "bob", "lost on the way", None);
    server.say(&room("b"), "bob", "this too", None);
    let tops = [(room("a"), 1), (room("b"), 2)].into();
    page.deliver(vec![text(&ServerFrame::Ping { tops })]);
    page.settle(&mut server);
    assert!(server.heard.contains(&ClientFrame::Pong));
    assert_eq!(page.log(), ["lost on the way"]);
    assert_eq!(page.unread(&room("b")), Some(1));
}

#[test]
fn silence_is_death_and_a_wake_asks() {
    let (mut server, mut page) = connected(&["a"]);
    page.pass(34_000, &mut server);
    assert!(page.open);
    let before = page.generation;
    page.pass(2_000, &mut server);
    assert_eq!(page.generation, before + 1, "dead, and the next is tried");
    page.connect(&mut server);
    page.input(Input::Visible(false));
    page.input(Input::Visible(true));
    assert!(page.up.iter().any(|text| text.contains("unsub")));
    page.settle(&mut server);
    page.pass(10_000, &mut server);
    assert_eq!(page.generation, before + 1, "it answered");
}

#[test]
fn who_does_nothing_for_ten_minutes_is_said_to_be_idle() {
    let (mut server, mut page) = connected(&["a"]);
    let here = |server: &Server| {
        server.heard.iter().rev().find_map(|frame| match frame {
            ClientFrame::Here { active, .. } => Some(*active),
            _ => None,
        })
    };
    for _ in 0..4 {
        page.pass(5 * 60_000, &mut server);
        page.input(Input::Used);
    }
    page.lose(1006);
    page.reconnect(&mut server);
    assert_eq!(here(&server), Some(true), "it was used");
    page.pass(10 * 60_000, &mut server);
    page.lose(1006);
    page.reconnect(&mut server);
    assert_eq!(here(&server), Some(false), "it is said on a new connection too");
    page.input(Input::Used);
    page.settle(&mut server);
    assert_eq!(here(&server), Some(true));
}

#[test]
fn a_subscription_refused_for_now_is_asked_for_again() {
    let mut server = Server::new(&[room("a")]);
    server.refuse.push_back(Refusal::rate_limited("Slower.", 700));
    let mut page = Page::load(&server, &room("a"), BTreeMap::new(), 0);
    page.connect(&mut server);
    server.say(&room("a"), "bob", "hi", None);
    assert!(page.log().is_empty());
    page.pass(700, &mut server);
    assert_eq!(page.log(), ["hi"]);
}

#[test]
fn what_i_may_not_see_any_more_is_said_plainly() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let gone = |name: &str| text(&ServerFrame::Gone { to: room(name), reason: "removed".into() });
    page.deliver(vec![gone("b"), gone("a")]);
    page.settle(&mut server);
    assert!(page.side.rooms.is_empty());
    assert_eq!(page.refusal_code(), Some(Code::NotFound));
}

#[test]
fn nonsense_from_the_server_is_passed_over() {
    let (mut server, mut page) = connected(&["a"]);
    let nonsense =
        ["", "{", "null", r#"{"t":"firework"}"#, r#"{"re":99,"ok":{}}"#, r#"{"re":"x"}"#];
    page.deliver(nonsense.map(str::to_owned).to_vec());
    page.settle(&mut server);
    let frames = server.say(&room("a"), "bob", "hi", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(page.log(), ["hi"]);
}

#[test]
fn put_away_and_brought_back_it_has_everything() {
    let (mut server, mut page) = connected(&["a"]);
    page.input(Input::Away);
    assert!(!page.open);
    server.say(&room("a"), "bob", "meanwhile", None);
    page.ms += 100_000;
    page.input(Input::Return);
    page.reconnect(&mut server);
    assert_eq!(page.log(), ["meanwhile"]);
}

/// The bodies and files of the messages that went out.
fn sent(server: &Server) -> Vec<(&str, Vec<&str>)> {
    let sent = server.heard.iter().filter_map(|frame| match frame {
        ClientFrame::Send { body, files, .. } => {
            Some((body.as_str(), files.iter().map(String::as_str).collect()))
        }
        _ => None,
    });
    sent.collect()
}

#[test]
fn a_message_waits_for_its_files_and_what_is_said_after_it_for_the_message() {
    let (mut server, mut page) = connected(&["a", "b"]);
    page.pick(&[1, 2]);
    assert_eq!((page.files.len(), &page.uploads[..]), (2, &[1, 2][..]));
    page.came(2, Ok(()));
    page.say("look");
    page.say("and then");
    page.settle(&mut server);
    assert!(page.files.is_empty() && sent(&server).is_empty());
    assert_eq!(page.log(), ["look…", "and then…"]);
    page.came(1, Ok(()));
    page.settle(&mut server);
    assert_eq!(sent(&server), [("look", vec!["f1", "f2"]), ("and then", vec![])]);
    assert!(page.storage.is_empty());
}

#[test]
fn files_alone_are_a_message_and_go_nowhere_else() {
    let (mut server, mut page) = connected(&["a", "b"]);
    page.say("");
    page.pick(&[1]);
    page.came(1, Ok(()));
    page.act(Act::Go(room("b")));
    page.settle(&mut server);
    assert!(page.files.is_empty());
    page.say("");
    page.act(Act::Go(room("a")));
    page.settle(&mut server);
    assert_eq!(page.files.len(), 1, "they waited here");
    page.say("");
    page.settle(&mut server);
    assert_eq!(sent(&server), [("", vec!["f1"])]);
}

#[test]
fn a_file_that_fails_is_tried_again_or_removed() {
    let (mut server, mut page) = connected(&["a"]);
    page.pick(&[1, 2]);
    page.came(1, Err(Refusal::unavailable()));
    page.say("look");
    assert_eq!(page.refusal_code(), Some(Code::Invalid), "its author decides");
    assert_eq!(page.draft, "look");
    page.act(Act::AttachAgain(1));
    assert_eq!(page.uploads, [1, 2, 1]);
    page.act(Act::Detach(2));
    assert_eq!(page.aborted, [2]);
    page.say("look");
    page.settle(&mut server);
    // The message was said by then: it failed with its file.
    page.came(1, Err(Refusal::unavailable()));
    let key = page.keys()[0].to_owned();
    page.act(Act::Retry(key));
    assert_eq!(page.uploads, [1, 2, 1, 1]);
    page.came(1, Ok(()));
    page.settle(&mut server);
    assert_eq!(sent(&server), [("look", vec!["f1"])]);
}

#[test]
fn a_message_that_waits_for_its_files_can_be_given_up() {
    let (mut server, mut page) = connected(&["a"]);
    page.pick(&[1]);
    page.say("never mind");
    let key = page.keys()[0].to_owned();
    page.act(Act::Discard(key));
    page.settle(&mut server);
    assert!(page.log().is_empty() && page.storage.is_empty());
    assert_eq!(page.aborted, [1]);
}

#[test]
fn a_reload_in_the_middle_of_an_upload_loses_no_text_and_says_so() {
    let (mut server, mut page) = connected(&["a"]);
    page.pick(&[1, 2, 3]);
    page.came(1, Ok(()));
    page.say("look");
    page.pick(&[4]);
    page.say("");
    let storage = page.storage.clone();
    let mut page = Page::load(&server, &room("a"), storage, 1_000);
    page.connect(&mut server);
    assert!(sent(&server).is_empty(), "not without being asked");
    let failed = |row: &(String, Row)| matches!(&row.1, Row::Said(said) if matches!(&said.state, SaidState::Failed(why) if why.contains("files")));
    let keys: Vec<String> =
        page.rows.iter().filter(|row| failed(row)).map(|row| row.0.clone()).collect();
    assert_eq!(keys.len(), 2);
    for key in keys {
        page.act(Act::Retry(key));
    }
    page.settle(&mut server);
    assert_eq!(sent(&server), [("look", vec!["f1"])], "what had nothing else is gone");
    assert!(page.storage.is_empty() && page.uploads.is_empty());
}
