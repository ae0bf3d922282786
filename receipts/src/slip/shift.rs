//! The Z slip: what a cashier hands over with the drawer.

use super::{Marks, lines::Roll};
use crate::{escpos::Paper, figures, font::Fonts};
use domain::money::Fen;

/// Close of a shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftSlip {
    /// Canteen.
    pub canteen: String,
    /// Terminal name or number.
    pub terminal: String,
    /// Cashier, in full.
    pub cashier: String,
    /// Shift number.
    pub shift: String,
    /// Opened, as text.
    pub opened_at: String,
    /// Closed, as text.
    pub closed_at: String,
    /// Meals by period or mode.
    pub meals: Vec<Tally>,
    /// Money taken by tender.
    pub tenders: Vec<Tally>,
    /// What the programme owes for these meals.
    pub subsidies: Vec<Tally>,
    /// Undone records.
    pub voids: Tally,
    /// Slips printed again.
    pub reprints: u64,
    /// Cash in the drawer at the start.
    pub float: Fen,
    /// Cash that should be there.
    pub expected: Fen,
    /// Cash that was counted, before the expected sum was shown.
    pub counted: Fen,
    /// Reason for a difference.
    pub explanation: Option<String>,
    /// Who accepted a difference above the limit.
    pub manager: Option<String>,
    /// First and last sequence number of the shift.
    pub sequences: (String, String),
    /// Records not uploaded yet.
    pub unsent: u64,
    /// First characters of the chain's head.
    pub record: String,
    /// Reprint and training.
    pub marks: Marks,
}

/// A count with its sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What is counted.
    pub label: String,
    /// How many.
    pub count: u64,
    /// Their sum.
    pub amount: Fen,
}

impl ShiftSlip {
    /// Counted less expected: positive when there is too much.
    #[must_use]
    pub fn difference(&self) -> Option<Fen> {
        self.counted.get().checked_sub(self.expected.get()).map(Fen::new)
    }

    /// The bytes to send to the printer.
    #[must_use]
    pub fn to_escpos(&self, paper: Paper, fonts: &Fonts) -> Vec<u8> {
        let mut roll = Roll::start(paper, fonts, self.marks.text());
        roll.centre(&self.canteen);
        roll.centre("交班单（Z）");
        roll.rule();
        roll.pair("终端", &self.terminal);
        roll.pair("班次", &self.shift);
        roll.pair("收银", &self.cashier);
        roll.pair("开班", &self.opened_at);
        roll.pair("交班", &self.closed_at);
        for (title, tallies) in [("用餐", &self.meals), ("收款", &self.tenders), ("补贴", &self.subsidies)] {
            roll.tallies(title, tallies);
        }
        roll.rule();
        roll.pair(&format!("撤销 {} 笔", self.voids.count), &figures::plain(self.voids.amount));
        roll.pair("补打", &format!("{} 张", self.reprints));
        self.drawer(&mut roll);
        roll.rule();
        roll.pair("序号", &format!("{} - {}", self.sequences.0, self.sequences.1));
        roll.pair("未上传", &format!("{} 条", self.unsent));
        roll.pair("凭证", &self.record);
        roll.space();
        roll.pair("签字", "");
        roll.rule();
        roll.finish()
    }

    fn drawer(&self, roll: &mut Roll<'_>) {
        roll.rule();
        roll.pair("备用金", &figures::plain(self.float));
        roll.pair("应有现金", &figures::plain(self.expected));
        roll.pair("实点现金", &figures::plain(self.counted));
        let difference = self.difference().map_or_else(|| "超出范围".to_owned(), figures::plain);
        roll.big("差额", &difference);
        if let Some(explanation) = &self.explanation {
            roll.pair("说明", explanation);
        }
        if let Some(manager) = &self.manager {
            roll.pair("主管", manager);
        }
    }
}

impl Roll<'_> {
    fn tallies(&mut self, title: &str, tallies: &[Tally]) {
        if tallies.is_empty() {
            return;
        }
        self.rule();
        self.left(title);
        for tally in tallies {
            self.pair(&format!(" {} {}", tally.label, tally.count), &figures::plain(tally.amount));
        }
    }
}
