//! Plays the plan: sets the clock to each step's instant and has the demo's people do it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use domain::calendar::{Clock, WorkCalendar};
use domain::id::{BootId, Entropy};
use domain::record::Credential;
use domain::region::RegionCode;
use server::Database;
use server::admin::NewUser;
use server::store::canteens::Region;

use super::chance::SeededEntropy;
use super::clock::DemoClock;
use super::elders::ELDERS;
use super::host::{OfficeHost, TillHost};
use super::people::Desk;
use super::plan::{Plan, Sale, Step};
use super::policies::POLICIES;
use super::scans;
use super::till::{Hands, Scanned};
use super::world::{
    ADMINISTRATOR, CANTEENS, CHECKER, EDITOR, MAKER, OFFICE_REGION, PROGRAMMES, SECOND_ADMINISTRATOR, SET_UP, USERS,
    region,
};
use crate::place;

/// Where randomness begins: the office, then the terminals.
const SEEDS: [u64; 4] = [11, 21, 22, 23];
/// Between the scan and the word that the wrong thing was rung up, ms.
const SECOND_THOUGHT_MS: i64 = 8_000;

/// An elder as registered at the office.
#[derive(Clone, Debug)]
struct Registered {
    id: String,
    card: String,
}

/// The demo's world while it runs.
pub struct Stage {
    /// The clock that all programs share.
    pub clock: Arc<DemoClock>,
    /// The office.
    pub office: OfficeHost,
    /// A terminal for each canteen, in the order of the table.
    pub tills: Vec<TillHost>,
    /// The canteens' ids at the office.
    pub canteens: Vec<String>,
    /// The list of what was rung up.
    pub scans: String,
    /// How many sales were rung up.
    pub sales: usize,
    elders: Vec<Registered>,
    hands: Vec<Hands>,
}

fn entropy(place: usize) -> Arc<dyn Entropy> {
    Arc::new(SeededEntropy::new(SEEDS[place]))
}

/// The database that a demo in a folder uses.
#[must_use]
pub fn database(folder: &Path) -> Database {
    Database::Sqlite(crate::place::office_database(folder))
}

/// Where a canteen's terminal of a demo in a folder keeps its data.
#[must_use]
pub fn till_folder(folder: &Path, canteen: usize) -> PathBuf {
    place::terminal(&folder.join("terminals").join(CANTEENS[canteen].key))
}

impl Stage {
    /// The id of an elder at the office, by place in the demo's list.
    #[must_use]
    pub fn elder(&self, place: usize) -> &str {
        &self.elders[place].id
    }

    /// Sets the programme up, from the first announcement to the last elder's card, and enrols the terminals.
    pub async fn set_up(folder: &Path, database: Database) -> anyhow::Result<Self> {
        let boot = BootId::from_uuid(uuid::Uuid::from_u128(0x00de_3000));
        let clock = DemoClock::new(POLICIES[0].announced.at(), boot);
        let shared: Arc<dyn Clock> = Arc::<DemoClock>::clone(&clock);
        let office = OfficeHost::open(folder, database, Arc::clone(&shared), entropy(0)).await?;
        first_people(office.server.office()).await?;
        let editor = Desk::sign_in(&office.url(), EDITOR).await?;
        let checker = Desk::sign_in(&office.url(), CHECKER).await?;
        for policy in POLICIES.iter().filter(|p| p.announced == POLICIES[0].announced) {
            editor.announce(policy, &checker).await?;
        }
        clock.set(SET_UP.at());
        let mut stage = Self {
            clock,
            office,
            tills: Vec::new(),
            canteens: Vec::new(),
            scans: scans::HEAD.to_owned(),
            sales: 0,
            elders: Vec::new(),
            hands: Vec::new(),
        };
        stage.register().await?;
        stage.enrol(folder, &shared).await?;
        Ok(stage)
    }

