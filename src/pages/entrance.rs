//! Coming in: logging in, signing up, and making the first administrator.

use super::{
    Returned, Shell, SignUp,
    document::{Outside, outside},
};
use crate::{
    components::{
        composer::escape,
        facade::facade,
        field::{Field, field},
        notice,
    },
    protocol::{limits, urls},
    words::{Word, Words, words},
};
use leptos::prelude::*;

/// What a name may be, in words.
fn name_hint() -> String {
    words().with(Word::NameHint, &[&limits::USER_NAME.to_string()])
}

/// What a password may be, in words.
fn password_hint() -> String {
    let (least, most) = limits::PASSWORD;
    words().with(Word::PasswordHint, &[&least.to_string(), &most.to_string()])
}

/// A page with one form on a card.
fn card<V: IntoView + 'static>(
    shell: &Shell,
    title: Word,
    lit: usize,
    inside: impl FnOnce() -> V,
) -> String {
    let title = Words::of(shell.lang).say(title);
    let page = Outside { page: "page narrow", account: false, ..Outside::new(title, "card") };
    outside(shell, page, || view! { {facade(lit)} <h1>{title}</h1> {inside()} })
}

/// Name and password, as they were filled in.
fn name_and_password(returned: Option<&Returned>, new: bool) -> impl IntoView + use<> {
    let typed = returned.map(|r| r.typed("name").to_owned()).unwrap_or_default();
    let (wrong_name, wrong_password) =
        (returned.and_then(|r| r.about("name")), returned.and_then(|r| r.about("password")));
    // One begins with what is missing or wrong.
    let password_first = wrong_name.is_none() && !typed.is_empty();
    let general = returned
        .filter(|_| wrong_name.is_none() && wrong_password.is_none())
        .map(|r| notice::refused(&r.refusal));
    view! {
        {general}
        {field(Field {
            label: words().say(Word::Name),
            name: "name",
            autocomplete: "username",
            hint: new.then(name_hint),
            value: typed,
            error: wrong_name,
            first: !password_first,
            ..Field::default()
        })}
        {field(Field {
            label: words().say(Word::Password),
            name: "password",
            secret: true,
            autocomplete: if new { "new-password" } else { "current-password" },
            hint: new.then(password_hint),
            error: wrong_password,
            first: password_first,
            ..Field::default()
        })}
    }
}

fn hidden(name: &'static str, value: &str) -> impl IntoView + use<> {
    view! { <input type="hidden" name=name value=value.to_owned()/> }
}

/// The other entrance, coming back to the same place.
fn other(path: &str, next: &str) -> String {
    if next == urls::INDEX {
        path.to_owned()
    } else {
        format!("{path}?next={}", urls::encode(next))
    }
}

/// What somebody wrote whose session had ended meanwhile: theirs to take along.
fn kept_words(body: &str) -> impl IntoView + use<> {
    view! {
        <div class="field">
            <label for="kept-words">{words().say(Word::TakeAlong)}</label>
            <textarea id="kept-words" readonly=true rows="4" dir="auto" inner_html=escape(body)></textarea>
        </div>
    }
}

/// Logging in.
#[must_use]
pub fn log_in(shell: &Shell, next: &str, returned: Option<Returned>) -> String {
    card(shell, Word::LogIn, 5, || {
        let sign_up = shell.sign_up == SignUp::Open;
        view! {
            <form class="stack" method="post" action="/api/log_in" data-whole="">
                {hidden("page", &shell.path)}
                {hidden("next", next)}
                {name_and_password(returned.as_ref(), false)}
                <button class="button">{words().say(Word::LogIn)}</button>
            </form>
            {returned.as_ref().map(|r| r.typed("body")).filter(|body| !body.is_empty()).map(kept_words)}
            {sign_up.then(|| view! {
                <p class="aside">{words().say(Word::NewHere)} " " <a class="link" href=other(urls::SIGN_UP, next)>{words().say(Word::SignUp)}</a></p>
            })}
        }
    })
}

