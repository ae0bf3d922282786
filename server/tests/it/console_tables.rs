//! Tables that are taken away, and where to go when a region settles nothing itself.

use server::close::close_days;
use server::people::Role;
use server::store::canteens::Region;
use server::words::Code;
use support::Backend;

use crate::common::{new_canteen, region};
use crate::desk::Desk;
use crate::month::{MARCH, Scene};

/// Every table of a page, with the query of a filter that leaves nothing, and who may take it.
const TABLES: [(&str, &str, Role); 15] = [
    ("statements", "q=no-such-canteen", Role::Auditor),
    ("canteens", "name=no-such-canteen", Role::Auditor),
    ("changes", "kind=death", Role::Auditor),
    ("audit", "until=2020-01-01", Role::Auditor),
    ("regions", "", Role::Auditor),
    ("terminals", "", Role::Auditor),
    ("people", "", Role::Administrator),
    ("draws", "", Role::Auditor),
    ("proposals", "state=decided", Role::Auditor),
    ("disclosure", "", Role::Auditor),
    ("funds", "table=payments", Role::Auditor),
    ("imports", "", Role::Administrator),
    ("elders", "name=no-such-elder", Role::Administrator),
    ("cards", "", Role::Administrator),
    ("backups", "", Role::Administrator),
];

async fn every_table_is_taken_away_as_it_is_filtered(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.draft(MARCH).await.unwrap();
    let world = &scene.world;
    let auditor = Desk::of(world, "测试审计", Role::Auditor, "440304").await;
    let admin = Desk::of(world, "测试管理", Role::Administrator, "440304").await;
    for (page, nothing, role) in TABLES {
        let desk = if role == Role::Auditor { &auditor } else { &admin };
        let csv = desk.get(&format!("/console/{page}.csv?region=440304&month=2026-03")).await;
        assert_eq!((csv.status, csv.kind.as_str()), (200, "text/csv; charset=utf-8"), "{page}");
        csv.has(&["\u{feff}", "截至 "]);
        let xlsx = desk.get(&format!("/console/{page}.xlsx?region=440304&month=2026-03")).await;
        assert!(xlsx.status == 200 && xlsx.body.starts_with(b"PK"), "{page}");
        // The page leads to both, with its own filter.
        let listed = desk.get(&format!("/console/{page}?region=440304&month=2026-03&{nothing}")).await;
        listed.has(&[&format!("/console/{page}.csv?"), &format!("/console/{page}.xlsx?")]);
        if page == "funds" {
            continue;
        }
        if !nothing.is_empty() {
            let (name, value) = nothing.split_once('=').unwrap();
            let html = listed.html().replace("&#38;", "&").replace("&amp;", "&");
            assert!(html.contains(&format!("{name}={value}")), "{page} forgets its filter: {html}");
            let filtered = desk.get(&format!("/console/{page}.csv?region=440304&month=2026-03&{nothing}")).await;
            let fewer = filtered.html().lines().count() < csv.html().lines().count();
            assert!(fewer || ["changes", "proposals"].contains(&page), "{page}");
        }
    }
    let statements = auditor.get("/console/statements.csv?region=440304&month=2026-03&q=甲").await;
    statements.has(&["甲食堂", "9.00", "未拨付"]).lacks(&["乙食堂"]);
    let log = auditor.get("/console/audit.csv?region=440304&action=month.draft").await;
    log.has(&["起草结算", "结算 440304 2026年3月", "版次 1", "\"\"version\"\":1"]);
    let mut manager = auditor;
    manager.english = true;
    let english = manager.get("/console/statements.csv?region=440304&month=2026-03").await;
    english.has(&["as of", "Canteen", "Not paid"]).lacks(&["截至", "应付"]);
    manager.get("/console/people.csv?region=440304").await.refused(Code::Forbidden);
}

async fn the_tables_of_funds_are_taken_away_one_by_one(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    scene.approved(MARCH).await;
    let auditor = Desk::of(&scene.world, "测试审计", Role::Auditor, "440304").await;
    let file =
        async |table: &str| auditor.get(&format!("/console/funds.csv?region=440304&month=2026-03&table={table}")).await;
    file("payers").await.has(&["谁来出", "市财政", "截至 "]);
    file("payments").await.has(&["甲食堂,9.00,未拨付", "乙食堂", "还没有公示"]);
    file("books").await.has(&["12.00"]);
    for table in ["holds", "demands", "adjustments", "refunds"] {
        assert_eq!(file(table).await.status, 200, "{table}");
    }
    let page = auditor.get("/console/funds?region=440304&month=2026-03").await;
    page.has(&["table=payers", "table=payments", "table=books"]).lacks(&["table=holds"]);
}

async fn a_region_that_settles_nothing_says_which_one_does(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let world = &scene.world;
    let maker = Desk::of(world, "市级经办", Role::FinanceMaker, "4403").await;
    let settlement = maker.get("/console/settlement?region=4403&month=2026-03").await;
    settlement.has(&["本区域没有直接结算的食堂", "去那里结算", "region=440304"]);
    settlement.lacks(&["0 个食堂日全部日清"]);
    // Where it is settled the page offers the draft.
    maker.get("/console/settlement?region=440304&month=2026-03").await.has(&["起草结算"]).lacks(&["去那里结算"]);
}

/// What a city sees first: the way to where its canteens' month is settled, and the choice where there are several.
async fn a_city_is_led_to_where_its_month_is_settled(backend: Backend) {
    let mut scene = Scene::new(backend).await;
    scene.march().await;
    let (world, office) = (&scene.world, scene.world.office());
    let maker = Desk::of(world, "市级经办", Role::FinanceMaker, "4403").await;
    let auditor = Desk::of(world, "市级审计", Role::Auditor, "4403").await;
    let today = "/console/today?region=4403&month=2026-03";
    let there = "/console/settlement?region=440304&#38;month=2026-03";
    // What has to be done first is the same everywhere.
    maker.get(today).await.has(&["处理 62 个未日清", "0 / 62"]).lacks(&[there]);
    close_days(&office.store, &office.book(), office.now()).await.unwrap();
    maker.get(today).await.has(&["到“福田区”办理结算", there, "甲食堂", "乙食堂", "暂估核定金额", "¥12.00"]);
    auditor.get(today).await.has(&["到“福田区”办理结算"]).lacks(&[there]);
    maker.get("/console/today?region=440304&month=2026-03").await.has(&["起草结算"]).lacks(&["到“福田区”办理结算"]);
    // With a second district the city chooses.
    let code = region("440305");
    let second = Region { code: code.clone(), name: "南山区".into(), office: "南山区民政局".into() };
    office.create_region(second, None).await.unwrap();
    let mut canteen = new_canteen("丙食堂");
    canteen.region = region("440305001001");
    office.create_canteen(canteen, None).await.unwrap();
    let led = maker.get(today).await;
    led.has(&["选择结算区域", "/console/settlement?region=4403&#38;month=2026-03", "丙食堂"]).lacks(&[there]);
    maker.get("/console/settlement?region=4403&month=2026-03").await.has(&["福田区", "南山区", "去那里结算"]);
    maker.get("/console/today?region=440305&month=2026-03").await.lacks(&["甲食堂", "选择结算区域"]);
}

crate::on_both! {
    a_city_is_led_to_where_its_month_is_settled
    every_table_is_taken_away_as_it_is_filtered
    the_tables_of_funds_are_taken_away_one_by_one
    a_region_that_settles_nothing_says_which_one_does
}
