//! `/console/proposals`: what one person proposed and another has to decide: policies, prices, payees.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::id::Digest;
use receipts::table::{Cell, Table};
use serde::Deserialize;
use uuid::Uuid;

use super::decided::{self, RejectForm, Said, back};
use super::words::Words as Common;
use super::{correction_words, person};
use crate::admin::Proposed;
use crate::audit::Action;
use crate::console::files::{self, Kind};
use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Form, Path, Query};
use crate::http::routes::Routes;
use crate::http::{Answer, Decided as _, Proposals, may_see_proposal};
use crate::people::Right;
use crate::store::people::UserRow;
use crate::store::proposals::{self, ProposalRow};
use crate::store::{canteens, people};
use crate::{Error, Office};

catalogue! {
    title: "待审事项", "Waiting for a second person";
    open: "待审", "Open";
    decided: "已决定", "Decided";
    hint: "提出人与批准人必须是两个人；批准的是页面上看到的这份内容（按摘要核对）。", "Who proposes never approves. What is approved is what was seen, by its digest.";
    nothing: "没有等待第二个人的事项。", "Nothing waits.";
    what: "事项", "What";
    maker: "提出人", "Proposed by";
    made_at: "提出时间", "When";
    checker: "决定人", "Decided by";
    digest: "摘要", "Digest";
    content: "内容", "Content";
    policy: "政策文件", "Policy";
    price: "餐价", "Price";
    payee: "收款账户", "Payee";
    demand: "追缴", "Demand";
    budget: "年度预算", "Budget";
    budget_of: "{year}年 {payer} 预算 {amount}：{reason}", "{payer}, budget of {year}: {amount} ({reason})";
    demand_of: "追缴 {month}结转的 {amount}，{due} 前缴回（{number}）：{reason}", "Demand {amount} carried from {month}, due {due} ({number}): {reason}";
    policy_of: "公布政策 {name}", "Announce the policy {name}";
    price_of: "{period} {price}，自 {date} 起", "{period} {price} from {date}";
    payee_of: "改付 {bank} {name} {account}", "Pay to {bank} {name} {account}";
    person: "人员", "Person";
    calendar: "日历", "Calendar";
    invitation_of: "邀请 {name}：{role}，{region}", "Invite {name}: {role}, {region}";
    reset_of: "重置 {name}（{role}）的口令和动态口令", "Reset passphrase and second factor of {name} ({role})";
    move_of: "{name} 由{role}调为{to}，{region}", "Move {name} from {role} to {to}, {region}";
    because: "（{reason}）", " ({reason})";
    calendar_years: "日历 {years} 年按 {name} 办理", "Calendar of {years} by {name}";
    calendar_whole: "整本日历换为 {years} 年", "The whole calendar becomes that of {years}";
    correction: "更正登记", "Correction";
    correction_of: "更正登记：{changes}（{reason}）", "Put the registration right: {changes} ({reason})";
    approved: "已批准", "approved";
    approve: "批准", "Approve";
    reveal: "显示完整账号（记入审计日志）", "Show the whole account (entered in the audit log)";
    account: "收款账号", "Account";
    own: "这是您提出的事项，须由另一人决定；您可以撤回。", "You proposed this: another person decides. You may withdraw it.";
    proof: "批准收款账户前要再次验证身份。", "Approving a payee asks once more who you are.";
    canteen: "食堂", "Canteen";
    file: "文件", "File";
    reason: "理由", "Reason";
}

const HOME: &str = Proposals::HOME;
/// So many decided ones are listed.
const MOST: i64 = 200;

/// A proposal as it stands on a page, with accounts hidden.
pub(super) struct Waiting {
    /// When it was made, unix ms: what its column is sorted by.
    pub(super) at: i64,
    pub(super) link: String,
    pub(super) kind: &'static str,
    pub(super) words: String,
    pub(super) maker: String,
    pub(super) made_at: String,
    pub(super) canteen: Option<String>,
    pub(super) decision: Option<(&'static str, &'static str)>,
    pub(super) decided: Said,
}

