//! What comes by my own log: calls, levels, blocks, rooms; and places that are gone.

use super::world::{Page, Server, connected, room, text};
use crate::client::{Act, desk::Input, house::GONE, presence::is_unknown};
use crate::protocol::{
    At, Refusal, Target,
    frames::{ClientFrame, Kind, Online, ServerFrame, What},
    notices::Unseen,
    people::{Level, NoticeKind, Notify},
    views::Line,
};

fn told(kind: NoticeKind, to: &str, seq: Option<i64>) -> Kind {
    Kind::Notify(notice(kind, room(to), seq))
}

fn notice(kind: NoticeKind, to: Target, seq: Option<i64>) -> Notify {
    Notify {
        kind,
        id: format!("{kind:?}-{seq:?}"),
        from: "bob".into(),
        to,
        message: None,
        seq,
        text: "listen".into(),
        why: None,
        link: None,
        seen: false,
        at: At(0),
    }
}

/// Something happens in my own log.
fn own(server: &mut Server, page: &mut Page, kind: &Kind) {
    let frames = server.commit(&Target::Own, None, kind);
    page.deliver(frames);
    page.settle(server);
}

fn say(server: &mut Server, page: &mut Page, to: &str, body: &str) {
    let frames = server.say(&room(to), "bob", body, None);
    page.deliver(frames);
    page.settle(server);
}

fn line<'a>(page: &'a Page, to: &str) -> &'a Line {
    page.side.rooms.iter().find(|line| line.to == room(to)).expect("it is in the column")
}

#[test]
fn what_calls_me_is_counted_until_i_read_it() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let call = |seq| told(NoticeKind::Mention, "b", Some(seq));
    say(&mut server, &mut page, "b", "@alice one");
    for _ in 0..2 {
        own(&mut server, &mut page, &call(1));
    }
    assert_eq!((line(&page, "b").unread, line(&page, "b").mentions), (1, 1));
    // The call may come before what was said.
    own(&mut server, &mut page, &call(2));
    say(&mut server, &mut page, "b", "@alice two");
    assert_eq!((line(&page, "b").unread, line(&page, "b").mentions), (2, 2));
    own(&mut server, &mut page, &Kind::Read { to: room("b"), seq: 2 });
    assert_eq!((line(&page, "b").unread, line(&page, "b").mentions), (0, 0));
    // What I am reading right now calls me on the screen; a reaction calls nobody back.
    own(&mut server, &mut page, &told(NoticeKind::Reply, "a", Some(1)));
    own(&mut server, &mut page, &told(NoticeKind::Reaction, "b", Some(1)));
    assert_eq!(page.side.rooms.iter().map(|line| line.mentions).sum::<i64>(), 0);
}

#[test]
fn out_of_sight_it_is_counted_where_i_am_too() {
    let (mut server, mut page) = connected(&["a"]);
    page.input(Input::Visible(false));
    say(&mut server, &mut page, "a", "@alice");
    own(&mut server, &mut page, &told(NoticeKind::Mention, "a", Some(1)));
    assert_eq!(line(&page, "a").mentions, 1);
    assert!(page.said("id-1").calls);
    page.input(Input::Visible(true));
    page.pass(2_000, &mut server);
    assert_eq!((line(&page, "a").unread, line(&page, "a").mentions), (0, 0));
}

#[test]
fn a_room_that_i_have_not_joined_appears_when_somebody_calls_me_there() {
    let (mut server, mut page) = connected(&["a"]);
    server.logs.insert(room("far"), Vec::new());
    server.say(&room("far"), "bob", "@alice", None);
    own(&mut server, &mut page, &told(NoticeKind::Mention, "far", Some(1)));
    assert_eq!(line(&page, "far").mentions, 1);
}

#[test]
fn an_invitation_is_said_quietly() {
    let (mut server, mut page) = connected(&["a"]);
    own(&mut server, &mut page, &told(NoticeKind::Invite, "den", None));
    assert_eq!(page.log(), ["bob invited you to den"]);
}

#[test]
fn what_i_muted_does_not_wait_for_me() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let level = |level| Kind::Level { to: room("b"), level };
    say(&mut server, &mut page, "b", "one");
    assert_eq!((page.waiting, &*page.title), (1, "(1) a · Roomful"));
    own(&mut server, &mut page, &level(Level::Nothing));
    say(&mut server, &mut page, "b", "two");
    assert_eq!((page.waiting, &*page.title), (0, "a · Roomful"));
    assert_eq!((line(&page, "b").level, line(&page, "b").unread), (Level::Nothing, 2));
    own(&mut server, &mut page, &level(Level::Mentions));
    assert_eq!(page.waiting, 0);
    say(&mut server, &mut page, "b", "@alice three");
    own(&mut server, &mut page, &told(NoticeKind::Mention, "b", Some(3)));
    assert_eq!(page.waiting, 1);
    own(&mut server, &mut page, &level(Level::All));
    assert_eq!(page.waiting, 3);
}

