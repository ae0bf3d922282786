//! What goes into a subsidy decision and what comes out: plain values that travel inside every meal record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, MealPeriod};
use crate::id::Digest;
use crate::money::Fen;
use crate::region::RegionCode;

/// How a meal reaches the elder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Eaten in the canteen (堂食).
    DineIn,
    /// Taken away (自取).
    Pickup,
    /// Brought to the elder (送餐).
    Delivery,
}

/// The meal as `decide` is given it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MealFacts {
    /// Business date.
    pub date: BusinessDate,
    /// Meal period.
    pub period: MealPeriod,
    /// How it reaches the elder.
    pub mode: Mode,
    /// List price, fen.
    pub price: Fen,
}

/// How often and how much a benefit was applied before this meal, over all canteens, voided meals left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// On the business date.
    pub day: u32,
    /// In its week, Monday to Sunday.
    pub week: u32,
    /// In its calendar month.
    pub month: u32,
    /// Amount in its calendar month, fen.
    pub month_amount: Fen,
}

/// One benefit's use. Follows (policy id, benefit or group id) across the policy's versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// The policy's stable id.
    pub policy: String,
    /// The benefit's id.
    pub benefit: String,
    /// The group the benefit was in when applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How often and how much.
    pub counts: Counts,
}

/// Everything one elder has used before a meal; entries sorted by (policy, benefit, group), none all-zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usage(pub Vec<Used>);

impl Usage {
    /// Counts one applied line of an earlier meal of `policy`, on `earlier`, as seen from a meal on `date`.
    pub fn add(&mut self, policy: &str, line: &Line, earlier: BusinessDate, date: BusinessDate) {
        let (same_week, same_month) = (earlier.monday() == date.monday(), earlier.month() == date.month());
        if !same_week && !same_month {
            return;
        }
        let key = (policy, line.benefit.as_str(), line.group.as_deref());
        let at = self.0.binary_search_by(|u| (u.policy.as_str(), u.benefit.as_str(), u.group.as_deref()).cmp(&key));
        let at = at.unwrap_or_else(|at| {
            let (benefit, group) = (line.benefit.clone(), line.group.clone());
            self.0.insert(at, Used { policy: policy.to_owned(), benefit, group, counts: Counts::default() });
            at
        });
        let counts = &mut self.0[at].counts;
        counts.day += u32::from(earlier == date);
        counts.week += u32::from(same_week);
        if same_month {
            counts.month += 1;
            counts.month_amount += line.amount;
        }
    }
}

/// Whom a benefit pays and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BenefitKind))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Lowers what the elder pays; reimbursed to the canteen.
    Diner,
    /// The canteen's own discount: lowers what the elder pays, nobody reimburses it.
    Concession,
    /// Paid to the canteen on top; the elder's price does not change.
    Operator,
    /// Paid to the canteen for a delivered meal; the elder's price does not change.
    Delivery,
}

/// Who carries a part of a benefit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Payer {
    /// As the policy names it: a level (`city`, `district` ...) or a fund (`lottery`, `charity` ...).
    pub name: String,
    /// For a level: that unit of the canteen or of the elder's hukou. For a fund: the policy's (first) region. Nothing
    /// when the place is not known finely enough.
    pub unit: Option<RegionCode>,
}

/// A payer's part of a benefit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Who.
    pub payer: Payer,
    /// How much, fen. Zero shares are left out.
    pub amount: Fen,
}

/// One applied benefit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AppliedBenefit))]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The benefit's id.
    pub benefit: String,
    /// Its group, if it competes in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whom it pays and how.
    pub kind: Kind,
    /// The amount, fen, more than zero.
    pub amount: Fen,
    /// The payers' parts in file order: they add up to the amount; none for a concession.
    pub shares: Vec<Share>,
}

/// One version of one policy, by content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyRef {
    /// Stable id.
    pub id: String,
    /// Version.
    pub version: u32,
    /// Digest of the file's bytes.
    pub hash: Digest,
}

/// What `decide` says of a meal. price = Σ diner + Σ concession + own payment, all ≥ 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The policy it was decided under; none for a guest or where no policy covers the canteen.
    pub policy: Option<PolicyRef>,
    /// List price, fen.
    pub price: Fen,
    /// Applied benefits in file order.
    pub lines: Vec<Line>,
    /// What the elder pays for the food, fen.
    pub own_payment: Fen,
    /// What the elder pays on top for a delivered meal, fen.
    pub delivery_fee: Fen,
}

impl Decision {
    /// Full price: nothing applies.
    #[must_use]
    pub const fn full_price(price: Fen) -> Self {
        Self { policy: None, price, lines: Vec::new(), own_payment: price, delivery_fee: Fen::ZERO }
    }

    /// The sum of the applied benefits of that kind, fen.
    #[must_use]
    pub fn total(&self, kind: Kind) -> Fen {
        self.lines.iter().filter(|l| l.kind == kind).map(|l| l.amount).sum()
    }

    /// What each payer name owes for this meal over all kinds, fen.
    #[must_use]
    pub fn owed_by(&self) -> BTreeMap<String, Fen> {
        let mut owed = BTreeMap::new();
        for share in self.lines.iter().flat_map(|l| &l.shares) {
            *owed.entry(share.payer.name.clone()).or_insert(Fen::ZERO) += share.amount;
        }
        owed
    }

    /// What the elder hands over: own payment and delivery fee, fen.
    #[must_use]
    pub fn to_pay(&self) -> Fen {
        self.own_payment + self.delivery_fee
    }
}
