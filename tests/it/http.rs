//! Pages, forms and the history call over plain HTTP.

use crate::support::{
    Answer, House, cid, encoded,
    house::{COOKIE, LOBBY, PASSWORD},
    http::{attribute, exchange, form, unescaped},
};
use roomful::server::config::SignUp;
use serde_json::json;

// Reading makes nothing.

#[tokio::test(flavor = "multi_thread")]
async fn a_get_makes_nothing() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    for person in [&alice, &house.visitor()] {
        for _ in 0..2 {
            person.get("/chat/nowhere/").await.is(404);
        }
        let forms = [
            format!("/api/enter_room?{}", form(&[("name", "nowhere")])),
            format!("/api/say?{}", form(&[("to", LOBBY), ("body", "by get"), ("cid", &cid())])),
            "/api/log_out".to_owned(),
            format!("/api/sign_up?{}", form(&[("name", "mallory"), ("password", PASSWORD)])),
        ];
        for path in forms {
            person.get(&path).await.refused();
        }
    }
    alice.get("/chat/nowhere/").await.is(404);
    assert!(!alice.get("/chat/").await.is(200).text().contains("nowhere"));
    let reader = house.by_token("alice").await;
    assert!(house.bodies(&reader, LOBBY).await.is_empty());
    assert_eq!(alice.socket().await.hello["user"], "alice", "still logged in");
    assert_eq!(house.visitor().try_log_in("mallory", PASSWORD).await.refused().status / 100, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_404_page() {
    let house = House::open().await;
    house.account("alice", false).await;
    for path in ["/nothing", "/chat/nowhere/", "/talk/nobody/", "/chat/%FF/", "/pkg/nothing.js"] {
        let status = house.visitor().get(path).await.status;
        let leads_to_login = path.starts_with("/talk/") && (status == 303 || status == 401);
        assert!(status == 404 || leads_to_login, "{path}: {status}");
    }
    house.log_in("alice").await.get("/talk/nobody/").await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_leads_to_the_index() {
    let house = House::open().await;
    assert_eq!(house.visitor().get("/").await.leads_to(), "/chat/");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_shows_each_room_with_its_people_and_its_last_message() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut room = alice.enter("kitchen & <hall>").await;
    room.entered().await;
    room.says_and_hears_only_that("soup <b>is</b> ready").await;
    let index = house.visitor().get("/chat/").await.is(200);
    let page = index.text();
    assert!(page.contains("kitchen &amp; &lt;hall"), "names are escaped: {page}");
    assert!(page.contains("soup &lt;b"), "and so are messages");
    assert!(page.contains(&format!("/chat/{}/", encoded("kitchen & <hall>"))));

    let list = format!("/api/list_rooms?{}", form(&[("filter", ""), ("offset", "0")]));
    let list = house.visitor().get(&list).await.is(200).json();
    assert_eq!(list["rooms"][0]["name"], "kitchen & <hall>", "the busiest first");
    assert_eq!(list["rooms"][0]["online"], 1);
    assert_eq!(list["rooms"][0]["last"]["text"], "soup <b>is</b> ready");
    assert_eq!(list["rooms"][1]["name"], "lobby");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_can_be_filtered_without_a_script() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for room in ["kitchen", "cellar"] {
        alice.make_room(room).await;
    }
    let page = house.visitor().get("/chat/").await.is(200);
    let name = page.text().split("<input").find_map(|tag| {
        let tag = tag.split('>').next()?;
        tag.contains("search").then(|| attribute(tag, "name"))?
    });
    // The filter's field says itself what it is called.
    let Some(name) = name else { return };
    let found = house.visitor().get(&format!("/chat/?{name}=kit")).await.is(200).text();
    assert!(found.contains("/chat/kitchen/") && !found.contains("/chat/cellar/"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_s_page_shows_the_last_50_messages_escaped() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    for n in 1..=51 {
        socket.send(LOBBY, &format!("number {n}.")).await;
    }
    socket.send(LOBBY, "<script>alert(1)</script> & \"more\"").await;
    let page = house.visitor().get("/chat/lobby/").await.is(200).text();
    let shown = |text: &str| page.contains(text);
    assert!(shown("number 3.") && shown("number 51."), "{page}");
    assert!(!shown("number 1.<") && !shown("number 2.<"));
    assert!(!shown("<script>alert") && !shown("</script> &amp; \"more\""), "{page}");
    assert!(unescaped(&page).contains("<script>alert(1)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_every_kind_survive_their_address() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    for name in [
        "中文 聊天室",
        "100%",
        "%41",
        "a?b#c+d&e=f",
        "café 🍅 👩‍🚀",
        "שלום עולם",
        "a (b) \"c\" 'd'",
        "\\",
        "x;y",
        "...",
    ] {
        let made =
            alice.post("/api/enter_room", &[("name", name), ("page", "/chat/")]).await.is(303);
        let address = made.leads_to();
        assert_eq!(address, format!("/chat/{}/", encoded(name)), "{name}");
        let page = alice.get(&address).await.is(200).text();
        assert!(unescaped(&page).contains(name), "{name}: {page}");
        let answer = alice.say(&format!("#{name}"), "hello", &cid()).await.is(303);
        assert_eq!(answer.leads_to(), address);
        assert!(house.visitor().get("/chat/").await.text().contains(&format!("\"{address}\"")));
    }
}

// Guarded from the start.

#[tokio::test(flavor = "multi_thread")]
async fn pages_carry_the_security_headers() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    for path in
        ["/chat/", "/chat/lobby/", "/chat/nowhere/", "/login", "/signup", "/account", "/none"]
    {
        let page = alice.get(path).await;
        let header = |name: &str| page.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        let csp = header("content-security-policy");
        for part in
            ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action"]
        {
            assert!(csp.contains(part), "{path} lacks {part}: {csp}");
        }
        assert!(!csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'"), "{path}: {csp}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_script_carries_the_nonce_of_its_own_answer() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let mut seen = Vec::new();
    for path in ["/chat/lobby/", "/chat/lobby/", "/chat/", "/login"] {
        let page = alice.get(path).await;
        let csp = page.header("content-security-policy").expect("a policy").to_owned();
        let nonce = csp.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        for tag in page.text().split("<script").skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            let inert = attribute(tag, "type").is_some_and(|kind| kind == "application/json");
            let own = nonce.is_some() && attribute(tag, "nonce").as_deref() == nonce;
            assert!(inert || own, "{path}: <script{tag}> under {csp}");
        }
        if let Some(nonce) = nonce {
            assert!(nonce.len() >= 16, "{nonce}");
            assert!(!seen.contains(&nonce.to_owned()), "a nonce twice");
            seen.push(nonce.to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_styles_or_handlers_in_its_tags() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    alice.say(LOBBY, "hello", &cid()).await.is(303);
    for path in ["/chat/", "/chat/lobby/", "/chat/nowhere/", "/login", "/signup", "/account"] {
        let page = alice.get(path).await.text();
        for tag in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
            let inline = tag.contains(" style=")
                || tag.split(' ').any(|part| part.starts_with("on") && part.contains("=\""));
            assert!(!inline, "{path}: <{tag}>");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_not_kept_by_caches_and_hashed_files_are() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    for path in ["/chat/", "/chat/lobby/", "/account", "/login", "/none"] {
        let page = alice.get(path).await;
        let cache = page.header("cache-control").unwrap_or_default().to_owned();
        assert!(cache.contains("no-cache") || cache.contains("no-store"), "{path}: {cache:?}");
    }
    let answer = house.by_token("alice").await.try_history(LOBBY, "").await.is(200);
    let cache = answer.header("cache-control").unwrap_or_default();
    assert!(cache.contains("no-store") || cache.contains("private"), "{cache:?}");

    let page = alice.get("/chat/lobby/").await.text();
    let files = page.split(['"', '\'']).filter(|part| part.starts_with("/pkg/"));
    for file in files {
        let answer = alice.get(file).await;
        if answer.status == 200 {
            let cache = answer.header("cache-control").unwrap_or_default();
            assert!(cache.contains("immutable"), "{file}: {cache:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_post_in_somebody_s_name() {
    let house = House::open().await;
    house.account("alice", false).await;
    let alice = house.visitor().log_in("alice").await;
    let own = format!("http://{}", house.addr());
    let foreign = [
        alice.clone().with("Sec-Fetch-Site", "cross-site").with("Origin", "http://evil.example"),
        alice.clone().with("Sec-Fetch-Site", "cross-site"),
        alice.clone().with("Sec-Fetch-Site", "same-site"),
        alice.clone().with("Origin", "http://evil.example"),
        alice.clone().with("Origin", "null"),
        alice.clone().with("Origin", &format!("{own}1")),
    ];
    for person in &foreign {
        let answer = person.say(LOBBY, "forged", &cid()).await.refused();
        assert_eq!(answer.status, 403);
        person.call("/api/log_out", &[]).await.is(403);
        let name = format!("x{}", cid().len());
        person.call("/api/sign_up", &[("name", &name), ("password", PASSWORD)]).await.is(403);
    }
    for person in [
        alice.clone().with("Sec-Fetch-Site", "same-origin").with("Origin", &own),
        alice.clone().with("Sec-Fetch-Site", "none"),
        alice.clone().with("Origin", &own),
        alice.clone(),
    ] {
        person.say(LOBBY, "mine", &cid()).await.is(303);
    }
    let reader = house.by_token("alice").await;
    assert_eq!(house.bodies(&reader, LOBBY).await, ["mine"; 4]);
    // To look is always allowed: links from elsewhere lead here.
    alice.with("Sec-Fetch-Site", "cross-site").get("/chat/lobby/").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let huge = "x".repeat(8 * 1024 * 1024);
    let answer = alice.say(LOBBY, &huge, &cid()).await;
    assert!(answer.status == 413 || answer.status == 400, "{}", answer.status);
    alice.get("/chat/lobby/").await.is(200);
    let reader = house.by_token("alice").await;
    assert!(house.bodies(&reader, LOBBY).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_is_refused_in_plain_words() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let form = alice.clone().with("Content-Type", "application/x-www-form-urlencoded");
    for body in ["", "to=lobby", "to=%FF&body=%FF&cid=1", "&&&=&", "to=%23lobby&body=x"] {
        for accept in ["text/html", "application/json"] {
            let answer = form.clone().with("Accept", accept);
            let answer = answer.request("POST", "/api/say", body.as_bytes()).await.refused();
            let text = answer.text().to_lowercase();
            for internal in
                ["serde", "deserializ", "missing field", "sqlx", "panicked", "server function"]
            {
                assert!(!text.contains(internal), "{body}: {text}");
            }
        }
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        alice.request(method, "/chat/lobby/", b"").await.refused();
    }
}

// Forms without a script.

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_comes_back_as_it_was_filled_in() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;

    let long = format!("{} <the end>", "word ".repeat(900));
    let page = alice.say(LOBBY, &long, &cid()).await.refused();
    assert!(unescaped(&page.text()).contains(&long), "the text is not lost");
    assert!(page.header("content-type").unwrap_or_default().starts_with("text/html"));

    let page = alice.say(LOBBY, "/pm nobody hi there", &cid()).await.refused();
    assert!(page.text().contains("/pm nobody hi there"));

    let visitor = house.visitor().in_browser();
    let fields = [("name", "two words"), ("password", "not to be shown"), ("page", "/signup")];
    let page = visitor.post("/api/sign_up", &fields).await.refused();
    assert_eq!(page.field("name").as_deref(), Some("two words"));
    assert!(!page.text().contains("not to be shown"), "a password never comes back");

    let fields = [("name", "alice"), ("password", "a wrong one"), ("page", "/login")];
    let page = visitor.post("/api/log_in", &fields).await.refused();
    assert_eq!(page.field("name").as_deref(), Some("alice"));
    assert!(!page.text().contains("a wrong one"));

    let page =
        alice.post("/api/enter_room", &[("name", "a/b"), ("page", "/chat/")]).await.refused();
    assert_eq!(page.field("name").as_deref(), Some("a/b"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_after_a_form_posts_nothing_twice() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let page = alice.get("/chat/lobby/").await.is(200);
    let one = page.field("cid").expect("the form carries an id");
    for _ in 0..3 {
        let answer = alice.say(LOBBY, "once", &one).await.is(303);
        assert_eq!(answer.leads_to(), "/chat/lobby/");
    }
    assert_ne!(alice.get("/chat/lobby/").await.field("cid"), Some(one), "the next has its own");
    let reader = house.by_token("alice").await;
    assert_eq!(house.bodies(&reader, LOBBY).await, ["once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_s_message_reaches_the_sockets() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let mut bob = house.person("bob").await.socket().await;
    bob.sub(&[LOBBY, "@alice"]).await;
    // A form sends its line breaks as CR LF.
    alice.say(LOBBY, "two\r\nlines", &cid()).await.is(303);
    assert_eq!(bob.event(LOBBY).await["data"]["body"], "two\nlines");
    let answer = alice.say(LOBBY, "/pm bob just you", &cid()).await.is(303);
    assert!(["/talk/bob/", "/chat/lobby/"].contains(&answer.leads_to().as_str()));
    assert_eq!(bob.event("@alice").await["data"]["body"], "just you");
    alice.say("@bob", "and again", &cid()).await.is(303);
    assert_eq!(bob.event("@alice").await["data"]["body"], "and again");
}

#[tokio::test(flavor = "multi_thread")]
async fn help_leads_to_the_list_of_keys_and_commands_and_says_nothing() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let answer = alice.say(LOBBY, "/help", &cid()).await.is(303);
    assert_eq!(answer.leads_to(), "/help");
    let page = alice.get("/help").await.is(200).text();
    for command in ["/me", "/pm", "/topic", "/help"] {
        assert!(page.contains(&format!("<kbd>{command}</kbd>")), "{command}");
    }
    let reader = house.by_token("alice").await;
    assert!(house.bodies(&reader, LOBBY).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_cannot_speak_by_form() {
    let house = House::open().await;
    let visitor = house.visitor().in_browser();
    let answer = visitor.say(LOBBY, "let me in", &cid()).await;
    assert!((400..500).contains(&answer.status) || answer.leads_to().starts_with("/login"));
    let answer = visitor.call("/api/say", &[("to", LOBBY), ("body", "x"), ("cid", &cid())]).await;
    assert_eq!(answer.refused().code(), "login_needed");
    let answer = visitor.call("/api/enter_room", &[("name", "attic")]).await;
    assert_eq!(answer.refused().code(), "login_needed");
    visitor.get("/chat/attic/").await.is(404);
}

// Accounts.

#[tokio::test(flavor = "multi_thread")]
async fn signing_up_logs_in_and_sets_a_guarded_cookie() {
    let house = House::open().await;
    house.account("keeper", true).await;
    let visitor = house.visitor().in_browser();
    let fields =
        [("name", "小林"), ("password", PASSWORD), ("next", "/chat/lobby/"), ("page", "/signup")];
    let answer = visitor.post("/api/sign_up", &fields).await.is(303);
    assert_eq!(answer.leads_to(), "/chat/lobby/");
    let (value, line) = answer.cookie(COOKIE).expect("a session");
    let line = line.to_lowercase();
    for part in ["httponly", "samesite=lax", "path=/"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("secure"), "plain http could not send it back: {line}");
    let me = visitor.with_session(&value);
    assert_eq!(me.socket().await.hello["user"], "小林");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_https_the_cookie_is_secure() {
    let house =
        House::open_with(|config| config.public_url = Some("https://chat.example".into())).await;
    house.account("alice", false).await;
    let answer = house.visitor().try_log_in("alice", PASSWORD).await.is(303);
    let (_, line) = answer.cookie(COOKIE).expect("a session");
    assert!(line.to_lowercase().contains("secure"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_log_in_begins_a_new_session() {
    let house = House::open().await;
    house.account("alice", false).await;
    let before = house.log_in("alice").await;
    let after = before.clone().log_in("alice").await;
    assert_ne!(before.session(), after.session());
    assert_eq!(after.socket().await.hello["user"], "alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_log_out_the_cookie_opens_nothing() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    alice.get("/account").await.is(200);
    let answer = alice.post("/api/log_out", &[("page", "/chat/")]).await.is(303);
    let (value, _) = answer.cookie(COOKIE).expect("the cookie is taken back");
    assert!(value.is_empty(), "{value}");
    // Drafts and unsent messages, where no program is there to take them away.
    assert_eq!(answer.header("clear-site-data"), Some("\"storage\""));
    let answer = alice.get("/account").await;
    assert!(answer.status == 401 || answer.leads_to().starts_with("/login"), "{}", answer.status);
    let said = alice.call("/api/say", &[("to", LOBBY), ("body", "x"), ("cid", &cid())]).await;
    assert_eq!(said.refused().code(), "login_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer() {
    let house = House::open().await;
    house.account("alice", false).await;
    let visitor = house.visitor().in_browser();
    let ask = async |name: &str| {
        visitor.call("/api/log_in", &[("name", name), ("password", "wrong password")]).await
    };
    let (unknown, wrong) = (ask("nobody").await.refused(), ask("alice").await.refused());
    assert_eq!((unknown.status, unknown.text()), (wrong.status, wrong.text()));
    for name in ["", "a b", "..", &"x".repeat(500), "' OR 1=1 --"] {
        let answer = ask(name).await.refused();
        assert_eq!((answer.status, answer.text()), (wrong.status, wrong.text()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_failures_are_slowed_for_an_account_known_or_not() {
    for name in ["alice", "nobody"] {
        let house = House::open().await;
        house.account("alice", false).await;
        house.account("bob", false).await;
        let visitor = house.visitor().in_browser();
        let mut refusal = None;
        for _ in 0..15 {
            let fields = [("name", name), ("password", "wrong password")];
            let answer = visitor.call("/api/log_in", &fields).await.refused().refusal();
            if answer["code"] == "rate_limited" {
                refusal = Some(answer);
                break;
            }
        }
        let refusal = refusal.expect("it is slowed");
        assert_eq!(refusal["temporary"], true);
        assert!(refusal["retry_ms"].as_u64().is_some_and(|ms| ms > 0), "{refusal}");
        // Others at the same address are not yet.
        visitor.try_log_in("bob", PASSWORD).await.is(303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_failures_are_slowed_for_an_address() {
    let house = House::open().await;
    let visitor = house.visitor().in_browser();
    let mut slowed = false;
    for n in 0..60 {
        let name = format!("guess{n}");
        let fields = [("name", name.as_str()), ("password", "wrong password")];
        let answer = visitor.call("/api/log_in", &fields).await;
        slowed = answer.refused().code() == "rate_limited";
        if slowed {
            break;
        }
    }
    assert!(slowed, "60 names were guessed at without a pause");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_passwords_that_cannot_be_are_refused_by_field() {
    let house = House::open().await;
    house.account("alice", false).await;
    let visitor = house.visitor().in_browser();
    let ask = async |name: &str, password: &str| {
        visitor.call("/api/sign_up", &[("name", name), ("password", password)]).await
    };
    let looks_like_alice = ["alice", "Alice", "ALICE", "аlice", "al\u{200b}ice"];
    let no_names =
        ["", " ", ".", "..", "a b", "a/b", "a@b", "bob+1", "\u{202e}bob", &"x".repeat(33)];
    for name in looks_like_alice.into_iter().chain(no_names) {
        let refusal = ask(name, PASSWORD).await.refused().refusal();
        assert_eq!(refusal["field"], "name", "{name:?}: {refusal}");
    }
    for password in ["", "short", "seven77", &"x".repeat(129)] {
        let refusal = ask("carol", password).await.refused().refusal();
        assert_eq!(refusal["field"], "password", "{password:?}: {refusal}");
    }
    ask("carol", "eight888").await.is(200);
    ask("dave", &"字".repeat(128)).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_take_a_name_at_the_same_moment_make_one_account() {
    let house = House::open().await;
    house.account("keeper", true).await;
    let visitor = house.visitor().in_browser();
    let (names, passwords) = (["Zoe", "zoe", "ZOE", "zоe"], [PASSWORD; 4]);
    let tries = names.iter().zip(passwords).map(|(name, password)| {
        let visitor = visitor.clone();
        async move { visitor.call("/api/sign_up", &[("name", name), ("password", password)]).await }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changes_one_s_password_with_the_current_one() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let wrong = [("current", "not the one"), ("new", "a new lamp"), ("page", "/account")];
    let refusal = alice.call("/api/change_password", &wrong).await.refused().refusal();
    assert_eq!((&refusal["code"], &refusal["field"]), (&json!("invalid"), &json!("current")));
    let short = [("current", PASSWORD), ("new", "short"), ("page", "/account")];
    alice.call("/api/change_password", &short).await.refused();
    let right = [("current", PASSWORD), ("new", "a new lamp"), ("page", "/account")];
    let answer = alice.post("/api/change_password", &right).await.is(303);
    // Whoever changed it stays in, under the old session or a renewed one.
    let alice = match answer.cookie(COOKIE) {
        Some((value, _)) => alice.with_session(&value),
        None => alice,
    };
    alice.get("/account").await.is(200);
    house.visitor().in_browser().try_log_in("alice", PASSWORD).await.refused();
    house.visitor().in_browser().try_log_in("alice", "a new lamp").await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_and_ends_one_s_own_sessions() {
    let house = House::open().await;
    let here = house.in_browser("alice").await;
    let bob = house.in_browser("bob").await;
    let ids = sessions(&here.get("/account").await.is(200));
    let elsewhere = house.log_in("alice").await;
    let socket = elsewhere.socket().await;
    let both = sessions(&here.get("/account").await.is(200));
    let other = both.iter().find(|id| !ids.contains(id)).expect("the new session is listed");

    let fields = [("session", other.as_str()), ("page", "/account")];
    assert_eq!(bob.call("/api/end_session", &fields).await.refused().code(), "not_found");
    here.post("/api/end_session", &fields).await.is(303);
    assert_eq!(socket.closed().await, roomful::protocol::close::LOGGED_OUT);
    here.get("/account").await.is(200);
    assert!(!here.get("/account").await.text().contains(&here.session()), "only ids, no secrets");
}

// Who may make an account.

#[tokio::test(flavor = "multi_thread")]
async fn a_race_for_the_set_up_link_makes_one_administrator() {
    let house = House::open().await;
    let link = house.running().set_up_link.clone().expect("nobody lives here yet");
    let key = link.split("key=").nth(1).expect("a key").to_owned();
    let visitor = house.visitor().in_browser();
    for path in ["/chat/", "/chat/lobby/", "/login"] {
        let page = visitor.get(path).await.text().to_lowercase();
        assert!(page.contains("set up"), "{path} says that the house is being set up: {page}");
    }
    visitor.get(&format!("/setup?key={key}")).await.is(200);
    let wrong = [("key", "wrong"), ("name", "mallory"), ("password", PASSWORD)];
    assert_eq!(visitor.call("/api/set_up", &wrong).await.refused().code(), "forbidden");

    let tries = ["ada", "ben", "cleo", "dora"].map(|name| {
        let (visitor, key) = (visitor.clone(), key.clone());
        async move {
            visitor
                .call("/api/set_up", &[("key", &key), ("name", name), ("password", PASSWORD)])
                .await
        }
    });
    let answers = futures_util::future::join_all(tries).await;
    let made: Vec<&Answer> = answers.iter().filter(|a| a.status == 200).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    let (value, _) = made[0].cookie(COOKIE).expect("and is logged in");
    let admin = visitor.clone().with_session(&value);
    admin.post("/api/make_invite", &[("page", "/account")]).await.is(303);

    let late = [("key", key.as_str()), ("name", "eve"), ("password", PASSWORD)];
    assert_eq!(visitor.call("/api/set_up", &late).await.refused().code(), "forbidden");
    let page = visitor.get("/chat/").await.text().to_lowercase();
    assert!(!page.contains("being set up"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_invitations_are_needed_only_a_link_lets_in() {
    let house = House::open_with(|config| config.sign_up = SignUp::Invite).await;
    house.account("keeper", true).await;
    house.account("alice", false).await;
    let (keeper, alice) = (house.log_in("keeper").await, house.log_in("alice").await);
    let visitor = house.visitor().in_browser();
    let sign_up = async |name: &str, invite: &str| {
        let fields = [("name", name), ("password", PASSWORD), ("invite", invite)];
        visitor.call("/api/sign_up", &fields).await
    };
    let plain = [("name", "carol"), ("password", PASSWORD)];
    assert_eq!(visitor.call("/api/sign_up", &plain).await.refused().code(), "forbidden");
    assert_eq!(sign_up("carol", "guessed").await.refused().code(), "forbidden");
    assert_eq!(alice.call("/api/make_invite", &[]).await.refused().code(), "forbidden");

    keeper.post("/api/make_invite", &[("page", "/house/invitations")]).await.is(303);
    let shown = keeper.get("/house/invitations").await.is(200);
    let page = unescaped(&shown.text());
    let invite = page.split("invite=").nth(1).expect("the page shows the link");
    let invite = invite.split(['"', '<', '&', ' ']).next().unwrap_or_default();
    visitor.get(&format!("/signup?invite={invite}")).await.is(200);
    sign_up("carol", invite).await.is(200);

    keeper.post("/api/make_invite", &[("page", "/house/invitations")]).await.is(303);
    let shown = keeper.get("/house/invitations").await;
    let id = shown.field("invite").expect("a form that ends it");
    assert_eq!(
        alice.call("/api/end_invite", &[("invite", &id)]).await.refused().code(),
        "forbidden"
    );
    while let Some(id) = keeper.get("/house/invitations").await.field("invite") {
        keeper
            .post("/api/end_invite", &[("invite", &id), ("page", "/house/invitations")])
            .await
            .is(303);
    }
    assert_eq!(sign_up("dave", invite).await.refused().code(), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_signing_up_is_closed_nobody_makes_an_account() {
    let house = House::open_with(|config| config.sign_up = SignUp::Closed).await;
    house.account("keeper", true).await;
    let visitor = house.visitor().in_browser();
    let answer = visitor.call("/api/sign_up", &[("name", "carol"), ("password", PASSWORD)]).await;
    assert_eq!(answer.refused().code(), "forbidden");
    visitor.try_log_in("keeper", PASSWORD).await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_public_reading_is_off_a_visitor_reads_nothing() {
    let house = House::open_with(|config| config.public_reading = false).await;
    let alice = house.in_browser("alice").await;
    alice.say(LOBBY, "between members", &cid()).await.is(303);
    let visitor = house.visitor();
    for path in [
        "/chat/".to_owned(),
        "/chat/lobby/".to_owned(),
        "/chat/nowhere/".to_owned(),
        format!("/api/v1/messages?to={}", encoded(LOBBY)),
        format!("/api/open_place?{}", form(&[("to", LOBBY)])),
        format!("/api/history?{}", form(&[("to", LOBBY)])),
        format!("/api/list_rooms?{}", form(&[("filter", ""), ("offset", "0")])),
    ] {
        let answer = visitor.get(&path).await;
        assert_ne!(answer.status, 200, "{path}: {}", answer.text());
        assert!(answer.status < 500 && !answer.text().contains("between members"), "{path}");
    }
    alice.get("/chat/lobby/").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_never_leads_to_another_site() {
    let house = House::open().await;
    house.account("alice", false).await;
    let visitor = house.visitor().in_browser();
    let ask = async |next: &str| {
        let fields =
            [("name", "alice"), ("password", PASSWORD), ("next", next), ("page", "/login")];
        visitor.post("/api/log_in", &fields).await.is(303).leads_to()
    };
    for foreign in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        "",
    ] {
        assert_eq!(ask(foreign).await, "/chat/", "{foreign:?}");
    }
    assert_eq!(ask("/chat/%E4%B8%AD/").await, "/chat/%E4%B8%AD/");
    let page = visitor.get("/login?next=//evil.example/").await.is(200);
    assert!(!page.text().contains("\"//evil.example"), "{}", page.text());
}

// The history call.

#[tokio::test(flavor = "multi_thread")]
async fn history_comes_newest_first_in_pages() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let mut socket = alice.socket().await;
    for n in 1..=7 {
        socket.send(LOBBY, &n.to_string()).await;
    }
    let seqs = async |more: &str| -> Vec<i64> {
        let page = alice.try_history(LOBBY, more).await.is(200).json();
        assert_eq!(page["top"], 7);
        page["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .filter_map(|m| m["seq"].as_i64())
            .collect()
    };
    assert_eq!(seqs("").await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(seqs("&limit=3").await, [7, 6, 5]);
    assert_eq!(seqs("&limit=3&before=5").await, [4, 3, 2]);
    assert!(seqs("&before=1").await.is_empty());
    assert_eq!(seqs("&limit=1000000").await.len(), 7);
    let message = alice.history(LOBBY).await["messages"][0].clone();
    let expected = json!({"seq": 7, "author": "alice", "body": "7", "edited_at": null,
        "deleted": false, "reply_to": null, "reactions": []});
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&message[key], value, "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_refuses_in_json() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    for (to, code) in [("#nowhere", "not_found"), ("@nobody", "not_found"), ("#a/b", "not_found")] {
        let answer = alice.try_history(to, "").await.is(404);
        assert_eq!(answer.code(), code, "{to}");
    }
    assert_eq!(
        house.visitor().try_history("@alice", "").await.refused().refusal()["code"],
        "login_needed"
    );
    for path in ["", "?to=", "?to=lobby", "?to=%23lobby&before=x", "?to=%23lobby&limit=-1"] {
        let answer = alice.get(&format!("/api/v1/messages{path}")).await.refused();
        assert!(answer.refusal()["message"].is_string(), "{path}: {}", answer.text());
    }
    let stranger = house.visitor().with("Authorization", "Bearer nobody");
    assert_eq!(stranger.try_history(LOBBY, "").await.is(401).code(), "login_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_function_answers_with_a_refusal_and_never_with_an_exception() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    let refused = alice.get(&format!("/api/open_place?{}", form(&[("to", "#nowhere")]))).await;
    let refusal = refused.refused().refusal();
    assert_eq!(refusal["code"], "not_found");
    assert!(refusal["message"].as_str().is_some_and(|m| m.ends_with('.')), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_answered_like_a_get_without_its_body() {
    let house = House::open().await;
    let none: [(String, String); 0] = [];
    let answer = exchange(house.addr(), "HEAD", "/chat/", &none, b"").await;
    assert!(answer.status == 200 && answer.body.is_empty(), "{}", answer.status);
}

/// The ids in the forms of the account page that end a session.
fn sessions(page: &Answer) -> Vec<String> {
    let text = page.text();
    let inputs = text.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    inputs
        .filter(|tag| attribute(tag, "name").as_deref() == Some("session"))
        .filter_map(|tag| attribute(tag, "value"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_as_the_session_ended_is_shown_again() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    alice.call("/api/log_out", &[("page", "/chat/")]).await;
    let page = alice.say(LOBBY, "a <long> story", &cid()).await.is(401);
    assert!(unescaped(&page.text()).contains("a <long> story"), "{}", page.text());
    assert_eq!(page.field("next").as_deref(), Some("/chat/lobby/"));
    assert!(house.bodies(&house.by_token("alice").await, LOBBY).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_in_parallel_is_slowed_as_well() {
    let house = House::open().await;
    house.account("bob", false).await;
    let visitor = house.visitor();
    let tries = (0..40).map(|n| {
        let visitor = visitor.clone();
        async move { visitor.try_log_in("bob", &format!("a wrong one {n}")).await.status }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert!(answers.iter().filter(|status| **status == 422).count() <= 5, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 422 | 429)), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_get_never_leads_to_another_site() {
    let house = House::open().await;
    let visitor = house.visitor().with("Accept", "text/html");
    let visitor = visitor.with("Referer", "https://evil.example/x");
    let answer = visitor.get("/api/history?to=%23lobby").await.is(200);
    assert_eq!(answer.header("location"), None);
    assert_eq!(visitor.get("/api/nothing").await.is(404).code(), "not_found");
    assert_eq!(visitor.get("/api/log_out").await.is(404).code(), "not_found");
    let twice = visitor.get("/api/v1/messages?to=%23lobby&to=%23attic").await.is(400);
    assert_eq!(twice.code(), "bad_frame");
}
