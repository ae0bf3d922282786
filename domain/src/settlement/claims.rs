//! The month's claims against the elders entitled to them (申报份数核对): a benefit's meals of a whole region cannot be
//! more than those who meet its conditions could have eaten, at the attendance that the region expects.
//!
//! It says that something is wrong, not which meals, and takes no money. It is made once with each draft and kept with
//! what it was made from.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Statement;
use crate::calendar::{BusinessDate, Month, UnixMs, WorkCalendar};
use crate::decision::PolicyRef;
use crate::elder::{Elder, ElderFact, ElderFactKind};
use crate::id::Digest;
use crate::policy::{Benefit, Policy, PolicySet};
use crate::reconciliation::{Code, Measure, Settings, Severity};
use crate::region::RegionCode;
use crate::subsidy::{is_entitled, is_given_on};

/// Where canteens served meals, by date: the places of the canteens that were open.
pub type OpenDays = BTreeMap<BusinessDate, BTreeSet<RegionCode>>;

/// What a month's claims were held against, as its draft found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Thousandths of what could have been eaten that are tolerated: the region's attendance factor.
    pub permille: i64,
    /// What a benefit beyond that does to the month.
    pub severity: Severity,
    /// The calendar of workdays that says on which days benefits are given.
    pub calendar: Digest,
    /// Regions inside it that settled for themselves then; nothing where that was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Vec<RegionCode>>,
    /// By policy and benefit. Benefits that nobody was given are left out.
    pub claims: Vec<Claim>,
}

/// A benefit's meals of a region's month, and those who could have had them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The policy's id: what a terminal charged by an older version counts too.
    pub policy: String,
    /// The benefit's id.
    pub benefit: String,
    /// Its label for people.
    pub label: String,
    /// Meals as charged.
    pub served: i64,
    /// The days on which canteens under the policy were open and the benefit is given.
    pub days: Vec<ClaimDay>,
}

/// A day of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MonthClaimDay))]
#[serde(deny_unknown_fields)]
pub struct ClaimDay {
    /// The business date.
    pub date: BusinessDate,
    /// The policy version in force.
    pub policy: PolicyRef,
    /// Meals of the day that the benefit is given for, to one elder.
    pub meals: u32,
    /// Elders whose facts, as known when the month was drafted, met its conditions.
    pub eligible: i64,
}

/// A benefit with more meals than tolerated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverClaimed<'a> {
    /// `F-202603-9c41d2`: the month, and six digits of the digest of what was counted. Counted otherwise it is another.
    pub number: String,
    /// The benefit.
    pub claim: &'a Claim,
    /// Meals, and the most that is tolerated.
    pub measure: Measure,
}

impl Claim {
    /// What those entitled could have eaten: elders times meals, day by day.
    #[must_use]
    pub fn could(&self) -> i64 {
        self.days.iter().map(|day| day.eligible.saturating_mul(i64::from(day.meals))).fold(0, i64::saturating_add)
    }

    /// Elders entitled, day by day.
    #[must_use]
    pub fn elder_days(&self) -> i64 {
        self.days.iter().map(|day| day.eligible).sum()
    }
}

impl Claims {
    /// The code under which a region's settings name such a finding.
    pub const CODE: Code = Code::OverCapacity;

    /// Nothing counted yet, by a region's settings.
    #[must_use]
    pub fn by(settings: &Settings, calendar: &WorkCalendar) -> Self {
        let permille = settings.thresholds.attendance_permille;
        let severity = settings.severity(Self::CODE);
        Self { permille, severity, calendar: calendar.digest(), without: None, claims: Vec::new() }
    }

    /// The content's digest: what the audit log says of a draft, and what `verify` compares.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("claims have a JSON form: {e}"));
        Digest::of("zhucan.claims.1", &[&json])
    }

    /// Whether the region looks for them.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        self.permille > 0 && self.severity != Severity::Off
    }

    /// The most meals of a claim that are tolerated.
    #[must_use]
    pub fn limit(&self, claim: &Claim) -> i64 {
        let most = i128::from(claim.could()) * i128::from(self.permille) / 1000;
        i64::try_from(most).unwrap_or(i64::MAX)
    }

    /// What is beyond, in the order of policies and benefits.
    #[must_use]
    pub fn over(&self, region: &RegionCode, month: Month) -> Vec<OverClaimed<'_>> {
        if !self.is_asked_for() {
            return Vec::new();
        }
        let mut over = Vec::new();
        for claim in &self.claims {
            let measure = Measure { found: claim.served, limit: self.limit(claim), within: None };
            if measure.found > measure.limit {
                over.push(OverClaimed { number: number(region, month, claim, measure), claim, measure });
            }
        }
        over
    }
}

