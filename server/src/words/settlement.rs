//! The Chinese of the month: refusals, and what stands on a statement.

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::decision::{Kind, Payer};
use domain::id::CanteenId;
use domain::money::Fen;
use domain::reconciliation::{Bearer, Code as FindingCode, DayClose, Finding, Measure, Severity, StandingHit};
use domain::settlement::payment::{PaymentRefused, PaymentState, Stage};
use domain::settlement::{MonthState, NotAllowed, Reason, Reconciliation, Role};
use receipts::statement::ChangeLine;

use super::Code;

/// `2026年3月`.
#[must_use]
pub fn month(month: Month) -> String {
    let (year, month) = month.ym();
    format!("{year}年{month}月")
}

/// `3月18日`.
#[must_use]
pub fn day(date: BusinessDate) -> String {
    let (_, month, day) = date.ymd();
    format!("{month}月{day}日")
}

/// `2026年3月18日`.
#[must_use]
pub fn full_day(date: BusinessDate) -> String {
    let (year, month, day) = date.ymd();
    format!("{year}年{month}月{day}日")
}

/// `一` for Monday to `日`.
#[must_use]
pub fn weekday(date: BusinessDate) -> &'static str {
    ["一", "二", "三", "四", "五", "六", "日"][usize::from(date.weekday() % 7)]
}

/// Days as people write them: `3月11日至17日、20日`. Runs of three days and more are drawn together.
#[must_use]
pub fn days(dates: &[BusinessDate]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut month = None;
    let mut name = |date: BusinessDate| {
        let (_, m, d) = date.ymd();
        let text = if month == Some(date.month()) { format!("{d}日") } else { format!("{m}月{d}日") };
        month = Some(date.month());
        text
    };
    for run in dates.chunk_by(|a, b| a.plus_days(1) == *b) {
        match run {
            [first, _, .., last] => {
                let first = name(*first);
                parts.push(format!("{first}至{}", name(*last)));
            }
            few => parts.extend(few.iter().map(|date| name(*date))),
        }
    }
    parts.join("、")
}

/// What a command asks somebody for.
#[must_use]
pub fn ask_passphrase(name: &str) -> String {
    format!("{name} 的口令：")
}

/// What a command asks for besides.
pub const ASK_CODE: &str = "动态口令：";

/// A command that cannot ask anybody.
pub const NO_PASSPHRASE: &str = "没有可以输入口令的终端；请用 --passphrase-file 指明口令文件";

/// A month's state.
#[must_use]
pub const fn state(state: MonthState) -> &'static str {
    match state {
        MonthState::Open => "未起草",
        MonthState::Drafted => "已起草",
        MonthState::Submitted => "已提交",
        MonthState::Checked => "已复核，待第三人签批",
        MonthState::Approved => "已审批",
    }
}

/// A finding's kind.
#[must_use]
pub const fn finding(code: FindingCode) -> &'static str {
    match code {
        FindingCode::OverLimit => "超出补贴次数或限额",
        FindingCode::NotEligible => "资格终止",
        FindingCode::StaleDecision => "资料更新后结果不同",
        FindingCode::Disputed => "记录与自带资料不符",
        FindingCode::SequenceGap => "终端序号缺失",
        FindingCode::ZMismatch => "交班单与记录不符",
        FindingCode::Standing => "食品安全状况",
        FindingCode::PolicyCorrected => "政策更正",
        FindingCode::ForkedTerminal => "终端记录分叉",
        FindingCode::ClockSkew => "终端时钟偏差",
        FindingCode::RevokedCard => "已挂失的卡被使用",
        FindingCode::OffWindow => "供餐时段以外用餐",
        FindingCode::Burst => "疑似代刷",
        FindingCode::OverCapacity => "超出核定供餐能力",
        FindingCode::FlatCounts => "连续多日份数相同",
        FindingCode::ManualShare => "人工录入比例偏高",
        FindingCode::PriceOffList => "价格不在核定价目内",
        FindingCode::UnknownElder => "查无此人的用餐",
    }
}

/// What a finding does to the month.
#[must_use]
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Block => "阻断",
        Severity::Deduct => "核减",
        Severity::Warn => "提醒",
        Severity::Off => "不报",
    }
}

/// Who carries an amount.
#[must_use]
pub const fn bearer(bearer: Bearer) -> &'static str {
    match bearer {
        Bearer::Programme => "由项目承担",
        Bearer::Canteen => "由食堂承担",
    }
}

