//! The demo's forty elders. Nobody of them exists: the names are made up, and the numbers carry the district code
//! 440399, which no district has.

use domain::calendar::{BusinessDate, UnixMs};
use domain::elder::{ElderFact, ElderFactKind};
use domain::resident_id::ResidentId;

use super::world::{LIANHUA, Moment, NANSHAN, SET_UP, ZHENGGUO, date, region};

/// An elder of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoElder {
    /// Invented name.
    pub name: &'static str,
    /// Whether she is a woman.
    pub female: bool,
    /// Date of birth.
    pub birth: &'static str,
    /// Household registration.
    pub hukou: &'static str,
    /// Place of the usual canteen in [`super::world::CANTEENS`].
    pub canteen: usize,
    /// Comes on so many of a hundred open days.
    pub comes: u16,
    /// Whether the meal is brought to the door.
    pub delivered: bool,
    /// Dated facts apart from the household registration.
    pub facts: &'static [DemoFact],
}

/// A dated fact of an elder, and when the office learned it.
#[derive(Clone, Copy, Debug)]
pub struct DemoFact {
    /// First day on which it holds.
    pub from: &'static str,
    /// When it became known.
    pub known: Moment,
    /// What it says.
    pub what: What,
}

/// What a fact says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A category begins, at a level where it has levels.
    Holds(&'static str, Option<u8>),
    /// A category ends: it no longer holds on that day.
    Ends(&'static str),
    /// The elder dies on that day.
    Dies,
}

const fn holds(name: &'static str) -> DemoFact {
    DemoFact { from: "2025-07-01", known: SET_UP, what: What::Holds(name, None) }
}

const fn level(name: &'static str, level: u8) -> DemoFact {
    DemoFact { from: "2025-07-01", known: SET_UP, what: What::Holds(name, Some(level)) }
}

/// A change in the month, known the day before at ten.
const fn change(from: &'static str, eve: &'static str, what: What) -> DemoFact {
    DemoFact { from, known: Moment { date: eve, minute: 600 }, what }
}

const fn elder(
    (name, female, birth): (&'static str, bool, &'static str),
    hukou: &'static str,
    canteen: usize,
    comes: u16,
    facts: &'static [DemoFact],
) -> DemoElder {
    DemoElder { name, female, birth, hukou, canteen, comes, delivered: false, facts }
}

const fn delivered(elder: DemoElder) -> DemoElder {
    DemoElder { delivered: true, ..elder }
}

/// Place in [`ELDERS`] of the elder whose death is reported late: died on 10 March, known on 20 March.
pub const DEAD: usize = 12;
/// Place in [`ELDERS`] of the elder who has lunch in two canteens on the day one of them is cut off.
pub const TWICE: usize = 20;
/// Place in [`ELDERS`] of the elder who comes back for a second lunch.
pub const SECOND: usize = 1;

const W: bool = true;
const M: bool = false;

/// All of them; an elder's number is the place in this table plus one.
pub const ELDERS: [DemoElder; 40] = [
    elder(("陈桂兰", W, "1943-11-22"), "440304008001", LIANHUA, 88, &[holds("独居")]),
    elder(("李国强", M, "1951-02-14"), "440304008001", LIANHUA, 85, &[holds("低保")]),
    elder(("黄玉珍", W, "1959-08-03"), "440304008002", LIANHUA, 70, &[]),
    elder(("张德福", M, "1961-12-30"), "440304003004", LIANHUA, 90, &[holds("特困")]),
    elder(
        ("王秀芳", W, "1953-06-18"),
        "440304008001",
        LIANHUA,
        86,
        &[change("2026-03-12", "2026-03-11", What::Holds("低保", None))],
    ),
    // Turns 70 inside the month.
    elder(("刘建华", M, "1956-03-18"), "440304008003", LIANHUA, 84, &[]),
    // 101: priority by age alone.
    delivered(elder(("吴阿婆", W, "1924-05-09"), "440304008001", LIANHUA, 92, &[])),
    // Turns 100 inside the month.
    delivered(elder(("赵永年", M, "1926-03-25"), "440304001002", LIANHUA, 90, &[])),
    delivered(elder(("周凤仪", W, "1947-10-01"), "440304008001", LIANHUA, 88, &[level("失能", 2)])),
    // Becomes moderately disabled inside the month: from then on the delivery is paid too.
    delivered(elder(
        ("徐文昌", M, "1952-09-27"),
        "440304008002",
        LIANHUA,
        88,
        &[level("失能", 1), change("2026-03-19", "2026-03-18", What::Holds("失能", Some(2)))],
    )),
    // Registered in another city.
    elder(("孙丽华", W, "1948-04-12"), "441900003001", LIANHUA, 60, &[]),
    elder(("马振东", M, "1957-07-07"), "440306005001", LIANHUA, 75, &[level("重残", 2)]),
    elder(
        ("朱明德", M, "1954-01-19"),
        "440304008001",
        LIANHUA,
        80,
        &[DemoFact {
            from: "2026-03-10",
            known: Moment { date: "2026-03-20", minute: 15 * 60 + 20 },
            what: What::Dies,
        }],
    ),
    elder(("胡淑贤", W, "1951-12-05"), "440303002001", LIANHUA, 78, &[holds("计生特殊家庭")]),
    elder(("郭炳荣", M, "1940-02-29"), "440305002003", NANSHAN, 85, &[]),
    elder(
        ("何惠英", W, "1964-05-20"),
        "440305002003",
        NANSHAN,
        82,
        &[holds("低保边缘"), change("2026-03-21", "2026-03-20", What::Ends("低保边缘"))],
    ),
    elder(("高志远", M, "1950-03-15"), "440305002001", NANSHAN, 80, &[]),
    elder(("林月娥", W, "1946-08-08"), "440305007002", NANSHAN, 80, &[level("失能", 1)]),
    elder(("罗汉生", M, "1955-11-11"), "440305002003", NANSHAN, 76, &[]),
    elder(("梁彩霞", W, "1938-01-01"), "440305002003", NANSHAN, 90, &[holds("空巢")]),
    elder(("宋国栋", M, "1937-07-01"), "440305002002", NANSHAN, 90, &[]),
    elder(("郑美玲", W, "1960-10-10"), "440305003001", NANSHAN, 72, &[level("重残", 1)]),
    elder(("谢伯钧", M, "1949-05-04"), "440304008001", NANSHAN, 70, &[]),
    elder(("韩素琴", W, "1944-12-24"), "440305002003", NANSHAN, 84, &[holds("特困")]),
    elder(("唐启明", M, "1962-06-06"), "440305002003", NANSHAN, 65, &[]),
    delivered(elder(("冯桂香", W, "1935-09-09"), "440305002001", NANSHAN, 92, &[level("失能", 3)])),
    elder(("董长河", M, "1953-02-02"), "430100000000", NANSHAN, 55, &[holds("低保")]),
    elder(("萧佩珊", W, "1947-04-30"), "440305002003", NANSHAN, 82, &[]),
    elder(("曾阿水", M, "1945-03-03"), "440118104001", ZHENGGUO, 92, &[]),
    // Turns 80 inside the month.
    elder(("温秀珠", W, "1946-03-10"), "440118104002", ZHENGGUO, 90, &[]),
    elder(("邱石生", M, "1958-12-12"), "440118104001", ZHENGGUO, 88, &[]),
    elder(("廖金娣", W, "1963-09-15"), "440118104003", ZHENGGUO, 90, &[holds("低保")]),
    elder(("钟水旺", M, "1942-06-21"), "440118104001", ZHENGGUO, 90, &[holds("分散特困")]),
    // From another town of the district.
    elder(("赖木养", M, "1956-05-05"), "440118105002", ZHENGGUO, 80, &[]),
    elder(("潘细妹", W, "1939-10-30"), "440118102001", ZHENGGUO, 78, &[]),
    // From another district of the city.
    elder(("江伟民", M, "1950-08-18"), "440111003001", ZHENGGUO, 70, &[]),
    // From another city.
    elder(("叶小云", W, "1955-01-27"), "441302001001", ZHENGGUO, 50, &[]),
    delivered(elder(("范火娇", W, "1931-11-03"), "440118104002", ZHENGGUO, 94, &[level("失能", 2)])),
    elder(("石永福", M, "1965-03-20"), "440118104001", ZHENGGUO, 80, &[]),
    // Turns 60 inside the month.
    elder(("古丽英", W, "1966-03-14"), "440118104004", ZHENGGUO, 85, &[]),
];

impl DemoElder {
    /// An invented number with a fitting check character.
    ///
    /// # Panics
    /// Never: one of eleven characters fits.
    #[must_use]
    pub fn resident_id(&self, place: usize) -> String {
        // The last digit of the sequence tells men from women.
        let sequence = (place + 1) * 2 + usize::from(!self.female);
        let stem = format!("440399{}{sequence:03}", self.birth.replace('-', ""));
        let fitting = "0123456789X".chars().map(|check| format!("{stem}{check}"));
        let mut fitting = fitting.filter(|number| ResidentId::parse(number).is_ok());
        fitting.next().unwrap_or_else(|| unreachable!("one of eleven characters fits"))
    }

    /// Facts that are known when the programme is set up, the household registration first.
    #[must_use]
    pub fn facts_at_start(&self) -> Vec<ElderFact> {
        let hukou = region(self.hukou);
        let since = |kind| ElderFact { valid_from: date("2020-01-01"), known_from: SET_UP.at(), kind };
        let places = [ElderFactKind::Hukou { region: hukou.clone() }, ElderFactKind::Residence { region: hukou }];
        let early = self.facts.iter().filter(|f| f.known == SET_UP);
        places.into_iter().map(since).chain(early.map(DemoFact::fact)).collect()
    }

    /// Facts that the office learns later.
    pub fn later_facts(&self) -> impl Iterator<Item = &'static DemoFact> {
        self.facts.iter().filter(|f| f.known != SET_UP)
    }

    /// Date of birth.
    #[must_use]
    pub fn born(&self) -> BusinessDate {
        date(self.birth)
    }
}

