//! Every action of the cashier's page has a key, which is shown, and which does what the button does.
//!
//! The templates are read for buttons that say no key, and the page is walked: on each screen every control's key is
//! pressed, and the control itself has to answer. What it would do is held back, so that a screen stays as it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use zhucan::demo::http::Caller;
use zhucan::demo::world::{CANTEENS, LIANHUA};

use crate::till::{Page, SETTLED, with_printer};

/// What needs no key of its own, and why.
const KEYLESS: [(&str, &str); 4] = [
    ("data-fill", "the arrows choose among reasons"),
    ("data-search", "Enter searches as long as nobody was found"),
    ("data-pad", "a digit of the keypad is the digit's own key"),
    ("{{ key }}", "the key bar's macro: its callers give the key"),
];
/// Pages of their own, which are no part of the till's page: one form or nothing to operate.
const OTHER_PAGES: [&str; 6] =
    ["wizard.html", "doctor.html", "practice.html", "elder.html", "elder_main.html", "approve.html"];

fn templates(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(templates(&path));
        } else if !OTHER_PAGES.contains(&path.file_name().unwrap().to_str().unwrap()) {
            found.push(path);
        }
    }
    found
}

/// The buttons and links of a template, each from its tag to its end.
fn controls(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (open, close) in [("<button", "</button>"), ("<a ", "</a>")] {
        for (at, _) in text.match_indices(open) {
            let rest = &text[at..];
            found.push(&rest[..rest.find(close).unwrap()]);
        }
    }
    found
}

#[test]
fn no_button_of_the_tills_page_is_without_a_key_that_it_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("terminal/templates");
    let bar = std::fs::read_to_string(folder.join("keys.html")).unwrap();
    let mut seen = 0;
    for path in templates(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        for control in controls(&text) {
            seen += 1;
            let told = format!("{}: {control}", path.display());
            if KEYLESS.iter().any(|(mark, _)| control.contains(mark)) {
                continue;
            }
            let of = |attribute: &str| control.split_once(attribute)?.1.split('"').next();
            if let Some(key) = of("data-key-row=\"") {
                assert!(bar.contains(&format!("<kbd>{key}</kbd>")), "the key bar does not show {key}: {told}");
            } else {
                let key = of("data-key=\"").unwrap_or_else(|| panic!("no key: {told}"));
                let shown = if key == "Escape" { "Esc" } else { key };
                // A choice of a number is its own key.
                let written = ["kbd", "b"].map(|tag| format!("<{tag}>{shown}</{tag}>"));
                assert!(written.iter().any(|key| control.contains(key)), "the key is not shown: {told}");
            }
        }
    }
    assert!(seen > 60, "{seen} controls");
}

/// Notes what a key reached and lets nothing happen.
const HOLD: &str = "if (!window.held) {\n\
      window.held = { on: false, got: [] };\n\
      for (const kind of ['click', 'submit']) addEventListener(kind, (event) => {\n\
        if (!window.held.on) return;\n\
        window.held.got.push(event.target); event.preventDefault(); event.stopImmediatePropagation();\n\
      }, true);\n\
    }";

/// The controls that can be operated now: in a dialog its own, else all of the page and those of the chosen row.
const CONTROLS: &str = "const dialog = document.getElementById('dialog').firstElementChild !== null;\n\
    const where = dialog ? '#dialog :is(button, a[href])' : ':is(#main, #keys, #banner) :is(button, a[href])';\n\
    window.controls = [...document.querySelectorAll(where)].filter((e) => e.offsetParent !== null && !e.disabled\n\
      && !e.matches('[data-pad], [data-search]') && (!e.dataset.keyRow || e.closest('tr.chosen')));\n\
    const bar = [...document.querySelectorAll('#keys kbd')].map((kbd) => kbd.textContent);\n\
    return window.controls.map((e) => { const key = e.dataset.key ?? e.dataset.keyRow ?? null;\n\
      const own = e.querySelector('kbd')?.textContent ?? '';\n\
      const fill = e.dataset.fill && e.closest('[data-choose]')?.querySelector('kbd')?.textContent === '↑ ↓' ? e.dataset.fill : null;\n\
      return { key, fill, text: e.textContent.trim(), html: e.outerHTML.slice(0, 160),\n\
        shown: e.dataset.keyRow ? bar.includes(key) : e.textContent.trim() === key || own === (key === 'Escape' ? 'Esc' : key) }; })";

