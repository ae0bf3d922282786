//! Terminals that come and go: enrolled over a network that loses what it can, known again by their key, forgotten by an
//! office that was set back, taken out of service while they hold what nobody has heard of.

use anyhow::ensure;
use domain::id::TerminalId;
use serde_json::json;
use terminal::Enrolment;

use crate::oracle::hold;
use crate::template::TILLS;
use crate::till::{Entered, Till};
use crate::world::World;

/// So many terminals come in a seed.
const NEWCOMERS: usize = 2;
/// So many terminals are taken out of service in a seed: others go on.
const MOST_OUT: usize = 2;
/// So often somebody tries a code before giving up for now.
const TRIES: usize = 4;

impl World {
    /// A terminal is let in: one that the office has forgotten, a new one, or one that it knows already and that stays
    /// who it is.
    pub(crate) async fn enrol(&mut self) -> anyhow::Result<()> {
        if let Some(till) = self.tills.iter().position(|till| self.is_forgotten(till)) {
            return self.come_back(till).await;
        }
        let come = self.tills.iter().filter(|till| till.is_newcomer()).count();
        if self.newcomer.is_some() || (come < NEWCOMERS && self.chance.percent(75)) {
            return self.newcomer().await;
        }
        let till = self.any_till();
        self.come_back(till).await
    }

    /// Whether the office does not know a terminal that it once let in.
    pub(crate) fn is_forgotten(&self, till: &Till) -> bool {
        till.enrolled.is_some_and(|id| !self.model.told.terminals.contains(&id))
    }

    /// A terminal comes with a key of its own. Where nobody let it in last time, it comes again with the same one.
    pub(crate) async fn newcomer(&mut self) -> anyhow::Result<()> {
        let mut till = if let Some(till) = self.newcomer.take() {
            till
        } else {
            let number = self.next_number;
            self.next_number += 1;
            let canteen = usize::from(self.chance.below(u16::try_from(self.canteens.len())?));
            let (place, seed) = (self.place_of(number), self.chance.bits());
            std::fs::create_dir_all(&place)?;
            Till::new(number, canteen, &place, &self.truth, &self.net, seed)
        };
        let came = self.let_in(&mut till).await?;
        if came.is_none() {
            self.newcomer = Some(till);
            return Ok(());
        }
        till.start().await?;
        self.tills.push(till);
        self.till_backups.push(None);
        self.lists.push(std::collections::BTreeSet::new());
        self.count.enrolled += 1;
        Ok(())
    }

    /// A terminal that was let in before asks again, with another code and the same key.
    async fn come_back(&mut self, till: usize) -> anyhow::Result<()> {
        if self.tills[till].waits() {
            return Ok(());
        }
        let forgotten = self.is_forgotten(&self.tills[till]);
        // Taken out while it talks, so that the world may be asked meanwhile.
        let spare = Till::new(usize::MAX, 0, &self.place_of(usize::MAX), &self.truth, &self.net, 0);
        let mut own = std::mem::replace(&mut self.tills[till], spare);
        own.stop().await;
        let came = self.let_in(&mut own).await;
        own.start().await?;
        self.tills[till] = own;
        if came?.is_some() {
            self.count.lost_terminals += u64::from(forgotten);
            self.count.known_again += u64::from(!forgotten);
        }
        Ok(())
    }

    /// Gives out a code, lets the terminal ask with it as long as somebody has patience, and compares fingerprints.
    /// Nothing when it was not let in.
    async fn let_in(&mut self, till: &mut Till) -> anyhow::Result<Option<TerminalId>> {
        let canteen = self.canteens[till.canteen];
        let code = self.office.live()?.server.office().issue_enrolment_code(canteen, None).await?.code;
        let out = till.terminal().is_some_and(|id| self.model.told.out_of_service.contains(&id));
        for _ in 0..TRIES {
            self.truth.advance(5_000);
            let asked = till.enrol(&code).await;
            self.revive_office().await?;
            match asked {
                Entered::In(enrolment) => return self.compare(till, &enrolment, out).await,
                Entered::Refused(why) => {
                    hold!(out && why == "terminal_revoked", "who has a code is let in", "till {}: {why}", till.number);
                    self.note(format!("till {}: out of service, and not let in again", till.number));
                    return Ok(None);
                }
                Entered::Lost => self.count.registrations_lost += 1,
            }
        }
        self.note(format!("till {}: nobody answers its registration", till.number));
        Ok(None)
    }

