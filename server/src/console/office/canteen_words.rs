//! The words of the canteens' pages.

use domain::canteen::{Filing, Licence, UNRATED};
use domain::policy::Effect;

use crate::console::lang::catalogue;

catalogue! {
    title: "食堂", "Canteens";
    count: "{n} 家", "{n} canteens";
    find: "食堂名称", "Name contains";
    attention: "只看资质有问题的", "Standing in question only";
    no_canteen: "没有符合条件的食堂。", "No canteen fits.";
    standing: "资质", "Standing";
    sync: "最近同步", "Last sync";
    terminals: "终端", "Terminals";
    terminals_n: "{n} 台在用", "{n} in use";
    unsent: "未上传", "Unsent";
    unsent_n: "未上传 {n}", "{n} unsent";
    meals: "本月份数", "Meals this month";
    days: "开餐日", "Open days";
    per_day: "日均", "Per open day";
    total: "合计", "Total";
    as_closed: "份数按已日清的日子计。", "Meals of the days closed so far.";
    grade: "量化等级", "Quantified grade";
    grade_is: "等级 {grade}", "Grade {grade}";
    risk: "风险等级", "Risk level";
    risk_is: "风险 {risk}", "Risk {risk}";
    unrated: "未评", "unrated";
    licence: "食品经营许可", "Food licence";
    licence_valid: "许可有效", "licence valid";
    licence_expired: "许可过期", "licence expired";
    licence_revoked: "许可吊销", "licence revoked";
    filing: "备案", "Filing";
    filing_active: "备案有效", "filing active";
    filing_inactive: "未备案", "not filed";
    kitchen: "明厨亮灶", "Open kitchen";
    stars: "星级", "Stars";
    stars_is: "{n} 星", "{n} stars";
    tags: "标签", "Tags";
    tags_hint: "用顿号、逗号或空格分开；留空表示没有标签", "Separated by commas or spaces; empty for none";
    operator: "运营单位", "Operator";
    credit_code: "统一社会信用代码", "Unified credit code";
    address: "地址", "Address";
    phone: "电话", "Telephone";
    capacity: "核定日供餐量", "Stated capacity a day";
    bank: "开户行", "Bank";
    account_name: "收款户名", "Account holder";
    account: "收款账号", "Account number";
    payee: "收款账户", "Payee";
    account_hidden: "账号不在页面上显示", "the account number is not shown";
    register: "登记食堂", "Register a canteen";
    register_hint: "区划代码填到村居（12 位），各级财政才能分担。", "Twelve digits of the place's code, so that every payer is known.";
    facts: "资质与标签（只追加，不修改）", "Standing and tags (added to, never edited)";
    fact: "内容", "What it says";
    no_facts: "还没有登记资质，按未评处理。", "No standing recorded: taken as unrated.";
    late: "补登", "learned later";
    add_standing: "登记资质", "Record a standing";
    add_tags: "登记标签", "Record tags";
    fact_hint: "生效日起的日子会重新日清；老人已付的钱不变。", "Days from then on are closed again; what elders paid stays.";
    money: "资质对本月资金的影响", "What the standing did to this month's money";
    money_none: "本月已日清的日子没有因资质暂缓或减付。", "Nothing was held or reduced on the days closed this month.";
    effect: "处理", "Effect";
    effect_none: "停止补贴", "no subsidy";
    effect_hold: "暂缓拨付", "money held";
    effect_reduce: "减付", "paid less";
    on_days: "日期", "Days";
    on_days_n: "{n} 天", "{n} days";
    amount: "涉及补贴", "Subsidy concerned";
    because: "依据", "Because";
    prices: "餐价", "Prices";
    price: "价格", "Price";
    period: "餐次", "Meal";
    in_force: "执行中", "in force";
    coming: "未到期", "to come";
    past: "已被替代", "replaced";
    no_prices: "还没有核定餐价。", "No approved price.";
    propose_price: "提出餐价（须另一人通过）", "Propose a price (another person approves)";
    propose_payee: "提出变更收款账户（须另一人通过）", "Propose another payee (another person approves)";
    propose: "送审", "Propose";
    yuan: "元", "yuan";
    waiting: "待审事项", "Waiting for a second person";
    cashiers: "收银员", "Cashiers";
    supervisor: "主管", "supervisor";
    may_authorise: "可在终端授权", "may authorise at the till";
    pin: "PIN（4 至 12 位数字）", "PIN (4 to 12 digits)";
    add_cashier: "登记收银员", "Add a cashier";
    settings: "终端设置", "Terminal settings";
    soft: "名单超过多少小时提醒收银员", "Hours until a banner warns of an old roster";
    hard: "名单超过多少小时停止补贴（留空为不停）", "Hours until the subsidy stops (empty: never)";
    reader: "读卡器输出", "Card reader writes";
    reader_none: "没有读卡器", "no reader";
    reader_hex: "十六进制", "hexadecimal";
    reader_hex_reversed: "十六进制，末字节在前", "hexadecimal, last byte first";
    reader_decimal: "十进制", "decimal";
    reader_decimal_reversed: "十进制，末字节在前", "decimal, last byte first";
    fingerprint: "指纹", "Fingerprint";
    last_contact: "最近联系", "Last contact";
    profile: "基本信息", "Details";
    closed_on: "{day}停办：{reason}", "Closed for good on {day}: {reason}";
    close_for_good: "登记停办", "Close for good";
    close_hint: "终端全部退役后登记。停办后不能再登记终端；结算单照常出，结转的负数余额可以追缴（资金页）。", "After all tills are retired. A closed canteen gets no tills; its statements go on, and a negative balance can be demanded (page of funds).";
    last_day: "最后供餐日", "Last day";
    close_reason: "停办原因", "Why";
    breakfast: "早餐", "breakfast";
    lunch: "午餐", "lunch";
    dinner: "晚餐", "dinner";
}

impl Words {
    /// A licence.
    pub(super) const fn licence(&self, licence: Licence) -> &'static str {
        match licence {
            Licence::Valid => self.licence_valid,
            Licence::Expired => self.licence_expired,
            Licence::Revoked => self.licence_revoked,
        }
    }

    /// A filing.
    pub(super) const fn filing(&self, filing: Filing) -> &'static str {
        match filing {
            Filing::Active => self.filing_active,
            Filing::Inactive => self.filing_inactive,
        }
    }

    /// A letter of either scale.
    pub(super) fn letter<'a>(&self, letter: &'a str) -> &'a str {
        if letter == UNRATED { self.unrated } else { letter }
    }

    /// What a gate does.
    pub(super) const fn effect(&self, effect: Effect) -> &'static str {
        match effect {
            Effect::NoSubsidy => self.effect_none,
            Effect::Hold => self.effect_hold,
            Effect::Reduce(_) => self.effect_reduce,
        }
    }
}
