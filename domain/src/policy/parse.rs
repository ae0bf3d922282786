//! From the file's text to a [`Policy`]: the tables around the benefits.

use std::sync::Arc;

use super::gate::{Effect, Gate, QUALITY_GRADES, RISK_LEVELS, Standings};
use super::model::{Bearers, Benefit, MealWindow, Policy};
use super::names::{BEARERS, FILINGS, KINDS, LICENCES, ROUNDINGS};
use super::parse_benefit::{self, Outline};
use super::refusal::{Code, PolicyErrors};
use super::registry::{LevelScale, Registry};
use super::validate;
use crate::calendar::{BusinessDate, MealPeriod};
use crate::decision::PolicyRef;
use crate::document::{Document, Field, MAX_LIST, Section, all};
use crate::id::Digest;
use crate::money::{Fen, Rounding};
use crate::region::RegionCode;

/// The readings of the file that this program knows.
const SEMANTICS: [i64; 1] = [1];
/// The most benefits of a file.
const MAX_BENEFITS: usize = 300;
/// The most gates of a file.
const MAX_GATES: usize = 32;

impl Policy {
    /// Reads and validates a policy file. `file_name` only stands in messages.
    ///
    /// Total for every text: a hostile one is refused, quickly.
    ///
    /// # Errors
    /// Every refusal found, by line. A file that is not TOML is refused for that alone.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, PolicyErrors> {
        let (document, table) = Document::open(file_name, text)?;
        let root =
            Section::root(&document, &table, &["policy", "meals", "delivery", "bearer", "register", "benefit", "gate"]);
        let policy = read(&root, text);
        match policy {
            Some(policy) if !document.refused() => Ok(policy),
            _ => Err(document.into_refusals()),
        }
    }

    /// The content hash of a policy file's bytes.
    #[must_use]
    pub fn hash_of(text: &str) -> Digest {
        Digest::of("zhucan.policy.1", &[text.as_bytes()])
    }
}

