//! Imports: what was read from which file, and where each fact came from.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, UnixMs};
use domain::canteen::CanteenFact;
use domain::elder::ElderFact;
use domain::id::{CanteenId, Digest, ElderId, UserId};
use domain::region::RegionCode;
use domain::sync::ListPrice;
use uuid::Uuid;

use super::elders::ElderRow;
use super::{Bind as _, Json, Statement, Tx, Value, insert};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// An import.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ImportRow {
        /// Which one.
        pub id: Uuid,
        /// The kind of list.
        pub kind: String,
        /// The file's name.
        pub file_name: String,
        /// SHA-256 of the file.
        pub digest: Digest,
        /// Bytes.
        pub size: i64,
        /// The region of whoever imports; nothing for the whole office.
        pub region: Option<RegionCode>,
        /// The region of elders whose row names none.
        pub elder_region: Option<RegionCode>,
        /// `checking`, `checked`, `unreadable` or `applied`.
        pub state: String,
        /// What the check found, JSON; or why the file cannot be read.
        pub result: Option<String>,
        /// Who brought the file.
        pub made_by: Option<UserId>,
        /// When, unix ms.
        pub made_at: UnixMs,
        /// Who had it applied.
        pub applied_by: Option<UserId>,
        /// When, unix ms.
        pub applied_at: Option<UnixMs>,
    }
}

/// Where a row came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The import.
    pub import: Uuid,
    /// Sheet and row: `名单!12`.
    pub place: String,
}

/// A fact of an elder with its number and origin.
#[derive(Clone, Debug)]
pub struct FactRow {
    /// Whose.
    pub elder: ElderId,
    /// Counts the elder's facts, from 1.
    pub number: i64,
    /// The fact.
    pub fact: ElderFact,
    /// Where it came from.
    pub origin: Origin,
}

/// Holds other imports back until this unit ends.
pub async fn alone(tx: &mut Tx) -> Result<(), Error> {
    let held = "INSERT INTO meta (name, value) VALUES ('importing', '1')
                ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sql!(tx, held).execute().await.map(drop)
}

/// Notes an import.
pub async fn add(tx: &mut Tx, import: &ImportRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO imports (id, kind, file_name, digest, size, region, elder_region, state, result, made_by, made_at,
                              applied_by, applied_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        import.id,
        &import.kind,
        &import.file_name,
        import.digest,
        import.size,
        import.region.as_ref(),
        import.elder_region.as_ref(),
        &import.state,
        import.result.as_ref(),
        import.made_by,
        import.made_at,
        import.applied_by,
        import.applied_at
    )
    .execute()
    .await
    .map(drop)
}

/// One import.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<ImportRow>, Error> {
    sql!(tx, "SELECT * FROM imports WHERE id = $1", id).optional().await
}

/// Imports, the latest first, at most so many, behind the import `after`.
pub async fn list(tx: &mut Tx, after: Option<Uuid>, most: i64) -> Result<Vec<ImportRow>, Error> {
    let Some(after) = after else {
        return sql!(tx, "SELECT * FROM imports ORDER BY made_at DESC, id LIMIT $1", most).all().await;
    };
    let text = "SELECT i.* FROM imports i JOIN imports a ON a.id = $1
                WHERE i.made_at < a.made_at OR (i.made_at = a.made_at AND i.id > a.id)
                ORDER BY i.made_at DESC, i.id LIMIT $2";
    sql!(tx, text, after, most).all().await
}

/// When a file with that digest was applied last.
pub async fn applied(tx: &mut Tx, kind: &str, digest: Digest) -> Result<Option<UnixMs>, Error> {
    sql!(tx, "SELECT MAX(applied_at) FROM imports WHERE kind = $1 AND digest = $2", kind, digest).value().await
}

/// Notes what a check found; says whether the import was waiting for it.
pub async fn checked(tx: &mut Tx, id: Uuid, state: &str, result: &str) -> Result<bool, Error> {
    let text =
        "UPDATE imports SET state = $2, result = $3, checks = 0 WHERE id = $1 AND state IN ('checking', 'checked')";
    Ok(sql!(tx, text, id, state, result).execute().await? == 1)
}

/// Notes that a check begins; says how many were begun since the last one that came to an end. Nothing for a list that
/// does not wait for one.
pub async fn check_begun(tx: &mut Tx, id: Uuid) -> Result<Option<i64>, Error> {
    let text = "UPDATE imports SET checks = checks + 1 WHERE id = $1 AND state IN ('checking', 'checked')
                RETURNING checks";
    Ok(sql!(tx, text, id).optional::<(i64,)>().await?.map(|(checks,)| checks))
}

