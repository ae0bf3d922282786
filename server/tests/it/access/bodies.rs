//! What is sent to each route, so that it is read as what is asked for: addresses, bodies, forms.

use serde_json::{Value, json};

use super::Ground;
use crate::common::{POLICY, new_canteen, resident_id};
use crate::month::MARCH;

impl Ground {
    /// The route's address with everything in it that is there.
    pub fn address(&self, path: &str) -> String {
        let mut done: Vec<String> = Vec::new();
        let mut before = "";
        for part in path.split('/') {
            let filled = match part {
                "{month}" => MARCH.to_owned(),
                "{version}" => "1".to_owned(),
                "{digest}" => "0".repeat(16),
                "{sequence}" => "0".to_owned(),
                "{statement}" => self.ids["statements"].clone(),
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
            path if path.starts_with("/api/v1/") && path.ends_with("/attachments") => "?file_name=x.pdf",
            "/api/v1/terminal/photo" => "?elder=00000000-0000-0000-0000-000000000007",
            "/api/v1/terminal/roster" | "/api/v1/terminal/usage" => "?after=0",
            "/api/v1/budgets" | "/api/v1/years" => "?region=440304&year=2026",
            "/api/v1/changes"
            | "/api/v1/days"
            | "/api/v1/demands"
            | "/api/v1/holds"
            | "/api/v1/ledger/trial-balance"
            | "/api/v1/refunds" => "?region=440304",
            "/console/own" => "?month=2026-03",
            // A statement's own place is asked for, whatever the page looks at; policies and what is looked for have none.
            "/console/statements/{id}" | "/console/search" => "",
            _ if path.starts_with("/console/policies") => "",
            _ if path.starts_with("/console/") => "?region=440304&month=2026-03",
            _ => "",
        };
        done.join("/") + query
    }

    /// A body that is read as what is asked for: refusals for its form would come before those for rights.
    pub fn body(&self, method: &str, path: &str) -> Value {
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
            ("POST", "/api/v1/regions") => json!({"code": "440304", "name": "福田区", "office": "福田区民政局"}),
            ("POST", "/api/v1/draws") => json!({"region": "440304", "title": "又一次", "count": 1,
                "seed_name": "公开号码", "seed_on": "2026-06-01"}),
            ("POST", "/api/v1/draws/{id}/drawing") => json!({"seed": "1 2 3"}),
            ("POST", "/api/v1/draws/{id}/results") => {
                json!({"canteen": canteen, "inspected_on": "2026-04-01", "grade": "good"})
            }
            ("POST", "/api/v1/elders/search") => json!({"number": resident_id(7)}),
            ("POST", "/api/v1/people/{id}/lock" | "/api/v1/people/{id}/unlock") => json!({"reason": "离岗"}),
            ("POST", "/api/v1/people/{id}/move") => {
                json!({"role": "card_issuer", "region": "440304", "reason": "轮岗"})
            }
            ("POST", "/api/v1/elders/{id}/corrections") => json!({"name": "测试长辈", "reason": "证件核对"}),
            ("POST", "/api/v1/canteens/{id}/corrections") => json!({"phone": "82000009", "reason": "电话变更"}),
            ("POST", "/api/v1/canteens/{id}/cashiers") => json!({"name": "新收银员", "pin": "1357"}),
            ("PUT", "/api/v1/canteens/{id}/settings") => {
                serde_json::to_value(server::store::canteens::Settings::default()).unwrap()
            }
            ("POST", "/api/v1/elders") => {
                json!({"resident_id": resident_id(300), "name": "测试长者", "region": "440304"})
            }
            ("POST", "/api/v1/cards/batches/{id}/reject") => json!({"reason": "名单有误"}),
            ("POST", "/api/v1/cards/sheets" | "/api/v1/cards/batches") => {
                json!({ "of": { "elders": [self.ids["elders"]] } })
            }
            ("POST", "/api/v1/imports/{id}/apply") => json!({ "digest": domain::id::Digest([0; 32]).to_string() }),
            ("POST", "/api/v1/elders/{id}/facts") => {
                json!({"valid_from": "2026-06-01", "fact": "death", "dead": false})
            }
            ("POST", "/api/v1/elders/{id}/chips") => json!({"number": "0a1b2c3d"}),
            ("POST", path) if path.starts_with("/api/v1/terminals/") && path.contains("{epoch}") => {
                json!({"reason": "送修"})
            }
            ("POST", "/api/v1/terminals/{id}/confirmation") => json!({"fingerprint": "0000 0000 0000"}),
            ("POST", path) if path.ends_with("/findings/{canteen}/{number}/steps") => {
                json!({"what": "answered", "words": "已核实"})
            }
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
            ("POST", "/api/v1/people") => json!({"name": "新来的人", "role": "auditor", "region": "440304"}),
            ("POST", "/api/v1/proposals/{id}/reject") => json!({"reason": "账号有误"}),
            ("POST", "/api/v1/canteens/{id}/payee") => {
                json!({"bank": "测试银行", "account_name": "测试餐饮有限公司", "account": "622202100112346"})
            }
            ("POST", "/api/v1/policies") => {
                json!({"file_name": "new.toml", "source": POLICY.replace("\"4403\"", "\"440304\"")})
            }
            ("POST", "/console/policies/new" | "/console/policies/proposals") => {
                let source = POLICY.replace("\"4403\"", "\"440304\"").replace("version = 1", "version = 2");
                json!({"file_name": "new.toml", "source": source})
            }
            ("POST", "/api/v1/policies/simulate") => {
                let source = POLICY.replace("\"4403\"", "\"440304\"").replace("version = 1", "version = 2");
                json!({"file_name": "new.toml", "source": source, "month": MARCH, "region": "440304"})
            }
            _ => self.body_of_accounts(method, path),
        }
    }

