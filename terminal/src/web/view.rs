//! The pages' words and figures: every region of the screen as HTML, made of the state and the catalogue.

use askama::Template;

use crate::state::{MealView, Snapshot, StageView};
use crate::words::Words;

/// Which page a screen is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Page {
    /// Serving.
    #[default]
    Till,
    /// Today's meals.
    Meals,
    /// Closing the shift.
    Close,
}

/// State and words, with the ways to write them.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    pub(crate) w: &'static Words,
    pub(crate) s: &'a Snapshot,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Shell<'a> {
    cx: Cx<'a>,
    sprite: &'static str,
    regions: &'a Regions,
}

#[derive(Template)]
#[template(path = "bar.html")]
struct Bar<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "banner.html")]
struct Banner<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys<'a> {
    cx: Cx<'a>,
    page: &'a str,
}

#[derive(Template)]
#[template(path = "main.html")]
struct Main<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "meals.html")]
struct Meals<'a> {
    cx: Cx<'a>,
    meals: &'a [MealView],
}

#[derive(Template)]
#[template(path = "close.html")]
struct Close<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "void.html")]
struct VoidDialog<'a> {
    cx: Cx<'a>,
    meal: Option<&'a MealView>,
    last: bool,
}

#[derive(Template)]
#[template(path = "recount.html")]
struct RecountDialog<'a> {
    cx: Cx<'a>,
}

/// The HTML of each region.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Regions {
    pub(crate) bar: String,
    pub(crate) banner: String,
    pub(crate) main: String,
    pub(crate) keys: String,
    pub(crate) dialog: String,
}

/// What a dialog asks.
pub(crate) enum Asked<'a> {
    /// Whether this meal is to be reversed.
    Void {
        /// Nothing when there is no such meal.
        meal: Option<&'a MealView>,
        /// Whether it was asked for as the last one.
        last: bool,
    },
    /// Whether the drawer may be counted again.
    Recount,
}

/// All regions of a page.
pub(crate) fn regions(
    cx: Cx<'_>,
    page: Page,
    meals: &[MealView],
    asked: Option<&Asked<'_>>,
) -> Result<Regions, askama::Error> {
    let main = match page {
        Page::Till => Main { cx }.render()?,
        Page::Meals => Meals { cx, meals }.render()?,
        Page::Close => Close { cx }.render()?,
    };
    let name = match page {
        Page::Till => "till",
        Page::Meals => "meals",
        Page::Close => "close",
    };
    let dialog = match asked {
        Some(Asked::Void { meal, last }) => VoidDialog { cx, meal: *meal, last: *last }.render()?,
        Some(Asked::Recount) => RecountDialog { cx }.render()?,
        None => String::new(),
    };
    Ok(Regions {
        bar: Bar { cx }.render()?,
        banner: Banner { cx }.render()?,
        main,
        keys: Keys { cx, page: name }.render()?,
        dialog,
    })
}

/// The whole page.
pub(crate) fn shell(cx: Cx<'_>, regions: &Regions) -> Result<String, askama::Error> {
    Shell { cx, sprite: super::assets::SPRITE, regions }.render()
}
