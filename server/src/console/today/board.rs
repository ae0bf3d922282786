//! What is loaded, shaped into what the page draws.

use std::collections::BTreeMap;
use std::fmt::Display;

use domain::calendar::{BusinessDate, Month};
use domain::canteen::{Canteen, Filing, Licence, Standing};
use domain::money::Fen;
use domain::reconciliation::{PayerSums, Severity};
use domain::settlement::MonthState;

use super::Loaded;
use super::funds::{Line, Year, provisional};
use super::next::{Next, Situation};
use super::words::Words;
use crate::console::days::Item;
use crate::console::lang::fill;
use crate::console::reconciliation::heat::Mark;
use crate::console::view::View;
use crate::console::{codes, fmt};
use crate::month::Obstacle;
use crate::payment::Afterwards;
use crate::people::Right;
use crate::store::board::Contact;
use crate::store::days::FailedDay;

/// A terminal that was not heard for longer than this is offline, minutes.
const LATE: i64 = 30;

pub(super) struct Step {
    pub(super) number: usize,
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) small: String,
    pub(super) said: &'static str,
}

/// The next thing to do as it is offered.
pub(super) struct Offer {
    pub(super) text: String,
    /// Where it is done; nothing where there is only to wait.
    pub(super) href: Option<String>,
    /// Whether the person is the one to do it.
    pub(super) own: bool,
}

/// A part of a bar, in the units of its picture.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) x: usize,
    pub(super) width: usize,
    pub(super) middle: usize,
    pub(super) count: usize,
}

pub(super) struct Age {
    pub(super) word: &'static str,
    pub(super) parts: Vec<Part>,
    pub(super) total: usize,
}

pub(super) struct First {
    pub(super) shape: &'static str,
    pub(super) text: String,
    pub(super) age: String,
    pub(super) href: String,
}

pub(super) struct PayerRow {
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) month: String,
    pub(super) year: String,
    pub(super) budget: String,
    pub(super) share: String,
    /// Whether the year leads beyond the budget.
    pub(super) beyond: bool,
}

pub(super) struct Funds {
    pub(super) sub: String,
    pub(super) line: Line,
    pub(super) ticks: Vec<(i64, String)>,
    pub(super) used: String,
    /// The year's budget, where every payer has one.
    pub(super) set_aside: Option<String>,
    pub(super) expected: String,
    pub(super) rows: Vec<PayerRow>,
    /// Whether any payer has a budget: its share is of that then, of all that was spent otherwise.
    pub(super) is_planned: bool,
    /// The year's budget and what is used of it, or that none is set.
    pub(super) budget: String,
    pub(super) is_provisional: bool,
}

pub(super) struct CanteenRow {
    pub(super) name: String,
    pub(super) meals: String,
    pub(super) last_week: String,
    pub(super) sync: String,
    pub(super) is_away: bool,
    pub(super) grade: String,
    pub(super) warning: Option<&'static str>,
}

pub(super) struct Board {
    pub(super) date: String,
    pub(super) title: String,
    pub(super) steps: Vec<Step>,
    pub(super) offer: Offer,
    /// What is to be told of days whose close fails, and the first of them.
    pub(super) failed: Option<(String, String)>,
    pub(super) unclosed: usize,
    pub(super) of_days: String,
    pub(super) blocking: usize,
    pub(super) blocking_small: &'static str,
    pub(super) others: usize,
    pub(super) split: String,
    pub(super) amount_word: &'static str,
    pub(super) amount: String,
    pub(super) before: String,
    pub(super) ages: Vec<Age>,
    pub(super) legend: Vec<(&'static str, &'static str, usize)>,
    pub(super) first: Vec<First>,
    pub(super) funds: Option<Funds>,
    pub(super) online: String,
    pub(super) last_week: String,
    pub(super) canteens: Vec<CanteenRow>,
    pub(super) totals: (String, String),
}

/// Tells the parts that every piece of the page needs.
struct Shape<'a> {
    view: &'a View,
    w: &'static Words,
    codes: &'static codes::Words,
    loaded: &'a Loaded,
    today: BusinessDate,
}

