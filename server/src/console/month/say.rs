//! Names of states, payers, findings and reasons in the page's language: the Chinese is the paper's own, the English
//! stands here.

use domain::calendar::{BusinessDate, Month};
use domain::canteen::UNRATED;
use domain::decision::{Kind, Payer};
use domain::money::Fen;
use domain::reconciliation::Code;
use domain::record::Credential;
use domain::region::RegionCode;
use domain::settlement::payment::PaymentState;
use domain::settlement::{MonthState, Reason};
use domain::words::payer_name;

use super::words::Words;
pub(super) use crate::console::codes::payer_class;
use crate::console::fmt;
use crate::console::lang::{Lang, fill};
use crate::words::settlement as paper;

/// A month's state before what follows approval.
pub(super) const fn state(w: &'static Words, state: MonthState) -> &'static str {
    match state {
        MonthState::Open => w.state_open,
        MonthState::Drafted => w.state_drafted,
        MonthState::Submitted => w.state_submitted,
        MonthState::Checked => w.state_checked,
        MonthState::Approved => w.state_approved,
    }
}

/// What became of a payment.
pub(super) const fn payment(w: &'static Words, state: Option<PaymentState>) -> &'static str {
    match state {
        None => w.unpaid,
        Some(PaymentState::Sent) => w.sent,
        Some(PaymentState::Confirmed) => w.confirmed,
        Some(PaymentState::Returned) => w.returned,
    }
}

/// The look of a payment's chip.
pub(super) const fn payment_look(state: Option<PaymentState>) -> &'static str {
    match state {
        None => "chip-off",
        Some(PaymentState::Sent) => "",
        Some(PaymentState::Confirmed) => "chip-ok",
        Some(PaymentState::Returned) => "chip-bad",
    }
}

/// A payer; its unit where several units have the same name.
pub(super) fn payer(lang: Lang, payer: &Payer, unit: Option<&str>) -> String {
    let name = payer_name(&payer.name, lang.domain()).to_owned();
    match unit {
        Some(unit) => format!("{unit}{}{name}", lang.of("", " ")),
        None => name,
    }
}

/// A finding's kind.
pub(super) const fn finding(lang: Lang, code: Code) -> &'static str {
    if matches!(lang, Lang::Zh) {
        return paper::finding(code);
    }
    match code {
        Code::OverLimit => "beyond the limits",
        Code::NotEligible => "no longer eligible",
        Code::StaleDecision => "facts learned later",
        Code::Disputed => "record against its own facts",
        Code::SequenceGap => "gap in the sequence",
        Code::ZMismatch => "Z report differs",
        Code::Standing => "food safety standing",
        Code::PolicyCorrected => "policy corrected",
        Code::ForkedTerminal => "forked journal",
        Code::ClockSkew => "clock skew",
        Code::RevokedCard => "revoked card",
        Code::OffWindow => "outside the meal window",
        Code::Burst => "burst of cards",
        Code::OverCapacity => "beyond capacity",
        Code::FlatCounts => "same count for days",
        Code::ManualShare => "many manual entries",
        Code::PriceOffList => "price off the list",
        Code::UnknownElder => "elder not registered",
    }
}

/// Why a line of part two is there. Meals of another month say which.
pub(super) fn reason(lang: Lang, reason: &Reason, amount: Fen, of: Month) -> String {
    if lang == Lang::Zh {
        return paper::reason(reason, amount, of);
    }
    let from = |other: &Month| if *other == of { String::new() } else { format!(" ({})", fmt::month(*other, lang)) };
    match reason {
        Reason::Carried => "Carried from last month".to_owned(),
        Reason::Late { month, .. } => format!("Adjustment: records that came late{}", from(month)),
        Reason::Corrected { month, .. } => format!("Adjustment: facts corrected{}", from(month)),
        Reason::PolicyCorrected { month, policy } => {
            let version = policy.as_ref().map_or_else(String::new, |p| format!(", version {}", p.version));
            format!("Adjustment: policy corrected{version}{}", from(month))
        }
        Reason::Refunded { month } => format!("Refunds paid for the office{}", from(month)),
        Reason::Finding { month, code } if amount.is_negative() => {
            format!("Deduction: {}{}", finding(lang, *code), from(month))
        }
        Reason::Finding { month, code } => format!("Adjustment: {}{}", finding(lang, *code), from(month)),
        Reason::Reduction { month, words, .. } => format!("Reduction: {}{}", gate(lang, words), from(month)),
        Reason::Hold { month, words, .. } => format!("Held: {}{}", gate(lang, words), from(month)),
        Reason::Release { month, words, .. } => format!("Released: {}{}", gate(lang, words), from(month)),
    }
}

/// A standing's condition as statements keep it, in Chinese: [`domain::words::gate_condition`].
pub(in crate::console) fn gate(lang: Lang, words: &str) -> String {
    const ENGLISH: [(&str, &str); 17] = [
        ("量化等级 ", "quality grade "),
        ("风险等级 ", "risk level "),
        ("备案有效、失效", "filing active, inactive"),
        ("备案有效", "filing active"),
        ("备案失效", "filing inactive"),
        ("许可证", "licence "),
        ("未评级", "unrated"),
        ("有效", "valid"),
        ("过期", "expired"),
        ("吊销", "revoked"),
        ("失效", "inactive"),
        ("已建明厨亮灶", "open kitchen"),
        ("未建明厨亮灶", "no open kitchen"),
        ("低于 ", "below "),
        (" 星", " stars"),
        ("、", ", "),
        ("且", " and "),
    ];
    match lang {
        Lang::Zh => words.to_owned(),
        Lang::En => ENGLISH.iter().fold(words.to_owned(), |said, (zh, en)| said.replace(zh, en)),
    }
}