/// A proposal in a sentence.
fn sentence(what: &Proposed, view: &View) -> (&'static str, String) {
    let w = Words::of(view.lang);
    match what {
        Proposed::Policy { file_name, .. } => (w.policy, fill(w.policy_of, &[("name", file_name)])),
        Proposed::Price { price, .. } => {
            let period = domain::words::period_name(&price.period, view.lang.domain());
            let (amount, from) = (fmt::yuan(&price.price), fmt::full_day(price.valid_from, view.lang));
            (w.price, fill(w.price_of, &[("period", &period), ("price", &amount), ("date", &from)]))
        }
        Proposed::Budget { budget } => {
            let payer = domain::words::payer_name(&budget.payer.name, view.lang.domain());
            let unit = budget.payer.unit.as_ref().map(ToString::to_string).unwrap_or_default();
            let (payer, amount) = (format!("{payer} {unit}"), fmt::yuan(&budget.amount));
            let fields: [(&str, &dyn std::fmt::Display); 4] =
                [("year", &budget.year), ("payer", &payer.trim()), ("amount", &amount), ("reason", &budget.reason)];
            (w.budget, fill(w.budget_of, &fields))
        }
        Proposed::Demand { demand } => {
            let (month, amount) = (fmt::month(demand.month, view.lang), fmt::yuan(&demand.total()));
            let due = fmt::full_day(demand.due, view.lang);
            let fields: [(&str, &dyn std::fmt::Display); 5] = [
                ("month", &month),
                ("amount", &amount),
                ("due", &due),
                ("number", &demand.number),
                ("reason", &demand.reason),
            ];
            (w.demand, fill(w.demand_of, &fields))
        }
        Proposed::Invitation { person } => {
            let role = super::frame::Words::of(view.lang).role(person.role);
            let fields: [(&str, &dyn std::fmt::Display); 3] =
                [("name", &person.name), ("role", &role), ("region", &person.region)];
            (w.person, fill(w.invitation_of, &fields))
        }
        Proposed::Reset { name, role, .. } => {
            let role = super::frame::Words::of(view.lang).role(*role);
            (w.person, fill(w.reset_of, &[("name", name), ("role", &role)]))
        }
        Proposed::Move { name, role, to, reason, .. } => {
            let roles = super::frame::Words::of(view.lang);
            let (role, goal) = (roles.role(*role), roles.role(to.role));
            let fields: [(&str, &dyn std::fmt::Display); 4] =
                [("name", name), ("role", &role), ("to", &goal), ("region", &to.region)];
            let why = if reason.is_empty() { String::new() } else { fill(w.because, &[("reason", reason)]) };
            (w.person, fill(w.move_of, &fields) + &why)
        }
        Proposed::Calendar { file_name, calendar, whole, .. } => {
            let years = calendar.years().into_iter().map(|year| year.to_string()).collect::<Vec<_>>().join("、");
            let text = if *whole { w.calendar_whole } else { w.calendar_years };
            (w.calendar, fill(text, &[("years", &years), ("name", file_name)]))
        }
        Proposed::Correction { changes, reason, .. } => {
            let changes = correction_words::changes(changes, view.lang);
            (w.correction, fill(w.correction_of, &[("changes", &changes), ("reason", reason)]))
        }
        Proposed::Payee { bank, account_name, account, .. } => {
            (w.payee, fill(w.payee_of, &[("bank", bank), ("name", account_name), ("account", &account.as_str())]))
        }
    }
}

/// A proposal for a page.
pub(super) fn shown(office: &Office, row: ProposalRow, staff: &[UserRow], view: &View) -> Result<Waiting, Error> {
    let w = Words::of(view.lang);
    let (kind, words) = sentence(&office.proposed(&row)?.masked(), view);
    let decision = row.decided.decision.as_deref().map(|decision| match decision {
        "approved" => (w.approved, "chip-ok"),
        other => decided::not_approved(other, view),
    });
    Ok(Waiting {
        at: row.made_at.get(),
        link: view.link(&format!("{HOME}/{}", row.id)),
        kind,
        words,
        maker: person(staff, row.maker, view.lang),
        made_at: fmt::at(row.made_at, view.lang),
        canteen: None,
        decision,
        decided: decided::said(row.decided, staff, view),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
}

impl Asked {
    fn is_decided(&self) -> bool {
        self.state == "decided"
    }
}

#[derive(Deserialize)]
struct Approve {
    digest: Digest,
}

#[derive(Template)]
#[template(path = "console/office/proposals.html")]
struct ProposalsPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    rows: Vec<Waiting>,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
    is_decided: bool,
    open: String,
    decided: String,
}

#[derive(Template)]
#[template(path = "console/office/proposal.html")]
struct ProposalPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    one: Waiting,
    digest: Digest,
    /// A policy's text.
    source: Option<String>,
    /// The account, after somebody asked for it.
    account: Option<String>,
    is_payee: bool,
    is_own: bool,
    may_decide: bool,
    /// For who may decide, and for its maker.
    reject: Option<RejectForm>,
    base: String,
    home: String,
}

impl ProposalPage {
    fn post(&self, what: &str) -> String {
        self.shell.view.link(&format!("{}/{what}", self.base))
    }
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(HOME, list)
        .get("/console/proposals.csv", csv)
        .get("/console/proposals.xlsx", xlsx)
        .get("/console/proposals/{id}", show)
        .post("/console/proposals/{id}/approve", Action::ProposalApprove, approve)
        .post("/console/proposals/{id}/reject", Action::ProposalReject, decided::reject::<Proposals>)
        .post("/console/proposals/{id}/reveal", Action::ProposalReveal, reveal)
}

