//! Peers at the door that keep to no rule: half-open connections, heads and bodies that never end.
//! After each of them the house serves everybody else. (WebSocket frames: `bad_frames`.)

use crate::support::{House, Served, eventually, http::form, raw::Raw, served::command_after};
use std::time::Duration;
use tempfile::TempDir;

/// Short enough for a test, and longer than a busy machine needs for a request.
const SHORT: Duration = Duration::from_millis(1_000);
/// Between two bytes of a peer that sends one after the other.
const DRIP: Duration = Duration::from_millis(50);

async fn serves(house: &House) {
    house.visitor().get("/healthz").await.is(200);
    house.visitor().get("/chat/lobby/").await.is(200);
}

/// Set to 10,000 by hand to see it at its full size.
fn half_open() -> usize {
    std::env::var("ROOMFUL_HALF_OPEN").ok().and_then(|count| count.parse().ok()).unwrap_or(400)
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_keep_nobody_out() {
    let house = House::open_with(|config| config.at_door = 64).await;
    let mut here = house.person("alice").await.enter("lobby").await;
    here.entered().await;
    let mut peers = Vec::new();
    for number in 0..half_open() {
        let mut peer = Raw::connect(house.addr()).await;
        match number % 3 {
            0 => {}
            1 => peer.send(b"G").await,
            _ => peer.send(b"GET /healthz HTTP/1.1\r\nX-Long: ").await,
        }
        peers.push(peer);
        if number % 100 == 99 {
            serves(&house).await;
        }
    }
    serves(&house).await;
    here.says_and_hears_only_that("the sockets are not at the door").await;
    // The first had to make room; whoever came last still may say what they want.
    eventually("the first to be gone", async || peers[0].has_ended().await.then_some(())).await;
    let mut last = Raw::connect(house.addr()).await;
    last.send(b"GET /healthz HTTP/1.1\r\nX-Long: ").await;
    serves(&house).await;
    last.send(b"x\r\nHost: x\r\n\r\n").await;
    let head = last.head().await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    drop(peers);
    serves(&house).await;
}

/// Kept after an answer, they wait as well.
#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_make_room_too() {
    let house = House::open_with(|config| config.at_door = 16).await;
    let mut peers = Vec::new();
    for _ in 0..64 {
        let mut peer = Raw::connect(house.addr()).await;
        peer.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(peer.head().await.starts_with("HTTP/1.1 200"));
        peers.push(peer);
    }
    eventually("the first to be gone", async || peers[0].has_ended().await.then_some(())).await;
    let last = peers.last_mut().expect("peers");
    last.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(last.head().await.contains("HTTP/1.1 200"));
    serves(&house).await;
}

