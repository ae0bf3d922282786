//! `/console/regions/{region}`: from where on something is a finding there and what it does to the month; since when, by
//! whom, and what was changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::calendar::{BusinessDate, UnixMs};
use domain::id::UserId;
use domain::reconciliation::{Code as Kind, Settings, Severity, Thresholds};
use domain::region::RegionCode;

use super::regions::HOME;
use super::words::Words as Common;
use super::{date, person, wanted};
use crate::audit::Action;
use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, codes, fmt};
use crate::http::body::{Form, Path};
use crate::http::findings::{NewSettings, set_region};
use crate::http::routes::Routes;
use crate::http::{Answer, Problem};
use crate::people::Right;
use crate::store::people::UserRow;
use crate::store::{Json, Tx, canteens, people, settings};
use crate::words::{Code, office as said, settlement};
use crate::{Error, Office};

catalogue! {
    title: "{region}：差异设置", "{region}: what is a finding";
    in_force: "自 {date} 执行", "in force from {date}";
    inherited: "沿用 {region} 的设置", "as set by {region}";
    defaults: "未设置，按默认值", "nothing set: the defaults";
    severities: "后果", "What each finding does";
    thresholds: "阈值", "From where on";
    default_is: "默认 {value}", "default {value}";
    window_minutes: "供餐时段以外容许（分钟）", "Minutes outside meal hours that are tolerated";
    burst_elders: "疑似代刷：人数", "Burst: so many elders";
    burst_seconds: "疑似代刷：秒数", "Burst: within so many seconds";
    order_elders: "次序相同：人数（0 为不查）", "Same order: so many elders (0: not looked for)";
    flat_days: "份数相同：供餐日（0 为不查）", "Same count: so many open days (0: not looked for)";
    manual_permille: "人工录入容许（千分之）", "Entries by hand that are tolerated (per thousand)";
    manual_least: "人工录入：少于此数不报", "Fewer entries by hand are no finding";
    clock_minutes: "时钟偏差容许（分钟）", "Minutes that a clock may be wrong";
    attendance_permille: "申报份数：出勤系数（千分之，0 为不查）", "Claims: attendance of those entitled (per thousand, 0: not looked for)";
    signatures: "月结签批", "Who signs a month";
    third_signature: "复核之后须第三人签批", "A third person signs after the checker";
    third_hint: "签批的人不能是起草、提交或复核的人；签批之前不公示、不拨付。按提交时的设置。不选则在纸面上签。", "Neither maker nor checker; nothing is published or paid before. As set when the month was submitted. If not, on paper.";
    third_yes: "须签批", "asked for";
    third_no: "纸面签", "on paper";
    change: "修改设置", "Change them";
    change_hint: "由复核设置。自生效日起，未经审批的日子会重新日清；已审批的月份不变。", "Set by a checker. From that day on, days that no approved month settled are closed again; approved months stay.";
    only_checker: "设置由复核人员修改。", "A checker changes them.";
    history: "修改记录", "Changes";
    changed: "{name}：{from} → {to}", "{name}: {from} → {to}";
    no_change: "与前一次相同", "the same as before";
    nobody: "没有改过。", "Nobody has changed them.";
}

type Version = (BusinessDate, Json<Settings>, Option<UserId>, UnixMs);

/// A threshold's field: its name, its words, how it is read and set.
struct Field {
    name: &'static str,
    word: fn(&Words) -> &'static str,
    of: fn(&Thresholds) -> i64,
    set: fn(&mut Thresholds, i64),
}

macro_rules! fields {
    ($($name:ident)*) => {
        const FIELDS: &[Field] = &[$(Field {
            name: stringify!($name),
            word: |w| w.$name,
            of: |t| t.$name,
            set: |t, n| t.$name = n,
        }),*];
    };
}
fields! { window_minutes burst_elders burst_seconds order_elders flat_days manual_permille manual_least clock_minutes attendance_permille }

const SEVERITIES: [(&str, Severity); 4] =
    [("block", Severity::Block), ("deduct", Severity::Deduct), ("warn", Severity::Warn), ("off", Severity::Off)];

fn name_of(severity: Severity) -> &'static str {
    SEVERITIES.iter().find(|(_, known)| *known == severity).map_or("", |(name, _)| *name)
}

struct KindRow {
    name: &'static str,
    word: &'static str,
    chosen: &'static str,
    shown: &'static str,
    default: String,
}

