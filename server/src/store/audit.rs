//! The chain of the audit log: appended to, read, compared with what terminals were told.

use domain::calendar::{Month, UnixMs};
use domain::id::{Digest, TerminalId};
use domain::region::RegionCode;
use domain::sync::AuditHead;
use serde::Serialize;

use super::{Bind as _, Statement, Tx, Value};
use crate::audit::{Act, Actor, Outcome, entry_hash};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// An entry as it is stored.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    pub struct Entry {
        /// From 1, without gap.
        pub sequence: u64,
        /// Unix ms.
        pub at: UnixMs,
        /// `user:…`, `terminal:…` or `system`.
        pub actor: String,
        /// The region of who did it; nothing for the program itself.
        pub region: Option<String>,
        /// The action's name.
        pub action: String,
        /// A kind and an id; for what was denied, the address that was asked for.
        pub object: String,
        /// `granted` or `denied`.
        pub outcome: String,
        /// JSON.
        pub detail: String,
        /// The hash of the entry before; zeros for the first.
        pub previous: Digest,
        /// Over all of the above.
        pub hash: Digest,
    }
}

/// What entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Entries of people inside this region, and of the program itself.
    pub region: Option<RegionCode>,
    /// Who, as stored.
    pub actor: Option<String>,
    /// The action's name, or its beginning up to a dot.
    pub action: Option<String>,
    /// To what, as stored.
    pub object: Option<String>,
    /// `granted` or `denied`.
    pub outcome: Option<String>,
    /// At or after, unix ms.
    pub since: Option<UnixMs>,
    /// Before, unix ms.
    pub until: Option<UnixMs>,
    /// Only below this sequence: the cursor, as pages go from the last entry back.
    pub below: Option<u64>,
}

/// Holds the chain for this transaction. It must be its first statement: under SERIALIZABLE what comes later sees the
/// database as it was before the wait. (SQLite has one writer anyway.)
pub async fn hold(tx: &mut Tx) -> Result<(), Error> {
    if tx.is_postgres() {
        sql!(tx, "LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE").execute().await?;
    }
    Ok(())
}

/// The last entry's sequence and hash; nothing while there is none.
pub async fn head(tx: &mut Tx) -> Result<Option<AuditHead>, Error> {
    let row: Option<(u64, Digest)> =
        sql!(tx, "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").optional().await?;
    Ok(row.map(|(sequence, hash)| AuditHead { sequence, hash }))
}

/// Appends an entry. The transaction holds the chain ([`hold`]); one that does not and meets another writer violates the
/// primary key.
pub async fn append(tx: &mut Tx, act: &Act, outcome: Outcome, now: UnixMs) -> Result<AuditHead, Error> {
    let before = head(tx).await?;
    let region: Option<String> = match act.actor {
        Actor::User(id) => sql!(tx, "SELECT region FROM users WHERE id = $1", id).optional::<(String,)>().await?,
        Actor::Terminal(id) => {
            sql!(tx, "SELECT c.region FROM terminals t JOIN canteens c ON c.id = t.canteen WHERE t.id = $1", id)
                .optional::<(String,)>()
                .await?
        }
        Actor::System => None,
    }
    .map(|(region,)| region);
    let mut entry = Entry {
        sequence: before.map_or(1, |head| head.sequence + 1),
        at: now,
        actor: act.actor.to_string(),
        region,
        action: act.action.name().to_owned(),
        object: act.object.chars().take(200).collect(),
        outcome: outcome.name().to_owned(),
        detail: serde_json::to_string(&act.detail).map_err(|e| Error::Internal(e.to_string()))?,
        previous: before.map_or(Digest::ZERO, |head| head.hash),
        hash: Digest::ZERO,
    };
    entry.hash = entry_hash(&entry);
    let head = AuditHead { sequence: entry.sequence, hash: entry.hash };
    sql!(
        tx,
        "INSERT INTO audit (sequence, at, actor, region, action, object, outcome, detail, previous, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        place(entry.sequence),
        entry.at,
        entry.actor,
        entry.region,
        entry.action,
        entry.object,
        entry.outcome,
        entry.detail,
        entry.previous,
        entry.hash
    )
    .execute()
    .await?;
    Ok(head)
}

