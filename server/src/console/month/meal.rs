//! One meal: how its price came about, who pays, the record that was signed for it, and four things that are proved
//! while the page is made.

use domain::decision::{Decision, Kind};
use domain::id::{Digest, RecordId, StatementId};
use domain::money::Fen;
use domain::reconciliation::{DayClose, Verdict};
use domain::record::check::check;
use domain::record::encoding::SignedRecord;
use domain::record::{Body, Meal, Record};
use domain::subsidy::{decide, gates_in_force};
use domain::words::{gate_sentence, kind_name, mode_name, period_name};
use ed25519_dalek::VerifyingKey;

use super::say;
use super::words::Words;
use crate::Error;
use crate::console::fmt;
use crate::console::lang::{Lang, fill};
use crate::names::mask;
use crate::statements::{Dossier, verdicts};
use crate::store::records::{self, Journal};
use crate::store::{Tx, canteens, overview, terminals};
use crate::words::{Code, settlement as paper};

/// A line of the decision.
pub(super) struct Line {
    /// `tick`, `dash` or nothing.
    pub(super) mark: &'static str,
    pub(super) label: String,
    pub(super) why: String,
    pub(super) amount: String,
    /// Whether it is what the elder pays.
    pub(super) own: bool,
}

/// Something proved.
pub(super) struct Proof {
    pub(super) holds: bool,
    pub(super) text: String,
}

/// The drawer.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) chip: &'static str,
    pub(super) look: &'static str,
    pub(super) lines: Vec<Line>,
    /// What the day close found, if it differs.
    pub(super) judged: Option<String>,
    pub(super) shares: String,
    pub(super) record: Vec<(&'static str, String)>,
    pub(super) proofs: Vec<Proof>,
}

impl Shown {
    pub(super) fn all_hold(&self) -> bool {
        self.proofs.iter().all(|proof| proof.holds)
    }
}

/// A meal with all that is said of it.
struct Found<'a> {
    dossier: &'a Dossier,
    signed: SignedRecord,
    record: Record,
    verdict: Verdict,
    close: &'a DayClose,
    elder: String,
    cashier: Option<String>,
    disputed: bool,
    signature: bool,
    chain: bool,
    /// The statements in which the meal is settled for the first time.
    settled_in: Vec<(StatementId, String)>,
}

fn unknown() -> Error {
    Error::refused(Code::NotFound, paper::no_such_statement())
}

/// The meal with everything that is proved of it.
///
/// Refused when the statement does not settle it.
pub(super) async fn show(tx: &mut Tx, dossier: &Dossier, id: RecordId, lang: Lang) -> Result<Shown, Error> {
    let canteen = dossier.stored.canteen;
    let (signed, outcome) = records::get(tx, canteen, id).await?.ok_or_else(unknown)?;
    let record = domain::record::encoding::decode(&signed.record).map_err(|e| Error::Corrupt(e.to_string()))?;
    let date = record.business_date();
    let close = dossier.days.iter().map(|day| &day.close).find(|close| close.date == date).ok_or_else(unknown)?;
    let of_day = verdicts(tx, dossier.stored.id, date).await?;
    let verdict = of_day.now.into_iter().find(|v| v.record == id).ok_or_else(unknown)?;
    let eaten = overview::eaten(tx, canteen, date).await?;
    let terminal = terminals::get(tx, record.terminal).await?;
    let key = terminal.and_then(|terminal| VerifyingKey::from_bytes(&terminal.public_key.0).ok());
    let cashiers = canteens::cashiers(tx, canteen).await?;
    let cashier = cashiers.into_iter().find(|c| Some(c.id) == record.cashier).map(|c| c.name);
    let found = Found {
        signature: key.is_some_and(|key| signed.verify(&key).is_ok()),
        chain: follows(tx, &record, signed.hash()).await?,
        settled_in: first_settled(tx, &verdict, &record).await?,
        elder: eaten.get(&id).map_or_else(|| "*".to_owned(), |eaten| mask(&eaten.name)),
        disputed: !matches!(outcome, domain::sync::Outcome::Accepted),
        dossier,
        signed,
        record,
        verdict,
        close,
        cashier,
    };
    Ok(found.shown(lang))
}

