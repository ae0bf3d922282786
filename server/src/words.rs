//! Every Chinese sentence that the server says, in one place.
//!
//! A refusal has a code that never changes, a title and a next step; what is special about the case is its detail.

pub mod attachments;
pub mod audit;
pub mod backup;
pub mod budgets;
pub mod by_hand;
pub mod claims;
pub mod demands;
pub mod doctor;
pub mod draws;
pub mod import;
pub mod moving;
pub mod office;
pub mod pack;
pub mod proposals;
pub mod settlement;
pub mod sign_in;
pub mod terminals;

/// What kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// No such address.
    NotFound,
    /// The address knows no such method.
    MethodNotAllowed,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The body is not readable as what is asked for.
    Malformed,
    /// The body is readable, but something in it cannot be.
    Invalid,
    /// It took too long.
    Timeout,
    /// Too much is going on.
    Busy,
    /// The database does not answer.
    DatabaseAway,
    /// A defect or a database in trouble.
    Internal,
    /// Not signed in, or not any more.
    SignInNeeded,
    /// Name or passphrase is wrong.
    SignInFailed,
    /// Too many failures: wait.
    SignInLocked,
    /// The passphrase is right; the second factor's code is missing.
    CodeNeeded,
    /// The person has to prove once more to be the person.
    StepUpNeeded,
    /// The person has something to do before anything else: another passphrase, a second factor.
    SetupNeeded,
    /// A form that does not come from the program's own page.
    ForeignForm,
    /// The role has no right to do this.
    Forbidden,
    /// The thing lies outside the person's region or canteen.
    OutOfScope,
    /// Headers that sign a request are missing or unreadable.
    SignatureMissing,
    /// The request's signature does not fit.
    SignatureInvalid,
    /// The request's time is too far from the server's.
    ClockOff,
    /// The request was seen before.
    Replayed,
    /// No such terminal.
    TerminalUnknown,
    /// The terminal was revoked.
    TerminalRevoked,
    /// The terminal speaks a later protocol.
    ProtocolUnknown,
    /// The terminal has not been confirmed yet.
    EnrolmentPending,
    /// The fingerprint is not that of the terminal's key.
    FingerprintDiffers,
    /// The terminal still has records to send, or some are known to be missing.
    RecordsUnsent,
    /// The terminal has not been heard for so long that nobody knows what it holds.
    TerminalSilent,
    /// Another person has to do this.
    SecondPerson,
    /// A terminal asks for resident IDs too often.
    LookupLimit,
    /// The enrolment code is wrong, used or too old.
    CodeInvalid,
    /// A batch with too many records or of no records.
    BatchSize,
    /// No such canteen.
    CanteenUnknown,
    /// No such elder.
    ElderUnknown,
    /// The resident ID is registered already.
    ElderExists,
    /// No such card.
    CardUnknown,
    /// The physical card is registered already.
    CardTaken,
    /// The name is taken.
    NameTaken,
    /// The policy is refused.
    PolicyRefused,
    /// No such policy.
    PolicyUnknown,
    /// The calendar file is refused.
    CalendarRefused,
    /// The list cannot be read.
    ImportUnreadable,
    /// The list has rows that cannot be taken, or is not the one that was checked.
    ImportRefused,
    /// What was asked for does not fit the state things are in.
    Conflict,
    /// The first request with the idempotency key is still being worked on.
    KeyUnderWay,
    /// The idempotency key came with another request before.
    KeyReused,
    /// The request with the idempotency key was done; what was answered is not known any more.
    AnswerLost,
}

