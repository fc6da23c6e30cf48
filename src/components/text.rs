//! What was written, as elements: bold, code, lists, links. No HTML that a person wrote is ever read
//! as such.

use super::tree::Out;
use crate::protocol::{
    Target,
    markdown::{self, Address, Kind, Node},
    urls,
};
use crate::words::{Word, Words, words};
#[cfg(feature = "hydrate")]
use leptos::{
    prelude::*,
    tachys::renderer::{Rndr, types::Element},
};

/// The words of a message.
pub fn text(body: &str, out: &mut Out) {
    out.open("div", &[("class", "text")]);
    write(&markdown::parse(body), words(), out);
    out.close();
}

/// Tells the elements. It calls itself no deeper than [`markdown::parse`] nests.
fn write(nodes: &[Node], w: Words, out: &mut Out) {
    for node in nodes {
        match node {
            Node::Text(words) => out.words(words),
            Node::Code(code) => {
                out.open("code", &[]);
                out.words(code);
                out.close();
            }
            Node::Lines { language, code } => lines(language, code, w, out),
            Node::Person(name) => named("person", "@", &Target::Person(name.clone()), out),
            Node::Room(name) => named("room", "#", &Target::Room(name.clone()), out),
            Node::Link { to, shown } => link(to, shown, w, out),
            Node::Within(kind, nodes) => within(*kind, nodes, w, out),
        }
    }
}

fn lines(language: &str, code: &str, w: Words, out: &mut Out) {
    out.open("div", &[("class", "code")]);
    out.open("div", &[("class", "code-bar")]);
    out.open("span", &[]);
    if !language.is_empty() {
        out.words(language);
    }
    out.close();
    out.open("button", &[("class", "link"), ("type", "button"), (COPY, "")]);
    out.words(w.say(Word::CopyCode));
    out.close();
    out.close();
    // It scrolls by itself, so it can be reached without a mouse.
    out.open("pre", &[("dir", "ltr"), ("tabindex", "0")]);
    out.open("code", &[]);
    out.words(code);
    out.close();
    out.close();
    out.close();
}

fn named(class: &str, sign: &str, to: &Target, out: &mut Out) {
    out.open("a", &[("class", class), ("href", &urls::page(to)), ("data-go", "")]);
    out.words(sign);
    out.open("bdi", &[]);
    out.words(to.name());
    out.close();
    out.close();
}

/// A link says where it leads, where what is shown says something else.
fn link(to: &Address, shown: &[Node], w: Words, out: &mut Out) {
    let address = to.as_str();
    match to.host() {
        None => out.open("a", &[("href", address), ("data-go", "")]),
        Some(_) => out.open(
            "a",
            &[("href", address), ("target", "_blank"), ("rel", "noopener noreferrer nofollow")],
        ),
    }
    write(shown, w, out);
    out.close();
    let same = matches!(shown, [Node::Text(words)] if words == address);
    if let Some(host) = to.host().filter(|_| !same || to.disguised()) {
        out.open("span", &[("class", "host")]);
        out.words(" (");
        out.open("bdi", &[]);
        out.words(host);
        out.close();
        out.words(")");
        out.close();
    }
}

fn within(kind: Kind, nodes: &[Node], w: Words, out: &mut Out) {
    let tag = match kind {
        Kind::Bold => "strong",
        Kind::Italic => "em",
        Kind::Strike => "s",
        Kind::Quote => "blockquote",
        Kind::Bullets => "ul",
        Kind::Numbers => "ol",
        Kind::Item(_) => "li",
        // A box to tick: it opens by click and by key, and closes again, without a script.
        Kind::Spoiler => {
            out.open("label", &[("class", "spoiler")]);
            out.open(
                "input",
                &[("type", "checkbox"), ("class", "sr"), ("aria-label", w.say(Word::Spoiler))],
            );
            out.close();
            out.open("span", &[]);
            write(nodes, w, out);
            out.close();
            return out.close();
        }
    };
    match kind {
        Kind::Quote => out.open(tag, &[("dir", "auto")]),
        Kind::Item(Some(number)) => {
            out.open(tag, &[("dir", "auto"), ("value", &number.to_string())]);
        }
        Kind::Item(None) => out.open(tag, &[("dir", "auto")]),
        _ => out.open(tag, &[]),
    }
    write(nodes, w, out);
    out.close();
}

/// The mark of a button that copies the code below it.
const COPY: &str = "data-copy";
/// Finds such a button.
#[cfg(feature = "hydrate")]
pub const COPIES: &str = "[data-copy]";

