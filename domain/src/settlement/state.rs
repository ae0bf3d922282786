//! The life of a region's month, and who may take it further.

use serde::{Deserialize, Serialize};

use crate::id::{Digest, UserId};

/// Where a month stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthState {
    /// Nothing was drafted.
    Open,
    /// Statements are drafted; they may be drafted again.
    Drafted,
    /// Waits for a checker.
    Submitted,
    /// A checker has approved it; where the region asks for a third person, it waits for that one.
    Checked,
    /// Never changes again.
    Approved,
}

impl MonthState {
    /// The state's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Drafted => "drafted",
            Self::Submitted => "submitted",
            Self::Checked => "checked",
            Self::Approved => "approved",
        }
    }
}

impl std::str::FromStr for MonthState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Open, Self::Drafted, Self::Submitted, Self::Checked, Self::Approved]
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| format!("not a state of a month: {text:?}"))
    }
}

/// What somebody wants to do with a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make the statements, again if need be.
    Draft,
    /// Hand them to a checker. `ready` says that no canteen has an incomplete day or an undecided blocking finding.
    Submit {
        /// Whether nothing stands in the way.
        ready: bool,
    },
    /// Hand them back to the maker.
    SendBack,
    /// Approve what was seen.
    Approve {
        /// The digest of what the checker saw.
        seen: Digest,
        /// The digest of what is stored.
        stored: Digest,
        /// Who drafted and who submitted.
        makers: [UserId; 2],
        /// Whether the region asks for the signature of a third person.
        third: bool,
    },
    /// Sign, as a third person, what a checker has approved.
    Sign {
        /// The digest of what the third person saw.
        seen: Digest,
        /// The digest of what is stored.
        stored: Digest,
        /// Who drafted, who submitted and who approved.
        others: [UserId; 3],
    },
}

/// What an actor may do in the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Drafts and submits.
    FinanceMaker,
    /// Approves, signs as a third person, or sends back.
    FinanceChecker,
}

/// Why an action is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The month is not in a state for it.
    #[error("the month is {0:?}")]
    State(MonthState),
    /// Another role does this.
    #[error("this is done by the {0:?}")]
    Role(Role),
    /// Maker and checker are one person.
    #[error("who drafted or submitted a month cannot approve it")]
    SamePerson,
    /// The third signature is of one of the first two.
    #[error("who drafted, submitted or approved a month cannot sign it as the third")]
    NoThirdPerson,
    /// What was seen is not what is stored.
    #[error("the statements changed since they were shown")]
    NotWhatWasSeen,
    /// A day is incomplete or a blocking finding is undecided.
    #[error("a day is incomplete or a blocking finding is undecided")]
    NotReady,
}

