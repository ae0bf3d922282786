//! One seed's world: an office, its terminals, the network between them, and the memory of what was done.

use std::sync::Arc;

use anyhow::Context as _;
use domain::id::{CanteenId, Digest};
use zhucan::demo::chance::Chance;

use crate::clock::TrueTime;
use crate::disk::{Picture, folder};
use crate::faults::{Count, Mixture};
use crate::model::{Model, Told};
use crate::network::Net;
use crate::office::Office;
use crate::oracle::office;
use crate::template::{TILLS, template};
use crate::till::{RoundEnd, Till};

/// A copy of a terminal's disk, with how many sales had been made there.
pub(crate) struct Backup {
    pub(crate) disk: Picture,
    pub(crate) sales: usize,
    pub(crate) revoked: std::collections::BTreeSet<String>,
}

pub(crate) struct World {
    pub(crate) chance: Chance,
    pub(crate) mixture: Mixture,
    pub(crate) truth: Arc<TrueTime>,
    pub(crate) net: Arc<Net>,
    pub(crate) office: Office,
    pub(crate) tills: Vec<Till>,
    pub(crate) model: Model,
    pub(crate) canteens: &'static [CanteenId],
    /// The office's last backup, and what it had been told by then.
    pub(crate) office_backup: Option<(Picture, Told)>,
    /// Each terminal's last backup.
    pub(crate) till_backups: Vec<Option<Backup>>,
    /// The revoked cards that each terminal's last full round has told it of.
    pub(crate) lists: Vec<std::collections::BTreeSet<String>>,
    pub(crate) trace: Vec<String>,
    pub(crate) count: Count,
    /// A terminal that has asked to be let in and was not answered.
    pub(crate) newcomer: Option<Till>,
    /// The number of the next terminal.
    pub(crate) next_number: usize,
    disk: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new(seed: u64) -> anyhow::Result<Self> {
        let template = template();
        let disk = folder();
        let mut chance = Chance::new(seed);
        let mixture = Mixture::of(&mut chance);
        let truth = TrueTime::new(template.start);
        let net = Net::new(&truth, chance.bits(), mixture.odds);
        let place = disk.path().join("office");
        template.office.write(&place);
        net.state().office_disk = Some(place.clone());
        let mut office = Office::new(&place, &truth, &net, chance.bits());
        office.start().await?;
        let mut tills = Vec::new();
        for (number, canteen) in TILLS.into_iter().enumerate() {
            let place = disk.path().join(format!("till-{number}"));
            template.tills[number].write(&place);
            let mut till = Till::new(number, canteen, &place, &truth, &net, chance.bits());
            till.start().await?;
            tills.push(till);
        }
        let (till_backups, lists) = (TILLS.map(|_| None).into(), vec![std::collections::BTreeSet::new(); TILLS.len()]);
        Ok(Self {
            chance,
            mixture,
            truth,
            net,
            office,
            tills,
            model: Model::new(&template.elders),
            canteens: &template.canteens,
            office_backup: None,
            till_backups,
            lists,
            trace: Vec::new(),
            count: Count::default(),
            newcomer: None,
            next_number: TILLS.len(),
            disk,
        })
    }

    pub(crate) fn note(&mut self, what: impl Into<String>) {
        let now = self.truth.now();
        self.trace.push(format!("{} {} {}", now.local_date(), now.local_clock(), what.into()));
    }

    pub(crate) fn now_it_is(&self) -> domain::calendar::BusinessDate {
        self.truth.now().business_date()
    }

    /// Where a terminal's disk is.
    pub(crate) fn place_of(&self, number: usize) -> std::path::PathBuf {
        self.disk.path().join(format!("till-{number}"))
    }

    /// Another terminal with the same disk.
    pub(crate) async fn copy_till(&mut self, of: usize) -> anyhow::Result<()> {
        let number = self.next_number;
        self.next_number += 1;
        let place = self.place_of(number);
        self.tills[of].picture().write(&place);
        let (canteen, seed) = (self.tills[of].canteen, self.chance.bits());
        let mut till = Till::new(number, canteen, &place, &self.truth, &self.net, seed);
        till.wire.copy_heard(&self.tills[of].wire);
        (till.is_copy, till.enrolled) = (true, self.tills[of].enrolled);
        till.start().await?;
        till.watched.disturbed = true;
        self.tills[of].watched.disturbed = true;
        self.tills.push(till);
        self.till_backups.push(None);
        self.lists.push(self.lists[of].clone());
        (self.model.forked, self.model.copied) = (true, true);
        Ok(())
    }

