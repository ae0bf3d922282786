//! Corrections: the forms on the pages of an elder and a canteen come here, and `/console/elders/{id}/corrections` shows in
//! full what was put right of an elder, which is entered as having seen it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::id::{CanteenId, ElderId};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::correction_words::{Told, Words, told};
use super::words::Words as Common;
use super::{canteens, elders, read, typed};
use crate::Office;
use crate::admin::{CanteenCorrection, Corrected, ElderCorrection};
use crate::audit::Action;
use crate::console::Page;
use crate::console::view::{Shell, View};
use crate::http::body::{Form, Path};
use crate::http::corrections::correct_elder;
use crate::http::routes::Routes;
use crate::http::{Answer, of_canteen};
use crate::names;
use crate::people::Right;
use crate::store::people;
use crate::words::office as said;

#[derive(Deserialize)]
struct OfElder {
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: Zeroizing<String>,
    #[serde(default)]
    no_phone: String,
    #[serde(default)]
    place: String,
    reason: String,
}

#[derive(Deserialize)]
struct OfCanteen {
    #[serde(default)]
    name: String,
    #[serde(default)]
    operator: String,
    #[serde(default)]
    credit_code: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    capacity: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "console/office/corrections.html")]
struct CorrectionsPage {
    shell: Shell,
    w: &'static Words,
    c: &'static Common,
    name: String,
    rows: Vec<Told>,
    back: String,
}

pub(super) fn routes() -> Routes {
    let elders = "/console/elders/{id}/corrections";
    Routes::new()
        .post(elders, Action::ElderCorrect, of_an_elder)
        .reveal(elders, Action::CorrectionShow, elders_before)
        .post("/console/canteens/{id}/corrections", Action::CanteenCorrect, of_a_canteen)
}

fn said_of(text: &str) -> Option<String> {
    typed(text).map(str::to_owned)
}

async fn of_an_elder(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<ElderId>,
    Form(new): Form<OfElder>,
) -> Answer<Redirect> {
    let phone = if typed(&new.no_phone).is_some() {
        Some(Zeroizing::default())
    } else {
        said_of(&new.phone).map(Zeroizing::new)
    };
    let new = ElderCorrection {
        name: said_of(&new.name),
        phone,
        region: read(&new.place, said::REGION)?,
        reason: new.reason,
    };
    correct_elder(&office, &view.user, id, new).await?;
    Ok(Redirect::to(&view.link(&format!("{}/{id}?done=saved", elders::HOME))))
}

async fn elders_before(State(office): State<Arc<Office>>, view: View, Path(id): Path<ElderId>) -> Answer<Page> {
    let row = elders::permitted(&office, &view, Right::ReadElders, id).await?;
    let region = view.user.region.clone();
    let staff = office.store.read(move |tx| Box::pin(async move { people::inside(tx, &region).await })).await?;
    let corrections = office.reveal_elder_corrections(id, view.user.id).await?;
    let w = Words::of(view.lang);
    Page::of(&CorrectionsPage {
        w,
        c: Common::of(view.lang),
        name: names::mask(&row.name),
        rows: told(corrections, &staff, view.lang),
        back: view.link(&format!("{}/{id}", elders::HOME)),
        shell: view.shell(elders::HOME, w.title),
    })
}

async fn of_a_canteen(
    State(office): State<Arc<Office>>,
    view: View,
    Path(id): Path<CanteenId>,
    Form(new): Form<OfCanteen>,
) -> Answer<Redirect> {
    of_canteen(&office, &view.user, Right::ManageCanteens, id).await?;
    let new = CanteenCorrection {
        name: said_of(&new.name),
        operator: said_of(&new.operator),
        credit_code: said_of(&new.credit_code),
        address: said_of(&new.address),
        phone: said_of(&new.phone),
        capacity: read(&new.capacity, said::COUNT)?,
        reason: new.reason,
    };
    let word = match office.correct_canteen(id, new, Some(view.user.id)).await? {
        Corrected::Done(_) => "saved",
        Corrected::Waits(_) => "proposed",
    };
    Ok(Redirect::to(&view.link(&format!("{}/{id}?done={word}", canteens::HOME))))
}
