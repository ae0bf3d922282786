//! The month once more, computed the simplest way: from the list of what was rung up and the published rules, with
//! plain ifs, sharing nothing with the program's own decision, reconciliation and settlement.
//!
//! Written from the rule texts: Shenzhen's notice, Zhengguo's notice, the demo's own second version of the Shenzhen
//! rule, and the chapter on settlement. Where they are silent, the choice made stands beside the line.

use std::collections::BTreeMap;

use zhucan::demo::elders::{DemoElder, ELDERS, What};

/// A row of `scans.csv`.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    /// `2026-03-02`.
    pub(crate) date: String,
    /// `lianhua`, `nanshan` or `zhengguo`.
    pub(crate) canteen: String,
    /// Number in the table of elders, from 1; nobody for a guest.
    pub(crate) elder: Option<usize>,
    /// `dine_in`, `pickup` or `delivery`.
    pub(crate) mode: String,
    /// `lunch` or `dinner`.
    pub(crate) period: String,
    /// List price, fen.
    pub(crate) price: i64,
    /// Reversed by the cashier.
    pub(crate) voided: bool,
    /// What the till asked for, fen.
    pub(crate) charged: i64,
    /// Whether anything was sold: who had eaten already was turned away.
    pub(crate) sold: bool,
}

/// What a canteen is owed for a month, fen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bill {
    /// Meals that were not reversed and were sent before the draft.
    pub(crate) meals: i64,
    /// Subsidies, operator and delivery money of those meals, as charged.
    pub(crate) claimed: i64,
    /// Taken off: meals of the dead.
    pub(crate) deducted: i64,
    /// Waits for a better grade.
    pub(crate) held: i64,
    /// The same three things of meals of an earlier month that came late.
    pub(crate) late: i64,
    /// To be paid.
    pub(crate) payable: i64,
    /// Who pays it.
    pub(crate) payers: BTreeMap<String, i64>,
}

/// Reads the list.
pub(crate) fn read(csv: &str) -> Vec<Scan> {
    let mut lines = csv.trim_start_matches('\u{feff}').lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows = lines.map(|line| {
        let cells: BTreeMap<&str, &str> = head.iter().copied().zip(line.split(',')).collect();
        Scan {
            date: cells["date"].to_owned(),
            canteen: cells["canteen"].to_owned(),
            elder: cells["elder"].parse().ok(),
            mode: cells["mode"].to_owned(),
            period: cells["period"].to_owned(),
            price: fen(cells["list_price"]),
            voided: cells["voided"] == "yes",
            charged: fen(cells["charged"]),
            sold: cells["sold"] == "yes",
        }
    });
    rows.collect()
}

fn fen(yuan: &str) -> i64 {
    let (whole, part) = yuan.split_once('.').unwrap();
    assert_eq!(part.len(), 2, "{yuan}");
    whole.parse::<i64>().unwrap() * 100 + part.parse::<i64>().unwrap()
}

/// Completed years.
fn age(birth: &str, date: &str) -> i64 {
    let years = date[..4].parse::<i64>().unwrap() - birth[..4].parse::<i64>().unwrap();
    if date[5..] < birth[5..] { years - 1 } else { years }
}

/// Whether a category is in force on a date, and its level.
fn category(elder: &DemoElder, name: &str, date: &str) -> Option<u8> {
    let mut found = None;
    for fact in elder.facts {
        match fact.what {
            What::Holds(held, level) if held == name && fact.from <= date => found = Some(level.unwrap_or(0)),
            What::Ends(ended) if ended == name && fact.from <= date => found = None,
            _ => {}
        }
    }
    found
}

fn any(elder: &DemoElder, names: &[&str], date: &str) -> bool {
    names.iter().any(|name| category(elder, name, date).is_some())
}

/// Meals of the day of death were eaten by a living person.
fn dead(elder: &DemoElder, date: &str) -> bool {
    elder.facts.iter().any(|fact| fact.what == What::Dies && fact.from < date)
}

/// 0 for Monday. Sakamoto's rule.
fn weekday(date: &str) -> i64 {
    let number = |at: std::ops::Range<usize>| date[at].parse::<i64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let year = if month < 3 { year - 1 } else { year };
    let sunday_first = year + year / 4 - year / 100 + year / 400 + shift[usize::try_from(month - 1).unwrap()] + day;
    (sunday_first + 6) % 7
}

