//! The words of the audit log's page, and of every action in both languages.

use crate::audit::Action;
use crate::console::lang::{Lang, catalogue};

catalogue! {
    title: "审计日志", "Audit log";
    sub: "链首第 {n} 条", "head of the chain: no. {n}";
    empty_chain: "还没有记录", "nothing entered yet";
    person: "人员", "Person";
    action: "操作", "Action";
    object: "对象", "Object";
    object_hint: "点表中的对象即可筛选", "click an object below";
    denied_only: "只看被拒绝的", "Refused only";
    from: "从", "From";
    until: "至", "Until";
    verify: "校验日志链", "Check the chain";
    number: "序号", "No.";
    at: "时间", "Time";
    who: "谁", "Who";
    what: "做了什么", "What";
    outcome: "结果", "Outcome";
    details: "详情", "Details";
    granted: "已办", "done";
    denied: "拒绝", "refused";
    hash: "摘要", "Hash";
    hint: "每条记录含前一条的摘要，改动或删除任何一条都能查出。人员记全名，老人只记编号。", "Every entry holds the hash of the one before it, so whatever is changed or removed shows. Staff stand in full, elders by number only.";
    nothing: "没有符合条件的记录。", "No entry fits.";
    csv_as_of: "截至 {at}；条件：{filter}；{n} 条", "as of {at}; filter: {filter}; {n} entries";
    csv_more: "；更早的未列，请缩小时间范围", "; earlier ones are left out: narrow the time";
    no_filter: "无", "none";
    check_title: "校验审计日志链", "Check of the audit log's chain";
    check_hint: "逐条重算摘要，并与终端见证、已批月份结算单上印出的链首核对。日志很长时需要几分钟，可以离开本页。", "Every hash is computed again and compared with what terminals witnessed and what approved months' papers show. A long log takes minutes; you may leave this page.";
    check_begin: "开始校验", "Begin the check";
    check_running: "正在校验：已核对约 {n} 条。可以离开，稍后刷新本页。", "Checking: about {n} entries so far. You may leave, and reload this page later.";
    check_reload: "刷新进度", "Reload";
    check_none: "本次启动以来还没有校验过。", "Not checked since the program was started.";
    check_good: "链完整：{n} 条全部相接，与外部见证一致。", "The chain holds: all {n} entries follow one another and agree with what was witnessed.";
    check_bad: "发现 {n} 处不符。请保留数据库现状，立即报告。", "{n} places do not hold. Leave the database as it is and report at once.";
    check_failed: "校验没有完成，请稍后重试；仍不行请联系管理员。", "The check did not finish. Try again later, or call the administrator.";
    check_began: "开始", "Began";
    check_ended: "完成", "Ended";
    check_entries: "核对条数", "Entries walked";
    check_head: "开始时链首", "Head when it began";
    place: "位置", "Place";
    problem: "不符之处", "What does not hold";
    months: "已批月份的链首（印在结算单上）", "Heads of approved months (printed on their papers)";
    month: "月份", "Month";
    witnesses: "终端见证", "Witnessed by terminals";
    witnesses_n: "{n} 台终端各存有一个链首", "{n} terminals each keep a head";
}

/// What was done, in that language.
pub(super) const fn action(action: Action, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => crate::words::audit::action(action),
        Lang::En => english(action),
    }
}

