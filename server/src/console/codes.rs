//! Short names of findings, severities, payers and grades in both languages, for every page that shows them.

use domain::decision::Payer;
use domain::money::Fen;
use domain::reconciliation::{Code, Finding, Measure, Severity};
use domain::record::{Credential, Tender};

use super::days::Life;
use super::lang::{catalogue, fill};

catalogue! {
    over_limit: "超出补贴次数或限额", "Over the limit";
    not_eligible: "资格终止", "No longer eligible";
    stale_decision: "资料更新后结果不同", "Facts known now differ";
    disputed: "记录与自带资料不符", "Record disputed";
    sequence_gap: "终端序号缺失", "Records missing";
    z_mismatch: "交班单与记录不符", "Z report differs";
    standing: "食品安全状况", "Food-safety standing";
    policy_corrected: "政策更正", "Policy corrected";
    forked_terminal: "终端记录分叉", "Journal forked";
    clock_skew: "终端时钟偏差", "Clock wrong";
    revoked_card: "已挂失的卡被使用", "Revoked card used";
    off_window: "供餐时段以外用餐", "Outside meal hours";
    burst: "疑似代刷", "Cards in a burst";
    over_capacity: "超出核定供餐能力", "Over capacity";
    flat_counts: "连续多日份数相同", "Same count for days";
    manual_share: "人工录入比例偏高", "Many manual entries";
    price_off_list: "价格不在核定价目内", "Price not on the list";
    unknown_elder: "查无此人的用餐", "Elder not registered";
    off_by: "相差 {found} 分钟，容许 {limit} 分钟", "{found} minutes off, {limit} allowed";
    list_age: "终端名单当时已有 {found} 分钟未更新", "the till's list was {found} minutes old";
    at_most_off: "最多相差 {found} 分钟，容许 {limit} 分钟", "at most {found} minutes off, {limit} allowed";
    burst_time: "{within} 秒内 {found} 人，达到 {limit} 人即提示", "{found} people in {within} seconds, noticed from {limit}";
    burst_order: "{found} 人刷卡次序与前两个供餐日相同，达到 {limit} 人即提示", "{found} people in the same order as on two open days before, noticed from {limit}";
    capacity_of: "{found} 份，核定 {limit} 份", "{found} meals, capacity {limit}";
    flat_for: "连续 {limit} 个供餐日都是 {found} 份", "{found} meals on each of {limit} open days";
    share_of: "{found}，容许 {limit}", "{found}, {limit} allowed";
    no_price: "{found}，价目中没有这一餐次", "{found}, no list price for the meal";
    price_of: "{found}，价目为 {limit}", "{found}, list price {limit}";
    block: "阻断", "Blocks";
    deduct: "核减", "Deducts";
    warn: "提醒", "Notice";
    off: "不报", "Off";
    group_block: "阻断月结", "Stops the month";
    group_deduct: "可能核减", "May be deducted";
    group_warn: "提醒", "Notices";
    life_open: "待裁定", "To decide";
    life_explained: "有正当理由", "Explained";
    life_confirmed: "成立", "Confirmed";
    life_closed: "已结案", "Closed";
    unrated: "未评", "Unrated";
    card: "助餐卡", "Meal card";
    chip: "实体卡", "Chip card";
    resident_id: "身份证", "Resident ID";
    manual: "人工登记", "By hand";
    cash: "现金", "cash";
    qr_payment: "扫码支付", "QR payment";
    free: "免费", "free";
}

/// The colour class of a payer's part of a bar: by level, the lottery fund, and any other fund.
pub(super) fn payer_class(payer: &Payer) -> &'static str {
    match payer.name.as_str() {
        "city" | "province" | "league" => "p-city",
        "district" | "banner" => "p-district",
        "town" | "village" | "street" => "p-street",
        "lottery" => "p-lottery",
        _ => "p-charity",
    }
}

