//! scan → recognise → decide → offer: what the till puts to the cashier, as pure functions.
//!
//! Nobody is refused food. What is refused here is the subsidy by this card, and every refusal has a way on.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::credential::{Scan, ScanError};
use domain::decision::{Decision, MealFacts, Mode};
use domain::id::{CashierId, Digest, RecordId};
use domain::money::Fen;
use domain::policy::model::MealWindow;
use domain::record::{Credential, Diner, Meal, Tender};
use domain::subsidy::decide;
use domain::sync::RosterEntry;

use crate::journal::Stored;
use crate::lookup::Fresh;
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
    /// What the office said of this elder just now, where it was asked.
    pub(crate) fresh: Option<Fresh>,
    /// The supervisor who looked at the elder, where recognition was by hand.
    pub(crate) approved_by: Option<CashierId>,
}

/// Why a scan brings no subsidy now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The scan is not readable as anything that names an elder.
    Unreadable(ScanError),
    /// A card that the roster does not hold.
    UnknownCard { tail: String, list_at: UnixMs, unknown: Unknown },
    /// A resident ID that is not among the canteen's regulars, and that the office does not know or was not asked of.
    UnknownId { list_at: UnixMs, unknown: Unknown },
    /// The card was reported lost or replaced.
    CardRevoked { tail: String, since: UnixMs, list_at: UnixMs },
    /// The card's last day is over.
    CardExpired { tail: String, list_at: UnixMs },
    /// A death is on record.
    NotActive { list_at: UnixMs },
    /// No meal is served now.
    OutsideWindow { next: MealWindow, tomorrow: bool },
    /// The office has approved no price for the meal.
    NoPrice { period: MealPeriod },
    /// In training somebody's own card was scanned.
    OnlyPractice,
    /// A practice card was scanned at work.
    PracticeCard,
}

/// A credential that names nobody here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// Its digest under the terminal's key.
    pub(crate) digest: Digest,
    /// Whether the office was reached, so that it is unknown there too.
    pub(crate) asked: bool,
}

impl Refusal {
    /// The digest of a credential that may yet turn out to be an elder's: the office could not be asked.
    pub(crate) const fn unidentified(&self) -> Option<Digest> {
        match self {
            Self::UnknownCard { unknown: Unknown { digest, asked: false }, .. }
            | Self::UnknownId { unknown: Unknown { digest, asked: false }, .. } => Some(*digest),
            _ => None,
        }
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(ScanError::PaymentCode) => "payment_code",
            Self::Unreadable(ScanError::CardCheck) => "card_misread",
            Self::Unreadable(ScanError::ResidentId(_)) => "bad_id_number",
            Self::Unreadable(ScanError::Empty | ScanError::Unknown) => "not_a_card",
            Self::UnknownCard { .. } => "unknown_card",
            Self::UnknownId { unknown: Unknown { asked: true, .. }, .. } => "unknown_id",
            Self::UnknownId { .. } => "unknown_id_offline",
            Self::CardRevoked { .. } => "card_revoked",
            Self::CardExpired { .. } => "card_expired",
            Self::NotActive { .. } => "not_active",
            Self::OutsideWindow { .. } => "outside_window",
            Self::NoPrice { .. } => "no_price",
            Self::OnlyPractice => "only_practice",
            Self::PracticeCard => "practice_card",
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
    /// Whether the price is full because the list of revoked cards is too old: the difference is due back later.
    pub(crate) list_too_old: bool,
    /// More portions of the same meal: guests', at full price.
    pub(crate) extra: Vec<RecordId>,
}

impl Offer {
    /// The further portions as records.
    pub(crate) fn extras(&self) -> Vec<(RecordId, Meal)> {
        let facts = &self.meal.meal;
        let meal = || Meal::new(facts.clone(), None, Tender::Cash, self.meal.online, Decision::full_price(facts.price));
        self.extra.iter().map(|id| (*id, meal())).collect()
    }

    /// What is to be paid for all portions.
    pub(crate) fn to_pay(&self) -> Fen {
        self.meal.decision.to_pay() + self.extra_price()
    }

    /// What the further portions cost.
    pub(crate) fn extra_price(&self) -> Fen {
        self.meal.meal.price.times(i64::try_from(self.extra.len()).unwrap_or(i64::MAX))
    }

    /// Whether the diner may pay so: free is for nothing to pay, and nothing to pay is free.
    pub(crate) fn may_tender(&self, tender: Tender) -> bool {
        (tender == Tender::Free) == self.to_pay().is_zero()
    }
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
    /// An amount that was keyed in place of the list price.
    pub(crate) typed: Option<Fen>,
    /// The ids of further portions.
    pub(crate) extras: Vec<RecordId>,
    /// For a paper list: the date and the period that it is of.
    pub(crate) paper: Option<(BusinessDate, MealPeriod)>,
    /// Practised at any hour, with the nearest meal.
    pub(crate) training: bool,
}

impl Moment<'_> {
    /// The business date of the meal.
    pub(crate) fn date(&self) -> BusinessDate {
        self.paper.as_ref().map_or_else(|| self.at.business_date(), |(date, _)| *date)
    }

    /// Its period, whether or not it is served now.
    pub(crate) fn period(&self) -> MealPeriod {
        self.paper.as_ref().map_or_else(|| self.rules.serving(self.at).window().period.clone(), |(_, p)| p.clone())
    }

