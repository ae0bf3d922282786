//! Nothing personal in a terminal's log, at any level: a real terminal serves elders, fails to, and is misused, with names
//! and numbers that stand nowhere else, and whatever it has logged is searched for them.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::id::CanteenId;
use domain::money::Fen;
use serde_json::{Value, json};
use server::Database;
use server::admin::{NewCashier, NewElder};
use support::WallClock;
use zhucan::demo::http::{Caller, client, number, text};
use zhucan::demo::play::Stage;
use zhucan::demo::till::Hands;
use zhucan::demo::world::{LIANHUA, date};

use crate::canary::{encoded, with_check_digit};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
const ELDER: &str = "金丝雀甲长者";
const STRANGER: &str = "金丝雀乙长者";
const ID: &str = "440304194601017732";
const ID_OF_STRANGER: &str = "440304194702028844";
const ID_OF_NOBODY: &str = "440304194803039955";
const PHONE: &str = "13912344355";
const CASHIER: &str = "金丝雀收银员";
const PIN: &str = "97531862";
const WRONG_PIN: &str = "86420917";
const CHIP: &str = "A1B2C3D4E5F60799";
const PAYMENT: &str = "134567890123456780";

/// A command of the program under a clock, which logs everything there is to log into a file.
fn loud(clock: &WallClock, log: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).args(["--log", "trace", "--log-format", "json"]).envs(clock.environment());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(std::fs::File::create(log).unwrap());
    command
}

struct Loud {
    child: Child,
    url: String,
}

impl Loud {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        Self { child, url: line[line.find("http://").unwrap()..].trim().to_owned() }
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Elders, a cashier, a card and a chip at the office. Answers the card's number.
async fn known(stage: &Stage, canteen: CanteenId) -> String {
    let office = stage.office.server.office();
    let person = |id: &str, name: &str, canteen| NewElder {
        resident_id: with_check_digit(id).into(),
        name: name.to_owned(),
        phone: Some(PHONE.to_owned().into()),
        region: "440304".parse().unwrap(),
        canteen,
        facts: Vec::new(),
        id: None,
    };
    let elder = office.register_elder(person(ID, ELDER, Some(canteen)), None).await.unwrap();
    office.register_elder(person(ID_OF_STRANGER, STRANGER, None), None).await.unwrap();
    office.register_chip(elder, CHIP, None).await.unwrap();
    let cashier = NewCashier { name: CASHIER.to_owned(), pin: PIN.to_owned(), supervisor: true };
    office.add_cashier(canteen, cashier, None).await.unwrap();
    office.issue_card(elder, None).await.unwrap().number.expose().to_owned()
}

/// Waits until the till has what the office told of it.
async fn known_at(page: &Caller) {
    for _ in 0..300 {
        let synced = page.post("/api/sync", &json!({})).await;
        let state = page.get("/api/state").await.unwrap();
        if state["cashiers"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == CASHIER)) {
            return;
        }
        drop(synced);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the till does not know its cashiers: {}", page.get("/api/state").await.unwrap());
}

/// Serves, looks up, searches; and does what no page does.
async fn drive(url: &str, card: &str) {
    let page = Caller::new(url).unwrap();
    known_at(&page).await;
    let mut hands = Hands::at(url).unwrap();
    assert!(hands.sign_in(CASHIER, WRONG_PIN).await.is_err());
    hands.sign_in(CASHIER, PIN).await.unwrap();
    hands.open_shift(Fen::new(10_000)).await.unwrap();
    let shown = page.post("/api/scan", &json!({ "code": with_check_digit(ID) })).await.unwrap();
    assert_eq!(text(&shown, "/stage/kind").unwrap(), "serving", "{shown}");
    let pay = json!({ "sale": text(&shown, "/stage/sale").unwrap(), "tender": "cash" });
    let done = page.post("/api/confirm", &pay).await.unwrap();
    assert!(number(&done, "/last/to_pay").unwrap() > 0);
    // The card and the chip of somebody who has eaten, somebody else's number, and numbers that nobody has.
    let strangers = [with_check_digit(ID_OF_STRANGER), with_check_digit(ID_OF_NOBODY)];
    let codes = [
        card.to_owned(),
        CHIP.to_owned(),
        PAYMENT.to_owned(),
        format!("{card}{card}"),
        ELDER.to_owned(),
        PHONE.to_owned(),
    ];
    for code in strangers.into_iter().chain(codes) {
        let _ = page.post("/api/scan", &json!({ "code": code })).await;
        let _ = page.post("/api/cancel", &json!({})).await;
    }
    let approval = json!({ "cashier": CASHIER, "pin": PIN });
    for (path, body) in [
        ("/api/search", json!({ "name": ELDER, "birth": "1946-01-01" })),
        ("/api/search", json!({ "name": ELDER, PHONE: ID })),
        ("/api/cash", json!({ "amount": 100, "note": ELDER, "supervisor": approval })),
        ("/api/void", json!({ "meal": null, "reason": ELDER, "supervisor": approval })),
        ("/api/refunds", json!({ "code": card })),
        ("/api/sign-in", json!({ "cashier": CASHIER, "pin": PIN })),
        ("/api/enrol", json!({ "code": card, "server": ELDER })),
    ] {
        let _ = page.post(path, &body).await;
    }
    misuse(url, card).await;
    page.post("/api/sync", &json!({})).await.unwrap();
}

async fn misuse(url: &str, card: &str) {
    let web = client().unwrap();
    let broken = format!("{{\"code\": \"{card}\", \"name\": {ELDER}");
    let post = web.post(format!("{url}/api/scan")).header("content-type", "application/json").body(broken);
    assert!(post.send().await.unwrap().status().is_client_error());
    for path in [
        format!("/photos/{}", encoded(ELDER)),
        format!("/slips/{card}.png"),
        format!("/{PHONE}?name={}", encoded(ELDER)),
    ] {
        let _ = web.get(format!("{url}{path}")).header("cookie", format!("x={PHONE}")).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_logs_nothing_personal() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("office.db"));
    let stage = Stage::set_up(folder.path(), database).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(11 * 60));
    let canteen: CanteenId = stage.canteens[LIANHUA].parse().unwrap();
    let card = known(&stage, canteen).await;
    let office = stage.office.server.office();
    let code = office.issue_enrolment_code(canteen, None).await.unwrap().code;

