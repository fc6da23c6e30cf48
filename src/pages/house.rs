//! A room's or a conversation's page.

use super::{
    Returned, Shell,
    document::{Page, document, json},
};
use crate::{
    client::{HouseState, Row, first_rows, first_state, rows::Unread, state_around},
    components::{
        HouseView,
        house::JOIN,
        message,
        timeline::{self, KeptRows},
        tree,
    },
    protocol::views::{House, Message},
    words::{Word, Words},
};
use leptos::prelude::*;
use serde::Serialize;
use std::sync::Arc;

/// A room's or a conversation's page. Inside `<div id="house">` stands what the browser's side
/// renders again when it wakes, and nothing else.
#[must_use]
pub fn house(shell: &Shell, house: House, returned: Option<Returned>) -> String {
    let house = with_returned(house, returned);
    written(shell, &house, json(&house), || first_state(&house))
}

/// The same page around rows that were rendered before ([`rows`]), to the byte. `ends` are the seqs of
/// its oldest and its newest message, none in an empty log; `Messages` are their JSON.
#[must_use]
pub fn house_around<Messages: Serialize>(
    shell: &Shell,
    house: House<Messages>,
    rows: &str,
    ends: Option<(i64, i64)>,
    returned: Option<Returned>,
) -> String {
    let house = with_returned(house, returned);
    // What is long is not handed through the rendering, which copies it from hand to hand, but put
    // into its places afterwards. Nobody who writes knows the nonce of the page to come.
    let place: Arc<str> = format!("<!--{}-->", shell.nonce).into();
    let data = json(&house);
    let page = written(shell, &house, place.to_string(), || {
        provide_context(KeptRows(Arc::clone(&place)));
        state_around(&house, ends)
    });
    let mut whole = String::with_capacity(page.len() + rows.len() + data.len());
    let mut put_in = [rows, &data].into_iter();
    for part in page.split(&*place) {
        whole.push_str(part);
        whole.push_str(put_in.next().unwrap_or_default());
    }
    whole
}

/// The rows of a page's log, put together of what [`row`] gives for each. They depend on its
/// messages and on [`new_line`] alone, so that all who read the same may be shown the same.
#[must_use]
pub fn rows<Html: AsRef<str>>(house: &House, row: impl Fn(&Row) -> Html) -> String {
    let rows: Vec<Html> = first_rows(house).iter().map(|(_, it)| row(it)).collect();
    let length: usize = rows.iter().map(|row| row.as_ref().len()).sum();
    let mut html = String::with_capacity(length);
    html.extend(rows.iter().map(AsRef::as_ref));
    html
}

/// A row of a page's log: nothing decides how it looks but what is in it, and the language.
#[must_use]
pub fn row(words: Words, row: &Row) -> String {
    // The key names the row for what one does to a message that was not sent; here all are.
    Owner::new().with(|| {
        provide_context(words);
        let mut html = String::new();
        tree::html(&[message::row("", row)], &mut html);
        html
    })
}

/// Above which message the line stands that says what is new, by its seq. `messages` are newest
/// first.
#[must_use]
pub fn new_line<Messages>(house: &House<Messages>, messages: &[Message]) -> Option<i64> {
    let me = house.me.as_ref().map(|me| me.name.as_str());
    Unread::of(house)?.first(me, messages.iter().rev(), house.history.older)
}

/// A refused message comes back with the id it had, so that sending it again is the same try.
fn with_returned<Messages>(
    mut house: House<Messages>,
    returned: Option<Returned>,
) -> House<Messages> {
    if let Some(returned) = returned {
        if !returned.typed("cid").is_empty() {
            house.cid = returned.typed("cid").to_owned();
        }
        house.draft = returned.typed("body").to_owned();
        house.refusal = Some(returned.refusal);
    }
    house
}