impl DemoFact {
    /// The fact as the rules know it.
    #[must_use]
    pub fn fact(&self) -> ElderFact {
        let kind = match self.what {
            What::Holds(name, level) => ElderFactKind::Category { name: name.to_owned(), level, held: true },
            What::Ends(name) => ElderFactKind::Category { name: name.to_owned(), level: None, held: false },
            What::Dies => ElderFactKind::Death { dead: true },
        };
        ElderFact { valid_from: date(self.from), known_from: self.known_at(), kind }
    }

    /// When it became known.
    #[must_use]
    pub fn known_at(&self) -> UnixMs {
        self.known.at()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_are_valid_different_and_agree_with_birth_and_sex() {
        let mut seen = BTreeSet::new();
        for (place, elder) in ELDERS.iter().enumerate() {
            let id = ResidentId::parse(&elder.resident_id(place)).unwrap();
            assert_eq!((id.birth(), id.is_female()), (elder.born(), elder.female), "{}", elder.name);
            assert!(seen.insert(id.expose().to_owned()));
            assert_eq!(&id.expose()[..6], "440399", "no district has this code");
        }
        assert_eq!(ELDERS.iter().map(|e| e.name).collect::<BTreeSet<_>>().len(), 40);
    }

    #[test]
    fn the_named_elders_are_who_they_are_meant_to_be() {
        assert!(ELDERS[DEAD].facts.iter().any(|f| f.what == What::Dies));
        assert_eq!(ELDERS[TWICE].canteen, NANSHAN);
        assert_eq!(ELDERS[SECOND].canteen, LIANHUA);
        let changing = ELDERS.iter().filter(|e| e.later_facts().count() > 0).count();
        assert_eq!(changing, 4, "three changes of category and a death");
    }
}
