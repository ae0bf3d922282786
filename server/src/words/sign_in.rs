//! What is said when people sign in.

/// Who issues one-time codes, as authenticator apps show it.
pub const ISSUER: &str = "助餐";
/// The second factor is asked for.
pub const CODE: &str = "请输入动态口令（身份验证器上的 6 位数字）；手机不在身边时可用恢复码";
/// Proof is needed once more.
pub const STEP_UP: &str = "涉及资金的操作，须在 5 分钟内重新验证口令和动态口令";
/// The passphrase was given by somebody else.
pub const MUST_PASSPHRASE: &str = "当前为一次性口令，须先改为自己的口令";
/// The role needs a second factor.
pub const MUST_TOTP: &str = "此角色须先绑定动态口令";
/// The new passphrase is the old one.
pub const SAME_PASSPHRASE: &str = "新口令不得与原口令相同";
/// There is no second factor that waits for its first code.
pub const NO_NEW_TOTP: &str = "没有待确认的动态口令，请重新开始绑定";
/// A form without the page's own token, or from another page.
pub const CSRF: &str = "请求不是从本系统的页面发出的";
/// One's own account.
pub const NOT_ONESELF: &str = "不能重置或停用本人，请由另一位管理员办理";
/// One administrator alone does not let people into the money's seats.
pub const TAKES_TWO: &str = "此角色的邀请、重置和调动须由一位管理员提出、另一位管理员批准";
/// No such person.
pub const NO_PERSON: &str = "没有这个人员";
/// The person left.
pub const LEFT: &str = "此人员已停用";
/// Somebody at the office's own computer locked the account.
pub const LOCKED_HERE: &str = "此账号是在服务器上用命令锁定的，须先用 zhucan user unlock 解锁";
/// A demonstration is only made of an empty database.
pub const NOT_EMPTY: &str = "只有没有任何人员的新数据库才能作为演示";
