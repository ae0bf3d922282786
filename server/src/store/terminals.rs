//! Terminals, their enrolment and how far each has been heard.

use std::collections::BTreeMap;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, Digest, RecordId, TerminalId, UserId};
use domain::reconciliation::Progress;
use domain::record::{Body, encoding};
use domain::sync::Cursor;

use super::{Tx, epochs, records};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// A terminal.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TerminalRow {
        /// Which one.
        pub id: TerminalId,
        /// Its canteen, for ever.
        pub canteen: CanteenId,
        /// Its Ed25519 public key.
        pub public_key: Digest,
        /// When enrolled, unix ms.
        pub enrolled_at: UnixMs,
        /// When revoked, unix ms.
        pub revoked_at: Option<UnixMs>,
        /// When last heard, unix ms.
        pub seen_at: Option<UnixMs>,
        /// The version of its program, as it said last.
        pub software: Option<String>,
        /// Records it still had to send, as it said last.
        pub unsent: Option<i64>,
        /// When somebody compared its fingerprint and let it in, unix ms.
        pub confirmed_at: Option<UnixMs>,
        /// When it was taken out of service in good order, unix ms; then it is revoked as well.
        pub retired_at: Option<UnixMs>,
    }
}

impl TerminalRow {
    /// What the terminal shows for people to compare.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        domain::sync::fingerprint(&self.public_key)
    }
}

row! {
    /// A one-time enrolment code.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct CodeRow {
        /// Digest of the code under the server's key.
        pub hash: Digest,
        /// For which canteen.
        pub canteen: CanteenId,
        /// When it was given out, unix ms.
        pub issued_at: UnixMs,
        /// Until when it is good, unix ms.
        pub expires_at: UnixMs,
        /// By whom.
        pub issued_by: Option<UserId>,
        /// The terminal that used it.
        pub used_by: Option<TerminalId>,
    }
}

row! {
    /// How far an epoch has outcomes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct EpochRow {
        /// Epoch, from 1.
        pub epoch: u32,
        /// Every sequence below this one has an outcome.
        pub next: u64,
        /// Latest trusted time among those records, unix ms.
        pub last_at: Option<UnixMs>,
    }
}

/// Adds a terminal. A key that is enrolled already violates a UNIQUE constraint.
pub async fn add(tx: &mut Tx, terminal: &TerminalRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO terminals (id, canteen, public_key, enrolled_at, confirmed_at) VALUES ($1, $2, $3, $4, $5)",
        terminal.id,
        terminal.canteen,
        terminal.public_key,
        terminal.enrolled_at,
        terminal.confirmed_at
    )
    .execute()
    .await
    .map(drop)
}

/// One terminal.
pub async fn get(tx: &mut Tx, id: TerminalId) -> Result<Option<TerminalRow>, Error> {
    sql!(tx, "SELECT * FROM terminals WHERE id = $1", id).optional().await
}

/// The terminal with that key.
pub async fn by_key(tx: &mut Tx, public_key: Digest) -> Result<Option<TerminalRow>, Error> {
    sql!(tx, "SELECT * FROM terminals WHERE public_key = $1", public_key).optional().await
}

