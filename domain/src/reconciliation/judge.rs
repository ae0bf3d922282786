//! What was charged, what is due by the facts known now, and what is paid.

use serde::{Deserialize, Serialize};

use super::findings::Code;
use super::{DayInput, Elsewhere, Frozen, Held, Prior};
use crate::calendar::UnixMs;
use crate::decision::{Decision, Kind, Line, PolicyRef, Usage};
use crate::elder::{Elder, ElderFacts};
use crate::id::{CanteenId, ElderId, RecordId};
use crate::money::Fen;
pub use crate::policy::Bearer;
use crate::policy::Policy;
use crate::record::{Body, Diner, Meal};
use crate::subsidy::{Why, decide};

/// The judgement on one meal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The meal's record.
    pub record: RecordId,
    /// Who ate.
    pub elder: ElderId,
    /// The policy that covers the canteen on the date.
    pub policy: Option<PolicyRef>,
    /// The policy that it was charged under.
    pub charged_under: Option<PolicyRef>,
    /// The lines as charged at the till.
    pub charged: Vec<Line>,
    /// The lines due by the facts known at the close.
    pub due: Vec<Line>,
    /// The lines that the canteen is paid (concessions included, which nobody pays).
    pub paid: Vec<Line>,
    /// Why charged and due differ, and who carries it.
    pub difference: Option<(Code, Bearer)>,
    /// What the elder paid more than was due, fen: it is to be refunded at a till. Never of a disputed record.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overpaid: Fen,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(amount: &Fen) -> bool {
    amount.is_zero()
}

/// A meal competing for a limit: ours or another canteen's.
struct Claim<'a> {
    record: RecordId,
    canteen: CanteenId,
    at: UnixMs,
    frozen: Frozen,
    disputed: bool,
    meal: &'a Meal,
    elder: ElderId,
    /// Nothing for a meal whose elder was found out later.
    diner: Option<&'a Diner>,
}

/// Judges every meal of the day that names an elder and was not voided; sorted by record id.
pub(super) fn judge(input: &DayInput<'_>, day: &[&Held]) -> Vec<Verdict> {
    let mut claims: Vec<Claim<'_>> = day.iter().filter_map(|h| own(input, h)).collect();
    claims.extend(input.elsewhere.iter().filter_map(|other| foreign(input, other)));
    claims.sort_by_key(|c| (c.elder, c.frozen, c.at, c.record));
    let mut verdicts = Vec::new();
    for elder_claims in claims.chunk_by(|a, b| a.elder == b.elder) {
        if let Some(elder) = input.elders.get(&elder_claims[0].elder) {
            judge_elder(input, elder, elder_claims, &mut verdicts);
        } else {
            let here = elder_claims.iter().filter(|claim| claim.canteen == input.canteen);
            verdicts.extend(here.map(|claim| unknown(input, claim)));
        }
    }
    verdicts.sort_by_key(|v| v.record);
    verdicts
}

/// Who ate, by the record or, where the till could not place the credential, by what was found out since.
fn who(input: &DayInput<'_>, record: RecordId, meal: &Meal) -> Option<ElderId> {
    let named = meal.diner.as_ref().map(|diner| diner.elder);
    named.or_else(|| meal.unidentified.and_then(|_| input.identified.get(&record).copied()))
}

impl<'a> Claim<'a> {
    /// What the record says was charged by benefits. A disputed record says what it likes: lines that do not add up in
    /// themselves, or are of no policy, are none.
    fn charged(&self) -> &'a [Line] {
        let decision = &self.meal.decision;
        let adds_up = |line: &Line| {
            let parts = line.shares.iter().map(|share| share.amount).sum::<Fen>();
            line.amount > Fen::ZERO
                && if line.kind == Kind::Concession { line.shares.is_empty() } else { parts == line.amount }
        };
        let sound = !self.disputed || decision.policy.is_some() && decision.lines.iter().all(adds_up);
        if sound { &decision.lines } else { &[] }
    }
}

fn own<'a>(input: &DayInput<'_>, held: &'a Held) -> Option<Claim<'a>> {
    let Body::Meal(meal) = &held.record.body else { return None };
    let elder = who(input, held.record.id, meal)?;
    (!held.voided).then_some(Claim {
        record: held.record.id,
        canteen: held.record.canteen,
        at: held.record.at,
        frozen: held.frozen,
        disputed: held.disputed,
        meal,
        elder,
        diner: meal.diner.as_ref(),
    })
}

fn foreign<'a>(input: &DayInput<'_>, other: &'a Elsewhere) -> Option<Claim<'a>> {
    let Elsewhere { record, canteen, at, frozen, meal } = other;
    let elder = who(input, *record, meal)?;
    let diner = meal.diner.as_ref();
    Some(Claim { record: *record, canteen: *canteen, at: *at, frozen: *frozen, disputed: false, meal, elder, diner })
}

/// What came before a claim: all uses, and what the tills of the day's own canteen knew, which is what they charged on the
/// day and what was due before it.
#[derive(Default)]
struct Before {
    used: Usage,
    own: Usage,
}

