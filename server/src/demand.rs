//! A canteen closed for good, the demand for what it still owes, and what it pays on that.

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::Payer;
use domain::id::{CanteenId, StatementId, UserId};
use domain::ledger;
use domain::money::Fen;
use domain::reconciliation::PayerSums;
use domain::settlement::demand::{Demand, NotTaken};
use uuid::Uuid;

use crate::Office;
use crate::admin::Proposed;
use crate::audit::{Act, Action};
use crate::error::Error;
use crate::store::demands::{self, Closure, DemandRow, Receipt};
use crate::store::months::{self, StoredStatement};
use crate::store::proposals::ProposalRow;
use crate::store::{Json, Tx, terminals};
use crate::words::{Code, demands as words};

/// What is asked of a canteen for the balance that a statement left.
#[derive(Clone, Debug)]
pub struct NewDemand {
    /// The statement.
    pub statement: StatementId,
    /// Until when it is to be paid.
    pub due: BusinessDate,
    /// Why, in words.
    pub reason: String,
}

/// An amount that came in on a demand.
#[derive(Clone, Debug)]
pub struct NewReceipt {
    /// Whose bank it came to.
    pub payer: Payer,
    /// Fen.
    pub amount: Fen,
    /// The bank's day.
    pub received_on: BusinessDate,
    /// The bank's reference.
    pub reference: String,
}