    async fn compare(
        &mut self,
        till: &mut Till,
        enrolment: &Enrolment,
        out: bool,
    ) -> anyhow::Result<Option<TerminalId>> {
        let id = enrolment.terminal;
        hold!(!out, "a terminal out of service is not let in again", "till {}: {id}", till.number);
        let same = till.enrolled.is_none_or(|before| before == id);
        hold!(same, "a key is one terminal", "till {} was {:?} and is {id}", till.number, till.enrolled);
        ensure!(enrolment.canteen == self.canteens[till.canteen], "another canteen");
        // What was let in before the seed began is in every backup of it.
        let of_before = till.number < TILLS.len() || (till.is_copy && till.enrolled.is_none());
        let known = of_before || self.model.told.terminals.contains(&id);
        hold!(known == enrolment.confirmed, "nobody is let in by a code alone", "till {}: {enrolment:?}", till.number);
        if !of_before {
            till.enrolled = Some(id);
            self.model.told.terminals.insert(id);
        }
        let path = format!("/api/v1/terminals/{id}/confirmation");
        let body = json!({ "fingerprint": enrolment.fingerprint });
        self.office.must("administrator", "POST", &path, Some(&body)).await?;
        self.note(format!("till {}: let in as {id}, known before: {known}", till.number));
        Ok(Some(id))
    }

    /// A terminal is stolen: the office takes it out of service, and it goes on selling.
    pub(crate) async fn revoke(&mut self) -> anyhow::Result<()> {
        let till = self.any_till();
        let Some(id) = self.tills[till].terminal() else { return Ok(()) };
        let out = &self.model.told.out_of_service;
        if out.contains(&id) || out.len() >= MOST_OUT || self.is_forgotten(&self.tills[till]) {
            return Ok(());
        }
        let path = format!("/api/v1/terminals/{id}/revocation");
        self.office.must("administrator", "POST", &path, None).await?;
        self.model.told.out_of_service.insert(id);
        self.count.revoked_tills += 1;
        self.note(format!("office: till {till} is out of service"));
        Ok(())
    }

    /// Days that wait for a terminal out of service, which will never say that they are over: once all that it holds has
    /// come, two people end its journals, and then no day waits.
    pub(crate) async fn end_what_is_gone(&mut self) -> anyhow::Result<()> {
        if self.close_days().await? == 0 {
            return Ok(());
        }
        let out: Vec<TerminalId> = self.model.told.out_of_service.iter().copied().collect();
        for id in out {
            let asked = json!({ "reason": "已停用，数据已全部上传" });
            for epoch in self.open_epochs(id).await? {
                let path = format!("/api/v1/terminals/{id}/epochs/{epoch}/end");
                self.office.must("administrator", "POST", &path, Some(&asked)).await?;
                self.office.must("second_administrator", "POST", &format!("{path}/confirmation"), None).await?;
                self.count.ended_epochs += 1;
                self.note(format!("office: epoch {epoch} of {id} has ended"));
            }
        }
        let waiting = self.close_days().await?;
        hold!(waiting == 0, "23 when faults stop, every day is closed", "{waiting} days wait");
        Ok(())
    }

    async fn open_epochs(&self, id: TerminalId) -> anyhow::Result<Vec<u32>> {
        let live = self.office.live()?;
        let read = live.server.office().store.read(move |tx| {
            Box::pin(async move {
                let text = "SELECT e.epoch FROM terminal_epochs e WHERE e.terminal = $1 AND NOT EXISTS \
                            (SELECT 1 FROM epoch_ends n WHERE n.terminal = e.terminal AND n.epoch = e.epoch \
                             AND n.confirmed_at IS NOT NULL) ORDER BY e.epoch";
                server::sql!(tx, text, id).values().await
            })
        });
        Ok(read.await?)
    }

    /// Whoever was not let in yet, or was forgotten, comes at the end when every fault is mended.
    pub(crate) async fn all_come(&mut self) -> anyhow::Result<()> {
        if self.newcomer.is_some() {
            self.newcomer().await?;
        }
        hold!(self.newcomer.is_none(), "23 when faults stop, a terminal is let in", "a newcomer still waits");
        while let Some(till) = self.tills.iter().position(|till| self.is_forgotten(till)) {
            self.come_back(till).await?;
            hold!(
                !self.is_forgotten(&self.tills[till]),
                "23 when faults stop, a terminal is let in",
                "till {till} is still forgotten"
            );
        }
        let live = self.office.live()?;
        let store = &live.server.office().store;
        let known: i64 = store
            .read(|tx| Box::pin(async move { server::sql!(tx, "SELECT COUNT(*) FROM terminals").value().await }))
            .await?;
        let copies = self.tills.iter().filter(|till| till.is_copy).count();
        hold!(
            usize::try_from(known)? == self.tills.len() - copies,
            "a key is one terminal",
            "the office knows {known} of {}",
            self.tills.len() - copies
        );
        Ok(())
    }
}
