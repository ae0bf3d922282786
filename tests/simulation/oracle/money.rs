//! The closes and statements against the naive count.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::BusinessDate;
use domain::decision::Kind;
use domain::id::{CanteenId, Digest, ElderId, RecordId, RefundId};
use domain::money::Fen;
use domain::reconciliation::{Code, DayClose};
use domain::record::{Body, Record};
use domain::settlement::{Reason, Statement};
use server::store::Json;
use server::store::records::Decoded;
use server::{Server, sql};

use super::hold;
use super::journal::day_of;
use super::naive::{self, Handed, Meal, Paid};
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
    /// Whose the meals were that no till could place.
    pub(crate) identified: BTreeMap<RecordId, ElderId>,
    /// The entries of the list of refunds: what was paid before, and the amount.
    entries: BTreeMap<RefundId, (RecordId, i64, i64)>,
    /// What the office says is due back in all for each meal.
    dues: BTreeMap<RecordId, i64>,
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
        let (identified, entries, dues) = back(server).await?;
        let place = |id: CanteenId| canteens.iter().position(|c| *c == id).unwrap_or(usize::MAX);
        let statements: Vec<Statement> = statements.into_iter().map(|(Json(statement),)| statement).collect();
        let settled =
            statements.iter().flat_map(|s| s.settles.iter().map(|(date, _)| (place(s.canteen), *date))).collect();
        Ok(Self {
            records: records.into_iter().map(|(record, disputed, frozen)| (record.0, disputed, frozen)).collect(),
            closes: closes.into_iter().map(|(canteen, date, Json(close))| ((place(canteen), date), close)).collect(),
            statements,
            identified,
            entries,
            dues,
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
                elder: match &meal.diner {
                    Some(diner) => model.elder(diner.elder),
                    None => self.identified.get(&record.id).and_then(|elder| model.elder(*elder)),
                },
                at: record.at,
                date: day_of(record),
                price: meal.decision.price.get(),
                given: line(Kind::Diner).map(|line| (line.benefit.clone(), line.amount.get())),
                operator: line(Kind::Operator).map_or(0, |line| line.amount.get()),
                disputed: *disputed,
                frozen: *frozen,
            })
        };
        self.records.iter().filter_map(meal).collect()
    }

    /// What tills handed out.
    fn handed(&self, canteens: &[CanteenId]) -> Vec<Handed> {
        let handed = |(record, disputed, _): &Stored| {
            let Body::Refund(refund) = &record.body else { return None };
            let listed = self.entries.get(&refund.due);
            let amount = refund.amount.get();
            Some(Handed {
                record: record.id,
                canteen: canteens.iter().position(|c| *c == record.canteen)?,
                meal: refund.meal,
                at: record.at,
                amount,
                behind: listed
                    .filter(|(meal, _, due)| (*meal, *due) == (refund.meal, amount))
                    .map(|(_, before, _)| *before),
                disputed: *disputed,
            })
        };
        self.records.iter().filter_map(handed).collect()
    }
}

impl Books {
    /// How many times money was handed out for what another till had paid already.
    pub(crate) fn not_counted(&self, canteens: &[CanteenId]) -> u64 {
        let handed = self.handed(canteens);
        (handed.len() - naive::settled(&handed).len()) as u64
    }
}

type Back = (BTreeMap<RecordId, ElderId>, BTreeMap<RefundId, (RecordId, i64, i64)>, BTreeMap<RecordId, i64>);

/// What stands behind money that is paid back.
async fn back(server: &Server) -> anyhow::Result<Back> {
    let read = server.office().store.read(|tx| {
        Box::pin(async move {
            let identified: Vec<(RecordId, ElderId)> =
                sql!(tx, "SELECT record, elder FROM identifications").all().await?;
            let entries: Vec<(RefundId, RecordId, Fen, Fen)> =
                sql!(tx, "SELECT id, meal, paid_before, amount FROM refund_entries").all().await?;
            let dues: Vec<(RecordId, Fen)> = sql!(tx, "SELECT meal, amount FROM refund_dues").all().await?;
            Ok((identified, entries, dues))
        })
    });
    let (identified, entries, dues) = read.await?;
    Ok((
        identified.into_iter().collect(),
        entries.into_iter().map(|(id, meal, before, amount)| (id, (meal, before.get(), amount.get()))).collect(),
        dues.into_iter().map(|(meal, amount)| (meal, amount.get())).collect(),
    ))
}

