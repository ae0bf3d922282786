//! All announced policies, and which one covers a canteen on a date.
//!
//! Exactly one policy covers a canteen on a date: the one with the longest matching region. A tie is refused when the
//! policy is announced, so that nobody has to decide it at the till.

use std::sync::Arc;

use super::model::Policy;
use crate::calendar::BusinessDate;
use crate::decision::PolicyRef;
use crate::region::RegionCode;

/// Why a policy is not announced. The sentence is for the office; [`AnnounceError::code`] is stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnounceError {
    /// That version has been announced, with this or another content.
    #[error("{id} 第 {version} 版已公布 / {id} version {version} has been announced")]
    VersionTwice {
        /// Policy id.
        id: String,
        /// Version.
        version: u32,
    },
    /// Two versions of one policy start on the same day.
    #[error(
        "{id} 第 {version} 版与第 {other} 版同日（{from}）生效 / {id} versions {version} and {other} both start on {from}"
    )]
    SameDay {
        /// Policy id.
        id: String,
        /// The new version.
        version: u32,
        /// The announced version.
        other: u32,
        /// The day.
        from: BusinessDate,
    },
    /// A version starts in the past and says of no version that it corrects it.
    #[error(
        "{id} 第 {version} 版于 {from} 生效，早于今日 {today}，须写 corrects / {id} version {version} starts on {from}, before today {today}, without `corrects`"
    )]
    InThePast {
        /// Policy id.
        id: String,
        /// The new version.
        version: u32,
        /// Its first day.
        from: BusinessDate,
        /// The day of the announcement.
        today: BusinessDate,
    },
    /// A version begins on the day of its announcement where another one has been charged by since the morning.
    #[error(
        "{id} 第 {version} 版于今日（{from}）生效，而 {region} 今日已按 {other} 第 {in_force} 版收费：请将生效日改为明日或以后，确属更正的须写 corrects / {id} version {version} starts today ({from}), where {region} is charged by {other} version {in_force} since this morning: let it start tomorrow or later, or say what it `corrects`"
    )]
    Underway {
        /// Policy id.
        id: String,
        /// The new version.
        version: u32,
        /// Its first day, today.
        from: BusinessDate,
        /// A region that it names.
        region: RegionCode,
        /// The policy that covers the region today.
        other: String,
        /// Its version.
        in_force: u32,
    },
    /// A version says that it corrects another one, and starts in the future, where nobody was charged wrongly.
    #[error(
        "{id} 第 {version} 版于 {from} 生效，尚未到来，不是更正，请删去 corrects / {id} version {version} starts on {from}, which is to come, and corrects nothing: leave `corrects` out"
    )]
    CorrectsFuture {
        /// Policy id.
        id: String,
        /// The new version.
        version: u32,
        /// Its first day.
        from: BusinessDate,
    },
    /// `corrects` names a version that was never announced.
    #[error(
        "{id} 第 {version} 版所更正的第 {corrects} 版未曾公布 / {id} version {version} corrects version {corrects}, which was never announced"
    )]
    CorrectsUnknown {
        /// Policy id.
        id: String,
        /// The new version.
        version: u32,
        /// The version it names.
        corrects: u32,
    },
    /// Another policy covers one of its regions, as exactly, on one of its days.
    #[error(
        "{region} 自 {from} 起同时适用 {id} 与 {other} / {region} would be covered by both {id} and {other} from {from}"
    )]
    CoverageTie {
        /// The new policy.
        id: String,
        /// The announced policy.
        other: String,
        /// The region both name.
        region: RegionCode,
        /// The first day on which both would cover it.
        from: BusinessDate,
    },
}

impl AnnounceError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::VersionTwice { .. } => "version_twice",
            Self::SameDay { .. } => "same_day",
            Self::InThePast { .. } => "in_the_past",
            Self::Underway { .. } => "underway",
            Self::CorrectsFuture { .. } => "corrects_future",
            Self::CorrectsUnknown { .. } => "corrects_unknown",
            Self::CoverageTie { .. } => "coverage_tie",
        }
    }
}

/// A version and the days on which it is in force.
#[derive(Clone, Debug)]
struct Announced {
    policy: Arc<Policy>,
    /// How many were announced before it.
    number: usize,
    /// The last day: its own, or the day before the next version of the same id begins.
    last: Option<BusinessDate>,
}

impl Announced {
    fn in_force(&self, date: BusinessDate) -> bool {
        self.policy.effective_from <= date && self.last.is_none_or(|last| date <= last)
    }
}

