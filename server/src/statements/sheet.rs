//! The printed sheet's values.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, UnixMs};
use domain::decision::{Kind, Payer, PolicyRef};
use domain::money::Fen;
use domain::reconciliation::{Correction, DayClose, Finding};
use domain::record::check::Rulebook;
use domain::settlement::{self as month, MonthState, Reason, held_of_day};
use receipts::statement::{ChangeLine, DayRow, FindingRow, ServedLine, ShareRow, Signature, Signed, StatementSheet};

use super::{Dossier, SettledDay};
use crate::store::canteens::Region;
use crate::store::months::Settlement;
use crate::words::settlement as words;

pub(super) fn sheet(dossier: &Dossier, public_url: &str, now: UnixMs) -> StatementSheet {
    let Dossier { stored, settlement, region, canteen, .. } = dossier;
    let content = &stored.content.0;
    let of = stored.month;
    StatementSheet {
        office: region.office.clone(),
        number: stored.number.clone(),
        version: u32::try_from(stored.version).unwrap_or(u32::MAX),
        draft: settlement.state.0 != MonthState::Approved,
        month: words::month(of),
        period: words::span(of.first(), of.last()),
        canteen: canteen.name.clone(),
        operator: canteen.operator.clone(),
        credit_code: canteen.credit_code.clone(),
        payee: words::masked_account(&canteen.bank, &dossier.account_tail),
        grade: words::grades(&content.reconciliation.grades, of.last()),
        policy: policies(dossier),
        served: served(dossier),
        meals: u64::from(content.reconciliation.subsidised.count),
        concession: content.reconciliation.concessions.amount,
        subtotal: content.served_total(),
        changes: changes(dossier),
        approved: content.approved(),
        holds: holds(dossier),
        payers: payer_names(dossier),
        shares: shares(content),
        payable: content.payable(),
        reconciliation: words::reconciliation_box(&content.reconciliation, &dossier.decided_numbers()),
        signatures: signatures(dossier),
        verify_url: Some(verify_url(public_url, dossier)),
        digest: stored.digest.to_string(),
        audit_head: dossier.audit_head.map(|head| head.hash.to_string()[..24].to_owned()),
        printed_at: words::instant(now),
        made_at: now,
        days: day_rows(dossier),
        findings: finding_rows(dossier),
    }
}

/// Where a paper is compared with the database: number, version and half the digest.
fn verify_url(public_url: &str, dossier: &Dossier) -> String {
    let digest = dossier.stored.digest.to_string();
    format!("{public_url}/verify/{}/{}/{}", dossier.stored.number, dossier.stored.version, &digest[..16])
}

fn policies(dossier: &Dossier) -> String {
    let mut named: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let closes = || dossier.month_days().map(|d| &d.close);
    let covering = dossier.month_policies();
    for reference in covering.iter().chain(closes().flat_map(|c| &c.tiers).map(|t| &t.policy)) {
        if let Some(policy) = dossier.rules.policies.by_ref(reference) {
            let versions = named.entry(policy.name()).or_default();
            versions.push(reference.version);
        }
    }
    let text = named.into_iter().map(|(name, mut versions)| {
        versions.sort_unstable();
        versions.dedup();
        words::policy_versions(name, &versions)
    });
    text.collect::<Vec<_>>().join("；")
}

/// A line of part one as readers know it: of one or more policy versions.
pub(crate) struct MergedLine {
    /// The benefit's label in the policy file.
    pub(crate) label: String,
    pub(crate) kind: Kind,
    /// Fen a meal.
    pub(crate) standard: Fen,
    pub(crate) count: u64,
    /// Fen.
    pub(crate) amount: Fen,
    /// The versions and benefit ids behind it.
    pub(crate) of: Vec<(PolicyRef, String)>,
}