fn number(region: &RegionCode, month: Month, claim: &Claim, measure: Measure) -> String {
    let Measure { found, limit, .. } = measure;
    let parts = [region.to_string(), month.to_string(), claim.policy.clone(), claim.benefit.clone()];
    let parts = parts.into_iter().chain([found.to_string(), limit.to_string()]).collect::<Vec<_>>();
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    let digest = Digest::of("zhucan.over-claimed.1", &parts).to_string();
    let (year, month) = month.ym();
    format!("F-{year:04}{month:02}-{}", &digest[..6])
}

/// Meals as charged, by policy and benefit: of the month's own days, which is what its claims are about.
#[must_use]
pub fn served<'a>(statements: impl Iterator<Item = &'a Statement>) -> BTreeMap<(String, String), i64> {
    let mut served = BTreeMap::new();
    for line in statements.flat_map(|statement| &statement.served) {
        *served.entry((line.policy.id.clone(), line.benefit.clone())).or_default() += i64::from(line.count);
    }
    served
}

/// A policy on the days on which canteens under it were open.
struct Under<'a> {
    policy: &'a Policy,
    days: Vec<Day>,
    /// By benefit and day: for how many meals it is given.
    meals: Vec<Vec<u32>>,
    /// Elders counted, in the same shape.
    eligible: Vec<Vec<i64>>,
}

struct Day {
    date: BusinessDate,
    /// Where canteens were open, as closely as the policy asks where an elder lives beside a canteen.
    places: BTreeSet<RegionCode>,
    /// Whether they are those of the day before.
    as_before: bool,
}

impl<'a> Under<'a> {
    fn new(policy: &'a Policy, open: Vec<(BusinessDate, BTreeSet<RegionCode>)>, calendar: &WorkCalendar) -> Self {
        let levels = policy.benefits().iter().flat_map(|b| [b.elder.hukou_same, b.elder.residence_same]);
        let finest = levels.flatten().max();
        let close = |place: RegionCode| finest.and_then(|level| place.unit(level)).unwrap_or(place);
        let mut days: Vec<Day> = Vec::with_capacity(open.len());
        for (date, places) in open {
            let places: BTreeSet<RegionCode> = places.into_iter().map(close).collect();
            let as_before = finest.is_none() || days.last().is_some_and(|day| day.places == places);
            days.push(Day { date, places, as_before });
        }
        let given = |benefit: &Benefit| -> Vec<u32> {
            let meals = meals_a_day(policy, benefit);
            days.iter().map(|day| u32::from(is_given_on(calendar, day.date, benefit)) * meals).collect()
        };
        let mut meals: Vec<Vec<u32>> = Vec::with_capacity(policy.benefits().len());
        for benefit in policy.benefits() {
            let mut own = given(benefit);
            // What requires another benefit is not given where that one is not, nor more often.
            for (at, own) in own.iter_mut().enumerate().filter(|_| !benefit.required.is_empty()) {
                let with = benefit.required.iter().filter_map(|above| meals.get(*above)).map(|of| of[at]).max();
                *own = (*own).min(with.unwrap_or_default());
            }
            meals.push(own);
        }
        let eligible = meals.iter().map(|of| vec![0; of.len()]).collect();
        Self { policy, days, meals, eligible }
    }

    /// Counts an elder who lived until `last`, and of whom something begins on the days of `changes`.
    fn add(&mut self, elder: &Elder, known: UnixMs, last: Option<BusinessDate>, changes: &BTreeSet<BusinessDate>) {
        let mut before: Option<(BusinessDate, u8, Vec<bool>)> = None;
        for (at, day) in self.days.iter().enumerate() {
            if last.is_some_and(|last| last < day.date) {
                break;
            }
            let age = day.date.age(elder.birth);
            let same = |then: BusinessDate, aged: u8| {
                day.as_before && aged == age && changes.range(then.plus_days(1)..=day.date).next().is_none()
            };
            let entitled = match before.take() {
                Some((then, aged, entitled)) if same(then, aged) => entitled,
                _ => entitled(self.policy, elder, day, known),
            };
            for (counted, _) in self.eligible.iter_mut().zip(&entitled).filter(|(_, entitled)| **entitled) {
                counted[at] += 1;
            }
            before = Some((day.date, age, entitled));
        }
    }
}

/// Counts those entitled to benefits, an elder at a time: what is in memory does not grow with elders.
pub struct Counting<'a> {
    under: Vec<Under<'a>>,
    known: UnixMs,
}

/// For how many meals of a day a benefit is given to one elder.
fn meals_a_day(policy: &Policy, benefit: &Benefit) -> u32 {
    let given = |period| benefit.meal.periods.is_empty() || benefit.meal.periods.contains(period);
    let windows = policy.meals().iter().filter(|window| given(&window.period)).count();
    let windows = u32::try_from(windows).unwrap_or(u32::MAX);
    benefit.limit.per_day.map_or(windows, |most| most.min(windows))
}

