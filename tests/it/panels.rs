//! Panels: a page's content alone, its forms, and who is shown what.

use super::support::{House, Person, http::Answer};

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
    assert_eq!(page.header("vary"), Some("x-roomful-panel"));
    let content = panel(&alice).get("/account").await.is(200);
    assert!(is_content(&content), "{}", content.text());
    assert_eq!(content.header("vary"), Some("x-roomful-panel"));
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
