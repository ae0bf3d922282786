//! The elder's display.

macro_rules! elder {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        listen_again: "再听一遍", "Hear again";
        elder_title: "老人屏", "Elder's display";
        elder_lost: "请稍等", "One moment";
        elder_set: "套餐", "Set meal";
        elder_no_menu: "今日套餐", "Today's set meal";
        elder_subsidy: "刷卡享政府补贴", "Subsidised with your card";
        elder_call: "请把助餐卡放到读卡器上", "Please show your meal card";
        elder_wait: "请稍等", "One moment";
        elder_held_1: "请稍等", "One moment";
        elder_held_2: "我们来帮您", "We will help you";
        elder_hello: "{name}，您好", "Hello, {name}";
        elder_hello_guest: "您好", "Hello";
        elder_more: "加 {count} 份", "{count} more";
        elder_you_pay: "您付", "You pay";
        elder_paid: "已付", "Paid";
        elder_enjoy: "祝您用餐愉快", "Enjoy your meal";
    } } };
}
pub(super) use elder;
