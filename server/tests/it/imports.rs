//! Lists as people bring them: tried out, refused with every reason, taken over as a whole. All people are made up.

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use domain::calendar::BusinessDate;
use domain::elder::ElderFactKind;
use domain::id::{Digest, UserId};
use domain::money::Fen;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::{Value, json};
use server::import::run::{Job, Watch};
use server::import::{Finding, Kind, Outcome};
use server::people::Role;
use server::store::elders::{self, ElderRow};
use server::store::{audit, imports};
use server::store::{canteens, days};
use server::{Error, Office, sql};
use support::Backend;
use tokio::sync::mpsc;

use crate::client::{Answered, request, send, world as with_till};
use crate::common::{World, date, region, resident_id};
use crate::office::person;
use crate::unit;

async fn office_of(backend: Backend) -> World {
    let world = World::new(backend).await;
    world.rules().await;
    world
}

fn job(kind: Kind, bytes: &[u8]) -> Job {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let (file_name, region) = ("名单.csv".to_owned(), Some(region("440304")));
    Job { kind, file_name, by: None, scope: None, region, input }
}

/// What a dry run finds.
async fn check(office: &Arc<Office>, kind: Kind, bytes: &[u8]) -> Result<(Outcome, Vec<Finding>), Error> {
    let (sender, mut findings) = mpsc::channel(1);
    let watch = Watch { findings: Some(sender), ..Watch::default() };
    let listen = async {
        let mut all = Vec::new();
        while let Some(finding) = findings.recv().await {
            all.push(finding);
        }
        all
    };
    let (outcome, all) = tokio::join!(office.check_import(job(kind, bytes), watch), listen);
    Ok((outcome?, all))
}

/// Tries a list out and takes it over.
async fn take(office: &Arc<Office>, kind: Kind, bytes: &[u8]) -> Outcome {
    let (tried, findings) = check(office, kind, bytes).await.unwrap();
    assert_eq!(tried.counts.bad, 0, "{findings:?}");
    office.apply_import(job(kind, bytes), tried.digest, None, Watch::default()).await.unwrap()
}

/// Codes of problems with the cells they are about.
fn codes(findings: &[Finding]) -> Vec<(String, String)> {
    let of = |finding: &Finding| -> Vec<(String, String)> {
        let cell = |p: &server::import::Problem| p.cell.clone().unwrap_or_else(|| p.row.to_string());
        finding.problems.iter().map(|p| (cell(p), p.why.code.to_string())).collect()
    };
    findings.iter().flat_map(of).collect()
}

async fn everybody(office: &Office) -> Vec<ElderRow> {
    unit!(office.store, |tx| elders::inside(tx, &elders::Of { region: region("44"), canteen: None }, None, 1000).await)
}

async fn counts(office: &Office) -> (i64, i64) {
    let facts = unit!(office.store, |tx| sql!(tx, "SELECT COUNT(*) FROM elder_facts").value::<i64>().await);
    (unit!(office.store, |tx| sql!(tx, "SELECT COUNT(*) FROM elders").value::<i64>().await), facts)
}

/// As a district's list looks: a title over all columns, heads with stars, dates as dates, an ID in lower case.
fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("yyyy/m/d");
    let sheet = book.add_worksheet().set_name("福田").unwrap();
    sheet.merge_range(0, 0, 0, 8, "2026年福田区助餐老人名单", &Format::new()).unwrap();
    let heads = [
        "序号",
        "老人姓名*",
        "公民身份号码（必填）",
        "出生年月日",
        "手机号",
        "户籍所在地",
        "居住地址",
        "对象类别",
        "生效日期",
    ];
    for (column, head) in (0_u16..).zip(heads) {
        sheet.write(2, column, head).unwrap();
    }
    let rows: [(&str, u32, &str, &str, &str); 3] = [
        ("测　试甲", 1, "138 0000 0000", "福田区", "低保、失能3级"),
        ("测试乙", 2, "", "440304001002", "无"),
        ("测试丙", 3, "13900000000", "440304", ""),
    ];
    for (row, (name, number, phone, hukou, category)) in (4_u32..).step_by(2).zip(rows) {
        sheet.write(row, 0, row).unwrap();
        sheet.write(row, 1, name).unwrap();
        sheet.write(row, 2, format!(" {} ", resident_id(number).to_lowercase())).unwrap();
        sheet.write_with_format(row, 3, ExcelDateTime::from_ymd(1946, 1, 1).unwrap(), &day).unwrap();
        sheet.write(row, 4, phone).unwrap();
        sheet.write(row, 5, hukou).unwrap();
        sheet.write(row, 6, "深圳市福田区某路１号").unwrap();
        sheet.write(row, 7, category).unwrap();
        sheet.write(row, 8, "2026年1月1日").unwrap();
    }
    book.add_worksheet().set_name("填表说明").unwrap().write(0, 0, "请如实填写").unwrap();
    book.save_to_buffer().unwrap()
}

