-- Cards for many elders at once: one person proposes whom, another agrees, then the sheet is printed, once.
-- The twin of ../postgres/0024_card_batches.sql: same tables, same columns, same order.

CREATE TABLE card_batches (
    id         BLOB NOT NULL PRIMARY KEY,
    region     TEXT NOT NULL,
    title      TEXT NOT NULL,
    elders     TEXT NOT NULL,
    until      TEXT,
    maker      BLOB NOT NULL REFERENCES users (id),
    made_at    INTEGER NOT NULL,
    decision   TEXT CHECK (decision IN ('approved', 'rejected', 'withdrawn')),
    checker    BLOB REFERENCES users (id),
    decided_at INTEGER,
    reason     TEXT,
    issued_at  INTEGER,
    CHECK ((decision IS NULL) = (checker IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    CHECK (decision IS NULL OR (decision = 'withdrawn') = (checker = maker)),
    CHECK (issued_at IS NULL OR decision = 'approved')
) STRICT;
CREATE INDEX card_batches_by_time ON card_batches (made_at);

CREATE TRIGGER card_batches_keep BEFORE UPDATE ON card_batches
    WHEN NEW.id <> OLD.id OR NEW.region <> OLD.region OR NEW.title <> OLD.title OR NEW.elders <> OLD.elders
        OR NEW.until IS NOT OLD.until OR NEW.maker <> OLD.maker OR NEW.made_at <> OLD.made_at
        OR OLD.issued_at IS NOT NULL
        OR (OLD.decision IS NOT NULL AND (NEW.decision IS NOT OLD.decision OR NEW.checker IS NOT OLD.checker
            OR NEW.decided_at IS NOT OLD.decided_at OR NEW.reason IS NOT OLD.reason))
    BEGIN SELECT RAISE(ABORT, 'a batch of cards is decided once, printed once and never edited'); END;
CREATE TRIGGER card_batches_stay BEFORE DELETE ON card_batches
    BEGIN SELECT RAISE(ABORT, 'a batch of cards is decided once, printed once and never edited'); END;
