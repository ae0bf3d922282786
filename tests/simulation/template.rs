//! The world before the first step: an office with its canteens, elders and people, and enrolled terminals. Made once
//! in a process and copied for every seed.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use domain::calendar::{BusinessDate, Clock, UnixMs, WorkCalendar};
use domain::canteen::{CanteenFactKind, Standing};
use domain::credential::{ReaderDigits, ReaderFormat};
use domain::id::{CanteenId, CashierId, ElderId, Entropy, UserId};
use domain::sync::{Cashier, ListPrice};
use server::admin::{NewCanteen, NewElder, NewElderFact};
use server::store::canteens::{self, Region, Settings};
use server::store::people::{self, UserRow};
use server::{Database, Server};
use zhucan::demo::chance::SeededEntropy;
use zhucan::demo::elders::ELDERS;
use zhucan::demo::world::{date, period, region, yuan};

use crate::clock::{NodeClock, TrueTime};
use crate::disk::{Picture, folder};
use crate::network::{Net, Odds};
use crate::office;

/// Every cashier's PIN.
pub(crate) const PIN: &str = "135790";
/// Every person's passphrase.
pub(crate) const PASSPHRASE: &str = "simulated office";
/// The office's people by name and role.
const PEOPLE: [(&str, &str); 5] = [
    ("administrator", "administrator"),
    ("policy_editor", "policy_editor"),
    ("finance_maker", "finance_maker"),
    ("finance_checker", "finance_checker"),
    ("second_administrator", "administrator"),
];
/// The canteen of each terminal: the first canteen has two.
pub(crate) const TILLS: [usize; 4] = [0, 0, 1, 2];
pub(crate) const CANTEENS: usize = 3;
/// The region that settles.
pub(crate) const REGION: &str = "4403";
/// The first version of the rules.
pub(crate) const RULES: &str = include_str!("rules/sim-1.toml");
/// List prices by canteen, yuan.
pub(crate) const PRICES: [&str; CANTEENS] = ["18.00", "16.00", "12.00"];

const PLACES: [(&str, &str); CANTEENS] = [
    ("440304008001", "52440300MJL0000012"),
    ("440305002003", "91440300MAN0000020"),
    ("440304003004", "52440118MJX000003Q"),
];
/// Enough for every canteen to be somebody's second.
const ELDERS_IN_IT: usize = 12;
/// And so many whom the office does not know yet.
const STRANGERS: usize = 3;

/// Every third elder's chip card is registered from the beginning.
pub(crate) const fn has_chip(elder: usize) -> bool {
    elder < ELDERS_IN_IT && elder.is_multiple_of(3)
}

/// An elder: registered by the template, or somebody who may be registered later.
#[derive(Clone, Debug)]
pub(crate) struct Elder {
    /// Place in the demo's table.
    pub(crate) place: usize,
    /// Nothing before the office knows the elder.
    pub(crate) id: Option<ElderId>,
    pub(crate) birth: BusinessDate,
    /// Has a category that gives the higher amount.
    pub(crate) hardship: bool,
    /// The card that the template issued.
    pub(crate) card: Option<String>,
    /// What a reader writes of the chip card that the elder carries, whether the office knows it or not.
    pub(crate) chip: String,
    pub(crate) resident_id: String,
}

impl Elder {
    fn at(place: usize) -> Self {
        let elder = &ELDERS[place];
        let facts = elder.facts_at_start();
        let is_hardship = |name: &str| matches!(name, "特困" | "低保");
        let hardship = facts.iter().any(|f| match &f.kind {
            domain::elder::ElderFactKind::Category { name, held, .. } => *held && is_hardship(name),
            _ => false,
        });
        Self {
            place,
            id: None,
            birth: elder.born(),
            hardship,
            card: None,
            chip: format!("0a1b2c{place:02x}"),
            resident_id: elder.resident_id(place),
        }
    }
}

/// Everything a seed begins with.
pub(crate) struct Template {
    pub(crate) start: UnixMs,
    pub(crate) canteens: Vec<CanteenId>,
    pub(crate) elders: Vec<Elder>,
    pub(crate) office: Picture,
    pub(crate) tills: Vec<Picture>,
}

/// The template of this process.
pub(crate) fn template() -> &'static Template {
    static MADE: OnceLock<Template> = OnceLock::new();
    MADE.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime
            .unwrap_or_else(|e| panic!("no runtime: {e}"))
            .block_on(make())
            .unwrap_or_else(|e| panic!("template: {e:#}"))
    })
}

/// The cheapest hash that is one: seeds do not spend their time on signing in.
fn hash(secret: &str) -> String {
    let cheap = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_else(|e| panic!("argon2: {e}"));
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    let hash = argon.hash_password_with_salt(secret.as_bytes(), b"salt of the simulation");
    hash.unwrap_or_else(|e| panic!("argon2: {e}")).to_string()
}

