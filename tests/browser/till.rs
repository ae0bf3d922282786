//! A browser at a till of the demo's world, at eleven on a Monday, signed in through the page and with an open shift.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::calendar::Clock as _;
use domain::elder::{ElderFact, ElderFactKind};
use serde_json::Value;
use support::browser::Driver;
use support::{Backend, TestDb};
use thirtyfour::prelude::*;
use zhucan::demo::chance::SeededEntropy;
use zhucan::demo::clock::DemoClock;
use zhucan::demo::host::TillHost;
use zhucan::demo::http::{Caller, client};
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::world::{ADMINISTRATOR, CANTEENS, LIANHUA, MAKER, date};

/// How long a page may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than a scan's own Enter is kept from confirming.
pub(crate) const SETTLED: Duration = Duration::from_millis(700);
/// Between two keys of a scanner.
const SCANNER: Duration = Duration::from_millis(2);

/// The page, and the programs behind it.
pub(crate) struct Page {
    pub(crate) driver: WebDriver,
    pub(crate) host: Stage,
    pub(crate) url: String,
    /// Chromium's own commands, beside WebDriver.
    tools: String,
}

/// Runs a test on a fresh page; the browser is ended whatever happens.
pub(crate) async fn with_page(test: impl AsyncFnOnce(&Page) -> WebDriverResult<()>) {
    let db = TestDb::new(Backend::Sqlite);
    let stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
    on_stage(stage, test).await;
}

/// The same at a till with a printer, which puts each slip into a file of the folder.
pub(crate) async fn with_printer(test: impl AsyncFnOnce(&Page, &std::path::Path) -> WebDriverResult<()>) {
    let db = TestDb::new(Backend::Sqlite);
    let mut stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
    let slips = db.folder().join("slips");
    let (printer, clock) = (terminal::PrinterConfig::Spool(slips.clone()), Arc::<DemoClock>::clone(&stage.clock));
    stage.tills.remove(LIANHUA).close().await;
    let (folder, entropy) = (till_folder(db.folder(), LIANHUA), Arc::new(SeededEntropy::new(20)));
    let till = TillHost::open_with_printer(&folder, stage.office.address, printer, clock, entropy).await.unwrap();
    stage.tills.insert(LIANHUA, till);
    on_stage(stage, async |page: &Page| test(page, &slips).await).await;
}

/// The same at a till with a scanner or card reader on a line of its own.
pub(crate) async fn with_reader(
    reader: terminal::devices::CodeSource,
    test: impl AsyncFnOnce(&Page) -> WebDriverResult<()>,
) {
    let db = TestDb::new(Backend::Sqlite);
    let mut stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
    stage.tills.remove(LIANHUA).close().await;
    let (clock, entropy) = (Arc::<DemoClock>::clone(&stage.clock), Arc::new(SeededEntropy::new(20)));
    let (folder, readers) =
        (till_folder(db.folder(), LIANHUA), |config: &mut terminal::Config| config.readers = vec![reader]);
    let till = TillHost::open_with(&folder, stage.office.address, readers, clock, entropy).await.unwrap();
    stage.tills.insert(LIANHUA, till);
    on_stage(stage, test).await;
}

/// The same at a till whose database was damaged and whose program was then killed, none of which anybody has read. How many
/// bytes its disk has left is the test's.
pub(crate) async fn after_a_bad_night(test: impl AsyncFnOnce(&Page, &AtomicU64) -> WebDriverResult<()>) {
    let db = TestDb::new(Backend::Sqlite);
    let mut stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(9 * 60));
    stage.tills[LIANHUA].sync().await.unwrap();
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let probe = {
        let free = Arc::clone(&free);
        terminal::DiskProbe::new(move |_| Ok(free.load(Ordering::Relaxed)))
    };
    let open = async |folder: &std::path::Path, seed: u64| {
        let (clock, entropy) = (Arc::<DemoClock>::clone(&stage.clock), Arc::new(SeededEntropy::new(seed)));
        let disk = |config: &mut terminal::Config| config.disk = probe.clone();
        TillHost::open_with(folder, stage.office.address, disk, clock, entropy).await.unwrap()
    };
    let folder = till_folder(db.folder(), LIANHUA);
    stage.tills.remove(LIANHUA).close().await;
    let database = folder.join("terminal.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[..4096].fill(0);
    std::fs::write(&database, bytes).unwrap();
    let till = open(&folder, 20).await;
    // Its files as they lie on the disk at this moment, as a power cut leaves them.
    let left = db.folder().join("left");
    std::fs::create_dir_all(&left).unwrap();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, left.join(path.file_name().unwrap())).unwrap();
    }
    till.close().await;
    let till = open(&left, 21).await;
    stage.tills.insert(LIANHUA, till);
    on_stage(stage, async |page: &Page| test(page, &free).await).await;
}