/// Whether the record before it and the one after it hold on to it.
async fn follows(tx: &mut Tx, record: &Record, hash: Digest) -> Result<bool, Error> {
    let journal = Journal { canteen: record.canteen, terminal: record.terminal, epoch: record.epoch };
    let (from, to) = (record.sequence.saturating_sub(1), record.sequence + 1);
    let held = records::between(tx, journal, from, to).await?;
    let at = |sequence: u64| held.iter().find(|row| row.sequence == sequence).map(|row| row.hash);
    let before = match record.sequence {
        0 => record.previous == Digest::ZERO,
        n => at(n - 1) == Some(record.previous),
    };
    let after = records::decoded(tx, journal, to, to).await?;
    let after = after.first().is_none_or(|next| next.previous == hash);
    Ok(before && at(record.sequence) == Some(hash) && after)
}

/// The statements in which a meal is counted for the first time: one, or something is counted twice.
async fn first_settled(tx: &mut Tx, verdict: &Verdict, record: &Record) -> Result<Vec<(StatementId, String)>, Error> {
    let settled = overview::settlements_of_day(tx, record.canteen, record.business_date()).await?;
    let mut first = Vec::new();
    let mut known = None;
    for (statement, number, month, of_day) in settled {
        let there = of_day.iter().any(|v| v.record == verdict.record);
        if there && known.is_none_or(|known| known == month) {
            first.push((statement, number));
            known = Some(month);
        }
    }
    Ok(first)
}

