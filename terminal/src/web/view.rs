//! The pages' words and figures: every region of the screen as HTML, made of the state and the catalogue.

use std::fmt::Display;

use askama::Template;
use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::Mode;
use domain::money::Fen;
use domain::record::totals::CountSum;
use domain::record::{Credential, Tender, TimeSource};
use domain::words::period_name;

use crate::printer::Printed;
use crate::state::{MealView, OfferView, OtherView, ShiftView, Snapshot, StageView, SumsView, WindowView};
use crate::words::Words;

/// Notes that elders hand over, fen.
const NOTES: [i64; 4] = [1_000, 2_000, 5_000, 10_000];
const HOUR_MS: i64 = 60 * 60 * 1000;

/// A value as templates hand it over: itself, or behind one or two references.
trait By<T> {
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

/// Which page a screen is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Page {
    /// Serving.
    #[default]
    Till,
    /// Today's meals.
    Meals,
    /// Closing the shift.
    Close,
}

/// State and words, with the ways to write them.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    pub(crate) w: &'static Words,
    pub(crate) s: &'a Snapshot,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Shell<'a> {
    cx: Cx<'a>,
    sprite: &'static str,
    regions: &'a Regions,
}

#[derive(Template)]
#[template(path = "bar.html")]
struct Bar<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "banner.html")]
struct Banner<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys<'a> {
    cx: Cx<'a>,
    page: &'a str,
}

#[derive(Template)]
#[template(path = "main.html")]
struct Main<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "meals.html")]
struct Meals<'a> {
    cx: Cx<'a>,
    meals: &'a [MealView],
}

#[derive(Template)]
#[template(path = "close.html")]
struct Close<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "void.html")]
struct VoidDialog<'a> {
    cx: Cx<'a>,
    meal: Option<&'a MealView>,
    last: bool,
}

#[derive(Template)]
#[template(path = "recount.html")]
struct RecountDialog<'a> {
    cx: Cx<'a>,
}

/// The HTML of each region.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Regions {
    pub(crate) bar: String,
    pub(crate) banner: String,
    pub(crate) main: String,
    pub(crate) keys: String,
    pub(crate) dialog: String,
}

/// What a dialog asks.
pub(crate) enum Asked<'a> {
    /// Whether this meal is to be reversed.
    Void {
        /// Nothing when there is no such meal.
        meal: Option<&'a MealView>,
        /// Whether it was asked for as the last one.
        last: bool,
    },
    /// Whether the drawer may be counted again.
    Recount,
}

/// All regions of a page.
pub(crate) fn regions(
    cx: Cx<'_>,
    page: Page,
    meals: &[MealView],
    asked: Option<Asked<'_>>,
) -> Result<Regions, askama::Error> {
    let main = match page {
        Page::Till => Main { cx }.render()?,
        Page::Meals => Meals { cx, meals }.render()?,
        Page::Close => Close { cx }.render()?,
    };
    let name = match page {
        Page::Till => "till",
        Page::Meals => "meals",
        Page::Close => "close",
    };
    let dialog = match asked {
        Some(Asked::Void { meal, last }) => VoidDialog { cx, meal, last }.render()?,
        Some(Asked::Recount) => RecountDialog { cx }.render()?,
        None => String::new(),
    };
    Ok(Regions {
        bar: Bar { cx }.render()?,
        banner: Banner { cx }.render()?,
        main,
        keys: Keys { cx, page: name }.render()?,
        dialog,
    })
}

/// The whole page.
pub(crate) fn shell(cx: Cx<'_>, regions: &Regions) -> Result<String, askama::Error> {
    Shell { cx, sprite: super::assets::SPRITE, regions }.render()
}

