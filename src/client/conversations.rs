//! The side column: which rooms I know and whom I talk to, what is unread in each, and which of
//! them has something new.

use crate::protocol::{
    At, Target,
    frames::{Followed, Online},
    limits::UNREAD_MOST,
    notices::Unseen,
    people::Level,
    views::{Line, Side},
};

/// What came of an event of a conversation that is not on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is counted, or was before.
    Yes,
    /// Something before it is missing: subscribe again.
    Gap,
}

#[derive(Clone, Debug)]
struct Conversation {
    line: Line,
    /// The seq of the last event that was counted; none until the subscription is answered.
    last: Option<i64>,
    /// The unread messages that were counted here and not by the server, by their ids.
    counted: Vec<String>,
    /// Up to this seq the server counted what calls me…
    asked: i64,
    /// …and these came after that, by their seqs.
    calls: Vec<i64>,
}

impl Conversation {
    fn new(line: Line) -> Self {
        Self { line, last: None, counted: Vec::new(), asked: 0, calls: Vec::new() }
    }
}

/// Rooms and people, the latest first.
#[derive(Clone, Debug, Default)]
pub struct Conversations {
    rooms: Vec<Conversation>,
    people: Vec<Conversation>,
    /// What concerns me and I have yet to see.
    pub notices: Vec<Unseen>,
    /// Whether what is on the screen is a room that I could join.
    pub outside: bool,
}

impl Conversations {
    /// As the page says it.
    #[must_use]
    pub fn new(side: &Side) -> Self {
        let mut it = Self { notices: side.notices.clone(), ..Self::default() };
        it.merge(side);
        it
    }

    /// What the side column shows; `known`: whether it is told who is where.
    #[must_use]
    pub fn side(&self, known: bool) -> Side {
        let line = |one: &Conversation| {
            let mut line = one.line.clone();
            line.online *= usize::from(known);
            line
        };
        let lines = |all: &[Conversation]| all.iter().map(line).collect();
        Side {
            rooms: lines(&self.rooms),
            people: lines(&self.people),
            own: None,
            notices: self.notices.clone(),
            outside: self.outside,
        }
    }

