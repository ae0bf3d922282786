//! The words of the findings' inbox and of one finding.

use domain::reconciliation::Code;

use crate::console::lang::catalogue;

catalogue! {
    title: "差异", "Findings";
    tab_waiting: "待裁定", "To decide";
    tab_answered: "食堂已答复", "Answered by the canteen";
    tab_decided: "{month}已裁定", "Decided in {month}";
    tabs: "按处理情况", "By state";
    every_canteen: "全部食堂", "All canteens";
    filter: "筛选", "Filter";
    canteen: "食堂", "Canteen";
    nothing: "这里没有差异。", "There is nothing here.";
    inbox: "差异列表", "Findings";
    today: "今天", "today";
    days_old: "{n} 天", "{n} d";
    range: "第 {from}–{to} 条，共 {n} 条", "{from}–{to} of {n}";
    first: "回到开头", "First page";
    next: "下一页", "Next page";
    keys: "下一条 / 上一条", "next / previous";
    // One finding
    owner: "负责 {who}", "{who} sees to it";
    due: "{date}前", "by {date}";
    stake: "{group} {amount}", "{group}: {amount}";
    this_day: "看这一天的对账", "See the day";
    timeline: "时间轴", "Time line";
    field: "字段", "Field";
    charged: "当时收取", "As charged";
    due_now: "按现有资料", "By the facts known now";
    earlier: "先记的一条", "The earlier one";
    later: "这一条", "This one";
    recognised: "已认可", "Recognised";
    to_decide: "待裁定", "To decide";
    f_canteen: "食堂", "Canteen";
    f_time: "用餐时间", "Time";
    f_meal: "餐次 / 方式", "Meal, mode";
    f_credential: "凭证", "Recognised by";
    f_elder: "老人", "Elder";
    f_price: "餐价", "Price";
    f_subsidy: "政府补贴", "Subsidy";
    f_operator: "运营与送餐补贴", "Operator and delivery";
    f_concession: "食堂让利", "Concession";
    f_own: "自付", "Own payment";
    f_online: "联网", "Connection";
    f_cashier: "收银", "Cashier";
    f_sequence: "序号", "Sequence";
    f_signature: "签名与链", "Signature, chain";
    f_policy: "政策", "Policy";
    f_paid: "实际拨付", "Paid";
    f_kind: "记录", "Record";
    online: "在线", "online";
    offline: "断网", "offline";
    guest: "访客", "guest";
    unidentified: "未识别凭证", "unknown credential";
    by_hand: "{credential}，主管核准", "{credential}, approved by a supervisor";
    on_paper: "纸单补录", "from a paper list";
    cashier: "{name}　{till} 号机", "{name}, till {till}";
    signed: "有效，连续", "valid, unbroken";
    unsigned: "签名无效", "signature invalid";
    unchained: "与前一条不连续", "chain broken";
    chain_unknown: "有效，前一条缺失", "valid, record before it is missing";
    version: "{name} 第 {n} 版", "{name} v{n}";
    no_policy: "无", "none";
    equal: "相同", "equal";
    unequal: "不同", "different";
    unknown_id: "终端记录的老人编号：{subject}", "The elder's id in the records: {subject}";
    no_records: "没有指到单条记录：{subject}", "No single record shows it: {subject}";
    more_records: "共 {n} 条，显示前 {shown} 条。", "{shown} of {n} records.";
    kind_start: "终端启动", "till started";
    kind_day: "日终", "end of day";
    kind_shift_open: "开班", "shift opened";
    kind_meal: "用餐", "meal";
    kind_void: "撤销", "void";
    kind_refund: "退款", "refund";
    kind_training: "训练", "training";
    kind_cash: "现金进出", "cash moved";
    kind_shift_close: "交班", "shift closed";
    // A shift's Z report
    z_report: "交班单（终端）", "Z report (till)";
    z_held: "服务端记录", "Records held";
    z_missing: "没有交班单", "No Z report";
    z_sum: "{n} 笔　{amount}", "{n}, {amount}";
    z_meals: "用餐（按餐价）", "Meals, at list price";
    z_guests: "其中访客", "Of these: guests";
    z_voids: "撤销", "Voids";
    z_cash: "现金", "Cash";
    z_qr_payment: "扫码支付", "QR payment";
    z_free: "免费", "Free";
    z_operator: "运营补贴", "Operator subsidy";
    z_delivery: "送餐补贴", "Delivery subsidy";
    z_fees: "送餐费", "Delivery fees";
    z_refunds: "退补", "Paid back";
    z_periods: "服务端按餐次：{sums}（交班单不分餐次）。", "Records by period: {sums} (a Z report has no periods).";
    z_gaps: "本班序号 {seqs} 没有收到，差额可能就在其中：请食堂联网补传。", "Records {seqs} of the shift have not arrived and may be the difference: ask the canteen to connect.";
    z_rejected: "本班序号 {seqs} 收到了，但没有通过校验，不计入份数：原件在隔离区，差额可能就在其中。", "Records {seqs} of the shift arrived and were rejected: they are kept aside, are not counted, and may be the difference.";
    z_after: "交班以后又有 {n} 条记录记在本班，列在下面。", "{n} records of the shift came after its Z report; they stand below.";
    z_alike_one: "下面这一餐正好等于差额，请先核对它。", "The meal below is exactly the difference: look at it first.";
    z_alike: "下面有 {n} 餐，每一餐都正好等于差额，请与食堂核对是哪一餐。", "Each of {n} meals below is exactly the difference: ask the canteen which it is.";
    z_unexplained: "本班记录没有缺号，也没有哪一餐正好等于差额：请与食堂核对纸质交班单。", "No record of the shift is missing and no single meal is the difference: compare with the canteen's paper.";
    // Words on both sides
    canteen_words: "食堂说明", "The canteen says";
    not_answered: "食堂还没有说明。", "The canteen has not answered.";
    policy_words: "政策怎么说", "What the policy says";
    policy_named: "{name} 第 {n} 版怎么说", "What {name} v{n} says";
    says_programme: "费用由项目承担，不向老人追收。", "The programme bears it. Nothing is asked of the elder.";
    says_canteen: "费用由食堂承担，不向老人追收。", "The canteen bears it. Nothing is asked of the elder.";
    says_nobody: "本条不直接涉及拨付金额。", "No payment depends on it directly.";
    says_blocks: "不裁定不能提交月结。", "The month cannot be submitted before it is decided.";
    says_until_ruled: "未裁定时照付；裁定成立后从食堂应拨款中核减。", "Paid until it is confirmed, then taken from what the canteen is paid.";
    says_deducted: "未裁定时已按核减处理；裁定不成立后照付。", "Taken away until it is ruled not to hold.";
    life: "经过", "What happened";
    step_found: "日清发现", "Found by the day close";
    step_assigned: "指派给 {who}，{date}前", "Assigned to {who}, by {date}";
    step_answered: "食堂答复", "Answered";
    step_explained: "裁定：不成立或有正当理由", "Ruled: explained";
    step_confirmed: "裁定：成立", "Ruled: confirmed";
    step_closed: "结案", "Closed";
    // Acts
    reason: "写一句裁定理由（食堂能看到）", "A word on the ruling (the canteen sees it)";
    answer: "写一句说明（经办能看到）", "A word on it (the maker sees it)";
    confirm: "成立", "Confirm";
    confirm_deduct: "成立，核减 {amount}", "Confirm, deduct {amount}";
    confirm_canteen: "成立，由食堂承担 {amount}", "Confirm, the canteen bears {amount}";
    confirm_programme: "成立，由项目承担", "Confirm, the programme bears it";
    explain: "不成立", "Does not hold";
    explain_pay: "不成立，照付", "Does not hold, pay";
    send_answer: "提交说明", "Answer";
    close: "结案", "Close";
    hint_money: "成立即从食堂应拨款中核减；裁定后须重新起草才进入月结。", "Confirming takes it from what the canteen is paid; the month has to be drafted again.";
    hint_no_money: "金额由政策和日清决定，裁定只记结论与理由。", "Policy and day close decide the money; the ruling keeps the conclusion and its reason.";
    hint_close: "裁定人以外的人结案，结案后不再改动。", "Closed by another person than who ruled; nothing changes afterwards.";
    closed_already: "本条已结案，不再改动。", "It is closed and does not change any more.";
    nothing_to_do: "由经办裁定，食堂答复。", "The maker rules, the canteen answers.";
    assign: "指派", "Assign";
    assign_to: "承办人", "Who sees to it";
    assign_due: "期限", "By";
    assign_word: "交代", "A word";
    // Files
    file: "{region} {month} 差异：{tab}", "{region} {month} findings: {tab}";
    as_of: "截至 {at}", "as of {at}";
    c_number: "编号", "Number";
    c_date: "日期", "Date";
    c_what: "差异", "Finding";
    c_severity: "后果", "Consequence";
    c_stake: "涉及金额", "At stake";
    c_state: "状态", "State";
    c_measured: "情况", "Measured";
    c_words: "最近一句", "Last word";
    // Sentences
    s_pair: "同一位老人 {date}{period}记了两次：{a}、{b}，相隔 {gap}。", "One elder, two meals on {date} ({period}): {a} and {b}, {gap} apart.";
    s_minutes: "{m} 分 {s} 秒", "{m} min {s} s";
    s_hours: "{h} 小时 {m} 分", "{h} h {m} min";
    s_over_limit: "这一餐的补贴超出了政策的次数或限额。", "The meal's subsidy is beyond the policy's limits.";
    s_not_eligible: "按现有资料，这位老人当天没有资格享受补贴。", "By the facts known now the elder was not eligible that day.";
    s_stale: "终端当时的资料不是最新，按现有资料应得的补贴不同。", "The till decided by older facts; by those known now other subsidies are due.";
    s_disputed: "这条记录自带的资料算不出它收取的金额。", "The record's own inputs do not give what it charged.";
    s_gap: "终端的序号不连续，中间的记录没有收到。", "The till's sequence is broken: records between have not arrived.";
    s_z: "交班单的份数或金额与班次记录不符，或没有交班单。", "The Z report does not count its shift, or is missing.";
    s_standing: "食堂当天的食品安全状况影响拨付。", "The canteen's standing on the day bears on what is paid.";
    s_corrected: "当时按旧版政策收取无误，新版作了更正。", "Charged rightly by a version that a later one corrects.";
    s_forked: "终端的记录与服务端已有的接不上。", "The till's journal does not go on from what the office holds.";
    s_clock: "终端自己的时钟与可信时间相差过大。", "The till's own clock is far from trusted time.";
    s_revoked: "刷卡时这位老人的卡都已挂失。", "None of the elder's cards was valid any more.";
    s_window: "用餐时间在供餐时段以外。", "Served outside meal hours.";
    s_burst: "短时间内连续刷卡，或刷卡次序与前几天相同。", "Many cards in a short time, or in the same order as on days before.";
    s_capacity: "当天份数超过食堂核定的供餐能力。", "More meals than the canteen says it can serve.";
    s_flat: "连续多个供餐日份数完全相同。", "The same number of meals on many open days.";
    s_manual: "人工登记和纸单补录的比例偏高。", "Too many meals by hand or from paper.";
    s_price: "收取的餐价不在核定价目内。", "The price is not on the canteen's list.";
    s_unknown: "登记库里没有这位老人，这些餐暂不拨付；请用本页所列的编号重新登记本人，系统会重新结算。", "The register has no such elder, and these meals are not paid; register the person again under the id given here, and the days are settled again.";
}

