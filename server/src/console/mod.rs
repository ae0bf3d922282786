//! The console: what finance, supervisors, operators and administrators see in a browser, drawn at the server and
//! readable without a program in the page.
//!
//! A page is a handler that answers a [`Page`], or a problem like every handler of the API; [`layer`] turns problems of
//! the console's addresses into pages, signs people in over whatever they asked for, and keeps what they typed.
//! [`View`] is who looks, where and at which month; every template extends `console/shell.html`.

mod assets;
mod codes;
mod days;
pub(crate) mod docs;
mod enter;
mod files;
mod findings;
mod fmt;
pub(crate) mod lang;
pub(crate) mod layer;
mod month;
mod nav;
pub(crate) mod office;
mod page;
mod policies;
pub(crate) mod public;
mod reconciliation;
mod refusals;
mod today;
mod view;
mod words;

use crate::http::routes::Routes;
use page::Page;
use view::{Shell, View};

/// Where the console begins.
pub(crate) const ROOT: &str = "/console";

/// The page of an address that there is not.
pub(crate) fn missing(headers: &axum::http::HeaderMap) -> axum::response::Response {
    enter::missing(headers)
}

/// Every page of the console.
pub(crate) fn routes() -> Routes {
    let each = [
        assets::routes(),
        enter::routes(),
        today::routes(),
        reconciliation::routes(),
        findings::routes(),
        month::routes(),
        policies::routes(),
        office::routes(),
        public::routes(),
    ];
    each.into_iter().fold(Routes::new(), Routes::merge)
}
