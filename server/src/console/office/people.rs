//! `/console/people`: who may sign in; inviting, locking, moving, resetting and ending it. A one-time passphrase is shown
//! once.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::id::{CanteenId, UserId};
use receipts::table::{Cell, Table};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::words::Words as Common;
use super::{read, typed, wanted};
use crate::Office;
use crate::admin::{Given, NewPerson, Post};
use crate::audit::Action;
use crate::console::files::{self, Kind};
use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Form, Path, Query};
use crate::http::routes::Routes;
use crate::http::{Answer, explained, of_person};
use crate::people::{Right, Role};
use crate::store::canteens::CanteenRow;
use crate::store::people::{ReasonRow, UserRow};
use crate::store::{canteens, people};
use crate::words::office as said;

catalogue! {
    title: "人员", "People";
    count: "{n} 人", "{n} people";
    hint: "一人一号。离开的人停用后不删除，过去的操作仍记在其名下。", "One account a person. Who leaves is never deleted: what was done stays under the name.";
    show_left: "也列出已停用的", "Also those who left";
    since: "登记", "Since";
    active: "在用", "active";
    left: "已停用", "left";
    locked: "已锁定", "locked";
    locked_here: "已由服务器命令锁定", "locked by command";
    locked_hint: "须在服务器上用 zhucan user unlock 解锁", "Unlocked at the server with zhucan user unlock";
    must_change: "待改口令", "must choose a passphrase";
    factor: "动态口令", "Second factor";
    factor_yes: "已绑定", "in use";
    factor_no: "未绑定", "not yet";
    invite: "邀请人员", "Invite a person";
    invite_hint: "系统给出一次性口令，请当面交给本人；首次登录须改口令，管钱的角色须绑定动态口令。财务、政策和管理员角色的邀请、重置须由另一位管理员批准，口令由批准人转交。", "The program gives a one-time passphrase: hand it over in person. It is changed at the first sign-in; roles that decide money take up a second factor. Inviting or resetting finance people, policy editors and administrators waits for another administrator, who gets the passphrase.";
    own_canteen: "所管食堂（仅食堂负责人）", "Canteen (for its manager only)";
    no_canteen: "不指定", "none";
    reset: "重置口令", "Reset";
    depart: "停用", "End access";
    more: "锁定、解锁、调岗", "Lock, unlock, move";
    lock: "锁定", "Lock";
    lock_hint: "锁定后本人立即退出，解锁前不能登录。", "The person is signed out at once, and cannot sign in before it is unlocked.";
    unlock: "解锁", "Unlock";
    transfer: "调岗", "Move";
    transfer_hint: "须由另一位管理员批准后生效。", "In force when another administrator has approved.";
    why: "理由", "Why";
    because: "理由：{reason}（{who}，{when}）", "Why: {reason} ({who}, {when})";
    act_on: "处理", "Acts";
    once_title: "一次性口令", "One-time passphrase";
    once_for: "给 {name}", "for {name}";
    done: "已交给本人，返回", "Handed over: back";
    nobody: "没有人员。", "Nobody.";
}

const HOME: &str = "/console/people";

#[expect(clippy::struct_excessive_bools, reason = "marks of a row that have nothing to do with each other")]
struct Row {
    id: UserId,
    name: String,
    role: &'static str,
    place: String,
    since: String,
    state: &'static str,
    class: &'static str,
    factor: bool,
    is_self: bool,
    left: bool,
    /// Nothing done here lets the person in again.
    shut: bool,
    /// Whether something keeps the person from signing in that an administrator takes away.
    locked: bool,
    /// Why it is locked, if an administrator said so.
    because: Option<String>,
    /// As what, and where, the person works.
    post: (&'static str, String, String),
}

#[derive(Template)]
#[template(path = "console/office/people.html")]
struct PeoplePage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    rows: Vec<Row>,
    count: String,
    with_left: bool,
    files: [String; 2],
    roles: Vec<(&'static str, &'static str)>,
    canteens: Vec<(String, String)>,
    here: String,
}

impl PeoplePage {
    fn post(&self, id: &UserId, what: &str) -> String {
        self.shell.view.link(&format!("{HOME}/{id}/{what}"))
    }
}

#[derive(Template)]
#[template(path = "console/office/once.html")]
struct OncePage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    whom: String,
    passphrase: Zeroizing<String>,
    back: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    left: String,
}

