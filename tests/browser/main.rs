//! The cashier's page in a real browser, with a scanner's speed and a cashier's keys.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accessible;
mod actions;
mod cashier;
mod console;
mod desk;
mod display;
mod keys;
mod printing;
mod scanning;
mod signs;
mod till;
mod touch;
mod wizard;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::world::LIANHUA;

use crate::till::{Page, SETTLED, with_page};

/// The card of 陈桂兰, 82 years, of the neighbourhood: lunch at 18 yuan, 5 of them from the city.
const ELDER: usize = 0;

async fn meals(page: &Page) -> Vec<Value> {
    page.meals().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_scanned_paid_for_and_recorded() {
    with_page(async |page| {
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        let shown = page.text("#main").await?;
        for part in ["陈*兰", "¥18.00", "政府补贴", "5.00", "自付", "¥13.00", "待收款"] {
            assert!(shown.contains(part), "no {part:?} in {shown}");
        }
        assert!(!shown.contains("独居") && !shown.contains("70至99"), "no tier is named: {shown}");

        tokio::time::sleep(SETTLED).await;
        page.stage("serving").await?;
        assert_eq!(meals(page).await.len(), 0, "the scan's own Enter confirmed");

        page.press(Key::Enter).await?;
        page.stage("idle").await?;
        let shown = page.text("#main").await?;
        assert!(shown.contains("已记账") && shown.contains("¥13.00"), "{shown}");
        let sold = meals(page).await;
        assert_eq!(sold.len(), 1);
        assert_eq!((&sold[0]["to_pay"], &sold[0]["tender"]), (&json!(1_300), &json!("cash")));

        page.letter("p").await?;
        page.dialog("小票").await?;
        let drawn =
            "const slip = document.querySelector('#dialog img'); return slip.complete && slip.naturalHeight > 200";
        page.until("the slip", async || Ok(page.js(drawn).await? == true)).await?;
        // The till's own page shows it: who stands in line is scanned as ever.
        page.scan(&page.card(ELDER + 1)).await?;
        page.stage("serving").await?;
        page.no_dialog().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_lunch_is_asked_about_and_not_charged() {
    with_page(async |page| {
        let card = page.card(ELDER);
        page.scan(&card).await?;
        page.stage("serving").await?;
        tokio::time::sleep(SETTLED).await;
        page.press(Key::Enter).await?;
        page.stage("idle").await?;
        let first_at = meals(page).await[0]["at"].as_i64().unwrap();

        page.host.clock.advance(32 * 60 * 1000);
        page.scan(&card).await?;
        page.stage("duplicate").await?;
        let band = page.driver.find(By::Css("#main .band")).await?;
        let clock = domain::calendar::UnixMs::new(first_at).local_clock();
        let wanted = format!("今日午餐已用 {}", &clock[..5]);
        assert!(band.text().await?.contains(&wanted), "{wanted:?} is not in {:?}", band.text().await?);
        assert!(band.text().await?.contains("没有收费"));
        assert_eq!(band.css_value("background-color").await?.replace(' ', ""), "rgba(244,183,59,1)", "amber");

        tokio::time::sleep(SETTLED).await;
        page.press(Key::Enter).await?;
        page.stage("idle").await?;
        assert_eq!(meals(page).await.len(), 1, "nothing was charged");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_while_a_sale_waits_keeps_the_sale_and_asks() {
    with_page(async |page| {
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        tokio::time::sleep(SETTLED).await;
        page.scan(&page.card(ELDER + 1)).await?;
        page.until("the till asks", async || Ok(page.text("#main").await?.contains("李*强"))).await?;
        let shown = page.text("#main").await?;
        assert!(shown.contains("陈*兰") && shown.contains("¥13.00"), "the sale is kept: {shown}");
        tokio::time::sleep(SETTLED).await;
        assert_eq!(meals(page).await.len(), 0);
        page.press(Key::Enter).await?;
        page.until("the question is gone", async || Ok(!page.text("#main").await?.contains("李*强"))).await?;
        page.stage("serving").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_office_gone_lunch_goes_on_and_nothing_is_lost() {
    with_page(async |page| {
        let till = &page.host.tills[LIANHUA];
        till.line.set(false);
        assert!(till.terminal.sync_once().await.is_err());
        page.until("the banner says so", async || Ok(page.text("#banner").await?.contains("断网"))).await?;

        for elder in [ELDER, ELDER + 1] {
            page.scan(&page.card(elder)).await?;
            page.stage("serving").await?;
            tokio::time::sleep(SETTLED).await;
            page.press(Key::Enter).await?;
            page.stage("idle").await?;
        }
        let unsent = till.terminal.unsent().await.unwrap();
        assert!(unsent >= 2, "{unsent}");
        page.open("/").await?;
        page.stage("idle").await?;
        assert_eq!(meals(page).await.len(), 2, "the page was opened again");

        till.line.set(true);
        let report = till.terminal.sync_once().await.unwrap();
        assert_eq!((report.accepted, report.unsent), (unsent, 0), "{report:?}");
        page.until("the banner is gone", async || Ok(page.text("#banner").await?.is_empty())).await?;
        Ok(())
    })
    .await;
}
