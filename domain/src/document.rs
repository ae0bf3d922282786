//! Reading a TOML file that people write: every value keeps its place in the file, every refusal is collected, and
//! what nobody asked for is refused.
//!
//! The text may be hostile: size and nesting are bounded before anything is built, and nothing here recurses deeper
//! than the bound of the TOML parser (80 levels).

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::calendar::BusinessDate;
use crate::money::{AmountError, Fen, Rate};
use crate::policy::refusal::{Code, PolicyError, PolicyErrors};
use crate::region::RegionCode;

/// The largest file that is looked at, bytes. A policy of a hundred benefits has 40 KiB.
pub(crate) const MAX_BYTES: usize = 256 * 1024;
/// The largest amount a file may name, fen: a million yuan.
const MAX_AMOUNT: Fen = Fen::new(100_000_000);
/// After so many refusals the rest would not be read.
const MAX_REFUSALS: usize = 100;
/// The longest piece of the file that is repeated in a refusal, characters.
const MAX_ECHO: usize = 60;

/// The file being read and what was refused in it so far.
pub(crate) struct Document<'d> {
    file: &'d str,
    text: &'d str,
    line_starts: Vec<usize>,
    refusals: RefCell<Vec<PolicyError>>,
}

impl<'d> Document<'d> {
    /// Opens a text and gives its root table. Fails at once when the text is too large, holds characters that make it
    /// read differently from what it says, or is not TOML.
    pub(crate) fn open(file: &'d str, text: &'d str) -> Result<(Self, Spanned<DeTable<'d>>), PolicyErrors> {
        if text.len() > MAX_BYTES {
            let read = format!("{} B", text.len());
            let error = PolicyError::whole(file, Code::FileTooLarge, &read, &format!("≤ {MAX_BYTES} B"));
            return Err(PolicyErrors(vec![error]));
        }
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let document = Self { file, text, line_starts, refusals: RefCell::default() };
        // A byte order mark may stand first; anywhere else it is one more character that nobody sees.
        for (at, hidden) in text.char_indices().filter(|(at, c)| is_hidden(*c) && !(*at == 0 && *c == '\u{FEFF}')) {
            let read = format!("U+{:04X}", u32::from(hidden));
            document.refuse(at..at, Code::HiddenCharacter, "", &read, "");
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        // The TOML reader speaks English only, and often twice of one slip: a line is told once, with its own text.
        let mut told = BTreeSet::new();
        for error in errors.iter().take(MAX_REFUSALS) {
            let span = error.span().unwrap_or(0..0);
            let (line, _) = document.place(span.start);
            if told.insert(line) {
                let read = one_line(text.lines().nth(line - 1).unwrap_or_default().trim());
                document.refuse(span, Code::Syntax, "", &read, &signs(error.message()));
            }
        }
        if document.refused() { Err(document.into_refusals()) } else { Ok((document, table)) }
    }

    /// Whether anything was refused.
    pub(crate) fn refused(&self) -> bool {
        !self.refusals.borrow().is_empty()
    }

    /// The refusals by line.
    pub(crate) fn into_refusals(self) -> PolicyErrors {
        let mut refusals = self.refusals.into_inner();
        refusals.sort_by_key(|error| (error.line, error.column, error.code));
        PolicyErrors(refusals)
    }

    /// Line and column in characters, both from 1.
    pub(crate) fn place(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= at);
        let start = self.line_starts.get(line.wrapping_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(1, |before| before.chars().count() + 1);
        (line.max(1), column)
    }

    fn refuse(&self, at: Range<usize>, code: Code, key: &str, read: &str, expected: &str) {
        let mut refusals = self.refusals.borrow_mut();
        if refusals.len() < MAX_REFUSALS {
            let (line, column) = self.place(at.start);
            let (file, key) = (self.file.to_owned(), key.to_owned());
            let (read, expected) = (read.to_owned(), expected.to_owned());
            refusals.push(PolicyError { file, line, column, code, key, read, expected });
        }
    }

    /// The piece of the file that was read, on one line.
    fn echo(&self, span: Range<usize>) -> String {
        one_line(self.text.get(span).unwrap_or_default())
    }
}

/// Explicit direction marks, which make the reviewer see another order than the program reads, and characters of no
/// width, which make two names look the same.
const fn is_hidden(c: char) -> bool {
    let direction =
        matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}');
    let joins = matches!(c, '\u{00AD}' | '\u{034F}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}');
    let fills = matches!(c, '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{3164}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}');
    direction || joins || fills
}

/// The first line, at most [`MAX_ECHO`] characters of it, without control characters that a terminal would obey.
/// The signs that a message of the TOML reader asks for: what stands between back-ticks behind "expected".
fn signs(message: &str) -> String {
    let Some((_, expected)) = message.split_once("expected ") else { return String::new() };
    expected.split('`').skip(1).step_by(2).map(|sign| format!("`{sign}`")).collect::<Vec<_>>().join(" / ")
}

fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut out: String = line.chars().take(MAX_ECHO).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if line.chars().nth(MAX_ECHO).is_some() || text.trim_end().contains('\n') {
        out.push('…');
    }
    out
}

