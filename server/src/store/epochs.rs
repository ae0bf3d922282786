//! How a terminal's journals end when they do not end by themselves: epochs that two people ended, heads that were
//! witnessed when a terminal was taken out of service, and forks.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{CanteenId, Digest, TerminalId, UserId};
use domain::record::{Body, Head};
use domain::region::RegionCode;
use serde::Serialize;

use super::records::{self, Decoded, Journal};
use super::{Tx, days, terminals};
use crate::error::Error;
use crate::{row, sql};

row! {
    /// An epoch that somebody asked to end, or that two people ended.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
    #[schema(as = EpochEnd)]
    pub struct EndRow {
        /// The epoch.
        pub epoch: u32,
        /// Why, in the words of who asked.
        pub reason: String,
        /// Who asked.
        pub asked_by: UserId,
        /// When, unix ms.
        pub asked_at: UnixMs,
        /// Where it ended: one past the last sequence that was held.
        pub next: Option<u64>,
        /// How many sequences below that were never held.
        pub missing: Option<u64>,
        /// The second person.
        pub confirmed_by: Option<UserId>,
        /// When it was ended, unix ms.
        pub confirmed_at: Option<UnixMs>,
    }
}

/// Notes that somebody asks for an epoch's end; another reason replaces the one before as long as nobody has confirmed
/// it. Says whether the epoch is open.
pub async fn ask_end(tx: &mut Tx, journal: Journal, reason: &str, by: UserId, now: UnixMs) -> Result<bool, Error> {
    let changed = sql!(
        tx,
        "INSERT INTO epoch_ends (canteen, terminal, epoch, reason, asked_by, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (canteen, terminal, epoch) DO UPDATE SET reason = excluded.reason,
            asked_by = excluded.asked_by, asked_at = excluded.asked_at WHERE epoch_ends.confirmed_at IS NULL",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        reason,
        by,
        now
    );
    Ok(changed.execute().await? == 1)
}

/// The end of an epoch, asked for or confirmed.
pub async fn end(tx: &mut Tx, journal: Journal) -> Result<Option<EndRow>, Error> {
    sql!(
        tx,
        "SELECT * FROM epoch_ends WHERE canteen = $1 AND terminal = $2 AND epoch = $3",
        journal.canteen,
        journal.terminal,
        journal.epoch
    )
    .optional()
    .await
}

/// Ends an epoch that another person asked to end. Says whether that was so.
pub async fn confirm_end(
    tx: &mut Tx,
    journal: Journal,
    next: u64,
    missing: u64,
    by: UserId,
    now: UnixMs,
) -> Result<bool, Error> {
    let changed = sql!(
        tx,
        "UPDATE epoch_ends SET next = $4, missing = $5, confirmed_by = $6, confirmed_at = $7
         WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND confirmed_at IS NULL AND asked_by <> $6",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        records::place(next),
        records::place(missing),
        by,
        now
    );
    Ok(changed.execute().await? == 1)
}

/// The epochs of a terminal that two people have ended.
pub async fn ended(tx: &mut Tx, canteen: CanteenId, terminal: TerminalId) -> Result<BTreeSet<u32>, Error> {
    let rows = sql!(
        tx,
        "SELECT epoch FROM epoch_ends WHERE canteen = $1 AND terminal = $2 AND confirmed_at IS NOT NULL",
        canteen,
        terminal
    );
    Ok(rows.values::<u32>().await?.into_iter().collect())
}

/// How many places below `next` nothing is held for.
pub async fn missing(tx: &mut Tx, journal: Journal, next: u64) -> Result<u64, Error> {
    let held: i64 = sql!(
        tx,
        "SELECT COUNT(*) FROM (SELECT sequence FROM records
            WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence < $4
            UNION SELECT sequence FROM quarantine
            WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence < $4) held",
        journal.canteen,
        journal.terminal,
        journal.epoch,
        records::place(next)
    )
    .value()
    .await?;
    Ok(next.saturating_sub(u64::try_from(held).unwrap_or(0)))
}

/// Writes down how far a terminal's epochs stand, as it is taken out of service.
pub async fn witness(tx: &mut Tx, terminal: TerminalId) -> Result<(), Error> {
    sql!(
        tx,
        "INSERT INTO witnessed_heads (canteen, terminal, epoch, next)
         SELECT canteen, terminal, epoch, next FROM terminal_epochs WHERE terminal = $1",
        terminal
    )
    .execute()
    .await
    .map(drop)
}

