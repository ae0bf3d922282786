use std::io::Read as _;
use std::time::Duration;

use domain::id::RecordId;
use support::NetworkPrinter;

use super::*;

fn record(n: u128) -> RecordId {
    RecordId::from_uuid(uuid::Uuid::from_u128(n))
}

fn text() -> Compose {
    Box::new(|record, reprint| Box::pin(async move { Ok(format!("{record} {reprint};").into_bytes()) }))
}

/// A queue at work. It ends when the queue is dropped.
fn begin(config: &PrinterConfig) -> (PrintQueue, tokio::task::JoinHandle<()>) {
    let (queue, end) = PrintQueue::new(config);
    let (jobs, printer) = end.unwrap();
    let work = tokio::spawn(PrintQueue::work(queue.idle(), jobs, printer, text(), || {}));
    (queue, work)
}

async fn run(config: &PrinterConfig, records: &[RecordId]) -> PrintQueue {
    let (queue, work) = begin(config);
    for record in records {
        queue.print(*record, false);
    }
    let shown = queue.idle();
    drop(queue);
    work.await.unwrap();
    shown
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..400 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never: {what}");
}

#[test]
fn a_printer_is_named_in_one_line() {
    for (text, config) in [
        ("none", PrinterConfig::None),
        ("spool:out/slips", PrinterConfig::Spool("out/slips".into())),
        ("device:/dev/usb/lp0", PrinterConfig::Device("/dev/usb/lp0".into())),
        ("tcp:10.0.0.9:9100", PrinterConfig::Tcp("10.0.0.9:9100".into())),
    ] {
        assert_eq!(text.parse(), Ok(config));
    }
    for bad in ["", "spool:", "tcp:host", "lp0", "usb:1"] {
        assert!(bad.parse::<PrinterConfig>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn slips_reach_the_spool_whole_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let shown = run(&PrinterConfig::Spool(dir.path().join("slips")), &[record(1), record(2)]).await;
    assert_eq!(shown.printed(record(2)), Printed::Yes);
    let mut files: Vec<_> =
        std::fs::read_dir(dir.path().join("slips")).unwrap().map(|f| f.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, [format!("{}-1.bin", record(1)).as_str(), &format!("{}-2.bin", record(2))]);
}

#[tokio::test]
async fn trouble_is_shown_and_the_next_slip_is_tried() {
    let dir = tempfile::tempdir().unwrap();
    let device = dir.path().join("lp0");
    let config = PrinterConfig::Device(device.clone());
    let (queue, work) = begin(&config);
    queue.print(record(1), false);
    until("it failed", || queue.printed(record(1)) == Printed::No).await;
    let state = queue.state();
    assert_eq!((state.state, state.condition), ("trouble", None));
    assert!(state.detail.is_some());
    std::fs::write(&device, "").unwrap();
    queue.print(record(1), false);
    until("it is printed", || queue.printed(record(1)) == Printed::Yes).await;
    assert_eq!((queue.state().state, queue.state().detail), ("ok", None));
    assert!(std::fs::read_to_string(&device).unwrap().ends_with("false;"));
    drop(queue);
    work.await.unwrap();
}

#[tokio::test]
async fn a_network_printer_that_never_answers_gets_its_slips_and_is_asked_once() {
    let printer = NetworkPrinter::new();
    printer.set(|front| front.answers = false);
    let shown = run(&PrinterConfig::Tcp(printer.address()), &[record(7), record(8)]).await;
    assert_eq!((shown.printed(record(7)), shown.printed(record(8))), (Printed::Yes, Printed::Yes));
    let wanted = format!("{} false;{} false;", record(7), record(8));
    until("both slips are there", || printer.printed() == wanted.as_bytes()).await;
    assert_eq!(printer.asked(), 1);
}

#[tokio::test]
async fn a_print_server_that_breaks_off_at_a_question_still_prints() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let reader = std::thread::spawn(move || {
        let mut question = [0; 3];
        listener.accept().unwrap().0.read_exact(&mut question).unwrap();
        assert_eq!(question, [0x10, 0x04, 0x04]);
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    let printed =
        tokio::task::spawn_blocking(move || PrinterConfig::Tcp(address).print_now("test", b"slip")).await.unwrap();
    assert!(matches!(printed, Ok(None)), "{printed:?}");
    assert_eq!(reader.join().unwrap(), "slip");
}

#[tokio::test]
async fn a_slip_waits_for_paper_and_is_printed_once() {
    let printer = NetworkPrinter::new();
    printer.set(|front| front.paper = false);
    let (queue, work) = begin(&PrinterConfig::Tcp(printer.address()));
    // Told before anything is sold.
    until("it is told", || queue.state().condition == Some(Condition::PaperOut)).await;
    queue.print(record(1), false);
    queue.print(record(2), false);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((queue.state().state, queue.printed(record(1))), ("trouble", Printed::Waiting));
    assert_eq!(printer.held(), 0, "nothing is sent to a printer without paper");
    printer.set(|front| front.open = true);
    until("the lid", || queue.state().condition == Some(Condition::CoverOpen)).await;
    printer.set(|front| *front = support::printer::Front { low: true, ..support::printer::Front::default() });
    until("both are printed", || queue.printed(record(2)) == Printed::Yes).await;
    assert_eq!((queue.state().state, queue.state().condition), ("ok", Some(Condition::PaperLow)));
    assert_eq!(printer.printed(), format!("{} false;{} false;", record(1), record(2)).into_bytes());
    // Paper that ends in the middle of the last slip is told without another one.
    printer.set(|front| front.paper = false);
    until("it is told again", || queue.state().condition == Some(Condition::PaperOut)).await;
    drop(queue);
    work.await.unwrap();
}

#[tokio::test]
async fn the_queue_ends_while_a_slip_waits_for_paper() {
    let printer = NetworkPrinter::new();
    printer.set(|front| front.jammed = true);
    let (queue, work) = begin(&PrinterConfig::Tcp(printer.address()));
    queue.print(record(1), false);
    until("it is told", || queue.state().condition == Some(Condition::Failing)).await;
    drop(queue);
    tokio::time::timeout(Duration::from_secs(20), work).await.unwrap().unwrap();
    assert_eq!(printer.held(), 0);
}
