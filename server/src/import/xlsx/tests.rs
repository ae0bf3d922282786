//! Workbooks as spreadsheets write them, and as nobody should.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::write::SimpleFileOptions;

use super::super::cell::Cell;
use super::super::source::tests::rows;
use super::super::source::{Sink, Unreadable};
use super::within;
use crate::words::import as words;

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

#[test]
fn cells_come_as_they_stand_in_the_file() {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    let sheet = book.add_worksheet().set_name("名单").unwrap();
    sheet.merge_range(0, 0, 0, 3, "福田区老人名单", &Format::new()).unwrap();
    sheet.write(2, 0, "姓名").unwrap();
    sheet.write(2, 2, 12.1).unwrap();
    sheet.write_with_format(3, 1, ExcelDateTime::from_ymd(2026, 3, 1).unwrap(), &date).unwrap();
    sheet.write(3, 2, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write(3, 3, true).unwrap();
    sheet.write(3, 4, 110_105_194_912_310_020_u64).unwrap();
    let hidden = book.add_worksheet().set_name("隐藏").unwrap();
    hidden.set_hidden(true).write(0, 0, "x & <y>").unwrap();
    let rows = rows(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(rows[0], ("名单".into(), 1, vec![text("福田区老人名单")]));
    assert_eq!(rows[1], ("名单".into(), 3, vec![text("姓名"), Cell::Empty, Cell::Number("12.1".into())]));
    let last = &rows[2].2;
    assert_eq!(
        last[1..4],
        [Cell::Serial("46082".into(), false), Cell::Number("2".into()), Cell::Bool(true)],
        "a formula is what it came to"
    );
    assert!(
        matches!(&last[4], Cell::Number(digits) if digits.starts_with("11010519491231") && digits != "110105194912310021")
    );
    assert_eq!(rows[3], ("隐藏".into(), 1, vec![text("x & <y>")]));
}

/// A package of these parts beside what every workbook has.
fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let rels = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book_rels = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let book = "<workbook><workbookPr date1904=\"1\"/><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
    let usual: [(&str, &[u8]); 4] = [
        ("_rels/.rels", rels.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", book_rels.as_bytes()),
        ("xl/sharedStrings.xml", b"<sst><si><t>shared</t></si></sst>"),
    ];
    let kept = usual.iter().filter(|(name, _)| parts.iter().all(|(other, _)| other != name));
    for (name, bytes) in kept.chain(parts) {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn sheet(rows: &str) -> Vec<u8> {
    package(&[("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{rows}</sheetData></worksheet>").as_bytes())])
}

#[test]
fn a_workbook_without_references_and_with_rich_text_is_read() {
    let found = rows(&sheet(
        "<row><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is><r><t>张</t></r><r><t>三&amp;</t></r><rPh><t>zhang</t></rPh></is></c></row>\
         <row r=\"5\"><c r=\"C5\"><v>1.10101E+17</v></c><c r=\"D5\" t=\"str\"><f>A1</f><v>x</v></c><c r=\"E5\" t=\"e\"><v>#REF!</v></c></row>",
    ));
    let found = found.unwrap();
    assert_eq!(found[0], ("a".into(), 1, vec![text("shared"), text("张三&")]));
    let expected =
        [Cell::Empty, Cell::Empty, Cell::Number1904("1.10101E+17".into()), text("x"), Cell::Error("#REF!".into())];
    assert_eq!((found[1].1, found[1].2.as_slice()), (5, &expected[..]));
}

/// As programs that never compute write formulas: without what they came to.
#[test]
fn a_formula_is_what_it_came_to_or_none() {
    let found = rows(&sheet(
        "<row><c><f>A1+1</f></c><c><f>A1+1</f><v></v></c><c><f>A1+1</f><v>3</v></c><c t=\"str\"><f>A1</f><v></v></c>\
         <c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c><c t=\"b\"><f>1=1</f><v>1</v></c></row>",
    ));
    let expected = [
        Cell::Formula,
        Cell::Formula,
        Cell::Number1904("3".into()),
        text(""),
        Cell::Error("#DIV/0!".into()),
        Cell::Bool(true),
    ];
    assert_eq!(found.unwrap()[0].2, expected);
}

#[test]
fn days_of_a_workbook_from_1904_are_its_own() {
    let styles = b"<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let related = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r3\" Type=\"{office}/styles\" Target=\"styles.xml\"/></Relationships>"
    );
    let rows_of =
        b"<worksheet><sheetData><row><c s=\"1\"><v>44620</v></c><c><v>44620</v></c></row></sheetData></worksheet>";
    let bytes = package(&[
        ("xl/_rels/workbook.xml.rels", related.as_bytes()),
        ("xl/styles.xml", styles),
        ("xl/worksheets/sheet1.xml", rows_of),
    ]);
    let found = rows(&bytes).unwrap();
    let dates: Vec<_> = found[0].2.iter().map(|cell| super::super::values::date(cell).unwrap().to_string()).collect();
    assert_eq!(dates, ["2026-03-01", "2026-03-01"], "with the date's format and without");
}

#[test]
fn what_would_never_end_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let wide: String = (0..300).map(|_| "<c><v>1</v></c>").collect();
    let long = format!("<row><c t=\"inlineStr\"><is><t>{}</t></is></c></row>", "x".repeat(1_000_000));
    for (rows_of, expected) in [
        (deep.as_str(), words::DEEP),
        (&format!("<row>{wide}</row>"), words::WIDE),
        (&long, words::LONG),
        ("<row r=\"XFD99\"></row>", words::BROKEN),
        ("<row r=\"2\"/><row r=\"1\"/>", words::BROKEN),
        ("<row r=\"4294967295\"/>", words::BROKEN),
        ("<row><c r=\"ZZZZZZZZZZZZZZ1\"><v>1</v></c></row>", words::WIDE),
        ("<row><c t=\"s\"><v>7</v></c></row>", words::BROKEN),
        ("<row><c t=\"str\"><v>&bomb;</v></c></row>", words::BROKEN),
        ("<row><c><v>1</v></row>", words::BROKEN),
    ] {
        assert_eq!(rows(&sheet(rows_of)), Err(Unreadable::new(expected)), "{}", &rows_of[..rows_of.len().min(60)]);
    }
    let document = b"<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><worksheet><sheetData/></worksheet>";
    assert_eq!(rows(&package(&[("xl/worksheets/sheet1.xml", document)])), Err(Unreadable::new(words::BROKEN)));
    let linked =
        package(&[("xl/worksheets/sheet1.xml", b"<worksheet/>"), ("xl/externalLinks/externalLink1.xml", b"<x/>")]);
    assert_eq!(rows(&linked), Err(Unreadable::new(words::LINKS)));
    assert_eq!(rows(&package(&[])), Err(Unreadable::new(words::BROKEN)), "the sheet's part is missing");
    let nothing = package(&[("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>")]);
    assert_eq!(rows(&nothing), Err(Unreadable::new(words::BROKEN)), "cut short");
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    // A hundred megabytes of empty rows in a hundred kilobytes.
    let mut body = b"<worksheet><sheetData>".to_vec();
    while body.len() < 100_000_000 {
        body.extend_from_slice(&b"<row></row>".repeat(10_000));
    }
    let bytes = package(&[("xl/worksheets/sheet1.xml", &body)]);
    assert!(bytes.len() < 1_000_000, "{}", bytes.len());
    assert_eq!(rows(&bytes), Err(Unreadable::new(words::BOMB)));
    let mut strings = b"<sst>".to_vec();
    while strings.len() < 60_000_000 {
        strings.extend_from_slice(format!("<si><t>{}</t></si>", "a".repeat(30_000)).as_bytes());
    }
    let bytes = package(&[("xl/worksheets/sheet1.xml", b"<worksheet/>"), ("xl/sharedStrings.xml", &strings)]);
    assert_eq!(rows(&bytes), Err(Unreadable::new(words::BOMB)));
}

/// A workbook of so many sheets; `same` when all are one part.
fn sheets(count: usize, same: bool, part: &[u8]) -> Vec<u8> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let (mut rels, mut book) = ("<Relationships>".to_owned(), "<workbook><sheets>".to_owned());
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for number in 1..=count {
        let file = format!("worksheets/sheet{}.xml", if same { 1 } else { number });
        write!(rels, "<Relationship Id=\"r{number}\" Type=\"{office}/worksheet\" Target=\"{file}\"/>").unwrap();
        write!(book, "<sheet name=\"s{number}\" sheetId=\"{number}\" r:id=\"r{number}\"/>").unwrap();
        if !same || number == 1 {
            parts.push((format!("xl/{file}"), part.to_vec()));
        }
    }
    parts.push(("xl/_rels/workbook.xml.rels".to_owned(), (rels + "</Relationships>").into_bytes()));
    parts.push(("xl/workbook.xml".to_owned(), (book + "</sheets></workbook>").into_bytes()));
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    package(&parts)
}

