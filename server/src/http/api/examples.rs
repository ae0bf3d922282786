//! Examples of what is sent and answered, for those who try the API for the first time: one office's beginning, from the
//! region to an approved month. Everybody and everything in them is made up. Bodies are read by the reader of their
//! operation when the document is put together, so that none can say what is refused.

use serde_json::{Value, json};

/// An example of an operation.
pub(super) struct Example {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// What is sent; nothing where the body is a file or there is none.
    pub(super) body: Option<Value>,
    /// With which status it is answered, and with what.
    pub(super) answer: (u16, Value),
}

const CANTEEN: &str = "01973e5a-7c00-7000-8000-000000000001";
const ELDER: &str = "01973e5a-7c00-7000-8000-000000000002";
const USER: &str = "01973e5a-7c00-7000-8000-000000000003";
const PROPOSAL: &str = "01973e5a-7c00-7000-8000-000000000004";
const CARD: &str = "01973e5a-7c00-7000-8000-000000000005";
const IMPORT: &str = "01973e5a-7c00-7000-8000-000000000006";
const STATEMENT: &str = "01973e5a-7c00-7000-8000-000000000007";
const TERMINAL: &str = "01973e5a-7c00-7000-8000-000000000008";
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/// 2026-03-02 11:00 in China.
const NOW: i64 = 1_772_420_400_000;

/// All of them.
pub(super) fn examples() -> Vec<Example> {
    [session(), places(), prices(), elders(), cards(), terminals(), imports(), months()].into_iter().flatten().collect()
}

fn post(path: &'static str, body: Value, answer: (u16, Value)) -> Example {
    Example { method: "POST", path, body: Some(body), answer }
}

/// Without a body, or with a file.
fn bare(path: &'static str, answer: (u16, Value)) -> Example {
    Example { method: "POST", path, body: None, answer }
}

fn session() -> Vec<Example> {
    let user =
        json!({ "id": USER, "name": "测试制单员", "role": "finance_maker", "region": "440304", "canteen": null });
    vec![post(
        "/api/v1/session",
        json!({ "name": "测试制单员", "passphrase": "four words no one guesses", "code": "123456" }),
        (201, json!({ "token": DIGEST, "expires": NOW + 43_200_000, "user": user, "must": [] })),
    )]
}

fn places() -> Vec<Example> {
    let region = json!({ "code": "440304", "name": "福田区", "office": "福田区民政局" });
    let standing = json!({ "licence": "valid", "filing": "active", "risk_level": "A", "quality_grade": "A" });
    let fact = json!({ "valid_from": "2026-01-01", "fact": "standing", "standing": standing });
    let known = json!({
        "valid_from": "2026-01-01", "known_from": NOW, "fact": "standing",
        "standing": {
            "licence": "valid", "filing": "active", "risk_level": "A", "quality_grade": "A", "sunshine_kitchen": null,
            "stars": null,
        },
    });
    vec![
        post("/api/v1/regions", region.clone(), (201, region)),
        post(
            "/api/v1/canteens",
            json!({
                "region": "440304001003", "name": "示例长者食堂", "operator": "测试餐饮有限公司",
                "credit_code": "91350100M000100Y43", "address": "测试路1号", "phone": "0755-82000000", "bank": "测试银行",
                "account_name": "测试餐饮有限公司", "account": "6222021001112345", "capacity": 200,
            }),
            (201, json!({ "id": CANTEEN, "payee": { "proposal": PROPOSAL, "digest": DIGEST } })),
        ),
        post("/api/v1/canteens/{id}/facts", fact, (201, known)),
    ]
}

fn prices() -> Vec<Example> {
    vec![
        post(
            "/api/v1/canteens/{id}/prices",
            json!({ "valid_from": "2026-06-01", "period": "lunch", "price": 1800 }),
            (201, json!({ "proposal": PROPOSAL, "digest": DIGEST })),
        ),
        post(
            "/api/v1/canteens/{id}/cashiers",
            json!({ "name": "测试收银员", "pin": "2468", "supervisor": false }),
            (201, json!({ "id": USER })),
        ),
    ]
}

