//! The pages that open as panels.

use super::{EVENING, LONG_NAME, MINUTE, account, refused, says, shell};
use roomful::{
    pages::{self, InRoom, Inside, InviteLine, PinLine, Shell},
    protocol::{
        At, Refusal, Target,
        notices::{Noticed, Notices, Shown},
        people::Account,
        people::{
            Access, Accounts, Level, MemberLine, Mine, NoticeKind, People, PersonLine, PersonView,
            Role, RoomLine, RoomView, Rooms,
        },
        sheets::Sheet,
        urls,
        views::{Edits, Me, Revision},
    },
};

const HOUR: i64 = 60 * MINUTE;
const NOW: At = At(EVENING);

fn ago(ms: i64) -> At {
    At(EVENING - ms)
}

fn line(name: &str, online: bool, idle: bool) -> PersonLine {
    PersonLine {
        name: name.to_owned(),
        admin: name == "ada",
        online,
        idle,
        last_seen: (!online).then_some(ago(3 * HOUR)),
    }
}

/// A line of each kind.
fn concerning() -> Notices {
    let line = |kind, to: &str, from: &[&str], text: &str, count, new, hours: i64| Noticed {
        kind,
        to: Target::parse(to).unwrap_or(Target::Own),
        from: from.iter().map(|name| (*name).to_owned()).collect(),
        message: (to != "~" && kind != NoticeKind::Invite).then(|| "7-3".to_owned()),
        text: text.to_owned(),
        why: None,
        files: false,
        emoji: if kind == NoticeKind::Reaction {
            vec!["🎉".into(), "👍".into()]
        } else {
            vec![]
        },
        link: (kind == NoticeKind::Push).then(|| "/chat/kitchen/".to_owned()),
        at: ago(hours * HOUR),
        count,
        new,
    };
    let lines = vec![
        line(NoticeKind::Direct, "@sam", &["sam"], "Are you still awake?", 3, true, 0),
        line(NoticeKind::Mention, "#kitchen", &["noor"], "@mira the oven is yours", 1, true, 1),
        line(NoticeKind::Push, "~", &["wen"], "Build 512 failed in the linter.", 1, true, 2),
        line(
            NoticeKind::Reaction,
            "#kitchen",
            &["jo", "lee", "小林", "ada", "مريم"],
            "The bread is out of the oven, come while it is warm",
            6,
            false,
            3,
        ),
        line(NoticeKind::Reply, &format!("#{LONG_NAME}"), &["小林"], "好的，明天见。", 1, false, 9),
        line(NoticeKind::Invite, "#library", &["lee"], "library", 1, false, 30),
        line(
            NoticeKind::Broadcast,
            "~",
            &["ada"],
            "The house sleeps from 2 to 3 tonight.",
            1,
            false,
            50,
        ),
    ];
    Notices { lines, new: true, top: 40, before: Some(7) }
}

fn everybody() -> Vec<PersonLine> {
    [
        ("a.person-with_a.long-name-indeed", false, false),
        ("ada", true, false),
        ("jo", true, true),
        ("lee", false, false),
        ("mira", true, false),
        ("noor", true, false),
        ("sam", false, false),
        ("wen", true, true),
        ("مريم", false, false),
        ("小林", true, false),
    ]
    .map(|(name, online, idle)| line(name, online, idle))
    .to_vec()
}

fn person(name: &str) -> PersonView {
    let room = |name: &str| Target::Room(name.to_owned());
    PersonView {
        line: line(name, name != "lee", name == "wen"),
        since: ago(200 * 24 * HOUR),
        banned: false,
        me: name == "mira",
        blocked: false,
        in_common: vec![room("lobby"), room("中文 聊天室"), room(LONG_NAME)],
    }
}

