//! `roomful push`, as a person at a terminal meets it.

use super::{programs, token};
use crate::support::{
    House,
    served::{command, printed, run_with},
};
use std::process::Output;

async fn push(house: &House, token: &str, arguments: &[&str], input: &str) -> Output {
    let url = format!("http://{}", house.addr());
    let dir = tempfile::tempdir().unwrap();
    let settings = [("ROOMFUL_URL", url.as_str()), ("ROOMFUL_TOKEN", token)];
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
