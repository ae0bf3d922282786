//! `/console/elders/{id}`: one elder, masked: facts with when they were learned, cards, and the photo, which is shown
//! when somebody asks for it and is entered as having seen it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use domain::calendar::BusinessDate;
use domain::elder::{ElderFact, ElderFactKind};
use domain::id::ElderId;
use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::elder_words::{Words, fact as fact_words};
use super::elders::{HOME, Row, download, line, permitted};
use super::words::Words as Common;
use super::{correction_words, date, read, typed, wanted};
use crate::admin::{CardsOf, NewElderFact};
use crate::audit::Action;
use crate::console::layer::Upload;
use crate::console::view::{Shell, View};
use crate::console::{Page, fmt};
use crate::http::body::{Form, Path, Query};
use crate::http::cards::PHOTO;
use crate::http::routes::Routes;
use crate::http::{Answer, Problem};
use crate::people::Right;
use crate::store::elders::{CardKind, CardRow};
use crate::store::{canteens, elders, register};
use crate::words::{Code, office as said, register as register_words};
use crate::{Error, Office};

struct Fact {
    valid_from: String,
    words: String,
    known_from: String,
    late: bool,
}

struct Card {
    id: Uuid,
    kind: &'static str,
    is_chip: bool,
    tail: String,
    issued: String,
    state: &'static str,
    class: &'static str,
    is_good: bool,
}

#[derive(Template)]
#[template(path = "console/office/elder.html")]
struct ElderPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    k: &'static correction_words::Words,
    id: ElderId,
    one: Row,
    facts: Vec<Fact>,
    cards: Vec<Card>,
    has_photo: bool,
    shows_photo: bool,
    manages: bool,
    today: BusinessDate,
    home: String,
}

impl ElderPage {
    fn post(&self, what: &str) -> String {
        self.shell.view.link(&format!("{HOME}/{}/{what}", self.id))
    }

    fn with_photo(&self) -> String {
        self.shell.view.link(&format!("{HOME}/{}?photo=1", self.id))
    }

