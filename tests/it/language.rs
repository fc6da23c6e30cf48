//! Language and theme: who reads what, right in the first byte, and what chooses it.

use super::support::{House, house::LOBBY};

const THE_HOUSE_IS_DARK: [(&str, &str); 2] =
    [("en", "The house is dark."), ("zh-CN", "屋里一片漆黑。")];

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_decides_and_then_what_the_browser_accepts() {
    let house = House::open().await;
    let [en, zh] = THE_HOUSE_IS_DARK;
    for (cookie, accepted, expected) in [
        ("", "", en),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", zh),
        ("", "zh-Hant-HK", zh),
        ("", "de, zh;q=0.4, en;q=0.6", en),
        ("", "\u{fffd};;=q,,zh;q=9", en),
        ("lang=en", "zh", en),
        ("lang=zh", "en", zh),
        ("lang=%22%3E%3Cscript%3E", "zh", zh),
        ("lang=fr; x; =y", "zh", zh),
        ("lang", "zh", zh),
    ] {
        let mut person = house.visitor();
        if !cookie.is_empty() {
            person = person.with("Cookie", cookie);
        }
        if !accepted.is_empty() {
            person = person.with("Accept-Language", accepted);
        }
        let page = person.get("/chat/").await.is(200);
        let text = page.text();
        let (tag, sentence) = expected;
        let case = format!("{cookie} {accepted}");
        assert!(text.contains(&format!("<html lang=\"{tag}\"")), "{case}: {text}");
        assert!(text.contains(sentence), "{case}");
        // Nobody else is shown what was made for this reader.
        assert_eq!(page.header("cache-control"), Some("no-cache, private"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_for_one_language_is_not_shown_in_another() {
    let house = House::open().await;
    let alice = house.person("alice").await;
    let chinese = alice.clone().with("Accept-Language", "zh");
    alice.socket().await.send(LOBBY, "hello").await;
    for _ in 0..2 {
        for path in ["/chat/lobby/", "/chat/"] {
            assert!(alice.get(path).await.is(200).text().contains("<html lang=\"en\""));
            assert!(chinese.get(path).await.is(200).text().contains("<html lang=\"zh-CN\""));
        }
        assert!(alice.get("/chat/lobby/").await.text().contains(" UTC\""));
        let page = chinese.get("/chat/lobby/").await.text();
        assert!(page.contains("日 星期"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_theme_is_in_the_first_byte() {
    let house = House::open().await;
    for (cookie, theme, scheme) in [
        ("theme=dark", "dark", "dark"),
        ("theme=light", "light", "light"),
        ("theme=system", "system", "light dark"),
        ("theme=neon", "system", "light dark"),
        ("theme=\"dark\"><x", "system", "light dark"),
    ] {
        let page = house.visitor().with("Cookie", cookie).get("/chat/").await.is(200).text();
        assert!(page.contains(&format!(" data-theme=\"{theme}\"")), "{cookie}: {page}");
        assert!(page.contains(&format!("name=\"color-scheme\" content=\"{scheme}\"")), "{page}");
        let dark_bars = page.matches("content=\"#1a1d25\"").count();
        assert_eq!(
            dark_bars,
            [1, 0, 2][["system", "light", "dark"].iter().position(|it| *it == theme).unwrap()]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_forms_choose_and_lead_back() {
    let house = House::open().await;
    let visitor = house.visitor().in_browser();
    for (name, value) in [("lang", "zh"), ("theme", "dark"), ("letters", "off"), ("enter", "line")]
    {
        let fields = [(name, value), ("page", "/settings")];
        let answer = visitor.post("/api/choose", &fields).await;
        assert_eq!(answer.leads_to(), "/settings", "{name}");
        let (set, line) = answer.cookie(name).unwrap();
        assert_eq!(set, value);
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"] {
            assert!(line.contains(part), "{line}");
        }
    }
    let all = visitor.clone().with("Cookie", "lang=zh; theme=dark; letters=off; enter=line");
    let page = all.get("/settings").await.is(200).text();
    for part in [
        "<html lang=\"zh-CN\"",
        "data-theme=\"dark\"",
        "data-letters=\"off\"",
        "data-enter=\"line\"",
        "设置",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    // What cannot be chosen is refused, and no cookie comes of it.
    for (name, value) in
        [("lang", "fr"), ("theme", "\r\nx: y"), ("letters", "maybe"), ("enter", "no")]
    {
        let answer =
            visitor.post("/api/choose", &[(name, value), ("page", "/settings")]).await.is(422);
        assert!(answer.cookie(name).is_none(), "{name}");
    }
    // Only to pages of our own.
    let away = [("theme", "dark"), ("page", "//evil.example/")];
    assert_eq!(visitor.post("/api/choose", &away).await.leads_to(), "/chat/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_in_the_readers_language_and_names_its_reason() {
    let house = House::open().await;
    let visitor = house.visitor().in_browser().with("Accept-Language", "zh");
    let fields = [("name", "nobody"), ("password", "not the right one"), ("page", "/login")];
    let page = visitor.post("/api/log_in", &fields).await.is(422).text();
    assert!(page.contains("名字或密码不正确。"), "{page}");
    // For programs it stays English, with the name of the reason.
    let program = house.visitor().with("Accept-Language", "zh");
    let refusal = program.call("/api/log_in", &fields).await;
    let refusal = refusal.is(422).json();
    assert_eq!(refusal["message"], "That name and password do not go together.");
    assert_eq!(refusal["why"]["key"], "wrong_log_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_hide_or_turn_text_around_are_refused_and_the_others_isolated() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    for name in ["a\u{202e}b", "a\u{2066}b", "\u{200b}", "\u{200b}\u{2060}", "a\u{200f}b"] {
        let fields = [("name", name), ("page", "/chat/")];
        alice.post("/api/enter_room", &fields).await.is(422);
        let fields = [("name", name), ("password", "a lamp in the window"), ("page", "/signup")];
        house.visitor().in_browser().post("/api/sign_up", &fields).await.is(422);
    }
    alice.post("/api/enter_room", &[("name", "المطبخ")]).await;
    let page = alice.get("/chat/").await.is(200).text();
    assert!(page.contains("<bdi dir=\"auto\">المطبخ</bdi>"), "{page}");
}

/// What may stand in Latin letters in a Chinese page: the names of this test, of the house, of keys,
/// languages and commands.
const LATIN: &str = "alice bob lobby Roomful UTC English Ctrl Alt Shift Enter Esc PNG JPEG GIF \
    WebP MB me pm topic help";

/// The text between the tags of a page, and what its attributes say aloud.
fn said(page: &str) -> String {
    let mut said = String::new();
    for (at, part) in page.split('<').enumerate() {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        if !tag.starts_with("script") && !tag.starts_with("!") && at > 0 {
            said.push_str(text);
        }
        for name in ["aria-label", "title", "placeholder", "alt"] {
            said.push(' ');
            said.push_str(&super::support::http::attribute(tag, name).unwrap_or_default());
        }
        said.push(' ');
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn no_english_is_left_in_a_chinese_page() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await.with("Accept-Language", "zh");
    house.person("bob").await.socket().await.send(LOBBY, "1").await;
    let visitor = house.visitor().with("Accept-Language", "zh");
    for (person, paths) in [
        (&visitor, &["/chat/", "/chat/lobby/", "/login", "/signup", "/jump", "/nothing"][..]),
        (
            &alice,
            &[
                "/chat/",
                "/chat/lobby/",
                "/talk/bob/",
                "/account",
                "/settings",
                "/help",
                "/jump?name=b",
                "/notifications/?only=mentions",
                "/people",
                "/people/bob",
                "/chat/lobby/about",
            ],
        ),
    ] {
        for path in paths {
            let page = person.get(path).await.text();
            let said = said(&page);
            for word in said.split(|c: char| !c.is_ascii_alphabetic()).filter(|it| it.len() > 1) {
                assert!(LATIN.split(' ').any(|it| it == word), "{path}: {word} in {said}");
            }
        }
    }
}
