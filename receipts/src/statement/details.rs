//! What stands behind the front: every day of the month, and every finding with its decision.

use super::{
    StatementSheet,
    flow::{Flow, NOTE_PT, Side},
    front::part,
    table::{Cell, Row, Table, columns},
};
use crate::{PrintError, figures, sum};
use domain::money::Fen;

pub(super) fn draw(flow: &mut Flow<'_>, sheet: &StatementSheet) -> Result<(), PrintError> {
    if sheet.days.is_empty() && sheet.findings.is_empty() {
        return Ok(());
    }
    flow.next_page();
    if !sheet.days.is_empty() {
        part(flow, &format!("附一、按日明细　{}　{}", sheet.canteen, sheet.month), &days(sheet)?)?;
    }
    if !sheet.findings.is_empty() {
        part(flow, "附二、差异与裁定", &findings(sheet))?;
    }
    Ok(())
}

fn days(sheet: &StatementSheet) -> Result<Table, PrintError> {
    let figure = Side::Right;
    let mut table = Table::new(
        "按日明细",
        columns([
            (20.0, Side::Left),
            (11.0, Side::Middle),
            (16.0, figure),
            (27.0, figure),
            (24.0, figure),
            (26.0, figure),
            (13.0, Side::Middle),
            (32.0, Side::Left),
        ]),
    );
    table.head = Some(["日期", "星期", "份数", "金额", "核减", "暂缓", "等级", "备注"].map(Cell::head).into());
    table.rows = sheet
        .days
        .iter()
        .map(|day| {
            vec![
                Cell::new(&day.date),
                Cell::new(&day.weekday),
                Cell::new(figures::grouped(day.meals)),
                Cell::new(figures::yuan(day.amount)),
                Cell::new(figures::yuan(day.deducted)),
                Cell::new(figures::yuan(day.held)),
                Cell::new(&day.grade),
                Cell::new(&day.note),
            ]
        })
        .collect();
    table.rows.push(total(sheet)?);
    Ok(table)
}

fn total(sheet: &StatementSheet) -> Result<Row, PrintError> {
    let too_large = || PrintError::OutOfRange { field: "按日明细 合计".into() };
    let add = |amounts: &mut dyn Iterator<Item = Fen>| sum(amounts).map(figures::yuan).ok_or_else(too_large);
    let meals = sheet.days.iter().try_fold(0_u64, |meals, day| meals.checked_add(day.meals)).ok_or_else(too_large)?;
    Ok(vec![
        Cell::label("合计").spanning(2).leaning(Side::Left),
        Cell::label(figures::grouped(meals)),
        Cell::label(add(&mut sheet.days.iter().map(|day| day.amount))?),
        Cell::label(add(&mut sheet.days.iter().map(|day| day.deducted))?),
        Cell::label(add(&mut sheet.days.iter().map(|day| day.held))?),
        Cell::label("").spanning(2),
    ])
}

fn findings(sheet: &StatementSheet) -> Table {
    let mut table = Table::new(
        "差异与裁定",
        columns([
            (27.0, Side::Left),
            (16.0, Side::Left),
            (46.0, Side::Left),
            (12.0, Side::Right),
            (21.0, Side::Right),
            (29.0, Side::Left),
            (18.0, Side::Left),
        ]),
    );
    table.size_pt = NOTE_PT;
    table.head = Some(["编号", "日期", "事项", "份数", "金额", "裁定", "裁定人"].map(Cell::head).into());
    table.rows = sheet
        .findings
        .iter()
        .map(|finding| {
            vec![
                Cell::new(&finding.number),
                Cell::new(&finding.date),
                Cell::new(&finding.subject),
                Cell::new(figures::grouped(finding.count)),
                Cell::new(figures::change(finding.amount)),
                Cell::new(&finding.decision),
                Cell::new(&finding.decided_by),
            ]
        })
        .collect();
    table
}
