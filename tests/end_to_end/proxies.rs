//! Behind a proxy: whoever guesses is held up by an address of their own, and nobody can say that they come from
//! elsewhere. Over real connections, which all come from this computer.

use std::process::Command;

use reqwest::StatusCode;
use serde_json::json;
use support::{Program, WallClock};
use zhucan::demo::http::client;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");
/// So many wrong guesses from one address hold it up.
const GUESSES: usize = 30;

struct Served {
    office: Program,
    web: reqwest::Client,
}

impl Served {
    fn start(data: &str, clock: &WallClock, environment: &[(&str, &str)]) -> Self {
        let serve = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
        let office = Program::start_with(PROGRAM.as_ref(), &serve, clock, environment);
        Self { office, web: client().unwrap() }
    }

    async fn guess(&self, name: &str, lines: &[(&str, &str)]) -> StatusCode {
        let body = json!({ "name": name, "passphrase": "not the one at all" });
        let mut request = self.web.post(format!("{}/api/v1/session", self.office.url())).json(&body);
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_behind_a_proxy_is_held_up_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let init = ["init", "--data", &data, "--region", "440304", "--name", "福田区", "--office-name", "民政局"];
    assert!(Command::new(PROGRAM).args(init).output().unwrap().status.success());
    let clock = WallClock::new(folder.path().join("clock"), "2026-03-02 03:00:00");

    let served = Served::start(&data, &clock, &[("ZHUCAN_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1")]);
    for number in 0..GUESSES {
        // Whatever is brought along changes nothing: it stands to the left of what the proxy wrote.
        let line = format!("192.0.2.{number}, 203.0.113.9, 10.0.0.2");
        // A name of its own each time: of one name a few guesses are too many.
        assert_eq!(served.guess(&format!("没有这个人{number}"), &[("x-forwarded-for", &line)]).await, 401);
    }
    assert_eq!(served.guess("没有这个人", &[("x-forwarded-for", "203.0.113.9")]).await, 429, "it is held up");
    assert_eq!(served.guess("没有这个人", &[("forwarded", "for=\"203.0.113.9:1\"")]).await, 429, "however it is said");
    assert_eq!(served.guess("没有这个人", &[("x-forwarded-for", "203.0.113.10")]).await, 401, "the neighbour is not");
    assert_eq!(served.guess("没有这个人", &[]).await, 401, "nor is who comes past the proxy");
    drop(served);

    // Nobody is trusted: what is said counts for nothing, and everybody is one address.
    let served = Served::start(&data, &clock, &[]);
    for number in 0..GUESSES {
        let line = format!("203.0.113.{number}");
        assert_eq!(served.guess(&format!("没有这个人{number}"), &[("x-forwarded-for", &line)]).await, 401);
    }
    assert_eq!(served.guess("没有这个人", &[("x-forwarded-for", "203.0.113.99")]).await, 429);
    drop(served);

    let wrong = ["serve", "--data", &data, "--listen", "127.0.0.1:0", "--trusted-proxies", "10.0.0.0/33"];
    let refused = Command::new(PROGRAM).args(wrong).output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("不是网段"));
}
