//! What is heard and seen beside the sale: tones, sizes, contrast, help, the page of raw keys, two windows of one till.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::world::LIANHUA;

use crate::till::{Page, SETTLED, with_page};

const ELDER: usize = 0;
/// 张来福, in hardship: another tier than [`ELDER`].
const HARDSHIP: usize = 3;

/// A sound device that only notes the tones.
const LISTEN: &str = "window.tones = [];\n\
    const end = { connect: () => end };\n\
    window.AudioContext = class {\n\
      state = 'running'; currentTime = 0; destination = end;\n\
      createOscillator() {\n\
        return { frequency: { set value(hertz) { window.tones.push(hertz); } }, connect: () => end, start() {}, stop() {} };\n\
      }\n\
      createGain() {\n\
        return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: () => end };\n\
      }\n\
    };";

/// The tones since the last question.
async fn tones(page: &Page) -> WebDriverResult<Value> {
    page.until("a tone", async || Ok(page.js("return window.tones.length").await? != json!(0))).await?;
    page.js("return window.tones.splice(0)").await
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_had_already_refused_and_asked_sound_apart_and_no_tier_is_heard() {
    with_page(async |page| {
        page.js(LISTEN).await?;
        page.scan(&page.card(HARDSHIP)).await?;
        page.stage("serving").await?;
        let hardship = tones(page).await?;
        page.press(Key::F2).await?;
        page.stage("idle").await?;
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        let accepted = tones(page).await?;
        assert_eq!(accepted, hardship, "whoever stands there hears no tier");
        page.scan(&page.card(ELDER + 1)).await?;
        page.stage("asked").await?;
        let asked = tones(page).await?;
        page.meant(Key::Enter).await?;
        page.stage("serving").await?;
        page.js("window.tones.length = 0").await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        page.host.clock.advance(60_000);
        page.scan(&page.card(ELDER)).await?;
        page.stage("duplicate").await?;
        let duplicate = tones(page).await?;
        page.press(Key::F2).await?;
        page.stage("idle").await?;
        page.scan("6901234567892").await?;
        page.stage("refused").await?;
        let refused = tones(page).await?;
        let mut all = [accepted, asked, duplicate, refused].map(|tones| tones.to_string()).to_vec();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4, "{all:?}");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_elder_pays_is_the_biggest_on_the_screen() {
    with_page(async |page| {
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        let biggest = "const sizes = [...document.querySelectorAll('#main *')]\n\
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))\n\
            .map((e) => [parseFloat(getComputedStyle(e).fontSize), e.textContent.trim()]).sort((a, b) => b[0] - a[0]);\n\
            return sizes.slice(0, 2)";
        let sizes = page.js(biggest).await?;
        assert_eq!(sizes[0][1], "¥13.00", "{sizes}");
        assert!(sizes[0][0].as_f64().unwrap() > 1.2 * sizes[1][0].as_f64().unwrap(), "{sizes}");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contrast_is_switched_by_a_key_and_outlasts_the_page() {
    with_page(async |page| {
        let contrast = async || page.js("return document.documentElement.dataset.contrast").await;
        assert_eq!(contrast().await?, "less");
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        page.letter("9").await?;
        page.until("high contrast", async || Ok(contrast().await? == "more")).await?;
        page.open("/").await?;
        page.stage("idle").await?;
        assert_eq!(contrast().await?, "more", "this screen remembers it");
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        page.letter("9").await?;
        page.until("usual contrast", async || Ok(contrast().await? == "less")).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_day_shows_what_to_do_and_help_is_two_keys_away() {
    with_page(async |page| {
        let shown = page.text("#main").await?;
        for part in ["认不出", "没带卡", "按 M 看办法"] {
            assert!(shown.contains(part), "no {part:?} in {shown}");
        }
        assert_eq!(page.driver.find_all(By::Css("#main .steps li")).await?.len(), 3);
        page.sell(ELDER).await?;
        assert!(page.driver.find_all(By::Css("#main .steps")).await?.is_empty(), "whoever has sold knows");
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        page.letter("8").await?;
        page.until("help", async || Ok(page.text("#dialog").await?.contains("钱收好了按 Enter"))).await?;
        for key in ["F2", "F3", "F4", "F6", "F7", "F8", "F9", "F10", "Del"] {
            assert!(page.text("#dialog .help-keys").await?.contains(key), "{key}");
        }
        page.meant(Key::Enter).await?;
        page.no_dialog().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_raw_keys_tells_a_scanner_from_a_hand_and_sells_nothing() {
    with_page(async |page| {
        page.open("/doctor").await?;
        page.says("#raw-verdict", "等待扫码").await?;
        let card = page.card(ELDER);
        // A busy computer types as slowly as a hand now and then, and the page says so; each Enter begins another reading.
        page.until("a scanner's speed", async || {
            page.scan(&card).await?;
            let (gap, verdict) = (page.text("#raw-gap").await?, page.text("#raw-verdict").await?);
            let widest: u32 = gap.trim_end_matches(" ms").parse().unwrap();
            assert_eq!(verdict.contains("像扫码枪，可以用。"), widest <= 50, "{gap}: {verdict}");
            assert_eq!(verdict.contains("太慢"), widest > 50, "{gap}: {verdict}");
            Ok(widest <= 50)
        })
        .await?;
        page.says("#raw-verdict", "以 Enter 结尾").await?;
        assert_eq!((page.text("#raw-text").await?, page.text("#raw-count").await?), (card.clone(), "24".to_owned()));
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        page.burst(&card).await?;
        page.says("#raw-verdict", "没有 Enter 结尾").await?;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        page.hand("12").await?;
        page.says("#raw-verdict", "像手工按键").await?;
        assert_eq!(page.meals().await.len(), 0);
        assert_eq!(page.api("/api/state").await["stage"]["kind"], "idle", "nothing was scanned");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_of_one_till_show_the_same_and_charge_once() {
    with_page(async |page| {
        let first = page.driver.window().await?;
        let second = page.driver.new_window().await?;
        let to = async |window: &thirtyfour::WindowHandle| page.driver.switch_to_window(window.clone()).await;
        to(&second).await?;
        page.open("/").await?;
        page.stage("idle").await?;
        to(&first).await?;
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        to(&second).await?;
        page.stage("serving").await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        to(&first).await?;
        page.stage("idle").await?;
        page.press(Key::Enter).await?;
        tokio::time::sleep(SETTLED).await;
        assert_eq!(page.meals().await.len(), 1);
        page.says("#main .last", "¥13.00").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offline_banner_says_what_may_be_done_how_much_waits_and_since_when() {
    with_page(async |page| {
        let till = &page.host.tills[LIANHUA];
        till.line.set(false);
        assert!(till.terminal.sync_once().await.is_err());
        page.sell(ELDER).await?;
        page.host.clock.advance(125 * 60 * 1000);
        page.open("/").await?;
        page.stage("idle").await?;
        let unsent = till.terminal.unsent().await.unwrap();
        let banner = page.text("#banner").await?;
        for part in [format!("未上传 {unsent} 条").as_str(), "最早 2 小时", "可以", "不"] {
            assert!(banner.contains(part), "no {part:?} in {banner}");
        }
        Ok(())
    })
    .await;
}
