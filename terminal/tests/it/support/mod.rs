//! An office in memory, behind the transport: it keeps to the protocol, checks signatures and chains, and can lose,
//! repeat or refuse what it is told to. Everybody in it is invented.
#![expect(clippy::unwrap_used, reason = "test support: a failure here is a failed test")]
#![expect(unreachable_pub, reason = "shared by a test program and an example")]

#[path = "../../../src/fixture.rs"]
pub mod fixture;
pub mod till;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use domain::calendar::{BusinessDate, Clock as _, UnixMs, WorkCalendar};
use domain::credential::{CardNumber, Scan};
use domain::elder::{Elder, ElderFact, ElderFactKind};
use domain::id::{CanteenId, CashierId, Digest, ElderId, Entropy as _, TerminalId};
use domain::money::Fen;
use domain::record::Body;
use domain::record::encoding::{SignatureHex, SignedRecord, decode};
use domain::sync::{
    AuditHead, Batch, BatchAnswer, Cashier, Cursor, Enrol, Enrolled, Found, Hello, HelloAnswer, ListPrice, Lookup,
    OfflineLimits, Outcome, Photo, RecordAnswer, RefundDue, RefundsDue, Rejection, RosterCard, RosterEntry, RosterPage,
    Setup, UsageEntry, UsagePage, Use, Versions, enrolment_digest, request_digest,
};
use ed25519_dalek::{Signature, VerifyingKey};
use fixture::{SeededEntropy, TestClock};
use terminal::{Sending, Transport, TransportError, WireRequest, WireResponse};

/// The code that enrols.
pub const CODE: &str = "ENROL-0001";
/// Every cashier's PIN.
pub const PIN: &str = "2580";
/// 2026-03-31 11:32:00 +08:00, a Tuesday.
pub const NOON: UnixMs = UnixMs::new(1_774_927_920_000);

pub const POLICY: &str = r#"
[policy]
id = "yc-2026"
name = "云川市老年人助餐补贴（虚构）"
version = 1
semantics = 1
region = "440399"
effective_from = 2026-01-01

[meals]
lunch = ["10:30", "13:00"]
dinner = ["16:30", "18:30"]

[delivery]
fee = "2.00"

[[benefit]]
id = "hardship"
kind = "diner"
amount = { fixed = "8.00" }
group = "standard"
payers = { city = 5, district = 3, lottery = 2 }
[benefit.elder]
any_of = ["低保", "特困"]
[benefit.limit]
per_day = 2
scope = "group"

[[benefit]]
id = "age-90"
kind = "diner"
amount = { fixed = "6.00" }
group = "standard"
payers = { city = 5, district = 3, street = 2 }
[benefit.elder]
age = { min = 90 }
[benefit.limit]
per_day = 2
scope = "group"

[[benefit]]
id = "age-80"
kind = "diner"
amount = { fixed = "5.00" }
group = "standard"
payers = { city = 5, district = 3, street = 2 }
[benefit.elder]
age = { min = 80, max = 89 }
[benefit.limit]
per_day = 2
scope = "group"

[[benefit]]
id = "age-60"
kind = "diner"
amount = { fixed = "3.00" }
group = "standard"
payers = { city = 5, district = 3, street = 2 }
[benefit.elder]
age = { min = 60, max = 79 }
[benefit.limit]
per_day = 2
scope = "group"

[[benefit]]
id = "house"
kind = "concession"
amount = { fixed = "1.00" }
requires = ["standard"]
"#;

/// What goes wrong with the next requests, one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The request never arrives.
    LoseRequest,
    /// It is done, and the answer is lost.
    LoseAnswer,
    /// It arrives twice; the second answer is the one that counts.
    Twice,
}

