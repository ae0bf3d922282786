//! The state that screens show, as plain values: `GET /api/state` says it in JSON, the pages are made of it.

mod views;

use domain::calendar::{BusinessDate, MealPeriod, UnixMs};
use domain::decision::Kind;
use domain::id::{CashierId, ElderId, RecordId, ShiftId};
use domain::money::Fen;
use domain::record::{Body, Meal, Tender};
use domain::sync::{Cashier, RefundDue};

use crate::checkout::{self, First, Offer, Person, Refusal};
use crate::core::Core;
use crate::journal::Stored;
use crate::outbox::Unsent;
use crate::printer::Printed;
use crate::roster::{Feed, Picture};
use crate::rules::{Rules, Serving};
use crate::shift::{Count, DENOMINATIONS, DIFFERENCE_LIMIT, OpenShift, ShiftSums};
use crate::storage::StorageError;
use crate::till::{PaperDraft, Stage, TillState};
pub(crate) use views::*;

/// Meals in the column `刚才`.
const RECENT: u32 = 8;
/// Meals in the list of a day.
const DAY_LIST: u32 = 2_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn window_view(window: &domain::policy::model::MealWindow, open: bool) -> WindowView {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    WindowView { period: window.period.clone(), from: clock(window.start), until: clock(window.end), open }
}

/// The meals that have a price, in the order of the list.
fn periods(setup: &domain::sync::Setup) -> Vec<MealPeriod> {
    let mut periods: Vec<MealPeriod> = Vec::new();
    for price in &setup.prices {
        if !periods.contains(&price.period) {
            periods.push(price.period.clone());
        }
    }
    periods
}

fn cashier_view(cashier: &Cashier) -> CashierView {
    CashierView { id: cashier.id, name: cashier.name.clone(), supervisor: cashier.supervisor }
}

fn person_view(person: &Person, date: BusinessDate) -> PersonView {
    let name = person.entry.masked_name.clone();
    PersonView {
        photo: None,
        initial: name.chars().next().map(String::from).unwrap_or_default(),
        name,
        age: date.age(person.entry.elder.birth),
        female: person.entry.female,
        credential: person.credential,
        tail: person.tail.clone(),
    }
}

