//! The slip of money paid back: what an elder takes home, and what the canteen keeps signed.

use super::{Marks, lines::Roll};
use crate::{escpos::Paper, figures, font::Fonts};
use domain::money::Fen;

/// Money paid back to an elder who had paid too much for a meal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundSlip {
    /// Canteen.
    pub canteen: String,
    /// Local date and time as text.
    pub at: String,
    /// Masked name.
    pub who: String,
    /// The meal's business date as text.
    pub meal_date: String,
    /// Money handed back, in cash.
    pub amount: Fen,
    /// Cashier, in full.
    pub cashier: String,
    /// Sequence number of the refund.
    pub sequence: String,
    /// First characters of the record's hash.
    pub record: String,
    /// Reprint and training.
    pub marks: Marks,
}

impl RefundSlip {
    /// The bytes to send to the printer.
    #[must_use]
    pub fn to_escpos(&self, paper: Paper, fonts: &Fonts) -> Vec<u8> {
        let mut roll = Roll::start(paper, fonts, self.marks.text());
        roll.centre(&self.canteen);
        roll.centre("退补单");
        roll.rule();
        roll.pair("时间", &self.at);
        roll.pair("姓名", &self.who);
        roll.pair("原用餐日", &self.meal_date);
        roll.rule();
        roll.big("退还", &format!("￥{}", figures::plain(self.amount)));
        roll.pair("退还方式", "现金");
        roll.rule();
        roll.pair("收银", &self.cashier);
        roll.pair("序号", &self.sequence);
        roll.pair("凭证", &self.record);
        roll.space();
        roll.pair("领款人签字", "");
        roll.rule();
        roll.finish()
    }
}
