//! The values a statement prints. Texts come ready to print and already masked; money stays in fen until it is drawn.

use domain::{calendar::UnixMs, money::Fen};

/// One canteen's statement of one month, with everything that is printed on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementSheet {
    /// The office that issues it: `云川市高新区民政局`.
    pub office: String,
    /// Statement number: `JS-202603-001`.
    pub number: String,
    /// Version, counted from 1; a redraft adds one.
    pub version: u32,
    /// Not approved yet: marked 草稿 on every page, signature cells left empty.
    pub draft: bool,
    /// The month: `2026年3月`.
    pub month: String,
    /// The days it covers: `3月1日至3月31日`.
    pub period: String,
    /// Canteen.
    pub canteen: String,
    /// Company or body that runs it.
    pub operator: String,
    /// Its unified social credit code.
    pub credit_code: String,
    /// Payee account, masked: `云川农商银行　尾号 4471`.
    pub payee: String,
    /// Food-safety grade with its dates: `B 级；C 级 3月11日至17日`.
    pub grade: String,
    /// Policy and version: `高新区老年人助餐补贴　第 3 版`.
    pub policy: String,
    /// Part 一: what was served.
    pub served: Vec<ServedLine>,
    /// Meals served, as they stand in the subtotal row; not the sum of the lines, since one meal can earn several.
    pub meals: u64,
    /// Concession that the canteen bears itself, for information.
    pub concession: Fen,
    /// Sum of part 一.
    pub subtotal: Fen,
    /// Part 二, above the approved amount: carried over, adjustments, deductions.
    pub changes: Vec<ChangeLine>,
    /// Approved amount: subtotal and changes.
    pub approved: Fen,
    /// Part 二, below the approved amount: holds (negative), releases (positive), a negative balance carried on.
    pub holds: Vec<ChangeLine>,
    /// Part 三: names of the payer units, one to eight.
    pub payers: Vec<String>,
    /// Part 三: rows such as 核定, 暂缓, 结转, and 本次应付 as the last.
    pub shares: Vec<ShareRow>,
    /// What is paid now: approved amount and holds.
    pub payable: Fen,
    /// Part 四: label and finding of each check, two to a row.
    pub reconciliation: Vec<(String, String)>,
    /// One to three signature cells in the order of signing.
    pub signatures: Vec<Signature>,
    /// Address of the verification page, drawn as a QR code; a draft may have none.
    pub verify_url: Option<String>,
    /// Content digest in hexadecimal, with or without blanks.
    pub digest: String,
    /// Head of the audit chain in hexadecimal, where it is printed beside the digest.
    pub audit_head: Option<String>,
    /// When it was printed, as text: `2026年4月10日 09:02`.
    pub printed_at: String,
    /// The same instant for the document's properties; equal sheets give equal bytes.
    pub made_at: UnixMs,
    /// Details from the second page on: one row a day.
    pub days: Vec<DayRow>,
    /// Details: one row a finding.
    pub findings: Vec<FindingRow>,
}

impl StatementSheet {
    /// Nothing but head and foot: for the other papers that carry the same.
    pub(super) const fn blank() -> Self {
        Self {
            office: String::new(),
            number: String::new(),
            version: 1,
            draft: false,
            month: String::new(),
            period: String::new(),
            canteen: String::new(),
            operator: String::new(),
            credit_code: String::new(),
            payee: String::new(),
            grade: String::new(),
            policy: String::new(),
            served: Vec::new(),
            meals: 0,
            concession: Fen::ZERO,
            subtotal: Fen::ZERO,
            changes: Vec::new(),
            approved: Fen::ZERO,
            holds: Vec::new(),
            payers: Vec::new(),
            shares: Vec::new(),
            payable: Fen::ZERO,
            reconciliation: Vec::new(),
            signatures: Vec::new(),
            verify_url: None,
            digest: String::new(),
            audit_head: None,
            printed_at: String::new(),
            made_at: UnixMs::new(0),
            days: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// A line of part 一.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedLine {
    /// Tier or allowance: `80–89 周岁`.
    pub label: String,
    /// Amount of one meal, where there is one standard.
    pub standard: Option<Fen>,
    /// Number of meals.
    pub count: u64,
    /// Their sum.
    pub amount: Fen,
}

/// A line of part 二.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    /// What and why: `核减：超出供餐时段`.
    pub reason: String,
    /// Dates and the record it rests on: `3月21日　F-0321-05`.
    pub basis: String,
    /// Number of meals, where it is about meals.
    pub count: Option<u64>,
    /// Signed amount.
    pub amount: Fen,
    /// Print `+` before a positive amount; false for what is only carried over.
    pub signed: bool,
}

/// A row of part 三.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRow {
    /// `核定`, `暂缓`, `结转`, `本次应付`.
    pub label: String,
    /// One amount for each payer, in the order of [`StatementSheet::payers`].
    pub amounts: Vec<Fen>,
    /// Their sum.
    pub total: Fen,
}

/// A signature cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `经办`, `复核`, `审批`.
    pub role: String,
    /// Who confirmed it in the system; nothing leaves room for a pen.
    pub signed: Option<Signed>,
}

/// A confirmation made in the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Full name of the officer.
    pub name: String,
    /// `4月7日`.
    pub date: String,
}

/// One day in the details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// `3月1日`.
    pub date: String,
    /// `日`.
    pub weekday: String,
    /// Subsidised meals.
    pub meals: u64,
    /// What they earn, before deductions.
    pub amount: Fen,
    /// Deducted, zero or negative.
    pub deducted: Fen,
    /// Held, zero or negative.
    pub held: Fen,
    /// Grade in force that day: `B`.
    pub grade: String,
    /// Anything else: `停业`, `3 份离线补传`.
    pub note: String,
}

/// One finding in the details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// `F-0321-05`.
    pub number: String,
    /// `3月21日`.
    pub date: String,
    /// What was found, with the evidence.
    pub subject: String,
    /// Meals concerned.
    pub count: u64,
    /// Effect on the amount, signed.
    pub amount: Fen,
    /// What was decided, with the reason.
    pub decision: String,
    /// Who decided, and when: `刘晓燕　4月2日`.
    pub decided_by: String,
}