impl Board {
    pub(super) fn of(view: &View, w: &'static Words, loaded: &Loaded) -> Self {
        let today = view.now.business_date();
        let shape = Shape { view, w, codes: codes::Words::of(view.lang), loaded, today };
        let situation = shape.situation();
        let count = |severity| loaded.days.waiting().filter(|item| item.finding.severity == severity).count();
        let (deduct, warn) = (count(Severity::Deduct), count(Severity::Warn));
        let (amount_word, amount, before) = shape.amount();
        let (canteens, online, totals) = shape.canteens();
        let ended = loaded.heat.ended();
        let settled = |text, values: &[(&str, &dyn Display)]| fill(text, values);
        Self {
            date: format!("{} {}", fmt::day(today, view.lang), fmt::long_weekday(today, view.lang)),
            title: settled(w.settlement, &[("month", &fmt::short_month(view.month, view.lang))]),
            steps: shape.steps(&situation),
            offer: shape.offer(&situation),
            failed: shape.failed(),
            unclosed: situation.unclosed,
            of_days: settled(w.of_days, &[("n", &fmt::count(i64::try_from(ended).unwrap_or(0)))]),
            blocking: situation.blocking,
            blocking_small: if situation.blocking > 0 { w.stops } else { w.none_blocking },
            others: situation.others,
            split: settled(w.split, &[("deduct", &deduct), ("warn", &warn)]),
            amount_word,
            amount,
            before,
            ages: shape.ages(),
            legend: [Severity::Block, Severity::Deduct, Severity::Warn]
                .map(|severity| (part_class(severity), shape.codes.severity(severity), count(severity)))
                .into(),
            first: shape.first(),
            funds: shape.funds(),
            online,
            last_week: settled(w.last_week, &[("weekday", &fmt::weekday(today, view.lang))]),
            canteens,
            totals,
        }
    }
}

/// The class of a part of a bar.
const fn part_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Block => "age-block",
        Severity::Deduct => "age-deduct",
        Severity::Warn | Severity::Off => "age-warn",
    }
}

