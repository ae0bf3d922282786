//! The month: closed days summed into one statement a canteen, with what earlier months still owe or are owed.
//!
//! A statement never changes after approval. When a day that a statement has settled is closed again (a late record, a
//! death reported later), the difference between the close that was settled and the close that holds now becomes lines
//! of the next open month. So over all statements every day is paid exactly what its last close says, to the fen.

pub mod claims;
pub mod compare;
pub mod demand;
mod lines;
pub mod payment;
mod rulings;
mod standing;
mod state;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, Month};
use crate::decision::{Kind, PolicyRef};
use crate::id::{CanteenId, Digest};
use crate::money::Fen;
use crate::reconciliation::{Code, Correction, DayClose, Finding, PayerSums, Severity};
use crate::record::check::Rulebook;
use crate::record::totals::CountSum;
pub use rulings::{Ruling, Rulings, deductions};
pub use standing::held_of_day;
pub use state::{Action, MonthState, NotAllowed, Role, next_state};

/// A day of an earlier month whose close is no longer the one that was settled.
#[derive(Clone, Debug)]
pub struct Reopened {
    /// The close that the last statement settled; nothing if none did (the canteen was left out).
    pub settled: Option<DayClose>,
    /// What findings took away from it then.
    pub taken: Vec<Correction>,
    /// The close that holds now.
    pub now: DayClose,
}

/// Everything a canteen's statement is made from.
#[derive(Clone, Debug)]
pub struct MonthInput<'a> {
    /// The canteen.
    pub canteen: CanteenId,
    /// The month.
    pub month: Month,
    /// The month's closed days, by date.
    pub days: &'a [DayClose],
    /// Days of the month that are not closed: some terminal's records are missing.
    pub incomplete: &'a [BusinessDate],
    /// Days of the month that were left out on purpose, with the reason; their meals follow as late lines.
    pub left_out: &'a [(BusinessDate, String)],
    /// Days of earlier months to be settled again, by date.
    pub reopened: &'a [Reopened],
    /// Negative balances that the last statement left, by payer.
    pub carried: &'a PayerSums,
    /// Days and numbers of the findings that somebody has decided.
    pub decided: &'a BTreeSet<(BusinessDate, String)>,
    /// What the findings of the month's days, and of days settled again, take away now: see [`deductions`].
    pub deducted: &'a BTreeMap<BusinessDate, Vec<Correction>>,
    /// Holds that the office has released.
    pub released: &'a [Released],
    /// Policies, for rounding.
    pub rules: &'a Rulebook,
}

/// A hold that the office has released: all of it is paid, what this month adds to it included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The month of the meals.
    pub month: Month,
    /// The policy version that the gate is of.
    pub policy: PolicyRef,
    /// The gate's place in the file, from 1.
    pub gate: usize,
    /// In words.
    pub words: String,
    /// What earlier statements hold of it, by payer, not positive.
    pub held: PayerSums,
}

/// A canteen's statement for a month: what the office owes it and why. All amounts in fen; what is taken away is
/// negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The canteen.
    pub canteen: CanteenId,
    /// The month.
    pub month: Month,
    /// Part one: what was charged, by benefit and amount. Concessions are information and owed by nobody.
    pub served: Vec<ServedLine>,
    /// Part two: carried balances, differences of earlier months, deductions, reductions.
    pub changes: Vec<ChangeLine>,
    /// What waits for the canteen's standing, and what need not wait any more, at the end of part two.
    pub holds: Vec<ChangeLine>,
    /// Part three: by payer.
    pub payers: Vec<PayerLine>,
    /// Part four.
    pub reconciliation: Reconciliation,
    /// The digests of the closes it settles, in the order of dates: the month's days, then days settled again.
    pub settles: Vec<(BusinessDate, Digest)>,
}

