//! Ruled tables: rows grow with their text, are never split, and the head is repeated on each page.

use super::{
    flow::{BODY_PT, Flow, GREY, LEFT, RULE_PT, Side},
    text,
};
use crate::PrintError;

/// Height of a row of one line.
const ROW: f32 = 5.43;
/// From line to line inside a row, in parts of the type size (in millimetres).
const LEADING: f32 = 1.3;
/// A table up to this height is not split over pages if it fits on one.
const SHORT: f32 = 45.0;
/// Blank at the left and right of a cell.
pub(super) const PADDING: f32 = 1.95;

/// A column: its width in millimetres and the side its cells lean to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) width: f32,
    pub(super) side: Side,
}

/// Columns from widths and sides.
pub(super) fn columns<const N: usize>(columns: [(f32, Side); N]) -> Vec<Column> {
    columns.into_iter().map(|(width, side)| Column { width, side }).collect()
}

/// A cell that may span several columns.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    span: usize,
    side: Option<Side>,
    grey: bool,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), span: 1, side: None, grey: false }
    }

    /// A grey cell that names what stands beside it.
    pub(super) fn label(text: impl Into<String>) -> Self {
        Self { grey: true, ..Self::new(text) }
    }

    /// A grey cell at the top of a column.
    pub(super) fn head(text: impl Into<String>) -> Self {
        Self { grey: true, side: Some(Side::Middle), ..Self::new(text) }
    }

    pub(super) fn spanning(mut self, columns: usize) -> Self {
        self.span = columns;
        self
    }

    pub(super) fn leaning(mut self, side: Side) -> Self {
        self.side = Some(side);
        self
    }
}

/// A row of cells.
pub(super) type Row = Vec<Cell>;

/// A table in the order it is printed.
pub(super) struct Table {
    /// What an error calls it.
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    pub(super) head: Option<Row>,
    pub(super) rows: Vec<Row>,
    /// Type size in points.
    pub(super) size_pt: f32,
}

impl Table {
    pub(super) fn new(name: &'static str, columns: Vec<Column>) -> Self {
        Self { name, columns, head: None, rows: Vec::new(), size_pt: BODY_PT }
    }

    /// Breaks the texts of all cells into lines.
    pub(super) fn set(&self, flow: &Flow<'_>) -> Result<SetTable, PrintError> {
        Ok(SetTable {
            name: self.name,
            head: self.head.as_ref().map(|row| self.set_row(flow, row)).transpose()?,
            rows: self.rows.iter().map(|row| self.set_row(flow, row)).collect::<Result<_, _>>()?,
        })
    }

    /// Breaks the texts of a row into lines and finds its height.
    fn set_row(&self, flow: &Flow<'_>, row: &Row) -> Result<SetRow, PrintError> {
        let spanned: usize = row.iter().map(|cell| cell.span).sum();
        if spanned != self.columns.len() {
            return Err(PrintError::Shape {
                field: self.name.to_owned(),
                expected: self.columns.len(),
                found: spanned,
            });
        }
        let mut columns = self.columns.iter();
        let mut cells = Vec::with_capacity(row.len());
        for cell in row {
            let columns: Vec<&Column> = columns.by_ref().take(cell.span).collect();
            cells.push(self.set_cell(flow, cell, &columns)?);
        }
        let tallest = cells.iter().map(SetCell::height).fold(0.0, f32::max);
        Ok(SetRow { cells, height: ROW.max(tallest + ROW - BODY_PT * LEADING * crate::pdf::MM_PER_PT) })
    }

    fn set_cell(&self, flow: &Flow<'_>, cell: &Cell, columns: &[&Column]) -> Result<SetCell, PrintError> {
        let width: f32 = columns.iter().map(|column| column.width).sum();
        let side = cell.side.or_else(|| columns.first().map(|column| column.side)).unwrap_or(Side::Left);
        let room = width - 2.0 * PADDING;
        let (lines, size_pt) = if side == Side::Right {
            (vec![cell.text.clone()], text::fit(flow.fonts, self.name, &cell.text, self.size_pt, room)?)
        } else {
            (text::wrap(flow.fonts, &cell.text, self.size_pt, room), self.size_pt)
        };
        Ok(SetCell { lines, size_pt, width, side, grey: cell.grey })
    }
}

