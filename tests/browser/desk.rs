//! What the cashier does besides serving: amounts, portions, voids, collections, deliveries, cash, training, paper lists,
//! the shift's end, and a till that does not answer.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::elders::ELDERS;
use zhucan::demo::http::Caller;
use zhucan::demo::world::{CANTEENS, LIANHUA};

use crate::till::{Page, with_page};

const ELDER: usize = 0;

fn supervisor() -> &'static str {
    CANTEENS[LIANHUA].cashiers[0].pin
}

/// The supervisor's PIN in the open dialog, and its Enter.
async fn approve(page: &Page) -> WebDriverResult<()> {
    page.driver.find(By::Id("supervisor-pin")).await?.click().await?;
    page.hand(supervisor()).await?;
    page.press(Key::Enter).await
}

async fn more(page: &Page, key: &str, title: &str) -> WebDriverResult<()> {
    page.letter("m").await?;
    page.dialog("更多操作").await?;
    page.letter(key).await?;
    page.dialog(title).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_and_portions_are_keyed_before_the_scan_and_paid_together() {
    with_page(async |page| {
        page.press(Key::F6).await?;
        page.dialog("餐品金额").await?;
        page.hand("18.50").await?;
        page.press(Key::Enter).await?;
        page.says("#notice", "高于核定餐价 ¥18.00").await?;
        page.press(Key::Escape).await?;
        page.no_dialog().await?;
        page.press(Key::F6).await?;
        page.dialog("餐品金额").await?;
        page.hand("15").await?;
        page.press(Key::Enter).await?;
        page.says("#main .strip", "¥15.00").await?;
        page.press(Key::F3).await?;
        page.dialog("份数").await?;
        page.letter("3").await?;
        page.no_dialog().await?;
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        let shown = page.text("#main").await?;
        for part in ["¥15.00", "−¥5.00", "加 2 份（全价）", "¥30.00", "¥40.00"] {
            assert!(shown.contains(part), "no {part:?} in {shown}");
        }
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        let sold = page.meals().await;
        let paid: Vec<&Value> = sold.iter().map(|meal| &meal["to_pay"]).collect();
        assert_eq!(paid, [&json!(1_500), &json!(1_500), &json!(1_000)], "one elder, two guests");
        // The next sale is an ordinary one again.
        page.scan(&page.card(ELDER + 1)).await?;
        page.stage("serving").await?;
        assert!(page.text("#main .band").await?.contains("1 份"));
        page.press(Key::F7).await?;
        page.says("#notice", "还有一笔没收款").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_one_is_undone_with_a_reason_and_an_older_one_with_a_supervisor() {
    with_page(async |page| {
        for elder in ELDER..ELDER + 3 {
            page.sell(elder).await?;
            page.host.clock.advance(60_000);
        }
        page.press(Key::Delete).await?;
        page.dialog("撤销上一笔").await?;
        page.press(Key::Enter).await?;
        page.dialog("撤销上一笔").await?;
        assert_eq!(page.meals().await.iter().filter(|meal| meal["voided"] == true).count(), 0, "no reason, no void");
        page.driver.find(By::Css("#dialog .reason")).await?.click().await?;
        page.press(Key::Enter).await?;
        page.no_dialog().await?;
        page.says("#main", "已撤销").await?;

        page.press(Key::F9).await?;
        page.says("#main", "今日记录").await?;
        for _ in 0..3 {
            page.press(Key::Down).await?;
        }
        page.press(Key::Delete).await?;
        page.dialog("主管").await?;
        page.driver.find(By::Css("#dialog .reason")).await?.click().await?;
        approve(page).await?;
        page.no_dialog().await?;
        let meals = page.meals().await;
        let voided: Vec<bool> = meals.iter().map(|meal| meal["voided"] == true).collect();
        assert_eq!(voided, [true, false, true], "{meals:?}");

        // Search leaves only what was looked for.
        page.driver.find(By::Id("search")).await?.click().await?;
        page.driver.find(By::Id("search")).await?.send_keys("李*强").await?;
        let rows = "return [...document.querySelectorAll('[data-rows] tbody tr')].filter((row) => !row.hidden).length";
        page.until("one row", async || Ok(page.js(rows).await? == json!(1))).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_collects_for_two_and_a_round_is_ticked_off() {
    with_page(async |page| {
        page.sell(ELDER).await?;
        page.host.clock.advance(60_000);
        page.scan(&page.card(ELDER)).await?;
        page.stage("duplicate").await?;
        tokio::time::sleep(Duration::from_millis(600)).await;
        page.letter("s").await?;
        page.dialog("替别人取餐").await?;
        page.letter("1").await?;
        page.says("#banner", "配偶代取 0 份").await?;
        page.stage("idle").await?;
        page.sell(ELDER + 1).await?;
        page.sell(ELDER + 2).await?;
        page.says("#banner", "配偶代取 2 份").await?;
        page.press(Key::F10).await?;
        page.until("the collection is over", async || Ok(page.text("#banner").await?.is_empty())).await?;
        assert_eq!(page.meals().await[0]["mode"], "pickup");

        page.press(Key::F8).await?;
        page.says("#main", "今天还没有送餐").await?;
        page.letter("n").await?;
        page.says("#banner", "送餐员代取").await?;
        page.sell(ELDER + 3).await?;
        page.sell(ELDER + 4).await?;
        page.press(Key::F10).await?;
        page.says("#keys", "交班").await?;
        page.press(Key::F8).await?;
        page.says("#main", "还有 2 份在路上").await?;
        page.press(Key::Down).await?;
        page.press(Key::Enter).await?;
        page.says("#main", "已送到").await?;
        page.says("#main", "还有 1 份在路上").await?;
        page.press(Key::Down).await?;
        page.press(Key::Delete).await?;
        page.dialog("没送到").await?;
        page.driver.find(By::Css("#dialog .reason")).await?.click().await?;
        page.press(Key::Enter).await?;
        page.says("#main", "没送到，已撤销").await?;
        page.says("#main", "还有 0 份在路上").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elder_without_card_is_registered_by_name_and_a_supervisor() {
    with_page(async |page| {
        more(page, "1", "按姓名和出生日期登记").await?;
        page.driver.find(By::Id("find-name")).await?.send_keys("陈").await?;
        page.driver.find(By::Id("find-birth")).await?.click().await?;
        page.hand(&ELDERS[ELDER].birth.replace('-', "")).await?;
        page.press(Key::Enter).await?;
        page.says("#found", "陈*兰").await?;
        approve(page).await?;
        page.stage("serving").await?;
        assert!(page.text("#main").await?.contains("人工核对"));
        page.letter("w").await?;
        page.dialog("为什么是这个价").await?;
        approve(page).await?;
        page.says("#why-given", "−¥5.00").await?;
        page.press(Key::Escape).await?;
        page.no_dialog().await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        assert_eq!(page.meals().await[0]["credential"], "manual");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn training_looks_like_nothing_else_and_sells_nothing() {
    with_page(async |page| {
        more(page, "7", "进入训练模式").await?;
        approve(page).await?;
        page.says("#banner", "训练模式").await?;
        let frame = page.driver.find(By::Id("main")).await?.css_value("border-left-color").await?;
        assert_eq!(frame.replace(' ', ""), "rgba(122,42,140,1)", "{frame}");
        page.scan(&page.card(ELDER)).await?;
        page.stage("refused").await?;
        page.says("#main", "训练时不用真的卡和证件").await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        page.letter("a").await?;
        page.stage("serving").await?;
        assert!(page.text("#main .take").await?.contains("练习收款"));
        page.says("#main", "练习老人甲").await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        page.says("#main", "练习完成，没有记账").await?;
        page.host.clock.advance(5_000);
        page.scan(&format!("90{:022}", 4)).await?;
        page.stage("duplicate").await?;
        page.says("#main", "练习老人丁").await?;
        page.meant(Key::F2).await?;
        page.stage("idle").await?;
        assert_eq!(page.meals().await.len(), 0);
        page.press(Key::F10).await?;
        page.until("training is over", async || Ok(page.text("#banner").await?.is_empty())).await?;
        page.says("#main .count", "0").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_elder_paid_too_much_is_paid_back_once() {
    with_page(async |page| {
        let elder = ELDERS.iter().position(|elder| elder.name == "孙丽华").unwrap();
        page.sell(elder).await?;
        assert_eq!(page.meals().await[0]["to_pay"], 1_800, "registered in another city: the full price");
        page.refund_by_moving_here(elder).await?;
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        page.letter("3").await?;
        page.says("#main", "孙*华").await?;
        let due = page.text("#main tbody b").await?;
        assert!(due.starts_with('¥'), "{due}");
        crate::accessible::clean(page, "refunds").await?;
        // The chosen row is another elder's than whose card comes: it is hidden, and no key pays it.
        page.press(Key::Down).await?;
        page.scan(&page.card(ELDER)).await?;
        page.says("#notice", "0").await?;
        page.meant(Key::Enter).await?;
        let row =
            "return [...document.querySelectorAll('[data-rows] tbody tr')].map((row) => [row.hidden, row.className])";
        assert_eq!(page.js(row).await?, json!([[true, ""]]));
        assert!(page.text("#dialog").await?.is_empty(), "a hidden row is nobody's");
        // The elder's own card finds and chooses it.
        page.scan(&page.card(elder)).await?;
        page.until("chosen", async || Ok(page.js(row).await? == json!([[false, "chosen"]]))).await?;
        page.meant(Key::Enter).await?;
        page.dialog(&due).await?;
        crate::accessible::clean(page, "the refund's question").await?;
        page.meant(Key::Enter).await?;
        page.no_dialog().await?;
        page.until("it is off the list", async || Ok(!page.text("#main").await?.contains("孙*华"))).await?;
        page.open("/").await?;
        page.stage("idle").await?;
        let state = page.api("/api/state").await;
        assert_eq!(state["sync"]["refunds"], 0, "{}", state["sync"]);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shift_adds_up_with_cash_in_and_out_and_a_blind_count() {
    with_page(async |page| {
        page.sell(ELDER).await?;
        more(page, "4", "现金收支").await?;
        page.hand("20").await?;
        page.driver.find(By::Css("#dialog .reason")).await?.click().await?;
        approve(page).await?;
        page.no_dialog().await?;
        page.press(Key::F10).await?;
        page.says("#main", "先点完现金").await?;
        assert!(!page.text("#main").await?.contains("193.00"), "the count is blind");
        // ¥200.00 and ¥13.00 less ¥20.00; five yuan are missing.
        for pieces in ["1", "1", "1", "1", "1", "3"] {
            page.hand(pieces).await?;
            page.press(Key::Enter).await?;
        }
        page.hand("0").await?;
        page.press(Key::Enter).await?;
        page.hand("0").await?;
        page.press(Key::Enter).await?;
        page.says("#main", "¥193.00").await?;
        let shown = page.text("#main").await?;
        for part in ["¥193.00", "¥188.00", "−¥5.00", "−20.00", "写明原因"] {
            assert!(shown.contains(part), "no {part:?} in {shown}");
        }
        page.press(Key::Enter).await?;
        page.says("#main", "¥188.00").await?;
        page.driver.find(By::Id("reason")).await?.send_keys("多找了5元").await?;
        page.meant(Key::Enter).await?;
        page.stage("sign_in").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_that_is_made_anew_takes_the_keys_from_nobody() {
    with_page(async |page| {
        // Each look at the till brings another main part, as news from the office do.
        page.js("const ask = window.fetch; let looks = 0; window.fetch = async (path, how) => {\n\
               const answer = await ask(path, how); if (!String(path).startsWith('/view')) return answer;\n\
               const view = await answer.json(); looks += 1; view.regions.main += `<i data-look=\"${looks}\"></i>`;\n\
               return new Response(JSON.stringify(view), { status: answer.status }); }")
            .await?;
        let looked = "return Number(document.querySelector('#main > [data-look]:last-child')?.dataset.look ?? 0)";
        let again = async || {
            let before = page.js(looked).await?.as_u64().unwrap();
            page.js("dispatchEvent(new Event('focus'))").await?;
            page.until("made anew", async || Ok(page.js(looked).await?.as_u64() > Some(before))).await
        };
        let keys = "return document.activeElement.id";
        page.press(Key::F10).await?;
        page.until("the count begins", async || Ok(page.js(keys).await? == "d10000")).await?;
        let till = Caller::new(&page.url).unwrap();
        till.post("/api/shift/count", &json!({ "count": { "10000": 2, "100": 5 } })).await.unwrap();
        page.until("the reason is asked", async || Ok(page.js(keys).await? == "reason")).await?;
        page.hand("12").await?;
        again().await?;
        assert_eq!(
            page.js("return [document.activeElement.id, document.activeElement.value]").await?,
            json!(["reason", "12"])
        );

        page.js("document.activeElement.blur()").await?;
        again().await?;
        assert_eq!(page.js("return document.activeElement === document.body").await?, true, "nobody went into a field");
        page.letter("m").await?;
        page.dialog("重新清点").await?;
        page.until("the PIN is asked", async || Ok(page.js(keys).await? == "supervisor-pin")).await?;
        page.hand("12").await?;
        again().await?;
        page.hand("34").await?;
        assert_eq!(
            page.js("return document.getElementById('supervisor-pin').value").await?,
            "1234",
            "all in one field"
        );
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_list_is_entered_by_one_and_confirmed_by_another() {
    with_page(async |page| {
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        page.letter("5").await?;
        page.says("#main", "补录纸质名单").await?;
        page.press(Key::Enter).await?;
        page.dialog("开一张名单").await?;
        approve(page).await?;
        page.no_dialog().await?;
        page.scan(&page.card(ELDER)).await?;
        page.says("#main", "陈*兰").await?;
        page.scan(&page.card(ELDER + 1)).await?;
        page.says("#main", "李*强").await?;
        page.scan(&page.card(ELDER)).await?;
        page.says("#notice", "这位老人本餐已用过").await?;
        page.meant(Key::F10).await?;
        page.dialog("第二人核对").await?;
        page.hand(supervisor()).await?;
        page.press(Key::Enter).await?;
        page.no_dialog().await?;
        page.says("#main", "开名单").await?;
        let meals = page.meals().await;
        assert_eq!(meals.len(), 2);
        assert!(meals.iter().all(|meal| meal["paper"] == true), "{meals:?}");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_does_not_answer_says_so_and_comes_back_by_itself() {
    with_page(async |page| {
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        page.reach(false).await;
        page.meant(Key::Enter).await?;
        page.says("#notice", "不知道这一笔记上没有").await?;
        assert!(page.text("#notice").await?.contains("别再收一次"), "nobody knows whether it arrived");
        assert_eq!(page.meals().await.len(), 0);
        page.reach(true).await;
        // Back without a click, and told.
        page.says("#notice", "刚才那一笔没有记上，没有收费").await?;
        page.stage("serving").await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        assert_eq!(page.meals().await.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_takes_its_time_is_waited_for_with_a_word() {
    with_page(async |page| {
        // The answer is held until the test lets it go.
        page.js("const ask = window.fetch; window.held = new Promise((done) => { window.letGo = done; });\n\
             window.fetch = async (path, how) => { const answer = await ask(path, how);\n\
               if (path === '/api/scan') await window.held; return answer; }")
            .await?;
        page.scan(&page.card(ELDER)).await?;
        page.says("#notice", "收银程序还没答复，请稍等").await?;
        page.js("window.letGo()").await?;
        page.stage("serving").await?;
        let hidden = "return document.getElementById('notice').hidden";
        page.until("the word is gone with the answer", async || Ok(page.js(hidden).await? == true)).await?;
        // An answer that says something is not taken for it.
        page.press(Key::F7).await?;
        page.says("#notice", "还有一笔没收款").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enter_whose_answer_is_lost_is_found_recorded_and_not_taken_again() {
    with_page(async |page| {
        page.press(Key::F7).await?;
        page.stage("serving").await?;
        // The sale is made; the page never hears of it.
        page.js(
            "const ask = window.fetch; window.fetch = async (path, how) => { const answer = await ask(path, how);\n\
             if (path === '/api/confirm') throw new TypeError('lost'); return answer; }",
        )
        .await?;
        page.meant(Key::Enter).await?;
        page.says("#notice", "刚才那一笔已记账").await?;
        assert!(page.text("#notice").await?.contains("不用再收"));
        assert_eq!(page.meals().await.len(), 1);
        page.stage("idle").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_screens_of_one_till_show_the_same_sale() {
    with_page(async |page| {
        let first = page.driver.window().await?;
        let second = page.driver.new_window().await?;
        page.driver.switch_to_window(second).await?;
        page.open("/").await?;
        page.stage("idle").await?;
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        page.driver.switch_to_window(first).await?;
        page.stage("serving").await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        assert_eq!(page.meals().await.len(), 1);
        Ok(())
    })
    .await;
}

/// So many meals in the browser; `SOAK=2000` for a long run.
#[tokio::test(flavor = "multi_thread")]
async fn a_rush_at_scanner_speed_loses_and_doubles_nothing() {
    let wanted: usize = std::env::var("SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(30);
    with_page(async |page| {
        for number in 0..wanted {
            page.host.clock.advance(4_000);
            page.scan(&page.card(number % ELDERS.len())).await?;
            page.until("an answer", async || Ok(page.js("return document.body.dataset.stage").await? != "idle"))
                .await?;
            // Unknown here, or had a meal already: another one at full price, as the screen offers it.
            if page.js("return document.body.dataset.stage").await? != "serving" {
                page.press(Key::F7).await?;
                page.stage("serving").await?;
            }
            page.meant(Key::Enter).await?;
            page.stage("idle").await?;
        }
        let state = page.api("/api/state").await;
        let meals = page.meals().await;
        assert_eq!(meals.len(), wanted, "one meal for each Enter");
        assert_eq!(state["today"]["count"].as_u64().unwrap(), meals.len() as u64);
        let with_name = meals.iter().filter(|meal| meal["name"].is_string()).count();
        let records: BTreeSet<&str> = meals.iter().filter_map(|meal| meal["record"].as_str()).collect();
        assert_eq!(records.len(), wanted, "each of them a record of its own");
        let mut sequences: Vec<_> = meals.iter().filter_map(|meal| meal["sequence"].as_i64()).collect();
        sequences.sort_unstable();
        assert_eq!(sequences.last().unwrap() - sequences[0] + 1, i64::try_from(wanted).unwrap(), "and no gap");

        // The drawer adds up, and the office has each of them.
        page.end_shift().await;
        let till = &page.host.tills[LIANHUA];
        let unsent = till.terminal.unsent().await.unwrap();
        let mut accepted = 0;
        while till.terminal.unsent().await.unwrap() > 0 {
            accepted += till.terminal.sync_once().await.unwrap().accepted;
        }
        assert_eq!(accepted, unsent, "nothing was turned away");
        println!("{wanted} meals, {with_name} of them of elders, {accepted} records sent at the end");
        Ok(())
    })
    .await;
}