/// What a meal costs the public purse: for the diner, and on top for the canteen.
#[derive(Default)]
struct Money {
    diner: i64,
    on_top: i64,
    payers: Vec<(&'static str, i64)>,
}

/// Shenzhen: a workday's lunch, registered in the city. First-priority classes from 60, and everybody from 100: up to
/// 15 yuan; from 70 to 99: up to 5 (6 in the demo's second version). Delivery 2 yuan for those of 100, and those of 70
/// who are moderately disabled or worse. The operator gets 2 yuan for a subsidised meal.
fn shenzhen(elder: &DemoElder, scan: &Scan) -> Money {
    // Neither March nor the first three days of April 2026 have a holiday or a make-up workday.
    let workday = weekday(&scan.date) < 5;
    if scan.period != "lunch" || !workday || !elder.hukou.starts_with("4403") {
        return Money::default();
    }
    let age = age(elder.birth, &scan.date);
    let level = |name| category(elder, name, &scan.date);
    // The notice names the classes without levels; severe disability is level 1 or 2 by the state's own scale, and the
    // disabled are counted from moderate on, as the notice does for deliveries.
    let classes = ["特困", "低保", "低保边缘", "计生特殊家庭"];
    let severe = level("重残").is_some_and(|level| level <= 2);
    let disabled = level("失能").is_some_and(|level| level >= 2);
    let priority = age >= 100 || (age >= 60 && (any(elder, &classes, &scan.date) || severe || disabled));
    let old = if scan.date.as_str() >= "2026-03-16" { 600 } else { 500 };
    let diner = if priority {
        scan.price.min(1_500)
    } else if age >= 70 {
        scan.price.min(old)
    } else {
        return Money::default();
    };
    let brought = scan.mode == "delivery" && (age >= 100 || (age >= 70 && disabled));
    let on_top = 200 + if brought { 200 } else { 0 };
    Money { diner, on_top, payers: vec![("city", diner + on_top)] }
}

/// Zhengguo: a meal at 12 yuan. The elder pays 1 (hardship, from 60), 3 (from 80) or 5 (from 60); city 3, district 3,
/// town the rest. Who eats in another town than the one of registration loses the town's share, in another district the
/// district's too. It is a programme of Zengcheng's: who is registered outside the district has no part in it.
fn zhengguo(elder: &DemoElder, scan: &Scan) -> Money {
    assert_eq!(scan.price, 1_200, "the set price");
    let age = age(elder.birth, &scan.date);
    if age < 60 || !elder.hukou.starts_with("440118") {
        return Money::default();
    }
    let hardship = any(elder, HARDSHIP, &scan.date);
    let town = if hardship {
        500
    } else if age >= 80 {
        300
    } else {
        100
    };
    let mut payers = vec![("city", 300), ("district", 300)];
    if elder.hukou.starts_with("440118104") {
        payers.push(("town", town));
    }
    Money { diner: payers.iter().map(|(_, amount)| amount).sum(), on_top: 0, payers }
}

/// Hardship is not spelled out in the notice; the classes that the state's own lists of needy people begin with.
const HARDSHIP: &[&str] = &["特困", "分散特困", "低保", "低保边缘", "低收入"];

fn money(scan: &Scan) -> Money {
    let Some(elder) = scan.elder.map(|number| &ELDERS[number - 1]) else { return Money::default() };
    if scan.canteen == "zhengguo" { zhengguo(elder, scan) } else { shenzhen(elder, scan) }
}

/// What each canteen is owed for a month.
///
/// The lunch that an elder had twice was given in good faith in both places: the programme carries it, so both are
/// paid. A dead elder's card is the canteen's loss. From the demo's second version on, money of days on which the grade
/// was C waits. What a terminal had not sent when the month was drafted is paid with the next month.
pub(crate) fn bills(scans: &[Scan], month: &str) -> BTreeMap<String, Bill> {
    let mut bills: BTreeMap<String, Bill> =
        ["lianhua", "nanshan", "zhengguo"].map(|key| (key.to_owned(), Bill::default())).into();
    for scan in scans.iter().filter(|scan| scan.sold && !scan.voided) {
        let sent_late = scan.canteen == "zhengguo" && scan.date == "2026-03-31";
        let paid_with = if sent_late { "2026-04" } else { &scan.date[..7] };
        if paid_with != month {
            continue;
        }
        let bill = bills.get_mut(&scan.canteen).unwrap();
        let money = money(scan);
        let claimed = money.diner + money.on_top;
        let died = scan.elder.is_some_and(|number| dead(&ELDERS[number - 1], &scan.date));
        let grade_c = scan.canteen == "nanshan" && ("2026-03-17"..="2026-03-23").contains(&scan.date.as_str());
        if sent_late {
            bill.late += claimed;
        } else {
            bill.meals += 1;
            bill.claimed += claimed;
        }
        if died {
            bill.deducted += claimed;
        } else if grade_c {
            bill.held += claimed;
        } else {
            bill.payable += claimed;
            for (payer, amount) in money.payers {
                *bill.payers.entry(payer.to_owned()).or_default() += amount;
            }
        }
    }
    bills
}

/// What the till ought to have asked of the elder or guest.
pub(crate) fn own_payment(scan: &Scan) -> i64 {
    scan.price - money(scan).diner
}
