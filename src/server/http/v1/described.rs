//! The API as a document: OpenAPI 3.1, and a page of it for people.

use super::super::App;
use super::super::pages::Asked;
use super::super::problem::{KINDS, Problem};
use super::bounds;
use crate::pages::{self, Answer, Call, Docs, Field, ProblemLine};
use crate::protocol::limits;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder,
    SecurityRequirement,
};
use utoipa::{PartialSchema as _, ToSchema as _};

/// What a call may be answered with beside what it says itself: statuses that any may have, and those
/// that only a call with a body may.
const ANY: [u16; 8] = [400, 401, 403, 404, 422, 429, 500, 503];
const WITH_BODY: [u16; 4] = [408, 409, 413, 415];

static JSON: LazyLock<String> = LazyLock::new(|| written(limits::BODY));

/// The document of a house whose messages have up to so many characters.
fn written(body: usize) -> String {
    make(body).to_json().unwrap_or_default()
}

/// Every operation of the document, with its method and path.
fn each(api: &mut OpenApi, mut change: impl FnMut(&str, &mut Operation)) {
    for item in api.paths.paths.values_mut() {
        let methods = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                change(method, operation);
            }
        }
    }
}

fn make(body: usize) -> OpenApi {
    let (_, mut api) = super::list().split_for_parts();
    api.info = InfoBuilder::new()
        .title("Roomful")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "What programs call. Every call takes a token (`Authorization: Bearer …`) or the cookie of \
             a session. Whatever is refused is a problem document (RFC 9457). A POST may carry an \
             Idempotency-Key: sent again with the same one, it is not done again.",
        ))
        .build();
    let bearer = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token, made with `roomful token add` or on the page of tokens."))
            .build(),
    );
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "roomful_session",
        "The cookie that logging in sets.",
    )));
    let components = api.components.take().unwrap_or_else(|| ComponentsBuilder::new().build());
    let mut components = components;
    components.add_security_scheme("bearer", bearer);
    components.add_security_scheme("session", session);
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for kind in &KINDS {
        by_status.entry(kind.status.as_u16()).or_default().push(kind.code);
    }
    for status in ANY.iter().chain(&WITH_BODY) {
        let codes = by_status.get(status).map(|codes| codes.join(", ")).unwrap_or_default();
        let problem =
            ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
        let mut response = ResponseBuilder::new()
            .description(format!("Refused: {codes}."))
            .content("application/problem+json", problem)
            .build();
        response.headers.extend(of_refusal(*status).map(|(name, it)| (name.into(), it.into())));
        components.responses.insert(format!("Refused{status}"), RefOr::T(response));
    }
    api.components = Some(components);
    let needed = |scheme: &str| SecurityRequirement::new::<_, [String; 0], String>(scheme, []);
    api.security = Some(vec![needed("bearer"), needed("session")]);
    each(&mut api, |method, operation| {
        let body: &[u16] = if method == "post" { &WITH_BODY } else { &[] };
        for status in ANY.iter().chain(body) {
            let refused = Ref::from_response_name(format!("Refused{status}"));
            operation.responses.responses.insert(status.to_string(), RefOr::Ref(refused));
        }
        if method == "post" {
            operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(done) = response {
                    done.headers.insert("Idempotency-Replayed".to_owned(), replayed().into());
                }
            }
        }
    });
    bounds::put(&mut api, body);
    api
}

fn of_header(kind: Type, description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// What a refusal of this status says beside its document.
fn of_refusal(status: u16) -> Option<(&'static str, Header)> {
    match status {
        401 => Some(("WWW-Authenticate", of_header(Type::String, "The way in: a bearer token."))),
        409 => Some((
            "Retry-After",
            of_header(Type::Integer, "Seconds until it may go, where waiting helps."),
        )),
        429 => Some(("Retry-After", of_header(Type::Integer, "Seconds until it may go."))),
        _ => None,
    }
}

/// What an answer says that was given before.
fn replayed() -> Header {
    let text = "`true` where the request had been done before: this is the answer that it got.";
    of_header(Type::String, text)
}

/// What every call that does something takes.
fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        // In quotes, as the draft has it, or bare.
        .pattern(Some(r#"^("[ !#-~]{1,255}"|[!#-~]([ !#-~]{0,253}[!#-~])?)$"#));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A text of your own for this request, such as a UUID. Sent again with the same one within a \
             day, it is not done again and gets the same answer.",
        ))
        .schema(Some(text))
        .build()
}

/// The document as text.
#[must_use]
pub fn document() -> &'static str {
    &JSON
}

/// `GET /api/v1/openapi.json`.
pub async fn json(State(app): State<App>) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    match app.domain.config.body_limit {
        limits::BODY => (kind, JSON.as_str()).into_response(),
        other => (kind, written(other)).into_response(),
    }
}