impl Code {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Malformed,
        Self::Invalid,
        Self::Timeout,
        Self::Busy,
        Self::DatabaseAway,
        Self::Internal,
        Self::SignInNeeded,
        Self::SignInFailed,
        Self::SignInLocked,
        Self::CodeNeeded,
        Self::StepUpNeeded,
        Self::SetupNeeded,
        Self::ForeignForm,
        Self::Forbidden,
        Self::OutOfScope,
        Self::SignatureMissing,
        Self::SignatureInvalid,
        Self::ClockOff,
        Self::Replayed,
        Self::TerminalUnknown,
        Self::TerminalRevoked,
        Self::EnrolmentPending,
        Self::FingerprintDiffers,
        Self::RecordsUnsent,
        Self::TerminalSilent,
        Self::SecondPerson,
        Self::LookupLimit,
        Self::ProtocolUnknown,
        Self::CodeInvalid,
        Self::BatchSize,
        Self::CanteenUnknown,
        Self::ElderUnknown,
        Self::ElderExists,
        Self::CardUnknown,
        Self::CardTaken,
        Self::NameTaken,
        Self::PolicyRefused,
        Self::PolicyUnknown,
        Self::CalendarRefused,
        Self::ImportUnreadable,
        Self::ImportRefused,
        Self::Conflict,
        Self::KeyUnderWay,
        Self::KeyReused,
        Self::AnswerLost,
    ];

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.entry().0
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.entry().1
    }

    /// The title, in Chinese.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.entry().2
    }

    /// What to do next, in Chinese.
    #[must_use]
    pub const fn next_step(self) -> &'static str {
        self.entry().3
    }

    const fn entry(self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::NotFound => (404, "not_found", "没有这个地址", "请核对访问地址"),
            Self::MethodNotAllowed => (405, "method_not_allowed", "此地址不支持这种请求", "请核对请求方法"),
            Self::TooLarge => (413, "too_large", "提交的内容过大", "请分成几次提交"),
            Self::UnsupportedMediaType => (415, "unsupported_media_type", "内容格式不对", "请以 application/json 提交"),
            Self::Malformed => (400, "malformed", "提交的内容无法读取", "请核对内容是否完整、格式是否正确"),
            Self::Invalid => (422, "invalid", "提交的内容有误", "请按提示更正后重新提交"),
            Self::Timeout => (408, "timeout", "处理超时", "请稍后重试；重复提交不会重复入账"),
            Self::Busy => (503, "busy", "系统繁忙", "请稍后重试"),
            Self::DatabaseAway => {
                (503, "database_away", "数据库暂时不可用", "请稍后重试，重复提交不会重复入账；反复出现请联系管理员")
            }
            Self::Internal => (500, "internal", "系统内部错误", "数据未改动，请稍后重试；反复出现请联系管理员"),
            Self::SignInNeeded => (401, "sign_in_needed", "尚未登录或登录已过期", "请重新登录"),
            Self::SignInFailed => (401, "sign_in_failed", "用户名或口令不正确", "请核对后重新输入"),
            Self::SignInLocked => (429, "sign_in_locked", "登录失败次数过多", "请等待后再试，或联系管理员"),
            Self::CodeNeeded => (401, "code_needed", "还需要动态口令", "请连同动态口令重新提交"),
            Self::StepUpNeeded => (403, "step_up_needed", "需要再次验证身份", "请输入口令和动态口令后重试"),
            Self::SetupNeeded => (403, "setup_needed", "登录尚未完成", "请先修改一次性口令或绑定动态口令"),
            Self::ForeignForm => (403, "foreign_form", "请求来源不明", "请从本系统的页面重新操作"),
            Self::Forbidden => (403, "forbidden", "没有此项权限", "请由有权限的人员办理"),
            Self::OutOfScope => (403, "out_of_scope", "不在您的管辖范围内", "请由所属区域的人员办理"),
            Self::SignatureMissing => (401, "signature_missing", "请求没有终端签名", "请使用已登记的终端"),
            Self::SignatureInvalid => {
                (401, "signature_invalid", "终端签名不正确", "请检查终端；如终端曾恢复或更换，请重新登记")
            }
            Self::ClockOff => (401, "clock_off", "终端时间与服务器相差过大", "请校准终端时间后重试"),
            Self::Replayed => (401, "replayed", "此请求已经提交过", "请重新发起请求"),
            Self::TerminalUnknown => (401, "terminal_unknown", "终端未登记", "请用登记码重新登记终端"),
            Self::TerminalRevoked => (403, "terminal_revoked", "终端已停用", "请联系管理员；未上传的记录请勿删除"),
            Self::EnrolmentPending => {
                (403, "enrolment_pending", "终端等待确认", "请管理员核对终端显示的指纹后确认；终端会自动重试")
            }
            Self::FingerprintDiffers => {
                (409, "fingerprint_differs", "指纹不一致", "请逐位核对终端屏幕上的指纹；不一致时不要确认")
            }
            Self::RecordsUnsent => (409, "records_unsent", "终端还有记录未上传", "请让终端联网上传完毕后再办理"),
            Self::TerminalSilent => (
                409,
                "terminal_silent",
                "终端已有一会儿没有联系",
                "请让终端开机联网，几分钟后再办理；开不了机或找不到的请改用“停用终端”",
            ),
            Self::SecondPerson => (403, "second_person", "须由另一人办理", "请由另一位有权限的人员确认"),
            Self::LookupLimit => (429, "lookup_limit", "查询过于频繁", "请稍候再查；可先用卡或人工登记"),
            Self::ProtocolUnknown => (400, "protocol_unknown", "终端程序版本过新", "请先升级服务器"),
            Self::CodeInvalid => (403, "code_invalid", "登记码无效、已使用或已过期", "请向管理员索取新的登记码"),
            Self::BatchSize => (422, "batch_size", "一批记录的数量或大小不符合要求", "请分批上传"),
            Self::CanteenUnknown => (404, "canteen_unknown", "没有这个食堂", "请核对食堂编号"),
            Self::ElderUnknown => (404, "elder_unknown", "没有这位老人", "请核对老人编号"),
            Self::ElderExists => (409, "elder_exists", "此身份证号已登记", "请查找已有的登记并在其上更正"),
            Self::CardUnknown => (404, "card_unknown", "没有这张卡", "请核对卡号"),
            Self::CardTaken => (409, "card_taken", "此卡已登记过", "请核对卡片；如登记在他人名下，请先查明"),
            Self::NameTaken => (409, "name_taken", "名称已被使用", "请换一个名称"),
            Self::PolicyRefused => (422, "policy_refused", "政策文件未被接受", "请按提示修改政策文件后重新公布"),
            Self::PolicyUnknown => (404, "policy_unknown", "没有这个政策版本", "请核对政策编号和版本"),
            Self::CalendarRefused => (422, "calendar_refused", "日历文件未被接受", "请按提示修改日历文件后重新提交"),
            Self::ImportUnreadable => (422, "import_unreadable", "名单无法读取", "请按提示处理文件后重新提交"),
            Self::ImportRefused => (409, "import_refused", "名单未导入", "请重新试导入，按问题清单更正后再导入"),
            Self::Conflict => (409, "conflict", "与当前状态不符", "请刷新后再办理"),
            Self::KeyUnderWay => (409, "key_under_way", "同一请求正在办理", "请稍后以同一 Idempotency-Key 重试"),
            Self::KeyReused => (422, "key_reused", "请求标识重复", "内容不同的请求请换一个 Idempotency-Key"),
            Self::AnswerLost => (409, "answer_lost", "已经办理，答复未留存", "请查询当前状态，勿重复办理"),
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

use crate::people::Role;

/// Nobody may wait in a queue without end.
pub const BUSY: &str = "正在处理的请求过多";
/// Rows that another piece of work holds.
pub const HELD: &str = "要改的数据正被另一项较长的工作（如导入名单）占用；请一分钟后重试";
/// The database was stopped, is being started, or has no connection left.
pub const DATABASE_AWAY: &str = "数据库没有应答：可能正在重启或切换，或请求过多";
/// A place outside the person's own.
pub const OUT_OF_SCOPE: &str = "所办事项不在本人管辖的区域或食堂之内";

/// What a role is called.
#[must_use]
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::CanteenManager => "食堂负责人",
        Role::CardIssuer => "发卡员",
        Role::PolicyEditor => "政策管理员",
        Role::FinanceMaker => "财务经办",
        Role::FinanceChecker => "财务复核",
        Role::Auditor => "审计",
        Role::Administrator => "系统管理员",
    }
}

