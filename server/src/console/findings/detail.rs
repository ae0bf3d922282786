//! One finding: what it says, its evidence field by field, the words on both sides, its life, and what may be done.

use domain::calendar::BusinessDate;
use domain::decision::{Kind, PolicyRef};
use domain::id::{CanteenId, UserId};
use domain::money::Fen;
use domain::policy::Policy;
use domain::reconciliation::{Bearer, Code, Finding, Severity, Verdict};
use domain::record::ZTotals;
use domain::record::check::Rulebook;
use domain::record::totals::CountSum;
use domain::words::{mode_name, period_name};

use super::enclosed::Files;
use super::evidence::{Evidence, MOST, Proof, Shown, TimeLine, total};
use super::shift::Shift;
use super::words::Words;
use crate::console::days::{Item, Life};
use crate::console::lang::fill;
use crate::console::view::View;
use crate::console::{codes, fmt};
use crate::http::findings::may_answer;
use crate::people::Right;
use crate::store::attachments::AttachmentRow;
use crate::store::findings::StepRow;

/// A field of two records beside each other.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) equal: bool,
}

/// Two columns.
pub(super) struct Pair {
    pub(super) left: &'static str,
    pub(super) right: &'static str,
    /// Word and class.
    pub(super) left_chip: Option<(&'static str, &'static str)>,
    pub(super) right_chip: Option<(&'static str, &'static str)>,
    pub(super) fields: Vec<Field>,
}

/// Something that was said.
pub(super) struct Step {
    pub(super) what: String,
    pub(super) who: String,
    pub(super) words: String,
    pub(super) class: &'static str,
}

/// What the person may do.
#[derive(Default)]
pub(super) struct Acts {
    pub(super) rules: bool,
    pub(super) answers: bool,
    pub(super) closes: bool,
    pub(super) confirm: String,
    pub(super) explain: &'static str,
    pub(super) hint: &'static str,
    /// Who may be asked to see to it: id and name.
    pub(super) owners: Vec<(UserId, String)>,
    pub(super) action: String,
}

impl Acts {
    /// Whether there is anything to do.
    pub(super) const fn any(&self) -> bool {
        self.rules || self.answers || self.closes
    }
}

/// A finding as its page shows it.
pub(super) struct Detail {
    pub(super) shape: &'static str,
    pub(super) name: &'static str,
    pub(super) chip: &'static str,
    pub(super) consequence: String,
    pub(super) number: String,
    pub(super) place: String,
    pub(super) charge: String,
    pub(super) sentence: String,
    pub(super) day_href: Option<String>,
    pub(super) line: Option<TimeLine>,
    pub(super) pair: Option<Pair>,
    /// Of a single record, or of records too many to stand beside each other.
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) note: Option<String>,
    pub(super) canteen_said: Option<(String, String)>,
    pub(super) policy_title: String,
    pub(super) policy_says: String,
    pub(super) steps: Vec<Step>,
    pub(super) files: Files,
    pub(super) acts: Acts,
}

/// What a finding's page is made of.
pub(super) struct Told<'a> {
    pub(super) item: &'a Item,
    pub(super) canteen: String,
    pub(super) evidence: &'a Evidence,
    /// Names of the people who said something or see to it.
    pub(super) names: &'a dyn Fn(UserId) -> String,
    pub(super) makers: Vec<(UserId, String)>,
    pub(super) files: Vec<AttachmentRow>,
    pub(super) book: &'a Rulebook,
    pub(super) found: Option<String>,
}

