//! The year's rule, its forecast and its report, on statements of a few lines.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::decision::PolicyRef;
use crate::id::Digest;
use crate::ledger::{Account, of_statement};
use crate::reconciliation::Code;
use crate::record::totals::CountSum;
use crate::settlement::{ChangeLine, PayerLine, Reconciliation, ServedLine};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn canteen(n: u128) -> CanteenId {
    CanteenId::from_uuid(uuid::Uuid::from_u128(n))
}

fn payer(name: &str) -> Payer {
    Payer { name: name.into(), unit: Some("4403".parse().unwrap()) }
}

fn policy() -> PolicyRef {
    PolicyRef { id: "test".into(), version: 1, hash: Digest([1; 32]) }
}

fn shares(of: &[(&str, i64)]) -> PayerSums {
    let mut sums = PayerSums::default();
    for (name, fen) in of {
        sums.add(&payer(name), Fen::new(*fen));
    }
    sums
}

/// A statement that nothing stands on yet.
fn statement(of: u128, in_month: &str) -> Statement {
    let none = CountSum::default();
    Statement {
        canteen: canteen(of),
        month: month(in_month),
        served: Vec::new(),
        changes: Vec::new(),
        holds: Vec::new(),
        payers: Vec::new(),
        reconciliation: Reconciliation {
            days: 31,
            closed: 31,
            open_days: 1,
            incomplete: Vec::new(),
            left_out: Vec::new(),
            meals: none,
            guests: none,
            subsidised: none,
            voids: none,
            own_payment: Fen::ZERO,
            concessions: none,
            z_reports: (0, 0),
            findings: Vec::new(),
            blocking: Vec::new(),
            grades: Vec::new(),
        },
        settles: Vec::new(),
    }
}

trait With {
    fn serving(self, kind: Kind, of: &[(&str, i64)]) -> Self;
    fn changing(self, reason: Reason, of: &[(&str, i64)]) -> Self;
    fn paying(self, name: &str, amounts: [i64; 4]) -> Self;
}

impl With for Statement {
    fn serving(mut self, kind: Kind, of: &[(&str, i64)]) -> Self {
        let shares = shares(of);
        let amount = shares.total();
        let benefit = "age-60".to_owned();
        self.served.push(ServedLine { policy: policy(), benefit, kind, standard: amount, count: 1, amount, shares });
        self
    }

    fn changing(mut self, reason: Reason, of: &[(&str, i64)]) -> Self {
        let shares = shares(of);
        let holds = matches!(reason, Reason::Hold { .. } | Reason::Release { .. });
        let lines = if holds { &mut self.holds } else { &mut self.changes };
        let (dates, findings) = (Vec::new(), Vec::new());
        lines.push(ChangeLine { reason, dates, findings, count: None, amount: shares.total(), shares });
        self
    }

    fn paying(mut self, name: &str, [approved, held, payable, carried]: [i64; 4]) -> Self {
        let [approved, held, payable, carried] = [approved, held, payable, carried].map(Fen::new);
        self.payers.push(PayerLine { payer: payer(name), approved, held, payable, carried });
        self
    }
}

/// Every reason about meals of a month, and then those that are about money that waits.
fn reasons(of: Month) -> [Reason; 9] {
    let words = || "C 级暂缓".to_owned();
    [
        Reason::Late { month: of, policy: policy() },
        Reason::Corrected { month: of, policy: policy() },
        Reason::PolicyCorrected { month: of, policy: None },
        Reason::Finding { month: of, code: Code::OffWindow },
        Reason::Refunded { month: of },
        Reason::Reduction { month: of, policy: policy(), gate: 1, words: words() },
        Reason::Carried,
        Reason::Hold { month: of, policy: policy(), gate: 1, words: words() },
        Reason::Release { month: of, policy: policy(), gate: 1, words: words() },
    ]
}

#[test]
fn whatever_is_said_of_decembers_meals_counts_for_december() {
    let december = month("2026-12");
    for (at, reason) in reasons(december).into_iter().enumerate() {
        let january = statement(1, "2027-01").serving(Kind::Diner, &[("city", 7)]).changing(reason, &[("city", 300)]);
        let cost = cost(&january);
        assert_eq!(cost[&month("2027-01")], shares(&[("city", 7)]), "{at}: January is January's meals alone");
        let old = cost.get(&december).map_or(Fen::ZERO, PayerSums::total);
        assert_eq!(
            old,
            if at < 6 { Fen::new(300) } else { Fen::ZERO },
            "{at}: what waits or was counted costs nothing"
        );
    }
}

#[test]
fn what_the_canteen_gives_of_its_own_costs_no_payer() {
    let of = statement(1, "2026-03").serving(Kind::Concession, &[("city", 90)]).serving(Kind::Operator, &[("city", 5)]);
    assert_eq!(cost(&of)[&month("2026-03")].total(), Fen::new(5));
}