/// Whether what was reached is that control, its form, or another control for the very same thing.
const REACHED: &str = "const same = (e) => JSON.stringify([e.dataset?.post, e.dataset?.body, e.dataset?.page, e.dataset?.dialog,\n\
      e.dataset?.toggle, e.getAttribute?.('href')]);\n\
    const control = window.controls[NUMBER]; const got = window.held.got.splice(0).map((e) => e.closest?.('button, a, form') ?? e);\n\
    return got.length === 1 && (got[0] === control || (control.type === 'submit' && got[0] === control.form) ||\n\
      (got[0].tagName !== 'FORM' && same(got[0]) === same(control)))";

async fn press(page: &Page, key: &str) -> WebDriverResult<()> {
    let named = match key {
        "Enter" => Key::Enter,
        "Escape" => Key::Escape,
        "Del" => Key::Delete,
        "F2" => Key::F2,
        "F3" => Key::F3,
        "F4" => Key::F4,
        "F6" => Key::F6,
        "F7" => Key::F7,
        "F8" => Key::F8,
        "F9" => Key::F9,
        "F10" => Key::F10,
        lone => return page.letter(&lone.to_lowercase()).await,
    };
    page.press(named).await
}

/// Presses the key of everything that this screen offers.
async fn all_answer(page: &Page, screen: &str, walked: &mut BTreeSet<String>) -> WebDriverResult<()> {
    tokio::time::sleep(SETTLED).await;
    page.js(HOLD).await?;
    let controls = page.js(CONTROLS).await?;
    let controls: &Vec<Value> = controls.as_array().unwrap();
    assert!(!controls.is_empty(), "{screen}: nothing to operate");
    for (number, control) in controls.iter().enumerate() {
        let told = format!("{screen}: {}", control["html"]);
        if let Some(field) = control["fill"].as_str() {
            let value = format!("return document.getElementById('{field}').value");
            page.js(&format!("document.getElementById('{field}').focus()")).await?;
            page.press(Key::Down).await?;
            page.until(&told, async || Ok(page.js(&value).await? == control["text"])).await?;
            continue;
        }
        let key = control["key"].as_str().unwrap_or_else(|| panic!("no key: {told}"));
        assert_eq!(control["shown"], true, "its key is not shown: {told}");
        page.js("window.held.got.length = 0; window.held.on = true").await?;
        press(page, key).await?;
        let reached = REACHED.replace("NUMBER", &number.to_string());
        let answered = "return window.held.got.length > 0";
        page.until(&format!("{key} does something, {told}"), async || Ok(page.js(answered).await? == true)).await?;
        assert_eq!(page.js(&reached).await?, true, "{key} does not do it: {told}");
        page.js("window.held.on = false").await?;
    }
    walked.insert(screen.to_owned());
    Ok(())
}

/// Opens a dialog as its control does: the page asks for it by name.
async fn dialog(page: &Page, name: &str) -> WebDriverResult<()> {
    page.js(&format!(
        "const b = document.createElement('button'); b.dataset.dialog = '{name}'; document.getElementById('main').append(b);\n\
         b.click(); b.remove()"
    ))
    .await?;
    page.until(&format!("the dialog {name}"), async || Ok(!page.text("#dialog").await?.is_empty())).await
}

async fn approval(page: &Page) -> Value {
    let state = page.api("/api/state").await;
    let supervisor = state["cashiers"].as_array().unwrap().iter().find(|one| one["supervisor"] == true).unwrap();
    json!({ "cashier": supervisor["id"], "pin": CANTEENS[LIANHUA].cashiers[0].pin })
}

/// The dialogs that are opened by name alone.
const DIALOGS: [&str; 15] = [
    "amount",
    "portions",
    "more",
    "collect",
    "cash",
    "training",
    "manual",
    "paper_search",
    "paper_open",
    "paper_commit",
    "paper_drop",
    "menu",
    "why",
    "help",
    "last",
];

async fn stages(page: &Page, walked: &mut BTreeSet<String>) -> WebDriverResult<()> {
    all_answer(page, "idle", walked).await?;
    page.sell(0).await?;
    all_answer(page, "idle behind a sale", walked).await?;
    page.scan(&page.card(1)).await?;
    page.stage("serving").await?;
    all_answer(page, "serving", walked).await?;
    page.host.clock.advance(4_000);
    page.scan(&page.card(2)).await?;
    page.stage("asked").await?;
    all_answer(page, "asked", walked).await?;
    page.press(Key::F2).await?;
    page.stage("idle").await?;
    all_answer(page, "whose turn it is", walked).await?;
    page.letter("t").await?;
    page.says("#main .prompt", "请扫卡").await?;
    page.host.clock.advance(60_000);
    page.scan(&page.card(0)).await?;
    page.stage("duplicate").await?;
    all_answer(page, "duplicate", walked).await?;
    for (code, screen) in [("912345678901234567890123", "refused"), ("11010519491231002X", "an unknown ID refused")] {
        page.host.clock.advance(4_000);
        page.scan(code).await?;
        page.stage("refused").await?;
        all_answer(page, screen, walked).await?;
    }
    page.press(Key::F2).await?;
    page.stage("idle").await
}

