//! Every Chinese sentence that the demo prints.

use std::fmt::Write as _;
use std::path::Path;

use domain::calendar::Month;
use domain::settlement::Reason;
use server::words::settlement as office;

use super::elders::ELDERS;
use super::world::{CANTEENS, DemoCashier, DemoUser};

/// What stands in the marker file.
pub const MARKER_TEXT: &str = "此文件夹由 zhucan demo 生成，再次运行演示时会整个删除重建。\n";
/// The folder's head of findings: canteen, matter, days, amount.
pub const FINDING_HEAD: [&str; 4] = ["食堂", "核查事项", "日期", "影响金额"];
/// The head of what is paid.
pub const PAYABLE_HEAD: [&str; 6] = ["食堂", "补贴餐数", "用餐补贴", "核减与补结", "暂缓拨付", "本次应付"];
/// The last row.
pub const TOTAL: &str = "合计";
/// No finding.
pub const NOTHING_FOUND: &str = "  没有需要说明的事项\n";
/// Before the statements' files.
pub const PAPERS: &str = "\n对账单（另有同名 .xlsx 明细）\n";
/// While the month is played.
pub const PLAYING: &str = "演示进行中";

/// What happens in the demo month, one line each.
const STORY: [&str; 8] = [
    "3月10日  朱明德去世；3月20日才登记，其间卡被刷两次（3月11日、12日）",
    "3月12日  南山全天断网，照常打饭；次日恢复后补传",
    "3月12日  宋国栋在莲花用过午餐，又到断网的南山用餐，收银台当时无从得知",
    "3月16日  深圳补贴办法换成第2版（虚构）：70至99岁由5元调为6元，量化等级C期间暂缓拨付",
    "3月17日  南山量化等级降为C，3月24日恢复为B",
    "3月25日  李国强第二次来用午餐，收银台提示已用，没有收费",
    "3月31日  正果镇断网至4月2日，31日的记录在起草后才到，随4月补结",
    "此外有老人当月满60、70、80、100岁，有人新获或失去低保等资格，有刷错后撤销重刷",
];

/// The report's head.
#[must_use]
pub fn title(sales: usize, seconds: u64) -> String {
    let (canteens, elders) = (CANTEENS.len(), ELDERS.len());
    format!(
        "\n助餐演示（人物、食堂、金额均为虚构）\n\n  {canteens} 家长者食堂、{elders} 位老人，2026年3月1日至4月3日，\
         经真实的服务端与收银终端共售出 {sales} 餐，用时 {seconds} 秒\n"
    )
}

/// What happened.
#[must_use]
pub fn story() -> String {
    format!("\n发生了什么\n  {}\n", STORY.join("\n  "))
}

/// A month's head.
#[must_use]
pub fn month_head(month: &str, state: &str) -> String {
    let month = month.parse::<Month>().map_or_else(|_| month.to_owned(), office::month);
    let state = state.parse().map_or("", office::state);
    format!("\n{month}结算（{state}）\n\n")
}

/// So many findings of a kind.
#[must_use]
pub fn found(name: &str, count: u32) -> String {
    format!("{name} {count} 项")
}

/// A day that was left out.
#[must_use]
pub fn left_out(reason: &str) -> String {
    format!("未计入本月：{reason}")
}

/// Why money changes.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Carried => "上月结转".to_owned(),
        Reason::Late { month, .. } => format!("补结{}迟到记录", office::month(*month)),
        Reason::Corrected { month, .. } => format!("更正{}", office::month(*month)),
        Reason::PolicyCorrected { month, .. } => format!("政策更正{}", office::month(*month)),
        Reason::Refunded { month } => format!("补结代退{}多付餐费", office::month(*month)),
        Reason::Finding { code, .. } => format!("核减：{}", office::finding(*code)),
        Reason::Reduction { words, .. } => format!("按食品安全状况减拨：{words}"),
        Reason::Hold { words, .. } => format!("暂缓拨付：{words}"),
        Reason::Release { words, .. } => format!("解除暂缓：{words}"),
    }
}

/// Where the rest lies.
#[must_use]
pub fn files(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "银行代发清单   {folder}/statements/2026-03/bank-*.csv\n收银流水       {folder}/scans.csv\n数据库         \
         {folder}/server、{folder}/terminals\n"
    )
}

/// The folder holds something else.
#[must_use]
pub fn folder_in_use(path: &Path) -> String {
    format!("{} 已有其他内容，演示不会动它；请用 --data 另指定一个文件夹", path.display())
}

/// How to try the running programs.
#[must_use]
pub fn serving(
    office_url: &str,
    tills: &[(&str, String, [DemoCashier; 2])],
    users: &[DemoUser],
    cards: &str,
) -> String {
    let mut out = format!(
        "\n服务端与收银终端正在运行，演示时钟从2026年5月7日（周四）11:05走起，按 Ctrl-C 结束\n\n  服务端  {office_url}\n"
    );
    for user in users {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "          {}  口令 {}", user.name, user.passphrase);
    }
    let _ = writeln!(out, "          演示库：不要求动态口令；正式系统的财务与管理员登录必须使用");
    for (name, url, cashiers) in tills {
        let _ = writeln!(out, "  收银台  {url}  {name}");
        for cashier in cashiers {
            let _ = writeln!(out, "          {}  PIN {}", cashier.name, cashier.pin);
        }
    }
    let _ = writeln!(out, "  老人卡号见 {cards}");
    out
}
