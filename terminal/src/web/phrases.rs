//! How state is put into words and figures, in the language of the page.

use std::fmt::Display;

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::Mode;
use domain::money::Fen;
use domain::record::{Collector, Credential, Tender, TimeSource};
use domain::words::period_name;

use super::view::Cx;
use crate::printer::{Condition, Printed};
use crate::state::{FirstView, InLineView, MealView, OfferView, ShiftView, StageView, WindowView};

/// Notes that elders hand over, fen.
const NOTES: [i64; 4] = [1_000, 2_000, 5_000, 10_000];
const HOUR_MS: i64 = 60 * 60 * 1000;
/// So many of those who wait are named; the others are counted.
const LINE_NAMES: usize = 4;

/// A value as templates hand it over: itself, or behind one or two references.
pub(super) trait By<T> {
    fn by(&self) -> &T;
}

impl<T> By<T> for T {
    fn by(&self) -> &T {
        self
    }
}

impl<T> By<T> for &T {
    fn by(&self) -> &T {
        self
    }
}

impl<T> By<T> for &&T {
    fn by(&self) -> &T {
        self
    }
}

/// `¥1,234.50`; a minus is U+2212 and stands before the sign.
pub(super) fn yuan(fen: Fen) -> String {
    let sign = if fen.is_negative() { "−" } else { "" };
    format!("{sign}¥{}", digits(fen.abs()))
}