/// Part one in the order of the printed sheet, without concessions. Two versions of a policy that give the same amount
/// under the same name are one line to a reader.
pub(crate) fn served_lines(content: &month::Statement, rules: &Rulebook) -> Vec<MergedLine> {
    let mut printed: Vec<&month::ServedLine> = content.served.iter().filter(|l| l.kind != Kind::Concession).collect();
    printed.sort_by_key(|l| (l.kind, place(rules, l), std::cmp::Reverse(l.standard), l.policy.version));
    let mut merged: Vec<MergedLine> = Vec::new();
    for line in printed {
        let found = rules.policies.by_ref(&line.policy).and_then(|p| p.benefit(&line.benefit));
        let label = found.map_or(line.benefit.as_str(), |b| b.label.as_str());
        let (count, of) = (u64::from(line.count), (line.policy.clone(), line.benefit.clone()));
        let same = |m: &MergedLine| m.label == label && m.kind == line.kind && m.standard == line.standard;
        if let Some(same) = merged.iter_mut().find(|m| same(m)) {
            same.count += count;
            same.amount += line.amount;
            same.of.push(of);
        } else {
            let (label, kind, standard) = (label.to_owned(), line.kind, line.standard);
            merged.push(MergedLine { label, kind, standard, count, amount: line.amount, of: vec![of] });
        }
    }
    merged
}

fn served(dossier: &Dossier) -> Vec<ServedLine> {
    let printed = |line: MergedLine| ServedLine {
        label: format!("{}{}", line.label, words::paid_to_canteen(line.kind)),
        standard: Some(line.standard),
        count: line.count,
        amount: line.amount,
    };
    served_lines(&dossier.stored.content.0, &dossier.rules).into_iter().map(printed).collect()
}

/// A benefit's place in its file: the order in which people know the tiers.
fn place(rules: &Rulebook, line: &month::ServedLine) -> usize {
    let policy = rules.policies.by_ref(&line.policy);
    policy.and_then(|p| p.benefits().iter().position(|b| b.id == line.benefit)).unwrap_or(usize::MAX)
}

fn change(line: &month::ChangeLine, of: domain::calendar::Month) -> ChangeLine {
    ChangeLine {
        reason: words::reason(&line.reason, line.amount, of),
        basis: words::basis(&line.dates, &line.findings),
        count: line.count.map(i64::unsigned_abs).filter(|count| *count > 0),
        amount: line.amount,
        signed: line.reason != Reason::Carried,
    }
}

fn changes(dossier: &Dossier) -> Vec<ChangeLine> {
    let content = &dossier.stored.content.0;
    let mut lines: Vec<ChangeLine> = content.changes.iter().map(|line| change(line, content.month)).collect();
    if !content.changes.iter().any(|l| l.reason == Reason::Carried) {
        lines.insert(0, words::nothing_carried());
    }
    lines
}

fn holds(dossier: &Dossier) -> Vec<ChangeLine> {
    let content = &dossier.stored.content.0;
    let mut lines: Vec<ChangeLine> = content.holds.iter().map(|line| change(line, content.month)).collect();
    let carried = content.carried().total();
    if !carried.is_zero() {
        lines.push(words::carried_on(-carried));
    }
    lines
}

fn payer_names(dossier: &Dossier) -> Vec<String> {
    let payers: Vec<&Payer> = dossier.stored.content.0.payers.iter().map(|p| &p.payer).collect();
    if payers.is_empty() {
        return vec![words::NO_PAYER.to_owned()];
    }
    names_of(&payers, &dossier.regions)
}

/// The payers in words; where several have one name, each with its place.
pub(super) fn names_of(payers: &[&Payer], regions: &[Region]) -> Vec<String> {
    let name = |payer: &&Payer| {
        let alone = payers.iter().filter(|p| p.name == payer.name).count() == 1;
        let unit = payer.unit.as_ref().filter(|_| !alone);
        let place = unit.map(|unit| {
            let known = regions.iter().find(|r| r.code == *unit);
            known.map_or_else(|| unit.to_string(), |r| r.name.clone())
        });
        format!("{}{}", place.unwrap_or_default(), words::payer(payer))
    };
    payers.iter().map(name).collect()
}

