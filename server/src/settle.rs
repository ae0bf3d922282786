//! A step of a region's month, taken by somebody who is signed in: what the API's routes and `zhucan settle` both do. Who
//! may, and what has to be proven, is asked here; what the step is, [`crate::month`] knows.

use std::sync::Arc;

use domain::calendar::Month;
use domain::id::Digest;
use domain::region::RegionCode;
use domain::settlement::Role as MonthRole;

use crate::Office;
use crate::admin::{Claim, Present};
use crate::audit::{Act, Action, is_denial};
use crate::error::Error;
use crate::month::{self, Actor, MonthView};
use crate::people::Right;
use crate::store::people::UserRow;
use crate::words::{Code, settlement as words};

/// What is done about a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make its statements.
    Draft,
    /// Hand it to a checker.
    Submit,
    /// Hand it back, for this reason.
    SendBack(String),
    /// Approve what has this digest.
    Approve(Digest),
    /// Sign, as a third person, what has this digest.
    Sign(Digest),
}

impl Step {
    /// Who may.
    #[must_use]
    pub const fn right(&self) -> Right {
        match self {
            Self::Draft | Self::Submit => Right::MakeMonth,
            Self::SendBack(_) | Self::Approve(_) | Self::Sign(_) => Right::CheckMonth,
        }
    }

    /// Whether it needs the proof of the last minutes.
    #[must_use]
    pub const fn needs_proof(&self) -> bool {
        matches!(self, Self::Approve(_) | Self::Sign(_))
    }

    const fn action(&self) -> Action {
        match self {
            Self::Draft => Action::MonthDraft,
            Self::Submit => Action::MonthSubmit,
            Self::SendBack(_) => Action::MonthSendBack,
            Self::Approve(_) => Action::MonthApprove,
            Self::Sign(_) => Action::MonthSign,
        }
    }
}

/// The person as maker or checker of the region's month.
pub(crate) fn actor(user: &UserRow, region: &RegionCode, right: Right) -> Result<Actor, Error> {
    user.require(right)?;
    user.require_inside(region)?;
    let role = if right == Right::CheckMonth { MonthRole::FinanceChecker } else { MonthRole::FinanceMaker };
    Ok(Actor { user: user.id, role })
}

/// What a person writes down: not empty, not a novel.
pub(crate) fn explained(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if (1..=500).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(Error::refused(Code::Invalid, words::reason_needed()))
}

/// Takes the step; answers the month as it stands then.
///
/// Refused to who has something to do first, has not the right or not there, or has not just proven to be the person
/// where that is asked; and where the month does not allow it.
pub async fn take(
    office: &Arc<Office>,
    present: &Present,
    region: &RegionCode,
    of: Month,
    step: Step,
) -> Result<MonthView, Error> {
    present.require_ready()?;
    let actor = actor(&present.user, region, step.right())?;
    if step.needs_proof() {
        present.require_fresh(office.now())?;
    }
    let (store, now) = (&office.store, office.now());
    match step {
        Step::Draft => Ok(month::draft(store, &office.book(), &office.entropy, region, of, actor, now).await?.0),
        Step::Submit => month::submit(store, region, of, actor, now).await,
        Step::SendBack(reason) => month::send_back(store, region, of, actor, explained(&reason)?, now).await,
        Step::Approve(digest) => month::approve(store, region, of, actor, digest, now).await,
        Step::Sign(digest) => month::sign(store, region, of, actor, digest, now).await,
    }
}

/// The same for somebody at the office's own computer, who signs in for this step alone: both factors are the proof, a
/// denial is entered as on every other way, and the session is over when the step is.
pub async fn take_here(
    office: &Arc<Office>,
    claim: Claim<'_>,
    region: &RegionCode,
    of: Month,
    step: Step,
) -> Result<MonthView, Error> {
    let (action, object) = (step.action(), format!("month:{region}/{of}"));
    let session = office.sign_in_to_act(claim).await?;
    let present = office.present(&session.token).await;
    let done = match present {
        Ok(present) => take(office, &present, region, of, step).await,
        Err(error) => Err(error),
    };
    if let Some(code) = done.as_ref().err().and_then(Error::code).filter(|code| is_denial(*code)) {
        let act = Act::new(session.user.id, action, object).with("role", session.user.role.name());
        office.deny(act, code).await;
    }
    office.sign_out(&session.token).await?;
    done
}
