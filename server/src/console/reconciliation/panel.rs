//! A chosen day: what its tills, the server and the Z reports say, and what is missing between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, ShiftId, TerminalId};
use domain::money::Fen;
use domain::reconciliation::{Held, unfinished};
use domain::record::{Body, Record, ZTotals, encoding};

use super::heat::{Heat, Mark};
use super::words::Words;
use crate::console::days::MonthDays;
use crate::console::lang::fill;
use crate::console::view::View;
use crate::console::{codes, fmt};
use crate::http::Answer;
use crate::people::Right;
use crate::store::closes::StoredClose;
use crate::store::records::Journal;
use crate::store::terminals::TerminalRow;
use crate::store::{Tx, closes, records, terminals};
use crate::words::Code as Refused;
use crate::{Error, Office};

/// So many records behind a gap are looked at.
const MOST_WAITING: i64 = 2_000;

/// A row of the comparison: what the till, the server and the Z report say; a class where a column differs.
pub(super) struct Compared {
    pub(super) label: String,
    pub(super) till: String,
    pub(super) server: String,
    pub(super) z: String,
    pub(super) strong: bool,
}

/// Records that are missing.
pub(super) struct Gap {
    pub(super) till: String,
    pub(super) sequences: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// A finding of the day.
pub(super) struct Told {
    pub(super) shape: &'static str,
    pub(super) name: &'static str,
    pub(super) life: &'static str,
    pub(super) stake: String,
    pub(super) href: String,
}

/// A day as its panel shows it.
pub(super) struct Panel {
    pub(super) canteen: CanteenId,
    pub(super) date: BusinessDate,
    pub(super) name: String,
    pub(super) day: String,
    pub(super) state: &'static str,
    pub(super) chip: &'static str,
    /// Title and text of the sentence, and whether something is wrong.
    pub(super) title: String,
    pub(super) text: String,
    pub(super) tone: &'static str,
    pub(super) rows: Vec<Compared>,
    /// Classes of the columns: one that differs is tinted.
    pub(super) server_class: &'static str,
    pub(super) z_class: &'static str,
    pub(super) paper: Option<String>,
    pub(super) gaps: Vec<Gap>,
    pub(super) by_z: Option<String>,
    pub(super) contacts: Vec<(String, String)>,
    pub(super) grade: Option<String>,
    pub(super) findings: Vec<Told>,
    /// Whether the person makes the month.
    pub(super) acts: bool,
    pub(super) may_leave_out: bool,
    pub(super) close_action: String,
    pub(super) leave_action: String,
}

/// Counts and sums of shifts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    meals: i64,
    own: Fen,
    subsidy: Fen,
}

impl Sums {
    fn of(z: &ZTotals) -> Self {
        Self {
            meals: i64::from(z.meals.count),
            own: z.cash.amount + z.qr_payment.amount + z.free.amount,
            subsidy: z.diner.amount + z.operator.amount + z.delivery.amount,
        }
    }

    fn add(&mut self, other: Self) {
        self.meals += other.meals;
        self.own += other.own;
        self.subsidy += other.subsidy;
    }
}

/// What a till's day holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TillDay {
    /// Records that its sequences say there are.
    expected: u64,
    /// Records held, those that wait behind a gap included.
    held: u64,
    /// By the records of the day's shifts.
    server: Sums,
    /// By their Z reports.
    reported: Sums,
    shifts: usize,
    /// How many of the shifts have a Z report.
    z_reports: usize,
    gaps: Vec<Missing>,
}

impl TillDay {
    /// What the Z reports say; nothing where a shift has none.
    fn z(&self) -> Option<Sums> {
        (self.shifts > 0 && self.shifts == self.z_reports).then_some(self.reported)
    }
}

/// Sequences that are missing, with what is held on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Missing {
    from: u64,
    to: u64,
    before: Option<(u64, UnixMs)>,
    after: (u64, UnixMs),
}

