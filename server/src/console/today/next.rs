//! Where a month stands, and the one thing to do next.

use domain::settlement::MonthState;
use domain::settlement::payment::Stage;

use crate::people::Right;

/// What the next step follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that a month is or is not")]
pub(super) struct Situation {
    /// Whether all its days have ended.
    pub(super) is_over: bool,
    /// Days that are not closed.
    pub(super) unclosed: usize,
    /// Findings that stop the month.
    pub(super) blocking: usize,
    /// Other findings to decide.
    pub(super) others: usize,
    pub(super) state: MonthState,
    /// Whether the draft that there is says something else than would be drafted now.
    pub(super) outdated: bool,
    /// How many claims beyond those entitled, and blocking findings of earlier months, wait for a ruling.
    pub(super) unruled: usize,
    /// How many canteens' change from the month before nobody has explained.
    pub(super) unexplained: usize,
    /// Once it is approved.
    pub(super) stage: Option<Stage>,
    /// Whether the disclosed list has hung long enough.
    pub(super) disclosure_over: bool,
    /// Whether all that is owed was sent: another person notes what arrived.
    pub(super) all_sent: bool,
    /// Whether a payment may be made: of an archived month one whose objection was lifted since.
    pub(super) still_owed: bool,
}

/// The next thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    CloseDays,
    DecideBlocking,
    DecideOthers,
    /// The month goes on and nothing waits.
    Running,
    Draft,
    DraftAgain,
    /// Somebody rules on what no new draft takes away.
    Rule,
    /// Somebody says why months differ.
    Explain,
    Submit,
    Approve,
    /// A third person signs what the checker approved.
    Sign,
    Disclose,
    /// The list hangs.
    Disclosing,
    Pay,
    /// Another person notes that what was sent arrived.
    Confirm,
    Archive,
    Done,
}

impl Next {
    /// Whose it is; nobody's where there is only to wait.
    pub(super) const fn right(self) -> Option<Right> {
        match self {
            Self::CloseDays
            | Self::DecideBlocking
            | Self::DecideOthers
            | Self::Draft
            | Self::DraftAgain
            | Self::Rule
            | Self::Explain
            | Self::Submit
            | Self::Disclose
            | Self::Pay => Some(Right::MakeMonth),
            Self::Approve | Self::Sign | Self::Confirm | Self::Archive => Some(Right::CheckMonth),
            Self::Running | Self::Disclosing | Self::Done => None,
        }
    }
}

impl Situation {
    pub(super) fn next(&self) -> Next {
        match (self.state, self.stage) {
            (MonthState::Approved, Some(Stage::Archived)) if self.still_owed => Next::Pay,
            (MonthState::Approved, Some(Stage::Archived)) => Next::Done,
            (MonthState::Approved, Some(Stage::Paid)) => Next::Archive,
            (MonthState::Approved, Some(Stage::Disclosed)) if self.disclosure_over && self.all_sent => Next::Confirm,
            (MonthState::Approved, Some(Stage::Disclosed)) if self.disclosure_over => Next::Pay,
            (MonthState::Approved, Some(Stage::Disclosed)) => Next::Disclosing,
            (MonthState::Approved, _) => Next::Disclose,
            (MonthState::Submitted, _) => Next::Approve,
            (MonthState::Checked, _) => Next::Sign,
            _ if self.unclosed > 0 => Next::CloseDays,
            _ if self.blocking > 0 => Next::DecideBlocking,
            _ if !self.is_over && self.others > 0 => Next::DecideOthers,
            _ if !self.is_over => Next::Running,
            (MonthState::Open, _) => Next::Draft,
            (MonthState::Drafted, _) if self.outdated => Next::DraftAgain,
            (MonthState::Drafted, _) if self.unruled > 0 => Next::Rule,
            (MonthState::Drafted, _) if self.unexplained > 0 => Next::Explain,
            (MonthState::Drafted, _) => Next::Submit,
        }
    }

