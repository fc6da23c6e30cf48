//! Images and files in messages, and faces: taken in, shown to whoever may see them, harmless
//! whatever they are, and gone with their message.

use crate::support::{
    Answer, House, Person, Served, cid, database, encoded, eventually,
    house::{LOBBY, rate},
    http::parse,
    served::roomful_ok,
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use roomful::{protocol::people::Access, server::domain::sessions::Credentials};
use serde_json::{Value, json};
use std::{
    io::Cursor,
    path::{Path, PathBuf},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let drawn = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(drawn).write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

async fn try_upload(person: &Person, name: &str, bytes: &[u8]) -> Answer {
    let path = format!("/api/v1/files?name={}", encoded(name));
    person.request("POST", &path, bytes).await
}

async fn upload(person: &Person, name: &str, bytes: &[u8]) -> Value {
    try_upload(person, name, bytes).await.is(201).json()
}

fn id(file: &Value) -> String {
    file["id"].as_str().expect("an id").to_owned()
}

fn address(file: &Value) -> String {
    format!("/files/{}/{}", id(file), encoded(file["name"].as_str().unwrap_or_default()))
}

fn send(to: &str, cid: &str, body: &str, files: &[&Value]) -> Value {
    let files: Vec<_> = files.iter().map(|file| id(file)).collect();
    json!({"t": "send", "to": to, "cid": cid, "body": body, "files": files})
}

/// Says it with these files; the answer.
async fn say(person: &Person, to: &str, body: &str, files: &[&Value]) -> Value {
    person.socket().await.ask(send(to, &cid(), body, files)).await
}

/// All contents on the house's disk.
fn contents(house: &House) -> Vec<PathBuf> {
    let folder = house.database().parent().expect("a folder").join("files");
    let mut all = Vec::new();
    for entry in walk(&folder) {
        if entry.is_file() {
            all.push(entry);
        }
    }
    all
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

async fn change(house: &House, sql: &str) {
    let mut db = database::connect(&house.database()).await;
    database::run(&mut db, sql.to_owned()).await;
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

// What goes with a message.

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_goes_with_a_message_to_everybody_there() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.in_browser("bob").await);
    let file = upload(&alice, "view.png", &picture(800, 600, ImageFormat::Png)).await;
    assert_eq!(
        (&file["width"], &file["height"], &file["kind"]),
        (&json!(800), &json!(600), &json!("image/png"))
    );

    let mut hears = bob.socket().await;
    let follow = json!({"t": "sub", "rooms": [{"to": LOBBY}]});
    assert!(hears.ask(follow).await["ok"].is_object());
    assert!(say(&alice, LOBBY, "", &[&file]).await["ok"].is_object(), "files say it all");
    let event = hears.frame("the message", |frame| frame["kind"] == "message").await;
    assert_eq!(event["data"]["files"], json!([file]));
    assert_eq!(event["data"]["body"], "");
    let page = bob.history(LOBBY).await;
    assert_eq!(page["messages"][0]["files"], json!([file]));

    let small = format!("{}?small", address(&file));
    let html = bob.get("/chat/lobby/").await.is(200).text();
    let tag = html.split("<img").find(|tag| tag.contains(&small)).expect("its picture");
    for part in ["width=\"320\"", "height=\"240\"", "loading=\"lazy\"", "alt=\"view.png\""] {
        assert!(tag.contains(part), "{part} in {tag}");
    }
    let shown = bob.get(&small).await.is(200);
    let small = image::load_from_memory(&shown.body).expect("a picture");
    assert_eq!((small.width(), small.height()), (640, 480));
    let whole = bob.get(&address(&file)).await.is(200);
    assert_eq!(image::load_from_memory(&whole.body).expect("a picture").width(), 800);
    assert_eq!(whole.header("content-type"), Some("image/png"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_word_needs_a_file_and_one_without_files_has_no_list() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let empty = alice.socket().await.ask(send(LOBBY, &cid(), " ", &[])).await;
    assert_eq!(empty["err"]["field"], "body");
    assert!(say(&alice, LOBBY, "words", &[]).await["ok"].is_object());
    assert!(alice.history(LOBBY).await["messages"][0].get("files").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_keep_their_order_and_come_again_in_a_replay() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut files = Vec::new();
    for n in 0..10 {
        files.push(upload(&alice, &format!("{n}.txt"), format!("file {n}").as_bytes()).await);
    }
    files.reverse();
    let all: Vec<&Value> = files.iter().collect();
    let before = alice.history(LOBBY).await;
    assert!(say(&alice, LOBBY, "ten", &all).await["ok"].is_object());
    let after = json!({"epoch": before["epoch"], "seq": before["top"]});
    let asked = json!({"t": "sub", "rooms": [{"to": LOBBY, "after": after}]});
    let replay = alice.socket().await.ask(asked).await;
    assert_eq!(replay["ok"]["rooms"][0]["events"][0]["data"]["files"], json!(files));
}

#[tokio::test(flavor = "multi_thread")]
async fn k_a_cid_names_its_files_too() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let (one, two) = (upload(&alice, "1", b"one").await, upload(&alice, "2", b"two").await);
    let mut socket = alice.socket().await;
    let cid = cid();
    let first = socket.ask(send(LOBBY, &cid, "hi", &[&one])).await;
    assert_eq!(socket.ask(send(LOBBY, &cid, "hi", &[&one])).await["ok"], first["ok"], "once");
    for other in [vec![], vec![&two], vec![&one, &two]] {
        let answer = socket.ask(send(LOBBY, &cid, "hi", &other)).await;
        assert_eq!(answer["err"]["code"], "cid_conflict", "{answer}");
    }
    assert_eq!(alice.history(LOBBY).await["top"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_of_one_message_and_of_its_owner() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let file = upload(&alice, "a.txt", b"words").await;
    let stolen = say(&bob, LOBBY, "mine", &[&file]).await;
    assert_eq!(
        (&stolen["err"]["code"], &stolen["err"]["field"]),
        (&json!("invalid"), &json!("files"))
    );
    assert!(say(&alice, LOBBY, "mine", &[&file]).await["ok"].is_object());
    let again = say(&alice, LOBBY, "again", &[&file]).await;
    assert_eq!(again["err"]["field"], "files");
    let other = upload(&alice, "b.txt", b"words").await;
    let twice = say(&alice, LOBBY, "twice", &[&other, &other]).await;
    assert_eq!(twice["err"]["field"], "files");
    let nothing = json!({"id": "nothing", "name": "x"});
    assert_eq!(say(&alice, LOBBY, "none", &[&nothing]).await["err"]["field"], "files");
    let many: Vec<&Value> = std::iter::repeat_n(&other, 11).collect();
    assert_eq!(say(&alice, LOBBY, "many", &many).await["err"]["code"], "too_many");
    assert_eq!(house.bodies(&alice, LOBBY).await, ["mine"], "nothing of it was said");
    assert!(say(&alice, LOBBY, "at last", &[&other]).await["ok"].is_object(), "nor lost");
}

// Who may see it.

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_seen_by_whoever_may_read_its_message() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let (bob, carol) = (house.person("bob").await, house.person("carol").await);
    let file = upload(&alice, "secret.txt", b"the plan").await;
    let at = address(&file);
    let sees = async |person: &Person| person.get(&at).await.status == 200;
    assert!(sees(&alice).await, "a fresh one is its owner's");
    assert!(!sees(&bob).await && !sees(&house.visitor()).await);
    assert!(say(&alice, "@bob", "for you", &[&file]).await["ok"].is_object());
    assert!(sees(&alice).await && sees(&bob).await, "both of them");
    assert!(!sees(&carol).await && !sees(&house.visitor()).await, "and nobody else");
    assert_eq!(carol.get(&at).await.is(404).code(), "not_found", "as one that never was");
    assert_eq!(carol.get("/files/never/was.txt").await.is(404).code(), "not_found");
    let small = format!("{at}?small");
    carol.get(&small).await.is(404);
    let open = upload(&alice, "open.txt", b"for all").await;
    assert!(say(&alice, LOBBY, "for all", &[&open]).await["ok"].is_object());
    house.visitor().get(&address(&open)).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_room_for_some_are_theirs() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (_, token) = &alice.headers()[0];
    let token = token.trim_start_matches("Bearer ").to_owned();
    let domain = house.running().domain();
    let who = domain.recognise(Credentials::Token(token)).await.expect("read").expect("alice");
    domain.make_room(&who, "cellar", Access::Members).await.expect("a room");
    let file = upload(&alice, "plan.txt", b"for some").await;
    assert!(say(&alice, "#cellar", "", &[&file]).await["ok"].is_object());
    alice.get(&address(&file)).await.is(200);
    assert_eq!(bob.get(&address(&file)).await.is(404).code(), "not_found");
    house.visitor().get(&address(&file)).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_members_read_visitors_see_no_files_and_no_faces() {
    let house = House::open_with(|config| config.public_reading = false).await;
    let alice = house.person("alice").await;
    let file = upload(&alice, "a.txt", b"for members").await;
    assert!(say(&alice, LOBBY, "hi", &[&file]).await["ok"].is_object());
    house.visitor().get(&address(&file)).await.is(404);
    house.person("bob").await.get(&address(&file)).await.is(200);
    put_face(&alice, &picture(40, 40, ImageFormat::Png)).await.is(303);
    house.visitor().get("/face/alice").await.is(404);
    alice.get("/face/alice").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_send_files_and_only_from_our_own_pages() {
    let house = House::open().await;
    assert_eq!(try_upload(&house.visitor(), "a", b"x").await.is(401).code(), "login_needed");
    let alice = house.in_browser("alice").await;
    assert_eq!(try_upload(&alice, "a", b"x").await.is(201).json()["bytes"], 1);
    let elsewhere = house.log_in("alice").await.with("Origin", "https://evil.example");
    assert_eq!(try_upload(&elsewhere, "a", b"x").await.status, 403);
}

// Deleted, forgotten.

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_takes_its_files_along() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let file = upload(&alice, "view.jpg", &picture(900, 900, ImageFormat::Jpeg)).await;
    let before = alice.history(LOBBY).await;
    let said = say(&alice, LOBBY, "look", &[&file]).await;
    let delete = json!({"t": "delete", "to": LOBBY, "message": said["ok"]["id"]});
    assert!(alice.socket().await.ask(delete).await["ok"].is_object());
    for address in [address(&file), format!("{}?small", address(&file))] {
        alice.get(&address).await.is(404);
    }
    assert!(alice.history(LOBBY).await["messages"][0].get("files").is_none());
    let after = json!({"epoch": before["epoch"], "seq": before["top"]});
    let asked = json!({"t": "sub", "rooms": [{"to": LOBBY, "after": after}]});
    let replay = alice.socket().await.ask(asked).await.to_string();
    assert!(!replay.contains("view.jpg"), "{replay}");
    assert!(!alice.get("/chat/lobby/").await.text().contains("view.jpg"));
    assert_eq!(contents(&house).len(), 2, "until it is swept");
    swept(&house, 0).await;
    alice.get(&address(&file)).await.is(404);
}

/// Sweeps, until so many contents are left: what is a second old may be on its way.
async fn swept(house: &House, left: usize) {
    eventually("the sweep", async || {
        house.running().domain().sweep_files().await.expect("a sweep");
        (contents(house).len() == left).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_message_took_is_gone_after_a_day_and_nothing_else() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let said = upload(&alice, "said.txt", b"said").await;
    assert!(say(&alice, LOBBY, "", &[&said]).await["ok"].is_object());
    let old = upload(&alice, "old.txt", b"never said").await;
    let shared = upload(&alice, "shared.txt", b"said").await;
    change(&house, "UPDATE uploads SET created_at = 1").await;
    let fresh = upload(&alice, "fresh.txt", b"fresh").await;
    put_face(&alice, &picture(40, 40, ImageFormat::Png)).await.is(303);
    assert_eq!(contents(&house).len(), 4);
    swept(&house, 3).await;
    for (file, status) in [(&said, 200), (&old, 404), (&shared, 404), (&fresh, 200)] {
        alice.get(&address(file)).await.is(status);
    }
    alice.get("/face/alice").await.is(200);
    assert_eq!(say(&alice, LOBBY, "", &[&old]).await["err"]["field"], "files");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_lies_there_once() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let (one, two) = (upload(&alice, "1", b"same").await, upload(&alice, "2", b"same").await);
    assert_ne!(id(&one), id(&two));
    let all = contents(&house);
    assert_eq!(all.len(), 1, "{all:?}");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&all[0]).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "as the database: its owner's alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let mut house = House::open_with(|config| {
        config.body_patience = std::time::Duration::from_millis(300);
    })
    .await;
    let alice = house.person("alice").await;
    for hangs_up in [true, false] {
        let mut peer = tokio::net::TcpStream::connect(house.addr()).await.expect("a connection");
        let mut head = "POST /api/v1/files?name=a HTTP/1.1\r\nContent-Length: 1000\r\n".to_owned();
        head.push_str(&format!("Host: {}\r\n", house.addr()));
        for (name, value) in alice.headers() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\nhalf of it");
        peer.write_all(head.as_bytes()).await.expect("taken");
        eventually("the file to come in", async || (!contents(&house).is_empty()).then_some(()))
            .await;
        if hangs_up {
            drop(peer);
        }
        eventually("nothing to be left", async || contents(&house).is_empty().then_some(())).await;
    }
    // What a process that died left is removed when the next one begins.
    let left = house.database().with_file_name("files").join("unfinished/half");
    std::fs::write(&left, b"half").expect("written");
    house.crash_and_restart().await;
    assert!(!left.exists());
    upload(&alice, "a", b"whole").await;
}

// Limits.

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_however_it_comes() {
    let house = House::open_with(|config| config.file_limit = 10_000).await;
    let alice = house.person("alice").await;
    assert_eq!(try_upload(&alice, "a", &[b'x'; 10_000]).await.status, 201);
    let refused = try_upload(&alice, "a", &[b'x'; 10_001]).await.is(413);
    assert_eq!(
        (refused.code().as_str(), &refused.refusal()["field"]),
        ("too_long", &json!("file"))
    );
    assert!(refused.refusal()["message"].as_str().is_some_and(|why| why.contains("9 KB")));
    let chunked = alice.clone().with("Transfer-Encoding", "chunked");
    let mut body = Vec::new();
    for _ in 0..4 {
        body.extend_from_slice(b"FA0\r\n");
        body.extend_from_slice(&[b'x'; 0xFA0]);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    let refused = without_length(&chunked, &body).await.refused();
    assert_eq!(refused.code(), "too_long");
    assert_eq!(try_upload(&alice, "a", b"").await.refused().refusal()["field"], "file");
    let none = House::open_with(|config| config.file_limit = 0).await;
    assert_eq!(try_upload(&none.person("alice").await, "a", b"x").await.status, 403);
}

/// A request whose body says itself how long it is.
async fn without_length(person: &Person, body: &[u8]) -> Answer {
    let mut bytes = Vec::new();
    let mut peer = tokio::net::TcpStream::connect(person.addr()).await.expect("a connection");
    let mut head = "POST /api/v1/files?name=a HTTP/1.1\r\nConnection: close\r\n".to_owned();
    head.push_str(&format!("Host: {}\r\n", person.addr()));
    for (name, value) in person.headers() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    peer.write_all(head.as_bytes()).await.expect("taken");
    // Refused halfway, the rest may not be taken.
    let _ = peer.write_all(body).await;
    let _ = peer.read_to_end(&mut bytes).await;
    parse(&bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_an_end_for_files() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    upload(&alice, "a", b"x").await;
    change(&house, "UPDATE uploads SET bytes = 2000000000").await;
    let refused = try_upload(&alice, "b", b"x").await.is(429);
    assert_eq!(refused.code(), "rate_limited");
    assert_eq!(refused.refusal()["why"]["key"], "files_today");
    upload(&house.person("bob").await, "b", b"x").await;
    change(&house, "UPDATE uploads SET created_at = created_at - 86400001").await;
    upload(&alice, "b", b"x").await;
}

// Bad input.

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_sent_runs() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let script = b"<script>alert(document.domain)</script>";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let pdf = b"%PDF-1.7\n<html><script>alert(1)</script>";
    for (name, bytes) in [
        ("x.svg", &svg[..]),
        ("x.html", script),
        ("x.png", script),
        ("x.js", b"alert(1)"),
        ("x.pdf", pdf),
        ("x.xml", b"<?xml version=\"1.0\"?><x xmlns=\"http://www.w3.org/1999/xhtml\"/>"),
        ("x.swf", b"FWS\x09abc"),
    ] {
        let file = upload(&alice, name, bytes).await;
        assert!(file.get("width").is_none(), "{name} is no picture");
        let shown = alice.get(&address(&file)).await.is(200);
        assert_eq!(shown.body, bytes, "as it came: {name}");
        let kind = shown.header("content-type").unwrap_or_default();
        let told = ["text/plain; charset=utf-8", "application/octet-stream", "application/pdf"];
        assert!(told.contains(&kind), "{name}: {kind}");
        let how = shown.header("content-disposition").unwrap_or_default();
        assert!(how.starts_with("attachment;"), "{name}: {how}");
        is_harmless(&shown);
    }
}

fn is_harmless(shown: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(shown.header(name), Some(value));
    }
    let kept = shown.header("cache-control").unwrap_or_default();
    assert!(kept.starts_with("private"), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_two_kinds_is_one_of_them() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let script = b"*/=1;alert(document.domain)//<script>alert(1)</script>";
    for format in [ImageFormat::Gif, ImageFormat::Png, ImageFormat::Jpeg] {
        let mut bytes = picture(30, 30, format);
        bytes.extend_from_slice(script);
        let file = upload(&alice, "x.html", &bytes).await;
        assert!(!file["name"].as_str().unwrap_or_default().ends_with("html"), "{file}");
        for address in [address(&file), format!("{}?small", address(&file))] {
            let shown = alice.get(&address).await.is(200);
            assert!(!holds(&shown.body, b"alert"), "{format:?}");
            assert!(shown.header("content-type").is_some_and(|kind| kind.starts_with("image/")));
            is_harmless(&shown);
        }
    }
    // Words that begin like a picture are none.
    let refused = try_upload(&alice, "x.gif", b"GIF89a/*").await.refused();
    assert_eq!(refused.refusal()["field"], "file");
    let refused = try_upload(&alice, "x.gif", b"GIF89a=1;alert(1)//").await.refused();
    assert_eq!(refused.refusal()["field"], "file", "its size would be made of letters");
    assert!(
        contents(&house)
            .iter()
            .all(|path| { !holds(&std::fs::read(path).unwrap_or_default(), b"alert") })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_million_million_pixels_is_refused_at_once() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    // A GIF of a few bytes that says it is 65,535 pixels wide and high.
    let mut bomb = picture(1, 1, ImageFormat::Gif);
    bomb[6..10].copy_from_slice(&[0xFF; 4]);
    let refused = try_upload(&alice, "bomb.gif", &bomb).await.refused();
    assert_eq!(refused.refusal()["why"]["key"], "picture_too_large");
    assert_eq!(put_face(&alice, &bomb).await.status, 422);
    assert!(contents(&house).is_empty());
    // The house goes on.
    upload(&alice, "a.png", &picture(10, 10, ImageFormat::Png)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_cleaned_of_what_misleads() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for (name, shown) in [
        ("../../etc/passwd", "passwd"),
        ("a\\b\\c.txt", "c.txt"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("a\0b\r\nX-Evil: 1.txt", "abX-Evil 1.txt"),
        ("", "file"),
        ("\u{200b}", "file"),
        ("周报.pdf", "周报.pdf"),
        (&"x".repeat(4_000), &"x".repeat(119)),
    ] {
        let file = upload(&alice, name, b"words").await;
        assert_eq!(file["name"], shown, "{name:?}");
        let answer = alice.get(&address(&file)).await.is(200);
        let how = format!("attachment; filename*=UTF-8''{}", encoded(shown));
        assert_eq!(answer.header("content-disposition"), Some(how.as_str()));
        assert!(answer.header("x-evil").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_file_can_be_had() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8 | 1).collect();
    let file = upload(&alice, "film.bin", &bytes).await;
    let part = async |range: &str| alice.clone().with("Range", range).get(&address(&file)).await;
    let middle = part("bytes=100000-100009").await.is(206);
    assert_eq!(middle.body, bytes[100_000..100_010]);
    assert_eq!(middle.header("content-range"), Some("bytes 100000-100009/200000"));
    assert_eq!(part("bytes=-5").await.is(206).body, bytes[199_995..]);
    assert_eq!(part("bytes=150000-").await.is(206).body, bytes[150_000..]);
    let past = part("bytes=200000-").await.is(416);
    assert_eq!(past.header("content-range"), Some("bytes */200000"));
    assert_eq!(part("bytes=0-1,5-6").await.is(200).body, bytes);
}

// Without a script.

/// A form with files, as a browser sends it.
fn form(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    for (field, name, bytes) in files {
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: text/html\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    body
}

async fn post_form(person: &Person, path: &str, body: &[u8]) -> Answer {
    let person = person.clone().with("Content-Type", "multipart/form-data; boundary=edge");
    person.with("Accept", "text/html").request("POST", path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_form_carries_files() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let page = alice.get("/chat/lobby/").await.is(200).text();
    assert!(page.contains("enctype=\"multipart/form-data\""), "{page}");
    let cid = cid();
    let fields = [("to", LOBBY), ("cid", cid.as_str()), ("page", "/chat/lobby/"), ("body", "看")];
    let picture = picture(20, 20, ImageFormat::Png);
    let body = form(&fields, &[("file", "a.png", &picture), ("file", "b.txt", b"words")]);
    assert_eq!(post_form(&alice, "/api/say", &body).await.leads_to(), "/chat/lobby/");
    let said = alice.history(LOBBY).await["messages"][0].take();
    assert_eq!((&said["body"], &said["files"][0]["name"]), (&json!("看"), &json!("a.png")));
    assert_eq!(said["files"][1]["kind"], "text/plain");
    // Nothing was chosen: browsers send an empty file of no name.
    let fields = [("to", LOBBY), ("cid", "c-2"), ("page", "/chat/lobby/"), ("body", "only words")];
    let body = form(&fields, &[("file", "", b"")]);
    assert_eq!(post_form(&alice, "/api/say", &body).await.leads_to(), "/chat/lobby/");
    assert_eq!(house.bodies(&alice, LOBBY).await, ["看", "only words"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_costs_no_text() {
    let house = House::open_with(|config| config.file_limit = 1_000).await;
    let alice = house.in_browser("alice").await;
    let fields = [("to", LOBBY), ("cid", "c-1"), ("page", "/chat/lobby/"), ("body", "my words")];
    let body = form(&fields, &[("file", "a.bin", &[1; 5_000])]);
    let page = post_form(&alice, "/api/say", &body).await.is(422).text();
    assert!(page.contains(">my words</textarea>") && page.contains("too large"), "{page}");
    assert!(house.bodies(&alice, LOBBY).await.is_empty());
    for wrong in [&b"--edge\r\nnonsense"[..], b"", b"--edge--"] {
        let status = post_form(&alice, "/api/say", wrong).await.status;
        assert!((400..500).contains(&status), "{status}");
    }
    let first = form(&[], &[("file", "a.txt", b"words")]);
    let file = post_form(&alice, "/api/v1/files", &first).await.is(201).json();
    assert_eq!(file["name"], "a.txt");
}

// Faces.

async fn put_face(person: &Person, bytes: &[u8]) -> Answer {
    let body = form(&[("page", "/account")], &[("face", "me.png", bytes)]);
    post_form(person, "/account/avatar", &body).await
}

fn version(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("src=\"/face/{name}?v="))?;
    rest.split('"').next().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_is_shown_beside_its_name_and_never_an_old_one() {
    let house = House::open().await;
    let (alice, bob) = (house.in_browser("alice").await, house.in_browser("bob").await);
    assert!(say(&alice, LOBBY, "hi", &[]).await["ok"].is_object());
    let page = async || bob.get("/chat/lobby/").await.is(200).text();
    assert_eq!(version(&page().await, "alice"), None);

    put_face(&alice, &picture(300, 100, ImageFormat::Jpeg)).await.is(303);
    let first = version(&page().await, "alice").expect("a face in the log");
    let address = format!("/face/alice?v={first}");
    let shown = bob.get(&address).await.is(200);
    let drawn = image::load_from_memory(&shown.body).expect("a picture");
    assert_eq!((drawn.width(), drawn.height()), (128, 128));
    assert!(shown.header("cache-control").is_some_and(|kept| kept.contains("immutable")));
    is_harmless(&shown);
    let tag = shown.header("etag").expect("a tag").to_owned();
    assert!(bob.clone().with("If-None-Match", &tag).get(&address).await.is(304).body.is_empty());
    let old = bob.get("/face/alice?v=00000000").await.is(200);
    assert_eq!(old.header("cache-control"), Some("private, no-cache"));
    assert!(alice.get("/account").await.text().contains(&address));

    put_face(&alice, &picture(90, 90, ImageFormat::Png)).await.is(303);
    let second = version(&page().await, "alice").expect("a face in the log");
    assert_ne!(first, second);
    let remove = form(&[("page", "/account"), ("remove", "1")], &[("face", "", b"")]);
    post_form(&alice, "/account/avatar", &remove).await.is(303);
    assert_eq!(version(&page().await, "alice"), None);
    bob.get("/face/alice").await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_is_a_picture_of_bounded_size_and_survives_a_restart() {
    let mut house = House::open().await;
    let alice = house.in_browser("alice").await;
    for wrong in [&b"<svg onload=alert(1)>"[..], b"GIF89a/*", b"", &vec![0; 3 * 1024 * 1024]] {
        let answer = put_face(&alice, wrong).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains("role=\"alert\""), "{}", answer.text());
    }
    assert!(put_face(&house.visitor(), &picture(9, 9, ImageFormat::Png)).await.status != 303);
    alice.get("/face/alice").await.is(404);
    put_face(&alice, &picture(9, 9, ImageFormat::WebP)).await.is(303);
    house.restart().await;
    alice.get("/face/alice").await.is(200);
}

/// Each is drawn, and its content lies on the disk until it is swept.
#[tokio::test(flavor = "multi_thread")]
async fn faces_are_not_changed_faster_than_people_speak() {
    let house = House::open_with(|config| config.message_rate = rate("3/600s")).await;
    let alice = house.in_browser("alice").await;
    for side in 1..=3 {
        put_face(&alice, &picture(side, side, ImageFormat::Png)).await.is(303);
    }
    let before = contents(&house).len();
    for side in 4..=6 {
        let refused = put_face(&alice, &picture(side, side, ImageFormat::Png)).await.is(429);
        assert!(refused.text().contains("role=\"alert\""), "{}", refused.text());
    }
    assert_eq!(contents(&house).len(), before);
}

// Backup.

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_the_files_too() {
    let dir = tempfile::TempDir::new().expect("a folder");
    let served = Served::start(dir.path(), &[]).await;
    let alice = served.person("alice").await;
    let file = upload(&alice, "a.txt", b"kept").await;
    assert!(say(&alice, LOBBY, "", &[&file]).await["ok"].is_object());
    let copy = dir.path().join("copy/house.db");
    std::fs::create_dir(dir.path().join("copy")).expect("a folder");
    for _ in 0..2 {
        // A second one, over files that are there.
        let _ = std::fs::remove_file(&copy);
        roomful_ok(dir.path(), &["backup", &copy.display().to_string()], "").await;
    }
    served.kill().await;

    let restored = tempfile::TempDir::new().expect("a folder");
    std::fs::rename(&copy, restored.path().join("roomful.db")).expect("moved");
    let files = dir.path().join("copy/house.db.files");
    std::fs::rename(files, restored.path().join("files")).expect("moved");
    drop(dir);
    let served = Served::start(restored.path(), &[]).await;
    let page = Person::at(served.addr).history(LOBBY).await;
    assert_eq!(page["messages"][0]["files"], json!([file]));
    let shown = Person::at(served.addr).get(&address(&file)).await.is(200);
    assert_eq!(shown.body, b"kept");
}