async fn on_stage(stage: Stage, test: impl AsyncFnOnce(&Page) -> WebDriverResult<()>) {
    stage.clock.set(date("2026-03-02").at_minute(11 * 60));
    let till = &stage.tills[LIANHUA];
    till.sync().await.unwrap();
    let url = till.url();

    let chromedriver = Driver::start();
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in chromedriver.arguments() {
        capabilities.add_arg(&argument).unwrap();
    }
    let driver = WebDriver::builder(chromedriver.url(), capabilities).client(client().unwrap()).connect();
    let driver = driver.await.unwrap();
    let tools = format!("{}/session/{}/goog/cdp/execute", chromedriver.url(), driver.session_id());
    let page = Page { driver, host: stage, url, tools };
    let done = async {
        page.sign_in().await?;
        test(&page).await
    };
    let done = done.await;
    let Page { driver, host, .. } = page;
    driver.quit().await.unwrap();
    host.close().await;
    done.unwrap();
}

impl Page {
    pub(crate) fn card(&self, elder: usize) -> String {
        self.host.card(elder).to_owned()
    }

    /// What the till's API says.
    pub(crate) async fn api(&self, path: &str) -> Value {
        Caller::new(&self.url).unwrap().get(path).await.unwrap()
    }

    /// Goes to a path of the till.
    pub(crate) async fn open(&self, path: &str) -> WebDriverResult<()> {
        let path = path.strip_prefix(&self.url).unwrap_or(path);
        self.driver.goto(format!("{}{path}", self.url)).await
    }

    pub(crate) async fn sign_in(&self) -> WebDriverResult<()> {
        self.open("/").await?;
        self.stage("sign_in").await?;
        let cashier = CANTEENS[LIANHUA].cashiers[1];
        let choice = format!("//label[contains(., '{}')]", cashier.name);
        self.driver.find(By::XPath(choice)).await?.click().await?;
        let pin = self.driver.find(By::Id("pin")).await?;
        self.type_slowly(&pin, cashier.pin).await?;
        self.stage("open_shift").await?;
        let float = self.driver.find(By::Id("float")).await?;
        self.type_slowly(&float, "200").await?;
        self.stage("idle").await
    }

    /// Ends the shift with the cash that ought to lie there, and the cashier's turn.
    pub(crate) async fn end_shift(&self) {
        let till = Caller::new(&self.url).unwrap();
        let mut yuan = 200;
        for meal in till.get("/api/meals?date=2026-03-02").await.unwrap()["meals"].as_array().unwrap() {
            yuan += meal["to_pay"].as_i64().unwrap() / 100;
        }
        let count = serde_json::json!({ "count": { "100": yuan } });
        till.post("/api/shift/count", &count).await.unwrap();
        till.post("/api/shift/close", &serde_json::json!({})).await.unwrap();
    }

    /// The office learns that the elder lives in Shenzhen since February, closes the day again, and owes the difference
    /// of today's meal. Ends on the next day, signed in, with a shift.
    pub(crate) async fn refund_by_moving_here(&self, elder: usize) -> WebDriverResult<()> {
        self.end_shift().await;
        let till = &self.host.tills[LIANHUA];
        self.host.clock.set(date("2026-03-03").at_minute(6 * 60));
        till.terminal.tick().await.unwrap();
        till.sync().await.unwrap();
        let hukou = ElderFact {
            valid_from: date("2026-02-01"),
            known_from: self.host.clock.wall(),
            kind: ElderFactKind::Hukou { region: "440304008001".parse().unwrap() },
        };
        self.host.desk(ADMINISTRATOR).await.unwrap().elder_fact(self.host.elder(elder), &hukou).await.unwrap();
        self.host.desk(MAKER).await.unwrap().close_days().await.unwrap();
        self.host.clock.set(date("2026-03-03").at_minute(11 * 60));
        till.sync().await.unwrap();
        self.sign_in().await
    }

