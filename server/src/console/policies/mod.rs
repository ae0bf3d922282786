//! Policies: their versions, what each says, a trial on a stored month, and drafting one: upload, check with refusals at
//! their lines and cases, and proposing it to another person.

mod sheet;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::calendar::{BusinessDate, Month};
use domain::check::{CheckReport, check, read_utf8};
use domain::policy::Policy;
use domain::region::RegionCode;
use serde::Deserialize;
use uuid::Uuid;

use self::sheet::{Sheet, sheet};
use self::words::Words;
use super::lang::{Lang, fill};
use super::layer::Upload;
use super::{Page, Shell, View, fmt, refusals};
use crate::admin::Proposed;
use crate::audit::Action;
use crate::http::body::{Path, Query};
use crate::http::routes::Routes;
use crate::http::{Answer, Problem};
use crate::people::Right;
use crate::simulate::Simulated;
use crate::store::{people, proposals};
use crate::words::Code;
use crate::{Error, Office};

/// The entry of the rail.
const ENTRY: &str = "/console/policies";
/// A policy and its cases with the form around them are no larger than this, bytes.
const LIMIT: usize = 4 * 1024 * 1024;

#[derive(Template)]
#[template(path = "console/policies/list.html")]
struct ListPage {
    shell: Shell,
    w: &'static Words,
    policies: Vec<Listed>,
    waiting: Vec<Waiting>,
    may_draft: bool,
    calendar: Vec<i16>,
}

/// A policy with its versions.
struct Listed {
    name: String,
    versions: Vec<Version>,
}

/// A version on the bar of time.
struct Version {
    name: String,
    state: &'static str,
    /// `past`, `now`, `coming` or `draft`: what it looks like.
    class: &'static str,
    span: String,
    href: String,
    shown: bool,
}

/// A draft that waits for another person.
struct Waiting {
    name: String,
    made: String,
    href: String,
}

#[derive(Template)]
#[template(path = "console/policies/policy.html")]
struct PolicyPage {
    shell: Shell,
    w: &'static Words,
    name: String,
    chip: String,
    about: String,
    versions: Vec<Version>,
    sheet: Sheet,
    source: Option<String>,
    decide: Option<String>,
    trial: Trial,
    months: Month,
    may_try: bool,
    here: String,
}

/// A trial on a stored month, drawn.
#[derive(Default)]
struct Trial {
    head: String,
    cost: String,
    percent: String,
    elders: String,
    sides: Vec<String>,
    payers: Vec<[String; 4]>,
    total: [String; 4],
    note: Option<String>,
    ran: bool,
}

#[derive(Template)]
#[template(path = "console/policies/draft.html")]
struct DraftPage {
    shell: Shell,
    w: &'static Words,
    draft: Draft,
    refusal: Option<String>,
    checked: Option<Checked>,
    /// Whether the draft is good as it stands.
    may_propose: bool,
}

/// What was typed or chosen.
#[derive(Default)]
struct Draft {
    file_name: String,
    source: String,
    cases: String,
}

/// What the check found, drawn.
struct Checked {
    good: Option<String>,
    refusals: Vec<(String, String)>,
    warnings: Vec<String>,
    cases: Vec<CaseLine>,
    failed: usize,
    sheet: Option<Sheet>,
}

