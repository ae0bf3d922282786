//! A city's month from the first card to the last paper: made, closed, drafted, decided, approved, printed, verified,
//! and held against a second computation, with the time and the memory of each step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::calendar::{Clock, Month};
use domain::id::{CanteenId, StatementId, UserId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::settlement::{Reason, Role, Statement};
use serde::Serialize;
use server::claims::ClaimsView;
use server::month::{Actor, MonthView};
use server::rulings::{Said, say};
use server::statements::Dossier;
use server::store::{months, people};
use server::{Database, Office};

use super::naive::{self, Bill};
use super::{memory, words};
use crate::generate::office::STAFF;
use crate::generate::places;
use crate::generate::play::{City, Generated, Wanted};
use crate::progress::Bar;

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What was done.
    pub name: &'static str,
    /// Pieces: records, days, statements.
    pub pieces: u64,
    /// How long it took, ms.
    pub milliseconds: u64,
    /// The most memory during the step, KiB.
    pub peak_kib: Option<u64>,
}

/// What the run came to.
#[derive(Clone, Debug, Serialize)]
pub struct CityReport {
    /// The data.
    pub generated: Generated,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Statements that were compared with the second computation.
    pub compared: usize,
    /// Those that differ: canteen, month, what is stated and what the second computation says.
    pub differences: Vec<String>,
    /// Rows whose till asked for another amount than the notice says.
    pub wrongly_charged: u64,
    /// What `verify` found.
    pub breaks: Vec<String>,
    /// Paid in all, fen.
    pub payable: Fen,
}

impl CityReport {
    /// Whether everything agrees.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.differences.is_empty() && self.breaks.is_empty() && self.wrongly_charged == 0 && self.compared > 0
    }
}

/// Takes the time and the memory of steps.
pub struct Stopwatch {
    watch: Arc<dyn Clock>,
    steps: Vec<Step>,
    begun: i64,
}

impl Stopwatch {
    /// One that has begun.
    #[must_use]
    pub fn begun(watch: Arc<dyn Clock>) -> Self {
        let begun = watch.monotonic_ms();
        memory::reset();
        Self { watch, steps: Vec::new(), begun }
    }

    fn begin(&mut self) {
        memory::reset();
        self.begun = self.watch.monotonic_ms();
    }

    fn end(&mut self, name: &'static str, pieces: u64) {
        let milliseconds = u64::try_from(self.watch.monotonic_ms() - self.begun).unwrap_or(0);
        self.steps.push(Step { name, pieces, milliseconds, peak_kib: memory::peak_kib() });
        self.begin();
    }
}

/// Runs the whole of it in a folder, which must be empty, on a database that must be empty.
pub async fn run(
    mut wanted: Wanted,
    folder: &Path,
    database: Database,
    watch: Arc<dyn Clock>,
) -> anyhow::Result<CityReport> {
    let truth = folder.join("truth");
    wanted.truth = Some(truth.clone());
    let mut stopwatch = Stopwatch::begun(Arc::clone(&watch));
    let url = "http://127.0.0.1:8780";
    let mut city = City::found(wanted, database, folder.join("office.key"), url, Arc::clone(&watch)).await?;
    stopwatch.end(words::FOUND, 0);
    let generated = city.pass().await?;
    stopwatch.end(words::GENERATE, generated.records);
    let office = Arc::clone(city.server.office());
    let closed = server::close::close_days(&office.store, &office.book(), office.now()).await?;
    ensure!(closed.incomplete.is_empty(), "{} days are incomplete", closed.incomplete.len());
    stopwatch.end(words::CLOSE, u64::try_from(closed.added + closed.unchanged)?);
    let region = places::region(places::REGION);
    let (mut statements, mut claims) = (Vec::new(), Vec::new());
    for month in city.months() {
        stopwatch.begin();
        let view = settle(&office, &region, month, &mut stopwatch).await?;
        claims.push((month, view.claims.clone()));
        let papers = folder.join("papers").join(month.to_string());
        print(&office, &view, &papers, &watch, &mut stopwatch).await?;
        statements.extend(view.statements.into_iter().map(|s| (month, s.canteen, s.content.0)));
    }
    let report = server::verify::verify(&office.store, &office.book(), &|_| ()).await?;
    stopwatch.end(words::VERIFY, u64::try_from(report.records)?);
    let recount = naive::recount(&truth)?;
    stopwatch.end(words::RECOUNT, generated.meals);
    let mut differences = compare(&city, &statements, &recount);
    differences.extend(claims.iter().flat_map(|(month, view)| compare_claims(*month, view.as_ref(), &recount)));
    let payable = statements.iter().map(|(_, _, s)| s.payable()).sum();
    office.store.close().await;
    Ok(CityReport {
        generated,
        steps: stopwatch.steps,
        compared: statements.len(),
        differences,
        wrongly_charged: recount.wrongly_charged,
        breaks: report.breaks.iter().map(ToString::to_string).collect(),
        payable,
    })
}

async fn staff(office: &Office, role: server::people::Role) -> anyhow::Result<UserId> {
    let name = STAFF.iter().find(|s| s.role == role).context("somebody of that role")?.name;
    let found = office.store.read(move |tx| Box::pin(async move { people::by_name(tx, name).await })).await?;
    Ok(found.context("the office's people are set up")?.id)
}

/// Drafts, decides what blocks as a person would, submits and approves as two people.
pub async fn settle(
    office: &Arc<Office>,
    region: &RegionCode,
    month: Month,
    stopwatch: &mut Stopwatch,
) -> anyhow::Result<MonthView> {
    let decided = submit(office, region, month, stopwatch).await?;
    let approved = approve(office, region, month).await?;
    stopwatch.end(words::APPROVE, decided);
    Ok(approved)
}

