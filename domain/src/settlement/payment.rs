//! What follows approval: the list is disclosed, canteens may object, each statement is paid, the month is archived.
//!
//! A month's stage is not kept beside what it follows from: it is what the disclosure, the objections and the payments
//! say. Money is sent by one person and its arrival noted by another; nothing is sent before the disclosure is over.

use serde::{Deserialize, Serialize};

use crate::calendar::BusinessDate;
use crate::id::UserId;
use crate::money::Fen;

/// Where an approved month stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MonthStage))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Not disclosed yet.
    Approved,
    /// The masked list can be read by everybody (公示).
    Disclosed,
    /// Whatever can be paid is confirmed by the bank.
    Paid,
    /// Closed for good.
    Archived,
}

impl Stage {
    /// The stage's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Disclosed => "disclosed",
            Self::Paid => "paid",
            Self::Archived => "archived",
        }
    }
}

/// What became of a statement's payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Given to the bank.
    Sent,
    /// The bank says that it arrived.
    Confirmed,
    /// The bank sent it back.
    Returned,
}

impl PaymentState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Sent, Self::Confirmed, Self::Returned];

    /// The state's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
        }
    }
}

impl std::str::FromStr for PaymentState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| format!("not a state of a payment: {text:?}"))
    }
}

/// How the objections to a statement stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Objected {
    /// None, or all dismissed.
    #[default]
    No,
    /// One is not decided.
    Open,
    /// One was upheld: the payment is held.
    Upheld,
    /// Those that were upheld are seen to: what they held may be paid, after the archive too.
    Lifted,
}

/// A statement as its payment sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToPay {
    /// 本次应付, fen.
    pub payable: Fen,
    /// The last word of the bank, with who noted it.
    pub payment: Option<(PaymentState, UserId)>,
    /// How the objections stand.
    pub objected: Objected,
}

impl ToPay {
    /// Whether nothing is left to do: nothing is payable, it arrived, or an upheld objection holds it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let arrived = matches!(self.payment, Some((PaymentState::Confirmed, _)));
        self.objected != Objected::Open && (self.payable.is_zero() || arrived || self.objected == Objected::Upheld)
    }
}

/// An approved month.
#[derive(Clone, Copy, Debug)]
pub struct Approved<'a> {
    /// The last day of its disclosure, if it is disclosed.
    pub disclosed_until: Option<BusinessDate>,
    /// Whether it was archived.
    pub archived: bool,
    /// Its statements.
    pub statements: &'a [ToPay],
}

/// Why something that follows approval is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefused {
    /// The month is at another stage.
    #[error("the month is {0:?}")]
    Stage(Stage),
    /// The month was not disclosed yet.
    #[error("the month was not disclosed yet")]
    NotDisclosed,
    /// It can still be objected to.
    #[error("disclosed until {0}")]
    StillDisclosed(BusinessDate),
    /// The time for objections is over.
    #[error("objections were taken until {0}")]
    TooLate(BusinessDate),
    /// Nothing is payable.
    #[error("nothing is payable")]
    NothingToPay,
    /// An objection is not decided.
    #[error("an objection is not decided")]
    ObjectionOpen,
    /// An objection was upheld.
    #[error("an objection was upheld: the payment is held")]
    Held,
    /// The payment is not in a state for it.
    #[error("the payment is {0:?}")]
    Payment(Option<PaymentState>),
    /// Who sent a payment does not note its arrival; who noted an objection does not decide it.
    #[error("this needs a second person")]
    SamePerson,
    /// Not every payment is settled.
    #[error("{0} payments are not settled")]
    Unsettled(usize),
}

