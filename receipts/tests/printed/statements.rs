//! Statements, read back from their PDF.

use crate::{Outcome, poppler, samples};
use domain::money::Fen;
use receipts::{Fonts, PrintError, statement::render};
use std::{path::Path, sync::LazyLock};

static FONTS: LazyLock<Result<Fonts, PrintError>> = LazyLock::new(Fonts::embedded);

pub(crate) fn fonts() -> Result<&'static Fonts, PrintError> {
    FONTS.as_ref().map_err(Clone::clone)
}

/// Each line of a page as it is read. Blanks are dropped: the reader guesses them from the distances.
fn lines(page: &str) -> Vec<String> {
    page.lines().map(squeezed).filter(|line| !line.is_empty()).collect()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn the_front_says_what_was_put_in() -> Outcome {
    let pdf = render(&samples::statement(), fonts()?)?;
    let text = poppler::text(&pdf)?;
    let pages: Vec<&str> = text.split_terminator('\u{c}').collect();
    assert_eq!(pages.len(), 2);
    let front = lines(pages[0]);
    for expected in [
        "云川市高新区民政局 编号 JS-202603-001 第 2 版 第 1 页，共 2 页",
        "长者食堂助餐补贴月度结算单",
        "运营单位 云川市康膳餐饮服务有限公司 收款账户 云川农商银行 尾号 4471",
        "3 80–89 周岁 5.00 1,378 6,890.00",
        "用餐补贴小计（食堂让利 4,392.00 由食堂自担，不在本单支付） 4,392 22,291.00",
        "9 调整：离线记录补传 2月26日 T-0226-11 4 +16.00",
        "10 核减：资格终止：已去世 3月10日、11日 F-0311-02 2 −12.00",
        "核定金额 22,285.00",
        "13 暂缓拨付：量化等级 C 3月11日至17日 整改后释放 969 −4,765.00",
        "暂缓 −1,898.00 −2,107.80 −664.80 −94.40 0.00 −4,765.00",
        "本次应付 人民币壹万柒仟伍佰贰拾元整 ¥17,520.00",
        "终端序号 无缺号，起止见附页 差异 3 条，均已裁定（核减 3，见序 10 至 12）",
        "内容摘要 7c41 e09a 52d8 b340 66f1 c97d 0e25 8a4b",
        "按日、按份的明细见第 2 页及 XLSX。",
    ] {
        assert!(front.contains(&squeezed(expected)), "{expected}\n{front:#?}");
    }
    let details = lines(pages[1]);
    assert!(details[0].ends_with("第2页，共2页"), "{details:#?}");
    assert!(details.contains(&squeezed("合计 4,392 22,291.00 −22.00 −4,765.00")), "{details:#?}");
    Ok(())
}

#[test]
fn the_code_is_read_from_the_printed_page() -> Outcome {
    let sheet = samples::statement();
    let pdf = render(&sheet, fonts()?)?;
    for dpi in [100, 150, 300] {
        assert_eq!(
            poppler::picture(&pdf, 1, dpi)?.codes(),
            [sheet.verify_url.clone().unwrap_or_default()],
            "{dpi} dpi"
        );
    }
    Ok(())
}

#[test]
fn equal_sheets_give_equal_bytes_and_small_files() -> Outcome {
    let sheet = samples::statement();
    let pdf = render(&sheet, fonts()?)?;
    assert_eq!(pdf, render(&sheet, &Fonts::embedded()?)?);
    assert!(pdf.len() < 60_000, "{} bytes", pdf.len());
    let long = render(&samples::long_statement(), fonts()?)?;
    assert!(long.len() < 75_000, "{} bytes", long.len());
    Ok(())
}

#[test]
fn a_long_statement_loses_nothing() -> Outcome {
    let sheet = samples::long_statement();
    let text = poppler::text(&render(&sheet, fonts()?)?)?;
    let pages: Vec<&str> = text.split_terminator('\u{c}').collect();
    assert!(pages.len() >= 4, "{} pages", pages.len());
    for (number, page) in (1..).zip(&pages) {
        let head = lines(page).first().cloned().unwrap_or_default();
        assert!(head.ends_with(&format!("第2版第{number}页，共{}页", pages.len())), "{head}");
    }
    let changes = pages.iter().filter(|page| squeezed(page).contains("序事由日期与依据份数金额")).count();
    assert!(changes >= 2, "the head of part 二 is repeated");
    let numbered = lines(&text).iter().filter(|line| line.ends_with("12,345+1.00")).count();
    assert_eq!(numbered, 40);
    assert!(
        text.lines().any(|line| line.split_whitespace().any(|word| word == "53")),
        "numbers run on to the last line"
    );
    Ok(())
}

#[test]
fn a_month_without_a_meal_is_printed() -> Outcome {
    let mut sheet = samples::empty_statement();
    let text = poppler::text(&render(&sheet, fonts()?)?)?;
    let found = lines(&text);
    for expected in [
        "用餐补贴小计（食堂让利 0.00 由食堂自担，不在本单支付） 0 0.00",
        "核定金额 0.00",
        "无 合计",
        "核定 0.00 0.00",
        "本次应付 0.00 0.00",
        "本次应付 人民币零元整 ¥0.00",
        "3月1日 日 0 0.00 0.00 0.00 B 停业",
        "合计 0 0.00 0.00 0.00",
    ] {
        assert!(found.contains(&squeezed(expected)), "{expected}\n{found:#?}");
    }
    sheet.days.clear();
    let text = poppler::text(&render(&sheet, fonts()?)?)?;
    assert!(squeezed(&text).contains("第1页，共1页") && !text.contains("明细见第"), "{text}");
    Ok(())
}

#[test]
fn the_sum_stands_where_it_is_signed() -> Outcome {
    for sheet in [samples::statement(), samples::with_payers(8), samples::long_statement()] {
        let text = poppler::text(&render(&sheet, fonts()?)?)?;
        let signed: Vec<String> =
            text.split_terminator('\u{c}').map(squeezed).filter(|page| page.contains("食堂盖章")).collect();
        assert_eq!(signed.len(), 1);
        let figure = receipts::figures::payable(sheet.payable);
        assert!(signed[0].contains(&figure) && signed[0].contains("四、对账"), "{figure}\n{}", signed[0]);
    }
    Ok(())
}

#[test]
fn every_payer_has_a_column() -> Outcome {
    for count in 1..=8 {
        let sheet = samples::with_payers(count);
        let text = poppler::text(&render(&sheet, fonts()?)?)?;
        let first: i64 = 1_752_000 - 63_455 * i64::try_from(count - 1)?;
        let expected =
            format!("本次应付{}{}17,520.00", receipts::figures::yuan(Fen::new(first)), "634.55".repeat(count - 1));
        assert!(lines(&text).contains(&expected), "{expected}\n{text}");
        for name in &sheet.payers {
            assert!(squeezed(&text).contains(name.chars().next().unwrap_or_default()), "{name}\n{text}");
        }
    }
    let mut sheet = samples::with_payers(8);
    sheet.payers.push("第九方".into());
    assert!(matches!(render(&sheet, fonts()?), Err(PrintError::Shape { expected: 8, found: 9, .. })));
    sheet.payers.clear();
    assert!(matches!(render(&sheet, fonts()?), Err(PrintError::Shape { found: 0, .. })));
    Ok(())
}

#[test]
fn nothing_is_printed_outside_the_margins() -> Outcome {
    let sheets = [samples::statement(), samples::draft(), samples::long_statement(), samples::empty_statement()];
    for sheet in sheets.into_iter().chain([1, 5, 8].map(samples::with_payers)) {
        let words = poppler::word_edges(&render(&sheet, fonts()?)?)?;
        assert!(words.len() > 250);
        for [left, top, right, bottom] in words {
            let inside = left > 70.8 && right < 549.96 && top > 28.0 && bottom < 816.0;
            assert!(inside, "{left} {top} {right} {bottom}");
        }
    }
    Ok(())
}

#[test]
fn amounts_too_wide_for_their_column_are_refused() -> Outcome {
    let mut sheet = samples::statement();
    let huge = Fen::new(8_000_000_000_000_000_000);
    sheet.days[0].amount = huge;
    assert_eq!(render(&sheet, fonts()?), Err(PrintError::TooWide { field: "按日明细".into() }));
    sheet.days[1].amount = huge;
    assert_eq!(render(&sheet, fonts()?), Err(PrintError::OutOfRange { field: "按日明细 合计".into() }));
    Ok(())
}

#[test]
fn drafts_say_so_and_carry_no_signature() -> Outcome {
    let text = poppler::text(&render(&samples::draft(), fonts()?)?)?;
    for page in text.split_terminator('\u{c}') {
        assert!(squeezed(page).starts_with("草稿云川市高新区民政局"), "{page}");
    }
    assert!(!text.contains("系统确认"), "{text}");
    assert!(text.contains("草稿，未经审批，不作付款依据。"), "{text}");
    Ok(())
}

#[test]
fn rare_names_are_printed_and_can_be_copied() -> Outcome {
    let mut sheet = samples::statement();
    sheet.operator = "𫖯䶮㛃餐饮有限公司".into();
    let text = poppler::text(&render(&sheet, fonts()?)?)?;
    assert!(text.contains("𫖯䶮㛃餐饮有限公司"), "{text}");
    Ok(())
}

#[test]
fn a_character_without_a_glyph_is_named_with_its_field() -> Outcome {
    let mut sheet = samples::statement();
    sheet.operator = "云川市𡋾膳餐饮服务有限公司".into();
    let error = PrintError::MissingGlyph { field: "运营单位".into(), character: '𡋾' };
    assert_eq!(render(&sheet, fonts()?), Err(error.clone()));
    assert_eq!(error.to_string(), "运营单位：字库里没有“𡋾”（U+212FE）");
    Ok(())
}

#[test]
fn sums_that_do_not_hold_are_refused() -> Outcome {
    let mut sheet = samples::statement();
    sheet.served[0].amount = Fen::new(212_801);
    assert!(matches!(render(&sheet, fonts()?), Err(PrintError::DoesNotAdd { field, .. }) if field == "用餐补贴小计"));
    let mut sheet = samples::statement();
    sheet.shares[1].amounts.pop();
    assert!(matches!(render(&sheet, fonts()?), Err(PrintError::Shape { expected: 5, found: 4, .. })));
    Ok(())
}

/// Compares the pages with stored sketches. The files are left in the target folder to be looked at; then
/// `UPDATE_REFERENCE=1` writes the sketches anew.
#[test]
fn pages_look_as_they_did() -> Outcome {
    let samples = [
        ("statement", samples::statement()),
        ("draft", samples::draft()),
        ("long", samples::long_statement()),
        ("empty", samples::empty_statement()),
        ("payers-1", samples::with_payers(1)),
        ("payers-8", samples::with_payers(8)),
    ];
    for (name, sheet) in samples {
        let pdf = render(&sheet, fonts()?)?;
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf")), &pdf)?;
        for page in 1..=2 {
            let sketch = poppler::picture(&pdf, page, 100)?.sketch(84, 119);
            compare(&format!("{name}-{page}.txt"), &sketch)?;
        }
    }
    Ok(())
}

fn compare(name: &str, sketch: &str) -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/printed/reference").join(name);
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        return Ok(std::fs::write(path, sketch)?);
    }
    let reference = std::fs::read_to_string(path)?;
    assert_eq!(reference.len(), sketch.len(), "{name}");
    let off: u32 = reference.bytes().zip(sketch.bytes()).map(|(a, b)| u32::from(a.abs_diff(b).saturating_sub(1))).sum();
    assert!(off < 60, "{name} differs by {off}\n{sketch}");
    Ok(())
}
