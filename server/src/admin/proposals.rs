//! Maker and checker: what one person proposes and another approves, and only then is in force.
//!
//! The payload is stored as it was proposed, sealed, with a keyed digest. Who approves names the digest of what was
//! shown, and what is done is done from the stored payload in the same unit of work.

use domain::calendar::{UnixMs, WorkCalendar};
use domain::id::{CanteenId, Digest, RecordId, UserId};
use domain::policy::Policy;
use domain::region::RegionCode;
use domain::settlement::demand::Demand;
use domain::sync::ListPrice;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::people::{self as persons, NewPerson};
use super::{Post, calendars, canteens as places, corrections, policies as rules_of, valid};
use crate::audit::{Act, Action, Actor};
use crate::budget::{self, Budget};
use crate::demand;
use crate::people::{Right, Role};
use crate::seal::Place;
use crate::store::corrections::{Change, CorrectionRow};
use crate::store::decisions::{self, Decision, Subject};
use crate::store::people::UserRow;
use crate::store::proposals::{self, ProposalRow};
use crate::store::{Tx, canteens};
use crate::words::{Code, proposals as words};
use crate::{Error, Office};

/// What is proposed.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proposed {
    /// A policy is to be announced.
    Policy {
        /// Stands in messages.
        file_name: String,
        /// The whole file.
        source: String,
    },
    /// A list price is to hold.
    Price {
        /// Of which canteen.
        canteen: CanteenId,
        /// From when, for which meal, how much (fen).
        price: ListPrice,
    },
    /// A canteen is to be paid elsewhere.
    Payee {
        /// Which canteen.
        canteen: CanteenId,
        /// The bank.
        bank: String,
        /// The account's holder.
        account_name: String,
        /// The account.
        #[schema(value_type = String)]
        account: Zeroizing<String>,
    },
    /// What a closed canteen owes is to be demanded.
    Demand {
        /// From whom, how much, until when.
        demand: Demand,
    },
    /// A payer's budget of a year is to hold.
    Budget {
        /// Which year, who pays, how much.
        budget: Budget,
    },
    /// Somebody is to be let in where one alone may let nobody in.
    Invitation {
        /// Who, as what, where.
        person: NewPerson,
    },
    /// Such a person is to have a way back: a one-time passphrase.
    Reset {
        /// Who.
        person: UserId,
        /// The name at the time.
        name: String,
        /// What the person is at the time.
        role: Role,
    },
    /// Somebody is to get such work, or to give it up.
    Move {
        /// Who.
        person: UserId,
        /// The name at the time.
        name: String,
        /// What the person is at the time.
        role: Role,
        /// What the person is to be.
        to: Post,
        /// Why; empty in proposals of before it was asked for.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A canteen was registered wrongly.
    Correction {
        /// Which canteen.
        canteen: CanteenId,
        /// What was written down, and what is right.
        changes: Vec<Change>,
        /// Why.
        reason: String,
    },
    /// The statutory calendar is to be another one.
    Calendar {
        /// Stands in messages; empty where no file came.
        file_name: String,
        /// The whole file; empty where no file came.
        source: String,
        /// What it says.
        calendar: WorkCalendar,
        /// Whether it replaces all, or its years alone.
        whole: bool,
    },
}

/// What an approval needs beside what was proposed; made before its unit of work.
#[derive(Clone, Default)]
struct Prepared {
    /// A payee's account, sealed for its canteen.
    account: Option<Vec<u8>>,
    /// Who is let in, or a passphrase's hash.
    entry: Option<persons::Entry>,
    /// What is kept of a correction.
    note: Option<CorrectionRow>,
}

