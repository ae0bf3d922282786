//! The till's clock: trusted time, remembered across restarts.

use std::sync::{Arc, Mutex, PoisonError};

use domain::calendar::{BusinessDate, Clock, UnixMs};
use domain::id::BootId;

use crate::storage::{Storage, StorageError, Unit};
use crate::trusted_time::{Anchor, Reading, Trusted, trusted};

/// Gives trusted time. What it rests on is kept in the database.
pub(crate) struct TillClock {
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    anchor: Option<Anchor>,
    floor: UnixMs,
    /// Boot and monotonic time at which the floor was given out; nothing for one from the database.
    floor_at: Option<(BootId, i64)>,
}

type ClockRow = (Option<i64>, Option<i64>, Option<uuid::Uuid>, i64);

impl TillClock {
    /// Reads what was known when the terminal last ran.
    pub(crate) async fn load(clock: Arc<dyn Clock>, storage: &Storage) -> Result<Self, StorageError> {
        let row: Option<ClockRow> =
            sqlx::query_as("SELECT server_time, monotonic, boot, floor FROM clock WHERE only_row = 1")
                .fetch_optional(storage.reader())
                .await?;
        let known = row.map_or(
            Known { anchor: None, floor: UnixMs::new(0), floor_at: None },
            |(server, monotonic, boot, floor)| {
                let anchor = server.zip(monotonic).zip(boot).map(|((server, monotonic), boot)| Anchor {
                    server: UnixMs::new(server),
                    monotonic,
                    boot: BootId::from_uuid(boot),
                });
                Known { anchor, floor: UnixMs::new(floor), floor_at: None }
            },
        );
        Ok(Self { clock, known: Mutex::new(known) })
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the computer's clocks show.
    pub(crate) fn reading(&self) -> Reading {
        Reading::of(&*self.clock)
    }

    /// Milliseconds of this boot.
    pub(crate) fn monotonic_ms(&self) -> i64 {
        self.clock.monotonic_ms()
    }

    /// Trusted time.
    pub(crate) fn now(&self) -> Trusted {
        let reading = self.reading();
        let mut known = self.known();
        // A clock that is behind is held where time was last known to be; from there on the boot's own time runs.
        let passed = match known.floor_at {
            Some((boot, at)) if boot == reading.boot && reading.wall < known.floor => (reading.monotonic - at).max(0),
            _ => 0,
        };
        let now = trusted(known.anchor, known.floor.plus(passed), reading);
        known.floor = now.at;
        known.floor_at = Some((reading.boot, reading.monotonic));
        now
    }

    /// Today's business date.
    pub(crate) fn today(&self) -> BusinessDate {
        self.now().at.business_date()
    }

    /// The last server time known, whenever that was.
    pub(crate) fn server_time(&self) -> Option<UnixMs> {
        self.known().anchor.map(|anchor| anchor.server)
    }

    /// The server has told its time.
    pub(crate) async fn learn(&self, storage: &Storage, server: UnixMs) -> Result<(), StorageError> {
        let Reading { monotonic, boot, .. } = self.reading();
        let mut unit = storage.begin().await?;
        sqlx::query(
            "INSERT INTO clock (only_row, server_time, monotonic, boot, floor) VALUES (1, $1, $2, $3, $1) \
             ON CONFLICT (only_row) DO UPDATE SET server_time = $1, monotonic = $2, boot = $3, floor = $1",
        )
        .bind(server.get())
        .bind(monotonic)
        .bind(boot.uuid())
        .execute(&mut *unit)
        .await?;
        unit.commit().await?;
        let anchor = Some(Anchor { server, monotonic, boot });
        *self.known() = Known { anchor, floor: server, floor_at: Some((boot, monotonic)) };
        Ok(())
    }

    /// Keeps the time of a record with the record: no later start goes back behind it.
    pub(crate) async fn keep(&self, unit: &mut Unit, at: UnixMs) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO clock (only_row, floor) VALUES (1, $1) ON CONFLICT (only_row) DO UPDATE SET floor = $1",
        )
        .bind(at.get())
        .execute(&mut **unit)
        .await?;
        Ok(())
    }
}
