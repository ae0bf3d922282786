//! Words that several of the register's pages share.

use crate::console::lang::catalogue;

catalogue! {
    who: "{name}（{role}）", "{name} ({role})";
    minutes_ago: "{n} 分钟前", "{n} min ago";
    hours_ago: "{n} 小时前", "{n} h ago";
    days_ago: "{n} 天前", "{n} d ago";
    never: "从未", "never";
    system: "系统", "The program";
    terminal: "终端", "Terminal";
    all: "全部", "All";
    none: "无", "None";
    yes: "是", "Yes";
    no: "否", "No";
    unknown: "未登记", "Not recorded";
    apply: "筛选", "Filter";
    clear: "清除筛选", "Clear";
    earlier: "更早", "Earlier";
    latest: "回到最新", "Latest";
    save: "保存", "Save";
    name: "姓名", "Name";
    canteen: "食堂", "Canteen";
    region: "区域", "Region";
    role: "角色", "Role";
    state: "状态", "State";
    reason: "原因", "Reason";
    valid_from: "生效日", "Valid from";
    known_from: "知悉时间", "Known from";
    by: "登记人", "Recorded by";
    date: "日期", "Date";
    back: "返回", "Back";
    once: "只显示这一次，关闭后无法再看。", "Shown this once only.";
    nothing_here: "没有记录。", "Nothing here.";
}
