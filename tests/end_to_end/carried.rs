//! What a till holds is carried to the office by hand: a till that does not come back to the network, and an office that
//! was set up again without some of its records.

use std::path::Path;
use std::process::{Command, Output};

use domain::handed::Line;
use domain::money::Fen;
use serde_json::Value;
use support::{Backend, TestDb};
use zhucan::demo::host::TillHost;
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::till::Hands;
use zhucan::demo::world::{CANTEENS, LIANHUA, date};

use crate::drill::{held, serve_guests};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");

/// The program at the office's computer or the till's, beside what runs there.
struct Hand<'d> {
    office: &'d Path,
    till: &'d Path,
    database: Option<&'d str>,
}

impl Hand<'_> {
    fn run(&self, arguments: &[&str], data: &Path) -> Output {
        let database = self.database.filter(|_| data == self.office).map(|url| ["--database", url]);
        let data = data.display().to_string();
        let all = arguments.iter().copied().chain(["--data", &data]).chain(database.into_iter().flatten());
        Command::new(PROGRAM).args(all).output().unwrap()
    }

    fn export(&self, out: &Path, more: &[&str]) -> Value {
        let file = out.display().to_string();
        let done = self.run(&[&["terminal", "export", "--out", &file, "--json"], more].concat(), self.till);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// Exit code and what came of it.
    fn take_in(&self, file: &Path) -> (Option<i32>, Value) {
        let done = self.run(&["take-in", &file.display().to_string(), "--json"], self.office);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.code(), serde_json::from_slice(&done.stdout).unwrap_or(Value::String(said)))
    }
}

async fn open(till: &TillHost) -> Hands {
    till.sync().await.unwrap();
    let mut hands = Hands::at(&till.url()).unwrap();
    let cashier = CANTEENS[LIANHUA].cashiers[0];
    hands.sign_in(cashier.name, cashier.pin).await.unwrap();
    hands.open_shift(Fen::new(10_000)).await.unwrap();
    till.sync().await.unwrap();
    till.sync().await.unwrap();
    hands
}

fn lines(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

async fn carried(backend: Backend) {
    let (db, folder) = (TestDb::new(backend), tempfile::tempdir().unwrap());
    let url = (backend == Backend::Postgres).then(|| db.url().to_owned());
    let database = match &url {
        Some(url) => url.parse().unwrap(),
        None => server::Database::Sqlite(zhucan::place::office_database(folder.path())),
    };
    let stage = Stage::set_up(folder.path(), database).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(11 * 60));
    let till = &stage.tills[LIANHUA];
    let tills = till_folder(folder.path(), LIANHUA);
    let hand = Hand { office: folder.path(), till: tills.parent().unwrap(), database: url.as_deref() };
    open(till).await;
    serve_guests(till, 2).await;
    till.sync().await.unwrap();
    till.sync().await.unwrap();
    let before = held(&stage.office).await;
    till.line.set(false);
    serve_guests(till, 3).await;

    // The till sells on; what it holds is written as of one instant, unsent records first.
    let whole = folder.path().join("whole.jsonl");
    let exported = hand.export(&whole, &[]);
    assert_eq!(exported["unsent"], 3, "{exported}");
    let text = lines(&whole);
    let read: Vec<Line> = text.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sent: Vec<bool> =
        read.iter().filter_map(|line| if let Line::Record { sent, .. } = line { Some(*sent) } else { None }).collect();
    assert_eq!(sent.len() as u64, exported["records"].as_u64().unwrap());
    assert!(sent.is_sorted() && sent.iter().filter(|sent| !**sent).count() == 3, "{sent:?}");
    assert_eq!(till.terminal.unsent().await.unwrap(), 3, "nothing is changed");
    let again = hand.run(&["terminal", "export", "--out", &whole.display().to_string()], hand.till);
    assert!(!again.status.success() && lines(&whole) == text, "a file that is there is not written over");

    // A file that lost its end, and a line: what is there is taken, and it is said that something is missing.
    let torn = folder.path().join("torn.jsonl");
    std::fs::write(&torn, format!("{}\n{}\n{}", text[0], text[1], &text[2][..40])).unwrap();
    let (code, taken) = hand.take_in(&torn);
    assert_eq!((code, &taken["accepted"], &taken["whole"]), (Some(1), &1.into(), &false.into()), "{taken}");
    assert_eq!(taken["unreadable"], serde_json::json!([3]), "{taken}");
    assert_eq!(held(&stage.office).await, before + 1);

    // What was changed on the way is no record of this till, and does not go into the books.
    let forged = folder.path().join("forged.jsonl");
    let changed = text[2].replacen(r#"\"price\":"#, r#"\"price\":1"#, 1);
    assert_ne!(changed, text[2]);
    std::fs::write(&forged, format!("{}\n{changed}\n", text[0])).unwrap();
    let (code, taken) = hand.take_in(&forged);
    assert_eq!((code, &taken["rejected"], &taken["accepted"]), (Some(1), &1.into(), &0.into()), "{taken}");

    for _ in 0..2 {
        let (code, taken) = hand.take_in(&whole);
        assert_eq!((code, &taken["records"], &taken["waiting"]), (Some(0), &exported["records"], &0.into()), "{taken}");
        assert_eq!(taken["accepted"], exported["records"], "{taken}");
    }
    assert_eq!(held(&stage.office).await, before + 3, "each once");

    // The till comes back after all: nothing is counted twice, and it hears that everything is there.
    till.line.set(true);
    till.sync().await.unwrap();
    till.sync().await.unwrap();
    assert_eq!(till.terminal.unsent().await.unwrap(), 0);
    assert_eq!(held(&stage.office).await, before + 3);
    let rest = hand.export(&folder.path().join("rest.jsonl"), &["--unsent"]);
    assert_eq!(rest, serde_json::json!({ "records": 0, "unsent": 0 }));

    let nothing = folder.path().join("nothing");
    std::fs::write(&nothing, "姓名,证件号\n").unwrap();
    let (code, said) = hand.take_in(&nothing);
    assert!(code == Some(2) && said.as_str().unwrap().contains("zhucan terminal export"), "{said}");
    let away = Hand { till: &folder.path().join("no-till"), ..hand };
    let refused = away.run(&["terminal", "export", "--out", "x"], away.till);
    assert!(!refused.status.success() && !Path::new("x").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_carried_to_an_office_on_sqlite() {
    carried(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_carried_to_an_office_on_postgresql() {
    carried(Backend::Postgres).await;
}
