//! `zhucan policy` and `zhucan calendar` as a person runs them: exit codes, what is printed, and readers that go away.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/domain/policies");

fn zhucan(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhucan"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    zhucan(arguments).output().unwrap_or_else(|e| panic!("{e}"))
}

/// Exit code, standard output, standard error.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn published() -> Vec<String> {
    let entries = std::fs::read_dir(POLICIES).unwrap_or_else(|e| panic!("{e}"));
    let mut files: Vec<String> = entries.flatten().map(|entry| entry.path().to_string_lossy().into_owned()).collect();
    files.sort();
    files
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap_or_else(|e| panic!("{e}"));
    file.to_string_lossy().into_owned()
}

#[test]
fn check_tells_passed_failed_and_refused_by_its_exit_code() {
    let files = published();
    let mut arguments = vec!["policy", "check"];
    arguments.extend(files.iter().map(String::as_str));
    let (code, out, error) = told(&run(&arguments));
    assert_eq!((code, error.as_str()), (Some(0), ""), "{out}");
    assert!(out.trim_end().ends_with(" passed, 0 failed"), "{out}");

    let folder = tempfile::tempdir().unwrap();
    let policy = std::fs::read(format!("{POLICIES}/hp-operator.toml")).unwrap();
    let cases = std::fs::read_to_string(format!("{POLICIES}/hp-operator.cases.toml")).unwrap();
    let good = write(folder.path(), "rule.toml", &policy);
    write(folder.path(), "rule.cases.toml", cases.replace("\"0.80\"", "\"0.81\"").as_bytes());
    let (code, out, _) = told(&run(&["policy", "check", &good]));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("FAILED") && out.contains("应为 expected 0.81, 实得 read 0.80"), "{out}");

    let gbk = write(folder.path(), "gbk.toml", b"[policy]\nname = \"\xc9\xee\"\n");
    let missing = folder.path().join("none.toml").to_string_lossy().into_owned();
    let folder_itself = folder.path().to_string_lossy().into_owned();
    for (file, word) in
        [(&gbk, "gbk.toml:2:9: [not_utf8]"), (&missing, "[unreadable]"), (&folder_itself, "[unreadable]")]
    {
        let (code, out, _) = told(&run(&["policy", "check", &good, file]));
        assert_eq!(code, Some(2), "{out}");
        assert!(out.contains(word), "{out}");
    }
    let marked = write(folder.path(), "bom.toml", &[b"\xef\xbb\xbf".as_slice(), &policy].concat());
    assert_eq!(told(&run(&["policy", "check", &marked])).0, Some(0), "a byte order mark is no fault");
    let huge = write(folder.path(), "huge.toml", "#饭".repeat(10 * 1024 * 1024).as_bytes());
    let (code, out, _) = told(&run(&["policy", "check", &huge]));
    assert!(code == Some(2) && out.contains("[file_too_large]"), "{out}");
}

/// `zhucan policy check … | head -1`: whoever reads goes away, and nothing complains.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let files = published();
    let mut arguments = vec!["policy", "check"];
    // More than a pipe holds, so that the program cannot have written all before.
    for _ in 0..40 {
        arguments.extend(files.iter().map(String::as_str));
    }
    let mut child = zhucan(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let (code, _, error) = told(&child.wait_with_output().unwrap());
    assert_eq!((code, error.as_str()), (Some(0), ""));
    let case = "82岁 本地户籍 午餐18元";
    let file = format!("{POLICIES}/sz-2025.toml");
    let mut child = zhucan(&["policy", "explain", &file, "--case", case])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let (code, _, error) = told(&child.wait_with_output().unwrap());
    assert_eq!((code, error.as_str()), (Some(0), ""));
}

