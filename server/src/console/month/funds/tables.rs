//! The tables of the page of funds as files, one at a time: `?table=payments`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use receipts::table::{Cell, Table};
use serde::Deserialize;

use super::super::words::Words;
use super::{Drawn, Found, Plain, drawn, read};
use crate::Office;
use crate::console::files::{self, Kind};
use crate::console::view::View;
use crate::http::Answer;
use crate::http::body::Query;

/// Which table of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part {
    Payers,
    #[default]
    Payments,
    Holds,
    Demands,
    Adjustments,
    Refunds,
    Books,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Payers => "payers",
            Self::Payments => "payments",
            Self::Holds => "holds",
            Self::Demands => "demands",
            Self::Adjustments => "adjustments",
            Self::Refunds => "refunds",
            Self::Books => "books",
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    table: Part,
}

pub(super) async fn csv(
    State(office): State<Arc<Office>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::of_month(&table(&view, &found, asked.table), &view, asked.table.name(), Kind::Csv)?)
}

pub(super) async fn xlsx(
    State(office): State<Arc<Office>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Answer<impl IntoResponse> {
    let found = read(&office, &view).await?;
    Ok(files::of_month(&table(&view, &found, asked.table), &view, asked.table.name(), Kind::Xlsx)?)
}

/// One of the page's tables, as it is shown.
fn table(view: &View, found: &Found, part: Part) -> Table {
    let (w, page) = (Words::of(view.lang), drawn(view, found, true));
    let (name, heads) = match part {
        Part::Payers => (w.who_pays, vec![w.payer, w.payable_now, w.held, page.year_name.as_str()]),
        Part::Payments => (w.payments, vec![w.canteen, w.payable, w.payment, w.bank_words, w.to_do]),
        Part::Holds => (w.holds, vec![w.canteen, w.month, w.why, w.held]),
        Part::Demands => (w.demands, vec![w.demand_to, w.number, w.demanded, w.still_owed, w.received]),
        Part::Adjustments => (w.adjustments, vec![w.canteen, w.why, w.adjusted_by, w.amount]),
        Part::Refunds => (w.refunds, vec![w.canteen, w.meals, w.amount]),
        Part::Books => (w.books, vec![w.account, w.debit, w.credit]),
    };
    let mut table = files::listed(name, &heads, rows(&page, part), view);
    table.notes.insert(0, page.title);
    table
}

fn rows(page: &Drawn, part: Part) -> Vec<Vec<Cell>> {
    let text = |text: &str| Cell::from(text);
    let said = |words: &[String]| Cell::Text(words.join("; "));
    let plain = |row: &Plain| vec![text(&row.canteen), text(&row.what), text(&row.basis), Cell::Money(row.fen)];
    match part {
        Part::Payers => {
            let row =
                |row: &super::PayerRow| std::iter::once(text(&row.name)).chain(row.fen.map(Cell::Money)).collect();
            page.payers.iter().map(row).collect()
        }
        Part::Payments => {
            let row = |row: &super::PaymentRow| {
                let waits = row.waits.as_deref().unwrap_or_default();
                vec![text(&row.canteen), Cell::Money(row.fen), text(row.state), said(&row.words), text(waits)]
            };
            page.payments.iter().map(row).collect()
        }
        Part::Holds => {
            let row = |row: &super::HoldRow| {
                vec![text(&row.canteen), text(&row.month), text(&row.words), Cell::Money(row.fen)]
            };
            page.holds.iter().map(row).collect()
        }
        Part::Demands => {
            let row = |row: &super::demands::Claim| {
                let [demanded, left] = row.fen.map(Cell::Money);
                vec![text(&row.canteen), text(&row.number), demanded, left, said(&row.received)]
            };
            page.claims.iter().map(row).collect()
        }
        Part::Adjustments => page.adjustments.iter().map(plain).collect(),
        Part::Refunds => {
            let row = |row: &Plain| vec![text(&row.canteen), text(&row.what), Cell::Money(row.fen)];
            page.refunds.iter().map(row).collect()
        }
        Part::Books => {
            let row = |row: &super::Book| vec![text(row.name), Cell::Money(row.sum.debit), Cell::Money(row.sum.credit)];
            page.books.iter().map(row).collect()
        }
    }
}