impl Before {
    fn prior(&mut self, prior: &Prior, input: &DayInput<'_>) {
        self.used.add(&prior.policy, &prior.line, prior.date, input.date);
        if prior.canteen == input.canteen {
            self.own.add(&prior.policy, &prior.line, prior.date, input.date);
        }
    }

    fn claim(&mut self, claim: &Claim<'_>, due: &Decision, input: &DayInput<'_>) {
        let date = input.date;
        if let Some(policy) = &due.policy {
            due.lines.iter().for_each(|line| self.used.add(&policy.id, line, date, date));
        }
        if claim.canteen == input.canteen
            && let Some(policy) = &claim.meal.decision.policy
        {
            claim.charged().iter().for_each(|line| self.own.add(&policy.id, line, date, date));
        }
    }
}

/// Decides an elder's meals of the day one after the other, each knowing what the ones before it used.
fn judge_elder(input: &DayInput<'_>, elder: &Elder, claims: &[Claim<'_>], verdicts: &mut Vec<Verdict>) {
    let mut prior: Vec<&Prior> = input.prior.iter().filter(|p| p.elder == elder.id).collect();
    prior.sort_by_key(|p| (p.frozen, p.date));
    let mut prior = prior.into_iter().peekable();
    let mut before = Before::default();
    for claim in claims {
        while let Some(earlier) = prior.next_if(|p| (p.frozen, p.date) < (claim.frozen, input.date)) {
            before.prior(earlier, input);
        }
        let due_here = due(input, elder, claim, &before.used);
        if claim.canteen == input.canteen {
            let elsewhere = only_elsewhere(claim, &due_here, &due(input, elder, claim, &before.own));
            verdicts.push(verdict(input, elder, claim, &due_here, elsewhere));
        }
        before.claim(claim, &due_here.decision, input);
    }
}

/// Whether only uses of other canteens stand in the way of what was charged: by the canteen's own uses alone no line would
/// be lost to a limit.
fn only_elsewhere(claim: &Claim<'_>, due: &Due<'_>, known: &Due<'_>) -> bool {
    let limited =
        |due: &Due<'_>, line: &Line| due.why.iter().any(|(benefit, why)| *benefit == line.benefit && why.is_limit());
    let lost = |line: &&Line| !due.decision.lines.contains(line) && limited(due, line);
    !claim.charged().iter().filter(lost).any(|line| limited(known, line))
}

/// The verdict on a meal of an elder whom the office does not know: as long as nobody says who it was, nothing is due,
/// and the canteen is paid nothing. The elder is not asked for anything either.
fn unknown(input: &DayInput<'_>, claim: &Claim<'_>) -> Verdict {
    let charged = &claim.meal.decision;
    let policy = input.canteens.get(&claim.canteen).and_then(|c| input.rules.policies.covering(&c.region, input.date));
    let (code, bearer) = (Code::UnknownElder, Bearer::Canteen);
    Verdict {
        record: claim.record,
        elder: claim.elder,
        policy: policy.map(|policy| policy.reference().clone()),
        charged_under: charged.policy.clone(),
        charged: claim.charged().to_vec(),
        due: Vec::new(),
        paid: paid(claim.charged(), &[], code, bearer),
        difference: Some((code, bearer)),
        overpaid: Fen::ZERO,
    }
}

/// What is due, and what was asked of the rules to find out.
struct Due<'a> {
    policy: Option<&'a Policy>,
    dead: bool,
    decision: Decision,
    why: Vec<(String, Why)>,
    used: Usage,
}

fn due<'a>(input: &DayInput<'a>, elder: &Elder, claim: &Claim<'_>, used: &Usage) -> Due<'a> {
    let dead = elder.died(input.known).is_some_and(|day| day < input.date);
    let full = Decision::full_price(claim.meal.meal.price);
    let canteen = input.canteens.get(&claim.canteen);
    let policy = canteen.and_then(|c| input.rules.policies.covering(&c.region, input.date));
    let (Some(canteen), Some(policy), false) = (canteen, policy, dead) else {
        return Due { policy, dead, decision: full, why: Vec::new(), used: used.clone() };
    };
    let facts = elder.on(input.date, input.known);
    let place = canteen.on(input.date, input.known);
    let outcome = decide(policy, input.rules.calendar(), &facts, &place, &claim.meal.meal, used);
    Due { policy: Some(policy), dead, decision: outcome.decision, why: outcome.why, used: used.clone() }
}

fn verdict(input: &DayInput<'_>, elder: &Elder, claim: &Claim<'_>, due: &Due<'_>, elsewhere: bool) -> Verdict {
    let charged = &claim.meal.decision;
    let lines = claim.charged();
    let same = lines == due.decision.lines && !claim.disputed;
    let difference = (!same).then(|| {
        let code = code(input, elder, claim, due);
        (code, bearer(input, elder, claim, due, code, elsewhere))
    });
    let paid = match difference {
        None => lines.to_vec(),
        Some((code, bearer)) => paid(lines, &due.decision.lines, code, bearer),
    };
    let overpaid = if claim.disputed { Fen::ZERO } else { (charged.to_pay() - due.decision.to_pay()).or_zero() };
    Verdict {
        record: claim.record,
        elder: elder.id,
        policy: due.decision.policy.clone(),
        charged_under: charged.policy.clone(),
        charged: lines.to_vec(),
        due: due.decision.lines.clone(),
        paid,
        difference,
        overpaid,
    }
}