impl Words {
    /// What a finding says, in one sentence.
    pub(super) const fn sentence(&self, code: Code) -> &'static str {
        match code {
            Code::OverLimit => self.s_over_limit,
            Code::NotEligible => self.s_not_eligible,
            Code::StaleDecision => self.s_stale,
            Code::Disputed => self.s_disputed,
            Code::SequenceGap => self.s_gap,
            Code::ZMismatch => self.s_z,
            Code::Standing => self.s_standing,
            Code::PolicyCorrected => self.s_corrected,
            Code::ForkedTerminal => self.s_forked,
            Code::ClockSkew => self.s_clock,
            Code::RevokedCard => self.s_revoked,
            Code::OffWindow => self.s_window,
            Code::Burst => self.s_burst,
            Code::OverCapacity => self.s_capacity,
            Code::FlatCounts => self.s_flat,
            Code::ManualShare => self.s_manual,
            Code::PriceOffList => self.s_price,
            Code::UnknownElder => self.s_unknown,
        }
    }

    /// What a record is, by the name of its kind.
    pub(super) fn kind(&self, kind: &str) -> &'static str {
        match kind {
            "start" => self.kind_start,
            "day" => self.kind_day,
            "shift_open" => self.kind_shift_open,
            "void" => self.kind_void,
            "refund" => self.kind_refund,
            "training" => self.kind_training,
            "cash" => self.kind_cash,
            "shift_close" => self.kind_shift_close,
            _ => self.kind_meal,
        }
    }
}
