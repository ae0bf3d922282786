//! Lists that people keep in spreadsheets, read into the office: elders, categories, deaths, moves, canteens, standings,
//! prices, the calendar.
//!
//! file → rows ([`source`]) → lines under known heads ([`table`]) → values ([`values`]) → what the office makes of them
//! ([`people`], [`venues`]) → one unit of work ([`run`]). A dry run is the same way over a snapshot, with nothing saved;
//! it names every row that cannot be taken. A list is applied as a whole or not at all, and only the very bytes that
//! the dry run saw.

pub mod cell;
pub mod columns;
mod csv;
pub mod known;
pub mod people;
pub mod report;
pub mod run;
mod save;
pub mod source;
pub mod stored;
pub mod table;
pub mod values;
pub mod venues;
mod xlsx;

use std::sync::Arc;

use domain::id::Digest;
use serde::{Deserialize, Serialize};

use crate::people::Right;
use crate::words::import::Why;
use table::SheetFound;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $chinese:literal $right:ident;)*) => {
        /// A kind of list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[schema(as = ImportKind)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The name on the wire, on the command line and in the database.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// The name for people.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$kind => $chinese,)* }
            }

            /// Who may import it.
            #[must_use]
            pub const fn right(self) -> Right {
                match self { $(Self::$kind => Right::$right,)* }
            }
        }
    };
}

kinds! {
    /// Elders to be registered, or registered already.
    Elders "elders" "老人名单" ManageElders;
    /// Categories that begin, change or end.
    Categories "categories" "类别名单" ManageElders;
    /// Deaths.
    Deaths "deaths" "死亡名单" ManageElders;
    /// Moves of household registration, residence or canteen.
    Moves "moves" "迁移名单" ManageElders;
    /// Canteens to be registered.
    Canteens "canteens" "食堂名单" ManageCanteens;
    /// Food-safety standings of canteens.
    Standings "standings" "等级名单" ManageCanteens;
    /// List prices.
    Prices "prices" "餐价表" ApprovePrices;
    /// Statutory holidays and working days.
    Calendars "calendars" "节假日表" AnnouncePolicies;
}

impl Kind {
    /// Whether its rows are about persons.
    #[must_use]
    pub const fn is_of_people(self) -> bool {
        matches!(self, Self::Elders | Self::Categories | Self::Deaths | Self::Moves)
    }
}

impl std::str::FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        Self::ALL.iter().copied().find(|kind| kind.name() == text).ok_or_else(|| format!("not one of: {}", known()))
    }
}

/// How much a problem is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportLevel)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The row cannot be taken.
    Error,
    /// It is not what the office knows: the row cannot be taken until somebody finds out.
    Conflict,
    /// Worth a look; it is taken.
    Notice,
}

/// Something about a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportProblem)]
pub struct Problem {
    /// The sheet's name; empty in a CSV file.
    pub sheet: String,
    /// The row, from 1.
    pub row: u32,
    /// The cell, such as `C12`; nothing when it is about the whole row.
    pub cell: Option<String>,
    /// The cell's column, from 0.
    pub column: Option<u16>,
    /// The head above it, as typed.
    pub head: Option<String>,
    /// What was read.
    pub read: String,
    /// How much it is in the way.
    pub level: Level,
    /// Code, reason and next step.
    #[serde(flatten)]
    pub why: Why,
    /// What the office knows, where that differs.
    pub old: Option<String>,
    /// What the list says instead.
    pub new: Option<String>,
}

/// A row with problems, as the report shows it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportFinding)]
pub struct Finding {
    /// The heads of its sheet.
    #[schema(value_type = Vec<String>)]
    pub titles: Arc<[String]>,
    /// Its cells as they are shown.
    pub cells: Vec<String>,
    /// What is wrong or worth a look.
    pub problems: Vec<Problem>,
}

/// What a list comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportCounts)]
pub struct Counts {
    /// Rows of the list.
    pub rows: u64,
    /// Rows that register somebody or something new.
    pub added: u64,
    /// Rows that change what is known.
    pub changed: u64,
    /// Rows that say what is known already.
    pub unchanged: u64,
    /// Rows that cannot be taken.
    pub bad: u64,
    /// Rows that are worth a look.
    pub notices: u64,
}

/// What came of reading a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportOutcome)]
pub struct Outcome {
    /// The kind of list.
    pub kind: Kind,
    /// The file's name.
    pub file_name: String,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// What its rows come to.
    #[serde(flatten)]
    pub counts: Counts,
    /// What was found of each sheet.
    pub sheets: Vec<SheetFound>,
    /// Sheets that were passed over: hidden ones, and those that explain.
    pub skipped_sheets: Vec<String>,
    /// When the very same file was applied before, unix ms.
    pub applied_before: Option<domain::calendar::UnixMs>,
    /// Whether it has been applied now.
    pub applied: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_names() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.name()));
        }
        assert!("elder".parse::<Kind>().unwrap_err().contains("elders, categories"));
    }
}
