//! Where the money is: who pays, what is on its way, what waits, what is due back, and whether the books balance.

mod tables;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::calendar::Month;
use domain::decision::{Payer, PolicyRef};
use domain::id::{CanteenId, StatementId};
use domain::ledger::{Account, Turnover};
use domain::money::Fen;
use domain::settlement::payment::PaymentState;
use domain::settlement::{MonthState, PayerLine, Reason};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::acts::freshly;
use super::chart::Part;
use super::demands;
use super::words::Words;
use super::{pages, say};
use crate::audit::Action;
use crate::console::days::Around;
use crate::console::fmt;
use crate::console::lang::fill;
use crate::console::page::Page;
use crate::console::view::{Shell, View};
use crate::costs::Costs;
use crate::http::Answer;
use crate::http::body::{Form, Path};
use crate::http::holds::{HoldBody, Release, of_region, release_hold_of};
use crate::http::payments::note_payment;
use crate::http::routes::Routes;
use crate::payment::{self, Afterwards};
use crate::people::Right;
use crate::store::canteens::Region;
use crate::store::months::StoredStatement;
use crate::store::payments::{Objection, Payment};
use crate::store::{Tx, canteens, ledger, months, refund_payments};
use crate::{Error, Office};

const PATH: &str = "/console/funds";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, page)
        .get("/console/funds.csv", tables::csv)
        .get("/console/funds.xlsx", tables::xlsx)
        .post("/console/funds/statements/{id}/payment", Action::PaymentNote, pay)
        .post("/console/funds/release", Action::HoldRelease, release)
        .merge(demands::routes())
}

struct Found {
    around: Around,
    regions: Vec<Region>,
    /// The month's current statements; none where it is approved, whose statements are in `after`.
    drafted: Vec<StoredStatement>,
    /// What the approved months of the year up to this one come to, payer by payer.
    year: Vec<PayerLine>,
    after: Option<Afterwards>,
    holds: Vec<HoldBody>,
    /// By canteen: how many refunds are due, and how much.
    refunds: BTreeMap<CanteenId, (usize, Fen)>,
    books: Vec<(Account, Turnover)>,
    claims: demands::Found,
}

impl Found {
    /// The month's current statements, by number.
    fn statements(&self) -> impl Iterator<Item = &StoredStatement> {
        let approved = self.after.iter().flat_map(|after| &after.statements).map(|(stored, ..)| stored);
        self.drafted.iter().chain(approved)
    }
}

async fn load(tx: &mut Tx, costs: &Costs, view: &View) -> Result<Found, Error> {
    let (region, month) = (&view.region.code, view.month);
    let (year, _) = month.ym();
    let january = Month::new(year, 1).unwrap_or(month);
    let (mut drafted, mut after) = (Vec::new(), None);
    if let Some(settlement) = months::settlement(tx, region, month).await? {
        drafted = months::statements(tx, &settlement).await?;
        if settlement.state.0 == MonthState::Approved {
            after = Some(payment::following(tx, &settlement, std::mem::take(&mut drafted)).await?);
        }
    }
    let settled = costs.between(tx, region, january, month).await?;
    let approved = settled.iter().filter(|of| of.region == *region && of.is_approved);
    let year = pages::payer_lines(approved.flat_map(|of| &of.of.payers));
    let around = Around::load(tx, region, month, None).await?;
    let mut refunds = BTreeMap::new();
    for canteen in refund_payments::owing(tx, region).await? {
        let due = refund_payments::due_refunds(tx, canteen).await?;
        if !due.is_empty() {
            refunds.insert(canteen, (due.len(), due.iter().map(|due| due.amount).sum()));
        }
    }
    Ok(Found {
        refunds,
        regions: canteens::regions(tx).await?,
        drafted,
        year,
        after,
        holds: of_region(tx, region).await?,
        books: ledger::trial_balance(tx, region).await?,
        claims: demands::load(tx, region).await?,
        around,
    })
}

/// A payer's row: this month and the year.
struct PayerRow {
    /// Payable this month, held of it, payable this year, fen.
    fen: [Fen; 3],
    name: String,
    class: &'static str,
    month: String,
    held: String,
    year: String,
}

