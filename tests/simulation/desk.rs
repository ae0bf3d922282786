//! What happens at a till beside meals, and at the office's desk: refunds, paper lists, and persons and chip cards that
//! are registered late.

use anyhow::ensure;
use domain::elder::ElderFactKind;
use domain::record::Body;
use serde_json::{Value, json};
use zhucan::demo::elders::ELDERS;

use crate::model::Shown;
use crate::oracle::hold;
use crate::template::{CANTEENS, REGION};
use crate::till::PaperLine;
use crate::world::World;

impl World {
    /// A cashier pays one of the refunds that the till lists. Nothing is paid twice at one till, and nothing that the
    /// office never listed.
    pub(crate) async fn refund(&mut self, till: usize) -> anyhow::Result<()> {
        // Whoever asks the office while a round waits for it would wait as well.
        if self.tills[till].waits() {
            return Ok(());
        }
        let listed = self.tills[till].refunds().await?;
        let Some((due, amount)) = self.chance.pick(&listed).cloned() else { return Ok(()) };
        if let Err(why) = self.tills[till].pay((&due, amount)).await? {
            let full = why == "disk_full" && self.tills[till].is_full();
            let known = full || ["refund_not_due", "already_refunded", "drawer_short"].contains(&why.as_str());
            hold!(known, "a refund is refused for a reason that there is", "till {till}: {due}: {why}");
            self.note(format!("till {till}: refund {due} is not paid: {why}"));
            return Ok(());
        }
        self.count.refunds += 1;
        self.note(format!("till {till}: refund {due} of {amount} is paid"));
        let offered = self.net.state().listed.get(&due).copied();
        hold!(
            offered == Some(amount),
            "a refund pays what the office listed",
            "till {till}: {due}: paid {amount}, listed {offered:?}"
        );
        if self.chance.percent(self.mixture.kill) {
            self.kill_now(till).await?;
        }
        let listed = self.tills[till].refunds().await?.iter().any(|(id, _)| *id == due);
        hold!(!listed, "a refund is paid once at a till", "till {till}: {due} is still listed");
        let again = self.tills[till].pay((&due, amount)).await?;
        hold!(again.is_err(), "a refund is paid once at a till", "till {till}: {due} was paid again");
        Ok(())
    }

    /// A paper list of today or of one of the last days: entered by one person and confirmed by another.
    pub(crate) async fn paper(&mut self) -> anyhow::Result<()> {
        let till = self.any_till();
        if self.tills[till].waits() {
            return Ok(());
        }
        let date = self.now_it_is().plus_days(-i64::from(self.chance.below(3)));
        let period = if self.chance.percent(75) { "lunch" } else { "dinner" };
        let mut people: Vec<(usize, Shown)> = Vec::new();
        for _ in 0..=self.chance.below(4) {
            let elder = self.any_elder();
            people.extend(self.shown_at(till, elder));
        }
        let codes: Vec<String> = people.iter().map(|(elder, shown)| self.model.code(*elder, shown)).collect();
        let (lines, refused) = match self.tills[till].open_paper(date, period, &codes).await? {
            Ok(entered) => entered,
            Err(why) => {
                self.note(format!("till {till}: no paper list of {date}: {why}"));
                return Ok(());
            }
        };
        self.revoked_on_paper(till, &people, (&lines, &refused))?;
        if lines.is_empty() || self.chance.percent(10) {
            self.tills[till].drop_paper().await?;
            self.note(format!("till {till}: paper list of {date} dropped, {} lines", lines.len()));
            return Ok(());
        }
        if self.chance.percent(20) {
            let alone = self.tills[till].commit_paper(false).await?;
            hold!(alone.is_err(), "13 a paper list needs a second person", "till {till}: {date} {period}");
        }
        self.confirm_paper(till, (&people, &lines)).await
    }

