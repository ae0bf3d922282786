//! The machine is lost, and all there is left is a backup and its passphrase: the office stands again elsewhere, every
//! record that a till had sent meanwhile comes again, and what was settled is settled.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use domain::money::Fen;
use serde_json::{Value, json};
use server::Database;
use server::verify::verify;
use support::{Backend, TestDb};
use zhucan::demo::chance::SeededEntropy;
use zhucan::demo::clock::DemoClock;
use zhucan::demo::host::{OfficeHost, TillHost};
use zhucan::demo::http::Caller;
use zhucan::demo::people::Desk;
use zhucan::demo::play::{Stage, till_folder};
use zhucan::demo::till::Hands;
use zhucan::demo::world::{ADMINISTRATOR, CANTEENS, LIANHUA, SECOND_ADMINISTRATOR, date};
use zhucan::place;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
const PASSPHRASE: &str = "演练用的备份口令 2026";

fn run(arguments: &[&str], secret: &Path) -> Output {
    Command::new(PROGRAM).args(arguments).env("ZHUCAN_BACKUP_PASSPHRASE_FILE", secret).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn good(output: &Output) -> Value {
    assert!(output.status.success(), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A passphrase in a file of one's own.
fn secret(path: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    path
}

pub(crate) async fn serve_guests(till: &TillHost, guests: usize) {
    let page = Caller::new(&till.url()).unwrap();
    for _ in 0..guests {
        let shown = page.post("/api/guest", &json!({})).await.unwrap();
        page.post("/api/confirm", &json!({ "sale": shown["stage"]["sale"], "tender": "cash" })).await.unwrap();
    }
}

/// Records that an office holds, and what does not hold there.
pub(crate) async fn held(office: &OfficeHost) -> usize {
    let office = office.server.office();
    let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    assert_eq!(report.breaks, []);
    report.records
}

/// The same of an office that was restored: tills remember an entry of the log that it never had. That and nothing else
/// stands against it.
async fn held_since(office: &OfficeHost) -> usize {
    let office = office.server.office();
    let report = verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    let told: Vec<_> = report.breaks.iter().map(|broken| broken.what.as_str()).collect();
    assert_eq!(told, [server::words::audit::WITNESS]);
    report.records
}

/// Lets a till of a folder in, at Lianhua: one that was never let in, or one that was.
async fn let_in(folder: &Path, office: &OfficeHost, canteen: &str, clock: &Arc<DemoClock>) -> TillHost {
    let url = office.url();
    let administrator = Desk::sign_in(&url, ADMINISTRATOR).await.unwrap();
    let second = Desk::sign_in(&url, SECOND_ADMINISTRATOR).await.unwrap();
    let code = administrator.enrolment_code(canteen).await.unwrap();
    let (clock, entropy) = (Arc::<DemoClock>::clone(clock), Arc::new(SeededEntropy::new(406)));
    let till = TillHost::enrol(folder, &code, office.address, clock, entropy).await.unwrap();
    second.confirm_terminal(canteen, till.fingerprint.as_deref().unwrap()).await.unwrap();
    till.sync().await.unwrap();
    till
}

async fn lost_and_restored(backend: Backend) {
    let (db, folder) = (TestDb::new(backend), tempfile::tempdir().unwrap());
    let database: Database = db.url().parse().unwrap();
    let stage = Stage::set_up(folder.path(), database).await.unwrap();
    stage.clock.set(date("2026-03-02").at_minute(11 * 60));
    let till = &stage.tills[LIANHUA];
    till.sync().await.unwrap();
    let mut hands = Hands::at(&till.url()).unwrap();
    let cashier = CANTEENS[LIANHUA].cashiers[0];
    hands.sign_in(cashier.name, cashier.pin).await.unwrap();
    hands.open_shift(Fen::new(10_000)).await.unwrap();
    serve_guests(till, 5).await;
    till.sync().await.unwrap();

    // While the office runs.
    let pass = secret(folder.path().join("passphrase"), PASSPHRASE);
    let (data, to) = (folder.path().display().to_string(), folder.path().join("backups").display().to_string());
    let source = ["--data", &data, "--database", db.url()];
    let backup = [&["backup", "--to", &to, "--keep-daily", "7", "--json"], &source[..]].concat();
    let report = good(&run(&backup, &pass));
    let file = report["backup"]["file"].as_str().unwrap().to_owned();
    serve_guests(till, 4).await;
    till.sync().await.unwrap();
    // A till that the backup knows nothing of.
    let (of_newcomer, canteen) = (folder.path().join("newcomer"), stage.canteens[LIANHUA].clone());
    let newcomer = let_in(&of_newcomer, &stage.office, &canteen, &stage.clock).await;
    let mut its_hands = Hands::at(&newcomer.url()).unwrap();
    its_hands.sign_in(cashier.name, cashier.pin).await.unwrap();
    its_hands.open_shift(Fen::new(10_000)).await.unwrap();
    serve_guests(&newcomer, 3).await;
    newcomer.sync().await.unwrap();
    let name = newcomer.terminal.id();
    newcomer.close().await;
    let before = held(&stage.office).await;

    let drill = good(&run(&[&["restore", "--drill", &file, "--json"], &source[..]].concat(), &pass));
    // Both are noted at the office, for the page that shows their age.
    let store = &stage.office.server.office().store;
    let notes = store.read(|tx| Box::pin(async move { server::store::backups::notes(tx, 9).await })).await.unwrap();
    let told: Vec<_> = notes.iter().map(|n| (n.what.as_str(), n.breaks, json!(n.digest.to_string()))).collect();
    let digest = report["backup"]["digest"].clone();
    assert_eq!(told, [("drill", 0, digest.clone()), ("backup", 0, digest)]);
    assert_eq!((&drill["ok"], &drill["restored"]["digest"]), (&json!(true), &report["backup"]["digest"]), "{drill}");
    assert!(drill["records"].as_u64().unwrap() < before as u64, "as it was when it was backed up");
    let other = secret(folder.path().join("other"), "不是这一个口令的口令");
    assert!(said(&run(&["restore", "--drill", &file], &other)).contains("备份口令不对"));
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(said(&run(&["restore", "--drill", &file], &other)).contains("chmod 600"));

    // The office's machine is gone, with its database and its keys. Lunch goes on.
    let Stage { office, mut tills, clock, .. } = stage;
    office.close().await;
    let till = tills.swap_remove(LIANHUA);
    serve_guests(&till, 1).await;
    assert_eq!(till.terminal.unsent().await.unwrap(), 1);
    till.close().await;
    let (target, place) = (TestDb::new(backend), tempfile::tempdir().unwrap());
    let there = place.path().join("data");
    let shown = there.display().to_string();
    let mut restore = vec!["restore", &file, "--data", &shown, "--json"];
    if backend == Backend::Postgres {
        restore.extend(["--database", target.url()]);
    }
    let restored = good(&run(&restore, &pass));
    assert_ne!(restored["restored"]["office"], restored["restored"]["before"]);
    let again = run(&restore, &pass);
    assert!(!again.status.success() && said(&again).contains("已经存在"), "{}", said(&again));
    let database = match backend {
        Backend::Sqlite => Database::Sqlite(place::office_database(&there)),
        Backend::Postgres => target.url().parse().unwrap(),
    };
    let entropy = |seed| Arc::new(SeededEntropy::new(seed));
    let office = OfficeHost::open(&there, database, Arc::<DemoClock>::clone(&clock), entropy(404)).await.unwrap();
    assert!(held(&office).await < before);
    let of_till = till_folder(folder.path(), LIANHUA);
    let till = TillHost::open(&of_till, office.address, Arc::<DemoClock>::clone(&clock), entropy(405)).await.unwrap();
    for _ in 0..3 {
        till.sync().await.unwrap();
    }
    assert_eq!(till.terminal.unsent().await.unwrap(), 0);
    // The newcomer is let in once more, under the name that its records have.
    let shared = Arc::<DemoClock>::clone(&clock);
    let newcomer = TillHost::open(&of_newcomer, office.address, shared, entropy(407)).await.unwrap();
    let unknown = format!("{:#}", newcomer.sync().await.unwrap_err());
    assert!(unknown.contains("terminal_unknown"), "{unknown}");
    newcomer.close().await;
    let newcomer = let_in(&of_newcomer, &office, &canteen, &clock).await;
    assert_eq!(newcomer.terminal.id(), name);
    newcomer.sync().await.unwrap();
    assert_eq!(newcomer.terminal.unsent().await.unwrap(), 0);
    newcomer.close().await;
    assert_eq!(held_since(&office).await, before + 1, "the tills have sent again what the backup did not know");
    till.close().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_office_on_sqlite_stands_again_from_its_backup() {
    lost_and_restored(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_office_on_postgresql_stands_again_from_its_backup() {
    lost_and_restored(Backend::Postgres).await;
}