async fn dialogs(page: &Page, walked: &mut BTreeSet<String>) -> WebDriverResult<()> {
    let slip = format!("slip:{}", page.meals().await[0]["record"].as_str().unwrap());
    for name in DIALOGS.into_iter().chain([slip.as_str()]) {
        dialog(page, name).await?;
        all_answer(page, name.split(':').next().unwrap_or(name), walked).await?;
        page.press(Key::F2).await?;
        page.no_dialog().await?;
    }
    Ok(())
}

async fn lists(page: &Page, walked: &mut BTreeSet<String>) -> WebDriverResult<()> {
    let till = Caller::new(&page.url).unwrap();
    till.post("/api/mode", &json!({ "mode": "delivery" })).await.unwrap();
    page.host.clock.advance(4_000);
    page.sell(3).await?;
    for (key, screen) in [(Key::F9, "今日记录"), (Key::F8, "送餐单")] {
        page.press(key).await?;
        page.says("#main", screen).await?;
        page.press(Key::Down).await?;
        all_answer(page, screen, walked).await?;
        page.press(Key::F2).await?;
        page.on("till").await?;
    }
    page.press(Key::F10).await?;
    page.says("#main", "清点现金").await?;
    // In the count Enter goes from field to field; behind the last one it is the button's.
    page.js("document.activeElement.blur()").await?;
    all_answer(page, "counting", walked).await?;
    till.post("/api/shift/count", &json!({ "count": { "10000": 2 } })).await.unwrap();
    // The count's answer brings the reason's field, which takes the keys; only then can they be elsewhere.
    page.until("the reason is asked", async || Ok(page.js("return document.activeElement.id").await? == "reason"))
        .await?;
    page.js("document.activeElement.blur()").await?;
    all_answer(page, "counted", walked).await?;
    dialog(page, "recount").await?;
    all_answer(page, "recount", walked).await?;
    page.press(Key::F2).await?;
    page.no_dialog().await?;
    page.press(Key::F2).await?;
    page.on("till").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_has_a_key_that_is_shown_and_works() {
    with_printer(async |page: &Page, _: &Path| {
        let mut walked = BTreeSet::new();
        let till = Caller::new(&page.url).unwrap();
        stages(page, &mut walked).await?;
        dialogs(page, &mut walked).await?;
        lists(page, &mut walked).await?;

        // A collection, training, a paper list: what they add.
        till.post("/api/collection", &json!({ "by": "spouse" })).await.unwrap();
        page.says("#banner", "配偶代取").await?;
        all_answer(page, "a collection", &mut walked).await?;
        till.post("/api/collection/end", &json!({})).await.unwrap();
        let by = approval(page).await;
        let list = json!({ "date": "2026-03-02", "period": "lunch", "supervisor": by });
        till.post("/api/paper/open", &list).await.unwrap();
        till.post("/api/paper/add", &json!({ "code": page.card(5) })).await.unwrap();
        page.letter("m").await?;
        page.dialog("更多操作").await?;
        page.letter("5").await?;
        page.says("#main", "补录纸质名单").await?;
        page.press(Key::Down).await?;
        all_answer(page, "a paper list", &mut walked).await?;
        till.post("/api/paper/drop", &json!({})).await.unwrap();
        page.says("#main", "开名单").await?;
        all_answer(page, "no paper list", &mut walked).await?;
        page.press(Key::F2).await?;
        page.on("till").await?;
        till.post("/api/training", &json!({ "supervisor": by })).await.unwrap();
        page.says("#banner", "训练模式").await?;
        all_answer(page, "training", &mut walked).await?;
        till.post("/api/training/end", &json!({})).await.unwrap();

        // Another day: the shift that was forgotten; and nobody signed in.
        page.host.clock.advance(24 * 60 * 60 * 1000);
        page.open("/").await?;
        page.stage("forgotten_shift").await?;
        all_answer(page, "a forgotten shift", &mut walked).await?;
        till.post("/api/sign-out", &json!({})).await.unwrap();
        page.stage("sign_in").await?;
        all_answer(page, "sign in", &mut walked).await?;

        let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("terminal/templates/dialog")).unwrap();
        for file in files {
            let name = file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
            let name = if name == "void" { "last".to_owned() } else { name };
            // A refund is due only after the office has closed a day again: its own test presses these keys.
            assert!(name == "refund" || walked.contains(&name), "the dialog {name} was not walked");
        }
        println!("{} screens: {walked:?}", walked.len());
        Ok(())
    })
    .await;
}