/// One line of part one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ServedLine {
    /// The policy version.
    pub policy: PolicyRef,
    /// The benefit's id.
    pub benefit: String,
    /// Whom it pays and how.
    pub kind: Kind,
    /// The amount a meal, fen.
    pub standard: Fen,
    /// How many meals.
    pub count: u32,
    /// standard × count, fen.
    pub amount: Fen,
    /// By payer; adds up to the amount, but for a concession, which nobody owes.
    pub shares: PayerSums,
}

/// Why a line of part two is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ChangeReason))]
#[serde(tag = "reason", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reason {
    /// A negative balance of last month.
    Carried,
    /// Meals of an earlier month whose records came after its draft.
    Late {
        /// That month.
        month: Month,
        /// The policy version that they were charged under.
        policy: PolicyRef,
    },
    /// Facts about an earlier month were learned after its draft.
    Corrected {
        /// That month.
        month: Month,
        /// The policy version.
        policy: PolicyRef,
    },
    /// A version announced later corrects the one that the meals were charged by.
    PolicyCorrected {
        /// The month of the meals.
        month: Month,
        /// The version that corrects; nothing where no policy covers the canteen any more.
        policy: Option<PolicyRef>,
    },
    /// What was charged is not due and the canteen carries it (核减), or more is due than was charged.
    Finding {
        /// The month of the meals.
        month: Month,
        /// Which kind of finding.
        code: Code,
    },
    /// What the canteen's tills paid back to elders who had paid too much, and payers owe it for that.
    Refunded {
        /// The month of the meals.
        month: Month,
    },
    /// The canteen's standing lowers what it is paid.
    Reduction {
        /// The month of the meals.
        month: Month,
        /// The policy version that the gate is of.
        policy: PolicyRef,
        /// The gate's place in the file, from 1.
        gate: usize,
        /// In words.
        words: String,
    },
    /// The canteen's standing holds the money (暂缓拨付).
    Hold {
        /// The month of the meals.
        month: Month,
        /// The policy version that the gate is of.
        policy: PolicyRef,
        /// The gate's place in the file, from 1.
        gate: usize,
        /// In words.
        words: String,
    },
    /// What was held is paid after all (解除暂缓).
    Release {
        /// The month of the meals.
        month: Month,
        /// The policy version that the gate is of.
        policy: PolicyRef,
        /// The gate's place in the file, from 1.
        gate: usize,
        /// In words.
        words: String,
    },
}

/// One line of part two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeLine {
    /// Why.
    pub reason: Reason,
    /// The days of the meals.
    pub dates: Vec<BusinessDate>,
    /// Numbers of the findings behind it.
    pub findings: Vec<String>,
    /// Meals; absent where meals are not what is counted.
    pub count: Option<i64>,
    /// Fen, signed.
    pub amount: Fen,
    /// By payer; adds up to the amount.
    pub shares: PayerSums,
}

/// A payer's column of part three. `approved + held = payable + carried`, all fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PayerLine {
    /// Who.
    pub payer: crate::decision::Payer,
    /// 核定: parts one and two without holds.
    pub approved: Fen,
    /// 暂缓 less what is released; positive where more is released than held.
    pub held: Fen,
    /// 本次应付, not negative.
    pub payable: Fen,
    /// 结转下月, not positive.
    pub carried: Fen,
}

/// Part four: how the figures were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = StatementReconciliation))]
#[serde(deny_unknown_fields)]
pub struct Reconciliation {
    /// Days of the month.
    pub days: u32,
    /// Days closed.
    pub closed: u32,
    /// Days on which meals were served.
    pub open_days: u32,
    /// Days that are not closed.
    pub incomplete: Vec<BusinessDate>,
    /// Days left out on purpose, with the reason.
    pub left_out: Vec<(BusinessDate, String)>,
    /// Meals that were not voided, at list price.
    pub meals: CountSum,
    /// Of these: guests.
    pub guests: CountSum,
    /// Meals with a benefit.
    pub subsidised: CountSum,
    /// Meals reversed.
    pub voids: CountSum,
    /// What elders and guests paid for food.
    pub own_payment: Fen,
    /// Concessions, which the canteen carries.
    pub concessions: CountSum,
    /// Shifts, and Z reports that agree with the records.
    pub z_reports: (u32, u32),
    /// Findings by code, and how many of each.
    pub findings: Vec<(Code, u32)>,
    /// Numbers of the blocking findings that nobody has decided.
    pub blocking: Vec<String>,
    /// The quantified grade: from which day which one held.
    pub grades: Vec<(BusinessDate, String)>,
}

