//! Rows as they are, for taking a whole database elsewhere: tables and columns are asked of the database, so that none
//! can be forgotten here.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Column as _, Row, Statement, Tx, Value, insert};
use crate::error::Error;
use crate::sql;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Int,
    Bool,
    Text,
    Bytes,
    Uuid,
}

impl Kind {
    /// Of a type's name in PostgreSQL.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "bigint" => Self::Int,
            "boolean" => Self::Bool,
            "text" => Self::Text,
            "bytea" => Self::Bytes,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }
}

/// A row: the values of all columns, in their order.
pub type Cells = Vec<Value<'static>>;

/// A table with its columns and the key that its rows are known by.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    columns: Vec<(String, Kind)>,
    /// Places of the key's columns.
    key: Vec<usize>,
}

/// The tables of a PostgreSQL database that holds this program's schema, each behind those that it points to.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>, Error> {
    let columns: Vec<(String, String, String)> = sql!(
        tx,
        "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT)
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> '_sqlx_migrations'
         ORDER BY c.table_name, c.ordinal_position"
    )
    .all()
    .await?;
    // A table without a primary key is known by its first unique one; what may be NULL is none.
    let keys: Vec<(String, String, String, String)> = sql!(
        tx,
        "SELECT CAST(k.table_name AS TEXT), CAST(k.constraint_name AS TEXT), CAST(k.column_name AS TEXT),
                CAST(v.is_nullable AS TEXT)
         FROM information_schema.key_column_usage k
         JOIN information_schema.table_constraints c USING (constraint_schema, constraint_name, table_name)
         JOIN information_schema.columns v
           ON v.table_schema = k.table_schema AND v.table_name = k.table_name AND v.column_name = k.column_name
         WHERE k.table_schema = current_schema() AND c.constraint_type IN ('PRIMARY KEY', 'UNIQUE')
         ORDER BY k.table_name, c.constraint_type, k.constraint_name, k.ordinal_position"
    )
    .all()
    .await?;
    let points: Vec<(String, String)> = sql!(
        tx,
        "SELECT CAST(a.relname AS TEXT), CAST(b.relname AS TEXT) FROM pg_constraint c
         JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
         WHERE c.contype = 'f' AND a.oid <> b.oid"
    )
    .all()
    .await?;
    let mut found: BTreeMap<String, Table> = BTreeMap::new();
    for (table, column, kind) in columns {
        let kind = Kind::of(&kind)
            .ok_or_else(|| Error::Internal(format!("a column {table}.{column} of type {kind} cannot be copied")))?;
        let new = || Table { name: table.clone(), columns: Vec::new(), key: Vec::new() };
        found.entry(table.clone()).or_insert_with(new).columns.push((column, kind));
    }
    let nullable: BTreeSet<&String> =
        keys.iter().filter(|(.., nullable)| nullable != "NO").map(|(_, constraint, ..)| constraint).collect();
    let mut chosen: BTreeMap<&String, &String> = BTreeMap::new();
    for (name, constraint, column, _) in keys.iter().filter(|(_, constraint, ..)| !nullable.contains(constraint)) {
        if let Some(table) = found.get_mut(name)
            && *chosen.entry(name).or_insert(constraint) == constraint
        {
            table.key.extend(table.columns.iter().position(|(known, _)| known == column));
        }
    }
    if let Some(table) = found.values().find(|table| table.key.is_empty()) {
        return Err(Error::Internal(format!("the table {} has no key", table.name)));
    }
    Ok(in_order(found, &points))
}

/// Tables behind those that they point to.
fn in_order(mut left: BTreeMap<String, Table>, points: &[(String, String)]) -> Vec<Table> {
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready = |name: &String| !points.iter().any(|(from, to)| from == name && left.contains_key(to));
        // Tables that point to each other would stop the copy at the database's own check, not here.
        let next = left.keys().find(|name| ready(name)).or_else(|| left.keys().next()).cloned();
        ordered.extend(next.and_then(|name| left.remove(&name)));
    }
    ordered
}

