//! The end: every fault is mended, every queue drains in a bounded number of rounds, all days are closed, the months
//! are settled, and everything is counted again.

use anyhow::ensure;
use serde_json::json;
use zhucan::demo::world::date;

use crate::network::Odds;
use crate::oracle::{end, hold, money};
use crate::template::REGION;
use crate::world::World;

/// Rounds that a terminal may need once all is well.
const ROUNDS: usize = 4;
/// So many refunds a till pays at the end.
const REFUNDS: usize = 2;

pub(crate) async fn heal(world: &mut World) -> anyhow::Result<()> {
    mend(world).await?;
    world.all_come().await?;
    drain(world).await?;
    // The longest way that a wall clock was believed ahead is behind us now.
    let over = world.now_it_is().plus_days(4);
    world.truth.set(over.at_minute(4 * 60 + 10));
    drain(world).await?;
    if let Some(place) = world.tills.iter().position(|till| till.is_copy) {
        // A copy that was found is taken away; its journal has been heard.
        world.tills.remove(place).stop().await;
        world.till_backups.remove(place);
        world.lists.remove(place);
        drain(world).await?;
    }
    for elder in 0..world.model.elders.len() {
        // Whose registration was lost: everything that names them has come.
        if world.model.elders[elder].id.is_some() && world.model.known(elder).is_none() {
            world.register_one(elder, true).await?;
        }
    }
    pay_back(world).await?;
    world.end_what_is_gone().await?;
    settle(world).await?;
    // A draft goes before what it does not settle: the office's job closes again what that may have changed.
    world.close_days().await?;
    world.whole_office().await?;
    verified(world).await?;
    let server = world.office.live()?.server;
    let books = money::Books::read(&server, world.canteens).await?;
    end::all_is_there(&server, &books, &world.model, &world.tills).await?;
    world.count.identified += books.identified.len() as u64;
    world.count.refunded_twice += books.not_counted(world.canteens);
    money::agree(&books, world.canteens, &world.model)
}

/// The office closes what is complete, and the tills pay what it lists: most of what they could not know is known now.
async fn pay_back(world: &mut World) -> anyhow::Result<()> {
    for _ in 0..2 {
        if world.chance.percent(70) {
            world.register(true).await?;
            world.chip().await?;
        }
    }
    world.close_days().await?;
    let noon = world.now_it_is().at_minute(12 * 60);
    world.truth.set(noon);
    for till in 0..world.tills.len() {
        world.talk(till).await?;
        for _ in 0..REFUNDS {
            world.refund(till).await?;
            world.look().await?;
        }
        world.tills[till].close_shift().await?;
        world.look().await?;
    }
    let over = world.now_it_is().plus_days(1);
    world.truth.set(over.at_minute(4 * 60 + 10));
    drain(world).await
}

async fn mend(world: &mut World) -> anyhow::Result<()> {
    world.net.state().odds = Odds::default();
    world.note("everything is mended");
    while world.net.deliver_late().await {}
    world.look().await?;
    for till in 0..world.tills.len() {
        world.tills[till].wire.set_up(true);
        world.tills[till].clock.set_wrong_by(0);
        world.tills[till].set_full(false);
        while world.tills[till].waits() {
            world.go_on(till).await?;
            world.look().await?;
        }
    }
    Ok(())
}

/// Every terminal sends all it has, in a few rounds.
async fn drain(world: &mut World) -> anyhow::Result<()> {
    for till in 0..world.tills.len() {
        let mut unsent = 1;
        for round in 0..ROUNDS {
            world.truth.advance(30_000);
            world.talk(till).await?;
            // A shift that nobody closed is closed now: its report is a record too.
            let closed = round == 0 && world.tills[till].close_shift().await?;
            if closed {
                world.note(format!("till {till}: shift closed"));
            }
            world.look().await?;
            unsent = world.tills[till].unsent().await?;
            if unsent == 0 && round > 0 {
                break;
            }
        }
        hold!(
            unsent == 0,
            "23 when faults stop, queues drain",
            "till {till}: {unsent} records wait after {ROUNDS} rounds"
        );
    }
    Ok(())
}

/// February is approved and March drafted, as far as it has come.
async fn settle(world: &mut World) -> anyhow::Result<()> {
    let february = format!("/api/v1/months/{REGION}/2026-02");
    let seen = world.office.ask("finance_maker", "GET", &february, None).await?;
    let march_has_come = world.now_it_is() > date("2026-03-01");
    ensure!(march_has_come, "seeds end in March");
    if seen.at("/state") != "approved" {
        if seen.at("/state") == "submitted" {
            let body = json!({ "reason": "重新起草" });
            world.office.must("finance_checker", "POST", &format!("{february}/send-back"), Some(&body)).await?;
        }
        world.approve(&february).await?;
    }
    let march = format!("/api/v1/months/{REGION}/2026-03/draft");
    world.office.must("finance_maker", "POST", &march, Some(&json!({}))).await?;
    Ok(())
}

/// The office's own check of itself.
async fn verified(world: &World) -> anyhow::Result<()> {
    let live = world.office.live()?;
    let office = live.server.office();
    let report = server::verify::verify(&office.store, &office.book(), &|_| {}).await?;
    // An office that was set back has lost entries of its audit log, and the terminals say so: that and nothing else.
    let set_back = world.count.office_restored > 0;
    let missed = server::words::audit::WITNESS;
    let breaks: Vec<_> = report.breaks.iter().filter(|broken| !set_back || broken.what != missed).collect();
    hold!(breaks.is_empty(), "14 and 16 what is stored can be made again", "{breaks:?}");
    Ok(())
}
