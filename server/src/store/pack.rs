//! The rows of an audit pack: what is read out for one, and how they are put into an empty database to be looked at.
//!
//! Every table that leaves the office stands in [`TABLES`] with the columns that leave it. What is not named stays:
//! names, numbers, telephones and accounts of people and canteens. The blanks that an empty database wants in their
//! place are in [`Table::blanks`].

use std::collections::BTreeSet;

use domain::calendar::{BusinessDate, Month};
use domain::id::{CanteenId, Digest, ElderId, RecordId, StatementId};
use domain::region::RegionCode;
use serde_json::Value as Cell;

use super::{Bind as _, Column as _, Row, Statement, Tx, Value, epochs, records};
use crate::error::Error;
use crate::sql;

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

use Kind::{Bool, Bytes, Id, Int, Record, Text};

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
        &[("region", Text), ("number", Int), ("valid_from", Text), ("settings", Text), ("set_by", Id), ("set_at", Int)],
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
            ("asked_by", Id),
            ("asked_at", Int),
            ("next", Int),
            ("missing", Int),
            ("confirmed_by", Id),
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
            ("decided_by", Id),
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
            ("decided_by", Id),
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
            ("owner", Id),
            ("due", Text),
            ("by_user", Id),
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
            ("drafted_by", Id),
            ("drafted_at", Int),
            ("submitted_by", Id),
            ("submitted_at", Int),
            ("approved_by", Id),
            ("approved_at", Int),
            ("draft", Int),
            ("signed_by", Id),
            ("signed_at", Int),
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
        "payments",
        &[
            ("statement", Id),
            ("number", Int),
            ("state", Text),
            ("reference", Text),
            ("noted_by", Id),
            ("noted_at", Int),
        ],
    ),
    table(
        "canteen_closures",
        &[("canteen", Id), ("last_day", Text), ("reason", Text), ("closed_by", Id), ("closed_at", Int)],
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
            ("demanded_by", Id),
            ("approved_by", Id),
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
            ("noted_by", Id),
            ("noted_at", Int),
        ],
    ),
];

const fn table(name: &'static str, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, blanks: &[] }
}

/// The table of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

impl Table {
    /// The columns as SQL, each behind a prefix such as `r.`.
    fn list(&self, prefix: &str) -> String {
        self.columns.iter().map(|(name, _)| format!("{prefix}{name}")).collect::<Vec<_>>().join(", ")
    }

    /// Reads rows. `rest` is what follows `SELECT columns`: fixed text of this file.
    async fn rows(
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
        Kind::Id => {
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
            let at = super::At::Position(at);
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
                Kind::Id => {
                    let id = Option::<uuid::Uuid>::read(row, at)?;
                    id.map_or(Cell::Null, |id| Cell::String(id.to_string()))
                }
            })
        };
        table.columns.iter().enumerate().map(cell).collect::<Result<_, _>>().map(Self)
    }
}

/// Which statements are packed.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The region.
    pub region: RegionCode,
    /// The month.
    pub month: Month,
    /// The packed statements with their canteens.
    pub statements: Vec<(StatementId, CanteenId)>,
}