/// A payer's column.
#[must_use]
pub fn payer(payer: &Payer) -> String {
    domain::words::payer_name(&payer.name, domain::words::Language::Chinese).to_owned()
}

/// The addition to a line's label that tells who gets the money.
#[must_use]
pub const fn paid_to_canteen(kind: Kind) -> &'static str {
    match kind {
        Kind::Operator | Kind::Delivery => "（付给食堂）",
        Kind::Diner | Kind::Concession => "",
    }
}

/// Accounts that only one person has looked at.
#[must_use]
pub fn payees_unchecked(canteens: &[String]) -> String {
    format!("以下食堂的收款账户还没有经另一人核对，请先在“待审事项”中批准：{}", canteens.join("、"))
}

/// Signature cells and rows of a statement.
pub const MAKER: &str = "经办";
/// Who approves in the system.
pub const CHECKER: &str = "复核";
/// Who signs last: a third person where the region asks for one, else on paper.
pub const APPROVER: &str = "审批";
/// Parts one and two without holds.
pub const APPROVED: &str = "核定";
/// What waits.
pub const HELD: &str = "暂缓";
/// A negative balance that the next month begins with.
pub const CARRIED_ON: &str = "结转下月";
/// What is paid now.
pub const PAYABLE: &str = "本次应付";
/// The number of a region's summary: `HZ-440300-202603`.
#[must_use]
pub fn summary_number(region: &domain::region::RegionCode, month: Month) -> String {
    let (year, month) = month.ym();
    format!("HZ-{region}-{year:04}{month:02}")
}

/// Where objections to a disclosed list are taken.
#[must_use]
pub fn objections_to(phone: &str) -> String {
    format!("如有异议，请致电 {phone}")
}

/// The column of a statement that nobody owes anything for.
pub const NO_PAYER: &str = "无";

/// `3月1日至3月31日`.
pub(crate) fn span(first: BusinessDate, last: BusinessDate) -> String {
    format!("{}至{}", day(first), day(last))
}

/// `2026年4月10日 09:02`, local time.
pub(crate) fn instant(at: UnixMs) -> String {
    let (year, month, day) = at.local_date().ymd();
    format!("{year}年{month}月{day}日 {}", &at.local_clock()[..5])
}

/// `云川农商银行　尾号 4471`.
pub(crate) fn masked_account(bank: &str, tail: &str) -> String {
    format!("{bank}　尾号 {tail}")
}

/// A quantified grade as it is written: `B`, `未评`.
pub(crate) fn grade(grade: &str) -> String {
    if grade == domain::canteen::UNRATED { "未评".to_owned() } else { grade.to_owned() }
}

/// The grades of a month: the first one, then each change with its days.
pub(crate) fn grades(grades: &[(BusinessDate, String)], last: BusinessDate) -> String {
    let name = |g: &str| if g == domain::canteen::UNRATED { "未评级".to_owned() } else { format!("{g} 级") };
    let mut parts: Vec<String> = Vec::new();
    for (index, (from, of)) in grades.iter().enumerate() {
        let until = grades.get(index + 1).map_or(last, |(next, _)| next.plus_days(-1));
        if grades.len() == 1 {
            parts.push(name(of));
        } else {
            parts.push(format!("{} {}", name(of), span(*from, until)));
        }
    }
    parts.join("；")
}

/// `高新区老年人助餐补贴　第 3 版`.
pub(crate) fn policy_versions(name: &str, versions: &[u32]) -> String {
    let versions: Vec<String> = versions.iter().map(u32::to_string).collect();
    format!("{name}　第 {} 版", versions.join("、"))
}

/// A line's reason. Meals of another month say which.
pub(crate) fn reason(reason: &Reason, amount: Fen, of: Month) -> String {
    let from = |other: &Month| if *other == of { String::new() } else { format!("{} ", month(*other)) };
    match reason {
        Reason::Carried => "上月结转".to_owned(),
        Reason::Late { month: other, .. } => format!("调整：{}离线记录补传", from(other)),
        Reason::Corrected { month: other, .. } => format!("调整：{}资料更正", from(other)),
        Reason::PolicyCorrected { month: other, policy } => {
            let version = policy.as_ref().map_or_else(String::new, |p| format!("（按第 {} 版）", p.version));
            format!("调整：{}政策更正{version}", from(other))
        }
        Reason::Refunded { month: other } => format!("补结：{}代退老人多付餐费", from(other)),
        Reason::Finding { month: other, code } if amount.is_negative() => {
            format!("核减：{}{}", from(other), finding(*code))
        }
        Reason::Finding { month: other, code } => format!("调整：{}{}", from(other), finding(*code)),
        Reason::Reduction { month: other, words, .. } => format!("扣减：{}{words}", from(other)),
        Reason::Hold { month: other, words, .. } => format!("暂缓拨付：{}{words}", from(other)),
        Reason::Release { month: other, words, .. } => format!("解除暂缓：{}{words}", from(other)),
    }
}

