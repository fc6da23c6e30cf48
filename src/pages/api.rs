//! What programs call, for people to read: made of the same document that programs read.

use super::{
    Shell,
    document::{Outside, outside},
};
use crate::words::{Word, Words, words};
use leptos::prelude::*;

/// All of it.
#[derive(Clone, Debug)]
pub struct Docs {
    /// The calls, in the order of their paths.
    pub calls: Vec<Call>,
    /// Why a call may be refused.
    pub problems: Vec<ProblemLine>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name, which is its place on the page too.
    pub id: String,
    /// `GET`, …
    pub method: String,
    /// Its path.
    pub path: String,
    /// What it does, in a few words…
    pub title: String,
    /// …and in more.
    pub text: String,
    /// What stands in its path and behind the question mark.
    pub parameters: Vec<Field>,
    /// The type of its body, and what is in it.
    pub body: Option<(String, Vec<Field>)>,
    /// How it is answered where it is done.
    pub answers: Vec<Answer>,
    /// With which statuses it may be refused.
    pub refusals: Vec<String>,
}

/// A value that is sent or answered.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, in a word or two.
    pub kind: String,
    /// Whether it is always there, or must be.
    pub needed: bool,
    /// What it is.
    pub text: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: String,
    /// What it means.
    pub text: String,
    /// What is in it.
    pub fields: Vec<Field>,
}

/// A kind of problem.
#[derive(Clone, Debug)]
pub struct ProblemLine {
    /// For programs; its place on the page too.
    pub code: &'static str,
    /// The status that goes with it.
    pub status: u16,
    /// What it means.
    pub title: &'static str,
    /// What to do about it.
    pub then: &'static str,
}

/// The page. What is told of each call is told in English, as the document has it.
#[must_use]
pub fn api(shell: &Shell, docs: &'static Docs) -> String {
    let w = Words::of(shell.lang);
    let about = Outside { page: "page api-page", ..Outside::new(w.say(Word::ApiTitle), "api") };
    outside(shell, about, move || {
        let w = words();
        let contents = |call: &'static Call| {
            view! {
                <li>
                    <a href=format!("#{}", call.id)>
                        <b class="method">{call.method.as_str()}</b>" "<code>{path(&call.path)}</code>
                    </a>
                </li>
            }
        };
        view! {
            <h1>{w.say(Word::ApiTitle)}</h1>
            <p>{w.say(Word::ApiMeans)}</p>
            <pre class="example" tabindex="0"><code>
                "curl -H \"Authorization: Bearer $ROOMFUL_TOKEN\" $ROOMFUL_URL/api/v1/me"
            </code></pre>
            <p>
                <a class="link" href="/api/v1/openapi.json">{w.say(Word::ApiDocument)}</a>
            </p>
            <nav aria-labelledby="calls">
                <h2 id="calls">{w.say(Word::ApiCalls)}</h2>
                <ul class="api-calls">{docs.calls.iter().map(contents).collect_view()}</ul>
            </nav>
            <div lang="en">{docs.calls.iter().map(one).collect_view()}</div>
            <h2 id="problems">{w.say(Word::ApiProblems)}</h2>
            <p>{w.say(Word::ApiProblemsMean)}</p>
            <dl class="api-problems" lang="en">
                {docs.problems.iter().map(problem).collect_view()}
            </dl>
            {shell.way_back()}
        }
    })
}

/// A path that may be broken after its slashes.
fn path(path: &'static str) -> impl IntoView {
    path.split_inclusive('/').map(|part| view! { {part}<wbr/> }).collect_view()
}

fn one(call: &'static Call) -> impl IntoView {
    let body = call.body.as_ref().map(|(kind, of)| {
        view! {
            <h3>"Body " <span class="quiet">{kind.as_str()}</span></h3>
            {fields(of, "required")}
        }
    });
    let parameters = (!call.parameters.is_empty())
        .then(|| view! { <h3>"Parameters"</h3> {fields(&call.parameters, "required")} });
    let answer = |answer: &'static Answer| {
        view! {
            <h3><b class="answered">{answer.status.as_str()}</b>" "{answer.text.as_str()}</h3>
            {fields(&answer.fields, "")}
        }
    };
    let refusals = call.refusals.join(", ");
    view! {
        <section class="api-call" aria-labelledby=call.id.as_str()>
            <h2 id=call.id.as_str()>
                <span>{call.title.as_str()}</span>
                <a class="where" href=format!("#{}", call.id)>
                    <b class="method">{call.method.as_str()}</b>" "<code>{path(&call.path)}</code>
                </a>
            </h2>
            <p>{call.text.as_str()}</p>
            {parameters}
            {body}
            {call.answers.iter().map(answer).collect_view()}
            <p class="quiet">"Refused with " {refusals} ": see " <a class="link" href="#problems">"the problems"</a> "."</p>
        </section>
    }
}

fn fields(fields: &'static [Field], needed: &'static str) -> Option<impl IntoView> {
    let line = move |field: &'static Field| {
        let tag = (field.needed && !needed.is_empty())
            .then(|| view! { " " <span class="tag">{needed}</span> });
        view! {
            <div>
                <dt><code>{field.name.as_str()}</code> " " <span class="quiet">{field.kind.as_str()}</span> {tag}</dt>
                <dd>{field.text.as_str()}</dd>
            </div>
        }
    };
    (!fields.is_empty())
        .then(|| view! { <dl class="api-fields">{fields.iter().map(line).collect_view()}</dl> })
}

fn problem(problem: &'static ProblemLine) -> impl IntoView {
    view! {
        <div id=problem.code>
            <dt><b class="answered">{problem.status}</b> " " <code>{problem.code}</code></dt>
            <dd>{problem.title} ". " {problem.then.replace('`', "")}</dd>
        </div>
    }
}
