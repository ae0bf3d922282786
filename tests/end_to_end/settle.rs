//! `zhucan reconcile` and `zhucan settle`, typed at the office's own computer while the office is served: whoever sits there
//! closes days as the server does, but takes no step of a month alone.

use std::os::unix::fs::PermissionsExt;

use domain::calendar::UnixMs;
use serde_json::{Value, json};
use support::{Backend, TestDb};
use zhucan::demo::http::text;
use zhucan::demo::world::date;

use crate::newcomer::Newcomer;
use crate::user::{Desk, start};

const MONTH: [&str; 4] = ["--region", "440304", "--month", "2026-04"];

/// Somebody of the office at its own computer, with a passphrase in a file.
struct Sitting {
    person: Newcomer,
    name: &'static str,
    file: String,
}

impl Sitting {
    async fn enter(desk: &Desk, folder: &std::path::Path, name: &'static str, role: &str, now: UnixMs) -> Self {
        let added = desk.user(&["add", name, "--role", role, "--region", "440304"]);
        let one_time = text(&added, "/one_time_passphrase").unwrap();
        let person = Newcomer::enter(&desk.office.url(), name, one_time, now).await;
        let file = folder.join(format!("{role}.passphrase"));
        std::fs::write(&file, format!("{}\n", person.passphrase)).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        Self { person, name, file: file.display().to_string() }
    }

    /// Takes a step; answers the month, or what is said against it.
    fn takes(&mut self, desk: &Desk, step: &[&str], now: UnixMs) -> Result<Value, String> {
        let code = self.person.code(now);
        self.takes_with(desk, step, code.as_deref())
    }

    fn takes_with(&self, desk: &Desk, step: &[&str], code: Option<&str>) -> Result<Value, String> {
        let who = ["--as", self.name, "--passphrase-file", &self.file, "--json"];
        let code = code.map(|code| ["--code", code]);
        let code: Vec<&str> = code.into_iter().flatten().collect();
        let done = desk.run(&[&["settle"], step, &MONTH, &who, &code].concat());
        if done.status.success() {
            return Ok(serde_json::from_slice(&done.stdout).unwrap());
        }
        assert_eq!(done.status.code(), Some(2));
        Err(String::from_utf8(done.stderr).unwrap())
    }
}

/// The clock of all programs, and the same instant for those who count codes.
fn at(desk: &Desk, minute: u16) -> UnixMs {
    desk.clock.set(&format!("2026-05-02 03:{minute:02}:00"));
    date("2026-05-02").at_minute(11 * 60 + minute)
}

async fn register_canteen(admin: &Newcomer) {
    let body = json!({
        "region": "440304001", "name": "测试食堂", "operator": "测试餐饮有限公司", "credit_code": "91350100M000100Y43",
        "phone": "0755-82000000", "bank": "测试银行", "account_name": "测试餐饮有限公司", "account": "6222 0210 0111 2345",
    });
    admin.caller.post("/api/v1/canteens", &body).await.unwrap();
}

