//! Whether a month's statements, made again from the day closes, are those that are stored: kept while the office runs,
//! so that a page that is looked at again does not read a month's closes again.
//!
//! Only what was found to be the same is kept, and only for the very draft, state and facts for which it was: who checks
//! a month that was submitted has it made again, and so has who signs it. What is changed behind the program's back after
//! that is found by whoever asks for it to be made again, and by `verify`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, Digest};
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::settlement::MonthState;

use crate::error::Error;
use crate::month::MonthView;
use crate::store::{Tx, closes, months};
use crate::verify::statements::{Made, again};

/// What came of making a month's statements again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    /// Whether each is as it is stored.
    pub(crate) same: bool,
    /// When they were made, unix ms.
    pub(crate) at: UnixMs,
    /// The settled days whose stored close is not what its digest says, where the statements are not the same.
    pub(crate) damaged: Vec<(CanteenId, BusinessDate)>,
}

/// What it was found of: version, state and digest of the draft, and [`months::marks`].
type Of = (i64, MonthState, Digest, [i64; 3]);

/// The months whose statements were the same, with when they were made.
#[derive(Debug, Default)]
pub(crate) struct Remade(Mutex<BTreeMap<(RegionCode, Month), (Of, UnixMs)>>);

impl Remade {
    /// Makes a month's statements again, unless they were the same before and nothing has come since; always where
    /// `anew` asks for it.
    pub(crate) async fn of(
        &self,
        tx: &mut Tx,
        rules: &Rulebook,
        view: &MonthView,
        anew: bool,
        now: UnixMs,
    ) -> Result<Again, Error> {
        let settlement = &view.settlement;
        let key = (settlement.region.clone(), settlement.month);
        let of = (settlement.version, settlement.state.0, settlement.digest, months::marks(tx).await?);
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some((_, at)) = kept.filter(|(known, _)| *known == of && !anew) {
            return Ok(Again { same: true, at, damaged: Vec::new() });
        }
        let same = is_same(tx, rules, view).await?;
        let damaged = if same { Vec::new() } else { damaged(tx, view).await? };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if same {
            all.insert(key, (of, now));
        } else {
            all.remove(&key);
        }
        Ok(Again { same, at: now, damaged })
    }
}

/// The days behind a month's statements whose close was changed behind the program's back.
async fn damaged(tx: &mut Tx, view: &MonthView) -> Result<Vec<(CanteenId, BusinessDate)>, Error> {
    let mut damaged = Vec::new();
    for stored in &view.statements {
        for settles in months::settled_by(tx, stored.id).await? {
            if !closes::is_whole(tx, stored.canteen, settles.date, settles.revision).await? {
                damaged.push((stored.canteen, settles.date));
            }
        }
    }
    Ok(damaged)
}

/// Makes every statement again from the day closes that it settled.
async fn is_same(tx: &mut Tx, rules: &Rulebook, view: &MonthView) -> Result<bool, Error> {
    for stored in &view.statements {
        let of = Made {
            id: stored.id,
            canteen: stored.canteen,
            month: stored.month,
            drafted_at: view.settlement.drafted_at,
        };
        if again(tx, rules, of, &stored.content.0).await?.as_ref() != Some(&stored.content.0) {
            return Ok(false);
        }
    }
    Ok(true)
}
