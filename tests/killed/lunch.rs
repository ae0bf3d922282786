//! Kills while lunch is served and sent.

use std::time::Duration;

use serde_json::{Value, json};
use zhucan::demo::chance::Chance;
use zhucan::demo::http::Caller;

use crate::Tally;
use crate::programs::{ANY, Programs};

/// Where the terminal dies, and how often it may come there before.
const TILL: [(&str, u16); 8] = [
    ("terminal.journal.before-commit", 2),
    ("terminal.journal.committed", 2),
    ("terminal.outbox.resent", 2),
    ("terminal.outbox.answered", 2),
    ("terminal.outbox.acknowledged", 2),
    ("terminal.setup.stored", 1),
    ("terminal.roster.page-stored", 1),
    (ANY, 1),
];
const OFFICE: [(&str, u16); 6] = [
    ("server.writer.before-commit", 6),
    ("server.writer.committed", 6),
    ("server.unit.before-commit", 6),
    ("server.unit.committed", 6),
    ("server.ingest.committed", 2),
    (ANY, 1),
];

/// A sale that somebody tried to make: its record's id, and whether the till said that it is made.
struct Tried {
    sale: String,
    done: bool,
}

/// Rings a guest up; nothing when the till died before it offered anything.
async fn guest(till: &Caller) -> Option<Tried> {
    let shown = till.post("/api/guest", &json!({})).await.ok()?;
    let sale = shown["stage"]["sale"].as_str()?.to_owned();
    let done = till.post("/api/confirm", &json!({ "sale": sale, "tender": "cash" })).await;
    Some(Tried { sale, done: done.is_ok() })
}

/// Kills so many times; whatever was sold is looked for behind each.
pub(crate) async fn kill_at_lunch(programs: &mut Programs, chance: &mut Chance, tally: &mut Tally, kills: u64) {
    let mut sold: Vec<String> = Vec::new();
    let office: Vec<_> = OFFICE.into_iter().filter(|(point, _)| programs.comes_to(point)).collect();
    programs.settled().await;
    programs.open_till().await.unwrap();
    for number in 0..kills {
        let at_till = chance.percent(65);
        let points: &[(&'static str, u16)] = if at_till { &TILL } else { &office };
        let (point, most) = points[usize::try_from(number).unwrap() / 2 % points.len()];
        let kill_at = (point != ANY).then(|| format!("{point}:{}", 1 + chance.below(most)));
        if at_till {
            Programs::kill(&mut programs.till);
            programs.start_till(kill_at.as_deref());
        } else {
            Programs::kill(&mut programs.office);
            programs.start_office(kill_at.as_deref());
        }
        match point {
            "terminal.setup.stored" => programs.change_setup(number).await.unwrap(),
            "terminal.roster.page-stored" => programs.change_roster().await.unwrap(),
            _ => {}
        }
        let wait = (point == ANY).then(|| u64::from(chance.below(400)));
        let tried = work(programs, wait).await;
        let died = if at_till { !programs.till_runs() } else { !programs.office_runs() };
        tally.add(point, died || wait.is_some());
        Programs::kill(if at_till { &mut programs.till } else { &mut programs.office });
        programs.settled().await;
        look(programs, &mut sold, tried).await;
        programs.open_till().await.unwrap();
    }
    // The last shift ends as it does every day.
    let till = programs.till().unwrap();
    let count = json!({ "count": {}, "reason": "盘点", "supervisor": supervisor(&till).await });
    till.post("/api/shift/close", &count).await.unwrap();
    programs.settled().await;
}

async fn supervisor(till: &Caller) -> Value {
    let cashier = zhucan::demo::world::CANTEENS[zhucan::demo::world::LIANHUA].cashiers[0];
    let state = till.get("/api/state").await.unwrap();
    let known = state["cashiers"].as_array().unwrap().iter().find(|c| c["name"] == cashier.name).unwrap();
    json!({ "cashier": known["id"], "pin": cashier.pin })
}

/// Serves until one of the programs is gone, or a few guests were served; then it is killed after `wait` ms.
async fn work(programs: &mut Programs, wait: Option<u64>) -> Vec<Tried> {
    let mut tried = Vec::new();
    let opened = programs.open_till().await;
    for _ in 0..3 {
        let Some(till) = programs.till().filter(|_| opened.is_ok()) else { return tried };
        tried.extend(guest(&till).await);
        // A till that is gone says nothing more.
        let _ = till.post("/api/sync", &json!({})).await;
        if let Some(ms) = wait {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            return tried;
        }
        for _ in 0..6 {
            if !programs.till_runs() || !programs.office_runs() {
                return tried;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    tried
}

/// What was shown as done is there once. What was cut off is there once or not at all, and the till says which.
async fn look(programs: &mut Programs, sold: &mut Vec<String>, tried: Vec<Tried>) {
    let till = programs.till().unwrap();
    let list = till.get("/api/meals?date=2026-03-02").await.unwrap();
    let meals: Vec<&str> = list["meals"].as_array().unwrap().iter().map(|m| m["record"].as_str().unwrap()).collect();
    for Tried { sale, done } in tried {
        let times = meals.iter().filter(|meal| **meal == sale).count();
        assert!(times <= 1, "{sale} is there {times} times");
        assert!(times == 1 || !done, "{sale} was shown as done and is lost");
        if times == 1 {
            // Confirmed again, as a page does whose answer was cut off: the till says that it is made.
            till.post("/api/confirm", &json!({ "sale": sale })).await.unwrap();
            sold.push(sale);
        }
    }
    let mut there = meals.iter().map(|meal| (*meal).to_owned()).collect::<Vec<_>>();
    let mut wanted = sold.clone();
    there.sort();
    wanted.sort();
    assert_eq!(there, wanted, "what the till holds, and what was sold");
}
