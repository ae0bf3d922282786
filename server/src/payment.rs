//! What follows a month's approval: its list is disclosed, canteens object, statements are paid, the month is archived.

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{ObjectionId, StatementId, UserId};
use domain::ledger;
use domain::region::RegionCode;
use domain::settlement::payment::{Approved, Objected, PaymentRefused, PaymentState, Stage, ToPay};
use domain::settlement::{MonthState, Statement};

use crate::audit::{Act, Action};
use crate::error::Error;
use crate::store::canteens;
use crate::store::months::{self, Settlement, StoredStatement};
use crate::store::payments::{self, Disclosure, Objection, Payment};
use crate::store::{Store, Tx};
use crate::words::{Code, settlement as words};

/// A list is disclosed for at least so many days, and at most.
const DISCLOSURE_DAYS: std::ops::RangeInclusive<i64> = 1..=60;

/// An approved month with all that followed.
#[derive(Clone, Debug)]
pub struct Afterwards {
    /// Where it stands.
    pub stage: Stage,
    /// The disclosure.
    pub disclosure: Option<Disclosure>,
    /// Its statements by number, each with what became of its payment and the objections to it.
    pub statements: Vec<(StoredStatement, Vec<Payment>, Vec<Objection>)>,
    archived: bool,
    to_pay: Vec<ToPay>,
}

impl Afterwards {
    /// Whether everything that is owed is on its way or there, but for what an upheld objection holds, and something is
    /// still on its way.
    #[must_use]
    pub fn all_sent(&self) -> bool {
        let waits = |owed: &&ToPay| owed.payment.is_none() && owed.objected == Objected::Upheld;
        let owed = self.to_pay.iter().filter(|owed| !owed.payable.is_zero() && !waits(owed));
        let mut states = owed.map(|owed| owed.payment.map(|(state, _)| state));
        let mut sent = false;
        let all = states.all(|state| {
            sent |= state == Some(PaymentState::Sent);
            matches!(state, Some(PaymentState::Sent | PaymentState::Confirmed))
        });
        all && sent
    }

    /// Refused while nothing may leave: before the list is disclosed, and on the days of it.
    pub fn may_leave(&self, today: BusinessDate) -> Result<(), Error> {
        self.month().may_leave(today).map_err(refused)
    }

    /// The statements that a bank batch may hold: something is payable, no objection is open or upheld, and the money
    /// is neither on its way nor there.
    pub fn unpaid(&self) -> impl Iterator<Item = &StoredStatement> {
        let may = |owed: &ToPay| {
            let waits = matches!(owed.payment, None | Some((PaymentState::Returned, _)));
            let free = matches!(owed.objected, Objected::No | Objected::Lifted);
            waits && !owed.payable.is_zero() && free
        };
        let statements = self.statements.iter().zip(&self.to_pay);
        statements.filter(move |(_, owed)| may(owed)).map(|((statement, ..), _)| statement)
    }

    fn month(&self) -> Approved<'_> {
        let disclosed_until = self.disclosure.as_ref().map(|d| d.until);
        Approved { disclosed_until, archived: self.archived, statements: &self.to_pay }
    }
}

fn refused(reason: PaymentRefused) -> Error {
    let code = if reason == PaymentRefused::SamePerson { Code::Forbidden } else { Code::Conflict };
    Error::refused(code, words::payment_refusal(reason))
}

fn to_pay(statement: &StoredStatement, payments: &[Payment], objections: &[Objection]) -> ToPay {
    let objected = if objections.iter().any(|o| o.upheld.is_none()) {
        Objected::Open
    } else if objections.iter().any(Objection::holds) {
        Objected::Upheld
    } else if objections.iter().any(|o| o.upheld == Some(1)) {
        Objected::Lifted
    } else {
        Objected::No
    };
    ToPay { payable: statement.payable, payment: payments.last().map(|p| (p.state, p.noted_by)), objected }
}