impl Shape<'_> {
    fn state(&self) -> MonthState {
        self.loaded.month.as_ref().map_or(MonthState::Open, |month| month.settlement.state.0)
    }

    fn situation(&self) -> Situation {
        let Loaded { days, heat, month, after, .. } = self.loaded;
        let blocking = days.waiting().filter(|item| item.finding.severity == Severity::Block).count();
        let obstacles = || month.iter().flat_map(|month| &month.obstacles).map(|(_, obstacle)| obstacle);
        let until = after.as_ref().and_then(|after| after.disclosure.as_ref()).map(|disclosure| disclosure.until);
        Situation {
            is_over: self.today > self.view.month.last(),
            unclosed: heat.count(&[Mark::Incomplete]),
            blocking,
            others: days.waiting().count() - blocking,
            state: self.state(),
            outdated: obstacles().any(|obstacle| {
                matches!(obstacle, Obstacle::Incomplete(_) | Obstacle::RuledSince(_) | Obstacle::TakenBack)
            }),
            unruled: obstacles()
                .map(|obstacle| match obstacle {
                    Obstacle::OverClaimed(numbers) | Obstacle::Blocking(numbers) => numbers.len(),
                    _ => 0,
                })
                .sum(),
            unexplained: obstacles().filter(|obstacle| matches!(obstacle, Obstacle::Unexplained(_))).count(),
            stage: after.as_ref().map(|after| after.stage),
            disclosure_over: until.is_some_and(|until| until < self.view.now.local_date()),
            all_sent: after.as_ref().is_some_and(Afterwards::all_sent),
            still_owed: after.as_ref().is_some_and(|after| after.unpaid().next().is_some()),
        }
    }

    fn failed(&self) -> Option<(String, String)> {
        let (w, view, failed) = (self.w, self.view, &self.loaded.failed);
        let first = failed.first()?;
        let day = |day: &FailedDay| format!("{} {}", day.name, fmt::full_day(day.date, view.lang));
        let mut told = failed.iter().take(3).map(day).collect::<Vec<_>>().join(view.lang.of("、", ", "));
        if failed.len() > 3 {
            told.push_str(view.lang.of("等", ", …"));
        }
        let text = fill(w.failed, &[("n", &failed.len()), ("days", &told)]);
        let of_month = format!("month={}&canteen={}&date={}", first.date.month(), first.canteen, first.date);
        Some((text, format!("/console/reconciliation?region={}&{of_month}", view.region.code)))
    }

    fn steps(&self, situation: &Situation) -> Vec<Step> {
        let (w, done) = (self.w, situation.done());
        let current = done.iter().position(|done| !done);
        let ended = self.loaded.heat.ended();
        let disclosure = self.loaded.after.as_ref().and_then(|after| after.disclosure.as_ref());
        let until = disclosure.map(|d| fill(w.until, &[("date", &fmt::day(d.until, self.view.lang))]));
        let words = [
            (w.step_days, format!("{} / {ended}", ended - situation.unclosed)),
            (w.step_draft, String::new()),
            (w.step_submit, w.by_maker.to_owned()),
            (w.step_approve, w.by_other.to_owned()),
            (w.step_disclose, until.unwrap_or_default()),
            (w.step_pay, String::new()),
            (w.step_archive, String::new()),
        ];
        let step = |(at, (word, small)): (usize, (&'static str, String))| Step {
            number: at + 1,
            class: if done[at] {
                "past"
            } else if current == Some(at) {
                "now"
            } else {
                ""
            },
            word,
            small,
            said: if done[at] {
                w.past
            } else if current == Some(at) {
                w.current
            } else {
                ""
            },
        };
        words.into_iter().enumerate().map(step).collect()
    }

    fn offer(&self, situation: &Situation) -> Offer {
        let (w, view, next) = (self.w, self.view, situation.next());
        let n = match next {
            Next::CloseDays => situation.unclosed,
            Next::DecideBlocking => situation.blocking,
            Next::Rule => situation.unruled,
            Next::Explain => situation.unexplained,
            _ => situation.others,
        };
        let text = fill(w.next(next), &[("n", &n)]);
        let path = match next {
            Next::CloseDays => Some("/console/reconciliation?only=1".to_owned()),
            Next::DecideBlocking | Next::DecideOthers => self.ordered().first().map(|item| path_of(item)),
            Next::Disclose | Next::Disclosing => Some("/console/disclosure".to_owned()),
            Next::Pay | Next::Confirm => Some("/console/funds".to_owned()),
            Next::Running | Next::Done => None,
            Next::Draft
            | Next::DraftAgain
            | Next::Rule
            | Next::Explain
            | Next::Submit
            | Next::Approve
            | Next::Sign
            | Next::Archive => Some("/console/settlement".to_owned()),
        };
        if let Some(elsewhere) = self.elsewhere(next) {
            return elsewhere;
        }
        let own = next.right().is_some_and(|right| view.user.role.rights().contains(&right));
        let href = path.filter(|_| own || next == Next::Disclosing).map(|path| view.link(&path));
        let text = match next.right() {
            Some(Right::CheckMonth) if !own => fill(w.waits_checker, &[("what", &text)]),
            Some(_) if !own => fill(w.waits_maker, &[("what", &text)]),
            _ => text,
        };
        Offer { text, href, own }
    }

    /// Where the canteens are settled, when that is not here: a province or a part of a city looks on.
    fn elsewhere(&self, next: Next) -> Option<Offer> {
        let (w, view) = (self.w, self.view);
        let settling = view.settling(&self.loaded.days.canteens);
        let drafts = matches!(next, Next::Draft | Next::DraftAgain | Next::Submit | Next::Approve);
        if !drafts || settling.is_empty() || settling.iter().any(|region| region.code == view.region.code) {
            return None;
        }
        let own = view.user.role.rights().contains(&Right::MakeMonth);
        let (text, href) = match settling.as_slice() {
            [one] => (fill(w.settle_at, &[("region", &one.name)]), view.link_at(one, "/console/settlement")),
            _ => (w.settle_elsewhere.to_owned(), view.link("/console/settlement")),
        };
        Some(Offer { text, href: own.then_some(href), own })
    }

    /// What waits, the worst first, then the oldest, then what is worth most.
    fn ordered(&self) -> Vec<&Item> {
        let mut items: Vec<&Item> = self.loaded.days.waiting().collect();
        let worth = |item: &Item| std::cmp::Reverse(item.finding.stake);
        items.sort_by(|a, b| {
            (a.finding.severity, a.date, worth(a), &a.finding.number).cmp(&(
                b.finding.severity,
                b.date,
                worth(b),
                &b.finding.number,
            ))
        });
        items
    }

    fn first(&self) -> Vec<First> {
        let first = |item: &&Item| {
            let name = self.loaded.days.name(item.canteen);
            First {
                shape: codes::shape(item.finding.severity),
                text: format!("{name}　{}", self.codes.finding(item.finding.code)),
                age: fill(self.w.days_old, &[("n", &item.age(self.today))]),
                href: self.view.link(&path_of(item)),
            }
        };
        self.ordered().iter().take(3).map(first).collect()
    }

    fn ages(&self) -> Vec<Age> {
        let w = self.w;
        let groups = [(w.age_today, 0..=0), (w.age_few, 1..=3), (w.age_week, 4..=7), (w.age_more, 8..=i64::MAX)];
        let counts = |ages: &std::ops::RangeInclusive<i64>| {
            [Severity::Block, Severity::Deduct, Severity::Warn].map(|severity| {
                let of = |item: &&Item| item.finding.severity == severity && ages.contains(&item.age(self.today));
                (severity, self.loaded.days.waiting().filter(of).count())
            })
        };
        let total = |counts: &[(Severity, usize); 3]| counts.iter().map(|(_, n)| n).sum::<usize>();
        let most = groups.iter().map(|(_, ages)| total(&counts(ages))).max().unwrap_or(0);
        let age = |(word, ages): (&'static str, std::ops::RangeInclusive<i64>)| {
            let counts = counts(&ages);
            Age { word, parts: parts(&counts, most), total: total(&counts) }
        };
        groups.into_iter().map(age).collect()
    }

    /// What the month comes to: its word, the amount, and the month before by open day.
    fn amount(&self) -> (&'static str, String, String) {
        let w = self.w;
        let of_month = |month: Month| self.loaded.months.iter().filter(move |costed| costed.month == month);
        let open = |month: Month| of_month(month).map(|costed| costed.of.open_days).sum::<i64>();
        let stated = |month: Month| of_month(month).map(|costed| costed.of.stated).sum::<Fen>();
        let (word, amount, days) = match self.state() {
            MonthState::Open => {
                let sums = || self.loaded.sums.iter();
                let served = sums().filter(|day| day.meals.count > 0).count();
                (w.provisional, provisional(sums()).total(), i64::try_from(served).unwrap_or(0))
            }
            state => {
                let word = if state == MonthState::Approved { w.approved } else { w.drafted };
                (word, stated(self.view.month), open(self.view.month))
            }
        };
        let previous = self.view.month.previous();
        let (last, last_days) = (stated(previous), open(previous));
        let before = match per_day(amount, days, last, last_days) {
            Some(change) => fill(w.before, &[("amount", &fmt::yuan(&last)), ("change", &fmt::change_permille(change))]),
            None => w.no_before.to_owned(),
        };
        (word, fmt::yuan(&amount), before)
    }

    fn funds(&self) -> Option<Funds> {
        let (w, view) = (self.w, self.view);
        let mut months: BTreeMap<Month, PayerSums> = BTreeMap::new();
        for (month, shares) in self.loaded.months.iter().flat_map(|costed| &costed.of.cost) {
            months.entry(*month).or_default().add_all(shares);
        }
        if self.state() == MonthState::Open {
            months.insert(view.month, provisional(self.loaded.sums.iter()));
        }
        let year = Year::of(view.month, &months);
        if year.spent().is_zero() {
            return None;
        }
        let (of_year, _) = view.month.ym();
        let is_planned = self.loaded.year.iter().any(|of| of.budget.is_some());
        let mut payers = year.payers.clone();
        // Who has a budget and has spent nothing of it stands there too.
        for of in self.loaded.year.iter().filter(|of| of.budget.is_some()) {
            if payers.iter().all(|(payer, ..)| payer.name != of.payer.name) {
                payers.push((of.payer.clone(), Fen::ZERO, Fen::ZERO));
            }
        }
        let row = |(payer, month, of_year): &(domain::decision::Payer, Fen, Fen)| {
            let planned =
                || self.loaded.year.iter().filter(move |of| of.payer.name == payer.name && of.budget.is_some());
            let budget: Fen = planned().filter_map(|of| of.budget).sum();
            let has_one = planned().next().is_some();
            let share = match (is_planned, has_one) {
                (true, true) => fmt::percent(permille(*of_year, budget)),
                (true, false) => "—".to_owned(),
                (false, _) => fmt::percent(permille(*of_year, year.spent())),
            };
            PayerRow {
                class: codes::payer_class(payer),
                name: domain::words::payer_name(&payer.name, view.lang.domain()).to_owned(),
                month: fmt::dash(month),
                year: fmt::dash(of_year),
                budget: if has_one { fmt::yuan(&budget) } else { "—".to_owned() },
                share,
                beyond: has_one && planned().map(|of| of.forecast).sum::<Fen>() > budget,
            }
        };
        let budgets = || self.loaded.year.iter().map(|of| of.budget);
        let set_aside = budgets().collect::<Option<Vec<Fen>>>().filter(|all| !all.is_empty());
        let set_aside = set_aside.map(|all| all.into_iter().sum::<Fen>());
        let tick = |m: i8| {
            Month::new(of_year, m).map(|month| (2 + i64::from(m) * 330 / 12, fmt::short_month(month, view.lang)))
        };
        Some(Funds {
            sub: fill(w.funds_sub, &[("year", &of_year), ("gone", &fmt::percent(gone(view.month, self.today)))]),
            line: Line::of(&year, set_aside),
            set_aside: set_aside.map(|amount| fill(w.set_aside, &[("amount", &round(amount))])),
            ticks: [1, 3, 6, 9, 12].into_iter().filter_map(tick).collect(),
            used: fill(w.used, &[("amount", &round(year.spent()))]),
            expected: fill(w.expected, &[("amount", &round(year.forecast))]),
            rows: payers.iter().map(row).collect(),
            is_planned,
            budget: self.budget(),
            is_provisional: self.state() != MonthState::Approved,
        })
    }

    /// What is set aside for the year by the payers that have a budget, and what is left of it.
    fn budget(&self) -> String {
        let set = || self.loaded.year.iter().filter_map(|of| Some((of.budget?, of.left()?, of.passed_by())));
        if set().next().is_none() {
            return self.w.no_budget.to_owned();
        }
        let (budget, left) = (set().map(|of| of.0).sum::<Fen>(), set().map(|of| of.1).sum::<Fen>());
        let passed = set().filter(|of| of.2.is_some()).count();
        let fields: [(&str, &dyn std::fmt::Display); 3] =
            [("budget", &fmt::yuan(&budget)), ("left", &fmt::yuan(&left)), ("n", &passed)];
        fill(if passed > 0 { self.w.budget_passed } else { self.w.budget_left }, &fields)
    }

    fn canteens(&self) -> (Vec<CanteenRow>, String, (String, String)) {
        let Loaded { days, facts, contacts, meals, .. } = self.loaded;
        let week_ago = self.today.plus_days(-7);
        let mut rows = Vec::new();
        let (mut away, mut sums) = (0, (0, 0));
        for canteen in &days.canteens {
            let on = |date| meals.get(&(canteen.id, date)).copied().unwrap_or(0);
            let own: Vec<&Contact> = contacts.iter().filter(|contact| contact.canteen == canteen.id).collect();
            let (sync, is_away) = self.sync(&own);
            away += usize::from(is_away);
            sums = (sums.0 + on(self.today), sums.1 + on(week_ago));
            let facts = facts.get(&canteen.id).cloned().unwrap_or_default();
            let facts = Canteen { id: canteen.id, region: canteen.region.clone(), facts };
            let standing = facts.on(self.today, self.view.now).standing;
            rows.push(CanteenRow {
                name: canteen.name.clone(),
                meals: dashed(on(self.today)),
                last_week: dashed(on(week_ago)),
                sync,
                is_away,
                grade: self.codes.grade(&standing.quality_grade).to_owned(),
                warning: self.warning(&standing),
            });
        }
        let online = fill(self.w.online, &[("on", &(rows.len() - away)), ("off", &away)]);
        (rows, online, (fmt::count(sums.0), fmt::count(sums.1)))
    }

    const fn warning(&self, standing: &Standing) -> Option<&'static str> {
        match (standing.licence, standing.filing) {
            (Licence::Expired, _) => Some(self.w.expired),
            (Licence::Revoked, _) => Some(self.w.revoked),
            (_, Filing::Inactive) => Some(self.w.filing),
            _ => None,
        }
    }

    /// How long a canteen's quietest terminal was not heard, and whether that is too long.
    fn sync(&self, contacts: &[&Contact]) -> (String, bool) {
        let w = self.w;
        if contacts.is_empty() {
            return (w.no_till.to_owned(), true);
        }
        let heard: Option<Vec<i64>> = contacts.iter().map(|contact| Some(contact.seen_at?.get())).collect();
        let Some(heard) = heard else { return (w.never.to_owned(), true) };
        let oldest = heard.into_iter().min().unwrap_or_default();
        let minutes = (self.view.now.get() - oldest).max(0) / 60_000;
        let text = match minutes {
            0 => w.just_now.to_owned(),
            1..60 => fill(w.minutes, &[("n", &minutes)]),
            60..2_880 => fill(w.hours, &[("n", &(minutes / 60))]),
            _ => fill(w.days, &[("n", &(minutes / 1_440))]),
        };
        if minutes > LATE { (fill(w.offline, &[("for", &text)]), true) } else { (text, false) }
    }
}

