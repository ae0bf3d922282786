//! The elders of a made-up city: ages as in a pyramid that narrows upwards, categories at their usual shares.
//!
//! Nobody of them exists: names are put together from lists and numbers carry the district code 440399, which no
//! district has.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, Month};
use domain::elder::ElderFactKind;
use server::admin::NewElderFact;

use super::places::{region, village};
use super::rates::{Rates, happens};
use crate::demo::chance::Chance;

const SURNAMES: [&str; 24] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "罗",
    "高", "梁", "郑", "谢", "宋",
];
const WOMEN: [&str; 16] = [
    "秀英", "桂兰", "玉珍", "凤英", "淑华", "玉兰", "秀兰", "桂英", "翠花", "美珍", "惠芳", "月娥", "金凤", "素珍",
    "丽华", "婉仪",
];
const MEN: [&str; 16] = [
    "建国", "国强", "志明", "德福", "永康", "文华", "庆生", "家声", "树林", "福海", "光荣", "振华", "伯年", "少雄",
    "耀宗", "长根",
];

/// Ages by five years from 60 on, of ten thousand.
const PYRAMID: [(u16, u16); 9] =
    [(60, 2_550), (65, 2_300), (70, 2_100), (75, 1_350), (80, 900), (85, 520), (90, 215), (95, 55), (100, 10)];

/// Categories, with the level where there is one: of ten thousand.
const CATEGORIES: [(&str, Option<u8>, u16); 13] = [
    ("低保", None, 300),
    ("低保边缘", None, 150),
    ("特困", None, 120),
    ("计生特殊家庭", None, 80),
    ("重残", Some(1), 80),
    ("重残", Some(2), 120),
    ("重残", Some(3), 200),
    ("失能", Some(1), 700),
    ("失能", Some(2), 280),
    ("失能", Some(3), 150),
    ("独居", None, 900),
    ("空巢", None, 2_400),
    ("优抚", None, 60),
];

/// An elder before the office knows of one.
#[derive(Clone, Debug)]
pub struct Person {
    /// Name in full, made up.
    pub name: String,
    /// Date of birth.
    pub birth: BusinessDate,
    /// Resident ID number, made up, with a fitting check digit.
    pub resident_id: String,
    /// Telephone, for two of three.
    pub phone: Option<String>,
    /// Place of the usual canteen.
    pub home: usize,
    /// Comes on so many of a thousand workdays.
    pub attendance: u16,
    /// Whether the meal is brought to the door.
    pub delivered: bool,
    /// What is known when the elder is registered.
    pub facts: Vec<NewElderFact>,
}

/// Something that the office learns later than it was so.
#[derive(Clone, Debug)]
pub struct LateFact {
    /// Place of the elder.
    pub elder: usize,
    /// Learned on this date, at nine in the morning.
    pub learned: BusinessDate,
    /// What.
    pub fact: NewElderFact,
}

/// So many people, spread over so many canteens, as they are on `today`.
#[must_use]
pub fn people(seed: u64, elders: usize, canteens: usize, today: BusinessDate) -> Vec<Person> {
    let mut chance = Chance::new(seed ^ 0x0065_6c64_6572);
    let mut born: BTreeMap<BusinessDate, [u16; 2]> = BTreeMap::new();
    (0..elders).map(|place| person(&mut chance, &mut born, place % canteens, today)).collect()
}

fn person(
    chance: &mut Chance,
    born: &mut BTreeMap<BusinessDate, [u16; 2]>,
    home: usize,
    today: BusinessDate,
) -> Person {
    let (birth, female, order) = loop {
        let birth = birth(chance, today);
        let female = chance.percent(54);
        // Women have even numbers, men odd ones; of a day and sex there are no more than five hundred.
        let order = &mut born.entry(birth).or_default()[usize::from(female)];
        if *order < 499 {
            *order += 1;
            break (birth, female, *order * 2 + u16::from(!female));
        }
    };
    let given = if female { &WOMEN } else { &MEN };
    let surname = SURNAMES[usize::from(chance.below(24))];
    let facts = facts(chance, home, birth);
    let delivered = facts.iter().any(|f| {
        matches!(&f.kind, ElderFactKind::Category { name, level: Some(2..), .. }
        if name == "失能")
    }) || chance.below(1_000) < 15;
    Person {
        name: format!("{surname}{}", given[usize::from(chance.below(16))]),
        birth,
        resident_id: resident_id(birth, order),
        phone: (chance.below(3) > 0).then(|| format!("199{:08}", chance.bits() % 100_000_000)),
        home,
        attendance: attendance(chance),
        delivered,
        facts,
    }
}

