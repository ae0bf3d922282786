//! Reads the papers back with other people's programs and holds them against the statement.

use std::path::Path;
use std::process::Command;

use calamine::{Reader as _, Xlsx, open_workbook};
use domain::money::Fen;
use receipts::{figures, words};
use zhucan::demo::outcome::Settled;
use zhucan::demo::world::CANTEENS;

/// The text of a document without any white space: layout is no matter here.
fn text_of(pdf: &Path) -> String {
    let output = Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output();
    let output = output.unwrap_or_else(|e| panic!("pdftotext is missing ({e}): run tests/run"));
    assert!(output.status.success(), "{}: {}", pdf.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_whitespace().collect()
}

/// The document names the canteen and says the payable in figures and in capital words.
pub(crate) fn check_pdf(path: &Path, settled: &Settled) {
    let text = text_of(path);
    let payable = settled.statement.payable();
    for part in [figures::payable(payable), words::capital(payable), CANTEENS[settled.canteen].name.to_owned()] {
        let wanted: String = part.split_whitespace().collect();
        assert!(text.contains(&wanted), "{}: no {part:?} in {text}", path.display());
    }
    let digest = settled.statement.digest().to_string();
    assert!(text.contains(&digest[..8]), "{}: no digest", path.display());
}

/// The workbook lists every meal that was not voided.
pub(crate) fn check_workbook(path: &Path, settled: &Settled) {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let sheets = book.sheet_names();
    let rows: Vec<usize> = sheets.iter().map(|name| book.worksheet_range(name).unwrap().height()).collect();
    let meals = settled.statement.reconciliation.subsidised.count as usize;
    assert!(rows.iter().any(|height| *height > meals), "{}: {sheets:?} have {rows:?} rows", path.display());
}

/// The bank's batches pay every canteen exactly its payable.
pub(crate) fn check_bank(folder: &Path, approved: &[&Settled]) {
    let mut paid = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            paid.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    for settled in approved {
        let canteen = &CANTEENS[settled.canteen];
        let line = paid.lines().find(|line| line.contains(canteen.account));
        let line = line.unwrap_or_else(|| panic!("{} is not in the batch: {paid}", canteen.name));
        let amount = settled.statement.payable().to_string();
        assert!(line.split(',').any(|cell| cell.trim_matches('"') == amount), "{line}: no {amount}");
    }
    let lines = paid.lines().filter(|line| CANTEENS.iter().any(|c| line.contains(c.account))).count();
    assert_eq!(lines, approved.iter().filter(|s| s.statement.payable() > Fen::ZERO).count());
}

/// The region's summary says every canteen's payable and their sum, and the lists show no full name.
pub(crate) fn check_summary(folder: &Path, approved: &[&Settled], names: &[&str]) {
    for region in
        approved.iter().map(|s| CANTEENS[s.canteen].programme().region).collect::<std::collections::BTreeSet<_>>()
    {
        let text = text_of(&folder.join(format!("summary-{region}.pdf")));
        let of_region = approved.iter().filter(|s| CANTEENS[s.canteen].programme().region == region);
        let mut sum = Fen::ZERO;
        for settled in of_region {
            let payable = settled.statement.payable();
            sum += payable;
            assert!(text.contains(&figures::yuan(payable)), "{region}: no {payable}");
        }
        assert!(text.contains(&words::capital(sum)), "{region}: no {}", words::capital(sum));
        let csv = std::fs::read_to_string(folder.join(format!("disclosure-{region}.csv"))).unwrap();
        assert!(csv.lines().count() > 5 && csv.contains('*'), "{csv}");
        assert!(names.iter().all(|name| !csv.contains(name)), "a full name is disclosed");
        let book: Xlsx<_> = open_workbook(folder.join(format!("disclosure-{region}.xlsx"))).unwrap();
        assert_eq!(book.sheet_names(), ["公示"]);
    }
}
