//! The words and figures of a shift's close.

use domain::money::Fen;
use domain::record::Tender;
use domain::record::totals::CountSum;

use super::phrases::{By, yuan};
use super::view::Cx;
use crate::state::SumsView;

#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_value,
    reason = "templates call methods, with values as they hold them"
)]
impl Cx<'_> {
    pub(super) fn denomination(&self, value: impl By<i64>) -> String {
        let value = *value.by();
        let (text, count) =
            if value >= 100 { (self.w.denomination_yuan, value / 100) } else { (self.w.denomination_jiao, value / 10) };
        self.with(text, "count", count)
    }

    pub(super) fn worth(&self, value: impl By<i64>, pieces: impl By<u32>) -> Fen {
        Fen::new(*value.by()).times(i64::from(*pieces.by()))
    }

    pub(super) fn difference_class(&self, sums: &SumsView) -> &'static str {
        match (sums.needs_supervisor, sums.needs_reason) {
            (true, _) => "difference-bad",
            (false, true) => "difference-warn",
            (false, false) => "difference-ok",
        }
    }

    pub(super) fn difference_word(&self, sums: &SumsView) -> &'static str {
        if sums.difference.is_zero() {
            self.w.even
        } else if sums.difference.is_negative() {
            self.w.short
        } else {
            self.w.over
        }
    }

    pub(super) fn difference_note(&self, sums: &SumsView) -> &'static str {
        match (sums.needs_supervisor, sums.needs_reason) {
            (true, _) => self.w.above_limit,
            (false, true) => self.w.within_limit,
            (false, false) => self.w.no_difference,
        }
    }

    pub(super) fn z_tenders(&self, sums: &SumsView) -> Vec<(&'static str, CountSum)> {
        Tender::ALL.into_iter().map(|tender| (self.tender(tender), sums.totals.tender(tender))).collect()
    }

    pub(super) fn z_own(&self, sums: &SumsView) -> CountSum {
        let tenders = Tender::ALL.map(|tender| sums.totals.tender(tender));
        CountSum { count: tenders.iter().map(|t| t.count).sum(), amount: tenders.iter().map(|t| t.amount).sum() }
    }

    /// Who carries the list price: what is left of it after subsidy and discount is the diners'.
    pub(super) fn z_payers(&self, sums: &SumsView) -> Vec<(String, CountSum)> {
        let totals = &sums.totals;
        let own = CountSum {
            count: totals.meals.count,
            amount: totals.meals.amount - totals.diner.amount - totals.concession.amount,
        };
        vec![
            (self.w.subsidy.to_owned(), totals.diner),
            (self.w.concession.to_owned(), totals.concession),
            (self.with(self.w.z_own_guests, "count", totals.guests.count), own),
        ]
    }

    pub(super) fn z_voids(&self, sums: &SumsView) -> String {
        let voids = sums.totals.voids;
        let values = [("count", &*voids.count.to_string()), ("amount", &*yuan(voids.amount))];
        self.w.fill(self.w.z_voids_text, &values)
    }

    pub(super) fn z_sequences(&self, sums: &SumsView) -> String {
        let values = [("first", &*sums.first_sequence.to_string()), ("last", &*sums.last_sequence.to_string())];
        self.w.fill(self.w.z_sequences_text, &values)
    }
}