    let clock = WallClock::new(folder.path().join("clock"), "2026-03-02 03:00:00");
    let till = folder.path().join("till").display().to_string();
    let (first, second) = (folder.path().join("enrol.log"), folder.path().join("run.log"));
    let enrol = ["terminal", "enrol", "--data", &till, "--server", &stage.office.url(), "--code", &code];
    let enrolled = loud(&clock, &first, &enrol).output().unwrap();
    let said = String::from_utf8(enrolled.stdout).unwrap();
    assert!(enrolled.status.success(), "{said}{}", std::fs::read_to_string(&first).unwrap());
    let terminals =
        office.store.read(move |tx| Box::pin(async move { server::store::terminals::of_canteen(tx, canteen).await }));
    for row in terminals.await.unwrap() {
        let _ = office.confirm_terminal(row.id, &row.fingerprint(), None).await;
    }
    let run = ["terminal", "run", "--data", &till, "--port", "0"];
    let terminal = Loud::start(loud(&clock, &second, &run));
    drive(&terminal.url, &card).await;
    // Without the office: what cannot be asked is logged too.
    let url = terminal.url.clone();
    stage.office.close().await;
    let _ = Caller::new(&url).unwrap().post("/api/scan", &json!({ "code": with_check_digit(ID_OF_NOBODY) })).await;
    let _ = Caller::new(&url).unwrap().post("/api/sync", &json!({})).await;
    drop(terminal);

    let mut canaries = vec![card, code];
    for own in [ELDER, STRANGER, ID, ID_OF_STRANGER, ID_OF_NOBODY, PHONE, CASHIER, PIN, WRONG_PIN, CHIP, PAYMENT] {
        canaries.push(own.to_owned());
        canaries.extend([own.to_lowercase(), encoded(own), encoded(own).to_lowercase()]);
    }
    canaries.extend([ID, ID_OF_STRANGER, ID_OF_NOBODY].map(with_check_digit));
    // Enrolling says little; what runs says a lot.
    for (log, least) in [(&first, 1), (&second, 100)] {
        assert_clean(log, least, &canaries);
    }
}

/// A whole log of JSON lines in which none of these stands.
fn assert_clean(log: &Path, least: usize, canaries: &[String]) {
    let logged = std::fs::read_to_string(log).unwrap();
    assert!(logged.lines().count() >= least, "{}: {} lines", log.display(), logged.lines().count());
    assert!(logged.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{}", log.display());
    for canary in canaries {
        assert!(canary.len() > 5, "{canary} may stand anywhere");
        let place = logged.lines().find(|line| line.contains(canary.as_str()));
        assert_eq!(place, None, "{canary} was logged");
    }
}
