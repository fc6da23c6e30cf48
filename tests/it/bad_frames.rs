//! WebSocket clients that keep to no rule (RFC 6455), by hand-made frames: each is closed with the
//! right code, and nobody else notices. A close code that the RFC leaves open is left open here.

use crate::support::{
    House, Person, RoomSocket, Served, cid, eventually,
    house::quick_heartbeat,
    raw::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, Raw, TEXT, close, frame, promise, text},
    room_socket::chat,
    wire::NO_CLOSE_FRAME,
};
use roomful::protocol::{SUBPROTOCOL, close as codes, limits};
use serde_json::json;
use std::time::Duration;

/// The peer broke the protocol.
const PROTOCOL_ERROR: u16 = 1002;
/// What should be text is none.
const NOT_UTF8: u16 = 1007;
const RSV1: u8 = 0x40;

/// Somebody who has nothing to do with it.
struct Bystander {
    house: House,
    alice: Person,
    room: RoomSocket,
    said: usize,
}

impl Bystander {
    async fn new() -> Self {
        Self::in_house(House::open().await).await
    }

    async fn in_house(house: House) -> Self {
        let alice = house.person("alice").await;
        let mut room = house.person("bob").await.enter("lobby").await;
        room.entered().await;
        Self { house, alice, room, said: 0 }
    }

    /// A main socket that has said hello.
    async fn peer(&self) -> Raw {
        open(&self.alice, "").await.0
    }

    /// Sends these bytes over a fresh socket; the code it is closed with.
    async fn attack(&mut self, bytes: &[u8]) -> u16 {
        let mut peer = self.peer().await;
        peer.send_if_open(bytes).await;
        let code = peer.closed().await;
        self.notices_nothing().await;
        code
    }

    async fn notices_nothing(&mut self) {
        self.said += 1;
        self.room.says_and_hears_only_that(&format!("still here, {}", self.said)).await;
        self.house.visitor().get("/healthz").await.is(200);
    }

    /// Whatever there was of the attackers is gone.
    async fn is_alone(&self) {
        let open = || self.house.running().domain().connections.open();
        eventually("the attackers to be gone", async || (open() == 1).then_some(())).await;
    }
}

/// Opens a main socket and reads its hello; the answer's head too.
async fn open(person: &Person, more: &str) -> (Raw, String) {
    let mut person = person.clone().with("Sec-WebSocket-Protocol", SUBPROTOCOL);
    if !more.is_empty() {
        person = person.with("Sec-WebSocket-Extensions", more);
    }
    let (mut peer, head) = Raw::upgrade(person.addr(), "/ws", person.headers()).await;
    peer.json(|frame| frame["t"] == "hello").await;
    (peer, head)
}

/// A numbered send, and the number.
fn saying(id: u64, body: &str) -> String {
    json!({"id": id, "t": "send", "to": "#lobby", "cid": cid(), "body": body}).to_string()
}

async fn is_answered(peer: &mut Raw, id: u64) {
    let reply = peer.json(|frame| frame["re"] == json!(id)).await;
    assert!(reply.get("ok").is_some(), "{reply}");
}

// What breaks the protocol.