#[test]
fn whom_i_block_falls_silent_at_once_and_speaks_again() {
    let (mut server, mut page) = connected(&["a"]);
    say(&mut server, &mut page, "a", "hello");
    let types = || vec![text(&ServerFrame::Typing { to: room("a"), user: "bob".into() })];
    page.deliver(types());
    page.settle(&mut server);
    assert_eq!((page.typing.len(), page.said("id-1").hushed), (1, false));
    let block = |on| Kind::Block { user: "bob".into(), on };
    own(&mut server, &mut page, &block(true));
    page.deliver(types());
    say(&mut server, &mut page, "a", "anybody?");
    assert!(page.typing.is_empty());
    assert!(page.said("id-1").hushed && page.said("id-2").hushed && page.said("id-2").first);
    own(&mut server, &mut page, &block(false));
    page.deliver(types());
    page.settle(&mut server);
    assert!(!page.said("id-2").hushed && !page.said("id-2").first);
    assert_eq!(page.typing, ["bob"]);
    assert!(page.visits.is_empty());
}

#[test]
fn a_place_that_is_gone_says_why_until_i_am_let_in_again() {
    let (mut server, mut page) = connected(&["a", "b"]);
    say(&mut server, &mut page, "a", "before");
    let log = server.logs.remove(&room("a")).expect("it was there");
    let gone = ServerFrame::Gone { to: room("a"), reason: "removed".into() };
    page.deliver(vec![text(&gone)]);
    page.settle(&mut server);
    let said = |page: &Page| {
        page.refusal.as_ref().map(|it| (it.message.clone(), it.field.clone().unwrap_or_default()))
    };
    let why = Some(("You are not in a any more.".to_owned(), GONE.to_owned()));
    assert_eq!(said(&page), why);
    assert!(page.side.rooms.iter().all(|line| line.to != room("a")));
    assert_eq!(page.log(), ["before"], "what was read stays");
    server.refuse.push_back(Refusal::not_found("room"));
    page.say("to nobody");
    page.settle(&mut server);
    assert_eq!(page.log(), ["before", "to nobody✗"], "nothing is lost");
    page.lose(1006);
    page.reconnect(&mut server);
    assert_eq!(said(&page), why, "it is not asked again");
    server.logs.insert(room("a"), log);
    own(&mut server, &mut page, &Kind::Joined { to: room("a"), on: true });
    assert_eq!(said(&page), None);
    say(&mut server, &mut page, "a", "welcome back");
    assert!(page.log().contains(&"welcome back".to_owned()));
}

#[test]
fn those_who_are_idle_are_known_as_such() {
    let (mut server, mut page) = connected(&["a"]);
    let mut online = |join: &[&str], leave: &[&str], idle: &[&str], awake: &[&str], count| {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (join, leave, idle, awake) = (all(join), all(leave), all(idle), all(awake));
        let to = room("a");
        page.deliver(vec![text(&ServerFrame::Online {
            to,
            join,
            leave,
            all: None,
            idle,
            awake,
            count,
        })]);
        page.settle(&mut server);
        let Online { users, idle, count } = page.online.clone();
        (users.unwrap_or_default().join(" "), idle.join(" "), count)
    };
    let now = |users: &str, idle: &str, count| (users.to_owned(), idle.to_owned(), count);
    assert_eq!(online(&["bob", "kim"], &[], &["kim"], &[], 3), now("alice bob kim", "kim", 3));
    assert_eq!(online(&[], &[], &["bob", "zoe"], &[], 3), now("alice bob kim", "bob kim", 3));
    assert_eq!(online(&[], &[], &[], &["bob"], 3), now("alice bob kim", "kim", 3));
    assert_eq!(online(&[], &["kim"], &[], &[], 2), now("alice bob", "", 2));
}

#[test]
fn after_a_form_the_column_is_as_the_server_has_it() {
    let (mut server, mut page) = connected(&["a"]);
    server.logs.insert(room("new"), Vec::new());
    page.input(Input::Changed);
    page.settle(&mut server);
    assert_eq!(page.unread(&room("new")), Some(0));
    assert!(page.visits.is_empty());
}