    /// A card that the till knows to be revoked gives nobody a subsidised line.
    fn revoked_on_paper(
        &self,
        till: usize,
        people: &[(usize, Shown)],
        (lines, refused): (&[PaperLine], &[(usize, String)]),
    ) -> anyhow::Result<()> {
        let listed = |wanted: usize| matches!(&people[wanted].1, Shown::Card(card) if self.lists[till].contains(card));
        let taken = lines.iter().find(|line| listed(line.wanted));
        hold!(
            taken.is_none(),
            "18 a revoked card is never subsidised once the list arrived",
            "till {till}: {taken:?} of a paper list"
        );
        let known = [
            "already_served",
            "card_revoked",
            "unknown_card",
            "unknown_id",
            "unknown_id_offline",
            "not_active",
            "no_price",
            "disk_full",
        ];
        let odd = refused.iter().find(|(_, why)| !known.contains(&why.as_str()));
        hold!(odd.is_none(), "nobody is refused for another reason", "till {till}: a paper list: {odd:?}");
        Ok(())
    }

    async fn confirm_paper(
        &mut self,
        till: usize,
        (people, lines): (&[(usize, Shown)], &[PaperLine]),
    ) -> anyhow::Result<()> {
        self.look().await?;
        let before = self.tills[till].watched.records.len();
        if let Err(why) = self.tills[till].commit_paper(true).await? {
            self.tills[till].drop_paper().await?;
            self.note(format!("till {till}: paper list not confirmed: {why}"));
            let known = ["disk_full", "day_changed", "already_served"].contains(&why.as_str());
            hold!(known, "a paper list is refused for a reason that there is", "till {till}: {why}");
            return Ok(());
        }
        let killed = self.chance.percent(self.mixture.kill);
        if killed {
            self.kill_now(till).await?;
        }
        self.look().await?;
        let fresh = self.tills[till].watched.records.iter().skip(before);
        let made: Vec<_> = fresh
            .filter_map(|record| match &record.body {
                Body::Meal(meal) => meal.paper.as_ref().map(|paper| (record.id.to_string(), paper.line, meal.clone())),
                _ => None,
            })
            .collect();
        hold!(
            made.len() == lines.len(),
            "9 a paper list is there with all of its lines",
            "till {till}: {} of {} lines",
            made.len(),
            lines.len()
        );
        self.count.papers += 1;
        for ((record, line, meal), shown) in made.into_iter().zip(lines) {
            let says = (meal.decision.price.get(), meal.decision.to_pay().get());
            hold!(
                says == (shown.price, shown.to_pay),
                "9 what was shown is what is stored",
                "{record}: {says:?} {shown:?}"
            );
            let mut sale = self.sale(till, record, says);
            sale.elder = Some(people[shown.wanted].0);
            self.count.paper_lines += 1;
            self.note(format!("till {till}: line {line} of a paper list: elder {:?}: {says:?}", sale.elder));
            self.model.sales.push(sale);
        }
        Ok(())
    }

    /// Somebody comes to the office and is registered with an ID number. Whose registration was lost is registered again
    /// as who the tills' meals say; `all`: all that tills hold has been sent, so that nobody whom no meal names has to
    /// wait for one any more.
    pub(crate) async fn register(&mut self, all: bool) -> anyhow::Result<()> {
        let unknown: Vec<usize> = (0..self.model.elders.len()).filter(|n| self.model.known(*n).is_none()).collect();
        // Whoever was served at full price comes first.
        let served =
            |n: &&usize| self.model.sales.iter().any(|s| s.unplaced.as_ref().is_some_and(|(who, _)| who == *n));
        let first = unknown.iter().find(served).copied();
        let Some(elder) = first.or_else(|| self.chance.pick(&unknown).copied()) else { return Ok(()) };
        self.register_one(elder, all).await
    }