async fn a_list_of_elders_is_tried_out_and_taken_over(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let book = workbook();
    let (tried, findings) = check(office, Kind::Elders, &book).await.unwrap();
    assert_eq!((tried.counts.rows, tried.counts.added, tried.counts.bad), (3, 3, 0), "{findings:?}");
    assert_eq!((tried.sheets[0].head_row, tried.skipped_sheets.as_slice()), (3, &["填表说明".to_owned()][..]));
    assert_eq!(tried.sheets[0].ignored, ["序号"]);
    assert_eq!(everybody(office).await, [], "a dry run saves nothing");
    let taken = take(office, Kind::Elders, &book).await;
    assert!(taken.applied && taken.applied_before.is_none());
    let mut rows = everybody(office).await;
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["测试丙", "测试乙", "测试甲"]);
    let first = rows.pop().unwrap();
    assert_eq!((first.birth, first.region.as_str(), first.phone.is_some()), (date("1946-01-01"), "440304", true));
    let id = first.id;
    let elder = unit!(office.store, |tx| elders::for_rules(tx, &[id]).await).remove(&id).unwrap();
    let then = elder.on(date("2026-01-01"), office.now());
    let levels: Vec<_> = then.categories.iter().map(|c| (c.name.as_str(), c.level)).collect();
    assert_eq!(levels, [("低保", None), ("失能", Some(3))]);
    assert_eq!((then.hukou, then.residence), (Some(region("440304")), Some(region("440304"))));
    let origin = unit!(office.store, |tx| {
        sql!(tx, "SELECT f.import_place, i.file_name, i.digest FROM elder_facts f JOIN imports i ON i.id = f.import_id WHERE f.elder = $1 AND f.number = 1", id)
            .one::<(String, String, Digest)>()
            .await
    });
    assert_eq!(origin, ("福田!5".into(), "名单.csv".into(), taken.digest), "each fact knows its file and row");

    let before = counts(office).await;
    let again = take(office, Kind::Elders, &book).await;
    assert_eq!((again.counts.unchanged, again.counts.added, again.counts.changed), (3, 0, 0));
    assert_eq!(again.applied_before, Some(office.now()));
    assert_eq!(counts(office).await, before, "the same file twice changes nothing");
}

async fn csv_files_of_every_encoding_are_the_same_list(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let text =
        format!("姓名,身份证号,联系电话\r\n张三,{},0755-82000001\r\n李四,{},\r\n", resident_id(11), resident_id(12));
    let marked = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
    assert_eq!(take(office, Kind::Elders, &marked).await.counts.added, 2);
    let chinese = encoding_rs::GB18030.encode(&text.replace(',', "\t")).0.into_owned();
    let (again, findings) = check(office, Kind::Elders, &chinese).await.unwrap();
    assert_eq!((again.counts.unchanged, findings.len()), (2, 0));
    let moved = text.replace("82000001", "82000002");
    let (other, findings) = check(office, Kind::Elders, moved.as_bytes()).await.unwrap();
    assert_eq!((other.counts.changed, other.counts.notices), (1, 1));
    let phone = &findings[0].problems[0];
    assert_eq!((phone.old.as_deref(), phone.new.as_deref()), (Some("****0001"), Some("0755-82000002")));
    take(office, Kind::Elders, moved.as_bytes()).await;
    assert_eq!(check(office, Kind::Elders, moved.as_bytes()).await.unwrap().0.counts.unchanged, 2);
}

