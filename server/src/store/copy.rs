//! Rows as they are, for taking a whole database elsewhere: tables and columns are asked of the database, so that none
//! can be forgotten here.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

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
    /// Of a type's name in either database. SQLite has no type of its own for yes and no, and none for ids.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "bigint" | "INTEGER" => Self::Int,
            "boolean" => Self::Bool,
            "text" | "TEXT" => Self::Text,
            "bytea" | "BLOB" => Self::Bytes,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }
}

impl Kind {
    fn typed(self, value: Value<'static>) -> Option<Value<'static>> {
        Some(match (self, value) {
            (Self::Int, Value::Int(value)) => Value::Int(value),
            (Self::Text, Value::Text(value)) => Value::Text(value),
            (Self::Bytes, Value::Bytes(value)) => Value::Bytes(value),
            (Self::Bool, Value::Int(None)) => Value::Bool(None),
            (Self::Bool, Value::Int(Some(value @ (0 | 1)))) => Value::Bool(Some(value == 1)),
            (Self::Uuid, Value::Bytes(None)) => Value::Uuid(None),
            (Self::Uuid, Value::Bytes(Some(value))) => Value::Uuid(Some(Uuid::from_slice(&value).ok()?)),
            _ => return None,
        })
    }
}

/// A row as both databases give it: yes and no as 1 and 0, ids as their bytes.
#[must_use]
pub fn neutral(row: Cells) -> Cells {
    let one = |value| match value {
        Value::Bool(value) => Value::Int(value.map(i64::from)),
        Value::Uuid(value) => Value::Bytes(value.map(|value| value.as_bytes().to_vec().into())),
        value => value,
    };
    row.into_iter().map(one).collect()
}

/// About how many bytes a value takes.
#[must_use]
pub fn size(value: &Value<'_>) -> usize {
    match value {
        Value::Text(Some(value)) => value.len(),
        Value::Bytes(Some(value)) => value.len(),
        _ => 16,
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

/// The tables of a database that holds this program's schema, each behind those that it points to.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>, Error> {
    let (columns, keys, points) = if tx.is_postgres() { in_postgres(tx).await? } else { in_sqlite(tx).await? };
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

/// Table, column and type of every column; table, constraint, column and whether it may be NULL of every key, the one to
/// take before the others; and which table points to which.
type Described = (Vec<(String, String, String)>, Vec<(String, String, String, String)>, Vec<(String, String)>);

async fn in_postgres(tx: &mut Tx) -> Result<Described, Error> {
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
    Ok((columns, keys, points))
}

async fn in_sqlite(tx: &mut Tx) -> Result<Described, Error> {
    let columns = sql!(
        tx,
        "SELECT t.name, c.name, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND t.name <> '_sqlx_migrations'
         ORDER BY t.name, c.cid"
    )
    .all()
    .await?;
    // Primary keys come first, then unique ones in the order in which they were declared, as PostgreSQL names them too.
    let keys = sql!(
        tx,
        "WITH own (tbl) AS (SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> '_sqlx_migrations'),
         keys (tbl, origin, idx, place, col, nullable) AS (
             SELECT own.tbl, i.origin, i.name, k.seqno, k.name,
                    CASE WHEN i.origin = 'pk' OR c.\"notnull\" = 1 THEN 'NO' ELSE 'YES' END
             FROM own JOIN pragma_index_list(own.tbl) i JOIN pragma_index_info(i.name) k
             JOIN pragma_table_info(own.tbl) c ON c.name = k.name
             WHERE i.origin IN ('pk', 'u')
             UNION ALL
             SELECT own.tbl, 'pk', own.tbl, 0, c.name, 'NO' FROM own JOIN pragma_table_info(own.tbl) c
             WHERE c.pk = 1 AND NOT EXISTS (SELECT 1 FROM pragma_index_list(own.tbl) i WHERE i.origin = 'pk')
         )
         SELECT tbl, idx, col, nullable FROM keys ORDER BY tbl, origin, idx, place"
    )
    .all()
    .await?;
    let points = sql!(
        tx,
        "SELECT t.name, f.\"table\" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f
         WHERE t.type = 'table' AND f.\"table\" <> t.name"
    )
    .all()
    .await?;
    Ok((columns, keys, points))
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
    /// The columns' names, in their order.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The names of the key's columns.
    #[must_use]
    pub fn key(&self) -> Vec<String> {
        self.key_names().into_iter().map(str::to_owned).collect()
    }

    /// The same table with its columns and its key in another order; nothing when it has other columns.
    #[must_use]
    pub fn arranged(&self, columns: &[String], key: &[String]) -> Option<Self> {
        let of = |name: &String| self.columns.iter().find(|(known, _)| known == name).cloned();
        let arranged: Vec<(String, Kind)> = columns.iter().map(of).collect::<Option<_>>()?;
        let same: BTreeSet<&String> = columns.iter().collect();
        let place = |name: &String| columns.iter().position(|known| known == name);
        let key: Vec<usize> = key.iter().map(place).collect::<Option<_>>()?;
        let whole = same.len() == self.columns.len() && columns.len() == self.columns.len() && !key.is_empty();
        whole.then(|| Self { name: self.name.clone(), columns: arranged, key })
    }

    /// A row as [`neutral`] makes it, with the types that this database has; nothing when a value does not fit.
    #[must_use]
    pub fn typed(&self, row: Cells) -> Option<Cells> {
        if row.len() != self.columns.len() {
            return None;
        }
        row.into_iter().zip(&self.columns).map(|(value, (_, kind))| kind.typed(value)).collect()
    }

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
            // No column holds one.
            Self::Uuids(ids) => (6, Some(ids.iter().flat_map(|id| *id.as_bytes()).collect::<Vec<u8>>().into())),
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