/// Notes that a check came to an end, though not to a result.
pub async fn check_failed(tx: &mut Tx, id: Uuid) -> Result<(), Error> {
    sql!(tx, "UPDATE imports SET checks = 0 WHERE id = $1 AND state <> 'applied'", id).execute().await.map(drop)
}

/// Notes that an import was applied; says whether it was checked and not applied yet.
pub async fn set_applied(tx: &mut Tx, id: Uuid, result: &str, by: Option<UserId>, now: UnixMs) -> Result<bool, Error> {
    let text = "UPDATE imports SET state = 'applied', result = $2, applied_by = $3, applied_at = $4
                WHERE id = $1 AND state = 'checked'";
    Ok(sql!(tx, text, id, result, by, now).execute().await? == 1)
}

/// What is kept in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// The file, sealed.
    File,
    /// What is wrong with it, sealed.
    Problems,
}

/// Keeps a sealed piece.
pub async fn add_piece(tx: &mut Tx, of: Pieces, import: Uuid, number: i64, sealed: &[u8]) -> Result<(), Error> {
    let text = match of {
        Pieces::File => "INSERT INTO import_files (import, number, sealed) VALUES ($1, $2, $3)",
        Pieces::Problems => "INSERT INTO import_problems (import, number, sealed) VALUES ($1, $2, $3)",
    };
    sql!(tx, text, import, number, sealed).execute().await.map(drop)
}

/// A sealed piece.
pub async fn piece(tx: &mut Tx, of: Pieces, import: Uuid, number: i64) -> Result<Option<Vec<u8>>, Error> {
    let text = match of {
        Pieces::File => "SELECT sealed FROM import_files WHERE import = $1 AND number = $2",
        Pieces::Problems => "SELECT sealed FROM import_problems WHERE import = $1 AND number = $2",
    };
    Ok(sql!(tx, text, import, number).optional::<(Vec<u8>,)>().await?.map(|(sealed,)| sealed))
}

/// Forgets what an earlier check found.
pub async fn forget_problems(tx: &mut Tx, import: Uuid) -> Result<(), Error> {
    sql!(tx, "DELETE FROM import_problems WHERE import = $1", import).execute().await.map(drop)
}

/// Imports that were brought before an instant and of which something is kept still, the oldest first.
pub async fn kept_before(tx: &mut Tx, before: UnixMs, most: i64) -> Result<Vec<Uuid>, Error> {
    sql!(
        tx,
        "SELECT i.id FROM imports i WHERE i.made_at < $1
         AND (EXISTS (SELECT 1 FROM import_files f WHERE f.import = i.id)
              OR EXISTS (SELECT 1 FROM import_problems p WHERE p.import = i.id))
         ORDER BY i.made_at, i.id LIMIT $2",
        before,
        most
    )
    .values()
    .await
}

/// Forgets an import's file and what is wrong with it; that it was brought, and what came of it, stays.
pub async fn forget_file(tx: &mut Tx, import: Uuid) -> Result<(), Error> {
    forget_problems(tx, import).await?;
    sql!(tx, "DELETE FROM import_files WHERE import = $1", import).execute().await.map(drop)
}

/// `$first, $second ...` for so many values.
fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
    places.join(", ")
}

/// The elders with these resident IDs.
pub async fn elders(tx: &mut Tx, digests: &[Digest]) -> Result<Vec<ElderRow>, Error> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!("SELECT * FROM elders WHERE resident_id_digest IN ({})", places(1, digests.len()));
    Statement::built(tx, text, digests.iter().map(super::Bind::bind).collect()).all().await
}

/// The number of each elder's last fact.
pub async fn last_facts(tx: &mut Tx, elders: &[ElderId]) -> Result<BTreeMap<ElderId, i64>, Error> {
    if elders.is_empty() {
        return Ok(BTreeMap::new());
    }
    let text = format!(
        "SELECT elder, MAX(number) FROM elder_facts WHERE elder IN ({}) GROUP BY elder",
        places(1, elders.len())
    );
    let rows = Statement::built(tx, text, elders.iter().map(|id| id.bind()).collect()).all().await?;
    Ok(rows.into_iter().collect())
}

/// The canteen-days with meals of these elders from a date on.
pub async fn meal_days(
    tx: &mut Tx,
    elders: &[ElderId],
    from: BusinessDate,
) -> Result<Vec<(ElderId, CanteenId, BusinessDate)>, Error> {
    if elders.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT DISTINCT elder, canteen, date FROM elder_meals WHERE date >= $1 AND elder IN ({})",
        places(2, elders.len())
    );
    let values = std::iter::once(from.bind()).chain(elders.iter().map(|id| id.bind())).collect();
    Statement::built(tx, text, values).all().await
}

