//! The rules of subsidised meals, as pure functions.
//!
//! No I/O, no clock, no randomness and no SQL: whatever a function here needs comes in as a value, so that the
//! terminal in the canteen and the server at the office reach the same result from the same facts, and an auditor
//! can reach it again in thirty years.
//!
//! The natural way of the data: [`subsidy::decide`] → [`record::Record`] → [`reconciliation::reconcile_day`] →
//! [`settlement::settle_month`].

pub mod budget;
pub mod calendar;
pub mod canteen;
pub mod cases;
pub mod check;
pub mod credential;
pub mod decision;
mod document;
pub mod draw;
pub mod elder;
pub mod explain;
pub mod handed;
pub mod health;
pub mod id;
pub mod ledger;
pub mod money;
pub mod policy;
pub mod reconciliation;
pub mod record;
pub mod region;
pub mod resident_id;
#[cfg(feature = "schema")]
mod schema;
pub mod settlement;
pub mod simulation;
pub mod subsidy;
pub mod sync;
pub mod words;
