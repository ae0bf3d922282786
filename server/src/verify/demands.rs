//! Demands, and what is carried: a demand is the whole balance that its statement left, and what the books owe each
//! canteen is what its statements, their payments and the demands leave.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::Month;
use domain::decision::Payer;
use domain::id::{CanteenId, Digest, StatementId, UserId};
use domain::ledger::Account;
use domain::money::Fen;
use domain::settlement::Statement;
use domain::settlement::demand::Demand;
use domain::settlement::payment::PaymentState;

use super::VerifyReport;
use crate::demand::left;
use crate::error::Error;
use crate::store::{Json, Store, Tx, demands, ledger};
use crate::words::demands as words;
use crate::{row, sql};

row! {
    struct Held {
        id: uuid::Uuid,
        statement: StatementId,
        canteen: CanteenId,
        number: String,
        digest: Digest,
        content: String,
        demanded_by: UserId,
        approved_by: UserId,
        is_closed: bool,
        is_approved: bool,
        of_statement: Json<Statement>,
    }
}

pub(super) async fn verify(
    store: &Store,
    report: &mut VerifyReport,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    progress("追缴与结转余额");
    let found = store
        .read(|tx| {
            Box::pin(async move {
                let mut found = claims(tx).await?;
                found.extend(balances(tx).await?);
                Ok(found)
            })
        })
        .await?;
    for (place, what) in found {
        report.broken(place, what);
    }
    Ok(())
}

type Broken = Vec<(String, String)>;

/// Each demand is what its digest says, of a closed canteen, the whole balance, by two people, and not overpaid.
async fn claims(tx: &mut Tx) -> Result<Broken, Error> {
    let rows: Vec<Held> = sql!(
        tx,
        "SELECT d.id, d.statement, d.canteen, d.number, d.digest, d.content, d.demanded_by, d.approved_by, \
         EXISTS (SELECT 1 FROM canteen_closures e WHERE e.canteen = d.canteen) AS is_closed, \
         s.approved = 1 AS is_approved, s.content AS of_statement \
         FROM demands d JOIN statements s ON s.id = d.statement ORDER BY d.number"
    )
    .all()
    .await?;
    let mut broken = Vec::new();
    for row in rows {
        let mut say = |what: &str| broken.push((words::place(&row.number), what.to_owned()));
        let Ok(demand) = serde_json::from_str::<Demand>(&row.content) else {
            say(words::DIGEST);
            continue;
        };
        let same = (demand.statement, demand.canteen, &demand.number) == (row.statement, row.canteen, &row.number);
        if demand.digest() != row.digest || !same {
            say(words::DIGEST);
        }
        let statement = &row.of_statement.0;
        if Demand::shares_of(statement).as_ref() != Some(&demand.shares)
            || (statement.canteen, statement.month) != (demand.canteen, demand.month)
        {
            say(words::NOT_WHOLE);
        }
        if !row.is_approved {
            say(words::NOT_APPROVED);
        }
        if !row.is_closed {
            say(words::STILL_OPEN);
        }
        if row.demanded_by == row.approved_by {
            say(words::ALONE);
        }
        let receipts = demands::receipts(tx, row.id).await?;
        if left(&demand, &receipts).iter().any(|(_, amount)| amount.is_negative()) {
            say(words::OVERPAID);
        }
        if receipts.iter().any(|receipt| receipt.noted_by == row.demanded_by) {
            say(words::RECEIVED_ALONE);
        }
    }
    Ok(broken)
}

/// What is owed to a canteen by a payer.
type Owed = BTreeMap<(CanteenId, Payer), Fen>;

row! {
    struct Approved {
        canteen: CanteenId,
        month: Month,
        content: Json<Statement>,
        paid: Option<String>,
        demanded: bool,
    }
}

/// What the books owe each canteen by payer, against what its statements leave: what is payable and has not arrived,
/// and the last one's carried balance unless it was demanded.
async fn balances(tx: &mut Tx) -> Result<Broken, Error> {
    let (left, mut books) = (expected(tx).await?, Owed::new());
    for (account, turnover) in ledger::everything(tx).await? {
        if let Account::Payable { canteen, payer } = account {
            books.insert((canteen, payer), turnover.balance());
        }
    }
    let accounts: BTreeSet<_> = left.keys().chain(books.keys()).collect();
    let of = |owed: &Owed, account: &(CanteenId, Payer)| owed.get(account).copied().unwrap_or_default();
    let differing = accounts.into_iter().map(|account| (account, of(&books, account), of(&left, account)));
    let differing = differing.filter(|(_, books, left)| books != left);
    let broken = |((canteen, payer), books, left): (&(CanteenId, Payer), Fen, Fen)| {
        (words::account(*canteen, payer), words::balance(books, left))
    };
    Ok(differing.map(broken).collect())
}

async fn expected(tx: &mut Tx) -> Result<Owed, Error> {
    let mut owed = Owed::new();
    let canteens: Vec<CanteenId> = sql!(tx, "SELECT id FROM canteens ORDER BY id").values().await?;
    for canteen in canteens {
        let statements: Vec<Approved> = sql!(
            tx,
            "SELECT s.canteen, s.month, s.content, (SELECT p.state FROM payments p WHERE p.statement = s.id \
             ORDER BY p.number DESC LIMIT 1) AS paid, \
             EXISTS (SELECT 1 FROM demands d WHERE d.statement = s.id) AS demanded \
             FROM statements s WHERE s.canteen = $1 AND s.approved = 1 ORDER BY s.month",
            canteen
        )
        .all()
        .await?;
        let last = statements.last().map(|s| s.month);
        for Approved { canteen, month, content: Json(content), paid, demanded } in statements {
            let arrived = paid.as_deref() == Some(PaymentState::Confirmed.name());
            for line in &content.payers {
                let carried = if Some(month) == last && !demanded { line.carried } else { Fen::ZERO };
                let payable = if arrived { Fen::ZERO } else { line.payable };
                *owed.entry((canteen, line.payer.clone())).or_default() += payable + carried;
            }
        }
    }
    Ok(owed)
}
