//! The tables of an audit pack, with the columns that leave the office, and how their rows are written and read.
//!
//! What is not named here stays: names, numbers, telephones and accounts of people and canteens. The blanks that an empty
//! database wants in their place are in [`Table::blanks`].

use std::collections::BTreeSet;

use domain::id::UserId;
use serde_json::Value as Cell;

use crate::error::Error;
use crate::store::{At, Bind as _, Column as _, Row, Statement, Tx, Value};

/// What a column holds, and so how it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// Bytes, as hex digits.
    Bytes,
    /// A record's own text, whose bytes are stored.
    Record,
    /// An id.
    Id,
    /// Somebody of the office.
    Person,
}

/// A table with the columns that leave the office.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Columns in the order of a line.
    pub columns: &'static [(&'static str, Kind)],
    /// What an empty database wants besides: column and SQL text.
    pub blanks: &'static [(&'static str, &'static str)],
}

use Kind::{Bool, Bytes, Id, Int, Person, Record, Text};

/// All tables, each behind those that it points to.
pub static TABLES: &[Table] = &[
    table("regions", &[("code", Text), ("name", Text), ("office", Text)]),
    Table {
        name: "canteens",
        columns: &[
            ("id", Id),
            ("region", Text),
            ("name", Text),
            ("operator", Text),
            ("credit_code", Text),
            ("capacity", Int),
            ("created_at", Int),
        ],
        blanks: &[("address", "''"), ("phone", "''"), ("bank", "''"), ("account_name", "''"), ("account", "x''")],
    },
    table(
        "canteen_facts",
        &[("canteen", Id), ("number", Int), ("valid_from", Text), ("known_from", Int), ("fact", Text)],
    ),
    table("former_capacities", &[("canteen", Id), ("at", Int), ("capacity", Int)]),
    table(
        "prices",
        &[
            ("canteen", Id),
            ("number", Int),
            ("valid_from", Text),
            ("period", Text),
            ("price", Int),
            ("known_from", Int),
        ],
    ),
    Table {
        name: "users",
        columns: &[("id", Id), ("name", Text), ("role", Text), ("region", Text), ("created_at", Int)],
        blanks: &[("passphrase_hash", "''")],
    },
    table(
        "policies",
        &[("id", Text), ("version", Int), ("number", Int), ("hash", Bytes), ("source", Text), ("announced_at", Int)],
    ),
    table(
        "region_settings",
        &[
            ("region", Text),
            ("number", Int),
            ("valid_from", Text),
            ("settings", Text),
            ("set_by", Person),
            ("set_at", Int),
        ],
    ),
    table("calendars", &[("digest", Bytes), ("calendar", Text), ("published_at", Int)]),
    table(
        "terminals",
        &[("id", Id), ("canteen", Id), ("public_key", Bytes), ("enrolled_at", Int), ("revoked_at", Int)],
    ),
    table("terminal_epochs", &[("canteen", Id), ("terminal", Id), ("epoch", Int), ("next", Int), ("last_at", Int)]),
    table(
        "epoch_ends",
        &[
            ("canteen", Id),
            ("terminal", Id),
            ("epoch", Int),
            ("reason", Text),
            ("asked_by", Person),
            ("asked_at", Int),
            ("next", Int),
            ("missing", Int),
            ("confirmed_by", Person),
            ("confirmed_at", Int),
        ],
    ),
    table(
        "fork_resolutions",
        &[
            ("canteen", Id),
            ("terminal", Id),
            ("epoch", Int),
            ("sequence", Int),
            ("reason", Text),
            ("decided_by", Person),
            ("decided_at", Int),
        ],
    ),
    Table {
        name: "elders",
        columns: &[("id", Id), ("region", Text), ("birth", Text), ("registered_at", Int), ("changed_at", Int)],
        blanks: &[
            ("name", "''"),
            ("sort_key", "''"),
            ("female", "0"),
            ("resident_id", "x''"),
            ("resident_id_digest", "id"),
        ],
    },
    Table {
        name: "cards",
        columns: &[("id", Id), ("elder", Id), ("issued_at", Int), ("revoked_at", Int)],
        blanks: &[("digest", "id"), ("number", "x''"), ("tail", "''")],
    },
    table("elder_facts", &[("elder", Id), ("number", Int), ("valid_from", Text), ("known_from", Int), ("fact", Text)]),
    table(
        "records",
        &[
            ("canteen", Id),
            ("id", Id),
            ("terminal", Id),
            ("epoch", Int),
            ("sequence", Int),
            ("business_date", Text),
            ("kind", Text),
            ("at", Int),
            ("shift", Id),
            ("voids", Id),
            ("bytes", Record),
            ("hash", Bytes),
            ("previous", Bytes),
            ("signature", Bytes),
            ("outcome", Text),
            ("dispute", Text),
            ("received_at", Int),
            ("entered_on", Text),
        ],
    ),
    table(
        "unidentified_meals",
        &[("canteen", Id), ("record", Id), ("terminal", Id), ("digest", Bytes), ("date", Text), ("at", Int)],
    ),
    table("identifications", &[("canteen", Id), ("record", Id), ("elder", Id), ("how", Text), ("identified_at", Int)]),
    table(
        "elder_meals",
        &[
            ("elder", Id),
            ("record", Id),
            ("canteen", Id),
            ("terminal", Id),
            ("epoch", Int),
            ("sequence", Int),
            ("date", Text),
            ("period", Text),
            ("at", Int),
            ("policy", Text),
            ("lines", Text),
            ("outcome", Text),
            ("voided_by", Id),
            ("frozen_by", Id),
            ("frozen_in", Int),
            ("changed_at", Int),
        ],
    ),
    table(
        "due_meals",
        &[("elder", Id), ("date", Text), ("canteen", Id), ("record", Id), ("policy", Text), ("lines", Text)],
    ),
    table(
        "refund_dues",
        &[
            ("canteen", Id),
            ("meal", Id),
            ("date", Text),
            ("elder", Id),
            ("amount", Int),
            ("shares", Text),
            ("reason", Text),
        ],
    ),
    table(
        "refund_entries",
        &[
            ("canteen", Id),
            ("id", Id),
            ("meal", Id),
            ("date", Text),
            ("elder", Id),
            ("paid_before", Int),
            ("amount", Int),
            ("shares", Text),
            ("reason", Text),
            ("listed_at", Int),
        ],
    ),
    table(
        "refund_payments",
        &[
            ("canteen", Id),
            ("record", Id),
            ("due", Id),
            ("meal", Id),
            ("elder", Id),
            ("amount", Int),
            ("at", Int),
            ("accepted", Bool),
        ],
    ),
    table(
        "day_closes",
        &[
            ("canteen", Id),
            ("date", Text),
            ("revision", Int),
            ("digest", Bytes),
            ("content", Text),
            ("verdicts", Text),
            ("closed_at", Int),
        ],
    ),
    table(
        "day_states",
        &[("canteen", Id), ("date", Text), ("version", Int), ("closed_version", Int), ("touched_at", Int)],
    ),
    table(
        "hold_releases",
        &[
            ("canteen", Id),
            ("month", Text),
            ("policy", Text),
            ("gate", Int),
            ("reason", Text),
            ("decided_by", Person),
            ("decided_at", Int),
        ],
    ),
    table("open_days", &[("canteen", Id), ("date", Text), ("meals", Int), ("elders", Bytes)]),
    table(
        "finding_steps",
        &[
            ("canteen", Id),
            ("number", Text),
            ("step", Int),
            ("date", Text),
            ("what", Text),
            ("words", Text),
            ("owner", Person),
            ("due", Text),
            ("by_user", Person),
            ("at", Int),
        ],
    ),
    table(
        "settlements",
        &[
            ("region", Text),
            ("month", Text),
            ("version", Int),
            ("state", Text),
            ("digest", Bytes),
            ("drafted_by", Person),
            ("drafted_at", Int),
            ("submitted_by", Person),
            ("submitted_at", Int),
            ("approved_by", Person),
            ("approved_at", Int),
            ("draft", Int),
            ("signed_by", Person),
            ("signed_at", Int),
        ],
    ),
    table("month_claims", &[("region", Text), ("month", Text), ("version", Int), ("digest", Bytes), ("content", Text)]),
    table(
        "month_finding_steps",
        &[
            ("region", Text),
            ("month", Text),
            ("number", Text),
            ("step", Int),
            ("what", Text),
            ("words", Text),
            ("owner", Person),
            ("due", Text),
            ("by_user", Person),
            ("at", Int),
        ],
    ),
    table("month_heads", &[("region", Text), ("month", Text), ("sequence", Int), ("hash", Bytes)]),
    table(
        "statements",
        &[
            ("id", Id),
            ("region", Text),
            ("month", Text),
            ("version", Int),
            ("canteen", Id),
            ("number", Text),
            ("digest", Bytes),
            ("payable", Int),
            ("content", Text),
            ("approved", Int),
        ],
    ),
    table("settled_days", &[("canteen", Id), ("date", Text), ("revision", Int), ("statement", Id), ("taken", Text)]),
    table(
        "postings",
        &[
            ("statement", Id),
            ("number", Int),
            ("line", Text),
            ("debit", Text),
            ("credit", Text),
            ("amount", Int),
            ("posted_at", Int),
        ],
    ),
    table(
        "objections",
        &[
            ("id", Id),
            ("statement", Id),
            ("content", Text),
            ("noted_by", Person),
            ("noted_at", Int),
            ("upheld", Int),
            ("reason", Text),
            ("decided_by", Person),
            ("decided_at", Int),
        ],
    ),
    table("objection_lifts", &[("objection", Id), ("reason", Text), ("lifted_by", Person), ("lifted_at", Int)]),
    // The files themselves are beside the pack, named by their digests; what they are called may name somebody.
    Table {
        name: "attachments",
        columns: &[
            ("id", Id),
            ("canteen", Id),
            ("finding", Text),
            ("objection", Id),
            ("media_type", Text),
            ("size", Int),
            ("hash", Bytes),
            ("by_user", Person),
            ("at", Int),
        ],
        blanks: &[("name", "''"), ("sealed", "x''")],
    },
    table(
        "payments",
        &[
            ("statement", Id),
            ("number", Int),
            ("state", Text),
            ("reference", Text),
            ("noted_by", Person),
            ("noted_at", Int),
        ],
    ),
    table(
        "canteen_closures",
        &[("canteen", Id), ("last_day", Text), ("reason", Text), ("closed_by", Person), ("closed_at", Int)],
    ),
    table(
        "demands",
        &[
            ("id", Id),
            ("statement", Id),
            ("canteen", Id),
            ("number", Text),
            ("digest", Bytes),
            ("content", Text),
            ("demanded_by", Person),
            ("approved_by", Person),
            ("approved_at", Int),
        ],
    ),
    table(
        "demand_receipts",
        &[
            ("demand", Id),
            ("number", Int),
            ("payer", Text),
            ("amount", Int),
            ("received_on", Text),
            ("reference", Text),
            ("noted_by", Person),
            ("noted_at", Int),
        ],
    ),
];

