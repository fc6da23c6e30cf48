use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A tree in one line: what is within signs stands in brackets after a letter.
fn drawn(nodes: &[Node]) -> String {
    let mut text = String::new();
    for node in nodes {
        match node {
            Node::Text(words) => text.push_str(words),
            Node::Code(code) => text.push_str(&format!("c[{code}]")),
            Node::Lines { language, code } => text.push_str(&format!("pre:{language}[{code}]")),
            Node::Person(name) => text.push_str(&format!("@[{name}]")),
            Node::Room(name) => text.push_str(&format!("#[{name}]")),
            Node::Link { to, shown } => {
                let shown = drawn(shown);
                let to =
                    if shown == to.as_str() { String::new() } else { format!("->{}", to.as_str()) };
                text.push_str(&format!("a[{shown}{to}]"));
            }
            Node::Within(kind, nodes) => {
                let letter = match kind {
                    Kind::Bold => "b".to_owned(),
                    Kind::Italic => "i".to_owned(),
                    Kind::Strike => "s".to_owned(),
                    Kind::Spoiler => "spoiler".to_owned(),
                    Kind::Quote => "q".to_owned(),
                    Kind::Bullets => "ul".to_owned(),
                    Kind::Numbers => "ol".to_owned(),
                    Kind::Item(None) => "li".to_owned(),
                    Kind::Item(Some(number)) => format!("li{number}"),
                };
                text.push_str(&format!("{letter}[{}]", drawn(nodes)));
            }
        }
    }
    text
}

fn reads(body: &str, as_: &str) {
    assert_eq!(drawn(&parse(body)), as_, "{body:?}");
}

fn plain(body: &str) {
    reads(body, body);
}

#[test]
fn signs_in_pairs() {
    reads("a **b** c", "a b[b] c");
    reads("*a* _b_ ~~c~~ ||d||", "i[a] i[b] s[c] spoiler[d]");
    reads("***a***", "b[i[a]]");
    reads("**a *b***", "b[a i[b]]");
    reads("*a **b***", "i[a b[b]]");
    reads("*a **b*", "i[a **b]");
    reads("**a\nb**", "b[a\nb]");
    reads("**a _b** c_", "b[a _b] c_");
    reads("(*a*), \"**b**\"!", "(i[a]), \"b[b]\"!");
    reads("这是**重点**内容。**“好”**吗", "这是b[重点]内容。b[“好”]吗");
    reads("**굵게**는", "b[굵게]는");
}

#[test]
fn signs_that_mean_themselves() {
    for text in [
        "2*3*4",
        "2 * 3 * 4",
        "snake_case_name",
        "__init__",
        "a || b || c",
        "a||b",
        "5 *stars",
        "****",
        "||||",
        "~~~~",
        "~5 to ~6",
        "a ** b",
        "_",
        "*",
        "**",
        "f(**kwargs, *args)",
        ">.<",
        ">:( no",
        "-5 degrees",
        "#",
        "# not a heading",
        "#12",
        "&#39;",
        "C# and F#",
        "a@b",
        "me@example.org",
        "@",
        "@.",
        "[x]",
        "[x] (y)",
        "[a](javascript:alert(1))",
        "[a](b.c)",
        "1.5 is more",
        "2026. was a year",
        "-",
        "- ",
        "```",
        "``",
        "`",
        "¯\\_(ツ)_/¯",
        "\\",
        "a\\b",
        "  two spaces",
        "<b>not html</b>",
        "a > b",
        "ftp://example.org",
    ] {
        plain(text);
    }
    reads("\\*a\\* \\`b\\` \\@c \\# \\> d", "*a* `b` @c # > d");
    reads("\\> no quote", "> no quote");
    reads("\\- no list", "- no list");
}

