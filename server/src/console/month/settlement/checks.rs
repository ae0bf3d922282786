//! What was looked at: what stands in the way, then what was found in order.

use domain::calendar::BusinessDate;
use domain::id::CanteenId;
use domain::reconciliation::Severity;
use domain::settlement::Ruling;

use super::super::words::Words;
use super::super::{board, pages, say};
use super::drawing::days_of;
use super::{Found, PATH};
use crate::claims::ClaimsView;
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::view::View;
use crate::month::{Changed, MonthView, Obstacle, digest_of};
use crate::remade::Again;
use crate::store::canteens::Region;

/// One thing that was looked at.
pub(super) struct Check {
    /// `ok`, `bad`, `warn` or `info`.
    pub(super) look: &'static str,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) link: Option<(String, &'static str)>,
}

impl Check {
    pub(super) const fn icon(&self) -> &'static str {
        match self.look.as_bytes() {
            b"ok" => "circle-check",
            b"bad" => "octagon-x",
            b"warn" => "octagon-alert",
            _ => "info",
        }
    }
}

/// What stands in the way, then what was found in order.
pub(super) fn checks(view: &View, found: &Found) -> Vec<Check> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let (mut checks, mut good) = (Vec::new(), Vec::new());
    let ok = |title: String, detail: String| Check { look: "ok", title, detail, link: None };
    let Some(month) = &found.month else { return before_draft(view, found) };
    for (canteen, obstacle) in &month.obstacles {
        let name = canteen.map_or("", |canteen| found.days.name(canteen));
        let at = canteen.map(|canteen| canteen.to_string()).unwrap_or_default();
        let (title, days, link) = match obstacle {
            Obstacle::Incomplete(days) => (
                fill(w.incomplete_n, &[("n", &days.len())]),
                say::days(lang, days),
                (view.link(&format!("/console/reconciliation?canteen={at}")), w.go_days),
            ),
            Obstacle::Blocking(numbers) => (
                fill(w.blocking_undecided, &[("n", &numbers.len())]),
                numbers.join(lang.of("、", ", ")),
                (view.link(&format!("/console/findings/{at}/{}", numbers[0])), w.go_decide),
            ),
            Obstacle::TakenBack => (w.draft_unfinished.to_owned(), String::new(), (String::new(), "")),
            Obstacle::RuledSince(days) => (w.ruled_since.to_owned(), say::days(lang, days), (String::new(), "")),
            // Said once for all below.
            Obstacle::Unexplained(_) | Obstacle::OverClaimed(_) => continue,
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
    claims(view, month, &mut checks, &mut good);
    changes(view, found, month, &mut checks, &mut good);
    budgets(view, found, &mut checks, &mut good);
    digests(view, found, month, &mut checks, &mut good);
    checks.extend(good);
    checks
}

/// Benefits with more meals than those entitled could have had.
fn claims(view: &View, month: &MonthView, bad: &mut Vec<Check>, good: &mut Vec<Check>) {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let Some(ClaimsView { claims, over }) = &month.claims else { return };
    if !claims.is_asked_for() || claims.claims.is_empty() {
        return;
    }
    let factor = fmt::percent(claims.permille);
    if over.is_empty() {
        let detail = fill(w.claims_factor, &[("factor", &factor)]);
        good.push(Check { look: "ok", title: w.claims_kept.to_owned(), detail, link: None });
    }
    for over in over {
        let claim = &claims.claims[over.at];
        let title = fill(w.claims_over, &[("label", &claim.label)]);
        let numbers: [(&str, &dyn std::fmt::Display); 6] = [
            ("number", &over.number),
            ("found", &fmt::count(over.found)),
            ("limit", &fmt::count(over.limit)),
            ("days", &fmt::count(claim.elder_days())),
            ("could", &fmt::count(claim.could())),
            ("factor", &factor),
        ];
        let mut detail = fill(w.claims_measured, &numbers);
        if let Some((said, ruling)) = over.ruling() {
            let ruled = if ruling == Ruling::Confirmed { w.claim_confirmed } else { w.claim_explained };
            detail = format!("{detail}{}{ruled}：{}", lang.of("；", "; "), said.words);
        }
        let look = match (claims.severity, over.ruling()) {
            (_, Some(_)) => "info",
            (Severity::Block, None) => "bad",
            _ => "warn",
        };
        bad.push(Check { look, title, detail, link: None });
    }
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
    match (each && whole, &found.again) {
        (true, Some(Again { same: true, at, .. })) => good.push(Check {
            look: "ok",
            title: w.again_same.to_owned(),
            detail: fill(w.again_same_at, &[("at", &fmt::at(*at, view.lang))]),
            link: (*at != view.now).then(|| (view.link("/console/settlement?again=1"), w.go_again)),
        }),
        (true, None) => good.push(Check {
            look: "ok",
            title: w.digest_same.to_owned(),
            detail: w.digest_same_detail.to_owned(),
            link: Some((view.link("/console/settlement?again=1"), w.go_again)),
        }),
        (_, again) => {
            let damaged = again.as_ref().map_or(&[][..], |again| again.damaged.as_slice());
            bad.push(changed_by_hand(view, found, damaged));
        }
    }
}

/// That what is stored is not what was made: which days, and what to do.
fn changed_by_hand(view: &View, found: &Found, damaged: &[(CanteenId, BusinessDate)]) -> Check {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let day = |(canteen, date): &(CanteenId, BusinessDate)| {
        format!("{} {}", found.days.name(*canteen), fmt::day(*date, lang))
    };
    let mut told = damaged.iter().take(5).map(day).collect::<Vec<_>>().join(lang.of("、", ", "));
    if damaged.len() > 5 {
        told.push_str(lang.of("等", ", …"));
    }
    let link = damaged.first().map(|(canteen, date)| {
        let region = &view.region.code;
        (
            format!("/console/reconciliation?region={region}&month={}&canteen={canteen}&date={date}", date.month()),
            w.go_days,
        )
    });
    let detail = match damaged.len() {
        0 => w.again_other_detail.to_owned(),
        n => fill(w.again_damaged, &[("n", &n), ("days", &told)]),
    };
    Check { look: "bad", title: w.again_other.to_owned(), detail, link }
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
