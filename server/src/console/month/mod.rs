//! The pages of the month: its settlement from draft to archive, statements down to one signed record, money on its way,
//! what everybody may see, and what can be taken away.

mod acts;
mod board;
mod budgets;
mod chart;
mod demands;
mod disclosure;
mod exports;
mod funds;
mod lines;
mod meal;
mod own;
mod pages;
mod say;
mod settlement;
mod statement;
mod statements;
mod words;

use crate::http::routes::Routes;
pub(super) use say::gate;

/// Every page of the month.
pub(super) fn routes() -> Routes {
    let each = [
        settlement::routes(),
        statements::routes(),
        funds::routes(),
        budgets::routes(),
        disclosure::routes(),
        exports::routes(),
        own::routes(),
    ];
    each.into_iter().fold(Routes::new(), Routes::merge)
}