#[test]
fn a_workbook_as_a_whole_has_bounds() {
    let one = b"<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>";
    assert_eq!(rows(&sheets(100, false, one)).unwrap().len(), 100);
    assert_eq!(rows(&sheets(101, false, one)), Err(Unreadable::new(words::SHEETS)));
    assert_eq!(rows(&sheets(2, true, one)), Err(Unreadable::new(words::BROKEN)), "one part is one sheet");
    let empty = ["<worksheet>".to_owned(), "<a/>".repeat(4_000_000 - 3), "<sheetData/>".to_owned()].concat();
    assert!(rows(&sheets(1, false, empty.as_bytes())).is_ok(), "sixteen megabytes are no bomb");
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let many = |count: usize, target: &str| {
        let one = format!("<Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"{target}\"/>");
        let rels = format!("<Relationships>{}</Relationships>", one.repeat(count));
        package(&[("xl/_rels/workbook.xml.rels", rels.as_bytes()), ("xl/worksheets/sheet1.xml", one_sheet())])
    };
    assert!(rows(&many(1_000, "worksheets/sheet1.xml")).is_ok());
    assert_eq!(rows(&many(1_001, "worksheets/sheet1.xml")), Err(Unreadable::new(words::BOMB)));
    assert_eq!(rows(&many(1, &"a".repeat(5_000))), Err(Unreadable::new(words::BOMB)));
}

