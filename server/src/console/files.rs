//! Tables that are taken away: what a page shows, as CSV or as a workbook.

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use receipts::table::{Cell, Table};

use super::lang::fill;
use super::view::View;
use super::{fmt, words as frame};
use crate::Error;

/// What a file of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For every program.
    Csv,
    /// A workbook of one sheet.
    Xlsx,
}

impl Kind {
    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// A table of a region's month as a file that the browser keeps, and nothing between here and there.
pub(crate) fn of_month(table: &Table, view: &View, name: &str, kind: Kind) -> Result<impl IntoResponse + use<>, Error> {
    file(table, &format!("{name}-{}-{}", view.region.code, view.month), kind)
}

/// A table as a file of that name, without its ending.
pub(crate) fn file(table: &Table, name: &str, kind: Kind) -> Result<impl IntoResponse + use<>, Error> {
    let bytes = match kind {
        Kind::Csv => table.csv(),
        Kind::Xlsx => table.xlsx(),
    };
    let bytes = bytes.map_err(|error| Error::Internal(error.to_string()))?;
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_TYPE, kind.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", kind.ending())),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes))
}

/// What stands above every table's heads: what it is, where, as of when.
pub(crate) fn notes(title: &str, view: &View) -> Vec<String> {
    let as_of = fill(frame::Words::of(view.lang).as_of, &[("at", &fmt::at(view.now, view.lang))]);
    vec![format!("{title}　{}", view.region.name), as_of]
}

/// A page's own list as a table, with what stands above every table's heads.
pub(crate) fn listed(title: &str, heads: &[&str], rows: Vec<Vec<Cell>>, view: &View) -> Table {
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    Table { name: title.to_owned(), notes: notes(title, view), heads, rows }
}

/// The addresses of a list as files: CSV, XLSX. `query` begins with `?` or is empty.
pub(crate) fn links(view: &View, path: &str, query: &str) -> [String; 2] {
    ["csv", "xlsx"].map(|ending| view.link(&format!("{path}.{ending}{query}")))
}

/// A count in a cell.
pub(crate) fn count(of: impl TryInto<i64>) -> Cell {
    of.try_into().map_or(Cell::Empty, Cell::Count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn a_table_for_spreadsheets_holds_no_formula() {
        let table = Table {
            name: "x".into(),
            notes: vec!["as of".into()],
            heads: vec!["a".into(), "b".into()],
            rows: vec![vec![Cell::from("=1+1"), Cell::from("x,y")]],
        };
        let answer = file(&table, "x", Kind::Csv).unwrap().into_response();
        assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"x.csv\"");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(String::from_utf8(body.to_vec()).unwrap(), "\u{feff}as of\r\na,b\r\n'=1+1,\"x,y\"\r\n");
        let book = file(&table, "x", Kind::Xlsx).unwrap().into_response();
        assert!(book.into_body().collect().await.unwrap().to_bytes().starts_with(b"PK"));
    }
}
