-- Refunds, collections and ways of recognition are found by columns of their own; a journal that was saved from a
-- damaged database may have gaps; what the office said of its own versions is kept.

ALTER TABLE record ADD COLUMN refund     BLOB CHECK (length(refund) = 16);
ALTER TABLE record ADD COLUMN collection BLOB CHECK (length(collection) = 16);
ALTER TABLE record ADD COLUMN credential TEXT;
CREATE UNIQUE INDEX record_pays_a_refund_once ON record (refund) WHERE refund IS NOT NULL;
CREATE INDEX record_by_collection ON record (collection) WHERE collection IS NOT NULL;

-- Records before which some are missing: they were in a damaged part of the database that this one was made from.
CREATE TABLE gap (
  epoch    INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (epoch, sequence)
) STRICT, WITHOUT ROWID;

DROP TRIGGER record_follows_the_one_before;
CREATE TRIGGER record_follows_the_one_before BEFORE INSERT ON record
WHEN NEW.previous IS NOT (CASE NEW.sequence
       WHEN 0 THEN zeroblob(32)
       ELSE (SELECT hash FROM record WHERE epoch = NEW.epoch AND sequence = NEW.sequence - 1) END)
 AND NOT EXISTS (SELECT 1 FROM gap g WHERE g.epoch = NEW.epoch AND g.sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'a record follows the one before it'); END;

-- Which database the office answered from, and the versions of everything that was taken over from it (JSON).
CREATE TABLE office (
  only_row     INTEGER PRIMARY KEY CHECK (only_row = 1),
  server_epoch TEXT NOT NULL,
  versions     TEXT
) STRICT;

-- Money due back to elders, as the office last listed it.
CREATE TABLE refund_due (
  id     BLOB PRIMARY KEY CHECK (length(id) = 16),
  elder  BLOB NOT NULL CHECK (length(elder) = 16),
  sealed BLOB NOT NULL
) STRICT;

-- Damaged databases that were put aside, with what was saved of them; shown until a cashier has seen it.
CREATE TABLE damage (
  number  INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  aside   TEXT    NOT NULL,
  saved   INTEGER NOT NULL,
  gaps    INTEGER NOT NULL,
  seen_at INTEGER
) STRICT;
