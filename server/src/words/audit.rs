//! What the audit log says in words: actions, and where the chain does not hold.

use crate::audit::Action;

/// A terminal tells a head that is not in the chain.
pub const WITNESS_BROKEN: &str = "终端见证的审计链首与本库不符：审计记录可能被改动、截断，或数据库曾被旧备份覆盖";
/// The chain as a whole, as a place.
pub const CHAIN: &str = "审计日志";
/// An entry's sequence is not one more than the one before.
pub const GAP: &str = "序号不连续，其前有记录被删除";
/// An entry does not name the hash of the one before it.
pub const CHAIN_BROKEN: &str = "与前一条的摘要不相接";
/// An entry's hash is not that of its content.
pub const HASH: &str = "内容与摘要不符";
/// What a terminal was told does not stand there.
pub const WITNESS: &str = "与终端见证的摘要不符";
/// What stands on an approved month's papers does not stand there.
pub const MONTH: &str = "与已批月份结算单上印出的审计链首不符";
/// An approved month has no head.
pub const NO_HEAD: &str = "已批准，但没有记下审计链首";
/// The address's filter by outcome.
pub const OUTCOME: &str = "outcome 只能是 granted 或 denied";

/// An entry, as a place.
#[must_use]
pub fn entry(sequence: u64) -> String {
    format!("审计日志第 {sequence} 条")
}

/// A month, as a place.
#[must_use]
pub fn month(region: &str, month: domain::calendar::Month) -> String {
    format!("结算 {region} {month}")
}

/// What was done.
#[must_use]
pub const fn action(action: Action) -> &'static str {
    match action {
        Action::MonthDraft => "起草结算",
        Action::MonthSubmit => "提交结算",
        Action::MonthApprove => "审批结算",
        Action::MonthSign => "第三人签批结算",
        Action::MonthSendBack => "退回结算",
        Action::MonthExplain => "说明月度变动",
        Action::MonthDisclose => "公示",
        Action::MonthArchive => "归档",
        Action::BankBatch => "取银行批量文件（含账号）",
        Action::DayLeaveOut => "剔出日清",
        Action::FindingStep => "处理差异",
        Action::AttachmentAdd => "上传附件",
        Action::AttachmentShow => "查看附件",
        Action::HoldRelease => "解除暂缓",
        Action::RegionSettings => "修改区域设置",
        Action::RegionPut => "登记区域",
        Action::ObjectionNote => "登记异议",
        Action::ObjectionDecide => "裁定异议",
        Action::ObjectionLift => "解除异议暂缓",
        Action::PaymentNote => "登记拨付",
        Action::BudgetSet => "设定年度预算",
        Action::CanteenClose => "登记食堂停办",
        Action::DemandIssue => "发出追缴通知",
        Action::DemandReceive => "登记追缴到账",
        Action::PolicyAnnounce => "公布政策",
        Action::CalendarPublish => "公布日历",
        Action::ProposalMake => "提出待审事项",
        Action::ProposalApprove => "批准待审事项",
        Action::ProposalReject => "驳回或撤回待审事项",
        Action::ProposalReveal => "查看待审账号",
        Action::PayeeChange => "变更收款账户",
        Action::PriceApprove => "审定餐价",
        Action::CanteenCreate => "登记食堂",
        Action::CanteenFact => "登记食堂资质",
        Action::CanteenCorrect => "更正食堂登记",
        Action::CanteenSettings => "修改食堂设置",
        Action::CashierAdd => "登记收银员",
        Action::ElderRegister => "登记老人",
        Action::ElderFind => "按号码或姓名查找老人",
        Action::ElderFact => "登记老人情况",
        Action::ElderCorrect => "更正老人登记",
        Action::CorrectionShow => "查看老人登记更正前的内容",
        Action::CardIssue => "发卡（含卡号）",
        Action::CardsPropose => "提出批量发卡",
        Action::CardsDecide => "决定批量发卡",
        Action::CardSheet => "批量发卡（含卡号）",
        Action::CardRevoke => "挂失",
        Action::PhotoPut => "保存照片",
        Action::PhotoShow => "查看照片",
        Action::DrawAnnounce => "公布抽查方案",
        Action::DrawMake => "抽取检查对象",
        Action::DrawResult => "登记检查结果",
        Action::PhotoRemove => "删除照片",
        Action::ImportBring => "上传名单",
        Action::ImportShow => "查看名单问题行（含号码）",
        Action::ImportForget => "到期删除名单文件",
        Action::ImportApply => "导入名单",
        Action::ChipRegister => "登记实体卡",
        Action::TerminalCode => "发放登记码",
        Action::TerminalEnrol => "终端申请登记",
        Action::TerminalConfirm => "核对并准入终端",
        Action::TerminalRevoke => "停用终端",
        Action::TerminalRetire => "终端退役",
        Action::EpochEndAsk => "申请了结终端日志",
        Action::EpochEnd => "了结终端日志",
        Action::ForkResolve => "处理日志分叉",
        Action::PersonAdd => "登记人员",
        Action::PersonReset => "重置口令",
        Action::PersonLock => "锁定账号",
        Action::PersonUnlock => "解锁账号",
        Action::PersonMove => "变更人员角色或辖区",
        Action::PersonLeave => "停用人员",
        Action::PassphraseChange => "修改口令",
        Action::TotpBegin => "开始绑定动态口令",
        Action::TotpEnrol => "绑定动态口令",
        Action::SessionStepUp => "再次验证身份",
        Action::SessionOpen => "登录",
        Action::SessionLock => "登录锁定",
        Action::WitnessBroken => "审计见证不符",
        Action::OfficeRestore => "从备份恢复",
    }
}
