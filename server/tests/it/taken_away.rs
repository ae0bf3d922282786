//! Files that are taken away say nothing about a person that they need not: every export of an approved and disclosed
//! month is searched for names, numbers, telephones and cards of elders; the audit pack for those of cashiers and
//! canteens' accounts too.
//!
//! Which files there are is read from the list of routes, so that a new one is searched too.

use std::io::{Cursor, Read as _, Write as _};
use std::process::{Command, Stdio};

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use server::admin::Proposed;
use server::http::table;
use server::people::Role;
use server::seal::Place;
use server::store::{elders, overview};
use support::Backend;
use tower::ServiceExt as _;

use crate::access::{Ground, asker};
use crate::client::{Answered, code_of, read, request};
use crate::common::{POLICY, date, region, resident_id};
use crate::month::MARCH;
use crate::unit;

const PASSPHRASE: &str = "correct horse 电池";
/// Names a person by design: the list with what is wrong in it goes back to whoever brought the list.
const BY_DESIGN: [&str; 2] = ["/api/v1/imports/{id}/report", "/console/imports/{id}/report"];
/// Empty lists with invented examples.
const EXAMPLES: [&str; 2] = ["/api/v1/imports/templates/{kind}", "/console/imports/templates/{kind}"];
/// How the addresses of files end.
const ENDINGS: [&str; 5] = [".csv", ".xlsx", ".pdf", "/pdf", "/xlsx"];