impl<'a> Counting<'a> {
    /// For the open days of a month, by the policies and the calendar in force. Facts learned at `known` or later are left
    /// out.
    #[must_use]
    pub fn new(open: &OpenDays, policies: &'a PolicySet, calendar: &WorkCalendar, known: UnixMs) -> Self {
        let mut found: BTreeMap<&PolicyRef, (&Policy, BTreeMap<BusinessDate, BTreeSet<RegionCode>>)> = BTreeMap::new();
        for (date, places) in open {
            for place in places {
                let Some(policy) = policies.covering(place, *date) else { continue };
                let (_, days) = found.entry(policy.reference()).or_insert_with(|| (policy, BTreeMap::new()));
                days.entry(*date).or_default().insert(place.clone());
            }
        }
        let under = found.into_values().map(|(policy, days)| Under::new(policy, days.into_iter().collect(), calendar));
        Self { under: under.collect(), known: known.plus(-1) }
    }

    /// Counts one elder on every day on which the facts meet a benefit's conditions.
    pub fn add(&mut self, elder: &Elder) {
        let last = elder.died(self.known);
        let moves = |fact: &&ElderFact| !matches!(fact.kind, ElderFactKind::Death { .. });
        let changes: BTreeSet<BusinessDate> = elder.facts.iter().filter(moves).map(|fact| fact.valid_from).collect();
        for of in &mut self.under {
            of.add(elder, self.known, last, &changes);
        }
    }

    /// What was counted so far, to go on from later: elders by policy, benefit and day.
    #[must_use]
    pub fn counted(&self) -> Vec<Vec<Vec<i64>>> {
        self.under.iter().map(|of| of.eligible.clone()).collect()
    }

    /// Goes on from what was counted for the same days by the same policies; says whether it can be that.
    #[must_use]
    pub fn resume(&mut self, counted: &[Vec<Vec<i64>>]) -> bool {
        let shape = |of: &[Vec<i64>]| of.iter().map(Vec::len).collect::<Vec<_>>();
        let same = |(of, counted): (&Under<'_>, &Vec<Vec<i64>>)| shape(&of.eligible) == shape(counted);
        if counted.len() != self.under.len() || !self.under.iter().zip(counted).all(same) {
            return false;
        }
        for (of, counted) in self.under.iter_mut().zip(counted) {
            of.eligible.clone_from(counted);
        }
        true
    }

    /// The claims of the benefits that were `served`.
    #[must_use]
    pub fn claims(self, served: &BTreeMap<(String, String), i64>) -> Vec<Claim> {
        let mut claims: BTreeMap<&(String, String), Claim> = BTreeMap::new();
        for (key, count) in served {
            let (policy, benefit) = key.clone();
            claims.insert(key, Claim { policy, label: benefit.clone(), benefit, served: *count, days: Vec::new() });
        }
        for of in &self.under {
            for (at, benefit) in of.policy.benefits().iter().enumerate() {
                let key = (of.policy.id().to_owned(), benefit.id.clone());
                let Some(claim) = claims.get_mut(&key) else { continue };
                claim.label.clone_from(&benefit.label);
                for ((meals, eligible), day) in of.meals[at].iter().zip(&of.eligible[at]).zip(&of.days) {
                    let policy = of.policy.reference().clone();
                    let day = ClaimDay { date: day.date, policy, meals: *meals, eligible: *eligible };
                    claim.days.extend((*meals > 0).then_some(day));
                }
            }
        }
        let mut claims: Vec<Claim> = claims.into_values().collect();
        for claim in &mut claims {
            claim.days.sort_by(|a, b| (a.date, &a.policy).cmp(&(b.date, &b.policy)));
        }
        claims
    }
}

/// By benefit: whether the elder meets its conditions on a day at one of its places, and those of one that it requires.
fn entitled(policy: &Policy, elder: &Elder, day: &Day, known: UnixMs) -> Vec<bool> {
    let facts = elder.on(day.date, known);
    let mut entitled = Vec::with_capacity(policy.benefits().len());
    for benefit in policy.benefits() {
        let local = benefit.elder.hukou_same.is_some() || benefit.elder.residence_same.is_some();
        let some = if local { day.places.len() } else { 1 };
        let meets = day.places.iter().take(some).any(|place| is_entitled(&facts, place, benefit));
        let required =
            benefit.required.is_empty() || benefit.required.iter().any(|at| entitled.get(*at) == Some(&true));
        entitled.push(meets && required);
    }
    entitled
}