/// `3月10日、11日　F-0311-02c4`; beyond three findings they are counted, the details name them all.
pub(crate) fn basis(dates: &[BusinessDate], findings: &[String]) -> String {
    let numbers = match findings.len() {
        0 => String::new(),
        1..=3 => format!("　{}", findings.join(" ")),
        many => format!("　{} 等 {many} 条", findings[0]),
    };
    format!("{}{numbers}", days(dates))
}

pub(crate) fn nothing_carried() -> ChangeLine {
    ChangeLine {
        reason: "上月结转".to_owned(),
        basis: NO_PAYER.to_owned(),
        count: None,
        amount: Fen::ZERO,
        signed: false,
    }
}

pub(crate) fn carried_on(amount: Fen) -> ChangeLine {
    let (reason, basis) = ("负数余额结转下月".to_owned(), "由下月应付抵扣".to_owned());
    ChangeLine { reason, basis, count: None, amount, signed: true }
}

/// Part four of a statement.
pub(crate) fn reconciliation_box(of: &Reconciliation, decided: &[String]) -> Vec<(String, String)> {
    let cell = |label: &str, text: String| (label.to_owned(), text);
    let (reports, agree) = of.z_reports;
    let z = if reports == agree {
        format!("{reports} 份，份数与金额和服务端逐份相等")
    } else {
        format!("{reports} 份，其中 {agree} 份与服务端相等")
    };
    let count = |code| of.findings.iter().find(|(c, _)| *c == code).map_or(0, |(_, n)| *n);
    let gaps = match count(FindingCode::SequenceGap) {
        0 => "无缺号".to_owned(),
        n => format!("缺号 {n} 处"),
    };
    let total: u32 = of.findings.iter().map(|(_, n)| n).sum();
    let open = of.blocking.iter().filter(|number| !decided.contains(number)).count();
    let findings = match (total, open) {
        (0, _) => "无".to_owned(),
        (n, 0) => format!("{n} 条，阻断的均已裁定，见差异明细"),
        (n, open) => format!("{n} 条，{open} 条阻断未裁定"),
    };
    let mut cells = vec![
        cell("日清", format!("{} 天，共 {} 天", of.closed, of.days)),
        cell("Z 报表", z),
        cell("终端序号", gaps),
        cell("差异", findings),
        cell("开餐", format!("{} 天，{} 份", of.open_days, of.meals.count)),
        cell("其中", format!("访客全价 {} 份；另撤销 {} 份", of.guests.count, of.voids.count)),
    ];
    if !of.left_out.is_empty() {
        let dates: Vec<_> = of.left_out.iter().map(|(date, _)| *date).collect();
        cells.push(cell("留待下月", days(&dates)));
        cells.push(cell("原因", of.left_out[0].1.clone()));
    }
    if !of.incomplete.is_empty() {
        cells.push(cell("未日清", days(&of.incomplete)));
        cells.push(cell("提示", "有终端的记录未到齐".to_owned()));
    }
    cells
}

/// A day's note in the details.
pub(crate) fn day_note(close: Option<&DayClose>, left_out: Option<&str>) -> String {
    match (close, left_out) {
        (_, Some(_)) => "留待下月".to_owned(),
        (None, None) => "未日清".to_owned(),
        (Some(close), None) if close.meals.count == 0 => "未开餐".to_owned(),
        (Some(close), None) if close.guests.count > 0 => format!("另访客 {} 份", close.guests.count),
        _ => String::new(),
    }
}

/// What a finding is about, in words.
pub(crate) fn finding_subject(of: &Finding, standing: &[StandingHit]) -> String {
    let records: Vec<String> = of.evidence.iter().map(|id| id.uuid().simple().to_string()[24..].to_owned()).collect();
    let records = if records.is_empty() { String::new() } else { format!("　记录 {}", records.join(" ")) };
    let about = match of.code {
        FindingCode::Standing => {
            let words: Vec<&str> = standing.iter().map(|h| h.reason.as_str()).collect();
            format!("{}：{}", finding(of.code), words.join("；"))
        }
        _ => finding_measured(of),
    };
    format!("{about}{records}　涉及 {} 元", of.stake)
}

