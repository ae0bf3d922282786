//! The columns of each kind of list, under every name that real lists give them.

use super::Kind;

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident;)*) => {
        /// What a column means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($(#[$doc])* $field,)*
        }

        impl Field {
            /// How many there are.
            pub(super) const COUNT: usize = [$(Self::$field),*].len();
        }
    };
}

fields! {
    /// A person's name.
    Name;
    /// Resident ID.
    ResidentId;
    /// Birth date.
    Birth;
    /// Sex.
    Sex;
    /// Telephone.
    Phone;
    /// Household registration.
    Hukou;
    /// Residence.
    Residence;
    /// The office that looks after the elder, or where a canteen stands.
    Region;
    /// A canteen, by name or id.
    Canteen;
    /// Categories.
    Category;
    /// A category's level.
    Level;
    /// From which day.
    From;
    /// Until which day.
    Until;
    /// Date of death.
    Died;
    /// Who runs a canteen.
    Operator;
    /// Unified social credit code.
    CreditCode;
    /// Address.
    Address;
    /// Bank.
    Bank;
    /// Holder of the account.
    Holder;
    /// Account.
    Account;
    /// Meals a day.
    Capacity;
    /// Quantified grade.
    Grade;
    /// Risk level.
    Risk;
    /// Food licence.
    Licence;
    /// Filing.
    Filing;
    /// Open kitchen.
    Kitchen;
    /// Stars.
    Stars;
    /// Meal period.
    Period;
    /// Price.
    Price;
    /// A day of the calendar.
    Day;
    /// What the day is made.
    DayKind;
    /// On what occasion.
    Occasion;
}

/// A column of a kind of list. The first name is the one in templates and messages.
#[derive(Debug)]
pub struct Column {
    /// What it means.
    pub field: Field,
    /// Whether a list must have it.
    pub needed: bool,
    /// Its names, as `normal` makes them.
    pub names: &'static [&'static str],
    /// An example, for templates.
    pub example: &'static str,
}

impl Column {
    /// The name in templates and messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

const fn need(field: Field, names: &'static [&'static str], example: &'static str) -> Column {
    Column { field, needed: true, names, example }
}

const fn may(field: Field, names: &'static [&'static str], example: &'static str) -> Column {
    Column { field, needed: false, names, example }
}

const NAMES: &[&str] = &[
    "姓名",
    "老人姓名",
    "长者姓名",
    "对象姓名",
    "人员姓名",
    "服务对象",
    "服务对象姓名",
    "名字",
    "死者姓名",
    "逝者姓名",
];
const IDS: &[&str] = &[
    "身份证号",
    "身份证号码",
    "证件号码",
    "证件号",
    "公民身份号码",
    "公民身份证号码",
    "居民身份证号",
    "居民身份证号码",
    "身份证",
    "老人身份证号",
    "老人身份证号码",
    "身份号码",
    "有效证件号码",
    "死者身份证号",
];
const HUKOU: &[&str] = &[
    "户籍地",
    "户籍所在地",
    "户籍",
    "户籍地区划代码",
    "户籍区划",
    "户籍区划代码",
    "户口所在地",
    "户籍地代码",
    "户籍地址",
    "户籍社区",
    "迁入户籍地",
    "新户籍地",
];
const RESIDENCE: &[&str] = &[
    "居住地",
    "居住地区划代码",
    "居住区划代码",
    "现居住地",
    "常住地",
    "居住社区",
    "居住地代码",
    "居住地址",
    "现居住地址",
    "常住地址",
    "家庭住址",
    "现住址",
    "住址",
    "迁入居住地",
    "新居住地",
    "迁入地",
];
const CATEGORIES: &[&str] = &[
    "类别",
    "对象类别",
    "补贴类别",
    "人员类别",
    "老人类别",
    "老人类型",
    "对象类型",
    "人员类型",
    "困难类别",
    "身份类别",
    "类型",
];
const LEVELS: &[&str] = &["等级", "类别等级", "失能等级", "级别", "评估等级", "能力等级"];
const FROM: &[&str] = &[
    "生效日期",
    "起始日期",
    "开始日期",
    "起始时间",
    "生效时间",
    "认定日期",
    "享受起始日期",
    "变动日期",
    "迁入日期",
    "自何日起",
    "评定日期",
    "执行日期",
];
const CANTEENS: &[&str] =
    &["食堂", "食堂名称", "就餐食堂", "助餐点", "助餐点名称", "长者食堂", "就餐点", "用餐食堂", "迁入食堂", "名称"];
