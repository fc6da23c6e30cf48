//! Writes every page in its interesting states into a folder, with the style, to be looked at:
//! `cargo run --example gallery --features ssr -- target/gallery`.

use roomful::{
    pages::{self, Account, Assets, Returned, SessionLine, Shell, SignUp},
    protocol::{
        At, Code, Refusal, Target,
        frames::Online,
        limits::Limits,
        people::{Level, Mine, Role},
        search::{Asked, Found, Hit, Piece},
        views::{
            About, AuthorKind, History, House, Index, LastMessage, Line, Me, Message, RoomCard,
            Side,
        },
    },
};
use std::{fs, io, path::Path};

#[path = "gallery/panels.rs"]
mod panels;

const EVENING: i64 = 1_795_190_400_000;
const MINUTE: i64 = 60_000;
const LONG_NAME: &str = "a-room-with-a-name-so-long-that-no-column-can-hold-it-and-so-it-must-end-in-an-ellipsis-somewhere";
const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1";

fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned());
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("style.css"), style()?)?;
    fs::copy("public/favicon.svg", folder.join("favicon.svg"))?;
    for (name, html) in pages() {
        fs::write(folder.join(format!("{name}.html")), html)?;
    }
    for (name, html) in panels::pages() {
        fs::write(folder.join(format!("{name}.html")), html)?;
    }
    Ok(())
}

/// The style's files, in the order of their names.
fn style() -> io::Result<String> {
    let mut files: Vec<_> =
        fs::read_dir("style")?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    files.iter().map(fs::read_to_string).collect()
}

fn shell(me: Option<&str>) -> Shell {
    Shell {
        nonce: "gallery".to_owned(),
        assets: Assets { css: "style.css".to_owned(), ..Assets::default() },
        me: me.map(|name| Me { name: name.to_owned(), admin: true, blocked: Vec::new() }),
        path: "/chat/".to_owned(),
        ..Shell::default()
    }
}

fn refused(action: &str, refusal: Refusal, fields: &[(&str, &str)]) -> Option<Returned> {
    Some(Returned {
        action: action.to_owned(),
        refusal,
        fields: fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    })
}

fn pages() -> Vec<(&'static str, String)> {
    let (me, visitor) = (shell(Some("mira")), shell(None));
    let setting_up = Shell { setting_up: true, ..shell(None) };
    let by_invitation = Shell { sign_up: SignUp::Invite, ..shell(None) };
    let nowhere =
        Index { filter: "observatory".to_owned(), lit: 5, people: 23, ..Index::default() };
    let more = Index { offset: 50, more: true, ..index() };
    let wrong = Refusal::new(Code::Forbidden, "Name or password is wrong.");
    let taken = Refusal::invalid("name", "Somebody here has that name, or one that looks like it.");
    let short = Refusal::invalid("new", "A password has at least 8 characters.");
    let slash = Refusal::invalid("name", "A room's name cannot contain a slash (/).");
    let too_long =
        Refusal::too_long("body", "A message has at most 4000 characters; this has 4,211.");
    let mut older = house("lobby");
    older.history.newer = true;
    let visiting = House { me: None, ..house("lobby") };
    vec![
        ("index", pages::index(&me, index(), None)),
        ("index-visitor", pages::index(&visitor, more, None)),
        ("index-dark", pages::index(&me, Index::default(), None)),
        ("index-nowhere", pages::index(&me, nowhere, None)),
        (
            "index-refused",
            pages::index(&me, index(), refused("/api/enter_room", slash, &[("name", "a/b")])),
        ),
        ("index-setting-up", pages::index(&setting_up, Index::default(), None)),
        ("room", pages::house(&me, house("lobby"), None)),
        ("room-long", pages::house(&me, house(LONG_NAME), None)),
        ("room-older", pages::house(&me, older, None)),
        ("room-visitor", pages::house(&visitor, visiting, None)),
        ("room-empty", pages::house(&me, empty("observatory"), None)),
        (
            "room-refused",
            pages::house(
                &me,
                house("lobby"),
                refused(
                    "/api/say",
                    too_long,
                    &[("body", "first line\nsecond line </textarea>\nthird"), ("cid", "c1")],
                ),
            ),
        ),
        ("talk", pages::house(&me, talk(), None)),
        ("log-in", pages::log_in(&visitor, "/chat/", None)),
        (
            "log-in-refused",
            pages::log_in(&visitor, "/chat/", refused("/api/log_in", wrong, &[("name", "mira")])),
        ),
        ("sign-up", pages::sign_up(&visitor, "/chat/", None, None)),
        (
            "sign-up-refused",
            pages::sign_up(
                &visitor,
                "/chat/",
                None,
                refused("/api/sign_up", taken, &[("name", "mıra")]),
            ),
        ),
        ("sign-up-invite", pages::sign_up(&by_invitation, "/chat/", None, None)),
        ("set-up", pages::set_up(&setting_up, Some("key".to_owned()), None)),
        ("set-up-no-key", pages::set_up(&setting_up, None, None)),
        ("account", pages::account(&me, account(), None)),
        (
            "account-refused",
            pages::account(&me, account(), refused("/api/change_password", short, &[])),
        ),
        ("search", pages::search(&me, &Asked::default(), Ok(Found::default()))),
        ("search-found", pages::search(&me, &asked("cutter 活动", ""), Ok(found()))),
        (
            "search-nothing",
            pages::search(
                &me,
                &asked("zeppelin", "wen"),
                Ok(Found { whole: false, ..Found::default() }),
            ),
        ),
        (
            "search-refused",
            pages::search(
                &me,
                &asked("cutter", "nobody"),
                Err(Refusal {
                    field: Some("from".to_owned()),
                    ..Refusal::new(Code::NotFound, "There is no person of that name here.")
                }),
            ),
        ),
        ("no-room", pages::no_room(&me, "中文 聊天室 / المطبخ", None)),
        ("no-room-visitor", pages::no_room(&visitor, "observatory", None)),
        ("no-page", pages::no_page(&me)),
        ("trouble", pages::trouble(&me, &Refusal::unavailable())),
    ]
}

