//! The office as a computer: it is started, stopped, killed and restored, and its people work at its API.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::calendar::{Clock, UnixMs};
use domain::id::Entropy;
use serde_json::{Value, json};
use server::{Database, Server};
use zhucan::demo::chance::SeededEntropy;

use crate::call::{self, Answer};
use crate::clock::{NodeClock, TrueTime};
use crate::disk::Picture;
use crate::network::{Live, Net};
use crate::template::PASSPHRASE;

pub(crate) const DATABASE: &str = "office.db";
pub(crate) const KEYS: &str = "office.key";
pub(crate) const URL: &str = "http://office.simulated";
/// A session is good for twelve hours; after so long it is opened anew, ms.
const SESSION: i64 = 11 * 60 * 60 * 1000;

pub(crate) struct Office {
    disk: PathBuf,
    clock: Arc<NodeClock>,
    entropy: Arc<SeededEntropy>,
    net: Arc<Net>,
    sessions: BTreeMap<String, (String, UnixMs)>,
}

impl Office {
    pub(crate) fn new(disk: &Path, truth: &Arc<TrueTime>, net: &Arc<Net>, seed: u64) -> Self {
        let (clock, entropy) = (NodeClock::new(truth, 99), Arc::new(SeededEntropy::new(seed)));
        Self { disk: disk.to_owned(), clock, entropy, net: Arc::clone(net), sessions: BTreeMap::new() }
    }

    /// Starts the office on its disk.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        let config = server::Config {
            database: Database::Sqlite(self.disk.join(DATABASE)),
            keys: self.disk.join(KEYS),
            create: false,
            public_url: URL.to_owned(),
        };
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::clone(&self.clock) as _, Arc::clone(&self.entropy) as _);
        let server = Server::open(&config, clock, entropy).await.context("the office does not start")?;
        self.net.connect(&server);
        self.sessions.clear();
        Ok(())
    }

    /// Stops it in good order.
    pub(crate) async fn stop(&self) {
        if let Some(live) = self.net.live() {
            live.server.office().store.close().await;
        }
        self.net.disconnect();
    }

    pub(crate) fn picture(&self) -> Picture {
        Picture::take(&self.disk)
    }

    /// Puts another state on its disk. It must not run.
    pub(crate) fn put_back(&self, picture: &Picture) {
        picture.put_back(&self.disk);
    }

    pub(crate) fn live(&self) -> anyhow::Result<Live> {
        self.net.live().context("the office does not run")
    }

    /// Somebody at the office does something.
    pub(crate) async fn ask(
        &mut self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let router = self.live()?.router;
        let now = self.clock.wall();
        let open =
            self.sessions.get(who).filter(|(_, at)| now.get() - at.get() < SESSION).map(|(token, _)| token.clone());
        let token = if let Some(token) = open {
            token
        } else {
            let body = json!({ "name": who, "passphrase": PASSPHRASE });
            let answer = call::json(&router, "POST", "/api/v1/session", None, Some(&body)).await;
            let token = answer.at("/token").as_str().with_context(|| format!("sign-in: {answer:?}"))?;
            self.sessions.insert(who.to_owned(), (token.to_owned(), now));
            token.to_owned()
        };
        Ok(call::json(&router, method, path, Some(&token), body).await)
    }

    /// As [`Office::ask`]; what is refused is an error.
    pub(crate) async fn must(
        &mut self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let answer = self.ask(who, method, path, body).await?;
        ensure!(answer.is_good(), "{who}: {method} {path}: {} {}", answer.status, answer.body);
        Ok(answer)
    }
}
