//! What can go wrong between a value and its printed form. Each case names the field, so that a clerk can mend the entry.

use domain::money::Fen;

/// Why a document was not printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// No loaded font can draw the character; a box on paper would hide that, so the document is refused.
    #[error("{field}：字库里没有“{character}”（U+{:04X}）", u32::from(*character))]
    MissingGlyph {
        /// The field as it is named on the sheet.
        field: String,
        /// The character without a glyph.
        character: char,
    },
    /// The bytes given as a font are not a usable TrueType font.
    #[error("字体无法读取：{0}")]
    BadFont(&'static str),
    /// The text does not fit its cell even at the smallest size that may be printed.
    #[error("{field}：内容过宽，印不下")]
    TooWide {
        /// The field as it is named on the sheet.
        field: String,
    },
    /// A row has another number of cells than its table has columns, or a table is empty or too wide.
    #[error("{field}：应有 {expected} 项，实有 {found} 项")]
    Shape {
        /// The table or row.
        field: String,
        /// Number of cells asked for.
        expected: usize,
        /// Number of cells given.
        found: usize,
    },
    /// The parts of a sheet do not add up to the sum given with them; such a sheet must never be printed.
    #[error("{field}：合计应为 {expected} 分，给出 {found} 分", expected = expected.get(), found = found.get())]
    DoesNotAdd {
        /// The sum that is wrong.
        field: String,
        /// The sum of the parts.
        expected: Fen,
        /// The sum that was given.
        found: Fen,
    },
    /// An amount, or a sum of amounts, is outside the range that can be printed or stored exactly.
    #[error("{field}：金额超出范围")]
    OutOfRange {
        /// The field as it is named on the sheet.
        field: String,
    },
    /// The amount cannot be paid by a bank: it is zero or negative.
    #[error("{field}：金额须大于零")]
    NotPayable {
        /// The row of the batch.
        field: String,
    },
    /// The text is too long for a QR code that a phone can read at the printed size.
    #[error("二维码内容过长：{length} 字节")]
    QrTooLong {
        /// Length of the text in bytes.
        length: usize,
    },
    /// The writer of a format reported an error.
    #[error("{format} 写入失败：{reason}")]
    Writer {
        /// PDF, XLSX or CSV.
        format: &'static str,
        /// The writer's own words.
        reason: String,
    },
}
