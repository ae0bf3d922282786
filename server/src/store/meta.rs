//! The database's own facts: its name (server epoch) and the check value of the keys it was sealed with.

use super::Tx;
use crate::error::Error;
use crate::sql;

/// The value kept under a name.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<String>, Error> {
    let row = sql!(tx, "SELECT value FROM meta WHERE name = $1", name).optional::<(String,)>().await?;
    Ok(row.map(|(value,)| value))
}

/// Keeps a value under a name unless there is one; returns what is kept.
pub async fn keep(tx: &mut Tx, name: &str, value: &str) -> Result<String, Error> {
    sql!(tx, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value)
        .execute()
        .await?;
    sql!(tx, "SELECT value FROM meta WHERE name = $1", name).value().await
}

/// Keeps a value under a name, in place of what was kept.
pub async fn put(tx: &mut Tx, name: &str, value: &str) -> Result<(), Error> {
    let text = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sql!(tx, text, name, value).execute().await.map(drop)
}

/// The versions of the schema that were put in force; none in an empty database.
pub async fn migrations(tx: &mut Tx) -> Result<Vec<i64>, Error> {
    let known = if tx.is_postgres() {
        "SELECT CAST(COUNT(*) AS BIGINT) FROM information_schema.tables
         WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'"
    } else {
        "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'"
    };
    if sql!(tx, known).value::<i64>().await? == 0 {
        return Ok(Vec::new());
    }
    sql!(tx, "SELECT CAST(version AS BIGINT) FROM _sqlx_migrations ORDER BY version").values().await
}
