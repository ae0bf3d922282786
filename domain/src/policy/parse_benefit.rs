//! From one `[[benefit]]` table to a [`Benefit`].

use super::model::{
    AgeBand, Amount, Base, Benefit, CategoryTest, Days, ElderCondition, Levels, Limit, MealCondition, MealWindow,
    PayerOf, PayerWeight, PriceBand, Scope,
};
use super::names::{KINDS, LEVELS, MODES, WEEKDAYS};
use super::refusal::Code;
use super::registry::Registry;
use crate::calendar::MealPeriod;
use crate::decision::Kind;
use crate::document::{Field, MAX_LIST, Section, all, is_name};

/// The keys of a benefit.
pub(super) const KEYS: [&str; 14] = [
    "id", "label", "kind", "amount", "base", "per", "group", "payers", "payer_of", "requires", "elder", "canteen",
    "meal", "limit",
];

/// What the checks between benefits need, as far as it could be read: a benefit that is refused for its amount must
/// not have others refused for naming it.
pub(super) struct Outline<'d> {
    pub(super) id: Option<(&'d str, Field<'d>)>,
    pub(super) kind: Option<(Kind, Field<'d>)>,
    pub(super) group: Option<(&'d str, Field<'d>)>,
    pub(super) requires: Vec<(&'d str, Field<'d>)>,
}

/// Reads one benefit. [`Benefit::required`] is filled in once all are read. `meals` is nothing when `[meals]` was
/// itself refused: periods are then not checked against it.
pub(super) fn read<'d>(
    section: &Section<'d>,
    registry: &Registry,
    meals: Option<&[MealWindow]>,
) -> (Outline<'d>, Option<Benefit>) {
    let named = |field: Field<'d>| field.id().map(|name| (name, field));
    let id = section.need("id", "\"…\"").and_then(named);
    let kind = section.need("kind", "\"diner\"").and_then(|f| f.choice(&KINDS).map(|kind| (kind, f)));
    let group = section.get("group").and_then(named);
    let requires = section.get("requires").and_then(|f| f.list(MAX_LIST)).unwrap_or_default();
    let requires: Vec<_> = requires.into_iter().filter_map(named).collect();
    let outline = Outline { id, kind, group, requires };
    let benefit = read_rest(section, &outline, registry, meals);
    (outline, benefit)
}

fn read_rest(
    section: &Section<'_>,
    outline: &Outline<'_>,
    registry: &Registry,
    meals: Option<&[MealWindow]>,
) -> Option<Benefit> {
    let label = section.get("label").map(|f| f.label());
    let amount = section.need("amount", AMOUNT_FORMS).and_then(|f| read_amount(&f));
    let base = section.get("base").and_then(|f| f.choice(&[("price", Base::Price), ("remaining", Base::Remaining)]));
    let per_person_day = section.get("per").and_then(|f| f.choice(&[("meal", false), ("person_day", true)]));
    let payers = read_payers(section, outline.kind.as_ref().map(|(kind, _)| *kind));
    let payer_of = section.get("payer_of");
    let payer_of = payer_of.and_then(|f| f.choice(&[("canteen", PayerOf::Canteen), ("hukou", PayerOf::Hukou)]));
    let elder = section.get("elder").map_or(Some(ElderCondition::default()), |f| read_elder(&f, registry));
    let tags = section.section("canteen", &["tags"]).and_then(|s| s.get("tags"));
    let tags = tags.map_or(Some(Vec::new()), |f| read_tags(&f, registry));
    let meal = section.get("meal").map_or(Some(MealCondition::default()), |f| read_meal(&f, meals));
    let mut limit = section.get("limit").map_or(Some(Limit::default()), |f| read_limit(&f, outline.group.is_some()))?;
    if per_person_day == Some(true) {
        limit.per_day = Some(1);
    }
    let id = outline.id.as_ref()?.0.to_owned();
    let payers = payers?;
    Some(Benefit {
        label: label.map_or(Some(id.as_str()), |label| label)?.to_owned(),
        id,
        kind: outline.kind.as_ref()?.0,
        amount: amount?,
        base: base.unwrap_or_default(),
        group: outline.group.as_ref().map(|(name, _)| (*name).to_owned()),
        weights: payers.iter().map(|p| p.weight).collect(),
        payers,
        payer_of: payer_of.unwrap_or_default(),
        requires: outline.requires.iter().map(|(name, _)| (*name).to_owned()).collect(),
        required: Vec::new(),
        elder: elder?,
        tags: tags?,
        meal: meal?,
        limit,
    })
}

