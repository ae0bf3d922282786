//! What is said about closed canteens and demands (追缴).

use domain::money::Fen;

/// No such demand.
pub const NONE: &str = "没有这张追缴通知";
/// The canteen is closed already.
pub const CLOSED: &str = "这家食堂已登记停办";
/// It is to be closed on a day to come.
pub const STILL_TO_COME: &str = "最后供餐日不能晚于今天：停办之后再登记";
/// A terminal is in service.
pub const TILLS_IN_SERVICE: &str = "还有终端在用：请先让终端传完记录并退役，再登记停办";
/// A closed canteen gets no terminals.
pub const NO_TILLS: &str = "这家食堂已停办，不能再登记终端";
/// Only closed canteens get demands.
pub const NOT_CLOSED: &str = "食堂没有停办：负数余额结转下月，从以后的补贴中扣回";
/// The statement can still change.
pub const NOT_APPROVED: &str = "结算单还没有审批，余额还会变";
/// A later month was drafted.
pub const NOT_THE_LAST: &str = "之后的月份已经起草，余额已结转过去：请在那个月审批后按那张结算单追缴";
/// It was demanded.
pub const DEMANDED: &str = "这张结算单的余额已经追缴";
/// Nothing was carried.
pub const NOTHING_OWED: &str = "这张结算单没有结转的负数余额，不需要追缴";
/// The amounts are not the balance.
pub const NOT_ITS_BALANCE: &str = "追缴内容与结算单结转的余额不符，请撤回后重新提出";
/// The last day of payment is over.
pub const DUE_PAST: &str = "缴款期限不能早于今天";
/// The maker notes a receipt.
pub const SECOND_PERSON: &str = "提出追缴的人不能登记到账，须由另一人登记";
/// Money that comes tomorrow.
pub const RECEIVED_LATER: &str = "到账日期不能晚于今天";
/// Nothing, or less.
pub const NOT_POSITIVE: &str = "到账金额应大于零";

/// More than is owed.
#[must_use]
pub fn too_much(owed: Fen) -> String {
    format!("超过这一出资方尚欠的 {owed} 元")
}

/// What `verify` finds.
pub const DIGEST: &str = "内容与摘要不符";
/// The demand is not the statement's whole balance.
pub const NOT_WHOLE: &str = "与结算单结转的余额不符";
/// The canteen is not closed.
pub const STILL_OPEN: &str = "食堂没有停办";
/// One person made and approved it.
pub const ALONE: &str = "提出人与批准人是同一人";
/// More was received than demanded.
pub const OVERPAID: &str = "到账超过应缴";
/// Who demanded noted the receipt.
pub const RECEIVED_ALONE: &str = "提出追缴的人登记了到账";

/// What the books say of a canteen and a payer, against what its statements leave.
#[must_use]
pub fn balance(books: Fen, statements: Fen) -> String {
    format!("账面应付余额 {books} 与结算单、拨付、追缴推得的 {statements} 不符")
}

/// A demand, as a place.
#[must_use]
pub fn place(number: &str) -> String {
    format!("追缴通知 {number}")
}

/// A canteen's account with a payer, as a place.
#[must_use]
pub fn account(canteen: domain::id::CanteenId, payer: &domain::decision::Payer) -> String {
    let unit = payer.unit.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("账簿 应付食堂 {canteen} 出资方 {}{unit}", super::settlement::payer(payer))
}