impl Approved<'_> {
    /// Where the month stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.disclosed_until {
            _ if self.archived => Stage::Archived,
            Some(_) if self.statements.iter().all(ToPay::is_settled) => Stage::Paid,
            Some(_) => Stage::Disclosed,
            None => Stage::Approved,
        }
    }

    /// Whether the list may be disclosed now. Once.
    pub fn may_disclose(&self) -> Result<(), PaymentRefused> {
        if self.disclosed_until.is_some() || self.archived {
            return Err(PaymentRefused::Stage(self.stage()));
        }
        Ok(())
    }

    /// Whether an objection is taken: on the days of the disclosure.
    pub fn may_object(&self, today: BusinessDate) -> Result<(), PaymentRefused> {
        match self.disclosed_until {
            None => Err(PaymentRefused::NotDisclosed),
            Some(until) if today > until => Err(PaymentRefused::TooLate(until)),
            Some(_) => Ok(()),
        }
    }

    /// Whether money may leave: the list was disclosed, and the last day of that is over.
    pub fn may_leave(&self, today: BusinessDate) -> Result<(), PaymentRefused> {
        let until = self.disclosed_until.ok_or(PaymentRefused::NotDisclosed)?;
        if today <= until { Err(PaymentRefused::StillDisclosed(until)) } else { Ok(()) }
    }

    /// Whether `by` may note that a statement's payment came into this state.
    pub fn may_note(
        &self,
        statement: &ToPay,
        to: PaymentState,
        by: UserId,
        today: BusinessDate,
    ) -> Result<(), PaymentRefused> {
        if self.disclosed_until.is_none() {
            return Err(PaymentRefused::NotDisclosed);
        }
        // What had arrived is settled for good, also of a statement whose hold was lifted.
        let arrived = matches!(statement.payment, Some((PaymentState::Confirmed, _)));
        if self.archived && (arrived || statement.objected != Objected::Lifted) {
            return Err(PaymentRefused::Stage(Stage::Archived));
        }
        let refused = Err(PaymentRefused::Payment(statement.payment.map(|(state, _)| state)));
        match (statement.payment, to) {
            (None | Some((PaymentState::Returned, _)), PaymentState::Sent) => {
                self.may_leave(today)?;
                match statement.objected {
                    _ if statement.payable.is_zero() => Err(PaymentRefused::NothingToPay),
                    Objected::Open => Err(PaymentRefused::ObjectionOpen),
                    Objected::Upheld => Err(PaymentRefused::Held),
                    Objected::No | Objected::Lifted => Ok(()),
                }
            }
            (Some((PaymentState::Sent, sent_by)), PaymentState::Confirmed | PaymentState::Returned)
                if sent_by == by =>
            {
                Err(PaymentRefused::SamePerson)
            }
            (Some((PaymentState::Sent, _)), PaymentState::Confirmed | PaymentState::Returned)
            | (Some((PaymentState::Confirmed, _)), PaymentState::Returned) => Ok(()),
            _ => refused,
        }
    }

    /// Whether the month may be archived: everything that can be paid has arrived, and nobody may object any longer. Where
    /// nothing is payable the former holds from the first day of the disclosure.
    pub fn may_archive(&self, today: BusinessDate) -> Result<(), PaymentRefused> {
        match self.stage() {
            Stage::Paid => self.may_leave(today),
            Stage::Disclosed => {
                Err(PaymentRefused::Unsettled(self.statements.iter().filter(|s| !s.is_settled()).count()))
            }
            stage => Err(PaymentRefused::Stage(stage)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn user(n: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn day(text: &str) -> BusinessDate {
        text.parse().unwrap()
    }

    fn owed(payment: Option<PaymentState>) -> ToPay {
        ToPay { payable: Fen::new(100), payment: payment.map(|p| (p, user(1))), objected: Objected::No }
    }

    const UNTIL: &str = "2026-04-20";

    fn note(statement: ToPay, to: PaymentState, by: u128, today: &str) -> Result<(), PaymentRefused> {
        let month = Approved { disclosed_until: Some(day(UNTIL)), archived: false, statements: &[statement] };
        month.may_note(&statement, to, user(by), day(today))
    }

    #[test]
    fn a_month_goes_from_approved_to_archived() {
        let stage = |disclosed: bool, archived, payment| {
            let disclosed_until = disclosed.then(|| day(UNTIL));
            Approved { disclosed_until, archived, statements: &[owed(payment)] }.stage()
        };
        assert_eq!(stage(false, false, None), Stage::Approved);
        assert_eq!(stage(true, false, None), Stage::Disclosed);
        assert_eq!(stage(true, false, Some(PaymentState::Sent)), Stage::Disclosed);
        assert_eq!(stage(true, false, Some(PaymentState::Confirmed)), Stage::Paid);
        assert_eq!(stage(true, false, Some(PaymentState::Returned)), Stage::Disclosed, "a payment came back");
        assert_eq!(stage(true, true, Some(PaymentState::Confirmed)), Stage::Archived);
    }

    #[test]
    fn nothing_is_sent_before_the_disclosure_is_over_or_against_an_objection() {
        let sent = PaymentState::Sent;
        assert_eq!(note(owed(None), sent, 1, UNTIL), Err(PaymentRefused::StillDisclosed(day(UNTIL))));
        assert_eq!(note(owed(None), sent, 1, "2026-04-21"), Ok(()));
        assert_eq!(note(owed(Some(PaymentState::Returned)), sent, 1, "2026-04-21"), Ok(()), "sent once more");
        let nothing = ToPay { payable: Fen::ZERO, ..owed(None) };
        assert_eq!(note(nothing, sent, 1, "2026-04-21"), Err(PaymentRefused::NothingToPay));
        for (objected, refused) in
            [(Objected::Open, PaymentRefused::ObjectionOpen), (Objected::Upheld, PaymentRefused::Held)]
        {
            assert_eq!(note(ToPay { objected, ..owed(None) }, sent, 1, "2026-04-21"), Err(refused));
        }
        for state in [PaymentState::Sent, PaymentState::Confirmed] {
            let twice = note(owed(Some(state)), sent, 1, "2026-04-21");
            assert_eq!(twice, Err(PaymentRefused::Payment(Some(state))), "never sent twice");
        }
        let month = |disclosed_until| Approved { disclosed_until, archived: false, statements: &[] };
        assert_eq!(month(Some(day(UNTIL))).may_leave(day(UNTIL)), Err(PaymentRefused::StillDisclosed(day(UNTIL))));
        assert_eq!(month(Some(day(UNTIL))).may_leave(day("2026-04-21")), Ok(()));
        assert_eq!(month(None).may_leave(day("2026-04-21")), Err(PaymentRefused::NotDisclosed));
        let month = Approved { disclosed_until: None, archived: false, statements: &[owed(None)] };
        assert_eq!(month.may_note(&owed(None), sent, user(1), day(UNTIL)), Err(PaymentRefused::NotDisclosed));
    }

    #[test]
    fn arrival_is_noted_by_a_second_person() {
        for to in [PaymentState::Confirmed, PaymentState::Returned] {
            assert_eq!(note(owed(Some(PaymentState::Sent)), to, 1, "2026-04-22"), Err(PaymentRefused::SamePerson));
            assert_eq!(note(owed(Some(PaymentState::Sent)), to, 2, "2026-04-22"), Ok(()));
            assert_eq!(note(owed(None), to, 2, "2026-04-22"), Err(PaymentRefused::Payment(None)));
        }
        assert_eq!(note(owed(Some(PaymentState::Confirmed)), PaymentState::Returned, 1, "2026-04-25"), Ok(()));
    }

    #[test]
    fn after_the_archive_only_what_a_lifted_objection_held_goes_its_way() {
        let note = |payment, objected, to| {
            let statement = ToPay { objected, ..owed(payment) };
            let month = Approved { disclosed_until: Some(day(UNTIL)), archived: true, statements: &[statement] };
            month.may_note(&statement, to, user(2), day("2026-05-01"))
        };
        let (sent, confirmed, returned) = (PaymentState::Sent, PaymentState::Confirmed, PaymentState::Returned);
        let archived = Err(PaymentRefused::Stage(Stage::Archived));
        for way in [(None, sent), (Some(sent), confirmed), (Some(sent), returned), (Some(returned), sent)] {
            assert_eq!(note(way.0, Objected::Lifted, way.1), Ok(()), "{way:?}");
            assert_eq!(note(way.0, Objected::No, way.1), archived, "{way:?}");
        }
        assert_eq!(note(Some(confirmed), Objected::Lifted, returned), archived, "what had arrived is settled");
    }

    #[test]
    fn a_month_is_archived_when_whatever_can_be_paid_has_arrived() {
        fn month(statements: &[ToPay]) -> Approved<'_> {
            Approved { disclosed_until: Some(day(UNTIL)), archived: false, statements }
        }
        let held = ToPay { objected: Objected::Upheld, ..owed(None) };
        let nothing = ToPay { payable: Fen::ZERO, ..owed(None) };
        assert_eq!(month(&[owed(Some(PaymentState::Confirmed)), held, nothing]).may_archive(day("2026-04-21")), Ok(()));
        assert_eq!(
            month(&[owed(Some(PaymentState::Sent)), owed(None)]).may_archive(day("2026-04-21")),
            Err(PaymentRefused::Unsettled(2))
        );
        let open = ToPay { objected: Objected::Open, ..owed(Some(PaymentState::Confirmed)) };
        assert_eq!(month(&[open]).may_archive(day("2026-04-21")), Err(PaymentRefused::Unsettled(1)));
        let begun = month(&[nothing]).may_archive(day(UNTIL));
        assert_eq!(begun, Err(PaymentRefused::StillDisclosed(day(UNTIL))), "somebody may object to nothing as well");
        assert_eq!(month(&[nothing]).may_archive(day("2026-04-21")), Ok(()));
        let new = Approved { disclosed_until: None, archived: false, statements: &[] };
        assert_eq!(new.may_archive(day("2026-04-21")), Err(PaymentRefused::Stage(Stage::Approved)));
    }

    #[test]
    fn objections_are_taken_while_the_list_is_disclosed() {
        let month = |disclosed_until| Approved { disclosed_until, archived: false, statements: &[] };
        assert_eq!(month(None).may_object(day(UNTIL)), Err(PaymentRefused::NotDisclosed));
        assert_eq!(month(Some(day(UNTIL))).may_object(day(UNTIL)), Ok(()));
        assert_eq!(month(Some(day(UNTIL))).may_object(day("2026-04-21")), Err(PaymentRefused::TooLate(day(UNTIL))));
        assert_eq!(month(None).may_disclose(), Ok(()));
        assert!(month(Some(day(UNTIL))).may_disclose().is_err(), "disclosed once");
    }

    proptest! {
        /// Whatever is tried in whatever order, money leaves at most once more than it came back.
        #[test]
        fn money_leaves_once(tries in proptest::collection::vec((0_usize..3, 1_u128..4), 0..40)) {
            let (mut payment, mut out) = (None, 0);
            for (to, by) in tries {
                let (to, statement) = (PaymentState::ALL[to], ToPay { payment, ..owed(None) });
                if note(statement, to, by, "2026-05-01").is_ok() {
                    out += match to {
                        PaymentState::Sent => 1,
                        PaymentState::Confirmed => 0,
                        PaymentState::Returned => -1,
                    };
                    payment = Some((to, user(by)));
                }
                prop_assert!((0..=1).contains(&out));
            }
        }
    }
}
