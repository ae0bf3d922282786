//! A printer that takes nothing, because it is out of paper: meals are sold, the page says so, and the till still stops.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::decision::Mode;
use domain::money::Fen;
use domain::record::Tender;
use receipts::preview::{Item, Printout, interpret};
use receipts::slip::Paper;
use serde_json::{Value, json};
use support::{Backend, Program, TestDb, WallClock};
use zhucan::demo::http::Caller;
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::till::Hands;
use zhucan::demo::world::{CANTEENS, LIANHUA, date};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
/// 11:00 of a Monday, in UTC.
const LUNCH: &str = "2026-03-02 03:00:00";

/// A till whose printer is that device, signed in.
async fn till(data: &Path, printer: &Path, clock: &WallClock) -> (Program, Hands) {
    let (data, printer) = (data.display().to_string(), format!("device:{}", printer.display()));
    let nowhere = ["--server", "http://127.0.0.1:9", "--port", "0", "--printer", &printer];
    let arguments = [&["terminal", "run", "--data", &data][..], &nowhere].concat();
    let program = Program::start(PROGRAM.as_ref(), &arguments, clock);
    let hands = Hands::at(&program.url()).unwrap();
    let cashier = CANTEENS[LIANHUA].cashiers[0];
    hands.sign_in(cashier.name, cashier.pin).await.unwrap();
    (program, hands)
}

async fn until(hands: &Hands, what: &str, wanted: impl Fn(&Value) -> bool) {
    for _ in 0..300 {
        if wanted(&hands.state().await.unwrap()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {what}: {}", hands.state().await.unwrap()["printer"]);
}

/// Takes what is written to the device from now on.
fn paper(device: &Path) -> Arc<Mutex<Vec<u8>>> {
    let got = Arc::new(Mutex::new(Vec::new()));
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(device).unwrap();
    let taken = Arc::clone(&got);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count) = file.read(&mut buffer) {
            taken.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
    got
}

fn cuts(slips: &Printout) -> usize {
    slips.items.iter().filter(|item| matches!(item, Item::Cut)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_out_of_paper_keeps_nobody_waiting_and_the_till_still_stops() {
    let db = TestDb::new(Backend::Sqlite);
    let stage = Stage::set_up(db.folder(), db.url().parse().unwrap()).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(10 * 60));
    stage.tills[LIANHUA].sync().await.unwrap();
    let card = stage.card(0).to_owned();
    stage.close().await;
    let data: PathBuf = till_folder(db.folder(), LIANHUA).parent().unwrap().to_owned();
    // A pipe that nobody reads: opening it for writing waits, as a printer without paper lets one wait.
    let device = db.path("lp0");
    assert!(Command::new("mkfifo").arg(&device).status().unwrap().success());
    let clock = WallClock::new(db.path("clock"), LUNCH);

    let (mut program, mut hands) = till(&data, &device, &clock).await;
    hands.open_shift(Fen::new(20_000)).await.unwrap();
    hands.serve(&card, Mode::DineIn, Tender::Cash).await.unwrap();
    assert_eq!(hands.state().await.unwrap()["last"]["printed"], "waiting");
    program.ask_to_stop();
    for _ in 0..150 {
        if program.has_ended() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(program.ended().success(), "it was told to stop, and stopped in good order");

    let (program, mut hands) = till(&data, &device, &clock).await;
    // It began without an office: the cashier says what day it is.
    let page = Caller::new(&program.url()).unwrap();
    page.post("/api/confirm-date", &json!({ "date": "2026-03-02" })).await.unwrap();
    hands.serve_guest(Mode::DineIn, Tender::Cash).await.unwrap();
    until(&hands, "the page says so", |state| state["printer"]["state"] == "trouble").await;
    let view = page.get("/view").await.unwrap();
    let banner = view["regions"]["bar"].as_str().unwrap();
    assert!(banner.contains("打印机异常"), "{banner}");
    hands.serve_guest(Mode::DineIn, Tender::Cash).await.unwrap();
    assert_eq!(hands.state().await.unwrap()["today"]["count"], 3);

    let got = paper(&device);
    until(&hands, "all is printed", |s| s["printer"]["state"] == "ok" && s["last"]["printed"] == "yes").await;
    for _ in 0..100 {
        if cuts(&interpret(&got.lock().unwrap().clone(), Paper::Mm58)) == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let slips = interpret(&got.lock().unwrap().clone(), Paper::Mm58);
    assert_eq!(cuts(&slips), 2, "each slip once, in order: {}", slips.text());
    assert!(!slips.text().contains("补打"), "{}", slips.text());
}