/// Birth months, formulas, an address from the province on, totals below and beside: as lists of streets look.
async fn files_of_lists_are_deleted_in_time_and_who_saw_them_is_entered(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let office = world.office();
    let issuer = person(&world, "发卡员", Role::CardIssuer, "440304").await;
    let bring = async |text: &str, token: &str| {
        let mut asked = request(Method::POST, "/api/v1/imports?kind=deaths&file_name=x.csv", Some(token), &Value::Null);
        asked.headers_mut().insert("content-type", "text/csv".parse().unwrap());
        *asked.body_mut() = Body::from(text.to_owned());
        send(&world, asked).await.read::<Value>()
    };
    let made = bring("身份证号,死亡日期\n123,2026-03-01\n", &issuer).await;
    let (id, digest) = (made["id"].as_str().unwrap().to_owned(), made["digest"].clone());
    let get = async |path: String| send(&world, request(Method::GET, &path, Some(&issuer), &Value::Null)).await;
    let seen = async || {
        let filter = audit::Filter { action: Some("import.show".into()), ..audit::Filter::default() };
        unit!(office.store, |tx| audit::find(tx, &filter, 99).await).len()
    };
    assert_eq!(get(format!("/api/v1/imports/{id}/problems")).await.json().as_array().unwrap().len(), 1);
    assert_eq!(get(format!("/api/v1/imports/{id}/report")).await.status, 200);
    assert_eq!(seen().await, 2);
    let kept = async || unit!(office.store, |tx| sql!(tx, "SELECT COUNT(*) FROM import_files").value::<i64>().await);
    assert_eq!(office.forget_lists(90).await.unwrap(), 0);
    world.clock.pass(90 * 24 * 60 * 60 * 1000 + 1);
    let issuer = crate::client::open(&world, "发卡员", "correct horse 电池").await;
    bring("身份证号,死亡日期\n124,2026-03-01\n", &issuer).await;
    assert_eq!(office.forget_lists(90).await.unwrap(), 1);
    assert_eq!(kept().await, 1, "the other is young");
    let get = async |path: String| send(&world, request(Method::GET, &path, Some(&issuer), &Value::Null)).await;
    for what in ["problems", "report"] {
        let gone = get(format!("/api/v1/imports/{id}/{what}")).await;
        assert!(
            gone.is_problem(409, "conflict")["detail"].as_str().unwrap().contains("重新上传"),
            "{what}: not: nothing"
        );
    }
    assert_eq!(get(format!("/api/v1/imports/{id}")).await.json()["outcome"]["bad"], 1, "what came of it stays");
    let path = format!("/api/v1/imports/{id}/apply");
    let gone = send(&world, request(Method::POST, &path, Some(&issuer), &json!({"digest": digest}))).await;
    assert!(gone.is_problem(409, "conflict")["detail"].as_str().unwrap().contains("重新上传"));
    let filter = audit::Filter { action: Some("import.forget".into()), ..audit::Filter::default() };
    let entries = unit!(office.store, |tx| audit::find(tx, &filter, 99).await);
    assert_eq!((entries.len(), entries[0].object.as_str()), (1, format!("import:{id}").as_str()));
}

async fn what_lists_write_in_their_own_way_is_understood(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0_u16..).zip(["姓名", "身份证号", "出生年月", "户籍地址", "合计"]) {
        sheet.write(0, column, head).unwrap();
    }
    // Everybody of these was born on 1946-01-01.
    sheet.write(1, 2, 1946.1).unwrap().write(2, 2, "1946年1月").unwrap().write(3, 2, "194601").unwrap();
    for (row, number) in (1_u32..).zip(41..44) {
        sheet.write(row, 0, "测试长者").unwrap();
        let id = Formula::new(format!("\"{}\"&\"\"", resident_id(number))).set_result(resident_id(number));
        sheet.write(row, 1, id).unwrap();
        sheet.write(row, 3, "广东省深圳市福田区某路1号").unwrap();
        sheet.write(row, 4, 1).unwrap();
    }
    sheet.write(4, 0, "合计").unwrap().write(4, 1, 3).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let outcome = take(office, Kind::Elders, &bytes).await;
    assert_eq!((outcome.counts.rows, outcome.counts.added), (3, 3));
    assert_eq!((outcome.sheets[0].totals, outcome.sheets[0].ignored.as_slice()), (1, &["合计".to_owned()][..]));
    let facts = unit!(office.store, |tx| sql!(tx, "SELECT fact FROM elder_facts").values::<String>().await);
    assert!(facts.len() == 3 && facts.iter().all(|fact| fact.contains("\"440304\"")), "{facts:?}");

    // A month that is another, and another province. (A formula without its result: the reader's own tests.)
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0_u16..).zip(["姓名", "身份证号", "出生年月", "户籍地址"]) {
        sheet.write(0, column, head).unwrap();
    }
    sheet.write(2, 0, "测试长者").unwrap().write(2, 1, resident_id(44)).unwrap();
    sheet.write(2, 2, "1946.02").unwrap().write(2, 3, "湖南省福田区某路1号").unwrap();
    let (tried, findings) = check(office, Kind::Elders, &book.save_to_buffer().unwrap()).await.unwrap();
    assert_eq!(tried.counts.bad, 1);
    let found = codes(&findings);
    for (cell, code) in [("C3", "birth_differs"), ("D3", "region")] {
        assert!(found.contains(&(cell.into(), code.into())), "{found:?}");
    }
}

