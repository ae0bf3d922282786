//! A throw-away PostgreSQL cluster for this test process, reached through a socket in its own folder.
//!
//! A small shell keeps it: the shell waits on a pipe from this process and, when the pipe closes, for whatever
//! reason this process ended, stops the cluster and removes the folder.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

struct Cluster {
    socket: PathBuf,
    /// Open as long as this process lives.
    _lifeline: ChildStdin,
    _keeper: Child,
}

/// Says `ready` and the folder once the cluster answers; ends it when standard input closes.
const KEEPER: &str = r#"
set -eu
bin=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/zhucan-pg.XXXXXX")
cd "$folder"
trap '"$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
"$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 ||
  { cat "$folder/log" >&2; exit 1; }
cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
fsync = off
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
CONF
"$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 start >/dev/null </dev/null ||
  { cat "$folder/log" >&2; exit 1; }
echo "ready $folder"
cat >/dev/null
"#;

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

fn start() -> Cluster {
    let mut command = shell(KEEPER);
    command.arg(bin_folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = command.spawn().unwrap_or_else(|e| panic!("cannot start a PostgreSQL cluster: {e}"));
    let (Some(lifeline), Some(stdout)) = (keeper.stdin.take(), keeper.stdout.take()) else {
        unreachable!("both are piped")
    };
    let mut line = String::new();
    let read = BufReader::new(stdout).read_line(&mut line);
    let folder = line.trim().strip_prefix("ready ").map(PathBuf::from);
    let Some(socket) = folder else { panic!("the PostgreSQL cluster did not start ({read:?}), see above") };
    Cluster { socket, _lifeline: lifeline, _keeper: keeper }
}

/// A shell with a script, as somebody whom PostgreSQL runs for: it refuses to run as root.
pub(crate) fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    if is_root() {
        let user = if has_user("postgres") { "postgres" } else { "nobody" };
        command = Command::new("runuser");
        command.args(["-u", user, "--", "sh"]);
    }
    command.args(["-c", script, "keeper"]).env_remove("TMPDIR").current_dir("/");
    command
}

/// The newest server's programs.
pub(crate) fn bin_folder() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    found.sort();
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let others = std::env::split_paths(&on_path).collect::<Vec<_>>();
    let mut all = found.into_iter().rev().map(|(_, bin)| bin).chain(others);
    let bin = all.find(|bin| bin.join("initdb").is_file());
    bin.unwrap_or_else(|| panic!("PostgreSQL's server programs are missing: run tests/run, or install `postgresql`"))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

fn has_user(name: &str) -> bool {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    users.lines().any(|line| line.split(':').next() == Some(name))
}

/// A new empty database's address.
pub(crate) fn create_database() -> String {
    create_from("template0")
}

/// The address of a copy of a database that nobody is connected to.
pub(crate) fn copy_database(of: &str) -> String {
    let name = of.rsplit('/').find_map(|part| part.strip_prefix("test_"));
    let name = name.and_then(|rest| rest.split('?').next()).unwrap_or_else(|| panic!("{of} is not a test's database"));
    create_from(&format!("test_{name}"))
}

fn create_from(template: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    ask(&url(&cluster().socket, "postgres"), &format!("CREATE DATABASE {name} TEMPLATE {template}"));
    url(&cluster().socket, &name)
}

pub(crate) fn url(socket: &Path, database: &str) -> String {
    format!("postgres://postgres@localhost/{database}?host={}", socket.display())
}

/// Runs one statement and returns what it printed.
pub(crate) fn ask(url: &str, statement: &str) -> String {
    let mut command = Command::new(bin_folder().join("psql"));
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, url]).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|e| panic!("cannot run psql: {e}"));
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
