//! The region's summary and the disclosure list, read back from PDF, workbook and CSV.

use crate::{Outcome, poppler, samples, statements::fonts};
use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use domain::calendar::UnixMs;
use domain::money::Fen;
use receipts::statement::demand::{self, DemandLine, DemandSheet};
use receipts::statement::disclosure::{self, DisclosureRow, DisclosureSheet};
use receipts::statement::summary::{
    self, SummaryBudget, SummaryClaim, SummaryLine, SummaryPayer, SummarySheet, SummarySums,
};
use receipts::{PrintError, workbook};
use samples::yuan;
use std::io::Cursor;

fn sums(meals: u64, served: i64, changes: i64, held: i64, carried: i64) -> SummarySums {
    let approved = served + changes;
    SummarySums {
        meals,
        served: yuan(served),
        changes: yuan(changes),
        approved: yuan(approved),
        held: yuan(held),
        carried: yuan(carried),
        payable: yuan(approved + held + carried),
    }
}

fn budget(year: i16, payer: &str, budget: Option<i64>, used: i64, drafted: i64) -> SummaryBudget {
    let left = budget.map(|budget| yuan(budget - used - drafted));
    SummaryBudget {
        year,
        payer: payer.into(),
        budget: budget.map(yuan),
        used: yuan(used),
        drafted: yuan(drafted),
        left,
    }
}

fn claim(benefit: &str, served: u64, elder_days: u64, limit: u64, result: &str) -> SummaryClaim {
    SummaryClaim { benefit: benefit.into(), served, elder_days, limit, result: result.into() }
}

