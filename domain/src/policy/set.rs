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
            Self::CorrectsUnknown { .. } => "corrects_unknown",
            Self::CoverageTie { .. } => "coverage_tie",
        }
    }
}

/// A version and the days on which it is in force.
#[derive(Clone, Debug)]
struct Announced {
    policy: Arc<Policy>,
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
    /// When the version exists, starts on the day another one starts, starts before `today` without `corrects`,
    /// corrects a version that was never announced, or would tie with another policy. The set is then unchanged.
    pub fn announce(&mut self, policy: Policy, today: BusinessDate) -> Result<(), AnnounceError> {
        if policy.effective_from < today && policy.corrects.is_none() {
            return Err(AnnounceError::InThePast {
                id: policy.id().to_owned(),
                version: policy.version(),
                from: policy.effective_from,
                today,
            });
        }
        self.restore(policy)
    }

    /// Adds a policy that was announced before, whatever day it is now: what a restart and a terminal's download do.
    /// Versions come in the order in which they were announced.
    ///
    /// # Errors
    /// As [`PolicySet::announce`], but for the past.
    pub fn restore(&mut self, policy: Policy) -> Result<(), AnnounceError> {
        self.check_versions(&policy)?;
        let mut next = self.clone();
        let at = next
            .announced
            .partition_point(|a| (a.policy.id(), a.policy.effective_from) < (policy.id(), policy.effective_from));
        next.announced.insert(at, Announced { policy: Arc::new(policy), last: None });
        next.end_versions();
        next.check_ties(at)?;
        *self = next;
        Ok(())
    }

    fn versions_of<'s>(&'s self, id: &'s str) -> impl Iterator<Item = &'s Arc<Policy>> {
        self.announced.iter().map(|a| &a.policy).filter(move |p| p.id() == id)
    }

    fn check_versions(&self, policy: &Policy) -> Result<(), AnnounceError> {
        let (id, version) = (policy.id().to_owned(), policy.version());
        for other in self.versions_of(policy.id()) {
            if other.version() == version {
                return Err(AnnounceError::VersionTwice { id, version });
            }
            if other.effective_from == policy.effective_from {
                let (other, from) = (other.version(), policy.effective_from);
                return Err(AnnounceError::SameDay { id, version, other, from });
            }
        }
        match policy.corrects {
            Some(corrects) if self.versions_of(policy.id()).all(|p| p.version() != corrects) => {
                Err(AnnounceError::CorrectsUnknown { id, version, corrects })
            }
            _ => Ok(()),
        }
    }

    /// A version ends the day before the next one begins.
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
        let best = |policy: &Policy| {
            let matching = policy.regions.iter().filter(|r| r.contains(region));
            matching.map(|r| r.as_str().len()).max()
        };
        let in_force = self.announced.iter().filter(|a| a.in_force(date));
        let matching = in_force.filter_map(|a| best(&a.policy).map(|length| (length, &*a.policy)));
        matching.max_by_key(|(length, _)| *length).map(|(_, policy)| policy)
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
