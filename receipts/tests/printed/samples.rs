//! The canteen of the pictures in the design: 四宝山, March 2026.

use domain::{calendar::UnixMs, money::Fen};
use receipts::statement::{ChangeLine, DayRow, FindingRow, ServedLine, ShareRow, Signature, Signed, StatementSheet};

pub(crate) fn yuan(yuan: i64) -> Fen {
    Fen::new(yuan * 100)
}

/// The statement of the pictures.
pub(crate) fn statement() -> StatementSheet {
    StatementSheet {
        office: "云川市高新区民政局".into(),
        number: "JS-202603-001".into(),
        version: 2,
        draft: false,
        month: "2026年3月".into(),
        period: "3月1日至3月31日".into(),
        canteen: "四宝山街道长者食堂".into(),
        operator: "云川市康膳餐饮服务有限公司".into(),
        credit_code: "91990300MA7K2P4X5R".into(),
        payee: "云川农商银行　尾号 4471".into(),
        grade: "B 级；C 级 3月11日至17日".into(),
        policy: "高新区老年人助餐补贴　第 3 版".into(),
        served: served(),
        meals: 4_392,
        concession: yuan(4_392),
        subtotal: yuan(22_291),
        changes: changes(),
        approved: yuan(22_285),
        holds: vec![change("暂缓拨付：量化等级 C", "3月11日至17日　整改后释放", Some(969), -4_765, true)],
        payers: ["市财政", "区财政", "街道", "福彩公益金", "慈善会"].map(Into::into).into(),
        shares: vec![
            share("核定", [869_300, 960_680, 305_160, 42_560, 50_800], 2_228_500),
            share("暂缓", [-189_800, -210_780, -66_480, -9_440, 0], -476_500),
            share("本次应付", [679_500, 749_900, 238_680, 33_120, 50_800], 1_752_000),
        ],
        payable: yuan(17_520),
        reconciliation: reconciliation(),
        signatures: vec![
            signature("经办", "陈丽华", "4月7日"),
            signature("复核", "刘晓燕", "4月8日"),
            signature("审批", "王慧敏", "4月9日"),
        ],
        verify_url: Some("https://zhucan.example.cn/v/JS-202603-001".into()),
        digest: "7c41e09a52d8b34066f1c97d0e258a4b".into(),
        audit_head: None,
        printed_at: "2026年4月10日 09:02".into(),
        made_at: UnixMs::new(1_775_782_920_000),
        days: days(),
        findings: findings(),
    }
}

/// A statement as bad as one may come: long names, eight payers, many lines, large amounts.
pub(crate) fn long_statement() -> StatementSheet {
    let mut sheet = statement();
    let reason = "核减：同一老年人同日在两家食堂重复享受午餐补贴，经与两家食堂的终端记录和签名逐条核对后确认";
    let basis = "3月4日、5日、6日、9日、10日　F-0304-02、F-0305-01、F-0306-07";
    sheet.changes.extend((0..40).map(|_| change(reason, basis, Some(12_345), 1, true)));
    sheet.canteen = "云川市高新技术产业开发区四宝山街道办事处第二综合养老服务中心长者食堂（东区分部）".into();
    sheet.operator = "云川市康膳餐饮管理服务有限责任公司高新技术产业开发区第一分公司".into();
    sheet.grade = "B 级；C 级 3月11日至17日；B 级 3月18日至24日；C 级 3月25日至28日；B 级 3月29日起".into();
    sheet.approved = yuan(22_325);
    sheet.payable = yuan(17_560);
    sheet.payers =
        ["市财政", "区财政", "街道", "福彩公益金", "慈善会", "社区发展治理专项保障资金", "村集体", "企业冠名基金"]
            .map(Into::into)
            .into();
    sheet.shares = vec![
        share("核定", [1_234_567_800, 960_680, 305_160, 42_560, 50_800, 0, 0, -1_233_694_500], 2_232_500),
        share("暂缓", [-476_500, 0, 0, 0, 0, 0, 0, 0], -476_500),
        share("本次应付", [1_234_091_300, 960_680, 305_160, 42_560, 50_800, 0, 0, -1_233_694_500], 1_756_000),
    ];
    sheet.signatures[1] = signature("复核", "阿卜杜拉·买买提·艾合买提江", "4月8日");
    sheet.audit_head = Some("d3f820b691ce".into());
    sheet.digest = "7c41e09a52d8b34066f1c97d0e258a4b7c41e09a52d8b34066f1c97d0e258a4b".into();
    let finding = sheet.findings[0].clone();
    sheet.findings.extend((0..30).map(|_| finding.clone()));
    sheet
}

/// A canteen that was closed all month: nothing served, nobody to pay, and yet a sheet to sign and file.
pub(crate) fn empty_statement() -> StatementSheet {
    let closed = |day: &DayRow| DayRow {
        meals: 0,
        amount: Fen::ZERO,
        deducted: Fen::ZERO,
        held: Fen::ZERO,
        grade: "B".into(),
        note: "停业".into(),
        ..day.clone()
    };
    let sheet = statement();
    StatementSheet {
        grade: "B 级".into(),
        served: Vec::new(),
        meals: 0,
        concession: Fen::ZERO,
        subtotal: Fen::ZERO,
        changes: Vec::new(),
        approved: Fen::ZERO,
        holds: Vec::new(),
        payers: vec!["无".into()],
        shares: vec![share("核定", [0], 0), share("本次应付", [0], 0)],
        payable: Fen::ZERO,
        reconciliation: pairs([("日清", "31 天，共 31 天"), ("Z 报表", "0 份"), ("差异", "无"), ("审计链", "完整")]),
        days: sheet.days.iter().map(closed).collect(),
        findings: Vec::new(),
        ..sheet
    }
}

