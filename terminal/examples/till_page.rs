//! The cashier's page with invented elders and an office in memory, to look at and to try keys on.
//!
//! `cargo run -p terminal --example till_page -- 8788` then http://127.0.0.1:8788, PIN 2580; a second argument names the
//! printer (`spool:DIR`, `tcp:HOST:9100`), a third (`80`) the paper. Lines on standard input play fate: `offline`, `online`,
//! `pass MINUTES`, `revoke N`.

#[path = "../tests/it/support/mod.rs"]
#[expect(dead_code, reason = "the page needs a part of it")]
mod support;

use std::sync::Arc;
use std::time::Duration;

use domain::calendar::UnixMs;
use domain::credential::Scan;
use domain::id::Digest;
use support::fixture::{SeededEntropy, TestClock};
use support::{CODE, NOON, Office};
use terminal::{Config, PrinterConfig, Terminal};
use tokio::io::AsyncBufReadExt as _;

const PEOPLE: [(&str, &str, bool, &[&str]); 12] = [
    ("张*国", "1943-11-22", false, &[]),
    ("李*珍", "1950-05-01", true, &[]),
    ("王*山", "1942-02-11", false, &[]),
    ("周*英", "1955-08-30", true, &[]),
    ("赵*发", "1934-01-09", false, &[]),
    ("孙*兰", "1948-12-24", true, &["低保"]),
    ("吴*明", "1951-06-17", false, &[]),
    ("胡*香", "1940-10-05", true, &[]),
    ("郑*华", "1944-04-04", false, &[]),
    ("何*芬", "1957-09-19", true, &[]),
    ("陈*福", "1953-03-03", false, &[]),
    ("冯*珍", "1941-07-21", true, &[]),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(8788);
    let clock = Arc::new(TestClock::at(NOON.plus(-10 * 60_000)));
    let office = Office::new(Arc::clone(&clock));
    let mut cards = Vec::new();
    for (name, birth, female, categories) in PEOPLE {
        cards.push(office.add_elder(name, birth, female, categories));
    }
    let id = "11010519491231002X";
    let digest: Digest = Scan::read(id)?.digest(&office.books().digest_key);
    office.change(cards[1].entry.elder.id, |entry| entry.resident_id = Some(digest));
    let dir = tempfile::tempdir()?;
    let mut config = Config::new(dir.path(), "http://127.0.0.1:9");
    config.printer = match std::env::args().nth(2) {
        Some(printer) => printer.parse()?,
        None => PrinterConfig::Spool(dir.path().join("slips")),
    };
    if std::env::args().nth(3).as_deref() == Some("80") {
        config.paper = receipts::slip::Paper::Mm80;
    }
    let entropy = Arc::new(SeededEntropy::new(3));
    let transport = Arc::new(office.clone());
    terminal::enrol_with(&config, CODE, clock.clone(), entropy.clone(), transport.clone()).await?;
    let till = Terminal::open_with(config, clock.clone(), entropy, transport).await?;
    till.sync_once().await?;
    for (number, holder) in cards.iter().enumerate() {
        println!("card {number} {} {}", holder.entry.masked_name, holder.card);
    }
    println!("id {id}");
    let ticking = Arc::clone(&clock);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
            ticking.pass(100);
        }
    });
    let fate = (office, clock, cards.iter().map(|c| c.entry.elder.id).collect::<Vec<_>>(), till.clone());
    tokio::spawn(async move {
        let (office, clock, elders, till) = fate;
        let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["offline"] => office.books().offline = true,
                ["online"] => office.books().offline = false,
                ["pass", minutes] => clock.pass(minutes.parse().unwrap_or(0) * 60_000),
                ["revoke", number] => {
                    let elder = elders[number.parse::<usize>().unwrap_or(0)];
                    let since = UnixMs::new(NOON.get() - 19 * 3_600_000);
                    office.change(elder, |entry| entry.cards[0].revoked = Some(since));
                }
                _ => {}
            }
            println!("{line}: {:?}", till.sync_once().await);
        }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    till.serve(listener, async { std::future::pending().await }).await?;
    Ok(())
}