/// What the rules make of a finding that nobody had to decide.
pub(crate) fn by_rule(of: &Finding) -> String {
    match (of.severity, of.bearer) {
        (Severity::Block, _) => "待裁定".to_owned(),
        (_, Some(by)) => format!("按政策{}", bearer(by)),
        (of, None) => severity(of).to_owned(),
    }
}

/// `刘晓燕　4月2日`.
pub(crate) fn signed(name: &str, at: UnixMs) -> String {
    format!("{name}　{}", day(at.local_date()))
}

/// What a payment is for, as the bank prints it.
pub(crate) fn payment_purpose(of: Month, number: &str) -> String {
    format!("{}助餐补贴 {number}", month(of))
}

/// Where an approved month stands.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Approved => "已审批，未公示",
        Stage::Disclosed => "公示及拨付中",
        Stage::Paid => "已拨付",
        Stage::Archived => "已归档",
    }
}

/// What became of a payment.
#[must_use]
pub const fn payment(state: Option<PaymentState>) -> &'static str {
    match state {
        None => "未拨付",
        Some(PaymentState::Sent) => "已送银行",
        Some(PaymentState::Confirmed) => "已到账",
        Some(PaymentState::Returned) => "银行退回",
    }
}

pub(crate) fn payment_refusal(reason: PaymentRefused) -> String {
    match reason {
        PaymentRefused::Stage(now) => format!("本月{}，不能办理此事", stage(now)),
        PaymentRefused::NotDisclosed => "本月还没有公示，请先公示".to_owned(),
        PaymentRefused::StillDisclosed(until) => format!("公示到{}为止，期满后才能拨付", day(until)),
        PaymentRefused::TooLate(until) => format!("公示已于{}结束，不再受理异议；可作为差异在下月调整", day(until)),
        PaymentRefused::NothingToPay => "本次应付为零，不需要拨付".to_owned(),
        PaymentRefused::ObjectionOpen => "有异议还没有处理，请先处理".to_owned(),
        PaymentRefused::Held => "异议成立，这张结算单暂不拨付".to_owned(),
        PaymentRefused::Payment(now) => format!("这笔款{}，不能这样登记", payment(now)),
        PaymentRefused::SamePerson => "须由另一人办理：送银行与登记到账、登记异议与处理异议不能是同一人".to_owned(),
        PaymentRefused::Unsettled(count) => format!("还有 {count} 张结算单没有办完拨付"),
    }
}

pub(crate) fn disclosure_days(allowed: &std::ops::RangeInclusive<i64>) -> String {
    format!("公示天数应在 {} 至 {} 天之间", allowed.start(), allowed.end())
}

pub(crate) fn no_such_owner() -> String {
    "没有这位办理人，或者这位办理人已离开、不管这里的事".to_owned()
}

pub(crate) fn no_longer_current() -> String {
    "这张结算单已被新的一版替换，请查看最新一版".to_owned()
}

pub(crate) fn no_such_objection() -> String {
    "没有这条异议".to_owned()
}

pub(crate) fn objection_decided() -> String {
    "这条异议已由别人处理，请刷新".to_owned()
}

pub(crate) fn objection_holds_nothing() -> &'static str {
    "这条异议没有暂缓的款项，或者已经解除"
}

pub(crate) fn no_such_statement() -> String {
    "没有这张结算单".to_owned()
}

pub(crate) fn statement_replaced(version: i64) -> String {
    format!("这一版已被替换，现为第 {version} 版")
}

pub(crate) fn not_approved_yet(of: Month) -> String {
    format!("{}还没有审批，不能导出付款批次", month(of))
}

pub(crate) fn no_such_finding() -> String {
    "没有这条差异，可能已在重新日清后消失".to_owned()
}

/// Findings of several years have the same number; `year` is the last of them.
pub(crate) fn several_findings(number: &str, year: i16) -> String {
    format!("不止一年有编号为 {number} 的差异，请在编号前写上年份，如 {year}-{number}")
}

