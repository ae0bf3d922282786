//! The register's pages: canteens, people, terminals, elders, lists that are brought, what waits for a second person;
//! and the auditor's: the log, what was learned later, inspections.
//!
//! Every act here calls what the API's handler of the same matter calls; a page only reads forms and draws.

mod audit;
mod audit_words;
mod backups;
mod batches;
mod canteen;
mod canteen_words;
mod canteens;
pub(crate) mod chain;
mod changes;
mod correction_words;
mod corrections;
mod decided;
mod draws;
mod elder;
mod elder_words;
mod elders;
mod entry_words;
mod imports;
mod people;
mod proposals;
mod quarantine;
mod region;
mod regions;
mod search;
mod terminal;
mod terminal_words;
mod terminals;
mod words;

use std::str::FromStr;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::UserId;
use domain::money::Fen;

use super::lang::Lang;
use super::{fmt, words as frame};
use crate::http::Problem;
use crate::http::routes::Routes;
use crate::store::people::UserRow;
use crate::words::{Code, office as said};

pub(super) fn routes() -> Routes {
    let each = [
        audit::routes(),
        backups::routes(),
        batches::routes(),
        canteen::routes(),
        canteens::routes(),
        changes::routes(),
        corrections::routes(),
        draws::routes(),
        elder::routes(),
        elders::routes(),
        imports::routes(),
        people::routes(),
        quarantine::routes(),
        proposals::routes(),
        region::routes(),
        regions::routes(),
        search::routes(),
        terminal::routes(),
        terminals::routes(),
    ];
    each.into_iter().fold(Routes::new(), Routes::merge)
}

/// What was typed into a field; nothing when it was left empty.
fn typed(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// What was typed, read; nothing when the field was left empty.
fn read<T: FromStr>(text: &str, said: &str) -> Result<Option<T>, Problem> {
    typed(text).map(|text| text.parse().map_err(|_| Problem::new(Code::Invalid, said))).transpose()
}

/// What has to be typed.
fn wanted<T: FromStr>(text: &str, said: &str) -> Result<T, Problem> {
    read(text, said)?.ok_or_else(|| Problem::new(Code::Invalid, said))
}

fn date(text: &str) -> Result<BusinessDate, Problem> {
    wanted(text, said::DATE)
}

/// An amount in yuan.
fn amount(text: &str) -> Result<Fen, Problem> {
    Fen::from_yuan(text.trim()).map_err(|_| Problem::new(Code::Invalid, said::AMOUNT))
}

/// A value as it stands in an address.
pub(crate) fn escaped(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b':');
    let written = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    value.bytes().map(written).collect::<Vec<_>>().concat()
}

/// Who somebody is, in full.
fn person(people: &[UserRow], id: UserId, lang: Lang) -> String {
    let Some(row) = people.iter().find(|row| row.id == id) else { return short(&id) };
    let role = frame::Words::of(lang).role(row.role);
    super::lang::fill(words::Words::of(lang).who, &[("name", &row.name), ("role", &role)])
}

/// An id's end, for people: its beginning is the time.
fn short(id: &impl std::fmt::Display) -> String {
    let text = id.to_string();
    text.get(text.len().saturating_sub(8)..).unwrap_or(&text).to_owned()
}

/// How long ago, in words.
fn ago(at: UnixMs, now: UnixMs, w: &words::Words) -> String {
    let minutes = ((now.get() - at.get()) / 60_000).max(0);
    let (text, n) = match minutes {
        0..60 => (w.minutes_ago, minutes),
        60..2880 => (w.hours_ago, minutes / 60),
        _ => (w.days_ago, minutes / 1440),
    };
    super::lang::fill(text, &[("n", &fmt::count(n))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_or_refused() {
        assert_eq!(read::<BusinessDate>(" ", said::DATE).unwrap(), None);
        assert_eq!(date(" 2026-03-01 ").unwrap().to_string(), "2026-03-01");
        assert!(date("1.3.2026").is_err() && date("").is_err());
        assert_eq!(amount(" 18.5 ").unwrap(), Fen::new(1850));
        assert!(amount("18.555").is_err());
    }

    #[test]
    fn what_is_asked_stands_in_the_address_and_nothing_breaks_out_of_it() {
        assert_eq!(escaped("canteen:01-a&b=c 食"), "canteen:01-a%26b%3Dc%20%E9%A3%9F");
    }

    #[test]
    fn ages_are_said_in_the_largest_fitting_unit() {
        let w = words::Words::of(Lang::En);
        let at = |minutes: i64| ago(UnixMs::new(0), UnixMs::new(minutes * 60_000), w);
        assert_eq!([at(5), at(120), at(3 * 1440)], ["5 min ago", "2 h ago", "3 d ago"]);
        assert_eq!(short(&"0123456789abcdef"), "89abcdef");
    }
}
