//! A region's month: where it stands, what stands in its way, and the acts of maker and checker.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use domain::id::{CanteenId, Digest, UserId};
use domain::settlement::payment::Stage;
use domain::settlement::{MonthState, Statement};
use receipts::table::{Cell, Table};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::acts::freshly;
use super::board::{self, Amounts, MARKED, Tally};
use super::words::Words;
use super::{pages, say};
use crate::Office;
use crate::audit::Action;
use crate::budget;
use crate::console::days::MonthDays;
use crate::console::files::{self, Kind};
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::http::Answer;
use crate::http::body::{Form, Query};
use crate::http::months::{actor, explained, printable};
use crate::http::routes::Routes;
use crate::month::{self, Changed, MonthView, Obstacle, digest_of};
use crate::payment::{self, Afterwards};
use crate::people::{Right, Role};
use crate::store::canteens::Region;
use crate::store::months::StoredStatement;
use crate::store::people::{self, UserRow};
use crate::store::{Tx, months, overview};
use crate::verify::statements::{Made, again};

/// The page's address.
const PATH: &str = "/console/settlement";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, page)
        .get("/console/settlement.csv", csv)
        .get("/console/settlement.xlsx", xlsx)
        .post("/console/settlement/draft", Action::MonthDraft, draft)
        .post("/console/settlement/explain", Action::MonthExplain, explain)
        .post("/console/settlement/submit", Action::MonthSubmit, submit)
        .post("/console/settlement/send-back", Action::MonthSendBack, send_back)
        .post("/console/settlement/approve", Action::MonthApprove, approve)
        .post("/console/settlement/archive", Action::MonthArchive, archive)
}

/// What the page is drawn from.
struct Found {
    days: MonthDays,
    /// The canteens that this very region settles.
    settles: Vec<(CanteenId, String)>,
    month: Option<MonthView>,
    after: Option<Afterwards>,
    /// Last month's statements.
    before: BTreeMap<CanteenId, Amounts>,
    /// Whoever acted, by id.
    names: BTreeMap<UserId, String>,
    checkers: Vec<String>,
    makers: Vec<String>,
    /// Whether the statements made again from the day closes are those that are stored.
    again: Option<bool>,
    /// By how much payers' budgets of the year are passed, drafts counted; nothing where no budget is set.
    budgets: Option<Vec<(domain::decision::Payer, domain::money::Fen)>>,
    /// An earlier month that has to be approved first, or a later one that was drafted.
    earlier: Option<domain::calendar::Month>,
    later: Option<domain::calendar::Month>,
}

impl Found {
    /// Why a canteen's month changed so much, in its maker's words.
    fn explanation(&self, canteen: CanteenId) -> Option<String> {
        let changed = self.month.as_ref()?.changes.iter().find(|changed| changed.canteen == canteen)?;
        changed.explanation.as_ref().map(|said| said.words.clone())
    }
}

async fn load(tx: &mut Tx, office: &Office, view: &View, remake: bool) -> Result<Found, crate::Error> {
    let (region, of) = (&view.region.code, view.month);
    let days = MonthDays::load(tx, region, of, None).await?;
    let settles = months::canteens(tx, region).await?;
    let month = month::view(tx, region, of).await?;
    let approved = month.as_ref().is_some_and(|m| m.settlement.state.0 == MonthState::Approved);
    let after = if approved { Some(payment::afterwards(tx, region, of).await?) } else { None };
    let last = overview::statements(tx, region, of.previous(), of.previous()).await?;
    let before = last.iter().map(|s| (s.canteen, Amounts::of(&s.content.0))).collect();
    let everybody = people::inside(tx, &view.user.region).await?;
    let works = |row: &&UserRow| row.left_at.is_none() && row.region.contains(region);
    let with = |role: Role| -> Vec<String> {
        everybody.iter().filter(works).filter(|row| row.role == role).map(|row| row.name.clone()).collect()
    };
    let submitted = month.as_ref().is_some_and(|m| m.settlement.state.0 == MonthState::Submitted);
    let again = match &month {
        Some(month) if remake || submitted => Some(is_same_again(tx, office, month).await?),
        _ => None,
    };
    let (year, set) = budget::year(tx, region, of.ym().0).await?;
    let passed = year.into_iter().filter_map(|of| of.passed_by().map(|by| (of.payer, by))).collect();
    Ok(Found {
        budgets: (!set.is_empty()).then_some(passed),
        settles,
        after,
        before,
        names: everybody.iter().map(|row| (row.id, row.name.clone())).collect(),
        checkers: with(Role::FinanceChecker),
        makers: with(Role::FinanceMaker),
        again,
        earlier: months::unapproved_before(tx, region, of).await?.first().copied(),
        later: months::drafted_after(tx, region, of).await?,
        days,
        month,
    })
}

