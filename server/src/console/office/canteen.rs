//! `/console/canteens/{id}`: one canteen: its facts with when they were learned and what they did to money, prices,
//! terminals, cashiers and settings; and the forms for those who may change them.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::calendar::{BusinessDate, MealPeriod};
use domain::canteen::{Canteen, CanteenFactKind, Filing, Licence, Standing};
use domain::credential::{ReaderDigits, ReaderFormat};
use domain::decision::PolicyRef;
use domain::id::CanteenId;
use domain::money::Fen;
use domain::policy::Effect;
use domain::reconciliation::DayClose;
use domain::sync::{ListPrice, OfflineLimits};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::canteen_words::Words;
use super::canteens::{Chip, HOME, chips};
use super::proposals::{self as waiting, Waiting};
use super::words::Words as Common;
use super::{ago, amount, correction_words, date, person, read, typed};
use crate::Office;
use crate::admin::{NewCashier, Proposed};
use crate::audit::Action;
use crate::console::lang::fill;
use crate::console::month::gate;
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Form, Path};
use crate::http::demands::close_canteen;
use crate::http::routes::Routes;
use crate::http::{Answer, Problem, of_canteen};
use crate::people::Right;
use crate::store::canteens::{CanteenRow, Settings};
use crate::store::people::UserRow;
use crate::store::register::FactRow;
use crate::store::terminals::TerminalRow;
use crate::store::{canteens, demands, people, proposals, register, terminals};
use crate::words::{Code, office as said};

const HOUR: i64 = 60 * 60 * 1000;

/// A fact as it stands on the page.
struct Fact {
    valid_from: String,
    known_from: String,
    /// It was learned after the day from which it holds.
    late: bool,
    chips: Vec<Chip>,
    tags: Option<String>,
    by: String,
}

/// A gate that acted on the month's money.
struct Hit {
    effect: &'static str,
    days: String,
    dates: String,
    meals: String,
    amount: String,
    reason: String,
}

/// A list price as it stands on the page.
struct Price {
    valid_from: String,
    period: String,
    amount: String,
    state: &'static str,
    class: &'static str,
}

/// A terminal as it stands on the page.
struct Till {
    link: String,
    fingerprint: String,
    seen: String,
    unsent: String,
    in_use: bool,
}

#[derive(Template)]
#[template(path = "console/office/canteen.html")]
struct CanteenPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    k: &'static correction_words::Words,
    row: CanteenRow,
    corrections: Vec<correction_words::Told>,
    chips: Vec<Chip>,
    facts: Vec<Fact>,
    hits: Vec<Hit>,
    prices: Vec<Price>,
    waiting: Vec<Waiting>,
    terminals: Vec<Till>,
    cashiers: Vec<(String, bool)>,
    /// When and why it was closed for good.
    closed: Option<String>,
    soft: i64,
    hard: String,
    reader: &'static str,
    base: String,
    home: String,
    today: BusinessDate,
    manages: bool,
    proposes: bool,
    pays: bool,
}

impl CanteenPage {
    fn post(&self, what: &str) -> String {
        self.shell.view.link(&format!("{}/{what}", self.base))
    }
}

#[derive(Deserialize)]
struct NewStanding {
    valid_from: String,
    grade: String,
    risk: String,
    licence: String,
    filing: String,
    kitchen: String,
    stars: String,
}

#[derive(Deserialize)]
struct NewTags {
    valid_from: String,
    tags: String,
}

#[derive(Deserialize)]
struct NewPrice {
    valid_from: String,
    period: String,
    price: String,
}

#[derive(Deserialize)]
struct NewPayee {
    bank: String,
    account_name: String,
    account: Zeroizing<String>,
}

#[derive(Deserialize)]
struct Cashier {
    name: String,
    pin: Zeroizing<String>,
    #[serde(default)]
    supervisor: String,
}

#[derive(Deserialize)]
struct Close {
    last_day: String,
    reason: String,
}

#[derive(Deserialize)]
struct NewSettings {
    soft: String,
    hard: String,
    reader: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/console/canteens/{id}", show)
        .post("/console/canteens/{id}/standing", Action::CanteenFact, add_standing)
        .post("/console/canteens/{id}/tags", Action::CanteenFact, add_tags)
        .post("/console/canteens/{id}/prices", Action::ProposalMake, propose_price)
        .post("/console/canteens/{id}/payee", Action::ProposalMake, propose_payee)
        .post("/console/canteens/{id}/cashiers", Action::CashierAdd, add_cashier)
        .post("/console/canteens/{id}/settings", Action::CanteenSettings, set)
        .post("/console/canteens/{id}/closure", Action::CanteenClose, close)
}

