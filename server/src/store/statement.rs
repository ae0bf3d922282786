//! One statement with its bound values, run on whichever database the transaction is of.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr as _, SqlStr, Sqlite, Transaction};
use uuid::Uuid;

use super::value::{Column, FromRow, Row, Value, hex_list};
use crate::error::Error;

/// An open transaction on either database.
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub(super) async fn rollback(self) {
        // A transaction that cannot be rolled back belongs to a connection that is gone, and its work with it.
        let _ = match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
        };
    }

    /// `IN` the list of ids bound as [`Value::Uuids`] in the place `$n`: one text for lists of every length, which
    /// databases know already. (A place for each id is a new text for each length, and on SQLite the driver asks for the
    /// name of each place in a list that grows with them.)
    #[must_use]
    pub fn among(&self, place: usize) -> String {
        match self {
            Self::Sqlite(_) => format!("IN (SELECT unhex(value) FROM json_each(${place}))"),
            Self::Postgres(_) => format!("= ANY(${place})"),
        }
    }

    /// Whether this is PostgreSQL, for the rare statement that has two texts.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// A statement ready to run. Made with [`crate::sql!`].
#[must_use = "a statement does nothing until it is run"]
pub struct Statement<'t, 'v> {
    tx: &'t mut Tx,
    sql: SqlStr,
    values: Vec<Value<'v>>,
}

macro_rules! bound {
    ($database:ty, $arguments:ty, $sql:expr, $values:expr, $list:expr) => {{
        let mut query: Query<'_, $database, $arguments> = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Int(v) => query.bind(v),
                Value::Bool(v) => query.bind(v),
                Value::Text(v) => query.bind(v.map(std::borrow::Cow::into_owned)),
                Value::Bytes(v) => query.bind(v.map(std::borrow::Cow::into_owned)),
                Value::Uuid(v) => query.bind(v),
                Value::Uuids(v) => query.bind($list(v)),
            };
        }
        query
    }};
}

#[expect(clippy::needless_pass_by_value, reason = "stands beside its twin that hands the list on")]
fn as_hex(ids: Vec<Uuid>) -> String {
    hex_list(&ids)
}

const fn as_array(ids: Vec<Uuid>) -> Vec<Uuid> {
    ids
}

impl<'t, 'v> Statement<'t, 'v> {
    /// A statement whose text is fixed.
    pub fn new(tx: &'t mut Tx, sql: &'static str, values: Vec<Value<'v>>) -> Self {
        Self { tx, sql: sql.into_sql_str(), values }
    }

    /// A statement whose text was put together by the program: from fixed pieces only, never from input.
    pub fn built(tx: &'t mut Tx, sql: String, values: Vec<Value<'v>>) -> Self {
        Self { tx, sql: AssertSqlSafe(sql).into_sql_str(), values }
    }