/// The state after the action, or why it is refused.
pub fn next_state(state: MonthState, action: Action, actor: UserId, role: Role) -> Result<MonthState, NotAllowed> {
    let needed = match action {
        Action::Draft | Action::Submit { .. } => Role::FinanceMaker,
        Action::SendBack | Action::Approve { .. } | Action::Sign { .. } => Role::FinanceChecker,
    };
    if role != needed {
        return Err(NotAllowed::Role(needed));
    }
    match (state, action) {
        (MonthState::Open | MonthState::Drafted, Action::Draft)
        | (MonthState::Submitted | MonthState::Checked, Action::SendBack) => Ok(MonthState::Drafted),
        (MonthState::Drafted, Action::Submit { ready: true }) => Ok(MonthState::Submitted),
        (MonthState::Drafted, Action::Submit { ready: false }) => Err(NotAllowed::NotReady),
        (MonthState::Submitted, Action::Approve { makers, .. }) if makers.contains(&actor) => {
            Err(NotAllowed::SamePerson)
        }
        (MonthState::Submitted, Action::Approve { seen, stored, .. }) if seen != stored => {
            Err(NotAllowed::NotWhatWasSeen)
        }
        (MonthState::Submitted, Action::Approve { third: true, .. }) => Ok(MonthState::Checked),
        (MonthState::Checked, Action::Sign { others, .. }) if others.contains(&actor) => Err(NotAllowed::NoThirdPerson),
        (MonthState::Checked, Action::Sign { seen, stored, .. }) if seen != stored => Err(NotAllowed::NotWhatWasSeen),
        (MonthState::Submitted, Action::Approve { third: false, .. }) | (MonthState::Checked, Action::Sign { .. }) => {
            Ok(MonthState::Approved)
        }
        (state, _) => Err(NotAllowed::State(state)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn approve(seen: u8) -> Action {
        Action::Approve { seen: Digest([seen; 32]), stored: Digest([1; 32]), makers: [user(1), user(3)], third: false }
    }

    fn sign(seen: u8) -> Action {
        Action::Sign { seen: Digest([seen; 32]), stored: Digest([1; 32]), others: [user(1), user(3), user(2)] }
    }

    #[test]
    fn where_it_is_asked_for_a_third_person_signs_and_nobody_else() {
        let checker = |state, action, who| next_state(state, action, user(who), Role::FinanceChecker);
        let Action::Approve { seen, stored, makers, .. } = approve(1) else { unreachable!() };
        let third = Action::Approve { seen, stored, makers, third: true };
        assert_eq!(checker(MonthState::Submitted, third, 2), Ok(MonthState::Checked));
        assert_eq!(checker(MonthState::Submitted, third, 1), Err(NotAllowed::SamePerson));
        assert_eq!(checker(MonthState::Checked, sign(1), 4), Ok(MonthState::Approved));
        for one_of_them in [1, 2, 3] {
            assert_eq!(checker(MonthState::Checked, sign(1), one_of_them), Err(NotAllowed::NoThirdPerson));
        }
        assert_eq!(checker(MonthState::Checked, sign(2), 4), Err(NotAllowed::NotWhatWasSeen));
        let maker = next_state(MonthState::Checked, sign(1), user(4), Role::FinanceMaker);
        assert_eq!(maker, Err(NotAllowed::Role(Role::FinanceChecker)));
        assert_eq!(checker(MonthState::Checked, Action::SendBack, 4), Ok(MonthState::Drafted));
        assert_eq!(checker(MonthState::Checked, approve(1), 4), Err(NotAllowed::State(MonthState::Checked)));
        for state in [MonthState::Open, MonthState::Drafted, MonthState::Submitted, MonthState::Approved] {
            assert_eq!(checker(state, sign(1), 4), Err(NotAllowed::State(state)), "{state:?}");
        }
        let draft = next_state(MonthState::Checked, Action::Draft, user(1), Role::FinanceMaker);
        assert_eq!(draft, Err(NotAllowed::State(MonthState::Checked)), "it is sent back first");
    }

    #[test]
    fn two_people_take_a_month_from_open_to_approved() {
        let maker = |state, action| next_state(state, action, user(1), Role::FinanceMaker);
        let checker = |state, action| next_state(state, action, user(2), Role::FinanceChecker);
        assert_eq!(maker(MonthState::Open, Action::Draft), Ok(MonthState::Drafted));
        assert_eq!(maker(MonthState::Drafted, Action::Submit { ready: true }), Ok(MonthState::Submitted));
        assert_eq!(checker(MonthState::Submitted, Action::SendBack), Ok(MonthState::Drafted));
        assert_eq!(maker(MonthState::Drafted, Action::Draft), Ok(MonthState::Drafted));
        assert_eq!(checker(MonthState::Submitted, approve(1)), Ok(MonthState::Approved));
    }

    #[test]
    fn every_short_cut_is_refused() {
        let checker = Role::FinanceChecker;
        for maker in [1, 3] {
            let approved = next_state(MonthState::Submitted, approve(1), user(maker), checker);
            assert_eq!(approved, Err(NotAllowed::SamePerson));
        }
        assert_eq!(next_state(MonthState::Submitted, approve(2), user(2), checker), Err(NotAllowed::NotWhatWasSeen));
        let role = Err(NotAllowed::Role(checker));
        assert_eq!(next_state(MonthState::Submitted, approve(1), user(2), Role::FinanceMaker), role);
        let not_ready = Action::Submit { ready: false };
        let maker = Role::FinanceMaker;
        assert_eq!(next_state(MonthState::Drafted, not_ready, user(1), maker), Err(NotAllowed::NotReady));
        for state in [MonthState::Submitted, MonthState::Approved] {
            assert_eq!(next_state(state, Action::Draft, user(1), maker), Err(NotAllowed::State(state)));
        }
        let state = MonthState::Approved;
        assert_eq!(next_state(state, approve(1), user(2), checker), Err(NotAllowed::State(state)));
    }
}