async fn every_bad_row_is_named_and_nothing_is_taken(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let good = resident_id(21);
    let lines = [
        "姓名,身份证号,出生日期,性别,户籍地,就餐食堂,类别,电话".to_owned(),
        format!("张三,{good},1946-01-01,,,,,"),
        format!("张四,{good},,,,,,"),
        "王五,1.10101E+17,,,,,,".to_owned(),
        "赵六,110105194912310021,,,,,,".to_owned(),
        format!("钱七,{},1946-01-02,,,,,", resident_id(22)),
        format!(",{},3/1/1946,,火星,无名食堂,失能9级,123", resident_id(23)),
        "合计,6,,,,,,".to_owned(),
    ];
    let text = lines.join("\n");
    let (tried, findings) = check(office, Kind::Elders, text.as_bytes()).await.unwrap();
    assert_eq!((tried.counts.rows, tried.counts.added, tried.counts.bad), (6, 1, 5));
    assert_eq!(tried.sheets[0].totals, 1, "a row of totals is passed over");
    let expected = [
        ("3", "duplicate"),
        ("B4", "digits_lost"),
        ("B5", "id_check"),
        ("C6", "birth_differs"),
        ("A7", "empty"),
        ("H7", "phone"),
        ("F7", "no_canteen"),
        ("C7", "date_order"),
        ("E7", "region"),
        ("G7", "level_range"),
    ];
    let expected: Vec<(String, String)> = expected.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
    assert_eq!(codes(&findings), expected);
    let born = &findings[3].problems[0];
    assert_eq!(
        (born.old.as_deref(), born.new.as_deref(), born.read.as_str()),
        (Some("1946-01-01"), Some("1946-01-02"), "1946-01-02")
    );
    let refused = office.apply_import(job(Kind::Elders, text.as_bytes()), tried.digest, None, Watch::default()).await;
    assert_eq!(refused.unwrap_err().code().unwrap().name(), "import_refused");
    assert_eq!(counts(office).await, (0, 0), "all or nothing");
    let one = lines[..2].join("\n");
    let other = office.apply_import(job(Kind::Elders, one.as_bytes()), tried.digest, None, Watch::default()).await;
    assert_eq!(other.unwrap_err().code().unwrap().name(), "import_refused", "not the file that was tried");
    let unreadable = check(office, Kind::Elders, b"\xd0\xcf\x11\xe0").await.unwrap_err();
    assert_eq!(unreadable.code().unwrap().name(), "import_unreadable");
}

