//! `roomful push`, as a person at a terminal meets it.

use super::{programs, token};
use crate::support::{
    House,
    served::{command, printed, run_with},
};
use crate::webhooks::receiver::{Receiver, Reply};
use std::process::Output;

async fn push(house: &House, token: &str, arguments: &[&str], input: &str) -> Output {
    push_to(&format!("http://{}", house.addr()), token, arguments, input).await
}

async fn push_to(url: &str, token: &str, arguments: &[&str], input: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let settings = [("ROOMFUL_URL", url), ("ROOMFUL_TOKEN", token)];
    let arguments: Vec<&str> = ["push"].iter().chain(arguments).copied().collect();
    run_with(command(dir.path(), &settings, &arguments), input).await
}

#[track_caller]
fn says(output: &Output, fine: bool, words: &str) {
    assert_eq!(output.status.success(), fine, "{}", printed(output));
    assert!(printed(output).contains(words), "{}", printed(output));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_pushes_to_a_person_a_room_and_everybody() {
    let house = House::open().await;
    house.account("root", true).await;
    let (_, secret) = token(&house, "root", "push,broadcast").await;
    let bob = house.person("bob").await;
    bob.make_room("lobby").await;
    let mut socket = bob.socket().await;
    socket.sub(&["#lobby"]).await;
    let done = push(&house, &secret, &["--user", "bob", "--fleeting", "for you"], "").await;
    says(&done, true, "one person heard it now");
    socket.frame("it", |frame| frame.to_string().contains("for you")).await;
    let done = push(&house, &secret, &["--room", "lobby", "--fleeting"], "from a pipe\n").await;
    says(&done, true, "Pushed");
    socket.frame("it", |frame| frame.to_string().contains("\"from a pipe\"")).await;
    let done =
        push(&house, &secret, &["--all", "--fleeting", "--link", "/chat/", "for all"], "").await;
    says(&done, true, "Pushed");
    socket.frame("it", |frame| frame.to_string().contains("for all")).await;
    let done = push(&house, &secret, &["--user", "bob", "kept"], "").await;
    says(&done, true, "stored");
    let every = ["--user", "bob", "--fleeting", "--every", "2s", "--times", "3", "tick"];
    says(&push(&house, &secret, &every, "").await, true, "every 2 s");
    socket.frame("a tick", |frame| frame.to_string().contains("tick")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said_in_a_sentence() {
    let mut house = House::open().await;
    programs(&house, "alice", false).await;
    let (_, secret) = token(&house, "alice", "push").await;
    says(&push(&house, "wrong", &["--user", "alice", "x"], "").await, false, "token is not good");
    says(&push(&house, "", &["--user", "alice", "x"], "").await, false, "ROOMFUL_TOKEN");
    says(
        &push(&house, &secret, &["--user", "nobody", "x"], "").await,
        false,
        "no person of that name",
    );
    says(&push(&house, &secret, &["--room", "nowhere", "x"], "").await, false, "no such room");
    says(&push(&house, &secret, &["--all", "x"], "").await, false, "broadcast");
    says(&push(&house, &secret, &["--user", "alice"], " \n").await, false, "nothing to push");
    says(&push(&house, &secret, &["x"], "").await, false, "--user");
    says(
        &push(&house, &secret, &["--user", "a", "--room", "b", "x"], "").await,
        false,
        "cannot be used",
    );
    says(
        &push(&house, &secret, &["--user", "a", "--every", "soon", "x"], "").await,
        false,
        "2s, 5m",
    );
    let done =
        push(&house, &secret, &["--user", "alice", "--link", "//evil.example", "x"], "").await;
    says(&done, false, "link");
    let before = house.addr();
    house.stop().await;
    let dir = tempfile::tempdir().unwrap();
    let url = format!("http://{before}");
    let settings = [("ROOMFUL_URL", url.as_str()), ("ROOMFUL_TOKEN", secret.as_str())];
    let done =
        run_with(command(dir.path(), &settings, &["push", "--user", "alice", "x"]), "").await;
    says(&done, false, "cannot be reached");
}

const PUSHED: &str = r#"{"id": "x", "stored": true, "people": 1}"#;

fn pushed() -> Reply {
    Reply::With(200, "", PUSHED.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tries_again_with_the_same_key_where_that_may_help() {
    let later = Reply::With(429, "retry-after: 1\r\n", String::new());
    let replies = [Reply::status(502), later, Reply::status(504), pushed()];
    let mut server = Receiver::open(replies).await;
    let url = format!("http://{}", server.addr);
    says(&push_to(&url, "secret", &["--user", "bob", "x"], "").await, true, "Pushed and stored");
    let first = server.next().await;
    let (mut calls, mut at) = (1, first.at);
    while let Some(call) = server.waiting() {
        assert_eq!(call.headers["idempotency-key"], first.headers["idempotency-key"]);
        calls += 1;
        assert!(calls != 3 || call.at - at >= std::time::Duration::from_secs(1), "it was asked to");
        at = call.at;
    }
    assert_eq!(calls, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_try_again_where_that_helps_nobody() {
    let tomorrow = Reply::With(429, "retry-after: 86400\r\n", String::new());
    let many = Reply::With(429, "", r#"{"detail": "There are as many as there may be."}"#.into());
    let strange =
        Reply::With(200, "content-type: text/html\r\n", "<p>Log in to our network".into());
    for (reply, words) in [
        (tomorrow, "Again in 86400 s"),
        (many, "as many as there may be"),
        (strange, "no Roomful"),
        (Reply::status(500), "500"),
    ] {
        let mut server = Receiver::open([reply]).await;
        let url = format!("http://{}", server.addr);
        says(&push_to(&url, "secret", &["--user", "bob", "x"], "").await, false, words);
        server.next().await;
        assert!(server.is_quiet(), "{words}");
    }
    let server = Receiver::open([]).await;
    let url = format!("http://{}", server.addr);
    says(&push_to(&url, "a token\nand more", &["--user", "bob", "x"], "").await, false, "no token");
    assert_eq!(server.came(), 0, "nothing was sent");
    // Nobody speaks TLS there.
    let house = House::open().await;
    let secure = format!("https://{}", house.addr());
    let refused = push_to(&secure, "secret", &["--user", "bob", "x"], "").await;
    says(&refused, false, "does not speak https as it should");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_named_by_its_cause() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = push_to(&nobody, "secret", &["--user", "bob", "x"], "").await;
    says(&refused, false, "Connection refused");
    let done = push_to("chat.example.org", "secret", &["--user", "bob", "x"], "").await;
    says(&done, false, "must be an address such as https://chat.example.org");
    // Set, and empty: as if it were not set.
    says(&push_to("", "", &["--user", "bob", "x"], "").await, false, "ROOMFUL_TOKEN");
    for aim in ["--user", "--room"] {
        says(&push_to(&nobody, "secret", &[aim, "", "x"], "").await, false, aim);
    }
    let long = "é".repeat(200 * 1024);
    let done = push_to(&nobody, "secret", &["--user", "bob"], &long).await;
    says(&done, false, "more than 256 KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_may_begin_with_a_hyphen_and_a_hyphen_alone_is_standard_input() {
    for (arguments, input, text) in [
        (&["--user", "bob", "- item"][..], "", "- item"),
        (&["--user", "bob", "-5 degrees"], "", "-5 degrees"),
        (&["-5 degrees", "--user", "bob", "--fleeting"], "", "-5 degrees"),
        (&["--user", "bob", "--", "--fleeting"], "", "--fleeting"),
        (&["--user", "bob", "-- so what"], "", "-- so what"),
        (&["--user", "bob", "-"], "from a pipe\n", "from a pipe"),
    ] {
        let mut server = Receiver::open([pushed()]).await;
        let url = format!("http://{}", server.addr);
        says(&push_to(&url, "secret", arguments, input).await, true, "Pushed");
        assert_eq!(server.next().await.json()["text"], text, "{arguments:?}");
    }
    let mistyped = push_to("", "secret", &["--user", "bob", "--fleetin"], "x").await;
    says(&mistyped, false, "no option --fleetin");
}
