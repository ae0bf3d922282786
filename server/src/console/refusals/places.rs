//! Places in a sentence: `{}` for numbers and plain letters; `{name}` for a name of anything; and `{day}`, `{days}`,
//! `{month}`, `{state}`, `{change}`, `{row}`, `{what}`, `{list}`, `{said}` for what is said otherwise in English.

use domain::calendar::Month;

use crate::console::fmt;
use crate::console::lang::Lang;

/// States of months and payments: as they are said in a sentence.
const STATES: &[(&str, &str)] = &[
    ("未起草", "not drafted"),
    ("已起草", "drafted"),
    ("已提交", "submitted"),
    ("已审批", "approved"),
    ("已审批，未公示", "approved and not yet published"),
    ("公示及拨付中", "published and being paid"),
    ("已拨付", "paid"),
    ("已归档", "archived"),
    ("未拨付", "not paid"),
    ("已送银行", "sent to the bank"),
    ("已到账", "there already"),
    ("银行退回", "sent back by the bank"),
];

/// What a list replaces.
const WHAT: &[(&str, &str)] = &[("联系电话", "The telephone number"), ("就餐食堂", "The canteen")];

/// The next place of a sentence: what stands before it, its name, what stands behind it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, behind) = rest.split_once('}')?;
    Some((before, name, behind))
}

/// The English text, if `said` is the Chinese one with its places filled in.
pub(super) fn filled(zh: &str, en: &str, said: &str) -> Option<String> {
    let Some((before, name, behind)) = next(zh) else { return (zh == said).then(|| en.to_owned()) };
    let rest = said.strip_prefix(before)?;
    let literal = next(behind).map_or(behind, |(literal, ..)| literal);
    // A name may hold what stands behind its place: every end is tried.
    let ends: Vec<usize> =
        if literal.is_empty() { vec![rest.len()] } else { rest.match_indices(literal).map(|(at, _)| at).collect() };
    ends.into_iter().find_map(|end| {
        let (value, rest) = rest.split_at(end);
        let value = read(name, value)?;
        let (front, back) = en.split_once(&format!("{{{name}}}"))?;
        let back = filled(behind, back, rest)?;
        Some(format!("{front}{value}{back}"))
    })
}

/// What stands in a place, in English.
fn read(place: &str, value: &str) -> Option<String> {
    match place {
        "" => value.is_ascii().then(|| value.to_owned()),
        "name" => Some(value.to_owned()),
        "day" | "days" => days(value),
        "month" => month(value),
        "state" => STATES.iter().find(|(zh, _)| *zh == value).map(|(_, en)| (*en).to_owned()),
        "change" => change(value),
        "row" => row(value),
        "what" => WHAT.iter().find(|(zh, _)| *zh == value).map(|(_, en)| (*en).to_owned()),
        "list" => Some(value.split('、').collect::<Vec<_>>().join(", ")),
        "said" => value.split('；').map(super::known).collect::<Option<Vec<_>>>().map(|parts| parts.join("; ")),
        _ => None,
    }
}

/// `第 4 行`, `“表一”第 4 行`.
fn row(text: &str) -> Option<String> {
    let (sheet, rest) = text.strip_prefix('“').map_or(Some(("", text)), |text| text.split_once('”'))?;
    let row = rest.strip_prefix("第 ")?.strip_suffix(" 行")?;
    let sheet = if sheet.is_empty() { String::new() } else { format!(" of “{sheet}”") };
    row.is_ascii().then(|| format!("row {row}{sheet}"))
}

/// `增加 18.2%`.
fn change(text: &str) -> Option<String> {
    let (way, by) = text.split_once(' ')?;
    match way {
        "增加" => Some(format!("{by} more")),
        "减少" => Some(format!("{by} less")),
        _ => None,
    }
}

/// `2026年3月`.
fn month(text: &str) -> Option<String> {
    let (year, month) = text.strip_suffix('月')?.split_once('年')?;
    Month::new(year.parse().ok()?, month.parse().ok()?).map(|month| fmt::month(month, Lang::En))
}

/// `3月11日至17日、20日`: what has no month is of the month before it.
fn days(text: &str) -> Option<String> {
    let mut month = "";
    let mut one = |text: &str| {
        let day = text.strip_suffix('日')?;
        let day = match day.split_once('月') {
            Some((of, day)) => {
                month = MONTHS.get(of.parse::<usize>().ok()?.checked_sub(1)?)?;
                day
            }
            None => day,
        };
        let day: u8 = day.parse().ok()?;
        (!month.is_empty()).then(|| format!("{day} {month}"))
    };
    let mut parts = Vec::new();
    for part in text.split('、') {
        parts.push(match part.split_once('至') {
            Some((first, last)) => format!("{} to {}", one(first)?, one(last)?),
            None => one(part)?,
        });
    }
    Some(parts.join(", "))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The names of the places, in their order.
#[cfg(test)]
pub(super) fn of(text: &str) -> Vec<&str> {
    next(text).map_or_else(Vec::new, |(_, name, behind)| std::iter::once(name).chain(of(behind)).collect())
}

/// What stands between the places.
#[cfg(test)]
pub(super) fn texts(text: &str) -> Vec<&str> {
    next(text).map_or_else(|| vec![text], |(before, _, behind)| std::iter::once(before).chain(texts(behind)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_known_by_all_of_its_words() {
        let of = |said| filled("{name} 第 {} 行：{name}", "{name}, line {}: {name}", said);
        assert_eq!(of("第 1 行 第 2 行：x").as_deref(), Some("第 1 行, line 2: x"));
        assert_eq!(of("假日 第 二 行：x"), None);
        assert_eq!(filled("已", "done", "已经"), None);
        assert_eq!(filled("{}人", "{} people", "三人"), None);
    }

    #[test]
    fn days_and_months_are_read_or_nothing_is_said() {
        assert_eq!(days("3月11日至17日、20日、4月2日").as_deref(), Some("11 Mar to 17 Mar, 20 Mar, 2 Apr"));
        assert_eq!(month("2026年12月").as_deref(), Some("Dec 2026"));
        for bad in ["20日", "13月1日", "3月x日", "", "3月"] {
            assert_eq!(days(bad), None, "{bad}");
        }
        assert_eq!(month("2026年13月"), None);
    }
}
