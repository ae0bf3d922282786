//! Requests that are done once however often they are sent: `Idempotency-Key`.
//!
//! A key is noted before its request is worked on. The unit of work that does something marks the key in its own
//! transaction ([`Attempt::mark`]), so that whatever becomes of the answer, of this process or of the sender, nothing is
//! done twice. The answer is kept sealed, for it may hold a passphrase that is shown once.

use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use uuid::Uuid;

use crate::seal::Place;
use crate::store::Tx;
use crate::store::idempotency::{self, Kept, Key};
use crate::words::{self, Code};
use crate::{Error, Office, Refusal};

/// A key is no longer, characters.
pub const LONGEST: usize = 200;
/// Keys and answers are kept for so long, ms.
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// After so long a request without an outcome is taken for dead and may be tried again, ms. Longer than any request
/// takes; one that is not dead after all is refused when it comes to its unit of work.
const DEAD_MS: i64 = 2 * 60 * 1000;
/// A larger answer is not kept, bytes.
const LARGEST: usize = 1024 * 1024;

tokio::task_local! {
    /// The attempt that the request under way belongs to.
    static ATTEMPT: Attempt;
}

/// One try of a request with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt(Uuid);

impl Attempt {
    /// The attempt that the calling task works on, if it works on one.
    #[must_use]
    pub fn current() -> Option<Self> {
        ATTEMPT.try_with(|attempt| *attempt).ok()
    }

    /// Runs a request as this attempt.
    pub async fn run<T>(self, request: impl Future<Output = T>) -> T {
        ATTEMPT.scope(self, request).await
    }

    /// Marks in the unit of work that something is done. Refused when another attempt has taken this one's place.
    pub async fn mark(self, tx: &mut Tx) -> Result<(), Error> {
        if idempotency::mark(tx, self.0).await? {
            return Ok(());
        }
        Err(Error::refused(Code::KeyUnderWay, words::KEY_UNDER_WAY))
    }
}

/// What came of showing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is new: work on the request.
    New(Attempt),
    /// The request was answered before, with this.
    Answered(Vec<u8>),
}

/// What a request is known again by; nothing of it can be read from that.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The key as it came.
    pub key: &'r str,
    /// Method and address with its query.
    pub address: &'r str,
    /// The body.
    pub body: &'r [u8],
}

impl Office {
    /// Notes a person's key, or finds what came of it before.
    ///
    /// Refused while the first request is under way, when the key came with another request, and when the answer is
    /// not known any more.
    pub async fn show_key(self: &Arc<Self>, by: UserId, request: Request<'_>) -> Result<Shown, Error> {
        let body = Digest::of("zhucan.idempotency-body.1", &[request.body]);
        let key = Key {
            person: by,
            key: self.keys.digest("zhucan.idempotency-key.1", request.key),
            request: self.keys.digest("zhucan.idempotency-request.1", &format!("{}\n{body}", request.address)),
        };
        let (now, mut random) = (self.now(), [0; 16]);
        self.entropy.fill(&mut random);
        let id = uuid::Builder::from_random_bytes(random).into_uuid();
        let write = self.store.write(move |tx| Box::pin(async move { begin(tx, &key, id, now).await }));
        match write.await? {
            Begun::New => Ok(Shown::New(Attempt(id))),
            Begun::Answered(of, sealed) => {
                let answer = self.keys.open_bytes(place(of), &sealed)?;
                Ok(Shown::Answered(answer.to_vec()))
            }
        }
    }

    /// Keeps the answer of an attempt that was done, or forgets the key of one that was refused.
    pub async fn keep_answer(&self, Attempt(id): Attempt, answer: Option<&[u8]>) -> Result<(), Error> {
        let Some(answer) = answer else {
            return self.store.write(move |tx| Box::pin(async move { idempotency::forget(tx, id).await })).await;
        };
        let small = Some(answer).filter(|answer| answer.len() <= LARGEST);
        let sealed = small.map(|answer| self.keys.seal_bytes(place(id), answer, &*self.entropy));
        self.store.write(move |tx| Box::pin(async move { idempotency::keep(tx, id, sealed.as_deref()).await })).await
    }
}

const fn place(row: Uuid) -> Place<'static> {
    Place { table: "idempotency_keys", column: "answer", row }
}

enum Begun {
    New,
    Answered(Uuid, Vec<u8>),
}

async fn begin(tx: &mut Tx, key: &Key, id: Uuid, now: UnixMs) -> Result<Begun, Error> {
    idempotency::expire(tx, now.plus(-KEPT_MS)).await?;
    if idempotency::begin(tx, key, id, now).await? {
        return Ok(Begun::New);
    }
    let refused = |code, words: &str| Err(Error::refused(code, words));
    let Some(Kept { id: before, request, begun_at, done, answer }) = idempotency::find(tx, key).await? else {
        return refused(Code::KeyUnderWay, words::KEY_UNDER_WAY);
    };
    if request != key.request {
        return refused(Code::KeyReused, words::KEY_REUSED);
    }
    if let Some(answer) = answer {
        return Ok(Begun::Answered(before, answer));
    }
    let dead = now.get() - begun_at.get() >= DEAD_MS;
    if done && dead {
        return refused(Code::AnswerLost, words::ANSWER_LOST);
    }
    if !done && dead && idempotency::replace(tx, before, id, now).await? {
        return Ok(Begun::New);
    }
    let mut wait = Refusal::new(Code::KeyUnderWay, words::KEY_UNDER_WAY);
    wait.retry_after = Some(1);
    Err(wait.into())
}