struct CaseLine {
    name: String,
    own: String,
    passed: bool,
    differences: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Asked {
    /// The month to try the policy on.
    #[serde(rename = "try")]
    month: Option<Month>,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(ENTRY, list)
        .get("/console/policies/new", blank)
        .send("/console/policies/new", examine)
        .post("/console/policies/proposals", Action::ProposalMake, propose)
        .limit(LIMIT)
        .get("/console/policies/proposals/{id}", proposal)
        .get("/console/policies/{id}/{version}", show)
}

/// What a region is called; its code where no region of the office has it.
fn named(view: &View) -> impl Fn(&RegionCode) -> String + use<> {
    let names: BTreeMap<RegionCode, String> = view.regions.iter().map(|r| (r.code.clone(), r.name.clone())).collect();
    move |code| names.get(code).cloned().unwrap_or_else(|| code.to_string())
}

/// Whether a policy has to do with the region looked at.
fn concerns(policy: &Policy, region: &RegionCode) -> bool {
    policy.regions().iter().any(|own| own.contains(region) || region.contains(own))
}

/// The versions of a policy by its id, in order, with the one that is shown.
fn versions(view: &View, book: &domain::record::check::Rulebook, id: &str, shown: Option<u32>) -> Vec<Version> {
    let (w, today) = (Words::of(view.lang), view.now.business_date());
    let mut all: Vec<&Policy> = book.policies.policies().filter(|policy| policy.id() == id).collect();
    all.sort_by_key(|policy| policy.version());
    let version = |policy: &&Policy| {
        let last = book.policies.last_day(policy.reference());
        let (state, class) = match last {
            Some(last) if last < today => (w.past, "past"),
            _ if policy.effective_from() > today => (w.coming, "coming"),
            _ => (w.running, "now"),
        };
        Version {
            name: fill(w.version, &[("n", &policy.version())]),
            state,
            class,
            span: span(view.lang, policy.effective_from(), last),
            href: view.link(&format!("{ENTRY}/{}/{}", policy.id(), policy.version())),
            shown: shown == Some(policy.version()),
        }
    };
    all.iter().map(version).collect()
}

fn span(lang: Lang, from: BusinessDate, last: Option<BusinessDate>) -> String {
    let w = Words::of(lang);
    let from = fmt::full_day(from, lang);
    match last {
        Some(last) => fill(w.span, &[("from", &from), ("until", &fmt::full_day(last, lang))]),
        None => fill(w.from, &[("date", &from)]),
    }
}

async fn list(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    view.user.require(Right::Read)?;
    let (w, book) = (Words::of(view.lang), office.book());
    let mut ids: Vec<(&str, &str)> = Vec::new();
    for policy in book.policies.policies().filter(|policy| concerns(policy, &view.region.code)) {
        ids.retain(|(id, _)| *id != policy.id());
        ids.push((policy.id(), policy.name()));
    }
    let listed =
        |(id, name): &(&str, &str)| Listed { name: (*name).to_owned(), versions: versions(&view, &book, id, None) };
    let policies = ids.iter().map(listed).collect();
    let may_draft = view.user.require(Right::AnnouncePolicies).is_ok();
    let waiting = waiting(&office, &view).await?;
    let calendar = book.calendar().years().into_iter().collect();
    Page::of(&ListPage { shell: view.shell(ENTRY, w.title), w, policies, waiting, may_draft, calendar })
}

/// The drafts that wait, of the person's own place.
async fn waiting(office: &Arc<Office>, view: &View) -> Answer<Vec<Waiting>> {
    let region = view.user.region.clone();
    let rows = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut named = Vec::new();
                for row in proposals::open(tx, &region).await? {
                    let maker = people::get(tx, row.maker).await?.map(|user| user.name).unwrap_or_default();
                    named.push((row, maker));
                }
                Ok(named)
            })
        })
        .await?;
    let w = Words::of(view.lang);
    let mut waiting = Vec::new();
    for (row, maker) in rows.iter().filter(|(row, _)| row.canteen.is_none()) {
        if view.user.require_inside(&row.region).is_err() {
            continue;
        }
        if let Proposed::Policy { file_name, source } = office.proposed(row)? {
            let name = Policy::parse(&file_name, &source).map_or(file_name, |policy| {
                format!("{} {}", policy.name(), fill(w.version, &[("n", &policy.version())]))
            });
            let made = fill(w.proposal_of, &[("name", maker), ("at", &fmt::at(row.made_at, view.lang))]);
            waiting.push(Waiting { name, made, href: view.link(&format!("{ENTRY}/proposals/{}", row.id)) });
        }
    }
    Ok(waiting)
}

