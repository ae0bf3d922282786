//! A backup of either database is restored into either: the same rows, the same month, and an office that goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use server::backup::{self, Progress, Restored, Written};
use server::people::Role;
use server::seal::{Keys, Place};
use server::store::decisions::{self, Decision, Subject};
use server::store::people::{self, UserRow};
use server::store::proposals::{self, ProposalRow};
use server::store::{Schema, Statement, canteens, elders, meta};
use server::words::Code;
use server::{Database, Error, Server, Store, sql, verify};
use support::{Backend, TestDb};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::common::{World, config, region};
use crate::month::{MARCH, Scene};
use crate::rows::{canteen_row, elder_row, n};
use crate::{on_both, unit};

const PASSPHRASE: &str = "长者食堂备份口令二〇二六";

fn quiet() -> Progress {
    Arc::new(|_, _, _, _| {})
}

fn passphrase() -> Zeroizing<String> {
    Zeroizing::new(PASSPHRASE.to_owned())
}

/// An approved month, and people who are signed in.
async fn scene(backend: Backend) -> Scene {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (view, _) = scene.draft(MARCH).await.unwrap();
    scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    scene
}

async fn run(store: &Store, text: &'static str) -> u64 {
    store.write(move |tx| Box::pin(async move { Statement::new(tx, text, Vec::new()).execute().await })).await.unwrap()
}

fn keys(scene: &Scene) -> Keys {
    Keys::load(&config(&scene.world.db, false).keys).unwrap()
}

async fn write(scene: &Scene) -> Result<Written, Error> {
    let office = scene.world.office();
    let file = scene.world.db.path(&backup::file_name(office.now()));
    let entropy = scene.world.entropy.clone();
    backup::write(&office.store, &keys(scene), passphrase(), &file, office.now(), entropy, quiet()).await
}

async fn restore(scene: &Scene, file: &Path, target: &TestDb) -> Result<(Restored, Keys), Error> {
    let database: Database = target.url().parse().unwrap();
    let (now, entropy) = (scene.world.office().now(), scene.world.entropy.clone());
    backup::restore(file, passphrase(), &database, now, entropy, quiet()).await
}

async fn goes_there_and_back(backend: Backend) {
    let mut scene = scene(backend).await;
    let written = write(&scene).await.unwrap();
    let records = written.tables.iter().find(|(name, _)| name == "records").unwrap().1;
    assert!(records > 0 && written.rows() > 100, "{written:?}");
    let april = scene.day(0, "2026-04-01", 660, &[0]);
    for other in Backend::ALL {
        let target = TestDb::new(other);
        let (restored, found) = restore(&scene, &written.file, &target).await.unwrap();
        assert_eq!((restored.digest, &restored.tables), (written.digest, &written.tables), "{other:?}");
        assert_ne!(restored.office, written.office, "terminals are told that what they know may not stand");
        found.save(&target.path("keys.json")).unwrap();
        let there = config(&target, false);
        let server = Server::open(&there, scene.world.clock.clone(), scene.world.entropy.clone());
        let server = server.await.unwrap();
        let office = server.office();
        assert_eq!(office.server_epoch, restored.office);
        let report = verify::verify(&office.store, &office.book(), &|_| {}).await.unwrap();
        assert!(report.breaks.is_empty() && report.statements == 2 && report.records > 0, "{:?}", report.breaks);
        let text = "SELECT id, account FROM canteens ORDER BY id";
        let accounts: Vec<(Uuid, Vec<u8>)> =
            office.store.read(move |tx| Box::pin(async move { sql!(tx, text).all().await })).await.unwrap();
        for (row, sealed) in accounts {
            let place = Place { table: "canteens", column: "account", row };
            assert_eq!(office.keys.open(place, &sealed).unwrap().as_str(), "6222021001112345");
        }
        let sessions: i64 = office
            .store
            .read(|tx| Box::pin(async { sql!(tx, "SELECT COUNT(*) FROM sessions").value().await }))
            .await
            .unwrap();
        assert_eq!(sessions, 0, "nobody is signed in");
        let before = std::mem::replace(&mut scene.world.server, server);
        scene.ingest(0, &april).await;
        let office = Arc::clone(scene.world.office());
        scene.world.server = before;
        office.store.close().await;
    }
}