impl Detail {
    pub(super) fn of(view: &View, told: &Told<'_>) -> Self {
        let (w, c) = (Words::of(view.lang), codes::Words::of(view.lang));
        let Item { finding, date, canteen, .. } = told.item;
        let life = told.item.life();
        let draw = Draw { view, w, c, told };
        let (heads, rows) = draw.table();
        let (policy_title, policy_says) = draw.policy();
        Self {
            shape: codes::shape(finding.severity),
            name: c.finding(finding.code),
            chip: chip(finding.severity, life),
            consequence: draw.consequence(life),
            number: finding.number.clone(),
            place: format!("{}　{}", told.canteen, fmt::full_day(*date, view.lang)),
            charge: draw.charge(),
            sentence: draw.sentence(),
            day_href: view
                .user
                .canteen
                .is_none()
                .then(|| view.link(&format!("/console/reconciliation?canteen={canteen}&date={date}"))),
            line: draw.line(),
            pair: draw.pair(),
            heads,
            rows,
            note: draw.note(),
            canteen_said: draw.canteen_said(),
            policy_title,
            policy_says,
            steps: draw.steps(),
            files: Files::of(view, &told.files, told.names, may_answer(&view.user) && life != Life::Closed),
            acts: draw.acts(*canteen, life),
        }
    }
}

const fn chip(severity: Severity, life: Life) -> &'static str {
    match (life, severity) {
        (Life::Open, Severity::Block) => "chip-bad",
        (Life::Open, Severity::Deduct) => "chip-warn",
        (Life::Open, _) => "chip-off",
        _ => "chip-ok",
    }
}

struct Draw<'a> {
    view: &'a View,
    w: &'static Words,
    c: &'static codes::Words,
    told: &'a Told<'a>,
}

