//! `/console/terminals/{id}`: one terminal: letting it in by its fingerprint, taking it out of service, its journals
//! and what about them waits for a person.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::id::TerminalId;
use serde::Deserialize;

use super::terminal_words::Words;
use super::terminals::{HOME, state};
use super::words::Words as Common;
use super::{ago, person};
use crate::Office;
use crate::audit::Action;
use crate::console::lang::fill;
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Form, Path};
use crate::http::routes::Routes;
use crate::http::{Answer, explained, of_terminal};
use crate::people::Right;
use crate::store::epochs::{self, EndRow, Fork};
use crate::store::people::UserRow;
use crate::store::records::Journal;
use crate::store::terminals::{EpochRow, TerminalRow};
use crate::store::{canteens, people, quarantine, terminals};

/// A journal as it stands on the page.
struct Epoch {
    number: u32,
    next: String,
    last: String,
    end: Option<End>,
}

/// An end that was asked for or came.
struct End {
    reason: String,
    by: String,
    /// The second person, once it ended.
    confirmed: Option<String>,
    missing: String,
    /// Whether the person who looks asked for it.
    own: bool,
}

struct ForkView {
    epoch: u32,
    sequence: u64,
    words: &'static str,
    resolution: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "console/office/terminal.html")]
struct TerminalPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    row: TerminalRow,
    canteen: String,
    canteen_link: String,
    state: (&'static str, &'static str),
    seen: String,
    enrolled: String,
    confirmed: Option<String>,
    epochs: Vec<Epoch>,
    forks: Vec<ForkView>,
    /// How much of what it sent is in quarantine.
    quarantined: i64,
    lookups: Vec<(String, i64, i64)>,
    manages: bool,
    home: String,
    base: String,
}

impl TerminalPage {
    fn post(&self, what: &str) -> String {
        self.shell.view.link(&format!("{}/{what}", self.base))
    }

    /// Where an act about a journal is sent.
    fn end(&self, one: &Epoch, rest: &str) -> String {
        self.post(&format!("epochs/{}/{rest}", one.number))
    }

    fn resolve(&self, fork: &ForkView) -> String {
        self.post(&format!("forks/{}/{}", fork.epoch, fork.sequence))
    }

    fn is_pending(&self) -> bool {
        self.row.confirmed_at.is_none() && self.row.revoked_at.is_none()
    }

    fn is_in_use(&self) -> bool {
        self.row.confirmed_at.is_some() && self.row.revoked_at.is_none()
    }

    fn unsent(&self) -> String {
        self.row.unsent.map_or_else(|| "—".to_owned(), fmt::count)
    }
}

#[derive(Deserialize)]
struct Compared {
    fingerprint: String,
}

#[derive(Deserialize)]
struct Why {
    reason: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/console/terminals/{id}", show)
        .post("/console/terminals/{id}/confirmation", Action::TerminalConfirm, confirm)
        .post("/console/terminals/{id}/revocation", Action::TerminalRevoke, revoke)
        .post("/console/terminals/{id}/retirement", Action::TerminalRetire, retire)
        .post("/console/terminals/{id}/epochs/{epoch}/end", Action::EpochEndAsk, ask_end)
        .post("/console/terminals/{id}/epochs/{epoch}/end-confirmation", Action::EpochEnd, confirm_end)
        .post("/console/terminals/{id}/forks/{epoch}/{sequence}", Action::ForkResolve, resolve)
}

async fn show(State(office): State<Arc<Office>>, view: View, Path(id): Path<TerminalId>) -> Answer<Page> {
    let row = of_terminal(&office, &view.user, Right::Read, id).await?;
    let (canteen, staff) = (row.canteen, view.user.region.clone());
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let place = canteens::get(tx, canteen).await?;
            let mut journals = Vec::new();
            for epoch in terminals::epochs(tx, canteen, id).await? {
                let end = epochs::end(tx, Journal { canteen, terminal: id, epoch: epoch.epoch }).await?;
                journals.push((epoch, end));
            }
            let forks = match &place {
                Some(place) => epochs::forks(tx, &place.region).await?,
                None => Vec::new(),
            };
            let lookups = terminals::lookups(tx, id).await?;
            let kept = quarantine::count(tx, id).await?;
            Ok((place, journals, forks, (lookups, kept), people::inside(tx, &staff).await?))
        })
    });
    let (place, journals, forks, (lookups, quarantined), staff) = read.await?;
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    Page::of(&TerminalPage {
        w,
        c,
        canteen: place.map(|place| place.name).unwrap_or_default(),
        canteen_link: view.link(&format!("{}/{canteen}", super::canteens::HOME)),
        state: state(&row, w),
        seen: row.seen_at.map_or_else(|| c.never.to_owned(), |at| ago(at, view.now, c)),
        enrolled: fmt::at(row.enrolled_at, view.lang),
        confirmed: row.confirmed_at.map(|at| fmt::at(at, view.lang)),
        epochs: journals.into_iter().map(|(epoch, end)| journal(&epoch, end, &staff, &view)).collect(),
        forks: forks.iter().filter(|fork| fork.terminal == id).map(|fork| fork_view(fork, &staff, &view)).collect(),
        quarantined,
        lookups: lookups
            .into_iter()
            .rev()
            .take(31)
            .map(|(date, asked, found)| (fmt::day(date, view.lang), asked, found))
            .collect(),
        manages: view.user.role.rights().contains(&Right::ManageTerminals),
        home: view.link(HOME),
        base: format!("{HOME}/{id}"),
        shell: view.shell(HOME, w.title),
        row,
    })
}