impl Core {
    /// The state now.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, StorageError> {
        let state = self.till.state.lock().await.clone();
        let now = self.time.now();
        let rules = self.rules();
        let shift = self.journal.open_shift().await?;
        let serving = rules.as_ref().map(|rules| rules.serving(now.at));
        let setup = rules.as_ref().map(|rules| &rules.setup);
        let cashier = state.cashier.and_then(|id| rules.as_ref()?.cashier(id)).map(cashier_view);
        let today = match &serving {
            Some(serving) => Some(self.today_view(&serving.window().period, now.at).await?),
            None => None,
        };
        let recent = self.journal.meals_on(now.at.business_date(), RECENT).await?;
        let recent = self.meal_views(&recent, shift.as_ref().map(|shift| shift.id)).await?;
        let last = self.last_view(&state).await?;
        let last_sale = match state.last {
            Some(sale) => Some(self.sale_view(sale).await?),
            None => None,
        };
        Ok(Snapshot {
            canteen: CanteenView {
                id: self.identity.canteen,
                name: setup.map(|setup| setup.name.clone()).unwrap_or_default(),
                phone: setup.map(|setup| setup.phone.clone()).unwrap_or_default(),
            },
            terminal: self.identity.terminal,
            ready: rules.is_some(),
            clock: ClockView { at: now.at, source: now.source, date: now.at.business_date() },
            window: serving.as_ref().map(|s| window_view(s.window(), matches!(s, Serving::Open(_)))),
            next_window: match &serving {
                Some(Serving::Closed { next, tomorrow, .. }) => Some((window_view(next, false), *tomorrow)),
                _ => None,
            },
            periods: setup.map(periods).unwrap_or_default(),
            cashiers: setup.map(|setup| setup.cashiers.iter().map(cashier_view).collect()).unwrap_or_default(),
            shift: shift.as_ref().map(|shift| self.shift_view(shift, rules.as_deref(), state.cashier)),
            printer: self.printer.state(),
            sync: self.sync_view(now.at).await?,
            today,
            recent,
            next: rules.as_ref().map(|rules| next_view(rules, now.at, &state)),
            practice: self.practice_view(&state, now.at).await?,
            deliveries: self.journal.deliveries_open(now.at.business_date()).await?,
            doubted: self.journal.doubted(now.at.business_date()).await?.len(),
            elder: self.elder_view(&state, serving.as_ref(), now.at).await?,
            interrupted: self.journal.interrupted().await?,
            stage: self.stage_view(&state, rules.as_deref(), shift.as_ref(), now.at).await?,
            line: state.line.iter().map(|waits| InLineView { turn: waits.turn, name: waits.name() }).collect(),
            close: self.close_view(&state, shift.as_ref()).await?,
            cashier,
            signed_in: state.cashier.is_some(),
            showing: state.showing,
            last,
            last_sale,
            training: state.training,
            collection: self.collection_view(&state).await?,
            paper: state.paper.as_ref().map(paper_view),
            damage: self.journal.storage().damage().await?,
            disk_full: !self.disk.has_room(),
            fingerprint: self.fingerprint.clone(),
        })
    }

    fn shift_view(&self, shift: &OpenShift, rules: Option<&Rules>, cashier: Option<CashierId>) -> ShiftView {
        let name = shift.cashier.and_then(|id| rules?.cashier(id)).map(|cashier| cashier.name.clone());
        ShiftView {
            id: shift.id,
            cashier: name.unwrap_or_default(),
            date: shift.date,
            opened_at: shift.opened_at,
            float: shift.float,
            forgotten: self.is_forgotten(shift, cashier),
        }
    }

    async fn sync_view(&self, now: UnixMs) -> Result<SyncView, StorageError> {
        let link = self.link();
        let Unsent { count, oldest } = self.journal.unsent().await?;
        let roster = self.roster.version(Feed::Roster).await?;
        let usage = self.roster.version(Feed::Usage).await?;
        let rules = self.rules();
        let limits = rules.as_ref().map(|rules| rules.setup.offline).unwrap_or_default();
        let age = |of: UnixMs| now.get().saturating_sub(of.get()).max(0);
        let paid = self.journal.paid_refunds().await?;
        let due = self.roster.refund_ids().await?;
        Ok(SyncView {
            online: link.online,
            tried: link.tried,
            unsent: count,
            oldest,
            last: link.last,
            roster,
            usage,
            roster_age_ms: age(roster),
            usage_age_ms: age(usage),
            limits,
            stale: age(roster) > limits.soft_ms,
            too_old: rules.is_some_and(|rules| checkout::is_too_old(&rules, roster, now)),
            versions: self.roster.versions().await?,
            refunds: due.iter().filter(|id| !paid.contains(id)).count(),
            turned_away: link.turned_away,
        })
    }

    async fn collection_view(&self, state: &TillState) -> Result<Option<CollectionView>, StorageError> {
        let Some(collecting) = &state.collecting else { return Ok(None) };
        let meals = self.journal.of_collection(collecting.id).await?;
        let meals = self.meal_views(&meals, None).await?;
        let to_pay = meals.iter().map(|meal| meal.to_pay).sum();
        Ok(Some(CollectionView { by: collecting.by, id: collecting.id, meals, to_pay }))
    }

    /// Refunds with the elders' names.
    pub(crate) async fn refund_views(&self, due: Vec<RefundDue>) -> Result<Vec<RefundView>, StorageError> {
        let mut views = Vec::with_capacity(due.len());
        for refund in due {
            let name = self.name_of(refund.elder).await?;
            views.push(RefundView { id: refund.id, name, date: refund.date, amount: refund.amount });
        }
        Ok(views)
    }

    /// Elders of that birth date whose name has the part.
    pub(crate) async fn search(&self, name: &str, birth: BusinessDate) -> Result<Vec<FoundView>, StorageError> {
        let today = self.time.today();
        let found = self.roster.search(name, birth).await?;
        let view = |entry: domain::sync::RosterEntry| FoundView {
            elder: entry.elder.id,
            age: today.age(entry.elder.birth),
            female: entry.female,
            name: entry.masked_name,
        };
        Ok(found.into_iter().map(view).collect())
    }

    async fn today_view(&self, period: &MealPeriod, now: UnixMs) -> Result<TodayView, StorageError> {
        let count = self.journal.count(now.business_date(), period, UnixMs::new(i64::MAX)).await?;
        let before = now.plus(-DAY_MS);
        let yesterday = self.journal.count(before.business_date(), period, before).await?.count;
        let yesterday = self.journal.served_on(before.business_date()).await?.then_some(yesterday);
        Ok(TodayView { period: period.clone(), count, yesterday })
    }

    async fn last_view(&self, state: &TillState) -> Result<Option<MealView>, StorageError> {
        let Some(id) = state.last else { return Ok(None) };
        let Some(stored) = self.journal.by_id(id).await? else { return Ok(None) };
        let shift = stored.record.shift;
        self.numbered_view(&stored, shift).await
    }

    /// What stands of a sale: all of its portions that were not reversed.
    async fn sale_view(&self, sale: RecordId) -> Result<SaleView, StorageError> {
        let mut view = SaleView { portions: 0, to_pay: Fen::ZERO };
        for portion in self.journal.of_sale(sale).await?.iter().filter(|portion| portion.voided.is_none()) {
            if let Body::Meal(meal) | Body::Training(meal) = &portion.record.body {
                view.portions += 1;
                view.to_pay += meal.decision.to_pay();
            }
        }
        Ok(view)
    }

    async fn numbered_view(&self, stored: &Stored, shift: Option<ShiftId>) -> Result<Option<MealView>, StorageError> {
        let Some(mut view) = self.meal_view(stored, shift).await? else { return Ok(None) };
        if view.training {
            return Ok(Some(view));
        }
        view.number = Some(self.journal.number_of(&stored.record, &view.period).await?);
        Ok(Some(view))
    }

    async fn meal_view(&self, stored: &Stored, shift: Option<ShiftId>) -> Result<Option<MealView>, StorageError> {
        let (Body::Meal(meal) | Body::Training(meal)) = &stored.record.body else { return Ok(None) };
        let name = match &meal.diner {
            Some(diner) => Some(self.name_of(diner.elder).await?),
            None => None,
        };
        let printed = self.printer.printed(stored.record.id);
        Ok(Some(meal_view(stored, meal, name, printed, shift)))
    }

    async fn meal_views(&self, meals: &[Stored], shift: Option<ShiftId>) -> Result<Vec<MealView>, StorageError> {
        let mut views = Vec::with_capacity(meals.len());
        for stored in meals {
            views.extend(self.meal_view(stored, shift).await?);
        }
        Ok(views)
    }

    /// The same meal of that elder in another place, where this one was sold while the office could not be asked.
    async fn had_elsewhere(&self, stored: &Stored) -> Result<Option<UnixMs>, StorageError> {
        let Body::Meal(meal) = &stored.record.body else { return Ok(None) };
        let Some(diner) = meal.diner.as_ref().filter(|_| !meal.online && stored.voided.is_none()) else {
            return Ok(None);
        };
        let known = self.roster.usage(diner.elder).await?;
        let same =
            |used: &&domain::sync::Use| !used.here && used.date == meal.meal.date && used.period == meal.meal.period;
        Ok(known.uses.iter().filter(same).map(|used| used.at).min())
    }

    async fn practice_view(&self, state: &TillState, now: UnixMs) -> Result<Option<PracticeView>, StorageError> {
        if !state.training {
            return Ok(None);
        }
        let (exercises, count) = self.journal.exercises(now.business_date(), RECENT).await?;
        Ok(Some(PracticeView { count, recent: self.meal_views(&exercises, None).await? }))
    }

    async fn elder_view(
        &self,
        state: &TillState,
        serving: Option<&Serving>,
        now: UnixMs,
    ) -> Result<ElderView, StorageError> {
        let menu = match serving {
            Some(serving) => self.journal.menu(now.business_date(), &serving.window().period).await?,
            None => Vec::new(),
        };
        let done = match state.done {
            Some(record) => Some(DoneView { record, sale: self.sale_view(record).await? }),
            None => None,
        };
        Ok(ElderView { reading: state.reading, done, repeats: state.repeats, menu })
    }

    /// The day's meals that leave the house.
    pub(crate) async fn delivery_list(&self, date: BusinessDate) -> Result<Vec<DeliveryView>, StorageError> {
        let shift = self.journal.open_shift().await?.map(|shift| shift.id);
        let mut list = Vec::new();
        for (stored, delivered) in self.journal.deliveries(date).await? {
            list.extend(self.meal_view(&stored, shift).await?.map(|meal| DeliveryView { meal, delivered }));
        }
        Ok(list)
    }

    /// The meals of a day, the last first.
    pub(crate) async fn day_list(&self, date: BusinessDate) -> Result<Vec<MealView>, StorageError> {
        let shift = self.journal.open_shift().await?.map(|shift| shift.id);
        let meals = self.journal.meals_on(date, DAY_LIST).await?;
        let mut views = self.meal_views(&meals, shift).await?;
        let doubted = self.journal.doubted(date).await?;
        for (stored, view) in meals.iter().zip(&mut views) {
            view.doubt = doubted.iter().rev().find(|(id, _)| *id == view.record).map(|(_, said)| doubt_code(said));
            view.elsewhere = self.had_elsewhere(stored).await?;
        }
        Ok(views)
    }

    /// Whether the cashier may reverse this meal alone; false for what is not there.
    pub(crate) async fn reversed_by_one(&self, meal: domain::id::RecordId) -> Result<bool, StorageError> {
        match self.journal.by_id(meal).await? {
            Some(stored) => self.journal.reversed_by_one(&stored).await,
            None => Ok(false),
        }
    }

    async fn stage_view(
        &self,
        state: &TillState,
        rules: Option<&Rules>,
        shift: Option<&OpenShift>,
        now: UnixMs,
    ) -> Result<StageView, StorageError> {
        if state.cashier.is_none() || rules.is_none() {
            return Ok(StageView::SignIn);
        }
        let off_list = state.cashier.is_none_or(|id| rules.is_none_or(|rules| rules.cashier(id).is_none()));
        let Some(shift) = shift else {
            return Ok(if off_list { StageView::SignIn } else { StageView::OpenShift });
        };
        if off_list || self.is_forgotten(shift, state.cashier) {
            return Ok(StageView::ForgottenShift);
        }
        if self.unconfirmed_date().is_some() {
            return Ok(StageView::ConfirmDate);
        }
        let price = rules.and_then(|rules| rules.price(now.business_date(), &rules.serving(now).window().period));
        Ok(match &state.stage {
            Stage::Idle => StageView::Idle,
            Stage::Serving { offer, tender, asks } => {
                let mut view = offer_view(offer, *tender);
                if let (Some(person), Some(shown)) = (&offer.person, view.person.as_mut()) {
                    shown.photo = self.photo_held(person).await?;
                }
                view.other = state.line.last().filter(|_| *asks).map(|other| OtherView { name: other.name() });
                StageView::Serving(Box::new(view))
            }
            Stage::Duplicate { person, period, first } => StageView::Duplicate {
                person: PersonView {
                    photo: self.photo_held(person).await?,
                    ..person_view(person, now.business_date())
                },
                period: period.clone(),
                first: Box::new(self.first_view(first, rules).await?),
                price,
            },
            Stage::Refused(refusal) => refused_view(refusal, price),
        })
    }

    async fn photo_held(&self, person: &Person) -> Result<Option<ElderId>, StorageError> {
        let elder = person.entry.elder.id;
        Ok(self.roster.has_photo(elder).await?.then_some(elder))
    }

    /// The photo of who stands at the till, and of nobody else.
    pub(crate) async fn photo_at_till(&self, elder: ElderId) -> Result<Option<Picture>, StorageError> {
        let here = match &self.till.state.lock().await.stage {
            Stage::Serving { offer, .. } => offer.person.as_ref().map(|person| person.entry.elder.id),
            Stage::Duplicate { person, .. } => Some(person.entry.elder.id),
            Stage::Idle | Stage::Refused(_) => None,
        };
        if here == Some(elder) { self.roster.photo(elder).await } else { Ok(None) }
    }

    async fn first_view(&self, first: &First, rules: Option<&Rules>) -> Result<FirstView, StorageError> {
        let mut view = FirstView { at: first.at, here: first.here, meal: None, cashier: None };
        if let Some(stored) = &first.record {
            view.meal = self.numbered_view(stored, stored.record.shift).await?;
            let cashier = stored.record.cashier.and_then(|id| rules?.cashier(id));
            view.cashier = cashier.map(|cashier| cashier.name.clone());
        }
        Ok(view)
    }

    async fn close_view(
        &self,
        state: &TillState,
        shift: Option<&OpenShift>,
    ) -> Result<Option<CloseView>, StorageError> {
        let (Some(shift), Some(_)) = (shift, state.cashier) else { return Ok(None) };
        // The shift is read only once somebody has counted: every sale asks for this view.
        let sums = match &state.counted {
            Some(_) => Some(ShiftSums::of(&self.journal.of_shift(shift.id).await?)),
            None => None,
        };
        let sums = sums.as_ref();
        let counted = sums.and_then(|sums| Self::valid_count(state, shift, sums)).map(|counted| &counted.count);
        let pieces = |value: i64| counted.map_or(0, |count| count.pieces(value));
        Ok(Some(CloseView {
            denominations: DENOMINATIONS.iter().map(|value| (*value, pieces(*value))).collect(),
            counted: counted.map(Count::total),
            sums: counted.zip(sums).map(|(count, sums)| sums_view(sums, shift, count.total())),
            number: self.journal.shift_number(u32::MAX, 0).await?,
        }))
    }
}

