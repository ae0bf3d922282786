//! Day closes: what they are made from, and where they are kept.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::canteen::Canteen;
use domain::decision::Line;
use domain::elder::Elder;
use domain::id::{CanteenId, Digest, ElderId, RecordId, TerminalId};
use domain::policy::{Limit, Policy};
use domain::reconciliation::{
    Context, DayClose, Elsewhere, Finding, Frozen, Held, Prior, Reconciled, RefundPaid, Settings, Verdict,
};
use domain::record::check::{Rulebook, check};
use domain::record::{Body, Record};
use domain::region::RegionCode;

use super::records::{self, Decoded};
use super::{Bind as _, Json, Statement, Tx, Value, context, identities, insert, refund_payments, settings, usage};
use crate::error::Error;
use crate::sql;

/// What a day close is made from, but for the rules.
#[derive(Debug)]
pub struct DayData {
    /// The day's records and those of the shifts opened on it.
    pub records: Vec<Held>,
    /// The highest sequence held below the day's, for each terminal and epoch.
    pub before: BTreeMap<(TerminalId, u32), u64>,
    /// Who ate.
    pub elders: BTreeMap<ElderId, Elder>,
    /// What its tills paid back to elders on the date.
    pub refunds: Vec<RefundPaid>,
    /// Whose the meals of unknown credentials were.
    pub identified: BTreeMap<RecordId, ElderId>,
    /// What may change without touching a day that was never closed.
    pub around: Around,
}

/// What a day close rests on beside the day itself: other days, other canteens, drafts and settings. Whatever changes in
/// the rest of [`DayData`] touches the day; these touch only days that were closed before.
#[derive(Clone, Debug, PartialEq)]
pub struct Around {
    /// The canteen and those of `elsewhere`.
    pub canteens: BTreeMap<CanteenId, Canteen>,
    /// The elders' meals of the same date in other canteens.
    pub elsewhere: Vec<Elsewhere>,
    /// Their uses on other dates of the week and month.
    pub prior: Vec<Prior>,
    /// The region's severities.
    pub settings: Settings,
    /// What the day is held against beside its own records.
    pub context: Context,
}

/// The days up to `until` that wait to be closed, by date: touched since their last close, or never closed.
pub async fn waiting(tx: &mut Tx, until: BusinessDate) -> Result<Vec<(BusinessDate, CanteenId)>, Error> {
    let touched: Vec<(BusinessDate, CanteenId)> =
        sql!(tx, "SELECT date, canteen FROM day_states WHERE version > closed_version AND date <= $1", until)
            .all()
            .await?;
    let mut days: BTreeSet<_> = touched.into_iter().collect();
    for (canteen, first, last, closes) in since_registered(tx).await? {
        let unbroken = last.is_some_and(|last| closes == days_from_to(first, last));
        // An incomplete day may lie behind later ones that were closed: then each date is asked for.
        let closed = if unbroken { BTreeSet::new() } else { closed_dates(tx, canteen).await? };
        let from = last.filter(|_| unbroken).map_or(first, |last| last.plus_days(1));
        days.extend(from.through(until).filter(|day| !closed.contains(day)).map(|day| (day, canteen)));
    }
    Ok(days.into_iter().collect())
}

/// Every canteen with the first day of the month in which it was registered, its last closed day, and how many days are
/// closed from that first day on: days before it are closed too, where a paper list of then came.
async fn since_registered(tx: &mut Tx) -> Result<Vec<(CanteenId, BusinessDate, Option<BusinessDate>, i64)>, Error> {
    let registered: Vec<UnixMs> = sql!(tx, "SELECT created_at FROM canteens").values().await?;
    let months: BTreeSet<Month> = registered.into_iter().map(|at| at.business_date().month()).collect();
    let mut canteens = Vec::new();
    for month in months {
        let rows: Vec<(CanteenId, Option<BusinessDate>, i64)> = sql!(
            tx,
            "SELECT c.id, (SELECT MAX(d.date) FROM day_closes d WHERE d.canteen = c.id), \
             (SELECT COUNT(*) FROM day_closes d WHERE d.canteen = c.id AND d.revision = 1 AND d.date >= $3) \
             FROM canteens c WHERE c.created_at >= $1 AND c.created_at < $2",
            month.first().start(),
            month.next().first().start(),
            month.first()
        )
        .all()
        .await?;
        canteens.extend(rows.into_iter().map(|(canteen, last, closes)| (canteen, month.first(), last, closes)));
    }
    Ok(canteens)
}