/// Makes every statement again from the day closes that it settled.
async fn is_same_again(tx: &mut Tx, office: &Office, view: &MonthView) -> Result<bool, crate::Error> {
    let rules = office.book();
    for stored in &view.statements {
        let of = Made {
            id: stored.id,
            canteen: stored.canteen,
            month: stored.month,
            drafted_at: view.settlement.drafted_at,
        };
        if again(tx, &rules, of, &stored.content.0).await?.as_ref() != Some(&stored.content.0) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A step of the month.
pub(super) struct Step {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) detail: String,
}

/// A canteen's row.
struct Row {
    name: String,
    href: Option<String>,
    open_days: String,
    meals: String,
    money: Option<Money>,
    /// Days closed of days, before a draft.
    closed: String,
    last: String,
    change: String,
    /// `up`, `down` or nothing.
    marked: &'static str,
    /// Why it changed so much, in the maker's words.
    explained: String,
    tally: Tally,
    findings: String,
}

/// The money columns, written.
struct Money {
    served: String,
    adjusted: String,
    deducted: String,
    held: String,
    is_held: bool,
    carried: String,
    payable: String,
}

impl Money {
    fn of(amounts: &Amounts) -> Self {
        Self {
            served: fmt::yuan(&amounts.served),
            adjusted: fmt::change(&amounts.adjusted),
            deducted: fmt::dash(&amounts.deducted),
            held: fmt::dash(&amounts.held),
            is_held: !amounts.held.is_zero(),
            carried: fmt::dash(&amounts.carried),
            payable: fmt::yuan(&amounts.payable),
        }
    }
}

/// One thing that was looked at.
struct Check {
    /// `ok`, `bad`, `warn` or `info`.
    look: &'static str,
    title: String,
    detail: String,
    link: Option<(String, &'static str)>,
}

impl Check {
    const fn icon(&self) -> &'static str {
        match self.look.as_bytes() {
            b"ok" => "circle-check",
            b"bad" => "octagon-x",
            b"warn" => "octagon-alert",
            _ => "info",
        }
    }
}

/// What the person may do now.
#[expect(clippy::struct_excessive_bools, reason = "each is an act that the page offers or does not")]
struct Acts {
    draft: bool,
    redraft: bool,
    submit: bool,
    submit_locked: bool,
    approve: bool,
    send_back: bool,
    disclose: bool,
    pay: bool,
    archive: bool,
    /// Who is next, or why nothing can be done.
    next: String,
}

#[derive(Template)]
#[template(path = "console/month/settlement.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is something that stands on the page or does not")]
struct Drawn {
    shell: Shell,
    w: &'static Words,
    title: String,
    state: &'static str,
    look: &'static str,
    version: Option<String>,
    drafted: Option<String>,
    returned: Option<String>,
    steps: Vec<Step>,
    rows: Vec<Row>,
    is_drafted: bool,
    carried: bool,
    total_name: String,
    total_meals: String,
    total: Money,
    total_last: String,
    total_closed: String,
    payable: String,
    approved: String,
    held_name: String,
    held: String,
    carried_on: Option<String>,
    checks: Vec<Check>,
    acts: Acts,
    /// What the maker has to explain: canteen, name, change.
    to_explain: Vec<(CanteenId, String, String)>,
    digest: String,
    fresh: bool,
    needs_code: bool,
    summary: String,
}

impl Drawn {
    fn explain_label(&self, name: &str, change: &str) -> String {
        fill(self.w.explain_why, &[("name", &name), ("change", &change)])
    }
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    again: Option<u8>,
}

async fn read(office: &Arc<Office>, view: &View, remake: bool) -> Answer<Found> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (kept, of) = (Arc::clone(office), view.clone());
    let read = office.store.read(move |tx| {
        let (kept, of) = (Arc::clone(&kept), of.clone());
        Box::pin(async move { load(tx, &kept, &of, remake).await })
    });
    Ok(read.await?)
}

