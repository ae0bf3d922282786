//! A region's month from its draft to its approval by a second person.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::calendar::{BusinessDate, Month, UnixMs};
use domain::id::{CanteenId, Digest, Entropy, StatementId, UserId};
use domain::ledger::of_statement as postings;
use domain::record::check::Rulebook;
use domain::region::RegionCode;
use domain::settlement::compare::marked_change;
use domain::settlement::{Action, MonthInput, MonthState, NotAllowed, Role, Statement, next_state, settle_month};

use crate::audit::{Act, Action as Entered};
use crate::claims::{self, ClaimsView};
use crate::close::{CloseReport, close_days};
use crate::error::Error;
use crate::rulings;
use crate::store::explanations::{self, Explanation};
use crate::store::months::{self, Settlement, Settles, State, StoredStatement};
use crate::store::{Json, Store, Tx, audit, findings, holds, ledger, settings};
use crate::words::{Code, settlement as words};

/// Who acts, and as what.
#[derive(Clone, Copy, Debug)]
pub struct Actor {
    /// The person.
    pub user: UserId,
    /// The role in the region.
    pub role: Role,
}

/// A region's month with its statements, by number.
#[derive(Clone, Debug)]
pub struct MonthView {
    /// Where the month stands.
    pub settlement: Settlement,
    /// The statements of the current draft.
    pub statements: Vec<StoredStatement>,
    /// What stands in the way of submitting: canteen (nothing for the region's own) and, in words, why.
    pub in_the_way: Vec<(Option<CanteenId>, String)>,
    /// The same as data, in the same order.
    pub obstacles: Vec<(Option<CanteenId>, Obstacle)>,
    /// What its claims were held against; nothing of a draft that was made before any were.
    pub claims: Option<ClaimsView>,
    /// Canteens whose month differs from the month before by more than needs no words, in the order of statements.
    pub changes: Vec<Changed>,
    /// The statements of the month before, by canteen.
    pub before: BTreeMap<CanteenId, Statement>,
    /// Whether a third person signs it after the checker.
    pub third: bool,
}

/// A month that differs from the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The canteen.
    pub canteen: CanteenId,
    /// Subsidies a day, thousandths.
    pub change: i64,
    /// Why, where the maker has explained this very change.
    pub explanation: Option<Explanation>,
}

/// What stands in the way of submitting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Some terminal's records of these days are missing.
    Incomplete(Vec<BusinessDate>),
    /// Numbers of blocking findings that nobody has decided.
    Blocking(Vec<String>),
    /// Findings of these days were ruled on after the draft.
    RuledSince(Vec<BusinessDate>),
    /// The draft was taken back to be made again and was not made: its days are settled by nothing.
    TakenBack,
    /// The month differs so much a day, thousandths, from the one before, and nobody has said why.
    Unexplained(i64),
    /// Numbers of claims of the region's month beyond those entitled, blocking, that nobody has decided.
    OverClaimed(Vec<String>),
}

impl Obstacle {
    /// In words; nothing where nothing stands in the way.
    fn words(&self) -> Option<String> {
        match self {
            Self::Incomplete(days) => words::incomplete_days(days),
            Self::Blocking(numbers) => words::blocking_findings(numbers),
            Self::RuledSince(days) => words::ruled_since(days),
            Self::TakenBack => Some(words::DRAFT_UNFINISHED.to_owned()),
            Self::Unexplained(change) => Some(words::unexplained(*change)),
            Self::OverClaimed(numbers) => crate::words::claims::in_the_way(numbers),
        }
    }
}

fn refused(reason: NotAllowed) -> Error {
    Error::refused(words::month_code(reason), words::month_refusal(reason))
}

