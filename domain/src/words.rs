//! The words for what a policy decides, in Chinese and English, side by side so that neither is forgotten.

mod benefit;
mod payer;

pub use benefit::{how_much, when, whom};
pub use payer::{payer_name, usual_payers};

use crate::calendar::MealPeriod;
use crate::decision::{Kind, Mode};
use crate::elder::Category;
use crate::policy::{AgeBand, CategoryTest, Days, Effect, Gate, Levels, Policy, PriceBand, Scope};
use crate::region::{Level, RegionCode};
use crate::subsidy::Why;
use crate::subsidy::why::Span;

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The text of this language.
    pub(crate) fn of<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    fn list(self, items: impl IntoIterator<Item = String>) -> String {
        items.into_iter().collect::<Vec<_>>().join(self.of("、", ", "))
    }
}

impl Why {
    /// The reason in a Chinese sentence that a cashier can say.
    #[must_use]
    pub fn chinese(&self, policy: &Policy) -> String {
        self.sentence(Language::Chinese, policy)
    }

    /// The reason in English.
    #[must_use]
    pub fn english(&self, policy: &Policy) -> String {
        self.sentence(Language::English, policy)
    }

    /// The reason in that language. Labels and gates are looked up in the policy; an id stands where it has none.
    #[must_use]
    pub fn sentence(&self, l: Language, policy: &Policy) -> String {
        match self {
            Self::NoSubsidy { gate } => {
                let gate = policy.gates().get(*gate).map(|g| standings(g, l)).unwrap_or_default();
                l.of(format!("食堂{gate}，暂停补贴"), format!("no subsidy while the canteen's standing is {gate}"))
            }
            Self::Age { age, band } => {
                let band = age_band(*band, l);
                l.of(format!("年龄 {age} 周岁，要求 {band}"), format!("age {age}, wanted {band}"))
            }
            Self::AnyOf { wanted } => {
                let wanted = l.list(wanted.iter().map(|test| category_test(test, l)));
                l.of(
                    format!("不在补贴人群之内，须属于：{wanted}"),
                    format!("none of these categories is held: {wanted}"),
                )
            }
            Self::AllOf { missing } => {
                let missing = category_test(missing, l);
                l.of(format!("须同时属于“{missing}”"), format!("category not held: {missing}"))
            }
            Self::NoneOf { held } => {
                let held = category(held, l);
                l.of(format!("属于“{held}”，不享受"), format!("excluded by category {held}"))
            }
            Self::NothingLeft => {
                l.of("没有可补的金额：自付已到下限，或按比例不足一分", "nothing was left to give").to_owned()
            }
            Self::LowerThan { winner } => {
                let winner = policy.benefit(winner).map_or(winner.as_str(), |b| &b.label);
                l.of(format!("就高不就低，已按“{winner}”"), format!("“{winner}” gives at least as much"))
            }
            Self::Requires { names } => {
                let names = l.list(names.iter().map(|n| label(policy, n, l)));
                l.of(
                    format!("须先享受以下补贴之一，本餐都未享受：{names}"),
                    format!("none of these was applied: {names}"),
                )
            }
            Self::Limit { .. } | Self::LimitAmount { .. } => self.limit_sentence(l),
            Self::Tags { missing } => {
                l.of(format!("食堂没有标签“{missing}”"), format!("the canteen lacks the tag {missing}"))
            }
            Self::Hukou { .. }
            | Self::HukouNot { .. }
            | Self::Residence { .. }
            | Self::ResidenceNot { .. }
            | Self::HukouSame { .. }
            | Self::ResidenceSame { .. } => self.place_sentence(l),
            Self::Period { .. }
            | Self::Mode { .. }
            | Self::Days { .. }
            | Self::Holiday { .. }
            | Self::CalendarMissing { .. }
            | Self::Price { .. } => self.meal_sentence(l),
        }
    }

    fn limit_sentence(&self, l: Language) -> String {
        match self {
            Self::Limit { span: span_of, used, limit, scope, period } => {
                let span = span(*span_of, l);
                let meal = period.as_ref().map(|p| period_name(p, l)).unwrap_or_default();
                let group = group(*scope, l);
                l.of(
                    format!("{span}{meal}已享受 {used} 次{group}，限 {limit} 次"),
                    format!(
                        "applied {used}× {span}{}{meal}{group}, at most {limit}×",
                        if meal.is_empty() { "" } else { " at " }
                    ),
                )
            }
            Self::LimitAmount { used, limit, scope } => {
                let group = group(*scope, l);
                l.of(
                    format!("本月已享受 {used} 元{group}，限 {limit} 元"),
                    format!("{used} yuan given this month{group}, at most {limit}"),
                )
            }
            _ => String::new(),
        }
    }