impl Draw<'_> {
    const fn finding(&self) -> &Finding {
        &self.told.item.finding
    }

    fn consequence(&self, life: Life) -> String {
        let finding = self.finding();
        if life != Life::Open {
            return self.c.life(life).to_owned();
        }
        let group = self.c.group(finding.severity);
        if finding.stake.is_zero() {
            return group.to_owned();
        }
        fill(self.w.stake, &[("group", &group), ("amount", &fmt::yuan(&finding.stake))])
    }

    /// Who sees to it, until when.
    fn charge(&self) -> String {
        let assigned = self.told.item.steps.iter().rev().find(|step| step.what == "assigned");
        let Some((owner, due)) = assigned.and_then(|step| step.owner.zip(step.due)) else { return String::new() };
        let who = fill(self.w.owner, &[("who", &(self.told.names)(owner))]);
        format!("{who}　{}", fill(self.w.due, &[("date", &fmt::day(due, self.view.lang))]))
    }

    fn sentence(&self) -> String {
        let (w, finding) = (self.w, self.finding());
        if let ([a, b], true) = (self.told.evidence.records.as_slice(), self.told.evidence.competes) {
            let period = b.meal().map(|meal| period_name(&meal.meal.period, self.view.lang.domain()));
            let seconds = (b.record.at.get() - a.record.at.get()) / 1000;
            let gap = if seconds < 3600 {
                fill(w.s_minutes, &[("m", &(seconds / 60)), ("s", &(seconds % 60))])
            } else {
                fill(w.s_hours, &[("h", &(seconds / 3600)), ("m", &(seconds % 3600 / 60))])
            };
            let date = fmt::day(self.told.item.date, self.view.lang);
            let period = period.unwrap_or_default();
            return fill(
                w.s_pair,
                &[("date", &date), ("period", &period), ("a", &a.canteen), ("b", &b.canteen), ("gap", &gap)],
            );
        }
        match self.c.measured(finding) {
            Some(measured) => format!("{} {measured}", w.sentence(finding.code)),
            None => w.sentence(finding.code).to_owned(),
        }
    }

    fn line(&self) -> Option<TimeLine> {
        let name = |shown: &Shown| {
            if self.told.evidence.competes { shown.canteen.clone() } else { shown.elder.clone().unwrap_or_default() }
        };
        if self.told.evidence.shift.is_some() {
            return None;
        }
        let times: Vec<_> = self.told.evidence.records.iter().map(|shown| (shown.record.at, name(shown))).collect();
        TimeLine::of(&times)
    }

    fn pair(&self) -> Option<Pair> {
        let w = self.w;
        if let Some(shift) = &self.told.evidence.shift {
            return Some(self.counted(shift));
        }
        match (self.told.evidence.records.as_slice(), &self.told.evidence.verdict) {
            ([a, b], _) if self.told.evidence.competes => {
                let is_first = self.finding().evidence.contains(&a.record.id);
                let (left, right) = if is_first { (w.later, w.earlier) } else { (w.earlier, w.later) };
                let (known, open) = ((w.recognised, "chip-ok"), (w.to_decide, "chip-warn"));
                let chips = if is_first { (open, known) } else { (known, open) };
                let fields = self.fields(a).into_iter().zip(self.fields(b));
                let fields = fields.map(|((name, left), (_, right))| field(name, left, right)).collect();
                Some(Pair { left, right, left_chip: Some(chips.0), right_chip: Some(chips.1), fields })
            }
            ([only], Some(verdict)) => Some(Pair {
                left: w.charged,
                right: w.due_now,
                left_chip: None,
                right_chip: None,
                fields: self.judged(only, verdict),
            }),
            _ => None,
        }
    }

    /// What the Z report says beside what the shift's records come to: sums that both have none of are left out.
    fn counted(&self, shift: &Shift) -> Pair {
        let w = self.w;
        let sums = |of: &ZTotals| {
            [
                of.meals,
                of.guests,
                of.voids,
                of.cash,
                of.qr_payment,
                of.free,
                of.diner,
                of.operator,
                of.delivery,
                of.concession,
                of.fees,
                of.refunds,
            ]
        };
        let names = [
            w.z_meals,
            w.z_guests,
            w.z_voids,
            w.z_cash,
            w.z_qr_payment,
            w.z_free,
            w.f_subsidy,
            w.z_operator,
            w.z_delivery,
            w.f_concession,
            w.z_fees,
            w.z_refunds,
        ];
        let said = |of: CountSum| fill(w.z_sum, &[("n", &fmt::count(of.count)), ("amount", &fmt::yuan(&of.amount))]);
        let z = shift.z.as_ref().map(sums);
        let mut fields = Vec::new();
        for (at, (name, held)) in names.into_iter().zip(sums(&shift.held)).enumerate() {
            let reported = z.map(|z| z[at]);
            if at == 0 || !held.is_nothing() || reported.is_some_and(|z| !z.is_nothing()) {
                fields.push(field(name, reported.map_or_else(|| "—".to_owned(), said), said(held)));
            }
        }
        let none = (w.z_missing, "chip-bad");
        let left_chip = shift.z.is_none().then_some(none);
        Pair { left: w.z_report, right: w.z_held, left_chip, right_chip: None, fields }
    }

    /// What there is to know of a shift beside its sums: by period, what never arrived, and what the rows below are.
    fn of_shift(&self, shift: &Shift) -> String {
        let (w, lang) = (self.w, self.view.lang);
        let of_period = |(period, sum): &(domain::calendar::MealPeriod, CountSum)| {
            let sum = fill(w.z_sum, &[("n", &fmt::count(sum.count)), ("amount", &fmt::yuan(&sum.amount))]);
            format!("{} {sum}", period_name(period, lang.domain()))
        };
        let list = |parts: Vec<String>| parts.join(lang.of("、", ", "));
        let mut said = Vec::new();
        if !shift.periods.is_empty() {
            said.push(fill(w.z_periods, &[("sums", &list(shift.periods.iter().map(of_period).collect()))]));
        }
        if !shift.missing.is_empty() {
            let span = |(from, to): &(u64, u64)| if from == to { from.to_string() } else { format!("{from}–{to}") };
            said.push(fill(w.z_gaps, &[("seqs", &list(shift.missing.iter().map(span).collect()))]));
        }
        if !shift.rejected.is_empty() {
            let all = shift.rejected.iter().map(u64::to_string).collect();
            said.push(fill(w.z_rejected, &[("seqs", &list(all))]));
        }
        if !shift.after.is_empty() {
            said.push(fill(w.z_after, &[("n", &shift.after.len())]));
        }
        match shift.alike.len() {
            0 => {}
            1 => said.push(w.z_alike_one.to_owned()),
            n => said.push(fill(w.z_alike, &[("n", &n)])),
        }
        let gaps = !shift.missing.is_empty() || !shift.rejected.is_empty();
        let explained = gaps || !shift.after.is_empty() || !shift.alike.is_empty();
        if shift.z.is_some() && !explained {
            said.push(w.z_unexplained.to_owned());
        }
        said.join(lang.of("", " "))
    }

    /// The fields of a meal's record, in the order of the comparison.
    fn fields(&self, shown: &Shown) -> Vec<(&'static str, String)> {
        let (w, record) = (self.w, &shown.record);
        let mut fields = vec![(w.f_canteen, shown.canteen.clone()), (w.f_time, record.at.local_clock())];
        if let Some(meal) = shown.meal() {
            let lines = &meal.decision.lines;
            let extra = total(lines, &[Kind::Operator, Kind::Delivery]);
            let language = self.view.lang.domain();
            let mode = mode_name(meal.meal.mode, language);
            fields.extend([
                (w.f_meal, format!("{}　{mode}", period_name(&meal.meal.period, language))),
                (w.f_credential, self.credential(shown)),
                (w.f_elder, shown.elder.clone().unwrap_or_else(|| w.guest.to_owned())),
                (w.f_price, fmt::yuan(&meal.decision.price)),
                (w.f_subsidy, fmt::yuan(&total(lines, &[Kind::Diner]))),
                (w.f_operator, fmt::dash(&extra)),
                (w.f_concession, fmt::dash(&total(lines, &[Kind::Concession]))),
                (w.f_own, format!("{}　{}", fmt::yuan(&meal.decision.own_payment), self.c.tender(meal.tender))),
                (w.f_online, if meal.online { w.online } else { w.offline }.to_owned()),
            ]);
        } else {
            fields.push((w.f_kind, w.kind(record.body.kind()).to_owned()));
        }
        fields.extend([
            (w.f_cashier, fill(w.cashier, &[("name", &shown.cashier), ("till", &shown.till)])),
            (w.f_sequence, record.sequence.to_string()),
            (w.f_signature, self.proof(shown.proof).to_owned()),
        ]);
        fields
    }

    fn credential(&self, shown: &Shown) -> String {
        let w = self.w;
        let Some(meal) = shown.meal() else { return String::new() };
        let Some(diner) = &meal.diner else {
            return if meal.unidentified.is_some() { w.unidentified } else { w.guest }.to_owned();
        };
        let credential = self.c.credential(diner.credential);
        let said = match diner.approved_by {
            Some(_) => fill(w.by_hand, &[("credential", &credential)]),
            None => credential.to_owned(),
        };
        if meal.paper.is_some() { format!("{said}　{}", w.on_paper) } else { said }
    }

    const fn proof(&self, proof: Proof) -> &'static str {
        match proof {
            Proof::Sound => self.w.signed,
            Proof::Alone => self.w.chain_unknown,
            Proof::Unsigned => self.w.unsigned,
            Proof::Broken => self.w.unchained,
        }
    }

    /// What was charged beside what is due by the facts known now.
    fn judged(&self, shown: &Shown, verdict: &Verdict) -> Vec<Field> {
        let w = self.w;
        let mut fields = Vec::new();
        let policy = |of: &Option<PolicyRef>| of.as_ref().map_or_else(|| w.no_policy.to_owned(), |p| self.version(p));
        fields.push(field(w.f_policy, policy(&verdict.charged_under), policy(&verdict.policy)));
        let mut amounts = |name, kinds: &[Kind]| {
            let (left, right) = (total(&verdict.charged, kinds), total(&verdict.due, kinds));
            fields.push(field(name, fmt::yuan(&left), fmt::yuan(&right)));
        };
        amounts(w.f_subsidy, &[Kind::Diner]);
        amounts(w.f_operator, &[Kind::Operator, Kind::Delivery]);
        amounts(w.f_concession, &[Kind::Concession]);
        if let Some(meal) = shown.meal() {
            let lowers = [Kind::Diner, Kind::Concession];
            let due = meal.decision.price - total(&verdict.due, &lowers);
            fields.push(field(w.f_own, fmt::yuan(&meal.decision.own_payment), fmt::yuan(&due)));
        }
        let reimbursed = [Kind::Diner, Kind::Operator, Kind::Delivery];
        let (charged, paid): (Fen, Fen) = (total(&verdict.charged, &reimbursed), total(&verdict.paid, &reimbursed));
        fields.push(field(w.f_paid, fmt::yuan(&charged), fmt::yuan(&paid)));
        fields
    }

    fn version(&self, policy: &PolicyRef) -> String {
        let name = self.told.book.policies.by_ref(policy).map_or(policy.id.as_str(), Policy::name);
        fill(self.w.version, &[("name", &name), ("n", &policy.version)])
    }

    /// The records, one a row, where they do not stand beside each other already.
    fn table(&self) -> (Vec<&'static str>, Vec<Vec<String>>) {
        let records = &self.told.evidence.records;
        if self.told.evidence.competes && records.len() == 2 {
            return (Vec::new(), Vec::new());
        }
        let w = self.w;
        let heads = vec![
            w.f_time,
            w.f_kind,
            w.f_elder,
            w.f_credential,
            w.f_price,
            w.f_subsidy,
            w.f_own,
            w.f_cashier,
            w.f_sequence,
            w.f_signature,
        ];
        let row = |shown: &Shown| {
            let record = &shown.record;
            let none = || "—".to_owned();
            let meal = shown.meal();
            let kind = meal.map(|meal| period_name(&meal.meal.period, self.view.lang.domain()));
            vec![
                record.at.local_clock(),
                kind.unwrap_or_else(|| w.kind(record.body.kind()).to_owned()),
                shown.elder.clone().unwrap_or_else(none),
                if meal.is_some() { self.credential(shown) } else { none() },
                meal.map_or_else(none, |meal| fmt::yuan(&meal.decision.price)),
                meal.map_or_else(none, |meal| fmt::yuan(&total(&meal.decision.lines, &[Kind::Diner]))),
                meal.map_or_else(none, |meal| fmt::yuan(&meal.decision.own_payment)),
                fill(w.cashier, &[("name", &shown.cashier), ("till", &shown.till)]),
                record.sequence.to_string(),
                self.proof(shown.proof).to_owned(),
            ]
        };
        (heads, records.iter().map(row).collect())
    }

    fn note(&self) -> Option<String> {
        let evidence = self.told.evidence;
        if let Some(shift) = &evidence.shift {
            return Some(self.of_shift(shift));
        }
        if evidence.records.is_empty() {
            return Some(fill(self.w.no_records, &[("subject", &self.finding().subject)]));
        }
        if self.finding().code == Code::UnknownElder {
            return Some(fill(self.w.unknown_id, &[("subject", &self.finding().subject)]));
        }
        (evidence.named > MOST).then(|| fill(self.w.more_records, &[("n", &evidence.named), ("shown", &MOST)]))
    }

    fn canteen_said(&self) -> Option<(String, String)> {
        let said = self.told.item.steps.iter().rev().find(|step| step.what == "answered")?;
        let who = (self.told.names)(said.by_user);
        Some((format!("{who}　{}", fmt::at(said.at, self.view.lang)), said.words.clone()))
    }

    /// What the policy and the region's settings make of it.
    fn policy(&self) -> (String, String) {
        let (w, finding) = (self.w, self.finding());
        let verdict = self.told.evidence.verdict.as_ref();
        let policy = verdict.and_then(|v| v.charged_under.as_ref().or(v.policy.as_ref()));
        let policy = policy
            .or_else(|| self.told.evidence.records.iter().find_map(|shown| shown.meal()?.decision.policy.as_ref()));
        let title = policy.map(|p| {
            let name = self.told.book.policies.by_ref(p).map_or(p.id.as_str(), Policy::name);
            fill(w.policy_named, &[("name", &name), ("n", &p.version)])
        });
        let pattern = finding.code.is_pattern() && finding.bearer == Some(Bearer::Canteen);
        let says = match finding.bearer {
            _ if pattern && finding.severity == Severity::Deduct => w.says_deducted,
            _ if pattern => w.says_until_ruled,
            Some(Bearer::Programme) => w.says_programme,
            Some(Bearer::Canteen) => w.says_canteen,
            None => w.says_nobody,
        };
        let blocks = if finding.severity == Severity::Block { format!(" {}", w.says_blocks) } else { String::new() };
        (title.unwrap_or_else(|| w.policy_words.to_owned()), format!("{says}{blocks}"))
    }

    fn steps(&self) -> Vec<Step> {
        let (w, names) = (self.w, self.told.names);
        let step = |row: &StepRow| {
            let (what, class) = match row.what.as_str() {
                "assigned" => {
                    let who = row.owner.map(names).unwrap_or_default();
                    let due = row.due.map(|due| fmt::day(due, self.view.lang)).unwrap_or_default();
                    (fill(w.step_assigned, &[("who", &who), ("date", &due)]), "")
                }
                "answered" => (w.step_answered.to_owned(), ""),
                "explained" => (w.step_explained.to_owned(), "ruled"),
                "confirmed" => (w.step_confirmed.to_owned(), "ruled"),
                _ => (w.step_closed.to_owned(), "ruled"),
            };
            let who = format!("{}　{}", names(row.by_user), fmt::at(row.at, self.view.lang));
            Step { what, who, words: row.words.clone(), class }
        };
        let found = self.told.found.clone().unwrap_or_default();
        let first = Step { what: w.step_found.to_owned(), who: found, words: String::new(), class: "" };
        std::iter::once(first).chain(self.told.item.steps.iter().map(step)).collect()
    }

    fn acts(&self, canteen: CanteenId, life: Life) -> Acts {
        let (w, finding, user) = (self.w, self.finding(), &self.view.user);
        if life == Life::Closed {
            return Acts { hint: w.closed_already, ..Acts::default() };
        }
        let has = |right| user.role.rights().contains(&right);
        let ruling = self.told.item.steps.iter().rev().find(|s| matches!(s.what.as_str(), "explained" | "confirmed"));
        let deducts = finding.code.is_pattern() && finding.bearer == Some(Bearer::Canteen);
        let amount = fmt::yuan(&finding.stake);
        let confirm = match finding.bearer {
            _ if deducts => fill(w.confirm_deduct, &[("amount", &amount)]),
            Some(Bearer::Canteen) => fill(w.confirm_canteen, &[("amount", &amount)]),
            Some(Bearer::Programme) => w.confirm_programme.to_owned(),
            None => w.confirm.to_owned(),
        };
        let rules = has(Right::MakeMonth);
        let ends = has(Right::CheckMonth) && ruling.is_some_and(|s| s.by_user != user.id);
        let hint = match (rules, ends) {
            (true, _) if deducts => w.hint_money,
            (true, _) => w.hint_no_money,
            (_, true) => w.hint_close,
            _ if may_answer(user) => "",
            _ => w.nothing_to_do,
        };
        Acts {
            rules,
            answers: may_answer(user) && !rules,
            closes: ends,
            confirm,
            explain: if deducts { w.explain_pay } else { w.explain },
            hint,
            owners: if rules { self.told.makers.clone() } else { Vec::new() },
            action: self.view.link(&format!("/console/findings/{canteen}/{}/steps", finding.number)),
        }
    }
}

fn field(name: &'static str, left: String, right: String) -> Field {
    let equal = left == right;
    Field { name, left, right, equal }
}

/// A week from a day: what is offered as the day until when.
pub(super) fn in_a_week(today: BusinessDate) -> BusinessDate {
    today.plus_days(7)
}
