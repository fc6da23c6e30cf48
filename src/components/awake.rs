//! The mark that the program has taken the page over, for style and for tests.

use leptos::prelude::*;

/// Puts `data-awake` on the document.
pub fn tell() {
    if let Some(root) = document().document_element() {
        // Nothing depends on it but what is looked at from outside.
        let _ = root.set_attribute("data-awake", "");
    }
}