pub struct Books {
    pub clock: Arc<TestClock>,
    pub entropy: SeededEntropy,
    pub setup: Setup,
    pub roster: Vec<RosterEntry>,
    pub page_size: usize,
    pub other_uses: BTreeMap<ElderId, Vec<Use>>,
    pub terminal: TerminalId,
    pub digest_key: [u8; 32],
    pub key: Option<VerifyingKey>,
    pub records: BTreeMap<u32, BTreeMap<u64, SignedRecord>>,
    pub quarantine: Vec<SignedRecord>,
    pub faults: VecDeque<Fault>,
    pub offline: bool,
    /// While there, what is asked at `thinks_of` is answered once it says so.
    pub thinks: Option<Arc<tokio::sync::Notify>>,
    pub thinks_of: &'static str,
    pub requests: Vec<String>,
    /// Names the office's database.
    pub server_epoch: String,
    /// When each elder's row last changed.
    pub changed: BTreeMap<ElderId, UnixMs>,
    /// When a meal of an elder last changed.
    pub usage_changed: UnixMs,
    pub refunds: RefundsDue,
    /// Photos of elders.
    pub photos: BTreeMap<ElderId, Photo>,
    /// The head of the audit chain that it tells.
    pub audit: Option<AuditHead>,
    /// What the terminal told back last.
    pub witnesses: Vec<AuditHead>,
    /// Whose ID number it is, for those that the roster gives no digest of.
    pub ids: BTreeMap<String, RosterEntry>,
    /// The code with which every signed request is turned away.
    pub turned_away: Option<&'static str>,
    /// Of whom the roster is.
    pub scope: Option<Digest>,
    /// Who leaves the roster after its next page.
    pub goes: Option<ElderId>,
    /// From this sequence on nothing has an outcome, as if something before it were missing.
    pub withheld: Option<u64>,
    /// In bulk, signatures are not checked and usage is not counted.
    pub bulk: bool,
    /// How long the office has worked.
    pub spent: std::time::Duration,
    nonces: std::collections::BTreeSet<String>,
}

#[derive(Clone)]
pub struct Office(pub Arc<Mutex<Books>>);

/// A card with its holder.
pub struct Holder {
    pub entry: RosterEntry,
    pub card: String,
}

pub fn elder_id(n: u128) -> ElderId {
    ElderId::from_uuid(uuid::Uuid::from_u128(0xe1de_0000 + n))
}

pub fn cashier_id(n: u128) -> CashierId {
    CashierId::from_uuid(uuid::Uuid::from_u128(0xca5_0000 + n))
}

pub fn cashier(n: u128, name: &str, supervisor: bool) -> Cashier {
    cashier_with(n, name, supervisor, PIN)
}

pub fn cashier_with(n: u128, name: &str, supervisor: bool, pin: &str) -> Cashier {
    use argon2::password_hash::PasswordHasher as _;
    // Cheap parameters: tests sign in often.
    let cheap = argon2::Params::new(64, 1, 1, None).unwrap();
    let argon = argon2::Argon2::from(cheap);
    let pin_hash = argon.hash_password_with_salt(pin.as_bytes(), b"a salt of tests!").unwrap().to_string();
    Cashier { id: cashier_id(n), name: name.into(), pin_hash, supervisor }
}

fn setup(canteen: CanteenId) -> Setup {
    let date: BusinessDate = "2026-01-01".parse().unwrap();
    let price =
        |period: &str, fen| ListPrice { valid_from: date, period: period.parse().unwrap(), price: Fen::new(fen) };
    Setup {
        canteen,
        name: "四宝山街道长者食堂".into(),
        region: "440399001002".parse().unwrap(),
        phone: "555 0128".into(),
        facts: Vec::new(),
        prices: vec![price("lunch", 1_500), price("dinner", 1_200)],
        policies: vec![POLICY.into()],
        calendar: WorkCalendar::published(),
        cashiers: vec![cashier(1, "李桂芳", false), cashier(2, "赵春梅", true), cashier(3, "钱文海", true)],
        offline: OfflineLimits::default(),
        reader: None,
    }
}