/// Signing up; `invite` from the link, if there was one.
#[must_use]
pub fn sign_up(
    shell: &Shell,
    next: &str,
    invite: Option<String>,
    returned: Option<Returned>,
) -> String {
    card(shell, Word::SignUp, 7, || {
        let log_in = view! {
            <p class="aside">{words().say(Word::HaveAccount)} " " <a class="link" href=other(urls::LOG_IN, next)>{words().say(Word::LogIn)}</a></p>
        };
        let shut = match (shell.sign_up, &invite) {
            (SignUp::Closed, _) => Some(Word::AdminMakesAccounts),
            (SignUp::Invite, None) => Some(Word::ByInvitation),
            _ => None,
        };
        if let Some(why) = shut {
            return view! {
                {returned.map(|r| notice::refused(&r.refusal))}
                <p>{words().say(why)}</p>
                {log_in}
            }
            .into_any();
        }
        view! {
            <form class="stack" method="post" action="/api/sign_up" data-whole="">
                {hidden("page", &shell.path)}
                {hidden("next", next)}
                {invite.map(|invite| hidden("invite", &invite))}
                {name_and_password(returned.as_ref(), true)}
                <button class="button">{words().say(Word::SignUp)}</button>
            </form>
            {log_in}
        }
        .into_any()
    })
}

/// Making the first administrator; `key` from the link, `None` where it is missing or wrong.
#[must_use]
pub fn set_up(shell: &Shell, key: Option<String>, returned: Option<Returned>) -> String {
    let lit = usize::from(key.is_some());
    card(shell, Word::OpenHouse, lit, || {
        let Some(key) = key else {
            let why = if shell.setting_up { Word::SetUpNeedsLink } else { Word::OpenAlready };
            let log_in = (!shell.setting_up)
                .then(|| view! { <p><a class="button" href=urls::LOG_IN>{words().say(Word::LogIn)}</a></p> });
            return view! {
                {returned.map(|r| notice::refused(&r.refusal))}
                <p>{words().say(why)}</p>
                {log_in}
            }
            .into_any();
        };
        view! {
            <p>{words().say(Word::FirstAccount)}</p>
            <form class="stack" method="post" action="/api/set_up" data-whole="">
                {hidden("page", &shell.path)}
                {hidden("key", &key)}
                {name_and_password(returned.as_ref(), true)}
                <button class="button">{words().say(Word::OpenHouse)}</button>
            </form>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Code, Refusal};

    fn returned(refusal: Refusal) -> Returned {
        Returned {
            action: "/api/sign_up".to_owned(),
            refusal,
            fields: vec![("name".to_owned(), "a\"b<c".to_owned())],
        }
    }

    #[test]
    fn a_refused_form_comes_back_filled_in() {
        let html = sign_up(
            &Shell::default(),
            "/chat/lobby/",
            None,
            Some(returned(Refusal::invalid("name", "That name is taken."))),
        );
        assert!(html.contains("value=\"a&quot;b&lt;c\""), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(
            html.contains(
                "id=\"field-name-error\" role=\"alert\" class=\"error\">That name is taken."
            ),
            "{html}"
        );
        assert!(html.contains("name=\"next\" value=\"/chat/lobby/\""), "{html}");
    }

    #[test]
    fn what_one_takes_along_cannot_leave_its_box() {
        let fields = vec![("body".to_owned(), "</textarea><b>".to_owned())];
        let came = Returned { fields, ..returned(Refusal::login_needed()) };
        let html = log_in(&Shell::default(), "/chat/", Some(came));
        assert!(html.contains(">&lt;/textarea&gt;&lt;b&gt;</textarea>"), "{html}");
    }

    #[test]
    fn a_refusal_about_no_field_stands_above_the_form() {
        let html = log_in(
            &Shell::default(),
            "/chat/",
            Some(returned(Refusal::new(Code::Forbidden, "Name or password is wrong."))),
        );
        assert!(
            html.contains("role=\"alert\" class=\"notice alarm\">Name or password is wrong."),
            "{html}"
        );
        assert!(!html.contains("aria-invalid"), "{html}");
    }

    #[test]
    fn without_an_invitation_there_is_no_form_to_fill_in_vain() {
        let shell = Shell { sign_up: SignUp::Invite, ..Shell::default() };
        assert!(!sign_up(&shell, "/chat/", None, None).contains("<form"));
        let html = sign_up(&shell, "/chat/", Some("k".to_owned()), None);
        assert!(html.contains("name=\"invite\" value=\"k\""), "{html}");
    }
}
