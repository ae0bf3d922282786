//! Where settings come from: flags before the environment (`ZHUCAN_*`) before a file (`--config FILE`).
//!
//! The file is TOML with one key for every setting that has a variable: `listen` for `ZHUCAN_LISTEN`. What it says
//! becomes the default of the argument, so the order holds by itself. Secrets do not stand in it but in files of their
//! own, whose paths do.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Arg, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What stands before a setting's key in the environment.
const PREFIX: &str = "ZHUCAN_";
/// Settings of the program itself, which the file cannot hold.
const NOT_IN_FILE: &str = "config";

/// The commands with the defaults that the file says.
///
/// Fails when there is no such file, when it is no TOML, and when it has a key that no command knows; it names the line.
pub(crate) fn apply(
    commands: Command,
    arguments: impl Iterator<Item = OsString>,
    environment: Option<OsString>,
) -> anyhow::Result<Command> {
    let Some(file) = named(arguments).or(environment).map(PathBuf::from) else { return Ok(commands) };
    let text = std::fs::read_to_string(&file).with_context(|| format!("读不出设置文件 {}", file.display()))?;
    let mut keys = BTreeSet::new();
    known(&commands, &mut keys);
    let values = read(&file, &text, &keys)?;
    Ok(with(commands, &values))
}

/// The file that the command line names.
fn named(mut arguments: impl Iterator<Item = OsString>) -> Option<OsString> {
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--") => return None,
            Some("--config") => return arguments.next(),
            Some(text) => {
                if let Some(file) = text.strip_prefix("--config=") {
                    return Some(file.into());
                }
            }
            None => {}
        }
    }
    None
}

/// The key of an argument that has a variable.
fn key(argument: &Arg) -> Option<String> {
    let variable = argument.get_env()?.to_str()?.strip_prefix(PREFIX)?.to_ascii_lowercase();
    (variable != NOT_IN_FILE).then_some(variable)
}

fn known(command: &Command, keys: &mut BTreeSet<String>) {
    keys.extend(command.get_arguments().filter_map(key));
    command.get_subcommands().for_each(|inner| known(inner, keys));
}

fn read(file: &Path, text: &str, keys: &BTreeSet<String>) -> anyhow::Result<BTreeMap<String, String>> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let at = error.span().map_or(1, |span| line(span.start));
            bail!("设置文件 {} 第 {at} 行写法不对：{}", file.display(), error.message());
        }
    };
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let (at, name) = (line(name.span().start), name.into_inner().into_owned());
        if !keys.contains(&name) {
            let all = keys.iter().map(String::as_str).collect::<Vec<_>>().join("、");
            bail!("设置文件 {} 第 {at} 行：没有“{name}”这一项；可用的有 {all}", file.display());
        }
        let Some(value) = plain(&value) else {
            bail!("设置文件 {} 第 {at} 行：“{name}”应为文字、整数、true/false 或文字的列表", file.display());
        };
        values.insert(name, value);
    }
    Ok(values)
}

/// A value as it would stand in the environment.
fn plain(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(yes) => Some(yes.to_string()),
        DeValue::Array(list) => {
            let texts = list.iter().map(|one| match one.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            });
            texts.collect::<Option<Vec<String>>>().map(|texts| texts.join(","))
        }
        _ => None,
    }
}

fn with(mut command: Command, values: &BTreeMap<String, String>) -> Command {
    let told: Vec<(String, String)> = command
        .get_arguments()
        .filter_map(|argument| Some((argument.get_id().to_string(), values.get(&key(argument)?)?.clone())))
        .collect();
    for (id, value) in told {
        command = command.mut_arg(id, |argument| {
            let many = argument.get_value_delimiter();
            let values: Vec<String> = match many {
                Some(delimiter) => value.split(delimiter).map(str::to_owned).collect(),
                None => vec![value],
            };
            argument.required(false).default_values(values)
        });
    }
    let inner: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    for name in inner {
        command = command.mut_subcommand(name, |inner| with(inner, values));
    }
    command
}

#[cfg(test)]
mod tests {
    use clap::{ArgAction, value_parser};

    use super::*;

    fn commands() -> Command {
        let listen = Arg::new("listen").long("listen").env("ZHUCAN_LISTEN_TRIED").default_value("127.0.0.1:1");
        let to = Arg::new("to").long("to").env("ZHUCAN_TO_TRIED").required(true);
        let wide = Arg::new("wide").long("wide").env("ZHUCAN_WIDE_TRIED").action(ArgAction::SetTrue);
        let readers = Arg::new("readers")
            .long("reader")
            .env("ZHUCAN_READERS_TRIED")
            .value_delimiter(',')
            .action(ArgAction::Append);
        let keep = Arg::new("keep")
            .long("keep")
            .env("ZHUCAN_KEEP_TRIED")
            .value_parser(value_parser!(usize))
            .default_value("0");
        let config = Arg::new("config").long("config").env("ZHUCAN_CONFIG").global(true);
        let serve = Command::new("serve").args([listen, to, wide, readers, keep]);
        Command::new("zhucan").arg(config).subcommand(serve)
    }

    fn parsed(text: &str, more: &[&str]) -> anyhow::Result<clap::ArgMatches> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("zhucan.toml");
        std::fs::write(&file, text)?;
        let all: Vec<OsString> = ["zhucan", "--config"]
            .into_iter()
            .map(OsString::from)
            .chain([file.into()])
            .chain(["serve"].iter().chain(more).map(OsString::from))
            .collect();
        let commands = apply(commands(), all.clone().into_iter(), None)?;
        Ok(commands.try_get_matches_from(all)?.remove_subcommand().context("no command")?.1)
    }

    #[test]
    fn a_flag_goes_before_the_file_and_the_file_before_the_default() {
        let text = "listen_tried = \"127.0.0.1:2\"\nto_tried = \"/srv\"\nwide_tried = true\n\
                    readers_tried = [\"a\", \"b\"]\nkeep_tried = 14\n";
        let found = parsed(text, &[]).unwrap();
        assert_eq!(found.get_one::<String>("listen").unwrap(), "127.0.0.1:2");
        assert_eq!(found.get_one::<String>("to").unwrap(), "/srv", "what has to be said is said");
        assert!(found.get_flag("wide"));
        assert_eq!(found.get_many::<String>("readers").unwrap().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(found.get_one::<usize>("keep"), Some(&14));
        let found = parsed(text, &["--listen", "127.0.0.1:3", "--reader", "c"]).unwrap();
        assert_eq!(found.get_one::<String>("listen").unwrap(), "127.0.0.1:3");
        assert_eq!(found.get_many::<String>("readers").unwrap().collect::<Vec<_>>(), ["c"]);
        assert!(parsed("", &[]).is_err(), "without the file it has to be said");
    }

    #[test]
    fn what_nobody_knows_is_refused_with_its_line() {
        for (text, said) in [
            ("to_tried = \"/srv\"\nlisen_tried = \"x\"\n", "第 2 行：没有“lisen_tried”这一项"),
            ("to_tried = \"/srv\"\n\nto_tried = ", "第 3 行写法不对"),
            ("to_tried = { a = 1 }\n", "第 1 行：“to_tried”应为文字"),
            ("config = \"other\"\n", "没有“config”这一项"),
        ] {
            let refused = parsed(text, &[]).unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
        let missing = ["zhucan", "--config=/nowhere/zhucan.toml", "serve"].map(OsString::from);
        assert!(apply(commands(), missing.into_iter(), None).unwrap_err().to_string().contains("读不出设置文件"));
    }
}
