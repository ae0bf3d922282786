//! Draws what a printer would leave on paper: `cargo run -p receipts --example draw -- SLIP.bin [80] > slip.svg`.

use std::io::{Error, Write as _};

use receipts::preview::interpret;
use receipts::slip::Paper;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or_else(|| Error::other("whose bytes? SLIP.bin [80]"))?;
    let paper = if arguments.next().as_deref() == Some("80") { Paper::Mm80 } else { Paper::Mm58 };
    std::io::stdout().write_all(interpret(&std::fs::read(file)?, paper).svg().as_bytes())
}
