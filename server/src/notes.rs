//! What is noted beside an answer: that a session was used, that a terminal was heard, that it asked for a number.
//!
//! On SQLite one unit of work is written at a time, and a list that is taken over is one unit of minutes. Whoever only
//! reads must not wait for it. So such notes are kept in memory and written together by whichever unit comes next; who
//! brought one waits a moment, so that in quiet times what was noted is there when the answer is. **Price**: a process
//! that is killed loses the notes of that moment; a terminal says them again with its next hello.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::calendar::{BusinessDate, UnixMs};
use domain::id::{Digest, TerminalId};
use domain::sync::AuditHead;
use tokio::sync::watch;

use crate::store::{Store, Tx, audit, people, terminals};
use crate::{Error, Office};

/// So long an answer waits for its note.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a terminal said of itself when it was heard last.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// When, by the office's clock.
    pub(crate) at: UnixMs,
    /// Its program.
    pub(crate) software: String,
    /// How many records it has to send.
    pub(crate) unsent: i64,
}

/// Notes that wait together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// When each session was used last, by its hash.
    sessions: BTreeMap<Digest, UnixMs>,
    heard: HashMap<TerminalId, Heard>,
    /// The latest head that each terminal keeps, and when it said so.
    witnesses: BTreeMap<TerminalId, (AuditHead, UnixMs)>,
    /// How often each terminal asked for a number, and how often somebody was found.
    lookups: BTreeMap<(TerminalId, BusinessDate), (i64, i64)>,
}

impl Batch {
    /// That a session was used.
    pub(crate) fn used(session: Digest, at: UnixMs) -> Self {
        Self { sessions: BTreeMap::from([(session, at)]), ..Self::default() }
    }

    /// That a terminal was heard, with the latest head that it keeps.
    pub(crate) fn heard(terminal: TerminalId, heard: Heard, witness: Option<AuditHead>) -> Self {
        let witnesses = witness.map(|head| (terminal, (head, heard.at))).into_iter().collect();
        Self { witnesses, heard: HashMap::from([(terminal, heard)]), ..Self::default() }
    }

    /// That a terminal asked for a number.
    pub(crate) fn asked(terminal: TerminalId, date: BusinessDate, found: bool) -> Self {
        Self { lookups: BTreeMap::from([((terminal, date), (1, i64::from(found)))]), ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        let Self { sessions, heard, witnesses, lookups } = self;
        sessions.is_empty() && heard.is_empty() && witnesses.is_empty() && lookups.is_empty()
    }

    /// Adds what was noted later.
    fn add(&mut self, later: Self) {
        self.sessions.extend(later.sessions);
        self.heard.extend(later.heard);
        for (terminal, (head, at)) in later.witnesses {
            let kept = self.witnesses.entry(terminal).or_insert((head, at));
            if kept.0.sequence <= head.sequence {
                *kept = (head, at);
            }
        }
        for (key, (asked, found)) in later.lookups {
            let counted = self.lookups.entry(key).or_default();
            *counted = (counted.0 + asked, counted.1 + found);
        }
    }

    /// Writes it; what was not written comes back with the error. A terminal that is heard while its records come in
    /// waits for them, so each has a unit of its own and holds no other one up.
    async fn write(self, store: &Store) -> Result<(), (Self, Error)> {
        let Self { sessions, mut heard, witnesses, lookups } = self;
        let rest = Self { sessions, heard: HashMap::new(), witnesses, lookups };
        if !rest.is_empty() {
            let work = rest.clone();
            if let Err(error) = store.write(move |tx| Box::pin(work.write_rest(tx))).await {
                return Err((Self { heard, ..rest }, error));
            }
        }
        while let Some(id) = heard.keys().next().copied() {
            let Some(said) = heard.get(&id).cloned() else { break };
            let unit = store.write(move |tx| {
                Box::pin(async move {
                    terminals::heard(tx, id, said.at).await?;
                    terminals::said(tx, id, &said.software, said.unsent).await
                })
            });
            if let Err(error) = unit.await {
                return Err((Self { heard, ..Self::default() }, error));
            }
            heard.remove(&id);
        }
        Ok(())
    }

    async fn write_rest(self, tx: &mut Tx) -> Result<(), Error> {
        // Always in the same order: units of several processes must not wait for one another in a ring.
        for (session, at) in self.sessions {
            people::use_session(tx, session, at).await?;
        }
        for (id, (head, at)) in self.witnesses {
            audit::keep_witness(tx, id, head, at).await?;
        }
        for ((id, date), (asked, found)) in self.lookups {
            terminals::count_lookups(tx, id, date, asked, found).await?;
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Held {
    waiting: Batch,
    under_way: Batch,
    /// How many notes were brought.
    brought: u64,
    is_writing: bool,
}

/// Notes on their way to the database.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    held: Mutex<Held>,
    /// How many of the notes that were brought are written, or were given up.
    written: watch::Sender<u64>,
}

impl Notes {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the session was used last, as far as that is not written yet.
    pub(crate) fn used(&self, session: Digest) -> Option<UnixMs> {
        let held = self.held();
        let of = |batch: &Batch| batch.sessions.get(&session).copied();
        of(&held.waiting).max(of(&held.under_way))
    }

    /// Takes a note and sees to it that somebody writes. Says how many notes there have been with it.
    fn bring(self: &Arc<Self>, store: &Store, note: Batch) -> u64 {
        let mut held = self.held();
        held.waiting.add(note);
        held.brought += 1;
        if !held.is_writing {
            held.is_writing = true;
            tokio::spawn(Arc::clone(self).write(store.clone()));
        }
        held.brought
    }

    /// Writes until nothing waits.
    async fn write(self: Arc<Self>, store: Store) {
        while let Some((batch, brought)) = self.next() {
            let written = batch.write(&store).await;
            let mut held = self.held();
            held.under_way = Batch::default();
            if let Err((left, error)) = written {
                tracing::warn!(%error, "what was noted could not be written; it is tried again with the next");
                let later = std::mem::replace(&mut held.waiting, left);
                held.waiting.add(later);
                held.is_writing = false;
                self.written.send_replace(held.brought);
                return;
            }
            self.written.send_replace(brought);
        }
    }

    fn next(&self) -> Option<(Batch, u64)> {
        let mut held = self.held();
        if held.waiting.is_empty() {
            held.is_writing = false;
            return None;
        }
        let batch = std::mem::take(&mut held.waiting);
        held.under_way = batch.clone();
        Some((batch, held.brought))
    }

    async fn until(&self, brought: u64) {
        // The sender lives as long as this does.
        let _ = self.written.subscribe().wait_for(|written| *written >= brought).await;
    }
}

impl Office {
    /// Notes something, and waits for it no longer than a moment.
    pub(crate) async fn note(&self, note: Batch) {
        let brought = self.notes.bring(&self.store, note);
        let _ = tokio::time::timeout(PATIENCE, self.notes.until(brought)).await;
    }

    /// Waits until everything noted so far is written, for whoever rests on it.
    pub async fn noted(&self) {
        let brought = self.notes.held().brought;
        self.notes.until(brought).await;
    }
}
