//! Elders: `POST /api/v1/elders`, `GET` lists and shows, `POST .../facts`, `.../cards`, `DELETE .../cards`;
//! `POST .../chips` registers a physical card, `DELETE .../chips/{card}` revokes it.
//!
//! Names are shown masked; ID, telephone and card numbers are never shown, but for a new card's number once.

use std::sync::Arc;

use axum::extract::State;
use domain::calendar::{BusinessDate, UnixMs};
use domain::elder::{Elder, ElderFact};
use domain::id::{CanteenId, ElderId};
use domain::region::RegionCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::api::{Api, Created, List, page_size};
use super::body::{Json, Path, Query};
use super::routes::Routes;
use super::{Answer, Problem, SignedIn};
use crate::admin::{NewElder, NewElderFact};
use crate::audit::Action;
use crate::people::Right;
use crate::store::elders::{self, ElderRow, Of};
use crate::store::people::UserRow;
use crate::words::{Code, office as said, register};
use crate::{Error, Office, names};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Elder)]
struct Listed {
    id: ElderId,
    masked_name: String,
    female: bool,
    birth: BusinessDate,
    region: RegionCode,
    canteen: Option<CanteenId>,
}

impl From<&ElderRow> for Listed {
    fn from(row: &ElderRow) -> Self {
        Self {
            id: row.id,
            masked_name: names::mask(&row.name),
            female: row.female,
            birth: row.birth,
            region: row.region.clone(),
            canteen: row.registered_canteen,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ElderCard)]
struct Card {
    id: Uuid,
    /// `card` or `chip`.
    kind: &'static str,
    tail: String,
    issued: UnixMs,
    revoked: Option<UnixMs>,
    /// The last day on which it is good.
    expires: Option<BusinessDate>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ElderWhole)]
struct Whole {
    #[serde(flatten)]
    elder: Listed,
    facts: Vec<ElderFact>,
    cards: Vec<Card>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ElderAdded)]
struct Added {
    id: ElderId,
}

#[derive(Serialize, utoipa::ToSchema)]
struct NewCard {
    id: Uuid,
    /// For the printer; it is not shown again.
    number: String,
    revoked: u64,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CardsRevoked)]
struct Revoked {
    revoked: u64,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChip {
    /// Hex, the chip's first byte first.
    #[schema(value_type = String)]
    number: Zeroizing<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Chip {
    id: Uuid,
    tail: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = CardUntil)]
struct Until {
    /// The card's last day; nothing for one without end.
    #[serde(default)]
    until: Option<BusinessDate>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ElderQuery)]
struct Page {
    /// The cursor: the last elder of the page before.
    after: Option<ElderId>,
    /// Only regulars of this canteen.
    canteen: Option<CanteenId>,
    /// So many on a page, 1 to 500; 100 unless it is said.
    limit: Option<i64>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ElderSearch)]
struct Wanted {
    /// A resident ID, or a card's number; in place of a name.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    number: Option<Zeroizing<String>>,
    /// The name's beginning, in characters or in pinyin; in place of a number.
    #[serde(default)]
    name: Option<String>,
    /// Behind this elder, when a name fits many.
    #[serde(default)]
    after: Option<ElderId>,
    /// So many at most, 1 to 500; 100 unless it is said.
    #[serde(default)]
    limit: Option<i64>,
}

pub(super) fn routes() -> Routes {
    Api::of("Elders")
        .post("/api/v1/elders", Action::ElderRegister, create, "Register an elder")
        .get("/api/v1/elders", list, "List the elders of one's own region, by name")
        .notes("Names are masked; numbers are never shown.")
        .post("/api/v1/elders/search", Action::ElderFind, search, "Find elders by number or by name")
        .notes(
            "A number stands in no address, and it is entered in the audit log that somebody asked. Names are masked. Where \
             a name fits many, `Link` names whom to put into the body as `after`, also behind a page on which nobody is.",
        )
        .get("/api/v1/elders/{id}", show, "Get an elder with facts and cards")
        .post("/api/v1/elders/{id}/facts", Action::ElderFact, add_fact, "Add a dated fact")
        .post("/api/v1/elders/{id}/cards", Action::CardIssue, issue_card, "Issue a card; older ones are revoked")
        .delete("/api/v1/elders/{id}/cards", Some(Action::CardRevoke), revoke_cards, "Revoke all cards of an elder")
        .post("/api/v1/elders/{id}/chips", Action::ChipRegister, register_chip, "Register a physical card")
        .delete("/api/v1/elders/{id}/chips/{card}", Some(Action::CardRevoke), revoke_chip, "Revoke one card")
        .routes()
}

