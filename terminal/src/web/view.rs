//! The pages' words and figures: every region of the screen as HTML, made of the state and the catalogue.

use askama::Template;
use domain::id::RecordId;
use receipts::qr::Qr;

use super::banner::BannerAct;
use crate::state::{DeliveryView, MealView, RefundView, Snapshot, StageView};
use crate::till::practice::{self, PracticePerson};
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
    /// What leaves the house.
    Delivery,
    /// Money due back.
    Refunds,
    /// A list that was written by hand.
    Paper,
}

impl Page {
    /// Its name in addresses and styles.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Till => "till",
            Self::Meals => "meals",
            Self::Close => "close",
            Self::Delivery => "delivery",
            Self::Refunds => "refunds",
            Self::Paper => "paper",
        }
    }
}

/// What a page shows besides the state.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) meals: Vec<MealView>,
    /// The meal that the dialog asks about may be reversed by the cashier alone.
    pub(crate) by_one: bool,
    pub(crate) deliveries: Vec<DeliveryView>,
    pub(crate) refunds: Vec<RefundView>,
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
#[template(path = "delivery.html")]
struct Delivery<'a> {
    cx: Cx<'a>,
    deliveries: &'a [DeliveryView],
}

#[derive(Template)]
#[template(path = "refunds.html")]
struct Refunds<'a> {
    cx: Cx<'a>,
    refunds: &'a [RefundView],
}

#[derive(Template)]
#[template(path = "paper.html")]
struct Paper<'a> {
    cx: Cx<'a>,
}

#[derive(Template)]
#[template(path = "dialog.html")]
struct Dialog<'a> {
    cx: Cx<'a>,
    asked: &'a Asked<'a>,
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
        /// Why it is asked for.
        why: VoidFor,
        /// The cashier may do it alone.
        by_one: bool,
    },
    /// Whether the drawer may be counted again.
    Recount,
    /// Nothing: the slip of that record.
    Slip(RecordId),
    /// Whether this refund is paid.
    Refund(&'a RefundView),
    /// Anything that needs nothing looked up.
    Plain(Plain),
}

/// Why a meal is to be reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VoidFor {
    /// It is the last one.
    Last,
    /// It was chosen in the list.
    Chosen,
    /// It came back from the round.
    Undelivered,
}

/// Dialogs that need nothing looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Plain {
    /// The amount of another dish.
    Amount,
    /// How many portions.
    Portions,
    /// What else the till can do.
    More,
    /// Who takes meals along.
    Collect,
    /// Cash into the drawer or out of it.
    Cash,
    /// Whether training begins.
    Training,
    /// Looking an elder up by name.
    Manual,
    /// Looking one up for the paper list.
    PaperSearch,
    /// Which day and meal a paper list is of.
    PaperOpen,
    /// Who has compared it.
    PaperCommit,
    /// Whether it is thrown away.
    PaperDrop,
    /// Today's dishes.
    Menu,
    /// Why this price.
    Why,
    /// How the till works.
    Help,
}

/// All regions of a page.
pub(crate) fn regions(
    cx: Cx<'_>,
    page: Page,
    lists: &Lists,
    asked: Option<&Asked<'_>>,
) -> Result<Regions, askama::Error> {
    let main = match page {
        Page::Till => Main { cx }.render()?,
        Page::Meals => Meals { cx, meals: &lists.meals }.render()?,
        Page::Close => Close { cx }.render()?,
        Page::Delivery => Delivery { cx, deliveries: &lists.deliveries }.render()?,
        Page::Refunds => Refunds { cx, refunds: &lists.refunds }.render()?,
        Page::Paper => Paper { cx }.render()?,
    };
    let dialog = match asked {
        Some(asked) => Dialog { cx, asked }.render()?,
        None => String::new(),
    };
    Ok(Regions {
        bar: Bar { cx }.render()?,
        banner: Banner { cx }.render()?,
        main,
        keys: Keys { cx, page: page.name() }.render()?,
        dialog,
    })
}

/// The whole page.
pub(crate) fn shell(cx: Cx<'_>, regions: &Regions) -> Result<String, askama::Error> {
    Shell { cx, sprite: super::assets::SPRITE, regions }.render()
}

#[derive(Template)]
#[template(path = "doctor.html")]
struct Doctor {
    w: &'static Words,
}

/// The page that shows raw keys.
pub(crate) fn doctor(w: &'static Words) -> Result<String, askama::Error> {
    Doctor { w }.render()
}

#[derive(Template)]
#[template(path = "practice.html")]
struct Practice {
    w: &'static Words,
    /// Each with the QR code of the card, as SVG.
    people: Vec<(PracticePerson, String)>,
}

/// The cards that training is done with, to be printed.
pub(crate) fn practice(w: &'static Words) -> Result<String, askama::Error> {
    let drawn = |person: PracticePerson| {
        let code = Qr::new(&person.card).map_err(|error| askama::Error::Custom(Box::new(error)))?;
        Ok((person, code.svg()))
    };
    let people = practice::people(w).into_iter().map(drawn).collect::<Result<_, askama::Error>>()?;
    Practice { w, people }.render()
}

#[derive(Template)]
#[template(path = "wizard.html")]
struct Wizard<'a> {
    w: &'static Words,
    server: &'a str,
}

/// The page of a computer that is no terminal yet.
pub(crate) fn wizard(w: &'static Words, server: &str) -> Result<String, askama::Error> {
    Wizard { w, server }.render()
}
