//! Why a price is what it is. It may name a category, so it stands behind a key and a supervisor's PIN, and never on a
//! slip or on the elder's display.

use domain::decision::Kind;
use domain::money::Fen;
use domain::subsidy::decide;
use domain::words::Language;

use super::{Approval, Stage, TillError};
use crate::core::Core;

/// What was given, and why the rest was not.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Why {
    /// Benefits with what they give.
    pub(crate) given: Vec<Given>,
    /// Benefits that do not apply, with the first reason.
    pub(crate) not: Vec<NotGiven>,
}

/// A benefit that applies.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Given {
    pub(crate) label: String,
    pub(crate) amount: Fen,
    /// It is paid to the canteen on top; the elder's price is the same without it.
    pub(crate) on_top: bool,
}

/// A benefit that does not.
#[derive(Debug, serde::Serialize)]
pub(crate) struct NotGiven {
    pub(crate) label: String,
    pub(crate) reason: String,
}

fn on_top(kind: Kind) -> bool {
    matches!(kind, Kind::Operator | Kind::Delivery)
}

impl Core {
    /// The decision of the sale that waits, benefit by benefit.
    pub(crate) async fn why(&self, approval: Option<Approval>, language: Language) -> Result<Why, TillError> {
        let state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        let Stage::Serving { offer, .. } = &state.stage else { return Err(TillError::NothingWaits) };
        self.approve(approval).await?;
        let meal = &offer.meal;
        let (Some(diner), Some(policy)) = (&meal.diner, duty.rules.policy(meal.meal.date)) else {
            return Ok(Why { given: Vec::new(), not: Vec::new() });
        };
        let outcome = decide(policy, duty.rules.calendar(), &diner.facts, &diner.canteen, &meal.meal, &diner.used);
        let label = |id: &str| policy.benefit(id).map_or_else(|| id.to_owned(), |benefit| benefit.label.clone());
        let given = meal.decision.lines.iter();
        let not = outcome.why.iter();
        Ok(Why {
            given: given
                .map(|line| Given { label: label(&line.benefit), amount: line.amount, on_top: on_top(line.kind) })
                .collect(),
            not: not.map(|(id, why)| NotGiven { label: label(id), reason: why.sentence(language, policy) }).collect(),
        })
    }
}
