//! The office's tables: whatever it has said an outcome of is there, and nothing is missing below a cursor.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{CanteenId, TerminalId};
use server::store::records::{blob_digest, signed};
use server::{Error, Server, sql};

use super::{Broken, hold};
use crate::network::Sent;

type Blob = (TerminalId, u32, u64, Vec<u8>, Vec<u8>);

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

/// Whether the office holds what it has said an outcome of. Asked at the instant of the answer, and after a restart.
pub(crate) async fn holds(server: &Server, said: &BTreeMap<Sent, String>) -> Result<(), Broken> {
    let trouble = |e: Error| Broken::new("the office's database serves", e.to_string());
    let held = held(server).await.map_err(trouble)?;
    let missing = said.keys().find(|sent| !held.contains(*sent));
    hold!(missing.is_none(), "10 no acknowledgement before the commit", "{missing:?} was answered and is not there");
    prefixes(server, &held).await
}

/// Below every cursor each place holds something.
async fn prefixes(server: &Server, held: &BTreeSet<Sent>) -> Result<(), Broken> {
    let trouble = |e: Error| Broken::new("the office's database serves", e.to_string());
    let cursors: Vec<(CanteenId, TerminalId, u32, u64)> = server
        .office()
        .store
        .read(|tx| {
            Box::pin(async move { sql!(tx, "SELECT canteen, terminal, epoch, next FROM terminal_epochs").all().await })
        })
        .await
        .map_err(trouble)?;
    for (_, terminal, epoch, next) in cursors {
        let places: BTreeSet<u64> = held
            .iter()
            .filter(|(t, e, ..)| (*t, *e) == (terminal, epoch))
            .map(|(_, _, sequence, _)| *sequence)
            .collect();
        let gap = (0..next).find(|sequence| !places.contains(sequence));
        hold!(
            gap.is_none(),
            "8 the cursor is a contiguous prefix",
            "{terminal} {epoch}: {gap:?} is missing below {next}"
        );
    }
    Ok(())
}