/// The month as it stands, if it was ever drafted.
pub async fn view(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Option<MonthView>, Error> {
    let Some(settlement) = months::settlement(tx, region, month).await? else { return Ok(None) };
    let statements = months::statements(tx, &settlement).await?;
    let settled = months::settled_counts(tx, &settlement).await?;
    let mut found = Vec::new();
    let ruled_since = findings::ruled_inside(tx, region, settlement.drafted_at).await?;
    for statement in &statements {
        let reconciliation = &statement.content.0.reconciliation;
        let blocking = rulings::undecided(tx, statement).await?;
        found.push((Some(statement.canteen), Obstacle::Incomplete(reconciliation.incomplete.clone())));
        found.push((Some(statement.canteen), Obstacle::Blocking(blocking)));
        let state = settlement.state.0;
        if matches!(state, MonthState::Drafted | MonthState::Submitted | MonthState::Checked) {
            if settled.get(&statement.id).copied().unwrap_or_default() != statement.content.0.settles.len() {
                found.push((Some(statement.canteen), Obstacle::TakenBack));
            }
            if ruled_since.contains(&statement.canteen) {
                let ruled = rulings::changed_since(tx, statement, settlement.drafted_at).await?;
                found.push((Some(statement.canteen), Obstacle::RuledSince(ruled)));
            }
        }
    }
    let before = before(tx, &settlement, &statements).await?;
    let changes = changes(tx, &settlement, &statements, &before).await?;
    if settlement.state.0 == MonthState::Drafted {
        let unexplained = changes.iter().filter(|changed| changed.explanation.is_none());
        found.extend(unexplained.map(|changed| (Some(changed.canteen), Obstacle::Unexplained(changed.change))));
    }
    let claims = claims::view(tx, &settlement).await?;
    if let Some(claims) = &claims {
        found.push((None, Obstacle::OverClaimed(claims.blocking())));
    }
    let (mut in_the_way, mut obstacles) = (Vec::new(), Vec::new());
    for (canteen, obstacle) in found {
        if let Some(why) = obstacle.words() {
            in_the_way.push((canteen, why));
            obstacles.push((canteen, obstacle));
        }
    }
    let third = asks_for_third(tx, &settlement).await?;
    Ok(Some(MonthView { settlement, statements, in_the_way, obstacles, claims, changes, before, third }))
}

/// The statements of the month before, by canteen: of one canteen alone only that one's is read.
pub async fn before(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: &[StoredStatement],
) -> Result<BTreeMap<CanteenId, Statement>, Error> {
    let (month, only) = (settlement.month.previous(), if let [one] = statements { Some(one.canteen) } else { None });
    if month >= settlement.month {
        return Ok(BTreeMap::new());
    }
    months::by_canteen(tx, &settlement.region, month, only).await
}

/// What differs from the month `before` beyond the mark, with what was said of it. An explanation is of the change that it
/// was given for: where a new draft changes otherwise, somebody has to explain anew.
pub async fn changes(
    tx: &mut Tx,
    settlement: &Settlement,
    statements: &[StoredStatement],
    before: &BTreeMap<CanteenId, Statement>,
) -> Result<Vec<Changed>, Error> {
    if before.is_empty() {
        return Ok(Vec::new());
    }
    let said = explanations::last(tx, &settlement.region, settlement.month).await?;
    let changed = |now: &StoredStatement| {
        let change = marked_change(&now.content.0, before.get(&now.canteen)?)?;
        let explanation = said.iter().find(|said| said.canteen == now.canteen && said.change == change).cloned();
        Some(Changed { canteen: now.canteen, change, explanation })
    };
    Ok(statements.iter().filter_map(changed).collect())
}

/// Explains why a canteen's drafted month differs from the month before.
///
/// Refused to who does not make the month, when it is not drafted, and where nothing has to be explained.
pub async fn explain(
    store: &Store,
    region: &RegionCode,
    month: Month,
    canteen: CanteenId,
    words: String,
    actor: Actor,
    now: UnixMs,
) -> Result<MonthView, Error> {
    let region = region.clone();
    store
        .write_serializable_audited(move |tx| {
            let (region, words) = (region.clone(), words.clone());
            Box::pin(async move {
                let view = current(tx, &region, month).await?;
                if actor.role != Role::FinanceMaker {
                    return Err(refused(NotAllowed::Role(Role::FinanceMaker)));
                }
                if view.settlement.state.0 != MonthState::Drafted {
                    return Err(refused(NotAllowed::State(view.settlement.state.0)));
                }
                let nothing = || Error::refused(Code::Conflict, words::nothing_to_explain());
                let change = view.changes.iter().find(|c| c.canteen == canteen).ok_or_else(nothing)?.change;
                let last = explanations::last(tx, &region, month).await?;
                let number = last.iter().find(|said| said.canteen == canteen).map_or(1, |said| said.number + 1);
                let new = Explanation { canteen, number, change, words, explained_by: actor.user, explained_at: now };
                explanations::add(tx, &region, month, &new).await?;
                let act = entered(Entered::MonthExplain, actor, &view).with("canteen", canteen.to_string());
                act.with("change", change).done(tx, now).await?;
                current(tx, &region, month).await
            })
        })
        .await
}

pub(crate) async fn current(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<MonthView, Error> {
    let missing = || Error::refused(Code::Conflict, words::month_not_drafted(month));
    view(tx, region, month).await?.ok_or_else(missing)
}

/// Makes the month's statements: takes an earlier draft back, closes what waits, sums, and freezes.
///
/// Refused when the month is submitted or approved, when an earlier month of the region is not approved yet, and when
/// somebody else drafted it meanwhile.
pub async fn draft(
    store: &Store,
    rules: &Arc<Rulebook>,
    entropy: &Arc<dyn Entropy>,
    region: &RegionCode,
    month: Month,
    actor: Actor,
    now: UnixMs,
) -> Result<(MonthView, CloseReport), Error> {
    let to_release = region.clone();
    let taken_back =
        store.write_serializable(move |tx| Box::pin(take_back(tx, to_release.clone(), month, actor, now))).await?;
    kill_point!("server.draft.taken-back");
    let report = close_days(store, rules, now).await?;
    kill_point!("server.draft.closed");
    let (of, book) = (region.clone(), Arc::clone(rules));
    let ahead = store.read(move |tx| Box::pin(async move { claims::ahead(tx, &of, month, &book, now).await })).await?;
    let ahead = Arc::new(ahead);
    let (region, rules, entropy) = (region.clone(), Arc::clone(rules), Arc::clone(entropy));
    let view = store
        .write_serializable_audited(move |tx| {
            let (region, rules, entropy) = (region.clone(), Arc::clone(&rules), Arc::clone(&entropy));
            let ahead = Arc::clone(&ahead);
            Box::pin(async move {
                let last = allowed_to_draft(tx, &region, month, actor).await?.map_or(0, |s| s.version);
                if last != taken_back {
                    // Its days were not taken back: they would be settled twice.
                    return Err(Error::refused(Code::Conflict, words::month_changed_meanwhile()));
                }
                // A canteen that another region settled until now may have statements of the month.
                let canteens = canteens_of(tx, &region, month).await?;
                let version = last.max(months::last_version(tx, month, &canteens).await?) + 1;
                let draft = Draft { region: &region, month, version, rules: &rules, entropy: &*entropy, actor, now };
                draft.save(tx, (*ahead).as_ref()).await?;
                let view = current(tx, &region, month).await?;
                let act = entered(Entered::MonthDraft, actor, &view);
                let act = match &view.claims {
                    Some(of) => act.with("claims", of.claims.digest().to_string()),
                    None => act,
                };
                act.done(tx, now).await?;
                Ok(view)
            })
        })
        .await?;
    Ok((view, report))
}

/// What is entered in the audit log of a month's step.
fn entered(action: Entered, actor: Actor, view: &MonthView) -> Act {
    let Settlement { region, month, version, digest, .. } = &view.settlement;
    let act = Act::new(actor.user, action, format!("month:{region}/{month}"));
    act.with("version", *version).with("digest", digest.to_string())
}

/// Takes the draft back that there is. Answers its version, 0 for none.
async fn take_back(tx: &mut Tx, region: RegionCode, month: Month, actor: Actor, now: UnixMs) -> Result<i64, Error> {
    let Some(settlement) = allowed_to_draft(tx, &region, month, actor).await? else { return Ok(0) };
    if canteens_of(tx, &region, month).await?.is_empty() {
        // Regions set up since settle all of them: what was drafted for them here stays, and can be approved.
        return Err(Error::refused(Code::Conflict, words::region_without_canteens(&region)));
    }
    months::release(tx, &settlement, now).await?;
    Ok(settlement.version)
}

async fn canteens_of(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Vec<CanteenId>, Error> {
    Ok(months::canteens(tx, region, Some(month)).await?.into_iter().map(|(canteen, _)| canteen).collect())
}

/// Whether the actor may draft the month; answers with the draft that there is.
async fn allowed_to_draft(
    tx: &mut Tx,
    region: &RegionCode,
    month: Month,
    actor: Actor,
) -> Result<Option<Settlement>, Error> {
    let settlement = months::settlement(tx, region, month).await?;
    let state = settlement.as_ref().map_or(MonthState::Open, |s| s.state.0);
    next_state(state, Action::Draft, actor.user, actor.role).map_err(refused)?;
    if let Some(earlier) = months::unapproved_before(tx, region, month).await?.first() {
        return Err(Error::refused(Code::Conflict, words::earlier_month_open(*earlier)));
    }
    if let Some(later) = months::drafted_after(tx, region, month).await? {
        return Err(Error::refused(Code::Conflict, words::later_month_drafted(later)));
    }
    let canteens = canteens_of(tx, region, month).await?;
    if let Some((other, of, approved)) = months::settled_elsewhere(tx, region, month, &canteens).await? {
        return Err(Error::refused(Code::Conflict, words::settled_elsewhere(&other, of, approved)));
    }
    Ok(settlement)
}

struct Draft<'a> {
    region: &'a RegionCode,
    month: Month,
    version: i64,
    rules: &'a Rulebook,
    entropy: &'a dyn Entropy,
    actor: Actor,
    now: UnixMs,
}

impl Draft<'_> {
    async fn save(&self, tx: &mut Tx, ahead: Option<&claims::Ahead>) -> Result<(), Error> {
        let canteens = months::canteens(tx, self.region, Some(self.month)).await?;
        if canteens.is_empty() {
            return Err(Error::refused(Code::Conflict, words::region_without_canteens(self.region)));
        }
        let mut drafted = Vec::with_capacity(canteens.len());
        let mut now = self.now;
        for (canteen, _) in &canteens {
            // The draft is of after the rulings and releases that it knows.
            for known in [findings::last_ruled(tx, *canteen).await?, holds::last_released(tx, *canteen).await?] {
                now = known.map_or(now, |known| now.max(known));
            }
        }
        for (index, (canteen, name)) in canteens.iter().enumerate() {
            let made = self.statement(tx, *canteen, (index + 1, canteens.len())).await;
            drafted.push(made.map_err(|error| of_canteen(error, *canteen, name))?);
        }
        let digest = digest_of(drafted.iter().map(|(statement, _)| statement.digest));
        let settlement = Settlement {
            region: self.region.clone(),
            month: self.month,
            version: self.version,
            state: State(MonthState::Drafted),
            digest,
            drafted_by: self.actor.user,
            drafted_at: now,
            submitted_by: None,
            submitted_at: None,
            approved_by: None,
            approved_at: None,
            signed_by: None,
            signed_at: None,
            returned_reason: None,
        };
        let place = months::save_settlement(tx, &settlement).await?;
        for (statement, settles) in &drafted {
            months::save_statement(tx, statement, settles, place).await?;
            kill_point!("server.draft.between-statements");
        }
        claims::draft(tx, &settlement, drafted.iter().map(|(s, _)| &s.content.0), self.rules, ahead).await?;
        months::touch_competing(tx, &settlement, self.now).await
    }

    async fn statement(
        &self,
        tx: &mut Tx,
        canteen: CanteenId,
        (place, of): (usize, usize),
    ) -> Result<(StoredStatement, Vec<Settles>), Error> {
        let left_out = months::left_out(tx, canteen, self.month).await?;
        let is_left_out = |day: &BusinessDate| left_out.iter().any(|(left, _)| left == day);
        let (closes, mut incomplete) = months::month_closes(tx, canteen, self.month).await?;
        let closes: Vec<_> = closes.into_iter().filter(|(_, close)| !is_left_out(&close.date)).collect();
        incomplete.retain(|day| !is_left_out(day));
        let mut reopened = months::reopened(tx, canteen, self.month).await?;
        let carried = months::carried(tx, canteen, self.month).await?;
        let rulings = findings::rulings(tx, canteen, UnixMs::MAX).await?;
        let decided = rulings.keys().cloned().collect();
        let days = closes.iter().map(|(revision, close)| (*revision, close));
        let days = days.chain(reopened.iter().map(|(revision, day)| (*revision, &day.now)));
        let deducted = rulings::deducted(tx, days, &rulings).await?;
        let taken = |date: BusinessDate| deducted.get(&date).cloned().unwrap_or_default();
        // Somebody has ruled about the day, and nothing follows from it.
        reopened.retain(|(_, day)| day.settled.as_ref() != Some(&day.now) || day.taken != taken(day.now.date));
        let settled = |date, revision| Settles { date, revision, taken: taken(date) };
        let settles = closes.iter().map(|(revision, close)| settled(close.date, *revision));
        let settles = settles.chain(reopened.iter().map(|(revision, day)| settled(day.now.date, *revision))).collect();
        let days: Vec<_> = closes.into_iter().map(|(_, close)| close).collect();
        let reopened: Vec<_> = reopened.into_iter().map(|(_, day)| day).collect();
        let input = MonthInput {
            canteen,
            month: self.month,
            days: &days,
            incomplete: &incomplete,
            left_out: &left_out,
            reopened: &reopened,
            carried: &carried,
            decided: &decided,
            deducted: &deducted,
            released: &holds::released(tx, canteen, self.month, UnixMs::MAX).await?,
            rules: self.rules,
        };
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| settle_month(&input)));
        let content = made.map_err(|_| Error::Internal("the month's statement does not add up".to_owned()))?;
        let statement = StoredStatement {
            id: StatementId::generate(self.now, self.entropy),
            region: self.region.clone(),
            month: self.month,
            version: self.version,
            canteen,
            number: statement_number(self.region, self.month, place, of),
            digest: content.digest(),
            payable: content.payable(),
            content: Json(content),
            approved: 0,
        };
        Ok((statement, settles))
    }
}

