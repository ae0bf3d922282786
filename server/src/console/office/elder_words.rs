//! The words of the elders' pages, and of facts of elders wherever they stand.

use domain::elder::ElderFactKind;

use crate::console::lang::{Lang, catalogue, fill};

catalogue! {
    title: "老人", "Elders";
    by_name: "姓名开头", "Name begins with";
    by_name_hint: "按姓名列出，名字遮盖显示。", "Listed by name, masked.";
    by_number: "身份证号或卡号", "Resident ID or card number";
    find: "按号码查找", "Find by number";
    nothing: "没有符合条件的老人。", "Nobody fits.";
    next: "下一页", "Next page";
    first: "回到开头", "First page";
    name: "姓名", "Name";
    sex: "性别", "Sex";
    female: "女", "female";
    male: "男", "male";
    age: "年龄", "Age";
    age_is: "{n} 岁", "{n}";
    regular: "常去食堂", "Regular at";
    number: "老人编号", "Elder number";
    register: "登记老人", "Register an elder";
    register_hint: "出生日期和性别由身份证号得出。号码加密保存，登记后不再显示。", "Birth date and sex are those of the resident ID. Numbers are sealed and not shown again.";
    resident_id: "身份证号", "Resident ID";
    full_name: "姓名（全名）", "Name in full";
    phone: "电话（没有就留空）", "Telephone (empty for none)";
    place: "管理机构区划", "Office's region code";
    known_id: "沿用的老人编号（仅在异常“查无此人的用餐”要求时填写）", "Id to take over (only where a finding about an unregistered elder names it)";
    hukou: "户籍所在区划（留空为未知）", "Household registration (empty: unknown)";
    no_canteen: "不指定", "none";
    sheet: "批量发卡（打印页）", "Issue cards by the sheet";
    sheet_hint: "给还没有有效卡的老人发卡，得到可打印的 PDF，卡号只出现这一次；超过 10 张先提出，由另一人同意后打印。", "For elders without a good card: a PDF for the printer; numbers appear this once. More than 10 are proposed, and printed when another person agrees.";
    sheet_of: "给哪家食堂的老人", "For regulars of";
    whole_region: "整个区域", "the whole region";
    until: "有效期至（留空为长期）", "Good until (empty: without end)";
    get_sheet: "发卡并下载 PDF", "Issue and download";
    facts: "情况（只追加，不修改）", "Facts (added to, never edited)";
    fact: "内容", "What it says";
    late: "补登", "learned later";
    no_facts: "还没有登记情况。", "Nothing recorded.";
    add_fact: "登记情况", "Record a fact";
    add_hint: "补登过去的情况会重新计算那以后的用餐；老人不会被追收。", "What is recorded late decides meals again from then on; elders are never charged.";
    kind: "种类", "Kind";
    death: "去世", "died";
    death_withdrawn: "去世登记有误，撤销", "death was reported wrongly";
    hukou_moved: "户籍迁至", "household registration moved to";
    residence_moved: "居住地迁至", "moved to";
    category_held: "开始享有类别", "category begins";
    category_ended: "类别终止", "category ends";
    died_is: "{date} 去世", "died on {date}";
    hukou_is: "户籍：{region}", "household registration: {region}";
    residence_is: "居住：{region}", "lives in {region}";
    held_is: "类别：{name}", "category: {name}";
    held_level: "类别：{name} {level} 级", "category: {name}, level {level}";
    ended_is: "类别终止：{name}", "category ended: {name}";
    what: "区划代码或类别名称", "Region code or category";
    level: "等级（没有就留空）", "Level (empty for none)";
    cards: "卡", "Cards";
    card: "助餐卡", "printed card";
    chip: "实体卡", "physical card";
    tail: "尾号", "Ends in";
    issued: "发卡", "Issued";
    good: "有效", "good";
    lost: "已挂失", "revoked";
    expired: "已过期", "expired";
    no_cards: "没有卡。", "No card.";
    report_lost: "挂失助餐卡", "Revoke printed cards";
    lost_hint: "名单在下次同步时到达各终端。", "Terminals learn of it at their next contact.";
    reissue: "发新卡并下载打印页", "Issue a new card and download its page";
    reissue_hint: "旧的助餐卡同时作废。", "The older printed card is revoked.";
    add_chip: "登记实体卡", "Register a physical card";
    chip_number: "芯片号（十六进制）", "Chip number (hexadecimal)";
    revoke_chip: "挂失", "Revoke";
    photo: "照片", "Photo";
    photo_none: "没有照片。", "No photo.";
    photo_show: "显示照片（记入审计日志）", "Show the photo (entered in the audit log)";
    photo_put: "上传照片", "Upload a photo";
    photo_hint: "JPEG 或 PNG，不超过 200 KB，每边 60 至 2000 像素。", "JPEG or PNG, 200 KB at most, 60 to 2000 pixels a side.";
    photo_remove: "删除照片", "Remove the photo";
}

/// A fact of an elder in a few words.
pub(super) fn fact(kind: &ElderFactKind, valid_from: &str, lang: Lang) -> String {
    let w = Words::of(lang);
    match kind {
        ElderFactKind::Death { dead: true } => fill(w.died_is, &[("date", &valid_from)]),
        ElderFactKind::Death { dead: false } => w.death_withdrawn.to_owned(),
        ElderFactKind::Hukou { region } => fill(w.hukou_is, &[("region", region)]),
        ElderFactKind::Residence { region } => fill(w.residence_is, &[("region", region)]),
        ElderFactKind::Category { name, level: None, held: true } => fill(w.held_is, &[("name", name)]),
        ElderFactKind::Category { name, level: Some(level), held: true } => {
            fill(w.held_level, &[("name", name), ("level", level)])
        }
        ElderFactKind::Category { name, held: false, .. } => fill(w.ended_is, &[("name", name)]),
    }
}
