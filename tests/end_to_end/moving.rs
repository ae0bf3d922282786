//! The office is taken to PostgreSQL by command and served from there; a till goes on without knowing.

use std::process::{Command, Output};

use serde_json::Value;
use support::{Backend, Program, TestDb, WallClock};
use zhucan::demo::http::Caller;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_is_moved_by_command_and_served_from_its_new_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let target = TestDb::new(Backend::Postgres);
    let clock = WallClock::new(folder.path().join("clock"), "2026-03-02 03:00:00");
    let here = ["--data", &data];
    let init = [&["init"], &here[..], &["--region", "440304", "--name", "福田区", "--office-name", "民政局"]].concat();
    assert!(run(&init).status.success(), "{}", said(&run(&init)));

    let serve = [&["serve"], &here[..], &["--listen", "127.0.0.1:0"]].concat();
    let office = Program::start(PROGRAM.as_ref(), &serve, &clock);
    let copy = [&["copy-db"], &here[..], &["--to", target.url(), "--json"]].concat();
    let busy = run(&copy);
    assert!(!busy.status.success() && said(&busy).contains("办公端正在运行"), "{}", said(&busy));
    let second = run(&serve);
    assert!(!second.status.success() && said(&second).contains("办公端正在运行"), "{}", said(&second));
    office.kill();

    let moved = run(&copy);
    assert!(moved.status.success(), "{}", said(&moved));
    let report: Value = serde_json::from_slice(&moved.stdout).unwrap();
    assert!(report["tables"].as_array().unwrap().iter().any(|table| table[0] == "users" && table[1] == 1), "{report}");
    let old = run(&serve);
    assert!(!old.status.success() && said(&old).contains("不能再从这里运行"), "{}", said(&old));
    // What a command would still write into the old place would be lost: the dead would go on eating.
    let list = folder.path().join("deaths.csv").display().to_string();
    std::fs::write(&list, "姓名,身份证号,死亡日期\n示例,440304194601010012,2026-03-01\n").unwrap();
    for command in [
        &["import", "deaths", &list, "--region", "440304"][..],
        &["user", "lock", "管理员"],
        &["calendar", "import", &list],
        &["cards", "issue", "--region", "440304", "--out", "cards.pdf"],
    ] {
        let late = run(&[command, &here[..]].concat());
        assert!(!late.status.success() && said(&late).contains("不能再从这里运行"), "{command:?}: {}", said(&late));
    }

    let serve = [&serve[..], &["--database", target.url()]].concat();
    let office = Program::start(PROGRAM.as_ref(), &serve, &clock);
    let health = Caller::new(&office.url()).unwrap().get("/healthz/ready").await;
    assert!(health.is_ok(), "{health:?}");
    office.kill();
}
