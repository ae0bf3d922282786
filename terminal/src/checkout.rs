//! scan → recognise → decide → offer: what the till puts to the cashier, as pure functions.
//!
//! Nobody is refused food. What is refused here is the subsidy by this card, and every refusal has a way on.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::credential::{Scan, ScanError};
use domain::decision::{Decision, MealFacts, Mode};
use domain::id::{Digest, RecordId};
use domain::money::Fen;
use domain::policy::model::MealWindow;
use domain::record::{Credential, Diner, Meal, Tender};
use domain::subsidy::decide;
use domain::sync::RosterEntry;

use crate::journal::Stored;
use crate::roster::KnownUsage;
use crate::rules::{Rules, Serving};
use crate::usage;

/// Somebody the roster knows.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) entry: RosterEntry,
    pub(crate) credential: Credential,
    /// The card's last four digits.
    pub(crate) tail: Option<String>,
}

/// Why a scan brings no subsidy now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The scan is not readable as anything that names an elder.
    Unreadable(ScanError),
    /// A card that the roster does not hold.
    UnknownCard { tail: String, list_at: UnixMs },
    /// A resident ID that is not among the canteen's regulars.
    UnknownId { list_at: UnixMs },
    /// The card was reported lost or replaced.
    CardRevoked { tail: String, since: UnixMs, list_at: UnixMs },
    /// A death is on record.
    NotActive { list_at: UnixMs },
    /// No meal is served now.
    OutsideWindow { next: MealWindow, tomorrow: bool },
    /// The office has approved no price for the meal.
    NoPrice { period: MealPeriod },
}

impl Refusal {
    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(ScanError::PaymentCode) => "payment_code",
            Self::Unreadable(ScanError::CardCheck) => "card_misread",
            Self::Unreadable(ScanError::ResidentId(_)) => "bad_id_number",
            Self::Unreadable(ScanError::Empty | ScanError::Unknown) => "not_a_card",
            Self::UnknownCard { .. } => "unknown_card",
            Self::UnknownId { .. } => "unknown_id",
            Self::CardRevoked { .. } => "card_revoked",
            Self::NotActive { .. } => "not_active",
            Self::OutsideWindow { .. } => "outside_window",
            Self::NoPrice { .. } => "no_price",
        }
    }
}

/// A sale that waits for the cashier.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// The id that its record will have: confirming it twice charges once.
    pub(crate) sale: RecordId,
    /// Nothing for a guest.
    pub(crate) person: Option<Person>,
    /// The record's body, with the tender that is proposed.
    pub(crate) meal: Meal,
}

/// The meal that the elder had before.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub(crate) at: UnixMs,
    /// Whether it was in this canteen.
    pub(crate) here: bool,
    /// The own record, if it was at this terminal.
    pub(crate) record: Option<Box<Stored>>,
}

/// What a scan leads to.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Offer(Box<Offer>),
    Duplicate { person: Box<Person>, period: MealPeriod, first: First },
    Refused(Refusal),
}

/// What the terminal knows at the moment of the scan.
pub(crate) struct Moment<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) at: UnixMs,
    pub(crate) mode: Mode,
    pub(crate) online: bool,
    pub(crate) sale: RecordId,
}

/// What the terminal knows of what an elder has had.
pub(crate) struct History<'a> {
    pub(crate) known: &'a KnownUsage,
    pub(crate) own: &'a [Stored],
    /// The own meal of the same day and period, if there is one.
    pub(crate) served: Option<Stored>,
    pub(crate) roster: UnixMs,
}

/// Whom a scan names, if the roster knows and nothing speaks against it.
pub(crate) fn recognise(
    scan: &Scan,
    digest: &Digest,
    found: Option<RosterEntry>,
    now: UnixMs,
    list_at: UnixMs,
) -> Result<Person, Refusal> {
    let (credential, tail) = match scan {
        Scan::Card(card) => (Credential::Card, Some(card.tail().to_owned())),
        Scan::Chip(chip) => (Credential::Chip, Some(chip.tail().to_owned())),
        Scan::ResidentId(_) => (Credential::ResidentId, None),
    };
    let Some(entry) = found else {
        return Err(match tail {
            Some(tail) => Refusal::UnknownCard { tail, list_at },
            None => Refusal::UnknownId { list_at },
        });
    };
    let card = entry.cards.iter().find(|card| card.digest == *digest);
    if let Some((card, since)) = card.and_then(|card| card.revoked.map(|since| (card, since))) {
        return Err(Refusal::CardRevoked { tail: card.tail.clone(), since, list_at });
    }
    let died = entry.elder.died(UnixMs::new(i64::MAX));
    if died.is_some_and(|died| died < now.business_date()) {
        return Err(Refusal::NotActive { list_at });
    }
    Ok(Person { entry, credential, tail })
}

