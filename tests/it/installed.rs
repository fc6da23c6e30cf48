//! What a browser is given to install the house, to open it without a network, and to share with it.

use super::support::{House, house::LOBBY};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_is_there_in_the_readers_language_and_all_that_it_names() {
    let house = House::open().await;
    let visitor = house.visitor();
    let page = visitor.get("/login").await.is(200).text();
    assert!(page.contains("rel=\"manifest\" href=\"/manifest.webmanifest\""), "{page}");
    let mut said = Vec::new();
    for (person, lang) in
        [(visitor.clone(), "en"), (visitor.clone().with("Cookie", "lang=zh"), "zh-CN")]
    {
        let answer = person.get("/manifest.webmanifest").await.is(200);
        assert_eq!(answer.header("content-type"), Some("application/manifest+json"));
        assert_eq!(answer.header("cache-control"), Some("no-cache, private"));
        let manifest: Value = serde_json::from_str(&answer.text()).unwrap();
        assert_eq!((&manifest["id"], &manifest["scope"]), (&"/".into(), &"/".into()));
        assert_eq!(manifest["start_url"], "/chat/");
        assert_eq!(manifest["display"], "standalone");
        assert_eq!(manifest["lang"], lang);
        assert_eq!(manifest["share_target"]["action"], "/share");
        assert_eq!(manifest["share_target"]["method"], "GET");
        said.push(manifest["description"].clone());
        for part in ["icons", "screenshots"] {
            for picture in manifest[part].as_array().unwrap() {
                let path = picture["src"].as_str().unwrap();
                let file = std::path::Path::new("public").join(path.trim_start_matches('/'));
                assert!(file.exists(), "{path}");
            }
        }
    }
    assert_ne!(said[0], said[1]);
    let alice = house.in_browser("alice").await;
    let manifest: Value =
        serde_json::from_str(&alice.get("/manifest.webmanifest").await.text()).unwrap();
    for shortcut in manifest["shortcuts"].as_array().unwrap() {
        alice.get(shortcut["url"].as_str().unwrap()).await.is(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_whose_it_is_and_only_nobodys_may_be_stored() {
    let house = House::open().await;
    let (visitor, ling) = (house.visitor(), house.in_browser("小林").await);
    for path in ["/chat/", "/chat/lobby/", "/settings", "/nothing/here"] {
        let (seen, mine) = (visitor.get(path).await, ling.get(path).await);
        assert_eq!(seen.header("roomful-user"), Some(""), "{path}");
        assert_eq!(mine.header("roomful-user"), Some("%E5%B0%8F%E6%9E%97"), "{path}");
        assert_eq!(mine.header("cache-control"), Some("no-store"), "{path}");
    }
    // The page for when there is no network is the same for everybody, and says nothing of them.
    let (seen, mine) = (visitor.get("/offline").await.is(200), ling.get("/offline").await.is(200));
    assert_eq!((seen.header("roomful-user"), mine.header("roomful-user")), (None, None));
    assert!(!mine.text().contains("小林"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_leads_to_a_place_with_it_in_the_composer_and_makes_nothing() {
    let house = House::open().await;
    let alice = house.in_browser("alice").await;
    house.in_browser("bob").await;
    let asked =
        "/share?title=A+page&text=%3C%2Ftextarea%3E&url=https%3A%2F%2Fexample.org%2F%3Fa%3D%3Cb%3E";
    let to = house.visitor().get(asked).await.leads_to();
    assert_eq!(to, format!("/login?next={}", roomful::protocol::urls::encode(asked)));

    let page = alice.get(asked).await.is(200).text();
    let text = "A page\n&lt;/textarea&gt;\nhttps://example.org/?a=&lt;b&gt;</textarea>";
    assert!(page.contains(text), "{page}");
    assert!(page.contains("value=\"#lobby\""), "{page}");
    let found = alice.get("/share?text=hm&name=bo").await.is(200).text();
    assert!(found.contains("value=\"@bob\"") && !found.contains("value=\"#lobby\""), "{found}");
    let long = "x".repeat(300);
    alice.get(&format!("/share?text=hm&name={long}")).await.is(200);

    let there = alice.get("/share?text=a%0D%0Ab&to=%23lobby").await.leads_to();
    assert_eq!(there, "/chat/lobby/?draft=a%0Ab");
    let page = alice.get(&there).await.is(200).text();
    assert!(page.contains(">a\nb</textarea>"), "{page}");
    assert!(page.contains("\"draft\":\"a\\nb\""), "{page}");
    assert!(!house.visitor().get(&there).await.is(200).text().contains("a\nb"));
    let history = house.by_token("alice").await.try_history(LOBBY, "").await.is(200).text();
    assert!(!history.contains("a\\nb"), "{history}");
    // Neither a place that is not there nor my own log is anything to say it in.
    assert_eq!(alice.get("/share?text=a&to=%23nowhere").await.leads_to(), "/chat/nowhere/?draft=a");
    alice.get("/chat/nowhere/?draft=a").await.is(404);
    for to in ["~", "", "x", "%23"] {
        alice.get(&format!("/share?text=a&to={to}")).await.is(200);
    }
}