    fn place_sentence(&self, l: Language) -> String {
        let place = |what: (&str, &str), is: &Option<RegionCode>, relation: (&str, &str), regions: &[RegionCode]| {
            let is = is.as_ref().map_or_else(|| l.of("不明", "unknown").to_owned(), ToString::to_string);
            let regions = l.list(regions.iter().map(ToString::to_string));
            l.of(
                format!("{} {is}，要求{} {regions}", what.0, relation.0),
                format!("{} {is}, wanted {} {regions}", what.1, relation.1),
            )
        };
        let (hukou, residence) = (("户籍", "hukou"), ("常住地", "residence"));
        let (within, beyond) = (("在", "inside"), ("不在", "outside"));
        match self {
            Self::Hukou { hukou: is, inside } => place(hukou, is, within, inside),
            Self::HukouNot { hukou: is, outside } => place(hukou, is, beyond, outside),
            Self::Residence { residence: is, inside } => place(residence, is, within, inside),
            Self::ResidenceNot { residence: is, outside } => place(residence, is, beyond, outside),
            Self::HukouSame { level } => l.of(
                format!("户籍与食堂不在同一{}", level_name(*level, l)),
                format!("hukou and canteen are not in the same {}", level_name(*level, l)),
            ),
            Self::ResidenceSame { level } => l.of(
                format!("常住地与食堂不在同一{}", level_name(*level, l)),
                format!("residence and canteen are not in the same {}", level_name(*level, l)),
            ),
            _ => String::new(),
        }
    }

    fn meal_sentence(&self, l: Language) -> String {
        match self {
            Self::Period { period, allowed } => {
                let (period, allowed) = (period_name(period, l), l.list(allowed.iter().map(|p| period_name(p, l))));
                l.of(format!("{period}不补，限{allowed}"), format!("not for {period}, only {allowed}"))
            }
            Self::Mode { mode, allowed } => {
                let (mode, allowed) =
                    (mode_name(*mode, l), l.list(allowed.iter().map(|m| mode_name(*m, l).to_owned())));
                l.of(format!("{mode}不补，限{allowed}"), format!("not for {mode}, only {allowed}"))
            }
            Self::Days { date, allowed } => {
                let allowed = days(allowed, l);
                l.of(format!("{date} 不在补贴日，限{allowed}"), format!("not on {date}, only {allowed}"))
            }
            Self::Holiday { date } => {
                l.of(format!("{date} 是法定节假日，不补"), format!("{date} is a statutory holiday"))
            }
            Self::CalendarMissing { year } => {
                l.of(format!("缺少 {year} 年法定节假日安排"), format!("the statutory calendar of {year} is missing"))
            }
            Self::Price { price, band } => {
                let band = price_band(*band, l);
                l.of(format!("标价 {price} 元，须{band}"), format!("price {price}, wanted {band}"))
            }
            _ => String::new(),
        }
    }
}

/// A benefit's label, or those of a group's members.
fn label(policy: &Policy, name: &str, l: Language) -> String {
    if let Some(benefit) = policy.benefit(name) {
        return benefit.label.clone();
    }
    let members = policy.benefits().iter().filter(|b| b.group.as_deref() == Some(name)).map(|b| b.label.clone());
    let members = l.list(members);
    if members.is_empty() { name.to_owned() } else { members }
}

fn span(span: Span, l: Language) -> &'static str {
    match span {
        Span::Day => l.of("今日", "today"),
        Span::Week => l.of("本周", "this week"),
        Span::Month => l.of("本月", "this month"),
    }
}

fn group(scope: Scope, l: Language) -> &'static str {
    match scope {
        Scope::Benefit => "",
        Scope::Group => l.of("（同组合计）", " (its whole group)"),
    }
}

/// The kind's name.
#[must_use]
pub fn kind_name(kind: Kind, l: Language) -> &'static str {
    match kind {
        Kind::Diner => l.of("就餐补贴", "diner subsidy"),
        Kind::Concession => l.of("食堂让利", "concession"),
        Kind::Operator => l.of("运营补贴", "operator subsidy"),
        Kind::Delivery => l.of("送餐补贴", "delivery subsidy"),
    }
}

/// The mode's name.
#[must_use]
pub fn mode_name(mode: Mode, l: Language) -> &'static str {
    match mode {
        Mode::DineIn => l.of("堂食", "eating in"),
        Mode::Pickup => l.of("自取", "pick-up"),
        Mode::Delivery => l.of("送餐", "delivery"),
    }
}

/// The period's name; its id for a period that has no common one.
#[must_use]
pub fn period_name(period: &MealPeriod, l: Language) -> String {
    let chinese = match period.as_str() {
        "breakfast" => "早餐",
        "lunch" => "午餐",
        "dinner" => "晚餐",
        "supper" => "夜宵",
        other => other,
    };
    l.of(chinese, period.as_str()).to_owned()
}

/// The level's name.
#[must_use]
pub fn level_name(level: Level, l: Language) -> &'static str {
    match level {
        Level::Province => l.of("省", "province"),
        Level::City => l.of("市", "city"),
        Level::District => l.of("区县", "district"),
        Level::Town => l.of("镇街", "town"),
        Level::Village => l.of("村居", "village"),
    }
}

fn category(category: &Category, l: Language) -> String {
    let Category { name, level } = category;
    match level {
        Some(level) => l.of(format!("{name}{level} 级"), format!("{name} level {level}")),
        None => name.clone(),
    }
}