impl Office {
    /// An office with one canteen, two cashiers and nobody on the roster.
    pub fn new(clock: Arc<TestClock>) -> Self {
        let entropy = SeededEntropy::new(99);
        let mut digest_key = [0; 32];
        entropy.fill(&mut digest_key);
        let canteen = CanteenId::generate(NOON, &entropy);
        let terminal = TerminalId::generate(NOON, &entropy);
        Self(Arc::new(Mutex::new(Books {
            clock,
            entropy,
            setup: setup(canteen),
            roster: Vec::new(),
            page_size: 500,
            other_uses: BTreeMap::new(),
            terminal,
            digest_key,
            key: None,
            records: BTreeMap::new(),
            quarantine: Vec::new(),
            faults: VecDeque::new(),
            offline: false,
            thinks: None,
            thinks_of: "/api/v1/terminal/lookup",
            requests: Vec::new(),
            server_epoch: "books-1".into(),
            changed: BTreeMap::new(),
            usage_changed: UnixMs::new(1),
            refunds: RefundsDue::default(),
            photos: BTreeMap::new(),
            audit: None,
            witnesses: Vec::new(),
            ids: BTreeMap::new(),
            turned_away: None,
            scope: None,
            goes: None,
            withheld: None,
            bulk: false,
            spent: std::time::Duration::ZERO,
            nonces: std::collections::BTreeSet::new(),
        })))
    }

    pub fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// Puts an elder with a printed card on the roster.
    pub fn add_elder(&self, name: &str, birth: &str, female: bool, categories: &[&str]) -> Holder {
        let mut books = self.books();
        let number = books.roster.len() as u128 + 1;
        let card = CardNumber::generate(&books.entropy);
        let digest = Scan::Card(card.clone()).digest(&books.digest_key);
        let fact = |name: &&str| ElderFact {
            valid_from: "2020-01-01".parse().unwrap(),
            known_from: UnixMs::new(1),
            kind: ElderFactKind::Category { name: (*name).into(), level: None, held: true },
        };
        let entry = RosterEntry {
            elder: Elder {
                id: elder_id(number),
                birth: birth.parse().unwrap(),
                facts: categories.iter().map(fact).collect(),
            },
            masked_name: name.into(),
            female,
            cards: vec![RosterCard { digest, tail: card.tail().into(), revoked: None, expires: None }],
            resident_id: None,
            photo: None,
        };
        let now = books.clock.wall();
        books.changed.insert(entry.elder.id, now);
        books.roster.push(entry.clone());
        Holder { entry, card: card.expose().to_owned() }
    }

    pub fn change(&self, elder: ElderId, change: impl FnOnce(&mut RosterEntry)) {
        let mut books = self.books();
        let now = books.clock.wall();
        books.changed.insert(elder, now);
        change(books.roster.iter_mut().find(|entry| entry.elder.id == elder).unwrap());
    }

    /// The office has a photo of the elder, or another one than before.
    pub fn photograph(&self, elder: ElderId, bytes: &[u8]) {
        let changed = self.books().clock.wall();
        let photo = Photo { elder, changed, media_type: "image/jpeg".into(), hex: hex::encode(bytes) };
        self.books().photos.insert(elder, photo);
        self.change(elder, |entry| entry.photo = Some(changed));
    }

    /// Money is due back to an elder; its number.
    pub fn owe(&self, n: u128, elder: ElderId, amount: i64) -> domain::id::RefundId {
        let id = domain::id::RefundId::from_uuid(uuid::Uuid::from_u128(0x4ef0_0000 + n));
        let meal = domain::id::RecordId::from_uuid(uuid::Uuid::from_u128(0x3ea1_0000 + n));
        let date = NOON.business_date().plus_days(-3);
        self.books().refunds.refunds.push(RefundDue { id, elder, meal, date, amount: Fen::new(amount) });
        id
    }

    /// The office learns of a meal that the elder had in another canteen just now.
    pub fn had_elsewhere(&self, elder: ElderId, period: &str) {
        let mut books = self.books();
        let at = books.clock.wall();
        let line = r#"{"benefit":"age-80","group":"standard","kind":"diner","amount":500,"shares":[]}"#;
        let used = Use {
            date: at.business_date(),
            policy: "yc-2026".into(),
            line: serde_json::from_str(line).unwrap(),
            at,
            period: period.parse().unwrap(),
            here: false,
        };
        books.other_uses.insert(elder, vec![used]);
        books.usage_changed = at.plus(1);
    }

