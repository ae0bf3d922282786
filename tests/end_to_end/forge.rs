//! A terminal's voice without the terminal: sends its signed records in whatever order a test wants.

use std::path::Path;

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, Entropy, TerminalId};
use domain::record::encoding::SignatureHex;
use domain::sync::{Batch, BatchAnswer, BatchRecord, Outcome, request_digest};
use ed25519_dalek::{Signer as _, SigningKey};
use server::store::records::{self, Journal};
use zhucan::demo::chance::SeededEntropy;
use zhucan::demo::host::OfficeHost;
use zhucan::demo::people::Desk;
use zhucan::demo::world::{MAKER, PROGRAMMES};

/// Everything that one terminal ever signed, with the key to send it.
pub(crate) struct Voice {
    terminal: TerminalId,
    key: SigningKey,
    epoch: u32,
    pub(crate) records: Vec<BatchRecord>,
}

impl Voice {
    /// Reads a terminal's records back from an office that holds all of them.
    pub(crate) async fn of(office: &OfficeHost, folder: &Path, terminal: TerminalId, canteen: CanteenId) -> Self {
        let key = terminal::keys::Keys::load(folder).unwrap().unwrap().signing();
        let journal = Journal { canteen, terminal, epoch: 1 };
        let store = &office.server.office().store;
        let records = store.read(move |tx| {
            Box::pin(async move {
                let mut all = Vec::new();
                for row in records::between(tx, journal, 0, u64::MAX).await? {
                    let (signed, outcome) = records::get(tx, canteen, row.id).await?.unwrap();
                    assert_eq!(outcome, Outcome::Accepted, "record {}", row.sequence);
                    all.push(BatchRecord { sequence: row.sequence, signed });
                }
                Ok(all)
            })
        });
        Self { terminal, key, epoch: journal.epoch, records: records.await.unwrap() }
    }

    /// Sends some of them, signed anew as a request; every answer must be a good one.
    pub(crate) async fn send(&self, sender: &Sender, records: &[BatchRecord], now: UnixMs) -> BatchAnswer {
        let batch = Batch { epoch: self.epoch, records: records.to_vec() };
        let body = serde_json::to_vec(&batch).unwrap();
        let path = "/api/v1/terminal/records";
        let mut nonce = [0; 16];
        sender.entropy.fill(&mut nonce);
        let nonce = hex::encode(nonce);
        let digest: Digest = request_digest("POST", path, &body, now, &nonce);
        let signature = SignatureHex(self.key.sign(&digest.0).to_bytes());
        let request = sender.client.post(format!("{}{path}", sender.office)).header("content-type", "application/json");
        let request = request.header("zhucan-terminal", self.terminal.to_string());
        let request = request.header("zhucan-time", now.get().to_string()).header("zhucan-nonce", nonce);
        let answer = request.header("zhucan-signature", signature.to_string()).body(body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        let answer: BatchAnswer = serde_json::from_str(&text).unwrap();
        assert!(answer.outcomes.iter().all(|o| o.outcome == Outcome::Accepted), "{:?}", answer.outcomes);
        answer
    }
}

/// How to reach an office.
pub(crate) struct Sender {
    client: reqwest::Client,
    office: String,
    entropy: SeededEntropy,
}

impl Sender {
    pub(crate) fn new(office: &OfficeHost) -> Self {
        let client = zhucan::demo::http::client().unwrap();
        Self { client, office: office.url(), entropy: SeededEntropy::new(0x5e4d) }
    }
}

/// Drafts March in both regions; the statements' digests, payables and findings, and that nothing stands in the way.
pub(crate) async fn statements(office: &OfficeHost) -> Vec<serde_json::Value> {
    let maker = Desk::sign_in(&office.url(), MAKER).await.unwrap();
    let mut all = Vec::new();
    for programme in PROGRAMMES {
        let month = maker.advance(programme.region, "2026-03", "draft").await.unwrap();
        assert_eq!(month["in_the_way"], serde_json::json!([]), "{month}");
        for head in month["statements"].as_array().unwrap() {
            let id = head["id"].as_str().unwrap();
            let content = maker.caller().get(&format!("/api/v1/statements/{id}")).await.unwrap();
            all.push(serde_json::json!({
                "canteen": head["canteen"], "digest": head["digest"], "payable": head["payable"],
                "reconciliation": content["reconciliation"],
            }));
        }
    }
    all
}
