//! The document around every page: head, style, and the program where the page has use for it.
//! Whether a page or only its content is answered, for a panel, is decided here.

use super::{Shell, Theme, installed, jump};
use crate::{
    components::{
        notice,
        page_header::{foot, page_header},
        panel,
    },
    protocol::urls,
    words::Words,
};
use leptos::{html, prelude::*};
use serde::Serialize;

/// One page to put into a document.
pub struct Page {
    /// Before the house's name in the title.
    pub title: String,
    /// The body's class.
    pub class: &'static str,
    /// Whether the program wakes it…
    pub wakes: bool,
    /// …and with what: the id of the data's script, and the data as JSON.
    pub data: Option<(&'static str, String)>,
}

/// A page outside the rooms, which a panel may show as well.
pub struct Outside {
    /// Before the house's name in the title.
    pub title: String,
    /// The page's class, which says how wide it is.
    pub page: &'static str,
    /// The content's class.
    pub content: &'static str,
    /// Whether the header has my account; not where the page is about logging in.
    pub account: bool,
}

impl Outside {
    /// A page of the ordinary width.
    pub fn new(title: impl Into<String>, content: &'static str) -> Self {
        Self { title: title.into(), page: "page", content, account: true }
    }
}

/// A page outside the rooms: whole, or its content alone for a panel.
pub fn outside<V: IntoView + 'static>(
    shell: &Shell,
    outside: Outside,
    content: impl FnOnce() -> V,
) -> String {
    let Outside { title, page: width, content: class, account } = outside;
    if shell.panel {
        let owner = Owner::new();
        return owner.with(|| {
            provide_context(Words::of(shell.lang));
            view! { <div class=class>{content()}</div> }.to_html()
        });
    }
    let page = Page { title, class: "outside", wakes: false, data: None };
    document(shell, page, || {
        view! {
            <div class=width>
                {page_header(shell, account)}
                <main class=class>{content()}</main>
                {foot()}
            </div>
        }
    })
}

/// The whole page. Every view is built inside one owner, which ends with it.
pub fn document<V: IntoView + 'static>(
    shell: &Shell,
    page: Page,
    body: impl FnOnce() -> V,
) -> String {
    let owner = Owner::new();
    owner.with(|| {
        provide_context(Words::of(shell.lang));
        let Page { title, class, wakes, data } = page;
        let program = wakes.then(|| program(shell));
        let data = data.map(|(id, json)| {
            view! { <script type="application/json" id=id inner_html=json></script> }
        });
        view! {
            <!DOCTYPE html>
            <html
                lang=shell.lang.tag()
                data-theme=shell.theme.code()
                data-letters=shell.letters_off.then_some("off")
                data-enter=shell.enter_breaks.then_some("line")
            >
                <head>
                    <meta charset="utf-8"/>
                    <meta
                        name="viewport"
                        content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                    />
                    <title>{format!("{title} · Roomful")}</title>
                    <meta name="color-scheme" content=shell.theme.scheme()/>
                    {bars(shell.theme)}
                    <link rel="icon" href=urls::ICON type="image/svg+xml"/>
                    <link rel="stylesheet" href=shell.assets.css.clone()/>
                    {installed::head(shell)}
                    {program}
                    {shell.run.as_deref().map(|run| reload_after(run, &shell.nonce))}
                </head>
                <body class=class>
                    {shell.setting_up.then(notice::setting_up)}
                    {body()}
                    {data}
                    {installed::newer(shell)}
                    {wakes.then(|| (panel::dialog(), jump::frame()))}
                </body>
            </html>
        }
        .to_html()
    })
}

/// The colours of the browser's own bars, while the system is light and while it is dark.
fn bars(theme: Theme) -> impl IntoView {
    let bar = |colour: &'static str, system: &'static str| {
        html::meta().attr("name", "theme-color").attr("content", colour).attr("media", system)
    };
    let [day, night] = theme.bars();
    (bar(day, "(prefers-color-scheme: light)"), bar(night, "(prefers-color-scheme: dark)"))
}

/// Loads the program and wakes the page with it.
fn program(shell: &Shell) -> impl IntoView + use<> {
    let (js, wasm, nonce) =
        (shell.assets.js.clone(), shell.assets.wasm.clone(), shell.nonce.clone());
    let words = shell.assets.words[shell.lang as usize].clone();
    let script = format!(
        "import init, {{ hydrate }} from {};\n\
         const words = fetch({}).then((it) => it.text());\n\
         await init({{ module_or_path: {} }});\n\
         hydrate(await words);",
        json(&js),
        json(&words),
        json(&wasm)
    );
    view! {
        <link rel="modulepreload" href=js nonce=nonce.clone()/>
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <link rel="preload" href=words r#as="fetch" r#type="text/plain" crossorigin="anonymous"/>
        <script type="module" nonce=nonce inner_html=script></script>
    }
}

/// For `make dev`: the page looks each second whether another run of the server answers.
fn reload_after(run: &str, nonce: &str) -> impl IntoView + use<> {
    let script = format!(
        "setInterval(async () => {{\n\
           const run = await fetch('/healthz').then((it) => it.text(), () => null);\n\
           if (run?.startsWith('ok ') && run !== {}) location.reload();\n\
         }}, 1000);",
        json(&format!("ok {run}\n"))
    );
    view! { <script nonce=nonce.to_owned() inner_html=script></script> }
}

/// Data as JSON that cannot end the script around it.
pub fn json<T: Serialize>(data: &T) -> String {
    // Plain data with text keys: it always has a JSON form.
    let json = serde_json::to_string(data).unwrap_or_default();
    if json.contains('<') { json.replace('<', "\\u003c") } else { json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_script() {
        let text = "</script><!--<script>";
        let written = json(&text);
        assert!(!written.contains('<'), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).ok().as_deref(), Some(text));
    }
}
