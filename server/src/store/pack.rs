//! The rows of an audit pack: what is read out for one. Which tables and columns leave the office: [`TABLES`].

mod tables;

use std::collections::BTreeSet;

use domain::calendar::{BusinessDate, Month};
use domain::id::{CanteenId, Digest, ElderId, RecordId, StatementId, UserId};
use domain::region::RegionCode;
use serde_json::Value as Cell;

use super::{Bind as _, Statement, Tx, Value, epochs, records};
use crate::error::Error;
use crate::sql;
pub use tables::{Kind, TABLES, Table, named};

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

/// Rows to be read: a table, the prefix of its columns such as `r.`, what follows `SELECT columns`, what is bound.
struct Asked<'v> {
    table: &'static Table,
    prefix: &'static str,
    rest: String,
    values: Vec<Value<'v>>,
}

impl<'v> Asked<'v> {
    fn of(name: &str, prefix: &'static str, rest: impl Into<String>, values: Vec<Value<'v>>) -> Option<Self> {
        named(name).map(|table| Self { table, prefix, rest: rest.into(), values })
    }
}

async fn read(tx: &mut Tx, asked: Vec<Asked<'_>>) -> Result<Vec<Lines>, Error> {
    let mut all = Vec::with_capacity(asked.len());
    for Asked { table, prefix, rest, values } in asked {
        all.push((table, table.rows(tx, prefix, &rest, values).await?));
    }
    Ok(all)
}

/// What does not depend on the month: places, rules, keys; settings and decisions where they bear on what is packed.
fn of_office(scope: &Scope) -> Vec<Asked<'_>> {
    let all = |name: &str| format!("FROM {name} ORDER BY 1, 2, 3");
    let packed = || scope.statements.iter().map(|(_, canteen)| canteen.bind()).collect::<Vec<Value<'_>>>();
    let places: Vec<String> = (1..=scope.statements.len()).map(|n| format!("${n}")).collect();
    let of_canteens = |name: &str| format!("FROM {name} WHERE canteen IN ({}) ORDER BY 1, 2, 3", places.join(", "));
    // A region's settings hold for what lies inside it.
    let settings = "FROM region_settings WHERE region LIKE $1 || '%' OR $1 LIKE region || '%' ORDER BY 1, 2, 3";
    let asked = [
        Asked::of("regions", "", all("regions"), Vec::new()),
        Asked::of("canteens", "", all("canteens"), Vec::new()),
        Asked::of("canteen_facts", "", all("canteen_facts"), Vec::new()),
        Asked::of("former_capacities", "", all("former_capacities"), Vec::new()),
        Asked::of("prices", "", all("prices"), Vec::new()),
        Asked::of("policies", "", all("policies"), Vec::new()),
        Asked::of("region_settings", "", settings, vec![(&scope.region).bind()]),
        Asked::of("calendars", "", all("calendars"), Vec::new()),
        Asked::of("terminals", "", all("terminals"), Vec::new()),
        Asked::of("terminal_epochs", "", all("terminal_epochs"), Vec::new()),
        Asked::of("epoch_ends", "", of_canteens("epoch_ends"), packed()),
        Asked::of("fork_resolutions", "", of_canteens("fork_resolutions"), packed()),
    ];
    asked.into_iter().flatten().collect()
}

/// People of the office who stand in the pack, and what does not depend on the month.
pub async fn common(tx: &mut Tx, scope: &Scope) -> Result<Vec<Lines>, Error> {
    let people = people(tx, scope).await?;
    let places: Vec<String> = (1..=people.len()).map(|n| format!("${n}")).collect();
    let rest = format!("FROM users WHERE id IN ({}) ORDER BY 1", places.join(", "));
    let who = Asked::of("users", "", rest, people.iter().map(|id| id.bind()).collect());
    let mut all = of_office(scope);
    if let Some(who) = who.filter(|_| !people.is_empty()) {
        // In front of the first table that names anybody.
        let first = all.iter().position(|asked| asked.table.names_people()).unwrap_or(all.len());
        all.insert(first, who);
    }
    read(tx, all).await
}

/// Who did something that the pack holds: nobody else of the office is named.
async fn people(tx: &mut Tx, scope: &Scope) -> Result<BTreeSet<UserId>, Error> {
    let mut found = BTreeSet::new();
    let behind = scope.statements.iter().flat_map(|(statement, canteen)| of_statement(*statement, *canteen));
    for asked in of_office(scope).into_iter().chain(behind).chain(of_papers(scope)) {
        let Asked { table, prefix, rest, values } = asked;
        found.append(&mut table.named_in(tx, (prefix, &rest), values).await?);
    }
    Ok(found)
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
    read(tx, of_statement(statement, canteen)).await
}