fn digits(fen: Fen) -> String {
    let (yuan, rest) = (fen.get() / 100, fen.get() % 100);
    let text = yuan.to_string();
    let mut grouped = String::new();
    for (index, digit) in text.chars().enumerate() {
        if index > 0 && (text.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{rest:02}")
}

#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_value,
    reason = "templates call methods, with values as they hold them"
)]
impl Cx<'_> {
    pub(super) fn with(&self, text: &str, name: &str, value: impl Display) -> String {
        self.w.fill(text, &[(name, &value.to_string())])
    }

    pub(super) fn money(&self, fen: impl By<Fen>) -> String {
        yuan(*fen.by())
    }

    pub(super) fn less(&self, fen: impl By<Fen>) -> String {
        format!("−{}", yuan(*fen.by()))
    }

    pub(super) fn money_or_dash(&self, fen: impl By<Fen>) -> String {
        let fen = *fen.by();
        if fen.is_zero() { "—".to_owned() } else { yuan(fen) }
    }

    pub(super) fn plain(&self, fen: impl By<Fen>) -> String {
        let fen = *fen.by();
        let sign = if fen.is_negative() { "−" } else { "" };
        format!("{sign}{}", digits(fen.abs()))
    }

    pub(super) fn hm(&self, at: impl By<UnixMs>) -> String {
        at.by().local_clock()[..5].to_owned()
    }

    pub(super) fn hms(&self, at: impl By<UnixMs>) -> String {
        at.by().local_clock()
    }

    pub(super) fn date_at(&self, at: impl By<UnixMs>) -> String {
        let at = *at.by();
        let (_, month, day) = at.local_date().ymd();
        let values = [("month", &*month.to_string()), ("day", &*day.to_string()), ("time", &*self.hm(at))];
        self.w.fill(self.w.date_at, &values)
    }

    /// The time alone if it is today's.
    pub(super) fn when(&self, at: impl By<UnixMs>) -> String {
        let at = *at.by();
        if at.local_date() == self.s.clock.at.local_date() { self.hm(at) } else { self.date_at(at) }
    }

    pub(super) fn later(&self, at: impl By<UnixMs>, hours: i64) -> String {
        let at = at.by().plus(hours * HOUR_MS);
        let tomorrow = self.s.clock.at.local_date().plus_days(1);
        if at.local_date() == tomorrow { self.with(self.w.tomorrow_at, "time", self.hm(at)) } else { self.when(at) }
    }

    /// How long ago.
    pub(super) fn age(&self, at: impl By<UnixMs>) -> String {
        let minutes = (self.s.clock.at.get() - at.by().get()).max(0) / 60_000;
        if minutes < 60 {
            self.with(self.w.minutes, "count", minutes)
        } else {
            self.with(self.w.hours, "count", minutes / 60)
        }
    }

    pub(super) fn long_date(&self, date: impl By<BusinessDate>) -> String {
        let (year, month, day) = date.by().ymd();
        match self.w.lang {
            crate::words::Lang::Zh => {
                let weekday = ["一", "二", "三", "四", "五", "六", "日"][usize::from(date.by().weekday())];
                format!("{year}年{month}月{day}日 星期{weekday}")
            }
            crate::words::Lang::En => {
                let weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][usize::from(date.by().weekday())];
                format!("{weekday} {year}-{month:02}-{day:02}")
            }
        }
    }

    pub(super) fn period(&self, period: impl By<MealPeriod>) -> String {
        period_name(period.by(), self.w.lang.domain())
    }

    pub(super) fn set_meal(&self, period: impl By<MealPeriod>) -> String {
        self.with(self.w.set_meal, "period", self.period(period))
    }

    pub(super) fn mode(&self, mode: impl By<Mode>) -> &'static str {
        match mode.by() {
            Mode::DineIn => self.w.dine_in,
            Mode::Pickup => self.w.pickup,
            Mode::Delivery => self.w.delivery,
        }
    }

    pub(super) fn tender(&self, tender: impl By<Tender>) -> &'static str {
        match tender.by() {
            Tender::Cash => self.w.tender_cash,
            Tender::QrPayment => self.w.tender_qr,
            Tender::Free => self.w.tender_free,
        }
    }

    pub(super) fn credential(&self, credential: impl By<Credential>) -> &'static str {
        match credential.by() {
            Credential::Card => self.w.card,
            Credential::Chip => self.w.chip_card,
            Credential::Manual => self.w.by_hand,
            Credential::ResidentId => self.w.id_card,
        }
    }

    pub(super) fn sex(&self, female: impl By<bool>) -> &'static str {
        if *female.by() { self.w.female } else { self.w.male }
    }

    pub(super) fn who<'m>(&self, meal: &'m MealView) -> &'m str {
        meal.name.as_deref().unwrap_or(self.w.guest)
    }

    pub(super) fn initial(&self, meal: &MealView) -> String {
        self.who(meal).chars().take(1).collect()
    }

    pub(super) fn printer(&self) -> &'static str {
        match self.s.printer.state {
            "ok" if self.paper_low() => self.w.printer_low,
            "ok" => self.w.printer_ok,
            "trouble" => self.printer_trouble().0,
            _ => self.w.printer_none,
        }
    }

    pub(super) fn paper_low(&self) -> bool {
        self.s.printer.condition == Some(Condition::PaperLow)
    }

    /// What is wrong with the printer, and what to do about it.
    pub(super) fn printer_trouble(&self) -> (&'static str, &'static str) {
        match self.s.printer.condition {
            Some(Condition::PaperOut) => (self.w.printer_paper, self.w.printer_paper_text),
            Some(Condition::CoverOpen) => (self.w.printer_cover, self.w.printer_cover_text),
            Some(Condition::Failing) => (self.w.printer_failing, self.w.printer_failing_text),
            _ => (self.w.printer_trouble, self.w.printer_trouble_text),
        }
    }

    pub(super) fn printed(&self, printed: impl By<Printed>) -> &'static str {
        match printed.by() {
            Printed::None => "",
            Printed::Waiting => self.w.printed_waiting,
            Printed::Yes => self.w.printed_yes,
            Printed::No => self.w.printed_no,
        }
    }

    pub(super) fn unsent(&self) -> String {
        self.with(self.w.unsent, "count", self.s.sync.unsent)
    }

    /// Whether an administrator has yet to compare the key's fingerprint.
    pub(super) fn pending(&self) -> bool {
        self.s.sync.turned_away.as_deref() == Some(crate::core::ENROLMENT_PENDING)
    }

    /// Whether the office has put this terminal out of use.
    pub(super) fn out_of_use(&self) -> bool {
        self.s.sync.turned_away.as_deref() == Some(crate::core::TERMINAL_REVOKED)
    }

    pub(super) fn collecting(&self, collection: &crate::state::CollectionView) -> String {
        let by = match collection.by {
            Collector::Caregiver => self.w.collector_caregiver,
            Collector::Spouse => self.w.collector_spouse,
            Collector::DeliveryRound => self.w.collector_round,
        };
        let (count, amount) = (collection.meals.len().to_string(), yuan(collection.to_pay));
        self.w.fill(self.w.collecting, &[("by", by), ("count", &count), ("amount", &amount)])
    }

    pub(super) fn damage(&self, damage: &crate::salvage::Damage) -> String {
        let (at, saved) = (self.date_at(damage.at), damage.saved.to_string());
        let mut text = self.w.fill(self.w.damage_text, &[("at", &at), ("saved", &saved), ("aside", &damage.aside)]);
        if damage.lost > 0 {
            text.push(' ');
            text.push_str(&self.w.fill(self.w.damage_lost, &[("lost", &damage.lost.to_string())]));
        }
        text
    }

    pub(super) fn offline(&self) -> bool {
        self.s.sync.tried && !self.s.sync.online
    }

    pub(super) fn serves(&self) -> bool {
        !matches!(
            self.s.stage,
            StageView::SignIn | StageView::OpenShift | StageView::ForgottenShift | StageView::ConfirmDate
        )
    }

    pub(super) fn counted(&self) -> bool {
        self.s.close.as_ref().is_some_and(|close| close.counted.is_some())
    }

    pub(super) fn uncertain(&self) -> bool {
        self.s.clock.source != TimeSource::Server
    }

    pub(super) fn forgotten(&self, shift: &ShiftView) -> String {
        let date = self.date_at(shift.opened_at);
        self.w.fill(self.w.forgotten_text, &[("name", &shift.cashier), ("date", &date)])
    }

    /// What a closed window means for the one who serves, if it is closed.
    pub(super) fn closed(&self) -> Option<String> {
        let window = self.s.window.as_ref().filter(|window| !window.open)?;
        let next = self
            .s
            .next_window
            .as_ref()
            .map_or_else(|| self.next_window(window, false), |(next, tomorrow)| self.next_window(next, *tomorrow));
        Some(self.with(self.w.idle_closed, "next", next))
    }

    pub(super) fn next_window(&self, window: &WindowView, tomorrow: impl By<bool>) -> String {
        let text = if *tomorrow.by() { self.w.next_tomorrow } else { self.w.next_today };
        self.w.fill(text, &[("period", &self.period(&window.period)), ("from", &window.from)])
    }

    pub(super) fn subsidised(&self, offer: &OfferView) -> bool {
        !offer.subsidy.is_zero() || !offer.concession.is_zero()
    }

    pub(super) fn offer_title(&self, offer: &OfferView) -> &'static str {
        match &offer.person {
            None if offer.unidentified => self.w.full_price_kept,
            None => self.w.guest_full_price,
            Some(_) if offer.list_too_old => self.w.full_price_list,
            Some(_) if self.subsidised(offer) => self.w.may_be_served,
            Some(_) => self.w.full_price,
        }
    }

    pub(super) fn amount_size(&self, fen: impl By<Fen>) -> &'static str {
        if self.is_long(fen) { "amount-long" } else { "amount" }
    }

    pub(super) fn is_cash(&self, tender: impl By<Tender>) -> bool {
        *tender.by() == Tender::Cash
    }

    /// Notes that cover the amount, with the change.
    pub(super) fn change(&self, due: impl By<Fen>) -> Vec<(i64, String)> {
        let due = *due.by();
        let enough = NOTES.into_iter().map(Fen::new).filter(|note| *note >= due);
        enough.map(|note| (note.get() / 100, digits(note - due))).collect()
    }

    pub(super) fn tenders(&self, offer: &OfferView) -> Vec<(u8, &'static str, &'static str, bool)> {
        let free = offer.to_pay.is_zero();
        vec![
            (1, "cash", self.w.tender_cash, !free),
            (2, "qr_payment", self.w.tender_qr, !free),
            (3, "free", self.w.tender_free, free),
        ]
    }

    pub(super) fn is_tender(&self, offer: &OfferView, name: &str) -> bool {
        let chosen = match offer.tender {
            Tender::Cash => "cash",
            Tender::QrPayment => "qr_payment",
            Tender::Free => "free",
        };
        chosen == name
    }

    pub(super) fn waiting(&self, offer: &OfferView) -> String {
        offer.person.as_ref().map_or_else(|| self.w.guest.to_owned(), |person| person.name.clone())
    }

    fn in_line(&self, from: usize) -> String {
        let all = self.s.line.get(from..).unwrap_or_default();
        let names: Vec<&str> = all.iter().take(LINE_NAMES).map(|waits| self.scanned(waits)).collect();
        let names = names.join(self.w.names_between);
        if all.len() <= LINE_NAMES {
            return names;
        }
        self.w.fill(self.w.line_more, &[("names", &names), ("count", &all.len().to_string())])
    }

    fn scanned<'l>(&self, waits: &'l InLineView) -> &'l str {
        waits.name.as_deref().unwrap_or(self.w.asked_unknown)
    }

    pub(super) fn asked(&self, offer: &OfferView) -> String {
        self.w.fill(self.w.asked_title, &[("waiting", &self.waiting(offer)), ("other", &self.in_line(0))])
    }

    pub(super) fn asked_switch(&self) -> String {
        let first = self.s.line.first().map_or(self.w.asked_unknown, |first| self.scanned(first));
        self.with(self.w.asked_switch, "name", first)
    }

    /// Whose turn it is, and who comes behind.
    pub(super) fn line_next(&self, first: &InLineView) -> String {
        self.with(self.w.line_next, "name", self.scanned(first))
    }

    pub(super) fn line_behind(&self) -> Option<String> {
        (self.s.line.len() > 1).then(|| self.with(self.w.line_behind, "names", self.in_line(1)))
    }

    pub(super) fn line_take(&self, first: &InLineView) -> String {
        self.with(self.w.line_take, "name", self.scanned(first))
    }

    pub(super) fn asked_keep(&self, offer: &OfferView) -> String {
        self.with(self.w.asked_keep, "name", self.waiting(offer))
    }

    /// The first meal, if its slip can be printed again.
    pub(super) fn printable<'f>(&self, first: &'f FirstView) -> Option<&'f MealView> {
        first.meal.as_ref().filter(|_| self.s.printer.state != "none")
    }

    pub(super) fn used_already(&self, period: impl By<MealPeriod>, at: impl By<UnixMs>) -> String {
        self.w.fill(self.w.used_already, &[("period", &self.period(period)), ("time", &self.hm(at))])
    }

    pub(super) fn refused(&self, code: &str, period: Option<&MealPeriod>) -> String {
        let period = period.map(|period| self.period(period)).unwrap_or_default();
        let text = self.w.refusal(code);
        self.with(text, "period", period)
    }

    /// Above the steps that stand where the last sale would: who comes next has not always come first.
    pub(super) fn first_title(&self) -> &'static str {
        match &self.s.today {
            Some(today) if today.count.count > 0 => self.w.first_again,
            _ => self.w.first_title,
        }
    }

    pub(super) fn go_on(&self, code: &str) -> &'static str {
        match code {
            "card_misread" | "not_a_card" => self.w.go_on_again,
            "payment_code" | "practice_card" => self.w.go_on_card,
            "only_practice" => self.w.go_on_practice,
            "no_price" => self.w.go_on_price,
            "outside_window" | "not_active" => self.w.go_on_closed,
            _ => self.w.go_on,
        }
    }

    pub(super) fn try_again(&self, code: &str) -> bool {
        matches!(code, "card_misread" | "not_a_card")
    }

    pub(super) fn use_card(&self, code: &str) -> bool {
        matches!(code, "unknown_id" | "unknown_id_offline" | "bad_id_number" | "payment_code" | "practice_card")
    }

    pub(super) fn lost_card(&self, code: &str) -> bool {
        matches!(code, "card_revoked" | "card_expired" | "unknown_card")
    }

    /// Whom to turn to, where somebody can help.
    pub(super) fn ask(&self, code: &str) -> Option<(&'static str, &'static str)> {
        match code {
            "card_revoked" | "card_expired" | "unknown_card" => Some((self.w.new_card, self.w.new_card_text)),
            "unknown_id" | "unknown_id_offline" | "bad_id_number" | "not_active" => {
                Some((self.w.ask_office, self.w.ask_office_text))
            }
            "no_price" => Some((self.w.ask_office, self.w.ask_office_price)),
            _ => None,
        }
    }

    /// Whether the elder may be looked up by name instead.
    pub(super) fn by_name(&self, code: &str) -> bool {
        matches!(
            code,
            "card_revoked" | "card_expired" | "unknown_card" | "unknown_id" | "unknown_id_offline" | "bad_id_number"
        )
    }

    pub(super) fn undo_text(&self, meal: &MealView) -> String {
        let (time, amount) = (self.hms(meal.at), yuan(meal.to_pay));
        let values =
            [("time", &*time), ("name", self.who(meal)), ("amount", &*amount), ("tender", self.tender(meal.tender))];
        self.w.fill(self.w.undo_text, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_two_decimals_groups_and_a_true_minus() {
        assert_eq!(yuan(Fen::new(900)), "¥9.00");
        assert_eq!(yuan(Fen::new(-500)), "−¥5.00");
        assert_eq!(yuan(Fen::new(123_456_789)), "¥1,234,567.89");
        assert_eq!(yuan(Fen::new(100_000)), "¥1,000.00");
        assert_eq!(yuan(Fen::ZERO), "¥0.00");
    }
}
