//! Parts of the page that are told as plain elements, rather than as Leptos' views: each of those is
//! a type of its own, with code of its own in the browser's program for making, waking and changing
//! it. The server writes these as HTML; the browser takes that over as it stands, and later changes
//! only what has become different. No HTML that a person wrote is ever read as such.

#[cfg(feature = "ssr")]
use leptos::tachys::html::InertElement;
use leptos::{
    html::InnerHtmlValue,
    prelude::*,
    tachys::renderer::{
        Rndr,
        types::{Element, Node},
    },
    wasm_bindgen::JsCast,
};
use std::sync::Arc;

/// Where elements of pictures are defined.
const SVG: &str = "http://www.w3.org/2000/svg";

/// An element or, without a tag, a text.
#[derive(Debug, Default, PartialEq)]
pub struct Tree {
    /// Names it among its siblings, where one stays itself wherever it is moved to.
    pub key: String,
    tag: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    inside: Trees,
}

/// Trees beside each other. They are shared: what has not changed need not be told again.
pub type Trees = Vec<Arc<Tree>>;

/// What elements are told to, from the first to the last.
#[derive(Default)]
pub struct Out {
    done: Trees,
    open: Vec<Tree>,
}

impl Out {
    /// An element begins.
    pub fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.open.push(Tree { tag, ..Tree::default() });
        for (name, value) in attributes {
            self.attribute(name, value);
        }
    }

    /// The element that began last has this, too.
    pub fn attribute(&mut self, name: &'static str, value: &str) {
        if let Some(element) = self.open.last_mut() {
            element.attributes.push((name, value.to_owned()));
        }
    }

    /// Whether it is shown.
    pub fn hidden(&mut self, hidden: bool) {
        self.maybe("hidden", hidden.then_some(""));
    }

    /// The same, where there is a value.
    pub fn maybe(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.attribute(name, value);
        }
    }

    /// A text. Those beside each other are one, as in HTML, and an empty one is none.
    pub fn words(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        let beside = self.beside();
        if let Some(text) = beside.last_mut().and_then(Arc::get_mut).filter(|it| it.tag.is_empty())
        {
            text.text.push_str(words);
        } else {
            beside.push(Arc::new(Tree { text: words.to_owned(), ..Tree::default() }));
        }
    }

    /// The element that began last ends.
    pub fn close(&mut self) {
        if let Some(tree) = self.open.pop() {
            self.beside().push(Arc::new(tree));
        }
    }

    /// An element with nothing but words in it.
    pub fn leaf(&mut self, tag: &'static str, attributes: &[(&'static str, &str)], words: &str) {
        self.open(tag, attributes);
        self.words(words);
        self.close();
    }

    /// The element that began last goes by this key among its siblings.
    pub fn key(&mut self, key: &str) {
        if let Some(element) = self.open.last_mut() {
            key.clone_into(&mut element.key);
        }
    }

    /// All that was told.
    pub fn trees(self) -> Trees {
        self.done
    }

    /// The one element that was told.
    pub fn keyed(self, key: &str) -> Arc<Tree> {
        let mut tree = self.done.into_iter().next().unwrap_or_default();
        if let Some(tree) = Arc::get_mut(&mut tree) {
            key.clone_into(&mut tree.key);
        }
        tree
    }

    /// The one element that is told, on pages that are rendered and stay as they are.
    #[cfg(feature = "ssr")]
    pub fn view(tell: impl FnOnce(&mut Self)) -> InertElement {
        let (mut out, mut told) = (Self::default(), String::new());
        tell(&mut out);
        html(&out.trees(), &mut told);
        InertElement::new(told)
    }

    fn beside(&mut self) -> &mut Trees {
        match self.open.last_mut() {
            Some(element) => &mut element.inside,
            None => &mut self.done,
        }
    }
}

/// What is told, now and whenever anything that it depends on has changed.
type Tell = Box<dyn FnMut() -> Trees + Send>;

/// The inside of an element: `inner_html=Grown::new(…)`. Leptos calls this place "inner HTML"; in the
/// browser none is read.
pub struct Grown(Tell);

impl Grown {
    /// What follows the signals that it reads.
    pub fn new(tell: impl FnMut() -> Trees + Send + 'static) -> Self {
        Self(Box::new(tell))
    }

    /// The same, told to an [`Out`].
    pub fn told(tell: impl Fn(&mut Out) + Send + 'static) -> Self {
        Self::new(move || {
            let mut out = Out::default();
            tell(&mut out);
            out.trees()
        })
    }

    /// What stays as it is.
    pub fn fixed(trees: Trees) -> Self {
        Self::new(move || trees.clone())
    }

    fn begin(mut self, element: &Element, there: bool) -> <Self as InnerHtmlValue>::State {
        let inside = element.clone();
        let effect = RenderEffect::new(move |old: Option<Trees>| {
            let new = (self.0)();
            if old.is_some() || !there {
                change(&inside, &old.unwrap_or_default(), &new);
            }
            new
        });
        (element.clone(), effect)
    }
}

impl IntoAttributeValue for Grown {
    type Output = Self;

    fn into_attribute_value(self) -> Self {
        self
    }
}

impl InnerHtmlValue for Grown {
    type AsyncOutput = Self;
    type State = (Element, RenderEffect<Trees>);
    type Cloneable = String;
    type CloneableOwned = String;

