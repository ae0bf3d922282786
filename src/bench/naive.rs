//! The generated month once more, computed the simplest way: from the lists of what was rung up and learned and from
//! the text of Shenzhen's notice, with plain ifs and integers. It reads no record and shares nothing with the
//! program's own decision, reconciliation and settlement.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

/// The State Council's table, as it was published.
const WORKDAYS: &str = include_str!("../../domain/calendars/cn-workdays.csv");

/// What a canteen is owed for a month, fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Meals that were not taken back.
    pub meals: i64,
    /// Subsidies, operator and delivery money, as charged.
    pub claimed: i64,
    /// Of that, taken off.
    pub deducted: i64,
    /// To be paid.
    pub payable: i64,
}

/// One dated thing known of an elder: from when it is so, and since when it is known (unix ms).
struct Fact {
    from: String,
    known: i64,
    level: Option<u8>,
    holds: bool,
}

#[derive(Default)]
struct Elder {
    birth: String,
    in_city: bool,
    died: Option<String>,
    categories: HashMap<String, Vec<Fact>>,
}

impl Elder {
    /// The level of a category in force on a date as known at an instant (0 where it has none).
    fn category(&self, name: &str, date: &str, known: i64) -> Option<u8> {
        let facts = self.categories.get(name)?.iter().filter(|f| f.from.as_str() <= date && f.known <= known);
        let last = facts.max_by_key(|f| (f.from.clone(), f.known))?;
        last.holds.then_some(last.level.unwrap_or(0))
    }
}

/// A row of `scans.csv`.
#[expect(clippy::struct_excessive_bools, reason = "the list has these columns")]
struct Scan {
    date: String,
    at: i64,
    canteen: usize,
    elder: Option<usize>,
    delivered: bool,
    price: i64,
    charged: i64,
    voided: bool,
    knew: bool,
    forged: bool,
    told_at: i64,
}

/// What one meal costs the public purse.
#[expect(clippy::struct_excessive_bools, reason = "what the notice asks of a person, each for itself")]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Money {
    needy: bool,
    hundred: bool,
    brought: bool,
    priority: bool,
    diner: i64,
    on_top: i64,
}

impl Money {
    /// The benefits of the notice that it is made of.
    fn benefits(self) -> impl Iterator<Item = &'static str> {
        let standard = match (self.needy, self.hundred) {
            (true, _) => "priority",
            (false, true) => "age-100",
            (false, false) => "age-70",
        };
        let delivery = if self.hundred { "delivery" } else { "delivery-disabled" };
        let given = [(self.diner > 0, standard), (self.on_top > 0, "operator"), (self.brought, delivery)];
        given.into_iter().filter(|(given, _)| *given).map(|(_, benefit)| benefit)
    }

    const fn all(self) -> i64 {
        self.diner + self.on_top
    }
}

/// What the lists come to.
#[derive(Debug, Default)]
pub struct Recount {
    /// By month (`2026-01`) and canteen (from 1).
    pub bills: BTreeMap<(String, usize), Bill>,
    /// Rows whose till asked for another amount than the notice says, those of forged rows left out.
    pub wrongly_charged: u64,
    /// By month and benefit of the notice: meals as charged, and those entitled on the days on which anybody ate.
    pub claims: BTreeMap<(String, &'static str), Claim>,
}

/// A benefit of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Meals as charged.
    pub served: i64,
    /// Elders entitled, summed over the days.
    pub entitled: i64,
}

/// Reads the lists of a folder and computes every canteen's bill.
pub fn recount(folder: &Path) -> io::Result<Recount> {
    let elders = elders(folder)?;
    let holidays = Holidays::read();
    let mut recount = Recount::default();
    let mut day: Vec<Scan> = Vec::new();
    for line in BufReader::new(std::fs::File::open(folder.join("scans.csv"))?).lines().skip(1) {
        let scan = scan(&line?).ok_or_else(|| io::Error::other("scans.csv"))?;
        if day.first().is_some_and(|first| first.date != scan.date) {
            settle(&day, &elders, &holidays, &mut recount);
            day.clear();
        }
        day.push(scan);
    }
    settle(&day, &elders, &holidays, &mut recount);
    Ok(recount)
}