/// While the office goes on writing, all rows are of one instant, and nobody who writes waits for the backup.
async fn an_office_at_work_is_not_disturbed(backend: Backend) {
    let mut scene = scene(backend).await;
    let april: Vec<_> = (1..=12).flat_map(|day| scene.day(0, &format!("2026-04-{day:02}"), 660, &[0, 1])).collect();
    let writing = async {
        for records in april.chunks(4) {
            scene.ingest(0, records).await;
        }
    };
    let (written, ()) = tokio::join!(write(&scene), writing);
    let written = written.unwrap();
    let target = TestDb::new(Backend::Sqlite);
    let (restored, keys) = restore(&scene, &written.file, &target).await.unwrap();
    keys.save(&target.path("keys.json")).unwrap();
    let there = config(&target, false);
    let server = Server::open(&there, scene.world.clock.clone(), scene.world.entropy.clone()).await.unwrap();
    let office = server.office();
    let report = verify::verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    assert!(report.breaks.is_empty(), "{restored:?} {:?}", report.breaks);
    // A till whose records came behind the snapshot sends them again, and they are the same.
    scene.world.server = server;
    scene.ingest(0, &april).await;
}

async fn what_cannot_be_opened_again_is_not_written(backend: Backend) {
    let scene = Scene::new(backend).await;
    let office = scene.world.office();
    let (entropy, at, path) = (scene.world.entropy.clone(), office.now(), scene.world.db.path("one"));
    let try_with = async |keys: &Keys, passphrase: &str| {
        let secret = Zeroizing::new(passphrase.to_owned());
        backup::write(&office.store, keys, secret, &path, at, entropy.clone(), quiet()).await
    };
    let refused = try_with(&keys(&scene), "太短").await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Invalid));
    let refused = try_with(&Keys::generate(&*entropy), PASSPHRASE).await.unwrap_err();
    assert!(refused.to_string().contains("不是一套"), "{refused}");
    assert!(!path.exists());
    try_with(&keys(&scene), PASSPHRASE).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let again = try_with(&keys(&scene), PASSPHRASE).await.unwrap_err();
    assert!(again.to_string().contains("没有覆盖") && std::fs::read(&path).unwrap() == bytes, "{again}");
    for name in ["测试经办", "6222021001112345", "福田区"] {
        assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{name} is in the open");
    }
    run(&office.store, "INSERT INTO meta (name, value) VALUES ('moved_to', '已迁走')").await;
    let (own, other) = (keys(&scene), scene.world.db.path("two"));
    let moved = backup::write(&office.store, &own, passphrase(), &other, at, entropy.clone(), quiet()).await;
    assert!(moved.unwrap_err().to_string().contains("请备份新库"));
}

async fn a_bad_file_leaves_nothing_behind(backend: Backend) {
    let scene = Scene::new(backend).await;
    let written = write(&scene).await.unwrap();
    let whole = std::fs::read(&written.file).unwrap();
    let file: PathBuf = scene.world.db.path("bad");
    let target = TestDb::new(backend);
    let tried = async |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        restore(&scene, &file, &target).await.map(drop).unwrap_err().to_string()
    };
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for (bytes, said) in [
        (&whole[..whole.len() - 5], "不完整"),
        (&damaged, "末尾缺了一截或已损坏"),
        (b"PK\x03\x04 something else", "不是助餐的备份文件"),
        (b"", "不是助餐的备份文件"),
    ] {
        let refused = tried(bytes).await;
        assert!(refused.contains(said), "{refused}");
    }
    let database: Database = target.url().parse().unwrap();
    let wrong = Zeroizing::new("另一个足够长的备份口令".to_owned());
    let (now, entropy) = (scene.world.office().now(), scene.world.entropy.clone());
    let refused = backup::restore(&written.file, wrong, &database, now, entropy, quiet()).await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("备份口令不对"), "{refused}");
    // All of that has left the place empty, so a good file still goes in; then it is not empty any more.
    restore(&scene, &written.file, &target).await.unwrap();
    let taken = restore(&scene, &written.file, &target).await.map(drop).unwrap_err();
    assert!(taken.to_string().contains("恢复只写入空库"), "{taken}");
}

/// A backup of an earlier program: restored into that program's shape, then brought up to date.
async fn an_earlier_schema_is_restored_by_a_later_program(backend: Backend) {
    let scene = Scene::new(backend).await;
    let old = TestDb::new(backend);
    let store = Store::open_at(&old.url().parse().unwrap(), 9).await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Older);
    let keys = keys(&scene);
    let check = keys.check_value("old office");
    store
        .write(move |tx| {
            Box::pin(async move {
                meta::put(tx, "server_epoch", "old office").await?;
                meta::put(tx, "key_check", &check).await?;
                sql!(tx, "INSERT INTO regions (code, name, office) VALUES ('4403', '深圳市', '民政局')").execute().await
            })
        })
        .await
        .unwrap();
    let (file, now) = (old.path("old"), scene.world.office().now());
    let entropy = scene.world.entropy.clone();
    let written = backup::write(&store, &keys, passphrase(), &file, now, entropy, quiet()).await.unwrap();
    assert_eq!(backup::head(&file).unwrap().schema, 9);
    let target = TestDb::new(backend);
    let (restored, _) = restore(&scene, &file, &target).await.unwrap();
    assert_eq!((restored.digest, restored.before.as_str()), (written.digest, "old office"));
    let store = Store::connect(&target.url().parse().unwrap(), false).await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
    let acts: Vec<String> =
        store.read(|tx| Box::pin(async { sql!(tx, "SELECT action FROM audit").values().await })).await.unwrap();
    assert_eq!(acts, ["office.restore"]);
}

