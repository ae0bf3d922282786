//! What a shell and its manual know of the commands: `zhucan completions`, `zhucan man`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

/// Arguments of `zhucan completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

/// Arguments of `zhucan man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder for one page a command; without it the main page is printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the completions of all commands.
pub(crate) fn completions(args: &CompletionsArgs, mut commands: Command) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut commands, "zhucan", &mut text);
    crate::out::Out::stdout().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the manual.
pub(crate) fn man(args: &ManArgs, commands: Command) -> anyhow::Result<ExitCode> {
    match &args.out {
        None => {
            let mut text = Vec::new();
            clap_mangen::Man::new(commands).render(&mut text)?;
            crate::out::Out::stdout().write_all(&text)?;
        }
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            clap_mangen::generate_to(commands, folder).with_context(|| folder.display().to_string())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
