//! The pages of the month: its settlement from draft to archive, statements down to one signed record, money on its way,
//! what everybody may see, and what can be taken away.

mod acts;
mod board;
mod chart;
mod lines;
mod meal;
mod pages;
mod say;
mod settlement;
mod statement;
mod statements;
mod words;

use crate::http::routes::Routes;

/// Every page of the month.
pub(super) fn routes() -> Routes {
    let each = [settlement::routes(), statements::routes()];
    each.into_iter().fold(Routes::new(), Routes::merge)
}
