//! Workbooks, read back with an independent reader.

use crate::{Outcome, samples};
use calamine::{Data, DataType, Reader, Xlsx};
use domain::money::Fen;
use receipts::{
    PrintError,
    workbook::{MealRow, MealSheet, xlsx},
};
use std::io::Cursor;

fn meal(elder: &str, held: i64) -> MealRow {
    MealRow {
        date: "2026-03-18".into(),
        time: "11:32:08".into(),
        period: "午餐".into(),
        mode: "堂食".into(),
        elder: elder.into(),
        record: "7c41e09a".into(),
        list_price: Fen::new(1500),
        own_payment: Fen::new(905),
        benefits: vec![Fen::new(495), Fen::ZERO],
        amount: Fen::new(495),
        operator: Fen::new(100),
        delivery: Fen::ZERO,
        held: Fen::new(held),
        finding: String::new(),
    }
}

fn meals() -> MealSheet {
    MealSheet {
        benefits: vec!["80–89 周岁".into(), "=困难".into()], meals: vec![meal("王*兰", 0), meal("=1+1", -595)]
    }
}

fn open(bytes: Vec<u8>) -> Outcome<Xlsx<Cursor<Vec<u8>>>> {
    Ok(Xlsx::new(Cursor::new(bytes))?)
}

#[test]
fn meals_read_back() -> Outcome {
    let mut book = open(xlsx(&samples::statement(), &meals())?)?;
    assert_eq!(book.sheet_names(), ["结算单", "明细"]);
    let range = book.worksheet_range("明细")?;
    let row =
        |row: usize| -> Vec<String> { range.rows().nth(row).unwrap_or_default().iter().map(Data::to_string).collect() };
    assert_eq!(
        row(0),
        [
            "日期",
            "时间",
            "餐次",
            "方式",
            "老人",
            "记录号",
            "餐价",
            "自付",
            "80–89 周岁",
            "'=困难",
            "补贴合计",
            "运营补助",
            "送餐补助",
            "暂缓",
            "差异"
        ]
    );
    let expected = [
        "2026-03-18",
        "11:32:08",
        "午餐",
        "堂食",
        "'=1+1",
        "7c41e09a",
        "15",
        "9.05",
        "4.95",
        "0",
        "4.95",
        "1",
        "0",
        "-5.95",
        "",
    ];
    assert_eq!(row(2), expected);
    let cells: Vec<&Data> = range.rows().nth(1).unwrap_or_default().iter().collect();
    assert!(matches!(cells[7], Data::Float(_) | Data::Int(_)), "money is a number: {:?}", cells[7]);
    Ok(())
}

#[test]
fn the_lines_read_back_and_add_up() -> Outcome {
    let mut book = open(xlsx(&samples::statement(), &meals())?)?;
    let range = book.worksheet_range("结算单")?;
    let amount = |label: &str| -> Option<String> {
        let row =
            range.rows().find(|row| row.first().is_some_and(|cell| cell.as_string().as_deref() == Some(label)))?;
        row.get(5).map(Data::to_string)
    };
    assert_eq!(amount("用餐补贴小计").as_deref(), Some("22291"));
    assert_eq!(amount("核定金额").as_deref(), Some("22285"));
    assert_eq!(amount("本次应付").as_deref(), Some("17520"));
    Ok(())
}

#[test]
fn equal_values_give_equal_bytes() -> Outcome {
    assert_eq!(xlsx(&samples::statement(), &meals())?, xlsx(&samples::statement(), &meals())?);
    Ok(())
}

#[test]
fn a_row_with_a_missing_benefit_is_refused() {
    let mut meals = meals();
    meals.meals[1].benefits.pop();
    let error = PrintError::Shape { field: "明细 7c41e09a".into(), expected: 2, found: 1 };
    assert_eq!(xlsx(&samples::statement(), &meals), Err(error));
}