fn card(name: &str, online: usize, author: &str, text: &str, hours: i64) -> RoomCard {
    let at = At(EVENING - hours * 60 * MINUTE);
    let last = LastMessage { author: author.to_owned(), text: text.to_owned(), at };
    RoomCard { name: name.to_owned(), online, last: (!text.is_empty()).then_some(last) }
}

fn index() -> Index {
    Index {
        rooms: vec![
            card("lobby", 9, "wen", "the laser cutter is free again after four", 0),
            card("中文 聊天室", 6, "小林", "周六的活动还有两个名额", 0),
            card("release 2.4", 4, "ada", "tagging now, watch the graph", 1),
            card("المطبخ", 3, "مريم", "الخبز جاهز، من يريد؟", 1),
            card("café 🍅", 1, "sam", "anyone up for a walk at noon?", 3),
            card("book club", 0, "noor", "chapter nine for next week", 20),
            card("incident-2026-11-18", 0, "ada", "closed, write-up is pinned", 60),
            card(
                LONG_NAME,
                0,
                "lee",
                "that is not how ducks work, and this sentence goes on for a while",
                90,
            ),
            card("observatory", 0, "", "", 0),
        ],
        filter: String::new(),
        lit: 5,
        people: 23,
        offset: 0,
        more: false,
    }
}

fn says(seq: i64, author: &str, minutes: i64, body: &str) -> Message {
    Message {
        id: format!("1-{seq}"),
        seq,
        author: author.to_owned(),
        author_kind: AuthorKind::User,
        body: body.to_owned(),
        at: At(EVENING - minutes * MINUTE),
        edited_at: None,
        deleted: false,
        reply_to: None,
        quote: None,
        files: Vec::new(),
        reactions: Vec::new(),
        cid: None,
    }
}

fn messages() -> Vec<Message> {
    let mut said = vec![
        says(
            40,
            "ada",
            2 * 24 * 60,
            "closed, the write-up is pinned: https://example.org/incidents/2026-11-18 (read it, please).",
        ),
        says(41, "wen", 90, "the laser cutter is free again after four"),
        says(42, "wen", 89, "someone left acrylic in it, please check the bed before you start"),
        says(43, "jo", 80, "that was me, sorry.\nCleaned it:\n  - bed\n  - lens\n  - exhaust"),
        says(44, "小林", 70, "周六的活动还有两个名额，报名看https://example.org/signup这里"),
        says(45, "مريم", 60, "الخبز جاهز، من يريد؟ room 4"),
        says(46, "lee", 50, &"supercalifragilistic".repeat(12)),
        says(47, "lee", 49, ""),
        says(
            48,
            "mira",
            40,
            "Then I take the half hour before. There is a longer story about the exhaust that I owe you all, about the summer when the filter was put in the wrong way round and nobody could say why the whole first floor smelt of burnt plum wood until November.",
        ),
        says(49, "noor", 6, "taking it from half past five, then it is yours @mira"),
        says(50, "noor", 5, "🍅🍅🍅"),
        says(
            51,
            "a.person-with_a.long-name-indeed",
            2,
            "<b>not bold</b> & not &amp; escaped twice",
        ),
    ];
    said[7].deleted = true;
    said[8].edited_at = Some(At(EVENING));
    said.reverse();
    said
}

fn line(to: Target, online: usize, unread: i64) -> Line {
    Line { to, online, unread, mentions: unread / 3, level: Level::All, at: Some(At(EVENING)) }
}

