//! From what is known to what is shown: the log as rows with keys that stay the same while a row
//! changes, so that the page moves nothing that has not moved.

use super::{
    Row, Said, SaidState,
    house::{Chip, Edited, Quoted, Waits},
    letters::small,
    presence::Note,
    timeline::Timeline,
    wishes::{Wished, Wishes},
};
use crate::protocol::{
    At, Target, markdown, urls,
    views::{FileView, House, Message, Reaction},
};
use std::collections::BTreeMap;

/// Messages of one author form a group while no more than this lies between one and the next. The
/// group's beginning does not count: then what is loaded before it would part it anew, and what one
/// reads would move.
const GROUP_MS: i64 = 5 * 60_000;
/// Names of those who gave a reaction; the others are counted.
const NAMED: usize = 10;

/// A reader's time zone: how many minutes it is ahead of UTC at a moment.
#[derive(Clone, Copy)]
pub struct Zone(pub fn(At) -> i32);

impl Zone {
    /// The zone of the server's rendering, and so of the page's first rows.
    pub const UTC: Self = Self(|_| 0);

    /// The moment that the reader's clock would call so in UTC.
    #[must_use]
    pub fn local(self, at: At) -> At {
        At(at.0 + i64::from((self.0)(at)) * 60_000)
    }
}

/// What stands below the messages that have come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// A message of mine.
    Mine {
        cid: String,
        id: Option<String>,
        body: String,
        files: Vec<FileView>,
        at: At,
        state: SaidState,
    },
    /// A quiet line.
    Quiet { key: String, text: String },
}

/// What was unread when a place was opened: the line above it stays where it was until one leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// My read marker.
    pub after: i64,
    /// The log's top.
    pub top: i64,
}

impl Unread {
    /// As the page was loaded. To whoever owes nothing here, nothing is new.
    #[must_use]
    pub fn of<Messages>(house: &House<Messages>) -> Option<Self> {
        let (after, top) = (house.read, house.history.top);
        (house.owes() && after < top).then_some(Self { after, top })
    }

    /// The seq of the first of these messages that was unread, where it is not further back. They
    /// come oldest first; `older`: there are more before them.
    #[must_use]
    pub fn first<'a>(
        self,
        me: Option<&str>,
        messages: impl IntoIterator<Item = &'a Message>,
        older: bool,
    ) -> Option<i64> {
        let mut messages = messages.into_iter().peekable();
        let oldest = messages.peek()?.seq;
        if older && oldest > self.after + 1 {
            return None;
        }
        messages
            .find(|message| message.seq > self.after && me != Some(message.author.as_str()))
            .map(|message| message.seq)
            .filter(|seq| *seq <= self.top)
    }
}

/// Everything that the log shows.
pub struct Picture<'a> {
    /// The messages.
    pub timeline: &'a Timeline,
    /// My name; none for a visitor.
    pub me: Option<&'a str>,
    /// What was unread when the place was opened, where the "new" line is to be shown.
    pub unread: Option<Unread>,
    /// The message that somebody wanted to see, by its id.
    pub found: Option<&'a str>,
    /// The quiet lines of this visit.
    pub notes: &'a [Note],
    /// The versions of people's faces.
    pub faces: &'a BTreeMap<String, String>,
    /// What has not come back yet.
    pub tail: Vec<Tail>,
    /// Whoever looks.
    pub viewer: Option<Viewer<'a>>,
    /// Of whom they wish to hear nothing.
    pub blocked: &'a [String],
    /// In whose time.
    pub zone: Zone,
}

/// What rows look different by from one reader to the next; none in the page's first state, whose rows
/// are the same for all, and for visitors.
#[derive(Clone, Copy)]
pub struct Viewer<'a> {
    /// Their name.
    pub name: &'a str,
    /// Whether they keep order here.
    pub moderates: bool,
    /// What they want changed.
    pub wishes: &'a Wishes,
}

struct Rows<'a> {
    faces: &'a BTreeMap<String, String>,
    rows: Vec<(String, Row)>,
    zone: Zone,
    day: String,
    /// Author and time of the last message of the group that is open.
    group: Option<(String, At)>,
}

