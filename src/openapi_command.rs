//! `zhucan openapi`: the document of the office's API, without an office.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::out::Out;

/// Arguments of `zhucan openapi`.
#[derive(Debug, Args)]
pub(crate) struct OpenapiArgs {
    /// Write it there, in place of what is there [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Prints the document, or writes it to a file.
pub(crate) fn run(args: &OpenapiArgs) -> anyhow::Result<ExitCode> {
    let text = format!("{:#}\n", server::http::document().value);
    match &args.out {
        Some(file) => std::fs::write(file, text).with_context(|| format!("{}", file.display()))?,
        None => Out::stdout().write_all(text.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
