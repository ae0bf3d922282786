//! Elders, their dated facts and their cards.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::calendar::{BusinessDate, UnixMs};
use domain::elder::{Elder, ElderFact};
use domain::id::{CanteenId, Digest, ElderId, UserId};
use domain::region::RegionCode;
use uuid::Uuid;

use super::{At, Bind as _, Column, Json, Row, Statement, Tx, Value, insert};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// An elder as registered.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ElderRow {
        /// The pseudonym that stands on records.
        pub id: ElderId,
        /// The office that looks after the elder.
        pub region: RegionCode,
        /// The name in full.
        pub name: String,
        /// The name as it is sorted: pinyin.
        pub sort_key: String,
        /// For `男` and `女`.
        pub female: bool,
        /// Date of birth.
        pub birth: BusinessDate,
        /// The resident ID number, sealed at (`elders`, `resident_id`, id).
        pub resident_id: Vec<u8>,
        /// Its digest under the server's key.
        pub resident_id_digest: Digest,
        /// The telephone number, sealed at (`elders`, `phone`, id).
        pub phone: Option<Vec<u8>>,
        /// Its digest under the server's key.
        pub phone_digest: Option<Digest>,
        /// The canteen where the elder is a regular.
        pub registered_canteen: Option<CanteenId>,
        /// When registered, unix ms.
        pub registered_at: UnixMs,
        /// When anything about the elder changed last, unix ms.
        pub changed_at: UnixMs,
    }
}

/// What a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// A printed card with a QR code.
    Card,
    /// A physical card, known by its chip.
    Chip,
}

impl CardKind {
    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Chip => "chip",
        }
    }
}

impl Column for CardKind {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        match String::read(row, at)?.as_str() {
            "card" => Ok(Self::Card),
            "chip" => Ok(Self::Chip),
            other => Err(Error::Corrupt(format!("no kind of card: {other:?}"))),
        }
    }
}

row! {
    /// A card that was issued.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CardRow {
        /// Which one.
        pub id: Uuid,
        /// Whose.
        pub elder: ElderId,
        /// The number's digest under the server's key.
        pub digest: Digest,
        /// The number, sealed at (`cards`, `number`, id).
        pub number: Vec<u8>,
        /// Its last four digits.
        pub tail: String,
        /// When issued, unix ms.
        pub issued_at: UnixMs,
        /// When revoked, unix ms.
        pub revoked_at: Option<UnixMs>,
        /// What it is.
        pub kind: CardKind,
        /// The last business date on which it is good; nothing for a card without end.
        pub expires_on: Option<BusinessDate>,
    }
}

/// Adds an elder. A resident ID that is registered already violates a UNIQUE constraint.
pub async fn add(tx: &mut Tx, elder: &ElderRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO elders (id, region, name, sort_key, female, birth, resident_id, resident_id_digest, phone,
                             phone_digest, registered_canteen, registered_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        elder.id,
        &elder.region,
        &elder.name,
        &elder.sort_key,
        elder.female,
        elder.birth,
        &elder.resident_id,
        elder.resident_id_digest,
        elder.phone.as_ref(),
        elder.phone_digest,
        elder.registered_canteen,
        elder.registered_at,
        elder.changed_at
    )
    .execute()
    .await
    .map(drop)
}

/// One elder.
pub async fn get(tx: &mut Tx, id: ElderId) -> Result<Option<ElderRow>, Error> {
    sql!(tx, "SELECT * FROM elders WHERE id = $1", id).optional().await
}

/// The elder with that resident ID.
pub async fn by_resident_id(tx: &mut Tx, digest: Digest) -> Result<Option<ElderRow>, Error> {
    sql!(tx, "SELECT * FROM elders WHERE resident_id_digest = $1", digest).optional().await
}

/// Which elders are listed.
#[derive(Clone, Debug)]
pub struct Of {
    /// Inside this region.
    pub region: RegionCode,
    /// Only regulars of this canteen.
    pub canteen: Option<CanteenId>,
}

