//! Every refusal as a code, a sentence and the next step.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::checkout::Refusal;
use crate::journal::JournalError;
use crate::storage::StorageError;
use crate::till::TillError;
use crate::words::{Lang, Words};

/// What the page is told when something was not done.
#[derive(Debug, Serialize)]
pub(super) struct ApiError {
    #[serde(skip)]
    status: StatusCode,
    code: &'static str,
    message: String,
    next: &'static str,
}

type Sentence = (StatusCode, &'static str, fn(&Words) -> (&'static str, &'static str));

macro_rules! sentence {
    ($status:ident, $code:literal, $message:ident, $next:ident) => {
        (StatusCode::$status, $code, |w: &Words| (w.$message, w.$next))
    };
}

impl ApiError {
    fn of((status, code, words): Sentence, lang: Lang) -> Self {
        let (message, next) = words(lang.words());
        Self { status, code, message: message.to_owned(), next }
    }

    pub(super) fn bad_request(lang: Lang) -> Self {
        Self::of(sentence!(UNPROCESSABLE_ENTITY, "bad_request", e_bad_request, n_bad_request), lang)
    }

    pub(super) fn bad_count(lang: Lang) -> Self {
        Self::of(sentence!(UNPROCESSABLE_ENTITY, "bad_count", e_bad_count, n_bad_count), lang)
    }

    pub(super) fn too_large(lang: Lang) -> Self {
        Self::of(sentence!(PAYLOAD_TOO_LARGE, "too_large", e_too_large, n_too_large), lang)
    }

    pub(super) fn not_found(lang: Lang) -> Self {
        Self::of(sentence!(NOT_FOUND, "not_found", e_not_found, n_not_found), lang)
    }

    pub(super) fn no_slip(lang: Lang) -> Self {
        Self::of(sentence!(NOT_FOUND, "no_slip", e_no_slip, n_no_slip), lang)
    }

    pub(super) fn foreign_origin(lang: Lang) -> Self {
        Self::of(sentence!(FORBIDDEN, "foreign_origin", e_foreign_origin, n_foreign_origin), lang)
    }

    pub(super) fn enrol_address(lang: Lang) -> Self {
        Self::of(sentence!(UNPROCESSABLE_ENTITY, "enrol_address", e_enrol_address, n_enrol_address), lang)
    }

    pub(super) fn enrol_offline(lang: Lang) -> Self {
        Self::of(sentence!(BAD_GATEWAY, "enrol_offline", e_enrol_offline, n_enrol_offline), lang)
    }

    pub(super) fn enrol_refused(lang: Lang) -> Self {
        Self::of(sentence!(CONFLICT, "enrol_refused", e_enrol_refused, n_enrol_refused), lang)
    }

    pub(super) fn enrol_failed(lang: Lang) -> Self {
        Self::of(sentence!(INTERNAL_SERVER_ERROR, "enrol_failed", e_enrol_failed, n_enrol_failed), lang)
    }

    /// The database or the program failed; details go to the log only.
    pub(super) fn storage(error: &dyn std::fmt::Display, lang: Lang) -> Self {
        tracing::error!(%error, "the till's storage failed");
        Self::of(sentence!(INTERNAL_SERVER_ERROR, "storage", e_storage, n_storage), lang)
    }

    /// The database failed; a full disk is said plainly.
    pub(super) fn database(error: &StorageError, lang: Lang) -> Self {
        if error.is_full() {
            tracing::error!(%error, "the disk is full");
            return Self::of(sentence(&TillError::DiskFull), lang);
        }
        Self::storage(error, lang)
    }

    /// The state could not be read to be shown; whatever was done before stands.
    pub(super) fn unread(error: &StorageError, lang: Lang) -> Self {
        tracing::error!(%error, "the till's state cannot be shown");
        Self::of(sentence!(INTERNAL_SERVER_ERROR, "unread", e_unread, n_unread), lang)
    }

    /// A credential that names nobody who could be served.
    fn refused(refusal: &Refusal, lang: Lang) -> Self {
        let words = lang.words();
        let period = match refusal {
            Refusal::NoPrice { period } => domain::words::period_name(period, lang.domain()),
            _ => String::new(),
        };
        let message = words.fill(words.refusal(refusal.code()), &[("period", &period)]);
        Self { status: StatusCode::CONFLICT, code: refusal.code(), message, next: words.n_refused }
    }

    pub(super) fn till(error: &TillError, lang: Lang) -> Self {
        let mut api = match error {
            TillError::Storage(error) | TillError::Journal(JournalError::Storage(error)) => {
                return Self::database(error, lang);
            }
            TillError::Refused(refusal) => return Self::refused(refusal, lang),
            TillError::Journal(
                error @ (JournalError::IdTaken
                | JournalError::TooLarge(_)
                | JournalError::Clock
                | JournalError::Unreadable(_)),
            ) => {
                return Self::storage(error, lang);
            }
            other => Self::of(sentence(other), lang),
        };
        let words = lang.words();
        match error {
            TillError::WrongPin { left } => api.message = words.fill(&api.message, &[("left", &left.to_string())]),
            TillError::PinWait { seconds } => {
                api.message = words.fill(&api.message, &[("seconds", &seconds.to_string())]);
            }
            TillError::ConfirmDate { date } => {
                api.message = words.fill(&api.message, &[("date", &date.to_string())]);
            }
            TillError::PaperDate { earliest } => {
                api.message = words.fill(&api.message, &[("date", &earliest.to_string())]);
            }
            TillError::AboveList { list } => {
                api.message = words.fill(&api.message, &[("price", &super::phrases::yuan(*list))]);
            }
            TillError::DrawerShort { holds } => {
                api.message = words.fill(&api.message, &[("amount", &super::phrases::yuan(*holds))]);
            }
            _ => {}
        }
        api
    }
}

fn sentence(error: &TillError) -> Sentence {
    match error {
        TillError::NoSetup => sentence!(CONFLICT, "no_setup", e_no_setup, n_no_setup),
        TillError::SignInFirst => sentence!(CONFLICT, "sign_in_first", e_sign_in_first, n_sign_in_first),
        TillError::UnknownCashier => sentence!(NOT_FOUND, "unknown_cashier", e_unknown_cashier, n_unknown_cashier),
        TillError::WrongPin { .. } => sentence!(FORBIDDEN, "wrong_pin", e_wrong_pin, n_wrong_pin),
        TillError::PinWait { .. } => sentence!(TOO_MANY_REQUESTS, "pin_wait", e_pin_wait, n_pin_wait),
        TillError::PinLocked => sentence!(FORBIDDEN, "pin_locked", e_pin_locked, n_pin_locked),
        TillError::ShiftNotOpen => sentence!(CONFLICT, "shift_not_open", e_shift_not_open, n_shift_not_open),
        TillError::ShiftOpen => sentence!(CONFLICT, "shift_open", e_shift_open, n_shift_open),
        TillError::ShiftForgotten => sentence!(CONFLICT, "shift_forgotten", e_shift_forgotten, n_shift_forgotten),
        TillError::ConfirmDate { .. } => sentence!(CONFLICT, "confirm_date", e_confirm_date, n_confirm_date),
        TillError::BadAmount => sentence!(UNPROCESSABLE_ENTITY, "bad_amount", e_bad_amount, n_bad_amount),
        TillError::NothingWaits => sentence!(CONFLICT, "nothing_waits", e_nothing_waits, n_nothing_waits),
        TillError::OtherSale => sentence!(CONFLICT, "other_sale", e_other_sale, n_other_sale),
        TillError::SaleWaits => sentence!(CONFLICT, "sale_waits", e_sale_waits, n_sale_waits),
        TillError::LineWaits => sentence!(CONFLICT, "line_waits", e_line_waits, n_line_waits),
        TillError::LineFull => sentence!(CONFLICT, "line_full", e_line_full, n_line_full),
        TillError::OtherTurn => sentence!(CONFLICT, "other_turn", e_other_turn, n_other_turn),
        TillError::BadTender => sentence!(UNPROCESSABLE_ENTITY, "bad_tender", e_bad_tender, n_bad_tender),
        TillError::MealNotFound => sentence!(NOT_FOUND, "meal_not_found", e_meal_not_found, n_meal_not_found),
        TillError::OtherShift => sentence!(CONFLICT, "other_shift", e_other_shift, n_other_shift),
        TillError::ReasonMissing => {
            sentence!(UNPROCESSABLE_ENTITY, "reason_missing", e_reason_missing, n_reason_missing)
        }
        TillError::TextTooLong => sentence!(UNPROCESSABLE_ENTITY, "text_too_long", e_text_too_long, n_text_too_long),
        TillError::CountFirst => sentence!(CONFLICT, "count_first", e_count_first, n_count_first),
        TillError::Counted => sentence!(CONFLICT, "counted", e_counted, n_counted),
        TillError::SupervisorNeeded => {
            sentence!(FORBIDDEN, "supervisor_needed", e_supervisor_needed, n_supervisor_needed)
        }
        TillError::NotSupervisor => sentence!(FORBIDDEN, "not_supervisor", e_not_supervisor, n_not_supervisor),
        other => desk_sentence(other),
    }
}

/// The sentences of what is not a sale.
fn desk_sentence(error: &TillError) -> Sentence {
    match error {
        TillError::InTraining => sentence!(CONFLICT, "in_training", e_in_training, n_in_training),
        TillError::OnlyPractice => sentence!(CONFLICT, "only_practice", e_only_practice, n_only_practice),
        TillError::CollectionOpen => sentence!(CONFLICT, "collection_open", e_collection_open, n_collection_open),
        TillError::NoCollection => sentence!(CONFLICT, "no_collection", e_no_collection, n_no_collection),
        TillError::PaperOpen => sentence!(CONFLICT, "paper_open", e_paper_open, n_paper_open),
        TillError::NoPaper => sentence!(CONFLICT, "no_paper", e_no_paper, n_no_paper),
        TillError::PaperDate { .. } => sentence!(UNPROCESSABLE_ENTITY, "paper_date", e_paper_date, n_paper_date),
        TillError::PaperEmpty => sentence!(CONFLICT, "paper_empty", e_paper_empty, n_paper_empty),
        TillError::PaperFull => sentence!(CONFLICT, "paper_full", e_paper_full, n_paper_full),
        TillError::SecondPerson => sentence!(FORBIDDEN, "second_person", e_second_person, n_second_person),
        TillError::ElderNotFound => sentence!(NOT_FOUND, "elder_not_found", e_elder_not_found, n_elder_not_found),
        TillError::SearchMore => sentence!(UNPROCESSABLE_ENTITY, "search_more", e_search_more, n_search_more),
        TillError::NothingToKeep => sentence!(CONFLICT, "nothing_to_keep", e_nothing_to_keep, n_nothing_to_keep),
        TillError::BadReference => sentence!(UNPROCESSABLE_ENTITY, "bad_reference", e_bad_reference, n_bad_reference),
        TillError::AboveList { .. } => sentence!(UNPROCESSABLE_ENTITY, "above_list", e_above_list, n_above_list),
        TillError::BadPortions => sentence!(UNPROCESSABLE_ENTITY, "bad_portions", e_bad_portions, n_bad_portions),
        TillError::NotDelivery => sentence!(CONFLICT, "not_delivery", e_not_delivery, n_not_delivery),
        TillError::RefundNotDue => sentence!(NOT_FOUND, "refund_not_due", e_refund_not_due, n_refund_not_due),
        TillError::DrawerShort { .. } => sentence!(CONFLICT, "drawer_short", e_drawer_short, n_drawer_short),
        TillError::DiskFull => sentence!(CONFLICT, "disk_full", e_disk_full, n_disk_full),
        TillError::NoPrinter => sentence!(CONFLICT, "no_printer", e_no_printer, n_no_printer),
        TillError::NoSlip => sentence!(NOT_FOUND, "no_slip", e_no_slip, n_no_slip),
        TillError::Journal(JournalError::DayChanged) => {
            sentence!(CONFLICT, "day_changed", e_day_changed, n_day_changed)
        }
        TillError::Journal(JournalError::AlreadyServed) => {
            sentence!(CONFLICT, "already_served", e_already_served, n_already_served)
        }
        TillError::Journal(JournalError::AlreadyVoided) => {
            sentence!(CONFLICT, "already_voided", e_already_voided, n_already_voided)
        }
        TillError::Journal(JournalError::AlreadyRefunded) => {
            sentence!(CONFLICT, "already_refunded", e_already_refunded, n_already_refunded)
        }
        _ => sentence!(INTERNAL_SERVER_ERROR, "storage", e_storage, n_storage),
    }
}

/// What a handler fails with, before the language is known.
pub(super) enum Failure {
    Till(TillError),
    /// What was asked to be shown could not be read.
    Storage(StorageError),
    Page(askama::Error),
    NoSlip,
}

impl From<TillError> for Failure {
    fn from(error: TillError) -> Self {
        Self::Till(error)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Page(error)
    }
}

impl Failure {
    pub(super) fn answer(&self, lang: Lang) -> ApiError {
        match self {
            Self::Till(error) => ApiError::till(error, lang),
            Self::Storage(error) => ApiError::unread(error, lang),
            Self::Page(error) => ApiError::storage(error, lang),
            Self::NoSlip => ApiError::no_slip(lang),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}