#[test]
fn code_is_left_alone() {
    reads("`a **b** @c`", "c[a **b** @c]");
    reads("`` a ` b ``", "c[a ` b]");
    reads("a ` b", "a ` b");
    reads("```rust\nlet x = 1;\n\nx\n```", "pre:rust[let x = 1;\n\nx]");
    reads("```\n**a**\n```", "pre:[**a**]");
    reads("```c++\na```\nb", "pre:c++[a]b");
    reads("so:\n```\na\n```\nyes", "so:pre:[a]yes");
    reads("so: ```\na\n```", "so: pre:[a]");
    reads("```some words\nb\n```", "pre:[some words\nb]");
    reads("````\n```\n````", "pre:[```]");
    reads("```a```", "c[a]");
    reads("```\nnever closed", "```\nnever closed");
    reads("```\n```", "pre:[]");
}

#[test]
fn blocks_line_by_line() {
    reads("> a\n> **b**\nc", "q[a\nb[b]]c");
    reads(">> a", "q[q[a]]");
    reads("> a\n>\n> b", "q[a\n\nb]");
    reads("- a\n- b", "ul[li[a]li[b]]");
    reads("list:\n* a\n* b\n\nend", "list:ul[li[a]li[b]]end");
    reads("1. a\n3) b", "ol[li1[a]li3[b]]");
    reads("- a\n  - b\n  - c\n- d", "ul[li[aul[li[b]li[c]]]li[d]]");
    reads("- a\n\tb", "ul[li[a\nb]]");
    reads("1. a\n   more\n2. b", "ol[li1[a\nmore]li2[b]]");
    reads("- a\n1. b", "ul[li[a]]ol[li1[b]]");
    reads("- > a", "ul[li[q[a]]]");
    reads("a\n\nb", "a\n\nb");
    reads("\n\na\n\n- b\n\n\nc\n", "aul[li[b]]c");
    reads("> ```\n> a\n> ```", "q[pre:[a]]");
}

#[test]
fn addresses_are_found_and_the_sentence_is_left_alone() {
    for (text, as_) in [
        ("see https://example.org.", "see a[https://example.org]."),
        ("(https://example.org/a_(b))", "(a[https://example.org/a_(b)])"),
        ("HTTP://Example.org/?q=1&r=2#top, and", "a[HTTP://Example.org/?q=1&r=2#top], and"),
        ("看https://example.org/x这里", "看a[https://example.org/x]这里"),
        ("https://de.wikipedia.org/wiki/Köln!", "a[https://de.wikipedia.org/wiki/Köln]!"),
        ("“https://example.org/”", "“a[https://example.org/]”"),
        ("http://[::1]:3000/ works", "a[http://[::1]:3000/] works"),
        ("**https://example.org/**", "b[a[https://example.org/]]"),
        ("||https://example.org/a||", "spoiler[a[https://example.org/a]]"),
        ("a\nhttps://example.org\nb", "a\na[https://example.org]\nb"),
        ("http://a.b http://c.d", "a[http://a.b] a[http://c.d]"),
        ("<https://example.org/a b>", "<a[https://example.org/a] b>"),
        ("<https://example.org/*a*>", "a[https://example.org/*a*]"),
        ("mailto:a@example.org.", "a[mailto:a@example.org]."),
        ("[text](https://example.org/a_(b)) x", "a[text->https://example.org/a_(b)] x"),
        ("[**b** `c`](http://a.b)", "a[b[b] c[c]->http://a.b]"),
        ("[https://a.b](https://c.d)", "a[https://a.b->https://c.d]"),
        ("[@bob #x](http://a.b)", "a[@bob #x->http://a.b]"),
        ("[](http://a.b)", "a[http://a.b]"),
        ("[x [y](http://a.b)", "[x a[y->http://a.b]"),
        ("[here](/chat/lobby/)", "a[here->/chat/lobby/]"),
        ("[a\\](http://a.b)", "a[a\\->http://a.b]"),
        ("see [https://a.b]", "see [a[https://a.b]]"),
    ] {
        reads(text, as_);
    }
    for text in [
        "javascript://%0aalert(1)",
        "data:text/html,x",
        "https://",
        "http:// x",
        "xhttps://example.org",
        "ftp://example.org",
        "https://。",
        "://",
        "é://x",
        "https://<b>",
        "mailto:nobody",
        "[a](//evil.example)",
        "[a](/account)",
        "[a](https://)",
        "[a](data:x)",
        "<javascript:x>",
        "</chat/lobby/>",
    ] {
        assert!(!drawn(&parse(text)).contains("a["), "{text}");
    }
}

