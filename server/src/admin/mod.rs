//! What people at the office do, without a way it reached us: the API, the command line and the demo call these.
//!
//! Each is a method of [`crate::Office`]: it checks its input, submits one write unit and answers.

mod accounts;
pub(crate) mod attachments;
mod batches;
pub(crate) mod calendars;
pub(crate) mod canteens;
mod cards;
pub(crate) mod corrections;
mod draws;
mod elders;
mod people;
mod photo;
mod policies;
pub(crate) mod proposals;
mod sign_in;
mod terminals;
mod tries;
pub(crate) mod valid;

pub use accounts::Post;
pub use attachments::{About, NewAttachment};
pub use batches::Batch;
pub use calendars::{CalendarImport, Warning};
pub use canteens::{NewCanteen, NewCashier, Registered};
pub use cards::{ALONE, CHIPS_ALONE, CardsOf, IssuedSheet, SHEET, SINGLY};
pub use corrections::{CanteenCorrection, Corrected, Correction, ElderCorrection};
pub use draws::{NewDraw, NewResult};
pub use elders::{IssuedCard, Named, NewElder, NewElderFact, RegisteredChip};
pub(crate) use people::DEMO;
pub use people::{Given, NewPerson, NewUser};
pub use proposals::Proposed;
pub use sign_in::{Claim, Must, NewTotp, Present, Session, csrf_of};
pub use terminals::EnrolmentCode;
pub use tries::Addresses;