/// `GET /api/v1/docs`.
pub async fn page(asked: Asked) -> Result<Response, Response> {
    let visitor = asked.visitor().await?;
    Ok(visitor.answer(pages::api(&visitor.shell, &SHOWN)))
}

/// The document as the page shows it.
static SHOWN: LazyLock<Docs> = LazyLock::new(|| {
    let api: Value = serde_json::from_str(&JSON).unwrap_or_default();
    shown(&api)
});

/// A text without what marks code in it, which the page does not show.
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().replace('`', "")
}

/// What a reference leads to, or the value itself.
fn led<'a>(api: &'a Value, value: &'a Value) -> &'a Value {
    let to = value["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    to.and_then(|to| api.pointer(to)).unwrap_or(value)
}

/// The type of a value in a word or two.
fn kind(api: &Value, schema: &Value) -> String {
    if let Some(choices) = schema["oneOf"].as_array() {
        let kinds = choices.iter().map(|it| kind(api, it)).filter(|it| it != "null");
        return kinds.collect::<Vec<_>>().join(" or ");
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        let found = led(api, schema);
        if std::ptr::eq(found, schema) {
            return name.to_owned();
        }
        let words = found["enum"].as_array();
        let is_object = led(api, schema)["type"] == "object";
        return match words {
            Some(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
            None if is_object => name.to_owned(),
            None => kind(api, led(api, schema)),
        };
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => {
            format!("list of {}", kind(api, &schema["items"]))
        }
        Value::String(name) if schema["format"] == "date-time" => format!("{name}, a time"),
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).filter(|it| *it != "null");
            names.collect::<Vec<_>>().join(" or ")
        }
        _ => String::new(),
    }
}

/// The fields of an object.
fn fields(api: &Value, schema: &Value) -> Vec<Field> {
    let schema = led(api, schema);
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|it| it == name))
    };
    let field = |(name, value): (&String, &Value)| Field {
        name: name.clone(),
        kind: kind(api, value),
        needed: required(name),
        text: [value, &value["oneOf"][0], led(api, value)]
            .into_iter()
            .map(|it| text(it, "description"))
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
    };
    schema["properties"].as_object().into_iter().flatten().map(field).collect()
}

fn call(api: &Value, path: &str, method: &str, operation: &Value) -> Call {
    let parameter = |it: &Value| Field {
        name: text(it, "name"),
        kind: kind(api, &it["schema"]),
        needed: it["required"] == true,
        text: text(it, "description"),
    };
    let of_body = |content: &Value| {
        let content = content.as_object().into_iter().flatten().next();
        content.map(|(kind, it)| (kind.clone(), fields(api, &it["schema"])))
    };
    let responses = operation["responses"].as_object().into_iter().flatten();
    let fine = responses.clone().filter(|(status, _)| status.starts_with('2'));
    Call {
        id: text(operation, "operationId"),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        title: text(operation, "summary"),
        text: text(operation, "description"),
        parameters: operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(parameter)
            .collect(),
        body: of_body(&operation["requestBody"]["content"]),
        answers: fine
            .map(|(status, it)| Answer {
                status: status.clone(),
                text: text(it, "description"),
                fields: of_body(&it["content"]).map(|(_, fields)| fields).unwrap_or_default(),
            })
            .collect(),
        refusals: responses
            .map(|(status, _)| status.clone())
            .filter(|status| !status.starts_with('2'))
            .collect(),
    }
}

fn shown(api: &Value) -> Docs {
    let paths = api["paths"].as_object().into_iter().flatten();
    let calls = paths
        .flat_map(|(path, item)| {
            item.as_object()
                .into_iter()
                .flatten()
                .filter(|(_, operation)| operation["operationId"].is_string())
                .map(|(method, operation)| call(api, path, method, operation))
                .collect::<Vec<_>>()
        })
        .collect();
    let problem = |kind: &super::super::problem::Kind| ProblemLine {
        code: kind.code,
        status: kind.status.as_u16(),
        title: kind.title,
        then: kind.then,
    };
    Docs { calls, problems: KINDS.iter().map(problem).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_shown_with_what_it_takes_and_answers() {
        let docs = &*SHOWN;
        assert_eq!(docs.calls.len(), 14);
        for call in &docs.calls {
            assert!(!call.id.is_empty() && !call.title.is_empty(), "{call:?}");
            assert!(!call.answers.is_empty() && !call.refusals.is_empty(), "{call:?}");
            let fields = call.parameters.iter().chain(call.body.iter().flat_map(|(_, it)| it));
            for field in fields.chain(call.answers.iter().flat_map(|it| &it.fields)) {
                let whole = ![&field.kind, &field.text, &field.name].iter().any(|it| it.is_empty());
                assert!(whole, "{} {field:?}", call.id);
            }
        }
    }
}