impl Rows<'_> {
    fn other(&mut self, key: String, row: Row) {
        self.group = None;
        self.rows.push((key, row));
    }

    fn day(&mut self, at: At) {
        let day = self.zone.local(at).date();
        // Only ever forward: a clock that was set back does not give a day two lines (and two
        // rows one key).
        if day > self.day {
            self.other(format!("day-{day}"), Row::Day(day.clone()));
            self.day = day;
        }
    }

    fn said(&mut self, key: String, mut said: Said) {
        let first = match &self.group {
            Some((author, last)) => {
                // What is folded away says by itself who said it.
                said.hushed
                    || *author != said.author
                    || said.at.0 - last.0 > GROUP_MS
                    || said.at < *last
            }
            None => true,
        };
        if first {
            said.face = self.faces.get(&said.author).cloned();
        }
        match &mut self.group {
            Some((_, last)) if !first => *last = said.at,
            group => *group = Some((said.author.clone(), said.at)),
        }
        said.first = first;
        said.local = self.zone.local(said.at);
        if let Some(edited) = &mut said.edited {
            edited.local = self.zone.local(edited.at);
        }
        self.rows.push((key, Row::Said(said)));
    }
}

/// A message's key: my own keep that of the row that was pending. Others' cids are theirs to choose,
/// so they are no keys.
fn key(message: &Message, me: Option<&str>) -> String {
    match &message.cid {
        Some(cid) if me == Some(message.author.as_str()) => cid.clone(),
        _ => message.id.clone(),
    }
}

/// A message's row, but for what its neighbours decide.
fn said(to: &Target, message: &Message, viewer: Option<&Viewer<'_>>, blocked: &[String]) -> Said {
    let wished = viewer.and_then(|it| it.wishes.over(to, message, it.name));
    let waits = wished.as_ref().and_then(|it| match (it.going, it.saving) {
        (true, _) => Some(Waits::Deletion),
        (_, true) => Some(Waits::Edit),
        _ => None,
    });
    let (message, reacting) = match &wished {
        Some(Wished { message, reacting, .. }) => (message, &reacting[..]),
        None => (message, &[][..]),
    };
    let quote = message.quote.as_ref().zip(message.reply_to.as_ref());
    let may_look = viewer.is_some_and(|it| it.moderates || it.name == message.author);
    let chip = |reaction: &Reaction| chip(reaction, viewer.map(|it| it.name), reacting);
    let is_blocked = |author: &String| blocked.contains(author);
    Said {
        id: Some(message.id.clone()),
        author: message.author.clone(),
        face: None,
        body: message.body.clone(),
        files: message.files.clone(),
        at: message.at,
        local: message.at,
        first: false,
        found: false,
        quote: quote.map(|(quote, id)| Quoted {
            address: urls::message(to, id),
            author: quote.author.clone(),
            text: match is_blocked(&quote.author) {
                true => Some("…".to_owned()),
                false => quote.text.clone(),
            },
        }),
        edited: message.edited_at.map(|at| Edited {
            at,
            local: at,
            before: may_look.then(|| urls::edits(to, &message.id)),
        }),
        deleted: message.deleted,
        reactions: message.reactions.iter().map(chip).collect(),
        waits,
        hushed: !message.deleted && is_blocked(&message.author),
        calls: viewer.is_some_and(|it| it.name != message.author && calls(&message.body, it.name)),
        state: SaidState::Sent,
    }
}

/// Whether a text names somebody.
fn calls(body: &str, name: &str) -> bool {
    let name = small(name);
    // Most texts need not be read for that.
    body.contains('@')
        && small(body).contains(&name)
        && markdown::mentions(body).iter().any(|named| small(named) == name)
}

/// A reaction as it is shown under its message.
pub fn chip(reaction: &Reaction, me: Option<&str>, reacting: &[String]) -> Chip {
    let not_me = |user: &&String| me != Some(user.as_str());
    Chip {
        emoji: reaction.emoji.clone(),
        count: reaction.users.len(),
        names: reaction.users.iter().filter(not_me).take(NAMED).cloned().collect(),
        mine: !reaction.users.iter().all(|user| not_me(&user)),
        waits: reacting.contains(&reaction.emoji),
    }
}