fn summary_sheet() -> SummarySheet {
    let statement = samples::statement();
    let line = |number: &str, canteen: &str, sums: SummarySums, payers: &[(&str, i64)]| SummaryLine {
        number: number.into(),
        canteen: canteen.into(),
        sums,
        payers: payers.iter().map(|(payer, amount)| ((*payer).to_owned(), yuan(*amount))).collect(),
    };
    SummarySheet {
        office: statement.office,
        number: "HZ-990304-202603".into(),
        version: 2,
        draft: false,
        region: "云川市高新区".into(),
        month: statement.month,
        period: statement.period,
        lines: vec![
            line(
                "JS-001",
                "四宝山街道长者食堂",
                sums(4_392, 22_291, -6, -4_765, 0),
                &[("市财政", 9_000), ("区财政", 8_520)],
            ),
            line("JS-002", "石桥长者食堂", sums(1_000, 5_000, -40, 0, 0), &[("市财政", 4_960)]),
            line("JS-003", "停业的长者食堂", sums(0, 0, -120, 0, 120), &[]),
        ],
        total: sums(5_392, 27_291, -166, -4_765, 120),
        payers: vec![
            SummaryPayer {
                payer: "市财政".into(),
                approved: yuan(16_725),
                held: yuan(-2_765),
                carried: Fen::ZERO,
                payable: yuan(13_960),
            },
            SummaryPayer {
                payer: "区财政".into(),
                approved: yuan(10_400),
                held: yuan(-2_000),
                carried: yuan(120),
                payable: yuan(8_520),
            },
        ],
        budgets: vec![
            budget(2025, "市财政", Some(100_000), 99_000, 1_500),
            budget(2026, "市财政", Some(300_000), 120_000, 13_960),
            budget(2026, "高新区财政", None, 8_520, 0),
        ],
        changes: vec![("石桥长者食堂".into(), "增加 18.2%".into(), "新增两个助餐点".into())],
        claims: vec![
            claim("七十周岁以上老人", 4_392, 93_000, 93_000, "未超过（出勤系数 100.0%）"),
            claim(
                "分散供养特困人员、低保及低保边缘家庭老人",
                1_000,
                880,
                880,
                "超过（出勤系数 100.0%），已说明：三月中旬批量补登记，登记日期晚于用餐日期",
            ),
        ],
        signatures: statement.signatures,
        verify_url: Some("https://zhucan.example.cn/verify/month/990304/2026-03/2/7c41e09a52d8b340".into()),
        digest: statement.digest,
        printed_at: statement.printed_at,
        made_at: statement.made_at,
    }
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn the_summary_says_what_was_put_in() -> Outcome {
    let pdf = summary::render(&summary_sheet(), fonts()?)?;
    let text = squeezed(&poppler::text(&pdf)?);
    for expected in [
        "长者食堂助餐补贴月度结算汇总表",
        "编号 HZ-990304-202603　第 2 版　　第 1 页，共 1 页",
        // A long name takes two lines.
        "四宝山街道长者食",
        "石桥长者食堂 1,000 5,000.00 −40.00 4,960.00 0.00 0.00 4,960.00",
        "市财政 9,000.00　区财政 8,520.00",
        "三、年度预算（截至打印时）",
        "2025 市财政 100,000.00 99,000.00 1,500.00 −500.00",
        "2026 市财政 300,000.00 120,000.00 13,960.00 166,040.00",
        "2026 高新区财政 — 8,520.00 0.00 —",
        "四、比上月变化超过 15% 的食堂",
        "石桥长者食堂 增加 18.2% 新增两个助餐点",
        "五、申报份数核对",
        "七十周岁以上老人 4,392 93,000 93,000 未超过（出勤系数 100.0%）",
        "17,520.00",
        "本次应付合计（大写）　人民币贰万贰仟肆佰捌拾元整",
        "经办机构盖章",
        "7c41 e09a 52d8",
    ] {
        assert!(text.contains(&squeezed(expected)), "{expected}\n{text}");
    }
    let codes = poppler::picture(&pdf, 1, 150)?.codes();
    assert_eq!(codes, [summary_sheet().verify_url.unwrap_or_default()]);
    assert_eq!(pdf, summary::render(&summary_sheet(), fonts()?)?, "equal sheets give equal bytes");
    Ok(())
}

#[test]
fn a_summary_of_two_hundred_canteens_runs_over_pages_and_adds_up() -> Outcome {
    let mut sheet = summary_sheet();
    let line = sheet.lines[1].clone();
    sheet.lines = vec![line; 200];
    sheet.total = sums(200_000, 1_000_000, -8_000, 0, 0);
    sheet.payers = vec![SummaryPayer {
        payer: "市财政".into(),
        approved: yuan(992_000),
        held: Fen::ZERO,
        carried: Fen::ZERO,
        payable: yuan(992_000),
    }];
    let text = poppler::text(&summary::render(&sheet, fonts()?)?)?;
    let pages = text.split_terminator('\u{c}').count();
    assert!(pages > 5, "{pages}");
    assert!(squeezed(&text).contains(&squeezed(&format!("第 {pages} 页，共 {pages} 页"))));
    Ok(())
}

#[test]
fn a_summary_that_does_not_add_up_is_not_printed() -> Outcome {
    let wrong: [fn(&mut SummarySheet); 7] = [
        |s| s.budgets[0].left = Some(Fen::ZERO),
        |s| s.budgets[1].left = None,
        |s| s.total.payable += Fen::new(1),
        |s| s.lines[0].sums.approved += Fen::new(1),
        |s| s.lines[0].payers[0].1 += Fen::new(1),
        |s| s.payers[0].payable += Fen::new(1),
        |s| s.total.meals += 1,
    ];
    for (at, change) in wrong.into_iter().enumerate() {
        let mut sheet = summary_sheet();
        change(&mut sheet);
        assert!(summary::render(&sheet, fonts()?).is_err(), "{at}");
    }
    Ok(())
}

fn list() -> DisclosureSheet {
    let row = |name: &str, meals, fen| DisclosureRow { name: name.into(), meals, amount: Fen::new(fen) };
    DisclosureSheet {
        office: "云川市高新区民政局".into(),
        number: "JS-202603-001".into(),
        version: 2,
        draft: false,
        month: "2026年3月".into(),
        disclosed: Some("4月10日至16日".into()),
        contact: "如有异议，请致电 0755-00000001".into(),
        canteen: "四宝山街道长者食堂".into(),
        rows: vec![row("王*兰", 22, 11_000), row("李*", 3, 1_505), row("=*1", 1, 300)],
        meals: 26,
        amount: Fen::new(12_805),
        verify_url: Some("https://zhucan.example.cn/verify/JS-202603-001/2/7c41e09a52d8b340".into()),
        digest: "7c41e09a52d8b34066f1c97d0e258a4b".into(),
        printed_at: "2026年4月10日 09:02".into(),
        made_at: UnixMs::new(1_775_782_920_000),
    }
}

#[test]
fn the_list_is_the_same_on_paper_in_the_workbook_and_as_csv() -> Outcome {
    let text = squeezed(&poppler::text(&disclosure::render(&list(), fonts()?)?)?);
    for expected in
        ["公示期：4月10日至16日", "王*兰 22 110.00", "李* 3 15.05", "合计　3 人　26 份　128.05 元", "公示单位盖章"]
    {
        assert!(text.contains(&squeezed(expected)), "{expected}\n{text}");
    }
    let csv = String::from_utf8(disclosure::csv(&[list()])?)?;
    assert_eq!(
        csv,
        "\u{feff}月份,食堂,序号,姓名,份数,补贴金额（元）\r\n\
         2026年3月,四宝山街道长者食堂,1,王*兰,22,110.00\r\n\
         2026年3月,四宝山街道长者食堂,2,李*,3,15.05\r\n\
         2026年3月,四宝山街道长者食堂,3,'=*1,1,3.00\r\n",
        "what begins like a formula is text"
    );
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(workbook::disclosure(&[list()])?))?;
    let sheet = book.worksheet_range("公示")?;
    assert_eq!(sheet.height(), 4);
    assert_eq!(sheet.get_value((2, 5)), Some(&Data::Float(15.05)));
    assert_eq!(sheet.get_value((3, 3)), Some(&Data::String("'=*1".into())));
    Ok(())
}