fn of_statement(statement: StatementId, canteen: CanteenId) -> Vec<Asked<'static>> {
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
    let values = || vec![canteen.bind(), statement.bind()];
    rests.into_iter().filter_map(|(name, prefix, rest)| Asked::of(name, prefix, rest, values())).collect()
}

/// Demands of the statement's balance, or of one before it: the next month begins without it.
const OF_DEMANDED: &str = "FROM demands d WHERE d.statement = $1 OR d.statement IN (SELECT b.id FROM statements b \
    JOIN statements n ON n.id = $1 WHERE b.canteen = n.canteen AND b.approved = 1 AND b.month < n.month \
    ORDER BY b.month DESC LIMIT 1) ORDER BY d.number";
const OF_CLOSED: &str = "FROM canteen_closures c JOIN statements n ON n.canteen = c.canteen WHERE n.id = $1 \
    ORDER BY c.canteen";

/// The month, its packed statements, the earlier ones that they follow, the ledger, what was objected, and which files
/// came with answers and objections.
pub async fn papers(tx: &mut Tx, scope: &Scope) -> Result<Vec<Lines>, Error> {
    read(tx, of_papers(scope)).await
}

/// The files that came with what was said about the findings of the settled days, and with objections.
const OF_FINDINGS: &str = "FROM attachments a JOIN statements n ON n.id = $1 AND n.canteen = a.canteen \
    WHERE EXISTS (SELECT 1 FROM finding_steps f JOIN settled_days s ON s.canteen = f.canteen AND s.date = f.date \
    WHERE s.statement = n.id AND f.canteen = a.canteen AND f.number = a.finding) ORDER BY a.at, a.id";
const OF_OBJECTIONS: &str = "FROM attachments a JOIN objections o ON o.id = a.objection WHERE o.statement = $1 \
    ORDER BY a.at, a.id";

/// Tables with a row a month or more.
const MONTHLY: [&str; 4] = ["settlements", "month_claims", "month_finding_steps", "month_heads"];

fn of_papers(scope: &Scope) -> Vec<Asked<'_>> {
    let month = || vec![(&scope.region).bind(), scope.month.bind()];
    let of_month = |name: &str| Asked::of(name, "", format!("FROM {name} WHERE region = $1 AND month = $2"), month());
    let mut all: Vec<Asked<'_>> = MONTHLY.into_iter().filter_map(of_month).collect();
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
        ("objections", "FROM objections o WHERE o.statement = $1 ORDER BY o.noted_at, o.id", "o."),
        (
            "objection_lifts",
            "FROM objection_lifts l JOIN objections o ON o.id = l.objection WHERE o.statement = $1 \
             ORDER BY l.lifted_at, l.objection",
            "l.",
        ),
        ("attachments", OF_FINDINGS, "a."),
        ("attachments", OF_OBJECTIONS, "a."),
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
        let of = |(statement, _): &(StatementId, CanteenId)| Asked::of(name, prefix, rest, vec![statement.bind()]);
        all.extend(scope.statements.iter().filter_map(of));
    }
    all
}

/// The files of a pack's findings and objections: id, digest and kind, each digest once.
pub async fn files(tx: &mut Tx, scope: &Scope) -> Result<Vec<(uuid::Uuid, Digest, String)>, Error> {
    let mut found: Vec<(uuid::Uuid, Digest, String)> = Vec::new();
    for (statement, _) in &scope.statements {
        for rest in [OF_FINDINGS, OF_OBJECTIONS] {
            let text = format!("SELECT a.id, a.hash, a.media_type {rest}");
            found.extend(
                Statement::built(tx, text, vec![statement.bind()]).all::<(uuid::Uuid, Digest, String)>().await?,
            );
        }
    }
    found.sort_by_key(|(_, hash, _)| *hash);
    found.dedup_by_key(|(_, hash, _)| *hash);
    Ok(found)
}

/// What files a pack that was read into an empty database says that there are: digest and kind.
pub async fn listed_files(tx: &mut Tx) -> Result<Vec<(Digest, String)>, Error> {
    sql!(tx, "SELECT DISTINCT hash, media_type FROM attachments ORDER BY hash").all().await
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