impl Statement {
    /// The content's digest: what a checker approves and what is printed.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("a statement has a JSON form: {e}"));
        Digest::of("zhucan.statement.1", &[&json])
    }

    /// 用餐补贴小计: part one without concessions, fen.
    #[must_use]
    pub fn served_total(&self) -> Fen {
        self.served.iter().filter(|l| l.kind != Kind::Concession).map(|l| l.amount).sum()
    }

    /// 核定金额, fen.
    #[must_use]
    pub fn approved(&self) -> Fen {
        self.payers.iter().map(|p| p.approved).sum()
    }

    /// 暂缓拨付 less what is released, fen.
    #[must_use]
    pub fn held(&self) -> Fen {
        self.payers.iter().map(|p| p.held).sum()
    }

    /// 本次应付, fen, not negative.
    #[must_use]
    pub fn payable(&self) -> Fen {
        self.payers.iter().map(|p| p.payable).sum()
    }

    /// Negative balances that the next statement begins with.
    #[must_use]
    pub fn carried(&self) -> PayerSums {
        let mut sums = PayerSums::default();
        for line in &self.payers {
            sums.add(&line.payer, line.carried);
        }
        sums.without_zeros()
    }

    /// Whether it may be submitted: no day is missing and no blocking finding waits.
    #[must_use]
    pub fn may_be_submitted(&self) -> bool {
        self.reconciliation.incomplete.is_empty() && self.reconciliation.blocking.is_empty()
    }
}

/// Makes one canteen's statement.
///
/// # Panics
/// When lines and payers do not add up: such a statement must not be stored.
#[must_use]
pub fn settle_month(input: &MonthInput<'_>) -> Statement {
    let served = lines::served(input.days);
    let mut served_shares = PayerSums::default();
    for line in &served {
        served_shares.add_all(&line.shares);
    }
    let mut changes = Vec::new();
    changes.extend(lines::carried(input.carried));
    changes.extend(lines::of_earlier_months(input.reopened));
    let signed = signed(input);
    let signed: Vec<(&DayClose, bool)> = signed.iter().map(|(day, counts)| (&**day, *counts)).collect();
    changes.extend(lines::findings(&signed));
    changes.extend(lines::refunds(&signed));
    let (reductions, mut holds) = standing::standing(&signed, input.rules);
    changes.extend(reductions);
    holds.extend(lines::releases(input.released, &holds));

    let statement = Statement {
        canteen: input.canteen,
        month: input.month,
        payers: payers(&served_shares, &changes, &holds),
        served,
        changes,
        holds,
        reconciliation: reconciliation(input),
        settles: input.days.iter().chain(input.reopened.iter().map(|r| &r.now)).map(|d| (d.date, d.digest())).collect(),
    };
    assert_adds_up(&statement);
    statement
}

/// The month's days and those settled again, each with what its findings take away; what was settled before counts the
/// other way.
fn signed<'a>(input: &MonthInput<'a>) -> Vec<(Cow<'a, DayClose>, bool)> {
    let with = |day: &'a DayClose, taken: &[Correction]| {
        let mut day = Cow::Borrowed(day);
        if !taken.is_empty() {
            day.to_mut().corrections.extend_from_slice(taken);
        }
        day
    };
    let now = |day: &'a DayClose| (with(day, input.deducted.get(&day.date).map_or(&[], Vec::as_slice)), true);
    let mut days: Vec<_> = input.days.iter().map(now).collect();
    for again in input.reopened {
        days.extend(again.settled.iter().map(|day| (with(day, &again.taken), false)));
        days.push(now(&again.now));
    }
    days
}