/// Registers elders.
pub async fn add_elders(tx: &mut Tx, elders: &[(ElderRow, Origin)]) -> Result<(), Error> {
    let mut values: Vec<Value<'_>> = Vec::with_capacity(elders.len() * 15);
    for (elder, origin) in elders {
        values.extend([
            elder.id.bind(),
            (&elder.region).bind(),
            (&elder.name).bind(),
            (&elder.sort_key).bind(),
            elder.female.bind(),
            elder.birth.bind(),
            (&elder.resident_id).bind(),
            elder.resident_id_digest.bind(),
            elder.phone.as_ref().bind(),
            elder.phone_digest.bind(),
            elder.registered_canteen.bind(),
            elder.registered_at.bind(),
            elder.changed_at.bind(),
            origin.import.bind(),
            (&origin.place).bind(),
        ]);
    }
    let head = "INSERT INTO elders (id, region, name, sort_key, female, birth, resident_id, resident_id_digest, phone,
                phone_digest, registered_canteen, registered_at, changed_at, import_id, import_place)";
    insert(tx, head, 15, values, "").await.map(drop)
}

/// Adds facts with their numbers; [`touch`] the elders first.
pub async fn add_elder_facts(tx: &mut Tx, facts: &[FactRow], by: Option<UserId>) -> Result<(), Error> {
    let mut values: Vec<Value<'_>> = Vec::with_capacity(facts.len() * 8);
    for FactRow { elder, number, fact, origin } in facts {
        values.extend([
            elder.bind(),
            number.bind(),
            fact.valid_from.bind(),
            fact.known_from.bind(),
            Json(fact).bind(),
            by.bind(),
            origin.import.bind(),
            (&origin.place).bind(),
        ]);
    }
    let head = "INSERT INTO elder_facts (elder, number, valid_from, known_from, fact, recorded_by, import_id,
                import_place)";
    insert(tx, head, 8, values, "").await.map(drop)
}

/// Marks elders as changed, in one order, and holds other changes of theirs back until this unit ends.
pub async fn touch(tx: &mut Tx, elders: &[ElderId], now: UnixMs) -> Result<(), Error> {
    if elders.is_empty() {
        return Ok(());
    }
    let text = format!("UPDATE elders SET changed_at = $1 WHERE id IN ({})", places(2, elders.len()));
    let values = std::iter::once(now.bind()).chain(elders.iter().map(|id| id.bind())).collect();
    Statement::built(tx, text, values).execute().await.map(drop)
}

/// Gives an elder another telephone.
pub async fn set_phone(tx: &mut Tx, elder: ElderId, sealed: &[u8], digest: Digest) -> Result<(), Error> {
    sql!(tx, "UPDATE elders SET phone = $2, phone_digest = $3 WHERE id = $1", elder, sealed, digest)
        .execute()
        .await
        .map(drop)
}

/// Gives an elder another canteen.
pub async fn set_canteen(tx: &mut Tx, elder: ElderId, canteen: CanteenId) -> Result<(), Error> {
    sql!(tx, "UPDATE elders SET registered_canteen = $2 WHERE id = $1", elder, canteen).execute().await.map(drop)
}

/// Notes where a canteen's registration came from.
pub async fn mark_canteen(tx: &mut Tx, canteen: CanteenId, origin: &Origin) -> Result<(), Error> {
    let text = "UPDATE canteens SET import_id = $2, import_place = $3 WHERE id = $1";
    sql!(tx, text, canteen, origin.import, &origin.place).execute().await.map(drop)
}

/// Adds a fact of a canteen that came from a list; hold the canteen first.
pub async fn add_canteen_fact(
    tx: &mut Tx,
    canteen: CanteenId,
    fact: &CanteenFact,
    by: Option<UserId>,
    origin: &Origin,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO canteen_facts (canteen, number, valid_from, known_from, fact, recorded_by, import_id, import_place)
         VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM canteen_facts WHERE canteen = $1), $2, $3, $4, $5, $6, $7)",
        canteen,
        fact.valid_from,
        fact.known_from,
        Json(fact),
        by,
        origin.import,
        &origin.place
    )
    .execute()
    .await
    .map(drop)
}

/// Adds a list price that came from a list; hold the canteen first.
pub async fn add_price(
    tx: &mut Tx,
    canteen: CanteenId,
    price: &ListPrice,
    (now, by): (UnixMs, Option<UserId>),
    origin: &Origin,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO prices (canteen, number, valid_from, period, price, known_from, recorded_by, import_id, import_place)
         VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM prices WHERE canteen = $1), $2, $3, $4, $5, $6, $7, $8)",
        canteen,
        price.valid_from,
        &price.period,
        price.price,
        now,
        by,
        origin.import,
        &origin.place
    )
    .execute()
    .await
    .map(drop)
}
