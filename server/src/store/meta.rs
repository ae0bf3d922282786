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
