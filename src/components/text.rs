//! What was written, as elements: bold, code, lists, links. The server writes them as HTML and the
//! browser makes them one by one; both are told by [`write`] which, so that they are the same. No
//! HTML that a person wrote is ever read as such.

use crate::protocol::{
    Target,
    markdown::{self, Address, Kind, Node},
    urls,
};
use crate::words::{Word, Words, words};
use leptos::{
    html::{self, InnerHtmlAttribute, InnerHtmlValue},
    prelude::*,
    tachys::renderer::{Rndr, types::Element},
};

/// The words of a message.
pub fn text(body: &str) -> impl IntoView + use<> {
    html::div().class("text").inner_html(Written { body: body.to_owned(), words: words() })
}

/// What the elements are given to, from the first to the last. Attributes without a value are left
/// out.
trait Out {
    fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]);
    fn words(&mut self, words: &str);
    fn close(&mut self, tag: &'static str);
}

/// Tells the elements. It calls itself no deeper than [`markdown::parse`] nests.
fn write(nodes: &[Node], w: Words, out: &mut dyn Out) {
    for node in nodes {
        match node {
            Node::Text(words) => out.words(words),
            Node::Code(code) => {
                out.open("code", &[]);
                out.words(code);
                out.close("code");
            }
            Node::Lines { language, code } => lines(language, code, w, out),
            Node::Person(name) => named("person", "@", &Target::Person(name.clone()), out),
            Node::Room(name) => named("room", "#", &Target::Room(name.clone()), out),
            Node::Link { to, shown } => link(to, shown, w, out),
            Node::Within(kind, nodes) => within(*kind, nodes, w, out),
        }
    }
}

fn lines(language: &str, code: &str, w: Words, out: &mut dyn Out) {
    out.open("div", &[("class", "code")]);
    out.open("div", &[("class", "code-bar")]);
    out.open("span", &[]);
    if !language.is_empty() {
        out.words(language);
    }
    out.close("span");
    out.open("button", &[("class", "link"), ("type", "button"), (COPY, "")]);
    out.words(w.say(Word::CopyCode));
    out.close("button");
    out.close("div");
    // It scrolls by itself, so it can be reached without a mouse.
    out.open("pre", &[("dir", "ltr"), ("tabindex", "0")]);
    out.open("code", &[]);
    out.words(code);
    out.close("code");
    out.close("pre");
    out.close("div");
}

fn named(class: &str, sign: &str, to: &Target, out: &mut dyn Out) {
    out.open("a", &[("class", class), ("href", &urls::page(to)), ("data-go", "")]);
    out.words(sign);
    out.open("bdi", &[]);
    out.words(to.name());
    out.close("bdi");
    out.close("a");
}

/// A link says where it leads, where what is shown says something else.
fn link(to: &Address, shown: &[Node], w: Words, out: &mut dyn Out) {
    let address = to.as_str();
    match to.host() {
        None => out.open("a", &[("href", address), ("data-go", "")]),
        Some(_) => out.open(
            "a",
            &[("href", address), ("target", "_blank"), ("rel", "noopener noreferrer nofollow")],
        ),
    }
    write(shown, w, out);
    out.close("a");
    let same = matches!(shown, [Node::Text(words)] if words == address);
    if let Some(host) = to.host().filter(|_| !same || to.disguised()) {
        out.open("span", &[("class", "host")]);
        out.words(" (");
        out.open("bdi", &[]);
        out.words(host);
        out.close("bdi");
        out.words(")");
        out.close("span");
    }
}

fn within(kind: Kind, nodes: &[Node], w: Words, out: &mut dyn Out) {
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
            out.close("input");
            out.open("span", &[]);
            write(nodes, w, out);
            out.close("span");
            return out.close("label");
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
    out.close(tag);
}

/// A text that becomes elements. Leptos calls this place "inner HTML"; in the browser none is read.
struct Written {
    body: String,
    words: Words,
}

impl Written {
    fn tell(&self, out: &mut dyn Out) {
        write(&markdown::parse(&self.body), self.words, out);
    }
}

impl InnerHtmlValue for Written {
    type AsyncOutput = Self;
    type State = (Element, String);
    type Cloneable = String;
    type CloneableOwned = String;

    fn html_len(&self) -> usize {
        self.body.len()
    }

    fn to_html(self, buf: &mut String) {
        self.tell(&mut Html(buf));
    }

    fn to_template(_: &mut String) {}

    /// The server has written them.
    fn hydrate<const FROM_SERVER: bool>(self, element: &Element) -> Self::State {
        (element.clone(), self.body)
    }

    fn build(self, element: &Element) -> Self::State {
        self.tell(&mut Elements(vec![element.clone()]));
        (element.clone(), self.body)
    }

    /// A text that has not changed is not touched: what is selected or opened in it stays so.
    fn rebuild(self, state: &mut Self::State) {
        if self.body != state.1 {
            state.0.set_text_content(None);
            *state = self.build(&state.0);
        }
    }

    fn into_cloneable(self) -> Self::Cloneable {
        self.into_cloneable_owned()
    }

    /// What may be cloned is HTML already.
    fn into_cloneable_owned(self) -> Self::CloneableOwned {
        let mut html = String::new();
        self.to_html(&mut html);
        html
    }

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self::AsyncOutput {
        self
    }
}

/// The elements as HTML.
struct Html<'a>(&'a mut String);

impl Html<'_> {
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // As it stands it would become a line break.
                '\r' => self.0.push_str("&#13;"),
                c => self.0.push(c),
            }
        }
    }
}

impl Out for Html<'_> {
    fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.escaped(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    fn words(&mut self, words: &str) {
        self.escaped(words);
    }

    fn close(&mut self, tag: &'static str) {
        // The one element that has no end.
        if tag != "input" {
            self.0.push_str("</");
            self.0.push_str(tag);
            self.0.push('>');
        }
    }
}

/// The elements themselves; those that are open, outermost first.
struct Elements(Vec<Element>);

impl Elements {
    fn put(&self, node: &leptos::web_sys::Node) {
        if let Some(open) = self.0.last() {
            Rndr::insert_node(open, node, None);
        }
    }
}

impl Out for Elements {
    fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        let element = Rndr::create_element(tag, None);
        for (name, value) in attributes {
            Rndr::set_attribute(&element, name, value);
        }
        self.put(&element);
        self.0.push(element);
    }

    fn words(&mut self, words: &str) {
        self.put(&Rndr::create_text_node(words));
    }

    fn close(&mut self, _: &'static str) {
        self.0.pop();
    }
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
        let mut html = String::new();
        Written { body: body.to_owned(), words: Words::default() }.to_html(&mut html);
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

    /// Elements that are open; the one without an end holds nothing.
    #[derive(Default)]
    struct Nested(Vec<&'static str>);

    impl Out for Nested {
        fn open(&mut self, tag: &'static str, _: &[(&'static str, &str)]) {
            assert_ne!(self.0.last(), Some(&"input"));
            self.0.push(tag);
        }

        fn words(&mut self, words: &str) {
            assert!(!words.is_empty() && self.0.last() != Some(&"input"));
        }

        fn close(&mut self, tag: &'static str) {
            assert_eq!(self.0.pop(), Some(tag));
        }
    }

    #[test]
    fn both_sides_nest_alike() {
        let body = "a **b _c_** ~~d~~ ||e `f`|| @g #h https://i.j [k](http://l.m)\n> n\n- o\n1. p\n```q\nr\n```";
        let mut nested = Nested::default();
        write(&markdown::parse(body), Words::default(), &mut nested);
        assert!(nested.0.is_empty());
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