fn room(access: Access, role: Option<Role>, moderates: bool) -> RoomView {
    RoomView {
        name: "lobby".to_owned(),
        mine: Mine { access, role, level: Level::Mentions, moderates },
        made_by: Some("ada".to_owned()),
        since: ago(300 * 24 * HOUR),
        count: 42,
        members: everybody()
            .into_iter()
            .map(|line| MemberLine {
                role: if line.admin { Role::Moderator } else { Role::Member },
                online: line.online,
                name: line.name,
            })
            .collect(),
        offset: 0,
        more: true,
        banned: if moderates { vec!["mallory".to_owned()] } else { Vec::new() },
    }
}

fn inside() -> Inside {
    let pin = |author: &str, text: &str, ms| PinLine {
        link: urls::message(&Target::Room("lobby".to_owned()), "1-40"),
        author: author.to_owned(),
        text: text.to_owned(),
        at: ago(ms),
        id: "1-40".to_owned(),
    };
    Inside {
        topic: "Tools, times and who is in today".to_owned(),
        online: 9,
        pins: vec![
            pin(
                "ada",
                "closed, the write-up is pinned: https://example.org/incidents/2026-11-18 (read it, please).",
                48 * HOUR,
            ),
            pin("小林", "周六的活动还有两个名额", HOUR),
        ],
    }
}

fn mentioned(author: &str, kind: NoticeKind, text: &str, minutes: i64, new: bool) -> Noticed {
    Noticed {
        kind,
        to: Target::Room("lobby".to_owned()),
        from: vec![author.to_owned()],
        message: Some("1-49".to_owned()),
        text: text.to_owned(),
        why: None,
        files: false,
        emoji: Vec::new(),
        link: None,
        at: ago(minutes * MINUTE),
        count: 1,
        new,
    }
}

