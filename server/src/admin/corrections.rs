//! What was written down wrongly when an elder or a canteen was registered, and is put right: with a reason, the old
//! kept beside the new, in one unit with its entry of the audit log.
//!
//! An elder's name, telephone and place take one person. Of a canteen, what says who is paid (its name, operator and
//! credit code, which stand on statements) and what findings are measured by (its capacity) takes two: one proposes, a
//! checker approves. The payee's account has a way of its own. Birth date and sex are those of the resident ID, and are not corrected.

use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::{CanteenId, ElderId, RecordId, UserId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Proposed, valid};
use crate::audit::{Act, Action, Actor};
use crate::names;
use crate::seal::Place;
use crate::store::canteens::{self, CanteenRow};
use crate::store::corrections::{self, Change, CorrectionRow, Field};
use crate::store::elders::{self, ElderRow};
use crate::store::proposals::ProposalRow;
use crate::store::{Json, Tx, usage};
use crate::words::{Code, register};
use crate::{Error, Office};

/// What is right of an elder; what is not said stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElderCorrection {
    /// Name in full.
    #[serde(default)]
    pub name: Option<String>,
    /// Telephone; empty for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Zeroizing<String>>,
    /// The office that looks after the elder.
    #[serde(default)]
    pub region: Option<RegionCode>,
    /// Why; 1 to 200 characters.
    pub reason: String,
}

/// What is right of a canteen; what is not said stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CanteenCorrection {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Who runs it.
    #[serde(default)]
    pub operator: Option<String>,
    /// The operator's unified social credit code.
    #[serde(default)]
    pub credit_code: Option<String>,
    /// Address; may be empty.
    #[serde(default)]
    pub address: Option<String>,
    /// Telephone for elders.
    #[serde(default)]
    pub phone: Option<String>,
    /// Meals a day that it can serve; 0 for not stated.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// Why; 1 to 200 characters.
    pub reason: String,
}

/// A correction as somebody reads it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Correction {
    /// Which one.
    pub id: Uuid,
    /// Old and new.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: String,
    /// Unix ms.
    pub at: UnixMs,
    /// By whom; nobody at the office's own computer.
    pub made_by: Option<UserId>,
    /// The second person, where it takes two.
    pub approved_by: Option<UserId>,
}

/// What came of asking for a canteen's correction.
#[derive(Clone, Debug)]
pub enum Corrected {
    /// It is done.
    Done(Uuid),
    /// It waits for a second person.
    Waits(Box<ProposalRow>),
}

const fn place(id: Uuid) -> Place<'static> {
    Place { table: "corrections", column: "sealed", row: id }
}

fn refused(words: &'static str) -> Error {
    Error::refused(Code::Invalid, words)
}

/// A reason that says something.
fn reason(text: &str) -> Result<String, Error> {
    let text = valid::text(text)?;
    if text.is_empty() { Err(refused(register::CORRECTION_REASON)) } else { Ok(text) }
}

/// Only what differs; nothing at all is refused.
fn differing(all: Vec<Change>) -> Result<Vec<Change>, Error> {
    let changes: Vec<Change> = all.into_iter().filter(|change| change.old != change.new).collect();
    if changes.is_empty() { Err(refused(register::CORRECTS_NOTHING)) } else { Ok(changes) }
}

fn fields(changes: &[Change]) -> String {
    changes.iter().map(|change| change.field.name()).collect::<Vec<_>>().join(",")
}

fn capacity(stated: Option<u32>) -> String {
    stated.map_or_else(String::new, |n| n.to_string())
}

impl Office {
    /// Puts right what was written down of an elder. Tills learn a name with the next roster, and forget whoever left
    /// the regions that they serve.
    ///
    /// # Errors
    /// When it changes nothing, cannot be written, or the registration changed meanwhile.
    pub async fn correct_elder(&self, elder: ElderId, new: ElderCorrection, by: Option<UserId>) -> Result<Uuid, Error> {
        let old = self.store.read(move |tx| Box::pin(async move { elders::get(tx, elder).await })).await?;
        let old = old.ok_or_else(|| Error::refused(Code::ElderUnknown, register::NO_ELDER))?;
        let reason = reason(&new.reason)?;
        let (row, changes) = self.corrected_elder(&old, new)?;
        let left_region = (old.region != row.region).then(|| old.region.clone());
        let moves = left_region.is_some();
        let fields = fields(&changes);
        let note = CorrectionRow { left_region, made_by: by, ..self.elder_note(&old, &changes, reason)? };
        let (id, clock) = (note.id, Arc::clone(&self.clock));
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let now = clock.wall();
                    if !corrections::set_elder(tx, &old, &row, now).await? {
                        return Err(Error::refused(Code::Conflict, register::CHANGED_MEANWHILE));
                    }
                    if moves {
                        // Tills that know the elder from now on are told what was used elsewhere, too.
                        usage::stamp(tx, elder, now).await?;
                    }
                    corrections::add(tx, &CorrectionRow { at: now, ..note }).await?;
                    let act = Act::new(by, Action::ElderCorrect, format!("elder:{elder}")).with("fields", fields);
                    act.with("correction", id.to_string()).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(id)
    }