async fn page(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let found = read(&office, &view, asked.again.is_some()).await?;
    Page::of(&drawn(&view, &found, office.now()))
}

fn rows(view: &View, found: &Found) -> (Vec<Row>, Amounts, Amounts) {
    let tallies = board::tally(&found.days);
    let w = Words::of(view.lang);
    let row = |canteen: CanteenId, name: &str, of: Option<(&Statement, String)>| {
        let amounts = of.as_ref().map(|(statement, _)| Amounts::of(statement));
        let before = found.before.get(&canteen);
        let change = amounts.as_ref().zip(before).and_then(|(now, before)| board::change_a_day(now, before));
        let closes = || view.month.days().filter_map(|day| found.days.closes.get(&(canteen, day)));
        let open = closes().filter(|(_, close)| close.meals.count > 0).count();
        let meals: u32 = closes().map(|(_, close)| close.subsidised.count).sum();
        let tally = tallies.get(&canteen).copied().unwrap_or_default();
        Row {
            name: name.to_owned(),
            href: of.map(|(_, href)| href),
            open_days: fmt::count(amounts.map_or(i64::try_from(open).unwrap_or(0), |a| i64::from(a.open_days))),
            meals: fmt::count(amounts.map_or(meals, |a| a.meals)),
            money: amounts.as_ref().map(Money::of),
            closed: fmt::count(closed_days(view, found, canteen)),
            last: before.map_or_else(|| "—".to_owned(), |before| fmt::yuan(&before.payable)),
            change: change.map_or_else(|| "—".to_owned(), fmt::change_permille),
            explained: found.explanation(canteen).unwrap_or_default(),
            marked: match change {
                Some(change) if change > MARKED => "up",
                Some(change) if change < -MARKED => "down",
                _ => "",
            },
            findings: match tally {
                Tally { blocking: 1.., .. } => fill(w.blocking_n, &[("n", &tally.blocking)]),
                Tally { open: 1.., .. } => fill(w.open_n, &[("n", &tally.open)]),
                Tally { decided: 1.., .. } => fill(w.decided_n, &[("n", &tally.decided)]),
                Tally { .. } => "—".to_owned(),
            },
            tally,
        }
    };
    let last = Amounts::sum(found.before.values());
    if let Some(month) = &found.month {
        let of = |s: &months::StoredStatement| {
            let href = view.link(&format!("/console/statements/{}", s.id));
            row(s.canteen, found.days.name(s.canteen), Some((&s.content.0, href)))
        };
        let amounts: Vec<Amounts> = month.statements.iter().map(|s| Amounts::of(&s.content.0)).collect();
        (month.statements.iter().map(of).collect(), Amounts::sum(amounts.iter()), last)
    } else {
        let rows: Vec<Row> = found.settles.iter().map(|(id, name)| row(*id, name, None)).collect();
        let own = |canteen: &CanteenId| found.settles.iter().any(|(id, _)| id == canteen);
        let closes = found.days.closes.iter().filter(|((canteen, _), _)| own(canteen));
        let closes = closes.map(|(_, (_, close))| close.subsidised.count);
        (rows, Amounts { meals: closes.sum(), ..Amounts::default() }, last)
    }
}

fn closed_days(view: &View, found: &Found, canteen: CanteenId) -> usize {
    view.month.days().filter(|day| !found.days.is_unclosed(canteen, *day)).count()
}

/// Closed days and all days of the month's canteens.
fn days_of(view: &View, found: &Found) -> (usize, usize) {
    if let Some(month) = &found.month {
        let of = |s: &months::StoredStatement| {
            let box_of = &s.content.0.reconciliation;
            (pages::size(box_of.closed) + box_of.left_out.len(), pages::size(box_of.days))
        };
        month.statements.iter().map(of).fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    } else {
        let closed = found.settles.iter().map(|(id, _)| closed_days(view, found, *id)).sum();
        (closed, found.settles.len() * view.month.days().count())
    }
}