fn journal(epoch: &EpochRow, end: Option<EndRow>, staff: &[UserRow], view: &View) -> Epoch {
    let w = Words::of(view.lang);
    let end = end.map(|end| End {
        reason: end.reason,
        by: person(staff, end.asked_by, view.lang),
        confirmed: end.confirmed_by.map(|by| person(staff, by, view.lang)),
        missing: end.missing.filter(|n| *n > 0).map(|n| fill(w.missing, &[("n", &n)])).unwrap_or_default(),
        own: end.asked_by == view.user.id,
    });
    Epoch {
        number: epoch.epoch,
        next: fmt::count(i64::try_from(epoch.next).unwrap_or(i64::MAX)),
        last: epoch.last_at.map_or_else(|| "—".to_owned(), |at| fmt::at(at, view.lang)),
        end,
    }
}

fn fork_view(fork: &Fork, staff: &[UserRow], view: &View) -> ForkView {
    let decided = |by, at| format!("{} {}", person(staff, by, view.lang), fmt::at(at, view.lang));
    ForkView {
        epoch: fork.epoch,
        sequence: fork.sequence,
        words: Words::of(view.lang).fork(fork.kind),
        resolution: fork.resolution.as_ref().map(|r| (r.reason.clone(), decided(r.decided_by, r.decided_at))),
    }
}

fn done(view: &View, id: TerminalId, is_new: bool, word: &str) -> Redirect {
    let word = if is_new { word } else { "already" };
    Redirect::to(&view.link(&format!("{HOME}/{id}?done={word}")))
}

async fn confirm(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<TerminalId>,
    Form(compared): Form<Compared>,
) -> Answer<Redirect> {
    of_terminal(&office, &view.user, Right::ManageTerminals, id).await?;
    let is_new = office.confirm_terminal(id, &compared.fingerprint, Some(view.user.id)).await?;
    Ok(done(&view, id, is_new, "confirmed"))
}

async fn revoke(State(office): State<Arc<Office>>, view: View, Path(id): Path<TerminalId>) -> Answer<Redirect> {
    of_terminal(&office, &view.user, Right::ManageTerminals, id).await?;
    let is_new = office.revoke_terminal(id, Some(view.user.id)).await?;
    Ok(done(&view, id, is_new, "removed"))
}

async fn retire(State(office): State<Arc<Office>>, view: View, Path(id): Path<TerminalId>) -> Answer<Redirect> {
    of_terminal(&office, &view.user, Right::ManageTerminals, id).await?;
    let is_new = office.retire_terminal(id, Some(view.user.id)).await?;
    Ok(done(&view, id, is_new, "removed"))
}

async fn ask_end(
    State(office): State<Arc<Office>>,
    view: View,
    Path((id, epoch)): Path<(TerminalId, u32)>,
    Form(why): Form<Why>,
) -> Answer<Redirect> {
    of_terminal(&office, &view.user, Right::ManageTerminals, id).await?;
    office.ask_epoch_end(id, epoch, explained(&why.reason)?, view.user.id).await?;
    Ok(done(&view, id, true, "proposed"))
}

async fn confirm_end(
    State(office): State<Arc<Office>>,
    view: View,
    Path((id, epoch)): Path<(TerminalId, u32)>,
) -> Answer<Redirect> {
    of_terminal(&office, &view.user, Right::ManageTerminals, id).await?;
    office.confirm_epoch_end(id, epoch, view.user.id).await?;
    Ok(done(&view, id, true, "agreed"))
}

async fn resolve(
    State(office): State<Arc<Office>>,
    view: View,
    Path((id, epoch, sequence)): Path<(TerminalId, u32, u64)>,
    Form(why): Form<Why>,
) -> Answer<Redirect> {
    of_terminal(&office, &view.user, Right::ManageTerminals, id).await?;
    let is_new = office.resolve_fork(id, (epoch, sequence), explained(&why.reason)?, view.user.id).await?;
    Ok(done(&view, id, is_new, "said"))
}