/// A table whose lines are broken, so that its height is known.
pub(super) struct SetTable {
    name: &'static str,
    head: Option<SetRow>,
    rows: Vec<SetRow>,
}

impl SetTable {
    /// Draws the table, on as many pages as it takes.
    pub(super) fn draw(&self, flow: &mut Flow<'_>) -> Result<(), PrintError> {
        let head_height = self.head.as_ref().map_or(0.0, |head| head.height);
        flow.require(head_height + self.rows.iter().take(2).map(|row| row.height).sum::<f32>());
        self.begin(flow)?;
        for (index, row) in self.rows.iter().enumerate() {
            let remaining = self.rows.len() - index;
            let last_two = if remaining == 2 { self.rows.iter().skip(index).map(|row| row.height).sum() } else { 0.0 };
            if head_height + row.height > Flow::full_room() {
                return Err(PrintError::TooWide { field: self.name.to_owned() });
            }
            if flow.room() < row.height.max(last_two) {
                flow.next_page();
                self.begin(flow)?;
            }
            draw_row(flow, row)?;
        }
        Ok(())
    }

    /// Height on one page.
    pub(super) fn height(&self) -> f32 {
        self.head.iter().chain(&self.rows).map(|row| row.height).sum()
    }

    /// Height that must follow a title on its page: the whole of a short table, else the head and the first two rows.
    pub(super) fn opening_height(&self) -> f32 {
        let whole = self.height();
        if whole <= SHORT { whole } else { self.head.iter().chain(&self.rows).take(3).map(|row| row.height).sum() }
    }

    fn begin(&self, flow: &mut Flow<'_>) -> Result<(), PrintError> {
        self.head.as_ref().map_or(Ok(()), |head| draw_row(flow, head))
    }
}

/// A row whose lines are broken.
struct SetRow {
    cells: Vec<SetCell>,
    height: f32,
}

struct SetCell {
    lines: Vec<String>,
    size_pt: f32,
    width: f32,
    side: Side,
    grey: bool,
}

impl SetCell {
    fn leading(&self) -> f32 {
        self.size_pt * LEADING * crate::pdf::MM_PER_PT
    }

    fn height(&self) -> f32 {
        self.lines.iter().map(|_| self.leading()).sum()
    }
}

fn draw_row(flow: &mut Flow<'_>, row: &SetRow) -> Result<(), PrintError> {
    shade(flow, row);
    let (top, bottom) = (flow.y, flow.y + row.height);
    let mut x = LEFT;
    for cell in &row.cells {
        flow.page().frame(x, top, cell.width, row.height, RULE_PT);
        let at = match cell.side {
            Side::Left => x + PADDING,
            Side::Middle => x + cell.width / 2.0,
            Side::Right => x + cell.width - PADDING,
        };
        let mut middle = f32::midpoint(top, bottom) - (cell.height() - cell.leading()) / 2.0;
        for line in &cell.lines {
            flow.text(cell.side, at, middle, cell.size_pt, line)?;
            middle += cell.leading();
        }
        x += cell.width;
    }
    flow.y = bottom;
    Ok(())
}

/// Fills the grey cells, one fill for neighbours, before any frame is drawn that a fill would cover.
fn shade(flow: &mut Flow<'_>, row: &SetRow) {
    let (mut x, top) = (LEFT, flow.y);
    for stretch in row.cells.chunk_by(|a, b| a.grey == b.grey) {
        let width: f32 = stretch.iter().map(|cell| cell.width).sum();
        if stretch.iter().any(|cell| cell.grey) {
            flow.page().fill(x, top, width, row.height, GREY);
        }
        x += width;
    }
}