    pub(crate) async fn register_one(&mut self, elder: usize, all: bool) -> anyhow::Result<()> {
        let mut body = self.person(elder)?;
        let before = self.model.elders[elder].id;
        if let Some(id) = before {
            body["id"] = json!(id);
        }
        let mut made = self.office.ask("administrator", "POST", "/api/v1/elders", Some(&body)).await?;
        if before.is_some() && !made.is_good() {
            let named = self.meals_of(elder).await?;
            hold!(named == 0, "4 whom meals name is registered as who they say", "elder {elder}: {}", made.body);
            self.note(format!("office: elder {elder} was registered, and no meal says so"));
            if !all {
                return Ok(());
            }
            body["id"] = Value::Null;
            made = self.office.must("administrator", "POST", "/api/v1/elders", Some(&body)).await?;
        }
        ensure!(made.is_good(), "elder {elder} is not registered: {}", made.body);
        self.count.registered += u64::from(before.is_none());
        self.count.lost_registrations += u64::from(before.is_some());
        self.model.elders[elder].id = Some(serde_json::from_value(made.at("/id").clone())?);
        self.model.told.registered.insert(elder);
        self.net.state().lost = self.model.lost();
        self.note(format!("office: elder {elder} is registered, again: {}", before.is_some()));
        self.changed(elder);
        Ok(())
    }

    /// How many stored meals name an elder under the id that was given before.
    async fn meals_of(&self, elder: usize) -> anyhow::Result<i64> {
        let Some(id) = self.model.elders[elder].id else { return Ok(0) };
        let live = self.office.live()?;
        let read = live.server.office().store.read(move |tx| {
            Box::pin(
                async move { server::sql!(tx, "SELECT COUNT(*) FROM elder_meals WHERE elder = $1", id).value().await },
            )
        });
        Ok(read.await?)
    }

    fn person(&self, elder: usize) -> anyhow::Result<Value> {
        let demo = &ELDERS[self.model.elders[elder].place];
        let fact = |kind: &ElderFactKind, from| -> anyhow::Result<Value> {
            let mut fact = serde_json::to_value(kind)?;
            fact["valid_from"] = json!(from);
            Ok(fact)
        };
        let facts = demo.facts_at_start().iter().map(|f| fact(&f.kind, f.valid_from)).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({
            "resident_id": self.model.elders[elder].resident_id,
            "name": demo.name,
            "region": REGION,
            "canteen": self.canteens[elder % CANTEENS],
            "facts": facts,
        }))
    }

    /// An elder's chip card is registered: meals that were served on it before become the elder's.
    pub(crate) async fn chip(&mut self) -> anyhow::Result<()> {
        let without = |n: &usize| self.model.known(*n).is_some() && !self.model.told.chips.contains(n);
        let without: Vec<usize> = (0..self.model.elders.len()).filter(without).collect();
        // Whoever was served on one comes first.
        let served = |n: &&usize| {
            let chip = Some((**n, Shown::Chip));
            self.model.sales.iter().any(|sale| sale.unplaced == chip)
        };
        let first = without.iter().find(served).copied();
        let Some(elder) = first.or_else(|| self.chance.pick(&without).copied()) else { return Ok(()) };
        let Some(id) = self.model.known(elder) else { return Ok(()) };
        let body = json!({ "number": self.model.elders[elder].chip });
        self.office.must("administrator", "POST", &format!("/api/v1/elders/{id}/chips"), Some(&body)).await?;
        self.model.told.chips.insert(elder);
        self.count.chips += 1;
        self.note(format!("office: elder {elder}: chip card registered"));
        self.changed(elder);
        Ok(())
    }

    /// The office's job that looks for whose credentials the tills could not place.
    pub(crate) async fn identify(&mut self) -> anyhow::Result<()> {
        let found = self.office.live()?.server.office().identify_waiting().await?;
        if found > 0 {
            self.note(format!("office: {found} meals identified"));
        }
        Ok(())
    }

    /// The power fails at this instant, and the till is started again.
    async fn kill_now(&mut self, till: usize) -> anyhow::Result<()> {
        let disk = self.tills[till].picture();
        self.tills[till].stop().await;
        self.tills[till].put_back(&disk);
        self.tills[till].start().await?;
        self.count.till_killed += 1;
        self.note(format!("till {till}: killed, and started again"));
        Ok(())
    }
}
