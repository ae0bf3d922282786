//! The demo's world: two regions, three canteens, their staff and the office's people. All of it is invented; the
//! canteens say so in their names.
//!
//! Shenzhen pays under `sz-2025`, of which the demo announces an invented second version in the middle of the month;
//! Zhengguo town in Zengcheng, Guangzhou pays under an invented renewal of `zc-2020`.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::money::Fen;
use domain::region::RegionCode;

/// Place of a canteen in [`CANTEENS`].
pub const LIANHUA: usize = 0;
/// Place of a canteen in [`CANTEENS`].
pub const NANSHAN: usize = 1;
/// Place of a canteen in [`CANTEENS`].
pub const ZHENGGUO: usize = 2;

/// When the office sets up the programme.
pub const SET_UP: Moment = Moment { date: "2026-02-24", minute: 9 * 60 };

/// A local time of a date: minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// ISO date.
    pub date: &'static str,
    /// Minutes after midnight.
    pub minute: u16,
}

impl Moment {
    /// The instant.
    #[must_use]
    pub fn at(self) -> UnixMs {
        date(self.date).at_minute(self.minute)
    }
}

/// A date of the demo's tables.
///
/// # Panics
/// When a table holds something else; the demo's tests read all of them.
#[must_use]
pub fn date(text: &str) -> BusinessDate {
    text.parse().unwrap_or_else(|e| unreachable!("demo data: {e}"))
}

/// A place of the demo's tables.
///
/// # Panics
/// When a table holds something else; the demo's tests read all of them.
#[must_use]
pub fn region(text: &str) -> RegionCode {
    text.parse().unwrap_or_else(|e| unreachable!("demo data: {e}"))
}

/// A meal period of the demo's tables.
///
/// # Panics
/// When a table holds something else; the demo's tests read all of them.
#[must_use]
pub fn period(text: &str) -> MealPeriod {
    text.parse().unwrap_or_else(|e| unreachable!("demo data: {e}"))
}

/// An amount of the demo's tables, in yuan.
///
/// # Panics
/// When a table holds something else; the demo's tests read all of them.
#[must_use]
pub fn yuan(text: &str) -> Fen {
    Fen::from_yuan(text).unwrap_or_else(|e| unreachable!("demo data: {e}"))
}

/// A programme: a region whose canteens are settled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Programme {
    /// Its region.
    pub region: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The office that pays.
    pub office: &'static str,
}

/// Both programmes.
pub const PROGRAMMES: [Programme; 2] = [
    Programme { region: "440300", name: "深圳市（演示）", office: "深圳市助餐结算中心（演示）" },
    Programme {
        region: "440118104", name: "增城区正果镇（演示）", office: "正果镇社会事务办公室（演示）"
    },
];

/// A canteen of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoCanteen {
    /// Short name for files.
    pub key: &'static str,
    /// Name as on slips and statements.
    pub name: &'static str,
    /// Who runs it.
    pub operator: &'static str,
    /// Unified social credit code, invented, with a fitting check character.
    pub credit_code: &'static str,
    /// The payee's bank.
    pub bank: &'static str,
    /// The payee's account, invented.
    pub account: &'static str,
    /// Where it stands.
    pub region: &'static str,
    /// In words.
    pub address: &'static str,
    /// As printed for elders.
    pub phone: &'static str,
    /// List prices: from, period, yuan.
    pub prices: &'static [(&'static str, &'static str, &'static str)],
    /// Quantified grades: from, when the office learned it, grade.
    pub grades: &'static [(&'static str, Moment, &'static str)],
    /// Weekdays it is open on, 0 for Monday.
    pub open: &'static [u8],
    /// Who serves.
    pub cashiers: [DemoCashier; 2],
}

/// Somebody who serves at a till.
#[derive(Clone, Copy, Debug)]
pub struct DemoCashier {
    /// Full name.
    pub name: &'static str,
    /// PIN.
    pub pin: &'static str,
    /// May authorise overrides.
    pub supervisor: bool,
}

const MONDAY_TO_SATURDAY: &[u8] = &[0, 1, 2, 3, 4, 5];
const EVERY_DAY: &[u8] = &[0, 1, 2, 3, 4, 5, 6];

