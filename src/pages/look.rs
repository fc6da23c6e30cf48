//! How the house looks to somebody: light, dark, or as their system is.

/// The colour of a browser's own bars by day…
pub const DAY: &str = "#f1ede5";
/// …and by night: the walls of the two.
pub const NIGHT: &str = "#1a1d25";

/// A choice between light and dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its name in the cookie and on `<html data-theme>`.
    #[must_use]
    pub fn code(self) -> &'static str {
        ["system", "light", "dark"][self as usize]
    }

    /// The inverse of [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }

    /// What `<meta name="color-scheme">` says: known before the style sheet is.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        ["light dark", "light", "dark"][self as usize]
    }

    /// The colours of the browser's bars while the system is light, and while it is dark.
    #[must_use]
    pub fn bars(self) -> [&'static str; 2] {
        [[DAY, NIGHT], [DAY, DAY], [NIGHT, NIGHT]][self as usize]
    }
}