async fn what_the_office_knows_stands_beside_what_the_list_says(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let canteen = world.canteen("测试食堂").await;
    world.elder(1, None).await;
    let elder = world.elder(2, None).await;
    let (one, two, nobody) = (resident_id(1), resident_id(2), resident_id(3));
    let named = format!("姓名,身份证号\n别的名字,{one}\n");
    let (tried, findings) = check(office, Kind::Elders, named.as_bytes()).await.unwrap();
    let name = &findings[0].problems[0];
    assert_eq!((tried.counts.bad, name.why.code.as_ref()), (1, "other_name"));
    assert_eq!((name.old.as_deref(), name.new.as_deref()), (Some("测试长者"), Some("别的名字")));

    // Who looks after the elder is told where it differs, and stays.
    let elsewhere = format!("姓名,身份证号,所属区划\n测试长者,{one},440304001002\n");
    let (tried, findings) = check(office, Kind::Elders, elsewhere.as_bytes()).await.unwrap();
    assert_eq!((tried.counts.bad, codes(&findings)), (0, vec![("C2".to_owned(), "other_region".to_owned())]));

    let held = format!(
        "身份证号,类别,等级,起始日期,结束日期\n{two},失能,2,2026-03-01,2026-05-31\n{nobody},低保,,2026-03-01,\n"
    );
    let (_, findings) = check(office, Kind::Categories, held.as_bytes()).await.unwrap();
    assert_eq!(codes(&findings), [("A3".to_owned(), "not_registered".to_owned())]);
    let held = held.lines().take(2).collect::<Vec<_>>().join("\n");
    assert_eq!(take(office, Kind::Categories, held.as_bytes()).await.counts.changed, 1);
    assert_eq!(take(office, Kind::Categories, held.as_bytes()).await.counts.unchanged, 1);
    let facts = unit!(office.store, |tx| elders::for_rules(tx, &[elder]).await).remove(&elder).unwrap();
    let level = |day: &str| facts.on(date(day), office.now()).categories.first().and_then(|c| c.level);
    assert_eq!((level("2026-05-31"), level("2026-06-01")), (Some(2), None), "the last day is one of them");

    let moves = format!("身份证号,迁入居住地,迁入食堂,迁入日期\n{two},福田区,测试食堂,2026.3.15\n");
    assert_eq!(take(office, Kind::Moves, moves.as_bytes()).await.counts.changed, 1);
    assert_eq!(take(office, Kind::Moves, moves.as_bytes()).await.counts.unchanged, 1);
    let row = unit!(office.store, |tx| elders::get(tx, elder).await).unwrap();
    assert_eq!(row.registered_canteen, Some(canteen));

    let died = |day: &str| format!("姓名,身份证号码,死亡日期\n测试长者,{two},{day}\n");
    assert_eq!(take(office, Kind::Deaths, died("2026-02-20").as_bytes()).await.counts.changed, 1);
    assert_eq!(take(office, Kind::Deaths, died("20260220").as_bytes()).await.counts.unchanged, 1);
    for (day, code) in [
        ("2026-02-21", "other_death"),
        ("2026-02-19", "other_death"),
        ("2026-03-03", "future"),
        ("1945-01-01", "before_birth"),
    ] {
        let (_, findings) = check(office, Kind::Deaths, died(day).as_bytes()).await.unwrap();
        assert_eq!(findings[0].problems[0].why.code, code, "{day}");
    }
    let later = format!("身份证号,类别,起始日期\n{two},低保,2026-02-21\n");
    let (_, findings) = check(office, Kind::Categories, later.as_bytes()).await.unwrap();
    assert_eq!(findings[0].problems[0].why.code, "dead");
}

async fn a_death_before_a_meal_is_shown_and_the_day_is_closed_again(backend: Backend) {
    let (world, mut till) = with_till(backend).await;
    let office = world.office();
    let elder = world.elder(5, None).await;
    let records = [till.start(None), till.open(), till.meal(office, Some(elder)), till.close()];
    world.ingest(&till, 1, &records).await;
    let (canteen, today) = (till.row.canteen, date("2026-03-02"));
    let before = unit!(office.store, |tx| days::get(tx, canteen, today).await).unwrap();
    let list = format!("身份证号,死亡日期\n{},2026-02-25\n", resident_id(5));
    let (tried, findings) = check(office, Kind::Deaths, list.as_bytes()).await.unwrap();
    assert_eq!((tried.counts.bad, tried.counts.notices), (0, 1));
    assert_eq!(findings[0].problems[0].why.code, "meals_after_death");
    take(office, Kind::Deaths, list.as_bytes()).await;
    let after = unit!(office.store, |tx| days::get(tx, canteen, today).await).unwrap();
    assert!(after.version > before.version, "{before:?} {after:?}");
    let facts = unit!(office.store, |tx| elders::for_rules(tx, &[elder]).await).remove(&elder).unwrap();
    assert!(facts.facts.iter().any(|f| matches!(f.kind, ElderFactKind::Death { dead: true })));
}