#[test]
fn a_year_ends_with_december_and_begins_with_january() {
    let of = |in_month| statement(1, in_month).serving(Kind::Diner, &[("city", 100)]);
    let all = ["2025-12", "2026-01", "2026-12", "2027-01"].map(of);
    let year = year(2026, all.iter().map(|s| (s, true)), &[]);
    let [city] = year.as_slice() else { panic!("{year:?}") };
    assert_eq!((city.approved, city.drafted, city.forecast), (Fen::new(200), Fen::ZERO, Fen::new(200)));
    assert_eq!((city.budget, city.left(), city.passed_by()), (None, None, None), "none is set");
    assert_eq!(super::year(2024, all.iter().map(|s| (s, true)), &[]), []);
}

#[test]
fn a_budget_is_passed_by_the_first_fen_above_it() {
    let march = statement(1, "2026-03").serving(Kind::Diner, &[("city", 100)]);
    let april = statement(1, "2026-04").serving(Kind::Diner, &[("city", 50)]);
    let of = |budgets: &[i64]| {
        let budgets: Vec<_> = budgets.iter().map(|fen| (payer("city"), Fen::new(*fen))).collect();
        let year = year(2026, [(&march, true), (&april, false)], &budgets);
        (year[0].budget, year[0].left().unwrap(), year[0].passed_by())
    };
    assert_eq!(of(&[151]), (Some(Fen::new(151)), Fen::new(1), None));
    assert_eq!(of(&[150]), (Some(Fen::new(150)), Fen::ZERO, None), "used to the fen is not passed");
    assert_eq!(of(&[149]), (Some(Fen::new(149)), Fen::new(-1), Some(Fen::new(1))), "the draft counts");
    assert_eq!(of(&[1000, 0]), (Some(Fen::ZERO), Fen::new(-150), Some(Fen::new(150))), "the last word holds");
}

#[test]
fn a_budget_that_nothing_used_and_a_payer_without_one_both_stand_there() {
    let march = statement(1, "2026-03").serving(Kind::Diner, &[("高新区", 100)]);
    let elsewhere = Payer { unit: Some("4404".parse().unwrap()), ..payer("高新区") };
    let year = year(2026, [(&march, true)], &[(elsewhere.clone(), Fen::new(5))]);
    let rows: Vec<_> = year.iter().map(|of| (of.payer.clone(), of.budget, of.used().get())).collect();
    let (own, other) = ((payer("高新区"), None, 100), (elsewhere, Some(Fen::new(5)), 0));
    assert_eq!(rows, [own, other], "one name at two places is two payers");
}

#[test]
fn the_forecast_leads_on_at_the_rate_of_months_that_cost_something() {
    assert_eq!(forecast(Fen::new(360), 2, 9), Fen::new(360 + 360 * 9 / 2));
    assert_eq!(forecast(Fen::new(100), 3, 1), Fen::new(133), "rounded down");
    assert_eq!(forecast(Fen::new(-100), 3, 1), Fen::new(-134), "down is down below nothing too");
    assert_eq!(forecast(Fen::new(77), 5, 0), Fen::new(77), "December leads to itself");
    assert_eq!(forecast(Fen::new(77), 0, 11), Fen::new(77), "no month, no rate");
    assert_eq!(forecast(Fen::new(i64::MAX), 1, 11), Fen::new(i64::MAX), "nothing overflows");
    assert_eq!(forecast(Fen::new(i64::MIN), 1, 11), Fen::new(i64::MIN));
}

#[test]
fn a_month_that_came_late_is_a_month_of_its_own() {
    let late = Reason::Late { month: month("2026-01"), policy: policy() };
    let february = statement(1, "2026-02").serving(Kind::Diner, &[("city", 120)]).changing(late, &[("city", 120)]);
    let year = year(2026, [(&february, true)], &[]);
    assert_eq!(year[0].forecast, Fen::new(240 * 12 / 2), "two months of meals, not one of twice the price");
    // A month of which nothing is left is none: its rate would be nothing.
    let back = Reason::Finding { month: month("2026-01"), code: Code::OffWindow };
    let march = statement(1, "2026-03").changing(back, &[("city", -120)]);
    let year = super::year(2026, [(&february, true), (&march, true)], &[]);
    assert_eq!((year[0].approved, year[0].forecast), (Fen::new(120), Fen::new(120 * 11)));
}

