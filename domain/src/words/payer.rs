//! What payers are called.

use super::Language;

/// A payer for people, by its name in a policy: levels and the usual funds have one in both languages, another fund is
/// called as the policy calls it.
#[must_use]
pub fn payer_name(name: &str, l: Language) -> &str {
    match name {
        "province" => l.of("省财政", "Province"),
        "city" => l.of("市财政", "City"),
        "district" => l.of("区财政", "District"),
        "town" => l.of("镇街", "Town"),
        "village" => l.of("村居", "Village"),
        "lottery" => l.of("福彩公益金", "Lottery fund"),
        "charity" => l.of("慈善会", "Charity"),
        "league" => l.of("盟财政", "League"),
        "banner" => l.of("旗财政", "Banner"),
        other => other,
    }
}