#[tokio::test(flavor = "multi_thread")]
async fn an_unmasked_frame_is_a_protocol_error() {
    let mut it = Bystander::new().await;
    let pong = br#"{"t":"pong"}"#;
    let unmasked = [&[FIN | TEXT, pong.len() as u8][..], pong].concat();
    assert_eq!(it.attack(&unmasked).await, PROTOCOL_ERROR);
    assert_eq!(it.attack(&[FIN | PING, 0]).await, PROTOCOL_ERROR);
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reserved_opcodes_are_a_protocol_error() {
    let mut it = Bystander::new().await;
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        let code = it.attack(&frame(FIN | opcode, b"x")).await;
        assert_eq!(code, PROTOCOL_ERROR, "{opcode:#x}");
    }
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_compression_is_negotiated_and_none_is_taken() {
    let mut it = Bystander::new().await;
    for offer in
        ["permessage-deflate", "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"]
    {
        let (mut peer, head) = open(&it.alice, offer).await;
        assert!(!head.to_lowercase().contains("sec-websocket-extensions"), "{head}");
        // A mebibyte of noughts, deflated, is a thousand bytes; here it is never inflated.
        peer.send(&frame(FIN | RSV1 | TEXT, &[0; 1_000])).await;
        assert_eq!(peer.closed().await, PROTOCOL_ERROR);
        it.notices_nothing().await;
    }
    for bits in [RSV1, 0x20, 0x10, 0x70] {
        for opcode in [TEXT, BINARY, PING, CLOSE] {
            let code = it.attack(&frame(FIN | bits | opcode, b"")).await;
            assert_eq!(code, PROTOCOL_ERROR, "{bits:#x} {opcode:#x}");
        }
    }
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn control_frames_are_short_and_whole() {
    let mut it = Bystander::new().await;
    for opcode in [PING, PONG, CLOSE] {
        let long = [&1000u16.to_be_bytes()[..], &[b'x'; 124]].concat();
        assert_eq!(it.attack(&frame(FIN | opcode, &long)).await, PROTOCOL_ERROR, "{opcode:#x}");
        let code = it.attack(&promise(FIN | opcode, 1 << 40)).await;
        assert!([PROTOCOL_ERROR, codes::TOO_BIG].contains(&code), "{opcode:#x}: {code}");
        let code = it.attack(&frame(opcode, &1000u16.to_be_bytes())).await;
        assert_eq!(code, PROTOCOL_ERROR, "{opcode:#x}, fragmented");
    }
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_out_of_order_are_a_protocol_error() {
    let mut it = Bystander::new().await;
    let start = frame(TEXT, b"{");
    for (what, wrong) in [
        ("a continuation of nothing", frame(FIN | CONTINUATION, b"x")),
        ("a first part of it", frame(CONTINUATION, b"x")),
        ("a text within a text", [start.clone(), text("{}")].concat()),
        ("bytes within a text", [start.clone(), frame(FIN | BINARY, b"x")].concat()),
        ("a second start", [start.clone(), start].concat()),
        ("one after the end", [text(r#"{"t":"pong"}"#), frame(FIN | CONTINUATION, b"")].concat()),
    ] {
        assert_eq!(it.attack(&wrong).await, PROTOCOL_ERROR, "{what}");
    }
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_no_utf8_is_closed_1007() {
    let mut it = Bystander::new().await;
    for wrong in [
        &b"\xff"[..],
        b"{\"t\":\"\xc3\x28\"}",
        // An overlong slash, a surrogate, one past the last character, one that ends too early.
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"caf\xc3",
    ] {
        assert_eq!(it.attack(&frame(FIN | TEXT, wrong)).await, NOT_UTF8, "{wrong:x?}");
        let parts =
            [frame(TEXT, b"\""), frame(CONTINUATION, wrong), frame(FIN | CONTINUATION, b"")];
        assert_eq!(it.attack(&parts.concat()).await, NOT_UTF8, "{wrong:x?} in parts");
    }
    it.is_alone().await;
}

// Closing.

#[tokio::test(flavor = "multi_thread")]
async fn a_close_is_answered_with_its_code() {
    let mut it = Bystander::new().await;
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        assert_eq!(it.attack(&close(code, "tschüß".as_bytes())).await, code);
    }
    // Without a code, the answer has none either, or is the normal end.
    let code = it.attack(&frame(FIN | CLOSE, b"")).await;
    assert!([1005, 1000].contains(&code), "{code}");
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_cannot_be_is_a_protocol_error() {
    let mut it = Bystander::new().await;
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        assert_eq!(it.attack(&close(code, b"")).await, PROTOCOL_ERROR, "{code}");
    }
    assert_eq!(it.attack(&frame(FIN | CLOSE, &[3])).await, PROTOCOL_ERROR, "half a code");
    let code = it.attack(&close(1000, b"\xff\xfe")).await;
    assert!([PROTOCOL_ERROR, NOT_UTF8].contains(&code), "a reason that is no text: {code}");
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_after_a_close_counts() {
    let mut it = Bystander::new().await;
    let mut peer = it.peer().await;
    peer.send(&[close(1000, b""), text(&saying(1, "after the end"))].concat()).await;
    let first = peer.frame().await.map(|frame| frame.opcode);
    assert_eq!(first, Some(CLOSE));
    assert!(peer.rest().await.is_empty());
    it.notices_nothing().await;
    assert!(!it.house.bodies(&it.alice, "#lobby").await.contains(&"after the end".to_owned()));
}

// Sizes.

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_past_the_limit_is_closed_1009() {
    let mut it = Bystander::new().await;
    let limit = limits::FRAME_READ as u64;
    for opcode in [TEXT, BINARY] {
        for length in [limit + 1, 1 << 32, (1 << 63) - 1] {
            let code = it.attack(&promise(FIN | opcode, length)).await;
            assert_eq!(code, codes::TOO_BIG, "{length}");
        }
        // The highest bit of a length must not be set.
        for length in [1 << 63, u64::MAX] {
            let code = it.attack(&promise(FIN | opcode, length)).await;
            assert!([codes::TOO_BIG, PROTOCOL_ERROR].contains(&code), "{length}: {code}");
        }
    }
    it.is_alone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_that_sum_past_the_limit_are_closed_1009() {
    let mut it = Bystander::new().await;
    let part = vec![b' '; 256 * 1024];
    let mut parts = frame(TEXT, &part);
    for _ in 0..3 {
        parts.extend(frame(CONTINUATION, &part));
    }
    // The limit itself is read, and refused as too long for a frame; the socket goes on.
    let mut peer = it.peer().await;
    peer.send(&parts).await;
    peer.send(&frame(FIN | CONTINUATION, b"")).await;
    let refusal = peer.json(|frame| frame.get("err").is_some()).await;
    assert_eq!(refusal["err"]["code"], "too_long", "{refusal}");
    peer.send(&text(&saying(1, "it goes on"))).await;
    is_answered(&mut peer, 1).await;
    it.room.hears(chat("alice", "it goes on")).await;
    // One byte more is not.
    peer.send_if_open(&[parts, frame(CONTINUATION, b" ")].concat()).await;
    assert_eq!(peer.closed().await, codes::TOO_BIG);
    it.notices_nothing().await;
    it.is_alone().await;
}

/// Memory that a process holds, in KiB; `None` where the system does not say.
fn rss(served: &Served) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.pid())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What is promised is not reserved: 150 sockets that could claim 150 MiB take a small part of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_promise_reserves_nothing() {
    let dir = tempfile::TempDir::new().expect("a temporary folder");
    let served = Served::start(dir.path(), &[("ROOMFUL_CONNECTIONS_PER_USER", "0")]).await;
    let alice = served.person("alice").await;
    let mut peers = Vec::new();
    for _ in 0..150 {
        peers.push(open(&alice, "").await.0);
    }
    let before = rss(&served);
    for peer in &mut peers {
        peer.send(&promise(FIN | TEXT, limits::FRAME_READ as u64)).await;
        peer.send(b"{").await;
    }
    // Asked once more over the same sockets' process, so that all of it was read.
    let mut other = open(&alice, "").await.0;
    other.send(&text(&saying(1, "still here"))).await;
    is_answered(&mut other, 1).await;
    if let (Some(before), Some(after)) = (before, rss(&served)) {
        eprintln!("{} KiB more for 150 promises of 1 MiB", after.saturating_sub(before));
        assert!(after < before + 32 * 1024, "{before} KiB, then {after}");
    }
    alice.get("/chat/lobby/").await.is(200);
}

/// Pongs that nobody reads do not pile up.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_pings_is_answered_and_bounded() {
    let dir = tempfile::TempDir::new().expect("a temporary folder");
    let served = Served::start(dir.path(), &[]).await;
    let alice = served.person("alice").await;
    let mut reading = open(&alice, "").await.0;
    for round in 0..20u8 {
        let ping = frame(FIN | PING, &[round; 125]);
        reading.send(&ping.repeat(50)).await;
        // Not each must be answered, but the last must.
        while reading.next(PONG).await.payload != [round; 125] {}
    }
    let before = rss(&served);
    let mut deaf = open(&alice, "").await.0;
    let sent = deaf.send_until_full(&frame(FIN | PING, &[b'p'; 125]).repeat(200_000)).await;
    if let (Some(before), Some(after)) = (before, rss(&served)) {
        eprintln!("{} KiB more after {sent} bytes of pings", after.saturating_sub(before));
        assert!(after < before + 16 * 1024, "{before} KiB, then {after}");
    }
    reading.send(&text(&saying(1, "still here"))).await;
    is_answered(&mut reading, 1).await;
    alice.get("/chat/lobby/").await.is(200);
}

// What is unusual, and right.

#[tokio::test(flavor = "multi_thread")]
async fn fragments_are_put_together() {
    let mut it = Bystander::new().await;
    let mut peer = it.peer().await;
    let whole = saying(1, "in parts: 室");
    // Cut everywhere, within a character too; each part by itself.
    for byte in 0..whole.len() {
        let first = if byte == 0 { TEXT } else { CONTINUATION };
        peer.send(&frame(first, &whole.as_bytes()[byte..=byte])).await;
    }
    // Control frames may come in between.
    peer.send(&frame(FIN | PING, b"between")).await;
    assert_eq!(peer.next(PONG).await.payload, b"between");
    peer.send(&frame(FIN | PONG, b"nobody asked")).await;
    peer.send(&frame(FIN | CONTINUATION, b"")).await;
    is_answered(&mut peer, 1).await;
    it.room.hears(chat("alice", "in parts: 室")).await;

    let empty = [frame(TEXT, b""), frame(CONTINUATION, b"").repeat(1_000)].concat();
    peer.send(&[empty, frame(FIN | CONTINUATION, saying(2, "after nothing").as_bytes())].concat())
        .await;
    is_answered(&mut peer, 2).await;
    it.room.hears(chat("alice", "after nothing")).await;

    // Nothing at all is no frame of ours, and nothing worse.
    peer.send(&[text(""), frame(FIN | BINARY, b"\xff")].concat()).await;
    for _ in 0..2 {
        let refusal = peer.json(|frame| frame.get("err").is_some()).await;
        assert_eq!(refusal["err"]["code"], "bad_frame", "{refusal}");
    }
    peer.send(&text(&saying(3, "it goes on"))).await;
    is_answered(&mut peer, 3).await;
    it.room.hears(chat("alice", "it goes on")).await;
    it.notices_nothing().await;
}

/// However the bytes are cut on their way.
#[tokio::test(flavor = "multi_thread")]
async fn frames_may_arrive_in_any_pieces() {
    let mut it = Bystander::new().await;
    let mut peer = it.peer().await;
    let mut bytes = Vec::new();
    for id in 1..=4 {
        bytes.extend(text(&saying(id, &"x".repeat(100 * id as usize))));
        bytes.extend(frame(FIN | PING, b"p"));
    }
    for piece in bytes.chunks(7) {
        peer.send(piece).await;
        tokio::task::yield_now().await;
    }
    for id in 1..=4 {
        is_answered(&mut peer, id).await;
    }
    for id in 1..=4 {
        it.room.hears(chat("alice", &"x".repeat(100 * id))).await;
    }
    it.notices_nothing().await;
}

// Those that never finish, and those that vanish.

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_comes_byte_by_byte_is_silence() {
    let house = House::open_with(quick_heartbeat).await;
    let alice = house.person("alice").await;
    let in_a_fragment = [frame(TEXT, b"{"), promise(CONTINUATION, 60_000)].concat();
    for beginning in [promise(FIN | TEXT, 60_000), in_a_fragment] {
        let (mut peer, _) = open(&alice, "").await;
        peer.send(&beginning).await;
        let mut seen = None;
        while seen.is_none() {
            peer.send_if_open(b" ").await;
            let next = tokio::time::timeout(Duration::from_millis(50), peer.frame()).await;
            seen = match next {
                Ok(Some(frame)) if frame.opcode == CLOSE => Some(frame.code()),
                Ok(None) => Some(NO_CLOSE_FRAME),
                Ok(Some(_)) | Err(_) => None,
            };
        }
        assert_eq!(seen, Some(codes::NO_PONG));
        house.visitor().get("/healthz").await.is(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_vanishes_within_a_frame_leaves_nothing_behind() {
    let mut it = Bystander::new().await;
    let whole = text(&saying(1, "never said"));
    for end in [0, 1, 2, 5, 6, 7, whole.len() - 1] {
        let mut peer = it.peer().await;
        peer.send(&whole[..end]).await;
        drop(peer);
        let mut half_closed = it.peer().await;
        half_closed.send(&whole[..end]).await;
        half_closed.hang_up().await;
        half_closed.rest().await;
    }
    let mut peer = it.peer().await;
    peer.send(&[frame(TEXT, b"{"), frame(FIN | PING, b"")].concat()).await;
    drop(peer);
    it.is_alone().await;
    it.notices_nothing().await;
    assert!(!it.house.bodies(&it.alice, "#lobby").await.contains(&"never said".to_owned()));
}

/// Ten bad frames a minute, sent at once, end the socket in good order.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_nonsense_ends_with_4500() {
    let mut it = Bystander::new().await;
    let code = it.attack(&text("nonsense").repeat(1_000)).await;
    assert_eq!(code, codes::BAD_PROTOCOL);
    it.is_alone().await;
}