const REGIONS: &[&str] = &[
    "所属区划",
    "管辖区划",
    "所属地区",
    "所属区划代码",
    "区划代码",
    "所属街道",
    "所属社区",
    "行政区划",
    "行政区划代码",
    "所在区划",
    "地区代码",
];

const NAME: Column = need(Field::Name, NAMES, "王建国");
const MAY_NAME: Column = may(Field::Name, NAMES, "王建国");
const ID: Column = need(Field::ResidentId, IDS, "11010519491231002X");
const PHONES: &[&str] =
    &["联系电话", "手机号", "手机号码", "电话", "电话号码", "联系方式", "本人电话", "老人电话", "移动电话", "订餐电话"];

static ELDERS: &[Column] = &[
    NAME,
    ID,
    may(Field::Birth, &["出生日期", "出生年月日", "出生年月", "生日", "出生时间"], "1949-12-31"),
    may(Field::Sex, &["性别"], "女"),
    may(Field::Phone, PHONES, "13800000000"),
    may(Field::Hukou, HUKOU, "440304001002"),
    may(Field::Residence, RESIDENCE, "440304001002"),
    may(Field::Region, REGIONS, "440304"),
    may(Field::Canteen, CANTEENS, ""),
    may(Field::Category, CATEGORIES, "低保、失能3级"),
    may(Field::Level, LEVELS, ""),
    may(Field::From, FROM, "2026-01-01"),
];
static CATEGORY_LIST: &[Column] = &[
    MAY_NAME,
    ID,
    need(Field::Category, CATEGORIES, "失能"),
    may(Field::Level, LEVELS, "3"),
    may(Field::From, FROM, "2026-01-01"),
    may(Field::Until, &["结束日期", "截止日期", "终止日期", "停发日期", "到期日期", "取消日期", "享受截止日期"], ""),
];
static DEATHS: &[Column] = &[
    MAY_NAME,
    ID,
    need(
        Field::Died,
        &["死亡日期", "去世日期", "死亡时间", "去世时间", "逝世日期", "离世日期", "身故日期", "火化日期"],
        "2026-03-01",
    ),
];
static MOVES: &[Column] = &[
    MAY_NAME,
    ID,
    may(Field::Hukou, HUKOU, "440304001002"),
    may(Field::Residence, RESIDENCE, "440304001002"),
    may(Field::Canteen, CANTEENS, ""),
    need(Field::From, FROM, "2026-03-01"),
];
static CANTEEN_LIST: &[Column] = &[
    need(Field::Canteen, CANTEENS, "示例长者食堂"),
    need(Field::Region, REGIONS, "440304001003"),
    need(
        Field::Operator,
        &["运营单位", "运营单位名称", "运营方", "经营单位", "单位名称", "运营机构"],
        "示例餐饮有限公司",
    ),
    need(Field::CreditCode, &["统一社会信用代码", "信用代码", "社会信用代码", "统一信用代码"], "91350100M000100Y43"),
    may(Field::Address, &["地址", "食堂地址", "详细地址", "所在地址"], ""),
    need(Field::Phone, PHONES, "0755-82000000"),
    need(Field::Bank, &["开户行", "开户银行", "银行名称"], "示例银行"),
    need(Field::Holder, &["户名", "账户名称", "收款户名", "开户名"], "示例餐饮有限公司"),
    need(Field::Account, &["账号", "银行账号", "收款账号", "银行账户", "卡号"], "62220210011112345"),
    may(Field::Capacity, &["日供餐能力", "供餐能力", "每日供餐人数", "接待能力"], "200"),
];
static STANDINGS: &[Column] = &[
    need(Field::Canteen, CANTEENS, "示例长者食堂"),
    need(Field::From, FROM, "2026-03-01"),
    may(Field::Grade, &["量化等级", "食品安全等级", "量化分级", "食品安全量化等级"], "A"),
    may(Field::Risk, &["风险等级", "风险分级", "食品安全风险等级"], "B"),
    may(Field::Licence, &["许可证状态", "食品经营许可证", "许可证"], "有效"),
    may(Field::Filing, &["备案状态", "备案"], "有效"),
    may(Field::Kitchen, &["明厨亮灶"], "是"),
    may(Field::Stars, &["星级", "评定星级"], "3"),
];
static PRICES: &[Column] = &[
    need(Field::Canteen, CANTEENS, "示例长者食堂"),
    need(Field::Period, &["餐次", "餐别", "餐段"], "午餐"),
    need(Field::Price, &["价格", "餐价", "单价", "餐标", "价格元", "金额"], "18.00"),
    need(Field::From, FROM, "2026-03-01"),
];
static CALENDAR: &[Column] = &[
    need(Field::Day, &["日期", "date"], "2027-01-01"),
    need(Field::DayKind, &["类型", "种类", "安排", "kind"], "放假"),
    may(Field::Occasion, &["说明", "节日", "备注", "occasion"], "元旦"),
];