fn steps(view: &View, found: &Found) -> Vec<Step> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let (closed, all) = days_of(view, found);
    let settlement = found.month.as_ref().map(|m| &m.settlement);
    let stage = found.after.as_ref().map(|a| a.stage);
    let at = board::step(settlement.map(|s| s.state.0), all > 0 && closed == all, stage);
    let who = |by: Option<UserId>, when: Option<domain::calendar::UnixMs>| {
        let name = by.and_then(|by| found.names.get(&by)).map_or("", String::as_str);
        let day = when.map(|at| fmt::day(at.local_date(), lang)).unwrap_or_default();
        format!("{name} {day}").trim().to_owned()
    };
    let waiting = found.month.as_ref().map_or(0, |m| m.in_the_way.len());
    let details = [
        format!("{} / {}", fmt::count(closed), fmt::count(all)),
        who(settlement.map(|s| s.drafted_by), settlement.map(|s| s.drafted_at)),
        match settlement {
            Some(s) if s.submitted_at.is_some() && s.state.0 != MonthState::Drafted => {
                who(s.submitted_by, s.submitted_at)
            }
            Some(_) if waiting > 0 => fill(w.missing_n, &[("n", &waiting)]),
            _ => String::new(),
        },
        match settlement {
            Some(s) if s.approved_at.is_some() => who(s.approved_by, s.approved_at),
            _ => found.checkers.join(lang.of("、", ", ")),
        },
        found
            .after
            .as_ref()
            .and_then(|a| a.disclosure.as_ref())
            .map_or_else(String::new, |d| fill(w.until_day, &[("day", &fmt::day(d.until, lang))])),
        found.after.as_ref().map_or_else(String::new, paid_of),
        String::new(),
    ];
    let names = [
        w.step_closed,
        w.step_drafted,
        w.step_submitted,
        w.step_approved,
        w.step_disclosed,
        w.step_paid,
        w.step_archived,
    ];
    let class = |n: usize| match n.cmp(&at) {
        std::cmp::Ordering::Less => "past",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    names
        .into_iter()
        .zip(details)
        .enumerate()
        .map(|(n, (name, detail))| Step { class: class(n + 1), name, detail })
        .collect()
}

/// `3 / 12`: payments that arrived of those that are owed.
fn paid_of(after: &Afterwards) -> String {
    use domain::settlement::payment::PaymentState;
    let owed = after.statements.iter().filter(|(s, ..)| !s.payable.is_zero());
    let arrived = owed.clone().filter(|(_, paid, _)| paid.last().is_some_and(|p| p.state == PaymentState::Confirmed));
    format!("{} / {}", arrived.count(), owed.count())
}

/// What stands in the way, then what was found in order.
fn checks(view: &View, found: &Found) -> Vec<Check> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let (mut checks, mut good) = (Vec::new(), Vec::new());
    let ok = |title: String, detail: String| Check { look: "ok", title, detail, link: None };
    let Some(month) = &found.month else { return before_draft(view, found) };
    for (canteen, obstacle) in &month.obstacles {
        let name = found.days.name(*canteen);
        let (title, days, link) = match obstacle {
            Obstacle::Incomplete(days) => (
                fill(w.incomplete_n, &[("n", &days.len())]),
                say::days(lang, days),
                (view.link(&format!("/console/reconciliation?canteen={canteen}")), w.go_days),
            ),
            Obstacle::Blocking(numbers) => (
                fill(w.blocking_undecided, &[("n", &numbers.len())]),
                numbers.join(lang.of("、", ", ")),
                (view.link(&format!("/console/findings/{canteen}/{}", numbers[0])), w.go_decide),
            ),
            Obstacle::RuledSince(days) => (w.ruled_since.to_owned(), say::days(lang, days), (String::new(), "")),
            // Said once for all canteens below.
            Obstacle::Unexplained(_) => continue,
        };
        let link = Some(link).filter(|(href, _)| !href.is_empty());
        checks.push(Check { look: "bad", title, detail: format!("{name} {days}"), link });
    }
    let (closed, all) = days_of(view, found);
    let (reports, agree) = month.statements.iter().fold((0, 0), |(a, b), s| {
        let (c, d) = s.content.0.reconciliation.z_reports;
        (a + c, b + d)
    });
    let z = if reports == agree {
        fill(w.z_agree, &[("n", &reports)])
    } else {
        fill(w.z_differ, &[("n", &(reports - agree))])
    };
    if closed == all && reports == agree {
        good.push(ok(fill(w.all_closed, &[("n", &all)]), z));
    } else {
        checks.push(Check {
            look: "warn",
            title: fill(w.closed_of, &[("n", &closed), ("all", &all)]),
            detail: z,
            link: None,
        });
    }
    let payers = pages::payer_sums(month.statements.iter().map(|s| &s.content.0));
    let known: Vec<_> =
        payers.iter().map(|line| &line.payer.name).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let named =
        known.iter().map(|name| say::payer(lang, &domain::decision::Payer { name: (*name).clone(), unit: None }, None));
    let named = named.collect::<Vec<_>>().join(lang.of("、", ", "));
    if board::payers_agree(month.statements.iter().map(|s| &s.content.0)) {
        good.push(ok(w.payers_agree.to_owned(), named));
    } else {
        checks.push(Check { look: "bad", title: w.payers_differ.to_owned(), detail: named, link: None });
    }
    changes(view, found, month, &mut checks, &mut good);
    budgets(view, found, &mut checks, &mut good);
    digests(view, found, month, &mut checks, &mut good);
    checks.extend(good);
    checks
}