fn house(name: &str) -> House {
    let room = |name: &str| Target::Room(name.to_owned());
    let person = |name: &str| Target::Person(name.to_owned());
    let here = [
        "a.person-with_a.long-name-indeed",
        "ada",
        "jo",
        "lee",
        "mira",
        "noor",
        "sam",
        "wen",
        "مريم",
        "小林",
    ];
    House {
        me: Some(Me { name: "mira".to_owned(), admin: true, blocked: Vec::new() }),
        limits: Limits::default(),
        history: History {
            to: room(name),
            epoch: "e1".to_owned(),
            top: 51,
            messages: messages(),
            older: true,
            newer: false,
            about: About {
                topic: "Paper, ink and what stands in them".to_owned(),
                pins: vec!["1-40".to_owned()],
            },
        },
        at: None,
        read: 48,
        mine: Some(Mine { role: Some(Role::Member), ..Mine::default() }),
        online: Online {
            count: here.len(),
            users: Some(here.map(str::to_owned).to_vec()),
            idle: vec!["jo".to_owned()],
        },
        side: Side {
            rooms: vec![
                line(room(name), 10, 0),
                line(room("中文 聊天室"), 6, 3),
                line(room("release 2.4"), 4, 100),
                line(room("المطبخ"), 3, 0),
                line(room(LONG_NAME), 0, 12),
                line(room("book club"), 0, 0),
            ],
            people: vec![
                line(person("wen"), 1, 0),
                line(person("noor"), 1, 1),
                line(person("jo"), 0, 0),
                line(person("小林"), 1, 0),
            ],
            ..Side::default()
        },
        faces: Default::default(),
        cid: "c-1".to_owned(),
        draft: String::new(),
        refusal: None,
    }
}

fn empty(name: &str) -> House {
    let mut house = house(name);
    house.history.messages.clear();
    house.history.older = false;
    house.online = Online { count: 1, users: Some(vec!["mira".to_owned()]), idle: Vec::new() };
    house.side.people.clear();
    house
}

fn talk() -> House {
    let mut house = house("lobby");
    house.history.to = Target::Person("wen".to_owned());
    house.history.messages.retain(|message| matches!(message.author.as_str(), "wen" | "mira"));
    house.history.older = false;
    house.online = Online {
        count: 2,
        users: Some(vec!["mira".to_owned(), "wen".to_owned()]),
        idle: Vec::new(),
    };
    house
}

fn asked(q: &str, from: &str) -> Asked {
    Asked { q: q.to_owned(), from: from.to_owned(), ..Asked::default() }
}

fn found() -> Found {
    let hit = |to: Target, author: &str, hours: i64, text: &str| Hit {
        to,
        id: "1-1".to_owned(),
        seq: 1,
        author: author.to_owned(),
        at: At(EVENING - hours * 60 * MINUTE),
        // What is in brackets is lit.
        pieces: text
            .split(['[', ']'])
            .enumerate()
            .filter(|(_, text)| !text.is_empty())
            .map(|(n, text)| Piece { text: text.to_owned(), lit: n % 2 == 1 })
            .collect(),
    };
    let room = |name: &str| Target::Room(name.to_owned());
    let person = |name: &str| Target::Person(name.to_owned());
    let piled = format!("z{} and after it", "\u{301}".repeat(200));
    Found {
        hits: vec![
            hit(room("lobby"), "wen", 1, "the laser [cutter] is free again after four"),
            hit(
                room("中文 聊天室"),
                "小林",
                2,
                "周六的[活动]还有两个名额，报名看https://example.org/signup这里",
            ),
            hit(
                person("noor"),
                "mira",
                30,
                "… and then nobody could say why the whole first floor smelt of burnt plum wood until November, when the filter of the [cutter] was put in the right way round. I took it out, cleaned it, put it in again, …",
            ),
            hit(room("المطبخ"), "مريم", 40, "الخبز جاهز، من يريد [cutter]؟"),
            hit(
                room(LONG_NAME),
                "a.person-with_a.long-name-indeed",
                90,
                &"supercalifragilistic".repeat(9),
            ),
            hit(room("lobby"), "lee", 900, &piled),
        ],
        older: Some("1".to_owned()),
        back_to: None,
        whole: true,
    }
}

fn account() -> Account {
    let session = |id: &str, agent: &str, hours: i64, this| SessionLine {
        id: id.to_owned(),
        agent: agent.to_owned(),
        created_at: At(EVENING - hours * 60 * MINUTE),
        seen_at: At(EVENING - hours * MINUTE),
        this,
    };
    Account {
        face: None,
        sessions: vec![session("1", FIREFOX, 4, true), session("2", IPHONE, 900, false)],
        done: None,
    }
}
