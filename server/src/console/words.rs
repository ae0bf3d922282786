//! The words around every page. Each page has a catalogue of its own beside its handler.

use super::lang::catalogue;
use crate::people::Role;

catalogue! {
    product: "助餐", "Zhucan";
    product_long: "助餐 长者食堂结算", "Zhucan · elder canteens";
    // Rail
    rail: "主导航", "Main";
    nav_today: "今日", "Today";
    nav_reconciliation: "对账", "Days";
    nav_findings: "差异", "Findings";
    nav_settlement: "结算", "Month";
    nav_statements: "账单", "Bills";
    nav_funds: "资金", "Funds";
    nav_policies: "政策", "Policy";
    nav_disclosure: "公示", "Public";
    nav_exports: "导出", "Export";
    nav_canteens: "食堂", "Canteens";
    nav_draws: "抽查", "Draws";
    nav_changes: "变动", "Changes";
    nav_audit: "日志", "Log";
    nav_people: "人员", "People";
    nav_terminals: "终端", "Tills";
    nav_elders: "老人", "Elders";
    nav_cards: "发卡", "Cards";
    nav_imports: "导入", "Imports";
    nav_proposals: "待审", "Waiting";
    nav_regions: "区域", "Regions";
    nav_backups: "备份", "Backups";
    nav_own: "我的", "Mine";
    // Bar
    as_of: "截至 {at}", "as of {at}";
    choose_region: "选择区域", "Choose region";
    month_before: "上个月", "Month before";
    month_after: "下个月", "Next month";
    search: "食堂、老人编号、记录号", "Canteen, elder or record number";
    search_name: "搜索", "Search";
    account: "账户", "Account";
    sign_out: "退出登录", "Sign out";
    language: "English", "Chinese";
    skip: "跳到正文", "Skip to the page";
    demo: "演示数据", "Demonstration";
    // Entering
    sign_in: "登录", "Sign in";
    sign_in_hint: "请使用本人账号，操作会记入审计日志。", "Use your own account. What you do is entered in the audit log.";
    name: "姓名", "Name";
    passphrase: "口令", "Passphrase";
    code: "动态口令", "One-time code";
    code_hint: "绑定过动态口令的账号填写 6 位数字；手机不在身边时填恢复码。", "Six digits, if your account has a second factor; or a recovery code.";
    kept_hint: "登录已过期。您刚才填写的内容还在，登录后可核对并提交。", "Your session has ended. What you typed is kept: sign in to look at it and send it.";
    step_up: "请再次验证身份", "Prove once more who you are";
    step_up_hint: "涉及资金的操作，须在 5 分钟内验证过口令。验证后可继续刚才的操作。", "Money moves only within five minutes of proof. What you were doing goes on afterwards.";
    prove: "验证", "Prove";
    resume: "内容还在，请核对后提交", "Kept: look at it and send it";
    resume_hint: "刚才没有提交成功，也没有改动任何数据。", "Nothing was sent and nothing was changed.";
    resume_send: "提交", "Send";
    kept_text: "刚才填写的内容", "What you typed";
    not_done: "没有办成", "Not done";
    next_step: "下一步：", "Next: ";
    nothing_changed: "没有改动任何数据。", "Nothing was changed.";
    send_again: "更正后再次提交", "Correct and send again";
    back: "返回", "Back";
    go_home: "回到首页", "To the start";
    public_page: "长者食堂公开信息", "Public page";
    // One's own account
    me: "我的账户", "My account";
    change_passphrase: "修改口令", "Change passphrase";
    old_passphrase: "现在的口令", "Present passphrase";
    new_passphrase: "新口令（10 个字符以上）", "New passphrase (10 characters or more)";
    again: "再输入一次新口令", "New passphrase again";
    passphrases_differ: "两次输入的新口令不一致", "The two new passphrases differ";
    save: "保存", "Save";
    must_passphrase: "当前是一次性口令，请先改成自己的口令。", "Your passphrase is good once: choose your own first.";
    must_totp: "此角色须先绑定动态口令。", "Your role needs a second factor first.";
    totp: "绑定动态口令", "Second factor";
    totp_on: "已绑定动态口令", "A second factor is in use";
    totp_hint: "用手机上的身份验证器扫描，再填写它显示的 6 位数字。", "Scan with the authenticator on your phone, then type the six digits it shows.";
    totp_secret: "扫不了时手工输入", "Or type this";
    totp_begin: "开始绑定", "Begin";
    totp_confirm: "确认", "Confirm";
    recovery: "请抄下恢复码", "Write these recovery codes down";
    recovery_hint: "每个只能用一次，今后不再显示。手机不在身边时用它登录。", "Each is good once and is not shown again. They let you in without your phone.";
    go_on: "继续", "Go on";
    // Roles
    role_canteen_manager: "食堂负责人", "Canteen manager";
    role_card_issuer: "发卡员", "Card issuer";
    role_policy_editor: "政策编辑", "Policy editor";
    role_finance_maker: "经办", "Maker";
    role_finance_checker: "复核", "Checker";
    role_auditor: "审计", "Auditor";
    role_administrator: "管理员", "Administrator";
    // What was just done
    done_passphrase: "口令已修改，其他地方的登录已失效。", "Passphrase changed; sessions elsewhere have ended.";
    done_saved: "已保存。", "Saved.";
    done_proposed: "已送审，等另一位有权限的人员通过后生效。", "Proposed: takes effect when another person approves it.";
    done_said: "已记下。", "Noted.";
    done_drafted: "已起草。", "Drafted.";
    done_submitted: "已提交，等另一人审批。", "Submitted; another person approves.";
    done_sent_back: "已退回。", "Sent back.";
    done_approved: "已审批，金额不再变动。", "Approved. The amounts are final.";
    done_disclosed: "已开始公示。", "Published.";
    done_archived: "已归档。", "Archived.";
    done_paid: "付款状态已记下。", "Payment noted.";
    done_agreed: "已批准。", "Approved.";
    done_confirmed: "已核对并准入。", "Compared and let in.";
    done_already: "此前已经办过，没有变化。", "That was done before; nothing changed.";
    done_applied: "名单已导入。", "The list was taken over.";
    done_announced: "已公布抽查方案。", "The draw is announced.";
    done_drawn: "已抽取。", "Drawn.";
    done_removed: "已停用。", "Taken out of service.";
}