/// What followed a month's approval.
///
/// Refused when the month is not approved.
pub async fn afterwards(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Afterwards, Error> {
    let settlement = months::settlement(tx, region, month).await?;
    let approved = |s: &Settlement| s.state.0 == MonthState::Approved;
    let settlement = settlement.filter(approved);
    let settlement = settlement.ok_or_else(|| Error::refused(Code::Conflict, words::not_approved_yet(month)))?;
    let statements = months::statements(tx, &settlement).await?;
    following(tx, &settlement, statements).await
}

/// What followed the approval of a month whose statements are at hand.
pub(crate) async fn following(
    tx: &mut Tx,
    settlement: &Settlement,
    of: Vec<StoredStatement>,
) -> Result<Afterwards, Error> {
    let (region, month) = (&settlement.region, settlement.month);
    let disclosure = payments::disclosure(tx, region, month).await?;
    let archived = payments::is_archived(tx, region, month).await?;
    let ids: Vec<StatementId> = of.iter().map(|statement| statement.id).collect();
    let mut noted = payments::among(tx, &ids).await?;
    let mut objected = payments::objections_among(tx, &ids).await?;
    let (mut statements, mut sums) = (Vec::with_capacity(of.len()), Vec::with_capacity(of.len()));
    for statement in of {
        let noted = noted.remove(&statement.id).unwrap_or_default();
        let objections = objected.remove(&statement.id).unwrap_or_default();
        sums.push(to_pay(&statement, &noted, &objections));
        statements.push((statement, noted, objections));
    }
    let mut view = Afterwards { stage: Stage::Approved, disclosure, statements, archived, to_pay: sums };
    view.stage = view.month().stage();
    Ok(view)
}

/// Discloses the month's list for so many days, today included.
pub async fn disclose(
    store: &Store,
    region: &RegionCode,
    month: Month,
    days: i64,
    by: UserId,
    now: UnixMs,
) -> Result<Afterwards, Error> {
    if !DISCLOSURE_DAYS.contains(&days) {
        return Err(Error::refused(Code::Invalid, words::disclosure_days(&DISCLOSURE_DAYS)));
    }
    let region = region.clone();
    store
        .write_serializable_audited(move |tx| {
            let region = region.clone();
            Box::pin(async move {
                afterwards(tx, &region, month).await?.month().may_disclose().map_err(refused)?;
                let until = now.local_date().plus_days(days - 1);
                let disclosure = Disclosure { until, disclosed_by: by, disclosed_at: now };
                payments::disclose(tx, &region, month, &disclosure).await?;
                let act = Act::new(by, Action::MonthDisclose, format!("month:{region}/{month}"));
                act.with("until", until.to_string()).done(tx, now).await?;
                afterwards(tx, &region, month).await
            })
        })
        .await
}

async fn of_statement(tx: &mut Tx, id: StatementId) -> Result<(StoredStatement, Afterwards), Error> {
    let unknown = || Error::refused(Code::NotFound, words::no_such_statement());
    let statement = months::statement(tx, id).await?.ok_or_else(unknown)?;
    let view = afterwards(tx, &statement.region, statement.month).await?;
    if view.statements.iter().all(|(s, ..)| s.id != id) {
        return Err(Error::refused(Code::Conflict, words::no_longer_current()));
    }
    Ok((statement, view))
}

/// Notes an objection to a statement; `content` says what is objected.
pub async fn object(
    store: &Store,
    id: ObjectionId,
    statement: StatementId,
    content: String,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    store
        .write_serializable_audited(move |tx| {
            let content = content.clone();
            Box::pin(async move {
                let (_, view) = of_statement(tx, statement).await?;
                view.month().may_object(now.local_date()).map_err(refused)?;
                let new = Objection {
                    id,
                    statement,
                    content,
                    noted_by: by,
                    noted_at: now,
                    upheld: None,
                    reason: None,
                    decided_by: None,
                    decided_at: None,
                    lifted_because: None,
                    lifted_by: None,
                    lifted_at: None,
                };
                payments::object(tx, &new).await?;
                let act = Act::new(by, Action::ObjectionNote, format!("statement:{statement}"));
                act.with("objection", id.to_string()).done(tx, now).await.map(drop)
            })
        })
        .await
}

/// Decides an objection, once, by a second person. An upheld one holds the statement's payment.
pub async fn decide_objection(
    store: &Store,
    id: ObjectionId,
    upheld: bool,
    reason: String,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    store
        .write_serializable_audited(move |tx| {
            let reason = reason.clone();
            Box::pin(async move {
                let unknown = || Error::refused(Code::NotFound, words::no_such_objection());
                let objection = payments::objection(tx, id).await?.ok_or_else(unknown)?;
                if objection.noted_by == by {
                    return Err(refused(PaymentRefused::SamePerson));
                }
                if !payments::decide_objection(tx, id, upheld, &reason, by, now).await? {
                    return Err(Error::refused(Code::Conflict, words::objection_decided()));
                }
                let act = Act::new(by, Action::ObjectionDecide, format!("objection:{id}"));
                act.with("upheld", upheld).done(tx, now).await.map(drop)
            })
        })
        .await
}

/// Lifts what an upheld objection holds, once, when it is seen to: the payment may be sent, after the archive too. Who
/// upheld it does not lift it.
pub async fn lift_objection(
    store: &Store,
    id: ObjectionId,
    reason: String,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    store
        .write_serializable_audited(move |tx| {
            let reason = reason.clone();
            Box::pin(async move {
                let unknown = || Error::refused(Code::NotFound, words::no_such_objection());
                let objection = payments::objection(tx, id).await?.ok_or_else(unknown)?;
                if objection.decided_by == Some(by) {
                    return Err(refused(PaymentRefused::SamePerson));
                }
                if !payments::lift_objection(tx, id, &reason, by, now).await? {
                    return Err(Error::refused(Code::Conflict, words::objection_holds_nothing()));
                }
                Act::new(by, Action::ObjectionLift, format!("objection:{id}")).done(tx, now).await.map(drop)
            })
        })
        .await
}

/// Notes what became of a statement's payment, and posts it once it has arrived or come back.
pub async fn note(
    store: &Store,
    statement: StatementId,
    state: PaymentState,
    reference: String,
    by: UserId,
    now: UnixMs,
) -> Result<(), Error> {
    store
        .write_serializable_audited(move |tx| {
            let reference = reference.clone();
            Box::pin(async move {
                let (stored, view) = of_statement(tx, statement).await?;
                let (_, before, objections) = view
                    .statements
                    .iter()
                    .find(|(s, ..)| s.id == statement)
                    .ok_or_else(|| Error::Corrupt("a statement vanished".to_owned()))?;
                let canteen = canteens::get(tx, stored.canteen).await?;
                let unchecked = canteen.filter(|canteen| state == PaymentState::Sent && !canteen.payee_checked);
                if let Some(canteen) = unchecked {
                    return Err(Error::refused(Code::Conflict, words::payees_unchecked(&[canteen.name])));
                }
                let owed = to_pay(&stored, before, objections);
                view.month().may_note(&owed, state, by, now.local_date()).map_err(refused)?;
                let number = before.last().map_or(1, |last| last.number + 1);
                let arrived = before.last().is_some_and(|last| last.state == PaymentState::Confirmed);
                payments::note(tx, statement, &Payment { number, state, reference, noted_by: by, noted_at: now })
                    .await?;
                let posted = postings(&stored.content.0, state, arrived);
                crate::store::ledger::add(tx, statement, &posted, now).await?;
                let act = Act::new(by, Action::PaymentNote, format!("statement:{statement}"));
                let act = act.with("state", state.name()).with("number", number);
                act.with("digest", stored.digest.to_string()).done(tx, now).await.map(drop)
            })
        })
        .await
}

/// The entries of one word of the bank: an arrival is posted, and taken back when an arrived payment returns.
#[must_use]
pub fn postings(statement: &Statement, state: PaymentState, arrived: bool) -> Vec<ledger::Posting> {
    match state {
        PaymentState::Confirmed => ledger::of_payment(statement, false),
        PaymentState::Returned if arrived => ledger::of_payment(statement, true),
        PaymentState::Sent | PaymentState::Returned => Vec::new(),
    }
}

/// Archives a month whose payments are settled.
pub async fn archive(
    store: &Store,
    region: &RegionCode,
    month: Month,
    by: UserId,
    now: UnixMs,
) -> Result<Afterwards, Error> {
    let region = region.clone();
    store
        .write_serializable_audited(move |tx| {
            let region = region.clone();
            Box::pin(async move {
                afterwards(tx, &region, month).await?.month().may_archive(now.local_date()).map_err(refused)?;
                payments::archive(tx, &region, month, by, now).await?;
                Act::new(by, Action::MonthArchive, format!("month:{region}/{month}")).done(tx, now).await?;
                afterwards(tx, &region, month).await
            })
        })
        .await
}
