//! Training.

macro_rules! training {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        training_title: "训练模式：不是真的收款", "Training: nothing here is a real sale";
        training_text: "不算用餐，不动补贴，不结算；小票印「训练」", "No meal, no subsidy, no settlement; slips say so";
        training_mark: "训练", "Training";
        training_done: "练习完成，没有记账", "Practised: nothing recorded";
        training_take: "练习收款", "Practise";
        training_ask: "进入训练模式", "Begin training";
        training_ask_text: "训练时扫卡、收款、出小票都和平时一样，但不算用餐，不动补贴；只用练习老人，不扫真的卡。请主管输入 PIN。", "Everything works as usual and nothing is a sale; practice persons only, no real cards. A supervisor types the PIN.";
        training_begin: "开始训练", "Begin";
        practice: "练习", "Exercises";
        practice_note: "不计入今日营业", "Not of today's trade";
        practice_a: "练习老人甲", "Practice person A";
        practice_b: "练习老人乙", "Practice person B";
        practice_c: "练习老人丙", "Practice person C";
        practice_d: "练习老人丁", "Practice person D";
        practice_served: "已用餐", "has eaten";
        practice_choose: "选一位练习老人，或扫练习卡", "Choose a person, or scan a practice card";
        practice_cards: "练习卡", "Practice cards";
        practice_cards_text: "训练时扫这些码；平时扫了不收费，也不算用餐。可以打印后剪开。", "Scan these in training; at work they charge nothing and are no meal. Print and cut them.";
        training_end: "结束训练", "End training";
    } } };
}
pub(super) use training;
