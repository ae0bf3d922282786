//! What was said and ruled about findings.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, UserId};
use domain::reconciliation::DayClose;
use domain::settlement::{Ruling, Rulings};

use super::{Json, Tx};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// Something that was said about a finding.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct StepRow {
        /// Counts from 1.
        pub step: i64,
        /// `assigned`, `answered`, `explained`, `confirmed` or `closed`.
        pub what: String,
        /// In words.
        pub words: String,
        /// Who is to see to it, where it was assigned.
        pub owner: Option<UserId>,
        /// Until when.
        pub due: Option<BusinessDate>,
        /// Who said it.
        pub by_user: UserId,
        /// When, unix ms.
        pub at: UnixMs,
    }
}

/// The last ruling on each finding of a canteen, as given up to `until`.
pub async fn rulings(tx: &mut Tx, canteen: CanteenId, until: UnixMs) -> Result<Rulings, Error> {
    let rows: Vec<(String, String)> = sql!(
        tx,
        "SELECT number, what FROM finding_steps WHERE canteen = $1 AND what IN ('explained', 'confirmed') AND at <= $2 \
         ORDER BY number, step",
        canteen,
        until
    )
    .all()
    .await?;
    let read = |(number, what): (String, String)| Ok((number, what.parse::<Ruling>().map_err(Error::Corrupt)?));
    rows.into_iter().map(read).collect()
}

/// The days of a canteen's findings that were ruled about after an instant.
pub async fn ruled_since(tx: &mut Tx, canteen: CanteenId, after: UnixMs) -> Result<BTreeSet<BusinessDate>, Error> {
    let dates: Vec<BusinessDate> = sql!(
        tx,
        "SELECT DISTINCT date FROM finding_steps WHERE canteen = $1 AND what IN ('explained', 'confirmed') AND at > $2",
        canteen,
        after
    )
    .values()
    .await?;
    Ok(dates.into_iter().collect())
}

/// When somebody last said something about a finding of a canteen.
pub async fn last_ruled(tx: &mut Tx, canteen: CanteenId) -> Result<Option<UnixMs>, Error> {
    sql!(tx, "SELECT MAX(at) FROM finding_steps WHERE canteen = $1", canteen).value().await
}

/// When a canteen's last draft was made.
pub async fn last_drafted(tx: &mut Tx, canteen: CanteenId) -> Result<Option<UnixMs>, Error> {
    sql!(
        tx,
        "SELECT MAX(m.drafted_at) FROM settlements m JOIN statements s ON s.region = m.region AND s.month = m.month \
         WHERE s.canteen = $1",
        canteen
    )
    .value()
    .await
}

/// Everything that was said about a finding, in order.
pub async fn steps(tx: &mut Tx, canteen: CanteenId, number: &str) -> Result<Vec<StepRow>, Error> {
    sql!(
        tx,
        "SELECT step, what, words, owner, due, by_user, at FROM finding_steps WHERE canteen = $1 AND number = $2 \
         ORDER BY step",
        canteen,
        number
    )
    .all()
    .await
}

/// Everything that was said about a canteen's findings of a month, by number.
pub async fn of_canteen(
    tx: &mut Tx,
    canteen: CanteenId,
    month: Month,
) -> Result<BTreeMap<String, Vec<StepRow>>, Error> {
    let numbers: Vec<String> = sql!(
        tx,
        "SELECT DISTINCT number FROM finding_steps WHERE canteen = $1 AND date >= $2 AND date <= $3",
        canteen,
        month.first(),
        month.last()
    )
    .values()
    .await?;
    let mut said = BTreeMap::new();
    for number in numbers {
        let steps = steps(tx, canteen, &number).await?;
        said.insert(number, steps);
    }
    Ok(said)
}

/// Writes down what was said about the finding of a day; its `step` is the next one.
pub async fn add(
    tx: &mut Tx,
    canteen: CanteenId,
    number: &str,
    date: BusinessDate,
    said: &StepRow,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO finding_steps (canteen, number, step, date, what, words, owner, due, by_user, at) \
         VALUES ($1, $2, (SELECT COALESCE(MAX(step), 0) + 1 FROM finding_steps WHERE canteen = $1 AND number = $2), \
         $3, $4, $5, $6, $7, $8, $9)",
        canteen,
        number,
        date,
        &said.what,
        &said.words,
        said.owner,
        said.due,
        said.by_user,
        said.at
    )
    .execute()
    .await
    .map(drop)
}

/// The month and day in a finding's number, as they end a date: `F-0311-9c41d2` is of a date `%-03-11`. Every date for
/// what is no number.
fn dates_like(number: &str) -> String {
    let of = number.strip_prefix("F-").and_then(|rest| Some((rest.get(..2)?, rest.get(2..4)?)));
    let of = of.filter(|(month, day)| (*month).bytes().chain((*day).bytes()).all(|b| b.is_ascii_digit()));
    of.map_or_else(|| "%".to_owned(), |(month, day)| format!("%-{month}-{day}"))
}

/// The day of a canteen's finding, if its last close has one with that number. Reads the closes of that day of the year,
/// of days that found something: the condition is that of the index `day_closes_with_findings`.
pub async fn date_of(tx: &mut Tx, canteen: CanteenId, number: &str) -> Result<Option<BusinessDate>, Error> {
    let closes: Vec<Json<DayClose>> = sql!(
        tx,
        "SELECT content FROM day_closes d WHERE canteen = $1 AND date LIKE $3 \
         AND d.content NOT LIKE '%\"findings\":[]%' AND content LIKE $2 AND revision = \
         (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date)",
        canteen,
        format!("%\"{}\"%", number.replace(['%', '_'], "")),
        dates_like(number)
    )
    .values()
    .await?;
    let has = |close: &DayClose| close.findings.iter().any(|finding| finding.number == number);
    Ok(closes.into_iter().map(|Json(close)| close).find(has).map(|close| close.date))
}
