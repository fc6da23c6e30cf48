//! The tokens of the house's programs: making one, ending it, and what it was used for.

use super::{
    Returned, Shell,
    parts::{Part, ago, moment, page, paging, press, to_copy},
};
use crate::{
    protocol::{
        At, limits,
        sheets::Sheet,
        tokens::{Scope, TokenUseView, TokenView},
        urls,
    },
    words::{Word, words},
};
use leptos::prelude::*;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// This page of them, the newest first.
    pub tokens: Vec<TokenView>,
    /// How many were left out before these.
    pub offset: usize,
    /// Whether more follow.
    pub more: bool,
    /// The secret of the one that was made a moment ago.
    pub secret: Option<String>,
    /// Whose uses are shown: a token's id…
    pub token: Option<String>,
    /// …the uses…
    pub uses: Vec<TokenUseView>,
    /// …and what earlier ones are asked for by, where there are any.
    pub before: Option<i64>,
}

/// The scopes, as the form asks for them.
const SCOPES: [(Scope, Word); 4] = [
    (Scope::Read, Word::TokenRead),
    (Scope::Write, Word::TokenWrite),
    (Scope::Push, Word::TokenPush),
    (Scope::Broadcast, Word::TokenBroadcast),
];
/// How long a token may last, as the form offers it.
const LASTS: [(&str, Word); 4] = [
    ("30d", Word::TokenMonth),
    ("90d", Word::TokenQuarter),
    ("365d", Word::TokenYear),
    ("never", Word::TokenForever),
];

/// The content of the page, below its tabs.
pub(super) fn tokens(
    shell: &Shell,
    all: Tokens,
    now: At,
    returned: Option<&Returned>,
) -> impl IntoView + use<> {
    let w = words();
    let address = Sheet::HouseTokens.address();
    let part = Part {
        address: address.clone(),
        find: "",
        offset: all.offset,
        shown: all.tokens.len(),
        more: all.more,
    };
    let none =
        all.tokens.is_empty().then(|| view! { <p class="none">{w.say(Word::TokenNone)}</p> });
    let lines = all.tokens.iter().map(|token| line(shell, token, now)).collect_view();
    let secret = all.secret.as_ref().map(|secret| {
        view! {
            <div class="notice" role="status">
                <p>{w.say(Word::TokenShown)}</p>
                {to_copy("token-secret", Some("secret"), Word::TokenSecret, secret.clone())}
            </div>
        }
    });
    let of = all.token.as_ref().map(|id| {
        let name = all.tokens.iter().find(|token| token.id == *id).map(called);
        w.with(Word::TokenUsesOf, &[&name.unwrap_or_else(|| id.clone())])
    });
    let uses = of.map(|title| {
        let used = |used: &TokenUseView| {
            view! {
                <li>
                    <b class="answered">{used.status}</b>
                    <span class="what"><b>{used.method.clone()}</b>" "<code>{used.path.clone()}</code></span>
                    <span class="quiet">{ago(used.at, now)}" · "{used.address.clone()}</span>
                </li>
            }
        };
        let none = all.uses.is_empty().then(|| view! { <p class="none">{w.say(Word::TokenNoUses)}</p> });
        let earlier = all.before.zip(all.token.as_ref()).map(|(before, id)| {
            let href = format!("{address}?token={id}&before={before}#uses", id = urls::encode(id));
            view! {
                <nav class="paging" aria-label=title.clone()>
                    <a class="button quiet" href=href data-panel="">{w.say(Word::TokenEarlierUses)}</a>
                </nav>
            }
        });
        view! {
            <h2 id="uses">{title}</h2>
            <ul class="uses">{all.uses.iter().map(used).collect_view()}</ul>
            {none}
            {earlier}
        }
    });
    view! {
        <p>{w.say(Word::TokensMean)}" "<a class="link" href="/api/v1/docs">{w.say(Word::TokenHow)}</a></p>
        {secret}
        {make(shell, returned)}
        <ul class="lines tokens">{lines}</ul>
        {none}
        {paging(&part)}
        {uses}
    }
}

/// What a token is called in a sentence.
fn called(token: &TokenView) -> String {
    if token.name.is_empty() { token.id.clone() } else { token.name.clone() }
}

