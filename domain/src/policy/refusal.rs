//! Why a file is refused: where, what was read, what was expected, and the reason in Chinese and English.
//!
//! The codes are stable: other programs and the tests name them, and a reworded sentence changes none.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $chinese:literal $english:literal;)*) => {
        /// A reason for refusing a file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All codes, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable code, such as `unknown_key`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The reason in Chinese.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }

            /// The reason in English.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }
        }
    };
}

codes! {
    /// The file cannot be opened or is no file.
    Unreadable "unreadable" "文件无法读取" "the file cannot be read";
    /// Not UTF-8.
    NotUtf8 "not_utf8" "文件不是 UTF-8 编码" "the file is not UTF-8";
    /// Over 256 KiB.
    FileTooLarge "file_too_large" "文件过大" "the file is too large";
    /// Not TOML; a key given twice is found here too.
    Syntax "syntax" "TOML 语法错误" "not valid TOML";
    /// Characters that make a text read differently from what it says.
    HiddenCharacter "hidden_character" "含有看不见或会改变显示顺序的字符" "a character that is not seen or changes the order of display";
    /// A key the format does not have.
    UnknownKey "unknown_key" "未知的键" "unknown key";
    /// A key that must be given is absent.
    MissingKey "missing_key" "缺少必填的键" "a required key is missing";
    /// A number where a text belongs, and so on.
    WrongType "wrong_type" "值的类型不对" "wrong type of value";
    /// A word outside the words the key allows.
    UnknownChoice "unknown_choice" "不在允许的取值之内" "not one of the allowed values";
    /// Ids, names and labels: empty, too long, or with characters that do not belong.
    BadName "bad_name" "名称为空、过长或含有不允许的字符" "a name that is empty, too long or has characters that do not belong";
    /// A list that must name something names nothing.
    EmptyList "empty_list" "列表不能为空" "the list must not be empty";
    /// More entries than a policy has.
    TooMany "too_many" "条目过多" "too many entries";
    /// Semantics of a document this program does not know.
    SemanticsUnknown "semantics_unknown" "未知的语义版本" "unknown semantics";
    /// A count, a version, an age or a star outside its range.
    NumberOutOfRange "number_out_of_range" "数值超出范围" "number out of range";
    /// `effective_until` before `effective_from`, `until` before `from`.
    DatesReversed "dates_reversed" "起止日期颠倒" "the dates are reversed";
    /// Not a region code.
    RegionMalformed "region_malformed" "不是行政区划代码" "not a region code";
    /// Not an amount of yuan.
    MoneyMalformed "money_malformed" "不是金额" "not an amount of money";
    /// A fraction of a fen.
    MoneyTooPrecise "money_too_precise" "金额多于两位小数" "money with more than two decimals";
    /// Below zero.
    MoneyNegative "money_negative" "金额不能为负" "money must not be negative";
    /// Past any meal.
    MoneyTooLarge "money_too_large" "金额过大" "the amount is too large";
    /// Not a percentage with at most two decimals.
    PercentMalformed "percent_malformed" "不是百分比" "not a percentage";
    /// Over 100 %.
    PercentOver100 "percent_over_100" "百分比超过 100" "a percentage over 100";
    /// Not a time of day.
    TimeMalformed "time_malformed" "不是时刻" "not a time of day";
    /// A meal window that ends before it begins.
    WindowReversed "window_reversed" "供餐时段的结束不晚于开始" "a meal window ends before it begins";
    /// Two meal windows share a minute.
    WindowsOverlap "windows_overlap" "供餐时段重叠" "meal windows overlap";
    /// An id that another benefit has.
    IdTwice "id_twice" "编号重复" "an id stands twice";
    /// None, or more than one, of the forms of an amount.
    AmountForm "amount_form" "金额须恰好写一种形式" "an amount must have exactly one form";
    /// Weights that share out nothing.
    WeightsZero "weights_zero" "分担权重之和为零" "the weights sum to zero";
    /// The canteen's own discount is reimbursed by nobody.
    ConcessionPayers "concession_payers" "让利由食堂自担，不能有出资方" "a concession is the canteen's own and has no payers";
    /// Somebody must pay what is not a concession.
    PayersMissing "payers_missing" "缺少出资方" "payers are missing";
    /// No age lies in the band.
    AgeBandEmpty "age_band_empty" "年龄区间为空" "the age band is empty";
    /// No price lies in the band, or a bound is called exclusive that is not given.
    PriceBandEmpty "price_band_empty" "价格区间为空" "the price band is empty";
    /// A category neither registered from the start nor by the file.
    CategoryUnknown "category_unknown" "人员类别未登记" "the category is not registered";
    /// A tag neither registered from the start nor by the file.
    TagUnknown "tag_unknown" "标签未登记" "the tag is not registered";
    /// A level the category does not have.
    LevelUnknown "level_unknown" "该类别没有这个等级" "the category has no such level";
    /// `min_level` where a higher level is not a worse one.
    LevelUnordered "level_unordered" "该类别等级不是越高越重，不能用 min_level" "min_level needs a category whose higher levels are worse";
    /// Something else stands between the members of a group.
    GroupSplit "group_split" "同组条目不相邻" "the members of a group are not adjacent";
    /// The members of a group pay differently.
    GroupKinds "group_kinds" "同组条目种类不同" "the members of a group differ in kind";
    /// `scope = "group"` without a group.
    ScopeWithoutGroup "scope_without_group" "按组计次但没有组" "scope is the group, and there is no group";
    /// A period the file does not open.
    PeriodUnknown "period_unknown" "餐次不在 [meals] 中" "the period is not in [meals]";
    /// `requires` names no benefit or group above.
    RequiresUnknown "requires_unknown" "requires 所指不在上文" "requires names nothing above";
    /// Neither or both of `effect` and `reduce_percent`.
    GateEffectForm "gate_effect_form" "须恰好写 effect 或 reduce_percent 之一" "exactly one of effect and reduce_percent must be given";
    /// A gate that would always act.
    GateWithoutCondition "gate_without_condition" "闸门没有条件" "a gate without a condition";
    /// Reductions that can act together take more than everything.
    GatesOver100 "gates_over_100" "可同时生效的扣减合计超过 100%" "reductions that can act together add up to more than 100 %";
    /// Two cases of one name.
    CaseTwice "case_twice" "用例名称重复" "two cases have the same name";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyError {
    /// The file's name as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The reason.
    pub code: Code,
    /// The key it is about, with its path: `benefit.limit.per_day`. Empty for the whole file.
    pub key: String,
    /// What was read, as written; empty when the reason is that nothing is there.
    pub read: String,
    /// What was expected, in the file's own notation; empty when the reason says all.
    pub expected: String,
}

impl PolicyError {
    /// A refusal of the whole file.
    #[must_use]
    pub fn whole(file: &str, code: Code, read: &str, expected: &str) -> Self {
        let (file, read, expected) = (file.to_owned(), read.to_owned(), expected.to_owned());
        Self { file, line: 1, column: 1, code, key: String::new(), read, expected }
    }

    /// The refusal in Chinese, without the place.
    #[must_use]
    pub fn chinese(&self) -> String {
        self.sentence(self.code.chinese(), ["：", "；读到 ", "；应为 "])
    }

    /// The refusal in English, without the place.
    #[must_use]
    pub fn english(&self) -> String {
        self.sentence(self.code.english(), [": ", "; read ", "; expected "])
    }

    fn sentence(&self, reason: &str, [colon, read, expected]: [&str; 3]) -> String {
        let mut out = reason.to_owned();
        for (joint, part) in [(colon, &self.key), (read, &self.read), (expected, &self.expected)] {
            if !part.is_empty() {
                out.push_str(joint);
                out.push_str(part);
            }
        }
        out
    }
}

/// `file:line:column: [code] 中文 / English`.
impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, code, .. } = self;
        write!(f, "{file}:{line}:{column}: [{code}] {} / {}", self.chinese(), self.english())
    }
}

/// Every refusal found in one file, by line; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyErrors(pub Vec<PolicyError>);

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyErrors {}
