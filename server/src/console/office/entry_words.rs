//! The words of what entries of the audit log speak of: kinds of objects, names of details, and details that are one of
//! a few names. Their names never change, for they stand in a chain of hashes; an older program's stay as they are.

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::money::Fen;
use domain::words::{payer_name, period_name};
use serde_json::Value;

use super::audit::Names;
use super::words::Words as Common;
use super::{person, short};
use crate::console::lang::Lang;
use crate::console::{fmt, refusals, words as frame};
use crate::people::Role;
use crate::words::Code;

/// A name in the log, its Chinese, its English.
type Said = (&'static str, &'static str, &'static str);

/// What acts are done to: the part of an object before its colon.
const KINDS: &[Said] = &[
    ("attachment", "附件", "File"),
    ("audit", "日志", "Log entry"),
    ("batch", "批量发卡", "Batch of cards"),
    ("budget", "预算", "Budget"),
    ("calendar", "日历", "Calendar"),
    ("canteen", "食堂", "Canteen"),
    ("cards", "卡片", "Cards"),
    ("demand", "追缴", "Demand"),
    ("draw", "抽查", "Draw"),
    ("elder", "老人", "Elder"),
    ("finding", "差异", "Finding"),
    ("import", "名单", "List"),
    ("month", "结算", "Month"),
    ("objection", "异议", "Objection"),
    ("office", "办公端", "Office"),
    ("policy", "政策", "Policy"),
    ("proposal", "待审事项", "Proposal"),
    ("region", "区域", "Region"),
    ("statement", "结算单", "Statement"),
    ("terminal", "终端", "Terminal"),
    ("user", "人员", "Person"),
];

/// What is told besides.
const DETAILS: &[Said] = &[
    ("again", "再次登记", "enrolled again"),
    ("amount", "金额", "amount"),
    ("batch", "批次", "batch"),
    ("before", "原办公端", "office before"),
    ("canteen", "食堂", "canteen"),
    ("card", "卡", "card"),
    ("cards", "卡数", "cards"),
    ("cashier", "收银员", "cashier"),
    ("change", "日均变动", "change a day"),
    ("claims", "申报份数核对", "check of claims"),
    ("code", "原因", "why"),
    ("correction", "更正", "correction"),
    ("date", "日期", "date"),
    ("decision", "决定", "decision"),
    ("digest", "摘要", "digest"),
    ("epoch", "流水代次", "journal"),
    ("failures", "失败次数", "failures"),
    ("fields", "更正项目", "what was put right"),
    ("finding", "差异", "finding"),
    ("found", "库中摘要", "found"),
    ("gate", "暂缓条款", "gate"),
    ("grade", "检查结果", "result"),
    ("import", "导入批次", "import"),
    ("kind", "种类", "kind"),
    ("last_day", "最后供餐日", "last day"),
    ("left_out", "未发人数", "left out"),
    ("list", "名单摘要", "list"),
    ("made_at", "备份时间", "backup of"),
    ("maker", "提出人", "proposed by"),
    ("meals", "餐数", "meals"),
    ("missing", "缺失条数", "missing"),
    ("month", "月份", "month"),
    ("new", "有变化", "anything new"),
    ("next", "新一代", "next journal"),
    ("number", "编号", "number"),
    ("objection", "异议", "objection"),
    ("onto", "数据库", "database"),
    ("payer", "出资方", "payer"),
    ("payments", "付款笔数", "payments"),
    ("period", "餐次", "meal"),
    ("place", "名单位置", "place in the list"),
    ("policy", "政策", "policy"),
    ("price", "餐价", "price"),
    ("region", "区域", "region"),
    ("revoked", "停用的卡", "revoked"),
    ("role", "角色", "role"),
    ("seconds", "秒数", "seconds"),
    ("seed", "种子", "seed"),
    ("sequence", "序号", "sequence"),
    ("sha256", "文件摘要", "digest of the file"),
    ("state", "状态", "state"),
    ("until", "截止", "until"),
    ("upheld", "异议成立", "upheld"),
    ("valid_from", "生效日", "valid from"),
    ("version", "版次", "version"),
    ("what", "内容", "what"),
    ("witnessed", "终端所见摘要", "witnessed"),
];

/// Details that are one of a few names.
const VALUES: &[Said] = &[
    // What was said about a finding.
    ("assigned", "指派", "assigned"),
    ("answered", "答复", "answered"),
    ("explained", "说明成立", "explained"),
    ("confirmed", "确认", "confirmed"),
    ("closed", "结案", "closed"),
    // A payment.
    ("sent", "已送银行", "sent"),
    ("returned", "银行退回", "came back"),
    // What was decided.
    ("approved", "批准", "approved"),
    ("rejected", "不批准", "turned down"),
    ("withdrawn", "撤回", "withdrawn"),
    // What was learned of an elder.
    ("category", "人员类别", "category"),
    ("death", "去世", "death"),
    ("death_withdrawn", "撤销去世登记", "death withdrawn"),
    ("hukou", "户籍", "household registration"),
    ("residence", "居住地", "residence"),
    // What was proposed.
    ("budget", "预算", "budget"),
    ("demand", "追缴", "demand"),
    ("payee", "收款账户", "payee"),
    ("policy", "政策", "policy"),
    ("price", "餐价", "price"),
    ("correction", "更正登记", "correction"),
    // What was put right.
    ("name", "名称", "name"),
    ("phone", "电话", "telephone"),
    ("region", "区划", "region"),
    ("operator", "运营单位", "operator"),
    ("credit_code", "信用代码", "credit code"),
    ("address", "地址", "address"),
    ("capacity", "供餐量", "capacity"),
    // An inspection.
    ("good", "良好", "good"),
    ("fair", "一般", "fair"),
    ("poor", "较差", "poor"),
    // An account.
    ("passphrase", "口令", "passphrase"),
    ("second_factor", "动态口令", "second factor"),
    // A database.
    ("sqlite", "SQLite", "SQLite"),
    ("postgres", "PostgreSQL", "PostgreSQL"),
    // A list.
    ("elders", "老人名单", "elders"),
    ("categories", "类别名单", "categories"),
    ("deaths", "死亡名单", "deaths"),
    ("moves", "迁移名单", "moves"),
    ("canteens", "食堂名单", "canteens"),
    ("standings", "等级名单", "standings"),
    ("prices", "餐价表", "prices"),
    ("calendars", "节假日表", "calendars"),
];

fn said(of: &[Said], name: &str, lang: Lang) -> Option<&'static str> {
    of.iter().find(|(known, ..)| *known == name).map(|(_, zh, en)| lang.of(*zh, *en))
}

