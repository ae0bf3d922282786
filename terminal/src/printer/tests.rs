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
    let work = tokio::spawn(PrintQueue::work(queue.idle(), end.unwrap(), text(), || {}));
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
async fn a_network_printer_that_never_answers_gets_its_slips_and_is_asked_three_times_before_them() {
    let printer = NetworkPrinter::new();
    printer.set(|front| front.answers = false);
    let slips: Vec<_> = (1..=5).map(record).collect();
    let shown = run(&PrinterConfig::Tcp(printer.address()), &slips).await;
    assert!(slips.iter().all(|slip| shown.printed(*slip) == Printed::Yes));
    let wanted = slips.iter().map(|slip| format!("{slip} false;")).collect::<Vec<_>>().concat();
    until("the slips are there", || printer.printed() == wanted.as_bytes()).await;
    assert_eq!(printer.asked(), 3);
}

#[tokio::test]
async fn a_printer_that_was_silent_while_it_started_is_heard_later() {
    let printer = NetworkPrinter::new();
    printer.set(|front| front.answers = false);
    let mut network = network::Network::new(&printer.address());
    let said = tokio::task::spawn_blocking(move || {
        // It starts, and is asked in vain; slips are no longer kept waiting.
        for slip in 0..4 {
            assert!(matches!(network.print("slip", &[b'0' + slip]), Ok(None)));
        }
        assert_eq!(network.ask().unwrap(), None);
        printer.set(|front| (front.answers, front.paper) = (true, false));
        assert_eq!(network.ask().unwrap(), Some(Condition::PaperOut));
        let refused = network.print("slip", b"5");
        (matches!(refused, Err(Halt::Said(Condition::PaperOut))), printer.held())
    });
    assert_eq!(said.await.unwrap(), (true, 0), "nothing is sent to a printer without paper");
}

#[tokio::test]
async fn dots_that_look_like_a_question_do_not_break_off_a_slip() {
    let printer = NetworkPrinter::new();
    let config = PrinterConfig::Tcp(printer.address());
    let sent = tokio::task::spawn_blocking(move || {
        (0..3).all(|_| matches!(config.print_now("slip", b"dots\x10\x04\x01dots"), Ok(Some(Condition::Ready))))
    });
    assert!(sent.await.unwrap());
    until("they are there", || printer.printed() == b"dots".repeat(6)).await;
    // One connection is served behind another: the first two have ended.
    assert_eq!(printer.broken_off(), 0);
}

#[tokio::test]
async fn the_drawer_opens_without_paper_and_never_later() {
    let pulse = receipts::slip::drawer_pulse();
    let printer = NetworkPrinter::new();
    let (queue, work) = begin(&PrinterConfig::Tcp(printer.address()));
    queue.open_drawer();
    until("it opens", || printer.printed() == pulse).await;
    printer.set(|front| front.paper = false);
    queue.print(record(1), false);
    until("the slip waits", || queue.state().condition == Some(Condition::PaperOut)).await;
    assert_eq!((queue.printed(record(1)), printer.opened()), (Printed::Waiting, 0));
    // The next elder pays while the slip waits.
    queue.open_drawer();
    until("it opens at once", || printer.opened() == 1).await;
    assert_eq!(printer.held(), 0);
    printer.set(|front| front.paper = true);
    let wanted = [&pulse, format!("{} false;", record(1)).as_bytes()].concat();
    until("the slip is there", || printer.printed() == wanted).await;
    assert_eq!(printer.opened(), 1, "paper opens no drawer");
    drop(queue);
    work.await.unwrap();
}

/// A printer of which nobody knows the state; it does as the test says.
struct Scripted<F>(F);

impl<F: FnMut(&str) -> std::io::Result<()> + Send> Printer for Scripted<F> {
    fn print(&mut self, name: &str, _: &[u8]) -> Result<Option<Condition>, Halt> {
        Ok((self.0)(name).map(|()| None)?)
    }

    fn ask(&mut self) -> std::io::Result<Option<Condition>> {
        (self.0)("ask").map(|()| None)
    }
}

/// A queue before such a printer, made anew by every call.
fn scripted<F: FnMut(&str) -> std::io::Result<()> + Send + 'static>(
    make: impl Fn() -> F + Send + 'static,
) -> (PrintQueue, OtherEnd) {
    PrintQueue::before(Box::new(move || Box::new(Scripted(make()))))
}

#[tokio::test]
async fn a_printer_that_is_switched_on_late_is_no_longer_in_trouble() {
    let tries = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (queue, end) = scripted(move || {
        let tries = tries.clone();
        move |_: &str| match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Err(std::io::ErrorKind::ConnectionRefused.into()),
            _ => Ok(()),
        }
    });
    let work = tokio::spawn(PrintQueue::work(queue.idle(), end, text(), || {}));
    until("it is off", || queue.state().state == "trouble").await;
    // It is on, and takes something before anybody prints.
    queue.open_drawer();
    until("it is on", || queue.state().state == "ok").await;
    drop(queue);
    work.await.unwrap();
}

#[tokio::test]
async fn slips_go_on_behind_one_at_which_the_printer_broke_down() {
    let made = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (queue, end) = scripted(move || {
        let first = made.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        move |name: &str| {
            assert!(!first || name == "ask", "it breaks down");
            Ok(())
        }
    });
    queue.print(record(1), false);
    queue.print(record(2), false);
    let shown = queue.idle();
    drop(queue);
    PrintQueue::work(shown.clone(), end, text(), || {}).await;
    assert_eq!((shown.printed(record(1)), shown.printed(record(2))), (Printed::No, Printed::Yes));
}

#[tokio::test]
async fn a_drawer_that_was_to_open_a_while_ago_stays_closed() {
    let names = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = names.clone();
    let (queue, end) = scripted(move || {
        let told = told.clone();
        move |name: &str| {
            told.lock().unwrap().push(name.to_owned());
            Ok(())
        }
    });
    let opened = || names.lock().unwrap().iter().filter(|name| name.starts_with("drawer")).count();
    let work = tokio::spawn(PrintQueue::work(queue.idle(), end, text(), || {}));
    queue.open_drawer();
    until("it opens", || opened() == 1).await;
    // The printer was at something else since.
    queue.open_drawer_since(tokio::time::Instant::now().checked_sub(Duration::from_secs(4)).unwrap());
    queue.print(record(1), false);
    until("it prints", || queue.printed(record(1)) == Printed::Yes).await;
    assert_eq!(opened(), 1, "{names:?}");
    drop(queue);
    work.await.unwrap();
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
    let wanted = format!("{} false;{} false;", record(1), record(2));
    until("they are there, once each", || printer.printed() == wanted.as_bytes()).await;
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
