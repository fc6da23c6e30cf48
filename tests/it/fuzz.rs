//! Whatever text comes: no parser panics, and every name that is accepted survives its address.
//!
//! `make fuzz` runs a million cases; here are fewer, so that the tests stay quick. Each property
//! prints how many it had.

use crate::support::{House, encoded, http::unescaped};
use proptest::{
    prelude::*,
    sample::select,
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestRunner},
};
use roomful::protocol::{
    At, Target, commands,
    frames::{Incoming, Outgoing, read_client, read_server, write_client},
    names::{self, Kind},
    urls,
};
use serde_json::{Value, json};

/// Cases of all properties together, unless `ROOMFUL_FUZZ` says otherwise.
const CASES: u32 = 30_000;

/// Tries a property with that many hundredths of all cases.
fn check<S: Strategy>(
    what: &str,
    hundredths: u32,
    inputs: S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let all = std::env::var("ROOMFUL_FUZZ").ok().and_then(|count| count.parse().ok());
    let cases = all.unwrap_or(CASES).div_ceil(100) * hundredths;
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    match TestRunner::new(config).run(&inputs, property) {
        Ok(()) => println!("fuzz: {cases} cases of {what}"),
        Err(failure) => panic!("{what}: {failure}"),
    }
}

/// Characters that break parsers, and any other.
fn character() -> impl Strategy<Value = char> {
    let nasty: Vec<char> = "%./\\?#&+=@~:;,<>'\" \t\r\n\0\u{7f}-_|{}[]()*^$!`"
        .chars()
        .chain("\u{85}\u{a0}\u{ad}\u{34f}\u{61c}\u{115f}\u{180e}\u{200b}\u{200d}\u{200e}\u{200f}".chars())
        .chain("\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{3000}\u{3164}\u{fe0f}\u{feff}".chars())
        .chain("\u{d7ff}\u{e000}\u{fffd}\u{ffff}\u{10ffff}\u{e0001}\u{1f468}\u{1f3fd}\u{1f1e6}".chars())
        // Letters whose other case, normal form or look-alike is something else.
        .chain("İıſßẞﬁΣςσǅĿŉΐᾳªKÅΩµаеоріӏ０１．／％＠".chars())
        .chain("\u{300}\u{301}\u{323}\u{345}\u{5b0}\u{64b}\u{93f}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{1e9b}".chars())
        .collect();
    prop_oneof![4 => select(nasty), 3 => prop::char::range('a', 'z'), 2 => any::<char>()]
}

fn text(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(character(), 0..most).prop_map(|chars| chars.into_iter().collect())
}

fn a_target() -> impl Strategy<Value = String> {
    prop_oneof![
        text(12).prop_map(|name| format!("#{name}")),
        text(12).prop_map(|name| format!("@{name}")),
        Just("~".to_owned()),
        Just("#lobby".to_owned()),
        text(4),
    ]
}

fn client_frame() -> impl Strategy<Value = Value> {
    let after = prop_oneof![
        Just(Value::Null),
        (text(4), any::<i64>()).prop_map(|(epoch, seq)| json!({"epoch": epoch, "seq": seq})),
    ];
    let follow = (a_target(), after).prop_map(|(to, after)| json!({"to": to, "after": after}));
    prop_oneof![
        prop::collection::vec(follow, 0..4).prop_map(|rooms| json!({"t": "sub", "rooms": rooms})),
        prop::collection::vec(a_target(), 0..4)
            .prop_map(|rooms| json!({"t": "unsub", "rooms": rooms})),
        (a_target(), any::<bool>())
            .prop_map(|(to, active)| json!({"t": "here", "to": to, "active": active})),
        (a_target(), text(8), text(40))
            .prop_map(|(to, cid, body)| json!({"t": "send", "to": to, "cid": cid, "body": body})),
        (a_target(), any::<i64>()).prop_map(|(to, seq)| json!({"t": "read", "to": to, "seq": seq})),
        Just(json!({"t": "pong"})),
        text(6).prop_map(|t| json!({"t": t, "id": 3})),
    ]
}

