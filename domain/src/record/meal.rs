//! A served meal as a record holds it: who ate, what `decide` was given, what was charged, and how.

use serde::{Deserialize, Serialize};

use crate::calendar::UnixMs;
use crate::canteen::CanteenFacts;
use crate::decision::{Decision, MealFacts, Usage};
use crate::elder::ElderFacts;
use crate::id::{CashierId, CollectionId, Digest, ElderId, PaperListId};

/// How an elder was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A printed card's QR code.
    Card,
    /// A physical card's chip: a love card, a social security card.
    Chip,
    /// A resident identity number, typed or read.
    ResidentId,
    /// By name and birth date, with a supervisor.
    Manual,
}

/// How the elder paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tender {
    /// Cash.
    Cash,
    /// A payment app's QR code.
    QrPayment,
    /// Nothing was paid.
    Free,
}

impl Tender {
    /// All tenders in their order on screen and paper.
    pub const ALL: [Self; 3] = [Self::Cash, Self::QrPayment, Self::Free];
}

/// A served meal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meal {
    /// Date, period, mode and list price.
    pub meal: MealFacts,
    /// The elder with all that `decide` was told of them; nothing for a guest at full price.
    pub diner: Option<Diner>,
    /// How it was paid.
    pub tender: Tender,
    /// Whether the server was reached when it was sold.
    pub online: bool,
    /// What was decided, and charged.
    pub decision: Decision,
    /// Digest, under the terminal's key, of a credential that the roster did not know and the office could not be
    /// asked about: full price, and the difference is due back once the office knows whose it is. Only without a diner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unidentified: Option<Digest>,
    /// Who took the meal along for the elder, if another person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
    /// What the payment app or its provider calls the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// For a meal entered later from a paper list: back-dated, outside of any shift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
}

impl Meal {
    /// A meal with nothing out of the ordinary: eaten or taken by the elder, recognised, entered when it was served.
    #[must_use]
    pub const fn new(meal: MealFacts, diner: Option<Diner>, tender: Tender, online: bool, decision: Decision) -> Self {
        Self {
            meal,
            diner,
            tender,
            online,
            decision,
            unidentified: None,
            collection: None,
            reference: None,
            paper: None,
        }
    }
}

/// Who took a meal along for the elder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collector {
    /// A caregiver.
    Caregiver,
    /// The elder's spouse.
    Spouse,
    /// The canteen's delivery round.
    DeliveryRound,
}

/// Meals that one person took along in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Who.
    pub by: Collector,
    /// The meals taken along together share it.
    pub id: CollectionId,
}

/// A meal that was written on paper while the till was out of order, and entered later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// The list; all meals of one list share it.
    pub list: PaperListId,
    /// Which line of the list, from 1.
    pub line: u32,
    /// The second person, who compared what was entered with the paper. Never the one who entered it.
    pub approved_by: CashierId,
}

/// Who ate, and the inputs of the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diner {
    /// The pseudonym.
    pub elder: ElderId,
    /// How the elder was recognised.
    pub credential: Credential,
    /// Facts in force on the date, as far as the terminal knew.
    pub facts: ElderFacts,
    /// The canteen's facts in force on the date, as far as the terminal knew.
    pub canteen: CanteenFacts,
    /// Usage before this meal, as far as the terminal knew.
    pub used: Usage,
    /// Version of the roster, which is that of the list of revoked cards too (the instant it is from).
    pub roster: UnixMs,
    /// Version of the usage feed (the instant it is from).
    pub usage: UnixMs,
    /// Version of the calendar.
    pub calendar: Digest,
    /// The supervisor who looked at the elder, where recognition was by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<CashierId>,
}