/// The three canteens.
pub const CANTEENS: [DemoCanteen; 3] = [
    DemoCanteen {
        key: "lianhua",
        name: "莲花长者食堂（演示）",
        operator: "深圳市莲花助餐服务中心（演示）",
        credit_code: "52440300MJL0000012",
        bank: "演示银行深圳福田支行",
        account: "6200000000000000101",
        region: "440304008001",
        address: "深圳市福田区莲花街道演示路1号",
        phone: "0755-00000001",
        prices: &[("2026-01-01", "lunch", "18.00")],
        grades: &[("2025-09-01", SET_UP, "A")],
        open: MONDAY_TO_SATURDAY,
        cashiers: [
            DemoCashier { name: "林晓燕", pin: "314159", supervisor: true },
            DemoCashier { name: "周建明", pin: "271828", supervisor: false },
        ],
    },
    DemoCanteen {
        key: "nanshan",
        name: "南山长者食堂（演示）",
        operator: "深圳市南山颐膳餐饮有限公司（演示）",
        credit_code: "91440300MAN0000020",
        bank: "演示银行深圳南山支行",
        account: "6200000000000000202",
        region: "440305002003",
        address: "深圳市南山区南山街道演示路2号",
        phone: "0755-00000002",
        prices: &[("2026-01-01", "lunch", "16.00"), ("2026-03-16", "lunch", "17.00")],
        grades: &[
            ("2025-10-01", SET_UP, "B"),
            ("2026-03-17", Moment { date: "2026-03-17", minute: 9 * 60 }, "C"),
            ("2026-03-24", Moment { date: "2026-03-24", minute: 9 * 60 }, "B"),
        ],
        open: MONDAY_TO_SATURDAY,
        cashiers: [
            DemoCashier { name: "何美珍", pin: "161803", supervisor: true },
            DemoCashier { name: "邓志强", pin: "141421", supervisor: false },
        ],
    },
    DemoCanteen {
        key: "zhengguo",
        name: "正果镇长者饭堂（演示）",
        operator: "增城区正果镇助餐服务站（演示）",
        credit_code: "52440118MJX000003Q",
        bank: "演示农商银行正果支行",
        account: "6200000000000000303",
        region: "440118104001",
        address: "广州市增城区正果镇演示路3号",
        phone: "020-00000003",
        prices: &[("2026-01-01", "lunch", "12.00"), ("2026-01-01", "dinner", "12.00")],
        grades: &[("2025-06-01", SET_UP, "B")],
        open: EVERY_DAY,
        cashiers: [
            DemoCashier { name: "黎秀英", pin: "173205", supervisor: true },
            DemoCashier { name: "罗永康", pin: "223606", supervisor: false },
        ],
    },
];

/// Somebody at the office; who signs in gives the full name.
#[derive(Clone, Copy, Debug)]
pub struct DemoUser {
    /// Full name.
    pub name: &'static str,
    /// Passphrase.
    pub passphrase: &'static str,
    /// Role, as the server names it.
    pub role: &'static str,
}

/// Sets up canteens, terminals and elders; has no right over money.
pub const ADMINISTRATOR: DemoUser =
    DemoUser { name: "吴管理", passphrase: "demo administrator", role: "administrator" };
/// Lets in the terminals for which the first one gave out the codes.
pub const SECOND_ADMINISTRATOR: DemoUser =
    DemoUser { name: "孙管理", passphrase: "demo second administrator", role: "administrator" };
/// Proposes policies.
pub const EDITOR: DemoUser = DemoUser { name: "钱政策", passphrase: "demo policy editor", role: "policy_editor" };
/// Proposes prices, drafts and submits months (经办).
pub const MAKER: DemoUser = DemoUser { name: "郑经办", passphrase: "demo finance maker", role: "finance_maker" };
/// Approves policies, prices and months (复核).
pub const CHECKER: DemoUser =
    DemoUser { name: "冯复核", passphrase: "demo finance checker", role: "finance_checker" };
/// The office's people.
pub const USERS: [DemoUser; 5] = [ADMINISTRATOR, SECOND_ADMINISTRATOR, EDITOR, MAKER, CHECKER];
/// The province that they are responsible for.
pub const OFFICE_REGION: &str = "440000";

impl DemoCanteen {
    /// The programme it is settled with.
    #[must_use]
    pub fn programme(&self) -> Programme {
        PROGRAMMES[usize::from(!region(PROGRAMMES[0].region).contains(&region(self.region)))]
    }

    /// The list price of a period on a date.
    #[must_use]
    pub fn price(&self, day: BusinessDate, meal: &str) -> Option<Fen> {
        let dated = self.prices.iter().filter(|(from, period, _)| *period == meal && date(from) <= day);
        dated.max_by_key(|(from, ..)| *from).map(|(.., price)| yuan(price))
    }

    /// Whether it opens on that weekday.
    #[must_use]
    pub fn opens(&self, day: BusinessDate) -> bool {
        self.open.contains(&day.weekday())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB 32100: the check character over the first 17.
    fn credit_check(code: &str) -> char {
        const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
        let value = |b: u8| ALPHABET.iter().position(|c| *c == b).unwrap();
        let mut weight = 1;
        let mut sum = 0;
        for byte in code.bytes().take(17) {
            sum += value(byte) * weight;
            weight = weight * 3 % 31;
        }
        char::from(ALPHABET[(31 - sum % 31) % 31])
    }

    #[test]
    fn every_table_entry_can_be_read() {
        for canteen in &CANTEENS {
            assert!(region("440300").contains(&region(canteen.region)) || canteen.key == "zhengguo");
            assert!(canteen.name.contains("演示") && canteen.operator.contains("演示"));
            assert!(canteen.price(date("2026-03-02"), "lunch").is_some());
            assert_eq!(canteen.credit_code.chars().count(), 18);
            assert_eq!(canteen.credit_code.chars().last(), Some(credit_check(canteen.credit_code)), "{}", canteen.key);
            for (from, known, _) in canteen.grades {
                assert!(date(from) <= known.at().local_date());
            }
            for (from, meal, _) in canteen.prices {
                let _ = (date(from), period(meal));
            }
        }
        assert!(PROGRAMMES.iter().all(|p| p.name.contains("演示") && !region(p.region).as_str().is_empty()));
    }

    #[test]
    fn the_price_follows_its_date() {
        let nanshan = &CANTEENS[NANSHAN];
        assert_eq!(nanshan.price(date("2026-03-15"), "lunch"), Some(yuan("16")));
        assert_eq!(nanshan.price(date("2026-03-16"), "lunch"), Some(yuan("17")));
        assert_eq!(nanshan.price(date("2026-03-16"), "dinner"), None);
        assert!(!nanshan.opens(date("2026-03-15")) && CANTEENS[ZHENGGUO].opens(date("2026-03-15")));
    }
}