/// Reads every part, so that every refusal is found; a policy comes out only if each part did.
fn read(root: &Section<'_>, text: &str) -> Option<Policy> {
    let head = read_head(root);
    let registry = read_registry(root);
    let meals = read_meals(root);
    let delivery_fee = read_delivery_fee(root);
    let bearers = read_bearers(root);
    let keys = parse_benefit::KEYS;
    let read: Vec<(Outline<'_>, Option<Benefit>)> = root
        .sections("benefit", &keys, MAX_BENEFITS)
        .iter()
        .map(|section| parse_benefit::read(section, &registry, meals.as_deref()))
        .collect();
    let (outlines, benefits): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let slots = validate::slots(&outlines);
    let required = validate::required(&outlines, &slots);
    let gate_sections = root.sections("gate", &GATE_KEYS, MAX_GATES);
    let gates: Vec<Option<Gate>> = gate_sections.iter().map(read_gate).collect();
    let gates = gates.into_iter().collect::<Option<Vec<_>>>();
    if let Some(gates) = &gates {
        validate::reductions(&gate_sections, gates);
    }
    let (head, mut benefits) = (head?, benefits.into_iter().collect::<Option<Vec<_>>>()?);
    for (benefit, required) in benefits.iter_mut().zip(required) {
        benefit.required = required;
    }
    Some(Policy {
        reference: PolicyRef { id: head.id, version: head.version, hash: Policy::hash_of(text) },
        name: head.name,
        semantics: head.semantics,
        regions: head.regions,
        effective_from: head.effective_from,
        effective_until: head.effective_until,
        corrects: head.corrects,
        rounding: head.rounding,
        min_own_payment: head.min_own_payment,
        published: head.published,
        meals: meals?,
        delivery_fee,
        bearers,
        benefits,
        slots,
        gates: gates?,
        registry,
        source: Arc::from(text),
    })
}

/// The table `[policy]`.
struct Head {
    id: String,
    name: String,
    version: u32,
    semantics: u32,
    regions: Vec<RegionCode>,
    effective_from: BusinessDate,
    effective_until: Option<BusinessDate>,
    corrects: Option<u32>,
    rounding: Rounding,
    min_own_payment: Fen,
    published: String,
}

fn read_head(root: &Section<'_>) -> Option<Head> {
    let keys = [
        "id",
        "name",
        "version",
        "semantics",
        "region",
        "effective_from",
        "effective_until",
        "corrects",
        "rounding",
        "min_own_payment",
        "source",
    ];
    let section = root.need("policy", "[policy]")?.section(&keys)?;
    let id = section.need("id", "\"sz-2025\"").and_then(|f| f.id());
    let name = section.need("name", "\"…\"").and_then(|f| f.label());
    let version = section.need("version", "1").and_then(|f| f.count());
    let semantics = section.need("semantics", "1").and_then(|f| read_semantics(&f));
    let regions = section.need("region", "\"440300\"").and_then(|f| f.regions());
    let effective_from = section.need("effective_from", "2025-01-01").and_then(|f| f.date());
    let until = section.get("effective_until");
    let effective_until = until.as_ref().and_then(Field::date);
    if let (Some(field), Some(from), Some(last)) = (&until, effective_from, effective_until)
        && last < from
    {
        field.refuse(Code::DatesReversed, &format!("≥ {from}"));
    }
    let corrects = section.get("corrects").and_then(|f| f.count());
    let rounding = section.get("rounding").and_then(|f| f.choice(&ROUNDINGS));
    let min_own_payment = section.get("min_own_payment").and_then(|f| f.money());
    let published = section.get("source").and_then(|f| f.text());
    Some(Head {
        id: id?.to_owned(),
        name: name?.to_owned(),
        version: version?,
        semantics: semantics?,
        regions: regions?,
        effective_from: effective_from?,
        effective_until,
        corrects,
        rounding: rounding.unwrap_or(Rounding::HalfUp),
        min_own_payment: min_own_payment.unwrap_or(Fen::ZERO),
        published: published.unwrap_or_default().to_owned(),
    })
}

fn read_semantics(field: &Field<'_>) -> Option<u32> {
    let number = field.number(i64::MIN..=i64::MAX)?;
    if !SEMANTICS.contains(&number) {
        field.refuse(Code::SemanticsUnknown, "1");
    }
    u32::try_from(number).ok()
}

/// The table `[register]`: a region's own categories and tags, beside those registered from the start.
fn read_registry(root: &Section<'_>) -> Registry {
    let mut registry = Registry::standard();
    let Some(section) = root.section("register", &["categories", "tags"]) else {
        return registry;
    };
    for field in section.get("categories").and_then(|f| f.list(MAX_LIST)).unwrap_or_default() {
        if let Some((name, scale)) = read_category(&field)
            && !registry.add_category(name, scale)
        {
            field.refuse(Code::IdTwice, "");
        }
    }
    for field in section.get("tags").and_then(|f| f.list(MAX_LIST)).unwrap_or_default() {
        if let Some(tag) = field.id()
            && !registry.add_tag(tag)
        {
            field.refuse(Code::IdTwice, "");
        }
    }
    registry
}

/// `"失独"` or `{ name = "高龄", levels = 3, worst = "high" }`.
fn read_category<'d>(field: &Field<'d>) -> Option<(&'d str, LevelScale)> {
    if !field.is_table() {
        return Some((field.id()?, LevelScale { most: 0, upward: false }));
    }
    let section = field.section(&["name", "levels", "worst"])?;
    let name = section.need("name", "\"…\"").and_then(|f| f.id());
    let levels = section.need("levels", "3").and_then(|f| f.number(1..=20));
    let upward = section.need("worst", "\"high\" | \"low\"").and_then(|f| f.choice(&[("high", true), ("low", false)]));
    Some((name?, LevelScale { most: u8::try_from(levels?).ok()?, upward: upward? }))
}

