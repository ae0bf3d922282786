//! The audit log: who did what, granted or denied, in one chain of hashes.
//!
//! An entry is appended in the unit of work that does what it speaks of ([`crate::Store::write_audited`]), so there is no
//! act without its entry and no entry without its act. What was denied changed nothing, and its entry has a unit of its
//! own (`Office::deny`). Meals are not entered row by row: their journals are chains of their own.
//!
//! Details name ids, numbers and digests. No names, no numbers of cards, people or accounts.

use std::fmt;

use domain::calendar::UnixMs;
use domain::id::{Digest, TerminalId, UserId};
use domain::sync::AuditHead;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::store::{Tx, audit};
use crate::words::Code;
use crate::{Office, words};

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person at the office.
    User(UserId),
    /// A canteen's terminal.
    Terminal(TerminalId),
    /// The program itself, or somebody at its command line.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Terminal(id) => write!(f, "terminal:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl From<UserId> for Actor {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl From<TerminalId> for Actor {
    fn from(id: TerminalId) -> Self {
        Self::Terminal(id)
    }
}

impl From<Option<UserId>> for Actor {
    /// Nobody is the program itself.
    fn from(id: Option<UserId>) -> Self {
        id.map_or(Self::System, Self::User)
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident $name:literal;)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$action),*];

            /// The name on the wire and in the database; it never changes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }
        }
    };
}

