//! Who may do what: every route of the API, tried by every role in its own place and in another, against one table
//! written by hand. A route that the table does not name fails the test.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::Method;
use domain::id::{CanteenId, ObjectionId, StatementId};
use domain::settlement::demand::Demand;
use serde_json::{Value, json};
use server::admin::{About, CardsOf, NewAttachment, NewDraw, NewUser, Proposed};
use server::http::{routes::Route, table};
use server::import::Kind;
use server::import::stored::NewImport;
use server::people::Role::{self, *};
use server::store::{audit, demands, payments};
use server::words::Code;
use support::Backend;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::client::{Answered, open, read, request};
use crate::common::{POLICY, date, new_canteen, region, resident_id};
use crate::desk::{escaped, multipart};
use crate::month::{MARCH, Scene};
use crate::unit;

/// Where somebody may who has the right.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Anywhere: it has no place, or shows what is one's own.
    Any,
    /// In the own region. Whoever has one canteen has no region.
    Region,
    /// In the own region or the own canteen.
    Canteen,
    /// As `Region`; whoever has one canteen sees that one.
    RegionOrOwn,
    /// In all registered regions; who tries here works in one of them.
    Whole,
}
use Place::{Any, Canteen, Region, RegionOrOwn, Whole};

#[derive(Clone, Copy)]
enum Who {
    /// Without signing in.
    Anybody,
    /// Whoever is signed in.
    Everybody,
    /// Terminals, by their signature; no person.
    Terminals,
    /// These roles, there.
    Only(&'static [Role], Place),
}
use Who::{Anybody, Everybody, Only, Terminals};

const READ: &[Role] = &[CanteenManager, PolicyEditor, FinanceMaker, FinanceChecker, Auditor, Administrator];
const READ_ELDERS: &[Role] = &[CardIssuer, FinanceMaker, FinanceChecker, Auditor, Administrator];
const ADMIN: &[Role] = &[Administrator];
const ELDERS: &[Role] = &[CardIssuer, Administrator];
const EDITOR: &[Role] = &[PolicyEditor];
const MAKER: &[Role] = &[FinanceMaker];
const CHECKER: &[Role] = &[FinanceChecker];
const AUDITOR: &[Role] = &[Auditor];
const IMPORTERS: &[Role] = &[CardIssuer, Administrator, FinanceMaker, PolicyEditor];
const MONEY: &[Role] = &[FinanceMaker, FinanceChecker];

const TABLE: &[(&str, &str, Who)] = &[
    // Pages
    ("GET", "/", Anybody),
    ("GET", "/disclosures/{region}/{month}", Anybody),
    ("GET", "/disclosures/{region}/{month}/{statement}", Anybody),
    ("GET", "/open-data/canteens.csv", Anybody),
    ("GET", "/assets/{name}", Anybody),
    ("GET", "/console", Everybody),
    ("GET", "/console/sign-in", Anybody),
    ("POST", "/console/sign-in", Anybody),
    ("POST", "/console/sign-out", Everybody),
    ("POST", "/console/step-up", Everybody),
    ("GET", "/console/me", Everybody),
    ("POST", "/console/me/passphrase", Everybody),
    ("POST", "/console/me/totp", Everybody),
    ("POST", "/console/me/totp/confirmation", Everybody),
    ("POST", "/console/language", Anybody),
    ("GET", "/console/policies", Only(READ, Any)),
    ("GET", "/console/policies/new", Only(EDITOR, Any)),
    ("POST", "/console/policies/new", Only(EDITOR, Any)),
    ("POST", "/console/policies/proposals", Only(EDITOR, Region)),
    ("GET", "/console/policies/proposals/{id}", Only(READ, Region)),
    ("GET", "/console/policies/{id}/{version}", Only(READ, Any)),
    // The API
    ("GET", "/api/docs", Anybody),
    ("GET", "/api/v1/openapi.json", Anybody),
    ("GET", "/api/v1/audit", Only(&[Auditor], Any)),
    ("POST", "/api/v1/calendars", Only(EDITOR, Whole)),
    ("GET", "/api/v1/calendars", Only(READ, Any)),
    ("GET", "/api/v1/calendars/{number}", Only(READ, Any)),
    ("GET", "/api/v1/calendar", Only(READ, Any)),
    ("PUT", "/api/v1/calendar", Only(EDITOR, Whole)),
    ("POST", "/api/v1/canteens", Only(ADMIN, Region)),
    ("GET", "/api/v1/canteens", Only(READ, Any)),
    ("GET", "/api/v1/canteens/{id}", Only(READ, Canteen)),
    ("POST", "/api/v1/canteens/{id}/facts", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/canteens/{id}/prices", Only(MAKER, Canteen)),
    ("POST", "/api/v1/canteens/{id}/cashiers", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/canteens/{id}/settings", Only(READ, Canteen)),
    ("PUT", "/api/v1/canteens/{id}/settings", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/canteens/{id}/refunds", Only(READ, Canteen)),
    ("GET", "/api/v1/canteens/{id}/unidentified", Only(READ, Canteen)),
    ("POST", "/api/v1/canteens/{id}/enrolment-codes", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/canteens/{id}/terminals", Only(READ, Canteen)),
    ("POST", "/api/v1/elders", Only(ELDERS, Region)),
    ("GET", "/api/v1/elders", Only(READ_ELDERS, Any)),
    ("GET", "/api/v1/elders/{id}", Only(READ_ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/facts", Only(ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/cards", Only(ELDERS, Region)),
    ("DELETE", "/api/v1/elders/{id}/cards", Only(ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/chips", Only(ELDERS, Region)),
    ("DELETE", "/api/v1/elders/{id}/chips/{card}", Only(ELDERS, Region)),
    ("POST", "/api/v1/cards/sheets", Only(ELDERS, Region)),
    ("GET", "/api/v1/cards/batches", Only(ELDERS, Any)),
    ("POST", "/api/v1/cards/batches", Only(ELDERS, Region)),
    ("POST", "/api/v1/cards/batches/{id}/approve", Only(ELDERS, Region)),
    ("POST", "/api/v1/cards/batches/{id}/reject", Only(ELDERS, Region)),
    ("POST", "/api/v1/cards/batches/{id}/sheet", Only(ELDERS, Region)),
    ("GET", "/console/cards", Only(ELDERS, Region)),
    ("POST", "/console/cards", Only(ELDERS, Region)),
    ("POST", "/console/cards/{id}/approve", Only(ELDERS, Region)),
    ("POST", "/console/cards/{id}/reject", Only(ELDERS, Region)),
    ("POST", "/console/cards/{id}/sheet", Only(ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/photo", Only(ELDERS, Region)),
    ("GET", "/api/v1/elders/{id}/photo", Only(READ_ELDERS, Region)),
    ("DELETE", "/api/v1/elders/{id}/photo", Only(ELDERS, Region)),
    ("POST", "/api/v1/imports", Only(ELDERS, Any)),
    ("GET", "/api/v1/imports", Everybody),
    ("GET", "/api/v1/imports/{id}", Only(ELDERS, Region)),
    ("GET", "/api/v1/imports/{id}/problems", Only(ELDERS, Region)),
    ("GET", "/api/v1/imports/{id}/report", Only(ELDERS, Region)),
    ("POST", "/api/v1/imports/{id}/apply", Only(ELDERS, Region)),
    ("GET", "/api/v1/imports/templates/{kind}", Only(ELDERS, Any)),
    ("POST", "/api/v1/enrolments", Anybody),
    ("POST", "/api/v1/terminals/{id}/epochs/{epoch}/end", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/epochs/{epoch}/end/confirmation", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/forks", Only(READ, Any)),
    ("POST", "/api/v1/terminals/{id}/forks/{epoch}/{sequence}/resolution", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/confirmation", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/revocation", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/retirement", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/terminals/{id}/lookups", Only(READ, Canteen)),
    ("GET", "/api/v1/findings", Only(READ, RegionOrOwn)),
    ("GET", "/api/v1/findings/{canteen}/{number}", Only(READ, Canteen)),
    ("POST", "/api/v1/findings/{canteen}/{number}/steps", Only(&[CanteenManager, FinanceMaker], Canteen)),
    ("GET", "/api/v1/findings/{canteen}/{number}/attachments", Only(READ, Canteen)),
    ("POST", "/api/v1/findings/{canteen}/{number}/attachments", Only(&[CanteenManager, FinanceMaker], Canteen)),
    ("GET", "/api/v1/objections/{id}/attachments", Only(READ, Canteen)),
    ("POST", "/api/v1/objections/{id}/attachments", Only(MONEY, Region)),
    ("GET", "/api/v1/attachments/{id}", Only(READ, Canteen)),
    ("POST", "/console/findings/{canteen}/{number}/attachments", Only(&[CanteenManager, FinanceMaker], Canteen)),
    ("POST", "/console/disclosure/objections/{id}/attachments", Only(MONEY, Region)),
    ("GET", "/console/attachments/{id}", Only(READ, Canteen)),
    ("POST", "/api/v1/findings/decision", Only(MAKER, Canteen)),
    ("GET", "/api/v1/regions/{region}/settings", Only(READ, Region)),
    ("PUT", "/api/v1/regions/{region}/settings", Only(CHECKER, Region)),
    ("GET", "/healthz/live", Anybody),
    ("GET", "/healthz/ready", Anybody),
    ("POST", "/api/v1/canteens/{id}/closure", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/statements/{id}/demand", Only(MAKER, Region)),
    ("GET", "/api/v1/budgets", Only(READ, Region)),
    ("POST", "/api/v1/budgets", Only(MAKER, Region)),
    ("GET", "/api/v1/years", Only(READ, Region)),
    ("GET", "/console/budgets", Only(READ, Region)),
    ("GET", "/console/budgets.csv", Only(READ, Region)),
    ("GET", "/console/budgets.xlsx", Only(READ, Region)),
    ("GET", "/console/year.csv", Only(READ, Region)),
    ("GET", "/console/year.xlsx", Only(READ, Region)),
    ("POST", "/console/budgets", Only(MAKER, Region)),
    ("GET", "/api/v1/demands", Only(READ, Region)),
    ("GET", "/api/v1/demands/{id}/pdf", Only(READ, Canteen)),
    ("POST", "/api/v1/demands/{id}/receipts", Only(MONEY, Region)),
    ("POST", "/console/canteens/{id}/closure", Only(ADMIN, Canteen)),
    ("POST", "/console/funds/statements/{id}/demand", Only(MAKER, Region)),
    ("POST", "/console/funds/demands/{id}/receipt", Only(MONEY, Region)),
    ("GET", "/api/v1/holds", Only(READ, Region)),
    ("POST", "/api/v1/holds/release", Only(MAKER, Canteen)),
    ("GET", "/api/v1/ledger/trial-balance", Only(READ, Region)),
    ("GET", "/api/v1/statements/{id}/postings", Only(READ, Canteen)),
    ("GET", "/api/v1/months/{region}/{month}", Only(READ, Region)),
    ("POST", "/api/v1/months/{region}/{month}/draft", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/explanations", Only(MAKER, Region)),
    ("POST", "/console/settlement/explain", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/findings/{number}/steps", Only(MAKER, Region)),
    ("POST", "/console/settlement/claims", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/submit", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/send-back", Only(CHECKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/approve", Only(CHECKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/sign", Only(CHECKER, Region)),
    ("GET", "/api/v1/months/{region}/{month}/bank.csv", Only(MONEY, Region)),
    ("GET", "/api/v1/months/{region}/{month}/afterwards", Only(READ, Region)),
    ("POST", "/api/v1/months/{region}/{month}/disclosure", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/archive", Only(CHECKER, Region)),
    ("GET", "/api/v1/months/{region}/{month}/summary.pdf", Only(READ, Region)),
    ("GET", "/api/v1/months/{region}/{month}/disclosure.xlsx", Only(READ, Region)),
    ("GET", "/api/v1/months/{region}/{month}/disclosure.csv", Only(READ, Region)),
    ("GET", "/console/today", Only(READ, Region)),
    ("GET", "/console/reconciliation", Only(READ, Region)),
    ("GET", "/console/reconciliation.csv", Only(READ, Region)),
    ("GET", "/console/reconciliation.xlsx", Only(READ, Region)),
    ("POST", "/console/reconciliation/close", Only(MAKER, Region)),
    ("POST", "/console/reconciliation/left-out", Only(MAKER, Canteen)),
    ("GET", "/console/findings", Only(READ, RegionOrOwn)),
    ("GET", "/console/findings.csv", Only(READ, RegionOrOwn)),
    ("GET", "/console/findings.xlsx", Only(READ, RegionOrOwn)),
    ("GET", "/console/findings/{canteen}/{number}", Only(READ, Canteen)),
    ("POST", "/console/findings/{canteen}/{number}/steps", Only(&[CanteenManager, FinanceMaker], Canteen)),
    ("POST", "/api/v1/days/close", Only(MAKER, Any)),
    ("POST", "/api/v1/days/left-out", Only(MAKER, Canteen)),
    ("POST", "/api/v1/statements/{id}/objections", Only(MONEY, Region)),
    ("POST", "/api/v1/statements/{id}/payments", Only(MONEY, Region)),
    ("POST", "/api/v1/objections/{id}/decision", Only(MONEY, Region)),
    ("POST", "/api/v1/objections/{id}/lift", Only(MONEY, Region)),
    ("GET", "/api/v1/statements/{id}", Only(READ, Canteen)),
    ("GET", "/api/v1/statements/{id}/pdf", Only(READ, Canteen)),
    ("GET", "/api/v1/statements/{id}/xlsx", Only(READ, Canteen)),
    ("GET", "/api/v1/statements/{id}/disclosure.pdf", Only(READ, Canteen)),
    ("GET", "/verify/month/{region}/{month}/{version}/{digest}", Anybody),
    ("GET", "/verify/{number}/{version}/{digest}", Anybody),
    ("POST", "/api/v1/people", Only(ADMIN, Region)),
    ("GET", "/api/v1/people", Only(ADMIN, Any)),
    ("POST", "/api/v1/people/{id}/reset", Only(ADMIN, Region)),
    ("POST", "/api/v1/people/{id}/departure", Only(ADMIN, Region)),
    ("POST", "/api/v1/policies", Only(EDITOR, Region)),
    ("GET", "/api/v1/policies", Only(READ, Any)),
    ("POST", "/api/v1/policies/simulate", Only(EDITOR, Region)),
    ("GET", "/api/v1/proposals", Only(READ, Any)),
    ("GET", "/api/v1/proposals/{id}", Only(READ, Canteen)),
    ("POST", "/api/v1/proposals/{id}/approve", Only(CHECKER, Region)),
    ("POST", "/api/v1/proposals/{id}/reject", Only(CHECKER, Region)),
    ("POST", "/api/v1/proposals/{id}/reveal", Only(CHECKER, Region)),
    ("POST", "/api/v1/canteens/{id}/payee", Only(MAKER, Canteen)),
    ("GET", "/api/v1/policies/{id}/{version}", Only(READ, Any)),
    ("GET", "/api/v1/refunds", Only(READ, Region)),
    ("GET", "/api/v1/office", Only(READ, Any)),
    ("POST", "/api/v1/session", Anybody),
    ("GET", "/api/v1/session", Everybody),
    ("POST", "/api/v1/session/step-up", Everybody),
    ("POST", "/api/v1/session/passphrase", Everybody),
    ("POST", "/api/v1/session/totp", Everybody),
    ("POST", "/api/v1/session/totp/confirmation", Everybody),
    ("DELETE", "/api/v1/session", Anybody),
    ("POST", "/api/v1/terminal/hello", Terminals),
    ("POST", "/api/v1/terminal/records", Terminals),
    ("GET", "/api/v1/terminal/setup", Terminals),
    ("GET", "/api/v1/terminal/roster", Terminals),
    ("GET", "/api/v1/terminal/photo", Terminals),
    ("GET", "/api/v1/terminal/usage", Terminals),
    ("GET", "/api/v1/terminal/refunds", Terminals),
    ("POST", "/api/v1/terminal/lookup", Terminals),
    ("GET", "/console/settlement", Only(READ, Region)),
    ("GET", "/console/settlement.csv", Only(READ, Region)),
    ("GET", "/console/settlement.xlsx", Only(READ, Region)),
    ("POST", "/console/settlement/draft", Only(MAKER, Region)),
    ("POST", "/console/settlement/submit", Only(MAKER, Region)),
    ("POST", "/console/settlement/send-back", Only(CHECKER, Region)),
    ("POST", "/console/settlement/approve", Only(CHECKER, Region)),
    ("POST", "/console/settlement/sign", Only(CHECKER, Region)),
    ("POST", "/console/settlement/archive", Only(CHECKER, Region)),
    ("GET", "/console/statements", Only(READ, RegionOrOwn)),
    ("GET", "/console/statements.csv", Only(READ, RegionOrOwn)),
    ("GET", "/console/statements.xlsx", Only(READ, RegionOrOwn)),
    ("GET", "/console/statements/{id}", Only(READ, Canteen)),
    ("GET", "/console/funds", Only(READ, Region)),
    ("POST", "/console/funds/statements/{id}/payment", Only(MONEY, Region)),
    ("POST", "/console/funds/release", Only(MAKER, Canteen)),
    ("GET", "/console/disclosure", Only(READ, Region)),
    ("POST", "/console/disclosure/start", Only(MAKER, Region)),
    ("POST", "/console/disclosure/statements/{id}/objection", Only(MONEY, Region)),
    ("POST", "/console/disclosure/objections/{id}/decision", Only(MONEY, Region)),
    ("POST", "/console/disclosure/objections/{id}/lift", Only(MONEY, Region)),
    ("GET", "/console/exports", Only(READ, Region)),
    ("GET", "/console/exports/days.csv", Only(READ, Region)),
    ("GET", "/console/exports/days.xlsx", Only(READ, Region)),
    ("GET", "/console/own", Only(&[CanteenManager], Any)),
    // The console's frame.
    // The register's and the auditor's pages.
    ("GET", "/console/audit", Only(AUDITOR, Region)),
    ("GET", "/console/audit.csv", Only(AUDITOR, Region)),
    ("GET", "/console/audit.xlsx", Only(AUDITOR, Region)),
    ("GET", "/console/audit/verification", Only(AUDITOR, Region)),
    ("POST", "/console/audit/verification", Only(AUDITOR, Region)),
    ("GET", "/console/regions", Only(READ, Region)),
    ("GET", "/console/regions.csv", Only(READ, Region)),
    ("GET", "/console/regions.xlsx", Only(READ, Region)),
    ("POST", "/console/regions", Only(ADMIN, Region)),
    ("GET", "/console/regions/{region}", Only(READ, Region)),
    ("POST", "/console/regions/{region}/settings", Only(CHECKER, Region)),
    ("GET", "/console/backups", Only(ADMIN, Region)),
    ("GET", "/console/canteens", Only(READ, RegionOrOwn)),
    ("GET", "/console/canteens.csv", Only(READ, RegionOrOwn)),
    ("GET", "/console/canteens.xlsx", Only(READ, RegionOrOwn)),
    ("POST", "/console/canteens", Only(ADMIN, Region)),
    ("GET", "/console/canteens/{id}", Only(READ, Canteen)),
    ("POST", "/console/canteens/{id}/standing", Only(ADMIN, Canteen)),
    ("POST", "/console/canteens/{id}/tags", Only(ADMIN, Canteen)),
    ("POST", "/console/canteens/{id}/prices", Only(MAKER, Canteen)),
    ("POST", "/console/canteens/{id}/payee", Only(MAKER, Canteen)),
    ("POST", "/console/canteens/{id}/cashiers", Only(ADMIN, Canteen)),
    ("POST", "/console/canteens/{id}/settings", Only(ADMIN, Canteen)),
    ("GET", "/console/proposals", Only(READ, RegionOrOwn)),
    ("GET", "/console/proposals/{id}", Only(READ, Canteen)),
    ("POST", "/console/proposals/{id}/approve", Only(CHECKER, Region)),
    ("POST", "/console/proposals/{id}/reject", Only(CHECKER, Region)),
    ("POST", "/console/proposals/{id}/reveal", Only(CHECKER, Region)),
    ("GET", "/console/people", Only(ADMIN, Region)),
    ("GET", "/console/people.csv", Only(ADMIN, Region)),
    ("GET", "/console/people.xlsx", Only(ADMIN, Region)),
    ("POST", "/console/people", Only(ADMIN, Region)),
    ("POST", "/console/people/{id}/reset", Only(ADMIN, Region)),
    ("POST", "/console/people/{id}/departure", Only(ADMIN, Region)),
    ("GET", "/console/terminals", Only(READ, RegionOrOwn)),
    ("GET", "/console/terminals.csv", Only(READ, RegionOrOwn)),
    ("GET", "/console/terminals.xlsx", Only(READ, RegionOrOwn)),
    ("POST", "/console/terminals/codes", Only(ADMIN, Canteen)),
    ("GET", "/console/terminals/{id}", Only(READ, Canteen)),
    ("POST", "/console/terminals/{id}/confirmation", Only(ADMIN, Canteen)),
    ("POST", "/console/terminals/{id}/revocation", Only(ADMIN, Canteen)),
    ("POST", "/console/terminals/{id}/retirement", Only(ADMIN, Canteen)),
    ("POST", "/console/terminals/{id}/epochs/{epoch}/end", Only(ADMIN, Canteen)),
    ("POST", "/console/terminals/{id}/epochs/{epoch}/end-confirmation", Only(ADMIN, Canteen)),
    ("POST", "/console/terminals/{id}/forks/{epoch}/{sequence}", Only(ADMIN, Canteen)),
    ("GET", "/console/elders", Only(READ_ELDERS, Region)),
    ("POST", "/console/elders", Only(ELDERS, Region)),
    ("POST", "/console/elders/find", Only(READ_ELDERS, Region)),
    ("POST", "/console/elders/sheets", Only(ELDERS, Region)),
    ("GET", "/console/elders/{id}", Only(READ_ELDERS, Region)),
    ("POST", "/console/elders/{id}/facts", Only(ELDERS, Region)),
    ("POST", "/console/elders/{id}/sheet", Only(ELDERS, Region)),
    ("POST", "/console/elders/{id}/revocation", Only(ELDERS, Region)),
    ("POST", "/console/elders/{id}/chips", Only(ELDERS, Region)),
    ("POST", "/console/elders/{id}/chips/{card}/revocation", Only(ELDERS, Region)),
    ("GET", "/console/elders/{id}/photo", Only(READ_ELDERS, Region)),
    ("POST", "/console/elders/{id}/photo", Only(ELDERS, Region)),
    ("POST", "/console/elders/{id}/photo-removal", Only(ELDERS, Region)),
    ("GET", "/console/imports", Only(IMPORTERS, Region)),
    ("POST", "/console/imports", Only(ELDERS, Region)),
    ("GET", "/console/imports/{id}", Only(ELDERS, Region)),
    ("GET", "/console/imports/{id}/report", Only(ELDERS, Region)),
    ("POST", "/console/imports/{id}/apply", Only(ELDERS, Region)),
    ("GET", "/console/imports/templates/{kind}", Only(ELDERS, Region)),
    ("GET", "/console/changes", Only(&[FinanceMaker, FinanceChecker, Auditor, Administrator], Region)),
    ("GET", "/console/changes.csv", Only(&[FinanceMaker, FinanceChecker, Auditor, Administrator], Region)),
    ("GET", "/console/changes.xlsx", Only(&[FinanceMaker, FinanceChecker, Auditor, Administrator], Region)),
    ("GET", "/console/draws", Only(READ, Region)),
    ("POST", "/console/draws", Only(AUDITOR, Region)),
    ("GET", "/console/draws/{id}", Only(READ, Region)),
    ("POST", "/console/draws/{id}/drawing", Only(AUDITOR, Region)),
    ("POST", "/console/draws/{id}/results", Only(AUDITOR, Region)),
    ("GET", "/console/search", Everybody),
];

/// Who may ask for it inside their own region: a role, or nobody in particular.
pub fn asker(method: &str, path: &str) -> Option<Role> {
    let (.., who) = TABLE.iter().find(|(known, of, _)| *known == method && *of == path)?;
    match who {
        Anybody | Terminals => None,
        Everybody => Some(Auditor),
        Only(roles, _) => roles.iter().find(|role| **role != CanteenManager).or(roles.first()).copied(),
    }
}

/// Somebody who tries.
pub struct Person {
    what: String,
    role: Role,
    /// Whether the things tried lie in the person's own place.
    inside: bool,
    pub token: String,
}

impl Who {
    /// Whether the person gets past the asking for rights.
    fn lets(self, person: &Person) -> bool {
        match self {
            Anybody | Everybody => true,
            Terminals => false,
            Only(roles, place) => {
                let there = match (place, person.role == CanteenManager) {
                    (Any, _) | (RegionOrOwn, true) => true,
                    (Region, true) | (Whole, _) => false,
                    (Canteen, _) | (Region | RegionOrOwn, false) => person.inside,
                };
                roles.contains(&person.role) && there
            }
        }
    }
}

pub struct Ground {
    pub scene: Scene,
    pub router: Router,
    /// What stands in the place of `{…}`, by what stands before it.
    ids: BTreeMap<&'static str, String>,
}

/// A demand to a closed canteen, as far as asking for it goes.
async fn demand(scene: &Scene, canteen: CanteenId, statement: StatementId) -> Uuid {
    let mut shares = domain::reconciliation::PayerSums::default();
    shares.add(&domain::decision::Payer { name: "city".into(), unit: None }, domain::money::Fen::new(100));
    let content = Demand {
        canteen,
        statement,
        month: MARCH.parse().unwrap(),
        number: "ZJ-440304-202603-001".into(),
        shares,
        due: date("2026-06-30"),
        reason: "多付".into(),
    };
    let (store, maker, checker) = (&scene.world.office().store, scene.maker.user, scene.checker.user);
    let now = scene.world.office().now();
    let closure =
        demands::Closure { last_day: date("2026-03-31"), reason: "停业".into(), closed_by: maker, closed_at: now };
    // Its paper says when it was proposed; what a proposal says is looked at elsewhere.
    let (valid_from, period) = (date("2026-06-01"), "lunch".parse().unwrap());
    let price = domain::sync::ListPrice { valid_from, period, price: domain::money::Fen::new(1900) };
    let price = Proposed::Price { canteen, price };
    let id = scene.world.office().propose(price, region("440304"), maker).await.unwrap().id;
    let row = demands::DemandRow {
        id,
        digest: content.digest(),
        content: server::store::Json(content),
        demanded_by: maker,
        approved_by: checker,
        approved_at: now,
    };
    unit!(store, |tx| {
        demands::close_canteen(tx, canteen, &closure).await?;
        demands::add(tx, &row).await
    });
    id
}

impl Ground {
    pub async fn new(backend: Backend) -> Self {
        let mut scene = Scene::new(backend).await;
        scene.march().await;
        let (view, _) = scene.draft(MARCH).await.unwrap();
        let office = scene.world.office().clone();
        let elder = scene.world.elder(7, None).await;
        let new = NewUser {
            name: "被重置的人".into(),
            passphrase: PASSPHRASE.to_owned().into(),
            role: Auditor,
            region: region("440304"),
            canteen: None,
        };
        let person = office.add_user(new, None).await.unwrap();
        let canteen = scene.canteen(0);
        let statement: StatementId = view.statements.iter().find(|s| s.canteen == canteen).unwrap().id;
        let objection = payments::Objection {
            id: ObjectionId::from_uuid(Uuid::from_u128(77)),
            statement,
            content: "数目不对".into(),
            noted_by: scene.maker.user,
            noted_at: office.now(),
            upheld: None,
            reason: None,
            decided_by: None,
            decided_at: None,
            lifted_because: None,
            lifted_by: None,
            lifted_at: None,
        };
        let row = objection.clone();
        unit!(office.store, |tx| payments::object(tx, &row).await);
        let new = NewAttachment { name: "名单.pdf".into(), bytes: b"%PDF-1.7 %%EOF".to_vec() };
        let attached = office.attach(About::Objection(objection.id), new, scene.maker.user).await.unwrap();
        let terminals = unit!(office.store, |tx| server::store::terminals::of_canteen(tx, canteen).await);
        let payee = Proposed::Payee {
            canteen,
            bank: "测试银行".into(),
            account_name: "测试餐饮有限公司".into(),
            account: "622202100112345".to_owned().into(),
        };
        let proposal = office.propose(payee, region("440304"), scene.maker.user).await.unwrap();
        let list = NewImport {
            kind: Kind::Deaths,
            file_name: "空.csv".into(),
            elder_region: None,
            by: person,
            scope: region("440304"),
            bytes: "身份证号,死亡日期\n".into(),
        };
        let import = office.receive_import(list).await.unwrap();
        let draw = NewDraw {
            title: "抽查".into(),
            canteens: vec![canteen],
            count: 1,
            inspectors: Vec::new(),
            each: 0,
            seed_name: "公开号码".into(),
            seed_on: date("2026-06-01"),
        };
        let draw = office.announce_draw(draw, region("440304"), scene.maker.user).await.unwrap();
        let batch = office.propose_cards(CardsOf::Elders(vec![elder]), None, region("440304"), scene.maker.user);
        let batch = batch.await.unwrap().batch;
        let demand = demand(&scene, canteen, statement).await;
        let ids = BTreeMap::from([
            ("demands", demand.to_string()),
            ("batches", batch.to_string()),
            ("cards", batch.to_string()),
            ("assets", "console.css".to_owned()),
            ("draws", draw.id.to_string()),
            ("imports", import.id.to_string()),
            ("templates", "elders".to_owned()),
            ("canteens", canteen.to_string()),
            ("elders", elder.to_string()),
            ("terminals", terminals[0].id.to_string()),
            ("statements", statement.to_string()),
            ("objections", objection.id.to_string()),
            ("attachments", attached.id.to_string()),
            ("people", person.to_string()),
            ("chips", Uuid::from_u128(5).to_string()),
            ("findings", canteen.to_string()),
            ("policies", "test".to_owned()),
            ("proposals", proposal.id.to_string()),
            ("calendars", "1".to_owned()),
            ("epochs", "1".to_owned()),
            ("forks", "1".to_owned()),
            ("months", "440304".to_owned()),
            ("month", "440304".to_owned()),
            ("regions", "440304".to_owned()),
            ("verify", "JS-440304-202603-001".to_owned()),
            ("assets", "console.css".to_owned()),
            ("disclosures", "440304".to_owned()),
        ]);
        let router = scene.world.server.router();
        Self { scene, router, ids }
    }

    pub async fn person(&self, role: Role, inside: bool, n: usize) -> Person {
        let (office, name) = (self.scene.world.office(), format!("试权限的人{n}"));
        let manager = role == CanteenManager;
        let canteen = manager.then(|| self.scene.canteen(usize::from(!inside)));
        let place = region(if inside || manager { "440304" } else { "440305" });
        let passphrase = PASSPHRASE.to_owned().into();
        let new = NewUser { name: name.clone(), passphrase, role, region: place, canteen };
        office.add_user(new, None).await.unwrap();
        let token = open(&self.scene.world, &name, PASSPHRASE).await;
        Person { what: format!("{} {}", role.name(), if inside { "inside" } else { "outside" }), role, inside, token }
    }

    /// The route's address with everything in it that is there.
    pub fn address(&self, path: &str) -> String {
        let mut done: Vec<String> = Vec::new();
        let mut before = "";
        for part in path.split('/') {
            let filled = match part {
                "{month}" => MARCH.to_owned(),
                "{version}" => "1".to_owned(),
                "{digest}" => "0".repeat(16),
                "{sequence}" => "0".to_owned(),
                "{statement}" => self.ids["statements"].clone(),
                "{number}" if before == "{canteen}" => "WT-1".to_owned(),
                _ if part.starts_with('{') => self.ids.get(before).unwrap_or_else(|| panic!("{path}")).clone(),
                _ => part.to_owned(),
            };
            done.push(filled);
            before = part;
        }
        let query = match path {
            "/api/v1/imports" => "?kind=elders&file_name=x.csv",
            "/api/v1/findings" | "/console/today" | "/console/findings" | "/console/findings.csv" => {
                "?region=440304&month=2026-03"
            }
            path if path.starts_with("/console/reconciliation") => "?region=440304&month=2026-03",
            path if path.starts_with("/api/v1/") && path.ends_with("/attachments") => "?file_name=x.pdf",
            "/api/v1/terminal/photo" => "?elder=00000000-0000-0000-0000-000000000007",
            "/api/v1/terminal/roster" | "/api/v1/terminal/usage" => "?after=0",
            "/api/v1/budgets" | "/api/v1/years" => "?region=440304&year=2026",
            "/api/v1/demands" | "/api/v1/holds" | "/api/v1/ledger/trial-balance" | "/api/v1/refunds" => {
                "?region=440304"
            }
            "/console/own" => "?month=2026-03",
            // A statement's own place is asked for, whatever the page looks at; policies and what is looked for have none.
            "/console/statements/{id}" | "/console/search" => "",
            _ if path.starts_with("/console/policies") => "",
            _ if path.starts_with("/console/") => "?region=440304&month=2026-03",
            _ => "",
        };
        done.join("/") + query
    }

    /// A body that is read as what is asked for: refusals for its form would come before those for rights.
    pub fn body(&self, method: &str, path: &str) -> Value {
        let canteen = self.scene.canteen(0);
        let new = new_canteen("另一食堂");
        match (method, path) {
            ("POST", "/api/v1/calendars") => json!({"file_name": "x.csv", "source": "x"}),
            ("PUT", "/api/v1/calendar") => serde_json::to_value(self.scene.world.office().book().calendar()).unwrap(),
            ("POST", "/api/v1/canteens") => json!({
                "region": new.region, "name": new.name, "operator": new.operator, "credit_code": new.credit_code,
                "phone": new.phone, "bank": new.bank, "account_name": new.account_name, "account": new.account}),
            ("POST", "/api/v1/canteens/{id}/facts") => {
                json!({"valid_from": "2026-06-01", "fact": "tags", "tags": ["x"]})
            }
            ("POST", "/api/v1/canteens/{id}/prices") => {
                json!({"valid_from": "2026-06-01", "period": "lunch", "price": 1900})
            }
            ("POST", "/api/v1/canteens/{id}/cashiers") => json!({"name": "新收银员", "pin": "1357"}),
            ("PUT", "/api/v1/canteens/{id}/settings") => {
                serde_json::to_value(server::store::canteens::Settings::default()).unwrap()
            }
            ("POST", "/api/v1/elders") => {
                json!({"resident_id": resident_id(300), "name": "测试长者", "region": "440304"})
            }
            ("POST", "/api/v1/cards/batches/{id}/reject") => json!({"reason": "名单有误"}),
            ("POST", "/api/v1/cards/sheets" | "/api/v1/cards/batches") => {
                json!({ "of": { "elders": [self.ids["elders"]] } })
            }
            ("POST", "/api/v1/imports/{id}/apply") => json!({ "digest": domain::id::Digest([0; 32]).to_string() }),
            ("POST", "/api/v1/elders/{id}/facts") => {
                json!({"valid_from": "2026-06-01", "fact": "death", "dead": false})
            }
            ("POST", "/api/v1/elders/{id}/chips") => json!({"number": "0a1b2c3d"}),
            ("POST", path) if path.starts_with("/api/v1/terminals/") && path.contains("{epoch}") => {
                json!({"reason": "送修"})
            }
            ("POST", "/api/v1/terminals/{id}/confirmation") => json!({"fingerprint": "0000 0000 0000"}),
            ("POST", path) if path.ends_with("/findings/{canteen}/{number}/steps") => {
                json!({"what": "answered", "words": "已核实"})
            }
            ("POST", "/api/v1/findings/decision") => {
                json!({"canteen": canteen, "number": "WT-1", "explanation": "已核实"})
            }
            ("PUT", "/api/v1/regions/{region}/settings") => {
                let settings = domain::reconciliation::Settings::default();
                json!({"valid_from": "2026-06-01", "settings": settings})
            }
            ("POST", "/api/v1/holds/release") => {
                let book = self.scene.world.office().book();
                let policy = book.policies.policies().next().unwrap().reference().clone();
                json!({"canteen": canteen, "month": MARCH, "policy": policy, "gate": 1, "reason": "已整改"})
            }
            ("POST", "/console/disclosure/start") => json!({"days": "5"}),
            ("POST", "/console/disclosure/objections/{id}/decision") => json!({"upheld": "false", "reason": "无误"}),
            ("POST", "/console/funds/release") => json!({
                "canteen": canteen, "of": MARCH, "policy": "test", "version": "1", "hash": "0".repeat(64), "gate": "1",
                "reason": "已整改"}),
            ("POST", "/console/settlement/send-back" | "/api/v1/months/{region}/{month}/send-back") => {
                json!({"reason": "重核"})
            }
            (
                "POST",
                "/console/settlement/approve"
                | "/console/settlement/sign"
                | "/api/v1/months/{region}/{month}/approve"
                | "/api/v1/months/{region}/{month}/sign"
                | "/api/v1/proposals/{id}/approve",
            ) => json!({"digest": "0".repeat(64)}),
            ("POST", "/api/v1/months/{region}/{month}/disclosure") => json!({"days": 5}),
            ("POST", "/console/reconciliation/close") => json!({"canteen": canteen, "date": "2026-05-05"}),
            ("POST", "/api/v1/days/left-out" | "/console/reconciliation/left-out") => {
                json!({"canteen": canteen, "date": "2026-05-05", "reason": "停电"})
            }
            ("POST", "/console/disclosure/statements/{id}/objection" | "/api/v1/statements/{id}/objections") => {
                json!({"content": "数目不对"})
            }
            ("POST", "/console/funds/statements/{id}/payment" | "/api/v1/statements/{id}/payments") => {
                json!({"state": "confirmed", "reference": "B-1"})
            }
            ("POST", "/api/v1/objections/{id}/lift" | "/console/disclosure/objections/{id}/lift") => {
                json!({"reason": "已补记"})
            }
            ("POST", "/api/v1/objections/{id}/decision") => json!({"upheld": false, "reason": "数目无误"}),
            ("POST", "/api/v1/people") => json!({"name": "新来的人", "role": "auditor", "region": "440304"}),
            ("POST", "/api/v1/proposals/{id}/reject") => json!({"reason": "账号有误"}),
            ("POST", "/api/v1/canteens/{id}/payee") => {
                json!({"bank": "测试银行", "account_name": "测试餐饮有限公司", "account": "622202100112346"})
            }
            ("POST", "/api/v1/policies") => {
                json!({"file_name": "new.toml", "source": POLICY.replace("\"4403\"", "\"440304\"")})
            }
            ("POST", "/console/policies/new" | "/console/policies/proposals") => {
                let source = POLICY.replace("\"4403\"", "\"440304\"").replace("version = 1", "version = 2");
                json!({"file_name": "new.toml", "source": source})
            }
            ("POST", "/api/v1/policies/simulate") => {
                let source = POLICY.replace("\"4403\"", "\"440304\"").replace("version = 1", "version = 2");
                json!({"file_name": "new.toml", "source": source, "month": MARCH, "region": "440304"})
            }
            _ => self.body_of_accounts(method, path),
        }
    }

    /// Of what is owed, explained and planned.
    fn body_of_accounts(&self, method: &str, path: &str) -> Value {
        let canteen = self.scene.canteen(0);
        match (method, path) {
            ("POST", "/api/v1/canteens/{id}/closure" | "/console/canteens/{id}/closure") => {
                json!({"last_day": "2026-03-31", "reason": "停业"})
            }
            ("POST", "/api/v1/statements/{id}/demand" | "/console/funds/statements/{id}/demand") => {
                json!({"due": "2026-06-30", "reason": "多付"})
            }
            ("POST", "/api/v1/months/{region}/{month}/explanations" | "/console/settlement/explain") => {
                json!({"canteen": canteen, "words": "寒假就餐人数减少"})
            }
            ("POST", "/api/v1/months/{region}/{month}/findings/{number}/steps") => {
                json!({"what": "explained", "words": "已核实"})
            }
            ("POST", "/console/settlement/claims") => {
                json!({"number": "F-202603-000000", "what": "explained", "words": "已核实"})
            }
            ("POST", "/api/v1/budgets") => json!({
                "region": "440304", "year": 2026, "payer": {"name": "city", "unit": "4403"}, "amount": 100,
                "reason": "批复"}),
            ("POST", "/console/budgets") => {
                json!({"payer": "city", "unit": "4403", "amount": "1.00", "reason": "批复"})
            }
            ("POST", "/api/v1/demands/{id}/receipts") => json!({
                "payer": {"name": "city", "unit": null}, "amount": 10, "received_on": "2026-03-31",
                "reference": "回单"}),
            ("POST", "/console/funds/demands/{id}/receipt") => {
                json!({"payer": "0", "amount": "0.10", "received_on": "2026-03-31", "reference": "回单"})
            }
            _ => Value::Null,
        }
    }

    /// The fields of a page's form, and whether a file comes with them.
    fn form(&self, path: &str) -> (Vec<(String, String)>, bool) {
        let text = |fields: &[(&'static str, &str)]| fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let canteen = self.scene.canteen(0).to_string();
        let fields: Vec<(&'static str, String)> = match path {
            "/console/canteens" => text(&[
                ("place", "440304001003"),
                ("name", "又一食堂"),
                ("operator", "测试餐饮有限公司"),
                ("credit_code", "91350100M000100Y43"),
                ("address", ""),
                ("phone", "0755-82000000"),
                ("bank", "测试银行"),
                ("account_name", "测试餐饮有限公司"),
                ("account", "622202100112345"),
                ("capacity", "200"),
            ]),
            "/console/canteens/{id}/standing" => text(&[
                ("valid_from", "2026-06-01"),
                ("grade", "A"),
                ("risk", "A"),
                ("licence", "valid"),
                ("filing", "active"),
                ("kitchen", ""),
                ("stars", ""),
            ]),
            "/console/canteens/{id}/tags" => text(&[("valid_from", "2026-06-01"), ("tags", "x")]),
            "/console/canteens/{id}/prices" => {
                text(&[("valid_from", "2026-06-01"), ("period", "lunch"), ("price", "19")])
            }
            "/console/canteens/{id}/payee" => {
                text(&[("bank", "测试银行"), ("account_name", "测试公司"), ("account", "622202100112346")])
            }
            "/console/canteens/{id}/cashiers" => text(&[("name", "页上收银员"), ("pin", "1357")]),
            "/console/canteens/{id}/settings" => text(&[("soft", "24"), ("hard", ""), ("reader", "")]),
            "/console/proposals/{id}/approve" | "/console/imports/{id}/apply" => {
                vec![("digest", "0".repeat(64))]
            }
            "/console/regions" => text(&[("place", "440304"), ("name", "福田区"), ("office", "福田区民政局")]),
            "/console/regions/{region}/settings" => settings_form(),
            "/console/people" => text(&[("name", "页上来的人"), ("role", "auditor"), ("place", "440304")]),
            "/console/terminals/codes" => vec![("canteen", canteen)],
            "/console/terminals/{id}/confirmation" => text(&[("fingerprint", "0000 0000 0000")]),
            "/console/elders" => vec![
                ("resident_id", resident_id(301)),
                ("name", "测试长者".into()),
                ("phone", String::new()),
                ("place", "440304".into()),
                ("canteen", String::new()),
                ("hukou", String::new()),
            ],
            "/console/elders/find" => vec![("number", resident_id(7))],
            "/console/elders/sheets" | "/console/cards" => text(&[("canteen", ""), ("until", "")]),
            "/console/elders/{id}/sheet" => text(&[("until", "")]),
            "/console/elders/{id}/facts" => {
                text(&[("valid_from", "2026-06-01"), ("kind", "death_withdrawn"), ("what", ""), ("level", "")])
            }
            "/console/elders/{id}/chips" => text(&[("number", "0a1b2c3e")]),
            "/console/imports" => text(&[("kind", "deaths"), ("place", "")]),
            "/console/draws" => text(&[
                ("title", "又一次"),
                ("count", "1"),
                ("inspectors", ""),
                ("each", "0"),
                ("seed_name", "公开号码"),
                ("seed_on", "2026-06-01"),
            ]),
            "/console/draws/{id}/drawing" => text(&[("seed", "1 2 3")]),
            "/console/draws/{id}/results" => {
                vec![
                    ("canteen", canteen),
                    ("inspected_on", "2026-04-01".into()),
                    ("grade", "good".into()),
                    ("words", String::new()),
                ]
            }
            path if path.ends_with("/reject") || path.contains("{epoch}") => text(&[("reason", "送修")]),
            _ => Vec::new(),
        };
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (fields, path == "/console/imports" || path.ends_with("/photo") || path.ends_with("/attachments"))
    }

    /// What is answered, and the code of what was refused: of a page too.
    async fn ask(&self, route: &Route, token: Option<&str>) -> (Answered, String) {
        let method: Method = route.method.parse().unwrap();
        let address = self.address(route.path);
        let body = self.body(route.method, route.path);
        let mut asked = request(method, &address, token, &body);
        if route.method == "POST" && route.path.starts_with("/console/") {
            let (mut fields, has_file) = self.form(route.path);
            if fields.is_empty() {
                fields = fields_of(&body);
            }
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let (kind, body) = if has_file {
                ("multipart/form-data; boundary=zhucan", multipart(&fields, "x.csv", "身份证号,死亡日期\n".as_bytes()))
            } else {
                ("application/x-www-form-urlencoded", escaped(&fields))
            };
            asked.headers_mut().insert("content-type", kind.parse().unwrap());
            *asked.body_mut() = body;
        }
        let response = self.router.clone().oneshot(asked).await.unwrap();
        let code = response.extensions().get::<Code>().map(|code| code.name().to_owned()).unwrap_or_default();
        (read(response).await, code)
    }

    async fn head(&self) -> u64 {
        let store = &self.scene.world.office().store;
        unit!(store, |tx| audit::head(tx).await).map_or(0, |head| head.sequence)
    }
}

/// What the page of a region's settings sends, all by default.
fn settings_form() -> Vec<(&'static str, String)> {
    let settings = domain::reconciliation::Settings::default();
    let Value::Object(numbers) = serde_json::to_value(settings.thresholds).unwrap() else { unreachable!() };
    let mut fields = vec![("valid_from", "2026-06-01".to_owned())];
    fields.extend(numbers.into_iter().map(|(name, n)| (&*name.leak(), n.to_string())));
    for code in domain::reconciliation::Code::ALL {
        let Value::String(severity) = serde_json::to_value(settings.severity(code)).unwrap() else { unreachable!() };
        fields.push((code.name(), severity));
    }
    fields
}

/// The same fields as a program sends.
fn fields_of(body: &Value) -> Vec<(String, String)> {
    let field = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), text)
    };
    body.as_object().into_iter().flatten().map(field).collect()
}

const PASSPHRASE: &str = "correct horse 电池";

async fn every_route_lets_in_whom_the_table_names(backend: Backend) {
    let ground = Ground::new(backend).await;
    let mut listed = table();
    let mut wanted: BTreeMap<(&str, &str), Who> =
        TABLE.iter().map(|(method, path, who)| ((*method, *path), *who)).collect();
    assert_eq!(wanted.len(), TABLE.len(), "a route stands twice in the table");
    for route in &listed {
        assert!(wanted.contains_key(&(route.method, route.path)), "not in the table: {} {}", route.method, route.path);
    }
    assert_eq!(listed.len(), TABLE.len(), "the table names a route that is not served");
    // Signing out comes last: it would spoil the rest. The page's way out is tried where it is built.
    listed.retain(|route| route.path != "/console/sign-out");
    wanted.remove(&("POST", "/console/sign-out"));
    listed.sort_by_key(|route| route.method == "DELETE" && route.path == "/api/v1/session");
    let out = listed.pop().unwrap();
    wanted.remove(&(out.method, out.path));
    listed.retain(|route| route.path != "/console/sign-out");

    for route in &listed {
        let (answer, _) = ground.ask(route, None).await;
        let known = matches!(wanted[&(route.method, route.path)], Anybody);
        assert_eq!(answer.status != 401, known, "nobody: {} {}: {}", route.method, route.path, answer.status);
    }
    let (mut tried, mut denied) = (0, 0);
    for (n, role) in Role::ALL.iter().enumerate() {
        for inside in [true, false] {
            let person = ground.person(*role, inside, 2 * n + usize::from(inside)).await;
            for route in &listed {
                let who = wanted[&(route.method, route.path)];
                let before = ground.head().await;
                let (answer, code) = ground.ask(route, Some(&person.token)).await;
                let after = ground.head().await;
                let what = format!("{}: {} {}: {} {code}", person.what, route.method, route.path, answer.status);
                tried += 1;
                if matches!(who, Terminals) {
                    assert_eq!(code, "signature_missing", "{what}");
                } else if who.lets(&person) {
                    assert!(!matches!(code.as_str(), "forbidden" | "out_of_scope" | "sign_in_needed"), "{what}");
                    assert_ne!(answer.status, 500, "{what}");
                    // A photo and a list are no JSON; what is sent here is refused by its own words.
                    let bytes = route.method == "POST"
                        && (route.path.ends_with("/photo") || route.path.ends_with("/attachments"));
                    let read = bytes || !matches!(code.as_str(), "invalid" | "malformed" | "unsupported_media_type");
                    assert!(read || matches!(who, Anybody | Everybody), "the body is not one that is read: {what}");
                    // What is done is entered in the audit log.
                    let done = answer.status.is_success() || answer.status.is_redirection();
                    if route.action.is_some() && done {
                        assert!(after > before, "{what} is not entered");
                    }
                } else {
                    denied += 1;
                    assert!(matches!(code.as_str(), "forbidden" | "out_of_scope"), "{what}");
                    assert_eq!(after - before, u64::from(route.action.is_some()), "{what}: a denial is entered");
                }
            }
            let (answer, _) = ground.ask(&out, Some(&person.token)).await;
            assert_eq!(answer.status, 204, "{}", person.what);
        }
    }
    assert!(tried == listed.len() * 14 && denied > tried / 4, "{denied} of {tried} were denied");
}

/// What stands in a body is asked for as what stands in an address.
async fn ids_of_other_places_in_bodies_are_refused(backend: Backend) {
    let (world, till) = crate::client::world(backend).await;
    let office = world.office();
    let mut far = new_canteen("外区食堂");
    far.region = region("440305001001");
    let far = office.create_canteen(far, None).await.unwrap().id;
    let admin = crate::office::person(&world, "管理员", Administrator, "440304").await;
    let new = |name: &str, canteen: CanteenId| json!({"name": name, "role": "canteen_manager", "region": "440304", "canteen": canteen});
    let ask = async |body: &Value| {
        crate::client::send(&world, request(Method::POST, "/api/v1/people", Some(&admin), body)).await
    };
    ask(&new("外区负责人", far)).await.is_problem(403, "out_of_scope");
    assert_eq!(ask(&new("本区负责人", till.row.canteen)).await.status, 201);
    let own = unit!(office.store, |tx| server::store::people::by_name(tx, "本区负责人").await).unwrap();
    let post = |canteen| server::admin::Post { role: CanteenManager, region: region("440304"), canteen: Some(canteen) };
    let moved = office.move_person(own.id, post(far)).await;
    assert_eq!(moved.unwrap_err().code(), Some(Code::OutOfScope));
    office.move_person(own.id, post(till.row.canteen)).await.unwrap();
}

crate::on_both! {
    ids_of_other_places_in_bodies_are_refused
    every_route_lets_in_whom_the_table_names
}
