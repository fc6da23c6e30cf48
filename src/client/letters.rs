//! Small and capital letters, of any script. The tables for it are large, and a browser has its own.

/// A text in small letters, to compare names by.
#[must_use]
pub fn small(text: &str) -> String {
    #[cfg(feature = "hydrate")]
    return js_sys::JsString::from(text).to_lower_case().into();
    #[cfg(not(feature = "hydrate"))]
    text.to_lowercase()
}

/// A text in capitals.
#[must_use]
pub fn capital(text: &str) -> String {
    #[cfg(feature = "hydrate")]
    return js_sys::JsString::from(text).to_upper_case().into();
    #[cfg(not(feature = "hydrate"))]
    text.to_uppercase()
}