fn birth(chance: &mut Chance, today: BusinessDate) -> BusinessDate {
    let mut at = chance.below(10_000);
    let mut from = 60;
    for (age, share) in PYRAMID {
        from = age;
        if at < share {
            break;
        }
        at -= share;
    }
    let age = from + chance.below(5);
    today.plus_days(-(i64::from(age) * 1_461 / 4 + i64::from(chance.below(365)) + 1))
}

/// Some come every day, some now and then: 72 of a hundred workdays on average.
fn attendance(chance: &mut Chance) -> u16 {
    match chance.below(10) {
        0 => 250 + chance.below(200),
        1..=3 => 550 + chance.below(200),
        _ => 740 + chance.below(200),
    }
}

fn facts(chance: &mut Chance, home: usize, birth: BusinessDate) -> Vec<NewElderFact> {
    let mut facts = Vec::new();
    let mut learn = |kind| facts.push(NewElderFact { valid_from: birth.plus_days(58 * 365), kind });
    let hukou = if chance.percent(88) { village(home) } else { region("440103001001") };
    learn(ElderFactKind::Hukou { region: hukou });
    learn(ElderFactKind::Residence { region: village(home) });
    let mut held: Vec<&str> = Vec::new();
    for (name, level, share) in CATEGORIES {
        if chance.below(10_000) < share && !held.contains(&name) {
            held.push(name);
            learn(ElderFactKind::Category { name: name.to_owned(), level, held: true });
        }
    }
    facts
}

/// GB 11643 with the check digit of ISO 7064 MOD 11-2.
fn resident_id(birth: BusinessDate, order: u16) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (year, month, day) = birth.ymd();
    let digits = format!("440399{year:04}{month:02}{day:02}{order:03}");
    let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    let check = b"10X98765432"[usize::try_from(sum % 11).unwrap_or(0)];
    format!("{digits}{}", char::from(check))
}

/// What the office learns late in a month, by the date it is learned. Nobody has two such facts in a month.
#[must_use]
pub fn late_facts(seed: u64, people: &[Person], month: Month, rates: &Rates) -> Vec<LateFact> {
    let (year, number) = month.ym();
    let mut chance = Chance::new(seed ^ (u64::from(year.unsigned_abs()) << 20) ^ u64::from(number.unsigned_abs()));
    let days = u16::try_from(month.days().count()).unwrap_or(31);
    let mut late = Vec::new();
    for (elder, person) in people.iter().enumerate() {
        let dies = happens(&mut chance, rates.late_death);
        if !dies && !happens(&mut chance, rates.late_category) {
            continue;
        }
        let since = month.first().plus_days(i64::from(chance.below(days - 12)));
        let learned = since.plus_days(3 + i64::from(chance.below(8)));
        let kind = if dies { ElderFactKind::Death { dead: true } } else { turned(person) };
        late.push(LateFact { elder, learned, fact: NewElderFact { valid_from: since, kind } });
    }
    late.sort_by_key(|late| (late.learned, late.elder));
    late
}

/// Low income ends for those who have it and begins for those who have not.
fn turned(person: &Person) -> ElderFactKind {
    let poor = |fact: &NewElderFact| matches!(&fact.kind, ElderFactKind::Category { name, .. } if name == "低保");
    ElderFactKind::Category { name: "低保".to_owned(), level: None, held: !person.facts.iter().any(poor) }
}

#[cfg(test)]
mod tests {
    use domain::resident_id::ResidentId;

    use super::*;

    #[test]
    fn numbers_are_valid_and_nobodys_twice() {
        let today: BusinessDate = "2026-01-01".parse().unwrap();
        let people = people(1, 5_000, 20, today);
        let mut seen = std::collections::BTreeSet::new();
        for person in &people {
            let id = ResidentId::parse(&person.resident_id).unwrap();
            assert_eq!(id.birth(), person.birth);
            assert!((60..=105).contains(&today.age(person.birth)), "{}", person.birth);
            assert!(seen.insert(person.resident_id.clone()));
        }
        let share = |name: &str| {
            let holds = |p: &&Person| {
                p.facts.iter().any(|f| matches!(&f.kind, ElderFactKind::Category { name: n, .. } if n == name))
            };
            people.iter().filter(holds).count()
        };
        assert!((100..200).contains(&share("低保")), "{}", share("低保"));
        let old = people.iter().filter(|p| today.age(p.birth) >= 80).count();
        assert!((700..1_000).contains(&old), "{old}");
    }

    #[test]
    fn the_same_seed_gives_the_same_people() {
        let today: BusinessDate = "2026-01-01".parse().unwrap();
        let names = |seed| people(seed, 50, 3, today).into_iter().map(|p| p.resident_id).collect::<Vec<_>>();
        assert_eq!(names(7), names(7));
        assert_ne!(names(7), names(8));
    }
}
