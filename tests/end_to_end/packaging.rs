//! The units and settings that are shipped say what the program understands.

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhucan");

fn shipped(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|found| found == ending)).collect()
}

#[test]
fn every_unit_starts_a_command_that_there_is_with_settings_that_are_known() {
    let units = shipped("systemd", "service");
    assert_eq!(units.len(), 3);
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/etc").display().to_string();
    for unit in units {
        let text = std::fs::read_to_string(&unit).unwrap();
        let command = text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/zhucan ")).unwrap();
        let command = command.replace("/etc/zhucan", &settings);
        let understood = Command::new(PROGRAM).args(command.split(' ')).arg("--help").output().unwrap();
        let said = String::from_utf8_lossy(&understood.stderr).into_owned();
        assert!(understood.status.success(), "{}: {said}", unit.display());
    }
    assert_eq!(shipped("etc", "toml").len(), 2);
}

#[test]
fn every_setting_that_is_shipped_commented_out_is_known_too() {
    let folder = tempfile::tempdir().unwrap();
    for file in shipped("etc", "toml") {
        let text = std::fs::read_to_string(&file).unwrap();
        let whole: Vec<&str> =
            text.lines().map(|line| line.strip_prefix("# ").filter(|l| l.contains(" = ")).unwrap_or(line)).collect();
        let all = folder.path().join("all.toml");
        std::fs::write(&all, whole.join("\n")).unwrap();
        let understood =
            Command::new(PROGRAM).args(["--config", &all.display().to_string(), "--version"]).output().unwrap();
        let said = String::from_utf8_lossy(&understood.stderr).into_owned();
        assert!(understood.status.success() && whole.len() > 6, "{}: {said}", file.display());
    }
}
