//! The words of the pages that everybody may read.

use crate::console::lang::catalogue;

catalogue! {
    title: "{region}长者食堂", "Elder canteens of {region}";
    title_all: "长者食堂", "Elder canteens";
    served: "{n} 家　{month}供餐 {meals} 份", "{n} canteens, {meals} meals in {month}";
    find: "街道、社区或食堂名", "Street, community or canteen";
    find_button: "查找", "Find";
    none: "没有找到这样的食堂。换一个词再找，或者清空查找。", "No such canteen. Try another word, or clear the search.";
    clear: "清空", "Clear";
    larger: "大字", "Larger text";
    smaller: "标准字", "Normal text";
    open: "正在供餐", "Serving now";
    open_today: "今天供餐", "Open today";
    from_age: "{age} 岁起", "{age}+";
    price_note: "套餐原价 {price}，以上已减政府补贴和食堂让利；户籍、类别不同的老人以终端显示为准。", "List price {price}. Subsidy and discount are already taken off; other registration or categories may differ.";
    price_only: "套餐原价 {price}", "List price {price}";
    priced_on: "（按 {date}计，今天没有补贴）", " (as of {date}; there is no subsidy today)";
    address: "地址", "Address";
    phone: "电话", "Telephone";
    list_price: "餐价", "List price";
    grade_head: "食品安全等级", "Food safety grade";
    meals_head: "{month}份数", "Meals, {month}";
    delivered_head: "{month}送餐", "Delivered, {month}";
    grade: "食品安全 {grade} 级，{date}起", "Food safety grade {grade}, since {date}";
    short_grade: "食品安全 {grade} 级", "Grade {grade}";
    ungraded: "食品安全等级未评定", "No food safety grade yet";
    licence_gone: "食品经营许可证不在有效期内", "Its food licence is not valid";
    count: "{month}供餐 {meals} 份，其中送餐 {delivered} 份", "{meals} meals in {month}, {delivered} of them delivered";
    call: "打电话", "Call";
    way: "怎么去", "The way";
    more: "更多", "More";
    disclosed: "{month}补贴公示", "Subsidy of {month}, published";
    disclosed_note: "{n} 家共 {amount}，姓名已遮盖，{until}前可提意见", "{n} canteens, {amount}; names are masked; objections until {until}";
    as_of: "截至 {at}", "as of {at}";
    complaint: "意见请打 12345", "Complaints: telephone 12345";
    staff: "工作人员登录", "Staff sign-in";
    data: "开放数据（CSV）", "Open data (CSV)";
    list_title: "{month}助餐补贴公示", "Subsidised meals of {month}";
    list_hint: "姓名已遮盖。有疑问请向食堂或民政部门提出，{until}前受理。", "Names are masked. Objections are taken until {until} by the canteen or the civil affairs office.";
    canteen: "食堂", "Canteen";
    elder: "老人", "Elder";
    meals: "份数", "Meals";
    amount: "补贴", "Subsidy";
    approved: "核定金额", "Approved";
    total: "合计", "Total";
    back: "返回", "Back";
    not_disclosed: "这个月还没有公示，或公示期已满", "This month is not published, or its days of publication are over";
}
