//! The words of the heat table and of a day's panel.

use super::heat::Mark;
use crate::console::lang::catalogue;

catalogue! {
    title: "对账", "Days";
    sub: "{month}，{n} 家食堂，每格一个食堂日", "{month}, {n} canteens, one cell a canteen-day";
    only: "只看未一致", "Only differing";
    everything: "看全部", "Show all";
    export_xlsx: "XLSX", "XLSX";
    export_csv: "CSV", "CSV";
    guests_included: "份数含访客", "guests included";
    canteen: "食堂", "Canteen";
    total: "合计", "Total";
    to_see: "需处理", "To see to";
    and: "；", "; ";
    file: "{region} {month} 对账", "{region} {month} days";
    as_of: "截至 {at}", "as of {at}";
    all_days: "全区每日", "All, by day";
    bars: "全区每日份数", "Meals of all canteens by day";
    this_month: "本月每日份数", "Meals of the day";
    last_month: "上月同星期日均", "Last month, same weekdays";
    in_figures: "每日份数与上月对照", "Days against last month, in figures";
    day: "日期", "Day";
    change: "变化", "Change";
    same: "一致", "Agrees";
    decided: "已裁定", "Decided";
    open: "待裁定", "To decide";
    block: "阻断", "Stops";
    incomplete: "未日清", "Not closed";
    left_out: "不计入本月", "Left out";
    not_open: "休 停 未开餐", "R S not open";
    rest: "休", "R";
    stopped: "停", "S";
    ahead: "未到", "Ahead";
    keys_move: "移动格子", "move";
    keys_open: "打开这一天", "open the day";
    keys_next: "下一个未一致", "next differing";
    all_agrees: "没有需要处理的日子。", "Nothing differs.";
    look_first: "先看这几天", "Look at these first";
    choose: "点一格看终端、服务端和 Z 报表的数。", "Choose a cell to compare tills, server and Z reports.";
    none_shown: "本月各日都一致。", "Every day of the month agrees.";
    close_panel: "关闭", "Close";
    // A day
    agrees: "三方一致", "All three agree";
    agrees_more: "终端、服务端与 Z 报表的数相同。", "Tills, server and Z reports have the same figures.";
    lacks: "服务端少 {n} 条", "The server lacks {n} records";
    lacks_more: "{till} 序号 {seqs} 还没有收到。", "{till}: sequences {seqs} have not arrived.";
    waits: "还在等终端", "Waiting for tills";
    waits_more: "{tills} 当天的记录还没有收齐，收齐后自动日清。", "{tills} has not sent the whole day. It is closed by itself when it has.";
    z_differs: "Z 报表与记录不同", "The Z report differs";
    z_differs_more: "以下标色一列与其他不同，已记入差异。", "The tinted column differs; a finding says so.";
    z_missing: "有班次没有 Z 报表", "A shift has no Z report";
    unreadable: "这一天的数据读不出", "What is stored of this day cannot be read";
    unreadable_more: "不能日清，其他日子不受影响。请管理员运行 zhucan verify 查明，数据从备份找回后自动重新日清。", "It cannot be closed; no other day suffers. Have the administrator run zhucan verify; once the data is back from a backup it is closed by itself.";
    changed: "日清后又有变动", "Changed since it was closed";
    changed_more: "有新的记录、资料或设置，须重新日清。", "Records, facts or settings came later. It has to be closed again.";
    to_decide: "有 {n} 条差异待裁定", "Findings to decide: {n}";
    to_decide_more: "份数三方一致，差异见下。", "The counts agree; see the findings.";
    was_left_out: "不计入本月结算", "Left out of the month";
    nothing_served: "当天没有供餐记录", "No meals are recorded";
    nothing_served_more: "终端没有这一天的用餐记录。", "The tills hold no meal of this day.";
    till_n: "{n} 号机", "Till {n}";
    terminal: "终端", "Till";
    server: "服务端", "Server";
    z: "Z", "Z";
    item: "项目", "Item";
    records: "{till} 记录", "{till} records";
    meals: "{till} 份数", "{till} meals";
    sum_meals: "合计 份", "Meals";
    own: "实收", "Collected";
    subsidy: "补贴", "Subsidy";
    paper: "另有纸单补录 {n} 份，不在班次内。", "{n} more meals from paper lists, outside shifts.";
    missing: "缺的记录", "What is missing";
    before: "前一条", "Before";
    after: "后一条", "After";
    from_here: "从头", "from the first";
    by_z: "按 Z 推算", "By the Z report";
    by_z_value: "{n} 份，实收 {own}，补贴 {subsidy}", "{n} meals, {own} collected, {subsidy} subsidy";
    never: "没有联络过", "never";
    unsent: "，还有 {n} 条未上传", ", {n} records unsent";
    findings: "当天差异", "Findings of the day";
    grade: "等级", "Grade";
    close_again: "重新日清", "Close the day again";
    leave_out: "不计入本月", "Leave the day out";
    reason: "理由（写入审计日志）", "Reason (entered in the audit log)";
    leave_hint: "这一天的餐在以后补记，不会丢。", "Its meals follow as late lines; none is lost.";
}

impl Words {
    /// How a day stands.
    pub(super) const fn mark(&self, mark: Mark) -> &'static str {
        match mark {
            Mark::Ahead => self.ahead,
            Mark::Rest => self.rest,
            Mark::Stopped => self.stopped,
            Mark::Same => self.same,
            Mark::Decided => self.decided,
            Mark::LeftOut => self.left_out,
            Mark::Incomplete => self.incomplete,
            Mark::Open => self.open,
            Mark::Block => self.block,
        }
    }
}