async fn a_month_takes_two_at_the_computer_too(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let db = TestDb::new(backend);
    let database = (backend == Backend::Postgres).then(|| db.url().to_owned());
    let (desk, one_time) = start(folder.path(), database.as_deref());
    let began = date("2026-03-02").at_minute(11 * 60);
    let admin = Newcomer::enter(&desk.office.url(), "管理员", &one_time, began).await;
    register_canteen(&admin).await;
    let now = at(&desk, 0);
    let mut maker = Sitting::enter(&desk, folder.path(), "财务经办", "finance_maker", now).await;
    let mut checker = Sitting::enter(&desk, folder.path(), "财务复核", "finance_checker", now).await;

    let reconciled = desk.run(&["reconcile", "--region", "440304", "--from", "2026-05-01", "--json"]);
    let report: Value = serde_json::from_slice(&reconciled.stdout).unwrap();
    let days: Vec<&Value> = report["days"].as_array().unwrap().iter().map(|day| &day["date"]).collect();
    assert!(reconciled.status.success() && days == [&json!("2026-05-01")], "{report}");
    let show = || desk.run(&[&["settle", "show", "--json"], &MONTH[..]].concat());
    assert_eq!(show().status.code(), Some(2), "nothing is drafted yet");

    // Who may not, may not here either; nobody is let in by a wrong passphrase, without a code or by a used one.
    let now = at(&desk, 1);
    let refused = checker.takes(&desk, &["draft"], now).unwrap_err();
    assert!(refused.contains("forbidden"), "{refused}");
    let refused = maker.takes_with(&desk, &["draft"], None).unwrap_err();
    assert!(refused.contains("code_needed"), "{refused}");
    let code = maker.person.code(now).unwrap();
    let drafted = maker.takes_with(&desk, &["draft"], Some(&code)).unwrap();
    assert_eq!((&drafted["state"], &drafted["version"]), (&json!("drafted"), &json!(1)), "{drafted}");
    let refused = maker.takes_with(&desk, &["submit"], Some(&code)).unwrap_err();
    assert!(refused.contains("sign_in_failed"), "a code is good once: {refused}");
    let wrong = folder.path().join("wrong");
    std::fs::write(&wrong, "不是这个口令的口令").unwrap();
    std::fs::set_permissions(&wrong, PermissionsExt::from_mode(0o600)).unwrap();
    let right = std::mem::replace(&mut maker.file, wrong.display().to_string());
    let now = at(&desk, 3);
    assert!(maker.takes(&desk, &["submit"], now).unwrap_err().contains("sign_in_failed"));
    maker.file = right;

    let shown: Value = serde_json::from_slice(&show().stdout).unwrap();
    assert_eq!(shown, drafted);
    let digest = text(&shown, "/digest").unwrap().to_owned();
    let now = at(&desk, 5);
    assert_eq!(maker.takes(&desk, &["submit"], now).unwrap()["state"], "submitted");
    let approve = ["approve", "--digest", &digest];
    assert!(maker.takes(&desk, &approve, now).unwrap_err().contains("forbidden"), "nobody checks alone");
    let other = "0".repeat(64);
    let refused = checker.takes(&desk, &["approve", "--digest", &other], now).unwrap_err();
    assert!(refused.contains("conflict"), "what was not shown is not approved: {refused}");
    let now = at(&desk, 7);
    let back = checker.takes(&desk, &["send-back", "--reason", "金额请再核对"], now).unwrap();
    assert_eq!(back["state"], "drafted", "{back}");
    assert_eq!(maker.takes(&desk, &["submit"], now).unwrap()["state"], "submitted");
    let now = at(&desk, 9);
    assert_eq!(checker.takes(&desk, &approve, now).unwrap()["state"], "approved");
    all_of_it_stands_in_the_audit_log(&desk, now).await;
}

/// By name, granted and denied.
async fn all_of_it_stands_in_the_audit_log(desk: &Desk, now: UnixMs) {
    let log = desk.run(&["verify", "--audit", "--json"]);
    let report: Value = serde_json::from_slice(&log.stdout).unwrap();
    assert_eq!(report["breaks"], json!([]));
    let added = desk.user(&["add", "审计人员", "--role", "auditor", "--region", "440304"]);
    let one_time = text(&added, "/one_time_passphrase").unwrap();
    let auditor = Newcomer::enter(&desk.office.url(), "审计人员", one_time, now).await;
    let log = auditor.caller.get("/api/v1/audit?limit=500").await.unwrap();
    let entries = log["entries"].as_array().unwrap();
    let count = |action: &str, outcome: &str| {
        let these = entries.iter().filter(|entry| entry["action"] == action && entry["outcome"] == outcome);
        these.filter(|entry| entry["actor"].as_str().unwrap().starts_with("user:")).count()
    };
    assert_eq!((count("month.draft", "granted"), count("month.draft", "denied")), (1, 1));
    assert_eq!((count("month.submit", "granted"), count("month.send_back", "granted")), (2, 1));
    assert_eq!((count("month.approve", "granted"), count("month.approve", "denied")), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_takes_two_at_the_computer_too_on_sqlite() {
    a_month_takes_two_at_the_computer_too(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_takes_two_at_the_computer_too_on_postgres() {
    a_month_takes_two_at_the_computer_too(Backend::Postgres).await;
}
