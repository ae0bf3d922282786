//! The demo's people at the office: each does at the office's HTTP API what they would do in the console.

use anyhow::Context as _;
use domain::canteen::{CanteenFactKind, Standing};
use domain::elder::ElderFact;
use serde_json::{Value, json};

use super::elders::DemoElder;
use super::http::{Caller, text};
use super::policies::DemoPolicy;
use super::world::{DemoCanteen, DemoUser, date, region, yuan};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Desk(Caller, DemoUser);

impl Desk {
    /// Signs in at the office.
    pub async fn sign_in(office: &str, user: DemoUser) -> anyhow::Result<Self> {
        let caller = Caller::new(office)?;
        let body = json!({ "name": user.name, "passphrase": user.passphrase });
        let session = caller.post("/api/v1/session", &body).await?;
        Ok(Self(caller.with_token(text(&session, "/token")?), user))
    }

    /// The caller behind.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.0
    }

    /// Proposes a policy, which another person approves.
    pub async fn announce(&self, policy: &DemoPolicy, checker: &Self) -> anyhow::Result<()> {
        let body = json!({ "file_name": policy.file, "source": policy.text });
        checker.second(&self.0.post("/api/v1/policies", &body).await?).await
    }

    /// Registers a canteen with its cashiers; another person looks at its account. Answers with its id.
    pub async fn register_canteen(&self, canteen: &DemoCanteen, checker: &Self) -> anyhow::Result<String> {
        let body = json!({
            "region": canteen.region, "name": canteen.name, "operator": canteen.operator,
            "credit_code": canteen.credit_code, "address": canteen.address, "phone": canteen.phone,
            "bank": canteen.bank, "account_name": canteen.operator, "account": canteen.account, "capacity": 120,
        });
        let made = self.0.post("/api/v1/canteens", &body).await?;
        let id = text(&made, "/id")?.to_owned();
        checker.prove().await?;
        checker.second(&made["payee"]).await?;
        for cashier in canteen.cashiers {
            let body = json!({ "name": cashier.name, "pin": cashier.pin, "supervisor": cashier.supervisor });
            self.0.post(&format!("/api/v1/canteens/{id}/cashiers"), &body).await?;
        }
        Ok(id)
    }

    /// Writes down a canteen's quantified grade from a day on.
    pub async fn grade(&self, canteen: &str, from: &str, grade: &str) -> anyhow::Result<()> {
        let standing = Standing { quality_grade: grade.to_owned(), ..Standing::default() };
        let mut body = serde_json::to_value(CanteenFactKind::Standing { standing })?;
        body["valid_from"] = json!(date(from));
        self.0.post(&format!("/api/v1/canteens/{canteen}/facts"), &body).await.map(drop)
    }

    /// Proves once more who is here.
    async fn prove(&self) -> anyhow::Result<()> {
        self.0.post("/api/v1/session/step-up", &json!({ "passphrase": self.1.passphrase })).await.map(drop)
    }

    /// Approves what another person has proposed.
    async fn second(&self, made: &Value) -> anyhow::Result<()> {
        let body = json!({ "digest": text(made, "/digest")? });
        let path = format!("/api/v1/proposals/{}/approve", text(made, "/proposal")?);
        self.0.post(&path, &body).await.map(drop)
    }

    /// Proposes a canteen's list prices, which another person approves.
    pub async fn approve_prices(&self, id: &str, canteen: &DemoCanteen, checker: &Self) -> anyhow::Result<()> {
        for (from, period, price) in canteen.prices {
            let body = json!({ "valid_from": from, "period": period, "price": yuan(price) });
            checker.second(&self.0.post(&format!("/api/v1/canteens/{id}/prices"), &body).await?).await?;
        }
        Ok(())
    }

    /// A one-time code for a terminal of the canteen.
    pub async fn enrolment_code(&self, canteen: &str) -> anyhow::Result<String> {
        let answer = self.0.post(&format!("/api/v1/canteens/{canteen}/enrolment-codes"), &json!({})).await?;
        Ok(text(&answer, "/code")?.to_owned())
    }

    /// Lets in the canteen's terminal that shows this fingerprint.
    pub async fn confirm_terminal(&self, canteen: &str, fingerprint: &str) -> anyhow::Result<()> {
        let listed = self.0.get(&format!("/api/v1/canteens/{canteen}/terminals")).await?;
        let waiting = listed.as_array().into_iter().flatten().find(|t| t["fingerprint"] == fingerprint);
        let terminal = text(waiting.context("no terminal shows this fingerprint")?, "/id")?;
        let body = json!({ "fingerprint": fingerprint });
        self.0.post(&format!("/api/v1/terminals/{terminal}/confirmation"), &body).await.map(drop)
    }

    /// Registers an elder in a canteen and issues a card; answers with the elder's id and the card's number.
    pub async fn register_elder(
        &self,
        place: usize,
        elder: &DemoElder,
        canteen: (&str, &DemoCanteen),
    ) -> anyhow::Result<(String, String)> {
        let facts = elder.facts_at_start().iter().map(new_fact).collect::<Result<Vec<_>, _>>()?;
        let body = json!({
            "resident_id": elder.resident_id(place), "name": elder.name,
            "region": region(canteen.1.programme().region), "canteen": canteen.0, "facts": facts,
        });
        let id = self.created("/api/v1/elders", &body).await?;
        let card = self.0.post(&format!("/api/v1/elders/{id}/cards"), &json!({})).await?;
        Ok((id, text(&card, "/number")?.to_owned()))
    }

    /// Writes down what was learned of an elder.
    pub async fn elder_fact(&self, elder: &str, fact: &ElderFact) -> anyhow::Result<()> {
        self.0.post(&format!("/api/v1/elders/{elder}/facts"), &new_fact(fact)?).await.map(drop)
    }

    /// Closes the days that wait.
    pub async fn close_days(&self) -> anyhow::Result<Value> {
        self.0.post("/api/v1/days/close", &json!({})).await
    }

    /// Leaves a canteen's day out of its month.
    pub async fn leave_out(&self, canteen: &str, day: &str, reason: &str) -> anyhow::Result<()> {
        let body = json!({ "canteen": canteen, "date": day, "reason": reason });
        self.0.post("/api/v1/days/left-out", &body).await.map(drop)
    }

    /// Puts an approved month's lists up for so many days: no money leaves before they are over.
    pub async fn disclose(&self, region: &str, month: &str, days: u8) -> anyhow::Result<()> {
        self.prove().await?;
        let path = format!("/api/v1/months/{region}/{month}/disclosure");
        self.0.post(&path, &json!({ "days": days })).await.map(drop)
    }

    /// A region's month as it stands.
    pub async fn month(&self, region: &str, month: &str) -> anyhow::Result<Value> {
        self.0.get(&format!("/api/v1/months/{region}/{month}")).await
    }

    /// Takes a region's month a step on: `draft` or `submit`.
    pub async fn advance(&self, region: &str, month: &str, action: &str) -> anyhow::Result<Value> {
        self.0.post(&format!("/api/v1/months/{region}/{month}/{action}"), &json!({})).await
    }

    /// Approves what stands there now, once it is proven again who does.
    pub async fn approve(&self, region: &str, month: &str) -> anyhow::Result<Value> {
        let seen = self.month(region, month).await?;
        self.prove().await?;
        let body = json!({ "digest": text(&seen, "/digest")? });
        self.0.post(&format!("/api/v1/months/{region}/{month}/approve"), &body).await
    }

    async fn created(&self, path: &str, body: &Value) -> anyhow::Result<String> {
        let answer = self.0.post(path, body).await?;
        Ok(text(&answer, "/id").with_context(|| path.to_owned())?.to_owned())
    }
}

/// A fact as it is told to the office, which notes itself when it learned it.
fn new_fact(fact: &ElderFact) -> anyhow::Result<Value> {
    let mut json = serde_json::to_value(fact)?;
    json.as_object_mut().context("a fact is an object")?.remove("known_from");
    Ok(json)
}
