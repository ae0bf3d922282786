-- What follows a month's approval: disclosure, objections, payments, archive. Approved months and statements stay as
-- they are; what happens to them afterwards is appended here.
-- The twin of ../postgres/0006_payment.sql: same tables, same columns, same order.

CREATE TABLE disclosures (
    region       TEXT NOT NULL,
    month        TEXT NOT NULL,
    until        TEXT NOT NULL,
    disclosed_by BLOB NOT NULL REFERENCES users (id),
    disclosed_at INTEGER NOT NULL,
    PRIMARY KEY (region, month),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
) STRICT;

CREATE TABLE archives (
    region      TEXT NOT NULL,
    month       TEXT NOT NULL,
    archived_by BLOB NOT NULL REFERENCES users (id),
    archived_at INTEGER NOT NULL,
    PRIMARY KEY (region, month),
    FOREIGN KEY (region, month) REFERENCES disclosures (region, month)
) STRICT;

CREATE TABLE objections (
    id          BLOB NOT NULL PRIMARY KEY,
    statement   BLOB NOT NULL REFERENCES statements (id),
    content     TEXT NOT NULL,
    noted_by    BLOB NOT NULL REFERENCES users (id),
    noted_at    INTEGER NOT NULL,
    upheld      INTEGER CHECK (upheld IN (0, 1)),
    reason      TEXT,
    decided_by  BLOB REFERENCES users (id),
    decided_at  INTEGER,
    CHECK ((upheld IS NULL) = (decided_by IS NULL)),
    CHECK (decided_by IS NULL OR decided_by <> noted_by)
) STRICT;
CREATE INDEX objections_by_statement ON objections (statement);

CREATE TABLE payments (
    statement BLOB NOT NULL REFERENCES statements (id),
    number    INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('sent', 'confirmed', 'returned')),
    reference TEXT NOT NULL,
    noted_by  BLOB NOT NULL REFERENCES users (id),
    noted_at  INTEGER NOT NULL,
    PRIMARY KEY (statement, number)
) STRICT;

CREATE TRIGGER disclosures_keep BEFORE UPDATE ON disclosures
    BEGIN SELECT RAISE(ABORT, 'disclosures is append-only'); END;
CREATE TRIGGER disclosures_stay BEFORE DELETE ON disclosures
    BEGIN SELECT RAISE(ABORT, 'disclosures is append-only'); END;
CREATE TRIGGER archives_keep BEFORE UPDATE ON archives
    BEGIN SELECT RAISE(ABORT, 'archives is append-only'); END;
CREATE TRIGGER archives_stay BEFORE DELETE ON archives
    BEGIN SELECT RAISE(ABORT, 'archives is append-only'); END;
CREATE TRIGGER objections_keep BEFORE UPDATE ON objections WHEN OLD.upheld IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a decided objection is append-only'); END;
CREATE TRIGGER objections_stay BEFORE DELETE ON objections
    BEGIN SELECT RAISE(ABORT, 'objections is append-only'); END;
CREATE TRIGGER payments_keep BEFORE UPDATE ON payments
    BEGIN SELECT RAISE(ABORT, 'payments is append-only'); END;
CREATE TRIGGER payments_stay BEFORE DELETE ON payments
    BEGIN SELECT RAISE(ABORT, 'payments is append-only'); END;
