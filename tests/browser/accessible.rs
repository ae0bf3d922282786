//! axe-core on every screen, at the three sizes, in both contrasts.

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::http::Caller;
use zhucan::demo::world::{CANTEENS, LIANHUA};

use crate::till::{Page, with_page};

/// axe-core as published; `axe/README.md`.
const AXE: &str = include_str!("axe/axe.min.js");

/// What axe calls serious or worse on the page as it is.
pub(crate) async fn findings(driver: &WebDriver) -> WebDriverResult<Vec<String>> {
    driver.execute(AXE, Vec::new()).await?;
    let run = "const done = arguments[arguments.length - 1];\n\
        axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag',\n\
          values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } })\n\
          .then((result) => done(result.violations)).catch((error) => done([{ impact: 'critical', id: String(error), nodes: [] }]));";
    let found = driver.execute_async(run, Vec::new()).await?.json().clone();
    let serious = |finding: &&Value| matches!(finding["impact"].as_str(), Some("serious" | "critical"));
    let told = |finding: &Value| {
        let nodes = finding["nodes"].as_array().into_iter().flatten();
        let places: Vec<String> =
            nodes.take(4).map(|node| format!("{} {}", node["target"], node["failureSummary"])).collect();
        format!("{}: {}", finding["id"], places.join(" | "))
    };
    Ok(found.as_array().into_iter().flatten().filter(serious).map(told).collect())
}

/// With `SHOTS=folder` keeps a picture of the screen, to be looked at.
pub(crate) async fn picture(page: &Page, screen: &str) -> WebDriverResult<()> {
    if let Some(folder) = std::env::var_os("SHOTS") {
        let picture = std::path::Path::new(&folder).join(format!("{screen}.png"));
        page.driver.screenshot(&picture).await?;
    }
    Ok(())
}

/// Nothing serious by axe in both contrasts, and nothing beyond the right edge.
pub(crate) async fn clean(page: &Page, screen: &str) -> WebDriverResult<()> {
    picture(page, screen).await?;
    for (contrast, name) in [("off", "usual contrast"), ("on", "high contrast")] {
        page.js(&format!(
            "document.documentElement.dataset.contrast = '{}'",
            if contrast == "on" { "more" } else { "less" }
        ))
        .await?;
        let found = findings(&page.driver).await?;
        assert!(found.is_empty(), "{screen}, {name}: {found:#?}");
        if contrast == "on" {
            picture(page, &format!("{screen}, {name}")).await?;
        }
    }
    page.js("document.documentElement.dataset.contrast = 'less'").await?;
    let over = "return [...document.querySelectorAll('body *')].filter((e) => { const r = e.getBoundingClientRect();\n\
        return r.width > 0 && r.height > 0 && r.right > innerWidth + 1 && !e.closest('.sprite, .unseen, .scroll'); })\n\
        .map((e) => e.className).slice(0, 5)";
    let over = page.js(over).await?;
    assert_eq!(over, serde_json::json!([]), "{screen}: beyond the right edge");
    Ok(())
}

pub(crate) async fn resize(page: &Page, width: u32, height: u32) {
    let size = serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    page.chromium("Emulation.setDeviceMetricsOverride", size).await;
}

/// Every dialog that opens by itself, by its name in the address.
const DIALOGS: [&str; 14] = [
    "amount",
    "portions",
    "more",
    "collect",
    "cash",
    "training",
    "manual",
    "paper_search",
    "paper_open",
    "paper_drop",
    "menu",
    "why",
    "help",
    "last",
];

