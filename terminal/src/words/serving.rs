//! A sale that waits, and how it is paid.

macro_rules! serving {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        // Serving
        may_be_served: "可享补贴", "Subsidised";
        full_price: "全价", "Full price";
        guest_full_price: "访客全价", "Guest, full price";
        waiting_for_payment: "待收款", "Not paid yet";
        age: "{age} 周岁", "{age} years";
        male: "男", "male";
        female: "女", "female";
        card: "助餐卡", "Meal card";
        id_card: "身份证", "ID card";
        tail: "尾号 {tail}", "ends in {tail}";
        no_name: "不记名", "No name";
        change: "找零", "Change";
        received: "收 {amount}", "{amount} in";
        change_back: "找 {amount}", "{amount} back";
        look_for_qr: "请老人扫码付款，看到到账再按 Enter", "Wait until the payment shows, then press Enter";
        nothing_to_pay: "不用收钱", "Nothing to collect";
        take: "收款", "Take";
        finish: "完成", "Done";
        asked_title: "{waiting} 还没收款，又扫了 {other}", "{waiting} has not paid; {other} was scanned";
        asked_unknown: "一张认不出的卡", "an unknown card";
        asked_keep: "先收 {name}", "{name} first";
        asked_switch: "放弃这笔，换成 {name}", "Drop this one, take {name}";
        names_between: "、", ", ";
        line_more: "{names} 等 {count} 位", "{names} and others, {count} in all";
        line_waits: "后面等 {count} 位", "{count} waiting";
        line_next: "{name} 刷过卡，还没收款", "{name} was scanned and has not paid";
        line_behind: "后面还有 {names}", "then {names}";
        line_take: "接着收 {name}", "Take {name}";
        line_pass: "跳过", "Pass over";
        // Tenders
        tender_cash: "现金", "Cash";
        tender_qr: "扫码", "QR";
        tender_free: "免费", "Free";
        // Why
        why: "补贴明细", "Why";
        why_title: "为什么是这个价", "Why this price";
        why_text: "可能提到老人的身份类别，请主管输入 PIN，别让旁人看见。", "May name a category: a supervisor's PIN, and nobody else looks.";
        why_go: "查看", "Show";
        why_not: "不适用", "Does not apply";
        why_on_top: "（另付食堂，不影响自付）", "(paid to the canteen on top)";
        why_none: "没有适用的补贴", "No benefit applies";
    } } };
}
pub(super) use serving;
