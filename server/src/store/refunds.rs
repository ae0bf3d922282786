//! What elders paid more than was due: listed by the day close, paid once at a till.
//!
//! The close of a day says what each of its meals is to be refunded in all; what was paid already is taken off, and the
//! rest is one row that is due. Closing the day again changes or takes back that row; a row that was paid never changes.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::{Kind, Line};
use domain::id::{CanteenId, ElderId, RecordId};
use domain::money::Fen;
use domain::reconciliation::{PayerSums, RefundPaid, Verdict};
use domain::region::RegionCode;

use super::{Bind as _, Json, Statement, Tx, Value};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// One refund of one meal.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RefundRow {
        /// Where the meal was eaten.
        pub canteen: CanteenId,
        /// The meal's record.
        pub record: RecordId,
        /// Counts the refunds of the meal, from 1.
        pub number: i64,
        /// Who is to have it.
        pub elder: ElderId,
        /// The meal's business date.
        pub date: BusinessDate,
        /// Fen, more than zero.
        pub amount: Fen,
        /// By payer, signed: what the refund changes about who pays for the meal. Less than the amount where the canteen
        /// itself owes a part (its own concession, a delivery fee).
        pub shares: Json<PayerSums>,
        /// The code of the finding behind it; `delivery_fee` where only the fee was too high.
        pub reason: String,
        /// When it was listed, unix ms.
        pub listed_at: UnixMs,
        /// The refund's own record; nothing while it is due.
        pub paid_by: Option<RecordId>,
        /// In which canteen it was paid.
        pub paid_canteen: Option<CanteenId>,
        /// When, unix ms.
        pub paid_at: Option<UnixMs>,
    }
}

impl RefundRow {
    /// Whether it was paid.
    #[must_use]
    pub const fn is_paid(&self) -> bool {
        self.paid_by.is_some()
    }
}

/// The reason where the lines are as charged and only the delivery fee was too high.
const FEE: &str = "delivery_fee";

const COLUMNS: &str = "r.canteen, r.record, r.number, r.elder, r.date, r.amount, r.shares, r.reason, r.listed_at, \
    r.paid_by, r.paid_canteen, r.paid_at";

/// What the verdicts of a day's close make due, fen in all, for each meal that has something.
struct Owed<'v> {
    verdict: &'v Verdict,
    amount: Fen,
    shares: PayerSums,
}

impl<'v> Owed<'v> {
    fn of(verdict: &'v Verdict) -> Self {
        let mut shares = diner_shares(&verdict.due);
        shares.take_all(&diner_shares(&verdict.paid));
        Self { verdict, amount: verdict.overpaid, shares }
    }

    fn less(mut self, paid: &RefundRow) -> Self {
        self.amount = (self.amount - paid.amount).or_zero();
        self.shares.take_all(&paid.shares.0);
        self
    }
}

fn diner_shares(lines: &[Line]) -> PayerSums {
    let mut sums = PayerSums::default();
    for share in lines.iter().filter(|line| line.kind == Kind::Diner).flat_map(|line| &line.shares) {
        sums.add(&share.payer, share.amount);
    }
    sums
}

/// Lists what a day's close makes due, and takes back what it no longer does. Runs inside the unit that saves the close.
pub async fn list_due(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    verdicts: &[Verdict],
    now: UnixMs,
) -> Result<(), Error> {
    let listed = of_day(tx, canteen, date).await?;
    let mut owed: BTreeMap<RecordId, Owed<'_>> =
        verdicts.iter().filter(|v| v.overpaid > Fen::ZERO).map(|v| (v.record, Owed::of(v))).collect();
    let mut next: BTreeMap<RecordId, i64> = BTreeMap::new();
    for paid in listed.iter().filter(|row| row.is_paid()) {
        if let Some(rest) = owed.remove(&paid.record).map(|owed| owed.less(paid)) {
            owed.insert(paid.record, rest);
        }
        next.insert(paid.record, paid.number + 1);
    }
    for due in listed.iter().filter(|row| !row.is_paid()) {
        let same = |owed: &Owed<'_>| owed.amount == due.amount && owed.shares.without_zeros() == due.shares.0;
        if owed.get(&due.record).is_some_and(same) {
            owed.remove(&due.record);
            continue;
        }
        sql!(
            tx,
            "DELETE FROM refunds WHERE canteen = $1 AND record = $2 AND number = $3 AND paid_by IS NULL",
            canteen,
            due.record,
            due.number
        )
        .execute()
        .await?;
    }
    for (record, Owed { verdict, amount, shares }) in owed.into_iter().filter(|(_, owed)| owed.amount > Fen::ZERO) {
        sql!(
            tx,
            "INSERT INTO refunds (canteen, record, number, elder, date, amount, shares, reason, listed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            canteen,
            record,
            next.get(&record).copied().unwrap_or(1),
            verdict.elder,
            date,
            amount,
            Json(shares.without_zeros()),
            verdict.difference.map_or(FEE, |(code, _)| code.name()),
            now
        )
        .execute()
        .await?;
    }
    Ok(())
}

