//! The Chinese of a month's claims against those entitled.

use domain::settlement::Ruling;
use domain::settlement::claims::Claims;

use crate::claims::Over;

pub(crate) fn in_the_way(numbers: &[String]) -> Option<String> {
    (!numbers.is_empty()).then(|| format!("申报份数差异 {} 未裁定", numbers.join("、")))
}

/// `申报 120 份，有资格的老人最多可用 100 份`: of a benefit, with the region's factor.
pub(crate) fn measured(over: &Over, claims: &Claims) -> String {
    let claim = &claims.claims[over.at];
    let (tenths, could) = (claims.permille, claim.could());
    format!(
        "{}：申报 {} 份，超过可申报的 {} 份（有资格的老人 {} 人次日，最多可用 {could} 份，出勤系数 {}.{}%）",
        claim.label,
        over.found,
        over.limit,
        claim.elder_days(),
        tenths / 10,
        tenths % 10
    )
}

/// What came of holding a benefit's meals against those entitled, as it stands on the region's paper.
pub(crate) fn result(over: Option<&Over>, permille: i64) -> String {
    let factor = format!("出勤系数 {}.{}%", permille / 10, permille % 10);
    let Some(over) = over else { return format!("未超过（{factor}）") };
    match over.ruling() {
        Some((said, Ruling::Explained)) => format!("超过（{factor}），已说明：{}", said.words),
        Some((said, Ruling::Confirmed)) => format!("超过（{factor}），属实：{}", said.words),
        None => format!("超过（{factor}），尚未裁定"),
    }
}