/// The announced policies.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    /// Sorted by (id, first day).
    announced: Vec<Announced>,
}

impl PolicySet {
    /// No policies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a policy on the day it is announced.
    ///
    /// # Errors
    /// When the version exists, starts on the day another one starts, starts before `today` without `corrects` or after
    /// it with `corrects`, starts today without `corrects` where another one is charged by, corrects a version that was never announced, or would tie with another policy. The set is
    /// then unchanged. A version that corrects another one may start on that one's first day, and so replace all of it.
    pub fn announce(&mut self, policy: Policy, today: BusinessDate) -> Result<(), AnnounceError> {
        let (id, version, from) = (policy.id().to_owned(), policy.version(), policy.effective_from);
        if policy.corrects.is_none() && from < today {
            return Err(AnnounceError::InThePast { id, version, from, today });
        }
        self.announce_again(policy, today)
    }

    /// Adds a policy that an office had announced and lost: as [`PolicySet::announce`], but its first day may be past.
    /// Whoever calls this has seen that it was in force then, by these very bytes.
    ///
    /// # Errors
    /// As for [`PolicySet::announce`], without [`AnnounceError::InThePast`].
    pub fn announce_again(&mut self, policy: Policy, today: BusinessDate) -> Result<(), AnnounceError> {
        let (id, version, from) = (policy.id().to_owned(), policy.version(), policy.effective_from);
        match policy.corrects {
            Some(_) if from > today => return Err(AnnounceError::CorrectsFuture { id, version, from }),
            Some(corrects) if self.versions_of(&id).all(|p| p.version() != corrects) => {
                return Err(AnnounceError::CorrectsUnknown { id, version, corrects });
            }
            _ => {}
        }
        let begins_today = policy.corrects.is_none() && from == today;
        let mut next = self.clone();
        let at = next.insert(policy)?;
        next.check_ties(at)?;
        if begins_today {
            self.check_underway(&next.announced[at].policy, today)?;
        }
        *self = next;
        Ok(())
    }

    /// Adds a policy that was announced before, whatever day it is now: what a restart and a terminal's download do.
    /// What its announcement was checked for is not asked again: a terminal is sent some policies only, and in the order
    /// of the set.
    ///
    /// # Errors
    /// When the version is there already, or starts on the day of one that it does not correct.
    pub fn restore(&mut self, policy: Policy) -> Result<(), AnnounceError> {
        self.insert(policy).map(drop)
    }

    /// What was charged this morning was right, and stays so: only where nothing is in force may a version begin today.
    fn check_underway(&self, new: &Policy, today: BusinessDate) -> Result<(), AnnounceError> {
        let covered = |region: &RegionCode| self.covering(region, today).map(|policy| (region.clone(), policy));
        let Some((region, covering)) = new.regions.iter().find_map(covered) else { return Ok(()) };
        let (other, in_force) = (covering.id().to_owned(), covering.version());
        let (id, version, from) = (new.id().to_owned(), new.version(), new.effective_from);
        Err(AnnounceError::Underway { id, version, from, region, other, in_force })
    }

    fn versions_of<'s>(&'s self, id: &'s str) -> impl Iterator<Item = &'s Arc<Policy>> {
        self.announced.iter().map(|a| &a.policy).filter(move |p| p.id() == id)
    }

    /// Puts a version into its place and says where that is.
    fn insert(&mut self, policy: Policy) -> Result<usize, AnnounceError> {
        let (id, version, from) = (policy.id().to_owned(), policy.version(), policy.effective_from);
        if self.versions_of(&id).any(|other| other.version() == version) {
            return Err(AnnounceError::VersionTwice { id, version });
        }
        // The last one that begins on the day; those before it were replaced by corrections themselves.
        let that_day = self.versions_of(&id).filter(|other| other.effective_from == from).last();
        if let Some(other) = that_day.map(|other| other.version()).filter(|other| policy.corrects != Some(*other)) {
            return Err(AnnounceError::SameDay { id, version, other, from });
        }
        // Behind the version of the same day that it corrects.
        let at = self.announced.partition_point(|a| (a.policy.id(), a.policy.effective_from) <= (policy.id(), from));
        let number = self.announced.len();
        self.announced.insert(at, Announced { policy: Arc::new(policy), number, last: None });
        self.end_versions();
        Ok(at)
    }

