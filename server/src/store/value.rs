//! Values on their way into a statement and out of a row, the same for both databases.

use std::borrow::Cow;

use domain::calendar::{BusinessDate, MealPeriod, Month, UnixMs};
use domain::id::{
    CanteenId, CashierId, Digest, ElderId, FindingId, ObjectionId, RecordId, RefundId, ShiftId, StatementId,
    TerminalId, UserId,
};
use domain::money::Fen;
use domain::reconciliation::Frozen;
use domain::region::RegionCode;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, ValueRef as _};
use uuid::Uuid;

use crate::error::Error;

/// A bound value. NULL has a type too, because PostgreSQL wants one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// BIGINT.
    Int(Option<i64>),
    /// BOOLEAN (INTEGER 0 or 1 in SQLite).
    Bool(Option<bool>),
    /// TEXT.
    Text(Option<Cow<'a, str>>),
    /// BYTEA (BLOB in SQLite).
    Bytes(Option<Cow<'a, [u8]>>),
    /// UUID (BLOB of 16 bytes in SQLite).
    Uuid(Option<Uuid>),
    /// A list of UUIDs as one value, for [`super::Tx::among`]: UUID[] (a JSON list of hex digits in SQLite).
    Uuids(Vec<Uuid>),
}

impl Value<'_> {
    /// The ids of a list, whatever they name.
    pub fn list<'i, T: Bind<'static> + Copy + 'i>(ids: impl IntoIterator<Item = &'i T>) -> Self {
        let uuid = |id: &T| match (*id).bind() {
            Value::Uuid(Some(id)) => id,
            other => unreachable!("a list is of ids, not of {other:?}"),
        };
        Self::Uuids(ids.into_iter().map(uuid).collect())
    }
}

/// A list of UUIDs as SQLite reads it.
pub(super) fn hex_list(ids: &[Uuid]) -> String {
    let mut text = String::with_capacity(2 + ids.len() * 35);
    let mut digits = Uuid::encode_buffer();
    text.push('[');
    for (place, id) in ids.iter().enumerate() {
        text.push_str(if place == 0 { "\"" } else { ",\"" });
        text.push_str(id.as_simple().encode_lower(&mut digits));
        text.push('"');
    }
    text.push(']');
    text
}

/// What can be bound.
pub trait Bind<'a> {
    /// The value to bind.
    fn bind(self) -> Value<'a>;
    /// NULL of its type.
    fn null() -> Value<'a>;
}

impl<'a> Bind<'a> for Value<'a> {
    fn bind(self) -> Self {
        self
    }
    fn null() -> Self {
        Value::Text(None)
    }
}

impl<'a, T: Bind<'a>> Bind<'a> for Option<T> {
    fn bind(self) -> Value<'a> {
        self.map_or_else(T::null, T::bind)
    }
    fn null() -> Value<'a> {
        T::null()
    }
}

macro_rules! binds {
    ($($type:ty => $variant:ident($self:ident) $value:expr;)*) => {$(
        impl<'a> Bind<'a> for $type {
            fn bind($self) -> Value<'a> {
                Value::$variant(Some($value))
            }
            fn null() -> Value<'a> {
                Value::$variant(None)
            }
        }
    )*};
}

binds! {
    i64 => Int(self) self;
    u8 => Int(self) i64::from(self);
    u16 => Int(self) i64::from(self);
    u32 => Int(self) i64::from(self);
    bool => Bool(self) self;
    UnixMs => Int(self) self.get();
    Fen => Int(self) self.get();
    &'a str => Text(self) Cow::Borrowed(self);
    &'a String => Text(self) Cow::Borrowed(self.as_str());
    String => Text(self) Cow::Owned(self);
    &'a [u8] => Bytes(self) Cow::Borrowed(self);
    &'a Vec<u8> => Bytes(self) Cow::Borrowed(self.as_slice());
    Vec<u8> => Bytes(self) Cow::Owned(self);
    Digest => Bytes(self) Cow::Owned(self.0.to_vec());
    &'a Digest => Bytes(self) Cow::Borrowed(self.0.as_slice());
    Uuid => Uuid(self) self;
    BusinessDate => Text(self) Cow::Owned(self.to_string());
    Month => Text(self) Cow::Owned(self.to_string());
    &'a RegionCode => Text(self) Cow::Borrowed(self.as_str());
    &'a MealPeriod => Text(self) Cow::Borrowed(self.as_str());
}

