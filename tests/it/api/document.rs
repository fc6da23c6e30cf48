//! The document that describes the API, and whether an answer is one that it describes.

use crate::support::{House, http::Answer};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The document, as it is served.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(roomful::server::http::v1::described::document()).unwrap()
});

/// What an answer says beside its body that is of this API, and not of HTTP.
const TOLD: [&str; 4] = ["location", "retry-after", "www-authenticate", "idempotency-replayed"];

/// How something is called.
#[derive(Clone, Copy, Debug)]
pub enum Method {
    Get,
    Post,
    Delete,
}

fn led(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
        Some(to) => DOCUMENT.pointer(to).unwrap_or_else(|| panic!("{to} is not there")),
        None => value,
    }
}

/// The operation at a path, where a part in braces stands for anything.
fn operation(method: Method, path: &str) -> &'static Value {
    let path = path.split('?').next().unwrap_or_default();
    let same = |template: &&str| {
        let (mut theirs, mut ours) = (template.split('/'), path.split('/'));
        loop {
            match (theirs.next(), ours.next()) {
                (None, None) => return true,
                (Some(theirs), Some(ours)) if theirs.starts_with('{') || theirs == ours => {}
                _ => return false,
            }
        }
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // What is spelled out counts before what stands for anything.
    let found =
        paths.keys().map(String::as_str).filter(same).min_by_key(|it| it.matches('{').count());
    let found = found.unwrap_or_else(|| panic!("{path} is not in the document"));
    let method = format!("{method:?}").to_lowercase();
    &paths[found][method.as_str()]
}

/// Asserts that the document says that this call may be answered so.
#[track_caller]
pub fn fits(method: Method, path: &str, answer: &Answer) {
    let operation = operation(method, path);
    assert!(operation.is_object(), "{method:?} {path} is not in the document");
    let responses = &operation["responses"];
    let response = led(&responses[answer.status.to_string()]);
    assert!(response.is_object(), "{method:?} {path}: {} is not in the document", answer.status);
    for (name, _) in answer.headers.iter().filter(|(name, _)| TOLD.contains(&name.as_str())) {
        let known = response["headers"].as_object().into_iter().flatten();
        let known = known.into_iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        assert!(known, "{method:?} {path} {}: {name} is not in the document", answer.status);
    }
    let Some(content) = response["content"].as_object().and_then(|it| it.iter().next()) else {
        assert!(answer.body.is_empty(), "{path}: {}", answer.text());
        return;
    };
    assert_eq!(answer.header("content-type"), Some(content.0.as_str()), "{method:?} {path}");
    if let Err(why) = value(&content.1["schema"], &answer.json(), "") {
        panic!("{method:?} {path} {}: {why}\n{}", answer.status, answer.text());
    }
}

