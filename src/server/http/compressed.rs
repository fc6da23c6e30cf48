//! Pages as brotli, for browsers that take it. The files of the browser's side are compressed when
//! they are built (`assets.rs`); a page is made anew each time.

use brotli::enc::BrotliEncoderParams;

/// How hard it is tried, of 0 to 11: a page of 50 messages becomes an eighth of itself. More effort
/// gains little.
const QUALITY: i32 = 5;
/// A window (of 2 to this power bytes) that any page fits into; a larger one only takes memory.
const WINDOW: i32 = 17;
/// What fits into one packet is not worth it.
const LEAST: usize = 1_200;

/// The page's bytes, and whether they are brotli.
#[must_use]
pub fn page(html: String) -> (Vec<u8>, bool) {
    if html.len() < LEAST {
        return (html.into_bytes(), false);
    }
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        size_hint: html.len(),
        ..BrotliEncoderParams::default()
    };
    let mut small = Vec::with_capacity(html.len() / 4);
    // Reading from memory and writing to it does not fail; if it did, the page goes as it is.
    match brotli::BrotliCompress(&mut html.as_bytes(), &mut small, &params) {
        Ok(_) => (small, true),
        Err(_) => (html.into_bytes(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn what_goes_in_comes_out() {
        let html = "<article>说什么好呢</article>".repeat(500);
        let (body, is_small) = page(html.clone());
        assert!(is_small && body.len() < html.len() / 20);
        let mut back = String::new();
        brotli::Decompressor::new(&body[..], 4_096).read_to_string(&mut back).unwrap();
        assert_eq!(back, html);
        assert_eq!(page("short".to_owned()), (b"short".to_vec(), false));
    }
}