/// A file of format 1 that `zhucan backup` of version 0.1.0 wrote once, with this file's passphrase, of `zhucan demo`: two
/// months of three canteens, made up from end to end. Never written again: every later program has to restore it.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/format-1.zhucan-backup");

async fn a_backup_of_format_1_is_restored(backend: Backend) {
    let bytes = std::fs::read(GOLDEN).unwrap();
    assert_eq!((&bytes[..8], &bytes[8..10]), (&b"zhucanbk"[..], &[0, 1][..]), "format 1");
    let head = backup::head(Path::new(GOLDEN)).unwrap();
    assert_eq!((head.schema, head.office.as_str()), (25, "4b8a1282f63265e9433698373cc89bf8"));
    let world = World::new(backend).await;
    let target = TestDb::new(backend);
    let (database, entropy): (Database, _) = (target.url().parse().unwrap(), world.entropy.clone());
    let restored = backup::restore(Path::new(GOLDEN), passphrase(), &database, head.made_at, entropy, quiet()).await;
    let (restored, keys) = restored.unwrap();
    assert_eq!(
        restored.digest.to_string(),
        "6b8df74d753311eef5f0df73b2b9f984a010197a460388b08b132b62dd661a8e",
        "of every row, as the program said that wrote it"
    );
    keys.save(&target.path("keys.json")).unwrap();
    // Brought to today's shape, and all of it still holds.
    world.clock.set(head.made_at);
    let server = Server::open(&config(&target, false), world.clock.clone(), world.entropy.clone()).await.unwrap();
    let office = server.office();
    assert_eq!(office.store.schema().await.unwrap(), Schema::Current);
    let report = verify::verify(&office.store, &office.book(), &|_| {}).await.unwrap();
    assert_eq!(report.breaks, []);
    assert_eq!((report.records, report.closes, report.statements), (1494, 269, 9));
    let text = "SELECT id, account FROM canteens";
    let sealed: Vec<(Uuid, Vec<u8>)> =
        office.store.read(move |tx| Box::pin(async move { sql!(tx, text).all().await })).await.unwrap();
    let open = |(row, sealed): &(Uuid, Vec<u8>)| {
        let place = Place { table: "canteens", column: "account", row: *row };
        office.keys.open(place, sealed).unwrap().to_string()
    };
    let mut accounts: Vec<String> = sealed.iter().map(open).collect();
    accounts.sort();
    assert_eq!(accounts, ["6200000000000000101", "6200000000000000202", "6200000000000000303"]);
}

