//! What payers are called.

use super::Language;

/// Levels and the usual funds: the name in a policy, in Chinese and in English, in the order of lists.
const USUAL: [(&str, &str, &str); 9] = [
    ("province", "省财政", "Province"),
    ("league", "盟财政", "League"),
    ("city", "市财政", "City"),
    ("banner", "旗财政", "Banner"),
    ("district", "区财政", "District"),
    ("town", "镇街", "Town"),
    ("village", "村居", "Village"),
    ("lottery", "福彩公益金", "Lottery fund"),
    ("charity", "慈善会", "Charity"),
];

/// A payer for people, by its name in a policy: levels and the usual funds have one in both languages, another fund is
/// called as the policy calls it.
#[must_use]
pub fn payer_name(name: &str, l: Language) -> &str {
    USUAL.iter().find(|(usual, ..)| *usual == name).map_or(name, |(_, chinese, english)| l.of(chinese, english))
}

/// The payers that need no policy to be known, by the names that policies give them.
pub fn usual_payers() -> impl Iterator<Item = &'static str> {
    USUAL.iter().map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::Level;

    #[test]
    fn levels_and_usual_funds_have_names_and_others_keep_their_own() {
        assert!(Level::ALL.iter().all(|level| usual_payers().any(|usual| usual == level.name())));
        assert_eq!(payer_name("lottery", Language::Chinese), "福彩公益金");
        assert_eq!(payer_name("banner", Language::English), "Banner");
        for own in ["zone", "高新区财政", "公益金"] {
            assert_eq!([Language::Chinese, Language::English].map(|l| payer_name(own, l)), [own; 2]);
        }
    }
}
