//! The workbook's meals: one row for each meal that the statement settles for the first time, and for each whose
//! payment it changes.

use std::collections::BTreeMap;

use domain::calendar::BusinessDate;
use domain::decision::Kind;
use domain::id::{ElderId, RecordId};
use domain::money::Fen;
use domain::policy::Effect;
use domain::reconciliation::Verdict;
use domain::record::{Body, Record};
use domain::words::{Language, mode_name, period_name};
use receipts::workbook::{MealRow, MealSheet};

use super::{Dossier, SettledDay};
use crate::error::Error;
use crate::names::mask;
use crate::sql;
use crate::store::{Tx, records};
use crate::words::settlement as words;

pub(super) async fn meals(tx: &mut Tx, dossier: &Dossier) -> Result<MealSheet, Error> {
    let mut benefits = BTreeMap::new();
    for day in &dossier.days {
        let verdicts = super::verdicts(tx, dossier.stored.id, day.close.date).await?;
        name_benefits(dossier, &verdicts.now, &mut benefits);
    }
    let benefits: Vec<(String, String)> = benefits.into_iter().collect();
    let mut meals = Vec::new();
    for day in &dossier.days {
        let verdicts = super::verdicts(tx, dossier.stored.id, day.close.date).await?;
        let held = records::held(tx, dossier.stored.canteen, day.close.date).await?;
        let records: BTreeMap<RecordId, Record> = held.into_iter().map(|h| (h.record.id, h.record)).collect();
        let names = names(tx, dossier, day.close.date).await?;
        let mut rows: Vec<(&Record, &Verdict)> =
            verdicts.changed().filter_map(|v| records.get(&v.record).map(|record| (record, v))).collect();
        rows.sort_by_key(|(record, _)| (record.at, record.id));
        meals.extend(rows.into_iter().map(|(record, verdict)| {
            let name = names.get(&verdict.elder).map_or("", String::as_str);
            row(day, record, verdict, name, &benefits)
        }));
    }
    let names = benefits.into_iter().map(|(_, label)| label).collect();
    Ok(MealSheet { benefits: names, meals })
}

/// Adds the benefits that lower a price, with their names, as columns.
fn name_benefits(dossier: &Dossier, verdicts: &[Verdict], columns: &mut BTreeMap<String, String>) {
    let lines = verdicts.iter().flat_map(|v| v.paid.iter().map(move |l| (v, l)));
    for (verdict, line) in lines.filter(|(_, l)| matches!(l.kind, Kind::Diner | Kind::Concession)) {
        if columns.contains_key(&line.benefit) {
            continue;
        }
        let policy = verdict.policy.as_ref().or(verdict.charged_under.as_ref());
        let policy = policy.and_then(|reference| dossier.rules.policies.by_ref(reference));
        let label = policy.and_then(|p| p.benefit(&line.benefit)).map(|b| b.label.clone());
        columns.insert(line.benefit.clone(), label.unwrap_or_else(|| line.benefit.clone()));
    }
}

async fn names(tx: &mut Tx, dossier: &Dossier, date: BusinessDate) -> Result<BTreeMap<ElderId, String>, Error> {
    let rows: Vec<(ElderId, String)> = sql!(
        tx,
        "SELECT id, name FROM elders WHERE id IN (SELECT elder FROM elder_meals WHERE canteen = $1 AND date = $2)",
        dossier.stored.canteen,
        date
    )
    .all()
    .await?;
    Ok(rows.into_iter().map(|(id, name)| (id, mask(&name))).collect())
}

fn row(day: &SettledDay, record: &Record, verdict: &Verdict, elder: &str, benefits: &[(String, String)]) -> MealRow {
    let Body::Meal(meal) = &record.body else { unreachable!("only meals are judged") };
    // What is paid of the meal, less what a ruling takes of it.
    let paid = verdict.paid.iter().map(|line| (line.kind, line.benefit.as_str(), line.amount));
    let taken = day.taken.iter().filter(|c| c.record == record.id);
    let taken = taken.map(|c| (c.kind, c.benefit.as_str(), c.shares.total()));
    let parts: Vec<(Kind, &str, Fen)> = paid.chain(taken).collect();
    let sum = |wanted: &dyn Fn(Kind, &str) -> bool| -> Fen {
        parts.iter().filter(|(kind, benefit, _)| wanted(*kind, benefit)).map(|(.., amount)| *amount).sum()
    };
    let of = |kind: Kind| sum(&|of, _| of == kind);
    let held =
        |kind: Kind, _: &str| day.close.standing.iter().any(|h| h.effect == Effect::Hold && h.kinds.contains(&kind));
    let id = record.id.uuid().simple().to_string();
    let finding = day.close.findings.iter().find(|f| f.evidence.contains(&record.id));
    MealRow {
        date: meal.meal.date.to_string(),
        time: record.at.local_clock(),
        period: period_name(&meal.meal.period, Language::Chinese),
        mode: mode_name(meal.meal.mode, Language::Chinese).to_owned(),
        elder: elder.to_owned(),
        record: id[24..].to_owned(),
        list_price: meal.decision.price,
        own_payment: meal.decision.own_payment,
        benefits: benefits.iter().map(|(id, _)| sum(&|_, benefit| benefit == id)).collect(),
        amount: of(Kind::Diner),
        operator: of(Kind::Operator),
        delivery: of(Kind::Delivery),
        held: sum(&held),
        finding: finding.map(|f| format!("{} {}", f.number, words::finding(f.code))).unwrap_or_default(),
    }
}