    /// Of what is owed, explained and planned.
    fn body_of_accounts(&self, method: &str, path: &str) -> Value {
        let canteen = self.scene.canteen(0);
        match (method, path) {
            ("POST", "/console/disclosure/start") => json!({"days": "5"}),
            ("POST", "/console/disclosure/objections/{id}/decision") => json!({"upheld": "false", "reason": "无误"}),
            ("POST", "/console/funds/release") => json!({
                "canteen": canteen, "of": MARCH, "policy": "test", "version": "1", "hash": "0".repeat(64), "gate": "1",
                "reason": "已整改"}),
            ("POST", "/console/settlement/send-back" | "/api/v1/months/{region}/{month}/send-back") => {
                json!({"reason": "重核"})
            }
            (
                "POST",
                "/console/settlement/approve"
                | "/console/settlement/sign"
                | "/api/v1/months/{region}/{month}/approve"
                | "/api/v1/months/{region}/{month}/sign"
                | "/api/v1/proposals/{id}/approve",
            ) => json!({"digest": "0".repeat(64)}),
            ("POST", "/api/v1/months/{region}/{month}/disclosure") => json!({"days": 5}),
            ("POST", "/console/reconciliation/close") => json!({"canteen": canteen, "date": "2026-05-05"}),
            ("POST", "/api/v1/days/left-out" | "/console/reconciliation/left-out") => {
                json!({"canteen": canteen, "date": "2026-05-05", "reason": "停电"})
            }
            ("POST", "/console/disclosure/statements/{id}/objection" | "/api/v1/statements/{id}/objections") => {
                json!({"content": "数目不对"})
            }
            ("POST", "/console/funds/statements/{id}/payment" | "/api/v1/statements/{id}/payments") => {
                json!({"state": "confirmed", "reference": "B-1"})
            }
            ("POST", "/api/v1/objections/{id}/lift" | "/console/disclosure/objections/{id}/lift") => {
                json!({"reason": "已补记"})
            }
            ("POST", "/api/v1/objections/{id}/decision") => json!({"upheld": false, "reason": "数目无误"}),
            ("POST", "/api/v1/canteens/{id}/closure" | "/console/canteens/{id}/closure") => {
                json!({"last_day": "2026-03-31", "reason": "停业"})
            }
            ("POST", "/api/v1/statements/{id}/demand" | "/console/funds/statements/{id}/demand") => {
                json!({"due": "2026-06-30", "reason": "多付"})
            }
            ("POST", "/api/v1/months/{region}/{month}/explanations" | "/console/settlement/explain") => {
                json!({"canteen": canteen, "words": "寒假就餐人数减少"})
            }
            ("POST", "/api/v1/months/{region}/{month}/findings/{number}/steps") => {
                json!({"what": "explained", "words": "已核实"})
            }
            ("POST", "/console/settlement/claims") => {
                json!({"number": "F-202603-000000", "what": "explained", "words": "已核实"})
            }
            ("POST", "/api/v1/budgets") => json!({
                "region": "440304", "year": 2026, "payer": {"name": "city", "unit": "4403"}, "amount": 100,
                "reason": "批复"}),
            ("POST", "/console/budgets") => {
                json!({"payer": "city", "unit": "4403", "amount": "1.00", "reason": "批复"})
            }
            ("POST", "/api/v1/demands/{id}/receipts") => json!({
                "payer": {"name": "city", "unit": null}, "amount": 10, "received_on": "2026-03-31",
                "reference": "回单"}),
            ("POST", "/console/funds/demands/{id}/receipt") => {
                json!({"payer": "0", "amount": "0.10", "received_on": "2026-03-31", "reference": "回单"})
            }
            _ => Value::Null,
        }
    }

