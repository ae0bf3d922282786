//! `docs/handbook/setup.md` is followed to the letter, from nothing to the first meal: its blocks are run one by one in
//! one shell; what people read from a screen and type is all that is added.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use domain::calendar::UnixMs;
use domain::decision::Mode;
use domain::money::Fen;
use domain::record::Tender;
use server::totp::{Secret, step_at};
use support::{Backend, TestDb, WallClock};
use zhucan::demo::till::{Hands, Scanned};
use zhucan::demo::world::date;

const HANDBOOK: &str = include_str!("../../docs/handbook/setup.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
/// 11:00 of a Monday in Shenzhen, in UTC.
const LUNCH: &str = "2026-03-02 03:00:00";

/// Forty minutes later.
const REST: &str = "2026-03-02 03:40:00";
const REST_MS: i64 = 40 * 60_000;

/// The shell says so when a command of a block fails.
const FAILED: &str = "::failed";

fn lunch() -> UnixMs {
    date("2026-03-02").at_minute(11 * 60)
}

/// The shell blocks of the handbook, in two parts: until the meal, and after it.
fn blocks() -> [Vec<&'static str>; 2] {
    let (before, after) = HANDBOOK.split_once("\n## 9 第一餐").unwrap();
    [before, after]
        .map(|part| part.split("```bash\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The person at the keyboard, with the slips of paper that were handed out.
struct Person {
    shell: Child,
    keys: ChildStdin,
    screen: BufReader<ChildStdout>,
    slips: BTreeMap<String, String>,
    seen: String,
    count: usize,
}

impl Person {
    fn sit_down(folder: &Path, clock: &WallClock, environment: &[(&str, String)]) -> Self {
        // Only the program lives by the test's clock; what else the handbook uses needs none.
        let bin = folder.join("bin");
        std::fs::create_dir(&bin).unwrap();
        let clocked = clock.environment().map(|(name, value)| format!("{name}='{value}'")).join(" ");
        let wrapper = format!("#!/bin/sh\nexec env {clocked} '{PROGRAM}' \"$@\"\n");
        std::fs::write(bin.join("zhucan"), wrapper).unwrap();
        std::fs::set_permissions(bin.join("zhucan"), PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail"]).current_dir(env!("CARGO_MANIFEST_DIR")).env("PATH", path);
        shell.envs(environment.iter().map(|(name, value)| (name, value))).process_group(0);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keys, screen) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        let mut person = Self { shell, keys, screen, slips: BTreeMap::new(), seen: String::new(), count: 0 };
        // A program in the background would keep the screen open.
        person.types(&format!("trap 'echo {FAILED}' EXIT"));
        person
    }

    fn types(&mut self, line: &str) {
        writeln!(self.keys, "{line}").unwrap();
        self.keys.flush().unwrap();
    }

    /// Runs a block and answers what it asks.
    fn runs(&mut self, folder: &Path, block: &str) {
        self.count += 1;
        let (file, done) = (folder.join(format!("block-{}", self.count)), format!("::done {}", self.count));
        std::fs::write(&file, format!("{block}\n")).unwrap();
        self.types(&format!("source '{}'; echo; echo '{done}'", file.display()));
        loop {
            let mut line = String::new();
            let read = self.screen.read_line(&mut line).unwrap();
            assert!(
                read > 0 && !line.trim_end().ends_with(FAILED),
                "the handbook does not work here:\n{block}\n--- and said ---\n{}",
                self.seen
            );
            if line.trim_end() == done {
                return;
            }
            self.seen.push_str(&line);
            self.reads(line.trim_end());
        }
    }

    /// What a person does who reads that line.
    fn reads(&mut self, line: &str) {
        if let Some((who, slip)) = line.split_once(" 的口令条：") {
            self.slips.insert(who.to_owned(), slip.to_owned());
        } else if let Some((_, slip)) = line.split_once("一次性口令（只显示这一次）：") {
            self.slips.insert("管理员".to_owned(), slip.to_owned());
        } else if let Some(who) = line.strip_suffix(" 的一次性口令：") {
            let slip = self.slips[who].clone();
            self.types(&slip);
        } else if line.ends_with(" 的口令：") || line.starts_with("自己的新口令") {
            self.types("这是一个足够长的新口令");
        } else if let Some((_, secret)) = line.split_once("添加密钥：") {
            let secret = Secret::from_base32(secret).unwrap();
            self.slips.insert("动态口令".to_owned(), secret.code(step_at(lunch())));
            self.slips.insert("过后的动态口令".to_owned(), secret.code(step_at(lunch().plus(REST_MS))));
        } else if line.ends_with(" 的动态口令：") {
            let code = self.slips["过后的动态口令"].clone();
            self.types(&code);
        } else if line.starts_with("程序显示的 6 位数字") {
            let code = self.slips["动态口令"].clone();
            self.types(&code);
        }
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // The programs that were started in the background too.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.shell.id())]).status();
        let _ = self.shell.wait();
    }
}

/// The first guest of the day at the till's page.
async fn first_meal(till: &str) {
    let mut hands = Hands::at(till).unwrap();
    for tried in 0.. {
        let known =
            hands.state().await.is_ok_and(|state| state["cashiers"].as_array().is_some_and(|all| !all.is_empty()));
        if known {
            break;
        }
        assert!(tried < 300, "the till never hears from the office");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    hands.sign_in("收银员丁", "2468").await.unwrap();
    hands.open_shift(Fen::new(10_000)).await.unwrap();
    let served = hands.serve("440304194601010012", Mode::DineIn, Tender::Cash).await.unwrap();
    let Scanned::Sold(sold) = served else { panic!("{served:?}") };
    assert_eq!((sold.price, sold.to_pay), (Fen::new(1_800), Fen::new(1_300)), "as the handbook says");
    for tried in 0.. {
        if hands.state().await.unwrap()["sync"]["unsent"] == 0 {
            break;
        }
        assert!(tried < 300, "the meal never comes to the office");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn followed_to_the_letter(backend: Backend) {
    let db = TestDb::new(backend);
    let (folder, clock) = (db.folder().to_owned(), WallClock::new(db.path("clock"), LUNCH));
    let (office, till) = (format!("127.0.0.1:{}", free_port()), free_port());
    let place = |name: &str| folder.join(name).display().to_string();
    let mut environment = vec![
        ("ZHUCAN_DATA", place("data")),
        ("ZHUCAN_LISTEN", office),
        ("TILL", place("till")),
        ("TILL_PORT", till.to_string()),
        ("BACKUPS", place("backups")),
        ("FROM", "2026-03-02".to_owned()),
    ];
    if backend == Backend::Postgres {
        environment.push(("ZHUCAN_DATABASE", db.url().to_owned()));
    }
    let mut person = Person::sit_down(&folder, &clock, &environment);
    let [before, after] = blocks();
    assert!(before.len() > 12 && after.len() >= 2, "{} {}", before.len(), after.len());
    for block in before {
        tokio::task::block_in_place(|| person.runs(&folder, block));
    }
    first_meal(&format!("http://127.0.0.1:{till}")).await;
    for block in after {
        tokio::task::block_in_place(|| person.runs(&folder, block));
    }
    // Whoever rested for so long signs in once more, as the handbook says.
    clock.set(REST);
    for block in ["TOKEN=$CHECKER; api GET /api/v1/session || true", "login 复核丙; api GET /api/v1/session"] {
        tokio::task::block_in_place(|| person.runs(&folder, block));
    }
    let seen = &person.seen;
    let (_, again) =
        seen.rsplit_once("sign_in_needed").unwrap_or_else(|| panic!("it lay still and has not ended: {seen}"));
    assert!(again.contains("复核丙") && again.contains("finance_checker"), "{again}");
    assert!(seen.contains("不符 0 处") && seen.contains("演练通过") && !seen.contains("✗"), "{seen}");
    let shown = seen.lines().find_map(|line| line.split_once("办公室看到的指纹：")).unwrap().1;
    let fingerprints = seen.lines().filter(|line| line.contains(shown)).count();
    assert_eq!(fingerprints, 2, "the same fingerprint at the till and at the office: {seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handbook_leads_to_the_first_meal_on_sqlite() {
    followed_to_the_letter(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handbook_leads_to_the_first_meal_on_postgresql() {
    followed_to_the_letter(Backend::Postgres).await;
}