/// The code in an outcome: `rejected:conflict`, `disputed:other_decision`.
fn doubt_code(outcome: &str) -> String {
    use domain::sync::Outcome;
    let name = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    match serde_json::from_str(outcome) {
        Ok(Outcome::Disputed { dispute }) => name(serde_json::to_value(dispute)),
        Ok(Outcome::Rejected { rejection }) => name(serde_json::to_value(rejection)),
        _ => String::new(),
    }
}

fn sums_view(sums: &ShiftSums, shift: &OpenShift, counted: Fen) -> SumsView {
    let expected = sums.expected(shift.float);
    let difference = counted - expected;
    SumsView {
        float: shift.float,
        cash: sums.totals.cash,
        moved: sums.moved,
        expected,
        difference,
        needs_reason: !difference.is_zero(),
        needs_supervisor: difference.abs() > DIFFERENCE_LIMIT,
        totals: sums.totals.clone(),
        first_sequence: sums.sequences.0,
        last_sequence: sums.sequences.1,
    }
}

fn next_view(rules: &Rules, now: UnixMs, state: &TillState) -> NextView {
    let period = rules.serving(now).window().period.clone();
    let list = rules.price(now.business_date(), &period);
    let next = &state.next;
    let (typed, portions) = (next.price.is_some(), next.portions());
    NextView { price: next.price.or(list), typed, portions, period, mode: state.mode() }
}

