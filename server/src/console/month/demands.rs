//! Demands on the page of funds: what closed canteens owe, what came in on it, and what can be demanded now.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;
use domain::calendar::BusinessDate;
use domain::decision::Payer;
use domain::id::{CanteenId, StatementId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::settlement::demand::Demand;
use serde::Deserialize;
use uuid::Uuid;

use super::say;
use super::words::Words;
use crate::audit::Action;
use crate::console::days::Around;
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::view::View;
use crate::demand::{NewReceipt, left};
use crate::http::body::{Form, Path};
use crate::http::demands::{propose_demand, receive_on_demand};
use crate::http::routes::Routes;
use crate::http::{Answer, Problem};
use crate::people::Right;
use crate::store::Tx;
use crate::store::canteens::Region;
use crate::store::demands::{self, DemandRow, Receipt};
use crate::store::months::StoredStatement;
use crate::words::{Code, office as said};
use crate::{Error, Office};

pub(super) fn routes() -> Routes {
    Routes::new().post("/console/funds/statements/{id}/demand", Action::ProposalMake, propose).post(
        "/console/funds/demands/{id}/receipt",
        Action::DemandReceive,
        receive,
    )
}

/// What the part of the page is drawn from.
pub(super) struct Found {
    closed: BTreeSet<CanteenId>,
    demands: Vec<(DemandRow, Vec<Receipt>)>,
}

pub(super) async fn load(tx: &mut Tx, region: &RegionCode) -> Result<Found, Error> {
    let mut all = Vec::new();
    for row in demands::inside(tx, region).await? {
        let receipts = demands::receipts(tx, row.id).await?;
        all.push((row, receipts));
    }
    Ok(Found { closed: demands::closed(tx, region).await?.into_iter().collect(), demands: all })
}

/// A demand's row.
pub(super) struct Claim {
    /// What was demanded and what is still owed, fen.
    pub(super) fen: [Fen; 2],
    pub(super) number: String,
    pub(super) canteen: String,
    pub(super) amount: String,
    pub(super) left: String,
    pub(super) received: Vec<String>,
    pub(super) pdf: String,
    pub(super) action: String,
    /// Payers that are still owed, for who may note a receipt: their place in the demand, and their name.
    pub(super) owed: Vec<(usize, String)>,
}

/// A balance that can be demanded.
pub(super) struct Offer {
    pub(super) canteen: String,
    pub(super) amount: String,
    pub(super) action: String,
}

pub(super) fn claims(view: &View, found: &Found, around: &Around, regions: &[Region]) -> Vec<Claim> {
    let (w, lang, rights) = (Words::of(view.lang), view.lang, view.user.role.rights());
    let money = rights.contains(&Right::MakeMonth) || rights.contains(&Right::CheckMonth);
    let claim = |(row, paid): &(DemandRow, Vec<Receipt>)| {
        let demand = &row.content.0;
        let left = left(demand, paid);
        let payers: Vec<&Payer> = demand.shares.iter().map(|(payer, _)| payer).collect();
        let names = say::payers(lang, &payers, regions);
        let name = |payer: &Payer| payers.iter().position(|p| *p == payer).and_then(|at| names.get(at).cloned());
        let received = |receipt: &Receipt| {
            let (day, amount) = (fmt::day(receipt.received_on, lang), fmt::yuan(&receipt.amount));
            let payer = name(&receipt.payer.0).unwrap_or_default();
            let fields: [(&str, &dyn std::fmt::Display); 4] =
                [("day", &day), ("payer", &payer), ("amount", &amount), ("reference", &receipt.reference)];
            fill(w.received_is, &fields)
        };
        let may = money && row.demanded_by != view.user.id;
        let owed = payers.iter().zip(&names).enumerate();
        let owed = owed.filter(|(_, (payer, _))| may && !left.of(payer).is_zero());
        Claim {
            fen: [demand.total(), left.total()],
            number: demand.number.clone(),
            canteen: around.name(demand.canteen).to_owned(),
            amount: fmt::yuan(&demand.total()),
            left: fmt::dash(&left.total()),
            received: paid.iter().map(received).collect(),
            pdf: format!("/api/v1/demands/{}/pdf", row.id),
            action: view.link(&format!("/console/funds/demands/{}/receipt", row.id)),
            owed: owed.map(|(at, (_, name))| (at, name.clone())).collect(),
        }
    };
    found.demands.iter().map(claim).collect()
}

/// The balances that closed canteens' statements of the month left and nobody has demanded, for who may demand them.
pub(super) fn offers<'a>(
    view: &View,
    found: &Found,
    around: &Around,
    statements: impl Iterator<Item = &'a StoredStatement>,
    approved: bool,
) -> Vec<Offer> {
    if !approved || !view.user.role.rights().contains(&Right::MakeMonth) {
        return Vec::new();
    }
    let open = |s: &&StoredStatement| {
        let demanded = found.demands.iter().any(|(row, _)| row.content.0.statement == s.id);
        found.closed.contains(&s.canteen) && !demanded
    };
    let offer = |s: &StoredStatement| {
        let shares = Demand::shares_of(&s.content.0)?;
        Some(Offer {
            canteen: around.name(s.canteen).to_owned(),
            amount: fmt::yuan(&shares.total()),
            action: view.link(&format!("/console/funds/statements/{}/demand", s.id)),
        })
    };
    statements.filter(open).filter_map(offer).collect()
}

#[derive(Deserialize)]
struct Proposes {
    due: String,
    reason: String,
}

async fn propose(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<StatementId>,
    Form(body): Form<Proposes>,
) -> Answer<Redirect> {
    let due: BusinessDate = body.due.parse().map_err(|_| Problem::new(Code::Invalid, said::DATE))?;
    propose_demand(&office, &view.user, id, due, &body.reason).await?;
    Ok(Redirect::to(&view.link("/console/funds?done=proposed")))
}

#[derive(Deserialize)]
struct ReceiptForm {
    /// The payer's place in the demand.
    payer: usize,
    amount: String,
    received_on: String,
    reference: String,
}

async fn receive(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Form(body): Form<ReceiptForm>,
) -> Answer<Redirect> {
    let amount: Fen = body.amount.trim().parse().map_err(|_| Problem::new(Code::Invalid, said::AMOUNT))?;
    let received_on = body.received_on.parse().map_err(|_| Problem::new(Code::Invalid, said::DATE))?;
    let row = office.store.read(move |tx| Box::pin(async move { demands::get(tx, id).await })).await?;
    let row = row.ok_or_else(|| Problem::new(Code::NotFound, crate::words::demands::NONE))?;
    let payer = row.content.0.shares.iter().nth(body.payer).map(|(payer, _)| payer.clone());
    let payer = payer.ok_or_else(|| Problem::new(Code::Invalid, said::CHOOSE))?;
    let new = NewReceipt { payer, amount, received_on, reference: body.reference };
    receive_on_demand(&office, &view.user, id, new).await?;
    Ok(Redirect::to(&view.link("/console/funds?done=saved")))
}