    /// The bodies of all records that the office holds of an epoch, in order.
    pub fn bodies(&self, epoch: u32) -> Vec<Body> {
        let books = self.books();
        let records = books.records.get(&epoch).into_iter().flat_map(BTreeMap::values);
        records.map(|signed| decode(&signed.record).unwrap().body).collect()
    }
}

impl Transport for Office {
    fn send(&self, request: WireRequest) -> Sending<'_> {
        Box::pin(async move {
            let thinks = {
                let books = self.books();
                books.thinks.clone().filter(|_| request.path_and_query.starts_with(books.thinks_of))
            };
            if let Some(thinks) = thinks {
                thinks.notified().await;
            }
            let mut books = self.books();
            let lost = || TransportError("scripted loss".into());
            if books.offline {
                return Err(lost());
            }
            let fault = books.faults.pop_front().unwrap_or(Fault::None);
            match fault {
                Fault::None => Ok(books.answer(&request)),
                Fault::LoseRequest => Err(lost()),
                Fault::LoseAnswer => {
                    books.answer(&request);
                    Err(lost())
                }
                Fault::Twice => {
                    books.answer(&request);
                    books.nonces.clear();
                    Ok(books.answer(&request))
                }
            }
        })
    }
}

fn ok(value: &impl serde::Serialize) -> WireResponse {
    WireResponse { status: 200, body: serde_json::to_vec(value).unwrap() }
}

fn refuse(status: u16, code: &str, server_time: UnixMs) -> WireResponse {
    let body = serde_json::json!({ "code": code, "detail": "拒绝", "server_time": server_time });
    WireResponse { status, body: serde_json::to_vec(&body).unwrap() }
}

impl Books {
    #[expect(clippy::disallowed_methods, reason = "measures how long it really takes")]
    pub fn answer(&mut self, request: &WireRequest) -> WireResponse {
        let begun = std::time::Instant::now();
        let response = self.answer_to(request);
        self.spent += begun.elapsed();
        response
    }

    fn answer_to(&mut self, request: &WireRequest) -> WireResponse {
        self.requests.push(format!("{} {}", request.method, request.path_and_query));
        let now = self.clock.wall();
        if request.path_and_query == "/api/v1/enrolments" {
            return self.enrol(request, now);
        }
        if let Err(code) = self.check(request, now) {
            return refuse(401, code, now);
        }
        let brings = request.path_and_query == "/api/v1/terminal/records";
        if let Some(code) = self.turned_away.filter(|code| !(*code == "terminal_revoked" && brings)) {
            return refuse(403, code, now);
        }
        let (path, query) = request.path_and_query.split_once('?').unwrap_or((&request.path_and_query, ""));
        let number = |name: &str| {
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            found.map_or(0, |value| value.parse::<i64>().unwrap())
        };
        match path {
            "/api/v1/terminal/hello" => {
                let said: Hello = serde_json::from_slice(&request.body).unwrap();
                self.witnesses = said.witnesses;
                ok(&HelloAnswer {
                    server_epoch: self.server_epoch.clone(),
                    server_time: now,
                    cursors: self.records.keys().map(|epoch| self.cursor(*epoch)).collect(),
                    setup: self.setup.digest(),
                    versions: Versions {
                        scope: self.scope,
                        ..self.setup.versions(
                            self.changed.values().max().copied().unwrap_or(UnixMs::new(1)),
                            self.usage_changed,
                            &self.refunds,
                        )
                    },
                    audit: self.audit,
                })
            }
            "/api/v1/terminal/records" => ok(&self.take(&serde_json::from_slice(&request.body).unwrap(), now)),
            "/api/v1/terminal/setup" => ok(&self.setup),
            "/api/v1/terminal/roster" => {
                let behind = query.split('&').find_map(|pair| pair.strip_prefix("behind=")?.parse().ok());
                let page = self.page(number("after"), behind, now);
                // Whoever goes while the pages are turned is on no later one.
                if let Some(goes) = self.goes.take() {
                    self.roster.retain(|entry| entry.elder.id != goes);
                }
                ok(&page)
            }
            "/api/v1/terminal/refunds" => ok(&self.refunds),
            "/api/v1/terminal/lookup" => ok(&self.look_up(&serde_json::from_slice(&request.body).unwrap(), now)),
            "/api/v1/terminal/photo" => {
                let elder = query.strip_prefix("elder=").and_then(|id| id.parse().ok());
                match elder.and_then(|elder: ElderId| self.photos.get(&elder)) {
                    Some(photo) => ok(photo),
                    None => refuse(404, "not_found", now),
                }
            }
            "/api/v1/terminal/usage" => {
                let from = query.split('&').find_map(|pair| pair.strip_prefix("from=")).map(|id| id.parse().unwrap());
                ok(&self.usage_page(from, now))
            }
            _ => refuse(404, "not_found", now),
        }
    }

