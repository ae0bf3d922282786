-- A terminal's journal and what it holds of the office. Instants are unix ms, business dates ISO text, ids 16 bytes,
-- digests 32 bytes. Columns named `sealed` are XChaCha20-Poly1305 under a key that is not in this database.

-- One row for each thing that happened. `bytes` is the record; the columns behind `signature` are read from it once,
-- for finding it again, and say nothing that it does not say.
CREATE TABLE record (
  epoch         INTEGER NOT NULL CHECK (epoch >= 1),
  sequence      INTEGER NOT NULL CHECK (sequence >= 0),
  id            BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
  previous      BLOB    NOT NULL CHECK (length(previous) = 32),
  hash          BLOB    NOT NULL CHECK (length(hash) = 32),
  bytes         TEXT    NOT NULL,
  signature     BLOB    NOT NULL CHECK (length(signature) = 64),
  kind          TEXT    NOT NULL,
  at            INTEGER NOT NULL,
  business_date TEXT    NOT NULL CHECK (length(business_date) = 10),
  shift         BLOB             CHECK (length(shift) = 16),
  elder         BLOB             CHECK (length(elder) = 16),
  period        TEXT,
  mode          TEXT,
  voids         BLOB    UNIQUE   CHECK (length(voids) = 16),
  PRIMARY KEY (epoch, sequence)
) STRICT;
CREATE INDEX record_by_elder ON record (elder, business_date) WHERE elder IS NOT NULL;
CREATE INDEX record_by_day   ON record (business_date, kind);
CREATE INDEX record_by_shift ON record (shift) WHERE shift IS NOT NULL;
CREATE INDEX record_by_kind  ON record (kind, epoch, sequence);

CREATE TRIGGER record_is_never_edited BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'a record is never edited'); END;
CREATE TRIGGER record_is_never_removed BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'a record is never removed'); END;
CREATE TRIGGER record_follows_the_one_before BEFORE INSERT ON record
WHEN NEW.previous IS NOT (CASE NEW.sequence
       WHEN 0 THEN zeroblob(32)
       ELSE (SELECT hash FROM record WHERE epoch = NEW.epoch AND sequence = NEW.sequence - 1) END)
BEGIN SELECT RAISE(ABORT, 'a record follows the one before it'); END;

-- What the server said of each record, every time that it said something new.
CREATE TABLE outcome (
  epoch       INTEGER NOT NULL,
  sequence    INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  outcome     TEXT    NOT NULL,
  PRIMARY KEY (epoch, sequence, outcome),
  FOREIGN KEY (epoch, sequence) REFERENCES record (epoch, sequence)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER outcome_is_never_edited BEFORE UPDATE ON outcome
BEGIN SELECT RAISE(ABORT, 'an outcome is never edited'); END;
CREATE TRIGGER outcome_is_never_removed BEFORE DELETE ON outcome
BEGIN SELECT RAISE(ABORT, 'an outcome is never removed'); END;

-- Records that the server is not known to hold. A record enters it with the record itself, leaves it with an outcome,
-- and comes back when the server no longer holds it (it was restored from a backup).
CREATE TABLE outbox (
  epoch    INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (epoch, sequence),
  FOREIGN KEY (epoch, sequence) REFERENCES record (epoch, sequence)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER record_waits_for_the_server AFTER INSERT ON record
BEGIN INSERT INTO outbox (epoch, sequence, at) VALUES (NEW.epoch, NEW.sequence, NEW.at); END;

-- The last server time with the monotonic time it was learned at, and the latest trusted time ever given out.
CREATE TABLE clock (
  only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
  server_time INTEGER,
  monotonic   INTEGER,
  boot        BLOB,
  floor       INTEGER NOT NULL
) STRICT;

-- The canteen, its prices, policies, calendar and cashiers.
CREATE TABLE setup (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  digest   BLOB NOT NULL CHECK (length(digest) = 32),
  sealed   BLOB NOT NULL
) STRICT;

-- Feeds of the office, replaced row by row.
CREATE TABLE roster (
  elder  BLOB PRIMARY KEY CHECK (length(elder) = 16),
  sealed BLOB NOT NULL
) STRICT;
CREATE TABLE credential (
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  elder  BLOB NOT NULL REFERENCES roster (elder) ON DELETE CASCADE
) STRICT;
CREATE INDEX credential_by_elder ON credential (elder);
CREATE TABLE elder_usage (
  elder  BLOB PRIMARY KEY CHECK (length(elder) = 16),
  sealed BLOB NOT NULL
) STRICT;
-- The instant each feed is from.
CREATE TABLE feed (
  name    TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT;
-- Own meals below these sequences are counted in elder_usage.
CREATE TABLE usage_included (
  epoch         INTEGER PRIMARY KEY,
  next_sequence INTEGER NOT NULL
) STRICT;

-- Wrong PINs in a row; forgotten when the office sets another PIN.
CREATE TABLE pin_failure (
  cashier  BLOB PRIMARY KEY CHECK (length(cashier) = 16),
  pin_hash TEXT NOT NULL,
  failures INTEGER NOT NULL,
  last_at  INTEGER NOT NULL
) STRICT;

-- Slips printed again.
CREATE TABLE reprint (
  number INTEGER PRIMARY KEY,
  record BLOB NOT NULL REFERENCES record (id),
  shift  BLOB,
  at     INTEGER NOT NULL
) STRICT;