/// What cannot be read or does not add up is of one canteen: whoever drafts is told which.
pub(crate) fn of_canteen(error: Error, canteen: CanteenId, name: &str) -> Error {
    match error {
        Error::Corrupt(_) | Error::Internal(_) => {
            tracing::error!(%canteen, %error, "a canteen's statement cannot be made");
            Error::refused(Code::Conflict, words::canteen_unreadable(name))
        }
        other => other,
    }
}

/// `JS-4403-202603-001`: region, month, and the canteen's place in the region's list of so many. All of a list have as many
/// digits, so that their order is the same as of texts.
fn statement_number(region: &RegionCode, month: Month, place: usize, of: usize) -> String {
    let ((year, month), digits) = (month.ym(), of.to_string().len().max(3));
    format!("JS-{region}-{year:04}{month:02}-{place:0digits$}")
}

/// The digest of a month: of its statements' digests, in the order of their numbers.
#[must_use]
pub fn digest_of(statements: impl Iterator<Item = Digest>) -> Digest {
    let bytes: Vec<u8> = statements.flat_map(|digest| digest.0).collect();
    Digest::of("zhucan.settlement.1", &[&bytes])
}

/// Hands the month to a checker.
///
/// Refused while a day is incomplete and not left out, or a blocking finding is undecided.
pub async fn submit(
    store: &Store,
    region: &RegionCode,
    month: Month,
    actor: Actor,
    now: UnixMs,
) -> Result<MonthView, Error> {
    advance(store, region, month, actor, None, now, |view| Action::Submit { ready: view.in_the_way.is_empty() }).await
}

