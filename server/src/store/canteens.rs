//! Regions, canteens, their dated facts, prices and cashiers.

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::canteen::{Canteen, CanteenFact};
use domain::credential::ReaderFormat;
use domain::id::{CanteenId, CashierId, UserId};
use domain::money::Fen;
use domain::region::RegionCode;
use domain::sync::{Cashier, ListPrice, OfflineLimits};
use serde::{Deserialize, Serialize};

use super::{Bind as _, Json, Tx, insert};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A place with its office.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Region {
        /// Its code.
        pub code: RegionCode,
        /// Its name, as on statements: `福田区`.
        pub name: String,
        /// The office that pays: `福田区民政局`.
        pub office: String,
    }
}

row! {
    /// A canteen as registered.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CanteenRow {
        /// Which one.
        pub id: CanteenId,
        /// Where it stands.
        pub region: RegionCode,
        /// Its name.
        pub name: String,
        /// Who runs it, and is paid.
        pub operator: String,
        /// The operator's unified social credit code, 18 characters.
        pub credit_code: String,
        /// Address; may be empty.
        pub address: String,
        /// Telephone for elders.
        pub phone: String,
        /// The bank of the payee account.
        pub bank: String,
        /// The holder of the payee account.
        pub account_name: String,
        /// The payee account, sealed at (`canteens`, `account`, id).
        pub account: Vec<u8>,
        /// Meals a day that it says it can serve.
        pub capacity: Option<u32>,
        /// When it was registered, unix ms.
        pub created_at: UnixMs,
        /// Whether a second person has looked at the payee account: nothing is paid before.
        pub payee_checked: bool,
    }
}

/// Adds a region or gives it another name. What it was called is kept: papers that were approved say it for ever.
pub async fn put_region(tx: &mut Tx, region: &Region, now: UnixMs) -> Result<(), Error> {
    // Of two within a millisecond the first one's old names are what was known before it.
    sql!(
        tx,
        "INSERT INTO former_names (region, at, name, office)
         SELECT code, $2, name, office FROM regions WHERE code = $1 AND (name <> $3 OR office <> $4)
         ON CONFLICT DO NOTHING",
        &region.code,
        now,
        &region.name,
        &region.office
    )
    .execute()
    .await?;
    sql!(
        tx,
        "INSERT INTO regions (code, name, office) VALUES ($1, $2, $3)
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, office = excluded.office",
        &region.code,
        &region.name,
        &region.office
    )
    .execute()
    .await
    .map(drop)
}

/// All regions, by code.
pub async fn regions(tx: &mut Tx) -> Result<Vec<Region>, Error> {
    sql!(tx, "SELECT code, name, office FROM regions ORDER BY code").all().await
}

/// All regions, by code, as they and their offices were called at an instant; as now where no instant is given. One that
/// was added later is there too.
pub async fn regions_at(tx: &mut Tx, at: Option<UnixMs>) -> Result<Vec<Region>, Error> {
    let Some(at) = at else { return regions(tx).await };
    sql!(
        tx,
        "SELECT r.code, COALESCE(f.name, r.name) AS name, COALESCE(f.office, r.office) AS office
         FROM regions r LEFT JOIN former_names f ON f.region = r.code
         AND f.at = (SELECT MIN(l.at) FROM former_names l WHERE l.region = r.code AND l.at > $1) ORDER BY r.code",
        at
    )
    .all()
    .await
}

/// Adds a canteen.
pub async fn add(tx: &mut Tx, canteen: &CanteenRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO canteens (id, region, name, operator, credit_code, address, phone, bank, account_name, account,
                               capacity, created_at, payee_checked)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        canteen.id,
        &canteen.region,
        &canteen.name,
        &canteen.operator,
        &canteen.credit_code,
        &canteen.address,
        &canteen.phone,
        &canteen.bank,
        &canteen.account_name,
        &canteen.account,
        canteen.capacity,
        canteen.created_at,
        canteen.payee_checked
    )
    .execute()
    .await
    .map(drop)
}

/// One canteen.
pub async fn get(tx: &mut Tx, id: CanteenId) -> Result<Option<CanteenRow>, Error> {
    sql!(tx, "SELECT * FROM canteens WHERE id = $1", id).optional().await
}

/// Holds other changes of the same canteen back until this unit ends; says whether there is such a canteen.
pub async fn hold(tx: &mut Tx, id: CanteenId) -> Result<bool, Error> {
    Ok(sql!(tx, "UPDATE canteens SET name = name WHERE id = $1", id).execute().await? == 1)
}

/// All canteens inside a region, by place and name.
pub async fn inside(tx: &mut Tx, region: &RegionCode) -> Result<Vec<CanteenRow>, Error> {
    sql!(tx, "SELECT * FROM canteens WHERE region LIKE $1 || '%' ORDER BY region, name, id", region).all().await
}

/// All canteens.
pub async fn all(tx: &mut Tx) -> Result<Vec<CanteenRow>, Error> {
    sql!(tx, "SELECT * FROM canteens ORDER BY region, name, id").all().await
}

