//! The ledger: entries of approved statements, and their sums by account.

use domain::calendar::UnixMs;
use domain::id::StatementId;
use domain::ledger::{Account, Line, Posting, Turnover};
use domain::money::Fen;
use domain::region::RegionCode;

use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    struct PostingRow {
        line: Json<Line>,
        debit: Json<Account>,
        credit: Json<Account>,
        amount: Fen,
    }
}

row! {
    struct Summed {
        account: Json<Account>,
        debit: Fen,
        credit: Fen,
    }
}

/// Appends entries of a statement behind those that it has.
pub async fn add(tx: &mut Tx, statement: StatementId, postings: &[Posting], now: UnixMs) -> Result<(), Error> {
    let last: Option<i64> =
        sql!(tx, "SELECT MAX(number) FROM postings WHERE statement = $1", statement).value().await?;
    for (number, posting) in (last.unwrap_or(0) + 1..).zip(postings) {
        sql!(
            tx,
            "INSERT INTO postings (statement, number, line, debit, credit, amount, posted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            statement,
            number,
            Json(&posting.line),
            Json(&posting.debit),
            Json(&posting.credit),
            posting.amount,
            now
        )
        .execute()
        .await?;
    }
    Ok(())
}

/// A statement's entries in the order in which they were posted.
pub async fn of_statement(tx: &mut Tx, statement: StatementId) -> Result<Vec<Posting>, Error> {
    let rows: Vec<PostingRow> =
        sql!(tx, "SELECT line, debit, credit, amount FROM postings WHERE statement = $1 ORDER BY number", statement)
            .all()
            .await?;
    let posting =
        |row: PostingRow| Posting { line: row.line.0, debit: row.debit.0, credit: row.credit.0, amount: row.amount };
    Ok(rows.into_iter().map(posting).collect())
}

/// Every account that statements of this region and those inside it moved, with its turnover.
pub async fn trial_balance(tx: &mut Tx, region: &RegionCode) -> Result<Vec<(Account, Turnover)>, Error> {
    of_regions(tx, format!("{}%", region.as_str())).await
}

/// Every account with its turnover.
pub async fn everything(tx: &mut Tx) -> Result<Vec<(Account, Turnover)>, Error> {
    of_regions(tx, "%".to_owned()).await
}

async fn of_regions(tx: &mut Tx, like: String) -> Result<Vec<(Account, Turnover)>, Error> {
    let rows: Vec<Summed> = sql!(
        tx,
        "SELECT account, CAST(SUM(debit) AS BIGINT) AS debit, CAST(SUM(credit) AS BIGINT) AS credit FROM (\
         SELECT p.debit AS account, p.amount AS debit, 0 AS credit FROM postings p \
         JOIN statements s ON s.id = p.statement WHERE s.region LIKE $1 \
         UNION ALL \
         SELECT p.credit AS account, 0 AS debit, p.amount AS credit FROM postings p \
         JOIN statements s ON s.id = p.statement WHERE s.region LIKE $1) AS sides \
         GROUP BY account ORDER BY account",
        like
    )
    .all()
    .await?;
    let turnover = |row: Summed| (row.account.0, Turnover { debit: row.debit, credit: row.credit });
    Ok(rows.into_iter().map(turnover).collect())
}
