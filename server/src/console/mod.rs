//! The console: what finance, supervisors, operators and administrators see in a browser, drawn at the server and
//! readable without a program in the page.
//!
//! A page is a handler that answers a [`Page`], or a problem like every handler of the API; [`layer`] turns problems of
//! the console's addresses into pages, signs people in over whatever they asked for, and keeps what they typed.
//! [`View`] is who looks, where and at which month; every template extends `console/shell.html`.

mod assets;
mod days;
mod enter;
mod fmt;
pub(crate) mod lang;
pub(crate) mod layer;
mod nav;
pub(crate) mod office;
mod page;
mod view;
mod words;

use crate::http::routes::Routes;
use page::Page;

/// Where the console begins.
pub(crate) const ROOT: &str = "/console";

/// Every page of the console.
pub(crate) fn routes() -> Routes {
    let each = [assets::routes(), enter::routes(), office::routes()];
    each.into_iter().fold(Routes::new(), Routes::merge)
}