/// A kind of object; the name itself where nothing is known of it.
pub(super) fn kind(name: &str, lang: Lang) -> &str {
    said(KINDS, name, lang).unwrap_or(name)
}

/// A detail's name; the name itself where nothing is known of it.
pub(super) fn detail(name: &str, lang: Lang) -> &str {
    said(DETAILS, name, lang).unwrap_or(name)
}

/// A detail as people read it: amounts in yuan, dates, names of people and canteens, digests cut.
pub(super) fn value(name: &str, value: &Value, names: &Names, lang: Lang) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::Bool(yes) => if *yes { Common::of(lang).yes } else { Common::of(lang).no }.to_owned(),
        Value::Number(number) => figure(name, number, lang),
        Value::String(text) => text_of(name, text, names, lang),
        other => other.to_string(),
    }
}

fn figure(name: &str, number: &serde_json::Number, lang: Lang) -> String {
    let Some(n) = number.as_i64() else { return number.to_string() };
    match name {
        "amount" | "price" => fmt::yuan(&Fen::new(n)),
        "change" => fmt::change_permille(n),
        "made_at" => fmt::at(UnixMs::new(n), lang),
        _ => n.to_string(),
    }
}

fn text_of(name: &str, text: &str, names: &Names, lang: Lang) -> String {
    let of_a_kind = match name {
        "canteen" => text.parse().ok().and_then(|id| names.canteen(id)).map(str::to_owned),
        "maker" => text.parse().ok().map(|id| person(&names.people, id, lang)),
        "role" => {
            Role::ALL.iter().find(|role| role.name() == text).map(|role| frame::Words::of(lang).role(*role).into())
        }
        "code" => Code::ALL.iter().find(|code| code.name() == text).map(|code| refusals::title(*code, lang).to_owned()),
        "period" => text.parse().ok().map(|period| period_name(&period, lang.domain())),
        "payer" => Some(payer_name(text, lang.domain()).to_owned()),
        "month" => text.parse().ok().map(|month: Month| fmt::month(month, lang)),
        "what" | "kind" | "decision" | "state" | "grade" | "onto" => said(VALUES, text, lang).map(str::to_owned),
        "fields" => {
            let each = text.split(',').map(|field| said(VALUES, field, lang).unwrap_or(field));
            Some(each.collect::<Vec<_>>().join(lang.of("、", ", ")))
        }
        _ => text.parse().ok().map(|date: BusinessDate| fmt::full_day(date, lang)),
    };
    of_a_kind.unwrap_or_else(|| plain(text))
}

