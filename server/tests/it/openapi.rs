//! The API's document: it tells of every operation and of nothing else, and what is answered is what it says. Every
//! answer that any test of this program gets through [`crate::client::send`] is held against it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::Method;
use serde_json::Value;
use server::http::{document, table};

use crate::client::Answered;

/// The document, made once.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document().value);

/// Where the document that was reviewed last is kept.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/openapi.json");

/// Every operation: method, path, what is said of it.
pub fn operations() -> Vec<(Method, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, of)| (method.to_uppercase().parse().unwrap(), path.clone(), of))
    });
    each.collect()
}

#[test]
fn the_document_tells_of_every_operation_and_of_nothing_else() {
    let told: BTreeSet<(String, String)> =
        operations().into_iter().map(|(method, path, _)| (method.to_string(), path)).collect();
    let served = table().into_iter().filter(|route| route.path.starts_with("/api/v1"));
    let served: BTreeSet<(String, String)> =
        served.map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(told, served);
    assert!(told.len() > 100, "{}", told.len());
}

#[test]
fn the_document_is_whole() {
    let made = document();
    assert!(made.clashes.is_empty(), "two schemas of one name: {:?}", made.clashes);
    assert_eq!(made.bad_examples, Vec::<String>::new());
    let mut ids = BTreeSet::new();
    for (method, path, of) in operations() {
        let what = format!("{method} {path}");
        assert!(ids.insert(of["operationId"].as_str().unwrap().to_owned()), "{what}: its id is taken");
        assert!(of["summary"].as_str().is_some_and(|text| text.len() > 5), "{what} has no summary");
        let varying = path.split('/').filter(|part| part.starts_with('{')).count();
        let told = of["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "path").count();
        assert_eq!(varying, told, "{what}: what varies in the path");
        let good = of["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('2')).count();
        assert!(good > 0, "{what} tells of no good answer");
        for status in ["408", "500", "503"] {
            assert!(!of["responses"][status].is_null(), "{what}: {status}");
        }
        let writes = method != Method::GET && of["security"][0].get("bearer").is_some();
        let files = of["requestBody"]["content"].as_object().is_some_and(|c| !c.contains_key("application/json"));
        let keyed = of["parameters"].as_array().into_iter().flatten().any(|p| p["name"] == "Idempotency-Key");
        assert_eq!(keyed, writes && !files && !path.starts_with("/api/v1/session"), "{what}: its key");
    }
    assert_references(&made.value, &made.value);
    for (name, schema) in made.value["components"]["schemas"].as_object().unwrap() {
        assert!(!name.contains(' ') && schema.is_object(), "{name}");
    }
}

/// What is shown is what the schemas say, the way people try first is shown, and every example that says what it sends is
/// read when the document is made (`bad_examples`).
#[test]
fn examples_are_what_the_schemas_say() {
    let mut shown = BTreeSet::new();
    for (method, path, of) in operations() {
        let what = format!("{method} {path}");
        let answers = of["responses"].as_object().unwrap().values();
        for content in answers.chain([&of["requestBody"]]).map(|part| &part["content"]["application/json"]) {
            if let Some(example) = content.get("example") {
                fits_schema(example, &content["schema"]).unwrap_or_else(|why| panic!("{what}: {why}"));
                shown.insert(what.clone());
            }
        }
    }
    for first in ["session", "elders", "elders/{id}/facts", "elders/{id}/cards", "canteens", "canteens/{id}/prices"] {
        assert!(shown.contains(&format!("POST /api/v1/{first}")), "{first}");
    }
    for first in ["canteens/{id}/enrolment-codes", "imports", "imports/{id}/apply"] {
        assert!(shown.contains(&format!("POST /api/v1/{first}")), "{first}");
    }
    for step in ["draft", "submit", "approve"] {
        assert!(shown.contains(&format!("POST /api/v1/months/{{region}}/{{month}}/{step}")), "{step}");
    }
}

/// Every reference leads somewhere.
fn assert_references(document: &Value, value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(place) = fields.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(&place[1..]).is_some(), "{place} leads nowhere");
            }
            fields.values().for_each(|field| assert_references(document, field));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_references(document, item)),
        _ => {}
    }
}

/// The same with its fields by name: what else is built decides whether they keep their order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: std::collections::BTreeMap<_, _> = fields.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// A change of the API is a change of this file, seen by whoever reviews it.
#[test]
fn the_document_is_the_one_that_was_reviewed() {
    let now = format!("{:#}\n", sorted(&DOCUMENT));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &now).unwrap();
    }
    let kept = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    let at = kept.lines().zip(now.lines()).position(|(kept, now)| kept != now);
    assert!(
        kept == now,
        "the API's document is not the one in {GOLDEN} (line {:?}): run it with UPDATE_GOLDEN=1 \
         and look at the difference",
        at.map(|line| line + 1)
    );
}