/// An office in the shape of 0046, brought to today's: 0047 makes the table of proposals anew and 0048 takes short locks
/// away. Every row stands as it stood, what a person locked stays locked, and what was decided is not decided again.
async fn an_office_of_before_is_brought_up_to_date_row_by_row(backend: Backend) {
    let target = TestDb::new(backend);
    let database: Database = target.url().parse().unwrap();
    let store = Store::open_at(&database, 46).await.unwrap();
    let (for_good, for_a_while) = (UnixMs::new(253_402_214_400_000), UnixMs::new(1_775_000_000_000));
    let user = |number: u128| UserRow {
        id: UserId::from_uuid(n(number)),
        name: format!("人员{number}"),
        passphrase_hash: "$argon2id$".into(),
        role: Role::FinanceMaker,
        region: region("4403"),
        canteen: None,
        failures: 0,
        locked_until: UnixMs::new(0),
        created_at: UnixMs::new(1),
        left_at: None,
        must_change: true,
        totp: None,
        totp_step: 0,
        totp_at: None,
        totp_new: None,
    };
    let (users, place) = ([user(1), user(2), user(3)], canteen_row(7, "440304001"));
    let elder = elder_row(8, None);
    let kinds = ["policy", "price", "payee", "demand", "budget", "person", "calendar"];
    let rows: Vec<ProposalRow> = (20..)
        .zip(kinds.iter().chain(&kinds))
        .map(|(number, kind)| ProposalRow {
            id: n(number),
            kind: (*kind).into(),
            region: region("440304"),
            canteen: Some(place.id).filter(|_| *kind == "payee"),
            payload: vec![1, 2, u8::try_from(number).unwrap()],
            digest: Digest([3; 32]),
            maker: users[0].id,
            made_at: UnixMs::new(4),
            decided: Decision::default(),
        })
        .collect();
    let (checker, decided) = (users[1].id, rows[..3].iter().map(|row| row.id).collect::<Vec<_>>());
    let (add, canteen, known) = (rows.clone(), place.clone(), elder.clone());
    let (first, second) = (users[0].id, users[1].id);
    unit!(store, |tx| {
        for user in &users {
            people::add(tx, user).await?;
        }
        canteens::add(tx, &canteen).await?;
        elders::add(tx, &known).await?;
        for row in &add {
            proposals::add(tx, row).await?;
        }
        for (id, word) in decided.into_iter().zip(["approved", "rejected", "approved"]) {
            decisions::decide(tx, Subject::Proposal, id, word, checker, Some("因为"), UnixMs::new(9)).await?;
        }
        people::lock(tx, first, for_good).await?;
        people::lock(tx, second, for_a_while).await
    });
    let stored = async || unit!(store, |tx| sql!(tx, PROPOSALS).all::<Kept>().await);
    let before = stored().await;
    assert_eq!((before.len(), before.iter().filter(|row| row.3.is_some()).count()), (14, 3));

    store.migrate().await.unwrap();
    assert_eq!(store.schema().await.unwrap(), Schema::Current);
    assert_eq!(stored().await, before);
    for row in &rows[3..] {
        let id = row.id;
        assert_eq!(unit!(store, |tx| proposals::get(tx, id).await), Some(row.clone()));
    }
    let locked = async |id: UserId| unit!(store, |tx| people::get(tx, id).await).unwrap().locked_until;
    assert_eq!((locked(first).await, locked(second).await), (for_good, UnixMs::new(0)));
    let (canteen, known) = (place.id, elder.id);
    assert_eq!(unit!(store, |tx| canteens::get(tx, canteen).await), Some(place));
    assert_eq!(unit!(store, |tx| elders::get(tx, known).await), Some(elder));
    for text in ["UPDATE proposals SET decision = NULL, checker = NULL, decided_at = NULL", "DELETE FROM proposals"] {
        let refused = store.write(move |tx| Box::pin(async move { sql!(tx, text).execute().await })).await;
        assert!(refused.unwrap_err().to_string().contains("decided once"), "{text}: the triggers stand");
    }
    store.close().await;
}

const PROPOSALS: &str = "SELECT id, payload, digest, decision FROM proposals ORDER BY id";
type Kept = (Uuid, Vec<u8>, Vec<u8>, Option<String>);

#[tokio::test]
async fn old_backups_go_and_nothing_else_does() {
    let scene = Scene::new(Backend::Sqlite).await;
    let folder = scene.world.db.path("kept");
    std::fs::create_dir(&folder).unwrap();
    let office = scene.world.office();
    let mut files = Vec::new();
    for day in 1..=5 {
        scene.world.clock.set(crate::common::date(&format!("2026-05-{day:02}")).at_minute(600));
        let file = folder.join(backup::file_name(office.now()));
        let entropy = scene.world.entropy.clone();
        backup::write(&office.store, &keys(&scene), passphrase(), &file, office.now(), entropy, quiet()).await.unwrap();
        files.push(file);
    }
    let stranger = folder.join(backup::file_name(crate::common::date("2026-01-01").at_minute(0)));
    std::fs::write(&stranger, "named like one").unwrap();
    let other = folder.join("结算单.pdf");
    std::fs::write(&other, "a paper").unwrap();
    let renamed = folder.join("zhucan-20260101-000001.zhucan-backup");
    std::fs::copy(&files[0], &renamed).unwrap();
    let keep = |daily, monthly| backup::Keep { daily, monthly };
    let swept = |office: &str, keep| backup::sweep(&folder, office, &files[4], keep).unwrap();
    assert_eq!(swept(&office.server_epoch, keep(0, 0)), [""; 0]);
    assert_eq!(swept("another office", keep(1, 0)), [""; 0]);
    assert_eq!(swept(&office.server_epoch, keep(2, 1)).len(), 3);
    assert!(files[..3].iter().all(|file| !file.exists()) && files[3..].iter().all(|file| file.exists()));
    assert!(stranger.exists() && other.exists() && renamed.exists());
    // However the clock stood: the one that was just read back stays.
    assert_eq!(backup::sweep(&folder, &office.server_epoch, &files[3], keep(1, 0)).unwrap(), [""; 0]);
    assert!(files[3].exists());
}

on_both! {
    goes_there_and_back
    an_office_at_work_is_not_disturbed
    what_cannot_be_opened_again_is_not_written
    a_bad_file_leaves_nothing_behind
    an_earlier_schema_is_restored_by_a_later_program
    a_backup_of_format_1_is_restored
    an_office_of_before_is_brought_up_to_date_row_by_row
}
