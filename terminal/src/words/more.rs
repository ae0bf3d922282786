//! What the till does besides serving.

macro_rules! more {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        // More
        more: "更多", "More";
        more_title: "更多操作", "More";
        more_manual: "按姓名登记", "By name";
        more_manual_note: "没带卡和证件，要主管 PIN", "No card, no ID; supervisor's PIN";
        more_collect: "替别人取餐", "Collect for others";
        more_collect_note: "一位老人扫一次，一张小票", "One scan each, one slip";
        more_refunds: "退补", "Refunds due";
        more_refunds_note: "办公室列明要退给老人的钱", "What the office owes elders";
        more_cash: "现金收支", "Cash in and out";
        more_cash_note: "换零钱、送银行、买东西", "Change, bank, small purchases";
        more_paper: "补录纸质名单", "Paper list";
        more_paper_note: "停电、停机时手写的名单", "What was written by hand";
        more_menu: "今日菜单", "Today's dishes";
        more_menu_note: "显示在老人屏上", "For the elder's display";
        more_training: "训练模式", "Training";
        more_training_note: "练习收银，不算用餐", "Practice, no meals";
        more_help: "帮助", "Help";
        more_help_note: "三步收银和全部按键", "Three steps and all keys";
        open_elder: "打开老人屏", "Elder's display";
        open_doctor: "测试扫码枪", "Test the scanner";
        keypad: "数字键盘", "Keypad";
        keypad_back: "退格", "Backspace";
        stop: "，", ", ";
        // Collections
        collector_caregiver: "照护人", "Caregiver";
        collector_spouse: "配偶", "Spouse";
        collector_round: "送餐员", "Delivery round";
        collecting: "{by}代取 {count} 份，共 {amount}", "{by} takes {count} meals, {amount}";
        collect_title: "替别人取餐", "Collecting for others";
        collect_text: "谁来取？选好后一位老人扫一次，取完打一张小票。", "Who collects? Then one scan for each elder, and one slip at the end.";
        collect_spouse_note: "替老伴取，默认自取", "For the spouse, pick-up";
        collect_caregiver_note: "替一位或几位老人取，默认自取", "For one or several elders, pick-up";
        collect_round_note: "装车送出，默认送餐，记入送餐单", "Out for delivery, on the list";
        collecting_text: "一位老人扫一次，取完打一张小票。", "One scan for each elder; one slip at the end.";
        collecting_end: "代取结束", "End collection";
        slip_collected_alone: "{by}代取", "Taken by {by}";
        slip_collected: "{by}代取 共 {count} 份", "Taken by {by}: {count} meals";
        // Deliveries
        delivery_title: "送餐单", "Deliveries";
        delivery_open: "还有 {count} 份在路上", "{count} still out";
        delivery_empty: "今天还没有送餐。按 N 开始装车：一位老人扫一次。", "No deliveries yet today. N begins a round: one scan for each elder.";
        delivery_begin: "开始装车", "Begin a round";
        delivery_state: "状态", "State";
        delivery_out: "在路上", "Out";
        delivery_done: "{time} 已送到", "Delivered {time}";
        delivery_not: "没送到，已撤销", "Not delivered, reversed";
        delivery_tick: "已送到", "Delivered";
        delivery_untick: "勾错了", "Ticked wrongly";
        delivery_failed: "没送到", "Not delivered";
        undelivered_title: "没送到：撤销这一份", "Not delivered: reverse it";
        undelivered_reasons: "家里没人|老人住院|地址不对|老人不要了", "Nobody at home|In hospital|Wrong address|Not wanted";
        // Refunds
        refunds_title: "退补", "Refunds due";
        refunds_hint: "扫老人的卡，只看这位的", "Scan a card to see that elder's";
        refunds_empty: "没有要退的钱。办公室列出后会自动出现。", "Nothing is due. What the office lists appears by itself.";
        refund_date: "哪天的餐", "Meal of";
        refund_pay: "退给老人", "Pay";
        refund_title: "退补给老人", "Pay a refund";
        refund_text: "{name} {date} 的餐多付了，现金退还：", "{name}, meal of {date}, back in cash:";
        refund_note: "请老人在小票上签字。退过一次就从清单里消失。", "The elder signs the slip. It is paid once.";
        refund_go: "已退，打小票", "Paid, print";
        // Cash
        cash_title: "现金收支", "Cash in and out";
        cash_text: "不是收饭钱的现金进出都记在这里，交班才对得上。", "Whatever moves cash without a meal, so that the shift adds up.";
        cash_out: "取出", "Out";
        cash_in: "放入", "In";
        cash_note: "用途", "What for";
        cash_notes: "换零钱|送银行|买东西", "Change|Bank|Purchase";
        cash_go: "记下", "Record";
        // Paper lists
        paper_title: "补录纸质名单", "Paper list";
        paper_what: "停电、停机时写在纸上的用餐，由一个人录入，另一个人对着纸核对，一次全部记账。", "Meals written by hand: one person enters them, another compares, all are recorded at once.";
        paper_open_title: "开一张名单", "Open a list";
        paper_open_text: "哪一天、哪一餐？请主管输入 PIN。", "Which day and meal? A supervisor types the PIN.";
        paper_open_go: "开名单", "Open a list";
        paper_date: "日期", "Date";
        paper_sum: "{date} {period} {count} 人，自付 {amount}", "{date} {period}: {count}, {amount}";
        paper_scan: "扫卡，或输证件号", "Scan, or type a number";
        paper_add: "加一行", "Add";
        paper_search: "按姓名加", "By name";
        paper_line: "行", "Line";
        paper_remove: "去掉", "Remove";
        paper_commit: "第二人核对", "Second person";
        paper_commit_title: "第二人核对", "The second person";
        paper_second: "核对人", "Who compares";
        paper_commit_go: "和纸面一致，全部记账", "As on paper: record all";
        paper_drop_title: "作废这张名单？", "Drop this list?";
        paper_drop_text: "还没有记账，作废后要重新录入。", "Nothing was recorded; it would have to be entered again.";
        paper_drop_go: "作废", "Drop";
        paper_keep: "继续录入", "Go on";
        // Dishes
        menu_title: "今日菜单", "Today's dishes";
        menu_text: "一格一道菜，显示在老人屏上。", "One dish in each field, for the elder's display.";
        menu_dish: "第", "Dish";
        menu_go: "显示", "Show";
    } } };
}
pub(super) use more;
