//! `/console/imports`: lists that are brought, checked row by row, looked at, and taken over as a whole or not at all.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use domain::id::Digest;
use receipts::table::{Cell, Table};
use serde::Deserialize;
use uuid::Uuid;

use super::words::Words as Common;
use super::{person, read, wanted};
use crate::audit::Action;
use crate::console::lang::{catalogue, fill};
use crate::console::layer::Upload;
use crate::console::view::{Shell, View};
use crate::console::{Page, files, fmt, refusals};
use crate::http::body::{Form, Path, Query};
use crate::http::imports::{FILE, LISTED, XLSX};
use crate::http::routes::Routes;
use crate::http::{Answer, Problem as Refused, may_import, of_import};
use crate::import::report::empty_list;
use crate::import::stored::NewImport;
use crate::import::{Finding, Kind, Level, Outcome, Problem};
use crate::store::imports::{self, ImportRow};
use crate::store::people;
use crate::store::people::UserRow;
use crate::words::{Code, office as said, register};
use crate::{Error, Office};

catalogue! {
    title: "导入", "Imports";
    hint: "先检查，后导入：有一行不能接收，整份名单都不导入。", "First checked, then taken over: as long as one row cannot be taken, nothing is.";
    bring: "上传名单", "Bring a list";
    kind: "名单种类", "Kind of list";
    file: "文件（XLSX 或 CSV）", "File (XLSX or CSV)";
    place: "行内没有区划时用（留空为您的区域）", "Region where a row names none (empty: yours)";
    check: "上传并检查", "Upload and check";
    templates: "空白模板", "Empty lists";
    name: "文件", "File";
    brought: "上传", "Brought";
    result: "结果", "Result";
    nothing: "还没有上传过名单。", "No list was brought yet.";
    checking: "正在检查", "being checked";
    checked: "检查完毕", "checked";
    unreadable: "无法读取", "unreadable";
    applied: "已导入", "taken over";
    progress: "已处理 {n} 行。可以离开，稍后刷新本页。", "{n} rows so far. You may leave, and reload this page later.";
    reload: "刷新", "Reload";
    rows: "行数", "Rows";
    added: "新增", "New";
    changed: "变更", "Changed";
    unchanged: "无变化", "Unchanged";
    bad: "不能接收", "Cannot be taken";
    notices: "提醒", "Worth a look";
    digest: "文件摘要", "File's digest";
    apply: "导入这份名单", "Take this list over";
    apply_hint: "导入的正是检查过的这个文件（按摘要核对）。", "Exactly the file that was checked is taken over, by its digest.";
    bad_first: "请先改好不能接收的行，重新上传。", "Mend the rows that cannot be taken and bring the list again.";
    same_before: "这个文件 {at} 已导入过。", "The very same file was taken over on {at}.";
    report: "下载问题清单（XLSX）", "Download the problems (XLSX)";
    problems: "有问题的行", "Rows with problems";
    row: "位置", "Place";
    read_is: "读到", "Read";
    why: "原因", "Why";
    next_step: "怎么改", "What to do";
    level_error: "不能接收", "cannot be taken";
    level_conflict: "与已知不符", "not what is known";
    level_notice: "提醒", "notice";
    no_problems: "没有问题。", "No problems.";
    forgotten: "这份名单的文件和问题清单已到保留期限，已删除。", "The list's file and its problems were deleted when their time was over.";
    page_next: "下一页", "Next page";
    page_first: "回到开头", "First page";
    columns: "识别的列", "Columns understood";
    ignored: "未用的列", "Columns not read";
    totals: "跳过的合计行", "Rows of totals passed over";
    by: "{who} {at}", "{who} {at}";
    kind_elders: "老人名单", "Elders";
    kind_categories: "类别名单", "Categories";
    kind_deaths: "死亡名单", "Deaths";
    kind_moves: "迁移名单", "Moves";
    kind_canteens: "食堂名单", "Canteens";
    kind_standings: "等级名单", "Standings";
    kind_prices: "餐价表", "Prices";
    kind_calendars: "节假日表", "Calendar";
}

