//! What a call sends as JSON: read whole, or refused with the name of what is missing or of the wrong kind.

use super::super::{App, body, problem::Problem};
use crate::protocol::{Code, Refusal};
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A body of JSON.
pub struct Sent<T>(pub T);

/// Whether the body is said to be JSON: `application/json`, or of a type that ends with `+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    kind.eq_ignore_ascii_case(b"application/json")
        || (kind.len() > 17
            && kind[..12].eq_ignore_ascii_case(b"application/")
            && kind[kind.len() - 5..].eq_ignore_ascii_case(b"+json"))
}

/// The refusal of a field that is missing or of the wrong kind.
#[must_use]
pub fn unreadable(field: Option<String>, why: String) -> Refusal {
    Refusal { field, ..Refusal::new(Code::BadFrame, why) }
}

/// What a reader says of a field that is not there: serde says so to every format alike.
const MISSING: &str = "missing field `";

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| unreadable(None, "The body is no JSON.".to_owned()))?;
    // A list of values would pass for an object without its names.
    if !value.is_object() {
        return Err(unreadable(None, "The body must be a JSON object.".to_owned()));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let inside = error.inner().to_string();
        let missing = inside.strip_prefix(MISSING).and_then(|rest| rest.split('`').next());
        let path = error.path().to_string();
        match missing {
            Some(name) => {
                let field = if path == "." { name.to_owned() } else { format!("{path}.{name}") };
                unreadable(Some(field.clone()), format!("The field {field} is missing."))
            }
            None => {
                let why = format!("The field {path} is of the wrong kind.");
                unreadable(Some(path), why)
            }
        }
    })
}

impl<T: DeserializeOwned> FromRequest<App> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        if !is_json(request.headers()) {
            return Err(Problem::of_code("wrong_type").into_response());
        }
        let request = body::take_in(app, request).await?;
        let bytes = to_bytes(request.into_body(), body::MOST).await;
        let bytes = bytes.map_err(|_| Problem::of_code("too_large").into_response())?;
        read(&bytes).map(Self).map_err(|refusal| super::super::problem::json(&refusal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Two {
        text: String,
        #[serde(default)]
        count: Option<u32>,
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let field = |text: &str| read::<Two>(text.as_bytes()).unwrap_err().field;
        assert_eq!(field("{}").as_deref(), Some("text"));
        assert_eq!(field(r#"{"text":1}"#).as_deref(), Some("text"));
        assert_eq!(field(r#"{"text":null}"#).as_deref(), Some("text"));
        assert_eq!(field(r#"{"text":"a","count":"b"}"#).as_deref(), Some("count"));
        assert_eq!(field(r#"{"text":"a","count":-1}"#).as_deref(), Some("count"));
        for none in ["", "[", r#"["a"]"#, r#""text""#, "null"] {
            assert_eq!(field(none), None, "{none}");
        }
        let read = read::<Two>(br#"{"text":"a","more":[]}"#);
        assert_eq!(read, Ok(Two { text: "a".to_owned(), count: None }));
    }

    #[test]
    fn json_is_known_by_its_type() {
        let said = |kind: &'static str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]))
        };
        assert!(said("application/json") && said("Application/JSON; charset=utf-8"));
        assert!(said("application/problem+json"));
        assert!(!said("text/plain") && !said("application/+jso") && !said(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