/// All text of a file: of a workbook each part, of a PDF what is read off its pages and its own bytes.
pub(crate) fn text(kind: &str, bytes: &[u8]) -> String {
    let mut all = String::from_utf8_lossy(bytes).into_owned();
    if kind.ends_with("spreadsheetml.sheet") {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for at in 0..archive.len() {
            let mut part = Vec::new();
            archive.by_index(at).unwrap().read_to_end(&mut part).unwrap();
            all.push_str(&String::from_utf8_lossy(&part));
        }
    } else if kind == "application/pdf" {
        let mut program = Command::new("pdftotext");
        program.args(["-layout", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = program.spawn().unwrap_or_else(|e| panic!("pdftotext is missing ({e}): run tests/run"));
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let page = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        assert!(page.chars().filter(|c| !c.is_whitespace()).count() > 50, "an empty paper");
        // Numbers are printed in groups.
        all.push_str(&page.replace(' ', ""));
        all.push_str(&page);
    }
    all
}

/// Searches a text; names what stands in it.
fn assert_free(what: &str, text: &str, canaries: &[String]) {
    for canary in canaries {
        assert!(canary.len() > 5, "{canary} may stand anywhere");
        assert!(!text.contains(canary.as_str()), "{what}: {canary}");
    }
}

/// An approved and disclosed month, with cards and chips of both elders; and everything that is about an elder.
async fn ground(backend: Backend) -> (Ground, Vec<String>) {
    let ground = Ground::new(backend).await;
    let (scene, office) = (&ground.scene, ground.scene.world.office());
    let mut canaries: Vec<String> =
        ["测试长者", "13800000000", "A1B2C3D4E5F60718", "a1b2c3d4e5f60718"].map(str::to_owned).to_vec();
    for (n, elder) in [(1, scene.elders[0]), (2, scene.elders[1])] {
        canaries.push(resident_id(n));
        canaries.push(resident_id(n)[..17].to_owned());
        office.issue_card(elder, None).await.unwrap();
        for card in unit!(office.store, |tx| elders::cards(tx, &[elder]).await) {
            let place = Place { table: "cards", column: "number", row: card.id };
            canaries.push(office.keys.open(place, &card.number).unwrap().to_string());
        }
    }
    office.register_chip(scene.elders[0], "A1B2C3D4E5F60718", None).await.unwrap();
    let view = scene.submit(MARCH, scene.maker).await.unwrap();
    scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
    (ground, canaries)
}

async fn ask(ground: &Ground, address: &str, token: &str) -> Answered {
    let request = Request::builder().uri(address).header("authorization", format!("Bearer {token}"));
    read(ground.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
}

async fn post(ground: &Ground, token: &str, path: &str, body: &Value) {
    let asked = request(Method::POST, path, Some(token), body);
    let answered = read(ground.router.clone().oneshot(asked).await.unwrap()).await;
    assert!(answered.status.is_success(), "{path}: {}", String::from_utf8_lossy(&answered.body));
}

/// Person number `n` proves once more who is here, a minute later: with another code than the one signed in with.
async fn prove(ground: &Ground, token: &str, n: usize) {
    let world = &ground.scene.world;
    world.clock.pass(60_000);
    let proof = json!({"passphrase": PASSPHRASE, "code": code_of(world, &format!("试权限的人{n}")).await});
    post(ground, token, "/api/v1/session/step-up", &proof).await;
}

async fn no_file_says_who_ate(backend: Backend) {
    let (ground, canaries) = Box::pin(ground(backend)).await;
    let discloser = ground.person(Role::FinanceMaker, true, 90).await.token;
    prove(&ground, &discloser, 90).await;
    post(&ground, &discloser, &format!("/api/v1/months/440304/{MARCH}/disclosure"), &json!({"days": 5})).await;
    let mut searched = 0;
    for route in table() {
        if route.method == "GET" && (route.path == "/" || route.path.starts_with("/disclosures/")) {
            let answered = ask(&ground, &ground.address(route.path), "").await;
            assert_eq!(answered.status, 200, "{}", route.path);
            assert_free(route.path, &text(&answered.kind, &answered.body), &canaries);
            searched += 1;
        }
    }
    // The bank's file is there when the disclosure is over, for who has just proved to be the person.
    ground.scene.world.clock.set(date("2026-04-07").at_minute(540));
    let mut tokens = std::collections::BTreeMap::new();
    for (n, role) in Role::ALL.iter().enumerate() {
        tokens.insert(role.name(), ground.person(*role, true, n).await.token);
    }
    let maker = Role::ALL.iter().position(|role| *role == Role::FinanceMaker).unwrap();
    prove(&ground, &tokens[Role::FinanceMaker.name()], maker).await;
    for route in table() {
        let is_file = ENDINGS.iter().any(|ending| route.path.ends_with(ending));
        if route.method != "GET" || !is_file || BY_DESIGN.contains(&route.path) {
            continue;
        }
        let token = asker(route.method, route.path).map_or_else(String::new, |role| tokens[role.name()].clone());
        let answered = ask(&ground, &ground.address(route.path), &token).await;
        let said = String::from_utf8_lossy(&answered.body).chars().take(300).collect::<String>();
        assert_eq!(answered.status, 200, "{}: {said}", route.path);
        assert_free(route.path, &text(&answered.kind, &answered.body), &canaries);
        searched += 1;
    }
    assert!(searched >= 14, "{searched}");
    let listed = ask(&ground, "/api/v1/audit?limit=500", &tokens[Role::Auditor.name()]).await;
    let entries = listed.json();
    assert!(entries["entries"].as_array().is_some_and(|all: &Vec<Value>| all.len() > 20));
    assert_free("the audit log", &text(&listed.kind, &listed.body), &canaries);
}

/// Puts there what pages are about and the ground lacks: a disclosure, a photo, a proposed policy. Answers the address of a
/// route with what is there.
async fn furnished(ground: &Ground) -> impl Fn(&str) -> String + '_ {
    let office = ground.scene.world.office();
    let discloser = ground.person(Role::FinanceMaker, true, 90).await.token;
    prove(ground, &discloser, 90).await;
    post(ground, &discloser, &format!("/api/v1/months/440304/{MARCH}/disclosure"), &json!({"days": 5})).await;
    let photo = ground.address("/api/v1/elders/{id}/photo");
    let elder = photo.split('/').nth(4).unwrap().parse().unwrap();
    office.put_photo(elder, &crate::cards::picture(), None).await.unwrap();
    let source =
        POLICY.replace("version = 1", "version = 2").replace("2026-03-02", "2026-05-01").replace("3.00", "3.50");
    let policy = Proposed::Policy { file_name: "v2.toml".into(), source };
    let proposal = office.propose(policy, region("440304"), ground.scene.maker.user).await.unwrap().id;
    let found = unit!(office.store, |tx| overview::findings(tx, &region("440304"), MARCH.parse().unwrap(), None).await);
    let (canteen, number) = (found[0].0, found[0].2[0].number.clone());
    move |path| match path {
        "/console/policies/proposals/{id}" => format!("/console/policies/proposals/{proposal}"),
        // The query that brings a list is none for listing.
        "/api/v1/imports" => path.to_owned(),
        _ if path.contains("/findings/{canteen}/{number}") => {
            path.replace("{canteen}", &canteen.to_string()).replace("{number}", &number)
        }
        _ => ground.address(path),
    }
}

/// Pages and answers of programs, as every role and as nobody: no number, telephone or card of an elder stands on any of
/// them, and no name in full. Every route that is read is asked for, and somebody gets to see it.
async fn no_page_says_who_an_elder_is(backend: Backend) {
    let (ground, canaries) = Box::pin(ground(backend)).await;
    let address = furnished(&ground).await;
    let mut askers = vec![("nobody", String::new())];
    for (n, role) in Role::ALL.iter().enumerate() {
        askers.push((role.name(), ground.person(*role, true, n).await.token));
    }
    let terminals = ["/api/v1/terminal/", "/api/v1/enrolments"];
    let (mut unseen, mut scanned) = (Vec::new(), 0);
    for route in table() {
        let is_file = ENDINGS.iter().any(|ending| route.path.ends_with(ending)) || BY_DESIGN.contains(&route.path);
        if route.method != "GET"
            || is_file
            || EXAMPLES.contains(&route.path)
            || terminals.iter().any(|of| route.path.starts_with(of))
        {
            continue;
        }
        let mut seen = false;
        for (who, token) in &askers {
            let answered = ask(&ground, &address(route.path), token).await;
            let text = text(&answered.kind, &answered.body);
            let what = format!("{} as {who}", route.path);
            assert_free(&what, &text, &canaries);
            // What leads to each role's first page shows nothing itself.
            seen |= answered.status.is_success() || route.path == "/console";
            scanned += 1;
        }
        if !seen {
            unseen.push(route.path);
        }
    }
    assert!(unseen.is_empty(), "nobody gets to see {unseen:?}");
    assert!(scanned > 100 * askers.len(), "{scanned}");
}

async fn the_audit_pack_names_nobody(backend: Backend) {
    let (ground, mut canaries) = Box::pin(ground(backend)).await;
    let office = ground.scene.world.office();
    // Who of the office decided is named by design (`docs/decisions/2026-11-22-audit-packs-are-rows.md`).
    for own in ["测试收银员", "6222021001112345", "0755-82000000", "argon2"] {
        canaries.push(own.to_owned());
    }
    let mut packed = Vec::new();
    let month = (&region("440304"), MARCH.parse().unwrap(), None);
    let done = server::pack::write(&office.store, month, office.now(), &mut packed, &|_, _| {}).await.unwrap();
    assert!(done.statements == 2 && done.records > 4, "{done:?}");
    let text = String::from_utf8(packed).unwrap();
    assert!(text.contains("甲食堂"), "it is the month's");
    assert_free("the audit pack", &text, &canaries);
}

crate::on_both! {
    no_file_says_who_ate
    no_page_says_who_an_elder_is
    the_audit_pack_names_nobody
}
