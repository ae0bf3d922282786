//! An office with one canteen, its elders and a terminal, for tests. All people here are made up.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::calendar::{BusinessDate, Clock, UnixMs, WorkCalendar};
use domain::canteen::CanteenFactKind;
use domain::decision::{Decision, MealFacts, Mode, Usage};
use domain::elder::ElderFactKind;
use domain::id::{BootId, CanteenId, CashierId, Digest, ElderId, Entropy, RecordId, ShiftId, TerminalId};
use domain::money::Fen;
use domain::record::encoding::SignedRecord;
use domain::record::{
    Algorithm, Body, Credential, Diner, FORMAT, Head, Meal, Record, ShiftClose, Tender, TimeSource, ZTotals,
};
use domain::region::RegionCode;
use domain::subsidy::decide;
use domain::sync::{Batch, BatchRecord, ListPrice};
use ed25519_dalek::SigningKey;
use server::admin::{NewCanteen, NewCashier, NewElder, NewElderFact};
use server::store::Store;
use server::store::canteens::Region;
use server::store::terminals::TerminalRow;
use server::{Config, Office, Server};
use support::{Backend, Template, TestDb};
use tokio::sync::OnceCell;

/// Moves when it is told to.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn at(at: UnixMs) -> Self {
        Self(AtomicI64::new(at.get()))
    }
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
    pub fn set(&self, at: UnixMs) {
        self.0.store(at.get(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn wall(&self) -> UnixMs {
        UnixMs::new(self.0.load(Ordering::Relaxed))
    }
    fn monotonic_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
    fn boot(&self) -> BootId {
        BootId::from_uuid(uuid::Uuid::from_u128(1))
    }
}

/// Equal seeds give equal bytes.
pub struct Seeded(AtomicU64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// 2026-03-02, a Monday, 11:00 local time.
pub fn noon() -> UnixMs {
    date("2026-03-02").at_minute(660)
}

pub fn date(text: &str) -> BusinessDate {
    text.parse().unwrap()
}

pub fn region(text: &str) -> RegionCode {
    text.parse().unwrap()
}

pub const POLICY: &str = r#"
[policy]
id = "test"
name = "测试政策"
version = 1
semantics = 1
region = "4403"
effective_from = 2026-03-02
rounding = "half_up"
source = "测试数据"

[meals]
lunch = ["10:30", "13:30"]
dinner = ["16:30", "18:30"]

[[benefit]]
id = "age-60"
label = "60岁以上"
kind = "diner"
amount = { fixed = "3.00" }
group = "standard"
payers = { city = 1, district = 1 }

[benefit.elder]
age = { min = 60 }

[benefit.limit]
per_day = 1
"#;

/// An office over an empty database, with a clock that stands at [`noon`].
pub struct World {
    pub db: TestDb,
    pub server: Server,
    pub clock: Arc<TestClock>,
    pub entropy: Arc<Seeded>,
}

/// A database with all its tables and nothing in them: migrated once, copied for each test.
async fn migrated(backend: Backend) -> TestDb {
    static TEMPLATES: [OnceCell<Template>; 2] = [const { OnceCell::const_new() }; 2];
    let template = TEMPLATES[usize::from(backend == Backend::Postgres)].get_or_init(|| async {
        let db = TestDb::new(backend);
        let store = Store::open(&db.url().parse().unwrap()).await.unwrap();
        store.close().await;
        Template::of(db)
    });
    template.await.make()
}

impl World {
    pub async fn new(backend: Backend) -> Self {
        let db = migrated(backend).await;
        let (clock, entropy) = (Arc::new(TestClock(AtomicI64::new(noon().get()))), Arc::new(Seeded::new(7)));
        let config = config(&db, true);
        let server = Server::open(&config, clock.clone(), entropy.clone()).await.unwrap();
        Self { db, server, clock, entropy }
    }

    pub fn office(&self) -> &Arc<Office> {
        self.server.office()
    }

    /// Region, policy and calendar.
    pub async fn rules(&self) {
        self.places().await;
        let office = self.office();
        office.announce_policy("test.toml", POLICY, None).await.unwrap();
        office.publish_calendar(WorkCalendar::published()).await.unwrap();
    }

    /// The regions alone.
    pub async fn places(&self) {
        let office = self.office();
        let place = |code: &str, name: &str| Region {
            code: region(code),
            name: name.to_owned(),
            office: format!("{name}民政局"),
        };
        office.create_region(place("4403", "深圳市"), None).await.unwrap();
        office.create_region(place("440304", "福田区"), None).await.unwrap();
    }

    pub async fn canteen(&self, name: &str) -> CanteenId {
        let office = self.office();
        let id = office.create_canteen(new_canteen(name), None).await.unwrap().id;
        let standing = domain::canteen::Standing { quality_grade: "A".into(), ..Default::default() };
        let fact = CanteenFactKind::Standing { standing };
        office.add_canteen_fact(id, date("2026-01-01"), fact, None).await.unwrap();
        let price =
            ListPrice { valid_from: date("2026-01-01"), period: "lunch".parse().unwrap(), price: Fen::new(1800) };
        office.add_price(id, price, None).await.unwrap();
        let cashier = NewCashier { name: "测试收银员".into(), pin: "2468".into(), supervisor: true };
        office.add_cashier(id, cashier, None).await.unwrap();
        id
    }

    /// The `n`-th made-up elder (0..1000).
    pub async fn elder(&self, n: u32, canteen: Option<CanteenId>) -> ElderId {
        self.office().register_elder(new_elder(n, canteen), None).await.unwrap()
    }

    /// Lets a new terminal in.
    pub async fn terminal(&self, canteen: CanteenId) -> Till {
        let mut secret = [0; 32];
        self.entropy.fill(&mut secret);
        let key = SigningKey::from_bytes(&secret);
        let public_key = Digest(key.verifying_key().to_bytes());
        let code = self.office().issue_enrolment_code(canteen, None).await.unwrap();
        let row = self.office().enrol(&code.code, public_key, None).await.unwrap();
        let fingerprint = row.fingerprint();
        assert!(self.office().confirm_terminal(row.id, &fingerprint, None).await.unwrap());
        Till::new(row, key, self.entropy.clone())
    }

    pub async fn ingest(&self, till: &Till, epoch: u32, records: &[Sent]) -> domain::sync::BatchAnswer {
        server::ingest::ingest(self.office(), &till.row, batch(epoch, records)).await.unwrap()
    }
}

pub fn config(db: &TestDb, create: bool) -> Config {
    let (database, keys) = (db.url().parse().unwrap(), db.path("keys.json"));
    Config { database, keys, create, public_url: "http://127.0.0.1".to_owned() }
}

pub fn new_canteen(name: &str) -> NewCanteen {
    NewCanteen {
        region: region("440304001003"),
        name: name.to_owned(),
        operator: "测试餐饮有限公司".into(),
        credit_code: "91350100M000100Y43".into(),
        address: String::new(),
        phone: "0755-82000000".into(),
        bank: "测试银行".into(),
        account_name: "测试餐饮有限公司".into(),
        account: "6222 0210 0111 2345".into(),
        capacity: Some(200),
    }
}

/// A resident ID with a right check digit for the `n`-th made-up elder.
pub fn resident_id(n: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let first = format!("44030419460101{n:03}");
    let sum: u32 = first.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    format!("{first}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

pub fn new_elder(n: u32, canteen: Option<CanteenId>) -> NewElder {
    let home = ElderFactKind::Hukou { region: region("440304001002") };
    NewElder {
        resident_id: resident_id(n).into(),
        name: "测试长者".into(),
        phone: Some("13800000000".to_owned().into()),
        region: region("440304"),
        canteen,
        facts: vec![NewElderFact { valid_from: date("2006-01-01"), kind: home }],
        id: None,
    }
}

/// A record as it is sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub sequence: u64,
    pub id: RecordId,
    pub signed: SignedRecord,
}

pub fn batch(epoch: u32, records: &[Sent]) -> Batch {
    let record = |sent: &Sent| BatchRecord { sequence: sent.sequence, signed: sent.signed.clone() };
    Batch { epoch, records: records.iter().map(record).collect() }
}

/// A terminal with its journal, as far as tests need one.
pub struct Till {
    pub row: TerminalRow,
    pub key: SigningKey,
    pub epoch: u32,
    pub next: u64,
    pub head: Digest,
    pub at: UnixMs,
    pub shift: Option<ShiftId>,
    /// Records since the shift was opened.
    pub of_shift: Vec<Record>,
    pub shift_first: u64,
    entropy: Arc<Seeded>,
}

impl Till {
    fn new(row: TerminalRow, key: SigningKey, entropy: Arc<Seeded>) -> Self {
        Self {
            row,
            key,
            epoch: 1,
            next: 0,
            head: Digest::ZERO,
            at: noon(),
            shift: None,
            of_shift: Vec::new(),
            shift_first: 0,
            entropy,
        }
    }

    pub fn id(&self) -> TerminalId {
        self.row.id
    }

    /// The next record, not yet in the journal.
    pub fn draft(&self, body: Body) -> Record {
        Record {
            format: FORMAT,
            algorithm: Algorithm::Sha256Ed25519,
            id: RecordId::generate(self.at, &*self.entropy),
            canteen: self.row.canteen,
            terminal: self.row.id,
            epoch: self.epoch,
            sequence: self.next,
            previous: self.head,
            at: self.at,
            time_source: TimeSource::Server,
            wall: self.at,
            monotonic: self.at.get(),
            boot: BootId::from_uuid(uuid::Uuid::from_u128(1)),
            server_time: Some(self.at),
            cashier: Some(CashierId::from_uuid(uuid::Uuid::from_u128(9))),
            shift: self.shift,
            body,
        }
    }

    /// Signs and takes it into the journal.
    pub fn append(&mut self, record: Record) -> Sent {
        let signed = SignedRecord::seal(&record, &self.key);
        self.head = signed.hash();
        self.next = record.sequence + 1;
        self.at = self.at.plus(1000);
        let sent = Sent { sequence: record.sequence, id: record.id, signed };
        self.of_shift.push(record);
        sent
    }

    pub fn push(&mut self, body: Body) -> Sent {
        let record = self.draft(body);
        self.append(record)
    }

    pub fn start(&mut self, previous: Option<Head>) -> Sent {
        self.push(Body::Start { previous, software: "test".into() })
    }

    pub fn open(&mut self) -> Sent {
        self.shift = Some(ShiftId::generate(self.at, &*self.entropy));
        self.shift_first = self.next;
        self.of_shift.clear();
        self.push(Body::ShiftOpen { float: Fen::new(20_000) })
    }

    pub fn void(&mut self, meal: RecordId) -> Sent {
        self.push(Body::Void { meal, reason: "点错".into(), approved_by: None })
    }

    pub fn close(&mut self) -> Sent {
        let totals = ZTotals::of(&self.of_shift);
        let close = ShiftClose {
            date: self.at.business_date(),
            first_sequence: self.shift_first,
            counted: Fen::new(20_000) + totals.tender(Tender::Cash).amount,
            totals,
            float: Fen::new(20_000),
            moved: Fen::ZERO,
            reason: String::new(),
            late: false,
        };
        let sent = self.push(Body::ShiftClose(Box::new(close)));
        self.shift = None;
        sent
    }

    /// A meal, decided by the rules for these facts.
    pub fn meal_body(&self, office: &Office, diner: Option<ElderId>) -> Meal {
        let meal = MealFacts {
            date: self.at.business_date(),
            period: "lunch".parse().unwrap(),
            mode: Mode::DineIn,
            price: Fen::new(1800),
        };
        let Some(elder) = diner else {
            let decision = Decision::full_price(meal.price);
            return Meal::new(meal, None, Tender::Cash, true, decision);
        };
        self.meal_told(office, meal, elder, 80)
    }

    /// A meal of an elder whom the till believes to be so old.
    pub fn meal_told(&self, office: &Office, meal: MealFacts, elder: ElderId, age: u8) -> Meal {
        let book = office.book();
        let facts = domain::elder::ElderFacts {
            age,
            hukou: Some(region("440304001002")),
            residence: None,
            categories: Vec::new(),
        };
        let canteen = domain::canteen::CanteenFacts {
            region: region("440304001003"),
            tags: std::collections::BTreeSet::new(),
            standing: domain::canteen::Standing { quality_grade: "A".into(), ..Default::default() },
        };
        let used = Usage::default();
        let policy = book.policies.covering(&canteen.region, meal.date).unwrap();
        let decision = decide(policy, book.calendar(), &facts, &canteen, &meal, &used).decision;
        let calendar = book.calendar().digest();
        let (roster, usage) = (self.at, self.at);
        let diner = Diner {
            elder,
            credential: Credential::Card,
            facts,
            canteen,
            used,
            roster,
            usage,
            calendar,
            approved_by: None,
        };
        Meal::new(meal, Some(diner), Tender::Cash, true, decision)
    }

    pub fn meal(&mut self, office: &Office, diner: Option<ElderId>) -> Sent {
        let meal = self.meal_body(office, diner);
        self.push(Body::Meal(Box::new(meal)))
    }
}

/// Runs each named `async fn(Backend)` on both databases.
#[macro_export]
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(support::Backend::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(support::Backend::Postgres).await;
            })*
        }
    };
}
