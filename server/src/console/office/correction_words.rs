//! The words of corrections, wherever they stand: on the pages of elders and canteens, and where they wait.

use crate::admin::Correction;
use crate::console::fmt;
use crate::console::lang::{Lang, catalogue, fill};
use crate::store::corrections::{Change, Field};
use crate::store::people::UserRow;

use super::person;
use super::words::Words as Common;

catalogue! {
    title: "登记更正", "Corrections";
    correct: "更正登记", "Put the registration right";
    stays: "不填的项目保持不变；原内容与理由一并留存。", "What is left empty stays. What was written before is kept, with the reason.";
    two: "名称、运营单位和信用代码要印在结算单上，供餐量关系到疑点，须由复核批准后才改。", "Name, operator and credit code stand on statements, and findings rest on the capacity: they change when a checker has approved.";
    why: "更正理由", "Why";
    no_phone: "没有电话，删去原登记的", "No telephone: remove the one registered";
    shown: "更正记录（全文显示，记入审计日志）", "Corrections so far (in full; entered in the audit log)";
    none: "没有更正过。", "Nothing was put right.";
    what: "更正内容", "What was put right";
    change: "{field}：{old} → {new}", "{field}: {old} → {new}";
    empty: "（空）", "(empty)";
    name: "姓名或名称", "Name";
    phone: "电话", "Telephone";
    region: "管理机构区划", "Office's region";
    operator: "运营单位", "Operator";
    credit_code: "统一社会信用代码", "Unified credit code";
    address: "地址", "Address";
    capacity: "核定日供餐量", "Stated capacity a day";
    name_hint: "姓名（全名）", "Name in full";
    capacity_hint: "核定日供餐量（0 为不填）", "Stated capacity a day (0 for none)";
}

impl Words {
    const fn field(&self, field: Field) -> &'static str {
        match field {
            Field::Name => self.name,
            Field::Phone => self.phone,
            Field::Region => self.region,
            Field::Operator => self.operator,
            Field::CreditCode => self.credit_code,
            Field::Address => self.address,
            Field::Capacity => self.capacity,
        }
    }
}

/// Old and new in a sentence.
pub(super) fn changes(changes: &[Change], lang: Lang) -> String {
    let w = Words::of(lang);
    let text = |text: &str| if text.is_empty() { w.empty.to_owned() } else { text.to_owned() };
    let said = |Change { field, old, new }: &Change| {
        fill(w.change, &[("field", &w.field(*field)), ("old", &text(old)), ("new", &text(new))])
    };
    changes.iter().map(said).collect::<Vec<_>>().join(lang.of("；", "; "))
}

/// A correction as it stands on a page.
pub(super) struct Told {
    pub(super) at: String,
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) by: String,
}

/// Corrections for a page.
pub(super) fn told(corrections: Vec<Correction>, staff: &[UserRow], lang: Lang) -> Vec<Told> {
    let who = |id| person(staff, id, lang);
    let told = |one: Correction| Told {
        at: fmt::at(one.at, lang),
        what: changes(&one.changes, lang),
        reason: one.reason,
        by: match (one.made_by, one.approved_by) {
            (None, _) => Common::of(lang).system.to_owned(),
            (Some(by), None) => who(by),
            (Some(by), Some(checker)) => format!("{} / {}", who(by), who(checker)),
        },
    };
    corrections.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_stand_beside_one_another() {
        let change = |field, old: &str, new: &str| Change { field, old: old.into(), new: new.into() };
        let both = [change(Field::Name, "王小明", "王晓明"), change(Field::Phone, "", "82000000")];
        assert_eq!(changes(&both, Lang::Zh), "姓名或名称：王小明 → 王晓明；电话：（空） → 82000000");
        assert_eq!(changes(&both[1..], Lang::En), "Telephone: (empty) → 82000000");
    }
}