/// Rows of a table on their way into a pack.
pub type Lines = (&'static Table, Vec<Vec<Cell>>);

/// What does not depend on the month: places, people at the office, rules, keys.
pub async fn common(tx: &mut Tx) -> Result<Vec<Lines>, Error> {
    let names = [
        "regions",
        "canteens",
        "canteen_facts",
        "prices",
        "users",
        "policies",
        "region_settings",
        "calendars",
        "terminals",
        "terminal_epochs",
        "epoch_ends",
        "fork_resolutions",
    ];
    let mut all = Vec::new();
    for table in names.into_iter().filter_map(named) {
        let from = format!("FROM {} ORDER BY 1, 2, 3", table.name);
        all.push((table, table.rows(tx, "", &from, Vec::new()).await?));
    }
    Ok(all)
}

/// Everybody who ate on a day that the statement settles.
pub async fn eaters(tx: &mut Tx, statement: StatementId) -> Result<BTreeSet<ElderId>, Error> {
    let elders: Vec<ElderId> = sql!(
        tx,
        "SELECT DISTINCT m.elder FROM settled_days s JOIN elder_meals m ON m.canteen = s.canteen AND m.date = s.date \
         WHERE s.statement = $1",
        statement
    )
    .values()
    .await?;
    Ok(elders.into_iter().collect())
}

/// The dates that the uses of the settled days lie in: from the first week or month to the last.
pub async fn span(tx: &mut Tx, scope: &Scope) -> Result<(BusinessDate, BusinessDate), Error> {
    let (mut from, mut to) = (scope.month.first().monday(), scope.month.last());
    for (statement, _) in &scope.statements {
        let first: Option<BusinessDate> =
            sql!(tx, "SELECT MIN(date) FROM settled_days WHERE statement = $1", *statement).value().await?;
        if let Some(first) = first {
            from = from.min(first.monday()).min(first.month().first());
        }
    }
    to = to.max(to.monday().plus_days(6));
    Ok((from, to))
}

/// So many ids are asked for in one statement.
pub const MANY: usize = 500;

/// The elders and what they used anywhere in the span.
pub async fn elders(
    tx: &mut Tx,
    elders: &[ElderId],
    (from, to): (BusinessDate, BusinessDate),
) -> Result<Vec<Lines>, Error> {
    let places: Vec<String> = (3..elders.len() + 3).map(|n| format!("${n}")).collect();
    let places = places.join(", ");
    let values = || -> Vec<Value<'static>> {
        [from.bind(), to.bind()].into_iter().chain(elders.iter().map(|id| id.bind())).collect()
    };
    // Both dates are bound for every statement, whether or not it asks for them.
    let always = "($1 <= $2)";
    let rests = [
        ("elders", format!("FROM elders WHERE {always} AND id IN ({places}) ORDER BY id")),
        ("cards", format!("FROM cards WHERE {always} AND elder IN ({places}) ORDER BY id")),
        ("elder_facts", format!("FROM elder_facts WHERE {always} AND elder IN ({places}) ORDER BY elder, number")),
        (
            "elder_meals",
            format!("FROM elder_meals WHERE date >= $1 AND date <= $2 AND elder IN ({places}) ORDER BY elder, record"),
        ),
        (
            "due_meals",
            format!("FROM due_meals WHERE date >= $1 AND date <= $2 AND elder IN ({places}) ORDER BY elder, record"),
        ),
    ];
    let mut all = Vec::new();
    for (name, rest) in rests {
        let Some(table) = named(name) else { continue };
        all.push((table, table.rows(tx, "", &rest, values()).await?));
    }
    Ok(all)
}

/// The dates that the statement settles, as SQL.
const DATES: &str = "(SELECT date FROM settled_days WHERE statement = $2)";

/// The records behind a canteen's settled days, of each journal the one before them, so that no gap seems to be there,
/// and those that new epochs name as the last ones, so that forks are seen.
pub async fn records(tx: &mut Tx, statement: StatementId, canteen: CanteenId) -> Result<Lines, Error> {
    let table = named("records").ok_or_else(|| Error::Internal("the table of records".to_owned()))?;
    let rest = format!(
        "FROM records r WHERE r.canteen = $1 AND (r.business_date IN {DATES} OR r.entered_on IN {DATES} \
         OR r.kind = 'refund' OR r.shift IN (SELECT o.shift FROM records o WHERE o.canteen = $1 \
         AND o.kind = 'shift_open' AND o.business_date IN {DATES})) ORDER BY r.terminal, r.epoch, r.sequence"
    );
    let mut rows = table.rows(tx, "r.", &rest, vec![canteen.bind(), statement.bind()]).await?;
    let dates: Vec<BusinessDate> =
        sql!(tx, "SELECT date FROM settled_days WHERE statement = $1", statement).values().await?;
    let mut anchors = BTreeSet::new();
    for date in dates {
        let before = records::before(tx, canteen, date).await?;
        anchors.extend(before.into_iter().map(|((terminal, epoch), sequence)| (terminal, epoch, sequence)));
        anchors.extend(epochs::named_heads(tx, canteen, date).await?);
    }
    for (terminal, epoch, sequence) in anchors {
        let values = vec![canteen.bind(), terminal.bind(), epoch.bind(), records::place(sequence).bind()];
        let rest = "FROM records WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence = $4";
        rows.extend(table.rows(tx, "", rest, values).await?);
    }
    let mut known = BTreeSet::new();
    rows.retain(|row| id_of(row).is_none_or(|id| known.insert(id)));
    Ok((table, rows))
}

