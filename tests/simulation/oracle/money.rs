//! The closes and statements against the naive count.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::BusinessDate;
use domain::decision::Kind;
use domain::id::{CanteenId, Digest, RecordId};
use domain::reconciliation::{Code, DayClose};
use domain::record::{Body, Record};
use domain::settlement::{Reason, Statement};
use server::store::Json;
use server::store::records::Decoded;
use server::{Server, sql};

use super::hold;
use super::naive::{self, Meal, Paid};
use crate::model::Model;

/// A record at the office: itself, whether disputed, whether a draft froze it.
type Stored = (Record, bool, Option<i64>);
/// The last close of each day that is not touched since.
type Closes = BTreeMap<(usize, BusinessDate), DayClose>;

/// Everything that is looked at, read in one go.
pub(crate) struct Books {
    pub(crate) records: Vec<Stored>,
    pub(crate) closes: Closes,
    /// Uses of the limit by the last closes: elder, date, lines.
    pub(crate) statements: Vec<Statement>,
    /// Days that some current statement has settled.
    settled: BTreeSet<(usize, BusinessDate)>,
}

type StatementRow = (Json<Statement>,);

impl Books {
    pub(crate) async fn read(server: &Server, canteens: &[CanteenId]) -> anyhow::Result<Self> {
        let store = &server.office().store;
        let records: Vec<(Decoded, bool, Option<i64>)> = store
            .read(|tx| {
                Box::pin(async move {
                    sql!(
                        tx,
                        "SELECT r.bytes, r.outcome = 'disputed', (SELECT m.frozen_in FROM elder_meals m \
                         WHERE m.canteen = r.canteen AND m.record = r.id) \
                         FROM records r ORDER BY r.canteen, r.terminal, r.epoch, r.sequence"
                    )
                    .all()
                    .await
                })
            })
            .await?;
        let closes: Vec<(CanteenId, BusinessDate, Json<DayClose>)> = store
            .read(|tx| {
                Box::pin(async move {
                    sql!(
                        tx,
                        "SELECT d.canteen, d.date, d.content FROM day_closes d JOIN day_states s \
                         ON s.canteen = d.canteen AND s.date = d.date AND s.version = s.closed_version \
                         WHERE d.revision = (SELECT MAX(l.revision) FROM day_closes l \
                         WHERE l.canteen = d.canteen AND l.date = d.date)"
                    )
                    .all()
                    .await
                })
            })
            .await?;
        let statements: Vec<StatementRow> = store
            .read(|tx| {
                Box::pin(async move {
                    sql!(
                        tx,
                        "SELECT s.content FROM statements s JOIN settlements m ON m.region = s.region \
                         AND m.month = s.month AND m.version = s.version ORDER BY s.month, s.number"
                    )
                    .all()
                    .await
                })
            })
            .await?;
        let place = |id: CanteenId| canteens.iter().position(|c| *c == id).unwrap_or(usize::MAX);
        let statements: Vec<Statement> = statements.into_iter().map(|(Json(statement),)| statement).collect();
        let settled =
            statements.iter().flat_map(|s| s.settles.iter().map(|(date, _)| (place(s.canteen), *date))).collect();
        Ok(Self {
            records: records.into_iter().map(|(record, disputed, frozen)| (record.0, disputed, frozen)).collect(),
            closes: closes.into_iter().map(|(canteen, date, Json(close))| ((place(canteen), date), close)).collect(),
            statements,
            settled,
        })
    }

    /// Whether a void of the same terminal and shift stands behind a meal.
    pub(crate) fn is_voided(&self, meal: &Record) -> bool {
        self.records.iter().any(|(void, ..)| {
            matches!(void.body, Body::Void { meal: of, .. } if of == meal.id)
                && (void.terminal, void.shift) == (meal.terminal, meal.shift)
                && (void.epoch, void.sequence) > (meal.epoch, meal.sequence)
        })
    }

    fn meals(&self, canteens: &[CanteenId], model: &Model) -> Vec<Meal> {
        let meal = |(record, disputed, frozen): &Stored| {
            let Body::Meal(meal) = &record.body else { return None };
            if self.is_voided(record) {
                return None;
            }
            let line = |kind| meal.decision.lines.iter().find(|line| line.kind == kind);
            Some(Meal {
                id: record.id,
                canteen: canteens.iter().position(|c| *c == record.canteen)?,
                elder: meal.diner.as_ref().and_then(|diner| model.elder(diner.elder)),
                at: record.at,
                date: record.at.business_date(),
                price: meal.decision.price.get(),
                given: line(Kind::Diner).map(|line| (line.benefit.clone(), line.amount.get())),
                operator: line(Kind::Operator).map_or(0, |line| line.amount.get()),
                disputed: *disputed,
                frozen: *frozen,
            })
        };
        self.records.iter().filter_map(meal).collect()
    }
}

/// Whether closes and statements say what the naive count says. All days are closed.
pub(crate) fn agree(books: &Books, canteens: &[CanteenId], model: &Model) -> anyhow::Result<()> {
    let meals = books.meals(canteens, model);
    let paid = naive::paid(&meals, model);
    limits(&meals, &paid)?;
    for ((canteen, date), close) in &books.closes {
        covers(books, (canteens[*canteen], *date), close)?;
        let of_day: Vec<&Meal> = meals.iter().filter(|m| (m.canteen, m.date) == (*canteen, *date)).collect();
        day(close, &of_day, &paid)?;
    }
    let open = meals.iter().find(|meal| !books.closes.contains_key(&(meal.canteen, meal.date)));
    hold!(open.is_none(), "11 every meal is in exactly one close", "{open:?} is in none");
    for (place, id) in canteens.iter().enumerate() {
        canteen(books, place, *id, (&meals, &paid), model)?;
    }
    Ok(())
}