async fn show(
    State(office): State<Arc<Office>>,
    view: View,
    Path((id, version)): Path<(String, u32)>,
    Query(asked): Query<Asked>,
) -> Answer<Page> {
    view.user.require(Right::Read)?;
    let book = office.book();
    let found = |wanted: u32| book.policies.policies().find(|p| p.id() == id && p.version() == wanted);
    let policy = found(version).ok_or_else(|| Problem::new(Code::PolicyUnknown, crate::words::NO_POLICY))?;
    let before = book.policies.policies().filter(|p| p.id() == id && p.version() < version).max_by_key(|p| p.version());
    let versions = versions(&view, &book, &id, Some(version));
    let state = versions.iter().find(|v| v.shown).map_or("", |v| v.state);
    let w = Words::of(view.lang);
    let here = view.link(&format!("{ENTRY}/{id}/{version}"));
    let page = PolicyPage {
        chip: format!("{} {state}", fill(w.version, &[("n", &version)])),
        source: Some(format!("/api/v1/policies/{id}/{version}")),
        decide: None,
        ..page(&office, &view, policy, before, versions, here, asked.month).await?
    };
    Page::of(&page)
}

async fn proposal(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Answer<Page> {
    view.user.require(Right::Read)?;
    let row = office.proposal(id).await?;
    view.user.require_inside(&row.region)?;
    let unknown = || Problem::new(Code::PolicyUnknown, crate::words::NO_POLICY);
    let Proposed::Policy { file_name, source } = office.proposed(&row)? else { return Err(unknown()) };
    let policy = Policy::parse(&file_name, &source).map_err(|_| unknown())?;
    let (w, book) = (Words::of(view.lang), office.book());
    let before = book.policies.policies().filter(|p| p.id() == policy.id()).max_by_key(|p| p.version());
    let mut versions = versions(&view, &book, policy.id(), None);
    let here = view.link(&format!("{ENTRY}/proposals/{id}"));
    versions.push(Version {
        name: fill(w.version, &[("n", &policy.version())]),
        state: w.draft,
        class: "draft",
        span: span(view.lang, policy.effective_from(), policy.effective_until()),
        href: here.clone(),
        shown: true,
    });
    let page = PolicyPage {
        chip: format!("{} {}", fill(w.version, &[("n", &policy.version())]), w.draft),
        source: None,
        decide: Some(view.link("/console/proposals")),
        ..page(&office, &view, &policy, before, versions, here, asked.month).await?
    };
    Page::of(&page)
}

async fn page(
    office: &Arc<Office>,
    view: &View,
    policy: &Policy,
    before: Option<&Policy>,
    versions: Vec<Version>,
    here: String,
    month: Option<Month>,
) -> Answer<PolicyPage> {
    let w = Words::of(view.lang);
    let sheet = sheet(policy, before, view.lang, &named(view));
    let may_try = policy.regions().iter().all(|region| view.user.require_inside(region).is_ok())
        && [Right::AnnouncePolicies, Right::CheckMonth].iter().any(|right| view.user.require(*right).is_ok());
    let trial = match month.filter(|_| may_try) {
        Some(month) => trial(&office.simulate(policy.clone(), month, None).await?, view.lang),
        None => Trial::default(),
    };
    let mut about = fill(w.from, &[("date", &fmt::full_day(policy.effective_from(), view.lang))]);
    if let Some(before) = before {
        let compared = if sheet.changes == 0 { w.unchanged } else { w.compared };
        about.push_str(view.lang.of("，", ", "));
        about.push_str(&fill(compared, &[("n", &before.version()), ("changes", &sheet.changes)]));
    }
    let name = policy.name().to_owned();
    let months = month.unwrap_or(view.month);
    let shell = view.shell(ENTRY, name.clone());
    let (chip, source, decide) = (String::new(), None, None);
    Ok(PolicyPage { shell, w, name, chip, about, versions, sheet, source, decide, trial, months, may_try, here })
}

/// What a trial found, in words and figures.
fn trial(of: &Simulated, lang: Lang) -> Trial {
    let w = Words::of(lang);
    let amounts = |label: String, pair: domain::simulation::Pair| {
        let change = pair.difference();
        let change = if change.is_zero() { w.same.to_owned() } else { fmt::change(&change) };
        [label, fmt::yuan(&pair.now), fmt::yuan(&pair.then), change]
    };
    let cost = of.cost.difference();
    let permille = if of.cost.now.is_zero() { None } else { Some(cost.get().saturating_mul(1000) / of.cost.now.get()) };
    let own = of.own_payment.difference();
    let elders = match own.get() {
        0 => w.elders_same.to_owned(),
        1.. => fill(w.elders_more, &[("amount", &fmt::yuan(&own))]),
        _ => fill(w.elders_less, &[("amount", &fmt::yuan(&own.abs()))]),
    };
    let n = fmt::count(i64::try_from(of.meals).unwrap_or(i64::MAX));
    let sides = [(w.gainers, &of.elders.gain), (w.losers, &of.elders.lose)];
    let side = |(text, side): &(&str, &domain::simulation::Side)| {
        format!("{} {}", fill(text, &[("n", &side.elders)]), fmt::yuan(&side.amount))
    };
    let label = |payer: &crate::simulate::OfPayer| match lang {
        Lang::Zh => payer.label.clone(),
        Lang::En => payer.payer.name.clone(),
    };
    Trial {
        head: fill(w.with_month, &[("month", &fmt::month(of.month, lang)), ("n", &n)]),
        cost: if cost.is_zero() { fmt::yuan(&cost) } else { fmt::change(&cost) },
        percent: permille.map(fmt::change_permille).unwrap_or_default(),
        elders,
        sides: sides.iter().filter(|(_, side)| side.elders > 0).map(side).collect(),
        payers: of.payers.iter().map(|payer| amounts(label(payer), payer.amount)).collect(),
        total: amounts(w.total.to_owned(), of.cost),
        note: (of.not_closed > 0).then(|| fill(w.not_closed, &[("n", &of.not_closed)])),
        ran: true,
    }
}

async fn blank(view: View) -> Answer<Page> {
    view.user.require(Right::AnnouncePolicies)?;
    Page::of(&draft_page(&view, Draft::default(), None, None))
}

fn draft_page(view: &View, draft: Draft, refusal: Option<String>, checked: Option<Checked>) -> DraftPage {
    let w = Words::of(view.lang);
    let may_propose = checked.as_ref().is_some_and(|checked| checked.good.is_some());
    DraftPage { shell: view.shell(ENTRY, w.new_title), w, draft, refusal, checked, may_propose }
}

/// What the form brings: files go before what stands in the text fields.
fn drafted(upload: &Upload, w: &Words) -> Result<Draft, String> {
    let text = |field: &str| upload.field(field).unwrap_or_default().replace("\r\n", "\n");
    let mut draft = Draft { file_name: text("file_name"), source: text("source"), cases: text("cases") };
    for (field, name, bytes) in upload.files.iter().filter(|(_, _, bytes)| !bytes.is_empty()) {
        let read = read_utf8(name, bytes.to_vec()).map_err(|_| w.not_text.to_owned())?;
        if field == "cases_file" {
            draft.cases = read;
        } else {
            (draft.file_name, draft.source) = (name.clone(), read);
        }
    }
    if draft.file_name.trim().is_empty() {
        "policy.toml".clone_into(&mut draft.file_name);
    }
    Ok(draft)
}

async fn examine(State(office): State<Arc<Office>>, view: View, upload: Upload) -> Answer<Response> {
    view.user.require(Right::AnnouncePolicies)?;
    let w = Words::of(view.lang);
    let draft = match drafted(&upload, w) {
        Ok(draft) if draft.source.trim().is_empty() => {
            return refused(&view, draft, w.no_text.to_owned(), None);
        }
        Ok(draft) => draft,
        Err(said) => return refused(&view, Draft::default(), said, None),
    };
    let checked = checked(&office, &view, &draft);
    Ok(Page::of(&draft_page(&view, draft, None, Some(checked)))?.into_response())
}

fn refused(view: &View, draft: Draft, said: String, checked: Option<Checked>) -> Answer<Response> {
    let page = Page::of(&draft_page(view, draft, Some(said), checked))?;
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

fn checked(office: &Office, view: &View, draft: &Draft) -> Checked {
    let (w, lang, book) = (Words::of(view.lang), view.lang, office.book());
    let cases = Some(draft.cases.as_str()).filter(|text| !text.trim().is_empty());
    let report = check(&draft.file_name, &draft.source, cases.map(|text| ("cases.toml", text)), book.calendar());
    let policy = Policy::parse(&draft.file_name, &draft.source).ok();
    let before = policy
        .as_ref()
        .and_then(|policy| book.policies.policies().filter(|p| p.id() == policy.id()).max_by_key(|p| p.version()));
    let good = policy.as_ref().filter(|_| !report.refused());
    let good = good.map(|policy| fill(w.good, &[("name", &policy.name()), ("n", &policy.version())]));
    let sheet = policy.as_ref().map(|policy| sheet(policy, before, lang, &named(view)));
    Checked { good, sheet, ..said(&report, lang) }
}

/// The report in words.
fn said(report: &CheckReport, lang: Lang) -> Checked {
    let w = Words::of(lang);
    let refusal = |error: &domain::policy::PolicyError| {
        let place = format!("{} {}", error.file, fill(w.line, &[("n", &error.line)]));
        (
            place,
            match lang {
                Lang::Zh => error.chinese(),
                Lang::En => error.english(),
            },
        )
    };
    let difference = |d: &domain::cases::Difference| {
        fill(w.expected, &[("field", &d.field), ("expected", &d.expected), ("read", &d.read)])
    };
    let case = |case: &domain::cases::CaseResult| CaseLine {
        name: case.name.clone(),
        own: fill(w.own, &[("amount", &fmt::yuan(&case.outcome.decision.own_payment))]),
        passed: case.passed(),
        differences: case.differences.iter().map(difference).collect(),
    };
    let warning = |warning: &domain::check::Warning| match lang {
        Lang::Zh => warning.chinese.clone(),
        Lang::En => warning.english.clone(),
    };
    Checked {
        good: None,
        refusals: report.refusals.iter().map(refusal).collect(),
        warnings: report.warnings.iter().map(warning).collect(),
        cases: report.cases.iter().map(case).collect(),
        failed: report.counts().1,
        sheet: None,
    }
}

async fn propose(State(office): State<Arc<Office>>, view: View, upload: Upload) -> Answer<Response> {
    view.user.require(Right::AnnouncePolicies)?;
    let w = Words::of(view.lang);
    let draft = match drafted(&upload, w) {
        Ok(draft) => draft,
        Err(said) => return refused(&view, Draft::default(), said, None),
    };
    let policy = match Policy::parse(&draft.file_name, &draft.source) {
        Ok(policy) => policy,
        Err(errors) => {
            let checked = checked(&office, &view, &draft);
            return refused(&view, draft, fill(w.refused, &[("n", &errors.0.len())]), Some(checked));
        }
    };
    for region in policy.regions() {
        view.user.require_inside(region)?;
    }
    let region = policy.regions().first().cloned().unwrap_or_else(|| view.user.region.clone());
    let what = Proposed::Policy { file_name: draft.file_name.clone(), source: draft.source.clone() };
    match office.propose(what, region, view.user.id).await {
        Ok(row) => {
            let to = view.link(&format!("{ENTRY}/proposals/{}?done=proposed", row.id));
            Ok(Redirect::to(&to).into_response())
        }
        Err(Error::Refused(refusal)) => {
            let checked = checked(&office, &view, &draft);
            refused(&view, draft, refusals::detail(&refusal.detail, view.lang), Some(checked))
        }
        Err(trouble) => Err(trouble.into()),
    }
}
