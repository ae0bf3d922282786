//! The page as it is drawn: steps, a row a canteen, what the person may do now.

use askama::Template;
use domain::id::{CanteenId, UserId};
use domain::settlement::payment::Stage;
use domain::settlement::{MonthState, Statement};

use super::super::board::{self, Amounts, MARKED, Tally};
use super::super::words::Words;
use super::super::{pages, say};
use super::checks::{Check, checks};
use super::{Found, PATH};
use crate::claims::Over;
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::view::{Shell, View};
use crate::month::{Changed, MonthView, Obstacle};
use crate::payment::Afterwards;
use crate::people::Right;
use crate::store::months;

/// A step of the month.
struct Step {
    class: &'static str,
    name: &'static str,
    detail: String,
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

/// What the person may do now.
#[expect(clippy::struct_excessive_bools, reason = "each is an act that the page offers or does not")]
struct Acts {
    draft: bool,
    redraft: bool,
    submit: bool,
    submit_locked: bool,
    approve: bool,
    sign: bool,
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
pub(super) struct Drawn {
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
    /// Claims beyond those entitled that the person may rule on or close now.
    to_rule: Vec<ToRule>,
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

fn rows(view: &View, found: &Found) -> (Vec<Row>, Amounts, Amounts) {
    let tallies = board::tally(&found.days);
    let w = Words::of(view.lang);
    let row = |canteen: CanteenId, name: &str, of: Option<(&Statement, String)>| {
        let amounts = of.as_ref().map(|(statement, _)| Amounts::of(statement));
        let before = found.before.get(&canteen);
        let change = amounts.as_ref().zip(before).and_then(|(now, before)| board::change_a_day(now, before));
        let (open, meals) = found.served.get(&canteen).copied().unwrap_or_default();
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
        let meals = found.settles.iter().filter_map(|(id, _)| found.served.get(id)).map(|(_, meals)| *meals).sum();
        (rows, Amounts { meals, ..Amounts::default() }, last)
    }
}

fn closed_days(view: &View, found: &Found, canteen: CanteenId) -> usize {
    view.month.days().filter(|day| !found.days.is_unclosed(canteen, *day)).count()
}

/// Closed days and all days of the month's canteens.
pub(super) fn days_of(view: &View, found: &Found) -> (usize, usize) {
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
    let hangs = stage == Some(Stage::Disclosed) && hangs(view, found);
    let at = if hangs { 5 } else { board::step(settlement.map(|s| s.state.0), all > 0 && closed == all, stage) };
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
            Some(s) if s.approved_at.is_some() => {
                let signers = [who(s.approved_by, s.approved_at), who(s.signed_by, s.signed_at)];
                signers.join(" ").trim().to_owned()
            }
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

/// Whether the month's list still hangs: nothing is paid before it came down.
fn hangs(view: &View, found: &Found) -> bool {
    let disclosure = found.after.as_ref().and_then(|after| after.disclosure.as_ref());
    disclosure.is_some_and(|disclosure| view.now.local_date() <= disclosure.until)
}

/// `3 / 12`: payments that arrived of those that are owed.
fn paid_of(after: &Afterwards) -> String {
    use domain::settlement::payment::PaymentState;
    let owed = after.statements.iter().filter(|(s, ..)| !s.payable.is_zero());
    let arrived = owed.clone().filter(|(_, paid, _)| paid.last().is_some_and(|p| p.state == PaymentState::Confirmed));
    format!("{} / {}", arrived.count(), owed.count())
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
    let third = found.month.as_ref().is_some_and(|m| m.third);
    let may_pay = after == Some(Stage::Disclosed) && !hangs(view, found);
    // Of an archived month only what an objection held until it was lifted.
    let lifted = found.after.iter().filter(|after| after.stage == Stage::Archived);
    let still_owed = lifted.map(|after| after.unpaid().count()).sum::<usize>();
    let next = match (state, after) {
        (None, _) if found.settles.is_empty() => w.no_canteens.to_owned(),
        (None, _) if !may_draft => String::new(),
        (None | Some(MonthState::Open), _) => fill(w.next_draft, &[("who", &all(&found.makers))]),
        (Some(MonthState::Drafted), _) if ready => fill(w.next_submit, &[("who", &all(&found.checkers))]),
        (Some(MonthState::Drafted), _) => {
            let n = found.month.as_ref().map_or(0, |m| m.in_the_way.len());
            let missing = fill(w.next_missing, &[("n", &n), ("who", &all(&found.checkers))]);
            let mut obstacles = found.month.iter().flat_map(|m| &m.obstacles);
            let incomplete = obstacles.any(|(_, obstacle)| matches!(obstacle, Obstacle::Incomplete(_)));
            if incomplete { format!("{missing}{}{}", lang.of("", " "), w.next_leave_out) } else { missing }
        }
        (Some(MonthState::Submitted), _) if checker && !made => {
            if third { w.next_own_third } else { w.next_own }.to_owned()
        }
        (Some(MonthState::Submitted), _) => {
            fill(if third { w.next_third } else { w.next_approve }, &[("who", &all(&found.checkers))])
        }
        (Some(MonthState::Checked), _) => fill(w.next_sign, &[("who", &checked_by(found))]),
        (_, None | Some(Stage::Approved)) => fill(w.next_disclose, &[("who", &all(&found.makers))]),
        (_, Some(Stage::Disclosed)) => w.next_pay.to_owned(),
        (_, Some(Stage::Paid)) => fill(w.next_archive, &[("who", &all(&found.checkers))]),
        (_, Some(Stage::Archived)) if still_owed > 0 => fill(w.next_still_owed, &[("n", &still_owed)]),
        (_, Some(Stage::Archived)) => w.next_nothing.to_owned(),
    };
    let drafted = state == Some(MonthState::Drafted);
    let (submitted, to_sign) = (state == Some(MonthState::Submitted), state == Some(MonthState::Checked));
    let approved_it = found.month.as_ref().is_some_and(|m| m.settlement.approved_by == Some(view.user.id));
    Acts {
        draft: maker && state.is_none() && may_draft,
        redraft: maker && drafted && may_draft,
        submit: maker && drafted && ready,
        submit_locked: maker && drafted && !ready,
        approve: checker && submitted && !made,
        sign: checker && to_sign && !made && !approved_it,
        send_back: checker && (submitted || to_sign),
        disclose: maker && after == Some(Stage::Approved),
        pay: (maker || checker) && (may_pay || still_owed > 0),
        archive: checker && after == Some(Stage::Paid),
        next,
    }
}

/// The checker's name, where one has approved the month.
fn checked_by(found: &Found) -> &str {
    let checker = found.month.as_ref().and_then(|m| m.settlement.approved_by);
    checker.and_then(|checker| found.names.get(&checker)).map_or("", String::as_str)
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

/// A claim that the person may say something about.
struct ToRule {
    number: String,
    label: String,
    /// What may be said, and the button's words.
    acts: Vec<(&'static str, &'static str)>,
}

/// Claims that are not closed: the maker rules, and another person who may check closes what is ruled.
fn to_rule(view: &View, found: &Found) -> Vec<ToRule> {
    let w = Words::of(view.lang);
    let has = |right: Right| view.user.role.rights().contains(&right);
    let Some(claims) = found.month.as_ref().and_then(|month| month.claims.as_ref()) else { return Vec::new() };
    let one = |over: &Over| {
        let mut acts = Vec::new();
        if has(Right::MakeMonth) {
            acts.extend([("explained", w.claim_explain), ("confirmed", w.claim_confirm)]);
        }
        if has(Right::CheckMonth) && over.ruling().is_some_and(|(said, _)| said.by_user != view.user.id) {
            acts.push(("closed", w.claim_close));
        }
        let label = fill(w.claim_rule, &[("number", &over.number), ("label", &claims.claims.claims[over.at].label)]);
        ToRule { number: over.number.clone(), label, acts }
    };
    claims.over.iter().filter(|over| over.state() != "closed").map(one).filter(|one| !one.acts.is_empty()).collect()
}

/// The state's word and look.
fn chip(w: &'static Words, found: &Found) -> (&'static str, &'static str) {
    match (found.after.as_ref().map(|a| a.stage), found.month.as_ref().map(|m| m.settlement.state.0)) {
        (Some(Stage::Disclosed), _) => (w.state_disclosed, ""),
        (Some(Stage::Paid), _) => (w.state_paid, "chip-ok"),
        (Some(Stage::Archived), _) => (w.state_archived, "chip-off"),
        (_, Some(MonthState::Approved)) => (w.state_approved, "chip-ok"),
        (_, Some(MonthState::Submitted)) => (w.state_submitted, "chip-warn"),
        (_, Some(MonthState::Checked)) => (w.state_checked, "chip-warn"),
        (_, Some(state)) => (say::state(w, state), ""),
        (_, None) => (w.state_open, "chip-off"),
    }
}

pub(super) fn drawn(view: &View, found: &Found, now: domain::calendar::UnixMs) -> Drawn {
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
        to_rule: to_rule(view, found),
        digest: settlement.map(|s| s.digest.to_string()).unwrap_or_default(),
        fresh: view.present.require_fresh(now).is_ok(),
        needs_code: view.user.totp_at.is_some(),
        summary: format!("/api/v1/months/{}/{}/summary.pdf", view.region.code, view.month),
    }
}