impl Office {
    /// Closes a canteen for good.
    ///
    /// Refused while one of its terminals is in service, for a day that is still to come, and when it is closed already.
    pub async fn close_canteen(
        &self,
        canteen: CanteenId,
        last_day: BusinessDate,
        reason: String,
        by: UserId,
    ) -> Result<(), Error> {
        let now = self.now();
        if last_day > now.business_date() {
            return Err(Error::refused(Code::Invalid, words::STILL_TO_COME));
        }
        self.store
            .write_serializable_audited(move |tx| {
                let closure = Closure { last_day, reason: reason.clone(), closed_by: by, closed_at: now };
                Box::pin(async move {
                    crate::admin::canteens::hold(tx, canteen).await?;
                    let tills = terminals::of_canteen(tx, canteen).await?;
                    if tills.iter().any(|till| till.revoked_at.is_none()) {
                        return Err(Error::refused(Code::Conflict, words::TILLS_IN_SERVICE));
                    }
                    if !demands::close_canteen(tx, canteen, &closure).await? {
                        return Err(Error::refused(Code::Conflict, words::CLOSED));
                    }
                    let act = Act::new(by, Action::CanteenClose, format!("canteen:{canteen}"));
                    act.with("last_day", last_day.to_string()).done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Proposes to demand the whole balance that a closed canteen's last statement left.
    pub async fn propose_demand(&self, new: NewDemand, by: UserId) -> Result<ProposalRow, Error> {
        if new.due < self.now().business_date() {
            return Err(Error::refused(Code::Invalid, words::DUE_PAST));
        }
        let id = new.statement;
        let read = self.store.read(move |tx| Box::pin(async move { demandable(tx, id).await }));
        let (stored, shares) = read.await?;
        let demand = Demand {
            canteen: stored.canteen,
            statement: id,
            month: stored.month,
            number: Demand::number_of(&stored.number),
            shares,
            due: new.due,
            reason: new.reason,
        };
        self.propose(Proposed::Demand { demand }, stored.region, by).await
    }

    /// Notes an amount that came in on a demand.
    ///
    /// Refused to who proposed the demand, and for more than the payer is still owed.
    pub async fn receive_on_demand(&self, id: Uuid, new: NewReceipt, by: UserId) -> Result<(), Error> {
        let now = self.now();
        self.store
            .write_serializable_audited(move |tx| {
                let new = new.clone();
                Box::pin(async move { receive(tx, id, new, by, now).await })
            })
            .await
    }
}

async fn receive(tx: &mut Tx, id: Uuid, new: NewReceipt, by: UserId, now: UnixMs) -> Result<(), Error> {
    let row = demands::get(tx, id).await?.ok_or_else(|| Error::refused(Code::NotFound, words::NONE))?;
    if row.demanded_by == by {
        return Err(Error::refused(Code::SecondPerson, words::SECOND_PERSON));
    }
    if new.received_on > now.local_date() {
        return Err(Error::refused(Code::Invalid, words::RECEIVED_LATER));
    }
    let (Json(demand), paid) = (&row.content, demands::receipts(tx, id).await?);
    Demand::may_take(&left(demand, &paid), &new.payer, new.amount).map_err(|why| match why {
        NotTaken::NotPositive => Error::refused(Code::Invalid, words::NOT_POSITIVE),
        NotTaken::TooMuch(owed) => Error::refused(Code::Conflict, words::too_much(owed)),
    })?;
    let NewReceipt { payer, amount, received_on, reference } = new;
    let number = paid.last().map_or(1, |last| last.number + 1);
    let posting = ledger::of_receipt(demand.canteen, &payer, amount);
    let payer = Json(payer);
    demands::receive(tx, id, &Receipt { number, payer, amount, received_on, reference, noted_by: by, noted_at: now })
        .await?;
    crate::store::ledger::add(tx, demand.statement, posting.as_slice(), now).await?;
    let act = Act::new(by, Action::DemandReceive, format!("demand:{id}"));
    act.with("number", number).with("amount", amount.get()).done(tx, now).await.map(drop)
}

/// What is still owed on a demand, by payer.
#[must_use]
pub fn left(demand: &Demand, paid: &[Receipt]) -> PayerSums {
    demand.left(paid.iter().map(|receipt| (&receipt.payer.0, receipt.amount)))
}

/// The statement whose balance can be demanded, with that balance by payer.
///
/// Refused unless the canteen is closed, the statement is its region's last, approved, left something and was not
/// demanded yet: whatever a later month begins with would be taken twice.
async fn demandable(tx: &mut Tx, id: StatementId) -> Result<(StoredStatement, PayerSums), Error> {
    let refused = |words: &'static str| Error::refused(Code::Conflict, words);
    let unknown = || Error::refused(Code::NotFound, crate::words::settlement::no_such_statement());
    let stored = months::statement(tx, id).await?.ok_or_else(unknown)?;
    if demands::closure(tx, stored.canteen).await?.is_none() {
        return Err(refused(words::NOT_CLOSED));
    }
    if stored.approved != 1 {
        return Err(refused(words::NOT_APPROVED));
    }
    if months::drafted_after(tx, &stored.region, stored.month).await?.is_some() {
        return Err(refused(words::NOT_THE_LAST));
    }
    if demands::of_statement(tx, id).await?.is_some() {
        return Err(refused(words::DEMANDED));
    }
    let shares = Demand::shares_of(&stored.content.0).ok_or_else(|| refused(words::NOTHING_OWED))?;
    Ok((stored, shares))
}

/// Refuses a demand that is not what its statement left, or cannot be made any more.
pub(crate) async fn fits(tx: &mut Tx, demand: &Demand) -> Result<(), Error> {
    let (stored, shares) = demandable(tx, demand.statement).await?;
    let same = stored.canteen == demand.canteen && stored.month == demand.month;
    if same && demand.number == Demand::number_of(&stored.number) && demand.shares == shares {
        return Ok(());
    }
    Err(Error::refused(Code::Conflict, words::NOT_ITS_BALANCE))
}

/// Makes an approved demand stand: the balance leaves what the next statement would begin with.
pub(crate) async fn issue(
    tx: &mut Tx,
    id: Uuid,
    demand: Demand,
    (maker, checker): (UserId, UserId),
    now: UnixMs,
) -> Result<(), Error> {
    fits(tx, &demand).await?;
    if demand.due < now.business_date() {
        return Err(Error::refused(Code::Conflict, words::DUE_PAST));
    }
    let (statement, digest, number) = (demand.statement, demand.digest(), demand.number.clone());
    let postings = ledger::of_demand(&demand);
    let content = Json(demand);
    demands::add(tx, &DemandRow { id, content, digest, demanded_by: maker, approved_by: checker, approved_at: now })
        .await?;
    crate::store::ledger::add(tx, statement, &postings, now).await?;
    let act = Act::new(checker, Action::DemandIssue, format!("demand:{id}"));
    act.with("number", number).with("digest", digest.to_string()).done(tx, now).await.map(drop)
}