/// Whether closes and statements say what the naive count says. All days are closed.
pub(crate) fn agree(books: &Books, canteens: &[CanteenId], model: &Model) -> anyhow::Result<()> {
    let meals = books.meals(canteens, model);
    let paid = naive::paid(&meals, model);
    limits(&meals, &paid)?;
    identified(books, model)?;
    paid_back(books, &paid)?;
    let handed = books.handed(canteens);
    let settled = naive::settled(&handed);
    for ((canteen, date), close) in &books.closes {
        covers(books, (canteens[*canteen], *date), close)?;
        let of_day: Vec<&Meal> = meals.iter().filter(|m| (m.canteen, m.date) == (*canteen, *date)).collect();
        day(close, &of_day, &paid)?;
        let of_day: Vec<&Handed> = settled
            .iter()
            .filter(|handed| (handed.canteen, handed.at.business_date()) == (*canteen, *date))
            .copied()
            .collect();
        refunds(close, &of_day)?;
    }
    let open = meals.iter().find(|meal| !books.closes.contains_key(&(meal.canteen, meal.date)));
    hold!(open.is_none(), "11 every meal is in exactly one close", "{open:?} is in none");
    for (place, id) in canteens.iter().enumerate() {
        canteen(books, (place, *id), (&meals, &paid), &settled, model)?;
    }
    Ok(())
}

/// Whoever was found out is whoever ate, and nobody who can be found out is not.
fn identified(books: &Books, model: &Model) -> anyhow::Result<()> {
    for (record, elder) in &books.identified {
        let sale = model.sales.iter().find(|sale| sale.record == record.to_string());
        let ate = sale.and_then(|sale| sale.unplaced.as_ref()).map(|(elder, _)| *elder);
        hold!(
            ate.is_some() && ate == model.elder(*elder),
            "4 an identified meal is whose it was",
            "{record} is said to be of {elder}: {sale:?}"
        );
    }
    for sale in &model.sales {
        let Some((elder, shown)) = &sale.unplaced else { continue };
        let Some((record, ..)) = books.records.iter().find(|(r, ..)| r.id.to_string() == sale.record) else { continue };
        hold!(
            books.identified.contains_key(&record.id) || !model.names_somebody(*elder, shown),
            "4 what the till could not place is found out later",
            "{sale:?}"
        );
    }
    Ok(())
}

/// What is listed as due back is what elders paid too much.
fn paid_back(books: &Books, paid: &BTreeMap<RecordId, Paid>) -> anyhow::Result<()> {
    let counted: BTreeMap<RecordId, i64> =
        paid.iter().filter(|(_, paid)| paid.back > 0).map(|(meal, paid)| (*meal, paid.back)).collect();
    hold!(
        counted == books.dues,
        "4 what was paid too much is due back",
        "listed {:?}, counted {counted:?}",
        books.dues
    );
    Ok(())
}

/// The refunds of a close are those that count, each once.
fn refunds(close: &DayClose, settled: &[&Handed]) -> anyhow::Result<()> {
    let mut says: Vec<(RecordId, i64, i64)> =
        close.refunds.iter().map(|r| (r.record, r.amount.get(), r.shares.total().get())).collect();
    let mut is: Vec<(RecordId, i64, i64)> = settled.iter().map(|h| (h.record, h.amount, h.amount)).collect();
    says.sort_unstable();
    is.sort_unstable();
    hold!(
        says == is,
        "11 a refund is counted once",
        "{} {}: the close has {says:?}, counted {is:?}",
        close.canteen,
        close.date
    );
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
    let of_day = books.records.iter().filter(|(r, ..)| r.canteen == canteen && day_of(r) == date);
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
    (place, id): (usize, CanteenId),
    (meals, paid): (&[Meal], &BTreeMap<RecordId, Paid>),
    handed: &[&Handed],
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
    let handed = handed.iter().filter(|h| h.canteen == place && books.settled.contains(&(place, h.at.business_date())));
    let back: i64 = handed.map(|handed| handed.amount).sum();
    hold!(
        says - carried == naive + back,
        "11 statements = the naive count",
        "canteen {place}: statements {says} less carried {carried}, counted {naive} and {back} paid back"
    );
    Ok(())
}