/// The meals that the canteen's eaters had elsewhere on its settled days, but for those that a `whole` region's pack
/// holds with the canteen they were eaten in. `known` are such meals that are packed already.
pub async fn elsewhere(
    tx: &mut Tx,
    statement: StatementId,
    canteen: CanteenId,
    whole: bool,
    known: &mut BTreeSet<RecordId>,
) -> Result<Lines, Error> {
    let table = named("records").ok_or_else(|| Error::Internal("the table of records".to_owned()))?;
    let packed = if whole {
        "AND NOT EXISTS (SELECT 1 FROM settled_days s JOIN statements n ON n.id = s.statement \
         JOIN statements p ON p.id = $2 WHERE s.canteen = m.canteen AND s.date = m.date \
         AND n.region = p.region AND n.month = p.month AND n.version = p.version)"
    } else {
        ""
    };
    let rest = format!(
        "FROM elder_meals o JOIN elder_meals m ON m.elder = o.elder AND m.date = o.date AND m.canteen <> o.canteen \
         JOIN records r ON r.canteen = m.canteen AND r.id = m.record \
         WHERE o.canteen = $1 AND o.date IN {DATES} {packed} ORDER BY r.canteen, r.id"
    );
    let mut rows = table.rows(tx, "r.", &rest, vec![canteen.bind(), statement.bind()]).await?;
    rows.retain(|row| id_of(row).is_none_or(|id| known.insert(id)));
    Ok((table, rows))
}

/// The second column of a record's row.
fn id_of(row: &[Cell]) -> Option<RecordId> {
    row.get(1)?.as_str()?.parse().ok()
}

/// What else stands behind a statement: refunds, unknown credentials, closes, decisions.
pub async fn behind(tx: &mut Tx, statement: StatementId, canteen: CanteenId) -> Result<Vec<Lines>, Error> {
    let of_days = |name: &str| format!("FROM {name} WHERE canteen = $1 AND date IN {DATES} ORDER BY 1, 2, 3");
    let of_canteen = |name: &str| format!("FROM {name} WHERE canteen = $1 AND $2 = $2 ORDER BY 1, 2");
    let identified = format!(
        "FROM identifications i WHERE i.canteen = $1 AND EXISTS (SELECT 1 FROM unidentified_meals u \
         WHERE u.canteen = i.canteen AND u.record = i.record AND u.date IN {DATES}) ORDER BY i.record"
    );
    // A day looks at the open days before it.
    let until =
        format!("FROM open_days WHERE canteen = $1 AND date <= (SELECT MAX(date) FROM {DATES} d) ORDER BY date");
    let rests = [
        ("unidentified_meals", "", of_days("unidentified_meals")),
        ("identifications", "i.", identified),
        ("refund_dues", "", of_days("refund_dues")),
        ("refund_entries", "", of_canteen("refund_entries")),
        ("refund_payments", "", of_canteen("refund_payments")),
        ("day_closes", "", of_days("day_closes")),
        ("day_states", "", of_days("day_states")),
        ("open_days", "", until),
        ("finding_steps", "", of_canteen("finding_steps")),
        ("hold_releases", "", of_canteen("hold_releases")),
    ];
    let mut all = Vec::new();
    for (name, prefix, rest) in rests {
        let Some(table) = named(name) else { continue };
        all.push((table, table.rows(tx, prefix, &rest, vec![canteen.bind(), statement.bind()]).await?));
    }
    Ok(all)
}