fn path_of(item: &Item) -> String {
    format!("/console/findings/{}/{}", item.canteen, item.finding.number)
}

fn dashed(count: i64) -> String {
    if count == 0 { "—".to_owned() } else { fmt::count(count) }
}

/// Parts of a bar beside each other; `most` is what the whole picture of 208 units holds.
fn parts(counts: &[(Severity, usize); 3], most: usize) -> Vec<Part> {
    let mut x = 0;
    let mut parts = Vec::new();
    for (severity, count) in counts.iter().filter(|(_, count)| *count > 0) {
        let width = (count * 200 / most.max(1)).max(12);
        parts.push(Part { class: part_class(*severity), x, width, middle: x + width / 2, count: *count });
        x += width + 2;
    }
    parts
}

/// Whole yuan, for the labels of a picture.
fn round(amount: Fen) -> String {
    let whole = fmt::yuan(&amount);
    whole.rsplit_once('.').map_or(whole.clone(), |(yuan, _)| yuan.to_owned())
}

/// Thousandths of a whole.
fn permille(part: Fen, whole: Fen) -> i64 {
    let share = i128::from(part.get()) * 1000 / i128::from(whole.get()).max(1);
    i64::try_from(share).unwrap_or(0)
}

/// By how many thousandths an amount a day has changed. Nothing where a month has no days.
fn per_day(amount: Fen, days: i64, before: Fen, days_before: i64) -> Option<i64> {
    if days <= 0 || days_before <= 0 || before.get() <= 0 {
        return None;
    }
    let now = i128::from(amount.get()) * i128::from(days_before) * 1000;
    let then = i128::from(before.get()) * i128::from(days);
    i64::try_from(now / then - 1000).ok()
}