fn server_frame() -> impl Strategy<Value = Value> {
    let names = || prop::collection::vec(text(6), 0..4);
    prop_oneof![
        (a_target(), any::<i64>(), text(8), text(20)).prop_map(|(to, seq, cid, body)| json!({
            "t": "event", "to": to, "seq": seq, "kind": "message", "cid": cid,
            "data": {"id": "1-2", "author": "a", "author_kind": "user", "body": body,
                     "at": "2026-11-20T08:00:00.000Z", "reply_to": null}})),
        (a_target(), any::<i64>(), text(6)).prop_map(
            |(to, seq, kind)| json!({"t": "event", "to": to, "seq": seq, "kind": kind, "data": [1.5e300]})
        ),
        (a_target(), names(), names(), any::<u32>()).prop_map(|(to, join, leave, count)| json!({
            "t": "online", "to": to, "join": join, "leave": leave, "count": count})),
        (a_target(), names()).prop_map(|(to, all)| json!({"t": "online", "to": to, "all": all, "count": 2})),
        a_target().prop_map(|to| json!({"t": "gone", "to": to, "reason": "banned"})),
        prop::collection::btree_map(a_target(), any::<i64>(), 0..4)
            .prop_map(|tops| json!({"t": "ping", "tops": tops})),
        text(10).prop_map(|message| json!({"t": "error",
            "err": {"code": "invalid", "message": message, "temporary": false}})),
        any::<u64>().prop_map(|re| json!({"re": re, "ok": {"seq": 1}})),
        text(6).prop_map(|user| json!({"t": "hello", "v": 1, "conn": "c-1", "user": user,
            "heartbeat_ms": 25000, "limits": {"body": 1, "frame": 2, "rooms": 3}})),
    ]
}

/// Bits of JSON that parsers trip over.
const BITS: [&str; 24] = [
    "\\ud800",
    "\\udc00\\ud800",
    "\\u0000",
    "\\",
    "\"",
    "{",
    "[",
    "]",
    "}",
    ":",
    ",",
    "null",
    "1e999",
    "-0",
    "1e-999",
    "9223372036854775808",
    "18446744073709551616",
    "0.1",
    "01",
    "\"t\":\"send\",",
    "\"id\":1,\"id\":2,",
    "\"id\":99999999999999999999999999,",
    "\u{feff}",
    "\0",
];

