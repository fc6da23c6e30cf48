//! Whatever is refused below `/api/v1` is a problem document (RFC 9457).

use super::{post, programs};
use crate::support::{House, http::Answer};
use serde_json::json;

#[track_caller]
fn problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["type"], format!("/api/v1/docs#{code}"));
    for name in ["title", "detail"] {
        assert!(problem[name].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    assert_eq!(problem["detail"], problem["message"]);
    assert!(
        answer.header("content-security-policy").is_some()
            && answer.header("x-frame-options").is_some()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_a_problem_document() {
    let house = House::open_with(|config| config.file_limit = 1024 * 1024).await;
    let alice = programs(&house, "alice", false).await;
    let say = "/api/v1/messages";
    problem(&alice.get("/api/v1/nothing").await, 404, "not_found");
    problem(&alice.get("/api/v1/a/b/c").await, 404, "not_found");
    problem(&alice.get("/api/v1").await, 404, "not_found");
    problem(&alice.get("/api/v1/").await, 404, "not_found");
    let refused = alice.request("PATCH", say, b"").await;
    problem(&refused, 405, "wrong_method");
    let allow = refused.header("allow").unwrap();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    problem(&alice.get("/api/v1/files").await, 405, "wrong_method");
    problem(&alice.request("POST", say, b"to=lobby").await, 415, "wrong_type");
    let typed = alice.clone().with("Content-Type", "text/plain");
    problem(&typed.request("POST", say, b"{}").await, 415, "wrong_type");
    for (query, status, code, field) in [
        ("messages", 400, "bad_frame", "to"),
        ("messages?to=lobby", 422, "invalid", "to"),
        ("messages?to=%23a&limit=abc", 400, "bad_frame", "limit"),
        ("messages?to=%23a&limit=-1", 400, "bad_frame", "limit"),
        ("messages?to=%23a&before=", 400, "bad_frame", "before"),
        ("messages?to=%23a&before=2&after=1", 422, "invalid", "before"),
        ("rooms?offset=abc", 400, "bad_frame", "offset"),
        ("rooms?offset=-1", 400, "bad_frame", "offset"),
        ("rooms?offset=1000001", 422, "invalid", "offset"),
    ] {
        let refused = alice.get(&format!("/api/v1/{query}")).await;
        problem(&refused, status, code);
        assert_eq!(refused.json()["field"], field, "{query}");
    }
    problem(&alice.get("/api/v1/messages?to=%23a&to=%23b").await, 400, "bad_frame");
    problem(
        &house.visitor().with_token("x", "wrong").get("/api/v1/rooms").await,
        401,
        "login_needed",
    );
    let large = format!("{{\"to\": \"#a\", \"body\": \"{}\"}}", "x".repeat(300 * 1024));
    let json = alice.clone().with("Content-Type", "application/json");
    problem(&json.request("POST", say, large.as_bytes()).await, 413, "too_large");
    // A file that is too large is a body that is, under the code that it has everywhere.
    let file =
        alice.request("POST", "/api/v1/files?name=a", &vec![b'x'; 1025 * 1024]).await.is(413);
    super::fits(super::Method::Post, "/api/v1/files", &file);
    assert_eq!(file.header("content-type"), Some("application/problem+json"));
    assert_eq!(file.json()["type"], "/api/v1/docs#too_large");
    assert_eq!((file.code().as_str(), &file.json()["field"]), ("too_long", &json!("file")));
    problem(&json.request("POST", say, b"{").await, 400, "bad_frame");
    problem(&post(&alice, say, json!({"to": "lobby", "body": "x"})).await, 422, "invalid");
    let foreign = json.with("Origin", "https://evil.example");
    problem(&foreign.request("POST", say, b"{}").await, 403, "forbidden");
    // Elsewhere the browser reads what it always read.
    let call = alice.call("/api/join", &[("room", "nowhere")]).await;
    assert_eq!(call.header("content-type"), Some("application/json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_too_fast_hears_when_again() {
    let house =
        House::open_with(|config| config.api_rate = crate::support::house::rate("2/60s")).await;
    let alice = programs(&house, "alice", false).await;
    alice.get("/api/v1/me").await.is(200);
    alice.get("/api/v1/me").await.is(200);
    let refused = alice.get("/api/v1/me").await;
    problem(&refused, 429, "rate_limited");
    assert!(refused.json()["retry_ms"].as_u64().is_some_and(|ms| ms > 0));
    assert!(refused.header("retry-after").is_some());
}
