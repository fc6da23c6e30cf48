//! What a browser asks for to install the house, and what it keeps for when it cannot ask.

use super::pages::{Asked, Visitor, WHOSE};
use super::wishes;
use crate::pages;
use crate::protocol::{Target, urls};
use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};

/// `/manifest.webmanifest`: in the language, and of the colour, of whoever asks.
pub async fn manifest(headers: HeaderMap) -> Response {
    let manifest = pages::manifest(wishes::lang(&headers), wishes::theme(&headers));
    let said = [
        (header::CONTENT_TYPE, "application/manifest+json"),
        (header::CACHE_CONTROL, "no-cache, private"),
        (header::VARY, "accept-language, cookie"),
    ];
    (said, Json(manifest)).into_response()
}

/// `/offline`: the same for everybody who reads the same language, so it may be kept in a cache.
pub async fn offline(asked: Asked) -> Result<Response, Response> {
    let mut visitor = asked.visitor().await?;
    visitor.shell.me = None;
    visitor.shell.setting_up = false;
    let mut answer = visitor.answer(pages::offline(&visitor.shell));
    // Nobody's page, but it does not say that nobody is logged in.
    answer.headers_mut().remove(WHOSE);
    Ok(answer)
}

/// `/share`: what another program shares, and where to say it. It leads to a place with the text in its
/// composer, and makes nothing.
pub async fn share(asked: Asked) -> Result<Response, Response> {
    let visitor = asked.visitor().await?;
    let value = |name: &str| asked.values().get(name).map_or("", |value| value.trim());
    let most = visitor.app.domain.config.limits().body;
    let text = shared(value("title"), value("text"), value("url"), most);
    let to = Target::parse(value("to")).filter(|to| *to != Target::Own);
    if let Some(to) = to {
        return Ok(Redirect::to(&urls::with_draft(&to, &text)).into_response());
    }
    Ok(visitor.share(&text, value("name")).await)
}

impl Visitor<'_> {
    async fn share(&self, text: &str, name: &str) -> Response {
        let places = async {
            let mine = self.app.domain.my_places(&self.who).await?;
            let mine = mine.rooms.into_iter().chain(mine.people);
            let mine: Vec<_> = mine.map(|line| (line.to, line.online > 0)).collect();
            if name.is_empty() && !mine.is_empty() { Ok(mine) } else { self.places(name).await }
        };
        match places.await {
            Ok(places) => self.answer(pages::share(&self.shell, text, name, places)),
            Err(refusal) => self.trouble(&refusal),
        }
    }
}

/// One text of what a program shares in up to three parts; what stands in another is not said twice.
/// At most so many characters.
fn shared(title: &str, text: &str, url: &str, most: usize) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for (part, rest) in [(title, [text, url]), (text, [url, ""]), (url, [text, ""])] {
        let said = rest.iter().any(|other| *other != part && other.contains(part));
        if !part.is_empty() && !said && !parts.contains(&part) {
            parts.push(part);
        }
    }
    // A form sends line breaks as two characters each.
    parts.join("\n").replace("\r\n", "\n").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_said_once() {
        let link = "https://example.org/a";
        for (title, text, url, expected) in [
            ("", "", "", String::new()),
            ("A page", "", link, format!("A page\n{link}")),
            ("A page", "A page", link, format!("A page\n{link}")),
            ("A page", "look: A page", "", "look: A page".to_owned()),
            ("", "see https://example.org/a", link, "see https://example.org/a".to_owned()),
            (link, link, link, link.to_owned()),
            ("一", "二", "三", "一\n二\n三".to_owned()),
            ("", "a\r\nb", "", "a\nb".to_owned()),
        ] {
            assert_eq!(shared(title, text, url, 100), expected, "{title} {text} {url}");
        }
        assert_eq!(shared("说说", "", "", 1), "说");
    }
}