/// A table of the file and its path.
pub(crate) struct Section<'d> {
    document: &'d Document<'d>,
    table: &'d DeTable<'d>,
    at: Range<usize>,
    path: String,
}

/// A value of the file, its place and its path.
#[derive(Clone)]
pub(crate) struct Field<'d> {
    document: &'d Document<'d>,
    value: &'d Spanned<DeValue<'d>>,
    path: String,
}

impl<'d> Section<'d> {
    /// The root, in which only these keys may stand.
    pub(crate) fn root(document: &'d Document<'d>, root: &'d Spanned<DeTable<'d>>, allowed: &[&str]) -> Self {
        let section = Self { document, table: root.get_ref(), at: 0..0, path: String::new() };
        section.refuse_others(allowed);
        section
    }

    fn refuse_others(&self, allowed: &[&str]) {
        for key in self.table.keys().filter(|k| !allowed.contains(&k.get_ref().as_ref())) {
            let path = self.path_of(key.get_ref());
            let read = self.document.echo(key.span());
            self.document.refuse(key.span(), Code::UnknownKey, &path, &read, &allowed.join(" | "));
        }
    }

    fn path_of(&self, key: &str) -> String {
        let key = one_line(key);
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, if it is given.
    pub(crate) fn get(&self, key: &str) -> Option<Field<'d>> {
        let value = self.table.get(key)?;
        Some(Field { document: self.document, value, path: self.path_of(key) })
    }

    /// The value of a key that must be given.
    pub(crate) fn need(&self, key: &str, expected: &str) -> Option<Field<'d>> {
        let field = self.get(key);
        if field.is_none() {
            self.document.refuse(self.at.clone(), Code::MissingKey, &self.path_of(key), "", expected);
        }
        field
    }

    /// The table of a key, if it is given and is a table.
    pub(crate) fn section(&self, key: &str, allowed: &[&str]) -> Option<Self> {
        self.get(key)?.section(allowed)
    }

    /// The tables of an array of tables; none when it is absent.
    pub(crate) fn sections(&self, key: &str, allowed: &[&str], most: usize) -> Vec<Self> {
        let fields = self.get(key).and_then(|f| f.list(most)).unwrap_or_default();
        fields.iter().filter_map(|f| f.section(allowed)).collect()
    }

    /// Every key with its value, in file order.
    pub(crate) fn entries(&self) -> Vec<(&'d str, Field<'d>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let field = |key: &str, value| Field { document: self.document, value, path: self.path_of(key) };
        entries.into_iter().map(|(key, value)| (key.get_ref().as_ref(), field(key.get_ref(), value))).collect()
    }

    /// The document's line on which the table begins.
    pub(crate) fn line(&self) -> usize {
        self.document.place(self.at.start).0
    }

    /// Refuses the table as a whole.
    pub(crate) fn refuse(&self, code: Code, expected: &str) {
        self.document.refuse(self.at.clone(), code, &self.path, "", expected);
    }
}

impl<'d> Field<'d> {
    /// The text as it stands in the file.
    fn read(&self) -> String {
        self.document.echo(self.value.span())
    }

    /// Refuses the value.
    pub(crate) fn refuse(&self, code: Code, expected: &str) {
        self.document.refuse(self.value.span(), code, &self.path, &self.read(), expected);
    }

    fn refused<T>(&self, code: Code, expected: &str) -> Option<T> {
        self.refuse(code, expected);
        None
    }