impl Words {
    const fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Elders => self.kind_elders,
            Kind::Categories => self.kind_categories,
            Kind::Deaths => self.kind_deaths,
            Kind::Moves => self.kind_moves,
            Kind::Canteens => self.kind_canteens,
            Kind::Standings => self.kind_standings,
            Kind::Prices => self.kind_prices,
            Kind::Calendars => self.kind_calendars,
        }
    }

    fn state(&self, state: &str) -> (&'static str, &'static str) {
        match state {
            "checked" => (self.checked, "chip-warn"),
            "unreadable" => (self.unreadable, "chip-bad"),
            "applied" => (self.applied, "chip-ok"),
            _ => (self.checking, "chip-off"),
        }
    }

    const fn level(&self, level: Level) -> (&'static str, &'static str) {
        match level {
            Level::Error => (self.level_error, "chip-bad"),
            Level::Conflict => (self.level_conflict, "chip-bad"),
            Level::Notice => (self.level_notice, "chip-warn"),
        }
    }
}

const HOME: &str = "/console/imports";

/// An import as it stands on a page.
struct Shown {
    /// When it was brought, unix ms: what its column is sorted by.
    at: i64,
    link: String,
    id: Uuid,
    kind: &'static str,
    name: String,
    state: (&'static str, &'static str),
    is_checked: bool,
    brought: String,
    applied: String,
    outcome: Option<Outcome>,
    /// Why the file cannot be read, or why the last try failed.
    reason: Option<String>,
    progress: Option<String>,
    digest: Digest,
}

impl Shown {
    fn of(office: &Office, row: ImportRow, staff: &[UserRow], view: &View) -> Self {
        let w = Words::of(view.lang);
        let (so_far, failed) = office.imports.of(row.id);
        let outcome = row.result.as_deref().and_then(|result| serde_json::from_str(result).ok());
        let unreadable = row.result.filter(|_| row.state == "unreadable");
        let signed = |by: Option<_>, at| {
            let who = by.map_or_else(|| Common::of(view.lang).system.to_owned(), |by| person(staff, by, view.lang));
            fill(w.by, &[("who", &who), ("at", &fmt::at(at, view.lang))])
        };
        Self {
            at: row.made_at.get(),
            link: view.link(&format!("{HOME}/{}", row.id)),
            id: row.id,
            kind: row.kind.parse().map_or("", |kind| w.kind(kind)),
            name: row.file_name,
            state: w.state(&row.state),
            is_checked: row.state == "checked",
            brought: signed(row.made_by, row.made_at),
            applied: row.applied_at.map(|at| signed(row.applied_by, at)).unwrap_or_default(),
            outcome,
            reason: unreadable
                .or_else(|| failed.map(|refusal| refusal.detail))
                .map(|said| refusals::detail(&said, view.lang)),
            progress: so_far.map(|n| fill(w.progress, &[("n", &fmt::count(i64::try_from(n).unwrap_or(i64::MAX)))])),
            digest: row.digest,
        }
    }

    /// Whether it may be taken over as it is.
    fn is_good(&self) -> bool {
        self.is_checked && self.progress.is_none() && self.outcome.as_ref().is_some_and(|o| o.counts.bad == 0)
    }
}

#[derive(Template)]
#[template(path = "console/office/imports.html")]
struct ImportsPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    rows: Vec<Shown>,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
    kinds: Vec<(&'static str, &'static str)>,
    here: String,
}

#[derive(Template)]
#[template(path = "console/office/import.html")]
struct ImportPage {
    shell: Shell,
    w: &'static Words,
    one: Shown,
    findings: Vec<Finding>,
    /// The file was deleted when its time was over.
    is_forgotten: bool,
    next: Option<String>,
    first: Option<String>,
    before: Option<String>,
    home: String,
}