fn code(input: &DayInput<'_>, elder: &Elder, claim: &Claim<'_>, due: &Due<'_>) -> Code {
    if claim.disputed {
        return Code::Disputed;
    }
    if due.dead {
        return Code::NotEligible;
    }
    if corrected(input, elder, claim, due) {
        return Code::PolicyCorrected;
    }
    let lost: Vec<&Line> = claim.meal.decision.lines.iter().filter(|l| !due.decision.lines.contains(l)).collect();
    let why = |line: &Line| due.why.iter().find(|(benefit, _)| *benefit == line.benefit).map(|(_, why)| why);
    if lost.iter().any(|line| why(line).is_some_and(Why::is_limit)) {
        return Code::OverLimit;
    }
    if lost.iter().any(|line| why(line).is_some_and(Why::is_gate)) {
        return Code::Standing;
    }
    let facts = elder.on(input.date, input.known);
    let ended = lost.iter().any(|line| why(line).is_some_and(Why::is_about_elder));
    let told_otherwise = claim.diner.is_some_and(|diner| diner.facts != facts);
    if ended && told_otherwise { Code::NotEligible } else { Code::StaleDecision }
}

/// Whether the difference is none of the canteen's: it charged by a version that was corrected since, and by that
/// version, with the facts known now, the charge was right or not too much.
fn corrected(input: &DayInput<'_>, elder: &Elder, claim: &Claim<'_>, due: &Due<'_>) -> bool {
    let charged = &claim.meal.decision;
    let Some(canteen) = input.canteens.get(&claim.canteen) else { return false };
    if !input.rules.policies.is_corrected(charged.policy.as_ref(), &canteen.region, input.date) {
        return false;
    }
    let given = |lines: &[Line]| lines.iter().map(|l| l.amount).sum::<Fen>();
    if given(&charged.lines) <= given(&due.decision.lines) {
        return true;
    }
    let Some(policy) = charged.policy.as_ref().and_then(|named| input.rules.policies.by_ref(named)) else {
        return false;
    };
    let (facts, place) = (elder.on(input.date, input.known), canteen.on(input.date, input.known));
    let then = decide(policy, input.rules.calendar(), &facts, &place, &claim.meal.meal, &due.used);
    then.decision.lines == charged.lines
}

/// Who carries a difference: the policy says so for what the till could not know, the canteen carries the rest.
fn bearer(
    input: &DayInput<'_>,
    elder: &Elder,
    claim: &Claim<'_>,
    due: &Due<'_>,
    code: Code,
    elsewhere: bool,
) -> Bearer {
    if code == Code::PolicyCorrected {
        return Bearer::Programme;
    }
    let Some(policy) = due.policy else { return Bearer::Canteen };
    match code {
        Code::OverLimit if elsewhere => policy.bearers().double,
        Code::NotEligible | Code::StaleDecision | Code::Standing if honest(input, elder, claim) => {
            policy.bearers().stale_facts
        }
        _ => Bearer::Canteen,
    }
}

/// Whether the record's facts of the elder are what the office itself knew when it made the roster that it names. A
/// till that could not tell who ate has said nothing wrong.
fn honest(input: &DayInput<'_>, elder: &Elder, claim: &Claim<'_>) -> bool {
    let Some(diner) = claim.diner else { return true };
    let told: ElderFacts = elder.on(input.date, diner.roster);
    told == diner.facts && elder.died(diner.roster).is_none_or(|day| day >= input.date)
}

/// What the canteen is paid, kind by kind. What a diner was charged is never paid back by the canteen: a diner who
/// was given too little is paid at a till later, so too little stays as charged here. Where the policy was corrected the
/// programme bears what diners were given too much, and the canteen is paid what is due of the other kinds.
fn paid(charged: &[Line], due: &[Line], code: Code, bearer: Bearer) -> Vec<Line> {
    let mut paid = Vec::new();
    for kind in [Kind::Diner, Kind::Concession, Kind::Operator, Kind::Delivery] {
        let of = |lines: &[Line]| lines.iter().filter(|l| l.kind == kind).cloned().collect::<Vec<_>>();
        let (charged, due) = (of(charged), of(due));
        let sum = |lines: &[Line]| lines.iter().map(|l| l.amount).sum::<Fen>();
        let borne = bearer == Bearer::Programme && (kind == Kind::Diner || code != Code::PolicyCorrected);
        let as_charged = match sum(&charged).cmp(&sum(&due)) {
            _ if kind == Kind::Concession => true,
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => borne,
            std::cmp::Ordering::Less => kind == Kind::Diner,
        };
        paid.extend(if as_charged { charged } else { due });
    }
    paid
}