fn payers(served: &PayerSums, changes: &[ChangeLine], holds: &[ChangeLine]) -> Vec<PayerLine> {
    let mut approved = served.clone();
    for line in changes {
        approved.add_all(&line.shares);
    }
    let mut held = PayerSums::default();
    for line in holds {
        held.add_all(&line.shares);
    }
    let mut balance = approved.clone();
    balance.add_all(&held);
    let line = |(payer, balance): &(crate::decision::Payer, Fen)| PayerLine {
        payer: payer.clone(),
        approved: approved.of(payer),
        held: held.of(payer),
        payable: balance.or_zero(),
        carried: -(-*balance).or_zero(),
    };
    balance.iter().map(line).collect()
}

fn assert_adds_up(statement: &Statement) {
    let changes = || statement.changes.iter().chain(&statement.holds);
    let owed = statement.served.iter().filter(|l| l.kind != Kind::Concession).map(|l| (l.amount, &l.shares));
    let mut lines = owed.chain(changes().map(|l| (l.amount, &l.shares)));
    assert!(lines.all(|(amount, shares)| amount == shares.total()), "a line does not add up to its payers");
    let lines = statement.served_total() + changes().map(|l| l.amount).sum::<Fen>();
    let payers: Fen = statement.payers.iter().map(|p| p.payable + p.carried).sum();
    assert!(lines == payers, "a statement's lines do not add up to its payers");
}

fn reconciliation(input: &MonthInput<'_>) -> Reconciliation {
    let mut sums = [CountSum::default(); 4];
    let mut own_payment = Fen::ZERO;
    let mut concessions = CountSum::default();
    let mut z_reports = (0, 0);
    let mut grades: Vec<(BusinessDate, String)> = Vec::new();
    for day in input.days {
        for (sum, part) in sums.iter_mut().zip([day.meals, day.guests, day.subsidised, day.voids]) {
            sum.count += part.count;
            sum.amount += part.amount;
        }
        own_payment += day.own_payment;
        for tier in day.tiers.iter().filter(|t| t.kind == Kind::Concession) {
            concessions.count += tier.count;
            concessions.amount += tier.amount();
        }
        z_reports = (z_reports.0 + day.z_reports.0, z_reports.1 + day.z_reports.1);
        if grades.last().is_none_or(|(_, grade)| *grade != day.grade) {
            grades.push((day.date, day.grade.clone()));
        }
    }
    let days = input.days.iter().chain(input.reopened.iter().map(|r| &r.now));
    let findings = || days.clone().flat_map(|day| day.findings.iter().map(|finding| (day.date, finding)));
    let count = |code| u32::try_from(findings().filter(|(_, f)| f.code == code).count()).unwrap_or(u32::MAX);
    let blocks = |(date, f): &(BusinessDate, &Finding)| {
        f.severity == Severity::Block && !input.decided.contains(&(*date, f.number.clone()))
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Reconciliation {
        days: number(input.month.days().count()),
        closed: number(input.days.len()),
        open_days: number(input.days.iter().filter(|d| d.meals.count > 0).count()),
        incomplete: input.incomplete.to_vec(),
        left_out: input.left_out.to_vec(),
        meals: sums[0],
        guests: sums[1],
        subsidised: sums[2],
        voids: sums[3],
        own_payment,
        concessions,
        z_reports,
        findings: Code::ALL.into_iter().map(|c| (c, count(c))).filter(|(_, n)| *n > 0).collect(),
        blocking: findings().filter(blocks).map(|(_, f)| f.number.clone()).collect(),
        grades,
    }
}