/// Approves a submitted month as the checker.
pub async fn approve(office: &Arc<Office>, region: &RegionCode, month: Month) -> anyhow::Result<MonthView> {
    let checker = staff(office, server::people::Role::FinanceChecker).await?;
    let checker = Actor { user: checker, role: Role::FinanceChecker };
    let of = region.clone();
    let read = office.store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move { months::settlement(tx, &of, month).await })
    });
    let seen = read.await?.context("a submitted month")?.digest;
    Ok(server::month::approve(&office.store, region, month, checker, seen, office.now()).await?)
}

/// Drafts, decides what blocks as a person would, and submits. Answers how many findings were decided.
pub async fn submit(
    office: &Arc<Office>,
    region: &RegionCode,
    month: Month,
    stopwatch: &mut Stopwatch,
) -> anyhow::Result<u64> {
    let maker = staff(office, server::people::Role::FinanceMaker).await?;
    let maker = Actor { user: maker, role: Role::FinanceMaker };
    let (store, now) = (&office.store, office.now());
    let (draft, _) = server::month::draft(store, &office.book(), &office.entropy, region, month, maker, now).await?;
    stopwatch.end(words::DRAFT, u64::try_from(draft.statements.len())?);
    let mut decided = 0;
    for statement in &draft.statements {
        for number in statement.content.0.reconciliation.blocking.clone() {
            let (canteen, by) = (statement.canteen, maker.user);
            let decide = store.write(move |tx| {
                let (number, said) = (number.clone(), words::DECIDED.to_owned());
                Box::pin(async move { say(tx, canteen, &number, &Said::Explained, said, by, now).await })
            });
            decide.await?;
            decided += 1;
        }
    }
    for changed in draft.changes.iter().filter(|changed| changed.explanation.is_none()) {
        server::month::explain(store, region, month, changed.canteen, words::EXPLAINED.to_owned(), maker, now).await?;
    }
    server::month::submit(store, region, month, maker, now).await?;
    Ok(decided)
}

/// Prints every statement, two at a time, into a folder.
async fn print(
    office: &Arc<Office>,
    view: &MonthView,
    folder: &Path,
    watch: &Arc<dyn Clock>,
    stopwatch: &mut Stopwatch,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let count = u64::try_from(view.statements.len())?;
    let bar = Bar::new(Arc::clone(watch), words::PRINT, count);
    let mut running = tokio::task::JoinSet::new();
    for statement in &view.statements {
        if running.len() >= 2 {
            running.join_next().await.context("a paper was under way")???;
            bar.add(1);
        }
        running.spawn(paper(Arc::clone(office), statement.id, folder.to_owned()));
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    stopwatch.end(words::PRINT, count);
    Ok(())
}

async fn paper(office: Arc<Office>, id: StatementId, folder: PathBuf) -> anyhow::Result<()> {
    let (kept, now) = (Arc::clone(&office), office.now());
    let load = office.store.read(move |tx| {
        Box::pin(async move {
            let dossier = Dossier::load(tx, id, kept.book(), &kept.keys).await?;
            Ok((dossier.sheet(&kept.public_url, now), dossier.file_name()))
        })
    });
    let (sheet, name) = load.await?;
    let write = move || -> anyhow::Result<()> {
        let bytes = receipts::statement::render(&sheet, &office.fonts)?;
        Ok(std::fs::write(folder.join(format!("{name}.pdf")), bytes)?)
    };
    tokio::task::spawn_blocking(write).await?
}

/// What a statement says, as the second computation has it.
fn stated(statement: &Statement) -> Bill {
    let found = |reason: &Reason| matches!(reason, Reason::Finding { .. });
    let deducted: Fen = statement.changes.iter().filter(|line| found(&line.reason)).map(|line| line.amount).sum();
    Bill {
        meals: i64::from(statement.reconciliation.meals.count),
        claimed: statement.served_total().get(),
        deducted: -deducted.get(),
        payable: statement.payable().get(),
    }
}

/// The claims of a month beside the second count, benefit by benefit.
fn compare_claims(month: Month, view: Option<&ClaimsView>, recount: &naive::Recount) -> Vec<String> {
    let of_month = recount.claims.iter().filter(|((of, _), claim)| *of == month.to_string() && claim.served > 0);
    let expected: BTreeMap<String, naive::Claim> =
        of_month.map(|((_, benefit), claim)| ((*benefit).to_owned(), *claim)).collect();
    let claims = view.iter().flat_map(|view| &view.claims.claims);
    let stated: BTreeMap<String, naive::Claim> =
        claims.map(|c| (c.benefit.clone(), naive::Claim { served: c.served, entitled: c.elder_days() })).collect();
    if stated == expected { Vec::new() } else { vec![format!("{month}: claims {stated:?}, recounted {expected:?}")] }
}

fn compare(city: &City, statements: &[(Month, CanteenId, Statement)], recount: &naive::Recount) -> Vec<String> {
    let mut differences = Vec::new();
    for (month, canteen, statement) in statements {
        let Some(number) = city.number_of(*canteen) else {
            differences.push(format!("{month}: {canteen} is no canteen of the city"));
            continue;
        };
        let expected = recount.bills.get(&(month.to_string(), number)).copied().unwrap_or_default();
        let stated = stated(statement);
        if stated != expected {
            differences.push(format!("{month} {number}: {stated:?}, recounted {expected:?}"));
        }
    }
    differences
}