struct NumberRow {
    name: &'static str,
    word: &'static str,
    value: i64,
    default: String,
}

struct Change {
    from: String,
    who: String,
    what: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/office/region.html")]
struct RegionPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    title: String,
    state: String,
    kinds: Vec<KindRow>,
    numbers: Vec<NumberRow>,
    third: bool,
    choices: Vec<(&'static str, &'static str)>,
    changes: Vec<Change>,
    may_change: bool,
    today: BusinessDate,
    home: String,
    here: String,
}

pub(super) fn routes() -> Routes {
    Routes::new().get("/console/regions/{region}", show).post(
        "/console/regions/{region}/settings",
        Action::RegionSettings,
        change,
    )
}

/// The version in force on a day: of those with the latest first day the one set last.
fn in_force(versions: &[Version], today: BusinessDate) -> Option<&Version> {
    versions.iter().filter(|version| version.0 <= today).max_by_key(|version| version.0)
}

/// The region itself and those that it lies in, the closest first.
fn upwards(region: &RegionCode) -> Vec<RegionCode> {
    let text = region.as_str();
    let lengths = [12, 9, 6, 4, 2].into_iter().filter(|n| *n <= text.len());
    let codes: BTreeSet<&str> = lengths.map(|n| &text[..n]).chain([text]).collect();
    let mut codes: Vec<&str> = codes.into_iter().collect();
    codes.sort_by_key(|code| std::cmp::Reverse(code.len()));
    codes.into_iter().filter_map(|code| code.parse().ok()).collect()
}

struct Found {
    own: Vec<Version>,
    /// Whose settings are in force, since when.
    source: Option<(RegionCode, BusinessDate)>,
    settings: Settings,
    name: Option<String>,
    staff: Vec<UserRow>,
}

async fn load(tx: &mut Tx, region: &RegionCode, today: BusinessDate) -> Result<Found, Error> {
    let own = settings::of_region(tx, region).await?;
    let (mut source, mut set) = (None, Settings::default());
    for code in upwards(region) {
        let versions = settings::of_region(tx, &code).await?;
        if let Some((from, Json(found), ..)) = in_force(&versions, today) {
            (source, set) = (Some((code, *from)), found.clone());
            break;
        }
    }
    let name = canteens::regions(tx).await?.into_iter().find(|known| known.code == *region).map(|known| known.name);
    // Whoever set something may be of the region or of one that it lies in.
    let top = upwards(region).pop().unwrap_or_else(|| region.clone());
    Ok(Found { own, source, settings: set, name, staff: people::inside(tx, &top).await? })
}

async fn show(State(office): State<Arc<Office>>, view: View, Path(region): Path<RegionCode>) -> Answer<Page> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&region)?;
    let (today, code) = (view.now.business_date(), region.clone());
    let read = office.store.read(move |tx| Box::pin(async move { load(tx, &code, today).await }));
    let found = read.await?;
    let unknown = || Problem::new(Code::NotFound, settlement::no_such_region(&region));
    let name = found.name.clone().ok_or_else(unknown)?;
    Page::of(&drawn(&view, &region, &name, &found))
}

fn drawn(view: &View, region: &RegionCode, name: &str, found: &Found) -> RegionPage {
    let (w, c) = (Words::of(view.lang), codes::Words::of(view.lang));
    let state = match &found.source {
        None => w.defaults.to_owned(),
        Some((code, from)) if code == region => fill(w.in_force, &[("date", from)]),
        Some((code, _)) => {
            let known = view.regions.iter().find(|known| known.code == *code);
            fill(w.inherited, &[("region", &known.map_or_else(|| code.to_string(), |known| known.name.clone()))])
        }
    };
    let plain = Settings::default();
    let kind = |kind: &Kind| {
        let severity = found.settings.severity(*kind);
        KindRow {
            name: kind.name(),
            word: c.finding(*kind),
            chosen: name_of(severity),
            shown: c.severity(severity),
            default: fill(w.default_is, &[("value", &c.severity(plain.severity(*kind)))]),
        }
    };
    let number = |field: &Field| NumberRow {
        name: field.name,
        word: (field.word)(w),
        value: (field.of)(&found.settings.thresholds),
        default: fill(w.default_is, &[("value", &(field.of)(&plain.thresholds))]),
    };
    let title = fill(w.title, &[("region", &name)]);
    RegionPage {
        w,
        c: Common::of(view.lang),
        state,
        kinds: Kind::ALL.iter().map(kind).collect(),
        numbers: FIELDS.iter().map(number).collect(),
        third: found.settings.third_signature,
        choices: SEVERITIES.map(|(name, severity)| (name, c.severity(severity))).into(),
        changes: changes(view, found),
        may_change: view.user.role.rights().contains(&Right::CheckMonth),
        today: view.now.business_date(),
        home: view.link(HOME),
        here: view.link(&format!("{HOME}/{region}/settings")),
        shell: view.shell(HOME, title.clone()),
        title,
    }
}