/// Each page whole, and as a panel shows it.
pub fn pages() -> Vec<(String, String)> {
    let admin = shell(Some("mira"));
    let me = Shell { me: admin.me.clone().map(|me| Me { admin: false, ..me }), ..shell(None) };
    let visitor = shell(None);
    let at = |shell: &Shell, sheet: Sheet| Shell { path: sheet.address(), ..shell.clone() };
    let about = |shell: &Shell| at(shell, Sheet::About("lobby".to_owned()));
    let people = |find: &str| People {
        people: if find.is_empty() { everybody() } else { Vec::new() },
        query: find.to_owned(),
        offset: 50,
        more: find.is_empty(),
    };
    let taken = Refusal::invalid("name", "A room's name cannot contain a slash (/).");
    let nobody = Refusal::invalid("person", "There is no person of that name here.");
    let mentions = Notices {
        lines: vec![
            mentioned(
                "noor",
                NoticeKind::Mention,
                "taking it from half past five, then it is yours @mira",
                6,
                true,
            ),
            mentioned("小林", NoticeKind::Reply, "周六的活动还有两个名额，报名看这里", 70, true),
            mentioned(
                "a.person-with_a.long-name-indeed",
                NoticeKind::Mention,
                &"supercalifragilistic ".repeat(12),
                3000,
                false,
            ),
        ],
        new: true,
        top: 40,
        before: Some(7),
    };
    let accounts = Accounts {
        accounts: everybody()
            .into_iter()
            .map(|line| Account {
                since: ago(HOUR),
                banned: line.name == "lee",
                sessions: line.name.len() % 3,
                line,
            })
            .collect(),
        ..Accounts::default()
    };
    let rooms = Rooms {
        rooms: [("lobby", Access::Open), ("keys", Access::Admins), (LONG_NAME, Access::Members)]
            .map(|(name, access)| RoomLine {
                name: name.to_owned(),
                access,
                members: 42,
                made_by: None,
                said_at: (access == Access::Open).then_some(ago(HOUR)),
            })
            .to_vec(),
        ..Rooms::default()
    };
    let invite_link = InviteLine {
        link: "https://chat.example.org/signup?invite=Zx3kq9Tt2uQ8vYwB1mN0pLrS".to_owned(),
        id: "i1".to_owned(),
        expires_at: At(EVENING + 7 * 24 * HOUR),
    };
    let revision = |body: &str, hours| Revision {
        body: body.to_owned(),
        at: ago(hours * HOUR),
        replaced_by: "noor".to_owned(),
    };
    let in_room =
        || Some(InRoom { room: "lobby".to_owned(), role: Some(Role::Member), banned: false });
    let open = |shell: &Shell| {
        pages::about(
            &about(shell),
            room(Access::Open, Some(Role::Member), false),
            inside(),
            NOW,
            None,
        )
    };
    let list = |shell: &Shell| {
        let lobby = Target::Room("lobby".to_owned());
        let invite = refused("/api/invite", nobody.clone(), &[("person", "nemo")]);
        let wrong = refused("/api/make_room", taken.clone(), &[("name", "a/b")]);
        vec![
            ("people", pages::people(shell, people(""))),
            ("people-none", pages::people(shell, people("nemo"))),
            ("person", pages::person(shell, person("wen"), None, NOW, None)),
            ("person-away", pages::person(shell, person("lee"), None, NOW, None)),
            ("person-me", pages::person(shell, person("mira"), None, NOW, None)),
            (
                "person-order",
                pages::person(
                    &Shell { me: admin.me.clone(), ..shell.clone() },
                    person("wen"),
                    in_room(),
                    NOW,
                    None,
                ),
            ),
            ("about", open(shell)),
            ("about-visitor", open(&Shell { panel: shell.panel, ..visitor.clone() })),
            (
                "about-not-joined",
                pages::about(shell, room(Access::Open, None, false), Inside::default(), NOW, None),
            ),
            (
                "about-order",
                pages::about(
                    &Shell { me: admin.me.clone(), ..about(shell) },
                    room(Access::Members, Some(Role::Moderator), true),
                    inside(),
                    NOW,
                    invite,
                ),
            ),
            ("members", pages::inside(shell, room(Access::Open, None, false))),
            ("mentions", pages::notifications(shell, Shown::Mentions(mentions.clone()), NOW, None)),
            (
                "mentions-none",
                pages::notifications(shell, Shown::Mentions(Notices::default()), NOW, None),
            ),
            ("notifications", pages::notifications(shell, Shown::All(concerning()), NOW, None)),
            (
                "notifications-none",
                pages::notifications(shell, Shown::All(Notices::default()), NOW, None),
            ),
            ("new-room", pages::new_room(shell, "", None)),
            ("new-room-refused", pages::new_room(shell, "", wrong)),
            (
                "edits",
                pages::edits(
                    shell,
                    &lobby,
                    Edits {
                        message: says(49, "noor", 6, "taking it from half past five"),
                        before: vec![revision("taking it from five", 2), revision("taking it", 3)],
                        offset: 0,
                        more: false,
                    },
                ),
            ),
            ("house-people", pages::house_people(shell, accounts.clone(), NOW, None)),
            ("house-rooms", pages::house_rooms(shell, rooms.clone(), NOW, None)),
            ("house-invites", pages::house_invites(shell, vec![invite_link.clone()], None)),
            ("account", pages::account(shell, account(), None)),
        ]
    };
    let whole = list(&me).into_iter().map(|(name, html)| (format!("page-{name}"), html));
    let panel = Shell { panel: true, ..me.clone() };
    let panels =
        list(&panel).into_iter().map(|(name, html)| (format!("panel-{name}"), opened(&html)));
    whole.chain(panels).collect()
}

/// A room's page with a panel open, as the program leaves it.
fn opened(content: &str) -> String {
    let page = pages::house(&shell(Some("mira")), super::house("lobby"), None);
    page.replace("<dialog ", "<dialog open=\"\" ")
        .replace("class=\"sheet-body\"></div>", &format!("class=\"sheet-body\">{content}</div>"))
}
