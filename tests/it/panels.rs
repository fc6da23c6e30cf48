//! Panels: a page's content alone, its forms, and who is shown what.

use super::support::{
    House, Person,
    house::LOBBY,
    http::{Answer, unescaped},
};
use roomful::server::domain::Who;
use serde_json::json;

/// The same person, as the browser's program asks for a panel.
fn panel(person: &Person) -> Person {
    person.clone().with("X-Roomful-Panel", "1")
}

fn is_content(answer: &Answer) -> bool {
    answer.header("x-roomful-panel") == Some("1")
        && !answer.text().contains("<!DOCTYPE")
        && !answer.text().contains("<main")
        && !answer.text().contains("<script")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_is_the_content_of_its_page() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let page = alice.get("/account").await.is(200);
    assert!(page.text().contains("<main"), "{}", page.text());
    assert_eq!(page.header("x-roomful-panel"), None);
    let varies = |answer: &Answer| {
        answer.header("vary").is_some_and(|vary| vary.split(", ").any(|it| it == "x-roomful-panel"))
    };
    assert!(varies(&page), "{:?}", page.header("vary"));
    let content = panel(&alice).get("/account").await.is(200);
    assert!(is_content(&content), "{}", content.text());
    assert!(varies(&content), "{:?}", content.header("vary"));
    assert!(content.text().contains("action=\"/api/change_password\""));
    // What has no panel is answered whole.
    for path in ["/chat/", "/chat/lobby/"] {
        let whole = panel(&alice).get(path).await.is(200);
        assert!(whole.text().contains("<!DOCTYPE"), "{path}");
        assert_eq!(whole.header("x-roomful-panel"), None, "{path}");
    }
    let nothing = panel(&alice).get("/nothing/here").await.is(404);
    assert!(is_content(&nothing), "{}", nothing.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panels_form_is_answered_with_the_way_on_or_with_itself() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let wrong = [("current", "not mine"), ("new", "another lamp entirely"), ("page", "/account")];
    let refused = panel(&alice).post("/api/change_password", &wrong).await.is(422);
    assert!(is_content(&refused), "{}", refused.text());
    assert!(refused.text().contains("aria-invalid"), "{}", refused.text());
    let right = [("current", super::support::house::PASSWORD), ("new", "another lamp entirely")];
    let done = panel(&alice).post("/api/change_password", &right).await.is(204);
    assert_eq!(done.header("x-roomful-go"), Some("/account?done=1"));
    assert_eq!(done.header("location"), None);
    // Another site cannot send it.
    let elsewhere =
        house.visitor().with_session(&alice.session()).with("Sec-Fetch-Site", "cross-site");
    panel(&elsewhere).post("/api/change_password", &right).await.is(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_logged_in_is_asked_to_in_the_panel() {
    let house = House::open().await;
    let to = panel(&house.visitor()).get("/account").await.leads_to();
    assert_eq!(to, "/login?next=%2Faccount");
    let form = panel(&house.visitor()).get(&to).await.is(200);
    assert!(is_content(&form), "{}", form.text());
    // After it everything is another: the browser sends it, not the panel.
    assert!(form.text().contains("data-whole"), "{}", form.text());
}

/// Asserts that the page is there, whole and as a panel, and says all of this.
async fn shows(person: &Person, path: &str, words: &[&str]) -> String {
    let page = person.get(path).await.is(200);
    let content = panel(person).get(path).await.is(200);
    assert!(page.text().contains("<main"), "{path}: {}", page.text());
    assert!(is_content(&content), "{path}: {}", content.text());
    for word in words {
        for text in [unescaped(&page.text()), unescaped(&content.text())] {
            assert!(text.contains(word), "{path}: {word} in {text}");
        }
    }
    unescaped(&content.text())
}

async fn is_nowhere(person: &Person, paths: &[&str]) {
    for path in paths {
        person.get(path).await.is(404);
        panel(person).get(path).await.is(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_joined_tuned_and_left_by_plain_forms() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let bob = house.in_browser("bob").await;
    let page = ("page", "/chat/garden/about");
    let made = alice
        .post(
            "/api/make_room",
            &[("name", "garden"), ("text", " Roses\n and  rain "), ("access", "open")],
        )
        .await;
    assert_eq!(made.leads_to(), "/chat/garden/");
    shows(&alice, page.1, &["Roses and rain", "moderator", "Made by alice", "/api/set_topic"])
        .await;

    let seen = shows(&bob, page.1, &["/api/join"]).await;
    assert!(!seen.contains("/api/set_topic") && !seen.contains("/api/leave"), "{seen}");
    let joined = bob.post("/api/join", &[("room", "garden"), page]).await;
    assert_eq!(joined.leads_to(), page.1);
    shows(&bob, page.1, &["/api/leave", "2 have joined"]).await;
    bob.post("/api/set_level", &[("to", "#garden"), ("level", "nothing"), page]).await.is(303);
    shows(&bob, page.1, &["value=\"nothing\" aria-pressed=\"true\""]).await;
    // A refusal stands in the form that was refused.
    let fields = [("to", "#garden"), ("text", "Only tulips"), page];
    let refused = panel(&bob).post("/api/set_topic", &fields).await.is(403);
    assert!(is_content(&refused), "{}", refused.text());
    let long = "x".repeat(300);
    let fields = [("to", "#garden"), ("text", long.as_str()), page];
    let refused = panel(&alice).post("/api/set_topic", &fields).await.is(422).text();
    assert!(refused.contains(&long) && refused.contains("aria-invalid"), "{refused}");
    // With a script the panel is told where it leads.
    let left = panel(&bob).post("/api/leave", &[("room", "garden"), page]).await.is(204);
    assert_eq!(left.header("x-roomful-go"), Some(page.1));
    shows(&bob, page.1, &["/api/join", "1 has joined"]).await;

    let visitor = house.visitor();
    let seen = shows(&visitor, page.1, &["Roses and rain"]).await;
    assert!(!seen.contains("<form"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_for_members_is_nowhere_for_anybody_else() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let bob = house.in_browser("bob").await;
    let fields = [("name", "attic"), ("text", ""), ("access", "members")];
    alice.post("/api/make_room", &fields).await.is(303);
    let (about, people) = ("/chat/attic/about", "/chat/attic/people");
    for person in [&bob, &house.visitor()] {
        is_nowhere(person, &[about, people]).await;
    }
    for action in ["join", "leave", "invite", "remove", "ban", "set_access", "delete_room"] {
        let fields = [
            ("room", "attic"),
            ("person", "alice"),
            ("on", "true"),
            ("access", "open"),
            ("page", about),
        ];
        let refused = bob.post(&format!("/api/{action}"), &fields).await.refused();
        assert!(matches!(refused.status, 403 | 404), "{action}: {}", refused.status);
    }
    // Nobody by that name: said in the field, which keeps what was typed.
    let fields = [("room", "attic"), ("person", "nemo"), ("page", about)];
    let refused = panel(&alice).post("/api/invite", &fields).await.refused().text();
    assert!(refused.contains("value=\"nemo\""), "{refused}");
    alice
        .post("/api/invite", &[("room", "attic"), ("person", "bob"), ("page", about)])
        .await
        .is(303);
    shows(&bob, about, &["2 have joined", "/api/invite"]).await;
    shows(&bob, people, &["alice", "bob"]).await;

    // On bob's card alice, who keeps order there, finds what bob does not on hers.
    let card = shows(&alice, "/people/bob?room=attic", &["/api/remove", "/api/ban"]).await;
    assert!(!card.contains("/api/ban_user"), "{card}");
    let card = shows(&bob, "/people/alice?room=attic", &["/api/block"]).await;
    assert!(!card.contains("/api/remove"), "{card}");
    let card = ("page", "/people/bob?room=attic");
    let fields = [("room", "attic"), ("person", "bob"), ("on", "true"), card];
    let banned = alice.post("/api/ban", &fields).await;
    assert_eq!(banned.leads_to(), card.1);
    is_nowhere(&bob, &[about, people]).await;
    shows(&alice, about, &["kept out", "Let back in"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_and_their_cards_say_what_i_may_do() {
    let house = House::open().await;
    house.account("keeper", true).await;
    let keeper = house.log_in("keeper").await;
    let alice = house.in_browser("alice").await;
    for n in 0..50 {
        house.account(&format!("person{n}"), false).await;
    }
    shows(&alice, "/people", &["alice", "person0", "/people?offset=50"]).await;
    shows(&alice, "/people?offset=50", &["/people?offset=0"]).await;
    shows(&alice, "/people?find=KEEP", &["keeper", "administrator"]).await;
    shows(&alice, "/people?find=nemo", &["Nobody here is called “nemo”."]).await;
    let mine = shows(&alice, "/people/alice", &["/account"]).await;
    assert!(!mine.contains("/api/block"), "{mine}");
    let card = shows(&alice, "/people/keeper", &["/talk/keeper/", "/api/block"]).await;
    assert!(!card.contains("/api/set_admin"), "{card}");
    let page = ("page", "/people/keeper");
    alice.post("/api/block", &[("person", "keeper"), ("on", "true"), page]).await.is(303);
    shows(&alice, page.1, &["blocked by you", "Unblock"]).await;
    let admins = ["/api/set_admin", "/api/ban_user", "/api/end_sessions_of"];
    shows(&keeper, "/people/alice", &admins).await;
    for action in admins {
        let fields = [("person", "keeper"), ("on", "false"), page];
        alice.post(action, &fields).await.is(403);
    }
    let page = ("page", "/people/alice");
    keeper.post("/api/ban_user", &[("person", "alice"), ("on", "true"), page]).await.is(303);
    assert_eq!(alice.get("/people").await.leads_to(), "/login?next=%2Fpeople");
    shows(&keeper, "/house?find=alice", &["kept out"]).await;
    is_nowhere(&keeper, &["/people/nemo"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_house_is_looked_after_by_administrators_alone() {
    let house = House::open().await;
    house.account("keeper", true).await;
    let keeper = house.log_in("keeper").await;
    let alice = house.in_browser("alice").await;
    let secret = [("name", "attic"), ("text", ""), ("access", "members")];
    alice.post("/api/make_room", &secret).await.is(303);
    shows(&keeper, "/house", &["alice", "keeper"]).await;
    shows(&keeper, "/house/rooms", &["attic", "lobby"]).await;
    shows(&keeper, "/house/invitations", &["/api/make_invite"]).await;
    for path in ["/house", "/house/rooms", "/house/invitations"] {
        alice.get(path).await.is(403);
        panel(&alice).get(path).await.is(403);
        assert!(house.visitor().get(path).await.leads_to().starts_with("/login"));
    }
    let fields = [("room", "attic"), ("page", "/house/rooms")];
    assert_eq!(keeper.post("/api/delete_room", &fields).await.leads_to(), "/chat/");
    is_nowhere(&alice, &["/chat/attic/about"]).await;
}

/// A button that leads nowhere is found out only by whoever presses it.
#[tokio::test(flavor = "multi_thread")]
async fn every_form_leads_to_a_call_that_there_is() {
    let house = House::open().await;
    house.account("keeper", true).await;
    let keeper = house.log_in("keeper").await;
    let bob = house.in_browser("bob").await;
    let said = bob.socket().await.send(LOBBY, "the oven is hot").await;
    let id = said["id"].as_str().unwrap().to_owned();
    let pin = json!({"t": "pin", "to": LOBBY, "message": id, "on": true});
    keeper.socket().await.ask_ok(pin).await;
    keeper.post("/api/ban", &[("room", "lobby"), ("person", "bob"), ("on", "true")]).await.is(303);
    keeper.post("/api/make_invite", &[]).await.is(303);
    let mut actions = std::collections::BTreeSet::new();
    for path in [
        "/chat/",
        "/chat/lobby/",
        "/chat/nowhere/",
        "/chat/lobby/about",
        "/people/bob",
        "/people/bob?room=lobby",
        "/rooms/new",
        "/settings",
        "/account",
        "/house",
        "/house/rooms",
        "/house/invitations",
        "/login",
        "/signup",
    ] {
        for who in [&keeper, &house.visitor()] {
            let page = who.get(path).await.text();
            let all = page.split("action=\"/api/").skip(1);
            actions.extend(all.filter_map(|rest| rest.split('"').next().map(str::to_owned)));
        }
    }
    assert!(actions.len() > 15, "{actions:?}");
    for action in actions {
        let answer = house.visitor().in_browser().call(&format!("/api/{action}"), &[]).await;
        assert!(!answer.text().contains("such call"), "/api/{action}: {}", answer.text());
    }
    let page = ("page", "/chat/lobby/about");
    let fields = [("message", id.as_str()), ("to", LOBBY), ("on", "false"), page];
    shows(&keeper, page.1, &["the oven is hot"]).await;
    assert_eq!(keeper.post("/api/pin", &fields).await.leads_to(), page.1);
    assert!(!shows(&keeper, page.1, &[]).await.contains("the oven is hot"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_the_house_is_for_those_who_belong_to_it() {
    let house = House::open().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    bob.socket().await.send(LOBBY, "in and out").await;
    let mut elsewhere = bob.socket().await;
    elsewhere.sub(&["~"]).await;
    let (member, visitor) = (house.who(&alice).await, house.who(&house.visitor()).await);
    let online = async |who: &Who| {
        let view = house.verbs().about_room(who, "lobby", 0).await.expect("the lobby");
        view.members.iter().any(|member| member.name == "bob" && member.online)
    };
    super::support::eventually("bob in the house", async || online(&member).await.then_some(()))
        .await;
    assert!(!online(&visitor).await, "he is not in the lobby");
    elsewhere.here(json!(LOBBY)).await;
    super::support::eventually("bob in the lobby", async || online(&visitor).await.then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_texts_come_a_page_at_a_time() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let mut socket = alice.socket().await;
    let said = socket.send(LOBBY, "take 0.").await;
    let id = said["id"].as_str().unwrap().to_owned();
    for take in 1..=120 {
        let body = format!("take {take}.");
        let edit = json!({"t": "edit", "to": LOBBY, "message": id, "body": body});
        socket.ask_ok(edit).await;
    }
    let path = format!("/chat/lobby/edits/{id}");
    let first = shows(&alice, &path, &["take 120.", "take 119.", "take 70.", "offset=50"]).await;
    assert!(!first.contains("take 69."), "{first}");
    let last = shows(&alice, &format!("{path}?offset=100"), &["take 19.", "take 0."]).await;
    assert!(!last.contains("take 20.") && !last.contains("take 120."), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calls_me_is_listed_and_leads_to_the_message() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let bob = house.in_browser("bob").await;
    shows(&bob, "/notifications/?only=mentions", &["Nobody has mentioned you yet."]).await;
    let mut socket = alice.socket().await;
    let said = socket.send(LOBBY, "the oven is yours @bob <b>").await;
    let id = said["id"].as_str().unwrap().to_owned();
    let link = format!("/chat/lobby/?at={id}");
    super::support::eventually("the mention", async || {
        bob.get("/notifications/?only=mentions").await.text().contains(&link).then_some(())
    })
    .await;
    shows(&bob, "/notifications/?only=mentions", &["the oven is yours @bob <b>", "in lobby"]).await;
    assert!(!shows(&alice, "/notifications/?only=mentions", &[]).await.contains(&link));
    assert!(
        house.visitor().get("/notifications/?only=mentions").await.leads_to().starts_with("/login")
    );

    let edit = json!({"t": "edit", "to": LOBBY, "message": id, "body": "the oven is free @bob"});
    socket.ask_ok(edit).await;
    let before = format!("/chat/lobby/edits/{id}");
    shows(
        &alice,
        &before,
        &["the oven is yours @bob <b>", "the oven is free", "Changed by alice."],
    )
    .await;
    bob.get(&before).await.is(403);
    is_nowhere(&alice, &["/chat/lobby/edits/1-999", "/chat/nowhere/edits/1-1"]).await;
}
