-- Who did what at the office: one chain, append-only. Sequences begin at 1 and have no gap; each entry names the hash
-- of the one before it.
-- The twin of ../postgres/0013_audit.sql: same tables, same columns, same order.

CREATE TABLE audit (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    region   TEXT,
    action   TEXT NOT NULL,
    object   TEXT NOT NULL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('granted', 'denied')),
    detail   TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL UNIQUE
) STRICT;
CREATE INDEX audit_by_action ON audit (action, sequence);
CREATE INDEX audit_by_actor ON audit (actor, sequence);
CREATE INDEX audit_by_object ON audit (object, sequence);

-- The last head that each terminal told back and that held.
CREATE TABLE audit_witnesses (
    terminal BLOB NOT NULL PRIMARY KEY REFERENCES terminals (id),
    sequence INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    told_at  INTEGER NOT NULL
) STRICT;

-- Heads that terminals were told and that are not in the chain any more. `found` is what stands in their place.
CREATE TABLE audit_breaks (
    terminal  BLOB NOT NULL REFERENCES terminals (id),
    sequence  INTEGER NOT NULL,
    witnessed BLOB NOT NULL,
    found     BLOB,
    told_at   INTEGER NOT NULL,
    PRIMARY KEY (terminal, sequence, witnessed)
) STRICT;

-- The head of the chain when a month was approved: the entry of the approval itself. It stands on the papers.
CREATE TABLE month_heads (
    region   TEXT NOT NULL,
    month    TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    PRIMARY KEY (region, month)
) STRICT;

CREATE TRIGGER audit_keep BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_stay BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_breaks_keep BEFORE UPDATE ON audit_breaks
    BEGIN SELECT RAISE(ABORT, 'audit_breaks is append-only'); END;
CREATE TRIGGER audit_breaks_stay BEFORE DELETE ON audit_breaks
    BEGIN SELECT RAISE(ABORT, 'audit_breaks is append-only'); END;
CREATE TRIGGER month_heads_keep BEFORE UPDATE ON month_heads
    BEGIN SELECT RAISE(ABORT, 'month_heads is append-only'); END;
CREATE TRIGGER month_heads_stay BEFORE DELETE ON month_heads
    BEGIN SELECT RAISE(ABORT, 'month_heads is append-only'); END;