    /// Canteens with prices and grades, elders with their cards.
    async fn register(&mut self) -> anyhow::Result<()> {
        let administrator = self.desk(ADMINISTRATOR).await?;
        let maker = self.desk(MAKER).await?;
        let checker = self.desk(CHECKER).await?;
        for canteen in &CANTEENS {
            let id = administrator.register_canteen(canteen, &checker).await?;
            maker.approve_prices(&id, canteen, &checker).await?;
            for (from, known, grade) in canteen.grades {
                if *known == SET_UP {
                    administrator.grade(&id, from, grade).await?;
                }
            }
            self.canteens.push(id);
        }
        for (place, elder) in ELDERS.iter().enumerate() {
            let canteen = (self.canteens[elder.canteen].as_str(), &CANTEENS[elder.canteen]);
            let (id, card) = administrator.register_elder(place, elder, canteen).await?;
            self.elders.push(Registered { id, card });
        }
        Ok(())
    }

    async fn enrol(&mut self, folder: &Path, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
        let (administrator, second) = (self.desk(ADMINISTRATOR).await?, self.desk(SECOND_ADMINISTRATOR).await?);
        for (canteen, id) in self.canteens.iter().enumerate() {
            let code = administrator.enrolment_code(id).await?;
            let (folder, entropy) = (till_folder(folder, canteen), entropy(canteen + 1));
            let till = TillHost::enrol(&folder, &code, self.office.address, Arc::clone(clock), entropy).await?;
            let fingerprint = till.fingerprint.as_deref().context("a terminal shows its fingerprint")?;
            second.confirm_terminal(id, fingerprint).await?;
            till.sync().await?;
            self.hands.push(Hands::at(&till.url())?);
            self.tills.push(till);
        }
        Ok(())
    }

    /// Signs somebody in, with a session of its own.
    pub async fn desk(&self, user: super::world::DemoUser) -> anyhow::Result<Desk> {
        Desk::sign_in(&self.office.url(), user).await
    }

    /// Plays the whole plan; tells `progress` how many of how many steps are done.
    pub async fn play(&mut self, plan: &Plan, mut progress: impl FnMut(usize, usize)) -> anyhow::Result<()> {
        for (done, (at, step)) in plan.steps.iter().enumerate() {
            self.clock.set(*at);
            self.step(plan, step)
                .await
                .with_context(|| format!("{} {}: {step:?}", at.local_date(), at.local_clock()))?;
            progress(done + 1, plan.steps.len());
        }
        Ok(())
    }

    async fn step(&mut self, plan: &Plan, step: &Step) -> anyhow::Result<()> {
        match step {
            Step::AnnounceVersion => {
                let later = POLICIES.iter().filter(|p| p.announced.at() == self.clock.wall());
                let (editor, checker) = (self.desk(EDITOR).await?, self.desk(CHECKER).await?);
                for policy in later {
                    editor.announce(policy, &checker).await?;
                }
            }
            Step::ElderFact { elder, fact } => {
                let fact = ELDERS[*elder].facts[*fact].fact();
                self.desk(ADMINISTRATOR).await?.elder_fact(&self.elders[*elder].id, &fact).await?;
            }
            Step::Grade { canteen, grade } => {
                let (from, _, grade) = CANTEENS[*canteen].grades[*grade];
                self.desk(ADMINISTRATOR).await?.grade(&self.canteens[*canteen], from, grade).await?;
            }
            Step::Open { canteen, cashier, float } => {
                let cashier = CANTEENS[*canteen].cashiers[*cashier];
                self.hands[*canteen].sign_in(cashier.name, cashier.pin).await?;
                self.hands[*canteen].open_shift(*float).await?;
            }
            Step::Sell(sale) => self.sell(&plan.sales[*sale]).await?,
            Step::Close { canteen } => self.hands[*canteen].close_shift().await?,
            Step::Sync { canteen } => self.tills[*canteen].sync().await?,
            Step::Line { canteen, up } => self.tills[*canteen].line.set(*up),
            Step::Night => self.night().await?,
            Step::Draft(month) => self.draft(month).await?,
            Step::LeaveOut { canteen, day, reason } => {
                self.desk(MAKER).await?.leave_out(&self.canteens[*canteen], day, reason).await?;
            }
            Step::Submit(month) => {
                let maker = self.desk(MAKER).await?;
                for programme in PROGRAMMES {
                    maker.advance(programme.region, month, "submit").await?;
                }
            }
            Step::Approve(month) => {
                let checker = self.desk(CHECKER).await?;
                for programme in PROGRAMMES {
                    checker.approve(programme.region, month).await?;
                }
            }
            Step::Disclose(month) => {
                let maker = self.desk(MAKER).await?;
                for programme in PROGRAMMES {
                    maker.disclose(programme.region, month, 7).await?;
                }
            }
        }
        Ok(())
    }

