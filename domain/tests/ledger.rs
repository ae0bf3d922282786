//! What the ledger promises: it balances at every moment and says of every payer what the statements say.
#![expect(clippy::unwrap_used, reason = "a world that cannot be built fails its test")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{Month, UnixMs};
use domain::id::CanteenId;
use domain::ledger::{Account, Line, TrialBalance, of_payment, of_statement};
use domain::money::Fen;
use domain::reconciliation::{DayClose, PayerSums};
use domain::settlement::{MonthInput, Reopened, Statement, settle_month};
use proptest::prelude::*;
use world::{World, canteen_id, date, yuan};

const LATER: UnixMs = UnixMs::new(i64::MAX);

/// 5.00 to be split over two payers that do not get the same, and a grade that holds the operator's 2.01.
const POLICY: &str = r#"
[policy]
id = "test"
name = "测试"
version = 1
semantics = 1
region = "440304"
effective_from = 2026-01-01
rounding = "half_up"
[meals]
lunch = ["10:30", "13:30"]
[bearer]
stale_facts = "canteen"
double = "canteen"
[[benefit]]
id = "age-70"
label = "70周岁以上"
kind = "diner"
amount = { fixed = "5.00" }
payers = { city = 2, district = 1 }
[benefit.elder]
age = { min = 70 }
[benefit.limit]
per_day = 1
[[benefit]]
id = "operator"
label = "运营补助"
kind = "operator"
amount = { fixed = "2.01" }
payers = { district = 1 }
requires = ["age-70"]
[[gate]]
when = { quality_grade = ["C"] }
effect = "hold"
kinds = ["operator"]
"#;

fn closes(world: &World, canteen: CanteenId, month: Month) -> Vec<DayClose> {
    let own = world.closes.iter().filter(|((day, c), _)| *c == canteen && day.month() == month);
    own.map(|(_, r)| r.close.clone()).collect()
}

fn settle(world: &World, month: &str, reopened: &[Reopened], carried: &PayerSums) -> Statement {
    let month: Month = month.parse().unwrap();
    settle_month(&MonthInput {
        canteen: canteen_id(1),
        month,
        days: &closes(world, canteen_id(1), month),
        incomplete: &[],
        left_out: &[],
        reopened,
        carried,
        decided: &BTreeSet::new(),
        rules: &world.rules,
        released: &[],
        deducted: &BTreeMap::new(),
    })
}

/// Every payer's accounts stand where the statement says.
fn assert_agrees(books: &TrialBalance, statement: &Statement) {
    for line in &statement.payers {
        let payable = Account::Payable { canteen: statement.canteen, payer: line.payer.clone() };
        assert_eq!(books.of(&payable).balance(), line.payable + line.carried, "{:?}", line.payer);
    }
    let total = books.total();
    assert_eq!(total.debit, total.credit);
}

#[test]
fn each_line_is_posted_once_for_each_payer() {
    let mut world = World::new(&[POLICY]);
    world.grade(1, "2026-03-01", "C");
    world.serve(1, 1, "2026-03-02", 690, "15.00");
    world.serve(1, 2, "2026-03-02", 691, "15.00");
    world.close_all(LATER, |_| true);
    let march = settle(&world, "2026-03", &[], &PayerSums::default());
    let mut postings: Vec<_> = Vec::new();
    for p in of_statement(&march) {
        let name = |account: &Account| match account {
            Account::Grant { payer } => format!("grant {}", payer.name),
            Account::Payable { payer, .. } => format!("payable {}", payer.name),
            Account::Held { payer, .. } => format!("held {}", payer.name),
            Account::Demanded { payer, .. } => format!("demanded {}", payer.name),
            Account::Bank { payer } => format!("bank {}", payer.name),
        };
        postings.push((p.line, name(&p.debit), name(&p.credit), p.amount.to_string()));
    }
    let row = |line, debit: &str, credit: &str, amount: &str| (line, debit.into(), credit.into(), amount.into());
    assert_eq!(
        postings,
        [
            row(Line::Served(0), "grant city", "payable city", "6.66"),
            row(Line::Served(0), "grant district", "payable district", "3.34"),
            row(Line::Served(1), "grant district", "payable district", "4.02"),
            row(Line::Hold(0), "payable district", "held district", "4.02"),
        ]
    );
    assert_eq!(march.payable(), yuan("10.00"));
}

#[test]
fn a_payment_clears_what_is_payable_and_a_returned_one_brings_it_back() {
    let mut world = World::new(&[POLICY]);
    world.serve(1, 1, "2026-03-02", 690, "15.00");
    world.close_all(LATER, |_| true);
    let march = settle(&world, "2026-03", &[], &PayerSums::default());
    let mut books = TrialBalance::default();
    books.add(&of_statement(&march));
    let before = books.clone();
    books.add(&of_payment(&march, false));
    for line in &march.payers {
        let payable = Account::Payable { canteen: march.canteen, payer: line.payer.clone() };
        assert_eq!(books.of(&payable).balance(), Fen::ZERO);
        assert_eq!(books.of(&Account::Bank { payer: line.payer.clone() }).balance(), line.payable);
    }
    books.add(&of_payment(&march, true));
    for (account, turnover) in before.iter() {
        assert_eq!(books.of(account).balance(), turnover.balance(), "{account:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// A month, what was learned about it later, and the month after: the books agree with each statement.
    #[test]
    fn the_books_agree_with_every_statement(
        meals in prop::collection::vec((1_u128..=3, 2_u8..28, 630_u16..800), 1..30),
        graded in prop::option::of(2_u8..28),
        died in prop::option::of(1_u8..28),
        paid in any::<bool>(),
    ) {
        let mut world = World::new(&[POLICY]);
        if let Some(day) = graded {
            world.grade(1, &format!("2026-03-{day:02}"), "C");
        }
        for (elder, day, minute) in meals {
            world.serve(1, elder, &format!("2026-03-{day:02}"), minute, "15.00");
        }
        world.close_all(LATER, |_| true);
        let march = settle(&world, "2026-03", &[], &PayerSums::default());
        let mut books = TrialBalance::default();
        books.add(&of_statement(&march));
        assert_agrees(&books, &march);
        if paid {
            books.add(&of_payment(&march, false));
        }
        let settled = world.closes.clone();
        if let Some(day) = died {
            world.dies(1, &format!("2026-03-{day:02}"), date("2026-04-02").start());
        }
        world.close_all(LATER, |_| true);
        let reopened: Vec<Reopened> = world
            .closes
            .iter()
            .map(|(key, r)| Reopened {
 settled: settled.get(key).map(|s| s.close.clone()), taken: Vec::new(), now: r.close.clone() })
            .filter(|r| r.settled.as_ref() != Some(&r.now))
            .collect();
        let april = settle(&world, "2026-04", &reopened, &march.carried());
        books.add(&of_statement(&april));
        if paid {
            assert_agrees(&books, &april);
        }
        let held: Fen = books.iter().filter(|(a, _)| matches!(a, Account::Held { .. })).map(|(_, t)| t.balance()).sum();
        assert_eq!(held, -(march.held() + april.held()), "what was held and not released is held");
        let total = books.total();
        assert_eq!(total.debit, total.credit);
    }
}
