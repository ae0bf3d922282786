//! Tables that are taken away, and where to go when a region settles nothing itself.

use server::people::Role;
use server::words::Code;
use support::Backend;

use crate::desk::Desk;
use crate::month::{MARCH, Scene};

/// Every table of a page, with the query of a filter that leaves nothing, and who may take it.
const TABLES: [(&str, &str, Role); 7] = [
    ("statements", "q=no-such-canteen", Role::Auditor),
    ("canteens", "name=no-such-canteen", Role::Auditor),
    ("changes", "kind=death", Role::Auditor),
    ("audit", "until=2020-01-01", Role::Auditor),
    ("regions", "", Role::Auditor),
    ("terminals", "", Role::Auditor),
    ("people", "", Role::Administrator),
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
        if !nothing.is_empty() {
            let (name, value) = nothing.split_once('=').unwrap();
            let html = listed.html().replace("&#38;", "&").replace("&amp;", "&");
            assert!(html.contains(&format!("{name}={value}")), "{page} forgets its filter: {html}");
            let filtered = desk.get(&format!("/console/{page}.csv?region=440304&month=2026-03&{nothing}")).await;
            assert!(filtered.html().lines().count() < csv.html().lines().count() || page == "changes", "{page}");
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

crate::on_both! {
    every_table_is_taken_away_as_it_is_filtered
    a_region_that_settles_nothing_says_which_one_does
}
