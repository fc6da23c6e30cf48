//! What a search asks and answers.

use super::{At, Target};
use serde::{Deserialize, Serialize};

/// Characters of a question: longer than anybody types, and what bounds the work of answering it.
pub const QUESTION: usize = 256;
/// Hits on a page.
pub const HITS: usize = 20;

/// What is asked: the fields of the form, and the parameters of the call. Empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Asked {
    /// Words and filters (`from:`, `in:`, `before:`, `after:`, `on:`, `has:`).
    #[param(required = false)]
    pub q: String,
    /// Who said it.
    #[param(required = false)]
    pub from: String,
    /// Where: a room's name, `#room` or `@person`.
    #[param(required = false)]
    pub r#in: String,
    /// The first day, `2026-01-31` (UTC).
    #[param(
        required = false,
        pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$",
        example = "2026-01-31"
    )]
    pub since: String,
    /// The last day.
    #[param(
        required = false,
        pattern = "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$",
        example = "2026-12-31"
    )]
    pub until: String,
    /// Where to go on: the `older` of the page before.
    #[param(required = false, pattern = "^(-?[0-9]{1,19})?$")]
    pub older: String,
}

impl Asked {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let fields = [&self.q, &self.from, &self.r#in, &self.since, &self.until];
        fields.iter().all(|field| field.trim().is_empty())
    }
}

/// A piece of a hit's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Piece {
    /// As it was written, its white space as single spaces.
    pub text: String,
    /// Whether it is what was looked for.
    pub lit: bool,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Hit {
    /// Where, as whoever asks sees it.
    pub to: Target,
    /// Its id.
    pub id: String,
    /// Its seq.
    pub seq: i64,
    /// Who said it.
    pub author: String,
    /// When.
    pub at: At,
    /// The text around the first match.
    pub pieces: Vec<Piece>,
}

/// A page of what was found, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Found {
    /// The hits.
    pub hits: Vec<Hit>,
    /// Where to go on, if there is or may be more.
    pub older: Option<String>,
    /// How far back was looked, where it took too long to look at everything: `older` goes on.
    pub back_to: Option<At>,
    /// Whether all that was ever said can be found by now: a house that was made by an earlier
    /// version is taken up in the background, the newest first.
    pub whole: bool,
}