/// The names of this program's tables in an SQLite database.
pub async fn names_in_sqlite(tx: &mut Tx) -> Result<BTreeSet<String>, Error> {
    let names: Vec<String> = sql!(
        tx,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
         AND name <> '_sqlx_migrations'"
    )
    .values()
    .await?;
    Ok(names.into_iter().collect())
}

impl Table {
    fn read(&self, row: &Row<'_>) -> Result<Cells, Error> {
        let cell = |(place, (_, kind)): (usize, &(String, Kind))| {
            let at = super::At::Position(place);
            Ok(match kind {
                Kind::Int => Value::Int(Option::read(row, at)?),
                Kind::Bool => Value::Bool(Option::read(row, at)?),
                Kind::Text => Value::Text(Option::<String>::read(row, at)?.map(Into::into)),
                Kind::Bytes => Value::Bytes(Option::<Vec<u8>>::read(row, at)?.map(Into::into)),
                Kind::Uuid => Value::Uuid(Option::read(row, at)?),
            })
        };
        self.columns.iter().enumerate().map(cell).collect()
    }

    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn key_names(&self) -> Vec<&str> {
        self.key.iter().map(|place| self.columns[*place].0.as_str()).collect()
    }

    /// The key of one of its rows.
    #[must_use]
    pub fn key_of(&self, row: &[Value<'static>]) -> Cells {
        self.key.iter().map(|place| row[*place].clone()).collect()
    }

    /// A key in words, for a person who looks for the row.
    #[must_use]
    pub fn told(&self, key: &[Value<'static>]) -> String {
        let one = |(name, value): (&str, &Value<'static>)| format!("{name}={}", value.told());
        self.key_names().into_iter().zip(key).map(one).collect::<Vec<_>>().join(" ")
    }

    /// How many rows there are.
    pub async fn count(&self, tx: &mut Tx) -> Result<u64, Error> {
        let count: i64 =
            Statement::built(tx, format!("SELECT COUNT(*) FROM {}", self.name), Vec::new()).value().await?;
        u64::try_from(count).map_err(|error| Error::Internal(error.to_string()))
    }

    /// At most `limit` rows behind a key and up to another, in the order of the key.
    pub async fn rows(
        &self,
        tx: &mut Tx,
        after: Option<&Cells>,
        until: Option<&Cells>,
        limit: usize,
    ) -> Result<Vec<Cells>, Error> {
        let key = self.key_names().join(", ");
        let mut values: Cells = Vec::new();
        let mut bounds = Vec::new();
        for (bound, compared) in [(after, ">"), (until, "<=")] {
            let Some(bound) = bound else { continue };
            let places: Vec<String> = (1..=bound.len()).map(|n| format!("${}", values.len() + n)).collect();
            bounds.push(format!("({key}) {compared} ({})", places.join(", ")));
            values.extend(bound.iter().cloned());
        }
        let bounds = if bounds.is_empty() { String::new() } else { format!("WHERE {}", bounds.join(" AND ")) };
        let text = format!("SELECT {} FROM {} {bounds} ORDER BY {key} LIMIT {limit}", self.names(), self.name);
        Statement::built(tx, text, values).all_with(&|row| self.read(row)).await
    }

    /// The last key, if there is a row.
    pub async fn last_key(&self, tx: &mut Tx) -> Result<Option<Cells>, Error> {
        let backwards: Vec<String> = self.key_names().into_iter().map(|name| format!("{name} DESC")).collect();
        let text = format!("SELECT {} FROM {} ORDER BY {} LIMIT 1", self.names(), self.name, backwards.join(", "));
        let rows = Statement::built(tx, text, Vec::new()).all_with(&|row| self.read(row)).await?;
        Ok(rows.first().map(|row| self.key_of(row)))
    }

    /// Puts rows in; with `over`, in place of rows of the same key that are not the same.
    pub async fn put(&self, tx: &mut Tx, rows: Vec<Cells>, over: bool) -> Result<(), Error> {
        let (names, width) = (self.names(), self.columns.len());
        let rest: Vec<&str> =
            (0..width).filter(|place| !self.key.contains(place)).map(|place| self.columns[place].0.as_str()).collect();
        let tail = match (over, rest.is_empty()) {
            (false, _) => String::new(),
            (true, true) => "ON CONFLICT DO NOTHING".to_owned(),
            (true, false) => {
                let set: Vec<String> = rest.iter().map(|name| format!("{name} = excluded.{name}")).collect();
                let each = |of: &str| rest.iter().map(|name| format!("{of}.{name}")).collect::<Vec<_>>().join(", ");
                let (key, set) = (self.key_names().join(", "), set.join(", "));
                format!(
                    "ON CONFLICT ({key}) DO UPDATE SET {set} WHERE ({}) IS DISTINCT FROM ({})",
                    each(&self.name),
                    each("excluded")
                )
            }
        };
        let head = format!("INSERT INTO {} ({names})", self.name);
        insert(tx, &head, width, rows.into_iter().flatten().collect(), &tail).await.map(drop)
    }

    /// Takes a row out.
    pub async fn remove(&self, tx: &mut Tx, key: Cells) -> Result<(), Error> {
        let same: Vec<String> =
            self.key_names().into_iter().enumerate().map(|(at, name)| format!("{name} = ${}", at + 1)).collect();
        let text = format!("DELETE FROM {} WHERE {}", self.name, same.join(" AND "));
        Statement::built(tx, text, key).execute().await.map(drop)
    }
}

impl Value<'_> {
    /// The value's bytes behind a mark of its kind, for digests: no two values have the same.
    pub fn digest_into(&self, out: &mut Vec<u8>) {
        let (mark, bytes): (u8, Option<std::borrow::Cow<'_, [u8]>>) = match self {
            Self::Int(value) => (1, value.map(|value| value.to_be_bytes().to_vec().into())),
            Self::Bool(value) => (2, value.map(|value| vec![u8::from(value)].into())),
            Self::Text(value) => (3, value.as_ref().map(|value| value.as_bytes().into())),
            Self::Bytes(value) => (4, value.as_ref().map(|value| (&**value).into())),
            Self::Uuid(value) => (5, value.map(|value| value.as_bytes().to_vec().into())),
        };
        out.push(mark);
        match bytes {
            None => out.push(0),
            Some(bytes) => {
                out.push(1);
                out.extend_from_slice(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                out.extend_from_slice(&bytes);
            }
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Int(Some(value)) => value.to_string(),
            Self::Bool(Some(value)) => value.to_string(),
            Self::Text(Some(value)) => value.to_string(),
            Self::Bytes(Some(value)) => hex::encode(value),
            Self::Uuid(Some(value)) => value.to_string(),
            _ => "NULL".to_owned(),
        }
    }
}

/// The order of keys, which is that of both databases: whole numbers by value, text and bytes byte by byte.
#[must_use]
pub fn order(one: &[Value<'static>], other: &[Value<'static>]) -> Ordering {
    let compared = one.iter().zip(other).map(|pair| match pair {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    compared.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> (String, Table) {
        (name.to_owned(), Table { name: name.to_owned(), columns: Vec::new(), key: Vec::new() })
    }

    #[test]
    fn a_table_stands_behind_those_that_it_points_to() {
        let left = BTreeMap::from([table("a"), table("b"), table("c"), table("d")]);
        let points = [("a", "c"), ("c", "d"), ("a", "d")].map(|(from, to)| (from.to_owned(), to.to_owned()));
        let order: Vec<String> = in_order(left, &points).into_iter().map(|table| table.name).collect();
        assert_eq!(order, ["b", "d", "c", "a"]);
        let circle = [("a", "b"), ("b", "a")].map(|(from, to)| (from.to_owned(), to.to_owned()));
        assert_eq!(in_order(BTreeMap::from([table("a"), table("b")]), &circle).len(), 2, "it ends");
    }

    #[test]
    fn different_values_have_different_bytes() {
        let values = [
            Value::Int(None),
            Value::Text(None),
            Value::Int(Some(0)),
            Value::Bool(Some(false)),
            Value::Text(Some("".into())),
            Value::Text(Some("0".into())),
            Value::Bytes(Some(b"0".as_slice().into())),
        ];
        let bytes: BTreeSet<Vec<u8>> = values
            .iter()
            .map(|value| {
                let mut out = Vec::new();
                value.digest_into(&mut out);
                out
            })
            .collect();
        assert_eq!(bytes.len(), values.len());
    }
}
