//! The Chinese of terminals: how they come and go, and what becomes of their journals.

/// A terminal comes again with a code for another canteen than its own.
pub const OTHER_CANTEEN: &str = "此登记码不是这台终端原来所在食堂的，请为原食堂重新发放登记码";
/// A terminal comes again under a name that another one has.
pub const NAME_IN_USE: &str = "这台终端原来的编号已登记着另一把密钥，请换用新的数据目录登记";
/// Too many wrong codes from one address.
pub const TOO_MANY_CODES: &str = "同一地址输错登记码的次数过多，请稍后再试";
/// The fingerprint is not that of the terminal's key.
pub const FINGERPRINT: &str = "所填指纹与此终端的密钥不符";
/// The epoch is not known.
pub const NO_EPOCH: &str = "此终端没有这一代流水";
/// The epoch was ended already.
pub const ENDED_ALREADY: &str = "这一代流水已经结束";
/// Nobody asked to end the epoch.
pub const END_NOT_ASKED: &str = "还没有人申请结束这一代流水";
/// Who gave out the code lets the terminal in.
pub const OTHER_THAN_ISSUER: &str = "发放登记码的人不能确认同一台终端，请由另一位管理员核对指纹后确认";
/// Who asked does not confirm.
pub const SECOND_PERSON: &str = "申请人不能自己确认";
/// No such fork.
pub const NO_FORK: &str = "没有这一处流水分叉";
/// A reason is missing or too long.
pub const REASON: &str = "请写明原因，1 至 500 字";

/// What the terminal holds now is not known.
pub const SILENT: &str = "终端超过 5 分钟没有联系办公室，手里可能还有没有上传的记录";

/// The terminal said that it has records to send.
#[must_use]
pub fn unsent(count: i64) -> String {
    format!("终端上次联系时还有 {count} 条记录未上传")
}

/// Records of these epochs are known to be missing.
#[must_use]
pub fn incomplete(epochs: &[u32]) -> String {
    let epochs: Vec<String> = epochs.iter().map(ToString::to_string).collect();
    format!("第 {} 代流水还缺记录", epochs.join("、"))
}