/// Canteens whose change a day is beyond the mark.
fn changes(view: &View, found: &Found, month: &MonthView, bad: &mut Vec<Check>, good: &mut Vec<Check>) {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let change = |changed: &Changed| {
        let said = changed.explanation.as_ref().map_or(w.not_explained, |said| said.words.as_str());
        format!("{} {}：{said}", found.days.name(changed.canteen), fmt::change_permille(changed.change))
    };
    let marked: Vec<String> = month.changes.iter().map(change).collect();
    let missing = month.changes.iter().any(|changed| changed.explanation.is_none());
    if marked.is_empty() {
        let title = if found.before.is_empty() { w.nothing_before } else { w.changes_small };
        good.push(Check { look: "ok", title: title.to_owned(), detail: String::new(), link: None });
        return;
    }
    let title = fill(w.changes_marked, &[("n", &marked.len())]);
    let look = if missing { "bad" } else { "ok" };
    bad.push(Check { look, title, detail: marked.join(lang.of("；", "; ")), link: None });
}

/// Payers whose budget of the year the drafts pass.
fn budgets(view: &View, found: &Found, bad: &mut Vec<Check>, good: &mut Vec<Check>) {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let link = Some((view.link("/console/budgets"), w.budgets));
    let Some(passed) = &found.budgets else {
        let title = w.no_budget_set.to_owned();
        good.push(Check { look: "info", title, detail: String::new(), link });
        return;
    };
    for (payer, by) in passed {
        let name = say::payer(lang, payer, None);
        let title = fill(w.budget_passed, &[("payer", &name), ("amount", &fmt::yuan(by))]);
        bad.push(Check { look: "warn", title, detail: String::new(), link: link.clone() });
    }
    if passed.is_empty() {
        good.push(Check { look: "ok", title: w.budgets_kept.to_owned(), detail: String::new(), link });
    }
}

/// Whether what is stored is what its digest says and, where that was asked, what the days give.
fn digests(view: &View, found: &Found, month: &MonthView, bad: &mut Vec<Check>, good: &mut Vec<Check>) {
    let w = Words::of(view.lang);
    let each = month.statements.iter().all(|s| s.content.0.digest() == s.digest && s.content.0.payable() == s.payable);
    let whole = digest_of(month.statements.iter().map(|s| s.digest)) == month.settlement.digest;
    match (each && whole, found.again) {
        (true, Some(true)) => good.push(Check {
            look: "ok",
            title: w.again_same.to_owned(),
            detail: w.again_same_detail.to_owned(),
            link: None,
        }),
        (true, None) => good.push(Check {
            look: "ok",
            title: w.digest_same.to_owned(),
            detail: w.digest_same_detail.to_owned(),
            link: Some((view.link("/console/settlement?again=1"), w.go_again)),
        }),
        _ => bad.push(Check {
            look: "bad",
            title: w.again_other.to_owned(),
            detail: w.again_other_detail.to_owned(),
            link: None,
        }),
    }
}

