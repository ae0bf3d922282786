//! Schemas in a few words.

use serde_json::Value;

use super::words::Words;

/// A type in words; names of schemas lead to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind(pub(super) Vec<Part>);

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What it says.
    pub(super) text: String,
    /// Whether it is the name of a schema.
    pub(super) is_name: bool,
}

/// A field, or a parameter.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) meaning: Vec<super::Piece>,
}

impl Kind {
    fn text(text: impl Into<String>) -> Self {
        Self(vec![Part { text: text.into(), is_name: false }])
    }

    fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// What a reference stands for; anything else stands for itself.
pub(super) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let place = value["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(value)
}

/// A schema in words.
pub(super) fn kind(schema: &Value, w: &'static Words) -> Kind {
    if let Some(place) = schema["$ref"].as_str() {
        let name = place.rsplit('/').next().unwrap_or_default().to_owned();
        return Kind(vec![Part { text: name, is_name: true }]);
    }
    for (key, between) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(of) = schema[key].as_array() {
            return joined(of, between, w);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        return Kind::text(values.join(" | "));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(of) => vec![of.as_str()],
        Value::Array(of) => of.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let nothing = if types.contains(&"null") { w.or_nothing } else { "" };
    let said = match types.iter().find(|of| **of != "null") {
        Some(&"array") if schema["prefixItems"].is_array() => {
            let parts = schema["prefixItems"].as_array().map(Vec::as_slice).unwrap_or_default();
            Kind::text("[").then(joined(parts, ", ", w)).then(Kind::text("]"))
        }
        Some(&"array") => Kind::text(w.list_of).then(kind(&schema["items"], w)),
        Some(&"object") if schema["additionalProperties"].is_object() => {
            Kind::text(w.map_of).then(kind(&schema["additionalProperties"], w))
        }
        Some(&"object") if schema["properties"].is_object() => {
            let names = schema["properties"].as_object().into_iter().flatten();
            let parts: Vec<String> = names.map(|(name, of)| format!("{name}{}", fixed(of))).collect();
            Kind::text(format!("{{ {} }}", parts.join(", ")))
        }
        Some(of) => Kind::text(schema["format"].as_str().map_or_else(|| (*of).to_owned(), |f| format!("{of} ({f})"))),
        None => Kind::text("any"),
    };
    said.then(Kind(Part::some(nothing)))
}

impl Part {
    fn some(text: &str) -> Vec<Self> {
        if text.is_empty() { Vec::new() } else { vec![Self { text: text.to_owned(), is_name: false }] }
    }
}

/// The one value of a field that has only one, as tags of variants have.
fn fixed(schema: &Value) -> String {
    match schema["enum"].as_array().map(Vec::as_slice) {
        Some([Value::String(only)]) => format!(": {only}"),
        _ => String::new(),
    }
}

fn joined(of: &[Value], between: &str, w: &'static Words) -> Kind {
    let is_null = |schema: &&Value| schema["type"] == "null";
    let nothing = if of.iter().any(|schema| is_null(&schema)) && between == " | " { w.or_nothing } else { "" };
    let mut out = Kind::default();
    for (place, schema) in of.iter().filter(|schema| !is_null(schema)).enumerate() {
        if place > 0 {
            out = out.then(Kind::text(between));
        }
        out = out.then(kind(schema, w));
    }
    out.then(Kind(Part::some(nothing)))
}

/// The fields of an object, those of its parts too.
pub(super) fn fields(schema: &Value, w: &'static Words) -> Vec<Field> {
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, of)| Field {
        name: name.clone(),
        place: String::new(),
        kind: kind(of, w),
        required: required(name),
        meaning: super::pieces(of["description"].as_str().unwrap_or_default()),
    });
    let parts = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| fields(part, w));
    own.chain(parts).collect()
}

/// A parameter.
pub(super) fn parameter(of: &Value, w: &'static Words) -> Field {
    let text = |key: &str| of[key].as_str().unwrap_or_default().to_owned();
    Field {
        name: text("name"),
        place: text("in"),
        kind: kind(&of["schema"], w),
        required: of["required"] == true,
        meaning: super::pieces(&text("description")),
    }
}
