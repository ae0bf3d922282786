//! Who may do what: every route of the API, tried by every role in its own place and in another, against one table
//! written by hand. A route that the table does not name fails the test.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::Method;
use domain::id::{CanteenId, ObjectionId, StatementId};
use domain::settlement::demand::Demand;
use serde_json::{Value, json};
use server::admin::{About, CardsOf, NewAttachment, NewDraw, NewUser, Proposed};
use server::http::{routes::Route, table};
use server::import::Kind;
use server::import::stored::NewImport;
use server::people::Role::{self, Administrator, Auditor, CanteenManager};
use server::store::{audit, demands, payments};
use server::words::Code;
use support::Backend;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::client::{Answered, open, read, request};
use crate::common::{date, new_canteen, region};
use crate::desk::{escaped, multipart};
use crate::month::{MARCH, Scene};
use crate::unit;

mod bodies;
mod kept;
mod scopes;
mod table;

use bodies::fields_of;
use table::{Any, Anybody, Canteen, Everybody, Only, OwnRegion, Region, RegionOrOwn, TABLE, Terminals, Who, Whole};

/// Who may ask for it inside their own region: a role, or nobody in particular.
pub fn asker(method: &str, path: &str) -> Option<Role> {
    let (.., who) = TABLE.iter().find(|(known, of, _)| *known == method && *of == path)?;
    match who {
        Anybody | Terminals => None,
        Everybody => Some(Auditor),
        Only(roles, _) => roles.iter().find(|role| **role != CanteenManager).or(roles.first()).copied(),
    }
}

/// Somebody who tries.
pub struct Person {
    what: String,
    role: Role,
    /// Whether the things tried lie in the person's own place.
    inside: bool,
    pub token: String,
}

impl Who {
    /// Whether the person gets past the asking for rights.
    fn lets(self, person: &Person) -> bool {
        match self {
            Anybody | Everybody => true,
            Terminals => false,
            Only(roles, place) => {
                let there = match (place, person.role == CanteenManager) {
                    (Any, _) | (RegionOrOwn, true) | (OwnRegion, false) => true,
                    (Region | OwnRegion, true) | (Whole, _) => false,
                    (Canteen, _) | (Region | RegionOrOwn, false) => person.inside,
                };
                roles.contains(&person.role) && there
            }
        }
    }
}

pub struct Ground {
    pub scene: Scene,
    pub router: Router,
    /// What stands in the place of `{…}`, by what stands before it.
    ids: BTreeMap<&'static str, String>,
}

/// A demand to a closed canteen, as far as asking for it goes.
async fn demand(scene: &Scene, canteen: CanteenId, statement: StatementId) -> Uuid {
    let mut shares = domain::reconciliation::PayerSums::default();
    shares.add(&domain::decision::Payer { name: "city".into(), unit: None }, domain::money::Fen::new(100));
    let content = Demand {
        canteen,
        statement,
        month: MARCH.parse().unwrap(),
        number: "ZJ-440304-202603-001".into(),
        shares,
        due: date("2026-06-30"),
        reason: "多付".into(),
    };
    let (store, maker, checker) = (&scene.world.office().store, scene.maker.user, scene.checker.user);
    let now = scene.world.office().now();
    let closure =
        demands::Closure { last_day: date("2026-03-31"), reason: "停业".into(), closed_by: maker, closed_at: now };
    // Its paper says when it was proposed; what a proposal says is looked at elsewhere.
    let (valid_from, period) = (date("2026-06-01"), "lunch".parse().unwrap());
    let price = domain::sync::ListPrice { valid_from, period, price: domain::money::Fen::new(1900) };
    let price = Proposed::Price { canteen, price };
    let id = scene.world.office().propose(price, region("440304"), maker).await.unwrap().id;
    let row = demands::DemandRow {
        id,
        digest: content.digest(),
        content: server::store::Json(content),
        demanded_by: maker,
        approved_by: checker,
        approved_at: now,
    };
    unit!(store, |tx| {
        demands::close_canteen(tx, canteen, &closure).await?;
        demands::add(tx, &row).await
    });
    id
}

