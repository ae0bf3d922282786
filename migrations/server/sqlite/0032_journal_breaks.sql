-- Where a journal's records do not name the one before them, kept as ingest sees it: `chain_breaks`, which compares every
-- record with its neighbour, is for `verify`.
-- The twin of ../postgres/0032_journal_breaks.sql: same tables, same columns, same order.

CREATE TABLE journal_breaks (
    canteen  BLOB NOT NULL,
    terminal BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    stored   BLOB NOT NULL,
    named    BLOB NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence)
) STRICT;
INSERT INTO journal_breaks SELECT canteen, terminal, epoch, sequence, stored, named FROM chain_breaks;

CREATE TRIGGER journal_breaks_keep BEFORE UPDATE ON journal_breaks
    BEGIN SELECT RAISE(ABORT, 'journal_breaks is append-only'); END;
CREATE TRIGGER journal_breaks_stay BEFORE DELETE ON journal_breaks
    BEGIN SELECT RAISE(ABORT, 'journal_breaks is append-only'); END;
