//! The office's console in a real browser: a small city's month from open to archived by two people, an auditor's way down
//! to one signed record, a session that ends in mid-form, and every page looked at by axe at two sizes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::Clock;
use domain::id::{CanteenId, Digest, StatementId};
use serde_json::json;
use server::admin::{NewUser, Post};
use server::people::Role;
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

    /// The page of today offers that, and leads to where it is done.
    async fn led(&self, words: &str, page: &str) -> WebDriverResult<()> {
        self.at_month("today").await?;
        let path = format!("//main//a[contains(@class, 'primary')][contains(., '{words}')]");
        self.driver.query(By::XPath(path)).wait(PATIENCE, Duration::from_millis(50)).first().await?.click().await?;
        let end = tokio::time::Instant::now() + PATIENCE;
        while !self.driver.current_url().await?.path().starts_with(&format!("/console/{page}")) {
            assert!(tokio::time::Instant::now() < end, "{words} does not lead to {page}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
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
                if width < 500 {
                    let long = "return document.documentElement.scrollHeight";
                    let long = self.driver.execute(long, Vec::new()).await?.json().as_u64().unwrap_or(0);
                    self.resize(width, u32::try_from(long.clamp(844, 4000)).unwrap()).await;
                    self.driver.screenshot(&std::path::Path::new(&folder).join(format!("{name}-long.png"))).await?;
                    self.resize(width, height).await;
                }
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

/// Whoever has never seen it goes where the page of today leads, from step to step.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_take_a_month_from_open_to_archived() {
    use server::people::Role::{FinanceChecker, FinanceMaker};
    with_console(async |console| {
        console.sign_in(staff(FinanceMaker)).await?;
        // What stops the month comes first; the rest is decided where the settlement leads.
        console.led("条阻断差异", "findings").await?;
        console.at_month("settlement").await?;
        console.press("起草结算").await?;
        console.says("已起草").await?;
        let decided = console.decide_what_blocks().await?;
        assert!(decided > 0, "nothing stood in the way: the city is too quiet to show it");
        console.led("提交审批", "settlement").await?;
        console.press("提交审批").await?;
        console.says("已提交").await?;
        // Who made it is not offered to approve it.
        assert!(console.driver.find_all(By::XPath("//button[normalize-space(.)='通过']")).await?.is_empty());

        console.sign_in(staff(FinanceChecker)).await?;
        console.led("复核并审批", "settlement").await?;
        console.says("核对无误后通过").await?;
        console.type_into("passphrase", staff(FinanceChecker).passphrase).await?;
        console.press("通过").await?;
        console.says("已审批").await?;

        console.sign_in(staff(FinanceMaker)).await?;
        console.led("发布公示", "disclosure").await?;
        console.press("开始公示").await?;
        console.says("已开始公示").await?;
        // Nobody objects within seven days; then every canteen is paid by one and confirmed by another.
        console.city.clock.advance(8 * 24 * 60 * 60 * 1000);
        let two = [
            (FinanceMaker, "办理拨付", "sent", "第 0201 号汇款"),
            (FinanceChecker, "登记到账", "confirmed", "银行回单 0201"),
        ];
        for (who, offered, state, reference) in two {
            console.sign_in(staff(who)).await?;
            console.led(offered, "funds").await?;
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
        console.led("归档", "settlement").await?;
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

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_the_own_canteen_and_no_other() {
    use server::people::Role::FinanceMaker;
    with_console(async |console| {
        let (own, other) = console.two_canteens().await;
        let manager = console.manager_of(own).await;
        console.clean_start().await?;
        let statement = console.statement_of(other).await;
        let other = [
            (format!("/console/canteens/{other}"), "核定日供餐量"),
            (format!("/console/statements/{statement}"), "谁来出"),
        ];
        console.sign_in(&manager).await?;
        for page in ["own", "findings", "statements"] {
            console.at_month(page).await?;
            for (path, _) in &other {
                let link = By::Css(format!("a[href^='{path}']"));
                assert!(console.driver.find_all(link).await?.is_empty(), "{page} leads to {path}");
            }
        }
        let own = console.statement_of(own).await;
        console.open(&format!("/console/statements/{own}?month={MONTH}")).await?;
        console.says("谁来出").await?;
        for (path, words) in &other {
            console.open(&format!("{path}?month={MONTH}")).await?;
            console.says("没有办成").await?;
            let shown = console.text().await?;
            assert!(!shown.contains('¥') && !shown.contains(words), "{path} shows {shown}");
        }
        // The same addresses are pages for whoever may see them.
        console.sign_in(staff(FinanceMaker)).await?;
        for (path, words) in &other {
            console.open(&format!("{path}?month={MONTH}")).await?;
            console.says(words).await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_sorts_what_is_listed_and_the_address_keeps_the_order() {
    with_console(async |console| {
        console.resize(1366, 768).await;
        console.clean_start().await?;
        console.at_month("statements").await?;
        let as_drawn = console.column(6).await?;
        assert_eq!(as_drawn.len(), 3);
        let mut largest_first = as_drawn.clone();
        largest_first.sort_unstable_by_key(|fen| std::cmp::Reverse(*fen));
        console.press("应付").await?;
        assert_eq!(console.column(6).await?, largest_first, "figures begin with the largest");
        console.press("应付").await?;
        let mut smallest_first = largest_first.clone();
        smallest_first.reverse();
        assert_eq!(console.column(6).await?, smallest_first);
        // A link to it, and a filter, show the same.
        let address = console.driver.current_url().await?;
        assert!(address.query().unwrap_or_default().contains("order=5"), "{address}");
        console.driver.goto(address.as_str()).await?;
        assert_eq!(console.column(6).await?, smallest_first);
        let sorted = console.driver.find(By::Css("th[aria-sort='ascending']")).await?.text().await?;
        assert!(sorted.contains("应付"), "{sorted}");
        console.press("筛选").await?;
        console.says("3 / 3").await?;
        assert_eq!(console.column(6).await?, smallest_first);
        console.clean("/console/statements/sorted").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drafted_a_month_does_not_approve_it() {
    use server::people::Role::{FinanceChecker, FinanceMaker};
    with_console(async |console| {
        console.clean_start().await?;
        console.decide_what_blocks().await?;
        console.press("提交审批").await?;
        console.says("已提交").await?;
        // The page offers nothing, and a form made by hand is refused.
        console.approve_by_hand().await?;
        console.says("没有办成").await?;
        // With a checker's rights the same person is still who drafted it.
        console.becomes(staff(FinanceMaker), FinanceChecker).await;
        console.sign_in(staff(FinanceMaker)).await?;
        console.at_month("settlement").await?;
        console.says("已提交").await?;
        assert!(console.driver.find_all(By::XPath("//button[normalize-space(.)='通过']")).await?.is_empty());
        console.approve_by_hand().await?;
        console.says("起草或提交的人不能审批").await?;
        console.at_month("settlement").await?;
        console.says("已提交").await?;

        console.sign_in(staff(FinanceChecker)).await?;
        console.at_month("settlement").await?;
        console.type_into("passphrase", staff(FinanceChecker).passphrase).await?;
        console.press("通过").await?;
        console.says("已审批").await
    })
    .await;
}

impl Console {
    /// The amounts of a column of the page's table, fen, from the first row on.
    async fn column(&self, number: usize) -> WebDriverResult<Vec<i64>> {
        let mut found = Vec::new();
        for cell in self.driver.find_all(By::Css(format!("main tbody td:nth-child({number})"))).await? {
            let digits: String = cell.text().await?.chars().filter(char::is_ascii_digit).collect();
            found.push(digits.parse().unwrap());
        }
        Ok(found)
    }
}

impl Console {
    async fn two_canteens(&self) -> (CanteenId, CanteenId) {
        let store = &self.city.server.office().store;
        let all = store
            .read(|tx| Box::pin(async move { server::store::canteens::inside(tx, &"440300".parse().unwrap()).await }));
        let all = all.await.unwrap();
        (all[0].id, all[1].id)
    }

    /// Somebody who runs that canteen and nothing else.
    async fn manager_of(&self, canteen: CanteenId) -> Staff {
        let manager =
            Staff { name: "食堂负责人甲", passphrase: "a canteen's manager", role: Role::CanteenManager };
        let Staff { name, passphrase, role } = manager;
        let (region, canteen) = ("440300".parse().unwrap(), Some(canteen));
        let new = NewUser { name: name.into(), passphrase: passphrase.to_owned().into(), role, region, canteen };
        self.city.server.office().add_user(new, None).await.unwrap();
        manager
    }

    async fn becomes(&self, whom: &Staff, role: Role) {
        let office = self.city.server.office();
        let id = office.account(whom.name).await.unwrap().id;
        let post = Post { role, region: "440300".parse().unwrap(), canteen: None };
        office.move_person(id, post).await.unwrap();
    }

    /// The statement of the month's draft.
    async fn statement_of(&self, canteen: CanteenId) -> String {
        let store = &self.city.server.office().store;
        let found = store.read(move |tx| {
            Box::pin(async move {
                sql!(tx, "SELECT id FROM statements WHERE canteen = $1", canteen).value::<StatementId>().await
            })
        });
        found.await.unwrap().to_string()
    }

    /// Sends the form that approves, with the page's own token and the digest that the page shows.
    async fn approve_by_hand(&self) -> WebDriverResult<()> {
        let store = &self.city.server.office().store;
        let digest = store
            .read(|tx| Box::pin(async move { sql!(tx, "SELECT digest FROM settlements").value::<Digest>().await }));
        let digest = digest.await.unwrap().to_string();
        let send = "const form = document.createElement('form');
            form.method = 'post';
            form.action = '/console/settlement/approve' + location.search.replace(/done=[^&]*&?/, '');
            const csrf = document.querySelector('input[name=csrf]').value;
            for (const [name, value] of Object.entries({ csrf, digest: arguments[0], passphrase: arguments[1] })) {
                const field = document.createElement('input');
                field.type = 'hidden'; field.name = name; field.value = value;
                form.append(field);
            }
            document.body.append(form);
            form.submit();";
        let passphrase = staff(Role::FinanceMaker).passphrase;
        self.driver.execute(send, vec![json!(digest), json!(passphrase)]).await.map(drop)
    }
}

/// Where the focus is: whether a person sees it there, and what it is on.
const FOCUS: &str = "const at = document.activeElement;
    if (!at || at === document.body) return { is: '', seen: true };
    const style = getComputedStyle(at.closest('.search') ?? at);
    const ring = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || at.tagName === 'MAIN';
    const box = at.getBoundingClientRect();
    const inside = (x, y) => { const hit = document.elementFromPoint(x, y); return !!hit && (at.contains(hit) || hit.contains(at)); };
    const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [box.left + box.width * x, box.top + box.height * y]));
    const inView = points.some(([x, y]) => inside(x, y)) || at.type === 'date';
    const is = [at.tagName, at.id, at.name, at.value, at.textContent.trim().slice(0, 40)].join('|');
    return { is, seen: at.matches(':focus-visible') && ring && inView };";

impl Console {
    async fn key(&self, key: impl Into<TypingData>) -> WebDriverResult<()> {
        self.driver.action_chain().send_keys(key).perform().await
    }

    /// What has the focus: tag, id, name, value, words. A person sees that it has.
    async fn focus(&self) -> WebDriverResult<String> {
        let found = self.driver.execute(FOCUS, Vec::new()).await?.json().clone();
        assert_eq!(
            found["seen"],
            json!(true),
            "the focus is not seen on {found}: {:?}",
            self.driver.current_url().await
        );
        Ok(found["is"].as_str().unwrap_or_default().to_owned())
    }

    /// Goes on with Tab until the focus is on something of that kind; no stop is passed unseen, and none comes twice.
    async fn tab_to(&self, wanted: &[&str]) -> WebDriverResult<()> {
        let mut passed = Vec::new();
        for _ in 0..150 {
            self.key(Key::Tab).await?;
            let at = self.focus().await?;
            if wanted.iter().all(|part| at.contains(part)) {
                return Ok(());
            }
            passed.push(at);
        }
        panic!("no Tab leads to {wanted:?}: {passed:#?}");
    }

    /// Thresholds by which nearly every day has something to look at.
    async fn many_findings(&self) {
        use domain::reconciliation::{Settings, Thresholds};
        let office = Arc::clone(self.city.server.office());
        let strict = Thresholds { burst_elders: 2, burst_seconds: 3_600, ..Thresholds::default() };
        let settings = Settings { thresholds: strict, ..Settings::default() };
        let (region, from, now) = ("440300".parse().unwrap(), format!("{MONTH}-01").parse().unwrap(), office.now());
        let set = office.store.write(move |tx| {
            Box::pin(async move {
                let name = staff(server::people::Role::FinanceChecker).name;
                let by = server::store::people::by_name(tx, name).await?.unwrap().id;
                server::store::settings::put(tx, &region, from, &settings, by, now).await
            })
        });
        set.await.unwrap();
        server::close::close_days(&office.store, &office.book(), office.now()).await.unwrap();
    }

    async fn is_open(&self, css: &str) -> WebDriverResult<bool> {
        Ok(!self.driver.find_all(By::Css(css)).await?.is_empty())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_and_a_draft_are_worked_with_the_keyboard_alone() {
    use server::people::Role::{FinanceChecker, FinanceMaker};
    with_console(async |console| {
        console.many_findings().await;
        console.resize(1366, 768).await;
        console.driver.delete_all_cookies().await?;
        console.open("/console/sign-in").await?;
        assert!(console.focus().await?.contains("|name|"), "typing begins at once");
        console.key(staff(FinanceMaker).name).await?;
        console.tab_to(&["|passphrase|"]).await?;
        console.key(staff(FinanceMaker).passphrase).await?;
        console.key(Key::Enter).await?;
        console.says(staff(FinanceMaker).name).await?;

        // The first stop leads past the rail; what opens is closed by Escape, and the focus is where it was.
        console.at_month("findings").await?;
        console.key(Key::Tab).await?;
        assert!(console.focus().await?.contains("跳到正文"));
        console.tab_to(&["SUMMARY"]).await?;
        console.key(Key::Enter).await?;
        assert!(console.is_open("details.pick[open]").await?);
        console.key(Key::Escape).await?;
        assert!(!console.is_open("details.pick[open]").await?);
        assert!(console.focus().await?.contains("SUMMARY"));
        console.at_month("findings").await?;
        console.key(Key::Tab).await?;
        console.key(Key::Enter).await?;

        // J opens the next one; Enter in the words rules nothing; a button does.
        let first = console.driver.find(By::Css("a.inbox-entry[aria-current]")).await?.attr("href").await?;
        console.key("j").await?;
        let other = "return document.querySelector('a.inbox-entry[aria-current]')?.getAttribute('href')";
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let now = console.driver.execute(other, Vec::new()).await?.json().as_str().map(str::to_owned);
            if now.is_some() && now != first {
                break;
            }
            assert!(tokio::time::Instant::now() < end, "J leads nowhere");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        console.tab_to(&["INPUT", "|words|"]).await?;
        console.key("已与食堂核对，情况属实").await?;
        let before = console.driver.current_url().await?;
        console.key(Key::Enter).await?;
        assert_eq!(console.driver.current_url().await?, before, "Enter alone rules nothing");
        console.tab_to(&["BUTTON", "|explained|"]).await?;
        console.key(Key::Enter).await?;
        console.says("已记下").await?;
        console.says("已与食堂核对，情况属实").await?;

        console.at_month("settlement").await?;
        console.tab_to(&["BUTTON", "起草结算"]).await?;
        console.key(Key::Enter).await?;
        console.says("已起草").await?;

        // What is refused is said in the page's language.
        console.sign_in(staff(FinanceChecker)).await?;
        console.at_month("settlement").await?;
        console.tab_to(&["SUMMARY", staff(FinanceChecker).name]).await?;
        console.key(Key::Enter).await?;
        console.tab_to(&["BUTTON", "English"]).await?;
        console.key(Key::Enter).await?;
        console.says("as of").await?;
        console.open("/console/people").await?;
        console.says("You have no right to do this").await?;
        let shown = console.driver.find(By::Tag("main")).await?.text().await?;
        assert!(!shown.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{shown}");
        Ok(())
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
            "budgets",
        ],
    ),
    (server::people::Role::FinanceChecker, &["settlement", "funds", "budgets", "regions", "regions/440300"]),
    (server::people::Role::Auditor, &["regions", "canteens", "draws", "changes", "audit", "search?q=1"]),
    (
        server::people::Role::Administrator,
        &["today", "regions", "canteens", "people", "terminals", "elders", "cards", "imports", "backups", "me"],
    ),
];

/// Pages that list what has a page of its own.
const LISTS: [&str; 4] = ["statements", "canteens", "terminals", "elders"];

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
            // Behind a list stands one of what it lists.
            for page in pages.iter().filter(|page| LISTS.contains(page)) {
                console.resize(1366, 768).await;
                console.open(&format!("/console/{page}?month={MONTH}")).await?;
                let links = console.driver.find_all(By::Css("main table tbody th a")).await?;
                let Some(href) = links.first().expect(page).attr("href").await? else { continue };
                console.open(&href).await?;
                console.clean(&format!("/console/{page}/one")).await?;
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