impl Ground {
    pub async fn new(backend: Backend) -> Self {
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
            lifted_because: None,
            lifted_by: None,
            lifted_at: None,
        };
        let row = objection.clone();
        unit!(office.store, |tx| payments::object(tx, &row).await);
        let new = NewAttachment { name: "名单.pdf".into(), bytes: b"%PDF-1.7 %%EOF".to_vec() };
        let attached = office.attach(About::Objection(objection.id), new, scene.maker.user).await.unwrap();
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
            // With a row that cannot be taken: who sees it is entered.
            bytes: "身份证号,死亡日期\n123,2026-03-01\n".into(),
        };
        let import = office.receive_import(list).await.unwrap();
        let draw = NewDraw {
            title: "抽查".into(),
            canteens: vec![canteen],
            count: 1,
            inspectors: Vec::new(),
            each: 0,
            seed_name: "公开号码".into(),
            seed_on: date("2026-06-01"),
        };
        let draw = office.announce_draw(draw, region("440304"), scene.maker.user).await.unwrap();
        let batch = office.propose_cards(CardsOf::Elders(vec![elder]), None, region("440304"), scene.maker.user);
        let batch = batch.await.unwrap().batch;
        let demand = demand(&scene, canteen, statement).await;
        let ids = BTreeMap::from([
            ("demands", demand.to_string()),
            ("batches", batch.to_string()),
            ("cards", batch.to_string()),
            ("assets", "console.css".to_owned()),
            ("draws", draw.id.to_string()),
            ("imports", import.id.to_string()),
            ("templates", "elders".to_owned()),
            ("canteens", canteen.to_string()),
            ("elders", elder.to_string()),
            ("terminals", terminals[0].id.to_string()),
            ("statements", statement.to_string()),
            ("objections", objection.id.to_string()),
            ("attachments", attached.id.to_string()),
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
            ("assets", "console.css".to_owned()),
            ("disclosures", "440304".to_owned()),
        ]);
        let router = scene.world.server.router();
        Self { scene, router, ids }
    }

    pub async fn person(&self, role: Role, inside: bool, n: usize) -> Person {
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

    /// What is answered, and the code of what was refused: of a page too.
    async fn ask(&self, route: &Route, token: Option<&str>) -> (Answered, String) {
        let method: Method = route.method.parse().unwrap();
        let address = self.address(route.path);
        let body = self.body(route.method, route.path);
        let mut asked = request(method, &address, token, &body);
        if route.method == "POST" && route.path.starts_with("/console/") {
            let (mut fields, has_file) = self.form(route.path);
            if fields.is_empty() {
                fields = fields_of(&body);
            }
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let (kind, body) = if has_file {
                ("multipart/form-data; boundary=zhucan", multipart(&fields, "x.csv", "身份证号,死亡日期\n".as_bytes()))
            } else {
                ("application/x-www-form-urlencoded", escaped(&fields))
            };
            asked.headers_mut().insert("content-type", kind.parse().unwrap());
            *asked.body_mut() = body;
        }
        let response = self.router.clone().oneshot(asked).await.unwrap();
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kept = if route.path.starts_with("/assets/") { "public, max-age=3600" } else { "no-store" };
        assert_eq!(header("cache-control"), kept, "{route:?}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{route:?}");
        let code = response.extensions().get::<Code>().map(|code| code.name().to_owned()).unwrap_or_default();
        (read(response).await, code)
    }

    async fn head(&self) -> u64 {
        let store = &self.scene.world.office().store;
        unit!(store, |tx| audit::head(tx).await).map_or(0, |head| head.sequence)
    }
}

const PASSPHRASE: &str = "correct horse 电池";

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
    // Signing out comes last: it would spoil the rest. The page's way out is tried where it is built.
    listed.retain(|route| route.path != "/console/sign-out");
    wanted.remove(&("POST", "/console/sign-out"));
    listed.sort_by_key(|route| route.method == "DELETE" && route.path == "/api/v1/session");
    // Nobody lifts what they have decided themselves: lifting is tried before deciding.
    listed.sort_by_key(|route| !route.path.ends_with("/lift"));
    let out = listed.pop().unwrap();
    wanted.remove(&(out.method, out.path));
    listed.retain(|route| route.path != "/console/sign-out");

    for route in &listed {
        let (answer, _) = ground.ask(route, None).await;
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
                let (answer, code) = ground.ask(route, Some(&person.token)).await;
                let after = ground.head().await;
                let what = format!("{}: {} {}: {} {code}", person.what, route.method, route.path, answer.status);
                tried += 1;
                if matches!(who, Terminals) {
                    assert_eq!(code, "signature_missing", "{what}");
                } else if who.lets(&person) {
                    assert!(!matches!(code.as_str(), "forbidden" | "out_of_scope" | "sign_in_needed"), "{what}");
                    assert_ne!(answer.status, 500, "{what}");
                    // A photo and a list are no JSON; what is sent here is refused by its own words.
                    let bytes = route.method == "POST"
                        && (route.path.ends_with("/photo") || route.path.ends_with("/attachments"));
                    let read = bytes || !matches!(code.as_str(), "invalid" | "malformed" | "unsupported_media_type");
                    assert!(read || matches!(who, Anybody | Everybody), "the body is not one that is read: {what}");
                    // What is done is entered in the audit log.
                    let done = answer.status.is_success() || answer.status.is_redirection();
                    if route.action.is_some() && done {
                        assert!(after > before, "{what} is not entered");
                    }
                } else {
                    denied += 1;
                    assert!(matches!(code.as_str(), "forbidden" | "out_of_scope"), "{what}");
                    assert_eq!(after - before, u64::from(route.action.is_some()), "{what}: a denial is entered");
                }
            }
            let (answer, _) = ground.ask(&out, Some(&person.token)).await;
            assert_eq!(answer.status, 204, "{}", person.what);
        }
    }
    assert!(tried == listed.len() * 14 && denied > tried / 4, "{denied} of {tried} were denied");
}

/// What stands in a body is asked for as what stands in an address.
async fn ids_of_other_places_in_bodies_are_refused(backend: Backend) {
    let (world, till) = crate::client::world(backend).await;
    let office = world.office();
    let mut far = new_canteen("外区食堂");
    far.region = region("440305001001");
    let far = office.create_canteen(far, None).await.unwrap().id;
    let admin = crate::office::person(&world, "管理员", Administrator, "440304").await;
    let new = |name: &str, canteen: CanteenId| json!({"name": name, "role": "canteen_manager", "region": "440304", "canteen": canteen});
    let ask = async |body: &Value| {
        crate::client::send(&world, request(Method::POST, "/api/v1/people", Some(&admin), body)).await
    };
    ask(&new("外区负责人", far)).await.is_problem(403, "out_of_scope");
    assert_eq!(ask(&new("本区负责人", till.row.canteen)).await.status, 201);
    let own = unit!(office.store, |tx| server::store::people::by_name(tx, "本区负责人").await).unwrap();
    let post = |canteen| server::admin::Post { role: CanteenManager, region: region("440304"), canteen: Some(canteen) };
    let moved = office.move_person(own.id, post(far)).await;
    assert_eq!(moved.unwrap_err().code(), Some(Code::OutOfScope));
    office.move_person(own.id, post(till.row.canteen)).await.unwrap();
}

crate::on_both! {
    ids_of_other_places_in_bodies_are_refused
    every_route_lets_in_whom_the_table_names
}
