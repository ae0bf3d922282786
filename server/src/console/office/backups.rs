//! `/console/backups`: when the office was last backed up, when a backup was last tried, and how to restore one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::calendar::UnixMs;
use receipts::table::{Cell, Table};

use super::ago;
use super::words::Words as Common;
use crate::Office;
use crate::console::files::{self, Kind};
use crate::console::lang::{catalogue, fill};
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::Answer;
use crate::http::routes::Routes;
use crate::people::Right;
use crate::store::backups::{self, BackupNote};

catalogue! {
    title: "备份", "Backups";
    last: "最近一次备份", "Last backup";
    last_drill: "最近一次演练通过", "Last drill that held";
    never: "从未", "never";
    fresh: "正常", "in order";
    old: "超过 26 小时没有备份", "no backup for more than 26 hours";
    drill_old: "超过 92 天没有演练", "no drill for more than 92 days";
    how: "怎么备份、怎么恢复", "How to back up, how to restore";
    how_backup: "备份：在办公端电脑上运行，办公端照常使用。目录要在另一块磁盘或另一台电脑上。", "Back up: on the office's computer, which goes on working. The folder belongs on another disk or machine.";
    how_drill: "演练：把备份恢复到一个用完就删的地方，逐行读回并全部核对。每月一次。", "Drill: restores a backup into a place that is thrown away, reads every row back and verifies everything. Once a month.";
    how_restore: "恢复：在新电脑上装好同一版本或更新的程序，恢复到空目录；备份文件和备份口令缺一不可。", "Restore: on another machine with this program or a later one, into an empty folder. It takes the file and its passphrase.";
    history: "记录", "Notes";
    what: "事项", "What";
    backup: "备份", "Backup";
    drill: "演练", "Drill";
    file: "文件", "File";
    made: "数据截至", "State of";
    took: "用时", "Took";
    seconds: "{n} 秒", "{n} s";
    rows: "行数", "Rows";
    size: "大小", "Size";
    kb: "{n} KB", "{n} KB";
    noted: "登记", "Noted";
    digest_head: "文件摘要", "Digest";
    result: "结果", "Result";
    good: "已读回核对", "read back";
    drilled: "通过", "holds";
    broken: "不符 {n} 处", "{n} places do not hold";
    nothing: "还没有记录。由 zhucan backup 和 zhucan restore --drill 记下。", "Nothing noted yet: zhucan backup and zhucan restore --drill do.";
    digest: "摘要 {digest}", "digest {digest}";
}

const HOME: &str = "/console/backups";
/// A backup a day, and some hours for a slow one.
const OLD_MS: i64 = 26 * 60 * 60 * 1000;
/// A drill a quarter at least.
const UNTRIED_MS: i64 = 92 * 24 * 60 * 60 * 1000;
/// So many notes are listed.
const MOST: i64 = 60;

/// A note that should be young.
struct Age {
    words: String,
    at: String,
    state: &'static str,
    class: &'static str,
}

struct Row {
    what: &'static str,
    noted: String,
    made: String,
    file: String,
    digest: String,
    rows: String,
    size: String,
    took: String,
    result: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "console/office/backups.html")]
struct BackupsPage {
    shell: Shell,
    w: &'static Words,
    last: Age,
    drill: Age,
    /// Addresses of what is listed as a file: CSV, XLSX.
    files: [String; 2],
    rows: Vec<Row>,
}

pub(super) fn routes() -> Routes {
    Routes::new().get(HOME, show).get("/console/backups.csv", csv).get("/console/backups.xlsx", xlsx)
}

async fn show(State(office): State<Arc<Office>>, view: View) -> Answer<Page> {
    view.user.require(Right::ManageTerminals)?;
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let (last, drill) = (backups::last_good(tx, "backup").await?, backups::last_good(tx, "drill").await?);
            Ok((last, drill, backups::notes(tx, MOST).await?))
        })
    });
    let (last, drill, notes) = read.await?;
    let w = Words::of(view.lang);
    Page::of(&BackupsPage {
        w,
        last: age(&view, last.map(|note| note.made_at), OLD_MS, w.old),
        drill: age(&view, drill.map(|note| note.noted_at), UNTRIED_MS, w.drill_old),
        files: files::links(&view, HOME, ""),
        rows: notes.iter().map(|note| row(&view, note)).collect(),
        shell: view.shell(HOME, w.title),
    })
}

/// What is listed, as a table.
async fn table(office: &Office, view: &View) -> Answer<Table> {
    view.user.require(Right::ManageTerminals)?;
    let notes = office.store.read(move |tx| Box::pin(async move { backups::notes(tx, MOST).await })).await?;
    let w = Words::of(view.lang);
    let line = |note: &BackupNote| {
        let row = row(view, note);
        let (what, result) = (Cell::from(row.what), Cell::Text(row.result));
        let texts = [row.noted, row.made, row.file, row.digest].map(Cell::Text);
        std::iter::once(what).chain(texts).chain([Cell::Count(note.of_rows), result]).collect()
    };
    let heads = [w.what, w.noted, w.made, w.file, w.digest_head, w.rows, w.result];
    Ok(files::listed(w.title, &heads, notes.iter().map(line).collect(), view))
}

async fn csv(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    Ok(files::of_month(&table(&office, &view).await?, &view, "backups", Kind::Csv)?)
}

async fn xlsx(State(office): State<Arc<Office>>, view: View) -> Answer<impl IntoResponse> {
    Ok(files::of_month(&table(&office, &view).await?, &view, "backups", Kind::Xlsx)?)
}

/// How old something is, and whether that is too old.
fn age(view: &View, at: Option<UnixMs>, most: i64, too_old: &'static str) -> Age {
    let (w, c) = (Words::of(view.lang), Common::of(view.lang));
    let old = at.is_none_or(|at| view.now.get() - at.get() > most);
    Age {
        words: at.map_or_else(|| w.never.to_owned(), |at| ago(at, view.now, c)),
        at: at.map(|at| fmt::at(at, view.lang)).unwrap_or_default(),
        state: if old { too_old } else { w.fresh },
        class: if old { "chip-bad" } else { "chip-ok" },
    }
}

fn row(view: &View, note: &BackupNote) -> Row {
    let w = Words::of(view.lang);
    let is_drill = note.what == "drill";
    let (result, class) = match (is_drill, note.breaks) {
        (false, _) => (w.good.to_owned(), "chip-ok"),
        (true, 0) => (w.drilled.to_owned(), "chip-ok"),
        (true, n) => (fill(w.broken, &[("n", &fmt::count(n))]), "chip-bad"),
    };
    Row {
        what: if is_drill { w.drill } else { w.backup },
        noted: fmt::at(note.noted_at, view.lang),
        made: fmt::at(note.made_at, view.lang),
        file: note.file.clone(),
        digest: fill(w.digest, &[("digest", &note.digest.short())]),
        rows: fmt::count(note.of_rows),
        size: note.bytes.map_or_else(
            || "—".to_owned(),
            |n| fill(w.kb, &[("n", &fmt::count(n.div_euclid(1024) + i64::from(n.rem_euclid(1024) > 0)))]),
        ),
        took: fill(w.seconds, &[("n", &fmt::count(note.took_ms / 1000))]),
        result,
        class,
    }
}