const fn english(action: Action) -> &'static str {
    match action {
        Action::MonthDraft => "Drafted a month",
        Action::MonthSubmit => "Submitted a month",
        Action::MonthApprove => "Approved a month",
        Action::MonthSign => "Signed a month as a third person",
        Action::MonthSendBack => "Sent a month back",
        Action::MonthExplain => "Explained a month's change",
        Action::MonthDisclose => "Disclosed a month's list",
        Action::MonthArchive => "Archived a month",
        Action::BankBatch => "Took the bank batch (with accounts)",
        Action::DayLeaveOut => "Left a day out",
        Action::FindingStep => "Dealt with a finding",
        Action::AttachmentAdd => "Brought a file",
        Action::AttachmentShow => "Took a file",
        Action::HoldRelease => "Released a hold",
        Action::RegionSettings => "Changed a region's settings",
        Action::RegionPut => "Registered a region",
        Action::ObjectionNote => "Noted an objection",
        Action::ObjectionDecide => "Decided an objection",
        Action::ObjectionLift => "Lifted what an objection held",
        Action::PaymentNote => "Noted a payment",
        Action::OfficeRestore => "Restored the office from a backup",
        Action::BudgetSet => "Set a payer's budget",
        Action::CanteenClose => "Closed a canteen for good",
        Action::DemandIssue => "Demanded what a closed canteen owes",
        Action::DemandReceive => "Noted what was paid on a demand",
        Action::PolicyAnnounce => "Announced a policy",
        Action::CalendarPublish => "Published a calendar",
        Action::ProposalMake => "Proposed something",
        Action::ProposalApprove => "Approved a proposal",
        Action::ProposalReject => "Rejected or withdrew a proposal",
        Action::ProposalReveal => "Looked at a proposed account",
        Action::PayeeChange => "Changed a payee",
        Action::PriceApprove => "Approved a price",
        Action::CanteenCreate => "Registered a canteen",
        Action::CanteenFact => "Recorded a canteen's standing or tags",
        Action::CanteenCorrect => "Put a canteen's registration right",
        Action::CanteenSettings => "Changed a canteen's settings",
        Action::CashierAdd => "Added a cashier",
        Action::ElderRegister => "Registered an elder",
        Action::ElderFind => "Looked for elders by number or name",
        Action::ElderFact => "Recorded a fact of an elder",
        Action::ElderCorrect => "Put an elder's registration right",
        Action::CorrectionShow => "Looked at what an elder's registration said before",
        Action::CardIssue => "Issued a card (with its number)",
        Action::CardsPropose => "Proposed cards for many",
        Action::CardsDecide => "Decided about cards for many",
        Action::CardSheet => "Issued cards by the sheet (with numbers)",
        Action::PhotoPut => "Kept a photo",
        Action::PhotoShow => "Looked at a photo",
        Action::DrawAnnounce => "Announced an inspection draw",
        Action::DrawMake => "Made an inspection draw",
        Action::DrawResult => "Noted what an inspection found",
        Action::PhotoRemove => "Removed a photo",
        Action::ImportBring => "Brought a list",
        Action::ImportShow => "Looked at rows of a list (with numbers)",
        Action::ImportForget => "Deleted files of lists in time",
        Action::ImportApply => "Took a list over",
        Action::CardRevoke => "Revoked cards",
        Action::ChipRegister => "Registered a physical card",
        Action::TerminalCode => "Gave out an enrolment code",
        Action::TerminalEnrol => "A terminal asked to be let in",
        Action::TerminalConfirm => "Compared and let a terminal in",
        Action::TerminalRevoke => "Took a terminal out of service",
        Action::TerminalRetire => "Retired a terminal",
        Action::EpochEndAsk => "Asked to end a journal",
        Action::EpochEnd => "Ended a journal",
        Action::ForkResolve => "Decided about a fork",
        Action::PersonAdd => "Added a person",
        Action::PersonReset => "Reset a passphrase",
        Action::PersonLock => "Locked an account",
        Action::PersonUnlock => "Unlocked an account",
        Action::PersonMove => "Gave a person another role or place",
        Action::PersonLeave => "Ended a person's access",
        Action::PassphraseChange => "Changed the own passphrase",
        Action::TotpBegin => "Began to take up a second factor",
        Action::TotpEnrol => "Took up a second factor",
        Action::SessionStepUp => "Proved once more who it is",
        Action::SessionOpen => "Signed in",
        Action::SessionLock => "Locked a name",
        Action::WitnessBroken => "A terminal's witness does not hold",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_words_of_its_own() {
        let words =
            |lang| Action::ALL.iter().map(move |one| action(*one, lang)).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(words(Lang::Zh).len(), Action::ALL.len());
        assert_eq!(words(Lang::En).len(), Action::ALL.len());
    }
}