impl ImportPage {
    fn at(&self, what: &str) -> String {
        self.shell.view.link(&format!("{HOME}/{}/{what}", self.one.id))
    }

    const fn level(&self, problem: &Problem) -> (&'static str, &'static str) {
        self.w.level(problem.level)
    }

    /// A reason or a next step in the page's language.
    fn said(&self, text: &str) -> String {
        refusals::detail(text, self.shell.view.lang)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    page: String,
}

#[derive(Deserialize)]
struct Apply {
    digest: Digest,
}

pub(super) fn routes() -> Routes {
    let brought = Routes::new().post(HOME, Action::ImportBring, bring).limit(FILE);
    brought.merge(
        Routes::new()
            .get(HOME, list)
            .get("/console/imports.csv", csv)
            .get("/console/imports.xlsx", xlsx)
            .reveal("/console/imports/{id}", Action::ImportShow, show)
            .reveal("/console/imports/{id}/report", Action::ImportShow, report)
            .post("/console/imports/{id}/apply", Action::ImportApply, apply)
            .get("/console/imports/templates/{kind}", template),
    )
}

/// Whoever may bring no kind of list at all sees no page of them.
fn kinds(view: &View) -> Answer<Vec<Kind>> {
    let rights = view.user.role.rights();
    let own: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| rights.contains(&kind.right())).collect();
    if own.is_empty() {
        view.user.require(crate::people::Right::ManageElders)?;
    }
    Ok(own)
}

/// What is listed, and the kinds of lists that the person may bring.
async fn rows(office: &Office, view: &View) -> Answer<(Vec<Shown>, Vec<Kind>)> {
    let own = kinds(view)?;
    let staff = view.user.region.clone();
    let read = office.store.read(move |tx| {
        Box::pin(async move { Ok((imports::list(tx, None, LISTED).await?, people::inside(tx, &staff).await?)) })
    });
    let (rows, staff) = read.await?;
    let rows = rows.into_iter().filter(|row| may_import(&view.user, row).is_ok());
    Ok((rows.map(|row| Shown::of(office, row, &staff, view)).collect(), own))
}