fn category_test(test: &CategoryTest, l: Language) -> String {
    let name = &test.name;
    match &test.levels {
        Levels::Any => name.clone(),
        Levels::AtLeast(least) => {
            l.of(format!("{name}（{least} 级及以上）"), format!("{name} (level {least} or worse)"))
        }
        Levels::OneOf(levels) => {
            let levels = l.list(levels.iter().map(ToString::to_string));
            l.of(format!("{name}（{levels} 级）"), format!("{name} (level {levels})"))
        }
    }
}

fn age_band(band: AgeBand, l: Language) -> String {
    match (band.min, band.max) {
        (Some(min), Some(max)) => l.of(format!("{min}–{max} 周岁"), format!("{min} to {max}")),
        (Some(min), None) => l.of(format!("满 {min} 周岁"), format!("{min} or more")),
        (None, Some(max)) => l.of(format!("不超过 {max} 周岁"), format!("{max} or less")),
        (None, None) => l.of("不限", "any").to_owned(),
    }
}

fn price_band(band: PriceBand, l: Language) -> String {
    if let (Some(min), true) = (band.min, band.min == band.max) {
        return l.of(format!("恰为 {min} 元"), format!("exactly {min}"));
    }
    let min = band.min.map(|min| {
        let (chinese, english) = if band.min_exclusive { ("高于", "more than") } else { ("不低于", "at least") };
        l.of(format!("{chinese} {min} 元"), format!("{english} {min}"))
    });
    let max = band.max.map(|max| {
        let (chinese, english) = if band.max_exclusive { ("低于", "less than") } else { ("不高于", "at most") };
        l.of(format!("{chinese} {max} 元"), format!("{english} {max}"))
    });
    l.list(min.into_iter().chain(max))
}

fn days(days: &Days, l: Language) -> String {
    const CHINESE: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    const ENGLISH: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    match days {
        Days::Workday => l.of("法定工作日", "statutory workdays").to_owned(),
        Days::Weekdays(days) => {
            let name = |day: &u8| l.of(CHINESE, ENGLISH).get(usize::from(*day)).copied().unwrap_or_default().to_owned();
            l.list(days.iter().map(name))
        }
    }
}

/// A gate's condition in Chinese: `量化等级 C、未评级`.
#[must_use]
pub fn gate_condition(gate: &Gate) -> String {
    standings(gate, Language::Chinese)
}

/// A gate's condition and effect.
#[must_use]
pub fn gate_sentence(gate: &Gate, l: Language) -> String {
    let effect = match gate.effect {
        Effect::NoSubsidy => l.of("暂停补贴", "no subsidy").to_owned(),
        Effect::Hold => l.of("暂缓拨付", "hold").to_owned(),
        Effect::Reduce(rate) => {
            let points = rate.basis_points();
            let percent = crate::money::Fen::new(i64::from(points)).to_string();
            let percent = percent.trim_end_matches('0').trim_end_matches('.').to_owned();
            l.of(format!("扣减 {percent}%"), format!("reduce by {percent} %"))
        }
    };
    let kinds = l.list(gate.kinds.iter().map(|k| kind_name(*k, l).to_owned()));
    let when = standings(gate, l);
    l.of(format!("{when}：{effect}（{kinds}）"), format!("{when}: {effect} ({kinds})"))
}

fn standings(gate: &Gate, l: Language) -> String {
    use crate::canteen::{Filing, Licence, UNRATED};
    let when = &gate.when;
    let grades = |grades: &[String]| {
        l.list(grades.iter().map(|g| if g == UNRATED { l.of("未评级", "unrated").to_owned() } else { g.clone() }))
    };
    let mut parts = Vec::new();
    if !when.quality_grade.is_empty() {
        parts.push(format!("{} {}", l.of("量化等级", "quality grade"), grades(&when.quality_grade)));
    }
    if !when.risk_level.is_empty() {
        parts.push(format!("{} {}", l.of("风险等级", "risk level"), grades(&when.risk_level)));
    }
    if !when.licence.is_empty() {
        let name = |licence: &Licence| match licence {
            Licence::Valid => l.of("有效", "valid").to_owned(),
            Licence::Expired => l.of("过期", "expired").to_owned(),
            Licence::Revoked => l.of("吊销", "revoked").to_owned(),
        };
        parts.push(format!("{}{}", l.of("许可证", "licence "), l.list(when.licence.iter().map(name))));
    }
    if !when.filing.is_empty() {
        let name = |filing: &Filing| match filing {
            Filing::Active => l.of("有效", "active").to_owned(),
            Filing::Inactive => l.of("失效", "inactive").to_owned(),
        };
        parts.push(format!("{}{}", l.of("备案", "filing "), l.list(when.filing.iter().map(name))));
    }
    match when.sunshine_kitchen {
        Some(true) => parts.push(l.of("已建明厨亮灶", "open kitchen").to_owned()),
        Some(false) => parts.push(l.of("未建明厨亮灶", "no open kitchen").to_owned()),
        None => {}
    }
    if let Some(bound) = when.star_below {
        parts.push(l.of(format!("低于 {bound} 星"), format!("below {bound} stars")));
    }
    parts.join(l.of("且", " and "))
}
