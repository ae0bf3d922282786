//! An operation of the API as its document tells of it. What it takes and gives is read from the types of its handler
//! ([`Takes`], [`Gives`]), so that the document cannot say anything else than what is read and answered.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::Month;
use domain::id::{CanteenId, ElderId, ObjectionId, StatementId, TerminalId, UserId};
use domain::region::RegionCode;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use uuid::Uuid;

use crate::audit::Action;

/// Whom an operation answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asker {
    /// Anybody.
    #[default]
    Anybody,
    /// Anybody; a session that is shown is used.
    Whoever,
    /// A person who is signed in.
    Person,
    /// A terminal, by its signature.
    Terminal,
}

/// Reads a body as a handler does; says why it cannot.
pub(crate) type ReadsBody = fn(&[u8]) -> Result<(), String>;

/// Schemas by their names.
pub(crate) type Shapes = Vec<(String, RefOr<Schema>)>;

/// What is known of an operation.
#[derive(Clone, Default)]
pub(crate) struct Sketch {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) notes: &'static str,
    pub(crate) action: Option<Action>,
    pub(crate) asker: Asker,
    /// Parameters of path, query and headers.
    pub(crate) parameters: Vec<Value>,
    /// What is sent: the body's media types.
    pub(crate) body: Option<Value>,
    /// How its body is read.
    pub(crate) reads: Option<ReadsBody>,
    /// What is answered when it is done, by status.
    pub(crate) answers: BTreeMap<u16, Value>,
    /// With which statuses it is refused.
    pub(crate) refusals: BTreeSet<u16>,
    /// Whether it takes an `Idempotency-Key`.
    pub(crate) keyed: bool,
    /// Whether the body is a file.
    pub(crate) is_upload: bool,
    pub(crate) shapes: Shapes,
}

impl Sketch {
    /// A reference to a type's schema, which is noted down.
    pub(crate) fn shape<T: ToSchema>(&mut self) -> Value {
        let name = T::name().into_owned();
        let here = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.shapes.push((name, T::schema()));
        T::schemas(&mut self.shapes);
        here
    }

    /// Notes a good answer down.
    pub(crate) fn answers(&mut self, status: u16, description: &str, content: Option<(&str, Value)>) {
        let mut answer = json!({ "description": description });
        if let Some((media, schema)) = content {
            let content = if schema.is_null() { json!({}) } else { json!({ "schema": schema }) };
            answer["content"] = json!({ media: content });
        }
        self.answers.insert(status, answer);
    }

    /// Notes a header of a good answer down.
    pub(crate) fn header(&mut self, status: u16, name: &str, description: &str, schema: &Value) {
        if let Some(answer) = self.answers.get_mut(&status) {
            answer["headers"][name] = json!({ "description": description, "schema": schema });
        }
    }

    /// Notes down with which statuses it is refused.
    pub(crate) fn refuses<const N: usize>(&mut self, statuses: [u16; N]) {
        self.refusals.extend(statuses);
    }

    /// The names of what varies in the path, in their order.
    fn varying(&self) -> Vec<&'static str> {
        let parts = self.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}'))).collect()
    }

    /// The fields of a query.
    pub(crate) fn query<T: ToSchema>(&mut self) {
        let schema = serde_json::to_value(T::schema()).unwrap_or_default();
        T::schemas(&mut self.shapes);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let mut field = field.clone();
            let description = field.as_object_mut().and_then(|field| field.remove("description"));
            let description = description.unwrap_or_else(|| json!(""));
            self.parameters.push(json!({
                "name": name, "in": "query", "required": required.contains(&name.as_str()),
                "description": description, "schema": field,
            }));
        }
    }

    /// What varies in the path.
    pub(crate) fn places(&mut self, schemas: Vec<Value>) {
        for (name, schema) in self.varying().into_iter().zip(schemas) {
            self.parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
    }
}

/// Something that a handler takes out of a request.
pub(crate) trait Takes {
    /// Notes down what it takes, and with what it refuses.
    fn takes(sketch: &mut Sketch);
}

/// Something that a handler answers.
pub(crate) trait Gives {
    /// Notes down what it is.
    fn gives(sketch: &mut Sketch);
}

/// A handler whose types tell what it takes and gives. `D` is the tuple of what it takes.
pub(crate) trait Described<D> {
    /// Notes all of it down.
    fn describe(sketch: &mut Sketch);
}

macro_rules! described {
    ($(($($taken:ident)*))*) => {$(
        impl<H, F, G, $($taken,)*> Described<($($taken,)*)> for H
        where
            H: Fn($($taken),*) -> F,
            F: Future<Output = G>,
            G: Gives,
            $($taken: Takes,)*
        {
            fn describe(sketch: &mut Sketch) {
                $($taken::takes(sketch);)*
                G::gives(sketch);
            }
        }
    )*};
}
described! { () (A) (A B) (A B C) (A B C D) (A B C D E) }

/// What may stand in a path.
pub(crate) trait Place {
    /// Its schemas, one for each part.
    fn schemas(sketch: &mut Sketch) -> Vec<Value>;
}

macro_rules! places {
    ($($name:ty),*) => {$(
        impl Place for $name {
            fn schemas(sketch: &mut Sketch) -> Vec<Value> {
                vec![sketch.shape::<$name>()]
            }
        }
    )*};
}
places!(CanteenId, ElderId, ObjectionId, StatementId, TerminalId, UserId, RegionCode, Month, crate::import::Kind);

macro_rules! plain_places {
    ($($name:ty => $schema:tt),*) => {$(
        impl Place for $name {
            fn schemas(_: &mut Sketch) -> Vec<Value> {
                vec![json!($schema)]
            }
        }
    )*};
}
plain_places!(
    Uuid => { "type": "string", "format": "uuid" },
    String => { "type": "string", "minLength": 1 },
    u32 => { "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 },
    u64 => { "type": "integer", "format": "int64", "minimum": 0 },
    i64 => { "type": "integer", "format": "int64" }
);

macro_rules! place_tuples {
    ($(($($part:ident)*))*) => {$(
        impl<$($part: Place),*> Place for ($($part,)*) {
            fn schemas(sketch: &mut Sketch) -> Vec<Value> {
                [$($part::schemas(sketch)),*].concat()
            }
        }
    )*};
}
place_tuples! { (A B) (A B C) }