async fn show(State(office): State<Arc<Office>>, view: View, Path(id): Path<CanteenId>) -> Answer<Page> {
    let row = of_canteen(&office, &view.user, Right::Read, id).await?;
    let (month, region, staff_region) = (view.month, row.region.clone(), view.user.region.clone());
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            Ok((
                register::facts_of(tx, id).await?,
                register::closes_of(tx, id, month).await?,
                canteens::prices(tx, id).await?,
                terminals::of_canteen(tx, id).await?,
                canteens::cashiers(tx, id).await?,
                canteens::settings(tx, id).await?,
                proposals::open(tx, &region).await?,
                people::inside(tx, &staff_region).await?,
                demands::closure(tx, id).await?,
            ))
        })
    });
    let (facts, closes, prices, tills, cashiers, settings, open, staff, closure) = read.await?;
    let corrections = correction_words::told(office.canteen_corrections(id).await?, &staff, view.lang);
    let (w, c, rights) = (Words::of(view.lang), Common::of(view.lang), view.user.role.rights());
    let known: Vec<_> = facts.iter().rev().map(|row| row.fact.0.clone()).collect();
    let canteen = Canteen { id, region: row.region.clone(), facts: known };
    let open = open.into_iter().filter(|row| row.canteen == Some(id));
    let waiting = open.map(|row| waiting::shown(&office, row, &staff, &view)).collect::<Result<_, _>>()?;
    Page::of(&CanteenPage {
        chips: chips(&canteen.on(view.now.business_date(), view.now).standing, w).0,
        facts: facts.iter().map(|row| fact(row, &staff, &view)).collect(),
        hits: hits(&closes, &view),
        prices: price_list(prices, &view),
        waiting,
        terminals: tills.into_iter().map(|row| till(&row, &view)).collect(),
        cashiers: cashiers.into_iter().map(|row| (row.name, row.supervisor)).collect(),
        closed: closure.map(|closure| {
            let day = fmt::full_day(closure.last_day, view.lang);
            fill(w.closed_on, &[("day", &day), ("reason", &closure.reason)])
        }),
        soft: settings.offline.soft_ms / HOUR,
        hard: settings.offline.hard_ms.map(|ms| (ms / HOUR).to_string()).unwrap_or_default(),
        reader: reader_name(settings.reader),
        base: format!("{HOME}/{id}"),
        home: view.link(HOME),
        today: view.now.business_date(),
        manages: rights.contains(&Right::ManageCanteens),
        proposes: rights.contains(&Right::ApprovePrices),
        pays: rights.contains(&Right::MakeMonth),
        shell: view.shell(HOME, row.name.clone()),
        row,
        corrections,
        w,
        c,
        k: correction_words::Words::of(view.lang),
    })
}

fn fact(row: &FactRow, staff: &[UserRow], view: &View) -> Fact {
    let (w, fact) = (Words::of(view.lang), &row.fact.0);
    let (shown, tags) = match &fact.kind {
        CanteenFactKind::Standing { standing } => (chips(standing, w).0, None),
        CanteenFactKind::Tags { tags } => {
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            (Vec::new(), Some(tags.join(view.lang.of("、", ", "))))
        }
    };
    Fact {
        valid_from: fmt::full_day(fact.valid_from, view.lang),
        known_from: format!("{} {}", fmt::full_day(fact.known_from.local_date(), view.lang), fmt::hm(fact.known_from)),
        late: fact.known_from.business_date() > fact.valid_from,
        chips: shown,
        tags,
        by: row.recorded_by.map_or_else(|| Common::of(view.lang).system.to_owned(), |by| person(staff, by, view.lang)),
    }
}

/// A gate of a policy version, with its reason.
type GateOf<'c> = (&'c PolicyRef, usize, &'c str);
/// What it did: its effect, on which days, to how many meals and how much.
type Acted = (Effect, Vec<BusinessDate>, u32, Fen);

