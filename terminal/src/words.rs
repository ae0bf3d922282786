//! Every word that the cashier sees, in Chinese and English side by side.
//!
//! `{name}` marks a place that is filled in. The till says what did not happen and what to do next; it never names a
//! tier.

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    pub(crate) const fn domain(self) -> domain::words::Language {
        match self {
            Self::Zh => domain::words::Language::Chinese,
            Self::En => domain::words::Language::English,
        }
    }
}

macro_rules! catalogue {
    ($($key:ident: $zh:literal, $en:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub(crate) struct Words {
            pub(crate) lang: Lang,
            $(pub(crate) $key: &'static str,)*
        }
        /// 中文.
        pub(crate) static ZH: Words = Words { lang: Lang::Zh, $($key: $zh,)* };
        /// English.
        pub(crate) static EN: Words = Words { lang: Lang::En, $($key: $en,)* };
        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $zh, $en),)*];
    };
}

catalogue! {
    // Bars
    title: "收银", "Till";
    cashier: "收银", "Cashier";
    opened_at: "{time} 开班", "since {time}";
    printer_ok: "打印正常", "Printer ready";
    printer_none: "未接打印机", "No printer";
    printer_trouble: "打印机异常", "Printer trouble";
    printer_trouble_text: "账照记，照常收款。检查纸、电源和线，弄好后按 P 补打。", "Meals are recorded as usual. Check paper, power and cable, then P prints again.";
    synced: "已同步", "Synced";
    connecting: "正在连接", "Connecting";
    offline: "断网", "Offline";
    unsent: "未上传 {count}", "{count} unsent";
    no_setup_title: "正在等办公室的资料", "Waiting for the office";
    no_setup_text: "本机已登记，首次联网后会自动取回食堂、价格和收银员资料。请检查网络。", "This terminal is enrolled. Canteen, prices and cashiers arrive with the first contact. Please check the network.";
    // Keys
    key_scan: "回到扫码", "Back to scanning";
    key_mode: "方式", "Mode";
    key_portions: "份数", "Portions";
    key_amount: "餐品金额", "Amount";
    key_delivery: "送餐单", "Deliveries";
    key_rows: "选一行", "Choose a row";
    key_guest: "访客全价", "Guest, full price";
    key_meals: "今日记录", "Today's meals";
    key_void: "撤销上一笔", "Undo the last";
    key_close: "交班", "Close shift";
    key_back_not_closed: "返回扫码，暂不交班", "Back to scanning, do not close";
    key_back_to_count: "返回扫码", "Back to scanning";
    key_denominations: "换面额", "Next denomination";
    key_sign_out: "换人", "Change cashier";
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
    subsidy: "政府补贴", "Subsidy";
    concession: "食堂让利", "Concession";
    delivery_fee: "配送费", "Delivery fee";
    // Tenders
    tender_cash: "现金", "Cash";
    tender_qr: "扫码", "QR";
    tender_free: "免费", "Free";
    // Right column
    today: "今日{period}", "Today's {period}";
    yesterday: "昨日此时 {count}", "Yesterday by now {count}";
    portions: "份", "meals";
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
    asked_switch: "放弃这笔，换成刚扫的", "Drop this one, take the new scan";
    // Duplicate
    used_already: "今日{period}已用 {time}", "Today's {period} was had at {time}";
    not_charged: "本次没有收费", "Nothing was charged";
    first_meal: "第一次用餐", "The first meal";
    place: "地点", "Where";
    here: "本食堂", "This canteen";
    elsewhere: "别的食堂", "Another canteen";
    meal: "餐品", "Meal";
    what_next: "接下来", "Next";
    next_person: "不收费，下一位", "Charge nothing, next";
    reprint_of: "补打 {time} 的小票", "Print the slip of {time} again";
    buy_again: "再买一份", "One more meal";
    buy_again_note: "全价 {price}，不享补贴", "Full price {price}, no subsidy";
    for_others: "替别人取餐", "Collecting for somebody";
    for_others_note: "扫那位老人的卡", "Scan that elder's card";
    // Refused
    refused_card_misread: "没读全，请再扫一次", "Read badly: scan again";
    refused_bad_id_number: "证件号有误，请核对", "Not a valid ID number";
    refused_payment_code: "这是付款码，不是助餐卡", "A payment code, not a meal card";
    refused_not_a_card: "认不出这个码", "Not a code of this programme";
    refused_unknown_card: "名单里没有这张卡", "This card is not on the list";
    refused_unknown_id_offline: "断网，查不到这个证件号", "Offline: this ID number cannot be looked up";
    refused_unknown_id: "名单里没有这个证件号", "This ID number is not on the list";
    refused_card_revoked: "这张卡已挂失", "This card was reported lost";
    refused_card_expired: "这张卡已过有效期", "This card has expired";
    refused_not_active: "这份登记已停用", "This registration is closed";
    refused_outside_window: "现在不是用餐时段", "No meal is served now";
    refused_only_practice: "训练时不用真的卡和证件", "Training takes no real card or ID";
    refused_practice_card: "这是练习卡，不能用餐", "A practice card: no meal by it";
    go_on_practice: "请扫练习卡，或按 Enter 回去选练习老人", "Scan a practice card, or press Enter and choose a person";
    refused_no_price: "{period}还没有核定餐价", "No price is approved for {period}";
    card_number: "卡号", "Card";
    revoked_at: "挂失时间", "Reported";
    list_at: "名单更新", "List of";
    next_window: "下一时段", "Next";
    go_on: "饭照常打，换一种方式登记", "Serve the meal; register it another way";
    go_on_again: "请再扫一次", "Please scan again";
    go_on_card: "请扫老人的助餐卡", "Please scan the elder's meal card";
    go_on_price: "饭照常打，先记在纸质名单上", "Serve the meal and write it on the paper list";
    go_on_closed: "饭照常打，按全价售出", "Serve the meal at full price";
    way_id: "带了身份证：直接刷", "Has the ID card: scan it";
    way_id_note: "最快，照享补贴，不用按键", "Fastest, subsidised, no key";
    way_card: "带了助餐卡：直接扫", "Has the meal card: scan it";
    way_card_note: "照享补贴，不用按键", "Subsidised, no key";
    way_again: "再扫一次", "Scan again";
    way_again_note: "把码放平，离扫描口一掌远", "Hold it flat, a hand's width away";
    way_none: "不登记，下一位", "Register nothing, next";
    way_none_note: "本次没有收费，没有记账", "Nothing charged, nothing recorded";
    way_guest: "按全价售出 {price}", "Sell at full price {price}";
    way_guest_note: "不享补贴，不记名", "No subsidy, no name";
    new_card: "补卡", "New card";
    new_card_text: "带身份证到发卡的服务点，当场领新卡", "At the card desk, with the ID card, at once";
    ask_office: "查询", "Questions";
    ask_office_text: "请办公室核对登记资料", "The office checks the registration";
    ask_office_price: "请办公室核定餐价，联网后自动更新", "The office approves prices; they arrive by themselves";
    phone: "电话 {phone}", "Phone {phone}";
    elder_sees: "对老人只说「请稍等，我们来帮您」", "To the elder say only: one moment, we will help you";
    // Offline
    offline_title: "断网，照常打饭", "Offline: serve as usual";
    offline_count: "未上传 {count} 条", "{count} unsent";
    offline_age: "最早 {age}前", "oldest {age} ago";
    hours: "{count} 小时", "{count} h";
    minutes: "{count} 分钟", "{count} min";
    offline_can: "可以", "Can";
    offline_can_text: "刷卡用餐、算补贴、收现金和扫码、撤销、交班", "Serve, subsidise, take cash and QR, undo, close the shift";
    offline_cannot: "暂不能", "Cannot";
    offline_cannot_text: "查新办的卡、取新名单、重置本机", "Look up new cards, fetch lists, reset this till";
    stale_title: "名单已 {age}未更新", "The list is {age} old";
    stale_text: "饭照常打。请主管检查网络。", "Serve as usual. Ask the supervisor to check the network.";
    hard_title: "名单太旧，先按全价收", "The list is too old: full price for now";
    hard_text: "差价联网后由办公室退还老人。请主管检查网络。", "The office pays the difference back later. Ask the supervisor to check the network.";
    // Enrolment
    pending_title: "等办公室确认本机", "Waiting for the office to let this till in";
    pending_text: "请打电话给办公室，核对指纹：{fingerprint}。确认后本机自动开始工作。", "Call the office and compare the fingerprint: {fingerprint}. The till then begins by itself.";
    revoked_title: "本机已被办公室停用", "The office has put this till out of use";
    revoked_text: "请停止用本机收款，改记纸质名单，并打电话给办公室。", "Stop selling here, use the paper list, and call the office.";
    // Damage
    damage_title: "本机数据库损坏过，已自动修复", "The till's database was damaged and has been repaired";
    damage_text: "{at} 保住 {saved} 条记录，会继续上传。坏文件另存：{aside}。请告诉办公室。", "{at}: {saved} records were saved and will be sent. The bad file is kept: {aside}. Please tell the office.";
    damage_lost: "办公室资料缺 {lost} 行，联网后自动取回。", "{lost} rows of the office's lists were lost and will be fetched again.";
    damage_seen: "知道了", "Understood";
    // Training
    training_title: "训练模式：不是真的收款", "Training: nothing here is a real sale";
    training_text: "不算用餐，不动补贴，不结算；小票印「训练」", "No meal, no subsidy, no settlement; slips say so";
    training_mark: "训练", "Training";
    training_done: "练习完成，没有记账", "Practised: nothing recorded";
    training_take: "练习收款", "Practise";
    training_ask: "进入训练模式", "Begin training";
    training_ask_text: "训练时扫卡、收款、出小票都和平时一样，但不算用餐，不动补贴；只用练习老人，不扫真的卡。请主管输入 PIN。", "Everything works as usual and nothing is a sale; practice persons only, no real cards. A supervisor types the PIN.";
    training_begin: "开始训练", "Begin";
    practice: "练习", "Exercises";
    practice_note: "不计入今日营业", "Not of today's trade";
    practice_a: "练习老人甲", "Practice person A";
    practice_b: "练习老人乙", "Practice person B";
    practice_c: "练习老人丙", "Practice person C";
    practice_d: "练习老人丁", "Practice person D";
    practice_served: "已用餐", "has eaten";
    practice_choose: "选一位练习老人，或扫练习卡", "Choose a person, or scan a practice card";
    practice_cards: "练习卡", "Practice cards";
    practice_cards_text: "训练时扫这些码；平时扫了不收费，也不算用餐。可以打印后剪开。", "Scan these in training; at work they charge nothing and are no meal. Print and cut them.";
    training_end: "结束训练", "End training";
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
    slip_collected: "{by}代取 共 {count} 份", "Taken by {by}: {count} meals";
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
    // First run
    first_title: "今天的第一位", "The first of today";
    first_steps: "扫卡、扫码或刷身份证|看姓名和自付金额|收好钱，按 Enter", "Scan a card, a code or an ID card|Look at name and amount|Take the money, press Enter";
    first_more: "认不出、没带卡、打印机没纸，饭都照打：按 M 看办法", "Unknown, no card, no paper: serve anyway. M shows how";
    help_title: "三步收银", "Three steps";
    help_lines: "扫：任何时候直接扫，不用先点鼠标|看：姓名、价钱、自付；黄色或红色就是没有收费|收：钱收好了按 Enter，屏幕写“已记账”才算完|断网照常打饭，联网后自动上传，不会向老人追收|打印机坏了也照常收款，小票以后可以补打", "Scan at any time, no click first|Look: name, price, to pay. Amber or red: nothing was charged|Take the money, then Enter. Done is when it says Recorded|Offline: serve as usual, everything is sent later|A broken printer stops nothing: print again later";
    // By name
    way_manual: "没带：按姓名和出生日期登记", "No ID: register by name and birth date";
    way_manual_note: "照享补贴，需主管 PIN，记录会标明「人工」", "Subsidised; supervisor's PIN; marked as by hand";
    manual_title: "按姓名和出生日期登记", "Register by name and birth date";
    manual_text: "问老人姓名和出生日期。主管看过本人再输 PIN。", "Ask for name and birth date. The supervisor looks at the elder, then types the PIN.";
    find_name: "姓名（一个字也行）", "Name (one character will do)";
    find_birth: "出生日期（8 位数字）", "Birth date (8 digits)";
    find_go: "查名单", "Search";
    find_none: "名单里没有这个姓名和生日，核对后再查", "Nobody of that name and birth date";
    find_look: "请主管看本人，再输 PIN", "The supervisor looks at the elder";
    find_take: "就是这位", "This is the one";
    marked_manual: "人工", "by hand";
    marked_paper: "纸质名单", "paper list";
    marked_collected: "代取", "collected";
    marked_kept: "待查", "to be identified";
    // Why
    why: "补贴明细", "Why";
    why_title: "为什么是这个价", "Why this price";
    why_text: "可能提到老人的身份类别，请主管输入 PIN，别让旁人看见。", "May name a category: a supervisor's PIN, and nobody else looks.";
    why_go: "查看", "Show";
    why_not: "不适用", "Does not apply";
    why_none: "没有适用的补贴", "No benefit applies";
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
    menu_text: "一行一道菜，显示在老人屏上。", "One dish a line, for the elder's display.";
    menu_dish: "第", "Dish";
    menu_go: "显示", "Show";
    // The doctor
    d_data: "数据目录", "Data folder";
    d_enrolled: "已登记", "enrolled";
    d_not_enrolled: "还没有登记：打开收银页面按提示登记", "not enrolled: open the till's page and follow it";
    d_running: "收银程序", "Program";
    d_is_running: "正在运行", "running";
    d_not_running: "没有运行", "not running";
    d_printer: "打印机", "Printer";
    d_no_printer: "没有设打印机（--printer）", "none set (--printer)";
    d_printer_ok: "能连上", "reachable";
    d_printed: "测试小票已送出，看纸上的字和二维码", "the test slip was sent: look at the paper";
    d_printer_fails: "连不上：{detail}。检查电源、纸和线", "not reachable: {detail}. Check power, paper and cable";
    d_scanner: "扫码枪", "Scanner";
    d_scanner_page: "当键盘用：在浏览器打开 /doctor 扫一次，或加 --scan", "types like a keyboard: open /doctor and scan, or add --scan";
    d_scanner_ok: "读到 {count} 位，最大间隔 {gap} 毫秒，有 Enter", "{count} characters, widest gap {gap} ms, with Enter";
    d_scanner_no_enter: "读到 {count} 位，没有 Enter：建议打开回车后缀", "{count} characters, no Enter: switch the suffix on";
    d_scanner_nothing: "15 秒内没有读到", "nothing read in 15 seconds";
    d_line_ok: "{path} 能打开", "{path} opens";
    d_line_fails: "{path} 打不开：{detail}", "{path}: {detail}";
    d_reader: "身份证阅读器", "ID-card reader";
    d_no_reader: "没有设（--reader id-card:/dev/…）", "none set (--reader id-card:/dev/…)";
    d_reader_ok: "{path} 有应答", "{path} answers";
    d_clock: "时钟", "Clock";
    d_clock_ok: "和办公室相差 {seconds} 秒", "{seconds} s from the office";
    d_clock_off: "和办公室相差 {seconds} 秒：请校准电脑时钟", "{seconds} s from the office: set the computer's clock";
    d_clock_unknown: "办公室没有报时，只看本机：{time}", "the office told no time; this computer: {time}";
    d_disk: "磁盘", "Disk";
    d_disk_free: "剩余 {free} MB", "{free} MB free";
    d_disk_low: "只剩 {free} MB，不能记账：请清理", "only {free} MB: nothing can be recorded, make room";
    d_font: "字库", "Font";
    d_font_ok: "齐全", "complete";
    d_font_fails: "坏了：{detail}", "broken: {detail}";
    d_queue: "未上传", "Unsent";
    d_queue_none: "没有", "nothing";
    d_queue_some: "{count} 条，最早 {age} 分钟前", "{count}, the oldest {age} minutes ago";
    d_queue_fails: "读不出：{detail}", "cannot be read: {detail}";
    d_server: "办公室", "Office";
    d_no_server: "没有设办公室地址（--server）", "no address set (--server)";
    d_server_ok: "连得上", "reached";
    d_server_fails: "连不上：{detail}。饭照常打，检查网络", "not reached: {detail}. Serve as usual, check the network";
    // Raw keys
    raw_title: "测试扫码枪和读卡器", "Test scanner and reader";
    raw_text: "对着这一页扫任意一张卡或码。这里只看按键，不记账，也不上传。", "Scan any card or code at this page. It only looks at keys: nothing is recorded or sent.";
    raw_read: "读到", "Read";
    raw_count: "位数", "Characters";
    raw_gap: "最大间隔", "Widest gap";
    raw_verdict: "结论", "Verdict";
    raw_keys: "按键", "Keys";
    raw_composition: "输入法", "Input method";
    raw_none: "等待扫码", "Waiting for a scan";
    raw_yes: "像扫码枪，可以用。", "A scanner, ready to use.";
    raw_hand: "像手工按键。", "Keys pressed by hand.";
    raw_slow: "太慢：请把扫码枪的字符间隔调到 50 毫秒以内。", "Too slow: set its gap between characters below 50 ms.";
    raw_enter: "以 Enter 结尾，正好。", "Ends with Enter, as it should.";
    raw_no_enter: "没有 Enter 结尾：能用，但会慢半秒；建议在扫码枪上打开回车后缀。", "No Enter at the end: it works, half a second slower. Better switch the suffix on.";
    raw_composing: "输入法开着也读对了。", "Read right with an input method open.";
    // First run of the computer
    wizard_title: "登记这台收银电脑", "Enrol this computer";
    wizard_step_1: "输入登记码", "Type the code";
    wizard_step_2: "核对指纹", "Compare the fingerprint";
    wizard_step_3: "开始收银", "Begin";
    wizard_text: "请办公室给一个一次性登记码（10 分钟内有效），输在下面。", "Ask the office for a one-time code (good for 10 minutes).";
    wizard_server: "办公室地址", "The office's address";
    wizard_code: "登记码", "Code";
    wizard_go: "登记", "Enrol";
    wizard_busy: "正在联系办公室…", "Asking the office…";
    wizard_lost: "收银程序没有响应，请稍等再试", "The program does not answer: try again in a moment";
    wizard_waiting: "已登记。请打电话给办公室，逐组核对这串指纹：", "Enrolled. Call the office and compare this fingerprint group by group:";
    wizard_confirmed: "已登记，办公室已确认。本机指纹：", "Enrolled and confirmed. This terminal's fingerprint:";
    wizard_after: "办公室确认后，收银页面会自动开始工作。", "The till begins by itself once the office has confirmed.";
    wizard_open: "打开收银页面", "Open the till";
    e_enrol_address: "办公室地址不对", "Not an address of an office";
    n_enrol_address: "填 https:// 开头的地址，问办公室要", "It begins with https://; the office knows it";
    e_enrol_offline: "联系不上办公室，没有登记", "The office was not reached; nothing was enrolled";
    n_enrol_offline: "检查网线和地址，用同一个登记码再试", "Check network and address, try the same code again";
    e_enrol_refused: "办公室没有接受这个登记码", "The office did not take this code";
    n_enrol_refused: "登记码只用一次，10 分钟有效；请办公室重新给一个", "A code works once, for 10 minutes; ask for another one";
    e_enrol_failed: "本机写不下登记资料", "The enrolment cannot be kept on this computer";
    n_enrol_failed: "检查磁盘和数据目录的权限，再试", "Check the disk and the data folder's permissions, then try again";
    // The elder's display
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
    // Survival
    interrupted_title: "上次没有正常关机", "The till was cut off last time";
    interrupted_text: "{from} 开始的那次运行中途断了（停电或被强制结束）。写“已记账”的都在，没写的没有收费；最后一笔：{last}。", "The run since {from} was cut off. Whatever said Recorded is kept; nothing else was charged. Last: {last}.";
    interrupted_nothing: "没有", "none";
    interrupted_last: "{time} {name} {amount}", "{time} {name} {amount}";
    // What the office said
    conflict_title: "{time} {name}", "{time} {name}";
    conflict_elsewhere: "断网时在这里用餐，{time} 在别的食堂也用过同一餐。由办公室核对，不向老人追收，您不用做什么。", "Served here offline; the same meal was had elsewhere at {time}. The office settles it; nothing is charged afterwards.";
    conflict_rejected: "办公室没有收下这条记录，已另存待查。请打电话给办公室，报时间和序号。", "The office did not take this record and keeps it apart. Please call with its time and number.";
    conflict_disputed: "办公室收下了，但有疑问，日结时核对。不影响老人，您不用做什么。", "Taken by the office with a question, settled at the day's close.";
    void_supervisor: "不是上一笔，请主管输入 PIN", "Not the last one: a supervisor's PIN";
    reprint_short: "补打", "Print";
    offline_hard: "满 {hours} 小时：先收全价，之后补领", "{hours} hours: full price, difference back later";
    // Other ways
    chip_card: "芯片卡", "Chip card";
    by_hand: "人工核对", "Recognised by hand";
    full_price_list: "名单太旧，先收全价", "List too old: full price for now";
    full_price_kept: "先收全价，查明后退差价", "Full price now, difference back later";
    way_keep: "先按全价售出 {price}，查明后退差价", "Full price {price} now, difference back later";
    way_keep_note: "断网查不到，卡号已加密留底，联网后由办公室核对", "Offline: the card is kept encrypted and checked by the office";
    refunds_paid: "退补", "Refunds";
    date_ask: "今天是 {date}，对吗？", "Is today {date}?";
    date_yes: "对，继续", "Yes, go on";
    date_no: "不对：先校准电脑时钟，再刷新本页", "If not: set the computer's clock, then reload this page";
    // Signing in
    other_language: "English", "Chinese";
    high_contrast: "高对比", "High contrast";
    single_keys: "单键快捷键", "Single-key shortcuts";
    sign_in_title: "谁来收银？", "Who serves?";
    sign_in_hint: "选姓名，输 PIN", "Choose a name, type the PIN";
    pin: "PIN", "PIN";
    sign_in: "进入", "Sign in";
    supervisor: "主管", "Supervisor";
    no_cashiers: "还没有收银员，请办公室添加", "No cashiers yet: the office adds them";
    open_title: "开班", "Open the shift";
    float: "备用金", "Float";
    float_hint: "数一数抽屉里的钱，没有就填 0", "Count the drawer; 0 if it is empty";
    yuan: "元", "yuan";
    date_check: "今天是 {date}，对吗？开班即确认。", "Is today {date}? Opening confirms it.";
    date_why: "本机还没连上办公室，日期以您确认的为准。", "The office was not reached yet, so the date is yours to confirm.";
    open_shift: "开班", "Open";
    forgotten_title: "上一班还没有交班", "The last shift was not closed";
    forgotten_text: "{name} {date} 开班。先点钱交班，再开新班，饭不会漏记。", "{name}, opened {date}. Close it first; no meal is lost.";
    forgotten_go: "去交班", "Close it";
    // Today's meals
    meals_title: "今日记录", "Today's meals";
    meals_search: "找姓名、时间、金额", "Name, time or amount";
    meals_empty: "今天还没有记录", "Nothing yet today";
    col_time: "时间", "Time";
    col_name: "姓名", "Name";
    col_period: "餐次", "Meal";
    col_tender: "收款", "Tender";
    col_amount: "自付", "Paid";
    col_number: "序号", "Seq.";
    undo: "撤销", "Undo";
    slip: "小票", "Slip";
    other_shift: "已交班", "Closed";
    undo_title: "撤销这一笔", "Undo this meal";
    undo_last_title: "撤销上一笔", "Undo the last meal";
    undo_text: "{time} {name}，退 {amount}（{tender}）", "{time} {name}: give {amount} back ({tender})";
    undo_reason: "原因", "Reason";
    undo_reasons: "按错|重复|老人不要了|收款方式错", "Mistake|Twice|Not wanted|Wrong tender";
    undo_go: "撤销并退款", "Undo and give back";
    leave: "不撤销", "Leave it";
    nothing_to_undo: "本班还没有可撤销的记录", "Nothing to undo in this shift";
    close_window: "关闭", "Close";
    // Shift close
    count_cash: "清点现金", "Count the cash";
    counted: "已点完", "Counted";
    denomination: "面额", "Note or coin";
    pieces: "张 / 枚", "Pieces";
    subtotal: "小计", "Amount";
    denomination_yuan: "{count} 元", "{count} yuan";
    denomination_jiao: "{count} 角", "{count} jiao";
    actual: "实有", "Counted";
    count_done: "点完了", "Counting done";
    check_difference: "核对差额", "Difference";
    blind: "先点完现金，这里再显示应有金额", "Count first; what is expected shows then";
    cash_taken: "现金收款", "Cash taken";
    cash_taken_note: "{count} 笔，已减找零", "{count}, change subtracted";
    cash_moved: "现金收支", "Cash in and out";
    expected: "应有", "Expected";
    short: "少", "Short";
    over: "多", "Over";
    even: "相符", "Even";
    within_limit: "不超过 ¥10.00，写明原因即可交班", "Within ¥10.00: give a reason and close";
    above_limit: "超过 ¥10.00，写原因，请主管输 PIN", "Above ¥10.00: a reason and a supervisor's PIN";
    no_difference: "账款相符，可以交班", "It adds up: close the shift";
    reason: "原因", "Reason";
    blind_note: "应有金额在点完现金后才显示。差额超过 ¥10.00 时，请主管输入 PIN。", "What is expected shows after counting. Above ¥10.00 a supervisor's PIN is needed.";
    recount: "重新清点（主管）", "Count again (supervisor)";
    approve: "授权", "Approve";
    key_approve: "主管授权", "Supervisor";
    z_title: "交班单（Z）", "Shift report (Z)";
    z_number: "第 {number} 号", "No. {number}";
    z_after: "点完现金后出单", "Shown after counting";
    z_tender: "收款方式", "Tender";
    z_count: "笔", "Count";
    z_amount: "金额", "Amount";
    z_own: "自付合计", "Paid by diners";
    z_payer: "谁承担", "Who pays";
    z_share: "份", "Meals";
    z_own_guests: "自付（含访客 {count}）", "Diners ({count} guests)";
    z_price: "餐价合计", "At list price";
    z_meals: "用餐", "Meals";
    z_guests: "其中访客", "Guests";
    z_voids: "撤销", "Reversed";
    z_voids_text: "{count} 笔 {amount}，已扣除", "{count}, {amount}, taken out";
    z_sequences: "记录序号", "Records";
    z_sequences_text: "{first}–{last}，无缺号", "{first}–{last}, no gap";
    z_close: "交班并打印 Z", "Close and print Z";
    z_close_no_print: "交班", "Close the shift";
    z_approved: "{reason}（主管 {name} 授权）", "{reason} (approved by {name})";
    slip_phone: "电话 {phone}", "Phone {phone}";
    // Errors: what happened, what to do next
    e_no_setup: "还没有食堂资料", "No setup yet";
    n_no_setup: "检查网络，联网后自动取回", "Check the network; it arrives by itself";
    e_sign_in_first: "还没有登录", "Nobody is signed in";
    n_sign_in_first: "选姓名，输入 PIN", "Choose a name and type the PIN";
    e_unknown_cashier: "没有这位收银员", "No such cashier";
    n_unknown_cashier: "请办公室添加或恢复", "The office can add or restore";
    e_wrong_pin: "PIN 不对，还可试 {left} 次", "Wrong PIN, {left} tries left";
    n_wrong_pin: "慢慢再输一次", "Try again, slowly";
    e_pin_wait: "输错几次了，请等 {seconds} 秒", "Several wrong PINs: wait {seconds} s";
    n_pin_wait: "等完再输，或换人登录", "Wait, or let somebody else sign in";
    e_pin_locked: "PIN 已锁定", "PIN locked";
    n_pin_locked: "请办公室重设 PIN；可先换人登录", "The office sets a new PIN; somebody else may sign in";
    e_shift_not_open: "还没有开班", "No shift is open";
    n_shift_not_open: "先填备用金开班", "Open one with its float";
    e_shift_open: "已经开班", "A shift is open";
    n_shift_open: "直接扫卡", "Just scan";
    e_shift_forgotten: "上一班还没有交班", "The last shift was not closed";
    n_shift_forgotten: "按 F10 点钱交班，再开新班", "F10 closes it, then open a new one";
    e_confirm_date: "请确认今天的日期：{date}", "Please confirm today's date: {date}";
    n_confirm_date: "对就确认开班；不对先校准电脑时钟", "Confirm if it is right; else set the computer's clock";
    e_bad_amount: "金额不对", "Not a possible amount";
    n_bad_amount: "填 0 到 100000 元，最多两位小数", "0 to 100000 yuan, at most two decimals";
    e_nothing_waits: "没有待收款的一笔", "Nothing waits to be paid";
    n_nothing_waits: "请扫卡", "Scan a card";
    e_other_sale: "屏幕上已是另一笔", "Another sale is on the screen";
    n_other_sale: "看清屏幕上的姓名和金额再按 Enter", "Look at name and amount, then press Enter";
    e_sale_waits: "还有一笔没收款", "A sale waits";
    n_sale_waits: "先收款，或按 F2 放弃", "Take it, or F2 drops it";
    e_bad_tender: "这一笔不能这样收", "Not payable so";
    n_bad_tender: "免费只用于自付 0 元；其余选现金或扫码", "Free is for nothing to pay; else cash or QR";
    e_meal_not_found: "找不到这一笔", "No such meal";
    n_meal_not_found: "按 F9 在今日记录里找", "F9 shows today's meals";
    e_other_shift: "这一笔属于已交的班", "The meal is of a closed shift";
    n_other_shift: "请办公室处理", "The office can correct it";
    e_reason_missing: "请写原因", "A reason is needed";
    n_reason_missing: "几个字即可", "A few words will do";
    e_text_too_long: "写得太长", "Too long";
    n_text_too_long: "最多 100 字", "At most 100 characters";
    e_count_first: "还没有清点现金", "The drawer was not counted";
    n_count_first: "按面额点完再交班", "Count it by denomination first";
    e_counted: "现金已点完", "The drawer was counted";
    n_counted: "要重点，请主管输入 PIN", "A supervisor's PIN allows counting again";
    e_bad_count: "点钞数不对", "Not a possible count";
    n_bad_count: "每种面额填张数，不超过 100000", "Pieces of each note, at most 100000";
    e_supervisor_needed: "需要主管授权", "A supervisor is needed";
    n_supervisor_needed: "请主管选姓名，输入 PIN", "The supervisor chooses a name and types the PIN";
    e_not_supervisor: "这位不是主管", "Not a supervisor";
    n_not_supervisor: "请换一位主管", "Ask another one";
    e_no_printer: "没有接打印机", "No printer";
    n_no_printer: "账已记好；可在屏幕上看小票", "The meal is recorded; the slip can be seen on the screen";
    e_no_slip: "这条记录没有小票", "This record has no slip";
    n_no_slip: "选一笔用餐或撤销", "Choose a meal or a reversal";
    e_day_changed: "营业日已过，这一笔没有收费", "The business day ended; nothing was charged";
    n_day_changed: "请重新扫卡", "Scan again";
    e_already_served: "这位老人本餐已用过", "Served in this period already";
    n_already_served: "再买一份请按 F7 全价", "F7 sells one more at full price";
    e_already_voided: "这一笔已撤销过", "Reversed already";
    n_already_voided: "不用再撤销", "Nothing to do";
    e_already_refunded: "这一笔已经退过", "Paid back already";
    n_already_refunded: "不用再退；联网后从清单里消失", "Nothing to do; it leaves the list by itself";
    e_refund_not_due: "办公室清单里没有这一笔退款", "The office lists no such refund";
    n_refund_not_due: "联网刷新清单；有疑问打电话给办公室", "Refresh the list; call the office if in doubt";
    e_drawer_short: "抽屉里的钱不够，账上只有 {amount}", "Not enough in the drawer: {amount} by the records";
    n_drawer_short: "先放入备用金，再办这一笔", "Put cash in first, then try again";
    e_in_training: "现在是训练模式，不能办这一项", "Not possible in training";
    n_in_training: "先结束训练", "End training first";
    e_only_practice: "训练时不查真的老人", "Training looks up no real elder";
    n_only_practice: "选一位练习老人", "Choose a practice person";
    e_collection_open: "代取还没有结束", "A collection goes on";
    n_collection_open: "先按 F6 结束代取", "F6 ends it";
    e_no_collection: "现在没有代取", "No collection goes on";
    n_no_collection: "直接扫卡，或重新开始代取", "Just scan, or begin a collection";
    e_paper_open: "纸质名单还没有确认", "A paper list is open";
    n_paper_open: "请第二个人确认，或作废这张名单", "A second person confirms it, or drop it";
    e_no_paper: "没有打开的纸质名单", "No paper list is open";
    n_no_paper: "请主管先打开名单，选日期和餐次", "A supervisor opens one for a date and a meal";
    e_paper_date: "这一天或这一餐不能补录，最早 {date}", "Not a day or meal for a paper list; the earliest is {date}";
    n_paper_date: "核对日期和餐次；更早的请办公室处理", "Check date and meal; the office enters earlier ones";
    e_paper_empty: "名单上还没有人", "Nobody is on the list";
    n_paper_empty: "先扫卡或查姓名，一人一行", "Scan cards or search names, one line each";
    e_paper_full: "一张名单最多 300 行", "A list has at most 300 lines";
    n_paper_full: "先确认这一张，再开一张", "Confirm this one, then open another";
    e_second_person: "要由另一个人确认", "Another person has to confirm";
    n_second_person: "请没有录入的人核对纸面，输入自己的 PIN", "Somebody else compares the paper and types the own PIN";
    e_elder_not_found: "名单里没有这位老人", "No such elder on the list";
    n_elder_not_found: "按姓名和出生日期再查一次", "Search again by name and birth date";
    e_search_more: "请写姓名和出生日期", "Name and birth date are needed";
    n_search_more: "姓名写一个字也行，出生日期要完整", "One character of the name will do; the birth date in full";
    e_nothing_to_keep: "没有可以留底的卡", "No card to keep";
    n_nothing_to_keep: "先扫老人的卡；只有断网时认不出的卡才留底", "Scan the elder's card; only cards unknown while offline are kept";
    e_bad_reference: "付款单号不对", "Not a payment reference";
    n_bad_reference: "只用于扫码收款，字母和数字，最多 64 位", "For QR payments only: letters and digits, at most 64";
    e_above_list: "高于核定餐价 {price}", "Above the approved price of {price}";
    n_above_list: "填 0.01 元到核定餐价之间；餐价由办公室核定", "At most the approved price; the office approves prices";
    e_bad_portions: "份数不对", "Not a possible number of portions";
    n_bad_portions: "填 1 到 9 份；再多请分两次", "1 to 9; sell more in two goes";
    e_not_delivery: "这一笔不是送餐", "Not a meal for delivery";
    n_not_delivery: "按 F8 在送餐单里选", "Choose one from the delivery list (F8)";
    e_disk_full: "本机存储已满，不能记账", "The till's disk is full: nothing can be recorded";
    n_disk_full: "饭照常打，先记在纸质名单上；请主管清理磁盘或打电话给办公室", "Serve, and use the paper list; ask the supervisor to free space or call the office";
    n_refused: "换一张卡或证件，或按姓名和出生日期查", "Try another card or ID, or search by name and birth date";
    e_storage: "本机存储出错，这一步没有完成，没有收费", "The till's storage failed; nothing was done or charged";
    n_storage: "再试一次；仍不行先记在纸质名单上，并打电话给办公室", "Try again; else use the paper list and call the office";
    e_bad_request: "请求看不懂", "Not a request this till understands";
    n_bad_request: "刷新页面再试", "Reload the page and try again";
    e_not_found: "没有这一页", "No such page";
    n_not_found: "回到收银页面", "Go back to the till";
    e_foreign_origin: "只接受本机收银页面的请求", "Only this computer's till page may ask";
    n_foreign_origin: "在本机浏览器打开收银页面", "Open the till in this computer's browser";
    e_too_large: "内容太大", "Too large";
    n_too_large: "刷新页面再试", "Reload the page and try again";
    lost_till: "收银程序没有响应，正在重连", "The till program does not answer; trying again";
    lost_till_next: "没有新收费。若久等，请重启本机", "Nothing new was charged. If it lasts, restart this computer";
    stale_key: "画面已变，这一按没有起作用，没有收费", "The screen has changed: that key did nothing and charged nothing";
    stale_key_next: "看清现在的画面，再按一次", "Look at the screen as it is now, then press again";
}

