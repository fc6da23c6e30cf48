//! A room's or a conversation's page.

use super::{
    Returned, Shell,
    document::{Page, document, json},
};
use crate::{
    client::first_state,
    components::{HouseView, timeline},
    protocol::views::House,
};
use leptos::prelude::*;

/// A room's or a conversation's page. Inside `<div id="house">` stands what the browser's side
/// renders again when it wakes, and nothing else.
#[must_use]
pub fn house(shell: &Shell, mut house: House, returned: Option<Returned>) -> String {
    // A refused message comes back with the id it had, so that sending it again is the same try.
    if let Some(returned) = returned {
        if !returned.typed("cid").is_empty() {
            house.cid = returned.typed("cid").to_owned();
        }
        house.draft = returned.typed("body").to_owned();
        house.refusal = Some(returned.refusal);
    }
    let page = Page {
        title: house.history.to.name().to_owned(),
        class: "inside",
        wakes: true,
        data: Some(("house-data", json(&house))),
    };
    document(shell, page, || {
        let state = first_state(&house);
        view! {
            <a class="skip" href=format!("#{}", timeline::ID)>"Skip to the messages"</a>
            <div id="house">
                <HouseView state/>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{At, Refusal, Target, views};

    fn lobby(body: &str) -> House {
        House {
            me: Some(views::Me { name: "alice".to_owned(), admin: false }),
            limits: crate::protocol::limits::Limits::default(),
            history: views::History {
                to: Target::Room("a%b?c".to_owned()),
                epoch: "e1".to_owned(),
                top: 41,
                messages: vec![views::Message {
                    id: "1-41".to_owned(),
                    seq: 41,
                    author: "bob".to_owned(),
                    author_kind: views::AuthorKind::User,
                    body: body.to_owned(),
                    at: At(0),
                    edited_at: None,
                    deleted: false,
                    reply_to: None,
                    reactions: Vec::new(),
                    cid: None,
                }],
            },
            before: None,
            older: true,
            read: 41,
            online: crate::protocol::frames::Online::default(),
            side: views::Side::default(),
            cid: "c-1".to_owned(),
            draft: String::new(),
            refusal: None,
        }
    }

    #[test]
    fn what_people_write_is_shown_and_never_obeyed() {
        let nasty = "</script><img src=x onerror=alert(1)>";
        let html = house(&Shell::default(), lobby(nasty), None);
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains("\\u003c/script>"), "{html}");
        assert!(html.contains("&lt;/script&gt;&lt;img"), "{html}");
    }

    #[test]
    fn works_by_plain_forms_and_links() {
        let html = house(&Shell::default(), lobby("hi"), None);
        for part in [
            "action=\"/api/say\"",
            "name=\"to\" value=\"#a%b?c\"",
            "name=\"cid\" value=\"c-1\"",
            "name=\"page\" value=\"/chat/a%25b%3Fc/\"",
            "href=\"/chat/a%25b%3Fc/?before=41\"",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn a_refused_message_comes_back_with_its_text_and_its_id() {
        let returned = Returned {
            action: "/api/say".to_owned(),
            refusal: Refusal::too_long("body", "Too long."),
            fields: vec![
                ("body".to_owned(), "\n</textarea><b>".to_owned()),
                ("cid".to_owned(), "c-0".to_owned()),
            ],
        };
        let html = house(&Shell::default(), lobby("hi"), Some(returned));
        assert!(html.contains(">\n\n&lt;/textarea&gt;&lt;b&gt;</textarea>"), "{html}");
        assert!(html.contains("name=\"cid\" value=\"c-0\""), "{html}");
        assert!(html.contains(">Too long.</p>"), "{html}");
    }

    #[test]
    fn a_visitor_has_no_form_but_a_way_in() {
        let html = house(&Shell::default(), House { me: None, ..lobby("hi") }, None);
        assert!(!html.contains("/api/say"), "{html}");
        assert!(html.contains("href=\"/login?next=%2Fchat%2Fa%2525b%253Fc%2F\""), "{html}");
    }
}