/// Elders by name, at most so many, behind the elder `after`.
pub async fn inside(tx: &mut Tx, of: &Of, after: Option<ElderId>, most: i64) -> Result<Vec<ElderRow>, Error> {
    let mut values: Vec<Value<'_>> = vec![of.region.as_str().to_owned().bind(), most.bind()];
    let mut text = "SELECT * FROM elders WHERE region LIKE $1 || '%'".to_owned();
    if let Some(canteen) = of.canteen {
        values.push(canteen.bind());
        let _ = write!(text, " AND registered_canteen = ${}", values.len());
    }
    if let Some(after) = after {
        values.push(after.bind());
        let _ = write!(text, " AND (sort_key, id) > (SELECT sort_key, id FROM elders WHERE id = ${})", values.len());
    }
    text.push_str(" ORDER BY sort_key, id LIMIT $2");
    Statement::built(tx, text, values).all().await
}

/// Marks the elder as changed, so that terminals fetch the roster entry again. Also holds other changes of the same
/// elder back until this unit ends, and says whether there is such an elder.
pub async fn touch(tx: &mut Tx, id: ElderId, now: UnixMs) -> Result<bool, Error> {
    Ok(sql!(tx, "UPDATE elders SET changed_at = $2 WHERE id = $1", id, now).execute().await? == 1)
}

/// Adds dated facts in the order of learning; [`touch`] the elder first.
pub async fn add_facts(tx: &mut Tx, elder: ElderId, facts: &[ElderFact], by: Option<UserId>) -> Result<(), Error> {
    let last: i64 =
        sql!(tx, "SELECT COALESCE(MAX(number), 0) FROM elder_facts WHERE elder = $1", elder).value().await?;
    let mut rows = Vec::new();
    for (number, fact) in (last + 1..).zip(facts) {
        rows.extend([
            elder.bind(),
            number.bind(),
            fact.valid_from.bind(),
            fact.known_from.bind(),
            Json(fact).bind(),
            by.bind(),
        ]);
    }
    insert(tx, "INSERT INTO elder_facts (elder, number, valid_from, known_from, fact, recorded_by)", 6, rows, "")
        .await
        .map(drop)
}

/// Elders as the rules see them, with all facts in the order of learning. Unknown ids are left out.
pub async fn for_rules(tx: &mut Tx, ids: &[ElderId]) -> Result<BTreeMap<ElderId, Elder>, Error> {
    let (mut elders, among) = (BTreeMap::new(), tx.among(1));
    let births = format!("SELECT id, birth FROM elders WHERE id {among}");
    let births = Statement::built(tx, births, vec![Value::list(ids)]);
    for (id, birth) in births.all::<(ElderId, BusinessDate)>().await? {
        elders.insert(id, Elder { id, birth, facts: Vec::new() });
    }
    let facts = format!("SELECT elder, fact FROM elder_facts WHERE elder {among} ORDER BY elder, number");
    let facts = Statement::built(tx, facts, vec![Value::list(ids)]);
    for (id, Json(fact)) in facts.all::<(ElderId, Json<ElderFact>)>().await? {
        if let Some(elder) = elders.get_mut(&id) {
            elder.facts.push(fact);
        }
    }
    Ok(elders)
}

/// Adds a card.
pub async fn add_card(tx: &mut Tx, card: &CardRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO cards (id, elder, digest, number, tail, issued_at, revoked_at, kind, expires_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        card.id,
        card.elder,
        card.digest,
        &card.number,
        &card.tail,
        card.issued_at,
        card.revoked_at,
        card.kind.name(),
        card.expires_on
    )
    .execute()
    .await
    .map(drop)
}

/// Counts cards that a person issued on a day without a second person; says how many there are now.
pub async fn count_cards(tx: &mut Tx, person: UserId, date: BusinessDate, cards: i64) -> Result<i64, Error> {
    sql!(
        tx,
        "INSERT INTO cards_alone (person, date, cards) VALUES ($1, $2, $3) ON CONFLICT (person, date) \
         DO UPDATE SET cards = cards_alone.cards + excluded.cards RETURNING cards",
        person,
        date,
        cards
    )
    .value()
    .await
}

/// Counts physical cards that a person registered on a day; says how many there are now.
pub async fn count_chips(tx: &mut Tx, person: UserId, date: BusinessDate, chips: i64) -> Result<i64, Error> {
    sql!(
        tx,
        "INSERT INTO cards_alone (person, date, cards, chips) VALUES ($1, $2, 0, $3) ON CONFLICT (person, date) \
         DO UPDATE SET chips = cards_alone.chips + excluded.chips RETURNING chips",
        person,
        date,
        chips
    )
    .value()
    .await
}

