//! Waiting for a scan.

macro_rules! idle {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        // Idle
        idle_prompt: "请扫卡、扫码或刷身份证", "Scan a card, a code or an ID card";
        idle_hint: "任何时候都能直接扫，不用先点鼠标", "Scan at any time, no click needed";
        idle_closed: "现在不在用餐时段，{next}", "No meal is served now: {next}";
        next_today: "{period} {from} 开始", "{period} begins at {from}";
        next_tomorrow: "明天 {period} {from} 开始", "{period} begins at {from} tomorrow";
        manual_label: "手工输入证件号", "Type an ID number";
        manual_go: "查询", "Look up";
        next_portion: "下一份", "Next";
        set_meal: "{period}套餐", "Set {period}";
        price: "餐价", "Price";
        no_price: "未定价", "No price";
        mode: "方式", "Mode";
        recorded: "已记账", "Recorded";
        voided: "已撤销", "Reversed";
        number: "第 {number} 份", "No. {number}";
        printed_yes: "已打印", "Printed";
        printed_waiting: "正在打印", "Printing";
        printed_no: "未打印", "Not printed";
        reprint: "补打小票", "Print again";
        own_payment: "自付", "To pay";
        given_back: "退还老人", "Give back";
        subsidy: "政府补贴", "Subsidy";
        concession: "食堂让利", "Concession";
        delivery_fee: "配送费", "Delivery fee";
        // What is keyed before the scan
        amount_title: "餐品金额", "Amount of the dish";
        amount_text: "只管下一份。最多为核定餐价，补贴照规则算。", "For the next meal only; at most the approved price.";
        amount_go: "用这个金额", "Use it";
        amount_list: "回到核定餐价", "Back to the list price";
        other_dish: "其他餐品", "Another dish";
        portions_title: "份数", "Portions";
        portions_text: "第一份归刷卡的老人；多出的按访客全价，一起收款。", "The first is the elder's; the others are guests' at full price.";
        portions_of: "{count} 份", "{count} meals";
        more_portions: "加 {count} 份（全价）", "{count} more, full price";
    } } };
}
pub(super) use idle;