/// Thousandths of the year that have passed by the end of the shown month, or by today within it.
fn gone(month: Month, today: BusinessDate) -> i64 {
    let (year, _) = month.ym();
    let until = today.min(month.last());
    let (Some(first), Some(next)) = (BusinessDate::new(year, 1, 1), BusinessDate::new(year + 1, 1, 1)) else {
        return 0;
    };
    let day = 24 * 60 * 60 * 1000;
    let passed = (until.plus_days(1).start().get() - first.start().get()) / day;
    passed.max(0) * 1000 / ((next.start().get() - first.start().get()) / day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_compared_by_open_day() {
        let fen = Fen::new;
        assert_eq!(per_day(fen(22_000), 20, fen(10_000), 10), Some(100), "a longer month is not a dearer one");
        assert_eq!(per_day(fen(9_000), 10, fen(10_000), 10), Some(-100));
        assert_eq!((per_day(fen(1), 0, fen(1), 1), per_day(fen(1), 1, fen(0), 0)), (None, None));
    }

    #[test]
    fn bars_stand_beside_each_other_and_are_never_too_thin_to_see() {
        let bar = parts(&[(Severity::Block, 1), (Severity::Deduct, 0), (Severity::Warn, 99)], 100);
        let bar: Vec<_> = bar.iter().map(|part| (part.class, part.x, part.width, part.count)).collect();
        assert_eq!(bar, [("age-block", 0, 12, 1), ("age-warn", 14, 198, 99)]);
        assert!(parts(&[(Severity::Block, 0), (Severity::Deduct, 0), (Severity::Warn, 0)], 0).is_empty());
    }

    #[test]
    fn the_year_goes_by() {
        let march = Month::new(2026, 3).unwrap();
        assert_eq!(gone(march, BusinessDate::new(2026, 12, 31).unwrap()), 246, "by the end of the month shown");
        assert_eq!(gone(march, BusinessDate::new(2026, 3, 1).unwrap()), 164);
        assert_eq!((permille(Fen::new(1), Fen::ZERO), permille(Fen::new(1), Fen::new(3))), (1000, 333));
        assert_eq!(round(Fen::new(123_456_789)), "¥1,234,567");
    }
}