/// The gates of a month's closes, each with its days and the subsidy of the kinds that it acts on.
fn hits(closes: &[DayClose], view: &View) -> Vec<Hit> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let mut by_gate: BTreeMap<GateOf<'_>, Acted> = BTreeMap::new();
    for close in closes {
        for hit in &close.standing {
            let of = close.tiers.iter().filter(|tier| tier.policy == hit.policy && hit.kinds.contains(&tier.kind));
            let amount: Fen = of.map(|tier| tier.standard.times(i64::from(tier.count))).sum();
            let key = (&hit.policy, hit.gate, hit.reason.as_str());
            let slot = by_gate.entry(key).or_insert_with(|| (hit.effect, Vec::new(), 0, Fen::ZERO));
            slot.1.push(close.date);
            slot.2 += close.subsidised.count;
            slot.3 += amount;
        }
    }
    let shown = |((_, _, reason), (effect, dates, meals, amount)): (GateOf<'_>, Acted)| Hit {
        effect: w.effect(effect),
        days: fill(w.on_days_n, &[("n", &dates.len())]),
        dates: spans(&dates).iter().map(|(a, b)| span(*a, *b, lang)).collect::<Vec<_>>().join(lang.of("、", ", ")),
        meals: fmt::count(meals),
        amount: fmt::dash(&amount),
        reason: gate(lang, reason),
    };
    by_gate.into_iter().map(shown).collect()
}

/// Dates in a row, as first and last.
fn spans(dates: &[BusinessDate]) -> Vec<(BusinessDate, BusinessDate)> {
    let mut spans: Vec<(BusinessDate, BusinessDate)> = Vec::new();
    for date in dates {
        match spans.last_mut() {
            Some((_, last)) if last.plus_days(1) == *date => *last = *date,
            _ => spans.push((*date, *date)),
        }
    }
    spans
}

fn span(first: BusinessDate, last: BusinessDate, lang: crate::console::lang::Lang) -> String {
    if first == last { fmt::day(first, lang) } else { format!("{}–{}", fmt::day(first, lang), fmt::day(last, lang)) }
}

/// The list by meal, the latest first; of two for the same day the one learned last holds.
fn price_list(prices: Vec<ListPrice>, view: &View) -> Vec<Price> {
    let (w, today) = (Words::of(view.lang), view.now.business_date());
    let mut by_period: BTreeMap<MealPeriod, Vec<ListPrice>> = BTreeMap::new();
    for price in prices {
        by_period.entry(price.period.clone()).or_default().push(price);
    }
    let mut shown = Vec::new();
    for (period, mut list) in by_period {
        // Stable: of two for the same day, the one learned last comes first.
        list.reverse();
        list.sort_by_key(|price| std::cmp::Reverse(price.valid_from));
        let mut in_force = false;
        let mut before = None;
        for price in list {
            let replaced = before == Some(price.valid_from);
            let (state, class) = if price.valid_from > today && !replaced {
                (w.coming, "")
            } else if !in_force && !replaced {
                in_force = true;
                (w.in_force, "chip-ok")
            } else {
                (w.past, "chip-off")
            };
            before = Some(price.valid_from);
            shown.push(Price {
                valid_from: fmt::full_day(price.valid_from, view.lang),
                period: domain::words::period_name(&period, view.lang.domain()),
                amount: fmt::yuan(&price.price),
                state,
                class,
            });
        }
    }
    shown
}

fn till(row: &TerminalRow, view: &View) -> Till {
    let c = Common::of(view.lang);
    Till {
        link: view.link(&format!("{}/{}", super::terminals::HOME, row.id)),
        fingerprint: row.fingerprint(),
        seen: row.seen_at.map_or_else(|| c.never.to_owned(), |at| ago(at, view.now, c)),
        unsent: row.unsent.map_or_else(|| "—".to_owned(), fmt::count),
        in_use: row.confirmed_at.is_some() && row.revoked_at.is_none(),
    }
}

const fn reader_name(reader: Option<ReaderFormat>) -> &'static str {
    match reader {
        None => "",
        Some(ReaderFormat { digits: ReaderDigits::Hex, reversed: false }) => "hex",
        Some(ReaderFormat { digits: ReaderDigits::Hex, reversed: true }) => "hex_reversed",
        Some(ReaderFormat { digits: ReaderDigits::Decimal, reversed: false }) => "decimal",
        Some(ReaderFormat { digits: ReaderDigits::Decimal, reversed: true }) => "decimal_reversed",
    }
}

fn reader(name: &str) -> Result<Option<ReaderFormat>, Problem> {
    Ok(Some(match name {
        "" => return Ok(None),
        "hex" => ReaderFormat { digits: ReaderDigits::Hex, reversed: false },
        "hex_reversed" => ReaderFormat { digits: ReaderDigits::Hex, reversed: true },
        "decimal" => ReaderFormat { digits: ReaderDigits::Decimal, reversed: false },
        "decimal_reversed" => ReaderFormat { digits: ReaderDigits::Decimal, reversed: true },
        _ => return Err(Problem::new(Code::Invalid, said::CHOOSE)),
    }))
}

fn done(view: &View, id: CanteenId, word: &str) -> Redirect {
    Redirect::to(&view.link(&format!("{HOME}/{id}?done={word}")))
}