    /// Runs it and counts the rows it changed.
    pub async fn execute(self) -> Result<u64, Error> {
        Ok(match self.tx {
            Tx::Sqlite(tx) => {
                bound!(Sqlite, SqliteArguments, self.sql, self.values, as_hex).execute(&mut **tx).await?.rows_affected()
            }
            Tx::Postgres(tx) => {
                bound!(Postgres, PgArguments, self.sql, self.values, as_array).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// All rows.
    pub async fn all<T: FromRow>(self) -> Result<Vec<T>, Error> {
        match self.tx {
            Tx::Sqlite(tx) => {
                let rows = bound!(Sqlite, SqliteArguments, self.sql, self.values, as_hex).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| T::from_row(&Row::Sqlite(row))).collect()
            }
            Tx::Postgres(tx) => {
                let rows = bound!(Postgres, PgArguments, self.sql, self.values, as_array).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| T::from_row(&Row::Postgres(row))).collect()
            }
        }
    }

    /// All rows, each read by `read`: for tables whose columns are known only at run time.
    pub async fn all_with<T>(self, read: &(dyn Fn(&Row<'_>) -> Result<T, Error> + Sync)) -> Result<Vec<T>, Error> {
        match self.tx {
            Tx::Sqlite(tx) => {
                let rows = bound!(Sqlite, SqliteArguments, self.sql, self.values, as_hex).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| read(&Row::Sqlite(row))).collect()
            }
            Tx::Postgres(tx) => {
                let rows = bound!(Postgres, PgArguments, self.sql, self.values, as_array).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// The first row, if there is one.
    pub async fn optional<T: FromRow>(self) -> Result<Option<T>, Error> {
        match self.tx {
            Tx::Sqlite(tx) => {
                let row =
                    bound!(Sqlite, SqliteArguments, self.sql, self.values, as_hex).fetch_optional(&mut **tx).await?;
                row.map(|row| T::from_row(&Row::Sqlite(&row))).transpose()
            }
            Tx::Postgres(tx) => {
                let row =
                    bound!(Postgres, PgArguments, self.sql, self.values, as_array).fetch_optional(&mut **tx).await?;
                row.map(|row| T::from_row(&Row::Postgres(&row))).transpose()
            }
        }
    }

    /// The only row; its absence is an error of the database.
    pub async fn one<T: FromRow>(self) -> Result<T, Error> {
        self.optional().await?.ok_or(Error::Database(sqlx::Error::RowNotFound))
    }

    /// The first column of the only row.
    pub async fn value<T: Column>(self) -> Result<T, Error> {
        self.one::<(T,)>().await.map(|(value,)| value)
    }

    /// The first column of all rows.
    pub async fn values<T: Column>(self) -> Result<Vec<T>, Error> {
        Ok(self.all::<(T,)>().await?.into_iter().map(|(value,)| value).collect())
    }
}

/// A statement on a transaction with its bound values, in the order of `$1`, `$2` ...; see [`crate::store`].
#[macro_export]
macro_rules! sql {
    ($tx:expr, $text:expr $(, $value:expr)* $(,)?) => {
        $crate::store::Statement::new($tx, $text, vec![$($crate::store::Bind::bind($value)),*])
    };
}

/// So many rows go into one statement of [`insert`], the most that still have to go first: few texts, so that databases
/// know each of them already. Reading and planning a text of thousands of places took as long as storing its rows.
const ROWS: [usize; 4] = [64, 16, 4, 1];

/// Inserts many rows with few statements: `head` (`INSERT INTO t (a, b)`), a list of rows, `tail`
/// (such as `ON CONFLICT DO NOTHING`; may be empty), both made of fixed pieces, never of input. All rows have `width`
/// values. Returns how many rows were changed.
///
/// (On SQLite the places have no numbers: there a number is a name, and the driver asks for the name of each in a list
/// that grows with them, which took a third of the time of storing a batch.)
pub async fn insert(tx: &mut Tx, head: &str, width: usize, rows: Vec<Value<'_>>, tail: &str) -> Result<u64, Error> {
    debug_assert!(width > 0 && rows.len().is_multiple_of(width), "rows of {width} values");
    let numbered = tx.is_postgres();
    let mut left = rows.len() / width;
    let (mut rows, mut changed) = (rows.into_iter(), 0);
    for most in ROWS {
        if left < most {
            continue;
        }
        let text = insertion(head, width, most, tail, numbered);
        while left >= most {
            let chunk: Vec<Value<'_>> = rows.by_ref().take(most * width).collect();
            changed += Statement::built(tx, text.clone(), chunk).execute().await?;
            left -= most;
        }
    }
    Ok(changed)
}

fn insertion(head: &str, width: usize, rows: usize, tail: &str, numbered: bool) -> String {
    let mut text = format!("{head} VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            text.push_str(if column == 0 { "" } else { ", " });
            if numbered {
                text.push('$');
                text.push_str(&(row * width + column + 1).to_string());
            } else {
                text.push('?');
            }
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_only_where_that_is_cheap() {
        assert_eq!(
            insertion("INSERT INTO t (a, b)", 2, 2, "", true),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) "
        );
        assert_eq!(
            insertion("INSERT INTO t (a)", 1, 2, "ON CONFLICT DO NOTHING", false),
            "INSERT INTO t (a) VALUES (?), (?) ON CONFLICT DO NOTHING"
        );
    }
}