impl Words {
    /// What a refused scan is called.
    pub(crate) fn refusal(&self, code: &str) -> &'static str {
        match code {
            "card_misread" => self.refused_card_misread,
            "bad_id_number" => self.refused_bad_id_number,
            "payment_code" => self.refused_payment_code,
            "unknown_card" => self.refused_unknown_card,
            "unknown_id" => self.refused_unknown_id,
            "unknown_id_offline" => self.refused_unknown_id_offline,
            "card_revoked" => self.refused_card_revoked,
            "card_expired" => self.refused_card_expired,
            "not_active" => self.refused_not_active,
            "outside_window" => self.refused_outside_window,
            "no_price" => self.refused_no_price,
            "only_practice" => self.refused_only_practice,
            "practice_card" => self.refused_practice_card,
            _ => self.refused_not_a_card,
        }
    }

    /// Fills the marked places of a text.
    #[expect(clippy::unused_self, reason = "reads as words.fill(words.key, ...) where it is used")]
    pub(crate) fn fill(&self, text: &str, values: &[(&str, &str)]) -> String {
        let mut filled = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some((before, marked)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, after)) = marked.split_once('}') else {
                rest = marked;
                break;
            };
            let value = values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect();
        places.sort_unstable();
        places
    }

    fn is_chinese(c: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
    }

    #[test]
    fn both_languages_say_everything_with_the_same_places() {
        for (key, zh, en) in ALL {
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key}");
            assert_eq!(places(zh), places(en), "{key}");
            assert!(!en.chars().any(is_chinese), "{key}: {en}");
        }
    }

    #[test]
    fn every_error_says_what_to_do_next() {
        let keys: Vec<&str> = ALL.iter().map(|(key, ..)| *key).collect();
        for error in keys.iter().filter_map(|key| key.strip_prefix("e_")) {
            assert!(keys.contains(&format!("n_{error}").as_str()), "{error}");
        }
    }

    #[test]
    fn no_tier_is_ever_named() {
        for (key, zh, _) in ALL {
            for tier in ["低保", "特困", "困难", "失能", "优抚", "计生"] {
                assert!(!zh.contains(tier), "{key}");
            }
        }
    }

    #[test]
    fn places_are_filled_once_and_values_are_not_read_again() {
        assert_eq!(ZH.fill("{a}-{b}-{c}", &[("a", "{b}"), ("b", "2")]), "{b}-2-");
        assert_eq!(ZH.fill("没有", &[]), "没有");
    }
}