/// The elder, if the person may do that for them.
pub(crate) async fn permitted(office: &Office, user: &UserRow, right: Right, id: ElderId) -> Result<ElderRow, Error> {
    user.require(right)?;
    let row = office.store.read(move |tx| Box::pin(async move { elders::get(tx, id).await })).await?;
    let row = row.ok_or_else(|| Error::refused(Code::ElderUnknown, register::NO_ELDER))?;
    user.require_inside(&row.region)?;
    Ok(row)
}

async fn create(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(new): Json<NewElder>,
) -> Answer<Created<Added>> {
    user.require(Right::ManageElders)?;
    user.require_inside(&new.region)?;
    let id = office.register_elder(new, Some(user.id)).await?;
    Ok(Created(Added { id }))
}

async fn list(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Query(Page { after, canteen, limit }): Query<Page>,
) -> Answer<List<Listed>> {
    user.require(Right::ReadElders)?;
    let (of, most) = (Of { region: user.region, canteen }, page_size(limit));
    let rows = office.store.read(move |tx| Box::pin(async move { elders::inside(tx, &of, after, most + 1).await }));
    Ok(List::page(rows.await?, most, |row| row.id.to_string(), |row| Listed::from(&row)))
}

/// One by a number, or those whose name begins so; who is elsewhere is nobody here.
async fn search(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Json(wanted): Json<Wanted>,
) -> Answer<List<Listed>> {
    user.require(Right::ReadElders)?;
    user.require_inside(&user.region)?;
    let Wanted { number, name, after, limit } = wanted;
    let found = match (number, name) {
        (Some(number), None) => {
            let found = office.find_elder(&number, user.region.clone(), user.id).await?;
            return Ok(List::whole(found.iter().map(Listed::from).collect()));
        }
        (None, Some(name)) => office.elders_named(&name, after, page_size(limit), user.region, user.id).await?,
        _ => return Err(Problem::new(Code::Invalid, said::NUMBER_OR_NAME)),
    };
    Ok(List::until(found.rows.iter().map(Listed::from).collect(), found.next.map(|id| id.to_string())))
}

async fn show(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
) -> Answer<Json<Whole>> {
    let row = permitted(&office, &user, Right::ReadElders, id).await?;
    let (mut for_rules, cards) = office
        .store
        .read(move |tx| {
            Box::pin(async move { Ok((elders::for_rules(tx, &[id]).await?, elders::cards(tx, &[id]).await?)) })
        })
        .await?;
    let facts = for_rules.remove(&id).map(|elder: Elder| elder.facts).unwrap_or_default();
    let card = |c: elders::CardRow| Card {
        id: c.id,
        kind: c.kind.name(),
        tail: c.tail,
        issued: c.issued_at,
        revoked: c.revoked_at,
        expires: c.expires_on,
    };
    Ok(Json(Whole { elder: (&row).into(), facts, cards: cards.into_iter().map(card).collect() }))
}

async fn add_fact(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
    Json(new): Json<NewElderFact>,
) -> Answer<Created<ElderFact>> {
    permitted(&office, &user, Right::ManageElders, id).await?;
    let fact = office.add_elder_fact(id, new, Some(user.id)).await?;
    Ok(Created(fact))
}

async fn issue_card(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
    Query(Until { until }): Query<Until>,
) -> Answer<Created<NewCard>> {
    permitted(&office, &user, Right::ManageElders, id).await?;
    let card = office.issue_card_until(id, until, Some(user.id)).await?;
    let answer = NewCard { id: card.id, number: card.number.expose().to_owned(), revoked: card.revoked };
    Ok(Created(answer))
}

async fn revoke_cards(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
) -> Answer<Json<Revoked>> {
    permitted(&office, &user, Right::ManageElders, id).await?;
    Ok(Json(Revoked { revoked: office.revoke_cards(id, Some(user.id)).await? }))
}

async fn register_chip(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path(id): Path<ElderId>,
    Json(new): Json<NewChip>,
) -> Answer<Created<Chip>> {
    permitted(&office, &user, Right::ManageElders, id).await?;
    let chip = office.register_chip(id, &new.number, Some(user.id)).await?;
    Ok(Created(Chip { id: chip.id, tail: chip.tail }))
}

async fn revoke_chip(
    State(office): State<Arc<Office>>,
    SignedIn(user): SignedIn,
    Path((id, card)): Path<(ElderId, Uuid)>,
) -> Answer<Json<Revoked>> {
    permitted(&office, &user, Right::ManageElders, id).await?;
    Ok(Json(Revoked { revoked: u64::from(office.revoke_card(id, card, Some(user.id)).await?) }))
}