fn offer_view(offer: &Offer, tender: Tender) -> OfferView {
    let decision = &offer.meal.decision;
    OfferView {
        sale: offer.sale,
        person: offer.person.as_ref().map(|person| person_view(person, offer.meal.meal.date)),
        period: offer.meal.meal.period.clone(),
        mode: offer.meal.meal.mode,
        price: decision.price,
        subsidy: decision.total(Kind::Diner),
        concession: decision.total(Kind::Concession),
        delivery_fee: decision.delivery_fee,
        own_payment: decision.own_payment,
        to_pay: offer.to_pay(),
        portions: 1 + offer.extra.len(),
        extra_price: offer.extra_price(),
        tender,
        other: None,
        unidentified: offer.meal.unidentified.is_some(),
        list_too_old: offer.list_too_old,
    }
}

fn paper_view(draft: &PaperDraft) -> PaperView {
    let line = |(index, offer): (usize, &Offer)| PaperLineView {
        line: index + 1,
        person: offer.person.as_ref().map(|person| person_view(person, draft.date)),
        mode: offer.meal.meal.mode,
        price: offer.meal.decision.price,
        subsidy: offer.meal.decision.total(Kind::Diner),
        concession: offer.meal.decision.total(Kind::Concession),
        to_pay: offer.meal.decision.to_pay(),
        tender: offer.meal.tender,
    };
    PaperView {
        list: draft.list,
        date: draft.date,
        period: draft.period.clone(),
        lines: draft.lines.iter().enumerate().map(line).collect(),
        to_pay: draft.lines.iter().map(|offer| offer.meal.decision.to_pay()).sum(),
    }
}