/// What packs of the first shape may not have yet.
const LATER: [(&str, &str); 2] = [("settlements", "signed_by"), ("settlements", "signed_at")];

const fn table(name: &'static str, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, blanks: &[] }
}

/// The table of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

impl Table {
    /// How many columns at the end are missing from a pack that has these, as packs of the `first` shape may: those that
    /// came later and may be NULL. Nothing where the columns are others.
    #[must_use]
    pub fn missing(&self, columns: &[String], first: bool) -> Option<usize> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let (held, missing) = names.split_at(columns.len().min(names.len()));
        let later = |name: &&str| first && LATER.contains(&(self.name, *name));
        (held.iter().eq(columns) && missing.iter().all(later)).then_some(missing.len())
    }

    /// The columns as SQL, each behind a prefix such as `r.`.
    fn list(&self, prefix: &str) -> String {
        self.columns.iter().map(|(name, _)| format!("{prefix}{name}")).collect::<Vec<_>>().join(", ")
    }

    /// The columns that name people of the office.
    fn people(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().filter(|(_, kind)| *kind == Person).map(|(name, _)| *name)
    }

    /// Whether its rows name people of the office.
    pub(super) fn names_people(&self) -> bool {
        self.people().next().is_some()
    }

    /// Who stands in the rows; see [`Self::rows`]. What orders them is left away: it counts columns.
    pub(super) async fn named_in(
        &self,
        tx: &mut Tx,
        (prefix, rest): (&str, &str),
        values: Vec<Value<'_>>,
    ) -> Result<BTreeSet<UserId>, Error> {
        let rest = rest.rsplit_once(" ORDER BY ").map_or(rest, |(rest, _)| rest);
        let mut found = BTreeSet::new();
        for column in self.people() {
            let text = format!("SELECT {prefix}{column} {rest}");
            let ids: Vec<Option<UserId>> = Statement::built(tx, text, values.clone()).values().await?;
            found.extend(ids.into_iter().flatten());
        }
        Ok(found)
    }

    /// Reads rows. `rest` is what follows `SELECT columns`: fixed text of this file.
    pub(super) async fn rows(
        &'static self,
        tx: &mut Tx,
        prefix: &str,
        rest: &str,
        values: Vec<Value<'_>>,
    ) -> Result<Vec<Vec<Cell>>, Error> {
        let text = format!("SELECT {} {rest}", self.list(prefix));
        let raw: Vec<Raw> = Statement::built(tx, text, values).all_with(&|row| Raw::read(row, self)).await?;
        Ok(raw.into_iter().map(|raw| raw.0).collect())
    }

    /// Puts lines of cells in; all of them or none.
    pub async fn put(&self, tx: &mut Tx, lines: &[Vec<Cell>]) -> Result<(), Error> {
        let names: Vec<&str> =
            self.columns.iter().map(|(name, _)| *name).chain(self.blanks.iter().map(|(name, _)| *name)).collect();
        for lines in lines.chunks((500 / self.columns.len()).max(1)) {
            let (mut rows, mut values) = (Vec::with_capacity(lines.len()), Vec::new());
            for line in lines {
                let first = values.len();
                values.extend(self.values(line)?);
                let mut places: Vec<String> = (first + 1..=values.len()).map(|n| format!("${n}")).collect();
                // A blank that has to be unique is the row's own id.
                let own = places.first().cloned().unwrap_or_default();
                places.extend(self.blanks.iter().map(|(_, text)| (*text).replace("id", &own)));
                rows.push(format!("({})", places.join(", ")));
            }
            let text = format!("INSERT INTO {} ({}) VALUES {}", self.name, names.join(", "), rows.join(", "));
            Statement::built(tx, text, values).execute().await?;
        }
        Ok(())
    }

    fn values(&self, line: &[Cell]) -> Result<Vec<Value<'static>>, Error> {
        if line.len() != self.columns.len() {
            return Err(Error::Corrupt(format!("{} has {} columns", self.name, self.columns.len())));
        }
        line.iter().zip(self.columns).map(|(cell, (name, kind))| value(cell, name, *kind)).collect()
    }
}