/// One way to spoil a text.
#[derive(Clone, Debug)]
enum Spoil {
    Flip(usize, u8),
    Cut(usize),
    Remove(usize, usize),
    Repeat(usize, usize, usize),
    Insert(usize, &'static str),
    Nest(usize, usize, bool),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let at = || 0usize..400;
    prop_oneof![
        3 => (at(), any::<u8>()).prop_map(|(at, with)| Spoil::Flip(at, with)),
        1 => at().prop_map(Spoil::Cut),
        1 => (at(), 1usize..20).prop_map(|(at, length)| Spoil::Remove(at, length)),
        1 => (at(), 1usize..40, 1usize..4).prop_map(|(at, length, times)| Spoil::Repeat(at, length, times)),
        4 => (at(), select(&BITS[..])).prop_map(|(at, bit)| Spoil::Insert(at, bit)),
        1 => (at(), 1usize..2_000, any::<bool>()).prop_map(|(at, deep, list)| Spoil::Nest(at, deep, list)),
    ]
}

fn spoiled(text: &str, ways: &[Spoil]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for way in ways {
        let length = bytes.len().max(1);
        let within = |at: &usize| (at % length).min(bytes.len());
        match way {
            Spoil::Flip(at, with) => {
                if let Some(byte) = bytes.get_mut(at % length) {
                    *byte ^= with;
                }
            }
            Spoil::Cut(at) => bytes.truncate(at % length),
            Spoil::Remove(at, many) => {
                let from = within(at);
                bytes.drain(from..(from + many).min(bytes.len()));
            }
            Spoil::Repeat(at, many, times) => {
                let from = within(at);
                let part = bytes[from..(from + many).min(bytes.len())].repeat(*times);
                bytes.splice(from..from, part);
            }
            Spoil::Insert(at, bit) => {
                let from = within(at);
                bytes.splice(from..from, bit.bytes());
            }
            Spoil::Nest(at, deep, list) => {
                let from = within(at);
                let (open, close) = if *list { ("[", "]") } else { ("{\"t\":", "}") };
                let nest = format!("{}1{}", open.repeat(*deep), close.repeat(*deep));
                bytes.splice(from..from, nest.bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn spoiled_frames(frames: impl Strategy<Value = Value>) -> impl Strategy<Value = String> {
    let numbered = (frames, prop::option::of(any::<u64>())).prop_map(|(mut frame, id)| {
        if let (Some(id), None) = (id, frame.get("re")) {
            frame["id"] = json!(id);
        }
        frame.to_string()
    });
    (numbered, prop::collection::vec(spoil(), 0..4)).prop_map(|(text, ways)| spoiled(&text, &ways))
}

fn reads_client(text: String) -> Result<(), TestCaseError> {
    match read_client(&text) {
        Incoming::Frame(id, frame) => {
            // What was understood says the same when it is written again.
            let again = serde_json::to_string(&roomful::protocol::frames::Numbered {
                id: id.clone(),
                frame: &frame,
            });
            let again = again.map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(read_client(&again), Incoming::Frame(id.clone(), frame.clone()));
            if let Some(small) = id.as_ref().and_then(serde_json::Number::as_u64) {
                let written = write_client(Some(small), &frame);
                prop_assert_eq!(read_client(&written), Incoming::Frame(id, frame));
            }
        }
        Incoming::Unknown(_) => {}
        Incoming::Bad(_, refusal) => prop_assert!(!refusal.message.is_empty()),
    }
    Ok(())
}

fn reads_server(text: String) -> Result<(), TestCaseError> {
    match read_server(&text) {
        Outgoing::Frame(frame) => {
            let again = serde_json::to_string(&frame);
            let again = again.map_err(|e| TestCaseError::fail(e.to_string()))?;
            let Outgoing::Frame(same) = read_server(&again) else {
                return Err(TestCaseError::fail(format!("not read again: {again}")));
            };
            prop_assert_eq!(same, frame);
        }
        // A client's own numbers are whole; another's, with a fraction, it need not know.
        Outgoing::Reply(reply) if reply.re.is_f64() => {}
        Outgoing::Reply(reply) => {
            let written = |reply| serde_json::to_string(reply).unwrap_or_default();
            let again = written(&reply);
            let Outgoing::Reply(same) = read_server(&again) else {
                return Err(TestCaseError::fail(format!("not read again: {again}")));
            };
            prop_assert_eq!(written(&same), again);
        }
        Outgoing::Unknown => {}
    }
    Ok(())
}

/// Whatever is accepted as a name.
fn survives(kind: Kind, given: &str) -> Result<(), TestCaseError> {
    let Ok(name) = names::check(kind, given) else { return Ok(()) };
    prop_assert_eq!(names::check(kind, &name.shown), Ok(name.clone()), "its own form");
    prop_assert_eq!(names::fold(&name.shown), &*name.folded);
    prop_assert_eq!(names::fold(&name.folded), &*name.folded, "folded twice");
    prop_assert!(!name.skeleton.is_empty(), "two that show nothing would share it");
    prop_assert!(name.shown.chars().count() <= kind.most());
    let target = match kind {
        Kind::User => Target::Person(name.shown.clone()),
        Kind::Room => Target::Room(name.shown.clone()),
    };
    prop_assert_eq!(Target::parse(&target.to_string()), Some(target.clone()));
    let json = serde_json::to_string(&target).unwrap_or_default();
    prop_assert_eq!(serde_json::from_str::<Target>(&json).ok(), Some(target.clone()));

    let page = urls::page(&target);
    prop_assert!(
        page.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>#?&+;:".contains(&b)),
        "{page}"
    );
    prop_assert_eq!(urls::target(&page), Some(target.clone()));
    prop_assert_eq!(urls::target(page.trim_end_matches('/')), Some(target.clone()));
    prop_assert_eq!(urls::safe_next(Some(&page)), &*page);
    // Browsers take segments of dots for a way up, encoded or not (WHATWG URL, 4.4).
    let segment = page.split('/').nth(2).unwrap_or_default().to_lowercase().replace("%2e", ".");
    prop_assert!(!["", ".", ".."].contains(&&*segment), "{page}");
    let uri: axum::http::Uri = page.parse().map_err(|_| TestCaseError::fail(page.clone()))?;
    prop_assert_eq!(uri.path(), &*page);
    prop_assert_eq!(urls::decode(&urls::encode(&name.shown)), Some(name.shown));
    Ok(())
}

#[test]
fn no_text_of_a_client_panics() {
    check("any text as a client's frame", 12, text(120), reads_client);
    check("client frames, spoiled", 22, spoiled_frames(client_frame()), reads_client);
}

#[test]
fn no_text_of_a_server_panics() {
    check("any text as a server's frame", 5, text(120), reads_server);
    check("server frames, spoiled", 15, spoiled_frames(server_frame()), reads_server);
}

#[test]
fn every_name_that_is_accepted_survives_its_address() {
    check("user names", 12, text(40), |given| survives(Kind::User, &given));
    check("room names", 18, text(140), |given| survives(Kind::Room, &given));
}

#[test]
fn targets_and_paths_are_read_or_refused() {
    check("targets", 4, prop_oneof![a_target(), text(20)], |given| {
        if let Some(target) = Target::parse(&given) {
            prop_assert_eq!(target.to_string(), given);
        }
        Ok(())
    });
    let path = (select(vec!["/chat/", "/talk/", "/", ""]), text(30), any::<bool>());
    check("paths", 4, path, |(start, rest, percent)| {
        let rest = if percent { rest.replace('.', "%").replace('-', "%E4%B8") } else { rest };
        let path = format!("{start}{rest}");
        if let Some(target) = urls::target(&path) {
            // Another spelling of the address, perhaps; but of the same place. (A name with a slash
            // or of dots is none, and `Own` has no page.)
            let page = urls::page(&target);
            let name = target.name();
            if !name.contains('/') && !name.is_empty() {
                prop_assert_eq!(urls::target(&page), Some(target));
            }
        }
        let next = urls::safe_next(Some(&path));
        prop_assert!(
            next.starts_with('/') && !next.starts_with("//") && next.is_ascii(),
            "{}",
            next
        );
        Ok(())
    });
}

#[test]
fn commands_and_moments_are_read_or_refused() {
    let typed = (
        select(vec!["", "/", "//", "/me ", "/topic ", "/help", "/pm ", "/pm @", "/pm\u{a0}", "/x"]),
        text(40),
    );
    check("commands", 6, typed, |(start, rest)| {
        let typed = format!("{start}{rest}");
        match commands::read(&typed) {
            Ok(commands::Command::Say(body)) => {
                prop_assert!(typed.ends_with(body));
                if body.starts_with('/') && !typed.starts_with("/me") {
                    let escaped = format!("/{body}");
                    prop_assert_eq!(commands::read(&escaped), Ok(commands::Command::Say(body)));
                }
            }
            Ok(commands::Command::Private { to, body }) => {
                prop_assert!(!to.is_empty() && !to.contains(char::is_whitespace));
                prop_assert!(!body.trim().is_empty() && typed.ends_with(body));
            }
            Ok(commands::Command::Topic(text)) => prop_assert!(typed.trim_end().ends_with(text)),
            Ok(commands::Command::Help) => prop_assert!(typed.starts_with("/help")),
            Ok(commands::Command::Unknown(word)) => {
                prop_assert!(!word.is_empty() && typed.starts_with('/'));
            }
            Err(refusal) => prop_assert!(!refusal.message.is_empty()),
        }
        let count = typed.chars().count();
        prop_assert!(commands::check_body(&typed, count.saturating_sub(1)).is_err() || count == 0);
        Ok(())
    });
    let moments = prop_oneof![
        text(30),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z",
    ];
    check("moments", 2, moments, |given| {
        if let Some(at) = At::parse(&given) {
            prop_assert_eq!(At::parse(&at.to_string()), Some(at), "{}", at);
        }
        Ok(())
    });
}

/// The same through the house: made by a form, found under its address, by its own name.
#[test]
fn names_survive_a_real_request() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let house = runtime.block_on(House::open());
    let alice = runtime.block_on(house.in_browser("alice"));
    let cases = 150;
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 100, ..Config::default() };
    let made = TestRunner::new(config).run(&text(20), |given| {
        runtime.block_on(async {
            let fields = [("name", given.as_str()), ("page", "/chat/")];
            let answer = alice.post("/api/enter_room", &fields).await;
            let Ok(name) = names::check(Kind::Room, &given) else {
                prop_assert!((400..500).contains(&answer.status), "{}", answer.status);
                return Ok(());
            };
            if answer.status == 303 {
                let place = answer.header("location").unwrap_or_default().to_owned();
                let Some(Target::Room(shown)) = urls::target(&place) else {
                    return Err(TestCaseError::fail(place));
                };
                prop_assert_eq!(names::fold(&shown), name.folded);
                let page = alice.get(&place).await;
                prop_assert_eq!(page.status, 200, "{}", place);
                prop_assert!(unescaped(&page.text()).contains(&shown), "{}", place);
                let bare = alice.get(place.trim_end_matches('/')).await;
                prop_assert_eq!(bare.header("location"), Some(&*place));
                let to = format!("#{shown}");
                let history = format!("/api/v1/messages?to={}", encoded(&to));
                let history = alice.get(&history).await.json();
                prop_assert_eq!(history["to"].as_str(), Some(&*to));
            } else {
                // A look-alike of one that exists.
                prop_assert!((400..500).contains(&answer.status), "{}", answer.status);
            }
            Ok(())
        })
    });
    if let Err(failure) = made {
        panic!("{failure}");
    }
    println!("fuzz: {cases} names through real requests");
}