impl Proposed {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Policy { .. } => "policy",
            Self::Price { .. } => "price",
            Self::Payee { .. } => "payee",
            Self::Demand { .. } => "demand",
            Self::Budget { .. } => "budget",
            Self::Invitation { .. } | Self::Reset { .. } | Self::Move { .. } => "person",
            Self::Correction { .. } => "correction",
            Self::Calendar { .. } => "calendar",
        }
    }

    const fn canteen(&self) -> Option<CanteenId> {
        match self {
            Self::Price { canteen, .. } | Self::Payee { canteen, .. } | Self::Correction { canteen, .. } => {
                Some(*canteen)
            }
            Self::Demand { demand } => Some(demand.canteen),
            _ => None,
        }
    }

    /// The same with the account hidden but for its last four digits.
    #[must_use]
    pub fn masked(mut self) -> Self {
        if let Self::Payee { account, .. } = &mut self {
            let count = account.chars().count();
            let tail: String = account.chars().skip(count.saturating_sub(4)).collect();
            *account = Zeroizing::new(format!("****{tail}"));
        }
        self
    }

    /// The rights of which one is needed to decide about it.
    #[must_use]
    pub const fn checked_by(&self) -> &'static [Right] {
        match self {
            Self::Policy { .. } | Self::Calendar { .. } => &[Right::AnnouncePolicies, Right::CheckMonth],
            Self::Invitation { .. } | Self::Reset { .. } | Self::Move { .. } => &[Right::ManagePeople],
            Self::Price { .. }
            | Self::Payee { .. }
            | Self::Demand { .. }
            | Self::Budget { .. }
            | Self::Correction { .. } => &[Right::CheckMonth],
        }
    }

    /// Whether who approves has to prove just then to be the person: where money goes.
    #[must_use]
    pub const fn needs_proof(&self) -> bool {
        matches!(self, Self::Payee { .. })
    }
}

fn policy_of(file_name: &str, source: &str) -> Result<Policy, Error> {
    Policy::parse(file_name, source).map_err(|e| Error::refused(Code::PolicyRefused, e.to_string()))
}