/// How far an epoch stood when its terminal was taken out of service; 0 for an epoch that was not known then.
pub async fn witnessed(tx: &mut Tx, journal: Journal) -> Result<u64, Error> {
    let row = sql!(
        tx,
        "SELECT next FROM witnessed_heads WHERE canteen = $1 AND terminal = $2 AND epoch = $3",
        journal.canteen,
        journal.terminal,
        journal.epoch
    );
    Ok(row.optional::<(u64,)>().await?.map_or(0, |(next,)| next))
}

/// What about a journal does not fit what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForkKind {
    /// A new epoch names an earlier head than the office holds: the terminal was restored from a backup, or copied.
    LowerHead,
    /// A new epoch names another record than the office holds at that place.
    OtherHead,
    /// A new epoch names no head, though there were epochs before.
    NoHead,
    /// A record does not name the one before it.
    BrokenChain,
}

/// A journal that does not go on from what the office holds; it waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Fork {
    /// The terminal's canteen.
    pub canteen: CanteenId,
    /// The terminal.
    pub terminal: TerminalId,
    /// The epoch in which it shows.
    pub epoch: u32,
    /// The sequence at which it shows.
    pub sequence: u64,
    /// What does not fit.
    pub kind: ForkKind,
    /// The head that the record names.
    pub named: Option<Head>,
    /// What the office holds of the epoch that it names: one past the last sequence.
    pub held: u64,
    /// What somebody decided.
    pub resolution: Option<Resolution>,
}

row! {
    /// What somebody decided about a fork.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
    #[schema(as = ForkResolution)]
    pub struct Resolution {
        /// Why it is settled.
        pub reason: String,
        /// Who decided.
        pub decided_by: UserId,
        /// When, unix ms.
        pub decided_at: UnixMs,
    }
}

/// The forks of a region's terminals, those nobody has decided first.
pub async fn forks(tx: &mut Tx, region: &RegionCode) -> Result<Vec<Fork>, Error> {
    let starts = starts_of(tx, region).await?;
    let mut forks = new_epochs(tx, starts).await?;
    forks.extend(broken_chains(tx, region).await?);
    for fork in &mut forks {
        fork.resolution = resolution(tx, fork.canteen, fork.terminal, fork.epoch, fork.sequence).await?;
    }
    forks.sort_by_key(|f| (f.resolution.is_some(), f.canteen, f.terminal, f.epoch, f.sequence));
    Ok(forks)
}

/// The places in a canteen's journals that show a fork on a date and that nobody had decided at `known`.
pub async fn undecided(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
    known: UnixMs,
) -> Result<BTreeSet<(TerminalId, u32, u64)>, Error> {
    let starts = starts_on(tx, canteen, date).await?;
    let forks = new_epochs(tx, starts).await?.into_iter().map(|fork| (fork.terminal, fork.epoch, fork.sequence));
    let mut places: BTreeSet<(TerminalId, u32, u64)> = forks.collect();
    // Joined in this order, because SQLite, which knows nothing of how values are spread, would begin at the other end.
    let broken = sql!(
        tx,
        "SELECT r.terminal, r.epoch, r.sequence FROM
            (SELECT terminal, epoch, sequence, previous FROM records
             WHERE canteen = $1 AND business_date = $2 AND entered_on IS NULL
             UNION ALL SELECT terminal, epoch, sequence, previous FROM records WHERE canteen = $1 AND entered_on = $2) r
         CROSS JOIN records p WHERE p.canteen = $1 AND p.terminal = r.terminal AND p.epoch = r.epoch
            AND p.sequence = r.sequence - 1 AND p.hash <> r.previous",
        canteen,
        date
    );
    places.extend(broken.all::<(TerminalId, u32, u64)>().await?);
    let mut open = BTreeSet::new();
    for (terminal, epoch, sequence) in places {
        let resolution = resolution(tx, canteen, terminal, epoch, sequence).await?;
        if resolution.is_none_or(|by| by.decided_at > known) {
            open.insert((terminal, epoch, sequence));
        }
    }
    Ok(open)
}

/// The places that the first records of epochs on a date name as the last ones before them.
pub async fn named_heads(
    tx: &mut Tx,
    canteen: CanteenId,
    date: BusinessDate,
) -> Result<Vec<(TerminalId, u32, u64)>, Error> {
    let head = |(_, terminal, Decoded(record)): Start| match record.body {
        Body::Start { previous: Some(head), .. } => Some((terminal, head.epoch, head.sequence)),
        _ => None,
    };
    Ok(starts_on(tx, canteen, date).await?.into_iter().filter_map(head).collect())
}

