//! The list inside the sheets: its heads below whatever titles stand above, its rows without the empty ones.

use std::sync::Arc;

use super::cell::{Cell, letters, reference};
use super::columns::{Field, normal};
use super::source::{Sink, Unreadable};
use super::values::{Read, is_total};
use super::{Kind, Level, Problem};
use crate::words::import::{self as words, Why};

/// Heads are looked for in so many rows.
const HEAD_ROWS: usize = 20;
/// No list has more rows.
const ROWS: u64 = 1_000_000;
/// Sheets that explain a list.
const NOTES: [&str; 8] = ["说明", "填表说明", "填写说明", "字典", "代码表", "数据字典", "使用说明", "示例"];

/// Where the columns of a sheet are.
#[derive(Clone, Debug)]
pub struct Heads {
    places: [Option<usize>; Field::COUNT],
    /// All heads of the sheet, as typed.
    pub titles: Arc<[String]>,
}

/// A row of a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// The sheet's name; empty in a CSV file.
    pub sheet: Arc<str>,
    /// The row, from 1.
    pub row: u32,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Where its columns are.
    pub heads: Arc<Heads>,
}

static NOTHING: Cell = Cell::Empty;

impl Line {
    /// The cell under a head; empty where the list has no such column.
    #[must_use]
    pub fn cell(&self, field: Field) -> &Cell {
        let place = self.heads.places.get(field as usize).copied().flatten();
        place.and_then(|place| self.cells.get(place)).unwrap_or(&NOTHING)
    }

    /// The head as it is typed.
    #[must_use]
    pub fn title(&self, field: Field) -> Option<&str> {
        let place = self.heads.places.get(field as usize).copied().flatten()?;
        self.heads.titles.get(place).map(String::as_str)
    }

    /// What is wrong with a cell.
    #[must_use]
    pub fn problem(&self, field: Field, level: Level, why: Why) -> Problem {
        let place = self.heads.places.get(field as usize).copied().flatten();
        Problem {
            sheet: self.sheet.to_string(),
            row: self.row,
            cell: place.map(|place| reference(place, self.row)),
            column: place.and_then(|place| u16::try_from(place).ok()),
            head: self.title(field).map(str::to_owned),
            read: self.cell(field).shown(),
            level,
            why,
            old: None,
            new: None,
        }
    }

    /// What is wrong with the row as a whole.
    #[must_use]
    pub fn wrong(&self, why: Why) -> Problem {
        let (sheet, row) = (self.sheet.to_string(), self.row);
        let (cell, column, head) = (None, None, None);
        Problem { sheet, row, cell, column, head, read: String::new(), level: Level::Error, why, old: None, new: None }
    }

    /// Where it stands, for people.
    #[must_use]
    pub fn place(&self) -> String {
        words::place(&self.sheet, self.row)
    }
}

/// Reads the values of a line and keeps what is wrong with them.
pub struct Reading<'l> {
    /// The line.
    pub line: &'l Line,
    /// What is wrong so far.
    pub problems: Vec<Problem>,
}

impl<'l> Reading<'l> {
    /// Begins.
    #[must_use]
    pub const fn of(line: &'l Line) -> Self {
        Self { line, problems: Vec::new() }
    }

    /// The value of a cell that must be filled in.
    pub fn need<T>(&mut self, field: Field, read: impl FnOnce(&Cell) -> Read<T>) -> Option<T> {
        if self.line.cell(field).is_empty() {
            self.wrong(field, words::EMPTY);
            return None;
        }
        self.may(field, read)
    }

    /// The value of a cell that may be empty.
    pub fn may<T>(&mut self, field: Field, read: impl FnOnce(&Cell) -> Read<T>) -> Option<T> {
        let cell = self.line.cell(field);
        if cell.is_empty() {
            return None;
        }
        match read(cell) {
            Ok(value) => Some(value),
            Err(why) => {
                self.wrong(field, why);
                None
            }
        }
    }

