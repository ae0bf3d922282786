//! The statements of a month, with filters that stand in the address.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::{CanteenId, StatementId};
use domain::settlement::payment::PaymentState;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::board::{Amounts, MARKED, change_a_day};
use super::words::Words;
use super::{say, statement};
use crate::console::days::Around;
use crate::console::files::{self, Kind};
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::office::escaped;
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::http::Answer;
use crate::http::body::Query;
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::months::StoredStatement;
use crate::store::{Tx, overview, payments};
use crate::{Error, Office};

const PATH: &str = "/console/statements";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, page)
        .get("/console/statements.csv", csv)
        .get("/console/statements.xlsx", xlsx)
        .get("/console/statements/{id}", statement::page)
}

/// What a statement has to have to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Has {
    #[serde(rename = "")]
    Anything,
    Hold,
    Deduction,
    Adjustment,
    Change,
    Unpaid,
    Sent,
    Confirmed,
    Returned,
}

#[derive(Clone, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    has: Option<Has>,
}

struct Found {
    statements: Vec<(StoredStatement, Option<PaymentState>)>,
    before: BTreeMap<CanteenId, Amounts>,
    around: Around,
}

async fn load(tx: &mut Tx, view: &View) -> Result<Found, Error> {
    let (region, month, own) = (&view.region.code, view.month, view.user.canteen);
    let around = Around::load(tx, region, month, own).await?;
    let own_only = |s: &StoredStatement| own.is_none_or(|own| own == s.canteen);
    let (now, last) = if let Some(own) = own {
        // A canteen's statement belongs to the region that settles it, which is not always the manager's own.
        let all = overview::statements_of_canteen(tx, own, 36).await?;
        let of = |wanted| all.iter().filter(|s| s.month == wanted).cloned().collect::<Vec<_>>();
        (of(month), of(month.previous()))
    } else {
        let both = overview::statements(tx, region, month.previous(), month).await?;
        both.into_iter().partition(|s| s.month == month)
    };
    let now: Vec<StoredStatement> = now.into_iter().filter(own_only).collect();
    let paid = payments::among(tx, &now.iter().map(|stored| stored.id).collect::<Vec<_>>()).await?;
    let state = |id: StatementId| paid.get(&id).and_then(|paid| paid.last()).map(|paid| paid.state);
    let statements = now.into_iter().map(|stored| (state(stored.id), stored)).map(|(paid, s)| (s, paid)).collect();
    let before = last.iter().map(|s| (s.canteen, Amounts::of(&s.content.0))).collect();
    Ok(Found { statements, before, around })
}

struct Row {
    id: StatementId,
    href: String,
    number: String,
    canteen: String,
    meals: String,
    approved: String,
    held: String,
    payable: String,
    change: String,
    marked: bool,
    payment: &'static str,
    look: &'static str,
}

struct Choice {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/month/statements.html")]
struct Drawn {
    shell: Shell,
    w: &'static Words,
    title: String,
    q: String,
    choices: Vec<Choice>,
    region: String,
    month: String,
    rows: Vec<Row>,
    shown: String,
    drafted: bool,
    meals: String,
    approved: String,
    held: String,
    payable: String,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
}

impl Asked {
    /// The address of the same question as a file.
    fn file(&self, view: &View, w: &'static Words, ending: &str) -> String {
        let has = self.choices(w).into_iter().find(|choice| choice.chosen).map_or("", |choice| choice.value);
        view.link(&format!("{PATH}.{ending}?q={}&has={has}", escaped(self.q.trim())))
    }

    fn keeps(&self, name: &str, now: &Amounts, change: Option<i64>, paid: Option<PaymentState>) -> bool {
        let has = match self.has.unwrap_or(Has::Anything) {
            Has::Anything => true,
            Has::Hold => !now.held.is_zero(),
            Has::Deduction => !now.deducted.is_zero(),
            Has::Adjustment => !now.adjusted.is_zero(),
            Has::Change => change.is_some_and(|change| change.abs() > MARKED),
            Has::Unpaid => paid.is_none(),
            Has::Sent => paid == Some(PaymentState::Sent),
            Has::Confirmed => paid == Some(PaymentState::Confirmed),
            Has::Returned => paid == Some(PaymentState::Returned),
        };
        has && name.contains(self.q.trim())
    }

