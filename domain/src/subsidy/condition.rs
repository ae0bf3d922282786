//! Step 3 and 4 of the normative text: the conditions of a benefit, in the order in which their failure is told.

use super::why::Span;
use super::{Sale, State, Why};
use crate::calendar::{BusinessDate, DayKind, WorkCalendar};
use crate::decision::{Counts, Kind, Mode};
use crate::elder::ElderFacts;
use crate::money::Fen;
use crate::policy::{Benefit, Days, Effect, Scope};
use crate::region::RegionCode;

impl Sale<'_> {
    /// The room that limits leave, or the first failure. Nothing for no limit of amount.
    pub(super) fn check(&self, state: &State, benefit: &Benefit) -> Result<Option<Fen>, Why> {
        self.check_gates(benefit.kind)?;
        of_elder(self.elder, benefit)?;
        of_places(self.elder, &self.canteen.region, benefit)?;
        let missing = benefit.tags.iter().find(|tag| !self.canteen.tags.contains(tag.as_str()));
        if let Some(missing) = missing {
            return Err(Why::Tags { missing: missing.clone() });
        }
        self.check_meal(benefit)?;
        if !benefit.required.is_empty() && !benefit.required.iter().any(|index| state.applied[*index]) {
            return Err(Why::Requires { names: benefit.requires.clone() });
        }
        self.check_limit(benefit)
    }

    fn check_gates(&self, kind: Kind) -> Result<(), Why> {
        let withholds = |gate: &crate::policy::Gate| {
            gate.effect == Effect::NoSubsidy
                && gate.kinds.contains(&kind)
                && gate.acts(&self.canteen.standing, self.meal.date)
        };
        match self.policy.gates().iter().position(withholds) {
            Some(gate) => Err(Why::NoSubsidy { gate }),
            None => Ok(()),
        }
    }

    fn check_meal(&self, benefit: &Benefit) -> Result<(), Why> {
        let (wanted, meal) = (&benefit.meal, self.meal);
        if !wanted.periods.is_empty() && !wanted.periods.contains(&meal.period) {
            return Err(Why::Period { period: meal.period.clone(), allowed: wanted.periods.clone() });
        }
        // A delivery benefit is for delivered meals even where the file does not say so again.
        if benefit.kind == Kind::Delivery && meal.mode != Mode::Delivery {
            return Err(Why::Mode { mode: meal.mode, allowed: vec![Mode::Delivery] });
        }
        if !wanted.modes.is_empty() && !wanted.modes.contains(&meal.mode) {
            return Err(Why::Mode { mode: meal.mode, allowed: wanted.modes.clone() });
        }
        of_day(self.calendar, self.meal.date, benefit)?;
        match wanted.price.filter(|band| !band.contains(meal.price)) {
            Some(band) => Err(Why::Price { price: meal.price, band }),
            None => Ok(()),
        }
    }

    fn check_limit(&self, benefit: &Benefit) -> Result<Option<Fen>, Why> {
        let limit = &benefit.limit;
        if limit.is_none() {
            return Ok(None);
        }
        let (n, scope) = (self.counts(benefit), limit.scope);
        let spans = [
            (Span::Day, n.day, limit.per_day),
            (Span::Week, n.week, limit.per_week),
            (Span::Month, n.month, limit.per_month),
        ];
        for (span, used, most) in spans {
            if let Some(limit) = most.filter(|most| used >= *most) {
                let period = match benefit.meal.periods.as_slice() {
                    [only] => Some(only.clone()),
                    _ => None,
                };
                return Err(Why::Limit { span, used, limit, scope, period });
            }
        }
        let Some(most) = limit.per_month_amount else {
            return Ok(None);
        };
        let room = most - n.month_amount;
        if room <= Fen::ZERO {
            return Err(Why::LimitAmount { used: n.month_amount, limit: most, scope });
        }
        Ok(Some(room))
    }

    /// What counts against the benefit's limits: its own use, or its whole group's. Use under another policy does not
    /// count. Sums stop at the largest number instead of failing: records of other terminals are in them.
    fn counts(&self, benefit: &Benefit) -> Counts {
        let group = benefit.group.as_deref().filter(|_| benefit.limit.scope == Scope::Group);
        let member = |id: &str| self.policy.benefit(id).is_some_and(|b| b.group == benefit.group);
        let mut sum = Counts::default();
        for used in self.used.0.iter().filter(|u| u.policy == self.policy.id()) {
            let counted = match (group, used.group.as_deref()) {
                (None, _) => used.benefit == benefit.id,
                (Some(group), Some(of)) => of == group,
                (Some(_), None) => member(&used.benefit),
            };
            if counted {
                sum.day = sum.day.saturating_add(used.counts.day);
                sum.week = sum.week.saturating_add(used.counts.week);
                sum.month = sum.month.saturating_add(used.counts.month);
                let amount = used.counts.month_amount.or_zero();
                sum.month_amount = sum.month_amount.checked_add(amount).unwrap_or(Fen::new(i64::MAX));
            }
        }
        sum
    }
}