/// Digests by their beginning, ids by their end.
fn plain(text: &str) -> String {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    match text.len() {
        64 if is_hex(text) => format!("{}…", fmt::digest(text)),
        32 | 36 if is_hex(text) => short(&text),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::lang::tests::assert_parity;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Every source file of the server and of the program, without what stands behind `#[cfg(test)]`.
    fn sources() -> Vec<String> {
        fn walk(folder: &Path, into: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    walk(&entry, into);
                } else if entry.extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(&entry).unwrap();
                    into.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
                }
            }
        }
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut all = Vec::new();
        walk(&here.join("src"), &mut all);
        walk(&here.join("../src"), &mut all);
        all
    }

    /// The text between the first two quotation marks.
    fn quoted(text: &str) -> Option<&str> {
        text.split('"').nth(1)
    }

    #[test]
    fn every_word_is_there_once_in_both_languages() {
        for all in [KINDS, DETAILS, VALUES] {
            assert_parity(all);
            let names: BTreeSet<_> = all.iter().map(|(name, ..)| name).collect();
            assert_eq!(names.len(), all.len());
        }
    }

    /// Whatever the program can enter has words: who adds a kind of object or a detail adds them here.
    #[test]
    fn every_kind_and_detail_that_is_entered_has_words() {
        let (mut kinds, mut details) = (BTreeSet::new(), BTreeSet::new());
        for source in sources() {
            for act in source.split("Act::new(").skip(1) {
                // Up to the end of the statement or of its arguments; a path of the API has no kind.
                let arguments = act.split(';').next().unwrap().split(".with(").next().unwrap();
                let object =
                    quoted(arguments).filter(|text| text.bytes().next().is_some_and(|b| b.is_ascii_lowercase()));
                kinds.extend(object.map(|text| text.split(':').next().unwrap().to_owned()));
            }
            if source.contains("Act::new(") || source.contains("act.with(") {
                let named = source.split(".with(").skip(1).filter(|rest| rest.trim_start().starts_with('"'));
                details.extend(named.filter_map(|rest| Some(quoted(rest)?.to_owned())));
            }
        }
        assert!(kinds.len() > 15 && details.len() > 40, "{kinds:?} {details:?}");
        for kind in &kinds {
            assert!(said(KINDS, kind, Lang::Zh).is_some(), "no words for objects of the kind {kind}");
        }
        for detail in &details {
            assert!(said(DETAILS, detail, Lang::Zh).is_some(), "no words for the detail {detail}");
        }
        for (known, ..) in KINDS.iter().filter(|(known, ..)| *known != "audit") {
            assert!(kinds.contains(*known), "nobody enters objects of the kind {known}");
        }
        for (known, ..) in DETAILS {
            assert!(details.contains(*known), "nobody enters the detail {known}");
        }
    }

    #[test]
    fn details_that_are_one_of_a_few_have_words() {
        use domain::settlement::payment::PaymentState;
        let states = [PaymentState::Sent, PaymentState::Confirmed, PaymentState::Returned].map(PaymentState::name);
        let lists = crate::import::Kind::ALL.iter().map(|kind| kind.name());
        for name in states.into_iter().chain(lists) {
            assert!(said(VALUES, name, Lang::En).is_some(), "{name}");
        }
    }

    #[test]
    fn details_are_written_for_people() {
        let names = Names { people: Vec::new(), canteens: Vec::new(), terminals: Vec::new() };
        let en = |name, of: Value| value(name, &of, &names, Lang::En);
        assert_eq!(en("amount", 1_234_500.into()), "¥12,345.00");
        assert_eq!(en("change", (-225).into()), "−22.5%");
        assert_eq!(en("upheld", true.into()), "Yes");
        assert_eq!(en("found", Value::Null), "—");
        assert_eq!(en("valid_from", "2026-03-01".into()), "1 Mar 2026");
        assert_eq!(en("month", "2026-03".into()), "Mar 2026");
        assert_eq!(en("role", "auditor".into()), "Auditor");
        assert_eq!(en("code", "second_person".into()), "Another person has to do this");
        assert_eq!(en("digest", "ab".repeat(32).into()), "abab abab abab…");
        assert_eq!(en("card", "0199d6f2-0000-7000-8000-0123456789ab".into()), "456789ab");
        assert_eq!(en("fields", "name,credit_code".into()), "name, credit code");
        assert_eq!(value("what", &"explained".into(), &names, Lang::Zh), "说明成立");
        assert_eq!(value("what", &"told by an older program".into(), &names, Lang::Zh), "told by an older program");
        assert_eq!((kind("user", Lang::Zh), detail("epoch", Lang::Zh)), ("人员", "流水代次"));
    }
}
