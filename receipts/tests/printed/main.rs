//! Prints samples, looks at them as a reader would, and compares what is seen with what was put in.
//!
//! Statements are read back with poppler (`pdftotext`, `pdftoppm`), codes with an independent reader, slips with the
//! interpreter of printer bytes, workbooks with calamine.

mod cards;
mod months;
mod poppler;
mod samples;
mod slips;
mod statements;
mod workbooks;

/// Any failure ends a test.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;