const AMOUNT_FORMS: &str = "{ fixed | up_to | percent (, cap) | own_payment }";

fn read_amount(field: &Field<'_>) -> Option<Amount> {
    let section = field.section(&["fixed", "up_to", "percent", "cap", "own_payment"])?;
    let (percent, cap) = (section.get("percent"), section.get("cap"));
    let money = ["fixed", "up_to", "own_payment"].map(|key| section.get(key));
    let forms = money.iter().flatten().count() + usize::from(percent.is_some());
    let cap_alone = cap.is_some() && percent.is_none();
    if forms != 1 || cap_alone {
        field.refuse(Code::AmountForm, AMOUNT_FORMS);
    }
    let cap = cap.map(|f| f.money());
    let rate = percent.map(|f| f.percent());
    let [fixed, up_to, own_payment] = money.map(|field| field.map(|f| f.money()));
    if forms != 1 || cap_alone {
        return None;
    }
    match (fixed, up_to, own_payment, rate) {
        (Some(amount), ..) => amount.map(Amount::Fixed),
        (_, Some(amount), ..) => amount.map(Amount::UpTo),
        (_, _, Some(amount), _) => amount.map(Amount::OwnPayment),
        (_, _, _, rate) => {
            let cap = match cap {
                Some(cap) => Some(cap?),
                None => None,
            };
            Some(Amount::Percent { rate: rate.flatten()?, cap })
        }
    }
}

fn read_payers(section: &Section<'_>, kind: Option<Kind>) -> Option<Vec<PayerWeight>> {
    let expected = "{ city = 1 }";
    let field = section.get("payers");
    match (&field, kind) {
        (Some(field), Some(Kind::Concession)) => {
            field.refuse(Code::ConcessionPayers, "");
            return None;
        }
        (None, Some(Kind::Concession)) => return Some(Vec::new()),
        (None, Some(_)) => section.refuse(Code::PayersMissing, expected),
        (Some(_), _) | (None, None) => {}
    }
    let field = field?;
    let entries = field.table()?.entries();
    if entries.is_empty() {
        field.refuse(Code::PayersMissing, expected);
        return None;
    }
    let read = |(name, weight): &(&str, Field<'_>)| {
        if !is_name(name) {
            weight.refuse(Code::BadName, expected);
            return None;
        }
        let weight = u32::try_from(weight.number(0..=1_000_000)?).ok()?;
        let level = LEVELS.iter().find(|(level, _)| level == name).map(|(_, level)| *level);
        Some(PayerWeight { name: (*name).to_owned(), level, weight })
    };
    let payers: Vec<Option<PayerWeight>> = entries.iter().map(read).collect();
    let payers = payers.into_iter().collect::<Option<Vec<_>>>()?;
    if payers.iter().all(|p| p.weight == 0) {
        field.refuse(Code::WeightsZero, expected);
        return None;
    }
    Some(payers)
}

fn read_tags(field: &Field<'_>, registry: &Registry) -> Option<Vec<String>> {
    let read = |field: &Field<'_>| {
        let tag = field.id()?;
        if !registry.has_tag(tag) {
            field.refuse(Code::TagUnknown, &registry.tags().collect::<Vec<_>>().join(" | "));
            return None;
        }
        Some(tag.to_owned())
    };
    all(&field.list(MAX_LIST)?, read)
}