/// What is listed, as a table.
fn table(rows: Vec<Shown>, view: &View) -> Table {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let row = |one: Shown| {
        let counts = one.outcome.as_ref().map(|outcome| [outcome.counts.rows, outcome.counts.bad]);
        let [all, bad] = counts.map_or([Cell::Empty, Cell::Empty], |counts| counts.map(files::count));
        let text = |text: &str| Cell::from(text);
        vec![text(&one.name), text(one.kind), text(one.state.0), all, bad, text(&one.brought), text(&one.applied)]
    };
    let heads = [w.name, w.kind, c.state, w.rows, w.bad, w.brought, w.applied];
    files::listed(w.title, &heads, rows.into_iter().map(row).collect(), view)
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let (rows, _) = rows(&office, &view).await?;
    Ok(files::of_month(&table(rows, &view), &view, "imports", files::Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    let (rows, _) = rows(&office, &view).await?;
    Ok(files::of_month(&table(rows, &view), &view, "imports", files::Kind::Xlsx)?)
}

async fn list(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    let (rows, own) = rows(&office, &view).await?;
    let w = Words::of(view.lang);
    Page::of(&ImportsPage {
        w,
        c: Common::of(view.lang),
        rows,
        files: files::links(&view, HOME, ""),
        kinds: own.into_iter().map(|kind| (kind.name(), w.kind(kind))).collect(),
        here: view.link(HOME),
        shell: view.shell(HOME, w.title),
    })
}

async fn bring(State(office): State<Arc<Office>>, view: View, request: Request) -> Answer<Redirect> {
    kinds(&view)?;
    // Read only now: whoever may not import sends nothing.
    let upload = Upload::from_request(request, &()).await?;
    let field = |name: &str| upload.field(name).unwrap_or_default().to_owned();
    let kind: Kind = wanted(&field("kind"), said::CHOOSE)?;
    view.user.require(kind.right())?;
    let elder_region = read(&field("place"), said::REGION)?;
    view.user.require_inside(elder_region.as_ref().unwrap_or(&view.user.region))?;
    let file_name = upload.name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let named = (1..=200).contains(&file_name.chars().count()) && !file_name.chars().any(char::is_control);
    if upload.bytes.is_empty() {
        return Err(Refused::new(Code::Invalid, said::NO_FILE));
    }
    if !named {
        return Err(Refused::new(Code::Invalid, register::TEXT));
    }
    let (by, scope, bytes) = (view.user.id, view.user.region.clone(), upload.bytes.to_vec());
    let row = office.receive_import(NewImport { kind, file_name, elder_region, by, scope, bytes }).await?;
    Ok(Redirect::to(&view.link(&format!("{HOME}/{}", row.id))))
}

async fn show(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Answer<Page> {
    let row = of_import(&office, &view.user, id).await?;
    // The server was stopped before the check was done.
    if row.state == "checking" && office.imports.of(id) == (None, None) {
        office.check_stored(id).await;
    }
    let row = office.import(id).await?;
    let page: i64 = read(&asked.page, said::COUNT)?.unwrap_or(0);
    let mut findings = if row.state == "checked" { office.import_findings(id, page).await? } else { None };
    if findings.is_some() {
        findings = office.reveal_findings(id, page, view.user.id).await?;
    }
    let more = row.state == "checked" && office.import_findings(id, page.saturating_add(1)).await?.is_some();
    let staff = view.user.region.clone();
    let staff = office.store.read(move |tx| Box::pin(async move { people::inside(tx, &staff).await })).await?;
    let w = Words::of(view.lang);
    let one = Shown::of(&office, row, &staff, &view);
    let before = one.outcome.as_ref().and_then(|outcome| outcome.applied_before).filter(|_| one.is_checked);
    let at = |page: i64| view.link(&format!("{HOME}/{id}?page={page}"));
    Page::of(&ImportPage {
        w,
        is_forgotten: findings.is_none()
            && page == 0
            && one.outcome.as_ref().is_some_and(|outcome| outcome.counts.bad + outcome.counts.notices > 0),
        findings: findings.unwrap_or_default(),
        next: more.then(|| at(page.saturating_add(1))),
        first: (page > 0).then(|| at(0)),
        before: before.map(|when| fill(w.same_before, &[("at", &fmt::at(when, view.lang))])),
        home: view.link(HOME),
        shell: view.shell(HOME, one.name.clone()),
        one,
    })
}

fn workbook(name: &str, bytes: Vec<u8>) -> impl IntoResponse + use<> {
    let name = format!("attachment; filename=\"{name}.xlsx\"");
    ([(header::CONTENT_TYPE, XLSX.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
}

async fn report(State(office): State<Arc<Office>>, view: View, Path(id): Path<Uuid>) -> Answer<impl IntoResponse> {
    of_import(&office, &view.user, id).await?;
    Ok(workbook(&format!("import-{id}"), office.reveal_report(id, view.user.id).await?))
}

async fn apply(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<Uuid>,
    Form(body): Form<Apply>,
) -> Answer<Redirect> {
    of_import(&office, &view.user, id).await?;
    let row = office.apply_stored(id, body.digest, view.user.id).await?;
    let done = if row.state == "applied" { "?done=applied" } else { "" };
    Ok(Redirect::to(&view.link(&format!("{HOME}/{id}{done}"))))
}

async fn template(view: View, Path(kind): Path<Kind>) -> Answer<impl IntoResponse> {
    view.user.require(kind.right())?;
    Ok(workbook(kind.name(), empty_list(kind).map_err(|e| Error::Internal(e.to_string()))?))
}