/// Hands the month back to its maker with a reason.
pub async fn send_back(
    store: &Store,
    region: &RegionCode,
    month: Month,
    actor: Actor,
    reason: String,
    now: UnixMs,
) -> Result<MonthView, Error> {
    advance(store, region, month, actor, Some(reason), now, |_| Action::SendBack).await
}

/// Approves what was seen: `seen` is the digest that the checker was shown. Where the region asked for a third person
/// when the month was submitted, it waits for that one's signature from now on.
///
/// Refused when the checker submitted the month or when the statements changed since they were shown.
pub async fn approve(
    store: &Store,
    region: &RegionCode,
    month: Month,
    actor: Actor,
    seen: Digest,
    now: UnixMs,
) -> Result<MonthView, Error> {
    advance(store, region, month, actor, None, now, move |view| Action::Approve {
        seen,
        stored: view.settlement.digest,
        makers: makers(&view.settlement),
        third: view.third,
    })
    .await
}

/// Signs, as a third person, what the checker approved: `seen` is the digest that was shown. The month is approved then.
///
/// Refused to who made or approved it, and where it does not wait for such a signature.
pub async fn sign(
    store: &Store,
    region: &RegionCode,
    month: Month,
    actor: Actor,
    seen: Digest,
    now: UnixMs,
) -> Result<MonthView, Error> {
    advance(store, region, month, actor, None, now, move |view| {
        let [drafted_by, submitted_by] = makers(&view.settlement);
        let others = [drafted_by, submitted_by, view.settlement.approved_by.unwrap_or(drafted_by)];
        Action::Sign { seen, stored: view.settlement.digest, others }
    })
    .await
}

