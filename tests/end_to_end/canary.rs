//! Nothing personal in the logs, at any level, and none in the numbers: a real office is driven with names and numbers
//! that stand nowhere else, and whatever it has logged is searched for them.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::calendar::{Clock as _, UnixMs};
use serde_json::{Value, json};
use zhucan::demo::http::{Caller, client, text};
use zhucan::machine::{SystemClock, SystemEntropy};

use crate::newcomer::Newcomer;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
const ELDER: &str = "金丝雀长者";
const RESIDENT_ID: &str = "440304194601017710";
const PHONE: &str = "13912344321";
const ACCOUNT: &str = "6222021998877665544";
const CANTEEN_PHONE: &str = "0755-82994466";
const PIN: &str = "97531864";
const CHIP: &str = "A1B2C3D4E5F60718";
const GUESS: &str = "猜来猜去的口令金丝雀";
const FROM_LIST: &str = "金丝雀名单里的人";
const ID_FROM_LIST: &str = "440304194702028833";
const CASHIER: &str = "金丝雀收银员";

/// An office that logs everything there is to log.
struct Loud {
    child: Child,
    url: String,
    metrics: String,
}

impl Loud {
    fn start(data: &str, log: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--data", data, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]);
        command.args(["--log", "trace", "--log-format", "json"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(std::fs::File::create(log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = || {
            let line = lines.next().unwrap().unwrap();
            line[line.find("http://").unwrap()..].to_owned()
        };
        let (url, metrics) = (address(), address());
        Self { child, url, metrics }
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn now() -> UnixMs {
    SystemClock::new(&SystemEntropy).wall()
}

/// The last digit of a resident ID by GB 11643.
pub(crate) fn with_check_digit(first: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first.bytes().take(17).zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    format!("{}{}", &first[..17], char::from(b"10X98765432"[(sum % 11) as usize]))
}

/// A text as it stands in an address.
pub(crate) fn encoded(text: &str) -> String {
    let each: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    each.concat()
}

/// Registers, looks up, fails, and asks for what is not there. Answers what came back that is secret.
async fn drive(admin: &Newcomer) -> Vec<String> {
    let (desk, mut secrets) = (admin.caller.clone(), Vec::new());
    let id = with_check_digit(RESIDENT_ID);
    let canteen = json!({
        "region": "440304001003", "name": "莲花食堂", "operator": "餐饮有限公司", "credit_code": "91350100M000100Y43",
        "address": "", "phone": CANTEEN_PHONE, "bank": "银行", "account_name": "餐饮有限公司", "account": ACCOUNT,
        "capacity": 10,
    });
    let canteen = text(&desk.post("/api/v1/canteens", &canteen).await.unwrap(), "/id").unwrap().to_owned();
    let cashier = json!({ "name": CASHIER, "pin": PIN, "supervisor": true });
    desk.post(&format!("/api/v1/canteens/{canteen}/cashiers"), &cashier).await.unwrap();
    let elder = json!({
        "resident_id": id, "name": ELDER, "phone": PHONE, "region": "440304", "canteen": canteen, "facts": [],
    });
    let made = desk.post("/api/v1/elders", &elder).await.unwrap();
    let path = format!("/api/v1/elders/{}", text(&made, "/id").unwrap());
    desk.get(&path).await.unwrap();
    assert!(desk.post("/api/v1/elders", &elder).await.unwrap_err().to_string().contains("409"), "registered twice");
    let card = desk.post(&format!("{path}/cards"), &json!({})).await.unwrap();
    secrets.push(text(&card, "/number").unwrap().to_owned());
    desk.post(&format!("{path}/chips"), &json!({ "number": CHIP })).await.unwrap();
    let code = desk.post(&format!("/api/v1/canteens/{canteen}/enrolment-codes"), &json!({})).await.unwrap();
    secrets.push(text(&code, "/code").unwrap().to_owned());
    let person = json!({ "name": "金丝雀经办", "role": "auditor", "region": "440304", "canteen": null });
    let invited = desk.post("/api/v1/people", &person).await.unwrap();
    secrets.push(text(&invited, "/one_time_passphrase").unwrap().to_owned());
    for (name, passphrase) in [(ELDER, GUESS), ("管理员", GUESS), (RESIDENT_ID, PHONE)] {
        assert!(desk.post("/api/v1/session", &json!({ "name": name, "passphrase": passphrase })).await.is_err());
    }
    for path in [
        format!("/api/v1/elders/{}", encoded(ELDER)),
        format!("/api/v1/elders?name={}", encoded(ELDER)),
        format!("/api/v1/elders/{id}/photo?phone={PHONE}"),
        format!("/verify/{}/1/{}", encoded(ELDER), id),
        format!("/{id}/{PHONE}"),
    ] {
        let _ = desk.bytes(&path).await;
    }
    secrets
}

/// What a person's program never sends: unreadable bodies, somebody else's token, an id that says who it is about.
async fn misuse(url: &str, token: &str) {
    let web = client().unwrap();
    let send = async |request: reqwest::RequestBuilder| request.send().await.unwrap();
    let ask = |path: &str| web.get(format!("{url}{path}")).bearer_auth(token);
    let own = "0193c5a0-0000-7000-8000-00000000c0de";
    let answer = send(ask("/api/v1/office").header("x-request-id", own)).await;
    assert_eq!(answer.headers()["x-request-id"], own);
    let answer = send(ask("/api/v1/office").header("x-request-id", RESIDENT_ID)).await;
    assert_ne!(answer.headers()["x-request-id"], RESIDENT_ID, "an id that is none is not taken");
    assert_eq!(answer.headers()["x-request-id"].len(), own.len());
    send(web.get(format!("{url}/api/v1/elders")).bearer_auth(GUESS.replace(|c: char| !c.is_ascii(), "") + PHONE)).await;
    send(web.get(format!("{url}/api/v1/office")).header("cookie", format!("zhucan_session={PHONE}"))).await;
    let broken = format!("{{\"resident_id\": \"{RESIDENT_ID}\", \"name\": {ELDER}");
    let post = |path: &str, body: String| {
        web.post(format!("{url}{path}")).bearer_auth(token).header("content-type", "application/json").body(body)
    };
    assert_eq!(send(post("/api/v1/elders", broken)).await.status(), 400);
    let unknown = json!({ "resident_id": RESIDENT_ID, PHONE: ELDER }).to_string();
    assert!(send(post("/api/v1/elders", unknown)).await.status().is_client_error());
    let method = reqwest::Method::from_bytes(PHONE.as_bytes()).unwrap();
    assert_eq!(send(web.request(method, format!("{url}/api/v1/office"))).await.status(), 405);
    let list = format!(
        "姓名,身份证号,联系电话\n{FROM_LIST},{},{PHONE}\n{ELDER},12345678{PIN},x\n",
        with_check_digit(ID_FROM_LIST)
    );
    let path = format!("{url}/api/v1/imports?kind=elders&file_name={}.csv&elder_region=440304", encoded(FROM_LIST));
    send(web.post(path).bearer_auth(token).header("content-type", "text/csv").body(list)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_logged_or_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data").display().to_string(), folder.path().join("log"));
    let init = ["init", "--data", &data, "--region", "440304", "--name", "福田区", "--office-name", "民政局"];
    let set_up = Command::new(PROGRAM).args(init).output().unwrap();
    let said = String::from_utf8(set_up.stdout).unwrap();
    let one_time = said.lines().next().unwrap().rsplit('：').next().unwrap().to_owned();

    let office = Loud::start(&data, &log);
    let mut admin = Newcomer::enter(&office.url, "管理员", &one_time, now()).await;
    admin.prove(now()).await;
    let mut canaries = drive(&admin).await;
    misuse(&office.url, &admin.secrets[1]).await;
    canaries.append(&mut admin.secrets);
    for own in [ELDER, RESIDENT_ID, PHONE, ACCOUNT, CANTEEN_PHONE, PIN, CHIP, GUESS, FROM_LIST, ID_FROM_LIST, CASHIER] {
        canaries.push(own.to_owned());
        canaries.extend([encoded(own), encoded(own).to_lowercase()]);
    }
    canaries.extend([RESIDENT_ID, ID_FROM_LIST].map(with_check_digit));
    canaries.push("金丝雀经办".to_owned());

    let metrics = client().unwrap().get(&office.metrics).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("zhucan_database_up 1") && metrics.contains("route=\"/api/v1/elders/{id}\""), "{metrics}");
    assert!(Caller::new(&office.url).unwrap().bytes("/metrics").await.unwrap_err().to_string().contains("404"));
    drop(office);
    let logged = std::fs::read_to_string(&log).unwrap();
    for canary in &canaries {
        assert!(canary.len() > 5, "{canary} may stand anywhere");
        let place = logged.lines().find(|line| line.contains(canary.as_str()));
        assert_eq!(place, None, "{canary} was logged");
        assert!(!metrics.contains(canary.as_str()), "{canary} was counted");
    }
    let lines: Vec<Value> = logged.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert!(answered.len() > 20, "{}", answered.len());
    for line in &answered {
        assert!(line["status"].is_u64() && line["took_ms"].is_u64() && line["span"]["id"].is_string(), "{line}");
        assert!(line["span"]["route"] == "other" || line["span"]["route"].as_str().unwrap().starts_with('/'), "{line}");
    }
    let by_route = |route: &str| answered.iter().filter(|line| line["span"]["route"] == route).count();
    assert!(by_route("/api/v1/elders/{id}") >= 2 && by_route("other") >= 1 && by_route("/api/v1/session") >= 4);
}
