//! A cashier's day at its edges: too early, a wrong PIN, a queue that does not wait, and the way back from everywhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::elders::ELDERS;
use zhucan::demo::http::Caller;
use zhucan::demo::world::{CANTEENS, LIANHUA};

use crate::till::{Page, SETTLED, after_a_bad_night, with_page, with_printer};

const ELDER: usize = 0;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_scans_too_early_is_told_the_next_step_and_a_wrong_pin_how_many_tries_are_left() {
    with_page(async |page| {
        page.end_shift().await;
        page.open("/").await?;
        page.stage("sign_in").await?;
        let card = page.card(ELDER);
        page.scan(&card).await?;
        page.says("#notice", "还没有登录").await?;
        assert!(page.text("#notice").await?.contains("选姓名，输入 PIN"));
        page.stage("sign_in").await?;
        assert_eq!(
            page.js("return document.getElementById('pin').value").await?,
            json!(""),
            "no digit of a card is a PIN"
        );

        let cashier = CANTEENS[LIANHUA].cashiers[1];
        let choice = format!("//label[contains(., '{}')]", cashier.name);
        page.driver.find(By::XPath(choice)).await?.click().await?;
        page.driver.find(By::Id("pin")).await?.click().await?;
        page.hand("0000").await?;
        page.press(Key::Enter).await?;
        page.says("#notice", "PIN 不对，还可试").await?;
        assert_eq!(
            page.js("return document.getElementById('pin').value").await?,
            json!(""),
            "a wrong PIN does not stay"
        );
        page.driver.find(By::Id("pin")).await?.click().await?;
        page.hand(cashier.pin).await?;
        page.press(Key::Enter).await?;
        page.stage("open_shift").await?;

        page.host.clock.advance(4_000);
        page.scan(&card).await?;
        page.says("#notice", "还没有开班").await?;
        assert!(page.text("#notice").await?.contains("先填备用金开班"));
        page.stage("open_shift").await?;
        page.press(Key::F7).await?;
        tokio::time::sleep(SETTLED).await;
        page.stage("open_shift").await?;
        assert_eq!(page.js("return document.getElementById('float').value").await?, json!(""));
        assert_eq!(page.meals().await.len(), 0);

        page.driver.find(By::Id("float")).await?.click().await?;
        page.hand("200").await?;
        page.press(Key::Enter).await?;
        page.stage("idle").await?;
        page.host.clock.advance(4_000);
        page.sell(ELDER).await?;
        assert_eq!(page.meals().await.len(), 1);
        Ok(())
    })
    .await;
}