/// A statement's payment.
struct PaymentRow {
    fen: Fen,
    href: String,
    canteen: String,
    payable: String,
    state: &'static str,
    look: &'static str,
    /// The bank's words so far.
    words: Vec<String>,
    /// What may be noted next: value and word.
    next: Vec<(&'static str, &'static str)>,
    /// Why nothing may be.
    waits: Option<String>,
    action: String,
    needs_proof: bool,
}

/// A hold.
struct HoldRow {
    fen: Fen,
    canteen: String,
    month: String,
    words: String,
    amount: String,
    fields: [(&'static str, String); 6],
}

/// A row of three columns: whose, what, how much.
struct Plain {
    canteen: String,
    what: String,
    basis: String,
    amount: String,
    fen: Fen,
}

/// A bar of payers under its name.
struct Bar {
    name: String,
    total: String,
    parts: Vec<Part>,
}

struct Book {
    sum: Turnover,
    name: &'static str,
    debit: String,
    credit: String,
}

#[derive(Template)]
#[template(path = "console/month/funds.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is something that stands on the page or does not")]
struct Drawn {
    shell: Shell,
    w: &'static Words,
    title: String,
    year_name: String,
    bars: Vec<Bar>,
    payers: Vec<PayerRow>,
    month_total: String,
    held_total: String,
    year_total: String,
    payments: Vec<PaymentRow>,
    approved: bool,
    bank: Option<String>,
    needs_code: bool,
    holds: Vec<HoldRow>,
    may_release: bool,
    refunds: Vec<Plain>,
    refunds_total: String,
    adjustments: Vec<Plain>,
    adjustments_total: String,
    claims: Vec<demands::Claim>,
    to_demand: Vec<demands::Offer>,
    books: Vec<Book>,
    debit: String,
    credit: String,
    balanced: bool,
}

async fn read(office: &Arc<Office>, view: &View) -> Answer<Found> {
    view.user.require(Right::Read)?;
    view.user.require_inside(&view.region.code)?;
    let (kept, of) = (Arc::clone(office), view.clone());
    let read = office.store.read(move |tx| {
        let (kept, of) = (Arc::clone(&kept), of.clone());
        Box::pin(async move { load(tx, &kept.costs, &of).await })
    });
    Ok(read.await?)
}

async fn page(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    let fresh = view.present.require_fresh(office.now()).is_ok();
    Page::of(&drawn(&view, &read(&office, &view).await?, fresh))
}

fn payments_of(view: &View, found: &Found, fresh: bool) -> Vec<PaymentRow> {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let has = |right: Right| view.user.role.rights().contains(&right);
    let (maker, money) = (has(Right::MakeMonth), has(Right::MakeMonth) || has(Right::CheckMonth));
    let Some(after) = &found.after else { return Vec::new() };
    let until = after.disclosure.as_ref().map(|d| d.until);
    let today = view.now.local_date();
    let row = |(stored, paid, objections): &(StoredStatement, Vec<Payment>, Vec<Objection>)| {
        let last = paid.last();
        let state = last.map(|p| p.state);
        let open = objections.iter().any(|o| o.upheld.is_none());
        let upheld = objections.iter().any(Objection::holds);
        let waits = match (state, until) {
            _ if stored.payable.is_zero() => Some(w.nothing_to_pay.to_owned()),
            (Some(PaymentState::Sent | PaymentState::Confirmed), _) => None,
            (_, None) => Some(w.not_disclosed.to_owned()),
            (_, Some(until)) if today <= until => Some(fill(w.still_disclosed, &[("day", &fmt::day(until, lang))])),
            _ if open => Some(w.objection_open.to_owned()),
            _ if upheld => Some(w.objection_upheld.to_owned()),
            _ => None,
        };
        let by_other = last.is_none_or(|p| p.noted_by != view.user.id);
        let next = match state {
            _ if waits.is_some() || !money => Vec::new(),
            None | Some(PaymentState::Returned) if maker => vec![("sent", w.note_sent)],
            Some(PaymentState::Sent) if by_other => {
                vec![("confirmed", w.note_confirmed), ("returned", w.note_returned)]
            }
            Some(PaymentState::Confirmed) => vec![("returned", w.note_returned)],
            None | Some(PaymentState::Sent | PaymentState::Returned) => Vec::new(),
        };
        let word =
            |p: &Payment| format!("{} {} {}", fmt::at(p.noted_at, lang), say::payment(w, Some(p.state)), p.reference);
        PaymentRow {
            fen: stored.payable,
            href: view.link(&format!("/console/statements/{}", stored.id)),
            canteen: found.around.name(stored.canteen).to_owned(),
            payable: fmt::yuan(&stored.payable),
            state: say::payment(w, state),
            look: say::payment_look(state),
            words: paid.iter().map(word).collect(),
            next,
            waits,
            action: view.link(&format!("/console/funds/statements/{}/payment", stored.id)),
            needs_proof: !fresh,
        }
    };
    after.statements.iter().map(row).collect()
}

fn adjustments_of(view: &View, found: &Found) -> (Vec<Plain>, Fen) {
    let (mut rows, mut sum) = (Vec::new(), Fen::ZERO);
    for stored in found.statements() {
        let content = &stored.content.0;
        for line in content.changes.iter().filter(|line| line.reason != Reason::Carried) {
            sum += line.amount;
            rows.push(Plain {
                canteen: found.around.name(stored.canteen).to_owned(),
                what: say::reason(view.lang, &line.reason, line.amount, content.month),
                basis: say::basis(view.lang, &line.dates, &line.findings),
                amount: fmt::change(&line.amount),
                fen: line.amount,
            });
        }
    }
    (rows, sum)
}

fn books_of(w: &'static Words, found: &Found) -> (Vec<Book>, Turnover) {
    let mut sums = [Turnover::default(); 5];
    let mut total = Turnover::default();
    for (account, turnover) in &found.books {
        let at = match account {
            Account::Grant { .. } => 0,
            Account::Payable { .. } => 1,
            Account::Held { .. } => 2,
            Account::Demanded { .. } => 3,
            Account::Bank { .. } => 4,
        };
        for sum in [&mut sums[at], &mut total] {
            sum.debit += turnover.debit;
            sum.credit += turnover.credit;
        }
    }
    let names = [w.book_grant, w.book_payable, w.book_held, w.book_demanded, w.book_bank];
    let row = |(name, sum): (&'static str, Turnover)| Book {
        sum,
        name,
        debit: fmt::dash(&sum.debit),
        credit: fmt::dash(&sum.credit),
    };
    (names.into_iter().zip(sums).map(row).collect(), total)
}

fn hold_row(view: &View, found: &Found, hold: &HoldBody) -> HoldRow {
    HoldRow {
        fen: hold.amount,
        canteen: found.around.name(hold.canteen).to_owned(),
        month: fmt::month(hold.month, view.lang),
        words: say::gate(view.lang, &hold.words),
        amount: fmt::yuan(&hold.amount),
        fields: [
            ("canteen", hold.canteen.to_string()),
            ("of", hold.month.to_string()),
            ("policy", hold.policy.id.clone()),
            ("version", hold.policy.version.to_string()),
            ("hash", hold.policy.hash.to_string()),
            ("gate", hold.gate.to_string()),
        ],
    }
}

fn drawn(view: &View, found: &Found, fresh: bool) -> Drawn {
    let (w, lang) = (Words::of(view.lang), view.lang);
    let (number, _) = view.month.ym();
    let month = pages::payer_sums(found.statements().map(|s| &s.content.0));
    let year = &found.year;
    let month_bar = pages::payer_bar(lang, &month, &found.regions, |line| line.payable);
    let year_bar = pages::payer_bar(lang, year, &found.regions, |line| line.payable);
    let total = |lines: &[PayerLine]| fmt::yuan(&lines.iter().map(|line| line.payable).sum());
    let year_name = fill(w.year_approved, &[("year", &number)]);
    let bars = vec![
        Bar { name: w.this_month.to_owned(), total: total(&month), parts: month_bar },
        Bar { name: year_name.clone(), total: total(year), parts: year_bar },
    ];
    let mut known: Vec<_> = year.iter().chain(&month).map(|line| line.payer.clone()).collect();
    known.sort_by_key(|payer| (pages::order(payer), payer.clone()));
    known.dedup();
    let names = say::payers(lang, &known.iter().collect::<Vec<_>>(), &found.regions);
    let of = |lines: &[PayerLine], payer: &Payer, amount: fn(&PayerLine) -> Fen| {
        lines.iter().find(|line| line.payer == *payer).map_or(Fen::ZERO, amount)
    };
    let payer = |(payer, name): (&Payer, String)| {
        let payable = |lines| of(lines, payer, |line| line.payable);
        let fen = [payable(&month), of(&month, payer, |line| line.held), payable(year)];
        let [month, held, year] = fen.map(|amount| fmt::dash(&amount));
        PayerRow { fen, name, class: say::payer_class(payer), month, held, year }
    };
    let sum = |lines: &[PayerLine], amount: fn(&PayerLine) -> Fen| fmt::dash(&lines.iter().map(amount).sum());
    let has = |right: Right| view.user.role.rights().contains(&right);
    let money = has(Right::MakeMonth) || has(Right::CheckMonth);
    let (adjustments, adjusted) = adjustments_of(view, found);
    let (books, total) = books_of(w, found);
    let refund = |(canteen, (n, amount)): (&CanteenId, &(usize, Fen))| Plain {
        canteen: found.around.name(*canteen).to_owned(),
        what: fill(w.refunds_n, &[("n", n)]),
        basis: String::new(),
        amount: fmt::yuan(amount),
        fen: *amount,
    };
    let title = fill(w.funds_of, &[("month", &fmt::short_month(view.month, lang))]);
    Drawn {
        shell: view.shell(PATH, title.clone()).with_badge(found.around.waiting),
        w,
        title,
        year_name,
        payers: known.iter().zip(names).map(payer).collect(),
        month_total: sum(&month, |line| line.payable),
        held_total: sum(&month, |line| line.held),
        year_total: sum(year, |line| line.payable),
        bars,
        payments: payments_of(view, found, fresh),
        approved: found.after.is_some(),
        bank: (money && found.after.as_ref().is_some_and(|after| after.may_leave(view.now.local_date()).is_ok()))
            .then(|| format!("/api/v1/months/{}/{}/bank.csv", view.region.code, view.month)),
        needs_code: view.user.totp_at.is_some(),
        holds: found.holds.iter().map(|hold| hold_row(view, found, hold)).collect(),
        may_release: has(Right::MakeMonth),
        refunds: found.refunds.iter().map(refund).collect(),
        refunds_total: fmt::dash(&found.refunds.values().map(|(_, amount)| *amount).sum()),
        adjustments,
        adjustments_total: fmt::change(&adjusted),
        claims: demands::claims(view, &found.claims, &found.around, &found.regions),
        to_demand: demands::offers(view, &found.claims, &found.around, found.statements(), found.after.is_some()),
        books,
        debit: fmt::yuan(&total.debit),
        credit: fmt::yuan(&total.credit),
        balanced: total.debit == total.credit,
    }
}

impl Drawn {
    /// The address of a table of the page as a file.
    fn file(&self, table: &str, ending: &str) -> String {
        self.shell.view.link(&format!("{PATH}.{ending}?table={table}"))
    }
}

#[derive(Deserialize)]
struct Noted {
    state: PaymentState,
    reference: String,
    #[serde(default)]
    passphrase: Zeroizing<String>,
    #[serde(default)]
    code: Zeroizing<String>,
}

async fn pay(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<StatementId>,
    Form(body): Form<Noted>,
) -> Answer<Redirect> {
    let fresh = async || freshly(&office, &view.present, &body.passphrase, &body.code).await;
    note_payment(&office, &view.user, id, body.state, &body.reference, fresh).await?;
    Ok(Redirect::to(&view.link("/console/funds?done=paid")))
}

#[derive(Deserialize)]
struct ToRelease {
    canteen: CanteenId,
    /// The month of the meals.
    of: Month,
    policy: String,
    version: u32,
    hash: domain::id::Digest,
    gate: usize,
    reason: String,
}

async fn release(State(office): State<Arc<Office>>, view: View, Form(body): Form<ToRelease>) -> Answer<Redirect> {
    let ToRelease { canteen, of, policy, version, hash, gate, reason } = body;
    let policy = PolicyRef { id: policy, version, hash };
    release_hold_of(&office, &view.user, Release { canteen, month: of, policy, gate, reason }).await?;
    Ok(Redirect::to(&view.link("/console/funds?done=saved")))
}
