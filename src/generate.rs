//! A large office that never was: elders, canteens, terminals and months of signed records, for trying the program at
//! the size of a city.
//!
//! [`people`] and [`places`] are who and where, [`rates`] how often things go wrong, [`day`] is what happens on a day,
//! [`journal`] is a terminal that writes and signs it, [`office`] sets the office up, and [`play`] sends everything
//! through the office's own ingest. What the cashiers saw goes beside it as plain lists ([`truth`]), from which the
//! money can be computed by other means. The same seed gives the same database.

pub mod day;
pub mod journal;
pub mod office;
pub mod people;
pub mod places;
pub mod play;
pub mod rates;
pub mod truth;
pub mod words;
