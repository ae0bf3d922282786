//! Kills while days are closed and months drafted and approved.

use std::process::Command;

use serde_json::Value;
use zhucan::demo::chance::Chance;
use zhucan::demo::world::{CHECKER, DemoUser, MAKER, PROGRAMMES};

use crate::Tally;
use crate::programs::Programs;

/// 04:05 of the first of April, in UTC.
const MONTH_OVER: &str = "2026-03-31 20:05:00";
const MONTH: &str = "2026-03";

/// Where the office dies while it drafts, and how often it may come there before.
const DRAFT: [(&str, u16); 9] = [
    ("server.close.between-days", 8),
    ("server.close.saved", 8),
    ("server.draft.taken-back", 1),
    ("server.draft.closed", 1),
    ("server.draft.between-statements", 2),
    ("server.writer.before-commit", 20),
    ("server.writer.committed", 20),
    ("server.unit.before-commit", 20),
    ("server.unit.committed", 20),
];

pub(crate) async fn kill_at_the_end_of_the_month(
    programs: &mut Programs,
    chance: &mut Chance,
    tally: &mut Tally,
    kills: u64,
) {
    end_the_month(programs, tally).await;
    let points: Vec<_> = DRAFT.into_iter().filter(|(point, _)| programs.comes_to(point)).collect();
    let mut digests: Vec<Option<Value>> = vec![None; PROGRAMMES.len()];
    let approvals = PROGRAMMES.len() as u64;
    for number in 0..kills.saturating_sub(approvals) {
        let place = usize::try_from(number).unwrap();
        let (point, most) = points[place % points.len()];
        // The second region has one canteen, and so one statement.
        let region = if point == "server.draft.between-statements" { 0 } else { place % PROGRAMMES.len() };
        let kill_at = format!("{point}:{}", 1 + chance.below(most));
        let died = draft(programs, region, Some(&kill_at)).await;
        tally.add(point, died);
        // Whatever was cut off, drafting again comes to the same statements.
        assert!(!draft(programs, region, None).await, "nobody kills it now");
        let drafted = month(programs, region).await;
        assert_eq!(drafted["state"], "drafted", "{drafted}");
        let first = digests[region].get_or_insert_with(|| drafted["digest"].clone());
        assert_eq!(*first, drafted["digest"], "another draft than the one before the kill at {kill_at}");
        verify(programs);
    }
    for region in 0..PROGRAMMES.len() {
        approve(programs, region, tally).await;
    }
    verify(programs);
}

/// The terminal ends its days, killed as it does; the office has everything.
async fn end_the_month(programs: &mut Programs, tally: &mut Tally) {
    programs.clock.set(MONTH_OVER);
    Programs::kill(&mut programs.till);
    Programs::kill(&mut programs.office);
    programs.start_office(None);
    programs.start_till(Some("terminal.day.recorded:1"));
    let mut ended = false;
    for _ in 0..600 {
        ended = !programs.till_runs();
        if ended {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    tally.add("terminal.day.recorded", ended);
    Programs::kill(&mut programs.till);
    programs.settled().await;
    programs.until("the day is over", |state| state["clock"]["date"].as_str() > Some("2026-03-31")).await;
    programs.settled().await;
    Programs::kill(&mut programs.till);
}

/// Drafts a region's month; tells whether the office died over it.
async fn draft(programs: &mut Programs, region: usize, kill_at: Option<&str>) -> bool {
    // One that still waits for its instant must not die later.
    Programs::kill(&mut programs.office);
    programs.start_office(kill_at);
    let drafted = match programs.desk(MAKER).await {
        Ok(maker) => maker.advance(PROGRAMMES[region].region, MONTH, "draft").await,
        Err(error) => Err(error),
    };
    let died = drafted.is_err() && programs.office_ends().await;
    assert!(died || drafted.is_ok(), "{drafted:?}");
    died
}

async fn month(programs: &mut Programs, region: usize) -> Value {
    programs.start_office(None);
    programs.desk(MAKER).await.unwrap().month(PROGRAMMES[region].region, MONTH).await.unwrap()
}

/// Submits and approves, killed in the middle of each; what was not done is done again.
async fn approve(programs: &mut Programs, region: usize, tally: &mut Tally) {
    for (action, state, who) in [("submit", "submitted", MAKER), ("approve", "approved", CHECKER)] {
        Programs::kill(&mut programs.office);
        programs.start_office(Some("server.month.advanced:1"));
        let cut_off = advance(programs, region, action, who).await;
        assert!(cut_off.is_err() && programs.office_ends().await, "the office died over it: {cut_off:?}");
        tally.add("server.month.advanced", true);
        let before = month(programs, region).await;
        assert_ne!(before["state"], state, "killed before the commit, and done all the same");
        advance(programs, region, action, who).await.unwrap();
        assert_eq!(month(programs, region).await["state"], state);
    }
}

async fn advance(programs: &Programs, region: usize, action: &str, who: DemoUser) -> anyhow::Result<Value> {
    let desk = programs.desk(who).await?;
    match action {
        "approve" => desk.approve(PROGRAMMES[region].region, MONTH).await,
        _ => desk.advance(PROGRAMMES[region].region, MONTH, action).await,
    }
}

/// The office's own check of everything that it holds.
fn verify(programs: &mut Programs) {
    Programs::kill(&mut programs.office);
    let data = programs.db.folder().display().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_zhucan"))
        .args(["verify", "--data", &data, "--database", programs.db.url()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
