//! The words and figures of the till's other pages and dialogs, and of the elder's display.

use domain::calendar::BusinessDate;
use domain::calendar::MealPeriod;
use domain::money::Fen;
use domain::record::Credential;

use super::phrases::{By, yuan};
use super::view::{Cx, VoidFor};
use crate::journal::Interrupted;
use crate::state::{CashierView, MealView, OfferView, PaperView, RefundView, SaleView};
use crate::till::practice::{self, PracticePerson};
use crate::words::Lang;

const HOUR_MS: i64 = 60 * 60 * 1000;

#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_value,
    reason = "templates call methods, with values as they hold them"
)]
impl Cx<'_> {
    /// Whether the amount needs the smaller of the two large sizes.
    pub(super) fn is_long(&self, fen: impl By<Fen>) -> bool {
        fen.by().get() >= 10_000
    }

    pub(super) fn practice_people(&self) -> Vec<PracticePerson> {
        practice::people(self.w)
    }

    /// What sets one practice person apart from the others.
    pub(super) fn practice_note(&self, person: &PracticePerson) -> String {
        let age = self.with(self.w.age, "age", person.age);
        if person.served { format!("{age} · {}", self.w.practice_served) } else { age }
    }

    /// Whether an amount was keyed in place of the list price.
    pub(super) fn typed(&self) -> bool {
        self.s.next.as_ref().is_some_and(|next| next.typed)
    }

    /// Whether the next meal is handed over otherwise than usual.
    pub(super) fn mode_changed(&self) -> bool {
        let next = self.s.next.as_ref().map(|next| next.mode);
        self.s.collection.is_none() && next.is_some_and(|mode| mode != domain::decision::Mode::DineIn)
    }

    pub(super) fn portions(&self, count: impl By<usize>) -> String {
        self.with(self.w.portions_of, "count", count.by())
    }

    pub(super) fn more_portions(&self, offer: &OfferView) -> String {
        self.with(self.w.more_portions, "count", offer.portions.saturating_sub(1))
    }

    /// The same on the elder's display.
    pub(super) fn elder_more(&self, offer: &OfferView) -> String {
        self.with(self.w.elder_more, "count", offer.portions.saturating_sub(1))
    }

    /// The last sale shows more than its first portion.
    pub(super) fn last_of_several(&self) -> Option<&SaleView> {
        let several = self.s.last.as_ref().is_some_and(|last| !last.voided);
        self.s.last_sale.as_ref().filter(|sale| several && sale.portions > 1)
    }

    pub(super) fn is_portions(&self, count: impl By<i32>) -> bool {
        let now = match &self.s.stage {
            crate::state::StageView::Serving(offer) => offer.portions,
            _ => self.s.next.as_ref().map_or(1, |next| usize::from(next.portions)),
        };
        usize::try_from(*count.by()) == Ok(now)
    }

    pub(super) fn is_next_period(&self, period: &MealPeriod) -> bool {
        self.s.next.as_ref().is_some_and(|next| next.period == *period)
    }

    pub(super) fn is_me(&self, cashier: &CashierView) -> bool {
        self.s.cashier.as_ref().is_some_and(|me| me.id == cashier.id)
    }

    /// After how many hours a list is too old, if the office says.
    pub(super) fn hard_hours(&self) -> Option<i64> {
        self.s.sync.limits.hard_ms.map(|most| most / HOUR_MS)
    }

    pub(super) fn later_by(&self, at: impl By<domain::calendar::UnixMs>, hours: impl By<i64>) -> String {
        self.later(at, *hours.by())
    }

    pub(super) fn void_title(&self, why: impl By<VoidFor>) -> &'static str {
        match why.by() {
            VoidFor::Last => self.w.undo_last_title,
            VoidFor::Chosen => self.w.undo_title,
            VoidFor::Undelivered => self.w.undelivered_title,
        }
    }

    pub(super) fn void_reasons(&self, why: impl By<VoidFor>) -> Vec<&'static str> {
        let reasons = if *why.by() == VoidFor::Undelivered { self.w.undelivered_reasons } else { self.w.undo_reasons };
        reasons.split('|').collect()
    }

    pub(super) fn refund_text(&self, refund: &RefundView) -> String {
        self.w.fill(self.w.refund_text, &[("name", &refund.name), ("date", &refund.date.to_string())])
    }

    pub(super) fn paper_sum(&self, paper: &PaperView) -> String {
        let (count, amount) = (paper.lines.len().to_string(), yuan(paper.to_pay));
        let (date, period) = (paper.date.to_string(), self.period(&paper.period));
        let values = [("date", &*date), ("period", &*period), ("count", &*count), ("amount", &*amount)];
        self.w.fill(self.w.paper_sum, &values)
    }

    pub(super) fn dish(&self, place: impl By<usize>) -> &str {
        self.s.elder.menu.get(*place.by()).map_or("", String::as_str)
    }

    pub(super) fn help_keys(&self) -> Vec<(&'static str, &'static str)> {
        let w = self.w;
        vec![
            ("F2", w.key_scan),
            ("F3", w.key_portions),
            ("F4", w.key_mode),
            ("F6", w.key_amount),
            ("F7", w.key_guest),
            ("F8", w.key_delivery),
            ("F9", w.key_meals),
            ("F10", w.key_close),
            ("Del", w.key_void),
            ("M", w.more),
            ("P", w.reprint),
            ("R", w.listen_again),
        ]
    }

    /// What stands beside a name in the list.
    pub(super) fn marks(&self, meal: &MealView) -> Vec<&'static str> {
        let w = self.w;
        let marks = [
            (meal.credential == Some(Credential::Manual), w.marked_manual),
            (meal.paper, w.marked_paper),
            (meal.collector.is_some(), w.marked_collected),
            (meal.unidentified, w.marked_kept),
        ];
        marks.into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect()
    }

    /// What the office said of today's meals, in words, with the meal that it is about.
    pub(super) fn conflicts(&self, meals: &[MealView]) -> Vec<(String, String)> {
        let of = |meal: &MealView| {
            let values = [("time", &*self.hms(meal.at)), ("name", self.who(meal))];
            self.w.fill(self.w.conflict_title, &values)
        };
        let mut said = Vec::new();
        for meal in meals {
            if let Some(at) = meal.elsewhere {
                said.push((of(meal), self.with(self.w.conflict_elsewhere, "time", self.hm(at))));
            }
            match meal.doubt.as_deref() {
                Some("malformed" | "signature" | "other_origin" | "conflict") => {
                    said.push((of(meal), self.w.conflict_rejected.to_owned()));
                }
                Some(_) => said.push((of(meal), self.w.conflict_disputed.to_owned())),
                None => {}
            }
        }
        said
    }

    pub(super) fn interrupted(&self, interrupted: &Interrupted) -> String {
        let from = self.date_at(interrupted.started_at);
        let last = self.s.recent.first().map_or_else(
            || self.w.interrupted_nothing.to_owned(),
            |meal| {
                let (time, amount) = (self.hms(meal.at), yuan(meal.to_pay));
                let values = [("time", &*time), ("name", self.who(meal)), ("amount", &*amount)];
                self.w.fill(self.w.interrupted_last, &values)
            },
        );
        self.w.fill(self.w.interrupted_text, &[("from", &from), ("last", &last)])
    }

    /// `4月2日`.
    pub(super) fn day(&self, date: impl By<BusinessDate>) -> String {
        let (_, month, day) = date.by().ymd();
        match self.w.lang {
            Lang::Zh => format!("{month}月{day}日"),
            Lang::En => format!("{day}/{month}"),
        }
    }

    pub(super) fn weekday(&self, date: impl By<BusinessDate>) -> String {
        let long = self.long_date(date);
        match self.w.lang {
            Lang::Zh => long.split_once(' ').map(|(_, weekday)| weekday.to_owned()).unwrap_or_default(),
            Lang::En => long.split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}