    /// Types into a field and presses Enter, slowly enough not to be taken for a scanner.
    async fn type_slowly(&self, field: &WebElement, text: &str) -> WebDriverResult<()> {
        field.click().await?;
        for key in text.chars() {
            tokio::time::sleep(Duration::from_millis(80)).await;
            field.send_keys(key.to_string()).await?;
        }
        tokio::time::sleep(Duration::from_millis(80)).await;
        self.press(Key::Enter).await
    }

    /// Types at the speed of a scanner, with its Enter, whatever has focus.
    pub(crate) async fn scan(&self, code: &str) -> WebDriverResult<()> {
        let keys = self.driver.action_chain_with_delay(Some(SCANNER), Some(Duration::ZERO));
        keys.send_keys(code).key_down(Key::Enter).key_up(Key::Enter).perform().await
    }

    /// Types as a hand does, into whatever has focus.
    pub(crate) async fn hand(&self, text: &str) -> WebDriverResult<()> {
        for key in text.chars() {
            tokio::time::sleep(Duration::from_millis(80)).await;
            self.driver.action_chain().send_keys(key.to_string()).perform().await?;
        }
        tokio::time::sleep(Duration::from_millis(80)).await;
        Ok(())
    }

    /// Several digits at the speed of a scanner, without its Enter.
    pub(crate) async fn burst(&self, digits: &str) -> WebDriverResult<()> {
        let keys = self.driver.action_chain_with_delay(Some(SCANNER), Some(Duration::ZERO));
        keys.send_keys(digits).perform().await
    }

    /// A key that waits until a scan's own Enter can no longer be meant.
    pub(crate) async fn meant(&self, key: Key) -> WebDriverResult<()> {
        tokio::time::sleep(SETTLED).await;
        self.press(key).await
    }

    /// A letter or digit as a lone key.
    pub(crate) async fn letter(&self, letter: &str) -> WebDriverResult<()> {
        tokio::time::sleep(Duration::from_millis(120)).await;
        self.driver.action_chain().send_keys(letter).perform().await?;
        tokio::time::sleep(Duration::from_millis(120)).await;
        Ok(())
    }

    /// Waits for a dialog whose title has that text.
    pub(crate) async fn dialog(&self, title: &str) -> WebDriverResult<()> {
        let what = format!("the dialog {title:?}");
        self.until(&what, async || Ok(self.text("#dialog").await?.contains(title))).await
    }

    /// Waits until the page is on that one of its parts.
    pub(crate) async fn on(&self, part: &str) -> WebDriverResult<()> {
        let what = format!("the page is on {part:?}");
        self.until(&what, async || Ok(self.js("return document.body.dataset.page").await? == part)).await
    }

    /// Waits until no dialog is open.
    pub(crate) async fn no_dialog(&self) -> WebDriverResult<()> {
        self.until("the dialog is gone", async || Ok(self.text("#dialog").await?.is_empty())).await
    }

    /// Waits until a part of the page has that text.
    pub(crate) async fn says(&self, selector: &str, text: &str) -> WebDriverResult<()> {
        let what = format!("{selector} says {text:?}");
        self.until(&what, async || Ok(self.text(selector).await?.contains(text))).await
    }

    /// Scans, waits for the sale, and takes the money.
    pub(crate) async fn sell(&self, elder: usize) -> WebDriverResult<()> {
        self.scan(&self.card(elder)).await?;
        self.stage("serving").await?;
        self.meant(Key::Enter).await?;
        self.stage("idle").await
    }

    /// A command of Chromium's own protocol.
    pub(crate) async fn chromium(&self, command: &str, parameters: Value) {
        let body = serde_json::json!({ "cmd": command, "params": parameters });
        let answer = client().unwrap().post(&self.tools).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{command}: {}", answer.text().await.unwrap());
    }

