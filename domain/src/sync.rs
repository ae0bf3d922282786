//! What terminal and server say to each other. JSON over HTTP; every request of a terminal is signed with its key.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /api/v1/enrolments` (not signed) | [`Enrol`] | [`Enrolled`] |
//! | `POST /api/v1/terminal/hello` | [`Hello`] | [`HelloAnswer`] |
//! | `POST /api/v1/terminal/records` | [`Batch`] | [`BatchAnswer`] |
//! | `GET /api/v1/terminal/setup` | | [`Setup`] |
//! | `GET /api/v1/terminal/roster?after=MS&page=N&behind=ELDER` | | [`RosterPage`] |
//! | `GET /api/v1/terminal/usage?after=MS&paged=true&from=ELDER` | | [`UsagePage`] |
//! | `GET /api/v1/terminal/refunds` | | [`RefundsDue`] |
//! | `POST /api/v1/terminal/lookup` | [`Lookup`] | [`Found`] |
//!
//! Feeds are deltas by instant: the answer names the instant it is from, and the next request asks for what changed
//! after it. The server repeats a minute of overlap, and every row replaces the terminal's row as a whole, so that
//! neither a repeated nor an interrupted answer does harm.

use serde::{Deserialize, Serialize};

use crate::calendar::{BusinessDate, MealPeriod, UnixMs, WorkCalendar};
use crate::canteen::CanteenFact;
use crate::credential::ReaderFormat;
use crate::elder::Elder;
use crate::id::{CanteenId, CashierId, Digest, ElderId, RecordId, RefundId, TerminalId};
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The code that the office gave out.
    pub code: String,
    /// The terminal's public key, 64 hex digits.
    pub public_key: Digest,
    /// Who the terminal is already, if it was let in before: an office that was restored from an older backup takes it
    /// up again under that name, so that it takes its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownTerminal>,
    /// Signature over [`enrolment_digest`]: shows that the key is at hand.
    pub signature: SignatureHex,
}

/// The name under which a terminal's records stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KnownTerminal {
    /// Its name.
    pub terminal: TerminalId,
    /// Its canteen.
    pub canteen: CanteenId,
}

/// What the signature of [`Enrol`] is over.
#[must_use]
pub fn enrolment_digest(code: &str, public_key: &Digest, known: Option<KnownTerminal>) -> Digest {
    match known {
        None => Digest::of("zhucan.enrol.1", &[code.as_bytes(), &public_key.0]),
        Some(KnownTerminal { terminal, canteen }) => Digest::of(
            "zhucan.enrol.2",
            &[code.as_bytes(), &public_key.0, terminal.uuid().as_bytes(), canteen.uuid().as_bytes()],
        ),
    }
}

/// A terminal's fingerprint, for people: the terminal shows it, the office lists it, and an administrator compares them.
#[must_use]
pub fn fingerprint(public_key: &Digest) -> String {
    Digest::of("zhucan.fingerprint.1", &[&public_key.0]).short()
}

/// The answer to [`Enrol`]. The same key again gets the same answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// The terminal's name from now on.
    pub terminal: TerminalId,
    /// Its canteen.
    pub canteen: CanteenId,
    /// The key of its card digests, 64 hex digits; kept sealed.
    pub digest_key: String,
    /// The server's time.
    pub server_time: UnixMs,
    /// Whether an administrator has compared the key's fingerprint and let the terminal in. Until then it is answered
    /// with 403 `enrolment_pending` and serves nobody.
    pub confirmed: bool,
}

/// First words of every contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// The latest few heads of the office's audit chain that it was told: a witness against the office.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<AuditHead>,
}

/// So many heads of the office's audit chain a terminal keeps, the latest ones.
pub const WITNESSES: usize = 4;

/// The last entry of the office's audit chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuditHead {
    /// Its place, from 1.
    pub sequence: u64,
    /// Its hash, which stands for every entry before it too.
    pub hash: Digest,
}

/// What the server holds and where things stand.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HelloAnswer {
    /// Names the server's database; another one means that it was made anew or restored.
    pub server_epoch: String,
    /// The server's time.
    pub server_time: UnixMs,
    /// For each epoch of this terminal, oldest first: how far an outcome stands without gap.
    pub cursors: Vec<Cursor>,
    /// Digest of [`Setup`]; fetch it when it differs.
    pub setup: Digest,
    /// What each part of the office's feeds stands at.
    pub versions: Versions,
    /// The head of the office's audit chain; nothing while it is empty.
    #[serde(default)]
    pub audit: Option<AuditHead>,
}

/// The versions of everything a terminal is told. The parts of the setup travel together and are named apart, so that
/// a person can see which of them is old.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Versions {
    /// Digest of the policies in force and announced.
    pub policies: Digest,
    /// Digest of the statutory calendar.
    pub calendar: Digest,
    /// Digest of the canteen's tags and standing.
    pub standing: Digest,
    /// Digest of the list prices.
    pub prices: Digest,
    /// Digest of the cashiers.
    pub cashiers: Digest,
    /// The instant after which nothing of the roster, revoked cards among it, has changed for this canteen's region.
    pub roster: UnixMs,
    /// The instant after which no meal of an elder has changed.
    pub usage: UnixMs,
    /// Digest of the refunds due at this canteen.
    pub refunds: Digest,
    /// Of whom the roster is: when it changes somebody may have left, which no delta tells, and all of it is fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Digest>,
}