    /// The fields of a page's form, and whether a file comes with them.
    pub(super) fn form(&self, path: &str) -> (Vec<(String, String)>, bool) {
        let text = |fields: &[(&'static str, &str)]| fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let canteen = self.scene.canteen(0).to_string();
        let fields: Vec<(&'static str, String)> = match path {
            "/console/canteens" => text(&[
                ("place", "440304001003"),
                ("name", "又一食堂"),
                ("operator", "测试餐饮有限公司"),
                ("credit_code", "91350100M000100Y43"),
                ("address", ""),
                ("phone", "0755-82000000"),
                ("bank", "测试银行"),
                ("account_name", "测试餐饮有限公司"),
                ("account", "622202100112345"),
                ("capacity", "200"),
            ]),
            "/console/canteens/{id}/standing" => text(&[
                ("valid_from", "2026-06-01"),
                ("grade", "A"),
                ("risk", "A"),
                ("licence", "valid"),
                ("filing", "active"),
                ("kitchen", ""),
                ("stars", ""),
            ]),
            "/console/canteens/{id}/tags" => text(&[("valid_from", "2026-06-01"), ("tags", "x")]),
            "/console/canteens/{id}/prices" => {
                text(&[("valid_from", "2026-06-01"), ("period", "lunch"), ("price", "19")])
            }
            "/console/canteens/{id}/payee" => {
                text(&[("bank", "测试银行"), ("account_name", "测试公司"), ("account", "622202100112346")])
            }
            "/console/elders/{id}/corrections" => text(&[("name", "测试前辈"), ("reason", "证件核对")]),
            "/console/canteens/{id}/corrections" => text(&[("phone", "82000010"), ("reason", "电话变更")]),
            "/console/canteens/{id}/cashiers" => text(&[("name", "页上收银员"), ("pin", "1357")]),
            "/console/canteens/{id}/settings" => text(&[("soft", "24"), ("hard", ""), ("reader", "")]),
            "/console/proposals/{id}/approve" | "/console/imports/{id}/apply" => {
                vec![("digest", "0".repeat(64))]
            }
            "/console/regions" => text(&[("place", "440304"), ("name", "福田区"), ("office", "福田区民政局")]),
            "/console/regions/{region}/settings" => settings_form(),
            "/console/people/{id}/lock" | "/console/people/{id}/unlock" => text(&[("reason", "离岗")]),
            "/console/people/{id}/move" => text(&[("role", "auditor"), ("place", "440304"), ("reason", "轮岗")]),
            "/console/people" => text(&[("name", "页上来的人"), ("role", "auditor"), ("place", "440304")]),
            "/console/terminals/codes" => vec![("canteen", canteen)],
            "/console/terminals/{id}/confirmation" => text(&[("fingerprint", "0000 0000 0000")]),
            "/console/elders" => vec![
                ("resident_id", resident_id(301)),
                ("name", "测试长者".into()),
                ("phone", String::new()),
                ("place", "440304".into()),
                ("canteen", String::new()),
                ("hukou", String::new()),
            ],
            "/console/elders/find" => vec![("number", resident_id(7))],
            "/console/elders/sheets" | "/console/cards" => text(&[("canteen", ""), ("until", "")]),
            "/console/elders/{id}/sheet" => text(&[("until", "")]),
            "/console/elders/{id}/facts" => {
                text(&[("valid_from", "2026-06-01"), ("kind", "death_withdrawn"), ("what", ""), ("level", "")])
            }
            "/console/elders/{id}/chips" => text(&[("number", "0a1b2c3e")]),
            "/console/imports" => text(&[("kind", "deaths"), ("place", "")]),
            "/console/draws" => text(&[
                ("title", "又一次"),
                ("count", "1"),
                ("inspectors", ""),
                ("each", "0"),
                ("seed_name", "公开号码"),
                ("seed_on", "2026-06-01"),
            ]),
            "/console/draws/{id}/drawing" => text(&[("seed", "1 2 3")]),
            "/console/draws/{id}/results" => {
                vec![
                    ("canteen", canteen),
                    ("inspected_on", "2026-04-01".into()),
                    ("grade", "good".into()),
                    ("words", String::new()),
                ]
            }
            path if path.ends_with("/reject") || path.contains("{epoch}") => text(&[("reason", "送修")]),
            _ => Vec::new(),
        };
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (fields, path == "/console/imports" || path.ends_with("/photo") || path.ends_with("/attachments"))
    }
}

/// What the page of a region's settings sends, all by default.
fn settings_form() -> Vec<(&'static str, String)> {
    let settings = domain::reconciliation::Settings::default();
    let Value::Object(numbers) = serde_json::to_value(settings.thresholds).unwrap() else { unreachable!() };
    let mut fields = vec![("valid_from", "2026-06-01".to_owned())];
    fields.extend(numbers.into_iter().map(|(name, n)| (&*name.leak(), n.to_string())));
    for code in domain::reconciliation::Code::ALL {
        let Value::String(severity) = serde_json::to_value(settings.severity(code)).unwrap() else { unreachable!() };
        fields.push((code.name(), severity));
    }
    fields
}

/// The same fields as a program sends.
pub(super) fn fields_of(body: &Value) -> Vec<(String, String)> {
    let field = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), text)
    };
    body.as_object().into_iter().flatten().map(field).collect()
}