async fn make() -> anyhow::Result<Template> {
    let disk = folder();
    let truth = TrueTime::new(date("2025-12-20").at_minute(9 * 60));
    let entropy = Arc::new(SeededEntropy::new(0x7e));
    let place = disk.path().join("office");
    std::fs::create_dir_all(&place)?;
    let clock: Arc<dyn Clock> = NodeClock::new(&truth, 99);
    let config = server::Config {
        database: Database::Sqlite(place.join(office::DATABASE)),
        keys: place.join(office::KEYS),
        create: true,
        public_url: office::URL.to_owned(),
    };
    let server = Server::open(&config, clock, Arc::clone(&entropy) as Arc<dyn Entropy>).await?;
    server.office().publish_calendar(WorkCalendar::published()).await?;
    people_of(&server).await?;
    server.office().announce_policy("sim-1.toml", RULES, None).await?;
    truth.set(date("2026-02-01").at_minute(9 * 60));
    let canteens = canteens_of(&server).await?;
    let elders = elders_of(&server, &canteens).await?;
    let net = Net::new(&truth, 0, Odds::default());
    net.connect(&server);
    let mut tills = Vec::new();
    for (till, canteen) in TILLS.into_iter().enumerate() {
        let code = server.office().issue_enrolment_code(canteens[canteen], None).await?.code;
        let folder = disk.path().join(format!("till-{till}"));
        let config = terminal::Config::new(&folder, office::URL);
        let clock: Arc<dyn Clock> = NodeClock::new(&truth, till as u64);
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(0x700 + till as u64));
        let wire = net.wire(till);
        let enrolled =
            terminal::enrol_with(&config, &code, Arc::clone(&clock), Arc::clone(&entropy), wire.clone()).await?;
        server.office().confirm_terminal(enrolled.terminal, &enrolled.fingerprint, None).await?;
        let terminal = terminal::Terminal::open_with(config, clock, entropy, wire).await?;
        terminal.sync_once().await?;
        tills.push((folder, terminal));
    }
    // Three quiet weeks: whoever was closed says so, and the office closes the days.
    truth.set(date("2026-02-23").at_minute(4 * 60 + 10));
    let mut pictures = Vec::new();
    for (folder, terminal) in tills {
        terminal.sync_once().await?;
        terminal.tick().await?;
        terminal.sync_once().await?;
        terminal.close().await;
        drop(terminal);
        pictures.push(Picture::take(&folder));
    }
    let office = server.office();
    server::close::close_days(&office.store, &office.book(), truth.now()).await?;
    office.store.close().await;
    Ok(Template { start: truth.now(), canteens, elders, office: Picture::take(&place), tills: pictures })
}

async fn people_of(server: &Server) -> anyhow::Result<()> {
    let office = server.office();
    office.mark_demo().await?;
    let whole = Region { code: region(REGION), name: "模拟市".to_owned(), office: "模拟结算中心".to_owned() };
    office.create_region(whole, None).await?;
    for (name, role) in PEOPLE {
        let row = UserRow {
            id: UserId::generate(office.now(), &*office.entropy),
            name: name.to_owned(),
            passphrase_hash: hash(PASSPHRASE),
            role: role.parse().map_err(anyhow::Error::msg)?,
            region: region(REGION),
            canteen: None,
            failures: 0,
            locked_until: UnixMs::new(0),
            created_at: office.now(),
            left_at: None,
            must_change: false,
            totp: None,
            totp_step: 0,
            totp_new: None,
            totp_at: None,
        };
        office.store.write(move |tx| Box::pin(async move { people::add(tx, &row).await })).await?;
    }
    Ok(())
}

async fn canteens_of(server: &Server) -> anyhow::Result<Vec<CanteenId>> {
    let office = server.office();
    let mut made = Vec::new();
    for (place, (code, credit_code)) in PLACES.into_iter().enumerate() {
        let new = NewCanteen {
            region: region(code),
            name: format!("模拟食堂{place}"),
            operator: format!("模拟运营{place}"),
            credit_code: credit_code.to_owned(),
            address: String::new(),
            phone: "0755-00000001".to_owned(),
            bank: "模拟银行".to_owned(),
            account_name: format!("模拟运营{place}"),
            account: format!("620000000000000{place:04}"),
            capacity: Some(120),
        };
        let id = office.create_canteen(new, None).await?.id;
        for meal in ["lunch", "dinner"] {
            let price = ListPrice { valid_from: date("2026-01-01"), period: period(meal), price: yuan(PRICES[place]) };
            office.add_price(id, price, None).await?;
        }
        let standing = Standing { quality_grade: "A".to_owned(), ..Standing::default() };
        office.add_canteen_fact(id, date("2026-01-01"), CanteenFactKind::Standing { standing }, None).await?;
        // The second person of a paper list is another one.
        for name in ["收银", "主管"] {
            let cashier = Cashier {
                id: CashierId::generate(office.now(), &*office.entropy),
                name: name.to_owned(),
                pin_hash: hash(PIN),
                supervisor: true,
            };
            let now = office.now();
            let add = office
                .store
                .write(move |tx| Box::pin(async move { canteens::add_cashier(tx, id, &cashier, now).await }));
            add.await?;
        }
        let reader = Some(ReaderFormat { digits: ReaderDigits::Hex, reversed: false });
        office.set_canteen(id, Settings { reader, ..Settings::default() }, None).await?;
        made.push(id);
    }
    Ok(made)
}

async fn elders_of(server: &Server, canteens: &[CanteenId]) -> anyhow::Result<Vec<Elder>> {
    let office = server.office();
    let mut made = Vec::new();
    for (place, demo) in ELDERS.iter().enumerate().take(ELDERS_IN_IT) {
        let facts = demo.facts_at_start();
        let mut elder = Elder::at(place);
        let new = NewElder {
            resident_id: elder.resident_id.clone().into(),
            name: demo.name.to_owned(),
            phone: None,
            region: region(REGION),
            canteen: Some(canteens[place % CANTEENS]),
            facts: facts.iter().map(|f| NewElderFact { valid_from: f.valid_from, kind: f.kind.clone() }).collect(),
            id: None,
        };
        let id = office.register_elder(new, None).await?;
        elder.id = Some(id);
        elder.card = Some(office.issue_card(id, None).await?.number.expose().to_owned());
        if has_chip(place) {
            office.register_chip(id, &elder.chip, None).await?;
        }
        made.push(elder);
    }
    made.extend((ELDERS_IN_IT..ELDERS_IN_IT + STRANGERS).map(Elder::at));
    Ok(made)
}
