//! Months, their statements, and which revision of which day they settled.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, Digest, StatementId, UserId};
use domain::money::Fen;
use domain::reconciliation::{Correction, DayClose, PayerSums};
use domain::region::RegionCode;
use domain::settlement::{MonthState, Reopened, Statement};

use super::{Bind as _, Json, Readable, Tx, Value};
use crate::error::Error;
use crate::sql;

crate::row! {
    /// A region's month.
    #[derive(Clone, Debug)]
    pub struct Settlement {
        /// The region.
        pub region: RegionCode,
        /// The month.
        pub month: Month,
        /// Counts the drafts, from 1.
        pub version: i64,
        /// Where it stands.
        pub state: State,
        /// Digest of all its statements.
        pub digest: Digest,
        /// Who drafted it.
        pub drafted_by: UserId,
        /// When, unix ms.
        pub drafted_at: UnixMs,
        /// Who submitted it.
        pub submitted_by: Option<UserId>,
        /// When, unix ms.
        pub submitted_at: Option<UnixMs>,
        /// Who approved it as its checker; where a third person signs, it is approved only then.
        pub approved_by: Option<UserId>,
        /// When, unix ms.
        pub approved_at: Option<UnixMs>,
        /// Who signed it as a third person, where the region asks for one.
        pub signed_by: Option<UserId>,
        /// When, unix ms.
        pub signed_at: Option<UnixMs>,
        /// Why it was sent back, if it was.
        pub returned_reason: Option<String>,
    }
}

impl Settlement {
    /// Until when what was said stands on the month's papers: of an approved month until it was, so that they never
    /// change afterwards.
    #[must_use]
    pub fn said_until(&self) -> UnixMs {
        let approved = self.signed_at.or(self.approved_at).filter(|_| self.state.0 == MonthState::Approved);
        approved.unwrap_or(UnixMs::MAX)
    }
}

/// A month's state as a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(pub MonthState);

impl super::Column for State {
    fn read(row: &super::Row<'_>, at: super::At<'_>) -> Result<Self, Error> {
        String::read(row, at)?.parse().map(Self).map_err(Error::Corrupt)
    }
}

crate::row! {
    /// A canteen's statement as stored.
    #[derive(Clone, Debug)]
    pub struct StoredStatement {
        /// Its id.
        pub id: StatementId,
        /// The region that settles.
        pub region: RegionCode,
        /// The month.
        pub month: Month,
        /// The draft it belongs to.
        pub version: i64,
        /// The canteen.
        pub canteen: CanteenId,
        /// Its number, as printed.
        pub number: String,
        /// Digest of the content.
        pub digest: Digest,
        /// What is paid, fen; the content says it too.
        pub payable: Fen,
        /// The statement.
        pub content: Json<Statement>,
        /// Whether it can never change again.
        pub approved: i64,
    }
}

const SETTLEMENT: &str = "SELECT region, month, version, state, digest, drafted_by, drafted_at, submitted_by, \
    submitted_at, approved_by, approved_at, signed_by, signed_at, returned_reason FROM settlements \
    WHERE region = $1 AND month = $2";

/// The drafted months of a region and those inside it, from one month to another, by month and region.
pub async fn settled(tx: &mut Tx, region: &RegionCode, from: Month, to: Month) -> Result<Vec<Settlement>, Error> {
    sql!(
        tx,
        "SELECT region, month, version, state, digest, drafted_by, drafted_at, submitted_by, submitted_at, \
         approved_by, approved_at, signed_by, signed_at, returned_reason FROM settlements \
         WHERE region LIKE $1 || '%' AND month >= $2 AND month <= $3 ORDER BY month, region",
        region,
        from,
        to
    )
    .all()
    .await
}

/// The drafted months of a region alone, from one month to another, by month.
pub async fn settled_of(tx: &mut Tx, region: &RegionCode, from: Month, to: Month) -> Result<Vec<Settlement>, Error> {
    sql!(
        tx,
        "SELECT region, month, version, state, digest, drafted_by, drafted_at, submitted_by, submitted_at, \
         approved_by, approved_at, signed_by, signed_at, returned_reason FROM settlements \
         WHERE region = $1 AND month >= $2 AND month <= $3 ORDER BY month",
        region,
        from,
        to
    )
    .all()
    .await
}

