//! The elder's display in a second window.

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::http::Caller;

use crate::till::{Page, with_page};

async fn face(page: &Page, face: &str) -> WebDriverResult<()> {
    let what = format!("the display comes to {face:?}");
    page.until(&what, async || Ok(page.js("return document.body.dataset.face").await? == json!(face))).await?;
    crate::accessible::picture(page, &format!("display {face}")).await
}

async fn size_of(page: &Page, selector: &str) -> WebDriverResult<f64> {
    let script = format!("return parseFloat(getComputedStyle(document.querySelector('{selector}')).fontSize)");
    Ok(page.js(&script).await?.as_f64().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_display_has_five_states_says_amounts_and_names_no_tier() {
    with_page(async |page| {
        let till = page.driver.window().await?;
        let display = page.driver.new_window().await?;
        let to = async |window: &thirtyfour::WindowHandle| page.driver.switch_to_window(window.clone()).await;
        let caller = Caller::new(&page.url).unwrap();
        caller.post("/api/menu", &json!({ "period": "lunch", "dishes": ["土豆炖牛肉", "清炒油菜"] })).await.unwrap();

        to(&display).await?;
        page.driver.set_window_rect(0, 0, 1280, 800 + 140).await?;
        page.open("/elder").await?;
        face(page, "idle").await?;
        let shown = page.text("body").await?;
        for part in ["莲花长者食堂", "3月2日", "星期一", "正月十四", "土豆炖牛肉", "¥18.00", "请把助餐卡放到读卡器上"]
        {
            assert!(shown.contains(part), "no {part:?} in {shown}");
        }

        to(&till).await?;
        page.scan(&page.card(3)).await?;
        page.stage("serving").await?;
        let to_pay = page.api("/api/state").await["stage"]["to_pay"].as_i64().unwrap();
        to(&display).await?;
        face(page, "amount").await?;
        let shown = page.text("body").await?;
        for part in ["张*福，您好", "您付", "餐价", "政府补贴", "再听一遍"] {
            assert!(shown.contains(part), "no {part:?} in {shown}");
        }
        for tier in ["特困", "低保", "困难", "80", "岁"] {
            assert!(!shown.contains(tier), "{tier:?} is named: {shown}");
        }
        let html_px = page.js("return parseFloat(getComputedStyle(document.documentElement).fontSize)").await?;
        let unit = html_px.as_f64().unwrap();
        let amount = size_of(page, ".e-own b").await? / unit;
        assert!((amount - 29.6).abs() < 0.01, "296 px at 1280 x 800, {amount} rem");
        let said = page.js("return document.body.dataset.said").await?;
        assert!(said.as_str().unwrap().starts_with(if to_pay == 0 { "free" } else { "you-pay" }), "{said}");

        // The key on the till says it again.
        to(&till).await?;
        tokio::time::sleep(crate::till::SETTLED).await;
        page.letter("r").await?;
        to(&display).await?;
        page.until(
            "it was said twice",
            async || Ok(page.js("return document.body.dataset.times").await? == json!("2")),
        )
        .await?;

        to(&till).await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        to(&display).await?;
        face(page, "done").await?;
        assert!(page.text("body").await?.contains("祝您用餐愉快"));

        // A second time, and a card that nobody knows: the same few words, and no reason.
        to(&till).await?;
        page.host.clock.advance(60_000);
        page.scan(&page.card(3)).await?;
        page.stage("duplicate").await?;
        to(&display).await?;
        face(page, "held").await?;
        let duplicate = page.text("body").await?;
        assert!(duplicate.contains("请稍等") && duplicate.contains("我们来帮您"), "{duplicate}");
        to(&till).await?;
        page.press(Key::F2).await?;
        page.scan("912345678901234567890123").await?;
        page.stage("refused").await?;
        to(&display).await?;
        page.until("held again", async || Ok(page.text("body").await? == duplicate)).await?;
        to(&till).await?;
        page.press(Key::F2).await?;
        to(&display).await?;
        face(page, "idle").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_of_several_portions_is_shown_whole() {
    with_page(async |page| {
        let till = page.driver.window().await?;
        let display = page.driver.new_window().await?;
        let to = async |window: &thirtyfour::WindowHandle| page.driver.switch_to_window(window.clone()).await;
        to(&display).await?;
        page.driver.set_window_rect(0, 0, 1280, 800 + 140).await?;
        page.open("/elder").await?;
        face(page, "idle").await?;
        to(&till).await?;
        page.press(Key::F3).await?;
        page.dialog("份数").await?;
        page.letter("3").await?;
        page.no_dialog().await?;
        page.scan(&page.card(0)).await?;
        page.stage("serving").await?;

        // 18 yuan less 5 for the elder, and two guests at 18.
        to(&display).await?;
        face(page, "amount").await?;
        let shown = page.text("body").await?;
        for part in ["3 份", "餐价", "¥18.00", "¥5.00", "加 2 份", "¥36.00", "¥49.00"] {
            assert!(shown.contains(part), "no {part:?} in {shown}");
        }
        let beyond = "return [...document.querySelectorAll('#face *')].filter((e) => {\n\
            const r = e.getBoundingClientRect();\n\
            return r.width > 0 && (r.right > innerWidth + 1 || r.bottom > innerHeight + 1); }).map((e) => e.className)";
        assert_eq!(page.js(beyond).await?, json!([]));

        to(&till).await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        page.says("#main .last", "¥49.00").await?;
        page.says("#main .last", "3 份").await?;
        to(&display).await?;
        face(page, "done").await?;
        let shown = page.text("body").await?;
        assert!(shown.contains("¥49.00") && shown.contains("3 份"), "{shown}");

        // One of them taken back: what is left of the sale is what was paid for it.
        to(&till).await?;
        let caller = Caller::new(&page.url).unwrap();
        let last = page.meals().await[0]["record"].clone();
        caller.post("/api/void", &json!({ "meal": last, "reason": "少要一份" })).await.unwrap();
        page.says("#main .last", "¥31.00").await?;
        page.says("#main .last", "2 份").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_clip_that_is_said_can_be_played() {
    with_page(async |page| {
        page.open("/elder").await?;
        let script = "const done = arguments[arguments.length - 1];\n\
            (async () => {\n\
              const context = new OfflineAudioContext(1, 16000, 16000);\n\
              const names = ['0','1','2','2l','3','4','5','6','7','8','9','ten','hundred','thousand','wan','yuan','jiao',\n\
                'fen','dot','you-pay','paid','free','enjoy','wait'];\n\
              const seconds = {};\n\
              for (const name of names) {\n\
                const answer = await fetch(`/assets/sound/${name}.opus`);\n\
                if (!answer.ok) { seconds[name] = 0; continue; }\n\
                seconds[name] = (await context.decodeAudioData(await answer.arrayBuffer())).duration;\n\
              }\n\
              done(seconds);\n\
            })().catch((error) => done({ error: String(error) }));";
        let seconds = page.driver.execute_async(script, Vec::new()).await?.json().clone();
        let lengths = seconds.as_object().unwrap();
        assert_eq!(lengths.len(), 24, "{seconds}");
        assert!(lengths.values().all(|s| s.as_f64().is_some_and(|s| (0.15..5.0).contains(&s))), "{seconds}");
        let missing: Value = page.js("return fetch('/assets/sound/nothing.opus').then((answer) => answer.status)").await?;
        assert_eq!(missing, json!(404));
        Ok(())
    })
    .await;
}