/// The person's role has no such right.
#[must_use]
pub fn no_right(of: Role) -> String {
    format!("“{}”没有办理此事项的权限", role(of))
}

/// Details of refusals when something is registered.
pub mod register {
    /// A name is empty, too long or has characters that cannot be printed.
    pub const NAME: &str = "名称应为 1 至 60 个可打印的字符";
    /// A text is too long or has characters that cannot be printed.
    pub const TEXT: &str = "文字应不超过 200 个可打印的字符";
    /// A telephone number.
    pub const PHONE: &str = "电话号码应为 5 至 20 位数字，可含“-”";
    /// A unified social credit code.
    pub const CREDIT_CODE: &str = "统一社会信用代码应为 18 位且校验码相符";
    /// A bank account.
    pub const ACCOUNT: &str = "银行账号应为 8 至 30 位数字";
    /// A list price.
    pub const PRICE: &str = "餐价应大于 0 且不超过 1000 元";
    /// A PIN.
    pub const PIN: &str = "收银员 PIN 应为 4 至 12 位数字";
    /// A passphrase.
    pub const PASSPHRASE: &str = "口令应为 10 至 200 个字符";
    /// A resident ID.
    pub const RESIDENT_ID: &str = "身份证号码不正确，请核对每一位数字";
    /// A category's level.
    pub const CATEGORY: &str = "人员类别名称或等级不正确";
    /// A quantified grade, risk level or number of stars.
    pub const STANDING: &str = "食品安全等级或星级不在允许的取值之内";
    /// A physical card's number.
    pub const CHIP: &str = "卡片芯片号应为 8 至 20 位十六进制数字，且不全为 0 或 F";
    /// The physical card is registered already.
    pub const CHIP_TAKEN: &str = "系统中已有此芯片号的登记";
    /// No such card.
    pub const NO_CARD: &str = "这位老人名下没有这张卡";
    /// A card's last day.
    pub const CARD_UNTIL: &str = "卡的有效期不能早于今天";
    /// Nobody waits for a card.
    pub const NOBODY_WAITS: &str = "没有需要发卡的老人";
    /// The same elder twice, or too many.
    pub const CARDS_COUNT: &str = "每次最多发 600 张卡，同一位老人只能列一次";
    /// More cards than one person issues.
    pub const SINGLE_CARDS_NEED_TWO: &str = "同一人一天最多逐张发 50 张卡，其余请按批提出，由另一人同意后打印";
    /// More cards are printed than one person prints alone.
    pub const CARDS_NEED_TWO: &str = "同一人一天发卡合计超过 10 张的，须先提出，由另一人同意后再打印";
    /// More physical cards than one person registers.
    pub const CHIPS_ALONE: &str = "同一人一天最多登记 50 张实体卡，其余请由另一位有权限的人员登记";
    /// No such batch.
    pub const NO_BATCH: &str = "没有这批卡";
    /// The batch was printed.
    pub const BATCH_PRINTED: &str = "这批卡没有获得同意，或者已经打印；卡号只出现一次，遗失的卡请重新提出";
    /// Nobody of the batch is to get a card any more.
    pub const BATCH_NOBODY: &str = "名单上的老人都已另发新卡或已去世，没有要打印的卡";
    /// While the sheet was drawn, somebody on the list got a card or was reported dead.
    pub const BATCH_CHANGED: &str = "打印时名单上有老人另发了新卡或被登记为去世；请再打印一次";
    /// The batch was decided.
    pub const BATCH_DECIDED: &str = "这批卡已有决定";
    /// Whoever proposed decides.
    pub const BATCH_SECOND: &str = "提出人不能同意自己提出的发卡";
    /// Across the top of a card.
    pub const CARD_TITLE: &str = "长者助餐卡";
    /// On the card of an elder without a canteen.
    pub const NO_PHONE: &str = "见社区公告栏";
    /// A photo's bytes.
    pub const PHOTO_SIZE: &str = "照片应不超过 200 KB";
    /// A photo's kind.
    pub const PHOTO_KIND: &str = "照片应为完整的 JPEG 或 PNG 图片";
    /// A photo's sides.
    pub const PHOTO_SIDES: &str = "照片每边应为 60 至 2000 像素";
    /// No photo.
    pub const NO_PHOTO: &str = "这位老人没有照片";
    /// How long terminals serve offline.
    pub const OFFLINE: &str = "离线时限应在 1 小时至 366 天之间，且停补贴时限不早于提醒时限";
    /// A tag.
    pub const TAGS: &str = "标签应为 1 至 40 个可打印的字符";
    /// Who runs one canteen needs one.
    pub const MANAGER: &str = "食堂负责人须指定一个食堂，其他角色不得指定食堂";
    /// A manager's canteen lies elsewhere.
    pub const MANAGER_OUTSIDE: &str = "所指定的食堂不在此人员的管辖区域之内";
    /// The calendar is one for everybody.
    pub const CALENDAR_FOR_ALL: &str = "日历通用于全部区域，须由管辖全部已登记区域的人员提出和批准";
    /// The name is taken.
    pub const NAME_TAKEN: &str = "同名已存在";
    /// The resident ID is registered already.
    pub const ELDER_EXISTS: &str = "系统中已有此身份证号的登记";
    /// An id to register under that is somebody's, or that no stored meal names.
    pub const NO_SUCH_MEALS: &str = "这个编号下没有查无此人的用餐，或编号已有人使用";
    /// A person of another age than the meals of an id say.
    pub const OTHER_AGE: &str = "与终端记录的年龄不符，不是同一位老人";
    /// A correction without a reason.
    pub const CORRECTION_REASON: &str = "请写明更正的理由（1 至 200 个可打印的字符）";
    /// A correction of nothing.
    pub const CORRECTS_NOTHING: &str = "没有与现有登记不同的内容";
    /// The registration is not the one that was to be corrected.
    pub const CHANGED_MEANWHILE: &str = "这份登记在此期间已被改动，请重新查看后再更正";
    /// No such canteen.
    pub const NO_CANTEEN: &str = "食堂编号不存在";
    /// No such elder.
    pub const NO_ELDER: &str = "老人编号不存在";
    /// No such terminal.
    pub const NO_TERMINAL: &str = "终端编号不存在";
    /// The calendar is empty.
    pub const CALENDAR_EMPTY: &str = "日历没有任何节假日安排";
    /// No such version of the calendar.
    pub const NO_CALENDAR: &str = "没有这一版日历";
    /// What to do about a year without a calendar.
    pub const CALENDAR_NEXT_STEP: &str =
        "请按国务院办公厅公布的放假安排做成日历文件，用 zhucan calendar import 或在办公端上传";