fn value(cell: &Cell, name: &str, kind: Kind) -> Result<Value<'static>, Error> {
    let wrong = || Error::Corrupt(format!("column {name}"));
    let text = || cell.as_str().map(str::to_owned).ok_or_else(wrong);
    let absent = cell.is_null();
    Ok(match kind {
        Kind::Text => if absent { None } else { Some(text()?) }.bind(),
        Kind::Int => if absent { None } else { Some(cell.as_i64().ok_or_else(wrong)?) }.bind(),
        Kind::Bool => if absent { None } else { Some(cell.as_bool().ok_or_else(wrong)?) }.bind(),
        Kind::Bytes => if absent { None } else { Some(hex::decode(text()?).map_err(|_| wrong())?) }.bind(),
        Kind::Record => if absent { None } else { Some(text()?.into_bytes()) }.bind(),
        Kind::Id | Kind::Person => {
            let id = if absent { None } else { Some(text()?.parse::<uuid::Uuid>().map_err(|_| wrong())?) };
            id.bind()
        }
    })
}

/// A row as cells.
struct Raw(Vec<Cell>);

impl Raw {
    fn read(row: &Row<'_>, table: &Table) -> Result<Self, Error> {
        let cell = |(at, (_, kind)): (usize, &(&str, Kind))| -> Result<Cell, Error> {
            let at = At::Position(at);
            Ok(match kind {
                Kind::Text => Option::<String>::read(row, at)?.map_or(Cell::Null, Cell::String),
                Kind::Int => Option::<i64>::read(row, at)?.map_or(Cell::Null, Cell::from),
                Kind::Bool => Option::<bool>::read(row, at)?.map_or(Cell::Null, Cell::Bool),
                Kind::Bytes => Option::<Vec<u8>>::read(row, at)?.map_or(Cell::Null, |b| Cell::String(hex::encode(b))),
                Kind::Record => {
                    let bytes = Option::<Vec<u8>>::read(row, at)?;
                    let text = bytes.map(String::from_utf8).transpose();
                    let text = text.map_err(|_| Error::Corrupt("a record is text".to_owned()))?;
                    text.map_or(Cell::Null, Cell::String)
                }
                Kind::Id | Kind::Person => {
                    let id = Option::<uuid::Uuid>::read(row, at)?;
                    id.map_or(Cell::Null, |id| Cell::String(id.to_string()))
                }
            })
        };
        table.columns.iter().enumerate().map(cell).collect::<Result<_, _>>().map(Self)
    }
}
