//! What a browser needs to install the house: the manifest, what every page says of it, the quiet word
//! that there is a newer release, and the page that stands in for one that cannot be had.

use super::{
    Shell, Theme,
    document::{Outside, outside},
    look::{DAY, NIGHT},
};
use crate::{
    components::{
        facade::facade,
        icons::{self, icon},
    },
    protocol::{sheets::Sheet, urls},
    words::{Lang, Word, Words, words},
};
use leptos::prelude::*;
use serde_json::{Value, json};

/// The web app manifest ([W3C](https://www.w3.org/TR/appmanifest/)), in the reader's language.
#[must_use]
pub fn manifest(lang: Lang, theme: Theme) -> Value {
    let w = Words::of(lang);
    let (icon, maskable) = ("any", "maskable");
    let icons = [
        ("/icon-192.png", 192, icon),
        ("/icon-512.png", 512, icon),
        ("/icon-maskable-192.png", 192, maskable),
        ("/icon-maskable-512.png", 512, maskable),
    ]
    .map(|(src, side, purpose)| {
        json!({ "src": src, "sizes": format!("{side}x{side}"), "type": "image/png", "purpose": purpose })
    });
    let shots =
        [("/shot-wide.webp", "1440x900", "wide"), ("/shot-narrow.webp", "390x844", "narrow")].map(
            |(src, sizes, form)| {
                json!({
                    "src": src,
                    "sizes": sizes,
                    "type": "image/webp",
                    "form_factor": form,
                    "label": w.say(Word::ShotOfRoom),
                })
            },
        );
    let shortcuts = [
        (Word::OpenARoom, Sheet::NewRoom.address()),
        (Word::Search, urls::SEARCH.to_owned()),
        (Word::Notifications, urls::NOTICES.to_owned()),
        (Word::JumpTo, urls::JUMP.to_owned()),
    ]
    .map(|(name, url)| json!({ "name": w.say(name), "url": url }));
    let colour = if theme == Theme::Dark { NIGHT } else { DAY };
    json!({
        "id": "/",
        "name": "Roomful",
        "short_name": "Roomful",
        "description": w.say(Word::AppDescription),
        "lang": lang.tag(),
        "dir": "ltr",
        "start_url": urls::INDEX,
        "scope": "/",
        "display": "standalone",
        "theme_color": colour,
        "background_color": colour,
        "categories": ["social", "productivity"],
        "icons": icons,
        "screenshots": shots,
        "shortcuts": shortcuts,
        "share_target": {
            "action": urls::SHARE,
            "method": "GET",
            "enctype": "application/x-www-form-urlencoded",
            "params": { "title": "title", "text": "text", "url": "url" },
        },
    })
}

/// In the head of every page.
pub fn head(shell: &Shell) -> impl IntoView + use<> {
    let glue = shell.assets.glue.clone();
    let glue = (!glue.is_empty()).then(|| {
        view! { <script defer=true nonce=shell.nonce.clone() src=glue></script> }
    });
    view! {
        // With cookies: they say which language is read.
        <link rel="manifest" href=urls::MANIFEST crossorigin="use-credentials"/>
        <link rel="apple-touch-icon" href=urls::APPLE_ICON/>
        <meta name="apple-mobile-web-app-title" content="Roomful"/>
        {glue}
    }
}

/// At the end of every page: hidden until there is a newer release than the page's.
pub fn newer(shell: &Shell) -> impl IntoView + use<> {
    let w = words();
    view! {
        <div class="release-bar" id="newer" role="status" hidden=true data-release=shell.assets.release.clone()>
            <p>{w.say(Word::NewerRelease)}</p>
            <button type="button" class="button">{w.say(Word::TakeNewer)}</button>
            <button type="button" class="icon-button" aria-label=w.say(Word::Close)>{icon(icons::CLOSE)}</button>
        </div>
    }
}

/// In place of a page that cannot be had: the same for everybody. Which places are kept on the device
/// the glue script fills in.
#[must_use]
pub fn offline(shell: &Shell) -> String {
    let title = Words::of(shell.lang).say(Word::OfflineTitle);
    let page = Outside { account: false, ..Outside::new(title, "offline-page") };
    outside(shell, page, || {
        let w = words();
        view! {
            <div class="empty">
                {facade(0)}
                <h1>{title}</h1>
                <p>{w.say(Word::OfflineWhy)}</p>
                <p><a class="button" href="">{w.say(Word::OfflineAgain)}</a></p>
            </div>
            <section class="kept">
                <h2>{w.say(Word::OfflineKept)}</h2>
                <ul class="rooms" id="kept">
                    <template>
                        <li><a href=""><span aria-hidden="true"></span><b dir="auto"></b><time></time><p dir="auto"></p></a></li>
                    </template>
                </ul>
                <p class="aside" id="kept-none">{w.say(Word::OfflineNone)}</p>
            </section>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_has_what_browsers_ask_for() {
        for (lang, theme, colour) in
            [(Lang::En, Theme::System, DAY), (Lang::Zh, Theme::Dark, NIGHT)]
        {
            let it = manifest(lang, theme);
            assert_eq!(it["id"], "/");
            assert_eq!(it["scope"], "/");
            assert_eq!(it["start_url"], "/chat/");
            assert_eq!(it["display"], "standalone");
            assert_eq!(it["lang"], lang.tag());
            assert_eq!(
                (&it["theme_color"], &it["background_color"]),
                (&json!(colour), &json!(colour))
            );
            let all = |part: &str, field: &str| -> Vec<String> {
                let list = it[part].as_array().cloned().unwrap_or_default();
                list.iter().map(|one| one[field].as_str().unwrap_or_default().to_owned()).collect()
            };
            assert_eq!(all("icons", "sizes"), ["192x192", "512x512", "192x192", "512x512"]);
            assert_eq!(all("icons", "purpose"), ["any", "any", "maskable", "maskable"]);
            assert_eq!(all("screenshots", "form_factor"), ["wide", "narrow"]);
            assert!(all("shortcuts", "url").iter().all(|url| url.starts_with('/')));
            assert_eq!(all("shortcuts", "name").len(), 4);
            assert!(all("shortcuts", "name").iter().all(|name| !name.is_empty()));
        }
        let said = |lang| manifest(lang, Theme::System)["description"].clone();
        assert_ne!(said(Lang::En), said(Lang::Zh));
    }

    #[test]
    fn the_offline_page_is_nobodys_and_has_no_script_of_its_own() {
        let html = offline(&Shell::default());
        assert!(html.contains("id=\"kept\"") && html.contains("id=\"kept-none\""), "{html}");
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("log_out") && !html.contains("/login"), "{html}");
    }
}