impl Kind {
    /// The columns of such a list.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Elders => ELDERS,
            Self::Categories => CATEGORY_LIST,
            Self::Deaths => DEATHS,
            Self::Moves => MOVES,
            Self::Canteens => CANTEEN_LIST,
            Self::Standings => STANDINGS,
            Self::Prices => PRICES,
            Self::Calendars => CALENDAR,
        }
    }

    /// The column with that head, if it is one of this kind of list.
    #[must_use]
    pub(super) fn column(self, head: &str) -> Option<&'static Column> {
        let head = normal(head);
        self.columns().iter().find(|column| column.names.iter().any(|name| *name == head))
    }
}

/// A head without spaces, stars, brackets and what stands in them: `身份证号*（必填）` is `身份证号`.
#[must_use]
pub(super) fn normal(head: &str) -> String {
    let mut depth = 0_u32;
    let mut normal = String::new();
    for c in super::cell::plain(head).chars() {
        match c {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            c if depth > 0 || c.is_whitespace() || matches!(c, '*' | ':' | '★' | '※' | '/') => {}
            c => normal.extend(c.to_lowercase()),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn heads_are_known_by_many_names_and_each_name_means_one_thing() {
        for (head, field) in [
            ("老人姓名", Field::Name),
            (" 身 份 证 号 码＊（必填）", Field::ResidentId),
            ("公民身份号码", Field::ResidentId),
            ("出生年月日：", Field::Birth),
            ("户籍\n所在地", Field::Hukou),
            ("居住地址", Field::Residence),
            ("补贴类别", Field::Category),
            ("手机号", Field::Phone),
        ] {
            assert_eq!(Kind::Elders.column(head).map(|c| c.field), Some(field), "{head}");
        }
        assert_eq!(Kind::Deaths.column("去世日期").map(|c| c.field), Some(Field::Died));
        assert!(Kind::Elders.column("序号").is_none());
        for kind in Kind::ALL {
            let mut seen = BTreeSet::new();
            for column in kind.columns() {
                assert!(!column.names.is_empty());
                for name in column.names {
                    assert!(seen.insert(*name), "{kind:?} {name}");
                    assert_eq!(normal(name), *name, "written as it is compared");
                }
            }
        }
    }
}
