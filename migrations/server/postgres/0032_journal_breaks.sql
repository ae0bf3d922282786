-- Where a journal's records do not name the one before them, kept as ingest sees it: `chain_breaks`, which compares every
-- record with its neighbour, is for `verify`.
-- The twin of ../sqlite/0032_journal_breaks.sql: same tables, same columns, same order.

CREATE TABLE journal_breaks (
    canteen  UUID NOT NULL,
    terminal UUID NOT NULL,
    epoch    BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    stored   BYTEA NOT NULL,
    named    BYTEA NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence)
);
INSERT INTO journal_breaks SELECT canteen, terminal, epoch, sequence, stored, named FROM chain_breaks;

CREATE TRIGGER journal_breaks_keep BEFORE UPDATE OR DELETE ON journal_breaks
FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER journal_breaks_stay BEFORE TRUNCATE ON journal_breaks
FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
