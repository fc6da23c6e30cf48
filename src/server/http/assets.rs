//! The browser's side and the public files. They are part of the program (in debug they are read
//! from the disk), compressed when they were built, and kept by browsers for ever where their name
//! changes with their content.

use crate::{pages, words::Lang};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::{borrow::Cow, fmt::Write as _, sync::LazyLock};

/// What `make build` leaves; absent while only the compiler looks at the sources.
#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// Names the hashed files, for pages; not served itself.
const MANIFEST: &str = "manifest.json";
/// Everything in it has its content's hash in its name.
const HASHED: &str = "pkg/";
/// Bytes of the content's SHA-256 that make an entity tag.
const TAG: usize = 16;

#[derive(serde::Deserialize)]
struct Manifest {
    css: String,
    js: String,
    wasm: String,
    words: [String; Lang::ALL.len()],
    glue: String,
    release: String,
}

/// Addresses of the browser's side; empty where it was not built.
#[must_use]
pub fn manifest() -> pages::Assets {
    static KEPT: LazyLock<pages::Assets> = LazyLock::new(read_manifest);
    // In debug `make dev` may have made another site since.
    if cfg!(debug_assertions) { read_manifest() } else { KEPT.clone() }
}

fn read_manifest() -> pages::Assets {
    Site::get(MANIFEST)
        .and_then(|file| serde_json::from_slice::<Manifest>(&file.data).ok())
        .map(|Manifest { css, js, wasm, words, glue, release }| pages::Assets {
            css,
            js,
            wasm,
            words,
            glue,
            release,
        })
        .unwrap_or_default()
}

/// The file at this address, or a bare 404. For `get` routes, which answer HEAD too.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    find(uri.path(), &headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// The answer for the file at this path; `None` where there is none.
#[must_use]
pub fn find(path: &str, asked: &HeaderMap) -> Option<Response> {
    let path = path.strip_prefix('/')?;
    if path == MANIFEST || path.ends_with(".br") || path.split('/').any(hidden) {
        return None;
    }
    let plain = Site::get(path)?;
    let brotli = if takes_brotli(asked) { Site::get(&format!("{path}.br")) } else { None };
    let encoded = brotli.is_some();
    let tag = entity_tag(&plain, encoded);
    let mut answer = if has_it(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let data = match brotli.unwrap_or(plain).data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let mut answer = data.into_response();
        set(&mut answer, header::CONTENT_TYPE, content_type(path));
        if encoded {
            set(&mut answer, header::CONTENT_ENCODING, "br");
        }
        answer
    };
    set(&mut answer, header::VARY, "Accept-Encoding");
    set(&mut answer, header::CACHE_CONTROL, cache_control(path));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    Some(answer)
}

fn set(answer: &mut Response, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// Segments that lead elsewhere (`..`) or to what is nobody's business (`.well-known` would be
/// made by a handler).
fn hidden(segment: &str) -> bool {
    segment.is_empty() || segment.starts_with('.') || segment.contains('\\')
}

/// Whether the browser takes brotli.
pub(super) fn takes_brotli(asked: &HeaderMap) -> bool {
    let named = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0);
        coding.trim().eq_ignore_ascii_case("br") && !refused
    })
}

/// Of the plain content and the coding: the two forms are two entities.
fn entity_tag(plain: &EmbeddedFile, encoded: bool) -> String {
    let mut tag = String::from('"');
    for byte in &plain.metadata.sha256_hash()[..TAG] {
        // Writing to a string cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push_str(if encoded { "-br\"" } else { "\"" });
    tag
}

fn has_it(asked: &HeaderMap, tag: &str) -> bool {
    let held = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    held.flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn cache_control(path: &str) -> &'static str {
    if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpg" => "image/jpeg",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn brotli_only_for_who_takes_it() {
        for (value, takes) in [
            ("br", true),
            ("gzip, deflate, br", true),
            ("gzip;q=0.8, BR;q=0.5", true),
            ("gzip", false),
            ("br;q=0", false),
            ("gzip, br; q=0.0", false),
            ("brave", false),
            ("", false),
        ] {
            assert_eq!(takes_brotli(&asking(header::ACCEPT_ENCODING, value)), takes, "{value}");
        }
        assert!(!takes_brotli(&HeaderMap::new()));
    }

    #[test]
    fn who_has_it_is_told_so() {
        let tag = "\"ab-br\"";
        for (value, has) in [
            ("\"ab-br\"", true),
            ("W/\"ab-br\"", true),
            ("\"x\", \"ab-br\"", true),
            ("*", true),
            ("\"ab\"", false),
            ("", false),
        ] {
            assert_eq!(has_it(&asking(header::IF_NONE_MATCH, value), tag), has, "{value}");
        }
    }

    #[test]
    fn only_what_is_hashed_is_kept_for_ever() {
        assert!(cache_control("pkg/roomful.0123.wasm").contains("immutable"));
        for path in ["favicon.svg", "robots.txt", "pkgs/x.js", "sw.js"] {
            assert_eq!(cache_control(path), "no-cache", "{path}");
        }
    }

    #[test]
    fn types_that_browsers_insist_on() {
        assert_eq!(content_type("pkg/roomful.1.wasm"), "application/wasm");
        assert!(content_type("pkg/roomful.1.js").starts_with("text/javascript"));
        assert_eq!(content_type("LICENSE"), "application/octet-stream");
    }

    #[test]
    fn nothing_outside_the_site() {
        for path in [
            "",
            "/",
            "/pkg",
            "/pkg/",
            "/../Cargo.toml",
            "/pkg/../../Cargo.toml",
            "/pkg/..\\..\\Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "//etc/passwd",
            "/.git/config",
            "/manifest.json",
        ] {
            assert!(find(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