    /// Notes that a cell cannot be.
    pub fn wrong(&mut self, field: Field, why: Why) {
        self.problems.push(self.line.problem(field, Level::Error, why));
    }

    /// Notes something that does not stand in the way.
    pub fn note(&mut self, field: Field, why: Why) {
        self.problems.push(self.line.problem(field, Level::Notice, why));
    }
}

/// What was found of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = ImportSheet)]
pub struct SheetFound {
    /// Its name; empty in a CSV file.
    pub name: String,
    /// The row of the heads.
    pub head_row: u32,
    /// Column, head and what it is taken for.
    pub columns: Vec<(String, String, String)>,
    /// Heads that mean nothing to this kind of list: their columns are not read.
    pub ignored: Vec<String>,
    /// Rows of totals: they are not read.
    #[serde(default)]
    pub totals: u64,
}

/// Takes rows and gives lines.
pub struct Table<'f> {
    kind: Kind,
    sheet: Arc<str>,
    heads: Option<Arc<Heads>>,
    /// Rows without heads so far, and the best of them.
    looked: usize,
    best: Option<(usize, Vec<&'static str>, Vec<String>)>,
    give_up: bool,
    rows: u64,
    /// What was found of each sheet that was read.
    pub found: Vec<SheetFound>,
    /// Sheets that were passed over.
    pub skipped: Vec<String>,
    take: &'f mut dyn FnMut(Taken) -> bool,
}

/// What a table gives.
pub enum Taken {
    /// A line of the list.
    Line(Line),
    /// A sheet without heads: an empty line of it, and what is wrong.
    Headless(Line, Box<Problem>),
}

impl<'f> Table<'f> {
    /// Lines of that kind go to `take`, until it says no.
    pub fn new(kind: Kind, take: &'f mut dyn FnMut(Taken) -> bool) -> Self {
        let (found, skipped) = (Vec::new(), Vec::new());
        let (sheet, heads, best) = ("".into(), None, None);
        Self { kind, sheet, heads, looked: 0, best, give_up: false, rows: 0, found, skipped, take }
    }

    /// After the last row.
    ///
    /// # Errors
    /// When no sheet had the heads of such a list.
    pub fn finish(&mut self) -> Result<(), Unreadable> {
        let words = self.end_sheet();
        match (self.found.is_empty(), words) {
            (false, _) => Ok(()),
            (true, Some(words)) => Err(Unreadable::new(words)),
            (true, None) => {
                let needed: Vec<&str> =
                    self.kind.columns().iter().filter(|c| c.needed).map(super::columns::Column::name).collect();
                Err(Unreadable::new(words::no_heads("", &needed, &[])))
            }
        }
    }

    /// Tells of a sheet with content that had no heads, and forgets it.
    fn end_sheet(&mut self) -> Option<String> {
        let headless = self.heads.is_none() && self.looked > 0;
        let needed = || self.kind.columns().iter().filter(|c| c.needed).map(super::columns::Column::name).collect();
        let best = self.best.take();
        if !headless {
            return None;
        }
        let (_, missing, found) = best.unwrap_or_else(|| (0, needed(), Vec::new()));
        let words = words::no_heads(&self.sheet, &missing, &found);
        let why = Why { code: "no_heads".into(), reason: words.clone().into(), next_step: words::NO_HEADS_STEP.into() };
        let heads = Arc::new(Heads { places: [None; Field::COUNT], titles: Arc::from([]) });
        let line = Line { sheet: Arc::clone(&self.sheet), row: 1, cells: Vec::new(), heads };
        let problem = Box::new(line.wrong(why));
        (self.take)(Taken::Headless(line, problem));
        Some(words)
    }