    /// Which of the seven steps are done: days closed, drafted, submitted, approved, disclosed, paid, archived.
    pub(super) fn done(&self) -> [bool; 7] {
        let stage = |at: Stage| self.stage.is_some_and(|stage| stage >= at);
        let is_approved = self.state == MonthState::Approved;
        [
            is_approved || (self.is_over && self.unclosed == 0),
            self.state >= MonthState::Drafted,
            self.state >= MonthState::Submitted,
            is_approved,
            stage(Stage::Paid) || (stage(Stage::Disclosed) && self.disclosure_over),
            stage(Stage::Paid),
            stage(Stage::Archived),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Situation = Situation {
        is_over: true,
        unclosed: 0,
        blocking: 0,
        others: 0,
        state: MonthState::Open,
        outdated: false,
        unruled: 0,
        unexplained: 0,
        stage: None,
        disclosure_over: false,
        all_sent: false,
        still_owed: false,
    };

    #[test]
    fn one_step_follows_the_other() {
        let next = |change: fn(&mut Situation)| {
            let mut situation = READY;
            change(&mut situation);
            situation.next()
        };
        assert_eq!(next(|s| (s.unclosed, s.blocking) = (3, 2)), Next::CloseDays);
        assert_eq!(next(|s| (s.blocking, s.others) = (2, 9)), Next::DecideBlocking);
        assert_eq!(next(|s| s.others = 9), Next::Draft, "other findings do not stop a month");
        assert_eq!(next(|s| (s.is_over, s.others) = (false, 9)), Next::DecideOthers);
        assert_eq!(next(|s| s.is_over = false), Next::Running);
        assert_eq!(next(|s| s.state = MonthState::Drafted), Next::Submit);
        assert_eq!(next(|s| (s.state, s.outdated) = (MonthState::Drafted, true)), Next::DraftAgain);
        // Drafting again explains nothing.
        assert_eq!(next(|s| (s.state, s.unexplained) = (MonthState::Drafted, 2)), Next::Explain);
        // Nor does it rule on a claim.
        assert_eq!(next(|s| (s.state, s.unruled, s.unexplained) = (MonthState::Drafted, 1, 2)), Next::Rule);
        assert_eq!(
            next(|s| (s.state, s.outdated, s.unexplained) = (MonthState::Drafted, true, 2)),
            Next::DraftAgain,
            "what is explained is the draft's"
        );
        assert_eq!(next(|s| s.state = MonthState::Submitted), Next::Approve);
        assert_eq!(next(|s| s.state = MonthState::Checked), Next::Sign);
        let after = |stage, disclosure_over| {
            Situation { state: MonthState::Approved, stage: Some(stage), disclosure_over, ..READY }.next()
        };
        assert_eq!(after(Stage::Approved, false), Next::Disclose);
        assert_eq!((after(Stage::Disclosed, false), after(Stage::Disclosed, true)), (Next::Disclosing, Next::Pay));
        assert_eq!((after(Stage::Paid, true), after(Stage::Archived, true)), (Next::Archive, Next::Done));
        let sent = Situation {
            state: MonthState::Approved,
            stage: Some(Stage::Disclosed),
            disclosure_over: true,
            all_sent: true,
            ..READY
        };
        assert_eq!((sent.next(), sent.next().right()), (Next::Confirm, Some(Right::CheckMonth)));
        let lifted = Situation { stage: Some(Stage::Archived), all_sent: false, still_owed: true, ..sent };
        assert_eq!((lifted.next(), lifted.next().right()), (Next::Pay, Some(Right::MakeMonth)));
    }

    #[test]
    fn a_step_is_done_only_when_it_is() {
        assert_eq!(READY.done(), [true, false, false, false, false, false, false]);
        let touched = Situation { unclosed: 1, state: MonthState::Drafted, ..READY };
        assert_eq!(touched.done(), [false, true, false, false, false, false, false]);
        let checked = Situation { state: MonthState::Checked, ..READY };
        assert_eq!(
            checked.done(),
            [true, true, true, false, false, false, false],
            "not approved before the third signs"
        );
        let hanging = Situation { state: MonthState::Approved, stage: Some(Stage::Disclosed), ..READY };
        assert_eq!(hanging.done(), [true, true, true, true, false, false, false]);
        assert_eq!(Situation { disclosure_over: true, ..hanging }.done()[4..], [true, false, false]);
    }
}