fn read_elder(field: &Field<'_>, registry: &Registry) -> Option<ElderCondition> {
    let section = field.section(&[
        "age",
        "any_of",
        "all_of",
        "none_of",
        "hukou",
        "hukou_not",
        "residence",
        "residence_not",
        "hukou_same",
        "residence_same",
    ])?;
    let tests = |key| section.get(key).map_or(Some(Vec::new()), |f| read_tests(&f, registry));
    let regions = |key| section.get(key).map_or(Some(Vec::new()), |f| f.regions());
    let level = |key| section.get(key).map_or(Some(None), |f| f.choice(&LEVELS).map(Some));
    let age = section.get("age").map_or(Some(None), |f| read_age(&f).map(Some));
    let [any_of, all_of, none_of] = ["any_of", "all_of", "none_of"].map(tests);
    let [hukou, hukou_not, residence, residence_not] =
        ["hukou", "hukou_not", "residence", "residence_not"].map(regions);
    let [hukou_same, residence_same] = ["hukou_same", "residence_same"].map(level);
    Some(ElderCondition {
        age: age?,
        any_of: any_of?,
        all_of: all_of?,
        none_of: none_of?,
        hukou: hukou?,
        hukou_not: hukou_not?,
        residence: residence?,
        residence_not: residence_not?,
        hukou_same: hukou_same?,
        residence_same: residence_same?,
    })
}

fn read_age(field: &Field<'_>) -> Option<AgeBand> {
    let section = field.section(&["min", "max"])?;
    let bound = |key| section.get(key).and_then(|f| f.number(0..=150)).and_then(|n| u8::try_from(n).ok());
    let band = AgeBand { min: bound("min"), max: bound("max") };
    let reversed = matches!((band.min, band.max), (Some(min), Some(max)) if min > max);
    if reversed || section.entries().is_empty() {
        field.refuse(Code::AgeBandEmpty, "{ min = 60, max = 69 }");
        return None;
    }
    Some(band)
}

fn read_tests(field: &Field<'_>, registry: &Registry) -> Option<Vec<CategoryTest>> {
    all(&field.list(MAX_LIST)?, |f| read_test(f, registry))
}

/// `"特困"`, `{ name = "失能", min_level = 2 }` or `{ name = "重残", levels = [1, 2] }`.
fn read_test(field: &Field<'_>, registry: &Registry) -> Option<CategoryTest> {
    if !field.is_table() {
        return known_category(field, registry).map(|name| CategoryTest { name, levels: Levels::Any });
    }
    let section = field.section(&["name", "min_level", "levels"])?;
    let name = section.need("name", "\"失能\"").and_then(|f| known_category(&f, registry));
    let (least, listed) = (section.get("min_level"), section.get("levels"));
    let scale = registry.category(name.as_deref()?)?;
    let most = i64::from(scale.most);
    let level = |f: &Field<'_>| {
        let level = f.number(i64::MIN..=i64::MAX)?;
        if (1..=most).contains(&level) {
            return u8::try_from(level).ok();
        }
        f.refuse(Code::LevelUnknown, &if most == 0 { "∅".to_owned() } else { format!("1–{most}") });
        None
    };
    let levels = match (&least, &listed) {
        (Some(_), Some(listed)) => {
            listed.refuse(Code::WrongType, "min_level | levels");
            return None;
        }
        (Some(least), None) if most > 0 && !scale.upward => {
            least.refuse(Code::LevelUnordered, "levels = [1, 2]");
            return None;
        }
        (Some(least), None) => Levels::AtLeast(level(least)?),
        (None, Some(listed)) => Levels::OneOf(all(&listed.some_list()?, level)?),
        (None, None) => Levels::Any,
    };
    Some(CategoryTest { name: name?, levels })
}

fn known_category(field: &Field<'_>, registry: &Registry) -> Option<String> {
    let name = field.text()?;
    if registry.category(name).is_none() {
        field.refuse(Code::CategoryUnknown, &registry.categories().collect::<Vec<_>>().join(" | "));
        return None;
    }
    Some(name.to_owned())
}