actions! {
    /// A month was drafted.
    MonthDraft "month.draft";
    /// A month was handed to a checker.
    MonthSubmit "month.submit";
    /// A month was approved.
    MonthApprove "month.approve";
    /// A month was signed by a third person.
    MonthSign "month.sign";
    /// A month was handed back.
    MonthSendBack "month.send_back";
    /// It was explained why a canteen's month differs from the one before.
    MonthExplain "month.explain";
    /// A month's list was disclosed.
    MonthDisclose "month.disclose";
    /// A month was archived.
    MonthArchive "month.archive";
    /// The bank batch was taken, with account numbers in the open.
    BankBatch "bank.batch";
    /// A day was left out of its month.
    DayLeaveOut "day.leave_out";
    /// Something was said or ruled about a finding.
    FindingStep "finding.step";
    /// A file was brought with what is said about a finding or an objection.
    AttachmentAdd "attachment.add";
    /// A file was taken.
    AttachmentShow "attachment.show";
    /// A hold was released.
    HoldRelease "hold.release";
    /// A region's severities and thresholds were set.
    RegionSettings "region.settings";
    /// A region was added or renamed.
    RegionPut "region.put";
    /// An objection was noted.
    ObjectionNote "objection.note";
    /// An objection was decided.
    ObjectionDecide "objection.decide";
    /// What an upheld objection held was lifted.
    ObjectionLift "objection.lift";
    /// A payment was sent, arrived or came back.
    PaymentNote "payment.note";
    /// A payer's budget of a year was set.
    BudgetSet "budget.set";
    /// A canteen was closed for good.
    CanteenClose "canteen.close";
    /// What a closed canteen owes was demanded.
    DemandIssue "demand.issue";
    /// Something was paid on a demand.
    DemandReceive "demand.receive";
    /// A policy was announced.
    PolicyAnnounce "policy.announce";
    /// The statutory calendar was changed.
    CalendarPublish "calendar.publish";
    /// Something was proposed that another person has to approve.
    ProposalMake "proposal.make";
    /// A proposal was approved and carried out.
    ProposalApprove "proposal.approve";
    /// A proposal was turned down or taken back.
    ProposalReject "proposal.reject";
    /// A proposed account was shown in full.
    ProposalReveal "proposal.reveal";
    /// A canteen is paid elsewhere.
    PayeeChange "payee.change";
    /// A list price was approved.
    PriceApprove "price.approve";
    /// A canteen was registered, with its payee account.
    CanteenCreate "canteen.create";
    /// Something was learned of a canteen: its standing or tags.
    CanteenFact "canteen.fact";
    /// A canteen's registration was put right.
    CanteenCorrect "canteen.correct";
    /// A canteen's terminals were set.
    CanteenSettings "canteen.settings";
    /// A cashier was added.
    CashierAdd "cashier.add";
    /// An elder was registered.
    ElderRegister "elder.register";
    /// An elder was looked for by a number of a document or card.
    ElderFind "elder.find";
    /// Something was learned of an elder: a category, a move, a death.
    ElderFact "elder.fact";
    /// An elder's registration was put right.
    ElderCorrect "elder.correct";
    /// Somebody saw what an elder's registration had said before.
    CorrectionShow "elder.corrections_show";
    /// A card was issued, with its number in the open.
    CardIssue "card.issue";
    /// Cards were issued and drawn on a sheet.
    CardSheet "card.sheet";
    /// Cards for many were proposed.
    CardsPropose "cards.propose";
    /// Cards for many were agreed to, turned down or taken back.
    CardsDecide "cards.decide";
    /// An elder's photo was kept.
    PhotoPut "photo.put";
    /// An elder's photo was looked at.
    PhotoShow "photo.show";
    /// An elder's photo was forgotten.
    PhotoRemove "photo.remove";
    /// An inspection draw was announced with its list.
    DrawAnnounce "draw.announce";
    /// An inspection draw was made with its seed.
    DrawMake "draw.make";
    /// What an inspection found was written down.
    DrawResult "draw.result";
    /// A list was brought, to be checked.
    ImportBring "import.bring";
    /// A list was taken over.
    ImportApply "import.apply";
    /// Somebody saw rows of a list with numbers in the open.
    ImportShow "import.show";
    /// Lists that nobody needs any more were deleted.
    ImportForget "import.forget";
    /// Cards were revoked.
    CardRevoke "card.revoke";
    /// A physical card was registered.
    ChipRegister "chip.register";
    /// A code for a terminal was given out.
    TerminalCode "terminal.code";
    /// A terminal came with a code.
    TerminalEnrol "terminal.enrol";
    /// A terminal was let in.
    TerminalConfirm "terminal.confirm";
    /// A terminal was taken out of service.
    TerminalRevoke "terminal.revoke";
    /// A terminal was taken out of service in good order.
    TerminalRetire "terminal.retire";
    /// The end of an epoch was asked for.
    EpochEndAsk "epoch.end_ask";
    /// An epoch was ended.
    EpochEnd "epoch.end";
    /// It was decided what a fork is.
    ForkResolve "fork.resolve";
    /// A person was added.
    PersonAdd "person.add";
    /// A person got a one-time passphrase.
    PersonReset "person.reset";
    /// A person's account was locked until somebody unlocks it.
    PersonLock "person.lock";
    /// A lock was taken away.
    PersonUnlock "person.unlock";
    /// A person got another role or place.
    PersonMove "person.move";
    /// A person left.
    PersonLeave "person.leave";
    /// Somebody chose another passphrase.
    PassphraseChange "session.passphrase";
    /// Somebody began to take up a second factor.
    TotpBegin "session.totp_begin";
    /// Somebody took up a second factor.
    TotpEnrol "session.totp";
    /// Somebody proved once more to be the person.
    SessionStepUp "session.step_up";
    /// Somebody signed in.
    SessionOpen "session.open";
    /// A name was locked after failed sign-ins.
    SessionLock "session.lock";
    /// A terminal was told a head that is not in the chain any more.
    WitnessBroken "audit.witness_broken";
    /// The office was set up again from a backup.
    OfficeRestore "office.restore";
}

/// Whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Granted,
    /// It was refused; nothing was changed.
    Denied,
}

impl Outcome {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
        }
    }
}

/// Something done, or tried.
#[derive(Clone, Debug)]
pub struct Act {
    /// By whom.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what: a kind and an id, such as `canteen:…`.
    pub object: String,
    /// What else is to be known, without personal data.
    pub detail: Map<String, Value>,
}

impl Act {
    /// An act without details.
    #[must_use]
    pub fn new(actor: impl Into<Actor>, action: Action, object: impl fmt::Display) -> Self {
        Self { actor: actor.into(), action, object: object.to_string(), detail: Map::new() }
    }

    /// The same with a detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// Appends it to the chain as done. `tx` holds the chain ([`crate::Store::write_audited`]).
    pub async fn done(self, tx: &mut Tx, now: UnixMs) -> Result<domain::sync::AuditHead, Error> {
        audit::append(tx, &self, Outcome::Granted, now).await
    }
}

