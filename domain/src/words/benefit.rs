//! What a benefit says, in words: whom it is for, when, how much, how often and who pays.

use super::{Language, age_band, category_test, days, label, level_name, mode_name, period_name, price_band};
use crate::policy::{Amount, Base, Benefit, Policy, Scope};
use crate::region::RegionCode;

/// Whom a benefit is for: `满 80 周岁、户籍在高新区`. Regions are named by `place`.
#[must_use]
pub fn whom(policy: &Policy, benefit: &Benefit, l: Language, place: &dyn Fn(&RegionCode) -> String) -> String {
    let elder = &benefit.elder;
    let tests = |tests: &[_]| tests.iter().map(|test| category_test(test, l)).collect::<Vec<_>>();
    let places = |regions: &[RegionCode]| l.list(regions.iter().map(place));
    let mut parts = Vec::new();
    parts.extend(elder.age.map(|band| age_band(band, l)));
    if !elder.any_of.is_empty() {
        parts.push(tests(&elder.any_of).join(l.of("或", " or ")));
    }
    if !elder.all_of.is_empty() {
        parts.push(l.of("同时属于", "all of ").to_owned() + &l.list(tests(&elder.all_of)));
    }
    if !elder.none_of.is_empty() {
        parts.push(l.of("不含", "not ").to_owned() + &l.list(tests(&elder.none_of)));
    }
    let kept = [
        (&elder.hukou, l.of("户籍在", "hukou in ")),
        (&elder.hukou_not, l.of("户籍不在", "hukou not in ")),
        (&elder.residence, l.of("常住", "living in ")),
        (&elder.residence_not, l.of("常住地不在", "not living in ")),
    ];
    parts
        .extend(kept.iter().filter(|(regions, _)| !regions.is_empty()).map(|(r, what)| format!("{what}{}", places(r))));
    let same = |level| level_name(level, l);
    let (hukou, residence) = (elder.hukou_same.map(same), elder.residence_same.map(same));
    parts.extend(hukou.map(|u| l.of(format!("户籍与食堂同{u}"), format!("hukou in the canteen's {u}"))));
    parts.extend(residence.map(|u| l.of(format!("常住地与食堂同{u}"), format!("living in the canteen's {u}"))));
    if !benefit.requires.is_empty() {
        let names = l.list(benefit.requires.iter().map(|name| label(policy, name, l)));
        parts.push(l.of(format!("享受“{names}”的"), format!("with “{names}”")));
    }
    if parts.is_empty() { l.of("所有登记的老人", "every registered elder").to_owned() } else { l.list(parts) }
}

/// At which meals a benefit applies, and how often: `午餐；堂食；每日 1 次`. Empty when nothing is said.
#[must_use]
pub fn when(benefit: &Benefit, l: Language) -> String {
    let meal = &benefit.meal;
    let mut parts = Vec::new();
    if !meal.periods.is_empty() {
        parts.push(l.list(meal.periods.iter().map(|period| period_name(period, l))));
    }
    if !meal.modes.is_empty() {
        parts.push(l.list(meal.modes.iter().map(|mode| mode_name(*mode, l).to_owned())));
    }
    parts.extend(meal.days.as_ref().map(|allowed| days(allowed, l)));
    if meal.except_holidays {
        parts.push(l.of("法定节假日除外", "not on statutory holidays").to_owned());
    }
    parts.extend(meal.price.map(|band| l.of("标价", "price ").to_owned() + &price_band(band, l)));
    if !benefit.tags.is_empty() {
        parts.push(l.of("食堂标签 ", "canteens tagged ").to_owned() + &l.list(benefit.tags.iter().cloned()));
    }
    parts.extend(often(benefit, l));
    parts.join(l.of("；", "; "))
}

fn often(benefit: &Benefit, l: Language) -> Option<String> {
    let limit = &benefit.limit;
    let spans = [
        (limit.per_day, l.of("每日", "day")),
        (limit.per_week, l.of("每周", "week")),
        (limit.per_month, l.of("每月", "month")),
    ];
    let times = spans.iter().filter_map(|(most, span)| most.map(|n| (n, *span)));
    let mut parts: Vec<String> =
        times.map(|(n, span)| l.of(format!("{span} {n} 次"), format!("{n} a {span}"))).collect();
    parts.extend(limit.per_month_amount.map(|most| l.of(format!("每月 {most} 元"), format!("{most} yuan a month"))));
    if parts.is_empty() {
        return None;
    }
    let group = match limit.scope {
        Scope::Benefit => "",
        Scope::Group => l.of("（同组合计）", " (its whole group)"),
    };
    Some(l.list(parts) + group)
}

/// How much a benefit gives where that is not a fixed amount: `标价的 20%，最多 3.00 元`; nothing where it is.
#[must_use]
pub fn how_much(benefit: &Benefit, l: Language) -> Option<String> {
    let base = match benefit.base {
        Base::Price => l.of("标价", "the price"),
        Base::Remaining => l.of("余额", "what is left"),
    };
    match benefit.amount {
        Amount::Fixed(_) => None,
        Amount::UpTo(most) => Some(l.of(format!("{base}，最多 {most} 元"), format!("{base}, at most {most}"))),
        Amount::OwnPayment(own) => Some(l.of(format!("自付 {own} 元，其余补足"), format!("all but {own}"))),
        Amount::Percent { rate, cap } => {
            let percent = crate::money::Fen::new(i64::from(rate.basis_points())).to_string();
            let percent = percent.trim_end_matches('0').trim_end_matches('.').to_owned();
            let cap = cap.map(|cap| l.of(format!("，最多 {cap} 元"), format!(", at most {cap}"))).unwrap_or_default();
            Some(l.of(format!("{base}的 {percent}%{cap}"), format!("{percent} % of {base}{cap}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    const TEXT: &str = include_str!("../../tests/golden/semantics-1.toml");

    #[test]
    fn every_benefit_of_the_golden_policy_is_told_in_both_languages() {
        let policy = Policy::parse("golden", TEXT).unwrap();
        let place = |region: &RegionCode| format!("〔{region}〕");
        let told: Vec<String> = policy
            .benefits()
            .iter()
            .map(|benefit| {
                let tell = |l| {
                    let (whom, when) = (whom(&policy, benefit, l, &place), when(benefit, l));
                    format!("{whom} | {when} | {}", how_much(benefit, l).unwrap_or_default())
                };
                let (chinese, english) = (tell(Language::Chinese), tell(Language::English));
                let figures = |text: &str| -> Vec<char> { text.chars().filter(char::is_ascii_digit).collect() };
                assert_eq!(figures(&chinese), figures(&english), "{}", benefit.id);
                format!("{}: {chinese}\n    {english}", benefit.id)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
