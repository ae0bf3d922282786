//! A month's claims held against those entitled to them: made with its draft, kept with what they were made from, made
//! again by `verify`, and what the office says about those beyond.

use std::collections::BTreeMap;

use domain::calendar::{UnixMs, WorkCalendar};
use domain::id::{Digest, ElderId, UserId};
use domain::reconciliation::Severity;
use domain::record::check::Rulebook;
use domain::settlement::claims::{Claims, Counting, OpenDays, OverClaimed, served};
use domain::settlement::{Ruling, Statement};

use crate::audit::{Act, Action};
use crate::error::Error;
use crate::month::MonthView;
use crate::rulings::Said;
use crate::store::claims::{self, Among};
use crate::store::findings::StepRow;
use crate::store::months::Settlement;
use crate::store::{Tx, elders, policies, settings};
use crate::words::{Code, settlement as words};

/// So many elders are read at a time.
const TOGETHER: i64 = 2_000;

/// Holds a version's claims, whose meals are frozen, against those entitled to them by what was known before it was
/// drafted; `calendar` says on which days benefits are given.
async fn counted(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: impl Iterator<Item = &Statement>,
    rules: &Rulebook,
    calendar: &WorkCalendar,
) -> Result<Claims, Error> {
    let Settlement { region, month, version, drafted_at, .. } = settlement;
    let of = settings::of_place(tx, region, month.last(), *drafted_at).await?;
    let mut claims = Claims::by(&of, calendar);
    if !claims.is_asked_for() {
        return Ok(claims);
    }
    let mut open = OpenDays::new();
    for (_, place, date) in claims::open_days(tx, region, *month, *version).await? {
        open.entry(date).or_default().insert(place);
    }
    // What was announced later with `corrects` also speaks of these days.
    let announced = usize::try_from(policies::announced_until(tx, *drafted_at).await?).unwrap_or(usize::MAX);
    let announced = rules.policies.first(announced);
    let mut counting = Counting::new(&open, &announced, calendar, *drafted_at);
    let without = claims::regions_inside(tx, region).await?;
    let among = Among { region: region.clone(), without, month: *month, version: *version, known: *drafted_at };
    let mut after: Option<ElderId> = None;
    loop {
        let ids = claims::elders(tx, &among, after, TOGETHER).await?;
        for elder in elders::for_rules(tx, &ids).await?.values() {
            counting.add(elder);
        }
        after = ids.last().copied();
        if i64::try_from(ids.len()).is_ok_and(|n| n < TOGETHER) {
            break;
        }
    }
    claims.claims = counting.claims(&served(statements));
    Ok(claims)
}

/// Holds a draft's claims against those entitled and keeps what was found. Its meals are frozen already.
pub(crate) async fn draft(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: impl Iterator<Item = &Statement>,
    rules: &Rulebook,
) -> Result<(), Error> {
    let claims = counted(tx, settlement, statements, rules, rules.calendar()).await?;
    claims::keep(tx, &settlement.region, settlement.month, settlement.version, &claims).await
}

/// What a month's claims would be found to be if it were held against them again; nothing where the calendar that was
/// used is not there.
pub(crate) async fn again(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: &[Statement],
    rules: &Rulebook,
    calendar: &Digest,
) -> Result<Option<Claims>, Error> {
    let none = WorkCalendar::default();
    let known = rules.calendar_of(calendar).or_else(|| (none.digest() == *calendar).then_some(&none));
    let Some(known) = known else { return Ok(None) };
    counted(tx, settlement, statements.iter(), rules, known).await.map(Some)
}

/// A month's claims with what was said about those beyond.
#[derive(Clone, Debug)]
pub struct ClaimsView {
    /// What was counted.
    pub claims: Claims,
    /// What is beyond, by number.
    pub over: Vec<Over>,
}

/// A claim beyond what is tolerated, and what was said.
#[derive(Clone, Debug)]
pub struct Over {
    /// The finding's number.
    pub number: String,
    /// Its place among the claims.
    pub at: usize,
    /// Meals.
    pub found: i64,
    /// The most that is tolerated.
    pub limit: i64,
    /// Everything that was said about it, in order.
    pub steps: Vec<StepRow>,
}

impl Over {
    /// `open`, `explained`, `confirmed` or `closed`.
    #[must_use]
    pub fn state(&self) -> &str {
        let ruled = |step: &&StepRow| matches!(step.what.as_str(), "explained" | "confirmed" | "closed");
        self.steps.iter().rev().find(ruled).map_or("open", |step| &step.what)
    }

    /// The last ruling, if there is one.
    #[must_use]
    pub fn ruling(&self) -> Option<(&StepRow, Ruling)> {
        self.steps.iter().rev().find_map(|step| Some((step, step.what.parse().ok()?)))
    }
}

impl ClaimsView {
    /// Numbers of what stops submission: blocking, and nobody has ruled.
    #[must_use]
    pub fn blocking(&self) -> Vec<String> {
        let open = |over: &&Over| self.claims.severity == Severity::Block && over.ruling().is_none();
        self.over.iter().filter(open).map(|over| over.number.clone()).collect()
    }
}

/// What a month's current draft was held against; nothing of one that was made before any were.
pub async fn view(tx: &mut Tx, settlement: &Settlement) -> Result<Option<ClaimsView>, Error> {
    let Settlement { region, month, version, .. } = settlement;
    let Some((claims, _)) = claims::of_version(tx, region, *month, *version).await? else { return Ok(None) };
    let mut said = claims::steps(tx, region, *month).await?;
    let at: BTreeMap<(&str, &str), usize> =
        claims.claims.iter().enumerate().map(|(at, c)| ((c.policy.as_str(), c.benefit.as_str()), at)).collect();
    let over = |OverClaimed { number, claim, measure }: OverClaimed<'_>| Over {
        steps: said.remove(&number).unwrap_or_default(),
        number,
        at: at.get(&(claim.policy.as_str(), claim.benefit.as_str())).copied().unwrap_or_default(),
        found: measure.found,
        limit: measure.limit,
    };
    let over = claims.over(region, *month).into_iter().map(over).collect();
    Ok(Some(ClaimsView { claims, over }))
}

/// Writes down what somebody says about a claim of the month's current draft. The transaction holds the audit log's
/// chain.
///
/// Refused for a finding that is not there or closed, and when it is closed before it was ruled or by who ruled last.
pub async fn say(
    tx: &mut Tx,
    view: &MonthView,
    number: &str,
    said: &Said,
    explanation: String,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    let unknown = || Error::refused(Code::NotFound, words::no_such_finding());
    let over = view.claims.iter().flat_map(|claims| &claims.over).find(|over| over.number == number);
    let over = over.ok_or_else(unknown)?;
    crate::rulings::may_say(&over.steps, said, by)?;
    let (owner, due) = match said {
        Said::Assigned { owner, due } => (Some(*owner), Some(*due)),
        _ => (None, None),
    };
    let Settlement { region, month, .. } = &view.settlement;
    let row = StepRow { step: 0, what: said.name().to_owned(), words: explanation, owner, due, by_user: by, at: now };
    claims::add_step(tx, region, *month, number, &row).await?;
    let act = Act::new(by, Action::FindingStep, format!("month:{region}/{month}"));
    act.with("number", number).with("what", said.name()).done(tx, now).await.map(drop)
}
