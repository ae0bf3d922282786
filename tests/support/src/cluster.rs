//! A PostgreSQL of one test's own that is really stopped, started, and replaced by its standby.
//!
//! A small shell keeps it, as it keeps the cluster that tests share, and takes a word a line: `stop` ends the server
//! that serves as a power cut would, `start` starts it, `standby` makes a streaming copy, `part` takes the copy off the
//! line, `promote` lets it serve in the first one's place. Whoever asks finds the server that serves under one path.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::postgres::{bin_folder, shell, url};

const KEEPER: &str = r#"
set -eu
bin=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/zhucan-pg.XXXXXX")
cd "$folder"
end() {
  for data in one two; do
    [ ! -d "$data" ] || "$bin/pg_ctl" -D "$folder/$data" -m immediate stop >/dev/null 2>&1 || true
  done
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
run() { "$bin/pg_ctl" -D "$folder/$1" -l "$folder/log" -w -t 60 start >>"$folder/log" 2>&1 </dev/null || { cat "$folder/log" >&2; exit 1; }; }
mkdir at-one at-two
"$bin/initdb" -D "$folder/one" -U postgres -A trust -E UTF8 --locale=C >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
cat >>"$folder/one/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$folder/at-one'
max_connections = 60
shared_buffers = 32MB
CONF
run one
ln -s at-one at
echo "ready $folder/at"
while read -r word; do
  case $word in
    stop) "$bin/pg_ctl" -D "$folder/one" -m immediate -w stop >>"$folder/log" 2>&1 ;;
    start) run one ;;
    standby)
      "$bin/pg_basebackup" -D "$folder/two" -h "$folder/at-one" -U postgres -R -X stream -c fast >>"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
      echo "unix_socket_directories = '$folder/at-two'" >>"$folder/two/postgresql.conf"
      run two ;;
    part)
      caught_up="SELECT COUNT(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()"
      until [ "$("$bin/psql" -h "$folder/at-one" -U postgres -XqAtc "$caught_up")" = 1 ]; do sleep 0.1; done
      "$bin/pg_ctl" -D "$folder/two" -m fast -w stop >>"$folder/log" 2>&1 ;;
    promote)
      run two
      "$bin/pg_ctl" -D "$folder/two" -w -t 60 promote >>"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
      ln -sfn at-two at ;;
  esac
  echo done
done
"#;

/// The cluster; gone when dropped.
#[derive(Debug)]
pub struct Cluster {
    keeper: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    socket: std::path::PathBuf,
}

impl Cluster {
    /// A new one with an empty database.
    ///
    /// # Panics
    /// When PostgreSQL's programs are missing or it does not start.
    #[must_use]
    pub fn start() -> Self {
        let mut command = shell(KEEPER);
        command.arg(bin_folder());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().unwrap_or_else(|e| panic!("cannot start a PostgreSQL cluster: {e}"));
        let (Some(words), Some(answers)) = (keeper.stdin.take(), keeper.stdout.take()) else {
            unreachable!("both are piped")
        };
        let mut answers = BufReader::new(answers);
        let line = answer(&mut answers);
        let socket =
            line.strip_prefix("ready ").unwrap_or_else(|| panic!("the cluster did not start: {line:?}")).into();
        Self { keeper, words: Some(words), answers, socket }
    }

    /// The database's address, whichever server serves.
    #[must_use]
    pub fn url(&self) -> String {
        url(&self.socket, "postgres")
    }

    /// Ends the server that serves, in the middle of whatever it does; nothing is written any more.
    pub fn stop(&mut self) {
        self.tell("stop");
    }

    /// Starts it again on what was on its disk.
    pub fn start_again(&mut self) {
        self.tell("start");
    }

    /// Makes a standby that follows by streaming.
    pub fn add_standby(&mut self) {
        self.tell("standby");
    }

    /// Takes the standby off the line, once it has all there is: it misses whatever is committed from now on.
    pub fn part_standby(&mut self) {
        self.tell("part");
    }

    /// The standby serves from now on with what it has.
    pub fn promote_standby(&mut self) {
        self.tell("promote");
    }

    fn tell(&mut self, word: &str) {
        let Some(words) = &mut self.words else { unreachable!("it is dropped") };
        writeln!(words, "{word}").unwrap_or_else(|e| panic!("the cluster's keeper is gone: {e}"));
        let said = answer(&mut self.answers);
        assert_eq!(said, "done", "{word}: see above");
    }
}

fn answer(answers: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap_or_else(|e| panic!("the cluster's keeper is gone: {e}"));
    line.trim().to_owned()
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It ends the servers and removes the folder when nobody speaks to it any more.
        drop(self.words.take());
        let _ = self.keeper.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::ask;

    #[test]
    fn it_stops_starts_and_is_replaced() {
        let mut cluster = Cluster::start();
        ask(&cluster.url(), "CREATE TABLE meals AS SELECT 7 AS n");
        cluster.stop();
        cluster.start_again();
        cluster.add_standby();
        cluster.part_standby();
        ask(&cluster.url(), "UPDATE meals SET n = 8");
        cluster.stop();
        cluster.promote_standby();
        assert_eq!(ask(&cluster.url(), "SELECT n FROM meals"), "7", "what the standby missed is gone");
    }
}
