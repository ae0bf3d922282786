//! What terminal and server say to each other. JSON over HTTP; every request of a terminal is signed with its key.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /api/v1/enrolments` (not signed) | [`Enrol`] | [`Enrolled`] |
//! | `POST /api/v1/terminal/hello` | [`Hello`] | [`HelloAnswer`] |
//! | `POST /api/v1/terminal/records` | [`Batch`] | [`BatchAnswer`] |
//! | `GET /api/v1/terminal/setup` | | [`Setup`] |
//! | `GET /api/v1/terminal/roster?after=MS&page=N` | | [`RosterPage`] |
//! | `GET /api/v1/terminal/usage?after=MS&epoch=E` | | [`UsagePage`] |
//!
//! Feeds are deltas by instant: the answer names the instant it is from, and the next request asks for what changed
//! after it. The server repeats a minute of overlap, and every row replaces the terminal's row as a whole, so that
//! neither a repeated nor an interrupted answer does harm.

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, MealPeriod, UnixMs, WorkCalendar};
use crate::canteen::CanteenFact;
use crate::elder::Elder;
use crate::id::{CanteenId, CashierId, Digest, ElderId, RecordId, TerminalId};
use crate::money::Fen;
use crate::record::Head;
use crate::record::check::Dispute;
use crate::record::encoding::{SignatureHex, SignedRecord};
use crate::region::RegionCode;

/// The protocol's version, sent in [`Hello`].
pub const PROTOCOL: u16 = 1;
/// At most so many records in a batch.
pub const MAX_BATCH_RECORDS: usize = 200;
/// At most so many bytes of records in a batch (one record may be larger than what is left and goes alone).
pub const MAX_BATCH_BYTES: usize = 256 * 1024;
/// A signed request is refused when its time is farther from the server's than this, ms.
pub const NONCE_WINDOW_MS: i64 = 5 * 60 * 1000;

/// The headers that sign a request: `zhucan-terminal`, `zhucan-time` (unix ms), `zhucan-nonce` (32 hex digits) and
/// `zhucan-signature` (128 hex digits, Ed25519 over this digest).
#[must_use]
pub fn request_digest(method: &str, path_and_query: &str, body: &[u8], time: UnixMs, nonce: &str) -> Digest {
    let time = time.get().to_string();
    let parts = [method.as_bytes(), path_and_query.as_bytes(), body, time.as_bytes(), nonce.as_bytes()];
    Digest::of("zhucan.request.1", &parts)
}

/// Asks to be let in with a one-time code.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The code that the office gave out.
    pub code: String,
    /// The terminal's public key, 64 hex digits.
    pub public_key: Digest,
    /// Signature over [`enrolment_digest`]: shows that the key is at hand.
    pub signature: SignatureHex,
}

/// What the signature of [`Enrol`] is over.
#[must_use]
pub fn enrolment_digest(code: &str, public_key: &Digest) -> Digest {
    Digest::of("zhucan.enrol.1", &[code.as_bytes(), &public_key.0])
}

/// The answer to [`Enrol`]. The same key again gets the same answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enrolled {
    /// The terminal's name from now on.
    pub terminal: TerminalId,
    /// Its canteen.
    pub canteen: CanteenId,
    /// The key of its card digests, 64 hex digits; kept sealed.
    pub digest_key: String,
    /// The server's time.
    pub server_time: UnixMs,
}

/// First words of every contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`PROTOCOL`].
    pub protocol: u16,
    /// The program's version.
    pub software: String,
    /// The terminal's current head, if it has one.
    pub head: Option<Head>,
    /// Records it still has to send.
    pub unsent: u64,
}

/// What the server holds and where things stand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HelloAnswer {
    /// Names the server's database; another one means that it was made anew or restored.
    pub server_epoch: String,
    /// The server's time.
    pub server_time: UnixMs,
    /// For each epoch of this terminal, oldest first: how far an outcome stands without gap.
    pub cursors: Vec<Cursor>,
    /// Digest of [`Setup`]; fetch it when it differs.
    pub setup: Digest,
}

/// How far a terminal's epoch is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Epoch.
    pub epoch: u32,
    /// Every sequence below this one has an outcome: the next one to send.
    pub next: u64,
    /// Hash of the record before `next`; zero when there is none.
    pub head: Digest,
}

/// Records in order, all of one epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Epoch.
    pub epoch: u32,
    /// Each with the sequence that the terminal's journal has it under.
    pub records: Vec<BatchRecord>,
}

/// One record of a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRecord {
    /// Sequence in the terminal's journal.
    pub sequence: u64,
    /// Bytes and signature.
    pub signed: SignedRecord,
}