async fn canteens_their_standings_prices_and_the_calendar(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let heads = "食堂名称,区划代码,运营单位,统一社会信用代码,订餐电话,开户行,户名,账号,日供餐能力";
    let line = |name: &str, account: &str| {
        format!(
            "{name},440304001003,示例餐饮有限公司,91350100M000100Y43,0755-82000000,示例银行,示例餐饮有限公司,{account},200"
        )
    };
    let list = format!("{heads}\n{}\n{}\n", line("东食堂", "6222 0210 0111 2345"), line("西食堂", "6222021001112346"));
    assert_eq!(take(office, Kind::Canteens, list.as_bytes()).await.counts.added, 2);
    assert_eq!(take(office, Kind::Canteens, list.as_bytes()).await.counts.unchanged, 2);
    let other = format!("{heads}\n{}\n", line("东食堂", "6222021001119999"));
    let (_, findings) = check(office, Kind::Canteens, other.as_bytes()).await.unwrap();
    let account = &findings[0].problems[0];
    assert_eq!((account.why.code.as_ref(), account.old.as_deref()), ("canteen_differs", Some("…2345")));

    let rows = unit!(office.store, |tx| canteens::all(tx).await);
    let east = rows.iter().find(|row| row.name == "东食堂").unwrap().id;
    let graded = "食堂,量化等级,明厨亮灶,评定日期\n东食堂,Ｂ级,是,2026-03-01\n";
    assert_eq!(take(office, Kind::Standings, graded.as_bytes()).await.counts.changed, 1);
    assert_eq!(take(office, Kind::Standings, graded.as_bytes()).await.counts.unchanged, 1);
    let standing = unit!(office.store, |tx| canteens::for_rules(tx, east).await)
        .unwrap()
        .on(date("2026-03-01"), office.now())
        .standing;
    assert_eq!((standing.quality_grade.as_str(), standing.sunshine_kitchen), ("B", Some(true)));

    let prices = "食堂,餐次,价格（元）,执行日期\n东食堂,午餐,¥18.50,2026-03-01\n东食堂,晚餐,12元,2026-03-01\n";
    assert_eq!(take(office, Kind::Prices, prices.as_bytes()).await.counts.changed, 2);
    assert_eq!(take(office, Kind::Prices, prices.as_bytes()).await.counts.unchanged, 2);
    let listed = unit!(office.store, |tx| canteens::prices(tx, east).await);
    assert_eq!(listed.iter().map(|p| p.price).collect::<Vec<_>>(), [Fen::new(1850), Fen::new(1200)]);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0_u16..).zip(["食堂", "餐次", "价格", "执行日期"]) {
        sheet.write(0, column, head).unwrap();
    }
    sheet.write(1, 0, "东食堂").unwrap();
    sheet.write(1, 1, "午餐").unwrap();
    sheet.write(1, 2, 0.1 + 0.2).unwrap();
    sheet.write(1, 3, "2026-04-01").unwrap();
    let (_, findings) = check(office, Kind::Prices, &book.save_to_buffer().unwrap()).await.unwrap();
    assert_eq!(codes(&findings), [("C2".to_owned(), "amount_float".to_owned())]);

    let year = "日期,安排,说明\n2027/1/1,放假,元旦\n2027年2月6日,放假,春节\n2027-02-13,调休上班,\n";
    assert_eq!(take(office, Kind::Calendars, year.as_bytes()).await.counts.changed, 3);
    assert_eq!(take(office, Kind::Calendars, year.as_bytes()).await.counts.unchanged, 3);
    assert!(office.book().calendar().covers(2027) && office.book().calendar().covers(2026));
}

/// What a person brings holds when another one approves it.
async fn prices_and_calendars_of_a_person_take_two(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let canteen = world.canteen("东食堂").await;
    person(&world, "经办", Role::FinanceMaker, "4403").await;
    let by = unit!(office.store, |tx| server::store::people::by_name(tx, "经办").await).unwrap().id;
    let checker = person(&world, "复核", Role::FinanceChecker, "4403").await;
    let job = |kind: Kind, text: &str, scope: &str| Job {
        by: Some(by),
        scope: Some(region(scope)),
        ..job(kind, text.as_bytes())
    };
    let take = async |kind: Kind, text: &str| {
        let tried = office.check_import(job(kind, text, "4403"), Watch::default()).await.unwrap();
        office.apply_import(job(kind, text, "4403"), tried.digest, None, Watch::default()).await.unwrap()
    };
    let before = unit!(office.store, |tx| canteens::prices(tx, canteen).await);
    let prices = "食堂,餐次,价格（元）,执行日期\n东食堂,午餐,19.50,2026-04-01\n";
    assert_eq!(take(Kind::Prices, prices).await.counts.changed, 1);
    assert_eq!(take(Kind::Prices, prices).await.counts.unchanged, 1, "it waits already");
    assert_eq!(unit!(office.store, |tx| canteens::prices(tx, canteen).await), before, "not yet");
    let open = async || unit!(office.store, |tx| server::store::proposals::open(tx, &region("44")).await);
    let waiting = open().await;
    assert_eq!(waiting.iter().map(|row| (row.kind.as_str(), row.maker)).collect::<Vec<_>>(), [("price", by)]);
    let made = json!({"proposal": waiting[0].id, "digest": waiting[0].digest});
    assert_eq!(crate::client::second(&world, &checker, &made).await.status, 204);
    let now = unit!(office.store, |tx| canteens::prices(tx, canteen).await);
    assert_eq!((now.len(), now.last().unwrap().price), (before.len() + 1, Fen::new(1950)));

    let year = "日期,安排,说明\n2027/1/1,放假,元旦\n2027年2月6日,放假,春节\n2027-02-13,调休上班,\n";
    let near = office.check_import(job(Kind::Calendars, year, "440304"), Watch::default()).await;
    assert_eq!(near.err().and_then(|error| error.code()), Some(server::words::Code::OutOfScope));
    take(Kind::Calendars, year).await;
    assert!(!office.book().calendar().covers(2027), "not yet");
    let waiting = open().await;
    let made = json!({"proposal": waiting[0].id, "digest": waiting[0].digest});
    assert_eq!(crate::client::second(&world, &checker, &made).await.status, 204);
    assert!(office.book().calendar().covers(2027) && office.book().calendar().covers(2026));
}