    /// All of them, in the order of the column.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.rooms.iter().chain(&self.people).map(|one| &one.line.to)
    }

    /// Whether it is in the column.
    #[must_use]
    pub fn has(&self, to: &Target) -> bool {
        self.targets().any(|other| other == to)
    }

    /// A fresh list from the server. What is followed live is known better here than there.
    pub fn merge(&mut self, side: &Side) {
        let merge = |old: &mut Vec<Conversation>, lines: &[Line]| {
            let mut fresh: Vec<Conversation> = Vec::with_capacity(lines.len());
            for line in lines {
                let known = old.iter().position(|one| one.line.to == line.to);
                fresh.push(match known.map(|at| old.remove(at)) {
                    Some(known) if known.last.is_some() => known,
                    _ => Conversation::new(line.clone()),
                });
            }
            *old = fresh;
        };
        merge(&mut self.rooms, &side.rooms);
        merge(&mut self.people, &side.people);
        self.outside = side.outside;
    }

    /// A conversation that appeared: on top, unless it is there already.
    pub fn add(&mut self, to: &Target) -> bool {
        if self.has(to) || *to == Target::Own {
            return false;
        }
        let line =
            Line { to: to.clone(), online: 0, unread: 0, mentions: 0, level: Level::All, at: None };
        self.list(to).insert(0, Conversation::new(line));
        true
    }

    /// It is not mine to see any more.
    pub fn remove(&mut self, to: &Target) {
        self.list(to).retain(|one| one.line.to != *to);
    }

    /// The connection is gone: nothing is followed.
    pub fn lost(&mut self) {
        for one in self.rooms.iter_mut().chain(&mut self.people) {
            one.last = None;
        }
    }

    /// The answer to a subscription.
    pub fn followed(&mut self, to: &Target, answer: &Followed) {
        let list = self.list(to);
        if let Some(place) = list.iter().position(|one| one.line.to == *to) {
            let one = &mut list[place];
            one.last = answer.top.or(one.last);
            let before = one.line.unread;
            one.line.unread = answer.unread.unwrap_or(before);
            one.counted.clear();
            one.line.mentions = answer.mentions;
            one.asked = answer.top.unwrap_or(0);
            one.calls.clear();
            if one.line.unread > before {
                // Somebody spoke there while the connection was away.
                list[..=place].rotate_right(1);
            }
        }
        if let Some(online) = &answer.online {
            self.online(to, online);
        }
    }

    /// A whole list of people.
    pub fn online(&mut self, to: &Target, online: &Online) {
        if let Some(one) = self.find(to) {
            one.line.online = match (to, &online.users) {
                (Target::Person(name), Some(users)) => usize::from(users.contains(name)),
                (Target::Person(_), None) => online.count.min(1),
                _ => online.count,
            };
        }
    }

    /// People came or went.
    pub fn moved(&mut self, to: &Target, join: &[String], leave: &[String], count: usize) {
        if let Some(one) = self.find(to) {
            match to {
                Target::Person(name) if join.contains(name) => one.line.online = 1,
                Target::Person(name) if leave.contains(name) => one.line.online = 0,
                Target::Person(_) => {}
                _ => one.line.online = count,
            }
        }
    }

    /// A message was deleted. It is one less, if it was counted here; where the server counted, the
    /// server must be asked, and until it answers nothing is counted.
    pub fn deleted(&mut self, to: &Target, seq: i64, id: &str) -> Counted {
        let (new, counted) = self.count(to, seq);
        let Some(one) = self.find(to).filter(|one| new && one.line.unread > 0) else {
            return counted;
        };
        let here = one.counted.iter().position(|other| other == id);
        let all_here = one.line.unread == one.counted.len() as i64;
        let exact = one.line.mentions == 0 && one.line.unread < UNREAD_MOST;
        match here {
            Some(at) if exact => {
                one.counted.remove(at);
                one.line.unread -= 1;
            }
            None if all_here => {}
            _ => {
                one.last = None;
                return Counted::Gap;
            }
        }
        Counted::Yes
    }

    /// An event that is not a message. After an edit that may call me no more, the server must be asked.
    pub fn event(&mut self, to: &Target, seq: i64, edit: bool) -> Counted {
        let (new, counted) = self.count(to, seq);
        match self.find(to) {
            Some(one) if new && edit && one.line.mentions > 0 => {
                one.last = None;
                Counted::Gap
            }
            _ => counted,
        }
    }

    /// A message; `unread`: its id, if it is another's and not being read right now.
    pub fn message(&mut self, to: &Target, seq: i64, at: At, unread: Option<&str>) -> Counted {
        let (new, counted) = self.count(to, seq);
        if !new {
            return counted;
        }
        let list = self.list(to);
        if let Some(place) = list.iter().position(|one| one.line.to == *to) {
            let mut one = list.remove(place);
            one.line.at = Some(at);
            if let Some(id) = unread.filter(|_| one.line.unread < UNREAD_MOST) {
                one.line.unread += 1;
                one.counted.push(id.to_owned());
            }
            list.insert(0, one);
        }
        counted
    }

    /// The message of that seq calls me, and I am not reading it right now. Whether the server must be
    /// asked, since it may have counted it already.
    pub fn calls(&mut self, to: &Target, seq: i64) -> bool {
        let Some(one) = self.find(to) else { return false };
        if seq <= one.asked {
            return one.last.is_some();
        }
        if !one.calls.contains(&seq) && one.line.mentions < UNREAD_MOST {
            one.calls.push(seq);
            one.line.mentions += 1;
        }
        false
    }

    /// Of what I am told there from now on.
    pub fn level(&mut self, to: &Target, level: Level) {
        if let Some(one) = self.find(to) {
            one.line.level = level;
        }
    }

    /// The top of a log, as a ping tells it: whether something is missing here.
    #[must_use]
    pub fn is_behind(&self, to: &Target, top: i64) -> bool {
        self.rooms
            .iter()
            .chain(&self.people)
            .any(|one| one.line.to == *to && one.last.is_some_and(|last| last < top))
    }

    /// I have read up to `seq`, here or elsewhere. Whether the rest must be asked for: what is
    /// unread past it is not known.
    pub fn read(&mut self, to: &Target, seq: i64) -> bool {
        let Some(one) = self.find(to) else { return false };
        if one.last.is_none_or(|last| seq >= last) {
            // What calls me by an edit, and was read before, only the server knows.
            one.asked = one.asked.max(seq);
            // That somebody called me may be told before what they said is.
            one.calls.retain(|call| *call > seq);
            (one.line.unread, one.line.mentions) = (0, one.calls.len() as i64);
            one.counted.clear();
            return false;
        }
        one.line.unread > 0
    }

    /// I am told of something.
    pub fn told(&mut self, of: Unseen) {
        if (self.notices.len() as i64) < UNREAD_MOST {
            self.notices.push(of);
        }
    }

    /// I have read up to `seq` there, so I have seen what was told of it; in my own log, all until then.
    pub fn seen(&mut self, to: &Target, seq: i64) {
        self.notices.retain(|one| match to {
            Target::Own => one.notice > seq,
            _ => one.to != *to || one.seq > seq,
        });
    }

    /// Whether I have yet to see something of what I was told was said there.
    #[must_use]
    pub fn is_told_of(&self, to: &Target) -> bool {
        self.notices.iter().any(|one| one.to == *to)
    }

    /// Unread messages in all of them, as far as I wish to be told of them, and what was told to me alone.
    /// What those had said whom I blocked does not wait.
    #[must_use]
    pub fn waiting(&self, blocked: &[String]) -> i64 {
        let told = self.notices.iter().filter(|one| one.to == Target::Own).count();
        let heard = |one: &&Conversation| !blocked.iter().any(|name| name == one.line.to.name());
        let all = self.rooms.iter().chain(self.people.iter().filter(heard));
        all.map(|one| one.line.waiting()).sum::<i64>() + told as i64
    }

    /// Whether it is new, and what came of it.
    fn count(&mut self, to: &Target, seq: i64) -> (bool, Counted) {
        let Some(one) = self.find(to) else { return (false, Counted::Yes) };
        match one.last {
            Some(last) if seq == last + 1 => {
                one.last = Some(seq);
                (true, Counted::Yes)
            }
            Some(last) if seq > last => {
                // Until the new subscription is answered, nothing is counted twice or missed.
                one.last = None;
                (false, Counted::Gap)
            }
            _ => (false, Counted::Yes),
        }
    }

    fn list(&mut self, to: &Target) -> &mut Vec<Conversation> {
        match to {
            Target::Person(_) => &mut self.people,
            _ => &mut self.rooms,
        }
    }

    fn find(&mut self, to: &Target) -> Option<&mut Conversation> {
        self.list(to).iter_mut().find(|one| one.line.to == *to)
    }
}