fn written<Messages>(
    shell: &Shell,
    house: &House<Messages>,
    data: String,
    state: impl FnOnce() -> HouseState,
) -> String {
    let page = Page {
        title: house.history.to.name().to_owned(),
        class: "inside",
        wakes: true,
        data: Some(("house-data", data)),
    };
    document(shell, page, || {
        let state = state();
        view! {
            <a class="skip" href=format!("#{}", timeline::ID)>{Words::of(shell.lang).say(Word::SkipToMessages)}</a>
            <div id="house">
                <HouseView state/>
            </div>
            <form id=JOIN method="post" action="/api/join"></form>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{At, Refusal, Target, views};

    fn lobby(body: &str) -> House {
        House {
            me: Some(views::Me { name: "alice".to_owned(), admin: false, blocked: Vec::new() }),
            limits: crate::protocol::limits::Limits::default(),
            history: views::History {
                to: Target::Room("a%b?c".to_owned()),
                epoch: "e1".to_owned(),
                top: 41,
                about: views::About::default(),
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
                    quote: None,
                    files: Vec::new(),
                    reactions: Vec::new(),
                    cid: None,
                }],
                older: true,
                newer: false,
            },
            at: None,
            read: 41,
            mine: None,
            online: crate::protocol::frames::Online::default(),
            side: views::Side::default(),
            faces: Default::default(),
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

    /// Fifty messages of some authors over two days: one deleted, one changed, one with a link.
    fn long(read: i64) -> House {
        let mut house = lobby("x");
        let one = house.history.messages.remove(0);
        let reaction = |emoji: &str| views::Reaction {
            emoji: emoji.to_owned(),
            users: (0..14).map(|n| format!("<u{n}>")).chain(["alice".to_owned()]).collect(),
        };
        house.read = read;
        house.history.top = 60;
        house.history.messages = (0..50)
            .map(|back| {
                let seq = 60 - back;
                views::Message {
                    id: format!("1-{seq}"),
                    seq,
                    author: ["alice", "bob", "<i>"][(seq / 4 % 3) as usize].to_owned(),
                    body: format!("{seq} </script><b>\n & https://example.org/?a={seq}&b"),
                    at: At(seq * 100_000 + if seq > 30 { 86_400_000 } else { 0 }),
                    edited_at: (seq == 40).then_some(At(0)),
                    deleted: seq == 41,
                    reply_to: (seq % 10 == 2).then(|| "1-<3".to_owned()),
                    quote: (seq % 10 == 2).then(|| views::Quote {
                        author: "<b>".to_owned(),
                        text: (seq == 42).then(|| "</a>&".to_owned()),
                    }),
                    reactions: ["👍", "❤️"]
                        .map(reaction)
                        .into_iter()
                        .take((seq % 3) as usize)
                        .collect(),
                    cid: Some(format!("c-{seq}")),
                    ..one.clone()
                }
            })
            .collect();
        house
    }

    #[test]
    fn what_somebody_says_whom_i_blocked_is_folded_away_from_the_first() {
        let mut it = lobby("hello there");
        let plain = house(&Shell::default(), it.clone(), None);
        assert!(plain.contains("hello there") && !plain.contains("<details"), "{plain}");
        if let Some(me) = &mut it.me {
            me.blocked = vec!["bob".to_owned()];
        }
        let html = house(&Shell::default(), it, None);
        let folded = html.split_once("<details><summary>").and_then(|(_, rest)| {
            let (folded, _) = rest.split_once("</details>")?;
            folded.split_once("</summary>")
        });
        assert!(folded.is_some_and(|(_, hidden)| hidden.contains("hello there")), "{html}");
        assert!(!html.split("<details>").next().unwrap().contains("hello there"), "{html}");
    }

    #[test]
    fn a_page_around_kept_rows_is_the_page_itself() {
        let visitor = |house: House| House { me: None, ..house };
        let empty = |mut house: House| {
            house.history.messages.clear();
            house.history.top = 0;
            house.history.older = false;
            house
        };
        let older = |mut house: House, older| {
            house.history.older = older;
            house
        };
        let newer = |mut house: House| {
            house.history.newer = true;
            House { at: Some("1-30".to_owned()), ..house }
        };
        let talk = |mut house: House| {
            house.history.to = Target::Person("bob".to_owned());
            house
        };
        let mut with_side = long(41);
        for (to, unread) in [("lobby", 0), ("a%b?c", 100)] {
            let to = Target::Room(to.to_owned());
            with_side.side.rooms.push(views::Line {
                to,
                online: 1,
                unread,
                mentions: 0,
                level: crate::protocol::people::Level::All,
                at: None,
            });
        }
        let many = ["z", "alice", "A", "b<c>"].map(str::to_owned).to_vec();
        with_side.online =
            crate::protocol::frames::Online { count: 4, users: Some(many), idle: Vec::new() };
        let returned = Returned {
            action: "/api/say".to_owned(),
            refusal: Refusal::too_long("body", "Too long."),
            fields: vec![("body".to_owned(), "</textarea>".to_owned())],
        };
        for (it, returned) in [
            (long(60), None),
            (long(0), None),
            (long(12), None),
            (long(11), None),
            (long(59), None),
            (long(44), Some(returned)),
            (visitor(long(20)), None),
            (newer(long(60)), None),
            (newer(long(20)), None),
            (older(long(60), false), None),
            (older(long(5), false), None),
            (empty(long(0)), None),
            (empty(long(5)), None),
            (visitor(empty(long(0))), None),
            (talk(long(33)), None),
            (talk(empty(long(0))), None),
            (with_side, None),
        ] {
            let shell = Shell { nonce: "n-1".to_owned(), me: it.me.clone(), ..Shell::default() };
            let plain = house(&shell, it.clone(), returned.clone());
            // Rows made for another reader of the same, with the line in the same place.
            let new = new_line(&it, &it.history.messages);
            let for_another = House {
                me: Some(views::Me { name: "zoe".to_owned(), admin: true, blocked: Vec::new() }),
                read: new.map_or(60, |seq| seq - 1),
                cid: "c-9".to_owned(),
                side: views::Side::default(),
                ..it.clone()
            };
            let ends = crate::client::ends(&it.history.messages);
            let json = serde_json::value::to_raw_value(&it.history.messages).unwrap();
            let around = house_around(
                &shell,
                it.map(|_| json),
                &rows(&for_another, |it| row(Words::default(), it)),
                ends,
                returned,
            );
            assert_eq!(plain, around);
        }
    }
}