/// Period and price of the meal that is sold now; guests may have the nearest one when none is served.
pub(crate) fn on_sale(rules: &Rules, at: UnixMs, guest: bool) -> Result<(MealPeriod, Fen), Refusal> {
    let serving = rules.serving(at);
    if let Serving::Closed { next, tomorrow, .. } = &serving
        && !guest
    {
        return Err(Refusal::OutsideWindow { next: next.clone(), tomorrow: *tomorrow });
    }
    let period = serving.window().period.clone();
    let price = rules.price(at.business_date(), &period).ok_or_else(|| Refusal::NoPrice { period: period.clone() })?;
    Ok((period, price))
}

/// A guest's meal: full price, no name.
pub(crate) fn offer_guest(moment: &Moment<'_>) -> Verdict {
    match on_sale(moment.rules, moment.at, true) {
        Err(refusal) => Verdict::Refused(refusal),
        Ok((period, price)) => {
            let facts = MealFacts { date: moment.at.business_date(), period, mode: moment.mode, price };
            Verdict::Offer(Box::new(offer(moment, None, facts, None, Decision::full_price(price))))
        }
    }
}

/// An elder's meal, unless the elder has had it or none is served now.
pub(crate) fn offer_elder(moment: &Moment<'_>, person: Person, history: History<'_>) -> Verdict {
    let (period, price) = match on_sale(moment.rules, moment.at, false) {
        Ok(on_sale) => on_sale,
        Err(refusal) => return Verdict::Refused(refusal),
    };
    let date = moment.at.business_date();
    let uses = usage::uses(history.known, history.own);
    let first = match history.served {
        Some(stored) => Some(First { at: stored.record.at, here: true, record: Some(Box::new(stored)) }),
        None => usage::earlier(date, &period, &uses).map(|e| First { at: e.at, here: e.here, record: None }),
    };
    if let Some(first) = first {
        return Verdict::Duplicate { person: Box::new(person), period, first };
    }
    let facts = MealFacts { date, period, mode: moment.mode, price };
    let diner = Diner {
        elder: person.entry.elder.id,
        credential: person.credential,
        facts: person.entry.elder.on(date, UnixMs::new(i64::MAX)),
        canteen: moment.rules.canteen_on(date),
        used: usage::before(date, &uses),
        roster: history.roster,
        usage: history.known.version,
        calendar: moment.rules.calendar().digest(),
        approved_by: None,
    };
    let decision = decision(moment.rules, date, &diner, &facts);
    Verdict::Offer(Box::new(offer(moment, Some(person), facts, Some(diner), decision)))
}

/// Without a policy the price is full.
fn decision(rules: &Rules, date: BusinessDate, diner: &Diner, facts: &MealFacts) -> Decision {
    rules.policy(date).map_or_else(
        || Decision::full_price(facts.price),
        |policy| decide(policy, rules.calendar(), &diner.facts, &diner.canteen, facts, &diner.used).decision,
    )
}

fn offer(
    moment: &Moment<'_>,
    person: Option<Person>,
    facts: MealFacts,
    diner: Option<Diner>,
    decision: Decision,
) -> Offer {
    let tender = if decision.to_pay().is_zero() { Tender::Free } else { Tender::Cash };
    Offer { sale: moment.sale, person, meal: Meal::new(facts, diner, tender, moment.online, decision) }
}

/// Whether the elder may pay so: free is for nothing to pay, and nothing to pay is free.
pub(crate) fn may_tender(decision: &Decision, tender: Tender) -> bool {
    (tender == Tender::Free) == decision.to_pay().is_zero()
}