/// Every version with what it changed of the one set before it, the last first.
fn changes(view: &View, found: &Found) -> Vec<Change> {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let mut before = Settings::default();
    let mut changes = Vec::new();
    for (from, Json(set), by, at) in &found.own {
        let mut what = differences(view, &before, set);
        if what.is_empty() {
            what.push(w.no_change.to_owned());
        }
        let who = by.map_or_else(|| c.system.to_owned(), |by| person(&found.staff, by, view.lang));
        changes.push(Change { from: from.to_string(), who: format!("{who}　{}", fmt::at(*at, view.lang)), what });
        before = set.clone();
    }
    changes.reverse();
    changes
}

fn differences(view: &View, before: &Settings, after: &Settings) -> Vec<String> {
    let (w, c) = (Words::of(view.lang), codes::Words::of(view.lang));
    let said = |name: &str, from: String, to: String| fill(w.changed, &[("name", &name), ("from", &from), ("to", &to)]);
    let kinds = Kind::ALL.iter().filter(|kind| before.severity(**kind) != after.severity(**kind)).map(|kind| {
        let word = |of: &Settings| c.severity(of.severity(*kind)).to_owned();
        said(c.finding(*kind), word(before), word(after))
    });
    let numbers = FIELDS.iter().filter_map(|field| {
        let (from, to) = ((field.of)(&before.thresholds), (field.of)(&after.thresholds));
        (from != to).then(|| said((field.word)(w), from.to_string(), to.to_string()))
    });
    let third = |of: &Settings| if of.third_signature { w.third_yes } else { w.third_no }.to_owned();
    let asked = before.third_signature != after.third_signature;
    let signed = asked.then(|| said(w.third_signature, third(before), third(after)));
    kinds.chain(numbers).chain(signed).collect()
}

async fn change(
    State(office): State<Arc<Office>>,
    view: View,
    Path(region): Path<RegionCode>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer<Redirect> {
    let typed = |name: &str| fields.get(name).map_or("", String::as_str);
    let mut new = NewSettings { valid_from: date(typed("valid_from"))?, settings: Settings::default() };
    for field in FIELDS {
        (field.set)(&mut new.settings.thresholds, wanted(typed(field.name), said::COUNT)?);
    }
    let plain = Settings::default();
    for kind in Kind::ALL {
        let chosen = SEVERITIES.iter().find(|(name, _)| *name == typed(kind.name()));
        let (_, severity) = chosen.ok_or_else(|| Problem::new(Code::Invalid, said::CHOOSE))?;
        // What is the default stays unsaid, so that it goes with the default.
        if *severity != plain.severity(kind) {
            new.settings.severities.insert(kind, *severity);
        }
    }
    new.settings.third_signature = typed("third_signature") == "1";
    set_region(&office, &view.user, region.clone(), new).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{region}?done=saved"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_lies_in_those_above_it() {
        let codes = |code: &str| upwards(&code.parse().unwrap()).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(codes("440304001"), ["440304001", "440304", "4403", "44"]);
        assert_eq!(codes("44"), ["44"]);
    }

    #[test]
    fn of_versions_for_one_day_the_last_set_is_in_force() {
        let day = |text: &str| text.parse::<BusinessDate>().unwrap();
        let version = |from: &str, minutes| {
            let thresholds = Thresholds { clock_minutes: minutes, ..Thresholds::default() };
            (day(from), Json(Settings { thresholds, ..Settings::default() }), None, UnixMs::new(0))
        };
        let all =
            [version("2026-03-01", 1), version("2026-05-01", 2), version("2026-03-01", 3), version("2026-01-01", 4)];
        let at = |date: &str| in_force(&all, day(date)).map(|v| v.1.0.thresholds.clock_minutes);
        assert_eq!(
            [at("2025-12-31"), at("2026-02-01"), at("2026-04-01"), at("2026-06-01")],
            [None, Some(4), Some(3), Some(2)]
        );
    }
}
