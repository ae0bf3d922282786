//! The OpenAPI document: what was noted down of every operation, put together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::examples::{Example, examples};
use super::sketch::{Asker, Sketch};
use super::takes::header;
use crate::http::problem;
use crate::idempotency;
use crate::words::Code;

/// The document, and what does not fit in it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The document, OpenAPI 3.1.
    pub value: Value,
    /// Names that two different schemas have. None, or the program is wrong.
    pub clashes: BTreeSet<String>,
    /// Examples of nothing, and those whose body is refused. None, or the program is wrong.
    pub bad_examples: Vec<String>,
}

const ABOUT: &str = "The office of Zhucan (助餐): subsidised meals of elders, from the till to the month's statement.\n\n\
**Units.** Money is in fen (hundredths of a yuan), always an integer. Instants are milliseconds since 1970-01-01 00:00 \
UTC. A business date begins at 04:00 Chinese time. Digests are SHA-256 in lower-case hex.\n\n\
**Signing in.** `POST /api/v1/session` gives a program a token for `Authorization: Bearer`. A browser asks for a cookie \
and brings the `zhucan-csrf` value with everything that changes something. Terminals sign each request with their key.\n\n\
**Refusals** are RFC 9457 problem documents in Chinese with a `code` that never changes and the next step. Every \
operation may also answer 408, 500 and 503.\n\n\
**Lists** that have more rows than one page name the next page in the header `Link` (RFC 8288).\n\n\
**Sending again.** A write with an `Idempotency-Key` is done once: the same key with the same request gets the first \
answer again, with another request it is refused. Keys are kept for 24 hours. Refusals are not kept, for nothing was \
done. Uploads of files and terminals' requests take no key: the same file and the same records may be sent again as \
they are. Every answer carries `x-request-id`.";

/// Puts the document together.
pub(crate) fn assemble(operations: &[Sketch]) -> Document {
    let mut paths: BTreeMap<&str, Value> = BTreeMap::new();
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut clashes = BTreeSet::new();
    let mut statuses = BTreeSet::from(ALWAYS);
    let mut tags = BTreeSet::new();
    let problem = problem::shapes();
    for (name, schema) in operations.iter().flat_map(|of| &of.shapes).chain(&problem) {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        if schemas.insert(name.clone(), schema.clone()).is_some_and(|before| before != schema) {
            clashes.insert(name.clone());
        }
    }
    let mut examples = examples();
    let mut bad_examples = Vec::new();
    for of in operations {
        let shown = examples.iter().position(|one| (one.method, one.path) == (of.method, of.path));
        let shown = shown.map(|place| examples.swap_remove(place));
        bad_examples.extend(shown.as_ref().and_then(|example| what_is_wrong(of, example)));
        statuses.extend(of.refusals.iter().copied());
        tags.insert(of.tag);
        let item = paths.entry(of.path).or_insert_with(|| json!({}));
        item[of.method.to_lowercase()] = operation(of, shown);
    }
    bad_examples.extend(examples.iter().map(|one| format!("{} {}: no such operation", one.method, one.path)));
    open_parts(&mut schemas);
    let responses: BTreeMap<String, Value> = statuses.iter().map(|status| (named(*status), refusal(*status))).collect();
    let value = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Zhucan office API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags.iter().map(|tag| json!({ "name": tag })).collect::<Vec<_>>(),
        "paths": paths,
        "components": { "schemas": schemas, "responses": responses, "securitySchemes": security_schemes() },
    });
    Document { value, clashes, bad_examples }
}

/// The document of this program's API.
#[must_use]
pub fn document() -> Document {
    assemble(crate::http::operations())
}

/// What any operation may be refused with: too slow, a defect, the database away.
const ALWAYS: [u16; 3] = [408, 500, 503];

fn named(status: u16) -> String {
    format!("Problem{status}")
}

/// A stable name: the method and the path.
fn operation_id(of: &Sketch) -> String {
    let path = of.path.trim_start_matches("/api/v1/");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = std::iter::once(of.method).chain(words).collect();
    words.join("_").to_lowercase()
}

/// Why an example is none of the operation.
fn what_is_wrong(of: &Sketch, example: &Example) -> Option<String> {
    let why = match (&example.body, of.reads) {
        (Some(body), Some(reads)) => reads(body.to_string().as_bytes()).err(),
        (Some(_), None) => Some("nothing is read".to_owned()),
        (None, Some(_)) => Some("its body is missing".to_owned()),
        (None, None) => None,
    };
    let (status, _) = &example.answer;
    let why = why.or_else(|| (!of.answers.contains_key(status)).then(|| format!("{status} is not answered")));
    why.map(|why| format!("{} {}: {why}", of.method, of.path))
}