/// How many days from one date to another, both counted.
fn days_from_to(first: BusinessDate, last: BusinessDate) -> i64 {
    (last.start().get() - first.start().get()).div_euclid(24 * 60 * 60 * 1000) + 1
}

/// The dates of a canteen that were ever closed.
async fn closed_dates(tx: &mut Tx, canteen: CanteenId) -> Result<BTreeSet<BusinessDate>, Error> {
    let dates: Vec<BusinessDate> =
        sql!(tx, "SELECT date FROM day_closes WHERE canteen = $1 AND revision = 1", canteen).values().await?;
    Ok(dates.into_iter().collect())
}

/// The greatest instant at which anything that a day's close rests on was learned, set or decided, as far as the unit
/// can see; none where there is nothing.
pub async fn learned(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Option<UnixMs>, Error> {
    let eaters = usage::eaters(tx, canteen, date).await?;
    let text = format!(
        "SELECT MAX(l.at) FROM ( \
         SELECT MAX(known_from) AS at FROM elder_facts WHERE elder {eaters} \
         UNION ALL SELECT MAX(issued_at) FROM cards WHERE elder {eaters} \
         UNION ALL SELECT MAX(revoked_at) FROM cards WHERE elder {eaters} \
         UNION ALL SELECT MAX(known_from) FROM canteen_facts WHERE canteen = $1 OR canteen IN \
         (SELECT m.canteen FROM elder_meals m WHERE m.date = $2 AND m.elder {eaters}) \
         UNION ALL SELECT MAX(known_from) FROM prices WHERE canteen = $1 \
         UNION ALL SELECT MAX(s.set_at) FROM region_settings s JOIN canteens c ON c.region LIKE s.region || '%' WHERE c.id = $1 \
         UNION ALL SELECT MAX(at) FROM former_capacities WHERE canteen = $1 \
         UNION ALL SELECT MAX(decided_at) FROM fork_resolutions WHERE canteen = $1) l",
        eaters = tx.among(3)
    );
    Statement::built(tx, text, vec![canteen.bind(), date.bind(), Value::list(&eaters)]).value().await
}

/// Loads what the close of a day is made from, as far as these rules ask for it and as known at `known`.
pub async fn load(
    tx: &mut Tx,
    rules: &Rulebook,
    canteen: CanteenId,
    date: BusinessDate,
    known: UnixMs,
) -> Result<DayData, Error> {
    let mut records = records::held(tx, canteen, date).await?;
    // A record's outcome stays what it was: the close is the decision that goes with it once the rules are known.
    let open = records::without_rules(tx, canteen, date).await?;
    for held in records.iter_mut().filter(|held| open.contains(&held.record.id)) {
        held.disputed = check(&held.record, rules).is_err();
    }
    let before = records::before(tx, canteen, date).await?;
    let eaters = usage::eaters(tx, canteen, date).await?;
    let elders = super::elders::for_rules(tx, &eaters).await?;
    let refunds = refund_payments::paid_on(tx, canteen, date).await?;
    let identified = identities::of_day(tx, canteen, date).await?;
    let around = around(tx, rules, canteen, date, known).await?;
    Ok(DayData { records, before, elders, refunds, identified, around })
}

/// Loads what a day close rests on beside the day itself.
pub async fn around(
    tx: &mut Tx,
    rules: &Rulebook,
    canteen: CanteenId,
    date: BusinessDate,
    known: UnixMs,
) -> Result<Around, Error> {
    let eaters = usage::eaters(tx, canteen, date).await?;
    let elsewhere = elsewhere(tx, canteen, date, &eaters).await?;
    let mut canteens = BTreeMap::new();
    for id in elsewhere.iter().map(|e| e.canteen).chain([canteen]).collect::<BTreeSet<_>>() {
        canteens.extend(super::canteens::for_rules(tx, id).await?.map(|canteen| (id, canteen)));
    }
    let prior = prior(tx, date, &eaters, looks_back(rules, &canteens)).await?;
    let settings = settings::of_day(tx, canteen, date, known).await?;
    let context = context::load(tx, canteen, date, &eaters, known).await?;
    Ok(Around { canteens, elsewhere, prior, settings, context })
}

/// Whether any version of a policy that ever covered one of the canteens counts uses of other dates. Where none does,
/// other dates bear only on those who ate twice on the date.
fn looks_back(rules: &Rulebook, canteens: &BTreeMap<CanteenId, Canteen>) -> bool {
    let counts = |limit: &Limit| {
        limit.per_week.is_some()
            || limit.per_month.is_some()
            || limit.per_month_amount.is_some()
            || limit.per_day == Some(0)
    };
    let covers = |policy: &Policy| canteens.values().any(|canteen| policy.closeness(&canteen.region).is_some());
    rules.policies.policies().any(|policy| policy.benefits().iter().any(|b| counts(&b.limit)) && covers(policy))
}

/// By a list of those who ate: a join with them goes through all meals of all dates where PostgreSQL knows little of how
/// values are spread.
async fn elsewhere(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    eaters: &[ElderId],
) -> Result<Vec<Elsewhere>, Error> {
    let text = format!(
        "SELECT r.bytes, m.frozen_in FROM elder_meals m \
         JOIN records r ON r.canteen = m.canteen AND r.id = m.record \
         WHERE m.elder {} AND m.date = $2 AND m.canteen <> $1 AND m.voided_by IS NULL ORDER BY m.canteen, m.record",
        tx.among(3)
    );
    let values = vec![canteen.bind(), date.bind(), Value::list(eaters)];
    let rows: Vec<(Decoded, Frozen)> = Statement::built(tx, text, values).all().await?;
    let mut meals = Vec::new();
    for (Decoded(record), frozen) in rows {
        let Record { id, canteen, at, body: Body::Meal(meal), .. } = record else { continue };
        meals.push(Elsewhere { record: id, canteen, at, frozen, meal: *meal });
    }
    Ok(meals)
}

crate::row! {
    /// A meal of another date: as charged, and as judged if its day is closed.
    struct Used {
        elder: ElderId,
        canteen: CanteenId,
        date: BusinessDate,
        frozen_in: Frozen,
        policy: Option<String>,
        lines: Json<Vec<Line>>,
        judged: bool,
        due_policy: Option<String>,
        due_lines: Option<Json<Vec<Line>>>,
    }
}

/// Those of these elders who had more than one meal on a date.
async fn ate_twice(tx: &mut Tx, date: BusinessDate, eaters: &[ElderId]) -> Result<Vec<ElderId>, Error> {
    let text = format!(
        "SELECT t.elder FROM elder_meals t WHERE t.elder {} AND t.date = $1 AND t.voided_by IS NULL \
         GROUP BY t.elder HAVING COUNT(*) > 1",
        tx.among(2)
    );
    Statement::built(tx, text, vec![date.bind(), Value::list(eaters)]).values().await
}

/// Uses of other dates: of everybody who ate on the date, or only of those who had more than one meal on it.
async fn prior(tx: &mut Tx, date: BusinessDate, eaters: &[ElderId], everybody: bool) -> Result<Vec<Prior>, Error> {
    let who = if everybody { eaters.to_vec() } else { ate_twice(tx, date, eaters).await? };
    if who.is_empty() {
        return Ok(Vec::new());
    }
    let from = date.monday().min(date.month().first());
    let to = date.monday().plus_days(6).max(date.month().last());
    let text = format!(
        "SELECT m.elder, m.canteen, m.date, m.frozen_in, m.policy, m.lines, \
         d.record IS NOT NULL AS judged, d.policy AS due_policy, d.lines AS due_lines FROM elder_meals m \
         LEFT JOIN due_meals d ON d.elder = m.elder AND d.date = m.date AND d.canteen = m.canteen \
         AND d.record = m.record \
         WHERE m.elder {} \
         AND m.voided_by IS NULL AND m.date <> $1 AND m.date >= $2 AND m.date <= $3 \
         AND (m.date < $1 OR m.frozen_in IS NOT NULL) ORDER BY m.elder, m.date, m.record",
        tx.among(4)
    );
    let values = vec![date.bind(), from.bind(), to.bind(), Value::list(&who)];
    let rows: Vec<Used> = Statement::built(tx, text, values).all().await?;
    let mut prior = Vec::new();
    for row in rows {
        let (policy, lines) = if row.judged { (row.due_policy, row.due_lines) } else { (row.policy, Some(row.lines)) };
        let (Some(policy), Some(Json(lines))) = (policy, lines) else { continue };
        let Used { elder, canteen, date, frozen_in: frozen, .. } = row;
        prior.extend(lines.into_iter().map(|line| {
            let policy = policy.clone();
            Prior { elder, canteen, date, frozen, policy, line }
        }));
    }
    Ok(prior)
}

crate::row! {
    /// A stored close.
    pub struct StoredClose {
        /// The canteen.
        pub canteen: CanteenId,
        /// The business date.
        pub date: BusinessDate,
        /// Counts from 1.
        pub revision: i64,
        /// Digest of the content as stored.
        pub digest: Digest,
        /// The close.
        pub content: Json<DayClose>,
        /// Facts learned later are not in it.
        pub closed_at: UnixMs,
    }
}

/// The last close of a day.
pub async fn last(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Option<StoredClose>, Error> {
    sql!(
        tx,
        "SELECT canteen, date, revision, digest, content, closed_at FROM day_closes \
         WHERE canteen = $1 AND date = $2 ORDER BY revision DESC LIMIT 1",
        canteen,
        date
    )
    .optional()
    .await
}

/// What the last close of a day found; nothing of a day that is not closed. Of a day that found nothing no content is
/// read: a close is written without spaces.
pub async fn found_on(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Option<Vec<Finding>>, Error> {
    /// The part of a close that is wanted.
    #[derive(serde::Deserialize)]
    struct Found {
        findings: Vec<Finding>,
    }
    let row: Option<(Option<String>,)> = sql!(
        tx,
        "SELECT CASE WHEN content LIKE '%\"findings\":[]%' THEN NULL ELSE content END FROM day_closes \
         WHERE canteen = $1 AND date = $2 ORDER BY revision DESC LIMIT 1",
        canteen,
        date
    )
    .optional()
    .await?;
    let Some((content,)) = row else { return Ok(None) };
    let Some(content) = content else { return Ok(Some(Vec::new())) };
    let found: Found =
        serde_json::from_str(&content).map_err(|e| Error::Corrupt(format!("the close of {canteen} on {date}: {e}")))?;
    Ok(Some(found.findings))
}

/// Which closes are listed: the last of each canteen-day.
#[derive(Clone, Debug)]
pub struct Of {
    /// Of canteens inside this region.
    pub region: RegionCode,
    /// Of one canteen.
    pub canteen: Option<CanteenId>,
    /// From this date.
    pub from: BusinessDate,
    /// To this one.
    pub until: BusinessDate,
    /// Behind this canteen-day.
    pub after: Option<(BusinessDate, CanteenId)>,
}

/// The last closes of canteen-days, by date and canteen.
pub async fn listed(tx: &mut Tx, of: &Of, most: i64) -> Result<Vec<StoredClose>, Error> {
    let (date, canteen) = of.after.unwrap_or((of.from.plus_days(-1), CanteenId::from_uuid(uuid::Uuid::nil())));
    // The cursor bounds what is walked through, not only what is answered.
    let from = of.from.max(date);
    match of.canteen {
        None => sql!(tx, LISTED, &of.region, from, of.until, date, canteen, most).all().await,
        Some(own) => sql!(tx, LISTED_OF_ONE, &of.region, from, of.until, date, canteen, most, own).all().await,
    }
}

/// The days of all canteens in the order of the index on dates: on SQLite `CROSS JOIN` says that it is walked through from
/// its place on, and no canteen first.
pub const LISTED: &str = "SELECT d.canteen, d.date, d.revision, d.digest, d.content, d.closed_at FROM day_closes d \
     CROSS JOIN canteens c WHERE c.id = d.canteen AND c.region LIKE $1 || '%' AND d.date >= $2 AND d.date <= $3 \
     AND (d.date > $4 OR (d.date = $4 AND d.canteen > $5)) AND d.revision = \
     (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
     ORDER BY d.date, d.canteen LIMIT $6";

/// Those of one canteen.
const LISTED_OF_ONE: &str = "SELECT d.canteen, d.date, d.revision, d.digest, d.content, d.closed_at FROM day_closes d \
     JOIN canteens c ON c.id = d.canteen WHERE c.region LIKE $1 || '%' AND d.canteen = $7 AND d.date >= $2 AND d.date <= $3 \
     AND (d.date > $4 OR (d.date = $4 AND d.canteen > $5)) AND d.revision = \
     (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
     ORDER BY d.date, d.canteen LIMIT $6";

/// One revision of a day's close.
pub async fn revision(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    revision: i64,
) -> Result<Option<DayClose>, Error> {
    let row: Option<(Json<DayClose>,)> = sql!(
        tx,
        "SELECT content FROM day_closes WHERE canteen = $1 AND date = $2 AND revision = $3",
        canteen,
        date,
        revision
    )
    .optional()
    .await?;
    Ok(row.map(|(Json(close),)| close))
}

/// Whether one revision of a day's close is there, can be read and is what its digest says.
pub async fn is_whole(tx: &mut Tx, canteen: CanteenId, date: BusinessDate, revision: i64) -> Result<bool, Error> {
    let row: Option<(Digest, String)> = sql!(
        tx,
        "SELECT digest, content FROM day_closes WHERE canteen = $1 AND date = $2 AND revision = $3",
        canteen,
        date,
        revision
    )
    .optional()
    .await?;
    let of = |content: &str| serde_json::from_str::<DayClose>(content).ok().map(|close| close.digest());
    Ok(row.is_some_and(|(digest, content)| of(&content) == Some(digest)))
}

/// The verdicts behind one revision of a day's close.
pub async fn verdicts(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    revision: i64,
) -> Result<Vec<Verdict>, Error> {
    let row: Json<Vec<Verdict>> = sql!(
        tx,
        "SELECT verdicts FROM day_closes WHERE canteen = $1 AND date = $2 AND revision = $3",
        canteen,
        date,
        revision
    )
    .value()
    .await?;
    Ok(row.0)
}

/// Stores a close that has seen the day's first `seen` touches. The same close again changes nothing; another one is a
/// new revision. Days that an elder's uses of this day limit are touched where those uses changed.
///
/// Answers whether a revision was added.
pub async fn save(tx: &mut Tx, reconciled: &Reconciled, seen: i64, now: UnixMs) -> Result<bool, Error> {
    let Reconciled { close, verdicts, served } = reconciled;
    let (canteen, date, digest) = (close.canteen, close.date, close.digest());
    let last = last(tx, canteen, date).await?;
    // The verdicts may change alone: another version of a policy may decide a day as the one before it did.
    let changed = match &last {
        Some(last) if last.digest == digest => self::verdicts(tx, canteen, date, last.revision).await? != *verdicts,
        _ => true,
    };
    if changed {
        let revision = last.map_or(1, |last| last.revision + 1);
        sql!(
            tx,
            "INSERT INTO day_closes (canteen, date, revision, digest, content, verdicts, closed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            canteen,
            date,
            revision,
            digest,
            Json(close),
            Json(verdicts),
            now
        )
        .execute()
        .await?;
    }
    save_due(tx, canteen, date, verdicts, now).await?;
    context::save(tx, canteen, date, close.meals.count, served, now).await?;
    refund_payments::set_dues(tx, canteen, date, &refund_payments::owed(verdicts), now).await?;
    sql!(
        tx,
        "INSERT INTO day_states (canteen, date, version, closed_version, touched_at) VALUES ($1, $2, $3, $3, $4) \
         ON CONFLICT (canteen, date) DO UPDATE SET closed_version = excluded.closed_version",
        canteen,
        date,
        seen,
        now
    )
    .execute()
    .await?;
    Ok(changed)
}

type DueRow = (RecordId, ElderId, Option<String>, Json<Vec<Line>>);
type Due = BTreeMap<RecordId, (ElderId, Option<String>, Vec<Line>)>;

async fn save_due(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    verdicts: &[Verdict],
    now: UnixMs,
) -> Result<(), Error> {
    let rows: Vec<DueRow> =
        sql!(tx, "SELECT record, elder, policy, lines FROM due_meals WHERE canteen = $1 AND date = $2", canteen, date)
            .all()
            .await?;
    let old: Due =
        rows.into_iter().map(|(record, elder, policy, Json(lines))| (record, (elder, policy, lines))).collect();
    let due = |v: &Verdict| (v.record, (v.elder, v.policy.as_ref().map(|p| p.id.clone()), v.due.clone()));
    let new: Due = verdicts.iter().map(due).collect();
    if old == new {
        return Ok(());
    }
    let mut elders = BTreeSet::new();
    for (record, (elder, ..)) in old.iter().filter(|(record, due)| new.get(record) != Some(*due)) {
        sql!(
            tx,
            "DELETE FROM due_meals WHERE elder = $1 AND date = $2 AND canteen = $3 AND record = $4",
            *elder,
            date,
            canteen,
            *record
        )
        .execute()
        .await?;
        elders.insert(*elder);
    }
    let mut rows: Vec<Value<'_>> = Vec::new();
    for (record, (elder, policy, lines)) in new.iter().filter(|(record, due)| old.get(record) != Some(*due)) {
        let policy = policy.as_deref().bind();
        rows.extend([elder.bind(), date.bind(), canteen.bind(), record.bind(), policy, Json(lines).bind()]);
        elders.insert(*elder);
    }
    insert(tx, "INSERT INTO due_meals (elder, date, canteen, record, policy, lines)", 6, rows, "").await?;
    touch_limited(tx, &elders.into_iter().collect::<Vec<_>>(), date, now).await
}

/// Touches the elders' other days that a use on `date` limits: later ones of the week and month, and earlier ones with
/// a meal that comes after one of `date` because a draft froze that one first.
async fn touch_limited(tx: &mut Tx, elders: &[ElderId], date: BusinessDate, now: UnixMs) -> Result<(), Error> {
    let from = date.monday().min(date.month().first());
    let to = date.monday().plus_days(6).max(date.month().last());
    let text = format!(
        "UPDATE day_states SET version = version + 1, touched_at = $4 WHERE closed_version > 0 \
         AND (canteen, date) IN (SELECT m.canteen, m.date FROM elder_meals m \
         WHERE m.elder {} AND m.date >= $1 AND m.date <= $2 \
         AND (m.date > $3 OR (m.date < $3 AND EXISTS (SELECT 1 FROM elder_meals f \
         WHERE f.elder = m.elder AND f.date = $3 AND (f.frozen_in < m.frozen_in \
         OR (f.frozen_in IS NOT NULL AND m.frozen_in IS NULL))))))",
        tx.among(5)
    );
    let values = vec![from.bind(), to.bind(), date.bind(), now.bind(), Value::list(elders)];
    Statement::built(tx, text, values).execute().await.map(drop)
}
