//! Scans that are torn: by the script that sorts keys, at every place and for every pause, and on the page.

use std::time::Duration;

use serde_json::json;
use thirtyfour::prelude::*;

use crate::till::with_page;

/// What is run in the page beside the till's own modules.
const SCRIPT: &str = include_str!("script/keys.js");
/// The example printed in GB 11643-1999.
const RESIDENT_ID: &str = "11010519491231002X";
/// Longer than the page waits for a scanner that stops for breath.
const TORN: Duration = Duration::from_millis(750);

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_anywhere_in_a_scan_makes_no_half_reads_and_no_other_code() {
    with_page(async |page| {
        let codes = json!({ "card": page.card(0), "other": page.card(1), "id": RESIDENT_ID });
        let script = format!(
            "const done = arguments[arguments.length - 1];\n{}\n\
             import('/assets/keys.js').then((keys) => failures(keys, {codes})).then(done, (error) => done([String(error)]));",
            SCRIPT.replace("export async", "async"),
        );
        let wrong = page.driver.execute_async(script, Vec::new()).await?.json().clone();
        assert_eq!(wrong, json!([]));
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_torn_in_two_is_one_scan_and_half_of_one_is_told() {
    with_page(async |page| {
        let card = page.card(0);
        for at in [4, 9, 17, 23] {
            page.burst(&card[..at]).await?;
            tokio::time::sleep(TORN).await;
            page.scan(&card[at..]).await?;
            page.stage("serving").await?;
            assert!(page.text("#main").await?.contains("陈*兰"));
            tokio::time::sleep(crate::till::SETTLED).await;
            assert_eq!(page.api("/api/state").await["stage"]["other"], json!(null), "torn at {at}: one scan");
            page.press(Key::F2).await?;
            page.stage("idle").await?;
            page.host.clock.advance(4_000);
        }

        // In a field: the digits are taken out of it, and what was typed stays.
        for pieces in
            [vec![&card[..9], &card[9..]], vec![&card[..1], &card[1..9], &card[9..]], vec![&card[..1], &card[1..]]]
        {
            page.press(Key::F9).await?;
            page.says("#main", "今日记录").await?;
            page.driver.find(By::Id("search")).await?.click().await?;
            page.hand("ab").await?;
            page.js("window.field = document.getElementById('search')").await?;
            let (last, torn) = pieces.split_last().expect("pieces");
            for piece in torn {
                page.burst(piece).await?;
                tokio::time::sleep(TORN).await;
            }
            page.scan(last).await?;
            page.stage("serving").await?;
            assert_eq!(page.js("return window.field.value").await?, json!("ab"), "{pieces:?}");
            page.press(Key::F2).await?;
            page.stage("idle").await?;
            page.host.clock.advance(4_000);
        }

        // Half a card, and nothing more: nobody's, and the next step in words.
        page.host.clock.advance(4_000);
        page.burst(&card[..18]).await?;
        page.stage("refused").await?;
        page.says("#main .band", "没读全").await?;
        page.scan(&card).await?;
        page.stage("serving").await?;
        assert_eq!(page.meals().await.len(), 0);
        Ok(())
    })
    .await;
}
