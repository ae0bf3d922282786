//! What a workbook says of itself: its sheets, where their parts are, which styles are dates, from when days count.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::super::source::Unreadable;
use super::xml::{Package, attribute};
use crate::words::import as words;

/// So many styles at most; what is beyond shows no date.
const MOST: usize = 100_000;
/// So many sheets at most: they are read one after another, as a whole.
const SHEETS: usize = 100;
/// So many relations of a part at most, and no longer, bytes: they are all kept.
const RELATIONS: usize = 1_000;
const RELATION: usize = 4 * 1024;

/// A sheet and its part.
pub(super) struct SheetPart {
    pub(super) name: String,
    pub(super) hidden: bool,
    pub(super) part: String,
}

/// The workbook.
pub(super) struct Book {
    pub(super) sheets: Vec<SheetPart>,
    pub(super) from_1904: bool,
    /// The part of the shared texts.
    pub(super) strings: Option<String>,
    dates: Vec<bool>,
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

impl Book {
    pub(super) fn read(package: &mut Package<'_>) -> Result<Self, Unreadable> {
        let broken = || Unreadable::new(words::BROKEN);
        let whole = relations(package, "_rels/.rels")?;
        let main = whole.iter().find(|r| r.kind.ends_with("/officeDocument")).ok_or_else(broken)?;
        let main = resolved("", &main.target);
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let related = relations(package, format!("{folder}/_rels/{file}.rels").trim_start_matches('/'))?;
        let of_kind = |kind: &str| related.iter().find(|r| r.kind.ends_with(kind)).map(|r| resolved(folder, &r.target));
        let (sheets, from_1904) = sheets(package, &main, folder, &related)?;
        let dates = match of_kind("/styles") {
            Some(part) => styles(package, &part)?,
            None => Vec::new(),
        };
        Ok(Self { sheets, from_1904, strings: of_kind("/sharedStrings"), dates })
    }

    /// Whether cells of that style are shown as dates.
    pub(super) fn is_date(&self, style: usize) -> bool {
        self.dates.get(style).copied().unwrap_or(false)
    }
}

/// A target beside its folder, or from the package's root.
fn resolved(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

fn relations(package: &mut Package<'_>, name: &str) -> Result<Vec<Relation>, Unreadable> {
    let mut xml = package.part(name)?;
    let mut relations = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "Relationship" => {
                let get = |name| attribute(&start, name).map(|value| value.unwrap_or_default().into_owned());
                let (id, kind, target) = (get("Id")?, get("Type")?, get("Target")?);
                // What lies outside the file is not followed.
                if get("TargetMode")? != "External" {
                    if relations.len() >= RELATIONS || id.len() + kind.len() + target.len() > RELATION {
                        return Err(Unreadable::new(words::BOMB));
                    }
                    relations.push(Relation { id, kind, target });
                }
            }
            Event::Eof => return Ok(relations),
            _ => {}
        }
    }
}

fn sheets(
    package: &mut Package<'_>,
    main: &str,
    folder: &str,
    related: &[Relation],
) -> Result<(Vec<SheetPart>, bool), Unreadable> {
    let broken = || Unreadable::new(words::BROKEN);
    let mut xml = package.part(main)?;
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "workbookPr" => {
                from_1904 = attribute(&start, "date1904")?.is_some_and(|value| matches!(&*value, "1" | "true"));
            }
            Event::Start(start) if start.local_name().as_ref() == "sheet" => {
                let id = attribute(&start, "id")?.ok_or_else(broken)?;
                let relation = related.iter().find(|r| r.id == *id).ok_or_else(broken)?;
                if relation.kind.ends_with("/worksheet") {
                    let part = resolved(folder, &relation.target);
                    // No spreadsheet writes two sheets into one part.
                    if sheets.iter().any(|sheet: &SheetPart| sheet.part == part) {
                        return Err(broken());
                    }
                    if sheets.len() >= SHEETS {
                        return Err(Unreadable::new(words::SHEETS));
                    }
                    let name: String = attribute(&start, "name")?.unwrap_or_default().chars().take(60).collect();
                    let hidden = attribute(&start, "state")?.is_some_and(|state| state != "visible");
                    sheets.push(SheetPart { name, hidden, part });
                }
            }
            Event::Eof if sheets.is_empty() => return Err(broken()),
            Event::Eof => return Ok((sheets, from_1904)),
            _ => {}
        }
    }
}

/// For each style whether it shows a date.
fn styles(package: &mut Package<'_>, name: &str) -> Result<Vec<bool>, Unreadable> {
    let mut xml = package.part(name)?;
    let mut own: HashMap<u32, bool> = HashMap::new();
    let (mut dates, mut inside) = (Vec::new(), false);
    let number = |value: Option<std::borrow::Cow<'_, str>>| value.and_then(|v| v.parse::<u32>().ok());
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let code = attribute(&start, "formatCode")?.unwrap_or_default();
                    if let Some(id) = number(attribute(&start, "numFmtId")?).filter(|_| own.len() < MOST) {
                        own.insert(id, shows_date(&code));
                    }
                }
                "cellXfs" => inside = true,
                "xf" if inside && dates.len() < MOST => {
                    let id = number(attribute(&start, "numFmtId")?).unwrap_or(0);
                    dates.push(own.get(&id).copied().unwrap_or_else(|| built_in_date(id)));
                }
                _ => {}
            },
            Event::End(end) if end.local_name().as_ref() == "cellXfs" => inside = false,
            Event::Eof => return Ok(dates),
            _ => {}
        }
    }
}

/// Formats that every spreadsheet knows by number; those from 27 on are the dates of East Asian ones.
const fn built_in_date(id: u32) -> bool {
    matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58)
}

/// Whether a format shows year or day: `yyyy"年"m"月"d"日"`. Letters inside quotation marks, brackets and behind a
/// backslash are no fields.
fn shows_date(code: &str) -> bool {
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    for c in code.replace("General", "").chars() {
        match c {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => bracket = true,
            ']' => bracket = false,
            ';' => return false,
            'y' | 'Y' | 'd' | 'D' | 'e' if !bracket => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_dates_are_known() {
        for date in
            ["yyyy-mm-dd", "yyyy\"年\"m\"月\"d\"日\";@", "[$-804]yyyy/m/d", "m/d/yy", "[DBNum1][$-804]e年m月d日"]
        {
            assert!(shows_date(date), "{date}");
        }
        for other in ["General", "0.00", "@", "#,##0.00\"元/day\"", "[Red]0", "0\\d", "0;yyyy", "h:mm"] {
            assert!(!shows_date(other), "{other}");
        }
        assert!(built_in_date(14) && built_in_date(31) && !built_in_date(2) && !built_in_date(49));
    }

    #[test]
    fn targets_stay_inside_the_package() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "../../../etc/passwd"), "etc/passwd", "a name inside the package, and there is none");
    }
}
