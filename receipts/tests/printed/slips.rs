//! Slips, read back from their printer bytes.

use crate::{Outcome, samples::yuan, statements::fonts};
use domain::money::Fen;
use receipts::{
    preview::{Item, interpret},
    slip::{Marks, Paper, RefundSlip, ShiftSlip, Slip, SlipMeal, Tally, VoidSlip},
};
use std::path::Path;

pub(crate) fn slip() -> Slip {
    Slip {
        canteen: "四宝山街道长者食堂".into(),
        at: "2026-03-18 11:32".into(),
        period: "午餐".into(),
        mode: "堂食".into(),
        meals: vec![meal("王*兰")],
        tender: "现金".into(),
        sequence: "2318".into(),
        record: "7c41 e09a".into(),
        footer: vec!["监督电话 0533-1234567".into()],
        marks: Marks::default(),
    }
}

fn meal(who: &str) -> SlipMeal {
    SlipMeal {
        who: who.into(),
        portions: 1,
        price: yuan(15),
        subsidy: yuan(5),
        concession: yuan(1),
        delivery_fee: Fen::ZERO,
        own: yuan(9),
    }
}

fn void_slip() -> VoidSlip {
    VoidSlip {
        canteen: "四宝山街道长者食堂".into(),
        at: "2026-03-18 11:40".into(),
        who: "王*兰".into(),
        voided_sequence: "2318".into(),
        voided_at: "2026-03-18 11:32".into(),
        refund: yuan(9),
        tender: "现金".into(),
        reason: "刷错卡，老人本人未到，家属要求改为次日取餐并重新登记".into(),
        cashier: "赵敏".into(),
        approver: Some("孙立".into()),
        sequence: "2321".into(),
        record: "90ab 12cd".into(),
        marks: Marks::default(),
    }
}

fn refund_slip() -> RefundSlip {
    RefundSlip {
        canteen: "四宝山街道长者食堂".into(),
        at: "2026-03-20 11:12".into(),
        who: "王*兰".into(),
        meal_date: "2026-03-18".into(),
        amount: yuan(5),
        cashier: "赵敏".into(),
        sequence: "2401".into(),
        record: "77aa 02f3".into(),
        marks: Marks::default(),
    }
}

fn tally(label: &str, count: u64, amount: i64) -> Tally {
    Tally { label: label.into(), count, amount: yuan(amount) }
}

fn shift_slip() -> ShiftSlip {
    ShiftSlip {
        canteen: "四宝山街道长者食堂".into(),
        terminal: "1 号机".into(),
        cashier: "赵敏".into(),
        shift: "2026-03-18-1".into(),
        opened_at: "2026-03-18 10:20".into(),
        closed_at: "2026-03-18 13:41".into(),
        meals: vec![tally("午餐 堂食", 128, 1_920), tally("午餐 送餐", 14, 210)],
        tenders: vec![tally("现金", 61, 549), tally("扫码", 77, 693), tally("免费", 4, 0)],
        subsidies: vec![tally("政府补贴", 142, 710), tally("食堂让利", 142, 142)],
        voids: tally("撤销", 2, 18),
        reprints: 1,
        float: yuan(200),
        expected: yuan(749),
        counted: yuan(744),
        explanation: Some("找零差错".into()),
        manager: Some("孙立".into()),
        sequences: ("2190".into(), "2331".into()),
        unsent: 0,
        record: "5e1f 77c0".into(),
        marks: Marks::default(),
    }
}

#[test]
fn a_slip_reads_as_it_should() -> Outcome {
    let printout = interpret(&slip().to_escpos(Paper::Mm58, fonts()?)?, Paper::Mm58);
    assert_eq!(
        printout.text(),
        "       四宝山街道长者食堂
--------------------------------
时间            2026-03-18 11:32
餐次                   午餐 堂食
--------------------------------
王*兰
餐价                       15.00
政府补贴                   -5.00
食堂让利                   -1.00
--------------------------------
您付                      ￥9.00
支付方式                    现金
--------------------------------
序号                        2318
凭证                   7c41 e09a
     监督电话 0533-1234567

- - - - - - - - - - - - - - - -
"
    );
    Ok(())
}

#[test]
fn the_own_payment_is_twice_as_high_and_nothing_else() -> Outcome {
    let printout = interpret(&slip().to_escpos(Paper::Mm80, fonts()?)?, Paper::Mm80);
    let tall: Vec<&str> = printout
        .items
        .iter()
        .filter_map(|item| if let Item::Line { runs, .. } = item { Some(runs) } else { None })
        .flatten()
        .filter(|run| run.style.down == 2)
        .map(|run| run.text.as_str())
        .collect();
    assert_eq!(tall, [format!("您付{}￥9.00", " ".repeat(38))]);
    assert_eq!(printout.items.last(), Some(&Item::Cut));
    Ok(())
}

#[test]
fn reprints_and_training_say_so_first_and_last() -> Outcome {
    for (marks, expected) in [
        (Marks { reprint: true, ..Marks::default() }, "＊＊补打＊＊"),
        (Marks { training: true, ..Marks::default() }, "＊＊训练＊＊"),
        (Marks { voided: true, ..Marks::default() }, "＊＊已撤销＊＊"),
        (Marks { reprint: true, voided: true, ..Marks::default() }, "＊＊已撤销 补打＊＊"),
        (Marks { reprint: true, training: true, ..Marks::default() }, "＊＊训练 补打＊＊"),
    ] {
        let sale = Slip { marks, ..slip() }.to_escpos(Paper::Mm58, fonts()?)?;
        let void = VoidSlip { marks, ..void_slip() }.to_escpos(Paper::Mm58, fonts()?);
        let shift = ShiftSlip { marks, ..shift_slip() }.to_escpos(Paper::Mm58, fonts()?);
        for bytes in [sale, void, shift] {
            let text = interpret(&bytes, Paper::Mm58).text();
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            assert_eq!(lines.first(), Some(&expected), "{text}");
            assert_eq!(lines.iter().rev().nth(1), Some(&expected), "{text}");
        }
    }
    Ok(())
}

