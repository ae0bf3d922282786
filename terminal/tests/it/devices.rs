//! Readers and printers on pseudo-terminals: what the program does at a real line, with a simulator at the other end.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use crate::support;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use receipts::preview::{Item, interpret};
use receipts::slip::Paper;
use serde_json::json;
use support::Office;
use support::till::{Till, by};
use terminal::PrinterConfig;
use terminal::devices::id_card::{Card, frame, probe};
use terminal::devices::{CodeSource, Line};

const RESIDENT_ID: &str = "11010519491231002X";

/// A line: the simulator's end, and the other.
fn pty() -> (File, Line) {
    let (ours, path) = ::support::line::pty();
    (ours, Line { path, baud: 115_200 })
}

/// What a second-generation card answers: 1295 bytes with the text in UTF-16LE.
fn card_reply(name: &str, female: bool, birth: &str, number: &str) -> Vec<u8> {
    let mut text = vec![0_u8; 256];
    let mut put = |at: usize, field: &str, length: usize| {
        let units = field.encode_utf16().chain(std::iter::repeat(0x20)).take(length / 2);
        for (index, unit) in units.enumerate() {
            text[at + 2 * index..at + 2 * index + 2].copy_from_slice(&unit.to_le_bytes());
        }
    };
    put(0, name, 30);
    put(30, if female { "2" } else { "1" }, 2);
    put(36, birth, 16);
    put(122, number, 36);
    let mut body = vec![0x00, 0x00, 0x90, 0x01, 0x00, 0x04, 0x00];
    body.extend(text);
    body.extend([0x57; 1024]);
    let reply = frame(&body);
    assert_eq!(reply.len(), 1295);
    reply
}

/// A reader with its SAM module: answers as long as it lives. A card lies on it while the flag says so.
fn simulate(mut line: File, lies: Arc<AtomicBool>, reply: Vec<u8>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        let mut held = Vec::new();
        while let Ok(count) = line.read(&mut buffer) {
            held.extend_from_slice(&buffer[..count]);
            while held.len() >= 10 {
                let request: Vec<u8> = held.drain(..10).collect();
                let answer = match (request[7], request[8], lies.load(Ordering::Relaxed)) {
                    (0x20, 0x01, true) => frame(&[0, 0, 0x9f, 0, 0, 0, 0]),
                    (0x20, 0x02, true) => frame(&[0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0]),
                    (0x30, 0x01, true) => reply.clone(),
                    _ => frame(&[0, 0, 0x80]),
                };
                // A slow line: the answer comes in pieces, with noise before it.
                line.write_all(&[0x00]).unwrap();
                for piece in answer.chunks(97) {
                    line.write_all(piece).unwrap();
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
        }
    });
}

