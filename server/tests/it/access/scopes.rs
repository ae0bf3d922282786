//! Each role with each scope against each kind of object: the region in which it lies, one above, the part of it where the
//! canteen stands, another part, another region; one's own canteen and another.

use std::collections::BTreeSet;

use axum::http::Method;
use domain::region::RegionCode;
use serde_json::Value;
use server::admin::NewUser;
use server::people::Role::{self, *};
use server::store::canteens::Region;
use server::words::Code;
use support::Backend;
use tower::ServiceExt as _;

use super::table::{ADMIN, ELDERS, READ, READ_ELDERS};
use super::{Ground, PASSPHRASE};
use crate::client::{open, request};
use crate::common::region;

/// Where an object lies.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In the district 440304.
    District,
    /// In the canteen, which stands in 440304001003.
    Canteen,
    /// In the district, about the canteen: its manager sees it too.
    AboutCanteen,
}
use Place::{AboutCanteen, Canteen, District};

const PEOPLE_OF_MONEY: &[Role] = &[FinanceChecker];

/// A kind of object, how it is asked for, and who may.
const OBJECTS: &[(&str, &str, &str, &[Role], Place)] = &[
    ("a canteen", "GET", "/api/v1/canteens/{id}", READ, Canteen),
    ("a canteen's settings", "GET", "/api/v1/canteens/{id}/settings", READ, Canteen),
    ("a canteen's corrections", "GET", "/api/v1/canteens/{id}/corrections", READ, Canteen),
    ("a canteen's terminals", "GET", "/api/v1/canteens/{id}/terminals", READ, Canteen),
    ("a canteen's refunds", "GET", "/api/v1/canteens/{id}/refunds", READ, Canteen),
    ("a terminal", "GET", "/api/v1/terminals/{id}/lookups", READ, Canteen),
    ("a terminal's quarantine", "GET", "/api/v1/terminals/{id}/quarantine", READ, Canteen),
    ("a finding", "GET", "/api/v1/findings/{canteen}/{number}", READ, Canteen),
    ("a statement", "GET", "/api/v1/statements/{id}", READ, Canteen),
    ("a statement's postings", "GET", "/api/v1/statements/{id}/postings", READ, Canteen),
    ("an objection's files", "GET", "/api/v1/objections/{id}/attachments", READ, Canteen),
    ("a file", "GET", "/api/v1/attachments/{id}", READ, Canteen),
    ("a demand", "GET", "/api/v1/demands/{id}/pdf", READ, Canteen),
    ("a proposal about a canteen", "GET", "/api/v1/proposals/{id}", READ, AboutCanteen),
    ("a month", "GET", "/api/v1/months/{region}/{month}", READ, District),
    ("a region's settings", "GET", "/api/v1/regions/{region}/settings", READ, District),
    ("a draw", "GET", "/api/v1/draws/{id}", READ, District),
    ("an elder", "GET", "/api/v1/elders/{id}", READ_ELDERS, District),
    ("an elder's corrections", "GET", "/api/v1/elders/{id}/corrections", READ_ELDERS, District),
    ("an elder's photo", "GET", "/api/v1/elders/{id}/photo", READ_ELDERS, District),
    ("a list", "GET", "/api/v1/imports/{id}", ELDERS, District),
    ("a list's problems", "GET", "/api/v1/imports/{id}/problems", ELDERS, District),
    ("a person", "POST", "/api/v1/people/{id}/unlock", ADMIN, District),
    ("a batch of cards", "POST", "/api/v1/cards/batches/{id}/reject", ELDERS, District),
    ("a decision", "POST", "/api/v1/proposals/{id}/reveal", PEOPLE_OF_MONEY, District),
];

/// Where somebody works.
#[derive(Clone, Copy)]
enum Scope {
    In(&'static str),
    /// One of the two canteens.
    Own(usize),
}
use Scope::{In, Own};

const REGIONS: [&str; 5] = ["4403", "440304", "440304001", "440304002", "440305"];

/// Whether the object lies where somebody works.
fn reaches(scope: Scope, place: Place) -> bool {
    let of: RegionCode = region(if place == Canteen { "440304001003" } else { "440304" });
    match scope {
        In(code) => region(code).contains(&of),
        Own(canteen) => canteen == 0 && place != District,
    }
}

impl Ground {
    /// Somebody of that role who works there; the session's token.
    async fn worker(&self, role: Role, scope: Scope, name: &str) -> String {
        let (place, canteen) = match scope {
            In(code) => (region(code), None),
            Own(which) => (region("440304"), Some(self.scene.canteen(which))),
        };
        let passphrase = PASSPHRASE.to_owned().into();
        let new = NewUser { name: name.to_owned(), passphrase, role, region: place, canteen };
        self.scene.world.office().add_user(new, None).await.unwrap();
        open(&self.scene.world, name, PASSPHRASE).await
    }