fn line(shell: &Shell, token: &TokenView, now: At) -> impl IntoView + use<> {
    let w = words();
    let is_good = token.is_good(now);
    let made = match &token.made_by {
        Some(name) => w.with(Word::TokenMadeBy, &[name]),
        None => w.say(Word::TokenMadeByCommand).to_owned(),
    };
    let state = match (token.revoked_at, token.expires_at) {
        (Some(_), _) => Some(view! { " · " <b>{w.say(Word::TokenEnded)}</b> }.into_any()),
        (None, Some(_)) if !is_good => {
            Some(view! { " · " <b>{w.say(Word::TokenExpired)}</b> }.into_any())
        }
        (None, Some(at)) => {
            Some(view! { " · " {w.say(Word::TokenExpires)} " " {moment(at)} }.into_any())
        }
        (None, None) => None,
    };
    let used = match token.used_at {
        Some(at) => view! { {w.say(Word::TokenUsed)} " " {ago(at, now)} }.into_any(),
        None => view! { {w.say(Word::TokenNeverUsed)} }.into_any(),
    };
    let uses = format!("{}?token={}#uses", Sheet::HouseTokens.address(), token.id);
    let end = is_good.then(|| {
        press(
            shell,
            "/api/end_token",
            "button quiet",
            Word::TokenEnd,
            vec![("token", token.id.clone())],
        )
    });
    view! {
        <li class:over=!is_good>
            <div class="what">
                <p><b dir="auto">{called(token)}</b>" · "<bdi dir="auto">{token.user.clone()}</bdi></p>
                <p class="quiet"><code>{token.scopes.to_string().replace(',', ", ")}</code> {state}</p>
                <p class="quiet">
                    {made} " · " {used} " · "
                    <a class="link" href=uses data-panel="">{w.say(Word::TokenUses)}</a>
                </p>
            </div>
            {end}
        </li>
    }
}

/// The form that makes one.
fn make(shell: &Shell, returned: Option<&Returned>) -> impl IntoView + use<> {
    let w = words();
    let here = returned.filter(|it| it.action == "/api/make_token");
    let typed = |name: &str| {
        let field = here.and_then(|it| it.fields.iter().find(|(field, _)| field == name));
        field.map(|(_, value)| value.clone())
    };
    let scope = |(scope, word): (Scope, Word)| {
        // At first as tokens were before there were scopes.
        let usual = here.is_none() && matches!(scope, Scope::Read | Scope::Write);
        let on = usual || typed(scope.code()).is_some();
        let hint = (scope == Scope::Broadcast)
            .then(|| view! { " " <span class="quiet">{w.say(Word::TokenBroadcastHint)}</span> });
        view! {
            <label class="check">
                <input type="checkbox" name=scope.code() value="on" checked=on/>
                <span>{w.say(word)} {hint}</span>
            </label>
        }
    };
    let chosen = typed("expires").unwrap_or_else(|| "90d".to_owned());
    let lasts = LASTS.map(|(code, word)| {
        let on = chosen == code;
        view! { <option value=code selected=on>{w.say(word)}</option> }
    });
    view! {
        <details class="make-token" open=here.is_some()>
            <summary>{w.say(Word::TokenMake)}</summary>
            <form method="post" action="/api/make_token" class="stack">
                {page(shell)}
                <div class="field">
                    <label for="token-user">{w.say(Word::TokenUser)}</label>
                    <input id="token-user" name="user" type="text" dir="auto" required=true autocomplete="off"
                        value=typed("user").unwrap_or_default()/>
                </div>
                <div class="field">
                    <label for="token-name">{w.say(Word::TokenName)}</label>
                    <input id="token-name" name="name" type="text" dir="auto" autocomplete="off"
                        maxlength=limits::TOKEN_NAME
                        value=typed("name").unwrap_or_default()/>
                    <p class="hint">{w.say(Word::TokenNameHint)}</p>
                </div>
                <fieldset class="checks">
                    <legend>{w.say(Word::TokenScopes)}</legend>
                    {SCOPES.map(scope)}
                </fieldset>
                <div class="field">
                    <label for="token-lasts">{w.say(Word::TokenLasts)}</label>
                    <select id="token-lasts" name="expires">{lasts}</select>
                </div>
                <button class="button">{w.say(Word::TokenMake)}</button>
            </form>
        </details>
    }
}