impl Found<'_> {
    fn meal(&self) -> Option<&Meal> {
        match &self.record.body {
            Body::Meal(meal) => Some(meal),
            _ => None,
        }
    }

    fn shown(&self, lang: Lang) -> Shown {
        let w = Words::of(lang);
        let date = self.record.business_date();
        let period = self.meal().map(|meal| period_name(&meal.meal.period, lang.domain())).unwrap_or_default();
        let (chip, look) = match (&self.verdict.difference, self.disputed) {
            (_, true) => (w.meal_disputed, "chip-bad"),
            (Some(_), _) => (w.meal_differs, "chip-warn"),
            (None, false) => (w.meal_good, "chip-ok"),
        };
        Shown {
            title: format!("{} {} {period} {}", self.elder, fmt::day(date, lang), fmt::hm(self.record.at)),
            chip,
            look,
            lines: self.meal().map(|meal| self.lines(meal, lang)).unwrap_or_default(),
            judged: self.judged(lang),
            shares: self.shares(lang),
            record: self.facts(lang),
            proofs: self.proofs(w),
        }
    }

    /// The decision line by line: what was applied, and why the rest was not.
    fn lines(&self, meal: &Meal, lang: Lang) -> Vec<Line> {
        let (w, l) = (Words::of(lang), lang.domain());
        let plain = |mark, label: String, why: String, amount: String| Line { mark, label, why, amount, own: false };
        let (period, mode) = (period_name(&meal.meal.period, l), mode_name(meal.meal.mode, l));
        let mut lines = vec![plain("", w.price.to_owned(), format!("{period} {mode}"), fmt::yuan(&meal.meal.price))];
        let own = Line {
            mark: "",
            label: w.own_payment.to_owned(),
            why: String::new(),
            amount: fmt::yuan(&meal.decision.own_payment),
            own: true,
        };
        let rules = &self.dossier.rules;
        let policy = meal.decision.policy.as_ref().and_then(|of| rules.policies.by_ref(of));
        let (Some(policy), Some(diner)) = (policy, &meal.diner) else {
            lines.push(own);
            return lines;
        };
        let calendar = rules.calendar_of(&diner.calendar).unwrap_or_else(|| rules.calendar());
        let outcome = decide(policy, calendar, &diner.facts, &diner.canteen, &meal.meal, &diner.used);
        let told = |kinds: [Kind; 2], sign: fn(Fen) -> Fen| {
            let of = |benefit: &domain::policy::Benefit| {
                let applied = meal.decision.lines.iter().find(|line| line.benefit == benefit.id);
                let why = outcome.why.iter().find(|(id, _)| *id == benefit.id).map(|(_, why)| why.sentence(l, policy));
                match (applied, why) {
                    (Some(line), _) => {
                        let kind = Some(kind_name(line.kind, l))
                            .filter(|kind| *kind != benefit.label)
                            .unwrap_or_default()
                            .to_owned();
                        Some(plain("tick", benefit.label.clone(), kind, fmt::change(&sign(line.amount))))
                    }
                    (None, Some(why)) => Some(plain("dash", benefit.label.clone(), why, "—".to_owned())),
                    (None, None) => None,
                }
            };
            policy.benefits().iter().filter(|b| kinds.contains(&b.kind)).filter_map(of).collect::<Vec<_>>()
        };
        lines.extend(told([Kind::Diner, Kind::Concession], |amount| -amount));
        if !meal.decision.delivery_fee.is_zero() {
            lines.push(plain("", w.delivery_fee.to_owned(), String::new(), fmt::change(&meal.decision.delivery_fee)));
        }
        lines.push(own);
        lines.extend(told([Kind::Operator, Kind::Delivery], |amount| amount));
        let acting = gates_in_force(policy, &diner.canteen, meal.meal.date);
        for gate in &acting {
            let sentence = policy.gates().get(gate.index).map(|gate| gate_sentence(gate, l)).unwrap_or_default();
            lines.push(plain("dash", w.gate.to_owned(), sentence, w.gate_acts.to_owned()));
        }
        if acting.is_empty() && !policy.gates().is_empty() {
            let grade = say::letter(lang, &self.close.grade);
            let why = fill(w.grade_that_day, &[("grade", &grade)]);
            lines.push(plain("tick", w.gate.to_owned(), why, w.gate_passes.to_owned()));
        }
        lines
    }

    /// What the day close says where it does not agree with the till.
    fn judged(&self, lang: Lang) -> Option<String> {
        let w = Words::of(lang);
        let (code, _) = self.verdict.difference?;
        let sum = |lines: &[domain::decision::Line]| -> Fen {
            lines.iter().filter(|l| l.kind != Kind::Concession).map(|l| l.amount).sum()
        };
        let (charged, paid) = (sum(&self.verdict.charged), sum(&self.verdict.paid));
        let (charged, paid) = (fmt::yuan(&charged), fmt::yuan(&paid));
        Some(fill(w.judged, &[("why", &say::finding(lang, code)), ("charged", &charged), ("paid", &paid)]))
    }

    /// `市 2.50 / 区 1.50 = ¥4.00`.
    fn shares(&self, lang: Lang) -> String {
        let mut sums: Vec<(String, Fen)> = Vec::new();
        for share in self.verdict.paid.iter().flat_map(|line| &line.shares) {
            let name = say::payer(lang, &share.payer, None);
            match sums.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += share.amount,
                None => sums.push((name, share.amount)),
            }
        }
        let total: Fen = sums.iter().map(|(_, amount)| *amount).sum();
        let parts: Vec<String> = sums.iter().map(|(name, amount)| format!("{name} {amount}")).collect();
        if parts.is_empty() { "—".to_owned() } else { format!("{} = {}", parts.join(" / "), fmt::yuan(&total)) }
    }

    fn facts(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let w = Words::of(lang);
        let record = &self.record;
        let terminal = record.terminal.uuid().simple().to_string();
        let place =
            fill(w.place, &[("terminal", &&terminal[24..]), ("epoch", &record.epoch), ("sequence", &record.sequence)]);
        let diner = self.meal().and_then(|meal| meal.diner.as_ref());
        let by = diner.map_or("—", |diner| say::credential(w, diner.credential));
        let cashier = self.cashier.as_deref().unwrap_or("—");
        let policy = self.meal().and_then(|meal| meal.decision.policy.as_ref()).map_or_else(
            || "—".to_owned(),
            |p| fill(w.policy_version, &[("n", &p.version), ("digest", &fmt::digest(&p.hash.to_string()))]),
        );
        vec![
            (w.terminal, place),
            (w.credential, fill(w.by_cashier, &[("by", &by), ("who", &cashier)])),
            (w.policy, policy),
            (w.record_number, record.id.to_string()),
            (w.record_digest, fmt::digest(&self.signed.hash().to_string())),
            (w.signed_at, format!("{} {}", record.at.local_date(), record.at.local_clock())),
        ]
    }

    fn proofs(&self, w: &'static Words) -> Vec<Proof> {
        let rules = &self.dossier.rules;
        let nothing = Decision::full_price(Fen::ZERO);
        let decided = self.meal().map_or(&nothing, |meal| &meal.decision);
        // A meal whose elder was found out later was charged without benefits.
        let agrees = check(&self.record, rules).is_ok() && self.verdict.charged == decided.lines;
        let only = match self.settled_in.as_slice() {
            [(id, _)] if *id == self.dossier.stored.id => (true, w.proof_only.to_owned()),
            [(_, number)] => (true, fill(w.proof_elsewhere, &[("number", number)])),
            _ => (false, w.proof_twice.to_owned()),
        };
        let proof = |holds, good: &'static str, bad: &'static str| Proof {
            holds,
            text: if holds { good } else { bad }.to_owned(),
        };
        vec![
            proof(self.signature, w.proof_signature, w.proof_no_signature),
            proof(self.chain, w.proof_chain, w.proof_no_chain),
            proof(agrees, w.proof_again, w.proof_not_again),
            Proof { holds: only.0, text: only.1 },
        ]
    }
}