async fn add_standing(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(new): Form<NewStanding>,
) -> Answer<Redirect> {
    of_canteen(&office, &view.user, Right::ManageCanteens, id).await?;
    let choose = || Problem::new(Code::Invalid, said::CHOOSE);
    let standing = Standing {
        licence: match new.licence.as_str() {
            "valid" => Licence::Valid,
            "expired" => Licence::Expired,
            "revoked" => Licence::Revoked,
            _ => return Err(choose()),
        },
        filing: match new.filing.as_str() {
            "active" => Filing::Active,
            "inactive" => Filing::Inactive,
            _ => return Err(choose()),
        },
        sunshine_kitchen: match new.kitchen.as_str() {
            "" => None,
            "yes" => Some(true),
            "no" => Some(false),
            _ => return Err(choose()),
        },
        stars: read(&new.stars, said::COUNT)?,
        quality_grade: new.grade,
        risk_level: new.risk,
    };
    let kind = CanteenFactKind::Standing { standing };
    office.add_canteen_fact(id, date(&new.valid_from)?, kind, Some(view.user.id)).await?;
    Ok(done(&view, id, "saved"))
}

async fn add_tags(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(new): Form<NewTags>,
) -> Answer<Redirect> {
    of_canteen(&office, &view.user, Right::ManageCanteens, id).await?;
    let tags = new.tags.split(['、', ',', '，', ' ', '\u{3000}']).filter_map(typed).map(str::to_owned).collect();
    let kind = CanteenFactKind::Tags { tags };
    office.add_canteen_fact(id, date(&new.valid_from)?, kind, Some(view.user.id)).await?;
    Ok(done(&view, id, "saved"))
}

async fn propose_price(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(new): Form<NewPrice>,
) -> Answer<Redirect> {
    let row = of_canteen(&office, &view.user, Right::ApprovePrices, id).await?;
    let period = super::wanted(&new.period, said::CHOOSE)?;
    let price = ListPrice { valid_from: date(&new.valid_from)?, period, price: amount(&new.price)? };
    office.propose(Proposed::Price { canteen: id, price }, row.region, view.user.id).await?;
    Ok(done(&view, id, "proposed"))
}

async fn propose_payee(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(new): Form<NewPayee>,
) -> Answer<Redirect> {
    let row = of_canteen(&office, &view.user, Right::MakeMonth, id).await?;
    view.present.require_fresh(office.now())?;
    let NewPayee { bank, account_name, account } = new;
    let what = Proposed::Payee { canteen: id, bank, account_name, account };
    office.propose(what, row.region, view.user.id).await?;
    Ok(done(&view, id, "proposed"))
}

async fn add_cashier(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(new): Form<Cashier>,
) -> Answer<Redirect> {
    of_canteen(&office, &view.user, Right::ManageCanteens, id).await?;
    let supervisor = typed(&new.supervisor).is_some();
    let new = NewCashier { name: new.name, pin: new.pin.as_str().to_owned(), supervisor };
    office.add_cashier(id, new, Some(view.user.id)).await?;
    Ok(done(&view, id, "saved"))
}

async fn set(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(new): Form<NewSettings>,
) -> Answer<Redirect> {
    of_canteen(&office, &view.user, Right::ManageCanteens, id).await?;
    // More hours than there are in a thousand years are no number of hours.
    let hours = |hours: i64| hours.clamp(0, 9_000_000) * HOUR;
    let soft_ms = hours(super::wanted(&new.soft, said::COUNT)?);
    let hard_ms = read(&new.hard, said::COUNT)?.map(hours);
    let settings = Settings { offline: OfflineLimits { soft_ms, hard_ms }, reader: reader(&new.reader)? };
    office.set_canteen(id, settings, Some(view.user.id)).await?;
    Ok(done(&view, id, "saved"))
}

async fn close(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(body): Form<Close>,
) -> Answer<Redirect> {
    close_canteen(&office, &view.user, id, date(&body.last_day)?, &body.reason).await?;
    Ok(done(&view, id, "saved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_a_row_are_one_span() {
        let day = |n| BusinessDate::new(2026, 3, n).unwrap();
        assert_eq!(spans(&[day(2), day(3), day(5)]), [(day(2), day(3)), (day(5), day(5))]);
        assert_eq!(span(day(2), day(3), crate::console::lang::Lang::En), "2 Mar–3 Mar");
    }

    #[test]
    fn every_readers_format_is_written_and_read() {
        for name in ["", "hex", "hex_reversed", "decimal", "decimal_reversed"] {
            assert_eq!(reader_name(reader(name).unwrap()), name);
        }
        assert!(reader("other").is_err());
    }
}
