//! What was said and ruled about findings.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, UserId};
use domain::reconciliation::DayClose;
use domain::region::RegionCode;
use domain::settlement::{Ruling, Rulings};

use super::{Json, Tx};
use crate::error::Error;
use crate::words::{Code, settlement as words};
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
    let rows: Vec<(BusinessDate, String, String)> = sql!(
        tx,
        "SELECT date, number, what FROM finding_steps WHERE canteen = $1 AND what IN ('explained', 'confirmed') \
         AND at <= $2 ORDER BY number, step",
        canteen,
        until
    )
    .all()
    .await?;
    let read = |(date, number, what): (BusinessDate, String, String)| {
        Ok(((date, number), what.parse::<Ruling>().map_err(Error::Corrupt)?))
    };
    rows.into_iter().map(read).collect()
}

/// The canteens of a region about whose findings something was ruled after an instant.
pub async fn ruled_inside(tx: &mut Tx, region: &RegionCode, after: UnixMs) -> Result<BTreeSet<CanteenId>, Error> {
    let canteens: Vec<CanteenId> = sql!(
        tx,
        "SELECT DISTINCT f.canteen FROM finding_steps f JOIN canteens c ON c.id = f.canteen \
         WHERE c.region LIKE $1 || '%' AND f.what IN ('explained', 'confirmed') AND f.at > $2",
        region,
        after
    )
    .values()
    .await?;
    Ok(canteens.into_iter().collect())
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

/// Everything that was said about the finding of a day, in order.
pub async fn steps(tx: &mut Tx, canteen: CanteenId, date: BusinessDate, number: &str) -> Result<Vec<StepRow>, Error> {
    sql!(
        tx,
        "SELECT step, what, words, owner, due, by_user, at FROM finding_steps WHERE canteen = $1 AND number = $2 \
         AND date = $3 ORDER BY step",
        canteen,
        number,
        date
    )
    .all()
    .await
}

/// Everything that was said about a canteen's findings of a month, by day and number.
pub async fn of_canteen(
    tx: &mut Tx,
    canteen: CanteenId,
    month: Month,
) -> Result<BTreeMap<(BusinessDate, String), Vec<StepRow>>, Error> {
    let found: Vec<(BusinessDate, String)> = sql!(
        tx,
        "SELECT DISTINCT date, number FROM finding_steps WHERE canteen = $1 AND date >= $2 AND date <= $3",
        canteen,
        month.first(),
        month.last()
    )
    .all()
    .await?;
    let mut said = BTreeMap::new();
    for (date, number) in found {
        let steps = steps(tx, canteen, date, &number).await?;
        said.insert((date, number), steps);
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

/// A finding as it is asked for: by its number, or with the year in front of it where another year's has the same,
/// `2028-F-0311-9c41d2`. Answers the number and how its date begins and ends; every date for what is no number.
#[must_use]
pub fn name_of(name: &str) -> (&str, String) {
    let digits = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
    let (year, number) = match name.split_once("-F-") {
        Some((year, _)) if year.len() == 4 && digits(&year) => (year, &name[5..]),
        _ => ("%", name),
    };
    let of = number.strip_prefix("F-").and_then(|rest| Some((rest.get(..2)?, rest.get(2..4)?)));
    let of = of.filter(|(month, day)| digits(month) && digits(day));
    (number, of.map_or_else(|| "%".to_owned(), |(month, day)| format!("{year}-{month}-{day}")))
}

/// The day and number of a canteen's finding, if its last close has one of that name. Reads the closes of that day of the
/// year, of days that found something: the condition is that of the index `day_closes_with_findings`.
///
/// Refused where several years have that number, and the name does not say which.
pub async fn named(tx: &mut Tx, canteen: CanteenId, name: &str) -> Result<Option<(BusinessDate, String)>, Error> {
    let (number, dates) = name_of(name);
    let closes: Vec<Json<DayClose>> = sql!(
        tx,
        "SELECT content FROM day_closes d WHERE canteen = $1 AND date LIKE $3 \
         AND d.content NOT LIKE '%\"findings\":[]%' AND content LIKE $2 AND revision = \
         (SELECT MAX(l.revision) FROM day_closes l WHERE l.canteen = d.canteen AND l.date = d.date) ORDER BY date",
        canteen,
        format!("%\"{}\"%", number.replace(['%', '_'], "")),
        dates
    )
    .values()
    .await?;
    let has = |close: &DayClose| close.findings.iter().any(|finding| finding.number == number);
    let dates: Vec<BusinessDate> =
        closes.into_iter().map(|Json(close)| close).filter(has).map(|close| close.date).collect();
    match dates.as_slice() {
        [] => Ok(None),
        [date] => Ok(Some((*date, number.to_owned()))),
        [.., last] => {
            let (year, _) = last.month().ym();
            Err(Error::refused(Code::Conflict, words::several_findings(number, year)))
        }
    }
}