/// The business dates of the first records of a terminal's later epochs: whether one of them is a fork changes with what
/// is held of an earlier epoch.
pub async fn later_starts(tx: &mut Tx, journal: Journal) -> Result<Vec<BusinessDate>, Error> {
    sql!(
        tx,
        "SELECT r.business_date FROM terminal_epochs e
         JOIN records r ON r.canteen = e.canteen AND r.terminal = e.terminal AND r.epoch = e.epoch AND r.sequence = 0
         WHERE e.canteen = $1 AND e.terminal = $2 AND e.epoch > $3 AND r.kind = 'start'",
        journal.canteen,
        journal.terminal,
        journal.epoch
    )
    .values()
    .await
}

/// The first record of an epoch: canteen, terminal, record.
type Start = (CanteenId, TerminalId, Decoded);

/// The first records of a region's epochs that were not a terminal's first. From the epochs, of which there are few, to the
/// records, which are a million: joined in this order, as in [`undecided`].
async fn starts_of(tx: &mut Tx, region: &RegionCode) -> Result<Vec<Start>, Error> {
    sql!(
        tx,
        "SELECT r.canteen, r.terminal, r.bytes FROM
            (SELECT l.canteen, l.terminal, l.epoch FROM terminal_epochs l JOIN canteens c ON c.id = l.canteen
             WHERE c.region LIKE $1 || '%' AND EXISTS (SELECT 1 FROM terminal_epochs e
                WHERE e.canteen = l.canteen AND e.terminal = l.terminal AND e.epoch < l.epoch)) l
         CROSS JOIN records r WHERE r.canteen = l.canteen AND r.terminal = l.terminal AND r.epoch = l.epoch
            AND r.sequence = 0 AND r.kind = 'start'
         ORDER BY r.canteen, r.terminal, r.epoch",
        region
    )
    .all()
    .await
}

/// The first records of epochs that a canteen's terminals began on a date.
async fn starts_on(tx: &mut Tx, canteen: CanteenId, date: BusinessDate) -> Result<Vec<Start>, Error> {
    sql!(
        tx,
        "SELECT canteen, terminal, bytes FROM records
         WHERE canteen = $1 AND business_date = $2 AND kind = 'start' AND sequence = 0",
        canteen,
        date
    )
    .all()
    .await
}

/// Of the first records of epochs those that do not start from the last head that the office holds.
async fn new_epochs(tx: &mut Tx, starts: Vec<Start>) -> Result<Vec<Fork>, Error> {
    let mut cursors: BTreeMap<TerminalId, Vec<terminals::EpochRow>> = BTreeMap::new();
    let mut forks = Vec::new();
    for (canteen, terminal, Decoded(record)) in starts {
        let Body::Start { previous, .. } = record.body else { continue };
        let epochs = match cursors.get(&terminal) {
            Some(epochs) => epochs,
            None => cursors.entry(terminal).or_insert(terminals::epochs(tx, canteen, terminal).await?),
        };
        let next_of = |epoch| epochs.iter().find(|e| e.epoch == epoch).map_or(0, |e| e.next);
        let Some(before) = epochs.iter().filter(|e| e.epoch < record.epoch).map(|e| e.epoch).max() else { continue };
        let (kind, held) = match previous {
            // No epoch goes on from itself or from a later one.
            Some(head) if head.epoch >= record.epoch => (Some(ForkKind::OtherHead), next_of(before)),
            None => (Some(ForkKind::NoHead), next_of(before)),
            Some(head) if head.epoch < before || head.sequence.saturating_add(1) < next_of(head.epoch) => {
                (Some(ForkKind::LowerHead), next_of(head.epoch))
            }
            Some(head) => {
                let journal = Journal { canteen, terminal, epoch: head.epoch };
                let other = held_hash(tx, journal, head.sequence).await?.is_some_and(|hash| hash != head.hash);
                (other.then_some(ForkKind::OtherHead), next_of(head.epoch))
            }
        };
        let Some(kind) = kind else { continue };
        let (epoch, sequence) = (record.epoch, record.sequence);
        forks.push(Fork { canteen, terminal, epoch, sequence, kind, named: previous, held, resolution: None });
    }
    Ok(forks)
}