impl Office {
    /// Proposes something about a region. It is checked as if it were to be in force now.
    pub async fn propose(&self, what: Proposed, region: RegionCode, by: UserId) -> Result<ProposalRow, Error> {
        let what = checked(what)?;
        let now = self.now();
        let row = self.proposal_row(what.clone(), region.clone(), by)?;
        let stored = row.clone();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    match &what {
                        Proposed::Policy { file_name, source } => {
                            rules_of::could_announce(tx, &policy_of(file_name, source)?, now).await?;
                        }
                        Proposed::Demand { demand } => demand::fits(tx, demand).await?,
                        Proposed::Budget { budget } => budget::fits(tx, budget).await?,
                        Proposed::Invitation { person } => persons::could_enter(tx, person).await?,
                        Proposed::Reset { person, .. } => drop(persons::could_reset(tx, *person, by).await?),
                        Proposed::Move { person, to, .. } => {
                            drop(persons::could_move(tx, *person, to, by).await?);
                        }
                        Proposed::Calendar { .. } => calendars::require_all(tx, &region).await?,
                        Proposed::Price { .. } | Proposed::Payee { .. } | Proposed::Correction { .. } => {}
                    }
                    proposed(tx, &stored, now).await
                })
            })
            .await?;
        Ok(row)
    }

    /// The proposal as it is stored.
    pub(crate) fn proposal_row(&self, what: Proposed, region: RegionCode, by: UserId) -> Result<ProposalRow, Error> {
        let what = checked(what)?;
        let now = self.now();
        let id = RecordId::generate(now, &*self.entropy).uuid();
        let text = Zeroizing::new(serde_json::to_string(&what).map_err(|e| Error::Internal(e.to_string()))?);
        Ok(ProposalRow {
            id,
            kind: what.kind().to_owned(),
            region,
            canteen: what.canteen(),
            payload: self.keys.seal(place(id), &text, &*self.entropy),
            digest: self.keys.digest("proposal", &text),
            maker: by,
            made_at: now,
            decided: Decision::default(),
        })
    }

    /// What a proposal says.
    pub fn proposed(&self, row: &ProposalRow) -> Result<Proposed, Error> {
        let text = self.keys.open(place(row.id), &row.payload)?;
        if self.keys.digest("proposal", &text) != row.digest {
            return Err(Error::Corrupt(format!("proposal {}: not what its digest says", row.id)));
        }
        serde_json::from_str(&text).map_err(|e| Error::Corrupt(format!("proposal {}: line {}", row.id, e.line())))
    }

    /// Approves what was shown, and does it.
    ///
    /// Refused to who proposed it, for another digest than that of what is stored, when it was decided, and when it does
    /// not fit any more. Answers a person's one-time passphrase, which is not shown again.
    pub async fn approve_proposal(
        &self,
        id: Uuid,
        seen: Digest,
        by: UserId,
    ) -> Result<Option<Zeroizing<String>>, Error> {
        let row = self.proposal(id).await?;
        let what = self.proposed(&row)?;
        let now = self.now();
        let (prepared, passphrase) = self.prepared(&what).await?;
        self.store
            .write_serializable_audited(move |tx| {
                let (what, prepared, row) = (what.clone(), prepared.clone(), row.clone());
                Box::pin(async move {
                    if row.maker == by {
                        return Err(Error::refused(Code::SecondPerson, words::SECOND_PERSON));
                    }
                    if row.digest != seen {
                        return Err(Error::refused(Code::Conflict, words::OTHER_DIGEST));
                    }
                    if !decisions::decide(tx, Subject::Proposal, id, "approved", by, None, now).await? {
                        return Err(Error::refused(Code::Conflict, words::DECIDED));
                    }
                    carry_out(tx, what, prepared, &row, by, now).await?;
                    act(by, Action::ProposalApprove, &row).done(tx, now).await.map(drop)
                })
            })
            .await?;
        self.refresh_rules().await?;
        self.changed.notify_one();
        Ok(passphrase)
    }

    /// What approving needs, and the one-time passphrase that it gives out.
    async fn prepared(&self, what: &Proposed) -> Result<(Prepared, Option<Zeroizing<String>>), Error> {
        let mut prepared = Prepared::default();
        let mut passphrase = None;
        match what {
            Proposed::Payee { canteen, account, .. } => {
                let place = Place { table: "canteens", column: "account", row: canteen.uuid() };
                prepared.account = Some(self.keys.seal(place, account, &*self.entropy));
            }
            Proposed::Correction { canteen, changes, reason } => {
                prepared.note = Some(self.canteen_note(*canteen, changes.clone(), reason.clone()));
            }
            Proposed::Invitation { person } => {
                let (entry, once) = self.entry(Some(person)).await?;
                (prepared.entry, passphrase) = (Some(entry), Some(once));
            }
            Proposed::Reset { .. } => {
                let (entry, once) = self.entry(None).await?;
                (prepared.entry, passphrase) = (Some(entry), Some(once));
            }
            _ => {}
        }
        Ok((prepared, passphrase))
    }

    /// Turns a proposal down; its maker takes it back by this.
    pub async fn reject_proposal(&self, id: Uuid, reason: String, by: UserId) -> Result<(), Error> {
        let row = self.proposal(id).await?;
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let decision = if row.maker == by { "withdrawn" } else { "rejected" };
                    if !decisions::decide(tx, Subject::Proposal, id, decision, by, Some(&reason), now).await? {
                        return Err(Error::refused(Code::Conflict, words::DECIDED));
                    }
                    act(by, Action::ProposalReject, &row).with("decision", decision).done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Shows a payee's account in full, and enters that somebody saw it.
    pub async fn reveal_proposal(&self, id: Uuid, by: UserId) -> Result<Proposed, Error> {
        let row = self.proposal(id).await?;
        let what = self.proposed(&row)?;
        if !matches!(what, Proposed::Payee { .. }) {
            return Err(Error::refused(Code::Conflict, words::NOTHING_SEALED));
        }
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move { act(by, Action::ProposalReveal, &row).done(tx, now).await.map(drop) })
            })
            .await?;
        Ok(what)
    }

    /// The proposal, or a refusal.
    pub async fn proposal(&self, id: Uuid) -> Result<ProposalRow, Error> {
        let row = self.store.read(move |tx| Box::pin(async move { proposals::get(tx, id).await })).await?;
        row.ok_or_else(|| Error::refused(Code::NotFound, words::NONE))
    }

    /// Refuses who may not decide about it: another right, or another place.
    pub fn may_decide(&self, user: &UserRow, row: &ProposalRow, what: &Proposed) -> Result<(), Error> {
        let needed = what.checked_by();
        let has = |right: &&Right| user.role.rights().contains(right);
        user.require(*needed.iter().find(has).or(needed.first()).unwrap_or(&Right::CheckMonth))?;
        user.require_inside(&row.region)?;
        if let Proposed::Policy { file_name, source } = what {
            for region in policy_of(file_name, source)?.regions() {
                user.require_inside(region)?;
            }
        }
        Ok(())
    }
}