    async fn sell(&mut self, sale: &Sale) -> anyhow::Result<()> {
        let hands = &mut self.hands[sale.canteen];
        let scanned = match sale.elder {
            None => hands.serve_guest(sale.mode, sale.tender).await?,
            Some(place) => {
                let code = match sale.credential {
                    Credential::ResidentId => ELDERS[place].resident_id(place),
                    _ => self.elders[place].card.clone(),
                };
                hands.serve(&code, sale.mode, sale.tender).await?
            }
        };
        match &scanned {
            Scanned::Sold(sold) => {
                anyhow::ensure!(!sale.turned_away, "the till served somebody who had eaten");
                if let Some(reason) = sale.voided {
                    self.clock.advance(SECOND_THOUGHT_MS);
                    hands.void(sold, sale.tender, reason).await?;
                }
            }
            Scanned::Duplicate { .. } => anyhow::ensure!(sale.turned_away, "the till turned somebody away"),
        }
        self.scans.push_str(&scans::row(sale, &scanned));
        self.sales += usize::from(matches!(scanned, Scanned::Sold(_)));
        Ok(())
    }

    /// The cutoff has passed: terminals end their day and send it, the office closes what is complete.
    async fn night(&mut self) -> anyhow::Result<()> {
        for till in &self.tills {
            till.terminal.tick().await?;
            till.sync().await?;
        }
        self.desk(MAKER).await?.close_days().await.map(drop)
    }

    async fn draft(&self, month: &str) -> anyhow::Result<()> {
        let maker = self.desk(MAKER).await?;
        for programme in PROGRAMMES {
            maker.advance(programme.region, month, "draft").await?;
        }
        Ok(())
    }

    /// The number of an elder's card.
    #[must_use]
    pub fn card(&self, elder: usize) -> &str {
        &self.elders[elder].card
    }

    /// The elders with their cards' numbers, so that somebody can try them.
    #[must_use]
    pub fn cards(&self) -> String {
        let rows = ELDERS.iter().zip(&self.elders).enumerate().map(|(place, (elder, registered))| {
            let canteen = CANTEENS[elder.canteen].key;
            format!("{},{},{canteen},{},{}\n", place + 1, elder.name, elder.birth, registered.card)
        });
        format!("elder,name,canteen,birth,card\n{}", rows.collect::<String>())
    }

    /// Stops every program and closes every database.
    pub async fn close(self) {
        for till in self.tills {
            till.close().await;
        }
        self.office.close().await;
    }
}

/// What is done once at the office's own computer: regions, and the first people.
async fn first_people(office: &server::Office) -> anyhow::Result<()> {
    office.mark_demo().await?;
    for programme in PROGRAMMES {
        let (name, office_name) = (programme.name.to_owned(), programme.office.to_owned());
        office.create_region(Region { code: region(programme.region), name, office: office_name }, None).await?;
    }
    office.publish_calendar(WorkCalendar::published()).await?;
    let place: RegionCode = region(OFFICE_REGION);
    for user in USERS {
        let new = NewUser {
            name: user.name.to_owned(),
            passphrase: user.passphrase.to_owned().into(),
            role: user.role.parse().map_err(anyhow::Error::msg)?,
            region: place.clone(),
            canteen: None,
        };
        office.add_user(new, None).await?;
    }
    Ok(())
}
