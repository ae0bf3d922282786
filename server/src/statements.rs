//! A stored statement as what is printed: sheet, workbook and bank batch. Values only; `receipts` makes the bytes.

mod demand;
mod disclosure;
mod meals;
mod sheet;
mod summary;

use std::sync::Arc;

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::PolicyRef;
use domain::id::StatementId;
use domain::reconciliation::{Correction, DayClose, Verdict};
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::sync::AuditHead;
use receipts::bank::Payment;
use receipts::statement::StatementSheet;
use receipts::workbook::MealSheet;

use crate::error::Error;
use crate::payment;
use crate::seal::{Keys, Place};
use crate::sql;
use crate::store::canteens::{self, CanteenRow, Region};
use crate::store::months::{self, Settlement, StoredStatement};
use crate::store::{Json, Tx, audit, corrections, people, policies};
use crate::words::{Code, settlement as words};

pub use demand::{DEMAND_VERSION, demand_sheet};
pub use disclosure::{disclosure, disclosures};
pub(crate) use sheet::served_lines;
pub use summary::summary;

/// A day that the statement settles. The verdicts behind it are read a day at a time by whoever needs them: a month of
/// them is larger than everything else on the paper.
pub(crate) struct SettledDay {
    pub(crate) close: DayClose,
    /// What rulings on its findings, or the region's severities, take away.
    pub(crate) taken: Vec<Correction>,
}

/// The verdicts behind a settled day and, for a day settled before, those that were settled then.
pub(crate) struct DayVerdicts {
    pub(crate) now: Vec<Verdict>,
    pub(crate) before: Option<Vec<Verdict>>,
}

impl DayVerdicts {
    /// The verdicts that no earlier statement settled as they stand.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Verdict> {
        let settled = |v: &Verdict| self.before.as_ref().is_some_and(|before| before.contains(v));
        self.now.iter().filter(move |v| !settled(v))
    }
}

/// A decision on a finding.
pub(crate) struct Decided {
    pub(crate) date: BusinessDate,
    pub(crate) number: String,
    pub(crate) explanation: String,
    pub(crate) by: String,
    pub(crate) at: UnixMs,
}

/// Everything that stands on a statement's papers.
pub struct Dossier {
    pub(crate) stored: StoredStatement,
    pub(crate) settlement: Settlement,
    region: Region,
    pub(crate) regions: Vec<Region>,
    pub(crate) canteen: CanteenRow,
    account_tail: String,
    pub(crate) maker: String,
    pub(crate) checker: Option<String>,
    /// Who signed as a third person.
    pub(crate) signer: Option<String>,
    pub(crate) days: Vec<SettledDay>,
    decided: Vec<Decided>,
    pub(crate) rules: Arc<Rulebook>,
    /// The head of the audit chain at the approval.
    audit_head: Option<AuditHead>,
    /// How many policies had been announced when the month was drafted.
    announced: usize,
}

impl Dossier {
    /// Loads a statement with all that is printed of it.
    ///
    /// Refused when there is no such statement, or when it belongs to a draft that was replaced.
    pub async fn load(tx: &mut Tx, id: StatementId, rules: Arc<Rulebook>, keys: &Keys) -> Result<Self, Error> {
        let unknown = || Error::refused(Code::NotFound, words::no_such_statement());
        let stored = months::statement(tx, id).await?.ok_or_else(unknown)?;
        let settlement = months::settlement(tx, &stored.region, stored.month).await?.ok_or_else(unknown)?;
        if settlement.version != stored.version {
            return Err(Error::refused(Code::Conflict, words::statement_replaced(settlement.version)));
        }
        // What is put right later does not change a paper that was approved.
        let canteen = corrections::canteen_at(tx, stored.canteen, settlement.approved_at).await?.ok_or_else(unknown)?;
        let account = account(&canteen, keys)?;
        let regions = canteens::regions_at(tx, settlement.approved_at).await?;
        let region = regions.iter().find(|r| r.code == stored.region).cloned().ok_or_else(unknown)?;
        let maker = name(tx, settlement.submitted_by.unwrap_or(settlement.drafted_by)).await?;
        let checker = name_of(tx, settlement.approved_by).await?;
        let signer = name_of(tx, settlement.signed_by).await?;
        let announced = policies::announced_until(tx, settlement.drafted_at).await?;
        Ok(Self {
            announced: usize::try_from(announced).unwrap_or(usize::MAX),
            audit_head: audit::of_month(tx, &stored.region, stored.month).await?,
            days: days(tx, &stored).await?,
            decided: decided(tx, &stored, settlement.said_until()).await?,
            account_tail: account.chars().skip(account.chars().count().saturating_sub(4)).collect(),
            stored,
            settlement,
            region,
            regions,
            canteen,
            maker,
            checker,
            signer,
            rules,
        })
    }

    /// The sheet to be printed. `public_url` is where the verification page is; `now` stands on the paper.
    #[must_use]
    pub fn sheet(&self, public_url: &str, now: UnixMs) -> StatementSheet {
        sheet::sheet(self, public_url, now)
    }

    /// The itemised meals for the workbook.
    pub async fn meals(&self, tx: &mut Tx) -> Result<MealSheet, Error> {
        meals::meals(tx, self).await
    }

    /// Whose statement it is.
    #[must_use]
    pub fn canteen(&self) -> domain::id::CanteenId {
        self.canteen.id
    }

    /// The settled days that lie in the statement's month.
    pub(crate) fn month_days(&self) -> impl Iterator<Item = &SettledDay> {
        self.days.iter().filter(|d| d.close.date.month() == self.stored.month)
    }