#[test]
fn a_link_says_where_it_leads() {
    for (address, host, disguised) in [
        ("https://example.org/a", Some("example.org"), false),
        ("https://bank.example@evil.example/", Some("evil.example"), true),
        ("https://evil.example\\@bank.example/", Some("evil.example"), false),
        ("http://evil.example?@bank.example", Some("evil.example"), false),
        ("mailto:a@b.c?subject=d", Some("a@b.c"), false),
        ("/chat/lobby/", None, false),
    ] {
        let address = Address::given(address).unwrap();
        assert_eq!((address.host(), address.disguised()), (host, disguised), "{address:?}");
    }
}

#[test]
fn names_of_people_and_rooms() {
    reads("@alice: hi", "@[alice]: hi");
    reads("hi @alice.", "hi @[alice].");
    reads("(@小林)，@हिन्दी！", "(@[小林])，@[हिन्दी]！");
    reads("你好@小林 在", "你好@[小林] 在");
    reads("*@alice* _@bob_", "i[@[alice]] i[@[bob]]");
    reads("@a.b-c_d", "@[a.b-c_d]");
    reads("see #lobby, #中文", "see #[lobby], #[中文]");
    reads("#[release 2.4] and #[中文 聊天室]", "#[release 2.4] and #[中文 聊天室]");
    plain("#[ x] #[a/b]");
    plain(&format!("@{}", "a".repeat(33)));
    reads(&format!("@{}", "a".repeat(32)), &format!("@[{}]", "a".repeat(32)));
}

#[test]
fn those_are_mentioned_who_are_not_in_code() {
    assert_eq!(mentions("@bob, **@sam** and @bob; `@kim` ||@noor||"), ["bob", "sam", "noor"]);
    assert_eq!(mentions("> @bob\n- @sam\n```\n@kim\n```"), ["bob", "sam"]);
    assert_eq!(mentions("/me waves to @bob"), ["bob"]);
    assert_eq!(mentions("a@b.c \\@bob [@kim](http://a.b)"), Vec::<String>::new());
    let many: String = (0..4_000).map(|n| format!("@a{n} ")).collect();
    assert_eq!(mentions(&many).len(), MENTIONS);
}

#[test]
fn an_action_is_what_follows_me() {
    assert_eq!(action("/me waves"), Some("waves"));
    assert_eq!(action("/me  *waves*"), Some("*waves*"));
    for text in ["/me", "/me ", "/mean", "me waves", " /me waves"] {
        assert_eq!(action(text), None, "{text}");
    }
}

/// How deep a tree is.
fn depth(nodes: &[Node]) -> usize {
    let below = |node: &Node| match node {
        Node::Within(_, nodes) | Node::Link { shown: nodes, .. } => depth(nodes),
        _ => 0,
    };
    1 + nodes.iter().map(below).max().unwrap_or(0)
}

/// Each block and its items; each kind of sign and a link; the pieces themselves.
const DEEPEST: usize = 2 * DEEP + 6 + 1 + 1;

/// The letters and digits of a text.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The letters and digits of a tree, addresses and languages too, in the order of the text.
fn all_letters(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|node| match node {
            Node::Text(text) | Node::Code(text) | Node::Person(text) | Node::Room(text) => {
                letters(text)
            }
            Node::Lines { language, code } => letters(language) + &letters(code),
            Node::Link { to, shown } if *shown == [Node::Text(to.as_str().to_owned())] => {
                letters(to.as_str())
            }
            Node::Link { to, shown } => all_letters(shown) + &letters(to.as_str()),
            Node::Within(Kind::Item(Some(number)), nodes) => {
                format!("{number}{}", all_letters(nodes))
            }
            Node::Within(_, nodes) => all_letters(nodes),
        })
        .collect()
}

