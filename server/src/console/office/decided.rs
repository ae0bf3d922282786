//! What one person proposes and another decides, on a page: how it stands, and the form that turns it down.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;
use uuid::Uuid;

use super::person;
use crate::Office;
use crate::console::fmt;
use crate::console::lang::catalogue;
use crate::console::view::View;
use crate::http::body::{Form, Path};
use crate::http::{Answer, Decided, turn_down};
use crate::store::decisions::Decision;
use crate::store::people::UserRow;

catalogue! {
    rejected: "已驳回", "turned down";
    withdrawn: "已撤回", "taken back";
    reject: "驳回", "Turn down";
    withdraw: "撤回", "Take back";
    why: "理由（提出人能看到）", "Reason (its maker reads it)";
}

/// What was decided, for a table's cells.
pub(super) struct Said {
    /// Who and when; empty while it is open.
    pub(super) by: String,
    /// Why it was not approved, if it was not.
    pub(super) reason: String,
}

/// Who decided and when, and why it was not approved.
pub(super) fn said(decided: Decision, staff: &[UserRow], view: &View) -> Said {
    let who = decided.checker.map(|by| person(staff, by, view.lang));
    let when = decided.decided_at.map(|at| fmt::at(at, view.lang));
    let by = who.into_iter().chain(when).collect::<Vec<_>>().join(" ");
    Said { by, reason: decided.reason.unwrap_or_default() }
}

/// The word and the chip of what was not approved.
pub(super) fn not_approved(decision: &str, view: &View) -> (&'static str, &'static str) {
    let w = Words::of(view.lang);
    if decision == "rejected" { (w.rejected, "chip-bad") } else { (w.withdrawn, "chip-off") }
}

/// The form that turns something down, or takes it back for its maker.
pub(super) struct RejectForm {
    pub(super) w: &'static Words,
    pub(super) action: String,
    pub(super) is_own: bool,
}

impl RejectForm {
    /// Of something that stands at `base`.
    pub(super) fn of(base: &str, is_own: bool, view: &View) -> Self {
        Self { w: Words::of(view.lang), action: view.link(&format!("{base}/reject")), is_own }
    }
}

#[derive(Deserialize)]
pub(super) struct Rejection {
    reason: String,
}

/// Back to the list, which says what was done.
pub(super) fn back(home: &str, view: &View, done: &str) -> Redirect {
    Redirect::to(&view.link(&format!("{home}?done={done}")))
}

pub(super) async fn reject<D: Decided>(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Form(body): Form<Rejection>,
) -> Answer<Redirect> {
    turn_down::<D>(&office, &view.user, id, &body.reason).await?;
    Ok(back(D::HOME, &view, "said"))
}
