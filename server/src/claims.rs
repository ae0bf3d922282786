//! A month's claims held against those entitled to them: made with its draft, kept with what they were made from, made
//! again by `verify`, and what the office says about those beyond.

use std::collections::BTreeMap;

use domain::calendar::{Month, UnixMs, WorkCalendar};
use domain::id::{ElderId, UserId};
use domain::reconciliation::Severity;
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::settlement::claims::{Claims, Counting, OpenDays, OverClaimed, served};
use domain::settlement::{Ruling, Statement};

use crate::audit::{Act, Action};
use crate::error::Error;
use crate::month::{MonthView, of_canteen};
use crate::rulings::Said;
use crate::store::claims::{self, Among, Whom};
use crate::store::findings::StepRow;
use crate::store::months::{self, Settlement};
use crate::store::{Tx, audit, canteens, elders, policies, settings};
use crate::words::{Code, settlement as words};

/// With so many entries since, those counted ahead are counted again rather than the entries looked at.
const MOST_ENTRIES: i64 = 1_000;
/// So many elders are read at a time.
const TOGETHER: i64 = 2_000;

/// What a month was held against before: what making it again goes by, or what was counted ahead of its draft.
#[derive(Clone, Copy)]
struct By<'a> {
    /// Which regions inside it settled for themselves; those that are set up now where nothing was kept of it.
    without: Option<&'a [RegionCode]>,
    ahead: Option<&'a Ahead>,
}

/// A region's own elders counted ahead of its draft: they are many, and nothing else waits while they are read.
pub(crate) struct Ahead {
    known: UnixMs,
    open: OpenDays,
    without: Vec<RegionCode>,
    announced: usize,
    counted: Vec<Vec<Vec<i64>>>,
    /// The audit log's next entry then.
    next: u64,
}

impl Ahead {
    /// Whether nothing can have been learned of the elders since that was known before: what happens to them is entered
    /// with the instant that it is known from.
    async fn is_whole(&self, tx: &mut Tx) -> Result<bool, Error> {
        let since = audit::from(tx, self.next, MOST_ENTRIES).await?;
        let few = i64::try_from(since.len()).is_ok_and(|n| n < MOST_ENTRIES);
        Ok(few && since.iter().all(|entry| entry.at >= self.known))
    }
}

/// How many policies had been announced at an instant.
async fn announced(tx: &mut Tx, known: UnixMs) -> Result<usize, Error> {
    Ok(usize::try_from(policies::announced_until(tx, known).await?).unwrap_or(usize::MAX))
}

/// Counts those of a list.
async fn count(tx: &mut Tx, among: &Among, whom: Whom, counting: &mut Counting<'_>) -> Result<(), Error> {
    let mut after: Option<ElderId> = None;
    loop {
        let ids = claims::elders(tx, among, whom, after, TOGETHER).await?;
        for elder in elders::for_rules(tx, &ids).await?.values() {
            counting.add(elder);
        }
        after = ids.last().copied();
        if i64::try_from(ids.len()).is_ok_and(|n| n < TOGETHER) {
            return Ok(());
        }
    }
}

/// Counts a region's own elders by what is known before `known`, on the days that a draft would settle now; nothing where
/// the region does not look.
pub(crate) async fn ahead(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    rules: &Rulebook,
    known: UnixMs,
) -> Result<Option<Ahead>, Error> {
    let of = settings::of_place(tx, region, month.last(), known).await?;
    if !Claims::by(&of, rules.calendar()).is_asked_for() {
        return Ok(None);
    }
    let mut open = OpenDays::new();
    for (canteen, name) in months::canteens(tx, region, Some(month)).await? {
        let place = canteens::get(tx, canteen).await?;
        let place = place.ok_or_else(|| Error::Corrupt("a canteen vanished".to_owned()))?.region;
        let left_out = months::left_out(tx, canteen, month).await?;
        let closes = months::month_closes(tx, canteen, month).await;
        let (closes, _) = closes.map_err(|error| of_canteen(error, canteen, &name))?;
        let served = closes.iter().map(|(_, close)| close).filter(|close| close.meals.count > 0);
        for close in served.filter(|close| left_out.iter().all(|(left, _)| *left != close.date)) {
            open.entry(close.date).or_default().insert(place.clone());
        }
    }
    let next = audit::head(tx).await?.map_or(0, |head| head.sequence + 1);
    let (announced, without) = (announced(tx, known).await?, claims::regions_inside(tx, region).await?);
    let policies = rules.policies.first(announced);
    let mut counting = Counting::new(&open, &policies, rules.calendar(), known);
    let among = Among { region: region.clone(), without: without.clone(), month, version: 0, known };
    count(tx, &among, Whom::Own, &mut counting).await?;
    let counted = counting.counted();
    Ok(Some(Ahead { known, open, without, announced, counted, next }))
}

/// Holds a version's claims, whose meals are frozen, against those entitled to them by what was known before it was
/// drafted; `calendar` says on which days benefits are given.
async fn counted(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: impl Iterator<Item = &Statement>,
    rules: &Rulebook,
    calendar: &WorkCalendar,
    by: By<'_>,
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
    let announced = announced(tx, *drafted_at).await?;
    let policies = rules.policies.first(announced);
    let mut counting = Counting::new(&open, &policies, calendar, *drafted_at);
    let without = match by.without {
        Some(kept) => kept.to_vec(),
        None => claims::regions_inside(tx, region).await?,
    };
    let among = Among {
        region: region.clone(),
        without: without.clone(),
        month: *month,
        version: *version,
        known: *drafted_at,
    };
    let holds = |ahead: &&Ahead| {
        (ahead.known, ahead.announced) == (*drafted_at, announced) && ahead.open == open && ahead.without == without
    };
    let resumed = match by.ahead.filter(holds) {
        Some(ahead) if ahead.is_whole(tx).await? => counting.resume(&ahead.counted),
        _ => false,
    };
    if !resumed {
        count(tx, &among, Whom::Own, &mut counting).await?;
    }
    count(tx, &among, Whom::FromElsewhere, &mut counting).await?;
    claims.without = Some(without);
    claims.claims = counting.claims(&served(statements));
    Ok(claims)
}

/// Holds a draft's claims against those entitled and keeps what was found. Its meals are frozen already.
pub(crate) async fn draft(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: impl Iterator<Item = &Statement>,
    rules: &Rulebook,
    ahead: Option<&Ahead>,
) -> Result<(), Error> {
    let by = By { without: None, ahead };
    let claims = counted(tx, settlement, statements, rules, rules.calendar(), by).await?;
    claims::keep(tx, &settlement.region, settlement.month, settlement.version, &claims).await
}

/// What a month's claims would be found to be if it were held against them again, by what was kept of how they were;
/// nothing where the calendar that was used is not there.
pub(crate) async fn again(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: &[Statement],
    rules: &Rulebook,
    kept: &Claims,
) -> Result<Option<Claims>, Error> {
    let none = WorkCalendar::default();
    let known = rules.calendar_of(&kept.calendar).or_else(|| (none.digest() == kept.calendar).then_some(&none));
    let Some(known) = known else { return Ok(None) };
    let mut again =
        counted(tx, settlement, statements.iter(), rules, known, By { without: kept.without.as_deref(), ahead: None })
            .await?;
    if kept.without.is_none() {
        again.without = None;
    }
    Ok(Some(again))
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
    if let Said::Assigned { owner, .. } = said {
        let seer = crate::rulings::owner(tx, *owner).await?;
        seer.require_inside(&view.settlement.region).map_err(|_| crate::rulings::nobody_to_see_to_it())?;
    }
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