    fn enrol(&mut self, request: &WireRequest, now: UnixMs) -> WireResponse {
        let enrol: Enrol = serde_json::from_slice(&request.body).unwrap();
        let key = VerifyingKey::from_bytes(&enrol.public_key.0).unwrap();
        let digest = enrolment_digest(&enrol.code, &enrol.public_key, enrol.known);
        let signed = key.verify_strict(&digest.0, &Signature::from_bytes(&enrol.signature.0)).is_ok();
        if enrol.code != CODE || !signed || self.key.is_some_and(|known| known != key) {
            return refuse(403, "code_refused", now);
        }
        self.key = Some(key);
        ok(&Enrolled {
            terminal: self.terminal,
            canteen: self.setup.canteen,
            digest_key: hex::encode(self.digest_key),
            server_time: now,
            confirmed: self.turned_away.is_none(),
        })
    }

    fn check(&mut self, request: &WireRequest, now: UnixMs) -> Result<(), &'static str> {
        let header = |name: &str| {
            request.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str()).ok_or("unsigned")
        };
        if header("zhucan-terminal")? != self.terminal.to_string() {
            return Err("unknown_terminal");
        }
        let time: i64 = header("zhucan-time")?.parse().map_err(|_| "time")?;
        if (time - now.get()).abs() > domain::sync::NONCE_WINDOW_MS {
            return Err("clock");
        }
        let nonce = header("zhucan-nonce")?;
        if nonce.len() != 32 || !self.nonces.insert(nonce.to_owned()) {
            return Err("replayed");
        }
        let signature: SignatureHex = header("zhucan-signature")?.parse().map_err(|_| "signature")?;
        let digest = request_digest(request.method, &request.path_and_query, &request.body, UnixMs::new(time), nonce);
        let key = self.key.ok_or("not_enrolled")?;
        if self.bulk {
            return Ok(());
        }
        key.verify_strict(&digest.0, &Signature::from_bytes(&signature.0)).map_err(|_| "signature")
    }

    /// The contiguous part of an epoch.
    pub fn cursor(&self, epoch: u32) -> Cursor {
        let records = self.records.get(&epoch);
        let next = records
            .map_or(0, |records| (0..records.len() as u64).take_while(|n| records.contains_key(n)).count() as u64);
        let next = next.min(self.withheld.unwrap_or(next));
        let head = next.checked_sub(1).map_or(Digest::ZERO, |last| records.unwrap()[&last].hash());
        Cursor { epoch, next, head }
    }

    fn take(&mut self, batch: &Batch, now: UnixMs) -> BatchAnswer {
        assert!(batch.records.len() <= domain::sync::MAX_BATCH_RECORDS);
        let outcomes = batch.records.iter().map(|sent| {
            let record = decode(&sent.signed.record).unwrap();
            if !self.bulk {
                sent.signed.verify(&self.key.unwrap()).unwrap();
            }
            match &record.body {
                Body::Meal(_) | Body::Void { .. } => self.usage_changed = now,
                Body::Refund(refund) => self.refunds.refunds.retain(|due| due.id != refund.due),
                _ => {}
            }
            assert_eq!((record.epoch, record.sequence, record.terminal), (batch.epoch, sent.sequence, self.terminal));
            let slot = self.records.entry(batch.epoch).or_default().entry(sent.sequence);
            let held = slot.or_insert_with(|| sent.signed.clone());
            let outcome = if *held == sent.signed {
                Outcome::Accepted
            } else {
                self.quarantine.push(sent.signed.clone());
                Outcome::Rejected { rejection: Rejection::Conflict }
            };
            RecordAnswer { sequence: sent.sequence, id: Some(record.id), outcome }
        });
        let mut outcomes: Vec<RecordAnswer> = outcomes.collect();
        outcomes.retain(|outcome| self.withheld.is_none_or(|first| outcome.sequence < first));
        BatchAnswer { outcomes, cursor: self.cursor(batch.epoch), server_time: now }
    }

    /// What changed after an instant, with a minute of overlap.
    fn page(&self, after: i64, behind: Option<ElderId>, version: UnixMs) -> RosterPage {
        let changed = |entry: &&RosterEntry| self.changed[&entry.elder.id].get() > after - 60_000;
        let mut rows: Vec<_> = self.roster.iter().filter(changed).collect();
        rows.retain(|entry| Some(entry.elder.id) > behind);
        rows.sort_by_key(|entry| entry.elder.id);
        let entries: Vec<_> = rows.iter().take(self.page_size).map(|entry| (*entry).clone()).collect();
        RosterPage { more: entries.len() < rows.len(), entries, version }
    }

    fn look_up(&self, asked: &Lookup, version: UnixMs) -> Found {
        let entry = self.ids.get(&asked.resident_id).cloned();
        let usage = self.usage(version);
        let uses = usage.entries.into_iter().find(|used| Some(used.elder) == entry.as_ref().map(|e| e.elder.id));
        Found { entry, uses: uses.map(|used| used.uses).unwrap_or_default(), version }
    }

    fn usage_page(&self, from: Option<ElderId>, version: UnixMs) -> UsagePage {
        let mut page = self.usage(version);
        page.entries.retain(|entry| from.is_none_or(|from| entry.elder > from));
        if page.entries.len() > self.page_size {
            page.entries.truncate(self.page_size);
            page.next = page.entries.last().map(|entry| entry.elder);
        }
        page
    }

    fn usage(&self, version: UnixMs) -> UsagePage {
        if self.bulk {
            return UsagePage { entries: Vec::new(), included: Vec::new(), version, next: None };
        }
        let mut uses = self.other_uses.clone();
        let all: Vec<_> =
            self.records.values().flat_map(BTreeMap::values).map(|r| decode(&r.record).unwrap()).collect();
        let voided: Vec<_> = all
            .iter()
            .filter_map(|record| match &record.body {
                Body::Void { meal, .. } => Some(*meal),
                _ => None,
            })
            .collect();
        for record in all.iter().filter(|record| !voided.contains(&record.id)) {
            let Body::Meal(meal) = &record.body else { continue };
            let (Some(diner), Some(policy)) = (&meal.diner, &meal.decision.policy) else { continue };
            for line in &meal.decision.lines {
                uses.entry(diner.elder).or_default().push(Use {
                    date: meal.meal.date,
                    policy: policy.id.clone(),
                    line: line.clone(),
                    at: record.at,
                    period: meal.meal.period.clone(),
                    here: true,
                });
            }
        }
        for entry in &self.roster {
            uses.entry(entry.elder.id).or_default();
        }
        UsagePage {
            entries: uses.into_iter().map(|(elder, uses)| UsageEntry { elder, uses }).collect(),
            included: self.records.keys().map(|epoch| self.cursor(*epoch)).collect(),
            version,
            next: None,
        }
    }
}