    /// A card that cannot be printed.
    #[must_use]
    pub fn unprintable(why: &str) -> String {
        format!("卡面印不出来，没有发卡：{why}")
    }

    /// A calendar file is refused at a line.
    #[must_use]
    pub fn calendar(file: &str, at_line: &str) -> String {
        format!("{file} {at_line}")
    }

    /// A year without a calendar.
    #[must_use]
    pub fn calendar_missing(year: i16) -> String {
        format!("系统中还没有 {year} 年的法定节假日安排，届时按工作日计的补贴不会发放")
    }
}

/// Name or passphrase is wrong; which of them is not said.
pub const SIGN_IN_FAILED: &str = "用户名或口令不正确";
/// No session, or it has run out.
pub const SIGN_IN_NEEDED: &str = "请求没有有效的登录凭证";
/// The terminal was taken out of service.
pub const TERMINAL_REVOKED: &str = "此终端已被停用";
/// Nobody has compared the fingerprint yet.
pub const ENROLMENT_PENDING: &str = "登记已收到，管理员尚未核对指纹";
/// Signed before this server was started.
pub const BEFORE_START: &str = "请求签署于服务器启动之前";
/// A terminal asks for resident IDs too often.
pub const LOOKUP_LIMIT: &str = "每台终端每分钟最多查询 60 次身份证号";
/// The body of a question for a resident ID; what it holds is not repeated.
pub const LOOKUP_BODY: &str = "查询内容无法读取";
/// The code is unknown, used or too old.
pub const CODE_INVALID: &str = "登记码应在 10 分钟内使用，且只能使用一次";