/// An answer to every record of the batch, in its order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// Outcomes in the order of the batch.
    pub outcomes: Vec<RecordAnswer>,
    /// Where the epoch stands now.
    pub cursor: Cursor,
    /// The server's time.
    pub server_time: UnixMs,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAnswer {
    /// Sequence as sent.
    pub sequence: u64,
    /// The record's id, where it could be read.
    pub id: Option<RecordId>,
    /// What became of it. The same bytes get the same outcome for ever.
    pub outcome: Outcome,
}

/// What the server makes of a record. An outcome never flips.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Genuine, and right by its own inputs.
    Accepted,
    /// Genuine, but not right by its own inputs. It is stored and the day close judges it.
    Disputed {
        /// Why.
        dispute: Dispute,
    },
    /// Cannot be a record of this terminal; kept in quarantine.
    Rejected {
        /// Why.
        rejection: Rejection,
    },
}

/// Why a blob cannot be a record of the terminal that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// Not readable as a record in its one encoding.
    Malformed,
    /// The signature does not fit the terminal's key.
    Signature,
    /// Names another terminal, canteen, epoch or sequence than it was sent for.
    OtherOrigin,
    /// The id or the sequence is taken by other bytes; both are kept.
    Conflict,
}

/// Everything of a terminal's canteen that is not about elders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The canteen.
    pub canteen: CanteenId,
    /// Its name, as on slips.
    pub name: String,
    /// Where it stands.
    pub region: RegionCode,
    /// Telephone for elders, as printed.
    pub phone: String,
    /// Tags and standing with their dates.
    pub facts: Vec<CanteenFact>,
    /// The approved list prices.
    pub prices: Vec<ListPrice>,
    /// Sources of all policies announced for its region, each a whole file.
    pub policies: Vec<String>,
    /// The statutory calendar.
    pub calendar: WorkCalendar,
    /// Who may serve here.
    pub cashiers: Vec<Cashier>,
}

impl Setup {
    /// The version that [`HelloAnswer`] names.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("setup has a JSON form: {e}"));
        Digest::of("zhucan.setup.1", &[&json])
    }

    /// The list price in force for a period on a date: the one with the latest first day.
    #[must_use]
    pub fn price(&self, date: BusinessDate, period: &MealPeriod) -> Option<Fen> {
        let dated = self.prices.iter().filter(|p| p.valid_from <= date && p.period == *period);
        dated.max_by_key(|p| p.valid_from).map(|p| p.price)
    }
}

/// A set meal's price from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrice {
    /// First business date.
    pub valid_from: BusinessDate,
    /// Meal period.
    pub period: MealPeriod,
    /// Fen.
    pub price: Fen,
}

/// A cashier, with what a PIN is checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cashier {
    /// Who.
    pub id: CashierId,
    /// Staff are named in full.
    pub name: String,
    /// Argon2id hash of the PIN (PHC string).
    pub pin_hash: String,
    /// May authorise overrides.
    pub supervisor: bool,
}

/// A part of the roster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RosterPage {
    /// Rows that replace the terminal's.
    pub entries: Vec<RosterEntry>,
    /// Ask for the next page with the same `after`.
    pub more: bool,
    /// The instant it is from; ask after it once the last page has arrived.
    pub version: UnixMs,
}

/// An elder as a terminal knows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Pseudonym, birth date and dated facts.
    pub elder: Elder,
    /// The name with its middle hidden: `张*国`.
    pub masked_name: String,
    /// For the till's words `男` and `女`.
    pub female: bool,
    /// Cards that were ever issued.
    pub cards: Vec<RosterCard>,
    /// Digest of the ID number under the terminal's key; only for the canteen's regulars.
    pub resident_id: Option<Digest>,
}

/// A card as a terminal knows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterCard {
    /// Digest of the card's number under the terminal's key ([`crate::credential::Scan::digest`]).
    pub digest: Digest,
    /// The last four digits, for people.
    pub tail: String,
    /// When it was revoked, if it was.
    pub revoked: Option<UnixMs>,
}

/// What elders have used, in every canteen, as far as the server knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UsagePage {
    /// Rows that replace the terminal's.
    pub entries: Vec<UsageEntry>,
    /// The terminal's own meals of these sequences are among the uses: it adds those of its journal above them.
    pub included: Vec<Cursor>,
    /// The instant it is from.
    pub version: UnixMs,
}

/// One elder's uses of the current and the last calendar month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageEntry {
    /// Who.
    pub elder: ElderId,
    /// Meals that were not voided and had a benefit.
    pub uses: Vec<Use>,
}

/// One applied benefit of one meal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Business date of the meal.
    pub date: BusinessDate,
    /// Policy id.
    pub policy: String,
    /// The line as it was applied.
    pub line: crate::decision::Line,
    /// When, for the cashier: `今日午餐已用 11:32`.
    pub at: UnixMs,
    /// In which period.
    pub period: MealPeriod,
    /// Whether it was in the terminal's own canteen.
    pub here: bool,
}
