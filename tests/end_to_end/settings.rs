//! Where the program takes its settings from, and how it ends when it is told to.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Output};
use std::time::Duration;

use support::{Program, WallClock};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(PROGRAM).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn init(data: &str) {
    let init = run(&["init", "--data", data, "--region", "440304", "--name", "福田区", "--office-name", "民政局"], &[]);
    assert!(init.status.success(), "{}", said(&init));
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (in_file, in_environment, by_flag) = (place("file"), place("environment"), place("flag"));
    for data in [&in_file, &in_environment, &by_flag] {
        init(data);
    }
    let config = place("zhucan.toml");
    std::fs::write(&config, format!("data = \"{in_file}\"\nlisten = \"127.0.0.1:9\"\n")).unwrap();
    let shown = |environment: &[(&str, &str)], more: &[&str]| {
        let asked = [&["doctor", "--config", &config], more].concat();
        said(&run(&asked, environment))
    };
    assert!(shown(&[], &[]).contains(&in_file));
    let environment = [("ZHUCAN_DATA", in_environment.as_str())];
    assert!(shown(&environment, &[]).contains(&in_environment));
    assert!(shown(&environment, &["--data", &by_flag]).contains(&by_flag));
    let named = run(&["doctor"], &[("ZHUCAN_CONFIG", &config)]);
    assert!(said(&named).contains(&in_file), "{}", said(&named));

    std::fs::write(&config, "listen = \"127.0.0.1:9\"\n\ndate = \"x\"\n").unwrap();
    let refused = run(&["doctor", "--config", &config], &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("第 3 行：没有“date”这一项"), "{}", said(&refused));
}

#[test]
fn numbers_are_shown_to_this_computer_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    init(&data);
    let open = run(&["serve", "--data", &data, "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0"], &[]);
    assert!(!open.status.success() && said(&open).contains("不是本机地址"), "{}", said(&open));
}

#[test]
fn an_office_that_is_told_to_stop_finishes_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    init(&data);
    let clock = WallClock::new(folder.path().join("clock"), "2026-03-02 03:00:00");
    let office = Program::start(PROGRAM.as_ref(), &["serve", "--data", &data, "--listen", "127.0.0.1:0"], &clock);
    let address: SocketAddr = office.url().strip_prefix("http://").unwrap().parse().unwrap();
    let body = r#"{"name":"nobody","passphrase":"not the one"}"#;
    let mut line = TcpStream::connect(address).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = "POST /api/v1/session HTTP/1.1\r\nhost: office\r\ncontent-type: application/json\r\n";
    write!(line, "{head}content-length: {}\r\nconnection: close\r\n\r\n{}", body.len(), &body[..9]).unwrap();
    line.flush().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    office.ask_to_stop();
    let mut tries = 0;
    while TcpStream::connect(address).is_ok() {
        tries += 1;
        assert!(tries < 100, "it still takes new guests");
        std::thread::sleep(Duration::from_millis(50));
    }
    line.write_all(&body.as_bytes()[9..]).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("sign_in_failed"), "{answer}");
    assert!(office.ended().success());
    let again = Program::start(PROGRAM.as_ref(), &["serve", "--data", &data, "--listen", "127.0.0.1:0"], &clock);
    again.ask_to_stop();
    assert!(again.ended().success(), "nothing is under way, and it ends at once");
}