#[test]
fn a_list_that_does_not_add_up_goes_nowhere() -> Outcome {
    let mut sheet = list();
    sheet.amount += Fen::new(1);
    let refused = |made: Result<Vec<u8>, PrintError>| matches!(made, Err(PrintError::DoesNotAdd { .. }));
    assert!(refused(disclosure::render(&sheet, fonts()?)));
    assert!(refused(disclosure::csv(std::slice::from_ref(&sheet))));
    assert!(refused(workbook::disclosure(&[sheet])));
    Ok(())
}

fn demand_sheet() -> DemandSheet {
    let statement = samples::statement();
    DemandSheet {
        office: statement.office,
        number: "ZJ-990304-202604-001".into(),
        canteen: statement.canteen,
        operator: statement.operator,
        credit_code: statement.credit_code,
        closed: "2026年4月30日".into(),
        closed_because: "租约到期".into(),
        statement: "JS-990304-202604-001".into(),
        month: "2026年4月".into(),
        due: "2026年6月30日".into(),
        reason: "三月重复用餐核减".into(),
        lines: vec![
            DemandLine { payer: "市财政".into(), amount: Fen::new(30_001) },
            DemandLine { payer: "区财政".into(), amount: yuan(12) },
        ],
        total: Fen::new(31_201),
        signatures: statement.signatures,
        verify_url: Some("https://zhucan.example.cn/verify/ZJ-990304-202604-001/1/7c41e09a52d8b340".into()),
        digest: statement.digest,
        printed_at: statement.printed_at,
        made_at: statement.made_at,
    }
}

#[test]
fn a_demand_says_who_owes_whom_how_much_and_until_when() -> Outcome {
    let pdf = demand::render(&demand_sheet(), fonts()?)?;
    let text = squeezed(&poppler::text(&pdf)?);
    for expected in [
        "助餐补贴资金追缴通知书",
        "编号 ZJ-990304-202604-001　第 1 版　　第 1 页，共 1 页",
        "2026年4月30日停办（租约到期）",
        "JS-990304-202604-001",
        "人民币叁佰壹拾贰元零壹分",
        "2026年6月30日前",
        "市财政 300.01",
        "区财政 12.00",
        "合计 312.01",
        "陈丽华",
    ] {
        assert!(text.contains(&squeezed(expected)), "{expected}\n{text}");
    }
    let codes = poppler::picture(&pdf, 1, 150)?.codes();
    assert_eq!(codes, [demand_sheet().verify_url.unwrap_or_default()]);
    let wrong = DemandSheet { total: Fen::new(31_202), ..demand_sheet() };
    assert!(demand::render(&wrong, fonts()?).is_err(), "it has to add up");
    Ok(())
}
