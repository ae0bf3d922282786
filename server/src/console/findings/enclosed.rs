//! Files that come with what is said about a finding or an objection: their list, and how one is brought and taken.

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use axum::response::Redirect;
use domain::id::{CanteenId, UserId};
use uuid::Uuid;

use super::{Asked, PATH};
use crate::Office;
use crate::admin::{About, NewAttachment};
use crate::audit::Action;
use crate::console::fmt;
use crate::console::lang::{catalogue, fill};
use crate::console::layer::{UPLOAD, Upload};
use crate::console::view::View;
use crate::http::Answer;
use crate::http::attachments::{Taken, may_attach, take};
use crate::http::body::{Path, Query};
use crate::http::routes::Routes;
use crate::store::attachments::AttachmentRow;

catalogue! {
    title: "附件", "Files";
    add: "上传附件", "Bring a file";
    file: "照片或 PDF（不超过 5 MB）", "Photo or PDF (5 MB at most)";
    about: "{size}　{who}　{at}", "{size}　{who}　{at}";
    digest: "SHA-256 {digest}", "SHA-256 {digest}";
}

/// A file's line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) about: String,
    pub(crate) digest: String,
}

/// The files about something, and where one is brought.
pub(crate) struct Files {
    pub(crate) w: &'static Words,
    pub(crate) lines: Vec<Line>,
    /// Whether the person may bring another one.
    pub(crate) may_add: bool,
    pub(crate) action: Option<String>,
}

impl Files {
    pub(crate) fn of(view: &View, rows: &[AttachmentRow], name: &dyn Fn(UserId) -> String, may_add: bool) -> Self {
        let w = Words::of(view.lang);
        let line = |row: &AttachmentRow| Line {
            name: row.name.clone(),
            href: view.link(&format!("/console/attachments/{}", row.id)),
            about: fill(
                w.about,
                &[("size", &size(row.size)), ("who", &name(row.by_user)), ("at", &fmt::at(row.at, view.lang))],
            ),
            digest: fill(w.digest, &[("digest", &row.hash)]),
        };
        let may_add = may_add && rows.len() < crate::admin::attachments::MOST;
        Self { w, lines: rows.iter().map(line).collect(), may_add, action: None }
    }

    /// Whether there is anything to show.
    pub(crate) const fn any(&self) -> bool {
        !self.lines.is_empty() || self.action.is_some()
    }
}

/// Bytes for people: whole kilobytes, the last one counted in full.
fn size(bytes: i64) -> String {
    format!("{} KB", fmt::count(bytes.div_euclid(1024) + i64::from(bytes.rem_euclid(1024) > 0)))
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .post("/console/findings/{canteen}/{number}/attachments", Action::AttachmentAdd, add)
        .limit(UPLOAD)
        .merge(Routes::new().reveal("/console/attachments/{id}", Action::AttachmentShow, show))
}

/// Keeps the file of a form for a person who may bring it.
pub(crate) async fn keep(office: &Office, view: &View, about: About, request: Request) -> Answer<()> {
    may_attach(office, &view.user, &about).await?;
    let upload = Upload::from_request(request, &()).await?;
    let new = NewAttachment { name: upload.name, bytes: upload.bytes.to_vec() };
    office.attach(about, new, view.user.id).await?;
    Ok(())
}

async fn add(
    State(office): State<Arc<Office>>,
    view: View,
    Path((canteen, number)): Path<(CanteenId, String)>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Answer<Redirect> {
    keep(&office, &view, About::Finding(canteen, number.clone()), request).await?;
    Ok(Redirect::to(&format!("{}&done=said", asked.link(&view, &format!("{PATH}/{canteen}/{number}")))))
}

async fn show(State(office): State<Arc<Office>>, view: View, Path(id): Path<Uuid>) -> Answer<Taken> {
    take(&office, &view.user, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!([0, 1, 1024, 1025, 5 * 1024 * 1024].map(size), ["0 KB", "1 KB", "1 KB", "2 KB", "5,120 KB"]);
    }
}