/// What a finding is, with what was measured and the region's threshold.
pub(crate) fn finding_measured(of: &Finding) -> String {
    let name = finding(of.code);
    let Some(Measure { found, limit, within }) = of.measure else { return name.to_owned() };
    let permille = |n: i64| format!("{}.{}%", n / 10, n % 10);
    match of.code {
        FindingCode::ClockSkew => format!("{name}：相差 {found} 分钟，容许 {limit} 分钟"),
        FindingCode::RevokedCard => format!("{name}：终端名单当时已有 {found} 分钟未更新"),
        FindingCode::OffWindow => format!("{name}：最多相差 {found} 分钟，容许 {limit} 分钟"),
        FindingCode::Burst => match within {
            Some(seconds) => format!("{name}：{seconds} 秒内 {found} 人，达到 {limit} 人即提示"),
            None => format!("{name}：{found} 人刷卡次序与前两个供餐日相同，达到 {limit} 人即提示"),
        },
        FindingCode::OverCapacity => format!("{name}：{found} 份，核定 {limit} 份"),
        FindingCode::FlatCounts => format!("{name}：连续 {limit} 个供餐日都是 {found} 份"),
        FindingCode::ManualShare => format!("{name}：{}，容许 {}", permille(found), permille(limit)),
        FindingCode::PriceOffList if limit == 0 => format!("{name}：{} 元，价目中没有这一餐次", Fen::new(found)),
        FindingCode::PriceOffList => format!("{name}：{} 元，价目为 {} 元", Fen::new(found), Fen::new(limit)),
        _ => name.to_owned(),
    }
}

pub(crate) fn no_such_step() -> String {
    "请选择：指派（须写明承办人和期限）、答复、说明成立、确认差异或结案".to_owned()
}

pub(crate) fn not_yours_to_answer() -> String {
    "由食堂或经办人员答复".to_owned()
}

pub(crate) fn threshold_out_of_range() -> String {
    "有阈值超出允许的范围，请核对后再保存".to_owned()
}

pub(crate) fn no_such_region(region: &domain::region::RegionCode) -> String {
    format!("没有登记 {region} 这个区划")
}

pub(crate) fn nothing_held() -> String {
    "没有这笔暂缓的款项，可能已经解除".to_owned()
}

pub(crate) fn finding_closed() -> String {
    "这条差异已经结案，不能再办理".to_owned()
}

pub(crate) fn finding_not_ruled() -> String {
    "这条差异还没有裁定，请先裁定再结案".to_owned()
}

pub(crate) fn finding_same_person() -> String {
    "裁定的人不能结案，请由另一位人员办理".to_owned()
}

pub(crate) fn ruled_since(dates: &[BusinessDate]) -> Option<String> {
    (!dates.is_empty()).then(|| format!("{} 的差异在起草之后有新的裁定，请重新起草", days(dates)))
}

/// Something that is printed later has characters that the papers' font has not.
pub const NOT_PRINTABLE: &str = "有打印不出来的字符（如表情符号），请改写";

pub(crate) fn reason_needed() -> String {
    "请写明原因，1 至 500 字".to_owned()
}

pub(crate) fn cannot_be_printed(why: &str) -> String {
    format!("结算单无法打印：{why}")
}

/// The page behind a statement's QR code.
fn page(title: &str, text: &str, colour: &str) -> String {
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title></head>\
         <body style=\"margin:0;background:#F5F4F0;color:#1B1A18;font:17px/26px 'Noto Sans CJK SC','Noto Sans SC',\
         'PingFang SC','Microsoft YaHei',sans-serif\"><main style=\"max-width:560px;margin:64px auto;padding:28px;\
         background:#fff;border:1px solid #E4E1DA;border-left:8px solid {colour};border-radius:8px\">\
         <h1 style=\"font-size:26px;line-height:34px;margin:0 0 12px\">{title}</h1><p style=\"margin:0\">{text}</p>\
         </main></body></html>"
    )
}

pub(crate) fn paper_agrees(number: &str, version: i64) -> String {
    let text = format!("编号 {number} 第 {version} 版已经审批，纸上的内容摘要与系统所存一致。");
    page("与系统所存一致", &text, "#1A7443")
}

pub(crate) fn paper_is_draft(number: &str, version: i64) -> String {
    let text = format!("编号 {number} 第 {version} 版的内容摘要一致，但没有经过审批，不能作为付款依据。");
    page("这是草稿", &text, "#F4B73B")
}

pub(crate) fn paper_disagrees() -> String {
    page("与系统所存不一致", "请核对网址是否完整；如确由纸上的二维码打开，请与经办机构联系。", "#B3261E")
}