/// A canteen's terminals in the order of enrolment.
pub async fn of_canteen(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<TerminalRow>, Error> {
    sql!(tx, "SELECT * FROM terminals WHERE canteen = $1 ORDER BY enrolled_at, id", canteen).all().await
}

/// Notes that the terminal was heard, and holds other batches of the same terminal back until this unit ends.
pub async fn heard(tx: &mut Tx, id: TerminalId, now: UnixMs) -> Result<Option<TerminalRow>, Error> {
    sql!(tx, "UPDATE terminals SET seen_at = $2 WHERE id = $1 RETURNING *", id, now).optional().await
}

/// Holds the terminal's batches back until this unit ends.
pub async fn hold(tx: &mut Tx, id: TerminalId) -> Result<Option<TerminalRow>, Error> {
    sql!(tx, "UPDATE terminals SET seen_at = seen_at WHERE id = $1 RETURNING *", id).optional().await
}

/// Lets a terminal in; the first time stands. Says whether this was the first time.
pub async fn confirm(tx: &mut Tx, id: TerminalId, by: Option<UserId>, now: UnixMs) -> Result<bool, Error> {
    let changed = sql!(
        tx,
        "UPDATE terminals SET confirmed_at = $2, confirmed_by = $3 WHERE id = $1 AND confirmed_at IS NULL",
        id,
        now,
        by
    );
    Ok(changed.execute().await? == 1)
}

/// Notes what the terminal said of itself.
pub async fn said(tx: &mut Tx, id: TerminalId, software: &str, unsent: i64) -> Result<(), Error> {
    sql!(tx, "UPDATE terminals SET software = $2, unsent = $3 WHERE id = $1", id, software, unsent)
        .execute()
        .await
        .map(drop)
}

/// Takes a terminal out of service and writes down how far its epochs stand; the first time stands. Says whether this
/// was the first time.
pub async fn revoke(tx: &mut Tx, id: TerminalId, now: UnixMs) -> Result<bool, Error> {
    let changed = sql!(tx, "UPDATE terminals SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, now);
    if changed.execute().await? == 0 {
        return Ok(false);
    }
    epochs::witness(tx, id).await?;
    Ok(true)
}

/// Notes that a terminal went in good order.
pub async fn retired(tx: &mut Tx, id: TerminalId, now: UnixMs) -> Result<(), Error> {
    sql!(tx, "UPDATE terminals SET retired_at = $2 WHERE id = $1", id, now).execute().await.map(drop)
}

/// Counts how often a terminal asked for a resident ID, and how often somebody was found.
pub async fn count_lookups(
    tx: &mut Tx,
    id: TerminalId,
    date: BusinessDate,
    asked: i64,
    found: i64,
) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO lookup_counts (terminal, date, asked, found) VALUES ($1, $2, $3, $4)
         ON CONFLICT (terminal, date) DO UPDATE SET asked = lookup_counts.asked + excluded.asked,
            found = lookup_counts.found + excluded.found",
        id,
        date,
        asked,
        found
    )
    .execute()
    .await
    .map(drop)
}

/// How often a terminal asked for a resident ID, and how often somebody was found, by date.
pub async fn lookups(tx: &mut Tx, id: TerminalId) -> Result<Vec<(BusinessDate, i64, i64)>, Error> {
    sql!(tx, "SELECT date, asked, found FROM lookup_counts WHERE terminal = $1 ORDER BY date", id).all().await
}

/// Adds an enrolment code.
pub async fn add_code(tx: &mut Tx, code: &CodeRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO enrolment_codes (hash, canteen, issued_at, expires_at, issued_by) VALUES ($1, $2, $3, $4, $5)",
        code.hash,
        code.canteen,
        code.issued_at,
        code.expires_at,
        code.issued_by
    )
    .execute()
    .await
    .map(drop)
}

/// The canteen of a code that is good and was not used.
pub async fn good_code(tx: &mut Tx, hash: Digest, now: UnixMs) -> Result<Option<CanteenId>, Error> {
    let row = sql!(
        tx,
        "SELECT canteen FROM enrolment_codes WHERE hash = $1 AND expires_at > $2 AND used_by IS NULL",
        hash,
        now
    );
    Ok(row.optional::<(CanteenId,)>().await?.map(|(canteen,)| canteen))
}

/// Uses a code up; says whether it was unused until now.
pub async fn use_code(tx: &mut Tx, hash: Digest, by: TerminalId) -> Result<bool, Error> {
    let changed = sql!(tx, "UPDATE enrolment_codes SET used_by = $2 WHERE hash = $1 AND used_by IS NULL", hash, by);
    Ok(changed.execute().await? == 1)
}

/// Who gave out the code that a terminal came with; nobody for one that the program gave out.
pub async fn issuer(tx: &mut Tx, terminal: TerminalId) -> Result<Option<UserId>, Error> {
    let row: Option<(Option<UserId>,)> =
        sql!(tx, "SELECT issued_by FROM enrolment_codes WHERE used_by = $1", terminal).optional().await?;
    Ok(row.and_then(|(issuer,)| issuer))
}

