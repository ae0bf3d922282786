//! A real program in a process of its own, with a clock that the test sets, that can be killed at any instant.
//!
//! The wall clock is moved by libfaketime, which stands between the program and the C library; the program itself has
//! no switch for it. Monotonic time is left alone.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A wall clock for programs: a file that they read the time from. It stands still until it is set again.
#[derive(Clone, Debug)]
pub struct WallClock {
    file: PathBuf,
}

impl WallClock {
    /// A clock kept in `file`, standing at a UTC time such as `2026-03-02 03:00:00`.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[must_use]
    pub fn new(file: PathBuf, utc: &str) -> Self {
        let clock = Self { file };
        clock.set(utc);
        clock
    }

    /// What a program's environment says to make it use this clock.
    ///
    /// # Panics
    /// When libfaketime is missing.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 6] {
        let on = || "1".to_owned();
        [
            ("LD_PRELOAD", faketime().display().to_string()),
            ("TZ", "UTC".to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", on()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", on()),
            ("NO_FAKE_STAT", on()),
        ]
    }

    /// Sets the clock of all programs that use it.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn set(&self, utc: &str) {
        // Put in place as a whole: a program may be reading it.
        let fresh = self.file.with_extension("new");
        let written = std::fs::write(&fresh, utc).and_then(|()| std::fs::rename(&fresh, &self.file));
        written.unwrap_or_else(|e| panic!("{}: {e}", self.file.display()));
    }
}

/// A running program.
#[derive(Debug)]
pub struct Program {
    child: Child,
    first_line: String,
}

impl Program {
    /// Starts `program` with these arguments under a clock and waits for the first line it prints.
    ///
    /// # Panics
    /// When it cannot be started, or ends without printing anything.
    #[must_use]
    pub fn start(program: &Path, arguments: &[&str], clock: &WallClock) -> Self {
        Self::start_with(program, arguments, clock, &[])
    }

    /// As [`Program::start`], with more in its environment.
    ///
    /// # Panics
    /// As [`Program::start`].
    #[must_use]
    pub fn start_with(program: &Path, arguments: &[&str], clock: &WallClock, environment: &[(&str, &str)]) -> Self {
        Self::try_start(program, arguments, clock, environment)
            .unwrap_or_else(|| panic!("{} {arguments:?} ended without a word", program.display()))
    }

    /// As [`Program::start_with`]; nothing when it ends without printing anything, as one may that is killed early.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn try_start(
        program: &Path,
        arguments: &[&str],
        clock: &WallClock,
        environment: &[(&str, &str)],
    ) -> Option<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        command.envs(clock.environment()).env("ZHUCAN_LOG", "error");
        command.envs(environment.iter().copied());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        let Some(stdout) = child.stdout.take() else { unreachable!("it is piped") };
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let first_line = lines.next();
        // Later lines have to go somewhere, or the program would stop on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(first_line) = first_line else {
            let _ = child.wait();
            return None;
        };
        Some(Self { child, first_line })
    }

    /// The first line it printed.
    #[must_use]
    pub fn first_line(&self) -> &str {
        &self.first_line
    }

    /// The address in the first line.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn url(&self) -> String {
        let at = self.first_line.find("http://").unwrap_or_else(|| panic!("no address in {:?}", self.first_line));
        self.first_line[at..].trim().to_owned()
    }

    /// Whether it has ended by itself, or was killed.
    ///
    /// # Panics
    /// When the system does not say.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap_or_else(|e| panic!("cannot ask: {e}")).is_some()
    }

    /// Asks it to end, as a service manager does (SIGTERM).
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "cannot ask {} to stop", self.child.id());
    }

    /// Waits until it has ended by itself, and says how.
    ///
    /// # Panics
    /// When the system does not say.
    #[must_use]
    pub fn ended(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap_or_else(|e| panic!("cannot wait: {e}"))
    }

    /// Kills it as a power cut would (SIGKILL) and waits until it is gone.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().unwrap_or_else(|e| panic!("cannot kill: {e}"));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What cannot be ended any more has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let found = libraries.find(|library| library.is_file());
    found.unwrap_or_else(|| panic!("libfaketime is missing: run tests/run, or install `libfaketime`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_the_clock_it_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let clock = WallClock::new(folder.path().join("clock"), "2026-03-02 03:00:00");
        let date = Program::start(Path::new("/bin/date"), &["+%F %T"], &clock);
        assert_eq!(date.first_line(), "2026-03-02 03:00:00");
        clock.set("2026-04-01 00:00:05");
        let date = Program::start(Path::new("/bin/date"), &["+%F %T http://x"], &clock);
        assert_eq!(date.first_line(), "2026-04-01 00:00:05 http://x");
        assert_eq!(date.url(), "http://x");
        date.kill();
    }
}