    /// The row as it is to be, and what differs.
    fn corrected_elder(&self, old: &ElderRow, new: ElderCorrection) -> Result<(ElderRow, Vec<Change>), Error> {
        let sealed = |column| Place { table: "elders", column, row: old.id.uuid() };
        let (mut row, mut changes) = (old.clone(), Vec::new());
        if let Some(name) = new.name {
            row.name = valid::name(&name)?;
            row.sort_key = names::sort_key(&row.name);
            changes.push(Change { field: Field::Name, old: old.name.clone(), new: row.name.clone() });
        }
        if let Some(phone) = new.phone {
            let phone = Some(phone.trim()).filter(|phone| !phone.is_empty()).map(valid::phone).transpose()?;
            let phone = phone.map(Zeroizing::new);
            row.phone = phone.as_deref().map(|p| self.keys.seal(sealed("phone"), p, &*self.entropy));
            row.phone_digest = phone.as_deref().map(|p| self.keys.digest("phone", p));
            let before = old.phone.as_deref().map(|p| self.keys.open(sealed("phone"), p)).transpose()?;
            let text = |phone: Option<&str>| phone.unwrap_or_default().to_owned();
            let (old, new) = (text(before.as_ref().map(|p| p.as_str())), text(phone.as_ref().map(|p| p.as_str())));
            changes.push(Change { field: Field::Phone, old, new });
        }
        if let Some(region) = new.region {
            changes.push(Change { field: Field::Region, old: old.region.to_string(), new: region.to_string() });
            row.region = region;
        }
        Ok((row, differing(changes)?))
    }

    /// A correction of an elder on its way into the store.
    fn elder_note(&self, old: &ElderRow, changes: &[Change], reason: String) -> Result<CorrectionRow, Error> {
        // The reason too: people write names and numbers there.
        let kept = Kept { changes: changes.to_vec(), reason };
        let text = Zeroizing::new(serde_json::to_string(&kept).map_err(|e| Error::Internal(e.to_string()))?);
        let note = self.blank(String::new());
        let sealed = Some(self.keys.seal(place(note.id), &text, &*self.entropy));
        Ok(CorrectionRow { elder: Some(old.id), sealed, ..note })
    }

    /// A correction of a canteen on its way into the store.
    pub(super) fn canteen_note(&self, canteen: CanteenId, changes: Vec<Change>, reason: String) -> CorrectionRow {
        CorrectionRow { canteen: Some(canteen), changes: Some(Json(changes)), ..self.blank(reason) }
    }

    fn blank(&self, reason: String) -> CorrectionRow {
        let at = self.now();
        CorrectionRow {
            id: RecordId::generate(at, &*self.entropy).uuid(),
            elder: None,
            canteen: None,
            changes: None,
            sealed: None,
            reason,
            left_region: None,
            at,
            made_by: None,
            approved_by: None,
        }
    }

    /// Puts right what was written down of a canteen, or proposes it to a second person where it says who is paid.
    /// `by` is nothing at the office's own computer, whose word needs no second.
    ///
    /// # Errors
    /// When it changes nothing, cannot be written, or the registration changed meanwhile.
    pub async fn correct_canteen(
        &self,
        canteen: CanteenId,
        new: CanteenCorrection,
        by: Option<UserId>,
    ) -> Result<Corrected, Error> {
        let old = self.store.read(move |tx| Box::pin(async move { canteens::get(tx, canteen).await })).await?;
        let old = old.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
        let reason = reason(&new.reason)?;
        let changes = canteen_changes(&old, &new)?;
        if let Some(by) = by.filter(|_| changes.iter().any(|change| change.field.takes_two())) {
            let what = Proposed::Correction { canteen, changes, reason };
            return Ok(Corrected::Waits(Box::new(self.propose(what, old.region, by).await?)));
        }
        let note = CorrectionRow { made_by: by, ..self.canteen_note(canteen, changes, reason) };
        let (id, now) = (note.id, self.now());
        self.store.write_audited(move |tx| Box::pin(async move { carry_out(tx, note, by.into(), now).await })).await?;
        self.changed.notify_one();
        Ok(Corrected::Done(id))
    }

