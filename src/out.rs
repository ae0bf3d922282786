//! Standard output whose reader may go away: `zhucan policy check … | head` is no failure; and what doctors say on it.

use std::io::{self, ErrorKind, StdoutLock, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use domain::health::{Check, State};

/// Standard output. Once nobody reads any more, whatever is written is dropped; the command goes on to its exit code.
#[derive(Debug)]
pub(crate) struct Out {
    stdout: StdoutLock<'static>,
    closed: bool,
}

impl Out {
    /// The process's standard output.
    pub(crate) fn stdout() -> Self {
        Self { stdout: io::stdout().lock(), closed: false }
    }

    fn unless_closed<T>(&mut self, done: io::Result<T>, dropped: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(dropped)
            }
            done => done,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let done = self.stdout.write(bytes);
        self.unless_closed(done, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let done = self.stdout.flush();
        self.unless_closed(done, ())
    }
}

/// A new file that only its owner may read.
pub(crate) fn new_file(path: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| path.display().to_string())
}

/// What the doctor found: a line each, or JSON. The exit code says whether something fails.
pub(crate) fn report(checks: &[Check], json: bool) -> anyhow::Result<ExitCode> {
    let good = checks.iter().all(|check| check.state != State::Fail);
    let mut out = Out::stdout();
    if json {
        let report = serde_json::json!({ "ok": good, "checks": checks });
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        for check in checks {
            let mark = match check.state {
                State::Ok => "✓",
                State::Warn => "!",
                State::Fail => "✗",
                State::Skipped => "-",
            };
            writeln!(out, "{mark} {}：{}", check.title, check.text)?;
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
