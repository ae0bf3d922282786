//! Every refusal as a code, a sentence and the next step.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

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

    /// The database or the program failed; details go to the log only.
    pub(super) fn storage(error: &dyn std::fmt::Display, lang: Lang) -> Self {
        tracing::error!(%error, "the till's storage failed");
        Self::of(sentence!(INTERNAL_SERVER_ERROR, "storage", e_storage, n_storage), lang)
    }

    pub(super) fn till(error: &TillError, lang: Lang) -> Self {
        let mut api = match error {
            TillError::Storage(error) | TillError::Journal(JournalError::Storage(error)) => {
                return Self::storage(error, lang);
            }
            TillError::Journal(error @ (JournalError::IdTaken | JournalError::TooLarge(_))) => {
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
        TillError::Journal(_) | TillError::Storage(_) => {
            sentence!(INTERNAL_SERVER_ERROR, "storage", e_storage, n_storage)
        }
    }
}

/// What a handler fails with, before the language is known.
pub(super) enum Failure {
    Till(TillError),
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
            Self::Storage(error) => ApiError::storage(error, lang),
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