fn operation(of: &Sketch, shown: Option<Example>) -> Value {
    let mut parameters = of.parameters.clone();
    if of.keyed {
        let schema =
            json!({ "type": "string", "minLength": 1, "maxLength": idempotency::LONGEST, "pattern": "^[!-~]+$" });
        let what = "Chosen by the sender, such as a UUID: the request is done once. See the description of the API.";
        parameters.push(header("Idempotency-Key", what, &schema));
    }
    let mut responses = serde_json::Map::new();
    for (status, answer) in &of.answers {
        responses.insert(status.to_string(), answer.clone());
    }
    for status in of.refusals.iter().chain(&ALWAYS) {
        responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{}", named(*status)) }));
    }
    let mut out = json!({
        "operationId": operation_id(of),
        "tags": [of.tag],
        "summary": of.summary,
        "security": security(of),
        "responses": responses,
    });
    let entered =
        of.action.map(|action| format!("Entered in the audit log as `{}`, granted or denied.", action.name()));
    let notes: Vec<&str> =
        [of.notes, entered.as_deref().unwrap_or_default()].into_iter().filter(|n| !n.is_empty()).collect();
    if !notes.is_empty() {
        out["description"] = json!(notes.join("\n\n"));
    }
    if !parameters.is_empty() {
        out["parameters"] = json!(parameters);
    }
    if let Some(content) = &of.body {
        out["requestBody"] = json!({ "required": true, "content": content });
    }
    if let Some(Example { body, answer: (status, answer), .. }) = shown {
        if let Some(body) = body {
            out["requestBody"]["content"]["application/json"]["example"] = body;
        }
        out["responses"][status.to_string()]["content"]["application/json"]["example"] = answer;
    }
    out
}

fn security(of: &Sketch) -> Value {
    let cookie = if of.method == "GET" { json!({ "cookie": [] }) } else { json!({ "cookie": [], "csrf": [] }) };
    match of.asker {
        Asker::Anybody => json!([]),
        Asker::Whoever => json!([{}, { "bearer": [] }, cookie]),
        Asker::Person => json!([{ "bearer": [] }, cookie]),
        Asker::Terminal => json!([{
            "terminal": [], "terminalTime": [], "terminalNonce": [], "terminalSignature": [],
        }]),
    }
}

fn security_schemes() -> Value {
    let header =
        |name: &str, what: &str| json!({ "type": "apiKey", "in": "header", "name": name, "description": what });
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer",
            "description": "The token that `POST /api/v1/session` answered; idle for 30 minutes or after 12 hours it ends.",
        },
        "cookie": {
            "type": "apiKey", "in": "cookie", "name": "zhucan_session",
            "description": "For browsers: `POST /api/v1/session` with `\"cookie\": true`.",
        },
        "csrf": header("zhucan-csrf", "With the cookie, for everything that changes something: `csrf` of the sign-in's answer."),
        "terminal": header("zhucan-terminal", "The terminal's id."),
        "terminalTime": header("zhucan-time", "When it was signed, unix ms; no more than 5 minutes off."),
        "terminalNonce": header("zhucan-nonce", "32 lower-case hex digits, each good once."),
        "terminalSignature": header(
            "zhucan-signature",
            "Ed25519 by the terminal's key over the digest `zhucan.request.1` of method, path with query, body, time and \
             nonce: 128 lower-case hex digits.",
        ),
    })
}

fn refusal(status: u16) -> Value {
    let codes = Code::ALL.iter().filter(|code| code.status() == status);
    let codes: Vec<String> = codes.map(|code| format!("`{}` {}", code.name(), code.title())).collect();
    let mut response = json!({
        "description": codes.join("; "),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    if matches!(status, 429 | 503) {
        response["headers"]["retry-after"] =
            json!({ "description": "Seconds after which another try makes sense.", "schema": { "type": "integer" } });
    }
    response
}

/// An object that is a part of another one is not the place to refuse what the other one adds.
fn open_parts(schemas: &mut BTreeMap<String, Value>) {
    let mut parts = BTreeSet::new();
    for schema in schemas.values() {
        find_parts(schema, &mut parts);
    }
    for name in parts {
        if let Some(schema) = schemas.get_mut(&name) {
            open(schema);
        }
    }
}

fn find_parts(schema: &Value, parts: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for part in fields.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                let name = part["$ref"].as_str().and_then(|name| name.rsplit('/').next());
                parts.extend(name.map(str::to_owned));
            }
            fields.values().for_each(|field| find_parts(field, parts));
        }
        Value::Array(items) => items.iter().for_each(|item| find_parts(item, parts)),
        _ => {}
    }
}

fn open(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("additionalProperties");
        for key in ["oneOf", "allOf"] {
            for part in fields.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
                open(part);
            }
        }
    }
}