/// Who drafted the month and who submitted it.
fn makers(settlement: &Settlement) -> [UserId; 2] {
    [settlement.drafted_by, settlement.submitted_by.unwrap_or(settlement.drafted_by)]
}

/// Whether the region asked for a third signature when the month was submitted: who approves it cannot change that.
async fn asks_for_third(tx: &mut Tx, settlement: &Settlement) -> Result<bool, Error> {
    let Some(at) = settlement.submitted_at else { return Ok(false) };
    Ok(settings::of_place(tx, &settlement.region, at.business_date(), at).await?.third_signature)
}

async fn advance(
    store: &Store,
    region: &RegionCode,
    month: Month,
    actor: Actor,
    reason: Option<String>,
    now: UnixMs,
    action: impl Fn(&MonthView) -> Action + Clone + Send + Sync + 'static,
) -> Result<MonthView, Error> {
    let region = region.clone();
    store
        .write_serializable_audited(move |tx| {
            let (region, action, reason) = (region.clone(), action.clone(), reason.clone());
            Box::pin(async move {
                let view = current(tx, &region, month).await?;
                let state = view.settlement.state.0;
                let next = next_state(state, action(&view), actor.user, actor.role).map_err(|reason| match reason {
                    NotAllowed::NotReady => Error::refused(Code::Conflict, words::in_the_way(&view.in_the_way)),
                    other => refused(other),
                })?;
                let unfinished = view.obstacles.iter().any(|(_, obstacle)| *obstacle == Obstacle::TakenBack);
                if unfinished && matches!(next, MonthState::Checked | MonthState::Approved) {
                    return Err(Error::refused(Code::Conflict, words::DRAFT_UNFINISHED));
                }
                let done = months::advance(tx, &view.settlement, next, actor.user, reason.as_deref(), now).await?;
                kill_point!("server.month.advanced");
                if !done {
                    return Err(Error::refused(Code::Conflict, words::month_changed_meanwhile()));
                }
                if next == MonthState::Approved {
                    for statement in &view.statements {
                        ledger::add(tx, statement.id, &postings(&statement.content.0), now).await?;
                    }
                }
                let what = match next {
                    MonthState::Approved if state == MonthState::Checked => Entered::MonthSign,
                    MonthState::Checked | MonthState::Approved => Entered::MonthApprove,
                    MonthState::Submitted => Entered::MonthSubmit,
                    MonthState::Open | MonthState::Drafted => Entered::MonthSendBack,
                };
                let head = entered(what, actor, &view).done(tx, now).await?;
                if next == MonthState::Approved {
                    audit::keep_month(tx, &region, month, head).await?;
                }
                current(tx, &region, month).await
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_the_order_of_their_texts() {
        let numbers = |of: usize| -> Vec<String> {
            let (region, month) = ("4403".parse().unwrap(), "2026-03".parse().unwrap());
            (1..=of).map(|place| statement_number(&region, month, place, of)).collect()
        };
        assert_eq!(numbers(2), ["JS-4403-202603-001", "JS-4403-202603-002"]);
        assert!(numbers(999).is_sorted() && numbers(1_001).is_sorted());
    }
}