fn read_meals(root: &Section<'_>) -> Option<Vec<MealWindow>> {
    let table = root.need("meals", "[meals]")?.table()?;
    let entries = table.entries();
    if entries.is_empty() {
        table.refuse(Code::EmptyList, "lunch = [\"10:30\", \"13:30\"]");
    }
    let mut read: Vec<(Option<MealWindow>, Field<'_>)> =
        entries.into_iter().map(|(name, field)| (read_window(name, &field), field)).collect();
    read.sort_by_key(|(window, _)| window.as_ref().map(|w| w.start));
    let mut latest: Option<&MealWindow> = None;
    for (window, field) in &read {
        let Some(window) = window else { continue };
        if let Some(before) = latest
            && window.start < before.end
        {
            field.refuse(Code::WindowsOverlap, &format!("≥ \"{:02}:{:02}\"", before.end / 60, before.end % 60));
        }
        if latest.is_none_or(|before| window.end > before.end) {
            latest = Some(window);
        }
    }
    read.into_iter().map(|(window, _)| window).collect()
}

fn read_window(name: &str, field: &Field<'_>) -> Option<MealWindow> {
    let expected = "[\"10:30\", \"13:30\"]";
    let period: Option<MealPeriod> = name.parse().ok();
    if period.is_none() {
        field.refuse(Code::BadName, "1–20 × [a-z 0-9 - _]");
    }
    let bounds = field.list(MAX_LIST)?;
    let [start, end] = bounds.as_slice() else {
        field.refuse(Code::WrongType, expected);
        return None;
    };
    let (start, end) = (start.minute(), end.minute());
    let (start, end) = (start?, end?);
    if start >= end {
        field.refuse(Code::WindowReversed, expected);
        return None;
    }
    Some(MealWindow { period: period?, start, end })
}

fn read_delivery_fee(root: &Section<'_>) -> Fen {
    let section = root.section("delivery", &["fee"]);
    section.and_then(|s| s.get("fee")).and_then(|f| f.money()).unwrap_or(Fen::ZERO)
}

fn read_bearers(root: &Section<'_>) -> Bearers {
    let Some(section) = root.section("bearer", &["double", "stale_facts"]) else {
        return Bearers::default();
    };
    let bearer = |key| section.get(key).and_then(|f| f.choice(&BEARERS)).unwrap_or_default();
    Bearers { double: bearer("double"), stale_facts: bearer("stale_facts") }
}

const GATE_KEYS: [&str; 6] = ["when", "effect", "reduce_percent", "kinds", "from", "until"];

fn read_gate(section: &Section<'_>) -> Option<Gate> {
    let when = section.need("when", "{ quality_grade = [\"C\"] }").and_then(|f| read_standings(&f));
    let effect = read_effect(section);
    let kinds = section.need("kinds", "[\"diner\"]").and_then(|f| f.some_list());
    let kinds = kinds.and_then(|fields| all(&fields, |f| f.choice(&KINDS)));
    let (from, until) = (section.get("from"), section.get("until"));
    let (first, last) = (from.as_ref().and_then(Field::date), until.as_ref().and_then(Field::date));
    if let (Some(field), Some(first), Some(last)) = (&until, first, last)
        && last < first
    {
        field.refuse(Code::DatesReversed, &format!("≥ {first}"));
    }
    let mut kinds = kinds?;
    kinds.sort_unstable();
    kinds.dedup();
    Some(Gate { when: when?, effect: effect?, kinds, from: first, until: last })
}

fn read_effect(section: &Section<'_>) -> Option<Effect> {
    let (effect, reduce) = (section.get("effect"), section.get("reduce_percent"));
    match (&effect, &reduce) {
        (Some(effect), None) => effect.choice(&[("no_subsidy", Effect::NoSubsidy), ("hold", Effect::Hold)]),
        (None, Some(reduce)) => reduce.percent().map(Effect::Reduce),
        (Some(_), Some(reduce)) => {
            reduce.refuse(Code::GateEffectForm, "effect | reduce_percent");
            None
        }
        (None, None) => {
            section.refuse(Code::GateEffectForm, "effect | reduce_percent");
            None
        }
    }
}

fn read_standings(field: &Field<'_>) -> Option<Standings> {
    let keys = ["quality_grade", "risk_level", "licence", "filing", "sunshine_kitchen", "star_below"];
    let section = field.section(&keys)?;
    let standings = Standings {
        quality_grade: read_choices(&section, "quality_grade", &QUALITY_GRADES.map(|g| (g, g.to_owned()))),
        risk_level: read_choices(&section, "risk_level", &RISK_LEVELS.map(|g| (g, g.to_owned()))),
        licence: read_choices(&section, "licence", &LICENCES),
        filing: read_choices(&section, "filing", &FILINGS),
        sunshine_kitchen: section.get("sunshine_kitchen").and_then(|f| f.flag()),
        star_below: section.get("star_below").and_then(|f| f.number(1..=5)).and_then(|n| u8::try_from(n).ok()),
    };
    if section.entries().is_empty() {
        field.refuse(Code::GateWithoutCondition, &keys.join(" | "));
    }
    Some(standings)
}

/// One word or a list of words; nothing when the key is absent.
fn read_choices<T: Clone>(section: &Section<'_>, key: &str, words: &[(&str, T)]) -> Vec<T> {
    let Some(field) = section.get(key) else {
        return Vec::new();
    };
    let fields = if field.is_list() { field.some_list() } else { Some(vec![field]) };
    fields.and_then(|fields| all(&fields, |f| f.choice(words))).unwrap_or_default()
}
