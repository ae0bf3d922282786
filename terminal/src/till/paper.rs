//! Paper lists: meals that were written down while the till was out of order, entered later by one person and compared
//! with the paper by another.

use domain::calendar::{BusinessDate, MealPeriod};
use domain::decision::Mode;
use domain::id::{ElderId, PaperListId, RecordId};
use domain::record::{Body, Paper, Tender};

use super::scan::plain;
use super::{Approval, PaperDraft, TillError};
use crate::checkout::{self, Moment, Offer, Person, Verdict};
use crate::core::Core;
use crate::journal::{Entry, JournalError};
use crate::roster::Feed;

/// A list is at most so many lines long.
const MAX_LINES: usize = 300;

/// One line as it is entered.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// A card's or an ID's number.
    pub(crate) code: Option<String>,
    /// Or an elder that was searched for, with the supervisor who looked.
    pub(crate) elder: Option<ElderId>,
    pub(crate) supervisor: Option<Approval>,
    pub(crate) mode: Option<Mode>,
    pub(crate) tender: Option<Tender>,
}

impl Core {
    /// A supervisor opens a list for a day that the feeds still tell of, and a period that has begun.
    pub(crate) async fn open_paper(
        &self,
        date: BusinessDate,
        period: MealPeriod,
        approval: Option<Approval>,
    ) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        state.cashier.ok_or(TillError::SignInFirst)?;
        let rules = self.rules().ok_or(TillError::NoSetup)?;
        if state.training {
            return Err(TillError::InTraining);
        }
        state.unfinished()?;
        if let Some(date) = self.unconfirmed_date() {
            return Err(TillError::ConfirmDate { date });
        }
        let now = self.time.now().at;
        let today = now.business_date();
        // Usage is known of this month and the last one.
        let earliest = today.month().previous().first();
        if date > today || date < earliest || (date == today && !rules.has_begun(&period, now)) {
            return Err(TillError::PaperDate { earliest });
        }
        if rules.price(date, &period).is_none() {
            return Err(TillError::Refused(checkout::Refusal::NoPrice { period }));
        }
        self.approve(approval).await?;
        let list = PaperListId::generate(now, &*self.entropy);
        state.paper = Some(PaperDraft { list, date, period, lines: Vec::new() });
        self.changed();
        Ok(())
    }

    /// Adds a line: an elder who ate then and has no such meal yet.
    pub(crate) async fn add_paper_line(&self, line: Line) -> Result<(), TillError> {
        let day = self.till.state.lock().await.paper.as_ref().ok_or(TillError::NoPaper)?.date;
        let found = match (&line.code, line.elder) {
            (Some(code), _) => self.recognise(&plain(code), day).await?.map_err(TillError::Refused)?,
            (None, Some(elder)) => self.person_by_hand(elder, line.supervisor.clone()).await?,
            (None, None) => return Err(TillError::ElderNotFound),
        };
        let mut state = self.till.state.lock().await;
        state.cashier.ok_or(TillError::SignInFirst)?;
        let draft = state.paper.as_ref().ok_or(TillError::NoPaper)?;
        if draft.lines.len() >= MAX_LINES {
            return Err(TillError::PaperFull);
        }
        let elder = found.entry.elder.id;
        if draft.lines.iter().any(|line| line.person.as_ref().is_some_and(|p| p.entry.elder.id == elder)) {
            return Err(JournalError::AlreadyServed.into());
        }
        let offer = self.paper_offer(draft, found, &line).await?;
        if let Some(draft) = &mut state.paper {
            draft.lines.push(offer);
        }
        self.changed();
        Ok(())
    }

    async fn paper_offer(&self, draft: &PaperDraft, person: Person, line: &Line) -> Result<Offer, TillError> {
        let rules = self.rules().ok_or(TillError::NoSetup)?;
        let at = self.time.now().at;
        let list_at = self.roster.version(Feed::Roster).await?;
        checkout::alive(&person.entry, draft.date, list_at).map_err(TillError::Refused)?;
        let sale = RecordId::generate(at, &*self.entropy);
        let paper = Some((draft.date, draft.period.clone()));
        let mode = line.mode.unwrap_or(Mode::DineIn);
        let moment = Moment {
            rules: &rules,
            at,
            mode,
            online: self.link().online,
            sale,
            typed: None,
            extras: Vec::new(),
            paper,
            training: false,
        };
        let mut offer = match self.judge(&moment, person).await? {
            Verdict::Offer(offer) => *offer,
            Verdict::Duplicate { .. } => return Err(JournalError::AlreadyServed.into()),
            Verdict::Refused(refusal) => return Err(TillError::Refused(refusal)),
        };
        if let Some(tender) = line.tender {
            if !offer.may_tender(tender) {
                return Err(TillError::BadTender);
            }
            offer.meal.tender = tender;
        }
        Ok(offer)
    }

    /// Takes a line off again, counted from 1.
    pub(crate) async fn remove_paper_line(&self, line: usize) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let draft = state.paper.as_mut().ok_or(TillError::NoPaper)?;
        let index = line.checked_sub(1).filter(|index| *index < draft.lines.len()).ok_or(TillError::MealNotFound)?;
        draft.lines.remove(index);
        self.changed();
        Ok(())
    }

    /// The list is dropped; nothing was recorded.
    pub(crate) async fn drop_paper(&self) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        state.paper.take().ok_or(TillError::NoPaper)?;
        self.changed();
        Ok(())
    }

    /// A second person has compared the screen with the paper: all lines become meals, or none.
    pub(crate) async fn commit_paper(&self, second: Option<Approval>) -> Result<(), TillError> {
        let mut state = self.till.state.lock().await;
        let cashier = state.cashier.ok_or(TillError::SignInFirst)?;
        let draft = state.paper.clone().ok_or(TillError::NoPaper)?;
        if draft.lines.is_empty() {
            return Err(TillError::PaperEmpty);
        }
        let second = second.filter(|second| second.cashier != cashier).ok_or(TillError::SecondPerson)?;
        self.room()?;
        let approved_by = self.check_pin(second.cashier, second.pin).await?.id;
        let entries = draft.lines.into_iter().zip(1..).map(|(offer, line)| {
            let Offer { sale, mut meal, .. } = offer;
            meal.paper = Some(Paper { list: draft.list, line, approved_by });
            let body = Body::Meal(Box::new(meal));
            Entry { id: Some(sale), cashier: Some(cashier), shift: None, body }
        });
        self.journal.append_all(entries.collect()).await?;
        self.wake_sync.notify_one();
        state.paper = None;
        self.changed();
        Ok(())
    }
}