fn elders(folder: &Path) -> io::Result<HashMap<usize, Elder>> {
    let mut elders: HashMap<usize, Elder> = HashMap::new();
    for line in BufReader::new(std::fs::File::open(folder.join("facts.csv"))?).lines().skip(1) {
        let line = line?;
        let cells: Vec<&str> = line.split(',').collect();
        let [number, what, from, known, name, level] = cells[..] else { return Err(io::Error::other("facts.csv")) };
        let elder = elders.entry(number.parse().map_err(io::Error::other)?).or_default();
        match what {
            "birth" => from.clone_into(&mut elder.birth),
            "hukou" => elder.in_city = name.starts_with("4403"),
            "dies" => elder.died = Some(from.to_owned()),
            _ => {
                let known = known.parse().map_err(io::Error::other)?;
                let fact = Fact { from: from.to_owned(), known, level: level.parse().ok(), holds: what == "holds" };
                elder.categories.entry(name.to_owned()).or_default().push(fact);
            }
        }
    }
    Ok(elders)
}

fn scan(line: &str) -> Option<Scan> {
    let cells: Vec<&str> = line.split(',').collect();
    let [date, at, canteen, elder, mode, price, charged, voided, knew, forged, told_at] = cells[..] else {
        return None;
    };
    Some(Scan {
        date: date.to_owned(),
        at: at.parse().ok()?,
        canteen: canteen.parse().ok()?,
        elder: elder.parse().ok(),
        delivered: mode == "delivery",
        price: price.parse().ok()?,
        charged: charged.parse().ok()?,
        voided: voided == "yes",
        knew: knew == "yes",
        forged: forged == "yes",
        told_at: told_at.parse().ok()?,
    })
}

struct Holidays {
    off: BTreeSet<&'static str>,
    made_workdays: BTreeSet<&'static str>,
}

impl Holidays {
    fn read() -> Self {
        let of = |kind: &str| {
            let rows = WORKDAYS.lines().map(|line| line.split(',').collect::<Vec<_>>());
            rows.filter(|cells| cells.get(1) == Some(&kind)).map(|cells| cells[0]).collect()
        };
        Self { off: of("holiday"), made_workdays: of("workday") }
    }

