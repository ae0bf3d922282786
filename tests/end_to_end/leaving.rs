//! Tills that are taken out of service, in good order or because they were stolen: what they sold comes all the same.

use domain::money::Fen;
use server::words::Code;
use support::{Backend, TestDb};
use zhucan::demo::host::TillHost;
use zhucan::demo::play::Stage;
use zhucan::demo::till::Hands;
use zhucan::demo::world::{CANTEENS, LIANHUA, date};

use crate::drill::{held, serve_guests};

const MINUTE: i64 = 60_000;

async fn open(till: &TillHost, canteen: usize) {
    till.sync().await.unwrap();
    let mut hands = Hands::at(&till.url()).unwrap();
    let cashier = CANTEENS[canteen].cashiers[0];
    hands.sign_in(cashier.name, cashier.pin).await.unwrap();
    hands.open_shift(Fen::new(10_000)).await.unwrap();
    // The first brings it, the second says that nothing waits.
    till.sync().await.unwrap();
    till.sync().await.unwrap();
}

/// It is told that it is out of service, and everything it holds is at the office.
async fn brings_the_rest(stage: &Stage, till: &TillHost, records: usize) {
    let before = held(&stage.office).await;
    till.line.set(true);
    let turned_away = format!("{:#}", till.sync().await.unwrap_err());
    assert!(turned_away.contains("terminal_revoked"), "{turned_away}");
    assert_eq!(till.terminal.unsent().await.unwrap(), 0);
    assert_eq!(held(&stage.office).await, before + records);
}

async fn out_of_service(backend: Backend) {
    let (db, folder) = (TestDb::new(backend), tempfile::tempdir().unwrap());
    let stage = Stage::set_up(folder.path(), db.url().parse().unwrap()).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(11 * 60));
    let office = stage.office.server.office();
    let (first, second) = (LIANHUA, (LIANHUA + 1) % 3);

    // In good order: not on the word of a while ago.
    let till = &stage.tills[first];
    open(till, first).await;
    till.line.set(false);
    serve_guests(till, 2).await;
    stage.clock.advance(6 * MINUTE);
    let silent = office.retire_terminal(till.terminal.id(), None).await.unwrap_err();
    assert_eq!(silent.code(), Some(Code::TerminalSilent), "{silent}");
    till.line.set(true);
    till.sync().await.unwrap();
    assert_eq!(
        office.retire_terminal(till.terminal.id(), None).await.unwrap_err().code(),
        Some(Code::RecordsUnsent),
        "what it said before it sent them"
    );
    till.sync().await.unwrap();
    till.line.set(false);
    serve_guests(till, 3).await;
    assert!(office.retire_terminal(till.terminal.id(), None).await.unwrap());
    brings_the_rest(&stage, till, 3).await;

    // Stolen, and found again.
    let till = &stage.tills[second];
    open(till, second).await;
    till.line.set(false);
    serve_guests(till, 4).await;
    assert!(office.revoke_terminal(till.terminal.id(), None).await.unwrap());
    brings_the_rest(&stage, till, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_out_of_service_brings_what_it_holds_to_an_office_on_sqlite() {
    out_of_service(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_out_of_service_brings_what_it_holds_to_an_office_on_postgresql() {
    out_of_service(Backend::Postgres).await;
}
