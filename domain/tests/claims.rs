//! A month's claims against those entitled, beside a count by plain loops.
#![expect(clippy::unwrap_used, reason = "a rule that cannot be read fails its test")]

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, Month, UnixMs, WorkCalendar};
use domain::elder::{Elder, ElderFact, ElderFactKind};
use domain::id::ElderId;
use domain::policy::{Policy, PolicySet};
use domain::reconciliation::{Code, Settings, Severity};
use domain::region::RegionCode;
use domain::settlement::claims::{Claim, Claims, Counting, OpenDays};
use proptest::prelude::*;

const RULES: &str = r#"
[policy]
id = "test"
name = "测试"
version = 1
semantics = 1
region = "4403"
effective_from = 2026-01-01
rounding = "half_up"
[meals]
lunch = ["10:30", "13:30"]
dinner = ["16:30", "18:30"]
[[benefit]]
id = "old"
label = "七十岁以上"
kind = "diner"
amount = { fixed = "5.00" }
payers = { city = 1 }
[benefit.elder]
age = { min = 70 }
hukou = ["4403"]
[benefit.meal]
days = "workday"
[[benefit]]
id = "near"
label = "本街道困难老人"
kind = "diner"
amount = { fixed = "2.00" }
payers = { city = 1 }
[benefit.elder]
any_of = ["低保"]
residence_same = "town"
[benefit.limit]
per_day = 1
[[benefit]]
id = "operator"
label = "运营补助"
kind = "operator"
amount = { fixed = "1.00" }
payers = { district = 1 }
requires = ["near"]
"#;

fn date(text: &str) -> BusinessDate {
    text.parse().unwrap()
}