    /// A stored correction as it is read.
    fn correction(&self, row: CorrectionRow) -> Result<Correction, Error> {
        let CorrectionRow { id, changes, sealed, reason, at, made_by, approved_by, .. } = row;
        let Kept { changes, reason } = match (changes, sealed) {
            (Some(Json(changes)), _) => Kept { changes, reason },
            (None, Some(sealed)) => {
                let text = self.keys.open(place(id), &sealed)?;
                let unread = |e: serde_json::Error| Error::Corrupt(format!("correction {id}: line {}", e.line()));
                if text.starts_with('[') {
                    // Of before the reason was sealed with them.
                    Kept { changes: serde_json::from_str(&text).map_err(unread)?, reason }
                } else {
                    serde_json::from_str(&text).map_err(unread)?
                }
            }
            (None, None) => Kept { changes: Vec::new(), reason },
        };
        Ok(Correction { id, changes, reason, at, made_by, approved_by })
    }

    /// The corrections of a canteen's registration, the last first.
    pub async fn canteen_corrections(&self, canteen: CanteenId) -> Result<Vec<Correction>, Error> {
        let rows = self.store.read(move |tx| Box::pin(async move { corrections::of_canteen(tx, canteen).await }));
        rows.await?.into_iter().map(|row| self.correction(row)).collect()
    }

    /// The corrections of an elder's registration in full, the last first; it is entered that somebody saw them.
    pub async fn reveal_elder_corrections(&self, elder: ElderId, by: UserId) -> Result<Vec<Correction>, Error> {
        let now = self.now();
        let rows = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let rows = corrections::of_elder(tx, elder).await?;
                    let act = Act::new(by, Action::CorrectionShow, format!("elder:{elder}"));
                    act.done(tx, now).await.map(|_| rows)
                })
            })
            .await?;
        rows.into_iter().map(|row| self.correction(row)).collect()
    }
}

/// What is sealed of an elder's correction.
#[derive(Serialize, Deserialize)]
struct Kept {
    changes: Vec<Change>,
    reason: String,
}

/// What of a canteen's registration is to be another.
fn canteen_changes(old: &CanteenRow, new: &CanteenCorrection) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    let mut differs = |field, old: &str, new: Option<String>| {
        changes.extend(new.map(|new| Change { field, old: old.to_owned(), new }));
    };
    differs(Field::Name, &old.name, new.name.as_deref().map(valid::name).transpose()?);
    differs(Field::Operator, &old.operator, new.operator.as_deref().map(valid::name).transpose()?);
    differs(Field::CreditCode, &old.credit_code, new.credit_code.as_deref().map(valid::credit_code).transpose()?);
    differs(Field::Address, &old.address, new.address.as_deref().map(valid::text).transpose()?);
    differs(Field::Phone, &old.phone, new.phone.as_deref().map(valid::phone).transpose()?);
    differs(Field::Capacity, &capacity(old.capacity), new.capacity.map(|n| capacity(Some(n).filter(|n| *n > 0))));
    differing(changes)
}

/// Refuses changes whose old values are not those of the registration any more.
fn apply(row: &mut CanteenRow, changes: &[Change]) -> Result<(), Error> {
    let meanwhile = || Error::refused(Code::Conflict, register::CHANGED_MEANWHILE);
    for Change { field, old, new } in changes {
        if *field == Field::Capacity {
            if capacity(row.capacity) != *old {
                return Err(meanwhile());
            }
            row.capacity = new.parse().ok();
            continue;
        }
        let place = field.of(row).filter(|place| *place == old).ok_or_else(meanwhile)?;
        place.clone_from(new);
    }
    Ok(())
}

/// Writes a canteen's correction in an open unit that holds the audit log's chain. A stated capacity bears on the findings
/// of days: those that no approved statement has settled are looked at again.
pub(super) async fn carry_out(tx: &mut Tx, note: CorrectionRow, actor: Actor, now: UnixMs) -> Result<(), Error> {
    let lost = || Error::Internal("a correction of no canteen".to_owned());
    let canteen = note.canteen.ok_or_else(lost)?;
    let Json(changes) = note.changes.as_ref().ok_or_else(lost)?;
    super::canteens::hold(tx, canteen).await?;
    let row = canteens::get(tx, canteen).await?;
    let mut row = row.ok_or_else(|| Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))?;
    let stated = row.capacity;
    apply(&mut row, changes)?;
    corrections::set_canteen(tx, &row).await?;
    if row.capacity != stated {
        corrections::former_capacity(tx, canteen, stated, now).await?;
    }
    let act = Act::new(actor, Action::CanteenCorrect, format!("canteen:{canteen}")).with("fields", fields(changes));
    let act = act.with("correction", note.id.to_string());
    corrections::add(tx, &CorrectionRow { at: now, ..note }).await?;
    act.done(tx, now).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(field: Field, old: &str, new: &str) -> Change {
        Change { field, old: old.to_owned(), new: new.to_owned() }
    }

    #[test]
    fn what_says_nothing_new_is_no_correction() {
        assert!(differing(vec![change(Field::Name, "张三", "张三")]).is_err());
        assert!(differing(Vec::new()).is_err());
        let both = differing(vec![change(Field::Name, "张三", "张三"), change(Field::Phone, "", "82000000")]).unwrap();
        assert_eq!(fields(&both), "phone");
    }
}