    /// The code of what was refused; empty for what was not.
    async fn refusal(&self, method: &str, path: &str, token: &str) -> String {
        let method: Method = method.parse().unwrap();
        let body = self.body(method.as_str(), path);
        let asked = request(method, &self.address(path), Some(token), &body);
        let response = self.router.clone().oneshot(asked).await.unwrap();
        assert_ne!(response.status(), 500, "{path}");
        response.extensions().get::<Code>().map(|code| code.name().to_owned()).unwrap_or_default()
    }

    /// The ids, or codes, of what a list shows somebody.
    async fn listed(&self, path: &str, token: &str, key: &str) -> BTreeSet<String> {
        let asked = request(Method::GET, path, Some(token), &Value::Null);
        let rows = crate::client::read(self.router.clone().oneshot(asked).await.unwrap()).await.json();
        let rows = rows.as_array().unwrap_or_else(|| panic!("{path}: {rows}"));
        rows.iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
    }
}

async fn each_role_reaches_what_lies_in_its_scope(backend: Backend) {
    let ground = Ground::new(backend).await;
    let (mut tried, mut reached) = (0, 0);
    for role in Role::ALL {
        let scopes: Vec<Scope> = if *role == CanteenManager { vec![Own(0), Own(1)] } else { REGIONS.map(In).to_vec() };
        for (n, scope) in scopes.into_iter().enumerate() {
            let token = ground.worker(*role, scope, &format!("{}的人{n}", role.name())).await;
            for (what, method, path, roles, place) in OBJECTS {
                let code = ground.refusal(method, path, &token).await;
                let may = roles.contains(role) && reaches(scope, *place);
                let where_is = match scope {
                    In(code) => code.to_owned(),
                    Own(canteen) => format!("canteen {canteen}"),
                };
                let refused = matches!(code.as_str(), "forbidden" | "out_of_scope");
                assert_eq!(refused, !may, "{} in {where_is} and {what}: {code}", role.name());
                if roles.contains(role) && !may {
                    assert_eq!(code, "out_of_scope", "{} in {where_is} and {what}", role.name());
                }
                tried += 1;
                reached += usize::from(may);
            }
        }
    }
    assert!(tried == OBJECTS.len() * 32 && reached > 60, "{reached} of {tried}");
}

/// What has no place in its address shows what lies in one's own.
async fn lists_show_what_lies_in_ones_scope(backend: Backend) {
    let ground = Ground::new(backend).await;
    let office = ground.scene.world.office();
    for (code, name) in [("440304001", "一街道"), ("440304002", "二街道"), ("440305", "另一区")] {
        let place = Region { code: region(code), name: name.into(), office: "测试民政局".into() };
        office.create_region(place, None).await.unwrap();
    }
    let elder = ground.address("/api/v1/elders/{id}").rsplit('/').next().unwrap().to_owned();
    let draw = ground.address("/api/v1/draws/{id}").rsplit('/').next().unwrap().to_owned();
    let both: BTreeSet<String> = [0, 1].map(|which| ground.scene.canteen(which).to_string()).into();
    for (n, code) in REGIONS.into_iter().enumerate() {
        let token = ground.worker(Auditor, In(code), &format!("审计{n}")).await;
        let holds = |place: &str| region(code).contains(&region(place));
        let canteens = ground.listed("/api/v1/canteens", &token, "id").await;
        assert_eq!(canteens, if holds("440304001003") { both.clone() } else { BTreeSet::new() }, "{code}");
        let elders = ground.listed("/api/v1/elders", &token, "id").await;
        assert_eq!(elders.contains(&elder), holds("440304"), "{code}");
        let draws = ground.listed("/api/v1/draws", &token, "id").await;
        assert_eq!(draws.contains(&draw), holds("440304"), "{code}");
        let regions = ground.listed("/api/v1/regions", &token, "code").await;
        let known = ["4403", "440304", "440304001", "440304002", "440305"];
        let inside: BTreeSet<String> = known.into_iter().filter(|of| holds(of)).map(str::to_owned).collect();
        assert_eq!(regions, inside, "{code}");
        let days = "/api/v1/days?from=2026-03-01&until=2026-03-31";
        let of_days = ground.listed(days, &token, "canteen").await;
        assert_eq!(of_days, if holds("440304001003") { both.clone() } else { BTreeSet::new() }, "{code}");
    }
    let own = ground.worker(CanteenManager, Own(1), "负责人").await;
    let one = BTreeSet::from([ground.scene.canteen(1).to_string()]);
    assert_eq!(ground.listed("/api/v1/canteens", &own, "id").await, one);
    let asked = format!("/api/v1/days?from=2026-03-01&until=2026-03-31&canteen={}", ground.scene.canteen(0));
    assert_eq!(ground.listed(&asked, &own, "canteen").await, one, "whatever is asked for");
}

crate::on_both! {
    each_role_reaches_what_lies_in_its_scope
    lists_show_what_lies_in_ones_scope
}
