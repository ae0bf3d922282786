//! The office's console in a real browser: a small city's month from open to archived by two people, an auditor's way down
//! to one signed record, a session that ends in mid-form, and every page looked at by axe at two sizes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::Clock;
use serde_json::json;
use server::sql;
use support::browser::Driver;
use support::{Backend, TestDb};
use thirtyfour::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use zhucan::demo::http::client;
use zhucan::generate::office::{STAFF, Staff};
use zhucan::generate::play::{City, Wanted};
use zhucan::generate::rates::Rates;
use zhucan::machine::{SystemClock, SystemEntropy};

use crate::accessible::findings;

const MONTH: &str = "2026-01";
const PATIENCE: Duration = Duration::from_secs(15);

/// A browser at the office of a city whose January is over.
struct Console {
    driver: WebDriver,
    city: City,
    url: String,
    /// Chromium's own commands, beside WebDriver.
    tools: String,
}

/// Runs a test on a fresh office; the browser is ended whatever happens.
async fn with_console(test: impl AsyncFnOnce(&Console) -> WebDriverResult<()>) {
    let db = TestDb::new(Backend::Sqlite);
    let watch: Arc<dyn Clock> = Arc::new(SystemClock::new(&SystemEntropy));
    // Things go wrong often enough for a small city to see them.
    let rates = Rates { wrong_z: 2_000, damaged: 2_000, ..Rates::USUAL.at_percent(1_000) };
    let from = MONTH.parse().unwrap();
    let wanted = Wanted { elders: 50, canteens: 3, months: 1, from, seed: 5, rates, truth: None };
    let found = City::found(wanted, db.url().parse().unwrap(), db.path("office.key"), "http://office", watch);
    let mut city = found.await.unwrap();
    city.pass().await.unwrap();
    city.clock.advance(4 * 60 * 60 * 1000);
    let office = Arc::clone(city.server.office());
    server::close::close_days(&office.store, &office.book(), office.now()).await.unwrap();

    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = city.server.clone();
    let serving = tokio::spawn(async move { served.serve(listener, async { drop(stopped.await) }).await });

    let chromedriver = Driver::start();
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in chromedriver.arguments() {
        capabilities.add_arg(&argument).unwrap();
    }
    let driver = WebDriver::builder(chromedriver.url(), capabilities).client(client().unwrap()).connect();
    let driver = driver.await.unwrap();
    let tools = format!("{}/session/{}/goog/cdp/execute", chromedriver.url(), driver.session_id());
    let console = Console { driver, city, url, tools };
    let done = test(&console).await;
    if done.is_err() {
        let shown = console.text().await.unwrap_or_default();
        eprintln!("{:?}\n{shown}", console.driver.current_url().await);
    }
    console.driver.clone().quit().await.unwrap();
    let _ = stop.send(());
    serving.await.unwrap().unwrap();
    done.unwrap();
}

impl Console {
    async fn open(&self, path: &str) -> WebDriverResult<()> {
        self.driver.goto(format!("{}{path}", self.url)).await
    }

    async fn text(&self) -> WebDriverResult<String> {
        self.driver.find(By::Tag("body")).await?.text().await
    }

