//! Secrets that a person or a service manager hands to a command: from a file, a systemd credential, or typed in where
//! nobody sees it. Never as an argument, which every user of the computer can read.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use server::words::{backup as words, settlement};
use zeroize::Zeroizing;

/// Under this name systemd hands over the passphrase: `LoadCredential=zhucan-backup-passphrase:/PATH`.
const CREDENTIAL: &str = "zhucan-backup-passphrase";

/// Where the passphrase of backups comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct PassphraseArgs {
    /// A file with the passphrase of backups, readable by its owner alone; without it the systemd credential
    /// zhucan-backup-passphrase, and without that it is asked for
    #[arg(long, value_name = "FILE", env = "ZHUCAN_BACKUP_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase. `anew`: it is for a new backup, so a person types it twice.
    pub(crate) fn read(&self, anew: bool) -> anyhow::Result<Zeroizing<String>> {
        if let Some(file) = &self.passphrase_file {
            return from_file(file);
        }
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        if let Some(file) = folder.map(|folder| folder.join(CREDENTIAL)).filter(|file| file.exists()) {
            return from_file(&file);
        }
        anyhow::ensure!(std::io::stdin().is_terminal(), words::NO_PASSPHRASE);
        let typed = ask(words::ASK)?;
        if anew {
            anyhow::ensure!(*typed == *ask(words::ASK_AGAIN)?, words::DIFFERENT);
        }
        Ok(typed)
    }
}

/// A person's passphrase, for something that this person does at the office's own computer: from the file that is named, or
/// typed in.
pub(crate) fn of_person(name: &str, file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    if let Some(file) = file {
        return from_file(file);
    }
    anyhow::ensure!(std::io::stdin().is_terminal(), settlement::NO_PASSPHRASE);
    ask(&settlement::ask_passphrase(name))
}

/// The file's text without the ends of lines behind it.
fn from_file(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let shown = || file.display().to_string();
    let found = std::fs::metadata(file).with_context(shown)?;
    #[cfg(unix)]
    {
        let of_others = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077;
        anyhow::ensure!(of_others == 0, "{}：{}", shown(), words::PASSPHRASE_OPEN);
    }
    let text = Zeroizing::new(std::fs::read_to_string(file).with_context(shown)?);
    let text = text.trim_end_matches(['\r', '\n']);
    Ok(Zeroizing::new(text.to_owned()))
}

/// Shows what a terminal shows again when dropped, also when the program stops for an error.
struct Hidden(Termios);

impl Hidden {
    fn now() -> std::io::Result<Self> {
        let before = tcgetattr(std::io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing anyway.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// Asks for something that nobody is to see, on a terminal.
pub(crate) fn ask(what: &str) -> anyhow::Result<Zeroizing<String>> {
    let mut screen = std::io::stderr();
    write!(screen, "{what}")?;
    screen.flush()?;
    let hidden = Hidden::now()?;
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line)?;
    drop(hidden);
    writeln!(screen)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