#[test]
fn an_edit_calls_me_by_its_message_and_is_new_by_itself() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let by_edit = |seq| Notify {
        message: Some("9-1".into()),
        ..notice(NoticeKind::Mention, room("b"), Some(seq))
    };
    say(&mut server, &mut page, "b", "one");
    say(&mut server, &mut page, "b", "two");
    own(&mut server, &mut page, &Kind::Read { to: room("b"), seq: 2 });
    // I have read the message, and not that it calls me.
    own(&mut server, &mut page, &Kind::Notify(by_edit(3)));
    assert_eq!((line(&page, "b").mentions, bell(&page)), (0, 1));
    own(&mut server, &mut page, &Kind::Read { to: room("b"), seq: 3 });
    assert_eq!(bell(&page), 0);
}

#[test]
fn what_an_edit_calls_no_more_is_asked_for_again() {
    let (mut server, mut page) = connected(&["a", "b"]);
    say(&mut server, &mut page, "b", "@alice");
    own(&mut server, &mut page, &told(NoticeKind::Mention, "b", Some(1)));
    assert_eq!((line(&page, "b").mentions, bell(&page)), (1, 1));
    let edited = What::Edited { body: Some("nobody".into()), at: At(1) };
    let frames = server.change(&room("b"), "bob", "id-1", edited).expect("it is there");
    server.notices = Vec::new();
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!((line(&page, "b").mentions, bell(&page)), (0, 0));
}

/// What the bell counts.
fn bell(page: &Page) -> usize {
    page.side.notices.len()
}

#[test]
fn the_bell_counts_what_concerns_me_until_i_have_seen_it_anywhere() {
    let (mut server, mut page) = connected(&["a", "b"]);
    own(&mut server, &mut page, &told(NoticeKind::Reaction, "b", Some(1)));
    own(&mut server, &mut page, &told(NoticeKind::Mention, "b", Some(4)));
    own(&mut server, &mut page, &told(NoticeKind::Invite, "den", None));
    let seen = Notify { seen: true, ..notice(NoticeKind::Reply, room("a"), Some(9)) };
    own(&mut server, &mut page, &Kind::Notify(seen));
    assert_eq!((bell(&page), page.waiting), (3, 1), "an invitation waits nowhere else");
    // Another device reads the place…
    own(&mut server, &mut page, &Kind::Read { to: room("b"), seq: 3 });
    assert_eq!(bell(&page), 2);
    own(&mut server, &mut page, &Kind::Read { to: room("b"), seq: 4 });
    assert_eq!(bell(&page), 1);
    // …or my own log, up to where it was shown.
    let top = server.logs[&Target::Own].len() as i64;
    own(&mut server, &mut page, &told(NoticeKind::Direct, "b", Some(7)));
    own(&mut server, &mut page, &Kind::Read { to: Target::Own, seq: top });
    assert_eq!(page.side.notices, [Unseen { notice: top + 1, to: room("b"), seq: 7 }]);
}

#[test]
fn what_i_was_told_of_and_is_gone_is_asked_for_again() {
    let (mut server, mut page) = connected(&["a", "b"]);
    say(&mut server, &mut page, "b", "@alice");
    own(&mut server, &mut page, &told(NoticeKind::Mention, "b", Some(1)));
    assert_eq!(bell(&page), 1);
    let deleted = What::Deleted { at: At(1) };
    let frames = server.change(&room("b"), "bob", "id-1", deleted).expect("it is there");
    server.notices = Vec::new();
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!(bell(&page), 0);
    // What a fresh connection hears is the truth.
    server.notices = vec![Unseen { notice: 1, to: room("b"), seq: 9 }];
    page.lose(1006);
    page.reconnect(&mut server);
    assert_eq!(page.side.notices, server.notices);
}

#[test]
fn what_is_pushed_is_shown_until_i_put_it_away_and_a_few_at_most() {
    let (mut server, mut page) = connected(&["a"]);
    let push = |n: i64| Notify { id: n.to_string(), ..notice(NoticeKind::Push, Target::Own, None) };
    let ids = |page: &Page| page.told.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    for n in [1, 2, 2] {
        page.deliver(vec![text(&ServerFrame::Push(push(n)))]);
    }
    page.settle(&mut server);
    assert_eq!(ids(&page), ["2", "1"], "the newest is the one to be seen");
    own(&mut server, &mut page, &Kind::Notify(push(3)));
    page.deliver(vec![text(&ServerFrame::Push(push(4)))]);
    page.settle(&mut server);
    assert_eq!(ids(&page), ["4", "3", "2"]);
    page.input(Input::Act(Act::PutAway("4".to_owned())));
    assert_eq!((ids(&page), bell(&page)), (vec!["3".to_owned(), "2".to_owned()], 1));
    // One that is kept is put away on all devices by looking through the list on one.
    let top = server.logs[&Target::Own].len() as i64;
    own(&mut server, &mut page, &Kind::Read { to: Target::Own, seq: top });
    assert_eq!((ids(&page), bell(&page)), (vec!["2".to_owned()], 0));
}