    fn look_for_heads(&mut self, number: u32, cells: &[Cell]) -> Result<(), Unreadable> {
        let text = |cell: &Cell| match cell {
            Cell::Text(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => String::new(),
        };
        let titles: Vec<String> = cells.iter().map(text).collect();
        let mut places = [None; Field::COUNT];
        let mut known = 0;
        for (at, title) in titles.iter().enumerate() {
            let Some(column) = self.kind.column(title) else { continue };
            let Some(place) = places.get_mut(column.field as usize) else { continue };
            if let Some(before) = place.replace(at) {
                let before = titles.get(before).map_or("", String::as_str);
                return Err(Unreadable::new(words::column_twice(&self.sheet, before, title)));
            }
            known += 1;
        }
        let lacks =
            |column: &&super::columns::Column| column.needed && places.get(column.field as usize) == Some(&None);
        let missing: Vec<&str> = self.kind.columns().iter().filter(lacks).map(super::columns::Column::name).collect();
        if missing.is_empty() {
            self.found.push(self.described(number, &titles));
            self.heads = Some(Arc::new(Heads { places, titles: titles.into() }));
            return Ok(());
        }
        if known > self.best.as_ref().map_or(0, |best| best.0) {
            let found = titles.into_iter().filter(|title| !title.is_empty()).collect();
            self.best = Some((known, missing, found));
        }
        self.looked += 1;
        self.give_up = self.looked >= HEAD_ROWS;
        Ok(())
    }

    /// Whether something that every row of the list must have is empty, or is the word for totals itself.
    fn lacks_something(&self, line: &Line) -> bool {
        self.needed(line).any(|cell| cell.is_empty() || is_total_cell(cell))
    }

    /// Whether nothing of that is there but the word.
    fn says_nothing(&self, line: &Line) -> bool {
        self.needed(line).all(|cell| cell.is_empty() || is_total_cell(cell))
    }

    fn needed<'l>(&self, line: &'l Line) -> impl Iterator<Item = &'l Cell> {
        let needed = self.kind.columns().iter().filter(|column| column.needed);
        needed.map(|column| line.cell(column.field))
    }

    fn described(&self, number: u32, titles: &[String]) -> SheetFound {
        let mut sheet = SheetFound { name: self.sheet.to_string(), head_row: number, ..SheetFound::default() };
        for (at, title) in titles.iter().enumerate().filter(|(_, title)| !normal(title).is_empty()) {
            match self.kind.column(title) {
                Some(column) => sheet.columns.push((letters(at), title.clone(), column.name().to_owned())),
                None => sheet.ignored.push(title.clone()),
            }
        }
        sheet
    }
}

impl Sink for Table<'_> {
    fn sheet(&mut self, name: &str, hidden: bool) -> Result<bool, Unreadable> {
        self.end_sheet();
        self.sheet = name.into();
        (self.heads, self.looked, self.best, self.give_up) = (None, 0, None, false);
        let skip = hidden || NOTES.contains(&name.trim());
        if skip {
            self.skipped.push(name.to_owned());
        }
        Ok(!skip)
    }

    fn row(&mut self, number: u32, cells: Vec<Cell>) -> Result<bool, Unreadable> {
        if cells.iter().all(Cell::is_empty) {
            return Ok(!self.give_up);
        }
        let Some(heads) = &self.heads else {
            if !self.give_up {
                self.look_for_heads(number, &cells)?;
            }
            return Ok(!self.give_up);
        };
        self.rows += 1;
        if self.rows > ROWS {
            return Err(Unreadable::new(words::TALL));
        }
        let total = is_total(&cells);
        let line = Line { sheet: Arc::clone(&self.sheet), row: number, cells, heads: Arc::clone(heads) };
        // A row that has all it needs is one of the list, whatever its first word looks like; and so is one that has some of
        // it and the word elsewhere, such as in a street's name: what it lacks is reported.
        let begins = total && line.cells.iter().find(|cell| !cell.is_empty()).is_some_and(is_total_cell);
        if total && (self.says_nothing(&line) || (begins && self.lacks_something(&line))) {
            if let Some(found) = self.found.last_mut() {
                found.totals += 1;
            }
            return Ok(true);
        }
        Ok((self.take)(Taken::Line(line)))
    }
}