    fn revoke_chip(&self, card: &Uuid) -> String {
        self.post(&format!("chips/{card}/revocation"))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    photo: String,
}

#[derive(Deserialize)]
struct NewFact {
    valid_from: String,
    kind: String,
    what: String,
    level: String,
}

#[derive(Deserialize)]
struct Until {
    until: String,
}

#[derive(Deserialize)]
struct NewChip {
    number: Zeroizing<String>,
}

pub(super) fn routes() -> Routes {
    let photo = "/console/elders/{id}/photo";
    let photos = Routes::new().post(photo, Action::PhotoPut, put_photo).limit(PHOTO);
    let rest = Routes::new()
        .get("/console/elders/{id}", show)
        .reveal(photo, Action::PhotoShow, photo_bytes)
        .post("/console/elders/{id}/photo-removal", Action::PhotoRemove, remove_photo)
        .post("/console/elders/{id}/facts", Action::ElderFact, add_fact)
        .post("/console/elders/{id}/sheet", Action::CardSheet, reissue)
        .post("/console/elders/{id}/revocation", Action::CardRevoke, lost)
        .post("/console/elders/{id}/chips", Action::ChipRegister, add_chip)
        .post("/console/elders/{id}/chips/{card}/revocation", Action::CardRevoke, revoke_chip);
    photos.merge(rest)
}

async fn show(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ElderId>,
    Query(asked): Query<Asked>,
) -> Answer<Page> {
    let row = permitted(&office, &view, Right::ReadElders, id).await?;
    let region = view.user.region.clone();
    let read = office.store.read(move |tx| {
        Box::pin(async move {
            let mut known = elders::for_rules(tx, &[id]).await?;
            let facts = known.remove(&id).map(|elder| elder.facts).unwrap_or_default();
            let cards = elders::cards(tx, &[id]).await?;
            Ok((facts, cards, register::has_photo(tx, id).await?, canteens::inside(tx, &region).await?))
        })
    });
    let (facts, cards, has_photo, places) = read.await?;
    let names: BTreeMap<_, _> = places.into_iter().map(|row| (row.id, row.name)).collect();
    let w = Words::of(view.lang);
    let one = line(&row, &names, &view);
    Page::of(&ElderPage {
        w,
        c: Common::of(view.lang),
        k: correction_words::Words::of(view.lang),
        id,
        facts: facts.iter().rev().map(|fact| fact_view(fact, &view)).collect(),
        cards: cards.iter().rev().map(|card| card_view(card, &view)).collect(),
        has_photo,
        shows_photo: has_photo && typed(&asked.photo).is_some(),
        manages: view.user.role.rights().contains(&Right::ManageElders),
        today: view.now.business_date(),
        home: view.link(HOME),
        shell: view.shell(HOME, one.name.clone()),
        one,
    })
}

fn fact_view(fact: &ElderFact, view: &View) -> Fact {
    let valid_from = fmt::full_day(fact.valid_from, view.lang);
    Fact {
        words: fact_words(&fact.kind, &valid_from, view.lang),
        valid_from,
        known_from: format!("{} {}", fmt::full_day(fact.known_from.local_date(), view.lang), fmt::hm(fact.known_from)),
        late: fact.known_from.business_date() > fact.valid_from,
    }
}

fn card_view(card: &CardRow, view: &View) -> Card {
    let w = Words::of(view.lang);
    let (state, class, is_good) = if card.revoked_at.is_some() {
        (w.lost, "chip-bad", false)
    } else if card.expires_on.is_some_and(|last| last < view.now.business_date()) {
        (w.expired, "chip-off", false)
    } else {
        (w.good, "chip-ok", true)
    };
    Card {
        id: card.id,
        kind: if card.kind == CardKind::Card { w.card } else { w.chip },
        is_chip: card.kind == CardKind::Chip,
        tail: card.tail.clone(),
        issued: fmt::full_day(card.issued_at.local_date(), view.lang),
        state,
        class,
        is_good,
    }
}

/// A fact as the form says it.
fn kind(new: &NewFact) -> Result<ElderFactKind, Problem> {
    let category = |held| -> Result<ElderFactKind, Problem> {
        let level = if held { read(&new.level, said::COUNT)? } else { None };
        Ok(ElderFactKind::Category { name: new.what.trim().to_owned(), level, held })
    };
    match new.kind.as_str() {
        "death" => Ok(ElderFactKind::Death { dead: true }),
        "death_withdrawn" => Ok(ElderFactKind::Death { dead: false }),
        "hukou" => Ok(ElderFactKind::Hukou { region: wanted(&new.what, said::REGION)? }),
        "residence" => Ok(ElderFactKind::Residence { region: wanted(&new.what, said::REGION)? }),
        "category" => category(true),
        "category_end" => category(false),
        _ => Err(Problem::new(Code::Invalid, said::CHOOSE)),
    }
}

fn done(view: &View, id: ElderId, word: &str) -> Redirect {
    Redirect::to(&view.link(&format!("{HOME}/{id}?done={word}")))
}

async fn add_fact(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ElderId>,
    Form(new): Form<NewFact>,
) -> Answer<Redirect> {
    permitted(&office, &view, Right::ManageElders, id).await?;
    let fact = NewElderFact { valid_from: date(&new.valid_from)?, kind: kind(&new)? };
    office.add_elder_fact(id, fact, Some(view.user.id)).await?;
    Ok(done(&view, id, "saved"))
}

async fn reissue(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ElderId>,
    Form(asked): Form<Until>,
) -> Answer<impl IntoResponse> {
    permitted(&office, &view, Right::ManageElders, id).await?;
    let (until, region) = (read(&asked.until, said::DATE)?, Some(view.user.region.clone()));
    Ok(download(office.issue_sheet(CardsOf::Elders(vec![id]), until, region, Some(view.user.id)).await?))
}

async fn lost(State(office): State<Arc<Office>>, view: View, Path(id): Path<ElderId>) -> Answer<Redirect> {
    permitted(&office, &view, Right::ManageElders, id).await?;
    let revoked = office.revoke_cards(id, Some(view.user.id)).await?;
    Ok(done(&view, id, if revoked > 0 { "saved" } else { "already" }))
}

async fn add_chip(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ElderId>,
    Form(new): Form<NewChip>,
) -> Answer<Redirect> {
    permitted(&office, &view, Right::ManageElders, id).await?;
    office.register_chip(id, &new.number, Some(view.user.id)).await?;
    Ok(done(&view, id, "saved"))
}

async fn revoke_chip(
    State(office): State<Arc<Office>>,
    view: View,
    Path((id, card)): Path<(ElderId, Uuid)>,
) -> Answer<Redirect> {
    permitted(&office, &view, Right::ManageElders, id).await?;
    let revoked = office.revoke_card(id, card, Some(view.user.id)).await?;
    Ok(done(&view, id, if revoked { "saved" } else { "already" }))
}

async fn photo_bytes(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ElderId>,
) -> Answer<impl IntoResponse> {
    permitted(&office, &view, Right::ReadElders, id).await?;
    let photo = office.reveal_photo(id, view.user.id).await?;
    let (kind, bytes) = photo.ok_or_else(|| Error::refused(Code::NotFound, register_words::NO_PHOTO))?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes))
}

async fn put_photo(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ElderId>,
    request: axum::extract::Request,
) -> Answer<Redirect> {
    permitted(&office, &view, Right::ManageElders, id).await?;
    let upload = <Upload as axum::extract::FromRequest<()>>::from_request(request, &()).await?;
    if upload.bytes.is_empty() {
        return Err(Problem::new(Code::Invalid, said::NO_FILE));
    }
    office.put_photo(id, &upload.bytes, Some(view.user.id)).await?;
    Ok(done(&view, id, "saved"))
}

async fn remove_photo(State(office): State<Arc<Office>>, view: View, Path(id): Path<ElderId>) -> Answer<Redirect> {
    permitted(&office, &view, Right::ManageElders, id).await?;
    if office.remove_photo(id, Some(view.user.id)).await? {
        return Ok(done(&view, id, "removed"));
    }
    Err(Problem::new(Code::NotFound, register_words::NO_PHOTO))
}