fn place(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn elder(n: u128, birth: &str, facts: Vec<(&str, i64, ElderFactKind)>) -> Elder {
    let fact = |(from, known, kind): (&str, i64, ElderFactKind)| ElderFact {
        valid_from: date(from),
        known_from: UnixMs::new(known),
        kind,
    };
    Elder {
        id: ElderId::from_uuid(uuid::Uuid::from_u128(n)),
        birth: date(birth),
        facts: facts.into_iter().map(fact).collect(),
    }
}

fn hukou(at: &str) -> ElderFactKind {
    ElderFactKind::Hukou { region: place(at) }
}

fn lives(at: &str) -> ElderFactKind {
    ElderFactKind::Residence { region: place(at) }
}

fn poor(held: bool) -> ElderFactKind {
    ElderFactKind::Category { name: "低保".into(), level: None, held }
}

fn policies() -> PolicySet {
    let mut set = PolicySet::default();
    set.announce(Policy::parse("test.toml", RULES).unwrap(), date("2025-12-01")).unwrap();
    set
}

fn count(open: &OpenDays, elders: &[Elder], served: &[(&str, i64)]) -> Vec<Claim> {
    let (policies, calendar) = (policies(), WorkCalendar::published());
    let mut counting = Counting::new(open, &policies, &calendar, UnixMs::new(100));
    for elder in elders {
        counting.add(elder);
    }
    let served: BTreeMap<_, _> = served.iter().map(|(b, n)| (("test".to_owned(), (*b).to_owned()), *n)).collect();
    counting.claims(&served)
}

/// Monday the 2nd to Friday the 6th and Saturday the 7th of March 2026, one canteen in each of two streets; on Friday
/// only the second is open.
fn open() -> OpenDays {
    let (first, second) = (place("440304001001"), place("440304002001"));
    let both: BTreeSet<_> = [first, second.clone()].into();
    let mut open: OpenDays =
        ["02", "03", "04", "05", "07"].map(|d| (date(&format!("2026-03-{d}")), both.clone())).into();
    open.insert(date("2026-03-06"), [second].into());
    open
}

#[test]
fn each_elder_counts_on_the_days_on_which_the_facts_known_then_meet_the_conditions() {
    let elders = [
        // Seventy from the 4th on: three workdays.
        elder(1, "1956-03-04", vec![("2000-01-01", 1, hukou("440304001"))]),
        // Dies on the 3rd, two workdays; a death learned at the draft or later is not known.
        elder(
            2,
            "1940-01-01",
            vec![("2000-01-01", 1, hukou("4403")), ("2026-03-03", 99, ElderFactKind::Death { dead: true })],
        ),
        elder(
            3,
            "1940-01-01",
            vec![("2000-01-01", 1, hukou("4403")), ("2026-03-03", 100, ElderFactKind::Death { dead: true })],
        ),
        // Poor until the 4th inclusive, lives in the first street: three days, and moves to the second on the 4th.
        elder(
            4,
            "1960-01-01",
            vec![
                ("2000-01-01", 1, poor(true)),
                ("2000-01-01", 1, lives("440304001002")),
                ("2026-03-05", 2, poor(false)),
            ],
        ),
        // Poor, lives in the first street, which is closed on Friday: five days.
        elder(5, "1960-01-01", vec![("2000-01-01", 1, poor(true)), ("2000-01-01", 1, lives("440304001002"))]),
        // Registered elsewhere, lives elsewhere.
        elder(
            6,
            "1940-01-01",
            vec![
                ("2000-01-01", 1, hukou("4401")),
                ("2000-01-01", 1, poor(true)),
                ("2000-01-01", 1, lives("440305001")),
            ],
        ),
    ];
    let claims = count(&open(), &elders, &[("old", 21), ("near", 8), ("operator", 8), ("gone", 1)]);
    let found: Vec<(&str, &str, i64, i64, i64, usize)> = claims
        .iter()
        .map(|c| (c.benefit.as_str(), c.label.as_str(), c.served, c.elder_days(), c.could(), c.days.len()))
        .collect();
    assert_eq!(
        found,
        [
            ("gone", "gone", 1, 0, 0, 0),
            ("near", "本街道困难老人", 8, 8, 8, 6),
            ("old", "七十岁以上", 21, 3 + 2 + 5, 20, 5),
            ("operator", "运营补助", 8, 8, 8, 6),
        ],
        "both meals of a workday; one of every day; what requires it of the same elders as often"
    );
    let mut claims = Claims { claims, ..Claims::by(&Settings::default(), &WorkCalendar::published()) };
    let (region, month): (_, Month) = (place("440304"), "2026-03".parse().unwrap());
    let over = |claims: &Claims| -> Vec<(String, i64, i64)> {
        let over = claims.over(&region, month);
        over.iter().map(|o| (o.claim.benefit.clone(), o.measure.found, o.measure.limit)).collect()
    };
    assert_eq!((claims.permille, claims.severity), (1000, Severity::Warn));
    assert_eq!(over(&claims), [("gone".to_owned(), 1, 0), ("old".to_owned(), 21, 20)], "8 of 8 are not beyond");
    let number = claims.over(&region, month)[1].number.clone();
    assert!(number.starts_with("F-202603-") && number.len() == 15, "{number}");
    claims.permille = 999;
    let rounded = [("near".to_owned(), 8, 7), ("old".to_owned(), 21, 19), ("operator".to_owned(), 8, 7)];
    assert_eq!(over(&claims)[1..], rounded, "rounded down");
    assert_ne!(claims.over(&region, month)[2].number, number, "counted against something else it is another finding");
    claims.permille = 0;
    assert_eq!(over(&claims), []);
    let off = Settings { severities: [(Code::OverCapacity, Severity::Off)].into(), ..Settings::default() };
    assert!(!Claims::by(&off, &WorkCalendar::published()).is_asked_for());
}

#[test]
fn what_only_a_month_is_held_against_closes_no_day_again() {
    let mut other = Settings::default();
    other.thresholds.attendance_permille = 300;
    assert!(other.finds_as(&Settings::default()));
    other.thresholds.clock_minutes += 1;
    assert!(!other.finds_as(&Settings::default()));
}

/// The same once more by plain loops, sharing nothing with the rules: elder by elder, day by day.
fn naive(open: &OpenDays, elders: &[Elder]) -> [i64; 2] {
    let (mut old, mut near) = (0, 0);
    for elder in elders {
        let last = |of: &dyn Fn(&ElderFactKind) -> bool, day: BusinessDate| {
            let known = elder.facts.iter().enumerate().filter(|(_, f)| f.known_from.get() < 100 && f.valid_from <= day);
            let of_kind = known.filter(|(_, f)| of(&f.kind));
            of_kind.max_by_key(|(at, f)| (f.valid_from, f.known_from, *at)).map(|(_, f)| f.kind.clone())
        };
        for (day, places) in open {
            let dead = elder.facts.iter().enumerate().filter(|(_, f)| f.known_from.get() < 100);
            let dead = dead.filter(|(_, f)| matches!(f.kind, ElderFactKind::Death { .. }));
            let dead = dead.max_by_key(|(at, f)| (f.known_from, *at)).map(|(_, f)| f);
            if dead.is_some_and(|f| f.kind == ElderFactKind::Death { dead: true } && f.valid_from < *day) {
                continue;
            }
            let (y, m, d) = day.ymd();
            let (by, bm, bd) = elder.birth.ymd();
            let age = i64::from(y) - i64::from(by) - i64::from((m, d) < (bm, bd));
            let at = |kind: Option<ElderFactKind>| match kind {
                Some(ElderFactKind::Hukou { region } | ElderFactKind::Residence { region }) => {
                    region.as_str().to_owned()
                }
                _ => String::new(),
            };
            let home = at(last(&|k| matches!(k, ElderFactKind::Hukou { .. }), *day));
            let street = at(last(&|k| matches!(k, ElderFactKind::Residence { .. }), *day));
            let held = last(&|k| matches!(k, ElderFactKind::Category { .. }), *day);
            // March 2026 has no holiday: Monday to Friday are workdays.
            old += i64::from(age >= 70 && home.starts_with("4403") && day.weekday() < 5);
            let here = street.len() >= 9 && places.iter().any(|p| p.as_str()[..9] == street[..9]);
            near += i64::from(held == Some(poor(true)) && here);
        }
    }
    [old, near]
}

fn facts() -> impl Strategy<Value = Vec<(String, i64, ElderFactKind)>> {
    let kind = prop_oneof![
        proptest::sample::select(vec!["440304001", "440305", "4401"]).prop_map(hukou),
        proptest::sample::select(vec!["440304001002", "440304002", "440304"]).prop_map(lives),
        any::<bool>().prop_map(poor),
        any::<bool>().prop_map(|dead| ElderFactKind::Death { dead }),
    ];
    let from =
        (25_u32..40).prop_map(|d| if d < 29 { format!("2026-02-{d}") } else { format!("2026-03-{:02}", d - 28) });
    proptest::collection::vec((from, 95_i64..103, kind), 0..7)
}

proptest! {
    #[test]
    fn a_count_by_plain_loops_agrees(
        people in proptest::collection::vec((1_u32..12, facts()), 1..6),
        days in proptest::collection::btree_map(1_u32..20, 1_u8..4, 1..12),
    ) {
        let streets = [place("440304001001"), place("440304002001")];
        let open: OpenDays = days
            .into_iter()
            .map(|(day, which)| {
                let places = streets.iter().enumerate().filter(|(at, _)| which >> at & 1 == 1).map(|(_, p)| p.clone());
                (date(&format!("2026-03-{day:02}")), places.collect())
            })
            .collect();
        let elders: Vec<Elder> = people
            .iter()
            .enumerate()
            .map(|(n, (day, facts))| {
                let facts = facts.iter().map(|(from, known, kind)| (from.as_str(), *known, kind.clone())).collect();
                elder(n as u128, &format!("1956-03-{day:02}"), facts)
            })
            .collect();
        let claims = count(&open, &elders, &[("old", 1), ("near", 1)]);
        let of = |benefit: &str| claims.iter().find(|c| c.benefit == benefit).unwrap().elder_days();
        prop_assert_eq!([of("old"), of("near")], naive(&open, &elders));
    }
}