async fn held_hash(tx: &mut Tx, journal: Journal, sequence: u64) -> Result<Option<Digest>, Error> {
    Ok(records::between(tx, journal, sequence, sequence).await?.pop().map(|row| row.hash))
}

/// Keeps where records at these places of a journal do not name the one before them. Ingest names the places that it
/// could see; a place whose record fits, and one that is kept already, changes nothing.
pub async fn note_breaks(tx: &mut Tx, journal: Journal, places: &BTreeSet<u64>) -> Result<(), Error> {
    for sequence in places {
        sql!(
            tx,
            "INSERT INTO journal_breaks (canteen, terminal, epoch, sequence, stored, named)
             SELECT r.canteen, r.terminal, r.epoch, r.sequence, p.hash, r.previous FROM records r
             CROSS JOIN records p WHERE r.canteen = $1 AND r.terminal = $2 AND r.epoch = $3 AND r.sequence = $4
                AND p.canteen = $1 AND p.terminal = $2 AND p.epoch = $3 AND p.sequence = $4 - 1
                AND p.hash <> r.previous
             ON CONFLICT (canteen, terminal, epoch, sequence) DO NOTHING",
            journal.canteen,
            journal.terminal,
            journal.epoch,
            records::place(*sequence)
        )
        .execute()
        .await?;
    }
    Ok(())
}

/// A place of a journal whose record does not name the one before it: canteen, terminal, epoch, sequence, and the hash
/// that it names.
pub type Broken = (CanteenId, TerminalId, u32, u64, Digest);

/// The broken places of all journals, in order: as they were kept, or found again by comparing every record with the one
/// before it, which takes as long as there are records.
pub async fn all_breaks(tx: &mut Tx, again: bool) -> Result<BTreeSet<Broken>, Error> {
    let rows = if again {
        sql!(tx, "SELECT canteen, terminal, epoch, sequence, named FROM chain_breaks")
    } else {
        sql!(tx, "SELECT canteen, terminal, epoch, sequence, named FROM journal_breaks")
    };
    Ok(rows.all::<Broken>().await?.into_iter().collect())
}

async fn broken_chains(tx: &mut Tx, region: &RegionCode) -> Result<Vec<Fork>, Error> {
    let rows: Vec<Broken> = sql!(
        tx,
        "SELECT b.canteen, b.terminal, b.epoch, b.sequence, b.named FROM journal_breaks b
         JOIN canteens c ON c.id = b.canteen WHERE c.region LIKE $1 || '%'",
        region
    )
    .all()
    .await?;
    let fork = |(canteen, terminal, epoch, sequence, hash): Broken| Fork {
        canteen,
        terminal,
        epoch,
        sequence,
        kind: ForkKind::BrokenChain,
        named: Some(Head { epoch, sequence: sequence.saturating_sub(1), hash }),
        held: sequence,
        resolution: None,
    };
    Ok(rows.into_iter().map(fork).collect())
}

/// What was decided about a fork.
pub async fn resolution(
    tx: &mut Tx,
    canteen: CanteenId,
    terminal: TerminalId,
    epoch: u32,
    sequence: u64,
) -> Result<Option<Resolution>, Error> {
    sql!(
        tx,
        "SELECT reason, decided_by, decided_at FROM fork_resolutions
         WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence = $4",
        canteen,
        terminal,
        epoch,
        records::place(sequence)
    )
    .optional()
    .await
}

/// Writes down what was decided about a fork; the first decision stands. Says whether this was it.
pub async fn resolve(tx: &mut Tx, fork: &Fork, reason: &str, by: UserId, now: UnixMs) -> Result<bool, Error> {
    let added = sql!(
        tx,
        "INSERT INTO fork_resolutions (canteen, terminal, epoch, sequence, reason, decided_by, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (canteen, terminal, epoch, sequence) DO NOTHING",
        fork.canteen,
        fork.terminal,
        fork.epoch,
        records::place(fork.sequence),
        reason,
        by,
        now
    );
    if added.execute().await? == 0 {
        return Ok(false);
    }
    // The day on which it shows has one finding less.
    let dates: Vec<BusinessDate> = sql!(
        tx,
        "SELECT business_date FROM records WHERE canteen = $1 AND terminal = $2 AND epoch = $3 AND sequence = $4",
        fork.canteen,
        fork.terminal,
        fork.epoch,
        records::place(fork.sequence)
    )
    .values()
    .await?;
    days::touch(tx, &dates.into_iter().map(|date| (fork.canteen, date)).collect(), now).await?;
    Ok(true)
}