/// How far a terminal's epoch is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = JournalCursor))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Epoch.
    pub epoch: u32,
    /// Each with the sequence that the terminal's journal has it under.
    pub records: Vec<BatchRecord>,
}

/// One record of a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchRecord {
    /// Sequence in the terminal's journal.
    pub sequence: u64,
    /// Bytes and signature.
    pub signed: SignedRecord,
}

/// An answer to every record of the batch, in its order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RecordOutcome))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RecordRejection))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// How long the terminal serves subsidised meals on an old roster.
    #[serde(default)]
    pub offline: OfflineLimits,
    /// How the canteen's card readers write a chip's number, if it has any.
    #[serde(default)]
    pub reader: Option<ReaderFormat>,
}

/// How old a roster, with its list of revoked cards, may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfflineLimits {
    /// Older than this: a banner tells the cashier, ms.
    pub soft_ms: i64,
    /// Older than this: full price, and the difference is due back later, ms. Off by default.
    pub hard_ms: Option<i64>,
}

impl Default for OfflineLimits {
    fn default() -> Self {
        Self { soft_ms: 24 * 60 * 60 * 1000, hard_ms: None }
    }
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

    /// The versions of its parts, beside those of the other feeds; the roster's scope is the office's to add.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn versions(&self, roster: UnixMs, usage: UnixMs, refunds: &RefundsDue) -> Versions {
        fn part(name: &str, value: &impl Serialize) -> Digest {
            let json = serde_json::to_vec(value).unwrap_or_else(|e| unreachable!("setup has a JSON form: {e}"));
            Digest::of("zhucan.setup-part.1", &[name.as_bytes(), &json])
        }
        Versions {
            policies: part("policies", &self.policies),
            calendar: self.calendar.digest(),
            standing: part("standing", &self.facts),
            prices: part("prices", &self.prices),
            cashiers: part("cashiers", &self.cashiers),
            roster,
            usage,
            refunds: refunds.digest(),
            scope: None,
        }
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

/// Asks whom a resident ID names that the terminal holds no digest of. Sent only over a connection that nobody else
/// reads, never written down.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The number, 18 characters.
    pub resident_id: String,
}

/// The answer to [`Lookup`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = LookupAnswer))]
pub struct Found {
    /// The elder, without the digest of the number; nothing when the office does not know the number.
    pub entry: Option<RosterEntry>,
    /// What the elder has used.
    pub uses: Vec<Use>,
    /// The instant it is from.
    pub version: UnixMs,
}

/// What this canteen's tills may pay back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RefundsDue {
    /// All that are due and not known to be paid.
    pub refunds: Vec<RefundDue>,
}

impl RefundsDue {
    /// The version that [`Versions`] names.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_vec(self).unwrap_or_else(|e| unreachable!("refunds have a JSON form: {e}"));
        Digest::of("zhucan.refunds.1", &[&json])
    }
}

/// Money due back to an elder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RefundDue {
    /// The entry of the office's list.
    pub id: RefundId,
    /// The elder.
    pub elder: ElderId,
    /// The meal that was paid too dear.
    pub meal: RecordId,
    /// Its business date.
    pub date: BusinessDate,
    /// Fen, positive.
    pub amount: Fen,
}

/// A part of the roster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RosterPage {
    /// Rows that replace the terminal's.
    pub entries: Vec<RosterEntry>,
    /// Ask for the next page with the same `after`, `behind` the last elder of this one.
    pub more: bool,
    /// The instant it is from; ask after it once the last page has arrived.
    pub version: UnixMs,
}

/// An elder as a terminal knows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// When the photo that the office has was put there; only for the canteen's regulars. A terminal that holds another
    /// one, or none, asks for it ([`Photo`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<UnixMs>,
}

/// An elder's photo, for a till that may show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Photo {
    /// Whose.
    pub elder: ElderId,
    /// When it was put there, as the roster tells it.
    pub changed: UnixMs,
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    /// The picture, as hexadecimal digits.
    pub hex: String,
}

/// A card as a terminal knows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RosterCard {
    /// Digest of the card's number, printed or in its chip, under the terminal's key
    /// ([`crate::credential::Scan::digest`]).
    pub digest: Digest,
    /// The last four digits, for people.
    pub tail: String,
    /// When it was revoked, if it was.
    pub revoked: Option<UnixMs>,
    /// The last business date on which it is good; nothing for a card without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<BusinessDate>,
}

/// What elders have used, in every canteen, as far as the server knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UsagePage {
    /// Rows that replace the terminal's.
    pub entries: Vec<UsageEntry>,
    /// The terminal's own meals of these sequences are among the uses: it adds those of its journal above them. Of
    /// several pages those of the first hold for all of them.
    pub included: Vec<Cursor>,
    /// The instant it is from; of several pages that of the first is the one to ask after next.
    pub version: UnixMs,
    /// The last elder of a page that has others behind it: the next one is asked for from there. Only a terminal that
    /// asks for pages is given them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<ElderId>,
}

/// One elder's uses of the current and the last calendar month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UsageEntry {
    /// Who.
    pub elder: ElderId,
    /// Meals that were not voided and had a benefit.
    pub uses: Vec<Use>,
}

/// One applied benefit of one meal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BenefitUse))]
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