/// What stands in the way before a draft.
fn before_draft(view: &View, found: &Found) -> Vec<Check> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let mut checks = Vec::new();
    if let Some(earlier) = found.earlier {
        checks.push(Check {
            look: "bad",
            title: fill(w.earlier_open, &[("month", &fmt::month(earlier, lang))]),
            detail: String::new(),
            link: Some((format!("{PATH}?region={}&month={earlier}", view.region.code), w.go_month)),
        });
    }
    if let Some(later) = found.later {
        let title = fill(w.later_drafted, &[("month", &fmt::month(later, lang))]);
        checks.push(Check { look: "bad", title, detail: String::new(), link: None });
    }
    if found.settles.is_empty() {
        let there = |region: &Region| Check {
            look: "",
            title: fill(w.settled_by, &[("region", &region.name)]),
            detail: String::new(),
            link: Some((view.link_at(region, PATH), w.go_region)),
        };
        checks.extend(view.settling(&found.days.canteens).into_iter().map(there));
        return checks;
    }
    let (closed, all) = days_of(view, found);
    if closed < all {
        checks.push(Check {
            look: "warn",
            title: fill(w.unclosed_n, &[("n", &(all - closed))]),
            detail: w.unclosed_detail.to_owned(),
            link: Some((view.link("/console/reconciliation"), w.go_days)),
        });
    } else {
        let title = fill(w.all_closed, &[("n", &all)]);
        checks.push(Check { look: "ok", title, detail: String::new(), link: None });
    }
    let blocking =
        found.days.waiting().filter(|i| i.finding.severity == domain::reconciliation::Severity::Block).count();
    let waiting = found.days.waiting().count();
    if waiting > 0 {
        checks.push(Check {
            look: "warn",
            title: fill(w.waiting_n, &[("n", &waiting), ("blocking", &blocking)]),
            detail: w.waiting_detail.to_owned(),
            link: Some((view.link("/console/findings"), w.go_decide)),
        });
    } else {
        checks.push(Check { look: "ok", title: w.none_waiting.to_owned(), detail: String::new(), link: None });
    }
    checks
}

fn acts(view: &View, found: &Found) -> Acts {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let has = |right: Right| view.user.role.rights().contains(&right);
    let (maker, checker) = (has(Right::MakeMonth), has(Right::CheckMonth));
    let all = |names: &[String]| names.join(lang.of("、", ", "));
    let state = found.month.as_ref().map(|m| m.settlement.state.0);
    let after = found.after.as_ref().map(|a| a.stage);
    let ready = found.month.as_ref().is_some_and(|m| m.in_the_way.is_empty());
    let made = found.month.as_ref().is_some_and(|m| {
        let s = &m.settlement;
        s.drafted_by == view.user.id || s.submitted_by == Some(view.user.id)
    });
    let may_draft = found.earlier.is_none() && found.later.is_none() && !found.settles.is_empty();
    let next = match (state, after) {
        (None, _) if found.settles.is_empty() => w.no_canteens.to_owned(),
        (None, _) if !may_draft => String::new(),
        (None | Some(MonthState::Open), _) => fill(w.next_draft, &[("who", &all(&found.makers))]),
        (Some(MonthState::Drafted), _) if ready => fill(w.next_submit, &[("who", &all(&found.checkers))]),
        (Some(MonthState::Drafted), _) => {
            let n = found.month.as_ref().map_or(0, |m| m.in_the_way.len());
            fill(w.next_missing, &[("n", &n), ("who", &all(&found.checkers))])
        }
        (Some(MonthState::Submitted), _) => fill(w.next_approve, &[("who", &all(&found.checkers))]),
        (_, None | Some(Stage::Approved)) => fill(w.next_disclose, &[("who", &all(&found.makers))]),
        (_, Some(Stage::Disclosed)) => w.next_pay.to_owned(),
        (_, Some(Stage::Paid)) => fill(w.next_archive, &[("who", &all(&found.checkers))]),
        (_, Some(Stage::Archived)) => w.next_nothing.to_owned(),
    };
    let drafted = state == Some(MonthState::Drafted);
    let submitted = state == Some(MonthState::Submitted);
    Acts {
        draft: maker && state.is_none() && may_draft,
        redraft: maker && drafted && may_draft,
        submit: maker && drafted && ready,
        submit_locked: maker && drafted && !ready,
        approve: checker && submitted && !made,
        send_back: checker && submitted,
        disclose: maker && after == Some(Stage::Approved),
        pay: (maker || checker) && after == Some(Stage::Disclosed),
        archive: checker && after == Some(Stage::Paid),
        next,
    }
}