/// Entries from `from` on, at most `limit`, in order.
pub async fn from(tx: &mut Tx, from: u64, limit: i64) -> Result<Vec<Entry>, Error> {
    sql!(tx, "SELECT * FROM audit WHERE sequence >= $1 ORDER BY sequence LIMIT $2", place(from), limit).all().await
}

/// The clock is never set back by more than this, ms.
const SET_BACK: i64 = 7 * 24 * 60 * 60 * 1000;

/// Sequences between which all entries of a time lie, so that a page of long ago does not walk through all that came
/// since. Sequences follow the clock but for where it was set back.
async fn between(
    tx: &mut Tx,
    since: Option<UnixMs>,
    until: Option<UnixMs>,
) -> Result<(Option<i64>, Option<i64>), Error> {
    let after = match since {
        Some(since) => {
            let text = "SELECT sequence FROM audit WHERE at < $1 ORDER BY at DESC, sequence DESC LIMIT 1";
            sql!(tx, text, since.plus(-SET_BACK)).optional::<(i64,)>().await?
        }
        None => None,
    };
    let before = match until {
        Some(until) => {
            let text = "SELECT sequence FROM audit WHERE at >= $1 ORDER BY at, sequence LIMIT 1";
            sql!(tx, text, until.plus(SET_BACK)).optional::<(i64,)>().await?
        }
        None => None,
    };
    Ok((after.map(|(n,)| n), before.map(|(n,)| n)))
}

/// Entries that fit, the last one first, at most `limit`.
pub async fn find(tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<Entry>, Error> {
    let (after, before) = between(tx, filter.since, filter.until).await?;
    let mut values: Vec<Value<'_>> = Vec::new();
    let mut conditions = String::new();
    let mut add = |condition: &str, value: Value<'static>| {
        values.push(value);
        let numbered = condition.replace('?', &format!("${}", values.len()));
        conditions.push_str(if conditions.is_empty() { " WHERE " } else { " AND " });
        conditions.push_str(&numbered);
    };
    if let Some(region) = &filter.region {
        add("(region IS NULL OR region LIKE ? || '%')", region.as_str().to_owned().bind());
    }
    if let Some(actor) = &filter.actor {
        add("actor = ?", actor.clone().bind());
    }
    if let Some(action) = &filter.action {
        if action.contains('.') {
            add("action = ?", action.clone().bind());
        } else {
            // What begins with `month.` lies before `month/`; a range can use the index.
            add("action >= ?", format!("{action}.").bind());
            add("action < ?", format!("{action}/").bind());
        }
    }
    if let Some(object) = &filter.object {
        add("object = ?", object.clone().bind());
    }
    let denied = filter.outcome.as_deref() == Some(Outcome::Denied.name());
    if let Some(outcome) = filter.outcome.as_ref().filter(|_| !denied) {
        add("outcome = ?", outcome.clone().bind());
    }
    if let Some(after) = after {
        add("sequence > ?", after.bind());
    }
    if let Some(before) = before {
        add("sequence < ?", before.bind());
    }
    if let Some(since) = filter.since {
        add("at >= ?", since.bind());
    }
    if let Some(until) = filter.until {
        add("at < ?", until.bind());
    }
    if let Some(below) = filter.below {
        add("sequence < ?", place(below).bind());
    }
    if denied {
        // Written out: denials have an index of their own.
        conditions.push_str(if conditions.is_empty() { " WHERE " } else { " AND " });
        conditions.push_str("outcome = 'denied'");
    }
    let text = format!("SELECT * FROM audit{conditions} ORDER BY sequence DESC LIMIT {limit}");
    Statement::built(tx, text, values).all().await
}

