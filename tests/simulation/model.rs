//! What the simulation itself has done and seen: the oracle's own memory, never the programs'.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{Digest, ElderId, RecordId, TerminalId};
use domain::record::Record;

use crate::oracle::hold;
use crate::template::{CANTEENS, Elder, has_chip};

/// A dated word about an elder or a canteen, and when the office learned it.
#[derive(Clone, Debug)]
pub(crate) struct Fact<T> {
    pub(crate) of: usize,
    pub(crate) from: BusinessDate,
    pub(crate) known: UnixMs,
    pub(crate) says: T,
}

/// What the office was told: lost with its database when that is set back.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Category 低保 begins or ends.
    pub(crate) hardship: Vec<Fact<bool>>,
    pub(crate) deaths: Vec<Fact<()>>,
    /// Quantified grades.
    pub(crate) grades: Vec<Fact<&'static str>>,
    /// The first day of the second version, if it was announced.
    pub(crate) second_rules: Option<BusinessDate>,
    /// Each elder's card that is good; none while the old one is revoked and no new one was issued.
    pub(crate) cards: Vec<Option<String>>,
    pub(crate) revoked: BTreeSet<String>,
    /// The elders whose chip card is registered.
    pub(crate) chips: BTreeSet<usize>,
    /// What rosters have to tell of each elder that changed.
    pub(crate) changed: BTreeMap<ElderId, Known>,
    /// Who is registered.
    pub(crate) registered: BTreeSet<usize>,
    /// The terminals that were let in during the seed.
    pub(crate) terminals: BTreeSet<TerminalId>,
    /// The terminals that were taken out of service.
    pub(crate) out_of_service: BTreeSet<TerminalId>,
}

/// What the office knows of an elder that terminals must be told, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The last change, unix ms.
    pub(crate) at: i64,
    /// Printed cards and chips that are good.
    pub(crate) good: usize,
    /// And those that were revoked.
    pub(crate) revoked: usize,
    pub(crate) dead: bool,
}

/// What somebody shows at a till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Card(String),
    Chip,
    ResidentId,
}

/// A sale that a till said is made.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) till: usize,
    /// Nobody for a guest.
    pub(crate) elder: Option<usize>,
    /// At full price, for the till could not place what was shown: whose it was, and what.
    pub(crate) unplaced: Option<(usize, Shown)>,
    pub(crate) record: String,
    pub(crate) price: i64,
    pub(crate) to_pay: i64,
    pub(crate) voided: bool,
    /// The disk that it was on was set back behind it: it may be gone.
    pub(crate) set_back: bool,
    /// The till had heard from the office since its disk was set back: it cannot have taken a place that is taken.
    pub(crate) heard: bool,
}

/// All of it.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) elders: Vec<Elder>,
    pub(crate) told: Told,
    /// Whose each printed card is, or was.
    pub(crate) holders: BTreeMap<String, usize>,
    pub(crate) sales: Vec<Sale>,
    /// Every meal with a benefit that any journal ever held: who and when.
    pub(crate) eaten: BTreeMap<RecordId, (ElderId, BusinessDate)>,
    /// Every meal that any journal ever reversed.
    pub(crate) voided: BTreeSet<RecordId>,
    bytes: BTreeMap<RecordId, Digest>,
    /// The office's database was set back at some time.
    pub(crate) office_restored: bool,
    /// A terminal was set back or copied at some time.
    pub(crate) forked: bool,
    /// One of them a copy, so that two programs write as one terminal.
    pub(crate) copied: bool,
}

impl Model {
    pub(crate) fn new(elders: &[Elder]) -> Self {
        let cards = elders.iter().map(|e| e.card.clone()).collect();
        let holders = elders.iter().enumerate().filter_map(|(n, elder)| Some((elder.card.clone()?, n))).collect();
        let told = Told {
            hardship: Vec::new(),
            deaths: Vec::new(),
            grades: Vec::new(),
            second_rules: None,
            cards,
            revoked: BTreeSet::new(),
            chips: (0..elders.len()).filter(|elder| has_chip(*elder)).collect(),
            changed: BTreeMap::new(),
            registered: (0..elders.len()).filter(|elder| elders[*elder].id.is_some()).collect(),
            terminals: BTreeSet::new(),
            out_of_service: BTreeSet::new(),
        };
        Self {
            elders: elders.to_vec(),
            told,
            holders,
            sales: Vec::new(),
            eaten: BTreeMap::new(),
            voided: BTreeSet::new(),
            bytes: BTreeMap::new(),
            office_restored: false,
            forked: false,
            copied: false,
        }
    }