    /// A round of a till with the office, and what it means that it was full.
    pub(crate) async fn round(&mut self, number: usize) -> anyhow::Result<&'static str> {
        let began = self.beginning();
        let end = self.tills[number].round().await?;
        let is_full = matches!(end, RoundEnd::Done(Ok(_)));
        let said = self.after_round(number, end, began)?;
        // Where the office died with its last answer, it is another one that is asked.
        let died = self.net.state().killed.is_some();
        let terminal = self.tills[number].watched.records.first().map(|record| record.terminal);
        if let Some(terminal) = terminal.filter(|_| is_full && !died) {
            let till = &mut self.tills[number];
            let canteen = self.canteens[till.canteen];
            office::one_story(&self.office.live()?.server, (canteen, terminal), till.journal()?).await?;
        }
        Ok(said)
    }

    /// Goes on with a round whose answer was slow.
    pub(crate) async fn go_on(&mut self, number: usize) -> anyhow::Result<&'static str> {
        // It began before now: what came since need not be known.
        let end = self.tills[number].go_on().await?;
        match end {
            RoundEnd::Slow => Ok("slow again"),
            RoundEnd::Done(Ok(_)) => Ok("full"),
            RoundEnd::Done(Err(_)) => Ok("broke off"),
        }
    }

    /// What a round that begins now must tell a terminal: meals that have an outcome, and revoked cards.
    fn beginning(&self) -> (Vec<domain::id::RecordId>, std::collections::BTreeSet<String>) {
        let acknowledged = self.tills.iter().flat_map(|till| till.watched.acknowledged());
        (acknowledged.map(|record| record.id).collect(), self.model.told.revoked.clone())
    }

    fn after_round(
        &mut self,
        number: usize,
        end: RoundEnd,
        (meals, revoked): (Vec<domain::id::RecordId>, std::collections::BTreeSet<String>),
    ) -> anyhow::Result<&'static str> {
        match end {
            RoundEnd::Slow => Ok("slow"),
            RoundEnd::Done(Err(why)) => {
                anyhow::ensure!(!why.contains("not ended"), "{why}");
                anyhow::ensure!(!why.contains("broke the protocol"), "till {number}: {why}");
                Ok("broke off")
            }
            RoundEnd::Done(Ok(report)) => {
                self.count.epochs += u64::from(report.new_epoch.is_some());
                let watched = &mut self.tills[number].watched;
                watched.told.extend(meals);
                (watched.knows_the_time, watched.heard) = (true, true);
                self.lists[number] = revoked;
                Ok("full")
            }
        }
    }

    /// If the office was killed, it is started again on the disk as it was at that instant.
    pub(crate) async fn revive_office(&mut self) -> anyhow::Result<bool> {
        let Some((picture, live)) = self.net.state().killed.take() else { return Ok(false) };
        live.server.office().store.close().await;
        drop(live);
        self.office.put_back(&picture);
        self.office.start().await?;
        self.whole_office().await?;
        self.note("office killed at the instant of its answer, and started again");
        Ok(true)
    }

    /// Everything that the office ever answered is there.
    pub(crate) async fn whole_office(&self) -> anyhow::Result<()> {
        let said = self.net.state().outcomes.clone();
        Ok(office::holds(&self.office.live()?.server, &said).await?)
    }

    /// The office's database is set back to its backup.
    pub(crate) async fn restore_office(&mut self) -> anyhow::Result<bool> {
        let Some((picture, told)) = self.office_backup.take() else { return Ok(false) };
        self.office.stop().await;
        self.office.put_back(&picture);
        self.office.start().await?;
        self.model.told = told;
        self.model.office_restored = true;
        let held = office::held(&self.office.live()?.server).await?;
        {
            let mut state = self.net.state();
            state.outcomes.retain(|sent, _| held.contains(sent));
            state.taken.keep(&held);
            state.known.clone_from(&self.model.told.changed);
            state.lost = self.model.lost();
        }
        for (till, list) in self.tills.iter_mut().zip(&mut self.lists) {
            till.watched.disturbed = true;
            list.retain(|card| self.model.told.revoked.contains(card));
        }
        Ok(true)
    }

    /// The office has learned something of an elder that terminals must be told.
    pub(crate) fn changed(&mut self, elder: usize) {
        self.model.note_change(elder, self.truth.now());
        self.net.state().known.clone_from(&self.model.told.changed);
    }

    /// Looks at every terminal and at what the network has seen.
    pub(crate) async fn look(&mut self) -> anyhow::Result<()> {
        self.revive_office().await?;
        if let Some(broken) = self.net.state().broken.pop() {
            return Err(broken.into());
        }
        let mut unanswered = Vec::new();
        let seen = (self.truth.now(), self.model.office_restored);
        for till in &mut self.tills {
            if till.is_running() {
                let mut watched = std::mem::take(&mut till.watched);
                let looked = watched.look(till.journal()?, &mut self.model, seen).await;
                till.watched = watched;
                looked.with_context(|| format!("till {}", till.number))?;
                let Some(id) = till.watched.records.first().map(|record| record.terminal) else { continue };
                let places = std::mem::take(&mut till.watched.unanswered).into_iter();
                unanswered.extend(places.map(|(epoch, sequence)| (id, epoch, u64::try_from(sequence).unwrap_or(0))));
            }
        }
        if !unanswered.is_empty() {
            let held = office::places(&self.office.live()?.server).await?;
            let lost = unanswered.iter().find(|place| !held.contains(place));
            crate::oracle::hold!(lost.is_none(), "6 nothing leaves the outbox unless the office holds it", "{lost:?}");
        }
        Ok(())
    }

    /// A digest of everything on every disk that matters: records' bytes, closes and statements.
    pub(crate) async fn digest(&self) -> anyhow::Result<Digest> {
        let books = crate::oracle::money::Books::read(&self.office.live()?.server, self.canteens).await?;
        let mut bytes = serde_json::to_vec(&books.records.iter().map(|(record, ..)| record).collect::<Vec<_>>())?;
        for close in books.closes.values() {
            bytes.extend(close.digest().0);
        }
        for statement in &books.statements {
            bytes.extend(statement.digest().0);
        }
        for till in &self.tills {
            bytes.extend(serde_json::to_vec(&till.watched.records)?);
        }
        bytes.extend(self.trace.join("\n").as_bytes());
        Ok(Digest::of("zhucan.simulation", &[&bytes]))
    }
}
