//! The words of the terminals' pages.

use crate::console::lang::catalogue;
use crate::store::epochs::ForkKind;

catalogue! {
    title: "终端", "Terminals";
    count: "{n} 台", "{n} terminals";
    show_gone: "也列出已停用和退役的", "Also those out of service";
    fingerprint: "指纹", "Fingerprint";
    seen: "最近联系", "Last contact";
    silent_short: "断网", "Offline";
    silent: "超过 24 小时没有联系", "silent for more than 24 hours";
    unsent: "未上传", "Unsent";
    software: "程序版本", "Program";
    in_use: "在用", "in use";
    pending: "待核对指纹", "to be compared";
    revoked: "已停用", "out of service";
    retired: "已退役", "retired";
    nothing: "还没有终端。请先给出登记码。", "No terminal yet: give out a code first.";
    code: "登记码", "Enrolment code";
    code_give: "给出登记码", "Give out a code";
    code_hint: "登记码只能用一次。终端登记后，由另一位管理员核对指纹才能准入。", "A code is good once. After the terminal came with it, another administrator compares its fingerprint and lets it in.";
    code_until: "{at} 前有效，只能用一次", "good until {at}, once";
    code_for: "食堂", "Canteen";
    forks_wait: "有日志分叉等待处理", "Journals that forked wait for a decision";
    fork_at: "第 {epoch} 代第 {n} 号", "epoch {epoch}, no. {n}";
    lower_head: "接着更早的位置：终端可能被还原或复制", "goes on from an earlier place: restored or copied";
    other_head: "接着的记录与本库不同", "goes on from another record than is held";
    no_head: "没有写明接着哪一条", "names nothing that it goes on from";
    broken_chain: "与前一条不相接", "does not name the one before";
    enrolled: "登记", "Enrolled";
    confirmed: "准入", "Let in";
    confirm: "核对并准入", "Compare and let in";
    confirm_hint: "请照终端屏幕上显示的指纹填写，不要照抄本页。给出登记码的人不能核对同一台。", "Type the fingerprint that the terminal shows, not what stands here. Who gave out the code does not compare.";
    confirm_label: "终端屏幕上的指纹", "Fingerprint on the terminal's screen";
    hidden_until: "核对前不在此处显示", "not shown here before it is compared";
    revoke: "停用终端", "Take out of service";
    revoke_hint: "丢失、被盗时使用，立即生效。停用后还没有上传的记录将作为争议记录。", "For one that is lost or stolen; at once. What it sends later is disputed.";
    retire: "退役", "Retire";
    retire_hint: "终端开机联网、记录全部上传后才能退役。", "Only while it is connected, and when everything it has was sent.";
    epochs: "各代日志", "Journals";
    epoch: "代", "Epoch";
    next: "已收到", "Received";
    last_at: "最后一条", "Last record";
    ended: "已了结", "ended";
    end_asked: "等待第二人确认", "waits for a second person";
    missing: "缺 {n} 条", "{n} missing";
    ask_end: "申请了结", "Ask to end";
    confirm_end: "确认了结", "Confirm the end";
    ask_hint: "日志找不回来时才了结；由另一人确认。", "Only for a journal that is gone; another person confirms.";
    asked_by: "申请人", "Asked by";
    forks: "日志分叉", "Forks";
    resolve: "记下处理", "Write the decision down";
    resolved: "已处理", "decided";
    quarantine: "隔离记录", "Quarantine";
    quarantine_hint: "终端发来、但在本库没有位置的内容，永久保存，不计餐、不付款。本终端签名的用餐确实发生过：请食堂核对后，在收银机上按“补录纸质名单”由两人补录（本月和上月的），随后照常日清、照常付款。",
        "What the terminal sent that has no place here: kept for ever, not counted and not paid. A meal that this terminal has signed did happen: let the canteen check it and enter it at the till as a paper list, by two people (this month's and last month's); it is then closed and paid like any other.";
    quarantine_empty: "没有隔离记录。", "Nothing is in quarantine.";
    place: "位置", "Place";
    why: "原因", "Why";
    content: "内容", "What";
    made: "终端时间", "At the till";
    received: "收到", "Received";
    price: "餐价", "Price";
    subsidy: "补贴", "Subsidy";
    own_payment: "自付", "Paid";
    eater: "就餐人", "who ate";
    malformed: "内容读不懂", "cannot be read";
    signature: "签名不符，不是本终端写的", "not signed by this terminal";
    other_origin: "写明的终端或位置不同", "names another terminal or place";
    conflict: "位置已被另一条占用：终端被还原或复制", "another record holds its place: the terminal was restored or copied";
    first_page: "第一页", "First page";
    next_page: "下一页", "Next page";
    lookups: "身份证查询次数", "Look-ups by resident ID";
    asked: "查询", "Asked";
    found: "查到", "Found";
}

impl Words {
    /// What about a journal does not fit.
    pub(super) const fn fork(&self, kind: ForkKind) -> &'static str {
        match kind {
            ForkKind::LowerHead => self.lower_head,
            ForkKind::OtherHead => self.other_head,
            ForkKind::NoHead => self.no_head,
            ForkKind::BrokenChain => self.broken_chain,
        }
    }
}