    /// Whether the browser reaches anything at all.
    pub(crate) async fn reach(&self, anything: bool) {
        let network = serde_json::json!({
            "offline": !anything, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.chromium("Network.enable", serde_json::json!({})).await;
        self.chromium("Network.emulateNetworkConditions", network).await;
    }

    /// Waits until whatever was keyed so far has had its turn and is shown: what did not happen by then does not happen. The
    /// page's timers go off in their order, however slow the machine is, and none that a key sets is longer than this one.
    pub(crate) async fn quiet(&self) -> WebDriverResult<()> {
        let script = "const done = arguments[arguments.length - 1];\n\
            Promise.all([import('/assets/turns.js'), import('/assets/page.js')]).then(async ([turns, page]) => {\n\
              const pass = (ms) => new Promise((gone) => { setTimeout(gone, ms); });\n\
              await pass(600);\n\
              while (turns.busy()) await pass(20);\n\
              await page.refresh(); done(true); }, (error) => done(String(error)))";
        let done = self.driver.execute_async(script, Vec::new()).await?.json().clone();
        assert_eq!(done, true, "the page's own modules");
        Ok(())
    }

    /// Keys that fall within one instant, by their places on the keyboard.
    pub(crate) async fn together(&self, codes: &[&str]) -> WebDriverResult<()> {
        let script = format!(
            "for (const code of {}) document.body.dispatchEvent(new KeyboardEvent('keydown', {{ code, bubbles: true, cancelable: true }}))",
            serde_json::json!(codes)
        );
        self.js(&script).await?;
        Ok(())
    }

    /// From now on the page does not hear what the till answers to that, until [`Page::hears`].
    pub(crate) async fn deaf_to(&self, path: &str) -> WebDriverResult<()> {
        let script = format!(
            "window.ask ??= window.fetch; window.unheard = 0;\n\
             const held = new Promise((done) => {{ window.hears = done; }});\n\
             window.fetch = async (path, how) => {{ const answer = await window.ask(path, how);\n\
               if (String(path).startsWith('{path}')) {{ window.unheard += 1; await held; }} return answer; }}"
        );
        self.js(&script).await?;
        Ok(())
    }

    /// Waits until the till has answered what the page does not hear.
    pub(crate) async fn unheard(&self) -> WebDriverResult<()> {
        self.until("it is answered", async || Ok(self.js("return window.unheard > 0").await? == true)).await
    }

    /// The page hears all of it.
    pub(crate) async fn hears(&self) -> WebDriverResult<()> {
        self.js("window.fetch = window.ask; window.hears()").await?;
        Ok(())
    }

    /// A value of the page's own JavaScript.
    pub(crate) async fn js(&self, script: &str) -> WebDriverResult<Value> {
        Ok(self.driver.execute(script, Vec::new()).await?.json().clone())
    }

    /// The meals of today, the last first.
    pub(crate) async fn meals(&self) -> Vec<Value> {
        self.api("/api/meals?date=2026-03-02").await["meals"].as_array().cloned().unwrap_or_default()
    }

    /// One key, as a hand presses it.
    pub(crate) async fn press(&self, key: Key) -> WebDriverResult<()> {
        self.driver.action_chain().key_down(key.clone()).key_up(key).perform().await
    }

    /// The text of a part of the page.
    pub(crate) async fn text(&self, selector: &str) -> WebDriverResult<String> {
        self.driver.find(By::Css(selector)).await?.text().await
    }

    /// Waits until the page shows that stage.
    pub(crate) async fn stage(&self, stage: &str) -> WebDriverResult<()> {
        let wanted = format!("body[data-stage='{stage}']");
        let query = self.driver.query(By::Css(wanted)).wait(PATIENCE, Duration::from_millis(30));
        if query.exists().await? {
            return Ok(());
        }
        let shown = self.text("body").await?;
        panic!("the page never came to {stage:?}, it shows: {shown}");
    }

    /// Waits until something holds.
    pub(crate) async fn until(
        &self,
        what: &str,
        mut holds: impl AsyncFnMut() -> WebDriverResult<bool>,
    ) -> WebDriverResult<()> {
        for _ in 0..200 {
            // A part that is being replaced cannot be read for a moment.
            if holds().await.unwrap_or(false) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never: {what}, the page shows: {}", self.text("body").await?);
    }
}
