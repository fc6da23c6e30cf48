use super::{address, hooks, house, in_person};
use crate::support::{
    House, PASSWORD, Person, cid, encoded, eventually,
    house::{LOBBY, rate},
    http::{Answer, form},
};
use roomful::{
    protocol::{Code, people::Access, tokens::Scope},
    server::domain::tokens::NewToken,
};
use serde_json::{Value, json};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

async fn send(house: &House, path: &str, kind: &str, body: &str) -> Answer {
    house.visitor().with("Content-Type", kind).request("POST", path, body.as_bytes()).await
}

/// What stands last in the lobby.
async fn last(reader: &Person) -> Value {
    reader.history(LOBBY).await["messages"][0].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_integrations_send_is_said() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let path = address(&house, &who, "lobby", "GitHub").await;
    let payload = |value: Value| form(&[("payload", &value.to_string())]);
    for (kind, body, said) in [
        (JSON, json!({"text": "plain"}).to_string(), "plain"),
        (
            JSON,
            json!({"text": "<https://a.b|x> &amp; y", "username": "boss"}).to_string(),
            "[x](https://a.b) & y",
        ),
        // With a mark before it; a media type is what it is in capitals too.
        (JSON, "\u{feff}{\"text\": \"marked\"}".to_owned(), "marked"),
        ("Application/X-WWW-Form-URLEncoded", form(&[("text", "in capitals")]), "in capitals"),
        (
            JSON,
            json!({"text": "*hi*", "attachments": [{"fields": [{"title": "T", "value": "v"}]}]})
                .to_string(),
            "**hi**\nT: v",
        ),
        // What curl says unless it is told otherwise.
        (FORM, json!({"text": "by curl"}).to_string(), "by curl"),
        ("", json!({"text": "untyped"}).to_string(), "untyped"),
        (FORM, payload(json!({"text": "a form"})), "a form"),
        (FORM, form(&[("text", "a bare form")]), "a bare form"),
        (JSON, json!({"attachments": [{"title": "T", "text": "t"}]}).to_string(), "T\nt"),
        (JSON, json!({"attachments": [{"fallback": "f"}]}).to_string(), "f"),
        (JSON, json!({"blocks": [{"type": "section", "text": {"text": "b"}}]}).to_string(), "b"),
    ] {
        let answer = send(&house, &path, kind, &body).await.is(200);
        assert_eq!(answer.text(), "ok");
        let message = last(&alice).await;
        assert_eq!(message["body"], said);
        assert_eq!(
            (&message["author"], &message["author_kind"]),
            (&json!("GitHub"), &json!("bot"))
        );
    }
    assert!(hooks(&house, &who).await.incoming[0].used_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_is_refused_with_a_problem_document() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let path = address(&house, &in_person(&house, "alice").await, "lobby", "GitHub").await;
    for (body, status) in [
        ("{}", 422),
        (r#"{"text": " \n"}"#, 422),
        (r#"{"text": 5}"#, 422),
        ("[]", 400),
        ("", 400),
        ("{", 400),
        ("null", 400),
        ("\u{0}", 400),
    ] {
        let answer = send(&house, &path, JSON, body).await.is(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{body}");
        assert_eq!(answer.json()["status"], status, "{body}");
    }
    send(&house, &path, FORM, "a=b").await.is(400);
    send(&house, &path, FORM, "payload=%5B%5D").await.is(400);
    let large = json!({"text": "x".repeat(64 * 1024)}).to_string();
    let answer = send(&house, &path, JSON, &large).await.is(413);
    assert_eq!(answer.json()["code"], "too_large");
    // So is what is no address, or not called as one.
    let address = path.trim_end_matches('/');
    for (method, path, status) in [
        ("GET", address, 405),
        ("POST", &format!("{address}/"), 404),
        ("POST", "/hooks/%ff/x", 404),
        ("POST", "/hooks/x", 404),
    ] {
        let answer = house.visitor().request(method, path, b"{}").await.is(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(answer.json()["status"], status, "{path}");
    }
    assert_eq!(house.bodies(&alice, LOBBY).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_and_removed_addresses_sound_the_same() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let path = address(&house, &who, "lobby", "GitHub").await;
    let other = address(&house, &who, "lobby", "CI").await;
    let body = json!({"text": "hello"}).to_string();
    send(&house, &path, JSON, &body).await.is(200);
    let (id, secret) = path.strip_prefix("/hooks/").unwrap().split_once('/').unwrap();
    let (_, others) = other.strip_prefix("/hooks/").unwrap().split_once('/').unwrap();
    let mut answers = Vec::new();
    for wrong in [
        format!("/hooks/{id}/x"),
        format!("/hooks/nobody/{secret}"),
        format!("/hooks/{id}/{others}"),
        format!("/hooks/{id}/{}", encoded("\u{0}'\" OR 1=1")),
    ] {
        answers.push(send(&house, &wrong, JSON, &body).await.is(404).text());
    }
    house.verbs().remove_incoming(&who, "lobby", id).await.unwrap();
    answers.push(send(&house, &path, JSON, &body).await.is(404).text());
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(!answers[0].contains(secret));
    assert_eq!(house.bodies(&alice, LOBBY).await, ["hello"], "what was said stays");
    // The name is its own again with the next address, here and nowhere else.
    let again = address(&house, &who, "lobby", "github").await;
    send(&house, &again, JSON, &body).await.is(200);
    alice.make_room("den").await;
    let taken = house.verbs().make_incoming(&who, "den", "GitHub").await.unwrap_err();
    assert_eq!(taken.field.as_deref(), Some("name"));
    for name in ["alice", "ALICE", "", "a b"] {
        let refused = house.verbs().make_incoming(&who, "lobby", name).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("name"), "{name}");
    }
    house.verbs().delete_room(&who, "lobby").await.unwrap();
    send(&house, &again, JSON, &body).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_cut_too_fast_waits_and_twice_is_once() {
    let house = House::open_with(|config| {
        config.message_rate = rate("3/60s");
        config.body_limit = 20;
    })
    .await;
    let alice = house.admin("alice").await;
    let path = address(&house, &in_person(&house, "alice").await, "lobby", "CI").await;
    let long = json!({"text": "x".repeat(200)}).to_string();
    send(&house, &path, JSON, &long).await.is(200);
    let said = format!("{} […]", "x".repeat(16));
    let keyed = async |key: &str, text: &str| {
        let body = json!({ "text": text }).to_string();
        let caller = house.visitor().with("Content-Type", JSON).with("Idempotency-Key", key);
        caller.request("POST", &path, body.as_bytes()).await
    };
    let key = format!("\"{}\"", "k".repeat(100));
    keyed(&key, "once").await.is(200);
    keyed(&key, "once").await.is(200);
    assert_eq!(house.bodies(&alice, LOBBY).await, [said, "once".to_owned()]);
    let slow = keyed("other", "too fast").await.is(429);
    assert_eq!(slow.header("content-type"), Some("application/problem+json"));
    assert!(slow.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stands_for_something_else_is_refused() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let path = address(&house, &in_person(&house, "alice").await, "lobby", "CI").await;
    let caller = house.visitor().with("Content-Type", JSON).with("Idempotency-Key", "one");
    caller.request("POST", &path, br#"{"text": "one"}"#).await.is(200);
    let other = caller.request("POST", &path, br#"{"text": "two"}"#).await.is(422);
    assert_eq!(other.json()["code"], "key_reused");
    // In quotes it is the same one; one that cannot be is none.
    let keyed = |key: &str| house.visitor().with("Content-Type", JSON).with("Idempotency-Key", key);
    keyed("\"one\"").request("POST", &path, br#"{"text": "one"}"#).await.is(200);
    for wrong in ["\"\"", "\"a", &"k".repeat(256)] {
        let refused = keyed(wrong).request("POST", &path, br#"{"text": "no"}"#).await.is(400);
        assert_eq!(refused.json()["field"], "Idempotency-Key", "{wrong}");
    }
    // At another address of the same program it is another one.
    let again = address(&house, &in_person(&house, "alice").await, "lobby", "CI").await;
    caller.request("POST", &again, br#"{"text": "two"}"#).await.is(200);
    assert_eq!(house.bodies(&alice, LOBBY).await, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_opens_by_itself_wherever_it_is_called_from() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let path = address(&house, &in_person(&house, "alice").await, "lobby", "CI").await;
    let page = house.visitor().with("Content-Type", JSON).with("Origin", "https://other.example");
    page.request("POST", &path, br#"{"text": "from a page"}"#).await.is(200);
    assert_eq!(house.bodies(&alice, LOBBY).await, ["from a page"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_makes_no_address_and_no_secret_is_noted() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let path = address(&house, &who, "lobby", "CI").await;
    let token = house.who(&alice).await;
    let verbs = house.verbs();
    let url = "https://example.org/";
    let hook = hooks(&house, &who).await.incoming.remove(0).id;
    let made = verbs.make_outgoing(&who, "lobby", url, "").await.unwrap();
    let told = hooks(&house, &who).await.outgoing.remove(0).id;
    for refused in [
        verbs.make_incoming(&token, "lobby", "Mole").await.map(drop),
        verbs.make_outgoing(&token, "lobby", url, "").await.map(drop),
        verbs.remove_incoming(&token, "lobby", &hook).await,
        verbs.remove_outgoing(&token, "lobby", &told).await,
        verbs.turn_on_outgoing(&token, "lobby", &told).await,
        verbs.test_outgoing(&token, "lobby", &told).await,
        verbs.send_again(&token, "lobby", "x").await,
    ] {
        assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    }
    // It may look at them where it may read, and is shown no secret.
    let seen = verbs.webhooks(&token, "lobby", &made).await.unwrap();
    assert!(seen.made.is_none() && seen.outgoing.len() == 1);
    assert!(verbs.webhooks(&who, "lobby", &made).await.unwrap().made.is_some());
    let new = NewToken { scopes: [Scope::Write].into_iter().collect(), ..NewToken::plain("alice") };
    let writes = verbs.add_token(new).await.unwrap();
    let writes = house.visitor().with_token("alice", &writes.secret);
    writes.get("/chat/lobby/webhooks").await.is(403);
    // What a token is used for is noted, without what opens an address.
    alice
        .clone()
        .with("Content-Type", JSON)
        .request("POST", &path, br#"{"text": "x"}"#)
        .await
        .is(200);
    let (id, secret) = path.strip_prefix("/hooks/").unwrap().split_once('/').unwrap();
    let noted = eventually("its use to be noted", async || {
        let uses = verbs.all_token_uses(None, None).await.unwrap();
        uses.uses.into_iter().map(|it| it.path).find(|path| path.starts_with("/hooks/"))
    })
    .await;
    assert_eq!(noted, format!("/hooks/{id}"), "{secret}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_takes_so_many_names_and_no_more() {
    let house = house().await;
    house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let verbs = house.verbs();
    for n in 0..100 {
        verbs.make_incoming(&who, "lobby", &format!("CI{n}")).await.unwrap();
        let id = hooks(&house, &who).await.incoming.remove(0).id;
        verbs.remove_incoming(&who, "lobby", &id).await.unwrap();
    }
    let refused = verbs.make_incoming(&who, "lobby", "CI100").await.unwrap_err();
    assert_eq!(refused.code, Code::TooMany);
    verbs.make_incoming(&who, "lobby", "CI7").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rooms_program_is_nobody() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let who = in_person(&house, "alice").await;
    let path = address(&house, &who, "lobby", "GitHub").await;
    send(&house, &path, JSON, r#"{"text": "hello"}"#).await.is(200);
    // It does not come in by any other door,
    for password in ["", PASSWORD] {
        house.visitor().in_browser().try_log_in("GitHub", password).await.refused();
    }
    assert!(house.running().add_token("GitHub").await.is_err());
    // is not there to be written to, found, invited, made anything or kept out,
    let private = alice.say("@GitHub", "psst", &cid()).await;
    assert_eq!(private.status, 404, "{}", private.text());
    let verbs = house.verbs();
    for refused in [
        verbs.invite(&who, "lobby", "GitHub").await,
        verbs.set_admin(&who, "GitHub", true).await,
        verbs.ban(&who, "lobby", "GitHub", true).await,
        verbs.ban_user(&who, "GitHub", true).await,
    ] {
        assert!(refused.is_err());
    }
    let names = |people: roomful::protocol::people::People| {
        people.people.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    assert_eq!(names(verbs.people(&who, "", 0).await.unwrap()), ["alice"]);
    let accounts = verbs.accounts(&who, "", 0).await.unwrap().accounts;
    assert_eq!(accounts.len(), 1);
    // does not join the room it speaks in,
    let about = verbs.about_room(&who, "lobby", 0).await.unwrap();
    assert!(about.members.iter().all(|member| member.name != "GitHub"), "{:?}", about.members);
    // and calling or answering it calls nobody.
    alice.say(LOBBY, "thanks @GitHub", &cid()).await.is(303);
    let id = house.bodies(&alice, LOBBY).await;
    assert_eq!(id, ["hello", "thanks @GitHub"]);
    // Its card says what it is.
    let browser = house.log_in("alice").await;
    let card = browser.get("/people/GitHub").await.is(200).text();
    assert!(card.contains("A program that writes in"), "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_in_its_room_whoever_may_see_that() {
    let house = house().await;
    let alice = house.admin("alice").await;
    let bob = house.person("bob").await;
    let who = in_person(&house, "alice").await;
    alice.make_room("den").await;
    let path = address(&house, &who, "den", "CI").await;
    for access in [Access::Members, Access::Admins, Access::Open] {
        house.verbs().set_access(&who, "den", access).await.unwrap();
        // At once, while what was just allowed is asked once more, and later.
        send(&house, &path, JSON, r#"{"text": "hello @bob"}"#).await.is(200);
    }
    assert_eq!(house.bodies(&alice, "#den").await.len(), 3);
    // Bob was called where he may look, and there alone.
    let called = house.verbs().mentions(&house.who(&bob).await, None).await.unwrap();
    assert_eq!(called.lines.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_for_those_who_keep_order() {
    let house = house().await;
    let alice = house.in_browser("alice").await;
    let bob = house.in_browser("bob").await;
    alice.make_room("den").await;
    let page = "/chat/den/webhooks";
    let login = house.visitor().get(page).await.leads_to();
    assert!(login.starts_with("/login"), "{login}");
    bob.get(page).await.is(403);
    bob.get("/chat/nowhere/webhooks").await.is(404);
    alice.get(page).await.is(200);
    let about = alice.get("/chat/den/about").await.is(200).text();
    assert!(about.contains(page), "{about}");
    let fields = [("room", "den"), ("name", "CI"), ("page", page)];
    bob.post("/api/make_incoming_hook", &fields).await.is(403);
    // It is shown once.
    let to = alice.post("/api/make_incoming_hook", &fields).await.leads_to();
    assert!(to.starts_with(page), "{to}");
    let theirs = bob.get(&to).await.is(403).text();
    assert!(!theirs.contains("/hooks/"), "{theirs}");
    let shown = alice.get(&to).await.is(200).text();
    assert!(shown.contains("/hooks/") && shown.contains("curl "), "{shown}");
    let again = alice.get(&to).await.is(200).text();
    assert!(!again.contains("/hooks/") && again.contains("CI"), "{again}");
    // What was typed is not lost where it is refused.
    let wrong = [("room", "den"), ("url", "http://10.0.0.1/"), ("word", "deploy"), ("page", page)];
    let refused = alice.post("/api/make_outgoing_hook", &wrong).await.is(422);
    assert_eq!(refused.field("url").as_deref(), Some("http://10.0.0.1/"));
    assert_eq!(refused.field("word").as_deref(), Some("deploy"));
    assert!(refused.text().contains("aria-invalid"));
    let id = alice.get(page).await.field("hook").expect("the form that ends it");
    let end = [("room", "den"), ("hook", &*id), ("page", page)];
    bob.post("/api/end_incoming_hook", &end).await.is(403);
    alice.post("/api/end_incoming_hook", &end).await.is(303);
    alice.post("/api/end_incoming_hook", &end).await.is(404);
}
