//! The page and its API against strangers, noise and a printer in trouble.

use crate::support;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::till::Till;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn other_sites_and_names_are_refused() {
    let till = Till::serving(|_| {}).await;
    let request = |host: &str, origin: Option<&str>, kind: &str| {
        let mut builder = Request::post("/api/guest").header(header::HOST, host).header(header::CONTENT_TYPE, kind);
        if let Some(origin) = origin {
            builder = builder.header(header::ORIGIN, origin);
        }
        builder.body(Body::from("{}")).unwrap()
    };
    let own = Some("http://127.0.0.1:8788");
    let status = async |request| till.send(request).await.0;
    assert_eq!(status(request("till.example", None, "application/json")).await, StatusCode::FORBIDDEN);
    assert_eq!(
        status(request("127.0.0.1:8788", Some("https://evil.example"), "application/json")).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(status(request("127.0.0.1:8788", own, "text/plain")).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(till.state().await["stage"]["kind"], "idle");
    assert_eq!(status(request("127.0.0.1:8788", own, "application/json")).await, StatusCode::OK);
}

#[tokio::test]
async fn the_page_stands_alone_in_both_languages() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let (status, page) = till.get("/").await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("请扫卡、扫码或刷身份证") && page.contains("lang=\"zh-CN\""));
    for outside in ["http://", "https://", "//cdn"] {
        let links = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!links.contains(outside), "{outside}");
    }
    for asset in ["till.css", "narrow.css", "till.js", "keys.js", "sound.js", "icon.svg", "LICENSE-lucide.txt"] {
        assert_eq!(till.get(&format!("/assets/{asset}")).await.0, StatusCode::OK, "{asset}");
    }
    let (_, english) = till.get("/?lang=en").await;
    assert!(String::from_utf8(english).unwrap().contains("Scan a card, a code or an ID card"));
    till.scan(&card).await;
    for path in
        ["/view", "/view?page=meals", "/view?page=close", "/view?dialog=last", "/view?page=close&dialog=recount"]
    {
        assert_eq!(till.get(path).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(till.get("/view?page=nowhere").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(till.get("/nowhere").await.0, StatusCode::NOT_FOUND);
    assert_eq!(till.get("/healthz").await, (StatusCode::OK, b"ok".to_vec()));
}

#[tokio::test]
async fn names_are_text_wherever_they_stand() {
    let mut card = String::new();
    let till =
        Till::serving(|office| card = office.add_elder("<b onclick=x>&\"'", "1943-11-22", false, &[]).card).await;
    till.scan(&card).await;
    let (_, view) = till.get("/view").await;
    let view: Value = serde_json::from_slice(&view).unwrap();
    assert!(!view["regions"]["main"].as_str().unwrap().contains("<b onclick"));
}

#[tokio::test]
async fn the_slip_is_shown_and_printed_after_the_sale() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    let record = till.sell(&card).await;
    let (status, svg) = till.get(&format!("/slips/{}.svg", record.as_str().unwrap())).await;
    let svg = String::from_utf8(svg).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(svg.starts_with("<svg") && svg.contains('张'));
    assert_eq!(till.get("/slips/00000000-0000-0000-0000-000000000000.svg").await.0, StatusCode::NOT_FOUND);
    assert_eq!(till.get("/slips/..%2Fterminal.key").await.0, StatusCode::NOT_FOUND);
    till.ok("/api/reprint", json!({})).await;
    let spool = till.dir.path().join("slips");
    let mut slips = Vec::new();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        slips = std::fs::read_dir(&spool).map(|files| files.map(|f| f.unwrap().path()).collect()).unwrap_or_default();
        slips.retain(|path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "bin"));
        if slips.len() == 2 {
            break;
        }
    }
    slips.sort();
    let text = |path: &std::path::Path| {
        receipts::preview::interpret(&std::fs::read(path).unwrap(), receipts::slip::Paper::Mm58).text()
    };
    assert!(text(&slips[0]).contains("您付") && text(&slips[0]).contains("9.00"));
    assert!(!text(&slips[0]).contains("补打") && text(&slips[1]).contains("补打"));
}

#[tokio::test]
async fn printer_trouble_never_blocks_a_sale() {
    let mut card = String::new();
    let till = Till::serving(|office| card = office.add_elder("张*国", "1943-11-22", false, &[]).card).await;
    // The spool's directory cannot be made: a file lies in its place.
    std::fs::write(till.dir.path().join("slips"), "").unwrap();
    till.sell(&card).await;
    for _ in 0..200 {
        if till.state().await["printer"]["state"] == "trouble" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let state = till.state().await;
    assert_eq!((&state["printer"]["state"], &state["last"]["printed"]), (&json!("trouble"), &json!("no")));
    assert_eq!(till.meals().await.len(), 1);
    let page = till.page().await;
    assert!(page.contains("打印机异常") && page.contains("照常收款"), "{page}");
}

#[tokio::test]
async fn serving_ends_when_it_is_told_to_even_with_a_page_open() {
    let till = Till::serving(|_| {}).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let terminal = till.terminal.clone();
    let serving = tokio::spawn(async move { terminal.serve(listener, async { stopped.await.unwrap_or(()) }).await });
    let mut page = tokio::net::TcpStream::connect(address).await.unwrap();
    page.write_all(format!("GET /events HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
    let mut first = [0; 512];
    let read = page.read(&mut first).await.unwrap();
    assert!(String::from_utf8_lossy(&first[..read]).contains("200 OK"));
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), serving).await.unwrap().unwrap().unwrap();
    let open = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = till.terminal.serve(open, async {}).await;
    assert!(matches!(refused, Err(terminal::Error::NotLoopback(_))));
}

#[test]
fn noise_never_breaks_the_till() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let till = runtime.block_on(Till::serving(|office| {
        office.add_elder("张*国", "1943-11-22", false, &[]);
    }));
    let path = prop_oneof![
        Just("/api/scan"),
        Just("/api/confirm"),
        Just("/api/void"),
        Just("/api/shift/count"),
        Just("/api/mode"),
        Just("/api/tender"),
        Just("/api/answer"),
        Just("/api/line/next"),
        Just("/api/line/pass"),
        Just("/api/reprint"),
        Just("/api/sign-in"),
        Just("/api/shift/open"),
    ];
    let body = prop_oneof![
        "\\PC{0,40}".prop_map(|code| json!({ "code": code }).to_string()),
        "[0-9]{1,30}".prop_map(|code| json!({ "code": code }).to_string()),
        "\\PC{0,40}",
        "\\{\"(sale|meal|record|count|tender|mode|keep|float|turn)\":(-?[0-9]{1,20}|\"[a-z0-9-]{0,36}\"|null|\\{\\}|\\[\\])\\}",
    ];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
    runner
        .run(&(path, body), |(path, body)| {
            let request = Request::post(path)
                .header(header::HOST, "localhost")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .unwrap();
            let (status, answer) = runtime.block_on(till.send(request));
            prop_assert!(status == StatusCode::OK || status.is_client_error(), "{status}");
            prop_assert!(serde_json::from_slice::<Value>(&answer).is_ok());
            Ok(())
        })
        .unwrap();
    assert_eq!(runtime.block_on(till.meals()).len(), 0, "noise sells nothing");
    assert_eq!(runtime.block_on(till.get("/view")).0, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let till = Till::serving(|_| {}).await;
    let code = "1".repeat(100_000);
    assert_eq!(till.refused("/api/scan", json!({ "code": code })).await, "too_large");
    assert_eq!(till.refused("/api/scan", json!({ "code": "1".repeat(201) })).await, "too_large");
}