/// Demands of the statement's balance, or of one before it: the next month begins without it.
const OF_DEMANDED: &str = "FROM demands d WHERE d.statement = $1 OR d.statement IN (SELECT b.id FROM statements b \
    JOIN statements n ON n.id = $1 WHERE b.canteen = n.canteen AND b.approved = 1 AND b.month < n.month \
    ORDER BY b.month DESC LIMIT 1) ORDER BY d.number";
const OF_CLOSED: &str = "FROM canteen_closures c JOIN statements n ON n.canteen = c.canteen WHERE n.id = $1 \
    ORDER BY c.canteen";

/// The month, its packed statements, the earlier ones that they follow, and the ledger.
pub async fn papers(tx: &mut Tx, scope: &Scope) -> Result<Vec<Lines>, Error> {
    let mut all: Vec<Lines> = Vec::new();
    if let Some(table) = named("settlements") {
        let values = vec![(&scope.region).bind(), scope.month.bind()];
        all.push((table, table.rows(tx, "", "FROM settlements WHERE region = $1 AND month = $2", values).await?));
    }
    if let Some(table) = named("month_heads") {
        let values = vec![(&scope.region).bind(), scope.month.bind()];
        all.push((table, table.rows(tx, "", "FROM month_heads WHERE region = $1 AND month = $2", values).await?));
    }
    let rests = [
        (
            "statements",
            "FROM statements s WHERE s.id = $1 OR (s.approved = 1 AND s.id IN (SELECT e.statement \
             FROM settled_days e JOIN settled_days d ON d.canteen = e.canteen AND d.date = e.date \
             WHERE d.statement = $1)) OR s.id IN (SELECT b.id FROM statements b JOIN statements n ON n.id = $1 \
             WHERE b.canteen = n.canteen AND b.approved = 1 AND b.month < n.month ORDER BY b.month DESC LIMIT 1) \
             OR s.id IN (SELECT b.id FROM statements b JOIN statements n ON n.id = $1 JOIN hold_releases h \
             ON h.canteen = n.canteen WHERE b.canteen = n.canteen AND b.approved = 1 AND b.month < n.month)",
            "s.",
        ),
        (
            "settled_days",
            "FROM settled_days e WHERE e.statement = $1 OR (EXISTS (SELECT 1 FROM settled_days d \
             WHERE d.statement = $1 AND d.canteen = e.canteen AND d.date = e.date) AND EXISTS (SELECT 1 \
             FROM statements s WHERE s.id = e.statement AND s.approved = 1)) ORDER BY e.date, e.revision",
            "e.",
        ),
        ("postings", "FROM postings p WHERE p.statement = $1 ORDER BY p.number", "p."),
        ("payments", "FROM payments p WHERE p.statement = $1 ORDER BY p.number", "p."),
        ("canteen_closures", OF_CLOSED, "c."),
        ("demands", OF_DEMANDED, "d."),
        (
            "demand_receipts",
            "FROM demand_receipts r JOIN demands d ON d.id = r.demand WHERE d.statement = $1 ORDER BY r.number",
            "r.",
        ),
    ];
    for (name, rest, prefix) in rests {
        let Some(table) = named(name) else { continue };
        let mut rows = Vec::new();
        for (statement, _) in &scope.statements {
            rows.extend(table.rows(tx, prefix, rest, vec![statement.bind()]).await?);
        }
        all.push((table, rows));
    }
    Ok(all)
}

/// Numbers and digests of all statements of the month: its digest is made of these.
pub async fn siblings(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Vec<(String, Digest)>, Error> {
    sql!(
        tx,
        "SELECT s.number, s.digest FROM statements s JOIN settlements m ON m.region = s.region AND m.month = s.month \
         AND m.version = s.version WHERE s.region = $1 AND s.month = $2 ORDER BY s.number",
        region,
        month
    )
    .all()
    .await
}
