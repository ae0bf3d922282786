//! A chromedriver of its own for one test, on a port of its own.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

const ATTEMPTS: usize = 5;

/// A running chromedriver; ends with its browsers when dropped.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    port: u16,
    profile: tempfile::TempDir,
}

impl Driver {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When there is no chromedriver or no chromium, or it does not say its port.
    #[must_use]
    pub fn start() -> Self {
        // It asks the system for a free port and binds it a second time for the other family of addresses: another program
        // may have got that one in between, and then it ends.
        let tried = (0..ATTEMPTS).find_map(|_| Self::try_start());
        tried.unwrap_or_else(|| panic!("chromedriver did not say its port, {ATTEMPTS} times"))
    }

    fn try_start() -> Option<Self> {
        let profile = tempfile::Builder::new().prefix("zhucan-browser-").tempdir();
        let profile = profile.unwrap_or_else(|e| panic!("no folder for a browser: {e}"));
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .process_group(0)
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("chromedriver is missing ({e}): run tests/run, or install `chromium-driver`"));
        let Some(stdout) = child.stdout.take() else { unreachable!("it is piped") };
        let mut driver = Self { child, port: 0, profile };
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        driver.port = lines.find_map(|line| port_in(&line))?;
        // Its later lines have to go somewhere, or it would stop on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Some(driver)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What Chromium is started with: headless, without reaching for anything outside this machine.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let fixed = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=zh-CN",
            "--window-size=1280,800",
        ];
        let profile = format!("--user-data-dir={}", self.profile.path().join("profile").display());
        fixed.into_iter().map(str::to_owned).chain([profile]).collect()
    }
}

fn port_in(line: &str) -> Option<u16> {
    line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Its browsers are in its process group. What cannot be ended any more has ended already.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_port_is_read_from_the_one_line_that_says_it() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 36871."), Some(36871));
        assert_eq!(port_in("[1795394682.221][SEVERE]: bind() failed: Address already in use (98)"), None);
        assert_eq!(port_in("ChromeDriver was started successfully on port 99999."), None);
    }

    #[test]
    fn it_answers_on_its_port() {
        let driver = Driver::start();
        let stream = std::net::TcpStream::connect(("127.0.0.1", driver.port));
        assert!(stream.is_ok(), "{stream:?}");
        assert!(driver.arguments().iter().any(|a| a.starts_with("--user-data-dir=/")));
    }
}
