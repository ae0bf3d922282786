//! A terminal's journal, looked at behind every step: its chain, its sequences, its outbox, and what it charged.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{ElderId, RecordId, RefundId};
use domain::record::encoding::{decode, hash};
use domain::record::{Body, Diner, Meal, Record, TimeSource};
use support::{Journal, JournalRow};

use super::hold;
use crate::model::Model;

/// The day that a record counts for: of a meal from a paper list the day that it was eaten.
pub(crate) fn day_of(record: &Record) -> BusinessDate {
    match &record.body {
        Body::Meal(meal) if meal.paper.is_some() => meal.meal.date,
        _ => record.at.business_date(),
    }
}

/// What was seen of a journal so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    /// Place and hash of the last record of each epoch.
    heads: BTreeMap<u32, (i64, Vec<u8>)>,
    /// Every record, in order.
    pub(crate) records: Vec<Record>,
    /// Own meals that an own record reverses.
    pub(crate) voided: BTreeSet<RecordId>,
    /// Entries of the office's list of refunds that it paid.
    refunded: BTreeSet<RefundId>,
    /// Places that left the outbox though their answers were lost: the office has to hold them. Each is asked for once.
    pub(crate) unanswered: Vec<(u32, i64)>,
    asked: BTreeSet<(u32, i64)>,
    /// Places that wait for the server.
    pub(crate) waiting: BTreeSet<(u32, i64)>,
    /// The journal was set back or copied, or its office was: outcomes may differ, marks of feeds may be wrong.
    pub(crate) disturbed: bool,
    /// A round came to its end in this boot: the terminal knows the time.
    pub(crate) knows_the_time: bool,
    /// A round came to its end since the disk was last set back.
    pub(crate) heard: bool,
    /// Meals of anybody that its last full round must have told it of.
    pub(crate) told: BTreeSet<RecordId>,
}

impl Watched {
    /// Of a journal that nobody has looked at yet.
    pub(crate) fn fresh() -> Self {
        Self { heard: true, ..Self::default() }
    }

    /// Of a journal that was set back: it is looked at again from its beginning.
    pub(crate) fn disturbed() -> Self {
        Self { disturbed: true, ..Self::default() }
    }

    /// Looks at what is new.
    pub(crate) async fn look(
        &mut self,
        journal: &mut Journal,
        model: &mut Model,
        (now, restored): (UnixMs, bool),
    ) -> anyhow::Result<()> {
        // All that is looked at lies in its database: where nothing was committed it is as it was.
        if !journal.has_changed().await {
            return Ok(());
        }
        // What was there before anybody looked was made at other times.
        let old = self.records.is_empty();
        let (epoch, sequence) =
            self.heads.last_key_value().map_or((0, -1), |(epoch, (sequence, _))| (*epoch, *sequence));
        for row in journal.behind(epoch, sequence).await {
            self.follow(&row)?;
            let record = decode(&row.bytes)?;
            hold!(
                i64::try_from(record.sequence)? == row.sequence && record.epoch == row.epoch,
                "8 gap-free sequence",
                "a record says it is {}:{}, its place is {}:{}",
                record.epoch,
                record.sequence,
                row.epoch,
                row.sequence
            );
            hold!(
                day_of(&record).to_string() == row.date,
                "17 the business date is a pure function of trusted time",
                "{} is of {}, its column says {}",
                record.id,
                day_of(&record),
                row.date
            );
            if !old {
                self.time(&record, now)?;
            }
            self.new_record(&record, model)?;
            self.records.push(record);
        }
        self.queue(journal, restored).await
    }

    /// Sequence and chain.
    fn follow(&mut self, row: &JournalRow) -> anyhow::Result<()> {
        let zero = (-1, vec![0; 32]);
        let (sequence, head) = self.heads.get(&row.epoch).unwrap_or(&zero);
        hold!(
            row.sequence == sequence + 1,
            "8 gap-free sequence",
            "{}:{} follows {}:{sequence}",
            row.epoch,
            row.sequence,
            row.epoch
        );
        hold!(row.previous == *head, "8 chain", "{}:{} does not name the record before it", row.epoch, row.sequence);
        hold!(
            hash(row.bytes.as_bytes()).0.as_slice() == row.hash,
            "5 one id, one byte string",
            "a hash of other bytes"
        );
        self.heads.insert(row.epoch, (row.sequence, row.hash.clone()));
        Ok(())
    }

    /// The office's time is believed for as long as the computer runs, whatever the wall clock shows.
    fn time(&self, record: &Record, now: UnixMs) -> anyhow::Result<()> {
        let off = (now.get() - record.at.get()).abs();
        let server = record.time_source == TimeSource::Server;
        hold!(!server || off < 60_000, "17 trusted time is the office's time", "{} is {off} ms off", record.id);
        hold!(
            server || !self.knows_the_time,
            "17 the office's time comes before the wall clock",
            "{}: {:?}",
            record.id,
            record.time_source
        );
        Ok(())
    }