#[derive(Deserialize)]
struct Why {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct Transfer {
    role: String,
    place: String,
    #[serde(default)]
    canteen: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct New {
    name: String,
    role: String,
    place: String,
    #[serde(default)]
    canteen: String,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(HOME, list)
        .get("/console/people.csv", csv)
        .get("/console/people.xlsx", xlsx)
        .post(HOME, Action::PersonAdd, invite)
        .post("/console/people/{id}/reset", Action::PersonReset, reset)
        .post("/console/people/{id}/lock", Action::PersonLock, lock)
        .post("/console/people/{id}/unlock", Action::PersonUnlock, unlock)
        .post("/console/people/{id}/move", Action::ProposalMake, transfer)
        .post("/console/people/{id}/departure", Action::PersonLeave, depart)
}

/// What the page is made of.
struct Found {
    people: Vec<UserRow>,
    canteens: Vec<CanteenRow>,
    reasons: Vec<ReasonRow>,
}

async fn found(office: &Office, view: &View) -> Answer<Found> {
    view.user.require(Right::ManagePeople)?;
    let region = view.region.code.clone();
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            Ok(Found {
                people: people::inside(tx, &region).await?,
                canteens: canteens::inside(tx, &region).await?,
                reasons: people::last_reasons(tx, &region).await?,
            })
        })
    });
    Ok(read.await?)
}

fn lines(found: &Found, asked: &Asked, view: &View) -> Vec<Row> {
    let with_left = typed(&asked.left).is_some();
    let rows = found.people.iter().filter(|row| with_left || row.left_at.is_none());
    rows.map(|row| line(row, found, view)).collect()
}