fn elders() -> Vec<Example> {
    let hukou = json!({ "valid_from": "2006-01-01", "fact": "hukou", "region": "440304001002" });
    let category = json!({ "valid_from": "2026-03-01", "fact": "category", "name": "低保", "held": true });
    let known = json!({
        "valid_from": "2026-03-01", "known_from": NOW, "fact": "category", "name": "低保", "level": null, "held": true,
    });
    let found = json!({
        "id": ELDER, "masked_name": "测**者", "female": false, "birth": "1946-01-01", "region": "440304", "canteen": CANTEEN,
    });
    vec![
        post(
            "/api/v1/elders",
            json!({
                "resident_id": "440304194802297777", "name": "示例长者", "phone": "13900001111", "region": "440304",
                "canteen": CANTEEN, "facts": [hukou],
            }),
            (201, json!({ "id": ELDER })),
        ),
        post("/api/v1/elders/search", json!({ "name": "测试", "limit": 100 }), (200, json!([found]))),
        post("/api/v1/elders/{id}/facts", category, (201, known)),
    ]
}

fn cards() -> Vec<Example> {
    let number = "910000000000000000000151";
    vec![
        bare("/api/v1/elders/{id}/cards", (201, json!({ "id": CARD, "number": number, "revoked": 1 }))),
        post(
            "/api/v1/elders/{id}/chips",
            json!({ "number": "0a1b2c3d" }),
            (201, json!({ "id": CARD, "tail": "2c3d" })),
        ),
    ]
}

fn terminals() -> Vec<Example> {
    vec![
        bare(
            "/api/v1/canteens/{id}/enrolment-codes",
            (201, json!({ "code": "7K2M9-QXA4T", "expires": NOW + 3_600_000 })),
        ),
        post(
            "/api/v1/enrolments",
            json!({ "code": "7K2M9-QXA4T", "public_key": DIGEST, "signature": format!("{DIGEST}{DIGEST}") }),
            (
                200,
                json!({
                    "terminal": TERMINAL, "canteen": CANTEEN, "digest_key": DIGEST, "server_time": NOW,
                    "confirmed": false,
                }),
            ),
        ),
    ]
}

fn imports() -> Vec<Example> {
    let shown = |state: &str, outcome: Value| {
        json!({
            "id": IMPORT, "kind": "categories", "file_name": "低保名单.xlsx", "digest": DIGEST, "size": 18_432,
            "state": state, "made_by": USER, "made_at": NOW, "applied_by": null, "applied_at": null, "outcome": outcome,
            "reason": null, "rows_so_far": null,
        })
    };
    let outcome = |applied: bool| {
        json!({
            "kind": "categories", "file_name": "低保名单.xlsx", "digest": DIGEST, "size": 18_432,
            "sheets": [{
                "name": "名单", "head_row": 2, "columns": [["A", "身份证号", "身份证号"], ["B", "类别", "类别"]],
                "ignored": ["备注"], "totals": 1,
            }],
            "skipped_sheets": ["填表说明"], "rows": 120, "added": 7, "changed": 2, "unchanged": 111, "bad": 0,
            "notices": 1, "applied": applied, "applied_before": null,
        })
    };
    let mut done = shown("applied", outcome(true));
    done["applied_by"] = json!(USER);
    done["applied_at"] = json!(NOW + 60_000);
    vec![
        bare("/api/v1/imports", (201, shown("checked", outcome(false)))),
        post("/api/v1/imports/{id}/apply", json!({ "digest": DIGEST }), (200, done)),
    ]
}

fn months() -> Vec<Example> {
    let month = |state: &str, submitted: Value, approved: Value| {
        json!({
            "region": "440304", "month": "2026-03", "version": 1, "state": state, "digest": DIGEST,
            "drafted_at": NOW, "submitted_at": submitted, "approved_at": approved, "signed_at": null,
            "third_signature": false, "returned_reason": null, "in_the_way": [], "changes": [], "claims": null,
            "statements": [{
                "id": STATEMENT, "number": "JS-440304-202603-001", "canteen": CANTEEN, "approved": 294_300, "held": 700,
                "payable": 293_600, "digest": DIGEST,
            }],
        })
    };
    let (submitted, approved) = (json!(NOW + 3_600_000), json!(NOW + 7_200_000));
    vec![
        bare("/api/v1/months/{region}/{month}/draft", (200, month("drafted", Value::Null, Value::Null))),
        bare("/api/v1/months/{region}/{month}/submit", (200, month("submitted", submitted.clone(), Value::Null))),
        post(
            "/api/v1/months/{region}/{month}/approve",
            json!({ "digest": DIGEST }),
            (200, month("approved", submitted, approved)),
        ),
    ]
}