/// Whether the place is known and inside one of the regions; true when none is asked for.
fn inside(place: Option<&RegionCode>, regions: &[RegionCode]) -> bool {
    regions.is_empty() || place.is_some_and(|place| regions.iter().any(|r| r.contains(place)))
}

/// Whether the place is known and outside all the regions; true when none is asked for.
fn outside(place: Option<&RegionCode>, regions: &[RegionCode]) -> bool {
    regions.is_empty() || place.is_some_and(|place| !regions.iter().any(|r| r.contains(place)))
}

/// Whether the elder's age and categories are what the benefit asks for.
fn of_elder(elder: &ElderFacts, benefit: &Benefit) -> Result<(), Why> {
    let (wanted, held) = (&benefit.elder, &elder.categories);
    if let Some(band) = wanted.age
        && !band.contains(elder.age)
    {
        return Err(Why::Age { age: elder.age, band });
    }
    if !wanted.any_of.is_empty() && !wanted.any_of.iter().any(|test| test.passes(held)) {
        return Err(Why::AnyOf { wanted: wanted.any_of.clone() });
    }
    if let Some(missing) = wanted.all_of.iter().find(|test| !test.passes(held)) {
        return Err(Why::AllOf { missing: missing.clone() });
    }
    let excluding = wanted.none_of.iter().find_map(|test| held.iter().find(|c| test.matches(c)));
    match excluding {
        Some(held) => Err(Why::NoneOf { held: held.clone() }),
        None => Ok(()),
    }
}

/// Whether the elder's places are, beside a canteen's.
fn of_places(elder: &ElderFacts, canteen: &RegionCode, benefit: &Benefit) -> Result<(), Why> {
    let wanted = &benefit.elder;
    let (hukou, residence) = (elder.hukou.as_ref(), elder.residence.as_ref());
    if !inside(hukou, &wanted.hukou) {
        return Err(Why::Hukou { hukou: hukou.cloned(), inside: wanted.hukou.clone() });
    }
    if !outside(hukou, &wanted.hukou_not) {
        return Err(Why::HukouNot { hukou: hukou.cloned(), outside: wanted.hukou_not.clone() });
    }
    if !inside(residence, &wanted.residence) {
        return Err(Why::Residence { residence: residence.cloned(), inside: wanted.residence.clone() });
    }
    if !outside(residence, &wanted.residence_not) {
        return Err(Why::ResidenceNot { residence: residence.cloned(), outside: wanted.residence_not.clone() });
    }
    let same = |place: Option<&RegionCode>, level| place.is_some_and(|p| p.same(canteen, level));
    if let Some(level) = wanted.hukou_same.filter(|level| !same(hukou, *level)) {
        return Err(Why::HukouSame { level });
    }
    match wanted.residence_same.filter(|level| !same(residence, *level)) {
        Some(level) => Err(Why::ResidenceSame { level }),
        None => Ok(()),
    }
}

/// Whether the benefit is given on the date.
fn of_day(calendar: &WorkCalendar, date: BusinessDate, benefit: &Benefit) -> Result<(), Why> {
    let state = || calendar.kind(date).ok_or(Why::CalendarMissing { year: date.ymd().0 });
    let allowed = match &benefit.meal.days {
        None => true,
        Some(Days::Workday) => state()? == DayKind::Workday,
        Some(Days::Weekdays(days)) => days.contains(&date.weekday()),
    };
    if let Some(days) = benefit.meal.days.as_ref().filter(|_| !allowed) {
        return Err(Why::Days { date, allowed: days.clone() });
    }
    if benefit.meal.except_holidays && state()? == DayKind::Holiday {
        return Err(Why::Holiday { date });
    }
    Ok(())
}

/// Whether an elder of these facts meets what a benefit asks of the elder, in a canteen of that place.
#[must_use]
pub fn is_entitled(elder: &ElderFacts, canteen: &RegionCode, benefit: &Benefit) -> bool {
    of_elder(elder, benefit).is_ok() && of_places(elder, canteen, benefit).is_ok()
}

/// Whether a benefit is given on a date at all; not where the calendar would have to say and does not.
#[must_use]
pub fn is_given_on(calendar: &WorkCalendar, date: BusinessDate, benefit: &Benefit) -> bool {
    of_day(calendar, date, benefit).is_ok()
}
