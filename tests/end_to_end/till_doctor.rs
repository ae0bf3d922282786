//! `zhucan terminal doctor` as somebody runs it before lunch: every device that a till has, one document, an exit code.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use domain::decision::Mode;
use domain::money::Fen;
use domain::record::Tender;
use receipts::preview::{Item, interpret};
use receipts::slip::Paper;
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::Value;
use support::line::pty;
use support::{Backend, NetworkPrinter, Program, TestDb, WallClock};
use terminal::devices::id_card::frame;
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::till::Hands;
use zhucan::demo::world::{CANTEENS, LIANHUA, date};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
/// 11:00 of a Monday, in UTC.
const LUNCH: &str = "2026-03-02 03:00:00";
/// Everything that it looks at, in the order in which it tells it.
const CHECKS: [&str; 10] =
    ["data", "running", "printer", "scanner", "reader", "clock", "disk", "font", "unsent", "server"];

fn doctor(data: &Path, more: &[&str]) -> Output {
    let data = data.display().to_string();
    Command::new(PROGRAM).args(["terminal", "doctor", "--data", &data, "--json"]).args(more).output().unwrap()
}

/// The document, which is all of standard output.
fn report(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {report}"))
}

/// The states in the order of [`CHECKS`], each of which is there once.
fn states(report: &Value) -> Vec<&str> {
    let mut names: Vec<_> = report["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let mut wanted = CHECKS;
    wanted.sort_unstable();
    assert_eq!(names, wanted, "{report}");
    for check in report["checks"].as_array().unwrap() {
        assert!(
            ["title", "text"].iter().all(|key| check[key].as_str().is_some_and(|text| !text.is_empty())),
            "{check}"
        );
    }
    CHECKS.iter().map(|name| check(report, name)["state"].as_str().unwrap()).collect()
}

/// An ID-card reader on which no card lies.
fn reader(mut line: File) {
    std::thread::spawn(move || {
        let mut request = [0; 10];
        while line.read_exact(&mut request).is_ok() {
            if line.write_all(&frame(&[0, 0, 0x80])).is_err() {
                return;
            }
        }
    });
}

/// An office, and a till of it in a process of its own with a sale that is not sent.
async fn selling(db: &TestDb) -> (Stage, PathBuf, Program) {
    let mut stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(10 * 60));
    stage.tills[LIANHUA].sync().await.unwrap();
    stage.tills.remove(LIANHUA).close().await;
    let data = till_folder(db.folder(), LIANHUA).parent().unwrap().to_owned();
    let clock = WallClock::new(db.path("clock"), LUNCH);
    let shown = data.display().to_string();
    let arguments = ["terminal", "run", "--data", &shown, "--server", "http://127.0.0.1:9", "--port", "0"];
    let program = Program::start(PROGRAM.as_ref(), &arguments, &clock);
    let mut hands = Hands::at(&program.url()).unwrap();
    let cashier = CANTEENS[LIANHUA].cashiers[0];
    hands.sign_in(cashier.name, cashier.pin).await.unwrap();
    hands.open_shift(Fen::new(20_000)).await.unwrap();
    hands.serve_guest(Mode::DineIn, Tender::Cash).await.unwrap();
    (stage, data, program)
}

#[test]
fn a_computer_that_is_no_till_yet_is_told_so_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let found = doctor(&data, &[]);
    assert_eq!(found.status.code(), Some(1));
    let report = report(&found);
    assert_eq!(
        states(&report),
        ["fail", "warn", "skipped", "skipped", "skipped", "warn", "ok", "ok", "skipped", "skipped"],
        "{report}"
    );
    assert_eq!(report["ok"], false);
    assert!(check(&report, "data")["text"].as_str().unwrap().contains("打开收银页面按提示登记"), "{report}");
    assert!(!data.exists(), "the doctor changes nothing");
}

/// The doctor where `data` lies on a file system that is read-only to it, whoever runs the test.
fn doctor_of_read_only(folder: &Path, data: &Path) -> Output {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let mode = |mode: u32| std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
    if !is_root {
        mode(0o500);
        let found = doctor(data, &[]);
        mode(0o700);
        return found;
    }
    // Rights bind no root: a mount does, in a name space that ends with the program.
    let script = "mount -t tmpfs -o ro none \"$1\" && exec \"$2\" terminal doctor --data \"$3\" --json";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).args([folder, Path::new(PROGRAM), data]);
    command.output().unwrap()
}

