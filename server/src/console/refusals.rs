//! Refusals in English: what acts say in Chinese, for a page that is read in English.
//!
//! The acts know one language; this is the page's. A detail that holds a name or a date of ours stays as it is: the
//! title and the next step tell the rest.

use super::lang::Lang;
use crate::words::Code;

/// A refusal's title.
pub(crate) const fn title(code: Code, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => code.title(),
        Lang::En => english(code).0,
    }
}

/// What to do next.
pub(crate) const fn next_step(code: Code, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => code.next_step(),
        Lang::En => english(code).1,
    }
}

/// What exactly is wrong.
pub(crate) fn detail(said: &str, lang: Lang) -> String {
    if lang == Lang::Zh {
        return said.to_owned();
    }
    if let Some(code) = Code::ALL.iter().find(|code| code.title() == said) {
        return english(*code).0.to_owned();
    }
    DETAILS.iter().find_map(|(zh, en)| filled(zh, en, said)).unwrap_or_else(|| said.to_owned())
}

/// The English text, if `said` is the Chinese one with its places filled in by numbers or plain letters.
fn filled(zh: &str, en: &str, said: &str) -> Option<String> {
    let mut parts = zh.split("{}");
    let mut rest = said.strip_prefix(parts.next()?)?;
    let mut text = en.to_owned();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let end = if part.is_empty() && parts.peek().is_none() { rest.len() } else { rest.find(part)? };
        let (value, behind) = rest.split_at(end);
        if !value.is_ascii() {
            return None;
        }
        text = text.replacen("{}", value, 1);
        rest = behind.strip_prefix(part)?;
    }
    rest.is_empty().then_some(text)
}

/// Title and next step.
const fn english(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::NotFound => ("There is no such thing", "Check the address, or go back to the list."),
        Code::MethodNotAllowed => ("This address takes no such request", "Use the page's own buttons."),
        Code::TooLarge => ("What was sent is too large", "Send it in parts."),
        Code::UnsupportedMediaType => ("What was sent has another format", "Use the page's own form."),
        Code::Malformed => ("What was sent cannot be read", "Check that it is whole and in the right form."),
        Code::Invalid => ("Something in it is not right", "Correct it and send it again."),
        Code::Timeout => ("It took too long", "Try again later; nothing is entered twice."),
        Code::Busy => ("The office is busy", "Try again later."),
        Code::DatabaseAway => ("The database is away", "Try again later; if it goes on, call the administrator."),
        Code::Internal => ("Something went wrong inside", "Try again later; if it goes on, call the administrator."),
        Code::SignInNeeded => ("Not signed in, or the session has ended", "Sign in again."),
        Code::SignInFailed => ("Name or passphrase is wrong", "Check both and try again."),
        Code::SignInLocked => ("Too many failed sign-ins", "Wait, or call the administrator."),
        Code::CodeNeeded => ("The one-time code is needed too", "Send it together with the passphrase."),
        Code::StepUpNeeded => ("Prove once more who you are", "Give passphrase and one-time code, then go on."),
        Code::SetupNeeded => ("Signing in is not finished", "Choose a passphrase or take up a second factor first."),
        Code::ForeignForm => ("The form is not one of ours", "Do it again from a page of this office."),
        Code::Forbidden => ("You have no right to do this", "Ask somebody who has."),
        Code::OutOfScope => ("Outside your region or canteen", "Ask somebody of that place."),
        Code::SignatureMissing => ("The terminal's signature is missing", "Use a terminal that was let in."),
        Code::SignatureInvalid => {
            ("The terminal's signature is wrong", "Look at the terminal; if it was replaced, enrol it.")
        }
        Code::ClockOff => ("The terminal's clock is wrong", "Set it right and try again."),
        Code::Replayed => ("This request was sent before", "Begin it anew."),
        Code::TerminalUnknown => ("The terminal is not known", "Enrol it with a code."),
        Code::TerminalRevoked => ("The terminal is out of service", "Call the administrator; keep what was not sent."),
        Code::EnrolmentPending => ("The terminal waits to be let in", "An administrator compares the fingerprint."),
        Code::FingerprintDiffers => {
            ("The fingerprints differ", "Compare digit by digit; do not let it in if they differ.")
        }
        Code::RecordsUnsent => ("The terminal has records to send", "Let it send them first."),
        Code::SecondPerson => ("Another person has to do this", "Ask another one who has the right."),
        Code::LookupLimit => ("Too many questions", "Wait a little; use the card or enter by hand."),
        Code::ProtocolUnknown => ("The terminal's program is newer", "Bring the server up to date first."),
        Code::CodeInvalid => ("The code is unknown, used or too old", "Ask the administrator for another one."),
        Code::BatchSize => ("A batch of the wrong size", "Send it in parts."),
        Code::CanteenUnknown => ("There is no such canteen", "Check its number."),
        Code::ElderUnknown => ("There is no such elder", "Check the number."),
        Code::ElderExists => ("This resident ID is registered", "Find the elder and correct the entry."),
        Code::CardUnknown => ("There is no such card", "Check its number."),
        Code::CardTaken => {
            ("The card is registered already", "Check the card; if it is somebody else's, find out why.")
        }
        Code::NameTaken => ("The name is taken", "Choose another one."),
        Code::PolicyRefused => ("The policy file was not accepted", "Change the file as told and propose it again."),
        Code::PolicyUnknown => ("There is no such version", "Check the policy's id and version."),
        Code::CalendarRefused => ("The calendar was not accepted", "Change the file as told and send it again."),
        Code::ImportUnreadable => ("The list cannot be read", "Mend the file as told and bring it again."),
        Code::ImportRefused => ("The list was not taken over", "Check it again and mend what is listed."),
        Code::Conflict => ("It does not fit what is there now", "Reload the page and look again."),
        Code::KeyUnderWay => ("The same request is being worked on", "Try again later with the same key."),
        Code::KeyReused => ("The request's key was used before", "Use another key for another request."),
        Code::AnswerLost => ("It was done; the answer was not kept", "Look at how it stands; do not do it again."),
    }
}