    fn choices(&self, w: &'static Words) -> Vec<Choice> {
        let all = [
            ("", Has::Anything, w.all),
            ("hold", Has::Hold, w.with_hold),
            ("deduction", Has::Deduction, w.with_deduction),
            ("adjustment", Has::Adjustment, w.with_adjustment),
            ("change", Has::Change, w.with_change),
            ("unpaid", Has::Unpaid, w.unpaid),
            ("sent", Has::Sent, w.sent),
            ("confirmed", Has::Confirmed, w.confirmed),
            ("returned", Has::Returned, w.returned),
        ];
        let chosen = self.has.unwrap_or(Has::Anything);
        all.into_iter().map(|(value, has, label)| Choice { value, label, chosen: has == chosen }).collect()
    }
}

async fn read(office: &Office, view: &View) -> Answer<Found> {
    view.user.require(Right::Read)?;
    if view.user.canteen.is_none() {
        view.user.require_inside(&view.region.code)?;
    }
    let of = view.clone();
    let found = office.store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move { load(tx, &of).await })
    });
    Ok(found.await?)
}

async fn page(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let found = read(&office, &view).await?;
    Page::of(&drawn(&view, &found, &asked))
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::of_month(&table(&view, &found, &asked), &view, "statements", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::of_month(&table(&view, &found, &asked), &view, "statements", Kind::Xlsx)?)
}

/// A statement that is listed, with its change against the month before.
struct Listed<'f> {
    stored: &'f StoredStatement,
    name: &'f str,
    now: Amounts,
    change: Option<i64>,
    paid: Option<PaymentState>,
}

fn listed<'f>(found: &'f Found, asked: &Asked) -> Vec<Listed<'f>> {
    let one = |(stored, paid): &'f (StoredStatement, Option<PaymentState>)| {
        let now = Amounts::of(&stored.content.0);
        let change = found.before.get(&stored.canteen).and_then(|before| change_a_day(&now, before));
        Listed { stored, name: found.around.name(stored.canteen), now, change, paid: *paid }
    };
    let all = found.statements.iter().map(one);
    all.filter(|one| asked.keeps(one.name, &one.now, one.change, one.paid)).collect()
}

/// What is listed, as a table.
fn table(view: &View, found: &Found, asked: &Asked) -> Table {
    let w = Words::of(view.lang);
    let heads = [w.canteen, w.number, w.meals, w.approved_sum, w.held, w.payable, w.change_a_day, w.payment];
    let row = |one: Listed<'_>| {
        vec![
            Cell::from(one.name),
            Cell::from(one.stored.number.as_str()),
            files::count(one.now.meals),
            Cell::Money(one.stored.content.0.approved()),
            Cell::Money(one.now.held),
            Cell::Money(one.now.payable),
            one.change.map_or(Cell::Empty, |change| Cell::Text(fmt::change_permille(change))),
            Cell::from(say::payment(w, one.paid)),
        ]
    };
    let title = fill(w.statements_of, &[("month", &fmt::month(view.month, view.lang))]);
    Table {
        notes: files::notes(&title, view),
        name: title,
        heads: heads.map(str::to_owned).to_vec(),
        rows: listed(found, asked).into_iter().map(row).collect(),
    }
}

fn drawn(view: &View, found: &Found, asked: &Asked) -> Drawn {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let (mut rows, mut sums, mut approved) = (Vec::new(), Vec::new(), domain::money::Fen::ZERO);
    for Listed { stored, name, now, change, paid } in listed(found, asked) {
        approved += stored.content.0.approved();
        rows.push(Row {
            id: stored.id,
            href: view.link(&format!("{PATH}/{}", stored.id)),
            number: stored.number.clone(),
            canteen: name.to_owned(),
            meals: fmt::count(now.meals),
            approved: fmt::yuan(&stored.content.0.approved()),
            held: fmt::dash(&now.held),
            payable: fmt::yuan(&now.payable),
            change: change.map_or_else(|| "—".to_owned(), fmt::change_permille),
            marked: change.is_some_and(|change| change.abs() > MARKED),
            payment: say::payment(w, paid),
            look: say::payment_look(paid),
        });
        sums.push(now);
    }
    let sum = Amounts::sum(sums.iter());
    let title = fill(w.statements_of, &[("month", &fmt::short_month(view.month, lang))]);
    Drawn {
        shell: view.shell(PATH, title.clone()).with_badge(found.around.waiting),
        w,
        title,
        q: asked.q.clone(),
        choices: asked.choices(w),
        files: ["csv", "xlsx"].map(|ending| asked.file(view, w, ending)),
        region: view.region.code.to_string(),
        month: view.month.to_string(),
        shown: fill(w.shown_of, &[("n", &rows.len()), ("all", &found.statements.len())]),
        drafted: !found.statements.is_empty(),
        meals: fmt::count(sum.meals),
        approved: fmt::yuan(&approved),
        held: fmt::dash(&sum.held),
        payable: fmt::yuan(&sum.payable),
        rows,
    }
}