/// The same statement shared among other payers; the first bears what the others do not.
pub(crate) fn with_payers(count: usize) -> StatementSheet {
    const NAMES: [&str; 8] =
        ["市财政", "区财政", "街道", "福彩公益金", "慈善会", "社区发展治理专项保障资金", "村集体", "企业冠名基金"];
    let rest = count.saturating_sub(1);
    let row = |label: &str, total: i64, each: i64| {
        let others = i64::try_from(rest).unwrap_or(0) * each;
        let amounts = std::iter::once(total - others).chain(std::iter::repeat_n(each, rest)).map(Fen::new);
        ShareRow { label: label.into(), amounts: amounts.collect(), total: Fen::new(total) }
    };
    StatementSheet {
        payers: NAMES.iter().take(count).map(|name| (*name).into()).collect(),
        shares: vec![
            row("核定", 2_228_500, 123_456),
            row("暂缓", -476_500, -60_001),
            row("本次应付", 1_752_000, 63_455),
        ],
        ..statement()
    }
}

/// The same statement before anybody has signed it.
pub(crate) fn draft() -> StatementSheet {
    StatementSheet { draft: true, verify_url: None, ..statement() }
}

fn served() -> Vec<ServedLine> {
    [
        ("困难老年人", 8, 266, 2_128),
        ("90 周岁及以上", 6, 303, 1_818),
        ("80–89 周岁", 5, 1_378, 6_890),
        ("70–79 周岁", 3, 1_665, 4_995),
        ("60–69 周岁", 2, 780, 1_560),
        ("运营补助（付给食堂）", 1, 4_392, 4_392),
        ("送餐补助（付给食堂）", 2, 254, 508),
    ]
    .map(|(label, standard, count, amount)| ServedLine {
        label: label.into(),
        standard: Some(yuan(standard)),
        count,
        amount: yuan(amount),
    })
    .into()
}

fn changes() -> Vec<ChangeLine> {
    vec![
        change("上月暂缓结转", "无", None, 0, false),
        change("调整：离线记录补传", "2月26日　T-0226-11", Some(4), 16, true),
        change("核减：资格终止：已去世", "3月10日、11日　F-0311-02", Some(2), -12, true),
        change("核减：超出供餐时段", "3月21日　F-0321-05", Some(1), -4, true),
        change("核减：人工登记未附说明", "3月24日　F-0324-01", Some(2), -6, true),
    ]
}

fn change(reason: &str, basis: &str, count: Option<u64>, amount: i64, signed: bool) -> ChangeLine {
    ChangeLine { reason: reason.into(), basis: basis.into(), count, amount: yuan(amount), signed }
}

fn share<const N: usize>(label: &str, amounts: [i64; N], total: i64) -> ShareRow {
    ShareRow { label: label.into(), amounts: amounts.map(Fen::new).into(), total: Fen::new(total) }
}

fn reconciliation() -> Vec<(String, String)> {
    pairs([
        ("日清", "31 天，共 31 天"),
        ("Z 报表", "62 份，份数与金额和服务端逐份相等"),
        ("终端序号", "无缺号，起止见附页"),
        ("差异", "3 条，均已裁定（核减 3，见序 10 至 12）"),
        ("重算", "从记录重算，摘要相同"),
        ("审计链", "完整，链首 d3f8 20b6 91ce"),
    ])
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(label, value)| (label.into(), value.into())).into()
}

fn signature(role: &str, name: &str, date: &str) -> Signature {
    Signature { role: role.into(), signed: Some(Signed { name: name.into(), date: date.into() }) }
}

/// March began on a Sunday; the days add up to the front sheet.
fn days() -> Vec<DayRow> {
    let weekdays = ["日", "一", "二", "三", "四", "五", "六"];
    (1..=31_usize)
        .map(|day| {
            let held = (11..=17).contains(&day);
            let (meals, amount) = match day {
                11..=13 => (139, 681),
                14 | 15 => (138, 681),
                16 | 17 => (138, 680),
                1..=6 => (143, 731),
                7..=10 | 18..=22 => (143, 730),
                _ => (142, 730),
            };
            let deducted = [(10, -6), (11, -6), (21, -4), (24, -6)].iter().find(|(on, _)| *on == day);
            DayRow {
                date: format!("3月{day}日"),
                weekday: weekdays[(day - 1) % 7].into(),
                meals,
                amount: yuan(amount),
                deducted: yuan(deducted.map_or(0, |(_, amount)| *amount)),
                held: yuan(if held { -amount } else { 0 }),
                grade: if held { "C" } else { "B" }.into(),
                note: if day == 26 { "3 份离线后补传" } else { "" }.into(),
            }
        })
        .collect()
}

fn findings() -> Vec<FindingRow> {
    [
        (
            "F-0311-02",
            "3月11日",
            "资格终止：3月9日去世，民政部门 3月13日登记；3月10日、11日各 1 份",
            2,
            -12,
            "核减。食堂当日不知情，不作处罚",
        ),
        ("F-0321-05", "3月21日", "超出供餐时段：14:12，时段为 10:30 至 13:30，宽限 15 分钟", 1, -4, "核减"),
        ("F-0324-01", "3月24日", "人工登记未附说明：2 份", 2, -6, "核减。食堂申诉未附依据"),
    ]
    .map(|(number, date, subject, count, amount, decision)| FindingRow {
        number: number.into(),
        date: date.into(),
        subject: subject.into(),
        count,
        amount: yuan(amount),
        decision: decision.into(),
        decided_by: "刘晓燕　4月2日".into(),
    })
    .into()
}