async fn call(world: &World, method: Method, path: &str, token: &str, body: Body) -> Answered {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    send(world, request.header("content-type", "application/octet-stream").body(body).unwrap()).await
}

async fn a_list_over_the_api(backend: Backend) {
    let world = office_of(backend).await;
    let issuer = person(&world, "发卡员", Role::CardIssuer, "440304").await;
    let far = person(&world, "外区发卡员", Role::CardIssuer, "440305").await;
    let auditor = person(&world, "审计员", Role::Auditor, "4403").await;
    let path = "/api/v1/imports?kind=elders&file_name=a.csv";
    let text = format!("姓名,身份证号\n测试甲,{}\n测试乙,123\n", resident_id(31));
    let post = Method::POST;
    call(&world, post.clone(), path, &auditor, Body::from(text.clone())).await.is_problem(403, "forbidden");
    let made = call(&world, post.clone(), path, &issuer, Body::from(text.clone())).await;
    assert_eq!(made.status, 201);
    let import = made.json();
    assert_eq!((import["state"].as_str(), import["outcome"]["bad"].as_u64()), (Some("checked"), Some(1)), "{import}");
    let own = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
    call(&world, Method::GET, &own, &far, Body::empty()).await.is_problem(403, "out_of_scope");
    let problems = call(&world, Method::GET, &format!("{own}/problems"), &issuer, Body::empty()).await.json();
    assert_eq!(problems[0]["problems"][0]["code"], "id_length");
    assert_eq!(problems[0]["problems"][0]["cell"], "B3");
    let report = call(&world, Method::GET, &format!("{own}/report"), &issuer, Body::empty()).await;
    assert!(report.status == 200 && report.body.starts_with(b"PK"), "{}", report.status);
    let apply = |digest: &Value| json!({ "digest": digest });
    let applied =
        |own: &str, digest: &Value| request(Method::POST, &format!("{own}/apply"), Some(&issuer), &apply(digest));
    send(&world, applied(&own, &import["digest"])).await.is_problem(409, "import_refused");

    let good = text.lines().take(2).collect::<Vec<_>>().join("\n");
    let made = call(&world, post.clone(), path, &issuer, Body::from(good.clone())).await.json();
    let own = format!("/api/v1/imports/{}", made["id"].as_str().unwrap());
    send(&world, applied(&own, &import["digest"])).await.is_problem(409, "import_refused");
    let done = send(&world, applied(&own, &made["digest"])).await;
    assert_eq!(
        (done.status.as_u16(), done.json()["state"].as_str().map(str::to_owned)),
        (200, Some("applied".to_owned()))
    );
    send(&world, applied(&own, &made["digest"])).await.is_problem(409, "conflict");
    let listed = call(&world, Method::GET, "/api/v1/imports", &issuer, Body::empty()).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(call(&world, Method::GET, "/api/v1/imports", &far, Body::empty()).await.json(), json!([]));
    let rows = everybody(world.office()).await;
    assert_eq!((rows.len(), rows[0].region.as_str()), (1, "440304"));
    let by = unit!(world.office().store, |tx| {
        sql!(tx, "SELECT made_by, applied_by FROM imports WHERE state = 'applied'").one::<(UserId, UserId)>().await
    });
    assert_eq!(by.0, by.1);

    // Another district's elder is nobody's business here.
    let other = call(&world, post.clone(), path, &far, Body::from(good)).await.json();
    assert_eq!(other["outcome"]["bad"], 1, "{other}");
    let broken = call(&world, post, path, &issuer, Body::from("PK\u{3}\u{4}x")).await.json();
    assert_eq!((broken["state"].as_str(), broken["reason"].is_string()), (Some("unreadable"), true));
    let empty = call(&world, Method::GET, "/api/v1/imports/templates/deaths", &issuer, Body::empty()).await;
    assert!(empty.body.starts_with(b"PK"));
    let sealed =
        unit!(world.office().store, |tx| sql!(tx, "SELECT sealed FROM import_files").values::<Vec<u8>>().await);
    let number = resident_id(31);
    assert!(sealed.iter().all(|piece| !piece.windows(18).any(|w| w == number.as_bytes())), "files are sealed");
}

