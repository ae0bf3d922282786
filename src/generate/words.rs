//! What `zhucan generate` says and writes, in Chinese.

/// Stands in the names of everything that is made up.
pub const GENERATED: &str = "（生成）";
/// The region's name.
pub const REGION: &str = "深圳市（生成）";
/// The office that pays.
pub const OFFICE: &str = "深圳市助餐结算中心（生成）";
/// The payees' bank.
pub const BANK: &str = "生成银行深圳分行";
/// Why a cashier takes a sale back.
pub const VOID_REASON: &str = "价格按错";
/// What the progress bar counts.
pub const RECORDS: &str = "记录";
/// What the progress bar counts first.
pub const ELDERS: &str = "老人";

/// A canteen's name by its number from 1.
#[must_use]
pub fn canteen(number: usize) -> String {
    format!("第{number:03}长者食堂{GENERATED}")
}

/// A canteen's operator by its number from 1.
#[must_use]
pub fn operator(number: usize) -> String {
    format!("第{number:03}助餐服务中心{GENERATED}")
}

/// A canteen's address by its number from 1.
#[must_use]
pub fn address(number: usize) -> String {
    format!("深圳市生成路{number}号")
}

/// A cashier's name by the canteen's number from 1.
#[must_use]
pub fn cashier(number: usize) -> String {
    format!("生成收银员{number:03}")
}

/// There is an office in the folder or database already.
#[must_use]
pub fn in_use(place: &str) -> String {
    format!("{place} 里已有数据；请换一个空的目录或数据库（--data、--database）")
}

/// A number that cannot be.
#[must_use]
pub fn out_of_range(name: &str, least: usize, most: usize) -> String {
    format!("--{name} 应在 {least} 到 {most} 之间")
}

/// What was made.
#[must_use]
pub fn made(report: &super::play::Generated) -> String {
    let super::play::Generated { elders, canteens, meals, records, accepted, disputed, quarantined, milliseconds } =
        report;
    let seconds = milliseconds / 1000;
    let speed = records * 1000 / (*milliseconds).max(1);
    format!(
        "已生成：老人 {elders} 名，食堂 {canteens} 家，用餐 {meals} 份，签名记录 {records} 条\n\
         收妥：采纳 {accepted}，存疑 {disputed}，隔离 {quarantined}\n用时 {seconds} 秒（每秒 {speed} 条）\n"
    )
}