async fn csv(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = lines(&found(&office, &view).await?, &asked, &view);
    Ok(files::of_month(&table(rows, &view), &view, "people", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<impl IntoResponse> {
    let rows = lines(&found(&office, &view).await?, &asked, &view);
    Ok(files::of_month(&table(rows, &view), &view, "people", Kind::Xlsx)?)
}

/// What is listed, as a table.
fn table(rows: Vec<Row>, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let heads = [c.name, c.role, c.region, c.state, w.factor, w.since];
    let row = |row: Row| {
        let factor = if row.factor { w.factor_yes } else { w.factor_no };
        let texts = [row.name, row.role.to_owned(), row.place, row.state.to_owned(), factor.to_owned(), row.since];
        texts.map(Cell::Text).to_vec()
    };
    Table {
        name: w.title.to_owned(),
        notes: files::notes(w.title, view),
        heads: heads.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(row).collect(),
    }
}

async fn list(State(office): State<Arc<Office>>, view: View, Query(asked): Query<Asked>) -> Answer<Page> {
    let found = found(&office, &view).await?;
    let (rows, places) = (lines(&found, &asked, &view), &found.canteens);
    let w = Words::of(view.lang);
    let left = super::escaped(&asked.left);
    let file = |ending: &str| format!("{}&left={left}", view.link(&format!("{HOME}.{ending}")));
    let files = ["csv", "xlsx"].map(file);
    let shell = view.shell(HOME, w.title);
    Page::of(&PeoplePage {
        w,
        c: Common::of(view.lang),
        count: fill(w.count, &[("n", &rows.len())]),
        rows,
        with_left: typed(&asked.left).is_some(),
        files,
        roles: Role::ALL.iter().map(|role| (role.name(), shell.w.role(*role))).collect(),
        canteens: places.iter().map(|row| (row.id.to_string(), row.name.clone())).collect(),
        here: view.link(HOME),
        shell,
    })
}

/// Why an account is locked, if what was noted of it last is a lock.
fn because(row: &UserRow, found: &Found, view: &View) -> Option<String> {
    let last = found.reasons.iter().find(|reason| reason.person == row.id && reason.act == "lock")?;
    let who = super::person(&found.people, last.made_by, view.lang);
    let when = fmt::full_day(last.at.local_date(), view.lang);
    let fields: [(&str, &dyn std::fmt::Display); 3] = [("reason", &last.reason), ("who", &who), ("when", &when)];
    Some(fill(Words::of(view.lang).because, &fields))
}

fn line(row: &UserRow, found: &Found, view: &View) -> Row {
    let w = Words::of(view.lang);
    let canteens: BTreeMap<CanteenId, &str> = found.canteens.iter().map(|row| (row.id, row.name.as_str())).collect();
    let locked = row.locked_until > view.now;
    let (state, class) = if row.left_at.is_some() {
        (w.left, "chip-off")
    } else if row.is_locked_here() {
        (w.locked_here, "chip-bad")
    } else if locked {
        (w.locked, "chip-bad")
    } else if row.must_change {
        (w.must_change, "chip-warn")
    } else {
        (w.active, "chip-ok")
    };
    Row {
        id: row.id,
        name: row.name.clone(),
        role: super::frame::Words::of(view.lang).role(row.role),
        place: row
            .canteen
            .and_then(|id| canteens.get(&id))
            .map_or_else(|| row.region.to_string(), |name| (*name).to_owned()),
        since: fmt::full_day(row.created_at.local_date(), view.lang),
        state,
        class,
        factor: row.totp_at.is_some(),
        is_self: row.id == view.user.id,
        left: row.left_at.is_some(),
        shut: row.is_locked_here(),
        locked,
        because: Some(()).filter(|()| locked).and_then(|()| because(row, found, view)),
        post: (row.role.name(), row.region.to_string(), row.canteen.map_or_else(String::new, |id| id.to_string())),
    }
}

/// The passphrase, once; or the way back to the list, which says that it waits for another administrator.
fn given(view: &View, name: &str, given: Given) -> Answer<Response> {
    match given {
        Given::Passphrase(_, passphrase) => Ok(once(view, name, passphrase)?.into_response()),
        Given::Waits(row) => {
            Ok(Redirect::to(&view.link(&format!("/console/proposals/{}?done=proposed", row.id))).into_response())
        }
    }
}

pub(super) fn once(view: &View, name: &str, passphrase: Zeroizing<String>) -> Answer<Page> {
    let w = Words::of(view.lang);
    Page::of(&OncePage {
        w,
        c: Common::of(view.lang),
        whom: fill(w.once_for, &[("name", &name)]),
        passphrase,
        back: view.link(HOME),
        shell: view.shell(HOME, w.once_title),
    })
}

async fn invite(State(office): State<Arc<Office>>, view: View, Form(new): Form<New>) -> Answer<Response> {
    view.user.require(Right::ManagePeople)?;
    let region = wanted(&new.place, said::REGION)?;
    view.user.require_inside(&region)?;
    let (role, canteen) = (wanted(&new.role, said::CHOOSE)?, read(&new.canteen, said::CHOOSE)?);
    let person = NewPerson { name: new.name.clone(), role, region, canteen };
    let done = office.let_in(person, view.user.id).await?;
    given(&view, &new.name, done)
}

async fn reset(State(office): State<Arc<Office>>, view: View, Path(id): Path<UserId>) -> Answer<Response> {
    of_person(&office, &view.user, id).await?;
    let done = office.let_back(id, view.user.id).await?;
    let row = office.store.read(move |tx| Box::pin(async move { people::get(tx, id).await })).await?;
    given(&view, &row.map(|row| row.name).unwrap_or_default(), done)
}

async fn lock(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<UserId>,
    Form(why): Form<Why>,
) -> Answer<Redirect> {
    of_person(&office, &view.user, id).await?;
    office.lock_by(id, explained(&why.reason)?, view.user.id).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}?done=saved"))))
}

async fn unlock(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<UserId>,
    Form(why): Form<Why>,
) -> Answer<Redirect> {
    of_person(&office, &view.user, id).await?;
    office.unlock_by(id, explained(&why.reason)?, view.user.id).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}?done=saved"))))
}

async fn transfer(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<UserId>,
    Form(new): Form<Transfer>,
) -> Answer<Redirect> {
    of_person(&office, &view.user, id).await?;
    let region = wanted(&new.place, said::REGION)?;
    view.user.require_inside(&region)?;
    let to = Post { role: wanted(&new.role, said::CHOOSE)?, region, canteen: read(&new.canteen, said::CHOOSE)? };
    let reason = explained(&new.reason)?;
    let row = office.propose_move(id, to, reason, view.user.region.clone(), view.user.id).await?;
    Ok(Redirect::to(&view.link(&format!("/console/proposals/{}?done=proposed", row.id))))
}

async fn depart(State(office): State<Arc<Office>>, view: View, Path(id): Path<UserId>) -> Answer<Redirect> {
    of_person(&office, &view.user, id).await?;
    let done = if office.leave(id, Some(view.user.id)).await? { "removed" } else { "already" };
    Ok(Redirect::to(&view.link(&format!("{HOME}?done={done}"))))
}
