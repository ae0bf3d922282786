//! scan → recognise → offer.

use domain::calendar::BusinessDate;
use domain::credential::Scan;
use domain::id::{Digest, ElderId, RecordId};
use domain::record::Credential;

use super::{Approval, OnDuty, SAME_SCAN_MS, Stage, TillError, TillState, practice};
use crate::checkout::{self, History, Moment, Person, Refusal, Verdict};
use crate::core::Core;
use crate::lookup::Asked;
use crate::roster::Feed;
use crate::storage::StorageError;

impl Core {
    /// Something was scanned or typed.
    pub(crate) async fn scan(&self, code: &str) -> Result<(), TillError> {
        let code = plain(code);
        let (training, number, same_code);
        {
            let mut state = self.till.state.lock().await;
            self.on_duty(&state).await?;
            self.room()?;
            let now = self.time.monotonic_ms();
            let seen = Digest::of("zhucan.scan.1", &[code.as_bytes()]);
            let again =
                state.last_scan.is_some_and(|(last, at)| last == seen && (0..SAME_SCAN_MS).contains(&(now - at)));
            same_code = state.last_scan.is_some_and(|(last, _)| last == seen);
            state.last_scan = Some((seen, now));
            if again {
                return Ok(());
            }
            number = state.cancels;
            state.reading = true;
            state.done = None;
            training = state.training;
        }
        self.changed();
        // The office may have to be asked: the screen and its keys are not held up meanwhile.
        let found = if training {
            self.recognise_in_training(&code)
        } else {
            self.recognise(&code, self.time.today()).await.map_err(TillError::from)
        };
        let mut state = self.till.state.lock().await;
        let cancelled = state.cancels != number;
        state.reading = false;
        // F2 came meanwhile, or training began or ended: it was meant for the other screen.
        let shown = match found {
            Ok(_) if cancelled || state.training != training => return Ok(()),
            Ok(found) => self.show_found(&mut state, found, same_code).await,
            Err(error) => Err(error),
        };
        if shown.is_err() {
            // Nothing came of it: the same code again is no trigger that is held too long.
            state.last_scan = None;
        }
        shown
    }

    /// Offers a sale, or lets whoever was scanned wait behind the one that is open.
    async fn show_found(
        &self,
        state: &mut TillState,
        found: Result<Person, Refusal>,
        same_code: bool,
    ) -> Result<(), TillError> {
        let duty = self.on_duty(state).await?;
        if let Stage::Serving { .. } = &state.stage {
            state.stand_in_line(found)?;
        } else {
            if !same_code {
                state.next_is_for(&found);
            }
            state.leaves_line(&found);
            state.stage = self.offer_or_refuse(state, &duty, found).await?;
        }
        state.showing += 1;
        self.changed();
        Ok(())
    }

    /// Whom a code names. A resident ID that the roster does not hold is looked up at the office.
    pub(super) async fn recognise(
        &self,
        code: &str,
        day: BusinessDate,
    ) -> Result<Result<Person, Refusal>, StorageError> {
        let reader = self.rules().and_then(|rules| rules.setup.reader);
        let scan = match Scan::read_with(code, reader) {
            Ok(scan) => scan,
            Err(_) if practice::is_card(code) => return Ok(Err(Refusal::PracticeCard)),
            Err(error) => return Ok(Err(Refusal::Unreadable(error))),
        };
        let digest = scan.digest(self.identity.digest_key.expose());
        let found = self.roster.find(&digest).await?;
        let list_at = self.roster.version(Feed::Roster).await?;
        let (None, Scan::ResidentId(id)) = (&found, &scan) else {
            // Nobody is ever asked about a card: the list may be of before it was given out, whether the line is up or not.
            return Ok(checkout::recognise(&scan, &digest, found, day, (list_at, false)));
        };
        Ok(match self.ask_office(id).await {
            Asked::Elder(entry, fresh) => {
                let person = checkout::recognise(&scan, &digest, Some(*entry), day, (fresh.version, true));
                person.map(|person| Person { fresh: Some(fresh), ..person })
            }
            Asked::Nobody => checkout::recognise(&scan, &digest, None, day, (list_at, true)),
            Asked::NotReached => checkout::recognise(&scan, &digest, None, day, (list_at, false)),
        })
    }