/// A name as the till shows it.
fn masked(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.as_slice() {
        [first, _] => format!("{first}*"),
        [first, .., last] => format!("{first}*{last}"),
        _ => name.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_cards_without_an_enter_charge_nothing_and_the_first_sale_stays() {
    with_page(async |page| {
        for elder in ELDER..ELDER + 5 {
            page.scan(&page.card(elder)).await?;
        }
        page.stage("asked").await?;
        // Not only the last of them: each that was scanned is named, in the order of the scans.
        let names: Vec<String> = ELDERS[ELDER..ELDER + 5].iter().map(|elder| masked(elder.name)).collect();
        page.says("#asked", &names[1..].join("、")).await?;
        crate::accessible::clean(page, "four wait behind a sale").await?;
        let shown = page.text("#main").await?;
        assert!(shown.contains("陈*兰") && shown.contains("¥13.00"), "the first sale is kept: {shown}");
        tokio::time::sleep(SETTLED).await;
        assert_eq!(page.meals().await.len(), 0, "five scans and their five Enters charged something");
        page.press(Key::Enter).await?;
        page.stage("serving").await?;
        // What goes back to the elder for each note stands there before the money is taken.
        for part in ["收 20 找 7.00", "收 50 找 37.00", "收 100 找 87.00"] {
            page.says("#main .change", part).await?;
        }
        assert!(!page.text("#main .change").await?.contains("收 10 "), "a note that does not cover it");
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        let sold = page.meals().await;
        assert_eq!((sold.len(), &sold[0]["name"]), (1, &json!("陈*兰")));

        // Enter, pressed once more, charges nobody who was not seen; a turn comes by its own key.
        page.press(Key::Enter).await?;
        page.stage("idle").await?;
        page.says("#main .turn", &format!("{} 刷过卡，还没收款", names[1])).await?;
        page.says("#main .turn", &format!("后面还有 {}", names[2..].join("、"))).await?;
        for (width, height) in [(1366, 768), (1024, 600), (390, 844)] {
            crate::accessible::resize(page, width, height).await;
            crate::accessible::clean(page, &format!("whose turn it is at {width} x {height}")).await?;
        }
        crate::accessible::resize(page, 1366, 768).await;
        for (number, name) in names.iter().enumerate().skip(1) {
            page.host.clock.advance(4_000);
            if number == 2 {
                page.letter("t").await?;
                page.until("passed over", async || Ok(!page.text("#main .turn h2").await?.starts_with(name))).await?;
                continue;
            }
            page.letter("n").await?;
            page.stage("serving").await?;
            page.says("#main .person", name).await?;
            page.meant(Key::Enter).await?;
            page.stage("idle").await?;
        }
        page.says("#main .prompt", "请扫卡").await?;
        let sold: Vec<Value> = page.meals().await.iter().map(|meal| meal["name"].clone()).collect();
        assert_eq!(sold, [json!(names[4]), json!(names[3]), json!(names[1]), json!(names[0])], "each once");
        Ok(())
    })
    .await;
}

/// Every page and dialog, by the keys that lead to it from scanning.
const WAYS: [&[Way]; 17] = [
    &[Way::Named(Key::F3)],
    &[Way::Named(Key::F6)],
    &[Way::Named(Key::F8)],
    &[Way::Named(Key::F9)],
    &[Way::Named(Key::F10)],
    &[Way::Named(Key::Delete)],
    &[Way::Lone("m")],
    &[Way::Lone("m"), Way::Lone("1")],
    &[Way::Lone("m"), Way::Lone("2")],
    &[Way::Lone("m"), Way::Lone("3")],
    &[Way::Lone("m"), Way::Lone("4")],
    &[Way::Lone("m"), Way::Lone("5")],
    &[Way::Lone("m"), Way::Lone("6")],
    &[Way::Lone("m"), Way::Lone("7")],
    &[Way::Lone("m"), Way::Lone("8")],
    &[Way::Named(Key::F9), Way::Named(Key::F8)],
    &[Way::Named(Key::F9), Way::Named(Key::F10)],
];

enum Way {
    Named(Key),
    Lone(&'static str),
}

#[tokio::test(flavor = "multi_thread")]
async fn f2_comes_back_to_scanning_from_every_page_and_dialog_that_a_key_opens() {
    with_page(async |page| {
        page.sell(ELDER).await?;
        let place = "const d = document; return [d.body.dataset.page, d.body.dataset.stage,\n\
            d.getElementById('dialog').textContent.trim() === '']";
        let home = json!(["till", "idle", true]);
        for (number, way) in WAYS.iter().enumerate() {
            for key in *way {
                let before = page.js("return document.getElementById('main').innerHTML + document.getElementById('dialog').innerHTML").await?;
                match key {
                    Way::Named(key) => page.press(key.clone()).await?,
                    Way::Lone(letter) => page.letter(letter).await?,
                }
                let after = "return document.getElementById('main').innerHTML + document.getElementById('dialog').innerHTML";
                page.until(&format!("way {number} leads somewhere"), async || Ok(page.js(after).await? != before)).await?;
            }
            assert_ne!(page.js(place).await?, home, "way {number}");
            // Out of a dialog, then out of the page that it stood on.
            page.press(Key::F2).await?;
            page.until("no dialog", async || Ok(page.js(place).await?[2] == true)).await?;
            if page.js(place).await? != home {
                page.press(Key::F2).await?;
            }
            page.until(&format!("back from way {number}"), async || Ok(page.js(place).await? == home)).await?;
        }
        assert_eq!(page.meals().await.len(), 1);
        Ok(())
    })
    .await;
}

async fn offline_is_told(page: &Page, beside: &str) -> WebDriverResult<()> {
    page.says("#banner", "断网，照常打饭").await?;
    let banner = page.text("#banner").await?;
    for part in [beside, "未上传", "最早", "刷卡用餐、算补贴", "暂不能", "查新办的卡"] {
        assert!(banner.contains(part), "no {part:?} in {banner}");
    }
    banner_is_whole(page, &format!("offline beside {beside}")).await
}

/// What of the banner cannot be read: it runs out of the screen, out of its own line, or under something else.
const CUT: &str = "const main = document.getElementById('main').getBoundingClientRect().top;\n\
    return [...document.querySelectorAll('#banner *')].filter((e) => { const r = e.getBoundingClientRect();\n\
      if (r.width === 0) return false;\n\
      const line = e.closest('.banner').getBoundingClientRect();\n\
      const x = r.left + r.width / 2, y = r.top + r.height / 2;\n\
      const top = document.elementFromPoint(x, y);\n\
      const clipped = getComputedStyle(e).overflow !== 'visible' && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);\n\
      return r.right > innerWidth + 1 || r.bottom > main + 1 || r.bottom > line.bottom + 1 || r.top < line.top - 1 || clipped ||\n\
        !(top && (e.contains(top) || top.contains(e))); }).map((e) => e.outerHTML.slice(0, 80))";

async fn banner_is_whole(page: &Page, what: &str) -> WebDriverResult<()> {
    for (width, height) in [(1366, 768), (1024, 600), (390, 844)] {
        crate::accessible::resize(page, width, height).await;
        assert_eq!(page.js(CUT).await?, json!([]), "{what} at {width} x {height}");
        crate::accessible::clean(page, &format!("{what} at {width} x {height}")).await?;
    }
    crate::accessible::resize(page, 1366, 768).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_a_damaged_database_a_power_cut_and_no_line_are_all_told_at_once() {
    after_a_bad_night(async |page: &Page, free: &AtomicU64| {
        let damaged = "本机数据库损坏过，已自动修复";
        let cut_off = "上次没有正常关机";
        page.says("#banner", damaged).await?;
        page.says("#banner", cut_off).await?;
        banner_is_whole(page, "damage and a power cut").await?;

        let till = &page.host.tills[LIANHUA];
        till.line.set(false);
        assert!(till.terminal.sync_once().await.is_err());
        page.sell(ELDER).await?;
        offline_is_told(page, damaged).await?;
        page.scan(&page.card(ELDER + 1)).await?;
        page.stage("serving").await?;
        banner_is_whole(page, "serving under three messages").await?;
        // What is on the screen when the disk becomes full is not charged, and said not to be.
        free.store(0, Ordering::Relaxed);
        page.meant(Key::Enter).await?;
        page.says("#notice", "磁盘").await?;
        page.press(Key::F2).await?;
        page.stage("idle").await?;
        for part in ["磁盘", damaged, cut_off, "请告诉办公室", "写“已记账”的都在"] {
            page.says("#banner", part).await?;
        }
        offline_is_told(page, cut_off).await?;
        assert_eq!(page.meals().await.len(), 1);

        // One key for what was read; the others stay until they are over, and go without a click.
        page.press(Key::Escape).await?;
        page.until("read", async || Ok(!page.text("#banner").await?.contains(damaged))).await?;
        assert!(!page.text("#banner").await?.contains(cut_off));
        offline_is_told(page, "磁盘").await?;
        free.store(u64::MAX, Ordering::Relaxed);
        till.line.set(true);
        till.terminal.sync_once().await.unwrap();
        page.until("all is well", async || Ok(page.text("#banner").await?.is_empty())).await?;
        page.host.clock.advance(4_000);
        page.sell(ELDER + 1).await?;
        assert_eq!(page.meals().await.len(), 2);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offline_banner_stays_beside_training_a_collection_and_what_happened_to_the_computer() {
    with_page(async |page| {
        let till = &page.host.tills[LIANHUA];
        till.line.set(false);
        assert!(till.terminal.sync_once().await.is_err());
        page.sell(ELDER).await?;
        page.host.clock.advance(60_000);

        let caller = Caller::new(&page.url).unwrap();
        caller.post("/api/collection", &json!({ "by": "spouse" })).await.unwrap();
        page.says("#banner", "配偶代取").await?;
        offline_is_told(page, "配偶代取 0 份").await?;
        page.scan(&page.card(ELDER + 1)).await?;
        page.stage("serving").await?;
        crate::accessible::clean(page, "serving in a collection, offline").await?;
        page.meant(Key::Enter).await?;
        page.stage("idle").await?;
        page.press(Key::F10).await?;
        page.until("the collection is over", async || Ok(!page.text("#banner").await?.contains("代取"))).await?;

        let state = page.api("/api/state").await;
        let cashiers: &Vec<Value> = state["cashiers"].as_array().unwrap();
        let supervisor = cashiers.iter().find(|one| one["supervisor"] == true).unwrap()["id"].clone();
        let by = json!({ "supervisor": { "cashier": supervisor, "pin": CANTEENS[LIANHUA].cashiers[0].pin } });
        caller.post("/api/training", &by).await.unwrap();
        page.says("#banner", "训练模式").await?;
        offline_is_told(page, "训练模式").await?;
        page.letter("a").await?;
        page.stage("serving").await?;
        crate::accessible::clean(page, "training, offline").await?;
        page.press(Key::F2).await?;
        page.stage("idle").await?;

        // Back without a click.
        till.line.set(true);
        till.terminal.sync_once().await.unwrap();
        page.until("only training is told", async || Ok(!page.text("#banner").await?.contains("断网"))).await?;
        assert!(page.text("#banner").await?.contains("训练模式"));
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_ends_short_with_a_supervisor_and_its_z_report_is_printed() {
    with_printer(async |page: &Page, folder: &std::path::Path| {
        page.sell(ELDER).await?;
        page.host.clock.advance(60_000);
        page.sell(ELDER + 1).await?;
        page.press(Key::F10).await?;
        page.says("#main", "先点完现金").await?;
        // 200 and what two elders paid ought to lie there; 180 do.
        for pieces in ["1", "1", "1", "1", "0", "0", "0", "0"] {
            page.hand(pieces).await?;
            page.press(Key::Enter).await?;
        }
        page.says("#main", "¥180.00").await?;
        page.says("#main", "超过 ¥10.00，写原因，请主管输 PIN").await?;
        page.press(Key::Enter).await?;
        page.driver.find(By::Id("reason")).await?.send_keys("少了二十几元").await?;
        page.press(Key::Enter).await?;
        tokio::time::sleep(SETTLED).await;
        page.says("#main", "交班单").await?;
        page.driver.find(By::Id("supervisor-pin")).await?.click().await?;
        page.hand("9999").await?;
        page.press(Key::Enter).await?;
        page.says("#notice", "PIN 不对").await?;
        page.driver.find(By::Id("supervisor-pin")).await?.click().await?;
        page.hand(CANTEENS[LIANHUA].cashiers[0].pin).await?;
        page.press(Key::Enter).await?;
        page.stage("sign_in").await?;
        let state = page.api("/api/state").await;
        assert_eq!(state["shift"], Value::Null, "{state}");
        let mut last = String::new();
        for _ in 0..200 {
            let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
            files.retain(|path| path.extension().is_some_and(|end| end == "bin"));
            files.sort();
            if let (3.., Some(path)) = (files.len(), files.last()) {
                last = receipts::preview::interpret(&std::fs::read(path).unwrap(), receipts::slip::Paper::Mm58).text();
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for part in ["交班", "180.00", "少了二十几元"] {
            assert!(last.contains(part), "no {part:?} in {last}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cashier_has_begun_outlasts_what_happens_meanwhile() {
    with_page(async |page| {
        // Pieces that were counted, and a scan in the middle of the count.
        page.press(Key::F10).await?;
        page.says("#main", "清点现金").await?;
        page.hand("2").await?;
        page.scan(&page.card(ELDER)).await?;
        page.stage("serving").await?;
        page.press(Key::F2).await?;
        page.stage("idle").await?;
        page.press(Key::F10).await?;
        page.says("#main", "清点现金").await?;
        page.says("#counted", "¥200.00").await?;

        // Tab stays in a dialog.
        page.press(Key::F2).await?;
        page.on("till").await?;
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        for _ in 0..16 {
            page.press(Key::Tab).await?;
            let inside = "return document.activeElement === document.body || !document.activeElement.closest('.app')";
            assert_eq!(page.js(inside).await?, true);
        }
        page.press(Key::Escape).await?;
        page.no_dialog().await?;

        // Who was chosen to sign in, when the line goes down before the PIN is whole.
        page.end_shift().await;
        page.stage("sign_in").await?;
        let other = "const all = [...document.querySelectorAll('[name=cashier]')]; const one = all.find((c) => !c.checked);\n\
            one.click(); return one.id";
        let chosen = page.js(other).await?;
        page.driver.find(By::Id("pin")).await?.click().await?;
        page.hand("12").await?;
        let till = &page.host.tills[LIANHUA];
        till.line.set(false);
        assert!(till.terminal.sync_once().await.is_err());
        page.says("#banner", "断网").await?;
        assert_eq!(page.js("return document.querySelector('[name=cashier]:checked').id").await?, chosen);
        assert_eq!(page.js("return document.getElementById('pin').value").await?, "12");
        Ok(())
    })
    .await;
}