/// The rows, oldest first.
#[must_use]
pub fn rows(picture: Picture<'_>) -> Vec<(String, Row)> {
    let Picture { timeline, me, unread, found, notes, faces, tail, viewer, blocked, zone } =
        picture;
    let messages = timeline.messages();
    let mut it = Rows {
        faces,
        rows: Vec::with_capacity(messages.len() + tail.len() + 8),
        zone,
        day: String::new(),
        group: None,
    };
    // A line that stood before what is loaded now stands nowhere.
    let first = if timeline.has_older() { timeline.before().unwrap_or(0) } else { 0 };
    let mut notes = notes.iter().filter(|note| note.after >= first).peekable();
    let new = unread.and_then(|unread| unread.first(me, messages, timeline.has_older()));
    for message in messages {
        while let Some(note) = notes.next_if(|note| note.after < message.seq) {
            it.other(note.key.clone(), Row::Came(note.text()));
        }
        it.day(message.at);
        if new == Some(message.seq) {
            it.other("new".to_owned(), Row::New);
        }
        let found = found == Some(message.id.as_str());
        let said = said(timeline.to(), message, viewer.as_ref(), blocked);
        it.said(key(message, me), Said { found, ..said });
    }
    // So does what belongs below it: the end of the log is further down.
    if timeline.has_newer() {
        return it.rows;
    }
    for note in notes {
        it.other(note.key.clone(), Row::Came(note.text()));
    }
    for tail in tail {
        match tail {
            Tail::Quiet { key, text } => it.other(key, Row::Came(text)),
            Tail::Mine { cid, id, body, files, at, state } => {
                it.day(at);
                let said = Said {
                    id,
                    author: me.unwrap_or_default().to_owned(),
                    face: None,
                    body,
                    files,
                    at,
                    local: at,
                    first: false,
                    quote: None,
                    edited: None,
                    deleted: false,
                    reactions: Vec::new(),
                    waits: None,
                    hushed: false,
                    calls: false,
                    found: false,
                    state,
                };
                it.said(cid, said);
            }
        }
    }
    it.rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{
        presence::Notes,
        testing::{history, message},
    };
    use crate::protocol::views::History;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn timeline(messages: Vec<Message>) -> Timeline {
        let top = messages.iter().map(|message| message.seq).max().unwrap_or(0);
        Timeline::new(History { messages, top, ..history("#a", 0..=0) })
    }

    fn by(seq: i64, author: &str, minute: i64) -> Message {
        Message { at: At(minute * 60_000), ..message(seq, author) }
    }

    static NO_FACES: BTreeMap<String, String> = BTreeMap::new();

    fn picture(timeline: &Timeline) -> Picture<'_> {
        Picture {
            timeline,
            me: Some("alice"),
            unread: None,
            found: None,
            notes: &[],
            faces: &NO_FACES,
            tail: vec![],
            viewer: None,
            blocked: &[],
            zone: Zone::UTC,
        }
    }

    /// The rows in one word each.
    fn words(rows: &[(String, Row)]) -> Vec<String> {
        rows.iter()
            .map(|(key, row)| match row {
                Row::Day(day) => day.clone(),
                Row::New => "NEW".into(),
                Row::Came(text) => text.clone(),
                Row::Said(said) => format!("{key}{}", if said.first { "!" } else { "" }),
            })
            .collect()
    }

    #[test]
    fn one_author_within_five_minutes_is_a_group() {
        let it = timeline(vec![
            by(1, "bob", 0),
            by(2, "bob", 5),
            by(3, "bob", 10),
            by(4, "bob", 16),
            by(5, "sam", 16),
            by(6, "bob", 17),
        ]);
        let shown = words(&rows(picture(&it)));
        assert_eq!(shown, ["1970-01-01", "m1!", "m2", "m3", "m4!", "m5!", "m6!"]);
    }

    #[test]
    fn what_is_loaded_before_changes_nothing_but_the_first_row() {
        let messages: Vec<Message> = (1..60).map(|seq| by(seq, "bob", seq * 2)).collect();
        let all = rows(picture(&timeline(messages.clone())));
        let some = rows(picture(&timeline(messages[20..].to_vec())));
        assert!(matches!(&some[1].1, Row::Said(said) if said.first), "complete with its head");
        assert_eq!(some[2..], all[22..]);
    }

    #[test]
    fn days_are_the_readers_own() {
        let it = timeline(vec![by(1, "bob", 23 * 60 + 58), by(2, "bob", 24 * 60 + 1)]);
        assert_eq!(words(&rows(picture(&it))), ["1970-01-01", "m1!", "1970-01-02", "m2!"]);
        let shanghai = Picture { zone: Zone(|_| 480), ..picture(&it) };
        let rows = rows(shanghai);
        assert_eq!(words(&rows), ["1970-01-02", "m1!", "m2"]);
        assert!(matches!(&rows[1].1, Row::Said(said) if said.local.clock() == "07:58"));
    }

    #[test]
    fn a_clock_set_back_does_not_repeat_a_day() {
        let it = timeline(vec![by(1, "bob", 0), by(2, "bob", 1_440), by(3, "bob", 0)]);
        assert_eq!(words(&rows(picture(&it))), ["1970-01-01", "m1!", "1970-01-02", "m2!", "m3!"]);
    }

    #[test]
    fn the_new_line_stands_above_the_first_unread_of_another() {
        let it =
            timeline(vec![by(1, "bob", 0), by(2, "alice", 0), by(3, "bob", 0), by(4, "bob", 0)]);
        let unread = |after| Some(Unread { after, top: 4 });
        let new = |after| words(&rows(Picture { unread: unread(after), ..picture(&it) }));
        assert_eq!(new(1), ["1970-01-01", "m1!", "m2!", "NEW", "m3!", "m4"]);
        assert_eq!(new(3), ["1970-01-01", "m1!", "m2!", "m3!", "NEW", "m4!"]);
        assert!(!new(4).contains(&"NEW".to_owned()));
        let unread = Some(Unread { after: 2, top: 2 });
        let later = words(&rows(Picture { unread, ..picture(&it) }));
        assert!(!later.contains(&"NEW".to_owned()), "it came while one was there");
    }

    #[test]
    fn the_new_line_stands_nowhere_else_than_where_the_new_begins() {
        let unread = Some(Unread { after: 5, top: 12 });
        let new = |seqs, older| {
            let it = Timeline::new(History { older, ..history("#a", seqs) });
            words(&rows(Picture { unread, ..picture(&it) })).iter().position(|row| row == "NEW")
        };
        assert_eq!(new(8..=12, true), None, "it is further up");
        assert_eq!(new(8..=12, false), Some(1));
        assert_eq!(new(6..=12, true), Some(1));
        assert_eq!(new(4..=12, true), Some(3));
        assert_eq!(new(1..=5, false), None, "it is further down");
    }

    #[test]
    fn my_message_keeps_its_key_from_pending_to_history() {
        let pending = |state| Tail::Mine {
            cid: "c1".into(),
            id: None,
            body: "hi".into(),
            files: vec![],
            at: At(61_000),
            state,
        };
        let it = timeline(vec![by(1, "alice", 1)]);
        let tail = vec![pending(SaidState::Pending)];
        let before = rows(Picture { tail, ..picture(&it) });
        assert_eq!(words(&before), ["1970-01-01", "m1!", "c1"]);
        assert!(matches!(&before[2].1, Row::Said(said) if said.author == "alice"));
        let mut mine = by(2, "alice", 1);
        mine.cid = Some("c1".into());
        let it = timeline(vec![by(1, "alice", 1), mine]);
        assert_eq!(words(&rows(picture(&it))), words(&before));
    }

    #[test]
    fn a_cid_of_another_is_no_key() {
        let mut one = by(1, "bob", 0);
        one.cid = Some("c".into());
        let mut two = by(2, "sam", 0);
        two.cid = Some("c".into());
        let it = timeline(vec![one, two]);
        assert_eq!(words(&rows(picture(&it))), ["1970-01-01", "m1!", "m2!"]);
    }

    #[test]
    fn quiet_lines_stand_where_they_happened() {
        let mut notes = Notes::default();
        notes.say("before all".into(), 0);
        notes.say("between".into(), 1);
        notes.say("last".into(), 2);
        let it = timeline(vec![by(1, "bob", 0), by(2, "bob", 0)]);
        let shown = rows(Picture { notes: notes.all(), ..picture(&it) });
        assert_eq!(words(&shown), ["before all", "1970-01-01", "m1!", "between", "m2!", "last"]);
        let page = History { older: true, ..history("#a", 2..=2) };
        let later = Timeline::new(page.clone());
        let shown = rows(Picture { notes: notes.all(), ..picture(&later) });
        assert_eq!(words(&shown), ["1970-01-01", "m2!", "last"], "above what is loaded: nowhere");
        let part = Timeline::new(History { newer: true, ..page });
        let shown = rows(Picture { notes: notes.all(), ..picture(&part) });
        assert_eq!(words(&shown), ["1970-01-01", "m2!"], "below it: nowhere either");
        let none = timeline(vec![]);
        assert_eq!(
            words(&rows(Picture { notes: notes.all(), ..picture(&none) })),
            ["before all", "between", "last"]
        );
    }

    proptest! {
        #[test]
        fn keys_are_unique(
            messages in prop::collection::vec((0u8..3, 0i64..4_000, any::<bool>()), 0..40),
            notes in prop::collection::vec(0i64..40, 0..10),
            read in prop::option::of(0i64..40),
        ) {
            let authors = ["alice", "bob", "sam"];
            let messages = messages.iter().enumerate().map(|(at, (who, minute, own))| {
                let mut one = by(at as i64 + 1, authors[usize::from(*who)], *minute);
                one.cid = own.then(|| format!("c{at}"));
                one
            });
            let it = timeline(messages.collect());
            let mut quiet = Notes::default();
            for after in notes {
                quiet.say("x".into(), after);
            }
            let unread = read.map(|after| Unread { after, top: 40 });
            let shown = rows(Picture { notes: quiet.all(), unread, ..picture(&it) });
            let keys: HashSet<&String> = shown.iter().map(|(key, _)| key).collect();
            prop_assert_eq!(keys.len(), shown.len());
        }
    }
}