/// `¥1,234.50`; a minus is U+2212 and stands before the sign.
fn yuan(fen: Fen) -> String {
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

impl Cx<'_> {
    fn with(&self, text: &str, name: &str, value: impl Display) -> String {
        self.w.fill(text, &[(name, &value.to_string())])
    }

    fn money(&self, fen: impl By<Fen>) -> String {
        yuan(*fen.by())
    }

    fn less(&self, fen: impl By<Fen>) -> String {
        format!("−{}", yuan(*fen.by()))
    }

    fn money_or_dash(&self, fen: impl By<Fen>) -> String {
        let fen = *fen.by();
        if fen.is_zero() { "—".to_owned() } else { yuan(fen) }
    }

    fn plain(&self, fen: impl By<Fen>) -> String {
        let fen = *fen.by();
        let sign = if fen.is_negative() { "−" } else { "" };
        format!("{sign}{}", digits(fen.abs()))
    }

    fn hm(&self, at: impl By<UnixMs>) -> String {
        at.by().local_clock()[..5].to_owned()
    }

    fn hms(&self, at: impl By<UnixMs>) -> String {
        at.by().local_clock()
    }

    fn date_at(&self, at: impl By<UnixMs>) -> String {
        let at = *at.by();
        let (_, month, day) = at.local_date().ymd();
        let values = [("month", &*month.to_string()), ("day", &*day.to_string()), ("time", &*self.hm(at))];
        self.w.fill(self.w.date_at, &values)
    }

    /// The time alone if it is today's.
    fn when(&self, at: impl By<UnixMs>) -> String {
        let at = *at.by();
        if at.local_date() == self.s.clock.at.local_date() { self.hm(at) } else { self.date_at(at) }
    }

    fn later(&self, at: impl By<UnixMs>, hours: i64) -> String {
        let at = at.by().plus(hours * HOUR_MS);
        let tomorrow = self.s.clock.at.local_date().plus_days(1);
        if at.local_date() == tomorrow { self.with(self.w.tomorrow_at, "time", self.hm(at)) } else { self.when(at) }
    }

    /// How long ago.
    fn age(&self, at: impl By<UnixMs>) -> String {
        let minutes = (self.s.clock.at.get() - at.by().get()).max(0) / 60_000;
        if minutes < 60 {
            self.with(self.w.minutes, "count", minutes)
        } else {
            self.with(self.w.hours, "count", minutes / 60)
        }
    }

    fn long_date(&self, date: impl By<BusinessDate>) -> String {
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

    fn period(&self, period: impl By<MealPeriod>) -> String {
        period_name(period.by(), self.w.lang.domain())
    }

    fn set_meal(&self, period: impl By<MealPeriod>) -> String {
        self.with(self.w.set_meal, "period", self.period(period))
    }

    fn mode(&self, mode: impl By<Mode>) -> &'static str {
        match mode.by() {
            Mode::DineIn => self.w.dine_in,
            Mode::Pickup => self.w.pickup,
            Mode::Delivery => self.w.delivery,
        }
    }

    fn tender(&self, tender: impl By<Tender>) -> &'static str {
        match tender.by() {
            Tender::Cash => self.w.tender_cash,
            Tender::QrPayment => self.w.tender_qr,
            Tender::Free => self.w.tender_free,
        }
    }

    fn credential(&self, credential: impl By<Credential>) -> &'static str {
        match credential.by() {
            Credential::Card | Credential::Manual => self.w.card,
            Credential::ResidentId => self.w.id_card,
        }
    }

    fn sex(&self, female: impl By<bool>) -> &'static str {
        if *female.by() { self.w.female } else { self.w.male }
    }

    fn who<'m>(&self, meal: &'m MealView) -> &'m str {
        meal.name.as_deref().unwrap_or(self.w.guest)
    }

    fn initial(&self, meal: &MealView) -> String {
        self.who(meal).chars().take(1).collect()
    }

    fn printer(&self) -> &'static str {
        match self.s.printer.state {
            "ok" => self.w.printer_ok,
            "trouble" => self.w.printer_trouble,
            _ => self.w.printer_none,
        }
    }

    fn printed(&self, printed: impl By<Printed>) -> &'static str {
        match printed.by() {
            Printed::None => "",
            Printed::Waiting => self.w.printed_waiting,
            Printed::Yes => self.w.printed_yes,
            Printed::No => self.w.printed_no,
        }
    }

    fn unsent(&self) -> String {
        self.with(self.w.unsent, "count", self.s.sync.unsent)
    }

    fn offline(&self) -> bool {
        self.s.sync.tried && !self.s.sync.online
    }

    fn serves(&self) -> bool {
        !matches!(self.s.stage, StageView::SignIn | StageView::OpenShift | StageView::ForgottenShift)
    }

    fn counted(&self) -> bool {
        self.s.close.as_ref().is_some_and(|close| close.counted.is_some())
    }

    fn uncertain(&self) -> bool {
        self.s.clock.source != TimeSource::Server
    }

    fn forgotten(&self, shift: &ShiftView) -> String {
        let date = self.date_at(shift.opened_at);
        self.w.fill(self.w.forgotten_text, &[("name", &shift.cashier), ("date", &date)])
    }

    /// What a closed window means for the one who serves, if it is closed.
    fn closed(&self) -> Option<String> {
        let window = self.s.window.as_ref().filter(|window| !window.open)?;
        let next = self
            .s
            .next_window
            .as_ref()
            .map_or_else(|| self.next_window(window, false), |(next, tomorrow)| self.next_window(next, *tomorrow));
        Some(self.with(self.w.idle_closed, "next", next))
    }

    fn next_window(&self, window: &WindowView, tomorrow: impl By<bool>) -> String {
        let text = if *tomorrow.by() { self.w.next_tomorrow } else { self.w.next_today };
        self.w.fill(text, &[("period", &self.period(&window.period)), ("from", &window.from)])
    }

    fn subsidised(&self, offer: &OfferView) -> bool {
        !offer.subsidy.is_zero() || !offer.concession.is_zero()
    }

    fn offer_title(&self, offer: &OfferView) -> &'static str {
        match &offer.person {
            None => self.w.guest_full_price,
            Some(_) if self.subsidised(offer) => self.w.may_be_served,
            Some(_) => self.w.full_price,
        }
    }

    fn amount_size(&self, fen: impl By<Fen>) -> &'static str {
        if fen.by().get() >= 10_000 { "amount-long" } else { "amount" }
    }

    fn is_cash(&self, tender: impl By<Tender>) -> bool {
        *tender.by() == Tender::Cash
    }

    /// Notes that cover the amount, with the change.
    fn change(&self, due: impl By<Fen>) -> Vec<(i64, String)> {
        let due = *due.by();
        let enough = NOTES.into_iter().map(Fen::new).filter(|note| *note >= due);
        enough.map(|note| (note.get() / 100, digits(note - due))).collect()
    }

    fn tenders(&self, offer: &OfferView) -> Vec<(u8, &'static str, &'static str, bool)> {
        let free = offer.to_pay.is_zero();
        vec![
            (1, "cash", self.w.tender_cash, !free),
            (2, "qr_payment", self.w.tender_qr, !free),
            (3, "free", self.w.tender_free, free),
        ]
    }

    fn is_tender(&self, offer: &OfferView, name: &str) -> bool {
        let chosen = match offer.tender {
            Tender::Cash => "cash",
            Tender::QrPayment => "qr_payment",
            Tender::Free => "free",
        };
        chosen == name
    }

    fn waiting(&self, offer: &OfferView) -> String {
        offer.person.as_ref().map_or_else(|| self.w.guest.to_owned(), |person| person.name.clone())
    }

    fn asked(&self, offer: &OfferView, other: &OtherView) -> String {
        let scanned = other.name.as_deref().unwrap_or(self.w.asked_unknown);
        self.w.fill(self.w.asked_title, &[("waiting", &self.waiting(offer)), ("other", scanned)])
    }

    fn asked_keep(&self, offer: &OfferView) -> String {
        self.with(self.w.asked_keep, "name", self.waiting(offer))
    }

    /// The first meal, if its slip can be printed again.
    fn printable<'f>(&self, first: &'f crate::state::FirstView) -> Option<&'f MealView> {
        first.meal.as_ref().filter(|_| self.s.printer.state != "none")
    }

    fn used_already(&self, period: impl By<MealPeriod>, at: impl By<UnixMs>) -> String {
        self.w.fill(self.w.used_already, &[("period", &self.period(period)), ("time", &self.hm(at))])
    }

    fn refused(&self, code: &str, period: &Option<MealPeriod>) -> String {
        let period = period.as_ref().map(|period| self.period(period)).unwrap_or_default();
        let text = match code {
            "card_misread" => self.w.refused_card_misread,
            "bad_id_number" => self.w.refused_bad_id_number,
            "payment_code" => self.w.refused_payment_code,
            "unknown_card" => self.w.refused_unknown_card,
            "unknown_id" => self.w.refused_unknown_id,
            "card_revoked" => self.w.refused_card_revoked,
            "not_active" => self.w.refused_not_active,
            "outside_window" => self.w.refused_outside_window,
            "no_price" => self.w.refused_no_price,
            _ => self.w.refused_not_a_card,
        };
        self.with(text, "period", period)
    }

    fn go_on(&self, code: &str) -> &'static str {
        match code {
            "card_misread" | "not_a_card" => self.w.go_on_again,
            "payment_code" => self.w.go_on_card,
            "no_price" => self.w.go_on_price,
            "outside_window" => self.w.go_on_closed,
            _ => self.w.go_on,
        }
    }

    fn try_again(&self, code: &str) -> bool {
        matches!(code, "card_misread" | "not_a_card")
    }

    fn use_card(&self, code: &str) -> bool {
        matches!(code, "unknown_id" | "bad_id_number" | "payment_code")
    }

    fn lost_card(&self, code: &str) -> bool {
        matches!(code, "card_revoked" | "unknown_card")
    }

    /// Whom to turn to, where somebody can help.
    fn ask(&self, code: &str) -> Option<(&'static str, &'static str)> {
        match code {
            "card_revoked" | "unknown_card" => Some((self.w.new_card, self.w.new_card_text)),
            "unknown_id" | "bad_id_number" | "not_active" => Some((self.w.ask_office, self.w.ask_office_text)),
            "no_price" => Some((self.w.ask_office, self.w.ask_office_price)),
            _ => None,
        }
    }

    fn undo_text(&self, meal: &MealView) -> String {
        let (time, amount) = (self.hms(meal.at), yuan(meal.to_pay));
        let values =
            [("time", &*time), ("name", self.who(meal)), ("amount", &*amount), ("tender", self.tender(meal.tender))];
        self.w.fill(self.w.undo_text, &values)
    }

    fn denomination(&self, value: impl By<i64>) -> String {
        let value = *value.by();
        let (text, count) =
            if value >= 100 { (self.w.denomination_yuan, value / 100) } else { (self.w.denomination_jiao, value / 10) };
        self.with(text, "count", count)
    }

    fn worth(&self, value: impl By<i64>, pieces: impl By<u32>) -> Fen {
        Fen::new(*value.by()).times(i64::from(*pieces.by()))
    }

    fn difference_class(&self, sums: &SumsView) -> &'static str {
        match (sums.needs_supervisor, sums.needs_reason) {
            (true, _) => "difference-bad",
            (false, true) => "difference-warn",
            (false, false) => "difference-ok",
        }
    }

    fn difference_word(&self, sums: &SumsView) -> &'static str {
        if sums.difference.is_zero() {
            self.w.even
        } else if sums.difference.is_negative() {
            self.w.short
        } else {
            self.w.over
        }
    }

    fn difference_note(&self, sums: &SumsView) -> &'static str {
        match (sums.needs_supervisor, sums.needs_reason) {
            (true, _) => self.w.above_limit,
            (false, true) => self.w.within_limit,
            (false, false) => self.w.no_difference,
        }
    }

    fn z_tenders(&self, sums: &SumsView) -> Vec<(&'static str, CountSum)> {
        Tender::ALL.into_iter().map(|tender| (self.tender(tender), sums.totals.tender(tender))).collect()
    }

    fn z_own(&self, sums: &SumsView) -> CountSum {
        let tenders = Tender::ALL.map(|tender| sums.totals.tender(tender));
        CountSum { count: tenders.iter().map(|t| t.count).sum(), amount: tenders.iter().map(|t| t.amount).sum() }
    }

    /// Who carries the list price: what is left of it after subsidy and discount is the diners'.
    fn z_payers(&self, sums: &SumsView) -> Vec<(String, CountSum)> {
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

    fn z_voids(&self, sums: &SumsView) -> String {
        let voids = sums.totals.voids;
        let values = [("count", &*voids.count.to_string()), ("amount", &*yuan(voids.amount))];
        self.w.fill(self.w.z_voids_text, &values)
    }

    fn z_sequences(&self, sums: &SumsView) -> String {
        let values = [("first", &*sums.first_sequence.to_string()), ("last", &*sums.last_sequence.to_string())];
        self.w.fill(self.w.z_sequences_text, &values)
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
