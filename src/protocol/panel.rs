//! Panels: pages that the browser's program shows beside what is on the screen. Both headers are
//! ours, so no other site's page can send them unasked.

/// In a request: only the page's content is wanted. In the answer: this is no more than that.
pub const HEADER: &str = "x-roomful-panel";
/// In the answer to a panel's form, in place of a redirect: where it leads.
pub const GO: &str = "x-roomful-go";
