//! A scan that led to no sale.

macro_rules! stopped {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
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
    } } };
}
pub(super) use stopped;