    /// The policy versions in force at the canteen in the month, as they had been announced when it was drafted: a
    /// correction that came later does not change an old paper.
    fn month_policies(&self) -> Vec<PolicyRef> {
        let policies = self.rules.policies.first(self.announced);
        let covering = |date| policies.covering(&self.canteen.region, date).map(|p| p.reference().clone());
        let mut references: Vec<PolicyRef> = self.stored.month.days().filter_map(covering).collect();
        references.dedup();
        references
    }

    pub(crate) fn decided_numbers(&self) -> Vec<String> {
        let settled = |d: &&Decided| self.days.iter().any(|day| day.close.date == d.date);
        self.decided.iter().filter(settled).map(|d| d.number.clone()).collect()
    }

    /// `JS-4403-202603-001-v1`, for file names.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-v{}", self.stored.number, self.stored.version)
    }
}

pub(crate) async fn name(tx: &mut Tx, user: domain::id::UserId) -> Result<String, Error> {
    Ok(people::get(tx, user).await?.map_or_else(String::new, |user| user.name))
}

/// The name of whoever it was, if it was anybody.
async fn name_of(tx: &mut Tx, user: Option<domain::id::UserId>) -> Result<Option<String>, Error> {
    match user {
        Some(user) => name(tx, user).await.map(Some),
        None => Ok(None),
    }
}

fn account(canteen: &CanteenRow, keys: &Keys) -> Result<String, Error> {
    let place = Place { table: "canteens", column: "account", row: canteen.id.uuid() };
    Ok(keys.open(place, &canteen.account)?.to_string())
}

type Verdicts = Json<Vec<Verdict>>;

async fn days(tx: &mut Tx, stored: &StoredStatement) -> Result<Vec<SettledDay>, Error> {
    let rows: Vec<(Json<DayClose>, Json<Vec<Correction>>)> = sql!(
        tx,
        "SELECT d.content, s.taken FROM settled_days s \
         JOIN day_closes d ON d.canteen = s.canteen AND d.date = s.date AND d.revision = s.revision \
         WHERE s.statement = $1 ORDER BY s.date",
        stored.id
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(Json(close), Json(taken))| SettledDay { close, taken }).collect())
}

/// The verdicts behind one settled day.
pub(crate) async fn verdicts(tx: &mut Tx, statement: StatementId, date: BusinessDate) -> Result<DayVerdicts, Error> {
    let row: Option<(Verdicts, Option<Verdicts>)> = sql!(
        tx,
        "SELECT d.verdicts, b.verdicts FROM settled_days s \
         JOIN day_closes d ON d.canteen = s.canteen AND d.date = s.date AND d.revision = s.revision \
         LEFT JOIN day_closes b ON b.canteen = s.canteen AND b.date = s.date AND b.revision = \
         (SELECT MAX(e.revision) FROM settled_days e JOIN statements t ON t.id = e.statement \
          JOIN statements own ON own.id = s.statement \
          WHERE e.canteen = s.canteen AND e.date = s.date AND t.month < own.month) \
         WHERE s.statement = $1 AND s.date = $2",
        statement,
        date
    )
    .optional()
    .await?;
    let (now, before) = row.map_or((Vec::new(), None), |(Json(now), before)| (now, before.map(|Json(before)| before)));
    Ok(DayVerdicts { now, before })
}

/// What was ruled about the canteen's findings until an instant.
async fn decided(tx: &mut Tx, stored: &StoredStatement, until: UnixMs) -> Result<Vec<Decided>, Error> {
    let rows: Vec<(BusinessDate, String, String, String, UnixMs)> = sql!(
        tx,
        "SELECT f.date, f.number, f.words, u.name, f.at FROM finding_steps f JOIN users u ON u.id = f.by_user \
         WHERE f.canteen = $1 AND f.what IN ('explained', 'confirmed') AND f.step = (SELECT MAX(l.step) \
         FROM finding_steps l WHERE l.canteen = f.canteen AND l.number = f.number AND l.date = f.date \
         AND l.at <= $2 AND l.what IN ('explained', 'confirmed')) ORDER BY f.number, f.date",
        stored.canteen,
        until
    )
    .all()
    .await?;
    let decided = |(date, number, explanation, by, at)| Decided { date, number, explanation, by, at };
    Ok(rows.into_iter().map(decided).collect())
}

/// The bank batch of a region's month: one payment for each canteen that is owed something, which no earlier batch
/// took to the bank and no objection holds.
///
/// Refused before the month is approved and its list was disclosed to the last day: a batch in somebody's hands is as good
/// as sent, and an objection would come too late. Refused too while nobody but who typed it has looked at an account that
/// is to be paid.
pub async fn bank_batch(
    tx: &mut Tx,
    region: &RegionCode,
    month: domain::calendar::Month,
    keys: &Keys,
    today: BusinessDate,
) -> Result<Vec<Payment>, Error> {
    let month_view = payment::afterwards(tx, region, month).await?;
    month_view.may_leave(today)?;
    let (mut payments, mut unchecked) = (Vec::new(), Vec::new());
    for statement in month_view.unpaid() {
        let canteen = canteens::get(tx, statement.canteen).await?;
        let canteen = canteen.ok_or_else(|| Error::Corrupt("a statement of no canteen".to_owned()))?;
        if !canteen.payee_checked {
            unchecked.push(canteen.name);
            continue;
        }
        payments.push(Payment {
            account: account(&canteen, keys)?,
            payee: canteen.account_name,
            bank: canteen.bank,
            amount: statement.payable,
            purpose: words::payment_purpose(month, &statement.number),
        });
    }
    if !unchecked.is_empty() {
        return Err(Error::refused(Code::Conflict, words::payees_unchecked(&unchecked)));
    }
    Ok(payments)
}
