//! The bars at the top and the bottom, and the right column.

macro_rules! bars {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        // Bars
        title: "收银", "Till";
        cashier: "收银", "Cashier";
        opened_at: "{time} 开班", "since {time}";
        printer_ok: "打印正常", "Printer ready";
        printer_none: "未接打印机", "No printer";
        printer_trouble: "打印机异常", "Printer trouble";
        printer_low: "纸快用完", "Paper low";
        printer_paper: "打印机没纸", "Out of paper";
        printer_paper_text: "账照记，照常收款。换一卷纸，等着的小票自己接着打。", "Meals are recorded as usual. Put in a roll: the slips that wait are printed by themselves.";
        printer_cover: "打印机盖没合上", "Printer lid open";
        printer_cover_text: "账照记，照常收款。合上盖，等着的小票自己接着打。", "Meals are recorded as usual. Close the lid: the slips that wait are printed by themselves.";
        printer_failing: "打印机报故障", "Printer fault";
        printer_failing_text: "账照记，照常收款。看切刀卡没卡纸，关机再开；没打出的按 P 补打。", "Meals are recorded as usual. Look for a jam at the cutter, switch it off and on; P prints again.";
        printer_trouble_text: "账照记，照常收款。检查纸、电源和线，弄好后按 P 补打。", "Meals are recorded as usual. Check paper, power and cable, then P prints again.";
        synced: "已同步", "Synced";
        connecting: "正在连接", "Connecting";
        offline: "断网", "Offline";
        unsent: "未上传 {count}", "{count} unsent";
        no_setup_title: "正在等办公室的资料", "Waiting for the office";
        no_setup_text: "本机已登记，首次联网后会自动取回食堂、价格和收银员资料。请检查网络。", "This terminal is enrolled. Canteen, prices and cashiers arrive with the first contact. Please check the network.";
        // Keys
        key_scan: "回到扫码", "Scan";
        key_mode: "方式", "Mode";
        key_portions: "份数", "Portions";
        key_amount: "餐品金额", "Amount";
        key_delivery: "送餐单", "Deliveries";
        key_rows: "选一行", "Choose a row";
        key_guest: "访客全价", "Guest";
        key_meals: "今日记录", "Today";
        key_void: "撤销上一笔", "Undo";
        key_close: "交班", "Close shift";
        key_back_not_closed: "返回扫码，暂不交班", "Back to scanning, do not close";
        key_back_to_count: "返回扫码", "Back to scanning";
        key_denominations: "换面额", "Next denomination";
        key_sign_out: "换人", "Change cashier";
        // Right column
        today: "今日{period}", "Today's {period}";
        yesterday: "昨日此时 {count}", "Yesterday by now {count}";
        portions: "份", "served";
        dine_in: "堂食", "Eating in";
        pickup: "自取", "Pick-up";
        delivery: "送餐", "Delivery";
        guests: "其中访客", "Guests";
        recent: "刚才", "Just now";
        see_all: "F9 看全部", "F9 shows all";
        recent_empty: "还没有记录，扫卡即开始", "Nothing yet: scan a card to begin";
        guest: "访客", "Guest";
        since_offline: "从断网算起", "Since the network went";
        offline_oldest: "最早一条未上传", "The oldest unsent record";
        offline_24: "满 24 小时：提醒找主管联网", "24 hours: ask the supervisor to connect";
        offline_nothing: "没有未上传的记录", "Nothing is unsent";
        offline_promise: "联网后自动上传。别处是否已用餐由系统核对，", "Records go out by themselves. Meals elsewhere are checked later; ";
        offline_promise_strong: "不会向老人追收。", "no elder is charged afterwards.";
        tomorrow_at: "明天 {time}", "tomorrow {time}";
        date_at: "{month}月{day}日 {time}", "{day}/{month} {time}";
    } } };
}
pub(super) use bars;