fn meal_view(stored: &Stored, meal: &Meal, name: Option<String>, printed: Printed, shift: Option<ShiftId>) -> MealView {
    let (record, decision) = (&stored.record, &meal.decision);
    MealView {
        record: record.id,
        sequence: record.sequence,
        at: record.at,
        guest: name.is_none(),
        name,
        period: meal.meal.period.clone(),
        mode: meal.meal.mode,
        tender: meal.tender,
        price: decision.price,
        subsidy: decision.total(Kind::Diner),
        concession: decision.total(Kind::Concession),
        delivery_fee: decision.delivery_fee,
        own_payment: decision.own_payment,
        to_pay: decision.to_pay(),
        voided: stored.voided.is_some(),
        printed,
        number: None,
        shift: record.shift,
        here_shift: record.shift.is_some() && record.shift == shift,
        training: matches!(record.body, Body::Training(_)),
        credential: meal.diner.as_ref().map(|diner| diner.credential),
        paper: meal.paper.is_some(),
        collector: meal.collection.map(|collection| collection.by),
        unidentified: meal.unidentified.is_some(),
        reference: meal.reference.clone(),
        doubt: None,
        elsewhere: None,
    }
}

fn refused_view(refusal: &Refusal, price: Option<Fen>) -> StageView {
    let (mut tail, mut since, mut list_at, mut next, mut tomorrow, mut period) = (None, None, None, None, false, None);
    match refusal {
        Refusal::Unreadable(_) | Refusal::OnlyPractice | Refusal::PracticeCard => {}
        Refusal::UnknownCard { tail: t, list_at: l, .. } | Refusal::CardExpired { tail: t, list_at: l } => {
            (tail, list_at) = (Some(t.clone()), Some(*l));
        }
        Refusal::UnknownId { list_at: l, .. } | Refusal::NotActive { list_at: l } => list_at = Some(*l),
        Refusal::CardRevoked { tail: t, since: s, list_at: l } => {
            (tail, since, list_at) = (Some(t.clone()), Some(*s), Some(*l));
        }
        Refusal::OutsideWindow { next: n, tomorrow: t } => (next, tomorrow) = (Some(window_view(n, false)), *t),
        Refusal::NoPrice { period: p } => period = Some(p.clone()),
    }
    let may_keep = refusal.unidentified().is_some();
    StageView::Refused { code: refusal.code(), tail, since, list_at, next, tomorrow, period, price, may_keep }
}