#[test]
fn explain_speaks_chinese_english_and_json() {
    let file = format!("{POLICIES}/sz-2025.toml");
    let explain = |more: &[&str]| {
        let mut arguments = vec!["policy", "explain", &file, "--case", "82岁 本地户籍 午餐18元"];
        arguments.extend(more);
        told(&run(&arguments))
    };
    let (code, chinese, _) = explain(&[]);
    assert_eq!(code, Some(0));
    for word in ["82 周岁", "工作日", "70至99岁老人", "就餐补贴 5.00 元", "= 自付 13.00 元", "不在补贴人群之内"]
    {
        assert!(chinese.contains(word), "{word}: {chinese}");
    }
    let (_, english, _) = explain(&["--lang", "en"]);
    assert!(english.contains("age 82") && english.contains("= own payment 13.00"), "{english}");
    assert_eq!(chinese.lines().count(), english.lines().count());
    let (_, json, _) = explain(&["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["decision"]["own_payment"], 1300);
    assert!(json["why"].as_array().unwrap().iter().all(|why| chinese.contains(why["chinese"].as_str().unwrap())));
    let (code, _, error) = told(&run(&["policy", "explain", &file, "--case", "没有"]));
    assert!(code == Some(2) && error.contains("82岁 本地户籍 午餐18元"), "the names there are: {error}");
}

fn office(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    let (code, out, error) = told(&run(&[
        "init",
        "--data",
        &data.to_string_lossy(),
        "--region",
        "440304",
        "--name",
        "福田区",
        "--office-name",
        "福田区民政局",
    ]));
    assert_eq!(code, Some(0), "{out}{error}");
    data
}

#[test]
fn a_calendar_is_imported_and_refused_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = office(folder.path()).to_string_lossy().into_owned();
    let import = |name: &str, bytes: &[u8]| {
        let file = write(folder.path(), name, bytes);
        told(&run(&["calendar", "import", &file, "--data", &data]))
    };
    let (code, out, _) =
        import("2027.csv", "date,kind,occasion\n2027-01-01,holiday,元旦\n2027-01-09,workday,元旦\n".as_bytes());
    assert_eq!((code, out.as_str()), (Some(0), "2027 年已生效：放假 1 天，调休上班 1 天\n"));
    let (code, _, error) = import("bad.csv", b"date,kind,occasion\n2027-01-01,holiday,x\n2027-13-01,holiday,x\n");
    assert_eq!(code, Some(2));
    assert!(error.contains("bad.csv 第 3 行") && error.contains("2027-13-01"), "{error}");
    let (code, _, error) = import("gbk.csv", b"date,kind,occasion\n2027-01-01,holiday,\xd4\xff\n");
    assert!(code == Some(2) && error.contains("第 2 行"), "{error}");
    let nowhere = folder.path().join("nowhere").to_string_lossy().into_owned();
    let file = folder.path().join("2027.csv").to_string_lossy().into_owned();
    let (code, _, error) = told(&run(&["calendar", "import", &file, "--data", &nowhere]));
    assert!(code == Some(2) && error.contains("zhucan init"), "{error}");
}

#[test]
fn simulate_refuses_a_bad_file_and_says_when_there_is_nothing_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let data = office(folder.path()).to_string_lossy().into_owned();
    let simulate = |file: &str, more: &[&str]| {
        let mut arguments = vec!["policy", "simulate", file, "--month", "2026-03", "--data", &data];
        arguments.extend(more);
        told(&run(&arguments))
    };
    let good = format!("{POLICIES}/sz-2025.toml");
    let (code, out, error) = simulate(&good, &[]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.starts_with("深圳市老年人助餐补贴 sz-2025 第 1 版　试算 2026年3月　0 份\n"), "{out}");
    assert!(out.contains("没有可供试算的用餐记录"), "{out}");
    let (_, json, _) = simulate(&good, &["--json", "--region", "440304"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["meals"], &json["region"], &json["month"]), (&0.into(), &"440304".into(), &"2026-03".into()));
    let bad = write(folder.path(), "bad.toml", b"[policy]\n");
    let (code, _, error) = simulate(&bad, &[]);
    assert!(code == Some(2) && error.contains("bad.toml:1:1: [missing_key]"), "{error}");
}
