//! The pages, a file each: data in, HTML out. Pages read nothing from anywhere; what they show is
//! handed to them.

use crate::protocol::{
    At, Refusal,
    views::{House, Index, Me},
};

/// Addresses of the hashed files of the browser's side.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The script that loads the program.
    pub js: String,
    /// The program.
    pub wasm: String,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SignUp {
    /// Anyone.
    #[default]
    Open,
    /// Whoever has an invitation link.
    Invite,
    /// Nobody; the administrator makes accounts.
    Closed,
}

/// What every page needs.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// The nonce of this answer's scripts.
    pub nonce: String,
    /// The browser's side.
    pub assets: Assets,
    /// Who is looking.
    pub me: Option<Me>,
    /// No user exists yet: every page says that the house is being set up.
    pub setting_up: bool,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// The page's own path and query, for forms that come back to it.
    pub path: String,
}

/// A form that was refused: shown again as it was filled in.
#[derive(Clone, Debug)]
pub struct Returned {
    /// The form's action, `/api/say`.
    pub action: String,
    /// Why.
    pub refusal: Refusal,
    /// What was typed, passwords left out.
    pub fields: Vec<(String, String)>,
}

/// One of my sessions.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// Names it in the form that ends it.
    pub id: String,
    /// The program it was begun with, as the browser names itself.
    pub agent: String,
    /// Begun.
    pub created_at: At,
    /// Last used, to within some minutes.
    pub seen_at: At,
    /// Whether it is the one that is looking.
    pub this: bool,
}

/// An invitation link that still opens the door.
#[derive(Clone, Debug)]
pub struct InviteLine {
    /// The whole address.
    pub link: String,
    /// Names it in the form that ends it.
    pub id: String,
    /// Until when.
    pub expires_at: At,
}

/// The account page's data.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// My sessions, the latest first.
    pub sessions: Vec<SessionLine>,
    /// The open invitations; `None` where I may not make any.
    pub invites: Option<Vec<InviteLine>>,
    /// "Your password was changed.", after it was.
    pub done: Option<String>,
}

/// The room index.
#[must_use]
pub fn index(shell: &Shell, index: Index, returned: Option<Returned>) -> String {
    format!("{shell:?} {index:?} {returned:?}")
}

/// A room's or a conversation's page.
#[must_use]
pub fn house(shell: &Shell, house: House, returned: Option<Returned>) -> String {
    format!("{shell:?} {house:?} {returned:?}")
}

/// Logging in.
#[must_use]
pub fn log_in(shell: &Shell, next: &str, returned: Option<Returned>) -> String {
    format!("{shell:?} {next:?} {returned:?}")
}

/// Signing up; `invite` from the link, if there was one.
#[must_use]
pub fn sign_up(
    shell: &Shell,
    next: &str,
    invite: Option<String>,
    returned: Option<Returned>,
) -> String {
    format!("{shell:?} {next:?} {invite:?} {returned:?}")
}

/// Making the first administrator; `key` from the link, `None` where it is missing or wrong.
#[must_use]
pub fn set_up(shell: &Shell, key: Option<String>, returned: Option<Returned>) -> String {
    format!("{shell:?} {key:?} {returned:?}")
}

/// My password and my sessions.
#[must_use]
pub fn account(shell: &Shell, account: Account, returned: Option<Returned>) -> String {
    format!("{shell:?} {account:?} {returned:?}")
}

/// A room that does not exist: with a button that makes it, or an offer to log in.
#[must_use]
pub fn no_room(shell: &Shell, name: &str, returned: Option<Returned>) -> String {
    format!("{shell:?} {name:?} {returned:?}")
}

/// Nothing is at this address, or nothing for you.
#[must_use]
pub fn no_page(shell: &Shell) -> String {
    format!("{shell:?}")
}

/// Something was refused or failed, in plain words, with a way on.
#[must_use]
pub fn trouble(shell: &Shell, refusal: &Refusal) -> String {
    format!("{shell:?} {refusal:?}")
}