/// What each till's day holds, from the records behind it.
fn by_till(
    held: &[Held],
    before: &BTreeMap<(TerminalId, u32), u64>,
    date: BusinessDate,
) -> BTreeMap<TerminalId, TillDay> {
    let mut tills: BTreeMap<TerminalId, TillDay> = BTreeMap::new();
    let mut made: Vec<&Record> = held.iter().map(|h| &h.record).filter(|r| r.at.business_date() == date).collect();
    made.sort_by_key(|r| (r.terminal, r.epoch, r.sequence));
    for own in made.chunk_by(|a, b| (a.terminal, a.epoch) == (b.terminal, b.epoch)) {
        let till = tills.entry(own[0].terminal).or_default();
        let mut expected = before.get(&(own[0].terminal, own[0].epoch)).map_or(0, |last| last + 1);
        let mut last: Option<(u64, UnixMs)> = None;
        for record in own {
            if record.sequence > expected {
                let known = last.or_else(|| expected.checked_sub(1).map(|sequence| (sequence, UnixMs::new(0))));
                till.gaps.push(Missing {
                    from: expected,
                    to: record.sequence - 1,
                    before: known,
                    after: (record.sequence, record.at),
                });
                till.expected += record.sequence - expected;
            }
            till.expected += 1;
            till.held += 1;
            expected = record.sequence + 1;
            last = Some((record.sequence, record.at));
        }
    }
    let mut shifts: BTreeMap<(TerminalId, ShiftId), Vec<&Record>> = BTreeMap::new();
    for record in held.iter().map(|h| &h.record) {
        if let Some(shift) = record.shift {
            shifts.entry((record.terminal, shift)).or_default().push(record);
        }
    }
    for ((terminal, _), mut records) in shifts {
        records.sort_by_key(|r| (r.epoch, r.sequence));
        let opened = records.iter().find(|r| matches!(r.body, Body::ShiftOpen { .. }));
        if opened.is_some_and(|r| r.at.business_date() != date) {
            continue;
        }
        let till = tills.entry(terminal).or_default();
        till.shifts += 1;
        till.server.add(Sums::of(&ZTotals::of(records.iter().copied())));
        for close in
            records.iter().filter_map(|r| if let Body::ShiftClose(close) = &r.body { Some(close) } else { None })
        {
            till.z_reports += 1;
            till.reported.add(Sums::of(&close.totals));
        }
    }
    tills
}

/// Records of a till that came ahead of a gap: the first sequence without an outcome, and what waits, by sequence.
struct Behind {
    terminal: TerminalId,
    next: u64,
    waiting: BTreeMap<u64, UnixMs>,
}

/// What waits behind gaps in a canteen, as far as it can be read.
async fn behind_gaps(tx: &mut Tx, canteen: CanteenId, rows: &[TerminalRow]) -> Result<Vec<Behind>, Error> {
    let mut all = Vec::new();
    for row in rows {
        for epoch in records::waiting_epochs(tx, canteen, row.id).await? {
            let journal = Journal { canteen, terminal: row.id, epoch };
            let next = terminals::epoch(tx, canteen, row.id, epoch).await?.next;
            let mut waiting = BTreeMap::new();
            for blob in records::waiting(tx, journal, next, MOST_WAITING).await? {
                let sequence = blob.sequence;
                let record = blob.signed().ok().and_then(|signed| encoding::decode(&signed.record).ok());
                waiting.extend(record.map(|record| (sequence, record.at)));
            }
            all.push(Behind { terminal: row.id, next, waiting });
        }
    }
    Ok(all)
}

/// Adds what a day lacks because it waits behind a gap, and the gap.
fn add_behind(tills: &mut BTreeMap<TerminalId, TillDay>, behind: &Behind, held: &[Held], date: BusinessDate) {
    let of_day: Vec<_> = behind.waiting.iter().filter(|(_, at)| at.business_date() == date).collect();
    let (Some((first, at)), Some((earliest, _))) = (of_day.first(), behind.waiting.first_key_value()) else { return };
    let till = tills.entry(behind.terminal).or_default();
    let waiting = u64::try_from(of_day.len()).unwrap_or(0);
    till.expected += waiting;
    till.held += waiting;
    if *first != earliest {
        return;
    }
    let own = held.iter().map(|h| &h.record).filter(|r| r.terminal == behind.terminal);
    let last = behind.next.checked_sub(1);
    let before = own.filter(|r| Some(r.sequence) == last).map(|r| (r.sequence, r.at)).next_back();
    let before = before.or_else(|| last.map(|sequence| (sequence, UnixMs::new(0))));
    till.expected += *earliest - behind.next;
    till.gaps.push(Missing { from: behind.next, to: *earliest - 1, before, after: (**first, **at) });
}