/// Stores an open proposal, and enters that it was made.
pub(super) async fn proposed(tx: &mut Tx, row: &ProposalRow, now: UnixMs) -> Result<(), Error> {
    proposals::add(tx, row).await?;
    act(row.maker, Action::ProposalMake, row).done(tx, now).await.map(drop)
}

/// As [`proposed`], for what stands at a place of an imported list.
pub(crate) async fn proposed_by_list(
    tx: &mut Tx,
    row: &ProposalRow,
    (import, place): (Uuid, &str),
    now: UnixMs,
) -> Result<(), Error> {
    proposals::add(tx, row).await?;
    let act = act(row.maker, Action::ProposalMake, row).with("import", import.to_string());
    act.with("place", place).done(tx, now).await.map(drop)
}

fn place(id: Uuid) -> Place<'static> {
    Place { table: "proposals", column: "payload", row: id }
}

fn act(by: UserId, action: Action, row: &ProposalRow) -> Act {
    let act = Act::new(by, action, format!("proposal:{}", row.id)).with("kind", row.kind.as_str());
    let act = act.with("digest", row.digest.to_string()).with("maker", row.maker.to_string());
    match row.canteen {
        Some(canteen) => act.with("canteen", canteen.to_string()),
        None => act,
    }
}

/// The same as it is stored: trimmed, and refused where it cannot be.
fn checked(what: Proposed) -> Result<Proposed, Error> {
    Ok(match what {
        Proposed::Policy { .. }
        | Proposed::Demand { .. }
        | Proposed::Budget { .. }
        | Proposed::Correction { .. }
        | Proposed::Reset { .. }
        | Proposed::Move { .. } => what,
        Proposed::Invitation { person } => Proposed::Invitation { person: persons::checked(person)? },
        Proposed::Calendar { ref calendar, .. } => {
            calendars::not_empty(calendar)?;
            what
        }
        Proposed::Price { canteen, price } => {
            valid::price(price.price)?;
            Proposed::Price { canteen, price }
        }
        Proposed::Payee { canteen, bank, account_name, account } => Proposed::Payee {
            canteen,
            bank: valid::name(&bank)?,
            account_name: valid::name(&account_name)?,
            account: Zeroizing::new(valid::account(&account)?),
        },
    })
}

async fn carry_out(
    tx: &mut Tx,
    what: Proposed,
    prepared: Prepared,
    row: &ProposalRow,
    checker: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    let (maker, actor) = (row.maker, Actor::User(checker));
    match what {
        Proposed::Policy { file_name, source } => {
            rules_of::announce_in(tx, &policy_of(&file_name, &source)?, now, Some(maker), actor).await
        }
        Proposed::Price { canteen, price } => places::price_in(tx, canteen, &price, now, Some(maker), actor).await,
        Proposed::Payee { canteen, bank, account_name, .. } => {
            let account =
                prepared.account.ok_or_else(|| Error::Internal("an account that was not sealed".to_owned()))?;
            canteens::set_payee(tx, canteen, &bank, &account_name, &account).await?;
            Act::new(actor, Action::PayeeChange, format!("canteen:{canteen}")).done(tx, now).await.map(drop)
        }
        Proposed::Correction { .. } => {
            let note =
                prepared.note.ok_or_else(|| Error::Internal("a correction that was not made ready".to_owned()))?;
            let note = CorrectionRow { made_by: Some(maker), approved_by: Some(checker), ..note };
            corrections::carry_out(tx, note, actor, now).await
        }
        Proposed::Demand { demand } => demand::issue(tx, row.id, demand, (maker, checker), now).await,
        Proposed::Budget { budget } => budget::set(tx, row.id, budget, (maker, checker), now).await,
        Proposed::Calendar { file_name, source, calendar, whole } => {
            calendars::require_all(tx, &row.region).await?;
            calendars::approved(tx, (calendar, whole), (&file_name, &source), now, (maker, checker)).await
        }
        Proposed::Invitation { .. } => persons::enter(tx, prepared.entry, (maker, checker), now).await,
        Proposed::Reset { person, .. } => persons::reset(tx, person, prepared.entry, (maker, checker), now).await,
        Proposed::Move { person, to, .. } => persons::change_post(tx, person, to, (maker, checker), now).await,
    }
}