/// Whether a value is as a schema says. Knows the words that our document uses; any other is an error.
fn value(schema: &'static Value, it: &Value, at: &str) -> Result<(), String> {
    let schema = led(schema);
    for word in schema.as_object().into_iter().flatten().map(|(word, _)| word.as_str()) {
        let known = matches!(
            word,
            "type"
                | "properties"
                | "required"
                | "items"
                | "oneOf"
                | "enum"
                | "format"
                | "pattern"
                | "description"
                | "examples"
                | "example"
                | "minimum"
                | "maximum"
                | "default"
                | "title"
        );
        if !known {
            return Err(format!("{at}: the schema says {word}, which is not looked at here"));
        }
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fine = choices.iter().filter(|choice| value(choice, it, at).is_ok()).count();
        return if fine == 1 {
            Ok(())
        } else {
            Err(format!("{at}: {it} is {fine} of the choices"))
        };
    }
    if let Some(words) = schema["enum"].as_array() {
        return if words.contains(it) {
            Ok(())
        } else {
            Err(format!("{at}: {it} is none of {words:?}"))
        };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &&str| match *kind {
        "null" => it.is_null(),
        "string" => it.is_string(),
        "integer" => it.is_i64() || it.is_u64(),
        "boolean" => it.is_boolean(),
        "array" => it.is_array(),
        "object" => it.is_object(),
        _ => false,
    };
    if !kinds.is_empty() && !kinds.iter().any(is) {
        return Err(format!("{at}: {it} is none of {kinds:?}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), it.as_i64())
        && number < least
    {
        return Err(format!("{at}: {number} is less than {least}"));
    }
    for item in it.as_array().into_iter().flatten() {
        value(&schema["items"], item, &format!("{at}[]"))?;
    }
    if let Some(object) = it.as_object() {
        let required =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in required {
            if !object.contains_key(name) {
                return Err(format!("{at}: {name} is missing"));
            }
        }
        for (name, field) in object {
            match schema["properties"].get(name) {
                Some(schema) => value(schema, field, &format!("{at}.{name}"))?,
                None if schema["properties"].is_null() => {}
                None => return Err(format!("{at}: {name} is not in the document")),
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_served_and_says_what_it_is() {
    let house = House::open().await;
    let answer = house.visitor().get("/api/v1/openapi.json").await.is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    let methods = document["paths"].as_object().unwrap().values();
    let calls: usize = methods.map(|it| it.as_object().unwrap().len()).sum();
    assert_eq!(calls, 14);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(
                operation["summary"].is_string() && operation["description"].is_string(),
                "{id}"
            );
            let refused = operation["responses"]["401"]["$ref"].as_str().unwrap();
            let problem = format!("{}/content/application~1problem+json/schema", &refused[1..]);
            assert!(document.pointer(&problem).is_some(), "{method} {path}");
        }
    }
}

/// What it allows is what is taken: bounds, from where they are kept.
#[tokio::test(flavor = "multi_thread")]
async fn it_knows_the_bounds_of_what_is_sent() {
    let push = |field: &str| &DOCUMENT["components"]["schemas"]["ToPush"]["properties"][field];
    for (field, least, most) in [("every_ms", 500, 86_400_000), ("times", 1, 1_000_000)] {
        let it = push(field);
        assert_eq!((&it["minimum"], &it["maximum"]), (&json!(least), &json!(most)), "{it}");
        assert_eq!(it["type"], json!(["integer", "null"]));
    }
    assert_eq!(
        (&push("text")["maxLength"], &push("link")["maxLength"]),
        (&json!(4_000), &json!(2_000))
    );
    for field in ["text", "link"] {
        assert!(push(field)["pattern"].is_string(), "{field}");
    }
    let say = |field: &str| &DOCUMENT["components"]["schemas"]["ToSay"]["properties"][field];
    assert_eq!((&say("body")["maxLength"], &say("cid")["maxLength"]), (&json!(4_000), &json!(64)));
    assert_eq!(say("files")["maxItems"], 10);
    let asked = |path: &str, name: &str| {
        let parameters = DOCUMENT["paths"][path]["get"]["parameters"].as_array().unwrap();
        parameters.iter().find(|it| it["name"] == name).map(|it| &it["schema"]).unwrap()
    };
    assert_eq!(asked("/api/v1/rooms", "find")["maxLength"], 128);
    assert_eq!(asked("/api/v1/rooms", "offset")["maximum"], 1_000_000);
    for name in ["q", "from", "in"] {
        assert_eq!(asked("/api/v1/search", name)["maxLength"], 256);
    }
    for name in ["since", "until", "older"] {
        assert!(asked("/api/v1/search", name)["pattern"].is_string(), "{name}");
    }
    // A house has its own limit, and says so.
    let house = House::open_with(|config| config.body_limit = 100).await;
    let theirs = house.visitor().get("/api/v1/openapi.json").await.is(200).json();
    for of in
        ["/components/schemas/ToPush/properties/text", "/components/schemas/ToSay/properties/body"]
    {
        assert_eq!(theirs.pointer(of).unwrap()["maxLength"], 100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_shows_every_call_and_every_problem() {
    let house = House::open().await;
    let answer = house.visitor().get("/api/v1/docs").await.is(200);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    let page = answer.text();
    for operation in DOCUMENT["paths"].as_object().unwrap().values() {
        for operation in operation.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
    for kind in &roomful::server::http::problem::KINDS {
        assert!(page.contains(&format!("id=\"{}\"", kind.code)), "{}", kind.code);
    }
    assert!(!page.contains("//cdn") && !page.contains("src=\"http"), "nothing from elsewhere");
}