pub(crate) const fn month_code(reason: NotAllowed) -> Code {
    match reason {
        NotAllowed::Role(_) | NotAllowed::SamePerson | NotAllowed::NoThirdPerson => Code::Forbidden,
        NotAllowed::State(_) | NotAllowed::NotWhatWasSeen | NotAllowed::NotReady => Code::Conflict,
    }
}

pub(crate) fn month_refusal(reason: NotAllowed) -> String {
    match reason {
        NotAllowed::State(now) => format!("本月结算{}，不能办理此事", state(now)),
        NotAllowed::Role(Role::FinanceMaker) => "由经办人员办理".to_owned(),
        NotAllowed::Role(Role::FinanceChecker) => "由复核人员办理".to_owned(),
        NotAllowed::SamePerson => "起草或提交的人不能审批，请由另一位复核人员办理".to_owned(),
        NotAllowed::NoThirdPerson => "起草、提交或复核的人不能签批，请由第三人办理".to_owned(),
        NotAllowed::NotWhatWasSeen => "结算单在您查看之后有变动，请重新查看后再审批".to_owned(),
        NotAllowed::NotReady => "还有未日清的日子或未裁定的阻断差异".to_owned(),
    }
}

/// A month that nobody has drafted.
#[must_use]
pub fn month_not_drafted(of: Month) -> String {
    format!("{}还没有起草", month(of))
}

pub(crate) fn earlier_month_open(of: Month) -> String {
    format!("{}还没有审批，请先办完", month(of))
}

pub(crate) fn later_month_drafted(of: Month) -> String {
    format!("{}已经起草，更早的月份不能再起草；补传的记录会列入下一个月", month(of))
}

pub(crate) fn settled_elsewhere(region: &domain::region::RegionCode, of: Month, approved: bool) -> String {
    let of = month(of);
    if approved {
        format!("{of}已由 {region} 结算其中的食堂，请从下一个月起在本地区起草")
    } else {
        format!("{region} 的{of}还没有审批，其中有本地区的食堂，请先办完")
    }
}

pub(crate) fn region_without_canteens(region: &domain::region::RegionCode) -> String {
    format!("{region} 没有由其结算的食堂")
}

pub(crate) fn incomplete_days(dates: &[BusinessDate]) -> Option<String> {
    (!dates.is_empty()).then(|| format!("{} 未日清", days(dates)))
}

pub(crate) fn blocking_findings(numbers: &[String]) -> Option<String> {
    (!numbers.is_empty()).then(|| format!("阻断差异 {} 未裁定", numbers.join("、")))
}

/// A draft was taken back and not made again.
pub(crate) const DRAFT_UNFINISHED: &str = "起草没有做完，请重新起草";

pub(crate) fn unexplained(change: i64) -> String {
    format!("日均补贴比上月{}，没有写明原因", changed(change))
}

/// A change that nobody has explained yet.
pub(crate) const NOT_EXPLAINED: &str = "尚未说明";

/// `增加 18.2%`.
pub(crate) fn changed(permille: i64) -> String {
    let (tenths, name) = (permille.unsigned_abs(), if permille < 0 { "减少" } else { "增加" });
    format!("{name} {}.{}%", tenths / 10, tenths % 10)
}

pub(crate) fn nothing_to_explain() -> &'static str {
    "这家食堂的日均补贴与上月相差不超过 15%，不需要说明"
}

pub(crate) fn in_the_way(reasons: &[(Option<CanteenId>, String)]) -> String {
    let mut texts: Vec<&str> = reasons.iter().map(|(_, why)| why.as_str()).collect();
    texts.dedup();
    format!("不能提交：{}", texts.join("；"))
}

pub(crate) fn canteen_unreadable(name: &str) -> String {
    format!("{name}的日清数据读不出或对不上，不能起草。请管理员运行 zhucan verify 查明，从备份找回后再起草")
}

pub(crate) fn month_changed_meanwhile() -> String {
    "刚刚有人办理了本月结算，请刷新后再看".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_write_them() {
        let dates = |text: &str| text.split(' ').map(|d| format!("2026-{d}").parse().unwrap()).collect::<Vec<_>>();
        assert_eq!(days(&dates("03-11 03-12 03-13 03-20")), "3月11日至13日、20日");
        assert_eq!(days(&dates("03-10 03-11")), "3月10日、11日");
        assert_eq!(days(&dates("03-31 04-01 04-02")), "3月31日至4月2日");
        assert_eq!(days(&[]), "");
    }
}