fn read_meal(field: &Field<'_>, meals: Option<&[MealWindow]>) -> Option<MealCondition> {
    let section = field.section(&["periods", "modes", "days", "except_holidays", "price"])?;
    let periods = section.get("periods").map_or(Some(Vec::new()), |f| read_periods(&f, meals));
    let modes = section.get("modes").map_or(Some(Vec::new()), |f| all(&f.some_list()?, |f| f.choice(&MODES)));
    let days = section.get("days").map_or(Some(None), |f| read_days(&f).map(Some));
    let except_holidays = section.get("except_holidays").map_or(Some(false), |f| f.flag());
    let price = section.get("price").map_or(Some(None), |f| read_price(&f).map(Some));
    Some(MealCondition {
        periods: periods?,
        modes: modes?,
        days: days?,
        except_holidays: except_holidays?,
        price: price?,
    })
}

fn read_periods(field: &Field<'_>, meals: Option<&[MealWindow]>) -> Option<Vec<MealPeriod>> {
    let read = |field: &Field<'_>| {
        let period = field.text()?.parse::<MealPeriod>().ok();
        let known = |p: &MealPeriod| meals.is_none_or(|meals| meals.iter().any(|m| m.period == *p));
        let period = period.filter(known);
        if period.is_none() {
            let names: Vec<_> = meals.unwrap_or_default().iter().map(|m| m.period.as_str()).collect();
            field.refuse(Code::PeriodUnknown, &names.join(" | "));
        }
        period
    };
    all(&field.some_list()?, read)
}

fn read_days(field: &Field<'_>) -> Option<Days> {
    if !field.is_list() {
        return field.choice(&[("workday", Days::Workday)]);
    }
    let mut days = all(&field.some_list()?, |f| f.choice(&WEEKDAYS))?;
    days.sort_unstable();
    days.dedup();
    Some(Days::Weekdays(days))
}

fn read_price(field: &Field<'_>) -> Option<PriceBand> {
    let section = field.section(&["min", "min_exclusive", "max", "max_exclusive"])?;
    let bound = |key| section.get(key).map(|f| f.money());
    let exclusive = |key| section.get(key).and_then(|f| f.flag()).unwrap_or(false);
    let (min, max) = (bound("min"), bound("max"));
    let (min_exclusive, max_exclusive) = (exclusive("min_exclusive"), exclusive("max_exclusive"));
    let unbounded = (min.is_none() && (max.is_none() || min_exclusive)) || (max.is_none() && max_exclusive);
    let (min, max) = (min.map_or(Some(None), |m| m.map(Some))?, max.map_or(Some(None), |m| m.map(Some))?);
    let empty = matches!((min, max), (Some(min), Some(max))
        if min > max || (min == max && (min_exclusive || max_exclusive)));
    if unbounded || empty {
        field.refuse(Code::PriceBandEmpty, "{ min = \"5.00\", min_exclusive = true, max = \"10.00\" }");
        return None;
    }
    Some(PriceBand { min, min_exclusive, max, max_exclusive })
}

fn read_limit(field: &Field<'_>, grouped: bool) -> Option<Limit> {
    let section = field.section(&["per_day", "per_week", "per_month", "per_month_amount", "scope"])?;
    let count = |key| section.get(key).map_or(Some(None), |f| f.count().map(Some));
    let [per_day, per_week, per_month] = ["per_day", "per_week", "per_month"].map(count);
    let amount = section.get("per_month_amount").map_or(Some(None), |f| f.money().map(Some));
    let scope = section.get("scope");
    let chosen = scope.as_ref().and_then(|f| f.choice(&[("benefit", Scope::Benefit), ("group", Scope::Group)]));
    if let (Some(field), Some(Scope::Group), false) = (&scope, chosen, grouped) {
        field.refuse(Code::ScopeWithoutGroup, "group = \"…\"");
    }
    Some(Limit {
        per_day: per_day?,
        per_week: per_week?,
        per_month: per_month?,
        per_month_amount: amount?,
        scope: chosen.unwrap_or_default(),
    })
}