const fn one_sheet() -> &'static [u8] {
    b"<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"
}

struct Nobody;

impl Sink for Nobody {
    fn sheet(&mut self, _: &str, _: bool) -> Result<bool, Unreadable> {
        Ok(true)
    }

    fn row(&mut self, _: u32, _: Vec<Cell>) -> Result<bool, Unreadable> {
        Ok(true)
    }
}

#[test]
fn all_parts_together_unpack_to_so_much() {
    let bytes = sheets(
        10,
        false,
        &["<worksheet>".to_owned(), "<a/>".repeat(20_000), "<sheetData/>".to_owned()].concat().into_bytes(),
    );
    assert_eq!(within(&mut Cursor::new(bytes.clone()), &mut Nobody, 1_000_000), Ok(()));
    assert_eq!(within(&mut Cursor::new(bytes), &mut Nobody, 700_000), Err(Unreadable::new(words::BOMB)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_workbook_is_read_or_refused(at in 0_usize..4000, to in any::<u8>(), cut in prop::option::of(0_usize..4000)) {
        let mut bytes = sheet("<row><c t=\"s\"><v>0</v></c><c><v>12.5</v></c></row>");
        let length = bytes.len();
        bytes[at % length] = to;
        bytes.truncate(cut.map_or(length, |cut| cut % length));
        let _ = rows(&bytes);
    }

    #[test]
    fn no_xml_makes_the_reader_panic(text in "(<|>|/|row|c|v| r=\"|\"|A1|&|;|t=\"s\"|[0-9]|is|f|\\PC){0,60}") {
        let _ = rows(&sheet(&text));
    }
}