fn shares(content: &month::Statement) -> Vec<ShareRow> {
    let row = |label: &str, amount: fn(&month::PayerLine) -> Fen| {
        let mut amounts: Vec<Fen> = content.payers.iter().map(amount).collect();
        if amounts.is_empty() {
            amounts.push(Fen::ZERO);
        }
        ShareRow { label: label.to_owned(), total: amounts.iter().sum(), amounts }
    };
    let mut rows = vec![row(words::APPROVED, |p| p.approved), row(words::HELD, |p| p.held)];
    if !content.carried().total().is_zero() {
        rows.push(row(words::CARRIED_ON, |p| -p.carried));
    }
    rows.push(row(words::PAYABLE, |p| p.payable));
    rows
}

fn signatures(dossier: &Dossier) -> Vec<Signature> {
    let (checker, signer) = (dossier.checker.as_deref(), dossier.signer.as_deref());
    signatures_of(&dossier.settlement, &dossier.maker, checker, signer)
}

/// Who made the month and who approved it, and the third who signed it, or room for one.
pub(super) fn signatures_of(
    settlement: &Settlement,
    maker: &str,
    checker: Option<&str>,
    signer: Option<&str>,
) -> Vec<Signature> {
    let by = |name: &str, at: UnixMs| Signed { name: name.to_owned(), date: words::day(at.local_date()) };
    let approved = settlement.state.0 == MonthState::Approved;
    let maker = settlement.submitted_at.filter(|_| approved).map(|at| by(maker, at));
    let checker = checker.zip(settlement.approved_at).filter(|_| approved).map(|(name, at)| by(name, at));
    let signer = signer.zip(settlement.signed_at).map(|(name, at)| by(name, at));
    vec![
        Signature { role: words::MAKER.to_owned(), signed: maker },
        Signature { role: words::CHECKER.to_owned(), signed: checker },
        Signature { role: words::APPROVER.to_owned(), signed: signer },
    ]
}

fn day_rows(dossier: &Dossier) -> Vec<DayRow> {
    let content = &dossier.stored.content.0;
    let row = |date: BusinessDate| {
        let day = dossier.month_days().find(|d| d.close.date == date);
        let settled = day.map(|d| &d.close);
        let left_out = content.reconciliation.left_out.iter().find(|(day, _)| *day == date);
        let charged = |c: &DayClose| c.tiers.iter().map(|t| t.shares.total()).sum();
        DayRow {
            date: words::day(date),
            weekday: words::weekday(date).to_owned(),
            meals: settled.map_or(0, |c| u64::from(c.subsidised.count)),
            amount: settled.map_or(Fen::ZERO, charged),
            deducted: day.map_or(Fen::ZERO, |d| corrections(d).map(|c| c.shares.total()).sum()),
            held: day.map_or(Fen::ZERO, |d| held_of_day(&d.close, &d.taken, &dossier.rules)),
            grade: settled.map_or_else(String::new, |c| words::grade(&c.grade)),
            note: words::day_note(settled, left_out.map(|(_, reason)| reason.as_str())),
        }
    };
    content.month.days().map(row).collect()
}

/// What a day's close and what was ruled about it change of what was charged.
fn corrections(day: &SettledDay) -> impl Iterator<Item = &Correction> {
    day.close.corrections.iter().chain(&day.taken)
}

fn finding_rows(dossier: &Dossier) -> Vec<FindingRow> {
    let rows = dossier.days.iter().flat_map(|d| d.close.findings.iter().map(move |f| (d, f)));
    let row = |(day, finding): (&SettledDay, &Finding)| {
        let close = &day.close;
        // What a ruling takes is of the finding that was ruled on; what the facts take, of the one that shows the meal.
        let of_finding = corrections(day).filter(|c| match &c.finding {
            Some(number) => *number == finding.number,
            None => c.code == finding.code && finding.evidence.contains(&c.record),
        });
        let decided = dossier.decided.iter().find(|d| (d.date, &d.number) == (close.date, &finding.number));
        FindingRow {
            number: finding.number.clone(),
            date: words::day(close.date),
            subject: words::finding_subject(finding, &close.standing),
            count: u64::try_from(finding.evidence.len()).unwrap_or(0),
            amount: of_finding.map(|c| c.shares.total()).sum(),
            decision: decided.map_or_else(|| words::by_rule(finding), |d| d.explanation.clone()),
            decided_by: decided.map_or_else(String::new, |d| words::signed(&d.by, d.at)),
        }
    };
    rows.map(row).collect()
}