impl Words {
    /// What a person is.
    pub(crate) const fn role(&self, role: Role) -> &'static str {
        match role {
            Role::CanteenManager => self.role_canteen_manager,
            Role::CardIssuer => self.role_card_issuer,
            Role::PolicyEditor => self.role_policy_editor,
            Role::FinanceMaker => self.role_finance_maker,
            Role::FinanceChecker => self.role_finance_checker,
            Role::Auditor => self.role_auditor,
            Role::Administrator => self.role_administrator,
        }
    }

    /// What was just done, by its name in the address. Nothing for a name that nobody gave.
    pub(crate) fn done(&self, name: &str) -> Option<&'static str> {
        Some(match name {
            "passphrase" => self.done_passphrase,
            "saved" => self.done_saved,
            "proposed" => self.done_proposed,
            "said" => self.done_said,
            "drafted" => self.done_drafted,
            "submitted" => self.done_submitted,
            "sent_back" => self.done_sent_back,
            "approved" => self.done_approved,
            "disclosed" => self.done_disclosed,
            "archived" => self.done_archived,
            "paid" => self.done_paid,
            "agreed" => self.done_agreed,
            "confirmed" => self.done_confirmed,
            "already" => self.done_already,
            "applied" => self.done_applied,
            "announced" => self.done_announced,
            "drawn" => self.done_drawn,
            "removed" => self.done_removed,
            _ => return None,
        })
    }
}