/// Changes that nobody has explained, for whoever makes the month.
fn to_explain(view: &View, found: &Found) -> Vec<(CanteenId, String, String)> {
    let maker = view.user.role.rights().contains(&Right::MakeMonth);
    let drafted = |m: &&MonthView| maker && m.settlement.state.0 == MonthState::Drafted;
    let changes = found.month.as_ref().filter(drafted).map_or(&[][..], |m| m.changes.as_slice());
    let open = changes.iter().filter(|changed| changed.explanation.is_none());
    let named = |changed: &Changed| {
        let name = found.days.name(changed.canteen).to_owned();
        (changed.canteen, name, fmt::change_permille(changed.change))
    };
    open.map(named).collect()
}

/// The state's word and look.
fn chip(w: &'static Words, found: &Found) -> (&'static str, &'static str) {
    match (found.after.as_ref().map(|a| a.stage), found.month.as_ref().map(|m| m.settlement.state.0)) {
        (Some(Stage::Disclosed), _) => (w.state_disclosed, ""),
        (Some(Stage::Paid), _) => (w.state_paid, "chip-ok"),
        (Some(Stage::Archived), _) => (w.state_archived, "chip-off"),
        (_, Some(MonthState::Approved)) => (w.state_approved, "chip-ok"),
        (_, Some(MonthState::Submitted)) => (w.state_submitted, "chip-warn"),
        (_, Some(state)) => (say::state(w, state), ""),
        (_, None) => (w.state_open, "chip-off"),
    }
}