/// Details by their Chinese, `{}` for a number or an id.
const DETAILS: &[(&str, &str)] = &[
    // Registering
    ("名称应为 1 至 60 个可打印的字符", "A name has 1 to 60 printable characters."),
    ("文字应不超过 200 个可打印的字符", "A text has at most 200 printable characters."),
    ("电话号码应为 5 至 20 位数字，可含“-”", "A telephone number has 5 to 20 digits; hyphens may stand between them."),
    (
        "统一社会信用代码应为 18 位且校验码相符",
        "A unified social credit code has 18 characters and a check character that fits.",
    ),
    ("银行账号应为 8 至 30 位数字", "A bank account has 8 to 30 digits."),
    ("餐价应大于 0 且不超过 1000 元", "A price is above 0 and at most 1,000 yuan."),
    ("收银员 PIN 应为 4 至 12 位数字", "A cashier's PIN has 4 to 12 digits."),
    ("口令应为 10 至 200 个字符", "A passphrase has 10 to 200 characters."),
    ("身份证号码不正确，请核对每一位数字", "The resident ID is not right: compare every digit."),
    ("人员类别名称或等级不正确", "There is no such category or level."),
    ("食品安全等级或星级不在允许的取值之内", "There is no such food-safety grade or number of stars."),
    (
        "卡片芯片号应为 8 至 20 位十六进制数字，且不全为 0 或 F",
        "A chip's number has 8 to 20 hex digits, not all 0 or F.",
    ),
    ("系统中已有此芯片号的登记", "This chip is registered already."),
    ("这位老人名下没有这张卡", "The elder has no such card."),
    ("卡的有效期不能早于今天", "A card's last day cannot be over."),
    ("没有需要发卡的老人", "Nobody waits for a card."),
    ("每次最多发 600 张卡，同一位老人只能列一次", "At most 600 cards at a time, every elder once."),
    (
        "同一人一天成批发卡合计超过 10 张的，须先提出，由另一人同意后再打印",
        "More than 10 cards by the sheet a person and day are proposed first and printed when another person has agreed.",
    ),
    ("没有这批卡", "There is no such batch of cards."),
    (
        "这批卡没有获得同意，或者已经打印；卡号只出现一次，遗失的卡请重新提出",
        "The batch was not agreed to, or was printed: numbers are shown once. Propose lost cards again.",
    ),
    ("这批卡已有决定", "The batch was decided already."),
    ("提出人不能同意自己提出的发卡", "Who proposed the cards does not agree to them."),
    ("照片应不超过 200 KB", "A photo has at most 200 KB."),
    ("照片应为完整的 JPEG 或 PNG 图片", "A photo is a whole JPEG or PNG."),
    ("照片每边应为 60 至 2000 像素", "A photo's sides have 60 to 2,000 pixels."),
    ("这位老人没有照片", "There is no photo of this elder."),
    (
        "离线时限应在 1 小时至 366 天之间，且停补贴时限不早于提醒时限",
        "Limits of being offline lie between 1 hour and 366 days; subsidies do not stop before the reminder.",
    ),
    ("标签应为 1 至 40 个可打印的字符", "A tag has 1 to 40 printable characters."),
    ("所指定的食堂不在此人员的管辖区域之内", "That canteen is not inside the person's region."),
    (
        "日历通用于全部区域，须由管辖全部已登记区域的人员提出和批准",
        "The calendar is one for all regions: who proposes and approves it works for every registered one.",
    ),
    (
        "此角色的邀请、重置和调动须由一位管理员提出、另一位管理员批准",
        "Inviting, resetting or moving somebody in this role takes two administrators: one proposes, another approves.",
    ),
    ("食堂负责人须指定一个食堂，其他角色不得指定食堂", "A canteen's manager needs a canteen; nobody else has one."),
    ("同名已存在", "The name is there already."),
    ("系统中已有此身份证号的登记", "This resident ID is registered already."),
    ("食堂编号不存在", "There is no canteen of that number."),
    ("老人编号不存在", "There is no elder of that number."),
    ("终端编号不存在", "There is no terminal of that number."),
    ("日历没有任何节假日安排", "The calendar names no holiday."),
    ("没有这一版日历", "There is no such version of the calendar."),
    // What was typed
    ("日期请写成 2026-03-01 的样子", "Write dates as 2026-03-01."),
    ("金额请以元填写，最多两位小数，如 18.00", "Write amounts in yuan with at most two decimals, such as 18.00."),
    ("请填写整数", "Write a whole number."),
    ("请从列表中选择", "Choose from the list."),
    ("区划代码应为 2 至 12 位数字", "A region's code has 2 to 12 digits."),
    ("请选择要上传的文件", "Choose a file."),
    ("本区域没有登记这个号码", "Nobody here has that number."),
    ("请填写 18 位身份证号或卡号", "Write a resident ID of 18 digits, or a card's number."),
    ("文字中含有空字符（NUL），无法保存", "The text holds a character (NUL) that cannot be kept."),
    ("翻页位置不正确，请从第一页开始", "There is no such page: begin with the first one."),
    ("提交的内容不完整", "What was sent broke off."),
    ("内容无法读取：{}", "It cannot be read: {}"),
    ("表单内容无法读取：{}", "The form cannot be read: {}"),
    ("访问地址中的参数不正确：{}", "Something in the address is not right: {}"),
    ("没有公布过这个政策版本", "No such version was announced."),
    ("请求未能在规定时间内完成", "It was not done in time."),
    ("请求未能完成，详情见服务器日志", "It was not done; the server's log says why."),
    ("正在处理的请求过多", "Too many requests are being worked on."),
    (
        "数据库没有应答：可能正在重启或切换，或请求过多",
        "The database does not answer: it may be starting anew, or have too much to do.",
    ),
    ("所办事项不在本人管辖的区域或食堂之内", "It lies outside your region or canteen."),
    ("用户名或口令不正确", "Name or passphrase is wrong."),
    ("请求没有有效的登录凭证", "The session is unknown or over."),
    ("请在 {} 秒后再试", "Try again in {} seconds."),
    ("“食堂负责人”没有办理此事项的权限", "A canteen's manager has no right to do this."),
    ("“发卡员”没有办理此事项的权限", "A card issuer has no right to do this."),
    ("“政策管理员”没有办理此事项的权限", "A policy editor has no right to do this."),
    ("“财务经办”没有办理此事项的权限", "A finance maker has no right to do this."),
    ("“财务复核”没有办理此事项的权限", "A finance checker has no right to do this."),
    ("“审计”没有办理此事项的权限", "An auditor has no right to do this."),
    ("“系统管理员”没有办理此事项的权限", "An administrator has no right to do this."),
    // Signing in
    (
        "请输入动态口令（身份验证器上的 6 位数字）；手机不在身边时可用恢复码",
        "Give the one-time code (six digits), or a recovery code.",
    ),
    (
        "涉及资金的操作，须在 5 分钟内重新验证口令和动态口令",
        "Money moves only within five minutes of proof by passphrase and one-time code.",
    ),
    ("当前为一次性口令，须先改为自己的口令", "This is a one-time passphrase: choose your own first."),
    ("此角色须先绑定动态口令", "This role takes up a second factor first."),
    ("新口令不得与原口令相同", "The new passphrase is the old one."),
    ("没有待确认的动态口令，请重新开始绑定", "No second factor waits for its code: begin again."),
    ("请求不是从本系统的页面发出的", "It was not sent from a page of this office."),
    ("不能重置或停用本人，请由另一位管理员办理", "Nobody resets or ends the own account: ask another administrator."),
    ("没有这个人员", "There is no such person."),
    ("此人员已停用", "This person has left."),
    // Terminals
    ("所填指纹与此终端的密钥不符", "The fingerprint is not that of the terminal's key."),
    ("此终端没有这一代流水", "The terminal has no such epoch."),
    ("这一代流水已经结束", "The epoch was ended already."),
    ("还没有人申请结束这一代流水", "Nobody has asked to end the epoch."),
    (
        "发放登记码的人不能确认同一台终端，请由另一位管理员核对指纹后确认",
        "Who gave out the code does not let the terminal in: another administrator compares the fingerprint.",
    ),
    ("申请人不能自己确认", "Who asked does not confirm."),
    ("没有这一处流水分叉", "There is no such fork."),
    ("请写明原因，1 至 500 字", "Give a reason of 1 to 500 characters."),
    ("终端上次联系时还有 {} 条记录未上传", "When it was last heard the terminal had {} records to send."),
    ("此终端已被停用", "The terminal is out of service."),
    ("登记已收到，管理员尚未核对指纹", "The enrolment waits for an administrator to compare the fingerprint."),
    ("登记码应在 10 分钟内使用，且只能使用一次", "A code is good for ten minutes, and once."),
    // Proposals
    ("没有这个待审事项", "There is no such proposal."),
    ("此事项已有决定", "It was decided already."),
    ("所批摘要与待审内容不符，请重新查看内容后再批", "What was shown is not what is proposed: look at it again."),
    ("提出人不能批准自己提出的事项", "Who proposed it does not approve it."),
    ("此事项没有隐去的内容", "Nothing in it is hidden."),
    // Draws
    ("没有这次抽查", "There is no such draw."),
    (
        "种子的公布日必须晚于今天：方案公布在先，种子产生在后",
        "The day of the seed lies ahead: the draw is announced before the seed is known.",
    ),
    ("种子要到方案写明的公布日才产生，请届时再填", "The seed is not out before the day that was announced."),
    ("种子应为 1 至 100 个可打印的字符，不含“|”", "A seed has 1 to 100 printable characters, without \"|\"."),
    ("抽取家数应在 1 与名单家数之间", "Between one canteen and all on the list are drawn."),
    (
        "每家检查人数不能超过检查人员名单；没有名单时填 0",
        "No more inspectors a canteen than are on the list; 0 without a list.",
    ),
    ("这次抽查已经抽取，结果不能更改", "It was drawn; the result stands."),
    ("这家食堂不在本次抽中名单内", "This canteen was not drawn."),
    ("这家食堂的检查结果已登记，不能更改", "This canteen's result is written down and stands."),
    ("检查结果应为良好、一般或较差", "A result is good, fair or poor."),
    ("检查日期应在抽取之日与今天之间", "An inspection lies between the draw and today."),
    // Findings
    (
        "没有这条差异，可能已在重新日清后消失",
        "There is no such finding; it may be gone since the day was closed again.",
    ),
    (
        "请选择：指派（须写明承办人和期限）、答复、说明成立、确认差异或结案",
        "Choose: assign (to whom, until when), answer, explain, confirm or close.",
    ),
    ("由食堂或经办人员答复", "The canteen or the maker answers."),
    ("有阈值超出允许的范围，请核对后再保存", "A threshold lies outside what is allowed."),
    ("没有登记 {} 这个区划", "The region {} is not registered."),
    ("没有这笔暂缓的款项，可能已经解除", "No such money is held; it may have been released."),
    ("这条差异已经结案，不能再办理", "The finding is closed."),
    ("这条差异还没有裁定，请先裁定再结案", "The finding is ruled before it is closed."),
    ("裁定的人不能结案，请由另一位人员办理", "Who ruled does not close: ask another person."),
    ("请选择文件", "Choose a file."),
    ("附件应不超过 5 MB", "A file has at most 5 MB."),
    ("附件应为完整的 JPEG、PNG 图片或 PDF", "A file is a whole JPEG, PNG or PDF."),
    ("文件名应为 1 至 100 个可打印的字符", "A file's name has 1 to 100 printable characters."),
    ("每条最多 6 个附件", "There are six files already, and no more than six."),
    ("这个文件已经上传过", "This very file is there already."),
    ("没有这个附件", "There is no such file."),
    // The month
    ("由经办人员办理", "The maker does this."),
    ("由复核人员办理", "The checker does this."),
    (
        "起草或提交的人不能审批，请由另一位复核人员办理",
        "Who drafted or submitted does not approve: ask another checker.",
    ),
    ("结算单在您查看之后有变动，请重新查看后再审批", "The statements changed since you looked: look again."),
    ("还有未日清的日子或未裁定的阻断差异", "Days are not closed, or findings that block are not decided."),
    ("刚刚有人办理了本月结算，请刷新后再看", "Somebody has just worked on this month: reload the page."),
    ("本月还没有公示，请先公示", "The month was not published yet."),
    ("本次应付为零，不需要拨付", "Nothing is to be paid."),
    ("有异议还没有处理，请先处理", "An objection waits to be decided."),
    ("异议成立，这张结算单暂不拨付", "An objection stands: the statement is not paid for now."),
    (
        "须由另一人办理：送银行与登记到账、登记异议与处理异议不能是同一人",
        "Another person does this: not who sent the money or noted the objection.",
    ),
    ("还有 {} 张结算单没有办完拨付", "{} statements are not paid yet."),
    ("公示天数应在 {} 至 {} 天之间", "A month is published for {} to {} days."),
    ("这张结算单已被新的一版替换，请查看最新一版", "A newer version replaced this statement."),
    ("没有这条异议", "There is no such objection."),
    ("这条异议已由别人处理，请刷新", "Somebody has decided the objection: reload the page."),
    ("没有这张结算单", "There is no such statement."),
    ("这一版已被替换，现为第 {} 版", "This version was replaced by version {}."),
    ("{} 没有由其结算的食堂", "{} settles no canteen."),
    // Cards of a batch.
    (
        "名单上的老人都已另发新卡或已去世，没有要打印的卡",
        "Everybody on the list has a newer card or has died: there is no card to print.",
    ),
    (
        "打印时名单上有老人另发了新卡或被登记为去世；请再打印一次",
        "While it was printed, somebody on the list got a newer card or was registered as dead: print it again.",
    ),
    (
        "有打印不出来的字符（如表情符号），请改写",
        "It has characters that cannot be printed, such as emoji: write it in other words.",
    ),
    // Budgets.
    (
        "区划代码与出资方不符：省 2 位、市 4 位、区 6 位、镇 9 位、村 12 位；基金填政策的第一个区域",
        "The code does not fit the payer: province 2, city 4, district 6, town 9, village 12 digits; for a fund the policy's first region.",
    ),
    ("预算金额不能为负数", "A budget is not negative."),
    ("预算年度应为四位数字，如 2026", "The year of a budget has four digits, for example 2026."),
    ("没有这样的出资方", "There is no such payer."),
    ("没有登记这个区域", "This region is not registered."),
    // Closed canteens and demands.
    ("没有这张追缴通知", "There is no such demand."),
    ("这家食堂已登记停办", "This canteen is registered as closed already."),
    (
        "最后供餐日不能晚于今天：停办之后再登记",
        "The last day of service is not in the future: register it when the canteen is closed.",
    ),
    (
        "还有终端在用：请先让终端传完记录并退役，再登记停办",
        "A terminal is still in use: let it send its records and retire it, then register the closure.",
    ),
    ("这家食堂已停办，不能再登记终端", "This canteen is closed: no terminal can be added."),
    (
        "食堂没有停办：负数余额结转下月，从以后的补贴中扣回",
        "The canteen is not closed: a negative balance is carried and taken from later subsidies.",
    ),
    ("结算单还没有审批，余额还会变", "The statement is not approved: its balance may change."),
    (
        "之后的月份已经起草，余额已结转过去：请在那个月审批后按那张结算单追缴",
        "A later month is drafted and has taken the balance over: demand it with that month's statement when it is approved.",
    ),
    ("这张结算单的余额已经追缴", "The balance of this statement is demanded already."),
    (
        "这张结算单没有结转的负数余额，不需要追缴",
        "This statement carries no negative balance: there is nothing to demand.",
    ),
    (
        "追缴内容与结算单结转的余额不符，请撤回后重新提出",
        "The demand is not the balance that the statement carries: withdraw it and propose it again.",
    ),
    ("缴款期限不能早于今天", "The day it is due is not in the past."),
    ("提出追缴的人不能登记到账，须由另一人登记", "Another person notes the receipt: not who proposed the demand."),
    ("到账日期不能晚于今天", "The day of a receipt is not in the future."),
    ("到账金额应大于零", "What was received is more than nothing."),
    ("超过这一出资方尚欠的 {} 元", "This is more than the {} yuan that are still owed to this payer."),
];

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: [&str; 10] = [
        include_str!("../words.rs"),
        include_str!("../words/attachments.rs"),
        include_str!("../words/budgets.rs"),
        include_str!("../words/demands.rs"),
        include_str!("../words/draws.rs"),
        include_str!("../words/office.rs"),
        include_str!("../words/proposals.rs"),
        include_str!("../words/settlement.rs"),
        include_str!("../words/sign_in.rs"),
        include_str!("../words/terminals.rs"),
    ];
    /// Constants that are no refusals that a page shows.
    const OTHERS: [&str; 23] = [
        "CARD_TITLE",
        "NO_PHONE",
        "CALENDAR_NEXT_STEP",
        "ISSUER",
        "NOT_EMPTY",
        "TOO_MANY_WITNESSES",
        "SIGNATURE_HEADERS",
        "SIGNATURE_INVALID",
        "TERMINAL_UNKNOWN",
        "REPLAYED",
        "BEFORE_START",
        "LOOKUP_LIMIT",
        "LOOKUP_BODY",
        "KEY",
        "KEY_UNDER_WAY",
        "KEY_REUSED",
        "ANSWER_LOST",
        // What `verify` finds of demands.
        "DIGEST",
        "NOT_WHOLE",
        "STILL_OPEN",
        "ALONE",
        "OVERPAID",
        "RECEIVED_ALONE",
    ];

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    #[test]
    fn every_detail_is_said_somewhere_and_is_english_here() {
        let said = |part: &str| SOURCES.iter().any(|source| source.contains(part));
        for (zh, en) in DETAILS {
            assert!(!is_chinese(en), "{en}");
            assert_eq!(zh.matches("{}").count(), en.matches("{}").count(), "{zh}");
            let parts = zh.split("{}").map(|part| part.split_once('”').map_or(part, |(_, rest)| rest));
            assert!(parts.filter(|part| part.len() > 6).all(said), "nobody says {zh}");
        }
        for code in Code::ALL {
            assert!(!is_chinese(title(*code, Lang::En)) && !is_chinese(next_step(*code, Lang::En)), "{code}");
        }
    }

    /// A word that is added to these files gets its English here.
    #[test]
    fn every_constant_has_its_english() {
        let mut seen = 0;
        for source in SOURCES.iter().enumerate().filter(|(at, _)| *at != 7).map(|(_, source)| *source) {
            for rest in source.split("pub const ").skip(1) {
                let Some((name, rest)) = rest.split_once(": &str = \"") else { continue };
                let text = rest.split("\";").next().unwrap();
                if name.contains(char::is_whitespace) || OTHERS.contains(&name) || !is_chinese(text) {
                    continue;
                }
                seen += 1;
                assert!(!is_chinese(&detail(text, Lang::En)), "{name}: {text} has no English");
            }
        }
        assert!(seen > 70, "{seen}");
    }

    #[test]
    fn places_are_filled_and_what_is_not_known_stays() {
        assert_eq!(detail("请在 17 秒后再试", Lang::En), "Try again in 17 seconds.");
        assert_eq!(detail("公示天数应在 1 至 60 天之间", Lang::En), "A month is published for 1 to 60 days.");
        assert_eq!(detail("440399 没有由其结算的食堂", Lang::En), "440399 settles no canteen.");
        assert_eq!(detail("表单内容无法读取：missing field", Lang::En), "The form cannot be read: missing field");
        for same in ["3月还没有审批，请先办完", "别的话"] {
            assert_eq!(detail(same, Lang::En), same);
        }
        assert_eq!(detail("请在 17 秒后再试", Lang::Zh), "请在 17 秒后再试");
    }
}
