//! What a call sends as JSON: read whole, or refused with the name of what is missing or of the wrong kind.

use super::super::{App, body, problem::Problem};
use crate::protocol::{Code, Refusal};
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::num::IntErrorKind;

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

/// A whole number of a query. One that is beyond all that there are counts as the last of them.
///
/// # Errors
/// What is none is of the wrong kind.
pub fn whole(field: &str, text: Option<&String>) -> Result<Option<i64>, Refusal> {
    let read = |text: &String| match text.parse::<i64>() {
        Ok(number) => Ok(number),
        Err(error) => match error.kind() {
            IntErrorKind::PosOverflow => Ok(i64::MAX),
            IntErrorKind::NegOverflow => Ok(i64::MIN),
            _ => {
                let why = format!("{field} must be a whole number.");
                Err(unreadable(Some(field.to_owned()), why))
            }
        },
    };
    text.map(read).transpose()
}

/// How many, in a query: a whole number from 0 on.
///
/// # Errors
/// What is none is of the wrong kind.
pub fn count(field: &str, text: Option<&String>) -> Result<Option<usize>, Refusal> {
    let Some(number) = whole(field, text)? else { return Ok(None) };
    if number < 0 {
        let why = format!("{field} must be a whole number, 0 or more.");
        return Err(unreadable(Some(field.to_owned()), why));
    }
    Ok(Some(usize::try_from(number).unwrap_or(usize::MAX)))
}

/// What a reader says of a field that is not there: serde says so to every format alike.
const MISSING: &str = "missing field `";
/// What a reader of ours begins with that says how a field must be written.
pub const MUST: &str = "must be ";
/// Up to here every whole number is one of a JSON number's.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// In JSON 2.0 is the number 2: JSON Schema calls it an integer, and so may whoever sends it.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() <= EXACT);
            if let Some(whole) = whole {
                *value = Value::from(whole as i64);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut value: Value = serde_json::from_slice(bytes)
        .map_err(|_| unreadable(None, "The body is no JSON.".to_owned()))?;
    // A list of values would pass for an object without its names.
    if !value.is_object() {
        return Err(unreadable(None, "The body must be a JSON object.".to_owned()));
    }
    whole_numbers(&mut value);
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
                let why = if inside.starts_with(MUST) {
                    format!("The field {path} {inside}.")
                } else {
                    format!("The field {path} is of the wrong kind.")
                };
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
    fn a_whole_number_is_one_however_it_is_written() {
        let count = |text: &str| {
            let body = format!(r#"{{"text":"a","count":{text}}}"#);
            read::<Two>(body.as_bytes()).map(|it| it.count)
        };
        for two in ["2", "2.0", "2e0", "0.2e1", "20E-1"] {
            assert_eq!(count(two), Ok(Some(2)), "{two}");
        }
        assert_eq!(count("-0.0"), Ok(Some(0)));
        for wrong in ["2.5", "-2.0", "1e300", "\"2\"", "[2.0]"] {
            assert_eq!(count(wrong).unwrap_err().field.as_deref(), Some("count"), "{wrong}");
        }
    }

    #[test]
    fn numbers_of_a_query_are_read_or_named() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(whole("seq", None), Ok(None));
        assert_eq!(whole("seq", text("-7").as_ref()), Ok(Some(-7)));
        assert_eq!(whole("seq", text("99999999999999999999").as_ref()), Ok(Some(i64::MAX)));
        assert_eq!(whole("seq", text("-99999999999999999999").as_ref()), Ok(Some(i64::MIN)));
        for wrong in ["", "x", "1.5", " 1", "1 ", "0x1", "１"] {
            let refused = whole("seq", text(wrong).as_ref()).unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (Code::BadFrame, Some("seq")));
        }
        assert_eq!(count("limit", text("0").as_ref()), Ok(Some(0)));
        let refused = count("limit", text("-1").as_ref()).unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::BadFrame, Some("limit")));
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