async fn stage(till: &Till, wanted: &str) -> serde_json::Value {
    for _ in 0..200 {
        let state = till.state().await;
        if state["stage"]["kind"] == wanted {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never {wanted}: {}", till.state().await["stage"]);
}

fn regular(office: &Office) {
    let holder = office.add_elder("张*国", "1949-12-31", false, &[]);
    let scan = domain::credential::Scan::read(RESIDENT_ID).unwrap();
    let digest = scan.digest(&office.books().digest_key);
    office.change(holder.entry.elder.id, |entry| entry.resident_id = Some(digest));
}

#[test]
fn a_cards_fields_are_read_from_their_places() {
    let reply = card_reply("张建国", true, "19491231", RESIDENT_ID);
    let card = Card::decode(&reply[10..reply.len() - 1]).unwrap();
    assert_eq!((card.name.as_str(), card.female, card.birth.as_str()), ("张建国", true, "19491231"));
    assert_eq!(card.number, RESIDENT_ID);
    assert_eq!(format!("{card:?}"), "Card(…)", "nothing personal in a log");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_card_on_the_reader_is_a_scan_and_counts_once() {
    let (line, path) = pty();
    let lies = Arc::new(AtomicBool::new(false));
    simulate(line, Arc::clone(&lies), card_reply("张建国", false, "19491231", RESIDENT_ID));
    // A pseudo-terminal whose last opener goes is gone; a real line is not.
    let held = path.open().unwrap();
    probe(&path).unwrap();
    let till = Till::with(regular, |config| config.readers = vec![CodeSource::IdCard(path.clone())]).await;
    till.open_shift(1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(till.state().await["stage"]["kind"], "idle", "no card, no scan");
    lies.store(true, Ordering::Relaxed);
    let state = stage(&till, "serving").await;
    assert_eq!(
        (&state["stage"]["person"]["name"], &state["stage"]["person"]["credential"]),
        (&json!("张*国"), &json!("resident_id"))
    );
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    till.clock.pass(60_000);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(till.state().await["stage"]["kind"], "idle", "the card still lies there: not a second scan");
    lies.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    lies.store(true, Ordering::Relaxed);
    stage(&till, "duplicate").await;
    assert_eq!(till.meals().await.len(), 1);
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_scanner_is_a_scan_and_may_be_pulled_out() {
    let (mut line, path) = pty();
    let mut cards = Vec::new();
    let till = Till::with(
        |office| cards = (0..2).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect(),
        |config| config.readers = vec![CodeSource::Scanner(path.clone())],
    )
    .await;
    till.open_shift(1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    line.write_all(format!("{}\r\n", cards[0]).as_bytes()).unwrap();
    let state = stage(&till, "serving").await;
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    // No end of line, and in two pieces.
    line.write_all(&cards[1].as_bytes()[..10]).unwrap();
    line.write_all(&cards[1].as_bytes()[10..]).unwrap();
    let state = stage(&till, "serving").await;
    till.ok("/api/confirm", json!({ "sale": state["stage"]["sale"] })).await;
    drop(line);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(till.scan(&cards[0]).await["kind"], "duplicate", "the till goes on without it");
    assert_eq!(till.meals().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_printer_gets_slips_and_the_drawer_opens_for_cash_only() {
    let (line, path) = pty();
    let out = Arc::new(Mutex::new(Vec::new()));
    let (mut paper, got) = (line, Arc::clone(&out));
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count) = paper.read(&mut buffer) {
            got.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
    let held = path.open().unwrap();
    let mut cards = Vec::new();
    let till = Till::with(
        |office| cards = (0..3).map(|_| office.add_elder("𫖯*国", "1943-11-22", false, &[]).card).collect(),
        |config| {
            config.printer = PrinterConfig::Serial(path.clone());
            config.drawer = true;
            config.paper = Paper::Mm80;
        },
    )
    .await;
    till.open_shift(1).await;
    let printed = async |count: usize| {
        for _ in 0..200 {
            let bytes = out.lock().unwrap().clone();
            let slip = interpret(&bytes, Paper::Mm80);
            if slip.items.iter().filter(|item| matches!(item, Item::Cut)).count() == count {
                return slip;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} slips");
    };
    till.sell(&cards[0]).await;
    let slip = printed(1).await;
    let opened = async |count: usize| {
        for _ in 0..200 {
            let now = interpret(&out.lock().unwrap().clone(), Paper::Mm80);
            if now.items.iter().filter(|item| matches!(item, Item::Drawer)).count() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} times");
    };
    let drawers =
        |slip: &receipts::preview::Printout| slip.items.iter().filter(|item| matches!(item, Item::Drawer)).count();
    assert_eq!(drawers(&slip), 1);
    let text = slip.text();
    assert!(text.contains("您付") && text.contains("[图]"), "a rare character is drawn: {text}");
    let stage = till.scan(&cards[1]).await;
    till.ok("/api/confirm", json!({ "sale": stage["sale"], "tender": "qr_payment" })).await;
    assert_eq!(drawers(&printed(2).await), 1, "no cash moved");
    till.ok("/api/reprint", json!({})).await;
    assert_eq!(drawers(&printed(3).await), 1, "a reprint moves none");
    till.ok("/api/void", json!({ "reason": "按错", "supervisor": by(2) })).await;
    assert_eq!(drawers(&printed(4).await), 1, "paid by QR, given back so");
    // Cash is put in, of which there is no slip; and each of those who take meals along pays, with one slip at the end.
    till.ok("/api/cash", json!({ "amount": 100, "note": "零钱", "supervisor": by(2) })).await;
    opened(2).await;
    till.ok("/api/collection", json!({ "by": "spouse" })).await;
    for (card, drawers) in [(&cards[1], 3), (&cards[2], 4)] {
        till.clock.pass(4_000);
        till.sell(card).await;
        opened(drawers).await;
    }
    till.ok("/api/collection/end", json!({})).await;
    assert_eq!(drawers(&printed(5).await), 4, "the slip at the end opens none");
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_printer_without_paper_is_told_in_words_and_prints_by_itself_when_it_has_some() {
    let printer = ::support::NetworkPrinter::new();
    let mut cards = Vec::new();
    let till = Till::with(
        |office| cards = (0..2).map(|_| office.add_elder("张*国", "1943-11-22", false, &[]).card).collect(),
        |config| config.printer = PrinterConfig::Tcp(printer.address()),
    )
    .await;
    till.open_shift(1).await;
    let says = async |wanted: &str| {
        for _ in 0..200 {
            if till.page().await.contains(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never {wanted}: {}", till.page().await);
    };
    says("打印正常").await;
    printer.set(|front| front.paper = false);
    till.sell(&cards[0]).await;
    says("打印机没纸").await;
    says("换一卷纸，等着的小票自己接着打").await;
    let state = till.state().await;
    assert_eq!((&state["printer"]["state"], &state["last"]["printed"]), (&json!("trouble"), &json!("waiting")));
    assert_eq!(state["printer"]["condition"], "paper_out");
    // Nobody waits for it.
    till.sell(&cards[1]).await;
    assert_eq!(till.meals().await.len(), 2);
    assert!(printer.printed().is_empty());
    printer.set(|front| (front.paper, front.low) = (true, true));
    says("纸快用完").await;
    for _ in 0..200 {
        if till.state().await["last"]["printed"] == "yes" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let cuts = |slips: &receipts::preview::Printout| slips.items.iter().filter(|i| matches!(i, Item::Cut)).count();
    // Noted as printed when it was sent; the printer may be at it still.
    let mut slips = interpret(&printer.printed(), Paper::Mm58);
    for _ in 0..200 {
        if cuts(&slips) >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        slips = interpret(&printer.printed(), Paper::Mm58);
    }
    assert_eq!(cuts(&slips), 2, "each slip once: {}", slips.text());
    assert!(!slips.text().contains("补打"), "{}", slips.text());
    assert!(!till.page().await.contains("打印机没纸"));
}
