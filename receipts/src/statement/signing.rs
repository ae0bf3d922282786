//! The foot of the front: signatures, room for the seal, the QR code and the digest. It stays in one piece.

use super::{
    Signature, StatementSheet,
    flow::{BODY_PT, Flow, LEFT, NOTE_PT, RULE_PT, Side, WIDTH},
    text,
};
use crate::{PrintError, figures, qr::Qr};

/// Height of the boxes.
const BOX_HEIGHT: f32 = 51.2;
/// Blank above them.
const SPACE: f32 = 2.9;
/// What the foot takes of a page.
pub(super) const HEIGHT: f32 = SPACE + BOX_HEIGHT;
const SIGNATURE_HEIGHT: f32 = 23.8;
/// The seal box holds a circle of 42 mm, the size of an official seal, and nothing else.
const SEAL_WIDTH: f32 = 49.7;
const SEAL_RADIUS: f32 = 21.0;
const QR_SIDE: f32 = 21.0;
/// A phone reads no smaller modules from a photocopy.
const SMALLEST_MODULE: f32 = 0.4;
const INSET: f32 = 2.5;

/// `seal` says whose seal the box is for.
pub(super) fn draw(flow: &mut Flow<'_>, sheet: &StatementSheet, seal: &str) -> Result<(), PrintError> {
    flow.require(HEIGHT);
    flow.y += SPACE;
    let top = flow.y;
    let seal_left = LEFT + WIDTH - SEAL_WIDTH;
    let cells = sheet.signatures.iter().map(|_| 1.0).sum::<f32>();
    let width = (WIDTH - SEAL_WIDTH) / cells;
    let mut x = LEFT;
    for signature in &sheet.signatures {
        flow.page().frame(x, top, width, SIGNATURE_HEIGHT, RULE_PT);
        signature_cell(flow, signature, sheet.draft, (x, top), width)?;
        x += width;
    }
    flow.page().frame(seal_left, top, SEAL_WIDTH, BOX_HEIGHT, RULE_PT);
    flow.text(Side::Left, seal_left + INSET, top + 4.6, BODY_PT, seal)?;
    flow.page().dashed_circle(
        (seal_left + SEAL_WIDTH / 2.0, top + BOX_HEIGHT - SEAL_RADIUS - 1.3),
        SEAL_RADIUS,
        RULE_PT,
    );
    verification(flow, sheet, top + SIGNATURE_HEIGHT + 3.4, seal_left)?;
    flow.y = top + BOX_HEIGHT;
    Ok(())
}

fn signature_cell(
    flow: &mut Flow<'_>,
    signature: &Signature,
    draft: bool,
    (x, top): (f32, f32),
    width: f32,
) -> Result<(), PrintError> {
    flow.text(Side::Left, x + INSET, top + 4.6, BODY_PT, &signature.role)?;
    flow.page().level_rule((x + INSET, x + width - INSET), top + 16.1, RULE_PT);
    let Some(signed) = signature.signed.as_ref().filter(|_| !draft) else { return Ok(()) };
    let room = width - 2.0 * INSET;
    let line = format!("系统确认　{}　{}", signed.name, signed.date);
    if text::width(flow.fonts, &line, NOTE_PT) <= room {
        return flow.text(Side::Left, x + INSET, top + 19.6, NOTE_PT, &line);
    }
    let size = text::fit(flow.fonts, &signature.role, &signed.name, NOTE_PT, room)?;
    flow.text(Side::Left, x + INSET, top + 18.4, size, &signed.name)?;
    flow.text(Side::Left, x + INSET, top + 21.7, NOTE_PT, &format!("系统确认　{}", signed.date))
}

/// QR code at the left, what it is for beside it.
fn verification(flow: &mut Flow<'_>, sheet: &StatementSheet, top: f32, right: f32) -> Result<(), PrintError> {
    let mut x = LEFT;
    if let Some(url) = &sheet.verify_url {
        let code = Qr::new(url)?;
        if module(&code) < SMALLEST_MODULE {
            return Err(PrintError::QrTooLong { length: url.len() });
        }
        flow.page().qr(&code, LEFT, top, QR_SIDE)?;
        x += QR_SIDE + 3.6;
    }
    let lines: Vec<String> = notes(sheet, flow.page_number())
        .iter()
        .flat_map(|note| text::wrap(flow.fonts, note, NOTE_PT, right - x - 2.0))
        .collect();
    let step = if lines.len() > 4 { 3.6 } else { 4.4 };
    let mut middle = top + 2.2;
    for line in &lines {
        flow.text(Side::Left, x, middle, NOTE_PT, line)?;
        middle += step;
    }
    Ok(())
}

fn module(code: &Qr) -> f32 {
    u16::try_from(code.size()).map_or(0.0, |modules| QR_SIDE / f32::from(modules))
}

fn notes(sheet: &StatementSheet, page: usize) -> Vec<String> {
    let what = match (sheet.draft, &sheet.verify_url) {
        (true, _) => "草稿，未经审批，不作付款依据。",
        (false, Some(_)) => "扫码核验，或在公示页输入编号。",
        (false, None) => "在公示页输入编号核验。",
    };
    let mut notes =
        vec![format!("{what}打印 {}", sheet.printed_at), format!("内容摘要　{}", figures::in_fours(&sheet.digest))];
    notes.extend(sheet.audit_head.iter().map(|head| format!("审计链首　{}", figures::in_fours(head))));
    if !sheet.draft {
        notes.push("审批所见摘要与本单相同；改动任何一个数字，摘要即不同。".into());
    }
    if !sheet.days.is_empty() {
        notes.push(format!("按日、按份的明细见第 {} 页及 XLSX。", page + 1));
    }
    notes
}
