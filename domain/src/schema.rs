//! How the types that are a text or a number on the wire stand in the document of the office's API. Only with the
//! feature `schema`: the rules themselves know nothing of it, and what has fields says its shape by deriving it.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::calendar::{BusinessDate, MealPeriod, Month, UnixMs};
use crate::id::Digest;
use crate::money::Fen;
use crate::record::encoding::SignatureHex;
use crate::region::RegionCode;

fn text(pattern: &str, description: &str, example: &str) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    text.description(Some(description)).examples([example]).build()
}

fn number(description: &str, example: i64) -> Object {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    let number = ObjectBuilder::new().schema_type(Type::Integer).format(Some(format));
    number.description(Some(description)).examples([example]).build()
}

/// An identifier.
pub(crate) fn id(description: &str) -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    let id = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
    Schema::Object(id.description(Some(description.trim())).build()).into()
}

macro_rules! schemas {
    ($($name:ident => $schema:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Schema::Object($schema).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )*};
}

schemas! {
    Fen => number("Money in fen: hundredths of a yuan, never a fraction.", 1800);
    UnixMs => number("An instant: milliseconds since 1970-01-01 00:00 UTC.", 1_772_420_400_000);
    BusinessDate => {
        let mut date = text(
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "A business date: it begins at 04:00 Chinese time and ends at 04:00 of the next day.",
            "2026-03-02",
        );
        date.format = Some(SchemaFormat::KnownFormat(KnownFormat::Date));
        date
    };
    Month => text("^[0-9]{4}-(0[1-9]|1[0-2])$", "A calendar month of business dates.", "2026-03");
    MealPeriod => text("^[a-z0-9_-]{1,20}$", "A meal of the day, as the policy names it.", "lunch");
    RegionCode => text(
        "^(1[1-9]|[2-7][0-9]|8[0-2])([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$",
        "A division code of GB/T 2260 and GB/T 10114: 2, 4, 6, 9 or 12 digits. Zeros that name no unit are cut off.",
        "440304",
    );
    Digest => text("^[0-9a-f]{64}$", "A SHA-256 digest, 64 lower-case hex digits.", &"0".repeat(64));
    SignatureHex => text("^[0-9a-f]{128}$", "An Ed25519 signature, 128 lower-case hex digits.", &"0".repeat(128));
}
