//! Every line of docs/api.md, run as a reader would run it.

use super::programs;
use crate::support::{House, house::LOBBY};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, time::Duration};
use tokio::{process::Command, time::timeout};

const PAGE: &str = include_str!("../../../docs/api.md");
/// What makes of a reader's line one that tells its status alone.
const QUIET: &str = "curl() { command curl -sS -o answer -w '%{http_code}' \"$@\"; }";

/// The lines, each with the status that the page says.
fn lines() -> Vec<(&'static str, u16)> {
    let blocks = PAGE.split("```sh\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| {
            let (line, status) = block.trim().rsplit_once("\n# ").expect("a line and its status");
            (line, status.parse().expect("a status"))
        })
        .collect()
}

async fn run(dir: &Path, url: &str, token: &str, id: &str, line: &str) -> u16 {
    let done = Command::new("sh")
        .args(["-c", &format!("{QUIET}\n{line}")])
        .current_dir(dir)
        .env("ROOMFUL_URL", url)
        .env("ROOMFUL_TOKEN", token)
        .env("ID", id)
        .kill_on_drop(true)
        .output();
    let done = timeout(Duration::from_secs(30), done).await.expect("an end").expect("a shell");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let trouble = String::from_utf8_lossy(&done.stderr);
    said.parse().unwrap_or_else(|_| panic!("is curl on this machine? {line}\n{said}{trouble}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_page_does_what_it_says() {
    let house = House::open().await;
    let alice = programs(&house, "alice", true).await;
    let (_, token) = super::token(&house, "alice", "read,write,push,broadcast").await;
    // Somebody hears what is repeated.
    let mut bob = house.person("bob").await.socket().await;
    alice.make_room("lobby").await;
    bob.sub(&[LOBBY]).await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plan.txt"), "the plan").unwrap();
    let url = format!("http://{}", house.addr());
    let mut id = String::new();
    for (line, status) in lines() {
        let _ = std::fs::remove_file(dir.path().join("answer"));
        let got = run(dir.path(), &url, &token, &id, line).await;
        let answer = std::fs::read(dir.path().join("answer")).unwrap_or_default();
        assert_eq!(got, status, "{line}\n{}", String::from_utf8_lossy(&answer));
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if let (201, Some(made)) = (status, answer["id"].as_str()) {
            made.clone_into(&mut id);
        }
    }
}

#[test]
fn every_call_has_its_line() {
    let document: Value =
        serde_json::from_str(roomful::server::http::v1::described::document()).unwrap();
    let mut shown = BTreeSet::new();
    for (line, status) in lines() {
        if status >= 300 {
            continue;
        }
        let path = line.rsplit("$ROOMFUL_URL").next().unwrap();
        let path = path.trim_matches('"').split('?').next().unwrap();
        let method = match line {
            line if line.contains("-X DELETE") => "delete",
            line if line.contains(" -d ") || line.contains("--data") => "post",
            _ => "get",
        };
        shown.insert(format!("{method} {path}"));
    }
    let examples = [
        ("users/{name}", "users/bob"),
        ("rooms/{name}", "rooms/lobby"),
        ("pushes/{id}", "pushes/$ID"),
    ];
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path =
                examples.iter().fold(path.clone(), |path, (from, to)| path.replace(from, to));
            assert!(
                shown.contains(&format!("{method} {path}")),
                "{method} {path} is not on the page: {shown:?}"
            );
        }
    }
}
