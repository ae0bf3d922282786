//! A screen of 1024 x 600 that is touched, without keyboard: from signing in to the count of the drawer.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::world::{CANTEENS, LIANHUA};

use crate::till::{Page, with_page};

/// A finger on the middle of the first such thing that can be seen, which nothing may cover.
async fn touch(page: &Page, selector: &str) -> WebDriverResult<()> {
    let middle = format!(
        "const seen = [...document.querySelectorAll({})].filter((e) => e.getBoundingClientRect().height > 0);\n\
         if (seen.length === 0) return null;\n\
         const r = seen[0].getBoundingClientRect(); const [x, y] = [r.x + r.width / 2, r.y + r.height / 2];\n\
         const top = document.elementFromPoint(x, y);\n\
         return [x, y, seen[0].contains(top) || top?.contains(seen[0])]",
        json!(selector)
    );
    page.until(&format!("{selector} can be touched"), async || Ok(page.js(&middle).await?[2] == true)).await?;
    let place = page.js(&middle).await?;
    let points = json!([{ "x": place[0], "y": place[1] }]);
    page.chromium("Input.dispatchTouchEvent", json!({ "type": "touchStart", "touchPoints": points })).await;
    page.chromium("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] })).await;
    Ok(())
}

/// Digits on the keypad that the touched field brings up.
async fn digits(page: &Page, field: &str, digits: &str) -> WebDriverResult<()> {
    touch(page, field).await?;
    for digit in digits.chars() {
        touch(page, &format!("#pad:not([hidden]) [data-pad='{digit}']")).await?;
    }
    let typed = page.js(&format!("return document.querySelector({}).value", json!(field))).await?;
    assert_eq!(typed, json!(digits), "{field}");
    Ok(())
}

/// Everything that can be pressed is as high as a finger.
async fn fit_for_fingers(page: &Page, screen: &str) -> WebDriverResult<()> {
    let small = "return [...document.querySelectorAll('button, a, select, input:not([type=radio]), .person-choice')]\n\
        .map((e) => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width > 0 && r.height > 0 && (r.height < 43.5 || r.width < 43.5))\n\
        .map(([e, r]) => `${e.className || e.tagName} ${e.textContent.trim().slice(0, 12)} ${Math.round(r.width)}x${Math.round(r.height)}`)";
    assert_eq!(page.js(small).await?, json!([]), "{screen}");
    crate::accessible::picture(page, &format!("touch {screen}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_worked_with_a_finger_alone() {
    with_page(async |page| {
        page.end_shift().await;
        crate::accessible::resize(page, 1024, 600).await;
        page.chromium("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
        page.open("/").await?;
        page.stage("sign_in").await?;
        fit_for_fingers(page, "signing in").await?;
        let cashier = CANTEENS[LIANHUA].cashiers[1];
        let state = page.api("/api/state").await;
        let cashiers: &Vec<Value> = state["cashiers"].as_array().unwrap();
        let id = cashiers.iter().find(|one| one["name"] == cashier.name).unwrap()["id"].as_str().unwrap();
        touch(page, &format!("label:has([id='cashier-{id}'])")).await?;
        digits(page, "#pin", cashier.pin).await?;
        touch(page, "#main form .primary").await?;
        page.stage("open_shift").await?;
        digits(page, "#float", "200").await?;
        fit_for_fingers(page, "opening").await?;
        touch(page, "#main form .primary").await?;
        page.stage("idle").await?;
        fit_for_fingers(page, "idle").await?;

        // A guest's meal with another amount, in pick-up.
        touch(page, "[data-key=F6]").await?;
        page.dialog("餐品金额").await?;
        digits(page, "#dialog input[name=amount]", "15").await?;
        touch(page, "#dialog .primary").await?;
        page.no_dialog().await?;
        touch(page, "[data-key=F4]").await?;
        page.says("#main .strip", "自取").await?;
        touch(page, "[data-key=F7]").await?;
        page.stage("serving").await?;
        page.says("#main .own", "¥15.00").await?;
        fit_for_fingers(page, "serving").await?;
        touch(page, ".tender[data-key='2']").await?;
        page.until("paid by QR", async || {
            Ok(page.js("return document.querySelector(\".tender[data-key='2']\").ariaPressed").await? == json!("true"))
        })
        .await?;
        touch(page, ".take").await?;
        page.stage("idle").await?;
        // A card's number by hand, as one does whose scanner is broken.
        digits(page, "#manual", &page.card(0)).await?;
        touch(page, "#main .manual [data-key=Enter]").await?;
        page.stage("serving").await?;
        touch(page, ".take").await?;
        page.stage("idle").await?;
        let meals = page.meals().await;
        assert_eq!((meals.len(), &meals[0]["name"], &meals[1]["to_pay"]), (2, &json!("陈*兰"), &json!(1_500)));

        touch(page, "[data-key=M]").await?;
        page.dialog("更多操作").await?;
        fit_for_fingers(page, "more").await?;
        touch(page, "#dialog [data-key=Escape]").await?;
        page.no_dialog().await?;
        touch(page, "[data-key=Del]").await?;
        page.dialog("撤销上一笔").await?;
        touch(page, "#dialog .reason").await?;
        fit_for_fingers(page, "undo").await?;
        touch(page, "#dialog .danger").await?;
        page.no_dialog().await?;
        page.says("#main .last", "已撤销").await?;

        touch(page, "[data-key=F10]").await?;
        page.says("#main", "清点现金").await?;
        digits(page, "#d10000", "2").await?;
        touch(page, "#main form .wide").await?;
        page.says("#main", "账款相符").await?;
        touch(page, "[form=close-form]").await?;
        page.stage("sign_in").await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(page.api("/api/state").await["shift"], Value::Null);
        Ok(())
    })
    .await;
}