/// Selects the code below such a button and copies it. The way by the selection works on plain http
/// too, and shows what was copied.
#[cfg(feature = "hydrate")]
pub fn copy(button: &Element) {
    use leptos::wasm_bindgen::JsCast;

    let block = button.closest(".code").ok().flatten();
    if let Some(code) = block.and_then(|block| block.query_selector("pre").ok().flatten())
        && let Ok(Some(selection)) = window().get_selection()
        && selection.select_all_children(&code).is_ok()
        && let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>()
        && document.exec_command("copy") == Ok(true)
    {
        // Style shows it.
        Rndr::set_attribute(button, COPY, "done");
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(body: &str) -> String {
        let mut out = Out::default();
        write(&markdown::parse(body), Words::default(), &mut out);
        let mut html = String::new();
        super::super::tree::html(&out.trees(), &mut html);
        html
    }

    #[test]
    fn signs_become_elements() {
        for (body, as_) in [
            ("a **b** *c* ~~d~~ `e`", "a <strong>b</strong> <em>c</em> <s>d</s> <code>e</code>"),
            ("> a", "<blockquote dir=\"auto\">a</blockquote>"),
            ("- a", "<ul><li dir=\"auto\">a</li></ul>"),
            ("7. a", "<ol><li dir=\"auto\" value=\"7\">a</li></ol>"),
            ("@bob", "<a class=\"person\" href=\"/talk/bob/\" data-go=\"\">@<bdi>bob</bdi></a>"),
            ("#[a b]", "<a class=\"room\" href=\"/chat/a%20b/\" data-go=\"\">#<bdi>a b</bdi></a>"),
            ("[x](/chat/a/)", "<a href=\"/chat/a/\" data-go=\"\">x</a>"),
        ] {
            assert_eq!(written(body), as_);
        }
        let lines = written("```rust\n\nlet a;\n```");
        assert!(lines.contains("<span>rust</span>"), "{lines}");
        assert!(lines.contains("<pre dir=\"ltr\" tabindex=\"0\"><code>\nlet a;</code></pre>"));
        let hidden = written("||a||");
        assert!(hidden.contains("aria-label=\"Spoiler\"><span>a</span></label>"), "{hidden}");
    }

    #[test]
    fn a_link_that_shows_something_else_says_where_it_leads() {
        let rel = "target=\"_blank\" rel=\"noopener noreferrer nofollow\"";
        let there = format!("<a href=\"https://a.b/?c&amp;d\" {rel}>https://a.b/?c&amp;d</a>");
        assert_eq!(written("https://a.b/?c&d"), there);
        for (body, host) in [
            ("[https://bank.example](https://evil.example/)", "evil.example"),
            ("https://bank.example@evil.example/", "evil.example"),
            ("[write](mailto:a@b.c)", "a@b.c"),
        ] {
            let shown = written(body);
            assert!(shown.ends_with(&format!("<bdi>{host}</bdi>)</span>")), "{shown}");
        }
    }

    #[test]
    fn nothing_is_obeyed() {
        let nasty =
            "<img src=x onerror=\"a\"> [\"><b>](https://a.b/\"onclick=\"x) `</code><script>`";
        let html = written(nasty);
        for tag in ["<img", "<b>", "<script", "\"onclick"] {
            assert!(!html.contains(tag), "{html}");
        }
    }

    proptest! {
        #[test]
        fn every_element_is_closed_and_nothing_else_is_one(
            body in "(\\PC|[<>\"&'\r\n]|[a-z*_~|`>#@.()\\-]|\\*\\*|```|\\]\\(|https?://|\n> |\n- ){0,60}"
        ) {
            const KNOWN: [&str; 16] = [
                "a", "bdi", "blockquote", "button", "code", "div", "em", "input", "label", "li",
                "ol", "pre", "s", "span", "strong", "ul",
            ];
            let html = written(&body);
            let mut open = Vec::new();
            for tag in html.split('<').skip(1) {
                let Some((inside, _)) = tag.split_once('>') else {
                    return Err(TestCaseError::fail(html));
                };
                let name = inside.split(' ').next().unwrap_or_default();
                match name.strip_prefix('/') {
                    Some(name) => prop_assert_eq!(open.pop(), Some(name)),
                    None => {
                        prop_assert!(!name.is_empty() && KNOWN.contains(&name), "{}", name);
                        if name != "input" {
                            open.push(name);
                        }
                    }
                }
            }
            prop_assert!(open.is_empty());
        }
    }
}
