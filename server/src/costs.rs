//! What each drafted month costs its payers, kept while the office runs, so that a page over a year does not read a
//! year's statements again every time it is shown.
//!
//! Nothing of it is stored. A month's digest is the digest of its statements' digests: as long as it is the same, so is
//! what they cost. Checks and papers read the statements themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::calendar::Month;
use domain::decision::Payer;
use domain::id::Digest;
use domain::money::Fen;
use domain::reconciliation::PayerSums;
use domain::region::RegionCode;
use domain::settlement::{MonthState, PayerLine};

use crate::error::Error;
use crate::store::months::{Settlement, StoredStatement};
use crate::store::{Tx, months};

/// What the current statements of a region's month come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthCost {
    /// By the month of the meals: what payers owe.
    pub cost: BTreeMap<Month, PayerSums>,
    /// What the statements approve, or will, all payers together, fen.
    pub stated: Fen,
    /// Open days of all canteens.
    pub open_days: i64,
    /// What each payer approves, holds, pays and carries on, by payer.
    pub payers: Vec<PayerLine>,
}

/// Payers' lines summed by payer, in the order of payers.
#[must_use]
pub fn sum_payers<'a>(lines: impl Iterator<Item = &'a PayerLine>) -> Vec<PayerLine> {
    let mut sums: BTreeMap<&Payer, PayerLine> = BTreeMap::new();
    for line in lines {
        let nothing = || PayerLine {
            payer: line.payer.clone(),
            approved: Fen::ZERO,
            held: Fen::ZERO,
            payable: Fen::ZERO,
            carried: Fen::ZERO,
        };
        let sum = sums.entry(&line.payer).or_insert_with(nothing);
        sum.approved += line.approved;
        sum.held += line.held;
        sum.payable += line.payable;
        sum.carried += line.carried;
    }
    sums.into_values().collect()
}

impl MonthCost {
    fn of(statements: &[StoredStatement]) -> Self {
        let content = || statements.iter().map(|stored| &stored.content.0);
        let payers = sum_payers(content().flat_map(|statement| &statement.payers));
        let mut sums = Self { payers, ..Self::default() };
        for statement in content() {
            for (month, shares) in domain::budget::cost(statement) {
                sums.cost.entry(month).or_default().add_all(&shares);
            }
            sums.stated += statement.approved();
            sums.open_days += i64::from(statement.reconciliation.open_days);
        }
        sums
    }
}

/// A region's drafted month with what it costs.
#[derive(Clone, Debug)]
pub struct Costed {
    /// Who settles it.
    pub region: RegionCode,
    /// Which month.
    pub month: Month,
    /// Whether it is approved.
    pub is_approved: bool,
    /// What it comes to.
    pub of: Arc<MonthCost>,
}

/// By region and month, each with the digest under which it was read.
type Known = BTreeMap<(RegionCode, Month), (Digest, Arc<MonthCost>)>;

/// What was read so far.
#[derive(Debug, Default)]
pub struct Costs(Mutex<Known>);

impl Costs {
    /// The drafted months of the regions inside `region`, from one month to another, by month and region. Reads the
    /// statements of those that changed since they were read last.
    pub async fn between(
        &self,
        tx: &mut Tx,
        region: &RegionCode,
        from: Month,
        to: Month,
    ) -> Result<Vec<Costed>, Error> {
        let settled = months::settled(tx, region, from, to).await?;
        self.each(tx, settled).await
    }

    /// The drafted months of a region alone, from one month to another, by month. Those inside it are not read.
    pub async fn of_region(
        &self,
        tx: &mut Tx,
        region: &RegionCode,
        from: Month,
        to: Month,
    ) -> Result<Vec<Costed>, Error> {
        let settled = months::settled_of(tx, region, from, to).await?;
        self.each(tx, settled).await
    }

    async fn each(&self, tx: &mut Tx, settled: Vec<Settlement>) -> Result<Vec<Costed>, Error> {
        let mut months = Vec::new();
        for settlement in settled {
            let of = self.of(tx, &settlement).await?;
            let is_approved = settlement.state.0 == MonthState::Approved;
            months.push(Costed { region: settlement.region, month: settlement.month, is_approved, of });
        }
        Ok(months)
    }

    async fn of(&self, tx: &mut Tx, settlement: &Settlement) -> Result<Arc<MonthCost>, Error> {
        let key = (settlement.region.clone(), settlement.month);
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((_, known)) = kept.filter(|(digest, _)| *digest == settlement.digest) {
            return Ok(known);
        }
        let statements = months::statements(tx, settlement).await?;
        let of = Arc::new(MonthCost::of(&statements));
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key, (settlement.digest, Arc::clone(&of)));
        Ok(of)
    }
}