    /// A version ends the day before the next one begins; one that is replaced as a whole ends before it begins.
    fn end_versions(&mut self) {
        for index in 0..self.announced.len() {
            let policy = &self.announced[index].policy;
            let next = self.announced.get(index + 1).filter(|next| next.policy.id() == policy.id());
            let day_before = next.map(|next| next.policy.effective_from.plus_days(-1));
            let last = match (policy.effective_until, day_before) {
                (Some(own), Some(before)) => Some(own.min(before)),
                (own, before) => own.or(before),
            };
            self.announced[index].last = last;
        }
    }

    /// Two policies match a canteen equally well only if they name the same region.
    fn check_ties(&self, at: usize) -> Result<(), AnnounceError> {
        let new = &self.announced[at];
        for other in self.announced.iter().filter(|a| a.policy.id() != new.policy.id()) {
            let from = new.policy.effective_from.max(other.policy.effective_from);
            let shared = new.policy.regions.iter().find(|r| other.policy.regions.contains(r));
            if let Some(region) = shared
                && new.in_force(from)
                && other.in_force(from)
            {
                let (id, other) = (new.policy.id().to_owned(), other.policy.id().to_owned());
                return Err(AnnounceError::CoverageTie { id, other, region: region.clone(), from });
            }
        }
        Ok(())
    }

    /// The policy that covers a canteen in `region` on `date`: of those in force the one with the longest region that
    /// contains the canteen's.
    #[must_use]
    pub fn covering(&self, region: &RegionCode, date: BusinessDate) -> Option<&Policy> {
        let in_force = self.announced.iter().filter(|a| a.in_force(date));
        let matching = in_force.filter_map(|a| a.policy.closeness(region).map(|length| (length, &*a.policy)));
        matching.max_by_key(|(length, _)| *length).map(|(_, policy)| policy)
    }

    /// What the first so many announcements were, in the order in which this set was given them: the set as it stood
    /// before later ones.
    #[must_use]
    pub fn first(&self, announcements: usize) -> Self {
        self.kept(|announced| announced.number < announcements)
    }

    fn kept(&self, keep: impl Fn(&Announced) -> bool) -> Self {
        let mut set = Self { announced: self.announced.iter().filter(|a| keep(a)).cloned().collect() };
        set.end_versions();
        set
    }

    /// Whether a till could rightly charge by that version in a canteen of `region` on `date`: it covers the canteen, or
    /// it did before versions that were announced later. A till that was out of reach has not heard of those, and its
    /// elders paid by what it knew: what is due instead is the day close's to say.
    #[must_use]
    pub fn could_charge(&self, reference: &PolicyRef, region: &RegionCode, date: BusinessDate) -> bool {
        if self.covering(region, date).map(Policy::reference) == Some(reference) {
            return true;
        }
        let Some(named) = self.announced.iter().find(|a| a.policy.reference() == reference) else { return false };
        let covers = |set: Self| set.covering(region, date).map(Policy::reference) == Some(reference);
        (named.number + 1..self.announced.len()).any(|heard| covers(self.first(heard)))
            || covers(self.kept(|a| a.policy.corrects.is_none() || a.number <= named.number))
    }

    /// Whether what was charged on `date` was charged before a correction of it was announced: a version with
    /// `corrects` covers the canteen now, or begins no later in the policy that was charged by.
    #[must_use]
    pub fn is_corrected(&self, charged: Option<&PolicyRef>, region: &RegionCode, date: BusinessDate) -> bool {
        let covering = self.covering(region, date);
        if covering.map(Policy::reference) == charged {
            return false;
        }
        let of_charged =
            |p: &Arc<Policy>| p.corrects.is_some() && p.effective_from <= date && Some(p.reference()) != charged;
        covering.is_some_and(|p| p.corrects.is_some())
            || charged.is_some_and(|charged| self.versions_of(&charged.id).any(of_charged))
    }

    /// That very version, by content.
    #[must_use]
    pub fn by_ref(&self, reference: &PolicyRef) -> Option<&Policy> {
        self.policies().find(|p| p.reference() == reference)
    }

    /// Every version, by id and first day.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.announced.iter().map(|a| &*a.policy)
    }

    /// The last day on which that version is in force: its own, or the day before the next version begins. Nothing for
    /// an open end, or for a version that is not in the set.
    #[must_use]
    pub fn last_day(&self, reference: &PolicyRef) -> Option<BusinessDate> {
        self.announced.iter().find(|a| a.policy.reference() == reference).and_then(|a| a.last)
    }
}