    pub(super) async fn offer_or_refuse(
        &self,
        state: &TillState,
        duty: &OnDuty,
        found: Result<Person, Refusal>,
    ) -> Result<Stage, TillError> {
        match found {
            Err(refusal) => Ok(Stage::Refused(refusal)),
            Ok(person) => self.offer(state, duty, person).await,
        }
    }

    pub(super) async fn offer(&self, state: &TillState, duty: &OnDuty, person: Person) -> Result<Stage, TillError> {
        Ok(stage(self.judge(&self.moment(state, duty), person).await?))
    }

    /// What a meal would cost the elder at a moment.
    pub(super) async fn judge(&self, moment: &Moment<'_>, person: Person) -> Result<Verdict, StorageError> {
        let (date, elder) = (moment.date(), person.entry.elder.id);
        let mut known = self.roster.usage(elder).await?;
        let mut roster = self.roster.version(Feed::Roster).await?;
        if let Some(fresh) = &person.fresh {
            known.uses.clone_from(&fresh.uses);
            known.version = fresh.version;
            roster = fresh.version;
        }
        // Weeks reach back into the month before by at most six days.
        let own = self.journal.meals_of(elder, date.month().first().plus_days(-7)).await?;
        let served = self.journal.served(elder, date, &moment.period()).await?;
        let history = History { known: &known, own: &own, served, roster };
        Ok(checkout::offer_elder(moment, person, history))
    }

    pub(super) fn moment<'a>(&self, state: &TillState, duty: &'a OnDuty) -> Moment<'a> {
        let at = self.time.now().at;
        let id = || RecordId::generate(at, &*self.entropy);
        let extras = (1..state.next.portions()).map(|_| id()).collect();
        Moment {
            rules: &duty.rules,
            at,
            mode: state.mode(),
            online: self.link().online,
            sale: id(),
            typed: state.next.price,
            extras,
            paper: None,
            training: state.training,
        }
    }

    /// An elder whom a supervisor has recognised by name, birth date and face.
    pub(crate) async fn recognise_by_hand(&self, elder: ElderId, approval: Option<Approval>) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        self.room()?;
        if state.training {
            return Err(TillError::OnlyPractice);
        }
        if let Stage::Serving { .. } = &state.stage {
            return Err(TillError::SaleWaits);
        }
        let person = self.person_by_hand(elder, approval).await?;
        let today = self.time.today();
        let list_at = self.roster.version(Feed::Roster).await?;
        let found = checkout::alive(&person.entry, today, list_at).map(|()| person);
        state.leaves_line(&found);
        state.stage = self.offer_or_refuse(&state, &duty, found).await?;
        self.changed();
        Ok(())
    }

    pub(super) async fn person_by_hand(&self, elder: ElderId, approval: Option<Approval>) -> Result<Person, TillError> {
        let supervisor = self.approve(approval).await?;
        let entry = self.roster.by_elder(elder).await?.ok_or(TillError::ElderNotFound)?;
        let approved_by = Some(supervisor.id);
        Ok(Person { entry, credential: Credential::Manual, tail: None, fresh: None, approved_by })
    }

    /// Full price for a credential that nobody could be asked about; it is kept, so that the difference can be paid
    /// back once the office knows whose it is.
    pub(crate) async fn keep_unidentified(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let duty = self.on_duty(&state).await?;
        self.room()?;
        let Stage::Refused(refusal) = &state.stage else { return Err(TillError::NothingToKeep) };
        let digest = refusal.unidentified().ok_or(TillError::NothingToKeep)?;
        state.stage = stage(checkout::offer_guest(&self.moment(&state, &duty), Some(digest)));
        self.changed();
        Ok(())
    }
}

pub(super) fn stage(verdict: Verdict) -> Stage {
    match verdict {
        Verdict::Offer(offer) => {
            let tender = offer.meal.tender;
            Stage::Serving { offer, tender, asks: false }
        }
        Verdict::Duplicate { person, period, first } => Stage::Duplicate { person, period, first },
        Verdict::Refused(refusal) => Stage::Refused(refusal),
    }
}

/// A code as a hand or an input method may have written it: without white space, full-width characters narrowed.
pub(super) fn plain(code: &str) -> String {
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    code.chars().filter(|c| !c.is_whitespace()).map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_code_is_read_as_hands_and_input_methods_write_it() {
        assert_eq!(plain(" 110105 19491231\u{3000}002x\n"), "11010519491231002x");
        assert_eq!(plain("１１０１０５１９４９１２３１００２Ｘ"), "11010519491231002X");
        assert_eq!(plain("零"), "零");
    }
}
