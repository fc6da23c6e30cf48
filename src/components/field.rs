//! A field of a form with its label, its hint, and the refusal that is about it.

use leptos::prelude::*;

/// A field.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its label.
    pub label: &'static str,
    /// The argument of the server function that it fills.
    pub name: &'static str,
    /// It is a password.
    pub secret: bool,
    /// What the browser may fill in.
    pub autocomplete: &'static str,
    /// What is allowed, in words.
    pub hint: Option<String>,
    /// What was typed before.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// It may stay empty.
    pub optional: bool,
    /// The field to begin with.
    pub first: bool,
}

/// The field's view. Its id is its name: a page never has two of one name.
pub fn field(field: Field) -> impl IntoView {
    let id = format!("field-{}", field.name);
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let mut told: Vec<&str> = Vec::new();
    if field.error.is_some() {
        told.push(&error_id);
    }
    if field.hint.is_some() {
        told.push(&hint_id);
    }
    let told = (!told.is_empty()).then(|| told.join(" "));
    view! {
        <div class="field">
            <label for=id.clone()>{field.label}</label>
            <input
                id=id
                name=field.name
                type=if field.secret { "password" } else { "text" }
                autocomplete=field.autocomplete
                autocapitalize="none"
                spellcheck="false"
                required=!field.optional
                autofocus=field.first
                dir=(!field.secret).then_some("auto")
                value=(!field.value.is_empty()).then_some(field.value)
                aria-invalid=field.error.is_some().then_some("true")
                aria-describedby=told
            />
            {field.error.map(|error| view! { <p class="error" id=error_id role="alert">{error}</p> })}
            {field.hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
}
