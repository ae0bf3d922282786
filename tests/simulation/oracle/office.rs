//! The office's tables: whatever it has said an outcome of is there, and nothing is missing below a cursor.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{CanteenId, TerminalId};
use server::store::records::{blob_digest, place, signed};
use server::store::terminals;
use server::{Error, Server, sql};
use support::Journal;

use super::{Broken, hold};
use crate::network::Sent;

type Blob = (TerminalId, u32, u64, Vec<u8>, Vec<u8>);
/// Sequence, bytes, signature.
type Said = (u64, Vec<u8>, Vec<u8>);

/// Every blob that the office holds with an outcome: stored, or in quarantine.
pub(crate) async fn held(server: &Server) -> Result<BTreeSet<Sent>, Error> {
    let rows: Vec<Blob> = server
        .office()
        .store
        .read(|tx| {
            Box::pin(async move {
                sql!(
                    tx,
                    "SELECT terminal, epoch, sequence, bytes, signature FROM records \
                     UNION ALL SELECT terminal, epoch, sequence, bytes, signature FROM quarantine"
                )
                .all()
                .await
            })
        })
        .await?;
    let sent = |(terminal, epoch, sequence, bytes, signature)| {
        Ok((terminal, epoch, sequence, blob_digest(&signed(bytes, signature)?)))
    };
    rows.into_iter().map(sent).collect()
}

/// Whether the office holds what it has ever said an outcome of. Asked after a restart.
pub(crate) async fn holds(server: &Server, said: &BTreeMap<Sent, String>) -> Result<(), Broken> {
    let held = held(server).await.map_err(|e| trouble(&e))?;
    let missing = said.keys().find(|sent| !held.contains(*sent));
    hold!(missing.is_none(), "10 no acknowledgement before the commit", "{missing:?} was answered and is not there");
    prefixes(server).await
}

/// Whether the office holds what it says now, in one answer, of one journal. Asked at the instant of the answer.
pub(crate) async fn holds_now(server: &Server, said: &BTreeMap<Sent, String>) -> Result<(), Broken> {
    let Some((terminal, epoch, ..)) = said.keys().next().copied() else { return Ok(()) };
    let places = said.keys().map(|(.., sequence, _)| *sequence);
    let (first, last) = (places.clone().min().unwrap_or(0), places.max().unwrap_or(0));
    let rows: Result<Vec<Said>, Error> = server
        .office()
        .store
        .read(move |tx| {
            Box::pin(async move {
                sql!(
                    tx,
                    "SELECT sequence, bytes, signature FROM records \
                     WHERE terminal = $1 AND epoch = $2 AND sequence BETWEEN $3 AND $4 \
                     UNION ALL SELECT sequence, bytes, signature FROM quarantine \
                     WHERE terminal = $1 AND epoch = $2 AND sequence BETWEEN $3 AND $4",
                    terminal,
                    epoch,
                    place(first),
                    place(last)
                )
                .all()
                .await
            })
        })
        .await;
    let mut held = BTreeSet::new();
    for (sequence, bytes, signature) in rows.map_err(|e| trouble(&e))? {
        held.insert((sequence, blob_digest(&signed(bytes, signature).map_err(|e| trouble(&e))?)));
    }
    let missing = said.keys().find(|(.., sequence, digest)| !held.contains(&(*sequence, *digest)));
    hold!(missing.is_none(), "10 no acknowledgement before the commit", "{missing:?} is answered and is not there");
    prefixes(server).await
}

fn trouble(error: &Error) -> Broken {
    Broken::new("the office's database serves", error.to_string())
}

/// Every place that something is held for, with an outcome.
pub(crate) async fn places(server: &Server) -> Result<BTreeSet<(TerminalId, u32, u64)>, Error> {
    let read = server.office().store.read(|tx| {
        Box::pin(async move {
            sql!(
                tx,
                "SELECT terminal, epoch, sequence FROM records UNION SELECT terminal, epoch, sequence FROM quarantine"
            )
            .all()
            .await
        })
    });
    Ok(read.await?.into_iter().collect())
}

/// Whether a terminal holds what the office holds last of its newest epoch. Asked behind a full round: a terminal that was
/// set back or copied has found out by then, and writes in an epoch of its own.
pub(crate) async fn one_story(
    server: &Server,
    (canteen, terminal): (CanteenId, TerminalId),
    journal: &mut Journal,
) -> anyhow::Result<()> {
    let read = server.office().store.read(move |tx| Box::pin(terminals::cursors(tx, canteen, terminal)));
    let cursors = read.await?;
    let Some(newest) = cursors.iter().filter(|cursor| cursor.next > 0).max_by_key(|cursor| cursor.epoch) else {
        return Ok(());
    };
    let last = i64::try_from(newest.next)? - 1;
    let rows = journal.behind(newest.epoch, last - 1).await;
    let own = rows.first().filter(|row| (row.epoch, row.sequence) == (newest.epoch, last));
    hold!(
        own.is_some_and(|row| row.hash == newest.head.0),
        "8 one story in an epoch",
        "behind a full round the office holds {}:{last} of {terminal}, and the terminal holds another or none",
        newest.epoch
    );
    Ok(())
}

/// Below every cursor each place holds something.
async fn prefixes(server: &Server) -> Result<(), Broken> {
    let short: Result<Vec<(TerminalId, u32, u64, u64)>, Error> = server
        .office()
        .store
        .read(|tx| {
            Box::pin(async move {
                sql!(
                    tx,
                    "SELECT terminal, epoch, next, held FROM (SELECT e.terminal, e.epoch, e.next, \
                     (SELECT COUNT(*) FROM (SELECT r.sequence FROM records r WHERE r.canteen = e.canteen \
                      AND r.terminal = e.terminal AND r.epoch = e.epoch AND r.sequence < e.next \
                      UNION SELECT q.sequence FROM quarantine q WHERE q.canteen = e.canteen \
                      AND q.terminal = e.terminal AND q.epoch = e.epoch AND q.sequence < e.next)) AS held \
                     FROM terminal_epochs e) counted WHERE held <> next"
                )
                .all()
                .await
            })
        })
        .await;
    let short = short.map_err(|e| trouble(&e))?;
    hold!(short.is_empty(), "8 the cursor is a contiguous prefix", "terminal, epoch, cursor, places held: {short:?}");
    Ok(())
}