/// After a restart all come back in one moment: whoever has asked is no one who only waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_asks_at_once_is_served_however_small_the_door() {
    let house = House::open_with(|config| config.at_door = 8).await;
    let addr = house.addr();
    let asking = (0..300).map(|_| {
        tokio::spawn(async move {
            let mut peer = Raw::connect(addr).await;
            peer.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
            peer.head().await
        })
    });
    for head in futures_util::future::join_all(asking.collect::<Vec<_>>()).await {
        let head = head.expect("an answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
}

/// So few files that connections use them up.
#[tokio::test(flavor = "multi_thread")]
async fn where_files_run_out_those_who_wait_give_theirs() {
    let dir = TempDir::new().expect("a temporary folder");
    let command = command_after("ulimit -n 64", dir.path(), &["serve"]);
    let served = Served::from(command, dir.path()).await;
    let alice = served.person("alice").await;
    alice.get("/chat/lobby/").await.is(200);
    let mut peers = Vec::new();
    for _ in 0..200 {
        peers.push(Raw::connect(served.addr).await);
    }
    for _ in 0..5 {
        alice.get("/healthz").await.is(200);
        alice.get("/chat/lobby/").await.is(200);
    }
    drop(peers);
    alice.get("/chat/lobby/").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_soft_limit_of_files_is_raised() {
    let dir = TempDir::new().expect("a temporary folder");
    let command = command_after("ulimit -S -n 128", dir.path(), &["serve"]);
    let served = Served::from(command, dir.path()).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", served.pid()));
    // Only some systems say it.
    let Ok(limits) = limits else { return };
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    let mut numbers = line.split_whitespace().filter(|word| word.parse::<u64>().is_ok());
    let (soft, hard) = (numbers.next(), numbers.next());
    assert!(soft.is_some() && soft == hard, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_given_up() {
    let house = House::open_with(|config| config.head_patience = SHORT).await;
    let mut silent = Raw::connect(house.addr()).await;
    let mut begun = Raw::connect(house.addr()).await;
    begun.send(b"GET /healthz HTTP/1.1\r\nHo").await;
    let mut second = Raw::connect(house.addr()).await;
    second.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /heal").await;
    let mut slow = Raw::connect(house.addr()).await;
    let head = b"GET /healthz HTTP/1.1\r\nX-Long: ".iter().chain(std::iter::repeat(&b'x'));
    for byte in head {
        if !slow.send_if_open(&[*byte]).await || slow.has_ended().await {
            break;
        }
        tokio::time::sleep(DRIP).await;
    }
    silent.rest().await;
    begun.rest().await;
    let answer = String::from_utf8(second.rest().await).expect("text");
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    serves(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_answered_408() {
    let house = House::open_with(|config| config.body_patience = SHORT).await;
    for more in ["Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut slow = Raw::connect(house.addr()).await;
        let head = format!(
            "POST /api/log_in HTTP/1.1\r\nHost: x\r\n{more}\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        );
        slow.send(head.as_bytes()).await;
        let chunk: &[u8] = if more.starts_with('C') { b"n" } else { b"1\r\nn\r\n" };
        while slow.send_if_open(chunk).await && !slow.has_ended().await {
            tokio::time::sleep(DRIP).await;
        }
        let answer = String::from_utf8(slow.rest().await).expect("text");
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        serves(&house).await;
    }
}

/// Those that are slow leave when there are too many; a form that comes in one piece passes them.
#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_keep_no_form_out() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut peer = Raw::connect(house.addr()).await;
        peer.send(b"POST /api/log_in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nn").await;
        slow.push(peer);
    }
    let answer = slow[0].head().await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    alice.say("#lobby", "past them all", &crate::support::cid()).await.is(303);
    serves(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_does_nothing() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let say = form(&[("to", "#lobby"), ("body", "half"), ("cid", &crate::support::cid())]);
    let mut peer = Raw::connect(house.addr()).await;
    let head = format!(
        "POST /api/say HTTP/1.1\r\nHost: x\r\nCookie: roomful_session={}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{say}",
        alice.session(),
        say.len() + 1
    );
    peer.send(head.as_bytes()).await;
    peer.hang_up().await;
    peer.rest().await;
    serves(&house).await;
    assert!(house.bodies(&house.by_token("alice").await, "#lobby").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_are_bounded() {
    let house = House::open().await;
    let long =
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(64 * 1024));
    let path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(64 * 1024));
    let many = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(500));
    for head in [long, path, many] {
        let mut peer = Raw::connect(house.addr()).await;
        peer.send_if_open(head.as_bytes()).await;
        let answer = peer.head().await;
        let status = &answer[9..12];
        assert!(["431", "414"].contains(&status), "{answer}");
        serves(&house).await;
    }
    // Cookies and a long path pass.
    let cookie = "c=".to_owned() + &"x".repeat(6 * 1024);
    house.visitor().with("Cookie", &cookie).get("/healthz").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_refused_at_once() {
    let house = House::open().await;
    for wrong in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\0\0\0\0",
        b"{\"t\":\"hello\"}",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
    ] {
        let mut peer = Raw::connect(house.addr()).await;
        peer.send(wrong).await;
        let answer = String::from_utf8_lossy(&peer.rest().await).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{wrong:?}: {answer}");
    }
    serves(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_finishes_a_handshake_holds_no_shutdown_up() {
    let mut house = House::open().await;
    let mut silent = Raw::connect(house.addr()).await;
    let mut begun = Raw::connect(house.addr()).await;
    begun.send(b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n").await;
    serves(&house).await;
    house.stop().await;
    silent.rest().await;
    begun.rest().await;
}