/// Sign-in is locked for so many seconds.
#[must_use]
pub fn locked(seconds: i64) -> String {
    // A lock of years is nobody's who waits for it.
    if seconds > 366 * 24 * 60 * 60 {
        return "此账号已被锁定，请与系统管理员联系".to_owned();
    }
    format!("请在 {seconds} 秒后再试")
}

/// A request took too long.
pub const TIMEOUT: &str = "请求未能在规定时间内完成";
/// A defect or a database in trouble; what exactly stands in the log.
pub const INTERNAL: &str = "请求未能完成，详情见服务器日志";
/// A terminal tells back more heads of the audit chain than it keeps.
pub const TOO_MANY_WITNESSES: &str = "审计见证过多";
/// The body broke off.
pub const TRUNCATED: &str = "提交的内容不完整";
/// Headers of a signed request.
pub const SIGNATURE_HEADERS: &str = "缺少终端签名的请求头，或其格式不正确";
/// The signature is not of the terminal's key.
pub const SIGNATURE_INVALID: &str = "签名与终端登记的密钥不符";
/// No such terminal.
pub const TERMINAL_UNKNOWN: &str = "服务器上没有此终端的登记";
/// The request was seen before.
pub const REPLAYED: &str = "同一请求编号已被使用";
/// No such version of a policy.
pub const NO_POLICY: &str = "没有公布过这个政策版本";