    /// One id, one byte string, in whatever journal.
    pub(crate) fn bytes_of(&mut self, record: &Record) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec(record)?;
        let digest = Digest::of("simulation", &[&bytes]);
        let first = *self.bytes.entry(record.id).or_insert(digest);
        hold!(first == digest, "5 one id, one byte string", "{}", record.id);
        Ok(())
    }

    /// The last word on something as of a date: the latest first day, then the latest word.
    fn last<T: Copy>(facts: &[Fact<T>], of: usize, date: BusinessDate) -> Option<T> {
        let about = facts.iter().filter(|fact| fact.of == of && fact.from <= date);
        about.max_by_key(|fact| (fact.from, fact.known)).map(|fact| fact.says)
    }

    /// Whether an elder has the higher amount on a date.
    pub(crate) fn hardship(&self, elder: usize, date: BusinessDate) -> bool {
        // 特困 of the template stays; 低保 begins and ends.
        self.elders[elder].hardship || Self::last(&self.told.hardship, elder, date).unwrap_or(false)
    }

    /// Whether an elder had died before a date. The day of death itself was lived.
    pub(crate) fn dead(&self, elder: usize, date: BusinessDate) -> bool {
        self.told.deaths.iter().any(|fact| fact.of == elder && fact.from < date)
    }

    pub(crate) fn grade(&self, canteen: usize, date: BusinessDate) -> &'static str {
        assert!(canteen < CANTEENS, "a canteen");
        Self::last(&self.told.grades, canteen, date).unwrap_or("A")
    }

    /// The id under which the office knows an elder now. A registration that was lost with its database leaves the id
    /// with the tills.
    pub(crate) fn known(&self, elder: usize) -> Option<ElderId> {
        self.elders[elder].id.filter(|_| self.told.registered.contains(&elder))
    }

    /// The ids of those whose registration was lost.
    pub(crate) fn lost(&self) -> BTreeSet<ElderId> {
        let lost = self.elders.iter().enumerate().filter(|(elder, _)| !self.told.registered.contains(elder));
        lost.filter_map(|(_, elder)| elder.id).collect()
    }

    pub(crate) fn elder(&self, id: ElderId) -> Option<usize> {
        self.elders.iter().position(|elder| elder.id == Some(id))
    }

    /// What a reader, or a hand, puts in for what is shown.
    pub(crate) fn code(&self, elder: usize, shown: &Shown) -> String {
        match shown {
            Shown::Card(card) => card.clone(),
            Shown::Chip => self.elders[elder].chip.clone(),
            Shown::ResidentId => self.elders[elder].resident_id.clone(),
        }
    }

    /// Whether the office knows now whose it is. Of a card that was revoked it depends on when it looked.
    pub(crate) fn names_somebody(&self, elder: usize, shown: &Shown) -> bool {
        match shown {
            Shown::Card(card) => self.told.cards[elder].as_ref() == Some(card),
            Shown::Chip => self.told.chips.contains(&elder),
            Shown::ResidentId => self.known(elder).is_some(),
        }
    }

    /// The office has learned something of an elder that terminals must be told.
    pub(crate) fn note_change(&mut self, elder: usize, now: UnixMs) {
        let Some(id) = self.known(elder) else { return };
        let of = |card: &&String| self.holders.get(*card) == Some(&elder);
        let known = Known {
            at: now.get(),
            good: usize::from(self.told.cards[elder].is_some()) + usize::from(self.told.chips.contains(&elder)),
            revoked: self.told.revoked.iter().filter(of).count(),
            dead: self.told.deaths.iter().any(|fact| fact.of == elder),
        };
        self.told.changed.insert(id, known);
    }
}