/// What a day's panel is drawn from.
#[derive(Default)]
struct Read {
    held: Vec<Held>,
    before: BTreeMap<(TerminalId, u32), u64>,
    rows: Vec<TerminalRow>,
    /// The terminals that the close waits for.
    waiting: Vec<TerminalId>,
    behind: Vec<Behind>,
    close: Option<StoredClose>,
}

async fn read(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Read, Error> {
    let held = records::held(tx, canteen, date).await?;
    let before = records::before(tx, canteen, date).await?;
    let waiting = unfinished(&terminals::progress(tx, canteen).await?, date);
    let rows = terminals::of_canteen(tx, canteen).await?;
    let behind = behind_gaps(tx, canteen, &rows).await?;
    let close = closes::last(tx, canteen, date).await?;
    Ok(Read { held, before, rows, waiting, behind, close })
}

/// Loads and shapes a day.
pub(super) async fn load(
    office: &Arc<Office>,
    view: &View,
    days: &MonthDays,
    heat: &Heat,
    left_out: &BTreeMap<(CanteenId, BusinessDate), String>,
    canteen: CanteenId,
    date: BusinessDate,
) -> Answer<Panel> {
    let unknown = || Error::refused(Refused::CanteenUnknown, crate::words::register::NO_CANTEEN);
    let row = heat.rows.iter().find(|row| row.canteen == canteen).ok_or_else(unknown)?;
    let mark = row.cells.iter().find(|cell| cell.date == date).map_or(Mark::Ahead, |cell| cell.mark);
    let read = office.store.read(move |tx| Box::pin(async move { read(tx, canteen, date).await }));
    let (Read { held, before, rows, waiting, behind, close }, readable) = match read.await {
        Ok(read) => (read, true),
        // Something stored of the day: the page stays, and says so.
        Err(Error::Corrupt(_)) => (Read::default(), false),
        Err(error) => return Err(error.into()),
    };
    let mut tills = by_till(&held, &before, date);
    for behind in &behind {
        add_behind(&mut tills, behind, &held, date);
    }
    let shape = Shape { view, w: Words::of(view.lang), numbers: numbers(&rows), canteen, date, mark };
    let paper = held.iter().filter(|h| !h.voided && h.record.business_date() == date);
    let paper = paper.filter(|h| matches!(&h.record.body, Body::Meal(meal) if meal.paper.is_some())).count();
    let mut panel = shape.panel(&tills, &waiting, &rows, days);
    if !readable {
        (panel.title, panel.text) = (shape.w.unreadable.to_owned(), shape.w.unreadable_more.to_owned());
        panel.tone = "say-bad";
    }
    panel.name.clone_from(&row.name);
    panel.grade = close.map(|close| codes::Words::of(view.lang).grade(&close.content.0.grade).to_owned());
    panel.paper = (paper > 0).then(|| fill(shape.w.paper, &[("n", &paper)]));
    if let Some(reason) = left_out.get(&(canteen, date)) {
        (panel.title, panel.text, panel.tone) = (shape.w.was_left_out.to_owned(), reason.clone(), "say-off");
    }
    Ok(panel)
}

/// A till's number in its canteen: in the order of enrolment.
fn numbers(rows: &[TerminalRow]) -> BTreeMap<TerminalId, usize> {
    rows.iter().zip(1..).map(|(row, n)| (row.id, n)).collect()
}

struct Shape<'a> {
    view: &'a View,
    w: &'static Words,
    numbers: BTreeMap<TerminalId, usize>,
    canteen: CanteenId,
    date: BusinessDate,
    mark: Mark,
}