fn holds(text: &str) {
    let nodes = parse(text);
    assert!(depth(&nodes) <= DEEPEST, "{} deep: {text:?}", depth(&nodes));
    fn no_link_in_a_link(nodes: &[Node], in_link: bool) -> bool {
        nodes.iter().all(|node| match node {
            Node::Link { shown, .. } => !in_link && no_link_in_a_link(shown, true),
            Node::Person(_) | Node::Room(_) => !in_link,
            Node::Within(_, nodes) => no_link_in_a_link(nodes, in_link),
            Node::Text(text) => !text.is_empty(),
            _ => true,
        })
    }
    assert!(no_link_in_a_link(&nodes, false), "{text:?}");
}

#[test]
fn bombs_take_no_longer_than_their_length() {
    /// What one of them would take hours for, if it took time with the square of its length.
    const LENGTH: usize = 200_000;
    let begun = Instant::now();
    for bomb in [
        "*",
        "**",
        "* ",
        "*a",
        "*a ",
        "a*",
        "**a ",
        "_",
        "_a ",
        "_a_ ",
        "~~",
        "||",
        "|| ",
        "||a ",
        "`",
        "` ",
        "`a",
        "``a`",
        "```",
        "```\n",
        "```a\n",
        "````\n```\n",
        "[",
        "]",
        "[]",
        "[[[]]]",
        "[a](",
        "[](/chat/",
        "[a](b)",
        "[(",
        "](",
        "(",
        ")",
        "<",
        "<http://",
        "<http://a ",
        ">",
        "> ",
        ">\n",
        "> > > > > > ",
        "- ",
        "- a\n",
        "- - - - ",
        "  - a\n",
        "1. ",
        "1. a\n",
        " ",
        "\n",
        "\\",
        "\\*",
        ":",
        "://",
        "http://",
        "http://!",
        "http://a(",
        "http://a)",
        "http://a.",
        "mailto:",
        "mailto:a",
        "mailto:a@",
        "mailto:a@b ",
        "@",
        "@a",
        "@a ",
        "@a.",
        "#",
        "#a",
        "#[",
        "#[a ",
        "#[a]",
        "a",
        "*_~~||[",
        "*a _b ~~c ||d [e ",
        "\u{301}",
        "é",
        "小",
        "😀",
        "\r\n",
        "- a\n  ",
        "\t",
    ] {
        let text = bomb.repeat(LENGTH / bomb.len());
        assert!(!parse(&text).is_empty() || text.trim().is_empty());
        // The depth grows with the stack that it takes to look: a message's length of it.
        holds(&bomb.repeat(4_000 / bomb.len()));
        holds(&format!("{}x", bomb.repeat(4_000 / bomb.len())));
    }
    for text in [
        (1..800).map(|n| "`".repeat(n) + " ").collect::<String>(),
        (1..800).rev().map(|n| "`".repeat(n) + "\n").collect(),
        (0..400).map(|n| " ".repeat(n) + "- a\n").collect(),
        format!("{}{}", "[".repeat(100_000), "](http://a.b)".repeat(20_000)),
        format!("{}{}", "**a ".repeat(50_000), " b**".repeat(50_000)),
        format!("http://a{}{}", "(".repeat(100_000), ")".repeat(100_000)),
    ] {
        holds(&text);
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn nothing_that_is_said_is_lost(
        text in "(\\PC|[ \n\t\r]|[a-z0-9*_~|`>#@.()\\-]|\\*\\*|```|\\]\\(|https?://|mailto:|\n> |\n- |\n1\\. |/chat/){0,60}"
    ) {
        holds(&text);
        // `1.` is `001.` too.
        let zeros = |text: &str| letters(text).replace('0', "");
        prop_assert_eq!(all_letters(&parse(&text)).replace('0', ""), zeros(&text), "{}", text);
    }

    #[test]
    fn what_has_no_signs_is_itself(text in "[a-zé小 ,!?\n]{1,60}[a-z]") {
        let nodes = parse(&text);
        prop_assert_eq!(nodes, vec![Node::Text(text.trim_matches('\n').to_owned())]);
    }

    #[test]
    fn mentions_are_names(text in "(@?\\PC|@[a-z]{1,3} ){0,40}") {
        for name in mentions(&text) {
            let typed = format!("@{name}");
            prop_assert!(text.contains(&typed));
            prop_assert!(name.chars().all(crate::protocol::names::in_user_name));
        }
    }
}