/// How far I have said that I looked through what concerns me, each time.
fn looked_through(server: &Server) -> Vec<i64> {
    let so_far = |frame: &ClientFrame| match frame {
        ClientFrame::Read { to: Target::Own, seq } => Some(*seq),
        _ => None,
    };
    server.heard.iter().filter_map(so_far).collect()
}

#[test]
fn what_was_pushed_and_put_away_is_not_new_where_nothing_new_stands_before_it() {
    let (mut server, mut page) = connected(&["a", "b"]);
    let stored = |n: i64| {
        let push = notice(NoticeKind::Push, Target::Own, None);
        Kind::Notify(Notify { id: n.to_string(), ..push })
    };
    for n in [1, 2, 3] {
        own(&mut server, &mut page, &stored(n));
    }
    let away = |page: &mut Page, server: &mut Server, id: &str| {
        page.act(Act::PutAway(id.to_owned()));
        page.settle(server);
    };
    away(&mut page, &mut server, "2");
    assert_eq!((bell(&page), looked_through(&server)), (3, vec![]));
    away(&mut page, &mut server, "1");
    assert_eq!((bell(&page), looked_through(&server)), (1, vec![2]), "both of them are seen");
    own(&mut server, &mut page, &told(NoticeKind::Mention, "b", Some(7)));
    own(&mut server, &mut page, &stored(5));
    away(&mut page, &mut server, "5");
    away(&mut page, &mut server, "3");
    assert_eq!((bell(&page), looked_through(&server)), (2, vec![2, 3]), "the mention is new still");
}

#[test]
fn whoever_looks_at_what_concerns_them_or_comes_back_to_the_page_is_told_what_is_left() {
    let (mut server, mut page) = connected(&["a"]);
    for again in [Input::Looks, Input::Visible(true)] {
        server.notices = Vec::new();
        own(&mut server, &mut page, &told(NoticeKind::Reaction, "left", Some(4)));
        page.input(Input::Visible(!matches!(again, Input::Visible(_))));
        page.settle(&mut server);
        assert_eq!(bell(&page), 1);
        // It was taken back, in a room that is not followed.
        page.input(again);
        page.settle(&mut server);
        assert_eq!(bell(&page), 0);
    }
}

#[test]
fn what_those_had_said_whom_i_blocked_waits_for_nobody() {
    let (mut server, mut page) = connected(&["a"]);
    let bob = Target::Person("bob".into());
    server.logs.insert(bob.clone(), Vec::new());
    own(&mut server, &mut page, &Kind::Conversation { to: bob.clone() });
    let frames = server.say(&bob, "bob", "hey", None);
    page.deliver(frames);
    page.settle(&mut server);
    assert_eq!((page.waiting, &*page.title), (1, "(1) a · Roomful"));
    let block = |on| Kind::Block { user: "bob".into(), on };
    own(&mut server, &mut page, &block(true));
    assert_eq!((page.waiting, &*page.title), (0, "a · Roomful"));
    own(&mut server, &mut page, &block(false));
    assert_eq!(page.waiting, 1);
}

#[test]
fn who_is_here_is_not_said_for_long_without_a_connection() {
    let (mut server, mut page) = connected(&["a"]);
    let here = |page: &Page| (page.online.count, line(page, "a").online);
    let all = Some(vec!["alice".to_owned(), "bob".to_owned()]);
    page.deliver(vec![text(&ServerFrame::Online {
        to: room("a"),
        join: Vec::new(),
        leave: Vec::new(),
        all,
        idle: Vec::new(),
        awake: Vec::new(),
        count: 2,
    })]);
    page.settle(&mut server);
    assert_eq!(here(&page), (2, 2));
    // One that is short is not seen.
    page.lose(1006);
    assert_eq!(here(&page), (2, 2));
    page.reconnect(&mut server);
    let now = here(&page);
    assert!(now.0 > 0, "{now:?}");
    page.lose(1006);
    page.ms += 11_000;
    page.input(Input::Tick);
    assert_eq!(here(&page), (0, 0));
    assert!(is_unknown(&page.online));
    page.reconnect(&mut server);
    assert_eq!(here(&page), now);
    // A page that was kept knows nothing of it from the first.
    page.lose(1006);
    assert_eq!(here(&page), now);
    page.input(Input::Kept);
    assert_eq!(here(&page), (0, 0));
    page.reconnect(&mut server);
    assert_eq!(here(&page), now);
}
