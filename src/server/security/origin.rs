//! Where a request comes from: other sites may not act in our users' names.

use axum::http::{HeaderMap, header};

/// Whether an `Origin` header is absent or ours: equal to the public URL's origin or, where that
/// is not set, with the host and port of `Host`.
#[must_use]
pub fn is_ours(headers: &HeaderMap, public_origin: Option<&str>) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    match public_origin {
        Some(ours) => origin.eq_ignore_ascii_case(ours),
        None => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            let theirs = origin.split_once("://").map(|(_, host)| host);
            matches!((host, theirs), (Some(host), Some(theirs)) if host.eq_ignore_ascii_case(theirs))
        }
    }
}

/// Whether a browser says that another site is asking (`Sec-Fetch-Site`, Fetch Metadata).
#[must_use]
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// A URL's origin: scheme, host and port.
#[must_use]
pub fn of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    matches!(scheme, "http" | "https").then(|| format!("{scheme}://{host}").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "chat.example:3000".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn k18_only_our_own_origin_passes() {
        assert!(is_ours(&headers(None), None));
        assert!(is_ours(&headers(Some("http://chat.example:3000")), None));
        for foreign in
            ["http://chat.example", "https://evil.example", "null", "chat.example:3000.evil"]
        {
            assert!(!is_ours(&headers(Some(foreign)), None), "{foreign}");
        }
        let public = of("https://chat.example/");
        assert_eq!(public.as_deref(), Some("https://chat.example"));
        assert!(is_ours(&headers(Some("https://chat.example")), public.as_deref()));
        assert!(!is_ours(&headers(Some("http://chat.example:3000")), public.as_deref()));
    }
}