fn is_total_cell(cell: &Cell) -> bool {
    is_total(std::slice::from_ref(cell))
}

#[cfg(test)]
mod tests {
    use super::super::source::{probe, read};
    use super::*;
    use std::io::Cursor;

    fn lines(text: &str, kind: Kind) -> Result<(Vec<String>, Vec<SheetFound>), Unreadable> {
        let mut input = Cursor::new(text.as_bytes().to_vec());
        let format = probe(&mut input)?.format;
        let mut seen = Vec::new();
        let mut take = |taken: Taken| {
            seen.push(match taken {
                Taken::Line(line) => format!("{}:{}", line.row, line.cell(Field::Name).shown()),
                Taken::Headless(_, problem) => format!("{}?", problem.why.code),
            });
            true
        };
        let mut table = Table::new(kind, &mut take);
        read(&mut input, format, &mut table)?;
        table.finish()?;
        let found = std::mem::take(&mut table.found);
        Ok((seen, found))
    }

    #[test]
    fn heads_are_found_below_titles_and_totals_are_passed_over() {
        let text =
            "福田区老人名单,,,\n制表日期：2026年3月,,,\n\n序号,姓名,身份证号,电话\n,,,\n1,张三,110105,1\n合计,1,,\n";
        let (seen, found) = lines(text, Kind::Elders).unwrap();
        assert_eq!(seen, ["6:张三"]);
        assert_eq!(found[0].totals, 1);
        assert_eq!((found[0].head_row, found[0].ignored.as_slice()), (4, &["序号".to_owned()][..]));
        assert_eq!(found[0].columns[1], ("C".into(), "身份证号".into(), "身份证号".into()));
    }

    #[test]
    fn a_row_with_all_it_needs_is_no_row_of_totals() {
        let text = "姓名,身份证号,住址,合计\n李四,110105,累计路1号,3\n小计,,,1\n,110105,总计,1\n";
        let (seen, found) = lines(text, Kind::Elders).unwrap();
        assert_eq!(seen, ["2:李四", "4:"], "who lacks a name is reported");
        assert_eq!((found[0].totals, found[0].ignored.as_slice()), (1, &["合计".to_owned()][..]));
        let street = "姓名,身份证号,住址\n李四,,累计路1号\n共计,2,\n";
        let (seen, found) = lines(street, Kind::Elders).unwrap();
        assert_eq!(
            (seen, found[0].totals),
            (vec!["2:李四".to_owned()], 1),
            "and who lacks a number, in whatever street"
        );
        let prices = "食堂,餐次,价格,生效日期\n一食堂,午餐,18,2026-03-01\n合计,2,36,\n";
        let (seen, found) = lines(prices, Kind::Prices).unwrap();
        assert_eq!((seen.len(), found[0].totals), (1, 1));
    }

    #[test]
    fn a_sheet_without_heads_is_not_read_to_its_end() {
        let mut take = |_: Taken| true;
        let mut table = Table::new(Kind::Elders, &mut take);
        table.sheet("名单", false).unwrap();
        let mut rows = (1..).map(|number| table.row(number, vec![Cell::Text("没有表头".into())]).unwrap());
        assert_eq!(rows.by_ref().take(19).filter(|go_on| *go_on).count(), 19);
        assert!(rows.take(100).any(|go_on| !go_on), "it is given up");
    }

    #[test]
    fn missing_and_double_columns_are_named() {
        let missing = lines("姓名,住址\n张三,甲\n", Kind::Elders).unwrap_err().0;
        assert!(missing.contains("缺少：身份证号") && missing.contains("姓名、住址"), "{missing}");
        let twice = lines("姓名,老人姓名,身份证号\n", Kind::Elders).unwrap_err().0;
        assert!(twice.contains("“姓名”与“老人姓名”"), "{twice}");
        assert!(lines("只有一格\n", Kind::Prices).unwrap_err().0.contains("食堂"));
    }
}
