//! Somebody whom the office has just let in: changes the one-time passphrase and takes up a second factor, as everybody
//! has to before anything else.

use domain::calendar::UnixMs;
use serde_json::{Value, json};
use server::totp::{Secret, step_at};
use zhucan::demo::http::{Caller, text};

/// Signed in, with nothing left to do first.
pub(crate) struct Newcomer {
    pub(crate) caller: Caller,
    pub(crate) passphrase: String,
    /// Everything that nobody else may ever see.
    pub(crate) secrets: Vec<String>,
    secret: Option<Secret>,
    used: i64,
}

impl Newcomer {
    /// Signs in for the first time at a program whose clock stands at `now`.
    pub(crate) async fn enter(url: &str, name: &str, one_time: &str, now: UnixMs) -> Self {
        let caller = Caller::new(url).unwrap();
        let opened = caller.post("/api/v1/session", &json!({ "name": name, "passphrase": one_time })).await.unwrap();
        let token = text(&opened, "/token").unwrap();
        let caller = caller.with_token(token);
        let passphrase = format!("{name}自己的口令很长");
        let change = json!({ "old": one_time, "new": passphrase });
        caller.post("/api/v1/session/passphrase", &change).await.unwrap();
        let secrets = vec![one_time.to_owned(), token.to_owned(), passphrase.clone()];
        let mut newcomer = Self { caller, passphrase, secrets, secret: None, used: step_at(now) - 2 };
        let must = newcomer.caller.get("/api/v1/session").await.unwrap()["must"].clone();
        if must == json!(["totp"]) {
            newcomer.take_up(now).await;
        }
        newcomer
    }

    async fn take_up(&mut self, now: UnixMs) {
        let new = self.caller.post("/api/v1/session/totp", &json!({})).await.unwrap();
        let written = text(&new, "/secret").unwrap().to_owned();
        self.secret = Secret::from_base32(&written);
        self.secrets.push(written);
        let code = json!({ "code": self.code(now) });
        let done = self.caller.post("/api/v1/session/totp/confirmation", &code).await.unwrap();
        let recovery = done["recovery_codes"].as_array().unwrap().iter().filter_map(Value::as_str);
        self.secrets.extend(recovery.map(str::to_owned));
    }

    /// Proves once more who it is, for what moves money.
    pub(crate) async fn prove(&mut self, now: UnixMs) {
        let body = json!({ "passphrase": self.passphrase, "code": self.code(now) });
        self.caller.post("/api/v1/session/step-up", &body).await.unwrap();
    }

    /// A code that was not used yet. There are three in half a minute.
    pub(crate) fn code(&mut self, now: UnixMs) -> Option<String> {
        self.used = (self.used + 1).max(step_at(now) - 1);
        assert!(self.used <= step_at(now) + 1, "no code is left in this half minute");
        self.secret.as_ref().map(|secret| secret.code(self.used))
    }
}