/// The operation that a path is asked of.
fn operation(method: &Method, path: &str) -> Option<(String, &'static Value)> {
    let fits = |template: &str| {
        let (parts, asked) = (template.split('/'), path.split('/'));
        template.split('/').count() == path.split('/').count()
            && parts.zip(asked).all(|(part, asked)| part.starts_with('{') || part == asked)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(template, _)| fits(template));
    // Where both a name and anything fit, the name goes first.
    let (template, item) = paths.min_by_key(|(template, _)| template.matches('{').count())?;
    item.get(method.as_str().to_lowercase()).map(|of| (template.clone(), of))
}

/// The answer's status, media type and content are what the document says of the operation.
#[track_caller]
pub fn assert_told(method: &Method, path: &str, answered: &Answered) {
    let Some((template, of)) = operation(method, path) else { return };
    let what = format!("{method} {template}: {}", answered.status);
    let told = &of["responses"][answered.status.as_str()];
    assert!(!told.is_null(), "{what} is not told of: {}", String::from_utf8_lossy(&answered.body));
    let told = resolved(told);
    let Some(content) = told["content"].as_object() else {
        assert!(answered.body.is_empty(), "{what}: nothing is told of a body");
        return;
    };
    let (media, told) = content.iter().next().unwrap();
    let fits = media.strip_suffix('*').map_or(*media == answered.kind, |kind| answered.kind.starts_with(kind));
    assert!(fits, "{what}: {media} is told of, not {}", answered.kind);
    if media.ends_with("json") {
        let body = answered.json();
        if let Err(why) = fits_schema(&body, &told["schema"]) {
            panic!("{what}: {why}\nin {body:#}");
        }
    }
}

fn resolved(value: &'static Value) -> &'static Value {
    let place = value["$ref"].as_str();
    place.map_or(value, |place| DOCUMENT.pointer(&place[1..]).unwrap())
}

/// Whether a value is what a schema says; as much of JSON Schema as the document uses.
pub fn fits_schema(value: &Value, schema: &'static Value) -> Result<(), String> {
    let schema = resolved(schema);
    let short = || value.to_string().chars().take(120).collect::<String>();
    let each =
        |key: &str| schema[key].as_array().map(|of| of.iter().map(|of| fits_schema(value, of)).collect::<Vec<_>>());
    if let Some(of) = each("allOf") {
        of.into_iter().collect::<Result<(), _>>()?;
    }
    if let Some(of) = each("oneOf") {
        let good = of.iter().filter(|of| of.is_ok()).count();
        if good != 1 {
            return Err(format!("{} fits {good} of {}: {of:?}", short(), of.len()));
        }
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return Err(format!("{} is none of {values:?}", short()));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(of) => of.iter().filter_map(Value::as_str).collect(),
        Value::String(of) => vec![of],
        _ => Vec::new(),
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.is_empty() && !types.contains(&found) {
        return Err(format!("{} is no {types:?}", short()));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), value.as_i64())
        && number < least
    {
        return Err(format!("{number} is less than {least}"));
    }
    match value {
        Value::Array(items) => items_fit(items, schema),
        Value::Object(fields) => fields_fit(fields, schema),
        _ => Ok(()),
    }
}

fn items_fit(items: &[Value], schema: &'static Value) -> Result<(), String> {
    let first = schema["prefixItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (place, item) in items.iter().enumerate() {
        let of = first.get(place).unwrap_or(&schema["items"]);
        if *of == Value::Bool(false) {
            return Err(format!("too long: {}", items.len()));
        }
        fits_schema(item, of).map_err(|why| format!("[{place}] {why}"))?;
    }
    Ok(())
}

fn fields_fit(fields: &serde_json::Map<String, Value>, schema: &'static Value) -> Result<(), String> {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, field) in fields {
        let known = &schema["properties"][name];
        let of = if known.is_null() { &schema["additionalProperties"] } else { known };
        if *of == Value::Bool(false) {
            return Err(format!("{name} is not told of"));
        }
        fits_schema(field, of).map_err(|why| format!(".{name} {why}"))?;
    }
    Ok(())
}

#[test]
fn what_does_not_fit_a_schema_is_found() {
    let good = serde_json::json!({ "sequence": 1, "hash": "0".repeat(64) });
    let head = &DOCUMENT["components"]["schemas"]["AuditHead"];
    assert_eq!(fits_schema(&good, head), Ok(()));
    for spoilt in [
        serde_json::json!({ "sequence": -1, "hash": "0" }),
        serde_json::json!({ "sequence": "1", "hash": "0" }),
        serde_json::json!({ "sequence": 1 }),
        serde_json::json!([good]),
        Value::Null,
    ] {
        assert!(fits_schema(&spoilt, head).is_err(), "{spoilt}");
    }
    let line = &DOCUMENT["components"]["schemas"]["LedgerLine"];
    assert!(fits_schema(&serde_json::json!({ "part": "elsewhere" }), line).is_err());
}
