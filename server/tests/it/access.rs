//! Who may do what: every route of the API, tried by every role in its own place and in another, against one table
//! written by hand. A route that the table does not name fails the test.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::Method;
use domain::id::{ObjectionId, StatementId};
use serde_json::{Value, json};
use server::admin::{NewUser, Proposed};
use server::http::{routes::Route, table};
use server::import::Kind;
use server::import::stored::NewImport;
use server::people::Role::{self, *};
use server::store::{audit, payments};
use support::Backend;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::client::{Answered, open, read, request};
use crate::common::{POLICY, new_canteen, region, resident_id};
use crate::month::{MARCH, Scene};
use crate::unit;

/// Where somebody may who has the right.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Anywhere: it has no place, or shows what is one's own.
    Any,
    /// In the own region. Whoever has one canteen has no region.
    Region,
    /// In the own region or the own canteen.
    Canteen,
    /// As `Region`; whoever has one canteen sees that one.
    RegionOrOwn,
}
use Place::{Any, Canteen, Region, RegionOrOwn};

#[derive(Clone, Copy)]
enum Who {
    /// Without signing in.
    Anybody,
    /// Whoever is signed in.
    Everybody,
    /// Terminals, by their signature; no person.
    Terminals,
    /// These roles, there.
    Only(&'static [Role], Place),
}
use Who::{Anybody, Everybody, Only, Terminals};

const READ: &[Role] = &[CanteenManager, PolicyEditor, FinanceMaker, FinanceChecker, Auditor, Administrator];
const READ_ELDERS: &[Role] = &[CardIssuer, FinanceMaker, FinanceChecker, Auditor, Administrator];
const ADMIN: &[Role] = &[Administrator];
const ELDERS: &[Role] = &[CardIssuer, Administrator];
const EDITOR: &[Role] = &[PolicyEditor];
const MAKER: &[Role] = &[FinanceMaker];
const CHECKER: &[Role] = &[FinanceChecker];
const MONEY: &[Role] = &[FinanceMaker, FinanceChecker];

const TABLE: &[(&str, &str, Who)] = &[
    ("GET", "/api/v1/audit", Only(&[Auditor], Any)),
    ("POST", "/api/v1/calendars", Only(EDITOR, Any)),
    ("GET", "/api/v1/calendars", Only(READ, Any)),
    ("GET", "/api/v1/calendars/{number}", Only(READ, Any)),
    ("GET", "/api/v1/calendar", Only(READ, Any)),
    ("PUT", "/api/v1/calendar", Only(EDITOR, Any)),
    ("POST", "/api/v1/canteens", Only(ADMIN, Region)),
    ("GET", "/api/v1/canteens", Only(READ, Any)),
    ("GET", "/api/v1/canteens/{id}", Only(READ, Canteen)),
    ("POST", "/api/v1/canteens/{id}/facts", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/canteens/{id}/prices", Only(MAKER, Canteen)),
    ("POST", "/api/v1/canteens/{id}/cashiers", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/canteens/{id}/settings", Only(READ, Canteen)),
    ("PUT", "/api/v1/canteens/{id}/settings", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/canteens/{id}/refunds", Only(READ, Canteen)),
    ("GET", "/api/v1/canteens/{id}/unidentified", Only(READ, Canteen)),
    ("POST", "/api/v1/canteens/{id}/enrolment-codes", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/canteens/{id}/terminals", Only(READ, Canteen)),
    ("POST", "/api/v1/elders", Only(ELDERS, Region)),
    ("GET", "/api/v1/elders", Only(READ_ELDERS, Any)),
    ("GET", "/api/v1/elders/{id}", Only(READ_ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/facts", Only(ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/cards", Only(ELDERS, Region)),
    ("DELETE", "/api/v1/elders/{id}/cards", Only(ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/chips", Only(ELDERS, Region)),
    ("DELETE", "/api/v1/elders/{id}/chips/{card}", Only(ELDERS, Region)),
    ("POST", "/api/v1/cards/sheets", Only(ELDERS, Region)),
    ("POST", "/api/v1/elders/{id}/photo", Only(ELDERS, Region)),
    ("GET", "/api/v1/elders/{id}/photo", Only(READ_ELDERS, Region)),
    ("DELETE", "/api/v1/elders/{id}/photo", Only(ELDERS, Region)),
    ("POST", "/api/v1/imports", Only(ELDERS, Any)),
    ("GET", "/api/v1/imports", Everybody),
    ("GET", "/api/v1/imports/{id}", Only(ELDERS, Region)),
    ("GET", "/api/v1/imports/{id}/problems", Only(ELDERS, Region)),
    ("GET", "/api/v1/imports/{id}/report", Only(ELDERS, Region)),
    ("POST", "/api/v1/imports/{id}/apply", Only(ELDERS, Region)),
    ("GET", "/api/v1/imports/templates/{kind}", Only(ELDERS, Any)),
    ("POST", "/api/v1/enrolments", Anybody),
    ("POST", "/api/v1/terminals/{id}/epochs/{epoch}/end", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/epochs/{epoch}/end/confirmation", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/forks", Only(READ, Any)),
    ("POST", "/api/v1/terminals/{id}/forks/{epoch}/{sequence}/resolution", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/confirmation", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/revocation", Only(ADMIN, Canteen)),
    ("POST", "/api/v1/terminals/{id}/retirement", Only(ADMIN, Canteen)),
    ("GET", "/api/v1/terminals/{id}/lookups", Only(READ, Canteen)),
    ("GET", "/api/v1/findings", Only(READ, RegionOrOwn)),
    ("GET", "/api/v1/findings/{canteen}/{number}", Only(READ, Canteen)),
    ("POST", "/api/v1/findings/{canteen}/{number}/steps", Only(&[CanteenManager, FinanceMaker], Canteen)),
    ("POST", "/api/v1/findings/decision", Only(MAKER, Canteen)),
    ("GET", "/api/v1/regions/{region}/settings", Only(READ, Region)),
    ("PUT", "/api/v1/regions/{region}/settings", Only(CHECKER, Region)),
    ("GET", "/healthz/live", Anybody),
    ("GET", "/healthz/ready", Anybody),
    ("GET", "/api/v1/holds", Only(READ, Region)),
    ("POST", "/api/v1/holds/release", Only(MAKER, Canteen)),
    ("GET", "/api/v1/ledger/trial-balance", Only(READ, Region)),
    ("GET", "/api/v1/statements/{id}/postings", Only(READ, Canteen)),
    ("GET", "/api/v1/months/{region}/{month}", Only(READ, Region)),
    ("POST", "/api/v1/months/{region}/{month}/draft", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/submit", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/send-back", Only(CHECKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/approve", Only(CHECKER, Region)),
    ("GET", "/api/v1/months/{region}/{month}/bank.csv", Only(MONEY, Region)),
    ("GET", "/api/v1/months/{region}/{month}/afterwards", Only(READ, Region)),
    ("POST", "/api/v1/months/{region}/{month}/disclosure", Only(MAKER, Region)),
    ("POST", "/api/v1/months/{region}/{month}/archive", Only(CHECKER, Region)),
    ("GET", "/api/v1/months/{region}/{month}/summary.pdf", Only(READ, Region)),
    ("GET", "/api/v1/months/{region}/{month}/disclosure.xlsx", Only(READ, Region)),
    ("GET", "/api/v1/months/{region}/{month}/disclosure.csv", Only(READ, Region)),
    ("GET", "/console/today", Only(READ, Region)),
    ("GET", "/console/reconciliation", Only(READ, Region)),
    ("GET", "/console/reconciliation.csv", Only(READ, Region)),
    ("GET", "/console/reconciliation.xlsx", Only(READ, Region)),
    ("POST", "/console/reconciliation/close", Only(MAKER, Any)),
    ("POST", "/console/reconciliation/left-out", Only(MAKER, Canteen)),
    ("GET", "/console/findings", Only(READ, RegionOrOwn)),
    ("GET", "/console/findings.csv", Only(READ, RegionOrOwn)),
    ("GET", "/console/findings/{canteen}/{number}", Only(READ, Canteen)),
    ("POST", "/console/findings/{canteen}/{number}/steps", Only(&[CanteenManager, FinanceMaker], Canteen)),
    ("POST", "/api/v1/days/close", Only(MAKER, Any)),
    ("POST", "/api/v1/days/left-out", Only(MAKER, Canteen)),
    ("POST", "/api/v1/statements/{id}/objections", Only(MONEY, Region)),
    ("POST", "/api/v1/statements/{id}/payments", Only(MONEY, Region)),
    ("POST", "/api/v1/objections/{id}/decision", Only(MONEY, Region)),
    ("GET", "/api/v1/statements/{id}", Only(READ, Canteen)),
    ("GET", "/api/v1/statements/{id}/pdf", Only(READ, Canteen)),
    ("GET", "/api/v1/statements/{id}/xlsx", Only(READ, Canteen)),
    ("GET", "/api/v1/statements/{id}/disclosure.pdf", Only(READ, Canteen)),
    ("GET", "/verify/month/{region}/{month}/{version}/{digest}", Anybody),
    ("GET", "/verify/{number}/{version}/{digest}", Anybody),
    ("POST", "/api/v1/people", Only(ADMIN, Region)),
    ("GET", "/api/v1/people", Only(ADMIN, Any)),
    ("POST", "/api/v1/people/{id}/reset", Only(ADMIN, Region)),
    ("POST", "/api/v1/people/{id}/departure", Only(ADMIN, Region)),
    ("POST", "/api/v1/policies", Only(EDITOR, Region)),
    ("GET", "/api/v1/policies", Only(READ, Any)),
    ("POST", "/api/v1/policies/simulate", Only(EDITOR, Region)),
    ("GET", "/api/v1/proposals", Only(READ, Any)),
    ("GET", "/api/v1/proposals/{id}", Only(READ, Canteen)),
    ("POST", "/api/v1/proposals/{id}/approve", Only(CHECKER, Region)),
    ("POST", "/api/v1/proposals/{id}/reject", Only(CHECKER, Region)),
    ("POST", "/api/v1/proposals/{id}/reveal", Only(CHECKER, Region)),
    ("POST", "/api/v1/canteens/{id}/payee", Only(MAKER, Canteen)),
    ("GET", "/api/v1/policies/{id}/{version}", Only(READ, Any)),
    ("GET", "/api/v1/refunds", Only(READ, Region)),
    ("GET", "/api/v1/office", Only(READ, Any)),
    ("POST", "/api/v1/session", Anybody),
    ("GET", "/api/v1/session", Everybody),
    ("POST", "/api/v1/session/step-up", Everybody),
    ("POST", "/api/v1/session/passphrase", Everybody),
    ("POST", "/api/v1/session/totp", Everybody),
    ("POST", "/api/v1/session/totp/confirmation", Everybody),
    ("DELETE", "/api/v1/session", Anybody),
    ("POST", "/api/v1/terminal/hello", Terminals),
    ("POST", "/api/v1/terminal/records", Terminals),
    ("GET", "/api/v1/terminal/setup", Terminals),
    ("GET", "/api/v1/terminal/roster", Terminals),
    ("GET", "/api/v1/terminal/usage", Terminals),
    ("GET", "/api/v1/terminal/refunds", Terminals),
    ("POST", "/api/v1/terminal/lookup", Terminals),
];

/// Somebody who tries.
struct Person {
    what: String,
    role: Role,
    /// Whether the things tried lie in the person's own place.
    inside: bool,
    token: String,
}

impl Who {
    /// Whether the person gets past the asking for rights.
    fn lets(self, person: &Person) -> bool {
        match self {
            Anybody | Everybody => true,
            Terminals => false,
            Only(roles, place) => {
                let there = match (place, person.role == CanteenManager) {
                    (Any, _) | (RegionOrOwn, true) => true,
                    (Region, true) => false,
                    (Canteen, _) | (Region | RegionOrOwn, false) => person.inside,
                };
                roles.contains(&person.role) && there
            }
        }
    }
}

struct Ground {
    scene: Scene,
    router: Router,
    /// What stands in the place of `{…}`, by what stands before it.
    ids: BTreeMap<&'static str, String>,
}

impl Ground {
    async fn new(backend: Backend) -> Self {
        let mut scene = Scene::new(backend).await;
        scene.march().await;
        let (view, _) = scene.draft(MARCH).await.unwrap();
        let office = scene.world.office().clone();
        let elder = scene.world.elder(7, None).await;
        let new = NewUser {
            name: "被重置的人".into(),
            passphrase: PASSPHRASE.to_owned().into(),
            role: Auditor,
            region: region("440304"),
            canteen: None,
        };
        let person = office.add_user(new, None).await.unwrap();
        let canteen = scene.canteen(0);
        let statement: StatementId = view.statements.iter().find(|s| s.canteen == canteen).unwrap().id;
        let objection = payments::Objection {
            id: ObjectionId::from_uuid(Uuid::from_u128(77)),
            statement,
            content: "数目不对".into(),
            noted_by: scene.maker.user,
            noted_at: office.now(),
            upheld: None,
            reason: None,
            decided_by: None,
            decided_at: None,
        };
        let row = objection.clone();
        unit!(office.store, |tx| payments::object(tx, &row).await);
        let terminals = unit!(office.store, |tx| server::store::terminals::of_canteen(tx, canteen).await);
        let payee = Proposed::Payee {
            canteen,
            bank: "测试银行".into(),
            account_name: "测试餐饮有限公司".into(),
            account: "622202100112345".to_owned().into(),
        };
        let proposal = office.propose(payee, region("440304"), scene.maker.user).await.unwrap();
        let list = NewImport {
            kind: Kind::Deaths,
            file_name: "空.csv".into(),
            elder_region: None,
            by: person,
            scope: region("440304"),
            bytes: "身份证号,死亡日期\n".into(),
        };
        let import = office.receive_import(list).await.unwrap();
        let ids = BTreeMap::from([
            ("imports", import.id.to_string()),
            ("templates", "elders".to_owned()),
            ("canteens", canteen.to_string()),
            ("elders", elder.to_string()),
            ("terminals", terminals[0].id.to_string()),
            ("statements", statement.to_string()),
            ("objections", objection.id.to_string()),
            ("people", person.to_string()),
            ("chips", Uuid::from_u128(5).to_string()),
            ("findings", canteen.to_string()),
            ("policies", "test".to_owned()),
            ("proposals", proposal.id.to_string()),
            ("calendars", "1".to_owned()),
            ("epochs", "1".to_owned()),
            ("forks", "1".to_owned()),
            ("months", "440304".to_owned()),
            ("month", "440304".to_owned()),
            ("regions", "440304".to_owned()),
            ("verify", "JS-440304-202603-001".to_owned()),
        ]);
        let router = scene.world.server.router();
        Self { scene, router, ids }
    }

    async fn person(&self, role: Role, inside: bool, n: usize) -> Person {
        let (office, name) = (self.scene.world.office(), format!("试权限的人{n}"));
        let manager = role == CanteenManager;
        let canteen = manager.then(|| self.scene.canteen(usize::from(!inside)));
        let place = region(if inside || manager { "440304" } else { "440305" });
        let passphrase = PASSPHRASE.to_owned().into();
        let new = NewUser { name: name.clone(), passphrase, role, region: place, canteen };
        office.add_user(new, None).await.unwrap();
        let token = open(&self.scene.world, &name, PASSPHRASE).await;
        Person { what: format!("{} {}", role.name(), if inside { "inside" } else { "outside" }), role, inside, token }
    }

    /// The route's address with everything in it that is there.
    fn address(&self, path: &str) -> String {
        let mut done: Vec<String> = Vec::new();
        let mut before = "";
        for part in path.split('/') {
            let filled = match part {
                "{month}" => MARCH.to_owned(),
                "{version}" => "1".to_owned(),
                "{digest}" => "0".repeat(16),
                "{sequence}" => "0".to_owned(),
                "{number}" if before == "{canteen}" => "WT-1".to_owned(),
                _ if part.starts_with('{') => self.ids.get(before).unwrap_or_else(|| panic!("{path}")).clone(),
                _ => part.to_owned(),
            };
            done.push(filled);
            before = part;
        }
        let query = match path {
            "/api/v1/imports" => "?kind=elders&file_name=x.csv",
            "/api/v1/findings" | "/console/today" | "/console/findings" | "/console/findings.csv" => {
                "?region=440304&month=2026-03"
            }
            path if path.starts_with("/console/reconciliation") => "?region=440304&month=2026-03",
            "/api/v1/terminal/roster" | "/api/v1/terminal/usage" => "?after=0",
            "/api/v1/holds" | "/api/v1/ledger/trial-balance" | "/api/v1/refunds" => "?region=440304",
            _ => "",
        };
        done.join("/") + query
    }

    /// A body that is read as what is asked for: refusals for its form would come before those for rights.
    fn body(&self, method: &str, path: &str) -> Value {
        let canteen = self.scene.canteen(0);
        let new = new_canteen("另一食堂");
        match (method, path) {
            ("POST", "/api/v1/calendars") => json!({"file_name": "x.csv", "source": "x"}),
            ("PUT", "/api/v1/calendar") => serde_json::to_value(self.scene.world.office().book().calendar()).unwrap(),
            ("POST", "/api/v1/canteens") => json!({
                "region": new.region, "name": new.name, "operator": new.operator, "credit_code": new.credit_code,
                "phone": new.phone, "bank": new.bank, "account_name": new.account_name, "account": new.account}),
            ("POST", "/api/v1/canteens/{id}/facts") => {
                json!({"valid_from": "2026-06-01", "fact": "tags", "tags": ["x"]})
            }
            ("POST", "/api/v1/canteens/{id}/prices") => {
                json!({"valid_from": "2026-06-01", "period": "lunch", "price": 1900})
            }
            ("POST", "/api/v1/canteens/{id}/cashiers") => json!({"name": "新收银员", "pin": "1357"}),
            ("PUT", "/api/v1/canteens/{id}/settings") => {
                serde_json::to_value(server::store::canteens::Settings::default()).unwrap()
            }
            ("POST", "/api/v1/elders") => {
                json!({"resident_id": resident_id(300), "name": "测试长者", "region": "440304"})
            }
            ("POST", "/api/v1/cards/sheets") => json!({ "of": { "elders": [self.ids["elders"]] } }),
            ("POST", "/api/v1/imports/{id}/apply") => json!({ "digest": domain::id::Digest([0; 32]).to_string() }),
            ("POST", "/api/v1/elders/{id}/facts") => {
                json!({"valid_from": "2026-06-01", "fact": "death", "dead": false})
            }
            ("POST", "/api/v1/elders/{id}/chips") => json!({"number": "0a1b2c3d"}),
            ("POST", path) if path.starts_with("/api/v1/terminals/") && path.contains("{epoch}") => {
                json!({"reason": "送修"})
            }
            ("POST", "/api/v1/terminals/{id}/confirmation") => json!({"fingerprint": "0000 0000 0000"}),
            ("POST", path) if path.ends_with("/findings/{canteen}/{number}/steps") => json!({"what": "answered", "words": "已核实"}),
            ("POST", "/api/v1/findings/decision") => {
                json!({"canteen": canteen, "number": "WT-1", "explanation": "已核实"})
            }
            ("PUT", "/api/v1/regions/{region}/settings") => {
                let settings = domain::reconciliation::Settings::default();
                json!({"valid_from": "2026-06-01", "settings": settings})
            }
            ("POST", "/api/v1/holds/release") => {
                let book = self.scene.world.office().book();
                let policy = book.policies.policies().next().unwrap().reference().clone();
                json!({"canteen": canteen, "month": MARCH, "policy": policy, "gate": 1, "reason": "已整改"})
            }
            ("POST", "/api/v1/months/{region}/{month}/send-back") => json!({"reason": "重核"}),
            ("POST", "/api/v1/months/{region}/{month}/approve" | "/api/v1/proposals/{id}/approve") => {
                json!({"digest": "0".repeat(64)})
            }
            ("POST", "/api/v1/months/{region}/{month}/disclosure") => json!({"days": 5}),
            ("POST", "/console/reconciliation/close") => json!({"canteen": canteen, "date": "2026-05-05"}),
            ("POST", "/api/v1/days/left-out" | "/console/reconciliation/left-out") => {
                json!({"canteen": canteen, "date": "2026-05-05", "reason": "停电"})
            }
            ("POST", "/api/v1/statements/{id}/objections") => json!({"content": "数目不对"}),
            ("POST", "/api/v1/statements/{id}/payments") => json!({"state": "confirmed", "reference": "B-1"}),
            ("POST", "/api/v1/objections/{id}/decision") => json!({"upheld": false, "reason": "数目无误"}),
            ("POST", "/api/v1/people") => json!({"name": "新来的人", "role": "auditor", "region": "440304"}),
            ("POST", "/api/v1/proposals/{id}/reject") => json!({"reason": "账号有误"}),
            ("POST", "/api/v1/canteens/{id}/payee") => {
                json!({"bank": "测试银行", "account_name": "测试餐饮有限公司", "account": "622202100112346"})
            }
            ("POST", "/api/v1/policies") => {
                json!({"file_name": "new.toml", "source": POLICY.replace("\"4403\"", "\"440304\"")})
            }
            ("POST", "/api/v1/policies/simulate") => {
                let source = POLICY.replace("\"4403\"", "\"440304\"").replace("version = 1", "version = 2");
                json!({"file_name": "new.toml", "source": source, "month": MARCH, "region": "440304"})
            }
            _ => Value::Null,
        }
    }

    async fn ask(&self, route: &Route, token: Option<&str>) -> Answered {
        let body = self.body(route.method, route.path);
        let method: Method = route.method.parse().unwrap();
        let request = request(method, &self.address(route.path), token, &body);
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn head(&self) -> u64 {
        let store = &self.scene.world.office().store;
        unit!(store, |tx| audit::head(tx).await).map_or(0, |head| head.sequence)
    }
}

const PASSPHRASE: &str = "correct horse 电池";

fn code(answer: &Answered) -> String {
    if answer.kind != "application/problem+json" {
        return String::new();
    }
    answer.json()["code"].as_str().unwrap().to_owned()
}

async fn every_route_lets_in_whom_the_table_names(backend: Backend) {
    let ground = Ground::new(backend).await;
    let mut listed = table();
    let mut wanted: BTreeMap<(&str, &str), Who> =
        TABLE.iter().map(|(method, path, who)| ((*method, *path), *who)).collect();
    assert_eq!(wanted.len(), TABLE.len(), "a route stands twice in the table");
    for route in &listed {
        assert!(wanted.contains_key(&(route.method, route.path)), "not in the table: {} {}", route.method, route.path);
    }
    assert_eq!(listed.len(), TABLE.len(), "the table names a route that is not served");
    // Signing out comes last: it would spoil the rest.
    listed.sort_by_key(|route| route.method == "DELETE" && route.path == "/api/v1/session");
    let out = listed.pop().unwrap();
    wanted.remove(&(out.method, out.path));

    for route in &listed {
        let answer = ground.ask(route, None).await;
        let known = matches!(wanted[&(route.method, route.path)], Anybody);
        assert_eq!(answer.status != 401, known, "nobody: {} {}: {}", route.method, route.path, answer.status);
    }
    let (mut tried, mut denied) = (0, 0);
    for (n, role) in Role::ALL.iter().enumerate() {
        for inside in [true, false] {
            let person = ground.person(*role, inside, 2 * n + usize::from(inside)).await;
            for route in &listed {
                let who = wanted[&(route.method, route.path)];
                let before = ground.head().await;
                let answer = ground.ask(route, Some(&person.token)).await;
                let (code, after) = (code(&answer), ground.head().await);
                let what = format!("{}: {} {}: {} {code}", person.what, route.method, route.path, answer.status);
                tried += 1;
                if matches!(who, Terminals) {
                    assert_eq!(code, "signature_missing", "{what}");
                } else if who.lets(&person) {
                    assert!(!matches!(code.as_str(), "forbidden" | "out_of_scope" | "sign_in_needed"), "{what}");
                    assert_ne!(answer.status, 500, "{what}");
                    // A photo and a list are no JSON; what is sent here is refused by its own words.
                    let bytes = route.method == "POST" && route.path.ends_with("/photo");
                    let read = bytes || !matches!(code.as_str(), "invalid" | "malformed" | "unsupported_media_type");
                    assert!(read || matches!(who, Anybody | Everybody), "the body is not one that is read: {what}");
                    // What is done is entered in the audit log.
                    if route.action.is_some() && answer.status.is_success() {
                        assert!(after > before, "{what} is not entered");
                    }
                } else {
                    denied += 1;
                    assert!(matches!(code.as_str(), "forbidden" | "out_of_scope"), "{what}");
                    assert_eq!(after - before, u64::from(route.action.is_some()), "{what}: a denial is entered");
                }
            }
            let answer = ground.ask(&out, Some(&person.token)).await;
            assert_eq!(answer.status, 204, "{}", person.what);
        }
    }
    assert!(tried == listed.len() * 14 && denied > tried / 4, "{denied} of {tried} were denied");
}

crate::on_both! {
    every_route_lets_in_whom_the_table_names
}