/// The page's title: what waits for me, and where I am.
#[must_use]
pub fn title(place: &Target, unread: i64) -> String {
    let name = place.name();
    match unread {
        ..=0 => format!("{name} · Roomful"),
        1..UNREAD_MOST => format!("({unread}) {name} · Roomful"),
        _ => format!("(99+) {name} · Roomful"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> Target {
        Target::Room(name.into())
    }

    fn bob() -> Target {
        Target::Person("bob".into())
    }

    fn line(to: Target, unread: i64) -> Line {
        Line { to, online: 0, unread, mentions: 0, level: Level::All, at: None }
    }

    fn side() -> Side {
        Side {
            rooms: vec![line(room("a"), 0), line(room("b"), 2)],
            people: vec![line(bob(), 1)],
            ..Side::default()
        }
    }

    fn answer(to: Target, top: i64, unread: i64) -> Followed {
        Followed {
            to,
            err: None,
            epoch: Some("e1".into()),
            top: Some(top),
            recovered: None,
            events: None,
            online: None,
            read: Some(1),
            unread: Some(unread),
            mentions: 0,
            notices: Vec::new(),
        }
    }

    fn followed() -> Conversations {
        let mut it = Conversations::new(&side());
        for (to, top, unread) in [(room("a"), 10, 0), (room("b"), 20, 2), (bob(), 5, 1)] {
            it.followed(&to.clone(), &answer(to, top, unread));
        }
        it
    }

    fn names(it: &Conversations) -> Vec<String> {
        it.targets().map(ToString::to_string).collect()
    }

    #[test]
    fn a_message_counts_once_and_brings_its_room_to_the_top() {
        let mut it = followed();
        assert_eq!(it.message(&room("b"), 21, At(7), Some("m")), Counted::Yes);
        assert_eq!(it.message(&room("b"), 21, At(7), Some("m")), Counted::Yes);
        assert_eq!(names(&it), ["#b", "#a", "@bob"]);
        let side = it.side(true);
        assert_eq!((side.rooms[0].unread, side.rooms[0].at), (3, Some(At(7))));
        assert_eq!(it.waiting(&[]), 4);
    }

    #[test]
    fn my_own_message_and_other_events_are_not_unread() {
        let mut it = followed();
        it.message(&bob(), 6, At(1), None);
        it.event(&bob(), 7, false);
        assert_eq!(it.message(&bob(), 8, At(1), Some("m")), Counted::Yes);
        assert_eq!(it.side(true).people[0].unread, 2);
    }

    #[test]
    fn a_jump_asks_again_and_the_answer_is_the_truth() {
        let mut it = followed();
        assert_eq!(it.message(&bob(), 8, At(1), Some("m")), Counted::Gap);
        assert_eq!(it.message(&bob(), 9, At(1), Some("m")), Counted::Yes, "asked for already");
        assert_eq!(it.side(true).people[0].unread, 1);
        it.followed(&bob(), &answer(bob(), 9, 5));
        assert_eq!(it.side(true).people[0].unread, 5);
        assert_eq!(it.message(&bob(), 10, At(1), Some("m")), Counted::Yes);
        assert_eq!(it.side(true).people[0].unread, 6);
    }

    #[test]
    fn what_a_room_owes_is_the_servers_to_say_also_where_nothing_was_read() {
        let mut it = Conversations::new(&Side::default());
        for to in [room("a"), bob()] {
            it.add(&to);
            it.followed(&to, &Followed { read: Some(0), ..answer(to.clone(), 9, 9) });
        }
        assert_eq!((it.side(true).rooms[0].unread, it.side(true).people[0].unread), (9, 9));
        it.message(&room("a"), 10, At(1), Some("m"));
        assert_eq!(it.side(true).rooms[0].unread, 10);
    }

    #[test]
    fn counts_end_where_the_server_ends_them() {
        let mut it = followed();
        for seq in 21..200 {
            it.message(&room("b"), seq, At(1), Some("m"));
        }
        assert_eq!(it.side(true).rooms[0].unread, UNREAD_MOST);
    }

    #[test]
    fn what_is_read_elsewhere_is_read_here() {
        let mut it = followed();
        assert!(it.read(&room("b"), 19), "one of two may be left: ask");
        assert!(!it.read(&room("b"), 20));
        assert_eq!(it.side(true).rooms[1].unread, 0);
        assert!(!it.read(&room("nowhere"), 20));
    }

    #[test]
    fn a_new_conversation_stands_on_top_once() {
        let mut it = followed();
        let kim = Target::Person("kim".into());
        assert!(it.add(&kim));
        assert!(!it.add(&kim));
        assert!(!it.add(&Target::Own));
        assert_eq!(names(&it), ["#a", "#b", "@kim", "@bob"]);
        it.remove(&kim);
        assert!(!it.has(&kim));
    }

    #[test]
    fn a_deletion_takes_away_what_was_counted_and_asks_about_what_the_server_counted() {
        let mut it = followed();
        let unread = |it: &Conversations| it.side(true).rooms[0].unread;
        it.message(&room("b"), 21, At(7), Some("x"));
        it.message(&room("b"), 22, At(7), Some("y"));
        let before = unread(&it);
        assert_eq!(it.deleted(&room("b"), 23, "x"), Counted::Yes);
        assert_eq!(it.deleted(&room("b"), 23, "y"), Counted::Yes, "heard twice");
        assert_eq!(unread(&it), before - 1);
        assert_eq!(it.deleted(&room("b"), 24, "older"), Counted::Gap);
        assert_eq!(it.deleted(&room("b"), 25, "y"), Counted::Yes, "asked for already");
        it.followed(&room("b"), &answer(room("b"), 25, 1));
        assert_eq!(unread(&it), 1);
    }

    #[test]
    fn a_person_is_online_or_not_and_a_room_has_a_count() {
        let mut it = followed();
        let users = Some(vec!["alice".to_owned(), "bob".to_owned()]);
        it.online(&room("a"), &Online { count: 2, users: users.clone(), idle: Vec::new() });
        it.online(&bob(), &Online { count: 2, users, idle: Vec::new() });
        let online =
            |it: &Conversations| (it.side(true).rooms[0].online, it.side(true).people[0].online);
        assert_eq!(online(&it), (2, 1));
        it.moved(&bob(), &[], &["bob".to_owned()], 1);
        it.moved(&room("a"), &["kim".to_owned()], &[], 3);
        assert_eq!(online(&it), (3, 0));
        it.online(
            &bob(),
            &Online { count: 1, users: Some(vec!["alice".to_owned()]), idle: Vec::new() },
        );
        assert_eq!(online(&it), (3, 0));
    }

    #[test]
    fn a_fresh_list_does_not_undo_what_came_live() {
        let mut it = followed();
        it.message(&room("b"), 21, At(7), Some("m"));
        let mut fresh = side();
        fresh.rooms.push(line(room("c"), 4));
        it.merge(&fresh);
        assert_eq!(names(&it), ["#a", "#b", "#c", "@bob"]);
        assert_eq!(it.waiting(&[]), 3 + 4 + 1);
        it.lost();
        it.merge(&side());
        assert_eq!(
            (it.waiting(&[]), names(&it).len()),
            (3, 3),
            "after a loss the server knows better"
        );
    }

    #[test]
    fn a_ping_tells_what_was_missed() {
        let mut it = followed();
        assert!(!it.is_behind(&room("a"), 10));
        assert!(it.is_behind(&room("a"), 11));
        it.lost();
        assert!(!it.is_behind(&room("a"), 11), "it is being asked for");
    }

    #[test]
    fn the_title_counts() {
        assert_eq!(title(&room("lobby"), 0), "lobby · Roomful");
        assert_eq!(title(&bob(), 7), "(7) bob · Roomful");
        assert_eq!(title(&room("lobby"), 100), "(99+) lobby · Roomful");
    }
}