#[test]
fn one_slip_serves_someone_who_collects_for_several() -> Outcome {
    let mut slip = slip();
    slip.meals =
        vec![meal("王*兰"), meal("李*"), SlipMeal { portions: 2, who: "访客".into(), own: yuan(30), ..meal("") }];
    let text = interpret(&slip.to_escpos(Paper::Mm58, fonts()?)?, Paper::Mm58).text();
    assert!(text.contains("访客                        2 份"), "{text}");
    assert!(text.contains("￥48.00"), "{text}");
    Ok(())
}

#[test]
fn a_name_the_printer_lacks_is_drawn() -> Outcome {
    for name in ["䶮*", "𫖯*兰", "𡋾*"] {
        let slip = Slip { meals: vec![meal(name)], ..slip() };
        let printout = interpret(&slip.to_escpos(Paper::Mm58, fonts()?)?, Paper::Mm58);
        let pictures = printout.items.iter().filter(|item| matches!(item, Item::Picture { .. })).count();
        assert_eq!(pictures, 1, "{}", printout.text());
    }
    Ok(())
}

#[test]
fn text_cannot_command_the_printer() -> Outcome {
    let slip = Slip { footer: vec!["\u{1b}@\u{1d}V\u{0}谢谢\n光临".into()], ..slip() };
    let printout = interpret(&slip.to_escpos(Paper::Mm58, fonts()?)?, Paper::Mm58);
    assert_eq!(printout.items.iter().filter(|item| **item == Item::Cut).count(), 1);
    assert!(printout.text().contains("谢谢 光临"), "{}", printout.text());
    Ok(())
}

#[test]
fn the_shift_slip_states_the_drawer() -> Outcome {
    for paper in [Paper::Mm58, Paper::Mm80] {
        let text = interpret(&shift_slip().to_escpos(paper, fonts()?), paper).text();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.first() == Some(&"差额") {
                assert_eq!(words, ["差额", "-5.00"]);
            }
        }
        assert!(text.contains("2190 - 2331"), "{text}");
    }
    Ok(())
}

/// The drawings are left in the target folder to be looked at.
#[test]
fn drawings_hold_every_slip() -> Outcome {
    let rare = Slip {
        meals: vec![meal("𫖯*兰"), meal("䶮*")],
        marks: Marks { reprint: true, training: true, ..Marks::default() },
        ..slip()
    };
    let again = Slip { marks: Marks { reprint: true, ..Marks::default() }, ..slip() };
    let undone = Slip { marks: Marks { reprint: true, voided: true, ..Marks::default() }, ..slip() };
    let practised = Slip { marks: Marks { training: true, ..Marks::default() }, ..slip() };
    let collected = Slip {
        meals: vec![meal("王*兰"), meal("李*")],
        tender: "现金、扫码".into(),
        sequence: "2318、2319".into(),
        footer: vec!["配偶代取 共 2 份".into(), "电话 0533-1234567".into()],
        ..slip()
    };
    let slips = [
        ("slip-undone-80", Paper::Mm80, undone.to_escpos(Paper::Mm80, fonts()?)?),
        ("slip-training-58", Paper::Mm58, practised.to_escpos(Paper::Mm58, fonts()?)?),
        ("slip-training-80", Paper::Mm80, practised.to_escpos(Paper::Mm80, fonts()?)?),
        ("slip-collected-58", Paper::Mm58, collected.to_escpos(Paper::Mm58, fonts()?)?),
        ("slip-collected-80", Paper::Mm80, collected.to_escpos(Paper::Mm80, fonts()?)?),
        ("slip-refund-58", Paper::Mm58, refund_slip().to_escpos(Paper::Mm58, fonts()?)),
        ("slip-refund-80", Paper::Mm80, refund_slip().to_escpos(Paper::Mm80, fonts()?)),
        ("slip-again-58", Paper::Mm58, again.to_escpos(Paper::Mm58, fonts()?)?),
        ("slip-again-80", Paper::Mm80, again.to_escpos(Paper::Mm80, fonts()?)?),
        ("slip-58", Paper::Mm58, slip().to_escpos(Paper::Mm58, fonts()?)?),
        ("slip-80", Paper::Mm80, slip().to_escpos(Paper::Mm80, fonts()?)?),
        ("slip-rare", Paper::Mm58, rare.to_escpos(Paper::Mm58, fonts()?)?),
        ("slip-void", Paper::Mm58, void_slip().to_escpos(Paper::Mm58, fonts()?)),
        ("slip-void-80", Paper::Mm80, void_slip().to_escpos(Paper::Mm80, fonts()?)),
        ("slip-shift-58", Paper::Mm58, shift_slip().to_escpos(Paper::Mm58, fonts()?)),
        ("slip-shift", Paper::Mm80, shift_slip().to_escpos(Paper::Mm80, fonts()?)),
    ];
    for (name, paper, bytes) in slips {
        let svg = interpret(&bytes, paper).svg();
        assert!(svg.contains("四</text>") && svg.contains("stroke-dasharray"), "{name}");
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.svg")), svg)?;
    }
    Ok(())
}