async fn all_screens(page: &Page, width: u32, height: u32) -> WebDriverResult<()> {
    let at = |screen: &str| format!("{screen} at {width} x {height}");
    resize(page, width, height).await;
    page.open("/").await?;
    page.stage("idle").await?;
    clean(page, &at("idle")).await?;
    for dialog in DIALOGS {
        // As the page opens it: the same markup in the same place.
        let open = format!(
            "const done = arguments[arguments.length - 1];\n\
             fetch('/view?dialog={dialog}').then((answer) => answer.json()).then((view) => {{\n\
               document.getElementById('dialog').innerHTML = view.regions.dialog; done(view.regions.dialog.length); }});"
        );
        let length = page.driver.execute_async(open, Vec::new()).await?.json().clone();
        assert!(length.as_u64().is_some_and(|length| length > 100), "{dialog}: {length}");
        clean(page, &at(dialog)).await?;
    }
    page.open("/").await?;
    page.stage("idle").await?;
    for (key, screen) in [("3", "退补"), ("5", "补录纸质名单")] {
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        page.letter(key).await?;
        page.says("#main", screen).await?;
        clean(page, &at(screen)).await?;
        page.press(Key::F2).await?;
        page.on("till").await?;
    }
    for (key, screen) in [(Key::F9, "今日记录"), (Key::F8, "送餐单"), (Key::F10, "清点现金")] {
        page.press(key).await?;
        page.says("#main", screen).await?;
        clean(page, &at(screen)).await?;
        page.press(Key::F2).await?;
        page.on("till").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_serious_on_any_screen() {
    with_page(async |page| {
        page.sell(0).await?;
        all_screens(page, 1366, 768).await?;
        page.scan(&page.card(1)).await?;
        page.stage("serving").await?;
        clean(page, "serving").await?;
        page.scan(&page.card(2)).await?;
        page.stage("asked").await?;
        clean(page, "asked").await?;
        page.meant(Key::F2).await?;
        page.stage("idle").await?;
        page.host.clock.advance(60_000);
        page.scan(&page.card(0)).await?;
        page.stage("duplicate").await?;
        clean(page, "duplicate").await?;
        page.scan("912345678901234567890123").await?;
        page.stage("refused").await?;
        clean(page, "refused").await?;
        page.press(Key::F2).await?;
        page.stage("idle").await?;
        page.host.tills[zhucan::demo::world::LIANHUA].line.set(false);
        assert!(page.host.tills[zhucan::demo::world::LIANHUA].terminal.sync_once().await.is_err());
        page.says("#banner", "断网").await?;
        clean(page, "offline").await?;
        for path in ["/elder", "/doctor", "/practice"] {
            page.open(path).await?;
            let found = findings(&page.driver).await?;
            assert!(found.is_empty(), "{path}: {found:#?}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_serious_before_and_behind_a_shift_and_in_training() {
    with_page(async |page| {
        let till = Caller::new(&page.url).unwrap();
        let training =
            json!({ "supervisor": { "cashier": supervisor(page).await, "pin": CANTEENS[LIANHUA].cashiers[0].pin } });
        till.post("/api/training", &training).await.unwrap();
        for (width, height) in [(1366, 768), (1024, 600), (390, 844)] {
            let at = |screen: &str| format!("{screen} at {width} x {height}");
            resize(page, width, height).await;
            page.open("/").await?;
            page.stage("idle").await?;
            page.says("#main", "练习老人丁").await?;
            clean(page, &at("in training")).await?;
            page.letter("b").await?;
            page.stage("serving").await?;
            clean(page, &at("an exercise")).await?;
            page.press(Key::F2).await?;
            page.stage("idle").await?;
            page.host.clock.advance(10_000);
        }
        till.post("/api/training/end", &json!({})).await.unwrap();
        page.end_shift().await;
        for (width, height) in [(1366, 768), (1024, 600), (390, 844)] {
            resize(page, width, height).await;
            page.open("/").await?;
            page.stage("sign_in").await?;
            clean(page, &format!("signing in at {width} x {height}")).await?;
        }
        let cashier = json!({ "cashier": supervisor(page).await, "pin": CANTEENS[LIANHUA].cashiers[0].pin });
        till.post("/api/sign-in", &cashier).await.unwrap();
        for (width, height) in [(1366, 768), (1024, 600), (390, 844)] {
            resize(page, width, height).await;
            page.open("/").await?;
            page.stage("open_shift").await?;
            clean(page, &format!("opening a shift at {width} x {height}")).await?;
        }
        Ok(())
    })
    .await;
}

/// The id of the canteen's supervisor.
async fn supervisor(page: &Page) -> Value {
    let state = page.api("/api/state").await;
    let cashiers = state["cashiers"].as_array().unwrap();
    cashiers.iter().find(|one| one["name"] == CANTEENS[LIANHUA].cashiers[0].name).unwrap()["id"].clone()
}

/// Nothing has to be scrolled, in either contrast: which parts are too tall, and by how many pixels.
async fn fits(page: &Page, screen: &str) -> WebDriverResult<()> {
    for contrast in ["less", "more"] {
        page.js(&format!("document.documentElement.dataset.contrast = '{contrast}'")).await?;
        let tall = "return [...document.querySelectorAll('html, body, .app, main, main *')]\n\
            .filter((e) => e.clientHeight > 0 && getComputedStyle(e).display !== 'inline' && e.scrollHeight > e.clientHeight\n\
              && (['auto', 'scroll'].includes(getComputedStyle(e).overflowY) || e.parentElement === document.documentElement))\n\
            .map((e) => [e.className || e.tagName, e.scrollHeight - e.clientHeight])";
        assert_eq!(page.js(tall).await?, json!([]), "{screen}, contrast {contrast}");
        let below = "return document.documentElement.scrollHeight - innerHeight";
        assert!(page.js(below).await?.as_i64().is_some_and(|px| px <= 0), "{screen}, contrast {contrast}");
    }
    page.js("document.documentElement.dataset.contrast = 'less'").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shifts_close_fits_a_small_screen() {
    with_page(async |page| {
        resize(page, 1024, 600).await;
        page.sell(0).await?;
        let till = Caller::new(&page.url).unwrap();
        let by = json!({ "cashier": supervisor(page).await, "pin": CANTEENS[LIANHUA].cashiers[0].pin });
        till.post("/api/cash", &json!({ "amount": -2_000, "note": "买菜", "supervisor": by })).await.unwrap();
        page.open("/").await?;
        page.stage("idle").await?;
        page.press(Key::F10).await?;
        page.says("#main", "清点现金").await?;
        fits(page, "counting").await?;
        // Right to the fen; so much missing that a reason and a supervisor are asked for; and too much.
        for (pieces, shown) in [(193, "¥193.00"), (100, "超过 ¥10.00，写原因"), (300, "超过 ¥10.00，写原因")]
        {
            till.post("/api/shift/count", &json!({ "count": { "100": pieces } })).await.unwrap();
            page.says("#main", shown).await?;
            page.says("#main", &format!("¥{pieces}.00")).await?;
            fits(page, &format!("{pieces} yuan counted")).await?;
            clean(page, &format!("{pieces} yuan counted at 1024 x 600")).await?;
            till.post("/api/shift/recount", &json!({ "supervisor": by })).await.unwrap();
            page.says("#main", "先点完现金").await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_serious_on_smaller_screens() {
    with_page(async |page| {
        page.sell(0).await?;
        for (width, height) in [(1024, 600), (390, 844)] {
            all_screens(page, width, height).await?;
            page.scan(&page.card(1)).await?;
            page.stage("serving").await?;
            clean(page, "serving").await?;
            page.press(Key::F2).await?;
            page.stage("idle").await?;
        }
        Ok(())
    })
    .await;
}
