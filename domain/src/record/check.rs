//! Is a genuine record right by its own inputs? The server asks this of every record at ingest, `verify` asks again.

use std::collections::BTreeMap;

use super::{Body, Meal, Record};
use crate::calendar::WorkCalendar;
use crate::decision::{Decision, Kind};
use crate::id::Digest;
use crate::money::Fen;
use crate::policy::PolicySet;
use crate::subsidy::decide;

/// The rules that records may name: every policy version and every calendar ever published.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    /// Policies.
    pub policies: PolicySet,
    calendars: BTreeMap<Digest, WorkCalendar>,
    current: Option<Digest>,
}

impl Rulebook {
    /// A rulebook with these policies and this calendar in force.
    #[must_use]
    pub fn new(policies: PolicySet, calendar: WorkCalendar) -> Self {
        let mut rules = Self { policies, ..Self::default() };
        rules.publish_calendar(calendar);
        rules
    }

    /// Puts a calendar in force; earlier ones stay for the records that name them.
    pub fn publish_calendar(&mut self, calendar: WorkCalendar) {
        let digest = calendar.digest();
        self.calendars.insert(digest, calendar);
        self.current = Some(digest);
    }

    /// The calendar in force; empty before one is published.
    #[must_use]
    pub fn calendar(&self) -> &WorkCalendar {
        static EMPTY: std::sync::LazyLock<WorkCalendar> = std::sync::LazyLock::new(WorkCalendar::default);
        self.current.and_then(|digest| self.calendars.get(&digest)).unwrap_or(&EMPTY)
    }
}

impl Rulebook {
    /// A calendar that was ever published, by its digest.
    #[must_use]
    pub fn calendar_of(&self, digest: &Digest) -> Option<&WorkCalendar> {
        self.calendars.get(digest)
    }
}

/// Why a genuine record is not right by its own inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Dispute {
    /// It names a policy that was never announced.
    #[error("names a policy that was never announced")]
    UnknownPolicy,
    /// The policy it names did not cover the canteen on that date.
    #[error("the policy it names did not cover the canteen on that date")]
    PolicyNotInForce,
    /// It names a calendar that was never published.
    #[error("names a calendar that was never published")]
    UnknownCalendar,
    /// `decide` gives other lines for its inputs.
    #[error("its own inputs give another decision")]
    OtherDecision,
    /// Its business date is not that of its trusted time.
    #[error("the business date is not that of its time")]
    OtherDate,
    /// An amount that cannot be: a negative price, cash or float, or free though something was to pay.
    #[error("an impossible amount or tender")]
    ImpossibleAmount,
    /// Entered from a paper list, but not back-dated, within a shift, or approved by the person who entered it.
    #[error("a paper list's meal that is not back-dated, stands in a shift, or has no second person")]
    PaperList,
    /// A credential that was kept aside, and a diner.
    #[error("says of itself what cannot be together")]
    Contradiction,
    /// It does not follow the record before it.
    #[error("does not follow the record before it")]
    BrokenChain,
    /// The Z report's counts are not those of the shift's records.
    #[error("the Z report does not count its own shift")]
    OtherTotals,
    /// Beyond what the office held of the terminal when it was taken out of service.
    #[error("came after the terminal was taken out of service")]
    Revoked,
    /// Came after two people had ended its epoch.
    #[error("came after its epoch was ended")]
    EndedEpoch,
}

/// Checks what one record says by itself. Order in the chain and Z totals need the records before it.
pub fn check(record: &Record, rules: &Rulebook) -> Result<(), Dispute> {
    match &record.body {
        Body::Meal(meal) => check_origin(record, meal).and_then(|()| check_meal(meal, rules)),
        Body::Refund(refund) if refund.amount <= Fen::ZERO => Err(Dispute::ImpossibleAmount),
        Body::ShiftOpen { float } if float.is_negative() => Err(Dispute::ImpossibleAmount),
        Body::ShiftClose(close) if close.counted.is_negative() => Err(Dispute::ImpossibleAmount),
        _ => Ok(()),
    }
}

/// When and by whom the meal was entered.
fn check_origin(record: &Record, meal: &Meal) -> Result<(), Dispute> {
    let today = record.at.business_date();
    match &meal.paper {
        None if meal.meal.date != today => Err(Dispute::OtherDate),
        Some(_) if meal.meal.date > today || record.shift.is_some() => Err(Dispute::PaperList),
        Some(paper) if record.cashier.is_none_or(|by| by == paper.approved_by) => Err(Dispute::PaperList),
        _ if meal.unidentified.is_some() && meal.diner.is_some() => Err(Dispute::Contradiction),
        _ => Ok(()),
    }
}

/// Decides the meal again from the inputs that it carries.
fn check_meal(meal: &Meal, rules: &Rulebook) -> Result<(), Dispute> {
    let claimed = &meal.decision;
    let subsidised = claimed.total(Kind::Diner) + claimed.total(Kind::Concession);
    let whole = claimed.price == subsidised + claimed.own_payment && claimed.price == meal.meal.price;
    let free = meal.tender == super::Tender::Free && !claimed.to_pay().is_zero();
    if !whole || free || claimed.price <= Fen::ZERO || claimed.own_payment.is_negative() {
        return Err(Dispute::ImpossibleAmount);
    }
    let expected = match (&meal.diner, &claimed.policy) {
        (_, None) => Decision::full_price(meal.meal.price),
        (None, Some(_)) => return Err(Dispute::OtherDecision),
        (Some(diner), Some(named)) => {
            let policy = rules.policies.by_ref(named).ok_or(Dispute::UnknownPolicy)?;
            if !rules.policies.could_charge(named, &diner.canteen.region, meal.meal.date) {
                return Err(Dispute::PolicyNotInForce);
            }
            let calendar = rules.calendars.get(&diner.calendar).ok_or(Dispute::UnknownCalendar)?;
            decide(policy, calendar, &diner.facts, &diner.canteen, &meal.meal, &diner.used).decision
        }
    };
    if expected == *claimed { Ok(()) } else { Err(Dispute::OtherDecision) }
}
