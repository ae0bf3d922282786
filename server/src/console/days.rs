//! A region's month as its days stand: what every page of days and findings is drawn from.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, Month};
use domain::id::CanteenId;
use domain::reconciliation::{Finding, Severity};
use domain::region::RegionCode;

use crate::Error;
use crate::store::canteens::{self, CanteenRow};
use crate::store::days::DayState;
use crate::store::findings::StepRow;
use crate::store::{Tx, overview};

/// The days of a region's month.
pub(crate) struct MonthDays {
    /// The region's canteens, by name; one only for its manager.
    pub(crate) canteens: Vec<CanteenRow>,
    /// How many meals the last closes counted, guests included.
    pub(crate) closed: BTreeMap<(CanteenId, BusinessDate), i64>,
    /// The days that anything touched.
    pub(crate) states: BTreeMap<(CanteenId, BusinessDate), DayState>,
    /// What does not agree, by canteen and date.
    pub(crate) findings: Vec<Item>,
}

/// What stands around a page that is not about days: the canteens' names, and how many findings wait.
pub(crate) struct Around {
    /// The region's canteens, by name; one only for its manager.
    pub(crate) canteens: Vec<CanteenRow>,
    /// Findings of the month that somebody has to decide.
    pub(crate) waiting: usize,
}

impl Around {
    /// Reads it of a region's month without reading its days; of one canteen only for somebody who has to do with no
    /// other.
    pub(crate) async fn load(
        tx: &mut Tx,
        region: &RegionCode,
        month: Month,
        own: Option<CanteenId>,
    ) -> Result<Self, Error> {
        let canteens = named(tx, region, own).await?;
        let mut said = overview::steps(tx, region, month).await?;
        let found = overview::findings(tx, region, month, own).await?;
        let mut items = found
            .into_iter()
            .flat_map(|(canteen, date, findings)| findings.into_iter().map(move |finding| (canteen, date, finding)));
        let mut waiting = 0;
        for (canteen, date, finding) in &mut items {
            let steps = said.remove(&(canteen, date, finding.number.clone())).unwrap_or_default();
            waiting += usize::from(Item { canteen, date, finding, steps }.waits());
        }
        Ok(Self { canteens, waiting })
    }

    /// A canteen's name.
    pub(crate) fn name(&self, canteen: CanteenId) -> &str {
        name_of(&self.canteens, canteen)
    }
}

/// The region's canteens by name, or the one.
async fn named(tx: &mut Tx, region: &RegionCode, own: Option<CanteenId>) -> Result<Vec<CanteenRow>, Error> {
    let mut canteens = canteens::inside(tx, region).await?;
    canteens.retain(|row| own.is_none_or(|own| own == row.id));
    canteens.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    Ok(canteens)
}

fn name_of(canteens: &[CanteenRow], canteen: CanteenId) -> &str {
    canteens.iter().find(|row| row.id == canteen).map_or("", |row| row.name.as_str())
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Nobody has decided it.
    Open,
    /// There was a good reason.
    Explained,
    /// It holds; what is at stake is taken away.
    Confirmed,
    /// Done with.
    Closed,
}

/// A finding with what was said about it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) canteen: CanteenId,
    pub(crate) date: BusinessDate,
    pub(crate) finding: Finding,
    pub(crate) steps: Vec<StepRow>,
}

impl Item {
    /// Where it stands.
    pub(crate) fn life(&self) -> Life {
        let ruled = self.steps.iter().rev().find_map(|step| match step.what.as_str() {
            "explained" => Some(Life::Explained),
            "confirmed" => Some(Life::Confirmed),
            "closed" => Some(Life::Closed),
            _ => None,
        });
        ruled.unwrap_or(Life::Open)
    }

    /// Whether somebody has to decide it.
    pub(crate) fn waits(&self) -> bool {
        self.life() == Life::Open && self.finding.severity != Severity::Off
    }

    /// Whether the canteen has answered it.
    pub(crate) fn is_answered(&self) -> bool {
        self.steps.iter().any(|step| step.what == "answered")
    }

    /// How many days it has waited by that day.
    pub(crate) fn age(&self, today: BusinessDate) -> i64 {
        let days = (today.start().get() - self.date.start().get()) / (24 * 60 * 60 * 1000);
        days.max(0)
    }
}

impl MonthDays {
    /// Reads a region's month; of one canteen only for somebody who has to do with no other.
    pub(crate) async fn load(
        tx: &mut Tx,
        region: &RegionCode,
        month: Month,
        own: Option<CanteenId>,
    ) -> Result<Self, Error> {
        let ours = |canteen: CanteenId| own.is_none_or(|own| own == canteen);
        let canteens = named(tx, region, own).await?;
        let mut closed = overview::counts(tx, region, month).await?;
        closed.retain(|(canteen, _), _| ours(*canteen));
        let mut states = overview::days(tx, region, month).await?;
        states.retain(|(canteen, _), _| ours(*canteen));
        let mut said = overview::steps(tx, region, month).await?;
        let mut findings = Vec::new();
        for (canteen, date, of_day) in overview::findings(tx, region, month, own).await? {
            for finding in of_day {
                let steps = said.remove(&(canteen, date, finding.number.clone())).unwrap_or_default();
                findings.push(Item { canteen, date, finding, steps });
            }
        }
        Ok(Self { canteens, closed, states, findings })
    }

    /// The findings that somebody has to decide.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Item> {
        self.findings.iter().filter(|item| item.waits())
    }

    /// Whether a day has changed since it was closed, or was never closed.
    pub(crate) fn is_unclosed(&self, canteen: CanteenId, date: BusinessDate) -> bool {
        match self.states.get(&(canteen, date)) {
            Some(state) => state.is_dirty(),
            None => !self.closed.contains_key(&(canteen, date)),
        }
    }

    /// A canteen's name.
    pub(crate) fn name(&self, canteen: CanteenId) -> &str {
        name_of(&self.canteens, canteen)
    }
}