    fn new_record(&mut self, record: &Record, model: &mut Model) -> anyhow::Result<()> {
        match &record.body {
            Body::Meal(meal) => {
                let decision = &meal.decision;
                let given =
                    decision.total(domain::decision::Kind::Diner) + decision.total(domain::decision::Kind::Concession);
                hold!(
                    decision.price == given + decision.own_payment && !decision.own_payment.is_negative(),
                    "1 price = diner + concession + own payment",
                    "{}: {decision:?}",
                    record.id
                );
                let today = record.at.business_date();
                let dated = if meal.paper.is_some() { meal.meal.date <= today } else { meal.meal.date == today };
                hold!(dated, "17 the business date is pure", "{} of {}", record.id, meal.meal.date);
                self.entered_once(record, meal)?;
                if let Some(diner) = &meal.diner {
                    self.served_once(record, diner)?;
                    self.knows(record, diner, model)?;
                    if !decision.lines.is_empty() {
                        model.eaten.insert(record.id, (diner.elder, meal.meal.date));
                    }
                }
            }
            Body::Void { meal, .. } => {
                hold!(self.voided.insert(*meal), "5 a meal is reversed once", "{meal}");
                model.voided.insert(*meal);
            }
            Body::Refund(refund) => {
                hold!(refund.amount.get() > 0, "a refund gives money back", "{refund:?}");
                hold!(self.refunded.insert(refund.due), "a refund is paid once at a till", "{}", refund.due);
            }
            _ => {}
        }
        model.bytes_of(record)?;
        Ok(())
    }

    /// A line of a paper list is one meal, approved by somebody who did not enter it.
    fn entered_once(&self, record: &Record, meal: &Meal) -> anyhow::Result<()> {
        let Some(paper) = &meal.paper else { return Ok(()) };
        let same = self.records.iter().find(|earlier| match &earlier.body {
            Body::Meal(other) => other.paper.as_ref().is_some_and(|o| (o.list, o.line) == (paper.list, paper.line)),
            _ => false,
        });
        hold!(same.is_none(), "5 a line of a paper list is a meal once", "{} and {same:?}", record.id);
        hold!(
            record.cashier.is_some_and(|cashier| cashier != paper.approved_by) && meal.diner.is_some(),
            "13 a paper list needs a second person",
            "{}: {paper:?}",
            record.id
        );
        Ok(())
    }

    /// At one till nobody is served the same meal twice, unless the first was reversed.
    fn served_once(&self, record: &Record, diner: &Diner) -> anyhow::Result<()> {
        let Body::Meal(meal) = &record.body else { return Ok(()) };
        let same = self.records.iter().find(|earlier| match &earlier.body {
            Body::Meal(other) => {
                let who = other.diner.as_ref().is_some_and(|d| d.elder == diner.elder);
                let when = (other.meal.date, &other.meal.period) == (meal.meal.date, &meal.meal.period);
                who && when && !self.voided.contains(&earlier.id)
            }
            _ => false,
        });
        hold!(same.is_none(), "no silent double charge at a till", "{} and {same:?}", record.id);
        Ok(())
    }

    /// What the till knew of the elder's uses: not more than there ever were, and not less than it must know.
    fn knows(&self, record: &Record, diner: &Diner, model: &Model) -> anyhow::Result<()> {
        let date = day_of(record);
        let standard = diner.used.0.iter().filter(|used| used.group.as_deref() == Some("standard"));
        let week: u32 = standard.map(|used| used.counts.week).sum();
        let in_week = |(who, when): &(ElderId, BusinessDate)| *who == diner.elder && when.monday() == date.monday();
        let at_most = model.eaten.iter().filter(|(id, eaten)| in_week(eaten) && !self.voided.contains(id)).count();
        hold!(
            week as usize <= at_most,
            "4 usage is counted once",
            "{}: the till counted {week} uses of {} in the week, there were {at_most}",
            record.id,
            diner.elder
        );
        // A record in quarantine has an outcome and is no use, and a set back office may have forgotten uses.
        if self.disturbed || model.forked || model.office_restored {
            return Ok(());
        }
        let own: BTreeSet<RecordId> = self.records.iter().map(|r| r.id).collect();
        let known = |id: &RecordId| own.contains(id) || self.told.contains(id);
        let at_least =
            model.eaten.iter().filter(|(id, eaten)| in_week(eaten) && known(id) && !model.voided.contains(id));
        let at_least = at_least.count();
        hold!(
            week as usize >= at_least,
            "4 usage that was told is counted",
            "{}: the till counted {week} uses of {} in the week, it was told {at_least}",
            record.id,
            diner.elder
        );
        Ok(())
    }

    /// Every record waits, has an outcome, or is held by an office whose answer was lost; what does not wait is a prefix.
    async fn queue(&mut self, journal: &mut Journal, restored: bool) -> anyhow::Result<()> {
        self.waiting = journal.waiting().await.into_iter().collect();
        let mut told: BTreeMap<(u32, i64), BTreeSet<String>> = BTreeMap::new();
        for (epoch, sequence, outcome) in journal.outcomes().await {
            told.entry((epoch, sequence)).or_default().insert(outcome);
        }
        for (epoch, (last, _)) in &self.heads {
            let first =
                self.waiting.range((*epoch, 0)..=(*epoch, i64::MAX)).next().map_or(last + 1, |(_, first)| *first);
            for sequence in 0..=*last {
                let place = (*epoch, sequence);
                hold!(
                    self.waiting.contains(&place) == (sequence >= first),
                    "8 acknowledged = contiguous prefix",
                    "{epoch}:{sequence} of {last}, the first that waits is {first}"
                );
                if sequence < first && !told.contains_key(&place) && self.asked.insert(place) {
                    self.unanswered.push(place);
                }
            }
        }
        let flipped = told.iter().find(|(_, outcomes)| outcomes.len() > 1);
        hold!(flipped.is_none() || restored || self.disturbed, "7 an outcome never flips", "{flipped:?}");
        Ok(())
    }

    /// The records that have an outcome.
    pub(crate) fn acknowledged(&self) -> impl Iterator<Item = &Record> {
        self.records
            .iter()
            .filter(|r| !self.waiting.contains(&(r.epoch, i64::try_from(r.sequence).unwrap_or(i64::MAX))))
    }
}