fn limits(meals: &[Meal], paid: &BTreeMap<RecordId, Paid>) -> anyhow::Result<()> {
    let mut uses: BTreeMap<(usize, BusinessDate), u32> = BTreeMap::new();
    for meal in meals.iter().filter(|meal| paid.get(&meal.id).is_some_and(|paid| paid.uses)) {
        let Some(elder) = meal.elder else { continue };
        *uses.entry((elder, meal.date)).or_default() += 1;
        let week: u32 = uses
            .iter()
            .filter(|((who, date), _)| *who == elder && date.monday() == meal.date.monday())
            .map(|(_, n)| n)
            .sum();
        hold!(
            uses[&(elder, meal.date)] <= 1 && week <= 3,
            "4 what is due never passes the limits",
            "elder {elder}, {}",
            meal.date
        );
    }
    Ok(())
}

/// The close covers exactly the records of its day.
fn covers(books: &Books, (canteen, date): (CanteenId, BusinessDate), close: &DayClose) -> anyhow::Result<()> {
    let of_day = books.records.iter().filter(|(r, ..)| r.canteen == canteen && r.at.business_date() == date);
    let mut ids: Vec<RecordId> = of_day.map(|(record, ..)| record.id).collect();
    ids.sort_unstable();
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.uuid().into_bytes()).collect();
    hold!(
        close.covers == Digest::of("zhucan.covers.1", &[&bytes]) && close.records as usize == ids.len(),
        "11 every record is in exactly one close",
        "{canteen} {date}: the close covers {} records, there are {}",
        close.records,
        ids.len()
    );
    Ok(())
}

fn day(close: &DayClose, meals: &[&Meal], paid: &BTreeMap<RecordId, Paid>) -> anyhow::Result<()> {
    let what = |name: &str| format!("{} {}: {name}", close.canteen, close.date);
    let (count, amount) = (meals.len(), meals.iter().map(|m| m.price).sum::<i64>());
    hold!(
        (close.meals.count as usize, close.meals.amount.get()) == (count, amount),
        "11 a close counts its meals",
        "{}: {:?}, counted {count} for {amount}",
        what("meals"),
        close.meals
    );
    let own: i64 = meals.iter().map(|m| m.price - m.given.as_ref().map_or(0, |(_, amount)| *amount)).sum();
    hold!(
        close.own_payment.get() == own,
        "1 price = subsidy + own payment",
        "{}: {} and {own}",
        what("own"),
        close.own_payment
    );
    let of = |meal: &&&Meal| paid.get(&meal.id).copied();
    let naive: i64 = meals.iter().filter_map(|m| of(&m)).map(|p| p.diner + p.operator).sum();
    let shares = close.tiers.iter().map(|t| &t.shares).chain(close.corrections.iter().map(|c| &c.shares));
    let says: i64 = shares.map(|s| s.total().get()).sum();
    if says != naive {
        let list: Vec<String> = meals.iter().map(|m| format!("{m:?} -> {:?}", paid.get(&m.id))).collect();
        hold!(
            false,
            "11 a close = the naive count",
            "{}: {says} fen, counted {naive}\n{}\n{:#?}",
            what("paid"),
            list.join("\n"),
            close.corrections
        );
    }
    let differing: BTreeSet<RecordId> =
        meals.iter().filter(|m| of(m).is_some_and(|p| p.differs)).map(|m| m.id).collect();
    let about = |code| matches!(code, Code::OverLimit | Code::NotEligible | Code::StaleDecision | Code::Disputed);
    let told = close.findings.iter().filter(|f| about(f.code)).flat_map(|f| f.evidence.iter().copied());
    let told: BTreeSet<RecordId> = told.collect();
    hold!(
        told == differing,
        "4 no silent difference",
        "{}: findings {told:?}, counted {differing:?}",
        what("findings")
    );
    Ok(())
}

/// Over all statements a canteen is paid what the closes of the settled days say, less what waits.
fn canteen(
    books: &Books,
    place: usize,
    id: CanteenId,
    (meals, paid): (&[Meal], &BTreeMap<RecordId, Paid>),
    model: &Model,
) -> anyhow::Result<()> {
    let statements = books.statements.iter().filter(|s| s.canteen == id);
    let (mut says, mut carried) = (0, 0);
    for statement in statements {
        says += statement.payers.iter().map(|p| p.payable.get() + p.carried.get()).sum::<i64>();
        let lines = statement.changes.iter().filter(|line| line.reason == Reason::Carried);
        carried += lines.map(|line| line.amount.get()).sum::<i64>();
    }
    let waits = |meal: &Meal| {
        model.told.second_rules.is_some_and(|from| meal.date >= from) && model.grade(place, meal.date) == "C"
    };
    let settled = meals.iter().filter(|m| m.canteen == place && books.settled.contains(&(place, m.date)));
    let naive: i64 = settled.filter(|m| !waits(m)).filter_map(|m| paid.get(&m.id)).map(|p| p.diner + p.operator).sum();
    hold!(
        says - carried == naive,
        "11 statements = the naive count",
        "canteen {place}: statements {says} less carried {carried}, counted {naive}"
    );
    Ok(())
}