/// How far an epoch has outcomes; an epoch never heard of stands at 0.
pub async fn epoch(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId, epoch: u32) -> Result<EpochRow, Error> {
    let row = sql!(
        tx,
        "SELECT epoch, next, last_at FROM terminal_epochs WHERE canteen = $1 AND terminal = $2 AND epoch = $3",
        canteen,
        terminal,
        epoch
    );
    Ok(row.optional().await?.unwrap_or(EpochRow { epoch, next: 0, last_at: None }))
}

/// A terminal's epochs, oldest first.
pub async fn epochs(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId) -> Result<Vec<EpochRow>, Error> {
    sql!(
        tx,
        "SELECT epoch, next, last_at FROM terminal_epochs WHERE canteen = $1 AND terminal = $2 ORDER BY epoch",
        canteen,
        terminal
    )
    .all()
    .await
}

row! {
    /// An epoch as a batch finds it: how far it has outcomes, and whether there is anything beside its records.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Standing {
        /// The epoch.
        pub epoch: u32,
        /// The first sequence without an outcome.
        pub next: u64,
        /// Trusted time of the latest record, unix ms.
        pub last_at: Option<UnixMs>,
        /// Whether two people have ended it.
        pub ended: bool,
        /// Whether anything waits behind a gap.
        pub waits: bool,
        /// Whether anything of it is in quarantine.
        pub quarantined: bool,
    }
}

/// A terminal's epochs as a batch finds them, oldest first.
pub async fn standing(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId) -> Result<Vec<Standing>, Error> {
    sql!(
        tx,
        "SELECT e.epoch, e.next, e.last_at,
            EXISTS (SELECT 1 FROM epoch_ends x WHERE x.canteen = e.canteen AND x.terminal = e.terminal
                AND x.epoch = e.epoch AND x.confirmed_at IS NOT NULL) AS ended,
            EXISTS (SELECT 1 FROM waiting_records w WHERE w.canteen = e.canteen AND w.terminal = e.terminal
                AND w.epoch = e.epoch) AS waits,
            EXISTS (SELECT 1 FROM quarantine q WHERE q.canteen = e.canteen AND q.terminal = e.terminal
                AND q.epoch = e.epoch) AS quarantined
         FROM terminal_epochs e WHERE e.canteen = $1 AND e.terminal = $2 ORDER BY e.epoch",
        canteen,
        terminal
    )
    .all()
    .await
}

/// Moves an epoch on.
pub async fn advance(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId, to: EpochRow) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO terminal_epochs (canteen, terminal, epoch, next, last_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (canteen, terminal, epoch) DO UPDATE SET next = excluded.next, last_at = excluded.last_at",
        canteen,
        terminal,
        to.epoch,
        records::place(to.next),
        to.last_at
    )
    .execute()
    .await
    .map(drop)
}

/// The epoch's cursor with the hash of the record before it: of the record stored there or, where only something in
/// quarantine holds the place, of that.
pub async fn cursor(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId, at: EpochRow) -> Result<Cursor, Error> {
    let mut head = Digest::ZERO;
    if let Some(last) = at.next.checked_sub(1) {
        let row = sql!(
            tx,
            "SELECT hash, 0 AS place, CAST(0 AS BIGINT) AS received_at FROM records
             WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence = $4
             UNION ALL
             SELECT hash, 1 AS place, received_at FROM quarantine
             WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence = $4
             ORDER BY 2, 3, 1 LIMIT 1",
            canteen,
            terminal,
            at.epoch,
            records::place(last)
        );
        head = row.value().await?;
    }
    Ok(Cursor { epoch: at.epoch, next: at.next, head })
}

/// All cursors of a terminal, oldest epoch first.
pub async fn cursors(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId) -> Result<Vec<Cursor>, Error> {
    let mut cursors = Vec::new();
    for epoch in epochs(tx, canteen, terminal).await? {
        cursors.push(cursor(tx, canteen, terminal, epoch).await?);
    }
    Ok(cursors)
}