impl Words {
    /// A finding's kind.
    pub(crate) const fn finding(&self, code: Code) -> &'static str {
        match code {
            Code::OverLimit => self.over_limit,
            Code::NotEligible => self.not_eligible,
            Code::StaleDecision => self.stale_decision,
            Code::Disputed => self.disputed,
            Code::SequenceGap => self.sequence_gap,
            Code::ZMismatch => self.z_mismatch,
            Code::Standing => self.standing,
            Code::PolicyCorrected => self.policy_corrected,
            Code::ForkedTerminal => self.forked_terminal,
            Code::ClockSkew => self.clock_skew,
            Code::RevokedCard => self.revoked_card,
            Code::OffWindow => self.off_window,
            Code::Burst => self.burst,
            Code::OverCapacity => self.over_capacity,
            Code::FlatCounts => self.flat_counts,
            Code::ManualShare => self.manual_share,
            Code::PriceOffList => self.price_off_list,
            Code::UnknownElder => self.unknown_elder,
        }
    }

    /// What was measured, if something was.
    pub(crate) fn measured(&self, of: &Finding) -> Option<String> {
        let Measure { found, limit, within } = of.measure?;
        let permille = |n: i64| super::fmt::percent(n);
        let yuan = |fen: i64| super::fmt::yuan(&Fen::new(fen));
        let plain = |text| fill(text, &[("found", &found), ("limit", &limit), ("within", &within.unwrap_or_default())]);
        let said = |text, found: String, limit: String| fill(text, &[("found", &found), ("limit", &limit)]);
        Some(match of.code {
            Code::ClockSkew => plain(self.off_by),
            Code::RevokedCard => plain(self.list_age),
            Code::OffWindow => plain(self.at_most_off),
            Code::Burst if within.is_some() => plain(self.burst_time),
            Code::Burst => plain(self.burst_order),
            Code::OverCapacity => plain(self.capacity_of),
            Code::FlatCounts => plain(self.flat_for),
            Code::ManualShare => said(self.share_of, permille(found), permille(limit)),
            Code::PriceOffList if limit == 0 => fill(self.no_price, &[("found", &yuan(found))]),
            Code::PriceOffList => said(self.price_of, yuan(found), yuan(limit)),
            _ => return None,
        })
    }

    /// What a finding does to the month, as a heading.
    pub(crate) const fn group(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Block => self.group_block,
            Severity::Deduct => self.group_deduct,
            Severity::Warn => self.group_warn,
            Severity::Off => self.off,
        }
    }

    /// What a finding does to the month.
    pub(crate) const fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Block => self.block,
            Severity::Deduct => self.deduct,
            Severity::Warn => self.warn,
            Severity::Off => self.off,
        }
    }

    /// Where a finding stands.
    pub(crate) const fn life(&self, life: Life) -> &'static str {
        match life {
            Life::Open => self.life_open,
            Life::Explained => self.life_explained,
            Life::Confirmed => self.life_confirmed,
            Life::Closed => self.life_closed,
        }
    }

    /// A quantified grade.
    pub(crate) fn grade<'a>(&self, grade: &'a str) -> &'a str {
        if grade == domain::canteen::UNRATED { self.unrated } else { grade }
    }

    /// How an elder was recognised.
    pub(crate) const fn credential(&self, credential: Credential) -> &'static str {
        match credential {
            Credential::Card => self.card,
            Credential::Chip => self.chip,
            Credential::ResidentId => self.resident_id,
            Credential::Manual => self.manual,
        }
    }

    /// How a meal was paid.
    pub(crate) const fn tender(&self, tender: Tender) -> &'static str {
        match tender {
            Tender::Cash => self.cash,
            Tender::QrPayment => self.qr_payment,
            Tender::Free => self.free,
        }
    }
}

/// The shape and colour of a severity: a class of the styles.
pub(crate) const fn shape(severity: Severity) -> &'static str {
    match severity {
        Severity::Block => "square",
        Severity::Deduct => "triangle",
        Severity::Warn | Severity::Off => "ring",
    }
}