#[test]
fn a_disk_that_is_full_or_cannot_be_written_to_fails_and_says_what_to_do() {
    // The system's own report of no room at all: this file system never has any.
    let full = doctor(Path::new("/proc/zhucan/data"), &[]);
    let told = report(&full);
    assert_eq!(full.status.code(), Some(1));
    let disk = check(&told, "disk");
    assert_eq!(disk["state"], "fail", "{told}");
    assert!(disk["text"].as_str().unwrap().contains("只剩 0 MB，不能记账：请清理"), "{disk}");

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let good = report(&doctor(&data, &[]));
    assert_eq!(check(&good, "disk")["state"], "ok", "{good}");
    let found = doctor_of_read_only(folder.path(), &data);
    let told = report(&found);
    let disk = check(&told, "disk");
    assert_eq!((found.status.code(), &disk["state"]), (Some(1), &Value::from("fail")), "{told}");
    assert!(disk["text"].as_str().unwrap().contains("写不进去，不能记账"), "{disk}");
    assert!(!data.exists(), "the doctor changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_device_of_a_till_is_looked_at_and_the_exit_code_says_whether_lunch_can_begin() {
    let db = TestDb::new(Backend::Sqlite);
    let (stage, data, program) = selling(&db).await;
    let printer = NetworkPrinter::new();
    let ((plugged, scanner_path), (card_reader, reader_path)) = (pty(), pty());
    reader(card_reader);
    let held = (File::open(&scanner_path).unwrap(), File::options().read(true).write(true).open(&reader_path).unwrap());
    let url = program.url();
    let port = url.rsplit(':').next().unwrap().to_owned();
    let (to_printer, scanner) = (format!("tcp:{}", printer.address()), format!("scanner:{}", scanner_path.display()));
    let (id_card, office) = (format!("id-card:{}", reader_path.display()), stage.office.url());
    let devices = ["--printer", &to_printer, "--reader", &scanner, "--reader", &id_card, "--server", &office];
    let asked = |more: &[&str]| doctor(&data, &[&devices[..], &["--port", &port], more].concat());

    // While the till serves: nothing is taken away from it, the sale of a while ago waits.
    let found = asked(&["--print"]);
    let good = report(&found);
    assert_eq!(states(&good), ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "warn", "ok"], "{good}");
    assert_eq!((found.status.code(), &good["ok"]), (Some(0), &Value::Bool(true)));
    assert!(check(&good, "unsent")["text"].as_str().unwrap().contains("条，最早"), "{good}");
    assert!(check(&good, "clock")["text"].as_str().unwrap().contains("相差"), "{good}");
    let slip = interpret(&printer.printed(), Paper::Mm58);
    let text = slip.text();
    assert!(text.contains("打印测试") && text.contains(terminal::doctor::TEST_CODE), "{text}");
    assert_eq!(slip.items.iter().filter(|item| matches!(item, Item::Cut)).count(), 1, "{text}");
    assert!(slip.items.iter().any(|item| matches!(item, Item::Picture { .. })), "the code to scan: {text}");

    // The till has stopped: the reader itself is asked. And what it says of its paper counts.
    let mut program = program;
    program.ask_to_stop();
    let stopped = async {
        while !program.has_ended() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), stopped).await.unwrap();
    printer.set(|front| front.low = true);
    let found = asked(&[]);
    let low = report(&found);
    assert_eq!(states(&low), ["ok", "warn", "warn", "ok", "ok", "ok", "ok", "ok", "warn", "ok"], "{low}");
    assert_eq!(found.status.code(), Some(0), "a warning is no failure");
    assert!(check(&low, "printer")["text"].as_str().unwrap().contains("备一卷"), "{low}");
    assert!(check(&low, "reader")["text"].as_str().unwrap().contains("有应答"), "{low}");

    printer.set(|front| front.paper = false);
    let found = asked(&["--print"]);
    let out = report(&found);
    assert_eq!((found.status.code(), check(&out, "printer")["state"].as_str()), (Some(1), Some("fail")), "{out}");
    assert!(check(&out, "printer")["text"].as_str().unwrap().contains("没纸"), "{out}");
    assert_eq!(printer.held(), 0, "no slip waits in the printer");

    // The office is gone, the scanner pulled out, the printer switched off.
    stage.close().await;
    drop((plugged, held));
    drop(printer);
    let found = asked(&[]);
    let bad = report(&found);
    let states = states(&bad);
    assert_eq!((states[2], states[3], states[9]), ("fail", "fail", "warn"), "{bad}");
    assert_eq!((found.status.code(), &bad["ok"]), (Some(1), &Value::Bool(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_slip_goes_to_a_file_and_a_scan_is_read_as_raw_keys() {
    let folder = tempfile::tempdir().unwrap();
    let slips = folder.path().join("slips");
    let to_file = format!("spool:{}", slips.display());
    let printed = report(&doctor(&folder.path().join("data"), &["--printer", &to_file, "--print", "--wide"]));
    assert_eq!(check(&printed, "printer")["state"], "ok", "{printed}");
    let slip = interpret(&std::fs::read(slips.join("test.bin")).unwrap(), Paper::Mm80).text();
    assert!(slip.contains("打印测试") && slip.contains(terminal::doctor::TEST_CODE), "{slip}");

    for (keys, state, words) in [
        ("910000000000000000000000\r", "ok", "读到 24 位"),
        ("910000000000000000000000", "warn", "没有 Enter"),
        ("", "fail", "没有读到"),
    ] {
        let (mut hands, path) = pty();
        let stdin = File::options().read(true).write(true).open(&path).unwrap();
        let data = folder.path().join("data").display().to_string();
        let mut child = Command::new(PROGRAM)
            .args(["terminal", "doctor", "--data", &data, "--scan", "--json"])
            .stdin(Stdio::from(stdin.try_clone().unwrap()))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut asked = Vec::new();
        let mut stderr = child.stderr.take().unwrap();
        // It asks for a scan, then listens.
        while !String::from_utf8_lossy(&asked).contains('…') {
            let mut byte = [0];
            stderr.read_exact(&mut byte).unwrap();
            asked.push(byte[0]);
        }
        // A key that ends a listening which nobody answers; a person would wait the fifteen seconds.
        let keys = if keys.is_empty() { "\u{3}" } else { keys };
        while tcgetattr(&stdin).unwrap().local_modes.contains(LocalModes::ICANON) {
            std::thread::sleep(Duration::from_millis(10));
        }
        hands.write_all(keys.as_bytes()).unwrap();
        let found = child.wait_with_output().unwrap();
        let report = report(&found);
        let scanner = check(&report, "scanner");
        assert_eq!(scanner["state"], state, "{report}");
        assert!(scanner["text"].as_str().unwrap().contains(words), "{report}");
    }
}