/// The refunds of a canteen's day, due and paid, by record and number.
pub async fn of_day(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Vec<RefundRow>, Error> {
    let text = format!("SELECT {COLUMNS} FROM refunds r WHERE canteen = $1 AND date = $2 ORDER BY record, number");
    Statement::built(tx, text, vec![canteen.bind(), date.bind()]).all().await
}

/// What is due to these elders, by elder, date and record: what a till may pay.
pub async fn due_to(tx: &mut Tx, elders: &[ElderId]) -> Result<Vec<RefundRow>, Error> {
    let mut due = Vec::new();
    for elders in elders.chunks(500) {
        let places: Vec<String> = (1..=elders.len()).map(|n| format!("${n}")).collect();
        let text = format!(
            "SELECT {COLUMNS} FROM refunds r WHERE elder IN ({}) AND paid_by IS NULL ORDER BY elder, date, record",
            places.join(", ")
        );
        due.extend(Statement::built(tx, text, elders.iter().map(|id| id.bind()).collect()).all::<RefundRow>().await?);
    }
    Ok(due)
}

row! {
    struct PaidRow {
        paid_by: RecordId,
        record: RecordId,
        date: BusinessDate,
        amount: Fen,
        shares: Json<PayerSums>,
    }
}

/// What a canteen's tills paid back on a date, by the record of the payment.
pub async fn paid_on(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Vec<RefundPaid>, Error> {
    let rows: Vec<PaidRow> = sql!(
        tx,
        "SELECT f.paid_by, f.record, f.date, f.amount, f.shares FROM refunds f \
         JOIN records r ON r.canteen = f.paid_canteen AND r.id = f.paid_by \
         WHERE f.paid_canteen = $1 AND r.business_date = $2 ORDER BY f.paid_by",
        canteen,
        date
    )
    .all()
    .await?;
    let paid = |PaidRow { paid_by, record, date, amount, shares }: PaidRow| RefundPaid {
        record: paid_by,
        meal: record,
        date,
        amount,
        shares: shares.0,
    };
    Ok(rows.into_iter().map(paid).collect())
}

/// Which refunds to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of meals in canteens inside this region.
    pub region: Option<RegionCode>,
    /// Of meals in this canteen.
    pub canteen: Option<CanteenId>,
    /// Of this elder.
    pub elder: Option<ElderId>,
    /// Paid ones, or those that are due.
    pub paid: Option<bool>,
}

/// The refunds that pass the filter, by date, canteen, record and number; `most` of them behind the first `skip`.
pub async fn list(tx: &mut Tx, filter: &Filter, skip: i64, most: i64) -> Result<Vec<RefundRow>, Error> {
    let mut conditions: Vec<String> = Vec::new();
    let mut values: Vec<Value<'_>> = Vec::new();
    let mut and = |condition: &str, value: Value<'static>| {
        values.push(value);
        conditions.push(condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(region) = &filter.region {
        and("c.region LIKE ? || '%'", region.as_str().to_owned().bind());
    }
    if let Some(canteen) = filter.canteen {
        and("r.canteen = ?", canteen.bind());
    }
    if let Some(elder) = filter.elder {
        and("r.elder = ?", elder.bind());
    }
    if let Some(paid) = filter.paid {
        conditions.push(format!("r.paid_by IS {}", if paid { "NOT NULL" } else { "NULL" }));
    }
    values.extend([most.bind(), skip.bind()]);
    let conditions = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
    let (limit, offset) = (values.len() - 1, values.len());
    let text = format!(
        "SELECT {COLUMNS} FROM refunds r JOIN canteens c ON c.id = r.canteen WHERE {conditions} \
         ORDER BY r.date, r.canteen, r.record, r.number LIMIT ${limit} OFFSET ${offset}"
    );
    Statement::built(tx, text, values).all().await
}

/// A payment at a till.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// The refund's own record: it pays once, however often it is told.
    pub paid_by: RecordId,
    /// In which canteen it was paid.
    pub canteen: CanteenId,
    /// The record of the meal that is refunded.
    pub meal: RecordId,
    /// Who got it.
    pub elder: ElderId,
    /// Fen.
    pub amount: Fen,
    /// When, unix ms.
    pub at: UnixMs,
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// The refund is paid by this record, now or already before.
    Done,
    /// Nothing is due for that meal to that elder, or another amount: it was paid by another record, or never listed.
    NotDue,
}

/// Marks a refund paid, once. Rests on a conditional update and a unique key: of two tills one wins.
pub async fn mark_paid(tx: &mut Tx, payment: Payment) -> Result<Paid, Error> {
    let Payment { paid_by, canteen, meal, elder, amount, at } = payment;
    let before: Vec<(RecordId, ElderId, Fen)> =
        sql!(tx, "SELECT record, elder, amount FROM refunds WHERE paid_by = $1", paid_by).all().await?;
    if let Some(before) = before.first() {
        return Ok(if *before == (meal, elder, amount) { Paid::Done } else { Paid::NotDue });
    }
    let marked = sql!(
        tx,
        "UPDATE refunds SET paid_by = $1, paid_canteen = $2, paid_at = $3 \
         WHERE record = $4 AND elder = $5 AND amount = $6 AND paid_by IS NULL",
        paid_by,
        canteen,
        at,
        meal,
        elder,
        amount
    );
    Ok(if marked.execute().await? == 1 { Paid::Done } else { Paid::NotDue })
}
