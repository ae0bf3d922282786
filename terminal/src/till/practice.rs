//! The people of training: they are in no register, and no real elder's card is used to practise with.

use domain::calendar::{BusinessDate, UnixMs};
use domain::credential::{Scan, ScanError};
use domain::decision::{Kind, Line};
use domain::elder::{Elder, ElderFact, ElderFactKind};
use domain::id::ElderId;
use domain::money::Fen;
use domain::record::Credential;
use domain::sync::{RosterEntry, Use};

use super::TillError;
use crate::checkout::{Person, Refusal};
use crate::core::Core;
use crate::lookup::Fresh;
use crate::rules::Rules;
use crate::words::{Lang, Words};

/// What the numbers of practice cards begin with: printed cards begin with `91`, and none with `90` is ever issued.
const CARD_PREFIX: &str = "90";
/// The first eight bytes of their ids.
const ID_PREFIX: u128 = 0x7072_6163_7469_6365;
/// Who has eaten already did so this long ago.
const EARLIER_MS: i64 = 40 * 60 * 1000;

/// One of them.
#[derive(Clone, Copy, Debug)]
struct Persona {
    age: i16,
    female: bool,
    /// Has had this meal already, so that the amber screen can be practised too.
    served: bool,
}

const PEOPLE: [Persona; 4] = [
    Persona { age: 82, female: false, served: false },
    Persona { age: 70, female: true, served: false },
    Persona { age: 61, female: false, served: false },
    Persona { age: 85, female: true, served: true },
];

/// One of them for the screen.
#[derive(Clone, Debug)]
pub(crate) struct PracticePerson {
    /// The key that chooses the person.
    pub(crate) key: char,
    /// The number on the practice card.
    pub(crate) card: String,
    pub(crate) name: &'static str,
    pub(crate) age: i16,
    pub(crate) served: bool,
}

/// All of them.
pub(crate) fn people(words: &Words) -> Vec<PracticePerson> {
    let person = |((place, persona), key): ((usize, &Persona), char)| PracticePerson {
        key,
        card: card(place),
        name: name(words, place),
        age: persona.age,
        served: persona.served,
    };
    PEOPLE.iter().enumerate().zip('A'..).map(person).collect()
}

/// The number on a practice card: 24 digits, as on a printed card.
fn card(place: usize) -> String {
    format!("{CARD_PREFIX}{:022}", place + 1)
}

const fn id(place: usize) -> ElderId {
    ElderId::from_uuid(uuid::Uuid::from_u128(ID_PREFIX << 64 | place as u128))
}

fn name(words: &Words, place: usize) -> &'static str {
    [words.practice_a, words.practice_b, words.practice_c, words.practice_d][place]
}

/// The name of an elder who exists in training only.
pub(crate) fn name_of(elder: ElderId) -> Option<&'static str> {
    (0..PEOPLE.len()).find(|place| id(*place) == elder).map(|place| name(Lang::Zh.words(), place))
}

/// Whether a code is of a practice card.
pub(super) fn is_card(code: &str) -> bool {
    place_of(code).is_some()
}

fn place_of(code: &str) -> Option<usize> {
    (0..PEOPLE.len()).find(|place| card(*place) == code)
}

impl Core {
    /// Whom a code names in training: one of the practice cards, and nobody else.
    pub(super) fn recognise_in_training(&self, code: &str) -> Result<Result<Person, Refusal>, TillError> {
        if let Some(place) = place_of(code) {
            return self.practice_person(place).map(Ok);
        }
        let reader = self.rules().and_then(|rules| rules.setup.reader);
        Ok(Err(match Scan::read_with(code, reader) {
            Err(error @ (ScanError::PaymentCode | ScanError::CardCheck | ScanError::Empty | ScanError::Unknown)) => {
                Refusal::Unreadable(error)
            }
            // Nobody's number is looked at here, right or wrong.
            Err(ScanError::ResidentId(_)) | Ok(_) => Refusal::OnlyPractice,
        }))
    }

    fn practice_person(&self, place: usize) -> Result<Person, TillError> {
        let rules = self.rules().ok_or(TillError::NoSetup)?;
        let now = self.time.now().at;
        let persona = PEOPLE[place];
        let birth = born(now.business_date(), persona.age);
        let region = rules.setup.region.clone();
        let fact = |kind| ElderFact { valid_from: birth, known_from: now, kind };
        let facts =
            vec![fact(ElderFactKind::Hukou { region: region.clone() }), fact(ElderFactKind::Residence { region })];
        let entry = RosterEntry {
            elder: Elder { id: id(place), birth, facts },
            masked_name: name(Lang::Zh.words(), place).to_owned(),
            female: persona.female,
            cards: Vec::new(),
            resident_id: None,
            photo: None,
        };
        let uses = if persona.served { vec![earlier(&rules, now)] } else { Vec::new() };
        let (tail, fresh) = (card(place).split_off(20), Fresh { uses, version: now });
        Ok(Person { entry, credential: Credential::Card, tail: Some(tail), fresh: Some(fresh), approved_by: None })
    }
}

/// A birth date that makes somebody so old, half a year since.
fn born(today: BusinessDate, age: i16) -> BusinessDate {
    let (year, month, _) = today.ymd();
    let (year, month) = if month > 6 { (year - age, month - 6) } else { (year - age - 1, month + 6) };
    BusinessDate::new(year, month, 1).unwrap_or(today)
}

/// A use of this very meal: whoever has one is asked about, so that its amount never enters a decision.
fn earlier(rules: &Rules, now: UnixMs) -> Use {
    let line = Line {
        benefit: "practice".to_owned(),
        group: None,
        kind: Kind::Diner,
        amount: Fen::new(1),
        shares: Vec::new(),
    };
    let period = rules.serving(now).window().period.clone();
    let at = now.plus(-EARLIER_MS);
    Use { date: now.business_date(), policy: "practice".to_owned(), line, at, period, here: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_as_old_as_the_screen_says_on_every_day() {
        let mut day = BusinessDate::new(2027, 12, 20).unwrap();
        for _ in 0..400 {
            for persona in PEOPLE {
                assert_eq!(i16::from(day.age(born(day, persona.age))), persona.age, "{day}");
            }
            day = day.plus_days(1);
        }
    }

    #[test]
    fn their_cards_are_no_cards_of_the_programme_and_their_names_are_found_again() {
        let people = people(Lang::Zh.words());
        assert_eq!(people.iter().map(|person| person.key).collect::<String>(), "ABCD");
        for (place, person) in people.iter().enumerate() {
            assert_eq!((person.card.len(), Scan::read(&person.card)), (24, Err(ScanError::Unknown)));
            assert_eq!((place_of(&person.card), name_of(id(place))), (Some(place), Some(person.name)));
        }
        assert_eq!(name_of(ElderId::from_uuid(uuid::Uuid::from_u128(4))), None);
    }
}