fn drawn(view: &View, found: &Found, now: domain::calendar::UnixMs) -> Drawn {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let title = fill(w.settlement_of, &[("month", &fmt::short_month(view.month, lang))]);
    let (rows, total, last) = rows(view, found);
    let settlement = found.month.as_ref().map(|m| &m.settlement);
    let (state, look) = chip(w, found);
    let held = |s: &&months::StoredStatement| !s.content.0.held().is_zero();
    let holding = found.month.as_ref().map_or(0, |m| m.statements.iter().filter(held).count());
    let approved = total.served + total.adjusted + total.deducted;
    let drafted = settlement.map(|s| {
        let who = found.names.get(&s.drafted_by).map_or("", String::as_str);
        let digest = fmt::digest(&s.digest.to_string());
        fill(w.drafted_at, &[("at", &fmt::at(s.drafted_at, lang)), ("who", &who), ("digest", &digest)])
    });
    let (closed, all) = days_of(view, found);
    Drawn {
        shell: view.shell(PATH, title.clone()).with_badge(found.days.waiting().count()),
        w,
        title,
        state,
        look,
        version: settlement.map(|s| fill(w.version_n, &[("n", &s.version)])),
        drafted,
        returned: settlement
            .filter(|s| s.state.0 == MonthState::Drafted)
            .and_then(|s| s.returned_reason.as_ref())
            .map(|reason| fill(w.returned_because, &[("reason", reason)])),
        steps: steps(view, found),
        is_drafted: found.month.is_some(),
        carried: !total.carried.is_zero(),
        total_name: fill(w.total_of, &[("n", &rows.len())]),
        total_meals: fmt::count(total.meals),
        total_last: fmt::dash(&last.payable),
        total_closed: format!("{} / {}", fmt::count(closed), fmt::count(all)),
        payable: fmt::yuan(&total.payable),
        approved: fmt::yuan(&approved),
        held_name: if holding > 0 { fill(w.held_of, &[("n", &holding)]) } else { w.held.to_owned() },
        held: fmt::dash(&total.held),
        carried_on: (!total.carried.is_zero()).then(|| fmt::change(&total.carried)),
        total: Money::of(&total),
        rows,
        checks: checks(view, found),
        acts: acts(view, found),
        to_explain: to_explain(view, found),
        digest: settlement.map(|s| s.digest.to_string()).unwrap_or_default(),
        fresh: view.present.require_fresh(now).is_ok(),
        needs_code: view.user.totp_at.is_some(),
        summary: format!("/api/v1/months/{}/{}/summary.pdf", view.region.code, view.month),
    }
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view, false).await?;
    Ok(files::of_month(&table(&view, &found), &view, "settlement", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let found = read(&office, &view, false).await?;
    Ok(files::of_month(&table(&view, &found), &view, "settlement", Kind::Xlsx)?)
}

/// A line for each statement: its sums, last month's, what stands in its way.
fn table(view: &View, found: &Found) -> Table {
    let w = Words::of(view.lang);
    let head = [
        w.canteen,
        w.open_days,
        w.meals,
        w.served,
        w.adjusted,
        w.deducted,
        w.held,
        w.carried_on,
        w.payable,
        w.last_payable,
        w.change_a_day,
        w.explanation,
        w.blocking,
        w.undecided,
        w.decided,
    ];
    let tallies = board::tally(&found.days);
    let row = |stored: &StoredStatement| {
        let (now, before) = (Amounts::of(&stored.content.0), found.before.get(&stored.canteen));
        let change = before.and_then(|before| board::change_a_day(&now, before));
        let tally = tallies.get(&stored.canteen).copied().unwrap_or_default();
        let mut row =
            vec![Cell::from(found.days.name(stored.canteen)), files::count(now.open_days), files::count(now.meals)];
        row.extend([now.served, now.adjusted, now.deducted, now.held, now.carried, now.payable].map(Cell::Money));
        row.push(before.map_or(Cell::Empty, |before| Cell::Money(before.payable)));
        row.push(change.map_or(Cell::Empty, |change| Cell::Text(fmt::change_permille(change))));
        row.push(found.explanation(stored.canteen).map_or(Cell::Empty, Cell::Text));
        row.extend([tally.blocking, tally.open, tally.decided].map(files::count));
        row
    };
    let title = fill(w.settlement_of, &[("month", &fmt::month(view.month, view.lang))]);
    Table {
        name: title.clone(),
        notes: vec![
            format!("{title}　{}", view.region.name),
            fill(w.as_of_now, &[("at", &fmt::at(view.now, view.lang))]),
        ],
        heads: head.map(str::to_owned).to_vec(),
        rows: found.month.iter().flat_map(|month| &month.statements).map(row).collect(),
    }
}

async fn draft(State(office): State<Arc<Office>>, view: View) -> Answer<Redirect> {
    let (region, of) = (&view.region.code, view.month);
    let actor = actor(&view.user, region, Right::MakeMonth)?;
    month::draft(&office.store, &office.book(), &office.entropy, region, of, actor, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=drafted")))
}

#[derive(Deserialize)]
struct Explain {
    canteen: CanteenId,
    words: String,
}

async fn explain(State(office): State<Arc<Office>>, view: View, Form(body): Form<Explain>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::MakeMonth)?;
    let (words, now) = (printable(&office, &body.words)?, office.now());
    month::explain(&office.store, &view.region.code, view.month, body.canteen, words, actor, now).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=saved")))
}

async fn submit(State(office): State<Arc<Office>>, view: View) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::MakeMonth)?;
    month::submit(&office.store, &view.region.code, view.month, actor, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=submitted")))
}

#[derive(Deserialize)]
struct SendBack {
    reason: String,
}

async fn send_back(State(office): State<Arc<Office>>, view: View, Form(body): Form<SendBack>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::CheckMonth)?;
    let reason = explained(&body.reason)?;
    month::send_back(&office.store, &view.region.code, view.month, actor, reason, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=sent_back")))
}

#[derive(Deserialize)]
struct Approve {
    /// The month's digest as it was shown.
    digest: Digest,
    #[serde(default)]
    passphrase: Zeroizing<String>,
    #[serde(default)]
    code: Zeroizing<String>,
}

async fn approve(State(office): State<Arc<Office>>, view: View, Form(body): Form<Approve>) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::CheckMonth)?;
    freshly(&office, &view.present, &body.passphrase, &body.code).await?;
    month::approve(&office.store, &view.region.code, view.month, actor, body.digest, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=approved")))
}

async fn archive(State(office): State<Arc<Office>>, view: View) -> Answer<Redirect> {
    let actor = actor(&view.user, &view.region.code, Right::CheckMonth)?;
    payment::archive(&office.store, &view.region.code, view.month, actor.user, office.now()).await?;
    Ok(Redirect::to(&view.link("/console/settlement?done=archived")))
}