/// Adds dated facts in the order of learning.
pub async fn add_facts(
    tx: &mut Tx,
    canteen: CanteenId,
    facts: &[CanteenFact],
    by: Option<UserId>,
) -> Result<(), Error> {
    let last: i64 =
        sql!(tx, "SELECT COALESCE(MAX(number), 0) FROM canteen_facts WHERE canteen = $1", canteen).value().await?;
    let mut rows = Vec::new();
    for (number, fact) in (last + 1..).zip(facts) {
        rows.extend([
            canteen.bind(),
            number.bind(),
            fact.valid_from.bind(),
            fact.known_from.bind(),
            Json(fact).bind(),
            by.bind(),
        ]);
    }
    insert(tx, "INSERT INTO canteen_facts (canteen, number, valid_from, known_from, fact, recorded_by)", 6, rows, "")
        .await
        .map(drop)
}

/// A canteen's facts in the order of learning.
pub async fn facts(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<CanteenFact>, Error> {
    let rows = sql!(tx, "SELECT fact FROM canteen_facts WHERE canteen = $1 ORDER BY number", canteen);
    Ok(rows.values::<Json<CanteenFact>>().await?.into_iter().map(|Json(fact)| fact).collect())
}

/// A canteen as the rules see it.
pub async fn for_rules(tx: &mut Tx, id: CanteenId) -> Result<Option<Canteen>, Error> {
    let region = sql!(tx, "SELECT region FROM canteens WHERE id = $1", id).optional::<(RegionCode,)>().await?;
    let Some((region,)) = region else { return Ok(None) };
    Ok(Some(Canteen { id, region, facts: facts(tx, id).await? }))
}

/// Puts another payee in the place of the one before, or the same: a second person has looked at it.
pub async fn set_payee(
    tx: &mut Tx,
    canteen: CanteenId,
    bank: &str,
    account_name: &str,
    account: &[u8],
) -> Result<(), Error> {
    sql!(
        tx,
        "UPDATE canteens SET bank = $2, account_name = $3, account = $4, payee_checked = $5 WHERE id = $1",
        canteen,
        bank,
        account_name,
        account,
        true
    )
    .execute()
    .await
    .map(drop)
}

/// Adds a list price in the order of learning.
pub async fn add_price(
    tx: &mut Tx,
    canteen: CanteenId,
    price: &ListPrice,
    now: UnixMs,
    by: Option<UserId>,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO prices (canteen, number, valid_from, period, price, known_from, recorded_by)
         VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM prices WHERE canteen = $1), $2, $3, $4, $5, $6)",
        canteen,
        price.valid_from,
        &price.period,
        price.price,
        now,
        by
    )
    .execute()
    .await
    .map(drop)
}

/// A canteen's list prices in the order of learning; of two for the same day and period the later one holds.
pub async fn prices(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<ListPrice>, Error> {
    let rows = sql!(tx, "SELECT valid_from, period, price FROM prices WHERE canteen = $1 ORDER BY number", canteen)
        .all::<(BusinessDate, MealPeriod, Fen)>()
        .await?;
    Ok(rows.into_iter().map(|(valid_from, period, price)| ListPrice { valid_from, period, price }).collect())
}

/// Adds a cashier.
pub async fn add_cashier(tx: &mut Tx, canteen: CanteenId, cashier: &Cashier, now: UnixMs) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO cashiers (id, canteen, name, pin_hash, supervisor, added_at) VALUES ($1, $2, $3, $4, $5, $6)",
        cashier.id,
        canteen,
        &cashier.name,
        &cashier.pin_hash,
        cashier.supervisor,
        now
    )
    .execute()
    .await
    .map(drop)
}

/// Who may serve in a canteen, in the order of joining.
pub async fn cashiers(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<Cashier>, Error> {
    let rows = sql!(
        tx,
        "SELECT id, name, pin_hash, supervisor FROM cashiers WHERE canteen = $1 AND left_at IS NULL
         ORDER BY added_at, id",
        canteen
    );
    let rows = rows.all::<(CashierId, String, String, bool)>().await?;
    let cashier = |(id, name, pin_hash, supervisor)| Cashier { id, name, pin_hash, supervisor };
    Ok(rows.into_iter().map(cashier).collect())
}

/// How a canteen's terminals are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CanteenSettings)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How long they serve on an old roster.
    #[serde(default)]
    pub offline: OfflineLimits,
    /// How their card readers write a chip's number, if there are any.
    #[serde(default)]
    pub reader: Option<ReaderFormat>,
}

/// How a canteen's terminals are set; the defaults where nobody has said.
pub async fn settings(tx: &mut Tx, canteen: CanteenId) -> Result<Settings, Error> {
    let row = sql!(tx, "SELECT offline, reader FROM canteen_settings WHERE canteen = $1", canteen);
    let row = row.optional::<(Json<OfflineLimits>, Option<Json<ReaderFormat>>)>().await?;
    let settings = |(Json(offline), reader): (_, Option<Json<_>>)| Settings { offline, reader: reader.map(|r| r.0) };
    Ok(row.map(settings).unwrap_or_default())
}

/// Sets a canteen's terminals.
pub async fn put_settings(
    tx: &mut Tx,
    canteen: CanteenId,
    settings: &Settings,
    by: Option<UserId>,
    now: UnixMs,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO canteen_settings (canteen, offline, reader, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (canteen) DO UPDATE SET offline = excluded.offline, reader = excluded.reader,
            changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        canteen,
        Json(settings.offline),
        settings.reader.map(Json),
        now,
        by
    )
    .execute()
    .await
    .map(drop)
}