/// Revokes all cards of one kind of an elder that are still good; says how many there were.
pub async fn revoke_cards(tx: &mut Tx, elder: ElderId, kind: CardKind, now: UnixMs) -> Result<u64, Error> {
    let changed = sql!(
        tx,
        "UPDATE cards SET revoked_at = $2 WHERE elder = $1 AND kind = $3 AND revoked_at IS NULL",
        elder,
        now,
        kind.name()
    );
    changed.execute().await
}

/// Revokes one card of an elder; says whether it was good until now.
pub async fn revoke_card(tx: &mut Tx, elder: ElderId, card: Uuid, now: UnixMs) -> Result<bool, Error> {
    let changed = sql!(
        tx,
        "UPDATE cards SET revoked_at = $3 WHERE elder = $1 AND id = $2 AND revoked_at IS NULL",
        elder,
        card,
        now
    );
    Ok(changed.execute().await? == 1)
}

/// The card with that digest under the server's key.
pub async fn card(tx: &mut Tx, digest: Digest) -> Result<Option<CardRow>, Error> {
    sql!(tx, "SELECT * FROM cards WHERE digest = $1", digest).optional().await
}

/// The cards of these elders, by elder and instant of issue.
pub async fn cards(tx: &mut Tx, elders: &[ElderId]) -> Result<Vec<CardRow>, Error> {
    let text = format!("SELECT * FROM cards WHERE elder {} ORDER BY elder, issued_at, id", tx.among(1));
    Statement::built(tx, text, vec![Value::list(elders)]).all().await
}

/// Elders of a canteen or a region, alive as far as is known, who have no printed card that is good on a date: in the
/// order of names.
pub async fn without_card(
    tx: &mut Tx,
    canteen: Option<CanteenId>,
    region: Option<&RegionCode>,
    today: BusinessDate,
    most: i64,
) -> Result<Vec<ElderRow>, Error> {
    // Who is dead is said by a fact; a withdrawn one is rare enough to be left to a list of names.
    let rest = "NOT EXISTS (SELECT 1 FROM cards c WHERE c.elder = e.id AND c.kind = 'card' AND c.revoked_at IS NULL
                            AND (c.expires_on IS NULL OR c.expires_on >= $2))
                AND NOT EXISTS (SELECT 1 FROM elder_facts f WHERE f.elder = e.id AND f.fact LIKE '%\"fact\":\"death\"%')
                ORDER BY e.sort_key, e.id LIMIT $3";
    match (canteen, region) {
        (Some(canteen), _) => {
            let text = format!("SELECT e.* FROM elders e WHERE e.registered_canteen = $1 AND {rest}");
            Statement::built(tx, text, vec![canteen.bind(), today.bind(), most.bind()]).all().await
        }
        (None, Some(region)) => {
            let text = format!("SELECT e.* FROM elders e WHERE e.region LIKE $1 || '%' AND {rest}");
            Statement::built(tx, text, vec![region.bind(), today.bind(), most.bind()]).all().await
        }
        (None, None) => Ok(Vec::new()),
    }
}

/// Keeps an elder's photo, sealed at (`elder_photos`, `sealed`, elder), in place of an older one.
pub async fn put_photo(
    tx: &mut Tx,
    elder: ElderId,
    media_type: &str,
    sealed: &[u8],
    now: UnixMs,
    by: Option<UserId>,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO elder_photos (elder, media_type, sealed, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (elder) DO UPDATE SET media_type = excluded.media_type, sealed = excluded.sealed,
            changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        elder,
        media_type,
        sealed,
        now,
        by
    )
    .execute()
    .await
    .map(drop)
}

/// An elder's photo: media type and sealed bytes.
pub async fn photo(tx: &mut Tx, elder: ElderId) -> Result<Option<(String, Vec<u8>)>, Error> {
    sql!(tx, "SELECT media_type, sealed FROM elder_photos WHERE elder = $1", elder).optional().await
}

/// Forgets an elder's photo; says whether there was one.
pub async fn remove_photo(tx: &mut Tx, elder: ElderId) -> Result<bool, Error> {
    Ok(sql!(tx, "DELETE FROM elder_photos WHERE elder = $1", elder).execute().await? == 1)
}
