//! `zhucan user`, as somebody at the office's own computer types it while the office is served.

use std::process::{Command, Output};

use domain::calendar::UnixMs;
use serde_json::{Value, json};
use support::{Backend, Program, TestDb, WallClock};
use zhucan::demo::http::{Caller, text};
use zhucan::demo::world::date;

use crate::newcomer::Newcomer;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");

/// An office that is served, and somebody at its computer.
pub(crate) struct Desk {
    data: String,
    database: Option<String>,
    pub(crate) clock: WallClock,
    pub(crate) office: Program,
}

impl Desk {
    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let database = self.database.as_deref().map(|url| ["--database", url]);
        [more, &["--data", &self.data]].concat().into_iter().chain(database.into_iter().flatten()).collect()
    }

    pub(crate) fn run(&self, more: &[&str]) -> Output {
        Command::new(PROGRAM).args(self.arguments(more)).envs(self.clock.environment()).output().unwrap()
    }

    /// What a command of `zhucan user` prints as JSON.
    pub(crate) fn user(&self, more: &[&str]) -> Value {
        let done = self.run(&[&["user"], more, &["--json"]].concat());
        assert!(done.status.success(), "{more:?}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    fn refused(&self, more: &[&str]) -> String {
        let done = self.run(&[&["user"], more].concat());
        assert_eq!(done.status.code(), Some(2), "{more:?}");
        String::from_utf8(done.stderr).unwrap()
    }

    fn listed(&self, name: &str) -> Value {
        let all = self.user(&["list"]);
        all.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
    }

    async fn knock(&self, name: &str, passphrase: &str) -> Result<Value, String> {
        let caller = Caller::new(&self.office.url()).unwrap();
        let body = json!({ "name": name, "passphrase": passphrase });
        caller.post("/api/v1/session", &body).await.map_err(|error| error.to_string())
    }
}

pub(crate) fn start(folder: &std::path::Path, database: Option<&str>) -> (Desk, String) {
    let data = folder.join("data").display().to_string();
    let clock = WallClock::new(folder.join("clock"), "2026-03-02 03:00:00");
    let more = database.map(|url| ["--database", url]).into_iter().flatten();
    let init = ["init", "--data", &data, "--region", "440304", "--name", "福田区", "--office-name", "民政局"];
    let set_up = Command::new(PROGRAM).args(init).args(more.clone()).envs(clock.environment()).output().unwrap();
    let one_time =
        String::from_utf8(set_up.stdout).unwrap().lines().next().unwrap().rsplit('：').next().unwrap().to_owned();
    // What is there is not set up again.
    let again = Command::new(PROGRAM).args(init).args(more.clone()).envs(clock.environment()).output().unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && said.contains("已经建立"), "{said}");
    let serve: Vec<&str> = ["serve", "--data", &data, "--listen", "127.0.0.1:0"].into_iter().chain(more).collect();
    let office = Program::start(PROGRAM.as_ref(), &serve, &clock);
    (Desk { data: data.clone(), database: database.map(str::to_owned), clock, office }, one_time)
}

async fn an_account_is_kept_at_the_offices_own_computer(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let db = TestDb::new(backend);
    let database = (backend == Backend::Postgres).then(|| db.url().to_owned());
    let (desk, _) = start(folder.path(), database.as_deref());
    let now: UnixMs = date("2026-03-02").at_minute(11 * 60);

    let added = desk.user(&["add", "财务经办", "--role", "finance_maker", "--region", "440304"]);
    assert!(desk.refused(&["add", "财务经办", "--role", "auditor", "--region", "440304"]).contains("同名"));
    assert_eq!(desk.listed("财务经办")["state"], "one_time");
    let person =
        Newcomer::enter(&desk.office.url(), "财务经办", text(&added, "/one_time_passphrase").unwrap(), now).await;
    let own = person.secrets[2].clone();
    assert_eq!(
        (&desk.listed("财务经办")["state"], &desk.listed("财务经办")["second_factor"]),
        (&json!("open"), &json!(true))
    );

    // Locked: signed out, and the right passphrase does not help.
    desk.user(&["lock", "财务经办"]);
    assert!(person.caller.get("/api/v1/session").await.unwrap_err().to_string().contains("401"));
    let said = desk.knock("财务经办", &own).await.unwrap_err();
    assert!(said.contains("429") && said.contains("管理员"), "{said}");
    assert_eq!(desk.listed("财务经办")["state"], "locked");
    desk.user(&["passphrase", "财务经办"]);
    assert_eq!(desk.listed("财务经办")["state"], "locked", "another passphrase opens nothing that is locked");
    desk.user(&["unlock", "财务经办"]);

    // Another passphrase: the old one is no more, the second factor still is.
    let renewed = desk.user(&["passphrase", "财务经办"]);
    let one_time = text(&renewed, "/one_time_passphrase").unwrap().to_owned();
    assert!(desk.knock("财务经办", &own).await.unwrap_err().contains("sign_in_failed"));
    assert!(desk.knock("财务经办", &one_time).await.unwrap_err().contains("code_needed"));

    // Without the second factor the person takes up another one.
    desk.user(&["second-factor", "财务经办"]);
    let opened = desk.knock("财务经办", &one_time).await.unwrap();
    assert_eq!(opened["must"], json!(["passphrase", "totp"]));

    // Another role and another place.
    desk.user(&["move", "财务经办", "--role", "auditor", "--region", "440304001"]);
    let moved = desk.listed("财务经办");
    assert_eq!((&moved["role"], &moved["region"]), (&json!("auditor"), &json!("440304001")));
    let token = text(&opened, "/token").unwrap();
    let old = Caller::new(&desk.office.url()).unwrap().with_token(token);
    assert!(old.get("/api/v1/session").await.is_err(), "signed out: what was open has the old rights");

    for (wrong, said) in [
        (vec!["lock", "没有这个人"], "没有这个人员"),
        (vec!["move", "财务经办", "--role", "canteen_manager"], "食堂"),
        (vec!["move", "财务经办"], "--role"),
        (vec!["add", "某人", "--role", "king", "--region", "440304"], "king"),
    ] {
        let refused = desk.refused(&wrong);
        assert!(refused.contains(said), "{wrong:?}: {refused}");
    }
    all_of_it_stands_in_the_audit_log(&desk, now).await;
}

/// An auditor reads it, and `verify` finds the chain whole.
async fn all_of_it_stands_in_the_audit_log(desk: &Desk, now: UnixMs) {
    let added = desk.user(&["add", "审计人员", "--role", "auditor", "--region", "440304"]);
    let one_time = text(&added, "/one_time_passphrase").unwrap();
    let auditor = Newcomer::enter(&desk.office.url(), "审计人员", one_time, now).await;
    let log = auditor.caller.get("/api/v1/audit?limit=500").await.unwrap();
    let local: Vec<&str> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["actor"] == "system")
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    for action in ["person.add", "person.lock", "person.unlock", "person.reset", "person.move"] {
        assert!(local.contains(&action), "{action}: {local:?}");
    }
    let verified = desk.run(&["verify", "--audit", "--json"]);
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(report["breaks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_kept_at_the_offices_own_computer_on_sqlite() {
    an_account_is_kept_at_the_offices_own_computer(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_kept_at_the_offices_own_computer_on_postgres() {
    an_account_is_kept_at_the_offices_own_computer(Backend::Postgres).await;
}