/// The hash of an entry.
#[must_use]
pub fn entry_hash(entry: &audit::Entry) -> Digest {
    let (sequence, at) = (entry.sequence.to_be_bytes(), entry.at.get().to_be_bytes());
    let parts: [&[u8]; 9] = [
        &sequence,
        &at,
        entry.actor.as_bytes(),
        entry.region.as_deref().unwrap_or_default().as_bytes(),
        entry.action.as_bytes(),
        entry.object.as_bytes(),
        entry.outcome.as_bytes(),
        entry.detail.as_bytes(),
        &entry.previous.0,
    ];
    Digest::of("zhucan.audit.1", &parts)
}

/// Whether a refusal is a denial that is entered: somebody known was not let, or the state of things did not allow it.
/// What cannot be read, is not there or comes too fast is not.
#[must_use]
pub const fn is_denial(code: Code) -> bool {
    matches!(code.status(), 403 | 409)
        && !matches!(
            code,
            Code::NameTaken
                | Code::ElderExists
                | Code::CardTaken
                | Code::StepUpNeeded
                | Code::SetupNeeded
                | Code::ForeignForm
        )
}

impl Office {
    /// Enters what was denied. Trouble in doing so is logged: the denial stands all the same.
    pub(crate) async fn deny(&self, act: Act, code: Code) {
        let (act, now) = (act.with("code", code.name()), self.now());
        let entered = self.store.write_audited(move |tx| {
            let act = act.clone();
            Box::pin(async move { audit::append(tx, &act, Outcome::Denied, now).await })
        });
        if let Err(error) = entered.await {
            tracing::error!(%error, "a denial could not be entered in the audit log");
        }
    }

    /// Compares heads that a terminal was told with the chain. Those that are not in it are entered; else the last one
    /// comes back for who notes it, when it is later than what is known.
    pub(crate) async fn witnessed(
        &self,
        terminal: TerminalId,
        told: Vec<AuditHead>,
    ) -> Result<Option<AuditHead>, Error> {
        let now = self.now();
        let (asked, last) = (told.clone(), told.iter().max_by_key(|head| head.sequence).copied());
        let Some(last) = last else { return Ok(None) };
        let (broken, known) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let broken = audit::not_in_chain(tx, terminal, &asked).await?;
                    Ok((broken, audit::witness(tx, terminal).await?))
                })
            })
            .await?;
        if broken.is_empty() {
            return Ok(Some(last).filter(|last| known.is_none_or(|known| known.sequence < last.sequence)));
        }
        tracing::error!(%terminal, count = broken.len(), "{}", words::audit::WITNESS_BROKEN);
        self.store
            .write_audited(move |tx| {
                let broken = broken.clone();
                Box::pin(async move {
                    for (head, found) in broken {
                        if audit::keep_break(tx, terminal, head, found, now).await? {
                            let object = format!("audit:{}", head.sequence);
                            let act = Act::new(terminal, Action::WitnessBroken, object);
                            let act = act.with("witnessed", head.hash.to_string());
                            act.with("found", found.map(|found| found.to_string())).done(tx, now).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> audit::Entry {
        audit::Entry {
            sequence: 1,
            at: UnixMs::new(2),
            actor: "system".into(),
            region: None,
            action: "month.draft".into(),
            object: "month:4403/2026-03".into(),
            outcome: "granted".into(),
            detail: "{}".into(),
            previous: Digest::ZERO,
            hash: Digest::ZERO,
        }
    }

    #[test]
    fn every_part_of_an_entry_bears_on_its_hash() {
        let whole = entry_hash(&entry());
        let changes: [fn(&mut audit::Entry); 9] = [
            |e| e.sequence = 2,
            |e| e.at = UnixMs::new(3),
            |e| e.actor.push('x'),
            |e| e.region = Some("44".into()),
            |e| e.action.push('x'),
            |e| e.object.push('x'),
            |e| e.outcome = "denied".into(),
            |e| e.detail = "{\"a\":1}".into(),
            |e| e.previous = Digest([1; 32]),
        ];
        for (place, change) in changes.into_iter().enumerate() {
            let mut other = entry();
            change(&mut other);
            assert_ne!(entry_hash(&other), whole, "{place}");
        }
        // Golden: an entry of this version has this hash for ever.
        assert_eq!(whole.to_string(), GOLDEN);
    }

    const GOLDEN: &str = "fcd1177f8110f1aced581a5f9b381b6d538a4a9d35a04daf4acf07ffb92d8931";

    #[test]
    fn names_of_actions_are_one_each() {
        let names: std::collections::BTreeSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
    }
}