#[test]
fn the_report_says_what_is_open_when_the_year_ends() {
    let late = Reason::Late { month: month("2026-12"), policy: policy() };
    let november = statement(1, "2026-11").serving(Kind::Diner, &[("city", 600)]).paying("city", [600, -100, 500, 0]);
    let back = Reason::Finding { month: month("2026-11"), code: Code::OffWindow };
    let december = statement(1, "2026-12").changing(back, &[("city", -700)]).paying("city", [-700, 0, 0, -700]);
    let january = statement(1, "2027-01")
        .serving(Kind::Diner, &[("city", 900)])
        .changing(Reason::Carried, &[("city", -700)])
        .changing(late, &[("city", 300)])
        .paying("city", [500, 0, 500, 0]);
    let settled = |statement, arrived, demanded| Settled { statement, arrived, demanded };
    let all = [settled(&november, true, false), settled(&december, false, false), settled(&january, false, false)];
    let of = |year, all: &[Settled<'_>]| report(year, all).remove(&(canteen(1), payer("city"))).unwrap();
    let old = of(2026, &all);
    assert_eq!((old.cost, old.payable, old.arrived, old.open()), (200, 500, 500, 0).map_fen());
    assert_eq!((old.held, old.carried, old.demanded), (Fen::new(100), Fen::new(-700), Fen::ZERO));
    let new = of(2027, &all);
    assert_eq!((new.cost, new.payable, new.arrived, new.open()), (900, 500, 0, 500).map_fen());
    assert_eq!((new.held, new.carried), (Fen::ZERO, Fen::ZERO), "the old year's balance is settled");
    let demanded = of(2026, &[all[0], settled(&december, false, true)]);
    assert_eq!((demanded.carried, demanded.demanded), (Fen::ZERO, Fen::new(700)), "demanded, it is carried no more");
}

trait MapFen {
    fn map_fen(self) -> (Fen, Fen, Fen, Fen);
}

impl MapFen for (i64, i64, i64, i64) {
    fn map_fen(self) -> (Fen, Fen, Fen, Fen) {
        (Fen::new(self.0), Fen::new(self.1), Fen::new(self.2), Fen::new(self.3))
    }
}

const NAMES: [&str; 3] = ["city", "district", "zone"];

fn shared() -> impl Strategy<Value = Vec<(&'static str, i64)>> {
    prop::collection::vec((prop::sample::select(&NAMES[..]), -50_000_i64..50_000), 0..3)
}

/// A statement of one of 24 months with lines about it and about any month before.
fn any_statement() -> impl Strategy<Value = Statement> {
    let lines = prop::collection::vec((0_usize..9, 0_i32..24, shared()), 0..6);
    (1_u128..4, 0_i32..24, shared(), lines).prop_map(|(of, at, served, lines)| {
        let in_month = |n: i32| (0..n).fold(month("2026-01"), |month, _| month.next());
        let name = in_month(at).to_string();
        let begun = statement(of, &name).serving(Kind::Diner, &served).serving(Kind::Concession, &[]);
        let add = |s: Statement, (which, about, amounts): (usize, i32, Vec<(&str, i64)>)| {
            s.changing(reasons(in_month(about.min(at)))[which].clone(), &amounts)
        };
        lines.into_iter().fold(begun, add)
    })
}

proptest! {
    /// Over all years a payer's cost is what the books say it granted, whatever is settled when.
    #[test]
    fn the_years_together_are_the_books(statements in prop::collection::vec(any_statement(), 0..8)) {
        let mut books = PayerSums::default();
        for posting in statements.iter().flat_map(of_statement) {
            if let Account::Grant { payer } = &posting.debit { books.add(payer, posting.amount) }
            if let Account::Grant { payer } = &posting.credit { books.add(payer, -posting.amount) }
        }
        let mut years = PayerSums::default();
        for of in [2026, 2027].into_iter().flat_map(|of| year(of, statements.iter().map(|s| (s, true)), &[])) {
            years.add(&of.payer, of.used());
        }
        prop_assert_eq!(years.without_zeros(), books.without_zeros());
    }

    /// What is approved and what is drafted are two parts of one whole; the order of statements says nothing; the
    /// report's costs add up to the year's.
    #[test]
    fn a_year_is_one_whole(statements in prop::collection::vec((any_statement(), any::<bool>()), 0..8)) {
        let budgets = NAMES.map(|name| (payer(name), Fen::new(10_000)));
        let parts = year(2026, statements.iter().map(|(s, approved)| (s, *approved)), &budgets);
        let whole = year(2026, statements.iter().rev().map(|(s, _)| (s, true)), &budgets);
        let settled: Vec<_> = statements.iter().map(|(statement, _)| Settled { statement, arrived: false, demanded: false }).collect();
        let report = report(2026, &settled);
        for (part, all) in parts.iter().zip(&whole) {
            prop_assert_eq!(&part.payer, &all.payer);
            prop_assert_eq!((part.used(), part.forecast), (all.approved, all.forecast));
            prop_assert_eq!(part.left(), part.budget.map(|budget| budget - part.used()));
            prop_assert_eq!(part.passed_by(), (part.used() > Fen::new(10_000)).then(|| part.used() - Fen::new(10_000)));
            let rows = report.iter().filter(|((_, payer), _)| *payer == part.payer);
            prop_assert_eq!(rows.map(|(_, row)| row.cost).sum::<Fen>(), all.approved);
        }
        let payers: BTreeSet<_> = parts.iter().map(|of| &of.payer).collect();
        prop_assert_eq!(payers.len(), parts.len(), "each payer once");
    }

    /// The forecast is the whole fen at or below the exact quotient.
    #[test]
    fn the_forecast_is_rounded_down(spent in -1_000_000_000_i64..1_000_000_000, months in 1_usize..=12, ahead in 0_i8..12) {
        let (n, led) = (i64::try_from(months).unwrap(), forecast(Fen::new(spent), months, ahead).get());
        let exact = spent * (n + i64::from(ahead));
        prop_assert!(led * n <= exact && exact < (led + 1) * n);
    }
}