/// The heads that are not in the chain, with what stands in their place, but for those that are known breaks.
pub async fn not_in_chain(
    tx: &mut Tx,
    terminal: TerminalId,
    told: &[AuditHead],
) -> Result<Vec<(AuditHead, Option<Digest>)>, Error> {
    let mut broken = Vec::new();
    for head in told {
        let found: Option<Digest> = sql!(tx, "SELECT hash FROM audit WHERE sequence = $1", place(head.sequence))
            .optional::<(Digest,)>()
            .await?
            .map(|(hash,)| hash);
        if found == Some(head.hash) {
            continue;
        }
        let known: i64 = sql!(
            tx,
            "SELECT COUNT(*) FROM audit_breaks WHERE terminal = $1 AND sequence = $2 AND witnessed = $3",
            terminal,
            place(head.sequence),
            head.hash
        )
        .value()
        .await?;
        if known == 0 {
            broken.push((*head, found));
        }
    }
    Ok(broken)
}

/// The last head that a terminal told back and that held.
pub async fn witness(tx: &mut Tx, terminal: TerminalId) -> Result<Option<AuditHead>, Error> {
    let row: Option<(u64, Digest)> =
        sql!(tx, "SELECT sequence, hash FROM audit_witnesses WHERE terminal = $1", terminal).optional().await?;
    Ok(row.map(|(sequence, hash)| AuditHead { sequence, hash }))
}

/// Keeps the last head that a terminal told back and that held.
pub async fn keep_witness(tx: &mut Tx, terminal: TerminalId, head: AuditHead, now: UnixMs) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO audit_witnesses (terminal, sequence, hash, told_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (terminal) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, \
         told_at = excluded.told_at WHERE audit_witnesses.sequence < excluded.sequence",
        terminal,
        place(head.sequence),
        head.hash,
        now
    )
    .execute()
    .await
    .map(drop)
}

/// Keeps a head that is not in the chain; says whether it is new.
pub async fn keep_break(
    tx: &mut Tx,
    terminal: TerminalId,
    head: AuditHead,
    found: Option<Digest>,
    now: UnixMs,
) -> Result<bool, Error> {
    let kept = sql!(
        tx,
        "INSERT INTO audit_breaks (terminal, sequence, witnessed, found, told_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
        terminal,
        place(head.sequence),
        head.hash,
        found,
        now
    );
    Ok(kept.execute().await? == 1)
}

/// What terminals told back, what of it was found broken, and the heads of approved months: a place in words, the head.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// The last head of each terminal that held when it was told.
    pub witnesses: Vec<(TerminalId, u64, Digest)>,
    /// Heads that did not hold when they were told.
    pub breaks: Vec<(TerminalId, u64, Digest)>,
    /// Of each approved month, and of each archived one.
    pub months: Vec<(String, Month, u64, Digest)>,
}

/// Everything that the chain is compared with.
pub async fn outside(tx: &mut Tx) -> Result<Outside, Error> {
    Ok(Outside {
        witnesses: sql!(tx, "SELECT terminal, sequence, hash FROM audit_witnesses ORDER BY sequence").all().await?,
        breaks: sql!(tx, "SELECT terminal, sequence, witnessed FROM audit_breaks ORDER BY sequence").all().await?,
        months: sql!(tx, "SELECT region, month, sequence, hash FROM month_heads ORDER BY sequence").all().await?,
    })
}

/// Keeps the head of the chain at a month's approval.
pub async fn keep_month(tx: &mut Tx, region: &RegionCode, month: Month, head: AuditHead) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO month_heads (region, month, sequence, hash) VALUES ($1, $2, $3, $4)",
        region,
        month,
        place(head.sequence),
        head.hash
    )
    .execute()
    .await
    .map(drop)
}

/// The head of the chain at a month's approval.
pub async fn of_month(tx: &mut Tx, region: &RegionCode, month: Month) -> Result<Option<AuditHead>, Error> {
    let row: Option<(u64, Digest)> =
        sql!(tx, "SELECT sequence, hash FROM month_heads WHERE region = $1 AND month = $2", region, month)
            .optional()
            .await?;
    Ok(row.map(|(sequence, hash)| AuditHead { sequence, hash }))
}

fn place(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
