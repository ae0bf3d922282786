//! A list of a city's elders taken over: how long it takes and what memory it holds. A measurement, in two programs, so
//! that what makes the list is not in the figures:
//!
//! ```text
//! ROWS=600000 LIST=list.xlsx cargo test -p server --test it large_list::made -- --ignored
//! LIST=list.xlsx cargo test -p server --test it large_list::taken -- --ignored --nocapture
//! ```

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::calendar::BusinessDate;
use rust_xlsxwriter::Workbook;
use server::import::Kind;
use server::import::run::{Job, Watch};
use support::Backend;

use crate::common::{World, region};

const HEADS: [&str; 4] = ["姓名", "身份证号", "联系电话", "户籍地"];
/// The first days of birth; as many numbers a day as there can be.
const BORN: &str = "1931-01-01";
const A_DAY: usize = 900;

/// The `n`-th made-up person of a city: all numbers are different.
fn person(n: usize) -> [String; 4] {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const SURNAMES: [char; 8] = ['赵', '钱', '孙', '李', '周', '吴', '郑', '王'];
    const GIVEN: [char; 10] = ['春', '兰', '秋', '菊', '国', '强', '建', '华', '玉', '珍'];
    let born: BusinessDate = BORN.parse().unwrap();
    let born = born.plus_days(i64::try_from(n / A_DAY).unwrap()).to_string().replace('-', "");
    let first = format!("440304{born}{:03}", n % A_DAY);
    let sum: u32 = first.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    let number = format!("{first}{}", char::from(b"10X98765432"[(sum % 11) as usize]));
    let name: String = [SURNAMES[n % 8], GIVEN[n / 8 % 10], GIVEN[n / 80 % 10]].iter().collect();
    [name, number, format!("138{n:08}"), "440304001002".to_owned()]
}

fn asked(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not said"))
}

#[test]
#[ignore = "makes the list of a measurement"]
fn made() {
    let (rows, path) = (asked("ROWS").parse::<usize>().unwrap(), asked("LIST"));
    if Path::new(&path).extension().is_some_and(|ending| ending == "xlsx") {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, head) in (0..).zip(HEADS) {
            sheet.write(0, column, head).unwrap();
        }
        for n in 0..rows {
            for (column, text) in (0..).zip(person(n)) {
                sheet.write(u32::try_from(n + 1).unwrap(), column, text).unwrap();
            }
        }
        book.save(path).unwrap();
        return;
    }
    let mut out = BufWriter::new(File::create(path).unwrap());
    writeln!(out, "{}", HEADS.join(",")).unwrap();
    for n in 0..rows {
        writeln!(out, "{}", person(n).join(",")).unwrap();
    }
    out.flush().unwrap();
}

/// A line of the process's own figures, MB.
fn memory(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(of)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

/// CPU seconds of all threads, user and system.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>() / 100
}

fn job(path: &str) -> Job {
    let input = Box::new(File::open(path).unwrap());
    let (file_name, region) = (path.rsplit('/').next().unwrap().to_owned(), Some(region("440304")));
    Job { kind: Kind::Elders, file_name, by: None, scope: None, region, input }
}

/// Tells every two seconds how far it is, until it is told to stop.
#[expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
fn tell(step: &'static str, watch: &Watch, over: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let (rows, over, began, before) = (Arc::clone(&watch.rows), Arc::clone(over), Instant::now(), cpu());
    // The peak is counted anew from here.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    std::thread::spawn(move || {
        loop {
            let last = over.load(Ordering::Relaxed);
            let (rows, took) = (rows.load(Ordering::Relaxed), began.elapsed().as_secs());
            let (now, peak) = (memory("VmRSS"), memory("VmHWM"));
            println!("{step}\t{rows} rows\t{took} s\t{} CPU s\t{now} MB, peak {peak} MB", cpu() - before);
            if last {
                return;
            }
            std::thread::park_timeout(Duration::from_secs(2));
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn taken() {
    let path = asked("LIST");
    let world = World::new(Backend::Sqlite).await;
    world.rules().await;
    let office = world.office();
    let (watch, stop) = (Watch::default(), Arc::new(AtomicBool::new(false)));
    let telling = tell("check", &watch, &stop);
    let tried = office.check_import(job(&path), watch).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    telling.thread().unpark();
    telling.join().unwrap();
    assert_eq!((tried.counts.bad, tried.counts.added), (0, tried.counts.rows), "{:?}", tried.counts);
    let (watch, stop) = (Watch::default(), Arc::new(AtomicBool::new(false)));
    let telling = tell("apply", &watch, &stop);
    let applied = office.apply_import(job(&path), tried.digest, None, watch).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    telling.thread().unpark();
    telling.join().unwrap();
    assert_eq!(applied.counts, tried.counts);
}
