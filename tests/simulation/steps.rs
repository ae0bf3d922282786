//! The steps as they are done.

use domain::canteen::{CanteenFactKind, Standing};
use domain::elder::ElderFactKind;
use serde_json::{Value, json};

use crate::model::{Fact, Sale, Shown};
use crate::oracle::hold;
use crate::plan::Step;
use crate::template::REGION;
use crate::till::{Offered, Served};
use crate::world::{Backup, World};

const RULES_2: &str = include_str!("rules/sim-2.toml");

impl World {
    pub(crate) fn any_till(&mut self) -> usize {
        usize::from(self.chance.below(u16::try_from(self.tills.len()).unwrap_or(1)))
    }

    pub(crate) fn any_elder(&mut self) -> usize {
        usize::from(self.chance.below(u16::try_from(self.model.elders.len()).unwrap_or(1)))
    }

    pub(crate) async fn step(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Sell => {
                let (till, elder) = (self.any_till(), self.any_elder());
                self.sell(till, Some(elder)).await
            }
            Step::Guest => {
                let till = self.any_till();
                self.sell(till, None).await
            }
            Step::Void => self.void().await,
            Step::Refund => {
                let till = self.any_till();
                self.refund(till).await
            }
            Step::Paper => self.paper().await,
            Step::Round => {
                let till = self.any_till();
                self.talk(till).await
            }
            Step::Late => {
                let any = self.net.deliver_late().await;
                self.note(if any { "a late request arrives" } else { "nothing is late" });
                Ok(())
            }
            Step::GoOn => self.slow_answer().await,
            Step::Line => {
                self.line();
                Ok(())
            }
            Step::Restart => self.restart_till().await,
            Step::Reboot => self.reboot().await,
            Step::SetClock => {
                self.set_clock();
                Ok(())
            }
            Step::RunAhead => self.run_ahead().await,
            Step::OfficeRestart | Step::OfficeBackup | Step::OfficeRestore => self.office_computer(step).await,
            Step::TillBackup | Step::TillRestore | Step::Copy => self.till_disk(step).await,
            Step::Damage => self.damage().await,
            Step::Disk => {
                let till = self.any_till();
                let full = !self.tills[till].is_full();
                self.tills[till].set_full(full);
                self.count.filled += 1;
                self.note(format!("till {till}: disk full: {full}"));
                Ok(())
            }
            Step::Death | Step::Category => self.elder_fact(step).await,
            Step::Grade => self.grade().await,
            Step::Card => self.card().await,
            Step::Register => self.register(false).await,
            Step::Enrol => self.enrol().await,
            Step::Revoke => self.revoke().await,
            Step::Chip => self.chip().await,
            Step::Announce => self.announce().await,
            Step::Close => self.close_days().await.map(|_| ()),
            Step::Draft => self.month_on().await,
            Step::CloseShift => {
                let till = self.any_till();
                let closed = self.tills[till].close_shift().await?;
                self.note(format!("till {till}: shift closed: {closed}"));
                Ok(())
            }
        }
    }

    /// A round with the office, unless one is under way.
    pub(crate) async fn talk(&mut self, till: usize) -> anyhow::Result<()> {
        let end = if self.tills[till].waits() { self.go_on(till).await? } else { self.round(till).await? };
        self.note(format!("till {till}: round {end}"));
        Ok(())
    }

    async fn slow_answer(&mut self) -> anyhow::Result<()> {
        if let Some(till) = self.tills.iter().position(crate::till::Till::waits) {
            let end = self.go_on(till).await?;
            self.note(format!("till {till}: a slow answer arrives: {end}"));
        }
        Ok(())
    }

    /// The elder shows the card that the office gave last, or something else. Now and then it is a card that was lost,
    /// in whoever's hands: one that the till must know of, if there is any.
    pub(crate) fn shown_at(&mut self, till: usize, elder: usize) -> Option<(usize, Shown)> {
        if self.chance.percent(12) {
            let told: Vec<String> = self.lists[till].iter().cloned().collect();
            let any: Vec<String> = self.model.told.revoked.iter().cloned().collect();
            let lost = if told.is_empty() { any } else { told };
            if let Some(card) = self.chance.pick(&lost).cloned() {
                self.count.lost_cards += 1;
                return Some((self.model.holders.get(&card).copied()?, Shown::Card(card)));
            }
        }
        let registered = self.model.known(elder).is_some();
        let what = self.chance.below(100);
        let shown = match (what, self.model.told.cards[elder].clone()) {
            (0..70, Some(card)) => Shown::Card(card),
            (0..85, _) if self.model.told.chips.contains(&elder) || !registered => Shown::Chip,
            _ => Shown::ResidentId,
        };
        Some((elder, shown))
    }

    pub(crate) async fn sell(&mut self, till: usize, elder: Option<usize>) -> anyhow::Result<()> {
        let shown = elder.and_then(|elder| self.shown_at(till, elder));
        if elder.is_some() && shown.is_none() {
            return Ok(());
        }
        let who = match &shown {
            Some((elder, Shown::Card(_))) => format!("elder {elder}"),
            Some((elder, Shown::Chip)) => format!("elder {elder} with a chip"),
            Some((elder, Shown::ResidentId)) => format!("elder {elder} with an ID number"),
            None => "a guest".to_owned(),
        };
        let card =
            shown.as_ref().and_then(|(_, shown)| if let Shown::Card(card) = shown { Some(card.clone()) } else { None });
        let code = shown.as_ref().map(|(elder, shown)| self.model.code(*elder, shown));
        let keep = self.chance.percent(80);
        let (offered, kept) = match self.tills[till].offer(code.as_deref(), keep).await? {
            Offered::Sale(offered) => (offered, false),
            Offered::Kept(offered) => (offered, true),
            Offered::Not(why) => {
                self.refused(till, card.as_deref(), &why)?;
                self.count.refused_full += u64::from(why == "disk_full");
                self.note(format!("till {till}: {who} is not served: {why}"));
                return Ok(());
            }
        };
        hold!(!self.tills[till].is_full(), "a full disk refuses before anybody is served", "till {till}: {who}");
        let revoked = card.as_ref().is_some_and(|card| self.lists[till].contains(card));
        hold!(!revoked, "18 a revoked card is never subsidised once the list arrived", "till {till}: {card:?}");
        let (price, to_pay) = (offered.at("/stage/price"), offered.at("/stage/to_pay"));
        hold!(!kept || price == to_pay, "nobody unknown is subsidised", "till {till}: {who}: {to_pay} of {price}");
        match self.tills[till].confirm(&offered).await? {
            Served::Not(why) => self.note(format!("till {till}: {who}: not confirmed: {why}")),
            Served::Sold { record, price, to_pay } => {
                self.note(format!("till {till}: {who} pays {to_pay} of {price}: {record}"));
                self.count.kept += u64::from(kept);
                let out = self.tills[till].terminal().is_some_and(|id| self.model.told.out_of_service.contains(&id));
                self.count.sold_out_of_service += u64::from(out);
                let by = |what: &Shown| u64::from(!kept && shown.as_ref().is_some_and(|(_, shown)| shown == what));
                self.count.by_chip += by(&Shown::Chip);
                self.count.by_number += by(&Shown::ResidentId);
                let sale = Sale {
                    elder: elder.filter(|_| !kept),
                    unplaced: shown.filter(|_| kept),
                    ..self.sale(till, record.clone(), (price, to_pay))
                };
                self.model.sales.push(sale);
                if self.chance.percent(self.mixture.kill) {
                    self.kill_till(till).await?;
                } else if self.chance.percent(10) {
                    self.tills[till].confirm_again(&record).await?;
                }
            }
        }
        Ok(())
    }

    /// A sale that was just made, of nobody yet.
    pub(crate) fn sale(&mut self, till: usize, record: String, (price, to_pay): (i64, i64)) -> Sale {
        self.count.sales += 1;
        let heard = self.tills[till].watched.heard;
        Sale { till, elder: None, unplaced: None, record, price, to_pay, voided: false, set_back: false, heard }
    }

    /// Only a reason that there may be.
    fn refused(&self, till: usize, card: Option<&str>, why: &str) -> anyhow::Result<()> {
        let list = card.is_some_and(|card| self.lists[till].contains(card));
        let known = [
            "duplicate",
            "card_revoked",
            "unknown_card",
            "unknown_id",
            "unknown_id_offline",
            "not_active",
            "outside_window",
            "no_price",
            "the date cannot be",
            "no setup",
            "shift_forgotten",
            "confirm_date",
            "day_changed",
        ];
        let full = why == "disk_full" && self.tills[till].is_full();
        hold!(full || known.contains(&why), "nobody is refused for another reason", "till {till}: {why}");
        let through =
            matches!(why, "card_revoked" | "outside_window" | "the date cannot be" | "no setup" | "unknown_card")
                || full
                || why.contains("date")
                || why.contains("day");
        hold!(!list || through || why == "shift_forgotten", "18 a revoked card is refused", "till {till}: {why}");
        Ok(())
    }

    /// The power fails at the instant of the confirmation: what was shown as done is there.
    pub(crate) async fn kill_till(&mut self, till: usize) -> anyhow::Result<()> {
        let disk = self.tills[till].picture();
        self.tills[till].stop().await;
        self.tills[till].put_back(&disk);
        self.tills[till].start().await?;
        self.count.till_killed += 1;
        self.note(format!("till {till}: killed at the confirmation, and started again"));
        self.look().await?;
        let sale = self.model.sales.last().map(|sale| sale.record.clone()).unwrap_or_default();
        let there = self.tills[till].watched.records.iter().any(|record| record.id.to_string() == sale);
        hold!(there, "9 no success shown before the local commit", "{sale}");
        Ok(())
    }

    async fn void(&mut self) -> anyhow::Result<()> {
        let open: Vec<usize> =
            (0..self.model.sales.len()).rev().filter(|n| !self.model.sales[*n].voided).take(4).collect();
        let Some(place) = self.chance.pick(&open).copied() else { return Ok(()) };
        let (till, elder, record, to_pay) = {
            let sale = &self.model.sales[place];
            (sale.till, sale.elder, sale.record.clone(), sale.to_pay)
        };
        let done = self.tills[till].void(&record, to_pay).await?;
        if done {
            self.model.sales[place].voided = true;
            self.count.voids += 1;
        }
        self.note(format!("till {till}: void of {record}: {done}"));
        // Rung up wrongly, reversed, rung up again: mostly it is the same elder who still stands there.
        if done && self.chance.percent(70) {
            self.truth.advance(15_000);
            self.look().await?;
            return self.sell(till, elder).await;
        }
        Ok(())
    }

    fn line(&mut self) {
        let till = self.any_till();
        let up = !self.tills[till].wire.is_up();
        self.tills[till].wire.set_up(up);
        self.count.cut += u64::from(!up);
        self.note(format!("till {till}: line {}", if up { "mended" } else { "cut" }));
    }

    async fn restart_till(&mut self) -> anyhow::Result<()> {
        let till = self.any_till();
        self.tills[till].stop().await;
        self.tills[till].start().await?;
        self.count.till_restarted += 1;
        self.note(format!("till {till}: restarted"));
        Ok(())
    }

    async fn reboot(&mut self) -> anyhow::Result<()> {
        let till = self.any_till();
        let dead = self.chance.percent(40);
        let wall = dead.then(|| zhucan::demo::world::date("2000-01-01").at_minute(0));
        self.tills[till].stop().await;
        self.tills[till].clock.reboot(wall);
        self.tills[till].watched.knows_the_time = false;
        self.tills[till].start().await?;
        self.count.rebooted += 1;
        self.count.dead_battery += u64::from(dead);
        self.note(format!("till {till}: switched off and on, dead battery: {dead}"));
        Ok(())
    }

    fn set_clock(&mut self) {
        let till = self.any_till();
        let hours = i64::from(self.chance.below(97)) - 48;
        self.tills[till].clock.set_wrong_by(hours * 60 * 60 * 1000);
        self.count.skewed += 1;
        self.note(format!("till {till}: wall clock set wrong by {hours} hours"));
    }

    /// A terminal comes up with a clock that is days ahead, and sells before it hears of the office. Then it knows the
    /// right time again and is cut off: the office has heard it say that days are over of which records are still to
    /// come.
    async fn run_ahead(&mut self) -> anyhow::Result<()> {
        let till = self.any_till();
        let ahead = self.truth.now().plus((24 + i64::from(self.chance.below(24))) * 60 * 60 * 1000);
        self.tills[till].stop().await;
        self.tills[till].clock.reboot(Some(ahead));
        self.tills[till].watched.knows_the_time = false;
        self.tills[till].start().await?;
        self.count.ran_ahead += 1;
        self.note(format!("till {till}: switched on with a clock that is days ahead"));
        self.look().await?;
        self.sell(till, None).await?;
        self.look().await?;
        self.tills[till].wire.set_up(true);
        self.talk(till).await?;
        self.tills[till].wire.set_up(false);
        self.note(format!("till {till}: line cut"));
        Ok(())
    }

    async fn office_computer(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::OfficeBackup => {
                self.office_backup = Some((self.office.picture(), self.model.told.clone()));
                self.note("office: backup");
            }
            Step::OfficeRestore => {
                let done = self.restore_office().await?;
                self.count.office_restored += u64::from(done);
                self.note(format!("office: set back to its backup: {done}"));
            }
            _ => {
                self.office.stop().await;
                self.office.start().await?;
                self.count.office_restarted += 1;
                self.note("office: restarted");
                self.whole_office().await?;
            }
        }
        Ok(())
    }

    async fn till_disk(&mut self, step: Step) -> anyhow::Result<()> {
        let mut till = self.any_till();
        if matches!(step, Step::TillRestore) {
            let Some(kept) = self.till_backups.iter().position(Option::is_some) else { return Ok(()) };
            till = kept;
        }
        match step {
            Step::TillBackup => {
                let (disk, revoked) = (self.tills[till].picture(), self.lists[till].clone());
                self.till_backups[till] = Some(Backup { disk, sales: self.model.sales.len(), revoked });
                self.note(format!("till {till}: backup"));
            }
            Step::Copy if !self.tills.iter().any(|till| till.is_copy) => {
                self.copy_till(till).await?;
                self.count.copied += 1;
                self.note(format!("till {till}: copied, the copy is till {}", self.tills.len() - 1));
            }
            Step::TillRestore => {
                let Some(backup) = self.till_backups[till].take() else { return Ok(()) };
                self.tills[till].stop().await;
                self.tills[till].put_back(&backup.disk);
                self.tills[till].start().await?;
                self.tills[till].watched = crate::oracle::journal::Watched::disturbed();
                self.lists[till] = backup.revoked.intersection(&self.model.told.revoked).cloned().collect();
                self.model.forked = true;
                for sale in self.model.sales.iter_mut().skip(backup.sales).filter(|sale| sale.till == till) {
                    sale.set_back = true;
                }
                self.count.till_restored += 1;
                self.note(format!("till {till}: set back to its backup"));
            }
            _ => {}
        }
        Ok(())
    }

    /// A terminal's database is damaged while it is off: the file is put aside, and every record of it is saved.
    async fn damage(&mut self) -> anyhow::Result<()> {
        let till = self.any_till();
        self.tills[till].stop().await;
        self.tills[till].damage()?;
        let before: Vec<_> = self.tills[till].watched.records.iter().map(|record| record.id).collect();
        self.tills[till].start().await?;
        self.tills[till].watched = crate::oracle::journal::Watched::disturbed();
        // What the office had sent may have to be sent again.
        self.lists[till].clear();
        self.count.damaged += 1;
        self.note(format!("till {till}: database damaged, and saved"));
        self.look().await?;
        let there: std::collections::BTreeSet<_> = self.tills[till].watched.records.iter().map(|r| r.id).collect();
        let lost = before.iter().find(|id| !there.contains(id));
        hold!(lost.is_none(), "6 whatever lies whole in a damaged database is saved", "till {till}: {lost:?}");
        Ok(())
    }

    async fn elder_fact(&mut self, step: Step) -> anyhow::Result<()> {
        let elder = self.any_elder();
        let (known, today) = (self.truth.now(), self.now_it_is());
        let (from, kind) = if matches!(step, Step::Death) {
            let from = today.plus_days(-i64::from(self.chance.below(4)));
            (from, ElderFactKind::Death { dead: true })
        } else {
            let (days, held) = (i64::from(self.chance.below(5)) - 2, self.chance.percent(60));
            (today.plus_days(days), ElderFactKind::Category { name: "低保".to_owned(), level: None, held })
        };
        let held = matches!(kind, ElderFactKind::Category { held: true, .. });
        // Whoever is in hardship since the template stays so, and people die once.
        let is_death = matches!(step, Step::Death);
        let again = self.model.told.deaths.iter().any(|fact| fact.of == elder);
        let Some(id) = self.model.known(elder) else { return Ok(()) };
        if (is_death && again) || (!is_death && self.model.elders[elder].hardship) {
            return Ok(());
        }
        let mut body = serde_json::to_value(&kind)?;
        body["valid_from"] = json!(from);
        let path = format!("/api/v1/elders/{id}/facts");
        self.office.must("administrator", "POST", &path, Some(&body)).await?;
        if is_death {
            self.model.told.deaths.push(Fact { of: elder, from, known, says: () });
            self.count.deaths += 1;
            self.note(format!("office: elder {elder} died on {from}"));
        } else {
            self.model.told.hardship.push(Fact { of: elder, from, known, says: held });
            self.count.categories += 1;
            self.note(format!("office: elder {elder}: hardship {held} from {from}"));
        }
        self.changed(elder);
        Ok(())
    }

    async fn grade(&mut self) -> anyhow::Result<()> {
        let canteen = usize::from(self.chance.below(3));
        let grade = if self.chance.percent(50) { "C" } else { "B" };
        let (known, from) = (self.truth.now(), self.now_it_is().plus_days(i64::from(self.chance.below(4)) - 2));
        let standing = Standing { quality_grade: grade.to_owned(), ..Standing::default() };
        let mut body = serde_json::to_value(CanteenFactKind::Standing { standing })?;
        body["valid_from"] = json!(from);
        let path = format!("/api/v1/canteens/{}/facts", self.canteens[canteen]);
        self.office.must("administrator", "POST", &path, Some(&body)).await?;
        self.model.told.grades.push(Fact { of: canteen, from, known, says: grade });
        self.count.grades += 1;
        self.note(format!("office: canteen {canteen} is graded {grade} from {from}"));
        Ok(())
    }

    /// A card is lost: revoked, and mostly replaced at once.
    async fn card(&mut self) -> anyhow::Result<()> {
        let elder = self.any_elder();
        let Some(id) = self.model.known(elder) else { return Ok(()) };
        let path = format!("/api/v1/elders/{id}/cards");
        let old = self.model.told.cards[elder].take();
        let new = if self.chance.percent(70) {
            let answer = self.office.must("administrator", "POST", &path, Some(&json!({}))).await?;
            answer.at("/number").as_str().map(str::to_owned)
        } else {
            self.office.must("administrator", "DELETE", &path, None).await?;
            None
        };
        self.note(format!("office: elder {elder}: card revoked, another one: {}", new.is_some()));
        self.model.told.revoked.extend(old);
        self.model.holders.extend(new.clone().map(|card| (card, elder)));
        self.model.told.cards[elder] = new;
        self.count.cards += 1;
        self.changed(elder);
        Ok(())
    }

    async fn announce(&mut self) -> anyhow::Result<()> {
        if self.model.told.second_rules.is_some() {
            return Ok(());
        }
        let from = self.now_it_is().plus_days(1 + i64::from(self.chance.below(2)));
        let source = RULES_2.replace("@FROM@", &from.to_string());
        let body = json!({ "file_name": "sim-2.toml", "source": source });
        let made = self.office.must("policy_editor", "POST", "/api/v1/policies", Some(&body)).await?;
        let path = format!("/api/v1/proposals/{}/approve", made.at("/proposal").as_str().unwrap_or_default());
        let seen = json!({ "digest": made.at("/digest") });
        self.office.must("finance_checker", "POST", &path, Some(&seen)).await?;
        self.model.told.second_rules = Some(from);
        self.count.announced += 1;
        self.note(format!("office: the second version holds from {from}"));
        Ok(())
    }

    /// As the office's own job does: whose was what no till could place, then the days that wait. Says how many still do,
    /// for terminals that have not said that they are over.
    pub(crate) async fn close_days(&mut self) -> anyhow::Result<usize> {
        self.identify().await?;
        let answer = self.office.must("finance_maker", "POST", "/api/v1/days/close", Some(&json!({}))).await?;
        self.count.closes += 1;
        let incomplete = days(answer.at("/incomplete"));
        self.note(format!("office: days closed: {} new, {incomplete} incomplete", answer.at("/added")));
        Ok(incomplete)
    }

    /// February is taken a step on, whatever is missing.
    async fn month_on(&mut self) -> anyhow::Result<()> {
        let month = "2026-02";
        let path = format!("/api/v1/months/{REGION}/{month}");
        let drafted = self.office.ask("finance_maker", "POST", &format!("{path}/draft"), Some(&json!({}))).await?;
        self.count.drafts += 1;
        self.note(format!("office: {month} drafted: {}", drafted.status));
        let over = self.now_it_is().month().to_string() != month && drafted.is_good();
        if over && self.chance.percent(50) {
            self.leave_out_and_approve(&path, &drafted.body).await?;
        }
        Ok(())
    }

    /// Leaves out what is incomplete, drafts again, decides what blocks, submits and approves.
    async fn leave_out_and_approve(&mut self, path: &str, drafted: &Value) -> anyhow::Result<()> {
        for statement in self.contents(drafted).await? {
            for day in statement.reconciliation.incomplete {
                let body = json!({ "canteen": statement.canteen, "date": day, "reason": "断网，记录未到" });
                self.office.must("finance_maker", "POST", "/api/v1/days/left-out", Some(&body)).await?;
            }
        }
        self.approve(path).await
    }

    /// The statements of a drafted month.
    async fn contents(&mut self, drafted: &Value) -> anyhow::Result<Vec<domain::settlement::Statement>> {
        let mut contents = Vec::new();
        for head in drafted["statements"].as_array().into_iter().flatten() {
            let path = format!("/api/v1/statements/{}", head["id"].as_str().unwrap_or_default());
            contents.push(serde_json::from_value(self.office.must("finance_maker", "GET", &path, None).await?.body)?);
        }
        Ok(contents)
    }

    /// Drafts, decides every blocking finding, submits and approves.
    pub(crate) async fn approve(&mut self, path: &str) -> anyhow::Result<()> {
        let nothing = json!({});
        let mut drafted = self.office.must("finance_maker", "POST", &format!("{path}/draft"), Some(&nothing)).await?;
        for statement in self.contents(&drafted.body).await? {
            for number in statement.reconciliation.blocking {
                let body = json!({ "canteen": statement.canteen, "number": number, "explanation": "已核实" });
                self.office.must("finance_maker", "POST", "/api/v1/findings/decision", Some(&body)).await?;
            }
        }
        if drafted.at("/in_the_way/0") != &Value::Null {
            drafted = self.office.must("finance_maker", "POST", &format!("{path}/draft"), Some(&nothing)).await?;
        }
        for changed in drafted.at("/changes").as_array().into_iter().flatten() {
            let body = json!({ "canteen": changed["canteen"], "words": "就餐人数变化" });
            self.office.must("finance_maker", "POST", &format!("{path}/explanations"), Some(&body)).await?;
        }
        self.office.must("finance_maker", "POST", &format!("{path}/submit"), Some(&nothing)).await?;
        let body = json!({ "digest": drafted.at("/digest") });
        let proof = json!({ "passphrase": crate::template::PASSPHRASE });
        self.office.must("finance_checker", "POST", "/api/v1/session/step-up", Some(&proof)).await?;
        self.office.must("finance_checker", "POST", &format!("{path}/approve"), Some(&body)).await?;
        self.count.approved += 1;
        self.note(format!("office: {path} approved"));
        Ok(())
    }
}

fn days(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}