/// Where the month stands that has a statement of the canteen in its current draft; nothing where none has.
pub async fn state_of(tx: &mut Tx, canteen: CanteenId, month: Month) -> Result<Option<MonthState>, Error> {
    let state: Option<(State,)> = sql!(
        tx,
        "SELECT m.state FROM statements s JOIN settlements m ON m.region = s.region AND m.month = s.month \
         AND m.version = s.version WHERE s.canteen = $1 AND s.month = $2 ORDER BY m.drafted_at DESC LIMIT 1",
        canteen,
        month
    )
    .optional()
    .await?;
    Ok(state.map(|(State(state),)| state))
}

/// A region's month, if it was ever drafted.
pub async fn settlement(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Option<Settlement>, Error> {
    sql!(tx, SETTLEMENT, region, month).optional().await
}

/// The region's months before this one that are drafted and not approved.
pub async fn unapproved_before(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Vec<Month>, Error> {
    sql!(
        tx,
        "SELECT month FROM settlements WHERE region = $1 AND month < $2 AND state <> 'approved' ORDER BY month",
        region,
        month
    )
    .values()
    .await
}

/// The region's first month after this one that was drafted.
pub async fn drafted_after(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Option<Month>, Error> {
    sql!(tx, "SELECT MIN(month) FROM settlements WHERE region = $1 AND month > $2", region, month).value().await
}

/// Another region's settlement that holds one of these canteens still, or already: one of this month or before that is not
/// approved, or any of this month or later; and whether it is approved. Regions are set up between two months' settlement.
pub async fn settled_elsewhere(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    canteens: &[CanteenId],
) -> Result<Option<(RegionCode, Month, bool)>, Error> {
    let text = format!(
        "SELECT m.region, m.month, m.state = 'approved' FROM settlements m WHERE m.region <> $1 AND (m.month >= $2 OR m.state <> 'approved') \
         AND EXISTS (SELECT 1 FROM statements s WHERE s.region = m.region AND s.month = m.month \
         AND s.version = m.version AND s.canteen {} \
         AND EXISTS (SELECT 1 FROM settled_days d WHERE d.statement = s.id)) ORDER BY m.month, m.region LIMIT 1",
        tx.among(3)
    );
    let values = vec![region.bind(), month.bind(), Value::list(canteens)];
    super::Statement::built(tx, text, values).optional().await
}

/// The greatest version that any of these canteens' statements of the month has, whichever region drafted it; 0 for none.
pub async fn last_version(tx: &mut Tx, month: Month, canteens: &[CanteenId]) -> Result<i64, Error> {
    let text = format!(
        "SELECT COALESCE(MAX(s.version), 0) FROM statements s WHERE s.month = $1 AND s.canteen {}",
        tx.among(2)
    );
    super::Statement::built(tx, text, vec![month.bind(), Value::list(canteens)]).value().await
}

/// The canteens that the region settles, in the order of their names: those for which no narrower region is set up.
///
/// Of a month only those that were registered before its end or have a day of it or of before, such as a paper list of then:
/// one that came later has nothing to settle.
pub async fn canteens(
    tx: &mut Tx,
    region: &RegionCode,
    month: Option<Month>,
) -> Result<Vec<(CanteenId, String)>, Error> {
    let regions: Vec<RegionCode> = sql!(tx, "SELECT code FROM regions").values().await?;
    let end = month.map_or(UnixMs::MAX, |month| month.next().first().start());
    let rows: Vec<(CanteenId, RegionCode, String)> = sql!(
        tx,
        "SELECT c.id, c.region, c.name FROM canteens c WHERE c.created_at < $1 OR EXISTS \
         (SELECT 1 FROM day_states d WHERE d.canteen = c.id AND d.date <= $2) ORDER BY c.name, c.id",
        end,
        month.map_or_else(String::new, |month| month.last().to_string())
    )
    .all()
    .await?;
    let settles = |place: &RegionCode| {
        let covering = regions.iter().filter(|r| r.contains(place)).max_by_key(|r| r.as_str().len());
        covering == Some(region)
    };
    Ok(rows.into_iter().filter(|(_, place, _)| settles(place)).map(|(id, _, name)| (id, name)).collect())
}

/// The last closes of a canteen's days in a month, by date, and the days that have none or were touched since.
///
/// Corrupt where a close cannot be read; one of a day that was touched since is not asked for.
pub async fn month_closes(
    tx: &mut Tx,
    canteen: CanteenId,
    month: Month,
) -> Result<(Vec<(i64, DayClose)>, Vec<BusinessDate>), Error> {
    let rows: Vec<(BusinessDate, i64, Readable<DayClose>, bool)> = sql!(
        tx,
        "SELECT d.date, d.revision, d.content, COALESCE(s.version, 0) > COALESCE(s.closed_version, 0) FROM day_closes d \
         LEFT JOIN day_states s ON s.canteen = d.canteen AND s.date = d.date \
         WHERE d.canteen = $1 AND d.date >= $2 AND d.date <= $3 AND d.revision = \
         (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) ORDER BY d.date",
        canteen,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    let unreadable = |date: BusinessDate| Error::Corrupt(format!("the close of {date} of {canteen} cannot be read"));
    let closes = rows.into_iter().filter(|(_, _, _, touched)| !touched);
    let closes: Vec<(i64, DayClose)> = closes
        .map(|(date, revision, Readable(close), _)| Ok((revision, close.ok_or_else(|| unreadable(date))?)))
        .collect::<Result<_, Error>>()?;
    let dates: BTreeSet<BusinessDate> = closes.iter().map(|(_, close)| close.date).collect();
    Ok((closes, month.days().filter(|day| !dates.contains(day)).collect()))
}

/// A day as a statement settles it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settles {
    /// The business date.
    pub date: BusinessDate,
    /// Which close of it.
    pub revision: i64,
    /// What findings take away from it.
    pub taken: Vec<Correction>,
}

/// Days before the month whose last close is not what a statement settled, or about which somebody has ruled since the
/// last draft that settled them, by date, with that close's revision. Nothing may have changed about the latter.
///
/// A draft knows all rulings up to the instant that it is of, and what is ruled later is of after all drafts that there
/// are: days that were ruled about before have nothing new, and are as many as the years of an office have brought.
pub async fn reopened(tx: &mut Tx, canteen: CanteenId, month: Month) -> Result<Vec<(i64, Reopened)>, Error> {
    type Row = (i64, Json<DayClose>, Option<i64>, Option<Json<DayClose>>);
    let rows: Vec<Row> = sql!(
        tx,
        "SELECT d.revision, d.content, b.revision, b.content FROM day_closes d \
         LEFT JOIN day_closes b ON b.canteen = d.canteen AND b.date = d.date AND b.revision = \
         (SELECT MAX(s.revision) FROM settled_days s WHERE s.canteen = d.canteen AND s.date = d.date) \
         LEFT JOIN day_states t ON t.canteen = d.canteen AND t.date = d.date \
         WHERE d.canteen = $1 AND d.date < $2 AND COALESCE(t.version, 0) = COALESCE(t.closed_version, 0) \
         AND d.revision = (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) \
         AND (b.revision IS NULL OR b.revision < d.revision OR d.date IN \
         (SELECT f.date FROM finding_steps f WHERE f.canteen = $1 AND f.what IN ('explained', 'confirmed') AND f.at > \
          (SELECT COALESCE(MAX(m.drafted_at), 0) FROM settled_days s JOIN statements t ON t.id = s.statement \
           JOIN settlements m ON m.region = t.region AND m.month = t.month \
           WHERE s.canteen = f.canteen AND s.date = f.date))) ORDER BY d.date",
        canteen,
        month.first()
    )
    .all()
    .await?;
    let mut days = Vec::new();
    for (revision, Json(now), settled_revision, settled) in rows {
        // A day without meals that was never settled owes nothing.
        if settled.is_none() && now.records == 0 {
            continue;
        }
        let taken = match settled_revision {
            Some(_) => settled_before(tx, canteen, now.date, month).await?.map(|day| day.taken).unwrap_or_default(),
            None => Vec::new(),
        };
        days.push((revision, Reopened { settled: settled.map(|Json(close)| close), taken, now }));
    }
    Ok(days)
}

/// How the last statement before the one of a month settled a day.
pub async fn settled_before(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    month: Month,
) -> Result<Option<Settles>, Error> {
    let row: Option<(i64, Json<Vec<Correction>>)> = sql!(
        tx,
        "SELECT d.revision, d.taken FROM settled_days d JOIN statements s ON s.id = d.statement \
         WHERE d.canteen = $1 AND d.date = $2 AND s.month < $3 ORDER BY s.month DESC LIMIT 1",
        canteen,
        date,
        month
    )
    .optional()
    .await?;
    Ok(row.map(|(revision, Json(taken))| Settles { date, revision, taken }))
}

/// The negative balances that the canteen's last statement before the month left and nobody has demanded.
pub async fn carried(tx: &mut Tx, canteen: CanteenId, month: Month) -> Result<PayerSums, Error> {
    let last: Option<(Json<Statement>, bool)> = sql!(
        tx,
        "SELECT s.content, EXISTS (SELECT 1 FROM demands d WHERE d.statement = s.id) FROM statements s \
         WHERE s.canteen = $1 AND s.month < $2 AND s.approved = 1 ORDER BY s.month DESC LIMIT 1",
        canteen,
        month
    )
    .optional()
    .await?;
    Ok(last.filter(|(_, demanded)| !demanded).map(|(Json(statement), _)| statement.carried()).unwrap_or_default())
}

/// The days of the month that were left out for the canteen, with the reasons.
pub async fn left_out(tx: &mut Tx, canteen: CanteenId, month: Month) -> Result<Vec<(BusinessDate, String)>, Error> {
    sql!(tx, "SELECT date, reason FROM left_out WHERE canteen = $1 AND month = $2 ORDER BY date", canteen, month)
        .all()
        .await
}

/// Leaves a day out of its month, with a reason.
pub async fn leave_out(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    reason: &str,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO left_out (canteen, month, date, reason, decided_by, decided_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (canteen, month, date) DO UPDATE SET reason = excluded.reason, \
         decided_by = excluded.decided_by, decided_at = excluded.decided_at",
        canteen,
        date.month(),
        date,
        reason,
        by,
        now
    )
    .execute()
    .await?;
    Ok(())
}

/// Takes a draft back: its meals are free again and its days are looked at again. The statements stay to be compared.
pub async fn release(tx: &mut Tx, settlement: &Settlement, now: UnixMs) -> Result<(), Error> {
    let (region, month, version) = (&settlement.region, settlement.month, settlement.version);
    let statements = "(SELECT id FROM statements WHERE region = $1 AND month = $2 AND version = $3)";
    let touch = format!(
        "UPDATE day_states SET version = version + 1, touched_at = $4 WHERE (canteen, date) IN \
         (SELECT canteen, date FROM settled_days WHERE statement IN {statements})"
    );
    let values = || {
        use super::Bind as _;
        vec![region.bind(), month.bind(), version.bind()]
    };
    let mut with_now = values();
    with_now.push(super::Bind::bind(now));
    super::Statement::built(tx, touch, with_now).execute().await?;
    touch_competing(tx, settlement, now).await?;
    let free = format!("UPDATE elder_meals SET frozen_by = NULL, frozen_in = NULL WHERE frozen_by IN {statements}");
    super::Statement::built(tx, free, values()).execute().await?;
    let unsettle = format!("DELETE FROM settled_days WHERE statement IN {statements}");
    super::Statement::built(tx, unsettle, values()).execute().await?;
    Ok(())
}

/// How many days each statement of a month's current draft settles: none of one that was taken back.
pub async fn settled_counts(tx: &mut Tx, settlement: &Settlement) -> Result<BTreeMap<StatementId, usize>, Error> {
    let rows: Vec<(StatementId, i64)> = sql!(
        tx,
        "SELECT d.statement, COUNT(*) FROM settled_days d JOIN statements s ON s.id = d.statement \
         WHERE s.region = $1 AND s.month = $2 AND s.version = $3 GROUP BY d.statement",
        &settlement.region,
        settlement.month,
        settlement.version
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(id, days)| (id, usize::try_from(days).unwrap_or_default())).collect())
}

/// Opens the next version of a month's draft. Answers its place among all drafts.
pub async fn save_settlement(tx: &mut Tx, settlement: &Settlement) -> Result<i64, Error> {
    let Settlement { region, month, version, digest, drafted_by, drafted_at, .. } = settlement;
    let place: i64 = sql!(tx, "SELECT COALESCE(MAX(draft), 0) + 1 FROM settlements").value().await?;
    sql!(
        tx,
        "INSERT INTO settlements (region, month, version, state, digest, drafted_by, drafted_at, draft) \
         VALUES ($1, $2, $3, 'drafted', $4, $5, $6, $7) ON CONFLICT (region, month) DO UPDATE SET \
         version = excluded.version, state = excluded.state, digest = excluded.digest, draft = excluded.draft, \
         drafted_by = excluded.drafted_by, drafted_at = excluded.drafted_at, \
         submitted_by = NULL, submitted_at = NULL",
        region,
        *month,
        *version,
        digest,
        *drafted_by,
        *drafted_at,
        place
    )
    .execute()
    .await?;
    Ok(place)
}

/// Stores a drafted statement, notes the days that it settles and freezes their meals in the draft's place.
pub async fn save_statement(
    tx: &mut Tx,
    statement: &StoredStatement,
    settles: &[Settles],
    draft: i64,
) -> Result<(), Error> {
    let StoredStatement { id, region, month, version, canteen, number, digest, payable, content, .. } = statement;
    sql!(
        tx,
        "INSERT INTO statements (id, region, month, version, canteen, number, digest, payable, content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *id,
        region,
        *month,
        *version,
        *canteen,
        number,
        digest,
        *payable,
        Json(&content.0)
    )
    .execute()
    .await?;
    for Settles { date, revision, taken } in settles {
        sql!(
            tx,
            "INSERT INTO settled_days (canteen, date, revision, statement, taken) VALUES ($1, $2, $3, $4, $5)",
            *canteen,
            *date,
            *revision,
            *id,
            Json(taken)
        )
        .execute()
        .await?;
    }
    sql!(
        tx,
        "UPDATE elder_meals SET frozen_by = $1, frozen_in = $3 WHERE canteen = $2 AND frozen_by IS NULL \
         AND date IN (SELECT date FROM settled_days WHERE statement = $1)",
        *id,
        *canteen,
        draft
    )
    .execute()
    .await?;
    Ok(())
}

/// Touches the days of all meals that come after or before others because this draft froze some of the same elder and
/// not all: to be called when it has frozen them and before it lets them go. A meal that was taken back competes with
/// none, and one that was identified after its day was settled is never frozen.
pub async fn touch_competing(tx: &mut Tx, settlement: &Settlement, now: UnixMs) -> Result<(), Error> {
    let Settlement { region, month, version, .. } = settlement;
    let first: Option<BusinessDate> = sql!(
        tx,
        "SELECT MIN(d.date) FROM settled_days d JOIN statements s ON s.id = d.statement \
         WHERE s.region = $1 AND s.month = $2 AND s.version = $3",
        region,
        *month,
        *version
    )
    .value()
    .await?;
    let Some(first) = first else { return Ok(()) };
    // A meal of a later date comes later with the draft and without it.
    let (from, until) = (first.month().first().monday(), month.last());
    sql!(
        tx,
        "UPDATE day_states SET version = version + 1, touched_at = $6 WHERE closed_version > 0 AND (canteen, date) IN \
         (SELECT m.canteen, m.date FROM elder_meals m WHERE m.elder IN \
          (SELECT u.elder FROM elder_meals u WHERE u.frozen_by IS NULL AND u.voided_by IS NULL AND u.date >= $4 \
           AND u.date <= $5 \
           AND EXISTS (SELECT 1 FROM elder_meals f WHERE f.elder = u.elder AND f.frozen_by IN \
           (SELECT id FROM statements WHERE region = $1 AND month = $2 AND version = $3))) \
          AND m.date >= $4 AND m.date <= $5 AND (m.frozen_by IS NULL OR m.frozen_by IN \
          (SELECT id FROM statements WHERE region = $1 AND month = $2 AND version = $3)))",
        region,
        *month,
        *version,
        from,
        until,
        now
    )
    .execute()
    .await?;
    Ok(())
}

/// Puts a month into its next state; `reason` says why it goes back. Nothing happens, and `false` is answered, if it is not in `version` and `from`.
pub async fn advance(
    tx: &mut Tx,
    settlement: &Settlement,
    to: MonthState,
    by: UserId,
    reason: Option<&str>,
    now: UnixMs,
) -> Result<bool, Error> {
    let Settlement { region, month, version, state: State(from), .. } = settlement;
    let (month, version, from) = (*month, *version, from.name());
    let statement = match to {
        MonthState::Submitted => sql!(
            tx,
            "UPDATE settlements SET state = 'submitted', submitted_by = $5, submitted_at = $6 \
             WHERE region = $1 AND month = $2 AND version = $3 AND state = $4",
            region,
            month,
            version,
            from,
            by,
            now
        ),
        MonthState::Checked => sql!(
            tx,
            "UPDATE settlements SET state = 'checked', approved_by = $5, approved_at = $6 \
             WHERE region = $1 AND month = $2 AND version = $3 AND state = $4",
            region,
            month,
            version,
            from,
            by,
            now
        ),
        MonthState::Approved if settlement.state.0 == MonthState::Checked => sql!(
            tx,
            "UPDATE settlements SET state = 'approved', signed_by = $5, signed_at = $6 \
             WHERE region = $1 AND month = $2 AND version = $3 AND state = $4",
            region,
            month,
            version,
            from,
            by,
            now
        ),
        MonthState::Approved => sql!(
            tx,
            "UPDATE settlements SET state = 'approved', approved_by = $5, approved_at = $6 \
             WHERE region = $1 AND month = $2 AND version = $3 AND state = $4",
            region,
            month,
            version,
            from,
            by,
            now
        ),
        MonthState::Open | MonthState::Drafted => sql!(
            tx,
            "UPDATE settlements SET state = 'drafted', returned_reason = $5, approved_by = NULL, approved_at = NULL \
             WHERE region = $1 AND month = $2 AND version = $3 AND state = $4",
            region,
            month,
            version,
            from,
            reason
        ),
    };
    let changed = statement.execute().await?;
    if changed == 1 && to == MonthState::Approved {
        sql!(
            tx,
            "UPDATE statements SET approved = 1 WHERE region = $1 AND month = $2 AND version = $3",
            region,
            month,
            version
        )
        .execute()
        .await?;
    }
    Ok(changed == 1)
}

/// How many demands, words about findings and released holds there are: with what a draft settled, which never changes,
/// all that making its statements again depends on. Nothing of it is ever changed or taken away, so counts tell.
pub async fn marks(tx: &mut Tx) -> Result<[i64; 3], Error> {
    let counts: Option<(i64, i64, i64)> = sql!(
        tx,
        "SELECT (SELECT COUNT(*) FROM demands), (SELECT COUNT(*) FROM finding_steps), \
         (SELECT COUNT(*) FROM hold_releases)"
    )
    .optional()
    .await?;
    let (demands, steps, releases) = counts.unwrap_or_default();
    Ok([demands, steps, releases])
}

/// The statements of a month's current draft, by number.
pub async fn statements(tx: &mut Tx, settlement: &Settlement) -> Result<Vec<StoredStatement>, Error> {
    sql!(
        tx,
        "SELECT id, region, month, version, canteen, number, digest, payable, content, approved FROM statements \
         WHERE region = $1 AND month = $2 AND version = $3 ORDER BY number",
        &settlement.region,
        settlement.month,
        settlement.version
    )
    .all()
    .await
}

/// The current statements of a region's month by canteen; of one canteen where only that one is asked for.
pub async fn by_canteen(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    only: Option<CanteenId>,
) -> Result<BTreeMap<CanteenId, Statement>, Error> {
    const ALL: &str = "SELECT s.content FROM settlements m JOIN statements s ON s.region = m.region \
        AND s.month = m.month AND s.version = m.version WHERE m.region = $1 AND m.month = $2";
    let rows: Vec<Json<Statement>> = match only {
        None => sql!(tx, ALL, region, month).values().await?,
        Some(canteen) => {
            let text = "SELECT s.content FROM settlements m JOIN statements s ON s.region = m.region \
                AND s.month = m.month AND s.version = m.version \
                WHERE m.region = $1 AND m.month = $2 AND s.canteen = $3";
            sql!(tx, text, region, month, canteen).values().await?
        }
    };
    Ok(rows.into_iter().map(|Json(statement)| (statement.canteen, statement)).collect())
}

/// One statement.
pub async fn statement(tx: &mut Tx, id: StatementId) -> Result<Option<StoredStatement>, Error> {
    sql!(
        tx,
        "SELECT id, region, month, version, canteen, number, digest, payable, content, approved FROM statements \
         WHERE id = $1",
        id
    )
    .optional()
    .await
}

/// One version of a statement, by the number that is printed on it.
pub async fn by_number(tx: &mut Tx, number: &str, version: i64) -> Result<Option<StoredStatement>, Error> {
    sql!(
        tx,
        "SELECT id, region, month, version, canteen, number, digest, payable, content, approved FROM statements \
         WHERE number = $1 AND version = $2",
        number,
        version
    )
    .optional()
    .await
}

/// The closes that a statement settled, by date, with what findings took away.
pub async fn settled_by(tx: &mut Tx, statement: StatementId) -> Result<Vec<Settles>, Error> {
    let rows: Vec<(BusinessDate, i64, Json<Vec<Correction>>)> =
        sql!(tx, "SELECT date, revision, taken FROM settled_days WHERE statement = $1 ORDER BY date", statement)
            .all()
            .await?;
    Ok(rows.into_iter().map(|(date, revision, Json(taken))| Settles { date, revision, taken }).collect())
}