impl Shape<'_> {
    fn till(&self, id: TerminalId) -> String {
        fill(self.w.till_n, &[("n", &self.numbers.get(&id).copied().unwrap_or(0))])
    }

    fn panel(
        &self,
        tills: &BTreeMap<TerminalId, TillDay>,
        waiting: &[TerminalId],
        rows: &[TerminalRow],
        days: &MonthDays,
    ) -> Panel {
        let Self { view, w, canteen, date, mark, .. } = self;
        let sum = |of: fn(&TillDay) -> Sums| {
            tills.values().fold(Sums::default(), |mut sum, till| {
                sum.add(of(till));
                sum
            })
        };
        let (server, z) = (sum(|t| t.server), sum(|t| t.reported));
        let lacking: u64 = tills.values().map(|till| till.expected - till.held).sum();
        let no_z = tills.values().any(|till| till.shifts > till.z_reports);
        let z_off = tills.values().any(|till| till.z().is_some_and(|z| z != till.server));
        let items = days.findings.iter().filter(|item| item.canteen == *canteen && item.date == *date);
        let items: Vec<_> = items.collect();
        let (title, text, tone) =
            self.sentence(tills, waiting, lacking, (z_off, no_z), items.iter().filter(|i| i.waits()).count());
        let words = codes::Words::of(view.lang);
        let told = |item: &&crate::console::days::Item| Told {
            shape: codes::shape(item.finding.severity),
            name: words.finding(item.finding.code),
            life: words.life(item.life()),
            stake: fmt::dash(&item.finding.stake),
            href: view.link(&format!("/console/findings/{canteen}/{}", item.finding.number)),
        };
        let acts = view.user.role.rights().contains(&Right::MakeMonth);
        Panel {
            canteen: *canteen,
            date: *date,
            name: String::new(),
            day: format!("{} {}", fmt::day(*date, view.lang), fmt::long_weekday(*date, view.lang)),
            state: w.mark(*mark),
            chip: chip(*mark),
            title,
            text,
            tone,
            rows: self.rows(tills, server, (!no_z && !tills.is_empty()).then_some(z)),
            server_class: if lacking > 0 { " differs" } else { "" },
            z_class: if lacking == 0 && (z_off || no_z) { " differs" } else { "" },
            paper: None,
            gaps: self.gaps(tills),
            by_z: (lacking > 0 && !no_z && z.meals > server.meals).then(|| {
                let (own, subsidy) = (fmt::yuan(&(z.own - server.own)), fmt::yuan(&(z.subsidy - server.subsidy)));
                fill(w.by_z_value, &[("n", &(z.meals - server.meals)), ("own", &own), ("subsidy", &subsidy)])
            }),
            contacts: rows.iter().filter(|row| row.revoked_at.is_none()).map(|row| self.contact(row)).collect(),
            grade: None,
            findings: items.iter().map(told).collect(),
            acts,
            may_leave_out: acts && *mark != Mark::LeftOut && *mark != Mark::Ahead,
            close_action: view.link("/console/reconciliation/close"),
            leave_action: view.link("/console/reconciliation/left-out"),
        }
    }

    fn rows(&self, tills: &BTreeMap<TerminalId, TillDay>, server: Sums, z: Option<Sums>) -> Vec<Compared> {
        let w = self.w;
        let none = || "—".to_owned();
        let mut rows = Vec::new();
        let mut ordered: Vec<_> = tills.iter().collect();
        ordered.sort_by_key(|(id, _)| self.numbers.get(id));
        for (id, till) in &ordered {
            let name = self.till(**id);
            rows.push(Compared {
                label: fill(w.records, &[("till", &name)]),
                till: till.expected.to_string(),
                server: till.held.to_string(),
                z: none(),
                strong: false,
            });
            rows.push(Compared {
                label: fill(w.meals, &[("till", &name)]),
                till: none(),
                server: till.server.meals.to_string(),
                z: till.z().map_or_else(none, |z| z.meals.to_string()),
                strong: false,
            });
        }
        let sum = |label: &str, of: &dyn Fn(Sums) -> String, strong| Compared {
            label: label.to_owned(),
            till: none(),
            server: of(server),
            z: z.map_or_else(none, of),
            strong,
        };
        let money = |amount: Fen| fmt::yuan(&amount).replace('¥', "");
        if !tills.is_empty() {
            rows.push(sum(w.sum_meals, &|s| s.meals.to_string(), true));
            rows.push(sum(w.own, &|s| money(s.own), false));
            rows.push(sum(w.subsidy, &|s| money(s.subsidy), false));
        }
        rows
    }

    fn gaps(&self, tills: &BTreeMap<TerminalId, TillDay>) -> Vec<Gap> {
        let gap = |(id, missing): (&TerminalId, &Missing)| Gap {
            till: self.till(*id),
            sequences: sequences(missing),
            before: match missing.before {
                None => self.w.from_here.to_owned(),
                Some((sequence, at)) if at.get() == 0 => sequence.to_string(),
                Some((sequence, at)) => format!("{sequence}  {}", at.local_clock()),
            },
            after: format!("{}  {}", missing.after.0, missing.after.1.local_clock()),
        };
        tills.iter().flat_map(|(id, till)| till.gaps.iter().map(move |missing| (id, missing))).map(gap).collect()
    }

    fn contact(&self, row: &TerminalRow) -> (String, String) {
        let w = self.w;
        let seen = row.seen_at.map_or_else(|| w.never.to_owned(), |at| fmt::at(at, self.view.lang));
        let unsent = row.unsent.filter(|n| *n > 0).map(|n| fill(w.unsent, &[("n", &n)])).unwrap_or_default();
        (self.till(row.id), format!("{seen}{unsent}"))
    }

    /// What there is to say about the day in one sentence, and how it looks.
    fn sentence(
        &self,
        tills: &BTreeMap<TerminalId, TillDay>,
        waiting: &[TerminalId],
        lacking: u64,
        (z_off, no_z): (bool, bool),
        to_decide: usize,
    ) -> (String, String, &'static str) {
        let w = self.w;
        if lacking > 0 {
            let gaps = tills.iter().find_map(|(id, till)| till.gaps.first().map(|missing| (id, missing)));
            let text = gaps
                .map(|(id, missing)| fill(w.lacks_more, &[("till", &self.till(*id)), ("seqs", &sequences(missing))]));
            return (fill(w.lacks, &[("n", &lacking)]), text.unwrap_or_default(), "say-bad");
        }
        if !waiting.is_empty() {
            let names: BTreeSet<String> = waiting.iter().map(|id| self.till(*id)).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(self.view.lang.of("、", ", "));
            return (w.waits.to_owned(), fill(w.waits_more, &[("tills", &names)]), "say-off");
        }
        if z_off || no_z {
            let title = if z_off { w.z_differs } else { w.z_missing };
            return (title.to_owned(), w.z_differs_more.to_owned(), "say-bad");
        }
        match self.mark {
            Mark::Incomplete => (w.changed.to_owned(), w.changed_more.to_owned(), "say-off"),
            Mark::Open | Mark::Block => {
                (fill(w.to_decide, &[("n", &to_decide)]), w.to_decide_more.to_owned(), "say-warn")
            }
            _ if tills.values().all(|till| till.server.meals == 0) => {
                (w.nothing_served.to_owned(), w.nothing_served_more.to_owned(), "say-off")
            }
            _ => (w.agrees.to_owned(), w.agrees_more.to_owned(), "say-ok"),
        }
    }
}

/// `2318`, `2318–2320`.
fn sequences(missing: &Missing) -> String {
    if missing.from == missing.to { missing.from.to_string() } else { format!("{}–{}", missing.from, missing.to) }
}

const fn chip(mark: Mark) -> &'static str {
    match mark {
        Mark::Same | Mark::Decided => "chip-ok",
        Mark::Open => "chip-warn",
        Mark::Block => "chip-bad",
        _ => "chip-off",
    }
}