/// A row as either database gives it.
#[derive(Clone, Copy)]
pub enum Row<'r> {
    /// From SQLite.
    Sqlite(&'r SqliteRow),
    /// From PostgreSQL.
    Postgres(&'r PgRow),
}

/// A column, by name or by position.
#[derive(Clone, Copy, Debug)]
pub enum At<'n> {
    /// By name.
    Name(&'n str),
    /// By position, from 0.
    Position(usize),
}

impl Row<'_> {
    /// The named column.
    pub fn get<T: Column>(&self, name: &str) -> Result<T, Error> {
        T::read(self, At::Name(name))
    }

    /// The column at a position, from 0.
    pub fn at<T: Column>(&self, position: usize) -> Result<T, Error> {
        T::read(self, At::Position(position))
    }

    fn is_null(&self, at: At<'_>) -> Result<bool, Error> {
        Ok(match (self, at) {
            (Self::Sqlite(row), At::Name(name)) => row.try_get_raw(name)?.is_null(),
            (Self::Sqlite(row), At::Position(i)) => row.try_get_raw(i)?.is_null(),
            (Self::Postgres(row), At::Name(name)) => row.try_get_raw(name)?.is_null(),
            (Self::Postgres(row), At::Position(i)) => row.try_get_raw(i)?.is_null(),
        })
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads it.
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error>;
}

macro_rules! native_columns {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
                Ok(match (row, at) {
                    (Row::Sqlite(row), At::Name(name)) => row.try_get(name)?,
                    (Row::Sqlite(row), At::Position(i)) => row.try_get(i)?,
                    (Row::Postgres(row), At::Name(name)) => row.try_get(name)?,
                    (Row::Postgres(row), At::Position(i)) => row.try_get(i)?,
                })
            }
        }
    )*};
}
native_columns!(i64, bool, String, Vec<u8>, Uuid);

impl<T: Column> Column for Option<T> {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        if row.is_null(at)? { Ok(None) } else { T::read(row, at).map(Some) }
    }
}

fn corrupt(at: At<'_>, reason: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("column {at:?}: {reason}"))
}

macro_rules! integer_columns {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
                Self::try_from(i64::read(row, at)?).map_err(|e| corrupt(at, e))
            }
        }
    )*};
}
integer_columns!(u8, u16, u32, u64);

macro_rules! text_columns {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
                String::read(row, at)?.parse().map_err(|e| corrupt(at, e))
            }
        }
    )*};
}
text_columns!(BusinessDate, Month, RegionCode, MealPeriod);

impl Column for Frozen {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        Ok(Option::<i64>::read(row, at)?.map_or(Self::Not, Self::By))
    }
}

impl Column for UnixMs {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        i64::read(row, at).map(Self::new)
    }
}

impl Column for Fen {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        i64::read(row, at).map(Self::new)
    }
}

impl Column for Digest {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        let bytes: Vec<u8> = Column::read(row, at)?;
        bytes.try_into().map(Self).map_err(|_| corrupt(at, "a digest has 32 bytes"))
    }
}

macro_rules! ids {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
                Uuid::read(row, at).map(Self::from_uuid)
            }
        }
        impl<'a> Bind<'a> for $type {
            fn bind(self) -> Value<'a> {
                Value::Uuid(Some(self.uuid()))
            }
            fn null() -> Value<'a> {
                Value::Uuid(None)
            }
        }
    )*};
}
ids!(
    ElderId,
    CanteenId,
    TerminalId,
    RecordId,
    CashierId,
    UserId,
    ShiftId,
    FindingId,
    ObjectionId,
    StatementId,
    RefundId
);

/// A value kept as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: serde::Serialize> serde::Serialize for Json<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: serde::de::DeserializeOwned> Column for Json<T> {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        serde_json::from_str(&String::read(row, at)?).map(Self).map_err(|e| corrupt(at, e))
    }
}

/// A value kept as JSON text, or nothing where the text is none any more: for pages that tell of many rows and go on with
/// the others. Nothing that settles money reads so.
pub struct Readable<T>(pub Option<T>);

impl<T: serde::de::DeserializeOwned> Column for Readable<T> {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        Ok(Self(serde_json::from_str(&String::read(row, at)?).ok()))
    }
}

impl<'a, T: serde::Serialize> Bind<'a> for Json<T> {
    fn bind(self) -> Value<'a> {
        let text = serde_json::to_string(&self.0);
        Value::Text(Some(Cow::Owned(text.unwrap_or_else(|e| unreachable!("the value has a JSON form: {e}")))))
    }
    fn null() -> Value<'a> {
        Value::Text(None)
    }
}

/// A type that a whole row can be read as: a tuple, by position, or a struct made with [`crate::row!`], by name.
pub trait FromRow: Sized {
    /// Reads it.
    fn from_row(row: &Row<'_>) -> Result<Self, Error>;
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),*);)*) => {$(
        impl<$($name: Column),*> FromRow for ($($name,)*) {
            fn from_row(row: &Row<'_>) -> Result<Self, Error> {
                Ok(($(row.at::<$name>($at)?,)*))
            }
        }
    )*};
}
tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

/// Defines a struct whose fields are read from the columns of the same names.
///
/// ```
/// server::row! {
///     /// A canteen's name.
///     #[derive(Debug)]
///     pub struct Name {
///         /// Which canteen.
///         pub id: domain::id::CanteenId,
///         /// Its name.
///         pub name: String,
///     }
/// }
/// ```
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty,)*
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }
        impl $crate::store::FromRow for $name {
            fn from_row(row: &$crate::store::Row<'_>) -> Result<Self, $crate::Error> {
                Ok(Self { $($field: row.get(stringify!($field))?,)* })
            }
        }
    };
}