    /// Waits for the page to say something.
    async fn says(&self, words: &str) -> WebDriverResult<()> {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let shown = self.text().await.unwrap_or_default();
            if shown.contains(words) {
                return Ok(());
            }
            assert!(
                tokio::time::Instant::now() < end,
                "{words:?} never stood on {:?}: {shown}",
                self.driver.current_url().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn press(&self, words: &str) -> WebDriverResult<()> {
        let path = format!(
            "//*[self::button or self::a or self::summary][contains(normalize-space(.), '{words}')][not(@disabled)]"
        );
        self.driver.query(By::XPath(path)).wait(PATIENCE, Duration::from_millis(50)).first().await?.click().await
    }

    async fn type_into(&self, name: &str, words: &str) -> WebDriverResult<()> {
        let css = format!("main [name='{name}']:not([type='hidden'])");
        for field in self.driver.find_all(By::Css(css)).await? {
            if field.is_displayed().await? {
                return field.send_keys(words).await;
            }
        }
        panic!("no field {name} is shown: {}", self.text().await?);
    }

    async fn sign_in(&self, staff: &Staff) -> WebDriverResult<()> {
        self.driver.delete_all_cookies().await?;
        self.open("/console/sign-in").await?;
        self.type_into("name", staff.name).await?;
        self.type_into("passphrase", staff.passphrase).await?;
        self.press("登录").await?;
        self.says(staff.name).await
    }

    async fn at_month(&self, page: &str) -> WebDriverResult<()> {
        self.open(&format!("/console/{page}?month={MONTH}")).await
    }

    /// Takes what hinders the month, one finding after the other, where the page leads.
    async fn decide_what_blocks(&self) -> WebDriverResult<usize> {
        for decided in 0..60 {
            self.at_month("settlement").await?;
            let links = self.driver.find_all(By::XPath("//a[contains(., '去裁定')]")).await?;
            let Some(link) = links.first() else { return Ok(decided) };
            link.click().await?;
            self.says("不成立").await?;
            self.type_into("words", "已与食堂核对，情况说明属实").await?;
            self.press("不成立").await?;
            self.says("已记下").await?;
        }
        panic!("there is no end of what blocks");
    }

    async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let body = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": size });
        let answer = client().unwrap().post(&self.tools).json(&body).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// Nothing serious by axe, and nothing beyond the right edge; `SHOTS=folder` keeps pictures.
    async fn clean(&self, page: &str) -> WebDriverResult<()> {
        for (width, height) in [(1366, 768), (390, 844)] {
            self.resize(width, height).await;
            if let Some(folder) = std::env::var_os("SHOTS") {
                let name = page.split('?').next().unwrap_or(page).trim_matches('/').replace('/', "-");
                let picture = std::path::Path::new(&folder).join(format!("{name}-{width}.png"));
                self.driver.screenshot(&picture).await?;
            }
            let found = findings(&self.driver).await?;
            assert!(found.is_empty(), "{page} at {width}: {found:#?}");
            let over = "return document.documentElement.scrollWidth - window.innerWidth";
            let over = self.driver.execute(over, Vec::new()).await?.json().as_i64().unwrap();
            assert!(over <= 0, "{page} at {width}: {over} px beyond the right edge");
        }
        Ok(())
    }
}

fn staff(role: server::people::Role) -> &'static Staff {
    STAFF.iter().find(|staff| staff.role == role).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_take_a_month_from_open_to_archived() {
    use server::people::Role::{FinanceChecker, FinanceMaker};
    with_console(async |console| {
        console.sign_in(staff(FinanceMaker)).await?;
        console.at_month("settlement").await?;
        console.press("起草结算").await?;
        console.says("已起草").await?;
        let decided = console.decide_what_blocks().await?;
        assert!(decided > 0, "nothing stood in the way: the city is too quiet to show it");
        console.press("提交审批").await?;
        console.says("已提交").await?;
        // Who made it is not offered to approve it.
        assert!(console.driver.find_all(By::XPath("//button[normalize-space(.)='通过']")).await?.is_empty());

        console.sign_in(staff(FinanceChecker)).await?;
        console.at_month("settlement").await?;
        console.type_into("passphrase", staff(FinanceChecker).passphrase).await?;
        console.press("通过").await?;
        console.says("已审批").await?;

        console.sign_in(staff(FinanceMaker)).await?;
        console.at_month("settlement").await?;
        console.press("开始公示").await?;
        console.says("已开始公示").await?;
        // Nobody objects within seven days; then every canteen is paid by one and confirmed by another.
        console.city.clock.advance(8 * 24 * 60 * 60 * 1000);
        let two = [(FinanceMaker, "sent", "第 0201 号汇款"), (FinanceChecker, "confirmed", "银行回单 0201")];
        for (who, state, reference) in two {
            console.sign_in(staff(who)).await?;
            for _ in 0..3 {
                console.at_month("funds").await?;
                let open = format!("//details[contains(@class, 'more')][.//option[@value='{state}']]");
                let Some(more) = console.driver.find_all(By::XPath(open)).await?.into_iter().next() else { break };
                more.find(By::Tag("summary")).await?.click().await?;
                more.find(By::Css(format!("option[value='{state}']"))).await?.click().await?;
                console.type_into("reference", reference).await?;
                if !console.driver.find_all(By::Css("main input[name='passphrase']")).await?.is_empty() {
                    console.type_into("passphrase", staff(who).passphrase).await?;
                }
                more.find(By::Css("button.primary")).await?.click().await?;
                console.says("付款状态已记下").await?;
            }
        }
        console.at_month("settlement").await?;
        console.press("归档").await?;
        console.says("已归档").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_goes_from_a_months_line_down_to_one_signed_record() {
    use server::people::Role::{Auditor, FinanceMaker};
    with_console(async |console| {
        console.sign_in(staff(FinanceMaker)).await?;
        console.at_month("settlement").await?;
        console.press("起草结算").await?;
        console.says("已起草").await?;
        console.sign_in(staff(Auditor)).await?;
        console.at_month("settlement").await?;
        console.driver.find(By::Css(".month-table tbody th a")).await?.click().await?;
        console.says("谁来出").await?;
        console.driver.find(By::Css("table.lines tbody th a")).await?.click().await?;
        console.driver.find(By::Css("aside.drawer tbody th a")).await?.click().await?;
        for proof in ["签名有效", "前后链相接"] {
            console.says(proof).await?;
        }
        assert!(console.driver.find_all(By::Css(".proofs .bad")).await?.is_empty(), "a proof is broken");
        console.driver.find(By::Tag("body")).await?.send_keys(Key::Escape).await?;
        console.driver.query(By::Css("aside.drawer")).wait(PATIENCE, Duration::from_millis(50)).not_exists().await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_in_mid_form_loses_nothing() {
    use server::people::Role::FinanceMaker;
    let words = "写到一半的理由：食堂已提供当天的纸质名单";
    with_console(async |console| {
        console.sign_in(staff(FinanceMaker)).await?;
        console.at_month("findings").await?;
        console.type_into("words", words).await?;
        console.city.clock.advance(13 * 60 * 60 * 1000);
        console.press("不成立").await?;
        console.says("登录已过期").await?;
        console.type_into("name", staff(FinanceMaker).name).await?;
        console.type_into("passphrase", staff(FinanceMaker).passphrase).await?;
        console.press("登录").await?;
        console.says("内容还在").await?;
        let kept = console.driver.find(By::Css("textarea[name='words']")).await?.prop("value").await?;
        assert_eq!(kept.as_deref(), Some(words));
        console.press("提交").await?;
        console.says("已记下").await
    })
    .await;
}

/// Every page that a role's rail leads to, and some behind them.
const PAGES: [(server::people::Role, &[&str]); 4] = [
    (
        server::people::Role::FinanceMaker,
        &[
            "today",
            "reconciliation",
            "findings",
            "settlement",
            "statements",
            "funds",
            "policies",
            "disclosure",
            "exports",
            "proposals",
        ],
    ),
    (server::people::Role::FinanceChecker, &["settlement", "funds", "regions/440300"]),
    (server::people::Role::Auditor, &["regions", "canteens", "draws", "changes", "audit", "search?q=1"]),
    (
        server::people::Role::Administrator,
        &["today", "regions", "canteens", "people", "terminals", "elders", "cards", "imports", "backups", "me"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_serious_on_any_page_and_nobody_is_named() {
    with_console(async |console| {
        console.clean_start().await?;
        let store = &console.city.server.office().store;
        let names =
            store.read(|tx| Box::pin(async move { sql!(tx, "SELECT name FROM elders").values::<String>().await }));
        let names: Vec<String> = names.await.unwrap().into_iter().filter(|name| name.chars().count() > 2).collect();
        assert!(names.len() > 20);
        for (role, pages) in PAGES {
            console.sign_in(staff(role)).await?;
            for page in pages {
                let join = if page.contains('?') { '&' } else { '?' };
                let path = format!("/console/{page}{join}month={MONTH}");
                console.open(&path).await?;
                console.clean(&path).await?;
                let source = console.driver.source().await?;
                let shown: Vec<_> = names.iter().filter(|name| source.contains(*name)).collect();
                assert!(shown.is_empty(), "{page} names {shown:?}");
            }
        }
        console.driver.delete_all_cookies().await?;
        for path in ["/", "/console/sign-in"] {
            console.open(path).await?;
            console.clean(path).await?;
        }
        Ok(())
    })
    .await;
}

impl Console {
    /// A month that is drafted, so that pages have something to show.
    async fn clean_start(&self) -> WebDriverResult<()> {
        self.sign_in(staff(server::people::Role::FinanceMaker)).await?;
        self.at_month("settlement").await?;
        self.press("起草结算").await?;
        self.says("已起草").await
    }
}