/// Elders that only this list needs, far from those of other tests.
fn many(count: u32) -> String {
    let mut text = "姓名,身份证号,户籍地,类别\n".to_owned();
    for n in 0..count {
        let born = BusinessDate::new(1930, 1, 1).unwrap().plus_days(i64::from(n / 900)).to_string().replace('-', "");
        let first = format!("440304{born}{:03}", n % 900 + 1);
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = first.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
        let check = char::from(b"10X98765432"[(sum % 11) as usize]);
        let _ = writeln!(text, "测试长者,{first}{check},440304001002,低保");
    }
    text
}

async fn a_list_that_stops_the_server_or_takes_too_long_is_given_up(backend: Backend) {
    let (world, _) = with_till(backend).await;
    let office = world.office();
    let issuer = person(&world, "发卡员", Role::CardIssuer, "440304").await;
    let path = "/api/v1/imports?kind=deaths&file_name=x.csv";
    let made = call(&world, Method::POST, path, &issuer, Body::from("身份证号,死亡日期\n123,2026-03-01\n")).await;
    let id: uuid::Uuid = made.json()["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(office.import(id).await.unwrap().state, "checked");
    // As it stands when the server stopped during so many checks.
    for (stopped, state) in [(1_i64, "checked"), (1, "checked"), (2, "unreadable")] {
        unit!(office.store, |tx| {
            sql!(tx, "UPDATE imports SET state = 'checking', result = NULL, checks = $1", stopped).execute().await
        });
        office.check_stored(id).await;
        assert_eq!(office.import(id).await.unwrap().state, state, "after {stopped}");
    }
    let shown = call(&world, Method::GET, &format!("/api/v1/imports/{id}"), &issuer, Body::empty()).await.json();
    assert!(shown["reason"].as_str().unwrap().contains("服务两次停止"), "{shown}");

    let watch = Watch { longest: Some(std::time::Duration::ZERO), ..Watch::default() };
    let slow = office.check_import(job(Kind::Elders, many(2_300).as_bytes()), watch).await.unwrap_err();
    assert_eq!(slow.code().unwrap().name(), "import_unreadable");
    assert!(slow.to_string().contains("30 分钟"), "{slow}");
}

async fn chunks_are_one_list(backend: Backend) {
    let world = office_of(backend).await;
    let office = world.office();
    let text = many(2_300);
    assert_eq!(take(office, Kind::Elders, text.as_bytes()).await.counts.added, 2_300);
    assert_eq!(counts(office).await, (2_300, 4_600));
    assert_eq!(take(office, Kind::Elders, text.as_bytes()).await.counts.unchanged, 2_300);
    // A double in the last chunk of what stood in the first.
    let double = format!("{text}{}\n", text.lines().nth(1).unwrap());
    let (tried, findings) = check(office, Kind::Elders, double.as_bytes()).await.unwrap();
    assert_eq!((tried.counts.bad, codes(&findings)), (1, vec![("2302".to_owned(), "duplicate".to_owned())]));
    let applied = unit!(office.store, |tx| imports::list(tx, None, 10).await);
    assert_eq!(applied.len(), 1, "what changed nothing leaves no trace");
}

crate::on_both! {
    prices_and_calendars_of_a_person_take_two
    a_list_of_elders_is_tried_out_and_taken_over
    csv_files_of_every_encoding_are_the_same_list
    files_of_lists_are_deleted_in_time_and_who_saw_them_is_entered
    what_lists_write_in_their_own_way_is_understood
    every_bad_row_is_named_and_nothing_is_taken
    what_the_office_knows_stands_beside_what_the_list_says
    a_death_before_a_meal_is_shown_and_the_day_is_closed_again
    canteens_their_standings_prices_and_the_calendar
    a_list_over_the_api
    a_list_that_stops_the_server_or_takes_too_long_is_given_up
    chunks_are_one_list
}
