//! Slips for the counter: a meal, its undoing, and the close of a shift, as ESC/POS bytes for 58 and 80 mm paper.
//!
//! A slip may be left on a table, so it holds a masked name and no tier. Making one never fails for a strange name: a
//! character the printer lacks is drawn as dots, one that no font has as 〓, since the sale must go on.

mod lines;
mod refund;
mod shift;
mod test;

pub use refund::RefundSlip;
pub use shift::{ShiftSlip, Tally};
pub use test::TestSlip;

use crate::{PrintError, figures, font::Fonts};
use domain::money::Fen;
use lines::Roll;

pub use crate::escpos::Paper;

/// What opens the cash drawer of a printer that prints.
#[must_use]
pub fn drawer_pulse() -> Vec<u8> {
    crate::escpos::drawer().to_vec()
}

/// What opens the cash drawer of a printer that answers questions and cannot print now.
#[must_use]
pub fn drawer_pulse_now() -> Vec<u8> {
    crate::escpos::drawer_now().to_vec()
}

/// Warnings that stand in the first and in the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// 补打: printed again.
    pub reprint: bool,
    /// 训练: nothing was charged.
    pub training: bool,
    /// 已撤销: the meal was undone, whatever the slip says of it.
    pub voided: bool,
}

impl Marks {
    fn text(self) -> Option<String> {
        let marks = [(self.training, "训练"), (self.voided, "已撤销"), (self.reprint, "补打")];
        let set: Vec<&str> = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
        (!set.is_empty()).then(|| format!("＊＊{}＊＊", set.join(" ")))
    }
}

/// What a diner takes away: one meal, or several when someone collects for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Canteen.
    pub canteen: String,
    /// Local date and time as text: `2026-03-18 11:32`.
    pub at: String,
    /// `午餐`.
    pub period: String,
    /// `堂食`, `外带`, `送餐`.
    pub mode: String,
    /// What is paid for.
    pub meals: Vec<SlipMeal>,
    /// `现金`, `扫码`, `免费`; a payment reference may follow.
    pub tender: String,
    /// Sequence number of the terminal, as it is read out.
    pub sequence: String,
    /// First characters of the record's hash.
    pub record: String,
    /// Lines at the foot: a telephone number, a wish.
    pub footer: Vec<String>,
    /// Reprint and training.
    pub marks: Marks,
}

/// One portion or several alike on a slip. Every amount is positive and covers all portions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipMeal {
    /// Masked name, or `访客`.
    pub who: String,
    /// Portions.
    pub portions: u32,
    /// List price.
    pub price: Fen,
    /// What government and charity give.
    pub subsidy: Fen,
    /// What the canteen gives.
    pub concession: Fen,
    /// Delivery fee that the diner pays.
    pub delivery_fee: Fen,
    /// What the diner pays.
    pub own: Fen,
}

/// The undoing of a meal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidSlip {
    /// Canteen.
    pub canteen: String,
    /// Local date and time as text.
    pub at: String,
    /// Masked name, or `访客`.
    pub who: String,
    /// Sequence number of the meal that is undone.
    pub voided_sequence: String,
    /// When that meal was recorded.
    pub voided_at: String,
    /// Money handed back.
    pub refund: Fen,
    /// How it is handed back.
    pub tender: String,
    /// Reason given.
    pub reason: String,
    /// Cashier, in full.
    pub cashier: String,
    /// Who allowed it, where that was needed.
    pub approver: Option<String>,
    /// Sequence number of the undoing.
    pub sequence: String,
    /// First characters of the record's hash.
    pub record: String,
    /// Reprint and training.
    pub marks: Marks,
}

impl Slip {
    /// What the diner pays for everything on the slip.
    pub fn own_payment(&self) -> Result<Fen, PrintError> {
        crate::sum(self.meals.iter().map(|meal| meal.own))
            .ok_or_else(|| PrintError::OutOfRange { field: "您付".into() })
    }

    /// The bytes to send to the printer.
    pub fn to_escpos(&self, paper: Paper, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
        let own_payment = self.own_payment()?;
        let mut roll = Roll::start(paper, fonts, self.marks.text());
        roll.centre(&self.canteen);
        roll.rule();
        roll.pair("时间", &self.at);
        roll.pair("餐次", &format!("{} {}", self.period, self.mode));
        for meal in &self.meals {
            roll.meal(meal);
        }
        roll.rule();
        roll.big("您付", &format!("￥{}", figures::plain(own_payment)));
        roll.pair("支付方式", &self.tender);
        roll.rule();
        roll.pair("序号", &self.sequence);
        roll.pair("凭证", &self.record);
        for line in &self.footer {
            roll.centre(line);
        }
        Ok(roll.finish())
    }
}

impl VoidSlip {
    /// The bytes to send to the printer.
    #[must_use]
    pub fn to_escpos(&self, paper: Paper, fonts: &Fonts) -> Vec<u8> {
        let mut roll = Roll::start(paper, fonts, self.marks.text());
        roll.centre(&self.canteen);
        roll.centre("撤销单");
        roll.rule();
        roll.pair("时间", &self.at);
        roll.pair("姓名", &self.who);
        roll.pair("撤销序号", &self.voided_sequence);
        roll.pair("原记录时间", &self.voided_at);
        roll.pair("原因", &self.reason);
        roll.rule();
        roll.big("退还", &format!("￥{}", figures::plain(self.refund)));
        roll.pair("退还方式", &self.tender);
        roll.rule();
        roll.pair("收银", &self.cashier);
        if let Some(approver) = &self.approver {
            roll.pair("授权", approver);
        }
        roll.pair("序号", &self.sequence);
        roll.pair("凭证", &self.record);
        roll.finish()
    }
}

impl Roll<'_> {
    fn meal(&mut self, meal: &SlipMeal) {
        let portions = if meal.portions == 1 { String::new() } else { format!("{} 份", meal.portions) };
        self.rule();
        self.pair(&meal.who, &portions);
        self.pair("餐价", &figures::plain(meal.price));
        for (label, amount) in [("政府补贴", meal.subsidy), ("食堂让利", meal.concession)] {
            if amount != Fen::ZERO {
                self.pair(label, &format!("-{}", figures::plain(amount)));
            }
        }
        if meal.delivery_fee != Fen::ZERO {
            self.pair("配送费", &figures::plain(meal.delivery_fee));
        }
    }
}
