//! Commands that look at an office, as a person types them.

use std::process::{Command, Output};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn state<'r>(report: &'r Value, name: &str) -> &'r str {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()["state"].as_str().unwrap()
}

#[test]
fn the_doctor_says_what_is_missing_before_and_behind_the_first_day() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let nothing = run(&["doctor", "--data", &data]);
    assert!(!nothing.status.success() && out(&nothing).contains("还没有建立：运行 zhucan init"), "{}", out(&nothing));
    assert!(!folder.path().join("data").exists(), "the doctor changes nothing");

    let init = ["init", "--data", &data, "--region", "440304", "--name", "福田区", "--office-name", "民政局", "--json"];
    let made: Value = serde_json::from_slice(&run(&init).stdout).unwrap();
    assert_eq!((&made["administrator"], &made["data"]), (&"管理员".into(), &data.clone().into()), "{made}");
    assert_eq!(made["one_time_passphrase"].as_str().unwrap().len(), 19, "{made}");
    let asked = ["doctor", "--data", &data, "--listen", "127.0.0.1:9", "--json"];
    let report: Value = serde_json::from_slice(&run(&asked).stdout).unwrap();
    for good in ["data", "keys", "disk", "font", "database", "clock", "days", "terminals"] {
        assert_eq!(state(&report, good), "ok", "{good}: {report}");
    }
    assert_eq!(state(&report, "running"), "warn", "{report}");

    let key = folder.path().join("data/server/office.key");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let open = run(&["doctor", "--data", &data]);
    assert!(!open.status.success() && out(&open).contains("chmod 600"), "{}", out(&open));
    std::fs::remove_file(&key).unwrap();
    assert!(out(&run(&["doctor", "--data", &data])).contains("从备份恢复"));

    std::fs::write(folder.path().join("data/server/office.db"), "not a database").unwrap();
    let broken = run(&asked);
    assert!(!broken.status.success());
    let report: Value = serde_json::from_slice(&broken.stdout).unwrap();
    assert_eq!((state(&report, "database"), state(&report, "days")), ("fail", "skipped"), "{report}");
}

/// Everything below a folder.
fn below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        found.push(entry.clone());
        if entry.is_dir() {
            found.extend(below(&entry));
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_without_an_office_is_refused_and_nothing_is_made_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let nothing = place("nothing");
    let init = |data: &str| {
        run(&["init", "--data", data, "--region", "440304", "--name", "福田区", "--office-name", "民政局"])
    };
    assert!(init(&place("demo")).status.success());
    let before = below(folder.path());
    let (deep, above) =
        (place("demo/server"), folder.path().canonicalize().unwrap().join("demo").display().to_string());
    for command in [
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["copy-db", "--to", "postgres://nobody@127.0.0.1:9/x"],
        vec!["verify"],
        vec!["reconcile", "--region", "440304"],
        vec!["settle", "show", "--region", "440304", "--month", "2026-03"],
        vec!["take-in", "records.jsonl"],
        vec!["user", "list"],
        vec!["cards", "lost", "01890000-0000-7000-8000-000000000000"],
        vec!["backup", "--to", &place("backups")],
    ] {
        let named = |data: &str| run(&[&command[..], &["--data", data]].concat());
        let refused = named(&nothing);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("请先运行 zhucan init"), "{command:?}: {said}");
        let refused = named(&deep);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(&format!("--data {above}")), "{command:?}: {said}");
        assert!(!said.contains("init"), "that would be a second office inside the first: {said}");
        assert_eq!(below(folder.path()), before, "{command:?} makes nothing");
    }
    let inside = init(&deep);
    assert!(!inside.status.success() && below(folder.path()) == before, "no office inside another one's folder");
}

/// What the design promises; `statement` stands for all papers of a month.
const PROMISED: [&str; 21] = [
    "demo",
    "serve",
    "init",
    "import",
    "policy",
    "reconcile",
    "settle",
    "statement",
    "verify",
    "user",
    "backup",
    "restore",
    "copy-db",
    "doctor",
    "openapi",
    "bench",
    "generate",
    "terminal run",
    "terminal enrol",
    "terminal doctor",
    "terminal export",
];

/// Whatever answers something that a program would read.
const ANSWERS: [&str; 20] = [
    "init",
    "import",
    "reconcile",
    "settle show",
    "settle draft",
    "settle approve",
    "take-in",
    "statement",
    "verify",
    "audit-pack",
    "user list",
    "cards issue",
    "backup",
    "restore",
    "copy-db",
    "doctor",
    "generate",
    "policy explain",
    "terminal doctor",
    "terminal export",
];

fn help(command: &str) -> String {
    let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
    let shown = run(&words);
    assert!(shown.status.success(), "there is no zhucan {command}");
    out(&shown)
}

#[test]
fn every_promised_command_is_there_and_answers_programs() {
    for command in PROMISED {
        assert!(help(command).contains("Usage: zhucan"), "{command}");
    }
    for command in ANSWERS {
        assert!(help(command).contains("--json"), "{command}");
    }
    for command in ["serve", "init", "reconcile", "settle show", "take-in", "verify", "statement", "backup", "import"] {
        let text = help(command);
        assert!(text.contains("--data") && text.contains("--database"), "{command}");
    }
}

#[test]
fn shells_and_the_manual_know_every_command() {
    let listed = out(&run(&["--help"]));
    let commands: Vec<&str> = listed
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"doctor") && commands.contains(&"copy-db"), "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let text = out(&run(&["completions", shell]));
        assert!(commands.iter().all(|command| text.contains(command)), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");
    assert!(run(&["man", "--out", &pages.display().to_string()]).status.success());
    for command in commands.iter().filter(|command| **command != "help") {
        assert!(pages.join(format!("zhucan-{command}.1")).exists(), "{command}");
    }
    assert!(out(&run(&["man"])).contains(".TH"));
}
