//! Canteens of a made-up city: where they stand, what a lunch costs, when they are open.

use domain::calendar::{BusinessDate, DayKind, WorkCalendar};
use domain::money::Fen;
use domain::region::RegionCode;
use server::admin::NewCanteen;

use super::words;

/// The region that settles.
pub const REGION: &str = "440300";
/// Districts that canteens stand in.
const DISTRICTS: [&str; 9] = ["440303", "440304", "440305", "440306", "440307", "440308", "440309", "440310", "440311"];
/// Lunch, fen.
const PRICES: [i64; 4] = [1_500, 1_600, 1_800, 2_000];

/// A code of the tables here.
///
/// # Panics
/// When a table holds something else.
#[must_use]
pub fn region(text: &str) -> RegionCode {
    text.parse().unwrap_or_else(|e| unreachable!("generated data: {e}"))
}

/// The village that a canteen stands in, by its place.
#[must_use]
pub fn village(place: usize) -> RegionCode {
    let district = DISTRICTS[place % DISTRICTS.len()];
    let (town, village) = (1 + place / DISTRICTS.len() % 20, 1 + place / (DISTRICTS.len() * 20));
    region(&format!("{district}{town:03}{village:03}"))
}

/// What lunch costs in a canteen, by its place.
#[must_use]
pub fn price(place: usize) -> Fen {
    Fen::new(PRICES[place % PRICES.len()])
}

/// GB 32100: 17 characters and the check character.
fn credit_code(number: usize) -> String {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("52440399{number:09}");
    let value = |byte: u8| ALPHABET.iter().position(|a| *a == byte).unwrap_or(0);
    let (sum, _) = body.bytes().fold((0, 1), |(sum, weight), b| (sum + value(b) * weight, weight * 3 % 31));
    format!("{body}{}", char::from(ALPHABET[(31 - sum % 31) % 31]))
}

/// A canteen to be registered, by its place.
#[must_use]
pub fn canteen(place: usize) -> NewCanteen {
    let number = place + 1;
    NewCanteen {
        region: village(place),
        name: words::canteen(number),
        operator: words::operator(number),
        credit_code: credit_code(number),
        address: words::address(number),
        phone: format!("0755-{number:08}"),
        bank: words::BANK.to_owned(),
        account_name: words::operator(number),
        account: format!("6200{number:015}"),
        capacity: Some(600),
    }
}

/// Open on workdays, make-up days included, and on Saturdays that are no holiday.
#[must_use]
pub fn is_open(calendar: &WorkCalendar, date: BusinessDate) -> bool {
    match calendar.kind(date) {
        Some(DayKind::Workday) => true,
        Some(DayKind::Weekend) => date.weekday() == 5,
        Some(DayKind::Holiday) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canteens_stand_in_the_city_and_apart() {
        let all: std::collections::BTreeSet<_> = (0..400).map(village).collect();
        assert_eq!(all.len(), 400);
        assert!(all.iter().all(|place| region(REGION).contains(place)));
    }

    #[test]
    fn holidays_are_closed_and_make_up_sundays_open() {
        let open = |day: &str| is_open(&WorkCalendar::published(), day.parse().unwrap());
        assert!(!open("2026-01-01") && !open("2026-01-03") && open("2026-01-04"));
        assert!(open("2026-01-05") && open("2026-01-10") && !open("2026-01-11"));
    }
}