    /// Period and price of an elder's meal.
    fn sold(&self) -> Result<(MealPeriod, Fen), Refusal> {
        match &self.paper {
            None => {
                let (period, list) = on_sale(self.rules, self.at, self.training)?;
                Ok((period, self.typed.unwrap_or(list)))
            }
            Some((date, period)) => {
                let price = self.rules.price(*date, period);
                let price = price.ok_or_else(|| Refusal::NoPrice { period: period.clone() })?;
                Ok((period.clone(), price))
            }
        }
    }
}

/// What the terminal knows of what an elder has had.
pub(crate) struct History<'a> {
    pub(crate) known: &'a KnownUsage,
    pub(crate) own: &'a [Stored],
    /// The own meal of the same day and period, if there is one.
    pub(crate) served: Option<Stored>,
    pub(crate) roster: UnixMs,
}

/// Whom a scan names, if the roster knows and nothing speaks against a meal on that day.
pub(crate) fn recognise(
    scan: &Scan,
    digest: &Digest,
    found: Option<RosterEntry>,
    day: BusinessDate,
    (list_at, asked): (UnixMs, bool),
) -> Result<Person, Refusal> {
    let (credential, tail) = match scan {
        Scan::Card(card) => (Credential::Card, Some(card.tail().to_owned())),
        Scan::Chip(chip) => (Credential::Chip, Some(chip.tail().to_owned())),
        Scan::ResidentId(_) => (Credential::ResidentId, None),
    };
    let Some(entry) = found else {
        let unknown = Unknown { digest: *digest, asked };
        return Err(match tail {
            Some(tail) => Refusal::UnknownCard { tail, list_at, unknown },
            None => Refusal::UnknownId { list_at, unknown },
        });
    };
    let card = entry.cards.iter().find(|card| card.digest == *digest);
    if let Some((card, since)) = card.and_then(|card| card.revoked.map(|since| (card, since))) {
        return Err(Refusal::CardRevoked { tail: card.tail.clone(), since, list_at });
    }
    if let Some(card) = card.filter(|card| card.expires.is_some_and(|last| last < day)) {
        return Err(Refusal::CardExpired { tail: card.tail.clone(), list_at });
    }
    alive(&entry, day, list_at)?;
    Ok(Person { entry, credential, tail, fresh: None, approved_by: None })
}

/// Whether the elder lived on that day, as far as is known.
pub(crate) fn alive(entry: &RosterEntry, date: BusinessDate, list_at: UnixMs) -> Result<(), Refusal> {
    let died = entry.elder.died(UnixMs::new(i64::MAX));
    if died.is_some_and(|died| died < date) { Err(Refusal::NotActive { list_at }) } else { Ok(()) }
}

/// Period and price of the meal that is sold now; guests may have the nearest one when none is served, and training too.
pub(crate) fn on_sale(rules: &Rules, at: UnixMs, at_any_hour: bool) -> Result<(MealPeriod, Fen), Refusal> {
    let serving = rules.serving(at);
    if let Serving::Closed { next, tomorrow, .. } = &serving
        && !at_any_hour
    {
        return Err(Refusal::OutsideWindow { next: next.clone(), tomorrow: *tomorrow });
    }
    let period = serving.window().period.clone();
    let price = rules.price(at.business_date(), &period).ok_or_else(|| Refusal::NoPrice { period: period.clone() })?;
    Ok((period, price))
}

/// A guest's meal: full price, no name. A credential that could not be recognised is kept with it.
pub(crate) fn offer_guest(moment: &Moment<'_>, unidentified: Option<Digest>) -> Verdict {
    match on_sale(moment.rules, moment.at, true) {
        Err(refusal) => Verdict::Refused(refusal),
        Ok((period, price)) => {
            let price = moment.typed.unwrap_or(price);
            let facts = MealFacts { date: moment.at.business_date(), period, mode: moment.mode, price };
            let mut offer = offer(moment, None, facts, None, Decision::full_price(price));
            offer.meal.unidentified = unidentified;
            Verdict::Offer(Box::new(offer))
        }
    }
}

/// An elder's meal, unless the elder has had it or none is served now.
pub(crate) fn offer_elder(moment: &Moment<'_>, person: Person, history: History<'_>) -> Verdict {
    let (period, price) = match moment.sold() {
        Ok(on_sale) => on_sale,
        Err(refusal) => return Verdict::Refused(refusal),
    };
    let date = moment.date();
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
        approved_by: person.approved_by,
    };
    let decision = decision(moment.rules, date, &diner, &facts);
    // Full price alone, with the diner on the record: the office pays the difference back once it knows.
    let list_too_old = is_too_old(moment.rules, history.roster, moment.at) && !decision.lines.is_empty();
    let decision = if list_too_old { Decision::full_price(price) } else { decision };
    let offer = offer(moment, Some(person), facts, Some(diner), decision);
    Verdict::Offer(Box::new(Offer { list_too_old, ..offer }))
}

/// Whether a list of that instant is older than the office allows for subsidised meals.
pub(crate) fn is_too_old(rules: &Rules, list: UnixMs, now: UnixMs) -> bool {
    rules.setup.offline.hard_ms.is_some_and(|most| now.get().saturating_sub(list.get()) > most)
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
    let free = decision.to_pay().is_zero() && moment.extras.is_empty();
    let tender = if free { Tender::Free } else { Tender::Cash };
    let meal = Meal::new(facts, diner, tender, moment.online, decision);
    Offer { sale: moment.sale, person, meal, list_too_old: false, extra: moment.extras.clone() }
}