    /// A table in which only these keys may stand.
    pub(crate) fn section(&self, allowed: &[&str]) -> Option<Section<'d>> {
        let section = self.table()?;
        section.refuse_others(allowed);
        Some(section)
    }

    /// A table whose keys are names.
    pub(crate) fn table(&self) -> Option<Section<'d>> {
        let Some(table) = self.value.get_ref().as_table() else {
            return self.refused(Code::WrongType, "{ … }");
        };
        Some(Section { document: self.document, table, at: self.value.span(), path: self.path.clone() })
    }

    /// Whether the value is a table.
    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// Whether the value is an array.
    pub(crate) fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    /// A text as written.
    pub(crate) fn text(&self) -> Option<&'d str> {
        self.text_like("\"…\"")
    }

    fn text_like(&self, expected: &str) -> Option<&'d str> {
        self.value.get_ref().as_str().or_else(|| self.refused(Code::WrongType, expected))
    }

    /// An id: 1 to 64 letters, digits, `-` and `_`, so that it can stand in file names, paths and addresses.
    pub(crate) fn id(&self) -> Option<&'d str> {
        let text = self.text()?;
        let ok = is_name(text);
        if ok { Some(text) } else { self.refused(Code::BadName, "1–64 × [letter 0-9 - _]") }
    }

    /// A text for people: 1 to 200 characters, none of them a control character.
    pub(crate) fn label(&self) -> Option<&'d str> {
        let text = self.text()?;
        let ok = !text.trim().is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
        if ok { Some(text) } else { self.refused(Code::BadName, "1–200 characters") }
    }

    /// One of these words.
    pub(crate) fn choice<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let all = || words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" | ");
        let Some(text) = self.value.get_ref().as_str() else {
            return self.refused(Code::WrongType, &all());
        };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        found.or_else(|| self.refused(Code::UnknownChoice, &all()))
    }

    /// An array of at most so many values.
    pub(crate) fn list(&self, most: usize) -> Option<Vec<Self>> {
        let Some(values) = self.value.get_ref().as_array() else {
            return self.refused(Code::WrongType, "[ … ]");
        };
        if values.len() > most {
            return self.refused(Code::TooMany, &format!("≤ {most}"));
        }
        let field = |(index, value)| Self { document: self.document, value, path: format!("{}[{index}]", self.path) };
        Some(values.iter().enumerate().map(field).collect())
    }

    /// An array of values that names at least one.
    pub(crate) fn some_list(&self) -> Option<Vec<Self>> {
        let values = self.list(MAX_LIST)?;
        if values.is_empty() { self.refused(Code::EmptyList, "[ …, … ]") } else { Some(values) }
    }

    /// A whole number inside the range.
    pub(crate) fn number(&self, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let expected = format!("{}–{}", range.start(), range.end());
        let Some(integer) = self.value.get_ref().as_integer() else {
            return self.refused(Code::WrongType, &expected);
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|n| range.contains(n));
        number.or_else(|| self.refused(Code::NumberOutOfRange, &expected))
    }

    /// A number of times, from 1.
    pub(crate) fn count(&self) -> Option<u32> {
        self.number(1..=1_000_000).and_then(|n| u32::try_from(n).ok())
    }

    /// true or false.
    pub(crate) fn flag(&self) -> Option<bool> {
        self.value.get_ref().as_bool().or_else(|| self.refused(Code::WrongType, "true | false"))
    }

    /// A calendar date without a time.
    pub(crate) fn date(&self) -> Option<BusinessDate> {
        let date = self.value.get_ref().as_datetime().filter(|d| d.time.is_none() && d.offset.is_none());
        let date = date.and_then(|d| d.date).and_then(|d| {
            let year = i16::try_from(d.year).ok()?;
            BusinessDate::new(year, i8::try_from(d.month).ok()?, i8::try_from(d.day).ok()?)
        });
        date.or_else(|| self.refused(Code::WrongType, "2025-01-31"))
    }

    /// Yuan in a text, not negative, at most two decimals.
    pub(crate) fn money(&self) -> Option<Fen> {
        let expected = "\"12.50\"";
        let text = self.text_like(expected)?;
        let code = match Fen::from_yuan(text) {
            Ok(amount) if amount <= MAX_AMOUNT => return Some(amount),
            Ok(_) | Err(AmountError::TooLarge) => Code::MoneyTooLarge,
            Err(AmountError::TooPrecise) => Code::MoneyTooPrecise,
            Err(AmountError::Malformed) if is_negative_amount(text) => Code::MoneyNegative,
            Err(AmountError::Malformed) => Code::MoneyMalformed,
        };
        self.refused(code, expected)
    }

    /// A percentage in a text, at most 100, at most two decimals.
    pub(crate) fn percent(&self) -> Option<Rate> {
        let expected = "\"25\"";
        let text = self.text_like(expected)?;
        match Rate::from_percent(text) {
            Ok(rate) if rate <= Rate::WHOLE => Some(rate),
            Ok(_) | Err(AmountError::TooLarge) => self.refused(Code::PercentOver100, "\"0\"–\"100\""),
            Err(_) => self.refused(Code::PercentMalformed, expected),
        }
    }

    /// A time of day as minutes after midnight, 0..=1440.
    pub(crate) fn minute(&self) -> Option<u16> {
        let expected = "\"10:30\"";
        let text = self.text_like(expected)?;
        minute_of(text).or_else(|| self.refused(Code::TimeMalformed, expected))
    }

    /// A region code.
    pub(crate) fn region(&self) -> Option<RegionCode> {
        let expected = "\"440300\"";
        let text = self.text_like(expected)?;
        text.parse().ok().or_else(|| self.refused(Code::RegionMalformed, expected))
    }

    /// One region code or a list of them.
    pub(crate) fn regions(&self) -> Option<Vec<RegionCode>> {
        if self.is_list() { all(&self.some_list()?, Self::region) } else { Some(vec![self.region()?]) }
    }
}

/// The most entries of a list inside a benefit or a gate.
pub(crate) const MAX_LIST: usize = 200;

/// Reads every field, so that every refusal is found; the values only if none was refused.
pub(crate) fn all<'d, T>(fields: &[Field<'d>], read: impl Fn(&Field<'d>) -> Option<T>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = fields.iter().map(read).collect();
    read.into_iter().collect()
}

/// 1 to 64 letters of any script, digits, `-` and `_`.
pub(crate) fn is_name(text: &str) -> bool {
    let fits = (1..=64).contains(&text.chars().count());
    fits && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn is_negative_amount(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| !matches!(Fen::from_yuan(rest), Err(AmountError::Malformed)))
}

fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 24 * 60).then_some(minute)
}