    fn html_len(&self) -> usize {
        0
    }

    fn to_html(mut self, buf: &mut String) {
        html(&(self.0)(), buf);
    }

    fn to_template(_: &mut String) {}

    /// The server has written it.
    fn hydrate<const FROM_SERVER: bool>(self, element: &Element) -> Self::State {
        self.begin(element, true)
    }

    fn build(self, element: &Element) -> Self::State {
        self.begin(element, false)
    }

    fn rebuild(self, state: &mut Self::State) {
        let element = state.0.clone();
        Rndr::clear_children(&element);
        *state = self.begin(&element, false);
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

/// The trees as HTML.
pub fn html(trees: &[Arc<Tree>], to: &mut String) {
    for tree in trees {
        if tree.tag.is_empty() {
            escaped(&tree.text, to);
            continue;
        }
        to.push('<');
        to.push_str(tree.tag);
        for (name, value) in &tree.attributes {
            to.push(' ');
            to.push_str(name);
            to.push_str("=\"");
            escaped(value, to);
            to.push('"');
        }
        to.push('>');
        // The elements that have no end.
        if !matches!(tree.tag, "input" | "img") {
            html(&tree.inside, to);
            to.push_str("</");
            to.push_str(tree.tag);
            to.push('>');
        }
    }
}

fn escaped(mut text: &str, to: &mut String) {
    // All of these are one byte: what stands between them is put in at once.
    while let Some(at) = text.bytes().position(|b| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\r')) {
        to.push_str(&text[..at]);
        to.push_str(match text.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            // As it stands it would become a line break.
            _ => "&#13;",
        });
        text = &text[at + 1..];
    }
    to.push_str(text);
}

/// Makes of what is inside this element, which were the old trees, the new ones. What can stay does:
/// a selection, the focus or a film in it is not lost, and nothing is read out twice.
fn change(element: &Element, old: &[Arc<Tree>], new: &[Arc<Tree>]) {
    let mut nodes = Vec::new();
    let mut next = Rndr::first_child(element);
    while let Some(node) = next {
        next = Rndr::next_sibling(&node);
        nodes.push(Some(node));
    }
    // Else somebody, an extension perhaps, has put something in: all of it is made anew.
    let known = nodes.len() == old.len();
    let mut from = 0;
    let mut stays = |tree: &Tree| {
        let same = |at: &usize| {
            known && nodes[*at].is_some() && old[*at].tag == tree.tag && old[*at].key == tree.key
        };
        let at = (from..old.len()).chain(0..from).find(same)?;
        from = at + 1;
        Some((nodes[at].take()?, at))
    };
    // What goes is gone before anything else is put in its place, so that what stays need not move.
    let stay: Vec<_> = new.iter().map(|tree| stays(tree)).collect();
    for gone in nodes.into_iter().flatten() {
        Rndr::remove(&gone);
    }
    let mut place = Rndr::first_child(element);
    for (tree, stays) in new.iter().zip(stay) {
        let node = match stays {
            Some((node, at)) => {
                alter(&node, &old[at], tree);
                if place.as_ref() == Some(&node) {
                    place = Rndr::next_sibling(&node);
                    continue;
                }
                node
            }
            None => made(tree),
        };
        Rndr::insert_node(element, &node, place.as_ref());
    }
}

fn alter(node: &Node, old: &Arc<Tree>, new: &Arc<Tree>) {
    if Arc::ptr_eq(old, new) || old == new {
        return;
    }
    if new.tag.is_empty() {
        node.set_text_content(Some(&new.text));
        return;
    }
    let element: &Element = node.unchecked_ref();
    for attribute in &new.attributes {
        if !old.attributes.contains(attribute) {
            Rndr::set_attribute(element, attribute.0, &attribute.1);
        }
    }
    for (name, _) in &old.attributes {
        if !new.attributes.iter().any(|(other, _)| other == name) {
            Rndr::remove_attribute(element, name);
        }
    }
    if old.inside != new.inside {
        change(element, &old.inside, &new.inside);
    }
}

fn made(tree: &Tree) -> Node {
    if tree.tag.is_empty() {
        return Rndr::create_text_node(&tree.text).into();
    }
    let picture = matches!(tree.tag, "svg" | "path");
    let element = Rndr::create_element(tree.tag, picture.then_some(SVG));
    for (name, value) in &tree.attributes {
        Rndr::set_attribute(&element, name, value);
    }
    for inside in &tree.inside {
        Rndr::insert_node(&element, &made(inside), None);
    }
    element.into()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn texts_beside_each_other_are_one_and_empty_ones_none() {
        let mut out = Out::default();
        out.open("p", &[("title", "a \"b\" & c")]);
        out.maybe("hidden", None);
        out.words("a <");
        out.words("");
        out.words("b>\r");
        out.leaf("input", &[("value", "")], "");
        out.words("");
        out.close();
        let trees = out.trees();
        assert_eq!(trees[0].inside.len(), 2);
        let mut told = String::new();
        html(&trees, &mut told);
        assert_eq!(
            told,
            "<p title=\"a &quot;b&quot; &amp; c\">a &lt;b&gt;&#13;<input value=\"\"></p>"
        );
    }
}
