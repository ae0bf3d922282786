//! The words of today's page.

use super::next::Next;
use crate::console::lang::catalogue;

catalogue! {
    title: "今日", "Today";
    settlement: "{month}结算", "{month} settlement";
    step_days: "日清", "Days closed";
    step_draft: "起草", "Drafted";
    step_submit: "提交", "Submitted";
    step_approve: "审批", "Approved";
    step_disclose: "公示", "Disclosed";
    step_pay: "拨付", "Paid";
    step_archive: "归档", "Archived";
    by_maker: "经办", "maker";
    by_other: "另一人", "another person";
    until: "至{date}", "until {date}";
    past: "已完成", "done";
    current: "当前", "current";
    // The next thing
    close_days: "处理 {n} 个未日清", "See to {n} unclosed days";
    decide_blocking: "裁定 {n} 条阻断差异", "Decide {n} that stop the month";
    decide_others: "裁定 {n} 条差异", "Decide {n} findings";
    running: "本月还在供餐，暂无要办的事。", "The month is still being served; nothing to do now.";
    draft: "起草结算", "Draft the month";
    draft_again: "重新起草", "Draft again";
    submit: "提交审批", "Submit";
    approve: "复核并审批", "Check and approve";
    sign: "第三人签批", "Sign as a third person";
    disclose: "发布公示", "Publish the list";
    disclosing: "公示中，到期后拨付。", "The list is published; payment follows.";
    pay: "办理拨付", "Pay";
    archive: "归档", "Archive";
    all_done: "本月已归档。", "The month is archived.";
    waits_maker: "等经办：{what}", "Waits for the maker: {what}";
    waits_checker: "等复核：{what}", "Waits for the checker: {what}";
    failed: "{n} 个食堂日日清出错：{days}。这些日子的数据读不出，其他日子照常日清。请管理员运行 zhucan verify 查明，数据从备份找回后自动重新日清。", "The close of {n} canteen-days fails: {days}. Their data cannot be read; all other days are closed. Have the administrator run zhucan verify; once the data is back from a backup they are closed by themselves.";
    failed_day: "看这一天", "See the day";
    // Figures
    unclosed: "未日清食堂日", "Unclosed canteen-days";
    rule: "裁定 {n} 项", "Rule on {n}";
    explain: "说明 {n} 家日均变化", "Explain {n} changes";
    confirm: "核对银行回单，登记到账", "Note what has arrived";
    of_days: "共 {n} 个", "of {n}";
    blocking: "阻断差异", "Blocking findings";
    stops: "不裁定不能提交", "Submission waits for them";
    none_blocking: "没有", "None";
    others: "其他待裁定", "Others to decide";
    split: "核减 {deduct}　提醒 {warn}", "deduct {deduct}, notice {warn}";
    provisional: "暂估核定金额", "Provisional amount";
    drafted: "起草核定金额", "Drafted amount";
    approved: "核定金额", "Approved amount";
    before: "上月 {amount}　日均 {change}", "{amount} last month, {change} a day";
    no_before: "上月没有结算", "No settlement last month";
    // Findings
    by_age: "待裁定差异", "Findings to decide";
    by_waiting: "按已等时长", "by age";
    age_today: "今天", "Today";
    age_few: "1–3 天", "1–3 days";
    age_week: "4–7 天", "4–7 days";
    age_more: "超过 7 天", "Over 7 days";
    age_head: "已等", "Waiting";
    age_bar: "阻断、核减、提醒", "Stops, deducts, notices";
    count_head: "条数", "Count";
    settle_at: "到“{region}”办理结算", "Settle at “{region}”";
    settle_elsewhere: "选择结算区域", "Choose the region that settles";
    look_first: "先看这几条", "Look at these first";
    days_old: "{n} 天", "{n} d";
    no_findings: "没有待裁定的差异。", "No finding waits.";
    // Funds
    funds: "补贴累计", "Subsidy of the year";
    funds_sub: "{year} 年累计，时间已过 {gone}", "{year} so far, {gone} of the time";
    budget_left: "全年预算 {budget}，剩余 {left}。", "Budget of the year {budget}, left {left}.";
    budget_passed: "全年预算 {budget}，剩余 {left}；{n} 个出资方已超出。", "Budget of the year {budget}, left {left}; {n} payers have passed theirs.";
    no_budget: "系统中没有录入预算，因此只显示已用金额和按现速推算的全年金额，不与预算比较。", "No budget is set, so there is nothing to compare with: what was used, and where the year leads at this rate.";
    chart: "全年补贴累计与推算", "Subsidy of the year, cumulative, and its forecast";
    used: "已用 {amount}", "used {amount}";
    expected: "预计 {amount}", "expected {amount}";
    budget_head: "预算", "Budget";
    set_aside: "预算 {amount}", "budget {amount}";
    payer: "出资方", "Payer";
    of_month: "本月", "Month";
    of_year: "全年已用", "Year";
    share: "占比", "Share";
    provisional_note: "本月未审批，金额为暂估。", "The month is not approved: its amounts are provisional.";
    no_funds: "今年还没有补贴。", "No subsidy this year yet.";
    // Canteens
    canteens: "今日食堂", "Canteens today";
    online: "{on} 家在线，{off} 家断网", "{on} online, {off} offline";
    canteen: "食堂", "Canteen";
    meals: "份数", "Meals";
    last_week: "上周{weekday}", "Last {weekday}";
    sync: "同步", "Sync";
    grade: "等级", "Grade";
    just_now: "刚刚", "just now";
    minutes: "{n} 分钟", "{n} min";
    hours: "{n} 小时", "{n} h";
    days: "{n} 天", "{n} d";
    offline: "断网 {for}", "Offline {for}";
    never: "从未联络", "Never heard";
    no_till: "没有终端", "No till";
    expired: "证到期", "Licence expired";
    revoked: "证吊销", "Licence revoked";
    filing: "备案停用", "Filing inactive";
    total: "合计", "Total";
    no_canteens: "这个区域还没有食堂。", "There is no canteen in this region.";
}

impl Words {
    /// The next thing, as a button says it or as a sentence where there is only to wait.
    pub(super) const fn next(&self, next: Next) -> &'static str {
        match next {
            Next::CloseDays => self.close_days,
            Next::DecideBlocking => self.decide_blocking,
            Next::DecideOthers => self.decide_others,
            Next::Running => self.running,
            Next::Draft => self.draft,
            Next::DraftAgain => self.draft_again,
            Next::Rule => self.rule,
            Next::Explain => self.explain,
            Next::Submit => self.submit,
            Next::Approve => self.approve,
            Next::Sign => self.sign,
            Next::Disclose => self.disclose,
            Next::Disclosing => self.disclosing,
            Next::Pay => self.pay,
            Next::Confirm => self.confirm,
            Next::Archive => self.archive,
            Next::Done => self.all_done,
        }
    }
}