/// What is listed: what waits, or what was decided last.
async fn rows(office: &Office, view: &View, is_decided: bool) -> Answer<Vec<Waiting>> {
    view.user.require(Right::Read)?;
    let (region, staff) = (view.region.code.clone(), view.user.region.clone());
    let (rows, staff, places) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let rows = if is_decided {
                    proposals::decided(tx, &region, None, MOST).await?
                } else {
                    proposals::open(tx, &region).await?
                };
                Ok((rows, people::inside(tx, &staff).await?, canteens::inside(tx, &region).await?))
            })
        })
        .await?;
    let mut shown = Vec::new();
    for row in rows.into_iter().filter(|row| may_see_proposal(&view.user, row).is_ok()) {
        let place = row.canteen.and_then(|id| places.iter().find(|place| place.id == id));
        let canteen = place.map(|place| place.name.clone());
        shown.push(Waiting { canteen, ..self::shown(office, row, &staff, view)? });
    }
    Ok(shown)
}

/// What is listed, as a table.
fn table(rows: Vec<Waiting>, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let row = |one: Waiting| {
        let state = one.decision.map_or(w.open, |(word, _)| word).to_owned();
        let texts = [
            one.kind.to_owned(),
            one.words,
            one.canteen.unwrap_or_default(),
            one.maker,
            one.made_at,
            state,
            one.decided.by,
            one.decided.reason,
        ];
        texts.map(Cell::Text).into()
    };
    let heads = [w.what, w.content, w.canteen, w.maker, w.made_at, c.state, w.checker, w.reason];
    files::listed(w.title, &heads, rows.into_iter().map(row).collect(), view)
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = rows(&office, &view, asked.is_decided()).await?;
    Ok(files::of_month(&table(rows, &view), &view, "proposals", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = rows(&office, &view, asked.is_decided()).await?;
    Ok(files::of_month(&table(rows, &view), &view, "proposals", Kind::Xlsx)?)
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let is_decided = asked.is_decided();
    let rows = rows(&office, &view, is_decided).await?;
    let w = Words::of(view.lang);
    Page::of(&ProposalsPage {
        w,
        c: Common::of(view.lang),
        rows,
        files: files::links(&view, HOME, if is_decided { "?state=decided" } else { "" }),
        is_decided,
        open: view.link(HOME),
        decided: view.link(&format!("{HOME}?state=decided")),
        shell: view.shell(HOME, w.title),
    })
}

async fn show(State(office): State<Arc<Office>>, view: View, Path(id): Path<Uuid>) -> Answer<Page> {
    view.user.require(Right::Read)?;
    let row = office.proposal(id).await?;
    may_see_proposal(&view.user, &row)?;
    drawn(&office, view, row, None).await
}

async fn drawn(office: &Office, view: View, row: ProposalRow, account: Option<String>) -> Answer<Page> {
    let (staff, canteen) = (view.user.region.clone(), row.canteen);
    let (staff, place) = office
        .store
        .read(move |tx| {
            Box::pin(async move {
                let place = match canteen {
                    Some(id) => canteens::get(tx, id).await?,
                    None => None,
                };
                Ok((people::inside(tx, &staff).await?, place))
            })
        })
        .await?;
    let what = office.proposed(&row)?;
    let (is_own, is_open, digest, id) = (row.maker == view.user.id, row.decided.decision.is_none(), row.digest, row.id);
    let may_decide = is_open && !is_own && office.may_decide(&view.user, &row, &what).is_ok();
    let source = match &what {
        Proposed::Policy { source, .. } | Proposed::Calendar { source, .. } if !source.is_empty() => {
            Some(source.clone())
        }
        _ => None,
    };
    let one = shown(office, row, &staff, &view)?;
    let (w, base, is_own) = (Words::of(view.lang), format!("{HOME}/{id}"), is_own && is_open);
    Page::of(&ProposalPage {
        w,
        c: Common::of(view.lang),
        one: Waiting { canteen: place.map(|place| place.name), ..one },
        digest,
        source,
        account,
        is_payee: matches!(what, Proposed::Payee { .. }),
        is_own,
        may_decide,
        reject: (may_decide || is_own).then(|| RejectForm::of(&base, is_own, &view)),
        base,
        home: view.link(HOME),
        shell: view.shell(HOME, w.title),
    })
}

async fn approve(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Form(body): Form<Approve>,
) -> Answer<Response> {
    let row = office.proposal(id).await?;
    let what = office.proposed(&row)?;
    office.may_decide(&view.user, &row, &what)?;
    if what.needs_proof() {
        view.present.require_fresh(office.now())?;
    }
    let given = office.approve_proposal(id, body.digest, view.user.id).await?;
    let Some(passphrase) = given else { return Ok(back(HOME, &view, "agreed").into_response()) };
    let name = match &what {
        Proposed::Invitation { person } => person.name.as_str(),
        Proposed::Reset { name, .. } => name.as_str(),
        _ => "",
    };
    Ok(super::people::once(&view, name, passphrase)?.into_response())
}

async fn reveal(State(office): State<Arc<Office>>, view: View, Path(id): Path<Uuid>) -> Answer<Response> {
    let row = office.proposal(id).await?;
    office.may_decide(&view.user, &row, &office.proposed(&row)?)?;
    let account = match office.reveal_proposal(id, view.user.id).await? {
        Proposed::Payee { account, .. } => Some(account.as_str().to_owned()),
        _ => None,
    };
    Ok(drawn(&office, view, row, account).await?.into_response())
}