/// Days as people write them; runs of three days and more are drawn together.
pub(super) fn days(lang: Lang, dates: &[BusinessDate]) -> String {
    if lang == Lang::Zh {
        return paper::days(dates);
    }
    let name = |date: &BusinessDate| fmt::day(*date, lang);
    let mut parts: Vec<String> = Vec::new();
    for run in dates.chunk_by(|a, b| a.plus_days(1) == *b) {
        match run {
            [first, _, .., last] => parts.push(format!("{} to {}", name(first), name(last))),
            few => parts.extend(few.iter().map(name)),
        }
    }
    parts.join(", ")
}

/// Days and findings behind a line.
pub(super) fn basis(lang: Lang, dates: &[BusinessDate], findings: &[String]) -> String {
    if lang == Lang::Zh {
        return paper::basis(dates, findings);
    }
    match findings {
        [] => days(lang, dates),
        few if few.len() <= 3 => format!("{} · {}", days(lang, dates), few.join(" ")),
        [first, ..] => format!("{} · {first} and {} more", days(lang, dates), findings.len() - 1),
    }
}

/// A grade as a letter in a cell.
pub(super) fn letter(lang: Lang, grade: &str) -> String {
    if grade == UNRATED { lang.of("未", "–").to_owned() } else { grade.to_owned() }
}

/// The grades of a month with the days from which they held.
pub(super) fn grades(w: &'static Words, lang: Lang, grades: &[(BusinessDate, String)]) -> String {
    let name = |grade: &str| match grade {
        UNRATED => w.unrated.to_owned(),
        grade => fill(w.grade_is, &[("grade", &grade)]),
    };
    let part = |(at, (from, grade)): (usize, &(BusinessDate, String))| match at {
        0 => name(grade),
        _ => fill(w.grade_from, &[("day", &fmt::day(*from, lang)), ("grade", &name(grade))]),
    };
    grades.iter().enumerate().map(part).collect::<Vec<_>>().join(lang.of("；", "; "))
}

/// How an elder was recognised.
pub(super) const fn credential(w: &'static Words, credential: Credential) -> &'static str {
    match credential {
        Credential::Card => w.by_card,
        Credential::Chip => w.by_chip,
        Credential::ResidentId => w.by_resident_id,
        Credential::Manual => w.by_hand,
    }
}

/// The addition to a line's label that tells who gets the money.
pub(super) const fn paid_to(w: &'static Words, kind: Kind) -> &'static str {
    match kind {
        Kind::Operator | Kind::Delivery => w.to_canteen,
        Kind::Diner | Kind::Concession => "",
    }
}

/// A unit's name among those of the regions that are set up.
pub(super) fn unit_name<'r>(regions: &'r [crate::store::canteens::Region], unit: &RegionCode) -> Option<&'r str> {
    regions.iter().find(|region| region.code == *unit).map(|region| region.name.as_str())
}

/// Names of payers, each with its unit where another one has the same name.
pub(super) fn payers(lang: Lang, payers: &[&Payer], regions: &[crate::store::canteens::Region]) -> Vec<String> {
    let name = |one: &&Payer| {
        let alone = payers.iter().filter(|other| other.name == one.name).count() == 1;
        let code = one.unit.as_ref().filter(|_| !alone);
        let unit = code.map(|unit| unit_name(regions, unit).unwrap_or(unit.as_str()));
        payer(lang, one, unit)
    };
    payers.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_reasons_are_said_in_both_languages() {
        let dates: Vec<BusinessDate> =
            ["2026-03-11", "2026-03-12", "2026-03-13", "2026-03-20"].map(|d| d.parse().unwrap()).into();
        assert_eq!(days(Lang::Zh, &dates), "3月11日至13日、20日");
        assert_eq!(days(Lang::En, &dates), "11 Mar to 13 Mar, 20 Mar");
        let held = "量化等级 C、未评级且许可证过期、吊销且备案失效且未建明厨亮灶且低于 3 星";
        let said = "quality grade C, unrated and licence expired, revoked and filing inactive and no open kitchen and below 3 stars";
        assert_eq!((gate(Lang::En, held).as_str(), gate(Lang::Zh, held).as_str()), (said, held));
        let many: Vec<String> = (0..5).map(|n| format!("F-{n}")).collect();
        assert_eq!(basis(Lang::En, &dates[3..], &many), "20 Mar · F-0 and 4 more");
        let of = "2026-03".parse().unwrap();
        let late = Reason::Finding { month: "2026-02".parse().unwrap(), code: Code::OffWindow };
        assert_eq!(reason(Lang::En, &late, Fen::new(-400), of), "Deduction: outside the meal window (Feb 2026)");
        assert_eq!(reason(Lang::Zh, &late, Fen::new(-400), of), "核减：2026年2月 供餐时段以外用餐");
    }

    #[test]
    fn payers_with_one_name_are_told_apart_by_their_place() {
        let one = |unit: &str| Payer { name: "district".into(), unit: Some(unit.parse().unwrap()) };
        let (a, b) = (one("440303"), one("440304"));
        let region = crate::store::canteens::Region {
            code: "440304".parse().unwrap(),
            name: "福田区".into(),
            office: String::new(),
        };
        assert_eq!(payers(Lang::Zh, &[&a, &b], &[region]), ["440303区财政", "福田区区财政"]);
        assert_eq!(payers(Lang::En, &[&a], &[]), ["District"]);
    }
}