/// How many terminals are in use, and how many of them have said nothing since an instant; one that never did counts
/// from when it was let in.
pub async fn silent(tx: &mut Tx, since: UnixMs) -> Result<(i64, i64), Error> {
    sql!(
        tx,
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN COALESCE(seen_at, confirmed_at) < $1 THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM terminals WHERE confirmed_at IS NOT NULL AND revoked_at IS NULL",
        since
    )
    .one()
    .await
}

/// The latest instant at which any terminal was heard.
pub async fn last_heard(tx: &mut Tx) -> Result<Option<UnixMs>, Error> {
    sql!(tx, "SELECT MAX(seen_at) FROM terminals").value().await
}

/// How far each of a canteen's terminals has been heard without gap, for
/// [`domain::reconciliation::unfinished`]. A terminal that began a new epoch has passed no more than its older one
/// when records are known to be missing there: some wait behind a gap, or the new epoch names a later head. Epochs that
/// two people ended hold nothing up, nor does a terminal that nobody has let in yet.
pub async fn progress(tx: &mut Tx, canteen: CanteenId) -> Result<Vec<Progress>, Error> {
    let mut all = Vec::new();
    for terminal in of_canteen(tx, canteen).await? {
        let Some(confirmed) = terminal.confirmed_at else { continue };
        let epochs = epochs(tx, canteen, terminal.id).await?;
        let ended = epochs::ended(tx, canteen, terminal.id).await?;
        if !epochs.is_empty() && epochs.iter().all(|e| ended.contains(&e.epoch)) {
            continue;
        }
        let named = named_heads(tx, canteen, terminal.id, &epochs).await?;
        let waiting = records::waiting_epochs(tx, canteen, terminal.id).await?;
        let last = epochs.last().map(|e| e.epoch);
        let lacks = |e: &&EpochRow| {
            !ended.contains(&e.epoch)
                && (Some(e.epoch) == last
                    || waiting.contains(&e.epoch)
                    || named.get(&e.epoch).is_some_and(|sequence| *sequence >= e.next))
        };
        let open = epochs.iter().filter(lacks).map(|e| e.last_at);
        all.push(Progress {
            terminal: terminal.id,
            enrolled: confirmed,
            ended: terminal.revoked_at,
            passed: open.min().flatten(),
        });
    }
    Ok(all)
}

/// The heads of earlier epochs that later epochs name in their first record.
async fn named_heads(
    tx: &mut Tx,
    canteen: CanteenId,
    terminal: TerminalId,
    epochs: &[EpochRow],
) -> Result<BTreeMap<u32, u64>, Error> {
    let mut named = BTreeMap::new();
    for epoch in epochs.iter().skip(1) {
        let start = sql!(
            tx,
            "SELECT id, bytes FROM records
             WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence = 0 AND kind = 'start'",
            canteen,
            terminal,
            epoch.epoch
        );
        let Some((id, bytes)) = start.optional::<(RecordId, Vec<u8>)>().await? else { continue };
        let text = String::from_utf8(bytes).map_err(|_| Error::Corrupt(format!("record {id}: not text")))?;
        let record = encoding::decode(&text).map_err(|e| Error::Corrupt(format!("record {id}: {e}")))?;
        if let Body::Start { previous: Some(head), .. } = record.body {
            let slot = named.entry(head.epoch).or_insert(head.sequence);
            *slot = head.sequence.max(*slot);
        }
    }
    Ok(named)
}

/// The epochs of a terminal of which records are known to be missing: some wait behind a gap, or a later epoch names a
/// later head. Those that two people ended are left out.
pub async fn incomplete(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId) -> Result<Vec<u32>, Error> {
    let epochs = epochs(tx, canteen, terminal).await?;
    let ended = epochs::ended(tx, canteen, terminal).await?;
    let named = named_heads(tx, canteen, terminal, &epochs).await?;
    let mut incomplete = records::waiting_epochs(tx, canteen, terminal).await?;
    let next_of = |epoch: u32| epochs.iter().find(|e| e.epoch == epoch).map_or(0, |e| e.next);
    incomplete.extend(named.iter().filter(|(epoch, sequence)| **sequence >= next_of(**epoch)).map(|(epoch, _)| *epoch));
    Ok(incomplete.into_iter().filter(|epoch| !ended.contains(epoch)).collect())
}