    fn is_workday(&self, date: &str) -> bool {
        self.made_workdays.contains(date) || (weekday(date) < 5 && !self.off.contains(date))
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

/// 0 for Monday. Sakamoto's rule.
fn weekday(date: &str) -> i64 {
    const SHIFT: [i64; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let (year, month, day) = (number(&date[..4]), number(&date[5..7]), number(&date[8..]));
    let year = if month < 3 { year - 1 } else { year };
    let shift = usize::try_from(month - 1).ok().and_then(|at| SHIFT.get(at)).copied().unwrap_or(0);
    (year + year / 4 - year / 100 + year / 400 + shift + day + 6) % 7
}

/// Completed years.
fn age(birth: &str, date: &str) -> i64 {
    let years = number(&date[..4]) - number(&birth[..4]);
    if date[5..] < birth[5..] { years - 1 } else { years }
}

/// The notice: a workday's lunch, registered in the city. Needy classes from 60, and everybody from 100: up to 15 yuan;
/// from 70 to 99: up to 5. The operator gets 2 yuan for each subsidised meal, and 2 more for one that is brought to
/// somebody of 100, or of 70 who is moderately disabled or worse.
fn notice(elder: &Elder, scan: &Scan, known: i64, workday: bool) -> Money {
    if !workday || !elder.in_city {
        return Money::default();
    }
    let age = age(&elder.birth, &scan.date);
    let level = |name| elder.category(name, &scan.date, known);
    let classes = ["特困", "分散特困", "低保", "低保边缘", "计生特殊家庭"];
    let disabled = level("失能").is_some_and(|level| level >= 2);
    let severe = level("重残").is_some_and(|level| level == 1 || level == 2);
    let needy = age >= 60 && (classes.iter().any(|name| level(name).is_some()) || disabled || severe);
    let priority = needy || age >= 100;
    let diner = if priority {
        scan.price.min(1_500)
    } else if age >= 70 {
        scan.price.min(500)
    } else {
        return Money::default();
    };
    let brought = scan.delivered && (age >= 100 || (age >= 70 && disabled));
    let hundred = age >= 100;
    Money { needy, hundred, brought, priority, diner, on_top: 200 + if brought { 200 } else { 0 } }
}

/// Everybody alive who could have had a benefit on a day, by all that was learned.
fn entitled(date: &str, elders: &HashMap<usize, Elder>, holidays: &Holidays, recount: &mut Recount) {
    if !holidays.is_workday(date) {
        return;
    }
    for elder in
        elders.values().filter(|elder| elder.in_city && elder.died.as_ref().is_none_or(|day| date <= day.as_str()))
    {
        let (age, level) = (age(&elder.birth, date), |name| elder.category(name, date, i64::MAX));
        let classes = ["特困", "分散特困", "低保", "低保边缘", "计生特殊家庭"];
        let disabled = level("失能").is_some_and(|level| level >= 2);
        let severe = level("重残").is_some_and(|level| level == 1 || level == 2);
        let needy = age >= 60 && (classes.iter().any(|name| level(name).is_some()) || disabled || severe);
        let standard = needy || age >= 70;
        let could = [
            (needy, "priority"),
            (age >= 100, "age-100"),
            ((70..100).contains(&age), "age-70"),
            (standard, "operator"),
            (age >= 100, "delivery"),
            (age >= 70 && disabled, "delivery-disabled"),
        ];
        for (_, benefit) in could.into_iter().filter(|(could, _)| *could) {
            recount.claims.entry((date[..7].to_owned(), benefit)).or_default().entitled += 1;
        }
    }
}

/// One day of the city. Of an elder's lunches the first counts; the programme bears a second one that its till could
/// not know of. What the office learned later the canteen bears: the money on top as it is due, the diner's part no
/// higher than it is due. A till that charged against the rules is paid no more than is due.
fn settle(day: &[Scan], elders: &HashMap<usize, Elder>, holidays: &Holidays, recount: &mut Recount) {
    let Some(first) = day.first() else { return };
    if day.iter().any(|scan| !scan.voided) {
        entitled(&first.date, elders, holidays, recount);
    }
    let (date, workday) = (first.date.clone(), holidays.is_workday(&first.date));
    let mut first_lunch: HashMap<usize, i64> = HashMap::new();
    for scan in day.iter().filter(|scan| !scan.voided) {
        if let Some(elder) = scan.elder {
            first_lunch.entry(elder).and_modify(|at| *at = (*at).min(scan.at)).or_insert(scan.at);
        }
    }
    for scan in day {
        let elder = scan.elder.and_then(|number| elders.get(&number));
        let told = elder.map_or(Money::default(), |elder| notice(elder, scan, scan.told_at, workday));
        let mut charged = if scan.knew { Money::default() } else { told };
        charged.diner += if scan.forged { 300 } else { 0 };
        recount.wrongly_charged += u64::from(scan.charged != scan.price - charged.diner);
        if scan.voided {
            continue;
        }
        for benefit in charged.benefits() {
            recount.claims.entry((date[..7].to_owned(), benefit)).or_default().served += 1;
        }
        let paid = elder.map_or(Money::default(), |elder| {
            let dead = elder.died.as_ref().is_some_and(|day| *day < date);
            let due = if dead { Money::default() } else { notice(elder, scan, i64::MAX, workday) };
            let second = scan.elder.is_some_and(|number| first_lunch.get(&number) != Some(&scan.at));
            // The standard that was given is still the elder's, only not twice.
            let only_twice = due.diner > 0 && (due.priority || !charged.priority) && !scan.forged;
            match (second, only_twice) {
                (true, true) => charged,
                (true, false) => Money { diner: 0, on_top: 0, ..due },
                (false, _) => Money { diner: charged.diner.min(due.diner), ..due },
            }
        });
        let bill = recount.bills.entry((date[..7].to_owned(), scan.canteen)).or_default();
        bill.meals += 1;
        bill.claimed += charged.all();
        bill.deducted += charged.all() - paid.all();
        bill.payable += paid.all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_the_published_one() {
        let holidays = Holidays::read();
        assert_eq!(weekday("2026-01-05"), 0);
        assert!(holidays.is_workday("2026-01-04") && !holidays.is_workday("2026-01-02"));
        assert!(holidays.is_workday("2026-01-05") && !holidays.is_workday("2026-01-10"));
    }

    #[test]
    fn years_are_completed() {
        assert_eq!(age("1956-03-02", "2026-03-01"), 69);
        assert_eq!(age("1956-03-02", "2026-03-02"), 70);
    }
}