/// The body is not what is asked for; the reader's own word says where.
#[must_use]
pub fn json(reason: &str) -> String {
    format!("内容无法读取：{reason}")
}

/// A page's form is not what is asked for.
#[must_use]
pub fn form(reason: &str) -> String {
    format!("表单内容无法读取：{reason}")
}

/// A cursor that no page named.
pub const CURSOR: &str = "翻页位置不正确，请从第一页开始";
/// A text with a character that can neither be kept nor printed.
pub const NUL: &str = "文字中含有空字符（NUL），无法保存";
/// An idempotency key that is none.
pub const KEY: &str = "Idempotency-Key 应为 1 至 200 个可见的 ASCII 字符";
/// The first request with the key is still being worked on.
pub const KEY_UNDER_WAY: &str = "同一 Idempotency-Key 的请求正在办理";
/// The key came with another request before.
pub const KEY_REUSED: &str = "此 Idempotency-Key 已用于另一个请求";
/// It was done, and what was answered is not known any more.
pub const ANSWER_LOST: &str = "此请求已经办理，但当时的答复没有留存";

/// No network of addresses.
#[must_use]
pub fn not_a_network(text: &str) -> String {
    format!("“{text}”不是网段或地址；例如 10.0.0.0/8、127.0.0.1、fd00::/8")
}

/// The address or its query is not what is asked for.
#[must_use]
pub fn address(reason: &str) -> String {
    format!("访问地址中的参数不正确：{reason}")
}

/// The terminal's clock and the server's.
#[must_use]
pub fn clock_off(terminal: domain::calendar::UnixMs, server: domain::calendar::UnixMs) -> String {
    let shown = |at: domain::calendar::UnixMs| format!("{} {}", at.local_date(), at.local_clock());
    format!("终端时间 {}，服务器时间 {}", shown(terminal), shown(server))
}

/// The terminal speaks another protocol.
#[must_use]
pub fn protocol(version: u16) -> String {
    format!("终端使用的通信协议版本为 {version}，服务器支持 {}", domain::sync::PROTOCOL)
}

/// A batch with too many records or too many bytes.
#[must_use]
pub fn batch(records: usize, bytes: usize) -> String {
    format!(
        "本批 {records} 条、{bytes} 字节；每批最多 {} 条、{} 字节",
        domain::sync::MAX_BATCH_RECORDS,
        domain::sync::MAX_BATCH_BYTES
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_list_and_has_a_name_of_its_own() {
        let entries = include_str!("words.rs")
            .lines()
            .filter(|line| line.starts_with("            Self::") && line.contains(" => "));
        assert_eq!(entries.count(), Code::ALL.len());
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
